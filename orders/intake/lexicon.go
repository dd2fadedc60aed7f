package intake

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Lexicon knows the master data and reads messages against it. It never changes, but [Lexicon.With] makes
// another one of it, and may be used by many goroutines at once.
type Lexicon struct {
	products  []*entry
	names     nameTable // names, aliases and codes of products
	grams     layered[uint64, []int32]
	singles   layered[rune, []int32] // products by the characters of their names and aliases
	tokenIDs  layered[string, int32]
	tokens    [][]int32                 // products by token
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
	unlisted  map[orders.ProductCode]int32                       // the same of products that are not in the list
	byCode    layered[string, int32]                             // one more than the product's id, 0 if none
	alikes    layered[string, []int32]                           // products by code, as OCR may misread it
	buyerCode layered[string, int32]                             // one more than the customer's id, 0 if none
	days      *orders.Calendar
}

// entry is what is indexed of a product.
type entry struct {
	product *orders.Product // nil once it was removed
	grams   []uint64
	chars   []rune
	tokens  []int32 // sorted
	weak    []bool  // token only tells what a pack holds
	phrases []phrase
	name    []rune
	called  [][]rune // name, aliases and code as they stand in texts
	singles []rune   // of its phrases
}

// phrase is one way to call a product: its name, an alias.
type phrase struct {
	han    []rune
	tokens [][]int32 // each with the keys by which a message may say it
	alias  bool
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
	called   [][]rune
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
func link[K comparable](l *layered[K, []int32], k K, id int32) {
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
func unlink[K comparable](l *layered[K, []int32], k K, id int32) { l.put(k, without(l.get(k), id)) }

// with is a new list of ids with id.
func with(ids []int32, id int32) []int32 {
	i, found := slices.BinarySearch(ids, id)
	if found {
		return ids
	}
	out := make([]int32, 0, len(ids)+1)
	return append(append(append(out, ids[:i]...), id), ids[i:]...)
}

// without is a new list of ids without id.
func without(ids []int32, id int32) []int32 {
	i, found := slices.BinarySearch(ids, id)
	if !found {
		return ids
	}
	return append(append(make([]int32, 0, len(ids)), ids[:i]...), ids[i+1:]...)
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
func (x *Lexicon) bears(a, b rune) bool { return len(x.grams.get(gram(a, b))) > 0 }

// token numbers a key of a spec token while the lexicon is built.
func (x *Lexicon) token(key string) int32 {
	id := x.tokenIDs.get(key)
	if id == 0 {
		x.tokens = append(x.tokens, nil)
		id = int32(len(x.tokens)) //nolint:gosec // far fewer than that
		x.tokenIDs.put(key, id)
	}
	return id - 1
}

// tokenID is the number of a key, if any product or own name has it.
func (x *Lexicon) tokenID(key string) (int32, bool) {
	id := x.tokenIDs.get(key)
	return id - 1, id > 0
}

// bearing are the products that bear the key.
func (x *Lexicon) bearing(key string) []int32 {
	if id, ok := x.tokenID(key); ok {
		return x.tokens[id]
	}
	return nil
}

func (x *Lexicon) product(id int32) *orders.Product   { return x.products[id].product }
func (x *Lexicon) customer(id int32) *orders.Customer { return x.customers[id].customer }

// NewLexicon indexes the master data, which must not change afterwards.
func NewLexicon(m *orders.Master) *Lexicon {
	n := len(m.Products)
	x := &Lexicon{
		grams: newLayered[uint64, []int32](4 * n), singles: newLayered[rune, []int32](0), tokenIDs: newLayered[string, int32](2 * n),
		sounds: newLayered[string, []uint64](4 * n), units: map[string]int{}, sold: map[string]int{}, unlisted: map[orders.ProductCode]int32{}, phones: newLayered[string, []int32](len(m.Customers)),
		places: newLayered[uint64, []int32](0), sellers: map[string]int{}, items: newLayered[orders.CustomerCode, []ownItem](0),
		history: newLayered[orders.CustomerCode, []orders.HistoryLine](0), byCode: newLayered[string, int32](n),
		alikes: newLayered[string, []int32](n), buyerCode: newLayered[string, int32](len(m.Customers)),
		days: orders.NewCalendar(m.Days),
	}
	for _, u := range commonUnits {
		x.units[u] = 1
	}
	var beside sync.WaitGroup
	beside.Go(func() { x.indexCustomers(m.Customers) })
	names := x.indexProducts(m.Products)
	beside.Go(func() { x.names.build(names) })
	x.indexItems(m.Items)
	x.indexHistory(m.History)
	x.leadUnits()
	x.indexSounds()
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

func (x *Lexicon) indexSounds() {
	sounds := map[rune]string{}
	sound := func(c rune) string {
		s, ok := sounds[c]
		if !ok {
			s = soundOf(c)
			sounds[c] = s
		}
		return s
	}
	for g := range x.grams.base {
		a, b := split(g)
		k := sound(a) + "'" + sound(b)
		x.sounds.base[k] = append(x.sounds.base[k], g)
	}
	for _, gs := range x.sounds.base {
		slices.Sort(gs)
	}
}

// draft is an entry whose tokens have no numbers yet.
type draft struct {
	*entry
	keys    []string // of its tokens
	weak    []bool
	phrases [][][]string
}

// newDraft takes a product's texts apart. In e it collects what its entry is then given as much room for as needed.
func newDraft(p *orders.Product, e *entry) draft {
	var d draft
	e.grams, e.chars, e.singles, e.phrases, e.called = e.grams[:0], e.chars[:0], e.singles[:0], nil, nil
	add := func(r []rune, alias, isPhrase bool) {
		ph, toks := newPhrase(r)
		for j, c := range r {
			if letterWord(r, j) {
				e.grams = append(e.grams, gram(c, r[j+1]))
			}
			if isHan(c) {
				e.chars = append(e.chars, c)
				if isPhrase {
					e.singles = append(e.singles, c)
				}
				if j+1 < len(r) && isHan(r[j+1]) {
					e.grams = append(e.grams, gram(c, r[j+1]))
				}
			}
		}
		var said [][]string
		for j := range toks {
			weak := !isPhrase && toks[j].pack
			keys := toks[j].productKeys()
			for _, k := range keys {
				d.keys, d.weak = append(d.keys, k), append(d.weak, weak)
			}
			if !toks[j].word {
				said = append(said, keys)
			}
		}
		if isPhrase {
			ph.alias = alias
			e.phrases, d.phrases = append(e.phrases, ph), append(d.phrases, said)
		}
	}
	call := func(r []rune) {
		if r = trimSpaces(r); len(r) > 0 {
			e.called = append(e.called, r)
		}
	}
	e.name = normal(p.Name)
	add(e.name, false, true)
	add(normal(p.Spec), false, false)
	call(e.name)
	for _, a := range p.Aliases {
		r := normal(a)
		add(r, true, true)
		call(r)
	}
	call(normal(string(p.Code)))
	slices.Sort(e.grams)
	slices.Sort(e.chars)
	slices.Sort(e.singles)
	d.entry = &entry{
		product: p, name: e.name, phrases: e.phrases, called: e.called,
		grams: slices.Clone(slices.Compact(e.grams)), chars: slices.Clone(slices.Compact(e.chars)), singles: slices.Clone(slices.Compact(e.singles)),
	}
	return d
}

// settle numbers the tokens of d.
func (x *Lexicon) settle(d *draft) *entry {
	e := d.entry
	type numbered struct {
		id   int32
		weak bool
	}
	ids := make([]numbered, len(d.keys))
	for i, k := range d.keys {
		ids[i] = numbered{x.token(k), d.weak[i]}
	}
	slices.SortFunc(ids, func(a, b numbered) int {
		if a.id != b.id {
			return int(a.id) - int(b.id)
		}
		return bit(a.weak) - bit(b.weak)
	})
	ids = slices.CompactFunc(ids, func(a, b numbered) bool { return a.id == b.id })
	e.tokens, e.weak = make([]int32, len(ids)), make([]bool, len(ids))
	for i, n := range ids {
		e.tokens[i], e.weak[i] = n.id, n.weak
	}
	for i := range e.phrases {
		e.phrases[i].tokens = x.numbers(d.phrases[i])
	}
	return e
}

func bit(weak bool) int {
	if weak {
		return 1
	}
	return 0
}

// numbers are the numbers of keys.
func (x *Lexicon) numbers(said [][]string) [][]int32 {
	if len(said) == 0 {
		return nil
	}
	out := make([][]int32, len(said))
	for i, keys := range said {
		out[i] = make([]int32, len(keys))
		for k := range keys {
			out[i][k] = x.token(keys[k])
		}
	}
	return out
}

// chunk is how many products are taken apart at a time.
const chunk = 512

// indexProducts indexes all of the products but their names, which it returns.
func (x *Lexicon) indexProducts(ps []orders.Product) []tableName {
	x.products, x.popular = make([]*entry, len(ps)), make([]int32, len(ps))
	names := make([]tableName, 0, 3*len(ps))
	// the texts are taken apart beside the numbering, a few chunks ahead
	type part struct{ done chan []draft }
	parts := make(chan part, 4)
	go func() {
		defer close(parts)
		for from := 0; from < len(ps); from += chunk {
			p := part{make(chan []draft, 1)}
			parts <- p
			go func() {
				ds := make([]draft, min(chunk, len(ps)-from))
				var room entry
				for i := range ds {
					ds[i] = newDraft(&ps[from+i], &room)
				}
				p.done <- ds
			}()
		}
	}()
	id := int32(0)
	for p := range parts {
		for _, d := range <-p.done {
			e := x.settle(&d)
			x.products[id] = e
			x.enter(e, id)
			for _, r := range e.called {
				names = append(names, tableName{text: r, ids: []int32{id}})
			}
			id++
		}
	}
	return names
}

// enter adds a product to what finds it, but for its names.
func (x *Lexicon) enter(e *entry, id int32) {
	for _, g := range e.grams {
		link(&x.grams, g, id)
	}
	for _, c := range e.singles {
		link(&x.singles, c, id)
	}
	for _, k := range e.tokens {
		if x.grams.over == nil {
			x.tokens[k] = append(x.tokens[k], id)
		} else {
			x.tokens[k] = with(x.tokens[k], id)
		}
	}
	if k := string(normal(string(e.product.Code))); k != "" {
		x.byCode.put(k, id+1)
		link(&x.alikes, alike.Replace(k), id)
	}
	x.countUnits(e.product, 1)
}

// countUnits counts the units of p, or takes them away.
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
	names, contacts := make([]tableName, 0, 3*len(cs)), make([]tableName, 0, len(cs))
	for i := range cs {
		b, id := newBuyer(&cs[i]), int32(i)
		x.customers[i] = b
		x.enterBuyer(b, id)
		for _, r := range b.called {
			names = append(names, tableName{text: r, ids: []int32{id}})
		}
		if len(b.contact) > 0 {
			contacts = append(contacts, tableName{text: b.contact, ids: []int32{id}})
		}
	}
	x.buyers.build(names)
	x.contacts.build(contacts)
}

func newBuyer(c *orders.Customer) *buyer {
	b := &buyer{customer: c, address: squeeze(normal(c.Address)), contact: trimSpaces(normal(c.Contact))}
	for _, n := range append([]string{c.Name}, c.Aliases...) {
		if r := trimSpaces(normal(n)); len(r) > 0 {
			b.called = append(b.called, r)
		}
	}
	return b
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
				ph.tokens = append(ph.tokens, x.numbers([][]string{t.productKeys()})...)
			}
		}
		ph.alias = true
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
	by := map[orders.CustomerCode][]orders.HistoryLine{}
	for i := range lines {
		h := &lines[i]
		by[h.Customer] = append(by[h.Customer], *h)
	}
	x.count(lines, 1)
	for c, hs := range by {
		x.history.put(c, newestFirst(hs))
	}
}

func newestFirst(hs []orders.HistoryLine) []orders.HistoryLine {
	sort.SliceStable(hs, func(i, j int) bool {
		if hs[i].Date != hs[j].Date {
			return hs[i].Date > hs[j].Date
		}
		return hs[i].Order > hs[j].Order
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
func soundOf(c rune) string {
	s, ok := pinyin.PinyinDict[int(c)]
	if !ok {
		return string(c)
	}
	first, _, _ := strings.Cut(s, ",")
	return toneless(first)
}

// soundsOf are all readings of c without their tones.
func soundsOf(c rune) []string {
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
