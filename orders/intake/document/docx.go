package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"orderbot/orders/intake/page"
)

// openDOCX reads a Word file's paragraphs and tables from word/document.xml. Nothing it links to is opened, and
// encoding/xml resolves no external entity.
func openDOCX(data []byte) (*page.Document, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged(err)
	}
	if err := harmless(z); err != nil {
		return nil, err
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		return nil, damaged(err)
	}
	defer f.Close()
	d := docx{xml: xml.NewDecoder(f)}
	if err := d.body(); err != nil {
		return nil, damaged(err)
	}
	return &page.Document{Kind: page.KindText, Pages: []page.Page{d.page}}, nil
}

// docx collects what the XML tells, in order.
type docx struct {
	xml  *xml.Decoder
	page page.Page
	n    int // lines and rows so far: the vertical position of the next
}

const maxDepth = 16 // of tables within tables

// body reads to the end of the document.
func (d *docx) body() error {
	for {
		t, err := d.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "p":
			text, err := d.paragraph()
			if err != nil {
				return err
			}
			d.add(text)
		case "tbl":
			table, err := d.table(1)
			if err != nil {
				return err
			}
			d.addTable(table)
		}
	}
}

// add appends the lines of a paragraph to the page.
func (d *docx) add(text string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && d.n < MaxRows {
			d.page.Lines = append(d.page.Lines, textLine(l, d.n))
			d.n++
		}
	}
}

// addTable keeps a table of two columns or more; a frame around text is text.
func (d *docx) addTable(t page.Table) {
	if len(t.Rows) == 0 || d.n >= MaxRows {
		return
	}
	if len(t.Rows[0]) < 2 {
		for _, row := range t.Rows {
			d.add(row[0].Text)
		}
		return
	}
	for i, row := range t.Rows {
		top := float64(d.n+i) * lineStep
		for j := range row {
			left := float64(j) * 10 * lineStep
			row[j].Box = [4]page.Point{{X: left, Y: top}, {X: left + 9*lineStep, Y: top}, {X: left + 9*lineStep, Y: top + lineStep}, {X: left, Y: top + lineStep}}
		}
	}
	d.n += len(t.Rows)
	d.page.Tables = append(d.page.Tables, t)
}

// paragraph returns the text of the paragraph whose start was read. Deleted and hidden text is left out; a line
// break is a newline.
func (d *docx) paragraph() (string, error) {
	var b strings.Builder
	hidden := false
	for depth := 1; depth > 0; {
		t, err := d.xml.Token()
		if err != nil {
			return "", unexpected(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "del", "moveFrom", "pict", "txbxContent", "instrText":
				if err := d.xml.Skip(); err != nil {
					return "", err
				}
				continue
			case "r":
				hidden = false
			case "vanish":
				hidden = true
			case "t":
				text, err := d.characters()
				if err != nil {
					return "", err
				}
				if !hidden && b.Len() < maxInside/16 {
					b.WriteString(text)
				}
				continue
			case "tab":
				b.WriteString("  ")
			case "br", "cr":
				b.WriteByte('\n')
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return b.String(), nil
}

// characters returns the text up to the end of the element whose start was read.
func (d *docx) characters() (string, error) {
	var b strings.Builder
	for {
		t, err := d.xml.Token()
		if err != nil {
			return "", unexpected(err)
		}
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			if err := d.xml.Skip(); err != nil {
				return "", err
			}
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// table reads the table whose start was read. Cells that span columns (gridSpan) or rows (vMerge) show their
// text in each place.
func (d *docx) table(depth int) (page.Table, error) {
	if depth > maxDepth {
		return page.Table{}, errTooLarge
	}
	var t page.Table
	for {
		token, err := d.xml.Token()
		if err != nil {
			return t, unexpected(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == "tbl" {
				return padded(t), nil
			}
		case xml.StartElement:
			if token.Name.Local != "tr" {
				if token.Name.Local == "tblPr" || token.Name.Local == "tblGrid" {
					if err := d.xml.Skip(); err != nil {
						return t, err
					}
				}
				continue
			}
			var above []page.Cell
			if len(t.Rows) > 0 {
				above = t.Rows[len(t.Rows)-1]
			}
			row, err := d.row(above, depth)
			if err != nil {
				return t, err
			}
			if len(t.Rows) < MaxRows {
				t.Rows = append(t.Rows, row)
			}
		}
	}
}

// padded gives all rows the same length.
func padded(t page.Table) page.Table {
	width := 0
	for _, row := range t.Rows {
		width = max(width, len(row))
	}
	for i, row := range t.Rows {
		for len(row) < width {
			row = append(row, page.Cell{Score: 1})
		}
		t.Rows[i] = row
	}
	t.Hidden = make([]bool, len(t.Rows))
	return t
}

func (d *docx) row(above []page.Cell, depth int) ([]page.Cell, error) {
	var cells []page.Cell
	for {
		token, err := d.xml.Token()
		if err != nil {
			return nil, unexpected(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == "tr" {
				return cells, nil
			}
		case xml.StartElement:
			if token.Name.Local != "tc" {
				continue
			}
			cell, span, goesOn, err := d.cell(depth)
			if err != nil {
				return nil, err
			}
			for i := range min(span, maxCols-len(cells)) {
				c := cell
				if goesOn && len(cells) < len(above) {
					c = above[len(cells)]
				}
				c.Merged = goesOn || i > 0
				cells = append(cells, c)
			}
		}
	}
}

// cell reads the cell whose start was read: its text, how many columns it spans, and whether it only continues
// the one above.
func (d *docx) cell(depth int) (c page.Cell, span int, goesOn bool, err error) {
	var parts []string
	span = 1
	struck := false
	for {
		token, err := d.xml.Token()
		if err != nil {
			return c, 0, false, unexpected(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == "tc" {
				return page.Cell{Text: strings.Join(parts, " "), Score: 1, Struck: struck}, span, goesOn, nil
			}
		case xml.StartElement:
			switch token.Name.Local {
			case "gridSpan":
				span = bound(attribute(token, "val"), 1, maxCols)
			case "vMerge":
				goesOn = attribute(token, "val") != "restart"
			case "p":
				text, err := d.paragraph()
				if err != nil {
					return c, 0, false, err
				}
				if text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " ")); text != "" {
					parts = append(parts, text)
				}
			case "tbl":
				inner, err := d.table(depth + 1)
				if err != nil {
					return c, 0, false, err
				}
				for _, row := range inner.Rows {
					for _, in := range row {
						if in.Text != "" && !in.Merged {
							parts = append(parts, in.Text)
						}
					}
				}
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// bound reads a number and keeps it between lo and hi.
func bound(text string, lo, hi int) int {
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' || n > hi {
			break
		}
		n = n*10 + int(r-'0')
	}
	return min(max(n, lo), hi)
}
