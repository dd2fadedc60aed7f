package storage_test

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// What a random history knows of goods that are expected, of orders that go together, and of exceptions.

// houses are the three warehouses.
var houses = []string{storage.DefaultWarehouse, "东仓", "西仓"}

// receipt is goods that are expected.
type receipt struct {
	product   orders.ProductCode
	warehouse string
	open      int64
	due       string
}

// expects is how much of a product is expected from a day on (yyyy-mm-dd), in all warehouses.
func (l *ledger) expects(p orders.ProductCode, from string) (sum int64) {
	for _, r := range l.expected {
		if r.product == p && r.due >= from {
			sum += r.open
		}
	}
	return sum
}

// expect lets somebody register goods that are expected.
func (h *history) expect() {
	may := []orders.StaffCode{"S30", "S40", "S99"}
	who := some(h, "who expects", append(slices.Repeat(may, 6), staffCodes...)...)
	r := receipt{
		product: some(h, "product", h.goods, h.consigned), warehouse: some(h, "warehouse", houses...), open: some(h, "expected", int64(1), 300, 2000),
		due: h.now.AddDate(0, 0, h.between("days", 0, 9)).Format(time.DateOnly),
	}
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) error {
		_, err := h.desk.Expect(tx, orders.Receipt{Product: r.product, Warehouse: r.warehouse, Quantity: decimal.NewFromInt(r.open), Due: r.due}, h.actor(who))
		return err
	})
	require.Equal(h, !slices.Contains(may, who), err != nil, "%s: %v", who, err)
	if err != nil {
		require.Equal(h, orders.CodeDenied, orders.ErrorCode(err))
		return
	}
	h.on.effects["expect"]++
	h.isExpected[r.product] = true
	h.expected = append(h.expected, r)
	h.reread()
	h.promised()
}

// reread looks at all orders that may have changed without being acted upon: by when the goods come that they lack.
func (h *history) reread() {
	for _, id := range h.orders {
		if was := h.known[id]; was.Waits() && h.see(id).Version != was.Version {
			h.changed[id] = true
		}
	}
}

// arrived takes goods off what is expected of them in a warehouse, off what is due first.
func (h *history) arrived(p orders.ProductCode, warehouse string, n int64) {
	slices.SortStableFunc(h.expected, func(a, b receipt) int { return cmp.Compare(a.due, b.due) })
	for i := range h.expected {
		if r := &h.expected[i]; r.product == p && r.warehouse == warehouse {
			part := min(n, r.open)
			r.open -= part
			n -= part
		}
	}
}

// promised checks what can be promised: what is free and what is expected, less what others wait for; no warehouse gives what it lacks.
func (h *history) promised() {
	supply, err := h.on.store.Supply(h.Context(), h.goods, h.consigned)
	require.NoError(h, err)
	today := h.now.Format(time.DateOnly)
	for p, s := range supply {
		free, waiting := h.received[p]-h.shipped[p], int64(0)
		for _, o := range h.known {
			for i := range o.Lines {
				l := &o.Lines[i]
				if l.Product != p {
					continue
				}
				if slices.Contains(onward, o.Status) {
					free -= l.Reserved.IntPart()
				}
				if o.Waits() {
					waiting += l.Short().IntPart()
				}
			}
		}
		for i := range s.Stocks {
			require.False(h, s.Stocks[i].Free().IsNegative(), "%s in %s", p, s.Stocks[i].Warehouse)
		}
		require.Equal(h, free, s.Free.IntPart())
		require.Equal(h, max(0, free-waiting), s.ATP(today, "").IntPart())
		require.Equal(h, max(0, free-waiting+h.expects(p, today)), s.ATP(today, "9999-12-31").IntPart())
	}
}

// mayGoTogether tells whether the drawn orders may be one shipment.
func (h *history) mayGoTogether() bool {
	ids := slices.Compact(slices.Sorted(slices.Values(h.with)))
	isNew := false
	for _, id := range ids {
		o := h.known[id]
		has := o.Together()
		if !slices.Contains(onward[1:], o.Status) || o.Deliveries() > 0 || slices.ContainsFunc(has, func(x orders.OrderID) bool { return !slices.Contains(ids, x) }) {
			return false
		}
		isNew = isNew || len(has) < len(ids)-1
	}
	return len(ids) > 1 && isNew
}

