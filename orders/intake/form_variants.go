package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// signedNumbers fits the numbers in the words for goods, with their sign where one stands before them: -2.00, 30 of 30片装.
var signedNumbers = regexp.MustCompile(`[+-]?\d+(?:\.\d+)?`)

// letterRuns fits runs of letters, and sizes such as 2xl.
var letterRuns = regexp.MustCompile(`[2-9]xl|[a-z]+`)

// measureLetters fits the letters of measures: 1.2x2.4m.
var measureLetters = regexp.MustCompile(`\d\s*(?:mm|cm|ml|kg|mg|m|l|g|x(?:\s*\d|$))`)

// exactWords are words for goods taken apart.
type exactWords struct {
	numbers []string
	letters []string // runs of them: D of D型, t of 4.75T
	pairs   []string // neighbouring Chinese characters, and those that stand alone
}

// exactly takes words apart. Zeros say nothing: a lens with a cylinder of 0.00 has none.
func exactly(text string) exactWords {
	var w exactWords
	t := string(normal(text))
	for _, at := range signedNumbers.FindAllStringIndex(t, -1) {
		n := t[at[0]:at[1]]
		if at[0] > 0 && (n[0] == '-' || n[0] == '+') && (isDigit(rune(t[at[0]-1])) || isLetter(rune(t[at[0]-1]))) {
			n = n[1:] // 52-18, C-2
		}
		if d, err := decimal.NewFromString(n); err == nil && !d.IsZero() {
			w.numbers = append(w.numbers, n)
		}
	}
	w.letters = letterRuns.FindAllString(t, -1)
	for _, part := range strings.FieldsFunc(t, func(r rune) bool { return !isHan(r) }) {
		h := []rune(part)
		for i := range max(1, len(h)-1) {
			w.pairs = append(w.pairs, string(h[i:min(i+2, len(h))]))
		}
	}
	return w
}

// exactProduct is a product with its words taken apart, all of them and those of its name and size.
type exactProduct struct {
	id    int32
	text  string
	all   []string
	runs  []string // of letters
	plain int      // numbers of name and size
}

// products takes the words of all products apart, once for a file.
func (f *form) products() []exactProduct {
	if f.exact == nil {
		for id, e := range f.x.products {
			if e == nil || e.product == nil {
				continue
			}
			title := e.product.Name + " " + e.product.Spec
			text := title + " " + strings.Join(e.product.Aliases, " ")
			apart := exactly(text)
			f.exact = append(f.exact, exactProduct{id: int32(id), text: string(normal(text)), all: apart.numbers, runs: apart.letters, plain: len(exactly(title).numbers)})
		}
	}
	return f.exact
}

// byExactWords finds the product that has all numbers of the words, most of their Chinese, and all of what must be there. Of
// several the one that says least besides is meant where something must be there, else none.
func (f *form) byExactWords(text, must string, in []int32) (int32, bool) {
	w, all := exactly(text), exactly(must)
	var best []exactProduct
	most := 0
	for _, p := range f.products() {
		if in != nil && !slices.Contains(in, p.id) || slices.ContainsFunc(w.numbers, func(n string) bool { return !slices.Contains(p.all, n) }) || !p.bears(all) {
			continue
		}
		hit := 0
		for _, pair := range w.pairs {
			if strings.Contains(p.text, pair) {
				hit++
			}
		}
		switch {
		case hit*10 < len(w.pairs)*6 || hit == 0 || hit < most:
		case hit > most:
			best, most = []exactProduct{p}, hit
		default:
			best = append(best, p)
		}
	}
	if len(best) > 1 && must != "" { // D型 and 弓型 differ in a letter
		most := 0
		for _, p := range best {
			most = max(most, p.sharedLetters(w))
		}
		best = slices.DeleteFunc(best, func(p exactProduct) bool { return p.sharedLetters(w) < most })
	}
	if len(best) > 1 && must != "" {
		least := slices.MinFunc(best, func(a, b exactProduct) int { return a.plain - b.plain }).plain
		best = slices.DeleteFunc(best, func(p exactProduct) bool { return p.plain > least })
	}
	if len(best) != 1 {
		return -1, false
	}
	return best[0].id, true
}

