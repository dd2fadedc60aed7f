package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/config"
)

// A server that can't start says why, in words.
func TestServeSaysWhyItCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	for name, c := range map[string]struct {
		args   []string
		listen string
		says   string
	}{
		"schema is older":  {[]string{"serve"}, "127.0.0.1:0", "orderbot migrate"},
		"address is taken": {[]string{"serve", "--migrate"}, taken.Addr().String(), "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), c.args, &program{
				stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
				env: []string{"ORDERBOT_SERVER__LISTEN=" + c.listen, "ORDERBOT_DATABASE__URL=sqlite:" + filepath.Join(t.TempDir(), "new", "orderbot.db")},
			})
			require.Equal(t, exitFailed, code)
			require.Contains(t, stderr.String(), c.says)
			require.Empty(t, stdout.String())
		})
	}
}

// Whoever sends too much learns it, also after having sent all of it. Whoever never ends a request
// does not keep the server from a clean stop.
func TestServerAndRudePeers(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	settings, err := config.Load("", []string{
		"ORDERBOT_SERVER__LISTEN=" + address, "ORDERBOT_DATABASE__URL=sqlite:" + filepath.Join(t.TempDir(), "orderbot.db"),
		"ORDERBOT_WECOM__CORP_ID=ww", "ORDERBOT_WECOM__AGENT_ID=1", "ORDERBOT_WECOM__SECRET=s", "ORDERBOT_WECOM__TOKEN=t",
		"ORDERBOT_WECOM__AES_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ORDERBOT_WECOM__API_URL=http://127.0.0.1:9",
	})
	require.NoError(t, err)
	s, err := newServer(t.Context(), settings, serverOptions{Logger: slog.New(slog.DiscardHandler), Migrate: true})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	for _, size := range []int{1<<20 + 1, 3 << 20, 20 << 20} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST /callback/wecom HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
		require.NoError(t, err)
		_, err = conn.Write(make([]byte, size))
		require.NoError(t, err, size)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, size)
		require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
		require.NoError(t, res.Body.Close())
		require.NoError(t, conn.Close())
	}

	// A peer that never says what it wants does not make the stop a failure.
	silent, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })
	_, err = fmt.Fprint(silent, "POST /callback/wecom HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
	require.NoError(t, err)
	for range 3 { // by then the server is at it
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		require.NoError(t, err)
		_, err = fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.NoError(t, conn.Close())
	}
}

// A server that is told to stop before it has accepted anything stops all the same.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	settings, err := config.Load("", f.env)
	require.NoError(t, err)
	s, err := newServer(t.Context(), settings, serverOptions{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.run(ctx))
}
