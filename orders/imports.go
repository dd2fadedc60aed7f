package orders

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ImportReport tells what an import of master data did, or would do.
type ImportReport struct {
	Kind      string      `json:"kind"`
	Added     int         `json:"added"`
	Changed   int         `json:"changed"`
	Unchanged int         `json:"unchanged"`
	Warnings  []string    `json:"warnings,omitempty"`
	Refused   []RowError  `json:"refused,omitempty"` // where there is one, nothing was imported
	Rows      []RowChange `json:"rows,omitempty"`    // that are new or change something, in the file's order
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

// RowChange is what a row of a file adds or changes.
type RowChange struct {
	Row   int          `json:"row"`
	Name  string       `json:"name"` // of the record: its code and name
	IsNew bool         `json:"is_new,omitempty"`
	Cells []CellChange `json:"cells,omitempty"` // of a record that was there
}

// CellChange is what changes in one column, as people read it.
type CellChange struct {
	Column string `json:"column"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// String says it in one line: 第 3 行 P003 口罩：单价 12.5 → 13.
func (c RowChange) String() string {
	var cells []string
	for _, x := range c.Cells {
		cells = append(cells, fmt.Sprintf("%s %s → %s", x.Column, orEmpty(x.Before), orEmpty(x.After)))
	}
	line := fmt.Sprintf("第 %d 行 %s", c.Row, c.Name)
	if len(cells) > 0 {
		line += "：" + strings.Join(cells, "，")
	}
	return line
}

func orEmpty(text string) string {
	const most = 40
	if text == "" {
		return "（空）"
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// BadRows counts the rows that are refused, for whatever number of reasons.
func (r *ImportReport) BadRows() int {
	rows := make(map[int]bool)
	for _, e := range r.Refused {
		rows[e.Row] = true
	}
	return len(rows)
}

// Counts says how many rows add and change something: 新增 2，修改 3，不变 5.
func (r *ImportReport) Counts() string {
	return fmt.Sprintf("新增 %d，修改 %d，不变 %d", r.Added, r.Changed, r.Unchanged)
}

// Print is a fingerprint: two reports have the same when they say the same, in what they show and in what they leave out.
func (r *ImportReport) Print() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// importKinds are the kinds of master data, and what people call them.
var importKinds = [][2]string{
	{"products", "产品资料"},
	{"customers", "客户资料"},
	{"customer-items", "客户料号"},
	{"prices", "价格表"},
	{"stock", "库存盘点"},
	{"staff", "员工名单"},
	{"history", "历史订单"},
	{"calendar", "节假日"},
	{"invoices", "发票"},
	{"payments", "收款"},
	{"receipts", "预计到货"},
	{"transits", "运输时效"},
	{"options", "选配项"},
	{"constraints", "选配约束"},
}

// ImportKinds are the kinds of master data that can be imported.
func ImportKinds() []string {
	var kinds []string
	for _, k := range importKinds {
		kinds = append(kinds, k[0])
	}
	return kinds
}

// ImportName is what people call a kind of master data: 产品资料.
func ImportName(kind string) string {
	for _, k := range importKinds {
		if k[0] == kind {
			return k[1]
		}
	}
	return kind
}

// TableFit tells how the headings of a table fit a kind of master data.
type TableFit struct {
	Kind    string
	Known   int      // headings that are columns of the kind
	Unknown []string // headings that are not
	Missing []string // columns that it needs and the table lacks
	Loose   bool     // some are known by a synonym only
}

// quantity is what the headings of order forms call how much is wanted.
var quantity = regexp.MustCompile(`(?i)数量|件数|箱数|[订采请申][购货单]?量|需求|要货|qty|quantity|ordered`)

// GuessTable tells which kind of master data a table is by its headings, "" for none, and why that is not sure. What may be an order
// is none: a column that says how much is wanted is none of a list of goods. untitled tells that the table has cells under no heading.
func GuessTable(fits []TableFit, untitled bool) (kind, why string) {
	var best *TableFit
	for i := range fits {
		f := &fits[i]
		if len(f.Missing) == 0 && (best == nil || len(f.Unknown) < len(best.Unknown) || len(f.Unknown) == len(best.Unknown) && best.Loose && !f.Loose) {
			best = f
		}
	}
	if best == nil || slices.ContainsFunc(best.Unknown, quantity.MatchString) {
		return "", ""
	}
	// Lists of people or of accounts can't be mistaken for orders, lists of goods can.
	likeOrder := slices.Contains([]string{"products", "customer-items", "prices", "history"}, best.Kind)
	switch {
	case untitled:
		return best.Kind, "可是有一列没有表头"
	case best.Kind == "history":
		return best.Kind, "可是订单也可能这样写"
	case likeOrder && len(best.Unknown) > 0:
		return best.Kind, "可是有不认识的列：" + strings.Join(best.Unknown, "、")
	case likeOrder && best.Loose:
		return best.Kind, "可是表头不是标准的写法"
	default:
		return best.Kind, ""
	}
}

// ImportState is what became of a table that somebody sent.
type ImportState int

// The states of a proposed import.
const (
	ImportAsked   ImportState = iota // the sender is asked whether it is master data or an order
	ImportOpen                       // the sender has seen what it would do
	ImportDone                       // it was imported
	ImportDropped                    // 放弃
	ImportRead                       // it was an order, and read as one
	ImportShown                      // it is master data: a proposal of its own has what it would do
	ImportStale                      // the master data have changed since; there may be a newer preview
)

// ImportKept is how long a table waits for its sender's word.
const ImportKept = 24 * time.Hour

// ImportProposal is a table of master data that somebody sent, kept until they say what is to become of it.
type ImportProposal struct {
	ID     int
	Kind   string
	Name   string // of the file
	File   []byte // empty once nothing is open any more
	Print  string // of the report that the sender was shown: [ImportReport.Print]
	Counts string // of that report
	By     StaffCode
	ByName string
	At     time.Time
	State  ImportState
	// SettledAt is when it came to a state in which nothing is open any more.
	SettledAt time.Time
}

// Until is when the proposal ends by itself.
func (p *ImportProposal) Until() time.Time { return p.At.Add(ImportKept) }

// Title names it for people: 产品资料「商品.xlsx」.
func (p *ImportProposal) Title() string { return fmt.Sprintf("%s「%s」", ImportName(p.Kind), p.Name) }

// IsOpen tells whether its sender still has to say something about it.
func (p *ImportProposal) IsOpen(now time.Time) bool {
	return (p.State == ImportAsked || p.State == ImportOpen) && now.Before(p.Until())
}

// Outcome says what became of a proposal that is not open any more.
func (p *ImportProposal) Outcome(now time.Time) string {
	at := p.SettledAt.In(now.Location()).Format("01-02 15:04")
	switch p.State {
	case ImportDone:
		return fmt.Sprintf("已导入 %s %s", p.ByName, at)
	case ImportDropped:
		return fmt.Sprintf("已放弃 %s %s", p.ByName, at)
	case ImportRead:
		return fmt.Sprintf("已按订单读 %s %s", p.ByName, at)
	case ImportShown:
		return "已看预览 请看后面的卡片"
	case ImportStale:
		return "已作废 资料后来变过"
	default:
		return "已过期 没有导入"
	}
}

// ImportTx is what proposed imports need of a transaction.
type ImportTx interface {
	// AddImport keeps a proposal and sets its ID. It is a CodeInvalid error where the file is too large.
	AddImport(p *ImportProposal) error
	// Import loads a proposal under a lock: CodeNotFound where there is none.
	Import(id int) (*ImportProposal, error)
	// OpenImports returns what somebody has not settled of what they sent since a moment, oldest first, without the files.
	OpenImports(by StaffCode, since time.Time) ([]ImportProposal, error)
	// SaveImport stores what became of a proposal. The file of one that is not open any more is let go.
	SaveImport(p *ImportProposal) error
	// ImportTable imports a file, in this very transaction: where its report has refused rows, the transaction must not stand.
	ImportTable(kind string, file []byte) (*ImportReport, error)
	// Audit appends to the record of changes.
	Audit(entries ...AuditEntry) error
}

// MayImport refuses who may not import master data.
func (a Actor) MayImport() error {
	if a.Staff.May(RightImport) == ScopeAll {
		return nil
	}
	return Errorf(CodeDenied, "导入资料要管理员，您没有这个权限，没有改动")
}

// ImportChangedError ends the transaction of an import that would do something else than what its sender was shown.
type ImportChangedError struct {
	ID     int
	Report *ImportReport // what it would do now
}

// Error says that nothing was imported.
func (e *ImportChangedError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the sentence for people.
func (e *ImportChangedError) Unwrap() error {
	return Errorf(CodeConflict, "您看过预览之后资料变过了，第 %d 号没有导入", e.ID)
}

// KeepImport keeps a table that was sent, with what it would do, for the sender's word; or, where report is nil, for them to say what it is.
func KeepImport(tx ImportTx, p *ImportProposal, report *ImportReport, by Actor, now time.Time) error {
	if err := by.MayImport(); err != nil {
		return err
	}
	p.ID, p.State, p.By, p.ByName, p.At = 0, ImportAsked, by.Staff.Code, by.Name, now
	if report != nil {
		p.State, p.Print, p.Counts = ImportOpen, report.Print(), report.Counts()
	}
	return tx.AddImport(p)
}

// OwnImport loads a proposal about which somebody says something, which must be theirs and in one of the given states.
func OwnImport(tx ImportTx, id int, by Actor, now time.Time, states ...ImportState) (*ImportProposal, error) {
	if err := by.MayImport(); err != nil {
		return nil, err
	}
	p, err := tx.Import(id)
	switch {
	case err != nil:
		return nil, err
	case p.By != by.Staff.Code:
		return nil, Errorf(CodeDenied, "第 %d 号%s是%s发的，由%s自己确认。您要导入请自己把文件发给我", p.ID, p.Title(), p.ByName, p.ByName)
	case p.IsOpen(now) && slices.Contains(states, p.State):
		return p, nil
	}
	switch p.State {
	case ImportDone:
		return nil, Errorf(CodeConflict, "第 %d 号%s已经导入了（%s），不用再操作", p.ID, p.Title(), p.SettledAt.In(now.Location()).Format("01-02 15:04"))
	case ImportDropped:
		return nil, Errorf(CodeConflict, "第 %d 号%s已经放弃，没有导入。要导入请再发一次文件", p.ID, p.Title())
	case ImportRead:
		return nil, Errorf(CodeConflict, "第 %d 号「%s」已经按订单读了。要导入请再发一次文件", p.ID, p.Name)
	case ImportShown:
		return nil, Errorf(CodeConflict, "第 %d 号%s已经看过预览了，请用预览下面的按钮", p.ID, p.Title())
	case ImportStale:
		return nil, Errorf(CodeConflict, "第 %d 号%s的预览已经作废：资料后来变过。请看后面的预览，或再发一次文件", p.ID, p.Title())
	default:
	}
	if p.IsOpen(now) { // in the other open state
		return nil, Errorf(CodeConflict, "第 %d 号%s请用它最新的卡片，或回复「导入 %d」「放弃 %d」", p.ID, p.Title(), p.ID, p.ID)
	}
	return nil, Errorf(CodeConflict, "第 %d 号%s过了 24 小时没有确认，没有导入。要导入请再发一次文件", p.ID, p.Title())
}

// RunImport imports what its sender has seen the report of, once. It is an *ImportChangedError where it would do something else by now.
func RunImport(tx ImportTx, id int, by Actor, now time.Time) (*ImportProposal, error) {
	p, err := OwnImport(tx, id, by, now, ImportOpen)
	if err != nil {
		return nil, err
	}
	report, err := tx.ImportTable(p.Kind, p.File)
	if err != nil {
		return nil, err
	}
	if report.Print() != p.Print {
		return nil, &ImportChangedError{ID: id, Report: report}
	}
	if err := SettleImport(tx, p, ImportDone, now); err != nil {
		return nil, err
	}
	return p, AuditImport(tx, report, by, p.Name, now)
}

// SettleImport brings a proposal to a state in which nothing is open any more.
func SettleImport(tx ImportTx, p *ImportProposal, state ImportState, now time.Time) error {
	p.State, p.SettledAt, p.File = state, now, nil
	return tx.SaveImport(p)
}

// AuditImport notes an import for good: who imported what, when, and from which file.
func AuditImport(tx ImportTx, report *ImportReport, by Actor, file string, now time.Time) error {
	return tx.Audit(AuditEntry{
		At: now, Actor: by.Code, Channel: by.Channel, Action: "导入" + ImportName(report.Kind), After: report.Counts(), Reason: file, Trace: by.Trace,
	})
}
