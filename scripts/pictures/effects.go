package main

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// raster is a picture with room for sums: red, green, blue of each pixel from 0 to 255.
type raster struct {
	w, h int
	pix  []float32
}

func newRaster(w, h int) *raster { return &raster{w, h, make([]float32, w*h*3)} }

func fromImage(im image.Image) *raster {
	b := im.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgba, rgba.Rect, im, b.Min, draw.Src)
	r := newRaster(b.Dx(), b.Dy())
	for i := range r.w * r.h {
		for k := range 3 {
			r.pix[i*3+k] = float32(rgba.Pix[i*4+k])
		}
	}
	return r
}

func (r *raster) image() image.Image {
	out := image.NewRGBA(image.Rect(0, 0, r.w, r.h))
	for i := range r.w * r.h {
		for k := range 3 {
			out.Pix[i*4+k] = uint8(min(255, max(0, r.pix[i*3+k]+0.5)))
		}
		out.Pix[i*4+3] = 255
	}
	return out
}

// at samples between pixels; outside is ok = false.
func (r *raster) at(x, y float64, out *[3]float32) bool {
	x, y = x-0.5, y-0.5
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	if ix < -1 || iy < -1 || ix >= r.w || iy >= r.h {
		return false
	}
	fx, fy := float32(x-float64(ix)), float32(y-float64(iy))
	x0, x1 := min(max(ix, 0), r.w-1), min(max(ix+1, 0), r.w-1)
	y0, y1 := min(max(iy, 0), r.h-1), min(max(iy+1, 0), r.h-1)
	for k := range 3 {
		a := r.pix[(y0*r.w+x0)*3+k]*(1-fx) + r.pix[(y0*r.w+x1)*3+k]*fx
		b := r.pix[(y1*r.w+x0)*3+k]*(1-fx) + r.pix[(y1*r.w+x1)*3+k]*fx
		out[k] = a*(1-fy) + b*fy
	}
	return true
}

// scaled gives the picture a width.
func (r *raster) scaled(w int) *raster {
	src := r.image()
	dst := image.NewRGBA(image.Rect(0, 0, w, r.h*w/r.w))
	draw.CatmullRom.Scale(dst, dst.Rect, src, src.Bounds(), draw.Src, nil)
	return fromImage(dst)
}

// blur smooths by a Gaussian of sigma pixels.
func (r *raster) blur(sigma float64) *raster {
	reach := int(math.Ceil(3 * sigma))
	kernel := make([]float32, 2*reach+1)
	sum := float32(0)
	for i := range kernel {
		d := float64(i - reach)
		kernel[i] = float32(math.Exp(-d * d / (2 * sigma * sigma)))
		sum += kernel[i]
	}
	pass := func(src *raster, dx, dy int) *raster {
		dst := newRaster(src.w, src.h)
		for y := range src.h {
			for x := range src.w {
				var s [3]float32
				for i, k := range kernel {
					px, py := min(max(x+(i-reach)*dx, 0), src.w-1), min(max(y+(i-reach)*dy, 0), src.h-1)
					at := (py*src.w + px) * 3
					s[0] += k * src.pix[at]
					s[1] += k * src.pix[at+1]
					s[2] += k * src.pix[at+2]
				}
				at := (y*src.w + x) * 3
				dst.pix[at], dst.pix[at+1], dst.pix[at+2] = s[0]/sum, s[1]/sum, s[2]/sum
			}
		}
		return dst
	}
	return pass(pass(r, 1, 0), 0, 1)
}

// swept smooths along a direction, as a hand that moves does.
func (r *raster) swept(length, angle float64) *raster {
	dst := newRaster(r.w, r.h)
	dx, dy := math.Cos(angle), math.Sin(angle)
	const steps = 7
	for y := range r.h {
		for x := range r.w {
			var s, v [3]float32
			for i := range steps {
				t := (float64(i)/(steps-1) - 0.5) * length
				r.at(min(max(float64(x)+0.5+t*dx, 0), float64(r.w)), min(max(float64(y)+0.5+t*dy, 0), float64(r.h)), &v)
				for k := range 3 {
					s[k] += v[k] / steps
				}
			}
			copy(r2(dst, x, y), s[:])
		}
	}
	return dst
}

func r2(r *raster, x, y int) []float32 { at := (y*r.w + x) * 3; return r.pix[at : at+3] }

// each changes every pixel.
func (r *raster) each(f func(x, y int, p []float32)) *raster {
	for y := range r.h {
		for x := range r.w {
			f(x, y, r2(r, x, y))
		}
	}
	return r
}

// noisy adds the noise of a sensor.
func (r *raster) noisy(c chance, sigma float64) *raster {
	return r.each(func(_, _ int, p []float32) {
		n := c.NormFloat64() * sigma
		for k := range p {
			p[k] += float32(n + c.NormFloat64()*sigma*0.4)
		}
	})
}

