package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

var accountant = orders.Actor{Code: "S11", Name: "李账", Staff: &orders.Staff{Code: "S11", Name: "李账", Roles: []orders.Role{orders.RoleFinance}}}

// sent is an order of so many P1 at ¥10 that has left.
func (d *depot) sent(quantity int64) orders.OrderID {
	d.Helper()
	id := d.confirm(quantity, "P1")
	require.NoError(d, d.do(func(tx *storage.Tx) error {
		_, err := d.desk.Ship(tx, id, "SF", "SF"+string(id), "t"+string(id), keeper)
		return err
	}))
	return id
}

// askReturn asks for something for so many of an order's first line.
func (d *depot) askReturn(id orders.OrderID, kind orders.ReturnKind, n int64) *orders.Return {
	d.Helper()
	var r *orders.Return
	require.NoError(d, d.do(func(tx *storage.Tx) (err error) {
		_, r, err = d.desk.AskReturn(tx, id, orders.Return{Kind: kind, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: 1, Quantity: decimal.NewFromInt(n)}}}, seller)
		return err
	}))
	return r
}

// sign, inspect, and so on are what is done to a return; they may be done in any transaction.
func (d *depot) sign(id orders.OrderID, r *orders.Return) func(tx *storage.Tx) error {
	return func(tx *storage.Tx) error {
		_, _, err := d.desk.SignReturn(tx, id, r.No, r.Mark(), "zhouting", seller)
		return err
	}
}

func (d *depot) inspect(id orders.OrderID, r *orders.Return) func(tx *storage.Tx) error {
	return func(tx *storage.Tx) error {
		_, _, err := d.desk.ReceiveReturn(tx, id, r.No, []orders.Inspected{{Line: 1, Good: r.Lines[0].Quantity}}, "东仓", keeper)
		return err
	}
}

func (d *depot) drop(id orders.OrderID, r *orders.Return) func(tx *storage.Tx) error {
	return func(tx *storage.Tx) error {
		_, _, err := d.desk.DropReturn(tx, id, r.No, false, "", seller)
		return err
	}
}

func (d *depot) decideReturn(id orders.OrderID, r *orders.Return, isYes bool) func(tx *storage.Tx) error {
	return func(tx *storage.Tx) error {
		_, _, err := d.desk.DecideReturn(tx, id, r.No, isYes, "超过退货期", accountant)
		return err
	}
}

// once runs things at the same time, four of each, and returns which of them was done: one, once.
func (d *depot) once(what string, all ...func(tx *storage.Tx) error) int {
	d.Helper()
	ended := d.together(slices.Repeat(all, 4)...)
	won := slices.Index(ended, 0)
	require.Equal(d, len(ended)-1, sumOf(ended), "%s: done once", what)
	return won % len(all)
}

func sumOf(list []int) (sum int) {
	for _, n := range list {
		sum += n
	}
	return sum
}

// settled checks that an order's trail makes it, and that the account is what its orders, invoices and credit notes say.
func (d *depot) settled(id orders.OrderID, held, invoiced orders.Money) {
	d.Helper()
	again, err := d.stores[0].Replay(d.Context(), id)
	require.NoError(d, err)
	require.Equal(d, d.order(id), again)
	account, err := d.stores[0].Account(d.Context(), "C1", d.clock())
	require.NoError(d, err)
	require.Equal(d, []orders.Money{held, invoiced}, []orders.Money{account.Held, account.Invoiced})
}

