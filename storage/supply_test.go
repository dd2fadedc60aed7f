package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// depot is a firm with stock, two replicas of which work on one database.
type depot struct {
	*testing.T

	address string
	stores  [2]*storage.Store
	desk    *orders.Desk
	mu      sync.Mutex
	now     time.Time
	moves   int
}

// depots opens a depot on each kind of database. Orders of more than 5,000 yuan wait for the sales manager.
func depots(t *testing.T, test func(d *depot)) {
	t.Helper()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := url(t)
			d := &depot{T: t, address: address, stores: [2]*storage.Store{migrated(t, address), open(t, address)}, now: ordertest.Start}
			importCSV(t, d.stores[0], "products", "code,name,unit,price,stock,category,kind,parts,moq",
				"P1,导管,盒,10,0,导管,标准品,,", "P2,导丝,盒,10,100,导丝,标准品,,", "K1,套装,盒,30,,套装,组合品,P1=2;P2=1,")
			importCSV(t, d.stores[0], "customers", "code,name,level,credit_grade,sales", "C1,仁和医院,A,A,S1", "C2,康宁医院,A,A,S1")
			d.desk = desk(t, d.stores[0], "routes:\n  - {name: 自动, when: 金额 < 5000, steps: []}\n  - {name: 人工, when: 其余, steps: [{role: 销售经理}]}\n", d.clock)
			test(d)
		})
	}
}

func (d *depot) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *depot) stock(rows ...string) {
	d.Helper()
	importCSV(d.T, d.stores[0], "stock", append([]string{"product,warehouse,on_hand,safety_stock"}, rows...)...)
}

// do runs something in a transaction of one of the replicas.
func (d *depot) do(change func(tx *storage.Tx) error) error {
	d.mu.Lock()
	d.moves++
	store := d.stores[d.moves%2]
	d.mu.Unlock()
	return store.Do(d.Context(), change)
}

// place places an order of so much of each product; confirm confirms it too.
func (d *depot) place(quantity int64, products ...orders.ProductCode) orders.OrderID {
	d.Helper()
	o := ordertest.Order("", "C1", quantity, products...)
	o.Sales = "S1"
	require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
	return o.ID
}

func (d *depot) confirm(quantity int64, products ...orders.ProductCode) orders.OrderID {
	d.Helper()
	id := d.place(quantity, products...)
	d.mu.Lock()
	d.now = d.now.Add(time.Minute)
	d.mu.Unlock()
	require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, id, 0, seller); return err }))
	return id
}

func (d *depot) order(id orders.OrderID) *orders.Order {
	d.Helper()
	o, err := d.stores[0].FindOrder(d.Context(), id)
	require.NoError(d, err)
	return o
}

// holds says what orders hold of their first lines, and of which status they are.
func (d *depot) holds(ids ...orders.OrderID) string {
	d.Helper()
	var out []string
	for _, id := range ids {
		o := d.order(id)
		out = append(out, fmt.Sprintf("%s %s", o.Lines[0].Reserved, o.Status))
	}
	return strings.Join(out, ", ")
}

// move changes stock and returns who got goods by it.
func (d *depot) move(m orders.StockMove) (*orders.StockMove, []orders.OrderID) {
	d.Helper()
	d.moves++
	m.Key = fmt.Sprint("move ", d.moves)
	var served []orders.OrderID
	var made *orders.StockMove
	require.NoError(d, d.do(func(tx *storage.Tx) (err error) {
		made, served, err = d.desk.MoveStock(tx, m, keeper)
		return err
	}))
	return made, served
}

func (d *depot) arrive(product orders.ProductCode, warehouse, quantity string) []orders.OrderID {
	d.Helper()
	_, served := d.move(orders.StockMove{Kind: orders.MoveArrival, Product: product, Warehouse: warehouse, Quantity: ordertest.Decimal(quantity)})
	return served
}

// events returns what was emitted of a kind since the last call: the orders, or the stock.
func (d *depot) events(kinds ...string) []string {
	d.Helper()
	var out []string
	for {
		found, err := d.stores[0].ClaimEvents(d.Context(), d.clock().AddDate(1, 0, 0), time.Hour, 50)
		require.NoError(d, err)
		if len(found) == 0 {
			return out
		}
		for _, e := range found {
			for _, k := range kinds {
				if e.Kind == k {
					out = append(out, strings.ReplaceAll(string(e.Order)+e.Data["stock"], "\t", " "))
				}
			}
			require.NoError(d, d.stores[0].Do(d.Context(), func(tx *storage.Tx) error { return tx.FinishEvent(e) }))
		}
	}
}