// shadow darkens one side and lays the edge of something over a part.
func (r *raster) shadow(c chance) *raster {
	angle, depth := c.Float64()*2*math.Pi, 0.2+0.3*c.Float64()
	edge, edgeAngle, edgeDepth := 0.25+0.5*c.Float64(), c.Float64()*2*math.Pi, 0.25*c.Float64()
	warm := 0.04 + 0.08*c.Float64()
	return r.each(func(x, y int, p []float32) {
		u, v := float64(x)/float64(r.w)-0.5, float64(y)/float64(r.h)-0.5
		light := 0.97 - depth*(0.5+u*math.Cos(angle)+v*math.Sin(angle))
		if d := u*math.Cos(edgeAngle) + v*math.Sin(edgeAngle) + 0.5 - edge; d > 0 {
			light -= edgeDepth * min(1, d*25)
		}
		p[0] *= float32(light)
		p[1] *= float32(light * (1 - warm*0.3))
		p[2] *= float32(light * (1 - warm))
	})
}

// photographed lays the page on a desk and takes a picture of it: askew by tilt (share of the side by which corners
// move) and turned by degrees.
func (r *raster) photographed(c chance, tilt, degrees float64) *raster {
	margin := 0.05
	w, h := float64(r.w), float64(r.h)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	corners := [4][2]float64{{-w / 2, -h / 2}, {w / 2, -h / 2}, {w / 2, h / 2}, {-w / 2, h / 2}}
	var left, right, top, bottom float64
	for i, p := range corners {
		x := p[0]*(1+tilt*(c.Float64()*2-1)) + w*tilt*(c.Float64()-0.5)*0.3
		y := p[1] * (1 + tilt*(c.Float64()*2-1))
		corners[i] = [2]float64{x*cos - y*sin, x*sin + y*cos}
		left, right = min(left, corners[i][0]), max(right, corners[i][0])
		top, bottom = min(top, corners[i][1]), max(bottom, corners[i][1])
	}
	ow, oh := (right-left)*(1+2*margin), (bottom-top)*(1+2*margin)
	for i := range corners {
		corners[i][0] += -left + (right-left)*margin
		corners[i][1] += -top + (bottom-top)*margin
	}
	toPage := inverse(toQuad(corners))
	desk := [3]float32{float32(90 + c.IntN(90)), float32(70 + c.IntN(70)), float32(50 + c.IntN(60))}
	out := newRaster(int(ow), int(oh))
	return out.each(func(x, y int, p []float32) {
		px, py := float64(x)+0.5, float64(y)+0.5
		u := toPage[0]*px + toPage[1]*py + toPage[2]
		v := toPage[3]*px + toPage[4]*py + toPage[5]
		pw := toPage[6]*px + toPage[7]*py + toPage[8]
		var s [3]float32
		if !r.at(u/pw*w, v/pw*h, &s) {
			grain := float32(8 * math.Sin(float64(x)*0.11+3*math.Sin(float64(y)*0.013)))
			s = [3]float32{desk[0] + grain, desk[1] + grain, desk[2] + grain}
		}
		copy(p, s[:])
	})
}

// toQuad maps the unit square to a quadrilateral.
func toQuad(q [4][2]float64) [9]float64 {
	sx, sy := q[0][0]-q[1][0]+q[2][0]-q[3][0], q[0][1]-q[1][1]+q[2][1]-q[3][1]
	dx1, dy1, dx2, dy2 := q[1][0]-q[2][0], q[1][1]-q[2][1], q[3][0]-q[2][0], q[3][1]-q[2][1]
	d := dx1*dy2 - dy1*dx2
	g, h := (sx*dy2-sy*dx2)/d, (dx1*sy-dy1*sx)/d
	return [9]float64{
		q[1][0] - q[0][0] + g*q[1][0], q[3][0] - q[0][0] + h*q[3][0], q[0][0],
		q[1][1] - q[0][1] + g*q[1][1], q[3][1] - q[0][1] + h*q[3][1], q[0][1], g, h, 1,
	}
}

