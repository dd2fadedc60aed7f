package orders

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ExceptionKind tells what has gone wrong with an order.
type ExceptionKind string

// The kinds of exceptions.
const (
	ExceptionLate     ExceptionKind = "late"     // 交付延误
	ExceptionUrgent   ExceptionKind = "urgent"   // 加急超时
	ExceptionStock    ExceptionKind = "stock"    // 库存不足
	ExceptionApproval ExceptionKind = "approval" // 审批超时
	ExceptionShipping ExceptionKind = "shipping" // 发货超时
	ExceptionStalled  ExceptionKind = "stalled"  // 物流停滞
	ExceptionCarrier  ExceptionKind = "carrier"  // 承运异常
	ExceptionAddress  ExceptionKind = "address"  // 地址或拒收
	ExceptionCredit   ExceptionKind = "credit"   // 超信用额度
)

// ExceptionNames gives the Chinese word of each kind.
var ExceptionNames = map[ExceptionKind]string{ //nolint:gosec // words for people
	ExceptionLate: "交付延误", ExceptionUrgent: "加急超时", ExceptionStock: "库存不足", ExceptionApproval: "审批超时", ExceptionShipping: "发货超时",
	ExceptionStalled: "物流停滞", ExceptionCarrier: "承运异常", ExceptionAddress: "地址或拒收", ExceptionCredit: "超信用额度",
}

// String returns the Chinese word of the kind.
func (k ExceptionKind) String() string { return ExceptionNames[k] }

// ExceptionState tells how far an exception is.
type ExceptionState string

// The states of an exception.
const (
	ExceptionWatched ExceptionState = "watched" // nothing has happened: it would become one at At
	ExceptionKept    ExceptionState = "kept"    // what was watched was done in time
	ExceptionVoid    ExceptionState = "void"    // what was watched is not called for any more
	ExceptionOpen    ExceptionState = "open"
	ExceptionClosed  ExceptionState = "closed"
)

// Exception is one thing that goes wrong with an order, or that the clock watches so that it does not: one record for each cause.
type Exception struct {
	ID    int64
	Order OrderID
	Kind  ExceptionKind
	Cause string // tells those of a kind apart: the node's or the parcel's number
	State ExceptionState
	Role  Role // whose business it is
	Level int  // 1, 2 or 3 by the delay, see [LevelOf]; 0: not open yet
	Owner StaffCode
	Name  string    // of who has taken it
	Start time.Time // when the watch began
	At    time.Time // when it becomes one
	Since time.Time // what is later than that is late
	Open  time.Time // when it became one, the last time
	Due   time.Time // when it must have been dealt with
	Done  time.Time
	Next  time.Time // when the clock looks at it again; zero: never
	Told  time.Time // when somebody was last told that it has come
	Step  int       // how much of it was told: of what is open 1 the repetition, 2 the escalation; of what is watched the countdown
	Times int       // how often it has come
	// By is who ended it: "system" where no person had to, [endedByWork], or the code of who said that it is dealt with.
	By   string
	Note string // how it was solved
}

// Words says what it is, for people: 异常 12 库存不足（二级）.
func (x *Exception) Words() string {
	return fmt.Sprintf("异常 %d %s（%s）", x.ID, x.Kind, []string{"", "一级", "二级", "三级"}[x.Level])
}

// IsLate tells whether the kind is about a delay of the delivery, so that the customer hears of it.
func (x *Exception) IsLate() bool { return x.Kind == ExceptionLate || x.Kind == ExceptionUrgent }

// endedByWork stands for who ended an exception where its cause went away because people did their work: it may come again.
const endedByWork = "staff"

// MajorDelay is the delay from which an exception is a major delivery risk (重大交付风险).
const MajorDelay = 72 * time.Hour

// LevelOf tells how bad a delay is: 1 below 24 hours, 2 from 24:00:00, 3 from [MajorDelay].
func LevelOf(delay time.Duration) int {
	switch {
	case delay >= MajorDelay:
		return 3
	case delay >= 24*time.Hour:
		return 2
	default:
		return 1
	}
}

