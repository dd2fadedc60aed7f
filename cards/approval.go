package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// ApprovalView is what an approver sees besides the order itself.
type ApprovalView struct {
	Customer *orders.Customer
	Exposure orders.Money    // of the customer, this order included
	Past     orders.Dealings // with the customer in the last PastDays
	Sales    string          // who owns the order
	Waiting  time.Duration   // since the node opened; 0: not said
	Link     string
	Deputy   string // who is asked in whose place: 李四（代王敏）; empty: by their own right
}

// PastDays is how many days back an approver sees what the customer ordered.
const PastDays = 90

// past says what the customer ordered before.
func past(d orders.Dealings) string {
	if d.Count == 0 {
		return fmt.Sprintf("近 %d 天没有别的订单", PastDays)
	}
	return fmt.Sprintf("近 %d 天 %d 单 %s，上次 %s %s", PastDays, d.Count, d.Sum, d.Last.In(beijing).Format("1月2日"), d.LastSum)
}

// after names who decides once this node is settled, those left out whom the system passes.
func after(o *orders.Order, node *orders.Node) string {
	var who []string
	for i := range o.Nodes {
		if n := &o.Nodes[i]; n.Seq > node.Seq && n.Status == orders.NodeWaiting && n.Reason == "" {
			who = append(who, n.Who())
		}
	}
	return strings.Join(who, " → ")
}

// Approval asks for the decision on a node of an order's chain.
func Approval(s *Signer, o *orders.Order, node *orders.Node, v ApprovalView) Message {
	id := string(o.ID)
	c := &Card{
		Title: "待审批 " + id, Desc: join(" · ", node.Who()+"审批", beside(o, node), o.Route), Amount: o.Payable().String(),
		Urgent: o.Urgent, Risk: len(o.RiskMarks()) > 0, Fields: approvalFields(o, node, v), Lines: rows(o, true),
	}
	if v.Link != "" {
		c.Link = &Link{Text: "查看整张订单", URL: v.Link}
	}
	act := func(text string, style Style, verb Verb, say string) {
		c.Buttons = append(c.Buttons, Button{
			Text: text, Style: style, Say: say,
			Action: s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Node: node.Seq}),
		})
	}
	act("同意", Primary, Approve, "同意 "+id)
	act("驳回", Danger, Reject, "驳回 "+id+" 原因")
	act("更多", Normal, More, "明细 "+id)
	return Message{Text: Text(c), Card: c}
}

// beside says who has to decide besides: 会签，还要总监.
func beside(o *orders.Order, node *orders.Node) string {
	var who []string
	for i := range o.Nodes {
		if n := &o.Nodes[i]; node.Stage != 0 && n.Stage == node.Stage && n.Seq != node.Seq && n.Status == orders.NodeOpen {
			who = append(who, n.Who())
		}
	}
	if who == nil {
		return ""
	}
	return "会签，还要" + strings.Join(who, "和")
}

func approvalFields(o *orders.Order, node *orders.Node, v ApprovalView) []Field {
	urgent := ""
	if o.Urgent {
		urgent = "48 小时内要货"
		if o.UrgentWords != "" {
			urgent = "原文「" + o.UrgentWords + "」"
		}
	}
	fields := []Field{{"客户", customerName(o, v.Customer)}, {"⚠️ 风险", strings.Join(o.RiskMarks(), "；")}}
	if c := v.Customer; c != nil {
		kind := ""
		if c.Level != "" {
			kind = c.Level + " 级"
		}
		if c.CreditGrade != "" {
			kind = join("，", kind, "信用 "+c.CreditGrade)
		}
		fields = append(fields, Field{"等级", join("，", c.Type, kind, c.HospitalLevel)})
		if c.CreditLimit != nil {
			fields = append(fields, Field{"信用", credit(v.Exposure, *c.CreditLimit)})
		} else {
			fields = append(fields, Field{"信用", "不限额度"})
		}
	}
	due := ""
	if !node.DueAt.IsZero() {
		due = when(node.DueAt) + "前"
	}
	if v.Waiting >= time.Minute {
		due = join("，", due, "已等 "+span(v.Waiting))
	}
	short := ""
	if n := shortages(o); n > 0 {
		short = fmt.Sprintf("%d 行库存不足", n)
	}
	return append(append(fields,
		Field{"代审批", v.Deputy},
		Field{"变更", changed(o)},
		Field{"期限", due},
		Field{"让价", discount(o)},
		Field{"应收", receivable(o)},
		Field{"运费", freight(o)},
		Field{"提醒", findings(o, orders.EffectApprove, orders.EffectWarn)},
		Field{"特批", o.Exception},
		Field{"往来", past(v.Past)},
		Field{"接下来", after(o, node)},
		Field{"加急", urgent},
		Field{"绿色通道", green(o)},
		Field{"标记", strings.Join(o.Marks, "、")},
		Field{"库存", short},
		Field{"交期", wantedBeside(o, o.Work.Promise, "")},
		Field{"预计", promiseDay(o.Work.Promise)},
		Field{"备注", o.Note},
		Field{"特殊要求", promised(o)},
		Field{"地址", o.Address},
		Field{"业务员", v.Sales},
		Field{"付款", o.Payment},
		Field{"报关资料", papers(o)},
		Field{"归类", classes(o)},
	), append(stagedFields(o), extras(o)...)...)
}

