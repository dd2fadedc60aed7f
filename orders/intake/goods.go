package intake

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// goods reads the goods of a clause with their quantities.
func (b *builder) goods(els []el, from, to int, sign rune) {
	s := b.s
	b.heading = sign == ':'
	type span struct{ from, to int }
	var cur []span
	split := false // 、 between the words
	each, gift := false, false
	first := len(b.items)
	joined := func() *mention {
		var m *mention
		for _, w := range cur {
			if m = m.plus(b.mention(w.from, w.to)); len(m.han) >= maxHan || len(m.toks) >= maxToks {
				break // nobody calls goods so
			}
		}
		return m
	}
	add := func(m *mention, q quantity) *wanted {
		it := &wanted{m: m, ctx: b.ctx, q: q, gift: gift, from: q.from, to: q.to, group: b.group, past: b.past, more: hasKind(els, markPlus)}
		if m != nil {
			it.from = min(m.from, q.from)
			it.said = strings.TrimSpace(s.quote(m.from, m.to))
		}
		for _, e := range els {
			if e.kind == elMark && e.mark.kind == markPlus && e.to <= q.from {
				if e.mark.text == "less" {
					it.q.value = q.value.Neg()
				}
				it.adds = it.adds || e.mark.text != ""
			}
		}
		it.line = lineOf(s.r, q.from)
		it.res = b.resolve(m, q.unit)
		b.items = append(b.items, it)
		b.remember(it)
		return it
	}
	for i := 0; i < len(els); i++ {
		e := els[i]
		switch e.kind {
		case elSplit:
			if len(cur) > 0 {
				split = true
			}
		case elWord:
			cur = append(cur, span{e.from, e.to})
		case elMark:
			switch e.mark.kind {
			case markEach:
				each = true
			case markGift:
				gift = true
				if len(cur) > 0 && s.r[cur[0].from] == '每' && i+1 < len(els) {
					cur = nil // 每支防晒送一片面膜
				}
			case markDeal:
				b.deals = append(b.deals, *e.mark)
			case markPrice:
				if e.mark.price.plain && len(cur) == 0 && b.sizeNotPrice(e.mark.price) { // 4.7K一盘
					m := b.mention(e.mark.price.from, e.mark.price.to)
					add(m, quantity{value: decimal.NewFromInt(1), unit: e.mark.price.per, from: e.mark.price.to, to: e.to})
					continue
				}
				if len(cur) > 0 && !hasQty(els[i+1:]) && b.priceAgain(e.mark.price, joined()) {
					cur = nil
					continue
				}
				b.attachPrice(e.mark.price, first, len(cur) > 0 && b.content(joined()))
			case markTotal:
				b.totals = append(b.totals, *e.mark)
				if n := len(b.items); n > first {
					p := e.mark.price
					b.items[n-1].total = &p
				} else if n > 0 {
					p := e.mark.price
					b.items[n-1].total = &p
				}
			case markSum:
				if m := joined(); len(b.items) == first && !hasQty(els[i+1:]) && b.content(m) { // 面巾一共400条
					if r := b.resolve(m, e.mark.qty.unit); r.product >= 0 && r.residue == 0 {
						add(m, e.mark.qty)
						cur, split = nil, false
						continue
					}
				}
				if q := e.mark.qty; q.size && len(cur) == 0 && len(b.items) > first && b.items[len(b.items)-1].res.product < 0 && b.amendTokens(b.mention(q.from, q.to)) {
					continue // 方木200根(4米)
				}
				if n := len(b.items); n > 0 && n-first == 1 && len(cur) == 0 && b.items[n-1].group == b.group && !sameUnit(b.items[n-1].q.unit, e.mark.qty.unit) {
					q := e.mark.qty
					b.items[n-1].equal = &q
				} else {
					b.sums = append(b.sums, *e.mark)
				}
			case markVague:
				if m := joined(); b.heading && m != nil {
					continue // 日抛30片装补点:
				} else if b.content(m) {
					add(m, quantity{none: true, from: e.from, to: e.to})
					cur = nil
				} else {
					b.vague = true
				}
			case markQty:
				q := e.mark.qty
				if n := len(b.items); n > b.base && len(cur) == 1 && slices.Contains(sameAmount, strings.TrimSpace(string(s.r[cur[0].from:cur[0].to]))) && !sameUnit(b.items[n-1].q.unit, q.unit) {
					b.items[n-1].equal, cur = &q, nil // 4桶,也就是1200公斤
					continue
				}
				if b.isSpec(els, i, func() *mention { return joined() }, len(cur) > 0) {
					cur = append(cur, span{e.from, e.to})
					if len(cur) > 1 && cur[len(cur)-2].to == e.from {
						cur = cur[:len(cur)-1]
						cur[len(cur)-1].to = e.to
					}
					if i+1 < len(els) && els[i+1].kind == elWord && els[i+1].from == e.to {
						cur[len(cur)-1].to = els[i+1].to
						i++
					}
					continue
				}
				if q.spec && len(cur) == 0 && len(b.items) > first && b.items[len(b.items)-1].group == b.group && !wordAheadContent(b, els, i) {
					if m := b.mention(q.from, q.to); b.amendTokens(m) {
						continue
					}
				}
				if len(cur) > 1 && (hasKind(els[:i], markVague) || b.occasion(cur[0].from, cur[0].to)) && cur[1].from > cur[0].to && !b.contentAt(cur[0].from, cur[0].to) {
					cur = cur[1:] // 补点药 阿莫30的3件
				}
				m := joined()
				switch {
				case m != nil && (b.content(m) || !m.empty() && b.unknownGoods(m, els, i)):
					switch {
					case each || split && b.splits(cur[0].from, cur[len(cur)-1].to):
						ms := b.splitMentions(cur[0].from, cur[len(cur)-1].to)
						if each {
							if b.carry != nil && len(b.lists) <= 1 && len(ms) > 0 && !s.x.hasHead(ms[0], s.x.covers(ms[0], nil, b.who)) {
								b.ctx, b.carry, b.lists = b.carry, nil, nil // 补跳线,1米跟3米蓝的各两包
							}
							ms = append(b.takeLists(), ms...)
						}
						for k, one := range ms {
							qq := q
							if !each && k < len(ms)-1 {
								qq = quantity{none: true, from: one.from, to: one.to}
							}
							add(one, qq)
						}
					default:
						if n := len(cur) - 1; n > 0 && b.twoGoods(m, cur[0].from, cur[n].from, cur[n].to) {
							// 碎石要10-20的 中砂3车: the quantity is of the last
							if ahead := b.mention(cur[0].from, cur[n].from); !b.amend(ahead, 0) {
								b.answers = append(b.answers, ahead)
							}
							m = b.mention(cur[n].from, cur[n].to)
						}
						if b.carry != nil && !b.dropCarry(m) {
							m = b.carry.plus(m)
						}
						b.carry = nil
						add(m, q)
					}
				case b.carry != nil && (!wordAhead(els, i) || each || !b.strongAt(els[i+1].from, els[i+1].to)):
					if each {
						for _, one := range b.takeLists() {
							add(one, q)
						}
					} else {
						c := b.carry
						b.carry, b.lists = nil, nil
						add(c, q)
					}
				case i+1 < len(els) && els[i+1].kind == elWord && b.strongAt(els[i+1].from, els[i+1].to):
					// 20箱外科口罩
					w := els[i+1]
					end := w.to
					i++
					for i+1 < len(els) && els[i+1].kind == elWord && !b.nextIsQty(els, i+2) {
						end = els[i+1].to
						i++
					}
					behind := b.mention(w.from, end)
					if both := b.carry.plus(behind); b.carry != nil && !s.x.hasHead(behind, s.x.covers(behind, nil, b.who)) && full(s.x.covers(both, nil, b.who), both) {
						behind, b.carry, b.lists = both, nil, nil // 缺鼠标,给它送20只有线的
					}
					it := add(behind, q)
					it.to = end
				case (m == nil || m.empty()) && i+2 < len(els) && els[i+1].kind == elMark && els[i+1].mark.kind == markQty && els[i+1].mark.qty.size && els[i+1].from == els[i].to && els[i+2].kind == elWord && els[i+2].from == els[i+1].to && b.fits(els[i+1].from, els[i+2].to, q.unit):
					add(b.mention(els[i+1].from, els[i+2].to), q).to = els[i+2].to // 两桶20升的油
					i += 2
				case len(b.items) > first && gift && b.items[len(b.items)-1].group == b.group:
					// 一箱送两瓶
					prev := b.items[len(b.items)-1]
					add(prev.m, q).ctx = prev.ctx
					b.items[len(b.items)-1].res = s.x.resolve(prev.m, prev.ctx, b.who, q.unit)
					if b.items[len(b.items)-1].res.product < 0 {
						b.items[len(b.items)-1].res = prev.res
					}
				case gift && m.empty() && len(b.items) > 0 && (b.items[len(b.items)-1].to >= 0 || len(b.items) == 1) && b.has(b.items[len(b.items)-1], q.unit) && b.sameSentence(b.items[len(b.items)-1].to, q.from):
					// 2箱,搭1桶
					prev := b.items[len(b.items)-1]
					it := add(prev.m, q)
					it.ctx, it.res, it.from, it.said = prev.ctx, prev.res, q.from, prev.said
				case len(b.items) > first && b.items[len(b.items)-1].group == b.group && !sameUnit(b.items[len(b.items)-1].q.unit, q.unit) && len(cur) == 0:
					qq := q
					b.items[len(b.items)-1].clash = &qq
				case each && len(cur) == 0 && len(b.items)-b.base > 1 && b.takesBack(els[0].from): // 算了按卷拿,一样三卷
					for _, it := range b.items[b.base:] {
						if !it.gift && b.has(it, q.unit) {
							it.setQuantity(q)
						}
					}
				case len(cur) == 0 && len(b.items) > b.base && len(b.items) <= first && q.to < len(s.r) && s.r[q.to] == '吧' && sameUnit(q.unit, b.items[len(b.items)-1].unitSaid()) && !q.bare && !hasKind(els, markDate) && !hasKind(els, markPlus) && b.sameSentence(b.items[len(b.items)-1].q.to, q.from):
					b.items[len(b.items)-1].setQuantity(q) // 来8桶,…10桶吧
					b.touch(b.items[len(b.items)-1])
				case b.pending != nil && (q.bare || sameUnit(q.unit, b.pending.unitSaid())):
					b.pending.setQuantity(q)
					b.touch(b.pending)
					b.pending = nil
				case b.again && len(b.items) > 0 && !q.bare && !q.size && !b.strangeAhead(els, i):
					// 再要20箱: of the same
					prev := b.items[len(b.items)-1]
					it := add(prev.m, q)
					it.ctx, it.res, it.from, it.said = prev.ctx, prev.res, q.from, prev.said
				default:
					b.loose = append(b.loose, q)
				}
				cur, split, gift = nil, false, false
			case markCustomer:
				if len(cur) > 0 && !b.content(joined()) {
					cur = nil // 两家的单子一起报鑫达…
				}
			default:
				// dates and the rest part the words
			}
		default:
		}
	}
	if len(cur) > 0 {
		b.rest(first, from, to, sign, func() []*mention {
			out := make([]*mention, 0, len(cur))
			for _, w := range cur {
				out = append(out, b.mention(w.from, w.to))
			}
			return out
		})
	}
}

