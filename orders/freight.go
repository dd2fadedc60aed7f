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

// waiveFreight takes the freight off an order whose goods are fetched after all, and off what is held for it.
func (d *Desk) waiveFreight(tx Tx, o *Order, by Actor) error {
	was := o.Freight.Amount
	if was == 0 {
		return nil
	}
	o.Freight = Freight{}
	if hold := max(0, o.Receivable()-o.Invoiced) - o.Held; hold < 0 {
		if _, err := tx.HoldCredit(o.Customer, hold); err != nil {
			return err
		}
		o.Held += hold
	}
	return tx.Audit(d.entry(o, by, "运费", was.String(), "", "改为自提"))
}