var (
	keeper = orders.Actor{Code: "S20", Name: "吴仓", Staff: &orders.Staff{Code: "S20", Name: "吴仓", Roles: []orders.Role{orders.RoleWarehouseLead}}}
	buyer  = orders.Actor{Code: "S30", Name: "冯购", Staff: &orders.Staff{Code: "S30", Name: "冯购", Roles: []orders.Role{orders.RolePurchasing}}}
	boss   = orders.Actor{Code: "S10", Name: "王敏", Staff: &orders.Staff{Code: "S10", Name: "王敏", Roles: []orders.Role{orders.RoleSalesManager}}}
)

// What arrives goes to the orders that wait for it, those confirmed first in front, each once; a bundle waits for its parts, and an
// order that is not approved yet waits as long as its reservation lasts.
func TestArrivalsServeTheOldestOrderFirst(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,4,0")
		first, bundle, third := d.confirm(10, "P1"), d.confirm(5, "K1"), d.confirm(600, "P1") // the last waits for its approval
		require.Equal(d, "4 已审批, 0 已审批, 0 待审批", d.holds(first, bundle, third))
		d.events()
		require.Equal(d, []orders.OrderID{first}, d.arrive("P1", "东仓", "6"))
		require.Equal(d, "10 已占货, 0 已审批, 0 待审批", d.holds(first, bundle, third))
		require.Equal(d, []orders.OrderID{bundle, third}, d.arrive("P1", "西仓", "12"))
		require.Equal(d, "10 已占货, 5 已占货, 2 待审批", d.holds(first, bundle, third))
		require.Equal(d, []string{string(first), string(bundle), string(third)}, d.events(orders.EventServed))
		require.Empty(d, d.arrive("P2", "西仓", "12"))

		// What an order gives back goes to who waits.
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, first, 0, "不要了", seller); return err }))
		require.Equal(d, []string{"P1"}, d.events(orders.EventFreed))
		for _, want := range [][]orders.OrderID{{third}, nil} { // the second time there is nothing left to do
			require.NoError(d, d.do(func(tx *storage.Tx) error {
				got, err := d.desk.Serve(tx, orders.SystemActor, "P1")
				require.Equal(d, want, got)
				return err
			}))
		}
		require.Equal(d, "0 已取消, 5 已占货, 12 待审批", d.holds(first, bundle, third))

		// Once its reservation is over it waits no more, until it is approved.
		d.now = d.now.Add(25 * time.Hour)
		require.NoError(d, d.do(func(tx *storage.Tx) error { return d.desk.Tick(tx, third) }))
		require.Empty(d, d.arrive("P1", "西仓", "5"))
		require.Equal(d, "0 待审批", d.holds(third))
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Decide(tx, third, 0, 0, true, "", boss); return err }))
		require.Equal(d, "17 已审批", d.holds(third))
		require.Equal(d, []orders.OrderID{third}, d.arrive("P1", "西仓", "1000"))
		require.Equal(d, "600 已占货", d.holds(third))
	})
}

