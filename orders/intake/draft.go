package intake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// A section is a part of a message that is about one order.
type section struct {
	from, to  int
	customers []int32 // several: which of them is not certain
	named     bool
	items     []*wanted
	b         *builder
	facts     facts2
}

// facts2 are the things said about an order besides its goods.
type facts2 struct {
	dates   []mark
	carrier string
	contact string
	phone   string
	badly   string // a phone number that is none
	address string
	wide    bool // the address is a region, and goods need more to arrive
	payment string
	po      string
	urgent  []string
	notes   []string
	at      map[string]span // where each was read
}

// place records where a field was read. Facts are copied from order to order, so the record is too.
func (f *facts2) place(name string, at span) {
	f.at = maps.Clone(f.at)
	if f.at == nil {
		f.at = map[string]span{}
	}
	f.at[name] = at
}

// gather collects what the marks in [from,to) say, leaving out those for which skip is true.
func (s *scan) gather(from, to int, f *facts2) {
	for i := from; i < to; {
		m := s.at(i)
		if m == nil {
			i++
			continue
		}
		e := max(m.to, i+1)
		if m.from >= from || i == from {
			s.take(*m, f)
		}
		i = e
	}
}

func (s *scan) take(m mark, f *facts2) {
	here := span{m.from, m.to}
	first := func(name string, p *string, v string) {
		if *p == "" {
			*p = v
			f.place(name, here)
		}
	}
	switch m.kind {
	case markDate:
		f.dates = append(f.dates, m)
	case markCarrier:
		if m.text != "" {
			f.carrier = m.text
			f.place("carrier", here)
		}
	case markContact:
		first("contact", &f.contact, m.text)
	case markPhone:
		first("phone", &f.phone, m.text)
	case markBadPhone:
		first("phone", &f.badly, m.text)
	case markAddress:
		first("address", &f.address, m.text)
	case markPayment:
		first("payment", &f.payment, m.text)
	case markPO:
		first("po", &f.po, m.text)
	case markUrgent:
		f.urgent = append(f.urgent, s.quote(m.from, m.to))
		f.place("urgent", here)
	case markNote:
		f.notes = append(f.notes, m.text)
	default:
	}
}

// due chooses the deadline among the dates.
func (f *facts2) due() *when {
	var best *when
	for i := range f.dates {
		w := &f.dates[i].when
		if w.weight <= -5 {
			continue
		}
		if best == nil || w.weight >= best.weight && (w.vague == "" || best.vague != "") {
			best = w
		}
	}
	return best
}

var noteWords = strings.Fields("发票 开票 专票 普票 开专 单独 整包发 整箱发 零头 检验报告 质检报告 合格证 打电话 老价格 老价 到付 效期 批号 包装 标签 签字 回单 随货 有的话 没有就 没有的话 如果没有 老地方 不要混 日期新鲜 新日期 轻放 防潮 不要拆 送货单写 备注 面单 盖章 带票 别送 不要送 别混 先到 分开 打托 打木架 打木箱 钉木箱 用木箱 缠膜 缠绕膜 气泡膜")

var noteLeads = leadsOf(noteWords)

// noteKeys head notes and are none themselves.
var noteKeys = strings.Fields("备注 附注 说明 备注说明 要求 特殊要求 其他要求 包装要求 注意 注意事项")

// findNotes collects wishes that have no field of their own.
func (s *scan) findNotes(from, to int) []string {
	var out []string
	s.clauses(from, to, func(f, t int, _ rune) {
		if s.isWish(f, t) {
			out = append(out, s.quote(f, t))
			return
		}
		if slices.Contains(noteKeys, strings.TrimSpace(string(s.r[f:t]))) { // 备注：随货发票
			return
		}
		for i := f; i < t; i++ {
			if !noteLeads.has(s.r[i]) {
				continue
			}
			if w := wordOf(s.r, i, noteWords); w != "" {
				if m := s.at(i); m != nil {
					if m.kind == markNote {
						return
					}
					if m.kind == markPayment || m.kind == markCarrier {
						continue
					}
				}
				from, to := f, t
				for k := f; k < t; k++ {
					if m := s.at(k); m != nil && m.kind == markQty { // only the words about the wish
						from, to = i, i
						for from > f && s.r[from-1] != ' ' && s.owner[from-1] < 0 {
							from--
						}
						for to < t && s.r[to] != ' ' && s.owner[to] < 0 {
							to++
						}
						break
					}
				}
				if q := s.quote(from, to); q != "" && !slices.Contains(out, q) {
					out = append(out, q)
				}
				return
			}
		}
	})
	return out
}

