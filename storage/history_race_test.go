//go:build race && !soak

package storage_test

import "testing"

// Few: a history is one goroutine's, and SQLite's own code is slow under the race detector.
const (
	memories  = 0
	histories = 2
)

func TestRandomHistories(t *testing.T) {
	t.Parallel()
	randomHistories(t)
}