// promised is what was promised to the customer and stands in no other field.
func promised(o *orders.Order) string {
	if o.Requirement != orders.RequireNone {
		return o.Requirement
	}
	return ""
}

// findings says what the rules have found, of some effects; marks of risk stand by themselves.
func findings(o *orders.Order, effects ...orders.Effect) string {
	var out []string
	for _, f := range o.Findings {
		if slices.Contains(effects, f.Effect) && !f.Risk && (f.Ask == "" || f.Effect == orders.EffectBlock) {
			out = append(out, f.Rule+"："+f.Text)
		}
	}
	return strings.Join(out, "；")
}

// rows writes the lines of an order for a card, with their amounts where they are to be shown.
func rows(o *orders.Order, amounts bool) []string {
	out := make([]string, len(o.Lines))
	for i := range o.Lines {
		w := wordsOf(o, i)
		if !amounts {
			w.price, w.rule, w.special = "", "", ""
		}
		out[i] = w.row()
		if amounts && !w.gift && w.amount != "" {
			out[i] += " = " + w.amount
		}
		if w.special != "" {
			out[i] += "（" + w.special + "）"
		}
	}
	return out
}

// discount says how far special prices are below, or above, the customer's own, "" where they
// are the same.
func discount(o *orders.Order) string {
	var own, asked orders.Money
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Gift || l.Stated == nil || l.Stated.Equal(l.ListPrice) || !l.ListPrice.IsPositive() {
			continue
		}
		own += orders.MoneyOf(l.ListPrice.Mul(l.Quantity))
		asked += l.Amount
	}
	switch {
	case own == asked:
		return ""
	case asked > own:
		return "比平时高 " + (asked - own).String()
	default:
		return fmt.Sprintf("比平时低 %s（%s%%）", own-asked, (own - asked).Yuan().Shift(2).Div(own.Yuan()).Round(1))
	}
}

// span writes how long something lasted: 2 小时 5 分钟.
func span(d time.Duration) string {
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case hours >= 48:
		return fmt.Sprintf("%d 天 %d 小时", hours/24, hours%24)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d 小时 %d 分钟", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d 小时", hours)
	default:
		return fmt.Sprintf("%d 分钟", minutes)
	}
}

// ApprovalSettled is what every copy of an approval card becomes once its node is decided: who,
// what, when, and what comes next.
func ApprovalSettled(o *orders.Order, node *orders.Node) Message {
	c := &Card{
		Title: "审批 " + string(o.ID), Desc: join(" · ", node.Who()+"审批", o.Route), Amount: o.Payable().String(),
		Fields: []Field{{"客户", customerName(o, nil)}}, Lines: rows(o, true), Urgent: o.Urgent,
	}
	switch node.Status {
	case orders.NodeApproved:
		c.Settled = join(" ", "已同意", node.Name, when(node.DecidedAt))
		if next := o.Awaits(); next != "" {
			c.Settled += "，接着由" + next + "审批"
		}
	case orders.NodeRejected:
		c.Settled = join(" ", "已驳回", node.Name, when(node.DecidedAt)) + "：" + node.Reason
	case orders.NodeTransferred:
		c.Settled = join(" ", "已转交", node.Name, when(node.DecidedAt))
		if next := o.Node(node.Seq + 1); next != nil && node.Stage == 0 {
			c.Settled += "，由" + next.Who() + "审批"
		}
	case orders.NodeReturned:
		c.Settled = join(" ", "已退回", node.Name, when(node.DecidedAt)) + "：" + node.Reason
	case orders.NodeSkipped:
		c.Settled = join(" ", "已跳过", node.Name, when(node.DecidedAt)) + "：" + node.Reason
	case orders.NodePassed:
		c.Settled = join("，", "已通过 系统自动", node.Reason)
	case orders.NodeOpen:
		c.Settled = "处理中 正在处理这次审批"
	default:
		c.Settled = join("，", "已作废 订单"+o.Status.String(), o.CloseReason)
	}
	return Message{Text: Text(c), Card: c}
}

