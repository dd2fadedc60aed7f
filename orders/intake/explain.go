package intake

import "fmt"

// Explanation tells where a field of an order or a question comes from and why it has its value.
type Explanation struct {
	Field string `json:"field"` // its path, such as orders[0].lines[1].product
	Value string `json:"value"`
	// Source is where it was read; nil for what an earlier message or the master data said.
	Source     *Source     `json:"source,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	// Rule chose the value: code, own, alias, name, only, tied, answer, draft, history, sender, said …
	Rule string `json:"rule"`
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
// the order numbered first.
func (r *reading) explain(secs []*section, drafts []Draft, first int) []Explanation {
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
		named, rule := s.named(sec), "sender"
		if named.to > 0 {
			rule = "said"
		}
		add(path+"customer", d.Customer, named, rule)
		if len(sec.customers) > 1 {
			e := Explanation{Field: path + "customer", Source: s.source(r.msg.ID, named), Rule: "tied"}
			for _, id := range sec.customers {
				e.Candidates = append(e.Candidates, Candidate{Code: string(r.x.customer(id).Code), Score: 1})
			}
			out = append(out, e)
		}
		for k, it := range sec.items {
			l := &d.Lines[k]
			at := fmt.Sprintf("%slines[%d].", path, k)
			goods := span{}
			if it.m != nil && !it.fixed && it.m.from >= 0 && it.m.to <= len(s.r) {
				goods = span{it.m.from, it.m.to}
			}
			rule := it.res.rule
			if it.kept != nil {
				rule = "draft"
			}
			e := Explanation{Field: at + "product", Value: l.Product, Source: s.source(r.msg.ID, goods), Rule: rule}
			if it.res.product >= 0 {
				e.Candidates = append(e.Candidates, Candidate{Code: string(r.x.product(it.res.product).Code), Score: it.res.best.score})
			}
			for _, o := range it.res.options {
				if o != it.res.product {
					e.Candidates = append(e.Candidates, Candidate{Code: string(r.x.product(o).Code), Score: it.res.best.score})
				}
			}
			out = append(out, e)
			quantity := span{it.q.from, it.q.to}
			add(at+"quantity", l.Quantity, quantity, "said")
			add(at+"unit", l.Unit, quantity, "said")
			if it.price != nil {
				add(at+"price", l.Price, span{it.price.from, it.price.to}, "said")
			}
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
	}
	return out
}

// named is where the section's customer is named.
func (s *scan) named(sec *section) span {
	for _, m := range s.marks {
		if (m.kind == markCustomer || m.kind == markPerson) && m.to > m.from && len(overlapIDs(m.ids, sec.customers)) > 0 {
			return span{m.from, m.to}
		}
	}
	return span{}
}
