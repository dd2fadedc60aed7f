package cards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

const selfPickup = logistics.Self

// NodeView is one of the seven nodes that a customer sees of an order.
type NodeView struct {
	Name  string
	Role  string // who is in charge
	State NodeState
	At    time.Time // when it was done; zero where it is not
	Due   string    // what is known of when it will be; may be empty
}

// NodeState tells how far a customer's node is.
type NodeState string

// The states of a customer's node.
const (
	NodeTodo NodeState = "todo"
	NodeNow  NodeState = "now"
	NodeDone NodeState = "done"
	NodeNone NodeState = "n/a" // 不经过
)

// customerStatus says in a customer's words how far an order is.
func customerStatus(s orders.Status) string {
	switch s {
	case orders.StatusDraft:
		return "等您确认"
	case orders.StatusPendingApproval:
		return "审核中"
	case orders.StatusApproved, orders.StatusAllocated, orders.StatusStocked, orders.StatusPicking, orders.StatusChecked:
		return "备货中"
	case orders.StatusScheduled, orders.StatusInProduction, orders.StatusInspected:
		return "生产中"
	case orders.StatusShipped:
		return "已发货"
	case orders.StatusPickedUp, orders.StatusInTransit:
		return "运输途中"
	case orders.StatusOutForDelivery:
		return "派送中"
	case orders.StatusRejected:
		return "没有通过审核"
	default:
		return s.String()
	}
}

var stateMarks = map[NodeState]string{NodeTodo: "⚪", NodeNow: "⏳", NodeDone: "✅", NodeNone: "➖"}

// Nodes answers 「我的订单到哪了」: the seven nodes with times and roles, and every parcel with its bar.
// link leads to the order's page and may be empty.
func Nodes(o *orders.Order, cal *orders.Calendar, link string) Message {
	rows := []string{
		"订单 " + string(o.ID) + "　" + customerStatus(o.Status),
		fmt.Sprintf("共 %d 行，%s", len(o.Lines), o.Payable()),
	}
	for _, n := range SevenNodes(o, cal) {
		if n.State != NodeDone && o.Status.Ended() && o.Status != orders.StatusDelivered {
			continue
		}
		row := stateMarks[n.State] + " " + n.Name
		switch n.State {
		case NodeNone:
			row += " 不经过"
		case NodeDone:
			at := "时间未上报"
			if !n.At.IsZero() {
				at = when(n.At)
			}
			row += " " + at + "（" + n.Role + "）"
		case NodeNow:
			row += " " + join("，", "进行中", n.Due) + "（" + n.Role + "）"
		case NodeTodo:
			if n.Due != "" {
				row += " " + n.Due
			}
			row += "（" + n.Role + "）"
		}
		rows = append(rows, row)
	}
	rows = append(rows, stagedRows(o, true)...)
	for i := range o.Shipments {
		rows = append(rows, parcel(&o.Shipments[i])...)
	}
	if link != "" {
		rows = append(rows, "查看订单："+link)
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// Bar shows a parcel's way: 🔴 已揽收 🟡 在途中 🟢 派件中 🔵 已签收, ⚪ what is to come. An exception stands
// beside it.
func Bar(s orders.ParcelState) string {
	colours := [4]string{"🔴", "🟡", "🟢", "🔵"}
	way := []orders.ParcelState{orders.ParcelPickedUp, orders.ParcelInTransit, orders.ParcelOut, orders.ParcelDelivered}
	switch s {
	case orders.ParcelException:
		return "⚠️ 异常"
	case orders.ParcelReturned:
		return "↩️ 已退回"
	default:
	}
	at := slices.Index(way, s)
	var b strings.Builder
	for i, c := range colours {
		if i > at {
			c = "⚪"
		}
		b.WriteString(c)
	}
	return b.String() + " " + logistics.StateNames[s]
}

// waybill names carrier and number of a parcel.
func waybill(s *orders.Shipment) string {
	return strings.TrimSpace(carrier(s.Carrier) + " " + s.Tracking)
}

// parcel shows a parcel: carrier and number, bar, newest entry of its trace.
func parcel(s *orders.Shipment) []string {
	if s.Carrier == selfPickup {
		return []string{"自提"}
	}
	rows := []string{waybill(s), Bar(s.State)}
	if s.Stage > 0 {
		rows[0] = fmt.Sprintf("第 %d 期 %s", s.Stage, rows[0])
	}
	if len(s.Events) > 0 {
		rows = append(rows, when(s.Events[0].At)+" "+clip(oneLine(s.Events[0].Text), 120))
	}
	return rows
}

// OrderList shows several orders, one row each, and how to ask for one of them. more counts those
// that are left out.
func OrderList(title string, list []*orders.Order, more int, forCustomer bool) Message {
	if len(list) == 0 {
		return Message{Text: title + "\n没有订单"}
	}
	blocks := make([]string, len(list))
	var menu []string
	for i, o := range list {
		status := o.Status.String()
		who := customerName(o, nil)
		if forCustomer {
			status, who = customerStatus(o.Status), ""
		}
		blocks[i] = join(" ", string(o.ID), who, o.Payable().String(), status)
		if forCustomer && len(menu) < 5 {
			menu = append(menu, string(o.ID))
		}
	}
	tail := func(left int) string {
		if left += more; left > 0 {
			return fmt.Sprintf("还有 %d 个没有列出\n发订单号看详情", left)
		}
		return "发订单号看详情"
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return title }, tail)[0], Menu: menu}
}

