package storage

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"orderbot/orders"
)

// Report tells what an import did, or would do.
type Report struct {
	Kind      string     `json:"kind"`
	Added     int        `json:"added"`
	Changed   int        `json:"changed"`
	Unchanged int        `json:"unchanged"`
	Warnings  []string   `json:"warnings,omitempty"`
	Refused   []RowError `json:"refused,omitempty"` // where there is one, nothing was imported
}

// RowError says what is wrong with a row of a file: its number there, the column as the file names
// it (empty: the row as a whole), and the reason for people.
type RowError struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// Error says it in one line.
func (e RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("第 %d 行: %s", e.Row, e.Reason)
	}
	return fmt.Sprintf("第 %d 行「%s」: %s", e.Row, e.Column, e.Reason)
}

// ImportKinds are the kinds of master data that [Store.Import] takes.
func ImportKinds() []string {
	return []string{"products", "customers", "customer-items", "prices", "stock", "staff", "history", "calendar", "invoices", "payments"}
}

// Import takes master data of a kind from a CSV or xlsx file, all rows or none. A row whose key
// exists changes that record, in the columns that the file has. Refused rows stand in the report,
// then nothing was imported; a file that can't be used as a whole is a CodeInvalid error. With
// dryRun nothing is changed.
func (s *Store) Import(ctx context.Context, kind string, file []byte, dryRun bool) (Report, error) {
	rows, err := readTable(file)
	if err != nil {
		return Report{Kind: kind}, err
	}
	return s.importTable(ctx, kind, rows, dryRun)
}

// ImportRows is [Store.Import] for rows that were read already; the first one is the header.
func (s *Store) ImportRows(ctx context.Context, kind string, rows [][]string, dryRun bool) (Report, error) {
	table := make([]tableRow, len(rows))
	for i, cells := range rows {
		table[i] = tableRow{i + 1, cells}
	}
	return s.importTable(ctx, kind, table, dryRun)
}

// errKeepNothing ends the transaction of an import that is not to stand.
var errKeepNothing = errors.New("keep nothing")

func (s *Store) importTable(ctx context.Context, kind string, table []tableRow, dryRun bool) (Report, error) {
	table = slices.DeleteFunc(slices.Clone(table), func(r tableRow) bool { return blank(r.cells) })
	if len(table) == 0 {
		return Report{Kind: kind}, badFile("文件是空的")
	}
	var report Report
	err := s.Do(ctx, func(tx *Tx) error {
		im := &importer{tx: tx, db: tx.db, header: table[0].cells, table: table[1:], report: Report{Kind: kind}}
		// One import at a time, by the lock on the version.
		if _, err := tx.add("counters", "name", "value", "catalog", 1); err != nil {
			return err
		}
		err := im.run(kind)
		report = im.report
		if err == nil && (len(report.Refused) > 0 || dryRun || report.Added+report.Changed == 0) {
			err = errKeepNothing
		}
		return err
	})
	if err != nil && !errors.Is(err, errKeepNothing) {
		return Report{Kind: kind}, err
	}
	if len(report.Refused) > 0 {
		slices.SortStableFunc(report.Refused, func(a, b RowError) int { return a.Row - b.Row })
		report.Added, report.Changed, report.Unchanged = 0, 0, 0
	}
	return report, nil
}

// importer is one import under way.
type importer struct {
	tx     *Tx
	db     *gorm.DB
	header []string
	table  []tableRow
	report Report

	titles map[string]string // how the file calls a column, by its English name
}

func (im *importer) run(kind string) error {
	switch kind {
	case "products":
		return im.products()
	case "customers":
		return im.customers()
	case "customer-items":
		return im.items()
	case "prices":
		return im.prices()
	case "stock":
		return im.stock()
	case "staff":
		return im.staff()
	case "history":
		return im.history()
	case "calendar":
		return im.calendar()
	case "invoices":
		return im.invoices()
	case "payments":
		return im.payments()
	default:
		return badFile("没有「%s」这种资料，可以导入: %s", kind, strings.Join(ImportKinds(), " "))
	}
}

func (im *importer) warn(format string, args ...any) {
	im.report.Warnings = append(im.report.Warnings, fmt.Sprintf(format, args...))
}

