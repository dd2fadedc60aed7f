package cards

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// ExceptionView is what a message about an exception shows besides it.
type ExceptionView struct {
	Catalog *orders.Catalog
	Now     time.Time
	Who     string // of a meeting: who is called
	Missing string // and which roles nobody holds
}

// Exception tells of an exception: what it is, until when it has to be dealt with, what may be done.
func Exception(s *Signer, o *orders.Order, x *orders.Exception, v ExceptionView) Message {
	c := exceptionCard(o, x, v.Catalog, v.Now)
	switch x.Step {
	case 1:
		c.Desc = "还没有人处理，再提醒一次"
	case 2:
		c.Desc = fmt.Sprintf("到 %s 还没有结果，上报给您", when(x.Due))
		if x.Name != "" {
			c.Desc = fmt.Sprintf("%s处理，到 %s 还没有结果，上报给您", x.Name, when(x.Due))
		}
	}
	c.Question = strings.Join(remedies(o, x), "；")
	c.Buttons = exceptionButtons(s, o, x)
	return Message{Text: clipBytes(join("\n", Text(c), "办完请回复「结案 "+strconv.FormatInt(x.ID, 10)+" 说明」"), TextLimit), Card: c}
}

func exceptionButtons(s *Signer, o *orders.Order, x *orders.Exception) []Button {
	if x.Owner != "" {
		return nil
	}
	return []Button{{
		Text: "我来处理", Style: Primary, Say: fmt.Sprintf("处理异常 %d", x.ID),
		Action: s.Sign(Action{Verb: TakeException, Order: o.ID, Node: int(x.ID)}),
	}}
}

func exceptionCard(o *orders.Order, x *orders.Exception, catalog *orders.Catalog, now time.Time) *Card {
	c := &Card{Title: "⚠️ " + x.Words() + " " + string(o.ID), Urgent: o.Urgent}
	late := ""
	if delay := now.Sub(x.Since); delay > 0 && !now.IsZero() {
		late = "已晚 " + span(delay)
	}
	due := ""
	if !x.Due.IsZero() && x.State == orders.ExceptionOpen {
		due = when(x.Due) + "前"
	}
	c.Fields = []Field{
		{"客户", customerName(o, nil)},
		{"现在", o.Status.String()},
		{"情况", strings.Join(holdUp(o, catalog, now, false), "；")},
		{"延误", late},
		{"交期", wantedBy(o)},
		{"预计", promiseInShort(o.Work.Promise)},
		{"处理期限", due},
	}
	return c
}

// remedies are what may solve an exception.
func remedies(o *orders.Order, x *orders.Exception) []string {
	id := string(o.ID)
	switch x.Kind {
	case orders.ExceptionShipping, orders.ExceptionUrgent:
		if len(o.Shipments) == 0 || o.Stage() > 0 {
			return []string{"请尽快发货：「" + ShipWords(o) + "」"}
		}
		return []string{"请联系承运商加急派送"}
	case orders.ExceptionStalled, orders.ExceptionCarrier:
		return []string{"请联系" + orSome(carrierOf(o), "承运商") + "查件", "走不了就换一家重发：「发货 " + id + " 快递 运单号」"}
	case orders.ExceptionAddress:
		return []string{"请和客户核对地址、电话", "核对后告诉承运商改派或约时间"}
	case orders.ExceptionCredit:
		return []string{"可以请客户先付一部分：财务「收款 客户 金额」登记后自动解除", "或者拆小订单，或「特批 " + id + " 原因」"}
	case orders.ExceptionLate:
		return []string{"请告诉客户新的时间", "看原因「进度 " + id + "」"}
	default:
		return []string{"看原因「进度 " + id + "」"}
	}
}

func orSome(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func carrierOf(o *orders.Order) string {
	if len(o.Shipments) == 0 {
		return ""
	}
	return carrier(o.Shipments[len(o.Shipments)-1].Carrier)
}

// AboutException tells whether a stored message is the card of an exception.
func AboutException(body json.RawMessage, id int64) bool {
	return strings.Contains(string(body), fmt.Sprintf("结案 %d ", id))
}

// ExceptionSettled is what a card about an exception becomes once it is over, or somebody has it.
func ExceptionSettled(o *orders.Order, x *orders.Exception) Message {
	c := exceptionCard(o, x, nil, time.Time{})
	c.Fields = c.Fields[:2]
	switch {
	case x.State == orders.ExceptionOpen:
		c.Settled = "处理中 " + x.Name
	case x.Name != "" && x.By != orders.SystemActor.Code:
		c.Settled = "已结束 " + join("：", x.Name, x.Note)
	default:
		c.Settled = "已结束 " + x.Note
	}
	return Message{Text: Text(c), Card: c}
}

// ExceptionOver tells that an exception has solved itself.
func ExceptionOver(o *orders.Order, x *orders.Exception) Message {
	return Message{Text: fmt.Sprintf("%s %s 已解除，%s", string(o.ID), x.Words(), x.Note)}
}

// Offer is what may stand in for a line that lacks stock.
type Offer struct {
	Line    int // index
	Instead []*orders.Product
}

// Offers tells the salesperson how an order that lacks stock may be helped; false where nothing is known.
func Offers(o *orders.Order, x *orders.Exception, offers []Offer) (Message, bool) {
	rows := []string{x.Words() + " " + string(o.ID) + "　" + customerName(o, nil)}
	for _, f := range offers {
		l := &o.Lines[f.Line]
		rows = append(rows, fmt.Sprintf("第 %d 行 %s 缺 %s%s", f.Line+1, l.Name, l.Short(), l.BaseUnit)+expected(l))
		for _, p := range f.Instead {
			rows = append(rows, fmt.Sprintf("　可换 %s %s，现货够：「%s 第%d行换成 %s」", p.Code, p.Title(), o.ID, f.Line+1, p.Code))
		}
	}
	if len(rows) == 1 {
		return Message{}, false
	}
	rows = append(rows, "先问过客户再换；不换就等到货。办完请回复「结案 "+strconv.FormatInt(x.ID, 10)+" 说明」")
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}, true
}

