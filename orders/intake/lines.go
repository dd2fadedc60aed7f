package intake

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A wanted is one line of an order in the making.
type wanted struct {
	m, ctx *mention
	q      quantity
	res    resolution
	price  *priceTag
	total  *priceTag // the sum stated for this line
	equal  *quantity // 8箱共300盒: the same amount said again
	gift   bool
	perOf  *wanted // a gift for each one of that item
	past   bool    // 上次那个
	usual  bool    // as much as last time
	from   int     // where it stands
	to     int
	group  int // clause, for prices that are said once for several lines
	line   int
	fixed  bool   // taken over from the draft or the history as it is
	kept   *Line  // what it was there
	said   string // how the goods were called
	clash  *quantity
}

// builder makes items of a message, clause by clause.
type builder struct {
	s       *scan
	who     scope
	items   []*wanted
	ctx     *mention // what was said last, for what is left out next
	carry   *mention // goods named without a quantity so far
	carryAt int
	lists   []*mention // several such, 儿童口罩、外科口罩
	loose   []quantity // quantities that belong to no goods
	notes   []mark
	deals   []mark
	sums    []mark // 一共4盒
	totals  []mark
	past    bool
	base    int  // items below this index come from the draft
	changed bool // an item of the draft was changed
	dropped bool // something was taken away
	touched []*wanted
	misses  []string // wishes about goods that are not in the order
	group   int
	answers []*mention // words about goods without a quantity
	vague   bool
	fixNext bool // 哦不, the right word comes with the next clause
	asked   bool // the last clause was a question
}

type elKind uint8

const (
	elWord elKind = iota
	elMark
	elSplit // 、 + / between goods
	elOpen
	elClose
)

type el struct {
	kind     elKind
	from, to int
	mark     *mark
}

var minusWords = strings.Fields("不要了 不要 算了 去掉 删掉 删除 取消 不用了 不用 别发了 别发 不发了 不发 减掉 撤掉 撤了 不拿了 先不拿 先不要了 先不要 不需要了 不需要 不订了 退掉 免了")

var (
	setWords  = strings.Fields("改成 改为 改到 改要 换成 换为 变成 变为 加到 减到 调到 增加到 减少到 提高到 降到 改 换 调成 调整为")
	plusWords = strings.Fields("再加上 再加 加上 另加 追加 再来 再要 再拿 再添 添 外加 多加 加")
	fixWords  = strings.Fields("不对不对 不对 哦不 噢不 喔不 啊不 错了 打错了 打错 说错了 写错了 说错 写错 更正 更正一下 搞错了 等等 应该是 哦对 对了")
	halfWords = strings.Fields("减半 减一半 砍半")
	twiceWord = strings.Fields("翻倍 加倍 翻一番 乘2")
	vagueWord = strings.Fields("来一些 要一些 拿一些 一些 来点 要点 拿点 来些 若干 少许 适量")
	eachWords = strings.Fields("每样各 各自 每样 各样 每种 各种 每款 各款 每个规格 每个 各要 各来 各订 各发 各拿 各 分别要 分别 都来 都要 都拿 都是")
	giftWords = strings.Fields("免费送 另外送 赠送 附赠 搭送 搭赠 随赠 另送 再送 还送 送我 送 赠 搭")
)