func (im *importer) refuse(row int, column, format string, args ...any) {
	title := im.titles[column]
	if title == "" {
		title = column
	}
	im.report.Refused = append(im.report.Refused, RowError{row, title, fmt.Sprintf(format, args...)})
}

// column is a column of a kind of master data. set gets the trimmed text of a cell.
type column[R any] struct {
	name, chinese string
	needed        bool
	set           func(r *R, text string) error
}

// record is a row of the file, laid over the stored one.
type record[R any] struct {
	no       int
	row, old R
	isNew    bool
}

// key of a record as text; parts can't contain the separator.
func key(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprint(&b, p, "\x00")
	}
	return b.String()
}

// headerName makes names of columns comparable: 「单价（元）*」 is 单价.
func headerName(text string) string {
	text = strings.ToLower(strings.TrimSpace(width.Narrow.String(text)))
	text, _, _ = strings.Cut(text, "(")
	return strings.NewReplacer(" ", "_", "-", "_", "*", "").Replace(strings.TrimSpace(text))
}

// parse reads the file's rows over the stored ones. keyColumns are named where two rows have the
// same key. keep tells whether cells that the file lacks stay as they are stored.
func parse[R any](im *importer, columns []column[R], stored map[string]R, keyOf func(*R) string, keyColumn string) ([]record[R], error) {
	at := make([]int, len(columns)) // where each column stands in the file
	for i := range at {
		at[i] = -1
	}
	im.titles = make(map[string]string)
	var unknown []string
	for j, title := range im.header {
		name := headerName(title)
		i := slices.IndexFunc(columns, func(c column[R]) bool { return name == c.name || name == strings.ToLower(c.chinese) })
		switch {
		case name == "":
		case i < 0:
			unknown = append(unknown, strings.TrimSpace(title))
		case at[i] >= 0:
			return nil, badFile("列「%s」有两个", title)
		default:
			at[i], im.titles[columns[i].name] = j, strings.TrimSpace(title)
		}
	}
	if len(unknown) > 0 {
		im.warn("不认识的列没有导入: %s", strings.Join(unknown, "、"))
	}
	var missing []string
	for i, c := range columns {
		if c.needed && at[i] < 0 {
			missing = append(missing, c.chinese+" ("+c.name+")")
		}
	}
	if len(missing) > 0 {
		return nil, badFile("文件缺少列: %s", strings.Join(missing, "、"))
	}

	var out []record[R]
	seen := make(map[string]int)
	for _, line := range im.table {
		if len(line.cells) > len(im.header) && !blank(line.cells[len(im.header):]) {
			im.refuse(line.no, "", "比表头多出 %d 格，是不是有没加引号的逗号", len(line.cells)-len(im.header))
			continue
		}
		cell := func(i int) string {
			if at[i] < 0 || at[i] >= len(line.cells) {
				return ""
			}
			return strings.TrimSpace(line.cells[at[i]])
		}
		bad := false
		fill := func(r *R) {
			for i, c := range columns {
				if at[i] < 0 {
					continue
				}
				text := cell(i)
				var err error
				if c.needed && text == "" {
					err = errors.New("不能为空")
				} else {
					err = c.set(r, text)
				}
				if err != nil {
					im.refuse(line.no, c.name, "%s", err)
					bad = true
				}
			}
		}
		// Once to learn the key, then over the stored row, if there is one.
		rec := record[R]{no: line.no, isNew: true}
		fill(&rec.row)
		if bad {
			continue
		}
		k := keyOf(&rec.row)
		if first, ok := seen[k]; ok {
			im.refuse(line.no, keyColumn, "与第 %d 行重复", first)
			continue
		}
		seen[k] = line.no
		if old, ok := stored[k]; ok {
			rec.isNew, rec.old, rec.row = false, old, old
			fill(&rec.row)
		}
		out = append(out, rec)
	}
	return out, nil
}

// load reads the stored rows of a table by key.
func load[R any](db *gorm.DB, table string, keyOf func(*R) string) (map[string]R, error) {
	var rows []R
	if err := db.Raw("SELECT * FROM " + table).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	out := make(map[string]R, len(rows))
	for i := range rows {
		out[keyOf(&rows[i])] = rows[i]
	}
	return out, nil
}

