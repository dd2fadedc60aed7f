package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Staged is how an order is delivered and paid for in parts (分期). It is one order with one number: its status is that of the stage
// whose turn it is, and only what that stage needs of the stock is held for it.
type Staged struct {
	Stages []Stage   `json:"stages,omitempty"` // of the delivery, in turn; none: all at once
	Nodes  []PayNode `json:"nodes,omitempty"`  // of the payment, in turn; none: as agreed with the customer
	// Release says whether a stage waits for the payments that come before it.
	Release Release `json:"release,omitempty"`
}

// Stage is a part of an order that is delivered by itself.
type Stage struct {
	Due  string           `json:"due"`  // yyyy-mm-dd
	Base map[int]Quantity `json:"base"` // base units, by the number of the line
}

// PayNode is a part of an order's amount with the moment at which it is to be paid.
type PayNode struct {
	Name  string  `json:"name"`  // in the words of who laid it down: 签约, 第2期发货前, 4月20日
	Share int     `json:"share"` // of the order's amount, in hundredths of a percent
	When  PayWhen `json:"when"`
	Stage int     `json:"stage,omitempty"` // that it is before or after, from 1; of 到货: 0 means the last
	Day   string  `json:"day,omitempty"`   // yyyy-mm-dd

	// Months and Days are how long after the last goods have arrived a payment of 质保期满 is due; both 0: not said.
	Months int `json:"months,omitempty"`
	Days   int `json:"days,omitempty"`
}

// PayWhen tells what makes a payment due.
type PayWhen string

// The moments of payments.
const (
	PaySigned  PayWhen = "signed"  // 签约: the order is approved
	PayShips   PayWhen = "ships"   // 发货前
	PayArrived PayWhen = "arrived" // 到货, 验收
	PayDay     PayWhen = "day"
	PayKept    PayWhen = "kept" // 质保期满: the warranty of what has arrived is over
)

// Release says whether a stage waits for its payment.
type Release string

// The terms of release; empty: as the firm's settings say.
const (
	ReleasePaid   Release = "paid"   // 款到发货
	ReleaseUnpaid Release = "unpaid" // 先发货后付款
)

// Staging is how far a staged order is.
type Staging struct {
	Sent     []time.Time `json:"sent,omitempty"`     // when each of the stages left, in turn
	Reminded int         `json:"reminded,omitempty"` // the last stage of which people were reminded
	Told     []int       `json:"told,omitempty"`     // the payments, from 1, that people were told are due
	// Lots are the batches and serial numbers with which each of the stages left, in turn, as they were counted before (复核); nil: it was
	// not counted.
	Lots [][]Counted `json:"lots,omitempty"`
}

// wholeShare is all of an amount, in hundredths of a percent.
const wholeShare = 10_000

// stagesMost and nodesMost are how many parts a delivery and a payment can have.
const (
	stagesMost = 24
	nodesMost  = 12
)

// remindHour is when people are reminded, on the day before a stage and on that of a payment (Beijing).
const remindHour = 9

// Deliveries is how many stages the delivery of the order has, 0 where it leaves at once.
func (o *Order) Deliveries() int {
	if o.Staged == nil {
		return 0
	}
	return len(o.Staged.Stages)
}

// Stage is the number, from 1, of the stage whose turn it is; 0: the delivery has no stages, or all of them have left.
func (o *Order) Stage() int {
	if k := len(o.Work.Stages.Sent) + 1; k <= o.Deliveries() {
		return k
	}
	return 0
}

// IsUnderway tells whether some stages of the order have left and others have not.
func (o *Order) IsUnderway() bool { return o.Stage() > 1 }

// isOut tells whether goods have left and none are to follow.
func (o *Order) isOut() bool { return len(o.Shipments) > 0 && o.Stage() == 0 }

// Wanted is the day or time by which the goods that leave next are wanted, that of the last stage once all have left; "" where nobody said.
// [Order.DeliverBy] is what was said of the order as a whole: of one that is delivered in stages their days count instead.
func (o *Order) Wanted() string {
	if n := o.Deliveries(); n > 0 {
		return o.Staged.Stages[min(len(o.Work.Stages.Sent), n-1)].Due
	}
	return o.DeliverBy
}

