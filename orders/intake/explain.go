package intake

import (
	"fmt"
	"slices"
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

// Source is a stretch of a message, in characters.
type Source struct {
	Message string `json:"message"`
	From    int    `json:"from"`
	To      int    `json:"to"`
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

// explain tells about every field of the drafts that the sections became, the first of them being
// the order numbered first, and about every field that is asked about.
func (r *reading) explain(secs []*section, drafts []Draft, asks []Ask, first int) []Explanation {
	var out []Explanation
	s := r.s
	add := func(field, value string, at span, rule string) {
		if value != "" {
			out = append(out, Explanation{Field: field, Value: value, Source: s.source(r.msg.ID, at), Rule: rule})
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
	e := Explanation{Field: path + "customer", Value: d.Customer, Source: r.s.source(r.msg.ID, at), Rule: rule}
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
	e := Explanation{Field: path + "product", Value: l.Product, Source: s.source(r.msg.ID, at), Rule: it.res.rule, Was: it.was}
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
			out = append(out, Explanation{Field: path + name, Value: value, Source: s.source(r.msg.ID, at), Rule: rule})
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
