package cards_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var beijing = time.FixedZone("", 8*60*60)

func at(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, beijing) }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// catalog is a small distributor of medical goods.
func catalog() *orders.Catalog {
	m := orders.Master{
		Products: []orders.Product{
			{Code: "P012", Name: "一次性导尿管", Spec: "14Fr", Unit: "支", Packs: []orders.Pack{{Unit: "箱", Size: dec("20")}}, Price: new(dec("13"))},
			{Code: "P031", Name: "血糖试纸", Spec: "50片/盒", Unit: "盒", Price: new(dec("68"))},
			{Code: "P044", Name: "医用纱布块", Spec: "5*10cm", Unit: "片", Packs: []orders.Pack{{Unit: "包", Size: dec("100")}}, Price: new(dec("0.125"))},
		},
		Customers: []orders.Customer{{
			Code: "C001", Name: "市第一医院", Type: orders.CustomerOrdinary, Level: "A", CreditGrade: "B", CreditLimit: new(orders.Money(5_000_000)),
			Contact: "李主任", Phone: "13812345678", Address: "江苏省南京市江宁区将军大道88号后勤楼二楼器械科", Sales: "S01",
		}},
	}
	staff := []orders.Staff{
		{Code: "S01", Name: "周婷", Roles: []orders.Role{orders.RoleSales}},
		{Code: "M01", Name: "王敏", Roles: []orders.Role{orders.RoleSalesManager}},
		{Code: "F01", Name: "赵会计", Roles: []orders.Role{orders.RoleFinance}},
		{Code: "F02", Name: "钱总", Roles: []orders.Role{orders.RoleCFO}},
		{Code: "W01", Name: "孙仓", Roles: []orders.Role{orders.RoleWarehouseLead}},
		{Code: "W02", Name: "吴库", Roles: []orders.Role{orders.RoleWarehouse}},
	}
	return orders.NewCatalog(m, staff, nil, 1)
}

// reasons are those of draft: a product as remembered, a quantity as said, a customer by name.
func reasons() []orders.Reason {
	return []orders.Reason{
		{Field: "customer", Rule: "name", Words: "市一院"},
		{
			Field: "lines[0].product", Rule: "remembered", Words: "导管", Learned: 3, By: "周婷", At: at(4, 9, 0), Others: []string{"P044"},
			Asked: &orders.Question{Field: "lines[0].product", Reason: "ambiguous", Said: "导管"},
		},
		{Field: "lines[0].quantity", Rule: "said", Words: "三十箱"},
		{Field: "lines[1].product", Rule: "answer", Words: "试纸", By: "周婷", Asked: &orders.Question{Said: "那个试纸"}},
		{Field: "lines[2].product", Rule: "alias", Words: "纱布"},
		{Field: "deliver_by", Rule: "said", Words: "周五前"},
	}
}

// learned is what is remembered of a customer.
func learned() []orders.Learned {
	return []orders.Learned{
		{ID: 3, Customer: "C001", Said: "导管", Words: "导管", Product: "P012", ByName: "周婷", At: at(4, 9, 0), Count: 4},
		{ID: 1, Customer: "C001", Said: "件", Words: "件", About: "P012", Unit: "箱", Size: dec("1"), ByName: "客户", At: at(2, 9, 0), Count: 1},
	}
}

// draft is an order with a normal line, a special price, a shortage and a gift.
func draft() *orders.Order {
	o := &orders.Order{
		ID: "SO202603110012", Version: 1, Revision: 1, Customer: "C001", CustomerName: "市第一医院", Sales: "S01",
		Lines: []orders.Line{
			{Product: "P012", Quantity: dec("30"), Unit: "箱", Base: dec("600"), Available: dec("1200")},
			{Product: "P031", Quantity: dec("50"), Unit: "盒", Base: dec("50"), Stated: new(dec("60")), Available: dec("12")},
			{Product: "P044", Quantity: dec("3"), Unit: "包", Base: dec("300"), Available: dec("9000")},
			{Product: "P031", Quantity: dec("2"), Unit: "盒", Base: dec("2"), Gift: true, Available: dec("12")},
		},
		DeliverBy: "2026-03-13T18:00:00+08:00", Address: "江苏省南京市江宁区将军大道88号后勤楼二楼器械科", Contact: "李主任", Phone: "13812345678",
		Payment: "月结", PO: "CG-2026-077", Note: "随货发票", InternalNote: "这家验收严，外箱要完好", Requirement: orders.RequireNone, Carrier: "SF",
		Status: orders.StatusDraft, CreatedAt: at(11, 10, 1), ExpiresAt: at(12, 10, 1),
		Reached: map[orders.Status]time.Time{orders.StatusDraft: at(11, 10, 1)},
	}
	o.Reprice(catalog(), at(11, 10, 1))
	return o
}

