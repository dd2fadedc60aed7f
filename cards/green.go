package cards

import (
	"strconv"
	"strings"

	"orderbot/orders"
)

// greenHours is how long a channel lasts that is opened by the card, in words.
var greenHours = strconv.Itoa(int(orders.GreenUsual.Hours())) + " 小时"

// GreenArg packs switches for [Action].Arg.
func GreenArg(s orders.GreenSwitches) string {
	n := s.Urgency
	for i, isOn := range []bool{s.SkipCredit, s.Safety, s.Production, s.Customs} {
		if isOn {
			n |= 4 << i
		}
	}
	return strconv.Itoa(n)
}

// GreenSwitches is the reverse of [GreenArg].
func GreenSwitches(arg string) orders.GreenSwitches {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 || n&3 == 3 {
		return orders.GreenSwitches{}
	}
	return orders.GreenSwitches{Urgency: n & 3, SkipCredit: n&4 != 0, Safety: n&8 != 0, Production: n&16 != 0, Customs: n&32 != 0}
}

// GreenCard offers the five switches of an order's green channel as they are set; nothing is done before 开通 is pressed.
func GreenCard(s *Signer, o *orders.Order, set orders.GreenSwitches) Message {
	id := string(o.ID)
	c := &Card{
		Title: "绿色通道 " + id, Desc: "点开关选好，再点「开通」才生效；开通后 " + greenHours + "自动结束", Amount: o.Payable().String(), Urgent: o.Urgent,
		Fields: []Field{{"客户", customerName(o, nil)}, {"状态", o.Status.String()}, {"现在", green(o)}},
	}
	act := func(text string, style Style, verb Verb, want orders.GreenSwitches) {
		b := Button{Text: text, Style: style, Action: s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Node: o.GreenSerial(), Arg: GreenArg(want)})}
		if verb == OpenGreen {
			b.Say = "绿色通道 " + id + " 特急 跳过信用复核 启用安全库存 直达生产 报关预申报 48小时 原因"
		}
		c.Buttons = append(c.Buttons, b)
	}
	next := set
	next.Urgency = (set.Urgency + 1) % len(orders.Urgencies)
	level := orders.Urgencies[set.Urgency]
	if level == "" {
		level = "不变"
	}
	look := func(isOn bool) Style { return map[bool]Style{true: Primary, false: Normal}[isOn] }
	act("紧急等级："+level, look(set.Urgency > 0), GreenToggle, next)
	for _, x := range []struct {
		word string
		of   func(*orders.GreenSwitches) *bool
	}{
		{"跳过信用复核", func(s *orders.GreenSwitches) *bool { return &s.SkipCredit }},
		{"启用安全库存", func(s *orders.GreenSwitches) *bool { return &s.Safety }},
		{"直达生产", func(s *orders.GreenSwitches) *bool { return &s.Production }},
		{"报关预申报", func(s *orders.GreenSwitches) *bool { return &s.Customs }},
	} {
		next = set
		isOn := x.of(&next)
		mark := map[bool]string{true: "☑ ", false: "☐ "}[*isOn]
		style := look(*isOn)
		*isOn = !*isOn
		act(mark+x.word, style, GreenToggle, next)
	}
	act("开通", Danger, OpenGreen, set)
	return Message{Text: Text(c), Card: c}
}

// GreenSettled is what the card becomes once the channel is another than it showed.
func GreenSettled(o *orders.Order) Message {
	c := &Card{Title: "绿色通道 " + string(o.ID), Urgent: o.Urgent, Fields: []Field{{"客户", customerName(o, nil)}, {"状态", o.Status.String()}}}
	switch g := o.Green; {
	case g == nil:
		c.Settled = "已作废 订单后来改过"
	case g.State == orders.GreenClosed:
		c.Settled = "已结束 " + green(o)
	default:
		c.Settled = "已开通 " + green(o)
	}
	return Message{Text: Text(c), Card: c}
}

// green says what the order's green channel does, who has opened it and until when, "" where there never was one.
func green(o *orders.Order) string {
	g := o.Green
	if g == nil {
		return ""
	}
	s := join("，", g.Words(), g.Name+"开通", when(g.From)+" 到 "+when(g.Until))
	if g.State == orders.GreenClosed || o.Status.Ended() {
		s += "（已结束）"
	}
	return s
}

// GreenTask tells who has to act at once because of a green channel what to do.
func GreenTask(o *orders.Order, what string) Message {
	rows := []string{"【绿色通道】" + what + " " + string(o.ID), "客户：" + customerName(o, nil)}
	for i := range o.Lines {
		w := wordsOf(o, i)
		rows = append(rows, join(" ", w.code, w.title, w.both()))
	}
	if o.Wanted() != "" {
		rows = append(rows, "客户要在 "+wantedBy(o)+" 收到")
	}
	if p := papers(o); p != "" {
		rows = append(rows, "报关资料："+p)
	}
	rows = append(rows, o.Green.Name+"开通，到 "+when(o.Green.Until)+" 为止；现在就可以办，不用等审批")
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// StopGreen stops planner and purchasing, who may have begun already. became is what became of the order: 已取消.
func StopGreen(o *orders.Order, became, why string) Message {
	return Message{Text: join("\n", "【绿色通道】停止办理 "+string(o.ID)+"："+customerName(o, nil)+"的订单"+became+"。还没办的先不要办，已经办了的请和业务员说一声。", reason(why))}
}