// TodoItem is something that waits for somebody.
type TodoItem struct {
	Order *orders.Order
	What  string    // 审批, 拣货发货, 确认草稿
	Due   time.Time // zero: none
	Say   string    // the words that do it
	More  []string  // further rows: how pressing it is, what it lacks
}

// todoTexts is how many texts the list of what waits may have.
const todoTexts = 3

// Todo lists what waits for the asker, the most pressing first as given. Who sees no amounts gets none.
func Todo(list []TodoItem, now time.Time, money bool) []Message {
	if len(list) == 0 {
		return []Message{{Text: "现在没有等您处理的事（" + when(now) + "）"}}
	}
	blocks := make([]string, len(list))
	for i, t := range list {
		due := ""
		if !t.Due.IsZero() {
			due = when(t.Due) + "前"
			if t.Due.Before(now) {
				due = "⚠️ 已超时（" + when(t.Due) + "）"
			}
		}
		urgent, amount := "", ""
		if t.Order.Urgent {
			urgent = "【加急】"
		}
		if money {
			amount = t.Order.Payable().String()
		}
		blocks[i] = fmt.Sprintf("%d. %s%s", i+1, urgent, join(" ", t.What, string(t.Order.ID), customerName(t.Order, nil), amount, due))
		for _, row := range t.More {
			blocks[i] += "\n" + row
		}
		if t.Say != "" {
			blocks[i] += "\n回复「" + t.Say + "」"
		}
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 件没有列出", left)
		}
		return ""
	}
	head := func(n int) string {
		if n > 0 {
			return "待办（续）"
		}
		return fmt.Sprintf("待办 %d 件", len(list))
	}
	var out []Message
	for _, text := range fill(TextLimit, blocks, todoTexts, head, tail) {
		out = append(out, Message{Text: text})
	}
	return out
}

// Pressing says what an order weighs in the warehouse's list and why: 优先级 120：加急、三级医院.
func Pressing(o *orders.Order) []string {
	var out []string
	if n := o.GreenUrgency(); n > 0 {
		out = append(out, "绿色通道："+orders.Urgencies[n])
	}
	if len(o.Marks) > 0 {
		out = append(out, "标记："+strings.Join(o.Marks, "、"))
	}
	if len(o.PriorityWhy) == 0 {
		return out
	}
	return append(out, fmt.Sprintf("优先级 %d：%s", o.Priority, strings.Join(o.PriorityWhy, "、")))
}

// Lacking says what keeps an order from being shipped besides goods.
func Lacking(o *orders.Order) []string {
	if len(o.MissingPapers()) == 0 {
		return nil
	}
	return []string{papers(o)}
}