// What is done to a return at the same moment by many ends as if one had come after the other: it is signed once, inspected once, its
// goods and its money come back once, with one credit note; goods that came to be exchanged are sent anew or paid for, never both; what
// is withdrawn is not taken in.
//
// feature: CH-04
func TestRacesAboutReturns(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,1000,0")
		id := d.sent(100)
		d.settled(id, 1000_00, 0)
		importCSV(d.T, d.stores[0], "invoices", "invoice,customer,amount,due,order", "F1,C1,600,2026-05-01,"+string(id))
		d.settled(id, 400_00, 600_00)

		r := d.askReturn(id, orders.ReturnGoods, 50)
		d.once("signed", d.sign(id, r))
		d.once("inspected", d.inspect(id, r))
		require.Equal(d, "950 0 0", d.held("P1"))
		d.settled(id, 0, 500_00) // ¥400 was held, ¥100 of the invoice is written off
		require.Equal(d, orders.Money(500_00), d.order(id).Credited())

		r = d.askReturn(id, orders.ReturnGoods, 10)
		d.once("signed", d.sign(id, r))
		if d.once("inspected or withdrawn", d.inspect(id, r), d.drop(id, r)) == 0 {
			require.Equal(d, "960 0 0", d.held("P1"))
			d.settled(id, 0, 400_00)
		} else {
			require.Equal(d, "950 0 0", d.held("P1"))
			d.settled(id, 0, 500_00)
		}

		// Goods that came to be exchanged: anew, or money.
		for range 3 {
			id := d.sent(10)
			onHand, before := d.held("P1"), d.exposure()
			r := d.askReturn(id, orders.ReturnExchange, 4)
			d.once("signed", d.sign(id, r))
			d.once("inspected", d.inspect(id, r))
			require.NotEqual(d, onHand, d.held("P1"))
			won := d.once("sent or paid", func(tx *storage.Tx) error {
				_, _, err := d.desk.SendReturn(tx, id, r.No, "SF9", "东仓", keeper)
				return err
			}, func(tx *storage.Tx) error {
				_, _, err := d.desk.PayReturn(tx, id, r.No, accountant)
				return err
			})
			paid := orders.Money(0)
			if won == 1 {
				paid = 40_00
			} else {
				require.Equal(d, onHand, d.held("P1"), "four came, four went")
			}
			require.Equal(d, paid, d.order(id).Credited())
			require.Equal(d, before-paid, d.exposure())
		}

		// Finance decides once, whatever the salesperson does meanwhile.
		d.desk.Returns.FinanceFrom = 1
		id = d.sent(10)
		before := d.exposure()
		r = d.askReturn(id, orders.ReturnGoods, 4)
		d.once("signed", d.sign(id, r))
		if d.once("decided", d.decideReturn(id, r, true), d.decideReturn(id, r, false)) == 0 {
			d.once("inspected", d.inspect(id, r))
			require.Equal(d, before-40_00, d.exposure())
		} else {
			require.Equal(d, before, d.exposure())
		}

		// Who asks anew while the first is signed: one of them stands, the goods are claimed once.
		d.desk.Returns.FinanceFrom = 0
		id = d.sent(10)
		r = d.askReturn(id, orders.ReturnGoods, 10)
		d.together(d.sign(id, r), func(tx *storage.Tx) error {
			_, _, err := d.desk.AskReturn(tx, id, orders.Return{Kind: orders.ReturnGoods, Cause: orders.CauseQuality}, seller)
			return err
		})
		open := 0
		for _, x := range d.order(id).Returns {
			if x.Open() {
				open++
			}
		}
		require.Equal(d, 1, open)
	})
}

func (d *depot) exposure() orders.Money {
	d.Helper()
	sum, err := d.stores[0].Exposure(d.Context(), "C1")
	require.NoError(d, err)
	return sum
}

// failing is a context that ends after it was asked so many times: as often as something is sent to the database it is asked.
type failing struct {
	context.Context

	left atomic.Int64
	over chan struct{}
}

func newFailing(ctx context.Context, left int) *failing {
	f := &failing{Context: ctx, over: make(chan struct{})}
	f.left.Store(int64(left))
	close(f.over)
	return f
}

func (f *failing) Done() <-chan struct{} {
	if f.left.Add(-1) < 0 {
		return f.over
	}
	return f.Context.Done()
}

func (f *failing) Err() error {
	if f.left.Add(-1) < 0 {
		return context.Canceled
	}
	return f.Context.Err()
}

