package storage

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"orderbot/orders"
)

// Import takes master data of a kind from a CSV or xlsx file, all rows or none. A row whose key
// exists changes that record, in the columns that the file has. Refused rows stand in the report,
// then nothing was imported; a file that can't be used as a whole is a CodeInvalid error. With
// dryRun nothing is changed. The record of changes names the system: it is for whoever runs the server.
func (s *Store) Import(ctx context.Context, kind string, file []byte, dryRun bool) (orders.ImportReport, error) {
	t, err := readTable(file, 8*maxFile)
	if err != nil {
		return orders.ImportReport{Kind: kind}, err
	}
	return s.importTable(ctx, kind, t, dryRun)
}

// ImportRows is [Store.Import] for rows that were read already; the first one is the header.
func (s *Store) ImportRows(ctx context.Context, kind string, rows [][]string, dryRun bool) (orders.ImportReport, error) {
	t := table{rows: make([]tableRow, len(rows))}
	for i, cells := range rows {
		t.rows[i] = tableRow{i + 1, cells}
	}
	return s.importTable(ctx, kind, t, dryRun)
}

// errKeepNothing ends the transaction of an import that is not to stand.
var errKeepNothing = errors.New("keep nothing")

func (s *Store) importTable(ctx context.Context, kind string, t table, dryRun bool) (orders.ImportReport, error) {
	report := &orders.ImportReport{Kind: kind}
	err := s.Do(ctx, func(tx *Tx) (err error) {
		if report, err = tx.importTable(kind, t); err != nil {
			return err
		}
		if len(report.Refused) > 0 || dryRun || report.Added+report.Changed == 0 {
			return errKeepNothing
		}
		return orders.AuditImport(tx, report, orders.SystemActor, "orderbot import", s.now())
	})
	if err != nil && !errors.Is(err, errKeepNothing) {
		return orders.ImportReport{Kind: kind}, err
	}
	return *report, nil
}

// importTable imports a table in this transaction, which must not stand where rows are refused.
func (tx *Tx) importTable(kind string, t table) (*orders.ImportReport, error) {
	im, err := newImporter(kind, t)
	if err != nil {
		return nil, err
	}
	im.tx, im.db = tx, tx.db
	// One import at a time, by the lock on the version.
	if im.version, err = tx.add("counters", "name", "value", "catalog", 1); err != nil {
		return nil, err
	}
	if err := im.run(kind); err != nil {
		return nil, err
	}
	r := &im.report
	if len(r.Refused) > 0 {
		slices.SortStableFunc(r.Refused, func(a, b orders.RowError) int { return a.Row - b.Row })
		r.Added, r.Changed, r.Unchanged, r.Rows = 0, 0, 0, nil
	}
	return r, nil
}

// importer is one import under way.
type importer struct {
	tx      *Tx
	db      *gorm.DB
	header  []string
	table   []tableRow
	report  orders.ImportReport
	version int64 // of the master data with this import

	titles map[string]string // how the file calls a column, by its English name
}

// newImporter makes an importer of a table that is not empty. Without a transaction it can only parse.
func newImporter(kind string, t table) (*importer, error) {
	rows := slices.DeleteFunc(slices.Clone(t.rows), func(r tableRow) bool { return blank(r.cells) })
	if len(rows) == 0 {
		return nil, badFile("文件是空的")
	}
	header, next := headerOf(kind, rows)
	im := &importer{header: rows[header].cells, table: rows[next:], report: orders.ImportReport{Kind: kind, Warnings: slices.Clone(t.notes)}}
	if header > 0 {
		im.warn("%s", skipped(rows[:header]))
	}
	return im, nil
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
	case "options":
		return im.options()
	case "constraints":
		return im.pairings()
	case "receipts":
		return im.receipts()
	case "transits":
		return im.transits()
	default:
		return badFile("没有「%s」这种资料，可以导入: %s", kind, strings.Join(orders.ImportKinds(), " "))
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
	im.report.Refused = append(im.report.Refused, orders.RowError{Row: row, Column: title, Reason: fmt.Sprintf(format, args...)})
}

// column is a column of a kind of master data.
type column[R any] struct {
	name, chinese string
	needed        bool
	cell[R]
}

