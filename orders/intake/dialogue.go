package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// dialogue reads a message as part of a conversation that has drafts: as an answer, a change, a
// confirmation. ok is false where it is about something else.
func (r *reading) dialogue() (res Result, next *Thread, ok bool) {
	x, s := r.x, r.s
	res = Result{ID: r.msg.ID}
	old := r.thread
	which := r.whichDraft()
	draft := old.Orders[which]
	draft.Lines = slices.Clone(draft.Lines)
	ref := s.refOf(r.text, true)
	if ref != "" && ref != RefLast {
		return res, nil, false
	}
	// the draft's customer, unless another is named
	cust, known := x.customerOf(draft.Customer)
	if draft.Customer == "" {
		known = false
	}
	var named []int32
	for _, sec := range r.secs {
		if sec.named {
			named = append(named, sec.customers...)
		}
	}
	if len(named) == 0 && !known && len(r.secs) == 1 && len(r.secs[0].customers) > 0 && s.sales {
		named = r.secs[0].customers
	}
	custAsk := r.askOf(fmt.Sprintf("orders[%d].customer", which))
	if custAsk != nil && len(named) == 0 {
		named = r.customerByPart(custAsk.Options)
		if n := r.picked(".customer"); n > 0 {
			if id, ok := x.customerOf(custAsk.Options[min(n, len(custAsk.Options))-1]); ok {
				named = []int32{id}
			}
		}
	}
	if custAsk != nil && len(named) > 1 {
		var in []int32
		for _, id := range named {
			if slices.Contains(custAsk.Options, string(x.customer(id).Code)) {
				in = append(in, id)
			}
		}
		if len(in) > 0 {
			named = in
		}
	}
	moved := len(named) == 1 && (!known || named[0] != cust)
	who := scope{}
	switch {
	case len(named) == 1:
		who = x.scopeOf(named[0])
	case known:
		who = x.scopeOf(cust)
	}
	who.work = &work{}
	b := &builder{s: s, who: who, unclear: s.dropHalves()}
	for i := range draft.Lines {
		b.items = append(b.items, r.lineOf(which, i, who))
	}
	for _, it := range b.items {
		if it.kept == nil && b.ctx == nil {
			b.ctx = it.m // 前的3套: of the goods that were asked about
		}
	}
	b.base = len(b.items)
	before := len(b.items)
	switch {
	case len(s.turns) > 0:
		r.readTurns(b, &section{from: 0, to: len(s.r)})
	case r.picked(".product") > 0 || r.picked(".customer") > 0: // 2
	default:
		b.read(0, len(s.r))
	}
	b.strangers(len(named) > 0)
	mistaken := says(r.text, []string{"发错", "搞错", "弄错", "写错", "错了", "不是", "搞岔", "弄岔", "搞混", "弄混"})
	if moved && mistaken {
		items := slices.Clone(b.items[:b.base])
		for _, it := range b.items[b.base:] {
			if it.res.product >= 0 || len(it.res.options) > 0 {
				items = append(items, it)
			}
		}
		b.items = items
	}
	newGoods := 0
	for _, it := range b.items[b.base:] {
		if !it.gift {
			newGoods++
		}
	}
	fresh := says(r.text, []string{"下单", "新单", "另外下", "再下一单", "再来一单"})
	if len(r.secs) > 1 || newGoods > 0 && !mistaken && (moved && known && s.sales || fresh || r.ownOrder(b, which, named)) {
		return res, nil, false
	}
	if says(r.text, askWords) && newGoods == 0 && !b.changed && len(b.loose) == 0 {
		return res, nil, false
	}
	b.perEach()
	b.settleOwn()
	b.applyDeals()
	r.answer(b, which)
	b.swapsSaid()
	var f facts2
	s.gather(0, len(s.r), &f)
	f.notes = append(f.notes, s.findNotes(0, len(s.r))...)
	changed := b.changed || len(b.items) != before || moved || newGoods > 0 || b.unclear
	if changed || len(b.touched) > 0 {
		again := len(b.touched) > 0 && len(b.items) == before && !moved && newGoods == 0 && !b.dropped && r.same(b.touched, draft) && !answersDoubt(b.touched, old.Asks, which)
		changed = changed && !again
	}
	yes, no := startsWith(r.text, yesWords), startsWith(r.text, noWords)
	shift := 0
	if f.due() == nil {
		shift = dayShift(r.text)
	}
	calmed := draft.Urgent && noHurry.MatchString(r.text)
	facts := shift != 0 || calmed || f.due() != nil || f.carrier != "" || f.address != "" || f.contact != "" || f.phone != "" || f.badly != "" || f.payment != "" || f.po != "" || len(f.urgent) > 0 || r.onlyRemarks(&f)
	doubted := slices.ContainsFunc(old.Asks, func(a Ask) bool { return a.Reason == ReasonUnusual || a.Reason == ReasonConflict })
	switch {
	case allOff.MatchString(r.text), says(r.text, []string{"整单不要", "整单撤", "整单取消", "整张单", "全撤了", "全撤掉", "都撤了"}) && says(r.text, cancelWords2):
		res.Intent, res.Ref = IntentCancel, ref
		return res, &Thread{}, true
	case !changed && !facts:
		switch {
		case says(r.text, cancelWords2) && !r.refusesSomething() && (ref == RefLast || len([]rune(strings.TrimSpace(r.text))) < 24) && len(b.answers) == 0:
			res.Intent, res.Ref = IntentCancel, ref
			return res, &Thread{}, true
		case no:
			res.Intent = IntentDeny
			return res, old.clone(), true
		case yes && (len(old.Asks) == 0 || doubted || !pointing.MatchString(strings.TrimLeft(r.text, "是对好行嗯 "))) && (len(b.answers) == 0 || doubted && newGoods == 0) || b.onlyTouched() && !factsChanged.MatchString(r.text):
			res.Intent = IntentConfirm
			n := old.clone()
			n.Asks = nil
			return res, n, true
		}
		if says(r.text, cancelWords2) && r.refusesSomething() {
			res, next = r.askAgain()
			return res, next, true
		}
		return res, nil, false
	case !changed && shift == 0 && !calmed && !r.aboutDelivery(&f):
		if says(r.text, []string{"全不要", "都不要了", "整单不要", "单子不要了", "全部取消", "全取消"}) { // 今天不出摊,全不要了
			res.Intent, res.Ref = IntentCancel, ref
			return res, &Thread{}, true
		}
		return res, nil, false
	case !changed && shift == 0 && f.carrier != "SELF" && !s.hasKind(markDate) && !b.changed && (s.follow().status || s.follow().urge) && !r.nowUrgent(&f):
		return res, nil, false
	}
	// the whole result
	res.Intent = IntentChange
	sec := &section{from: 0, to: len(s.r), items: b.items, b: nil}
	switch {
	case len(named) > 0:
		sec.customers = named
	case known:
		sec.customers = []int32{cust}
	case custAsk != nil:
		for _, o := range custAsk.Options {
			if id, ok := x.customerOf(o); ok {
				sec.customers = append(sec.customers, id)
			}
		}
	}
	sec.facts = f
	ds, asks, words := x.finish([]*section{sec}, r.msg.Time, which)
	if b.unclear {
		asks = append(asks, Ask{Field: fmt.Sprintf("orders[%d].lines", which), Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」说的是哪一样？请连品名一起再发一次。", strings.TrimSpace(r.s.quote(0, len(s.r))))})
	}
	d := ds[0]
	merge(&d, &draft, &f)
	if shift != 0 {
		asks = append(asks, shiftDay(&d, shift, fmt.Sprintf("orders[%d].deliver_by", which), r.msg.Time)...)
	}
	if calmed {
		d.Urgent = false
	}
	res.Explain = r.explain([]*section{sec}, []Draft{d}, asks, which)
	res.unread = s.unreadOf(b, which)
	if len(d.Lines) == 0 && before > 0 && (len(b.answers) > 0 || len(b.loose) > 0 || strings.Contains(r.text, "换")) {
		// all is taken away, and what comes instead was not understood
		n := old.clone()
		n.Asks = append([]Ask{{Field: fmt.Sprintf("orders[%d].lines", which), Reason: ReasonUnknown, Text: fmt.Sprintf("「%s」要换成什么货、多少？", strings.TrimSpace(s.quote(0, len(s.r))))}}, n.Asks...)
		res.Orders, res.Asks, res.Explain = cloneDrafts(n.Orders), slices.Clone(n.Asks), nil
		return res, n, true
	}
	if len(d.Lines) == 0 && before > 0 {
		res.Intent, res.Explain = IntentCancel, nil
		return res, &Thread{}, true
	}
	nextT := old.clone()
	nextT.Orders[which] = d
	for len(nextT.Words) < len(nextT.Orders) {
		nextT.Words = append(nextT.Words, nil)
	}
	nextT.Words[which] = words[0]
	nextT.Asks = nil
	prefix := fmt.Sprintf("orders[%d]", which)
	for _, a := range old.Asks {
		if !strings.HasPrefix(a.Field, prefix+".") {
			nextT.Asks = append(nextT.Asks, a)
			continue
		}
		// questions about lines that were left as they are stay open
		if k, field, ok := lineField(a.Field); ok {
			for n, it := range b.items {
				if it.kept != nil && it.line == k && it.fixed {
					a.Field = fmt.Sprintf("%s.lines[%d].%s", prefix, n, field)
					asks = append(asks, a)
				}
			}
		}
	}
	res.Asks = asks
	nextT.Asks = append(nextT.Asks, asks...)
	res.Orders = cloneDrafts(nextT.Orders)
	res.Asks = slices.Clone(nextT.Asks)
	for _, it := range b.items {
		if it.res.product >= 0 {
			res.Mentions = append(res.Mentions, x.product(it.res.product).Code)
		}
	}
	return res, nextT, true
}

var (
	// shiftLater and shiftSooner fit by how many days a delivery is moved: 推迟一天, 晚两天送, 提前一天.
	shiftLater  = regexp.MustCompile(`(?:推迟|延后|延迟|延期|顺延|往后[推延挪]|晚|延)(?:个)?([0-9一两二三四五六七八九十]+)天`)
	shiftSooner = regexp.MustCompile(`(?:提前|提早|往前[提挪]|早)(?:个)?([0-9一两二三四五六七八九十]+)天`)
	// noHurry fits words that take the hurry from an order.
	noHurry = regexp.MustCompile(`(?:不用|不必|不要|不需要|取消|先不|别)(?:那么|这么|再)?(?:加急|特急|赶|急)|^(?:不急|不着急)(?:了|的|哈|啊)*(?:$|[,。!])`)
)

// dayShift is by how many days the delivery is to be later, less than 0: sooner.
func dayShift(text string) int {
	sign, m := 1, shiftLater.FindStringSubmatch(text)
	if m == nil {
		sign, m = -1, shiftSooner.FindStringSubmatch(text)
	}
	if m == nil || strings.ContainsAny(text, "?吗能") {
		return 0
	}
	n, ok := readNumeral([]rune(m[1]), 0)
	if !ok || n.more || !n.value.IsInteger() || n.value.GreaterThan(decimal.NewFromInt(60)) {
		return 0
	}
	return sign * int(n.value.IntPart())
}

// shiftDay moves the deadline of a draft; where it has none, the day is asked for.
func shiftDay(d *Draft, days int, field string, now time.Time) []Ask {
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, d.DeliverBy); err == nil {
			t = t.AddDate(0, 0, days)
			d.DeliverBy = t.Format(layout)
			end := t
			if layout == time.DateOnly {
				end = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, now.Location())
			}
			d.Urgent = d.UrgentWords != "" || !end.After(now.Add(48*time.Hour))
			if end.Before(now) {
				return []Ask{{Field: field, Reason: ReasonConflict, Text: pastText(d.DeliverBy, now)}}
			}
			return nil
		}
	}
	return []Ask{{Field: field, Reason: ReasonAmbiguous, Text: "改到哪一天送？"}}
}

