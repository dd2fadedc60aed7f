package intake

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// form is an opened file while it is read as an order form.
type form struct {
	x        *Lexicon
	msg      Message
	c        clock
	cust     int32 // the sender's customer, -1 if unknown
	likely   int32 // whom all lines together name, -1 if that is open
	ocr      bool
	facts    factReader // of the section that is read
	parts    []formPart
	at       int // the section that is read
	items    []item
	sum      rowSum   // of all rows so far
	wrongSum string   // what a row of sums claims that the rows do not come to
	lost     []string // rows that hold goods but no usable quantity and such, quoted
	unread   []Ask    // columns of the first order that may say something; their fields lack the order
	shops    []shop   // of the customer, from a table that lists them
	claimed  []claim  // what the paper says that all lines come to
	// blankIsNone: the paper says that what is left blank is not ordered.
	blankIsNone bool
	shared      bool // the quantity of the row that is read is one cell with that of the next
	exact       []exactProduct
	pages       map[placeKey]int
}

// formPart is a part of a document that is a form of its own: a page with another order number, goods for another address.
type formPart struct {
	facts   factReader
	cust    int32
	caption int32 // the customer whose name alone stands over the tables, -1 if none does
	tables  []table
	kinds   []item // of tables of kinds
}

// own tells that what stands over a table makes it a form of its own beside the facts so far: it names another order,
// another buyer or another place.
func (f *factReader) own(so *factReader) bool {
	place, other := string(squeeze(normal(f.address))), string(squeeze(normal(so.address)))
	switch {
	case f.po != "" && so.po != "" && !lookAlike(strings.ToLower(f.po), strings.ToLower(so.po)):
		return true
	case len(f.named) == 1 && len(so.named) == 1 && f.named[0] != so.named[0]:
		return true
	}
	return place != "" && other != "" && !strings.Contains(place, other) && !strings.Contains(other, place)
}

// fill takes over what a form of its own does not say from the first one; who receives the goods, and where, goes together.
func (f *factReader) fill(first *factReader) {
	if len(f.named) == 0 && len(f.known) == 0 {
		f.named, f.known = first.named, first.known
	}
	if len(f.due) == 0 {
		f.due = first.due
		if f.maybeDue == "" {
			f.maybeDue = first.maybeDue
		}
	}
	if f.address == "" && f.contact == "" && f.phone == "" {
		f.address, f.contact, f.phone = first.address, first.contact, first.phone
	}
	for _, x := range [...]struct {
		own   *string
		other string
	}{{&f.po, first.po}, {&f.payment, first.payment}, {&f.carrier, first.carrier}} {
		if *x.own == "" {
			*x.own = x.other
		}
	}
	f.urgent = append(f.urgent, first.urgent...)
	f.notes = append(slices.Clone(first.notes), f.notes...)
}

// newFacts begins to collect what a form says beside its lines.
func (f *form) newFacts() factReader {
	return factReader{x: f.x, c: f.c, cust: f.cust, sales: f.msg.Role == RoleSales, ocr: f.ocr}
}

// read takes in what stands around a table.
func (f *factReader) read(lines []string, rows [][]page.Cell) {
	for _, l := range lines {
		f.line(l)
	}
	for _, r := range rows {
		f.row(r)
	}
}

// add puts tables with what stands around them into the section they belong to.
func (f *form) add(lines []string, rows [][]page.Cell, tables []table) {
	last := len(f.parts) - 1
	caption := int32(-1)
	if len(tables) > 0 {
		caption = f.captionOf(lines, rows)
	}
	if last >= 0 && len(f.parts[last].tables) > 0 && len(tables) > 0 {
		apart := f.newFacts()
		apart.read(lines, rows)
		if apart.own(&f.parts[last].facts) || caption >= 0 && caption != f.parts[last].caption {
			f.parts = append(f.parts, formPart{facts: apart, caption: caption, tables: tables})
			return
		}
	}
	if last < 0 {
		f.parts, last = append(f.parts, formPart{facts: f.newFacts(), caption: -1}), 0
	}
	s := &f.parts[last]
	if caption >= 0 {
		s.caption = caption
	}
	s.facts.read(lines, rows)
	s.tables = append(s.tables, tables...)
}

// entryMark fits the number of a section: 一、 [1] (2).
var entryMark = regexp.MustCompile(`^\s*(?:[一二三四五六七八九十\d]{1,2}[、.．)）:：]|[\[(（【][一二三四五六七八九十\d]{1,2}[\])）】]|表[一二三四五六\d])\s*`)

// captionOf finds the customer whose name, and nothing else, stands right above a table: 一、东街店. It is -1 where none does.
func (f *form) captionOf(lines []string, rows [][]page.Cell) int32 {
	text := ""
	if len(lines) > 0 {
		text = lines[len(lines)-1]
	}
	for _, row := range rows {
		if t := rowText(row); t != "" {
			text = t
		}
	}
	name := strings.Trim(entryMark.ReplaceAllString(text, ""), " :：()（）-—")
	if ids := f.x.customersNamed(normal(name)); len(ids) == 1 {
		n, to := f.x.buyers.longest(normal(name), 0)
		if n != nil && to == len(normal(name)) {
			return ids[0]
		}
	}
	return -1
}

