package storage_test

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// What comes back of orders in a random history, worked out by itself, by lines.

// returnVerbs are all that is done to returns, and whoReturns who may, where that is not the seller.
var (
	returnVerbs = []string{"return", "decide return", "take back", "replace", "drop return"}
	whoReturns  = map[string][]orders.StaffCode{"decide return": {"S11", "S12", "S17"}, "take back": {"S20", "S21"}, "replace": {"S20", "S21"}}
)

// claim is a return as the ledger knows it; came is what was taken in.
type claim struct {
	no         int
	kind       orders.ReturnKind
	state      orders.ReturnStatus
	toFinance  bool          // finance was asked
	asked      map[int]int64 // by line
	good, came map[int]int64
}

// returnDraw is what was drawn for an action on a return.
type returnDraw struct {
	claim
	approve   bool
	warehouse string
}

// fen is what is given back for a box of a line.
func (h *history) fen(l *orders.Line) orders.Money {
	switch {
	case l.Product == h.consigned:
		return 0
	case l.Stated != nil:
		return 777
	default:
		return 850
	}
}

// claimed is how much of a line is claimed by returns, or came back, and kept how much of it the customer still has.
func (h *history) claimed(id orders.OrderID, l *orders.Line) (claimed, kept int64) {
	kept = l.Base.IntPart()
	for _, r := range h.claims[id] {
		pays := r.kind == orders.ReturnGoods || r.kind == orders.ReturnMoney
		switch {
		case r.state == orders.ReturnRefused || r.state == orders.ReturnDropped || r.state == orders.ReturnDone && !pays:
		case r.kind != orders.ReturnMoney && (r.state == orders.ReturnDone || r.state == orders.ReturnReceived):
			claimed += r.came[l.No]
		default:
			claimed += r.asked[l.No]
		}
		if r.kind == orders.ReturnGoods && r.state == orders.ReturnDone {
			kept -= r.came[l.No]
		}
	}
	return claimed, kept
}

// sentOf is how many boxes of a line have left, of an order of which something has.
func sentOf(o *orders.Order, l *orders.Line) int64 {
	if o.Deliveries() > 0 {
		return l.Sent.IntPart()
	}
	return l.Base.IntPart()
}

// worth is what is given back for boxes of an order's lines.
func (h *history) worth(o *orders.Order, boxes map[int]int64) (sum orders.Money) {
	for i := range o.Lines {
		sum += orders.Money(boxes[o.Lines[i].No]) * h.fen(&o.Lines[i])
	}
	return sum
}

// drawReturn draws what is done about a return of an order.
func (h *history) drawReturn(verb string, o *orders.Order) *returnDraw {
	d := &returnDraw{approve: h.often("approve"), warehouse: some(h, "warehouse", storage.DefaultWarehouse, "东仓")}
	state := map[string]orders.ReturnStatus{"decide return": orders.ReturnWaiting, "take back": orders.ReturnExpected, "replace": orders.ReturnReceived}[verb]
	all := h.claims[o.ID]
	if verb == "return" {
		d.kind = some(h, "kind", orders.ReturnGoods, orders.ReturnGoods, orders.ReturnGoods, orders.ReturnExchange, orders.ReturnRepair, orders.ReturnMoney)
		d.asked = make(map[int]int64)
		for i := range o.Lines {
			l := &o.Lines[i]
			claimed, _ := h.claimed(o.ID, l)
			if left := sentOf(o, l) - claimed; left > 0 && h.often("of this") {
				d.asked[l.No] = some(h, "of it", left, left, left, 1, (left+1)/2, left+1)
			}
		}
		return d
	}
	for i := range all {
		if all[i].state == state || state == "" && (all[i].state == orders.ReturnWaiting || all[i].state == orders.ReturnExpected) {
			d.claim = all[i]
		}
	}
	if verb == "take back" {
		d.good, d.came = make(map[int]int64), make(map[int]int64)
		for _, no := range slices.Sorted(maps.Keys(d.asked)) {
			n := d.asked[no]
			d.came[no] = some(h, "came", n, n, n, n/2, n+1)
			d.good[no] = some(h, "good", d.came[no], d.came[no], d.came[no]/2, 0)
		}
	}
	return d
}