// refusesSomething tells whether something else than the order itself is not wanted: 枕头先不发, where the draft's goods are called
// otherwise.
func (r *reading) refusesSomething() bool {
	left := slices.Clone(r.s.r)
	for _, m := range r.s.marks {
		if m.kind == markCustomer || m.kind == markPerson || m.kind == markRef || m.kind == markPO || m.kind == markDate {
			for i := m.from; i < m.to; i++ {
				left[i] = '的'
			}
		}
	}
	for part := range strings.FieldsFuncSeq(string(left), func(c rune) bool { return c == ' ' || isBreak(c) }) {
		if !says(part, cancelWords2) || strings.Contains(part, "单") || strings.Contains(part, "全") {
			continue
		}
		n := 0
		for i, rest := 0, []rune(refusal.ReplaceAllString(part, "")); i < len(rest); {
			if k := fillerAt(rest, i); k > 0 {
				i += k
				continue
			}
			if isHan(rest[i]) {
				n++
			}
			i++
		}
		return n > 0 && n <= 4
	}
	return false
}

// refusal fits the words that withdraw an order, and those for orders.
var refusal = regexp.MustCompile(`取消|撤单|撤销|撤了|撤回|撤掉|撤|作废|不要了|别发了|先不发|不做了|不订了|退单|算了|停掉|别送了|不用送了|不要送了|全不要|不要|不发|不用|刚才|刚刚|那单|这单|上一单|上单|订单|单子|整单|单|全部|全都|全|先|都|货|吧|了|个|张|客户|家里|老板|说|没钱|还有`)