// headOffice fits words that the head office pays for its shops.
var headOffice = regexp.MustCompile(`总(?:部|公司|店|院).{0,16}(?:统一|结算|月结|付款|开票|买单)|(?:发票|账单?|票)开?(?:给|到)?总(?:部|公司)|由总(?:部|公司)`)

// billed tells that the document says so.
func (f *form) billed() bool {
	for _, p := range f.msg.Doc.Pages {
		if slices.ContainsFunc(p.Lines, func(l page.Line) bool { return headOffice.MatchString(l.Text) }) {
			return true
		}
		for _, t := range p.Tables {
			if slices.ContainsFunc(slices.Concat(t.Rows...), func(c page.Cell) bool { return headOffice.MatchString(c.Text) }) {
				return true
			}
		}
	}
	return headOffice.MatchString(f.msg.Text)
}

// guess finds the customer from all lines, where the sender is none: a table of kinds uses the customer's own words.
func (f *form) guess(pages []page.Page) {
	if f.cust >= 0 {
		return
	}
	facts := f.newFacts()
	for _, p := range pages {
		facts.read(joinProse(p.Lines, p.Width), nil)
	}
	f.likely = f.customerOf(&facts)
}

// lastRow is what stands on the last row of lines.
func lastRow(lines []page.Line) string {
	rows := alignRows(lines)
	if len(rows) == 0 {
		return ""
	}
	var words []string
	for _, w := range rows[len(rows)-1].words {
		words = append(words, w.text)
	}
	return strings.Join(words, " ")
}

// below takes in what stands below the tables of a page: it is about all of them, so it goes to the first part that began there.
func (f *form) below(lines []string, rows [][]page.Cell, first int) {
	if first+1 >= len(f.parts) {
		f.add(lines, rows, nil)
		return
	}
	f.parts[first].facts.read(lines, rows)
}

// linesBetween parts the lines of a page by its tables: those above each, and those below the last. Tables without a place have
// all lines above the first. The tables are put in order.
func linesBetween(lines []page.Line, grids []page.Table) [][]page.Line {
	out := make([][]page.Line, len(grids)+1)
	slope := pageSlope(lines)
	sin, cos := math.Sincos(slope)
	down := func(p page.Point) float64 { return -p.X*sin + p.Y*cos }
	top := func(t page.Table) float64 {
		best := math.Inf(1)
		for _, c := range slices.Concat(t.Rows...) {
			if c.Text != "" && c.Box != [4]page.Point{} {
				best = min(best, down(page.Point{X: (c.Box[0].X + c.Box[2].X) / 2, Y: (c.Box[0].Y + c.Box[2].Y) / 2}))
			}
		}
		return best
	}
	if len(grids) < 2 || slices.ContainsFunc(grids, func(t page.Table) bool { return math.IsInf(top(t), 1) }) {
		out[0] = lines
		return out
	}
	slices.SortStableFunc(grids, func(a, b page.Table) int { return cmp.Compare(top(a), top(b)) })
	for _, l := range lines {
		at := down(page.Point{X: (l.Box[0].X + l.Box[2].X) / 2, Y: (l.Box[0].Y + l.Box[2].Y) / 2})
		n := slices.IndexFunc(grids, func(t page.Table) bool { return at < top(t) })
		if n < 0 {
			n = len(grids)
		}
		out[n] = append(out[n], l)
	}
	return out
}

// headOver takes the loose rows at the end of a table away, where another table follows: they are that one's head.
func (f *form) headOver(t *table) [][]page.Cell {
	n := len(t.rows)
	for n > 0 && (empty(t.rows[n-1]) || !isTotal(t.rows[n-1], t.columns) && f.isLoose(t.rows[n-1], t.columns, false)) {
		n--
	}
	rows := t.rows[n:]
	t.rows, t.hidden = t.rows[:n], t.hidden[:n]
	return rows
}

