package orders

import (
	"cmp"
	"slices"
	"time"
)

// Statement is how a customer's account went in a month (对账单): what was owed at its beginning, what its orders and invoices brought,
// what was paid. Orders count in the month in which they were confirmed, as they are now: less what was cancelled of them or came back
// since.
type Statement struct {
	Customer    CustomerCode
	From, Until time.Time // from the first moment of the month to that of the next
	Opening     Money
	Orders      []Charge
	Invoices    []Invoice // issued in the month
	Payments    []Payment // of the month; what was taken back is left out
	Overdue     Overdue   // today
}

// Charge is what an order, or an invoice that names none, adds to what a customer owes.
type Charge struct {
	Order   OrderID // empty: an invoice of no order
	Invoice string
	At      time.Time
	Total   Money  // of the order
	Owed    Money  // of that, what counts: not what came back, and of goods on consignment what was invoiced
	Back    Money  // what was given back for goods
	Status  Status // of the order
}

// Invoice is an invoice to a customer; a red one is negative.
type Invoice struct {
	Number      string
	Order       OrderID // empty: it names none
	Amount      Money
	Issued, Due string // yyyy-mm-dd; Issued may be empty
}

// Ordered is what the month added.
func (s *Statement) Ordered() (sum Money) {
	for i := range s.Orders {
		sum += s.Orders[i].Owed
	}
	return sum
}

// Paid is what was paid in the month.
func (s *Statement) Paid() (sum Money) {
	for i := range s.Payments {
		sum += s.Payments[i].Amount
	}
	return sum
}

// Closing is what is owed at the end: what was owed before and the orders, less the payments.
func (s *Statement) Closing() Money { return s.Opening + s.Ordered() - s.Paid() }

// Posting is an entry of a statement in the order of time, with what is owed after it.
type Posting struct {
	Charge  *Charge
	Payment *Payment
	At      time.Time
	Balance Money
}

// Postings are the charges and payments of a statement in the order of time.
func (s *Statement) Postings() []Posting {
	var out []Posting
	for i := range s.Orders {
		out = append(out, Posting{Charge: &s.Orders[i], At: s.Orders[i].At})
	}
	for i := range s.Payments {
		out = append(out, Posting{Payment: &s.Payments[i], At: s.Payments[i].Day})
	}
	slices.SortStableFunc(out, func(a, b Posting) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	balance := s.Opening
	for i := range out {
		if c := out[i].Charge; c != nil {
			balance += c.Owed
		} else {
			balance -= out[i].Payment.Amount
		}
		out[i].Balance = balance
	}
	return out
}
