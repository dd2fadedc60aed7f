package intake

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// key is what a mention says, made uniform: its characters but for mere filling, and its spec tokens.
func (m *mention) key() string {
	var b strings.Builder
	for i, h := range m.han {
		if m.filler>>uint(i)&1 == 0 {
			b.WriteRune(h)
		}
	}
	tokens := make([]string, 0, len(m.toks))
	for i := range m.toks {
		tokens = append(tokens, m.toks[i].keys[0])
	}
	slices.Sort(tokens)
	for _, t := range tokens {
		b.WriteString(" " + t)
	}
	if b.Len() > 180 {
		return "" // no name is so long
	}
	return strings.TrimSpace(b.String())
}

// key names the item's words for [Lexicon.Recall]. It is empty where they mean nothing by themselves: 大的两箱, said of the goods
// before.
func (it *wanted) key() string {
	if it.m == nil || it.res.ctx || !it.res.head && !it.m.alone() {
		return ""
	}
	return it.m.key()
}

// alone tells whether a mention may name goods by itself: two characters, or a model.
func (m *mention) alone() bool {
	return bits.OnesCount64(m.content()) >= 2 || slices.ContainsFunc(m.toks, func(t specToken) bool {
		k := []rune(t.keys[0])
		return t.unit == "" && hasDigit(k) && hasLetter(k)
	})
}

// keyOf is the key of words that stand by themselves, such as a row of a form.
func (x *Lexicon) keyOf(words string) string {
	t := newText(words)
	if m := x.readMention(t, 0, len(t.r), nil, nil); m.alone() {
		return m.key()
	}
	return ""
}

// askedUnit completes the question about a unit that p does not have: p's own are the options.
func askedUnit(a *Ask, p *orders.Product, said string) {
	a.Said, a.Key = said, unitForm(string(normal(said)))
	a.Options = append(a.Options, p.Unit)
	for _, k := range p.Packs {
		if k.Size.GreaterThan(decimal.New(1, 0)) {
			a.Options = append(a.Options, k.Unit)
		}
	}
}

// Recalled is a question that was settled by what somebody answered before.
type Recalled struct {
	Ask     Ask // as it would have been asked
	Learned orders.Learned
}

// Recall settles the open questions about goods and units that a person answered before for the same customer. known returns
// what is remembered of a customer; it is only called for one who is certain. allowed, where not nil, tells which fields may be
// settled so. r and t, the conversation after r, are changed alike. What the catalogue no longer fits (the product is gone or has a
// successor, the unit is none of its own) is not used.
func (x *Lexicon) Recall(r *Result, t *Thread, known func(orders.CustomerCode) ([]orders.Learned, error), allowed func(field string) bool) ([]Recalled, error) {
	var out []Recalled
	for i := range r.Orders {
		path := fmt.Sprintf("orders[%d]", i)
		open := func(a Ask) bool {
			return a.Key != "" && strings.HasPrefix(a.Field, path+".lines[") && (allowed == nil || allowed(a.Field))
		}
		customer := orders.CustomerCode(r.Orders[i].Customer)
		if customer == "" || !slices.ContainsFunc(r.Asks, open) || slices.ContainsFunc(r.Asks, func(a Ask) bool { return a.Field == path+".customer" }) {
			continue
		}
		habits, err := known(customer)
		if err != nil {
			return nil, err
		}
		for _, a := range slices.DeleteFunc(slices.Clone(r.Asks), func(a Ask) bool { return !open(a) }) {
			for _, h := range habits {
				if h.Customer == customer && x.useHabit(r, t, i, &a, &h) {
					out = append(out, Recalled{Ask: a, Learned: h})
					break
				}
			}
		}
	}
	return out, nil
}

// useHabit answers a with h, where h is about it and fits.
func (x *Lexicon) useHabit(r *Result, t *Thread, i int, a *Ask, h *orders.Learned) bool {
	n, field, ok := lineField(a.Field)
	if !ok || n >= len(r.Orders[i].Lines) || h.Said != a.Key || field == "unit" != (h.Unit != "") {
		return false
	}
	d := r.Orders[i]
	d.Lines = slices.Clone(d.Lines)
	l := &d.Lines[n]
	product, unit, size := h.Product, l.Unit, decimal.New(1, 0)
	if field == "unit" {
		if orders.ProductCode(l.Product) != h.About {
			return false
		}
		product, unit, size = h.About, h.Unit, h.Size
	}
	id, ok := x.productOf(product)
	if !ok || x.product(id).Successor != "" {
		return false
	}
	if q, err := decimal.NewFromString(l.Quantity); err == nil {
		l.Quantity = trim(q.Mul(size))
	}
	asks, ok := x.SettleLine(&d, i, n, string(product), unit)
	if !ok {
		return false
	}
	asks = withoutAsked(asks, r.Asks)
	settled := func(asks []Ask, more []Ask) []Ask {
		return append(slices.DeleteFunc(slices.Clone(asks), func(o Ask) bool { return o.Field == a.Field }), more...)
	}
	r.Asks = settled(r.Asks, asks)
	r.Orders[i] = d
	if t != nil && i < len(t.Orders) && n < len(t.Orders[i].Lines) {
		t.Orders[i].Lines[n] = d.Lines[n]
		t.Asks = settled(t.Asks, asks)
	}
	return true
}

// withoutAsked are the asks whose fields old does not ask about already.
func withoutAsked(asks, old []Ask) []Ask {
	return slices.DeleteFunc(asks, func(a Ask) bool {
		return slices.ContainsFunc(old, func(o Ask) bool { return o.Field == a.Field })
	})
}

// SettleLine makes line n of d, order i of its message, one of the product in the unit, and works out base quantity and price again. It
// returns the questions that this raises. It returns false where the product does not have the unit, or, with d as it was, where
// there is no such product.
func (x *Lexicon) SettleLine(d *Draft, i, n int, product, unit string) ([]Ask, bool) {
	id, ok := x.productOf(orders.ProductCode(product))
	if !ok || n >= len(d.Lines) {
		return nil, false
	}
	d.Lines = slices.Clone(d.Lines)
	was := d.Lines[n]
	it := &wanted{m: x.mentionOf(id), res: resolution{product: id, rule: "answer", head: true}, gift: was.Gift, q: quantity{unit: unit, none: was.Quantity == ""}, options: was.Options, optionsOf: was.Product}
	if q, err := decimal.NewFromString(was.Quantity); err == nil {
		it.q.value = q
	}
	if p, err := decimal.NewFromString(was.Price); err == nil {
		it.price = &priceTag{value: p}
	}
	cust := int32(-1)
	if c, ok := x.customerOf(d.Customer); ok && d.Customer != "" {
		cust = c
	}
	path := fmt.Sprintf("orders[%d].lines[%d]", i, n)
	var asks []Ask
	d.Lines[n], asks = x.draftLine(it, cust, path)
	return asks, !slices.ContainsFunc(asks, func(a Ask) bool { return a.Field == path+".unit" })
}
