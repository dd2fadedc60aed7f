package orders

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// ReturnID is the number of a return: TH, the digits of its order's number, and the number of the return within the order
// (TH202603110012-1).
type ReturnID string

var returnIDPattern = regexp.MustCompile(`(?i)TH[-\s]?(\d{8})[-\s]?(\d{4,})\s?-\s?(\d{1,3})`)

// FindReturnIDs returns the numbers of returns in text, and text without them.
func FindReturnIDs(text string) ([]ReturnID, string) {
	var ids []ReturnID
	rest := returnIDPattern.ReplaceAllStringFunc(text, func(s string) string {
		m := returnIDPattern.FindStringSubmatch(s)
		no, _ := strconv.Atoi(m[3])
		ids = append(ids, OrderID("SO"+m[1]+m[2]).Return(no))
		return " "
	})
	return ids, strings.TrimSpace(rest)
}

// Return is the number of the order's return of that number.
func (id OrderID) Return(no int) ReturnID {
	return ReturnID(fmt.Sprintf("TH%s-%d", strings.TrimPrefix(string(id), "SO"), no))
}

// Order is the order that the return belongs to, and its number within it.
func (id ReturnID) Order() (OrderID, int) {
	digits, number, _ := strings.Cut(strings.TrimPrefix(string(id), "TH"), "-")
	no, _ := strconv.Atoi(number)
	return OrderID("SO" + digits), no
}

// ReturnKind is what is wanted for goods that were sent.
type ReturnKind string

// The kinds of returns.
const (
	ReturnGoods    ReturnKind = "return"   // 退货: goods back, money back
	ReturnExchange ReturnKind = "exchange" // 换货: goods back, the same out again
	ReturnRepair   ReturnKind = "repair"   // 维修: goods back, the very same out again
	ReturnMoney    ReturnKind = "refund"   // 退款: money back, the goods stay
	ReturnTicket   ReturnKind = "ticket"   // 纠错: nothing comes back; somebody says that the order is wrong, and why
)

// String returns the Chinese word.
func (k ReturnKind) String() string {
	return map[ReturnKind]string{ReturnGoods: "退货", ReturnExchange: "换货", ReturnRepair: "维修", ReturnMoney: "退款", ReturnTicket: "纠错"}[k]
}

// pays tells whether money is given back.
func (k ReturnKind) pays() bool { return k == ReturnGoods || k == ReturnMoney }

// Cause is what went wrong with an order.
type Cause string

// The causes.
const (
	CauseModel   Cause = "model"   // 发错型号
	CauseKit     Cause = "kit"     // 少发配件包
	CausePrice   Cause = "price"   // 价格条款
	CauseQuality Cause = "quality" // 质量
	CauseOther   Cause = "other"   // 其他
)

// Causes are all of them, in the order of their buttons.
var Causes = []Cause{CauseModel, CauseKit, CausePrice, CauseQuality, CauseOther}

// String returns the Chinese word.
func (c Cause) String() string {
	return map[Cause]string{CauseModel: "发错型号", CauseKit: "少发配件包", CausePrice: "价格条款", CauseQuality: "质量", CauseOther: "其他"}[c]
}

// ReturnStatus tells how far a return is.
type ReturnStatus string

// The states of a return.
const (
	ReturnAsked    ReturnStatus = "asked"    // 待签字: nothing else has happened
	ReturnWaiting  ReturnStatus = "waiting"  // 待审批, by finance
	ReturnExpected ReturnStatus = "expected" // 待收货
	ReturnReceived ReturnStatus = "received" // 待发出: inspected; what is to go out for it has not
	ReturnDone     ReturnStatus = "done"     // 已完成
	ReturnRefused  ReturnStatus = "refused"  // 没有同意
	ReturnDropped  ReturnStatus = "dropped"  // 已撤回
)

// String returns the Chinese word.
func (s ReturnStatus) String() string {
	return map[ReturnStatus]string{
		ReturnAsked: "待签字", ReturnWaiting: "待财务审批", ReturnExpected: "待收货", ReturnReceived: "已收货，待发出", ReturnDone: "已完成",
		ReturnRefused: "没有同意", ReturnDropped: "已撤回",
	}[s]
}

// ReturnLine is goods of one line of the order.
type ReturnLine struct {
	Line     int         `json:"line"`
	Product  ProductCode `json:"product"`
	Name     string      `json:"name"`
	Quantity Quantity    `json:"quantity"` // base units, as Good and Bad
	Unit     string      `json:"unit"`     // the base unit
	Words    string      `json:"words"`    // the quantity as people say it: 5箱
	Amount   Money       `json:"amount"`   // that is given back for it; of goods that are not owed for 0
	Good     Quantity    `json:"good"`     // as inspected
	Bad      Quantity    `json:"bad"`
	Lots     []string    `json:"lots,omitempty"` // of the good ones, where the product is kept by them
}

// came is how much of it came back.
func (l *ReturnLine) came() Quantity { return l.Good.Add(l.Bad) }

// Signature is somebody's consent to exactly what they were shown (电子签章).
type Signature struct {
	Code     string // of the staff member or customer
	Name     string
	Platform Platform
	Account  string // the person's id there
	At       time.Time
	Digest   string // SHA-256 of the document in hex
}

