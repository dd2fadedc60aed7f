package orders

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Times are the firm's deadlines.
type Times struct {
	DraftExpires       time.Duration   // an unconfirmed draft
	ReservationExpires time.Duration   // a soft reservation without approval
	ApprovalLimit      time.Duration   // of a node where the rule sets none; reminder at half
	UrgentRepeat       time.Duration   // of an unacknowledged alert
	UrgentWithin       time.Duration   // in which an urgent order has to be there; 0: 48 h
	ShipWithin         time.Duration   // of working days, in which an approved order has to be shipped; 0: 24 h
	ExceptionLimit     time.Duration   // of working days, in which an exception has to be dealt with; 0: 4 h
	ParcelSilence      time.Duration   // after which a parcel without news is an exception; 0: 24 h
	Polling            []time.Duration // between two questions to the carrier; the last one repeats
}

// urgentRepeats is how often one person is alerted about an urgent order before the next one is.
const urgentRepeats = 3

// pickUp is the carrier's code where the customer fetches the goods (自提).
const pickUp = "SELF"

// Actor is who does something, and from where.
type Actor struct {
	Code    string // of the staff member or customer; "system"
	Name    string
	Channel Platform
	Staff   *Staff // nil for customers and the system
	Trace   string
	For     string    // name of who is away and in whose place they act; the desk finds it out
	SaidAt  time.Time // when they said so, by the platform's clock; zero: now
}

// SystemActor is the clock and the rules.
var SystemActor = Actor{Code: "system", Name: "系统"}

// Desk is the order desk: every change to an order goes through one of its verbs, inside one
// transaction of the caller.
type Desk struct {
	Catalog        func() *Catalog
	Rules          func() Rules // that are in force
	Times          Times
	Now            func() time.Time
	Returns        ReturnTerms
	Surgery        SurgeryTerms
	RequirePayment bool // a stage waits for the payments that come before it, where an order does not say otherwise
	// Follow tells whether parcels can be followed at all (a tracking provider is configured).
	Follow bool
}

// Place stores a new draft. The caller filled in the content; number, prices and deadlines are
// set here.
func (d *Desk) Place(tx Tx, o *Order, by Actor) error {
	now := d.Now()
	id, err := tx.NextOrderID(now)
	if err != nil {
		return err
	}
	o.ID, o.Status, o.Revision = id, StatusDraft, 1
	o.CreatedAt, o.ExpiresAt = now, now.Add(d.Times.DraftExpires)
	o.Reached = map[Status]time.Time{StatusDraft: now}
	said := d.said(by)
	o.Entry.hear(said)
	o.Entry.Bot = now.Sub(said)
	o.require()
	o.combine(d.Catalog())
	o.Entry.Asked = len(o.Questions)
	o.Reprice(d.Catalog(), now)
	if err := d.charge(o, d.Rules()); err != nil {
		return err
	}
	if err := d.check(tx, o, d.Rules(), Facts{Draft: true}); err != nil {
		return err
	}
	if err := tx.InsertOrder(o); err != nil {
		return err
	}
	return tx.Audit(d.entry(o, by, "草稿", "", o.Summary(), ""))
}

// Revise replaces the content of a draft. change gets the stored order and alters its content.
func (d *Desk) Revise(tx Tx, id OrderID, by Actor, change func(*Order) error) (*Order, error) {
	o, err := d.OpenDraft(tx, id)
	if err != nil {
		return nil, err
	}
	before, open, customer := o.Summary(), slices.Clone(o.Questions), o.Customer
	if err := change(o); err != nil {
		return nil, err
	}
	if o.Customer != customer && (o.Work.Paid != 0 || o.Invoiced != 0) { // it was sent back
		return nil, Errorf(CodeInvalid, "订单 %s 已经有 %s 的到款或发票，不能换客户，没有改动。别的客户请另下一单，这单请「取消 %s 原因」", o.ID, customer, o.ID)
	}
	o.Revision++
	o.Exception = ""
	d.keepOpen(o)
	o.Entry.Bot += d.Now().Sub(d.said(by))
	o.hurry()
	o.require()
	o.combine(d.Catalog())
	o.changed(before, open)
	o.Reprice(d.Catalog(), d.Now())
	if err := d.charge(o, d.Rules()); err != nil {
		return nil, err
	}
	if err := d.check(tx, o, d.Rules(), Facts{Draft: true}); err != nil {
		return nil, err
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	return o, tx.Audit(d.entry(o, by, "修改", before, o.Summary(), ""))
}

// keepOpen lets a draft wait for its confirmation from now on, and no less than it would have.
func (d *Desk) keepOpen(o *Order) {
	if until := d.Now().Add(d.Times.DraftExpires); until.After(o.ExpiresAt) {
		o.ExpiresAt = until
	}
}

// OpenDraft loads an order that must be a draft still; a CodeConflict error says what it is instead.
func (d *Desk) OpenDraft(tx Tx, id OrderID) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Status == StatusDraft && d.Now().Before(o.ExpiresAt):
		return o, nil
	case o.Status == StatusClosed && o.MergedInto() != "":
		return nil, Errorf(CodeConflict, "%s 已并入 %s，不用再操作", o.ID, o.MergedInto())
	case o.Status == StatusDraft || o.Status == StatusClosed:
		return nil, Errorf(CodeConflict, "草稿 %s 已过期，没有下单。请把订单内容再发一次", o.ID)
	case o.Status == StatusCancelled:
		return nil, Errorf(CodeConflict, "订单 %s 已取消，没有改动。需要的话请重新发一次", o.ID)
	default:
		return nil, Errorf(CodeConflict, "订单 %s 已提交（%s），不用再操作", o.ID, o.Status)
	}
}

