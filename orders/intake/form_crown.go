package intake

import (
	"cmp"
	"math"
	"slices"

	"orderbot/orders/intake/page"
)

// crown puts lines above a table that has no head into it as rows: the rules of its head, and sometimes of its first row, were not
// seen, as on coloured ground. Nothing changes where no row of them is a head.
func crown(t page.Table, lines []page.Line) (page.Table, []page.Line) {
	var axes []rowAxis
	for _, row := range t.Rows {
		if a := axisOf(row); a.high > 0 {
			axes = append(axes, a)
		}
	}
	if len(axes) < 2 || slices.ContainsFunc(t.Rows, isHeadOfGoods) {
		return t, lines
	}
	slopes := make([]float64, len(axes))
	for i, a := range axes {
		slopes[i] = a.slope
	}
	slices.Sort(slopes)
	slope := slopes[len(slopes)/2]
	flat := func(x, y float64) float64 { return y - slope*x }
	var pitches []float64
	for i := 1; i < len(axes); i++ {
		pitches = append(pitches, flat(axes[i].x, axes[i].y)-flat(axes[i-1].x, axes[i-1].y))
	}
	slices.Sort(pitches)
	pitch, top := pitches[len(pitches)/2], flat(axes[0].x, axes[0].y)
	bounds, ok := columnBounds(t)
	if !ok || pitch <= 0 {
		return t, lines
	}
	type above struct {
		n    int
		y, x float64
		col  int // -1 beside the table
	}
	var all []above
	for n, l := range lines {
		x, y := (l.Box[0].X+l.Box[2].X)/2, (l.Box[0].Y+l.Box[2].Y)/2
		if at := flat(x, y); at < top-0.5*pitch && x < bounds[len(bounds)-1] {
			all = append(all, above{n, at, x, slices.IndexFunc(bounds[1:], func(b float64) bool { return x < b })})
			if x < bounds[0] {
				all[len(all)-1].col = -1
			}
		}
	}
	slices.SortFunc(all, func(a, b above) int { return cmp.Compare(b.y, a.y) })
	var rows [][]page.Cell
	taken := make([]bool, len(lines))
	last, headed := top, false
	for i := 0; i < len(all) && len(rows) < 5 && !headed && last-all[i].y < 1.8*pitch; {
		j := i + 1
		for j < len(all) && all[j-1].y-all[j].y < 0.4*pitch && all[i].y-all[j].y < 1.2*pitch {
			j++
		}
		lower, upper := make([]page.Cell, len(bounds)-1), make([]page.Cell, len(bounds)-1)
		split := false
		for _, a := range all[i:j] {
			if a.col < 0 {
				continue
			}
			l := lines[a.n]
			cell := page.Cell{Text: l.Text, Score: l.Score, Box: l.Box}
			taken[a.n] = true
			if lower[a.col].Text == "" {
				lower[a.col] = cell
			} else {
				upper[a.col], split = cell, true
			}
		}
		last = all[i].y
		headed = isHeadOfGoods(lower)
		if headed && len(rows) > 0 && apart(lower, rows[0]) { // a head over two lines: 总院 below 数量, beside 品名
			for k, c := range lower {
				if c.Text != "" {
					rows[0][k] = c
				}
			}
		} else {
			rows = append([][]page.Cell{lower}, rows...)
		}
		if split {
			rows = append([][]page.Cell{upper}, rows...)
		}
		i = j
	}
	if !headed {
		return t, lines
	}
	out := page.Table{Rows: append(rows, t.Rows...)}
	if len(t.Hidden) > 0 {
		out.Hidden = append(make([]bool, len(rows)), t.Hidden...)
	}
	var rest []page.Line
	for n, l := range lines {
		if !taken[n] {
			rest = append(rest, l)
		}
	}
	return out, rest
}

// apart tells that two rows have words in different columns.
func apart(a, b []page.Cell) bool {
	for i := range a {
		if a[i].Text != "" && b[i].Text != "" {
			return false
		}
	}
	return true
}

// isHeadOfGoods tells a row that names goods and something else of theirs.
func isHeadOfGoods(row []page.Cell) bool {
	goods, known := false, 0
	for _, c := range row {
		if h, ok := headingOf(c.Text); ok && !c.Merged {
			known++
			goods = goods || h.as == colName || h.as == colCode || h.as == colSpec
		}
	}
	return goods && known >= 2
}

// columnBounds are where the columns of a table begin and end across the page, from the words in them. ok is false where a column
// is empty, or words of two columns overlap.
func columnBounds(t page.Table) ([]float64, bool) {
	n := len(t.Rows[0])
	left, right := make([]float64, n), make([]float64, n)
	for i := range n {
		left[i], right[i] = math.Inf(1), math.Inf(-1)
		for _, row := range t.Rows {
			if c := row[i]; c.Text != "" && !c.Merged {
				left[i], right[i] = min(left[i], c.Box[0].X, c.Box[3].X), max(right[i], c.Box[1].X, c.Box[2].X)
			}
		}
		if math.IsInf(left[i], 1) || i > 0 && left[i] < (left[i-1]+right[i-1])/2 {
			return nil, false
		}
	}
	bounds := make([]float64, 0, n+1)
	margin := 0.3 * (right[n-1] - left[0]) / float64(n)
	bounds = append(bounds, left[0]-margin)
	for i := 1; i < n; i++ {
		bounds = append(bounds, (right[i-1]+left[i])/2)
	}
	return append(bounds, right[n-1]+margin), true
}
