package intake

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// readDocument reads an opened file: as order forms where it has tables of goods, as a conversation where it is the
// screenshot of a chat, else as the words on its pages. What the sender wrote beside it belongs to it.
func (x *Lexicon) readDocument(msg Message, thread *Thread) (Result, *Thread) {
	msg.Doc = x.withoutGaps(msg.Doc)
	if len(thread.Orders) > 0 && !x.joinsDraft(msg) {
		// goods in a file are an order of their own
		if res, next := x.readDocument(msg, &Thread{}); slices.ContainsFunc(res.Orders, func(d Draft) bool {
			return slices.ContainsFunc(d.Lines, func(l Line) bool { return l.Quantity != "" })
		}) {
			return res, next
		}
	}
	if res, next, ok := x.readTables(msg, thread); ok {
		return res, next
	}
	doc := msg.Doc
	words := msg
	words.Doc, words.pages = nil, doc
	if msg.Text != "" {
		words.own = len([]rune(msg.Text)) + 1
	}
	var chats []chat
	var lines []string
	for _, p := range doc.Pages {
		if c, ok := readScreenshot(p); ok && doc.Kind == page.KindOCR && !x.isNote(p, c) {
			chats = append(chats, c)
			continue
		}
		for _, l := range x.withoutEnds(joinProse(x.countsBeside(p.Lines), p.Width), msg.Time) {
			if doc.Kind == page.KindOCR {
				l = x.closeUp(l)
			}
			lines = append(lines, l)
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				if text := rowText(row); text != "" {
					lines = append(lines, text)
				}
			}
		}
	}
	if len(chats) > 0 {
		return x.readChats(chats, words, thread)
	}
	if len(lines) > 0 {
		if own := strings.TrimSpace(ownDate.ReplaceAllString(lines[0], "")); own != "" && len(x.customersNamed(normal(own))) > 0 {
			lines[0] = own // 市三院 3月18日 heads the note
		}
	}
	words.Text = strings.TrimSpace(msg.Text + "\n" + strings.Join(lines, "\n"))
	res, next := x.readText(words, thread)
	if name := x.recipientOf(lines); name != "" && res.Intent == IntentOrder && len(res.Orders) == 1 && res.Orders[0].Contact == "" {
		res.Orders[0].Contact = name
		if len(next.Orders) == 1 {
			next.Orders[0].Contact = name
		}
	}
	return res, next
}

// isNote tells that what looks like the bubbles of a chat is a photographed note: nothing on it is a time, and goods are counted in lines
// that would be the title or nobody's words.
func (x *Lexicon) isNote(p page.Page, c chat) bool {
	if c.log || slices.ContainsFunc(p.Lines, func(l page.Line) bool { return clockLine.MatchString(strings.TrimSpace(l.Text)) }) {
		return false
	}
	return slices.ContainsFunc(p.Lines, func(l page.Line) bool {
		text := strings.TrimSpace(l.Text)
		return x.counted(normal(text)) && !slices.ContainsFunc(c.bubbles, func(b bubble) bool { return strings.Contains(b.text, text) })
	})
}

// withoutGaps joins letters that recognition parted inside a word of the catalogue: L ED, WN MG080408.
func (x *Lexicon) withoutGaps(doc *page.Document) *page.Document {
	if doc.Kind != page.KindOCR {
		return doc
	}
	out := *doc
	out.Pages = slices.Clone(doc.Pages)
	for i, p := range out.Pages {
		p.Lines, p.Tables = slices.Clone(p.Lines), slices.Clone(p.Tables)
		for k := range p.Lines {
			p.Lines[k].Text = x.joined(p.Lines[k].Text)
		}
		for k, t := range p.Tables {
			t.Rows = slices.Clone(t.Rows)
			for r, row := range t.Rows {
				row = slices.Clone(row)
				for n := range row {
					row[n].Text = x.joined(row[n].Text)
				}
				t.Rows[r] = row
			}
			p.Tables[k] = t
		}
		out.Pages[i] = p
	}
	return &out
}

// partedLetters fits letters with a gap between them.
var partedLetters = regexp.MustCompile(`([A-Za-z]+) ([A-Za-z]+)`)

// joined closes such a gap where the catalogue knows the whole word, of three letters at least, and not both of its parts.
func (x *Lexicon) joined(text string) string {
	return partedLetters.ReplaceAllStringFunc(text, func(parted string) string {
		left, right, _ := strings.Cut(strings.ToLower(parted), " ")
		known := func(w string) bool { _, ok := x.tokenID(w); return ok }
		if len(left)+len(right) < 3 || !known(left+right) || known(left) && known(right) {
			return parted
		}
		return strings.ReplaceAll(parted, " ", "")
	})
}

