package intake

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"orderbot/orders"
)

// A mention is the part of a message that says which product is meant: its characters and its
// spec tokens.
type mention struct {
	han    []rune
	at     []int // where each stands in the text
	filler uint64
	toks   []specToken
	from   int
	to     int
	own    *ownItem // the customer's own name, where it is said
	code   int32    // a product's code where it is said, else -1
	kin    []kinAt
	scored map[*mention][]cover // what the products explain of it within a context, once worked out
	not    []specToken          // what the goods must not bear: 不带USB
	notHan []uint64             // the same of words, by their pairs of characters: 没散光的
	meant  int32                // one more than the product that it was found to mean, 0 if none
}

// Most characters and tokens of a mention.
const (
	maxHan  = 60
	maxToks = 20
)

func (m *mention) empty() bool {
	return m == nil || m.own == nil && m.code < 0 && len(m.toks) == 0 && m.content() == 0
}

// content is the set of characters that are not mere filling.
func (m *mention) content() uint64 {
	return (uint64(1)<<uint(len(m.han)) - 1) &^ m.filler
}

// plus is a mention that says what both say.
func (m *mention) plus(o *mention) *mention {
	if m == nil {
		return o
	}
	if o == nil {
		return m
	}
	s := &mention{from: min(m.from, o.from), to: max(m.to, o.to), own: m.own, code: m.code, filler: m.filler, not: append(slices.Clone(m.not), o.not...), notHan: append(slices.Clone(m.notHan), o.notHan...)}
	if o.own != nil {
		s.own = o.own
	}
	if o.code >= 0 {
		s.code = o.code
	}
	s.han = append(append(s.han, m.han...), o.han...)
	s.at = append(append(s.at, m.at...), o.at...)
	s.toks = append(append(s.toks, m.toks...), o.toks...)
	s.kin = append(s.kin, m.kin...)
	for _, k := range o.kin {
		k.at += len(m.han)
		s.kin = append(s.kin, k)
	}
	s.filler |= o.filler << uint(len(m.han))
	if len(s.han) > maxHan {
		s.han, s.at = s.han[:maxHan], s.at[:maxHan]
		s.filler &= 1<<maxHan - 1
	}
	return s
}

// meaning is m with the product that it was found to mean.
func (m *mention) meaning(id int32) *mention {
	c := *m
	c.meant = max(id+1, 0)
	return &c
}

// readMention reads what r[from:to] says of a product. skip tells which runes belong to something else.
func (x *Lexicon) readMention(t *text, from, to int, own []ownItem, skip func(i int) int) *mention {
	m := &mention{from: from, to: to, code: -1}
	r := t.r
	for i := from; i < to; {
		if skip != nil {
			if e := skip(i); e > i {
				i = e
				continue
			}
		}
		if it, e := ownAt(r[:to], i, own); it != nil {
			m.own = it
			i = e
			continue
		}
		if n, e := x.names.longest(r[:to], i); n != nil && isAlnum(r[i]) && boundary(r, i, e) {
			if id, ok := x.productKey(string(n.text)); ok && isCode(n.text) && len(n.ids) == 1 && n.ids[0] == id {
				m.code = id
				i = e
				continue
			}
		}
		if e := englishFillerAt(r[:to], i); e > i && len(x.bearing(string(r[i:e]))) == 0 {
			i = e
			continue
		}
		if s, ok := sizeWord(r[:to], i); ok && len(m.toks) < maxToks {
			m.toks = append(m.toks, s)
			i = s.to
			continue
		}
		if n := lacks(r, i); n > 0 && i+n < to && !x.vocabulary(r, i, to) {
			if tok, ok := readSpec(r, i+n, to); ok && !isHan(r[i+n]) && tok.to > i+n {
				m.not = append(m.not, tok)
				i = tok.to
				continue
			}
			if e := x.wordEnd(r, i+n, to); e > i+n && e < len(r) && r[e] == '的' {
				for k := i + n; k+1 < e; k++ {
					m.notHan = append(m.notHan, gram(r[k], r[k+1]))
				}
				i = e
				continue
			}
		}
		if letterWord(r, i) && i+1 < to && x.bears(r[i], r[i+1]) && len(m.han) < maxHan {
			m.han, m.at = append(m.han, r[i]), append(m.at, i)
			i++
			continue
		}
		if tok, ok := readSpec(r, i, to); ok && tok.to > i && len(m.toks) < maxToks {
			x.across(r, &tok, to)
			if !isHan(r[i]) || !x.vocabulary(r, i, to) || tok.unit != "" || tok.to-i >= 3 {
				m.toks = append(m.toks, tok)
				i = tok.to
				continue
			}
		}
		if i > from+1 && strings.ContainsRune("长宽厚高径", r[i]) && strings.ContainsRune("米寸分mc丝", r[i-1]) && !x.vocabulary(r, i-1, to) && !x.vocabulary(r, i, to) {
			i++ // 2米宽的
			continue
		}
		if k := skipSpace(r, i+1); strings.ContainsRune("长宽厚高径", r[i]) && k < to && (isDigit(r[k]) || isHanNumeral(r[k])) && !x.vocabulary(r, i-1, to) {
			i++ // 长60
			continue
		}
		if isHan(r[i]) && len(m.han) < maxHan {
			if n := fillerAt(r[:to], i); n > 0 && !x.known(r, i, n, to) {
				for k := range n {
					if len(m.han) < maxHan {
						m.filler |= 1 << uint(len(m.han))
						m.han, m.at = append(m.han, r[i+k]), append(m.at, i+k)
					}
				}
				i += n
				continue
			}
			m.han, m.at = append(m.han, r[i]), append(m.at, i)
		}
		i++
	}
	x.mend(m)
	m.findKin()
	return m
}

