package cards

import (
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// ChangeView is what a change shows besides itself.
type ChangeView struct {
	ForCustomer bool
	Short       []string // what there is too little of, in words
	Note        string   // said first
}

// differences are those of a change in words; money only for who may see it.
func differences(c *orders.Change, money bool) []string {
	var out []string
	for _, d := range c.Differences() {
		if d.IsMoney && !money {
			continue
		}
		switch d.What { // as people read them
		case "交期":
			d.From, d.To = wantedOr(d.From), wantedOr(d.To)
		case "物流":
			d.From, d.To = carrierOr(d.From), carrierOr(d.To)
		}
		out = append(out, d.String())
	}
	return out
}

func wantedOr(s string) string {
	if s == orders.NotSaid {
		return s
	}
	return Wanted(s, time.Time{})
}

func carrierOr(s string) string {
	if s == orders.NotSaid {
		return s
	}
	return carrier(s)
}

// changeRows is how many differences a card shows; where there are more a text lists them all.
const changeRows = 6

// Change asks whether an order is to be changed so: old → new, and what it means. o is the order as it would be.
func Change(s *Signer, o *orders.Order, p *orders.Preview, v ChangeView) []Message {
	id, rows := string(o.ID), differences(&p.Change, true)
	if p.Change.Before.Payable() != p.Change.After.Payable() {
		rows = rows[:len(rows)-1] // the total is said above
	}
	hint := v.Note
	if hint == "" {
		hint = "确认后才改"
	}
	c := &Card{
		Title: "变更 " + id, Desc: join(" · ", hint, customerName(o, nil), fmt.Sprintf("第 %d 版 → 第 %d 版", p.Change.Revision, p.Change.Revision+1)),
		Lines: rows, Urgent: o.Urgent,
	}
	step, approval := "审批", "按「"+o.Route+"」自动通过"
	switch {
	case len(p.Roles) > 0 && v.ForCustomer:
		step, approval = "审核", "要重新审核，通过后通知您"
	case len(p.Roles) > 0:
		approval = "重新走 " + strings.Join(p.Roles, " → ")
	case v.ForCustomer:
		approval = ""
	case p.Minor:
		approval = "不用重新审批，是小改动"
	case o.Route == "" || len(p.Roles) == 0:
		approval = "不用审批，系统通过"
	}
	known := ""
	if p.Change.Was != orders.StatusPendingApproval && !v.ForCustomer {
		known = "已通知备货，改动会发给仓库，看过才发货"
	}
	c.Fields = []Field{
		{"合计", arrow(p.Change.Before.Payable().String(), p.Change.After.Payable().String())},
		{step, approval},
		{"库存", strings.Join(v.Short, "；")},
		{"仓库", known},
	}
	if !v.ForCustomer {
		c.Fields = append(c.Fields, Field{"提醒", findings(o, orders.EffectApprove, orders.EffectWarn)})
	}
	act := func(text string, style Style, verb Verb, say string) {
		c.Buttons = append(c.Buttons, Button{
			Text: text, Style: style, Say: say,
			Action: s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Node: p.Change.No}),
		})
	}
	act("确认变更", Primary, ApplyChange, "确认变更 "+id)
	act("不改了", Normal, DropChange, "不改了 "+id)
	m := Message{Text: Text(c), Card: c}
	for _, b := range c.Buttons {
		m.Menu = append(m.Menu, b.Say)
	}
	if len(rows) <= changeRows {
		return []Message{m}
	}
	return []Message{{Text: clipBytes("变更 "+id+"，共 "+fmt.Sprint(len(rows))+" 处：\n"+strings.Join(rows, "\n"), TextLimit)}, m}
}

func arrow(from, to string) string {
	if from == to {
		return from + "，不变"
	}
	return from + " → " + to
}

// ChangeSettled is what a change's card becomes once it can't be pressed any more.
func ChangeSettled(o *orders.Order, c *orders.Change) Message {
	card := &Card{Title: c.Kind.String() + " " + string(o.ID), Lines: differences(c, true), Fields: []Field{{"客户", customerName(o, nil)}}}
	switch c.Status {
	case orders.ChangeWaiting:
		card.Settled = join("，", "已改", "等"+o.Awaits()+"审批")
	case orders.ChangeDone:
		card.Settled = "已改 " + when(c.DoneAt)
	case orders.ChangeRefused:
		card.Settled = "没有批准，订单还是原来的样子"
	case orders.ChangeDropped:
		card.Settled = "已作废，没有改动"
	default:
		card.Settled = "没有改动，订单 " + o.Status.String()
	}
	return Message{Text: Text(card), Card: card}
}