// draftLine makes the order line of an item, with the questions it raises.
func (x *Lexicon) draftLine(it *wanted, cust int32, path string) (Line, []Ask) {
	if it.kept != nil {
		return *it.kept, nil
	}
	var asks []Ask
	ask := func(field, reason, text string, options []int32) {
		a := Ask{Field: path + "." + field, Reason: reason, Text: text}
		for _, id := range options {
			a.Options = append(a.Options, string(x.product(id).Code))
		}
		if field == "product" && it.res.reason != ReasonConflict {
			a.Said, a.Key = it.said, it.key()
		}
		asks = append(asks, a)
	}
	l := Line{Gift: it.gift}
	q := it.q
	switch {
	case q.none || q.more:
	case !q.value.IsPositive(): // less of what nobody ordered
		q.more, q.unit = true, ""
	default:
		l.Quantity = trim(q.value)
	}
	r := it.res
	name := it.said
	if name == "" && it.m != nil {
		name = string(it.m.han)
	}
	if name == "" {
		name = "这一行"
	}
	switch {
	case r.product < 0 && r.reason == ReasonAmbiguous:
		ask("product", ReasonAmbiguous, x.whichText(name, r.options), r.options)
	case r.product < 0:
		reason := r.reason
		if reason == "" {
			reason = ReasonUnknown
		}
		text := fmt.Sprintf("没有找到「%s」，请确认品名规格。", name)
		if len(r.options) > 0 {
			text = fmt.Sprintf("没有找到「%s」，是%s吗？", name, x.titles(r.options, 3))
		}
		ask("product", reason, text, r.options)
	case r.reason == ReasonUnknown:
		ask("product", ReasonUnknown, fmt.Sprintf("没有找到「%s」，是%s吗？", name, x.titles(r.options, 1)), r.options)
	case r.reason == ReasonConflict:
		ask("product", ReasonConflict, fmt.Sprintf("「%s」前后对不上，是%s？", name, x.titles(r.options, 3)), r.options)
	}
	if r.product < 0 {
		l.Unit = q.unit
		switch {
		case q.none:
			ask("quantity", ReasonMissing, fmt.Sprintf("「%s」要多少？", name), nil)
		case q.more && l.Unit == "":
			ask("quantity", ReasonAmbiguous, fmt.Sprintf("「%s」具体要多少？", name), nil)
		}
		if it.price != nil && it.price.doubt == "" {
			l.Price = trim(it.price.value)
		}
		return l, asks
	}
	p := x.product(r.product)
	l.Product = string(p.Code)
	if it.optionsOf == l.Product {
		l.Options = it.options
	}
	if q.none {
		ask("quantity", ReasonMissing, fmt.Sprintf("%s要多少%s？", p.Title(), p.Unit), nil)
		return l, asks
	}
	if q.more {
		ask("quantity", ReasonAmbiguous, fmt.Sprintf("%s具体要多少%s？", p.Title(), cmp.Or(q.unit, p.Unit)), nil)
		if u, _, _, ok := productUnit(p, q.unit); ok {
			l.Unit = u
		}
		return l, asks
	}
	a, ok := in(p, q.value, q.unit)
	if !ok {
		l.Unit = ""
		ask("unit", ReasonUnknown, fmt.Sprintf("%s没有“%s”这个单位，%s%s是多少%s？", p.Name, q.unit, trim(q.value), q.unit, p.Unit), nil)
		if len(q.rest) == 0 && it.clash == nil {
			askedUnit(&asks[len(asks)-1], p, q.unit)
		}
		return l, asks
	}
	rest := q.rest
	if it.clash != nil {
		b, ok := in(p, it.clash.value, it.clash.unit)
		sa, _ := p.UnitSize(a.unit)
		switch {
		case !ok:
			ask("unit", ReasonUnknown, fmt.Sprintf("%s没有“%s”这个单位，是多少%s？", p.Name, it.clash.unit, p.Unit), nil)
			l.Unit = a.unit
			return l, asks
		case b.base.Equal(a.base):
		case b.base.LessThan(sa):
			rest = append(slices.Clone(rest), *it.clash)
		default:
			ask("quantity", ReasonConflict, fmt.Sprintf("%s是%s%s还是%s%s？", p.Title(), trim(a.quantity), a.unit, trim(b.quantity), b.unit), nil)
		}
	}
	if len(rest) > 0 {
		base := a.base
		whole := a
		sameKind := true
		for _, b := range rest {
			c, ok := in(p, b.value, b.unit)
			if !ok {
				ask("unit", ReasonUnknown, fmt.Sprintf("%s没有“%s”这个单位，是多少%s？", p.Name, b.unit, p.Unit), nil)
				l.Unit = ""
				return l, asks
			}
			base = base.Add(c.base)
			if c.unit != whole.unit {
				sameKind = false
			}
			whole.quantity = whole.quantity.Add(c.quantity)
		}
		a = amount{quantity: base, base: base, unit: p.Unit}
		if sameKind { // 3斤5两 of what is sold by the kilogram
			a = amount{quantity: whole.quantity, base: base, unit: whole.unit}
		}
	}
	l.Quantity, l.Unit, l.BaseQuantity = trim(a.quantity), a.unit, trim(a.base)
	if it.equal != nil {
		if e, ok := in(p, it.equal.value, it.equal.unit); ok && !e.base.Equal(a.base) {
			ask("quantity", ReasonConflict, fmt.Sprintf("%s %s%s是%s%s，您写%s%s，以哪个为准？", p.Title(), l.Quantity, l.Unit, l.BaseQuantity, p.Unit, trim(it.equal.value), it.equal.unit), nil)
		}
	}
	if len(it.halves) == 2 {
		asks = append(asks, Ask{
			Field: path + ".quantity", Reason: ReasonAmbiguous, Said: trim(it.halves[0].Add(it.halves[1])) + q.unit,
			Text: fmt.Sprintf("%s %s%s分不成两半，这里要多少？", p.Title(), trim(it.halves[0].Add(it.halves[1])), l.Unit), Options: []string{trim(it.halves[0]), trim(it.halves[1])},
		})
	}
	if usual := x.largestOrdered(cust, r.product); usual.IsPositive() && a.base.GreaterThanOrEqual(usual.Mul(decimal.NewFromInt(10))) && !it.gift {
		ask("quantity", ReasonUnusual, fmt.Sprintf("%s这次%s%s，以前最多%s%s，数量确认吗？", p.Title(), l.Quantity, l.Unit, trim(usual), p.Unit), nil)
	}
	if it.price != nil && !it.gift {
		asks = append(asks, x.setPrice(&l, it, cust, path)...)
	}
	return l, asks
}