// Papers is the check-list of an order's customs papers (资料 SO…).
func Papers(o *orders.Order) Message {
	if len(o.Papers) == 0 {
		return Message{Text: string(o.ID) + " 没有要报关资料的货"}
	}
	rows := []string{string(o.ID) + " 的报关资料：" + papers(o)}
	for _, p := range o.Papers {
		if p.By == "" {
			rows = append(rows, "⬜ "+p.Name)
		} else {
			rows = append(rows, "✅ "+p.Name+"　"+p.By+" "+when(p.At))
		}
	}
	if missing := o.MissingPapers(); len(missing) > 0 {
		rows = append(rows, "齐了请回复「资料 "+string(o.ID)+" "+strings.Join(missing, "、")+" 已齐」")
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// DetailView says who reads the lines of an order.
type DetailView struct {
	Page       int  // from 1
	HidePrices bool // for the warehouse
	ForCustomer,
	SeesInternal bool
	Catalog *orders.Catalog // of the destinations, for the staff; nil: they are not shown
	Now     time.Time
	Files   []orders.Attachment // that the reader may have
}

// detailFooter is room for the row that says how to see the next page.
const detailFooter = 100

// Detail answers 「明细 SO…」: all lines, a text at a time.
func Detail(o *orders.Order, v DetailView) Message {
	id := string(o.ID)
	blocks := make([]string, len(o.Lines))
	for i := range o.Lines {
		w := wordsOf(o, i)
		if o.Status != orders.StatusDraft {
			w.shortage = "" // the order's own business by now
		}
		if v.ForCustomer {
			w.available = ""
		}
		blocks[i] = w.full(i + 1)
	}
	status := o.Status.String()
	if v.ForCustomer {
		status = customerStatus(o.Status)
	}
	sum := o.Payable().String()
	if v.HidePrices {
		blocks, sum = pickBlocks(o, PickView{}), ""
	}
	if len(o.Changes) > 0 {
		status += fmt.Sprintf("　第 %d 版", o.Revision)
	}
	rows := []string{"明细 " + id + "　" + status}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, name+"："+value)
		}
	}
	add("客户", customerName(o, nil))
	add("合计", sum)
	if sum != "" {
		if charge := freight(o); charge != "" && v.ForCustomer {
			add("运费", o.Freight.Amount.String())
		} else {
			add("运费", charge)
		}
	}
	add("交期", wantedBy(o))
	add("送到", join(" ", o.Address, o.Contact, o.Phone))
	add("物流", carrier(o.Carrier))
	if !v.ForCustomer {
		add("分单", destinations(o, v.Catalog, v.Now))
	}
	if !v.HidePrices {
		add("付款", o.Payment)
		add("客户单号", o.PO)
	}
	rows = append(rows, stagedRows(o, !v.HidePrices)...)
	add("备注", o.Note)
	add("特殊要求", o.SpecialRequirement())
	for _, f := range extras(o) {
		add(f.Name, f.Value)
	}
	if !v.ForCustomer {
		add("报关资料", papers(o))
	}
	if v.SeesInternal {
		add("内部说明", o.InternalNote)
	}
	add("附件", attachmentRow(o.ID, v.Files))
	head := func(n int) string {
		if n > 0 {
			return fmt.Sprintf("明细 %s（第 %d 页）", id, n+1)
		}
		return clipBytes(strings.Join(rows, "\n"), TextLimit/2)
	}
	nothing := func(int) string { return "" }
	pages := fill(TextLimit-detailFooter, blocks, len(blocks)+1, head, nothing)
	page := min(max(v.Page, 1), len(pages))
	text := pages[page-1]
	if page < len(pages) {
		text += fmt.Sprintf("\n第 %d/%d 页，回复「明细 %s %d」看下一页", page, len(pages), id, page+1)
	}
	return Message{Text: text}
}

// Trail shows who did what to an order, oldest first; what doesn't fit is dropped from the start.
func Trail(id orders.OrderID, entries []orders.AuditEntry, catalog *orders.Catalog) Message {
	rows := make([]string, len(entries))
	size := 0
	from := 0
	for i := len(entries) - 1; i >= 0; i-- {
		e := &entries[i]
		change := join(" → ", clip(tidy(e.Before), 60), clip(tidy(e.After), 60))
		rows[i] = join(" ", when(e.At), actor(e.Actor, catalog), e.Action, change)
		if e.Reason != "" {
			rows[i] += "（" + clip(e.Reason, 60) + "）"
		}
		if size += len(rows[i]) + 1; size > TextLimit-200 {
			from = i + 1
			break
		}
	}
	head := "轨迹 " + string(id)
	if from > 0 {
		head += fmt.Sprintf("（更早的 %d 条没有列出）", from)
	}
	if len(rows) == 0 {
		return Message{Text: head + "\n还没有记录"}
	}
	return Message{Text: head + "\n" + strings.Join(rows[from:], "\n")}
}

var isoTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)`)

// tidy writes what an audit entry says as people write it: times, and Chinese signs.
func tidy(s string) string {
	s = isoTime.ReplaceAllStringFunc(s, func(t string) string { return Wanted(t, time.Time{}) })
	return strings.ReplaceAll(s, "; ", "；")
}

// actor names who did something.
func actor(code string, catalog *orders.Catalog) string {
	if code == orders.SystemActor.Code {
		return orders.SystemActor.Name
	}
	if catalog != nil {
		if s := catalog.StaffByCode(orders.StaffCode(code)); s != nil {
			return s.Name
		}
		if c := catalog.Customer(orders.CustomerCode(code)); c != nil {
			return c.Name
		}
	}
	return code
}