// lay notes on the lines what belongs to later stages, so that only what the present one needs is held.
func (o *Order) lay() {
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Later = decimal.Zero
		for k := o.Stage(); k > 0 && k < o.Deliveries(); k++ {
			l.Later = l.Later.Add(o.Staged.Stages[k].Base[l.No])
		}
	}
}

// leave notes that the goods of the stage whose turn it is have left.
func (o *Order) leave(now time.Time) {
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Sent, l.Reserved = l.Sent.Add(l.Due()), decimal.Zero
	}
	o.Work.Stages.Sent = append(slices.Clone(o.Work.Stages.Sent), now.UTC())
	o.Work.Stages.Lots = append(slices.Clone(o.Work.Stages.Lots), o.CountedLots())
	o.Work.Count, o.Work.Wave = nil, ""
	o.lay()
}

// DueWords are the goods of the line that are to leave next, in the unit they were ordered in where that is exact.
func (l *Line) DueWords() string { return l.words(l.Due()) }

// inStages are base units of a line of which stages know, in the words of the line.
func (l *Line) inStages(n Quantity) string { return l.title() + " " + l.words(n) }

// stageGoods are the goods of a stage in words: 外科口罩 30盒、手套 2箱.
func (o *Order) stageGoods(k int) string {
	var out []string
	for i := range o.Lines {
		if n := o.Staged.Stages[k-1].Base[o.Lines[i].No]; n.IsPositive() {
			out = append(out, o.Lines[i].inStages(n))
		}
	}
	return strings.Join(out, "、")
}

