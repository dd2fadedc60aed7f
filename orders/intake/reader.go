package intake

import (
	"fmt"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Thread is the state of one conversation between its messages. It survives JSON without loss.
// The nil Thread is a conversation that has not begun.
type Thread struct {
	// Orders are the open drafts, Asks the open questions about them.
	Orders []Draft `json:"orders,omitempty"`
	Asks   []Ask   `json:"asks,omitempty"`
	// Words are the words for each line's goods, by order.
	Words [][]string `json:"words,omitempty"`
}

// clone is a copy of t that shares nothing with it.
func (t *Thread) clone() *Thread {
	c := &Thread{Orders: slices.Clone(t.Orders), Asks: slices.Clone(t.Asks), Words: slices.Clone(t.Words)}
	for i := range c.Orders {
		c.Orders[i].Lines = slices.Clone(c.Orders[i].Lines)
	}
	return c
}

// Read tells what msg says in the conversation thread, and how the conversation stands
// afterwards. It is deterministic, never panics and changes neither of its arguments.
func (x *Lexicon) Read(msg Message, thread *Thread) (res Result, next *Thread) {
	if thread == nil {
		thread = &Thread{}
	}
	defer func() {
		if p := recover(); p != nil {
			res, next = Result{ID: msg.ID, Error: fmt.Sprintf("reading failed: %v", p)}, thread.clone()
		}
		res.Asks = oncePerField(x.withDue(res.Orders, res.Asks))
		if next != nil {
			next.Asks = oncePerField(x.withDue(next.Orders, next.Asks))
		}
	}()
	if msg.Doc != nil {
		return x.readDocument(msg, thread)
	}
	if table := x.typedTable(msg); table != nil {
		typed := msg
		typed.Doc, typed.Text, typed.typed = table, "", true
		if res, next, ok := x.readTables(typed, thread); ok && res.Intent == IntentOrder {
			return res, next
		}
	}
	return x.readText(msg, thread)
}

// withDue are the questions with those that nobody asked yet about lines without a quantity, a unit or an amount in base units: no such
// line stands without one, whatever made it.
func (x *Lexicon) withDue(drafts []Draft, asks []Ask) []Ask {
	for n := range drafts {
		for k := range drafts[n].Lines {
			l := &drafts[n].Lines[k]
			if l.Product == "" || l.Quantity != "" && l.Unit != "" && l.BaseQuantity != "" {
				continue
			}
			path := fmt.Sprintf("orders[%d].lines[%d].", n, k)
			has := func(field string) bool {
				return slices.ContainsFunc(asks, func(a Ask) bool { return a.Field == path+field })
			}
			if has("quantity") || l.Quantity != "" && has("unit") {
				continue
			}
			name := l.Product
			if id, ok := x.productKey(string(normal(l.Product))); ok {
				name = x.product(id).Title()
			}
			asks = append(slices.Clone(asks), Ask{Field: path + "quantity", Reason: ReasonMissing, Text: name + "要多少？"})
		}
	}
	return asks
}

// oncePerField leaves one question about each field, the first.
func oncePerField(asks []Ask) []Ask {
	if len(asks) < 2 {
		return asks
	}
	seen := make(map[string]bool, len(asks))
	return slices.DeleteFunc(slices.Clone(asks), func(a Ask) bool {
		again := seen[a.Field]
		seen[a.Field] = true
		return again
	})
}

// reading is one message while it is read.
type reading struct {
	x       *Lexicon
	msg     Message
	s       *scan
	text    string // normalised
	thread  *Thread
	cust    int32
	secs    []*section
	repeat  bool
	over    []quantity // that belong to no goods
	draft   int        // one more than the number of the draft that it is about, 0 where that is not settled
	counted bool       // it answers questions by their number
	twins   []int32    // customers who order the same as the one named behind them
}

// reading recognises what msg says. draft is one more than the number of the draft that it is about, 0 where that is not settled.
func (x *Lexicon) reading(msg Message, thread *Thread, draft int) *reading {
	t := newText(msg.Text)
	t.closeUp()
	x.punctuate(t, x.clock(msg.Time))
	if len(thread.Orders) > 0 {
		t.amountAlone()
	}
	if len(t.r) > 20000 {
		t.r, t.at = t.r[:20000], t.at[:20000]
	}
	cust := int32(-1)
	if id, ok := x.customerOf(msg.Customer); ok && msg.Customer != "" {
		cust = id
	}
	s := x.newScan(t, x.clock(msg.Time), cust, msg.Role != RoleCustomer)
	r := &reading{x: x, msg: msg, s: s, text: string(t.r), thread: thread, cust: cust, draft: draft}
	r.repeat = isRepeat(r.text)
	s.findAmountsFor(r)
	return r
}

func (x *Lexicon) readText(msg Message, thread *Thread) (Result, *Thread) {
	r := x.reading(msg, thread, 0)
	if len(thread.Orders) > 1 {
		if res, next, ok := r.drafts(); ok {
			return res, next
		}
	}
	if len(thread.Orders) > 0 {
		if res, next, ok := r.dialogue(); ok {
			return res, next
		}
	}
	res, next := r.fresh()
	if len(thread.Orders) > 0 && r.changesUnclearly(&res) {
		if len(thread.Orders) > 1 {
			res, next, _ := r.whichDraftAsk(0, len(r.s.r))
			return res, next
		}
		return r.askAgain()
	}
	if res.Intent == IntentOther && len(thread.Asks) > 0 && r.answersUnclearly() {
		res.Intent, res.Orders, res.Asks = IntentChange, cloneDrafts(thread.Orders), slices.Clone(thread.Asks)
		return res, thread.clone()
	}
	return res, next
}

// amountSaid fits what says of an order's goods, without a name, how many it shall be: 数量改成 30, 数量应该是30.
var amountSaid = regexp.MustCompile(`(?:^|[,.;。!\s])(数量\s*(?:应该是|应该要|应该|要|是|调整为|调整成|调整到|更正为|改成|改为|改到|改|换成|变成|调成|调到|为|成|:)?\s*)\d`)

// amountAlone makes of 数量应该是 30 the words that are always understood: 改成30.
func (t *text) amountAlone() {
	source := string(t.r)
	for {
		m := amountSaid.FindStringSubmatchIndex(source)
		if m == nil {
			return
		}
		from, to := utf8.RuneCountInString(source[:m[2]]), utf8.RuneCountInString(source[:m[3]])
		t.r[from], t.r[from+1] = '改', '成'
		t.r, t.at = slices.Delete(t.r, from+2, to), slices.Delete(t.at, from+2, to)
		source = string(t.r)
	}
}

// waits fits what is said between a question and its answer, or about neither.
var waits = regexp.MustCompile(`等|稍|问|看看|看一|查|确认|核对|回头|晚点|待会|一会|马上|哈哈|谢|辛苦|收到|知道|明白|在吗|在不|你好|您好|早|再见|拜|[?!]|吗|呢|图片`)

// pointing fits what points at something that was asked: 搞维修的那家, 漏了个零,780.
var pointing = regexp.MustCompile(`不是|就是|是的|那[家个种款位边]|的$|漏|[打写弄搞说看记]错|错了|没错|改|换|要|(?:^|[^\d])\d{1,5}(?:[^\d]|$)`)

// answersUnclearly tells whether the message seems to answer what is asked in the conversation, so that it is asked once more rather
// than passed over: short, pointing at something, and no talk.
func (r *reading) answersUnclearly() bool {
	n := len(squeeze(r.s.r))
	return n >= 2 && n <= 20 && !waits.MatchString(r.text) && !says(r.text, payWords) && !says(r.text, adWords) && len(r.s.turns) == 0 && pointing.MatchString(strings.TrimSpace(r.text))
}

// changeWords fit what changes a draft: 枕头换乳胶的, 就留毛巾, 每样多加1, 枕头下次再说.
var changeWords = regexp.MustCompile(`换成?|改成?|对调|调换|就留|只留|留下|多加|少加|[加减][0-9一两二三四五六七八九十]|下次再|以后再|先不|不变|照旧|去掉|删掉|拿掉|划掉`)

// changesUnclearly tells whether a message that was taken for no change of the draft may well be one: short, with a word of change, and
// neither a question nor talk.
func (r *reading) changesUnclearly(res *Result) bool {
	n := len(squeeze(r.s.r))
	fresh := res.Intent == IntentOrder && len(res.Orders) == 1 && !slices.ContainsFunc(res.Orders[0].Lines, func(l Line) bool { return l.Quantity != "" })
	return (res.Intent == IntentOther || fresh) && n >= 3 && n <= 30 && len(r.s.turns) == 0 && changeWords.MatchString(r.text) && !talk.MatchString(r.text) && !says(r.text, payWords) && !says(r.text, adWords) && !says(r.text, askWords)
}

// talk fits what is said about neither draft nor question.
var talk = regexp.MustCompile(`[?!]|吗|呢|谢|辛苦|你好|您好|再见|微信|手机号?换|天气|开会|请假|爬山|吃饭|换班`)

// askAgain leaves the draft as it is and asks what the message means.
func (r *reading) askAgain() (Result, *Thread) {
	next := r.thread.clone()
	field := fmt.Sprintf("orders[%d].lines", r.whichDraft())
	if r.askOf(field) == nil {
		next.Asks = append(next.Asks, Ask{Field: field, Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」没看明白，哪一样改成什么？请连品名和数量再发一次。", strings.TrimSpace(r.s.quote(0, len(r.s.r))))})
	}
	return Result{ID: r.msg.ID, Intent: IntentChange, Orders: cloneDrafts(next.Orders), Asks: slices.Clone(next.Asks)}, next
}

// findAmountsFor recognises amounts once it is known whose own names count.
func (s *scan) findAmountsFor(r *reading) {
	r.section()
	if len(r.secs) == 1 && len(r.secs[0].customers) == 1 {
		s.who = s.x.scopeOf(r.secs[0].customers[0])
	}
	s.findAmounts()
	s.dropQuestions()
	s.findCues()
}

// dropQuestions puts aside numbers that are part of a question for a price: 50箱什么价, 多少钱一个.
func (s *scan) dropQuestions() {
	fault := says(string(s.r), faultWords)
	for k := range s.marks {
		m := &s.marks[k]
		if m.kind != markQty || m.to <= m.from {
			continue
		}
		start, end := max(0, m.from-5), min(len(s.r), m.to+8)
		before, after := string(s.r[start:m.from]), string(s.r[m.to:end])
		for _, w := range [...]string{"多少钱", "几多钱", "几多银", "点卖", "什么价", "啥价", "几块钱", "多少", "能便宜", "能不能便宜", "能不能少", "能不能低", "能优惠", "有优惠", "打几折", "几折", "什么折扣", "能打折", "怎么算", "什么政策"} {
			if strings.HasSuffix(strings.TrimSpace(before), w) || strings.HasPrefix(strings.TrimLeft(after, " 是的要起以上加得收卖"), w) {
				m.kind = markNoise
			}
		}
		if !m.qty.star && s.priceAskedBehind(m) {
			m.kind = markNoise
		}
		if rest := strings.TrimLeft(after, "估计可能怕是恐也许"); strings.HasPrefix(rest, "不够") || strings.HasPrefix(rest, "太多") || strings.HasPrefix(rest, "太少") || strings.HasPrefix(rest, "多了") && rest != after {
			m.kind = markNoise // 8桶估计不够,10桶吧
		}
		if strings.HasPrefix(after, "是几") || strings.HasPrefix(after, "有几") || s.r[m.from] == '几' && strings.HasSuffix(before, "是") || m.qty.more && strings.HasSuffix(before, "好") { // 一板是几支, 空了好几台
			m.kind = markNoise
		}
		if m.from > 0 && (s.r[m.from-1] == '那' || s.r[m.from-1] == '这') && !m.qty.bare {
			if c := s.at(m.from - 2); c == nil || c.kind != markCustomer { // 学府店那5箱… is ordered
				m.kind = markNoise
			}
		}
		if fault && !m.qty.bare && s.broken(m) {
			m.kind = markNoise
		}
		for _, w := range [...]string{"那种", "这种", "的那种", "的这种"} {
			if strings.HasPrefix(after, w) {
				m.kind = markNoise
			}
		}
	}
}

// priceAsked fits the rest of a clause that asks for the price of the goods named in it: 压机380的现在啥价.
var priceAsked = regexp.MustCompile(`^[^要来订拿发补买送下再加各共]*(?:多少钱|几多钱|(?:什么|啥)价|几块钱?|怎么卖|咋卖|价格多少|多少一)[^要来订拿发补买送下再加]*$`)

// priceAskedBehind tells whether the clause of an amount asks for a price and orders nothing: 3匹压机现在啥价.
func (s *scan) priceAskedBehind(m *mark) bool {
	const longest = 60 // characters of a clause that asks for a price
	from, to := m.from, m.to
	for to < len(s.r) && !isBreak(s.r[to]) && to-m.to <= longest {
		to++
	}
	for from > 0 && !isBreak(s.r[from-1]) && m.from-from <= longest {
		from--
	}
	if to-from > longest {
		return false
	}
	return priceAsked.MatchString(string(s.r[m.to:to])) && !strings.ContainsAny(string(s.r[from:m.from]), "要来订拿发补买送下再加各共")
}

// broken tells whether a clause says of the goods counted in it that they are bad, and orders none: 上次摔烂一台, 两台电源烧了.
func (s *scan) broken(m *mark) bool {
	from, to := m.from, s.clauseEnd(m.to)
	for from > 0 && !strings.ContainsRune(",。;\n!?", s.r[from-1]) {
		from--
	}
	clause := string(s.r[from:to])
	return s.faultIn(from, to) && !strings.ContainsAny(clause, "要来订补发买换加")
}

// faultIn tells whether r[from:to] says that goods are bad, in words that are no part of their names: 地漏 leaks nothing.
func (s *scan) faultIn(from, to int) bool {
	if !says(string(s.r[from:to]), faultWords) {
		return false
	}
	for i := from; i < to; i++ {
		if w := wordOf(s.r[:to], i, faultWords); w != "" && !s.x.vocabulary(s.r, i-1, len(s.r)) && !s.x.vocabulary(s.r, i+len([]rune(w))-1, len(s.r)) {
			return true
		}
	}
	return false
}

// fresh reads a message that stands alone.
func (r *reading) fresh() (Result, *Thread) {
	x, s := r.x, r.s
	res := Result{ID: r.msg.ID, Intent: IntentOther}
	if strings.TrimSpace(r.text) == "" {
		return res, r.thread.clone()
	}
	r.build(nil)
	goods, vague := 0, 0
	for _, sec := range r.secs {
		sec.items = slices.DeleteFunc(sec.items, func(it *wanted) bool { return it.followsUp() || it.forwarding() && s.follow().status })
		for _, it := range sec.items {
			if it.gift {
				continue
			}
			if it.q.none {
				vague++
			} else {
				goods++
			}
		}
	}
	res.Mentions = r.mentions()
	ref := s.refOf(r.text, goods == 0)
	picture := s.hasKind(markPicture)
	res.Intent = r.intent(goods, vague, ref, picture)
	switch res.Intent {
	case IntentOrder:
		missed, unread := r.missed(), r.unread()
		r.shareOut()
		r.sameGoods()
		r.bareNames()
		r.settle()
		if len(r.secs) > 1 {
			r.secs = slices.DeleteFunc(r.secs, func(sec *section) bool { return len(sec.items) == 0 })
		}
		if len(r.secs) == 0 {
			r.secs = []*section{{}}
		}
		r.addTwins()
		var words [][]string
		res.Orders, res.Asks, words = x.finish(r.secs, r.msg.Time, 0)
		r.repeatAsks(&res, picture)
		for _, sec := range r.secs {
			if len(r.secs) == 1 && len(s.turns) > 0 {
				r.over = append(r.over, sec.leftOver()...)
			}
		}
		for _, q := range r.over {
			missed = append(missed, mark{kind: markQty, from: q.from, to: q.to, qty: q})
		}
		r.askMissed(&res, missed)
		r.askUnread(&res, unread)
		r.askOthers(&res)
		res.Explain = r.explain(r.secs, res.Orders, res.Asks, 0)
		for n, sec := range r.secs {
			res.unread = append(res.unread, s.unreadOf(sec.b, n)...)
		}
		return res, &Thread{Orders: cloneDrafts(res.Orders), Asks: slices.Clone(res.Asks), Words: words}
	case IntentCancel, IntentChange, IntentReturn, IntentStatus, IntentUrge:
		res.Ref, res.Why = ref, s.follow().why
		if ref == "" && res.Intent == IntentStatus {
			res.Ref = s.phone()
		}
	default:
	}
	next := r.thread.clone()
	if res.Intent == IntentCancel && (ref == "" || ref == RefLast) {
		next = &Thread{}
	}
	return res, next
}

func cloneDrafts(ds []Draft) []Draft {
	out := slices.Clone(ds)
	for i := range out {
		out[i].Lines = slices.Clone(out[i].Lines)
		out[i].UrgentWords = ""
	}
	return out
}

// intent decides what a message that stands alone wants.
func (r *reading) intent(goods, vague int, ref string, picture bool) Intent {
	t := r.text
	ads := 0
	for _, w := range adWords {
		if strings.Contains(t, w) {
			ads++
		}
	}
	loose := 0
	for _, sec := range r.secs {
		if sec.b != nil {
			loose += len(sec.b.loose)
		}
	}
	ordering := says(t, []string{"下单", "要货", "来货", "下个单", "订货"})
	changing := r.s.hasKind(markSet) || r.s.hasKind(markPlus) || r.s.hasKind(markMinus)
	fault := says(t, faultWords) || r.faulty()
	back := r.givesBack() || goods == 0 && says(t, []string{"来了", "发了", "送了", "来的", "发的", "送的", "给的", "发来", "送来"}) && wrongGoods.MatchString(t)
	back = back || fault && says(t, []string{"怎么处理", "怎么办", "咋办", "咋处理", "说法", "补发"})
	plain := goods > 0 && !back && r.plainOrder()
	sent := fevers.Replace(t)
	changed := ref != "" && r.changesFacts()
	switch {
	case ads >= 2 || ads == 1 && goods == 0 && !r.repeat:
		return IntentOther
	case !plain && (back || says(sent, returnWords)) && !says(t, []string{"退订", "不退"}) && !ordering && (fault || back || goods == 0 || says(t, []string{"能退", "怎么退", "退货", "换货", "退换", "退掉", "可以退", "退回", "想退", "要退", "给退", "退了吧"})) && (strings.Contains(sent, "退") || fault || back || says(t, []string{"上次", "昨天", "收到", "这批", "那批", "发来", "送来", "上批", "前天"})):
		return IntentReturn
	case ref == RefLast && goods > 0 && r.s.hasKind(markSet) && len(r.thread.Orders) == 0 && r.namesOrderFirst():
		return IntentChange
	case ref != "" && ref != RefLast && goods > 0 && changing && len(r.resolved()) <= goods && r.refLeads():
		return IntentChange
	case !r.repeat && r.takesGoodsBack(ref, goods):
		return IntentChange
	case goods == 0 && !r.repeat && changed && !r.asking() && !strings.Contains(t, "?"):
		return IntentChange
	case goods == 0 && ref != "" && ref != RefLast && r.refRefused():
		return IntentCancel
	case goods == 0 && !r.repeat && says(t, cancelWords2) && (ref != "" || strings.Contains(t, "单") || strings.Contains(t, "全部")) && !r.asking():
		return IntentCancel
	case goods == 0 && !r.repeat && r.s.follow().urge && !says(t, payWords) && !r.ordersSoon(ref):
		return IntentUrge
	case goods == 0 && !r.repeat && ref != "" && mustGo.MatchString(t):
		return IntentUrge
	case goods == 0 && !r.repeat && ref != "" && changing && !r.s.follow().status:
		return IntentChange
	case goods == 0 && !r.repeat && ref == "" && strings.Contains(t, "?") && !r.asking() && r.s.looseCode() != "":
		return IntentStatus
	case goods == 0 && !r.repeat && (ref != "" || !says(t, payWords)) && (r.s.follow().status || ref != "" && strings.Contains(t, "到")):
		return IntentStatus
	case goods > 0 && says(t, pastWords) && !ordering && says(t, []string{"催催", "帮催", "催一下", "催下", "给催", "帮我催"}) && r.s.follow().urge:
		return IntentUrge
	case goods > 0 && r.asking() && says(t, maybeWords) && !inStock(t) && !ordering && !strings.Contains(t, "有的话") && !r.s.hasKind(markPrice):
		return IntentInquiry
	case goods > 0:
		return IntentOrder
	case r.repeat && !r.asking():
		return IntentOrder
	case says(t, payWords) && len(r.mentions()) == 0:
		return IntentOther
	case r.asking() || strings.HasSuffix(strings.TrimSpace(t), "?") && len(r.mentions()) > 0:
		return IntentInquiry
	case says(t, payWords):
		return IntentOther
	case goods == 0 && ref != "" && ref != RefLast && says(t, []string{"看", "查", "票", "件", "路上", "帮", "货"}):
		return IntentStatus
	case goods == 0 && !ordering && r.wonders() && r.namesGoods():
		return IntentInquiry
	case vague > 0:
		return IntentOrder
	case picture && says(t, []string{"按图", "图上", "照图", "看图", "如图", "按照片", "就这些", "这些", "单子"}):
		return IntentOrder
	case justNumber.MatchString(t):
		return IntentOther
	case r.bareGoods(), r.looseGoods():
		return IntentOrder
	default:
		return IntentOther
	}
}

// factsChanged fits words that change what an order says of its delivery.
var factsChanged = regexp.MustCompile(`改|换|推迟|延后|延迟到|延期到|顺延|提前到|更正|变更`)

// changesFacts tells whether the message changes receiver, place, day or the like of an order that it names.
func (r *reading) changesFacts() bool {
	return factsChanged.MatchString(r.text) && slices.ContainsFunc(r.s.marks, func(m mark) bool {
		switch m.kind {
		case markContact, markPhone, markAddress, markCarrier, markPayment, markDate:
			return m.to > m.from
		default:
			return false
		}
	})
}

// takenBack fits words that take goods out of an order, right before or behind them.
var takenBack = strings.Fields("取消 撤掉 删掉 去掉 退掉 不要了 不用了 不要 撤回 作废")

// wholeOrder are words for all of an order.
var wholeOrder = strings.Fields("整单 全部 全单 整个单 这单 那单 全都 都不 所有 单子")

// takesGoodsBack tells whether the message takes some goods out of an order that was placed: SO… 里的漏盆不要了, 刚才那单取消2箱漏盆.
func (r *reading) takesGoodsBack(ref string, goods int) bool {
	s := r.s
	if ref == "" && !says(r.text, []string{"那单", "上一单", "上单"}) || len(s.turns) > 0 {
		return false
	}
	taken := 0
	s.clauses(0, len(s.r), func(from, to int, _ rune) {
		text := string(s.r[from:to])
		for _, m := range s.marks {
			if m.kind == markRef && m.from >= from && m.to <= to {
				text = string(s.r[m.to:to])
			}
		}
		for _, w := range [...]string{"上一单的", "上一单", "刚才那单", "那单的", "那单"} {
			text = strings.Replace(text, w, "", 1)
		}
		if !says(text, takenBack) || says(text, wholeOrder) {
			return
		}
		for i := from; i < to; i++ {
			n, e := s.x.names.longest(s.r[:to], i)
			if n != nil && e-i >= 2 && (s.owner[i] < 0 || s.at(i).kind == markNote) {
				taken++
				return
			}
		}
	})
	return taken > 0 && (goods == 0 || taken >= goods)
}

// mustGo fits what hurries an order that is named: 上一单今天必须出库.
var mustGo = regexp.MustCompile(`(?:必须|一定|务必|得)(?:要|得)?(?:出库|出货|发走|发出|发掉|发货|送到|送达|到货)`)

// justNumber fits a message of nothing but a short number, which orders nothing: 1.
var justNumber = regexp.MustCompile(`^\s*[0-9]{1,3}\s*$`)

// refRefused tells whether the order that is named is not wanted, in the same clause: YD2605-0088不要了.
func (r *reading) refRefused() bool {
	return slices.ContainsFunc(r.s.marks, func(m mark) bool {
		return (m.kind == markRef || m.kind == markPO) && m.to > m.from && m.to < len(r.s.r) && says(string(r.s.r[m.to:r.s.clauseEnd(m.to)]), cancelWords2)
	})
}

// ordersSoon tells whether what sounds like hurrying an order on its way orders goods that are named, quickly: 配一副…,框用8862透灰,加急.
func (r *reading) ordersSoon(ref string) bool {
	return ref == "" && !r.s.follow().status && !r.s.follow().wish && len(r.mentions()) > 0 && says(r.text, []string{"要", "来", "配", "订", "拿", "补"}) && (r.s.hasKind(markCarrier) || r.s.hasKind(markAddress) || r.s.hasKind(markDate)) &&
		!says(r.text, []string{"催", "还没", "还不", "没到", "没发", "那单", "这单", "上次", "昨天", "前天", "订单"})
}

// namesOrderFirst tells whether an order is named before all goods: 刚才那单，多维改成15袋.
func (r *reading) namesOrderFirst() bool {
	at := strings.Index(r.text, "单")
	if at < 0 {
		return false
	}
	n := len([]rune(r.text[:at]))
	return !slices.ContainsFunc(r.secs, func(sec *section) bool {
		return slices.ContainsFunc(sec.items, func(it *wanted) bool { return it.from < n })
	})
}

// fevers takes out words in which 退 sends nothing back.
var fevers = strings.NewReplacer("退烧", "", "退热", "", "退火", "", "退磁", "", "退黄", "", "退休", "", "退役", "", "退伍", "", "退潮", "")

// wrongGoods fits goods that are not those ordered: 我订24的你们来了220的.
var wrongGoods = regexp.MustCompile(`(?:订|定|要|买|下单)的?(?:是|了)?[^,。;\n?]{1,12}[,]?(?:你们|结果|却|怎么|咋)[^,。;\n?]{0,6}(?:来了|发了|送了|来的|发的|送的|给的|发来|送来)`)

// changesGoods fits goods that are to be given for bad ones: 换两个新的.
var changesGoods = regexp.MustCompile(`换[0-9一两二三四五六七八九十几]+\p{Han}{1,2}?(?:新|好)的`)

// givesBack tells whether 退 stands before a quantity and nothing else is ordered: 退一件可以吗.
func (r *reading) givesBack() bool {
	if says(r.text, []string{"再来", "另外", "再要", "再发"}) {
		return false
	}
	if !r.repeat && strings.Contains(r.text, "换") && says(r.text, []string{"昨天", "前天", "前几天", "上次", "上回", "上周", "上礼拜", "上星期", "上个月", "上月", "上批", "这批", "那批", "收到", "送来", "发来", "刚到"}) && (changesGoods.MatchString(r.text) || says(r.text, []string{"换一", "换个", "换新", "换掉", "换货", "给换", "给我换", "给我们换", "能换", "换下", "换成"})) && !says(r.text, []string{"这次", "这回"}) {
		return true
	}
	for i, c := range r.s.r {
		if c == '退' {
			k := skipSpace(r.s.r, i+1)
			if n, ok := readNumeral(r.s.r, k); ok && r.s.x.unitAt(r.s.r, n.to) != "" {
				return true
			}
		}
	}
	return false
}

// plainOrder tells whether the first goods are ordered in a clause that says nothing of goods delivered before.
func (r *reading) plainOrder() bool {
	var it *wanted
	for _, sec := range r.secs {
		if it == nil && len(sec.items) > 0 {
			it = sec.items[0]
		}
	}
	if it == nil || it.res.product < 0 || it.q.to <= it.q.from || it.q.none {
		return false
	}
	s := r.s
	from, to := it.q.from, s.clauseEnd(it.q.to)
	for from > 0 && !strings.ContainsRune(",。;\n!?", s.r[from-1]) {
		from--
	}
	clause := string(s.r[from:to])
	if says(clause, faultWords) || says(clause, returnWords) || says(clause, pastWords) {
		return false
	}
	return (it.q.from == 0 || s.r[it.q.from-1] != '有') && (it.q.to >= len(s.r) || s.r[it.q.to] != '了')
}

// faulty tells whether some of the goods are said to be bad in words of their own: 有20袋结块了.
func (r *reading) faulty() bool {
	s := r.s
	for _, m := range s.marks {
		if m.kind != markQty || m.from == 0 || m.to <= m.from || s.r[m.from-1] != '有' {
			continue
		}
		if e := s.clauseEnd(m.to); e > m.to+1 && e-m.to < 10 && (s.r[e-1] == '了' || s.r[m.to] == '是' && s.r[e-1] == '的') { // 有7盒是干的
			return true
		}
	}
	return false
}

// namesGoods tells whether the message speaks of goods at all.
func (r *reading) namesGoods() bool {
	for _, sec := range r.secs {
		if len(sec.items) > 0 || sec.b != nil && len(sec.b.answers) > 0 {
			return true
		}
	}
	return false
}

// wonders tells whether the message ends as a question does: …能用卡罗拉的吗.
func (r *reading) wonders() bool {
	t := strings.TrimRight(r.text, " ?!。~,")
	return (strings.HasSuffix(t, "吗") || strings.HasSuffix(t, "么") && !strings.HasSuffix(t, "什么")) && says(t, []string{"能", "可以", "会", "是不是", "有", "行", "通用", "一样", "支持"}) && !says(t, []string{"要", "来", "订", "买", "发我", "送"})
}

// asking tells whether the message asks for a price, stock or the like; 交期 with its date asks nothing.
func (r *reading) asking() bool {
	if r.s.conditional {
		return false
	}
	t := r.text
	for _, w := range [...]string{"交期", "货期"} {
		if k := index(r.s.r, 0, len(r.s.r), w); k >= 0 {
			k += 2
			for k < len(r.s.r) && strings.ContainsRune(" :是为要在", r.s.r[k]) {
				k++
			}
			if m := r.s.at(k); m != nil && m.kind == markDate {
				t = strings.ReplaceAll(t, w, "")
			}
		}
	}
	if inStock(t) {
		t = ifInStock.ReplaceAllString(t, "")
	}
	return says(t, askWords) || strings.Contains(t, "价") && asksPrice.MatchString(t)
}

// inStock tells whether the text has such a condition.
func inStock(t string) bool {
	return says(t, []string{"有货", "有现货", "有库存"}) && ifInStock.MatchString(t)
}

// asksPrice fits a question for a price in whatever words: 拿货价多少.
var asksPrice = regexp.MustCompile(`价[^,。;\n]{0,2}(?:多少|几多|怎么|咋)|(?:多少|啥|什么)[^,。;\n]{0,2}价`)

// ifInStock fits a condition of an order that asks nothing: 要是有现货就带2箱.
var ifInStock = regexp.MustCompile(`(?:要是|如果|假如|若是?)?(?:还)?有(?:现货|货|库存)(?:的话)?,?(?:就|便)`)

// refLeads tells whether the message begins with the order it changes.
func (r *reading) refLeads() bool {
	for _, m := range r.s.marks {
		if m.kind == markRef {
			for _, q := range r.s.marks {
				if q.kind == markQty && q.to > q.from && q.from < m.from {
					return false
				}
			}
			return true
		}
	}
	return false
}

func (r *reading) resolved() []*wanted {
	var out []*wanted
	for _, sec := range r.secs {
		for _, it := range sec.items {
			if it.res.product >= 0 {
				out = append(out, it)
			}
		}
	}
	return out
}

// bareGoods tells whether goods are named, without quantity, as one who orders does.
func (r *reading) bareGoods() bool {
	if !says(r.text, []string{"要", "来", "订", "发", "下单", "补", "送"}) && !r.onlyGoods() {
		return false
	}
	n := 0
	for _, sec := range r.secs {
		if sec.b == nil {
			continue
		}
		for _, m := range sec.b.answers {
			if res := r.x.resolve(m, nil, sec.b.who, ""); (res.product >= 0 || res.reason == ReasonAmbiguous || len(res.options) > 0) && res.residue == 0 {
				it := &wanted{m: m, res: res, q: quantity{none: true}, said: r.s.quote(m.from, m.to), from: m.from, to: m.to}
				sec.items = append(sec.items, it)
				n++
			}
		}
	}
	return n > 0
}

// bareNames makes lines of goods that stand by themselves between others without a quantity, so that it is asked for: 小四通,过滤器5只.
func (r *reading) bareNames() {
	s := r.s
	ordered := func(id int32) bool {
		return slices.ContainsFunc(r.secs, func(sec *section) bool {
			return slices.ContainsFunc(sec.items, func(it *wanted) bool { return it.res.product == id || slices.Contains(it.res.options, id) })
		})
	}
	for _, sec := range r.secs {
		if sec.b == nil || len(sec.items) == 0 {
			continue
		}
		for _, m := range sec.b.answers {
			if m.to <= m.from || m.from < sec.from || m.to > sec.to {
				continue
			}
			from, to := skipSpace(s.r, m.from), m.to
			for to > from && s.r[to-1] == ' ' {
				to--
			}
			alone := (from == sec.from || strings.ContainsRune(" ,;\n、", s.r[from-1])) && (to == sec.to || strings.ContainsRune(" ,;\n、", s.r[to]))
			name, end := r.x.names.longest(s.r, from)
			res := r.x.resolve(m, nil, sec.b.who, "")
			coded := (m.own != nil || m.code >= 0) && res.product >= 0 && res.reason == "" && !ordered(res.product) && r.plainly(m)
			if !coded && (!alone || name == nil || end != to || len(name.ids) != 1 || ordered(name.ids[0]) || res.product != name.ids[0]) {
				continue
			}
			it := &wanted{m: m, res: res, q: quantity{none: true}, said: s.quote(m.from, m.to), from: m.from, to: m.to}
			k := slices.IndexFunc(sec.items, func(o *wanted) bool { return o.from > m.from })
			if k < 0 {
				k = len(sec.items)
			}
			sec.items = slices.Insert(sec.items, k, it)
		}
	}
}

// plainly tells whether goods are named at the beginning of a clause that denies and asks nothing: SM-OR30 一千二.
func (r *reading) plainly(m *mention) bool {
	from, to := skipSpace(r.s.r, m.from), r.s.clauseEnd(m.to)
	begins := from == 0 || isBreak(r.s.r[from-1])
	return begins && (to >= len(r.s.r) || r.s.r[to] != '?') && !strings.ContainsAny(string(r.s.r[from:to]), "不别没无免取删去掉换改吗呢价") && r.s.turnAt(from) == nil
}

// shareOut gives each customer the part of goods that are named once for all: 清爽一共30箱:北街店20箱,…;东港店10箱,….
func (r *reading) shareOut() {
	if len(r.secs) < 2 || len(r.secs[0].items) != 1 || r.secs[0].b == nil {
		return
	}
	all := r.secs[0].items[0]
	parts := r.secs
	if len(r.secs[0].b.loose) == 0 { // it stands before all of them
		parts = r.secs[1:]
	}
	sum := decimal.Zero
	for _, sec := range parts {
		if sec.b == nil || len(sec.b.loose) != 1 || sec != r.secs[0] && len(sec.items) > 0 || !sameUnit(sec.b.loose[0].unit, all.q.unit) {
			return
		}
		sum = sum.Add(sec.b.loose[0].value)
	}
	if !sum.Equal(all.q.value) {
		return
	}
	r.secs = parts
	for _, sec := range parts {
		part := *all
		part.q = sec.b.loose[0]
		sec.items, sec.b.loose = []*wanted{&part}, nil
	}
}

// sameGoods gives a customer who is named with but a quantity the goods named before: 另外二店也要5箱.
func (r *reading) sameGoods() {
	for i, sec := range r.secs {
		if i == 0 || len(sec.items) > 0 || sec.b == nil || len(sec.b.loose) == 0 || len(r.secs[i-1].items) == 0 {
			continue
		}
		prev := r.secs[i-1].items[len(r.secs[i-1].items)-1]
		q := sec.b.loose[0]
		sec.items = append(sec.items, &wanted{m: prev.m, ctx: prev.ctx, res: prev.res, q: q, from: q.from, to: q.to, said: prev.said})
		sec.b.loose = sec.b.loose[1:]
	}
}

// leftOver are the quantities that belong to no goods and are none said again.
func (sec *section) leftOver() []quantity {
	if sec.b == nil || len(sec.items) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(sec.b.loose), func(q quantity) bool {
		return q.bare || q.size || q.spec || q.star || isPiece(q.unit) || slices.ContainsFunc(sec.items, func(it *wanted) bool {
			return sameUnit(it.q.unit, q.unit) && it.q.value.Equal(q.value)
		})
	})
}

// looseGoods makes lines of quantities whose goods are not said, so that they are asked about.
func (r *reading) looseGoods() bool {
	n := 0
	for _, sec := range r.secs {
		if sec.b == nil {
			continue
		}
		for _, q := range sec.b.loose {
			if q.bare || q.size || q.spec || isPiece(q.unit) {
				continue
			}
			sec.items = append(sec.items, &wanted{q: q, res: resolution{product: -1, reason: ReasonMissing}, from: q.from, to: q.to, said: r.s.quote(q.from, q.to)})
			n++
		}
	}
	return n > 0
}

// onlyGoods tells whether the message says nothing but goods: a careful clerk asks how many.
func (r *reading) onlyGoods() bool {
	if len(r.s.r) > 24 || strings.ContainsAny(r.text, "?!") || says(r.text, askWords) || len(r.secs) != 1 || r.secs[0].b == nil || len(r.secs[0].b.answers) == 0 {
		return false
	}
	for _, m := range r.secs[0].b.answers {
		res := r.x.resolve(m, nil, r.secs[0].b.who, "")
		if res.product < 0 && len(res.options) > 0 {
			if c := r.x.cover(res.options[0], m); bits.OnesCount64(m.content()&^(c.strong|c.weak)) >= 2 && says(r.text, []string{"真", "太", "谢", "夸", "今天", "昨天"}) {
				return false // 这批百合开得真好
			}
		}
		if res.product < 0 && res.reason != ReasonAmbiguous && len(res.options) == 0 || bits.OnesCount64(m.content()) < 2 && len(m.toks) == 0 {
			return false
		}
	}
	return true
}

// mentions are the products that the message talks about.
func (r *reading) mentions() []orders.ProductCode {
	var out []orders.ProductCode
	add := func(id int32) {
		if code := r.x.product(id).Code; !slices.Contains(out, code) && len(out) < 20 {
			out = append(out, code)
		}
	}
	for _, sec := range r.secs {
		for _, it := range sec.items {
			if it.res.product >= 0 {
				add(it.res.product)
			}
			for _, o := range it.res.options {
				add(o)
			}
		}
		if sec.b == nil {
			continue
		}
		for _, m := range sec.b.answers {
			res := r.x.resolve(m, nil, sec.b.who, "")
			if res.product >= 0 {
				add(res.product)
			} else if res.reason == ReasonAmbiguous {
				for _, o := range res.options {
					add(o)
				}
			}
		}
	}
	return out
}

// build makes items of each section; base are items that stand already.
func (r *reading) build(base []*wanted) {
	for _, sec := range r.secs {
		who := scope{}
		if len(sec.customers) == 1 {
			who = r.x.scopeOf(sec.customers[0])
		}
		who.work = &work{}
		b := &builder{s: r.s, who: who, items: slices.Clone(base), base: len(base)}
		if r.repeat && len(base) == 0 && len(sec.customers) == 1 {
			b.items = r.x.lastOrder(sec.customers[0])
			b.base = len(b.items)
		}
		if len(r.s.turns) > 0 {
			r.readTurns(b, sec)
			b.saidAgain()
			r.haggled(b)
		} else {
			b.read(sec.from, sec.to)
		}
		b.strangers(sec.named)
		for _, it := range b.items[b.base:] {
			if it.q.bare && it.q.unit == "" {
				it.q.unit = r.s.allIn
			}
		}
		b.perEach()
		b.addUp()
		if r.repeat && b.base > len(base) {
			b.swaps()
		}
		b.settleOwn()
		b.applyDeals()
		sec.b, sec.items = b, b.items
		r.s.gather(sec.from, sec.to, &sec.facts)
		sec.facts.notes = append(sec.facts.notes, r.s.findNotes(sec.from, sec.to)...)
		for _, n := range b.notes {
			if !slices.Contains(sec.facts.notes, n.text) {
				sec.facts.notes = append(sec.facts.notes, n.text)
			}
		}
	}
}

// readTurns reads what customers said in a forwarded conversation, turn by turn, and the rest.
func (r *reading) readTurns(b *builder, sec *section) {
	pos := sec.from
	for _, t := range r.s.turns {
		if t.from < sec.from || t.from >= sec.to {
			continue
		}
		if pos < t.from {
			b.s.clauses(pos, t.from, func(f, t int, sign rune) { b.clause(f, t, sign) })
		}
		asked := (*mention)(nil)
		if k := slices.IndexFunc(r.s.turns, func(o turn) bool { return o.from == t.from }); k > 0 && !t.seller && r.s.turns[k-1].seller {
			if asked = r.askedAfter(b, r.s.turns[k-1]); asked != nil {
				b.flush()
				b.carry = asked
			}
		}
		if !t.seller {
			b.s.clauses(t.from, min(t.to, sec.to), func(f, t int, sign rune) { b.clause(f, t, sign) })
		}
		if asked != nil && b.carry == asked {
			b.carry = nil
		}
		pos = min(t.to, sec.to)
	}
	if pos < sec.to {
		b.read(pos, sec.to)
	}
	b.flush()
}

// lastOrder are the items of the customer's newest order.
func (x *Lexicon) lastOrder(cust int32) []*wanted {
	hs := x.history.get(x.customer(cust).Code)
	var out []*wanted
	for _, h := range hs {
		if h.Order != hs[0].Order {
			break
		}
		id, ok := x.productOf(h.Product)
		if !ok {
			continue
		}
		p := x.product(id)
		unit := h.Unit
		if _, ok := p.UnitSize(unit); !ok {
			unit = p.Unit
		}
		out = append(out, &wanted{m: x.mentionOf(id), res: resolution{product: id, rule: "history", head: true}, q: quantity{value: h.Quantity, unit: unit}, said: p.Title(), fixed: true})
	}
	return out
}

// mentionOf says what a product's own texts say.
func (x *Lexicon) mentionOf(id int32) *mention {
	b := builder{s: &scan{x: x}}
	return b.productMention(id)
}

// swaps puts goods that are named without a quantity in the place of those of the last order that go by the same name:
// 老样子,草鱼料这回要四毫米的.
func (b *builder) swaps() {
	b.answers = slices.DeleteFunc(b.answers, func(m *mention) bool {
		res := b.s.x.resolve(m, nil, b.who, "")
		if res.product < 0 || res.residue > 0 {
			return false
		}
		var same []*wanted
		for _, o := range b.items[:b.base] {
			if o.res.product == res.product {
				return false
			}
			if o.res.product >= 0 && !o.gift && b.s.x.product(o.res.product).Name == b.s.x.product(res.product).Name {
				same = append(same, o)
			}
		}
		if len(same) != 1 {
			return false
		}
		same[0].m, same[0].res, same[0].fixed, same[0].kept = m, res, false, nil
		b.touch(same[0])
		return true
	})
}

// swapsSaid puts goods that are named without a quantity in the place of those of the draft that are of their kind, where the
// message says that they are to be used: 糖粉她家用普通的,数不变.
func (b *builder) swapsSaid() {
	b.answers = slices.DeleteFunc(b.answers, func(m *mention) bool {
		if !strings.ContainsAny(clauseAround(b.s.r, m.from), "用要换改") {
			return false
		}
		res := b.s.x.resolve(m, nil, b.who, "")
		if res.product < 0 || res.residue > 0 || slices.ContainsFunc(b.items, func(o *wanted) bool { return o.res.product == res.product }) {
			return false
		}
		same := b.similar(m)
		if len(same) != 1 || same[0].gift || !b.respec(same[0], m) {
			return false
		}
		b.touch(same[0])
		return true
	})
}

// settleOwn merges goods said again with those of the draft or the history: 铜阀6分的这次两箱.
func (b *builder) settleOwn() {
	if b.base == 0 {
		b.usualAmounts()
		return
	}
	for i := b.base; i < len(b.items); {
		it := b.items[i]
		if o := b.ofBase(it); o != nil {
			q := it.q
			if it.more && (q.bare || sameUnit(q.unit, o.unitSaid())) && !o.q.none {
				if q.bare {
					q.unit = o.unitSaid()
				}
				if q.value = q.value.Add(o.q.value); q.value.IsZero() { // 并网箱减掉3台, of 3
					b.items = slices.DeleteFunc(b.items, func(x *wanted) bool { return x == o || x == it })
					b.base--
					b.changed = true
					i--
					continue
				}
			}
			o.setQuantity(q)
			if it.price != nil {
				o.price = it.price
			}
			b.touch(o)
			b.items = slices.Delete(b.items, i, i+1)
			continue
		}
		i++
	}
	b.usualAmounts()
}

// ofBase is the item of the draft or the history that it says again, nil if there is none or it is not certain which.
func (b *builder) ofBase(it *wanted) *wanted {
	if it.gift || it.q.none {
		return nil
	}
	var found *wanted
	for _, o := range b.items[:b.base] {
		if o.gift || o.res.product < 0 {
			continue
		}
		same := o.res.product == it.res.product
		if it.res.product < 0 && it.res.reason == ReasonAmbiguous && slices.Contains(it.res.options, o.res.product) {
			same = o.q.none || sameUnit(it.q.unit, o.unitSaid())
		}
		if same {
			if found != nil {
				return nil
			}
			found = o
		}
	}
	return found
}

// saidAgain makes goods that a later turn of a conversation says again the new quantity of those before: 4厘卷材3卷, 卷材4卷吧.
func (b *builder) saidAgain() {
	for i := b.base + 1; i < len(b.items); i++ {
		it := b.items[i]
		if it.gift || it.q.none || it.res.product < 0 && it.res.reason != ReasonAmbiguous {
			continue
		}
		end := b.s.clauseEnd(it.q.to)
		settled := it.res.product < 0 || index(b.s.r, it.from, end, "还是") >= 0 || b.s.r[end-1] == '吧' || it.q.to < len(b.s.r) && b.s.r[it.q.to] == '吧'
		var found []*wanted
		for _, o := range b.items[b.base:i] {
			if !o.gift && o.res.product >= 0 && (o.res.product == it.res.product || it.res.product < 0 && slices.Contains(it.res.options, o.res.product)) && o.q.unit == it.q.unit && o.line < it.line && (settled || b.sayAnew(o, it)) {
				found = append(found, o)
			}
		}
		if len(found) == 1 {
			found[0].setQuantity(it.q)
			b.items = slices.Delete(b.items, i, i+1)
			i--
		}
	}
}

// sayAnew tells whether it corrects o: the same speaker says the same goods once more, after 等下 or with 要, and adds nothing.
func (b *builder) sayAnew(o, it *wanted) bool {
	s := b.s
	was, is := s.turnAt(o.from), s.turnAt(it.from)
	if was == nil || is == nil || was == is || was.speaker != is.speaker {
		return false
	}
	cl := clauseAround(s.r, it.from)
	return !strings.ContainsAny(cl, "再另还又加也") && (strings.Contains(cl, "要") || says(string(s.r[was.to:it.from]), []string{"稍等", "等下", "等等", "等一下", "等会", "我看", "我数", "看了下", "查了", "数了"}))
}

// addUp adds what there is to be more or less of goods to those said before in the same message: XL 30套 … XL再多10套.
func (b *builder) addUp() {
	for i := b.base + 1; i < len(b.items); i++ {
		it := b.items[i]
		if !it.adds || it.gift || it.q.none || it.res.product < 0 {
			continue
		}
		for _, o := range b.items[b.base:i] {
			if o.res.product == it.res.product && !o.gift && !o.q.none && !o.q.more && (it.q.bare || sameUnit(o.q.unit, it.q.unit)) {
				if sum := o.q.value.Add(it.q.value); sum.IsPositive() {
					o.q.value = sum
					b.gone = append(b.gone, span{it.from, it.to}, span{it.q.from, it.q.to})
					b.items = slices.Delete(b.items, i, i+1)
					i--
				}
				break
			}
		}
	}
}

// usualAmounts fills 还是上次那么多 from the history.
func (b *builder) usualAmounts() {
	text := string(b.s.r)
	if !says(text, []string{"上次那么多", "上回那么多", "上次的数", "上回的数", "上次一样多", "上次的量", "老数量", "上次数量", "拿的数", "一样多", "上上次", "上次的一半", "上回的一半"}) {
		return
	}
	x := b.s.x
	for _, m := range b.answers {
		cl := clauseAround(b.s.r, m.from)
		if !says(cl, []string{"上次", "上回", "老数量", "一样多", "上上"}) {
			continue
		}
		res := x.resolve(m, nil, b.who, "")
		it := &wanted{m: m, res: res, from: m.from, to: m.to, q: quantity{none: true}, said: b.s.quote(m.from, m.to)}
		if res.product < 0 {
			past := b.who
			past.onlyPast = true
			if r2 := x.resolve(m, nil, past, ""); r2.product >= 0 {
				it.res = r2
			}
		}
		skip := 0
		if strings.Contains(cl, "上上") {
			skip = 1
		}
		if it.res.product >= 0 {
			if h, ok := x.boughtBefore(b.who, it.res.product, skip, b.custOf()); ok {
				it.q = quantity{value: h.Quantity, unit: h.Unit, from: m.from, to: m.to}
				if strings.Contains(cl, "一半") {
					it.q.value = it.q.value.Div(decimal.NewFromInt(2))
				}
			}
		}
		pos := len(b.items)
		for i, o := range b.items {
			if o.from > it.from {
				pos = i
				break
			}
		}
		b.items = slices.Insert(b.items, pos, it)
	}
	b.answers = nil
}

func clauseAround(r []rune, i int) string {
	from, to := i, i
	for from > 0 && !strings.ContainsRune(",。;\n!?", r[from-1]) {
		from--
	}
	for to < len(r) && !strings.ContainsRune(",。;\n!?", r[to]) {
		to++
	}
	return string(r[from:to])
}

func (b *builder) custOf() []orders.HistoryLine { return b.who.past }

// boughtBefore is the line of the newest order but skip with the product.
func (x *Lexicon) boughtBefore(_ scope, id int32, skip int, hs []orders.HistoryLine) (orders.HistoryLine, bool) {
	code := x.product(id).Code
	for _, h := range hs {
		if h.Product == code {
			if skip == 0 {
				return h, true
			}
			skip--
		}
	}
	return orders.HistoryLine{}, false
}

// bracketOf is the line right behind which the bracket stands that r[i] is in, nil if it is in none: 20箱(买10箱送1箱那个活动给我算上).
func (b *builder) bracketOf(i int) *wanted {
	r := b.s.r
	k := i - 1
	for k >= 0 && r[k] != '(' && !strings.ContainsRune(")。;\n", r[k]) {
		k--
	}
	if k < 0 || r[k] != '(' {
		return nil
	}
	n := slices.IndexFunc(b.items, func(it *wanted) bool { return !it.gift && it.q.to == k && it.q.from < k })
	if n < 0 {
		return nil
	}
	return b.items[n]
}

// applyDeals works out the gifts of 买10送1.
func (b *builder) applyDeals() {
	for _, d := range b.deals {
		var gifts []*wanted
		var out []*wanted
		inClause := false
		for _, it := range b.items {
			if it.from >= d.from && b.sameSentence(d.from, it.from) && it.q.value.GreaterThanOrEqual(decimal.NewFromInt(d.deal[0])) {
				inClause = true
			}
		}
		done, of := false, b.bracketOf(d.from)
		for _, it := range b.items {
			out = append(out, it)
			if it.gift || it.q.none || done || of != nil && it != of || says(string(b.s.r[min(it.q.to, len(b.s.r)):min(it.q.to+6, len(b.s.r))]), []string{"不参加", "不参与", "不算活动", "除外"}) {
				continue
			}
			around := it.from <= d.from && it.to >= d.to || it.m != nil && it.m.from <= d.from && it.q.from >= d.from
			if inClause && it.from < d.from && !around {
				continue
			}
			n := it.q.value.Div(decimal.NewFromInt(max(d.deal[0], 1))).Floor().Mul(decimal.NewFromInt(d.deal[1]))
			if n.IsPositive() {
				g := &wanted{m: it.m, ctx: it.ctx, res: it.res, q: quantity{value: n, unit: it.q.unit}, gift: true, from: it.from, to: it.to, said: it.said}
				out = append(out, g)
				gifts = append(gifts, g)
			}
			if inClause {
				done = true
			}
		}
		if len(gifts) > 0 {
			b.items = out
		}
	}
}

// sameSentence reports whether no sentence ends in [i,j); what was said in an earlier message lies at -1.
func (b *builder) sameSentence(i, j int) bool {
	for k := max(i, 0); k < j; k++ {
		if strings.ContainsRune("。;\n!?", b.s.r[k]) {
			return false
		}
	}
	return true
}

// missed are the amounts that became part of nothing: neither of a line nor of a sum, a remark or a question.
func (r *reading) missed() []mark {
	var used []span
	for _, sec := range r.secs {
		b := sec.b
		if b == nil {
			continue
		}
		add := func(from, to int) { used = append(used, span{from, to}) }
		for _, it := range sec.items {
			add(it.from, it.to)
			add(it.q.from, it.q.to)
			if it.m != nil {
				add(it.m.from, it.m.to)
			}
			for _, q := range []*quantity{it.clash, it.equal} {
				if q != nil {
					add(q.from, q.to)
				}
			}
		}
		used = append(used, b.gone...)
		for _, q := range b.loose {
			add(q.from, q.to)
		}
		for _, m := range b.answers {
			add(m.from, m.to)
		}
		for _, list := range [][]mark{b.notes, b.deals, b.sums, b.totals} {
			for _, m := range list {
				add(m.from, m.to)
			}
		}
	}
	var out []mark
	for _, m := range r.s.marks {
		if m.kind != markQty || m.to <= m.from || m.qty.bare || m.qty.size || m.qty.spec || m.qty.none {
			continue
		}
		if !slices.ContainsFunc(used, func(u span) bool { return u.from < m.to && m.from < u.to }) {
			out = append(out, m)
		}
	}
	return out
}

// askMissed asks what became of amounts that went into nothing, rather than dropping them.
func (r *reading) askMissed(res *Result, missed []mark) {
	for n, sec := range r.secs {
		for _, m := range missed {
			if m.from < sec.from || m.from >= sec.to {
				continue
			}
			if n < len(res.Orders) {
				r.askLines(res, n, m.from)
			}
		}
	}
}

// askLines asks what is ordered in the clause around r[i], of the order numbered n.
func (r *reading) askLines(res *Result, n, i int) {
	field := fmt.Sprintf("orders[%d].lines", n)
	if !slices.ContainsFunc(res.Asks, func(a Ask) bool { return a.Field == field }) {
		res.Asks = append(res.Asks, Ask{Field: field, Reason: ReasonUnknown, Text: fmt.Sprintf("「%s」没看明白，这里要什么货、多少？", strings.Trim(clauseAround(r.s.r, i), " "))})
	}
}

// repeatAsks asks for what 老样子 or a missing picture leaves open.
func (r *reading) repeatAsks(res *Result, picture bool) {
	for i := range res.Asks {
		a := &res.Asks[i]
		if !strings.HasSuffix(a.Field, ".lines") || a.Reason != ReasonMissing {
			continue
		}
		switch {
		case r.repeat:
			a.Text = "系统里没有查到之前的订单，请把品名和数量发一下。"
		case picture:
			a.Text = "没有收到图片，请重新发一下。"
		}
	}
}
