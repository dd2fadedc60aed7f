package main

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
