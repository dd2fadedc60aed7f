package orders

import "cmp"

// Destinations are where the firm's rules send an order (自动分单): each by the first rule that fits and names it, with that rule's name. What no
// rule names is empty.
type Destinations struct {
	Line        string `json:"line,omitempty"` // production line
	LineBy      string `json:"line_by,omitempty"`
	Warehouse   string `json:"warehouse,omitempty"` // from which the goods come first
	WarehouseBy string `json:"warehouse_by,omitempty"`
	Carrier     string `json:"carrier,omitempty"` // code
	CarrierBy   string `json:"carrier_by,omitempty"`
}

// direct sends an order where the rules in force say. What the customer owes has no part in it.
func (d *Desk) direct(o *Order) error {
	cat := d.Catalog()
	to, err := d.Rules().Destinations(Facts{
		Order: o, Customer: cat.Customer(o.Customer), Catalog: cat, SpecialPrice: o.SpecialPrice(), At: d.Now(), Draft: true,
	})
	if err != nil {
		return err
	}
	if !o.made(cat) {
		to.Line, to.LineBy = "", ""
	}
	o.Work.To = nil
	if to != (Destinations{}) {
		o.Work.To = &to
	}
	return nil
}

// Destination is one place that an order goes to in the firm.
type Destination struct {
	Name string // 产线, 仓库, 物流
	To   string // "" where it is not settled; of 物流 a code
	Why  string
}

// Destinations are where an order goes in turn: the line that makes it, where something is to be made, the warehouse, the carrier. What was
// settled since, by the planner, the stock or a promise, goes before what the rules say.
func (o *Order) Destinations(cat *Catalog, p Proposal) []Destination {
	var to Destinations
	if o.Work.To != nil {
		to = *o.Work.To
	}
	by := func(rule string) string {
		if rule == "" {
			return ""
		}
		return "规则「" + rule + "」"
	}
	var out []Destination
	if o.made(cat) || !o.Reached[StatusScheduled].IsZero() {
		line, why := o.planned(), "计划员排的"
		if line == "" {
			line, why = to.Line, by(to.LineBy)
		}
		out = append(out, Destination{"产线", line, why})
	}
	warehouse, why := o.Warehouse, ""
	if warehouse == "" {
		warehouse, why = to.Warehouse, by(to.WarehouseBy)
	}
	out = append(out, Destination{"仓库", warehouse, why})
	return append(out, Destination{"物流", cmp.Or(o.Carrier, p.Carrier), p.Why})
}
