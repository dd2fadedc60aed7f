package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"

	"orderbot/orders/intake/page"
)

const (
	maxFormulas = 5_000  // without a cached value that are worked out
	maxCells    = 50_000 // of a sheet that are read
)

// openXLSX reads every visible sheet as one table. Hidden columns are left out, hidden rows are marked. Values are
// exact: a number is not rounded to its format, dates are written 2006-01-02.
func openXLSX(data []byte) (*page.Document, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged(err)
	}
	if err := harmless(z); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: 4 * maxInside, UnzipXMLSizeLimit: maxInside})
	switch {
	case errors.Is(err, excelize.ErrWorkbookPassword):
		return nil, encrypted(err)
	case err != nil:
		return nil, damaged(err)
	}
	defer f.Close()
	book := workbook{File: f, doc: &page.Document{Kind: page.KindText}, kinds: map[int]numberKind{}}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		book.from1904 = *props.Date1904
	}
	for i, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err == nil && !visible {
			continue
		}
		if i == maxSheets {
			book.doc.Notes = append(book.doc.Notes, fmt.Sprintf("只读了前 %d 张表。", maxSheets))
			break
		}
		table, err := book.table(sheet)
		if err != nil {
			return nil, damaged(err)
		}
		p := page.Page{Name: sheet}
		if len(table.Rows) > 0 {
			p.Tables = []page.Table{table}
		}
		book.doc.Pages = append(book.doc.Pages, p)
	}
	return book.doc, nil
}

// numberKind tells how a number of a style is to be shown.
type numberKind int

const (
	kindPlain  numberKind = iota
	kindDate              // a serial day
	kindPadded            // a code with leading zeros: as formatted
)

// workbook is an open file while it is read.
type workbook struct {
	*excelize.File
	doc      *page.Document
	from1904 bool
	kinds    map[int]numberKind // by style
	struck   map[int]bool
	words    map[int]string // that a style shows behind its numbers: 箱
	formulas int
}

func (b *workbook) table(sheet string) (page.Table, error) {
	values, err := b.values(sheet)
	if err != nil {
		return page.Table{}, err
	}
	width := 0
	for _, row := range values {
		width = max(width, len(row))
	}
	if width == 0 {
		return page.Table{}, nil
	}
	shown := make([]int, 0, width)
	for col := range width {
		name, err := excelize.ColumnNumberToName(col + 1)
		if err != nil {
			return page.Table{}, err
		}
		if visible, err := b.GetColVisible(sheet, name); err != nil || visible {
			shown = append(shown, col)
		}
	}
	var t page.Table
	all := map[string]page.Cell{} // by reference, hidden columns too: merged cells may begin there
	for i, row := range values {
		cells := make([]page.Cell, 0, len(shown))
		for col := range width {
			raw := ""
			if col < len(row) {
				raw = row[col]
			}
			all[reference(col, i)] = b.cell(sheet, reference(col, i), raw)
		}
		for _, col := range shown {
			cells = append(cells, all[reference(col, i)])
		}
		visible, err := b.GetRowVisible(sheet, i+1)
		t.Hidden = append(t.Hidden, err == nil && !visible)
		t.Rows = append(t.Rows, cells)
	}
	return t, b.merge(sheet, &t, shown, all)
}

// values returns the raw values of a sheet's rows, at most MaxRows.
func (b *workbook) values(sheet string) ([][]string, error) {
	rows, err := b.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values [][]string
	cells := 0
	for rows.Next() {
		row, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, err
		}
		if cells += len(row); len(values) == MaxRows || cells > maxCells {
			b.doc.Notes = append(b.doc.Notes, fmt.Sprintf("表「%s」太大，只读了前 %d 行。", sheet, len(values)))
			break
		}
		values = append(values, row[:min(len(row), maxCols)])
	}
	for len(values) > 0 && strings.Join(values[len(values)-1], "") == "" && !b.hasFormula(sheet, len(values), len(values[len(values)-1])) {
		values = values[:len(values)-1]
	}
	return values, nil
}

func (b *workbook) hasFormula(sheet string, row, width int) bool {
	for col := range width {
		if formula, err := b.GetCellFormula(sheet, reference(col, row-1)); err == nil && formula != "" {
			return true
		}
	}
	return false
}