// MayStage tells, as an error, what is wrong with the plan of the order: the stages have to come to the order in every product, the
// payments to all of its money.
func (o *Order) MayStage() error {
	p := o.Staged
	if p == nil {
		return nil
	}
	again := fmt.Sprintf("请重新说「%s 分期：…」，不分了就说「%s 不分期」", o.ID, o.ID)
	switch n := len(p.Stages); {
	case n == 1 || n > stagesMost:
		return Errorf(CodeInvalid, "可以分 2 到 %d 期。%s", stagesMost, again)
	case n > 0 && o.Carrier == pickUp:
		return Errorf(CodeInvalid, "订单 %s 是客户自提的，不能分期发货。要分几次提的话请「拆分」成几单", o.ID)
	case n > 0 && len(o.Together()) > 0:
		return Errorf(CodeInvalid, "订单 %s 和 %s 约好一起发，不能分期发货。先发「各发各的 %s」", o.ID, strings.Join(idWords(o.Together()), "、"), o.ID)
	case len(p.Nodes) > nodesMost:
		return Errorf(CodeInvalid, "付款节点最多 %d 个", nodesMost)
	}
	for k := range p.Stages {
		s := &p.Stages[k]
		if k > 0 && s.Due <= p.Stages[k-1].Due {
			return Errorf(CodeInvalid, "第 %d 期（%s）要晚于第 %d 期（%s）。%s", k+1, s.Due, k, p.Stages[k-1].Due, again)
		}
		sum := decimal.Zero
		for no, n := range s.Base {
			if n.IsNegative() || !slices.ContainsFunc(o.Lines, func(l Line) bool { return l.No == no }) {
				return Errorf(CodeInvalid, "第 %d 期的货和订单对不上。%s", k+1, again)
			}
			sum = sum.Add(n)
		}
		if !sum.IsPositive() {
			return Errorf(CodeInvalid, "第 %d 期没有货。%s", k+1, again)
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		sum := decimal.Zero
		for k := range p.Stages {
			n := p.Stages[k].Base[l.No]
			if l.Base.IsInteger() && !n.IsInteger() {
				return Errorf(CodeInvalid, "%s 第 %d 期 %s%s 不是整数。%s", l.title(), k+1, n, l.BaseUnit, again)
			}
			sum = sum.Add(n)
		}
		switch {
		case len(p.Stages) == 0 || sum.Equal(l.Base):
		case sum.LessThan(l.Base):
			return Errorf(CodeInvalid, "%s，各期加起来 %s，少 %s。%s", l.inStages(l.Base), l.words(sum), l.words(l.Base.Sub(sum)), again)
		default:
			return Errorf(CodeInvalid, "%s，各期加起来 %s，多 %s。%s", l.inStages(l.Base), l.words(sum), l.words(sum.Sub(l.Base)), again)
		}
	}
	shares, last := 0, 0
	for i := range p.Nodes {
		n := &p.Nodes[i]
		rank := o.gate(n)
		switch {
		case n.When == PayKept:
			rank = stagesMost + 2
		case rank == 0:
			rank = stagesMost + 1
		}
		if rank < last {
			return Errorf(CodeInvalid, "付款节点请按先后写：「%s」在「%s」前面", n.Name, p.Nodes[i-1].Name)
		}
		last = rank
		if n.Share <= 0 {
			return Errorf(CodeInvalid, "付款节点「%s」没有比例", n.Name)
		}
		if n.Stage > max(1, len(p.Stages)) {
			return Errorf(CodeInvalid, "付款节点「%s」：订单没有第 %d 期", n.Name, n.Stage)
		}
		shares += n.Share
	}
	if len(p.Nodes) > 0 && shares != wholeShare {
		return Errorf(CodeInvalid, "各付款节点加起来是 %s，要正好 100%%", percent(shares))
	}
	return nil
}

// percent says a share: 30%, 33.33%.
func percent(share int) string { return decimal.New(int64(share), -2).String() + "%" }

// StageWords are the stages of the delivery in words, one each: 第1期 2026-03-20 外科口罩 30盒.
func (o *Order) StageWords() []string {
	var out []string
	for k := 1; k <= o.Deliveries(); k++ {
		out = append(out, fmt.Sprintf("第%d期 %s %s", k, o.Staged.Stages[k-1].Due, o.stageGoods(k)))
	}
	return out
}

// stages are the deliveries of a content in words.
func (c Content) stages() string {
	if c.Staged == nil {
		return ""
	}
	o := Order{Lines: c.Lines, Staged: c.Staged}
	return strings.Join(o.StageWords(), "；")
}

// payments are the payments of a content in words.
func (c Content) payments() string {
	if c.Staged == nil {
		return ""
	}
	var out []string
	for i := range c.Staged.Nodes {
		out = append(out, c.Staged.Nodes[i].Name+" "+percent(c.Staged.Nodes[i].Share))
	}
	if word := c.Staged.Release.String(); word != "" {
		out = append(out, word)
	}
	return strings.Join(out, "；")
}

// String returns the Chinese word.
func (r Release) String() string {
	return map[Release]string{ReleasePaid: "款到发货", ReleaseUnpaid: "先发货后付款"}[r]
}

// Instalment is a payment of an order as it stands.
type Instalment struct {
	PayNode

	Amount Money
	Due    Money // of it and all before it
	IsPaid bool  // what was paid for the order covers it
}

// Percent says the share of the whole.
func (i *Instalment) Percent() string { return percent(i.Share) }

// Instalments are the payments that were laid down for the order, in turn. They come to what the order does, to the fen.
func (o *Order) Instalments() []Instalment {
	if o.Staged == nil {
		return nil
	}
	out := make([]Instalment, len(o.Staged.Nodes))
	shares, sum := 0, Money(0)
	for i, n := range o.Staged.Nodes {
		shares += n.Share
		due := MoneyOf(o.Payable().Yuan().Mul(decimal.NewFromInt(int64(shares))).Div(decimal.NewFromInt(wholeShare)))
		if i == len(out)-1 {
			due = o.Payable()
		}
		out[i] = Instalment{PayNode: n, Amount: due - sum, Due: due, IsPaid: o.Work.Paid >= due}
		sum = due
	}
	return out
}

// gate is the number of the first stage that waits for a payment; an order without stages has one. 0: none waits.
func (o *Order) gate(n *PayNode) int {
	last := max(1, o.Deliveries())
	switch n.When {
	case PaySigned:
		return 1
	case PayShips:
		return max(1, n.Stage)
	case PayArrived:
		if n.Stage > 0 && n.Stage < last {
			return n.Stage + 1
		}
	case PayDay:
		for k := 1; k <= o.Deliveries(); k++ {
			if o.Staged.Stages[k-1].Due >= n.Day {
				return k
			}
		}
	case PayKept: // all have left
	}
	return 0
}

// Owed is the payment that a stage waits for and what is missing to it; nil: none, or nobody makes the stage wait. require is the
// firm's setting. A payment whose day is over before now holds up every stage, unless one comes before it that is not due yet.
func (o *Order) Owed(stage int, require bool, now time.Time) (*Instalment, Money) {
	if o.Staged == nil || o.Staged.Release == ReleaseUnpaid || o.Staged.Release == "" && !require {
		return nil, 0
	}
	all := o.Instalments()
	today := now.In(beijing).Format(time.DateOnly)
	var last *Instalment
	for i := range all {
		if all[i].IsPaid {
			continue
		}
		isOver := all[i].When == PayDay && all[i].Day < today
		if g := o.gate(&all[i].PayNode); !isOver && (g == 0 || g > stage) {
			break
		}
		last = &all[i]
	}
	if last == nil {
		return nil, 0
	}
	return last, last.Due - o.Work.Paid
}

// unpaid is the refusal to let a stage leave before it is paid for, nil where there is nothing to refuse.
func (d *Desk) unpaid(o *Order, stage int) error {
	n, _ := o.Owed(max(1, stage), d.RequirePayment, d.Now())
	if n == nil {
		return nil
	}
	what := "订单 " + string(o.ID)
	if stage > 0 {
		what += fmt.Sprintf(" 第 %d 期", stage)
	}
	// Those who ship goods see no amounts.
	return Errorf(CodeConflict, "%s要等「%s」的货款到账才能发，现在还没到齐，没有发货。财务登记「到款 %s 金额」后再发", what, n.Name, o.ID)
}

// shipping tells of which stage a parcel is that is about to be registered, and whether that stage leaves with it; said is the stage that
// was named, 0: none. A number of a parcel by itself may be a second parcel of what has left: that is asked, never guessed.
func (o *Order) shipping(said int, carrier string) (stage int, leaves bool, err error) {
	n, sent := o.Deliveries(), len(o.Work.Stages.Sent)
	say := func(k int) string { return fmt.Sprintf("「发货 %s 第%d期 运单号」", o.ID, k) }
	switch {
	case n == 0 && said > 0:
		return 0, false, Errorf(CodeInvalid, "订单 %s 没有分期，请发「发货 %s 运单号」。没有登记", o.ID, o.ID)
	case n == 0:
		return 0, true, nil
	case carrier == pickUp:
		return 0, false, Errorf(CodeConflict, "订单 %s 分期发货，不能自提。客户要自提的话，业务员先「%s 不分期」或「拆分」。没有登记", o.ID, o.ID)
	case said > n:
		return 0, false, Errorf(CodeInvalid, "订单 %s 只有 %d 期，没有登记", o.ID, n)
	case said == 0 && sent == 0:
		return 1, true, nil
	case said == 0 && sent == n:
		return n, false, nil
	case said == 0:
		return 0, false, Errorf(CodeConflict, "订单 %s 分 %d 期，第 %d 期已发。发第 %d 期请说%s；这是第 %d 期的另一个包裹，请说%s。没有登记", o.ID, n, sent, sent+1, say(sent+1), sent, say(sent))
	case said > sent+1:
		return 0, false, Errorf(CodeConflict, "订单 %s 第 %d 期还没发，不能先发第 %d 期。没有登记", o.ID, sent+1, said)
	default:
		return said, said == sent+1, nil
	}
}

// next makes an order one whose next stage goes to the warehouse.
func (d *Desk) next(tx Tx, o *Order, by Actor) ([]Event, error) {
	now := d.Now()
	o.back(StatusApproved, now)
	if err := d.reserve(tx, o, now); err != nil {
		return nil, err
	}
	if err := tx.Firm(o); err != nil {
		return nil, err
	}
	if o.Covered() {
		o.reach(StatusAllocated, now)
		return nil, nil
	}
	return []Event{d.event(o, EventShortage, by, nil)}, nil
}

// stay is the refusal to change an order of which stages have left, nil where none has.
func (o *Order) stay() error {
	if sent := len(o.Work.Stages.Sent); o.IsUnderway() {
		return Errorf(CodeConflict, "订单 %s 分期发货，第 %d 期已发，改不了了。多要的请另下一单；没发的不要了请回复「取消 %s 原因」，已收到的要退请回复「退货 %s 原因」", o.ID, sent, o.ID, o.ID)
	}
	return nil
}

// mayPart is the refusal to split an order with a plan, or to merge it, nil where it has none.
func (o *Order) mayPart() error {
	switch {
	case o.Staged != nil:
		return Errorf(CodeConflict, "订单 %s 定了分期，不能拆分或合并。先「%s 不分期」再说。没有改动", o.ID, o.ID)
	case o.Work.Paid != 0:
		return Errorf(CodeConflict, "订单 %s 登记过到款，不能拆分或合并，没有改动", o.ID)
	default:
		return nil
	}
}

// cutRest cancels what has not left of an order of which stages have: it is what was sent.
func (d *Desk) cutRest(tx Tx, o *Order, reason string, by Actor) (*Order, error) {
	now, before, was := d.Now(), o.Content(), o.Status
	lines, total := make([]Line, 0, len(o.Lines)), Money(0)
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.Sent.IsPositive() {
			continue
		}
		cut := *l
		if !l.Sent.Equal(l.Base) {
			cut = l.of(l.Sent)
			cut.Amount = share(l.Amount, l.Sent, l.Base)
		}
		if n, amount := o.taken(l.No); l.isOwed() && n.Equal(l.Sent) { // what is given back for all of it is what it came to
			cut.Amount = amount
		}
		cut.Sent, cut.Later, cut.Expected = l.Sent, decimal.Zero, ""
		total += cut.Amount
		lines = append(lines, cut)
	}
	sent := len(o.Work.Stages.Sent)
	plan := *o.Staged
	plan.Stages = slices.Clone(plan.Stages[:sent])
	plan.Nodes = slices.Clone(plan.Nodes)
	for i := range plan.Nodes {
		plan.Nodes[i].Stage = min(plan.Nodes[i].Stage, sent)
	}
	rest := *o
	rest.Lines, rest.Total, rest.Staged = lines, total, &plan
	if o.Invoiced > rest.Receivable()-o.letGo() && o.Invoiced > 0 {
		return nil, Errorf(CodeConflict, "订单 %s 已开票 %s，比已发货的 %s 多，没有取消。请财务先处理发票", o.ID, o.Invoiced, rest.Receivable())
	}
	told := map[string]string{"what": "cut", "reason": reason}
	if r, freight := rest.freightDue(); freight > 0 { // before the stock, as locks are taken
		noted := max(0, freight-rest.owes())
		r.Credited += freight
		r.Noted += noted
		told["freight"], told["return"] = strconv.FormatInt(int64(freight), 10), strconv.Itoa(r.No)
		if noted > 0 {
			told["noted"], told["note"] = strconv.FormatInt(int64(noted), 10), freightNote(o.ID.Return(r.No))
			if err := tx.CreditNote(told["note"], o.Customer, o.ID, noted, now); err != nil {
				return nil, err
			}
		}
	}
	if freed := rest.owes() - o.Held; freed != 0 { // before the stock, as locks are taken
		if _, err := tx.HoldCredit(o.Customer, freed); err != nil {
			return nil, err
		}
		o.Held += freed
	}
	if err := tx.Release(o); err != nil {
		return nil, err
	}
	o.Lines, o.Total, o.Staged = lines, total, &plan
	o.void()
	o.silence()
	o.closeChanges()
	o.Revision++
	o.Changes = append(o.Changes, Change{
		No: len(o.Changes) + 1, Kind: ChangeCancel, Status: ChangeDone, Revision: o.Revision - 1, Was: was, By: by.Code, Name: by.Name, SaidAt: d.said(by), DoneAt: now,
		Before: before, After: o.Content(),
	})
	for _, s := range []Status{StatusAllocated, StatusScheduled, StatusInProduction, StatusInspected, StatusStocked, StatusPicking, StatusChecked} {
		delete(o.Reached, s)
	}
	events := []Event{d.event(o, EventStage, by, told)}
	more, err := d.allSent(tx, o, by)
	if err != nil {
		return nil, err
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "取消未发的", was.String(), o.Status.String(), reason)); err != nil {
		return nil, err
	}
	return o, tx.Emit(append(events, more...)...)
}

