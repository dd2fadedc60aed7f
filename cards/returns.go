package cards

import (
	"fmt"
	"strconv"
	"strings"

	"orderbot/orders"
)

// The verbs of the buttons of returns; Node is the number of the return within its order.
const (
	SetCause     Verb = "cause"       // Arg is the cause
	SignReturn   Verb = "return_sign" // Arg is the mark of what is signed
	DropReturn   Verb = "return_drop"
	PassReturn   Verb = "return_pass" // 同意, by finance
	RefuseReturn Verb = "return_refuse"
	TakeReturn   Verb = "return_take" // all of it came; Arg is good or bad
)

// What a pressed [TakeReturn] says of the goods.
const (
	AllGood = "good"
	AllBad  = "bad"
)

// buttonOf makes a button about a return.
func buttonOf(s *Signer, o *orders.Order, r *orders.Return, text string, style Style, verb Verb, arg, say string) Button {
	return Button{Text: text, Style: style, Say: say, Action: s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Node: r.No, Arg: arg})}
}

// withMenu is a card whose buttons can be sent as words, too.
func withMenu(c *Card) Message {
	m := Message{Text: Text(c), Card: c}
	for _, b := range c.Buttons {
		m.Menu = append(m.Menu, b.Say)
	}
	return m
}

// returnRows are the goods of a return.
func returnRows(r *orders.Return, money bool) []string {
	rows := make([]string, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		rows[i] = fmt.Sprintf("%s %s %s", l.Product, l.Name, l.Words)
		if money && r.Amount > 0 && paysBack(r) {
			rows[i] += " " + l.Amount.String()
		}
		if l.Good.IsPositive() || l.Bad.IsPositive() {
			rows[i] += fmt.Sprintf("（良品 %s%s，不良 %s%s）", l.Good, l.Unit, l.Bad, l.Unit)
		}
	}
	return rows
}

func paysBack(r *orders.Return) bool {
	return r.Kind == orders.ReturnGoods || r.Kind == orders.ReturnMoney
}

// returnCard is what all cards of a return begin with.
func returnCard(o *orders.Order, r *orders.Return, money bool) *Card {
	c := &Card{Title: r.Kind.String() + " " + string(o.ID.Return(r.No)), Lines: returnRows(r, money)}
	cause := r.Cause.String()
	if r.Note != "" && r.Note != cause {
		cause = join("：", cause, clip(r.Note, 60))
	}
	c.Fields = []Field{{"客户", customerName(o, nil)}, {"订单", string(o.ID)}, {"原因", cause}}
	if money && paysBack(r) {
		c.Fields = append(c.Fields, Field{"金额", r.Amount.String()})
	}
	return c
}

// ReturnForm shows a return that nobody has signed: it asks for the cause, or, once that is known, shows the document and asks for the
// signature.
func ReturnForm(s *Signer, o *orders.Order, r *orders.Return) []Message {
	id := string(o.ID.Return(r.No))
	c := returnCard(o, r, true)
	drop := buttonOf(s, o, r, "撤回", Normal, DropReturn, "", "撤回 "+id)
	if r.Cause == "" {
		c.Question = "是什么原因？只退一部分的话，请写「" + id + " 品名 数量」"
		for _, cause := range orders.Causes {
			c.Buttons = append(c.Buttons, buttonOf(s, o, r, cause.String(), Normal, SetCause, string(cause), "原因 "+id+" "+cause.String()))
		}
		c.Buttons = append(c.Buttons, drop)
		if r.Kind == orders.ReturnTicket {
			c.Question = "哪里错了？"
			drop.Text = "没有错"
			c.Buttons[len(c.Buttons)-1] = drop
		}
		return []Message{withMenu(c)}
	}
	if r.Kind == orders.ReturnTicket {
		how := "直接说要改什么，例如「" + string(o.ID) + " 数量改成 30」"
		if o.MayReturn() == nil {
			how = "货已发出，要换要退请发「换货 " + string(o.ID) + "」「退货 " + string(o.ID) + "」"
		}
		return []Message{{Text: fmt.Sprintf("已记纠错工单 %s：%s。%s。", id, r.Cause, how)}}
	}
	return []Message{{Text: r.Document}, signing(s, o, r)}
}

// ReturnLetter is the same for customers, whose platforms let few messages through: the document, what it takes to sign it, and the
// answers to be touched, in one message.
func ReturnLetter(s *Signer, o *orders.Order, r *orders.Return) Message {
	if r.Cause == "" {
		return ReturnForm(s, o, r)[0]
	}
	m := signing(s, o, r)
	return Message{Text: r.Document + "\n\n" + m.Card.Question + "\n请回复「" + m.Menu[0] + "」", Menu: m.Menu}
}

