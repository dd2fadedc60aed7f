package orders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The pricing modes (计价模式).
const (
	ModeStandard    = "标准"
	ModeConsignment = "寄售"   // VMI: the goods stay the firm's until they are used
	ModeOnUse       = "按需结算" // what is used is settled later
	ModeFrame       = "年度框架" // a yearly frame contract
)

// PriceRule is one row of the price lists: for whom, from which quantity or amount, when.
type PriceRule struct {
	Product      ProductCode // or
	Category     string
	Scope        string           // 客户:C001, 价格组:…, 等级:A, 区域:…, 全部
	FromQuantity Quantity         // base units of the product in the whole order
	FromAmount   Money            // of the whole order, at the prices that it has without amount tiers
	Price        *decimal.Decimal // yuan for one base unit, or
	Discount     *decimal.Decimal // of the list price, 0.95
	Mode         string           // empty: 标准
	ValidFrom    time.Time        // its first moment; zero: always
	ValidUntil   time.Time        // the first moment after it; zero: for ever
}

// Price is what one base unit costs a customer, in yuan, and which rule says so.
type Price struct {
	Yuan decimal.Decimal
	Rule string // for people, without the names of groups or levels: 等级价 满100盒
	Mode string
}

// Purchase is what a price depends on besides the customer and the product.
type Purchase struct {
	Base   Quantity // base units of the product in the whole order
	Amount Money    // of the whole order, at the prices that it has without amount tiers
	At     time.Time
}

// PriceOf returns the customer's price of one base unit, and false where there is none. The first rule
// that fits gives it, in this order:
//
//  1. the price beside the customer's own item code (客户协议价);
//  2. price rules by scope: the customer's, its price group's, its level's, its region's, everybody's;
//     within a scope the product's before its category's, then the highest quantity tier that is
//     reached, then the highest amount tier, then what began last (promotions, new price lists), then
//     what ends soonest;
//  3. the list price (目录价).
//
// A rule holds from the first moment of ValidFrom and no more at ValidUntil. A discount needs a list price.
func (c *Catalog) PriceOf(customer *Customer, p *Product, buy Purchase) (Price, bool) {
	if customer != nil {
		for _, it := range c.items.get(customer.Code) {
			if it.Product == p.Code && it.Price != nil {
				return Price{Yuan: *it.Price, Rule: "客户协议价", Mode: ModeStandard}, true
			}
		}
	}
	if r := c.prices.find(customer, p, buy); r != nil {
		return r.price(p), true
	}
	if p.Price == nil {
		return Price{}, false
	}
	return Price{Yuan: *p.Price, Rule: "目录价", Mode: ModeStandard}, true
}

// scopes are the kinds of scopes, the most specific first, with what a price of theirs is called.
var scopes = []struct {
	kind, title string
	of          func(c *Customer) string
}{
	{"客户", "客户价", func(c *Customer) string { return string(c.Code) }},
	{"价格组", "价格组价", func(c *Customer) string { return c.Group }},
	{"等级", "等级价", func(c *Customer) string { return c.Level }},
	{"区域", "区域价", func(c *Customer) string { return c.Region }},
	{"全部", "价目表", nil},
}

// pricing is a price rule with its scope taken apart.
type pricing struct {
	*PriceRule

	scope int // index in scopes
	value string
	at    int // its place in the order in which rules are tried
}

// priceBook holds the price rules in the order in which they are tried.
type priceBook struct {
	products   map[ProductCode][]*pricing
	categories map[string][]*pricing
}

