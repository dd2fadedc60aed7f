package orders

import (
	"slices"
	"strings"
)

// Moment is when triggers of the rules are looked at.
type Moment string

// The moments.
const (
	AtConfirmed Moment = "confirmed" // 确认
	AtApproved  Moment = "approved"  // 批准
	AtShipped   Moment = "shipped"   // 发货
	AtDelivered Moment = "delivered" // 签收
	AtCancelled Moment = "cancelled" // 取消
)

// Trigger is what a trigger of the rules (当 … 则 …) calls for, whose condition holds.
type Trigger struct {
	Name    string
	Tell    []Role // 通知
	Text    string // what they are told besides
	Mark    string // 标记: said wherever the staff sees the order
	Urgent  bool   // 加急
	Copy    []Role // 抄送: the customer's credit
	Approve Role   // 加审
}

// words says what the trigger did, for the record.
func (t *Trigger) words() string {
	var out []string
	for _, list := range []struct {
		word  string
		roles []Role
	}{{"通知", t.Tell}, {"抄送", t.Copy}} {
		for _, r := range list.roles {
			out = append(out, list.word+r.String())
		}
	}
	if t.Mark != "" {
		out = append(out, "标记「"+t.Mark+"」")
	}
	if t.Urgent {
		out = append(out, "加急")
	}
	if t.Approve != "" {
		out = append(out, "加审"+t.Approve.String())
	}
	return strings.Join(out, "，")
}

// fire changes the order as the triggers say.
func (o *Order) fire(fired []Trigger) {
	for i := range fired {
		t := &fired[i]
		if t.Mark != "" && !slices.Contains(o.Marks, t.Mark) {
			o.Marks = append(slices.Clone(o.Marks), t.Mark)
		}
		if t.Urgent && (!o.Urgent || o.raised() && o.UrgentWords == "") {
			o.Urgent, o.UrgentWords = true, "规则「"+t.Name+"」"
		}
		if t.Approve != "" {
			o.Findings = append(slices.Clone(o.Findings), Finding{Rule: t.Name, Text: "规则要求" + t.Approve.String() + "审批", Effect: EffectApprove, Role: t.Approve})
		}
	}
}

// triggered are the events and the record of triggers.
func (d *Desk) triggered(o *Order, fired []Trigger) (events []Event, entries []AuditEntry) {
	for i := range fired {
		t := &fired[i]
		entries = append(entries, d.entry(o, SystemActor, "规则触发", "", t.words(), t.Name))
		if len(t.Tell)+len(t.Copy) == 0 {
			continue
		}
		events = append(events, d.event(o, EventTriggered, SystemActor, map[string]string{
			"rule": t.Name, "text": t.Text, "tell": roleWords(t.Tell), "copy": roleWords(t.Copy),
		}))
	}
	return events, entries
}

// triggerNow does what the rules in force call for at a moment after the confirmation. What the customer owes is known as it was then.
func (d *Desk) triggerNow(tx Tx, o *Order, at Moment) ([]Event, error) {
	cat := d.Catalog()
	fired, err := d.Rules().Triggers(at, Facts{
		Order: o, Customer: cat.Customer(o.Customer), Catalog: cat, Exposure: o.Exposure, SpecialPrice: o.SpecialPrice(), At: d.Now(),
	})
	if err != nil || len(fired) == 0 {
		return nil, err
	}
	o.fire(fired)
	events, entries := d.triggered(o, fired)
	return events, tx.Audit(entries...)
}