// DelayTask asks the account manager to talk to the customer about a delay of a day or more.
func DelayTask(s *Signer, o *orders.Order, x *orders.Exception, v ExceptionView) Message {
	c := exceptionCard(o, x, v.Catalog, v.Now)
	c.Title = "请视频或电话说明延误 " + string(o.ID)
	c.Desc = x.Words()
	phone, name := o.Phone, o.Contact
	if customer := v.Catalog.Customer(o.Customer); customer != nil && phone == "" {
		phone, name = customer.Phone, customer.Contact
	}
	call := "客户没有留电话，请先问业务员"
	if phone != "" {
		call = join(" ", name, phone, "tel:"+phone) + "（视频用企业微信「视频通话」）"
	}
	c.Fields = append([]Field{{"联系", call}}, c.Fields...)
	c.Question = fmt.Sprintf("说明完请回复「结案 %d 说了什么、新的时间」，没有说明不能结案", x.ID)
	c.Buttons = exceptionButtons(s, o, x)
	return Message{Text: Text(c), Card: c}
}

// Meeting calls all roles together about a major delivery risk, with order, causes and options.
func Meeting(o *orders.Order, x *orders.Exception, open []*orders.Exception, v ExceptionView) Message {
	rows := []string{
		"🚨 应急会商 " + string(o.ID) + "（重大交付风险）",
		"参加：" + v.Who,
		"订单：" + join(" · ", customerName(o, nil), fmt.Sprintf("%d 行", len(o.Lines)), o.Status.String()),
	}
	if v.Missing != "" {
		rows[1] += "（名单里没有" + v.Missing + "）"
	}
	for i := range o.Lines {
		if i == 5 {
			rows = append(rows, rest(len(o.Lines)-5))
			break
		}
		w := wordsOf(o, i)
		rows = append(rows, "　"+w.code+" "+w.title+" "+w.both())
	}
	due := wantedBy(o)
	if due == "" {
		due = when(x.Since)
	}
	if delay := v.Now.Sub(x.Since); delay > 0 {
		due += "，已晚 " + span(delay)
	}
	rows = append(rows, "应到："+due)
	var why []string
	for _, y := range open {
		if !y.IsLate() {
			why = append(why, y.Kind.String())
		}
	}
	why = append(why, holdUp(o, v.Catalog, v.Now, false)...)
	rows = append(rows, "原因："+strings.Join(why, "；"), "办法：")
	var options []string
	if !o.Covered() && len(o.Shipments) == 0 {
		options = append(options, "从别的仓调拨，或换同类产品（问过客户）", "有多少先发多少，其余到货补发")
	}
	if o.Status == orders.StatusPendingApproval {
		options = append(options, "审批人现在就定：「同意 "+string(o.ID)+"」")
	}
	if len(o.Shipments) > 0 {
		options = append(options, "换一家承运商重发，或专车送")
	}
	options = append(options, "开绿色通道：「绿色通道 "+string(o.ID)+"」", "和客户重新约时间，或取消")
	for i, option := range options {
		rows = append(rows, fmt.Sprintf("%d. %s", i+1, option))
	}
	rows = append(rows, fmt.Sprintf("定了请回复「结案 %d 决定」", x.ID))
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// Countdown tells that so many percent of an urgent order's time are over.
func Countdown(o *orders.Order, x *orders.Exception, percent string, now time.Time) Message {
	return Message{Text: join("\n", fmt.Sprintf("⏱ 【加急】%s 时间已过 %s%%，%s", o.ID, percent, Remaining(x.At, now)),
		customerName(o, nil)+"　"+o.Status.String(), strings.Join(holdUp(o, nil, now, false), "；"))}
}

// Remaining says how much time is left until a moment: 还剩 35 小时（3月13日 10:00 前）.
func Remaining(until, now time.Time) string {
	if left := until.Sub(now); left > 0 {
		return fmt.Sprintf("还剩 %s（%s前）", span(left), when(until))
	}
	return fmt.Sprintf("已超 %s（应在 %s前）", span(now.Sub(until)), when(until))
}

// Exceptions lists the exceptions that are open, the most pressing first.
func Exceptions(list []*orders.Exception, named func(orders.OrderID) string, whose string, now time.Time) Message {
	if len(list) == 0 {
		return Message{Text: strings.TrimSuffix(whose, "的") + "没有还在处理的异常（" + when(now) + "）"}
	}
	blocks := make([]string, len(list))
	for i, x := range list {
		who := "等" + x.Role.String() + "处理"
		if x.Name != "" {
			who = x.Name + "在处理"
		}
		due := when(x.Due) + "前"
		if !x.Due.After(now) {
			due = "⚠️ 已超时（" + when(x.Due) + "）"
		}
		blocks[i] = join(" ", x.Words(), string(x.Order), named(x.Order)) + "\n　" + join("，", who, due)
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 件没有列出", left)
		}
		return "「处理异常 编号」我来办，「结案 编号 说明」办完"
	}
	head := func(int) string { return fmt.Sprintf("%s异常 %d 件", whose, len(list)) }
	return Message{Text: fill(TextLimit, blocks, 1, head, tail)[0]}
}
