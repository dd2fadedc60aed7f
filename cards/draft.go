package cards

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orderbot/orders"
)

// DraftView is what a draft shows besides the order itself.
type DraftView struct {
	Customer *orders.Customer // nil while it is asked about
	Exposure orders.Money     // of the customer, without this order
	Link     string           // a signed link to the whole order; empty: there is none
	// ForCustomer leaves out what only the staff sees: credit, stock that suffices.
	ForCustomer bool
	Note        string // said first: 已按您说的改好
	Rows        int    // how many rows the table had that was read; 0: no table
	Reasons     []orders.Reason
	Promise     *orders.Promise // when it is expected to be there; nil: not known yet
	Moves       []string        // of an urgent draft: which orders it would go before
	Substitutes *Substitutes    // for a line that lacks stock; nil: none
	Part, Parts int             // of several orders in one message, from 1
	// Announced: something was said already (收到，正在识别), so that one text has to do for the lines. A
	// member of WeCom gets three messages for a draft at most (interfaces, rules of the road).
	Announced bool
}

// Draft shows a draft: the lines as one or two texts, then a card with everything else and the
// one thing to do next: answer a question, or confirm. A field that is asked about is shown as "?".
func Draft(s *Signer, o *orders.Order, v DraftView) []Message {
	title := "订单草稿 " + string(o.ID)
	if o.Revision > 1 {
		title += fmt.Sprintf("（第 %d 版）", o.Revision)
	}
	blocks := make([]string, len(o.Lines))
	rows := make([]string, len(o.Lines))
	for i := range o.Lines {
		w := wordsOf(o, i)
		if v.ForCustomer {
			w.available = ""
			w.special = strings.ReplaceAll(w.special, "审批", "审核") // as all is called that a customer reads
		}
		rows[i] = w.row()
		if w.special != "" {
			rows[i] += "（" + w.special + "）"
		}
		last := remembered(o, i, v.Reasons, v.ForCustomer)
		if last != "" {
			rows[i] += "（按上次）"
		}
		blocks[i] = join("\n", w.full(i+1), last)
	}
	head := func(n int) string {
		if n > 0 {
			return title + "（续）"
		}
		return join("\n", v.Note, join(" · ", title, customerName(o, v.Customer), fmt.Sprintf("%d 行", len(o.Lines))))
	}
	tail := func(left int) string {
		count := fmt.Sprintf("共 %d 行", len(o.Lines))
		if v.Rows > 0 {
			count = fmt.Sprintf("原表 %d 行，读到 %d 行", v.Rows, len(o.Lines))
			if v.Rows != len(o.Lines) {
				count += "，请核对有没有漏"
			}
		}
		total := join("\n", join("，", count, "合计 "+total(o)), strings.Join(v.Moves, "\n"), strings.Join(stagedRows(o, true), "\n"), unfit(o))
		switch {
		case left == 0:
			return total
		case v.Link != "":
			return rest(left) + "：" + v.Link + "\n" + total
		default:
			return rest(left) + "，回复「明细 " + string(o.ID) + "」查看\n" + total
		}
	}
	var out []Message
	if len(o.Lines) > 0 {
		texts := 2
		if v.Announced {
			texts = 1
		}
		for _, text := range fill(TextLimit, blocks, texts, head, tail) {
			out = append(out, Message{Text: text})
		}
	}

	c := &Card{Title: title, Amount: total(o), Fields: draftFields(o, v), Lines: rows, Urgent: o.Urgent, Risk: !v.ForCustomer && len(o.RiskMarks()) > 0}
	if v.Parts > 1 {
		c.Desc = fmt.Sprintf("这条消息里的第 %d 单，共 %d 单", v.Part, v.Parts)
	}
	if len(o.Lines) == 0 {
		c.Desc = join("　", v.Note, c.Desc)
	}
	if v.Link != "" {
		c.Link = &Link{Text: "查看整张订单", URL: v.Link}
	}
	draftButtons(s, c, o, v.Substitutes, v.ForCustomer)
	if len(v.Reasons) > 0 && len(c.Buttons) < wecomButtons {
		c.Buttons = append(c.Buttons, Button{Text: "依据", Style: Normal, Action: s.Sign(Action{Verb: ShowBasis, Order: o.ID, Version: o.Revision})})
	}
	m := Message{Text: Text(c), Card: c}
	isOpen := slices.ContainsFunc(o.Questions, func(q orders.Question) bool { return q.Blocking() })
	if v.ForCustomer && v.Substitutes != nil && !isOpen {
		m.Menu = v.Substitutes.says(o)
	}
	for _, b := range c.Buttons {
		if b.Say != "" && !strings.Contains(b.Say, "…") {
			m.Menu = append(m.Menu, b.Say)
		}
	}
	return append(out, m)
}

