package intake

import (
	"math"
	"slices"
	"sort"
	"strings"

	"orderbot/orders/intake/page"
)

// word is a piece of a line with the stretch that it covers across the page.
type word struct {
	text     string
	from, to float64
	line     page.Line
}

// alignedRow is the words on one base line, left to right.
type alignedRow struct {
	words []word
	down  float64 // position of the row
	high  float64
}

// alignedTable finds a table without rules: a row of heads, as isHead tells, and below it rows whose words stand under them. It
// returns the table and the lines that are no part of it.
func alignedTable(lines []page.Line, isHead func(head []page.Cell, below [][]page.Cell) bool) (page.Table, []page.Line, bool) {
	rows := alignRows(lines)
	for h, row := range rows {
		cells := make([]page.Cell, len(row.words))
		for i, w := range row.words {
			cells[i] = page.Cell{Text: w.text, Score: w.line.Score, Box: w.line.Box}
		}
		lower := wholeRows(rows[h+1:])
		below := placedRows(lower, row.words)
		if len(below) == 0 || !isHead(cells, below) {
			continue
		}
		t := page.Table{Rows: [][]page.Cell{cells}}
		pitch := rowPitch(lower)
		rows = append(slices.Clone(rows[:h+1]), lower...)
		end := len(rows)
		for k := h + 1; k < len(rows); k++ {
			if k > h+1 && rows[k].down-rows[k-1].down > 3*pitch {
				end = k
				break
			}
			cells := below[k-h-1]
			// a wrapped cell: words under the row before, closer to it than rows are
			if n := len(t.Rows); n > 1 && rows[k].down-rows[k-1].down < 0.75*pitch && filledCells(cells) < 2 {
				for i, cell := range cells {
					if cell.Text != "" {
						t.Rows[n-1][i].Text += cell.Text
					}
				}
				continue
			}
			t.Rows = append(t.Rows, cells)
		}
		var rest []page.Line
		for i, r := range rows {
			if i < h || i >= end {
				for _, w := range r.words {
					if len(rest) == 0 || rest[len(rest)-1].Box != w.line.Box {
						rest = append(rest, w.line)
					}
				}
			}
		}
		return t, rest, true
	}
	return page.Table{}, nil, false
}

func filledCells(cells []page.Cell) int {
	n := 0
	for _, c := range cells {
		if c.Text != "" {
			n++
		}
	}
	return n
}