func inverse(m [9]float64) [9]float64 {
	return [9]float64{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
}

// curved bends the page's lines, as a sheet that does not lie flat.
func (r *raster) curved(depth float64) *raster {
	out := newRaster(r.w, r.h)
	return out.each(func(x, y int, p []float32) {
		var s [3]float32
		off := depth * float64(r.h) * math.Sin(float64(x)/float64(r.w)*math.Pi*1.3)
		r.at(float64(x)+0.5, min(max(float64(y)+0.5+off, 0), float64(r.h)), &s)
		copy(p, s[:])
	})
}

// moire lays the pattern of a photographed screen over the picture.
func (r *raster) moire(c chance) *raster {
	f1, f2, a := 0.35+0.4*c.Float64(), 0.3+0.3*c.Float64(), c.Float64()*0.3
	return r.each(func(x, y int, p []float32) {
		u, v := float64(x)*math.Cos(a)+float64(y)*math.Sin(a), -float64(x)*math.Sin(a)+float64(y)*math.Cos(a)
		slow := math.Sin(float64(x)*0.021+float64(y)*0.013) * 0.05
		for k := range p {
			p[k] *= float32(0.93 + 0.05*math.Sin(u*f1*2+float64(k)*2.1)*math.Sin(v*f2*2) + slow*math.Sin(float64(k)+float64(y)*0.01))
		}
	})
}

// turned turns the picture by quarters clockwise.
func (r *raster) turned(quarters int) *raster {
	for range quarters & 3 {
		out := newRaster(r.h, r.w)
		src := r
		r = out.each(func(x, y int, p []float32) { copy(p, r2(src, y, src.h-1-x)) })
	}
	return r
}

// grey takes the colour out.
func (r *raster) grey() *raster {
	return r.each(func(_, _ int, p []float32) {
		v := p[0]*0.3 + p[1]*0.59 + p[2]*0.11
		p[0], p[1], p[2] = v, v, v
	})
}

// faxed is what a fax machine makes: 1728 black or white dots a line, specks and streaks.
func (r *raster) faxed(c chance, fine bool) *raster {
	page := r.grey().photographedFlat((c.Float64() - 0.5) * 1.6).scaled(1728)
	if !fine { // half the lines, each printed twice
		page = page.each(func(x, y int, p []float32) {
			if y%2 == 1 {
				copy(p, r2(page, x, y-1))
			}
		})
	}
	limit := 150 + c.Float64()*40
	streak := c.IntN(page.w)
	return page.noisy(c, 14).each(func(x, _ int, p []float32) {
		v := float32(255)
		if float64(p[0]) < limit || c.IntN(2500) == 0 || x == streak && c.IntN(3) > 0 {
			v = 0
		}
		if v == 0 && c.IntN(60) == 0 {
			v = 255
		}
		p[0], p[1], p[2] = v, v, v
	})
}

// photographedFlat turns by a few degrees on white.
func (r *raster) photographedFlat(degrees float64) *raster {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	out := newRaster(r.w, r.h)
	return out.each(func(x, y int, p []float32) {
		dx, dy := float64(x)+0.5-float64(r.w)/2, float64(y)+0.5-float64(r.h)/2
		var s [3]float32
		if !r.at(dx*cos+dy*sin+float64(r.w)/2, -dx*sin+dy*cos+float64(r.h)/2, &s) {
			s = [3]float32{255, 255, 255}
		}
		copy(p, s[:])
	})
}

// dots prints the page with the needles of a 24-pin printer: width dots a line, each a round spot of ink from a ribbon
// that has seen better days.
func (r *raster) dots(c chance, width int) *raster {
	const pitch = 3
	small := r.grey().scaled(width)
	out := newRaster(small.w*pitch, small.h*pitch)
	band := 0.0
	out.each(func(_, _ int, p []float32) { p[0], p[1], p[2] = 250, 249, 246 })
	for y := range small.h {
		if y%24 == 0 {
			band = c.Float64() * 45
		}
		for x := range small.w {
			if r2(small, x, y)[0] > 150 {
				continue
			}
			ink := float32(45 + band + c.Float64()*40)
			cx, cy := (float64(x)+0.5)*pitch+c.NormFloat64()*0.25, (float64(y)+0.5)*pitch+c.NormFloat64()*0.25
			for py := int(cy) - 2; py <= int(cy)+2; py++ {
				for px := int(cx) - 2; px <= int(cx)+2; px++ {
					if px < 0 || py < 0 || px >= out.w || py >= out.h {
						continue
					}
					d := math.Hypot(float64(px)+0.5-cx, float64(py)+0.5-cy)
					cover := float32(min(1, max(0, 2.05-d)))
					for k, v := range r2(out, px, py) {
						r2(out, px, py)[k] = min(v, v*(1-cover)+ink*cover)
					}
				}
			}
		}
	}
	return out
}

// patchy lets the ink fade in spots, as a carbon copy's.
func (r *raster) patchy(c chance, depth float64) *raster {
	var phase [6]float64
	for i := range phase {
		phase[i] = c.Float64() * 7
	}
	paper := color.RGBA{uint8(r.pix[0]), uint8(r.pix[1]), uint8(r.pix[2]), 255}
	base := [3]float32{float32(paper.R), float32(paper.G), float32(paper.B)}
	return r.each(func(x, y int, p []float32) {
		u, v := float64(x)/float64(r.w), float64(y)/float64(r.h)
		f := 0.5 + 0.25*math.Sin(u*9+phase[0]+2*math.Sin(v*5+phase[1])) + 0.25*math.Sin(v*13+phase[2]+2*math.Sin(u*7+phase[3]))
		t := float32(depth * f)
		for k := range p {
			p[k] = p[k]*(1-t) + base[k]*t
		}
	})
}