// freightDue is the freight that is to be given back because nothing more of the order will leave, and the return with which it is: all
// that was sent had come back by our mistake before, so that the last return, at its time, left it for what was still to be carried.
func (o *Order) freightDue() (*Return, Money) {
	if !o.allBack() {
		return nil, 0
	}
	for i := range slices.Backward(o.Returns) {
		if r := &o.Returns[i]; r.Kind == ReturnGoods && r.Status == ReturnDone {
			if r.FreightBack() > 0 {
				return nil, 0
			}
			return r, o.freightLeft(r)
		}
	}
	return nil, 0
}

// freightNote is the number of the credit note of a return's freight where that is given back after its goods.
func freightNote(id ReturnID) string { return string(id) + "-YF" }

// allSent takes an order on whose last goods have left: to where its parcels are, or, where goods are on their way back, there.
func (d *Desk) allSent(tx Tx, o *Order, by Actor) ([]Event, error) {
	now := d.Now()
	o.reach(StatusShipped, now)
	events, err := d.triggerNow(tx, o, AtShipped)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(o.Returns, func(r Return) bool { return r.Open() && r.claims() }) {
		o.reach(StatusReturning, now)
		return events, nil
	}
	if o.allBack() {
		o.reach(StatusReturned, now)
		return events, nil
	}
	if o.followParcels(now); o.Status == StatusDelivered {
		o.arrive(now)
		told, err := d.triggerNow(tx, o, AtDelivered)
		if err != nil {
			return nil, err
		}
		events = append(append(events, d.event(o, EventDelivered, by, nil)), told...)
	}
	return events, nil
}