// ExceptionTx is what the desk needs of a transaction that is about exceptions.
type ExceptionTx interface {
	StockTx
	// Exceptions returns all of an order that is locked, under a lock, oldest first.
	Exceptions(id OrderID) ([]*Exception, error)
	// SaveException stores one, a new one (ID 0) with a new ID.
	SaveException(x *Exception) error
	// ExceptionOrder returns the order of an exception: CodeNotFound where there is none.
	ExceptionOrder(id int64) (OrderID, error)
	// Home returns the warehouse from which an order would go out if that had the goods; "" where none stands out.
	Home(o *Order) (string, error)
}

// WantedBy is the moment until which what is wanted on a day or at an hour is in time, and false where none is named.
func WantedBy(deliverBy string) (time.Time, bool) {
	if day, err := time.ParseInLocation(time.DateOnly, deliverBy, beijing); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	at, err := time.Parse(time.RFC3339, deliverBy)
	return at, err == nil
}

// UrgentBy is when an urgent order's time is over, zero where it is not urgent.
func (d *Desk) UrgentBy(o *Order) time.Time {
	if !o.Urgent || o.ConfirmedAt.IsZero() {
		return time.Time{}
	}
	start := o.ConfirmedAt
	if g := o.Green; g != nil && g.Raised && g.From.After(start) {
		start = g.From
	}
	return start.Add(d.Times.urgent())
}

// ShipBy is until when an approved order is to be shipped, zero where it is not approved, or is being made: then its time begins when
// the goods are in stock. Only working days count.
func (d *Desk) ShipBy(o *Order) time.Time {
	at := o.Reached[StatusApproved]
	if !o.Reached[StatusScheduled].IsZero() {
		at = o.Reached[StatusStocked]
	}
	if at.IsZero() {
		return at
	}
	by := d.Catalog().Calendar.After(at.In(beijing), d.Times.ship())
	if k := o.Stage(); k > 0 { // not before its day
		if day, ok := WantedBy(o.Staged.Stages[k-1].Due); ok && day.After(by) {
			return day
		}
	}
	return by
}

// cause is something that goes wrong with an order, or will at a moment.
type cause struct {
	kind  ExceptionKind
	name  string
	role  Role
	at    time.Time // from then on it is an exception
	since time.Time // from then on the order is late
}

// addressTrouble fits the trace of a parcel that is not delivered because of where it goes or who is there.
var addressTrouble = regexp.MustCompile(`拒收|拒签|地址(?:不详|错误|有误|不符|不清)|查无此人|联系不上|无法联系|电话(?:无法|打不通|停机|空号)|迁移|超出派送范围`)

