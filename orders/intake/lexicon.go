package intake

import (
	"slices"
	"sort"
	"strings"

	"github.com/mozillazg/go-pinyin"
	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Lexicon knows the master data and reads messages against it. It never changes after
// [NewLexicon] and may be used by many goroutines at once.
type Lexicon struct {
	master    *orders.Master
	products  []entry
	names     nameTable // names, aliases and codes of products
	grams     map[uint64][]int32
	chars     map[rune][]int32
	tokenIDs  map[string]int32
	tokens    [][]int32           // by token
	sounds    map[string][]uint64 // pairs of characters by their sound
	units     map[string]bool     // normalised unit words
	unitLead  map[rune][]string   // unit words by their first character, longest first
	customers []buyer
	buyers    nameTable // names and aliases of customers
	contacts  nameTable // contact persons
	phones    map[string][]int32
	items     map[orders.CustomerCode][]ownItem
	history   map[orders.CustomerCode][]orders.HistoryLine // newest first
	popular   []int32                                      // how often each product was ordered
	byCode    map[string]int32
	buyerCode map[string]int32
}

// entry is what is indexed of a product.
type entry struct {
	grams   []uint64
	chars   []rune
	tokens  []int32 // sorted
	weak    []bool  // token only tells what a pack holds
	phrases []phrase
	name    []rune
}

// phrase is one way to call a product: its name, an alias.
type phrase struct {
	han    []rune
	tokens [][]int32 // each with the keys by which a message may say it
	alias  bool
	text   string
}

// ownItem is a customer's own name or code for a product.
type ownItem struct {
	name    []rune
	short   []rune // without what all of this customer's items begin with
	product int32
	price   *decimal.Decimal
	phrase  phrase
}

// buyer is what is indexed of a customer.
type buyer struct {
	address []rune // normalised
	contact []rune
}

// nameTable finds the names that stand at a place of a text.
type nameTable struct {
	names []tableName
}

type tableName struct {
	text []rune
	ids  []int32
}

func (t *nameTable) build(m map[string][]int32) {
	t.names = make([]tableName, 0, len(m))
	for k, ids := range m {
		slices.Sort(ids)
		t.names = append(t.names, tableName{text: []rune(k), ids: slices.Compact(ids)})
	}
	sort.Slice(t.names, func(i, j int) bool { return slices.Compare(t.names[i].text, t.names[j].text) < 0 })
}

// at calls found for every name that stands at r[i:], shortest first.
func (t *nameTable) at(r []rune, i int, found func(n *tableName, to int)) {
	lo, hi := 0, len(t.names)
	for k := 0; i+k < len(r) && lo < hi; k++ {
		c := r[i+k]
		lo += sort.Search(hi-lo, func(n int) bool { return len(t.names[lo+n].text) > k && t.names[lo+n].text[k] >= c })
		hi = lo + sort.Search(hi-lo, func(n int) bool { return len(t.names[lo+n].text) > k && t.names[lo+n].text[k] > c })
		if lo < hi && len(t.names[lo].text) == k+1 && t.names[lo].text[k] == c {
			found(&t.names[lo], i+k+1)
		}
	}
}

// longest returns the longest name at r[i:], or nil.
func (t *nameTable) longest(r []rune, i int) (name *tableName, to int) {
	t.at(r, i, func(n *tableName, e int) { name, to = n, e })
	return name, to
}

// gram is two characters that stand side by side, in one number.
func gram(a, b rune) uint64 {
	return uint64(a)<<32 | uint64(b) //nolint:gosec // characters are never negative
}

// token numbers a key of a spec token while the lexicon is built.
func (x *Lexicon) token(key string) int32 {
	id, ok := x.tokenIDs[key]
	if !ok {
		id = int32(len(x.tokens)) //nolint:gosec // far fewer than that
		x.tokenIDs[key] = id
		x.tokens = append(x.tokens, nil)
	}
	return id
}

// bearing are the products that bear the key.
func (x *Lexicon) bearing(key string) []int32 {
	if id, ok := x.tokenIDs[key]; ok {
		return x.tokens[id]
	}
	return nil
}

// split takes a gram apart.
func split(g uint64) (a, b rune) {
	return rune(g >> 32), rune(g & 0xffffffff) //nolint:gosec // made of two characters
}

// NewLexicon indexes the master data, which must not change afterwards.
func NewLexicon(m *orders.Master) *Lexicon {
	x := &Lexicon{
		master: m, grams: map[uint64][]int32{}, chars: map[rune][]int32{}, tokenIDs: map[string]int32{}, sounds: map[string][]uint64{},
		units: map[string]bool{}, unitLead: map[rune][]string{}, phones: map[string][]int32{}, items: map[orders.CustomerCode][]ownItem{},
		history: map[orders.CustomerCode][]orders.HistoryLine{}, byCode: map[string]int32{}, buyerCode: map[string]int32{},
	}
	for _, u := range commonUnits {
		x.units[u] = true
	}
	x.indexProducts()
	x.indexCustomers()
	x.indexItems()
	x.indexHistory()
	for u := range x.units {
		r := []rune(u)
		x.unitLead[r[0]] = append(x.unitLead[r[0]], u)
	}
	for _, us := range x.unitLead {
		sort.Slice(us, func(i, j int) bool { return len(us[i]) > len(us[j]) || len(us[i]) == len(us[j]) && us[i] < us[j] })
	}
	for g := range x.grams {
		a, b := split(g)
		k := soundOf(a) + "'" + soundOf(b)
		x.sounds[k] = append(x.sounds[k], g)
	}
	for _, gs := range x.sounds {
		slices.Sort(gs)
	}
	return x
}

func (x *Lexicon) indexProducts() {
	ps := x.master.Products
	x.products = make([]entry, len(ps))
	names := map[string][]int32{}
	for i := range ps {
		p, id := &ps[i], int32(i)
		e := &x.products[i]
		grams, chars, tokens := map[uint64]bool{}, map[rune]bool{}, map[int32]bool{}
		add := func(s string, alias, isPhrase bool) {
			r := normal(s)
			ph, toks := x.newPhrase(r)
			ph.alias, ph.text = alias, s
			if isPhrase {
				e.phrases = append(e.phrases, ph)
			}
			for j, c := range r {
				if letterWord(r, j) {
					grams[gram(c, r[j+1])] = true
				}
				if isHan(c) {
					chars[c] = true
					if j+1 < len(r) && isHan(r[j+1]) {
						grams[gram(c, r[j+1])] = true
					}
				}
			}
			for j := range toks {
				weak := !isPhrase && toks[j].pack
				for _, key := range toks[j].productKeys() {
					k := x.token(key)
					if was, ok := tokens[k]; !ok || was && !weak {
						tokens[k] = weak
					}
				}
			}
		}
		add(p.Name, false, true)
		e.name = normal(p.Name)
		add(p.Spec, false, false)
		full := string(normal(p.Name))
		names[full] = append(names[full], id)
		for _, a := range p.Aliases {
			add(a, true, true)
			if k := strings.TrimSpace(string(normal(a))); k != "" {
				names[k] = append(names[k], id)
			}
		}
		if k := string(normal(string(p.Code))); k != "" {
			names[k] = append(names[k], id)
			x.byCode[k] = id
		}
		for g := range grams {
			e.grams = append(e.grams, g)
			x.grams[g] = append(x.grams[g], id)
		}
		for c := range chars {
			e.chars = append(e.chars, c)
			x.chars[c] = append(x.chars[c], id)
		}
		for k := range tokens {
			e.tokens = append(e.tokens, k)
			x.tokens[k] = append(x.tokens[k], id)
		}
		slices.Sort(e.grams)
		slices.Sort(e.chars)
		slices.Sort(e.tokens)
		e.weak = make([]bool, len(e.tokens))
		for j, k := range e.tokens {
			e.weak[j] = tokens[k]
		}
		x.units[string(normal(p.Unit))] = true
		for _, k := range p.Packs {
			x.units[string(normal(k.Unit))] = true
		}
	}
	delete(x.units, "")
	x.names.build(names)
}

// newPhrase takes a name apart.
func (x *Lexicon) newPhrase(r []rune) (phrase, []specToken) {
	var ph phrase
	var toks []specToken
	for i := 0; i < len(r); {
		if letterWord(r, i) {
			if !slices.Contains(ph.han, r[i]) {
				ph.han = append(ph.han, r[i])
			}
			i++
			continue
		}
		if t, ok := readSpec(r, i, len(r)); ok {
			toks = append(toks, t)
			keys := t.productKeys()
			ids := make([]int32, len(keys))
			for k := range keys {
				ids[k] = x.token(keys[k])
			}
			ph.tokens = append(ph.tokens, ids)
			i = t.to
			continue
		}
		if isHan(r[i]) && !slices.Contains(ph.han, r[i]) {
			ph.han = append(ph.han, r[i])
		}
		i++
	}
	// sizes said in words are sizes as well
	for _, w := range sizeWords {
		if k := index(r, 0, len(r), w.word); k >= 0 {
			toks = append(toks, specToken{keys: []string{"size:" + w.size}, from: k, to: k})
			break
		}
	}
	return ph, toks
}

func (x *Lexicon) indexCustomers() {
	cs := x.master.Customers
	x.customers = make([]buyer, len(cs))
	names, contacts := map[string][]int32{}, map[string][]int32{}
	for i := range cs {
		c, id := &cs[i], int32(i)
		x.customers[i] = buyer{address: squeeze(normal(c.Address)), contact: normal(c.Contact)}
		for _, n := range append([]string{c.Name}, c.Aliases...) {
			if k := strings.TrimSpace(string(normal(n))); k != "" {
				names[k] = append(names[k], id)
			}
		}
		x.buyerCode[string(normal(string(c.Code)))] = id
		if k := strings.TrimSpace(string(normal(c.Contact))); k != "" {
			contacts[k] = append(contacts[k], id)
		}
		if p := digitsOf(c.Phone); p != "" {
			x.phones[p] = append(x.phones[p], id)
		}
	}
	x.buyers.build(names)
	x.contacts.build(contacts)
}

func (x *Lexicon) indexItems() {
	product := make(map[orders.ProductCode]int32, len(x.master.Products))
	for i := range x.master.Products {
		product[x.master.Products[i].Code] = int32(i)
	}
	for _, it := range x.master.Items {
		id, ok := product[it.Product]
		name := normal(strings.TrimSpace(it.Item))
		if !ok || len(name) == 0 {
			continue
		}
		ph, _ := x.newPhrase(name)
		ph.alias, ph.text = true, it.Item
		x.items[it.Customer] = append(x.items[it.Customer], ownItem{name: name, product: id, price: it.Price, phrase: ph})
	}
	for c, items := range x.items {
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
		x.items[c] = items
	}
}

func sharedHead(items []ownItem, head []rune) int {
	n := 0
	for _, it := range items {
		if len(it.name) > len(head) && slices.Equal(it.name[:len(head)], head) {
			n++
		}
	}
	return n
}

func (x *Lexicon) indexHistory() {
	x.popular = make([]int32, len(x.products))
	product := make(map[orders.ProductCode]int32, len(x.master.Products))
	for i := range x.master.Products {
		product[x.master.Products[i].Code] = int32(i)
	}
	for _, h := range x.master.History {
		x.history[h.Customer] = append(x.history[h.Customer], h)
		if id, ok := product[h.Product]; ok {
			x.popular[id]++
		}
	}
	for c, hs := range x.history {
		sort.SliceStable(hs, func(i, j int) bool {
			if hs[i].Date != hs[j].Date {
				return hs[i].Date > hs[j].Date
			}
			return hs[i].Order > hs[j].Order
		})
		x.history[c] = hs
	}
}

func (x *Lexicon) productOf(code orders.ProductCode) (int32, bool) {
	id, ok := x.byCode[string(normal(string(code)))]
	return id, ok
}

func (x *Lexicon) customerOf(code string) (int32, bool) {
	id, ok := x.buyerCode[string(normal(code))]
	return id, ok
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
