package storage_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// midnight is where two days meet, where the firm is.
var midnight = time.Date(2026, 3, 12, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))

var manager = with(orders.RoleSalesManager)

// entered places an order at a moment, revises it after half a minute and confirms it after a minute, each some seconds after it was said.
func (d *depot) entered(at time.Time, quantity int64) orders.OrderID {
	d.Helper()
	by := func(after, ago time.Duration) orders.Actor {
		d.now = at.Add(after)
		a := seller
		a.SaidAt = d.now.Add(-ago)
		return a
	}
	o := ordertest.Order("", "C1", quantity, "P1")
	o.Sales = "S1"
	said := by(0, 4*time.Second)
	require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, said) }))
	said = by(30*time.Second, 2*time.Second)
	require.NoError(d, d.do(func(tx *storage.Tx) error {
		_, err := d.desk.Revise(tx, o.ID, said, func(o *orders.Order) error { o.Note = "改过"; return nil })
		return err
	}))
	said = by(time.Minute, time.Second)
	require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, o.ID, 0, said); return err }))
	return o.ID
}

func (d *depot) amend(change func(tx *storage.Tx) (orders.OrderID, int, error)) {
	d.Helper()
	require.NoError(d, d.do(func(tx *storage.Tx) error {
		id, no, err := change(tx)
		if err != nil {
			return err
		}
		_, _, again, err := d.desk.Amend(tx, id, no, seller)
		require.False(d, again)
		return err
	}))
}

func (d *depot) merge(into, from orders.OrderID) {
	d.Helper()
	d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
		_, p, err := d.desk.AskMerge(tx, into, from, seller)
		return into, p.Change.No, err
	})
}

func (d *depot) decide(id orders.OrderID) {
	d.Helper()
	require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Decide(tx, id, 0, 0, true, "", manager); return err }))
}

func (d *depot) sendBack(id orders.OrderID) {
	d.Helper()
	require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.SendBack(tx, id, "数量再核对", manager); return err }))
}

// How long an order took counts on the day of its number, from the first message on, with what people and the bot took; what was never
// confirmed, is sent back, or came of splitting does not.
//
// feature: RP-01
func TestHandlingTimes(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,5000,0")
		day := func(after int, sales orders.StaffCode) orders.Handling {
			h, err := d.stores[0].Handling(d.Context(), sales, midnight.AddDate(0, 0, after), midnight.AddDate(0, 0, after+1))
			require.NoError(d, err)
			return h
		}
		spans := func(s ...time.Duration) orders.Spans { return s }
		once := orders.Handling{
			Confirmed: spans(64 * time.Second), People: spans(57 * time.Second), Bot: spans(7 * time.Second), Approved: spans(64 * time.Second), Approving: spans(0),
		}
		require.Equal(d, orders.Handling{}, day(0, ""))
		before := d.entered(midnight.Add(-time.Millisecond), 5)
		first := d.entered(midnight, 40)
		require.Equal(d, once, day(-1, ""))
		require.Equal(d, once, day(0, "S1"))
		require.Empty(d, day(0, "S2").Confirmed)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, before, 0, "不要了", seller); return err }))
		require.Equal(d, once, day(-1, ""), "it was confirmed")
		d.place(1, "P1")
		require.Equal(d, once, day(0, ""), "a draft")

		d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
			_, c, err := d.desk.AskSplit(tx, first, seller, []orders.Part{{Base: map[int]orders.Quantity{1: decimal.NewFromInt(15)}}, {}})
			return first, c.No, err
		})
		require.Len(d, d.order(first).Kin, 1)
		require.Len(d, day(0, "").Confirmed, 1, "a part was not entered")
		other := d.entered(midnight.Add(time.Hour), 7)
		d.merge(other, d.entered(midnight.Add(2*time.Hour), 8))
		require.Len(d, day(0, "").Confirmed, 3, "both were entered")
		require.LessOrEqual(d, day(0, "").Approved.P95(), 64*time.Second, "not that of the change")

		asked := d.entered(midnight.AddDate(0, 0, 1), 600)
		require.Len(d, day(1, "").Confirmed, 1)
		require.Empty(d, day(1, "").Approved, "it waits")
		d.now = midnight.AddDate(0, 0, 1).Add(time.Hour)
		d.sendBack(asked)
		require.Empty(d, day(1, "").Confirmed, "it is a draft again")
		d.now = d.now.Add(time.Hour)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, asked, 0, seller); return err }))
		d.now = d.now.Add(time.Hour)
		d.decide(asked)
		require.Equal(d, orders.Handling{
			Confirmed: spans(2*time.Hour + 4*time.Second), People: spans(2*time.Hour - 3*time.Second), Bot: spans(7 * time.Second),
			Approved: spans(3*time.Hour + 4*time.Second), Approving: spans(time.Hour),
		}, day(1, ""))
		for _, id := range []orders.OrderID{first, other, asked} {
			again, err := d.stores[1].Replay(d.Context(), id)
			require.NoError(d, err)
			require.Equal(d, d.order(id), again)
		}
	})
}