// total is the sum of an order, marked where lines are still open.
func total(o *orders.Order) string {
	s := o.Payable().String()
	if o.Freight.Amount > 0 {
		s += "（含运费 " + o.Freight.Amount.String() + "）"
	}
	for i := range o.Lines {
		if w := wordsOf(o, i); w.amount == "" || w.amount == "?" {
			return s + "（不含未定的行）"
		}
	}
	return s
}

func customerName(o *orders.Order, c *orders.Customer) string {
	switch {
	case o.Customer == "" || asked(o, "customer"):
		return "客户 ?"
	case o.CustomerName != "":
		return o.CustomerName
	case c != nil:
		return c.Name
	default:
		return string(o.Customer)
	}
}

// Twin puts an order beside an earlier one with the same goods.
func Twin(earlier, o *orders.Order, at time.Time) string {
	goods := make([]string, 0, len(o.Lines))
	for i := range o.Lines {
		goods = append(goods, o.Lines[i].Name+" "+o.Lines[i].Quantity.String()+o.Lines[i].Unit)
	}
	const most = 4
	if len(goods) > most {
		goods = append(goods[:most], fmt.Sprintf("等 %d 行", len(o.Lines)))
	}
	side := func(number string, o *orders.Order, more ...string) string {
		return join(" · ", append([]string{"· " + number}, append(more, strings.Join(goods, "、"), wantedBy(o), o.Address)...)...)
	}
	number := "这一单"
	if o.ID != "" {
		number = string(o.ID)
	}
	return strings.Join([]string{
		"是不是重复下单？同一客户有一单一样的：",
		side(string(earlier.ID), earlier, at.Format("1月2日 15:04"), earlier.Source.Name, earlier.Status.String()),
		side(number, o),
		"还要就点「确认下单」，或回复「还是要」；重复了点「是重复的」",
	}, "\n")
}

// IsTwin is the Arg of a Cancel because the order is the same as an earlier one.
const IsTwin = "twin"

// draftFields lists what a draft says besides its lines. Wanted date and address are always there.
func draftFields(o *orders.Order, v DraftView) []Field {
	contact, phone, address := o.Contact, o.Phone, o.Address
	if c := v.Customer; c != nil {
		if contact == "" && phone == "" {
			contact, phone = c.Contact, c.Phone
		}
		if address == "" {
			address = c.Address
		}
	}
	show := func(field, value, none string) string {
		switch {
		case asked(o, field):
			return "?"
		case value == "":
			return none
		default:
			return value
		}
	}
	stop := "" // without open questions it stands where these would
	if slices.ContainsFunc(o.Questions, func(q orders.Question) bool { return q.Blocking() }) {
		stop = findings(o, orders.EffectBlock)
	}
	risk := ""
	if !v.ForCustomer {
		risk = strings.Join(o.RiskMarks(), "；")
	}
	fields := []Field{
		{"客户", show("customer", customerName(o, v.Customer), "?")},
		{"⚠️ 风险", risk},
		{"不能下单", stop},
		{"交期", show("deliver_by", wantedBeside(o, v.Promise, ""), "没写，按常规安排")},
		{"地址", show("address", address, "没写")},
	}
	if short := shortages(o); short > 0 {
		fields = append(fields, Field{"库存", fmt.Sprintf("⚠️ %d 行库存不足", short)})
	}
	if o.Urgent {
		words := "48 小时内要货"
		if o.UrgentWords != "" {
			words = "原文「" + o.UrgentWords + "」"
		}
		fields = append(fields, Field{"加急", words + "，不急请回复「不加急」"})
	}
	fields = append(fields,
		Field{"收货人", join(" ", show("contact", contact, ""), show("phone", phone, ""))},
		Field{"预计", promiseInShort(v.Promise)},
	)
	var last []string
	for k := range v.Reasons {
		if w := &v.Reasons[k]; w.Rule == "remembered" && w.Asked != nil && !asked(o, w.Field) {
			last = append(last, "「"+clip(oneLine(w.Asked.Said), 12)+"」")
		}
	}
	if len(last) > 0 {
		fields = append(fields, Field{"按上次", clip(strings.Join(last, ""), wecomFactValue)})
	}
	if !v.ForCustomer {
		fields = append(fields, Field{"提醒", findings(o, orders.EffectApprove, orders.EffectWarn)})
	}
	if c := v.Customer; c != nil && !v.ForCustomer && c.CreditLimit != nil {
		fields = append(fields, Field{"信用", credit(v.Exposure+o.Receivable(), *c.CreditLimit)})
	}
	fields = append(fields,
		Field{"付款", show("payment", o.Payment, "")},
		stagedFields(o)[0],
		stagedFields(o)[1],
		Field{"物流", show("carrier", carrier(o.Carrier), "")},
		Field{"客户单号", show("po", o.PO, "")},
		Field{"备注", o.Note},
		Field{"特殊要求", show(orders.FieldRequirement, o.SpecialRequirement(), "")},
	)
	fields = append(fields, extras(o)...)
	if !v.ForCustomer {
		fields = append(fields, Field{"报关资料", papers(o)})
	}
	charge := freight(o)
	if v.ForCustomer && charge != "" { // what a rule is called is the firm's business
		charge = o.Freight.Amount.String()
	}
	fields = append(fields, Field{"运费", charge}, Field{"应收", receivable(o)})
	if !v.ForCustomer {
		fields = append(fields, Field{"归类", classes(o)})
	}
	if c := v.Customer; c != nil && !v.ForCustomer {
		fields = append(fields, Field{"医院等级", c.HospitalLevel})
	}
	return fields
}