// across makes a token go on behind a sign of multiplication where goods bear both as one: FAX-250*10.
func (x *Lexicon) across(r []rune, tok *specToken, to int) {
	k := tok.to
	if k+1 >= to || r[k] != '*' || !isDigit(r[k+1]) || !isDigit(r[k-1]) || !isLetter(r[tok.from]) {
		return
	}
	e := k + 1
	for e < to && isAlnum(r[e]) {
		e++
	}
	if key := tok.keys[0] + "x" + string(r[k+1:e]); len(x.bearing(key)) > 0 {
		tok.keys, tok.to = []string{key, joints.Replace(key)}, e
	}
}

// vocabulary tells whether the two characters at r[i] stand together in some product's name.
func (x *Lexicon) vocabulary(r []rune, i, to int) bool {
	return i >= 0 && i+1 < to && x.bears(r[i], r[i+1])
}

// known tells whether the filling word r[i:i+n] is part of a product's name here.
func (x *Lexicon) known(r []rune, i, n, to int) bool {
	if n > 1 {
		return false
	}
	return i > 0 && x.bears(r[i-1], r[i]) && i+1 < to && x.bears(r[i], r[i+1]) || n == 1 && i+1 < to && x.bears(r[i], r[i+1]) && !strings.ContainsRune("的要来给和跟再", r[i])
}

// wordEnd is where the word of products' texts ends that begins at r[i].
func (x *Lexicon) wordEnd(r []rune, i, to int) int {
	for i+1 < to && isHan(r[i]) && x.bears(r[i], r[i+1]) {
		i++
		if i+1 >= to || !x.bears(r[i], r[i+1]) {
			return i + 1
		}
	}
	return i
}

// lacks is how long the word at r[i] is that says what goods are without: 不带, 不含.
func lacks(r []rune, i int) int {
	for _, w := range [...]string{"不带", "不含", "没带", "不要带", "没有", "没"} {
		if has(r, i, w) {
			return len([]rune(w))
		}
	}
	return 0
}

// letterWord tells whether a letter and a character make one word at r[i]: T恤, U盘, O圈; no sizes or models.
func letterWord(r []rune, i int) bool {
	if !isLetter(r[i]) || i > 0 && isAlnum(r[i-1]) || i+1 >= len(r) || !isHan(r[i+1]) {
		return false
	}
	return !strings.ContainsRune("sml", r[i]) && !strings.ContainsRune("码号型款级类色的字", r[i+1])
}

func sizeWord(r []rune, i int) (specToken, bool) {
	for _, w := range sizeWords {
		if has(r, i, w.word) {
			return specToken{keys: []string{"size:" + w.size}, from: i, to: i + len([]rune(w.word))}, true
		}
	}
	return specToken{}, false
}

func hasDigit(r []rune) bool  { return slices.ContainsFunc(r, isDigit) }
func hasLetter(r []rune) bool { return slices.ContainsFunc(r, isLetter) }

// isCode tells whether a name is so clearly a code that nothing else can be meant: B00187, 66-0203, 6901234567892.
func isCode(r []rune) bool {
	return hasDigit(r) && (hasLetter(r) || len(r) >= 5 && !slices.ContainsFunc(r, func(c rune) bool { return !isDigit(c) && c != '-' }))
}

// boundary tells that r[from:to] is no part of a longer run of letters or digits.
func boundary(r []rune, from, to int) bool {
	if from > 0 && isAlnum(r[from]) && isAlnum(r[from-1]) {
		return false
	}
	return to >= len(r) || !isAlnum(r[to-1]) || !isAlnum(r[to])
}

// ownAt finds one of the customer's own names at r[i].
func ownAt(r []rune, i int, own []ownItem) (*ownItem, int) {
	var best *ownItem
	end := i
	for k := range own {
		for _, name := range [...][]rune{own[k].name, own[k].short} {
			if e := nameEnd(r, i, name); e > end && (boundary(r, i, e) || times(r, e) && boundary(r[:e], i, e)) {
				if e < len(r) && isHan(r[e]) && r[e] != '的' && !slices.ContainsFunc(name, func(c rune) bool { return !isDigit(c) }) {
					continue // 30 in 30片, of MK-30
				}
				if len(name) == 1 && (i+1 < len(r) && isHan(r[i+1]) && !isHanNumeral(r[i+1]) || i > 0 && isHan(r[i-1]) && fillerAt(r, i-1) == 0) { // 红 in 小支干红, but 邦 in 送邦一箱
					continue
				}
				best, end = &own[k], e
			}
		}
	}
	return best, end
}

// times tells whether x and a number of goods stand at r[e:], behind a name: ENG-07x40.
func times(r []rune, e int) bool {
	if e == 0 || e+1 >= len(r) || r[e] != 'x' || !isDigit(r[e-1]) || !isDigit(r[e+1]) {
		return false
	}
	n, ok := readDigits(r, e+1)
	return ok && (n.to >= len(r) || !isAlnum(r[n.to]) && r[n.to] != '*' && r[n.to] != '.')
}

// mend replaces characters that only sound like those of a product's name.
func (x *Lexicon) mend(m *mention) {
	known := func(i int) bool {
		return i >= 0 && i+1 < len(m.han) && m.at[i+1] == m.at[i]+1 && x.bears(m.han[i], m.han[i+1])
	}
	for i := 0; i+1 < len(m.han); i++ {
		if m.at[i+1] != m.at[i]+1 || known(i) || m.filler>>uint(i)&3 == 3 {
			continue
		}
		for _, a := range soundsOf(m.han[i]) {
			for _, b := range soundsOf(m.han[i+1]) {
				for _, g := range x.sounds.get(a + "'" + b) {
					ids := x.pair(g)
					if len(ids) == 0 {
						continue
					}
					p, q := split(g)
					// the word must go with what stands on its other side
					if p == m.han[i] && known(i-1) && !meet(ids, x.pair(gram(m.han[i-1], p))) || q == m.han[i+1] && known(i+1) && !meet(ids, x.pair(gram(q, m.han[i+2]))) {
						continue
					}
					if p == m.han[i] && !known(i+1) || q == m.han[i+1] && !known(i-1) {
						if q != m.han[i+1] && strings.ContainsRune("的了吗吧呢啊", m.han[i+1]) { // 黑的 is no 黑底
							continue
						}
						if p != m.han[i] && m.filler>>uint(i)&1 == 1 || q == m.han[i+1] && m.filler>>uint(i+1)&1 == 1 {
							continue
						}
						m.han[i], m.han[i+1] = p, q
						m.filler &^= 3 << uint(i)
					}
				}
			}
		}
	}
}

