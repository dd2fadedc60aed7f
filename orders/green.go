package orders

import (
	"slices"
	"strings"
	"time"
)

// Green is the green channel (绿色通道) of an order: for some time the steps that are switched on are left out or hurried, exactly
// these and no others.
type Green struct {
	GreenSwitches
	From, Until time.Time // Until is the first moment at which it is over
	Reason      string    `json:",omitempty"`
	By          StaffCode
	Name        string // of who has opened it
	// Serial counts how often the order's channel was opened or closed; a card that shows another number is stale.
	Serial int
	State  GreenState
	// Raised tells that the order became urgent by the channel, and will not be any more when that is over.
	Raised bool `json:",omitempty"`
}

// GreenSwitches are the five switches of a green channel.
type GreenSwitches struct {
	Urgency    int  `json:",omitempty"` // 紧急等级: 0 as it is, 1 加急, 2 特急
	SkipCredit bool `json:",omitempty"` // 跳过信用复核
	Safety     bool `json:",omitempty"` // 启用安全库存
	Production bool `json:",omitempty"` // 直达生产
	Customs    bool `json:",omitempty"` // 报关预申报
}

// GreenState tells how far a green channel is.
type GreenState string

// The states of a green channel.
const (
	GreenWaiting GreenState = "waiting" // it begins later
	GreenOpen    GreenState = "open"
	GreenClosed  GreenState = "closed"
)

// GreenLongest is how long a green channel lasts at most, GreenUsual how long where nobody says anything.
const (
	GreenLongest = 31 * 24 * time.Hour
	GreenUsual   = 72 * time.Hour
)

// Urgencies are the words of the levels of urgency.
var Urgencies = [3]string{"", "加急", "特急"}

// Words names the switches that are on: 特急、跳过信用复核; "" where none is.
func (s GreenSwitches) Words() string {
	var out []string
	if s.Urgency > 0 && s.Urgency < len(Urgencies) {
		out = append(out, Urgencies[s.Urgency])
	}
	for _, x := range []struct {
		isOn bool
		word string
	}{{s.SkipCredit, "跳过信用复核"}, {s.Safety, "启用安全库存"}, {s.Production, "直达生产"}, {s.Customs, "报关预申报"}} {
		if x.isOn {
			out = append(out, x.word)
		}
	}
	return strings.Join(out, "、")
}

// IsOpen tells whether the channel is open at a moment; a nil one never is.
func (g *Green) IsOpen(at time.Time) bool {
	return g != nil && g.State == GreenOpen && at.Before(g.Until)
}

// GreenSerial is the number of the order's channel that a card shows: 0 where there never was one.
func (o *Order) GreenSerial() int {
	if o.Green == nil {
		return 0
	}
	return o.Green.Serial
}

// GreenUrgency is the level of urgency of a channel that is open.
func (o *Order) GreenUrgency() int {
	if o.Green == nil || o.Green.State != GreenOpen {
		return 0
	}
	return o.Green.Urgency
}

// MayGreen refuses who may not open or close green channels.
func (a Actor) MayGreen() error {
	if a.Staff.May(RightGreen) == ScopeAll {
		return nil
	}
	return Errorf(CodeDenied, "绿色通道由总监、运营主管、管理层或管理员开通和关闭，您没有这个权限，没有改动")
}

// forGreen loads an order whose channel may be opened or closed. serial -1 means whatever is current.
func (d *Desk) forGreen(tx Tx, id OrderID, serial int, by Actor) (*Order, error) {
	if err := by.MayGreen(); err != nil {
		return nil, err
	}
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Status == StatusDraft:
		if !d.Now().Before(o.ExpiresAt) {
			return nil, Errorf(CodeConflict, "草稿 %s 已过期，没有下单，绿色通道开不了", o.ID)
		}
	case !slices.Contains(BeforeShipping, o.Status):
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，用不上绿色通道了", o.ID, o.Status)
	}
	if serial >= 0 && serial != o.GreenSerial() {
		return nil, Errorf(CodeConflict, "这张卡片是旧的，订单 %s 的绿色通道后来变过，没有改动。发「绿色通道 %s」看现在的", o.ID, o.ID)
	}
	return o, nil
}

