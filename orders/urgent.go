package orders

import "slices"

// Moved returns the orders, of those that wait to be shipped, that an urgent draft goes before and that would go before it if it were
// not urgent, in the order in which they go.
func (d *Desk) Moved(o *Order, open []*Order) ([]*Order, error) {
	now, cat, rules := d.Now(), d.Catalog(), d.Rules()
	as := func(urgent bool) (*Order, error) {
		x := *o
		x.Urgent, x.ConfirmedAt = urgent, now
		f := Facts{Order: &x, Customer: cat.Customer(x.Customer), Catalog: cat, At: now}
		var err error
		x.Priority, x.PriorityWhy, err = rules.Priority(f)
		return &x, err
	}
	urgent, err := as(true)
	if err != nil {
		return nil, err
	}
	ordinary, err := as(false)
	if err != nil {
		return nil, err
	}
	var out []*Order
	for _, x := range open {
		if x.ID != o.ID && Sooner(x, ordinary) < 0 && Sooner(urgent, x) < 0 {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, Sooner)
	return out, nil
}
