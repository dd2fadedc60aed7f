package document_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/image/bmp"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/page"
)

// checked refuses documents that break what package page promises, and errors without a sentence for people.
func checked(t *testing.T, doc *page.Document, err error) {
	t.Helper()
	if err != nil {
		_, spoken := orders.ErrorMessage(err)
		require.True(t, spoken, err)
		return
	}
	require.Contains(t, []string{page.KindText, page.KindOCR}, doc.Kind)
	for _, p := range doc.Pages {
		for _, table := range p.Tables {
			require.NotEmpty(t, table.Rows)
			for _, row := range table.Rows {
				require.Len(t, row, len(table.Rows[0]))
			}
			if table.Hidden != nil {
				require.Len(t, table.Hidden, len(table.Rows))
			}
		}
	}
}

// FuzzOpen opens anything but PDF (FuzzPDF) and xls, which another program opens.
func FuzzOpen(f *testing.F) {
	for _, text := range []string{"品名,数量\n手套,3\n", "\xef\xbb\xbf品名\t数量\n\"手\n套\"\t3", "a;b\n1;2;3\n\"", "\xc6\xb7\xc3\xfb,\xca\xfd\xc1\xbf\n1,2", "\xff\xfea\x00,\x00b\x00\n\x001\x00"} {
		f.Add("a.csv", []byte(text))
	}
	f.Add("a.txt", []byte("手套三盒"))
	f.Add("a.docx", zipped(f, map[string]string{"word/document.xml": "<d><tbl><tr><tc><p><r><t>x</t></r></p></tc><tc/></tr></tbl></d>"}))
	f.Add("a.docx", zipped(f, map[string]string{"word/document.xml": `<d><tbl><tr><tc><tcPr><gridSpan val="3"/><vMerge val="restart"/></tcPr><p><r><t>x</t></r></p></tc></tr><tr><tc><tcPr><vMerge/></tcPr></tc></tr></tbl></d>`}))
	f.Add("a.docx", zipped(f, map[string]string{"word/document.xml": laughs}))
	f.Add("a.xlsx", book(f, func(b *excelize.File) { _ = b.SetCellValue("Sheet1", "B2", 3) }))
	f.Add("a.xlsx", book(f, func(b *excelize.File) {
		_ = b.SetCellFormula("Sheet1", "A1", "=1/0")
		_ = b.MergeCell("Sheet1", "A1", "C4")
		_ = b.SetRowVisible("Sheet1", 2, false)
	}))
	for _, name := range []string{"order-02.xlsx", "order-08.csv"} {
		data, err := os.ReadFile(filepath.Join(corpus, name))
		require.NoError(f, err)
		f.Add(name, data)
	}
	im := image.NewPaletted(image.Rect(0, 0, 9, 7), color.Palette{color.White, color.Black})
	var j, g, b bytes.Buffer
	require.NoError(f, jpeg.Encode(&j, im, nil))
	require.NoError(f, gif.Encode(&g, im, nil))
	require.NoError(f, bmp.Encode(&b, im))
	webp, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	require.NoError(f, err)
	f.Add("a.png", pictureOf(f, 2, 2))
	f.Add("a.jpg", j.Bytes())
	f.Add("a.jpg", append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"), j.Bytes()[2:]...))
	f.Add("a.gif", g.Bytes())
	f.Add("a.bmp", b.Bytes())
	f.Add("a.webp", webp)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if kind := document.Kind(name, data); kind == "pdf" || kind == "xls" || len(data) > 1<<18 {
			return
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			return // that the limit holds, another test shows; here it would only take time
		}
		doc, err := document.Open(t.Context(), name, data, &asked{})
		checked(t, doc, err)
	})
}

// FuzzPDF opens PDF files, with text and scanned.
func FuzzPDF(f *testing.F) {
	const words = "BT /F 12 Tf 20 100 Td (glove M 30 box, gauze 5) Tj ET"
	const rules = "20 40 m 280 40 l 20 80 m 280 80 l 20 120 m 280 120 l 20 40 m 20 120 l 150 40 m 150 120 l 280 40 m 280 120 l S "
	f.Add(pdfOf(words))
	f.Add(pdfOf(rules + words))
	f.Add(pdfOf(rules, words, "", "q 1 0 0 1 0 0 cm Q"))
	f.Add(bytes.Replace(pdfOf(words), []byte("/Root"), []byte("/Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -4 >> /Root"), 1))
	f.Add(bytes.Replace(pdfOf(words), []byte("[0 0 300 200]"), []byte("[0 0 9e9 1]"), 1))
	f.Add(pdfOf(words)[:300])
	f.Add([]byte("%PDF-1.7\n"))
	require.NoError(f, document.LoadPDF(filepath.Join("..", "..", "..", ".cache", "ocr", "compiled")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if document.Kind("a.pdf", data) != "pdf" || len(data) > 1<<18 {
			return
		}
		doc, err := document.Open(t.Context(), "a.pdf", data, &asked{})
		checked(t, doc, err)
	})
}

