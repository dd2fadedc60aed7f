package intake

import (
	"math/bits"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"
)

// A wanted is one line of an order in the making.
type wanted struct {
	m, ctx   *mention
	q        quantity
	res      resolution
	price    *priceTag
	total    *priceTag // the sum stated for this line
	totalled bool      // the sum is right for this line and those before it
	equal    *quantity // 8箱共300盒: the same amount said again
	gift     bool
	past     bool // 上次那个
	more     bool // 再加: added to what is ordered of the same
	adds     bool // 再多, 少: so much more or less of what the message itself says before
	from     int  // where it stands
	to       int
	group    int // clause, for prices that are said once for several lines
	line     int
	fixed    bool   // taken over from the draft or the history as it is
	kept     *Line  // what it was there
	said     string // how the goods were called
	was      int    // one more than the line of the draft that it continues; 0: none
	clash    *quantity
	halves   []decimal.Decimal // what of an amount that has no even halves may be meant

	options, optionsOf string // what was chosen of the options of a product; it stays with that product
}

// builder makes items of a message, clause by clause.
type builder struct {
	s       *scan
	who     scope
	items   []*wanted
	ctx     *mention   // what was said last, for what is left out next
	carry   *mention   // goods named without a quantity so far
	lists   []*mention // several such, 儿童口罩、外科口罩
	loose   []quantity // quantities that belong to no goods
	notes   []mark
	deals   []mark
	sums    []mark // 一共4盒
	totals  []mark
	past    bool
	base    int     // items below this index come from the draft
	changed bool    // an item of the draft was changed
	last    *wanted // what was taken away last
	unclear bool    // an amount is changed, but not said of which goods
	dropped bool    // something was taken away
	gone    []span
	touched []*wanted
	group   int
	answers []*mention // words about goods without a quantity
	named   []*mention // words that name goods once more and say nothing new of them
	vague   bool
	fixNext bool    // 哦不, the right word comes with the next clause
	asked   bool    // the last clause was a question
	again   bool    // the clause adds to what was ordered
	heading bool    // a colon ends the clause: it says what the goods behind it have in common
	pending *wanted // the line whose new quantity the next clause says: 等下,鸭肠冰柜里还有,1件够了
	instead bool    // the last clause took goods away: 改… says what comes instead

	mentions map[[3]int]*mention // what was read, by its place and the number of marks then
}

type elKind uint8

type el struct {
	kind     elKind
	from, to int
	mark     *mark
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
			for e < to && s.owner[e] < 0 && !isBreak(s.r[e]) && s.r[e] != ' ' && (s.r[e] != '+' && s.r[e] != '/' || e+1 < to && isDigit(s.r[e+1]) && e > i && isDigit(s.r[e-1]) || e > i && s.exact[e] > e+1 && s.exact[e-1] == s.exact[e]) {
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

// mention reads what r[from:to] says of a product, each part once.
func (b *builder) mention(from, to int) *mention {
	at := [3]int{from, to, len(b.s.marks)}
	if m, ok := b.mentions[at]; ok {
		return m
	}
	m := b.s.x.readMention(b.s.t, from, to, b.who.own, func(i int) int {
		if m := b.s.at(i); m != nil && m.kind != markQty && m.kind != markPrice {
			return m.to
		}
		return i
	})
	if b.mentions == nil {
		b.mentions = map[[3]int]*mention{}
	}
	b.mentions[at] = m
	return m
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
	if len(b.s.x.contrary(m, b.ctx)) > 0 {
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
	if len(els) == 0 || b.whichLines(els, from, to) || b.notThis(els, from, to) || b.priceOnly(els) {
		return
	}
	if b.fixNext {
		b.fixNext = false
		if !hasKind(els, markMinus) && !hasKind(els, markSet) && b.fix(els) {
			return
		}
	}
	if b.asked && len(els) == 1 && hasKind(els, markMinus) { // 各送一包？不用
		for i := len(b.items) - 1; i >= b.base && b.items[i].group == b.group-1; i-- {
			b.gone = append(b.gone, span{b.items[i].from, b.items[i].to}, span{b.items[i].q.from, b.items[i].q.to})
			b.items = b.items[:i]
		}
		b.asked = false
		return
	}
	b.asked = sign == '?'
	instead := b.instead
	defer func() {
		if instead {
			b.instead = false
		}
	}()
	b.again = hasKind(els, markPlus) && b.base == 0
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
			if !hasKind(p, markMinus) && !hasKind(p, markSet) && b.fix(p) {
				continue
			}
		}
		if !b.command(p, f, t, sg) {
			b.goods(p, f, t, sg)
		}
	}
}

// counted tells whether els hold an amount that is no size of goods: 75mm档案盒(8捆) has none before the bracket.
func (b *builder) counted(els []el) bool {
	return slices.ContainsFunc(els, func(e el) bool {
		if e.kind != elMark || e.mark.kind != markQty {
			return false
		}
		tok, ok := readSpec(b.s.r, e.mark.from, e.mark.to)
		return !ok || tok.to != e.mark.to || !e.mark.qty.size || !b.s.x.isSize(&tok)
	})
}

// promised fits what is said in brackets of how it was agreed: 凌涛讲好的不收钱.
var promised = regexp.MustCompile(`说好|讲好|谈好|答应|不收钱|不要钱|免费的|老板同意|领导批`)

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
		if j == i+2 && els[i+1].kind == elMark && els[i+1].mark.kind == markQty && len(out) > 0 && b.counted(out) {
			same := *els[i+1].mark
			same.kind = markSum
			out = append(out, el{elMark, els[i+1].from, els[i+1].to, &same})
			i = j
			continue
		}
		if j > i+1 && promised.MatchString(string(b.s.r[els[i].to:els[j-1].to])) && !hasQty(els[i+1:j]) && !hasKind(els[i+1:j], markPrice) && !hasKind(els[i+1:j], markTotal) {
			minus = true
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
