package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// One wrong part makes an order wrong, several make it wrong once; only what was signed for in the time counts.
//
// feature: RP-02
func TestOneWrongPartMakesAnOrderWrong(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,1000,0")
		sign := func(carrier string, spoil func(o *orders.Order)) orders.OrderID {
			o := ordertest.Order("", "C1", 2, "P1")
			o.Sales, o.Carrier = "S1", carrier
			require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, seller); return err }))
			require.NoError(d, d.ship(o.ID, "SF", "N1", "没车"))
			require.NoError(d, d.do(func(tx *storage.Tx) error {
				o, err := d.desk.Track(tx, o.ID, 1, orders.ParcelDelivered, nil, orders.SystemActor)
				if err != nil || spoil == nil {
					return err
				}
				spoil(o)
				return tx.SaveOrder(o)
			}))
			return o.ID
		}
		back := func(cause orders.Cause, status orders.ReturnStatus) func(o *orders.Order) {
			return func(o *orders.Order) {
				o.Returns = append(o.Returns, orders.Return{No: len(o.Returns) + 1, Kind: orders.ReturnTicket, Cause: cause, Status: status})
			}
		}
		sign("", nil)
		sign("SF", nil)
		sign("ZTO", nil) // another carrier, with a reason
		sign("", func(o *orders.Order) { o.Entry.Changed = 1 })
		sign("", back(orders.CauseModel, orders.ReturnDone))
		sign("", back(orders.CauseModel, orders.ReturnDropped))
		sign("", back(orders.CauseQuality, orders.ReturnDone))
		sign("ZTO", func(o *orders.Order) {
			o.Entry.Changed = 3
			back(orders.CauseKit, orders.ReturnDone)(o)
			back(orders.CausePrice, orders.ReturnExpected)(o)
		})
		d.confirm(1, "P1") // not signed for
		at := d.clock()
		d.now = at.Add(48 * time.Hour)
		sign("ZTO", nil) // later
		for sales, want := range map[orders.StaffCode]orders.Accuracy{"": {Orders: 8, Right: 4, Information: 2, Execution: 2, Delivery: 2}, "S1": {Orders: 8, Right: 4, Information: 2, Execution: 2, Delivery: 2}, "S2": {}} {
			got, err := d.stores[0].Accuracy(d.Context(), sales, at.Add(-24*time.Hour), at.Add(24*time.Hour))
			require.NoError(d, err)
			require.Equal(d, want, got, sales)
		}
		a := orders.Accuracy{Orders: 8, Right: 4}
		require.InDelta(d, 0.5, a.Rate(a.Right), 0)
		require.InDelta(d, 1, (&orders.Accuracy{}).Rate(0), 0)
	})
}
