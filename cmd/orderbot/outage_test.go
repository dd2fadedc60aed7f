package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// cable connects the server to its database and can be pulled.
type cable struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]bool
}

// newCable returns a cable to a MySQL server and the database address that goes through it.
func newCable(t *testing.T, address string) (*cable, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{listener: l, target: u.Host, open: make(map[net.Conn]bool)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		c.pull()
		all.Wait()
	})
	u.Host = l.Addr().String()
	return c, u.String()
}

func (c *cable) carry(near net.Conn) {
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		_ = near.Close()
		return
	}
	c.mu.Lock()
	if c.cut {
		c.mu.Unlock()
		_, _ = near.Close(), far.Close()
		return
	}
	c.open[near], c.open[far] = true, true
	c.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_, _ = near.Close(), far.Close()
		})
	}
	both.Wait()
	c.mu.Lock()
	delete(c.open, near)
	delete(c.open, far)
	c.mu.Unlock()
}

// pull cuts every connection and refuses new ones.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

func (c *cable) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

// breakable returns a database address, how to take the database away, and how to bring it back:
// the cable of a MariaDB, the write lock of a SQLite file.
func breakable(t *testing.T, address string) (through string, away, back func()) {
	t.Helper()
	if strings.HasPrefix(address, "mysql:") {
		c, through := newCable(t, address)
		return through, c.pull, c.plug
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(20000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var conn *sql.Conn
	return address, func() {
			var err error
			conn, err = db.Conn(context.Background())
			require.NoError(t, err)
			_, err = conn.ExecContext(context.Background(), "BEGIN EXCLUSIVE")
			require.NoError(t, err)
		}, func() {
			_, err := conn.ExecContext(context.Background(), "ROLLBACK")
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}
}

// patiently waits until done while the clock runs on, past all pauses between tries.
func (f *firm) patiently(t *testing.T, what string, done func() bool, state func() string) {
	t.Helper()
	eventually(t, patience, what, func() bool {
		if done() {
			return true
		}
		f.clock.advance(time.Second)
		return false
	}, state)
}

// calm waits until everything is answered, told and sent.
func (f *firm) calm(t *testing.T, db *sql.DB) {
	t.Helper()
	const open = `SELECT (SELECT COUNT(*) FROM inbox WHERE status = 0) + (SELECT COUNT(*) FROM events WHERE status = 0)
		+ (SELECT COUNT(*) FROM deliveries WHERE status = 0) + (SELECT COUNT(*) FROM cursors WHERE due_at > 0)`
	f.patiently(t, "quiet", func() bool { return number(t, db, open) == 0 }, func() string {
		return fmt.Sprint(texts(t, db, "SELECT platform, chat_id, kind, attempts, error FROM deliveries WHERE status = 0"))
	})
}

// refusals counts the deliveries to a callback that were answered with a status.
func (f *firm) refusals(path string, status int) int {
	n := 0
	for _, c := range f.sim.Calls() {
		if c.Outbound && c.Path == path && c.Status == status {
			n++
		}
	}
	return n
}

// sellers employs n salespeople: seller0, seller1, …
func (f *firm) sellers(n int) {
	f.t.Helper()
	var all []colleague
	for i := range n {
		all = append(all, colleague{name: fmt.Sprintf("卖家%d", i), role: orders.RoleSales, wecom: fmt.Sprintf("seller%d", i), dingtalk: fmt.Sprintf("dt-seller%d", i)})
	}
	f.employ(all...)
}

// While the database is away every callback is refused at once, so that the platform delivers
// again. What was acknowledged before is answered after, what is refused comes again: nothing is
// lost and nothing doubled.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := database(t)
			through, away, back := breakable(t, plain)
			f := newFirm(t, through, medical)
			f.sellers(4)
			f.stock()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
			db := openSQL(t, plain)
			ctx := t.Context()
			id, card := f.draft(t, "seller0", fmt.Sprintf(goods["medical"], 20))
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 1000, Pause: 100 * time.Millisecond, Copies: 1})

			// Acknowledged, and the database goes before the answer.
			require.True(t, f.sim.WeCom.SendText(ctx, "seller1", fmt.Sprintf(goods["medical"], 21)).Accepted)
			away()
			var all sync.WaitGroup
			deliver := func(what string, send func() simulator.Delivery) {
				all.Go(func() {
					d := send()
					if !d.Accepted || len(d.Attempts) < 2 {
						t.Errorf("%s: %+v", what, d)
						return
					}
					for _, a := range d.Attempts[:len(d.Attempts)-1] {
						if a.Status != http.StatusServiceUnavailable {
							t.Errorf("%s: status %d, want 503: %s", what, a.Status, a.Err)
						}
					}
				})
			}
			deliver("text", func() simulator.Delivery {
				return f.sim.WeCom.SendText(ctx, "seller2", fmt.Sprintf(goods["medical"], 22))
			})
			deliver("click", func() simulator.Delivery {
				key, _ := buttonOf(card, "确认下单")
				return f.sim.WeCom.Click(ctx, "seller0", card.TaskID, key)
			})
			deliver("customer", func() simulator.Delivery { return f.sim.KF.SendText(ctx, "wm-he", "外科口罩3箱") })
			eventually(t, patience, "refusals", func() bool {
				return f.refusals("/callback/wecom", 503) >= 4 && f.refusals("/callback/kf", 503) >= 2
			}, func() string { return fmt.Sprintf("%+v", f.sim.Calls()) })
			require.False(t, f.sim.DingTalk.SendText(ctx, "dt-seller3", fmt.Sprintf(goods["medical"], 23)).OK(), "not kept, and yet acknowledged")
			if strings.HasPrefix(plain, "mysql:") { // readers of a locked SQLite file go on
				require.Equal(t, http.StatusServiceUnavailable, f.statusOf(t, "/readyz"))
			}
			require.Equal(t, http.StatusOK, f.statusOf(t, "/healthz"))
			f.clock.advance(30 * time.Second)
			back()
			all.Wait()

			f.calm(t, db)
			require.Equal(t, http.StatusOK, f.statusOf(t, "/readyz"))
			require.Equal(t, orders.StatusPendingApproval, f.status(t, id))
			for _, who := range []string{"seller1", "seller2"} {
				see(t, "draft after all", f.wecom(who), offers("确认下单"))
			}
			see(t, "customer's draft", f.kf("wm-he"), says("确认 SO"))
			require.EqualValues(t, 4, number(t, db, "SELECT COUNT(*) FROM orders"))
			sound(t, db)
			for _, who := range []string{"seller0", "seller1", "seller2"} {
				f.inOrder(t, db, orders.WeCom, who, f.sim.WeCom.Screen(who))
			}
		})
	}
}