// freight says what the freight is and by which rule, "" where the rules say nothing of it.
func freight(o *orders.Order) string {
	switch {
	case o.Freight.Rule == "":
		return ""
	case o.Freight.IsElsewhere():
		return o.Freight.Rule
	case o.Freight.Amount == 0:
		return "包邮（" + o.Freight.Rule + "）"
	default:
		return o.Freight.Amount.String() + "（" + o.Freight.Rule + "）"
	}
}

// classes says what an order was sorted into: 区域 华东一区，产品线 耗材线、设备线，计价模式 寄售.
func classes(o *orders.Order) string {
	var out []string
	for _, kind := range orders.ClassKinds {
		if names := o.ClassNames(kind); len(names) > 0 {
			out = append(out, kind.String()+" "+strings.Join(names, "、"))
		}
	}
	return strings.Join(out, "，")
}

// extras are the fields that only some orders have.
func extras(o *orders.Order) []Field {
	var out []Field
	if o.Slot != nil {
		out = append(out, Field{"技术指导", o.Slot.String()})
	}
	for _, name := range slices.Sorted(maps.Keys(o.Extra)) {
		out = append(out, Field{name, o.Extra[name]})
	}
	return append(out, Field{"拆分合并", kin(o)})
}

// papers says which customs papers an order has and lacks: 资料不齐，缺 原产地证; "" where it needs none.
func papers(o *orders.Order) string {
	missing := o.MissingPapers()
	switch {
	case len(o.Papers) == 0:
		return ""
	case len(missing) == 0:
		return "已齐"
	default:
		return "资料不齐，缺 " + strings.Join(missing, "、")
	}
}

// shortages counts the lines for which there is too little stock.
func shortages(o *orders.Order) int {
	n := 0
	for i := range o.Lines {
		if w := wordsOf(o, i); w.shortage != "" {
			n++
		}
	}
	return n
}

// receivable says what of an order is owed by ordering, "" where that is all of it.
func receivable(o *orders.Order) string {
	now := o.Receivable()
	if now == o.Payable() {
		return ""
	}
	return fmt.Sprintf("下单计 %s，其余 %s 用后结算", now, o.Payable()-now)
}

// credit writes what of a limit is used, this order included.
func credit(used, limit orders.Money) string {
	s := "含本单占用 " + round(used) + "，额度 " + round(limit)
	if used > limit {
		return s + "，超出 " + round(used-limit)
	}
	return s + "，剩余 " + round(limit-used)
}

// remark begins what is only to be looked at.
const remark = "请留意："

// Of the options of a question so many are listed, and so many of these become buttons: a card has
// room for six, and three are always there.
const (
	listMost   = 5
	chooseMost = 3
)

