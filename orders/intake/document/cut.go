package document

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
	"golang.org/x/image/draw"

	"orderbot/orders"
	"orderbot/orders/intake/page"
)

const (
	cutMargin = 0.6  // of the box's height that is shown around it
	cutBeside = 3.0  // of the box's height that is shown to its left and right
	cutSide   = 1200 // pixels of a cut at most
	cutLeast  = 48   // pixels of height: smaller ones are made larger
	cutFrame  = 2    // pixels of the frame around the box
)

// Cut cuts pieces out of a picture or a PDF as PNG files, each with some of what stands around it and a red frame at the
// box. A file without pictures of its pages is refused.
func Cut(ctx context.Context, data []byte, places []page.Place) (cuts [][]byte, err error) {
	defer func() { // third-party decoders panic on some damaged files
		if p := recover(); p != nil {
			cuts, err = nil, damaged(fmt.Errorf("panic: %v", p))
		}
	}()
	if err := CheckSize(data); err != nil {
		return nil, err
	}
	switch Kind("", data) {
	case "png", "jpg", "gif", "webp", "bmp":
		picture, err := decodePicture(data)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			cut, err := cutOut(picture, p)
			if err != nil {
				return nil, err
			}
			cuts = append(cuts, cut)
		}
		return cuts, nil
	case "pdf":
		return cutPDF(ctx, data, places)
	}
	return nil, orders.Errorf(orders.CodeInvalid, "这种文件没有图。")
}

func cutPDF(ctx context.Context, data []byte, places []page.Place) (cuts [][]byte, err error) {
	file, err := openPDF(ctx, data)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for _, p := range places {
		if p.Page < 1 || p.Page > min(file.pages, MaxPages) {
			return nil, orders.Errorf(orders.CodeInvalid, "文件没有第 %d 页。", p.Page)
		}
		ref := file.page(p.Page - 1)
		size, err := file.GetPageSize(&requests.GetPageSize{Page: ref})
		if err != nil {
			return nil, damaged(err)
		}
		if err := file.rendered(ref, size, scanDPI, func(picture *responses.RenderPage) error {
			cut, err := cutOut(picture.Image, p)
			cuts = append(cuts, cut)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return cuts, nil
}

// cutOut cuts one place out of its page's picture.
func cutOut(picture image.Image, p page.Place) ([]byte, error) {
	b := picture.Bounds()
	upright := float64(b.Dx())
	if p.Turn&1 == 1 {
		upright = float64(b.Dy())
	}
	scale := 1.0
	if p.Width > 0 {
		scale = upright / p.Width
	}
	box := image.Rectangle{}
	for i, c := range p.Box {
		if math.IsNaN(c.X) || math.IsNaN(c.Y) || math.Abs(c.X*scale) > 1e6 || math.Abs(c.Y*scale) > 1e6 {
			return nil, orders.Errorf(orders.CodeInvalid, "图上没有这个位置。")
		}
		x, y := turnedBack(c.X*scale, c.Y*scale, p.Turn, float64(b.Dx()), float64(b.Dy()))
		corner := image.Rect(int(x), int(y), int(x)+1, int(y)+1)
		if i == 0 {
			box = corner
		}
		box = box.Union(corner)
	}
	box = box.Add(b.Min).Intersect(b)
	if box.Empty() {
		return nil, orders.Errorf(orders.CodeInvalid, "图上没有这个位置。")
	}
	beside, above := int(cutBeside*float64(min(box.Dx(), box.Dy()))), int(cutMargin*float64(min(box.Dx(), box.Dy())))
	if p.Turn&1 == 1 {
		beside, above = above, beside
	}
	area := image.Rect(box.Min.X-beside, box.Min.Y-above, box.Max.X+beside, box.Max.Y+above).Intersect(b)
	out := image.NewRGBA(image.Rect(0, 0, area.Dx(), area.Dy()))
	draw.Draw(out, out.Rect, picture, area.Min, draw.Src)
	frame(out, box.Sub(area.Min).Inset(-cutFrame-1))
	out = quarterTurns(out, p.Turn)
	size := max(out.Rect.Dx(), out.Rect.Dy())
	zoom := min(max(1, cutLeast/float64(out.Rect.Dy())), cutSide/float64(size))
	if zoom != 1 {
		sized := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(out.Rect.Dx())*zoom)), max(1, int(float64(out.Rect.Dy())*zoom))))
		draw.CatmullRom.Scale(sized, sized.Rect, out, out.Rect, draw.Src, nil)
		out = sized
	}
	var file bytes.Buffer
	if err := png.Encode(&file, out); err != nil {
		return nil, fmt.Errorf("cut out: %w", err)
	}
	return file.Bytes(), nil
}

// turnedBack is where a point of the upright picture stands in the picture as it was sent, which is w by h and lies turned
// by so many quarters.
func turnedBack(x, y float64, turn int, w, h float64) (float64, float64) {
	switch turn & 3 {
	case 1: // turned clockwise, what was at (x, y) came to (h-1-y, x)
		return y, h - 1 - x
	case 2:
		return w - 1 - x, h - 1 - y
	case 3:
		return w - 1 - y, x
	}
	return x, y
}

// quarterTurns turns a picture clockwise.
func quarterTurns(im *image.RGBA, turn int) *image.RGBA {
	for range turn & 3 {
		w, h := im.Rect.Dx(), im.Rect.Dy()
		t := image.NewRGBA(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				copy(t.Pix[t.PixOffset(h-1-y, x):][:4], im.Pix[im.PixOffset(x, y):][:4])
			}
		}
		im = t
	}
	return im
}

// frame draws a red frame along the inside of a rectangle.
func frame(im *image.RGBA, r image.Rectangle) {
	red := image.NewUniform(color.RGBA{R: 220, A: 255})
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+cutFrame)},
		{image.Pt(r.Min.X, r.Max.Y-cutFrame), r.Max},
		{r.Min, image.Pt(r.Min.X+cutFrame, r.Max.Y)},
		{image.Pt(r.Max.X-cutFrame, r.Min.Y), r.Max},
	} {
		draw.Draw(im, side, red, image.Point{}, draw.Src)
	}
}
