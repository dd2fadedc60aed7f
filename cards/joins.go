package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// Split asks whether an order is to be split so.
func Split(s *Signer, o *orders.Order, c *orders.Change, forCustomer bool) Message {
	id := string(o.ID)
	card := &Card{Title: "拆分 " + id, Desc: join(" · ", customerName(o, nil), fmt.Sprintf("拆成 %d 批", len(c.Plan.Parts)), "确认后才拆"), Urgent: o.Urgent}
	parts, err := o.Batches(c.Plan.Parts)
	if err != nil { // it was looked at before it was asked about
		return Message{Text: err.Error()}
	}
	for i, p := range parts {
		number := id
		if i > 0 {
			number = "新单号"
		}
		card.Lines = append(card.Lines, join(" · ", fmt.Sprintf("第 %d 批（%s）：%s", i+1, number, p.Goods()), p.Payable().String(), Wanted(p.DeliverBy, o.CreatedAt)))
	}
	approval, known := "", ""
	if !forCustomer {
		approval = "已经批准的照旧"
		if o.Status == orders.StatusPendingApproval {
			approval = "每一批都等" + o.Awaits() + "审批"
		} else {
			known = "已通知备货，改动会发给仓库，看过才发货"
		}
	}
	green := ""
	if o.Green != nil && o.Green.State != orders.GreenClosed && !forCustomer {
		green = "只留在第 1 批"
	}
	card.Fields = []Field{{"合计", o.Payable().String() + "，不变"}, {"审批", approval}, {"仓库", known}, {"绿色通道", green}}
	return decide(s, card, o, c, "确认拆分", "不拆了")
}

// Merge asks whether an order is to go into another one; o is that one as it would be.
func Merge(s *Signer, o, x *orders.Order, p *orders.Preview, forCustomer bool, note string) Message {
	id := string(o.ID)
	card := &Card{Title: "合并到 " + id, Desc: join(" · ", note, customerName(o, nil), "确认后才合并"), Urgent: o.Urgent, Lines: []string{
		join(" · ", id+"："+p.Change.Before.Goods(), p.Change.Before.Payable().String()),
		join(" · ", string(x.ID)+"（并进来）："+x.Content().Goods(), x.Payable().String()),
	}}
	step, approval := "审批", "按「"+o.Route+"」自动通过"
	switch {
	case len(p.Roles) > 0 && forCustomer:
		step, approval = "审核", "要重新审核，通过后通知您"
	case len(p.Roles) > 0:
		approval = "重新走 " + strings.Join(p.Roles, " → ")
	case forCustomer:
		approval = ""
	case o.Route == "":
		approval = "不用审批，系统通过"
	}
	card.Fields = []Field{{"合计", o.Payable().String() + "，一单"}, {step, approval}, {"交期", Wanted(o.DeliverBy, o.CreatedAt)}, {"特殊要求", o.SpecialRequirement()}}
	if !forCustomer {
		card.Fields = append(card.Fields, Field{"提醒", findings(o, orders.EffectApprove, orders.EffectWarn)})
	}
	return decide(s, card, o, &p.Change, "确认合并", "不合并了")
}

// decide puts the two answers to a change on its card.
func decide(s *Signer, card *Card, o *orders.Order, c *orders.Change, yes, no string) Message {
	action := func(verb Verb) string {
		return s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Node: c.No})
	}
	card.Buttons = []Button{
		{Text: yes, Style: Primary, Say: yes + " " + string(o.ID), Action: action(ApplyChange)},
		{Text: no, Style: Normal, Say: no + " " + string(o.ID), Action: action(DropChange)},
	}
	m := Message{Text: Text(card), Card: card}
	for _, b := range card.Buttons {
		m.Menu = append(m.Menu, b.Say)
	}
	return m
}

// kin says which orders hang together with one by splitting and merging.
func kin(o *orders.Order) string {
	words := make([]string, len(o.Kin))
	for i, k := range o.Kin {
		words[i] = k.How.String() + " " + string(k.Order)
	}
	return strings.Join(words, "、")
}

// StopMerged tells the warehouse that an order's goods are another one's now.
func StopMerged(o *orders.Order) Message {
	return Message{Text: join("\n", "停止拣货 "+string(o.ID)+"："+customerName(o, nil)+"的这单"+o.CloseReason+"，一起发。", "货请按新的单子备")}
}

// Together asks, of an order, whether it and others to one address are to be shipped together.
func Together(s *Signer, of orders.OrderID, all []*orders.Order, to string) Message {
	first := all[0]
	c := &Card{Title: fmt.Sprintf("%d 单同一个地址，一起发？", len(all)), Desc: join(" · ", customerName(first, nil), to)}
	ids := make([]orders.OrderID, len(all))
	for i, o := range all {
		ids[i] = o.ID
		c.Lines = append(c.Lines, join(" · ", string(o.ID), o.Content().Goods(), wantedBy(o)))
	}
	arg := make([]string, len(ids))
	for i, id := range ids {
		arg[i] = string(id)
	}
	c.Fields = []Field{{"一起发", "一个运单，几个单号；任一单缺货就都等"}, {"各发各的", "什么都不改"}}
	action := func(verb Verb) string {
		return s.Sign(Action{Verb: verb, Order: of, Arg: strings.Join(arg, " ")})
	}
	c.Buttons = []Button{
		{Text: "一起发", Style: Primary, Say: "一起发 " + strings.Join(arg, " "), Action: action(ShipTogether)},
		{Text: "各发各的", Style: Normal, Action: action(ShipApart)},
	}
	return Message{Text: Text(c), Card: c}
}

// TogetherSettled is what the card becomes once the orders are shipped together, or it was refused.
func TogetherSettled(ids []orders.OrderID, isTogether bool) Message {
	c := &Card{Title: fmt.Sprintf("%d 单同一个地址", len(ids)), Lines: []string{joinIDs(ids)}, Settled: "各发各的，没有改动"}
	if isTogether {
		c.Settled = "约好一起发，一个运单"
	}
	return Message{Text: Text(c), Card: c}
}

func joinIDs(ids []orders.OrderID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, "、")
}