func newPriceBook(rules []PriceRule) priceBook {
	all := make([]*pricing, 0, len(rules))
	for i := range rules {
		r := &pricing{PriceRule: &rules[i]}
		kind, value, _ := strings.Cut(strings.ReplaceAll(r.Scope, "：", ":"), ":")
		if kind = strings.TrimSpace(kind); kind == "" {
			kind = "全部"
		}
		r.value = strings.TrimSpace(value)
		r.scope = slices.IndexFunc(scopes, func(s struct {
			kind, title string
			of          func(c *Customer) string
		},
		) bool {
			return s.kind == kind
		})
		if r.scope >= 0 {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, (*pricing).compare)
	b := priceBook{products: make(map[ProductCode][]*pricing), categories: make(map[string][]*pricing)}
	for i, r := range all {
		r.at = i
		if r.Product != "" {
			b.products[r.Product] = append(b.products[r.Product], r)
		} else if r.Category != "" {
			b.categories[r.Category] = append(b.categories[r.Category], r)
		}
	}
	return b
}

// compare says which of two rules is tried first.
func (r *pricing) compare(o *pricing) int {
	first := func(yes, no bool) int {
		switch {
		case yes == no:
			return 0
		case yes:
			return -1
		default:
			return 1
		}
	}
	ends := first(!r.ValidUntil.IsZero(), !o.ValidUntil.IsZero())
	if ends == 0 {
		ends = r.ValidUntil.Compare(o.ValidUntil)
	}
	return cmp.Or(cmp.Compare(r.scope, o.scope), first(r.Product != "", o.Product != ""), o.FromQuantity.Cmp(r.FromQuantity),
		cmp.Compare(o.FromAmount, r.FromAmount), o.ValidFrom.Compare(r.ValidFrom), ends)
}

// find returns the first rule that fits, nil where none does.
func (b *priceBook) find(customer *Customer, p *Product, buy Purchase) *pricing {
	var best *pricing
	for _, list := range [][]*pricing{b.products[p.Code], b.categories[p.Category]} {
		for _, r := range list {
			if best != nil && best.at < r.at {
				break
			}
			if r.fits(customer, p, buy) {
				best = r
				break
			}
		}
	}
	return best
}

// fits tells whether the rule is for that customer, quantity, amount and moment.
func (r *pricing) fits(customer *Customer, p *Product, buy Purchase) bool {
	if of := scopes[r.scope].of; of != nil && (customer == nil || r.value == "" || of(customer) != r.value) {
		return false
	}
	if r.Price == nil && (r.Discount == nil || p.Price == nil) {
		return false
	}
	if !r.ValidFrom.IsZero() && buy.At.Before(r.ValidFrom) || !r.ValidUntil.IsZero() && !buy.At.Before(r.ValidUntil) {
		return false
	}
	return !buy.Base.LessThan(r.FromQuantity) && buy.Amount >= r.FromAmount
}

// price is what the rule makes of a product's price, and how it is called.
func (r *pricing) price(p *Product) Price {
	out := Price{Mode: r.Mode, Rule: scopes[r.scope].title}
	if out.Mode == "" {
		out.Mode = ModeStandard
	}
	if !r.ValidUntil.IsZero() && r.scope == len(scopes)-1 {
		out.Rule = "促销价"
	}
	if r.Price != nil {
		out.Yuan = *r.Price
	} else {
		out.Yuan = p.Price.Mul(*r.Discount).Round(6)
		out.Rule += " " + r.Discount.Shift(1).String() + "折"
	}
	if r.FromQuantity.GreaterThan(decimal.NewFromInt(1)) {
		out.Rule += fmt.Sprintf(" 满%s%s", r.FromQuantity, p.Unit)
	}
	if r.FromAmount > 0 {
		out.Rule += " 满" + strings.TrimSuffix(r.FromAmount.String(), ".00")
	}
	if out.Mode != ModeStandard {
		out.Rule += " " + out.Mode
	}
	return out
}

// Reprice gives every line the customer's price of the moment and adds up the total. A price that
// the message states goes before it, as a special price that needs an approval. Gifts cost
// nothing.
func (o *Order) Reprice(cat *Catalog, now time.Time) {
	bought := make(map[ProductCode]Quantity)
	for i := range o.Lines {
		if l := &o.Lines[i]; !l.Gift {
			bought[l.Product] = bought[l.Product].Add(l.Base)
		}
	}
	customer := cat.Customer(o.Customer)
	var amount Money // without amount tiers, which depend on it
	for i := range o.Lines {
		l := &o.Lines[i]
		if p := cat.Product(l.Product); p != nil && !l.Gift {
			if price, ok := cat.PriceOf(customer, p, Purchase{Base: bought[l.Product], At: now}); ok {
				amount += MoneyOf(price.Yuan.Mul(l.Base))
			}
		}
	}
	o.Total = 0
	for i := range o.Lines {
		l := &o.Lines[i]
		l.No = i + 1
		l.price(cat, customer, Purchase{Base: bought[l.Product], Amount: amount, At: now})
		o.Total += l.Amount
	}
}

// price gives the line its price.
func (l *Line) price(cat *Catalog, customer *Customer, buy Purchase) {
	l.Price, l.ListPrice, l.PriceRule, l.Mode, l.Amount = decimal.Zero, decimal.Zero, "", "", 0
	p := cat.Product(l.Product)
	if p == nil {
		return
	}
	l.Name, l.Spec, l.BaseUnit = p.Name, l.describe(p.Spec), p.Unit
	size, hasUnit := p.UnitSize(l.Unit)
	if l.Gift {
		l.PriceRule = "赠品"
		return
	}
	price, ok := cat.PriceOf(customer, p, buy)
	if ok && hasUnit {
		l.ListPrice = price.Yuan.Mul(size).Round(6)
		l.Price, l.PriceRule, l.Mode = l.ListPrice, price.Rule, price.Mode
		l.Amount = MoneyOf(price.Yuan.Mul(l.Base))
	}
	if l.special() {
		l.Price, l.PriceRule = *l.Stated, "特价（需审批）"
		l.Amount = MoneyOf(l.Stated.Mul(l.Quantity))
	}
}

// special tells whether the line asks for another price than the customer's own.
func (l *Line) special() bool { return l.Stated != nil && !l.Gift && !l.Stated.Equal(l.ListPrice) }

// SpecialPrice tells whether a line asks for another price than the customer's own.
func (o *Order) SpecialPrice() bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return l.special() })
}

