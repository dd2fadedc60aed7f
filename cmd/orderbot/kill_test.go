package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/cards"
	"orderbot/config"
	"orderbot/orders"
)

// fastClock is a clock that several processes share: it began at a moment and runs so many times as
// fast as the machine's. What is limited by the minute, and claims that end, come sooner with it.
type fastClock struct {
	begun time.Time
	speed int64
}

func (c fastClock) now() time.Time {
	return c.begun.Add(time.Since(c.begun) * time.Duration(c.speed))
}

// childClock names the variable that makes the test binary a server: "unix-nanoseconds speed".
const childClock = "ORDERBOT_TEST_SERVE"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" { // as the program starts itself
		os.Exit(run(context.Background(), os.Args[1:], &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
	}
	if clock := os.Getenv(childClock); clock != "" {
		os.Exit(serveInChild(clock))
	}
	os.Exit(m.Run())
}

// serveInChild is the server of a process of its own. It ends with its standard input, that is with
// the test.
func serveInChild(clock string) int {
	begun, speed, _ := strings.Cut(clock, " ")
	at, err1 := strconv.ParseInt(begun, 10, 64)
	times, err2 := strconv.ParseInt(speed, 10, 64)
	if err1 != nil || err2 != nil {
		return exitUsage
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitOK)
	}()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	settings, err := config.Load("", os.Environ())
	if err == nil {
		var s *server
		if s, err = newServer(context.Background(), settings, serverOptions{
			Logger: logger, Now: fastClock{time.Unix(0, at), times}.now, Files: recordedPages,
		}); err == nil {
			err = s.run(context.Background())
		}
	}
	logger.Error("server ended", "error", err)
	return exitFailed
}

// child is a server that can be killed.
type child struct {
	f     *firm
	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.Closer
	log   bytes.Buffer
}

func (c *child) start(t *testing.T) {
	t.Helper()
	clock := c.f.clock.fast.Load()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), c.f.env...), fmt.Sprintf("%s=%d %d", childClock, clock.begun.UnixNano(), clock.speed))
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	cmd.Stderr = &lockedWriter{w: &c.log, mu: &c.mu}
	require.NoError(t, cmd.Start())
	c.cmd, c.stdin = cmd, stdin
}

// kill ends the server as a power cut would.
func (c *child) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Kill(), "the server has ended by itself: %s", c.said())
	_ = c.cmd.Wait() // it was killed
	_ = c.stdin.Close()
}

func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.log.String()
	return text[max(0, len(text)-4000):]
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

const (
	kills  = 20
	speed  = 6
	tricks = 90 * time.Second // how long one step may take while the server is killed again and again
)

// walk is one person's orders, one after the other, while the server is being killed.
type walk struct {
	t        *testing.T
	f        *firm
	db       *sql.DB
	seller   string // in WeCom; a customer of 微信客服 where it begins with wm
	accepted *messages
	done     []string
}

// messages are what the server took: acknowledged, so it must not be lost.
type messages struct {
	mu  sync.Mutex
	ids map[string]string // platform by message id
	// orders counts those that order something.
	orders atomic.Int64
}

func (m *messages) add(platform, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids[id] = platform
}

// say writes in the seller's chat; the platform delivers until the server takes it.
func (w *walk) say(who, text string) {
	w.t.Helper()
	ctx := context.Background()
	if strings.HasPrefix(who, "wm") {
		d := w.f.sim.KF.SendText(ctx, who, text)
		require.True(w.t, d.Accepted, "%+v", d)
		w.accepted.add("kf", d.MsgID)
		return
	}
	d := w.f.sim.WeCom.SendText(ctx, who, text)
	require.True(w.t, d.Accepted, "%+v", d)
	w.accepted.add("wecom", d.MsgID)
}

func (w *walk) screen(who string) []simulator.Bubble {
	if strings.HasPrefix(who, "wm") {
		return w.f.sim.KF.Screen(who)
	}
	return w.f.sim.WeCom.Screen(who)
}

