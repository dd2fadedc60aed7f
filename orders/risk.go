package orders

import (
	"time"

	"github.com/shopspring/decimal"
)

// ReturnSpan is how many days back a customer's return rate reaches where the rules say nothing else.
const ReturnSpan = 365

// Returned is what of a customer's goods came back: of the orders that were confirmed in some time and whose goods have left, the
// value of the goods by the prices of their orders, without freight, and of these what a warehouse has taken in again as a return or
// an exchange. Repairs, refunds without goods and what is still under way do not count.
type Returned struct {
	Sent, Back Money
}

// Rate is the return rate (退货率) in percent, exactly enough to be compared; 0 where nothing was sent.
func (r Returned) Rate() decimal.Decimal {
	if r.Sent <= 0 {
		return decimal.Zero
	}
	return r.Back.Yuan().Shift(2).DivRound(r.Sent.Yuan(), 12)
}

// Exceeds tells whether the rate is above a percentage; the percentage itself is not.
func (r Returned) Exceeds(percent decimal.Decimal) bool {
	return r.Sent > 0 && r.Back.Yuan().Shift(2).GreaterThan(percent.Mul(r.Sent.Yuan()))
}

// returned reads what the rules ask about the customer's returns, by the days that they look back.
func (d *Desk) returned(tx Tx, rules Rules, customer CustomerCode, now time.Time) (map[int]Returned, error) {
	asking, ok := rules.(interface{ ReturnDays() []int })
	if !ok || customer == "" {
		return nil, nil
	}
	out := make(map[int]Returned)
	for _, days := range asking.ReturnDays() {
		r, err := tx.Returned(customer, now.AddDate(0, 0, -days))
		if err != nil {
			return nil, err
		}
		out[days] = r
	}
	return out, nil
}

// RiskMarks are what the rules have found that makes the customer a risk, for the staff alone.
func (o *Order) RiskMarks() []string {
	var out []string
	for _, f := range o.Findings {
		if f.Risk {
			out = append(out, f.Text)
		}
	}
	return out
}