// Receivable is what the customer owes for the order by ordering: goods on consignment (寄售) and goods
// that are settled on use (按需结算) are owed once they are invoiced.
func (o *Order) Receivable() Money {
	sum := o.Freight.Amount
	for i := range o.Lines {
		if m := o.Lines[i].Mode; m != ModeConsignment && m != ModeOnUse {
			sum += o.Lines[i].Amount
		}
	}
	return sum
}

// repriced are the lines whose price has changed from that of before, in words.
func (o *Order) repriced(before []Line) []Finding {
	var out []Finding
	for i := range o.Lines {
		l, was := &o.Lines[i], &before[i]
		if l.Price.Equal(was.Price) && l.ListPrice.Equal(was.ListPrice) && l.PriceRule == was.PriceRule && l.Mode == was.Mode && l.Amount == was.Amount {
			continue
		}
		text := fmt.Sprintf("%s %s 原来 %s，现在 %s", l.Product, l.Name, was.priced(), l.priced())
		if l.special() && was.special() {
			text = fmt.Sprintf("%s %s 的平时价原来 ¥%s，现在 ¥%s", l.Product, l.Name, was.ListPrice, l.ListPrice)
		}
		out = append(out, Finding{Rule: FindingRepriced, Line: l.No, Text: text, Effect: EffectWarn})
	}
	return out
}

// priced is the line's price in words.
func (l *Line) priced() string {
	if l.PriceRule == "" {
		return "没有价格"
	}
	return fmt.Sprintf("¥%s/%s（%s）", l.Price, l.Unit, l.PriceRule)
}

// FindingRepriced names what a draft says of prices that changed after it was made.
const FindingRepriced = "价格有变"
