package ocr

import (
	"context"
	"fmt"
	"image"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	lineHeight  = 48  // pixels, of a line given to the recogniser and the direction model
	voteWidth   = 192 // of a line given to the direction model
	voteBatch   = 16
	readBatch   = 6
	keepAt      = 0.5  // lines below this score are noise
	longestLine = 3200 // pixels at lineHeight; a longer one is squeezed
)

// reading is one line as recognised.
type reading struct {
	text  string
	score float64
	quad  quad
}

// upsideDown lets the direction model vote on each line, weighted by its width: single lines err,
// a page hardly ever does.
func (e *Engine) upsideDown(ctx context.Context, im *image.RGBA, quads []quad) (bool, error) {
	var turned, all float64
	for i := 0; i < len(quads); i += voteBatch {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		batch := quads[i:min(len(quads), i+voteBatch)]
		data := make([]float32, len(batch)*3*lineHeight*voteWidth)
		for j, q := range batch {
			crop(im, q, min(lineWidth(q), voteWidth), voteWidth, data[j*3*lineHeight*voteWidth:])
		}
		odds, _, err := e.classifier.run(data, int64(len(batch)), 3, lineHeight, voteWidth)
		if err != nil {
			return false, err
		}
		if len(odds) != 2*len(batch) {
			return false, fmt.Errorf("run direction: %d values for %d lines", len(odds), len(batch))
		}
		for j, q := range batch {
			all += width(q)
			if odds[2*j+1] > 0.5 {
				turned += width(q)
			}
		}
	}
	return turned > all/2, nil
}

// lineWidth is how wide a box becomes at lineHeight, in pixels.
func lineWidth(q quad) int {
	return min(longestLine, max(16, int(math.Ceil(lineHeight*width(q)/max(1, height(q))))))
}

