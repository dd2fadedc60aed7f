//go:build !soak

package storage_test

import "testing"

// histories is how many random histories are tried on each database.
const histories = 10

func TestRandomHistories(t *testing.T) {
	t.Parallel()
	randomHistories(t)
}