// doReturn does what was drawn.
func (h *history) doReturn(verb string, o *orders.Order, r *returnDraw, by orders.Actor) func(tx *storage.Tx) (*orders.Order, error) {
	n := func(i int64) orders.Quantity { return decimal.NewFromInt(i) }
	return func(tx *storage.Tx) (out *orders.Order, err error) {
		switch verb {
		case "return":
			ask := orders.Return{Kind: r.kind, Cause: orders.CauseQuality}
			for i := range o.Lines {
				if no := o.Lines[i].No; r.asked[no] > 0 {
					ask.Lines = append(ask.Lines, orders.ReturnLine{Line: no, Quantity: n(r.asked[no])})
				}
			}
			if ask.Lines == nil {
				return nil, orders.Errorf(orders.CodeInvalid, "nothing is left")
			}
			_, made, err := h.desk.AskReturn(tx, o.ID, ask, by)
			if err != nil {
				return nil, err
			}
			out, _, err = h.desk.SignReturn(tx, o.ID, made.No, made.Mark(), "account", by)
			return out, err
		case "decide return":
			out, _, err = h.desk.DecideReturn(tx, o.ID, max(r.no, 1), r.approve, "理由", by)
		case "take back":
			var found []orders.Inspected
			for i := range o.Lines {
				if no := o.Lines[i].No; r.came[no] > 0 {
					found = append(found, orders.Inspected{Line: no, Good: n(r.good[no]), Bad: n(r.came[no] - r.good[no])})
				}
			}
			out, _, err = h.desk.ReceiveReturn(tx, o.ID, max(r.no, 1), found, r.warehouse, by)
		case "replace":
			out, _, err = h.desk.SendReturn(tx, o.ID, max(r.no, 1), "SF1", r.warehouse, by)
		default:
			out, _, err = h.desk.DropReturn(tx, o.ID, max(r.no, 1), !r.approve, "理由", by)
		}
		return out, err
	}
}

// mayReturn tells whether an action on a return may take effect.
func (h *history) mayReturn(verb string, who orders.StaffCode, o *orders.Order, r *returnDraw) int {
	fits := slices.Contains(whoReturns[verb], who) || whoReturns[verb] == nil
	switch verb {
	case "return":
		isThere := o.IsUnderway() || o.Status == orders.StatusShipped || o.Status == orders.StatusDelivered || o.Status == orders.StatusReturning
		for i := range o.Lines {
			l := &o.Lines[i]
			claimed, _ := h.claimed(o.ID, l)
			isThere = isThere && r.asked[l.No] <= sentOf(o, l)-claimed
		}
		if !isThere || len(r.asked) == 0 {
			return never
		}
		return always
	case "decide return":
		if r.no == 0 || who == "S1" || who == "S20" || who == "S21" {
			return never
		}
		return perhaps // who is away is stood in for, who is late escalated
	case "take back":
		sum := int64(0)
		for _, n := range r.came {
			sum += n
		}
		if r.no == 0 || sum == 0 || !fits && who != "S99" {
			return never
		}
		for no, n := range r.came {
			if n > r.asked[no] {
				return never
			}
		}
		return always
	case "replace":
		if r.no == 0 || !fits {
			return never
		}
		return perhaps // where there are enough
	default:
		if r.no == 0 {
			return never
		}
		return always
	}
}

// unseen is what is given back for goods of an order without finance.
func (h *history) unseen(o *orders.Order) (sum orders.Money) {
	for _, c := range h.claims[o.ID] {
		switch {
		case c.toFinance || c.kind != orders.ReturnGoods:
		case c.state == orders.ReturnExpected:
			sum += h.worth(o, c.asked)
		case c.state == orders.ReturnDone:
			sum += h.worth(o, c.came)
		}
	}
	return sum
}

