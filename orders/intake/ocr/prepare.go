package ocr

import (
	"image"
	"image/color"
	"math"
	"sort"

	"golang.org/x/image/draw"
)

// Bounds of the working copy: beyond them a picture holds no more detail that the models could use.
const (
	maxShort  = 2400
	maxPixels = 24_000_000
)

// workingCopy returns the picture on white paper, its corner at the origin, made smaller where it is
// larger than the models can use, and by how much.
func workingCopy(picture image.Image) (*image.RGBA, float64) {
	b := picture.Bounds()
	w, h := float64(b.Dx()), float64(b.Dy())
	scale := min(1, maxShort/min(w, h), math.Sqrt(maxPixels/(w*h)))
	im := image.NewRGBA(image.Rect(0, 0, max(1, int(w*scale)), max(1, int(h*scale))))
	draw.Draw(im, im.Rect, image.White, image.Point{}, draw.Src)
	if scale == 1 {
		draw.Draw(im, im.Rect, picture, b.Min, draw.Over)
	} else {
		draw.BiLinear.Scale(im, im.Rect, picture, b, draw.Over, nil)
	}
	return im, scale
}

// sealCell is the side of the squares in which red ink is counted.
const sealCell = 8

// withoutSeals returns the picture with the red ink of round and oval seals bleached, so that the print
// below them can be read, and whether there was one. Other red things (bubbles, a red pen's remark) stay.
func withoutSeals(im *image.RGBA) (*image.RGBA, bool) {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	cw, ch := (w+sealCell-1)/sealCell, (h+sealCell-1)/sealCell
	red := make([]int, cw*ch)
	for y := range h {
		for x := range w {
			if isRed(im.Pix[y*im.Stride+x*4:]) {
				red[y/sealCell*cw+x/sealCell]++
			}
		}
	}
	out := im
	seen := make([]bool, len(red))
	for start, n := range red {
		if n < 4 || seen[start] {
			continue
		}
		seen[start] = true
		area := image.Rectangle{}
		for stack := []int{start}; len(stack) > 0; {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			cx, cy := p%cw, p/cw
			area = area.Union(image.Rect(cx*sealCell, cy*sealCell, (cx+1)*sealCell, (cy+1)*sealCell))
			for ny := max(0, cy-1); ny <= min(ch-1, cy+1); ny++ {
				for nx := max(0, cx-1); nx <= min(cw-1, cx+1); nx++ {
					if q := ny*cw + nx; red[q] >= 4 && !seen[q] {
						seen[q] = true
						stack = append(stack, q)
					}
				}
			}
		}
		if !isSeal(im, area.Intersect(im.Rect)) {
			continue
		}
		if out == im {
			out = image.NewRGBA(im.Rect)
			copy(out.Pix, im.Pix)
		}
		bleach(out, area.Inset(-sealCell).Intersect(im.Rect))
	}
	return out, out != im
}

func isRed(p []uint8) bool {
	r, g, b := int(p[0]), int(p[1]), int(p[2])
	return r-max(g, b) > 45
}

// isSeal tells whether the red ink in an area is a ring with little inside: seen from the middle there is ink at
// the rim in nearly every direction.
func isSeal(im *image.RGBA, area image.Rectangle) bool {
	w, h := area.Dx(), area.Dy()
	if shorter := min(im.Rect.Dx(), im.Rect.Dy()); min(w, h) < max(40, shorter/14) || max(w, h) > 3*min(w, h) || min(w, h) > shorter*3/4 {
		return false
	}
	var sectors [36]bool
	all := 0
	cx, cy := float64(area.Min.X+area.Max.X)/2, float64(area.Min.Y+area.Max.Y)/2
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if !isRed(im.Pix[y*im.Stride+x*4:]) {
				continue
			}
			all++
			dx, dy := (float64(x)-cx)/float64(w)*2, (float64(y)-cy)/float64(h)*2
			if r := math.Hypot(dx, dy); r > 0.78 && r < 1.1 {
				sectors[int((math.Atan2(dy, dx)/math.Pi+1)*18)%36] = true
			}
		}
	}
	hit := 0
	for _, s := range sectors {
		if s {
			hit++
		}
	}
	return hit >= 30 && float64(all) < 0.4*float64(w*h)
}

// bleach replaces the pixels of an area by their red channel, in which red ink is nearly as bright as paper
// and black print stays black.
func bleach(im *image.RGBA, area image.Rectangle) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			p := im.Pix[y*im.Stride+x*4 : y*im.Stride+x*4+3]
			r, g, b := int(p[0]), int(p[1]), int(p[2])
			v := uint8(r) //nolint:gosec // read from a byte
			if over := r - max(g, b); over > 20 {
				v = uint8(min(255, r+over/3)) //nolint:gosec // bounded
			}
			p[0], p[1], p[2] = v, v, v
		}
	}
}

// isBilevel tells a fax or a black-and-white scan: next to no pixel is grey.
func isBilevel(im *image.RGBA) bool {
	grey, dark := 0, 0
	n := im.Rect.Dx() * im.Rect.Dy()
	for i := range n {
		switch v := luminance(im.Pix[i*4:]); {
		case v < 24:
			dark++
		case v < 232:
			grey++
		}
	}
	return dark > n/200 && grey < n/200 && grey < dark/8
}

func luminance(p []uint8) int { return (int(p[0])*3 + int(p[1])*6 + int(p[2])) / 10 }

