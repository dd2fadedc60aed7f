package intake

import (
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// shop is a place of the customer that a table of the document lists: its name and where and by whom goods are received there.
type shop struct {
	name, address, contact, phone string
}

// headsOf is what heads of columns are read by besides their words: the day, and the shops that the document lists.
type headsOf struct {
	clock clock
	shops []shop
}

func (f *form) heads() headsOf { return headsOf{clock: f.c, shops: f.shops} }

// shop finds the shop that a text is the name of, nil where it is none's.
func (c headsOf) shop(text string) *shop {
	key := string(squeeze(normal(text)))
	i := slices.IndexFunc(c.shops, func(s shop) bool { return key != "" && s.name == key })
	if i < 0 {
		return nil
	}
	return &c.shops[i]
}

// takeShops takes the tables out of pages that list shops with their addresses and order nothing.
func (f *form) takeShops(pages []page.Page) []page.Page {
	out := slices.Clone(pages)
	for i, p := range pages {
		var left []page.Table
		for _, t := range p.Tables {
			shops := shopsIn(t)
			if len(shops) < 2 || f.x.hasForm([]page.Table{t}, f.heads()) {
				left = append(left, t)
				continue
			}
			f.shops = append(f.shops, shops...)
		}
		if len(left) < len(p.Tables) {
			out[i].Tables = left
		}
	}
	return out
}

// shopsIn reads a table as such a list: below a row of heads, the name of a shop and its address in each row.
func shopsIn(t page.Table) []shop {
	for h, row := range t.Rows {
		at := map[meaning]int{}
		for i, c := range row {
			if head, ok := headingOf(c.Text); ok && !c.Merged {
				if _, seen := at[head.as]; !seen {
					at[head.as] = i
				}
			}
		}
		name, named := at[colCustomer]
		address, placed := at[colAddress]
		if !named || !placed {
			continue
		}
		cell := func(row []page.Cell, as meaning) string {
			if i, ok := at[as]; ok {
				return cellText(row, i)
			}
			return ""
		}
		var out []shop
		for _, r := range t.Rows[h+1:] {
			if key := string(squeeze(normal(cellText(r, name)))); key != "" && cellText(r, address) != "" {
				out = append(out, shop{name: key, address: cellText(r, address), contact: cell(r, colContact), phone: cell(r, colPhone)})
			}
		}
		return out
	}
	return nil
}

// folded puts a row that only goes on with the one above it into that one: most of its cells are the upper ones', and what it
// says besides stands where those are empty. Sheets and grids part such rows where one column has rules of its own.
func folded(t page.Table) page.Table {
	if slices.Contains(t.Hidden, true) {
		return t
	}
	out := page.Table{}
	for _, row := range t.Rows {
		n := len(out.Rows)
		if n == 0 || !goesOn(out.Rows[n-1], row) {
			out.Rows = append(out.Rows, slices.Clone(row))
			continue
		}
		for i, c := range row {
			if !c.Merged && strings.TrimSpace(c.Text) != "" {
				out.Rows[n-1][i] = c
			}
		}
	}
	if len(out.Rows) == len(t.Rows) {
		return t
	}
	return out
}

// goesOn tells that a row has at least three cells of the row above and nothing else but what fills its empty ones.
func goesOn(upper, lower []page.Cell) bool {
	same, texts := 0, map[string]bool{}
	for i, c := range lower {
		text := strings.TrimSpace(c.Text)
		switch up := strings.TrimSpace(upper[i].Text); {
		case text == "":
		case c.Merged && text == up:
			same++
			texts[text] = true
		case c.Merged || up != "":
			return false
		}
	}
	return same >= 3 && len(texts) >= 3
}