// cell is how a row of a kind takes the trimmed text of a cell, and how people read what it has there.
type cell[R any] struct {
	set  func(r *R, text string) error
	show func(r *R) string
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
	return strings.NewReplacer(" ", "_", "-", "_", "*", "").Replace(strings.TrimRight(strings.TrimSpace(text), ".: "))
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
	placed, _, twice := place(headings(im.report.Kind, columns), im.header)
	if twice != nil {
		return nil, badFile("列「%s」有两个，还有「%s」，请去掉一个，或者改成标准的名称", twice[1], twice[0])
	}
	for j, title := range im.header {
		switch i := placed[j]; {
		case headerName(title) == "":
		case i < 0:
			unknown = append(unknown, strings.TrimSpace(title))
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

	out := make([]record[R], 0, len(im.table))
	seen := make(map[string]int)
	for _, line := range im.table {
		if len(line.cells) > len(im.header) && !blank(line.cells[len(im.header):]) {
			im.refuse(line.no, "", "比表头多出 %d 格，是不是有没加引号的逗号", len(line.cells)-len(im.header))
			continue
		}
		cellOf := func(i int) string {
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
				text := cellOf(i)
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

// store writes the records that are new or changed, and notes what they change. place are the fields of a row's place in the list and of the
// version of the master data in which it changed last, nil where the table is no part of them.
func store[R any](im *importer, table string, columns []column[R], records []record[R], place func(*R) (seq, version *int64)) error {
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
		seq, version := place(&r.row)
		if r.isNew {
			next++
			*seq = next
			note(im, columns, r.no, nil, &r.row)
		} else if !note(im, columns, r.no, &r.old, &r.row) {
			continue
		}
		if version != nil {
			*version = im.version
		}
		write = append(write, r.row)
	}
	return upsert(im.db, write)
}

// note counts a row and notes what it changes of the record that was there, nil: none. It returns whether it changes anything.
func note[R any](im *importer, columns []column[R], no int, old, row *R) bool {
	if old != nil && reflect.DeepEqual(old, row) {
		im.report.Unchanged++
		return false
	}
	c := orders.RowChange{Row: no, IsNew: old == nil, Name: titleOf(columns, row)}
	if old == nil {
		im.report.Added++
	} else {
		im.report.Changed++
		for _, col := range columns {
			if before, after := col.show(old), col.show(row); before != after {
				c.Cells = append(c.Cells, orders.CellChange{Column: col.chinese, Before: before, After: after})
			}
		}
	}
	im.report.Rows = append(im.report.Rows, c)
	return true
}

// titleOf names a row by the first two of its columns that say something: code and name.
func titleOf[R any](columns []column[R], row *R) string {
	var words []string
	for _, c := range columns {
		if word := c.show(row); word != "" {
			if words = append(words, word); len(words) == 2 {
				break
			}
		}
	}
	return strings.Join(words, " ")
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

// text makes the cell of a text of at most n characters.
func text[R any](n int, field func(*R) *string) cell[R] {
	return cell[R]{func(r *R, text string) error {
		if len([]rune(text)) > n {
			return fmt.Errorf("超过 %d 个字", n)
		}
		*field(r) = text
		return nil
	}, func(r *R) string { return *field(r) }}
}

// How long codes, names and free texts may be.
const (
	codeLen = 64
	nameLen = 120
	longLen = 4000
)

// word makes the cell of one of some words, written in either language. An empty cell is the
// first of them.
func word[R any](field func(*R) *string, words ...string) cell[R] {
	return cell[R]{func(r *R, text string) error {
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
	}, func(r *R) string {
		for _, w := range words {
			if value, synonym, _ := strings.Cut(w, "="); value == *field(r) && synonym != "" {
				return synonym
			}
		}
		return *field(r)
	}}
}

// amount makes the cell of a number in millionths that is not negative; empty is 0.
func amount[R any](field func(*R) *int64) cell[R] {
	return cell[R]{func(r *R, text string) (err error) {
		d := decimal.Zero
		if text != "" {
			d, err = parseAmount(text)
		}
		if err == nil {
			*field(r), err = toMicro(d)
		}
		return err
	}, func(r *R) string { return fromMicro(*field(r)).String() }}
}

// price makes the cell of a number in millionths that may be missing.
func price[R any](field func(*R) **int64) cell[R] {
	return cell[R]{func(r *R, text string) error {
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
	}, func(r *R) string { return showMicro(*field(r)) }}
}

func showMicro(n *int64) string {
	if n == nil {
		return ""
	}
	return fromMicro(*n).String()
}

func flag[R any](field func(*R) *bool) cell[R] {
	return cell[R]{func(r *R, text string) (err error) {
		*field(r), err = parseBool(text)
		return err
	}, func(r *R) string {
		if *field(r) {
			return "是"
		}
		return "否"
	}}
}

// moment makes the cell of a time; read is parseFrom or parseUntil.
func moment[R any](read func(string) (int64, error), field func(*R) *int64) cell[R] {
	return cell[R]{func(r *R, text string) (err error) {
		*field(r), err = read(text)
		return err
	}, func(r *R) string { return showMoment(*field(r)) }}
}

// showMoment writes a time as it is written in files: a day where it is the first or the last moment of it.
func showMoment(ms int64) string {
	at := fromMS(ms).In(beijing)
	switch {
	case ms == 0:
		return ""
	case at.Format("15:04:05.000") == "00:00:00.000", at.Format("15:04:05.000") == "23:59:59.999":
		return at.Format(time.DateOnly)
	default:
		return at.Format(time.DateTime)
	}
}

// list makes the cell of a list.
func list[R any](separators string, field func(*R) *string) cell[R] {
	return cell[R]{func(r *R, text string) error {
		*field(r) = toJSON(splitList(text, separators))
		return nil
	}, func(r *R) string {
		var items []string
		shown(*field(r), &items)
		return strings.Join(items, "、")
	}}
}

// shown reads stored JSON to be shown; what is no JSON shows nothing.
func shown(text string, v any) { _ = fromJSON(text, v) }

// showFen writes an amount of money without its sign.
func showFen(n int64) string { return decimal.New(n, -2).String() }

// fen reads yuan.
func fen(text string) (int64, error) {
	d, err := parseAmount(text)
	if err != nil {
		return 0, err
	}
	return int64(orders.MoneyOf(d)), nil
}
