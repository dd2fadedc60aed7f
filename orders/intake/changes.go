package intake

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// parts divides a clause without punctuation at the words that change goods: 普通口罩10盒 哦不 15盒 手消4瓶.
func (b *builder) parts(els []el) [][]el {
	var out [][]el
	start, lastQty, cue := 0, -1, false
	isQty := func(e el) bool {
		return e.kind == elMark && e.mark.kind == markQty && !e.mark.qty.spec && !e.mark.qty.size
	}
	for i, e := range els {
		if !isQty(e) && e.kind == elMark && e.mark.kind == markQty && i+1 < len(els) && els[i+1].kind == elMark && els[i+1].mark.kind == markPlus {
			lastQty = i // 五花肉60斤 再加…
		}
		if isQty(e) {
			if cue {
				// what follows the corrected quantity is new again, if it has a quantity of its own
				more := -1
				for j := i + 1; j < len(els); j++ {
					if isQty(els[j]) {
						more = j
						break
					}
					if els[j].kind == elMark && (els[j].mark.kind == markFix || els[j].mark.kind == markPlus || els[j].mark.kind == markSet || els[j].mark.kind == markMinus) {
						break
					}
				}
				if more > i+1 && i+1 < len(els) && els[i+1].kind == elWord && (e.to < els[i+1].from || els[i+1].from == e.to && !b.strongAt(els[i+1].from, els[i+1].to)) {
					out = append(out, els[start:i+1])
					start, lastQty, cue = i+1, -1, false
					continue
				}
			}
			lastQty = i
		}
		if e.kind != elMark {
			continue
		}
		switch e.mark.kind {
		case markFix, markPlus:
			if i > start && (lastQty >= start || e.mark.kind == markFix) {
				out = append(out, els[start:i])
				start = i
			}
			lastQty, cue = -1, true
		case markSet, markMinus:
			if lastQty >= start && lastQty+1 < i && b.namesAfter(els[lastQty+1:i]) && (e.mark.kind != markMinus || !b.refusesAfter(els, i)) {
				out = append(out, els[start:lastQty+1])
				start = lastQty + 1
			}
			lastQty, cue = -1, true
		default:
		}
	}
	out = append(out, els[start:])
	return slices.DeleteFunc(out, func(p []el) bool { return len(p) == 0 })
}

// namesAfter tells whether the words plainly name goods.
func (b *builder) namesAfter(els []el) bool {
	f, t, ok := wordSpan(els)
	return ok && b.strongAt(f, t)
}

// refusesAfter tells whether what is not wanted stands after 别发 or 不要 at els[i].
func (b *builder) refusesAfter(els []el, i int) bool {
	if strings.HasSuffix(string(b.s.r[els[i].from:els[i].to]), "了") {
		return false
	}
	f, t, ok := wordSpan(els[i+1:])
	return ok && !hasQty(els[i+1:]) && b.strongAt(f, t)
}

// find returns the items that m may mean, the best first.
func (b *builder) find(m *mention) []*wanted {
	if m.empty() {
		return nil
	}
	if r := b.s.x.resolve(m, nil, b.who, ""); r.product >= 0 && r.residue == 0 && r.head && !r.ctx && (bits.OnesCount64(m.content()) > 1 || len(m.toks) > 0 || m.code >= 0 || m.own != nil) {
		// goods that are told apart from all others are no others
		same := slices.Clone(b.items)
		if same = slices.DeleteFunc(same, func(it *wanted) bool { return it.res.product != r.product }); len(same) > 0 || !slices.ContainsFunc(b.items, func(it *wanted) bool { return it.res.product < 0 }) {
			return same
		}
	}
	head := bits.OnesCount64(m.content()) >= 2 && b.s.x.hasHead(m, b.s.x.covers(m, nil, b.who))
	var out []*wanted
	best := 0
	for _, it := range b.items {
		score := 0
		if it.res.product >= 0 {
			c := b.s.x.cover(it.res.product, m)
			score = c.score
			if m.own != nil && m.own.product == it.res.product || m.code == it.res.product && m.code >= 0 {
				score += 20
			}
			if c.strong&m.content() == 0 && (c.weak == 0 && c.toks == 0 || head) && score < 20 { // 螺母M10 is no bolt M10
				score = 0
			}
			if bits.OnesCount32(c.toks) < len(m.toks) && score < 20 {
				score = 0
			}
		} else if it.m != nil {
			n := 0
			for i, h := range m.han {
				if m.filler>>uint(i)&1 == 1 {
					continue
				}
				n++
				if slices.Contains(it.m.han, h) {
					score++
				}
			}
			if score*2 < n {
				score = 0
			}
		}
		if score > best {
			best, out = score, nil
		}
		if score == best && score > 0 {
			out = append(out, it)
		}
	}
	return out
}

