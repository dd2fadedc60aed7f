package storage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

func (d *depot) count(id orders.OrderID, by orders.Actor, counted ...orders.Counted) (*orders.Count, error) {
	d.Helper()
	var c *orders.Count
	err := d.do(func(tx *storage.Tx) (err error) {
		_, c, err = d.desk.Check(tx, id, counted, by)
		return err
	})
	return c, err
}

func (d *depot) ship(id orders.OrderID, carrier, number, why string) error {
	d.Helper()
	return d.do(func(tx *storage.Tx) error {
		_, err := d.desk.ShipInstead(tx, id, 0, carrier, number, "t", why, keeper)
		return err
	})
}

// reload lets the desk know the master data that was imported since it was opened.
func (d *depot) reload() {
	d.Helper()
	cat, err := d.stores[0].Catalog(d.Context())
	require.NoError(d, err)
	d.desk.Catalog = func() *orders.Catalog { return cat }
}

func goods(product orders.ProductCode, n, batch, serial string) orders.Counted {
	return orders.Counted{Text: string(product), Product: product, Quantity: ordertest.Decimal(n), Batch: batch, Serial: serial}
}

// Goods that were counted leave only where model, number, parts of bundles, batch and serial number are as ordered; the batches that
// were counted are those that leave.
func TestGoodsLeaveAsOrdered(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		importCSV(d.T, d.stores[0], "products", "code,name,unit,price,tracking", "B1,试剂,盒,10,batch", "N1,主机,盒,10,serial", "X9,别的,个,1,")
		d.stock("P1,默认仓,100,0")
		importCSV(d.T, d.stores[0], "stock", "product,warehouse,on_hand,batch,serial,expires", "B1,默认仓,10,A1,,2026-02-01", "B1,默认仓,10,A2,,2027-01-01", "B1,默认仓,10,A3,,2027-02-01",
			"N1,默认仓,1,,S1,", "N1,默认仓,1,,S2,", "N1,默认仓,1,,S3,")
		d.reload()
		for name, test := range map[string]struct {
			line    orders.ProductCode
			n       int64
			counted []orders.Counted
			want    string // empty: as ordered
		}{
			"as ordered":                   {"P1", 2, []orders.Counted{goods("P1", "1", "", ""), goods("P1", "1", "", "")}, ""},
			"too few":                      {"P1", 2, []orders.Counted{goods("P1", "1", "", "")}, "P1 要 2盒，点到 1盒，少 1盒"},
			"too many":                     {"P1", 2, []orders.Counted{goods("P1", "2.5", "", "")}, "P1 要 2盒，点到 2.5盒，多 0.5盒"},
			"another model":                {"P1", 2, []orders.Counted{goods("P2", "2", "", "")}, "P1 要 2盒，点到 0盒，少 2盒; P2 单里没有，多 2盒"},
			"one more model":               {"P1", 2, []orders.Counted{goods("P1", "2", "", ""), goods("X9", "1", "", "")}, "X9 单里没有，多 1个"},
			"nothing that we know":         {"P1", 2, []orders.Counted{goods("P1", "2", "", ""), {Text: "那个", Quantity: ordertest.Decimal("1")}}, "没有看懂「那个」"},
			"nothing at all":               {"P1", 2, nil, "P1 要 2盒，点到 0盒，少 2盒"},
			"a bundle by its parts":        {"K1", 3, []orders.Counted{goods("P1", "6", "", ""), goods("P2", "3", "", "")}, ""},
			"a missing kit":                {"K1", 3, []orders.Counted{goods("P1", "6", "", "")}, "P2 要 3盒，点到 0盒，少 3盒"},
			"a bundle as a whole":          {"K1", 3, []orders.Counted{goods("K1", "3", "", "")}, "P1 要 6盒，点到 0盒，少 6盒; P2 要 3盒，点到 0盒，少 3盒; K1 是组合品，请按它的组成清点"},
			"without its batch":            {"B1", 3, []orders.Counted{goods("B1", "3", "", "")}, "B1 有 3盒 没写批次"},
			"part of it without its batch": {"B1", 3, []orders.Counted{goods("B1", "2", "A2", ""), goods("B1", "1", "", "")}, "B1 有 1盒 没写批次"},
			"a batch that is not there":    {"B1", 3, []orders.Counted{goods("B1", "3", "A9", "")}, "B1 库里没有批次 A9"},
			"a batch that is over":         {"B1", 3, []orders.Counted{goods("B1", "3", "A1", "")}, "B1 批次 A1 已过期"},
			"more of a batch than is":      {"B1", 12, []orders.Counted{goods("B1", "6", "A2", ""), goods("B1", "6", "A2", "")}, "B1 批次 A2 库里只有 10"},
			"two batches":                  {"B1", 12, []orders.Counted{goods("B1", "6", "A2", ""), goods("B1", "6", "A3", "")}, ""},
			"serial numbers":               {"N1", 2, []orders.Counted{goods("N1", "1", "", "S3"), goods("N1", "1", "", "S1")}, ""},
			"a serial number twice":        {"N1", 2, []orders.Counted{goods("N1", "1", "", "S3"), goods("N1", "1", "", "S3")}, "N1 序列号 S3 点了两次"},
			"a serial number too few":      {"N1", 2, []orders.Counted{goods("N1", "1", "", "S3"), goods("N1", "1", "", "")}, "N1 有 1盒 没写序列号"},
		} {
			id := d.confirm(test.n, test.line)
			c, err := d.count(id, keeper, test.counted...)
			require.NoError(d, err, name)
			require.Equal(d, test.want, strings.Join(c.Problems(), "; "), name)
			require.Equal(d, test.want == "", c.OK, name)
			want := orders.StatusAllocated
			if c.OK {
				want = orders.StatusChecked
			} else {
				require.ErrorContains(d, d.ship(id, "SF", "SF1", ""), "复核不符，不能发货", name)
			}
			o := d.order(id)
			require.Equal(d, want, o.Status, name)
			require.Equal(d, c.Problems(), o.Work.Count.Problems(), name)
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, id, 0, "完", seller); return err }))
		}
	})
}