// allOff fits a clause that withdraws the order, whatever else the message says: 翻出来一箱旧的,这单撤了吧.
var allOff = regexp.MustCompile(`(?:^|[,。;!\s])(?:那|就|把)*(?:这|那|整|本)(?:一|个|张)*单子?(?:就|也|先|还是|给我|帮我)*(?:撤了|撤掉|撤销|取消|不要了|作废|算了|别发了|不用了|退了)(?:吧|哈|啊|了|呗|嘛)*\s*(?:$|[,。;!])`)

// nowUrgent tells whether the message does nothing but make the draft urgent: 这单加急.
func (r *reading) nowUrgent(f *facts2) bool {
	return len(f.urgent) > 0 && !r.s.follow().status && utf8.RuneCountInString(strings.TrimSpace(r.text)) <= 12 && !says(r.text, []string{"催", "还没", "怎么还", "了吗", "了没"})
}

// remark fits a message that is a remark by its own words: 备注：单独包装.
var remark = regexp.MustCompile(`^\s*(?:订单)?(?:备注|附注|说明|特殊要求|其他要求|包装要求|注意)[ :]`)

// onlyRemarks tells whether the message says nothing but wishes that have no field: 备注：单独包装, 开专票.
func (r *reading) onlyRemarks(f *facts2) bool {
	n := 0
	for _, note := range f.notes {
		n += utf8.RuneCountInString(note) + 1
	}
	return n > 0 && (remark.MatchString(r.text) || remarkVerbs.MatchString(strings.TrimSpace(r.text)) || n >= utf8.RuneCountInString(strings.TrimSpace(r.text)) && !strings.Contains(r.text, "?"))
}