// setPrice converts the price said to one for a unit as ordered and checks it.
func (x *Lexicon) setPrice(l *Line, it *wanted, cust int32, path string) []Ask {
	p := x.product(it.res.product)
	usual := x.usualPrice(cust, it.res.product)
	size, _ := p.UnitSize(l.Unit)
	price := it.price.value
	if it.price.doubt != "" {
		return []Ask{{Field: path + ".price", Reason: ReasonAmbiguous, Text: fmt.Sprintf("%s的价格是“%s”，每%s是人民币多少元？", p.Title(), it.price.doubt, l.Unit)}}
	}
	quantity, _ := decimal.NewFromString(l.Quantity)
	switch {
	case it.price.per != "":
		u, factor, loose, ok := productUnit(p, it.price.per)
		if !ok {
			return []Ask{{Field: path + ".price", Reason: ReasonConflict, Text: fmt.Sprintf("%s的价格%s元是每%s吗？", p.Title(), trim(price), l.Unit)}}
		}
		if loose && isPiece(l.Unit) || loose && u == p.Unit && !isPiece(p.Unit) {
			u = l.Unit
			if size.Equal(decimal.NewFromInt(1)) || !isPiece(l.Unit) {
				u = p.Unit
			}
		}
		if it.price.per == "打" && u == p.Unit {
			price = price.Div(factor)
		}
		ps, _ := p.UnitSize(u)
		if u != l.Unit && ps.IsPositive() {
			price = price.Mul(size).Div(ps)
		}
	case !size.Equal(decimal.NewFromInt(1)) && usual.IsPositive():
		if it.total != nil && near(quantity.Mul(price), it.total.value) {
			break
		}
		base, _ := decimal.NewFromString(l.BaseQuantity)
		if it.total != nil && near(base.Mul(price), it.total.value) || ratio(price, usual).LessThan(ratio(price, usual.Mul(size))) {
			price = price.Mul(size)
		}
	}
	l.Price = trim(price.Round(6))
	var asks []Ask
	if it.total != nil && !it.totalled && !near(quantity.Mul(price), it.total.value) {
		asks = append(asks, Ask{Field: path + ".price", Reason: ReasonConflict, Text: fmt.Sprintf("%s %s%s×%s元是%s元，您写%s元，以哪个为准？", p.Title(), l.Quantity, l.Unit, l.Price, trim(quantity.Mul(price)), trim(it.total.value))})
		return asks
	}
	if expected := usual.Mul(size); expected.IsPositive() {
		two := decimal.NewFromInt(2)
		if price.Mul(two).LessThanOrEqual(expected) || price.GreaterThanOrEqual(expected.Mul(two)) {
			asks = append(asks, Ask{Field: path + ".price", Reason: ReasonUnusual, Text: fmt.Sprintf("%s单价%s元/%s，平时是%s元，单价确认一下？", p.Title(), l.Price, l.Unit, trim(expected))})
		}
	}
	return asks
}

