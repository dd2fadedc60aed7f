package cards

import (
	"fmt"
	"strconv"
	"strings"

	"orderbot/orders"
)

// stagedRows are the stages of an order's delivery and its payments, a row each; amounts says how much each payment is.
func stagedRows(o *orders.Order, amounts bool) []string {
	var rows []string
	for k, words := range o.StageWords() {
		mark := "⚪"
		switch sent := o.Work.Stages.Sent; {
		case k < len(sent):
			mark, words = "✅", words+"　"+day(sent[k])+" 已发"
		case k == len(sent) && !isDraft(o) && !o.Status.Ended():
			mark = "⏳"
		}
		rows = append(rows, mark+" "+words)
	}
	all := o.Instalments()
	for i := range all {
		n := &all[i]
		row := fmt.Sprintf("付款 %s %s", n.Name, n.Percent())
		if amounts {
			row += " " + n.Amount.String()
		}
		if !isDraft(o) {
			row += map[bool]string{true: "　✅ 已到", false: "　未到"}[n.IsPaid]
		}
		rows = append(rows, row)
	}
	if o.Staged != nil && o.Staged.Release != "" {
		rows = append(rows, "付款约定："+o.Staged.Release.String())
	}
	if amounts && o.Work.Paid != 0 {
		rows = append(rows, "共到款 "+o.Work.Paid.String())
	}
	return rows
}

// unfit says what keeps a draft with a plan from being confirmed: the plan does not come to the order.
func unfit(o *orders.Order) string {
	if err := o.MayStage(); err != nil {
		said, _ := orders.ErrorMessage(err)
		return "⚠️ " + said
	}
	return ""
}

// stagedFields are the plan of an order as fields of a card.
func stagedFields(o *orders.Order) []Field {
	var payments []string
	all := o.Instalments()
	for i := range all {
		payments = append(payments, fmt.Sprintf("%s %s %s", all[i].Name, all[i].Percent(), all[i].Amount))
	}
	if o.Staged != nil && o.Staged.Release != "" {
		payments = append(payments, o.Staged.Release.String())
	}
	return []Field{{"分期", strings.Join(o.StageWords(), "；")}, {"付款节点", strings.Join(payments, "；")}}
}

// ofStages says which stage of how many something is: 第 2 期（共 3 期）; "" where the order has none.
func ofStages(o *orders.Order, stage int) string {
	if n := o.Deliveries(); stage > 0 && n > 0 {
		return fmt.Sprintf("第 %d 期（共 %d 期）", stage, n)
	}
	return ""
}

// stageHead says in a pick message which part of an order it is.
func stageHead(o *orders.Order) string {
	k := o.Stage()
	if k == 0 {
		return ""
	}
	return fmt.Sprintf("⚠️ 分期发货，这次只发%s，%s", ofStages(o, k), Wanted(o.Staged.Stages[k-1].Due, o.CreatedAt))
}

// ShipWords are what is said to register a parcel of an order.
func ShipWords(o *orders.Order) string {
	if k := o.Stage(); k > 1 {
		return fmt.Sprintf("发货 %s 第%d期 运单号", o.ID, k)
	}
	return "发货 " + string(o.ID) + " 运单号"
}

// StageNews tells of a stage of an order: that its day comes, that a payment is due or was recorded, that the rest will not be sent.
// sees tells whether the reader may see amounts, and require is the firm's setting about payments. False: there is nothing to tell any
// more.
func StageNews(o *orders.Order, e orders.Event, sees, require bool) (Message, bool) {
	id, who := string(o.ID), customerName(o, nil)
	say := func(parts ...string) (Message, bool) {
		return Message{Text: clipBytes(join("\n", parts...), TextLimit)}, true
	}
	waits := func(stage int) string {
		n, lack := o.Owed(stage, require, e.At)
		switch {
		case n == nil:
			return ""
		case sees:
			return fmt.Sprintf("⚠️ 「%s」还差 %s，到款前不能发货", n.Name, lack)
		default:
			return fmt.Sprintf("⚠️ 「%s」还没到款，到款前不能发货", n.Name)
		}
	}
	switch e.Data["what"] {
	case "due":
		k, _ := strconv.Atoi(e.Data["stage"])
		if k == 0 || k != o.Stage() || o.Status.Ended() {
			return Message{}, false
		}
		lack := ""
		if !o.Covered() {
			lack = "⚠️ 这一期的货还没齐，先催货"
		}
		return say("分期提醒 "+id+" "+ofStages(o, k), who, o.StageWords()[k-1], lack, waits(k), "发货请回复「"+ShipWords(o)+"」")
	case "pay":
		i, _ := strconv.Atoi(e.Data["node"])
		all := o.Instalments()
		if i < 1 || i > len(all) || all[i-1].IsPaid || !sees {
			return Message{}, false
		}
		n := &all[i-1]
		return say("付款提醒 "+id+"「"+n.Name+"」该付了", who, fmt.Sprintf("%s %s，共到款 %s，还差 %s", n.Percent(), n.Amount, o.Work.Paid, n.Due-o.Work.Paid), "到了请财务登记「到款 "+id+" 金额」")
	case "paid":
		k, _ := strconv.Atoi(e.Data["released"])
		fen, _ := strconv.ParseInt(e.Data["amount"], 10, 64)
		head := ""
		switch {
		case !sees && (k == 0 || waits(k) != ""):
			return Message{}, false
		case sees && fen < 0:
			head = fmt.Sprintf("%s 撤销到款 %s，共到 %s", id, orders.Money(-fen), o.Work.Paid)
		case sees:
			head = fmt.Sprintf("%s 到款 %s，共到 %s", id, orders.Money(fen), o.Work.Paid)
		}
		if k == 0 || waits(k) != "" {
			return say(head, who)
		}
		return say(head, join(" ", id, ofStages(o, k), "货款已到，可以发货了"), who, "发货请回复「"+ShipWords(o)+"」")
	case "cut":
		freight := ""
		if sees {
			freight = join("；", freightGiven(o, e), noteOf(e))
		}
		return say(id+" 没发的不发了，已发的照旧", who, "现在："+o.Status.String(), strings.Join(goodsRows(o), "；"), reason(e.Data["reason"]), freight)
	default:
		return Message{}, false
	}
}

// freightGiven says what of an order's freight is given back because the rest of it will not be sent, "" where nothing is.
func freightGiven(o *orders.Order, e orders.Event) string {
	fen, _ := strconv.ParseInt(e.Data["freight"], 10, 64)
	no, _ := strconv.Atoi(e.Data["return"])
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf("发过的货已全部退回（%s），运费 %s 一并退还", o.ID.Return(no), orders.Money(fen))
}

// noteOf says which credit note was made of it.
func noteOf(e orders.Event) string {
	fen, _ := strconv.ParseInt(e.Data["noted"], 10, 64)
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf("其中已开票的 %s 已记红字 %s，开红字发票请用这个号，不要另记", orders.Money(fen), e.Data["note"])
}

// goodsRows are the goods of an order, without prices.
func goodsRows(o *orders.Order) []string {
	out := make([]string, len(o.Lines))
	for i := range o.Lines {
		w := wordsOf(o, i)
		out[i] = w.title + " " + w.both()
	}
	return out
}