func (b *builder) remove(it *wanted) {
	for i, o := range b.items {
		if o == it {
			b.items = slices.Delete(b.items, i, i+1)
			if i < b.base {
				b.base--
			}
			b.changed, b.dropped, b.last = true, true, it
			b.gone = append(b.gone, span{it.from, it.to}, span{it.q.from, it.q.to})
			return
		}
	}
}

// command reads clauses that change goods named before; false if the clause is none.
func (b *builder) command(els []el, from, to int, sign rune) bool {
	for k, e := range els {
		if e.kind != elMark {
			continue
		}
		switch e.mark.kind {
		case markMinus:
			return b.minus(els, k, from, to, sign)
		case markFix:
			rest := els[k+1:]
			if len(rest) == 0 {
				b.fixNext = true
				b.goods(els[:k], from, e.from, sign)
				return true
			}
			if k > 0 {
				b.goods(els[:k], from, e.from, 0)
			}
			if b.fix(rest) {
				return true
			}
			if f, t, ok := wordSpan(rest); ok && !hasQty(rest) && !b.contentAt(f, t) { // 等下我数数,8支吧
				b.fixNext = true
				return true
			}
			b.goods(rest, e.to, to, sign)
			return true
		case markSet:
			if b.set(els, k, from) {
				return true
			}
		default:
		}
	}
	// 就DN40 10根, 螺栓就10箱
	return false
}

func wordSpan(els []el) (from, to int, ok bool) {
	for _, e := range els {
		if e.kind == elWord {
			if !ok {
				from, ok = e.from, true
			}
			to = e.to
		}
	}
	return from, to, ok
}

// minus takes goods away: 口罩不要了, 不要乳胶的.
func (b *builder) minus(els []el, k, from, to int, sign rune) bool {
	s := b.s
	var left, right *mention
	if f, t, ok := wordSpan(els[:k]); ok {
		left = b.mention(f, t)
	}
	rest := els[k+1:]
	if f, t, ok := wordSpan(rest); ok && !hasQty(rest) {
		right = b.mention(f, t)
	}
	leftQty := false
	for _, e := range els[:k] {
		if e.kind == elMark && e.mark.kind == markQty && !e.mark.qty.size {
			leftQty = true
		}
	}
	if leftQty {
		// 手套来10盒 要丁腈的 别发乳胶的: the goods before are ordered
		cut := els[k].from
		b.goods(els[:k], from, cut, 0)
		b.refusal(cut, to)
		return true
	}
	hasRest := hasQty(rest)
	target := left
	if left.empty() || !b.content(left) && len(b.find(left)) == 0 {
		target = nil
	}
	found := b.find(target)
	if target != nil && !hasRest && (s.wordIn(els[k].to, to, noteWords) || b.refusesOther(els, k, target, right, found)) { // 白醋不要零头
		b.refusal(els[k].from, to)
		if b.content(target) && b.s.x.hasHead(target, b.s.x.covers(target, nil, b.who)) && len(found) == 0 {
			b.hold(target, true)
		}
		return true
	}
	if target != nil {
		b.instead = !hasRest
		if len(found) > 0 {
			for _, it := range found {
				b.remove(it)
			}
			if b.ctx == nil || b.instead {
				b.ctx = found[len(found)-1].m
			}
		} else {
			b.refusal(from, els[k].to)
			if b.content(target) && b.s.x.hasHead(target, b.s.x.covers(target, nil, b.who)) {
				b.ctx = target
			}
		}
		switch {
		case hasRest:
			b.command2(rest, els[k].to, to, sign)
		case right != nil && b.content(right) && hasKind(rest, markSet) && len(found) > 0: // 散尾葵不要了换栀子叶
			if !b.comesInstead(rest[slices.IndexFunc(rest, func(e el) bool { return e.kind == elMark && e.mark.kind == markSet })+1:]) {
				b.unclear = true
			}
		}
		return true
	}
	if left != nil && bits.OnesCount64(left.content()) >= 2 && !hasRest && right.empty() {
		b.refusal(from, els[k].to)
		b.ctx, b.carry, b.instead = left, nil, true // goods that nobody ordered
		return true
	}
	if hasRest && !slices.ContainsFunc(rest, func(e el) bool {
		return e.kind == elMark && e.mark.kind == markQty && (!e.mark.qty.size || !e.mark.qty.spec)
	}) {
		b.refusal(els[k].from, to) // 不要5毫米的
		return true
	}
	if hasRest {
		// 算了, DN40就10根
		if b.fix(rest) {
			return true
		}
		b.command2(rest, els[k].to, to, sign)
		return true
	}
	if right != nil && !right.empty() {
		if found := b.find(right); len(found) > 0 && b.base > 0 && !strings.Contains(string(s.r[els[k].from:els[k].to]), "发") {
			for _, it := range found {
				b.remove(it)
			}
			return true
		}
		b.refusal(els[k].from, to)
		return true
	}
	// 算了 alone: what was named last without a quantity
	if b.carry != nil {
		b.carry = nil
	}
	return true
}

