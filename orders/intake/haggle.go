package intake

import (
	"regexp"
	"slices"
	"strings"
)

// agreesTo fits the beginning of a turn in which the seller agrees to what the customer offered.
var agreesTo = regexp.MustCompile(`^(?:行|可以|成交|好|ok|没问题|没事|依你|听你|就这|就你|定|成|中|给你|[0-9]+(?:箱|件|包)?(?:可以|给你|行|成))`)

// asksAfter fits what the seller asks about goods that the customer may want, too: 琵琶弦还要不.
var asksAfter = regexp.MustCompile(`^[ :,\n]*([^,。;\n?!]{2,16}?)(?:还|也|这次)?(?:要不要|要不|要吗|要么|要没|带点不|带点吗|来点不|来点吗|拿点不|拿点吗)[ ?\n]*$`)

// askedAfter are the goods that a seller's turn asks about, nil if it does not.
func (r *reading) askedAfter(b *builder, t turn) *mention {
	m := asksAfter.FindStringSubmatchIndex(string(r.s.r[t.from:t.to]))
	if m == nil {
		return nil
	}
	text := string(r.s.r[t.from:t.to])
	from := t.from + len([]rune(text[:m[2]]))
	goods := r.x.readMention(r.s.t, from, from+len([]rune(text[m[2]:m[3]])), b.who.own, nil)
	if res := r.x.resolve(goods, nil, b.who, ""); res.product < 0 && res.reason != ReasonAmbiguous || res.residue > 0 {
		return nil
	}
	return goods
}

// haggled gives goods the price that the customer offers in a forwarded conversation and the seller agrees to: 110,我拿100包 / 行吧.
func (r *reading) haggled(b *builder) {
	s := r.s
	for k := 0; k+1 < len(s.turns); k++ {
		offer, reply := s.turns[k], s.turns[k+1]
		if offer.seller || !reply.seller {
			continue
		}
		from := reply.from
		for from < reply.to && strings.ContainsRune(" :,\n", s.r[from]) {
			from++
		}
		if !agreesTo.MatchString(string(s.r[from:reply.to])) {
			continue
		}
		p, ok := s.offeredPrice(offer.from, offer.to)
		if !ok {
			continue
		}
		var of *wanted
		for _, it := range b.items[b.base:] {
			if it.gift || it.price != nil || it.res.product < 0 {
				continue
			}
			if of == nil || it.from < offer.to {
				of = it
			}
		}
		if of == nil {
			continue
		}
		of.price = &p
		for _, it := range b.items[b.base:] {
			if it.price == nil && !it.gift && it.from > p.to && says(string(s.r[it.from:min(len(s.r), it.from+16)]), []string{"同价", "一个价", "价一样", "价格一样"}) {
				it.price = &p
			}
		}
	}
}

// offeredPrice is the number in r[from:to] that is offered as a price: nothing counts by it, and it ends its clause or is asked about.
func (s *scan) offeredPrice(from, to int) (priceTag, bool) {
	r := s.r
	for i := from; i < to; i++ {
		if !isDigit(r[i]) || s.owner[i] >= 0 || i > 0 && (isAlnum(r[i-1]) || strings.ContainsRune(".-*/", r[i-1])) {
			continue
		}
		n, ok := readDigits(r, i)
		if !ok || !n.bare || n.to > to || n.to-i > 6 {
			i = skipDigits(r, i)
			continue
		}
		tok, known := readSpec(r, i, n.to)
		known = known && slices.ContainsFunc(tok.askKeys(), func(k string) bool { return len(s.x.bearing(k)) > 0 })
		asked := n.to < to && strings.ContainsRune("行不可吧成好", r[n.to])
		if n.value.IsPositive() && (asked || !known && (n.to >= to || isBreak(r[n.to]) || r[n.to] == ' ')) && !says(string(r[max(from, i-3):i]), []string{"便宜", "少", "抹", "让", "凑", "不是", "第"}) {
			return priceTag{value: n.value, from: i, to: n.to}, true
		}
		i = n.to - 1
	}
	return priceTag{}, false
}
