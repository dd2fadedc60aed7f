package intake

import (
	"math"
	"slices"

	"orderbot/orders/intake/page"
)

// beside puts lines into a table that stand in its rows to the left or right of its outer rules: those were cut off by the
// picture's edge, or drawn too faintly. Such a column has a head of its own. It returns the table with the columns they make, and the other lines.
func beside(t page.Table, lines []page.Line) (page.Table, []page.Line) {
	rows := make([]rowAxis, len(t.Rows))
	left, right, drawn := math.Inf(1), math.Inf(-1), 0
	for i, row := range t.Rows {
		rows[i] = axisOf(row)
		if rows[i].high > 0 {
			drawn++
			left, right = min(left, rows[i].from), max(right, rows[i].to)
		}
	}
	if drawn < 3 {
		return t, lines
	}
	var columns []besideColumn
	taken := make([]bool, len(lines))
	for n, l := range lines {
		from, to := (l.Box[0].X+l.Box[3].X)/2, (l.Box[1].X+l.Box[2].X)/2
		if to > left && from < right {
			continue
		}
		i := slices.IndexFunc(rows, func(r rowAxis) bool { return r.holds(l.Box) })
		if i < 0 {
			continue
		}
		at := slices.IndexFunc(columns, func(c besideColumn) bool { return from < c.to && to > c.from })
		if at < 0 {
			columns = append(columns, besideColumn{from: from, to: to, lines: make([]int, len(rows))})
			at = len(columns) - 1
		}
		c := &columns[at]
		c.from, c.to = min(c.from, from), max(c.to, to)
		if c.lines[i] == 0 {
			c.lines[i] = n + 1
			c.filled++
		}
	}
	columns = slices.DeleteFunc(columns, func(c besideColumn) bool {
		headed := slices.ContainsFunc(c.lines, func(n int) bool {
			if n == 0 {
				return false
			}
			_, ok := headingOf(lines[n-1].Text)
			return ok
		})
		return !headed || c.filled < 3 || c.filled*2 < drawn
	})
	if len(columns) == 0 {
		return t, lines
	}
	slices.SortFunc(columns, func(a, b besideColumn) int { return int(a.from - b.from) })
	out := page.Table{Hidden: t.Hidden}
	for i, row := range t.Rows {
		var before, after []page.Cell
		for _, c := range columns {
			cell := page.Cell{}
			if n := c.lines[i]; n > 0 {
				l := lines[n-1]
				cell, taken[n-1] = page.Cell{Text: l.Text, Score: l.Score, Box: l.Box}, true
			}
			if c.to <= left {
				before = append(before, cell)
			} else {
				after = append(after, cell)
			}
		}
		out.Rows = append(out.Rows, slices.Concat(before, row, after))
	}
	var rest []page.Line
	for n, l := range lines {
		if !taken[n] {
			rest = append(rest, l)
		}
	}
	return out, rest
}

// besideColumn is a column of lines beside a table: the number of the line in each row, from 1, and 0 for none.
type besideColumn struct {
	from, to float64
	lines    []int
	filled   int
}

// rowAxis is the line on which the words of a row stand. high is their height, 0 where there are none.
type rowAxis struct {
	x, y, slope, high float64
	from, to          float64
}

func axisOf(row []page.Cell) rowAxis {
	a := rowAxis{from: math.Inf(1), to: math.Inf(-1)}
	n := 0.0
	var first, last page.Point
	for _, c := range row {
		if c.Text == "" || c.Merged {
			continue
		}
		m := page.Point{X: (c.Box[0].X + c.Box[2].X) / 2, Y: (c.Box[0].Y + c.Box[2].Y) / 2}
		if n == 0 {
			first = m
		}
		last = m
		n++
		a.x, a.y, a.high = a.x+m.X, a.y+m.Y, a.high+math.Hypot(c.Box[3].X-c.Box[0].X, c.Box[3].Y-c.Box[0].Y)
		a.from, a.to = min(a.from, c.Box[0].X, c.Box[3].X), max(a.to, c.Box[1].X, c.Box[2].X)
	}
	if n == 0 {
		return a
	}
	a.x, a.y, a.high = a.x/n, a.y/n, a.high/n
	if last.X-first.X > 4*a.high {
		a.slope = (last.Y - first.Y) / (last.X - first.X)
	}
	return a
}

// holds tells whether a box stands on the row's line.
func (a rowAxis) holds(box [4]page.Point) bool {
	x, y := (box[0].X+box[2].X)/2, (box[0].Y+box[2].Y)/2
	return a.high > 0 && math.Abs(a.y+a.slope*(x-a.x)-y) < 0.6*a.high
}
