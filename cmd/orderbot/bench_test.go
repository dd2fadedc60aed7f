package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot/wecom"
	"orderbot/config"
)

const (
	benchToken  = "benchmarktoken"
	benchAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	benchCorp   = "wwbench0000000000"
	benchChunk  = 500 // requests of one side before the other side's turn
	benchPeople = 28  // salespeople, who write in turn
	oldMessages = 100_000
)

// BenchmarkCallback acknowledges new messages, each signed and encrypted, on keep-alive connections:
// verified, decrypted and committed before the 200. Answering them is put off. Fiber's bare echo of
// the same bodies takes turns with it, called in the same way. %echo is what is left of the echo's
// rate; old is how many answered messages the inbox held before.
//
// feature: PF-02
func BenchmarkCallback(b *testing.B) {
	for name, open := range map[string]func(testing.TB) string{
		"sqlite":  func(tb testing.TB) string { tb.Helper(); return "sqlite:" + filepath.Join(tb.TempDir(), "orderbot.db") },
		"mariadb": newMySQL,
	} {
		b.Run(name, func(b *testing.B) {
			if name == "mariadb" && mysqlServer() == "" {
				b.Fatal("ORDERBOT_TEST_MYSQL is not set: run this by make bench")
			}
			database := open(b)
			callback := "http://" + benchServer(b, database) + "/callback/wecom"
			echo := "http://" + benchEcho(b) + "/echo"
			mail := newBenchMail(b)
			for _, old := range []int{0, oldMessages} {
				insertAnswered(b, openSQL(b, database), old)
				for _, clients := range []int{1, 8, 32} {
					b.Run(fmt.Sprintf("old=%d/clients=%d", old, clients), func(b *testing.B) {
						acknowledge(b, mail, clients, callback, echo)
					})
				}
			}
		})
	}
}

// benchServer starts a server that answers nobody while the benchmark runs, and returns its address.
func benchServer(b *testing.B, database string) string {
	b.Helper()
	return benchServing(b, database).listener.Addr().String()
}

// benchServing starts a server that waits an hour for what may follow a message, and reaches no platform.
func benchServing(b *testing.B, database string) *server {
	b.Helper()
	const nowhere = "http://127.0.0.1:1"
	settings, err := config.Load("", []string{
		"ORDERBOT_SERVER__LISTEN=127.0.0.1:0", "ORDERBOT_DATABASE__URL=" + database,
		"ORDERBOT_WECOM__API_URL=" + nowhere, "ORDERBOT_WECOM__CORP_ID=" + benchCorp, "ORDERBOT_WECOM__AGENT_ID=1000002",
		"ORDERBOT_WECOM__SECRET=secret", "ORDERBOT_WECOM__TOKEN=" + benchToken, "ORDERBOT_WECOM__AES_KEY=" + benchAESKey,
		"ORDERBOT_TIMES__TURN_PAUSE=1h",
	})
	require.NoError(b, err)
	s, err := newServer(b.Context(), settings, serverOptions{Logger: slog.New(slog.DiscardHandler), Migrate: true})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-ended)
	})
	return s
}

// benchEcho starts Fiber with one route that answers with what it got.
func benchEcho(b *testing.B) string {
	b.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post("/echo", func(c *fiber.Ctx) error { return c.Send(c.Body()) })
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	b.Cleanup(func() {
		require.NoError(b, app.Shutdown())
		require.NoError(b, <-ended)
	})
	return listener.Addr().String()
}

// benchMail writes deliveries of new messages.
type benchMail struct {
	crypt  *wecom.Crypt
	serial atomic.Int64
}

func newBenchMail(b *testing.B) *benchMail {
	b.Helper()
	crypt, err := wecom.NewCrypt(benchToken, benchAESKey, benchCorp)
	require.NoError(b, err)
	return &benchMail{crypt: crypt}
}

func benchMember(i int64) string { return fmt.Sprintf("member-%02d", i%benchPeople) }