// merge fills d with what the draft said before and the message left alone.
func merge(d, old *Draft, f *facts2) {
	fill := func(p *string, was string) {
		if *p == "" {
			*p = was
		}
	}
	if f.due() == nil {
		d.DeliverBy = old.DeliverBy
		d.Urgent = d.Urgent || old.Urgent
	}
	if len(f.urgent) == 0 && old.Urgent && old.DeliverBy == "" {
		d.Urgent = true
	}
	fill(&d.Carrier, old.Carrier)
	fill(&d.Contact, old.Contact)
	if f.badly == "" {
		fill(&d.Phone, old.Phone)
	}
	fill(&d.Address, old.Address)
	fill(&d.Payment, old.Payment)
	fill(&d.PO, old.PO)
	switch {
	case d.Note == "":
		d.Note = old.Note
	case old.Note != "" && !strings.Contains(old.Note, d.Note):
		d.Note = old.Note + ";" + d.Note
	}
}

func lineField(field string) (int, string, bool) {
	_, rest, ok := strings.Cut(field, ".lines[")
	if !ok {
		return 0, "", false
	}
	n, name, ok := strings.Cut(rest, "].")
	k, err := strconv.Atoi(n)
	return k, name, ok && err == nil
}

// whichDraft chooses the draft that the message is about: that of the customer it names, the one with an open question, else
// the last.
func (r *reading) whichDraft() int {
	n := len(r.thread.Orders)
	if r.draft > 0 {
		return r.draft - 1
	}
	if len(r.secs) == 1 && r.secs[0].named && len(r.secs[0].customers) == 1 {
		code := string(r.x.customer(r.secs[0].customers[0]).Code)
		if k := slices.IndexFunc(r.thread.Orders, func(d Draft) bool { return d.Customer == code }); k >= 0 {
			return k
		}
	}
	for _, a := range r.thread.Asks {
		if k, _, ok := orderField(a.Field); ok && k >= 0 && k < n {
			return k
		}
	}
	return n - 1
}

func (r *reading) askOf(field string) *Ask {
	for i := range r.thread.Asks {
		if r.thread.Asks[i].Field == field {
			return &r.thread.Asks[i]
		}
	}
	return nil
}

// longestWords is how many characters of what a line's goods were called are looked at again.
const longestWords = 200

// lineOf makes an item of a line of the draft.
func (r *reading) lineOf(order, n int, who scope) *wanted {
	x := r.x
	l := r.thread.Orders[order].Lines[n]
	it := &wanted{
		line: n, was: n + 1, gift: l.Gift, fixed: true, kept: &l, from: -1, to: -1, res: resolution{product: -1}, options: l.Options, optionsOf: l.Product,
	}
	if order < len(r.thread.Words) && n < len(r.thread.Words[order]) {
		it.said = r.thread.Words[order][n]
	}
	it.q = quantity{unit: l.Unit, none: l.Quantity == ""}
	if q, err := decimal.NewFromString(l.Quantity); err == nil {
		it.q.value = q
	}
	if p, err := decimal.NewFromString(l.Price); err == nil {
		it.price = &priceTag{value: p, per: l.Unit}
	}
	if id, ok := x.productKey(string(normal(l.Product))); ok && l.Product != "" {
		it.res = resolution{product: id, rule: "draft", head: true}
		it.m = x.mentionOf(id)
		return it
	}
	t := newText(it.said)
	if n := min(len(t.r), longestWords); n < len(t.r) {
		t.r, t.at = t.r[:n], t.at[:n]
	}
	it.m = x.readMention(t, 0, len(t.r), who.own, nil)
	for i := range it.m.at {
		it.m.at[i] += 200000
	}
	it.kept = nil
	it.res = x.resolve(it.m, nil, who, l.Unit)
	if a := r.askOf(fmt.Sprintf("orders[%d].lines[%d].product", order, n)); a != nil {
		it.res = resolution{product: -1, reason: a.Reason, head: a.Key != "", ctx: a.Key == ""}
		for _, o := range a.Options {
			if id, ok := x.productKey(string(normal(o))); ok {
				it.res.options = append(it.res.options, id)
			}
		}
	}
	return it
}