// readForm reads the tables of a document as orders. ok is false where it has none with goods in it.
// words are how the goods of each line are called, by order.
func (x *Lexicon) readForm(msg Message) (res Result, words [][]string, ok bool) {
	msg.pages = msg.Doc
	f := &form{x: x, msg: msg, c: x.clock(msg.Time), cust: -1, likely: -1, ocr: msg.Doc.Kind == page.KindOCR}
	if id, found := x.customerOf(msg.Customer); found && msg.Customer != "" {
		f.cust = id
	}
	pages, kind := ordersOf(msg.Doc.Pages)
	if len(pages) == 0 {
		res := Result{ID: msg.ID, Intent: kind.intent()}
		if kind == paperChange || kind == paperCancel || kind == paperReturn {
			res.Ref = refOf(msg.Doc.Pages)
		}
		return res, nil, true
	}
	if kind == paperHanded && handed(pages, msg.Text) {
		return Result{ID: msg.ID, Intent: IntentOther}, nil, true
	}
	pages = f.takeShops(withoutPast(x, pages, f.heads()))
	for i, p := range pages {
		pages[i].Tables = slices.Clone(p.Tables)
		for k, t := range p.Tables {
			pages[i].Tables[k] = folded(t)
		}
	}
	f.claimed = claimsOf(pages, f.ocr)
	f.blankIsNone = saysBlankIsNone(pages)
	f.guess(pages)
	var rosters []page.Page
	pages, rosters = withoutRosters(pages)
	for _, p := range rosters {
		f.wrongSum = rosterAsk
		f.add(joinProse(p.Lines, p.Width), nil, nil)
		for _, t := range p.Tables {
			f.add(nil, t.Rows, nil)
			for _, c := range slices.Concat(t.Rows...) {
				if !c.Merged && strings.ContainsAny(c.Text, "，。；") { // 配发标准：…。9月19日前送…
					f.parts[0].facts.prose(newText(c.Text), pair{})
				}
			}
		}
	}
	var known []column
	isHead := func(head []page.Cell, below [][]page.Cell) bool {
		_, ok := x.readHead(head, below, f.heads())
		return ok
	}
	for _, p := range joinWide(pages) {
		grids := slices.Clone(p.Tables)
		lines := p.Lines
		if f.ocr {
			for i := range grids {
				grids[i], lines = crown(grids[i], lines)
				grids[i], lines = beside(grids[i], lines)
			}
		}
		if g, rest, wrong, found := cartOf(p); found && f.ocr {
			grids, lines, f.wrongSum = []page.Table{g}, rest, wrong
			f.claimed = nil // the cart knows its own sum
		} else if !x.hasForm(grids, f.heads()) {
			if g, rest, found := alignedTable(lines, isHead); found {
				grids, lines = append(grids, g), rest
			}
		}
		first := len(f.parts)
		stretches := linesBetween(lines, grids)
		var around []string
		var over [][]page.Cell
		for n, g := range grids {
			around = append(around, joinProse(stretches[n], p.Width)...)
			above, found := x.findTables(g, f.heads(), known)
			kinds, above := f.variants(above, lastRow(stretches[n]))
			if len(kinds) > 0 {
				f.add(around, append(over, above...), nil)
				around, over, above = nil, nil, nil
				s := &f.parts[len(f.parts)-1]
				s.kinds = append(s.kinds, kinds...)
			} else if len(found) == 0 && x.countsUnknown(g) {
				f.lost = append(f.lost, rowText(g.Rows[0]))
			}
			over = append(over, above...)
			for k := range found {
				f.add(around, over, found[k:k+1])
				around, over = nil, nil
				if k+1 < len(found) && found[k+1].left == 0 {
					tables := f.parts[len(f.parts)-1].tables
					over = f.headOver(&tables[len(tables)-1])
				}
			}
			if len(found) > 0 {
				known = found[len(found)-1].columns
			}
		}
		around = append(around, joinProse(stretches[len(grids)], p.Width)...)
		f.below(around, over, first)
	}
	if len(rosters) == 0 && !slices.ContainsFunc(f.parts, func(s formPart) bool { return len(s.tables)+len(s.kinds) > 0 }) {
		if x.listsPrices(pages) && !onceMore.MatchString(msg.Text) {
			return Result{ID: msg.ID, Intent: IntentOther}, nil, true
		}
		return Result{}, nil, false
	}
	for i := range f.parts {
		s := &f.parts[i]
		if i > 0 {
			s.facts.fill(&f.parts[0].facts)
		}
		if msg.Text != "" {
			s.facts.prose(newText(msg.Text), pair{kind: factNote})
		}
		if s.cust = f.customerOf(&s.facts); s.caption >= 0 && !f.billed() {
			s.cust = s.caption
		}
	}
	for i := range f.parts {
		f.at, f.facts, f.cust, f.sum = i, f.parts[i].facts, f.parts[i].cust, rowSum{}
		for _, it := range f.parts[i].kinds {
			it.part, it.customer = i, f.cust
			f.items = append(f.items, it)
		}
		var starts []int
		for _, t := range f.parts[i].tables {
			starts = append(starts, len(f.items))
			f.readRows(t)
			f.dropCopy(starts)
		}
		f.parts[i].facts = f.facts
	}
	if kind == paperHanded {
		f.wrongSum = "这是送货或出入库的单子，要照它再订一次吗？"
	}
	if len(f.items) == 0 && len(f.lost) == 0 && len(rosters) == 0 {
		return Result{ID: msg.ID, Intent: IntentOther}, nil, true
	}
	res, words = f.result()
	return res, words, true
}

// countsUnknown tells a table of figures under heads that say nothing known: colours by sizes. It may order something.
func (x *Lexicon) countsUnknown(g page.Table) bool {
	n := 0
	if len(g.Rows) == 0 {
		return false
	}
	for i := range g.Rows[0] {
		cell := g.Rows[0][i]
		if _, known := headingOf(cell.Text); !known && strings.TrimSpace(cell.Text) != "" && !cell.Merged && len(g.Rows) > 2 && figures(g.Rows[1:], i) {
			n++
		}
	}
	return n > 1
}