// occasion tells whether the words r[from:to], which no goods are called, say what goods are wanted for: 开新班, 大堂换花.
func (b *builder) occasion(from, to int) bool {
	r := b.s.r
	if to-from < 3 || !strings.ContainsAny(string(r[from:to]), "开换补搞办做") {
		return false
	}
	for i := from; i < to; i++ {
		if !isHan(r[i]) || b.s.x.vocabulary(r[:to], i, to) {
			return false
		}
	}
	return true
}

// takesBack tells whether the clause before r[i] says that what was ordered is to be otherwise.
func (b *builder) takesBack(i int) bool {
	if i == 0 || b.s.r[i-1] != ',' && b.s.r[i-1] != ' ' {
		return false
	}
	return says(clauseAround(b.s.r, i-2), []string{"算了", "改成", "改按", "还是按", "都按", "换成"})
}

// sameAmount stand between an amount and the same in another unit.
var sameAmount = strings.Fields("也就是 也就 就是 等于 相当于 折合 约合 即 合")

// twoGoods tells that r[from:mid] and r[mid:to], which m holds together, each name goods of their own.
func (b *builder) twoGoods(m *mention, from, mid, to int) bool {
	x := b.s.x
	if full(x.covers(m, nil, b.who), m) {
		return false
	}
	last, ahead := b.mention(mid, to), b.mention(from, mid)
	r, o := x.resolve(last, nil, b.who, ""), x.resolve(ahead, nil, b.who, "")
	return r.product >= 0 && r.residue == 0 && r.head && full(x.covers(last, nil, b.who), last) && o.head && o.product >= 0 && o.product != r.product && o.residue == 0
}

// fits tells whether r[from:to] names goods that have the unit.
func (b *builder) fits(from, to int, unit string) bool {
	r := b.s.x.resolve(b.mention(from, to), b.ctx, b.who, unit)
	if r.product < 0 || r.residue > 0 {
		return false
	}
	_, _, loose, ok := productUnit(b.s.x.product(r.product), unit)
	return ok && !loose
}

// has tells whether the goods of it come by the unit.
func (b *builder) has(it *wanted, unit string) bool {
	if it.res.product < 0 || unit == "" {
		return false
	}
	_, _, loose, ok := productUnit(b.s.x.product(it.res.product), unit)
	return ok && !loose
}

func lineOf(r []rune, i int) int {
	n := 0
	for k := 0; k < i && k < len(r); k++ {
		if r[k] == '\n' {
			n++
		}
	}
	return n
}

// resolve finds the goods that m means; 上次那个 looks among what the customer bought before.
func (b *builder) resolve(m *mention, unit string) resolution {
	r := b.s.x.resolve(m, b.ctx, b.who, unit)
	if b.past && r.product < 0 && r.reason == ReasonAmbiguous {
		who := b.who
		who.onlyPast = true
		if p := b.s.x.resolve(m, b.ctx, who, unit); p.product >= 0 {
			return p
		}
	}
	return r
}

// remember keeps what was said last for what is left out next.
func (b *builder) remember(it *wanted) {
	if it.m == nil {
		return
	}
	if it.res.head || it.res.product >= 0 && !it.res.ctx {
		b.ctx = it.m.meaning(it.res.product)
		return
	}
	if it.res.product >= 0 && it.res.ctx {
		if b.ctx != nil { // the head still stands in the context
			b.ctx = b.follow(it).meaning(it.res.product)
		}
		return
	}
	if b.ctx == nil {
		b.ctx = it.m
	}
}

