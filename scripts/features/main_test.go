package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// project lays out a small project and returns its folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return root
}

const rows = "# Rules\nAP-01\tSmall orders pass\nAP-02\tDirector (总监)\n"

func TestPageNamesTheTestsOfEachRow(t *testing.T) {
	t.Parallel()
	root := project(t, map[string]string{
		"docs/features.rows.tsv": rows,
		"orders/a_test.go":       "package a\n\n// It does.\n//\n// feature: AP-02, AP-01\nfunc TestB(t *testing.T) {}\n\n// feature: AP-02\nfunc FuzzA(f *testing.F) {}\n",
		"orders/a.go":            "package a\n",
		".cache/b_test.go":       "package b\n\n// feature: XX-01\n\nvar x = 1\n",
	})
	require.ErrorContains(t, run(root, true), "stale")
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
	page, err := os.ReadFile(filepath.Join(root, "docs", "features.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), `2 of 2 rows are shown by tests.

## Rules

| row | feature | shown by |
| --- | --- | --- |
| AP-01 | Small orders pass | [orders TestB](../orders/a_test.go) |
| AP-02 | Director (总监) | [orders FuzzA](../orders/a_test.go)<br>[orders TestB](../orders/a_test.go) |
`)
	require.NoError(t, os.WriteFile(filepath.Join(root, "orders", "a_test.go"), []byte("package a\n"), 0o600))
	require.ErrorContains(t, run(root, true), "stale", "a test that is gone")
	require.NoError(t, run(root, false))
	page, err = os.ReadFile(filepath.Join(root, "docs", "features.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), "| AP-01 | Small orders pass | open |")
}

func TestMarksThatMeanNothingAreErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, want string }{
		"no such row":      {"package a\n\n// feature: AP-99\nfunc TestA(t *testing.T) {}\n", "a_test.go: TestA names AP-99, which is no row"},
		"above a helper":   {"package a\n\n// feature: AP-01\nfunc helper() {}\n", "a_test.go:3:1: the mark stands above no test"},
		"away from a test": {"package a\n\n// feature: AP-01\n\nfunc TestA(t *testing.T) {}\n", "a_test.go:3:1: the mark stands above no test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := project(t, map[string]string{"docs/features.rows.tsv": rows, "a_test.go": test.source})
			require.EqualError(t, run(root, false), test.want)
		})
	}
}