// Confirm turns a draft into an order: price snapshot, credit, soft reservation, approval chain.
// revision 0 means whatever is current. Where prices have changed since the draft was shown, the
// draft is shown again instead: repriced is true and nothing else happened.
func (d *Desk) Confirm(tx Tx, id OrderID, revision int, by Actor) (o *Order, repriced bool, err error) {
	if o, err = d.OpenDraft(tx, id); err != nil {
		return nil, false, err
	}
	now, cat, rules := d.Now(), d.Catalog(), d.Rules() // one version for all of it
	if revision != 0 && revision != o.Revision {
		return nil, false, Errorf(CodeConflict, "这张卡片是旧的，订单 %s 后来改过。请在最新的卡片上确认", o.ID)
	}
	if err := o.ready(); err != nil {
		return nil, false, err
	}
	begun, noted, err := d.tickGreen(tx, o) // what the clock has not done yet; freight may hang on it
	if err != nil {
		return nil, false, err
	}
	before, total, freight := slices.Clone(o.Lines), o.Payable(), o.Freight
	o.Reprice(cat, now)
	if err := d.charge(o, rules); err != nil {
		return nil, false, err
	}
	if changed := append(o.repriced(before), o.recharged(freight)...); len(changed) > 0 {
		o.Revision++
		o.Exception = ""
		if err := d.check(tx, o, rules, Facts{Draft: true}); err != nil {
			return nil, false, err
		}
		o.Findings = append(changed, o.Findings...)
		if err := tx.SaveOrder(o); err != nil {
			return nil, false, err
		}
		if err := tx.Audit(append(noted, d.entry(o, by, "重新计价", total.String(), o.Payable().String(), "价格有变"))...); err != nil {
			return nil, false, err
		}
		return o, true, tx.Emit(begun...)
	}

	o.ConfirmedAt = now
	o.Entry.Bot += now.Sub(d.said(by))
	o.Held = max(0, o.Receivable()-o.Invoiced)
	if o.Exposure, err = tx.HoldCredit(o.Customer, o.Held); err != nil {
		return nil, false, err
	}
	facts := Facts{Order: o, Customer: cat.Customer(o.Customer), Catalog: cat, Exposure: o.Exposure, SpecialPrice: o.SpecialPrice(), At: now}
	if facts.Overdue, err = tx.Overdue(o.Customer, now); err != nil {
		return nil, false, err
	}
	if facts.Recent, err = tx.Recent(o, now.Add(-RecentSpan)); err != nil {
		return nil, false, err
	}
	if err := d.check(tx, o, rules, facts); err != nil {
		return nil, false, err
	}
	if err := o.blocked(by); err != nil {
		return nil, false, err
	}
	o.ReservedUntil = now.Add(d.Times.ReservationExpires)
	if err := d.reserve(tx, o, o.ReservedUntil); err != nil {
		return nil, false, err
	}
	fired, err := rules.Triggers(AtConfirmed, facts)
	if err != nil {
		return nil, false, err
	}
	o.Marks = nil
	o.fire(fired)
	route, err := rules.Route(facts)
	if err != nil {
		return nil, false, err
	}
	if o.Priority, o.PriorityWhy, err = rules.Priority(facts); err != nil {
		return nil, false, err
	}
	o.review(&route)
	o.setRoute(route, d.Times.ApprovalLimit)
	events := []Event{d.event(o, EventConfirmed, by, toTell(route.Tell))}
	if o.Slot != nil {
		events = append(events, d.event(o, EventSlotBooked, by, map[string]string{"slot": o.Slot.Key()}))
	}
	told, fires := d.triggered(o, fired)
	noted, events = append(noted, fires...), append(events, told...)
	if events = append(events, begun...); o.Green.IsOpen(now) && len(begun) == 0 {
		events = append(events, d.event(o, EventGreen, by, nil))
	}
	o.reach(StatusPendingApproval, now)
	more, err := d.proceed(tx, o, by)
	if err != nil {
		return nil, false, err
	}
	if o.Work.Promise, err = d.promise(tx, o); err != nil {
		return nil, false, err
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, false, err
	}
	if err := tx.Audit(append(noted, d.entry(o, by, "确认下单", StatusDraft.String(), o.Status.String(), o.Route))...); err != nil {
		return nil, false, err
	}
	return o, false, tx.Emit(append(events, more...)...)
}