// ChangeNotice tells the warehouse what has changed of an order that it has on its list; it is repeated until 收到 is
// pressed. Prices are none of its business.
func ChangeNotice(s *Signer, o *orders.Order, c *orders.Change) Message {
	card := changeNotice(o, c)
	if a := c.Notice; a != nil && (a.Repeats > 1 || a.Step > 0) {
		card.Desc = fmt.Sprintf("第 %d 次提醒，还没有人收到", max(a.Repeats, 1))
		if a.Step > 0 {
			card.Desc = fmt.Sprintf("前面 %d 位没有回应，转给您。第 %d 次提醒", a.Step, max(a.Repeats, 1))
		}
	}
	card.Buttons = []Button{{
		Text: "收到", Style: Primary, Say: "收到 " + string(o.ID),
		Action: s.Sign(Action{Verb: Ack, Order: o.ID, Version: o.Revision, Node: c.No}),
	}}
	return Message{Text: Text(card), Card: card}
}

// ChangeTaken is what every copy of a notice becomes once somebody has taken it, or nobody has to any more.
func ChangeTaken(o *orders.Order, c *orders.Change) Message {
	card := changeNotice(o, c)
	switch a := c.Notice; {
	case a != nil && a.AckBy != "":
		card.Settled = join(" ", "已收到", a.AckName, when(a.AckAt))
	case o.MayChange() != nil:
		card.Settled = o.Status.String() + " 不用处理了"
	default:
		card.Settled = "后来又改了 请看新的通知"
	}
	return Message{Text: Text(card), Card: card}
}

func changeNotice(o *orders.Order, c *orders.Change) *Card {
	card := &Card{Title: "订单改了 " + string(o.ID), Urgent: o.Urgent, Lines: differences(c, false)}
	now := "按改后的备货，看过请点收到"
	switch {
	case c.Status == orders.ChangeRefused:
		card.Title, now = "变更作废 "+string(o.ID), "变更没有批准，按原来的备货"
	case o.Status == orders.StatusPendingApproval:
		now = "先停拣货，等" + o.Awaits() + "审批，批准后再发拣货单"
	}
	if len(card.Lines) == 0 {
		card.Lines = []string{"货和收货信息不变"}
	}
	card.Fields = []Field{{"怎么办", now}, {"客户", customerName(o, nil)}, {"改的人", c.Name}}
	return card
}

// changed is what an approver has to look at: from what was approved to what is asked for now.
func changed(o *orders.Order) string {
	for i := range o.Changes {
		if c := &o.Changes[i]; c.Status == orders.ChangeWaiting {
			return strings.Join(differences(&orders.Change{Before: c.Before, After: o.Content()}, true), "；")
		}
	}
	return ""
}

// Versions lists the versions of an order, the first one first, each with what became of it.
func Versions(o *orders.Order, money bool) Message {
	rows := []string{"版本 " + string(o.ID)}
	for i := range o.Changes {
		c := &o.Changes[i]
		if c.Kind == orders.ChangeCancel || c.DoneAt.IsZero() {
			continue
		}
		what := map[orders.ChangeStatus]string{orders.ChangeWaiting: "，等审批", orders.ChangeRefused: "，没有批准，已改回"}[c.Status]
		if len(rows) == 1 {
			rows = append(rows, fmt.Sprintf("第 %d 版：原单", c.Revision))
		}
		told := *c
		told.Status = orders.ChangeDone // what was wanted, whatever became of it
		rows = append(rows, fmt.Sprintf("第 %d 版：%s %s%s\n· %s", c.Revision+1, when(c.DoneAt), c.Name, what, strings.Join(differences(&told, money), "\n· ")))
	}
	if len(rows) == 1 {
		return Message{Text: string(o.ID) + " 没有改过，只有一版"}
	}
	rows = append(rows, "看某一版：「明细 "+string(o.ID)+" 第 1 版」")
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}
