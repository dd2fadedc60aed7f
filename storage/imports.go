package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// What is sent in a chat is smaller than what an operator imports: it is kept in the database, and others wait for it.
const (
	maxSent     = 4 << 20
	maxSentRows = 5000
	maxUnpacked = 64 << 20
)

func checkSent(file []byte) error {
	if len(file) > maxSent {
		return badFile("文件有 %d MB，在聊天里导入最多 %d MB。请分成几份，或请运维用 orderbot import 导入", (len(file)+1<<20-1)>>20, maxSent>>20)
	}
	return nil
}

func readSent(file []byte) (table, error) {
	if err := checkSent(file); err != nil {
		return table{}, err
	}
	t, err := readTable(file, maxUnpacked)
	if err == nil && len(t.rows) > maxSentRows+1 {
		return table{}, badFile("表有 %d 行，在聊天里一次最多导入 %d 行。请分成几份，或请运维用 orderbot import 导入", len(t.rows)-1, maxSentRows)
	}
	return t, err
}

// TryImport tells what the import of a file that was sent in a chat would do, and does nothing. A file that can't be used as a whole is a
// CodeInvalid error.
func (s *Store) TryImport(ctx context.Context, kind string, file []byte) (*orders.ImportReport, error) {
	t, err := readSent(file)
	if err != nil {
		return nil, err
	}
	report, err := s.importTable(ctx, kind, t, true)
	return &report, err
}

// ImportTable imports a file that was sent in a chat, in this transaction: where its report has refused rows, the transaction must not
// stand.
func (tx *Tx) ImportTable(kind string, file []byte) (*orders.ImportReport, error) {
	t, err := readSent(file)
	if err != nil {
		return nil, err
	}
	return tx.importTable(kind, t)
}

// heading is a column of a kind of master data, without what it means.
type heading struct {
	names    []string // as [headerName] makes them
	synonyms []string
	title    string
	needed   bool
}

func headings[R any](kind string, columns []column[R]) []heading {
	out := make([]heading, len(columns))
	for i, c := range columns {
		out[i] = heading{[]string{c.name, strings.ToLower(c.chinese)}, synonyms[kind][c.name], c.chinese, c.needed}
	}
	return out
}

var kindHeadings = map[string][]heading{
	"products": headings("products", productColumns), "customers": headings("customers", customerColumns),
	"customer-items": headings("customer-items", itemColumns), "prices": headings("prices", priceColumns), "stock": headings("stock", stockColumns),
	"staff": headings("staff", staffColumns), "history": headings("history", historyColumns), "calendar": headings("calendar", dayColumns),
	"invoices": headings("invoices", invoiceColumns), "payments": headings("payments", paymentColumns),
	"receipts": headings("receipts", receiptColumns),
	"transits": headings("transits", transitColumns),
	"options":  headings("options", optionColumns), "constraints": headings("constraints", pairingColumns),
}

// eitherNeeded are columns of which a kind needs one.
var eitherNeeded = map[string][][]string{"prices": {{"产品编码", "分类"}, {"单价", "折扣"}}, "options": {{"产品编码", "分类"}}}

// TableFits tells how headings fit each kind of master data. Of a table with two columns of one name none fits.
func (s *Store) TableFits(titles []string) []orders.TableFit {
	var out []orders.TableFit
	for _, kind := range orders.ImportKinds() {
		fit := orders.TableFit{Kind: kind}
		seen := make(map[string]bool)
		at, loose, twice := place(kindHeadings[kind], titles)
		if twice != nil {
			if headerName(twice[0]) == headerName(twice[1]) {
				return nil
			}
			continue
		}
		fit.Loose = loose
		for j, title := range titles {
			switch {
			case headerName(title) == "":
			case at[j] < 0:
				fit.Unknown = append(fit.Unknown, strings.TrimSpace(title))
			default:
				seen[kindHeadings[kind][at[j]].title] = true
				fit.Known++
			}
		}
		for _, h := range kindHeadings[kind] {
			if h.needed && !seen[h.title] {
				fit.Missing = append(fit.Missing, h.title)
			}
		}
		for _, either := range eitherNeeded[kind] {
			if !slices.ContainsFunc(either, func(title string) bool { return seen[title] }) {
				fit.Missing = append(fit.Missing, strings.Join(either, "或"))
			}
		}
		out = append(out, fit)
	}
	return out
}

type importRow struct {
	ID        int64 `gorm:"primaryKey"`
	Kind      string
	Name      string
	File      []byte
	Print     string
	Counts    string
	ByStaff   string
	ByName    string
	At        int64
	State     int
	SettledAt int64
}

func (*importRow) TableName() string { return "imports" }

func (r *importRow) toDomain() orders.ImportProposal {
	return orders.ImportProposal{
		ID: int(r.ID), Kind: r.Kind, Name: r.Name, File: r.File, Print: r.Print, Counts: r.Counts, By: orders.StaffCode(r.ByStaff), ByName: r.ByName,
		At: fromMS(r.At), State: orders.ImportState(r.State), SettledAt: fromMS(r.SettledAt),
	}
}

// AddImport keeps a proposed import and sets its ID. It is a CodeInvalid error where the file is too large. Files of proposals that are over
// by now are let go.
func (tx *Tx) AddImport(p *orders.ImportProposal) error {
	if err := checkSent(p.File); err != nil {
		return err
	}
	row := importRow{
		Kind: p.Kind, Name: p.Name, File: p.File, Print: p.Print, Counts: p.Counts, ByStaff: string(p.By), ByName: p.ByName, At: toMS(p.At), State: int(p.State),
		SettledAt: toMS(p.SettledAt),
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return fmt.Errorf("keep import: %w", err)
	}
	p.ID = int(row.ID)
	return wrap("let go of imports", tx.db.Exec("UPDATE imports SET file = x'' WHERE at <= ? AND LENGTH(file) > 0", toMS(p.At.Add(-orders.ImportKept))).Error)
}

// Import loads a proposed import under a lock: CodeNotFound where there is none.
func (tx *Tx) Import(id int) (*orders.ImportProposal, error) {
	var rows []importRow
	if err := tx.db.Raw("SELECT * FROM imports WHERE id = ?"+tx.s.forUpdate(), id).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("lock import: %w", err)
	}
	if len(rows) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "没有第 %d 号导入，请核对编号", id)
	}
	p := rows[0].toDomain()
	return &p, nil
}

// OpenImports returns what somebody has not settled of what they sent since a moment, oldest first, without the files.
func (tx *Tx) OpenImports(by orders.StaffCode, since time.Time) ([]orders.ImportProposal, error) {
	var rows []importRow
	err := tx.db.Raw("SELECT id, kind, name, print, counts, by_staff, by_name, at, state, settled_at FROM imports WHERE by_staff = ? AND at > ? AND state IN ? ORDER BY id",
		string(by), toMS(since), []int{int(orders.ImportAsked), int(orders.ImportOpen)}).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read imports: %w", err)
	}
	out := make([]orders.ImportProposal, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// SaveImport stores what became of a proposed import.
func (tx *Tx) SaveImport(p *orders.ImportProposal) error {
	if p.File == nil {
		p.File = []byte{}
	}
	u := tx.db.Exec("UPDATE imports SET kind = ?, file = ?, print = ?, counts = ?, state = ?, settled_at = ? WHERE id = ?",
		p.Kind, p.File, p.Print, p.Counts, int(p.State), toMS(p.SettledAt), p.ID)
	return wrap("save import", u.Error)
}
