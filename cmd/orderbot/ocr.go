package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

type ocrCmd struct {
	Files []string `arg:"" name:"file" help:"Pictures or PDF files."`
}

// ocrFile is the output of one file.
type ocrFile struct {
	File  string    `json:"file"`
	Pages []ocrPage `json:"pages"`
}

type ocrPage struct {
	Width  float64   `json:"width"`
	Height float64   `json:"height"`
	Lines  []ocrLine `json:"lines"`
}

type ocrLine struct {
	Text  string        `json:"text"`
	Score float64       `json:"score"`
	Box   [4][2]float64 `json:"box"`
}

// Run prints one JSON object a file. A file that can't be read is an object with an error, and
// the run fails at its end.
func (c *ocrCmd) Run(ctx context.Context, p *program) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	recogniser := newRecogniser(settings.OCR)
	defer recogniser.Close()
	failed := 0
	for _, name := range c.Files {
		var result any
		pages, err := recognise(ctx, name, recogniser)
		if err == nil {
			result = ocrFile{File: name, Pages: pages}
		} else {
			failed++
			reason, spoken := orders.ErrorMessage(err)
			if !spoken {
				reason = err.Error()
			}
			result = struct {
				File  string `json:"file"`
				Error string `json:"error"`
			}{name, reason}
		}
		line, err := encode(result)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := p.stdout.Write(line); err != nil {
			return err
		}
	}
	if failed > 0 {
		_, _ = fmt.Fprintf(p.stderr, "orderbot: %d files could not be read; their lines say why\n", failed)
		return errFailed
	}
	return nil
}

func recognise(ctx context.Context, name string, recogniser *lazyOCR) ([]ocrPage, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	doc, err := document.Open(ctx, name, data, recogniser)
	if err != nil {
		return nil, err
	}
	pages := make([]ocrPage, len(doc.Pages))
	for i, from := range doc.Pages {
		lines := slices.Clone(from.Lines)
		for _, t := range from.Tables {
			for _, cell := range slices.Concat(t.Rows...) {
				if cell.Text != "" && !cell.Merged {
					lines = append(lines, page.Line{Text: cell.Text, Score: cell.Score, Box: cell.Box})
				}
			}
		}
		if doc.Kind == page.KindOCR && len(from.Tables) > 0 {
			ocr.InReadingOrder(lines)
		}
		pages[i] = ocrPage{Width: from.Width, Height: from.Height, Lines: make([]ocrLine, len(lines))}
		for k, l := range lines {
			pages[i].Lines[k] = ocrLine{Text: l.Text, Score: l.Score}
			for c, corner := range l.Box {
				pages[i].Lines[k].Box[c] = [2]float64{corner.X, corner.Y}
			}
		}
	}
	return pages, nil
}