// What can be promised for a day is what is free and what comes until then, less what others wait for; an order that lacks stock says
// by when it comes, and hears it when that changes.
func TestWhatIsExpectedIsPromised(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,10,4")
		expect := func(by orders.Actor, number, quantity, due string) error {
			return d.do(func(tx *storage.Tx) error {
				_, err := d.desk.Expect(tx, orders.Receipt{Number: number, Product: "P1", Warehouse: "东仓", Quantity: ordertest.Decimal(quantity), Due: due}, by)
				return err
			})
		}
		require.Equal(d, orders.CodeDenied, orders.ErrorCode(expect(seller, "", "20", "2026-03-15")))
		require.NoError(d, expect(buyer, "", "20", "2026-03-15"))
		require.NoError(d, expect(buyer, "PO2", "30", "2026-03-20"))
		require.NoError(d, expect(buyer, "PO1", "99", "2026-03-10")) // should have come
		supply := func() *orders.Supply {
			got, err := d.stores[0].Supply(d.Context(), "P1")
			require.NoError(d, err)
			return got["P1"]
		}
		promised := func() (out []string) {
			for _, day := range []string{"2026-03-11", "2026-03-14", "2026-03-15", "2026-03-20"} {
				out = append(out, supply().ATP("2026-03-11", day).String())
			}
			return out
		}
		require.Equal(d, []string{"6", "6", "26", "56"}, promised())
		first, second, third := d.confirm(16, "P1"), d.confirm(12, "P1"), d.confirm(15, "K1")
		require.Equal(d, []string{"0", "0", "0", "0"}, promised())
		due := func() (out []string) {
			for _, id := range []orders.OrderID{first, second, third} {
				out = append(out, d.order(id).Lines[0].Expected)
			}
			return out
		}
		require.Equal(d, []string{"2026-03-15", "2026-03-20", ""}, due())
		require.NoError(d, expect(buyer, "PO2", "80", "2026-03-25")) // more, and later
		require.Equal(d, []string{"2026-03-15", "2026-03-25", "2026-03-25"}, due())

		// What arrives is expected no more, what is due first in front.
		require.NoError(d, expect(buyer, "PO1", "0", "2026-03-10")) // never mind
		require.ErrorContains(d, expect(buyer, "PO9", "0", ""), "没有这一批")
		require.Equal(d, []orders.OrderID{first, second}, d.arrive("P1", "东仓", "22"))
		require.Equal(d, "16 已占货, 12 已占货, 0 已审批", d.holds(first, second, third))
		require.Len(d, supply().Receipts, 1)
		require.Equal(d, "78", supply().Receipts[0].Open().String())
		require.Equal(d, []string{"", "", "2026-03-25"}, due())
	})
}

// Coming below its safety stock is said once for each time that a warehouse does, whoever takes the goods.
//
// feature: ST-07
func TestSafetyStockIsCrossedOnce(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		low := func() []string { return d.events(orders.EventLow) }
		d.stock("P1,东仓,30,20", "P2,默认仓,100,0")
		d.confirm(10, "P1")
		require.Empty(d, low(), "just the safety stock is left")
		id := d.confirm(3, "P1")
		require.Equal(d, []string{"P1 东仓"}, low(), "more was wanted than there is")
		d.confirm(4, "P1")
		require.Empty(d, low(), "still")
		require.Equal(d, "0 已审批", d.holds(id), "the safety stock is kept")
		d.arrive("P1", "东仓", "7")
		require.Empty(d, low())
		d.arrive("P1", "东仓", "20")
		d.confirm(100, "P1")
		require.Equal(d, []string{"P1 东仓"}, low(), "again, after it had been above")

		// Of two that count at once on two replicas, one crosses.
		d.arrive("P1", "东仓", "200")
		low()
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = d.stores[i%2].Do(d.Context(), func(tx *storage.Tx) error { return tx.MoveStock("P1", "东仓", ordertest.Decimal("-16")) })
			})
		}
		wg.Wait()
		for _, err := range errs {
			require.NoError(d, err)
		}
		require.Equal(d, []string{"P1 东仓"}, low())
		d.stock("P1,东仓,300,20")
		require.Empty(d, low())
		d.stock("P1,东仓,130,20") // by an import too
		require.Equal(d, []string{"P1 东仓"}, low())

		// Just the safety stock again ends it, as by the transfer that is proposed.
		d.stock("P2,西仓,30,20")
		low()
		for _, step := range []struct {
			by   string
			want []string
		}{{"-15", []string{"P2 西仓"}}, {"-1", nil}, {"6", nil}, {"-8", []string{"P2 西仓"}}} {
			require.NoError(d, d.do(func(tx *storage.Tx) error { return tx.MoveStock("P2", "西仓", ordertest.Decimal(step.by)) }))
			require.Equal(d, step.want, low(), step.by)
		}
	})
}

