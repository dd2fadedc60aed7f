package document_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake/document"
	"orderbot/orders/intake/page"
)

// overlooking is a recogniser that finds only some of the lines of a page, but reads every single one.
type overlooking struct {
	page page.Page
	seen *[]image.Rectangle
}

func (o overlooking) Recognise(context.Context, image.Image) (page.Page, error) { return o.page, nil }

func (o overlooking) ReadLine(_ context.Context, im *image.RGBA) (string, float64, error) {
	*o.seen = append(*o.seen, im.Rect)
	for i := 0; i < len(im.Pix); i += 4 {
		if int(im.Pix[i])-int(im.Pix[i+1]) > 60 {
			return "章", 0.9, nil // red is left
		}
	}
	return "7", 0.95, nil
}

func TestCellsAreReadOnceMore(t *testing.T) {
	t.Parallel()
	im := image.NewRGBA(image.Rect(0, 0, 640, 260))
	draw.Draw(im, im.Rect, image.White, image.Point{}, draw.Src)
	box := func(r image.Rectangle, c color.Color) { draw.Draw(im, r, image.NewUniform(c), image.Point{}, draw.Src) }
	for i := range 5 {
		box(image.Rect(20, 20+i*50, 620, 22+i*50), color.Black)
		box(image.Rect(20+i*150, 20, 22+i*150, 222), color.Black)
	}
	p := page.Page{Width: 640, Height: 260}
	for row := range 4 {
		for col := range 4 {
			if row == 2 && col == 1 || row == 3 && col == 3 || row == 3 && col == 0 {
				continue
			}
			x, y := float64(40+col*150), float64(35+row*50)
			p.Lines = append(p.Lines, page.Line{Text: "x", Score: 0.99, Box: [4]page.Point{{X: x, Y: y}, {X: x + 60, Y: y}, {X: x + 60, Y: y + 22}, {X: x, Y: y + 22}}})
			box(image.Rect(int(x), int(y), int(x)+60, int(y)+22), color.Gray{90})
		}
	}
	box(image.Rect(250, 134, 256, 158), color.Black) // a single figure was overlooked
	box(image.Rect(560, 184, 566, 208), color.Black) // another, with a stamp over it
	box(image.Rect(490, 196, 600, 204), color.RGBA{220, 40, 40, 255})
	box(image.Rect(562, 184, 566, 208), color.Black)
	p.Lines[5].Text, p.Lines[5].Score = "7", 0.7 // read badly, and the same again
	var seen []image.Rectangle
	doc, err := document.Open(t.Context(), "a.png", pictureBytes(t, im), overlooking{p, &seen})
	require.NoError(t, err)
	rows := doc.Pages[0].Tables[0].Rows
	require.Equal(t, "7", rows[2][1].Text)
	require.Equal(t, "7", rows[3][3].Text, "without the stamp")
	require.InDelta(t, 0.985, rows[1][1].Score, 0.001, "two readings that agree")
	require.Empty(t, rows[3][0].Text, "an empty cell stays empty")
	require.InDelta(t, 150, rows[3][0].Box[1].X-rows[3][0].Box[0].X, 4, "and can be shown")
	require.Len(t, seen, 3)
}

func pictureBytes(tb testing.TB, im image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, png.Encode(&b, im))
	return b.Bytes()
}
