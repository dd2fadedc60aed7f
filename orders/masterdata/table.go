// Package masterdata turns tables with a header row into master data: products, customers, their
// own item codes, prices, stock, staff and earlier orders. Headers may be English or Chinese, in
// any order. Every bad row is named with its number, column and reason.
package masterdata

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// column is one column of a kind: its English and Chinese header, and how a cell's text gets
// into a record. Empty cells are not set.
type column[T any] struct {
	name, chinese string
	needed        bool
	set           func(*T, string) error
}

// CellError is one cell or column that can't be used. It reads as a sentence for the person who
// sent the table.
type CellError struct {
	Row    int    // as a spreadsheet counts: the header is 1
	Column string // as the table writes it
	Reason string
}

// Error names the row, the column and the reason.
func (p *CellError) Error() string {
	if p.Column == "" {
		return fmt.Sprintf("第 %d 行：%s", p.Row, p.Reason)
	}
	return fmt.Sprintf("第 %d 行「%s」：%s", p.Row, p.Column, p.Reason)
}

// Table is what a table says: its records, and the headers that mean nothing here.
type Table[T any] struct {
	Records []T
	Rows    []int // of each record, as a spreadsheet counts
	Unknown []string
}

// parse reads rows, the first of which is the header. The error joins a [*CellError] for each bad
// cell; then no record may be used.
func parse[T any](rows [][]string, columns []column[T]) (Table[T], error) {
	var t Table[T]
	header := slices.IndexFunc(rows, filled)
	if header < 0 {
		return t, &CellError{Row: 1, Reason: "表是空的"}
	}
	var mistakes []error
	places := make([]*column[T], len(rows[header]))
	found := map[string]bool{}
	for i, title := range rows[header] {
		title = strings.TrimSpace(title)
		k := slices.IndexFunc(columns, func(c column[T]) bool {
			return strings.EqualFold(title, c.name) || title == c.chinese
		})
		switch {
		case title == "":
		case k < 0:
			t.Unknown = append(t.Unknown, title)
		case found[columns[k].name]:
			mistakes = append(mistakes, &CellError{header + 1, title, "这一列出现了两次"})
		default:
			places[i], found[columns[k].name] = &columns[k], true
		}
	}
	for _, c := range columns {
		if c.needed && !found[c.name] {
			mistakes = append(mistakes, &CellError{header + 1, c.chinese, "缺少这一列"})
		}
	}
	if len(mistakes) > 0 {
		return t, errors.Join(mistakes...)
	}
	for n, row := range rows[header+1:] {
		if !filled(row) {
			continue
		}
		number := header + n + 2
		var record T
		for i, c := range places {
			if c == nil {
				continue
			}
			cell := ""
			if i < len(row) {
				cell = strings.TrimSpace(row[i])
			}
			if cell == "" {
				if c.needed {
					mistakes = append(mistakes, &CellError{number, rows[header][i], "没有填"})
				}
				continue
			}
			if err := c.set(&record, cell); err != nil {
				mistakes = append(mistakes, &CellError{number, rows[header][i], err.Error()})
			}
		}
		t.Records = append(t.Records, record)
		t.Rows = append(t.Rows, number)
	}
	return t, errors.Join(mistakes...)
}

func filled(row []string) bool {
	return slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// ReadCSV splits a CSV file in UTF-8, with or without a byte order mark, or GBK into rows.
func ReadCSV(data []byte) ([][]string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, fmt.Errorf("neither UTF-8 nor GBK: %w", err)
		}
		data = decoded
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	return r.ReadAll()
}