// follow is the context after it, without what its product does not bear: 白色M, 黑色M, and L is black.
func (b *builder) follow(it *wanted) *mention {
	own := it.m.content()
	c := b.s.x.cover(it.res.product, b.ctx)
	lost := b.ctx.content() &^ (c.strong | c.weak)
	if own == 0 || lost == 0 || b.ctx.own != nil || b.ctx.code >= 0 {
		return b.ctx
	}
	h := &mention{code: -1, from: b.ctx.from, to: b.ctx.to, toks: b.ctx.toks}
	for i := range b.ctx.han {
		if (c.strong|c.weak)>>uint(i)&1 != 0 {
			h.han, h.at = append(h.han, b.ctx.han[i]), append(h.at, b.ctx.at[i])
		}
	}
	k := b.s.x.cover(it.res.product, it.m)
	for i := range it.m.han {
		if (k.strong|k.weak)>>uint(i)&1 != 0 {
			h.han, h.at = append(h.han, it.m.han[i]), append(h.at, it.m.at[i]+300000)
		}
	}
	if len(h.han) > maxHan {
		return b.ctx
	}
	return h
}

// dropCarry tells whether goods named before without a quantity are left behind by m, which stands on its own.
func (b *builder) dropCarry(m *mention) bool {
	x := b.s.x
	if c := x.covers(m, nil, b.who); x.hasHead(m, c) {
		both := b.carry.plus(m)
		if r := x.resolve(both, nil, b.who, ""); r.product >= 0 && r.residue == 0 && x.resolve(m, nil, b.who, "").product < 0 {
			return false
		}
		b.leave()
		return true
	}
	b.ctx = b.carry
	return true
}

// leave puts down goods that were named without a quantity.
func (b *builder) leave() {
	b.answers = append(b.answers, b.carry)
	b.carry, b.lists = nil, nil
}

func (b *builder) takeLists() []*mention {
	l := b.lists
	if b.carry != nil && (len(l) == 0 || l[len(l)-1] != b.carry) {
		l = append(l, b.carry)
	}
	b.carry, b.lists = nil, nil
	return l
}

func wordAhead(els []el, i int) bool { return i+1 < len(els) && els[i+1].kind == elWord }

func (b *builder) nextIsQty(els []el, i int) bool {
	return i < len(els) && els[i].kind == elMark && els[i].mark.kind == markQty
}

func (b *builder) contentAt(from, to int) bool { return b.content(b.mention(from, to)) }

// unknownGoods tells whether words before a quantity name goods that the catalogue lacks.
func (b *builder) unknownGoods(m *mention, els []el, i int) bool {
	q := els[i].mark.qty
	if n := bits.OnesCount64(m.content()); n == 1 && len(m.toks) == 0 && !q.bare && !q.size && m.at[bits.TrailingZeros64(m.content())] < q.from {
		c := b.s.x.covers(m, nil, b.who)
		return len(c) > 0 && len(b.items) == b.base
	}
	if q.size && !b.weighed(m, els, i) {
		return false
	}
	if q.bare || len(m.toks) == 0 && bits.OnesCount64(m.content()) < 2 || q.from > 0 && b.s.r[q.from-1] == '了' && b.strangeAhead(els, i) {
		return false
	}
	if i+1 < len(els) && els[i+1].kind == elWord && els[i+1].from == els[i].to && b.contentAt(els[i+1].from, els[i+1].to) {
		return false
	}
	return true
}

// weighed tells that a weight or length at the end of a clause is how much of the goods is wanted, not their size: 大葱20斤.
func (b *builder) weighed(m *mention, els []el, i int) bool {
	q := els[i].mark.qty
	switch unitForm(q.unit) {
	case "kg", "jin", "t", "m", "m2", "m3", "l":
	default:
		return false
	}
	if n := len(m.toks); n == 1 && m.content() == 0 && i+1 == len(els) && !q.spec {
		code := b.s.r[m.toks[0].from:m.toks[0].to]
		return len(code) >= 6 && hasLetter(code) && hasDigit(code) // XH-DL-0600 200米
	}
	if q.spec || i+1 < len(els) || m.to != q.from || len(m.toks) > 0 || bits.OnesCount64(m.content()) < 2 {
		return false
	}
	return !says(string(b.s.r[m.from:m.to]), []string{"重", "长", "宽", "高", "幅", "距", "径", "面积", "容积", "载", "限"})
}

// strangeAhead tells whether words that may name goods stand right behind the quantity at els[i].
func (b *builder) strangeAhead(els []el, i int) bool {
	return wordAhead(els, i) && els[i+1].from == els[i].to && bits.OnesCount64(b.mention(els[i+1].from, els[i+1].to).content()) >= 2
}

// isSpec tells whether the quantity at els[i] is part of the goods' name: 50片的40盒, 500ml两箱.
func (b *builder) isSpec(els []el, i int, words func() *mention, some bool) bool {
	q := els[i].mark.qty
	if q.star || q.none || len(q.rest) > 0 {
		return false
	}
	later, between := -1, false
	for j := i + 1; j < len(els); j++ {
		if els[j].kind == elMark {
			if els[j].mark.kind == markQty {
				later = j
				break
			}
			if els[j].mark.kind == markEach {
				continue
			}
			switch els[j].mark.kind {
			case markPlus, markSet, markFix, markMinus:
				later = -2
			default:
			}
			if later == -2 {
				later = -1
				break
			}
			if els[j].mark.kind == markDate || els[j].mark.kind == markGift || els[j].mark.kind == markPrice {
				break
			}
		}
		if els[j].kind == elSplit {
			continue
		}
		if els[j].kind == elWord && strings.Trim(string(b.s.r[els[j].from:els[j].to]), "的装款型要来") != "" && !b.mention(els[j].from, els[j].to).empty() {
			between = true
		}
	}
	if q.spec && later >= 0 && (!between || !some) {
		return true
	}
	if b.heading && later < 0 && some && (q.spec || q.size) {
		if tok, ok := readSpec(b.s.r, q.from, q.to); ok && len(b.s.x.bearing(tok.askKeys()[0])) > 0 {
			return true
		}
	}
	if some && later >= 0 && !between && !q.spec && els[later].mark.qty.spec && !b.wordBehind(els, later) && b.unitKnown(q.unit) {
		return false // 鲈鱼苗3万尾 5公分的: the size stands behind
	}
	if tok, ok := readSpec(b.s.r, q.from, q.to); ok && some && later >= 0 && !between && isPiece(q.unit) && els[later].mark.qty.unit != q.unit && !slices.ContainsFunc(els[i:later], func(e el) bool { return e.kind == elSplit }) && len(b.s.x.bearing(tok.keys[0])) > 0 {
		return true // 草莓20粒2箱
	}
	if !q.size {
		if tok, ok := readSpec(b.s.r, q.from, q.to); ok && later >= 0 && !between && tok.to <= q.to && q.to == els[later].from && !b.unitKnown(q.unit) && b.s.x.isSize(&tok) {
			return true // 一段12罐 二段6罐
		}
		if tok, ok := readSpec(b.s.r, q.from, q.to); ok && !some && later >= 0 && between && tok.to == q.to {
			return b.s.x.isSize(&tok) // 60支漂白2匹
		}
		return false
	}
	if later >= 0 && !between {
		return true
	}
	tok, ok := readSpec(b.s.r, q.from, q.to)
	if !ok {
		return false
	}
	known := len(b.s.x.bearing(tok.askKeys()[0])) > 0
	m := words()
	if !some || !b.content(m) {
		return later >= 0 && known || known && q.unit != "" && !b.unitKnown(q.unit) // 500ml酒精两箱
	}
	r := b.s.x.resolve(m, b.ctx, b.who, "")
	if later >= 0 {
		c := b.s.x.covers(m.plus(&mention{toks: []specToken{tok}, code: -1, from: q.from, to: q.to}), b.ctx, b.who)
		return len(c) > 0 && known && c[0].toks>>uint(len(m.toks))&1 == 1
	}
	if r.product >= 0 {
		_, _, loose, has := productUnit(b.s.x.product(r.product), q.unit)
		return !has || loose
	}
	return known && b.bears(m, &tok)
}

