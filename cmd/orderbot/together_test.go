package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// Three approved orders of a customer to one address: one shipment with three order numbers where somebody accepts that, and nothing
// changes where it is refused.
//
// feature: DM-03
func TestOrdersToOneAddressAreShippedTogether(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db := f.sql()
			tell := f.tell
			three := func(who, customer string) [3]string { // of two salespeople: WeCom drops what is beyond thirty messages a minute
				return [3]string{
					f.confirmed(who, customer+" 外科口罩1箱"), f.confirmed(who, customer+" 丁腈手套M码5盒"), f.confirmed(who, customer+" 乳胶手套M码6盒"),
				}
			}
			parcels := func(ids [3]string) []string {
				return texts(t, db, "SELECT order_id, tracking FROM shipments WHERE order_id IN (?, ?, ?) ORDER BY order_id", ids[0], ids[1], ids[2])
			}
			versions := func() []string { return texts(t, db, "SELECT id, version, kin FROM orders ORDER BY id") }

			// Refused: nothing changes, and it can be said later.
			a := three("zhouting", "澜州一院")
			card := see(t, "proposal", f.wecom("zhouting"), offers("一起发", "3 单同一个地址", a[0], a[1], a[2]))
			quiet(t, db, patience)
			before := versions()
			f.pressWeCom("zhouting", card, "各发各的")
			see(t, "refused", f.wecom("zhouting"), says("各发各的，没有改动"))
			see(t, "settled", f.wecom("zhouting"), says("3 单同一个地址", "各发各的"))
			require.Equal(t, before, versions())
			see(t, "not hers", tell("chenli", "一起发 "+a[0]+" "+a[1]), says("没有"))
			see(t, "in words", tell("zhouting", "一起发 "+a[0]+" "+a[1]+" "+a[2]), says("3 单一起发，一个运单", a[0]))
			see(t, "the warehouse hears", f.wecom("zhengku"), says(a[0]+" 和 "+a[1]+"、"+a[2]+" 一起发"))
			see(t, "once", tell("zhouting", a[0]+" "+a[1]+" 和 "+a[2]+" 一起发"), says("已经约好一起发了"))
			see(t, "shipped", tell("zhengku", "发货 "+a[1]+" SF1234567890123"), says(a[1]+"、"+a[0]+"、"+a[2]+" 是一起发的"))
			require.Equal(t, []string{a[0] + " SF1234567890123", a[1] + " SF1234567890123", a[2] + " SF1234567890123"}, parcels(a))
			see(t, "once", tell("zhengku", "发货 "+a[0]+" SF1234567890123"), says(a[0], "已经登记过了"))

			// What holds of the parcel holds for all three.
			require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
				_, err := f.server.clerk.Desk.Track(tx, orders.OrderID(a[1]), 1, orders.ParcelInTransit, nil, orders.SystemActor)
				return err
			}))
			require.Equal(t, []string{"in_transit", "in_transit", "in_transit"}, texts(t, db, "SELECT status FROM orders ORDER BY id"))

			// Accepted by the button. Where one of them can't go none goes, until it is taken out.
			b := three("chenli", "沅平一院")
			card = see(t, "proposal", f.wecom("chenli"), offers("一起发", "3 单同一个地址", b[0], b[1], b[2]))
			f.pressWeCom("chenli", card, "一起发")
			see(t, "accepted", f.wecom("chenli"), says("3 单一起发，一个运单", b[0]))
			see(t, "change", tell("chenli", b[2]+" 数量改成 7盒"), offers("确认变更", b[2]))
			see(t, "changed", tell("chenli", "确认变更 "+b[2]), says("已改 "+b[2]))
			see(t, "all wait", tell("zhengku", "发货 "+b[0]+" SF1234567890124"), says(b[2], "刚改过", "约好一起发，都还没有发货", "各发各的 "+b[2]))
			require.Empty(t, parcels(b))
			see(t, "taken out", tell("zhengku", "各发各的 "+b[2]), says(b[2]+" 单独发"))
			see(t, "two go", tell("zhengku", "发货 "+b[0]+" SF1234567890124"), says(b[0]+"、"+b[1]+" 是一起发的"))
			require.Equal(t, []string{b[0] + " SF1234567890124", b[1] + " SF1234567890124"}, parcels(b))
			sound(t, db)
		})
	}
}
