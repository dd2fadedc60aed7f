//go:build !soak && !race

package storage_test

import "testing"

// memories is how many databases in memory random histories are tried on, and histories how many on each
// database.
const (
	memories  = 10
	histories = 10
)

// After every action of a random history goods, money, credit, rights, owners and the record of changes are in order.
//
// feature: AP-23, IG-09
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	randomHistories(t)
}