// wordBehind tells whether more than 的 stands behind the quantity at els[i].
func (b *builder) wordBehind(els []el, i int) bool {
	return slices.ContainsFunc(els[i+1:], func(e el) bool {
		return e.kind == elMark && e.mark.kind == markQty || e.kind == elWord && strings.Trim(string(b.s.r[e.from:e.to]), "的吧啊哦 ") != ""
	})
}

// bears tells whether goods that m names as well as any bear the size, too: 10公斤 of rods is no size where only rice has it.
func (b *builder) bears(m *mention, tok *specToken) bool {
	both := m.plus(&mention{toks: []specToken{*tok}, code: -1, from: tok.from, to: tok.to})
	c, words := b.s.x.covers(both, b.ctx, b.who), b.s.x.covers(m, b.ctx, b.who)
	if len(c) == 0 || len(words) == 0 {
		return false
	}
	return c[0].toks == 1<<uint(len(both.toks))-1 && (words[0].strong|words[0].weak)&^(c[0].strong|c[0].weak) == 0
}

func (b *builder) unitKnown(u string) bool { return b.s.x.sold[u] > 0 }

// splits tells whether the words name several goods.
func (b *builder) splits(from, to int) bool {
	m := b.mention(from, to)
	r := b.s.x.resolve(m, b.ctx, b.who, "")
	return r.product < 0 && r.reason != ReasonAmbiguous || r.residue > 0
}

// splitMentions takes apart goods that share a quantity: 纱布块7.5的、10的, 铜球阀4分 6分, 平垫弹垫M10.
func (b *builder) splitMentions(from, to int) []*mention {
	r := b.s.r
	x := b.s.x
	type piece struct {
		from, to int
		listed   bool // a sign of lists stands before it
	}
	var pieces []piece
	start, listed := from, false
	for i := from; i <= to; i++ {
		if i == to || r[i] == '、' || r[i] == ' ' || r[i] == '+' || r[i] == '/' && (i == from || !isDigit(r[i-1]) || i+1 >= to || !isDigit(r[i+1]) || !x.fraction(r, i)) || r[i] == '和' || r[i] == '跟' || r[i] == '的' && i > start || r[i] == ',' {
			if i > start {
				pieces = append(pieces, piece{start, i, listed})
				listed = false
			}
			start = i + 1
			listed = listed || i < to && r[i] != ' ' && r[i] != '的'
		}
	}
	var out []*mention
	var cur *mention
	for _, p := range pieces {
		if names := b.namesSideBySide(p.from, p.to); len(names) > 1 {
			out = append(out, names...)
			cur = names[len(names)-1]
			continue
		}
		m := b.mention(p.from, p.to)
		if m.empty() {
			continue
		}
		if cur != nil && (!p.listed || m.unrivalled(cur) == 1<<uint(len(m.toks))-1) { // 7.5的、10的 are two
			both := cur.plus(m)
			if !x.hasHead(m, x.covers(m, nil, b.who)) && (full(x.covers(both, nil, b.who), both) || len(cur.toks) == 0 && len(m.toks) > 0 && m.content() == 0 && x.resolve(cur, nil, b.who, "").product < 0 && x.resolve(both, nil, b.who, "").product >= 0) {
				cur = both
				out[len(out)-1] = both
				continue
			}
		}
		if two := b.twoHeads(p.from, p.to); len(two) > 1 {
			out = append(out, two...)
			cur = two[len(two)-1]
			continue
		}
		several := b.apart(m)
		if len(several) < 2 && cur != nil && x.resolve(cur, nil, b.who, "").product < 0 {
			if several = b.apart(cur.plus(m)); len(several) > 1 { // BV2.5 红蓝
				out = out[:len(out)-1]
			}
		}
		if len(several) < 2 {
			several = b.bySize(p.from, p.to)
		}
		if len(several) > 1 {
			out = append(out, several...)
			cur = several[len(several)-1]
			continue
		}
		if cur != nil && (!x.hasHead(m, x.covers(m, nil, b.who)) || b.ofTheList(m, cur)) {
			// 6.5 7 7.5: the rest is as before
			prev := cur
			m2 := b.inherit(m, prev)
			out = append(out, m2)
			cur = m2
			continue
		}
		out = append(out, m)
		cur = m
	}
	// the spec stands only at the last: 平垫弹垫M10
	if n := len(out); n > 1 && len(out[n-1].toks) > 0 {
		for i := range n - 1 {
			if len(out[i].toks) == 0 && x.resolve(out[i], nil, b.who, "").product < 0 {
				out[i] = out[i].plus(&mention{toks: out[n-1].toks, code: -1, from: out[i].from, to: out[i].to})
			}
		}
	}
	// so does the name: 8寸、10寸、12寸平盘
	if n := len(out); n > 1 && out[n-1].content() != 0 && x.hasHead(out[n-1], x.covers(out[n-1], nil, b.who)) {
		last := out[n-1]
		name := &mention{han: last.han, at: last.at, filler: last.filler, kin: last.kin, code: -1, from: last.from, to: last.to}
		for i := range n - 1 {
			if out[i].content() != 0 || len(out[i].toks) == 0 || out[i].own != nil || out[i].code >= 0 {
				continue
			}
			both := out[i].plus(name)
			if r := x.resolve(both, nil, b.who, ""); r.product >= 0 && r.residue == 0 || r.reason == ReasonAmbiguous {
				both.from, both.to = out[i].from, out[i].to
				out[i] = both
			}
		}
	}
	return out
}

// ofTheList tells whether m, which may mean several goods, means one of the name of prev once it is read with that: 香槟 in 4cm丝带
// 红、白、香槟.
func (b *builder) ofTheList(m, prev *mention) bool {
	x := b.s.x
	was := x.resolve(prev, nil, b.who, "")
	if was.product < 0 || m.own != nil || m.code >= 0 || x.resolve(m, nil, b.who, "").product >= 0 {
		return false
	}
	r := x.resolve(b.inherit(m, prev), nil, b.who, "")
	return r.product >= 0 && r.residue == 0 && r.product != was.product && x.product(r.product).Name == x.product(was.product).Name
}