// Of many orders that wait those in front get what comes, and all others hear by when the rest comes; arrivals of several products at once,
// for orders that lack them all, do not stand in each other's way.
func TestManyOrdersWait(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,0,0", "P2,默认仓,0,0")
		ids := make([]orders.OrderID, 12)
		for i := range ids {
			products := []orders.ProductCode{"P1", "P2", "K1"}
			slices.Reverse(products[i%2:])
			ids[i] = d.confirm(4, products...) // 12 of P1 and 8 of P2 each
		}
		expect := func(product orders.ProductCode, quantity string) {
			require.NoError(d, d.do(func(tx *storage.Tx) error {
				_, err := d.desk.Expect(tx, orders.Receipt{Number: "PO1", Product: product, Warehouse: "东仓", Quantity: ordertest.Decimal(quantity), Due: "2026-03-20"}, buyer)
				return err
			}))
		}
		due := func() (n int) {
			for _, id := range ids {
				for _, l := range d.order(id).Lines {
					if l.Expected != "" {
						n++
					}
				}
			}
			return n
		}
		expect("P1", "36")
		require.Equal(d, 3, due(), "the line of P1 of the first three")
		expect("P2", "24")
		require.Equal(d, 9, due(), "all lines of the first three")
		require.Equal(d, ids[:6], d.arrive("P1", "东仓", "24"), "a bundle takes nothing while one of its parts is missing")
		d.events()
		var all []func(tx *storage.Tx) error
		for i := range 12 {
			m := orders.StockMove{Kind: orders.MoveArrival, Key: fmt.Sprint("b", i), Product: "P1", Warehouse: "东仓", Quantity: ordertest.Decimal("10")}
			if i%2 > 0 {
				m.Product, m.Quantity = "P2", ordertest.Decimal("16")
			}
			all = append(all, func(tx *storage.Tx) error { _, _, err := d.desk.MoveStock(tx, m, keeper); return err })
		}
		for i, n := range d.together(all...) {
			require.Zero(d, n, "%d", i)
		}
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Serve(tx, orders.SystemActor, "P1", "P2"); return err }))
		require.Equal(d, "84 0 84", d.held("P1"))
		require.True(d, d.order(ids[0]).Covered())
		require.Zero(d, due())
	})
}

// taken says from where an order takes its goods, and why.
func (d *depot) taken(id orders.OrderID) string {
	d.Helper()
	var out []string
	require.NoError(d, d.do(func(tx *storage.Tx) error {
		picks, err := tx.Picks(id)
		for _, p := range picks {
			out = append(out, p.Warehouse+" "+p.Quantity.String())
		}
		return err
	}))
	return strings.Join(append(out, d.order(id).Warehouse), ", ")
}

// open opens a green channel with the safety stock.
func (d *depot) open(id orders.OrderID) {
	d.Helper()
	g := orders.Green{GreenSwitches: orders.GreenSwitches{Safety: true}, Until: d.clock().Add(2 * time.Hour)}
	require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.OpenGreen(tx, id, -1, g, chief); return err }))
}

var chief = orders.Actor{Code: "S11", Name: "赵总", Staff: &orders.Staff{Code: "S11", Name: "赵总", Roles: []orders.Role{orders.RoleDirector}}}

// Safety stock is taken only where nothing else is left in any warehouse, and by an order that waits only while its green channel is open.
func TestSafetyStockIsTakenLast(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,20,20", "P1,西仓,200,0", "P2,默认仓,0,0", "P2,东仓,5,5")
		id := d.place(10, "P1")
		d.open(id)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, id, 0, seller); return err }))
		require.Equal(d, "西仓 10, 西仓（货齐，一个仓发完）", d.taken(id))
		require.Empty(d, d.events(orders.EventLow))
		id = d.place(195, "P1")
		d.open(id)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, id, 0, seller); return err }))
		require.Equal(d, "东仓 5, 西仓 190, 东仓（没有一个仓货齐，几个仓凑）", d.taken(id))
		require.Equal(d, []string{"P1 东仓"}, d.events(orders.EventLow))

		waits := d.place(10, "P2")
		d.open(waits)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, waits, 0, seller); return err }))
		require.Equal(d, "5 已审批", d.holds(waits))
		d.now = d.now.Add(2 * time.Hour) // its end is not seen to yet
		require.Equal(d, []orders.OrderID{waits}, d.arrive("P2", "东仓", "7"))
		require.Equal(d, "7 已审批", d.holds(waits), "5 are left for the safety stock")
	})
}

