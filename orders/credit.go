package orders

import "time"

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