// answer gives words and quantities that stand alone to the lines that were asked about.
func (r *reading) answer(b *builder, order int) {
	asked, said := 0, r.numberedAnswers(b, order)
	for _, a := range r.thread.Asks {
		n, field, ok := lineField(a.Field)
		if !ok || !strings.HasPrefix(a.Field, fmt.Sprintf("orders[%d].", order)) {
			continue
		}
		var it *wanted
		for _, o := range b.items[:min(b.base, len(b.items))] {
			if o.line == n && o.fixed {
				it = o
			}
		}
		if it == nil {
			continue
		}
		switch field {
		case "product":
			if r.halved(b, it) {
				continue
			}
			settled := it.res.product >= 0 && it.res.rule != "draft" // by what was said of it
			if asked++; said[asked] != nil {
				if !settled && r.fitsOption(b, it, said[asked]) {
					b.touch(it)
					it.fixed = false
				}
				continue
			}
			chosen := !settled && r.chooseOption(b, it)
			more := chosen // 白的,多头那种
			for left := len(b.answers); more && it.res.product < 0 && left > 0; left-- {
				more = r.chooseOption(b, it)
			}
			if settled || chosen {
				b.touch(it)
				it.fixed = false
			}
		case "quantity", "unit", "price":
			if field == "price" {
				r.answerPrice(b, it)
				continue
			}
			if k := b.base; a.Reason == ReasonUnusual && len(b.loose) == 0 && len(b.items) == k+1 && b.items[k].res.product < 0 && len(b.items[k].res.options) == 0 && sameUnit(b.items[k].q.unit, it.unitSaid()) {
				b.loose, b.items = append(b.loose, b.items[k].q), b.items[:k] // 手抖手抖 3瓶
			}
			if len(b.loose) > 0 {
				q := b.loose[0]
				if len(b.loose) > 1 || !eachAnswer.MatchString(strings.TrimSpace(r.text)) {
					b.loose = b.loose[1:]
				}
				it.setQuantity(q)
				b.touch(it)
			} else {
				if v, u, ok := r.soleNumber(); ok {
					q := quantity{value: v, unit: u}
					if u != "" && v.IsZero() {
						q.value = it.q.value
					}
					it.setQuantity(q)
					b.touch(it)
				}
			}
		}
	}
	if len(b.loose) == 0 || b.base == 0 || len(b.items) != b.base || b.base > 1 && (b.changed || len(r.thread.Asks) > 0) {
		return
	}
	q := b.loose[0]
	it := b.items[0]
	if b.base > 1 || len(r.thread.Asks) > 0 {
		said := strings.Replace(r.text, string(r.s.r[q.from:q.to]), "", 1)
		if len(b.loose) > 1 || strings.Trim(said, "那就先要来拿改成为加减少多再给我吧了哦啊哈行好够 ,。!~") != "" {
			return // 家里还有2件
		}
		if one := b.oneIn(q); one != nil {
			it = one
		} else if b.base > 1 {
			b.unclear = true
			return
		}
	}
	if r.s.hasKind(markPlus) && (q.bare || sameUnit(q.unit, it.unitSaid())) {
		if slices.ContainsFunc(r.s.marks, func(m mark) bool { return m.kind == markPlus && m.text == "less" && m.to > m.from }) {
			q.value = q.value.Neg() // 少两件
		}
		if q.value = q.value.Add(it.q.value); q.value.IsZero() {
			b.remove(it)
			b.loose = nil
			return
		}
	}
	it.setQuantity(q)
	b.touch(it)
	b.loose = nil
}

// numberedAnswer fits a clause that answers one of several questions by its number: 第二个要B32.
var numberedAnswer = regexp.MustCompile(`(?:^|[,。;\n ])第([一二三四五1-5])(?:个|样|种|行|条|项|款)(?:问题)?(?:就|是|要|用|选|来|拿|:| )*([^,。;\n]+)`)

// numberedAnswers are what clauses say of the goods that were asked about, by the number of the question; nil where the message
// does not count questions, or there is but one.
func (r *reading) numberedAnswers(b *builder, order int) map[int]*mention {
	open := 0
	for _, a := range r.thread.Asks {
		if _, field, ok := lineField(a.Field); ok && field == "product" && strings.HasPrefix(a.Field, fmt.Sprintf("orders[%d].", order)) {
			open++
		}
	}
	text := string(r.s.r)
	found := numberedAnswer.FindAllStringSubmatchIndex(text, -1)
	if open < 2 || len(found) == 0 {
		return nil
	}
	out := map[int]*mention{}
	for _, m := range found {
		n, _ := readNumeral([]rune(text[m[2]:m[3]]), 0)
		from := utf8.RuneCountInString(text[:m[4]])
		to := from + utf8.RuneCountInString(text[m[4]:m[5]])
		out[int(n.value.IntPart())] = b.mention(from, to)
		b.answers = slices.DeleteFunc(b.answers, func(a *mention) bool { return a.from < to && from < a.to })
	}
	r.counted = true
	return out
}

// fitsOption settles a line by words that fit one of its options better than the others.
func (r *reading) fitsOption(b *builder, it *wanted, m *mention) bool {
	best, only := 0, int32(-1)
	for _, o := range r.alike(b, it) {
		c := r.x.cover(o, m)
		if c.toks != 1<<uint(len(m.toks))-1 {
			continue
		}
		switch {
		case c.score > best:
			best, only = c.score, o
		case c.score == best:
			only = -1
		}
	}
	if best == 0 || only < 0 {
		return false
	}
	it.res, it.kept = resolution{product: only, rule: "answer", head: true}, nil
	return true
}

// refusedOption fits what of the options is not wanted: 不要草莓的.
var refusedOption = regexp.MustCompile(`(?:不要|别要|不是|别拿|别发)([^,。;!\n ]{1,8}?)(?:的|那种|那个|味的?)*(?:[,。;!\n ]|$)`)

// refusedOne takes the other of two options where one is refused. refused tells whether any is.
func (r *reading) refusedOne(b *builder, it *wanted) (done, refused bool) {
	text := string(r.s.r)
	for _, f := range refusedOption.FindAllStringSubmatchIndex(text, -1) {
		from := utf8.RuneCountInString(text[:f[2]])
		m := b.mention(from, from+utf8.RuneCountInString(text[f[2]:f[3]]))
		var left []int32
		for _, o := range it.res.options {
			if c := r.x.cover(o, m); c.score == 0 || c.toks != 1<<uint(len(m.toks))-1 {
				left = append(left, o)
			}
		}
		if len(left) == len(it.res.options) || m.empty() {
			continue
		}
		if refused = true; len(left) == 1 && len(it.res.options) == 2 {
			it.res, it.kept = resolution{product: left[0], rule: "answer", head: true}, nil
			return true, true
		}
	}
	return false, refused
}