// fraction tells whether some product bears the numbers around the slash at r[i] as one size: 1/2.
func (x *Lexicon) fraction(r []rune, i int) bool {
	from := i
	for from > 0 && (isDigit(r[from-1]) || r[from-1] == '.') {
		from--
	}
	t := readMeasure(r, from, "", from)
	return len(t.keys) == 1 && len(x.bearing(t.keys[0])) > 0 && (from == 0 || r[from-1] != '/')
}

// sharing are the products that have two characters in a row with m, or a token, those that explain most first.
func (x *Lexicon) sharing(m *mention) []cover {
	s := take(len(x.products))
	defer s.give()
	srcs := x.sources(m)
	rare := func(o source) bool { return !o.kin && len(o.posts) <= maxCandidates }
	for _, o := range srcs {
		if rare(o) {
			s.find(&o)
		}
	}
	for _, o := range srcs {
		if !rare(o) {
			s.count(&o)
		}
	}
	joined := m.joined()
	out := make([]cover, 0, len(s.found))
	for _, id := range s.found {
		out = append(out, x.weigh(id, m, s.shares[id], joined))
	}
	slices.SortFunc(out, func(a, b cover) int { return cmp.Or(b.score-a.score, int(a.id-b.id)) })
	return out
}

// contraries are pairs of which each may tell goods apart.
var contraries = strings.Fields("左右 大小 前后 上下 长短 粗细 厚薄 内外 男女 公母 冷热 软硬 正反 阴阳")

// apart splits words that name several products by what is common to them and what is each one's own: 男袜女袜, 毛巾蓝粉.
func (b *builder) apart(m *mention) []*mention {
	x := b.s.x
	want := m.content()
	for k := 0; k+1 < len(m.han); k++ {
		if m.at[k+1] == m.at[k]+1 && slices.Contains(contraries, string(m.han[k:k+2])) { // the two sides, not about
			want |= 3 << uint(k)
		}
	}
	if m.own != nil || m.code >= 0 || bits.OnesCount64(want) < 3 && (len(m.toks) == 0 || bits.OnesCount64(want) < 2) || len(m.han) > 24 {
		return nil
	}
	type pick struct {
		id   int32
		mask uint64
	}
	var picks []pick
	masks := map[uint64]int{}
	covers := x.sharing(m)
	for i := range covers {
		c := &covers[i]
		if i >= 12 || c.score*2 < covers[0].score {
			break
		}
		mask := c.strong
		for k, h := range m.han {
			if x.products[c.id].holds(h) {
				mask |= 1 << uint(k)
			}
		}
		mask &= want
		if mask == want {
			return nil
		}
		if c.toks != 1<<uint(len(m.toks))-1 || mask == 0 || bits.OnesCount64(mask) < 2 && len(m.toks) == 0 {
			continue
		}
		masks[mask]++
		if masks[mask] == 1 {
			picks = append(picks, pick{c.id, mask})
		}
	}
	picks = slices.DeleteFunc(picks, func(p pick) bool {
		return slices.ContainsFunc(picks, func(o pick) bool { return o.mask != p.mask && o.mask&p.mask == p.mask })
	})
	var all uint64
	for i, p := range picks {
		var others uint64
		for k, o := range picks {
			if k != i {
				others |= o.mask
			}
		}
		if p.mask&^others == 0 || masks[p.mask] > 1 {
			return nil
		}
		all |= p.mask
	}
	if len(picks) < 2 || all != want {
		return nil
	}
	// in the order of what is each one's own
	slices.SortFunc(picks, func(p, q pick) int {
		return bits.TrailingZeros64(p.mask&^q.mask) - bits.TrailingZeros64(q.mask&^p.mask)
	})
	out := make([]*mention, 0, len(picks))
	for _, p := range picks {
		h := &mention{code: -1, from: m.from, to: m.to, toks: m.toks}
		for k := range m.han {
			if p.mask>>uint(k)&1 != 0 {
				h.han, h.at = append(h.han, m.han[k]), append(h.at, m.at[k])
			}
		}
		h.meant = 0
		if r := x.resolve(h, nil, b.who, ""); r.product != p.id {
			return nil
		}
		out = append(out, h)
	}
	return out
}

// bySize splits words that name one kind of goods in several sizes: 雨刮24寸18寸.
func (b *builder) bySize(from, to int) []*mention {
	m := b.mention(from, to)
	toks := m.toks
	if len(toks) == 1 {
		toks = b.letters(&toks[0]) // 墨水CMY各2瓶
	}
	if n := len(toks); n < 2 || n > 6 || m.own != nil || m.code >= 0 || m.content() == 0 {
		return nil
	}
	var out []*mention
	seen := map[int32]bool{}
	for i := range toks {
		h := &mention{code: -1, from: m.from, to: m.to, han: m.han, at: m.at, filler: m.filler, kin: m.kin, toks: toks[i : i+1]}
		r := b.s.x.resolve(h, nil, b.who, "")
		if r.product < 0 || r.residue > 0 || seen[r.product] {
			return nil
		}
		seen[r.product] = true
		out = append(out, h)
	}
	return out
}

// letters parts a run of letters that no product bears as a whole into its letters.
func (b *builder) letters(t *specToken) []specToken {
	if _, known := b.s.x.tokenID(t.keys[0]); known || t.word {
		return nil
	}
	var out []specToken
	for i := t.from; i < t.to; i++ {
		one, ok := readSpec(b.s.r, i, i+1)
		if !ok || !isLetter(b.s.r[i]) {
			return nil
		}
		out = append(out, one)
	}
	return out
}

// namesSideBySide takes apart whole names that follow each other without a sign: 儿童口罩外科口罩.
func (b *builder) namesSideBySide(from, to int) []*mention {
	if _, e := b.s.x.names.longest(b.s.r[:to], from); e == to {
		return nil
	}
	var out []*mention
	for i := from; i < to; {
		_, e := b.s.x.names.longest(b.s.r[:to], i)
		if e-i < 2 {
			return nil
		}
		out = append(out, b.mention(i, e))
		i = e
	}
	return out
}

// inherit adds to m what prev says and m leaves open.
func (b *builder) inherit(m, prev *mention) *mention {
	x := b.s.x
	c := x.covers(m, prev, b.who)
	if len(c) == 0 || c[0].ctx == 0 {
		return m
	}
	// keep of prev the words and the tokens that the best candidate bears
	k := x.cover(c[0].id, prev)
	h := &mention{code: -1, from: m.from, to: m.to}
	for i := range prev.han {
		if (k.strong|k.weak)>>uint(i)&1 != 0 {
			h.han, h.at = append(h.han, prev.han[i]), append(h.at, prev.at[i])
		}
	}
	still := prev.unrivalled(m)
	for i := range prev.toks {
		if k.toks&still>>uint(i)&1 != 0 {
			h.toks = append(h.toks, prev.toks[i])
		}
	}
	s := m.plus(h)
	s.from, s.to = m.from, m.to
	return s
}

// full tells whether one product explains all of m.
func full(c []cover, m *mention) bool {
	if len(c) == 0 {
		return false
	}
	return (c[0].strong|c[0].weak|m.filler)&(1<<uint(len(m.han))-1) == 1<<uint(len(m.han))-1 && c[0].toks == 1<<uint(len(m.toks))-1
}

