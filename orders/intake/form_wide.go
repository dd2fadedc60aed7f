package intake

import (
	"math"
	"slices"

	"orderbot/orders/intake/page"
)

// joinWide puts together the pages of a sheet that was too wide for the paper: its left columns, which name the goods, stand
// on one page and its right ones, which say how many, on another — the next, or the one half a document further. Other
// pages come back as they are.
func joinWide(pages []page.Page) []page.Page {
	n := len(pages)
	if n < 2 || n%2 == 1 {
		return pages
	}
	parts := make([]widePart, n)
	for i, p := range pages {
		parts[i] = newWidePart(p)
	}
	var step int
	switch {
	case parts[0].goods && parts[1].amounts:
		step = 1
	case parts[0].goods && parts[n/2].amounts:
		step = n / 2
	default:
		return pages
	}
	var out []page.Page
	for i := range n {
		if step == 1 && i%2 == 1 || step > 1 && i >= step {
			continue
		}
		left, right := parts[i], parts[i+step]
		if len(left.table.Rows) == 0 || len(right.table.Rows) == 0 {
			return pages
		}
		p := pages[i]
		p.Tables = []page.Table{sideBySide(left.table, right.table)}
		p.Lines = append(slices.Clone(left.lines), right.lines...)
		out = append(out, p)
	}
	return out
}

// widePart is a page as part of a wide sheet: its table, the lines beside it, and whether its head names goods without a
// quantity, or the reverse.
type widePart struct {
	table          page.Table
	lines          []page.Line
	goods, amounts bool
}

func newWidePart(p page.Page) widePart {
	part := widePart{lines: p.Lines}
	if len(p.Tables) > 0 {
		part.table = slices.MaxFunc(p.Tables, func(a, b page.Table) int { return len(a.Rows) - len(b.Rows) })
	} else if t, rest, ok := alignedTable(p.Lines, func(head []page.Cell, _ [][]page.Cell) bool {
		goods, amounts := partHead(head)
		return goods || amounts
	}); ok {
		part.table, part.lines = t, rest
	}
	for _, row := range part.table.Rows {
		if part.goods, part.amounts = partHead(row); part.goods || part.amounts {
			break
		}
	}
	return part
}

// partHead tells whether a row is the head of a part of a wide sheet.
func partHead(row []page.Cell) (goods, amounts bool) {
	known, filled := 0, 0
	for _, c := range row {
		if c.Text == "" || c.Merged {
			continue
		}
		filled++
		h, ok := headingOf(c.Text)
		if !ok {
			continue
		}
		known++
		switch h.as {
		case colName, colCode, colSpec:
			goods = true
		case colQuantity:
			amounts = true
		default:
		}
	}
	if known*2 < filled || goods == amounts {
		return false, false
	}
	return goods, amounts
}

// sideBySide joins two tables row by row: in order where they have equally many, else by their height on the page. Rows
// without a counterpart stay, with the other half blank.
func sideBySide(left, right page.Table) page.Table {
	lw, rw := len(left.Rows[0]), len(right.Rows[0])
	row := func(l, r []page.Cell) []page.Cell {
		if l == nil {
			l = make([]page.Cell, lw)
		}
		if r == nil {
			r = make([]page.Cell, rw)
		}
		return slices.Concat(l, r)
	}
	var t page.Table
	if len(left.Rows) == len(right.Rows) {
		for i := range left.Rows {
			t.Rows = append(t.Rows, row(left.Rows[i], right.Rows[i]))
		}
		return t
	}
	used := make([]bool, len(right.Rows))
	for _, l := range left.Rows {
		best, near := -1, 10.0
		for i, r := range right.Rows {
			if d := math.Abs(rowMiddle(l) - rowMiddle(r)); !used[i] && d < near {
				best, near = i, d
			}
		}
		if best < 0 {
			t.Rows = append(t.Rows, row(l, nil))
			continue
		}
		used[best] = true
		t.Rows = append(t.Rows, row(l, right.Rows[best]))
	}
	for i, r := range right.Rows {
		if !used[i] {
			t.Rows = append(t.Rows, row(nil, r))
		}
	}
	return t
}

// rowMiddle is the mean height of a row's words on the page.
func rowMiddle(row []page.Cell) float64 {
	sum, n := 0.0, 0
	for _, c := range row {
		if c.Text != "" && !c.Merged {
			sum += (c.Box[0].Y + c.Box[2].Y) / 2
			n++
		}
	}
	return sum / float64(max(n, 1))
}