// eachAnswer fits an amount for each line that was asked about: 各2箱, 都要3件.
var eachAnswer = regexp.MustCompile(`^(?:各|每样|每种|都|全)(?:自|要|来|拿|是|个)*[0-9一二两三四五六七八九十百半]+\p{Han}{0,2}(?:吧|就行|即可)*$`)

// answerPrice takes a number that ends the message, alone in its clause, as the price that was asked about: 漏了个零,780.
func (r *reading) answerPrice(b *builder, it *wanted) {
	t := strings.TrimRight(r.text, " 。!~")
	if i := strings.LastIndexAny(t, ", 。;\n:是"); i >= 0 {
		_, n := utf8.DecodeRuneInString(t[i:])
		t = t[i+n:]
	}
	m, ok := readMoney([]rune(t), 0)
	if !ok || m.doubt != "" || m.to != utf8.RuneCountInString(t) || it.price != nil && it.kept == nil || len(b.items) > b.base {
		return
	}
	it.price, it.total, it.kept, it.fixed = &priceTag{value: m.value, per: it.unitSaid()}, nil, nil, false
	b.touch(it)
}

// halved shares a line out evenly between the two goods that were asked about: 各一半.
func (r *reading) halved(b *builder, it *wanted) bool {
	if len(it.res.options) != 2 || it.q.none || !says(r.text, []string{"各一半", "一半一半", "对半", "各半"}) && strings.Count(r.text, "一半") != 2 {
		return false
	}
	two := it.res.options
	it.q.value = it.q.value.Div(decimal.NewFromInt(2))
	other := *it
	it.res, it.kept, it.fixed = resolution{product: two[0], rule: "answer", head: true}, nil, false
	other.res, other.kept, other.fixed = resolution{product: two[1], rule: "answer", head: true}, nil, false
	b.touch(it)
	b.items = slices.DeleteFunc(b.items, func(o *wanted) bool { return o.from >= 0 && o.q.none })
	for i, o := range b.items {
		if o == it {
			b.items = slices.Insert(b.items, i+1, &other)
			break
		}
	}
	b.answers = nil
	return true
}

// soleNumber reads an answer that is but a number or a unit.
func (r *reading) soleNumber() (decimal.Decimal, string, bool) {
	t := strings.TrimSpace(strings.Trim(r.text, " ,。!~吧的就是要来"))
	if n, ok := readNumeral([]rune(t), 0); ok && n.to == len([]rune(t)) && n.to < 8 { // longer ones are numbers of something
		return n.value, "", true
	}
	if r.x.units[t] > 0 && !slices.Contains(yesWords, t) {
		return decimal.Zero, t, true
	}
	return decimal.Zero, "", false
}

// alike are the goods that the words asked about fit as well as any, where not all of them are among the options: those that
// were shown, or that bear the words as their name.
func (r *reading) alike(b *builder, it *wanted) []int32 {
	if it.m == nil || !it.res.head || it.res.reason != ReasonAmbiguous {
		return it.res.options
	}
	out := slices.Clone(it.res.options)
	covers := r.x.byUnit(r.x.without(r.x.covers(it.m, nil, b.who), it.m), it.q.unit)
	for _, c := range covers {
		if c.score == covers[0].score && !slices.Contains(out, c.id) {
			out = append(out, c.id)
		}
	}
	return out
}

// affirmed are the products that bear a character of m without a negation before it, where others bear it only behind one:
// 带弯的 is 带存水弯 and not 不带存水弯.
func affirmed(x *Lexicon, ids []int32, m *mention) []int32 {
	plainly := func(id int32, c rune) (plain, negated bool) {
		e := x.products[id]
		for _, t := range [...][]rune{e.name(), e.spec.text} {
			for i := range t {
				if t[i] == c && (i == 0 || !negates(t[i-1])) {
					plain = true
				} else if t[i] == c {
					negated = true
				}
			}
		}
		return plain, negated
	}
	for i, c := range m.han {
		if negates(c) || i > 0 && negates(m.han[i-1]) {
			continue
		}
		var out []int32
		denied := false
		for _, id := range ids {
			plain, negated := plainly(id, c)
			if plain {
				out = append(out, id)
			}
			denied = denied || negated && !plain
		}
		if denied && len(out) > 0 {
			return out
		}
	}
	return nil
}

// optionNumber fits a message that is but the number of what was offered.
var optionNumber = regexp.MustCompile(`^(?:我?要|就|那就|是)*(?:(?:选|第|选第)([1-9一二三四五六七八九])(?:个|种|号|款|项|家)?|([1-9])号?)(?:吧|的|就行|就好|可以|了)*$`)

// picked is the number of the option that the whole message names: 2, 选1, 要第2个; 0 if it is none, or the first question that
// offers something is about another field.
func (r *reading) picked(field string) int {
	k := slices.IndexFunc(r.thread.Asks, func(a Ask) bool { return len(a.Options) > 0 })
	if k < 0 || !strings.HasSuffix(r.thread.Asks[k].Field, field) {
		return 0
	}
	m := optionNumber.FindStringSubmatch(strings.Trim(r.text, " ,。.!"))
	if m == nil {
		return 0
	}
	said, _ := readNumeral([]rune(m[1]+m[2]), 0)
	n := int(said.value.IntPart())
	if n > len(r.thread.Asks[k].Options) {
		return 0
	}
	return n
}

