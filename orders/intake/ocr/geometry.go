package ocr

import (
	"math"
	"sort"

	"orderbot/orders/intake/page"
)

// quad is a text box: upper left, upper right, lower right, lower left as the text is read.
type quad = [4]page.Point

func distance(a, b page.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }

func width(q quad) float64  { return (distance(q[0], q[1]) + distance(q[3], q[2])) / 2 }
func height(q quad) float64 { return (distance(q[0], q[3]) + distance(q[1], q[2])) / 2 }

// hull returns the convex hull of points; it sorts them.
func hull(points []page.Point) []page.Point {
	sort.Slice(points, func(i, j int) bool {
		return points[i].X < points[j].X || points[i].X == points[j].X && points[i].Y < points[j].Y
	})
	cross := func(o, a, b page.Point) float64 { return (a.X-o.X)*(b.Y-o.Y) - (a.Y-o.Y)*(b.X-o.X) }
	var h []page.Point
	for pass := range 2 {
		start := len(h)
		for i := range points {
			p := points[i]
			if pass == 1 {
				p = points[len(points)-1-i]
			}
			for len(h) >= start+2 && cross(h[len(h)-2], h[len(h)-1], p) <= 0 {
				h = h[:len(h)-1]
			}
			h = append(h, p)
		}
		h = h[:len(h)-1]
	}
	return h
}

// rect is a rectangle at any angle: its centre, the unit vector (ux, uy) along its width, its size.
type rect struct{ cx, cy, ux, uy, w, h float64 }

// smallestRect returns the rectangle of least area around a convex hull, its width along the
// direction nearer to the x axis.
func smallestRect(h []page.Point) rect {
	var best rect
	area := math.MaxFloat64
	for i := range h {
		a, b := h[i], h[(i+1)%len(h)]
		l := distance(a, b)
		if l == 0 {
			continue
		}
		dx, dy := (b.X-a.X)/l, (b.Y-a.Y)/l
		u0, u1, v0, v1 := math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64
		for _, p := range h {
			u, v := p.X*dx+p.Y*dy, -p.X*dy+p.Y*dx
			u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
		}
		if s := (u1 - u0) * (v1 - v0); s < area {
			area = s
			cu, cv := (u0+u1)/2, (v0+v1)/2
			best = rect{cu*dx - cv*dy, cu*dy + cv*dx, dx, dy, u1 - u0, v1 - v0}
		}
	}
	if math.Abs(best.ux) < math.Abs(best.uy) {
		best.ux, best.uy, best.w, best.h = -best.uy, best.ux, best.h, best.w
	}
	if best.ux < 0 {
		best.ux, best.uy = -best.ux, -best.uy
	}
	return best
}

func (r rect) quad() quad {
	at := func(s, t float64) page.Point {
		a, b := s*r.w/2, t*r.h/2
		return page.Point{X: r.cx + a*r.ux - b*r.uy, Y: r.cy + a*r.uy + b*r.ux}
	}
	return quad{at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)}
}

// turnPoint turns a point of a w×h picture with it by quarter turns clockwise.
func turnPoint(p page.Point, w, h float64, quarters int) page.Point {
	switch quarters & 3 {
	case 1:
		return page.Point{X: h - p.Y, Y: p.X}
	case 2:
		return page.Point{X: w - p.X, Y: h - p.Y}
	case 3:
		return page.Point{X: p.Y, Y: w - p.X}
	}
	return p
}
