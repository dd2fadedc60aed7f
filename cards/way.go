package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// SevenNodes works out the customer's seven nodes of an order from the fifteen of the staff, each with its time, or when it is expected,
// and who is in charge. Goods from stock pass 排产 and 入库 as not applicable, goods that are fetched pass 在途 so.
func SevenNodes(o *orders.Order, cal *orders.Calendar) []NodeView {
	out := make([]NodeView, len(orders.CustomerNodes))
	for i, n := range orders.CustomerNodes {
		out[i] = NodeView{Name: n.Name, Role: n.Role, State: NodeNone}
	}
	reached := make([]bool, len(out)) // the last of the staff's nodes
	for _, p := range o.Passages(cal) {
		n := &out[p.Step.Customer]
		if p.Stand == orders.StandNone {
			continue
		}
		n.State = NodeTodo
		if !p.Due.IsZero() && p.Step.Status != orders.StatusAllocated { // 审核 ends with the approval
			n.Due = "预计 " + nodeDay(o, p.Due)
		}
		reached[p.Step.Customer] = p.Due.IsZero()
		if !p.At.IsZero() {
			n.At = p.At
		}
	}
	if !o.ConfirmedAt.IsZero() {
		out[0].At = o.ConfirmedAt
	}
	isDone := []bool{!o.ConfirmedAt.IsZero(), !o.Reached[orders.StatusApproved].IsZero(), reached[2], reached[3], !o.Reached[orders.StatusShipped].IsZero(), false, false}
	if at := o.Reached[orders.StatusDelivered]; !at.IsZero() {
		isDone = []bool{true, true, true, true, true, true, true}
		out[6].At = at
		if at = o.Reached[orders.StatusOutForDelivery]; at.IsZero() {
			at = out[6].At
		}
		out[5].At = at
	}
	if at := o.Reached[orders.StatusApproved]; !at.IsZero() {
		out[1].At = at
	}
	for i := range out {
		n := &out[i]
		switch {
		case n.State == NodeNone:
			n.At, n.Due = time.Time{}, ""
		case isDone[i]:
			n.State, n.Due = NodeDone, ""
		default:
			n.At = time.Time{}
		}
	}
	if o.OpenNode() != nil && o.Status == orders.StatusPendingApproval {
		if p := o.Passages(cal)[2]; !p.Due.IsZero() {
			out[1].Due = "预计 " + when(p.Due) + "前"
		}
	}
	decider(o, &out[1])
	for i := range o.Shipments {
		if c := o.Shipments[i].Carrier; c != selfPickup {
			out[5].Role = carrier(c)
			break
		}
	}
	if p := o.Work.Promise; p != nil && p.Day != "" && out[6].State != NodeDone && out[6].Due != "" {
		out[6].Due = "预计 " + Wanted(p.Day, time.Time{})
	}
	if n := &out[6]; n.State != NodeDone && o.Wanted() != "" {
		n.Due = join("，", "期望 "+wantedBy(o), n.Due)
	}
	if !o.Status.Ended() && o.Status != orders.StatusReturning {
		if i := slices.IndexFunc(out, func(n NodeView) bool { return n.State == NodeTodo }); i >= 0 {
			out[i].State = NodeNow
		}
	}
	return out
}

// dueDay writes the day of something that is only expected.
func dueDay(t time.Time) string { return t.In(beijing).Format("1月2日") }

// nodeDay is the day on which a node is expected: by its time limit, but no later than the day that the order itself is expected.
func nodeDay(o *orders.Order, due time.Time) string {
	day := due.In(beijing).Format(time.DateOnly)
	if p := o.Work.Promise; p != nil && p.Day != "" {
		day = min(day, p.Day)
	}
	return shortDay(day)
}

// decider names who decides about an order, or did.
func decider(o *orders.Order, view *NodeView) {
	for i := range o.Nodes {
		if n := &o.Nodes[i]; n.Status == orders.NodeApproved || n.Status == orders.NodeRejected {
			view.Role = n.Role.String()
		}
	}
	if len(o.Nodes) == 0 && view.State == NodeDone {
		view.Role = "系统"
	}
	if n := o.OpenNode(); n != nil && o.Status == orders.StatusPendingApproval {
		view.Role = n.Role.String()
	}
}

// fifteenNodes are the rows of the staff's nodes: when each was reached or is expected, who has the order there, and where exactly it is.
// Neighbours that the order does not pass, and those that nobody reported, stand in one row.
func fifteenNodes(o *orders.Order, cal *orders.Calendar, now time.Time) []string {
	var rows []string
	var bare []string
	mark := ""
	flush := func() {
		if bare != nil {
			word := map[string]string{"➖": "不经过", "✅": "时间未上报"}[mark]
			rows = append(rows, mark+" "+strings.Join(bare, "、")+" "+word)
		}
		bare, mark = nil, ""
	}
	for _, p := range o.Passages(cal) {
		m := stateMarks[map[orders.Stand]NodeState{orders.StandTodo: NodeTodo, orders.StandNow: NodeNow, orders.StandDone: NodeDone, orders.StandNone: NodeNone}[p.Stand]]
		name, role := p.Step.Status.String(), "（"+owner(o, p.Step)+"）"
		if p.Stand == orders.StandNone || p.Stand == orders.StandDone && p.At.IsZero() {
			if m != mark {
				flush()
			}
			mark = m
			bare = append(bare, name)
			continue
		}
		flush()
		where := ""
		switch {
		case p.Where != "":
			where = "位置：" + clip(oneLine(p.Where), 60)
		case p.Stand == orders.StandNow && p.Step.Customer >= 2 && p.Step.Customer <= 5:
			where = "位置：未上报"
		}
		switch p.Stand {
		case orders.StandTodo:
			late := ""
			if p.Due.Before(now) {
				late = "，⚠️ 已晚"
			}
			day := nodeDay(o, p.Due)
			switch x := o.Work.Promise; {
			case x == nil || x.Day < now.In(beijing).Format(time.DateOnly): // nothing was promised that could still be kept
				day = dueDay(p.Due)
			case p.Step.Status == orders.StatusDelivered:
				day = shortDay(x.Day)
			}
			rows = append(rows, m+" "+name+" 预计 "+day+late+role)
		case orders.StandDone, orders.StandNow, orders.StandNone:
			rows = append(rows, join("　", m+" "+when(p.At)+" "+name+role, where))
		}
	}
	flush()
	for _, s := range statusOrder[len(orders.Way()):] {
		if at, ok := o.Reached[s]; ok {
			rows = append(rows, when(at)+" "+s.String())
		}
	}
	if a := o.Work.Arrival; a != nil {
		rows = append(rows, "签收核对："+a.String())
	}
	return rows
}

// owner names the role that has an order at a node.
func owner(o *orders.Order, s *orders.Step) string {
	if n := o.OpenNode(); n != nil && s.Status == orders.StatusPendingApproval {
		return o.Awaits()
	}
	return s.Owner.String()
}

// Touches shows the 17 points at which somebody has to do with an order (触点 SO…).
func Touches(o *orders.Order, trail []orders.AuditEntry, catalog *orders.Catalog) Message {
	rows := []string{"触点 " + string(o.ID) + "　" + o.Status.String()}
	for i, t := range orders.Touches(trail) {
		if t.At.IsZero() {
			rows = append(rows, fmt.Sprintf("%d ⚪ %s 未上报", i+1, t.Name))
			continue
		}
		rows = append(rows, fmt.Sprintf("%d ✅ %s %s %s", i+1, t.Name, when(t.At), actor(t.Actor, catalog)))
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}