// toTell is the data of an event of which roles are to be told.
func toTell(roles []Role) map[string]string {
	if len(roles) == 0 {
		return nil
	}
	return map[string]string{"tell": roleWords(roles)}
}

// roleWords are roles parted by commas.
func roleWords(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ",")
}

// setRoute lays out the approval chain. A node that the system passes is passed when its turn
// comes, so that the record shows the true order of things.
func (o *Order) setRoute(r Route, limit time.Duration) {
	o.Route, o.Rules = r.Name, r.Version
	stages := 0
	for i := range o.Nodes { // of what was before it was sent back
		stages = max(stages, o.Nodes[i].Stage)
	}
	for _, s := range r.Steps {
		if s.Limit == 0 {
			s.Limit = limit
		}
		if s.Stage > 0 {
			s.Stage += stages
		}
		o.Nodes = append(o.Nodes, Node{
			Seq: len(o.Nodes) + 1, Role: s.Role, Also: s.Also, Stage: s.Stage, Status: NodeWaiting, Reason: s.Pass, Limit: s.Limit, Workdays: s.Workdays,
		})
	}
}

// proceed opens the next node of the chain, with those that wait beside it, or, where none is left, approves the order.
func (d *Desk) proceed(tx Tx, o *Order, by Actor) ([]Event, error) {
	now := d.Now()
	open := o.OpenNode()
	var requests []Event
	for i := range o.Nodes {
		n := &o.Nodes[i]
		if n.Status != NodeWaiting || open != nil && (open.Stage == 0 || open.Stage != n.Stage) {
			continue
		}
		if n.OpenedAt.IsZero() { // else it was open before the order was split
			n.open(d.Catalog().Calendar, now)
		}
		if n.Reason == "" {
			var err error
			if n.Reason, err = d.passes(tx, o, n); err != nil {
				return nil, err
			}
		}
		if n.Reason != "" {
			n.Status, n.Name, n.DecidedAt = NodePassed, "系统", now
			continue
		}
		n.Status = NodeOpen
		if d.Catalog().deserted(o, n, now) {
			n.Extra = d.escalation(o, n) // a vacant role must not leave the order stuck
		}
		open = n
		data := map[string]string{"node": strconv.Itoa(n.Seq)}
		if o.hasDecided(n) {
			data["again"] = "yes"
		}
		requests = append(requests, d.event(o, EventApprovalRequested, by, data))
	}
	if open != nil {
		return requests, nil
	}

	for i := range o.Changes {
		if c := &o.Changes[i]; c.Status == ChangeWaiting {
			c.Status = ChangeDone
		}
	}
	told, err := d.triggerNow(tx, o, AtApproved)
	if err != nil {
		return nil, err
	}
	events, err := d.approve(tx, o, by)
	return append(append(d.approved(o, by), told...), events...), err
}

// approve makes an order one that goes to the warehouse.
func (d *Desk) approve(tx Tx, o *Order, by Actor) ([]Event, error) {
	now := d.Now()
	o.reach(StatusApproved, now)
	if err := d.reserve(tx, o, now); err != nil { // what ran out or was short before
		return nil, err
	}
	if err := tx.Firm(o); err != nil {
		return nil, err
	}
	o.ReservedUntil = time.Time{}
	var events []Event
	if o.Covered() {
		o.reach(StatusAllocated, now)
	} else {
		events = append(events, d.event(o, EventShortage, by, nil))
	}
	if o.Urgent && o.Alert == nil {
		events = append(events, d.alarm(o, by))
	}
	return events, nil
}

// alarm raises the alarm of an urgent order.
func (d *Desk) alarm(o *Order, by Actor) Event {
	now := d.Now()
	o.Alert = &Alert{RaisedAt: now, Repeats: 1, NextAt: now.Add(d.Times.UrgentRepeat)}
	return d.event(o, EventUrgent, by, map[string]string{"step": "0"})
}