// Break points and repeated confirmations are counted from the events of the orders that left in a time, all of their way, what happened
// to orders that were merged into them too; those that never leave count nowhere.
//
// feature: RP-03, RP-04
func TestSnagsOfWhatLeft(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,50000,0")
		day := func(after int, sales orders.StaffCode) orders.Snags {
			n, err := d.stores[0].Snags(d.Context(), sales, midnight.AddDate(0, 0, after), midnight.AddDate(0, 0, after+1))
			require.NoError(d, err)
			return n
		}
		tick := func(id orders.OrderID) {
			require.NoError(d, d.do(func(tx *storage.Tx) error { return d.desk.Tick(tx, id) }))
		}
		ship := func(id orders.OrderID, at time.Time) {
			d.now = at
			require.NoError(d, d.ship(id, "SF", "N"+string(id), ""))
		}
		require.Equal(d, orders.Snags{}, day(0, ""))
		plain := d.entered(midnight.Add(-10*time.Hour), 5)

		// The approver is reminded, then those above are asked.
		late := d.entered(midnight.Add(-9*time.Hour), 600)
		for range 2 {
			n := d.order(late).OpenNode()
			d.now = map[int]time.Time{0: n.RemindAt, 1: n.DueAt}[n.Reminded]
			tick(late)
			tick(late) // once
		}
		d.decide(late)

		// Sent back, asked again, and cancelled: it never leaves.
		gone := d.entered(midnight.Add(-8*time.Hour), 700)
		d.sendBack(gone)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, gone, 0, seller); return err }))
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Cancel(tx, gone, 0, "不要了", seller); return err }))

		// Sent back, asked again, merged into another one.
		part := d.entered(midnight.Add(-7*time.Hour), 610)
		d.sendBack(part)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, part, 0, seller); return err }))
		d.decide(part)
		whole := d.entered(midnight.Add(-6*time.Hour), 6)
		d.merge(whole, part)
		d.decide(whole)

		require.Equal(d, orders.Snags{}, day(-1, ""), "nothing has left")
		ship(plain, midnight.Add(-time.Millisecond))
		require.Equal(d, orders.Snags{Orders: 1}, day(-1, ""))
		ship(late, midnight.Add(-time.Millisecond))
		require.Equal(d, orders.Snags{Orders: 2, Breaks: 1, Again: 1}, day(-1, "S1"))
		require.Equal(d, orders.Snags{}, day(-1, "S2"))
		require.Equal(d, orders.Snags{}, day(0, ""))
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Acknowledge(tx, whole, keeper); return err }))
		ship(whole, midnight)
		require.Equal(d, orders.Snags{Orders: 1, Breaks: 1, Again: 1}, day(0, ""), "those of what was merged into it")

		// The warehouse takes a first and a second change.
		changed := d.entered(midnight.Add(time.Hour), 5)
		for n := range int64(2) {
			d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
				_, p, err := d.desk.AskChange(tx, changed, seller, func(o *orders.Order) error {
					o.Lines[0].Quantity, o.Lines[0].Base = decimal.NewFromInt(10+n), decimal.NewFromInt(10+n)
					return nil
				})
				return changed, p.Change.No, err
			})
			require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.Acknowledge(tx, changed, keeper); return err }))
		}
		ship(changed, midnight.AddDate(0, 0, 1))
		require.Equal(d, orders.Snags{Orders: 1, Again: 1}, day(1, ""))
		require.NoError(d, d.ship(changed, "SF", "another parcel", ""))
		require.Equal(d, orders.Snags{Orders: 1, Again: 1}, day(1, ""), "with its first parcel, once")
		two, err := d.stores[0].Snags(d.Context(), "", midnight.AddDate(0, 0, -1), midnight.AddDate(0, 0, 2))
		require.NoError(d, err)
		require.Equal(d, orders.Snags{Orders: 4, Breaks: 2, Again: 3}, two)
		require.InDelta(d, 0.5, two.PerOrder(two.Breaks), 0)
		require.Zero(d, (&orders.Snags{}).PerOrder(0))
	})
}

// What is under way is counted without being read, the urgent ones are found among any number of others.
func TestOrdersAreCountedByStatus(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,50000,0")
		count := func(sales orders.StaffCode) map[orders.Status]int {
			n, err := d.stores[0].CountOrders(d.Context(), sales, orders.StatusDraft, orders.StatusPendingApproval, orders.StatusAllocated)
			require.NoError(d, err)
			return n
		}
		require.Empty(d, count(""))
		d.place(1, "P1")
		d.confirm(1, "P1")
		d.confirm(2, "P1")
		d.confirm(600, "P1")
		want := map[orders.Status]int{orders.StatusDraft: 1, orders.StatusAllocated: 2, orders.StatusPendingApproval: 1}
		require.Equal(d, want, count(""))
		require.Equal(d, want, count("S1"))
		require.Empty(d, count("S2"))

		o := ordertest.Order("", "C1", 1, "P1")
		o.Sales, o.Urgent = "S1", true
		require.NoError(d, d.do(func(tx *storage.Tx) error { o.ID = ""; return d.desk.Place(tx, o, seller) }))
		for sales, want := range map[orders.StaffCode]int{"": 1, "S1": 1, "S2": 0} {
			urgent, err := d.stores[0].UrgentOrders(d.Context(), sales, orders.StatusDraft)
			require.NoError(d, err)
			require.Len(d, urgent, want)
		}
		urgent, err := d.stores[0].UrgentOrders(d.Context(), "", orders.StatusAllocated)
		require.NoError(d, err)
		require.Empty(d, urgent)
	})
}