func (x *Lexicon) hasForm(tables []page.Table, c headsOf) bool {
	for _, t := range tables {
		if _, found := x.findTables(t, c, nil); len(found) > 0 {
			return true
		}
	}
	return false
}

// row reads a row of a grid that is no line of goods: 订货单位 | 鑫达 | 日期 | 3月2日, or words across all columns.
func (f *factReader) row(row []page.Cell) {
	var cells []string
	for _, c := range row {
		if text := strings.TrimSpace(c.Text); text != "" && !c.Merged {
			cells = append(cells, text)
		}
	}
	for i := 0; i < len(cells); i++ {
		key := strings.Trim(strings.ReplaceAll(strings.ToLower(string(normal(cells[i]))), " ", ""), ":")
		kind, ok := factKeys[key]
		if !ok && len(key) < 40 {
			kind, ok = bilingual([]rune(key))
		}
		if ok && i+1 < len(cells) {
			f.under(kind, cells[i+1])
			i++
			continue
		}
		if text := string(normal(cells[i])); strings.HasSuffix(text, ":") && i+1 < len(cells) { // a key that is not listed
			if kind, ok := meantBy(key); ok {
				f.pair(pair{kind: kind, keyed: true, value: cells[i+1]})
			}
			i++
			continue
		} else if kind, ok := meantBy(key); ok && kind == factAddress && i+1 < len(cells) && len([]rune(text)) <= 8 && (strings.HasSuffix(text, "地点") || strings.HasSuffix(text, "地址")) { // 上货地点 | 6号码头
			f.pair(pair{kind: kind, keyed: true, value: cells[i+1]})
			i++
			continue
		} else if kind, ok := meantBy(key); ok && kind == factDate && i+1 < len(cells) && len(text) < 20 { // 到货日 | 2026-04-27
			f.pair(pair{kind: kind, keyed: true, value: cells[i+1]})
			i++
			continue
		}
		if i+1 < len(cells) && f.dayUnderKey(key, cells[i+1]) {
			i++
			continue
		}
		if i+1 < len(cells) && f.po == "" && orderTitle.MatchString(key) && utf8.RuneCountInString(key) <= 10 && numberBesideTitle.MatchString(strings.TrimSpace(cells[i+1])) {
			f.pair(pair{kind: factPO, keyed: true, value: cells[i+1]}) // 采购订单导出 | CGDD2609110007
			i++
			continue
		}
		for l := range strings.SplitSeq(cells[i], "\n") {
			f.line(l)
		}
	}
}

// numberBesideTitle fits what can only be the number of the paper in whose title's row it stands.
var numberBesideTitle = regexp.MustCompile(`^[A-Za-z]{1,6}[-_/]?\d[\dA-Za-z\-_/]{5,}$`)

// under reads what stands beside a key: its value, and further keys in the same cell: 9月24日前到厂 收货：糜主管.
func (f *factReader) under(kind factKind, value string) {
	all := pairsOf(value)
	if len(all) < 2 || all[0].keyed || kind == factNote {
		f.pair(pair{kind: kind, keyed: true, value: value})
		return
	}
	all[0].kind, all[0].keyed = kind, true
	for _, p := range all {
		f.pair(p)
	}
}

// dayKey fits keys that ask for a day, ownDays those of days that are not the delivery's.
var (
	dayKey  = regexp.MustCompile(`^\p{Han}{2,8}(?:日期|时间|日)$`)
	ownDays = regexp.MustCompile(`填|制|开|下单|订单|单据|申请|申购|请购|签|打印|录|审|批|编|生产|有效|付款|结算|发票|保质|会|起始|截止|创建|更新|出生|生日|节日|工作|营业|登记|报价`)
)

// dayUnderKey keeps a day to come that stands under a key that is not known, and tells whether it did.
func (f *factReader) dayUnderKey(key, value string) bool {
	if _, known := factKeys[key]; known || !dayKey.MatchString(key) || ownDays.MatchString(key) {
		return false
	}
	w, ok := firstWhen(normal(withoutGaps(value)), f.c)
	if !ok || w.vague != "" || !w.end.After(f.c.today) {
		return false
	}
	f.maybeDue = key + " " + strings.TrimSpace(value)
	return true
}

// dateGaps are the spaces that recognition puts inside a date: 1 1月 18日, 4 月 28 日.
var dateGaps = [...]*regexp.Regexp{regexp.MustCompile(`((?:^|[^\d])\d) (\d\s*[月日])`), regexp.MustCompile(`(\d)\s+([年月日])`), regexp.MustCompile(`([年月])\s+(\d)`)}

func withoutGaps(text string) string {
	for _, gap := range dateGaps {
		text = gap.ReplaceAllString(text, "$1$2")
	}
	return text
}

