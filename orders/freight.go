package orders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Freight is what carrying an order's goods costs the customer, and the rule that says so; no rule: nothing is said of freight.
type Freight struct {
	Amount Money
	Rule   string
}

// Payable is what an order comes to: its lines and the freight. The rules look at the lines alone ([Order].Total).
func (o *Order) Payable() Money { return o.Total + o.Freight.Amount }

// freightElsewhere begins the rule of an order that has no freight because another one has it.
const freightElsewhere = "运费在 "

func freightOn(id OrderID) string { return freightElsewhere + string(id) + " 上" }

// IsElsewhere tells whether there is none because another order has it, as the rule says.
func (f Freight) IsElsewhere() bool {
	return f.Amount == 0 && strings.HasPrefix(f.Rule, freightElsewhere)
}

// charge works out a draft's freight by the rules. What the customer owes has no part in it; goods that are fetched cost none. A batch of
// an order that was split keeps its share: the rules would ask for the whole freight of each.
func (d *Desk) charge(o *Order, rules Rules) error {
	cat := d.Catalog()
	customer := cat.Customer(o.Customer)
	if customer == nil || len(o.Lines) == 0 || o.Carrier == pickUp {
		o.Freight = Freight{}
		return nil
	}
	if o.Family != "" {
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

// leave settles what an order that ends before its goods left leaves to the other batches of the same whole (docs/decisions/0005): its
// freight goes over to one that is still to be sent, and who answers for those whose price was for more than is left now hears of it.
func (d *Desk) leave(tx Tx, o *Order, by Actor) ([]Event, error) {
	if o.Family == "" {
		return nil, nil
	}
	stay, err := relatives(tx, o, "", KinPart, KinWhole, KinSibling, KinInto)
	if err != nil {
		return nil, err
	}
	stay = slices.DeleteFunc(stay, func(x *Order) bool {
		return x.Status == StatusCancelled || x.Status == StatusRejected || x.Status == StatusClosed
	})
	rows := make(map[OrderID][]string)
	heirs := slices.DeleteFunc(slices.Clone(stay), func(x *Order) bool { return x.Status != StatusDraft && !slices.Contains(BeforeShipping, x.Status) })
	slices.SortStableFunc(heirs, func(a, b *Order) int { // drafts last: they may come to nothing
		last := func(o *Order) int {
			if o.Status == StatusDraft {
				return 1
			}
			return 0
		}
		return cmp.Compare(last(a), last(b))
	})
	if i := slices.IndexFunc(heirs, func(x *Order) bool { return x.Carrier != pickUp }); i >= 0 && o.Freight.Amount > 0 {
		x := heirs[i]
		if err := d.inherit(tx, x, o, by); err != nil {
			return nil, err
		}
		rows[x.ID] = append(rows[x.ID], fmt.Sprintf("它的运费转到这一单，运费现在 %s，合计 %s", x.Freight.Amount, x.Payable()))
	}
	var events []Event
	for _, x := range heirs {
		if x.Status != StatusDraft { // a draft is priced when it is confirmed
			rows[x.ID] = append(rows[x.ID], d.dearer(x, o, stay)...)
		}
		if len(rows[x.ID]) > 0 {
			events = append(events, d.event(x, EventBatchLeft, by, map[string]string{"of": string(o.ID), "text": strings.Join(rows[x.ID], "\n")}))
		}
	}
	return events, nil
}

// inherit gives an order the freight of one that ends.
func (d *Desk) inherit(tx Tx, x, o *Order, by Actor) error {
	was := x.Freight.Amount
	x.Freight = Freight{Amount: was + o.Freight.Amount, Rule: o.Freight.Rule}
	o.Freight = Freight{Rule: freightOn(x.ID)}
	for i := range x.Changes { // refused, it goes back to what it was, with the freight
		if c := &x.Changes[i]; c.Status == ChangeWaiting {
			for _, f := range []*Freight{&c.Before.Freight, &c.After.Freight} {
				*f = Freight{Amount: f.Amount + x.Freight.Amount - was, Rule: x.Freight.Rule}
			}
		}
	}
	if x.Status == StatusDraft {
		x.Revision++ // its card says less
	}
	if hold := x.owes() - x.Held; x.Status != StatusDraft && hold != 0 {
		if _, err := tx.HoldCredit(x.Customer, hold); err != nil {
			return err
		}
		x.Held += hold
	}
	if err := tx.SaveOrder(x); err != nil {
		return err
	}
	return tx.Audit(d.entry(x, by, "运费", was.String(), x.Freight.Amount.String(), string(o.ID)+" 不发了"))
}

// dearer says which lines of an order would cost more by the price lists now that another batch is not sent, stay being the others: their
// price is one for a quantity or an amount that is not reached any more. What has a price of its own keeps it anyway.
func (d *Desk) dearer(x, gone *Order, stay []*Order) []string {
	cat, now := d.Catalog(), d.Now()
	customer := cat.Customer(x.Customer)
	bought := func(of []*Order) (map[ProductCode]Quantity, Money) {
		base, amount := make(map[ProductCode]Quantity), Money(0)
		for _, o := range of {
			for i := range o.Lines {
				if l := &o.Lines[i]; !l.Gift {
					base[l.Product] = base[l.Product].Add(l.Base)
				}
			}
		}
		for code, n := range base {
			if p := cat.Product(code); p != nil {
				if price, ok := cat.PriceOf(customer, p, Purchase{Base: n, At: now}); ok {
					amount += MoneyOf(price.Yuan.Mul(n))
				}
			}
		}
		return base, amount
	}
	whole, wholeAmount := bought(append([]*Order{gone}, stay...))
	rest, restAmount := bought(stay)
	var rows []string
	for i := range x.Lines {
		l := &x.Lines[i]
		p := cat.Product(l.Product)
		if p == nil || l.Gift || l.special() {
			continue
		}
		size, ok := p.UnitSize(l.Unit)
		was, before := cat.PriceOf(customer, p, Purchase{Base: whole[p.Code], Amount: wholeAmount, At: now})
		is, after := cat.PriceOf(customer, p, Purchase{Base: rest[p.Code], Amount: restAmount, At: now})
		if !ok || !before || !after || !is.Yuan.GreaterThan(was.Yuan) {
			continue
		}
		more := MoneyOf(is.Yuan.Mul(l.Base)) - l.Amount
		if more <= 0 {
			continue
		}
		unit := is.Yuan.Mul(size).Round(6)
		rows = append(rows, fmt.Sprintf("%s 现在按 %s；剩下一共 %s%s，按价目是 ¥%s/%s（%s），差 %s。价没有改；要补差价就发「%s %s单价改成%s」",
			l.title(), l.priced(), rest[p.Code], p.Unit, unit, l.Unit, is.Rule, more, x.ID, l.Name, unit))
	}
	return rows
}