// goTogether checks the orders that were to go as one shipment: nothing else of them has changed.
func (h *history) goTogether(before, after *orders.Order) {
	ids := slices.Compact(slices.Sorted(slices.Values(h.with)))
	for _, id := range ids {
		was, o := before, after
		if id != after.ID {
			was = h.known[id]
			o = h.see(id)
			h.changed[id] = true
		}
		require.Equal(h, slices.DeleteFunc(slices.Clone(ids), func(x orders.OrderID) bool { return x == id }), o.Together())
		require.Equal(h, was.Lines, o.Lines)
		require.Equal(h, was.Nodes, o.Nodes)
		require.Equal(h, was.Status, o.Status)
	}
}

// leaves writes down that the goods of an order have left, and those of the orders that go with it: all of them, each once.
func (h *history) leaves(o *orders.Order) {
	gone := func(id orders.OrderID) {
		h.shipped[h.goods] += h.ordered[id].boxes + h.ordered[id].special
		h.shipped[h.consigned] += h.ordered[id].consigned
	}
	gone(o.ID)
	for _, id := range o.Together() {
		was := h.known[id]
		if !slices.Contains(onward, was.Status) { // cancelled, or gone before
			require.Equal(h, was, h.see(id))
			continue
		}
		x := h.see(id)
		h.changed[id] = true
		require.Equal(h, orders.StatusShipped, x.Status)
		require.Len(h, x.Shipments, 1)
		require.Equal(h, o.Shipments[0].Tracking, x.Shipments[0].Tracking)
		delete(h.stands, id)
		gone(id)
		h.on.effects["shipped together"]++
	}
}

// follows reads the orders whose goods are in the parcel of another one that has moved.
func (h *history) follows(o *orders.Order) {
	for _, id := range o.Together() {
		if was := h.known[id]; h.see(id).Version != was.Version {
			h.changed[id] = true
			if was.Status == orders.StatusReturned { // the trace of what has come back goes on
				require.Equal(h, was.Status, h.known[id].Status)
				continue
			}
			require.Contains(h, leads["deliver"], h.known[id].Status)
		}
	}
}

// exceptions reads those of an order.
func (h *history) exceptions(id orders.OrderID) (all []*orders.Exception) {
	require.NoError(h, h.on.store.Do(h.Context(), func(tx *storage.Tx) (err error) {
		all, err = tx.Exceptions(id)
		return err
	}))
	return all
}

