package orders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// reach moves the order to a status and notes when.
func (o *Order) reach(s Status, now time.Time) {
	o.Status = s
	if o.Reached == nil {
		o.Reached = make(map[Status]time.Time)
	}
	if _, ok := o.Reached[s]; !ok {
		o.Reached[s] = now
	}
}

// NextAt is when the clock has something to do for the order; zero: never.
func (o *Order) NextAt() time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if o.Status == StatusDraft {
		sooner(o.ExpiresAt)
	}
	sooner(o.ReservedUntil)
	if g := o.Green; g != nil && !o.Status.Ended() {
		switch g.State {
		case GreenWaiting:
			sooner(g.From)
		case GreenOpen:
			sooner(g.Until)
		case GreenClosed:
		}
	}
	for _, n := range o.OpenNodes() {
		if o.Status != StatusPendingApproval {
			break
		}
		switch n.Reminded {
		case 0:
			sooner(n.RemindAt)
		case 1:
			sooner(n.DueAt)
		}
	}
	if o.Alert != nil && o.Alert.AckBy == "" {
		sooner(o.Alert.NextAt)
	}
	if c := o.Notice(); c != nil {
		sooner(c.Notice.NextAt)
	}
	for i := range o.Shipments {
		sooner(o.Shipments[i].NextPoll)
	}
	for i := range o.Returns {
		sooner(o.Returns[i].nextAt())
	}
	sooner(o.nextStageAt())
	return next
}

// open starts the node's time.
func (n *Node) open(cal *Calendar, now time.Time) {
	after := now.Add
	if n.Workdays {
		after = func(d time.Duration) time.Time { return cal.After(now, d) }
	}
	n.OpenedAt, n.RemindAt, n.DueAt = now, after(n.Limit/2), after(n.Limit)
}

// OpenNodes returns the nodes that wait for a decision: several where all of them are needed.
func (o *Order) OpenNodes() []*Node {
	var out []*Node
	for i := range o.Nodes {
		if o.Nodes[i].Status == NodeOpen {
			out = append(out, &o.Nodes[i])
		}
	}
	return out
}

// consented are those who have agreed to another part of the step that a node belongs to (会签). They may
// not decide the node: a person's consent counts for one role, so that as many people look at the order
// as roles were asked for.
func (o *Order) consented(n *Node) []StaffCode {
	var out []StaffCode
	for i := range o.Nodes {
		if x := &o.Nodes[i]; n.Stage != 0 && x.Stage == n.Stage && x.Status == NodeApproved {
			out = append(out, x.DecidedBy)
		}
	}
	return out
}

// Awaits names who decides now: 财务和总监; "" where nobody has to.
func (o *Order) Awaits() string {
	var who []string
	for _, n := range o.OpenNodes() {
		who = append(who, n.Who())
	}
	return strings.Join(who, "和")
}

// OpenNode returns the first node that is waiting for a decision, nil if there is none.
func (o *Order) OpenNode() *Node {
	for i := range o.Nodes {
		if o.Nodes[i].Status == NodeOpen {
			return &o.Nodes[i]
		}
	}
	return nil
}

// Node returns the node of that number, nil if there is none.
func (o *Order) Node(seq int) *Node {
	for i := range o.Nodes {
		if o.Nodes[i].Seq == seq {
			return &o.Nodes[i]
		}
	}
	return nil
}

// MayDecide tells whether s may settle the node.
func (n *Node) MayDecide(s *Staff) bool {
	if n.Assignee != "" {
		return s.Code == n.Assignee || slices.Contains(n.Extra, s.Code)
	}
	return s.Has(n.Roles()...) || slices.Contains(n.Extra, s.Code)
}

// Who names who decides the node: a role or a person.
func (n *Node) Who() string {
	if n.Assignee != "" {
		return n.AssigneeName
	}
	words := make([]string, 0, 1+len(n.Also))
	for _, r := range n.Roles() {
		words = append(words, r.String())
	}
	return strings.Join(words, "或")
}

// Roles are those of which one holder decides the node, where it is not a person's.
func (n *Node) Roles() []Role { return append([]Role{n.Role}, n.Also...) }

// Approvers are all who may decide the node.
func (n *Node) Approvers(cat *Catalog) []*Staff {
	var out []*Staff
	for i := range cat.Staff {
		if n.MayDecide(&cat.Staff[i]) {
			out = append(out, &cat.Staff[i])
		}
	}
	return out
}