// A count of what was right takes the order on; one that is wrong later takes it back; who may not count, changes nothing.
//
// feature: ST-16, LG-13
func TestAMissingKitKeepsTheGoods(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,100,0")
		importCSV(d.T, d.stores[0], "products", "code,name,unit,price,tracking", "B1,试剂,盒,10,batch")
		importCSV(d.T, d.stores[0], "stock", "product,warehouse,on_hand,batch,expires", "B1,默认仓,10,A2,2027-01-01", "B1,默认仓,10,A3,2027-02-01")
		d.reload()
		id := d.confirm(3, "K1")
		_, err := d.count(id, seller, goods("P1", "6", "", ""), goods("P2", "3", "", ""))
		require.Equal(d, orders.CodeDenied, orders.ErrorCode(err))
		kit := func(n string) *orders.Count {
			c, err := d.count(id, keeper, goods("P1", "6", "", ""), goods("P2", n, "", ""))
			require.NoError(d, err)
			return c
		}
		require.True(d, kit("3").OK)
		require.False(d, kit("2").OK)
		require.Equal(d, orders.StatusPicking, d.order(id).Status, "it is not checked any more")
		require.ErrorContains(d, d.ship(id, "SF", "SF1", ""), "P2 要 3盒，点到 2盒，少 1盒")
		require.True(d, kit("3").OK)
		require.True(d, kit("3").OK, "again")
		require.NoError(d, d.ship(id, "SF", "SF1", ""))
		_, err = d.count(id, keeper, goods("P1", "6", "", ""))
		require.ErrorContains(d, err, "现在不能复核")
		again, err := d.stores[0].Replay(d.Context(), id)
		require.NoError(d, err)
		require.Equal(d, d.order(id), again)

		// The batch that was counted is the one that leaves, not the one that ends first.
		id = d.confirm(4, "B1")
		_, err = d.count(id, keeper, goods("B1", "4", "A3", ""))
		require.NoError(d, err)
		require.NoError(d, d.ship(id, "SF", "SF2", ""))
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			lots, err := tx.Lots("B1")
			require.Len(d, lots, 2)
			require.Equal(d, "A2 10 A3 6", lots[0].Batch+" "+lots[0].Quantity.String()+" "+lots[1].Batch+" "+lots[1].Quantity.String())
			return err
		}))

		// What was promised to go with a carrier goes with another one for a reason only.
		o := ordertest.Order("", "C1", 2, "P1")
		o.Sales, o.Carrier = "S1", "SF"
		require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, seller); return err }))
		for _, other := range []string{"ZTO", "SELF", ""} {
			require.ErrorIs(d, d.ship(o.ID, other, "Z1", ""), orders.ErrOtherCarrier)
			require.Equal(d, orders.StatusAllocated, d.order(o.ID).Status)
		}
		require.NoError(d, d.ship(o.ID, "SF", "SF3", ""))
		require.ErrorIs(d, d.ship(o.ID, "ZTO", "Z1", ""), orders.ErrOtherCarrier, "nor a further parcel")
		require.NoError(d, d.ship(o.ID, "ZTO", "Z1", "顺丰停运"))
		trail, err := d.stores[0].Trail(d.Context(), o.ID)
		require.NoError(d, err)
		require.Equal(d, "ZTO Z1，没走指定的 SF：顺丰停运", trail[len(trail)-1].Reason)
	})
}