// byWholeName finds the product that a row calls by its whole name, where that has letters and hardly any Chinese, so that it is
// told by nothing else: KT板, Polo衫. Of those called so it is the one that has all numbers of the row, and most of its words.
func (f *form) byWholeName(it item) (int32, bool) {
	said := string(squeeze(normal(it.name)))
	var called []int32
	longest := 0
	for id, e := range f.x.products {
		if e == nil || e.product == nil {
			continue
		}
		name := squeeze(normal(e.product.Name))
		if len(name) < 2 || len(name) < longest || len(hanOf(e.product.Name)) > 1 || !slices.ContainsFunc(name, isLetter) || !strings.HasPrefix(said, string(name)) {
			continue
		}
		if len(name) > longest {
			called, longest = nil, len(name)
		}
		called = append(called, int32(id))
	}
	if len(called) == 0 {
		return -1, false
	}
	w := exactly(it.name + " " + it.spec)
	w.letters = exactly(measureLetters.ReplaceAllString(string(normal(it.name+" "+it.spec)), " ")).letters
	var best []exactProduct
	most := -1
	for _, p := range f.products() {
		if !slices.Contains(called, p.id) || slices.ContainsFunc(w.numbers, func(n string) bool { return !slices.Contains(p.all, n) }) || !p.bears(w) {
			continue
		}
		switch shared := p.sharedLetters(w); {
		case shared > most:
			best, most = []exactProduct{p}, shared
		case shared == most:
			best = append(best, p)
		}
	}
	if len(best) != 1 || most < len(w.letters) {
		return -1, false
	}
	return best[0].id, true
}

// sharedLetters counts the runs of letters that a product has of some words.
func (p exactProduct) sharedLetters(w exactWords) int {
	n := 0
	for _, l := range w.letters {
		if slices.Contains(p.runs, l) {
			n++
		}
	}
	return n
}

// bears tells that a product has all Chinese of some words.
func (p exactProduct) bears(w exactWords) bool {
	return !slices.ContainsFunc(w.pairs, func(pair string) bool { return !strings.Contains(p.text, pair) })
}

// variants finds in rows that have no head of goods a table of kinds: colours over sizes, strengths, lengths. Its figures order
// the goods that row, head and caption name together. It returns the items and the rows that are no part of it.
func (f *form) variants(rows [][]page.Cell, caption string) (items []item, rest [][]page.Cell) {
	for h := 0; h < len(rows); h++ {
		if found, end := f.variantsBelow(rows, h, caption); len(found) > 0 {
			items = append(items, found...)
			h = end - 1
			continue
		}
		rest = append(rest, rows[h])
		if t := rowText(rows[h]); t != "" {
			caption = t
		}
	}
	return items, rest
}