// Outcome says for people what became of a node: 已由 王敏 03-11 10:24 同意.
func (n *Node) Outcome(loc *time.Location) string {
	at := n.DecidedAt.In(loc).Format("01-02 15:04")
	switch n.Status {
	case NodeApproved:
		return fmt.Sprintf("已由 %s %s 同意", n.Name, at)
	case NodeRejected:
		return fmt.Sprintf("已由 %s %s 驳回：%s", n.Name, at, n.Reason)
	case NodePassed:
		return "系统通过（" + n.Reason + ")"
	case NodeTransferred:
		return fmt.Sprintf("已由 %s %s 转交", n.Name, at)
	case NodeReturned:
		return fmt.Sprintf("已由 %s %s 退回：%s", n.Name, at, n.Reason)
	case NodeSkipped:
		return fmt.Sprintf("已由 %s %s 跳过：%s", n.Name, at, n.Reason)
	case NodeVoid:
		return "已作废"
	case NodeOpen:
		return "待审批"
	default:
		return "未到"
	}
}

// PassedByRule tells whether no person had a say in the order's approval.
func (o *Order) PassedByRule() bool {
	for i := range o.Nodes {
		if o.Nodes[i].Status != NodePassed {
			return false
		}
	}
	return true
}

// Sooner compares orders by whose goods leave the warehouse first: by the level of a green channel that is open, by priority, then urgent ones, then in the order in which
// they were confirmed.
func Sooner(a, b *Order) int {
	urgent := func(o *Order) int {
		if o.Urgent {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.GreenUrgency(), a.GreenUrgency()), cmp.Compare(b.Priority, a.Priority), cmp.Compare(urgent(a), urgent(b)), a.ConfirmedAt.Compare(b.ConfirmedAt), cmp.Compare(a.ID, b.ID))
}

// Covered tells whether stock is held for all of the order.
func (o *Order) Covered() bool {
	for i := range o.Lines {
		if o.Lines[i].Short().IsPositive() {
			return false
		}
	}
	return true
}

// ready tells, as an error, what a draft still lacks before it can be confirmed.
func (o *Order) ready() error {
	for _, q := range o.Questions {
		if q.Blocking() {
			return Errorf(CodeInvalid, "订单 %s 还有一处要您定：%s", o.ID, q.Text)
		}
	}
	if o.Requirement == "" {
		return Errorf(CodeInvalid, "订单 %s 的客户特殊要求还没定，没有就回「无」", o.ID)
	}
	if o.Customer == "" {
		return Errorf(CodeInvalid, "订单 %s 还不知道是哪个客户的，请告诉我客户名称", o.ID)
	}
	if len(o.Lines) == 0 {
		return Errorf(CodeInvalid, "订单 %s 还没有商品，请告诉我要什么、多少", o.ID)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case l.Product == "" || !l.Base.IsPositive():
			return Errorf(CodeInvalid, "订单 %s 第 %d 行还不完整，请补充后再确认", o.ID, i+1)
		case l.PriceRule == "":
			return Errorf(CodeInvalid, "%s（%s）还没有价格，请先让销售经理定价，或在订单里写明单价", l.Name, l.Product)
		}
	}
	return o.MayStage()
}

// Summary is the order in one line, for the audit trail.
func (o *Order) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", o.Customer, o.Payable())
	if o.Freight.Amount > 0 {
		fmt.Fprintf(&b, "（含运费 %s）", o.Freight.Amount)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		fmt.Fprintf(&b, "; %s %s%s", l.Product, l.Quantity, l.Unit)
		if l.Gift {
			b.WriteString("（赠）")
		}
	}
	for _, f := range []struct{ name, value string }{
		{"交期", o.DeliverBy},
		{"地址", o.Address},
		{"联系人", o.Contact},
		{"电话", o.Phone},
		{"承运", o.Carrier},
		{"付款", o.Payment},
		{"分期", o.Content().stages()},
		{"付款节点", o.Content().payments()},
		{"PO", o.PO},
		{"备注", o.Note},
		{"特殊要求", strings.TrimPrefix(o.Requirement, RequireNone)},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, "; %s %s", f.name, f.value)
		}
	}
	return b.String()
}