// refusesOther tells that 不要 at els[k] refuses what stands right behind it and not the goods before: 毛巾上不要印字, 包装不要拆.
func (b *builder) refusesOther(els []el, k int, left, right *mention, found []*wanted) bool {
	if right == nil || right.content() == 0 || els[k+1].kind != elWord || els[k+1].from != els[k].to || strings.HasSuffix(string(b.s.r[els[k].from:els[k].to]), "了") {
		return false
	}
	if !b.content(right) {
		return true
	}
	for _, it := range found {
		if it.res.product < 0 {
			continue
		}
		c := b.s.x.cover(it.res.product, left)
		if bits.OnesCount64(left.content()&^(c.strong|c.weak)) >= 2 {
			return true
		}
	}
	return false
}

func (b *builder) command2(rest []el, from, to int, sign rune) {
	for len(rest) > 0 && rest[0].kind == elMark && rest[0].mark.kind == markSet {
		rest = rest[1:]
	}
	b.goods(rest, from, to, sign)
}

// refusal notes what is not wanted.
func (b *builder) refusal(from, to int) {
	if q := b.s.quote(from, to); q != "" {
		b.notes = append(b.notes, mark{kind: markNote, from: from, to: to, text: q})
	}
}

func hasKind(els []el, kind markKind) bool {
	return slices.ContainsFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind == kind })
}

func hasQty(els []el) bool {
	return slices.ContainsFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind == markQty })
}

// fix corrects the goods named last: 哦不 15盒, 不对 是M12*50, 采血针是30G的.
func (b *builder) fix(els []el) bool {
	if len(b.items) == 0 || hasKind(els, markPlus) { // 等下,再多10套
		return false
	}
	var q *quantity
	f, t, ok := wordSpan(els)
	for _, e := range els {
		if e.kind != elMark || e.mark.kind != markQty {
			continue
		}
		if !e.mark.qty.size || !e.mark.qty.spec {
			q = &e.mark.qty
		} else if !ok || e.to >= f { // 打错,100克的
			if !ok {
				t = e.to
			}
			f, ok = min(e.from, cmp.Or(f, e.from)), true
		}
	}
	var m *mention
	if ok {
		m = b.mention(f, t)
		if !b.content(m) && (q != nil || t-f != 2 || b.s.r[t-1] != '的') { // 啊不对,黄的
			m = nil
		}
	}
	if m == nil && (q == nil || hasKind(els, markCustomer)) { // 搞错了是鑫达的
		return false
	}
	last := b.items[len(b.items)-1]
	if m == nil {
		last.setQuantity(*q)
		b.touch(last)
		return true
	}
	covers := b.s.x.covers(m, nil, b.who)
	target := last
	if found := b.similar(m); len(found) > 0 {
		target = found[len(found)-1]
	} else if b.s.x.hasHead(m, covers) {
		return false
	}
	if found := b.find(m); len(found) == 1 && q != nil && len(m.toks) > 0 { // DN40就10根
		found[0].setQuantity(*q)
		b.touch(found[0])
		return true
	}
	if r := b.s.x.resolve(m, nil, b.who, ""); q == nil && r.product >= 0 && r.product == target.res.product {
		b.pending = target
		return true
	}
	was := target.res.product
	if !b.respec(target, m) {
		return false
	}
	switch {
	case q != nil:
		target.setQuantity(*q)
	case was >= 0 && target.res.product == was: // 等等,逆变器我算错了,是4台
		b.pending = target
		return true
	}
	b.touch(target)
	return true
}