// cover is how much of a mention one product explains.
type cover struct {
	id     int32
	strong uint64 // characters that stand in its texts beside a neighbour
	weak   uint64 // single characters
	toks   uint32 // spec tokens
	score  int
	ctx    int  // what it explains of the context
	like   int  // how like it is to what the context was found to mean
	class  int  // 3 the customer's own name, 2 an alias said in full, 1 its name said in full
	size   int  // length of that name
	known  int  // how often the customer bought it, and then how often it was ordered at all
	some   bool // there may be others that explain as much within a context
}

// cover tells how much of m one product explains.
func (x *Lexicon) cover(id int32, m *mention) cover {
	e := x.products[id]
	var s share
	for i := 0; i+1 < len(m.han); i++ {
		if m.at[i+1] == m.at[i]+1 && x.hasPair(e, gram(m.han[i], m.han[i+1])) {
			s.han |= 3 << uint(i)
		}
	}
	for _, k := range m.kin {
		if k.at+k.n <= len(m.han) && x.hasKin(e, k.group) {
			s.han |= k.mask()
		}
	}
	for i := range m.toks {
		for _, k := range x.asks(&m.toks[i]) {
			if weak, ok := e.bears(k.id); ok {
				s.add(&source{tok: 1 << uint(i), full: k.full(i)}, newPost(id, weak))
			}
		}
	}
	return x.weigh(id, m, s, m.joined())
}

// weigh is how much of m the product explains that bears s of it. joined tells which characters stand right behind another.
func (x *Lexicon) weigh(id int32, m *mention, s share, joined uint64) cover {
	c := cover{id: id, strong: s.han &^ found, toks: s.toks, score: s.score()}
	if single := m.singles(s.han, joined); single != 0 {
		e := x.products[id]
		for ; single != 0; single &= single - 1 {
			i := bits.TrailingZeros64(single)
			if e.holds(m.han[i]) {
				c.weak |= 1 << uint(i)
				c.score++
			}
		}
	}
	return c
}

// joined is the set of characters that stand right behind the one before.
func (m *mention) joined() uint64 {
	var set uint64
	for i := 1; i < len(m.at); i++ {
		if m.at[i] == m.at[i-1]+1 {
			set |= 1 << uint(i)
		}
	}
	return set
}

// singles are the characters that count by themselves where those of strong are explained: what stands right beside them is
// explained as well, or mere filling.
func (m *mention) singles(strong, joined uint64) uint64 {
	known := strong&^found | m.filler
	return m.content() &^ strong & (^joined | known<<1) & (^(joined >> 1) | known>>1)
}

// hasPair tells whether the product's texts hold a pair of characters.
func (x *Lexicon) hasPair(e *entry, g uint64) bool {
	_, ok := e.bears(x.grams.get(g) - 1)
	return ok
}

// bearsAny tells whether the product bears one of the tokens.
func (e *entry) bearsAny(keys []tokenKey) bool {
	return slices.ContainsFunc(keys, func(k tokenKey) bool {
		_, ok := e.bears(k.id)
		return ok
	})
}

// says tells whether the mention says all of p, and how long p is.
func (x *Lexicon) says(m *mention, have hint, p *phrase) (bool, int) {
	if len(p.han) == 0 && len(p.tokens) == 0 {
		return false, 0
	}
	if p.hint&^have != 0 {
		return false, 0
	}
	for _, h := range p.han {
		if !slices.Contains(m.han, h) {
			return false, 0
		}
	}
	n, said := 0, false
	for _, k := range p.tokens {
		switch {
		case k >= 0:
			said = said || x.asksFor(m, k)
		case !said:
			return false, 0
		default:
			n, said = n+1, false
		}
	}
	return true, 2*len(p.han) + 3*n
}

// asksFor tells whether the token of that number is one of those by which m may be recognised.
func (x *Lexicon) asksFor(m *mention, token int32) bool {
	for i := range m.toks {
		for _, k := range x.asks(&m.toks[i]) {
			if k.id == token {
				return true
			}
		}
	}
	return false
}

// source is one thing that a mention says: what of the mention it is, and the products that bear it.
type source struct {
	posts []post
	han   uint64 // characters
	tok   uint32 // or a token
	full  uint32 // the token, if it is borne in full by those who don't bear it weakly
	kin   bool   // they bear another word for it
	late  bool   // mere filling: it finds no products, but counts for those that something else finds
}

// sources are what m says, the rarest first, the late ones last.
func (x *Lexicon) sources(m *mention) []source {
	out := make([]source, 0, len(m.han)+2*len(m.toks))
	add := func(s source) {
		if len(s.posts) > 0 {
			out = append(out, s)
		}
	}
	for i := 0; i+1 < len(m.han); i++ {
		if m.at[i+1] == m.at[i]+1 {
			add(source{posts: x.pair(gram(m.han[i], m.han[i+1])), han: 3 << uint(i), late: m.filler>>uint(i)&3 == 3})
		}
	}
	for _, k := range m.kin {
		if k.at+k.n <= len(m.han) {
			add(source{posts: x.kins[k.group], han: k.mask(), kin: true})
		}
	}
	for i := range m.toks {
		for _, k := range x.asks(&m.toks[i]) {
			add(source{posts: x.posts[k.id], tok: 1 << uint(i), full: k.full(i)})
		}
	}
	slices.SortStableFunc(out, func(a, b source) int {
		if a.late != b.late {
			return int(bit(a.late)) - int(bit(b.late))
		}
		return len(a.posts) - len(b.posts)
	})
	return out
}