// until waits for a bubble that fits.
func (w *walk) until(what, who string, fits func(simulator.Bubble) bool) simulator.Bubble {
	w.t.Helper()
	var found simulator.Bubble
	eventually(w.t, tricks, what, func() bool {
		for _, b := range w.screen(who) {
			if b.From == simulator.FromBot && fits(b) {
				found = b
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("%+v", w.screen(who)) })
	return found
}

// order takes one order from the first word to the carrier.
func (w *walk) order(n int, r *rand.Rand) {
	w.t.Helper()
	words := fmt.Sprintf("澜州一院 外科口罩%d箱，丁腈手套M码10箱", n)
	w.say(w.seller, words)
	w.accepted.orders.Add(1)
	known := func(id string) bool { return slices.Contains(w.done, id) }
	card := w.until("draft", w.seller, func(b simulator.Bubble) bool {
		id := orderNumber.FindString(b.Title + b.Text + string(b.Card))
		_, button := buttonOf(b, "确认下单")
		_, entry := buttonOf(b, "确认 "+id)
		return id != "" && !known(id) && (button || entry)
	})
	id := orderNumber.FindString(card.Title + card.Text + string(card.Card))
	w.done = append(w.done, id)
	if key, ok := buttonOf(card, "确认下单"); ok && r.IntN(2) == 0 {
		d := w.f.sim.WeCom.Click(context.Background(), w.seller, card.TaskID, key)
		require.NoError(w.t, d.Err)
		require.True(w.t, d.Accepted, "%+v", d)
	} else {
		w.say(w.seller, "确认 "+id)
	}
	w.until("placed "+id, w.seller, says("已下单", id))
	w.approve(id, r)
	w.say("zhengku", fmt.Sprintf("发货 %s SF12345%08d", id, n))
	w.until("shipped "+id, "zhengku", says("已发货", id))
}

// approve decides until no node of the order is open. A click that the server did not take is
// pressed again, as a person would.
func (w *walk) approve(id string, r *rand.Rand) {
	w.t.Helper()
	status := func() string {
		return texts(w.t, w.db, "SELECT status FROM orders WHERE id = ?", id)[0]
	}
	eventually(w.t, tricks, "approval of "+id, func() bool {
		if status() != string(orders.StatusPendingApproval) {
			return true
		}
		for _, who := range approvers {
			for _, b := range w.f.sim.DingTalk.Screen(who) {
				key, ok := buttonOf(b, "同意")
				if !ok || !strings.Contains(b.Title, id) { // other cards may name it as an earlier order
					continue
				}
				if r.IntN(3) == 0 {
					if p := w.f.sim.DingTalk.SendText(context.Background(), who, "同意 "+id); p.OK() {
						w.accepted.add("dingtalk", p.MsgID)
					}
				} else {
					w.f.sim.DingTalk.Click(context.Background(), who, b.TaskID, key)
				}
				return false
			}
		}
		return false
	}, status)
}

// The server is killed at twenty random moments while orders are on their way, and started again.
// Nothing that it acknowledged is lost, nothing happens twice; a message goes out twice only where
// the platform takes no key for it, at most one each time.
func TestKilledTwentyTimes(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("ORDERBOT_TEST_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("ORDERBOT_TEST_SEED=%d repeats the moments", seed)
			moments := rand.New(rand.NewPCG(seed, 1))
			f := newFirm(t, database(t), medical)
			f.clock.fast.Store(&fastClock{time.Now(), speed})
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 600, Pause: 100 * time.Millisecond, Copies: 1})
			var sellers []colleague
			for i := range 5 {
				sellers = append(sellers, colleague{name: fmt.Sprintf("卖家%d", i), role: orders.RoleSales, wecom: fmt.Sprintf("seller%d", i)})
			}
			f.employ(sellers...)
			f.stock()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			db := f.sql()
			_, err := db.ExecContext(t.Context(), "INSERT INTO bindings (platform, person, customer, by_staff, at) VALUES ('kf', 'wm-he', 'C001', 'S99', 1)")
			require.NoError(t, err)
			before := texts(t, db, "SELECT product, SUM(on_hand) FROM stock GROUP BY product ORDER BY product")

			server := &child{f: f}
			server.start(t)
			defer func() { server.kill(t) }()
			accepted := &messages{ids: make(map[string]string)}
			var killing atomic.Bool
			killing.Store(true)
			var walks []*walk
			var all sync.WaitGroup
			for i, who := range []string{"seller0", "seller1", "seller2", "seller3", "seller4", "wm-he"} {
				w := &walk{f: f, db: db, seller: who, accepted: accepted}
				walks = append(walks, w)
				all.Go(func() {
					t.Run(who, func(t *testing.T) {
						w.t = t
						r := rand.New(rand.NewPCG(seed, uint64(i)+2))
						for n := 1000 * (i + 1); killing.Load() || n == 1000*(i+1); n++ {
							w.order(n, r)
						}
					})
				})
			}
			var killed []time.Time
			for range kills {
				time.Sleep(time.Duration(moments.Int64N(int64(2 * time.Second))))
				server.kill(t)
				// The platform still takes what was on its way.
				waiting, stop := context.WithTimeout(t.Context(), tricks)
				err := f.sim.WaitQuiet(waiting)
				stop()
				require.NoError(t, err)
				killed = append(killed, f.clock.now())
				server.start(t)
			}
			killing.Store(false)
			all.Wait()
			quiet(t, db, tricks)
			sound(t, db)

			for id, platform := range accepted.ids {
				require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM inbox WHERE platform = ? AND msg_key = ? AND status = 1", platform, id),
					"%s %s was acknowledged", platform, id)
			}
			require.Equal(t, accepted.orders.Load(), number(t, db, "SELECT COUNT(*) FROM orders"), "orders")
			total := 0
			for _, w := range walks {
				total += len(w.done)
			}
			require.EqualValues(t, total, number(t, db, "SELECT COUNT(*) FROM orders WHERE status = 'shipped'"), "shipped")
			require.EqualValues(t, total, number(t, db, "SELECT COUNT(*) FROM shipments"), "parcels")
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM reservations"), "everything left the warehouse")
			require.EqualValues(t, number(t, db, "SELECT SUM(total) FROM orders"), number(t, db, "SELECT SUM(held) FROM credit"), "money")
			after := texts(t, db, `SELECT s.product, SUM(s.on_hand) + COALESCE((SELECT SUM(l.base) FROM order_lines l
				WHERE l.product = s.product), 0) FROM stock s GROUP BY s.product ORDER BY s.product`)
			require.Equal(t, before, after, "goods")

			twice := f.duplicates(t, db)
			if len(twice) > 0 {
				t.Logf("what the servers said:\n%s", server.said())
			}
			t.Logf("%d orders shipped; after %d kills messages came twice: %d", total, kills, len(twice))
			byKill := make([]int, kills)
			for _, unrecorded := range twice {
				n, _ := slices.BinarySearchFunc(killed, unrecorded, time.Time.Compare)
				require.Less(t, n, kills, "a message came twice without a crash after it")
				byKill[n]++
			}
			for n, count := range byKill {
				require.LessOrEqual(t, count, 1, "messages that came twice because of kill %d at %s", n+1, killed[n])
			}
		})
	}
}

