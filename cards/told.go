package cards

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// Told tells the salesperson what has happened to an order; false: nothing that they need to hear.
func Told(o *orders.Order, e orders.Event, catalog *orders.Catalog) (Message, bool) {
	id, who := string(o.ID), customerName(o, nil)
	say := func(rows ...string) (Message, bool) {
		return Message{Text: clipBytes(join("\n", rows...), TextLimit)}, true
	}
	switch e.Kind {
	case orders.EventConfirmed:
		held := ""
		if !o.ReservedUntil.IsZero() {
			held = "库存留到 " + when(o.ReservedUntil)
		}
		return say("已下单 "+id, join(" · ", who, o.Payable().String(), o.Route), held, awaits(o, catalog, e.At))
	case orders.EventApprovalDecided:
		n := nodeOf(o, e)
		if n == nil || o.Status != orders.StatusPendingApproval {
			return Message{}, false
		}
		switch n.Status {
		case orders.NodeApproved:
			return say(fmt.Sprintf("%s %s%s已同意", id, roleOf(n), n.Name), awaits(o, catalog, e.At))
		case orders.NodeTransferred:
			return say(fmt.Sprintf("%s 的审批由%s转交", id, n.Name), reason(n.Reason), awaits(o, catalog, e.At))
		case orders.NodeSkipped:
			return say(fmt.Sprintf("%s 的%s审批由%s跳过", id, n.Who(), n.Name), reason(n.Reason), awaits(o, catalog, e.At))
		default:
			return Message{}, false
		}
	case orders.EventSentBack:
		n := nodeOf(o, e)
		if n == nil || o.Status != orders.StatusDraft {
			return Message{}, false
		}
		return say(fmt.Sprintf("%s 被%s%s退回，请改好再提交", id, roleOf(n), n.Name), reason(n.Reason),
			"占的库存和额度都放回了。", fmt.Sprintf("改：「%s 数量改成 …」；改好后「确认 %s」", id, id))
	case orders.EventApproved:
		by := ""
		if len(o.Nodes) == 0 {
			by = o.Route
		}
		stock := "库存已留好，仓库开始备货。"
		if !o.Covered() {
			stock = "库存还不够，到货后再发。"
		}
		return say(id+" 已批准", join(" · ", who, o.Payable().String(), by), stock)
	case orders.EventRejected:
		for i := range o.Nodes {
			if n := &o.Nodes[i]; n.Status == orders.NodeRejected {
				return say(fmt.Sprintf("%s 被%s%s驳回", id, roleOf(n), n.Name), reason(n.Reason), "库存和额度都放回了。改好后请把订单再发一次。")
			}
		}
		return say(id+" 被驳回", reason(o.CloseReason), "库存和额度都放回了。改好后请把订单再发一次。")
	case orders.EventCancelled:
		return say(id+" 已取消", who, reason(o.CloseReason), "占的库存和额度都放回了。")
	case orders.EventExpired:
		return say("草稿 "+id+" 一直没有确认，已过期，没有下单", who, "还要的话，请把订单内容再发一次。")
	case orders.EventReservationEnded:
		return say(id+" 的库存预留到期，已放回", who, "审批还在走，批准时按当时的库存重新留货。", awaits(o, catalog, e.At))
	case orders.EventApprovalEscalated:
		n := nodeOf(o, e)
		if n == nil || n.Status != orders.NodeOpen {
			return Message{}, false
		}
		return say(id+" 的"+n.Who()+"审批超时，已转给上级", awaits(o, catalog, e.At))
	case orders.EventGreen:
		if o.Green == nil || o.Green.State == orders.GreenClosed {
			return Message{}, false
		}
		return say(id+" 走绿色通道", join(" · ", who, o.Payable().String()), green(o), reason(o.Green.Reason), awaits(o, catalog, e.At))
	case orders.EventGreenEnded:
		if o.Green == nil || o.Green.State != orders.GreenClosed {
			return Message{}, false
		}
		return say(id+" 的绿色通道已结束，后面照平常的走", who, green(o), awaits(o, catalog, e.At))
	case orders.EventPromised:
		if !keepsNow(o) {
			return Message{}, false
		}
		return say(toldPromise(o, e.Data["was"])...)
	case orders.EventShortage:
		return say(append([]string{id + " 库存不足", who}, shortRows(o)...)...)
	case orders.EventServed:
		switch {
		case o.Status.Ended():
			return Message{}, false
		case o.Covered():
			return say(id+" 等的货到了，已经留齐", who)
		}
		return say(append([]string{id + " 等的货到了一部分，还缺", who}, shortRows(o)...)...)
	case orders.EventAcknowledged:
		if o.Alert == nil || o.Alert.AckBy == "" {
			return Message{}, false
		}
		return say(id + " 加急：仓库 " + o.Alert.AckName + " 已收到（" + when(o.Alert.AckAt) + "）")
	case orders.EventChanged:
		c := changeOf(o, e)
		switch {
		case c == nil:
			return Message{}, false
		case c.Status == orders.ChangeRefused:
			why := ""
			for i := range o.Nodes {
				if n := &o.Nodes[i]; n.Status == orders.NodeRejected || n.Status == orders.NodeReturned {
					why = n.Who() + n.Name + "：" + n.Reason
				}
			}
			return say(id+" 的变更没有批准，订单按原来的继续", reason(why), "现在："+o.Status.String())
		}
		return say(append([]string{id + " 已由" + c.Name + "改了", who}, append(differences(c, true), awaits(o, catalog, e.At))...)...)
	case orders.EventBatchLeft:
		return say("⚠️ 和 "+id+" 同一单拆出来的 "+e.Data["of"]+" 不发了", who, e.Data["text"])
	case orders.EventTogether:
		if others := o.Together(); len(others) > 0 {
			return say(fmt.Sprintf("%s 和 %s 一起发，一个运单", id, joinIDs(others)), who, "发货时发任一单号加运单号，几单一起登记：「发货 "+id+" 运单号」")
		}
		return say(id+" 改成单独发了", who)
	case orders.EventMerged:
		return say(id+" "+o.CloseReason, who)
	case orders.EventChangeTaken:
		c := changeOf(o, e)
		if c == nil || c.Notice == nil || c.Notice.AckBy == "" {
			return Message{}, false
		}
		return say(fmt.Sprintf("%s 的变更：仓库 %s 已收到（%s，改后 %s）", id, c.Notice.AckName, when(c.Notice.AckAt), span(c.Notice.AckAt.Sub(c.Notice.RaisedAt))))
	case orders.EventPapers:
		if len(o.MissingPapers()) > 0 || len(o.Shipments) > 0 || o.Status.Ended() {
			return Message{}, false
		}
		return say(id+" 的报关资料已齐，可以发货了", who)
	case orders.EventShipped:
		s := shipmentOf(o, e)
		if s == nil {
			return Message{}, false
		}
		if s.Carrier == selfPickup {
			return say(id+" 已备好，等客户来取", who)
		}
		return say(join(" ", id, ofStages(o, s.Stage), "已发货"), who, waybill(s), deliveryDue(o))
	case orders.EventParcelMoved:
		s := shipmentOf(o, e)
		if s == nil || s.State != orders.ParcelException && s.State != orders.ParcelReturned {
			return Message{}, false
		}
		return say(append([]string{"⚠️ " + id + " 的包裹有异常，请跟进", who}, parcel(s)...)...)
	case orders.EventDelivered:
		if isFetched(o) {
			return say(id+" 客户已提货，订单完成", who, o.Extra[orders.ExtraPickUp], when(o.Reached[orders.StatusDelivered]))
		}
		return say(id+" 已签收", who, when(o.Reached[orders.StatusDelivered]))
	case orders.EventServiceAsked:
		words := ""
		if e.Data["text"] != "" {
			words = "「" + clip(e.Data["text"], 200) + "」"
		}
		return say(join("", who, serviceWords[e.Data["intent"]], id), words, "现在："+o.Status.String(), "请联系客户。")
	default:
		return Message{}, false
	}
}

