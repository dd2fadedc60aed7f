package storage

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/width"

	"orderbot/orders"
)

// maxFile is how large an imported file may be, in bytes.
const maxFile = 64 << 20

// tableRow is a row of a file with its number there; the header is usually row 1.
type tableRow struct {
	no    int
	cells []string
}

// table is what is read of a file. notes are for who sent it.
type table struct {
	rows  []tableRow
	notes []string
}

func badFile(format string, args ...any) error {
	return orders.Errorf(orders.CodeInvalid, format, args...)
}

// readTable reads a CSV file (UTF-8, UTF-16 or GBK, comma or tab) or the first filled sheet of an
// xlsx file, of at most unpacked bytes.
func readTable(data []byte, unpacked int64) (table, error) {
	switch {
	case len(data) > maxFile:
		return table{}, badFile("文件超过 %d MB", maxFile>>20)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data, unpacked)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return table{}, badFile("这是旧版 Excel 文件 (.xls)，请另存为 .xlsx 或 CSV")
	}
	text, err := decodeText(data)
	if err != nil {
		return table{}, badFile("文件的文字编码不认识，请存为 UTF-8 或 GBK")
	}
	rows, err := readCSV(text)
	return table{rows: rows}, err
}

func decodeText(data []byte) (string, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		return string(out), err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return string(data), nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err == nil && bytes.ContainsRune(out, utf8.RuneError) {
		err = errors.New("neither UTF-8 nor GBK")
	}
	return string(out), err
}

func readCSV(text string) ([]tableRow, error) {
	rows, err := parseCSV(text, false)
	if errors.Is(err, csv.ErrBareQuote) { // 5" pipes
		rows, err = parseCSV(text, true)
	}
	if p := (*csv.ParseError)(nil); errors.As(err, &p) {
		return nil, badFile("第 %d 行的引号不成对，读不下去", p.StartLine)
	}
	return rows, err
}

func parseCSV(text string, lazy bool) ([]tableRow, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, lazy
	for line := range strings.Lines(text) { // the first with columns: a title has none
		if strings.ContainsAny(line, "\t,") {
			if !strings.Contains(line, ",") {
				r.Comma = '\t'
			}
			break
		}
	}
	var rows []tableRow
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, tableRow{line, cells})
	}
}

var scientific = regexp.MustCompile(`^\d(\.\d+)?E\+?\d{1,2}$`)

func readXLSX(data []byte, unpacked int64) (t table, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: unpacked, UnzipXMLSizeLimit: min(maxFile, unpacked)})
	if err != nil {
		return t, badFile("Excel 文件打不开（已损坏、太大或有密码）")
	}
	defer f.Close()
	more := 0
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err == nil && !visible {
			continue // nobody saw what it holds
		}
		cells, err := f.GetRows(sheet)
		if err != nil {
			return t, badFile("Excel 工作表「%s」读不出来", sheet)
		}
		var rows []tableRow
		for i, c := range cells {
			for j := range c {
				if scientific.MatchString(c[j]) { // a long number, as Excel keeps it
					if d, err := decimal.NewFromString(c[j]); err == nil {
						c[j] = d.String()
					}
				}
			}
			if !blank(c) {
				rows = append(rows, tableRow{i + 1, c})
			}
		}
		switch {
		case len(rows) == 0:
		case t.rows == nil:
			t.rows, t.notes = rows, []string{fmt.Sprintf("只看了第一张表「%s」", sheet)}
		default:
			more++
		}
	}
	if more == 0 {
		t.notes = nil
	}
	return t, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// What follows reads cells. Errors say what is wrong, for people.

func parseNumber(text string) (decimal.Decimal, error) {
	clean := text
	if strings.Trim(text, "0123456789.") != "" {
		clean = strings.TrimSpace(strings.Trim(strings.ReplaceAll(width.Narrow.String(text), ",", ""), "¥元 "))
	}
	d, err := decimal.NewFromString(clean)
	if err != nil || len(clean) > 40 {
		return decimal.Zero, fmt.Errorf("「%s」不是数字", text)
	}
	if _, err := toMicro(d); err != nil {
		return decimal.Zero, fmt.Errorf("「%s」太大", text)
	}
	return d, nil
}

// parseAmount reads a number that is not negative.
func parseAmount(text string) (decimal.Decimal, error) {
	d, err := parseNumber(text)
	if err == nil && d.IsNegative() {
		return d, fmt.Errorf("「%s」不能是负数", text)
	}
	return d, err
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(width.Narrow.String(text)) {
	case "", "否", "no", "n", "false", "0", "无":
		return false, nil
	case "是", "yes", "y", "true", "1", "有":
		return true, nil
	}
	return false, fmt.Errorf("「%s」要写 是 或 否", text)
}

var dateLayouts = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102",
	"2006-1-2 15:04", "2006/1/2 15:04", "2006-1-2 15:04:05", "2006/1/2 15:04:05", time.RFC3339, "2006-1-2T15:04:05", "2006-1-2T15:04",
}

// parseDate reads a date or time of Beijing, or the day number by which Excel keeps it. isDate
// tells that it names a day and no time of it.
func parseDate(text string) (at time.Time, isDate bool, err error) {
	clean := width.Narrow.String(text)
	for i, layout := range dateLayouts {
		if at, err = time.ParseInLocation(layout, clean, beijing); err == nil {
			return at, i < 5, checkYear(at, text)
		}
	}
	if d, numErr := decimal.NewFromString(clean); numErr == nil && len(clean) < 20 && d.GreaterThan(decimal.NewFromInt(20000)) && d.LessThan(decimal.NewFromInt(80000)) {
		days, _ := d.Float64()
		if at, err = excelize.ExcelDateToTime(days, false); err == nil {
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, beijing)
			return at, d.IsInteger(), nil
		}
	}
	return time.Time{}, false, fmt.Errorf("「%s」不是日期，要写成 2026-03-11", text)
}

func checkYear(at time.Time, text string) error {
	if at.Year() < 1990 || at.Year() > 2200 {
		return fmt.Errorf("「%s」不像是对的日期", text)
	}
	return nil
}

// parseFrom reads when something begins: a date means its first moment.
func parseFrom(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	at, _, err := parseDate(text)
	return toMS(at), err
}

// parseUntil reads when something ends: a date means that it holds the whole day.
func parseUntil(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	at, isDate, err := parseDate(text)
	if isDate {
		at = at.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	return toMS(at), err
}

// splitList cuts a list at any of the separators and drops what is empty.
func splitList(text, separators string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// splitPairs cuts 箱=20;件=100 into pairs.
func splitPairs(text string) ([][2]string, error) {
	var out [][2]string
	for _, part := range splitList(text, ";；|｜") {
		name, value, ok := strings.Cut(strings.Replace(part, "＝", "=", 1), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("「%s」要写成 名称=值", part)
		}
		if slices.ContainsFunc(out, func(p [2]string) bool { return p[0] == name }) {
			return nil, fmt.Errorf("「%s」写了两次", name)
		}
		out = append(out, [2]string{name, value})
	}
	return out, nil
}
