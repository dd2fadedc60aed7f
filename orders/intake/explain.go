package intake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// Explanation tells where a field of an order or a question comes from and why it has its value.
type Explanation struct {
	Field string `json:"field"` // its path, such as orders[0].lines[1].product
	Value string `json:"value"`
	// Source is where it was read; nil for what an earlier message or the master data said.
	Source     *Source     `json:"source,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	// Rule chose the value, or is the reason for which it is asked about. docs/reading.md lists the rules.
	Rule string `json:"rule"`
	// Was is one more than the line of the conversation's draft that this line continues; 0: none, or no line.
	Was int `json:"-"`
}

// Source is a stretch of a message, in characters, or where Page is not 0 a place in its file.
type Source struct {
	Message  string
	From, To int

	File  string     // as the message names it, or its own name
	Place page.Place // its Page counts from 1; without layout its box is empty
	Cell  string     // of a sheet: B7
	Words string     // what stands there
}

// MarshalJSON writes the one or the other.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Place.Page == 0 {
		return json.Marshal(struct {
			Message string `json:"message"`
			From    int    `json:"from"`
			To      int    `json:"to"`
		}{s.Message, s.From, s.To})
	}
	out := struct {
		File string       `json:"file"`
		Page int          `json:"page"`
		Box  [][2]float64 `json:"box,omitempty"`
		Cell string       `json:"cell,omitempty"`
		Text string       `json:"text"`
	}{File: s.File, Page: s.Place.Page, Cell: s.Cell, Text: s.Words}
	if s.Place.Box != [4]page.Point{} {
		for _, c := range s.Place.Box {
			out.Box = append(out.Box, [2]float64{c.X, c.Y})
		}
	}
	return json.Marshal(out)
}

// Candidate is what a field may have meant, with its score.
type Candidate struct {
	Code  string `json:"code"`
	Score int    `json:"score"`
}

// span is a stretch of the normalised text; to is 0 where nothing is known.
type span struct{ from, to int }

// source is where the stretch stands in the message as it was written.
func (s *scan) source(id string, at span) *Source {
	if at.to <= at.from || at.from < 0 || at.to > len(s.r) {
		return nil
	}
	return &Source{Message: id, From: s.t.at[at.from], To: s.t.at[at.to-1] + 1}
}

// source is where the stretch stands in the message, or in the file whose words it was read from.
func (r *reading) source(at span) *Source {
	src := r.s.source(r.msg.ID, at)
	if src == nil || r.msg.pages == nil || src.From < r.msg.own {
		return src
	}
	text := []rune(r.msg.Text)
	from, to := min(src.From, len(text)), min(src.To, len(text))
	begin, end := from, to
	for begin > 0 && text[begin-1] != '\n' {
		begin--
	}
	for end < len(text) && text[end] != '\n' {
		end++
	}
	line, quote := bare(string(text[begin:end])), bare(string(text[from:to]))
	best, most := (*Source)(nil), 0
	r.msg.eachPlace(func(said string, there func() *Source) {
		var worth int
		switch s := bare(said); {
		case s == "" || !strings.Contains(s, quote):
			return
		case s == line:
			worth = 3
		case strings.Contains(line, s) || strings.Contains(s, line):
			worth = 2
		case len([]rune(quote)) > 2: // an 8 stands anywhere
			worth = 1
		}
		if worth > most {
			best, most = there(), worth
		}
	})
	return best
}

// bare is a text without its spaces.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

// eachPlace calls f with everything that the pages of the message's file say.
func (m *Message) eachPlace(f func(said string, there func() *Source)) {
	for i, p := range m.pages.Pages {
		for _, l := range p.Lines {
			f(l.Text, func() *Source { return m.inFile(i, page.Cell{Text: l.Text, Box: l.Box}) })
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					if !c.Merged {
						f(c.Text, func() *Source { return m.inFile(i, c) })
					}
				}
			}
		}
	}
}

// inFile is the source of a cell on a page, counted from 0.
func (m *Message) inFile(at int, c page.Cell) *Source {
	if m.typed {
		return &Source{Message: m.ID, From: int(c.Box[0].X), To: int(c.Box[1].X)}
	}
	p := &m.pages.Pages[at]
	return &Source{
		Message: m.ID, File: cmp.Or(m.File, m.pages.Name), Cell: c.Ref, Words: c.Text,
		Place: page.Place{Page: at + 1, Turn: p.Turn, Width: p.Width, Box: c.Box},
	}
}

// explain tells about every field of the drafts that the sections became, the first of them being
// the order numbered first, and about every field that is asked about.
func (r *reading) explain(secs []*section, drafts []Draft, asks []Ask, first int) []Explanation {
	var out []Explanation
	s := r.s
	add := func(field, value string, at span, rule string) {
		if value != "" {
			out = append(out, Explanation{Field: field, Value: value, Source: r.source(at), Rule: rule})
		}
	}
	for n, sec := range secs {
		d := &drafts[n]
		path := fmt.Sprintf("orders[%d].", first+n)
		out = append(out, r.explainCustomer(path, sec, d)...)
		for k, it := range sec.items {
			out = append(out, r.explainLine(fmt.Sprintf("%slines[%d].", path, k), it, &d.Lines[k])...)
		}
		for _, f := range [...]struct{ name, value string }{
			{"deliver_by", d.DeliverBy}, {"carrier", d.Carrier}, {"contact", d.Contact}, {"phone", d.Phone}, {"address", d.Address}, {"payment", d.Payment}, {"po", d.PO},
		} {
			at, ok := sec.facts.at[f.name]
			rule := "said"
			if !ok {
				rule = "draft"
			}
			add(path+f.name, f.value, at, rule)
		}
		if d.Urgent {
			at, ok := sec.facts.at["urgent"]
			rule := "said"
			if !ok {
				at, rule = sec.facts.at["deliver_by"], "within 48 hours"
			}
			add(path+"urgent", "true", at, rule)
		}
		note, rule := span{}, "draft"
		if len(sec.facts.notes) > 0 {
			if note, rule = s.find(sec.facts.notes[0]), "said"; len(sec.facts.notes) > 1 {
				note.to = max(note.to, s.find(sec.facts.notes[len(sec.facts.notes)-1]).to)
			}
		}
		add(path+"note", d.Note, note, rule)
	}
	for _, a := range asks {
		if !slices.ContainsFunc(out, func(e Explanation) bool { return e.Field == a.Field }) {
			out = append(out, Explanation{Field: a.Field, Rule: a.Reason})
		}
	}
	return out
}

// explainCustomer tells how the customer was found.
func (r *reading) explainCustomer(path string, sec *section, d *Draft) []Explanation {
	at, rule := r.s.named(sec)
	e := Explanation{Field: path + "customer", Value: d.Customer, Source: r.source(at), Rule: rule}
	if len(sec.customers) > 1 {
		e.Rule = "tied"
	}
	for _, id := range sec.customers {
		e.Candidates = append(e.Candidates, Candidate{Code: string(r.x.customer(id).Code), Score: at.to - at.from})
	}
	if d.Customer == "" && len(sec.customers) == 0 {
		return nil
	}
	return []Explanation{e}
}

// explainLine tells about a line.
func (r *reading) explainLine(path string, it *wanted, l *Line) []Explanation {
	s := r.s
	at := span{}
	if it.m != nil && !it.fixed && it.m.from >= 0 && it.m.to <= len(s.r) {
		at = span{it.m.from, it.m.to}
	}
	e := Explanation{Field: path + "product", Value: l.Product, Source: r.source(at), Rule: it.res.rule, Was: it.was}
	switch {
	case it.kept != nil:
		e.Rule = "draft"
	case e.Rule == "":
		e.Rule = it.res.reason
	}
	var seen []int32
	see := func(id int32, score int) {
		if id >= 0 && !slices.Contains(seen, id) {
			seen = append(seen, id)
			e.Candidates = append(e.Candidates, Candidate{Code: string(r.x.product(id).Code), Score: score})
		}
	}
	see(it.res.product, it.res.best.score)
	for _, c := range it.res.scored {
		see(c.id, c.score)
	}
	for _, o := range it.res.options {
		score := 0
		if it.m != nil && !slices.Contains(seen, o) {
			score = r.x.cover(o, it.m).score
		}
		see(o, score)
	}
	out := []Explanation{e}
	add := func(name, value string, at span, rule string) {
		if value != "" {
			out = append(out, Explanation{Field: path + name, Value: value, Source: r.source(at), Rule: rule})
		}
	}
	quantity, rule := span{it.q.from, it.q.to}, "said"
	if it.q.to <= it.q.from {
		rule = it.res.rule
	}
	add("quantity", l.Quantity, quantity, rule)
	unit := rule
	if rule == "said" && it.q.unit == "" {
		unit = "base unit"
	}
	add("unit", l.Unit, quantity, unit)
	add("base_quantity", l.BaseQuantity, quantity, "converted")
	if it.price != nil {
		add("price", l.Price, span{it.price.from, it.price.to}, "said")
	}
	if l.Gift {
		add("gift", "true", quantity, rule)
	}
	return out
}

// find is where the words stand in the message.
func (s *scan) find(words string) span {
	n := normal(words)
	if i := index(s.r, 0, len(s.r), string(n)); i >= 0 && len(n) > 0 {
		return span{i, i + len(n)}
	}
	return span{}
}

// named is where the section's customer is named, and by what: name, contact, or sender where nothing names them.
func (s *scan) named(sec *section) (span, string) {
	for _, m := range s.marks {
		if (m.kind == markCustomer || m.kind == markPerson) && m.to > m.from && len(overlapIDs(m.ids, sec.customers)) > 0 {
			if m.kind == markPerson {
				return span{m.from, m.to}, "contact"
			}
			return span{m.from, m.to}, "name"
		}
	}
	return span{}, "sender"
}