// review lets the clock look at what goes wrong with an order. The order itself is not changed by it; what is wrong is on record, once
// for each cause, and nothing else is; what a person has ended stays so.
func (h *history) review(id orders.OrderID) {
	open := make(map[int64]bool)
	for _, x := range h.exceptions(id) {
		open[x.ID] = x.State == orders.ExceptionOpen
	}
	require.NoError(h, h.on.store.Do(h.Context(), func(tx *storage.Tx) error {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		return h.desk.Review(tx, o)
	}))
	h.noted[id] = true
	h.on.effects["review"]++
	o := h.see(id)
	type what struct {
		kind  orders.ExceptionKind
		cause string
	}
	at := make(map[what]*orders.Exception)
	delete(h.troubled, id)
	for _, x := range h.exceptions(id) {
		key := what{x.Kind, x.Cause}
		require.Nil(h, at[key], "one record for each cause")
		at[key] = x
		switch x.State {
		case orders.ExceptionOpen:
			require.True(h, slices.Contains(onward, o.Status) || o.Status == orders.StatusShipped, "%s of an order that is %s", x.Kind, o.Status)
			require.GreaterOrEqual(h, x.Level, orders.LevelOf(h.now.Sub(x.Since)))
			require.True(h, x.Level <= 3 && x.Times > 0 && x.Due.After(x.Open) && !x.At.After(h.now), "%+v", x)
			h.troubled[id] = true
			if !open[x.ID] {
				h.on.effects["exception"]++
			}
		case orders.ExceptionWatched:
			require.True(h, x.At.After(h.now), "%+v", x)
		case orders.ExceptionClosed:
			if open[x.ID] && x.By == orders.SystemActor.Code {
				h.on.effects["solved"]++
			}
		default:
		}
		if by := h.dealt[x.ID]; by != "" {
			require.Equal(h, orders.ExceptionClosed, x.State, "a person has ended it")
			require.Equal(h, by, x.By)
		}
	}
	must := func(kind orders.ExceptionKind, cause string, is bool) {
		x := at[what{kind, cause}]
		isOpen := x != nil && x.State == orders.ExceptionOpen
		isDealt := x != nil && h.dealt[x.ID] != ""
		require.True(h, isOpen == is || is && isDealt, "%s %s: want %t, have %+v", kind, cause, is, x)
	}
	isApproved := slices.Contains(onward[1:], o.Status)
	stage := "" // each is late by itself
	if o.IsUnderway() {
		stage = strconv.Itoa(o.Stage())
	}
	must(orders.ExceptionStock, stage, isApproved && !o.Covered())
	must(orders.ExceptionShipping, stage, isApproved && !h.desk.ShipBy(o).IsZero() && !h.desk.ShipBy(o).After(h.now))
	must(orders.ExceptionUrgent, "", o.Urgent && slices.Contains(onward, o.Status) && !o.IsUnderway() && !h.desk.UrgentBy(o).After(h.now))
	for i := range o.Nodes {
		n := &o.Nodes[i]
		must(orders.ExceptionApproval, strconv.Itoa(n.Seq), o.Status == orders.StatusPendingApproval && n.Status == orders.NodeOpen && !n.DueAt.After(h.now))
	}
}

// handle lets somebody take up an open exception of an order, end it, or call it a major risk.
func (h *history) handle(id orders.OrderID) {
	all := slices.DeleteFunc(h.exceptions(id), func(x *orders.Exception) bool { return x.Level == 0 })
	if open := slices.DeleteFunc(slices.Clone(all), func(x *orders.Exception) bool { return x.State != orders.ExceptionOpen }); len(open) > 0 {
		all = open
	} else {
		delete(h.troubled, id)
	}
	if len(all) == 0 {
		return
	}
	x := some(h, "exception", all...)
	who := some(h, "who handles", append([]orders.StaffCode{"S10", "S13", "S14", "S16", "S31", "S50", "S99"}, staffCodes...)...)
	by, verb := h.actor(who), some(h, "handling", "take up", "end", "major")
	h.Logf("%s exception %d %s by %s", verb, x.ID, x.Kind, by.Name)
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) (err error) {
		switch verb {
		case "take up":
			_, _, err = h.desk.TakeException(tx, x.ID, by)
		case "end":
			_, _, err = h.desk.CloseException(tx, x.ID, "说好了", by)
		default:
			_, _, err = h.desk.MajorException(tx, x.ID, by)
		}
		return err
	})
	if _, said := orders.ErrorMessage(err); err != nil {
		require.True(h, said, "%v", err)
		h.Logf("refused: %v", err)
	}
	isMine := who == "S1" || x.Owner == who || x.Role != orders.RoleSales && slices.Contains(historyRoles[who], string(x.Role))
	may := x.State == orders.ExceptionOpen && (isMine || slices.Contains([]orders.StaffCode{"S10", "S13", "S14", "S16", "S31", "S50", "S99"}, who))
	switch verb {
	case "take up":
		may = may && x.Owner == ""
	case "major":
		may = may && x.Level < 3
	}
	require.Equal(h, may, err == nil, "%s %+v by %s: %v", verb, x, who, err)
	if err != nil {
		return
	}
	h.noted[id] = true
	switch verb {
	case "end":
		h.dealt[x.ID] = string(who)
		h.on.effects["closed by hand"]++
	case "take up":
		h.on.effects["taken up"]++
	}
	h.see(id)
}
