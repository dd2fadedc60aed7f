package document

import (
	"context"
	"slices"

	"orderbot/orders/intake/page"
)

// Described is what a file's pages say, line by line: the output of `orderbot ocr`.
type Described struct {
	File  string          `json:"file"`
	Pages []DescribedPage `json:"pages"`
}

// DescribedPage is a page of a PDF, a picture or a sheet. Sizes and boxes are in points of a PDF with a text layer, else
// in pixels of the upright picture (a scanned page's are those at 200 dpi); a file without layout has none.
type DescribedPage struct {
	Width  float64         `json:"width"`
	Height float64         `json:"height"`
	Lines  []DescribedLine `json:"lines"`
}

// DescribedLine is a run of text. Score is the recogniser's certainty, 1 where the text is the file's own. Box
// holds the corners from the upper left clockwise.
type DescribedLine struct {
	Text  string        `json:"text"`
	Score float64       `json:"score"`
	Box   [4][2]float64 `json:"box"`
}

// Describe reads a file as [Opener.Open] does, with the lines as they were found: those in tables are not put together to
// cells. A sheet's cells are its lines.
func (o Opener) Describe(ctx context.Context, name string, data []byte) (Described, error) {
	o.lines = true
	doc, err := o.Open(ctx, name, data)
	if err != nil {
		return Described{}, err
	}
	d := Described{File: name, Pages: make([]DescribedPage, 0, len(doc.Pages))}
	for _, p := range doc.Pages {
		lines := slices.Clone(p.Lines)
		for _, t := range p.Tables {
			for _, c := range slices.Concat(t.Rows...) {
				if c.Text != "" && !c.Merged {
					lines = append(lines, page.Line{Text: c.Text, Score: c.Score, Box: c.Box})
				}
			}
		}
		out := DescribedPage{Width: p.Width, Height: p.Height, Lines: make([]DescribedLine, 0, len(lines))}
		for _, l := range lines {
			line := DescribedLine{Text: l.Text, Score: l.Score}
			for i, corner := range l.Box {
				line.Box[i] = [2]float64{corner.X, corner.Y}
			}
			out.Lines = append(out.Lines, line)
		}
		d.Pages = append(d.Pages, out)
	}
	return d, nil
}
