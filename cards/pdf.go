package cards

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"unicode/utf16"
)

// pdf is a PDF file of one page under way, as high as what is on it (ISO 32000-1). Latin text is in Helvetica, everything else in the
// Chinese song face that every reader knows by name (STSong-Light with the predefined UniGB-UTF16-H, 9.7.5.2): nothing is embedded.
type pdf struct {
	width, y float64 // y is how far down the page is filled
	draws    []func(b *strings.Builder, height float64)
}

// helvetica are the widths of the characters from blank to tilde, in thousandths of the size (Adobe's core font metrics).
var helvetica = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

func isLatin(r rune) bool { return r >= ' ' && r <= '~' }

func runeWidth(r rune, size float64) float64 {
	if isLatin(r) {
		return float64(helvetica[r-' ']) * size / 1000
	}
	return size
}

func textWidth(text string, size float64) (w float64) {
	for _, r := range text {
		w += runeWidth(r, size)
	}
	return w
}

// ink is a colour, each part from 0 to 1.
type ink [3]float64

// text puts a line at x, its foot dy below what is filled; right ends it at x instead.
func (p *pdf) text(x, dy, size float64, c ink, bold, right bool, text string) {
	y := p.y + dy
	text = strings.Map(func(r rune) rune { // a control character has no shape
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if right {
		x -= textWidth(text, size)
	}
	p.draws = append(p.draws, func(b *strings.Builder, height float64) {
		mode := 0
		if bold {
			mode = 2 // filled and stroked: there is no bold face to rely on
		}
		fmt.Fprintf(b, "BT %.3f %.3f %.3f rg %.3f %.3f %.3f RG %d Tr %.2f w %.2f %.2f Td\n", c[0], c[1], c[2], c[0], c[1], c[2], mode, size/40, x, height-y)
		for _, run := range runsOf(text) {
			if isLatin(run[0]) {
				fmt.Fprintf(b, "/L %.2f Tf (%s) Tj\n", size, strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(string(run)))
				continue
			}
			fmt.Fprintf(b, "/C %.2f Tf <", size)
			for _, u := range utf16.Encode(run) {
				fmt.Fprintf(b, "%04X", u)
			}
			b.WriteString("> Tj\n")
		}
		b.WriteString("ET\n")
	})
}

// runsOf splits a text where the face changes.
func runsOf(text string) [][]rune {
	var out [][]rune
	for _, r := range text {
		if n := len(out); n > 0 && isLatin(out[n-1][0]) == isLatin(r) {
			out[n-1] = append(out[n-1], r)
		} else {
			out = append(out, []rune{r})
		}
	}
	return out
}

// box fills a rectangle from x, dy below what is filled.
func (p *pdf) box(x, dy, w, h float64, c ink) {
	y := p.y + dy
	p.draws = append(p.draws, func(b *strings.Builder, height float64) {
		fmt.Fprintf(b, "%.3f %.3f %.3f rg %.2f %.2f %.2f %.2f re f\n", c[0], c[1], c[2], x, height-y-h, w, h)
	})
}

// lines breaks a text into lines of a width; a mark that ends words hangs over rather than begin a line.
func lines(text string, size, width float64) []string {
	var out []string
	start, w := 0, 0.0
	for i, r := range text {
		next := runeWidth(r, size)
		if w+next > width && i > start && !strings.ContainsRune("，。、；：）！？,.;:)", r) {
			out, start, w = append(out, text[start:i]), i, 0
		}
		w += next
	}
	return append(out, text[start:])
}

// file is the whole PDF file; the same content is the same bytes.
func (p *pdf) file(title string) []byte {
	var content strings.Builder
	for _, draw := range p.draws {
		draw(&content, p.y)
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := z.Write([]byte(content.String()))
	if err == nil {
		err = z.Close()
	}
	if err != nil { // a Buffer takes everything
		panic(err)
	}
	var name strings.Builder
	name.WriteString("FEFF")
	for _, u := range utf16.Encode([]rune(title)) {
		fmt.Fprintf(&name, "%04X", u)
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	object("<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents 4 0 R/Resources<</Font<</L 5 0 R/C 6 0 R>>>>>>", p.width, p.y)
	object("<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream", packed.Len(), packed.String())
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	object("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light-UniGB-UTF16-H/Encoding/UniGB-UTF16-H/DescendantFonts[7 0 R]>>")
	object("<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/DW 1000/FontDescriptor 8 0 R>>")
	object("<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 737/StemV 58>>")
	object("<</Title<%s>>>", name.String())
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, len(at), xref)
	return b.Bytes()
}