// Decide settles the open node of an order's chain. seq and revision 0 mean whatever is current.
// The reason is needed to reject. Where all of several nodes are needed, a person's consent counts for one of them, and one
// rejection is enough.
func (d *Desk) Decide(tx Tx, id OrderID, seq, revision int, approve bool, reason string, by Actor) (*Order, error) {
	o, n, err := d.mine(tx, id, seq, revision, &by)
	if err != nil {
		return nil, err
	}
	if c := o.waiting(); approve && seq == 0 && c != nil && !by.SaidAt.IsZero() {
		for i := range o.Changes {
			if o.Changes[i].DoneAt.After(by.SaidAt) { // it was not seen yet
				return nil, Errorf(CodeConflict, "订单 %s 刚改过，没有按您的话同意。请看最新的审批卡片", o.ID)
			}
		}
	}
	if !approve && reason == "" {
		return nil, Errorf(CodeInvalid, "请写明驳回原因，例如「驳回 %s 价格不对」", o.ID)
	}
	status, action := NodeApproved, "同意（"
	if !approve {
		status, action = NodeRejected, "驳回（"
	}
	n.settle(d, status, reason, by)
	events := []Event{d.decided(o, n, by)}
	before := o.Status.String()
	action += n.Who() + "）"
	var more []Event
	if c := o.stands(); !approve && c != nil {
		more, err = d.revert(tx, o, c, by)
	} else if approve {
		if more, err = d.widen(tx, o, by); err != nil {
			return nil, err
		}
		events = append(events, more...)
		more, err = d.proceed(tx, o, by)
	} else {
		more, err = d.end(tx, o, StatusRejected, reason, EventRejected, by)
	}
	if err != nil {
		return nil, err
	}
	return d.finish(tx, o, by, action, before, reason, append(events, more...))
}

