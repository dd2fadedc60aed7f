package ocr

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"
	"sort"
	"unicode/utf8"

	"orderbot/orders/intake/page"
)

// sureAt is the mean score below which a second pass over the flattened picture is tried.
const sureAt = 0.9

// read prepares the picture by what it looks like, reads it, and where that went badly reads it once more
// another way and keeps the better.
func (e *Engine) read(ctx context.Context, picture image.Image) (page.Page, error) {
	size := picture.Bounds()
	p := page.Page{Width: float64(size.Dx()), Height: float64(size.Dy())}
	if size.Empty() {
		return p, nil
	}
	original, scale := workingCopy(picture)
	im := original
	if isBilevel(im) {
		im = blurred(cleaned(im))
	} else {
		im, _ = withoutSeals(im)
	}
	first, second := im, flattened
	if isFaint(im) {
		first, second = flattened(im), func(*image.RGBA) *image.RGBA { return im }
	}
	lines, turn, err := e.pass(ctx, first)
	if err != nil {
		return page.Page{}, err
	}
	if total, n := worth(lines); n == 0 || total/n < sureAt {
		again, turnAgain, err := e.pass(ctx, second(im))
		if err != nil {
			return page.Page{}, err
		}
		if better, _ := worth(again); better > total {
			lines, turn = again, turnAgain
		}
	}
	w, h := float64(original.Rect.Dx()), float64(original.Rect.Dy())
	for _, l := range lines {
		line := page.Line{Text: l.text, Score: l.score, Back: background(original, l.quad)}
		for i, c := range l.quad {
			c = turnPoint(c, w, h, turn)
			line.Box[i] = page.Point{X: round1(c.X / scale), Y: round1(c.Y / scale)}
		}
		p.Lines = append(p.Lines, line)
	}
	p.Turn = turn
	if turn%2 == 1 {
		p.Width, p.Height = p.Height, p.Width
	}
	InReadingOrder(p.Lines)
	return p, nil
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }

// worth is the scores of all characters in sum, those of lines below one half against them, and their number.
func worth(lines []reading) (float64, float64) {
	total, n := 0.0, 0.0
	for _, l := range lines {
		c := float64(utf8.RuneCountInString(l.text))
		total += c * l.score
		n += c
	}
	return total, n
}

// pass detects and reads once. It also says by how many quarter turns clockwise the picture has to be turned to
// stand upright.
func (e *Engine) pass(ctx context.Context, im *image.RGBA) ([]reading, int, error) {
	all, err := e.detect(im)
	if err != nil {
		return nil, 0, err
	}
	quads := make([]quad, 0, len(all))
	var lying, standing float64
	for _, f := range all {
		w, h := width(f.quad), height(f.quad)
		if w >= 2*h {
			lying += w
		} else if h >= 2*w {
			standing += h
		}
		quads = append(quads, f.quad)
	}
	turn := 0
	if standing > lying {
		turn = 3
		for i, q := range quads {
			quads[i] = quad{q[1], q[2], q[3], q[0]}
		}
	}
	upsideDown, err := e.upsideDown(ctx, im, quads)
	if err != nil {
		return nil, 0, err
	}
	if upsideDown {
		turn = (turn + 2) % 4
		for i, q := range quads {
			quads[i] = quad{q[2], q[3], q[0], q[1]}
		}
	}
	lines, err := e.readLines(ctx, im, splitAtRules(im, rejoined(im, quads)))
	return lines, turn, err
}

// pieceGap is the blank between two boxes, in heights of the higher, below which they are pieces of one word.
const pieceGap = 0.2

// rejoined puts pieces of one word together that were detected one by one: no blank as wide as a space is between them.
func rejoined(im *image.RGBA, quads []quad) []quad {
	out := slices.Clone(quads)
	slices.SortStableFunc(out, func(a, b quad) int { return cmp.Compare(a[0].X+a[0].Y, b[0].X+b[0].Y) })
	for again := true; again; {
		again = false
		for i := 0; i < len(out) && !again; i++ {
			for j := range out {
				if one, ok := onePiece(im, out[i], out[j]); i != j && ok {
					out[i] = one
					out = slices.Delete(out, j, j+1)
					again = true
					break
				}
			}
		}
	}
	return out
}