// cell reads one cell whose raw value is known.
func (b *workbook) cell(sheet, ref, raw string) page.Cell {
	c := page.Cell{Text: strings.TrimSpace(raw), Score: 1, Ref: ref}
	if raw == "" && b.formulas < maxFormulas {
		if formula, err := b.GetCellFormula(sheet, ref); err == nil && formula != "" {
			b.formulas++
			if value, err := b.CalcCellValue(sheet, ref, excelize.Options{RawCellValue: true}); err == nil && !strings.HasPrefix(value, "#") {
				c.Text = value
			}
		}
	}
	if c.Text == "" {
		return c
	}
	style, err := b.GetCellStyle(sheet, ref)
	if err != nil {
		return c
	}
	kind, struck := b.kind(style)
	c.Struck = struck
	number, err := strconv.ParseFloat(c.Text, 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return c
	}
	if t, err := b.GetCellType(sheet, ref); err == nil && (t == excelize.CellTypeSharedString || t == excelize.CellTypeInlineString) {
		return c // a number written as text: a code, a phone
	}
	switch kind {
	case kindDate:
		if day, err := excelize.ExcelDateToTime(number, b.from1904); err == nil {
			c.Text = day.Format("2006-01-02")
			if number < 1 {
				c.Text = day.Format("15:04")
			} else if frac := number - math.Floor(number); frac > 1.0/86400 {
				c.Text = day.Format("2006-01-02 15:04")
			}
		}
	case kindPadded:
		if text, err := b.GetCellValue(sheet, ref, excelize.Options{RawCellValue: false}); err == nil && text != "" {
			c.Text = text
		}
	case kindPlain:
		c.Text = plainNumber(number) + b.words[style]
	}
	return c
}

// plainNumber writes a number without exponent and without the noise of binary fractions (15 digits, as Excel
// shows them).
func plainNumber(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		rounded = v
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// kind looks at a style once.
func (b *workbook) kind(style int) (numberKind, bool) {
	if b.struck == nil {
		b.struck, b.words = map[int]bool{}, map[int]string{}
	}
	if k, ok := b.kinds[style]; ok {
		return k, b.struck[style]
	}
	s, err := b.GetStyle(style)
	if err != nil {
		return kindPlain, false
	}
	k := kindPlain
	switch {
	case s.CustomNumFmt != nil:
		if k = formatKind(*s.CustomNumFmt); k == kindPlain {
			b.words[style] = formatWords(*s.CustomNumFmt)
		}
	case s.NumFmt >= 14 && s.NumFmt <= 22, s.NumFmt >= 27 && s.NumFmt <= 36, s.NumFmt >= 45 && s.NumFmt <= 47, s.NumFmt >= 50 && s.NumFmt <= 58:
		k = kindDate
	}
	b.kinds[style], b.struck[style] = k, s.Font != nil && s.Font.Strike
	return k, b.struck[style]
}

// formatKind tells from a number format's letters whether it shows a date, or pads with zeros.
func formatKind(format string) numberKind {
	format, _, _ = strings.Cut(format, ";")
	var plain strings.Builder
	quoted, bracket := false, false
	for i, r := range format {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted, i > 0 && format[i-1] == '\\':
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case !bracket:
			plain.WriteRune(r)
		}
	}
	text := strings.ToLower(plain.String())
	switch {
	case strings.ContainsAny(text, "yd年月日") || strings.Contains(text, "h") && strings.Contains(text, "m"):
		return kindDate
	case len(text) > 1 && strings.Trim(text, "0") == "":
		return kindPadded
	}
	return kindPlain
}

// formatWords are the words that a number format shows behind the number, 箱 of 0"箱"; a currency's sign or name is none.
func formatWords(format string) string {
	format, _, _ = strings.Cut(format, ";")
	i := strings.LastIndexAny(format, "0#?l") // the last of General, too
	if i < 0 {
		return ""
	}
	var words strings.Builder
	for _, r := range format[i+1:] {
		if unicode.Is(unicode.Han, r) {
			words.WriteRune(r)
		}
	}
	if text := words.String(); text != "元" && text != "格式" {
		return strings.TrimPrefix(text, "通用格式")
	}
	return ""
}

// merge repeats the text of merged cells in each place.
func (b *workbook) merge(sheet string, t *page.Table, shown []int, all map[string]page.Cell) error {
	merges, err := b.GetMergeCells(sheet, true)
	if err != nil {
		return err
	}
	for _, m := range merges {
		c0, r0, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return err
		}
		c1, r1, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil {
			return err
		}
		first := all[reference(c0-1, r0-1)]
		for row := r0 - 1; row < min(r1, len(t.Rows)); row++ {
			for i, col := range shown {
				if col >= c0-1 && col < c1 && (row != r0-1 || col != c0-1) {
					t.Rows[row][i] = page.Cell{Text: first.Text, Score: 1, Ref: reference(col, row), Merged: true, Struck: first.Struck}
				}
			}
		}
	}
	return nil
}