// A verb that is cut off between any two of its steps has done nothing at all; done again, it is done, once. So it is with all that is
// done to returns, with splitting, merging and shipping together.
//
// feature: CH-04, DM-04
func TestCutOffBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,东仓,1000,0", "P1,西仓,30,0")
		importCSV(d.T, d.stores[0], "customers", "code,name,address", "C1,仁和医院,宁波市江东路1号")
		d.desk = desk(d.T, d.stores[0], "routes:\n  - {name: 自动, when: 其余, steps: []}\n", d.clock)
		db := raw(d.T, d.address)
		state := func() (out []string) {
			for _, query := range []string{
				"SELECT id, version, status, held, total FROM orders ORDER BY id", "SELECT product, warehouse, on_hand, reserved, allocated FROM stock ORDER BY product, warehouse",
				"SELECT customer, held, invoiced, paid, '' FROM credit", "SELECT number, amount, '', '', '' FROM invoices ORDER BY number", "SELECT order_id, line, warehouse, kind, quantity FROM reservations ORDER BY order_id, line, warehouse",
				"SELECT COUNT(*), '', '', '', '' FROM audit", "SELECT COUNT(*), '', '', '', '' FROM events", "SELECT order_id, no, status, credited, noted FROM order_returns ORDER BY order_id, no",
			} {
				out = append(out, rowsOf(d.T, db, query)...)
			}
			return out
		}
		// cut does something, cut off after each number of steps, until it is done; then it can't be done again.
		cut := func(what string, do func(tx *storage.Tx) error) {
			d.Helper()
			before := state()
			steps := 0
			for ; ; steps++ {
				require.Less(d, steps, 2000, what)
				err := d.stores[steps%2].Do(newFailing(d.Context(), steps), do)
				if err == nil {
					break
				}
				_, said := orders.ErrorMessage(err)
				require.False(d, said, "%s after %d: %v", what, steps, err)
				require.Equal(d, before, state(), "%s, cut off after %d", what, steps)
			}
			require.Greater(d, steps, 5, what)
			after := state()
			require.NotEqual(d, before, after)
			_, said := orders.ErrorMessage(d.do(do))
			require.True(d, said, "%s is done once", what)
			require.Equal(d, after, state(), what)
		}

		id := d.sent(100)
		importCSV(d.T, d.stores[0], "invoices", "invoice,customer,amount,due,order", "F1,C1,600,2026-05-01,"+string(id))
		r := d.askReturn(id, orders.ReturnGoods, 50)
		cut("sign", d.sign(id, r))
		cut("inspect", d.inspect(id, r))
		d.settled(id, 0, 500_00)
		d.desk.Returns.FinanceFrom = 1
		r = d.askReturn(id, orders.ReturnGoods, 10)
		require.NoError(d, d.do(d.sign(id, r)))
		cut("agree", d.decideReturn(id, r, true))
		cut("withdraw", d.drop(id, r))
		r = d.askReturn(id, orders.ReturnMoney, 10)
		require.NoError(d, d.do(d.sign(id, r)))
		cut("pay", d.decideReturn(id, r, true))
		d.settled(id, 0, 400_00)
		d.desk.Returns.FinanceFrom = 0
		for what, end := range map[string]func(tx *storage.Tx, r *orders.Return) error{
			"send anew": func(tx *storage.Tx, r *orders.Return) error {
				_, _, err := d.desk.SendReturn(tx, id, r.No, "SF9", "东仓", keeper)
				return err
			},
			"pay instead": func(tx *storage.Tx, r *orders.Return) error {
				_, _, err := d.desk.PayReturn(tx, id, r.No, accountant)
				return err
			},
		} {
			r := d.askReturn(id, orders.ReturnExchange, 5)
			require.NoError(d, d.do(d.sign(id, r)))
			require.NoError(d, d.do(d.inspect(id, r)))
			cut(what, func(tx *storage.Tx) error { return end(tx, r) })
		}
		d.settled(id, 0, 350_00)

		amend := func(id orders.OrderID, no int) func(tx *storage.Tx) error {
			return func(tx *storage.Tx) error {
				_, _, again, err := d.desk.Amend(tx, id, no, seller)
				require.False(d, again)
				return err
			}
		}
		id = d.confirm(900, "P1") // of two warehouses
		require.Equal(d, "900 已占货", d.holds(id))
		var no int
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, c, err := d.desk.AskSplit(tx, id, seller, []orders.Part{{Base: map[int]orders.Quantity{1: ordertest.Decimal("300")}}, {}})
			if err == nil {
				no = c.No
			}
			return err
		}))
		cut("split", amend(id, no))
		part := d.order(id).Change(no).Plan.Made[0]
		require.Equal(d, "300 已占货, 600 已占货", d.holds(id, part))
		cut("together", func(tx *storage.Tx) error {
			_, err := d.desk.ShipTogether(tx, []orders.OrderID{id, part}, seller)
			return err
		})
		cut("apart", func(tx *storage.Tx) error { _, err := d.desk.ShipApart(tx, part, seller); return err })
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, preview, err := d.desk.AskMerge(tx, id, part, seller)
			no = preview.Change.No
			return err
		}))
		cut("merge", amend(id, no))
		require.Equal(d, "0 已关闭", d.holds(part))
		other := d.confirm(20, "P1")
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Acknowledge(tx, id, keeper); return err }))
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, err := d.desk.ShipTogether(tx, []orders.OrderID{id, other}, seller)
			return err
		}))
		cut("ship both", func(tx *storage.Tx) error { _, err := d.desk.Ship(tx, other, "SF", "SF7", "t7", keeper); return err })
		require.Equal(d, orders.StatusShipped, d.order(id).Status)
	})
}

// rowsOf are the rows of a query as text.
func rowsOf(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var c [5]string
		require.NoError(t, rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4]))
		out = append(out, fmt.Sprint(c))
	}
	require.NoError(t, rows.Err())
	return out
}