// The warehouse near the address is the one whose place it names first, not one after which a road is named; and why an order goes out from
// where it does is as true later as at first.
func TestWarehouseIsChosenAndSaid(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,北京仓,100,0", "P1,广州仓,100,0", "P1,海淀仓,100,0")
		for address, want := range map[string]string{
			"广州市越秀区北京路100号":     "广州仓（离收货地近，货也齐）",
			"广东省广州市北京中路1号":      "广州仓（离收货地近，货也齐）",
			"北京市海淀区广州路1号":       "北京仓（离收货地近，货也齐）",
			"中关村海淀街道3号":         "海淀仓（离收货地近，货也齐）",
			"上海市北京东路8号":         "北京仓（货齐，一个仓发完）",
			"上海市北京西路8号，北京客户的分部": "北京仓（离收货地近，货也齐）",
		} {
			o := ordertest.Order("", "C1", 10, "P1")
			o.Sales, o.Address = "S1", address
			require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, seller); return err }))
			require.Equal(d, want, d.order(o.ID).Warehouse, address)
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, o.ID, 0, "不要了", seller); return err }))
			require.Empty(d, d.order(o.ID).Warehouse)
		}
		d.stock("P1,北京仓,4,0", "P1,广州仓,0,0", "P1,海淀仓,0,0", "P2,默认仓,0,0", "P2,海淀仓,100,0")
		id := d.confirm(10, "P1")
		require.Equal(d, "北京仓 4", strings.Split(d.taken(id), ",")[0])
		d.arrive("P1", "广州仓", "6")
		require.Equal(d, "北京仓 4, 广州仓 6, 北京仓（没有一个仓货齐，几个仓凑）", d.taken(id))
	})
}

// Counts and transfers are proposed, then made once; none takes from what orders hold, and no transfer from a safety stock.
func TestStockIsMovedOnce(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,5,20", "P1,西仓,50,30", "P1,南仓,33,30", "P2,东仓,10,0")
		settle := func(id int64, accept bool) error {
			return d.do(func(tx *storage.Tx) error { _, _, err := d.desk.SettleMove(tx, id, accept, keeper); return err })
		}
		onHand := func(product orders.ProductCode) (out []string) {
			rows, err := d.stores[0].StockOf(d.Context(), product)
			require.NoError(d, err)
			for _, r := range rows {
				out = append(out, r.Warehouse+" "+r.OnHand.String())
			}
			return out
		}
		supply, err := d.stores[0].Supply(d.Context(), "P1")
		require.NoError(d, err)
		var proposed []string
		for _, m := range supply["P1"].Transfers("东仓") {
			proposed = append(proposed, fmt.Sprintf("%s→%s %s", m.From, m.Warehouse, m.Quantity))
		}
		require.Equal(d, []string{"西仓→东仓 15"}, proposed)
		m := supply["P1"].Transfers("东仓")[0]
		made, _ := d.move(m)
		require.Equal(d, []string{"默认仓 0", "东仓 5", "南仓 33", "西仓 50"}, onHand("P1"))
		require.NoError(d, settle(made.ID, true))
		require.Equal(d, orders.CodeConflict, orders.ErrorCode(settle(made.ID, true)))
		require.Equal(d, []string{"默认仓 0", "东仓 20", "南仓 33", "西仓 35"}, onHand("P1"))
		m.Quantity = ordertest.Decimal("6") // one more than it can spare
		made, _ = d.move(m)
		require.Equal(d, orders.CodeConflict, orders.ErrorCode(settle(made.ID, true)))
		require.NoError(d, settle(made.ID, false))
		require.Equal(d, []string{"默认仓 0", "东仓 20", "南仓 33", "西仓 35"}, onHand("P1"))

		// A count says by how much what was on hand differs; what leaves until it is confirmed stays gone.
		id := d.confirm(40, "P2")
		count, _ := d.move(orders.StockMove{Kind: orders.MoveCount, Product: "P2", Warehouse: "默认仓", Counted: ordertest.Decimal("95")})
		require.Equal(d, "-5", count.Quantity.String())
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Ship(tx, id, "SF", "SF1", "t", keeper); return err }))
		require.NoError(d, settle(count.ID, true))
		require.Equal(d, orders.CodeConflict, orders.ErrorCode(settle(count.ID, true)))
		require.Equal(d, []string{"默认仓 55", "东仓 10"}, onHand("P2"))
		d.confirm(60, "P2")
		count, _ = d.move(orders.StockMove{Kind: orders.MoveCount, Product: "P2", Warehouse: "默认仓", Counted: ordertest.Decimal("54")})
		require.ErrorContains(d, settle(count.ID, true), "已被订单占用 55")

		// Nobody else may.
		for _, kind := range []orders.MoveKind{orders.MoveArrival, orders.MoveCount, orders.MoveTransfer} {
			err := d.do(func(tx *storage.Tx) error {
				_, _, err := d.desk.MoveStock(tx, orders.StockMove{Kind: kind, Product: "P1", Quantity: ordertest.Decimal("1")}, seller)
				return err
			})
			require.Equal(d, orders.CodeDenied, orders.ErrorCode(err))
		}
	})
}