// twoHeads splits words that name two kinds of goods without a sign between them.
func (b *builder) twoHeads(from, to int) []*mention {
	x := b.s.x
	if to-from > 24 {
		return nil
	}
	whole := b.mention(from, to)
	if full(x.covers(whole, nil, b.who), whole) || len(whole.han) < 4 {
		return nil
	}
	for k := from + 2; k+2 <= to; k++ {
		if !isHan(b.s.r[k]) || !isHan(b.s.r[k-1]) {
			continue
		}
		l, r := b.mention(from, k), b.mention(k, to)
		lc, rc := x.covers(l, nil, b.who), x.covers(r, nil, b.who)
		if full(lc, l) && full(rc, r) && x.hasHead(l, lc) && x.hasHead(r, rc) {
			if len(r.toks) > 0 && len(l.toks) == 0 {
				l = l.plus(&mention{toks: r.toks, code: -1, from: from, to: k})
			}
			return []*mention{l, r}
		}
	}
	return nil
}

// rest reads the words at the end of a clause that no quantity follows.
func (b *builder) rest(first, clauseFrom, clauseTo int, sign rune, parts func() []*mention) {
	s := b.s
	x := s.x
	ms := parts()
	if len(b.items) > first {
		if b.inHalves(b.items[len(b.items)-1].q.to, clauseTo) {
			return
		}
		// after goods: something more about them, 4分弯头2箱ppr的
		if len(ms) > 1 && endsBare(ms[len(ms)-1]) {
			all := ms[0]
			for _, m := range ms[1:] {
				all = all.plus(m)
			}
			if b.bareQuantity(all) {
				return
			}
		}
		held := false
		for i, m := range ms {
			if m.empty() {
				continue
			}
			it := b.items[len(b.items)-1]
			if !held && b.tail(it, m, m.from) {
				continue
			}
			if b.amend(m, first) {
				continue
			}
			if b.bareQuantity(m) {
				continue
			}
			if b.content(m) && x.hasHead(m, x.covers(m, nil, b.who)) {
				b.hold(m, i == len(ms)-1)
				held = true
			}
		}
		return
	}
	all := ms[0]
	for _, m := range ms[1:] {
		all = all.plus(m)
	}
	if len(ms) > 1 {
		some := false
		for _, m := range ms {
			switch {
			case endsBare(m) && b.bareQuantity(m):
				some = true
			case !some && b.content(m) && x.hasHead(m, x.covers(m, nil, b.who)):
				b.ctx = m
			}
		}
		if some {
			return
		}
	}
	if b.bareQuantity(all) || b.inHalves(clauseFrom, clauseTo) || b.bareUnitPrice(all, clauseFrom, clauseTo) {
		return
	}
	if b.narrows(all) { // 35的, of 35 in silver or black
		b.answers = append(b.answers, all)
		return
	}
	if !b.content(all) {
		if b.strangeCode(all, clauseFrom, clauseTo) {
			return
		}
		if b.amendLast(all, clauseFrom) {
			return
		}
		return
	}
	if b.carry == nil && len(b.items) > 0 && sign != ':' {
		head := x.hasHead(all, x.covers(all, nil, b.who))
		if !head || index(s.r, clauseFrom, clauseTo, "要") >= 0 || index(s.r, clauseFrom, clauseTo, "都") >= 0 {
			if b.amend(all, 0) {
				return
			}
		}
	}
	if b.carry != nil {
		if m := b.carry.plus(all); !x.hasHead(all, x.covers(all, nil, b.who)) && full(x.covers(m, nil, b.who), m) {
			b.carry = m
			return
		}
	}
	if b.asManyAsBefore(clauseFrom, clauseTo) {
		return
	}
	b.hold(all, true)
}

// narrows tells whether words fit some but not all of the goods that a question of the conversation offers.
func (b *builder) narrows(m *mention) bool {
	if m.empty() {
		return false
	}
	return slices.ContainsFunc(b.items[:min(b.base, len(b.items))], func(it *wanted) bool {
		n := 0
		for _, o := range it.res.options {
			if c := b.s.x.cover(o, m); c.score > 0 && c.toks == 1<<uint(len(m.toks))-1 && m.content()&^(c.strong|c.weak) == 0 {
				n++
			}
		}
		return it.res.product < 0 && n > 0 && n < len(it.res.options)
	})
}

// asManyAsBefore gives goods the amount of those before: 黑的1盘;红的一样.
func (b *builder) asManyAsBefore(from, to int) bool {
	text := strings.TrimRight(string(b.s.r[from:to]), " 的吧啊哈")
	name, ok := strings.CutSuffix(text, "一样")
	name = strings.TrimRight(name, "也 ")
	if !ok || len(b.items) == b.base || name == "" || strings.ContainsAny(name, "跟和同像与上老") {
		return false
	}
	prev := b.items[len(b.items)-1]
	one := b.mention(from, from+len([]rune(name)))
	res := b.resolve(one, prev.q.unit)
	if prev.gift || prev.q.none || res.product < 0 || res.residue > 0 || res.product == prev.res.product {
		return false
	}
	it := &wanted{m: one, res: res, q: prev.q, from: from, to: to, said: b.s.quote(one.from, one.to), group: b.group, line: lineOf(b.s.r, from)}
	b.items = append(b.items, it)
	b.remember(it)
	return true
}

// inHalves shares out the goods before r[from:to] between two kinds of them: 签字笔10盒,一半黑一半蓝; 黑的蓝的各一半.
func (b *builder) inHalves(from, to int) bool {
	r := b.s.r
	first := index(r, from, to, "一半")
	if first < 0 || len(b.items) == b.base {
		return false
	}
	it := b.items[len(b.items)-1]
	if it.m == nil || it.gift || it.q.none || it.q.more || len(it.q.rest) > 0 || !b.sameSentence(it.q.to, from) {
		return false
	}
	var kinds []*mention
	if second := index(r, first+2, to, "一半"); second > first+2 {
		lead := from
		for lead < first && strings.ContainsRune(" 要,", r[lead]) {
			lead++
		}
		if lead == first {
			kinds = []*mention{b.mention(first+2, second), b.mention(second+2, to)}
		} else {
			kinds = []*mention{b.mention(lead, first), b.mention(first+2, second)}
		}
	} else if first > from && r[first-1] == '各' {
		kinds = b.splitMentions(from, first-1)
	}
	half := it.q.value.Div(decimal.NewFromInt(2))
	if len(kinds) != 2 || it.q.value.IsInteger() && !half.IsInteger() {
		return false
	}
	var res [2]resolution
	var ms [2]*mention
	for i, m := range kinds {
		if m.empty() {
			return false
		}
		ms[i] = it.m.plus(m)
		if res[i] = b.resolve(ms[i], it.q.unit); res[i].product < 0 || res[i].residue > 0 {
			return false
		}
	}
	if res[0].product == res[1].product {
		return false
	}
	other := *it
	it.m, it.res, it.q.value = ms[0], res[0], half
	other.m, other.res, other.q.value = ms[1], res[1], half
	b.items = append(b.items, &other)
	return true
}

