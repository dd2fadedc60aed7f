package storage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

var ruler = orders.Actor{Code: "S99", Name: "管理", Channel: orders.DingTalk, Staff: &orders.Staff{Code: "S99", Roles: []orders.Role{orders.RoleAdmin}}}

// Versions have numbers without gaps and are kept for good; the same text is the same version; one is in force, whoever
// decides at once.
func TestVersionsOfTheRules(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		do := func(f func(tx *storage.Tx) error) error { return s.Do(t.Context(), f) }
		inForce := func() int {
			n, err := s.RulesInForce(t.Context())
			require.NoError(t, err)
			return n
		}
		put := func(number, shown int, back bool) error {
			return do(func(tx *storage.Tx) error {
				return orders.PutInForce(tx, number, shown, back, "试", ruler, ordertest.Start)
			})
		}
		require.Zero(t, inForce())

		// Many store at once, some of them the same.
		var wg sync.WaitGroup
		var isNew atomic.Int32
		for i := range 20 {
			wg.Go(func() {
				err := do(func(tx *storage.Tx) error {
					_, added, err := orders.AddRules(tx, fmt.Sprintf("rules %d", i%5), "", ruler, ordertest.Start)
					if added {
						isNew.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.GreaterOrEqual(t, isNew.Load(), int32(5), "a transaction may be run again")
		var versions []orders.RuleVersion
		require.NoError(t, do(func(tx *storage.Tx) (err error) {
			versions, err = tx.RuleVersions()
			return err
		}))
		require.Len(t, versions, 5)
		for i, v := range versions {
			require.Equal(t, i+1, v.Number)
			require.Len(t, v.Sum, 64)
			require.Empty(t, v.Text)
			text, err := s.Rules(t.Context(), v.Number)
			require.NoError(t, err)
			require.Contains(t, text, "rules ")
		}

		// Many decide at once: one is first, the others learn what holds.
		require.NoError(t, put(1, 0, false))
		var won atomic.Int32
		for i := range 20 {
			wg.Go(func() {
				switch err := put(2+i%4, 1, false); orders.ErrorCode(err) {
				case "":
					won.Add(1)
				case orders.CodeConflict:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, int32(1), won.Load())
		require.NotEqual(t, 1, inForce())
		require.ErrorContains(t, put(inForce(), 2, false), "已经在用")
		require.ErrorContains(t, put(9, 2, false), "没有第 9 版")
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(do(func(tx *storage.Tx) error {
			return orders.PutInForce(tx, 1, 2, false, "", orders.Actor{Code: "S10", Staff: &orders.Staff{Roles: []orders.Role{orders.RoleSalesManager}}}, ordertest.Start)
		})))

		var changes []orders.RuleChange
		require.NoError(t, do(func(tx *storage.Tx) (err error) {
			changes, err = tx.RuleChanges()
			return err
		}))
		require.Len(t, changes, 2)
		require.Equal(t, orders.RuleChange{
			Number: inForce(), Was: 1, By: "S99", ByName: "管理", Channel: orders.DingTalk, At: ordertest.Start, Reason: "试",
		}, changes[1])
		require.Equal(t, 1, orders.BeforeChange(changes))
		trail, err := s.Trail(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, trail, 5+2)
	})
}

// 回退 goes back step by step, and stops at the first.
func TestTakingRulesBack(t *testing.T) {
	t.Parallel()
	var changes []orders.RuleChange
	put := func(n int, back bool) { changes = append(changes, orders.RuleChange{Number: n, Back: back}) }
	back := func() int {
		n := orders.BeforeChange(changes)
		if n > 0 {
			put(n, true)
		}
		return n
	}
	require.Zero(t, back())
	for _, n := range []int{1, 2, 3, 1} {
		put(n, false)
	}
	for _, want := range []int{3, 2, 1, 0, 0} {
		require.Equal(t, want, back())
	}
	put(4, false)
	require.Equal(t, 1, back())
	require.Zero(t, back())
}
