package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// pickTexts is how many texts a pick message may have.
const pickTexts = 3

// Picking tells the warehouse what to pick and where to send it; prices are none of its business.
// seesInternal adds the internal note, which is the warehouse's only.
func Picking(o *orders.Order, seesInternal bool, v PickView) []Message {
	title := "拣货 " + string(o.ID)
	if o.Urgent {
		title = "【加急】" + title
	}
	to := []string{
		title + "　共 " + fmt.Sprint(len(o.Lines)) + " 行",
		"客户：" + customerName(o, nil),
	}
	if v.HasCome {
		to = append(to, "⚠️ 等的货到齐了，请按这份拣，先前写着缺货的那份作废")
	}
	if s := stageHead(o); s != "" {
		to = append(to, s)
	}
	to = append(to, Pressing(o)...)
	add := func(name, value string) {
		if value != "" {
			to = append(to, name+"："+value)
		}
	}
	if o.Carrier == selfPickup {
		add("来取的人", join(" ", o.Contact, o.Phone, o.Address))
	} else {
		add("送到", join(" ", o.Address, o.Contact, o.Phone))
	}
	if o.Stage() == 0 {
		add("交期", wantedBy(o))
	}
	if o.Carrier != "" && o.Carrier != selfPickup {
		add("指定物流", carrier(o.Carrier))
	}
	add("建议物流", proposed(o, v.Catalog, v.Now))
	add("出货仓", o.Warehouse)
	add("备注", o.Note)
	add("特殊要求", promised(o))
	for _, f := range extras(o) {
		add(f.Name, f.Value)
	}
	add("报关资料", papers(o))
	if seesInternal {
		add("内部说明", o.InternalNote)
	}
	head := func(n int) string {
		if n > 0 {
			return title + "（续）"
		}
		return strings.Join(to, "\n")
	}
	tail := func(left int) string {
		s := "发货后请回复「" + ShipWords(o) + "」"
		if o.Carrier == selfPickup {
			s = "客户自提。备好后请回复「发货 " + string(o.ID) + " 自提」，取走后回复「自提完成 " + string(o.ID) + "」"
		}
		if left > 0 {
			return rest(left) + "，回复「明细 " + string(o.ID) + "」查看\n" + s
		}
		return s
	}
	var out []Message
	for _, text := range fill(TextLimit, pickBlocks(o, v), pickTexts, head, tail) {
		out = append(out, Message{Text: text})
	}
	return out
}

// pickBlocks writes the lines for those who fetch them: what, how many, and what is missing.
func pickBlocks(o *orders.Order, v PickView) []string {
	blocks := make([]string, len(o.Lines))
	for i := range o.Lines {
		l, w := &o.Lines[i], wordsOf(o, i)
		blocks[i] = fmt.Sprintf("%d. %s %s\n%s", i+1, w.code, w.title, w.both())
		if o.Stage() > 0 {
			blocks[i] = fmt.Sprintf("%d. %s %s\n本期 %s，整单 %s", i+1, w.code, w.title, l.DueWords(), w.both())
		}
		if l.Gift {
			blocks[i] += "　赠品"
		}
		if short := missing(o, l); short.IsPositive() {
			blocks[i] += "　⚠️ 缺 " + short.String() + l.BaseUnit
		}
		blocks[i] = join("\n", blocks[i], v.row(l))
	}
	return blocks
}

// StopPicking tells the warehouse that an order won't be needed.
func StopPicking(o *orders.Order) Message {
	return Message{Text: join("\n", "停止拣货 "+string(o.ID)+"："+customerName(o, nil)+"的订单已取消，货请放回原位。", reason(o.CloseReason))}
}

// UrgentAlert alarms the one who has to take an urgent order. It is repeated until 收到 is pressed;
// every repetition says its number.
func UrgentAlert(s *Signer, o *orders.Order) Message {
	c := urgentCard(o)
	if a := o.Alert; a != nil && (a.Repeats > 1 || a.Step > 0) {
		c.Desc = fmt.Sprintf("第 %d 次提醒，还没有人收到", max(a.Repeats, 1))
		if a.Step > 0 {
			c.Desc = fmt.Sprintf("前面 %d 位没有回应，转给您。第 %d 次提醒", a.Step, max(a.Repeats, 1))
		}
	}
	c.Buttons = []Button{{
		Text: "收到", Style: Primary, Say: "收到 " + string(o.ID),
		Action: s.Sign(Action{Verb: Ack, Order: o.ID, Version: o.Revision}),
	}}
	return Message{Text: Text(c), Card: c}
}

// UrgentSettled is what every copy of an urgent alert becomes once somebody has it, or once the
// order has ended.
func UrgentSettled(o *orders.Order) Message {
	c := urgentCard(o)
	switch a := o.Alert; {
	case a != nil && a.AckBy != "":
		c.Settled = join(" ", "已收到", a.AckName, when(a.AckAt))
	case o.Status.Ended():
		c.Settled = join("，", o.Status.String()+" 不用处理了", o.CloseReason)
	default:
		c.Settled = o.Status.String() + " 不用再确认"
	}
	return Message{Text: Text(c), Card: c}
}

func urgentCard(o *orders.Order) *Card {
	c := &Card{Title: "请接单 " + string(o.ID), Urgent: true, Lines: rows(o, false)}
	words := ""
	if o.UrgentWords != "" {
		words = "「" + o.UrgentWords + "」"
	}
	c.Fields = []Field{
		{"客户", customerName(o, nil)},
		{"交期", wantedBy(o)},
		{"原文", words},
		{"送到", o.Address},
		{"物流", carrier(o.Carrier)},
		{"分期", stageHead(o)},
	}
	return c
}

// UrgentCredit is the copy of an urgent order for finance: the credit check goes on beside it.
func UrgentCredit(o *orders.Order, customer *orders.Customer, exposure orders.Money) Message {
	limit := "不限额度"
	if customer != nil && customer.CreditLimit != nil {
		limit = credit(exposure, *customer.CreditLimit)
	}
	head := string(o.ID) + " 请同时看一下信用"
	if o.Urgent {
		head = "【加急】" + head
	}
	return Message{Text: strings.Join([]string{
		head, customerName(o, customer) + "　" + o.Payable().String(), "信用：" + limit,
	}, "\n")}
}

// reason writes a reason where there is one.
func reason(s string) string {
	if s == "" {
		return ""
	}
	return "原因：" + s
}
