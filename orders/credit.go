package orders

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Overdue is what a customer has not paid in time. Payments settle the oldest invoices first.
type Overdue struct {
	Amount  Money
	Invoice string // the oldest that is not paid in full
	Due     string // the last day on which it could have been paid, yyyy-mm-dd
}

// Payment is money that came in from a customer (收款).
type Payment struct {
	Number   string // of the bank's record, or of ours
	Customer CustomerCode
	Amount   Money
	Day      time.Time
	Order    OrderID // that it is for; empty: none was named
}

// Account is how a customer stands: what its orders hold, its invoices, its payments.
type Account struct {
	Held, Invoiced, Paid Money
	Overdue              Overdue
}

// Exposure is what counts against the credit limit; negative for who paid ahead.
func (a Account) Exposure() Money { return a.Held + a.Invoiced - a.Paid }

// Bill notes how much of the order is invoiced by now and returns by how much that changes the credit
// it holds, so that no amount counts both as an order and as an invoice. An order that holds nothing,
// because it is a draft or has ended, goes on holding nothing.
func (o *Order) Bill(invoiced Money) Money {
	before := o.Held
	o.Invoiced = invoiced
	switch o.Status {
	case StatusDraft, StatusCancelled, StatusRejected, StatusClosed:
	default:
		o.Held = o.owes()
	}
	return o.Held - before
}

// Overbilled is what of the invoices is for goods that had come back before they were invoiced: no credit note says it.
func (o *Order) Overbilled() Money {
	back := o.letGo()
	return max(0, min(back, o.Invoiced-(o.Payable()-back)))
}

// Batches are the orders that are one whole by splitting, o among them, by number: the whole itself first.
func Batches(tx Tx, o *Order) ([]*Order, error) {
	kin, err := relatives(tx, o, "", KinPart, KinWhole)
	if err != nil {
		return nil, err
	}
	all := append([]*Order{o}, kin...)
	slices.SortFunc(all, func(a, b *Order) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// whole is the order that this one was split off, "" where there is none.
func (o *Order) whole() OrderID {
	for _, k := range o.Kin {
		if k.How == KinWhole {
			return k.Order
		}
	}
	return ""
}

// Share tells how much of each batch of a whole is invoiced, by what the invoices that name it come to. An invoice of the whole's number
// may be for batches that were split off it since: what is more than an order comes to is theirs, each up to what it comes to. What is
// more than all of them come to stays where it was named.
func Share(batches []*Order, named map[OrderID]Money) map[OrderID]Money {
	out, room := maps.Clone(named), make(map[OrderID]Money)
	for _, o := range batches {
		switch o.Status {
		case StatusDraft, StatusCancelled, StatusRejected, StatusClosed:
		default:
			room[o.ID] = max(0, o.Receivable()-named[o.ID])
		}
	}
	isOf := func(o *Order, id OrderID) bool { // split off it, or off what was
		for next := o.whole(); next != ""; {
			if next == id {
				return true
			}
			i := slices.IndexFunc(batches, func(x *Order) bool { return x.ID == next })
			if i < 0 {
				return false
			}
			next = batches[i].whole()
		}
		return false
	}
	for _, o := range batches {
		for _, x := range batches {
			if more := min(out[o.ID]-o.Receivable(), room[x.ID]); more > 0 && isOf(x, o.ID) {
				out[o.ID], out[x.ID], room[x.ID] = out[o.ID]-more, out[x.ID]+more, room[x.ID]-more
			}
		}
	}
	return out
}