// onePiece is the box around two of which right goes on where left ends.
func onePiece(im *image.RGBA, left, right quad) (quad, bool) {
	axis := left
	if width(right) > width(left) {
		axis = right
	}
	w, h := width(axis), max(height(left), height(right))
	if w == 0 || min(height(left), height(right)) < 0.4*h {
		return quad{}, false
	}
	ux, uy := (axis[1].X-axis[0].X)/w, (axis[1].Y-axis[0].Y)/w
	along := func(p page.Point) float64 { return (p.X-axis[0].X)*ux + (p.Y-axis[0].Y)*uy }
	down := func(p page.Point) float64 { return -(p.X-axis[0].X)*uy + (p.Y-axis[0].Y)*ux }
	if middle := (page.Point{X: (right[0].X + right[2].X) / 2, Y: (right[0].Y + right[2].Y) / 2}); along(right[0]) > along(left[0])-0.1*h && along(right[1]) < along(left[1])+0.1*h &&
		down(middle) > down(left[0]) && down(middle) < down(left[3]) && height(right) <= height(left) && width(right) < 0.5*width(left) {
		return left, true // a piece found twice
	}
	end, start := (along(left[1])+along(left[2]))/2, (along(right[0])+along(right[3]))/2
	if gap := start - end; gap > 0.6*h || gap < -0.6*h || end >= (along(right[1])+along(right[2]))/2 || (along(left[0])+along(left[3]))/2 >= start {
		return quad{}, false
	}
	if off := (down(left[1]) + down(left[2]) - down(right[0]) - down(right[3])) / 2; math.Abs(off) > 0.2*h {
		return quad{}, false
	}
	var top, bottom float64
	from, to := math.Inf(1), math.Inf(-1)
	for k, q := range [2]quad{left, right} {
		t, b := (down(q[0])+down(q[1]))/2, (down(q[2])+down(q[3]))/2
		if k == 0 {
			top, bottom = t, b
		}
		top, bottom = min(top, t), max(bottom, b)
		for _, p := range q {
			from, to = min(from, along(p)), max(to, along(p))
		}
	}
	if bottom-top > 1.35*h {
		return quad{}, false
	}
	at := func(s, t float64) page.Point {
		return page.Point{X: axis[0].X + s*ux - t*uy, Y: axis[0].Y + s*uy + t*ux}
	}
	if blankBetween(im, at, end-0.5*h, start+0.5*h, top+0.2*h, bottom-0.2*h) > pieceGap*h {
		return quad{}, false
	}
	return quad{at(from, top), at(to, top), at(to, bottom), at(from, bottom)}, true
}

// blankBetween is the widest stretch without ink between two positions along a line.
func blankBetween(im *image.RGBA, at func(s, t float64) page.Point, from, to, top, bottom float64) float64 {
	lo, hi := 255, 0
	n := int(to-from) + 1
	least, most := make([]int, n), make([]int, n)
	for i := range n {
		least[i], most[i] = 255, 0
		for t := top; t <= bottom; t++ {
			p := at(from+float64(i), t)
			x, y := min(max(int(p.X), 0), im.Rect.Dx()-1), min(max(int(p.Y), 0), im.Rect.Dy()-1)
			v := luminance(im.Pix[y*im.Stride+x*4:])
			least[i], most[i] = min(least[i], v), max(most[i], v)
		}
		lo, hi = min(lo, least[i]), max(hi, most[i])
	}
	if hi-lo < 24 {
		return float64(n)
	}
	best, run := 0, 0
	for i := range n {
		run++
		if most[i]-least[i] > (hi-lo)*2/5 {
			run = 0
		}
		best = max(best, run)
	}
	return float64(best)
}

