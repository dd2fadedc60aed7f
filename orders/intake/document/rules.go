package document

import (
	"image"
	"image/draw"
	"math"
	"slices"
	"sort"

	"orderbot/orders/intake/page"
)

// segment is a straight ruled line in page positions. A horizontal one runs from left to right, a vertical
// one from top to bottom.
type segment struct{ a, b page.Point }

func (s segment) length() float64 { return math.Hypot(s.b.X-s.a.X, s.b.Y-s.a.Y) }

// plane is a grey picture at the scale at which rules are looked for.
type plane struct {
	w, h  int
	pix   []uint8
	scale float64 // page units a pixel
	dark  bool    // bright on dark, as in a night mode
}

const ruleSide = 2400 // longest side of that picture

// greyPlane makes the plane of a picture, turned upright; its page is wide page units wide then.
func greyPlane(picture image.Image, turn int, wide float64) plane {
	b := picture.Bounds()
	step := max(1, int(math.Ceil(float64(max(b.Dx(), b.Dy()))/ruleSide)))
	w, h := b.Dx()/step, b.Dy()/step
	p := plane{w: w, h: h, pix: make([]uint8, w*h)}
	full, ok := picture.(*image.RGBA)
	if !ok {
		full = image.NewRGBA(b)
		draw.Draw(full, b, picture, b.Min, draw.Src)
	}
	grey := func(c []uint8) int { return (int(c[0])*3 + int(c[1])*6 + int(c[2])) / 10 }
	for y := range h {
		row := p.pix[y*w:][:w]
		if step == 1 {
			from := full.Pix[full.PixOffset(b.Min.X, b.Min.Y+y):][:4*w]
			for x := range row {
				row[x] = uint8(grey(from[4*x : 4*x+3])) //nolint:gosec // mean of bytes
			}
			continue
		}
		for x := range row {
			sum := 0
			for dy := range step {
				for dx := range step {
					sum += grey(full.Pix[full.PixOffset(b.Min.X+x*step+dx, b.Min.Y+y*step+dy):])
				}
			}
			row[x] = uint8(sum / (step * step)) //nolint:gosec // mean of bytes
		}
	}
	p.dark = p.isDark()
	for range turn & 3 {
		p = p.turned()
	}
	p.scale = wide / float64(max(1, p.w))
	return p
}

// turned returns the plane turned by a quarter clockwise.
func (p plane) turned() plane {
	t := plane{w: p.h, h: p.w, pix: make([]uint8, len(p.pix)), scale: p.scale, dark: p.dark}
	for y := range p.h {
		for x := range p.w {
			t.pix[x*t.w+(t.w-1-y)] = p.pix[y*p.w+x]
		}
	}
	return t
}

// transposed mirrors the plane at its diagonal, so that vertical rules become horizontal.
func (p plane) transposed() plane {
	t := plane{w: p.h, h: p.w, pix: make([]uint8, len(p.pix)), scale: p.scale, dark: p.dark}
	for top := 0; top < p.h; top += block {
		for x := range p.w {
			for y := top; y < min(top+block, p.h); y++ {
				t.pix[x*t.w+y] = p.pix[y*p.w+x]
			}
		}
	}
	return t
}

// block is how many rows are gone through together where they become columns, so that what is near in memory is written
// together.
const block = 32

// rules finds the ruled lines of a page whose text is text page units high: horizontal ones and vertical ones.
// Shorter lines are strokes of characters.
func (p plane) rules(text float64) (horizontal, vertical []segment) {
	for _, s := range p.across(max(3*text, 24) / p.scale) {
		horizontal = append(horizontal, segment{page.Point{X: s.a.X * p.scale, Y: s.a.Y * p.scale}, page.Point{X: s.b.X * p.scale, Y: s.b.Y * p.scale}})
	}
	for _, s := range p.transposed().across(max(1.7*text, 20) / p.scale) {
		vertical = append(vertical, segment{page.Point{X: s.a.Y * p.scale, Y: s.a.X * p.scale}, page.Point{X: s.b.Y * p.scale, Y: s.b.X * p.scale}})
	}
	return horizontal, vertical
}

const (
	ruleSmooth = 4    // pixels to the left and right that are averaged: noise goes, a line stays
	ruleAside  = 5    // pixels above and below a line that must be brighter
	ruleDepth  = 9    // grey levels by which they must
	ruleGap    = 9    // pixels that a line may be interrupted: a crossing, a seal
	ruleSlope  = 0.22 // the steepest that is followed
)

// trail is a line being followed from left to right.
type trail struct {
	xs, ys []float64
}

func (t *trail) end() float64 { return t.xs[len(t.xs)-1] }

// at is where the trail is expected at x: along the slope of its last stretch.
func (t *trail) at(x float64) float64 {
	n := len(t.xs)
	back := max(0, n-60)
	slope := 0.0
	if dx := t.xs[n-1] - t.xs[back]; dx >= 12 {
		slope = (t.ys[n-1] - t.ys[back]) / dx
	}
	return t.ys[n-1] + slope*(x-t.xs[n-1])
}