// chooseOption settles a line whose goods were asked about, or leaves fewer to choose from: by what the message says of them,
// or 第二个.
func (r *reading) chooseOption(b *builder, it *wanted) bool {
	x := r.x
	options := it.res.options
	done, refused := r.refusedOne(b, it)
	if done {
		return true
	}
	try := func(m *mention) bool {
		if m.empty() {
			return false
		}
		var fit []int32
		top := 0
		all := r.alike(b, it)
		for _, o := range all {
			c := x.cover(o, m)
			if c.toks != 1<<uint(len(m.toks))-1 {
				continue
			}
			if c.score > top {
				fit, top = fit[:0], c.score
			}
			if c.score == top && top > 0 {
				fit = append(fit, o)
			}
		}
		if len(fit) > 1 {
			// said with what was said before
			res := x.resolve(m.plus(it.m), nil, b.who, it.q.unit)
			if res.product >= 0 && slices.Contains(all, res.product) {
				fit = []int32{res.product}
			}
		}
		if len(fit) == 0 || len(fit) == len(all) {
			if said := affirmed(x, all, m); len(said) == 1 {
				fit = said
			}
		}
		if len(fit) == 1 {
			it.res = resolution{product: fit[0], rule: "answer", head: true}
			it.kept = nil
			return true
		}
		if len(fit) > 1 && len(fit) < len(all) {
			it.said = strings.TrimSpace(it.said + " " + b.s.quote(m.from, m.to))
			it.m = m.plus(it.m)
			it.res.options = fit[:min(len(fit), maxShown)]
			it.kept = nil
			return true
		}
		res := x.resolve(m, it.m, b.who, it.q.unit)
		if res.product >= 0 && len(options) == 0 {
			it.res, it.kept = res, nil
			return true
		}
		return false
	}
	picked := r.picked(fmt.Sprintf(".lines[%d].product", it.line))
	for k, w := range [...]string{"第一", "第二", "第三", "第四", "第五"} {
		if (picked == k+1 || !r.counted && strings.Contains(r.text, w)) && k < len(options) {
			it.res, it.kept = resolution{product: options[k], rule: "answer", head: true}, nil
			return true
		}
	}
	for k, m := range b.answers {
		if r.otherGoods(b, m, options) {
			continue
		}
		if try(m) {
			b.answers = slices.Delete(b.answers, k, k+1)
			return true
		}
	}
	for k, q := range b.loose { // 10米的,再加一卷网
		if (q.spec || q.size) && try(b.mention(q.from, q.to)) {
			b.loose = slices.Delete(b.loose, k, k+1)
			return true
		}
	}
	// named with the quantity again
	for i := b.base; i < len(b.items); i++ {
		o := b.items[i]
		named := o.res.product >= 0 && slices.Contains(options, o.res.product)
		if named || o.m != nil && len(options) > 0 && !r.otherGoods(b, o.m, options) && try(o.m) {
			if named {
				it.res = o.res
			}
			it.kept = nil
			it.setQuantity(o.q)
			if o.price != nil {
				it.price, it.total = o.price, o.total
			}
			b.items = slices.Delete(b.items, i, i+1)
			return true
		}
	}
	if n := len(b.items) - 1; len(options) == 0 && n == b.base && b.items[n].res.product >= 0 && !b.items[n].gift && sameUnit(b.items[n].q.unit, it.q.unit) && b.items[n].q.value.Equal(it.q.value) && !it.q.none && !r.joins() {
		it.res, it.kept = b.items[n].res, nil // 鸡蛋2箱, where 2箱 of something unknown were asked about
		if b.items[n].price != nil {
			it.price, it.total = b.items[n].price, b.items[n].total
		}
		b.items = b.items[:n]
		return true
	}
	m := x.readMention(b.s.t, 0, len(b.s.r), b.who.own, nil)
	return !refused && !r.counted && len(b.s.r) <= 12 && len(b.touched) == 0 && len(b.items) == b.base && try(m)
}

// otherGoods tells whether m names goods that are none of the options.
func (r *reading) otherGoods(b *builder, m *mention, options []int32) bool {
	res := r.x.resolve(m, nil, b.who, "")
	return res.product >= 0 && res.residue == 0 && res.head && !slices.Contains(options, res.product)
}

// same tells whether the touched lines are as they were.
func (r *reading) same(touched []*wanted, d Draft) bool {
	for _, it := range touched {
		if it.line < 0 || it.line >= len(d.Lines) || it.res.product < 0 || it.res.rule == "answer" {
			return false
		}
		l := d.Lines[it.line]
		if l.Product != string(r.x.product(it.res.product).Code) || it.q.none || it.price != nil && trim(it.price.value) != l.Price {
			return false
		}
		if a, ok := in(r.x.product(it.res.product), it.q.value, it.q.unit); !ok || trim(a.base) != l.BaseQuantity {
			return false
		}
	}
	return true
}