func (b *builder) touch(it *wanted) {
	b.changed = true
	if !slices.Contains(b.touched, it) {
		b.touched = append(b.touched, it)
	}
}

// similar are the items of the kind that m names.
func (b *builder) similar(m *mention) []*wanted {
	var out []*wanted
	if bits.OnesCount64(m.content()) == 0 {
		return nil
	}
	head := &mention{han: m.han, at: m.at, filler: m.filler, code: -1}
	for _, it := range b.items {
		if it.res.product < 0 {
			if it.m != nil && overlap(it.m.han, m.han) >= 2 {
				out = append(out, it)
			}
			continue
		}
		name := b.s.x.products[it.res.product].name()
		c := b.s.x.cover(it.res.product, head)
		if bits.OnesCount64(c.strong&head.content()) >= 2 && len(name) > 0 {
			out = append(out, it)
		}
	}
	return out
}

func overlap(a, b []rune) int {
	n := 0
	for _, c := range b {
		if slices.Contains(a, c) {
			n++
		}
	}
	return n
}

// respec makes it mean what m says, keeping of the old what m leaves open.
func (b *builder) respec(it *wanted, m *mention) bool {
	old := it.m
	if it.res.product >= 0 {
		old = b.productMention(it.res.product).plus(it.m)
	}
	r := b.s.x.resolve(m, old, b.who, it.unitSaid())
	if r.product < 0 && r.reason != ReasonAmbiguous {
		return false
	}
	if r.reason == ReasonAmbiguous && it.m != nil {
		if r2 := b.s.x.resolve(m.plus(it.m), it.ctx, b.who, it.unitSaid()); r2.product >= 0 {
			r = r2
		}
	}
	if r.product < 0 { // the question is about what is said now
		said := b.s.quote(m.from, m.to)
		if !b.s.x.hasHead(m, b.s.x.covers(m, nil, b.who)) {
			said = strings.TrimSpace(it.said + " " + said)
		}
		it.said = said
	}
	it.ctx, it.m, it.res = it.m, m, r
	it.fixed, it.kept = false, nil
	return true
}

// productMention says what a product's own texts say.
func (b *builder) productMention(id int32) *mention {
	p := b.s.x.product(id)
	t := newText(p.Title())
	m := b.s.x.readMention(t, 0, len(t.r), nil, nil)
	for i := range m.at {
		m.at[i] += 100000
	}
	return m
}

func (it *wanted) unitSaid() string {
	if it.kept != nil {
		return it.kept.Unit
	}
	return it.q.unit
}

func (it *wanted) setQuantity(q quantity) {
	if q.unit == "" {
		q.unit = it.unitSaid()
	}
	it.q = q
	it.fixed, it.kept, it.equal, it.total = false, nil, nil, nil
}

// set changes quantities or goods: 绷带改5箱, 螺栓加到45箱, 螺母减半, 换蓝管4盒.
func (b *builder) set(els []el, k, from int) bool {
	left, rest := els[:k], els[k+1:]
	var m *mention
	if f, t, ok := wordSpan(left); ok {
		if b.setPrice(f, t, rest) {
			return true
		}
		m = b.mention(f, t)
	}
	var target []*wanted
	if b.base > 0 && hasQty(left) && hasQty(rest) { // 41码的改成10双
		if found := b.find(b.mention(from, els[k].from)); len(found) == 1 {
			target = found
		}
	}
	if n := len(b.items); len(target) == 0 && n == b.base && hasQty(left) && hasQty(rest) {
		b.goods(left, from, els[k].from, 0)
		if len(b.items) > n {
			target = b.items[len(b.items)-1:]
		}
	}
	switch {
	case len(target) > 0:
	case m != nil && !m.empty():
		target = b.find(m)
		if len(target) == 0 {
			target = b.similar(m)
		}
	case b.carry != nil:
		target = b.find(b.carry)
	}
	if len(target) == 0 && m.empty() && b.instead && b.carry == nil {
		return !hasQty(rest) && b.comesInstead(rest) // the goods taken away just before are gone: what follows is new
	}
	if len(target) == 0 && m.empty() && len(b.items) > 0 && b.carry == nil {
		target = b.items[len(b.items)-1:]
		if k := slices.IndexFunc(rest, func(e el) bool { return e.kind == elMark && e.mark.kind == markQty }); k >= 0 && b.base > 1 && len(b.items) == b.base && !b.changed {
			one := b.oneIn(rest[k].mark.qty)
			if b.unclear = one == nil; b.unclear {
				return true // 改成5台, of several
			}
			target = []*wanted{one}
		}
	}
	if els[k].mark.text != "" {
		if len(target) == 0 {
			return false
		}
		for _, it := range target {
			b.scale(it, els[k].mark.text)
		}
		return true
	}
	if len(target) == 0 {
		return false
	}
	var q, size *quantity
	f, t, ok := wordSpan(rest)
	for _, e := range rest {
		if e.kind == elMark && e.mark.kind == markQty {
			if e.mark.qty.spec && ok && e.from < t || b.sizeOf(target, e.mark.qty) {
				size = &e.mark.qty
				continue // A4要80克的, 雨靴改成41码
			}
			q = &e.mark.qty
		}
	}
	var what *mention
	if ok {
		if what = b.mention(f, t); what.empty() || q != nil && !b.content(what) {
			what = nil
		}
	}
	if what == nil && q == nil && size != nil {
		what = b.mention(size.from, size.to) // 豆油改5升的
	}
	if what == nil && q == nil {
		return false
	}
	for _, it := range target {
		if what != nil {
			if !b.respec(it, what) {
				return false
			}
		}
		if q != nil {
			it.setQuantity(*q)
		}
		b.touch(it)
	}
	return true
}