// rowPitch is the median distance of rows.
func rowPitch(rows []alignedRow) float64 {
	var all []float64
	for i := 1; i < len(rows); i++ {
		all = append(all, rows[i].down-rows[i-1].down)
	}
	if len(all) == 0 {
		return math.MaxFloat64 / 4
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// wholeRows puts words that stand a little above or below a row, as a name over its size beside figures between them, into that row.
// Rows have to stand far apart for that.
func wholeRows(rows []alignedRow) []alignedRow {
	var main []alignedRow
	for _, r := range rows {
		if len(r.words) > 2 {
			main = append(main, r)
		}
	}
	if len(main) < 2 || len(main) == len(rows) {
		return rows
	}
	pitch := rowPitch(main)
	var out []alignedRow
	for i := 0; i < len(rows); i++ {
		r := rows[i]
		if len(r.words) > 2 || pitch < 1.8*r.high {
			out = append(out, r)
			continue
		}
		near := func(k int) bool {
			return k >= 0 && k < len(rows) && len(rows[k].words) > 2 && math.Abs(rows[k].down-r.down) < 0.35*pitch
		}
		switch {
		case near(i - 1):
			out[len(out)-1].words = append(slices.Clone(out[len(out)-1].words), r.words...)
		case near(i + 1):
			next := rows[i+1]
			next.words = append(slices.Clone(r.words), next.words...)
			out = append(out, next)
			i++
		default:
			out = append(out, r)
		}
	}
	return out
}

// placedRows puts the words of rows under heads. A word that stands under none of them goes where the words of other rows are that end, or
// begin, at the same place: figures that are aligned at the right.
func placedRows(rows []alignedRow, heads []word) [][]page.Cell {
	type edge struct {
		at   float64
		head int
	}
	var ends, begins []edge
	for _, r := range rows {
		for _, w := range r.words {
			best, _ := headOver(w, heads)
			ends, begins = append(ends, edge{w.to, best}), append(begins, edge{w.from, best})
		}
	}
	common := func(edges []edge, at, slack float64) (head, n int) {
		votes := map[int]int{}
		for _, e := range edges {
			if math.Abs(e.at-at) <= slack {
				votes[e.head]++
			}
		}
		head = -1
		for i := range heads {
			if votes[i] > n {
				head, n = i, votes[i]
			}
		}
		return head, n
	}
	out := make([][]page.Cell, len(rows))
	for k, r := range rows {
		out[k] = placed(r, heads, func(w word) int {
			best, overlaps := headOver(w, heads)
			if overlaps {
				return best
			}
			slack := 0.15 * r.high
			end, atEnd := common(ends, w.to, slack)
			begin, atBegin := common(begins, w.from, slack)
			switch {
			case atEnd >= 3 && atEnd >= atBegin:
				return end
			case atBegin >= 3:
				return begin
			}
			return best
		})
	}
	return out
}

// headOver is the head that a word overlaps most, else the nearest; overlaps tells which.
func headOver(w word, heads []word) (best int, overlaps bool) {
	most := math.Inf(-1)
	for i, h := range heads {
		overlap := min(w.to, h.to) - max(w.from, h.from)
		if overlap > 0 {
			overlap /= min(w.to-w.from, h.to-h.from)
			// the middle decides between two that are both below it
			overlap += 1 / (1 + math.Abs((w.from+w.to)-(h.from+h.to)))
		} else {
			overlap = -min(math.Abs(w.from-h.from), math.Abs(w.to-h.to), -overlap)
		}
		if overlap > most {
			best, most = i, overlap
		}
	}
	return best, most > 0
}

// placed puts the words of a row under heads, each under the one that over names.
func placed(row alignedRow, heads []word, over func(word) int) []page.Cell {
	cells := make([]page.Cell, len(heads))
	for _, w := range row.words {
		cell := &cells[over(w)]
		if cell.Text == "" {
			*cell = page.Cell{Text: w.text, Score: w.line.Score, Box: w.line.Box}
		} else {
			cell.Text += " " + w.text
			cell.Score = min(cell.Score, w.line.Score)
		}
	}
	return cells
}

// alignRows puts lines that stand side by side into rows along the page's slope and takes them apart into words.
func alignRows(lines []page.Line) []alignedRow {
	slope := pageSlope(lines)
	sin, cos := math.Sincos(slope)
	type placedLine struct {
		page.Line
		from, to, down, high float64
	}
	var all []placedLine
	for _, l := range lines {
		b := l.Box
		mid := page.Point{X: (b[0].X + b[2].X) / 2, Y: (b[0].Y + b[2].Y) / 2}
		all = append(all, placedLine{
			l, (b[0].X+b[3].X)/2*cos + (b[0].Y+b[3].Y)/2*sin, (b[1].X+b[2].X)/2*cos + (b[1].Y+b[2].Y)/2*sin,
			-mid.X*sin + mid.Y*cos, math.Hypot(b[3].X-b[0].X, b[3].Y-b[0].Y),
		})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].down < all[j].down })
	var rows []alignedRow
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].down-all[i].down < 0.6*min(all[i].high, all[j].high) {
			j++
		}
		row := alignedRow{down: all[i].down, high: all[i].high}
		part := all[i:j]
		sort.SliceStable(part, func(a, b int) bool { return part[a].from < part[b].from })
		for _, l := range part {
			row.words = append(row.words, wordsOf(l.Line, l.from, l.to)...)
		}
		rows = append(rows, row)
		i = j
	}
	return rows
}

// pageSlope is the median slope of the long lines.
func pageSlope(lines []page.Line) float64 {
	var slopes []float64
	for _, l := range lines {
		dx, dy := l.Box[1].X-l.Box[0].X, l.Box[1].Y-l.Box[0].Y
		if dx > 3*math.Hypot(l.Box[3].X-l.Box[0].X, l.Box[3].Y-l.Box[0].Y) {
			slopes = append(slopes, math.Atan2(dy, dx))
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}

// wordsOf takes a line apart at its wide gaps, or, where it is a row of heads or cells in one, at every space; the
// stretch of each is reckoned from the width of its characters.
func wordsOf(l page.Line, from, to float64) []word {
	parts := strings.Split(l.Text, "  ")
	if len(parts) == 1 {
		fields := strings.Fields(l.Text)
		heads := 0
		for _, f := range fields {
			if _, ok := headingOf(f); ok {
				heads++
			}
		}
		if len(fields) >= 3 && heads >= 2 {
			parts = fields
		}
	}
	width := func(s string) float64 {
		w := 0.0
		for _, r := range s {
			if r >= 0x2e80 {
				w++
			} else {
				w += 0.55
			}
		}
		return w
	}
	var kept []string
	all := 0.0
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
			all += width(p)
		}
	}
	if len(kept) <= 1 {
		return []word{{strings.TrimSpace(l.Text), from, to, l}}
	}
	em := math.Hypot(l.Box[3].X-l.Box[0].X, l.Box[3].Y-l.Box[0].Y) * 0.8
	gap := max(0.3, ((to-from)/em-all)/float64(len(kept)-1))
	scale := (to - from) / (all + gap*float64(len(kept)-1))
	var out []word
	at := from
	for _, p := range kept {
		w := width(p) * scale
		out = append(out, word{p, at, at + w, l})
		at += w + gap*scale
	}
	return out
}
