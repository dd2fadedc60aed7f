package storage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// What is made up is sound: the sums are those of the rows, the trail makes each order, the product's clock and numbers go on from
// there; and it never comes on top of anything.
func TestSeed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		const n = 3000 // more than two days
		last := 0
		require.NoError(t, s.Seed(t.Context(), n, ordertest.Start, func(done int) { require.Greater(t, done, last); last = done }))
		require.Equal(t, n, last)

		held := make(map[orders.CustomerCode]orders.Money)
		taken := make(map[orders.ProductCode]orders.Quantity)
		lines, statuses := 0, make(map[orders.Status]int)
		for status := range orders.StatusNames {
			all, err := s.OpenOrders(t.Context(), "", n, status)
			require.NoError(t, err)
			for i, o := range all {
				statuses[status]++
				lines += len(o.Lines)
				held[o.Customer] += o.Held
				for _, l := range o.Lines {
					if !o.Status.Ended() && o.Status != orders.StatusInTransit {
						taken[l.Product] = taken[l.Product].Add(l.Reserved)
					}
				}
				if i%20 == 0 {
					again, err := s.Replay(t.Context(), o.ID)
					require.NoError(t, err)
					require.Equal(t, o, again)
				}
			}
		}
		require.Equal(t, 3*n, lines)
		for _, s := range []orders.Status{
			orders.StatusDraft, orders.StatusPendingApproval, orders.StatusAllocated, orders.StatusPicking, orders.StatusInTransit, orders.StatusDelivered, orders.StatusCancelled,
		} {
			require.Positive(t, statuses[s], s)
		}
		for c, sum := range held {
			exposure, err := s.Exposure(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, sum, exposure, c)
		}
		for p, sum := range taken {
			free, err := s.Available(t.Context(), p)
			require.NoError(t, err)
			require.EqualValues(t, 100_000_000-sum.IntPart(), free[p].IntPart(), p)
		}
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			id, err := tx.NextOrderID(ordertest.Start)
			require.NoError(t, err)
			_, err = tx.Order(id)
			require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
			return nil
		}))
		require.ErrorContains(t, s.Seed(t.Context(), 1, ordertest.Start, func(int) {}), "已经有数据")
	})
}