// Return is goods of an order that come back, or money for them (退换货).
type Return struct {
	No       int
	Kind     ReturnKind
	Cause    Cause // empty while it is asked for
	Note     string
	Status   ReturnStatus
	Lines    []ReturnLine
	Amount   Money // of the lines
	Credited Money // that was given back
	Noted    Money // of it, by a credit note (红字): what had been invoiced
	By       string
	Name     string
	Customer bool // a customer asked
	AskedAt  time.Time
	// Document is what is signed, to the last character.
	Document  string
	Signature *Signature
	Node      *Node // of finance; nil: it is not asked
	// The clock of the whole return, in working days.
	RemindAt, DueAt time.Time
	Reminded        int // 0, 1 after the reminder at half time, 2 after the escalation
	ReceivedBy      string
	ReceivedAt      time.Time
	Warehouse       string
	DoneAt          time.Time // when it ended, however
	Reason          string    // of a refusal or withdrawal
	Waybill         string    // of what went out for it
}

// Digest is the SHA-256 of the document in hex.
func (r *Return) Digest() string {
	sum := sha256.Sum256([]byte(r.Document))
	return hex.EncodeToString(sum[:])
}

// signMark is how many characters of the digest a button or an answer carries.
const signMark = 12

// Mark is the beginning of the digest, by which a signature names what was shown.
func (r *Return) Mark() string { return r.Digest()[:signMark] }

// Open tells whether something is still to be done about it.
func (r *Return) Open() bool {
	switch r.Status {
	case ReturnAsked, ReturnWaiting, ReturnExpected, ReturnReceived:
		return true
	default:
		return false
	}
}

// claims tells whether the return counts against what was sent: it was signed, and not given up.
func (r *Return) claims() bool {
	return r.Status == ReturnWaiting || r.Status == ReturnExpected || r.Status == ReturnReceived || r.Status == ReturnDone
}

// nextAt is when the clock has something to do for the return; zero: never.
func (r *Return) nextAt() time.Time {
	switch {
	case !r.Open() || r.Reminded > 1:
		return time.Time{}
	case r.Reminded == 1:
		return r.DueAt
	default:
		return r.RemindAt
	}
}

// ReturnTerms are what the firm has laid down about returns.
type ReturnTerms struct {
	// Cost is what an order that was wrong costs, by what it came to and what of it was given back; nil: it is not estimated.
	Cost        func(total, credited Money) (Money, error)
	FinanceFrom Money         // finance decides where so much or more is given back for goods of an order; 0: it is not asked
	Limit       time.Duration // for the whole of a return, working days of 24 hours; 0: two of them
}

// ReturnTx is what the desk needs of a transaction that is about a return.
type ReturnTx interface {
	StockTx
	// TakeBack adds goods to what a warehouse has on hand. Of a product that is kept by lots they are of the given ones, which must be
	// known: one batch, or serial numbers, none of which is in stock.
	TakeBack(product ProductCode, warehouse string, lots []string, n Quantity) error
}

// Return returns the order's return of that number; 0 means the last. Nil: there is none.
func (o *Order) Return(no int) *Return {
	for i := range slices.Backward(o.Returns) {
		if r := &o.Returns[i]; r.No == no || no == 0 {
			return r
		}
	}
	return nil
}

// Credited is what was given back for goods of the order.
func (o *Order) Credited() (sum Money) {
	for i := range o.Returns {
		sum += o.Returns[i].Credited
	}
	return sum
}

// letGo is what of the money that was given back for goods of the order had not been invoiced: no credit note says it.
func (o *Order) letGo() (sum Money) {
	for i := range o.Returns {
		sum += o.Returns[i].Credited - o.Returns[i].Noted
	}
	return sum
}

// owes is what of the order counts against the customer's credit: what is neither invoiced nor given back. What a credit note has given
// back is taken off the invoices already.
func (o *Order) owes() Money {
	return max(0, o.Receivable()-o.letGo()-o.Invoiced)
}

// ahead is what the order comes to for goods of stages that have not left, with the freight, which is for them too; 0 where none are to leave.
func (o *Order) ahead() Money {
	if !o.IsUnderway() {
		return 0
	}
	sum := o.Freight.Amount
	for i := range o.Lines {
		if l := &o.Lines[i]; l.isOwed() {
			sum += l.Amount - share(l.Amount, l.Sent, l.Base)
		}
	}
	return sum
}

// hasLeft tells whether goods of the order were sent.
func (o *Order) hasLeft() bool {
	_, left := o.Reached[StatusShipped]
	return left || o.IsUnderway()
}

// sent is how much of a line the customer has got, or is getting.
func (o *Order) sent(l *Line) Quantity {
	switch {
	case o.Deliveries() > 0:
		return l.Sent
	case !o.hasLeft():
		return decimal.Zero
	default:
		return l.Base
	}
}

// taken is how much of a line is claimed by returns or came back by them, and what is given back for it. What was exchanged or
// repaired is the customer's again.
func (o *Order) taken(line int) (n Quantity, amount Money) {
	for i := range o.Returns {
		r := &o.Returns[i]
		if !r.claims() || r.Status == ReturnDone && !r.Kind.pays() {
			continue
		}
		for j := range r.Lines {
			l := &r.Lines[j]
			switch {
			case l.Line != line:
			case r.Kind != ReturnMoney && (r.Status == ReturnDone || r.Status == ReturnReceived):
				n, amount = n.Add(l.came()), amount+l.Amount
			default:
				n, amount = n.Add(l.Quantity), amount+l.Amount
			}
		}
	}
	return n, amount
}

// Returnable is how much of a line may still come back, in base units.
func (o *Order) Returnable(l *Line) Quantity {
	n, _ := o.taken(l.No)
	return decimal.Max(decimal.Zero, o.sent(l).Sub(n))
}

// isOwed tells whether goods of the line are owed for by ordering them.
func (l *Line) isOwed() bool { return !l.Gift && l.Mode != ModeConsignment && l.Mode != ModeOnUse }

