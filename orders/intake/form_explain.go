package intake

import (
	"fmt"
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// placeKey is what a cell is found again by: its box, or where it has none its reference, with its text or without.
type placeKey struct {
	box  [4]page.Point
	cell string
	text string
}

// placeOf finds a cell in the file. It is nil where nothing is known of it.
func (f *form) placeOf(c page.Cell) *Source {
	if f.pages == nil {
		f.pages = map[placeKey]int{}
		note := func(s placeKey, at int) {
			if _, known := f.pages[s]; !known {
				f.pages[s] = at
			}
		}
		for i, p := range f.msg.Doc.Pages {
			for _, l := range p.Lines {
				note(placeKey{box: l.Box}, i)
			}
			for _, t := range p.Tables {
				for _, c := range slices.Concat(t.Rows...) {
					note(placeKey{box: c.Box}, i)
					note(placeKey{cell: c.Ref}, i)
					note(placeKey{cell: c.Ref, text: c.Text}, i)
				}
			}
		}
	}
	nowhere := [4]page.Point{}
	if c.Box != nowhere {
		at, ok := f.pages[placeKey{box: c.Box}]
		if !ok {
			return nil
		}
		return f.msg.inFile(at, c)
	}
	at, ok := f.pages[placeKey{cell: c.Ref, text: c.Text}]
	if !ok {
		at, ok = f.pages[placeKey{cell: c.Ref}]
	}
	if !ok || c.Ref == "" {
		return nil
	}
	return f.msg.inFile(at, c)
}

// explain tells about the fields of an order of a form, and about every field that is asked about, by page and cell.
func (f *form) explain(n int, d *Draft, g group, asks []Ask) []Explanation {
	path := fmt.Sprintf("orders[%d].", n)
	var out []Explanation
	add := func(e Explanation) {
		if i := slices.IndexFunc(asks, func(a Ask) bool { return a.Field == e.Field }); e.Value == "" && i >= 0 {
			e.Rule = asks[i].Reason
		}
		if e.Rule == "" {
			e.Rule = "said"
		}
		if e.Value != "" || e.Rule != "said" {
			out = append(out, e)
		}
	}
	from := func(i int) *Source { // of a column that holds it for the whole order
		if c := g.items[0].from[i]; c.Text != "" {
			return f.placeOf(c)
		}
		return nil
	}
	at := from(fromCustomer)
	if at == nil && g.customer >= 0 {
		at = f.find(func(text string) bool { return slices.Contains(f.x.customersNamed(normal(text)), g.customer) })
	}
	rule := "said"
	if at == nil {
		rule = "sender"
	}
	if d.Customer != "" || at != nil {
		add(Explanation{Field: path + "customer", Value: d.Customer, Source: at, Rule: rule})
	}
	for k, it := range g.items {
		l := &d.Lines[k]
		for i, value := range [...]string{l.Product, l.Quantity, l.Unit, l.Price} {
			e := Explanation{Field: fmt.Sprintf("%slines[%d].%s", path, k, fields[i]), Value: value, Source: f.placeOf(it.from[i])}
			if i == fromProduct {
				e.Rule, e.Candidates = it.product.rule, f.candidates(it.product)
			}
			add(e)
		}
		if l.BaseQuantity != "" && l.BaseQuantity != l.Quantity {
			add(Explanation{Field: fmt.Sprintf("%slines[%d].base_quantity", path, k), Value: l.BaseQuantity, Source: f.placeOf(it.from[fromQuantity]), Rule: "converted"})
		}
	}
	if at := from(fromDate); at != nil && g.items[0].date == d.DeliverBy {
		add(Explanation{Field: path + "deliver_by", Value: d.DeliverBy, Source: at})
	} else if d.DeliverBy != "" {
		add(Explanation{Field: path + "deliver_by", Value: d.DeliverBy, Source: f.find(func(text string) bool {
			w, ok := firstWhen(normal(text), f.c)
			return ok && w.value() == d.DeliverBy
		})})
	}
	for _, h := range [...]struct{ name, value, words string }{
		{"contact", d.Contact, d.Contact}, {"phone", d.Phone, d.Phone}, {"address", d.Address, d.Address}, {"payment", d.Payment, d.Payment}, {"po", d.PO, d.PO},
	} {
		if h.value != "" {
			said := strings.ReplaceAll(bare(h.words), "-", "")
			add(Explanation{Field: path + h.name, Value: h.value, Source: f.find(func(text string) bool {
				return strings.Contains(strings.ReplaceAll(bare(text), "-", ""), said)
			})})
		}
	}
	if d.Carrier != "" {
		add(Explanation{Field: path + "carrier", Value: d.Carrier, Source: f.find(func(text string) bool {
			r := factReader{x: f.x, c: f.c, cust: -1}
			r.prose(newText(text), pair{})
			return r.carrier == d.Carrier
		})})
	}
	if d.Urgent {
		e := Explanation{Field: path + "urgent", Value: "true", Rule: "within 48 hours"}
		if words, _, _ := strings.Cut(d.UrgentWords, " "); words != "" {
			e.Rule, e.Source = "said", f.find(func(text string) bool { return strings.Contains(bare(text), words) })
		}
		add(e)
	}
	return out
}

// mostPlaces are looked at for what stands outside the rows: it is in the head or below them.
const mostPlaces = 1000

// find is the first place in the file that says something.
func (f *form) find(says func(text string) bool) (at *Source) {
	n := 0
	f.msg.eachPlace(func(said string, there func() *Source) {
		if n++; at == nil && said != "" && n <= mostPlaces && says(said) {
			at = there()
		}
	})
	return at
}

func (f *form) candidates(r resolution) []Candidate {
	var out []Candidate
	if r.product >= 0 {
		out = append(out, Candidate{Code: string(f.x.product(r.product).Code), Score: r.best.score})
	}
	for _, o := range r.options {
		if o != r.product {
			out = append(out, Candidate{Code: string(f.x.product(o).Code), Score: r.best.score})
		}
	}
	return out
}