// isFetched tells whether the customer fetched the goods, all of them.
func isFetched(o *orders.Order) bool {
	return len(o.Shipments) > 0 && !slices.ContainsFunc(o.Shipments, func(s orders.Shipment) bool { return s.Carrier != selfPickup })
}

// serviceWords name what a customer asks a person for.
var serviceWords = map[string]string{"install": "约安装 ", "return": "想退换货 ", "urge": "在催 ", "late": "问为什么晚 ", "change": "想改 ", "cancel": "想取消 ", "": "在问 "}

// awaits says whose turn it is, and until when.
func awaits(o *orders.Order, catalog *orders.Catalog, now time.Time) string {
	var words []string
	for _, n := range o.OpenNodes() {
		words = append(words, nodeWords(o, n, catalog, now))
	}
	if words == nil {
		return ""
	}
	return "现在等" + o.Awaits() + "审批：" + strings.Join(words, "；")
}

// shortRows lists what is missing.
func shortRows(o *orders.Order) []string {
	var out []string
	for i := range o.Lines {
		l := &o.Lines[i]
		if short := l.Short(); short.IsPositive() {
			w := wordsOf(o, i)
			out = append(out, fmt.Sprintf("%s %s：要 %s%s，缺 %s%s", w.code, w.title, l.Base, l.BaseUnit, short, l.BaseUnit)+expected(l))
		}
	}
	return out
}