// allBack tells whether the customer has given back everything that was sent.
func (o *Order) allBack() bool {
	return !slices.ContainsFunc(o.Lines, func(l Line) bool { return o.kept(&l).IsPositive() })
}

// morning is when people are reminded on a day.
func morning(day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, beijing)
	if err != nil {
		return time.Time{}
	}
	return at.Add(remindHour * time.Hour)
}

// isAtWork tells whether the goods of an order are to leave: it is approved.
func (o *Order) isAtWork() bool {
	return o.Status != StatusPendingApproval && slices.Contains(BeforeShipping, o.Status)
}

// stageAt is when people are to be reminded of the stage whose turn it is; zero: they were, or there is none.
func (o *Order) stageAt() time.Time {
	k := o.Stage()
	if k == 0 || k <= o.Work.Stages.Reminded || !o.isAtWork() {
		return time.Time{}
	}
	return morning(o.Staged.Stages[k-1].Due).AddDate(0, 0, -1)
}

// arrivedAt is when all parcels of a stage had arrived at the latest, by when it left; zero: they have not.
func (o *Order) arrivedAt(stage int) time.Time {
	if stage == 0 || stage >= max(1, o.Deliveries()) {
		return o.Reached[StatusDelivered]
	}
	if len(o.Work.Stages.Sent) < stage || slices.ContainsFunc(o.Shipments, func(s Shipment) bool { return s.Stage == stage && s.State != ParcelDelivered }) {
		return time.Time{}
	}
	return o.Work.Stages.Sent[stage-1]
}