// sizeOf tells whether an amount is a size of goods, and no amount of those that it is said of.
func (b *builder) sizeOf(of []*wanted, q quantity) bool {
	tok, ok := readSpec(b.s.r, q.from, q.to)
	if !ok || q.bare || tok.to != q.to || !b.s.x.isSize(&tok) {
		return false
	}
	return !slices.ContainsFunc(of, func(it *wanted) bool {
		if it.res.product < 0 {
			return true
		}
		_, _, _, has := productUnit(b.s.x.product(it.res.product), q.unit)
		return has
	})
}

// comesInstead puts goods that are named without an amount in the place of those taken away just before: 去掉普通的,换成加厚的.
func (b *builder) comesInstead(els []el) bool {
	f, t, ok := wordSpan(els)
	if !ok || b.last == nil || b.last.q.none || !b.contentAt(f, t) {
		return false
	}
	it := *b.last
	it.res = b.resolve(b.mention(f, t), it.unitSaid())
	if it.res.product < 0 {
		return false
	}
	it.q.unit, it.m, it.said = it.unitSaid(), b.mention(f, t), b.s.quote(f, t)
	it.fixed, it.kept, it.equal, it.total, it.price, it.was = false, nil, nil, nil, nil, 0
	it.from, it.to = f, t
	b.items = append(b.items, &it)
	b.touch(&it)
	return true
}

func (b *builder) scale(it *wanted, how string) {
	f := decimal.New(5, -1)
	if how == "twice" {
		f = decimal.New(2, 0)
	}
	if it.kept != nil {
		if d, err := decimal.NewFromString(it.kept.Quantity); err == nil {
			it.setQuantity(quantity{value: d.Mul(f), unit: it.kept.Unit})
		}
	} else {
		it.q.value = it.q.value.Mul(f)
	}
	b.touch(it)
}

// condition puts aside what is wanted only if something else is not there: 没有就换小瓶.
func (b *builder) condition(from, to int) bool {
	r := b.s.r
	if goods := b.carry; b.asked && goods != nil && index(r, from, to, "没") >= 0 && hasQty(b.s.elements(from, to)) {
		for _, e := range b.s.elements(from, to) { // 回形针有彩色的吗?没有就普通的来5盒
			if e.kind == elMark && e.mark.kind == markQty {
				it := &wanted{m: goods, q: e.mark.qty, res: b.resolve(goods, e.mark.qty.unit), from: e.from, to: e.to, said: b.s.quote(goods.from, goods.to), group: b.group, line: lineOf(r, e.from)}
				b.items = append(b.items, it)
			}
		}
		b.carry, b.lists = nil, nil
		return true
	}
	for _, w := range [...]string{"没有", "没货", "缺货", "断货", "如果没", "要是没", "不够"} {
		k := index(r, from, to, w)
		if k < 0 || b.s.owner[k] >= 0 {
			continue
		}
		rest := string(r[k+len([]rune(w)) : to])
		if strings.Contains(rest, "就") || strings.Contains(rest, "的话") || strings.Contains(rest, "则") || strings.Contains(rest, "换") {
			b.refusal(from, to)
			return true
		}
	}
	return false
}