// draftButtons adds the open question with its options, and what can be done with the draft.
func draftButtons(s *Signer, c *Card, o *orders.Order, instead *Substitutes, forCustomer bool) {
	act := func(text string, style Style, verb Verb, arg, say string) {
		c.Buttons = append(c.Buttons, Button{
			Text: text, Style: style, Say: say,
			Action: s.Sign(Action{Verb: verb, Order: o.ID, Version: o.Revision, Arg: arg}),
		})
	}
	var open []*orders.Question
	var remarks []string
	for i := range o.Questions {
		if q := &o.Questions[i]; q.Blocking() {
			open = append(open, q)
		} else {
			remarks = append(remarks, q.Text)
		}
	}
	for i := range o.Findings {
		if f := &o.Findings[i]; f.Ask != "" && f.Effect == orders.EffectWarn {
			remarks = append(remarks, f.Text)
		}
	}
	confirm := Primary
	switch {
	case len(open) > 0:
		confirm = Normal
		q := open[0]
		c.Question = q.Text
		labels := make([]string, 0, listMost)
		for i, option := range q.Options[:min(len(q.Options), listMost)] {
			label := option
			if i < len(q.Labels) && q.Labels[i] != "" {
				label = q.Labels[i]
			}
			labels = append(labels, label)
		}
		if len(labels) == 0 {
			c.Question += "（请直接回复）"
		}
		short := buttonTexts(labels)
		for i, label := range labels {
			c.Question += fmt.Sprintf("\n%d. %s", i+1, label)
			if i < chooseMost {
				act(short[i], Primary, Choose, q.Options[i], label)
			}
		}
		if len(labels) > chooseMost {
			c.Question += "\n（也可以直接回复编号）"
		}
		if len(open) > 1 {
			c.Question += fmt.Sprintf("\n（定了这个，还有 %d 处要定）", len(open)-1)
		}
	case instead != nil:
		c.Question = instead.question(o, forCustomer)
		for i, text := range buttonTexts(instead.labels()) {
			c.Buttons = append(c.Buttons, Button{
				Text: text, Style: Normal,
				Action: s.Sign(Action{Verb: Swap, Order: o.ID, Version: o.Revision, Node: instead.Line, Arg: string(instead.Options[i].Product.Code)}),
			})
		}
		fallthrough
	case len(remarks) > 0:
		if len(remarks) > 0 {
			c.Question = join("\n", c.Question, remark+strings.Join(remarks, "\n"))
		}
	}
	if len(open) == 0 && len(o.Blocks()) > 0 {
		confirm = Normal
		c.Question = join("\n", stopped(o, forCustomer), c.Question)
	}
	id := string(o.ID)
	say, amend := "确认 "+id, id+" 数量改成 …"
	if len(open) > 0 {
		say, amend = "", "" // the words that help now are the answer's
	}
	act("确认下单", confirm, Confirm, "", say)
	act("修改", Normal, Amend, "", amend)
	if o.IsTwin() {
		act("是重复的", Danger, Cancel, IsTwin, "取消 "+id)
		return
	}
	act("取消", Danger, Cancel, "", "取消 "+id)
}

// stopped says why a draft can't be confirmed as it is, and what helps.
func stopped(o *orders.Order, forCustomer bool) string {
	s := "不能下单：" + findings(o, orders.EffectBlock) + "\n改好再确认"
	if !forCustomer && !slices.ContainsFunc(o.Blocks(), func(f orders.Finding) bool { return f.Role == "" }) {
		s += "；要破例请回复「特批 " + string(o.ID) + " 原因」"
	}
	return s
}

// buttonTexts makes labels short enough for buttons and keeps them apart: as they are, or their
// number with what they don't have in common, or with its first word, or their number alone.
func buttonTexts(labels []string) []string {
	fits := true
	for _, l := range labels {
		fits = fits && utf8.RuneCountInString(l) <= wecomButton
	}
	if fits {
		return labels
	}
	tails := labels
	if len(labels) > 1 {
		n := commonPrefix(labels)
		tails = make([]string, len(labels))
		for i, l := range labels {
			tails[i] = strings.TrimSpace(string([]rune(l)[n:]))
		}
	}
	words := make(map[string]int) // that tails begin with
	for _, tail := range tails {
		word, _, _ := strings.Cut(tail, " ")
		words[word]++
	}
	out := make([]string, len(labels))
	for i, tail := range tails {
		word, _, _ := strings.Cut(tail, " ")
		out[i] = fmt.Sprintf("%d. %s", i+1, tail)
		if utf8.RuneCountInString(out[i]) > wecomButton && words[word] == 1 {
			out[i] = fmt.Sprintf("%d. %s", i+1, word)
		}
		if word == "" || utf8.RuneCountInString(out[i]) > wecomButton {
			out[i] = fmt.Sprintf("选 %d", i+1)
		}
	}
	return out
}

// commonPrefix counts the characters with which all labels begin, without breaking a word of
// letters and digits.
func commonPrefix(labels []string) int {
	first := []rune(labels[0])
	n := len(first)
	for _, l := range labels[1:] {
		r := []rune(l)
		n = min(n, len(r))
		for i := range n {
			if r[i] != first[i] {
				n = i
				break
			}
		}
	}
	for n > 0 && first[n-1] < utf8.RuneSelf && first[n-1] != ' ' {
		n--
	}
	return n
}