// Goods that are kept by batch move with their batches, what expires first in front; what is in none doesn't come among them.
func TestBatchesMoveWithTheGoods(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		lots := func(rows ...string) {
			importCSV(d.T, d.stores[0], "stock", append([]string{"product,warehouse,on_hand,safety_stock,batch,expires"}, rows...)...)
		}
		settle := func(m orders.StockMove) error {
			made, _ := d.move(m)
			return d.do(func(tx *storage.Tx) error { _, _, err := d.desk.SettleMove(tx, made.ID, true, keeper); return err })
		}
		transfer := func(from, to, n string) error {
			return settle(orders.StockMove{Kind: orders.MoveTransfer, Product: "P1", From: from, Warehouse: to, Quantity: ordertest.Decimal(n)})
		}
		count := func(warehouse, n string) error {
			return settle(orders.StockMove{Kind: orders.MoveCount, Product: "P1", Warehouse: warehouse, Counted: ordertest.Decimal(n)})
		}
		onHand := func(want string) {
			rows, err := d.stores[0].StockOf(d.Context(), "P1")
			require.NoError(d, err)
			var out []string
			for _, r := range rows {
				out = append(out, r.Warehouse+r.OnHand.String())
			}
			require.Equal(d, want, strings.Join(out, " "))
		}
		lots("P1,西仓,10,0,B1,2027-01-01")
		require.NoError(d, transfer("西仓", "东仓", "10"))
		id := d.confirm(10, "P1")
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Ship(tx, id, "SF", "SF1", "t", keeper); return err }))
		lots("P1,西仓,5,0,B2,2027-06-01")
		onHand("默认仓0 东仓0 西仓5")
		lots("P1,东仓,3,0,B3,2027-03-01")
		onHand("默认仓0 东仓3 西仓5")

		// What expires first goes first, and adds to the batch that is there.
		lots("P1,西仓,6,0,B3,2027-03-01")
		onHand("默认仓0 东仓3 西仓11")
		require.NoError(d, transfer("西仓", "东仓", "8")) // 6 of B3, 2 of B2
		require.NoError(d, count("东仓", "10"))         // one of B3 is missing
		lots("P1,西仓,1,0,B2,2027-06-01", "P1,东仓,1,0,B2,2027-06-01")
		onHand("默认仓0 东仓9 西仓1")

		// Nobody knows the batch of more.
		require.ErrorContains(d, count("东仓", "12"), "按批号管理")
		err := d.do(func(tx *storage.Tx) error {
			_, _, err := d.desk.MoveStock(tx, orders.StockMove{Kind: orders.MoveArrival, Key: "a", Product: "P1", Warehouse: "东仓", Quantity: ordertest.Decimal("1")}, keeper)
			return err
		})
		require.ErrorContains(d, err, "按批号管理")
		d.arrive("P1", "默认仓", "4")
		require.ErrorContains(d, transfer("默认仓", "东仓", "2"), "按批号管理")
		onHand("默认仓4 东仓9 西仓1")
	})
}