// answersDoubt tells whether the quantity of a touched line of an order was asked about because it could not be read: saying it again
// is the answer.
func answersDoubt(touched []*wanted, asks []Ask, order int) bool {
	return slices.ContainsFunc(asks, func(a Ask) bool {
		return a.Reason != ReasonUnusual && a.Reason != ReasonConflict && slices.ContainsFunc(touched, func(it *wanted) bool {
			return a.Field == fmt.Sprintf("orders[%d].lines[%d].quantity", order, it.line)
		})
	})
}

// onlyTouched tells whether lines of the draft were spoken of and no other goods.
func (b *builder) onlyTouched() bool { return len(b.touched) > 0 && len(b.items) == b.base }

// perEach works out gifts for each one of something ordered: 每台送2盒.
func (b *builder) perEach() {
	for _, it := range b.items {
		if it.fixed || it.from < 0 {
			continue
		}
		start := it.from
		for start > 0 && !strings.ContainsRune(",。;\n!?", b.s.r[start-1]) {
			start--
		}
		if !it.gift && index(b.s.r, start, it.to, "配") < 0 {
			continue
		}
		for i := start; i < it.to; i++ {
			one := i == start && b.s.r[i] == '一' && start > 0
			if !one && (b.s.r[i] != '每' || b.s.at(i) != nil && b.s.at(i).kind == markQty) {
				continue
			}
			u := b.s.x.unitAt(b.s.r, i+1)
			if u == "" || one && wordOf(b.s.r, i+1+len([]rune(u)), []string{"送", "赠", "搭", "配"}) == "" { // 一把送一个
				continue
			}
			n := decimal.Zero
			e := i + 1 + len([]rune(u))
			to := e
			for to < it.to && b.s.owner[to] < 0 {
				to++
			}
			if of := b.find(b.mention(e, to)); len(of) == 1 && of[0] != it && !of[0].gift && sameUnit(of[0].unitSaid(), u) {
				it.q.value = it.q.value.Mul(of[0].q.value) // 每支防晒送
				break
			}
			for _, o := range b.items {
				if o == it || o.gift || !sameUnit(o.q.unit, u) {
					continue
				}
				if o.from >= 0 && o.q.from < it.q.from {
					n = o.q.value // of the goods named just before
				} else if o.from < 0 {
					n = n.Add(o.q.value)
				}
			}
			if n.IsPositive() {
				it.q.value = it.q.value.Mul(n)
			}
			break
		}
	}
}

// customerByPart finds among the options the one whose name the message says in part: 护理院.
func (r *reading) customerByPart(options []string) []int32 {
	x := r.x
	answer := core(r.text)
	if first, rest, ok := strings.Cut(answer, ","); ok && utf8.RuneCountInString(first) > 1 && strings.HasPrefix(strings.TrimSpace(rest), "不是") { // 民宿,不是酒店
		answer = first
	}
	t := strings.Trim(answer, " ,。!?的是那家")
	if len([]rune(t)) < 2 || len([]rune(t)) > 12 {
		for k, w := range [...]string{"第一", "第二", "第三"} {
			if strings.Contains(r.text, w) && k < len(options) {
				if id, ok := x.customerOf(options[k]); ok {
					return []int32{id}
				}
			}
		}
		if len([]rune(t)) > 12 {
			return nil
		}
	}
	var out, alike []int32
	most := 0
	for _, o := range options {
		id, ok := x.customerOf(o)
		if !ok {
			continue
		}
		c := x.customer(id)
		names := append([]string{c.Name, c.Region, c.Contact, string(c.Code), c.Address}, c.Aliases...)
		shares := 0 // pairs of characters in common: 搞维修的那家
		for _, n := range names {
			n := string(normal(n))
			if t != "" && strings.Contains(n, t) {
				out = append(out, id)
				break
			}
			shares = max(shares, pairsIn(n, []rune(t)))
		}
		if shares > most {
			most, alike = shares, nil
		}
		if shares == most && shares > 0 {
			alike = append(alike, id)
		}
	}
	if len(out) == 0 && len(alike) == 1 {
		return alike
	}
	return out
}

// pairsIn counts the pairs of Chinese characters of r that stand in text.
func pairsIn(text string, r []rune) int {
	n := 0
	for i := 0; i+1 < len(r); i++ {
		if isHan(r[i]) && isHan(r[i+1]) && strings.Contains(text, string(r[i:i+2])) {
			n++
		}
	}
	return n
}

func startsWith(text string, words []string) bool {
	text = strings.TrimLeft(core(text), " ,。!?~嗯哦噢啊那")
	for _, w := range words {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}

// politeness are clauses that answer nothing.
var politeness = strings.Fields("你好 您好 在吗 麻烦 不好意思 抱歉 谢谢 老板 师傅 亲 早上好 上午好 下午好 晚上好")

// core is text without the polite clauses at its beginning.
func core(text string) string {
	for {
		i := strings.IndexAny(text, ",。!?\n ")
		if i <= 0 || i+1 >= len(text) {
			return text
		}
		polite := false
		for _, w := range politeness {
			polite = polite || strings.HasPrefix(text, w)
		}
		if !polite {
			return text
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		text = text[i+n:]
	}
}