// words say an amount of the line, in base units, in the unit it was ordered in where that is exact.
func (l *Line) words(n Quantity) string {
	if said := n.Mul(l.Quantity).DivRound(l.Base, 6); l.Base.IsPositive() && said.Mul(l.Base).Equal(n.Mul(l.Quantity)) {
		return said.String() + l.Unit
	}
	return n.String() + l.BaseUnit
}

// reclaim fills in a line of a return. What is given back for all units of a line together is its amount: the last ones get the rest.
func (o *Order) reclaim(l *Line, n Quantity) ReturnLine {
	out := ReturnLine{Line: l.No, Product: l.Product, Name: l.title(), Quantity: n, Unit: l.BaseUnit, Words: l.words(n)}
	if !l.isOwed() {
		return out
	}
	taken, amount := o.taken(l.No)
	if out.Amount = share(l.Amount, n, l.Base); taken.Add(n).Equal(l.Base) {
		out.Amount = l.Amount - amount
	}
	return out
}

// share is what n of all units come to, rounded down to a fen.
func share(amount Money, n, all Quantity) Money {
	if !all.IsPositive() {
		return 0
	}
	return Money(decimal.NewFromInt(int64(amount)).Mul(n).Div(all).Floor().IntPart())
}

// MayReturn tells, as an error, why nothing of an order can come back.
func (o *Order) MayReturn() error {
	switch {
	case o.Status == StatusReturned:
		return Errorf(CodeConflict, "订单 %s 已经全部退完了", o.ID)
	case !o.hasLeft() && o.Status.Ended():
		return Errorf(CodeConflict, "%s 还没有发货（%s），不用退", o.ID, o.Status)
	case !o.hasLeft():
		return Errorf(CodeConflict, "%s 还没有发货（%s），不用退。不要了请回复「取消 %s 原因」", o.ID, o.Status, o.ID)
	default:
		return nil
	}
}

// maxReturns is how many returns an order may have.
const maxReturns = 200

// AskReturn notes that somebody wants something for goods that were sent: nothing else happens before it is signed. r holds kind, cause,
// note and, by line number and quantity in base units, the goods; none: all that there still are. An earlier one of the order that
// nobody has signed is dropped.
func (d *Desk) AskReturn(tx Tx, id OrderID, r Return, by Actor) (*Order, *Return, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	if err := o.MayReturn(); err != nil {
		return nil, nil, err
	}
	if len(o.Returns) >= maxReturns {
		return nil, nil, Errorf(CodeConflict, "订单 %s 的退换货太多了，请联系经办的同事", o.ID)
	}
	wanted := r.Lines
	if len(wanted) == 0 {
		for i := range o.Lines {
			if l := &o.Lines[i]; o.Returnable(l).IsPositive() {
				wanted = append(wanted, ReturnLine{Line: l.No, Quantity: o.Returnable(l)})
			}
		}
	}
	if len(wanted) == 0 {
		return nil, nil, Errorf(CodeConflict, "订单 %s 的货都在办退换了，发「退换 %s」看办到哪一步", o.ID, o.ID)
	}
	if r.Lines, err = o.returning(wanted); err != nil {
		return nil, nil, err
	}
	now := d.Now()
	for i := range o.Returns {
		if old := &o.Returns[i]; old.Status == ReturnAsked && old.Kind != ReturnTicket {
			old.Status, old.DoneAt, old.Reason = ReturnDropped, now, "又申请了一次"
		}
	}
	limit := cmp.Or(d.Returns.Limit, 48*time.Hour)
	cal := d.Catalog().Calendar
	r.No, r.Status, r.By, r.Name, r.Customer, r.AskedAt = len(o.Returns)+1, ReturnAsked, by.Code, by.Name, by.Staff == nil, now
	r.RemindAt, r.DueAt = cal.After(now.In(beijing), limit/2), cal.After(now.In(beijing), limit)
	o.draw(&r)
	o.Returns = append(o.Returns, r)
	last := &o.Returns[len(o.Returns)-1]
	return o, last, d.savedReturn(tx, o, last, by, "申请", "", r.Note, "asked")
}

// ReportWrong notes that an order is wrong (纠错工单). Without a cause it is asked for; an earlier one of the same person for which it
// still is comes back.
func (d *Desk) ReportWrong(tx Tx, id OrderID, cause Cause, note string, by Actor) (*Order, *Return, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case o.Status == StatusDraft:
		return nil, nil, Errorf(CodeConflict, "%s 还是草稿，直接说要改什么就行", o.ID)
	case len(o.Returns) >= maxReturns:
		return nil, nil, Errorf(CodeConflict, "订单 %s 的工单太多了，请联系经办的同事", o.ID)
	}
	for i := range o.Returns {
		if r := &o.Returns[i]; r.Kind == ReturnTicket && r.Status == ReturnAsked && r.By == by.Code {
			if cause == "" {
				return o, r, nil
			}
			return d.SetCause(tx, id, r.No, cause, note, by)
		}
	}
	now := d.Now()
	limit, cal := cmp.Or(d.Returns.Limit, 48*time.Hour), d.Catalog().Calendar
	r := Return{
		No: len(o.Returns) + 1, Kind: ReturnTicket, Cause: cause, Note: note, Status: ReturnAsked, By: by.Code, Name: by.Name, Customer: by.Staff == nil, AskedAt: now,
		RemindAt: cal.After(now.In(beijing), limit/2), DueAt: cal.After(now.In(beijing), limit),
	}
	what := "asked"
	if cause != "" {
		what, r.Status, r.DoneAt = "done", ReturnDone, now
	}
	o.Returns = append(o.Returns, r)
	last := &o.Returns[len(o.Returns)-1]
	return o, last, d.savedReturn(tx, o, last, by, "工单", "", strings.TrimSpace(cause.String()+" "+note), what)
}