// whichText asks which of several products is meant.
func (x *Lexicon) whichText(name string, options []int32) string {
	name = strings.TrimSpace(name)
	return fmt.Sprintf("「%s」要哪一种：%s？", name, x.titles(options, 4))
}

func (x *Lexicon) titles(ids []int32, most int) string {
	var parts []string
	for i, id := range ids {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, x.product(id).Title())
	}
	return strings.Join(parts, "、")
}

// finish makes drafts and asks of the sections.
func (x *Lexicon) finish(secs []*section, now time.Time, from int) ([]Draft, []Ask, [][]string) {
	var drafts []Draft
	var asks []Ask
	var words [][]string
	for n, sec := range secs {
		path := fmt.Sprintf("orders[%d]", from+n)
		d := Draft{Carrier: sec.facts.carrier, Contact: sec.facts.contact, Phone: sec.facts.phone, Address: sec.facts.address, Payment: sec.facts.payment, PO: sec.facts.po, Note: strings.Join(sec.facts.notes, ";"), UrgentWords: strings.Join(sec.facts.urgent, " ")}
		cust := int32(-1)
		switch len(sec.customers) {
		case 1:
			cust = sec.customers[0]
			d.Customer = string(x.customer(cust).Code)
		case 0:
			asks = append(asks, Ask{Field: path + ".customer", Reason: ReasonMissing, Text: "这单是哪家客户的？"})
		default:
			a := Ask{Field: path + ".customer", Reason: ReasonAmbiguous}
			var names []string
			for _, id := range sec.customers {
				a.Options = append(a.Options, string(x.customer(id).Code))
				names = append(names, x.customer(id).Name)
			}
			a.Text = "是哪家客户：" + strings.Join(names, "，还是") + "？"
			asks = append(asks, a)
		}
		if w := sec.facts.due(); w != nil {
			d.DeliverBy = w.value()
			sec.facts.place("deliver_by", span{w.from, w.to})
			switch {
			case w.vague != "":
				asks = append(asks, Ask{Field: path + ".deliver_by", Reason: ReasonAmbiguous, Text: fmt.Sprintf("“%s”具体是哪一天要？", w.vague)})
			case w.clash:
				asks = append(asks, Ask{Field: path + ".deliver_by", Reason: ReasonConflict, Text: "要货的日期和星期几对不上，是哪一天？"})
			case w.past:
				asks = append(asks, Ask{Field: path + ".deliver_by", Reason: ReasonConflict, Text: pastText(d.DeliverBy, now)})
			}
			d.Urgent = w.soon(now) && !w.past
		}
		if len(sec.facts.urgent) > 0 {
			d.Urgent = true
		}
		if sec.facts.wide {
			asks = append(asks, Ask{Field: path + ".address", Reason: ReasonUnusual, Text: "送" + d.Address + "的完整地址是？"})
		}
		if sec.facts.badly != "" && d.Phone == "" {
			asks = append(asks, badPhone(path, sec.facts.badly))
		}
		var said []string
		sum := decimal.Zero
		for k, it := range sec.items {
			if it.price != nil && !it.gift {
				sum = sum.Add(it.price.value.Mul(it.q.value))
				it.totalled = k > 0 && it.total != nil && near(sum, it.total.value)
			}
			l, as := x.draftLine(it, cust, fmt.Sprintf("%s.lines[%d]", path, k))
			d.Lines = append(d.Lines, l)
			asks = append(asks, as...)
			said = append(said, it.said)
		}
		if len(sec.items) == 0 {
			asks = append(asks, Ask{Field: path + ".lines", Reason: ReasonMissing, Text: "要什么货、多少，请发一下。"})
		} else if sec.b != nil {
			asks = append(asks, x.sumAsks(sec, &d, path)...)
		}
		drafts = append(drafts, d)
		words = append(words, said)
	}
	return drafts, asks, words
}

