package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const corpus = "../../orders/intake/testdata/corpus"

// ran is what one command line did.
type ran struct {
	code           int
	stdout, stderr string
}

func orderbot(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &program{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr})
	return ran{code, stdout.String(), stderr.String()}
}

func TestWrongUsageExitsWithTwo(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no command":         {},
		"unknown command":    {"order"},
		"unknown flag":       {"version", "--loud"},
		"missing flag":       {"read"},
		"missing argument":   {"import", "products"},
		"unknown kind":       {"import", "orders", "x.csv"},
		"token without verb": {"token"},
		"token scope":        {"token", "create", "erp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := orderbot(t, "", args...)
			require.Equal(t, exitUsage, got.code)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, "orderbot --help")
		})
	}
}

func TestHelpGoesToStandardOutput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--help"},
		{"demo", "--help"},
		{"serve", "--help"},
		{"read", "--help"},
		{"ocr", "--help"},
		{"import", "--help"},
		{"migrate", "--help"},
		{"doctor", "--help"},
		{"token", "create", "--help"},
		{"version", "-h"},
	} {
		got := orderbot(t, "", args...)
		require.Equal(t, exitOK, got.code, args)
		require.Contains(t, got.stdout, "--config", args)
		require.Empty(t, got.stderr, args)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := orderbot(t, "", "version", "--config", "unused.yaml")
	require.Equal(t, exitOK, got.code)
	require.Regexp(t, `^orderbot \S+, commit \S+, `+runtime.Version()+"\n$", got.stdout)
}

func TestReadAnswersEveryLineInOrder(t *testing.T) {
	t.Parallel()
	input := strings.Join([]string{
		`{"id":"a","time":"2026-03-11T10:24:00+08:00","role":"sales","text":"谢谢","unknown":1}`,
		``,
		`{"id":"b","time":"2026-03-11T10:24:00+08:00","role":"customer","customer":"C001","file":"` + corpus + `/files/order-07.csv"}`,
		`{"id":"c","time":"2026-03-11T10:24:00+08:00","file":"no-such.png"}`,
		`{"id":"d","time":"yesterday","text":"谢谢"}`,
		`{"id":"e","text":"谢谢"}`,
		`{"id":"f","time":"2026-03-11T10:24:00+08:00","role":"boss","text":"谢谢"}`,
		`{"id":`,
		`[]`,
		`{"id":7,"time":"2026-03-11T10:24:00+08:00","text":"谢谢"}`,
		`{"id":"g","time":"2026-03-11T10:24:00+08:00","role":"customer","text":"谢谢 <b> & co"}`,
	}, "\n")
	got := orderbot(t, input, "read", "--master", corpus+"/medical")
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.stderr, "7 messages could not be read")
	var ids, failed []string
	for line := range strings.Lines(got.stdout) {
		var out struct {
			ID     string `json:"id"`
			Intent string `json:"intent"`
			Error  string `json:"error"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &out), line)
		ids = append(ids, out.ID)
		if out.Error != "" {
			require.Empty(t, out.Intent)
			failed = append(failed, out.ID)
		} else {
			require.NotEmpty(t, out.Intent)
		}
	}
	require.Equal(t, []string{"a", "b", "c", "d", "e", "f", "", "", "7", "g"}, ids)
	require.Equal(t, []string{"c", "d", "e", "f", "", "", "7"}, failed)
}

func TestReadFromFileToFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	sheet, err := os.ReadFile(corpus + "/files/order-07.csv")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(folder, "files"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "files", "order.csv"), sheet, 0o600))
	in, out := filepath.Join(folder, "in.jsonl"), filepath.Join(folder, "out.jsonl")
	require.NoError(t, os.WriteFile(in, []byte(`{"id":"a","time":"2026-03-11T10:24:00+08:00","role":"customer","customer":"C001","file":"files/order.csv"}`), 0o600))

	got := orderbot(t, "", "read", "--in", in, "--master", corpus+"/medical", "--out", out)
	require.Equal(t, ran{}, got)
	written, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(written), `"id":"a"`)
	require.NotContains(t, string(written), `"error"`)
}

func TestReadNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"read", "--master", "no-such-folder"},
		{"read", "--master", corpus + "/medical", "--in", "no-such.jsonl"},
		{"read", "--master", corpus + "/medical", "--config", "no-such.yaml"},
	} {
		got := orderbot(t, "", args...)
		require.Equal(t, exitFailed, got.code)
		require.Empty(t, got.stdout)
		require.Contains(t, got.stderr, "no-such")
	}
}

func TestOCRNamesEachFileThatItCannotRead(t *testing.T) {
	t.Parallel()
	damaged := filepath.Join(t.TempDir(), "damaged.png")
	require.NoError(t, os.WriteFile(damaged, []byte("\x89PNG\r\n\x1a\nnothing"), 0o600))
	got := orderbot(t, "", "ocr", damaged, "no-such.png")
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.stderr, "2 files could not be read")
	require.Equal(t, 2, strings.Count(got.stdout, `"error":`))
}
