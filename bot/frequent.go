package bot

import (
	"cmp"
	"maps"
	"slices"

	"orderbot/cards"
	"orderbot/orders"
)

// frequent lists what a customer orders most, out of its past orders, and what it calls it: 「常购 康民药房」.
func (s *session) frequent(tx Tx, arg string) (bool, error) {
	var c *orders.Customer
	switch {
	case arg != "":
		var err error
		if c, err = s.customerNamed(arg); err != nil {
			if s.person.staff == nil {
				return false, nil // a customer's ordinary words
			}
			return true, err
		}
	case len(s.person.customers) == 1:
		c = s.books.Catalog.Customer(s.person.customers[0])
	default:
		return true, orders.Errorf(orders.CodeInvalid, "请带上客户，例如「常购 C001」")
	}
	if !s.mayTeach(c) {
		return true, orders.Errorf(orders.CodeDenied, "客户 %s 不是您负责的，看不了", c.Name)
	}
	learned, err := tx.Learned(c.Code, false)
	if err != nil {
		return true, err
	}
	s.send(cards.Frequent(c, habits(s.books.Catalog, c.Code, learned)), "reply", "")
	return true, nil
}

// habits counts a customer's past orders by product, the most ordered first.
func habits(cat *orders.Catalog, customer orders.CustomerCode, learned []orders.Learned) []cards.Habit {
	type amount struct{ quantity, unit string }
	type count struct {
		orders  map[string]bool
		amounts map[amount]int
		last    string
	}
	by := map[orders.ProductCode]*count{}
	for _, h := range cat.HistoryOf(customer) {
		p := cat.Product(h.Product)
		if p == nil {
			continue
		}
		n := by[h.Product]
		if n == nil {
			n = &count{orders: map[string]bool{}, amounts: map[amount]int{}}
			by[h.Product] = n
		}
		unit := h.Unit
		if unit == "" {
			unit = p.Unit
		}
		n.orders[h.Order] = true
		n.amounts[amount{h.Quantity.String(), unit}]++
		n.last = max(n.last, h.Date)
	}
	out := make([]cards.Habit, 0, len(by))
	for code, n := range by {
		usual := slices.MaxFunc(slices.Collect(maps.Keys(n.amounts)), func(a, b amount) int {
			return cmp.Or(cmp.Compare(n.amounts[a], n.amounts[b]), cmp.Compare(b.quantity, a.quantity), cmp.Compare(b.unit, a.unit))
		})
		h := cards.Habit{Product: cat.Product(code), Orders: len(n.orders), Last: n.last, Usual: usual.quantity + usual.unit}
		for _, it := range cat.ItemsOf(customer) {
			if it.Product == code {
				h.Names = append(h.Names, it.Item)
			}
		}
		for i := range learned {
			if learned[i].Product == code {
				h.Names = append(h.Names, learned[i].Words)
			}
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b cards.Habit) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), cmp.Compare(b.Last, a.Last), cmp.Compare(a.Product.Code, b.Product.Code))
	})
	return out
}