// findCues recognises the words that say what to do with the goods.
func (s *scan) findCues() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		if n, e := s.x.names.longest(r, i); n != nil && e-i >= 2 && s.free(i, e) {
			i = e - 1
			continue
		}
		for _, g := range [...]struct {
			kind  markKind
			words []string
			value string
		}{{markFix, fixWords, ""}, {markMinus, minusWords, ""}, {markSet, halfWords, "half"}, {markSet, twiceWord, "twice"}, {markSet, setWords, ""}, {markPlus, plusWords, ""}, {markVague, vagueWord, ""}, {markEach, eachWords, ""}, {markGift, giftWords, ""}} {
			w := wordOf(r, i, g.words)
			if w == "" {
				continue
			}
			e := i + len([]rune(w))
			if !s.free(i, e) {
				continue
			}
			ok := true
			switch g.kind {
			case markEach:
				ok = s.quantitySoon(e, 6) && !(w == "都要" || w == "都是" || w == "都来" || w == "都拿") || s.quantityRight(e)
				if w == "每个" {
					ok = false
				}
			case markGift:
				ok = s.isGift(i, e, w)
			case markPlus:
				if w == "加" || w == "添" {
					ok = i == 0 || isBreak(r[i-1]) || r[i-1] == ' ' || r[i-1] == '再' || s.owner[i-1] >= 0
					ok = ok && !(e < len(r) && s.x.vocabulary(r, i, len(r)))
				}
			case markSet:
				if w == "换" || w == "改" {
					ok = !s.x.vocabulary(r, i, len(r))
				}
			case markVague:
				ok = !s.quantityRight(e)
			case markMinus:
				if w == "算了" && has(r, e, "算") {
					ok = false
				}
			case markFix:
				if w == "等等" && i > 0 && isHan(r[i-1]) && !strings.ContainsRune("哎诶", r[i-1]) {
					ok = false
				}
			}
			if ok {
				s.claim(mark{kind: g.kind, from: i, to: e, text: g.value})
				i = e - 1
				break
			}
		}
	}
}

// quantityRight tells whether a quantity follows directly.
func (s *scan) quantityRight(i int) bool {
	for i < len(s.r) && (s.r[i] == ' ' || s.owner[i] < 0 && strings.ContainsRune("要来订发拿买是", s.r[i])) {
		i++
	}
	m := s.at(i)
	return m != nil && m.kind == markQty && m.from == i
}

func (s *scan) quantitySoon(i, n int) bool {
	for k := i; k < len(s.r) && k < i+n && !isBreak(s.r[k]); k++ {
		if m := s.at(k); m != nil && m.kind == markQty {
			return true
		}
	}
	return false
}

// isGift tells whether 送 at r[i:e] gives goods away rather than delivers them.
func (s *scan) isGift(i, e int, w string) bool {
	r := s.r
	end := s.clauseEnd(e)
	qty := false
	for k := e; k < end; k++ {
		m := s.at(k)
		if m == nil {
			continue
		}
		if m.kind == markQty && !m.qty.spec {
			qty = true
		}
		if (m.kind == markAddress || m.kind == markDate) && !qty {
			return false
		}
	}
	if !qty {
		return false
	}
	if w != "送" && w != "再送" && w != "送我" {
		return true
	}
	// directly after goods: 血糖仪2台送试纸, 一箱送两瓶, 每台送2盒
	k := i
	for k > 0 && (r[k-1] == ' ' || s.owner[k-1] < 0 && strings.ContainsRune("就的话要再还,", r[k-1])) {
		k--
	}
	if m := s.at(k - 1); m != nil && (m.kind == markQty || m.kind == markNoise || m.kind == markDeal || m.kind == markEach) && k > 0 {
		if s.owner[i-1] >= 0 || r[i-1] != ',' {
			return true
		}
		return s.quantityRight(e)
	}
	if k >= 2 && r[k-2] == '每' && s.x.unitAt(r, k-1) != "" {
		return true
	}
	start := i
	for start > 0 && !strings.ContainsRune(",。;\n!?", r[start-1]) {
		start--
	}
	for j := start; j < i; j++ {
		if r[j] == '每' || r[j] == '各' || s.at(j) != nil && s.at(j).kind == markQty {
			return true
		}
	}
	return s.quantityRight(e) && start > 0 && index(r, start, i, "的") >= 0
}