// ReturnCase is a return or a correction ticket as reports count it.
type ReturnCase struct {
	Order    OrderID
	Kind     ReturnKind
	Cause    Cause
	Status   ReturnStatus
	Total    Money // of the order
	Credited Money
	AskedAt  time.Time
	DueAt    time.Time
	DoneAt   time.Time // zero: it is open
}

// ReturnFigures are the returns and tickets that were asked for in a time.
type ReturnFigures struct {
	Orders int // that were confirmed in that time
	Cases  []ReturnCase
}

// freightBack tells whether the freight is given back with goods that come back for the cause: they should not have been carried.
func (c Cause) freightBack() bool { return c == CauseModel || c == CauseKit || c == CauseQuality }

// IsOurs tells whether the cause is a mistake of ours in the order, not one of the goods.
func (c Cause) IsOurs() bool { return c == CauseModel || c == CauseKit || c == CausePrice }

// returning fills in lines of a return, each line of the order once.
func (o *Order) returning(wanted []ReturnLine) ([]ReturnLine, error) {
	var out []ReturnLine
	for _, w := range wanted {
		i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.No == w.Line })
		if i < 0 {
			return nil, Errorf(CodeInvalid, "订单 %s 没有第 %d 行", o.ID, w.Line)
		}
		l := &o.Lines[i]
		if j := slices.IndexFunc(out, func(x ReturnLine) bool { return x.Line == l.No }); j >= 0 {
			w.Quantity = w.Quantity.Add(out[j].Quantity)
			out = slices.Delete(out, j, j+1)
		}
		left := o.Returnable(l)
		switch {
		case !w.Quantity.IsPositive():
			return nil, Errorf(CodeInvalid, "%s 的数量要大于 0", l.title())
		case w.Quantity.GreaterThan(left) && !left.IsPositive():
			return nil, Errorf(CodeConflict, "%s 已经没有能退换的了：发了 %s，都退过或正在办", l.title(), l.words(o.sent(l)))
		case w.Quantity.GreaterThan(left):
			return nil, Errorf(CodeInvalid, "%s 最多能退换 %s，您写的是 %s。没有登记", l.title(), l.words(left), l.words(w.Quantity))
		}
		out = append(out, o.reclaim(l, w.Quantity))
	}
	return out, nil
}