// Of several counts of a shelf the last one counts, be it in the chat or in a file.
func TestOnlyTheLastCountCounts(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,100,0", "P1,西仓,50,0")
		count := func(warehouse, n string) int64 {
			made, _ := d.move(orders.StockMove{Kind: orders.MoveCount, Product: "P1", Warehouse: warehouse, Counted: ordertest.Decimal(n)})
			return made.ID
		}
		settle := func(id int64) error {
			return d.do(func(tx *storage.Tx) error { _, _, err := d.desk.SettleMove(tx, id, true, keeper); return err })
		}
		first, elsewhere, second := count("东仓", "90"), count("西仓", "40"), count("东仓", "90")
		require.ErrorContains(d, settle(first), fmt.Sprintf("盘点 %d 已由 后来的盘点 %d 放弃", first, second))
		require.NoError(d, settle(second))
		require.ErrorContains(d, settle(first), "不用再操作")
		require.NoError(d, settle(elsewhere))
		require.Equal(d, "130 0 0", d.held("P1"))
		third, other := count("东仓", "80"), count("西仓", "39")
		d.stock("P1,东仓,80,0")
		require.ErrorContains(d, settle(third), "后来的库存导入")
		require.NoError(d, settle(other))
		require.Equal(d, "119 0 0", d.held("P1"))
	})
}

// What follows from an import of any size is told in parts: what came in that somebody waits for, and what is below its safety stock,
// also where it was never seen before.
func TestBigImportsTellInParts(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		id := d.confirm(3, "K1")
		d.events()
		products, stock := []string{"code,name,unit,price,stock"}, []string{"P1,东仓,9,0", "P2,东仓,9,0"}
		for i := range 250 {
			code := fmt.Sprintf("%04d-%s", i, strings.Repeat("号", 50))
			products, stock = append(products, code+",接头,个,1,0"), append(stock, code+",东仓,5,10")
		}
		importCSV(d.T, d.stores[0], "products", products...)
		d.stock(stock...)
		told := d.events(orders.EventFreed, orders.EventLow)
		var sizes []int
		for _, rows := range told {
			sizes = append(sizes, strings.Count(rows, "\n")+1)
		}
		slices.Sort(sizes)
		require.Equal(d, []int{2, 50, 100, 100}, sizes)
		require.Contains(d, told, "P1\nP2")
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			served, err := d.desk.Serve(tx, orders.SystemActor, "P1")
			require.Equal(d, []orders.OrderID{id}, served)
			return err
		}))
	})
}

// A list of what is expected that comes while goods arrive doesn't bring them back.
func TestAnImportKeepsWhatArrived(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		list := func(quantity int) error {
			_, err := d.stores[1].Import(d.Context(), "receipts", fmt.Appendf(nil, "number,product,warehouse,quantity,due\nPO1,P1,东仓,%d,2026-03-20", quantity), false)
			return err
		}
		require.NoError(d, list(1000))
		arrived := 0
		for i := range 5 {
			imported := make(chan error, 1)
			var begin sync.Once
			require.NoError(d, d.stores[0].Do(d.Context(), func(tx *storage.Tx) error {
				if err := tx.Arrived("P1", "东仓", ordertest.Decimal("10")); err != nil {
					return err
				}
				for range 100 { // writes what arrived, then holds it while the import begins
					if _, err := tx.Supply("P1"); err != nil {
						return err
					}
					begin.Do(func() { go func() { imported <- list(2000 + i) }() })
				}
				return nil
			}))
			require.NoError(d, <-imported)
			arrived += 10
			supply, err := d.stores[0].Supply(d.Context(), "P1")
			require.NoError(d, err)
			require.Equal(d, fmt.Sprint(2000+i-arrived), supply["P1"].Receipts[0].Open().String())
		}
	})
}

// together runs several things at once, on both replicas, and returns how each ended: 0 as wished, 1 refused.
func (d *depot) together(all ...func(tx *storage.Tx) error) (ended []int) {
	d.Helper()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, change := range all {
		wg.Go(func() { errs[i] = d.stores[i%2].Do(d.Context(), change) })
	}
	wg.Wait()
	for _, err := range errs {
		n := 0
		if _, said := orders.ErrorMessage(err); err != nil {
			require.True(d, said, "%v", err)
			n = 1
		}
		ended = append(ended, n)
	}
	return ended
}