// pending is the same order on its way through three approvals.
func pending() *orders.Order {
	o := draft()
	o.Status, o.ConfirmedAt, o.ReservedUntil = orders.StatusPendingApproval, at(11, 10, 5), at(12, 10, 5)
	o.Route = "规则 3：2 万以上或信用 C"
	o.Reached[orders.StatusPendingApproval] = at(11, 10, 5)
	for i, role := range []orders.Role{orders.RoleSalesManager, orders.RoleFinance, orders.RoleCFO} {
		o.Nodes = append(o.Nodes, orders.Node{
			Seq: i + 1, Role: role, Status: orders.NodeWaiting, Limit: 4 * time.Hour, OpenedAt: at(11, 10, 5), DueAt: at(11, 14, 5),
		})
	}
	o.Nodes[0].Status = orders.NodeOpen
	o.Lines[0].Reserved, o.Lines[1].Reserved, o.Lines[2].Reserved, o.Lines[3].Reserved = dec("600"), dec("10"), dec("300"), dec("2")
	return o
}

func decided(status orders.NodeStatus, reason string) *orders.Order {
	o := pending()
	n := &o.Nodes[0]
	n.Status, n.Name, n.DecidedBy, n.DecidedAt, n.Reason = status, "王敏", "M01", at(11, 10, 24), reason
	if status == orders.NodeRejected {
		o.Status, o.CloseReason = orders.StatusRejected, reason
		o.Nodes[1].Status, o.Nodes[2].Status = orders.NodeVoid, orders.NodeVoid
		return o
	}
	o.Nodes[1].Status, o.Nodes[1].Name, o.Nodes[1].DecidedAt, o.Nodes[1].Reason = orders.NodePassed, "系统", at(11, 10, 24), "在信用额度内，没有逾期"
	o.Nodes[2].Status, o.Nodes[2].OpenedAt, o.Nodes[2].DueAt = orders.NodeOpen, at(11, 10, 24), at(11, 14, 24)
	return o
}

// shipped is the order on its way, in one parcel.
func shipped(state orders.ParcelState) *orders.Order {
	o := decided(orders.NodeApproved, "")
	o.Nodes[2].Status, o.Nodes[2].Name, o.Nodes[2].DecidedAt = orders.NodeApproved, "钱总", at(11, 11, 2)
	o.Status = orders.StatusShipped
	for i := range o.Lines {
		o.Lines[i].Reserved = o.Lines[i].Base
	}
	o.Reached[orders.StatusApproved], o.Reached[orders.StatusAllocated] = at(11, 11, 2), at(11, 11, 2)
	o.Reached[orders.StatusShipped] = at(11, 16, 30)
	o.Shipments = []orders.Shipment{{No: 1, Carrier: "SF", Tracking: "SF1234567890123", State: state, ShippedAt: at(11, 16, 30)}}
	if state != orders.ParcelNone {
		o.Status = orders.StatusInTransit
		o.Reached[orders.StatusInTransit] = at(11, 20, 0)
		o.Shipments[0].Events = []orders.ParcelEvent{{At: at(12, 8, 15), Text: "快件到达 【南京集散中心】"}}
	}
	return o
}

func urgent(o *orders.Order) *orders.Order {
	o.Urgent, o.UrgentWords = true, "手术等着用"
	o.Alert = &orders.Alert{Repeats: 1, RaisedAt: at(11, 11, 2)}
	return o
}