// draw draws the document of a return up.
func (o *Order) draw(r *Return) {
	r.Amount = 0
	for i := range r.Lines {
		r.Amount += r.Lines[i].Amount
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s单 %s\n订单 %s\n客户 %s（%s）\n原因 %s", r.Kind, o.ID.Return(r.No), o.ID, o.CustomerName, o.Customer, r.Cause)
	if r.Note != "" { // in one line: nobody's words may look like a line of the document
		b.WriteString("：" + strings.Join(strings.Fields(r.Note), " "))
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		fmt.Fprintf(&b, "\n%d. %s（%s）%s", i+1, l.Name, l.Product, l.Words)
		if r.Kind.pays() {
			fmt.Fprintf(&b, " %s", l.Amount)
		}
	}
	switch r.Kind {
	case ReturnGoods:
		fmt.Fprintf(&b, "\n退回金额 %s，以仓库验收的数量为准，", r.Amount)
		if back := o.freightLeft(r); back > 0 {
			fmt.Fprintf(&b, "整单都退回的话运费 %s 一并退还", back)
		} else {
			b.WriteString("运费不退")
		}
	case ReturnMoney:
		fmt.Fprintf(&b, "\n退款金额 %s，货不退回", r.Amount)
	case ReturnExchange:
		b.WriteString("\n退回的货验收后，换发同样的货")
	case ReturnRepair:
		b.WriteString("\n退回的货修好后发还")
	case ReturnTicket: // nothing is signed
	}
	fmt.Fprintf(&b, "\n申请人 %s %s", r.Name, r.AskedAt.In(beijing).Format("2006-01-02 15:04"))
	r.Document = b.String()
}

// freightLeft is what of the order's freight a return may give back: all of it, once, where everything has come back and nothing of it
// for another reason than a mistake of ours. Nothing while stages of the order are still to be carried.
func (o *Order) freightLeft(r *Return) Money {
	if r.Kind != ReturnGoods || !r.Cause.freightBack() || o.IsUnderway() {
		return 0
	}
	for i := range o.Returns {
		x := &o.Returns[i]
		isAnother := x.No != r.No && x.Kind.pays() && x.Status == ReturnDone
		if isAnother && (x.Kind != ReturnGoods || !x.Cause.freightBack() || x.FreightBack() > 0) {
			return 0
		}
	}
	return o.Freight.Amount
}

// FreightBack is what of the money that was given back is freight.
func (r *Return) FreightBack() Money {
	back := r.Credited
	for i := range r.Lines {
		back -= r.Lines[i].Amount
	}
	return max(0, back)
}

// savedReturn stores what became of a return, with the record and an event that says what it was.
func (d *Desk) savedReturn(tx Tx, o *Order, r *Return, by Actor, action, before, reason, what string, more ...Event) error {
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	after := fmt.Sprintf("%s %s", o.ID.Return(r.No), r.Status)
	if err := tx.Audit(d.entry(o, by, r.Kind.String()+action, before, after, reason)); err != nil {
		return err
	}
	if what == "asked" && r.Cause == "" { // the asking has not ended
		return tx.Emit(more...)
	}
	return tx.Emit(append([]Event{d.event(o, EventReturn, by, map[string]string{"return": strconv.Itoa(r.No), "what": what})}, more...)...)
}

// loadReturn loads an order with a return in one of the given states; else it says, as a CodeConflict error, how far it is.
func (d *Desk) loadReturn(tx Tx, id OrderID, no int, states ...ReturnStatus) (*Order, *Return, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	r := o.Return(no)
	if r == nil {
		return nil, nil, Errorf(CodeNotFound, "没有 %s，发「退换 %s」看这一单办过哪些", id.Return(no), id)
	}
	if slices.Contains(states, r.Status) {
		return o, r, nil
	}
	switch id := o.ID.Return(r.No); {
	case r.Status == ReturnDropped || r.Status == ReturnRefused:
		return nil, nil, Errorf(CodeConflict, "%s %s（%s），没有改动", id, r.Status, r.Reason)
	case r.Status == ReturnAsked:
		return nil, nil, Errorf(CodeConflict, "%s 还没有签字，没有改动", id)
	case slices.Contains(states, ReturnAsked) && r.Signature != nil:
		return nil, nil, Errorf(CodeConflict, "%s 已由 %s %s 签字，现在%s，不用再操作", id, r.Signature.Name, r.Signature.At.In(beijing).Format("01-02 15:04"), r.Status)
	default:
		return nil, nil, Errorf(CodeConflict, "%s 现在是「%s」，没有改动", id, r.Status)
	}
}

// SetCause says what a return is for that nobody has signed; the document is drawn up anew.
func (d *Desk) SetCause(tx Tx, id OrderID, no int, cause Cause, note string, by Actor) (*Order, *Return, error) {
	o, r, err := d.loadReturn(tx, id, no, ReturnAsked)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(Causes, cause) {
		return nil, nil, Errorf(CodeInvalid, "没有这个原因")
	}
	before := r.Cause.String()
	r.Cause, r.Note = cause, cmp.Or(note, r.Note)
	if r.Kind == ReturnTicket {
		r.Status, r.DoneAt = ReturnDone, d.Now()
		return o, r, d.savedReturn(tx, o, r, by, "原因", before, cause.String(), "done")
	}
	o.draw(r)
	return o, r, d.savedReturn(tx, o, r, by, "原因", before, cause.String(), "asked")
}

// SignReturn signs the document of a return, mark being the beginning of the digest of what was shown. With it the return counts:
// finance is asked where it has a say, else the goods are expected.
func (d *Desk) SignReturn(tx Tx, id OrderID, no int, mark, account string, by Actor) (*Order, *Return, error) {
	o, r, err := d.loadReturn(tx, id, no, ReturnAsked)
	if err != nil {
		return nil, nil, err
	}
	name := o.ID.Return(r.No)
	if r.Cause == "" {
		return nil, nil, Errorf(CodeInvalid, "%s 还没有选原因，先选原因再签字", name)
	}
	if len(mark) < signMark || !strings.HasPrefix(r.Digest(), strings.ToLower(mark)) {
		return nil, nil, Errorf(CodeConflict, "%s 的内容后来变过，没有签字。请看最新的单据再签", name)
	}
	lines, err := o.returning(r.Lines)
	if err != nil {
		return nil, nil, err
	}
	if !slices.EqualFunc(lines, r.Lines, func(a, b ReturnLine) bool { return a.Amount == b.Amount && a.Quantity.Equal(b.Quantity) }) {
		return nil, nil, Errorf(CodeConflict, "%s 的金额刚有变动，没有签字。请重新申请一次", name)
	}
	now := d.Now()
	r.Signature = &Signature{Code: by.Code, Name: by.Name, Platform: by.Channel, Account: account, At: now, Digest: r.Digest()}
	r.Status = ReturnExpected
	back := o.unseen()
	if !slices.ContainsFunc(o.Lines, func(l Line) bool { return o.Returnable(&l).IsPositive() }) {
		back += o.freightLeft(r)
	}
	if r.Kind == ReturnMoney || r.Kind == ReturnGoods && d.Returns.FinanceFrom > 0 && back >= d.Returns.FinanceFrom {
		r.Status = ReturnWaiting
		r.Node = &Node{Seq: r.No, Role: RoleFinance, Also: []Role{RoleCFO}, Status: NodeOpen, OpenedAt: now, RemindAt: r.RemindAt, DueAt: r.DueAt}
		if d.Catalog().deserted(o, r.Node, now) || len(r.Node.Approvers(d.Catalog())) == 0 {
			r.Node.Extra = d.escalation(o, r.Node)
		}
	}
	before := o.Status.String()
	if !o.IsUnderway() { // its other stages go on
		o.reach(StatusReturning, now)
	}
	return o, r, d.savedReturn(tx, o, r, by, "签字", before, "SHA-256 "+r.Signature.Digest, "signed")
}

// unseen is what signed returns give back for goods of the order without finance: several small ones are one big one.
func (o *Order) unseen() (sum Money) {
	for i := range o.Returns {
		switch r := &o.Returns[i]; {
		case r.Node != nil || r.Kind != ReturnGoods || !r.claims():
		case r.Status == ReturnDone:
			sum += r.Credited
		default:
			sum += r.Amount
		}
	}
	return sum
}

// isInvolved tells whether somebody answers for the order or has asked for or signed the return: others have to decide it.
func (o *Order) isInvolved(r *Return, who StaffCode) bool {
	return o.Sales == who || !r.Customer && r.By == string(who) || r.Signature != nil && r.Signature.Code == string(who)
}

// MayDecideReturn tells whether a return waits for the decision of s.
func (d *Desk) MayDecideReturn(o *Order, r *Return, s *Staff) bool {
	if r.Status != ReturnWaiting || s.May(RightApprove) == ScopeNone {
		return false
	}
	_, ok := d.Catalog().MayDecide(o, r.Node, s, d.Now())
	return ok && !o.isInvolved(r, s.Code)
}

// DecideReturn decides a return for which finance is asked. Nobody decides what they have asked for or signed. The reason is needed
// to refuse.
func (d *Desk) DecideReturn(tx ReturnTx, id OrderID, no int, approve bool, reason string, by Actor) (*Order, *Return, error) {
	o, r, err := d.loadReturn(tx, id, no, ReturnWaiting)
	if err != nil {
		return nil, nil, err
	}
	if by.Staff.May(RightApprove) == ScopeNone {
		return nil, nil, Errorf(CodeDenied, "%s 由%s审批，您没有这个权限，没有改动", o.ID.Return(r.No), r.Node.Who())
	}
	as, ok := d.Catalog().MayDecide(o, r.Node, by.Staff, d.Now())
	switch {
	case !ok || o.isInvolved(r, by.Staff.Code):
		return nil, nil, Errorf(CodeDenied, "%s 由%s审批，您没有这一步的权限，没有改动", o.ID.Return(r.No), r.Node.Who())
	case !approve && reason == "":
		return nil, nil, Errorf(CodeInvalid, "请写明驳回原因，例如「驳回 %s 超过退货期」", o.ID.Return(r.No))
	case as.For != nil:
		by.For, by.Name = as.For.Name, as.Title()
	}
	before := r.Status.String()
	if !approve {
		r.Node.settle(d, NodeRejected, reason, by)
		more := d.closeReturn(o, r, ReturnRefused, reason, by)
		return o, r, d.savedReturn(tx, o, r, by, "驳回", before, reason, "refused", more...)
	}
	r.Node.settle(d, NodeApproved, reason, by)
	if r.Kind != ReturnMoney {
		r.Status = ReturnExpected
		return o, r, d.savedReturn(tx, o, r, by, "同意", before, reason, "agreed")
	}
	if err := d.credit(tx, o, r); err != nil {
		return nil, nil, err
	}
	more := d.closeReturn(o, r, ReturnDone, "", by)
	return o, r, d.savedReturn(tx, o, r, by, "同意", before, reason, "done", more...)
}

// DropReturn gives a return up whose goods have not come: who asked withdraws it, or the order's owner refuses it, for a reason.
func (d *Desk) DropReturn(tx Tx, id OrderID, no int, refuse bool, reason string, by Actor) (*Order, *Return, error) {
	o, r, err := d.loadReturn(tx, id, no, ReturnAsked, ReturnWaiting, ReturnExpected)
	if err != nil {
		return nil, nil, err
	}
	status, action, what := ReturnDropped, "撤回", "dropped"
	if refuse {
		if reason == "" {
			return nil, nil, Errorf(CodeInvalid, "请写明原因，例如「驳回 %s 超过退货期」", o.ID.Return(r.No))
		}
		status, action, what = ReturnRefused, "驳回", "refused"
	}
	if r.Node != nil && r.Node.Status == NodeOpen {
		r.Node.Status = NodeVoid
	}
	before := r.Status.String()
	more := d.closeReturn(o, r, status, reason, by)
	return o, r, d.savedReturn(tx, o, r, by, action, before, reason, what, more...)
}

// Inspected is what the warehouse found of a line of a return.
type Inspected struct {
	Line      int
	Good, Bad Quantity // base units
	Lots      []string
}

// ReceiveReturn takes goods in that come back, as they were inspected: what is good goes to the stock of a warehouse, what is bad does
// not, what did not come may be asked for again. Of a return that gives money back it gives it, and ends it.
func (d *Desk) ReceiveReturn(tx ReturnTx, id OrderID, no int, found []Inspected, warehouse string, by Actor) (*Order, *Return, error) {
	if by.Staff.May(RightStocktake) != ScopeAll {
		return nil, nil, Errorf(CodeDenied, "退回的货由仓库验收，您没有这个权限，没有改动")
	}
	o, r, err := d.loadReturn(tx, id, no, ReturnExpected)
	if err != nil {
		return nil, nil, err
	}
	sum := decimal.Zero
	for i := range r.Lines {
		l := &r.Lines[i]
		l.Good, l.Bad = decimal.Zero, decimal.Zero
		for _, f := range found {
			if f.Line == l.Line {
				l.Good, l.Bad, l.Lots = l.Good.Add(f.Good), l.Bad.Add(f.Bad), append(l.Lots, f.Lots...)
			}
		}
		if l.Good.IsNegative() || l.Bad.IsNegative() || l.came().GreaterThan(l.Quantity) {
			return nil, nil, Errorf(CodeInvalid, "%s 申请退的是 %s，验收的不能比这多，没有入库", l.Name, l.Words)
		}
		if !l.came().Equal(l.Quantity) {
			l.Amount = share(l.Amount, l.came(), l.Quantity)
		}
		sum = sum.Add(l.came())
	}
	for _, f := range found {
		if !slices.ContainsFunc(r.Lines, func(l ReturnLine) bool { return l.Line == f.Line }) {
			return nil, nil, Errorf(CodeInvalid, "%s 里没有这个货，没有入库", o.ID.Return(r.No))
		}
	}
	if !sum.IsPositive() {
		return nil, nil, Errorf(CodeInvalid, "一件都没收到的话不用入库。不退了请业务员「撤回 %s」", o.ID.Return(r.No))
	}
	before := r.Status.String()
	r.ReceivedBy, r.ReceivedAt, r.Warehouse = by.Name, d.Now(), warehouse
	if r.Kind == ReturnGoods { // the credit before the stock, as locks are taken
		if err := d.credit(tx, o, r); err != nil {
			return nil, nil, err
		}
	}
	if r.Kind != ReturnRepair {
		err := d.eachPart(tx, o, r, func(l *ReturnLine) Quantity { return l.Good }, func(l *ReturnLine, part ProductCode, n Quantity) error {
			if err := o.gotLots(part, l.Lots); err != nil {
				return err
			}
			return tx.TakeBack(part, warehouse, l.Lots, n)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if r.Kind == ReturnGoods {
		more := d.closeReturn(o, r, ReturnDone, "", by)
		return o, r, d.savedReturn(tx, o, r, by, "验收", before, r.found(), "done", more...)
	}
	r.Status = ReturnReceived
	return o, r, d.savedReturn(tx, o, r, by, "验收", before, r.found(), "received")
}

// found says what was inspected.
func (r *Return) found() string {
	var rows []string
	for i := range r.Lines {
		if l := &r.Lines[i]; l.came().IsPositive() {
			rows = append(rows, fmt.Sprintf("%s 良品 %s 不良 %s%s", l.Product, l.Good, l.Bad, l.Unit))
		}
	}
	return strings.Join(rows, "；")
}

// kits are the parts of the order's bundles as they are now, by the line; nil where there are none.
func (o *Order) kits(cat *Catalog) map[int]map[ProductCode]Quantity {
	var out map[int]map[ProductCode]Quantity
	for i := range o.Lines {
		l := &o.Lines[i]
		if p := cat.Product(l.Product); p != nil && p.Kind == ProductBundle && len(p.Parts) > 0 {
			if out == nil {
				out = make(map[int]map[ProductCode]Quantity)
			}
			out[l.No] = maps.Clone(p.Parts)
		}
	}
	return out
}

// gotLots refuses a batch or serial number that was not among those that left with the order, where they were counted before (复核). What
// was exchanged since has others.
func (o *Order) gotLots(product ProductCode, lots []string) error {
	if slices.ContainsFunc(o.Returns, func(r Return) bool { return r.Kind == ReturnExchange && r.Status == ReturnDone }) {
		return nil
	}
	counted := o.countedOf(product)
	for _, name := range lots {
		isOurs := slices.ContainsFunc(counted, func(n Counted) bool { return strings.EqualFold(cmp.Or(n.Serial, n.Batch), name) })
		if len(counted) > 0 && !isOurs {
			var got []string
			for _, n := range counted[:min(len(counted), 10)] {
				got = append(got, cmp.Or(n.Serial, n.Batch))
			}
			return Errorf(CodeInvalid, "%s 的「%s」不是 %s 发出的，复核时登记的是 %s。没有入库", product, name, o.ID, strings.Join(got, "、"))
		}
	}
	return nil
}

// countedOf are the batches and serial numbers of a product with which it left, as they were counted; nil where nobody knows them all: of
// a staged order each stage with the product has to have been counted, for a customer does not say of which one it is that comes back.
func (o *Order) countedOf(product ProductCode) (out []Counted) {
	isOther := func(n Counted) bool { return n.Product != product }
	if o.Deliveries() == 0 {
		return slices.DeleteFunc(slices.Clone(o.CountedLots()), isOther)
	}
	for k := range o.Work.Stages.Sent {
		holds := slices.ContainsFunc(o.Lines, func(l Line) bool {
			return o.Staged.Stages[k].Base[l.No].IsPositive() && (l.Product == product || o.Work.Kits[l.No][product].IsPositive())
		})
		if !holds {
			continue
		}
		var lots []Counted
		if k < len(o.Work.Stages.Lots) {
			lots = slices.DeleteFunc(slices.Clone(o.Work.Stages.Lots[k]), isOther)
		}
		if len(lots) == 0 {
			return nil
		}
		out = append(out, lots...)
	}
	return out
}

// eachPart calls do for all goods of a return that of tells, a bundle's parts by themselves as they were shipped, with their stock locked
// in order.
func (d *Desk) eachPart(tx StockTx, o *Order, r *Return, of func(*ReturnLine) Quantity, do func(l *ReturnLine, part ProductCode, n Quantity) error) error {
	partsOf := func(l *ReturnLine) map[ProductCode]Quantity {
		if kit, ok := o.Work.Kits[l.Line]; ok {
			return kit
		}
		return d.Catalog().Needs(l.Product)
	}
	var codes []ProductCode
	for i := range r.Lines {
		for part := range partsOf(&r.Lines[i]) {
			codes = append(codes, part)
		}
	}
	if err := tx.LockStock(codes); err != nil {
		return err
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		needs := partsOf(l)
		for _, part := range slices.Sorted(maps.Keys(needs)) {
			if n := of(l).Mul(needs[part]); n.IsPositive() {
				if err := do(l, part, n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// credit gives back what the lines of a return come to, and the freight where that is due: first what the order holds for goods that have
// left, then, by a credit note, what was invoiced. An order that was taken over from elsewhere may hold less than it owes.
func (d *Desk) credit(tx ReturnTx, o *Order, r *Return) error {
	if r.Credited = 0; r.Kind.pays() {
		for i := range r.Lines {
			r.Credited += r.Lines[i].Amount
		}
		if back := o.freightLeft(r); !slices.ContainsFunc(o.Lines, func(l Line) bool { return o.kept(&l).GreaterThan(r.cameOf(l.No)) }) {
			r.Credited += back
		}
	}
	if r.Credited == 0 {
		return nil
	}
	freed := min(max(0, o.Held-o.ahead()), r.Credited)
	if _, err := tx.HoldCredit(o.Customer, -freed); err != nil {
		return err
	}
	o.Held -= freed
	if r.Noted = r.Credited - freed; r.Noted <= 0 {
		r.Noted = 0
		return nil
	}
	return tx.CreditNote(string(o.ID.Return(r.No)), o.Customer, o.ID, r.Noted, d.Now())
}

// closeReturn ends a return. Once none is open the order is returned, where all of it came back, or where its parcels are.
func (d *Desk) closeReturn(o *Order, r *Return, status ReturnStatus, reason string, by Actor) []Event {
	now := d.Now()
	r.Status, r.Reason, r.DoneAt = status, reason, now
	if o.Status != StatusReturning || slices.ContainsFunc(o.Returns, func(x Return) bool { return x.Open() && x.claims() }) {
		return nil
	}
	if o.allBack() {
		o.reach(StatusReturned, now)
		return nil
	}
	_, wasDelivered := o.Reached[StatusDelivered]
	o.Status = StatusShipped
	o.followParcels(now)
	if o.Status == StatusDelivered && !wasDelivered {
		o.arrive(now)
		return []Event{d.event(o, EventDelivered, by, nil)}
	}
	return nil
}

// cameOf is how much of a line of the order came back by the return.
func (r *Return) cameOf(line int) Quantity {
	n := decimal.Zero
	for i := range r.Lines {
		if r.Lines[i].Line == line {
			n = n.Add(r.Lines[i].came())
		}
	}
	return n
}

// kept is how much of a line the customer has.
func (o *Order) kept(l *Line) Quantity {
	n := o.sent(l)
	for i := range o.Returns {
		if r := &o.Returns[i]; r.Kind == ReturnGoods && r.Status == ReturnDone {
			for j := range r.Lines {
				if r.Lines[j].Line == l.No {
					n = n.Sub(r.Lines[j].came())
				}
			}
		}
	}
	return n
}

// SendReturn sends out what a return calls for: the same goods anew, out of a warehouse, or the ones that were repaired.
func (d *Desk) SendReturn(tx ReturnTx, id OrderID, no int, waybill, warehouse string, by Actor) (*Order, *Return, error) {
	if by.Staff.May(RightShip) != ScopeAll {
		return nil, nil, Errorf(CodeDenied, "换货和修好的货由仓库发出，您没有这个权限，没有改动")
	}
	o, r, err := d.loadReturn(tx, id, no, ReturnReceived)
	if err != nil {
		return nil, nil, err
	}
	if r.Kind == ReturnExchange {
		err := d.eachPart(tx, o, r, (*ReturnLine).came, func(_ *ReturnLine, part ProductCode, n Quantity) error {
			return tx.MoveStock(part, warehouse, n.Neg())
		})
		if err != nil {
			return nil, nil, err
		}
	}
	before := r.Status.String()
	r.Waybill = waybill
	more := d.closeReturn(o, r, ReturnDone, "", by)
	return o, r, d.savedReturn(tx, o, r, by, "发出", before, waybill, "done", more...)
}

// PayReturn gives money back for goods that came to be exchanged or repaired and can't be; finance says so, but nobody of what they have
// asked for or signed.
func (d *Desk) PayReturn(tx ReturnTx, id OrderID, no int, by Actor) (*Order, *Return, error) {
	if by.Staff == nil || !by.Staff.Has(RoleFinance, RoleCFO) {
		return nil, nil, Errorf(CodeDenied, "%s 改成退款由财务定，您没有这个权限，没有改动", id.Return(no))
	}
	o, r, err := d.loadReturn(tx, id, no, ReturnReceived)
	if err != nil {
		return nil, nil, err
	}
	if o.isInvolved(r, by.Staff.Code) {
		return nil, nil, Errorf(CodeDenied, "%s 是您自己经手的，改成退款要由另一位财务定，没有改动", o.ID.Return(r.No))
	}
	before := r.Kind.String() + " " + r.Status.String()
	r.Kind = ReturnGoods
	if err := d.credit(tx, o, r); err != nil {
		return nil, nil, err
	}
	more := d.closeReturn(o, r, ReturnDone, "", by)
	return o, r, d.savedReturn(tx, o, r, by, "改退款", before, "", "done", more...)
}

// tickReturns does what is due for the returns of an order: a reminder at half of the time, an escalation at its end. What nobody has
// signed by then is dropped.
func (d *Desk) tickReturns(o *Order) ([]Event, []AuditEntry) {
	now, by := d.Now(), SystemActor
	var events []Event
	var entries []AuditEntry
	tell := func(r *Return, what string) {
		events = append(events, d.event(o, EventReturn, by, map[string]string{"return": strconv.Itoa(r.No), "what": what}))
	}
	for i := range o.Returns {
		r := &o.Returns[i]
		isDue := func() bool { at := r.nextAt(); return !at.IsZero() && !at.After(now) }
		if isDue() && r.Reminded == 0 {
			if r.Reminded = 1; r.DueAt.After(now) {
				tell(r, "reminded")
			}
		}
		if !isDue() {
			continue
		}
		r.Reminded = 2
		if r.Kind == ReturnTicket { // it counts, whatever went wrong
			r.Cause, r.Status, r.DoneAt = CauseOther, ReturnDone, now
			tell(r, "done")
			entries = append(entries, d.entry(o, by, "纠错原因", "", r.Cause.String(), "一直没有选"))
			continue
		}
		if r.Status == ReturnAsked {
			events = append(events, d.closeReturn(o, r, ReturnDropped, "一直没有签字", by)...)
			tell(r, "dropped")
			entries = append(entries, d.entry(o, by, r.Kind.String()+"作废", "", string(o.ID.Return(r.No)), r.Reason))
			continue
		}
		if r.Node != nil && r.Status == ReturnWaiting {
			for _, up := range d.escalation(o, r.Node) {
				if !slices.Contains(r.Node.Extra, up) {
					r.Node.Extra = append(r.Node.Extra, up)
				}
			}
		}
		tell(r, "late")
		entries = append(entries, d.entry(o, by, r.Kind.String()+"超时上报", "", string(o.ID.Return(r.No)), ""))
	}
	return events, entries
}