// full is the i-th token of a mention where products bear it in full by that key.
func (k tokenKey) full(i int) uint32 {
	if k.number {
		return 0
	}
	return 1 << uint(i)
}

// share is what of a mention a product bears.
type share struct {
	han  uint64
	toks uint32
	full uint32 // the tokens that it bears in its own words, not by the number alone or as what a pack holds
}

// found marks the share of a product that was found; no mention has so many characters.
const found = 1 << 63

// score is what s counts for without single characters.
func (s *share) score() int {
	return 2*bits.OnesCount64(s.han&^found) + 3*bits.OnesCount32(s.toks) + bits.OnesCount32(s.full)
}

// most is the most that a product scores that bears s and at most o and single characters of content besides.
func (s *share) most(o *share, content uint64) int {
	han := (s.han | o.han) &^ found
	return 2*bits.OnesCount64(han) + 4*bits.OnesCount32(s.toks|o.toks) + bits.OnesCount64(content&^han)
}

func (s *share) add(o *source, p post) {
	s.han |= o.han
	s.toks |= o.tok
	if !p.weak() {
		s.full |= o.full
	}
}

// scratch counts what the products bear.
type scratch struct {
	shares []share // by product
	found  []int32
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// take returns a scratch for n products.
func take(n int) *scratch {
	s, ok := scratches.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	if len(s.shares) < n {
		s.shares = make([]share, n+n/8)
	}
	return s
}

func (s *scratch) give() {
	for _, id := range s.found {
		s.shares[id] = share{}
	}
	s.found = s.found[:0]
	scratches.Put(s)
}

// find counts o for all products that bear it, and returns the best score of them.
func (s *scratch) find(o *source) int {
	best := 0
	for _, p := range o.posts {
		c := s.of(p.id())
		c.add(o, p)
		best = max(best, c.score())
	}
	return best
}

// of is the share of a product, which is among the found from now on.
func (s *scratch) of(id int32) *share {
	c := &s.shares[id]
	if c.han == 0 {
		c.han = found
		s.found = append(s.found, id)
	}
	return c
}

// count counts o for the products that were found.
func (s *scratch) count(o *source) {
	if len(o.posts) > 16*len(s.found) {
		for _, id := range s.found {
			if i, _ := slices.BinarySearch(o.posts, newPost(id, false)); i < len(o.posts) && o.posts[i].id() == id {
				s.shares[id].add(o, o.posts[i])
			}
		}
		return
	}
	for _, p := range o.posts {
		if c := &s.shares[p.id()]; c.han != 0 {
			c.add(o, p)
		}
	}
}

// keep forgets the products that score less than least even if they bear o, too.
func (s *scratch) keep(o *share, content uint64, least int) {
	kept := s.found[:0]
	for _, id := range s.found {
		if s.shares[id].most(o, content) >= least {
			kept = append(kept, id)
		} else {
			s.shares[id] = share{}
		}
	}
	s.found = kept
}

// maxCandidates is how many products are looked at that may mean the same to a mention.
const (
	maxCandidates = 400
	maxShown      = 8 // of them in an explanation
)

// best scores the products that explain most of m, all that explain as much; of very many those that fit the context ctx
// best, that the customer bought, or that are called just so.
func (x *Lexicon) best(m, ctx *mention, who scope) []cover {
	if who.onlyPast {
		return x.bestOf(m, slices.Sorted(maps.Keys(who.bought)))
	}
	s := take(len(x.products))
	defer s.give()
	content, joined := m.content(), m.joined()
	srcs := x.sources(m)
	rest := make([]share, len(srcs)+1) // what the sources from n on can add
	for n, o := range slices.Backward(srcs) {
		rest[n] = share{han: rest[n+1].han | o.han, toks: rest[n+1].toks | o.tok}
	}
	top, n := 1, 0
	for ; n < len(srcs) && !srcs[n].late && rest[n].most(&share{}, content) >= top; n++ {
		top = max(top, s.find(&srcs[n]))
	}
	if n < len(srcs) {
		s.keep(&rest[n], content, top)
		for ; n < len(srcs); n++ {
			s.count(&srcs[n])
		}
		for _, id := range s.found {
			top = max(top, s.shares[id].score())
		}
	}
	if len(s.found) == 0 && ctx != nil { // what fits the context may bear a single character
		still := ctx.unrivalled(m)
		for _, o := range x.sources(ctx) {
			if !o.late && o.tok&^still == 0 && m.singles(0, joined) != 0 {
				s.find(&source{posts: o.posts})
			}
		}
	}
	if len(s.found) == 0 {
		out := x.bestOf(m, x.byCharacter(m))
		for i := range out {
			out[i].some = true
		}
		return out
	}
	order := make([]uint64, 0, len(s.found))
	for _, id := range s.found {
		c := &s.shares[id]
		if most := c.score() + bits.OnesCount64(m.singles(c.han, joined)); most >= top {
			order = append(order, uint64(most)<<rankMost|uint64(^uint32(id))) //nolint:gosec // all are small and positive
		}
	}
	limit := who.work.candidates()
	some := len(order) > limit
	if some {
		x.prefer(order, m, ctx, who)
		order = greatest(order, 2*limit)
	}
	who.work.look(len(order))
	b := bests{covers: make([]cover, 0, min(len(order), maxCandidates))}
	for _, o := range order {
		if most := int(o >> rankMost); most > b.score || most == b.score && len(b.covers) < maxCandidates {
			id := int32(^uint32(o)) //nolint:gosec // as it was put in
			c := x.weigh(id, m, s.shares[id], joined)
			c.some = some
			b.add(c)
		}
	}
	return b.covers
}

// bests are the covers of the highest score.
type bests struct {
	score  int
	covers []cover
}

func (b *bests) add(c cover) {
	if c.score > b.score {
		b.score, b.covers = c.score, b.covers[:0]
	}
	if c.score == b.score && c.score > 0 && len(b.covers) < maxCandidates {
		b.covers = append(b.covers, c)
	}
}

// bestOf scores those of the products that explain most of m.
func (x *Lexicon) bestOf(m *mention, ids []int32) []cover {
	var b bests
	for _, id := range ids {
		b.add(x.cover(id, m))
	}
	return b.covers
}

// A candidate's rank is a number: the most that it can score, what it bears of the context, how likely it is otherwise, and the
// product, the lower ones first.
const (
	rankMost   = 52
	rankCtx    = 40
	rankLikely = 32
)

// prefer ranks many candidates by what they bear of the context, what the customer bought, what is called just as m says, and
// what is ordered often.
func (x *Lexicon) prefer(order []uint64, m, ctx *mention, who scope) {
	var words []rune
	for i, h := range m.han {
		if m.filler>>uint(i)&1 == 0 {
			words = append(words, h)
		}
	}
	called := x.names.ids(words)
	var s *scratch
	if ctx != nil {
		s = take(len(x.products))
		defer s.give()
		for _, o := range order {
			s.of(int32(^uint32(o))) //nolint:gosec // as it was put in
		}
		x.countContext(s, ctx, m)
	}
	for i, o := range order {
		id := int32(^uint32(o))                  //nolint:gosec // as it was put in
		likely := uint64(min(x.popular[id], 63)) //nolint:gosec // a count
		if len(who.bought) > 0 && who.bought[id] > 0 {
			likely |= 64
		}
		if _, ok := slices.BinarySearch(called, id); ok {
			likely |= 128
		}
		if order[i] |= likely << rankLikely; ctx != nil {
			order[i] |= uint64(s.shares[id].score()) << rankCtx //nolint:gosec // never negative
		}
	}
}

// countContext counts what the found products bear of the context, but for the tokens that m takes the place of.
func (x *Lexicon) countContext(s *scratch, ctx, m *mention) {
	still := ctx.unrivalled(m)
	for _, o := range x.sources(ctx) {
		if o.tok&^still == 0 {
			s.count(&o)
		}
	}
}

// greatest returns the n greatest numbers, or all, the greatest first.
func greatest(all []uint64, n int) []uint64 {
	for lo, hi := 0, len(all); len(all) > n && hi-lo > 1; {
		// Hoare's selection: what is not below the pivot goes before it
		pivot, i, j := all[lo+(hi-lo)/2], lo, hi-1
		for i <= j {
			for all[i] > pivot {
				i++
			}
			for all[j] < pivot {
				j--
			}
			if i <= j {
				all[i], all[j] = all[j], all[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j + 1
		case n >= i:
			lo = i
		default:
			lo = hi
		}
	}
	all = all[:min(n, len(all))]
	slices.SortFunc(all, func(a, b uint64) int { return cmp.Compare(b, a) })
	return all
}

// byCharacter are the products called by the one character that m says: 醋, 盐.
func (x *Lexicon) byCharacter(m *mention) []int32 {
	if bits.OnesCount64(m.content()) != 1 {
		return nil
	}
	h := m.han[bits.TrailingZeros64(m.content())]
	ids := x.singles.get(h)
	if len(ids) > maxCandidates {
		return append(slices.Clone(x.names.ids([]rune{h})), ids[:maxCandidates]...)
	}
	return ids
}

// A resolution is what a mention was found to mean.
type resolution struct {
	product int32 // -1 if not certain
	options []int32
	reason  string // why it is not certain
	rule    string
	best    cover
	residue int // characters beside the product's own that nothing explains
	head    bool
	ctx     bool
	scored  []cover // what it was chosen from, best first
}

// resolve finds the product that m means. ctx is what was said before and may be left out now.
func (x *Lexicon) resolve(m, ctx *mention, who scope, unit string) resolution {
	none := resolution{product: -1}
	if m.empty() {
		return none
	}
	if m.own != nil {
		return x.resolveNamed(m, m.own.product, "own", who)
	}
	if m.code >= 0 {
		return x.resolveNamed(m, m.code, "code", who)
	}
	r := x.resolveWords(m, ctx, who, unit)
	if r.product >= 0 && r.reason == "" {
		if r.residue = x.residue(m, r.best, who.own); r.residue > 0 {
			r.reason, r.options = ReasonUnknown, []int32{r.product}
		}
	}
	return r
}

// resolveWords resolves a mention without a code.
func (x *Lexicon) resolveWords(m, ctx *mention, who scope, unit string) resolution {
	none := resolution{product: -1}
	covers := x.covers(m, nil, who)
	head := x.hasHead(m, covers)
	if !head && !ctx.empty() {
		with := x.covers(m, ctx, who)
		if len(with) > 0 && with[0].ctx > 0 {
			r := x.choose(m, with, unit)
			r.ctx = true
			if r.product >= 0 || r.reason == ReasonAmbiguous {
				return r
			}
			if r.reason == ReasonUnknown && len(m.toks) > 0 {
				return r
			}
		}
	}
	if ids := x.contrary(m, ctx); len(ids) > 0 { // 粗吸管2箱,细的半箱
		if len(ids) == 1 {
			return resolution{product: ids[0], rule: "only", head: true}
		}
		return resolution{product: -1, reason: ReasonAmbiguous, rule: "tied", options: ids[:min(len(ids), maxShown)], head: true}
	}
	if len(covers) == 0 {
		if bits.OnesCount64(m.content()) >= 2 || len(m.toks) > 0 {
			none.reason, none.rule = ReasonUnknown, "nothing"
		}
		return none
	}
	r := x.choose(m, covers, unit)
	r.head = head
	return r
}

// contrary are the goods called as those of the context but for the one character that m says instead: 细 of 粗吸管.
func (x *Lexicon) contrary(m, ctx *mention) []int32 {
	content := m.content()
	if ctx == nil || ctx.meant == 0 || len(m.toks) > 0 || bits.OnesCount64(content) != 1 {
		return nil
	}
	c := m.han[bits.TrailingZeros64(content)]
	name := x.products[ctx.meant-1].name()
	for i, h := range name {
		if pair := string([]rune{h, c}); !slices.Contains(contraries, pair) && !slices.Contains(contraries, string([]rune{c, h})) {
			continue
		}
		other := slices.Clone(name)
		other[i] = c
		return x.names.ids(other)
	}
	return nil
}

// scope is who asks: their own names, what they bought before.
type scope struct {
	own      []ownItem
	bought   map[int32]int
	past     []orders.HistoryLine // newest first
	work     *work
	onlyPast bool // 上次那个: only what was bought before
}

// bearsMeasure tells that a product has a token's measure, said in another unit: 2cm of a tape of 20mm.
func (x *Lexicon) bearsMeasure(id int32, t *specToken) bool {
	return slices.ContainsFunc(t.otherScales(), func(k string) bool {
		n, ok := x.tokenID(k)
		if !ok {
			return false
		}
		_, borne := x.products[id].bears(n)
		return borne
	})
}

// resolveNamed settles a mention that bears a code: what else it says must fit that product.
func (x *Lexicon) resolveNamed(m *mention, id int32, rule string, _ scope) resolution {
	c := x.cover(id, m)
	r := resolution{product: id, best: c, rule: rule, head: true}
	var missing []int
	for i := range m.toks {
		if x.bearsMeasure(id, &m.toks[i]) {
			continue
		}
		if c.toks>>uint(i)&1 == 0 && slices.ContainsFunc(m.toks[i].askKeys(), func(k string) bool { return len(x.bearing(k)) > 0 }) {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		if other := x.otherName(m, id, c); other >= 0 {
			r.reason, r.options = ReasonConflict, []int32{id, other}
		}
		return r
	}
	// a sibling that has what the code's product lacks and is otherwise like it
	mine := x.products[id].bearing(nil)
	best, bestLike := int32(-1), -1
	for _, k := range x.asks(&m.toks[missing[0]]) {
		for _, p := range x.posts[k.id] {
			o := p.id()
			like := x.products[o].inCommon(mine)
			if like > bestLike || like == bestLike && o < best {
				best, bestLike = o, like
			}
		}
	}
	r.reason = ReasonConflict
	r.options = []int32{id}
	if best >= 0 {
		r.product = best
		r.options = []int32{best, id}
	}
	return r
}

// otherName is the product that the words beside a code name in full, where they are not those of the code's: JS-2005 鸡全翅. -1 if
// there is none.
func (x *Lexicon) otherName(m *mention, id int32, c cover) int32 {
	if m.content()&^(c.strong|c.weak) == 0 {
		return -1
	}
	words := &mention{han: m.han, at: m.at, filler: m.filler, kin: m.kin, code: -1, from: m.from, to: m.to}
	covers := x.covers(words, nil, scope{})
	if len(covers) == 0 || covers[0].class == 0 && bits.OnesCount64(m.content()&^(c.strong|c.weak)) < 2 || !x.hasHead(words, covers) {
		return -1
	}
	r := x.resolve(words, nil, scope{}, "")
	if r.product < 0 && r.reason == ReasonAmbiguous {
		r.product = covers[0].id
	}
	if r.product < 0 || r.product == id || r.residue > 0 || covers[0].score <= c.score {
		return -1
	}
	return r.product
}

// work is what was done for one customer's part of a message: each question is answered once, and not too many products are
// looked at in all, however long the message.
type work struct {
	known  map[string][]cover
	looked int
}

// Most products that one part of a message has looked at with care; after them few are looked at for each mention.
const (
	maxLooked     = 30_000
	fewCandidates = 12
)

// covers returns what is known of m within ctx, or what find finds.
func (w *work) covers(m, ctx *mention, find func() []cover) []cover {
	if w == nil {
		return find()
	}
	key := string(ctx.sign(m.sign(make([]byte, 0, 64))))
	c, ok := w.known[key]
	if !ok {
		if w.known == nil {
			w.known = map[string][]cover{}
		}
		c = find()
		w.known[key] = c
	}
	return c
}

// candidates is how many products may be looked at for a mention.
func (w *work) candidates() int {
	if w != nil && w.looked > maxLooked {
		return fewCandidates
	}
	return maxCandidates
}

func (w *work) look(n int) {
	if w != nil {
		w.looked += n
	}
}

// sign appends what tells m from mentions that mean something else.
func (m *mention) sign(b []byte) []byte {
	b = append(b, '|')
	if m == nil {
		return b
	}
	if m.own != nil {
		b = append(b, string(m.own.name)...)
	}
	b = binary.AppendVarint(binary.AppendVarint(b, int64(m.code)), int64(m.meant))
	for i, h := range m.han {
		if i > 0 && m.at[i] != m.at[i-1]+1 {
			b = append(b, ' ')
		}
		if m.filler>>uint(i)&1 == 1 {
			b = append(b, '-')
		}
		b = utf8.AppendRune(b, h)
	}
	for _, g := range m.notHan {
		b = binary.AppendUvarint(append(b, '~'), g)
	}
	for i, toks := range [][]specToken{m.toks, m.not} {
		for j := range toks {
			b = append(b, "#!"[i])
			for _, k := range toks[j].keys {
				b = append(append(b, k...), ';')
			}
		}
	}
	return b
}

// covers are the products that explain most of m, all of them as much; those first that fit the context ctx.
func (x *Lexicon) covers(m, ctx *mention, who scope) []cover {
	if who.onlyPast {
		return x.score(m, ctx, who)
	}
	if m.scored == nil {
		m.scored = map[*mention][]cover{}
	}
	c, ok := m.scored[ctx]
	if !ok {
		c = who.work.covers(m, ctx, func() []cover { return x.score(m, ctx, who) })
		m.scored[ctx] = c
	}
	return c
}

// score works out what covers returns.
func (x *Lexicon) score(m, ctx *mention, who scope) []cover {
	var out []cover
	if ctx != nil && !who.onlyPast {
		out = slices.Clone(x.covers(m, nil, who)) // the same, but for their order
	}
	again := len(out) > 0 && !out[0].some
	if !again {
		out = x.best(m, ctx, who)
	}
	var s *scratch
	var joined uint64
	if ctx != nil && len(out) > 0 {
		s, joined = take(len(x.products)), ctx.joined()
		defer s.give()
		for i := range out {
			s.of(out[i].id)
		}
		x.countContext(s, ctx, m)
	}
	var said, meant *model // by its code, or by the words as they were understood
	switch {
	case ctx == nil:
	case ctx.own != nil:
		said = x.model(ctx.own.product)
	case ctx.code >= 0:
		said = x.model(ctx.code)
	}
	if ctx != nil && ctx.meant > 0 {
		meant = x.model(ctx.meant - 1)
	}
	have := hintOf(m.han)
	for i := range out {
		c, id := &out[i], out[i].id
		if ctx != nil {
			c.ctx = x.weigh(id, ctx, s.shares[id], joined).score
		}
		switch {
		case said == nil:
		case ctx.own != nil && ctx.own.product == id || ctx.code == id:
			c.ctx += 20
		case c.ctx == 0:
			c.ctx = x.likeTo(id, said)
		}
		if meant != nil {
			c.like = x.likeTo(id, meant)
		}
		if !again {
			x.classify(c, m, have, who)
			c.known = who.bought[id]<<32 + int(x.popular[id])
		}
	}
	slices.SortFunc(out, func(a, b cover) int {
		switch {
		case a.like >= 50 != (b.like >= 50):
			return int(bit(b.like >= 50)) - int(bit(a.like >= 50))
		case a.ctx != b.ctx:
			return b.ctx - a.ctx
		case a.like != b.like:
			return b.like - a.like
		case a.class != b.class:
			return b.class - a.class
		case a.known != b.known:
			return b.known - a.known
		}
		return int(a.id - b.id)
	})
	return out
}

// A model is a product that others are compared with.
type model struct {
	name  string
	bears []post
}

func (x *Lexicon) model(id int32) *model {
	return &model{x.product(id).Name, x.products[id].bearing(nil)}
}

// likeTo counts what a product has in common with o.
func (x *Lexicon) likeTo(id int32, o *model) int {
	n := x.products[id].inCommon(o.bears)
	if x.product(id).Name == o.name {
		n += 50
	}
	return n
}

// classify tells which name of c's product m says in full. have is the hint of its characters.
func (x *Lexicon) classify(c *cover, m *mention, have hint, who scope) {
	for k := range who.own {
		if who.own[k].product == c.id {
			if ok, n := x.says(m, have, &who.own[k].phrase); ok {
				c.class, c.size = 3, n
				return
			}
		}
	}
	for k, s := range x.products[c.id].called {
		if ok, n := x.says(m, have, &s.phrase); ok {
			class := min(k+1, 2)
			if class > c.class || class == c.class && n > c.size {
				c.class, c.size = class, n
			}
		}
	}
}

// hasHead tells whether m names a kind of goods, not only a size or a colour.
func (x *Lexicon) hasHead(m *mention, covers []cover) bool {
	if len(covers) == 0 {
		return bits.OnesCount64(m.content()) >= 2
	}
	top := covers[0]
	for i := range covers {
		c := &covers[i]
		if c.score < top.score {
			break
		}
		if c.class >= 2 && c.size >= 4 {
			return true
		}
		for k := 0; k+1 < len(m.han); k++ {
			if c.strong>>uint(k)&3 == 3 && m.at[k+1] == m.at[k]+1 && m.filler>>uint(k)&3 == 0 {
				name := x.products[c.id].name()
				for j := 0; j+1 < len(name); j++ {
					if name[j] == m.han[k] && name[j+1] == m.han[k+1] {
						return true
					}
				}
			}
		}
	}
	return false
}

// without leaves out the products that bear what the goods must not, unless all do.
func (x *Lexicon) without(covers []cover, m *mention) []cover {
	if len(m.not)+len(m.notHan) == 0 {
		return covers
	}
	not := m.not
	var out []cover
	for _, c := range covers {
		bears := slices.ContainsFunc(m.notHan, func(g uint64) bool { return x.hasPair(x.products[c.id], g) })
		for i := range not {
			bears = bears || x.products[c.id].bearsAny(x.asks(&not[i]))
		}
		if !bears {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return covers
	}
	return out
}

// choose settles on one of the candidates, or says why it can't.
func (x *Lexicon) choose(m *mention, covers []cover, unit string) resolution {
	r := resolution{product: -1, scored: covers[:min(len(covers), maxShown)]}
	covers = x.without(covers, m)
	top := covers[0]
	content := m.content()
	// those as good as the best
	n := 1
	for n < len(covers) && covers[n].score == top.score && covers[n].ctx == top.ctx && covers[n].like == top.like {
		n++
	}
	tied := covers[:n]
	r.best = top
	strong := bits.OnesCount64(top.strong & content)
	total := bits.OnesCount64(content)
	explained := bits.OnesCount64((top.strong | top.weak) & content)
	allToks := top.toks == 1<<uint(len(m.toks))-1
	missing := total - explained
	// far too little of it is explained
	if total == 1 && strong == 0 && top.class < 2 && top.ctx == 0 && len(m.toks) == 0 && len(tied) == 1 {
		r.reason, r.rule, r.options = ReasonAmbiguous, "one character", x.optionIDs(tied, unit)
		return r
	}
	if total >= 2 && strong == 0 && top.class < 2 && top.ctx == 0 || total > 0 && strong > 0 && strong*2 < missing && !allToksOf(m, top) && top.class < 2 {
		r.reason, r.rule = ReasonUnknown, "little"
		return r
	}
	if !allToks {
		r.reason, r.rule = ReasonUnknown, "spec"
		for i := range m.toks {
			if top.toks>>uint(i)&1 == 0 && strings.HasPrefix(m.toks[i].keys[0], "size:") {
				r.reason = ReasonConflict
			}
		}
		r.options = x.optionIDs(tied, unit)
		return r
	}
	tied = x.byUnit(tied, unit)
	if len(tied) == 1 {
		r.product, r.rule, r.best = tied[0].id, "only", tied[0]
		return r
	}
	classed := tied
	for class := 3; class >= 1; class-- {
		var in []cover
		for _, c := range tied {
			if c.class == class {
				in = append(in, c)
			}
		}
		if len(in) > 0 {
			classed = in
			break
		}
	}
	if len(classed) > 1 {
		classed = x.undenied(m, classed)
	}
	if len(classed) == 1 {
		r.product, r.rule, r.best = classed[0].id, [...]string{"", "name", "alias", "own"}[classed[0].class], classed[0]
		return r
	}
	r.reason, r.rule = ReasonAmbiguous, "tied"
	r.options = x.optionIDs(classed, unit)
	return r
}

// undenied leaves out the candidates that bear a word of m only as what they are not: 带磁 in 不带磁.
func (x *Lexicon) undenied(m *mention, cs []cover) []cover {
	if kept := slices.DeleteFunc(slices.Clone(cs), func(c cover) bool { return x.denies(c.id, m) }); len(kept) > 0 {
		return kept
	}
	return cs
}

// negates tells whether c stands before what goods are not or lack.
func negates(c rune) bool {
	switch c {
	case '不', '无', '非', '未', '免':
		return true
	}
	return false
}

// denies tells whether the product's name and spec hold a word of m only behind a negation that m does not say.
func (x *Lexicon) denies(id int32, m *mention) bool {
	e := x.products[id]
	if e.hint&negated == 0 {
		return false
	}
	for _, t := range [...][]rune{e.name(), e.spec.text} {
		for i := 0; i+2 < len(t); i++ {
			if negates(t[i]) && m.affirms(t[i+1], t[i+2]) && !affirms(e.name(), t[i+1], t[i+2]) && !affirms(e.spec.text, t[i+1], t[i+2]) {
				return true
			}
		}
	}
	return false
}

// affirms tells whether a and b stand side by side in m without a negation.
func (m *mention) affirms(a, b rune) bool {
	for k := 0; k+1 < len(m.han); k++ {
		if m.han[k] == a && m.han[k+1] == b && m.at[k+1] == m.at[k]+1 && m.filler>>uint(k)&3 != 3 && !negates(a) && (k == 0 || !negates(m.han[k-1])) {
			return true
		}
	}
	return false
}

// affirms tells whether a and b stand side by side in text without a negation before them.
func affirms(text []rune, a, b rune) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == a && text[i+1] == b && (i == 0 || !negates(text[i-1])) {
			return true
		}
	}
	return false
}

func allToksOf(m *mention, c cover) bool {
	return len(m.toks) > 0 && c.toks == 1<<uint(len(m.toks))-1
}

// residue counts the characters directly beside what the product explains that nothing explains:
// what they say of the goods may be just what matters.
func (x *Lexicon) residue(m *mention, c cover, own []ownItem) int {
	known := c.strong | c.weak
	if c.class == 3 {
		for k := range own {
			if own[k].product == c.id {
				for i, h := range m.han {
					if slices.Contains(own[k].phrase.han, h) {
						known |= 1 << uint(i)
					}
				}
			}
		}
	}
	n := 0
	for i := 0; i < len(m.han); {
		if (known|m.filler)>>uint(i)&1 != 0 {
			i++
			continue
		}
		j := i
		for j < len(m.han) && (known|m.filler)>>uint(j)&1 == 0 && (j == i || m.at[j] == m.at[j-1]+1) {
			j++
		}
		before := i > 0 && m.at[i-1] >= m.at[i]-2 && known>>uint(i-1)&1 == 1
		after := j < len(m.han) && m.at[j] <= m.at[j-1]+2 && known>>uint(j)&1 == 1
		for k := range m.toks {
			t := &m.toks[k]
			if c.toks>>uint(k)&1 == 1 && t.to > t.from {
				before = before || t.to <= m.at[i] && t.to >= m.at[i]-1
				after = after || t.from >= m.at[j-1]+1 && t.from <= m.at[j-1]+2
			}
		}
		if before || after {
			n += j - i
		}
		i = j
	}
	return n
}

// byUnit keeps the candidates that have the unit, if any has.
func (x *Lexicon) byUnit(cs []cover, unit string) []cover {
	if unit == "" || len(cs) < 2 {
		return cs
	}
	const no, loosely, exactly = 1, 2, 3
	known := make([]uint8, len(x.packings)) // of products packed so
	var exact, some []cover
	for _, c := range cs {
		k := &known[x.products[c.id].packed]
		if *k == 0 {
			switch _, _, loose, ok := productUnit(x.product(c.id), unit); {
			case !ok:
				*k = no
			case loose:
				*k = loosely
			default:
				*k = exactly
			}
		}
		if *k > no {
			some = append(some, c)
		}
		if *k == exactly {
			exact = append(exact, c)
		}
	}
	if len(exact) > 0 && !isPiece(unit) {
		return exact
	}
	if len(some) > 0 {
		return some
	}
	return cs
}

func (x *Lexicon) optionIDs(cs []cover, unit string) []int32 {
	cs = x.byUnit(cs, unit)
	out := make([]int32, 0, min(len(cs), 8))
	for _, c := range cs {
		if len(out) == 8 {
			break
		}
		out = append(out, c.id)
	}
	return out
}

// nameEnd is where name ends that stands at r[i], a space between its characters or not; i if it doesn't.
func nameEnd(r []rune, i int, name []rune) int {
	k := i
	for n, c := range name {
		if n > 0 && k < len(r) && r[k] == ' ' && c != ' ' && isHan(name[n-1]) != isHan(c) {
			k++
		}
		if k >= len(r) || r[k] != c {
			return i
		}
		k++
	}
	return k
}

// meet tells whether two sorted lists have a member in common.
func meet(a, b []post) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) > 16*len(a) {
		for _, id := range a {
			if _, ok := slices.BinarySearch(b, id); ok {
				return true
			}
		}
		return false
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return true
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return false
}