// strangeCode makes a line of a code that the catalogue lacks and the number behind it, in a list of such lines: GJ-DP-09 20.
func (b *builder) strangeCode(m *mention, from, to int) bool {
	if !endsBare(m) || len(m.toks) != 2 || len(m.han) > 0 || len(b.items) == 0 {
		return false
	}
	code, t := &m.toks[0], &m.toks[1]
	r := b.s.r
	n, ok := readDigits(r, t.from)
	if !ok || n.to != t.to || !n.value.IsPositive() || r[t.from-1] != ' ' || code.to-code.from < 5 || !hasLetter(r[code.from:code.to]) || strings.TrimSpace(string(r[from:code.from])+string(r[t.to:to])) != "" {
		return false
	}
	one := b.mention(code.from, code.to)
	b.items = append(b.items, &wanted{m: one, q: quantity{value: n.value, bare: true, from: t.from, to: t.to}, res: resolution{product: -1, reason: ReasonUnknown, rule: "nothing"}, from: code.from, to: t.to, group: b.group, line: lineOf(r, t.from), said: b.s.quote(code.from, code.to)})
	return true
}

func (b *builder) hold(m *mention, _ bool) {
	b.lists = append(b.lists, m)
	b.carry = m
	b.ctx = m
}

func endsBare(m *mention) bool {
	if len(m.toks) == 0 {
		return false
	}
	t := m.toks[len(m.toks)-1]
	return strings.HasPrefix(t.keys[0], "=") && t.to == m.to
}

// bareQuantity takes a number without a unit at the end as the quantity: 大敷贴 300, 1寸的40.
func (b *builder) bareQuantity(m *mention) bool {
	s := b.s
	if !endsBare(m) {
		return false
	}
	t := m.toks[len(m.toks)-1]
	n, ok := readDigits(s.r, t.from)
	if !ok || n.to != t.to || !n.value.IsPositive() {
		return false
	}
	prev := rune(' ')
	if t.from > 0 {
		prev = s.r[t.from-1]
	}
	if n := len(m.toks); n > 1 && strings.ContainsRune("跟和与及", prev) && m.toks[n-2].to == t.from-1 {
		if ms := b.splitMentions(m.from, m.to); len(ms) > 1 { // 藤席1.5跟1.8,各10箱
			b.lists, b.carry = ms, ms[len(ms)-1]
			return true
		}
		return false
	}
	rest := *m
	rest.scored = nil
	rest.toks = m.toks[:len(m.toks)-1]
	rest.to = t.from
	if rest.empty() {
		return false
	}
	c := s.x.covers(&rest, nil, b.who)
	if prev != ' ' && prev != '*' && !isHan(prev) {
		return false
	}
	if prev != '的' && rest.own == nil && rest.code < 0 {
		if len(c) == 0 {
			return false
		}
		w := s.x.covers(m, nil, b.who)
		name, end := s.x.names.longest(s.r, skipSpace(s.r, m.from))
		if named := name != nil && len(name.ids) == 1 && end == t.from; !named && len(w) > 0 && w[0].toks == 1<<uint(len(m.toks))-1 && (c[0].strong|c[0].weak)&^(w[0].strong|w[0].weak) == 0 {
			return false // it is a size of what the words name
		}
	}
	if !b.content(&rest) {
		return false
	}
	q := quantity{value: n.value, bare: true, from: t.from, to: t.to}
	it := &wanted{m: &rest, ctx: b.ctx, q: q, from: rest.from, to: t.to, group: b.group, line: lineOf(s.r, t.from), past: b.past, said: s.quote(rest.from, rest.to)}
	it.res = b.resolve(&rest, "")
	b.items = append(b.items, it)
	b.remember(it)
	return true
}

// tail takes a bare number after a quantity as its price: DN80法兰片8片 46.
func (b *builder) tail(it *wanted, m *mention, at int) bool {
	if len(m.han) > 0 && !slices.ContainsFunc(b.items, func(o *wanted) bool { return o.price != nil }) { // 3.4的, behind a price that was said
		return false
	}
	if len(m.toks) != 1 || m.content() != 0 || !strings.HasPrefix(m.toks[0].keys[0], "=") || it.price != nil || it.res.product < 0 {
		return false
	}
	v, err := decimal.NewFromString(m.toks[0].number)
	if err != nil || !v.IsPositive() {
		return false
	}
	p := b.s.x.product(it.res.product)
	ref := p.Price
	if ref == nil || !ref.IsPositive() {
		return false
	}
	near := func(x decimal.Decimal) bool {
		q := v.Div(x)
		return q.GreaterThan(decimal.New(5, -1)) && q.LessThan(decimal.New(2, 0))
	}
	u, _, _, ok := productUnit(p, it.q.unit)
	if !ok {
		return false
	}
	size, _ := p.UnitSize(u)
	if near(*ref) || near(ref.Mul(size)) {
		it.price = &priceTag{value: v, from: at, to: m.to}
		return true
	}
	return false
}

// bareUnitPrice takes a number that is a clause of its own right behind goods as their price, where it is near it: 1张,1380.
func (b *builder) bareUnitPrice(m *mention, from, to int) bool {
	n := len(b.items)
	if n == b.base || b.items[n-1].group != b.group-1 || strings.TrimSpace(string(b.s.r[from:to])) != strings.TrimSpace(string(b.s.r[m.from:m.to])) {
		return false
	}
	return b.tail(b.items[n-1], m, m.from)
}

// amend adds what m says to items whose goods are not certain yet, or that it fits.
func (b *builder) amend(m *mention, first int) bool {
	x := b.s.x
	done := false
	if len(b.items) > 0 {
		if it := b.items[len(b.items)-1]; it.res.product >= 0 && it.kept == nil && len(m.toks) == 0 && m.content() != 0 && x.denies(it.res.product, m) {
			it.res = resolution{product: it.res.product, reason: ReasonConflict, rule: "contradiction", options: []int32{it.res.product}, best: it.res.best, head: true}
			return true // 非屏蔽水晶头5盒(屏蔽的那款)
		}
		if c := x.covers(m, nil, b.who); x.hasHead(m, c) {
			last := b.items[len(b.items)-1]
			if last.m == nil {
				return false
			}
			if both := last.m.plus(m); overlap(last.m.han, m.han) < 2 && (last.res.product >= 0 || x.resolve(both, nil, b.who, last.q.unit).product < 0 || !full(x.covers(both, nil, b.who), both)) {
				return false
			}
		}
	}
	all := index(b.s.r, m.from, m.to, "都") >= 0 || index(b.s.r, m.from, m.to, "全") >= 0
	for i, it := range slices.Backward(b.items) {
		if i < first && !all {
			break
		}
		if it.m == nil || it.kept != nil {
			continue
		}
		both := it.m.plus(m)
		if it.res.product >= 0 {
			c := x.cover(it.res.product, m)
			if c.strong|c.weak|m.filler == 1<<uint(len(m.han))-1 && c.toks == 1<<uint(len(m.toks))-1 && (c.strong|c.weak)&m.content() != 0 || c.toks != 0 && c.toks == 1<<uint(len(m.toks))-1 && c.strong|c.weak|m.filler == 1<<uint(len(m.han))-1 {
				done = true
				if !slices.Contains(b.named, m) {
					b.named = append(b.named, m)
				}
				if !all && it.group != b.group {
					return true
				}
				continue
			}
		}
		r := x.resolve(both, it.ctx, b.who, it.q.unit)
		if it.gift && r.product < 0 && strings.ContainsAny(clauseAround(b.s.r, m.from), "送赠") && b.respec(it, m) {
			if it.res.product >= 0 { // 送的那箱要80公分的
				it.res.reason, it.res.residue = "", 0
			}
			return true
		}
		if r.product < 0 && it.res.product >= 0 && (r.reason != ReasonAmbiguous || x.cover(it.res.product, both).score >= r.best.score) {
			if r, ok := b.contradicts(it, m); ok {
				it.res = r
				return true
			}
			if !all {
				break
			}
			continue
		}
		better := r.product >= 0 || r.reason == ReasonAmbiguous && (it.res.product >= 0 || len(r.options) < max(len(it.res.options), 1))
		if better && r.best.score > it.res.best.score {
			it.m, it.res = both, r
			done = true
		}
		if !all {
			break
		}
	}
	return done
}