// store writes the records that are new or changed and counts them.
func store[R any](im *importer, table string, records []record[R], seq func(*R) *int64) error {
	if len(im.report.Refused) > 0 {
		return nil
	}
	var next int64
	if err := im.db.Raw("SELECT COALESCE(MAX(seq), 0) FROM " + table).Scan(&next).Error; err != nil {
		return err
	}
	var write []R
	for i := range records {
		r := &records[i]
		switch {
		case r.isNew:
			next++
			*seq(&r.row) = next
			im.report.Added++
		case reflect.DeepEqual(r.row, r.old):
			im.report.Unchanged++
			continue
		default:
			im.report.Changed++
		}
		write = append(write, r.row)
	}
	return upsert(im.db, write)
}

// upsert writes rows, new or not, a few hundred in a statement.
func upsert[R any](db *gorm.DB, rows []R) error {
	for part := range slices.Chunk(rows, 400) {
		if err := db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&part).Error; err != nil {
			return fmt.Errorf("write import: %w", err)
		}
	}
	return nil
}

// codes returns the codes of products, customers or staff that are stored.
func (im *importer) codes(table string) (map[string]bool, error) {
	var list []string
	if err := im.db.Raw("SELECT code FROM " + table).Scan(&list).Error; err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	out := make(map[string]bool, len(list))
	for _, c := range list {
		out[c] = true
	}
	return out, nil
}

// text makes the setter of a text of at most n characters.
func text[R any](n int, field func(*R) *string) func(*R, string) error {
	return func(r *R, text string) error {
		if len([]rune(text)) > n {
			return fmt.Errorf("超过 %d 个字", n)
		}
		*field(r) = text
		return nil
	}
}

// How long codes, names and free texts may be.
const (
	codeLen = 64
	nameLen = 120
	longLen = 4000
)

// word makes the setter of one of some words, written in either language. An empty cell is the
// first of them.
func word[R any](field func(*R) *string, words ...string) func(*R, string) error {
	return func(r *R, text string) error {
		if text == "" {
			text = words[0]
		}
		var chinese []string
		for _, w := range words {
			value, synonym, _ := strings.Cut(w, "=")
			if strings.EqualFold(text, value) || strings.EqualFold(text, synonym) || strings.EqualFold(text, w) {
				*field(r) = value
				return nil
			}
			if synonym == "" {
				synonym = value
			}
			if synonym != "" {
				chinese = append(chinese, synonym)
			}
		}
		return fmt.Errorf("「%s」要写 %s 之一", text, strings.Join(chinese, "、"))
	}
}

// amount makes the setter of a number in millionths that is not negative; empty is 0.
func amount[R any](field func(*R) *int64) func(*R, string) error {
	return func(r *R, text string) (err error) {
		d := decimal.Zero
		if text != "" {
			d, err = parseAmount(text)
		}
		if err == nil {
			*field(r), err = toMicro(d)
		}
		return err
	}
}

// price makes the setter of a number in millionths that may be missing.
func price[R any](field func(*R) **int64) func(*R, string) error {
	return func(r *R, text string) error {
		if text == "" {
			*field(r) = nil
			return nil
		}
		d, err := parseAmount(text)
		if err != nil {
			return err
		}
		n, err := toMicro(d)
		*field(r) = &n
		return err
	}
}

func flag[R any](field func(*R) *bool) func(*R, string) error {
	return func(r *R, text string) (err error) {
		*field(r), err = parseBool(text)
		return err
	}
}

// moment makes the setter of a time; read is parseFrom or parseUntil.
func moment[R any](read func(string) (int64, error), field func(*R) *int64) func(*R, string) error {
	return func(r *R, text string) (err error) {
		*field(r), err = read(text)
		return err
	}
}

// list makes the setter of a list.
func list[R any](separators string, field func(*R) *string) func(*R, string) error {
	return func(r *R, text string) error {
		*field(r) = toJSON(splitList(text, separators))
		return nil
	}
}

// fen reads yuan.
func fen(text string) (int64, error) {
	d, err := parseAmount(text)
	if err != nil {
		return 0, err
	}
	return int64(orders.MoneyOf(d)), nil
}
