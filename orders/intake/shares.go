package intake

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// halfPlaces fits goods that go to two places by halves: 一半送苏州一半送南京.
var halfPlaces = regexp.MustCompile(`[,;:]?\s*一半(?:先)?(?:送|发|寄|运)(?:到|去|往|至|给)?\s*([^\s,。;、:]{2,40}?)[,;、\s]*(?:另外?|剩下的?|其余的?)?一半(?:送|发|寄|运)(?:到|去|往|至|给)?\s*([^\s,。;、:]{2,40})`)

// placeWords are in the names of places that are no more than an address.
var placeWords = []string{"路", "街", "号", "店", "仓", "院", "厂", "库", "园区", "大道", "校区", "小区", "村"}

// findHalves recognises the two places to which goods go by halves.
func (s *scan) findHalves() {
	text := string(s.r)
	m := halfPlaces.FindStringSubmatchIndex(text)
	if m == nil || text[m[2]:m[3]] == text[m[4]:m[5]] {
		return
	}
	at := func(i int) int { return utf8.RuneCountInString(text[:i]) }
	from, to := at(m[0]), at(m[1])
	if !s.free(from, to) {
		return
	}
	for i := range s.halfTo {
		f, t := at(m[2+2*i]), at(m[3+2*i])
		if _, isRegion := regionAt(s.r[f:t]); !isRegion && !says(string(s.r[f:t]), placeWords) {
			return
		}
	}
	for i := range s.halfTo {
		f, t := at(m[2+2*i]), at(m[3+2*i])
		s.halfTo[i] = mark{kind: markAddress, from: f, to: t, text: s.quote(f, t)}
		s.claim(s.halfTo[i])
	}
	for i := from; i < to; i++ {
		s.claim(mark{kind: markNoise, from: i, to: i + 1})
	}
}

// dropHalves forgets the places to which goods go by halves, and tells whether there were any.
func (s *scan) dropHalves() bool {
	for _, p := range s.halfTo {
		if m := s.at(p.from); m != nil && p.to > 0 {
			m.kind = markNoise
		}
	}
	return s.halfTo[0].to > 0
}

// regionAt tells where the region ends that a text begins with.
func regionAt(r []rune) (to int, ok bool) {
	name, to := chinaRegions().names.longest(r, 0)
	return to, name != nil
}

