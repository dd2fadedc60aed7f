//go:build soak

package storage_test

import "testing"

const (
	memories  = 10
	histories = 100
)

func TestSoakRandomHistories(t *testing.T) {
	t.Parallel()
	randomHistories(t)
}