// readLines recognises the text in each box. The result is in the order of the boxes, without those
// that hold no text.
func (e *Engine) readLines(ctx context.Context, im *image.RGBA, quads []quad) ([]reading, error) {
	order := make([]int, len(quads))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return lineWidth(quads[order[a]]) < lineWidth(quads[order[b]]) })
	read := make([]reading, len(quads))
	for i := 0; i < len(order); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(readBatch, len(order)-i)
		widest := lineWidth(quads[order[i+n-1]])
		for n > 1 && float64(widest) > 1.3*float64(lineWidth(quads[order[i]]))+32 { // padding costs time
			n--
			widest = lineWidth(quads[order[i+n-1]])
		}
		stride := (widest + 7) / 8 * 8
		plane := lineHeight * stride
		data := make([]float32, n*3*plane)
		for j := range n {
			q := quads[order[i+j]]
			crop(im, q, lineWidth(q), stride, data[j*3*plane:])
		}
		odds, shape, err := e.recogniser.run(data, int64(n), 3, lineHeight, int64(stride))
		if err != nil {
			return nil, err
		}
		if len(shape) != 3 || shape[0] != int64(n) {
			return nil, fmt.Errorf("run recognition: shape %v for %d lines", shape, n)
		}
		steps, classes := int(shape[1]), int(shape[2])
		for j := range n {
			q := quads[order[i+j]]
			chars := e.decode(odds[j*steps*classes:(j+1)*steps*classes], steps, classes, float64(stride)/float64(lineWidth(q)))
			text, score := respace(chars, data[j*3*plane+plane:j*3*plane+2*plane], stride, lineWidth(q))
			read[order[i+j]] = reading{text, score, q}
		}
		i += n
	}
	kept := read[:0]
	for _, r := range read {
		if r.text != "" && r.score >= keepAt {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// char is a recognised character: x is its middle as a fraction of the line's width.
type char struct {
	text  string
	x     float64
	score float64
}

// decode takes the likeliest class of each step, drops repetitions and blanks (class 0); the class
// after the dictionary's last is the space.
func (e *Engine) decode(odds []float32, steps, classes int, stretch float64) []char {
	var chars []char
	last := 0
	for k := range steps {
		row := odds[k*classes : (k+1)*classes]
		best := 0
		for c, v := range row {
			if v > row[best] {
				best = c
			}
		}
		if best != 0 && best != last {
			text := " "
			if best-1 < len(e.characters) {
				text = e.characters[best-1]
			}
			chars = append(chars, char{text, (float64(k) + 0.5) / float64(steps) * stretch, float64(row[best])})
		} else if best != 0 && best == last && len(chars) > 0 {
			chars[len(chars)-1].score = max(chars[len(chars)-1].score, float64(row[best]))
		}
		last = best
	}
	return chars
}

// Gaps from which on two characters are apart, in heights of the line's ink and as multiples of the line's
// usual gap: letter-spaced titles are one word.
const (
	narrowGap  = 0.24 // between two narrow characters
	mixedGap   = 0.3  // between a Chinese and a narrow one
	wideGap    = 0.3  // between two Chinese ones, if their middles are also widePitch apart: they have blank parts of their own
	widePitch  = 1.35
	columnGap  = 1.6 // as between two columns
	usualTimes = 2.0
	spacedGap  = 0.36 // before a 1 or the like, or however the line is spaced
	slimGap    = 0.48 // after a 1 or the like
)

// respace joins characters to text, with the spaces that the recogniser dropped: it loses the one in
// 「M8×80 1500套」, which makes another quantity. green is the line's picture, lineHeight rows of the given stride of
// which w columns are used. Two spaces mark a gap as wide as between columns. The score is the mean of the characters'.
func respace(chars []char, green []float32, stride, w int) (string, float64) {
	if len(chars) == 0 {
		return "", 0
	}
	ink, em := inkColumns(green, stride, w)
	tellZeros(chars, ink, w)
	if !slices.ContainsFunc(chars, func(c char) bool { return isWide(c.text) }) {
		em *= 1.3 // digits and capitals are lower than Chinese characters
	}
	sum := 0.0
	gaps := make([]float64, len(chars)) // before each character
	var narrow, all []float64
	for i, c := range chars {
		sum += c.score
		if i == 0 || c.text == " " {
			continue
		}
		before := chars[i-1]
		if before.text == " " && i > 1 {
			before = chars[i-2]
		}
		from, to := max(0, int(before.x*float64(w))-2), min(w-1, int(c.x*float64(w))+6)
		gaps[i] = longestBlank(ink, from, to) / em
		if before != chars[i-1] || isMark(before.text) || isMark(c.text) {
			continue
		}
		all = append(all, gaps[i])
		if !isWide(before.text) && !isWide(c.text) {
			narrow = append(narrow, gaps[i])
		}
	}
	usual := usualGap(all)
	usualNarrow := usual
	if len(narrow) >= 3 {
		usualNarrow = usualGap(narrow)
	}
	var b strings.Builder
	for i, c := range chars {
		if i > 0 && c.text != " " {
			before := chars[i-1].text
			spaced := before == " "
			need := max(narrowGap, usualTimes*usualNarrow)
			switch wide := isWide(before); {
			case wide && isWide(c.text):
				need = max(wideGap, usualTimes*usual)
				if (c.x-chars[i-1].x)*float64(w)/em < widePitch {
					need = columnGap
				}
			case wide || isWide(c.text):
				need = max(mixedGap, usualTimes*usual)
				if strings.Contains(slim, before) || strings.Contains(slim, c.text) {
					need = max(need, spacedGap)
				}
			case strings.Contains(slim, before):
				need = max(need, slimGap)
			case strings.Contains(slim, c.text):
				need = max(need, spacedGap)
			case usual < spacedGap:
				need = min(need, spacedGap)
			}
			switch gap := gaps[i]; {
			case spaced && gap > columnGap:
				b.WriteByte(' ')
			case spaced:
			case gap > columnGap:
				b.WriteString("  ")
			case isMark(before) || isMark(c.text):
			case gap > need:
				b.WriteByte(' ')
			}
		}
		b.WriteString(c.text)
	}
	text := manyDots.ReplaceAllStringFunc(strings.TrimSpace(b.String()), func(money string) string {
		last := strings.LastIndexByte(money, '.')
		return strings.ReplaceAll(money[:last], ".", ",") + money[last:]
	})
	return text, math.Round(sum/float64(len(chars))*1000) / 1000
}

// manyDots is money whose thousands are parted by what looks like dots in small print.
var manyDots = regexp.MustCompile(`\b\d{1,3}(?:\.\d{3})+\.\d\d\b`)

// Widths of a character's ink, in those of the line's digits: between them nothing is said.
const (
	zeroAtMost    = 1.14
	letterAtLeast = 1.24
)

// tellZeros tells the letter O from the digit 0 in codes by its width: the recogniser goes by the characters beside it.
func tellZeros(chars []char, ink []bool, w int) {
	widths := make([]int, len(chars))
	var digits, capitals []float64
	for i, c := range chars {
		if len(c.text) != 1 || !unicode.IsDigit(rune(c.text[0])) && !unicode.IsUpper(rune(c.text[0])) {
			continue
		}
		widths[i] = inkWidth(ink, int(c.x*float64(w)))
		if strings.Contains("2345689", c.text) && widths[i] > 0 {
			digits = append(digits, float64(widths[i]))
		}
		if strings.Contains("ABCDEGHKNPRSUVXYZ", c.text) && widths[i] > 0 {
			capitals = append(capitals, float64(widths[i]))
		}
	}
	if len(digits) < 2 {
		return
	}
	slices.Sort(capitals)
	slices.Sort(digits)
	usual := digits[len(digits)/2]
	if digits[len(digits)-1] > 1.35*usual { // some hang together
		return
	}
	wider := len(capitals) > 0 && capitals[len(capitals)/2] > 1.08*usual // not in type of one width
	for i, c := range chars {
		switch ratio := float64(widths[i]) / usual; {
		case widths[i] == 0 || ratio > 2:
		case c.text == "O" && ratio < zeroAtMost && wider:
			chars[i].text = "0"
		case c.text == "0" && ratio > letterAtLeast && (beside(chars, i-1) || beside(chars, i+1)):
			chars[i].text = "O"
		}
	}
}

// beside tells a letter.
func beside(chars []char, i int) bool {
	return i >= 0 && i < len(chars) && len(chars[i].text) == 1 && unicode.IsLetter(rune(chars[i].text[0]))
}

// inkWidth is the width of the piece of ink at or next to a column; 0 where there is none near.
func inkWidth(ink []bool, at int) int {
	const near = 5
	for d := 0; d <= near; d++ {
		for _, x := range [2]int{at + d, at - d} {
			if x < 0 || x >= len(ink) || !ink[x] {
				continue
			}
			from, to := x, x
			for from > 0 && ink[from-1] {
				from--
			}
			for to+1 < len(ink) && ink[to+1] {
				to++
			}
			return to - from + 1
		}
	}
	return 0
}

// slim holds characters that stand in more blank than others.
const slim = "1iIl|jtrfJ"

// usualGap is the gap that two fifths do not exceed: there are always spaces among them.
func usualGap(gaps []float64) float64 {
	if len(gaps) == 0 {
		return 0
	}
	sorted := slices.Clone(gaps)
	slices.Sort(sorted)
	return sorted[(len(sorted)-1)*2/5]
}

func isWide(c string) bool {
	r, _ := utf8.DecodeRuneInString(c)
	return r >= 0x2e80
}

// isMark tells marks, whose own blank half looks like a space.
func isMark(c string) bool {
	r, _ := utf8.DecodeRuneInString(c)
	return unicode.IsPunct(r) || unicode.IsSymbol(r)
}

// inkColumns tells which columns of a line hold ink, and the height of the ink in pixels.
func inkColumns(green []float32, stride, w int) ([]bool, float64) {
	lo, hi, sum := float32(9), float32(-9), float32(0)
	for y := 8; y < lineHeight-8; y++ {
		for x := range w {
			v := green[y*stride+x]
			lo, hi = min(lo, v), max(hi, v)
			sum += v
		}
	}
	darkInk := sum/float32((lineHeight-16)*w) > (lo+hi)/2 // most of a line is paper
	limit := lo + (hi-lo)*0.55
	if !darkInk {
		limit = lo + (hi-lo)*0.45
	}
	ink := make([]bool, w)
	top, bottom := lineHeight, 0
	for x := range w {
		for y := 4; y < lineHeight-4; y++ {
			if v := green[y*stride+x]; darkInk && v < limit || !darkInk && v > limit {
				ink[x] = true
				top, bottom = min(top, y), max(bottom, y)
			}
		}
	}
	return ink, float64(max(bottom-top+1, lineHeight/2)) * 1.05
}

func longestBlank(ink []bool, from, to int) float64 {
	best, run := 0, 0
	for x := from; x <= to; x++ {
		if ink[x] {
			run = 0
			continue
		}
		run++
		best = max(best, run)
	}
	return float64(best)
}

// crop warps a box to lineHeight rows of w columns, blue, green and red planes of the given stride, each value
// v/127.5-1; columns from w on stay 0.
func crop(im *image.RGBA, q quad, w, stride int, dst []float32) {
	right, bottom := im.Rect.Dx()-1, im.Rect.Dy()-1
	plane := lineHeight * stride
	samples := 1 // per side of a pixel: a larger box must be averaged, not just picked from
	if h := height(q); h > lineHeight*1.5 {
		samples = min(4, int(math.Ceil(h/lineHeight)))
	}
	share := 1 / float32(samples*samples) / 127.5
	for y := range lineHeight {
		for x := range w {
			var r, g, b float32
			for k := range samples * samples {
				v := (float64(y) + (float64(k/samples)+0.5)/float64(samples)) / lineHeight
				u := (float64(x) + (float64(k%samples)+0.5)/float64(samples)) / float64(w)
				px := (q[0].X*(1-u)+q[1].X*u)*(1-v) + (q[3].X*(1-u)+q[2].X*u)*v - 0.5
				py := (q[0].Y*(1-u)+q[1].Y*u)*(1-v) + (q[3].Y*(1-u)+q[2].Y*u)*v - 0.5
				ix, iy := int(math.Floor(px)), int(math.Floor(py))
				fx, fy := float32(px-float64(ix)), float32(py-float64(iy))
				x0, y0 := min(max(ix, 0), right), min(max(iy, 0), bottom)
				x1, y1 := min(max(ix+1, 0), right), min(max(iy+1, 0), bottom)
				p00, p01 := im.Pix[y0*im.Stride+x0*4:], im.Pix[y0*im.Stride+x1*4:]
				p10, p11 := im.Pix[y1*im.Stride+x0*4:], im.Pix[y1*im.Stride+x1*4:]
				w00, w01, w10, w11 := (1-fx)*(1-fy), fx*(1-fy), (1-fx)*fy, fx*fy
				r += float32(p00[0])*w00 + float32(p01[0])*w01 + float32(p10[0])*w10 + float32(p11[0])*w11
				g += float32(p00[1])*w00 + float32(p01[1])*w01 + float32(p10[1])*w10 + float32(p11[1])*w11
				b += float32(p00[2])*w00 + float32(p01[2])*w01 + float32(p10[2])*w10 + float32(p11[2])*w11
			}
			at := y*stride + x
			dst[at], dst[plane+at], dst[2*plane+at] = b*share-1, g*share-1, r*share-1
		}
	}
}
