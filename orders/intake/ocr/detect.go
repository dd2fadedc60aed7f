package ocr

import (
	"fmt"
	"image"
	"math"
	"sort"

	"golang.org/x/image/draw"

	"orderbot/orders/intake/page"
)

// Settings of detection, measured on order pictures: see docs of PaddleOCR for their meaning.
const (
	detectSide  = 1280 // longest side given to the detector
	detectShort = 736  // smaller pictures are enlarged to this short side
	inkAt       = 0.3  // probability from which a pixel is text
	boxAt       = 0.5  // mean probability that a box must reach
	unclip      = 1.6  // by how much a box grows: the detector is trained on shrunk boxes
	tallAt      = 2.4  // from this ratio of sides on a picture is read in strips
)

// found is a piece of text as detected: the box and the outline that it was made from.
type found struct {
	quad    quad
	outline []page.Point
}

// detect finds the text of a picture. Very long ones (a scrolled screenshot) are read in overlapping strips.
func (e *Engine) detect(im *image.RGBA) ([]found, error) {
	part := im.Rect
	if max(part.Dx(), part.Dy()) > detectSide {
		part = inked(im)
	}
	w, h := part.Dx(), part.Dy()
	if float64(h) < tallAt*float64(w) || h <= detectSide {
		return e.detectIn(im, part)
	}
	var all []found
	strip, overlap := w*8/5, w/6
	for top := part.Min.Y; ; top += strip - overlap {
		bottom := min(part.Max.Y, top+strip)
		some, err := e.detectIn(im, image.Rect(part.Min.X, top, part.Max.X, bottom))
		if err != nil {
			return nil, err
		}
		for _, f := range some {
			up, down := f.quad[0].Y, f.quad[2].Y
			middle := (up + down) / 2
			// In the overlap the upper strip keeps what lies in its upper half; what touches a cut belongs to the other.
			if top > part.Min.Y && middle < float64(top+overlap/2) || bottom < part.Max.Y && middle >= float64(bottom-overlap+overlap/2) {
				continue
			}
			all = append(all, f)
		}
		if bottom == part.Max.Y {
			return all, nil
		}
	}
}

// inked is the part of a picture that is not blank margin: half an empty page would cost the other half its detail.
func inked(im *image.RGBA) image.Rectangle {
	const cell, contrast, margin = 16, 60, 40
	area := image.Rectangle{}
	for top := im.Rect.Min.Y; top < im.Rect.Max.Y; top += cell {
		for left := im.Rect.Min.X; left < im.Rect.Max.X; left += cell {
			c := image.Rect(left, top, left+cell, top+cell).Intersect(im.Rect)
			lo, hi := 255, 0
			for y := c.Min.Y; y < c.Max.Y; y++ {
				for x := c.Min.X; x < c.Max.X; x++ {
					v := luminance(im.Pix[y*im.Stride+x*4:])
					lo, hi = min(lo, v), max(hi, v)
				}
			}
			if hi-lo >= contrast {
				area = area.Union(c)
			}
		}
	}
	area = area.Inset(-margin).Intersect(im.Rect)
	if area.Empty() || area.Dx()*area.Dy()*4 > im.Rect.Dx()*im.Rect.Dy()*3 {
		return im.Rect
	}
	return area
}

// detectIn finds the text in a part of a picture; positions are those of the whole.
func (e *Engine) detectIn(im *image.RGBA, part image.Rectangle) ([]found, error) {
	w, h := part.Dx(), part.Dy()
	scale := 1.0
	if long, short := max(w, h), min(w, h); long > detectSide {
		scale = detectSide / float64(long)
	} else if short < detectShort {
		scale = min(detectShort/float64(short), detectSide/float64(long))
	}
	round := func(side int) int { return max(32, int(math.Round(float64(side)*scale/32))*32) }
	rw, rh := round(w), round(h)
	small := image.NewRGBA(image.Rect(0, 0, rw, rh))
	if float64(rw) < 0.75*float64(w) {
		draw.BiLinear.Scale(small, small.Rect, im, part, draw.Src, nil)
	} else {
		draw.ApproxBiLinear.Scale(small, small.Rect, im, part, draw.Src, nil)
	}
	n := rw * rh
	data := make([]float32, 3*n)
	for i := range n {
		p := small.Pix[i*4 : i*4+3]
		data[i] = (float32(p[2])/255 - 0.485) / 0.229 // blue first, ImageNet mean and deviation
		data[n+i] = (float32(p[1])/255 - 0.456) / 0.224
		data[2*n+i] = (float32(p[0])/255 - 0.406) / 0.225
	}
	odds, _, err := e.detector.run(data, 1, 3, int64(rh), int64(rw))
	if err != nil {
		return nil, err
	}
	if len(odds) != n {
		return nil, fmt.Errorf("run detection: %d values for %d pixels", len(odds), n)
	}
	sx, sy := float64(w)/float64(rw), float64(h)/float64(rh)
	var all []found
	for _, outline := range outlines(odds, rw, rh) {
		r := smallestRect(outline)
		if min(r.w, r.h) < 3 || meanInside(odds, rw, rh, r) < boxAt {
			continue
		}
		for i, p := range outline {
			outline[i] = page.Point{X: float64(part.Min.X) + (p.X+0.5)*sx, Y: float64(part.Min.Y) + (p.Y+0.5)*sy}
		}
		all = append(all, found{quad: grow(smallestRect(outline)).quad(), outline: outline})
	}
	return straighten(all), nil
}