// held is what the stock says of a product in all: on hand, held softly, held for good.
func (d *depot) held(product orders.ProductCode) string {
	d.Helper()
	rows, err := d.stores[0].StockOf(d.Context(), product)
	require.NoError(d, err)
	var sum orders.Stock
	for _, r := range rows {
		sum.OnHand, sum.Reserved, sum.Allocated = sum.OnHand.Add(r.OnHand), sum.Reserved.Add(r.Reserved), sum.Allocated.Add(r.Allocated)
	}
	return fmt.Sprintf("%s %s %s", sum.OnHand, sum.Reserved, sum.Allocated)
}

// However an order ends, what it held is given back once, without anybody's hand: cancelled, rejected, sent back to be changed, timed
// out, twice over and at the same time.
//
// feature: ST-17
func TestStockIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,600,0", "P1,西仓,400,0")
		none := func(verb string) { require.Equal(d, "1000 0 0", d.held("P1"), verb) }
		for verb, end := range map[string]func(tx *storage.Tx, id orders.OrderID) error{
			"cancel": func(tx *storage.Tx, id orders.OrderID) error {
				_, err := d.desk.Cancel(tx, id, 0, "不要了", seller)
				return err
			},
			"reject": func(tx *storage.Tx, id orders.OrderID) error {
				_, err := d.desk.Decide(tx, id, 0, 0, false, "不行", boss)
				return err
			},
			"change": func(tx *storage.Tx, id orders.OrderID) error {
				_, err := d.desk.SendBack(tx, id, "改一下", boss)
				return err
			},
			"timeout": func(tx *storage.Tx, id orders.OrderID) error { return d.desk.Tick(tx, id) },
		} {
			id := d.confirm(700, "P1")
			require.Equal(d, "1000 700 0", d.held("P1"))
			d.now = d.now.Add(25 * time.Hour)
			once := func(tx *storage.Tx) error { return end(tx, id) }
			ended := d.together(once, once, once, once)
			if verb != "timeout" { // a second tick finds nothing to do
				slices.Sort(ended)
				require.Equal(d, []int{0, 1, 1, 1}, ended, verb)
			}
			none(verb)
			d.together(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, id, 0, "算了", seller); return err })
			none(verb)
		}
	})
}

// Two things that happen to an order at once end as if one had come after the other: expiry and approval, cancelling and shipping. Orders
// over the stock of two warehouses and several products, taken in any order, never stand in each other's way for good.
func TestRacesAboutStock(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,600,0", "P1,西仓,400,0", "P2,西仓,900,0")
		for range 5 {
			id := d.confirm(700, "P1")
			d.now = d.now.Add(25 * time.Hour)
			d.together(
				func(tx *storage.Tx) error { return d.desk.Tick(tx, id) },
				func(tx *storage.Tx) error { _, err := d.desk.Decide(tx, id, 0, 0, true, "", boss); return err },
			)
			require.Equal(d, "700 已占货", d.holds(id))
			require.Equal(d, "1000 0 700", d.held("P1"))
			ended := d.together(
				func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, id, 0, "不要了", seller); return err },
				func(tx *storage.Tx) error {
					_, err := d.desk.Ship(tx, id, "SF", "SF1", string(id), keeper)
					return err
				},
			)
			require.Equal(d, 1, ended[0]+ended[1])
			if ended[0] == 0 {
				require.Equal(d, "1000 0 0", d.held("P1"))
				continue
			}
			require.Equal(d, "300 0 0", d.held("P1"))
			d.arrive("P1", "东仓", "700")
		}
		var ids []orders.OrderID
		for i := range 24 {
			products := []orders.ProductCode{"P1", "P2", "K1"}
			slices.Reverse(products[i%2:])
			ids = append(ids, d.place(13, products...))
		}
		var all []func(tx *storage.Tx) error
		for _, id := range ids {
			all = append(all, func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, id, 0, seller); return err })
		}
		for i := range 8 {
			all = append(all, func(tx *storage.Tx) error {
				_, _, err := d.desk.MoveStock(tx, orders.StockMove{Kind: orders.MoveArrival, Key: fmt.Sprint("a", i), Product: "P1", Warehouse: "西仓", Quantity: ordertest.Decimal("5")}, keeper)
				return err
			})
		}
		for i, n := range d.together(all...) {
			require.Zero(d, n, "%d", i)
		}
		require.Equal(d, "1040 0 936", d.held("P1"))
		require.Equal(d, "1000 0 624", d.held("P2"))
	})
}