// cleaned returns a fax without what its machine added: lone black dots, and the streaks that dirt on the glass draws from the
// upper to the lower edge, which would pass for rules of a table.
func cleaned(im *image.RGBA) *image.RGBA {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	dark := make([]bool, w*h)
	for i := range dark {
		dark[i] = luminance(im.Pix[i*4:]) < 128
	}
	out := image.NewRGBA(im.Rect)
	copy(out.Pix, im.Pix)
	white := func(x, y int) {
		p := out.Pix[y*out.Stride+x*4:]
		p[0], p[1], p[2] = 255, 255, 255
	}
	for x := 0; x < w; x++ {
		end := x
		for end < w && isStreak(dark, w, h, end) {
			end++
		}
		if wide := end - x; wide == 0 || wide > 3 {
			x = max(x, end)
			continue
		}
		for y := range h { // what goes on to both sides is print
			if left, right := x > 0 && dark[y*w+x-1], end < w && dark[y*w+end]; left && right {
				continue
			}
			for i := x; i < end; i++ {
				white(i, y)
				dark[y*w+i] = false
			}
		}
		x = end
	}
	for y := range h {
		for x := range w {
			if dark[y*w+x] && alone(dark, w, h, x, y) {
				white(x, y)
			}
		}
	}
	return out
}

// alone tells a dot that nothing dark is near: not a piece of a broken stroke.
func alone(dark []bool, w, h, x, y int) bool {
	const reach = 2
	for ny := max(0, y-reach); ny <= min(h-1, y+reach); ny++ {
		for nx := max(0, x-reach); nx <= min(w-1, x+reach); nx++ {
			if dark[ny*w+nx] && (nx != x || ny != y) {
				return false
			}
		}
	}
	return true
}

// isStreak tells a column that is dark in much of each part of its height, margins too.
func isStreak(dark []bool, w, h, x int) bool {
	const parts = 12
	for k := range parts {
		n := 0
		from, to := k*h/parts, (k+1)*h/parts
		for y := from; y < to; y++ {
			if dark[y*w+x] {
				n++
			}
		}
		if n*3 < to-from {
			return false
		}
	}
	return true
}

// blurred returns the picture under a Gaussian of one pixel, which gives the jagged edges of a fax the
// grey that the models were trained on.
func blurred(im *image.RGBA) *image.RGBA {
	kernel := [5]int{14, 63, 102, 63, 14} // of 256
	w, h := im.Rect.Dx(), im.Rect.Dy()
	across, down := image.NewRGBA(im.Rect), image.NewRGBA(im.Rect)
	convolve := func(dst, src *image.RGBA, dx, dy int) {
		for y := range h {
			for x := range w {
				var sum [3]int
				for k, weight := range kernel {
					px, py := min(max(x+(k-2)*dx, 0), w-1), min(max(y+(k-2)*dy, 0), h-1)
					p := src.Pix[py*src.Stride+px*4:]
					sum[0] += weight * int(p[0])
					sum[1] += weight * int(p[1])
					sum[2] += weight * int(p[2])
				}
				dst.SetRGBA(x, y, color.RGBA{uint8(sum[0] >> 8), uint8(sum[1] >> 8), uint8(sum[2] >> 8), 255}) //nolint:gosec // weights sum to 256
			}
		}
	}
	convolve(across, im, 1, 0)
	convolve(down, across, 0, 1)
	return down
}

// flattened returns a grey picture with the paper divided out (shadow, yellowing) and the ink stretched to black:
// for faded print and uneven light.
func flattened(im *image.RGBA) *image.RGBA {
	const cell = 32
	w, h := im.Rect.Dx(), im.Rect.Dy()
	cw, ch := (w+cell-1)/cell, (h+cell-1)/cell
	paper := image.NewGray(image.Rect(0, 0, cw, ch))
	for cy := range ch {
		for cx := range cw {
			var values []int
			for y := cy * cell; y < min(h, (cy+1)*cell); y += 2 {
				for x := cx * cell; x < min(w, (cx+1)*cell); x += 2 {
					values = append(values, luminance(im.Pix[y*im.Stride+x*4:]))
				}
			}
			sort.Ints(values)
			paper.SetGray(cx, cy, color.Gray{uint8(values[len(values)*8/10])}) //nolint:gosec // a luminance
		}
	}
	smooth := image.NewGray(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(smooth, smooth.Rect, paper, paper.Rect, draw.Src, nil)
	ratio := make([]uint8, w*h)
	var histogram [256]int
	for i := range ratio {
		ratio[i] = uint8(min(255, luminance(im.Pix[i*4:])*245/max(1, int(smooth.Pix[i])))) //nolint:gosec // bounded
		histogram[ratio[i]]++
	}
	ink, seen := 0, 0
	for ; ink < 200 && seen < w*h/200; ink++ {
		seen += histogram[ink]
	}
	out := image.NewRGBA(im.Rect)
	for i, v := range ratio {
		g := uint8(min(255, max(0, (int(v)-ink)*255/max(1, 235-ink))))
		out.Pix[i*4], out.Pix[i*4+1], out.Pix[i*4+2], out.Pix[i*4+3] = g, g, g, 255
	}
	return out
}

// isFaint tells print that is little darker than its paper.
func isFaint(im *image.RGBA) bool {
	var histogram [256]int
	n := 0
	for i := 0; i+3 < len(im.Pix); i += 4 * 7 {
		histogram[luminance(im.Pix[i:])]++
		n++
	}
	level := func(share float64) int {
		sum := 0
		for v, c := range histogram {
			if sum += c; float64(sum) >= share*float64(n) {
				return v
			}
		}
		return 255
	}
	paper := level(0.5)
	return paper > 128 && paper-level(0.01) < 90
}
