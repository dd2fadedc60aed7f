package intake

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// section parts the message by the customers whose orders it holds.
func (r *reading) section() {
	s := r.s
	n := len(s.r)
	if len(s.turns) > 0 {
		r.turnSections()
		if len(r.secs) > 0 {
			return
		}
	}
	var named []mark
	for i := 0; i < n; {
		m := s.at(i)
		if m == nil {
			i++
			continue
		}
		if m.kind == markCustomer {
			named = append(named, *m)
		}
		i = max(m.to, i+1)
	}
	if !s.sales && r.cust >= 0 {
		r.branchSections(named)
		return
	}
	if len(named) == 0 {
		ids := r.people()
		if r.cust >= 0 && len(ids) != 1 {
			ids = []int32{r.cust}
		}
		r.secs = []*section{{from: 0, to: n, customers: ids}}
		return
	}
	// sections begin where a customer is named whose goods follow
	type start struct {
		at  int
		ids []int32
	}
	var starts []start
	for k, m := range named {
		end := n
		if k+1 < len(named) {
			end = named[k+1].from
		}
		if len(starts) > 0 && overlapIDs(starts[len(starts)-1].ids, m.ids) != nil {
			if both := overlapIDs(starts[len(starts)-1].ids, m.ids); len(both) > 0 {
				starts[len(starts)-1].ids = both
			}
			continue
		}
		if s.ownedElsewhere(m) {
			continue
		}
		if s.quantityIn2(m.to, end) || len(named) == 1 {
			at := m.from
			if a := s.addressBefore(at); a >= 0 {
				at = a
			}
			starts = append(starts, start{at, m.ids})
		} else if k+1 < len(named) && len(m.ids) == 1 && r.sameFor(m.to, named[k+1]) {
			r.twins = append(r.twins, m.ids[0])
		}
	}
	if len(starts) == 0 {
		ids := named[len(named)-1].ids
		for _, m := range named {
			if !s.ownedElsewhere(m) {
				ids = m.ids
				break
			}
		}
		starts = []start{{0, ids}}
	}
	if len(starts) == 1 {
		starts[0].at = 0
	}
	for k, st := range starts {
		sec := &section{from: st.at, to: n, customers: st.ids, named: true}
		if k == 0 {
			sec.from = 0
		}
		if k+1 < len(starts) {
			sec.to = starts[k+1].at
		}
		r.secs = append(r.secs, sec)
	}
	for _, sec := range r.secs {
		if len(sec.customers) > 1 {
			sec.customers = r.narrow(sec)
		}
	}
	if billedAbove.MatchString(r.text) {
		if head := s.headOffice(); len(head) == 1 {
			for _, sec := range r.secs {
				sec.customers = head
			}
		}
	}
	for _, m := range named {
		if billedTo.MatchString(string(s.r[max(0, m.from-6):m.from])) {
			for _, sec := range r.secs {
				sec.customers = m.ids
			}
		}
	}
	if len(r.secs) > 1 {
		r.laterFacts(named)
	}
}

// sameFor tells whether a customer is named right before another, and both order what follows: 知音东湖、知音西岭两家一模一样:….
func (r *reading) sameFor(i int, next mark) bool {
	between := strings.Trim(string(r.s.r[i:next.from]), " ")
	behind := string(r.s.r[next.to:min(next.to+12, len(r.s.r))])
	return (between == "" || utf8.RuneCountInString(between) == 1 && strings.ContainsAny(between, "、和跟与及/+,")) &&
		says(behind, []string{"两家", "三家", "两店", "两个店", "三个店", "几家", "一样", "都", "各", "分别"})
}

// addTwins gives those who order the same as the first named with goods an order of their own.
func (r *reading) addTwins() {
	if len(r.twins) == 0 || len(r.secs) != 1 || says(r.text, []string{"一共", "合计", "总共"}) {
		return
	}
	of := r.secs[0]
	var out []*section
	for _, id := range r.twins {
		if !slices.Contains(of.customers, id) {
			twin := *of
			twin.customers = []int32{id}
			out = append(out, &twin)
		}
	}
	r.secs = append(out, of)
}

// askOthers asks about customers who are named in a row with another and get no order.
func (r *reading) askOthers(res *Result) {
	if len(r.twins) > 0 && len(r.secs) != 1+len(r.twins) {
		r.askLines(res, 0, r.secs[0].from)
	}
}