// elements splits r[from:to] into words, marks and separators.
func (s *scan) elements(from, to int) []el {
	var out []el
	for i := from; i < to; {
		if m := s.at(i); m != nil {
			e := min(m.to, to)
			if e <= i {
				e = i + 1
			}
			out = append(out, el{elMark, i, e, m})
			i = e
			continue
		}
		switch c := s.r[i]; {
		case c == '(':
			out = append(out, el{kind: elOpen, from: i, to: i + 1})
			i++
		case c == ')':
			out = append(out, el{kind: elClose, from: i, to: i + 1})
			i++
		case c == '、' || c == '+' || c == '/':
			out = append(out, el{kind: elSplit, from: i, to: i + 1})
			i++
		case isBreak(c) || c == ' ':
			i++
		default:
			e := i
			for e < to && s.owner[e] < 0 && !isBreak(s.r[e]) && s.r[e] != ' ' && (s.r[e] != '+' && s.r[e] != '/' || e+1 < to && isDigit(s.r[e+1]) && e > i && isDigit(s.r[e-1])) {
				e++
			}
			if e == i {
				e++
			}
			out = append(out, el{kind: elWord, from: i, to: e})
			i = e
		}
	}
	return out
}

// clauses calls do for every clause of r[from:to] with the sign that ends it.
func (s *scan) clauses(from, to int, do func(from, to int, sign rune)) {
	start, depth := from, 0
	for i := from; i < to; i++ {
		if s.owner[i] >= 0 {
			continue
		}
		switch s.r[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',', '。', ';', '\n', '!', '?', ':':
			if depth > 0 && s.r[i] != '\n' {
				continue
			}
			depth = 0
			if i > start {
				do(start, i, s.r[i])
			}
			start = i + 1
		case '-':
			if i+1 < to && s.r[i+1] == '-' && depth <= 0 {
				if i > start {
					do(start, i, ':')
				}
				start = i + 2
			}
		}
	}
	if to > start {
		do(start, to, 0)
	}
}

// read makes items of r[from:to].
func (b *builder) read(from, to int) {
	b.s.clauses(from, to, func(f, t int, sign rune) { b.clause(f, t, sign) })
	b.flush()
}

// flush settles goods that were named without a quantity.
func (b *builder) flush() {
	if b.carry != nil {
		b.answers = append(b.answers, b.carry)
	}
	for _, m := range b.lists {
		if m != b.carry {
			b.answers = append(b.answers, m)
		}
	}
	b.carry, b.lists = nil, nil
}

func (b *builder) mention(from, to int) *mention {
	return b.s.x.readMention(b.s.t, from, to, b.who.own, nil)
}

// content tells whether m names goods at all: something of it is in the catalogue.
func (b *builder) content(m *mention) bool {
	if m.empty() {
		return false
	}
	if m.own != nil || m.code >= 0 {
		return true
	}
	c := b.s.x.covers(m, nil, b.who)
	if len(c) > 0 && (c[0].strong&m.content() != 0 || c[0].toks != 0) {
		return true
	}
	if b.ctx != nil && bits.OnesCount64(m.content()) <= 2 {
		if c := b.s.x.covers(m, b.ctx, b.who); len(c) > 0 && (c[0].like >= 50 || b.ctx.meant == 0 && c[0].ctx >= 4) {
			return true
		}
	}
	return false
}

// clause reads one clause.
func (b *builder) clause(from, to int, sign rune) {
	s := b.s
	b.group++
	els := s.elements(from, to)
	for _, w := range [...]string{"上次", "上回", "之前那", "还是那", "老规格", "上一次"} {
		if index(s.r, from, to, w) >= 0 {
			b.past = true
		}
	}
	if b.condition(from, to) {
		return
	}
	// what is in brackets and has its own goods or refusals is a clause of its own
	els = b.brackets(els)
	if len(els) == 0 {
		return
	}
	if b.fixNext {
		b.fixNext = false
		if !hasKind(els, markMinus) && !hasKind(els, markSet) && b.fix(els, from, to) {
			return
		}
	}
	if b.asked && len(els) == 1 && hasKind(els, markMinus) { // 各送一包？不用
		for i := len(b.items) - 1; i >= b.base && b.items[i].group == b.group-1; i-- {
			b.items = b.items[:i]
		}
		b.asked = false
		return
	}
	b.asked = sign == '?'
	parts := b.parts(els)
	for n, p := range parts {
		f, t, sg := from, to, rune(0)
		if n > 0 {
			f = p[0].from
			b.group++
		}
		if n+1 < len(parts) {
			t = parts[n+1][0].from
		} else {
			sg = sign
		}
		if b.fixNext && n > 0 {
			b.fixNext = false
			if !hasKind(p, markMinus) && !hasKind(p, markSet) && b.fix(p, f, t) {
				continue
			}
		}
		if !b.command(p, f, t, sg) {
			b.goods(p, f, t, sg)
		}
	}
}

