package intake

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Lexicon knows the master data and reads messages against it. It never changes, but [Lexicon.With] makes
// another one of it, and may be used by many goroutines at once.
type Lexicon struct {
	products  []*entry
	names     nameTable                 // names, aliases and codes of products
	grams     layered[uint64, int32]    // one more than the number of a pair of characters
	tokens    layered[string, int32]    // the same of a spec token's key
	posts     [][]post                  // products by the number of what they bear
	singles   layered[rune, []int32]    // products by the characters of their names and aliases
	kins      [][]post                  // products by the group of kinWords of which they have a word
	sounds    layered[string, []uint64] // pairs of characters by their sound
	units     map[string]int            // how many products have a unit, normalised; the common ones are there anyway
	sold      map[string]int            // the same as written
	piece     int                       // how many products are sold by the 块
	unitLead  map[rune][]string         // unit words by their first character, longest first
	customers []*buyer
	buyers    nameTable // names and aliases of customers
	contacts  nameTable // contact persons
	phones    layered[string, []int32]
	places    layered[uint64, []int32] // customers by the pairs of characters of their addresses
	sellers   map[string]int           // how many customers a salesperson has, as named
	items     layered[orders.CustomerCode, []ownItem]
	history   layered[orders.CustomerCode, []orders.HistoryLine] // newest first
	popular   []int32                                            // how often each product was ordered
	packings  []*orders.Product                                  // one product of each way to pack: of the same units
	packIDs   layered[string, int32]                             // one more than the number of a way to pack, by its units
	unlisted  map[orders.ProductCode]int32                       // the same of products that are not in the list
	byCode    layered[string, int32]                             // one more than the product's id, 0 if none
	alikes    layered[string, []int32]                           // products by code, as OCR may misread it
	buyerCode layered[string, int32]                             // one more than the customer's id, 0 if none
	days      *orders.Calendar
}

// entry is what is indexed of a product.
type entry struct {
	product *orders.Product // nil once it was removed
	spec    *saying
	called  []*saying // its name, then its aliases
	packed  int32     // which of the ways to pack is its own
	hint    hint      // of all its characters; negated where its name or spec says what it is not
}

// A hint tells of a set of characters some that it does not hold: 63 bits by the characters' numbers.
type hint uint64

// negated is the bit of texts that say what goods are not.
const negated hint = 1 << 63

func hintOf(chars []rune) hint {
	var s hint
	for _, c := range chars {
		s |= 1 << (uint32(c) % 63) //nolint:gosec // never negative
	}
	return s
}

func (s hint) mayHold(c rune) bool { return s>>(uint32(c)%63)&1 != 0 } //nolint:gosec // never negative

// saying is a name, an alias or a spec. Products that have it in common share it.
type saying struct {
	text  []rune
	chars []rune // Chinese characters, sorted
	posts []post // what it bears, sorted: pairs of characters and the keys of spec tokens
	phrase
	at int32 // its number while the lexicon is built
}

// A post tells of something that a product bears: in the lists by what is borne it is the product's number, in those of a saying
// the number of what it bears; each with whether it only tells, in a spec, what a pack holds.
type post int32

func newPost(id int32, weak bool) post { return post(id<<1 | int32(bit(weak))) }

func (p post) id() int32  { return int32(p >> 1) }
func (p post) weak() bool { return p&1 == 1 }