func longDraft(n int) *orders.Order {
	o := draft()
	for len(o.Lines) < n {
		o.Lines = append(o.Lines, o.Lines[0])
	}
	o.Reprice(catalog(), at(11, 10, 1))
	return o
}

func withQuestions(o *orders.Order, q ...orders.Question) *orders.Order {
	o.Questions = q
	return o
}

func event(kind string, pairs ...string) orders.Event {
	e := orders.Event{Kind: kind, Order: "SO202603110012", At: at(12, 9, 0), Data: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		e.Data[pairs[i]] = pairs[i+1]
	}
	return e
}

// imported is a list of goods that an admin sent.
func imported(state orders.ImportState) *orders.ImportProposal {
	return &orders.ImportProposal{
		ID: 12, Kind: "products", Name: "商品.xlsx", Counts: importReport(3, 2).Counts(), By: "S99", ByName: "管理", At: at(11, 10, 1), State: state, SettledAt: at(11, 10, 24),
	}
}

// importReport says that a list of goods changes some and adds some.
func importReport(changed, added int) *orders.ImportReport {
	r := &orders.ImportReport{Kind: "products", Added: added, Changed: changed, Unchanged: 495, Warnings: []string{"不认识的列没有导入: 颜色"}}
	for i := range changed {
		r.Rows = append(r.Rows, orders.RowChange{Row: i + 2, Name: fmt.Sprintf("P%03d 医用外科口罩", i), Cells: []orders.CellChange{{Column: "单价", Before: "12.5", After: "13"}, {Column: "分类", After: "防护"}}})
	}
	for i := range added {
		r.Rows = append(r.Rows, orders.RowChange{Row: changed + i + 2, Name: fmt.Sprintf("N%03d 红外额温枪", i), IsNew: true})
	}
	return r
}

// told are the messages to the salesperson and to the customer about an event.
func told(o *orders.Order, e orders.Event) []cards.Message {
	var out []cards.Message
	if m, ok := cards.Told(o, e, catalog()); ok {
		out = append(out, m)
	}
	if m, ok := cards.ToldCustomer(o, e, "https://orders.example.com/o/k7"); ok {
		out = append(out, m)
	}
	return out
}

func one(m cards.Message) []cards.Message { return []cards.Message{m} }