// causes returns what goes wrong with an order or is watched, by what it is now.
func (d *Desk) causes(tx ExceptionTx, o *Order) ([]cause, error) {
	if o.ConfirmedAt.IsZero() || o.Status == StatusDraft || o.Status == StatusReturning || o.Status.Ended() {
		return nil, nil
	}
	var out []cause
	now := d.Now()
	isOut := o.isOut()
	name := "" // of stages: each is late by itself; the last one until it has arrived
	if k := cmp.Or(o.Stage(), o.Deliveries()); k > 1 {
		name = strconv.Itoa(k)
	}
	shipBy, urgentBy := d.ShipBy(o), d.UrgentBy(o)
	due, isWanted := WantedBy(o.Wanted())
	arrives := d.Follow && !slices.ContainsFunc(o.Shipments, func(s Shipment) bool { return s.Carrier == pickUp })
	if !isWanted && !isOut {
		due = shipBy
	}
	if !due.IsZero() && (!isOut || isWanted && arrives) {
		at := due
		if day := o.LacksUntil(); isWanted && !day.IsZero() && day.Sub(due) >= MajorDelay { // known beforehand
			at = now
		}
		out = append(out, cause{ExceptionLate, name, RoleSales, at, due})
	}
	firstIsThere := o.Deliveries() > 0 && !o.arrivedAt(1).IsZero() // later stages have their days: they are not what is urgent
	if !urgentBy.IsZero() && (len(o.Shipments) == 0 || arrives && !firstIsThere) {
		out = append(out, cause{ExceptionUrgent, "", RoleWarehouseLead, urgentBy, urgentBy})
	}
	if due.IsZero() {
		due = shipBy
	}
	for _, n := range o.OpenNodes() {
		if o.Status == StatusPendingApproval {
			out = append(out, cause{ExceptionApproval, strconv.Itoa(n.Seq), RoleOperations, n.DueAt, orElse(due, n.DueAt)})
		}
	}
	if o.Status != StatusPendingApproval && !isOut {
		if !shipBy.IsZero() {
			out = append(out, cause{ExceptionShipping, name, RoleWarehouseLead, shipBy, shipBy})
		}
		if at := o.Reached[StatusApproved]; !o.Covered() {
			out = append(out, cause{ExceptionStock, name, RolePurchasing, at, orElse(due, at.Add(d.Times.ship()))})
		}
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		name := strconv.Itoa(s.No)
		switch {
		case s.Carrier == pickUp || s.State == ParcelDelivered:
		case s.State == ParcelException || s.State == ParcelReturned:
			kind, role := ExceptionCarrier, RoleService
			if len(s.Events) > 0 && addressTrouble.MatchString(s.Events[0].Text) {
				kind, role = ExceptionAddress, RoleSales
			}
			out = append(out, cause{kind, name, role, now, orElse(due, now)})
		case d.Follow:
			last := s.ShippedAt
			if len(s.Events) > 0 && s.Events[0].At.After(last) {
				last = s.Events[0].At
			}
			at := last.Add(d.Times.silence())
			out = append(out, cause{ExceptionStalled, name, RoleService, at, orElse(due, at)})
		}
	}
	if c := d.Catalog().Customer(o.Customer); o.Status == StatusPendingApproval && c != nil && c.CreditLimit != nil && o.Exposure > *c.CreditLimit {
		exposure, err := tx.HoldCredit(o.Customer, 0)
		if err != nil {
			return nil, err
		}
		if exposure > *c.CreditLimit {
			out = append(out, cause{ExceptionCredit, "", RoleSales, o.ConfirmedAt, orElse(due, o.ConfirmedAt.Add(d.Times.ship()))})
		}
	}
	return out, nil
}

func orElse(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// LacksUntil is the end of the day on which the last of what an order lacks comes, zero where that is not known.
func (o *Order) LacksUntil() time.Time {
	var last time.Time
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Short().IsPositive() {
			day, ok := WantedBy(l.Expected)
			if l.Expected == "" || !ok {
				return time.Time{}
			}
			if day.After(last) {
				last = day
			}
		}
	}
	return last
}