// signing asks for the signature under a document that was sent before it.
func signing(s *Signer, o *orders.Order, r *orders.Return) Message {
	id := string(o.ID.Return(r.No))
	c := returnCard(o, r, true)
	c.Fields = append(c.Fields, Field{"摘要", r.Mark()})
	c.Question = "签字后才生效，签的就是上面这份单据。校验码 SHA-256 " + r.Digest()
	c.Buttons = []Button{
		buttonOf(s, o, r, "签字", Primary, SignReturn, r.Mark(), "签字 "+id+" "+r.Mark()),
		buttonOf(s, o, r, "撤回", Normal, DropReturn, "", "撤回 "+id),
	}
	return withMenu(c)
}

// ReturnApproval asks finance.
func ReturnApproval(s *Signer, o *orders.Order, r *orders.Return) Message {
	id := string(o.ID.Return(r.No))
	c := returnCard(o, r, true)
	c.Title = "待审批 " + c.Title
	c.Amount = r.Amount.String()
	c.Fields = append(c.Fields[:3], Field{"签字", signature(r)}, Field{"期限", when(r.DueAt) + "前办完"})
	c.Buttons = []Button{
		buttonOf(s, o, r, "同意", Primary, PassReturn, "", "同意 "+id),
		buttonOf(s, o, r, "驳回", Danger, RefuseReturn, "", "驳回 "+id+" 原因"),
	}
	return Message{Text: Text(c), Card: c}
}

// ReturnGoods tells the warehouse what comes back. Amounts are none of its business.
func ReturnGoods(s *Signer, o *orders.Order, r *orders.Return) Message {
	id := string(o.ID.Return(r.No))
	c := returnCard(o, r, false)
	c.Title = "待收货 " + c.Title
	c.Question = "货到了请验收；有好有坏就写「退货入库 " + id + " 良品 数量 不良 数量」"
	c.Buttons = []Button{
		buttonOf(s, o, r, "全部良品入库", Primary, TakeReturn, AllGood, "退货入库 "+id+" 全部良品"),
		buttonOf(s, o, r, "全部不良", Normal, TakeReturn, AllBad, "退货入库 "+id+" 全部不良"),
	}
	return Message{Text: Text(c), Card: c}
}

// ReturnSettled is what each card of a return becomes once there is nothing left to press on it. Only who may see amounts gets them.
func ReturnSettled(o *orders.Order, r *orders.Return, money bool) Message {
	c := returnCard(o, r, money)
	c.Settled = ReturnState(r)
	if r.Node != nil && r.Status != orders.ReturnWaiting && !r.Node.DecidedAt.IsZero() {
		c.Fields = append(c.Fields, Field{"审批", r.Node.Outcome(beijing)})
	}
	return Message{Text: Text(c), Card: c}
}

// ReturnState says in words how far a return is.
func ReturnState(r *orders.Return) string {
	switch r.Status {
	case orders.ReturnWaiting:
		return "已签字 " + r.Signature.Name + "，等" + r.Node.Who() + "审批"
	case orders.ReturnExpected:
		return "待收货 等货退到仓库"
	case orders.ReturnReceived:
		return "已收货 " + r.ReceivedBy + " " + when(r.ReceivedAt) + "，等发出"
	case orders.ReturnDone:
		if r.Kind == orders.ReturnTicket {
			return "已记录 " + when(r.DoneAt) + "，" + r.Cause.String()
		}
		return join("，", "已完成 "+when(r.DoneAt), r.Waybill)
	case orders.ReturnRefused, orders.ReturnDropped:
		return join("：", r.Status.String()+" "+when(r.DoneAt), r.Reason)
	default:
		return r.Status.String()
	}
}

// signature says who signed, when, where and what.
func signature(r *orders.Return) string {
	s := r.Signature
	if s == nil {
		return "还没有"
	}
	return fmt.Sprintf("%s %s", s.Name, when(s.At))
}

var platformWords = map[orders.Platform]string{
	orders.WeCom: "企业微信", orders.DingTalk: "钉钉", orders.KF: "微信客服", orders.ServiceAccount: "服务号", orders.APS: "排产系统 APS",
}

// Voucher shows what was signed of a return, by whom, when and where, with the digest by which it can be checked. The account with which it
// was signed is shown to whom it concerns only.
func Voucher(o *orders.Order, r *orders.Return, withAccount bool) []Message {
	s := r.Signature
	if s == nil {
		return []Message{{Text: string(o.ID.Return(r.No)) + " 还没有签字，没有凭证"}}
	}
	on := platformWords[s.Platform]
	if withAccount {
		on += " " + s.Account
	}
	return []Message{{Text: r.Document}, {Text: fmt.Sprintf("%s 的签字\n签字人 %s（%s）\n时间 %s\nSHA-256 %s\n对上面整份单据的文字算 SHA-256，应当一样",
		o.ID.Return(r.No), s.Name, on, s.At.In(beijing).Format("2006-01-02 15:04:05"), s.Digest)}}
}

