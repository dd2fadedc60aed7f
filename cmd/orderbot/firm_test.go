package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot"
	"orderbot/bot/simulator"
	"orderbot/config"
)

// firm is a small distributor in a test: the simulated platforms, the master data, and one server.
type firm struct {
	t        *testing.T
	sim      *simulator.Simulator
	env      []string
	clock    *testClock
	database string
	server   *server
	stop     func()
	files    bot.Files
	db       *sql.DB
	address  string
	hold     time.Duration // of claims; 0: as usual
	replicas int           // servers beside it, each with a stream of its own
	pace     time.Duration // by which the clock goes on before each question of answer: WeCom lets a member get 30 messages a minute
	log      *bytes.Buffer // of the server's log at its most talkative, where a test wants it; read after stop
}

// testClock runs with the machine's clock, from where it is set, or faster.
type testClock struct {
	shift atomic.Int64
	fast  atomic.Pointer[fastClock]
}

func (c *testClock) now() time.Time {
	if f := c.fast.Load(); f != nil {
		return f.now()
	}
	return time.Now().Add(time.Duration(c.shift.Load()))
}

func (c *testClock) advance(d time.Duration) { c.shift.Add(int64(d)) }
func (c *testClock) set(t time.Time)         { c.shift.Store(int64(time.Until(t))) }

// workday is when the clock of a firm begins, on whatever day and at whatever hour the tests run: a Wednesday morning.
var workday = time.Date(2026, 3, 11, 10, 0, 0, 0, location)

// staffCSV is who works at the firm.
const staffCSV = `code,name,role,wecom,dingtalk,superior
S01,周婷,sales,zhouting,dt-zhouting,S10
S02,陈立,sales,chenli,,S10
S10,王敏,sales_manager,wangmin,dt-wangmin,S14
S11,李账,finance,lizhang,dt-lizhang,
S12,赵财,cfo,,dt-zhaocai,
S13,钱总,director,,dt-qianzong,
S14,孙运,operations,sunyun,dt-sunyun,
S20,吴仓,warehouse_lead,wucang,,
S21,郑库,warehouse,zhengku,,
S30,冯购,purchasing,fenggou,,
S31,何服,service,hefu,,
S99,管理,admin,guanli,,
`

// databases are the stores that the whole way is shown on: SQLite and MariaDB, or the one that
// ORDERBOT_TEST_DATABASE names.
func databases(tb testing.TB) map[string]func(tb testing.TB) string {
	tb.Helper()
	all := map[string]func(tb testing.TB) string{
		"sqlite": func(tb testing.TB) string {
			tb.Helper()
			return "sqlite:" + filepath.Join(tb.TempDir(), "orderbot.db")
		},
	}
	if mysqlServer() != "" {
		all["mariadb"] = func(tb testing.TB) string {
			tb.Helper()
			return newMySQL(tb)
		}
	} else if os.Getenv("CI") != "" {
		tb.Fatal("ORDERBOT_TEST_MYSQL is not set: run the tests by make test")
	}
	if only := os.Getenv("ORDERBOT_TEST_DATABASE"); only != "" {
		maps.DeleteFunc(all, func(name string, _ func(testing.TB) string) bool { return name != only })
		require.NotEmpty(tb, all, "ORDERBOT_TEST_DATABASE=%s is not there", only)
	}
	return all
}

// newFirm starts the platforms and a server on a database with the master data of folder.
func newFirm(t *testing.T, database, folder string, more ...string) *firm {
	t.Helper()
	f := &firm{t: t, clock: &testClock{}, database: database}
	f.clock.set(workday)
	f.sim = simulator.New(simulator.Options{Now: f.clock.now})
	require.NoError(t, f.sim.Start())
	t.Cleanup(f.sim.Close)
	f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 1})
	f.address = freeAddress(t)
	f.sim.SetCallbacks("http://" + f.address)
	f.env = append(settingsFor(f.sim, database, f.address), more...)
	f.hire()
	f.importMaster(folder)
	return f
}

// settingsFor are the settings, as environment, of a server that talks to the simulator.
func settingsFor(sim *simulator.Simulator, database, address string) []string {
	return append(simulatedSettings(sim),
		"ORDERBOT_SERVER__LISTEN="+address,
		"ORDERBOT_DATABASE__URL="+database,
		"ORDERBOT_TIMES__TURN_PAUSE=200ms",
		"ORDERBOT_REPORTS__KEY_CUSTOMERS=none", // whatever the day on which tests run
	)
}

// hire makes the staff known to the platforms.
func (f *firm) hire() {
	for _, row := range strings.Split(strings.TrimSpace(staffCSV), "\n")[1:] {
		c := strings.Split(row, ",")
		if c[3] != "" {
			f.sim.WeCom.AddMember(c[3], c[1])
		}
		if c[4] != "" {
			f.sim.DingTalk.AddPerson(c[4], c[1], "")
		}
	}
}

// command runs one command line of the program and returns what it printed.
func (f *firm) command(args ...string) string {
	f.t.Helper()
	var out, errs bytes.Buffer
	code := run(f.t.Context(), args, &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, env: f.env})
	require.Zero(f.t, code, "orderbot %s: %s%s", strings.Join(args, " "), out.String(), errs.String())
	return out.String()
}