// contradicts tells that m says a size which the item's goods lack and others of the same name bear: 小号飞机盒3捆,要25*18的.
func (b *builder) contradicts(it *wanted, m *mention) (resolution, bool) {
	x := b.s.x
	if it.res.product < 0 || len(m.toks) == 0 || x.cover(it.res.product, m).toks != 0 {
		return resolution{}, false
	}
	if strings.ContainsAny(clauseAround(b.s.r, m.from), "不别非换没改") {
		return resolution{}, false
	}
	name := x.product(it.res.product).Name
	for _, k := range x.asks(&m.toks[0]) {
		for _, p := range x.posts[k.id] {
			if id := p.id(); x.product(id).Name == name && x.cover(id, m).toks == 1<<uint(len(m.toks))-1 {
				return resolution{product: -1, reason: ReasonConflict, rule: "contradiction", options: []int32{id, it.res.product}, best: it.res.best, head: true}, true
			}
		}
	}
	return resolution{}, false
}

// amendLast: single characters about the last item, (要大的).
func (b *builder) amendLast(m *mention, _ int) bool {
	if len(b.items) == 0 || m.empty() || bits.OnesCount64(m.content()) > 2 {
		return false
	}
	return b.amend(m, len(b.items)-1)
}

// attachPrice gives a price to the goods it is said of.
func (b *builder) attachPrice(p priceTag, first int, pending bool) {
	n := len(b.items)
	if n == 0 || pending && n == first {
		return
	}
	last := b.items[n-1]
	tag := p
	if p.per != "" && !sameUnit(p.per, last.q.unit) { // 漏盆3箱、刀2把,每箱500元
		var of *wanted
		several := false
		for _, it := range b.items[b.base:] {
			if !it.gift && it.price == nil && sameUnit(it.q.unit, p.per) && it.from >= 0 && b.sameSentence(it.q.to, p.from) {
				of, several = it, of != nil
			}
		}
		if of != nil && !several && !b.has(last, p.per) {
			of.price = &tag
			return
		}
		if of != nil && !several && b.nearer(of, last, p) {
			of.price = &tag
			return
		}
	}
	if last.price == nil && !last.gift {
		last.price = &tag
	}
	if b.s.ofAll(p.from) { // 洗发水4箱 沐浴露4箱 都按0.42一瓶算
		for _, it := range b.items {
			if it.price == nil && !it.gift && it.kept == nil {
				it.price = &tag
			}
		}
		return
	}
	// said once for several: S 20盒 M 20盒, 按22算
	for i := n - 2; i >= 0; i-- {
		it := b.items[i]
		if it.price != nil || it.gift || n > first && it.group != last.group || n <= first && it.group != last.group || it.line != last.line {
			break
		}
		if n > first {
			break
		}
		if it.res.product >= 0 && last.res.product >= 0 && b.s.x.product(it.res.product).Name == b.s.x.product(last.res.product).Name {
			it.price = &tag
			continue
		}
		break
	}
}

// nearer tells whether a price is nearer to the list price of one line than to that of another.
func (b *builder) nearer(one, other *wanted, p priceTag) bool {
	far := func(it *wanted) decimal.Decimal {
		if it.res.product >= 0 {
			pr := b.s.x.product(it.res.product)
			if u, _, _, ok := productUnit(pr, p.per); ok && pr.Price != nil && pr.Price.IsPositive() {
				size, _ := pr.UnitSize(u)
				return ratio(p.value, pr.Price.Mul(size))
			}
		}
		return decimal.New(1, 6)
	}
	return far(one).LessThan(far(other))
}

// ofAll tells whether what begins at r[i] is said of all goods: 都按, 全部按, 统一.
func (s *scan) ofAll(i int) bool {
	start := i
	for start > 0 && i-start < 6 && !isBreak(s.r[start-1]) {
		start--
	}
	return says(string(s.r[start:i]), []string{"都", "全部", "统一", "一律", "均"})
}

// priceAgain gives a price to goods that are named a second time for it: 创可贴2箱 … 创可贴单价7块5.
func (b *builder) priceAgain(p priceTag, m *mention) bool {
	r := b.resolve(m, "")
	only := false
	if found := b.find(m); len(found) == 1 && found[0].res.product >= 0 { // 50W 8盏,100W 6盏,100W的按85一盏
		r.product, only = found[0].res.product, true
	}
	for _, it := range b.items {
		if r.product >= 0 && (r.head || only) && it.res.product == r.product && it.price == nil && !it.gift {
			it.price = &p
			return true
		}
	}
	return false
}

func wordAheadContent(b *builder, els []el, i int) bool {
	return wordAhead(els, i) && b.contentAt(els[i+1].from, els[i+1].to)
}

// amendTokens adds a size said after the quantity: 2盒25片的.
func (b *builder) amendTokens(m *mention) bool {
	it := b.items[len(b.items)-1]
	if it.m == nil || len(m.toks) == 0 {
		return false
	}
	both := it.m.plus(m)
	r := b.s.x.resolve(both, it.ctx, b.who, it.q.unit)
	if r.product < 0 && r.reason != ReasonAmbiguous {
		return false
	}
	it.m, it.res = both, r
	return true
}

// strongAt tells whether r[from:to] plainly names goods.
func (b *builder) strongAt(from, to int) bool {
	m := b.mention(from, to)
	if m.empty() {
		return false
	}
	if m.own != nil || m.code >= 0 {
		return true
	}
	c := b.s.x.covers(m, nil, b.who)
	return len(c) > 0 && (c[0].strong&m.content() != 0 || c[0].toks != 0)
}

// isSize tells whether products bear t as a size of their own, not only as what a pack holds.
func (x *Lexicon) isSize(t *specToken) bool {
	k, ok := x.tokenID(t.askKeys()[0])
	if !ok {
		return false
	}
	for n, p := range x.posts[k] {
		if !p.weak() {
			return true
		}
		if n > 200 {
			break
		}
	}
	return false
}

// sizeNotPrice tells that a number with 一盘 after goods is the size of the next goods: it is far
// from their price, and a product of the kind has it.
func (b *builder) sizeNotPrice(p priceTag) bool {
	if len(b.items) == 0 {
		return false
	}
	last, x := b.items[len(b.items)-1], b.s.x
	var pr *orders.Product
	if last.res.product >= 0 {
		pr = x.product(last.res.product)
	}
	if pr != nil && pr.Price != nil && pr.Price.IsPositive() {
		four := decimal.NewFromInt(4)
		for _, u := range [...]string{p.per, last.q.unit, pr.Unit} {
			if unit, _, _, ok := productUnit(pr, u); ok {
				size, _ := pr.UnitSize(unit)
				if ratio(p.value, pr.Price.Mul(size)).LessThan(four) {
					return false
				}
			}
		}
	}
	m := b.mention(p.from, p.to)
	if len(m.toks) == 0 {
		return false
	}
	return x.resolve(m, b.ctx, b.who, p.per).product >= 0
}