// parts divides a clause without punctuation at the words that change goods: 普通口罩10盒 哦不 15盒 手消4瓶.
func (b *builder) parts(els []el) [][]el {
	var out [][]el
	start, lastQty, cue := 0, -1, false
	isQty := func(e el) bool {
		return e.kind == elMark && e.mark.kind == markQty && !e.mark.qty.spec && !e.mark.qty.size
	}
	for i, e := range els {
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
			if lastQty >= start && lastQty+1 < i && b.namesAfter(els[lastQty+1:i]) && !(e.mark.kind == markMinus && b.refusesAfter(els, i)) {
				out = append(out, els[start:lastQty+1])
				start = lastQty + 1
			}
			lastQty, cue = -1, true
		}
	}
	return append(out, els[start:])
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

// brackets reads bracketed refusals and prices apart from the rest.
func (b *builder) brackets(els []el) []el {
	var out []el
	for i := 0; i < len(els); i++ {
		if els[i].kind != elOpen {
			if els[i].kind != elClose {
				out = append(out, els[i])
			}
			continue
		}
		j := i + 1
		minus := false
		for j < len(els) && els[j].kind != elClose {
			if els[j].kind == elMark && els[j].mark.kind == markMinus {
				minus = true
			}
			j++
		}
		if j == i+2 && els[i+1].kind == elMark && els[i+1].mark.kind == markQty && len(out) > 0 && hasQty(out) {
			same := *els[i+1].mark
			same.kind = markSum
			out = append(out, el{elMark, els[i+1].from, els[i+1].to, &same})
			i = j
			continue
		}
		if minus {
			from := els[i].to
			to := from
			if j > i+1 {
				to = els[j-1].to
			}
			b.notes = append(b.notes, mark{kind: markNote, from: from, to: to, text: b.s.quote(from, to)})
			i = j
			continue
		}
	}
	return out
}