// statusOf asks the server for a page and returns the status.
func (f *firm) statusOf(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+f.address+path, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// zeroWidth are the marks by which the server tells equal texts apart.
var zeroWidth = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "")

// inOrder asserts that a chat shows what was to be sent to it: everything, once, in order.
func (f *firm) inOrder(t *testing.T, db *sql.DB, platform orders.Platform, chat string, screen []simulator.Bubble) {
	t.Helper()
	var want, got []string
	for _, row := range texts(t, db, "SELECT body FROM deliveries WHERE platform = ? AND chat_id = ? AND replaces = 0 ORDER BY id", string(platform), chat) {
		var m struct {
			Text string          `json:"text"`
			Card json.RawMessage `json:"card"`
		}
		require.NoError(t, json.Unmarshal([]byte(row), &m))
		if m.Card != nil && platform != orders.KF {
			m.Text = "card " + orderNumber.FindString(string(m.Card))
		}
		want = append(want, m.Text)
	}
	for _, b := range screen {
		switch {
		case b.From != simulator.FromBot:
		case b.TaskID != "":
			got = append(got, "card "+orderNumber.FindString(b.Title+string(b.Card)))
		default:
			got = append(got, zeroWidth.Replace(b.Text))
		}
	}
	require.Equal(t, want, got, "chat of %s", chat)
}