// Review brings the exceptions of an order to what the order is now, and does what is due for them by the clock, each thing once. It
// may be called at any time.
func (d *Desk) Review(tx ExceptionTx, o *Order) error {
	all, err := tx.Exceptions(o.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 && (o.ConfirmedAt.IsZero() || o.Status == StatusDraft || o.Status.Ended()) {
		return nil
	}
	found, err := d.causes(tx, o)
	if err != nil {
		return err
	}
	w := &watch{d: d, tx: tx, o: o, now: d.Now()}
	all = slices.DeleteFunc(all, func(x *Exception) bool { return x.Kind == ExceptionEarly }) // which is none
	for _, x := range all {
		if !slices.ContainsFunc(found, func(c cause) bool { return c.kind == x.Kind && c.name == x.Cause }) {
			if err := w.end(x); err != nil {
				return err
			}
		}
	}
	for _, c := range found {
		i := slices.IndexFunc(all, func(x *Exception) bool { return c.kind == x.Kind && c.name == x.Cause })
		x := &Exception{Order: o.ID, Kind: c.kind, Cause: c.name, State: ExceptionWatched, Start: w.now}
		if c.kind == ExceptionUrgent {
			x.Start = c.at.Add(-d.Times.urgent())
		}
		if i >= 0 {
			x = all[i]
		}
		if err := w.follow(x, c); err != nil {
			return err
		}
	}
	if err := w.elsewhere(all); err != nil {
		return err
	}
	if err := w.repromise(); err != nil {
		return err
	}
	if len(w.entries) > 0 {
		if err := tx.Audit(w.entries...); err != nil {
			return err
		}
	}
	return tx.Emit(w.events...)
}

// watch is one look at the exceptions of an order.
type watch struct {
	d       *Desk
	tx      ExceptionTx
	o       *Order
	now     time.Time
	events  []Event
	entries []AuditEntry

	isLate bool // an exception has come or grown worse: what was promised may not be kept
	isTold bool // the customer hears of it
}

func (w *watch) save(x, before *Exception) error {
	if x.ID != 0 && *x == *before {
		return nil
	}
	return w.tx.SaveException(x)
}

func (w *watch) tell(x *Exception, kind string, more ...string) {
	data := map[string]string{"exception": strconv.FormatInt(x.ID, 10), "times": strconv.Itoa(x.Times)}
	for i := 0; i+1 < len(more); i += 2 {
		data[more[i]] = more[i+1]
	}
	w.events = append(w.events, w.d.event(w.o, kind, SystemActor, data))
}

func (w *watch) note(x *Exception, action, reason string) {
	w.entries = append(w.entries, w.d.entry(w.o, SystemActor, action, "", x.Words(), reason))
}

// follow looks at a cause that is there or will be.
func (w *watch) follow(x *Exception, c cause) error {
	before := *x
	x.At, x.Since = c.at, c.since
	holds := !c.at.After(w.now)
	switch x.State {
	case ExceptionOpen:
		if !holds {
			return w.end(x)
		}
	case ExceptionClosed:
		if x.By != SystemActor.Code && x.By != endedByWork { // somebody has dealt with it, cause or not
			return nil
		}
		if !holds {
			x.Next = c.at
			return w.save(x, &before)
		}
	default:
		if !holds {
			x.State = ExceptionWatched
			return w.countDown(x, &before)
		}
	}
	if x.State == ExceptionOpen {
		return w.tick(x, &before)
	}
	// It has come, or come again.
	x.Role = c.role
	x.State, x.Open, x.Done, x.Owner, x.Name, x.By, x.Note = ExceptionOpen, w.now, time.Time{}, "", "", "", ""
	x.Due = w.d.Catalog().Calendar.After(w.now.In(beijing), w.d.Times.handling())
	x.Times++
	x.Step, x.Level = 0, 0
	if x.Level = w.level(x); x.Level > 1 && x.IsLate() {
		x.Role = RoleAccountManager
	}
	x.Next = w.next(x)
	isNews := x.Told.IsZero() || !w.now.Before(x.Told.Add(w.d.Times.handling())) // the same cause is told once in that time
	if isNews {
		x.Told = w.now
	}
	if err := w.save(x, &before); err != nil {
		return err
	}
	w.note(x, "异常", "")
	w.isLate = true
	w.isTold = w.isTold || isNews && x.IsLate()
	if isNews {
		w.tell(x, EventException)
		if x.IsLate() {
			w.tell(x, EventExceptionLevel, "level", strconv.Itoa(x.Level))
		}
	}
	return nil
}

// level is how bad an exception is now, by the delay that there is or is known to come.
func (w *watch) level(x *Exception) int {
	delay := w.now.Sub(x.Since)
	if day := w.o.LacksUntil(); !day.IsZero() && x.Kind == ExceptionLate && w.o.Wanted() != "" {
		delay = max(delay, day.Sub(x.Since))
	}
	return max(x.Level, LevelOf(delay))
}

// countdown are the shares of an urgent order's time at which it is told of.
var countdown = []int{50, 80}

// countDown tells how an urgent order stands when half of its time, and when 80 % of it, is over.
func (w *watch) countDown(x, before *Exception) error {
	x.Next = x.At
	if x.Kind != ExceptionUrgent {
		return w.save(x, before)
	}
	percent := 0
	for i, p := range countdown {
		at := x.Start.Add(x.At.Sub(x.Start) / 100 * time.Duration(p))
		switch {
		case i < x.Step:
		case !at.After(w.now):
			x.Step, percent = i+1, p
		case at.Before(x.Next):
			x.Next = at
		}
	}
	if err := w.save(x, before); err != nil {
		return err
	}
	if percent > 0 {
		w.tell(x, EventCountdown, "percent", strconv.Itoa(percent))
	}
	return nil
}

// next is when an open exception asks for something again.
func (w *watch) next(x *Exception) time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(w.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if x.Step == 0 {
		sooner(w.half(x))
	}
	if x.Step < 2 {
		sooner(x.Due)
	}
	if x.Level < 2 {
		sooner(x.Since.Add(24 * time.Hour))
	}
	if x.Level < 3 {
		sooner(x.Since.Add(MajorDelay))
	}
	if x.Kind == ExceptionCredit { // a payment is no event of the order
		sooner(w.now.Add(5 * time.Minute))
	}
	return next
}

// half is when half of the time for an exception is over.
func (w *watch) half(x *Exception) time.Time {
	return w.d.Catalog().Calendar.After(x.Open.In(beijing), w.d.Times.handling()/2)
}

// tick does what is due for an open exception: it is repeated once, escalated, and grows worse with the delay.
func (w *watch) tick(x, before *Exception) error {
	if level := w.level(x); level > x.Level {
		x.Level = level
		w.note(x, "异常升级", "")
		w.isLate = true
		w.isTold = w.isTold || x.IsLate()
		if x.IsLate() {
			w.tell(x, EventExceptionLevel, "level", strconv.Itoa(level))
			if level == 2 { // the account manager's task has its own time
				x.Role, x.Owner, x.Name, x.Step = RoleAccountManager, "", "", 0
				x.Open = w.now
				x.Due = w.d.Catalog().Calendar.After(w.now.In(beijing), w.d.Times.handling())
			}
		}
	}
	switch {
	case x.Step < 2 && !x.Due.After(w.now):
		x.Step = 2
		w.note(x, "异常超时上报", "")
		w.tell(x, EventExceptionAgain, "step", "2")
	case x.Step < 1 && !w.half(x).After(w.now):
		x.Step = 1
		if x.Owner == "" {
			w.tell(x, EventExceptionAgain, "step", "1")
		}
	}
	x.Next = w.next(x)
	return w.save(x, before)
}

// end looks at an exception whose cause is gone.
func (w *watch) end(x *Exception) error {
	before := *x
	isCut := w.isCut(x)
	isVoid := isCut || slices.Contains([]Status{StatusCancelled, StatusRejected, StatusClosed, StatusReturned, StatusReturning, StatusDraft}, w.o.Status)
	done := w.done(x)
	switch x.State {
	case ExceptionWatched:
		x.Next = time.Time{}
		switch {
		case isVoid, x.Kind == ExceptionUrgent && !w.o.Urgent, x.Kind == ExceptionShipping && len(w.o.Shipments) == 0, x.Kind == ExceptionLate && w.o.Wanted() == "" && len(w.o.Shipments) == 0:
			x.State = ExceptionVoid
		case done.After(x.At): // it came while nobody looked
			x.State, x.Open, x.Done, x.Times = ExceptionClosed, x.At, done, x.Times+1
			x.Level, x.By, x.Note = LevelOf(done.Sub(x.Since)), endedByWork, "晚了才办完"
			if err := w.save(x, &before); err != nil {
				return err
			}
			w.note(x, "异常", x.Note)
			return nil
		default:
			x.State, x.Done = ExceptionKept, done
		}
	case ExceptionOpen:
		x.State, x.Next, x.Done = ExceptionClosed, time.Time{}, w.now
		how, self := w.solved(x)
		switch {
		case isCut:
			how, self = "没发的已取消", false
		case isVoid:
			how, self = "订单"+w.o.Status.String(), false
		}
		if x.By = endedByWork; self && x.Owner == "" && x.Step < 2 {
			x.By, x.Note = SystemActor.Code, "自动解决："+how
			w.note(x, "异常自动解决", x.Note)
		} else {
			x.Note = how
			w.note(x, "异常结束", how)
		}
		w.tell(x, EventExceptionClosed)
	case ExceptionClosed:
		x.Next = time.Time{}
	default:
	}
	return w.save(x, &before)
}

// isCut tells whether an exception is one of a stage that will not leave: what had not left was cancelled.
func (w *watch) isCut(x *Exception) bool {
	switch x.Kind {
	case ExceptionLate, ExceptionShipping, ExceptionStock:
		k, _ := strconv.Atoi(x.Cause) // of the first stage there is none
		return len(w.o.Work.Stages.Sent) > 0 && k > w.o.Deliveries()
	default:
		return false
	}
}

// done is when what was watched was done.
func (w *watch) done(x *Exception) time.Time {
	at := time.Time{}
	switch x.Kind {
	case ExceptionShipping:
		at = w.o.Reached[StatusShipped]
	case ExceptionLate, ExceptionUrgent:
		if at = w.o.Reached[StatusDelivered]; at.IsZero() {
			at = w.o.Reached[StatusShipped]
		}
	default:
	}
	if sent := w.o.Work.Stages.Sent; len(sent) > 0 && (x.Kind == ExceptionShipping || x.Kind == ExceptionLate) {
		k, _ := strconv.Atoi(x.Cause) // of the first stage there is none
		k = max(1, k)
		isLast := k == len(sent) && w.o.Stage() == 0
		if k <= len(sent) && (x.Kind == ExceptionShipping || !isLast) {
			at = sent[k-1]
		}
	}
	if x.Kind == ExceptionUrgent && len(w.o.Work.Stages.Sent) > 0 { // it is the first stage that is urgent
		at = w.firstThere()
	}
	return orElse(at, w.now)
}

// firstThere is when the first stage of the order left or, where parcels are followed, arrived; zero: nobody has said when.
func (w *watch) firstThere() (at time.Time) {
	if !w.d.Follow {
		return w.o.Work.Stages.Sent[0]
	}
	for i := range w.o.Shipments {
		if s := &w.o.Shipments[i]; s.Stage == 1 && len(s.Events) > 0 && s.Events[0].At.After(at) {
			at = s.Events[0].At
		}
	}
	return at
}

// solved says what ended an exception, and whether it took no person who dealt with it.
func (w *watch) solved(x *Exception) (how string, self bool) {
	switch x.Kind {
	case ExceptionStock:
		if other, some, err := w.others(); err == nil && len(other) > 0 && !some {
			return "改由" + strings.Join(other, "、") + "发货", true
		}
		return "货已补齐", w.o.Covered()
	case ExceptionStalled:
		return "物流恢复更新", true
	case ExceptionCarrier, ExceptionAddress:
		return "包裹继续走了", true
	case ExceptionCredit:
		if w.o.Status == StatusPendingApproval {
			return "客户已回款，额度够了", true
		}
		return "审批已经定了", false
	case ExceptionLate:
		return "晚 " + strconv.Itoa(int(w.done(x).Sub(x.Since).Hours())) + " 小时办完，已主动告知客户", x.Level < 2
	case ExceptionApproval:
		return "审批已经定了", false
	default:
		return "已经办完", false
	}
}

// others are the warehouses other than the order's own that it holds goods in, and whether it holds some in its own.
func (w *watch) others() (out []string, some bool, err error) {
	home, err := w.tx.Home(w.o)
	if err != nil || home == "" {
		return nil, false, err
	}
	picks, err := w.tx.Picks(w.o.ID)
	if err != nil {
		return nil, false, err
	}
	for _, p := range picks {
		some = some || p.Warehouse == home
		if p.Warehouse != home && !slices.Contains(out, p.Warehouse) {
			out = append(out, p.Warehouse)
		}
	}
	slices.Sort(out)
	return out, some, nil
}

// elsewhere records, once, that an order which lacked stock in its own warehouse got it in another one by itself.
func (w *watch) elsewhere(all []*Exception) error {
	if w.o.Status != StatusAllocated || slices.ContainsFunc(all, func(x *Exception) bool { return x.Kind == ExceptionStock }) {
		return nil
	}
	other, some, err := w.others()
	if err != nil || len(other) == 0 {
		return err
	}
	how := "改由" + strings.Join(other, "、") + "发货"
	if some {
		how = "不够的" + how
	}
	x := &Exception{
		Order: w.o.ID, Kind: ExceptionStock, State: ExceptionClosed, Role: RolePurchasing, Level: 1, Start: w.now, At: w.now, Since: w.now, Open: w.now, Due: w.now, Done: w.now,
		Times: 1, By: SystemActor.Code, Note: "自动解决：" + how,
	}
	if err := w.tx.SaveException(x); err != nil {
		return err
	}
	w.note(x, "异常自动解决", x.Note)
	return nil
}

// lockException loads an exception with its order, both locked; nil where there is none of the number.
func lockException(tx ExceptionTx, id int64) (*Order, *Exception, error) {
	order, err := tx.ExceptionOrder(id)
	if ErrorCode(err) == CodeNotFound {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	o, err := tx.Order(order)
	if err != nil {
		return nil, nil, err
	}
	all, err := tx.Exceptions(order)
	if err != nil {
		return nil, nil, err
	}
	if i := slices.IndexFunc(all, func(x *Exception) bool { return x.ID == id }); i >= 0 {
		return o, all[i], nil
	}
	return o, nil, nil
}

// exception loads an exception with its order, both locked, for somebody who may deal with it.
func (d *Desk) exception(tx ExceptionTx, id int64, by Actor) (*Order, *Exception, error) {
	missing := Errorf(CodeNotFound, "没有编号 %d 的异常，发「异常」看现在有哪些", id)
	o, x, err := lockException(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if x == nil || x.Level == 0 {
		return nil, nil, missing
	}
	mine := by.Staff != nil && (by.Staff.Has(x.Role) && (x.Role != RoleSales) || x.Owner == by.Staff.Code || o.Sales == by.Staff.Code)
	switch may := by.Staff.May(RightHandle); {
	case may == ScopeAll, may == ScopeOwn && mine:
	case by.Staff.May(RightView) != ScopeAll && !mine:
		return nil, nil, missing
	default:
		return nil, nil, Errorf(CodeDenied, "异常 %d 由%s处理，您没有这个权限，没有改动", id, x.Role)
	}
	if x.State != ExceptionOpen {
		return nil, nil, Errorf(CodeConflict, "异常 %d 已经结束了（%s），不用再处理", id, x.Note)
	}
	return o, x, nil
}

// TakeException notes who deals with an exception: it is not repeated any more, but must be dealt with in its time.
func (d *Desk) TakeException(tx ExceptionTx, id int64, by Actor) (*Order, *Exception, error) {
	o, x, err := d.exception(tx, id, by)
	if err != nil {
		return nil, nil, err
	}
	if x.Owner != "" {
		return nil, nil, Errorf(CodeConflict, "异常 %d 已由 %s 处理，不用再操作", id, x.Name)
	}
	x.Owner, x.Name = by.Staff.Code, by.Name
	if err := tx.SaveException(x); err != nil {
		return nil, nil, err
	}
	return o, x, tx.Audit(d.entry(o, by, "处理异常", "", x.Words(), ""))
}

// CloseException ends an exception that a person has dealt with; the note says how.
func (d *Desk) CloseException(tx ExceptionTx, id int64, note string, by Actor) (*Order, *Exception, error) {
	o, x, err := d.exception(tx, id, by)
	if err != nil {
		return nil, nil, err
	}
	if strings.TrimSpace(note) == "" {
		return nil, nil, Errorf(CodeInvalid, "结案要写说明，例如「结案 %d 已和客户视频说明，改3月12日到」。异常 %d 没有结束", id, id)
	}
	x.State, x.Done, x.Next, x.By, x.Note = ExceptionClosed, d.Now(), time.Time{}, by.Code, note
	if x.Owner == "" {
		x.Owner, x.Name = by.Staff.Code, by.Name
	}
	if err := tx.SaveException(x); err != nil {
		return nil, nil, err
	}
	if err := tx.Audit(d.entry(o, by, "异常结案", x.Words(), "", note)); err != nil {
		return nil, nil, err
	}
	return o, x, tx.Emit(d.event(o, EventExceptionClosed, by, map[string]string{"exception": strconv.FormatInt(id, 10)}))
}

// MajorException makes an exception a major delivery risk, because somebody says so.
func (d *Desk) MajorException(tx ExceptionTx, id int64, by Actor) (*Order, *Exception, error) {
	o, x, err := d.exception(tx, id, by)
	if err != nil {
		return nil, nil, err
	}
	if x.Level == 3 {
		return nil, nil, Errorf(CodeConflict, "异常 %d 已经是三级了，不用再操作", id)
	}
	x.Level = 3
	if err := tx.SaveException(x); err != nil {
		return nil, nil, err
	}
	if err := tx.Audit(d.entry(o, by, "异常升级", "", x.Words(), "")); err != nil {
		return nil, nil, err
	}
	return o, x, tx.Emit(d.event(o, EventExceptionLevel, by, map[string]string{"exception": strconv.FormatInt(id, 10), "level": "3"}))
}

// ExceptionCount counts the exceptions of a kind that came in some time.
type ExceptionCount struct {
	Kind   ExceptionKind
	All    int
	Self   int // closed without a person
	Person int // closed otherwise
}

// Kept counts what was to be done within a limit that ended in some time, and what of it was.
type Kept struct{ All, Kept int }

// Share is the part that was kept; 1 where there was nothing to keep.
func (k Kept) Share() float64 {
	if k.All == 0 {
		return 1
	}
	return float64(k.Kept) / float64(k.All)
}

// ExceptionFigures are the exceptions of some time, the most frequent kinds first, and the limits that ended in it.
type ExceptionFigures struct {
	Kinds            []ExceptionCount
	Urgent, Shipping Kept
}

// SelfHealed is the share of all exceptions of the time that were closed without a person (自愈率), and how many there were.
func (f *ExceptionFigures) SelfHealed() (share float64, all int) {
	self := 0
	for _, k := range f.Kinds {
		self, all = self+k.Self, all+k.All
	}
	if all == 0 {
		return 1, 0
	}
	return float64(self) / float64(all), all
}

func (t *Times) urgent() time.Duration   { return orUsual(t.UrgentWithin, 48*time.Hour) }
func (t *Times) ship() time.Duration     { return orUsual(t.ShipWithin, 24*time.Hour) }
func (t *Times) handling() time.Duration { return orUsual(t.ExceptionLimit, 4*time.Hour) }
func (t *Times) silence() time.Duration  { return orUsual(t.ParcelSilence, 24*time.Hour) }

func orUsual(d, usual time.Duration) time.Duration {
	if d <= 0 {
		return usual
	}
	return d
}