// allot reads 分两批，5箱这周五到，5箱下周五到 and 6台送…，4台送….
func (r *reading) allot(sec *section) []*section {
	if out := r.halvesTo(sec); out != nil {
		return out
	}
	s := r.s
	type lot struct {
		q    quantity
		f    facts2
		from int
	}
	var lots []lot
	for _, q := range sec.b.loose {
		from, to := q.from, q.to
		for from > sec.from && q.from-from < 100 && !strings.ContainsRune(",。;\n!?", s.r[from-1]) {
			from--
		}
		for to < sec.to && to-q.to < 100 && (!strings.ContainsRune(",。;\n!?", s.r[to]) || s.at(to) != nil) {
			to++
		}
		if days := s.days(from, q.from); len(days) > 1 { // 这周五、下周三、下周五各2件
			for _, d := range days {
				lots = append(lots, lot{q: q, f: facts2{dates: []mark{d}}, from: from})
			}
			continue
		}
		l := lot{q: q, from: from}
		s.gather(from, to, &l.f)
		if w := l.f.due(); w != nil || l.f.address != "" {
			lots = append(lots, l)
		}
	}
	if len(lots) < 2 {
		return r.halves(sec)
	}
	carried, dated := false, slices.ContainsFunc(lots, func(l lot) bool { return len(l.f.dates) > 0 })
	for n := range lots { // with who receives it, and how it goes, behind its place and day
		l, end := &lots[n], sec.to
		if n+1 < len(lots) {
			end = lots[n+1].from
		}
		var f facts2
		s.gather(l.from, end, &f)
		l.f.contact, l.f.phone, l.f.badly, l.f.carrier = cmp.Or(l.f.contact, f.contact), cmp.Or(l.f.phone, f.phone), cmp.Or(l.f.badly, f.badly), f.carrier
		carried = carried || f.carrier != ""
	}
	// which goods are shared out: those named last before the first lot
	k := -1
	for i, it := range sec.items {
		if it.from < lots[0].q.from {
			k = i
		}
	}
	if k < 0 {
		return nil
	}
	shared := sec.items[k]
	sum := decimal.Zero
	for _, l := range lots {
		if !sameUnit(l.q.unit, shared.q.unit) {
			return nil
		}
		sum = sum.Add(l.q.value)
	}
	if !sum.Equal(shared.q.value) {
		return nil
	}
	common := sec.facts
	common.dates, common.address, common.contact, common.phone, common.badly = nil, "", "", "", ""
	var out []*section
	for n, l := range lots {
		p := *shared
		p.q.value = l.q.value
		f := common
		if f.dates = l.f.dates; len(f.dates) == 0 && !dated { // said once for all
			f.dates = sec.facts.dates
		}
		f.address, f.contact, f.phone, f.badly = l.f.address, l.f.contact, l.f.phone, l.f.badly
		if carried {
			f.carrier = l.f.carrier
		}
		one := &section{from: sec.from, to: sec.to, customers: sec.customers, facts: f, items: []*wanted{&p}}
		if f.address == "" {
			f.address = sec.facts.address
		}
		if n == 0 {
			for i, it := range sec.items {
				if i != k {
					one.items = append(one.items, it)
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// days are the dates in r[from:to] on each of which as much is wanted: 各 stands at the end.
func (s *scan) days(from, to int) []mark {
	var out []mark
	each := false
	for i := from; i < to; {
		m := s.at(i)
		if m == nil {
			i++
			continue
		}
		switch m.kind {
		case markDate:
			out = append(out, *m)
		case markEach:
			each = true
		default:
		}
		i = max(m.to, i+1)
	}
	if !each {
		return nil
	}
	return out
}

// halves reads 一半15号到,剩下的22号到 behind goods of which there is one line, or the line named last.
func (r *reading) halves(sec *section) []*section {
	s := r.s
	var half, rest facts2
	first, begin := -1, 0 // where the first part is said, and its clause begins
	var some *quantity    // the first part, where it is said in numbers
	for i := sec.from; i < sec.to; {
		end := i
		for end < sec.to && (!strings.ContainsRune(",。;\n!?:", s.r[end]) || s.at(end) != nil) {
			end++
		}
		if k := index(s.r, i, end, "一半"); k >= 0 && index(s.r, i, end, "另") < 0 && first < 0 {
			s.gather(i, end, &half)
			first, begin = k, i
		} else if q := sec.lonely(i, end); q != nil && first < 0 { // 先到60令
			s.gather(i, end, &half)
			first, begin, some = q.from, i, q
		} else if first >= 0 && (says(string(s.r[i:end]), restWords) || index(s.r, i, end, "一半") >= 0) {
			half = facts2{}
			s.gather(begin, i, &half) // with who receives it
			s.gather(i, s.sentenceEnd(i, sec.to), &rest)
		}
		i = end + 1
	}
	placed := func(f *facts2) bool { return f.due() != nil || f.address != "" }
	if first < 0 || !placed(&half) || !placed(&rest) {
		return nil
	}
	k := -1
	for i, it := range sec.items {
		if it.from < first && it.res.product >= 0 && !it.q.none {
			k = i
		}
	}
	if k < 0 {
		return nil
	}
	parts := make([]decimal.Decimal, 2)
	parts[0] = sec.items[k].q.value.DivRound(decimal.New(2, 0), 6)
	if some != nil {
		if !some.bare && !sameUnit(some.unit, sec.items[k].q.unit) || !some.value.LessThan(sec.items[k].q.value) {
			return nil
		}
		parts[0] = some.value
	}
	if parts[1] = sec.items[k].q.value.Sub(parts[0]); some == nil && !parts[0].Equal(parts[1]) || sec.items[k].q.value.IsInteger() && !parts[0].IsInteger() {
		return nil
	}
	if some != nil {
		from := some.from // some stands in the list itself
		sec.b.loose = slices.DeleteFunc(sec.b.loose, func(q quantity) bool { return q.from == from })
	}
	// 100、150、200各20打: what shares the amount is shared out alike
	shared := func(it *wanted) bool {
		return it == sec.items[k] || some == nil && it.res.product >= 0 && !it.gift && it.q.to > it.q.from && it.q.from == sec.items[k].q.from
	}
	var out []*section
	for _, f := range []*facts2{&half, &rest} { // 明早都要到
		for _, m := range sec.facts.dates {
			if f.due() == nil && r.forAll(m.from) {
				f.dates = append(f.dates, m)
			}
		}
	}
	for n, f := range []facts2{half, rest} {
		all := sec.facts
		all.contact, all.phone, all.badly = f.contact, f.phone, f.badly
		if len(half.dates)+len(rest.dates) > 0 {
			all.dates = f.dates
		}
		if f.address != "" {
			all.address = f.address
		}
		one := &section{from: sec.from, to: sec.to, customers: sec.customers, facts: all}
		for _, it := range sec.items {
			switch {
			case shared(it):
				p := *it
				p.q.value = parts[n]
				one.items = append(one.items, &p)
			case n == 0:
				one.items = append(one.items, it)
			}
		}
		out = append(out, one)
	}
	return out
}

// lonely is the quantity within r[from:to] that belongs to no goods.
func (sec *section) lonely(from, to int) *quantity {
	for i := range sec.b.loose {
		if q := &sec.b.loose[i]; q.from >= from && q.to <= to && !q.none && !q.more && !q.spec {
			return q
		}
	}
	return nil
}

// halvesTo parts an order of which all goods go to two places by halves. What does not come out even is asked about.
func (r *reading) halvesTo(sec *section) []*section {
	if len(sec.items) == 0 || r.s.halfTo[0].to == 0 || r.s.halfTo[0].from < sec.from || r.s.halfTo[1].to > sec.to {
		return nil
	}
	var out []*section
	for n, place := range r.s.halfTo {
		one := &section{from: sec.from, to: sec.to, customers: sec.customers, facts: sec.facts}
		one.facts.address = ""
		r.s.take(place, &one.facts)
		to, ok := regionAt(r.s.r[place.from:place.to])
		one.facts.wide = ok && to == place.to-place.from
		for _, it := range sec.items {
			p := *it
			p.total, p.equal = nil, nil
			p.q.value = it.q.value.Div(two)
			switch {
			case it.q.none:
			case len(it.q.rest) > 0:
				p.q.more, p.q.rest = true, nil
			case !r.x.evenly(&p):
				half := p.q.value.Floor()
				p.halves = []decimal.Decimal{it.q.value.Sub(half), half}
				if n == 1 {
					slices.Reverse(p.halves)
				}
				p.q.value = p.halves[0]
			}
			one.items = append(one.items, &p)
		}
		out = append(out, one)
	}
	return out
}

// evenly tells whether an amount comes out in whole units of what the goods are sold by.
func (x *Lexicon) evenly(it *wanted) bool {
	if it.res.product >= 0 {
		if a, ok := in(x.product(it.res.product), it.q.value, it.q.unit); ok {
			return a.base.IsInteger()
		}
	}
	return it.q.value.IsInteger()
}

var two = decimal.NewFromInt(2)