// across follows thin lines that run from left to right at any small slope: dark ones, on a dark page light ones.
func (p plane) across(least float64) []segment {
	sign := 1
	if p.dark {
		sign = -1
	}
	smooth := make([]int16, p.w*p.h) // column by column, as it is gone through below
	for top := 0; top < p.h; top += block {
		rows := min(block, p.h-top)
		var sums [block]int
		for i := range rows {
			for x := range min(ruleSmooth, p.w) {
				sums[i] += int(p.pix[(top+i)*p.w+x])
			}
		}
		for x := range p.w {
			n := min(x+ruleSmooth, p.w-1) - max(x-ruleSmooth, 0) + 1
			column := smooth[x*p.h+top:][:rows]
			for i := range column {
				row := p.pix[(top+i)*p.w:][:p.w]
				if x+ruleSmooth < p.w {
					sums[i] += int(row[x+ruleSmooth])
				}
				if x > ruleSmooth {
					sums[i] -= int(row[x-ruleSmooth-1])
				}
				mean := sums[i] / (2*ruleSmooth + 1) // by a constant: many times faster
				if n != 2*ruleSmooth+1 {
					mean = sums[i] / n
				}
				column[i] = int16(sign * mean) //nolint:gosec // a mean of bytes
			}
		}
	}
	// depth is by how much a pixel of a column is darker than the brighter-most both sides near it.
	depth := func(column []int16, y int) int {
		return int(min(column[max(0, y-ruleAside)], column[min(p.h-1, y+ruleAside)]) - column[y])
	}
	var open []*trail
	var done []segment
	finish := func(t *trail) {
		if t.end()-t.xs[0] < least || float64(len(t.xs)) < 0.85*(t.end()-t.xs[0]) {
			return
		}
		a, b := fit(t.xs, t.ys)
		off := 0.0
		for i := range t.xs {
			if d := math.Abs(a + b*t.xs[i] - t.ys[i]); d > 3 {
				off++
			}
		}
		if math.Abs(b) > ruleSlope || off > 0.1*float64(len(t.xs)) {
			return
		}
		done = append(done, segment{page.Point{X: t.xs[0], Y: a + b*t.xs[0]}, page.Point{X: t.end(), Y: a + b*t.end()}})
	}
	var marks []float64 // middles of thin lines in a column
	var used []bool
	for x := range p.w {
		marks = marks[:0]
		column := smooth[x*p.h : (x+1)*p.h]
		for y := 1; y < p.h-1; {
			if depth(column, y) < ruleDepth {
				y++
				continue
			}
			start := y
			sum, weight := 0.0, 0.0
			for y < p.h-1 {
				d := depth(column, y)
				if d < ruleDepth {
					break
				}
				sum += float64(d) * float64(y)
				weight += float64(d)
				y++
			}
			if y-start <= 2*ruleAside {
				marks = append(marks, sum/weight)
			}
		}
		used = slices.Grow(used[:0], len(marks))[:len(marks)]
		clear(used)
		kept := open[:0]
		for _, t := range open {
			want := t.at(float64(x))
			best, near := -1, 1.6+0.08*(float64(x)-t.end())
			for i, m := range marks {
				if d := math.Abs(m - want); !used[i] && d < near {
					best, near = i, d
				}
			}
			switch {
			case best >= 0:
				used[best] = true
				t.xs, t.ys = append(t.xs, float64(x)), append(t.ys, marks[best])
				kept = append(kept, t)
			case float64(x)-t.end() <= ruleGap:
				kept = append(kept, t)
			default:
				finish(t)
			}
		}
		open = kept
		for i, m := range marks {
			if !used[i] {
				open = append(open, &trail{[]float64{float64(x)}, []float64{m}})
			}
		}
	}
	for _, t := range open {
		finish(t)
	}
	sort.Slice(done, func(i, j int) bool { return done[i].a.Y < done[j].a.Y })
	return done
}

// seen is the share of the way from a to b (pixels), without its ends, on which a thin line runs: darker than both
// sides, on a dark page brighter.
func (p plane) seen(a, b page.Point) float64 {
	const off = 3 // pixels by which the line may lie beside the way
	long := math.Hypot(b.X-a.X, b.Y-a.Y)
	if long < 4 {
		return 0
	}
	ux, uy := (b.X-a.X)/long, (b.Y-a.Y)/long
	at := func(x, y float64) int {
		px, py := min(max(int(x+0.5), 0), p.w-1), min(max(int(y+0.5), 0), p.h-1)
		if v := int(p.pix[py*p.w+px]); !p.dark {
			return v
		}
		return 255 - int(p.pix[py*p.w+px])
	}
	// mean of three pixels along the line: noise of a photo
	mean := func(x, y float64) int { return (at(x-ux, y-uy) + at(x, y) + at(x+ux, y+uy)) / 3 }
	hit, all := 0, 0
	for t := long * 0.06; t <= long*0.94; t += 2 {
		all++
		for k := -float64(off); k <= off; k++ {
			x, y := a.X+ux*t-uy*k, a.Y+uy*t+ux*k
			if v := mean(x, y); mean(x-uy*ruleAside, y+ux*ruleAside)-v >= ruleDepth-1 && mean(x+uy*ruleAside, y-ux*ruleAside)-v >= ruleDepth-1 {
				hit++
				break
			}
		}
	}
	return float64(hit) / float64(max(all, 1))
}

// isDark tells a page whose background is dark, as in a night mode.
func (p plane) isDark() bool {
	dark := 0
	for _, v := range p.pix {
		if v < 100 {
			dark++
		}
	}
	return dark > len(p.pix)*6/10
}

// fit returns the least-squares line y = a + b·x.
func fit(xs, ys []float64) (a, b float64) {
	var sx, sy, sxx, sxy float64
	n := float64(len(xs))
	for i := range xs {
		sx += xs[i]
		sy += ys[i]
		sxx += xs[i] * xs[i]
		sxy += xs[i] * ys[i]
	}
	if d := n*sxx - sx*sx; d != 0 {
		b = (n*sxy - sx*sy) / d
	}
	return (sy - b*sx) / n, b
}
