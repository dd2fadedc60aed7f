// Package variant says messages again with other signs and the same meaning: other names, no
// punctuation, another script. A reader that understands a message understands its variants; the
// figures lost on them show what it only knows by the letter.
package variant

import (
	"maps"
	"slices"
	"unicode"

	"orderbot/orders"
	"orderbot/orders/intake/score"
)

// Case is a message with what is to be read from it and the master data it is read against.
type Case struct {
	Text   string
	Gold   score.Gold
	Master *orders.Master // never changed
}

// Change is one way to say the same.
type Change struct {
	Name string
	// Case changes a message and, where the gold quotes the message, the gold. It leaves its argument
	// as it is.
	Case func(Case) Case
	// Table changes a table of the master data, given as CSV, to go with the messages; nil where the
	// master data stay as they are.
	Table func(m *orders.Master, csv string) string
}

// Changes are all of them, in the order in which they are shown.
var Changes = []Change{
	{
		Name: "other names",
		Case: func(c Case) Case {
			return c.rewritten(newRenamer(c.Master, c.quotes("contact")...).text, "address", "po")
		},
		Table: func(m *orders.Master, csv string) string { return newRenamer(m).text(csv) },
	},
	{Name: "no punctuation", Case: texts(func(c Case) string { return withoutPunctuation(c.Text) })},
	{Name: "spaces added", Case: texts(func(c Case) string { return spaced(c.Text) })},
	{Name: "full width", Case: texts(func(c Case) string { return fullWidth(c.Text) })},
	{Name: "traditional", Case: func(c Case) Case { return c.rewritten(traditional, "address", "po", "contact") }},
	{Name: "Chinese numerals", Case: texts(withHan)},
	{Name: "digits", Case: texts(withDigits)},
	{Name: "lists reversed", Case: texts(reversedLists)},
	{Name: "units by synonyms", Case: texts(otherUnits)},
}

// texts is a change of the message alone.
func texts(change func(Case) string) func(Case) Case {
	return func(c Case) Case {
		c.Text = change(c)
		return c
	}
}

// rewritten changes the message and the fields of the gold that quote messages.
func (c Case) rewritten(change func(string) string, fields ...string) Case {
	c.Text = change(c.Text)
	c.Gold.Choices = slices.Clone(c.Gold.Choices)
	for i := range c.Gold.Choices {
		choice := &c.Gold.Choices[i]
		choice.Orders = slices.Clone(choice.Orders)
		for k, o := range choice.Orders {
			o = maps.Clone(o)
			for _, f := range fields {
				if s, ok := o[f].(string); ok {
					o[f] = change(s)
				}
			}
			choice.Orders[k] = o
		}
	}
	return c
}

// quotes are the values of fields of the gold's orders.
func (c Case) quotes(fields ...string) []string {
	var out []string
	for _, choice := range c.Gold.Choices {
		for _, o := range choice.Orders {
			for _, f := range fields {
				if s, ok := o[f].(string); ok && s != "" {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// protected tells of a stretch of the text, in bytes, whether the gold quotes it or it belongs to one of
// the names.
func (c Case) protected(names ...string) func(from, to int) bool {
	names = append(names, c.quotes("address", "po", "phone", "contact")...)
	for _, choice := range c.Gold.Choices {
		if ref, ok := choice.Ref.(string); ok {
			names = append(names, ref)
		}
	}
	for i := range c.Master.Customers {
		names = append(append(names, c.Master.Customers[i].Name), c.Master.Customers[i].Aliases...)
	}
	in := make([]bool, len(c.Text)+1)
	for _, name := range names {
		for from := range c.Text {
			for k := from; k < endOf(c.Text, from, name); k++ {
				in[k] = true
			}
		}
	}
	return func(from, to int) bool { return slices.Contains(in[from:to], true) }
}

// endOf is where name ends that stands in s at from, whatever its spaces and width; from if it doesn't.
func endOf(s string, from int, name string) int {
	want := make([]rune, 0, len(name))
	for _, c := range name {
		if !unicode.IsSpace(c) {
			want = append(want, unicode.ToLower(narrow(c)))
		}
	}
	k := 0
	for i, c := range s[from:] {
		switch {
		case k == len(want):
			return from + i
		case unicode.IsSpace(c) && k > 0:
		case unicode.ToLower(narrow(c)) != want[k]:
			return from
		default:
			k++
		}
	}
	if k == len(want) {
		return len(s)
	}
	return from
}