// Shortage tells purchasing what an approved order lacks.
func Shortage(o *orders.Order) Message {
	all := append([]string{"缺货 " + string(o.ID) + "　" + customerName(o, nil)}, shortRows(o)...)
	if o.Wanted() != "" {
		all = append(all, "客户要在 "+wantedBy(o)+" 收到")
	}
	return Message{Text: clipBytes(strings.Join(all, "\n"), TextLimit)}
}

// Triggered tells a role what a trigger of the rules wants it to know. Prices are left out: anybody may be told.
func Triggered(o *orders.Order, rule, text string) Message {
	title := rule + " " + string(o.ID)
	if o.Urgent {
		title = "【加急】" + title
	}
	marks := ""
	if len(o.Marks) > 0 {
		marks = "标记：" + strings.Join(o.Marks, "、")
	}
	wanted := ""
	if o.Wanted() != "" {
		wanted = "客户要在 " + wantedBy(o) + " 收到"
	}
	return Message{Text: clipBytes(join("\n", title, join(" · ", customerName(o, nil), o.Status.String()), text, marks, wanted), TextLimit)}
}

// Gifts reminds purchasing to replenish what an order gives away.
func Gifts(o *orders.Order) Message {
	all := []string{"赠品补货提醒 " + string(o.ID) + "　" + customerName(o, nil)}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Gift {
			w := wordsOf(o, i)
			row := fmt.Sprintf("%s %s：%s", w.code, w.title, w.both())
			if short := l.Short(); short.IsPositive() {
				row += "，库存缺 " + short.String() + l.BaseUnit
			}
			all = append(all, row)
		}
	}
	return Message{Text: clipBytes(strings.Join(append(all, "订单已确认，请安排补货。"), "\n"), TextLimit)}
}

// Reminder is what an approver hears when half of a node's time, or all of it, is over.
func Reminder(o *orders.Order, node *orders.Node, isLate bool) Message {
	head := "还在等您审批 " + string(o.ID) + "（" + node.Who() + "）"
	due := "请在 " + when(node.DueAt) + "前处理"
	if isLate {
		head, due = "审批超时 "+string(o.ID)+"（"+node.Who()+"）", "原定 "+when(node.DueAt)+"前，已报给上级，您现在也还可以审批"
	}
	return Message{Text: strings.Join([]string{
		head, customerName(o, nil) + "　" + o.Payable().String(), due,
		"请回复「同意 " + string(o.ID) + "」「驳回 " + string(o.ID) + " 原因」",
	}, "\n")}
}