// Progress shows the staff an order's approval chain as it is executed: step, who, by when.
func Progress(o *orders.Order, catalog *orders.Catalog, now time.Time) Message {
	rows := []string{
		"进度 " + string(o.ID) + "：" + o.Status.String(),
		join(" · ", customerName(o, nil), o.Payable().String(), o.Route),
	}
	for i := range o.Nodes {
		n := &o.Nodes[i]
		rows = append(rows, fmt.Sprintf("%d %s %s %s", n.Seq, nodeMarks[n.Status], join("", n.Who(), map[bool]string{true: "（会签）"}[n.Stage != 0]), nodeWords(o, n, catalog, now)))
	}
	switch {
	case o.Status == orders.StatusDraft:
		rows = append(rows, "还是草稿，等业务员或客户确认（"+when(o.ExpiresAt)+"前）")
	case len(o.Nodes) == 0 && !o.ConfirmedAt.IsZero():
		rows = append(rows, "不用人工审批")
	}
	if len(o.Marks) > 0 {
		rows = append(rows, "标记："+strings.Join(o.Marks, "、"))
	}
	if g := green(o); g != "" {
		rows = append(rows, join("，", "绿色通道："+g, o.Green.Reason))
	}
	if p := papers(o); p != "" {
		rows = append(rows, "报关资料："+p)
	}
	if o.Status.Ended() && o.CloseReason != "" {
		rows = append(rows, "原因："+o.CloseReason)
	}
	if to := destinations(o, catalog, now); to != "" {
		rows = append(rows, "分单："+to)
	}
	if p := o.Work.Promise; p != nil && !o.Status.Ended() {
		rows = append(rows, "预计到货 "+promiseInShort(p))
	}
	rows = append(rows, fifteenNodes(o, calendarOf(catalog), now)...)
	switch o.Status { //nolint:exhaustive // the others say enough by themselves
	case orders.StatusPendingApproval:
		rows = append(rows, "批准以后：仓库拣货、发货")
	case orders.StatusApproved, orders.StatusAllocated, orders.StatusPicking, orders.StatusChecked:
		rows = append(rows, "接下来：仓库拣货、发货（"+names(catalog, orders.RoleWarehouse, orders.RoleWarehouseLead)+"）")
	}
	rows = append(rows, stagedRows(o, true)...)
	for i := range o.Shipments {
		rows = append(rows, parcel(&o.Shipments[i])...)
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

var nodeMarks = map[orders.NodeStatus]string{
	orders.NodeWaiting: "⚪", orders.NodeOpen: "⏳", orders.NodeApproved: "✅",
	orders.NodeRejected: "❌", orders.NodePassed: "✅", orders.NodeVoid: "➖",
	orders.NodeTransferred: "➡️", orders.NodeReturned: "↩️", orders.NodeSkipped: "⏭️",
}

// calendarOf is the calendar of a catalog; nil knows the built-in days.
func calendarOf(c *orders.Catalog) *orders.Calendar {
	if c == nil {
		return nil
	}
	return c.Calendar
}

// statusOrder is the way of an order through its 15 nodes, then the ends beside it.
var statusOrder = []orders.Status{
	orders.StatusDraft, orders.StatusPendingApproval, orders.StatusApproved, orders.StatusAllocated, orders.StatusScheduled,
	orders.StatusInProduction, orders.StatusInspected, orders.StatusStocked, orders.StatusPicking, orders.StatusChecked,
	orders.StatusShipped, orders.StatusPickedUp, orders.StatusInTransit, orders.StatusOutForDelivery, orders.StatusDelivered,
	orders.StatusCancelled, orders.StatusRejected, orders.StatusReturning, orders.StatusReturned, orders.StatusClosed,
}

// nodeWords says who has decided a node or has to, and by when.
func nodeWords(o *orders.Order, n *orders.Node, catalog *orders.Catalog, now time.Time) string {
	switch n.Status {
	case orders.NodeApproved:
		return n.Name + " " + when(n.DecidedAt) + " 同意"
	case orders.NodeRejected:
		return n.Name + " " + when(n.DecidedAt) + " 驳回：" + n.Reason
	case orders.NodeTransferred:
		return join("：", n.Name+" "+when(n.DecidedAt)+" 转交", n.Reason)
	case orders.NodeReturned:
		return n.Name + " " + when(n.DecidedAt) + " 退回：" + n.Reason
	case orders.NodeSkipped:
		return n.Name + " " + when(n.DecidedAt) + " 跳过：" + n.Reason
	case orders.NodePassed:
		return "系统自动通过（" + n.Reason + "）"
	case orders.NodeVoid:
		return "不用审批了"
	case orders.NodeOpen:
		var who []string
		if n.Assignee == "" && !slices.ContainsFunc(catalog.Staff, func(s orders.Staff) bool { return s.Has(n.Roles()...) }) {
			who = append(who, names(catalog, n.Roles()...))
		}
		for _, a := range catalog.Approvers(o, n, now) {
			if a.Code != n.Assignee { // named already
				who = append(who, a.Title())
			}
		}
		return strings.Join(who, "、") + "（" + when(n.DueAt) + "前）"
	default:
		if n.Reason != "" {
			return "轮到时系统自动通过（" + n.Reason + "）"
		}
		s := ""
		if n.Assignee == "" {
			s = names(catalog, n.Roles()...)
		}
		if n.Workdays {
			s += fmt.Sprintf("（轮到后 %g个工作日内）", n.Limit.Hours()/24)
		} else if n.Limit > 0 {
			s += "（轮到后 " + span(n.Limit) + "内）"
		}
		return s
	}
}

// names lists who holds any of the roles.
func names(catalog *orders.Catalog, roles ...orders.Role) string {
	var out []string
	if catalog != nil {
		for i := range catalog.Staff {
			if catalog.Staff[i].Has(roles...) {
				out = append(out, catalog.Staff[i].Name)
			}
		}
	}
	if len(out) == 0 {
		return "还没有人担任"
	}
	return strings.Join(out, "、")
}
