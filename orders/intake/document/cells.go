package document

import (
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/draw"

	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

const (
	cellsAgain   = 80   // cells of a page that are read once more at most
	cellDoubt    = 0.85 // score below which a short cell is read once more
	cellShort    = 8    // characters of such a cell
	cellBelieved = 0.6  // score from which what was overlooked is taken
	cellInset    = 0.1  // of a cell's height along its rules that is left out
	inkStep      = 40   // of luminance between ink and paper
)

// readCells looks once more at cells of which the page as a whole gave nothing, or nothing sure: single figures are
// overlooked where the whole page is searched for text, and a stamp's red and blue mix with the print below it.
func readCells(ctx context.Context, lines ocr.LineReader, picture image.Image, p *page.Page) error {
	b := picture.Bounds()
	full, ok := picture.(*image.RGBA)
	if !ok || full.Rect.Min != (image.Point{}) {
		full = image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(full, full.Rect, picture, b.Min, draw.Src)
	}
	left := cellsAgain
	for _, t := range p.Tables {
		for _, row := range t.Rows {
			for i := range row {
				c := &row[i]
				if c.Area == nil || left == 0 {
					continue
				}
				doubtful := c.Text != "" && c.Score < cellDoubt && utf8.RuneCountInString(c.Text) <= cellShort
				cell := warped(full, *c.Area, p.Turn)
				stamped := bleachStamp(cell)
				if c.Text != "" && !doubtful && !stamped {
					continue
				}
				ink, ok := inkOf(cell)
				if !ok {
					continue
				}
				left--
				text, score, err := lines.ReadLine(ctx, ink)
				if err != nil {
					return err
				}
				switch text = strings.TrimSpace(text); {
				case text == "" || score < cellBelieved:
				case c.Text == "":
					c.Text, c.Score, c.Box = text, score, *c.Area
				case text == c.Text: // read twice, from two pictures
					c.Score = 1 - (1-c.Score)*(1-score)
				case stamped && score >= cellDoubt || score > c.Score+0.15:
					c.Text, c.Score, c.Box = text, score, *c.Area
				}
			}
		}
	}
	return nil
}

// forgetAreas leaves of the areas those of empty cells, as their boxes: these can be shown, too.
func forgetAreas(tables []page.Table) {
	for _, t := range tables {
		for _, row := range t.Rows {
			for i := range row {
				if row[i].Area != nil && row[i].Text == "" {
					row[i].Box = *row[i].Area
				}
				row[i].Area = nil
			}
		}
	}
}

// warped is a cell of the upright page as a picture, a little within its rules.
func warped(full *image.RGBA, area [4]page.Point, turn int) *image.RGBA {
	w := (math.Hypot(area[1].X-area[0].X, area[1].Y-area[0].Y) + math.Hypot(area[2].X-area[3].X, area[2].Y-area[3].Y)) / 2
	h := (math.Hypot(area[3].X-area[0].X, area[3].Y-area[0].Y) + math.Hypot(area[2].X-area[1].X, area[2].Y-area[1].Y)) / 2
	inset := math.Max(2, cellInset*h)
	out := image.NewRGBA(image.Rect(0, 0, min(4000, max(1, int(w-2*inset))), min(1000, max(1, int(h-2*inset)))))
	fw, fh := float64(full.Rect.Dx()), float64(full.Rect.Dy())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			u, v := (float64(x)+inset+0.5)/w, (float64(y)+inset+0.5)/h
			px := (area[0].X*(1-u)+area[1].X*u)*(1-v) + (area[3].X*(1-u)+area[2].X*u)*v
			py := (area[0].Y*(1-u)+area[1].Y*u)*(1-v) + (area[3].Y*(1-u)+area[2].Y*u)*v
			px, py = turnedBack(px, py, turn, fw, fh)
			ix, iy := min(max(int(px), 0), full.Rect.Dx()-1), min(max(int(py), 0), full.Rect.Dy()-1)
			copy(out.Pix[out.PixOffset(x, y):][:4], full.Pix[full.PixOffset(ix, iy):][:4])
		}
	}
	return out
}

// bleachStamp takes red and blue ink out of a cell that holds dark print as well, and tells whether it did.
func bleachStamp(cell *image.RGBA) bool {
	paper := paperOf(cell)
	coloured, dark := 0, 0
	for i := 0; i < len(cell.Pix); i += 4 {
		r, g, b := int(cell.Pix[i]), int(cell.Pix[i+1]), int(cell.Pix[i+2])
		switch {
		case max(r, b)-g > 45:
			coloured++
		case paper-luminance(r, g, b) > 2*inkStep:
			dark++
		}
	}
	if all := len(cell.Pix) / 4; coloured < all/50 || dark < all/200 || paper < 128 {
		return false
	}
	for i := 0; i < len(cell.Pix); i += 4 {
		if max(int(cell.Pix[i]), int(cell.Pix[i+2]))-int(cell.Pix[i+1]) > 20 && luminance(int(cell.Pix[i]), int(cell.Pix[i+1]), int(cell.Pix[i+2])) > paper/3 {
			cell.Pix[i], cell.Pix[i+1], cell.Pix[i+2] = uint8(paper), uint8(paper), uint8(paper) //nolint:gosec // 0 to 255
		}
	}
	return true
}

func luminance(r, g, b int) int { return (3*r + 6*g + b) / 10 }

// paperOf is the median luminance of a cell.
func paperOf(cell *image.RGBA) int {
	var count [256]int
	for i := 0; i < len(cell.Pix); i += 4 {
		count[luminance(int(cell.Pix[i]), int(cell.Pix[i+1]), int(cell.Pix[i+2]))]++
	}
	n := 0
	for v, c := range count {
		if n += c; n*2 > len(cell.Pix)/4 {
			return v
		}
	}
	return 255
}

// inkOf is the part of a cell that something is written on, with a margin. ok is false where there is nothing, or so
// much that it is no line of text.
func inkOf(cell *image.RGBA) (*image.RGBA, bool) {
	paper, w, h := paperOf(cell), cell.Rect.Dx(), cell.Rect.Dy()
	across, down := make([]int, w), make([]int, h)
	all := 0
	for y := range h {
		for x := range w {
			i := cell.PixOffset(x, y)
			if d := luminance(int(cell.Pix[i]), int(cell.Pix[i+1]), int(cell.Pix[i+2])) - paper; max(d, -d) > inkStep {
				across[x]++
				down[y]++
				all++
			}
		}
	}
	if all < 12 || all > w*h*2/5 {
		return nil, false
	}
	some := func(n int) bool { return n > 1 }
	x0, y0 := slices.IndexFunc(across, some), slices.IndexFunc(down, some)
	x1, y1 := w-1, h-1
	for x1 > 0 && !some(across[x1]) {
		x1--
	}
	for y1 > 0 && !some(down[y1]) {
		y1--
	}
	if x0 < 0 || y0 < 0 || y1-y0 < max(7, h/5) {
		return nil, false
	}
	margin := (y1 - y0) * 2 / 5
	r := image.Rect(x0-margin, y0-margin/2, x1+margin+1, y1+margin/2+1)
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	for i := 0; i < len(out.Pix); i += 4 {
		out.Pix[i], out.Pix[i+1], out.Pix[i+2] = uint8(paper), uint8(paper), uint8(paper) //nolint:gosec // 0 to 255
	}
	draw.Draw(out, cell.Rect.Sub(r.Min), cell, image.Point{}, draw.Src)
	return out, true
}