// requests are n deliveries as they go over the wire to address.
func (m *benchMail) requests(address string, n int) [][]byte {
	u, _ := url.Parse(address)
	out := make([][]byte, n)
	for i := range out {
		id, now := m.serial.Add(1), time.Now().Unix()
		secret := m.crypt.Seal(fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
			"<CreateTime>%d</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[澜州一院 外科口罩%d箱，丁腈手套M码10箱，周五下午前送到]]></Content>"+
			"<MsgId>%d</MsgId><AgentID>1000002</AgentID></xml>", benchCorp, benchMember(id), now, id%90+1, 7_000_000_000_000_000_000+id))
		stamp, nonce := fmt.Sprint(now), fmt.Sprint(id)
		query := url.Values{"msg_signature": {m.crypt.Sign(stamp, nonce, secret)}, "timestamp": {stamp}, "nonce": {nonce}}
		body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", benchCorp, secret)
		out[i] = fmt.Appendf(nil, "POST %s?%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", u.Path, query.Encode(), u.Host, len(body), body)
	}
	return out
}

// insertAnswered fills the inbox with n messages that were answered long ago.
func insertAnswered(b *testing.B, db *sql.DB, n int) {
	b.Helper()
	const batch = 1000
	body := strings.Repeat("旧", 150)
	for from := 0; from < n; from += batch {
		var insert strings.Builder
		insert.WriteString("INSERT INTO inbox (platform, msg_key, chat_platform, chat_id, kind, body, received_at, status, done_at, error) VALUES ")
		for i := from; i < from+batch; i++ {
			if i > from {
				insert.WriteString(", ")
			}
			fmt.Fprintf(&insert, "('wecom', '%d', 'wecom', '%s', 'text', '%s', %d, 1, %d, '')", 6_000_000_000_000_000_000+i, benchMember(int64(i)), body, i, i+1000)
		}
		_, err := db.ExecContext(b.Context(), insert.String())
		require.NoError(b, err)
	}
}

// acknowledge sends b.N new messages to the callback and more than as many to the echo, which is
// much faster, and reports both.
func acknowledge(b *testing.B, mail *benchMail, clients int, callback, echo string) {
	b.Helper()
	ours, floor := newCallers(b, callback, clients), newCallers(b, echo, clients)
	for from := 0; from < b.N; from += benchChunk {
		n := min(benchChunk, b.N-from)
		floor.send(b, mail.requests(echo, 4*n))
		ours.send(b, mail.requests(callback, n))
	}
	b.ReportMetric(0, "ns/op")
	rate, echoRate := ours.report(b, ""), floor.report(b, "echo-")
	b.ReportMetric(100*rate/echoRate, "%echo")
}

// callers are clients that each keep one connection.
type callers struct {
	conns []*caller
	sent  int
	took  time.Duration
}

type caller struct {
	net.Conn
	answers *bufio.Reader
	waited  []time.Duration
}

func newCallers(b *testing.B, address string, n int) *callers {
	b.Helper()
	u, err := url.Parse(address)
	require.NoError(b, err)
	out := &callers{}
	for range n {
		conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", u.Host)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, conn.Close()) })
		out.conns = append(out.conns, &caller{Conn: conn, answers: bufio.NewReader(conn)})
	}
	return out
}

// send posts the requests, each by the next client that is free.
func (c *callers) send(b *testing.B, requests [][]byte) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, len(c.conns))
	begin := time.Now()
	for i, one := range c.conns {
		all.Go(func() {
			for k := next.Add(1) - 1; k < int64(len(requests)) && errs[i] == nil; k = next.Add(1) - 1 {
				errs[i] = one.post(requests[k])
			}
		})
	}
	all.Wait()
	c.took += time.Since(begin)
	c.sent += len(requests)
	for _, err := range errs {
		require.NoError(b, err)
	}
}

func (c *caller) post(request []byte) error {
	begin := time.Now()
	if _, err := c.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	c.waited = append(c.waited, time.Since(begin))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// report adds the figures to the benchmark's result and returns the rate in requests a second.
func (c *callers) report(b *testing.B, prefix string) float64 {
	b.Helper()
	var waited []time.Duration
	for _, one := range c.conns {
		waited = append(waited, one.waited...)
	}
	rate := float64(c.sent) / c.took.Seconds()
	b.ReportMetric(milliseconds(percentile(waited, 50)), prefix+"p50-ms")
	b.ReportMetric(milliseconds(percentile(waited, 99)), prefix+"p99-ms")
	b.ReportMetric(rate, prefix+"req/s")
	return rate
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// percentile is what p of a hundred durations do not exceed.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[(len(all)-1)*p/100]
}