// duplicates returns when each message came that stands on somebody's screen and was never recorded as sent: it was sent
// again. Only DingTalk, whose texts take no key, may show such a message.
func (f *firm) duplicates(t *testing.T, db *sql.DB) []time.Time {
	t.Helper()
	var twice []time.Time
	for _, row := range texts(t, db, "SELECT platform, COUNT(*), chat_id FROM deliveries WHERE replaces = 0 AND status = 1 GROUP BY platform, chat_id") {
		part := strings.SplitN(row, " ", 3)
		sent, err := strconv.Atoi(part[1])
		require.NoError(t, err)
		var screen []simulator.Bubble
		switch orders.Platform(part[0]) {
		case orders.WeCom:
			screen = f.sim.WeCom.Screen(part[2])
			require.Zero(t, f.sim.WeCom.Dropped(part[2]), "dropped by the platform on the way to %s", part[2])
		case orders.DingTalk:
			screen = f.sim.DingTalk.Screen(part[2])
		default:
			screen = f.sim.KF.Screen(strings.Fields(part[2])[1])
		}
		screen = slices.DeleteFunc(screen, func(b simulator.Bubble) bool { return b.From != simulator.FromBot || b.Text == "请选择：" })
		if part[0] != string(orders.DingTalk) {
			require.Len(t, screen, sent, "%s: %+v", row, screen)
			continue
		}
		require.GreaterOrEqual(t, len(screen), sent, "%s: something was not sent: %+v", row, screen)
		// Each recorded message is the last copy before its record: what is left was sent and not recorded.
		copies := make(map[string][]time.Time)
		for _, b := range screen {
			if b.TaskID == "" {
				copies[b.Text] = append(copies[b.Text], b.Time)
			}
		}
		const recorded = "SELECT sent_at, body FROM deliveries WHERE replaces = 0 AND status = 1 AND platform = ? AND chat_id = ? ORDER BY sent_at"
		for _, row := range texts(t, db, recorded, part[0], part[2]) {
			at, raw, _ := strings.Cut(row, " ")
			sentAt, err := strconv.ParseInt(at, 10, 64)
			require.NoError(t, err)
			var m cards.Message
			require.NoError(t, json.Unmarshal([]byte(raw), &m))
			if m.Card != nil {
				continue
			}
			all := copies[m.Text]
			k := len(all) - 1
			for k >= 0 && all[k].UnixMilli() > sentAt {
				k--
			}
			require.GreaterOrEqual(t, k, 0, "%s was never sent", m.Text)
			copies[m.Text] = slices.Delete(all, k, k+1)
		}
		again := slices.Concat(slices.Collect(maps.Values(copies))...)
		require.Len(t, again, len(screen)-sent, "%s: %+v", row, screen)
		twice = append(twice, again...)
	}
	return twice
}