// pairedKeys puts keys and the values beside them together, as in the fields of a program or the rows of an app: 单据编号 | CG-98.
func pairedKeys(lines []page.Line) []page.Line {
	isKey := func(l page.Line) bool {
		key := strings.ReplaceAll(strings.ToLower(string(normal(l.Text))), " ", "")
		_, known := factKeys[key]
		return known && utf8.RuneCountInString(key) >= 2
	}
	var out []page.Line
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if i+1 < len(lines) && l.Box != [4]page.Point{} && isKey(l) {
			v, high := lines[i+1], l.Box[3].Y-l.Box[0].Y
			if beside := math.Abs(v.Box[0].Y+v.Box[3].Y-l.Box[0].Y-l.Box[3].Y) < high && v.Box[0].X >= l.Box[1].X; beside && !isKey(v) && !strings.ContainsAny(v.Text, ":：") {
				l.Text += "：" + v.Text
				l.Box[1], l.Box[2] = v.Box[1], v.Box[2]
				i++
			}
		}
		out = append(out, l)
	}
	return out
}

// joinProse puts lines of running text together that were wrapped at the right margin; a pair of keys on one line
// stays apart from the next line.
func joinProse(lines []page.Line, width float64) []string {
	lines = pairedKeys(lines)
	var out []string
	lastRight := 0.0
	for i, l := range lines {
		text := withoutGaps(strings.TrimSpace(l.Text))
		if text == "" {
			continue
		}
		if i > 0 && len(out) > 0 {
			before := lines[i-1]
			high := before.Box[3].Y - before.Box[0].Y
			below := l.Box[0].Y - before.Box[3].Y
			wrapped := lastRight > 0.6*width && below < 1.5*high && below > -0.5*high && math.Abs(l.Box[0].X-before.Box[0].X) < 3*high && width > 0
			last := []rune(out[len(out)-1])
			if wrapped && !pairsOf(text)[0].keyed && !strings.ContainsRune("。；;!！?？:：", last[len(last)-1]) && !entryMark.MatchString(text) && len(last) > 14 {
				out[len(out)-1] += text
				lastRight = l.Box[1].X
				continue
			}
		}
		out = append(out, text)
		lastRight = l.Box[1].X
	}
	return out
}

// customerOf decides whose form it is, unless the sender is a customer; -1 if that is open.
func (f *form) customerOf(facts *factReader) int32 {
	if f.msg.Customer != "" && f.cust >= 0 {
		return f.cust
	}
	ids := facts.named
	if len(ids) != 1 && len(facts.known) > 0 {
		var both []int32
		for _, id := range facts.known {
			if (len(ids) == 0 || slices.Contains(ids, id)) && !slices.Contains(both, id) {
				both = append(both, id)
			}
		}
		if len(both) > 0 {
			ids = both
		}
	}
	if len(ids) > 1 && facts.address != "" {
		place := squeeze(normal(facts.address))
		var at []int32
		for _, id := range ids {
			if own := f.x.customers[id].address; len(own) > 0 && (strings.Contains(string(own), string(place)) || strings.Contains(string(place), string(own))) {
				at = append(at, id)
			}
		}
		if len(at) > 0 {
			ids = at
		}
	}
	facts.named = ids
	if len(ids) == 1 {
		return ids[0]
	}
	return -1
}

// group is the items of one order.
type group struct {
	part     int
	customer int32
	date     string
	po       string
	address  string
	items    []item
}

// together tells that two rows may be of one order as far as these two values go.
func together(a, b string) bool { return a == b || a == "" || b == "" }