func bit(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

// phrase is one way to call a product: its name, an alias.
type phrase struct {
	han    []rune
	hint   hint
	tokens []int32 // for each token the keys by which a message may say it, and -1
}

// ownItem is a customer's own name or code for a product.
type ownItem struct {
	name    []rune
	short   []rune // without what all of this customer's items begin with
	product int32
	price   *decimal.Decimal
	phrase  phrase
	item    orders.CustomerItem
}

// buyer is what is indexed of a customer.
type buyer struct {
	customer *orders.Customer // nil once it was removed
	address  []rune           // normalised
	contact  []rune
}

// layered is a map with later changes over it; a key whose value is zero is not in it. The map below never
// changes once changes are laid over it.
type layered[K comparable, V any] struct{ base, over map[K]V }

func newLayered[K comparable, V any](n int) layered[K, V] {
	return layered[K, V]{base: make(map[K]V, n)}
}

func (l *layered[K, V]) get(k K) V {
	if len(l.over) > 0 {
		if v, ok := l.over[k]; ok {
			return v
		}
	}
	return l.base[k]
}

func (l *layered[K, V]) put(k K, v V) {
	if l.over != nil {
		l.over[k] = v
		return
	}
	l.base[k] = v
}

// fork is l to be changed without l changing.
func (l *layered[K, V]) fork() layered[K, V] {
	over := maps.Clone(l.over)
	if over == nil {
		over = map[K]V{}
	}
	return layered[K, V]{l.base, over}
}

// all calls do for every key in it.
func (l *layered[K, V]) all(do func(k K, v V)) {
	for k, v := range l.base {
		if _, ok := l.over[k]; !ok {
			do(k, v)
		}
	}
	for k, v := range l.over {
		do(k, v)
	}
}

// link adds id to the sorted ids of k.
func link[K comparable, T post | int32](l *layered[K, []T], k K, id T) {
	ids := l.get(k)
	if l.over == nil {
		if n := len(ids); n == 0 || ids[n-1] != id {
			l.base[k] = append(ids, id)
		}
		return
	}
	l.over[k] = with(ids, id)
}

// unlink takes id from the ids of k.
func unlink[K comparable, T post | int32](l *layered[K, []T], k K, id T) {
	l.put(k, without(l.get(k), id))
}

// with is a new list of ids with id.
func with[T post | int32](ids []T, id T) []T {
	i, found := slices.BinarySearch(ids, id)
	if found {
		return ids
	}
	out := make([]T, 0, len(ids)+1)
	return append(append(append(out, ids[:i]...), id), ids[i:]...)
}

// without is a new list of ids without id.
func without[T post | int32](ids []T, id T) []T {
	i, found := slices.BinarySearch(ids, id)
	if !found {
		return ids
	}
	return append(append(make([]T, 0, len(ids)), ids[:i]...), ids[i+1:]...)
}

// gram is two characters that stand side by side, in one number.
func gram(a, b rune) uint64 {
	return uint64(a)<<32 | uint64(b) //nolint:gosec // characters are never negative
}

// split takes a gram apart.
func split(g uint64) (a, b rune) {
	return rune(g >> 32), rune(g & 0xffffffff) //nolint:gosec // made of two characters
}

// bears tells whether a and b stand side by side in some product's texts.
func (x *Lexicon) bears(a, b rune) bool { return len(x.pair(gram(a, b))) > 0 }

// pair are the products in whose texts two characters stand side by side.
func (x *Lexicon) pair(g uint64) []post { return x.list(x.grams.get(g) - 1) }

// bearing are the products that bear the key.
func (x *Lexicon) bearing(key string) []post { return x.list(x.tokens.get(key) - 1) }

// list are the products that bear what has that number.
func (x *Lexicon) list(n int32) []post {
	if n < 0 {
		return nil
	}
	return x.posts[n]
}

// number numbers what products bear while the lexicon is built.
func number[K comparable](x *Lexicon, numbers *layered[K, int32], k K) int32 {
	n := numbers.get(k)
	if n == 0 {
		x.posts = append(x.posts, nil)
		n = int32(len(x.posts)) //nolint:gosec // far fewer than that
		numbers.put(k, n)
	}
	return n - 1
}

// tokenID is the number of a key, if any product or own name has it.
func (x *Lexicon) tokenID(key string) (int32, bool) {
	n := x.tokens.get(key)
	return n - 1, n > 0
}

func (x *Lexicon) product(id int32) *orders.Product   { return x.products[id].product }
func (x *Lexicon) customer(id int32) *orders.Customer { return x.customers[id].customer }

// NewLexicon indexes the master data, which must not change afterwards.
func NewLexicon(m *orders.Master) *Lexicon {
	n := len(m.Products)
	x := &Lexicon{
		grams: newLayered[uint64, int32](0), singles: newLayered[rune, []int32](0), tokens: newLayered[string, int32](0),
		sounds: newLayered[string, []uint64](0), units: map[string]int{}, sold: map[string]int{}, unlisted: map[orders.ProductCode]int32{}, phones: newLayered[string, []int32](len(m.Customers)),
		places: newLayered[uint64, []int32](0), sellers: map[string]int{}, items: newLayered[orders.CustomerCode, []ownItem](0),
		history: newLayered[orders.CustomerCode, []orders.HistoryLine](0), byCode: newLayered[string, int32](n),
		alikes: newLayered[string, []int32](n), packIDs: newLayered[string, int32](0), buyerCode: newLayered[string, int32](len(m.Customers)),
		days: orders.NewCalendar(m.Days),
	}
	for _, u := range commonUnits {
		x.units[u] = 1
	}
	var beside sync.WaitGroup
	beside.Go(func() { x.indexCustomers(m.Customers) })
	sayings := x.indexProducts(m.Products)
	beside.Go(func() { x.names.base = newNameList(x.productNames(sayings)) })
	x.indexItems(m.Items)
	x.indexHistory(m.History)
	x.leadUnits()
	x.indexSounds()
	x.indexKin()
	beside.Wait()
	return x
}

// leadUnits sorts the unit words for reading.
func (x *Lexicon) leadUnits() {
	x.unitLead = map[rune][]string{}
	for u := range x.units {
		r := []rune(u)
		x.unitLead[r[0]] = append(x.unitLead[r[0]], u)
	}
	for _, us := range x.unitLead {
		sort.Slice(us, func(i, j int) bool { return len(us[i]) > len(us[j]) || len(us[i]) == len(us[j]) && us[i] < us[j] })
	}
}

// indexKin finds the products that have a word of each group of kinWords.
func (x *Lexicon) indexKin() {
	x.kins = make([][]post, len(kinWords))
	for g, words := range kinWords {
		var all []post
		for _, w := range words {
			if w.token != "" {
				for _, p := range x.bearing(w.token) {
					all = append(all, p&^1)
				}
			}
			if len(w.grams) == 0 {
				continue
			}
			have := slices.Clone(x.pair(w.grams[0]))
			for _, other := range w.grams[1:] {
				posts := x.pair(other)
				have = slices.DeleteFunc(have, func(p post) bool {
					_, ok := slices.BinarySearch(posts, p)
					return !ok
				})
			}
			all = append(all, have...)
		}
		slices.Sort(all)
		x.kins[g] = slices.Compact(all)
	}
}

func (x *Lexicon) indexSounds() {
	for g := range x.grams.base {
		k := soundOfPair(g)
		x.sounds.base[k] = append(x.sounds.base[k], g)
	}
	for _, gs := range x.sounds.base {
		slices.Sort(gs)
	}
}

// soundOfPair is how a pair of characters sounds.
func soundOfPair(g uint64) string {
	a, b := split(g)
	return soundOf(a) + "'" + soundOf(b)
}

// draft is a saying while it is taken apart.
type draft struct {
	raw    string
	saying *saying
	grams  []uint64
	tokens []draftToken
}

type draftToken struct {
	keys       []string
	pack, word bool
}

// takeApart finds what d says, but for the numbers of what it bears.
func (d *draft) takeApart() {
	r := normal(d.raw)
	ph, toks := newPhrase(r)
	chars := make([]rune, 0, 64)
	d.grams = make([]uint64, 0, len(r))
	for j, c := range r {
		if isHan(c) {
			chars = append(chars, c)
		}
		if letterWord(r, j) || isHan(c) && j+1 < len(r) && isHan(r[j+1]) {
			d.grams = append(d.grams, gram(c, r[j+1]))
		}
	}
	slices.Sort(chars)
	ph.han, ph.hint = slices.Clone(ph.han), hintOf(ph.han)
	d.saying.text, d.saying.chars, d.saying.phrase = r, slices.Clone(slices.Compact(chars)), ph
	d.tokens = make([]draftToken, len(toks))
	for i := range toks {
		d.tokens[i] = draftToken{toks[i].productKeys(), toks[i].pack, toks[i].word}
	}
}

// settle numbers what d bears. room is used for it, and returned for the next.
func (x *Lexicon) settle(d *draft, room []post) []post {
	s := d.saying
	room = room[:0]
	for _, g := range d.grams {
		room = append(room, newPost(number(x, &x.grams, g), false))
	}
	for _, t := range d.tokens {
		for _, k := range t.keys {
			n := number(x, &x.tokens, k)
			room = append(room, newPost(n, t.pack))
			if !t.word {
				s.tokens = append(s.tokens, n)
			}
		}
		if !t.word {
			s.tokens = append(s.tokens, -1)
		}
	}
	s.posts = slices.Clone(unite(room))
	return room
}

// unite sorts what is borne; what is borne weakly and not so is not weak.
func unite(posts []post) []post {
	slices.Sort(posts)
	return slices.CompactFunc(posts, func(a, b post) bool { return a.id() == b.id() })
}

// chunk is how many texts are taken apart at a time.
const chunk = 512

// indexProducts indexes all of the products but their names, and returns what their texts say.
func (x *Lexicon) indexProducts(ps []orders.Product) []*saying {
	x.products, x.popular = make([]*entry, len(ps)), make([]int32, len(ps))
	known := make(map[string]*saying, len(ps))
	var drafts []draft
	var sayings []*saying
	say := func(raw string) *saying {
		s := known[raw]
		if s == nil {
			s = &saying{at: int32(len(sayings))} //nolint:gosec // far fewer than that
			known[raw] = s
			drafts, sayings = append(drafts, draft{raw: raw, saying: s}), append(sayings, s)
		}
		return s
	}
	for i := range ps {
		x.products[i] = newEntry(&ps[i], say)
	}
	// the texts are taken apart beside the numbering, a few chunks ahead
	type part struct {
		drafts []draft
		done   chan struct{}
	}
	parts := make(chan part, 4)
	go func() {
		defer close(parts)
		for some := range slices.Chunk(drafts, chunk) {
			p := part{some, make(chan struct{})}
			parts <- p
			go func() {
				defer close(p.done)
				for i := range some {
					some[i].takeApart()
				}
			}()
		}
	}()
	var posts []post
	for p := range parts {
		<-p.done
		for i := range p.drafts {
			posts = x.settle(&p.drafts[i], posts)
			p.drafts[i] = draft{}
		}
	}
	var chars []rune
	singles := make([][]int32, 0x9FFF+1) // by Chinese character
	for id, e := range x.products {
		e.setHint()
		posts, chars = e.bearing(posts), e.singles(chars)
		x.enter(e, int32(id), posts)
		for _, c := range chars {
			singles[c] = append(singles[c], int32(id))
		}
	}
	for c, ids := range singles {
		if len(ids) > 0 {
			x.singles.base[rune(c)] = ids
		}
	}
	packed := make([]int, len(x.packings))
	for _, e := range x.products {
		packed[e.packed]++
	}
	for k, n := range packed {
		x.countUnits(x.packings[k], n)
	}
	return sayings
}

// newEntry is the entry of p; say makes what its texts say.
func newEntry(p *orders.Product, say func(raw string) *saying) *entry {
	e := &entry{product: p, spec: say(p.Spec), called: make([]*saying, 0, 1+len(p.Aliases))}
	e.called = append(e.called, say(p.Name))
	for _, a := range p.Aliases {
		e.called = append(e.called, say(a))
	}
	return e
}

// setHint notes the hint of what the product's texts say.
func (e *entry) setHint() {
	e.hint = hintOf(e.spec.chars)
	for _, s := range e.called {
		e.hint |= hintOf(s.chars)
	}
	if slices.ContainsFunc(e.name(), negates) || slices.ContainsFunc(e.spec.text, negates) {
		e.hint |= negated
	}
}

// bearing is all that the product bears, sorted, in place of what room held.
func (e *entry) bearing(room []post) []post {
	posts := append(room[:0], e.spec.posts...)
	for _, s := range e.called {
		for _, p := range s.posts {
			posts = append(posts, p&^1)
		}
	}
	return unite(posts)
}

// singles are the Chinese characters of the product's name and aliases, sorted, in place of what room held.
func (e *entry) singles(room []rune) []rune {
	room = room[:0]
	for _, s := range e.called {
		room = append(room, s.chars...)
	}
	slices.Sort(room)
	return slices.Compact(room)
}

// bears tells whether the product bears what has that number, and whether weakly.
func (e *entry) bears(n int32) (weak, ok bool) {
	for _, s := range e.called {
		if _, ok := s.bears(n); ok {
			return false, true
		}
	}
	return e.spec.bears(n)
}

func (s *saying) bears(n int32) (weak, ok bool) {
	if i, _ := slices.BinarySearch(s.posts, newPost(n, false)); i < len(s.posts) && s.posts[i].id() == n {
		return s.posts[i].weak(), true
	}
	return false, false
}

// holds tells whether the Chinese character c stands in the product's texts.
func (e *entry) holds(c rune) bool {
	if !e.hint.mayHold(c) {
		return false
	}
	for _, s := range e.called {
		if _, ok := slices.BinarySearch(s.chars, c); ok {
			return true
		}
	}
	_, ok := slices.BinarySearch(e.spec.chars, c)
	return ok
}

// inCommon counts what the product bears of posts.
func (e *entry) inCommon(posts []post) int {
	var room [8]uint64
	marks := append(room[:0], make([]uint64, len(posts)/64+1)...)
	e.spec.mark(posts, marks)
	for _, s := range e.called {
		s.mark(posts, marks)
	}
	n := 0
	for _, m := range marks {
		n += bits.OnesCount64(m)
	}
	return n
}

// mark marks what of posts the saying bears.
func (s *saying) mark(posts []post, marks []uint64) {
	for i, j := 0, 0; i < len(posts) && j < len(s.posts); {
		switch p, q := posts[i].id(), s.posts[j].id(); {
		case p == q:
			marks[i/64] |= 1 << (i % 64)
			i++
			j++
		case p < q:
			i++
		default:
			j++
		}
	}
}

// name is the product's name.
func (e *entry) name() []rune { return e.called[0].text }

// productNames are all names, aliases and codes of products; sayings are all of theirs.
func (x *Lexicon) productNames(sayings []*saying) []tableName {
	ends := make([]int32, len(sayings)) // of the products that each is a name of, one behind the other
	for _, e := range x.products {
		for _, s := range e.called {
			ends[s.at]++
		}
	}
	total := int32(0)
	for i, n := range ends {
		ends[i] = total
		total += n
	}
	callers := make([]int32, total)
	for id, e := range x.products {
		for _, s := range e.called {
			callers[ends[s.at]] = int32(id)
			ends[s.at]++
		}
	}
	names, from := make([]tableName, 0, len(sayings)+len(x.products)), int32(0)
	for i, s := range sayings {
		to := ends[i]
		if r := trimSpaces(s.text); from < to && len(r) > 0 {
			names = append(names, tableName{r, slices.Clip(slices.Compact(callers[from:to]))})
		}
		from = to
	}
	ids := numbers(len(x.products))
	for id, e := range x.products {
		if r := trimSpaces(normal(string(e.product.Code))); len(r) > 0 {
			names = append(names, tableName{r, ids[id : id+1 : id+1]})
		}
	}
	return names
}

// numbers are the numbers below n.
func numbers(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// names are the product's name, aliases and code as they stand in texts.
func (e *entry) names() [][]rune {
	out := make([][]rune, 0, 1+len(e.called))
	add := func(r []rune) {
		if r = trimSpaces(r); len(r) > 0 {
			out = append(out, r)
		}
	}
	for _, s := range e.called {
		add(s.text)
	}
	if e.product != nil {
		add(normal(string(e.product.Code)))
	}
	return out
}

// enter adds a product to what finds it, but for its names: to the lists of posts.
func (x *Lexicon) enter(e *entry, id int32, posts []post) {
	later := x.singles.over != nil
	for _, k := range posts {
		if list, p := &x.posts[k.id()], newPost(id, k.weak()); later {
			*list = with(*list, p)
		} else {
			*list = append(*list, p)
		}
	}
	for g := range x.kins {
		if x.hasKin(e, g) {
			x.kins[g] = with(x.kins[g], newPost(id, false))
		}
	}
	e.packed = x.packing(e.product)
	if k := string(normal(string(e.product.Code))); k != "" {
		x.byCode.put(k, id+1)
		link(&x.alikes, alike.Replace(k), id)
	}
}

// packing is the number of the way in which p is packed.
func (x *Lexicon) packing(p *orders.Product) int32 {
	var b strings.Builder
	b.WriteString(p.Unit)
	for _, k := range p.Packs {
		b.WriteString("\n" + k.Unit)
	}
	id := x.packIDs.get(b.String())
	if id == 0 {
		x.packings = append(x.packings, p)
		id = int32(len(x.packings)) //nolint:gosec // far fewer than that
		x.packIDs.put(b.String(), id)
	}
	return id - 1
}

// countUnits counts the units of n products packed as p, or takes them away.
func (x *Lexicon) countUnits(p *orders.Product, n int) {
	count := func(u string) {
		x.sold[u] += n
		if u = string(normal(u)); u == "" {
			return
		}
		if x.units[u] += n; x.units[u] == 0 {
			delete(x.units, u)
		}
	}
	if p.Unit == "块" {
		x.piece += n
	}
	count(p.Unit)
	for _, k := range p.Packs {
		count(k.Unit)
	}
}

// newPhrase takes a name apart.
func newPhrase(r []rune) (phrase, []specToken) {
	var ph phrase
	var toks []specToken
	sized := false
	for i := 0; i < len(r); {
		if letterWord(r, i) {
			if !slices.Contains(ph.han, r[i]) {
				ph.han = append(ph.han, r[i])
			}
			i++
			continue
		}
		sized = sized || r[i] == '号' || r[i] == '码' || r[i] == '大'
		if t, ok := readSpec(r, i, len(r)); ok {
			sized = sized || isHan(r[t.to-1])
			toks = append(toks, t)
			i = t.to
			continue
		}
		if isHan(r[i]) && !slices.Contains(ph.han, r[i]) {
			ph.han = append(ph.han, r[i])
		}
		i++
	}
	if !sized {
		return ph, toks
	}
	// sizes said in words are sizes as well
	for _, w := range sizeWords {
		if k := index(r, 0, len(r), w.word); k >= 0 {
			toks = append(toks, specToken{keys: []string{"size:" + w.size}, from: k, to: k, word: true})
			break
		}
	}
	return ph, toks
}

func (x *Lexicon) indexCustomers(cs []orders.Customer) {
	x.customers = make([]*buyer, len(cs))
	names, contacts, ids := make([]tableName, 0, 3*len(cs)), make([]tableName, 0, len(cs)), numbers(len(cs))
	for i := range cs {
		b, id := newBuyer(&cs[i]), int32(i)
		x.customers[i] = b
		x.enterBuyer(b, id)
		for _, r := range b.names() {
			names = append(names, tableName{r, ids[i : i+1 : i+1]})
		}
		for _, r := range b.contacts() {
			contacts = append(contacts, tableName{r, ids[i : i+1 : i+1]})
		}
	}
	x.buyers.base, x.contacts.base = newNameList(names), newNameList(contacts)
}

func newBuyer(c *orders.Customer) *buyer {
	return &buyer{customer: c, address: squeeze(normal(c.Address)), contact: trimSpaces(normal(c.Contact))}
}

// names are the customer's name and aliases as they stand in texts, and a code that no number or word can be taken for.
func (b *buyer) names() [][]rune {
	if b.customer == nil {
		return nil
	}
	out := make([][]rune, 0, 2+len(b.customer.Aliases))
	if r := trimSpaces(normal(string(b.customer.Code))); len(r) >= 3 && hasLetter(r) && hasDigit(r) {
		out = append(out, r)
	}
	for _, n := range append([]string{b.customer.Name}, b.customer.Aliases...) {
		if r := trimSpaces(normal(n)); len(r) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// enterBuyer adds a customer to what finds it, but for its names.
func (x *Lexicon) enterBuyer(b *buyer, id int32) {
	x.buyerCode.put(string(normal(string(b.customer.Code))), id+1)
	if p := digitsOf(b.customer.Phone); p != "" {
		link(&x.phones, p, id)
	}
	for i := 0; i+1 < len(b.address); i++ {
		link(&x.places, gram(b.address[i], b.address[i+1]), id)
	}
	if b.customer.Sales != "" {
		x.sellers[b.customer.Sales]++
	}
}

// livingAt are the customers in whose address the part stands.
func (x *Lexicon) livingAt(part []rune) []int32 {
	if len(part) < 2 {
		return nil
	}
	near := x.places.get(gram(part[0], part[1]))
	for i := 1; i+1 < len(part); i++ {
		if ids := x.places.get(gram(part[i], part[i+1])); len(ids) < len(near) {
			near = ids
		}
	}
	var out []int32
	for _, id := range near {
		if strings.Contains(string(x.customers[id].address), string(part)) {
			out = append(out, id)
		}
	}
	return out
}

func (x *Lexicon) indexItems(items []orders.CustomerItem) {
	by := map[orders.CustomerCode][]orders.CustomerItem{}
	for _, it := range items {
		by[it.Customer] = append(by[it.Customer], it)
	}
	for c, its := range by {
		if own := x.ownItems(its); len(own) > 0 {
			x.items.put(c, own)
		}
	}
}

// ownItems indexes the items of one customer.
func (x *Lexicon) ownItems(its []orders.CustomerItem) []ownItem {
	items := make([]ownItem, 0, len(its))
	for _, it := range its {
		id, ok := x.productOf(it.Product)
		name := normal(strings.TrimSpace(it.Item))
		if !ok || x.product(id).Code != it.Product || len(name) == 0 {
			continue
		}
		ph, toks := newPhrase(name)
		for _, t := range toks {
			if !t.word {
				for _, k := range t.productKeys() {
					ph.tokens = append(ph.tokens, number(x, &x.tokens, k))
				}
				ph.tokens = append(ph.tokens, -1)
			}
		}
		items = append(items, ownItem{name: name, product: id, price: it.Price, phrase: ph, item: it})
	}
	for i := range items {
		// what several items begin with up to a separator says nothing: MK-N95A is N95A
		n := items[i].name
		for k := len(n) - 1; k > 0; k-- {
			if (n[k-1] == '-' || n[k-1] == '.' || n[k-1] == '_') && k < len(n) && sharedHead(items, n[:k]) >= 2 {
				if short := n[k:]; (len(short) > 1 || isHan(n[k])) && sizeLetters[string(short)] == "" {
					items[i].short = short
					break
				}
			}
		}
	}
	return items
}

func sharedHead(items []ownItem, head []rune) int {
	n := 0
	for i := range items {
		if it := &items[i]; len(it.name) > len(head) && slices.Equal(it.name[:len(head)], head) {
			n++
		}
	}
	return n
}

func (x *Lexicon) indexHistory(lines []orders.HistoryLine) {
	count := map[orders.CustomerCode]int{}
	for i := range lines {
		count[lines[i].Customer]++
	}
	by, room := make(map[orders.CustomerCode][]orders.HistoryLine, len(count)), make([]orders.HistoryLine, len(lines))
	for i := range lines {
		c := lines[i].Customer
		if n := count[c]; by[c] == nil {
			by[c], room = room[:0:n], room[n:]
		}
		by[c] = append(by[c], lines[i])
	}
	x.count(lines, 1)
	for c, hs := range by {
		x.history.put(c, newestFirst(hs))
	}
}

func newestFirst(hs []orders.HistoryLine) []orders.HistoryLine {
	slices.SortStableFunc(hs, func(a, b orders.HistoryLine) int {
		return cmp.Or(cmp.Compare(b.Date, a.Date), cmp.Compare(b.Order, a.Order))
	})
	return hs
}

func (x *Lexicon) productOf(code orders.ProductCode) (int32, bool) {
	return x.productKey(string(normal(string(code))))
}

// productKey finds a product by its normalised code.
func (x *Lexicon) productKey(key string) (int32, bool) {
	id := x.byCode.get(key)
	return id - 1, id > 0
}

func (x *Lexicon) customerOf(code string) (int32, bool) {
	id := x.buyerCode.get(string(normal(code)))
	return id - 1, id > 0
}

func trimSpaces(r []rune) []rune {
	for len(r) > 0 && unicode.IsSpace(r[0]) {
		r = r[1:]
	}
	for len(r) > 0 && unicode.IsSpace(r[len(r)-1]) {
		r = r[:len(r)-1]
	}
	return r
}

// soundOf is c's first reading without its tone.
func soundOf(c rune) string { return soundsOf(c)[0] }

// soundsKnown are what soundsOf found of Chinese characters.
var soundsKnown [0x9FFF - 0x3400 + 1]atomic.Pointer[[]string]

// soundsOf are all readings of c without their tones.
func soundsOf(c rune) []string {
	if !isHan(c) {
		return readings(c)
	}
	known := &soundsKnown[c-0x3400]
	if s := known.Load(); s != nil {
		return *s
	}
	s := readings(c)
	known.Store(&s)
	return s
}

func readings(c rune) []string {
	s, ok := pinyin.PinyinDict[int(c)]
	if !ok {
		return []string{string(c)}
	}
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = toneless(p); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

var tones = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ī", "i", "í", "i", "ǐ", "i", "ì", "i",
	"ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")

func toneless(s string) string { return tones.Replace(s) }

// squeeze drops spaces and punctuation.
func squeeze(r []rune) []rune {
	out := make([]rune, 0, len(r))
	for _, c := range r {
		if isHan(c) || isAlnum(c) {
			out = append(out, c)
		}
	}
	return out
}

func digitsOf(s string) string {
	var b strings.Builder
	for _, c := range s {
		if isDigit(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}