// OpenGreen opens the green channel of an order, in place of one that is open. Of want the switches, the times and the reason
// count; serial is that of the card, -1 where there is none.
func (d *Desk) OpenGreen(tx Tx, id OrderID, serial int, want Green, by Actor) (*Order, error) {
	o, err := d.forGreen(tx, id, serial, by)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	if want.From.Before(now) {
		want.From = now
	}
	switch {
	case want.Words() == "":
		return nil, Errorf(CodeInvalid, "绿色通道的开关一个都没有开，没有改动")
	case !want.Until.After(want.From):
		return nil, Errorf(CodeInvalid, "绿色通道的结束时间要晚于开始和现在，没有改动")
	case want.Until.Sub(want.From) > GreenLongest:
		return nil, Errorf(CodeInvalid, "绿色通道一次最多开 31 天，没有改动")
	}
	before, status := o.greenWords(), o.Status.String()
	o.shutGreen()
	o.Green = &Green{
		GreenSwitches: want.GreenSwitches, From: want.From, Until: want.Until, Reason: want.Reason,
		By: StaffCode(by.Code), Name: by.Name, Serial: o.GreenSerial() + 1, State: GreenWaiting,
	}
	var events []Event
	if !want.From.After(now) {
		if events, err = d.startGreen(tx, o, by); err != nil {
			return nil, err
		}
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	entries := []AuditEntry{d.entry(o, by, "开通绿色通道", before, o.greenWords(), want.Reason)}
	if after := o.Status.String(); after != status {
		entries = append(entries, d.entry(o, by, "绿色通道放行", status, after, ""))
	}
	if err := tx.Audit(entries...); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// CloseGreen closes the green channel of an order before its time. What was left out stays so.
func (d *Desk) CloseGreen(tx Tx, id OrderID, serial int, reason string, by Actor) (*Order, error) {
	o, err := d.forGreen(tx, id, serial, by)
	if err != nil {
		return nil, err
	}
	if g := o.Green; g == nil || g.State == GreenClosed || !d.Now().Before(g.Until) {
		return nil, Errorf(CodeConflict, "订单 %s 没有开着的绿色通道，不用关", o.ID)
	}
	before := o.greenWords()
	o.shutGreen()
	o.Green.Serial++
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "关闭绿色通道", before, "", reason)); err != nil {
		return nil, err
	}
	return o, tx.Emit(d.event(o, EventGreenEnded, by, nil))
}

// greenWords says what the channel does and until when, for the record.
func (o *Order) greenWords() string {
	g := o.Green
	if g == nil || g.State == GreenClosed {
		return ""
	}
	const minute = "2006-01-02 15:04"
	return g.Words() + "，" + g.From.Format(minute) + " 到 " + g.Until.Format(minute)
}

// hurry makes the order urgent where its channel says so.
func (o *Order) hurry() {
	if o.GreenUrgency() > 0 && !o.Urgent {
		o.Urgent, o.Green.Raised = true, true
	}
}

// shutGreen ends the channel: from now on every step is as for any other order.
func (o *Order) shutGreen() {
	g := o.Green
	if g == nil || g.State == GreenClosed {
		return
	}
	g.State, o.UseSafety = GreenClosed, false
	wasRaised := g.Raised
	if g.Raised = false; wasRaised && o.UrgentWords == "" { // else somebody has said so besides
		o.Urgent = false
		if o.Alert != nil && o.Alert.AckBy == "" {
			o.Alert = nil
		}
	}
}

// reserve is [Tx.Reserve], of the safety stock too where the channel lets the order have it.
func (d *Desk) reserve(tx Tx, o *Order, until time.Time) error {
	o.UseSafety = d.safetyToo(o)
	if err := d.direct(o); err != nil {
		return err
	}
	o.lay()
	return tx.Reserve(o, until)
}

// safetyToo tells whether the order may have safety stock now.
func (d *Desk) safetyToo(o *Order) bool { return o.Green.IsOpen(d.Now()) && o.Green.Safety }