// widen passes on what is left of a step after a consent, where whoever could have decided it has spent theirs.
func (d *Desk) widen(tx Tx, o *Order, by Actor) ([]Event, error) {
	var events []Event
	for _, n := range o.OpenNodes() {
		said := o.consented(n)
		spent := len(n.Extra) > 0 && !slices.ContainsFunc(n.Extra, func(s StaffCode) bool { return !slices.Contains(said, s) })
		if !spent && !d.Catalog().deserted(o, n, d.Now()) {
			continue
		}
		var names []string
		for _, up := range d.escalation(o, n) {
			n.Extra, names = append(n.Extra, up), append(names, d.Catalog().StaffByCode(up).Name)
		}
		events = append(events, d.event(o, EventApprovalCovered, by, map[string]string{"node": strconv.Itoa(n.Seq)}))
		if err := tx.Audit(d.entry(o, SystemActor, "会签转上级（"+n.Who()+"）", "", strings.Join(names, "、"), "一个人只算一个角色")); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// end closes an order before its goods left and gives back, once, what it held.
func (d *Desk) end(tx Tx, o *Order, status Status, reason, event string, by Actor) ([]Event, error) {
	var left []Event
	if status != StatusDraft {
		var err error
		if left, err = d.leave(tx, o, by); err != nil {
			return nil, err
		}
	}
	if o.Status != StatusDraft {
		if o.Held != 0 { // before the stock, as locks are taken
			if _, err := tx.HoldCredit(o.Customer, -o.Held); err != nil {
				return nil, err
			}
			o.Held = 0
		}
		if err := tx.Release(o); err != nil {
			return nil, err
		}
	}
	o.void()
	o.silence()
	o.closeChanges()
	if status != StatusDraft {
		o.shutGreen()
	}
	o.Alert, o.ReservedUntil, o.CloseReason = nil, time.Time{}, reason
	events := []Event{d.event(o, event, by, nil)}
	if o.Slot != nil {
		if !o.ConfirmedAt.IsZero() { // the engineer knows of it
			events = append(events, d.event(o, EventSlotFreed, by, map[string]string{"slot": o.Slot.Key()}))
		}
		if status != StatusDraft {
			o.Slot = nil
		}
	}
	o.reach(status, d.Now())
	return append(events, left...), nil
}

// Cancel withdraws an order that has not left the warehouse.
func (d *Desk) Cancel(tx Tx, id OrderID, revision int, reason string, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	switch o.Status {
	case StatusCancelled:
		return nil, Errorf(CodeConflict, "订单 %s 已经取消了", o.ID)
	case StatusDraft, StatusPendingApproval, StatusApproved, StatusAllocated, StatusScheduled, StatusInProduction,
		StatusInspected, StatusStocked, StatusPicking, StatusChecked:
	case StatusRejected, StatusClosed, StatusReturned:
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，不用取消", o.ID, o.Status)
	default:
		return nil, Errorf(CodeConflict, "订单 %s %s，不能取消。要退货请回复「退货 %s」", o.ID, o.Status, o.ID)
	}
	if revision != 0 && revision != o.Revision {
		return nil, Errorf(CodeConflict, "这张卡片是旧的，订单 %s 后来改过。要取消请回复「取消 %s」", o.ID, o.ID)
	}
	if o.IsUnderway() {
		return d.cutRest(tx, o, reason, by)
	}
	before := o.Status
	wasUrgent := o.Alert != nil
	if before != StatusDraft {
		o.Changes = append(o.Changes, Change{
			No: len(o.Changes) + 1, Kind: ChangeCancel, Status: ChangeDone, Revision: o.Revision, Was: before, By: by.Code, Name: by.Name, SaidAt: d.said(by), DoneAt: d.Now(),
		})
	}
	events, err := d.end(tx, o, StatusCancelled, reason, EventCancelled, by)
	if err != nil {
		return nil, err
	}
	events[0].Data = map[string]string{"before": string(before)}
	if wasUrgent {
		events[0].Data["alerted"] = "yes"
	}
	if before != StatusDraft {
		told, err := d.triggerNow(tx, o, AtCancelled)
		if err != nil {
			return nil, err
		}
		events = append(events, told...)
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "取消", before.String(), o.Status.String(), reason)); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// Acknowledge stops the alarm of an urgent order: somebody has it.
func (d *Desk) Acknowledge(tx Tx, id OrderID, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	notice, last := o.Notice(), o.lastTaken()
	switch {
	case notice == nil && o.Alert == nil && last == nil:
		return nil, Errorf(CodeConflict, "订单 %s 没有待确认的提醒", o.ID)
	case notice == nil && (o.Alert == nil || o.Alert.AckBy != ""):
		if last == nil {
			last = o.Alert
		}
		return nil, Errorf(CodeConflict, "订单 %s 已由 %s 收到，不用再操作", o.ID, last.AckName)
	case by.Staff.May(RightAcknowledge) != ScopeAll:
		return nil, Errorf(CodeDenied, "提醒由仓库确认收到，您没有这个权限")
	}
	take := func(a *Alert, action string) error {
		a.AckBy, a.AckName, a.AckAt = by.Staff.Code, by.Name, d.Now()
		return tx.Audit(d.entry(o, by, action, "", by.Name, ""))
	}
	var events []Event
	if o.Alert != nil && o.Alert.AckBy == "" {
		if err := take(o.Alert, "加急收到"); err != nil {
			return nil, err
		}
		events = append(events, d.event(o, EventAcknowledged, by, nil))
	}
	if notice != nil {
		if err := take(notice.Notice, "变更收到"); err != nil {
			return nil, err
		}
		events = append(events, d.event(o, EventChangeTaken, by, map[string]string{"change": strconv.Itoa(notice.No)}))
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// Ship records that the goods left with a carrier. token names the parcel's push address.
func (d *Desk) Ship(tx Tx, id OrderID, carrier, tracking, token string, by Actor) (*Order, error) {
	return d.ShipInstead(tx, id, 0, carrier, tracking, token, "", by)
}

// ErrOtherCarrier is why [Desk.Ship] refuses a carrier in place of the one that was promised.
var ErrOtherCarrier = errors.New("another carrier than the promised one")

// ErrNotCold is why [Desk.Ship] refuses a carrier that can't keep goods cold.
var ErrNotCold = errors.New("the carrier has no cold chain")

// ship is [Desk.ShipInstead] of one order. Without a token nobody asks about the parcel: another order's shipment does.
func (d *Desk) ship(tx Tx, id OrderID, stage int, carrier, tracking, token, reason string, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	if by.Staff.May(RightShip) != ScopeAll {
		return nil, Errorf(CodeDenied, "发货由仓库操作，您没有这个权限")
	}
	for _, s := range o.Shipments {
		if s.Tracking == tracking && s.Carrier == carrier {
			return nil, Errorf(CodeConflict, "订单 %s 的运单 %s 已经登记过了", o.ID, tracking)
		}
	}
	if c := o.Notice(); c != nil && o.MayChange() == nil && o.Status != StatusPendingApproval {
		return nil, c.unseen(o)
	}
	isOther := o.Carrier != "" && carrier != o.Carrier
	stage, leaves, err := o.shipping(stage, carrier)
	if err != nil && o.Status != StatusDraft && o.Status != StatusPendingApproval {
		return nil, err
	}
	switch o.Status {
	case StatusApproved, StatusAllocated, StatusStocked, StatusPicking, StatusChecked:
		if !leaves { // a further parcel of a stage
			break
		}
		if err := o.lackingPapers(); err != nil {
			return nil, err
		}
		if err := d.unpaid(o, stage); err != nil {
			return nil, err
		}
		if c := o.Work.Count; c != nil && !c.OK && c.Revision == o.Revision {
			return nil, Errorf(CodeConflict, "订单 %s 复核不符，不能发货：%s。改好后再发一次「复核 %s …」", o.ID, strings.Join(c.Problems(), "；"), o.ID)
		}
		if carrier == pickUp {
			if err := d.waiveFreight(tx, o, by); err != nil { // before the stock, as locks are taken
				return nil, err
			}
		}
		if err := d.reserve(tx, o, now); err != nil {
			return nil, err
		}
		if err := tx.Firm(o); err != nil {
			return nil, err
		}
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Short().IsPositive() {
				return nil, Errorf(CodeConflict, "订单 %s 还缺 %s %s%s，不能整单发货。到货入库后再发一次这句话", o.ID, l.Name, l.Short(), l.BaseUnit)
			}
		}
		o.Work.Kits = o.kits(d.Catalog())
		if err := tx.Consume(o); err != nil {
			return nil, err
		}
		if o.Deliveries() > 0 {
			o.leave(now)
		}
	case StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery: // a further parcel
	case StatusReturning: // some of it comes back, the rest is still being sent
		if at, ok := o.Reached[StatusDelivered]; ok {
			return nil, Errorf(CodeConflict, "订单 %s 的货 %s 已全部签收，不能再登记发货", o.ID, at.In(beijing).Format("01-02 15:04"))
		}
	case StatusDraft, StatusPendingApproval:
		return nil, Errorf(CodeConflict, "订单 %s 还没批准（%s），不能发货", o.ID, o.Status)
	default:
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，不能发货", o.ID, o.Status)
	}
	said := carrier + " " + tracking
	if err := o.keepsCold(carrier, d.Catalog()); err != nil {
		return nil, err
	}
	switch {
	case isOther && reason == "":
		return nil, &Error{Code: CodeConflict, Message: fmt.Sprintf("订单 %s 答应了客户走指定的快递，没有登记。一定要换，请在这句话后面写「原因 …」", o.ID), Err: ErrOtherCarrier}
	case isOther:
		said += "，没走指定的 " + o.Carrier + "：" + reason
	}
	before := o.Status
	s := Shipment{No: len(o.Shipments) + 1, Stage: stage, Carrier: carrier, Tracking: tracking, Token: token, ShippedAt: now}
	events := []Event{d.event(o, EventShipped, by, map[string]string{"shipment": strconv.Itoa(s.No)})}
	if d.Follow && carrier != pickUp && token != "" {
		s.NextPoll = now.Add(d.poll(0))
		events = append(events, d.event(o, EventParcelSubscribe, by, map[string]string{"shipment": strconv.Itoa(s.No)}))
	}
	o.Shipments = append(o.Shipments, s)
	if o.Alert != nil && o.Alert.AckBy == "" {
		o.Alert.AckBy, o.Alert.AckName, o.Alert.AckAt = by.Staff.Code, by.Name, now
		events = append(events, d.event(o, EventAcknowledged, by, nil))
	}
	if _, shipped := o.Reached[StatusShipped]; !shipped && leaves {
		follow := d.allSent
		if o.Stage() > 0 {
			follow = d.next
		}
		told, err := follow(tx, o, by)
		if err != nil {
			return nil, err
		}
		events = append(events, told...)
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "发货", before.String(), o.Status.String(), said)); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// HandOver closes an order whose goods the customer has fetched; they leave the stock by it where they have not yet.
func (d *Desk) HandOver(tx Tx, id OrderID, token string, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	if by.Staff.May(RightShip) != ScopeAll {
		return nil, Errorf(CodeDenied, "自提由仓库确认，您没有这个权限")
	}
	fetched := func(s Shipment) bool { return s.Carrier == pickUp }
	if !slices.ContainsFunc(o.Shipments, fetched) {
		if o.Carrier != pickUp {
			return nil, Errorf(CodeConflict, "订单 %s 不是自提的。客户改成自己来取了的话，先发「发货 %s 自提」", o.ID, o.ID)
		}
		if o, err = d.Ship(tx, id, pickUp, "", token, by); err != nil {
			return nil, err
		}
	}
	open := false
	for _, s := range o.Shipments {
		if fetched(s) && s.State != ParcelDelivered {
			open = true
			if o, err = d.Track(tx, id, s.No, ParcelDelivered, nil, by); err != nil {
				return nil, err
			}
		}
	}
	if !open {
		return nil, Errorf(CodeConflict, "订单 %s 的货已经提走了，不用再操作", o.ID)
	}
	return o, nil
}

// poll returns the pause before the n-th question about a parcel.
func (d *Desk) poll(n int) time.Duration {
	if len(d.Times.Polling) == 0 {
		return 4 * time.Hour
	}
	return d.Times.Polling[min(n, len(d.Times.Polling)-1)]
}

// track is [Desk.Track] of one order.
func (d *Desk) track(tx Tx, id OrderID, shipment int, state ParcelState, trace []ParcelEvent, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o.Shipments, func(s Shipment) bool { return s.No == shipment })
	if i < 0 {
		return nil, Errorf(CodeNotFound, "订单 %s 没有第 %d 个包裹", o.ID, shipment)
	}
	s, now := &o.Shipments[i], d.Now()
	if s.State == ParcelDelivered || s.State == ParcelReturned {
		return o, nil
	}
	s.LastQuery = now
	if trace != nil {
		s.Events = trace
	}
	moved := state != ParcelNone && state != s.State
	if moved {
		s.State = state
	}
	var events []Event
	if moved {
		events = append(events, d.event(o, EventParcelMoved, by, map[string]string{"shipment": strconv.Itoa(shipment), "state": string(state)}))
	}
	if s.State == ParcelDelivered || s.State == ParcelReturned {
		s.NextPoll = time.Time{}
	}
	before := o.Status
	_, wasDelivered := o.Reached[StatusDelivered]
	o.followParcels(now)
	_, isDelivered := o.Reached[StatusDelivered]
	isNews := isDelivered && !wasDelivered // also while something comes back
	if isNews {
		o.arrive(now)
		events = append(events, d.event(o, EventDelivered, by, nil))
		told, err := d.triggerNow(tx, o, AtDelivered)
		if err != nil {
			return nil, err
		}
		events = append(events, told...)
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if moved {
		if err := tx.Audit(d.entry(o, by, "物流", before.String(), o.Status.String(), string(state))); err != nil {
			return nil, err
		}
	}
	if isNews {
		if err := tx.Audit(d.entry(o, by, "签收", before.String(), o.Status.String(), o.Work.Arrival.String())); err != nil {
			return nil, err
		}
	}
	return o, tx.Emit(events...)
}

// Subscribed notes that a parcel's trace will be pushed; polling then only backs it up.
func (d *Desk) Subscribed(tx Tx, id OrderID, shipment int) error {
	o, err := tx.Order(id)
	if err != nil {
		return err
	}
	for i := range o.Shipments {
		if s := &o.Shipments[i]; s.No == shipment && !s.Subscribed {
			s.Subscribed = true
			if !s.NextPoll.IsZero() {
				s.NextPoll = d.Now().Add(24 * time.Hour)
			}
			return tx.SaveOrder(o)
		}
	}
	return nil
}

// parcelOrder ranks the states of a parcel on the way.
var parcelOrder = map[ParcelState]int{ParcelPickedUp: 1, ParcelInTransit: 2, ParcelOut: 3, ParcelDelivered: 4}

// parcelStatus gives the order's status for each state of its slowest parcel.
var parcelStatus = []Status{StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery, StatusDelivered}

// followParcels moves the order to where its slowest parcel is. It never goes back. While something comes back the order's status
// stays, and only the moment is noted.
func (o *Order) followParcels(now time.Time) {
	slowest := len(parcelStatus) - 1
	for _, s := range o.Shipments {
		slowest = min(slowest, parcelOrder[s.State])
	}
	if o.Status == StatusReturning {
		o.reach(parcelStatus[slowest], now)
		o.Status = StatusReturning
		return
	}
	at := slices.Index(parcelStatus, o.Status)
	if at < 0 || slowest <= at {
		return
	}
	o.reach(parcelStatus[slowest], now)
}

// Tick does what is due for an order by the clock, each thing once.
func (d *Desk) Tick(tx Tx, id OrderID) error {
	o, err := tx.Order(id)
	if err != nil {
		return err
	}
	now, by := d.Now(), SystemActor
	if at := o.NextAt(); at.IsZero() || at.After(now) {
		return nil
	}
	var events []Event
	var entries []AuditEntry
	if o.Status == StatusDraft && !o.ExpiresAt.After(now) {
		more, err := d.end(tx, o, StatusClosed, "草稿过期未确认", EventExpired, by)
		if err != nil {
			return err
		}
		events = append(events, more...)
		entries = append(entries, d.entry(o, by, "过期", StatusDraft.String(), o.Status.String(), o.CloseReason))
	}
	more, noted, err := d.tickGreen(tx, o)
	if err != nil {
		return err
	}
	events, entries = append(events, more...), append(entries, noted...)
	if !o.ReservedUntil.IsZero() && !o.ReservedUntil.After(now) {
		if err := tx.Release(o); err != nil {
			return err
		}
		o.ReservedUntil = time.Time{}
		events = append(events, d.event(o, EventReservationEnded, by, nil))
		entries = append(entries, d.entry(o, by, "预占到期", "", "", "库存已放回"))
	}
	for _, n := range o.OpenNodes() {
		if o.Status != StatusPendingApproval {
			break
		}
		data := map[string]string{"node": strconv.Itoa(n.Seq)}
		if n.Reminded == 0 && !n.RemindAt.After(now) {
			n.Reminded = 1
			if n.DueAt.After(now) {
				events = append(events, d.event(o, EventApprovalReminded, by, data))
			}
		}
		if n.Reminded == 1 && !n.DueAt.After(now) {
			n.Reminded = 2
			for _, up := range d.escalation(o, n) {
				if !slices.Contains(n.Extra, up) {
					n.Extra = append(n.Extra, up)
				}
			}
			events = append(events, d.event(o, EventApprovalEscalated, by, data))
			entries = append(entries, d.entry(o, by, "审批超时上报（"+n.Who()+"）", "", "", ""))
		}
	}
	if a := o.Alert; a != nil && a.AckBy == "" && !a.NextAt.After(now) {
		events = append(events, d.event(o, EventUrgentRepeated, by, a.again(now, d.Times.UrgentRepeat)))
	}
	if c := o.Notice(); c != nil && !c.Notice.NextAt.After(now) {
		data := c.Notice.again(now, d.Times.UrgentRepeat)
		data["change"] = strconv.Itoa(c.No)
		events = append(events, d.event(o, EventChangeRepeated, by, data))
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		if s.NextPoll.IsZero() || s.NextPoll.After(now) {
			continue
		}
		s.Polls++
		s.NextPoll = now.Add(d.poll(s.Polls))
		events = append(events, d.event(o, EventParcelQuery, by, map[string]string{"shipment": strconv.Itoa(s.No)}))
	}
	more, noted = d.tickReturns(o)
	events, entries = append(events, more...), append(entries, noted...)
	more, noted = d.tickStages(o)
	events, entries = append(events, more...), append(entries, noted...)
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	if len(entries) > 0 {
		if err := tx.Audit(entries...); err != nil {
			return err
		}
	}
	return tx.Emit(events...)
}

// again repeats an alert that nobody has taken, to the next person after the last time for one.
func (a *Alert) again(now time.Time, every time.Duration) map[string]string {
	if a.Repeats > urgentRepeats {
		a.Step, a.Repeats = a.Step+1, 0
	}
	a.Repeats++
	a.NextAt = now.Add(every)
	return map[string]string{"step": strconv.Itoa(a.Step), "repeat": strconv.Itoa(a.Repeats)}
}

// escalation names who decides when the holders of a node's role have not: their superiors, else
// the operations lead, management and the administrators.
func (d *Desk) escalation(o *Order, n *Node) []StaffCode {
	cat, now, said := d.Catalog(), d.Now(), o.consented(n)
	var out []StaffCode
	reached := func(s *Staff) bool {
		return !slices.Contains(said, s.Code) && (cat.Away(s.Code, now) == nil || cat.StandIn(s, now, said...) != nil)
	}
	for _, s := range n.Approvers(cat) {
		if up := cat.StaffByCode(s.Superior); up != nil && reached(up) && !n.MayDecide(up) && !slices.Contains(out, up.Code) {
			out = append(out, up.Code)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, role := range []Role{RoleOperations, RoleManagement, RoleAdmin} {
		for _, s := range cat.StaffWith(role) {
			if reached(s) && !slices.Contains(out, s.Code) {
				out = append(out, s.Code)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return out
}

func (d *Desk) event(o *Order, kind string, by Actor, data map[string]string) Event {
	return Event{Kind: kind, Order: o.ID, At: d.Now(), Actor: by.Code, Data: data, Trace: by.Trace}
}

func (d *Desk) entry(o *Order, by Actor, action, before, after, reason string) AuditEntry {
	if by.For != "" {
		action += "，代" + by.For
	}
	return AuditEntry{
		Order: o.ID, At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: action,
		Before: before, After: after, Reason: reason, Trace: by.Trace,
	}
}
