package orders

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of messages by which an approved order is handed to the departments (三路分发).
const (
	DispatchInvoice = "invoice.check"  // to finance: the customer's invoice data
	DispatchPick    = "warehouse.pick" // to the warehouse: what to pick
	DispatchPlan    = "order.plan"     // to the planning system (APS), or to the planner
)

// DispatchKinds are these in the order in which they are shown.
var DispatchKinds = []string{DispatchInvoice, DispatchPick, DispatchPlan}

// APS is the planning system (排产引擎), which orders are sent to like messages to a chat: that of an order has its number.
const APS Platform = "aps"

// DispatchState tells how far an order has got on its way to a department.
type DispatchState string

// The states of a dispatch.
const (
	DispatchNone     DispatchState = ""         // nobody was sent anything
	DispatchWaiting  DispatchState = "waiting"  // 正在发: nothing has failed yet
	DispatchSent     DispatchState = "sent"     // 已发出
	DispatchRetrying DispatchState = "retrying" // 重试中
	DispatchFailed   DispatchState = "failed"   // 失败: it reached nobody, and is not tried again
)

// Dispatch is how far an order is with one department.
type Dispatch struct {
	Kind   string // one of [DispatchKinds]
	State  DispatchState
	Since  time.Time // when it was sent, or, until it is, since when it waits
	Missed bool      // of what is sent: somebody else did not get it
	Error  string    // of what is tried again or failed: the sender's words, the reason in front
}

// Dispatches works out how far an order is with each department from what was ever put out to be sent for it. Of several rounds,
// as changes make them, the last counts.
func Dispatches(sent []Delivery) []Dispatch {
	out := make([]Dispatch, len(DispatchKinds))
	for i, kind := range DispatchKinds {
		out[i] = dispatchOf(kind, sent)
	}
	return out
}

func dispatchOf(kind string, sent []Delivery) Dispatch {
	out, last := Dispatch{Kind: kind}, int64(-1)
	for i := range sent {
		if sent[i].Kind == kind {
			last = max(last, roundOf(sent[i].Key))
		}
	}
	best := make(map[string]DispatchState) // of each message, wherever it was sent
	worse := []DispatchState{DispatchNone, DispatchFailed, DispatchSent, DispatchWaiting, DispatchRetrying}
	for i := range sent {
		d := &sent[i]
		if d.Kind != kind || roundOf(d.Key) != last {
			continue
		}
		state := stateOf(d)
		key := strings.TrimSuffix(d.Key, OtherChat)
		if slices.Index(worse, state) > slices.Index(worse, best[key]) {
			best[key] = state
		}
		at := d.Created
		if state == DispatchSent {
			at = d.SentAt
		}
		switch was := slices.Index(worse, out.State); {
		case slices.Index(worse, state) > was:
			out.State, out.Since, out.Error = state, at, d.Error
		case slices.Index(worse, state) == was && at.Before(out.Since):
			out.Since, out.Error = at, cmp.Or(d.Error, out.Error)
		}
	}
	for _, s := range best {
		out.Missed = out.Missed || s == DispatchFailed && out.State == DispatchSent
	}
	if out.State == DispatchSent || out.State == DispatchWaiting {
		out.Error = ""
	}
	return out
}

// OtherChat ends the key of a delivery that goes to another chat of its receiver, for the first refused it.
const OtherChat = ":alt"

// roundOf is the event that a delivery was made by, which its key names: event:17:warehouse.pick:S21; 0 where it names none.
func roundOf(key string) int64 {
	parts := strings.SplitN(key, ":", 3)
	if len(parts) < 3 || parts[0] != "event" {
		return 0
	}
	n, _ := strconv.ParseInt(parts[1], 10, 64)
	return n
}

func stateOf(d *Delivery) DispatchState {
	switch {
	case d.Status == DeliverySent:
		return DispatchSent
	case d.Status == DeliveryFailed:
		return DispatchFailed
	case d.Error != "":
		return DispatchRetrying
	default:
		return DispatchWaiting
	}
}

// approved are the events of an order that has become one for the departments. Each has one of its own, so that what fails for one
// holds up no other.
func (d *Desk) approved(o *Order, by Actor) []Event {
	return []Event{d.event(o, EventApproved, by, nil), d.event(o, EventInvoicing, by, nil), d.event(o, EventPlanning, by, nil)}
}

// NeedsPlanning tells whether something of the order is to be made or lacks stock; what lies in stock need not be planned.
func (o *Order) NeedsPlanning(cat *Catalog) bool { return o.made(cat) || !o.Covered() }
