package storage_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Every line is in exactly one wave, also where two replicas make waves of the same orders at once; what lacks goods waits for a later
// one.
//
// feature: ST-12
func TestEveryLineIsInOneWave(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,14,0", "P1,西仓,5,0")
		var ids []orders.OrderID
		want := decimal.Zero
		for n := range int64(8) {
			ids = append(ids, d.confirm(n%3+1, "P1", "P2"))
			want = want.Add(decimal.NewFromInt(2 * (n%3 + 1)))
		}
		short := d.confirm(20, "P1")
		var mu sync.Mutex
		waves := make(map[orders.OrderID]string)
		sum := decimal.Zero
		wave := func(store int, ids []orders.OrderID) error {
			var number string
			var list []*orders.Order
			var picks map[orders.OrderID][]orders.Pick
			err := d.stores[store].Do(d.Context(), func(tx *storage.Tx) (err error) {
				number, list, picks, err = d.desk.Wave(tx, ids, keeper)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			for _, o := range list {
				if err != nil {
					break
				}
				require.NotContains(d, waves, o.ID)
				waves[o.ID] = number
				for _, p := range picks[o.ID] {
					sum = sum.Add(p.Quantity)
				}
			}
			return err
		}
		other := slices.Clone(ids)
		slices.Reverse(other)
		var wg sync.WaitGroup
		for i, part := range [][]orders.OrderID{append(slices.Clone(ids[:6]), short), other[:6]} {
			wg.Go(func() {
				if err := wave(i, part); err != nil {
					require.Equal(d, orders.CodeConflict, orders.ErrorCode(err))
				}
			})
		}
		wg.Wait()
		if len(waves) < len(ids) {
			require.NoError(d, wave(0, append(slices.Clone(ids), short)))
		}
		require.Len(d, waves, len(ids))
		require.Equal(d, want.String(), sum.String(), "what is taken is what the orders hold")
		for _, id := range ids {
			o := d.order(id)
			require.Equal(d, orders.StatusPicking, o.Status)
			require.Equal(d, waves[id], o.Work.Wave)
		}
		require.Equal(d, orders.StatusApproved, d.order(short).Status)
		require.Equal(d, orders.CodeConflict, orders.ErrorCode(wave(1, append(ids, short))), "nothing is left")
		require.Equal(d, orders.CodeDenied, orders.ErrorCode(d.do(func(tx *storage.Tx) error { _, _, _, err := d.desk.Wave(tx, ids, seller); return err })))
	})
}

// Goods that are to be kept cold never leave with a carrier that can't do that, whatever was promised.
func TestColdGoodsGoCold(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		for _, note := range []string{"全程冷链", "2-8℃ 保存"} {
			o := ordertest.Order("", "C1", 2, "P2")
			o.Sales, o.Note, o.Carrier = "S1", note, "ZTO"
			require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, seller); return err }))
			for _, c := range []string{"ZTO", "EMS", "CAINIAO", "nobody"} {
				require.ErrorIs(d, d.ship(o.ID, c, "N1", "换一家"), orders.ErrNotCold, c)
				require.Equal(d, orders.StatusAllocated, d.order(o.ID).Status)
			}
			require.NoError(d, d.ship(o.ID, "JD", "N1", "要冷链"))
		}
	})
}