// grow undoes the shrinking of the detector's training boxes.
func grow(r rect) rect {
	d := r.w * r.h * unclip / (2 * (r.w + r.h))
	r.w += 2 * d
	r.h += 2 * d
	return r
}

// straighten gives short boxes the slope that the long ones agree on: the least rectangle around a
// lone digit leans at random.
func straighten(all []found) []found {
	var slopes []float64
	for _, f := range all {
		if w, h := width(f.quad), height(f.quad); max(w, h) > 3*min(w, h) {
			dx, dy := f.quad[1].X-f.quad[0].X, f.quad[1].Y-f.quad[0].Y
			slopes = append(slopes, math.Atan2(dy, dx))
		}
	}
	if len(slopes) < 3 {
		return all
	}
	sort.Float64s(slopes)
	slope := slopes[len(slopes)/2]
	ux, uy := math.Cos(slope), math.Sin(slope)
	for i, f := range all {
		if w, h := width(f.quad), height(f.quad); max(w, h) > 3*min(w, h) {
			continue
		}
		u0, u1, v0, v1 := math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64
		for _, p := range f.outline {
			u, v := p.X*ux+p.Y*uy, -p.X*uy+p.Y*ux
			u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
		}
		cu, cv := (u0+u1)/2, (v0+v1)/2
		all[i].quad = grow(rect{cu*ux - cv*uy, cu*uy + cv*ux, ux, uy, u1 - u0, v1 - v0}).quad()
	}
	return all
}

// outlines returns the convex hulls of the connected pieces of text pixels.
func outlines(odds []float32, w, h int) [][]page.Point {
	seen := make([]bool, w*h)
	var stack []int32
	var all [][]page.Point
	for start := range odds {
		if odds[start] <= inkAt || seen[start] {
			continue
		}
		seen[start] = true
		stack = append(stack[:0], int32(start))
		var edge []page.Point
		for len(stack) > 0 {
			p := int(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			x, y := p%w, p/w
			border := x == 0 || y == 0 || x == w-1 || y == h-1
			for ny := max(0, y-1); ny <= min(h-1, y+1); ny++ {
				for nx := max(0, x-1); nx <= min(w-1, x+1); nx++ {
					q := ny*w + nx
					if odds[q] <= inkAt {
						border = true
					} else if !seen[q] {
						seen[q] = true
						stack = append(stack, int32(q)) //nolint:gosec // as above
					}
				}
			}
			if border {
				edge = append(edge, page.Point{X: float64(x), Y: float64(y)})
			}
		}
		if len(edge) >= 4 {
			if o := hull(edge); len(o) >= 3 {
				all = append(all, o)
			}
		}
	}
	return all
}

// meanInside is the mean probability inside a rectangle.
func meanInside(odds []float32, w, h int, r rect) float64 {
	x0, x1, y0, y1 := float64(w), 0.0, float64(h), 0.0
	for _, p := range r.quad() {
		x0, x1, y0, y1 = min(x0, p.X), max(x1, p.X), min(y0, p.Y), max(y1, p.Y)
	}
	sum, n := 0.0, 0
	for y := max(0, int(y0)); y <= min(h-1, int(y1)+1); y++ {
		for x := max(0, int(x0)); x <= min(w-1, int(x1)+1); x++ {
			dx, dy := float64(x)-r.cx, float64(y)-r.cy
			if math.Abs(dx*r.ux+dy*r.uy) <= r.w/2 && math.Abs(-dx*r.uy+dy*r.ux) <= r.h/2 {
				sum += float64(odds[y*w+x])
				n++
			}
		}
	}
	return sum / float64(max(n, 1))
}
