//go:build soak

package storage_test

import "testing"

// histories is how many random histories are tried on each database.
const histories = 1000

func TestSoakRandomHistories(t *testing.T) {
	t.Parallel()
	randomHistories(t)
}