// Returns lists the returns of an order, newest first. Who sees no amounts gets none.
func Returns(o *orders.Order, money bool) Message {
	if len(o.Returns) == 0 {
		return Message{Text: fmt.Sprintf("%s 没有退换货。要退请发「退货 %s 品名 数量 原因」", o.ID, o.ID)}
	}
	rows := []string{fmt.Sprintf("%s 的退换货", o.ID)}
	for i := len(o.Returns) - 1; i >= 0; i-- {
		r := &o.Returns[i]
		rows = append(rows, fmt.Sprintf("%s %s：%s", o.ID.Return(r.No), r.Kind, ReturnState(r)))
		for _, row := range returnRows(r, money) {
			rows = append(rows, "· "+row)
		}
		if money && r.Credited > 0 {
			rows = append(rows, "· 已退 "+givenBack(r))
		}
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// givenBack is what was given back, and how much of it for freight.
func givenBack(r *orders.Return) string {
	if back := r.FreightBack(); back > 0 {
		return fmt.Sprintf("%s（含运费 %s）", r.Credited, back)
	}
	return r.Credited.String()
}

// returnOf returns the return that an event is about, nil if there is none.
func returnOf(o *orders.Order, e orders.Event) *orders.Return {
	no, err := strconv.Atoi(e.Data["return"])
	if err != nil || no == 0 {
		return nil
	}
	return o.Return(no)
}

// ToldReturn tells the staff what has become of a return; false: nothing that they need to hear.
func ToldReturn(o *orders.Order, e orders.Event) (Message, bool) {
	r := returnOf(o, e)
	if r == nil || r.Cause == "" {
		return Message{}, false
	}
	id, who := string(o.ID.Return(r.No)), customerName(o, nil)
	var head, tail string
	switch e.Data["what"] {
	case "asked":
		if head = fmt.Sprintf("%s申请%s %s，等签字", who, r.Kind, id); !r.Customer {
			return Message{}, false
		}
	case "signed":
		head = fmt.Sprintf("%s %s已签字（%s）", id, r.Kind, r.Signature.Name)
		tail = "不同意请在收货前回复「驳回 " + id + " 原因」"
	case "agreed":
		head = id + " 财务已同意，等货退回"
	case "refused":
		head, tail = id+" 没有同意", reason(r.Reason)
	case "dropped":
		head, tail = id+" 已撤回", reason(r.Reason)
	case "received":
		head = id + " 货已退到" + r.Warehouse + "，等" + map[orders.ReturnKind]string{orders.ReturnRepair: "修好发还", orders.ReturnExchange: "换货发出"}[r.Kind]
		tail = "发出：「发出 " + id + " 运单号」"
	case "done":
		if r.Kind == orders.ReturnTicket {
			head, tail = "⚠️ "+who+"的 "+string(o.ID)+" 有人说错了（纠错工单 "+id+"，"+r.Name+"）", r.Note
			break
		}
		if head = id + " 已办完"; r.Credited > 0 {
			tail = "退回 " + givenBack(r)
			if r.Noted > 0 {
				tail += fmt.Sprintf("，其中已开票的 %s 已记红字 %s，开红字发票请用这个号，不要另记", r.Noted, id)
			}
		}
	case "reminded":
		head, tail = id+" "+r.Kind.String()+"还没办完："+r.Status.String(), "请在 "+when(r.DueAt)+"前办完"
	case "late":
		head, tail = "⚠️ "+id+" "+r.Kind.String()+"超过期限没办完："+r.Status.String(), "原定 "+when(r.DueAt)+"前，已报给上级"
	default:
		return Message{}, false
	}
	return Message{Text: clipBytes(join("\n", append(append([]string{head, join(" · ", who, "原因 "+r.Cause.String())}, returnRows(r, false)...), tail)...), TextLimit)}, true
}

// ToldReturnCustomer tells a customer what has become of a return; false: nothing that concerns them.
func ToldReturnCustomer(o *orders.Order, e orders.Event) (Message, bool) {
	r := returnOf(o, e)
	if r == nil || r.Cause == "" || r.Kind == orders.ReturnTicket {
		return Message{}, false
	}
	id := "您的" + r.Kind.String() + " " + string(o.ID.Return(r.No))
	var text string
	switch e.Data["what"] {
	case "signed":
		text = id + " 已由" + r.Signature.Name + "签字，" + map[bool]string{true: "正在审核。", false: "请把货退回。"}[r.Status == orders.ReturnWaiting]
	case "agreed":
		text = id + " 已同意，请把货退回。"
	case "refused":
		text = id + " 没有同意：" + r.Reason
	case "dropped":
		text = id + " 已撤回。"
	case "received":
		text = id + " 的货已收到，" + map[orders.ReturnKind]string{orders.ReturnRepair: "修好后发还给您。", orders.ReturnExchange: "马上给您换货。"}[r.Kind]
	case "done":
		switch {
		case r.Credited > 0:
			text = id + " 已办完，退回 " + givenBack(r) + "。"
		case r.Waybill != "":
			text = id + " 已发出：" + r.Waybill
		default:
			text = id + " 已办完。"
		}
	default:
		return Message{}, false
	}
	return Message{Text: text}, true
}