// returned writes down what an action on a return did, and checks the order's state.
func (h *history) returned(verb string, after *orders.Order, d *returnDraw) {
	id := after.ID
	if verb == "return" {
		d.no, d.state = len(after.Returns), orders.ReturnExpected
		amount := h.worth(after, d.asked)
		if d.kind == orders.ReturnMoney || d.kind == orders.ReturnGoods && amount+h.unseen(after) >= h.desk.Returns.FinanceFrom {
			d.state, d.toFinance = orders.ReturnWaiting, true
		}
		require.Equal(h, amount, after.Return(0).Amount)
		require.Equal(h, after.Return(0).Digest(), after.Return(0).Signature.Digest)
		h.claims[id] = append(h.claims[id], d.claim)
	}
	at := slices.IndexFunc(h.claims[id], func(c claim) bool { return c.no == d.no })
	c := &h.claims[id][at]
	pays := false
	switch {
	case verb == "decide return" && !d.approve:
		c.state = orders.ReturnRefused
	case verb == "decide return" && c.kind == orders.ReturnMoney:
		c.came, pays = c.asked, true
	case verb == "decide return":
		c.state = orders.ReturnExpected
	case verb == "take back":
		c.good, c.came, c.state, pays = d.good, d.came, orders.ReturnReceived, c.kind == orders.ReturnGoods
		if c.kind != orders.ReturnRepair {
			for _, l := range after.Lines {
				h.received[l.Product] += d.good[l.No]
			}
		}
	case verb == "replace":
		c.state = orders.ReturnDone
		if c.kind == orders.ReturnExchange {
			for _, l := range after.Lines {
				h.received[l.Product] -= c.came[l.No]
			}
		}
	case verb == "drop return" && d.approve:
		c.state = orders.ReturnDropped
	case verb == "drop return":
		c.state = orders.ReturnRefused
	}
	if pays {
		c.state = orders.ReturnDone
		amount := h.worth(after, c.came)
		h.credited[id] += amount
		ahead := orders.Money(0) // what is still to be sent
		for i := range after.Lines {
			if l := &after.Lines[i]; after.IsUnderway() {
				ahead += orders.Money(l.Base.IntPart()-sentOf(after, l)) * h.fen(l)
			}
		}
		freed := min(amount, max(0, h.held(id, orders.StatusReturning)-ahead))
		h.letGo[id] += freed
		if noted := amount - freed; noted > 0 {
			h.invoices = append(h.invoices, bill{order: id, amount: -noted, due: "2026-01-01"})
			h.on.effects["credit note"]++
		}
		require.LessOrEqual(h, h.credited[id], h.ordered[id].owed(), "no more than it came to")
		h.on.effects["paid back"]++
	}
	require.Equal(h, c.state, after.Return(c.no).Status)
	require.Equal(h, h.credited[id], after.Credited())

	left := int64(0)
	for i := range after.Lines {
		l := &after.Lines[i]
		claimed, kept := h.claimed(id, l)
		require.True(h, claimed <= sentOf(after, l) && kept >= 0, "no more than was sent")
		left += kept
	}
	isOpen := slices.ContainsFunc(h.claims[id], func(c claim) bool {
		return c.state == orders.ReturnWaiting || c.state == orders.ReturnExpected || c.state == orders.ReturnReceived
	})
	switch {
	case after.IsUnderway(): // its other stages go on
		require.Contains(h, onward[1:], after.Status)
	case isOpen:
		require.Equal(h, orders.StatusReturning, after.Status)
	case left == 0:
		require.Equal(h, orders.StatusReturned, after.Status)
		h.on.effects["all returned"]++
	default:
		require.Contains(h, []orders.Status{orders.StatusShipped, orders.StatusDelivered}, after.Status)
	}
}