// countsBeside puts a quantity that stands far at the right of its goods on their line: 丙纶缆绳 Φ20mm …… 2卷.
func (x *Lexicon) countsBeside(lines []page.Line) []page.Line {
	var out []page.Line
	for _, l := range lines {
		if n := len(out) - 1; n >= 0 && l.Box != [4]page.Point{} && x.isCount(l.Text) {
			before := out[n]
			high := before.Box[3].Y - before.Box[0].Y
			beside := math.Abs(before.Box[0].Y+before.Box[3].Y-l.Box[0].Y-l.Box[3].Y) < high && l.Box[0].X >= before.Box[1].X
			if beside && len(hanOf(before.Text)) > 1 && !x.isCount(before.Text) && !pairsOf(before.Text)[0].keyed {
				out[n].Text += "  " + l.Text
				out[n].Box[1], out[n].Box[2] = l.Box[1], l.Box[2]
				out[n].Score = min(before.Score, l.Score)
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

// isCount tells that a text is a number with a unit of goods, and nothing else.
func (x *Lexicon) isCount(text string) bool {
	r := trimSpace(normal(text))
	v, ok := readNumeral(r, 0)
	if !ok {
		return false
	}
	u := x.unitAt(r, v.to)
	return u != "" && !sizeUnits[u] && v.to+len([]rune(u)) == len(r)
}

var (
	faxHead = regexp.MustCompile(`(?i)^(?:\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?\s*)?(?:FR[O0]M\s*[:：]|FAX\s*(?:N[O0]\.?)?\s*[:：]).*$`)
	faxTo   = regexp.MustCompile(`(?i)^(?:T[O0]\s*[:：].{0,12}|\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)$`)
	pageOf  = regexp.MustCompile(`(?i)^(?:P(?:AGE)?\.?\s*\d{1,3}\s*(?:[/／]|of)\s*\d{1,3}|第?\s*\d{1,3}\s*页?\s*[/／,，]?\s*共\s*\d{1,3}\s*页|第\s*\d{1,3}\s*页)$`)
	fullDay = regexp.MustCompile(`^\d{4}\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?$`)
)

// withoutEnds leaves out what a fax machine prints over a page, the numbers of pages, and the date below a letter: a whole day
// alone on a line that does not lie ahead.
func (x *Lexicon) withoutEnds(lines []string, now time.Time) []string {
	var out []string
	top := lines[:min(len(lines), 4)]
	faxed := len(lines) > 4 && slices.ContainsFunc(top, func(l string) bool { return faxHead.MatchString(strings.TrimSpace(l)) })
	for i, l := range lines {
		text := strings.TrimSpace(l)
		if faxed && i < len(top) && (faxHead.MatchString(text) || faxTo.MatchString(text)) || pageOf.MatchString(text) {
			continue
		}
		if i > 0 && fullDay.MatchString(text) {
			if w, ok := firstWhen(normal(withoutGaps(text)), x.clock(now)); ok && !w.end.After(now) {
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

// readTables reads a document's tables; ok is false where it has none with goods in it.
func (x *Lexicon) readTables(msg Message, thread *Thread) (Result, *Thread, bool) {
	res, words, ok := x.readForm(msg)
	switch {
	case !ok:
		return res, nil, false
	case res.Intent != IntentOrder:
		return res, thread.clone(), true
	}
	next := &Thread{Orders: cloneDrafts(res.Orders), Asks: slices.Clone(res.Asks), Words: words}
	if both, ok := thread.addForm(&res, next); ok {
		return res, both, true
	}
	res, next = x.withMore(msg, res, next)
	if strings.TrimSpace(msg.Text) != "" {
		res, next = x.withWords(msg, res, next)
	}
	return res, next, true
}

// ownDate is the date of a note behind the name that heads it.
var ownDate = regexp.MustCompile(`\s*(?:\d{4}[年./-])?\d{1,2}[月./-]\d{1,2}[日号]?$`)

// tornCode fits letters and figures that a gap parts.
var tornCode = regexp.MustCompile(`[A-Za-z0-9]+ [A-Za-z0-9\-][A-Za-z0-9\-./]*`)

// closeUp takes out a gap that reading a picture put into what goods are called: WN MG080408-MS. What it parts is known as a whole, its
// beginning alone is not.
func (x *Lexicon) closeUp(text string) string {
	known := func(word string) int { // how much of its beginning is a token of goods
		t, ok := readSpec(normal(word), 0, len([]rune(word)))
		if !ok || !slices.ContainsFunc(t.productKeys(), func(k string) bool { _, found := x.tokenID(k); return found }) {
			return 0
		}
		return t.to
	}
	return tornCode.ReplaceAllStringFunc(text, func(torn string) string {
		first, _, _ := strings.Cut(torn, " ")
		whole := strings.Replace(torn, " ", "", 1)
		_, isCode := x.productKey(string(normal(whole)))
		if len(whole) < 6 || known(first) == len(first) || !isCode && known(whole) <= len(first) {
			return torn
		}
		return whole
	})
}

// recipientOf finds the person that a note names behind its delivery: 下周一送 曹.
func (x *Lexicon) recipientOf(lines []string) string {
	s := &scan{x: x}
	for _, l := range lines {
		fields := strings.Fields(l)
		if len(fields) < 2 {
			continue
		}
		before, last := fields[len(fields)-2], fields[len(fields)-1]
		r := normal(last)
		ends := slices.ContainsFunc([]string{"送", "送到", "送达", "到货", "送货"}, func(w string) bool { return strings.HasSuffix(before, w) })
		if ends && (s.isPerson(r) || isFullName(r) || len(r) == 1 && strings.ContainsRune(surnames, r[0])) {
			return last
		}
	}
	return ""
}

// said is what one buyer says in a chat, in order.
type said struct {
	customer int32 // -1: nobody's name
	lines    []string
}

// readChats reads screenshots of one conversation. Buyers who are customers of their own get orders of their own.
func (x *Lexicon) readChats(chats []chat, msg Message, thread *Thread) (Result, *Thread) {
	var all []said
	own := int32(-1)
	if id, ok := x.customerOf(msg.Customer); ok && msg.Customer != "" {
		own = id
	}
	title := int32(-1)
	for _, c := range chats {
		if ids := x.customersNamed(normal(c.title)); len(ids) == 1 {
			title = ids[0]
		}
		for _, t := range x.buyersOf(c, msg) {
			i := slices.IndexFunc(all, func(s said) bool { return s.customer == t.customer })
			if i < 0 {
				all = append(all, said{customer: t.customer})
				i = len(all) - 1
			}
			all[i].lines = append(all[i].lines, t.lines...)
		}
	}
	named := slices.DeleteFunc(slices.Clone(all), func(s said) bool { return s.customer < 0 })
	if len(named) > 1 {
		return x.readEach(named, msg, thread)
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, s.lines...)
	}
	if msg.Customer == "" {
		switch {
		case len(named) == 1:
			msg.Customer = string(x.customer(named[0].customer).Code)
		case title >= 0:
			msg.Customer = string(x.customer(title).Code)
		default:
			if id, ok := x.contactNamed(chats); ok {
				msg.Customer = string(x.customer(id).Code)
			} else if chats[0].title != "" && own < 0 && !chats[0].log {
				lines = append([]string{chats[0].title}, lines...)
			}
		}
	}
	return x.readLines(lines, msg, thread)
}

// mendWords begin what takes back something said before.
var mendWords = []string{"写错", "打错", "说错", "搞错", "弄错", "发错", "不对", "更正", "改成", "改为", "改一下", "换成"}

// readLines reads what a buyer said as one message. What takes back something said before is read as an answer in the
// conversation that the lines before it made.
func (x *Lexicon) readLines(lines []string, msg Message, thread *Thread) (Result, *Thread) {
	at := -1
	for i, l := range lines {
		if i > 0 && slices.ContainsFunc(mendWords, func(w string) bool { return strings.Contains(l, w) }) {
			at = i
			break
		}
	}
	if at > 0 && x.mendSpec(lines, at, msg) {
		return x.readLines(lines, msg, thread)
	}
	if at > 0 {
		first, rest := msg, msg
		first.Text = strings.TrimSpace(msg.Text + "\n" + strings.Join(lines[:at], "\n"))
		rest.Text, rest.own = strings.Join(lines[at:], "\n"), 0
		if res, begun := x.readText(first, thread); res.Intent == IntentOrder && len(res.Orders) > 0 {
			if mended, next := x.readLines([]string{rest.Text}, rest, begun); mended.Intent == IntentChange && len(mended.Orders) > 0 {
				mended.Intent, mended.Ref = IntentOrder, ""
				return mended, next
			}
		}
	}
	msg.Text = strings.TrimSpace(msg.Text + "\n" + strings.Join(lines, "\n"))
	return x.readText(msg, thread)
}

// mendSpec puts a correction that says only another size with a quantity (写错了是24G 10盒) in place of the line before it whose
// goods come in that size, and tells whether it did. It changes lines.
func (x *Lexicon) mendSpec(lines []string, at int, msg Message) bool {
	clause, _, _ := strings.Cut(lines[at], "，") // what follows explains
	for _, w := range append(slices.Clone(mendWords), "了", "是", "应该", "要") {
		clause = strings.ReplaceAll(clause, w, " ")
	}
	clause = strings.TrimSpace(clause)
	who := scope{}
	if id, ok := x.customerOf(msg.Customer); ok {
		who = x.scopeOf(id)
	}
	spec, quantity := x.goodsOf(clause)
	fixed := newText(spec)
	is := x.readMention(fixed, 0, len(fixed.r), who.own, nil)
	if quantity == "" || len(is.toks) == 0 || is.content() != 0 || is.own != nil {
		return false
	}
	for k := at - 1; k >= 0; k-- {
		parts := strings.Split(lines[k], "\n")
		for n := range slices.Backward(parts) {
			goods, counted := x.goodsOf(parts[n])
			if counted == "" {
				continue
			}
			t := newText(goods)
			was := x.readMention(t, 0, len(t.r), who.own, nil)
			if len(was.toks) == 0 || was.content() == 0 {
				continue
			}
			mended := *was
			mended.toks = is.toks
			if r := x.resolve(&mended, nil, who, ""); r.product < 0 {
				continue
			}
			parts[n] = strings.TrimSpace(hanText(t, was) + " " + clause)
			lines[k] = strings.Join(parts, "\n")
			lines[at] = ""
			return true
		}
	}
	return false
}

// hanText is the Chinese words of a mention.
func hanText(t *text, m *mention) string {
	var b strings.Builder
	for i := range m.han {
		if m.filler>>uint(i)&1 == 0 {
			b.WriteString(t.source(m.at[i], m.at[i]+1))
		}
	}
	return b.String()
}

// goodsOf parts a line that orders one thing into the goods and the quantity at its end.
func (x *Lexicon) goodsOf(line string) (goods, quantity string) {
	t := newText(line)
	for i := 1; i < len(t.r); i++ {
		if isDigit(t.r[i-1]) || t.r[i-1] == '.' {
			continue
		}
		v, ok := readNumeral(t.r, i)
		if !ok {
			continue
		}
		if u := x.unitAt(t.r, v.to); u != "" && !sizeUnits[u] && v.to+len([]rune(u)) == len(t.r) {
			return t.source(0, i), t.source(i, len(t.r))
		}
	}
	return line, ""
}

// contactNamed finds the customer whose contact the chat is with.
func (x *Lexicon) contactNamed(chats []chat) (int32, bool) {
	s := scan{x: x}
	for _, c := range chats {
		names := []string{c.title}
		for _, b := range c.bubbles {
			names = append(names, b.sender)
		}
		for _, n := range names {
			if ids, ok := s.person(strings.TrimSpace(string(normal(n)))); ok && len(ids) == 1 {
				return ids[0], true
			}
		}
	}
	return -1, false
}

// readEach reads what several customers say in one chat as an order each.
func (x *Lexicon) readEach(all []said, msg Message, thread *Thread) (Result, *Thread) {
	res := Result{ID: msg.ID, Intent: IntentOther}
	var words [][]string
	forAll := x.saidForAll(all)
	for _, s := range all {
		one := msg
		one.Customer, one.Role = string(x.customer(s.customer).Code), RoleCustomer
		lines := s.lines
		for _, l := range forAll {
			if !slices.Contains(lines, l.own) {
				lines = append(slices.Clone(lines), l.words)
			}
		}
		one.Text = ""
		r, next := x.readLines(lines, one, &Thread{})
		if r.Intent != IntentOrder {
			continue
		}
		res.Intent = IntentOrder
		for _, a := range r.Asks {
			a.Field = shifted(a.Field, len(res.Orders))
			res.Asks = append(res.Asks, a)
		}
		res.Orders = append(res.Orders, r.Orders...)
		words = append(words, next.Words...)
		res.Mentions = append(res.Mentions, r.Mentions...)
	}
	if res.Intent != IntentOrder {
		var lines []string
		for _, s := range all {
			lines = append(lines, s.lines...)
		}
		msg.Text = strings.TrimSpace(msg.Text + "\n" + strings.Join(lines, "\n"))
		return x.readText(msg, thread)
	}
	return res, &Thread{Orders: cloneDrafts(res.Orders), Asks: slices.Clone(res.Asks), Words: words}
}

// wholeLine is a line that is said for everybody, and the same without the words that say so.
type wholeLine struct{ own, words string }

// everybody fits those words: 两家都周六上午送到, 各店统一明天送.
var everybody = regexp.MustCompile(`^(?:@\S{1,8}\s+)?(?:(?:[两二三四五六七八九几]|各|每|所有|全部)(?:个)?(?:家|店|门店|分店|单|边)(?:的)?(?:货)?(?:都|统一|一起|全部)?|大家(?:的)?(?:货)?都?|都|统一|全部)[,， ]*`)

// saidForAll finds the lines that say for everybody in a chat when the goods are due, and order nothing.
func (x *Lexicon) saidForAll(all []said) []wholeLine {
	var out []wholeLine
	for _, s := range all {
		for _, l := range s.lines {
			at := everybody.FindStringIndex(l)
			if at == nil || x.counted(normal(l)) || x.namesGoods(normal(l[at[1]:])) {
				continue
			}
			rest := strings.TrimSpace(l[at[1]:])
			if r := normal(rest); len(r) > 0 && len(r) <= 24 {
				if _, ok := firstWhen(r, x.clock(time.Time{})); ok {
					out = append(out, wholeLine{own: l, words: rest})
				}
			}
		}
	}
	return out
}

// shifted adds n to the number of the order that a field belongs to.
func shifted(field string, n int) string {
	k, rest, ok := orderField(field)
	if !ok {
		return field
	}
	return fmt.Sprintf("orders[%d]%s", k+n, rest)
}

// salutation calls the one who is written to: 老弟 …, 王哥，….
var salutation = regexp.MustCompile(`^(?:老弟|兄弟|哥们|老哥|老板|老板娘|亲|您好|你好|在吗|在不|[\p{Han}]{1,2}[哥姐总经理]|[\p{Han}]经理|[\p{Han}]老师)[ ,，:：!！~]+`)

// buyersOf leaves of a chat what its buyers say. In a chat of two the phone's owner is the buyer when the sender is a customer, and
// the seller when it is a salesperson, unless the title tells otherwise. What the seller says only counts as the price that the buyer
// then takes.
func (x *Lexicon) buyersOf(c chat, msg Message) []said {
	ownerBuys := msg.Role == RoleCustomer
	if ids := x.customersNamed(normal(c.title)); len(ids) > 0 && !c.log {
		ownerBuys = false // one does not chat with oneself
	} else if x.isSeller(c.title) {
		ownerBuys = true
	}
	var out []said
	deal := negotiation{x: x}
	clock, question := "", ""
	for _, b := range c.bubbles {
		buys := b.right == ownerBuys
		if b.sender != "" {
			buys = !x.isSeller(b.sender)
		}
		if !buys {
			deal.offered(b.text)
			question = b.text
			continue
		}
		b.text = x.closeUp(b.text)
		customer := x.senderOf(b.sender)
		text := answered(question, x.dayAgreed(question, deal.asked(x.retold(salutation.ReplaceAllString(b.text, ""))), msg.Time))
		question = ""
		if text == "" || x.declined(text, out) {
			continue
		}
		i := slices.IndexFunc(out, func(s said) bool { return s.customer == customer })
		if i < 0 {
			out = append(out, said{customer: customer})
			i = len(out) - 1
		}
		// a bubble of another day: relative days count from that one
		day := dayOf(b.time, msg.Time)
		if day != clock {
			head := day
			if head == "" {
				head = msg.Time.Format("1月2日")
			}
			out[i].lines = append(out[i].lines, headOf(b, head))
		}
		clock = day
		out[i].lines = append(out[i].lines, text)
	}
	if c.log && len(out) > 1 {
		// people without a customer's name in a log only talk
		if named := slices.DeleteFunc(slices.Clone(out), func(s said) bool { return s.customer < 0 }); len(named) > 0 {
			out = named
		}
	}
	deal.settle(out)
	return out
}

// senderOf finds the customer that a name above a bubble means, by the customer's name or that of its person: 火车站店-柳店长. It
// is -1 where that is open.
func (x *Lexicon) senderOf(name string) int32 {
	if name == "" {
		return -1
	}
	if ids := x.customersNamed(normal(name)); len(ids) == 1 {
		return ids[0]
	}
	s := scan{x: x}
	parts := strings.FieldsFunc(string(normal(name)), func(r rune) bool { return strings.ContainsRune("-_—/|·@", r) })
	if len(parts) < 2 { // 老崔 alone may be anybody
		return -1
	}
	for _, part := range parts {
		if ids, ok := s.person(part); ok && len(ids) == 1 {
			return ids[0]
		}
	}
	return -1
}

// retold leaves out what 算了 takes back in the same breath: 中通…算了德邦吧. A quantity before it stays.
func (x *Lexicon) retold(text string) string {
	before, after, ok := strings.Cut(text, "算了")
	if !ok || strings.TrimSpace(after) == "" || strings.ContainsAny(before, "，,。；;\n") || x.counted(normal(before)) {
		return text
	}
	clauses := strings.Split(strings.ReplaceAll(after, ",", "，"), "，")
	clauses = slices.DeleteFunc(clauses, func(c string) bool { return sharedPairs(hanOf(before), hanOf(c)) > 0 }) // why it was taken back
	return strings.TrimSpace(strings.Join(clauses, "，"))
}

var (
	// unwanted fits words that goods are not wanted; stillHas the reason, at the end of what is said: 还有两把, 家里够用.
	unwanted = regexp.MustCompile(`别[配发送拿订]|不[用要](?:配|发|送|拿|订|了)?|先不|暂不|不订|不拿|不需要`)
	stillHas = regexp.MustCompile(`(?:还有|还剩|有库存|够)(?:[\d.零一二两三四五六七八九十百几半多]{1,6}\p{Han}?|货|库存|不少|很多|一些|的|用|呢|了|着)*[。.!！~ ]*$`)
)

// declined tells words that only say that some goods are not wanted (血糖仪别配了，还有3台), where nobody ordered them before.
func (x *Lexicon) declined(text string, before []said) bool {
	no := unwanted.FindStringIndex(text)
	if no == nil || !stillHas.MatchString(text[no[1]:]) || x.counted(normal(text[:no[0]])) {
		return false
	}
	goods := hanOf(text)
	for _, s := range before {
		for _, l := range s.lines {
			if sharedPairs(goods, hanOf(l)) > 0 {
				return false
			}
		}
	}
	return true
}

var (
	// agrees fits the beginning of an answer that says yes; proposes a question about the delivery.
	agrees   = regexp.MustCompile(`^(?:行|好|可以|成|嗯|对|ok|OK|Ok|没问题|中)+[的吧啊呀了嘞啦]*[,，。.!！~ ]*`)
	proposes = regexp.MustCompile(`(?:送|到|发|配|给您|给你).*(?:[?？]|吗|不|吧|呢|咋样|怎么样)\s*$`)
	halfDay  = regexp.MustCompile(`^(?:上午|下午|中午|早上|晚上|傍晚|一早|\d{1,2}点|\d{1,2}:\d\d)`)
)

// dayAgreed puts the day that a question proposes into the answer that takes it: 明天给你送？ 好 上午吧.
func (x *Lexicon) dayAgreed(question, text string, now time.Time) string {
	yes := agrees.FindString(text)
	if yes == "" || !proposes.MatchString(strings.TrimSpace(question)) {
		return text
	}
	clock, rest := x.clock(now), strings.TrimSpace(text[len(yes):])
	r := normal(question)
	for i := range r {
		w, ok := readWhen(r, i, clock)
		if !ok {
			continue
		}
		day := string(r[i:w.to])
		switch _, own := firstWhen(normal(rest), clock); {
		case w.value() == "":
		case rest == "":
			return day + "送"
		case halfDay.MatchString(string(normal(rest))):
			return day + rest
		case !own:
			return day + "送，" + rest
		}
		return text
	}
	return text
}

// answered adds to an answer what the question says that it is about: 送哪？ 五金城6栋.
func answered(question, text string) string {
	if text == "" || question == "" || len([]rune(text)) > 40 {
		return text
	}
	for _, q := range [...]struct{ asks, means string }{
		{"送哪", "地址："}, {"送到哪", "地址："}, {"发哪", "地址："}, {"发到哪", "地址："}, {"寄哪", "地址："}, {"寄到哪", "地址："}, {"地址", "地址："}, {"往哪送", "地址："}, {"谁收", "联系人："}, {"找谁", "联系人："}, {"联系人", "联系人："},
	} {
		if strings.Contains(question, q.asks) && !strings.Contains(text, strings.TrimSuffix(q.means, "：")) && !strings.ContainsAny(string([]rune(text)[:1]), "送发寄到") {
			return q.means + text
		}
	}
	return text
}

// dayOf is the day that a time line bears, "" where it is a time of today.
func dayOf(clock string, now time.Time) string {
	r := normal(clock)
	for i, w := range [...]string{"日", "一", "二", "三", "四", "五", "六"} { // 星期五 13:40 is of the last seven days
		if has(r, 0, "星期"+w) || has(r, 0, "周"+w) || i == 0 && has(r, 0, "星期天") {
			back := (int(now.Weekday()) - i + 7) % 7
			if back == 0 {
				return ""
			}
			return now.AddDate(0, 0, -back).Format("1月2日")
		}
	}
	for i, c := range r {
		if c == '日' || c == '号' {
			return strings.TrimSpace(string(r[:i+1]))
		}
	}
	if has(r, 0, "昨天") {
		return "昨天"
	}
	if day, _, ok := strings.Cut(string(r), " "); ok && strings.ContainsAny(day, "-/.") {
		return day
	}
	return ""
}

// headOf is the head of a forwarded message as the text reader knows it: 客户 3月10日 8:52.
func headOf(b bubble, day string) string {
	clock := ""
	for f := range strings.FieldsSeq(string(normal(b.time))) {
		if strings.Contains(f, ":") {
			clock = strings.TrimLeft(f, "上下午早晚中凌晨清傍")
		}
	}
	day = strings.NewReplacer("年", "/", "月", "/", "日", "", "号", "").Replace(day)
	return strings.TrimSpace("客户 " + day + " " + clock)
}

// isSeller tells whether a name is one of our own people: a salesperson of the master data (马超群, 小马), or named as one.
func (x *Lexicon) isSeller(name string) bool {
	r := squeeze(normal(name))
	if len(r) == 0 {
		return false
	}
	if len(x.customersNamed(normal(name))) > 0 {
		return false
	}
	for named := range x.sellers {
		sales := normal(named)
		if len(sales) < 2 {
			continue
		}
		if strings.Contains(string(r), string(sales)) || strings.Contains(string(r), "小"+string(sales[0])) || strings.Contains(string(r), "老"+string(sales[0])) || strings.Contains(string(r), string(sales[1:])) && len(sales) > 2 {
			return true
		}
	}
	return strings.Contains(string(r), "销售") || strings.Contains(string(r), "业务") || strings.Contains(string(r), "客服")
}

// negotiation follows prices asked and offered in a chat.
type negotiation struct {
	x      *Lexicon
	goods  string // what was last asked about
	price  string // the last price offered for it, as said
	offers []string
	asking []string // lines that only asked; they count where nothing was ordered
	bought bool
	// ordered is the last line that orders something, pending the price that was then offered for it, agreed the prices by line that
	// the buyer took.
	ordered, pending string
	agreed           map[string]string
}

var priceQuestions = []string{"多少钱", "什么价", "啥价", "怎么卖", "咋卖", "几块", "价格", "报价", "报个价", "多少一", "现在价", "价钱"}

// asked takes a buyer's words: a question for a price is kept back, an order without goods is for the goods asked about at the
// price offered last.
func (n *negotiation) asked(text string) string {
	r := normal(text)
	question := slices.ContainsFunc(priceQuestions, func(w string) bool { return strings.Contains(text, w) })
	counted := n.x.counted(r)
	if question && !counted {
		goods := text
		for _, w := range append(slices.Clone(priceQuestions), "现在", "你们", "的", "吗", "?", "？") {
			goods = strings.ReplaceAll(goods, w, "")
		}
		n.goods, n.price = strings.TrimSpace(goods), ""
		n.asking = append(n.asking, text)
		return ""
	}
	if n.pending != "" && takenWords.MatchString(strings.TrimSpace(text)) {
		if n.agreed == nil {
			n.agreed = map[string]string{}
		}
		n.agreed[n.ordered] = n.pending
	}
	n.pending = ""
	if n.goods == "" {
		n.bought = n.bought || counted
		if counted {
			n.ordered = text
		}
		return text
	}
	named := n.x.namesGoods(r)
	switch {
	case counted && !named:
		text = n.goods + " " + text
		if n.price != "" {
			text += "，" + n.price
		}
		n.goods, n.bought, n.ordered = "", true, ""
	case !counted && !named && n.price != "" && strings.ContainsAny(text, "0123456789") && slices.ContainsFunc([]string{"行不行", "行吗", "可以吗", "能不能", "好不好", "便宜"}, func(w string) bool { return strings.Contains(text, w) }):
		return "" // haggling
	}
	n.bought = n.bought || counted
	return text
}

// offered takes a seller's words.
func (n *negotiation) offered(text string) {
	price := n.x.priceIn(normal(text))
	if price == "" {
		return
	}
	if n.x.namesGoods(normal(text)) || len(tagsOf(text)) > 0 {
		n.offers = append(n.offers, text)
		return
	}
	if n.goods == "" && n.ordered != "" { // 要3只. 380一只哦. 行
		n.pending = price
		return
	}
	n.price = price
}

// takenWords fit a buyer's words that only agree.
var takenWords = regexp.MustCompile(`^(?:行|好|可以|成|要|没问题|ok|OK|Ok|嗯|对|是|就这个价|按这个价|中)[的吧啊呀了嘞啦,，。.!！~ ]*$`)

// goodsTag fits letters with figures by which goods are called: A5, M16, 8.5T.
var goodsTag = regexp.MustCompile(`[a-z]+-?\d+(?:\.\d+)?|\d+(?:\.\d+)?[a-z]+`)

// tagsOf finds them in a text.
func tagsOf(text string) []string {
	tags := goodsTag.FindAllString(string(normal(text)), -1)
	for i := range tags {
		tags[i] = strings.ReplaceAll(tags[i], "-", "")
	}
	return tags
}

// sharedTags counts those that two texts share.
func sharedTags(a, b string) int {
	n, others := 0, tagsOf(b)
	for _, t := range tagsOf(a) {
		if slices.Contains(others, t) {
			n++
		}
	}
	return n
}

// settle puts prices offered by name behind the lines that order those goods, and gives back the questions where nothing
// was ordered.
func (n *negotiation) settle(all []said) {
	if !n.bought && len(n.asking) > 0 {
		if len(all) > 0 {
			all[0].lines = append(slices.Clone(n.asking), all[0].lines...)
		}
		return
	}
	for i := range all {
		for k, l := range all[i].lines {
			if price := n.agreed[l]; price != "" {
				all[i].lines[k] += "，" + price
			}
		}
	}
	for _, offer := range n.offers {
		price := n.x.priceIn(normal(offer))
		goods := hanOf(offer)
		best, most := -1, 1
		var in *said
		for i := range all {
			for k, l := range all[i].lines {
				if same := sharedPairs(goods, hanOf(l)) + 3*sharedTags(offer, l); n.x.counted(normal(l)) && same >= most {
					best, most, in = k, same+1, &all[i]
				}
			}
		}
		if best >= 0 {
			in.lines[best] += "，" + price
		}
	}
}

// counted tells whether a quantity with a unit stands in r.
func (x *Lexicon) counted(r []rune) bool {
	for i := 0; i < len(r); i++ {
		v, ok := readNumeral(r, i)
		if !ok {
			continue
		}
		if u := x.unitAt(r, v.to); u != "" && !sizeUnits[u] && u != "块" && !v.value.IsZero() {
			return true
		}
		i = v.to - 1
	}
	return false
}

// namesGoods tells whether two characters of a product's name stand together in r.
func (x *Lexicon) namesGoods(r []rune) bool {
	for i := 0; i+1 < len(r); i++ {
		if isHan(r[i]) && isHan(r[i+1]) && x.bears(r[i], r[i+1]) && fillerAt(r, i) < 2 {
			return true
		}
	}
	return false
}

// priceIn quotes the price in a seller's words in the form N元一只: 48一只, 最低46了, 8块一根, 1块9一只.
func (x *Lexicon) priceIn(r []rune) string {
	for i := 0; i < len(r); i++ {
		if !isDigit(r[i]) || i > 0 && (isDigit(r[i-1]) || r[i-1] == '.' || isLetter(r[i-1])) {
			continue
		}
		v, ok := readDigits(r, i)
		if !ok || !v.bare {
			continue
		}
		price, to := v.value, v.to
		money := false
		if to < len(r) && (r[to] == '块' || r[to] == '元') {
			money = true
			to++
			if to < len(r) && isDigit(r[to]) && (to+1 >= len(r) || !isDigit(r[to+1])) { // 1块9
				price = price.Add(decimal.New(int64(r[to]-'0'), -1))
				to++
			}
		}
		for to < len(r) && strings.ContainsRune("钱了 /", r[to]) {
			to++
		}
		each := to < len(r) && (r[to] == '一' || r[to] == '每' || r[to] == '1')
		if each {
			to++
		}
		unit := x.unitAt(r, to)
		lowest := strings.Contains(string(r[max(0, i-3):i]), "最低") || strings.Contains(string(r[max(0, i-3):i]), "价")
		switch {
		case each && unit != "":
			return trim(price) + "元一" + unit
		case money || lowest:
			return "单价" + trim(price) + "元"
		}
		i = v.to - 1
	}
	return ""
}

func hanOf(s string) []rune {
	var out []rune
	for _, c := range normal(s) {
		if isHan(c) {
			out = append(out, c)
		}
	}
	return out
}

// sharedPairs counts the pairs of neighbouring characters that both have.
func sharedPairs(a, b []rune) int {
	n := 0
	for i := 0; i+1 < len(a); i++ {
		for j := 0; j+1 < len(b); j++ {
			if a[i] == b[j] && a[i+1] == b[j+1] {
				n++
			}
		}
	}
	return n
}