// badPhone asks for a phone number again that can be none.
func badPhone(path, said string) Ask {
	text := fmt.Sprintf("手机号%s是%d位，应是1开头的11位数字（如13800000000），请再发一下。", said, len([]rune(said)))
	if len([]rune(said)) == 11 {
		text = fmt.Sprintf("手机号%s不是可用的号段，请核对后再发一下。", said)
	}
	return Ask{Field: path + ".phone", Reason: ReasonUnknown, Text: text}
}

// pastText asks about a deadline that has passed.
func pastText(deadline string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, deadline)
	layout := "1月2日 15:04"
	if err != nil {
		t, err = time.Parse(time.DateOnly, deadline)
		layout = "1月2日"
	}
	if err != nil {
		return "要货时间已经过了，请确认。"
	}
	if t.Year() != now.Year() {
		layout = "2006年" + layout
	}
	return fmt.Sprintf("要货时间%s已经过了，什么时候要？", t.Format(layout))
}

// sumAsks compares what a message says that its lines add up to.
func (x *Lexicon) sumAsks(sec *section, d *Draft, path string) []Ask {
	var out []Ask
	for _, m := range sec.b.sums {
		if a := x.otherAmount(sec, m, path); a != nil {
			return append(out, *a)
		}
		sum, all := decimal.Zero, true
		for _, it := range sec.items {
			if it.kept != nil || it.gift {
				continue
			}
			if !sameUnit(it.q.unit, m.qty.unit) {
				all = false
				continue
			}
			sum = sum.Add(it.q.value)
		}
		if (all || sum.IsPositive()) && !sum.Equal(m.qty.value) && all {
			out = append(out, Ask{Field: path + ".lines", Reason: ReasonConflict, Text: fmt.Sprintf("加起来是%s%s，您写一共%s%s，各要多少？", trim(sum), m.qty.unit, trim(m.qty.value), m.qty.unit)})
			break
		}
	}
	if len(sec.b.totals) > 0 && len(d.Lines) > 1 {
		sum := decimal.Zero
		for _, l := range d.Lines {
			if l.Gift {
				continue
			}
			p, err1 := decimal.NewFromString(l.Price)
			q, err2 := decimal.NewFromString(l.Quantity)
			if err1 != nil || err2 != nil {
				return out
			}
			sum = sum.Add(p.Mul(q))
		}
		total := sec.b.totals[len(sec.b.totals)-1].price.value
		single := false
		for _, it := range sec.items {
			if it.total != nil && it.price != nil {
				single = true
			}
		}
		if !near(sum, total) && !single {
			out = append(out, Ask{Field: path + ".lines", Reason: ReasonConflict, Text: fmt.Sprintf("各项加起来是%s元，您写%s元，以哪个为准？", trim(sum), trim(total))})
		}
	}
	return out
}

// otherAmount asks about the one line of an order where what it is said to come to in another unit is not its quantity: 8盘,一共100米.
func (x *Lexicon) otherAmount(sec *section, sum mark, path string) *Ask {
	if len(sec.items) != 1 || sec.items[0].res.product < 0 || sec.items[0].q.none || sameUnit(sec.items[0].q.unit, sum.qty.unit) {
		return nil
	}
	it := sec.items[0]
	p := x.product(it.res.product)
	base := func(q quantity) decimal.Decimal {
		unit, factor, _, ok := productUnit(p, q.unit)
		size, has := p.UnitSize(unit)
		if !ok || !has {
			return decimal.Zero
		}
		return q.value.Mul(factor).Mul(size)
	}
	if one, all := base(it.q), base(sum.qty); one.IsZero() || all.IsZero() || near(one, all) {
		return nil
	}
	return &Ask{Field: path + ".lines[0].quantity", Reason: ReasonConflict, Text: fmt.Sprintf("%s%s和%s%s对不上，要多少？", trim(it.q.value), it.q.unit, trim(sum.qty.value), sum.qty.unit)}
}

// isWish tells whether the clause is a wish about the goods before it: 要新日期的.
func (s *scan) isWish(f, t int) bool {
	for f < t && s.r[f] == ' ' {
		f++
	}
	if t-f < 4 || t-f > 16 || !strings.ContainsRune("要别", s.r[f]) {
		return false
	}
	for i := f; i < t; i++ {
		if s.owner[i] >= 0 {
			return false
		}
	}
	return (s.r[t-1] == '的' || s.r[f] == '别') && len(s.x.candidateNames(s.r, f, t)) == 0
}