// scenes are messages as people get them, each with a golden file.
func scenes() map[string][]cards.Message {
	cat := catalog()
	customer := cat.Customer("C001")
	view := cards.DraftView{Customer: customer, Exposure: 1_200_000}
	linked := view
	linked.Link = "https://orders.example.com/o/Zk3vQ0c9mB7tXy1LrW5sUa"
	ambiguous := withQuestions(
		draft(),
		orders.Question{
			Field: "lines[0].product", Reason: "ambiguous", Text: "「导尿管」是哪一种？", Options: []string{"P012", "P013", "P014"},
			Labels: []string{"一次性导尿管 14Fr", "一次性导尿管 16Fr", "一次性导尿管 18Fr 加长"},
		},
		orders.Question{Field: "deliver_by", Reason: "ambiguous", Text: "「节前」是几号？"},
		orders.Question{Field: "lines[2].quantity", Reason: "unusual", Text: "纱布块 3包，平时 30包，数量对吗？"},
	)
	ambiguous.Revision = 2
	unusual := withQuestions(draft(), orders.Question{Field: "lines[2].quantity", Reason: "unusual", Text: "纱布块平时一次 30包，这次 3包，对吗？"})
	stranger := withQuestions(&orders.Order{
		ID: "SO202603110013", Revision: 1, Status: orders.StatusDraft, CreatedAt: at(11, 10, 1),
		Lines: []orders.Line{{No: 1, Quantity: dec("5"), Unit: "盒"}},
	}, orders.Question{Field: "customer", Reason: "missing", Text: "这是哪家客户的订单？"}, orders.Question{Field: "lines[0].product", Reason: "unknown", Text: "「XX 试剂」没有找到"})
	approval := cards.ApprovalView{
		Customer: customer, Exposure: 6_200_000, Sales: "周婷", Waiting: 2*time.Hour + 5*time.Minute, Link: linked.Link,
		Past: orders.Dealings{Count: 6, Sum: 35_600_00, Last: at(5, 9, 0), LastSum: 4_200_00},
	}
	waiting := pending()
	waiting.Exception = "客户急用，下次补足"
	waiting.Findings = []orders.Finding{
		{Rule: "起订量", Line: 2, Text: "P031 血糖试纸 起订 60盒，订了 50盒", Effect: orders.EffectApprove, Role: orders.RoleSalesManager},
		{Rule: "同型号复核", Line: 1, Text: "P012 一次性导尿管 24 小时内第 3 单，之前：SO202603100007、SO202603110003", Effect: orders.EffectApprove, Role: orders.RoleFinance},
		{Rule: "地址异常", Text: "和客户档案里的不一样", Effect: orders.EffectWarn},
	}
	blocked := draft()
	blocked.Findings = []orders.Finding{
		{Rule: "起订量", Line: 2, Text: "P031 血糖试纸 起订 60盒，订了 50盒", Effect: orders.EffectBlock, Role: orders.RoleSalesManager},
		{Rule: "资质", Line: 1, Text: "客户的「医疗器械经营许可证」2026-03-20 到期，请提醒换证", Effect: orders.EffectWarn},
	}
	taken := urgent(pending())
	taken.Alert.AckBy, taken.Alert.AckName, taken.Alert.AckAt = "W01", "孙仓", at(11, 11, 4)
	repeated := urgent(pending())
	repeated.Alert.Step, repeated.Alert.Repeats = 1, 2
	cancelled := urgent(pending())
	cancelled.Status, cancelled.Alert, cancelled.CloseReason = orders.StatusCancelled, nil, "客户不要了"
	approved := shipped(orders.ParcelNone)
	approved.Status, approved.Shipments = orders.StatusAllocated, nil
	fetched := shipped(orders.ParcelNone)
	fetched.Carrier, fetched.Shipments[0].Carrier, fetched.Shipments[0].Tracking = "SELF", "SELF", ""
	done := shipped(orders.ParcelDelivered)
	done.Status = orders.StatusDelivered
	done.Reached[orders.StatusDelivered] = at(13, 9, 40)
	made := pending()
	made.Status = orders.StatusInProduction
	made.Reached[orders.StatusApproved], made.Reached[orders.StatusScheduled], made.Reached[orders.StatusInProduction] = at(11, 11, 2), at(11, 15, 0), at(12, 9, 0)
	complete := new(*customer)
	complete.InvoiceTitle, complete.TaxNumber = "南京市第一医院", "9144030071526726XG"
	invoiced := new(*customer)
	invoiced.InvoiceTitle, invoiced.TaxNumber = "南京市第一医院", "9144030071526726XH"
	dispatches := []orders.Dispatch{
		{Kind: orders.DispatchInvoice, State: orders.DispatchSent, Since: at(11, 11, 2), Missed: true},
		{Kind: orders.DispatchPick, State: orders.DispatchWaiting},
		{Kind: orders.DispatchPlan, State: orders.DispatchRetrying, Since: at(11, 11, 2), Error: "unavailable: status 500"},
	}
	before, after := changedPending()
	change := orders.Preview{Change: *after.Change(0), Roles: []string{"销售经理", "财务总监"}}
	small := orders.Preview{Change: *after.Change(0), Minor: true}
	back := pending()
	back.Changes = []orders.Change{*after.Change(0)}
	back.Changes[0].Status = orders.ChangeRefused
	seen := pending()
	seen.Changes = []orders.Change{*after.Change(0)}
	seen.Changes[0].Status = orders.ChangeDone
	seen.Changes[0].Notice = &orders.Alert{AckBy: "W01", AckName: "孙仓", AckAt: at(11, 11, 4), RaisedAt: at(11, 11, 1)}
	noLimit := *customer
	noLimit.CreditLimit = nil
	return map[string][]cards.Message{
		"draft":                  cards.Draft(signer, draft(), view),
		"draft-for-customer":     cards.Draft(signer, urgent(draft()), cards.DraftView{Customer: customer, ForCustomer: true}),
		"draft-ambiguous":        cards.Draft(signer, ambiguous, cards.DraftView{Customer: customer, Note: "已按您说的改好"}),
		"draft-unusual":          cards.Draft(signer, unusual, linked),
		"draft-unknown-customer": cards.Draft(signer, stranger, cards.DraftView{Part: 2, Parts: 3}),
		"draft-long":             cards.Draft(signer, longDraft(60), cards.DraftView{Customer: customer, Link: linked.Link, Rows: 61}),
		"draft-long-no-link":     cards.Draft(signer, longDraft(60), cards.DraftView{Customer: customer, Rows: 60}),
		"draft-empty": cards.Draft(signer, withQuestions(
			&orders.Order{ID: "SO202603110014", Revision: 1, Customer: "C001", CustomerName: "市第一医院"},
			orders.Question{Field: "lines", Reason: "missing", Text: "要什么、多少？"},
		), cards.DraftView{Customer: customer}),

		"draft-blocked":      cards.Draft(signer, blocked, view),
		"approval":           one(cards.Approval(signer, urgent(waiting), &waiting.Nodes[0], approval)),
		"approval-no-limit":  one(cards.Approval(signer, pending(), &pending().Nodes[0], cards.ApprovalView{Customer: &noLimit})),
		"approval-approved":  one(cards.ApprovalSettled(decided(orders.NodeApproved, ""), &decided(orders.NodeApproved, "").Nodes[0])),
		"approval-rejected":  one(cards.ApprovalSettled(decided(orders.NodeRejected, "价格不对"), &decided(orders.NodeRejected, "价格不对").Nodes[0])),
		"approval-void":      one(cards.ApprovalSettled(cancelled, &orders.Node{Role: orders.RoleFinance, Status: orders.NodeVoid})),
		"approval-reminders": {cards.Reminder(pending(), &pending().Nodes[0], false), cards.Reminder(pending(), &pending().Nodes[0], true)},
		"progress-pending":   one(cards.Progress(decided(orders.NodeApproved, ""), cat, at(11, 11, 0))),
		"progress-rejected":  one(cards.Progress(decided(orders.NodeRejected, "价格不对"), cat, at(11, 11, 0))),
		"progress-draft":     one(cards.Progress(draft(), cat, at(11, 11, 0))),
		"progress-shipped":   one(cards.Progress(shipped(orders.ParcelInTransit), cat, at(11, 11, 0))),

		"change":          cards.Change(signer, after, &change, cards.ChangeView{Short: []string{"⚠️ 库存不足：一次性导尿管 缺 40包"}}),
		"change-small":    cards.Change(signer, after, &small, cards.ChangeView{ForCustomer: true, Note: "价格刚有变动，请看过再确认"}),
		"change-settled":  one(cards.ChangeSettled(after, after.Change(0))),
		"change-notice":   one(cards.ChangeNotice(signer, after, after.Change(0))),
		"change-back":     one(cards.ChangeNotice(signer, back, back.Change(0))),
		"change-taken":    one(cards.ChangeTaken(seen, seen.Change(0))),
		"change-versions": one(cards.Versions(before, true)),
		"told-changed":    told(seen, event(orders.EventChanged, "change", "1")),
		"told-unchanged":  told(back, event(orders.EventChanged, "change", "1")),
		"told-taken":      told(seen, event(orders.EventChangeTaken, "change", "1")),

		"picking":        cards.Picking(urgent(pending()), true, cards.PickView{}),
		"picking-others": cards.Picking(pending(), false, cards.PickView{}),
		"picking-stop":   one(cards.StopPicking(cancelled)),
		"shortage":       one(cards.Shortage(pending())),
		"gifts":          one(cards.Gifts(pending())),

		"invoice-missing":  one(cards.InvoiceCheck(approved, customer, orders.SeenInvoice{})),
		"invoice-again":    one(cards.InvoiceCheck(approved, customer, orders.SeenInvoice{At: at(9, 14, 0)})),
		"invoice-complete": one(cards.InvoiceCheck(approved, complete, orders.SeenInvoice{})),
		"invoice-changed":  one(cards.InvoiceCheck(approved, invoiced, orders.SeenInvoice{InvoiceData: orders.InvoiceData{TaxNumber: "9144030071526726XG"}, At: at(9, 14, 0)})),
		"planning":         one(cards.Planning(urgent(pending()), cat)),
		"planning-stop":    one(cards.StopPlanning(cancelled)),
		"plan":             one(cards.Message{Text: string(cards.Plan(approved, cat))}),
		"plan-withdrawn":   one(cards.Message{Text: string(cards.Withdrawn(cancelled))}),
		"dispatched":       one(cards.Message{Text: strings.Join(cards.Dispatched(approved, dispatches, cat), "\n")}),
		"dispatch-late":    one(cards.LateDispatch(orders.DispatchPlan, approved.ID, orders.APS, at(11, 10, 24), "unavailable: status 500")),
		"dispatch-refused": one(cards.RefusedPlan(approved.ID, "status 422: 没有这个物料")),
		"urgent":           one(cards.UrgentAlert(signer, urgent(pending()))),
		"urgent-again":     one(cards.UrgentAlert(signer, repeated)),
		"urgent-taken":     one(cards.UrgentSettled(taken)),
		"urgent-over":      one(cards.UrgentSettled(cancelled)),
		"urgent-credit":    one(cards.UrgentCredit(urgent(pending()), customer, 6_200_000)),

		"told-confirmed":    told(pending(), event(orders.EventConfirmed)),
		"told-decided":      told(decided(orders.NodeApproved, ""), event(orders.EventApprovalDecided, "node", "1")),
		"told-approved":     told(approved, event(orders.EventApproved)),
		"told-rejected":     told(decided(orders.NodeRejected, "价格不对"), event(orders.EventRejected)),
		"told-cancelled":    told(cancelled, event(orders.EventCancelled)),
		"told-expired":      told(draft(), event(orders.EventExpired)),
		"told-reservation":  told(pending(), event(orders.EventReservationEnded)),
		"told-escalated":    told(pending(), event(orders.EventApprovalEscalated, "node", "1")),
		"told-shortage":     told(pending(), event(orders.EventShortage)),
		"told-acknowledged": told(taken, event(orders.EventAcknowledged)),
		"told-shipped":      told(shipped(orders.ParcelNone), event(orders.EventShipped, "shipment", "1")),
		"told-fetched":      told(fetched, event(orders.EventShipped, "shipment", "1")),
		"told-exception":    told(shipped(orders.ParcelException), event(orders.EventParcelMoved, "shipment", "1")),
		"told-delivered":    told(done, event(orders.EventDelivered)),
		"told-asked":        told(shipped(orders.ParcelInTransit), event(orders.EventServiceAsked, "intent", "urge", "text", "能不能快点")),

		"nodes-draft":      one(cards.Nodes(draft(), nil, "")),
		"nodes-pending":    one(cards.Nodes(pending(), nil, "")),
		"nodes-made":       one(cards.Nodes(made, nil, "")),
		"nodes-shipped":    one(cards.Nodes(shipped(orders.ParcelNone), nil, "")),
		"nodes-in-transit": one(cards.Nodes(shipped(orders.ParcelInTransit), nil, "https://orders.example.com/o/k7")),
		"nodes-exception":  one(cards.Nodes(shipped(orders.ParcelException), nil, "")),
		"nodes-delivered":  one(cards.Nodes(done, nil, "")),
		"nodes-fetched":    one(cards.Nodes(fetched, nil, "")),
		"delay-draft":      one(cards.Delay(draft(), cat, at(11, 12, 0), true)),
		"delay-pending":    one(cards.Delay(pending(), cat, at(11, 12, 0), false)),
		"delay-customer":   one(cards.Delay(pending(), cat, at(16, 10, 0), true)),
		"delay-no-record":  one(cards.Delay(shipped(orders.ParcelNone), cat, at(16, 10, 0), true)),
		"delay-in-transit": one(cards.Delay(shipped(orders.ParcelInTransit), cat, at(16, 10, 0), true)),
		"delay-exception":  one(cards.Delay(shipped(orders.ParcelException), cat, at(11, 12, 0), true)),
		"delay-delivered":  one(cards.Delay(done, cat, at(11, 12, 0), true)),
		"delay-fetched":    one(cards.Delay(fetched, cat, at(11, 12, 0), true)),
		"delay-cancelled":  one(cards.Delay(cancelled, cat, at(11, 12, 0), true)),
		"nodes-cancelled":  one(cards.Nodes(cancelled, nil, "")),
		"order-list": {
			cards.OrderList("您的订单", []*orders.Order{pending(), shipped(orders.ParcelInTransit)}, 3, true),
			cards.OrderList("我的订单", []*orders.Order{pending()}, 0, false), cards.OrderList("我的订单", nil, 0, false),
		},
		"todo": {
			cards.Todo([]cards.TodoItem{
				{Order: urgent(pending()), What: "审批", Due: at(11, 14, 5), Say: "同意 SO202603110012"},
				{Order: draft(), What: "确认草稿", Due: at(12, 10, 1), Say: "确认 SO202603110012"},
				{Order: approved, What: "拣货发货", More: []string{"优先级 120：加急、三级医院"}},
			}, at(11, 15, 0), true)[0],
			cards.Todo([]cards.TodoItem{{Order: approved, What: "收退货 TH202603110012-1", Due: at(12, 15, 0), Say: "退货入库 TH202603110012-1 全部良品"}}, at(11, 15, 0), false)[0],
			cards.Todo(nil, at(11, 15, 0), true)[0],
		},
		"stock": {
			cards.Stock("导尿管", []cards.StockItem{{Product: cat.Product("P012"), Available: dec("1250")}, {Product: cat.Product("P031"), Available: dec("0")}, {Product: cat.Product("P044"), Available: dec("80")}}, 4, true, at(11, 15, 0)),
			cards.Stock("飞船", nil, 0, true, at(11, 15, 0)),
		},
		"detail": {
			cards.Detail(draft(), cards.DetailView{}), cards.Detail(pending(), cards.DetailView{HidePrices: true, SeesInternal: true}),
			cards.Detail(shipped(orders.ParcelNone), cards.DetailView{ForCustomer: true}), cards.Detail(longDraft(60), cards.DetailView{Page: 2}),
		},
		"draft-remembered": cards.Draft(signer, draft(), cards.DraftView{Reasons: reasons()}),
		"basis":            {cards.Basis(draft(), reasons(), cat, false), cards.Basis(draft(), reasons(), cat, true), cards.Basis(draft(), nil, cat, false)},
		"learned": {
			cards.Learned(&cat.Master.Customers[0], learned(), []orders.Learned{{ID: 2, Said: "导管", Product: "P044"}}, cat, false),
			cards.Learned(&cat.Master.Customers[0], learned(), nil, cat, true), cards.Learned(&cat.Master.Customers[0], nil, learned(), cat, false),
		},
		"learned-overview": {
			cards.LearnedOverview(map[orders.CustomerCode]int{"C001": 2}, cat), cards.LearnedOverview(nil, cat),
			{Text: cards.LearnedNow(&learned()[0], cat)},
		},
		"trail": {
			cards.Trail("SO202603110012", []orders.AuditEntry{
				{At: at(11, 10, 1), Actor: "S01", Action: "草稿", After: "C001 ¥10,837.50; P012 30箱"},
				{At: at(11, 10, 5), Actor: "C001", Action: "确认下单", Before: "草稿", After: "待审批", Reason: "规则 3"},
				{At: at(11, 10, 24), Actor: "M01", Action: "驳回(销售经理)", Before: "待审批", After: "已驳回", Reason: "价格不对"},
				{At: at(11, 10, 25), Actor: "system", Action: "预占到期"},
			}, cat),
			cards.Trail("SO202603110012", nil, cat),
		},
		"import": {
			cards.ImportPreview(imported(orders.ImportOpen), importReport(3, 2)),
			cards.ImportCard(signer, imported(orders.ImportOpen), importReport(3, 2)),
			cards.ImportPreview(imported(orders.ImportOpen), importReport(60, 60)),
			cards.ImportQuestion(signer, imported(orders.ImportAsked), "可是有不认识的列：颜色"),
		},
		"import-settled": {
			cards.ImportSettled(imported(orders.ImportDone), at(11, 10, 30)), cards.ImportSettled(imported(orders.ImportStale), at(11, 10, 30)),
			cards.ImportSettled(imported(orders.ImportOpen), at(13, 10, 30)),
		},
		"import-refused": {
			cards.ImportRefused(imported(orders.ImportOpen), &orders.ImportReport{Refused: []orders.RowError{
				{Row: 3, Column: "单位", Reason: "不能为空"}, {Row: 3, Column: "单价", Reason: "「八块」不是数字"}, {Row: 7, Reason: "比表头多出 1 格，是不是有没加引号的逗号"},
			}}),
			cards.ImportRefused(imported(orders.ImportOpen), &orders.ImportReport{Refused: slices.Repeat([]orders.RowError{{Row: 4, Column: "产品编码", Reason: "没有产品 P9"}}, 90)}),
			cards.ImportNothing(imported(orders.ImportOpen), &orders.ImportReport{Unchanged: 500, Warnings: []string{"不认识的列没有导入: 颜色"}}),
		},
		"report": {
			cards.ReportCard(signer, report(false)), cards.ReportSettled(report(true)),
			cards.ReportForCustomer(report(true), "https://orders.example.com/r/Zk3vQ0c9mB7tXy1LrW5sUa"), cards.ReportForCustomer(report(true), ""),
		},
		"help": slices.Concat(cards.Help(cat.StaffByCode("S01")), cards.Help(cat.StaffByCode("M01")), cards.Help(cat.StaffByCode("W02")), cards.Help(nil)),
	}
}