// result makes the orders and the questions, with the words for each line's goods.
func (f *form) result() (Result, [][]string) {
	var words [][]string
	var explained []Explanation
	res := Result{ID: f.msg.ID, Intent: IntentOrder}
	groups := f.groups()
	for n, g := range groups {
		facts := &f.parts[g.part].facts
		d := f.draft(g)
		path := fmt.Sprintf("orders[%d]", n)
		if g.customer < 0 {
			res.Asks = append(res.Asks, f.askCustomer(path, facts))
		}
		if facts.badly != "" && d.Phone == "" {
			res.Asks = append(res.Asks, badPhone(path, facts.badly))
		}
		if i := slices.IndexFunc(g.items, func(it item) bool { return it.vague != "" }); d.DeliverBy == "" && i >= 0 {
			res.Asks = append(res.Asks, Ask{Field: path + ".deliver_by", Reason: ReasonAmbiguous, Text: fmt.Sprintf("“%s”具体是哪一天要？", g.items[i].vague)})
		} else if d.DeliverBy == "" && len(facts.due) > 0 && facts.due[0].vague != "" {
			res.Asks = append(res.Asks, Ask{Field: path + ".deliver_by", Reason: ReasonAmbiguous, Text: fmt.Sprintf("“%s”具体是哪一天要？", facts.due[0].vague)})
		}
		if d.DeliverBy == "" && facts.maybeDue != "" {
			res.Asks = append(res.Asks, Ask{Field: path + ".deliver_by", Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」是要货的日子吗？", facts.maybeDue)})
		}
		if d.Payment == "" && facts.unticked {
			res.Asks = append(res.Asks, Ask{Field: path + ".payment", Reason: ReasonAmbiguous, Text: "付款方式勾的是哪一项？"})
		}
		if d.PO == "" && facts.maybePO != "" {
			res.Asks = append(res.Asks, Ask{Field: path + ".po", Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」是订单号吗？", facts.maybePO)})
		}
		if passed(d.DeliverBy, f.msg.Time) {
			res.Asks = append(res.Asks, Ask{Field: path + ".deliver_by", Reason: ReasonConflict, Text: pastText(d.DeliverBy, f.msg.Time)})
		}
		said := make([]string, 0, len(g.items))
		for k, it := range g.items {
			said = append(said, it.words())
			line, asks := f.line(it, g.customer, fmt.Sprintf("%s.lines[%d]", path, k))
			d.Lines = append(d.Lines, line)
			res.Asks = append(res.Asks, asks...)
			if it.product.product >= 0 {
				res.Mentions = append(res.Mentions, f.x.product(it.product.product).Code)
			}
		}
		res.Orders = append(res.Orders, d)
		words = append(words, said)
		explained = append(explained, f.explain(n, &d, g, res.Asks)...)
	}
	if len(res.Orders) == 0 {
		first := &f.parts[0]
		res.Orders = []Draft{f.draft(group{customer: first.cust})}
		if first.cust < 0 {
			res.Asks = append(res.Asks, f.askCustomer("orders[0]", &first.facts))
		}
	}
	f.checkClaims(res.Orders)
	for _, row := range f.lost {
		res.Asks = append(res.Asks, Ask{Field: "orders[0].lines", Reason: ReasonMissing, Text: fmt.Sprintf("「%s」这一行没有读懂，请补充品名和数量。", row)})
	}
	for _, a := range f.unread {
		a.Field = "orders[0]" + a.Field
		res.Asks = append(res.Asks, a)
	}
	if f.wrongSum != "" {
		res.Asks = append(res.Asks, Ask{Field: "orders[0].lines", Reason: ReasonConflict, Text: f.wrongSum})
	}
	res.Explain = explained
	return res, words
}

// groups parts the items into orders: by customer, then by delivery date. Items without a date go with the first order of
// their customer.
func (f *form) groups() []group {
	var out []group
	for _, it := range f.items {
		at := slices.IndexFunc(out, func(g group) bool {
			return g.part == it.part && g.customer == it.customer && g.po == it.po && together(g.date, it.date) && together(g.address, it.address)
		})
		if at < 0 {
			out = append(out, group{part: it.part, customer: it.customer, po: it.po})
			at = len(out) - 1
		}
		if out[at].date == "" {
			out[at].date = it.date
		}
		if out[at].address == "" {
			out[at].address = it.address
		}
		out[at].items = append(out[at].items, it)
	}
	if !slices.ContainsFunc(out, func(g group) bool { return g.customer != out[0].customer || g.part != out[0].part }) {
		slices.SortStableFunc(out, func(a, b group) int { return strings.Compare(a.date, b.date) })
	}
	return out
}

// first is the first item, or none.
func (g group) first() item {
	if len(g.items) == 0 {
		return item{}
	}
	return g.items[0]
}

// draft makes the order of a group without its lines.
func (f *form) draft(g group) Draft {
	h := f.parts[g.part].facts.facts
	d := Draft{Carrier: h.carrier, Contact: h.contact, Phone: h.phone, Address: h.address, Payment: h.payment, PO: h.po, Note: strings.Join(h.notes, ";")}
	if g.customer >= 0 {
		d.Customer = string(f.x.customer(g.customer).Code)
	}
	urgent := slices.Clone(h.urgent)
	var notes []string
	for _, own := range [...]struct {
		field *string
		of    func(item) string
	}{
		{&d.PO, func(it item) string { return it.po }},
		{&d.Address, func(it item) string { return it.address }},
		{&d.Contact, func(it item) string { return it.contact }},
		{&d.Phone, func(it item) string { return digitsOf(it.phone) }},
	} {
		v := own.of(g.first())
		if v != "" && !slices.ContainsFunc(g.items, func(it item) bool { return own.of(it) != v && own.of(it) != "" }) {
			*own.field = v
		}
	}
	for _, it := range g.items {
		if it.carrier != "" {
			d.Carrier = it.carrier
		}
		urgent = append(urgent, it.urgent...)
		if it.note != "" {
			notes = append(notes, it.note)
		}
	}
	d.Note = strings.Trim(strings.Join(append([]string{d.Note}, notes...), ";"), ";")
	d.DeliverBy = g.date
	if d.DeliverBy == "" {
		for _, w := range h.due {
			if v := w.value(); v != "" && (d.DeliverBy == "" || !w.end.Before(f.c.today) && d.DeliverBy <= f.c.today.Format(time.DateOnly)) {
				d.DeliverBy = v
			}
		}
	}
	d.UrgentWords = strings.Join(urgent, " ")
	d.Urgent = len(urgent) > 0 || within48(d.DeliverBy, f.msg.Time) && !passed(d.DeliverBy, f.msg.Time)
	return d
}

// passed tells whether a deadline lies in the past; a bare date ends at 24:00.
func passed(deadline string, now time.Time) bool {
	if t, err := time.Parse(time.RFC3339, deadline); err == nil {
		return t.Before(now)
	}
	t, err := time.ParseInLocation(time.DateOnly, deadline, now.Location())
	return err == nil && !t.AddDate(0, 0, 1).After(now)
}

// within48 tells whether a deadline ends within 48 hours; a bare date ends at 24:00.
func within48(deadline string, now time.Time) bool {
	if t, err := time.Parse(time.RFC3339, deadline); err == nil {
		return t.Sub(now) <= 48*time.Hour
	}
	if t, err := time.ParseInLocation(time.DateOnly, deadline, now.Location()); err == nil {
		return t.AddDate(0, 0, 1).Sub(now) <= 48*time.Hour
	}
	return false
}

func (f *form) askCustomer(path string, facts *factReader) Ask {
	a := Ask{Field: path + ".customer", Reason: ReasonMissing, Text: "这张单是哪个客户的？"}
	if ids := facts.named; len(ids) > 1 {
		a.Reason, a.Text = ReasonAmbiguous, "有几个客户都叫这个名字，是哪一个？"
		for _, id := range ids {
			a.Options = append(a.Options, string(f.x.customer(id).Code))
		}
	}
	return a
}

// line makes an order line of an item, with the questions it raises.
func (f *form) line(it item, customer int32, path string) (Line, []Ask) {
	var asks []Ask
	ask := func(field, reason, text string, options []int32) {
		a := Ask{Field: path + "." + field, Reason: reason, Text: text}
		for _, id := range options {
			a.Options = append(a.Options, string(f.x.product(id).Code))
		}
		if field == "product" && reason != ReasonConflict {
			a.Said, a.Key = it.words(), f.x.keyOf(it.words())
		}
		asks = append(asks, a)
	}
	l := Line{Unit: it.unit, Gift: it.gift}
	if it.quantity.IsPositive() {
		l.Quantity = trim(it.quantity)
	}
	r := it.product
	switch {
	case r.product < 0 && r.reason == ReasonAmbiguous:
		ask("product", ReasonAmbiguous, fmt.Sprintf("「%s」有几种，要哪一种？", it.words()), r.options)
	case r.product < 0:
		reason := r.reason
		if reason == "" {
			reason = ReasonUnknown
		}
		ask("product", reason, fmt.Sprintf("没有找到「%s」，请确认品名规格。", it.words()), r.options)
	case r.reason == ReasonConflict:
		ask("product", ReasonConflict, fmt.Sprintf("「%s」的编码和品名规格对不上，是哪一种？", it.words()), r.options)
	case it.otherGoods:
		ask("product", ReasonConflict, fmt.Sprintf("「%s」备注写着「%s」，要哪一种？", it.words(), strings.Join(it.remarks, "；")), []int32{r.product})
	}
	switch {
	case it.doubt == ReasonConflict && len(it.remarks) > 0:
		ask("quantity", it.doubt, fmt.Sprintf("「%s」的数量是「%s」，备注写着「%s」，要多少？", it.words(), it.quantityText, strings.Join(it.remarks, "；")), nil)
	case it.doubt == ReasonConflict:
		ask("quantity", it.doubt, fmt.Sprintf("「%s」有两个数量，要多少？", it.words()), nil)
	case it.doubt != "":
		ask("quantity", it.doubt, fmt.Sprintf("「%s」的数量「%s」看不清，是多少？", it.words(), it.quantityText), nil)
	}
	if r.product < 0 {
		if it.price != nil {
			l.Price = trim(*it.price)
		}
		return l, asks
	}
	p := f.x.product(r.product)
	l.Product = string(p.Code)
	unit, factor, _, ok := productUnit(p, it.unit)
	if !ok {
		l.Unit = ""
		ask("unit", ReasonUnknown, fmt.Sprintf("%s没有「%s」这个单位，是多少%s？", p.Title(), it.unit, p.Unit), nil)
		askedUnit(&asks[len(asks)-1], p, it.unit)
		return l, asks
	}
	l.Unit = unit
	if it.noUnit && it.unit == "" && len(p.Packs) > 0 && !f.confirmed(it) {
		ask("unit", ReasonUnknown, fmt.Sprintf("%s的单位没看清，是%s吗？", p.Title(), p.Unit), nil)
		askedUnit(&asks[len(asks)-1], p, "")
	}
	if !it.quantity.IsPositive() {
		return l, asks
	}
	quantity := it.quantity.Mul(factor)
	size, _ := p.UnitSize(unit)
	base := quantity.Mul(size)
	l.Quantity, l.BaseQuantity = trim(quantity), trim(base)
	if usual := f.x.largestOrdered(customer, r.product); usual.IsPositive() && base.GreaterThanOrEqual(usual.Mul(decimal.NewFromInt(10))) {
		ask("quantity", ReasonUnusual, fmt.Sprintf("%s这次要 %s%s，以前最多 %s%s，数量对吗？", p.Title(), l.Quantity, unit, trim(usual), p.Unit), nil)
	}
	if f.ocr && it.amount != nil && it.priceUnit == "" && !f.confirmed(it) { // a price misread: what the customer pays comes to the amount
		for _, usual := range []decimal.Decimal{f.x.usualPrice(customer, r.product).Mul(size), f.x.usualPrice(customer, r.product)} {
			if each := quantity.Mul(usual); usual.IsPositive() && (near(each, *it.amount) || near(each.Mul(size), *it.amount)) {
				it.price = &usual
				break
			}
		}
	}
	if it.price != nil && it.price.IsPositive() {
		asks = append(asks, f.price(&l, it, customer, r.product, factor, size, path)...)
	}
	return l, asks
}

// price sets the price for one unit as ordered, converting one that is plainly for the base unit, and checks it against the
// row's amount and against what the customer pays.
func (f *form) price(l *Line, it item, customer, product int32, factor, size decimal.Decimal, path string) []Ask {
	p := f.x.product(product)
	price := it.price.Div(factor)
	quantity, _ := decimal.NewFromString(l.Quantity)
	base := quantity.Mul(size)
	usual := f.x.usualPrice(customer, product)
	perBase := false // the price is for a base unit
	if said, by, _, ok := productUnit(p, it.priceUnit); ok && it.priceUnit != "" && said != l.Unit {
		if each, known := p.UnitSize(said); known && each.IsPositive() {
			price = it.price.Div(by).Mul(size).Div(each)
		}
	} else if !size.Equal(decimal.NewFromInt(1)) && (it.priceUnit == "" || said != l.Unit) {
		switch {
		case it.amount != nil && near(quantity.Mul(price), *it.amount):
		case it.amount != nil && near(base.Mul(price), *it.amount):
			perBase = true
		case usual.IsPositive():
			perBase = ratio(price, usual).LessThan(ratio(price, usual.Mul(size)))
		}
	}
	if perBase {
		price = price.Mul(size)
	}
	l.Price = trim(price.Round(6))
	comes := quantity.Mul(price)
	cutOff := f.ocr && it.amount != nil && price.Equal(usual.Mul(size)) && strings.HasSuffix(trim(comes), trim(*it.amount)) // 1650 as 50
	if it.amount != nil && !near(comes, *it.amount) && !cutOff {
		return []Ask{{Field: path + ".price", Reason: ReasonConflict, Text: fmt.Sprintf("%s %s%s × %s 元是 %s 元，单上金额是 %s 元，以哪个为准？", p.Title(), l.Quantity, l.Unit, l.Price, trim(comes), trim(*it.amount))}}
	}
	if expected := usual.Mul(size); expected.IsPositive() && (price.Mul(decimal.NewFromInt(2)).LessThanOrEqual(expected) || price.GreaterThanOrEqual(expected.Mul(decimal.NewFromInt(2)))) {
		return []Ask{{Field: path + ".price", Reason: ReasonUnusual, Text: fmt.Sprintf("%s单价 %s 元/%s，平时是 %s 元，对吗？", p.Title(), l.Price, l.Unit, trim(expected))}}
	}
	return nil
}

// near tells whether two amounts of money are equal but for rounding.
func near(a, b decimal.Decimal) bool {
	return a.Sub(b).Abs().LessThanOrEqual(decimal.Max(decimal.New(6, -2), a.Abs().Mul(decimal.New(5, -4))))
}

// ratio is how many times the greater of two is the lesser.
func ratio(a, b decimal.Decimal) decimal.Decimal {
	if !a.IsPositive() || !b.IsPositive() {
		return decimal.NewFromInt(1 << 30)
	}
	if a.LessThan(b) {
		a, b = b, a
	}
	return a.Div(b)
}

// largestOrdered is the largest quantity of a product, in base units, that the customer ordered so far.
func (x *Lexicon) largestOrdered(customer, product int32) decimal.Decimal {
	most := decimal.Zero
	if customer < 0 {
		return most
	}
	p := x.product(product)
	for _, h := range x.history.get(x.customer(customer).Code) {
		if h.Product != p.Code {
			continue
		}
		if size, ok := p.UnitSize(h.Unit); ok {
			most = decimal.Max(most, h.Quantity.Mul(size))
		}
	}
	return most
}

// usualPrice is what the customer pays for a base unit: its own price, else the list price; 0 if there is none.
func (x *Lexicon) usualPrice(customer, product int32) decimal.Decimal {
	p := x.product(product)
	if customer >= 0 {
		for _, it := range x.items.get(x.customer(customer).Code) {
			if it.product == product && it.price != nil && it.price.IsPositive() {
				return *it.price
			}
		}
	}
	if p.Price != nil {
		return *p.Price
	}
	return decimal.Zero
}