// billedTo fits what stands before the customer who pays: 账走北岭矿业公司头上.
var billedTo = regexp.MustCompile(`(?:账|帐|单子|货款|钱)(?:都|就|也|全)?(?:走|挂|记|算|入)(?:到|在|去)?$`)

// formers are words for the first of two orders.
var formers = strings.Fields("前面那家 前面那单 前面一家 前一家 前一单 第一家 第一单 上面那家 上面那单")

// former gives the first of two orders what is said of it behind the second: 前面那家自己来拿.
func (r *reading) former() {
	s := r.s
	if len(r.secs) != 2 {
		return
	}
	for i := r.secs[1].from; i < r.secs[1].to; i++ {
		w := wordOf(s.r, i, formers)
		if w == "" || s.owner[i] >= 0 || i > 0 && !isBreak(s.r[i-1]) && s.r[i-1] != ' ' {
			continue
		}
		e := s.clauseEnd(i)
		s.hand(i, e, &r.secs[0].facts)
		s.claim(mark{kind: markNoise, from: i, to: i + len([]rune(w))})
		i = e
	}
}

// hand gives f what r[from:to] says, and nobody else.
func (s *scan) hand(from, to int, f *facts2) {
	s.gather(from, to, f)
	for k := range s.marks {
		if m := &s.marks[k]; m.from >= from && m.to <= to && m.to > m.from {
			m.kind = markNoise
		}
	}
}

// partFacts gives an order what is said of it at the end by a part of its customer's name: 木门厂的周一早上要, 滨江周四送.
func (r *reading) partFacts() {
	s := r.s
	last := r.secs[len(r.secs)-1]
	for i := last.from; i < last.to; i++ {
		if s.owner[i] >= 0 || i == last.from || s.r[i-1] != '\n' && s.r[i-1] != ',' && s.r[i-1] != '。' && s.r[i-1] != ';' {
			continue
		}
		e := i
		for e < last.to && e-i < 5 && isHan(s.r[e]) && s.r[e] != '的' && s.owner[e] < 0 {
			e++
		}
		end := s.clauseEnd(i)
		if e-i < 2 || s.quantityIn2(i, end) {
			continue
		}
		if s.r[min(e, len(s.r)-1)] != '的' {
			if m := s.at(e); m == nil || m.kind != markDate && m.kind != markCarrier {
				continue
			}
		}
		var named []*section
		for _, sec := range r.secs {
			if slices.ContainsFunc(sec.customers, func(id int32) bool {
				return slices.ContainsFunc(r.x.customers[id].names(), func(n []rune) bool { return pairsIn(string(n), s.r[i:e]) > 0 })
			}) {
				named = append(named, sec)
			}
		}
		if len(named) != 1 || named[0] == last {
			continue
		}
		s.hand(i, end, &named[0].facts)
		i = end
	}
}

// laterFacts cuts off from the last section what is said of one customer's order at the end: 鑫达走自提.
func (r *reading) laterFacts(named []mark) {
	last := r.secs[len(r.secs)-1]
	r.former()
	r.partFacts()
	for _, m := range named {
		if m.from <= last.from || overlapIDs(m.ids, last.customers) != nil && m.from < last.from+1 {
			continue
		}
		for _, sec := range r.secs {
			if overlapIDs(m.ids, sec.customers) == nil || r.s.quantityIn2(m.to, r.s.clauseEnd(m.to)) {
				continue
			}
			if m.from > sec.from && (sec != last || m.from > last.from+1) && m.from >= last.from {
				end := r.s.clauseEnd(m.to)
				if sec != last {
					r.s.gather(m.from, end, &sec.facts)
					for k := range r.s.marks {
						if o := &r.s.marks[k]; o.from >= m.from && o.to <= end && o.to > o.from && o.kind != markNoise && o.kind != markCustomer {
							o.kind = markNoise
						}
					}
				}
			}
		}
	}
}