// importMaster fills an empty database the way an operator does.
func (f *firm) importMaster(folder string) {
	f.t.Helper()
	f.command("migrate")
	staff := filepath.Join(f.t.TempDir(), "staff.csv")
	require.NoError(f.t, os.WriteFile(staff, []byte(staffCSV), 0o600))
	f.command("import", "staff", staff)
	for _, kind := range []string{"products", "customers", "customer-items", "history"} {
		f.command("import", kind, filepath.Join(folder, strings.ReplaceAll(kind, "-", "_")+".csv"))
	}
}

// serve starts the server; it stops with the test or by f.stop.
func (f *firm) serve() {
	f.t.Helper()
	waiting, end := context.WithTimeout(f.t.Context(), patience)
	defer end()
	require.NoError(f.t, f.sim.DingTalk.WaitConnections(waiting, f.replicas), "that of the server before is gone")
	settings, err := config.Load("", f.env)
	require.NoError(f.t, err)
	logger := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if f.log != nil {
		logger = slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	f.server, err = newServer(f.t.Context(), settings, serverOptions{Logger: logger, Now: f.clock.now, Files: f.files, Hold: f.hold})
	require.NoError(f.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.server.run(ctx) }()
	stopped := false
	f.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(f.t, <-done)
		}
	}
	f.t.Cleanup(f.stop)
	require.NoError(f.t, f.sim.DingTalk.WaitConnections(waiting, 1+f.replicas))
}

// inOneBreath lets somebody write what belongs together and is answered as one message, however slow the machine is.
func (f *firm) inOneBreath(write func()) {
	f.t.Helper()
	env := f.env
	f.stop()
	f.env = append(slices.Clone(env), "ORDERBOT_TIMES__TURN_PAUSE=5s")
	f.serve()
	write()
	f.stop()
	f.env = env
	f.serve()
}

// ports counts those that were given away; it begins anywhere, as other tests may run beside these.
var ports atomic.Int64

func init() { ports.Store(rand.Int64N(portRange)) }

// The ports of servers: below those that a system takes for connections that go out, which else might take one while its server is being
// started, or started again.
const (
	firstPort = 10_000
	portRange = 10_000
)

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+ports.Add(1)%portRange)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, l.Close())
		return address
	}
}

// patience is how long a test waits for something that must come; it ends as soon as it comes. It is longer than the claim of an event,
// which is handled again only when that is over where its order changed meanwhile.
const patience = 2 * time.Minute

// see waits until a person sees a bubble that fits, and returns the newest such.
func see(t *testing.T, what string, screen func() []simulator.Bubble, fits func(b simulator.Bubble) bool) simulator.Bubble {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		all := screen()
		for _, b := range slices.Backward(all) {
			if b.From == simulator.FromBot && fits(b) {
				return b
			}
		}
		if time.Now().After(deadline) {
			var seen strings.Builder
			for _, b := range all {
				fmt.Fprintf(&seen, "[%s %s] %s %s %s\n", b.From, b.Kind, b.Text, b.Card, b.Settled)
			}
			t.Fatalf("%s did not come; on the screen:\n%s", what, seen.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// says fits a bubble whose text or card holds all words.
func says(words ...string) func(simulator.Bubble) bool {
	return func(b simulator.Bubble) bool {
		text := b.Title + b.Text + string(b.Card) + b.Settled
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return true
	}
}

// offers fits a card with a button of that text that can still be pressed.
func offers(button string, words ...string) func(simulator.Bubble) bool {
	return func(b simulator.Bubble) bool {
		_, ok := buttonOf(b, button)
		return ok && says(words...)(b)
	}
}

func buttonOf(b simulator.Bubble, text string) (string, bool) {
	for _, x := range b.Buttons {
		if x.Text == text && x.ID != "" {
			return x.ID, true
		}
	}
	return "", false
}

func (f *firm) wecom(user string) func() []simulator.Bubble {
	return func() []simulator.Bubble { return f.sim.WeCom.Screen(user) }
}

func (f *firm) dingtalk(user string) func() []simulator.Bubble {
	return func() []simulator.Bubble { return f.sim.DingTalk.Screen(user) }
}

// pressWeCom presses a button of a card on a member's screen.
func (f *firm) pressWeCom(user string, b simulator.Bubble, button string) {
	f.t.Helper()
	key, ok := buttonOf(b, button)
	require.True(f.t, ok, "no button %s", button)
	d := f.sim.WeCom.Click(f.t.Context(), user, b.TaskID, key)
	require.True(f.t, d.Accepted, "click: %+v", d)
}

// pressDingTalk presses a button of a card on a person's screen.
func (f *firm) pressDingTalk(user string, b simulator.Bubble, button string) {
	f.t.Helper()
	id, ok := buttonOf(b, button)
	require.True(f.t, ok, "no button %s", button)
	p := f.sim.DingTalk.Click(f.t.Context(), user, b.TaskID, id)
	require.True(f.t, p.OK(), "click: %+v", p)
}