// variantsBelow reads the table of kinds whose head is row h, and tells where it ends.
func (f *form) variantsBelow(rows [][]page.Cell, h int, caption string) ([]item, int) {
	var values, labels []int
	sums := -1
	for i, c := range rows[h] {
		text := strings.TrimSpace(c.Text)
		head, known := headingOf(text)
		switch {
		case known && (head.as == colAmount || head.as == colQuantity && strings.Contains(text, "计")):
			sums = i
		case text != "" && !known && !c.Merged && f.anyCount(rows[h+1:], i):
			values = append(values, i)
		case i == 0 || len(values) == 0:
			labels = append(labels, i)
		}
	}
	if len(values) < 2 || len(labels) == 0 {
		return nil, 0
	}
	var items []item
	corner := strings.TrimSpace(rows[h][labels[0]].Text)
	if _, known := headingOf(corner); known {
		corner = ""
	}
	unit := f.unitSaid(caption)
	if unit == "" {
		unit = f.unitSaid(linesText(f.msg.Doc))
	}
	caption = entryMark.ReplaceAllString(unitOfTable.ReplaceAllString(caption, ""), "")
	above := make([]string, len(rows[h]))
	resolved, all, grand, summed := 0, decimal.Zero, decimal.Zero, false
	end, uneven := h+1, ""
	for ; end < len(rows); end++ {
		row := rows[end]
		if empty(row) {
			break
		}
		if isTotal(row, nil) {
			if sums >= 0 {
				if v, _, ok := figure(cellText(row, sums)); ok {
					grand, summed = v, true
				}
			}
			continue
		}
		if slices.ContainsFunc(values, func(i int) bool {
			text := cellText(row, i)
			_, _, ok := figure(text)
			return !ok && strings.Trim(text, "-—/\\_×xX无／") != ""
		}) {
			break // another head
		}
		own := unit
		var words []string
		for _, i := range labels {
			text := strings.TrimSpace(row[i].Text)
			if text == "" {
				text = above[i]
			}
			above[i] = text
			if u := string(normal(text)); f.x.units[u] > 0 {
				own = u
			} else if text != "" && (!row[i].Merged || i == 0 || text != strings.TrimSpace(row[i-1].Text)) {
				words = append(words, text)
			}
		}
		across := decimal.Zero
		for _, i := range values {
			v, rest, ok := figure(cellText(row, i))
			if !ok || v.IsZero() {
				continue
			}
			it := item{part: f.at, customer: max(f.cust, f.likely), unit: own, quantity: v, quantityText: cellText(row, i), name: strings.Join(words, " "), spec: strings.TrimSpace(rows[h][i].Text)}
			it.from[fromProduct], it.from[fromQuantity], it.from[fromUnit] = rows[h][i], row[i], row[i]
			if rest != "" || f.ocr && row[i].Score < surely {
				it.doubt = ReasonAmbiguous
			}
			if len(words) == 0 {
				it.name = corner
			}
			if it.product = f.variant(it, caption); it.product.product >= 0 {
				resolved++
			}
			across = across.Add(v)
			items = append(items, it)
		}
		all = all.Add(across)
		if v, _, ok := figure(cellText(row, sums)); ok && !v.Equal(across) {
			uneven = fmt.Sprintf("「%s」各列加起来是 %s，单上合计是 %s，请核对。", strings.Join(words, " "), trim(across), trim(v))
		}
	}
	if resolved < 2 || resolved*2 <= len(items) {
		return nil, 0
	}
	switch {
	case summed && !all.Equal(grand):
		f.wrongSum = fmt.Sprintf("各格数量加起来是 %s，单上合计是 %s，请核对。", trim(all), trim(grand))
	case !summed && uneven != "":
		f.wrongSum = uneven
	}
	return items, end
}

// anyCount tells that a column has a count and no words.
func (f *form) anyCount(rows [][]page.Cell, i int) bool {
	some := false
	for _, row := range rows {
		if empty(row) {
			break
		}
		text := cellText(row, i)
		if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+") { // a strength: the head is a row further down
			return some
		}
		if _, rest, ok := figure(text); ok {
			if rest != "" && f.x.units[rest] == 0 {
				return some
			}
			some = true
		}
	}
	return some
}

// variant finds the goods of one figure: by the customer's own word for the head, else by caption, row and head together.
func (f *form) variant(it item, caption string) resolution {
	who := scope{}
	if it.customer >= 0 {
		who = f.x.scopeOf(it.customer)
	}
	for _, code := range [...]string{it.spec, it.name} {
		if id, ok := f.x.productByCode(code, who.own, false); ok {
			return resolution{product: id, rule: "code"}
		}
	}
	for _, words := range [...]string{caption + " " + it.words(), it.words()} {
		if id, ok := f.byExactWords(words, it.spec, nil); ok {
			return resolution{product: id, rule: "wording"}
		}
	}
	r := f.resolveRow(it)
	if r.product >= 0 { // it fits, but does not bear what the head says
		r = resolution{product: -1, reason: ReasonAmbiguous, options: []int32{r.product}}
	}
	return r
}

// unitOfTable fits what says in which unit a table counts.
var unitOfTable = regexp.MustCompile(`[(（]?\s*(?:数量)?单位\s*[:：]\s*([\p{Han}]{1,3})[^\p{Han}]?[)）]?`)

// unitSaid is that unit, "" where none is said.
func (f *form) unitSaid(text string) string {
	for _, m := range unitOfTable.FindAllStringSubmatch(string(normal(text)), -1) {
		for n := len([]rune(m[1])); n > 0; n-- {
			if u := string([]rune(m[1])[:n]); f.x.units[u] > 0 {
				return u
			}
		}
	}
	return ""
}

// linesText is the text of the lines of a document, without its tables.
func linesText(doc *page.Document) string {
	var b strings.Builder
	for _, p := range doc.Pages {
		for _, l := range p.Lines {
			b.WriteString(l.Text + "\n")
		}
	}
	return b.String()
}