// drawn is a recogniser that has seen some lines.
type drawn []page.Line

func (d drawn) Recognise(_ context.Context, im image.Image) (page.Page, error) {
	b := im.Bounds()
	return page.Page{Width: float64(b.Dx()), Height: float64(b.Dy()), Lines: d}, nil
}

// FuzzTables looks for tables in pictures with rules and words anywhere: four bytes make a rule, words stand where the next
// ones say. What was seen is in a table or in a line, and nothing else is.
func FuzzTables(f *testing.F) {
	f.Add([]byte("\x0a\x0a\xf0\x0a\x0a\x3c\xf0\x3c\x0a\x78\xf0\x78\x0a\x0a\x0a\x78\x80\x0a\x80\x78\xf0\x0a\xf0\x78"), "品名\n数量\n手套\n3", []byte{20, 20, 140, 20, 20, 70, 140, 70})
	f.Add([]byte("\x0a\x0a\xf0\x10\x0a\x3c\xf0\x44\x0a\x78\xf0\x80\x0a\x0a\x14\x78\x80\x0c\x88\x7c\xf0\x10\xf8\x80"), "a\n\nb b\n手套 3盒", []byte{20, 20, 15, 60, 130, 130})
	f.Add([]byte{}, "品名", []byte{})
	f.Fuzz(func(t *testing.T, rules []byte, words string, places []byte) {
		if len(rules) > 400 || len(words) > 2000 {
			return
		}
		const w, h = 512, 300
		im := image.NewGray(image.Rect(0, 0, w, h))
		draw.Draw(im, im.Rect, image.White, image.Point{}, draw.Src)
		for ; len(rules) >= 4; rules = rules[4:] {
			x, y := 2*float64(rules[0]), float64(rules[1])
			dx, dy := 2*float64(rules[2])-x, float64(rules[3])-y
			for i := range w {
				im.SetGray(int(x+dx*float64(i)/w), int(y+dy*float64(i)/w), color.Gray{})
				im.SetGray(int(x+dx*float64(i)/w), int(y+dy*float64(i)/w)+1, color.Gray{})
			}
		}
		var lines drawn
		var seen []rune
		for i, text := range strings.Split(strings.ToValidUTF8(words, ""), "\n") {
			x, y := float64(i%5)*90, float64(i/5)*30
			if 2*i+1 < len(places) {
				x, y = 2*float64(places[2*i]), float64(places[2*i+1])
			}
			long := 8 * float64(len(text))
			lines = append(lines, page.Line{Text: text, Score: 1, Back: -1, Box: [4]page.Point{{X: x, Y: y}, {X: x + long, Y: y}, {X: x + long, Y: y + 16}, {X: x, Y: y + 16}}})
			seen = append(seen, letters(text)...)
		}
		var file bytes.Buffer
		require.NoError(t, (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&file, im))
		doc, err := document.Open(t.Context(), "a.png", file.Bytes(), lines)
		require.NoError(t, err)
		checked(t, doc, err)
		var kept []rune
		for _, l := range doc.Pages[0].Lines {
			kept = append(kept, letters(l.Text)...)
		}
		for _, table := range doc.Pages[0].Tables {
			for _, row := range table.Rows {
				for _, c := range row {
					if !c.Merged {
						kept = append(kept, letters(c.Text)...)
					}
				}
			}
		}
		require.ElementsMatch(t, seen, kept)
	})
}

// letters leaves the blanks out of a text.
func letters(text string) []rune { return []rune(strings.Join(strings.Fields(text), "")) }

// FuzzCut cuts places out of a picture, which may lie anywhere.
func FuzzCut(f *testing.F) {
	f.Add(1.0, 2.0, 30.0, 12.0, 60.0, 0)
	f.Add(-9.0, 1e30, 5.0, 5.0, 0.0, 3)
	picture := pictureOf(f, 60, 40)
	f.Fuzz(func(t *testing.T, x, y, w, h, wide float64, turn int) {
		box := [4]page.Point{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}}
		cuts, err := document.Cut(t.Context(), picture, []page.Place{{Page: 1, Turn: turn, Width: wide, Box: box}})
		if err != nil {
			_, spoken := orders.ErrorMessage(err)
			require.True(t, spoken, err)
			return
		}
		cut, err := png.Decode(bytes.NewReader(cuts[0]))
		require.NoError(t, err)
		require.LessOrEqual(t, max(cut.Bounds().Dx(), cut.Bounds().Dy()), 1200)
	})
}
