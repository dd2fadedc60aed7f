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

// Doubts are the places of one message that the reader is not sure of. They are all that a second
// reader gets to see: the message and, for each place, the few candidates; no prices, no records
// of anybody, nothing of earlier messages.
type Doubts struct {
	Text   string  `json:"message"`
	Places []Doubt `json:"places"`
}

// Doubt is one such place.
type Doubt struct {
	ID string `json:"id"`
	// About is product, customer, unit, quantity, or line: words with a quantity that the reader could make nothing of.
	About string `json:"about"`
	// Words are what the message calls it, where the reader knows.
	Words   string   `json:"words,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	Units   []string `json:"units,omitempty"`

	reason      string
	order, line int
}

// Choice is a product or customer that a place may mean.
type Choice struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Units []string `json:"units,omitempty"`
}

// Claim is what a second reader says that a place means. Quote is the stretch of the message that
// says so, letter by letter.
type Claim struct {
	ID       string `json:"id"`
	Value    string `json:"value"` // a code, a unit or a number; empty: the message does not say
	Quantity string `json:"quantity"`
	Unit     string `json:"unit"`
	Quote    string `json:"quote"`
}

const (
	maxDoubts  = 12
	maxChoices = 8
	maxSecond  = 4000 // characters of a message that a second reader gets
	maxShared  = 2000 // products that may share a character that is to tell anything
)

// Weighed counts the places of a message by what became of a second reader's claims about them: taken, refused by the
// checks, or none was made.
type Weighed struct{ Settled, Refused, Silent int }

// secondText is what of a message is words.
func secondText(m Message) string {
	var b strings.Builder
	b.WriteString(m.Text)
	if m.Doc != nil {
		for _, p := range m.Doc.Pages {
			for _, l := range p.Lines {
				b.WriteString("\n" + l.Text)
			}
			for _, t := range p.Tables {
				for _, row := range t.Rows {
					b.WriteString("\n")
					for i, c := range row {
						if i > 0 {
							b.WriteString(" | ")
						}
						b.WriteString(c.Text)
					}
				}
			}
		}
	}
	if r := []rune(b.String()); len(r) > maxSecond {
		return string(r[:maxSecond])
	}
	return b.String()
}

// Doubts tells what a second reader could help with in the reading r of m, which led the
// conversation from before to next. It returns nil where the reader is sure. What an earlier
// message left open is not asked again.
func (x *Lexicon) Doubts(m Message, before *Thread, r Result, next *Thread) *Doubts {
	if r.Intent != IntentOrder && r.Intent != IntentChange || next == nil {
		return nil
	}
	var d Doubts
	for i := range r.Asks {
		if place, ok := x.doubtOf(&r.Asks[i], r, next); ok && !askedBefore(before, &r.Asks[i]) {
			d.add(place)
		}
	}
	for _, u := range r.unread {
		if u.order < len(r.Orders) {
			d.add(Doubt{About: "line", Words: u.words, Choices: x.productChoices(x.nearest(u.words), nil), order: u.order})
		}
	}
	if len(d.Places) == 0 {
		return nil
	}
	d.Text = secondText(m)
	return &d
}

func (d *Doubts) add(p Doubt) {
	if len(d.Places) < maxDoubts && (len(p.Choices) > 0 || len(p.Units) > 0) {
		p.ID = fmt.Sprintf("q%d", len(d.Places)+1)
		d.Places = append(d.Places, p)
	}
}

func askedBefore(before *Thread, a *Ask) bool {
	return before != nil && slices.ContainsFunc(before.Asks, func(b Ask) bool { return b.Field == a.Field && b.Reason == a.Reason && b.Text == a.Text })
}

// doubtOf is what a second reader may be asked in place of a person, false where that is nothing.
func (x *Lexicon) doubtOf(a *Ask, r Result, next *Thread) (Doubt, bool) {
	var d Doubt
	if _, err := fmt.Sscanf(a.Field, "orders[%d]", &d.order); err != nil || d.order < 0 || d.order >= min(len(r.Orders), len(next.Orders)) {
		return d, false
	}
	d.reason = a.Reason
	if strings.HasSuffix(a.Field, "].customer") && a.Reason == ReasonAmbiguous {
		d.About = "customer"
		for _, code := range a.Options {
			if id, ok := x.customerOf(code); ok && len(d.Choices) < maxChoices {
				d.Choices = append(d.Choices, Choice{Code: code, Name: x.customer(id).Name})
			}
		}
		return d, true
	}
	k, field, ok := lineField(a.Field)
	if !ok || k < 0 || k >= min(len(r.Orders[d.order].Lines), len(next.Orders[d.order].Lines)) {
		return d, false
	}
	d.line, d.About = k, field
	if d.order < len(next.Words) && k < len(next.Words[d.order]) {
		d.Words = next.Words[d.order][k]
	}
	product, known := x.productKey(string(normal(r.Orders[d.order].Lines[k].Product)))
	switch {
	case field == "product" && a.Reason == ReasonAmbiguous:
		d.Choices = x.productChoices(nil, a.Options)
	case field == "product" && (a.Reason == ReasonUnknown || a.Reason == ReasonMissing):
		d.Choices = x.productChoices(x.nearest(d.Words), a.Options)
	case known && (field == "unit" && a.Reason == ReasonUnknown || field == "quantity" && a.Reason == ReasonMissing):
		d.Units = x.unitsOf(product)
	default:
		return d, false
	}
	return d, true
}

// productChoices are the options of a question, then the products that are near.
func (x *Lexicon) productChoices(near []int32, options []string) []Choice {
	ids := make([]int32, 0, maxChoices)
	for _, o := range options {
		if id, ok := x.productKey(string(normal(o))); ok {
			ids = append(ids, id)
		}
	}
	var out []Choice
	for _, id := range slices.Concat(ids, near) {
		p := x.product(id)
		if len(out) < maxChoices && !slices.ContainsFunc(out, func(c Choice) bool { return c.Code == string(p.Code) }) {
			out = append(out, Choice{Code: string(p.Code), Name: p.Title(), Units: x.unitsOf(id)})
		}
	}
	return out
}

func (x *Lexicon) unitsOf(id int32) []string {
	p := x.product(id)
	out := []string{p.Unit}
	for _, k := range p.Packs {
		out = append(out, k.Unit)
	}
	return out
}

// nearest are the products that share most with words: what the reader's own scoring finds, then those
// with most of the characters, by letter or by sound.
func (x *Lexicon) nearest(words string) []int32 {
	t := newText(words)
	m := x.readMention(t, 0, len(t.r), nil, nil)
	if m.empty() {
		return nil
	}
	var out []int32
	for _, c := range x.covers(m, nil, scope{}) {
		if out = append(out, c.id); len(out) == maxChoices {
			return out
		}
	}
	sounds := map[string]bool{}
	for i, h := range m.han {
		if m.filler>>uint(i)&1 == 0 {
			sounds[soundOf(h)] = true
		}
	}
	shared := map[int32]int{}
	x.singles.all(func(h rune, ids []int32) {
		if len(ids) <= maxShared && sounds[soundOf(h)] {
			for _, id := range ids {
				shared[id]++
			}
		}
	})
	for _, id := range out {
		delete(shared, id)
	}
	more := slices.SortedFunc(maps.Keys(shared), func(a, b int32) int {
		return cmp.Or(shared[b]-shared[a], int(x.popular[b]-x.popular[a]), int(a-b))
	})
	return append(out, more[:min(len(more), maxChoices-len(out))]...)
}

// unread is a quantity of which the reader made nothing, with the words around it.
type unread struct {
	order int
	words string
}

// unreadOf finds what quantities of an order were left over.
func (s *scan) unreadOf(b *builder, order int) []unread {
	if b == nil {
		return nil
	}
	var out []unread
	for _, q := range b.loose {
		if q.bare || q.size || q.spec || q.none || q.from >= q.to || q.to > len(s.r) || isPiece(q.unit) {
			continue
		}
		from, to := q.from, q.to
		for from > 0 && !isBreak(s.r[from-1]) {
			from--
		}
		for to < len(s.r) && !isBreak(s.r[to]) {
			to++
		}
		out = append(out, unread{order, s.quote(from, to)})
	}
	return out
}

// Settle takes of a second reader's claims what can be checked, and returns the reading and the conversation with it.
// A claim counts only where it answers a question that is open, names one of the candidates, and quotes the
// message; a number has to be what the reader's own eye finds in the quote. A field that was certain never
// changes. What is taken stands as a remark among the asks (unusual: to be looked at, then confirmed), and what
// is not leaves its question open.
func (x *Lexicon) Settle(m Message, r Result, next *Thread, d *Doubts, claims []Claim) (Result, *Thread, Weighed) {
	s := &settling{x: x, m: m, text: d.Text, r: r, next: next.clone()}
	s.next.Asks = slices.Clone(next.Asks)
	for i := range s.next.Words {
		s.next.Words[i] = slices.Clone(s.next.Words[i])
	}
	s.r.Orders, s.r.Asks = cloneDrafts(r.Orders), slices.Clone(r.Asks)
	for i := range s.r.Orders {
		s.r.Orders[i].UrgentWords = r.Orders[i].UrgentWords
	}
	for i := range d.Places {
		p := &d.Places[i]
		var c *Claim
		for k := range claims {
			if claims[k].ID != p.ID {
				continue
			}
			if c != nil && *c != claims[k] { // it disagrees with itself
				c = nil
				break
			}
			c = &claims[k]
		}
		taken := s.taken
		switch {
		case c == nil || c.Value == "" || strings.TrimSpace(c.Quote) == "" || !strings.Contains(s.text, c.Quote):
		case p.About == "customer":
			s.customer(p, c)
		case p.About == "product":
			s.product(p, c)
		case p.About == "unit" || p.About == "quantity":
			s.amount(p, c)
		case p.About == "line":
			s.line(p, c)
		}
		switch {
		case s.taken > taken:
			s.weighed.Settled++
		case slices.ContainsFunc(claims, func(c Claim) bool { return c.ID == p.ID && c.Value != "" }):
			s.weighed.Refused++
		default:
			s.weighed.Silent++
		}
	}
	return s.r, s.next, s.weighed
}

// settling is one message while a second reader's claims are weighed.
type settling struct {
	x    *Lexicon
	m    Message
	text string
	r    Result
	next *Thread

	taken   int // claims that were taken
	weighed Weighed
}

func (p *Doubt) offers(code string) bool {
	return slices.ContainsFunc(p.Choices, func(c Choice) bool { return c.Code == code })
}

func (s *settling) customer(p *Doubt, c *Claim) {
	id, ok := s.x.customerOf(c.Value)
	if !ok || !p.offers(c.Value) {
		return
	}
	// The quote has to fit this customer better than the others.
	fit := func(code string) int {
		k, _ := s.x.customerOf(code)
		cu := s.x.customer(k)
		n := 0
		for _, ch := range squeeze(normal(c.Quote)) {
			if strings.ContainsRune(string(normal(cu.Name+cu.Address+cu.Contact+strings.Join(cu.Aliases, ""))), ch) {
				n++
			}
		}
		return n
	}
	for _, o := range p.Choices {
		if o.Code != c.Value && fit(o.Code) >= fit(c.Value) {
			return
		}
	}
	field := fmt.Sprintf("orders[%d].customer", p.order)
	s.drop(func(f string) bool { return f == field })
	s.r.Orders[p.order].Customer, s.next.Orders[p.order].Customer = c.Value, c.Value
	s.mark(field, fmt.Sprintf("客户「%s」", s.x.customer(id).Name), c)
}

func (s *settling) product(p *Doubt, c *Claim) {
	id, ok := s.x.productKey(string(normal(c.Value)))
	if !ok || !p.offers(c.Value) {
		return
	}
	l := s.r.Orders[p.order].Lines[p.line]
	if said, err := decimal.NewFromString(c.Quantity); c.Quantity != "" && l.Quantity != "" && (err != nil || trim(said) != l.Quantity) {
		return // it reads a certain quantity otherwise
	}
	t := newText(c.Quote)
	quoted := s.x.readMention(t, 0, len(t.r), nil, nil)
	if quoted.empty() {
		return
	}
	if p.reason == ReasonAmbiguous {
		// All options fit the words of the line: the quote has to tell them apart.
		best := s.x.cover(id, quoted).score
		for _, o := range p.Choices {
			if k, _ := s.x.productKey(string(normal(o.Code))); k != id && s.x.cover(k, quoted).score >= best {
				return
			}
		}
	} else if !s.same(c.Quote, p.Words) {
		return // it speaks of another line
	}
	s.redo(p.order, p.line, func(it *wanted) { it.res = resolution{product: id, rule: "second reader", head: true} })
	s.mark(fmt.Sprintf("orders[%d].lines[%d].product", p.order, p.line), fmt.Sprintf("「%s」", s.x.product(id).Title()), c)
}

// same tells whether two stretches of the message overlap in what they say.
func (s *settling) same(quote, words string) bool {
	a, b := string(squeeze(normal(quote))), string(squeeze(normal(words)))
	return a != "" && b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
}

// amount settles the unit or the quantity of a line whose goods are known.
func (s *settling) amount(p *Doubt, c *Claim) {
	l := s.r.Orders[p.order].Lines[p.line]
	quantity, unit := c.Quantity, c.Unit
	if p.About == "unit" {
		unit = c.Value
		if quantity == "" {
			quantity = l.Quantity
		}
	} else {
		quantity = c.Value
	}
	q, ok := s.x.quantityIn(c.Quote, quantity, unit, s.m.Time)
	if !ok || l.Quantity != "" && trim(q.value) != l.Quantity {
		return
	}
	k, ok := s.x.productKey(string(normal(l.Product)))
	if !ok {
		return
	}
	if _, ok := in(s.x.product(k), q.value, q.unit); !ok {
		return
	}
	s.redo(p.order, p.line, func(it *wanted) { it.setQuantity(q) })
	s.mark(fmt.Sprintf("orders[%d].lines[%d].%s", p.order, p.line, p.About), fmt.Sprintf("「%s%s」", trim(q.value), q.unit), c)
}

// line adds a line for words of which the reader made nothing.
func (s *settling) line(p *Doubt, c *Claim) {
	id, ok := s.x.productKey(string(normal(c.Value)))
	q, counted := s.x.quantityIn(c.Quote, c.Quantity, c.Unit, s.m.Time)
	if !ok || !counted || !p.offers(c.Value) || !s.same(c.Quote, p.Words) {
		return
	}
	if _, ok := in(s.x.product(id), q.value, q.unit); !ok {
		return
	}
	k := len(s.r.Orders[p.order].Lines)
	s.r.Orders[p.order].Lines = append(s.r.Orders[p.order].Lines, Line{})
	s.next.Orders[p.order].Lines = append(s.next.Orders[p.order].Lines, Line{})
	for len(s.next.Words) <= p.order {
		s.next.Words = append(s.next.Words, nil)
	}
	for len(s.next.Words[p.order]) <= k {
		s.next.Words[p.order] = append(s.next.Words[p.order], "")
	}
	s.next.Words[p.order][k] = c.Quote
	s.redo(p.order, k, func(it *wanted) {
		it.res = resolution{product: id, rule: "second reader", head: true}
		it.setQuantity(q)
	})
	s.mark(fmt.Sprintf("orders[%d].lines[%d].product", p.order, k), fmt.Sprintf("「%s」%s%s", s.x.product(id).Title(), trim(q.value), q.unit), c)
}

// quantityIn finds in a quote the one quantity that is claimed to be there.
func (x *Lexicon) quantityIn(quote, value, unit string, now time.Time) (quantity, bool) {
	v, err := decimal.NewFromString(value)
	if err != nil {
		return quantity{}, false
	}
	t := newText(quote)
	t.closeUp()
	s := x.newScan(t, x.clock(now), -1, false)
	s.findAmounts()
	for i := range s.marks {
		q := s.marks[i].qty
		if s.marks[i].kind != markQty || q.none || q.more || len(q.rest) > 0 || !q.value.Equal(v) || !q.value.IsPositive() {
			continue
		}
		if unit == "" || unitForm(q.unit) == unitForm(unit) || q.unit != "" && soundsLike(q.unit, unit) {
			if unit != "" {
				q.unit = unit
			}
			return q, true
		}
	}
	return quantity{}, false
}

func soundsLike(a, b string) bool {
	ra, rb := []rune(a), []rune(b)
	return len(ra) == len(rb) && !slices.ContainsFunc(ra, func(c rune) bool { return !isHan(c) }) &&
		slices.EqualFunc(ra, rb, func(p, q rune) bool { return soundOf(p) == soundOf(q) })
}

// redo works a line out anew after change, with the questions that it raises then.
func (s *settling) redo(order, k int, change func(it *wanted)) {
	cust, who := int32(-1), scope{}
	if id, ok := s.x.customerOf(s.r.Orders[order].Customer); ok && s.r.Orders[order].Customer != "" {
		cust, who = id, s.x.scopeOf(id)
	}
	rd := &reading{x: s.x, thread: s.next}
	it := rd.lineOf(order, k, who)
	it.kept, it.fixed = nil, false
	change(it)
	path := fmt.Sprintf("orders[%d].lines[%d]", order, k)
	l, asks := s.x.draftLine(it, cust, path)
	s.drop(func(f string) bool { return strings.HasPrefix(f, path+".") })
	s.r.Orders[order].Lines[k], s.next.Orders[order].Lines[k] = l, l
	s.add(asks...)
}

func (s *settling) drop(which func(field string) bool) {
	s.r.Asks = slices.DeleteFunc(s.r.Asks, func(a Ask) bool { return which(a.Field) })
	s.next.Asks = slices.DeleteFunc(s.next.Asks, func(a Ask) bool { return which(a.Field) })
}

func (s *settling) add(asks ...Ask) {
	s.r.Asks = append(s.r.Asks, asks...)
	s.next.Asks = append(s.next.Asks, asks...)
}

// mark tells people that a second reader read the field, and by which words.
func (s *settling) mark(field, what string, c *Claim) {
	s.taken++
	s.add(Ask{Field: field, Reason: ReasonUnusual, Text: fmt.Sprintf("%s是 AI 读的，依据原文「%s」，确认前请核对", what, c.Quote)})
	es, _ := s.r.Explain.([]Explanation)
	es = slices.DeleteFunc(slices.Clone(es), func(e Explanation) bool { return e.Field == field })
	e := Explanation{Field: field, Value: c.Value, Rule: "second reader"}
	if i := strings.Index(s.m.Text, c.Quote); i >= 0 {
		from := len([]rune(s.m.Text[:i]))
		e.Source = &Source{Message: s.m.ID, From: from, To: from + len([]rune(c.Quote))}
	}
	s.r.Explain = append(es, e)
}
