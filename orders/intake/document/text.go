package document

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"

	"orderbot/orders/intake/page"
)

// decodeText reads bytes as text: UTF-8, UTF-16 with its mark, else GB18030 (GBK). ok is false where
// it holds control characters, as no text does.
func decodeText(data []byte) (text string, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		out, err := utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", false
		}
		text = string(out)
	case utf8.Valid(data):
		text = strings.TrimPrefix(string(data), "\ufeff")
	default:
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", false
		}
		text = string(out)
	}
	control := strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\x1a'
	})
	return text, !control
}

// separator finds which of comma, tab and semicolon parts the columns: the one that most lines have equally
// often; 0 where none does.
func separator(text string) rune {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	best, most := rune(0), 0
	for _, sep := range []rune{'\t', ';', ',', '|'} {
		count := map[int]int{}
		for _, l := range lines[:min(len(lines), 200)] {
			if n := strings.Count(l, string(sep)); n > 0 {
				count[n]++
			}
		}
		like := 0
		for _, n := range count {
			like = max(like, n)
		}
		if like > most && like*2 > min(len(lines), 200) {
			best, most = sep, like
		}
	}
	return best
}

// openCSV reads a table of text. Short rows are filled up.
func openCSV(data []byte) (*page.Document, error) {
	text, ok := decodeText(data)
	if !ok {
		return nil, damaged(nil)
	}
	r := csv.NewReader(strings.NewReader(text))
	if r.Comma = separator(text); r.Comma == 0 {
		r.Comma = ','
	}
	r.LazyQuotes = true
	r.FieldsPerRecord = -1
	var rows [][]string
	doc := &page.Document{Kind: page.KindText}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, damaged(err)
		}
		if len(rows) == MaxRows {
			doc.Notes = append(doc.Notes, fmt.Sprintf("文件太长，只读了前 %d 行。", MaxRows))
			break
		}
		rows = append(rows, row[:min(len(row), maxCols)])
	}
	p := page.Page{}
	if t := tableOf(rows); len(t.Rows) > 0 {
		p.Tables = []page.Table{t}
	}
	doc.Pages = []page.Page{p}
	return doc, nil
}

// tableOf makes a table of rows of any length; blank rows stay, so that references keep their numbers.
func tableOf(rows [][]string) page.Table {
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	if width == 0 {
		return page.Table{}
	}
	t := page.Table{Hidden: make([]bool, len(rows))}
	for i, row := range rows {
		cells := make([]page.Cell, width)
		for j := range cells {
			cells[j].Score = 1
			cells[j].Ref = reference(j, i)
			if j < len(row) {
				cells[j].Text = strings.TrimSpace(row[j])
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// reference names a cell as a spreadsheet does: column 1, row 6 (both from 0) is B7.
func reference(col, row int) string {
	name := ""
	for c := col; c >= 0; c = c/26 - 1 {
		name = string(rune('A'+c%26)) + name
	}
	return fmt.Sprintf("%s%d", name, row+1)
}

// openText reads plain text line by line.
func openText(data []byte) (*page.Document, error) {
	text, ok := decodeText(data)
	if !ok {
		return nil, damaged(nil)
	}
	p := page.Page{}
	for i, l := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		p.Lines = append(p.Lines, textLine(l, i))
		if len(p.Lines) == MaxRows {
			break
		}
	}
	return &page.Document{Kind: page.KindText, Pages: []page.Page{p}}, nil
}

// lineStep is the height of a line in pages that have no layout of their own.
const lineStep = 20.0

// textLine is a line of a file without layout: the n-th from the top.
func textLine(text string, n int) page.Line {
	top, wide := float64(n)*lineStep, float64(utf8.RuneCountInString(text))*lineStep/2
	return page.Line{
		Text: text, Score: 1, Back: -1,
		Box: [4]page.Point{{X: 0, Y: top}, {X: wide, Y: top}, {X: wide, Y: top + lineStep*0.8}, {X: 0, Y: top + lineStep*0.8}},
	}
}