// A platform that is away gets its messages late, in order, none dropped.
func TestPlatformAway(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		for how, mode := range map[string]simulator.DownMode{"refused": simulator.Refused, "unavailable": simulator.Unavailable} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				f := newFirm(t, database(t), medical)
				f.sellers(2)
				f.stock()
				f.sim.KF.AddCustomer("wm-he", "何文静", "")
				f.serve()
				f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
				db := f.sql()
				ctx := t.Context()
				first, card := f.draft(t, "seller0", fmt.Sprintf(goods["medical"], 20))

				f.sim.SetDown(simulator.PlatformWeCom, mode)
				f.sim.SetDown(simulator.PlatformDingTalk, mode)
				f.sim.SetDown(simulator.PlatformDingTalkLegacy, mode)
				key, _ := buttonOf(card, "确认下单")
				require.True(t, f.sim.WeCom.Click(ctx, "seller0", card.TaskID, key).Accepted)
				for i := range 3 {
					require.True(t, f.sim.WeCom.SendText(ctx, "seller1", fmt.Sprintf(goods["medical"], 30+i)).Accepted)
					require.True(t, f.sim.WeCom.SendText(ctx, "seller0", []string{"帮助", "进度 " + first, "库存 外科口罩"}[i]).Accepted)
					eventually(t, patience, "answers kept", func() bool {
						return number(t, db, "SELECT COUNT(*) FROM inbox WHERE status = 0") == 0
					}, func() string { return fmt.Sprint(texts(t, db, "SELECT chat_id, error FROM inbox WHERE status = 0")) })
				}
				require.True(t, f.sim.KF.SendText(ctx, "wm-he", "外科口罩3箱").Accepted)
				tried := func() bool {
					return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE status = 0 AND attempts > 1 AND platform = 'wecom'") > 0 &&
						number(t, db, "SELECT COUNT(*) FROM deliveries WHERE status = 0 AND attempts > 1 AND platform = 'dingtalk'") > 0
				}
				f.patiently(t, "tries in vain", tried, func() string {
					return fmt.Sprint(texts(t, db, "SELECT platform, kind, attempts FROM deliveries WHERE status = 0"))
				})
				f.clock.advance(30 * time.Second)
				require.GreaterOrEqual(t, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE status = 0"), int64(8))
				for _, p := range []simulator.Platform{simulator.PlatformWeCom, simulator.PlatformDingTalk, simulator.PlatformDingTalkLegacy} {
					f.sim.SetDown(p, simulator.Up)
				}

				f.calm(t, db)
				sound(t, db)
				see(t, "placed", f.wecom("seller0"), says("已下单", first))
				see(t, "customer's draft", f.kf("wm-he"), says("确认 SO"))
				for _, who := range []string{"seller0", "seller1"} {
					f.inOrder(t, db, orders.WeCom, who, f.sim.WeCom.Screen(who))
				}
				f.inOrder(t, db, orders.DingTalk, "dt-wangmin", f.sim.DingTalk.Screen("dt-wangmin"))
				waiting, end := context.WithTimeout(ctx, patience)
				defer end()
				require.NoError(t, f.sim.DingTalk.WaitConnections(waiting, 1), "the stream is back")
				f.decide(t, first, "同意")
				see(t, "approved", f.wecom("seller0"), says(first, "备货"))
			})
		}
	}
}

// What goes wrong with single calls delays a message and loses none; it comes once, except that a
// DingTalk text whose answer is lost comes twice at most, for want of a key.
func TestPlatformTrouble(t *testing.T) {
	t.Parallel()
	troubles := map[string]simulator.Trouble{
		"expired token":  simulator.ExpiredToken(),
		"rate limit":     simulator.RateLimited(),
		"server error":   simulator.ServerError(),
		"slow answer":    simulator.SlowAnswer(2 * time.Second),
		"cut connection": simulator.CutConnection(),
		"lost answer":    simulator.LostAnswer(),
	}
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sellers(len(troubles))
			f.stock()
			people := make(map[string]orders.CustomerCode)
			for i := range len(troubles) {
				people[fmt.Sprintf("wm-%d", i)] = "C001"
				f.sim.KF.AddCustomer(fmt.Sprintf("wm-%d", i), "何文静", "")
			}
			f.serve()
			f.bind(people)
			db := f.sql()
			i := 0
			for what, trouble := range troubles {
				t.Run(what, func(t *testing.T) { //nolint:paralleltest // one trouble at a time
					ctx, seller, customer := t.Context(), fmt.Sprintf("seller%d", i), fmt.Sprintf("wm-%d", i)
					for path, p := range map[string]simulator.Platform{
						"/cgi-bin/message/send": simulator.PlatformWeCom, "/cgi-bin/kf/send_msg": simulator.PlatformWeCom,
						"/cgi-bin/kf/sync_msg": simulator.PlatformWeCom, "/v1.0/robot/": simulator.PlatformDingTalk,
						"/v1.0/card/": simulator.PlatformDingTalk,
					} {
						f.sim.Fault(p, path, trouble, 1)
					}
					require.True(t, f.sim.WeCom.SendText(ctx, seller, fmt.Sprintf(goods["medical"], 20+i)).Accepted)
					require.True(t, f.sim.KF.SendText(ctx, customer, fmt.Sprintf("外科口罩%d箱", 40+i)).Accepted)
					require.True(t, f.sim.DingTalk.SendText(ctx, "dt-"+seller, "待办").OK())
					f.calm(t, db)
					card := see(t, "draft", f.wecom(seller), offers("确认下单"))
					id := orderNumber.FindString(card.Title + string(card.Card))
					f.press(t, seller, card, "确认下单")
					f.calm(t, db)
					see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
					f.sim.ClearFaults()
					f.inOrder(t, db, orders.WeCom, seller, f.sim.WeCom.Screen(seller))
					f.inOrder(t, db, orders.KF, f.kfChat(customer), f.sim.KF.Screen(customer))
					words := 0
					for _, b := range f.sim.DingTalk.Screen("dt-" + seller) {
						if b.From == simulator.FromBot {
							words++
						}
					}
					if what == "lost answer" || what == "slow answer" {
						require.LessOrEqual(t, words, 2)
						require.NotZero(t, words)
					} else {
						require.Equal(t, 1, words)
					}
				})
				i++
			}
			sound(t, db)
		})
	}
}