// splitAtRules cuts boxes where a vertical ruling line crosses them: a right-aligned amount and the next column's
// text are detected as one. A rule is a thin column darker than both sides that runs past the box's top and bottom.
func splitAtRules(im *image.RGBA, quads []quad) []quad {
	const (
		beyond = 0.35 // of the height, past top and bottom
		aside  = 4    // pixels to the left and right to compare with
		darker = 12
		widest = 6 // pixels of a rule
	)
	light := func(x, y float64) int {
		ix, iy := int(x), int(y)
		if ix < 0 || iy < 0 || ix >= im.Rect.Dx() || iy >= im.Rect.Dy() {
			return 255
		}
		return luminance(im.Pix[iy*im.Stride+ix*4:])
	}
	var out []quad
	for _, q := range quads {
		w, h := width(q), height(q)
		if w < h*1.2 || h < 6 {
			out = append(out, q)
			continue
		}
		ux, uy := (q[1].X-q[0].X)/w, (q[1].Y-q[0].Y)/w
		vx, vy := (q[3].X-q[0].X)/h, (q[3].Y-q[0].Y)/h
		steps := int(h*(1+2*beyond)) + 1
		ruled := make([]bool, int(w))
		for i := range ruled {
			most := 0
			for tilt := -2; tilt <= 2; tilt++ {
				dark := 0
				for k := 0; k <= steps; k++ {
					f := -beyond + (1+2*beyond)*float64(k)/float64(steps)
					at := float64(i) + float64(tilt)*(f-0.5)*h*0.04
					x, y := q[0].X+ux*at+vx*f*h, q[0].Y+uy*at+vy*f*h
					v := light(x, y)
					if v < light(x-ux*aside, y-uy*aside)-darker || v < light(x+ux*aside, y+uy*aside)-darker {
						dark++
					}
				}
				most = max(most, dark)
			}
			ruled[i] = most >= steps*9/10
		}
		at := func(t float64, corner int) page.Point {
			return page.Point{X: q[corner].X + ux*t, Y: q[corner].Y + uy*t}
		}
		start := 0.0
		part := func(end float64) {
			if end-start >= h*0.3 {
				out = append(out, quad{at(start, 0), at(end, 0), at(end, 3), at(start, 3)})
			}
		}
		cut := false
		for i := 0; i < len(ruled); {
			if !ruled[i] {
				i++
				continue
			}
			j := i
			for j < len(ruled) && ruled[j] {
				j++
			}
			if j-i <= widest {
				part(float64(i) - 1)
				start, cut = float64(j)+1, true
			}
			i = j
		}
		if cut {
			part(w)
		} else {
			out = append(out, q)
		}
	}
	return out
}

// background is the commonest colour in a box as 0xRRGGBB: ink covers less than half of it.
func background(im *image.RGBA, q quad) int {
	var count [4096]int
	var sum [4096][3]int
	const across, down = 48, 12
	for i := range across {
		for j := range down {
			u, v := (float64(i)+0.5)/across, (float64(j)+0.5)/down
			x := (q[0].X*(1-u)+q[1].X*u)*(1-v) + (q[3].X*(1-u)+q[2].X*u)*v
			y := (q[0].Y*(1-u)+q[1].Y*u)*(1-v) + (q[3].Y*(1-u)+q[2].Y*u)*v
			px, py := min(max(int(x), 0), im.Rect.Dx()-1), min(max(int(y), 0), im.Rect.Dy()-1)
			p := im.Pix[py*im.Stride+px*4:]
			bin := int(p[0]>>4)<<8 | int(p[1]>>4)<<4 | int(p[2]>>4)
			count[bin]++
			for c := range 3 {
				sum[bin][c] += int(p[c])
			}
		}
	}
	best := 0
	for bin, n := range count {
		if n > count[best] {
			best = bin
		}
	}
	n := max(1, count[best])
	return sum[best][0]/n<<16 | sum[best][1]/n<<8 | sum[best][2]/n
}

// InReadingOrder sorts lines from top to bottom and, where they stand side by side, from left to right, along
// the slope that the page's long lines agree on.
func InReadingOrder(lines []page.Line) {
	if len(lines) < 2 {
		return
	}
	var slopes, heights []float64
	for _, l := range lines {
		heights = append(heights, height(l.Box))
		if w := width(l.Box); w > 3*height(l.Box) {
			slopes = append(slopes, math.Atan2(l.Box[1].Y-l.Box[0].Y, l.Box[1].X-l.Box[0].X))
		}
	}
	slope := 0.0
	if len(slopes) > 0 {
		sort.Float64s(slopes)
		slope = slopes[len(slopes)/2]
	}
	sort.Float64s(heights)
	near := heights[len(heights)/2] * 0.5
	sin, cos := math.Sincos(slope)
	across := func(l page.Line) float64 { return (l.Box[0].X+l.Box[3].X)/2*cos + (l.Box[0].Y+l.Box[3].Y)/2*sin }
	down := func(l page.Line) float64 {
		x, y := 0.0, 0.0
		for _, c := range l.Box {
			x += c.X / 4
			y += c.Y / 4
		}
		return -x*sin + y*cos
	}
	sort.SliceStable(lines, func(i, j int) bool { return down(lines[i]) < down(lines[j]) })
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && down(lines[j])-down(lines[j-1]) < near && down(lines[j])-down(lines[i]) < 2*near {
			j++
		}
		row := lines[i:j]
		sort.SliceStable(row, func(a, b int) bool { return across(row[a]) < across(row[b]) })
		i = j
	}
}
