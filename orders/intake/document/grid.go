package document

import (
	"math"
	"slices"
	"sort"
	"strings"

	"orderbot/orders/intake/page"
)

// gridded moves the text that stands in ruled tables from the page's lines into tables. Rules that belong together
// are rectified by the four outer ones, so a table photographed askew is a grid all the same.
func gridded(p page.Page, picture plane) page.Page {
	lines := p.Lines
	for _, g := range grids(picture, typicalHeight(lines)) {
		var table page.Table
		if table, lines = g.fill(lines); len(table.Rows) > 0 {
			p.Tables = append(p.Tables, table)
		}
	}
	p.Lines = lines
	return p
}

// typicalHeight is the median height of the lines.
func typicalHeight(lines []page.Line) float64 {
	if len(lines) == 0 {
		return 0
	}
	heights := make([]float64, 0, len(lines))
	for _, l := range lines {
		heights = append(heights, math.Hypot(l.Box[3].X-l.Box[0].X, l.Box[3].Y-l.Box[0].Y))
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}

// grid is a ruled table: positions of its rules in rectified coordinates, where it is 1 by 1.
type grid struct {
	picture          plane
	toUnit, fromUnit homography
	us, vs           []float64 // of the vertical and the horizontal rules, from 0 to 1
}

// grids puts rules that touch each other together, largest table first.
func grids(picture plane, text float64) []grid {
	horizontal, vertical := picture.rules(text)
	n := len(horizontal)
	parent := make([]int, n+len(vertical))
	for i := range parent {
		parent[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	reach := max(8, text*0.5)
	for i, h := range horizontal {
		for j, v := range vertical {
			if touch(h, v, reach) {
				parent[find(i)] = find(n + j)
			}
		}
	}
	groups := map[int][2][]segment{}
	for i, h := range horizontal {
		g := groups[find(i)]
		g[0] = append(g[0], h)
		groups[find(i)] = g
	}
	for j, v := range vertical {
		g := groups[find(n+j)]
		g[1] = append(g[1], v)
		groups[find(n+j)] = g
	}
	var out []grid
	for _, g := range groups {
		if made, ok := newGrid(picture, g[0], g[1], text); ok {
			out = append(out, made)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return len(out[i].us)*len(out[i].vs) > len(out[j].us)*len(out[j].vs)
	})
	return out
}

// touch tells whether a horizontal and a vertical rule meet, give or take reach.
func touch(h, v segment, reach float64) bool {
	c, ok := cross(h, v)
	return ok && c.X > h.a.X-reach && c.X < h.b.X+reach && c.Y > v.a.Y-reach && c.Y < v.b.Y+reach
}

// cross is where two rules, made longer, meet.
func cross(s, t segment) (page.Point, bool) {
	dx1, dy1 := s.b.X-s.a.X, s.b.Y-s.a.Y
	dx2, dy2 := t.b.X-t.a.X, t.b.Y-t.a.Y
	d := dx1*dy2 - dy1*dx2
	if d == 0 {
		return page.Point{}, false
	}
	f := ((t.a.X-s.a.X)*dy2 - (t.a.Y-s.a.Y)*dx2) / d
	return page.Point{X: s.a.X + f*dx1, Y: s.a.Y + f*dy1}, true
}

func newGrid(picture plane, horizontal, vertical []segment, text float64) (grid, bool) {
	if len(horizontal) < 2 || len(vertical) < 2 {
		return grid{}, false
	}
	top, bottom := outer(horizontal, func(s segment) float64 { return s.a.Y + s.b.Y })
	left, right := outer(vertical, func(s segment) float64 { return s.a.X + s.b.X })
	var corners [4]page.Point
	for i, pair := range [4][2]segment{{top, left}, {top, right}, {bottom, right}, {bottom, left}} {
		c, ok := cross(pair[0], pair[1])
		if !ok {
			return grid{}, false
		}
		corners[i] = c
	}
	wide := math.Hypot(corners[1].X-corners[0].X, corners[1].Y-corners[0].Y)
	high := math.Hypot(corners[3].X-corners[0].X, corners[3].Y-corners[0].Y)
	if wide < 3*text || high < 1.5*text {
		return grid{}, false
	}
	g := grid{picture: picture}
	var ok bool
	if g.fromUnit, g.toUnit, ok = unitMaps(corners); !ok {
		return grid{}, false
	}
	for i, s := range horizontal {
		horizontal[i] = segment{g.toUnit.of(s.a), g.toUnit.of(s.b)}
	}
	for i, s := range vertical {
		vertical[i] = segment{g.toUnit.of(s.a), g.toUnit.of(s.b)}
	}
	g.vs = positions(horizontal, func(s segment) (float64, float64) { return (s.a.Y + s.b.Y) / 2, s.b.X - s.a.X }, text*0.45/high)
	g.us = positions(vertical, func(s segment) (float64, float64) { return (s.a.X + s.b.X) / 2, s.b.Y - s.a.Y }, text*0.35/wide)
	// A rule parts at least one pair of cells from end to end; strokes of characters in a row do not.
	for range 2 {
		g.vs = slices.DeleteFunc(g.vs, func(v float64) bool {
			return !slices.ContainsFunc(spans(g.us), func(u [2]float64) bool {
				return g.drawn(page.Point{X: u[0], Y: v}, page.Point{X: u[1], Y: v}) > wholeRule
			})
		})
		g.us = slices.DeleteFunc(g.us, func(u float64) bool {
			return !slices.ContainsFunc(spans(g.vs), func(v [2]float64) bool {
				return g.drawn(page.Point{X: u, Y: v[0]}, page.Point{X: u, Y: v[1]}) > wholeRule
			})
		})
	}
	return g, len(g.us) >= 3 && len(g.vs) >= 3
}

const (
	wholeRule = 0.85 // of an edge that must be drawn to believe in the rule
	partRule  = 0.6  // of an edge that must be drawn to part two cells
)

// spans returns the stretches between neighbouring positions.
func spans(positions []float64) [][2]float64 {
	var out [][2]float64
	for i := 0; i+1 < len(positions); i++ {
		out = append(out, [2]float64{positions[i], positions[i+1]})
	}
	return out
}

// drawn is how much of the straight line between two points (rectified) a rule is seen on, leaving out its ends.
func (g grid) drawn(a, b page.Point) float64 {
	a, b = g.fromUnit.of(a), g.fromUnit.of(b)
	s := g.picture.scale
	return g.picture.seen(page.Point{X: a.X / s, Y: a.Y / s}, page.Point{X: b.X / s, Y: b.Y / s})
}

// outer returns the first and the last rule by position; of those near the edge the longest, which has the surest slope.
func outer(all []segment, at func(segment) float64) (first, last segment) {
	sorted := slices.Clone(all)
	sort.Slice(sorted, func(i, j int) bool { return at(sorted[i]) < at(sorted[j]) })
	longest := 0.0
	for _, s := range sorted {
		longest = max(longest, s.length())
	}
	first, last = sorted[0], sorted[len(sorted)-1]
	for _, s := range sorted {
		if s.length() > longest*0.5 {
			first = s
			break
		}
	}
	for _, s := range slices.Backward(sorted) {
		if s.length() > longest*0.5 {
			last = s
			break
		}
	}
	return first, last
}

// positions merges rules that lie within near of each other; the longer ones weigh more.
func positions(all []segment, at func(segment) (pos, weight float64), near float64) []float64 {
	type mark struct{ pos, weight float64 }
	var marks []mark
	for _, s := range all {
		pos, weight := at(s)
		marks = append(marks, mark{pos, max(weight, 1e-6)})
	}
	sort.Slice(marks, func(i, j int) bool { return marks[i].pos < marks[j].pos })
	var out []float64
	for i := 0; i < len(marks); {
		sum, weight := 0.0, 0.0
		j := i
		for j < len(marks) && (j == i || marks[j].pos-marks[j-1].pos < near) {
			sum += marks[j].pos * marks[j].weight
			weight += marks[j].weight
			j++
		}
		out = append(out, sum/weight)
		i = j
	}
	return out
}

// fill puts the lines that stand in the grid into its cells and returns the others.
func (g grid) fill(lines []page.Line) (page.Table, []page.Line) {
	rows, cols := len(g.vs)-1, len(g.us)-1
	var inside, rest []page.Line
	var middles []page.Point
	for _, l := range lines {
		for _, part := range g.parted(l) {
			c := g.toUnit.of(middle(part.Box))
			if slot(g.vs, c.Y) < 0 || slot(g.us, c.X) < 0 {
				rest = append(rest, part)
				continue
			}
			inside = append(inside, part)
			middles = append(middles, c)
		}
	}
	if len(inside) == 0 {
		return page.Table{}, lines
	}
	group := g.merged(middles)
	inCell := make([][]page.Line, rows*cols)
	for i, l := range inside {
		at := group[slot(g.vs, middles[i].Y)*cols+slot(g.us, middles[i].X)]
		inCell[at] = append(inCell[at], l)
	}
	table := page.Table{Hidden: make([]bool, rows)}
	size := make(map[int]int, rows*cols)
	for _, at := range group {
		size[at]++
	}
	for row := range rows {
		cells := make([]page.Cell, cols)
		for col := range cells {
			at := group[row*cols+col]
			cells[col] = joined(inCell[at], at != row*cols+col)
			if size[at] == 1 {
				cells[col].Area = g.area(row, col)
			}
		}
		table.Rows = append(table.Rows, cells)
	}
	return table, rest
}

// area is where a cell stands on the page.
func (g grid) area(row, col int) *[4]page.Point {
	left, right, top, bottom := g.us[col], g.us[col+1], g.vs[row], g.vs[row+1]
	return &[4]page.Point{g.fromUnit.of(page.Point{X: left, Y: top}), g.fromUnit.of(page.Point{X: right, Y: top}), g.fromUnit.of(page.Point{X: right, Y: bottom}), g.fromUnit.of(page.Point{X: left, Y: bottom})}
}

// parted cuts a line that runs over a drawn rule of the grid at the spaces nearest to it: two columns' texts
// detected as one. Where the words stand is reckoned from their widths.
func (g grid) parted(l page.Line) []page.Line {
	words := strings.Fields(l.Text)
	from, to := g.toUnit.of(page.Point{X: (l.Box[0].X + l.Box[3].X) / 2, Y: (l.Box[0].Y + l.Box[3].Y) / 2}),
		g.toUnit.of(page.Point{X: (l.Box[1].X + l.Box[2].X) / 2, Y: (l.Box[1].Y + l.Box[2].Y) / 2})
	row := slot(g.vs, (from.Y+to.Y)/2)
	if len(words) < 2 || row < 0 || slot(g.us, from.X) == slot(g.us, to.X) {
		return []page.Line{l}
	}
	widths, all := make([]float64, len(words)), 0.0
	for i, w := range words {
		for _, r := range w {
			if r >= 0x2e80 {
				widths[i]++
			} else {
				widths[i] += 0.55
			}
		}
		all += widths[i]
	}
	em := math.Hypot(l.Box[3].X-l.Box[0].X, l.Box[3].Y-l.Box[0].Y) * 0.8
	long := math.Hypot(l.Box[1].X-l.Box[0].X, l.Box[1].Y-l.Box[0].Y)
	gap := max(0.3, (long/em-all)/float64(len(words)-1))
	full := all + gap*float64(len(words)-1)
	var out []page.Line
	start, column := 0.0, -2
	for i, w := range words {
		a, b := start/full, (start+widths[i])/full
		start += widths[i] + gap
		at := slot(g.us, from.X+(a+b)/2*(to.X-from.X))
		boundary := at >= 1 && column >= 0 && at != column &&
			g.drawn(page.Point{X: g.us[max(at, column)], Y: g.vs[row]}, page.Point{X: g.us[max(at, column)], Y: g.vs[row+1]}) >= partRule
		part := page.Line{Text: w, Score: l.Score, Back: l.Back, Box: stretch(l.Box, a, b)}
		if n := len(out); n > 0 && !boundary {
			out[n-1].Text += " " + w
			out[n-1].Box[1], out[n-1].Box[2] = part.Box[1], part.Box[2]
		} else {
			out = append(out, part)
		}
		column = at
	}
	return out
}

// stretch is the part of a box between two fractions of its width.
func stretch(b [4]page.Point, from, to float64) [4]page.Point {
	between := func(p, q page.Point, f float64) page.Point {
		return page.Point{X: p.X + f*(q.X-p.X), Y: p.Y + f*(q.Y-p.Y)}
	}
	return [4]page.Point{between(b[0], b[1], from), between(b[0], b[1], to), between(b[3], b[2], to), between(b[3], b[2], from)}
}

// slot returns between which two positions v lies, -1 for none.
func slot(positions []float64, v float64) int {
	for i := 0; i+1 < len(positions); i++ {
		if v >= positions[i] && v < positions[i+1] {
			return i
		}
	}
	return -1
}

// merged tells for each cell which cell's text it shows: its own, or that of the first cell of those between
// which no rule is drawn. Cells that each have text in their own middle are not one.
func (g grid) merged(middles []page.Point) []int {
	rows, cols := len(g.vs)-1, len(g.us)-1
	group := make([]int, rows*cols)
	for i := range group {
		group[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if group[i] != i {
			group[i] = find(group[i])
		}
		return group[i]
	}
	join := func(i, j int) {
		a, b := find(i), find(j)
		group[max(a, b)] = min(a, b)
	}
	centred := make([]bool, rows*cols) // has text at its own middle line
	for _, c := range middles {
		if row, col := slot(g.vs, c.Y), slot(g.us, c.X); row >= 0 && col >= 0 {
			off := (c.Y - g.vs[row]) / (g.vs[row+1] - g.vs[row])
			centred[row*cols+col] = centred[row*cols+col] || math.Abs(off-0.5) < 0.22
		}
	}
	for row := range rows {
		for col := range cols {
			at := row*cols + col
			if col+1 < cols && g.drawn(page.Point{X: g.us[col+1], Y: g.vs[row]}, page.Point{X: g.us[col+1], Y: g.vs[row+1]}) < partRule {
				join(at, at+1)
			}
			if row+1 < rows && (!centred[at] || !centred[at+cols]) &&
				g.drawn(page.Point{X: g.us[col], Y: g.vs[row+1]}, page.Point{X: g.us[col+1], Y: g.vs[row+1]}) < partRule {
				join(at, at+cols)
			}
		}
	}
	for i := range group {
		group[i] = find(i)
	}
	return group
}

// joined makes a cell of the lines in it, top to bottom. A word wrapped within a cell goes on without a space.
func joined(lines []page.Line, merged bool) page.Cell {
	c := page.Cell{Score: 1, Merged: merged}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			before := lines[i-1]
			if sameRow(before.Box, l.Box) || !runsOn(before.Text, l.Text) {
				b.WriteByte(' ')
			}
			for k := range 2 { // the box around all
				c.Box[k].Y = min(c.Box[k].Y, l.Box[k].Y)
				c.Box[k+2].Y = max(c.Box[k+2].Y, l.Box[k+2].Y)
			}
			c.Box[0].X, c.Box[3].X = min(c.Box[0].X, l.Box[0].X), min(c.Box[3].X, l.Box[3].X)
			c.Box[1].X, c.Box[2].X = max(c.Box[1].X, l.Box[1].X), max(c.Box[2].X, l.Box[2].X)
		} else {
			c.Box = l.Box
		}
		b.WriteString(l.Text)
		c.Score = min(c.Score, l.Score)
	}
	c.Text = b.String()
	return c
}

// runsOn tells whether a line wrapped into the next in the middle of a word: Chinese on both sides.
func runsOn(before, after string) bool {
	b, a := []rune(before), []rune(after)
	return len(b) > 0 && len(a) > 0 && b[len(b)-1] >= 0x2e80 && a[0] >= 0x2e80
}

// sameRow tells whether two boxes stand side by side.
func sameRow(a, b [4]page.Point) bool {
	ca, cb := middle(a), middle(b)
	h := math.Hypot(a[3].X-a[0].X, a[3].Y-a[0].Y)
	slope := 0.0
	if dx := a[1].X - a[0].X; dx > 0 {
		slope = (a[1].Y - a[0].Y) / dx
	}
	return math.Abs(cb.Y-ca.Y-slope*(cb.X-ca.X)) < h*0.5
}

func middle(box [4]page.Point) page.Point {
	var m page.Point
	for _, c := range box {
		m.X += c.X / 4
		m.Y += c.Y / 4
	}
	return m
}

// homography maps the plane projectively.
type homography [9]float64

func (h homography) of(p page.Point) page.Point {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	if w == 0 {
		w = 1e-12
	}
	return page.Point{X: (h[0]*p.X + h[1]*p.Y + h[2]) / w, Y: (h[3]*p.X + h[4]*p.Y + h[5]) / w}
}

// unitMaps returns the map from the unit square to a quadrilateral (upper left, upper right, lower right, lower left)
// in closed form, and its inverse (the adjugate).
func unitMaps(q [4]page.Point) (from, to homography, ok bool) {
	sx, sy := q[0].X-q[1].X+q[2].X-q[3].X, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	dx1, dy1 := q[1].X-q[2].X, q[1].Y-q[2].Y
	dx2, dy2 := q[3].X-q[2].X, q[3].Y-q[2].Y
	d := dx1*dy2 - dy1*dx2
	if math.Abs(d) < 1e-9 {
		return from, to, false
	}
	g, h := (sx*dy2-sy*dx2)/d, (dx1*sy-dy1*sx)/d
	m := homography{
		q[1].X - q[0].X + g*q[1].X, q[3].X - q[0].X + h*q[3].X, q[0].X,
		q[1].Y - q[0].Y + g*q[1].Y, q[3].Y - q[0].Y + h*q[3].Y, q[0].Y,
		g, h, 1,
	}
	inverse := homography{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
	det := m[0]*inverse[0] + m[1]*inverse[3] + m[2]*inverse[6]
	return m, inverse, math.Abs(det) > 1e-9
}