// find returns the items that m may mean, the best first.
func (b *builder) find(m *mention) []*wanted {
	if m.empty() {
		return nil
	}
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
			if c.strong&m.content() == 0 && c.weak == 0 && c.toks == 0 && score < 20 {
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
			b.changed, b.dropped = true, true
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
			if b.fix(rest, e.to, to) {
				return true
			}
			b.goods(rest, e.to, to, sign)
			return true
		case markSet:
			if b.set(els, k, from, to, sign) {
				return true
			}
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
	if target != nil {
		if found := b.find(target); len(found) > 0 {
			for _, it := range found {
				b.remove(it)
			}
		} else {
			b.refusal(from, els[k].to)
			if b.content(target) && b.s.x.hasHead(target, b.s.x.covers(target, nil, b.who)) {
				b.ctx = target
			}
		}
		if hasRest || right != nil && b.content(right) {
			if hasRest {
				b.command2(rest, els[k].to, to, sign)
			}
		}
		return true
	}
	if hasRest {
		// 算了, DN40就10根
		if b.fix(rest, els[k].to, to) {
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
func (b *builder) fix(els []el, from, to int) bool {
	if len(b.items) == 0 {
		return false
	}
	var q *quantity
	for _, e := range els {
		if e.kind == elMark && e.mark.kind == markQty && !(e.mark.qty.size && e.mark.qty.spec) {
			q = &e.mark.qty
		}
	}
	f, t, ok := wordSpan(els)
	var m *mention
	if ok {
		m = b.mention(f, t)
		if !b.content(m) {
			m = nil
		}
	}
	if m == nil && q == nil {
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
	if !b.respec(target, m) {
		return false
	}
	if q != nil {
		target.setQuantity(*q)
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
		name := b.s.x.products[it.res.product].name
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
	it.ctx, it.m, it.res = it.m, m, r
	it.fixed, it.kept = false, nil
	return true
}

// productMention says what a product's own texts say.
func (b *builder) productMention(id int32) *mention {
	p := &b.s.x.master.Products[id]
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
func (b *builder) set(els []el, k, from, to int, sign rune) bool {
	left, rest := els[:k], els[k+1:]
	var m *mention
	if f, t, ok := wordSpan(left); ok {
		m = b.mention(f, t)
	}
	var target []*wanted
	if n := len(b.items); n == b.base && hasQty(left) && hasQty(rest) {
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
	if len(target) == 0 && m.empty() && len(b.items) > 0 && b.carry == nil {
		target = b.items[len(b.items)-1:]
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
	var q *quantity
	f, t, ok := wordSpan(rest)
	for _, e := range rest {
		if e.kind == elMark && e.mark.kind == markQty {
			if e.mark.qty.spec && ok && e.from < t {
				continue // A4要80克的
			}
			q = &e.mark.qty
		}
	}
	var what *mention
	if ok {
		what = b.mention(f, t)
		if !b.content(what) {
			what = nil
		}
	}
	if what == nil && q == nil {
		return false
	}
	if q != nil && strings.ContainsAny(string(b.s.r[els[k].from:els[k].to]), "加减") && false {
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

// goods reads the goods of a clause with their quantities.
func (b *builder) goods(els []el, from, to int, sign rune) {
	s := b.s
	type span struct{ from, to int }
	var cur []span
	split := false // 、 between the words
	each, gift, minus := false, false, false
	first := len(b.items)
	joined := func() *mention {
		var m *mention
		for _, w := range cur {
			m = m.plus(b.mention(w.from, w.to))
		}
		return m
	}
	add := func(m *mention, q quantity) *wanted {
		it := &wanted{m: m, ctx: b.ctx, q: q, gift: gift, from: q.from, to: q.to, group: b.group, past: b.past}
		if m != nil {
			it.from = min(m.from, q.from)
			it.said = strings.TrimSpace(s.quote(m.from, m.to))
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
				if len(cur) > 0 && len(b.items) == first && !gift {
					// 试纸每台送2盒: what is given comes before
				}
				gift = true
			case markMinus:
				minus = true
			case markDeal:
				b.deals = append(b.deals, *e.mark)
			case markPrice:
				if e.mark.price.plain && len(cur) == 0 && b.sizeNotPrice(e.mark.price) { // 4.7K一盘
					m := b.mention(e.mark.price.from, e.mark.price.to)
					add(m, quantity{value: decimal.NewFromInt(1), unit: e.mark.price.per, from: e.mark.price.to, to: e.to})
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
				if n := len(b.items); n > 0 && n-first == 1 && len(cur) == 0 && b.items[n-1].group == b.group && b.items[n-1].q.unit != e.mark.qty.unit {
					q := e.mark.qty
					b.items[n-1].equal = &q
				} else {
					b.sums = append(b.sums, *e.mark)
				}
			case markVague:
				if m := joined(); b.content(m) {
					add(m, quantity{none: true, from: e.from, to: e.to})
					cur = nil
				} else {
					b.vague = true
				}
			case markQty:
				q := e.mark.qty
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
				m := joined()
				switch {
				case m != nil && (b.content(m) || !m.empty() && b.unknownGoods(m, els, i)):
					switch {
					case each || split && b.splits(cur[0].from, cur[len(cur)-1].to):
						ms := b.splitMentions(cur[0].from, cur[len(cur)-1].to)
						if each {
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
					it := add(b.mention(w.from, end), q)
					it.to = end
				case len(b.items) > first && gift && b.items[len(b.items)-1].group == b.group:
					// 一箱送两瓶
					prev := b.items[len(b.items)-1]
					add(prev.m, q).ctx = prev.ctx
					b.items[len(b.items)-1].res = s.x.resolve(prev.m, prev.ctx, b.scopeFor(), q.unit)
					if b.items[len(b.items)-1].res.product < 0 {
						b.items[len(b.items)-1].res = prev.res
					}
				case len(b.items) > first && b.items[len(b.items)-1].group == b.group && b.items[len(b.items)-1].q.unit != q.unit && len(cur) == 0:
					qq := q
					b.items[len(b.items)-1].clash = &qq
				default:
					b.loose = append(b.loose, q)
				}
				cur, split, gift = nil, false, false
			default:
				// dates, customers and the rest part the words
			}
		}
	}
	_ = minus
	if len(cur) > 0 {
		b.rest(cur[0].from, cur[len(cur)-1].to, first, from, to, sign, each, func() []*mention {
			out := make([]*mention, 0, len(cur))
			for _, w := range cur {
				out = append(out, b.mention(w.from, w.to))
			}
			return out
		})
	}
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

func (b *builder) scopeFor() scope {
	w := b.who
	return w
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
			b.ctx = b.ctx.meaning(it.res.product)
		}
		return
	}
	if b.ctx == nil {
		b.ctx = it.m
	}
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
		return len(c) > 0 && len(b.items) == 0
	}
	if q.bare || q.size || len(m.toks) == 0 && bits.OnesCount64(m.content()) < 2 {
		return false
	}
	if i+1 < len(els) && els[i+1].kind == elWord && els[i+1].from == els[i].to && b.contentAt(els[i+1].from, els[i+1].to) {
		return false
	}
	return true
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
	if !q.size {
		if tok, ok := readSpec(b.s.r, q.from, q.to); ok && !some && later >= 0 && between && tok.to == q.to {
			return b.s.x.isSize(&tok) // 60支漂白2匹
		}
		return false
	}
	if later >= 0 && !between {
		return true
	}
	tok, ok := readSpec(b.s.r, q.from, q.to)
	known := ok && len(b.s.x.tokens[tok.askKeys()[0]]) > 0
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
		_, _, loose, has := productUnit(&b.s.x.master.Products[r.product], q.unit)
		return !has || loose
	}
	return known
}

func (b *builder) unitKnown(u string) bool {
	for i := range b.s.x.master.Products {
		if _, has := b.s.x.master.Products[i].UnitSize(u); has {
			return true
		}
		if i > 500 {
			break
		}
	}
	return false
}

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
	type piece struct{ from, to int }
	var pieces []piece
	start := from
	for i := from; i <= to; i++ {
		if i == to || r[i] == '、' || r[i] == ' ' || r[i] == '+' || r[i] == '/' && !(i > from && isDigit(r[i-1]) && i+1 < to && isDigit(r[i+1])) || r[i] == '和' || r[i] == '跟' || r[i] == '的' && i > start || r[i] == ',' {
			if i > start {
				pieces = append(pieces, piece{start, i})
			}
			start = i + 1
		}
	}
	var out []*mention
	var cur *mention
	for _, p := range pieces {
		m := b.mention(p.from, p.to)
		if m.empty() {
			continue
		}
		if cur != nil {
			both := cur.plus(m)
			if !x.hasHead(m, x.covers(m, nil, b.who)) && full(x.covers(both, nil, b.who), both) {
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
		if cur != nil && !x.hasHead(m, x.covers(m, nil, b.who)) {
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
	for i := range prev.toks {
		if k.toks>>uint(i)&1 != 0 {
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
func (b *builder) rest(from, to, first, clauseFrom, clauseTo int, sign rune, each bool, parts func() []*mention) {
	s := b.s
	x := s.x
	ms := parts()
	if len(b.items) > first {
		// after goods: something more about them, 4分弯头2箱ppr的
		if len(ms) > 1 && endsBare(s, ms[len(ms)-1]) {
			all := ms[0]
			for _, m := range ms[1:] {
				all = all.plus(m)
			}
			if b.bareQuantity(all, true) {
				return
			}
		}
		for i, m := range ms {
			if m.empty() {
				continue
			}
			it := b.items[len(b.items)-1]
			if b.tail(it, m, m.from) {
				continue
			}
			if b.amend(m, first) {
				continue
			}
			if b.bareQuantity(m, true) {
				continue
			}
			if b.content(m) && x.hasHead(m, x.covers(m, nil, b.who)) {
				b.hold(m, i == len(ms)-1)
			}
		}
		return
	}
	all := ms[0]
	for _, m := range ms[1:] {
		all = all.plus(m)
	}
	if len(ms) > 1 {
		any := false
		for _, m := range ms {
			switch {
			case endsBare(s, m) && b.bareQuantity(m, false):
				any = true
			case !any && b.content(m) && x.hasHead(m, x.covers(m, nil, b.who)):
				b.ctx = m
			}
		}
		if any {
			return
		}
	}
	if b.bareQuantity(all, false) {
		return
	}
	if !b.content(all) {
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
	b.hold(all, true)
}

func (b *builder) hold(m *mention, _ bool) {
	b.lists = append(b.lists, m)
	b.carry = m
	b.ctx = m
}

func endsBare(s *scan, m *mention) bool {
	if len(m.toks) == 0 {
		return false
	}
	t := m.toks[len(m.toks)-1]
	return strings.HasPrefix(t.keys[0], "=") && t.to == m.to
}

// bareQuantity takes a number without a unit at the end as the quantity: 大敷贴 300, 1寸的40.
func (b *builder) bareQuantity(m *mention, after bool) bool {
	s := b.s
	if !endsBare(s, m) {
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
	rest := *m
	rest.toks = m.toks[:len(m.toks)-1]
	rest.to = t.from
	if rest.empty() {
		return false
	}
	c := s.x.covers(&rest, nil, b.who)
	if !(prev == '的' || prev == ' ' || prev == '*' || isHan(prev)) {
		return false
	}
	if prev != '的' {
		if len(c) == 0 {
			return false
		}
		w := s.x.covers(m, nil, b.who)
		if len(w) > 0 && w[0].toks == 1<<uint(len(m.toks))-1 {
			return false // it is a size
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
	if len(m.toks) != 1 || len(m.han) > 0 || !strings.HasPrefix(m.toks[0].keys[0], "=") || it.price != nil || it.res.product < 0 {
		return false
	}
	v, err := decimal.NewFromString(m.toks[0].number)
	if err != nil || !v.IsPositive() {
		return false
	}
	p := &b.s.x.master.Products[it.res.product]
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

// amend adds what m says to items whose goods are not certain yet, or that it fits.
func (b *builder) amend(m *mention, first int) bool {
	x := b.s.x
	done := false
	if len(b.items) > 0 {
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
	for i := len(b.items) - 1; i >= 0; i-- {
		it := b.items[i]
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
				if !all && it.group != b.group {
					return true
				}
				continue
			}
		}
		r := x.resolve(both, it.ctx, b.who, it.q.unit)
		if r.product < 0 && it.res.product >= 0 {
			if !all {
				break
			}
			continue
		}
		better := r.product >= 0 || r.reason == ReasonAmbiguous && len(r.options) < max(len(it.res.options), 1)
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
	if last.price == nil && !last.gift {
		last.price = &tag
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
		if it.res.product >= 0 && last.res.product >= 0 && b.s.x.master.Products[it.res.product].Name == b.s.x.master.Products[last.res.product].Name {
			it.price = &tag
			continue
		}
		break
	}
}

// condition puts aside what is wanted only if something else is not there: 没有就换小瓶.
func (b *builder) condition(from, to int) bool {
	r := b.s.r
	for _, w := range [...]string{"没有", "没货", "缺货", "断货", "如果没", "要是没", "不够"} {
		k := index(r, from, to, w)
		if k < 0 {
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
	k := t.askKeys()[0]
	for n, id := range x.tokens[k] {
		e := &x.products[id]
		if j, ok := slices.BinarySearch(e.tokens, k); ok && !e.weak[j] {
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
	last := b.items[len(b.items)-1]
	if last.res.product < 0 {
		return false
	}
	x := b.s.x
	pr := &x.master.Products[last.res.product]
	if pr.Price != nil && pr.Price.IsPositive() {
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