// startGreen lets the channel begin.
func (d *Desk) startGreen(tx Tx, o *Order, by Actor) ([]Event, error) {
	now, g := d.Now(), o.Green
	g.State = GreenOpen
	o.hurry()
	o.UseSafety = g.Safety
	events := []Event{d.event(o, EventGreen, by, nil)}
	switch o.Status {
	case StatusDraft: // the rest when it is confirmed
		return events, nil
	case StatusPendingApproval:
		return d.greenPending(tx, o, events, by)
	case StatusApproved:
		if !o.Covered() && g.Safety {
			if err := d.reserve(tx, o, now); err != nil {
				return nil, err
			}
			if err := tx.Firm(o); err != nil {
				return nil, err
			}
			if o.Covered() {
				o.reach(StatusAllocated, now)
			}
		}
	default:
	}
	if o.Urgent && o.Alert == nil {
		events = append(events, d.alarm(o, by))
	}
	return events, nil
}

// greenPending leaves out the step that waits, where it is the look at the credit, and takes the safety stock.
func (d *Desk) greenPending(tx Tx, o *Order, events []Event, by Actor) ([]Event, error) {
	skipped := false
	for _, n := range o.OpenNodes() {
		why, err := d.passes(tx, o, n)
		if err != nil {
			return nil, err
		}
		if why != "" {
			skipped = true
			n.settle(d, NodeSkipped, why, by)
			events = append(events, d.decided(o, n, by))
		}
	}
	if skipped {
		more, err := d.proceed(tx, o, by)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	if o.Status == StatusPendingApproval && o.Green.Safety && !o.Covered() && !o.ReservedUntil.IsZero() {
		return events, d.reserve(tx, o, o.ReservedUntil)
	}
	return events, nil
}

// passes says why the open channel leaves out a node, "" where it does not. Only the routine look of finance at the credit may be:
// never where the limit is exceeded or something is overdue, never what finance was asked for any other reason, and never the
// only decision on a special price.
func (d *Desk) passes(tx Tx, o *Order, n *Node) (string, error) {
	now := d.Now()
	if !o.Green.IsOpen(now) || !o.Green.SkipCredit || n.Role != RoleFinance || len(n.Also) > 0 || n.Stage != 0 || n.Assignee != "" {
		return "", nil
	}
	if slices.ContainsFunc(o.Findings, func(f Finding) bool { return f.Effect == EffectApprove && f.Role == RoleFinance && !f.Recheck }) {
		return "", nil
	}
	if o.SpecialPrice() && !slices.ContainsFunc(o.Nodes, func(x Node) bool {
		return x.Seq != n.Seq && x.Reason == "" && (x.Status == NodeApproved || x.Status == NodeOpen || x.Status == NodeWaiting)
	}) {
		return "", nil
	}
	exposure, err := tx.HoldCredit(o.Customer, 0)
	if err != nil {
		return "", err
	}
	if c := d.Catalog().Customer(o.Customer); c != nil && c.CreditLimit != nil && max(exposure, o.Exposure) > *c.CreditLimit {
		return "", nil
	}
	overdue, err := tx.Overdue(o.Customer, now)
	if err != nil || overdue.Amount > 0 {
		return "", err
	}
	return "绿色通道跳过信用复核，" + o.Green.Name + "开通", nil
}

// tickGreen lets the channel begin and end by the clock.
func (d *Desk) tickGreen(tx Tx, o *Order) ([]Event, []AuditEntry, error) {
	g, now, by := o.Green, d.Now(), SystemActor
	switch {
	case g == nil || g.State == GreenClosed || o.Status.Ended():
		return nil, nil, nil
	case !g.Until.After(now), g.State == GreenWaiting && len(o.Shipments) > 0: // over, or of no use any more
		before := o.greenWords()
		o.shutGreen()
		g.Serial++
		return []Event{d.event(o, EventGreenEnded, by, nil)}, []AuditEntry{d.entry(o, by, "绿色通道到期", before, "", "")}, nil
	case g.State == GreenWaiting && !g.From.After(now):
		before := o.Status.String()
		events, err := d.startGreen(tx, o, by)
		return events, []AuditEntry{d.entry(o, by, "绿色通道开始", before, o.Status.String(), o.greenWords())}, err
	default:
		return nil, nil, nil
	}
}