// golden writes messages as a person reads them and as the platforms get them.
func golden(list []cards.Message) string {
	var b strings.Builder
	for i, m := range list {
		fmt.Fprintf(&b, "===== %d: text, %d bytes\n%s\n", i+1, len(m.Text), m.Text)
		if len(m.Menu) > 0 {
			fmt.Fprintf(&b, "----- menu\n%s\n", strings.Join(m.Menu, "\n"))
		}
		if m.Card == nil {
			continue
		}
		if raw := cards.WeCom(m.Card, "task-1"); raw != nil {
			var out bytes.Buffer
			if err := json.Indent(&out, raw, "", "  "); err != nil {
				panic(err)
			}
			fmt.Fprintf(&b, "----- wecom\n%s\n", out.String())
		}
		d := cards.DingTalk(m.Card)
		for _, k := range slices.Sorted(maps.Keys(d)) {
			fmt.Fprintf(&b, "----- dingtalk %s, %d bytes\n%s\n", k, len(d[k]), d[k])
		}
	}
	return b.String()
}

// feature: IN-11, IN-23, AP-22, LG-04, LG-05
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, list := range scenes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, list)
			got, file := golden(list), filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestEveryMessageKeepsTheLimits(t *testing.T) {
	t.Parallel()
	for name, list := range scenes() {
		if name != "help" { // the help of several
			require.LessOrEqual(t, len(list), 4, name)
		}
		for _, m := range list {
			require.NotEmpty(t, m.Text, name)
			require.LessOrEqual(t, len(m.Text), cards.TextLimit, name)
			require.NotContains(t, m.Text, "null", name)
			require.NotContains(t, m.Text, "%!", name)
		}
	}
}

// changedPending is an order that was approved and then changed, which waits for an approval; before has no change yet.
func changedPending() (before, after *orders.Order) {
	before, after = pending(), pending()
	after.Revision, after.DeliverBy, after.Address = 2, "2026-03-20", ""
	after.Lines[0].Quantity, after.Lines[0].Base = dec("30"), dec("30")
	after.Lines = append(after.Lines[:1:1], orders.Line{No: 2, Product: "P099", Name: "纱布块", Spec: "8cm", Quantity: dec("5"), Unit: "包"})
	after.Total += 12_000
	after.Changes = []orders.Change{{
		No: 1, Kind: orders.ChangeEdit, Status: orders.ChangeWaiting, Revision: 1, Was: orders.StatusAllocated, By: "S001", Name: "周婷",
		SaidAt: at(11, 11, 0), DoneAt: at(11, 11, 1), Before: before.Content(), After: after.Content(),
		Notice: &orders.Alert{RaisedAt: at(11, 11, 1), NextAt: at(11, 11, 4), Repeats: 2},
	}}
	return before, after
}