// ToldCustomer tells the customer what has happened to their order; false: nothing that concerns
// them. It holds no internal note and no reason of ours. link leads to the order's page and may be
// empty.
func ToldCustomer(o *orders.Order, e orders.Event, link string) (Message, bool) {
	id := string(o.ID)
	say := func(parts ...string) (Message, bool) {
		if link != "" {
			parts = append(parts, "查看订单："+link)
		}
		return Message{Text: clipBytes(join("\n", parts...), TextLimit)}, true
	}
	lines := fmt.Sprintf("共 %d 行，%s", len(o.Lines), o.Payable())
	switch e.Kind {
	case orders.EventConfirmed:
		return say("您的订单 "+id+" 已收到，正在审核。", lines)
	case orders.EventApproved:
		return say("您的订单 "+id+" 已确认，正在备货。", lines, deliveryDue(o), expectedDay(o), "随时发订单号就能看到哪一步了。")
	case orders.EventServed:
		if o.Status.Ended() || len(o.Shipments) > 0 && o.Stage() == 0 {
			return Message{}, false
		}
		if o.Covered() {
			return say("您的订单 " + id + " 等的货到了，已经为您留好。")
		}
		return say("您的订单 " + id + " 等的货到了一部分，已经为您留好，其余到货后再告诉您。")
	case orders.EventShipped:
		s := shipmentOf(o, e)
		if s == nil {
			return Message{}, false
		}
		if s.Carrier == selfPickup {
			place := ""
			if p := o.Extra[orders.ExtraPickUp]; p != "" {
				place = "自提点：" + p
			}
			return say("您的订单 "+id+" 已备好，可以来取了。", place)
		}
		return say(join(" ", "您的订单", id, ofStages(o, s.Stage), "已发货。"), waybill(s), deliveryDue(o))
	case orders.EventStage:
		if e.Data["what"] != "cut" {
			return Message{}, false
		}
		return say("您的订单 "+id+" 没发的不发了，已发的照旧。", lines, freightGiven(o, e))
	case orders.EventParcelMoved:
		s := shipmentOf(o, e)
		if s == nil || s.State != orders.ParcelException {
			return Message{}, false
		}
		return say("您的订单 "+id+" 运输有点耽搁，我们已在跟进。", waybill(s))
	case orders.EventPromised:
		if !keepsNow(o) {
			return Message{}, false
		}
		return say("您的订单 " + id + " 预计 " + promiseDay(o.Work.Promise) + " " + promiseVerb(o.Work.Promise) + promisedBefore(e.Data["was"]) + "。")
	case orders.EventException, orders.EventExceptionLevel:
		return say("抱歉，您的订单 "+id+" 会比约定的时间晚一些，我们已在跟进。", delayedUntil(o), newDay(o), waybillOf(o), "有急用请直接回复，我们马上联系您。")
	case orders.EventDelivered:
		if isFetched(o) {
			return say("您的订单 " + id + " 已提货，谢谢惠顾！货有问题请直接回复。")
		}
		ask := ""
		if e.Data["installs"] == "true" {
			ask = "这一单含安装，哪天方便？请回复「安装 " + id + " 3月20日下午」。"
		}
		return say("您的订单 "+id+" 已签收，谢谢惠顾！货有问题请直接回复。", ask)
	case orders.EventChanged:
		c := changeOf(o, e)
		switch {
		case c == nil:
			return Message{}, false
		case c.Status == orders.ChangeRefused:
			return say("您的订单 " + id + " 的改动没能通过审核，按原来的继续。")
		}
		state := "已按新的内容安排。"
		if o.Status == orders.StatusPendingApproval {
			state = "正在审核，通过后通知您。"
		}
		return say(append([]string{"您的订单 " + id + " 改了："}, append(differences(c, true), state)...)...)
	case orders.EventCancelled:
		return say("您的订单 " + id + " 已取消。")
	case orders.EventRejected, orders.EventExpired:
		return say("您的订单 " + id + " 暂时没能通过审核，业务员会尽快和您联系。")
	default:
		return Message{}, false
	}
}

// deliveryDue says by when the goods are wanted, "" where nobody said.
func deliveryDue(o *orders.Order) string {
	if o.Wanted() == "" {
		return ""
	}
	return "期望送达：" + wantedBy(o)
}

// roleOf is the role in which somebody decided, "" for who was named in person.
func roleOf(n *orders.Node) string {
	if n.Assignee != "" {
		return ""
	}
	return n.Who()
}

// nodeOf returns the node that an event is about, nil if there is none.
func nodeOf(o *orders.Order, e orders.Event) *orders.Node {
	seq, err := strconv.Atoi(e.Data["node"])
	if err != nil {
		return nil
	}
	return o.Node(seq)
}

// changeOf returns the change that an event is about, nil if there is none.
func changeOf(o *orders.Order, e orders.Event) *orders.Change {
	no, err := strconv.Atoi(e.Data["change"])
	if err != nil || no == 0 {
		return nil
	}
	return o.Change(no)
}

// shipmentOf returns the parcel that an event is about, nil if there is none.
func shipmentOf(o *orders.Order, e orders.Event) *orders.Shipment {
	for i := range o.Shipments {
		if s := &o.Shipments[i]; strconv.Itoa(s.No) == e.Data["shipment"] {
			return s
		}
	}
	return nil
}

// delayedUntil says when what an order waits for is expected, "" where that is not known.
func delayedUntil(o *orders.Order) string {
	last := ""
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Short().IsPositive() {
			if l.Expected == "" {
				return ""
			}
			last = max(last, l.Expected)
		}
	}
	if last == "" || len(o.Shipments) > 0 {
		return ""
	}
	return "缺的货预计 " + shortDay(last) + " 到，到了马上发。"
}

// waybillOf names the newest parcel.
func waybillOf(o *orders.Order) string {
	if len(o.Shipments) == 0 {
		return ""
	}
	return waybill(&o.Shipments[len(o.Shipments)-1])
}