// payAt is when a payment becomes due; zero: that is not known yet.
func (o *Order) payAt(n *PayNode) time.Time {
	if !o.isAtWork() && !slices.Contains([]Status{StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery, StatusDelivered, StatusReturning}, o.Status) {
		return time.Time{}
	}
	switch n.When {
	case PayShips:
		if o.Deliveries() == 0 {
			return o.Reached[StatusApproved]
		}
		return morning(o.Staged.Stages[max(1, n.Stage)-1].Due).AddDate(0, 0, -1)
	case PayArrived:
		return o.arrivedAt(n.Stage)
	case PayKept:
		at := o.arrivedAt(0)
		if at.IsZero() || n.Months == 0 && n.Days == 0 {
			return time.Time{}
		}
		return morning(at.In(beijing).AddDate(0, n.Months, n.Days).Format(time.DateOnly))
	case PayDay:
		return morning(n.Day)
	default:
		return o.Reached[StatusApproved]
	}
}

// nextStageAt is when the clock has something to do for the stages and payments of the order; zero: never.
func (o *Order) nextStageAt() time.Time {
	next := o.stageAt()
	for i, n := range o.Instalments() {
		if n.IsPaid || slices.Contains(o.Work.Stages.Told, i+1) {
			continue
		}
		if at := o.payAt(&n.PayNode); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// tickStages reminds people of stages and payments, of each once.
func (d *Desk) tickStages(o *Order) ([]Event, []AuditEntry) {
	now, by := d.Now(), SystemActor
	var events []Event
	var entries []AuditEntry
	if at := o.stageAt(); !at.IsZero() && !at.After(now) {
		k := o.Stage()
		o.Work.Stages.Reminded = k
		events = append(events, d.event(o, EventStage, by, map[string]string{"what": "due", "stage": strconv.Itoa(k)}))
		entries = append(entries, d.entry(o, by, "分期提醒", "", fmt.Sprintf("第%d期", k), o.stageGoods(k)))
	}
	for i, n := range o.Instalments() {
		if n.IsPaid || slices.Contains(o.Work.Stages.Told, i+1) {
			continue
		}
		if at := o.payAt(&n.PayNode); at.IsZero() || at.After(now) {
			continue
		}
		o.Work.Stages.Told = append(slices.Clone(o.Work.Stages.Told), i+1)
		events = append(events, d.event(o, EventStage, by, map[string]string{"what": "pay", "node": strconv.Itoa(i + 1)}))
		entries = append(entries, d.entry(o, by, "付款提醒", "", n.Name, n.Amount.String()))
	}
	return events, entries
}

// Plan lays down how an order is delivered and paid for in parts: stages, nodes or neither replace what was laid down of them, nil leaves
// it. It is made on the content of a draft or of a change.
func (o *Order) Plan(change func(*Staged)) error {
	p := Staged{}
	if o.Staged != nil {
		p = *o.Staged
	}
	change(&p)
	o.Staged = &p
	if len(p.Stages) == 0 && len(p.Nodes) == 0 && p.Release == "" {
		o.Staged = nil
	}
	return o.MayStage()
}

// PayTx is what the desk needs of a transaction that is about a payment.
type PayTx interface {
	Tx
	// Pay notes a payment and gives it a number where it has none. CodeConflict where the number is taken.
	Pay(p Payment) (number string, err error)
	// VoidPayment takes a payment back that was noted by mistake: CodeNotFound where there is none, CodeConflict where it was taken
	// back before.
	VoidPayment(number string) (Payment, error)
	// PaymentOrder returns the order that a payment names, "" where it names none or there is no such payment.
	PaymentOrder(number string) (OrderID, error)
}

// Receive notes what was paid for an order. The stage that waited for it may leave then.
func (d *Desk) Receive(tx PayTx, id OrderID, amount Money, number string, by Actor) (*Order, string, error) {
	o, err := tx.Order(id) // before the accounts, as locks are taken
	if err != nil {
		return nil, "", err
	}
	switch o.Status {
	case StatusDraft, StatusCancelled, StatusRejected, StatusClosed:
		return nil, "", Errorf(CodeConflict, "订单 %s 是「%s」，到款不能记在它上面，没有登记。要记在客户账上请发「收款 %s %s」", o.ID, o.Status, o.Customer, amount.Yuan())
	default:
	}
	number, err = tx.Pay(Payment{Number: number, Customer: o.Customer, Amount: amount, Day: d.Now(), Order: id})
	if err != nil {
		return nil, "", err
	}
	return o, number, d.paid(tx, o, amount, number, "到款", by)
}

// paid adds to what was paid for an order.
func (d *Desk) paid(tx PayTx, o *Order, amount Money, number, action string, by Actor) error {
	stage := max(1, o.Stage())
	before, _ := o.Owed(stage, d.RequirePayment, d.Now())
	data := map[string]string{"what": "paid", "amount": strconv.FormatInt(int64(amount), 10)}
	o.Work.Paid += amount
	if after, _ := o.Owed(stage, d.RequirePayment, d.Now()); before != nil && after == nil && o.isAtWork() {
		data["released"] = strconv.Itoa(stage)
	}
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	if err := tx.Audit(d.entry(o, by, action, number, amount.String(), "共到 "+o.Work.Paid.String())); err != nil {
		return err
	}
	return tx.Emit(d.event(o, EventStage, by, data))
}

// Unreceive takes a payment back that was noted by mistake, and returns it. o is nil where it names no order.
func (d *Desk) Unreceive(tx PayTx, number, reason string, by Actor) (p Payment, o *Order, err error) {
	id, err := tx.PaymentOrder(number)
	if err != nil {
		return p, nil, err
	}
	if id != "" { // before the accounts, as locks are taken
		if o, err = tx.Order(id); err != nil {
			return p, nil, err
		}
	}
	if p, err = tx.VoidPayment(number); err != nil || o == nil {
		return p, nil, err
	}
	return p, o, d.paid(tx, o, -p.Amount, strings.TrimSpace(number+" "+reason), "撤销到款", by)
}