func overlapIDs(a, b []int32) []int32 {
	var out []int32
	for _, id := range a {
		if slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}

// ownedElsewhere tells that a customer is only spoken about: 那单是桥头的, 百草堂说.
func (s *scan) ownedElsewhere(m mark) bool {
	start := m.from
	for start > 0 && !isBreak(s.r[start-1]) {
		start--
	}
	before := string(s.r[start:m.from])
	if strings.Contains(before, "那单") || strings.Contains(before, "别给") || strings.Contains(before, "不是") || says(before, []string{"别又", "别录", "别写", "别搞", "别弄", "别记", "不要录", "不要写", "不要记"}) {
		return true
	}
	after := string(s.r[m.to:min(len(s.r), m.to+3)])
	return strings.HasPrefix(after, "说你") || strings.HasPrefix(after, "那单")
}

// quantityIn2 tells whether goods are counted in r[from:to].
func (s *scan) quantityIn2(from, to int) bool {
	for i := from; i < to; i++ {
		if n, ok := readNumeral(s.r[:to], i); ok {
			if u, e := s.unitAfter(n.to); u != "" && !sizeUnits[u] && e <= to {
				return true
			}
			if s.r[i] != ' ' && isDigit(s.r[i]) && i > from+1 && s.x.bears(s.r[i-2], s.r[i-1]) && n.bare && (n.to >= to || s.r[n.to] == ' ' || isBreak(s.r[n.to])) {
				return true // 冷角阀20 马桶法兰10
			}
			i = max(i, n.to-1)
		}
	}
	for i := from; i+1 < to; i++ {
		if (s.r[i] == '*' || s.r[i] == 'x') && isDigit(s.r[i+1]) && i > from && isHan(s.r[i-1]) {
			return true
		}
	}
	return false
}

// addressBefore is where the address begins that stands directly before i, -1 if there is none.
func (s *scan) addressBefore(i int) int {
	k := i
	for k > 0 && s.r[k-1] == ' ' {
		k--
	}
	if m := s.at(k - 1); m != nil && m.kind == markAddress && m.to == k {
		return m.from
	}
	return -1
}

// people are the customers whose contacts the message names.
func (r *reading) people() []int32 {
	for _, m := range r.s.marks {
		if m.kind == markPerson && m.to > m.from {
			return r.byAddress(m.ids)
		}
	}
	for _, m := range r.s.marks {
		if m.kind == markContact && m.to > m.from {
			if n, e := r.s.x.contacts.longest(r.s.r, m.from); n != nil && e == m.to {
				return r.byAddress(n.ids)
			}
		}
	}
	for _, m := range r.s.marks {
		if m.kind == markPhone {
			if ids := r.x.phones.get(m.text); len(ids) > 0 {
				return ids
			}
		}
	}
	// an address that is exactly one customer's
	for _, m := range r.s.marks {
		if m.kind == markAddress && m.to-m.from >= 5 {
			a := squeeze(r.s.r[m.from:m.to])
			var ids []int32
			if hasDigit(a) {
				ids = r.x.livingAt(a)
			}
			if len(ids) == 1 {
				return ids
			}
		}
	}
	return nil
}

func (r *reading) byAddress(ids []int32) []int32 {
	if len(ids) < 2 {
		return ids
	}
	return r.narrow(&section{from: 0, to: len(r.s.r), customers: ids})
}

// narrow leaves of several customers those that fit an address, a contact, a phone or a region of the section.
func (r *reading) narrow(sec *section) []int32 {
	s, x := r.s, r.x
	keep := func(fits func(id int32) bool) []int32 {
		var out []int32
		for _, id := range sec.customers {
			if fits(id) {
				out = append(out, id)
			}
		}
		return out
	}
	for i := sec.from; i < sec.to; {
		m := s.at(i)
		if m == nil {
			i++
			continue
		}
		var out []int32
		switch m.kind {
		case markAddress:
			a := string(squeeze(s.r[m.from:m.to]))
			out = keep(func(id int32) bool {
				own := string(x.customers[id].address)
				return len([]rune(a)) >= 3 && own != "" && (strings.Contains(own, a) || strings.Contains(a, own) || sameHouse(own, a))
			})
		case markPhone:
			out = keep(func(id int32) bool { return slices.Contains(x.phones.get(m.text), id) })
		case markPerson, markContact:
			out = keep(func(id int32) bool {
				c := string(x.customers[id].contact)
				return c != "" && c == string(s.r[m.from:m.to])
			})
		default:
		}
		if len(out) == 1 {
			return out
		}
		i = max(m.to, i+1)
	}
	text := string(s.r[sec.from:sec.to])
	if out := keep(func(id int32) bool {
		region := string(normal(x.customer(id).Region))
		return region != "" && strings.Contains(text, region)
	}); len(out) == 1 {
		return out
	}
	return sec.customers
}

// house is the street and number of an address.
var house = regexp.MustCompile(`(\p{Han}{1,8}[路街道巷弄])(\d+号)`)

// sameHouse tells whether two addresses name one street and number: 青溪县文昌街2号, 文昌街2号小门.
func sameHouse(a, b string) bool {
	x, y := house.FindStringSubmatch(a), house.FindStringSubmatch(b)
	return x != nil && y != nil && x[2] == y[2] && (strings.HasSuffix(x[1], y[1]) || strings.HasSuffix(y[1], x[1]))
}

// billedAbove fits what says that the head office is billed for its branches: 都记总部账上, 两个都挂总部的账, 总店统一结.
var billedAbove = regexp.MustCompile(`[走挂记入算](?:到|在)?[^\s,，。;；、:：]{0,8}(?:总(?:部|店|公司|仓|院)|集团)|总(?:部|店|公司|仓|院)的?(?:那边|这边)?(?:账|户|名下|统一|来?[结付])|都走总`)

// branchSections parts a customer's own message by the branches it names with a colon.
func (r *reading) branchSections(named []mark) {
	s := r.s
	n := len(s.r)
	own := []int32{r.cust}
	billed := billedAbove.MatchString(r.text) || says(r.text, []string{"总公司", "统一开票", "统一结算"})
	var labels []mark
	for k, m := range named {
		end := n
		if k+1 < len(named) {
			end = named[k+1].from
		}
		if m.to < n && (strings.ContainsRune(":-\n", s.r[m.to]) || s.goodsAhead(m.to)) && s.quantityIn2(m.to, end) && (m.from == 0 || isBreak(s.r[m.from-1]) || s.r[m.from-1] == ' ' || s.owner[m.from-1] >= 0 || s.amountEnds(m.from)) {
			labels = append(labels, m)
		}
	}
	if len(labels) == 0 || len(labels) == 1 && (overlapIDs(labels[0].ids, own) != nil || !billed && labels[0].from > 4 && !s.quantityIn2(0, labels[0].from)) {
		cust := own
		if len(labels) == 1 && overlapIDs(labels[0].ids, own) == nil && len(labels[0].ids) == 1 && !billed {
			cust = labels[0].ids
		}
		r.secs = []*section{{from: 0, to: n, customers: cust}}
		return
	}
	if s.quantityIn2(0, labels[0].from) {
		r.secs = append(r.secs, &section{from: 0, to: labels[0].from, customers: own})
	}
	for k, m := range labels {
		sec := &section{from: m.from, to: n, customers: m.ids, named: true}
		if billed {
			sec.customers = own
		}
		if k == 0 && len(r.secs) == 0 {
			sec.from = 0
		}
		if k+1 < len(labels) {
			sec.to = labels[k+1].from
		}
		if both := overlapIDs(sec.customers, own); len(sec.customers) > 1 && len(both) > 0 {
			sec.customers = both
		}
		r.secs = append(r.secs, sec)
	}
}

// goodsAhead tells whether what is ordered stands at r[i]: 南湖店要5箱口罩, 南湖店那5箱….
func (s *scan) goodsAhead(i int) bool {
	for i < len(s.r) && strings.ContainsRune("那要订来的再给 ", s.r[i]) {
		i++
	}
	if i >= len(s.r) {
		return false
	}
	if s.nameAt(i) {
		return true
	}
	n, ok := readNumeral(s.r, i)
	if !ok {
		return false
	}
	u, _ := s.unitAfter(n.to)
	return u != ""
}

// nameAt tells whether a product's name stands at r[i].
func (s *scan) nameAt(i int) bool {
	n, e := s.x.names.longest(s.r, i)
	return n != nil && e-i >= 2
}

// turnSections parts a forwarded conversation by the customers who speak in it.
func (r *reading) turnSections() {
	s := r.s
	n := len(s.r)
	var secs []*section
	for k := range s.turns {
		t := &s.turns[k]
		if t.seller || len(t.ids) == 0 {
			if len(secs) > 0 && !t.seller {
				secs[len(secs)-1].to = t.to
			}
			continue
		}
		if len(secs) > 0 && overlapIDs(secs[len(secs)-1].customers, t.ids) != nil {
			secs[len(secs)-1].to = t.to
			continue
		}
		secs = append(secs, &section{from: t.from, to: t.to, customers: t.ids})
	}
	// who is named outside the turns goes before who speaks
	var named []int32
	for _, m := range s.marks {
		if m.kind != markCustomer || m.to <= m.from || s.ownedElsewhere(m) {
			continue
		}
		if t := s.turnAt(m.from); t != nil && t.seller {
			continue
		}
		named = m.ids
	}
	if len(secs) <= 1 {
		sec := &section{from: 0, to: n}
		if len(secs) == 1 {
			sec.customers = secs[0].customers
		}
		switch {
		case len(named) > 0 && overlapIDs(named, sec.customers) != nil:
			sec.customers = overlapIDs(named, sec.customers)
		case len(named) > 0:
			sec.customers = named
		case len(sec.customers) == 0:
			sec.customers = r.people()
			if len(sec.customers) == 0 {
				// the head may name the customer itself: 长城金属贺老板
				for _, t := range s.turns {
					if ids := r.namedIn([]rune(t.speaker)); len(ids) > 0 {
						sec.customers = ids
					}
				}
			}
			if len(sec.customers) == 0 && r.cust >= 0 {
				sec.customers = []int32{r.cust}
			}
		}
		if len(sec.customers) > 1 {
			sec.customers = r.narrow(sec)
		}
		r.secs = []*section{sec}
		return
	}
	// facts after the last goods of everybody belong to the last speaker
	secs[0].from = 0
	for k := range secs {
		if k+1 < len(secs) {
			secs[k].to = secs[k+1].from
		} else {
			secs[k].to = n
		}
	}
	r.secs = secs
}

// namedIn are the customers that are named in name.
func (r *reading) namedIn(name []rune) []int32 {
	for i := range name {
		if n, _ := r.x.buyers.longest(name, i); n != nil {
			return n.ids
		}
		if n, e := r.x.contacts.longest(name, i); n != nil && e == len(name) {
			return n.ids
		}
	}
	return nil
}

// settle shares out what is said for all orders, and parts orders that go to several places or on several days.
func (r *reading) settle() {
	if len(r.secs) > 1 {
		last := r.secs[len(r.secs)-1]
		// 都明天送: said at the end for all
		for _, m := range last.facts.dates {
			if r.forAll(m.from) {
				for _, sec := range r.secs[:len(r.secs)-1] {
					if due := sec.facts.due(); due == nil || due.weight < m.when.weight {
						sec.facts.dates = append(sec.facts.dates, m)
					}
				}
			}
		}
		for _, k := range [...]markKind{markCarrier, markPayment, markUrgent} {
			for _, m := range r.s.marks {
				if m.kind == k && m.to > m.from && r.forAll(m.from) {
					for _, sec := range r.secs {
						if sec == last || k == markCarrier && sec.facts.carrier != "" {
							continue
						}
						r.s.take(m, &sec.facts)
					}
				}
			}
		}
	}
	var out []*section
	for _, sec := range r.secs {
		out = append(out, r.part(sec)...)
	}
	r.secs = out
}

// forAll tells whether what stands at i is said of all orders.
func (r *reading) forAll(i int) bool {
	cl := clauseAround(r.s.r, i)
	return strings.ContainsAny(cl, "都均") || strings.Contains(cl, "全部") || strings.Contains(cl, "一起") || strings.Contains(cl, "一律") || strings.Contains(cl, "统一")
}

// part splits a section whose goods go out in several deliveries.
func (r *reading) part(sec *section) []*section {
	if sec.b == nil || len(sec.items) == 0 {
		return []*section{sec}
	}
	if out := r.allot(sec); len(out) > 1 {
		return out
	}
	r.over = append(r.over, sec.leftOver()...)
	if out := r.partByMarks(sec, markDate); len(out) > 1 {
		return out
	}
	if out := r.partByMarks(sec, markAddress); len(out) > 1 {
		return out
	}
	if out := r.partByGoods(sec); len(out) > 1 {
		return out
	}
	return []*section{sec}
}

// partByGoods splits an order whose goods are named again with a day for each: 筷子明天就要,三件套下周一再送.
func (r *reading) partByGoods(sec *section) []*section {
	s, b := r.s, sec.b
	days := map[*wanted]mark{}
	values := map[string]bool{}
	again := slices.SortedFunc(slices.Values(slices.Concat(b.answers, b.named)), func(x, y *mention) int { return x.from - y.from })
	for n, m := range again {
		from, to := m.from, sec.to
		for from > sec.from && !strings.ContainsRune(",。;\n!?", s.r[from-1]) {
			from--
		}
		if n+1 < len(again) {
			to = again[n+1].from
		}
		var f facts2
		s.gather(from, s.sentenceEnd(m.to, to), &f)
		due := f.due()
		of := b.find(m)
		if due == nil || due.vague != "" || len(of) != 1 || of[0].from > m.from {
			return nil
		}
		for _, d := range f.dates {
			if d.when.value() == due.value() {
				days[of[0]] = d
			}
		}
		values[due.value()] = true
	}
	if len(values) < 2 {
		return nil
	}
	var out []*section
	for _, it := range sec.items {
		d, ok := days[it]
		if !ok {
			return nil
		}
		same := slices.IndexFunc(out, func(o *section) bool { return o.facts.dates[0].when.value() == d.when.value() })
		if same < 0 {
			one := &section{from: sec.from, to: sec.to, customers: sec.customers, facts: sec.facts}
			one.facts.dates = []mark{d}
			same, out = len(out), append(out, one)
		}
		out[same].items = append(out[same].items, it)
	}
	return out
}

// partByMarks splits where goods and a date or address of their own take turns.
func (r *reading) partByMarks(sec *section, kind markKind) []*section {
	s := r.s
	var ms []mark
	for i := sec.from; i < sec.to; {
		m := s.at(i)
		if m == nil {
			i++
			continue
		}
		if m.kind == kind && (kind != markDate || m.when.weight > -5 && m.when.vague == "") {
			if len(ms) == 0 || kind == markAddress || ms[len(ms)-1].when.value() != m.when.value() {
				ms = append(ms, *m)
			}
		}
		i = max(m.to, i+1)
	}
	if len(ms) < 2 {
		return nil
	}
	count := func(from, to int) int {
		n := 0
		for _, it := range sec.items {
			if it.from >= from && it.from < to && it.kept == nil && !it.fixed {
				n++
			}
		}
		return n
	}
	trailing, leading := true, true
	prev := sec.from
	for k, m := range ms {
		if count(prev, m.from) == 0 {
			trailing = false
		}
		next := sec.to
		if k+1 < len(ms) {
			next = ms[k+1].from
		}
		if count(m.to, next) == 0 {
			leading = false
		}
		prev = m.to
	}
	if trailing == leading {
		return nil
	}
	var out []*section
	begin, placed := sec.from, false
	for k, m := range ms {
		from, to := begin, sec.to
		if trailing {
			if k+1 < len(ms) {
				to = sec.factsEnd(s, m.to, ms[k+1].from)
			}
		} else {
			from = m.from
			if k == 0 {
				from = sec.from
			}
			if k+1 < len(ms) {
				to = ms[k+1].from
			}
		}
		one := &section{from: from, to: to, customers: sec.customers}
		one.facts = sec.facts
		var f facts2
		s.gather(from, to, &f)
		one.facts.dates, one.facts.address, one.facts.contact, one.facts.phone, one.facts.badly = f.dates, f.address, f.contact, f.phone, f.badly
		if kind == markDate && f.address != "" && f.address != sec.facts.address { // each day has a place of its own
			placed = true
		}
		if kind == markDate && !placed {
			one.facts.address, one.facts.contact, one.facts.phone, one.facts.badly = sec.facts.address, sec.facts.contact, sec.facts.phone, sec.facts.badly
		} else if len(f.dates) == 0 {
			one.facts.dates = sec.facts.dates
		}
		for _, it := range sec.items {
			if it.from >= from && it.from < to {
				one.items = append(one.items, it)
			}
		}
		if len(one.items) == 0 {
			return nil
		}
		out = append(out, one)
		begin = to
	}
	return out
}

// factsEnd is where the clauses end that say who receives what goes to the place that ends at i: 寄湖滨路51号,小岑138….
func (sec *section) factsEnd(s *scan, i, limit int) int {
	to := s.commaEnd(i, limit)
	for to < limit {
		end := s.commaEnd(to+1, limit)
		who, goods := false, false
		for k := to + 1; k < end; k++ {
			m := s.at(k)
			who = who || m != nil && (m.kind == markPhone || m.kind == markContact)
		}
		for _, it := range sec.items {
			goods = goods || it.from > to && it.from < end
		}
		if !who || goods {
			break
		}
		to = end
	}
	return to
}

// sentenceEnd is where the sentence at i ends.
func (s *scan) sentenceEnd(i, limit int) int {
	for i < limit && !strings.ContainsRune("。;\n!?", s.r[i]) {
		i++
	}
	return i
}

// commaEnd is where the clauses about what stands before i end, at most limit.
func (s *scan) commaEnd(i, limit int) int {
	for i < limit && !strings.ContainsRune(",。;\n!?", s.r[i]) {
		i++
	}
	return i
}
