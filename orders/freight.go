package orders

// Freight is what carrying an order's goods costs the customer, and the rule that says so; no rule: nothing is said of freight.
type Freight struct {
	Amount Money
	Rule   string
}

// Payable is what an order comes to: its lines and the freight. The rules look at the lines alone ([Order].Total).
func (o *Order) Payable() Money { return o.Total + o.Freight.Amount }

// charge works out a draft's freight by the rules. What the customer owes has no part in it; goods that are fetched cost none.
func (d *Desk) charge(o *Order, rules Rules) error {
	cat := d.Catalog()
	customer := cat.Customer(o.Customer)
	if customer == nil || len(o.Lines) == 0 || o.Carrier == pickUp {
		o.Freight = Freight{}
		return nil
	}
	var err error
	o.Freight, err = rules.Freight(Facts{Order: o, Customer: customer, Catalog: cat, SpecialPrice: o.SpecialPrice(), At: d.Now(), Draft: true})
	return err
}

// recharged says that the freight is another than it was when the draft was shown.
func (o *Order) recharged(was Freight) []Finding {
	if o.Freight.Amount == was.Amount {
		return nil
	}
	return []Finding{{Rule: "运费有变", Text: "运费 " + was.Amount.String() + " 变成 " + o.Freight.Amount.String(), Effect: EffectWarn}}
}
