package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// dayAndMonth fits a date of a column of dates that lacks the year: 5/20, 5.20, 05-20.
var dayAndMonth = regexp.MustCompile(`^(1[0-2]|0?[1-9])[/.-](3[01]|[12][0-9]|0?[1-9])$`)

// item is a row of a form that orders something.
type item struct {
	part     int
	customer int32
	code     string
	model    bool // the code may be part of the name
	name     string
	spec     string
	product  resolution

	quantity     decimal.Decimal
	quantityText string
	doubt        string // why the quantity is asked about
	unit         string // normalised
	price        *decimal.Decimal
	amount       *decimal.Decimal
	per          *decimal.Decimal // how many of priceUnit the price is for, nil for one
	priceUnit    string           // what the price is said to be for, 25元/盒; empty where nothing is said

	date    string
	po      string
	address string
	contact string
	phone   string
	carrier string
	urgent  []string
	note    string
	gift    bool
	vague   string   // a date that is none yet: 下周
	remarks []string // of its row
	// otherGoods tells that a remark names other goods than the row.
	otherGoods bool
	noUnit     bool // the picture has a column of units, and this row's is not legible

	from [fromAll]page.Cell
}

// Where the fields of an item were read.
const (
	fromProduct = iota
	fromQuantity
	fromUnit
	fromPrice
	fromDate
	fromCustomer
	fromAll
)

// fields are the names of the first of them.
var fields = [...]string{"product", "quantity", "unit", "price"}

func (it item) words() string {
	return strings.Join(strings.Fields(it.code+" "+it.name+" "+it.spec), " ")
}

// sums are what rows come to: all of a table so far, and those since the last row of sums. wrong is what a row of sums claims
// that neither comes to.
type sums struct {
	all, part rowSum
	form      *rowSum // of the tables so far: the total may stand on the last page
	off       rowSum  // rows taken back since the last row of sums, which it may count all the same
	wrong     string
}

// rowSum is what some rows come to.
type rowSum struct {
	quantity, amount     decimal.Decimal
	rows, rowsWithAmount int
}

func (s *rowSum) add(it item) {
	s.rows++
	s.quantity = s.quantity.Add(it.quantity)
	if it.amount != nil {
		s.rowsWithAmount++
		s.amount = s.amount.Add(*it.amount)
	}
}

// surely is the score from which a figure read from a picture is believed without another check.
const surely = 0.85

var sumWords = []string{"合计", "总计", "小计", "共计", "总金额", "总数", "总额", "total", "subtotal", "本页合计", "大写"}

// giftNotes are remarks that say of a row, and only that, that it is given.
var giftNotes = []string{"赠送", "赠品", "赠", "免费", "免费赠送", "搭赠", "随货赠送", "送的", "附赠"}

var cancelWords = []string{"取消", "作废", "不要了", "删除", "停购", "暂不要", "先不要", "不订", "已取消", "不用了", "暂停", "撤销", "缓购"}

// readRows reads the rows below a head.
func (f *form) readRows(t table) {
	done := false // a grand total was seen
	var last []page.Cell
	f.unreadColumns(t)
	f.unreadFields(t)
	f.missingNumbers(t)
	blank, filled := f.blankQuantities(t)
	sum := sums{form: &f.sum}
	for i, row := range t.rows {
		if i < len(t.hidden) && t.hidden[i] {
			continue
		}
		switch {
		case empty(row), isExample(row, t.columns):
			continue
		case isTotal(row, t.columns):
			sum.claim(row, t.columns)
			done = true
			continue
		case f.isLoose(row, t.columns, done):
			f.facts.row(row)
			continue
		case f.cancelled(row, t.columns):
			last = row
			sum.takenBack(row, t.columns)
			continue
		}
		row = ditto(gathered(row, t.columns), last)
		last = row
		f.shared = sharedBelow(t, i)
		f.readRow(row, t.columns, f.mostBlank(blank, filled), &sum)
	}
	if f.wrongSum == "" {
		f.wrongSum = sum.wrong
	}
}

// gathered puts what stands below the further columns of a wide head into the first of them.
func gathered(row []page.Cell, cols []column) []page.Cell {
	out := row
	for i, c := range cols {
		text := cellText(row, i)
		if c.of == 0 || text == "" || c.as != colOther {
			continue
		}
		k := c.of - 1
		switch first := cellText(out, k); {
		case first == "":
			out = slices.Clone(out)
			out[k], out[i].Text = row[i], ""
		case cols[k].as == colName || cols[k].as == colSpec || cols[k].as == colNote:
			out = slices.Clone(out)
			out[k].Text, out[i].Text = first+" "+text, ""
		}
	}
	return out
}

// mostBlank tells that the rows without a quantity are those that are not ordered. In a picture a figure may have been
// overlooked, so that it takes more of them.
func (f *form) mostBlank(blank, filled int) bool {
	if f.ocr {
		return blank > 2*filled
	}
	return blank > max(1, filled/3)
}

func empty(row []page.Cell) bool {
	return !slices.ContainsFunc(row, func(c page.Cell) bool { return strings.TrimSpace(c.Text) != "" })
}

// blankQuantities counts the rows with goods whose quantity is left blank, and the others: a supplier's price list
// sent back has most rows blank.
func (f *form) blankQuantities(t table) (blank, filled int) {
	for _, row := range t.rows {
		if empty(row) || isTotal(row, t.columns) || f.isLoose(row, t.columns, false) {
			continue
		}
		some := false
		for i, c := range t.columns {
			some = some || c.as == colQuantity && i < len(row) && strings.TrimSpace(row[i].Text) != ""
		}
		if some {
			filled++
		} else {
			blank++
		}
	}
	return blank, filled
}

// brandTotal fits goods of a make that is called Total; manyKinds a count of rows: 共3个品种.
var (
	brandTotal = regexp.MustCompile(`^total[^a-z\d:：(（¥￥合总金数]*\p{Han}`)
	manyKinds  = regexp.MustCompile(`^共\d+(?:个品种|个品项|项|种|款|行|条|样)`)
)

// isTotal tells a row of sums.
func isTotal(row []page.Cell, cols []column) bool {
	for i, c := range row {
		text := strings.ReplaceAll(string(normal(c.Text)), " ", "")
		if text == "" {
			continue
		}
		if manyKinds.MatchString(text) {
			return true
		}
		for _, w := range sumWords {
			if strings.HasPrefix(text, w) && !brandTotal.MatchString(text) && len([]rune(text)) <= len([]rune(w))+24 || strings.HasSuffix(text, w) && utf8.RuneCountInString(text) <= 8 {
				return true
			}
		}
		if i < len(cols) && cols[i].as == colIndex {
			continue
		}
		return false
	}
	return false
}

// takenBack counts a row that is not ordered any more.
func (s *sums) takenBack(row []page.Cell, cols []column) {
	for i, c := range cols {
		v, _, ok := figure(cellText(row, i))
		switch {
		case !ok:
		case c.as == colQuantity && c.rank != matrixRank:
			s.off.quantity = s.off.quantity.Add(v)
		case c.as == colAmount:
			s.off.amount = s.off.amount.Add(v)
		}
	}
}

// is tells that rows come to an amount of money, by themselves or with those that were taken back.
func (s *sums) is(rows *rowSum, amount decimal.Decimal) bool {
	return near(rows.amount, amount) || near(rows.amount.Add(s.off.amount), amount)
}

// counts tells the same of a quantity.
func (s *sums) counts(rows *rowSum, quantity decimal.Decimal) bool {
	return rows.quantity.Equal(quantity) || rows.quantity.Add(s.off.quantity).Equal(quantity)
}

// claim checks what a row of sums says. A subtotal is that of the rows since the last one, a total that of all; which
// one it is the figures tell better than the words.
func (s *sums) claim(row []page.Cell, cols []column) {
	var quantity, amount *decimal.Decimal
	for i, c := range cols {
		if i >= len(row) || row[i].Merged {
			continue
		}
		v, rest, ok := figure(row[i].Text)
		if !ok || rest != "" && c.as == colQuantity && hasDigit([]rune(rest)) {
			continue
		}
		switch c.as {
		case colQuantity:
			if c.rank != matrixRank {
				quantity = &v
			}
		case colAmount:
			amount = &v
		default:
		}
	}
	// a total below subtotals may stand in a table of its own rows alone
	switch {
	case s.all.rows == 0:
	case amount != nil && s.all.rowsWithAmount == s.all.rows:
		if !s.is(&s.all, *amount) && (s.part.rows == 0 || !s.is(&s.part, *amount)) && (s.form.rowsWithAmount != s.form.rows || !s.is(s.form, *amount)) {
			s.wrong = fmt.Sprintf("各行金额加起来是 %s 元，单上合计是 %s 元，请核对。", trim(s.all.amount), trim(*amount))
		}
	}
	switch {
	case s.all.rows == 0 || s.wrong != "":
	case quantity != nil && !s.counts(&s.all, *quantity) && (s.part.rows == 0 || !s.counts(&s.part, *quantity)) && !s.counts(s.form, *quantity):
		s.wrong = fmt.Sprintf("各行数量加起来是 %s，单上合计是 %s，请核对。", trim(s.all.quantity), trim(*quantity))
	}
	s.part = rowSum{}
}

// isLoose tells a row that holds words about the order rather than goods: one text across the columns, or a key with its value.
func (f *form) isLoose(row []page.Cell, cols []column, afterTotal bool) bool {
	texts, quantity, goods := 0, false, false
	first := ""
	for i, c := range row {
		text := strings.TrimSpace(c.Text)
		if text == "" || c.Merged {
			continue
		}
		if _, number := smallNumber(text); i < len(cols) && cols[i].as == colIndex && number {
			continue
		}
		texts++
		if first == "" {
			first = text
		}
		if i < len(cols) {
			switch cols[i].as {
			case colQuantity:
				_, rest, ok := figure(text)
				quantity = quantity || ok && !strings.HasPrefix(rest, "月") // 9月24日前到厂
			case colName, colCode, colSpec:
				goods = true
			default:
			}
		}
	}
	if quantity && goods && !afterTotal {
		return false
	}
	if texts == 1 && across(row, cols) {
		return true
	}
	if !quantity && goods && f.namesProduct(row, cols, texts == 1) {
		return false
	}
	key := strings.Trim(strings.ReplaceAll(strings.ToLower(string(normal(first))), " ", ""), ":")
	if _, known := factKeys[key]; known && texts > 1 {
		return true
	}
	if pairs := pairsOf(first); len(pairs) > 0 && pairs[0].keyed && !quantity {
		return true
	}
	if kind, asked := meantBy(key); asked && kind == factDate && texts > 1 && !quantity && utf8.RuneCountInString(key) <= 8 {
		return true
	}
	return !quantity && (afterTotal && texts <= 3 || texts == 1 && (strings.ContainsAny(first, "，。；,;：:") || len([]rune(first)) > 14 || f.saysWhen(first))) || !goods && !quantity
}

// ditto replaces 同上 and 〃 by what stands above.
func ditto(row, last []page.Cell) []page.Cell {
	if last == nil {
		return row
	}
	out := slices.Clone(row)
	for i, c := range out {
		switch strings.TrimSpace(c.Text) {
		case "同上", "〃", "″", "\"", "''", "”", "“", "..":
			if i < len(last) {
				out[i].Text = last[i].Text
			}
		}
	}
	return out
}

// figure reads a cell that begins with a number, and what follows it.
func figure(text string) (decimal.Decimal, string, bool) {
	r := trimSpace(normal(strings.TrimSpace(text)))
	for len(r) > 0 && strings.ContainsRune("¥$ ", r[0]) {
		r = r[1:]
	}
	n, ok := readNumeral(r, 0)
	if !ok || n.more {
		return decimal.Zero, "", false
	}
	return n.value, strings.TrimSpace(string(r[n.to:])), true
}

// readRow reads one row of goods: an item for each quantity of a matrix, else one.
func (f *form) readRow(row []page.Cell, cols []column, mostBlank bool, sum *sums) {
	it := item{part: f.at, customer: f.cust, product: resolution{product: -1}}
	cell := func(i int) string {
		if i < len(row) {
			return strings.TrimSpace(row[i].Text)
		}
		return ""
	}
	var notes []string
	for i, c := range cols {
		text := cell(i)
		if text == "" {
			continue
		}
		switch c.as {
		case colCode:
			if it.name == "" {
				it.from[fromProduct] = row[i]
			}
			it.code = strings.TrimSpace(it.code + " " + text)
			it.model = it.model || c.model
		case colName:
			if it.name == "" {
				it.from[fromProduct] = row[i]
			}
			it.name = strings.TrimSpace(it.name + " " + text)
		case colSpec:
			if it.code+it.name+it.spec == "" {
				it.from[fromProduct] = row[i]
			}
			it.spec = strings.TrimSpace(it.spec + " " + text)
		case colUnit:
			it.unit, it.from[fromUnit] = f.unitIn(text), row[i]
			if it.unit == "" || f.x.units[it.unit] == 0 { // 1 盒
				if v, rest, ok := figure(text); ok && f.x.units[rest] > 0 && v.Equal(decimal.NewFromInt(1)) {
					it.unit = rest
				}
			}
		case colPer:
			if v, rest, ok := figure(text); ok && v.IsPositive() && f.x.units[rest] > 0 { // 100 个
				it.per, it.priceUnit = &v, rest
			} else if u := f.unitIn(text); f.x.units[u] > 0 {
				it.priceUnit = u
			}
		case colPrice:
			if v, rest, ok := figure(text); ok && !hasDigit([]rune(rest)) { // 1海2.00: a stamp over it
				it.price, it.from[fromPrice] = &v, row[i]
				if per := f.x.perUnit(rest); per != "" {
					it.priceUnit = per
				}
			} else if slices.Contains(giftNotes, strings.Trim(text, " ()（）")) {
				it.gift = true
			}
		case colAmount:
			if v, rest, ok := figure(strings.ReplaceAll(text, " .", ".")); ok && !hasDigit([]rune(rest)) {
				it.amount = &v
			}
		case colDate:
			f.dateOf(&it, text, row[i])
		case colPO:
			if hasDigit([]rune(text)) {
				it.po = text
			}
		case colAddress:
			it.address = text
		case colContact:
			it.contact = text
		case colPhone:
			it.phone = text
		case colCustomer:
			if ids := f.x.customersNamed(normal(text)); len(ids) == 1 {
				it.customer, it.from[fromCustomer] = ids[0], row[i]
			} else if s := f.heads().shop(text); s != nil && len(ids) == 0 {
				it.address, it.contact, it.phone = s.address, s.contact, s.phone
			} else if len(ids) == 0 && f.cust < 0 {
				it.customer = -1
			}
		case colCarrier:
			r := factReader{x: f.x, c: f.c, cust: it.customer}
			r.prose(newText(text), pair{})
			it.carrier = r.carrier
		case colNote:
			notes = append(notes, text)
		default:
		}
	}
	if it.per != nil && it.price != nil {
		each := it.price.Div(*it.per)
		it.price = &each
	}
	f.takeUnit(&it, cols)
	f.readNotes(&it, notes)
	whole := it.amount // of all columns of a matrix
	if slices.ContainsFunc(cols, func(c column) bool { return c.as == colQuantity && c.rank == matrixRank }) {
		it.amount = nil
	}
	it.noUnit = f.ocr && it.unit == "" && slices.ContainsFunc(cols, func(c column) bool { return c.as == colUnit })
	var own []item
	for i, c := range cols {
		if c.as != colQuantity {
			continue
		}
		text := cell(i)
		one := it
		if c.branch >= 0 {
			one.customer = c.branch
		}
		if c.date != "" {
			one.date = c.date
		}
		if c.shop != nil {
			one.address, one.contact, one.phone = c.shop.address, c.shop.contact, c.shop.phone
		}
		one.quantityText = text
		if i < len(row) {
			one.from[fromQuantity] = row[i]
			if one.from[fromUnit].Text == "" {
				one.from[fromUnit] = row[i]
			}
		}
		if c.unit != "" {
			one.unit = c.unit
		}
		switch f.readQuantity(&one, text, row, i) {
		case quantityNone:
			continue
		case quantityBlank:
			if c.rank == matrixRank || mostBlank || f.blankIsNone || slices.ContainsFunc(notes, notBought.MatchString) || f.isGroup(row, cols) {
				continue
			}
			one.doubt = ReasonMissing
			f.reckon(&one)
		case quantityRead:
			if one.quantity.IsZero() {
				f.reckon(&one)
			}
		}
		f.otherCounts(&one, row, cols)
		if f.shared && c.rank != matrixRank {
			one.doubt = ReasonAmbiguous
		}
		own = append(own, one)
	}
	own = f.inUnits(own, cols)
	f.acrossSum(it, own, row, cols, whole)
	own = append(own, f.gifts(it, row, cols)...)
	own = append(own, dealtGifts(own)...)
	for _, one := range own {
		one.product = f.resolveRow(one)
		if one.product.product < 0 && one.product.reason == "" && one.name == "" && one.code == "" {
			f.lost = append(f.lost, rowText(row))
			continue
		}
		f.items = append(f.items, one)
		sum.all.add(one)
		sum.part.add(one)
		sum.form.add(one)
	}
}

// unitIn is the unit of a cell; in a picture what is left of it without marks that are none.
func (f *form) unitIn(text string) string {
	unit := string(normal(text))
	if f.x.units[unit] > 0 {
		return unit
	}
	if i := strings.IndexAny(unit, "(/"); i > 0 && f.x.units[strings.TrimSpace(unit[:i])] > 0 { // 箱(10盒), 盒/100只
		return strings.TrimSpace(unit[:i])
	}
	if !f.ocr {
		return unit
	}
	if bare := strings.TrimFunc(unit, func(r rune) bool { return !isHan(r) && !isAlnum(r) }); f.x.units[bare] > 0 {
		return bare
	}
	return unit
}

// perUnit is the unit behind a price: 元/盒, /盒, 元一盒.
func (x *Lexicon) perUnit(rest string) string {
	_, unit, ok := strings.Cut(strings.NewReplacer("每", "/", "一", "/").Replace(rest), "/")
	if unit = strings.TrimSpace(unit); !ok || x.units[unit] == 0 {
		return ""
	}
	return unit
}

// isGroup tells a row that only names the kind of goods below it: 二、冷冻类. It has one cell, and no product is called that.
func (f *form) isGroup(row []page.Cell, cols []column) bool {
	name := ""
	for i, c := range row {
		text := strings.TrimSpace(c.Text)
		if _, number := smallNumber(text); text == "" || c.Merged || i < len(cols) && cols[i].as == colIndex && (number || strings.Trim(text, "一二三四五六七八九十、.()（）") == "") {
			continue
		}
		if name != "" {
			return false
		}
		name = text
	}
	r := f.resolveRow(item{customer: f.cust, name: name})
	return r.product < 0 && len(r.options) == 0
}

func rowText(row []page.Cell) string {
	var parts []string
	for _, c := range row {
		if c.Text != "" && !c.Merged {
			parts = append(parts, c.Text)
		}
	}
	return strings.Join(parts, " ")
}

// How a quantity cell was understood.
const (
	quantityRead = iota
	quantityBlank
	quantityNone // zero, a dash: not ordered
)

// readQuantity reads a quantity cell into it: 480, 4盒, 半盒, 2箱零3盒, 1,500 套.
func (f *form) readQuantity(it *item, text string, row []page.Cell, col int) int {
	plain := strings.TrimSpace(text)
	if plain == "" {
		return quantityBlank
	}
	if strings.Trim(plain, "-—/\\_×xX无") == "" || isCancelled(plain) {
		return quantityNone
	}
	v, rest, ok := figure(plain)
	if unit, number, cut := strings.Cut(plain, " "); cut && !ok { // 支 3600: two columns read as one
		if u := string(normal(unit)); f.x.units[u] > 0 {
			it.unit = u
			v, rest, ok = figure(number)
		}
	}
	if !ok {
		it.doubt = ReasonAmbiguous
		return quantityRead
	}
	if v.IsZero() && rest == "" {
		return quantityNone
	}
	it.quantity = v
	if rest != "" {
		r := []rune(rest)
		if u := f.x.unitAt(r, 0); u != "" {
			it.unit = u
			r = trimSpace(r[len([]rune(u)):])
			if half := string(r); half == "半" {
				it.quantity = it.quantity.Add(decimal.New(5, -1))
				r = nil
			}
		}
		if tail := strings.Trim(string(r), " ()。,.;+-"); tail != "" {
			switch {
			case f.x.units[tail] > 0 && !sizeUnits[tail] && it.unit == "": // 3(箱)
				it.unit = tail
			case slices.ContainsFunc([]rune(tail), isDigit):
				it.doubt = ReasonAmbiguous // two figures in one cell
			default:
				it.note = strings.Trim(it.note+";"+tail, ";")
			}
		}
	}
	if f.ocr && (col < len(row) && row[col].Score < surely || pointed.MatchString(plain)) && !f.confirmed(*it) {
		it.doubt = ReasonAmbiguous
	}
	return quantityRead
}

// pointed fits a count of which a comma may have been read as a point.
var pointed = regexp.MustCompile(`^\d{1,3}\.\d{3}$`)

// reckon works an illegible quantity out of the row's price and amount.
func (f *form) reckon(it *item) {
	if !f.ocr || it.price == nil || it.amount == nil || !it.price.IsPositive() || it.from[fromPrice].Score < surely {
		return
	}
	if n := it.amount.Div(*it.price); n.IsPositive() && n.IsInteger() {
		it.quantity, it.doubt = n, ""
	}
}

// confirmed tells that the row's price and amount agree with its quantity.
func (f *form) confirmed(it item) bool {
	return it.price != nil && it.amount != nil && it.amount.IsPositive() && near(it.quantity.Mul(*it.price), *it.amount)
}

// readNotes takes from a row's remarks what concerns its delivery.
func (f *form) readNotes(it *item, notes []string) {
	for _, note := range notes {
		if slices.Contains(giftNotes, strings.Trim(note, " ()（）。.")) {
			it.gift = true
		}
		r := factReader{x: f.x, c: f.c, cust: it.customer}
		r.prose(newText(note), pair{})
		if it.date == "" && len(r.due) > 0 {
			it.date, it.vague = r.due[0].value(), r.due[0].vague
		}
		it.remarks = append(it.remarks, note)
		if r.carrier != "" {
			it.carrier = r.carrier
		}
		it.urgent = append(it.urgent, r.urgent...)
		it.note = strings.Trim(it.note+";"+note, ";")
	}
}

// resolveRow finds the product that a row means: by its code, where that is known, else by name and spec. A code that
// one misread character parts from a known one is that.
func (f *form) resolveRow(it item) resolution {
	who := f.x.scopeOf(it.customer)
	if it.customer < 0 {
		who = scope{}
	}
	words := newText(strings.TrimSpace(it.name + " " + it.spec))
	m := f.x.readMention(words, 0, len(words.r), who.own, nil)
	id, exact := f.x.productByCode(it.code, who.own, f.ocr)
	if id < 0 && it.model {
		whole := it
		whole.spec, whole.code, whole.model = strings.TrimSpace(it.code+" "+it.spec), "", false
		if r := f.resolveRow(whole); r.product >= 0 || r.reason == ReasonAmbiguous {
			return r
		}
	}
	if id < 0 {
		r := f.x.byWording(f.x.resolve(m, nil, who, it.unit), words.r)
		if r.reason == ReasonAmbiguous && hasDigit(words.r) {
			if id, ok := f.byExactWords(it.words(), "", r.options); ok {
				return resolution{product: id, rule: "wording", best: r.best}
			}
		}
		if r.product < 0 && r.reason != ReasonAmbiguous {
			if id, ok := f.byWholeName(it); ok {
				return resolution{product: id, rule: "wording"}
			}
			if again, ok := f.withoutPack(it); ok {
				return again
			}
		}
		if r.product < 0 && r.reason == "" {
			r.reason = ReasonUnknown
		}
		if r.product < 0 && f.ocr {
			if again := mended(it); again.words() != it.words() {
				if second := f.resolveRow(again); second.product >= 0 {
					return second
				}
			}
		}
		return r
	}
	byName := f.x.resolve(m, nil, who, it.unit)
	switch {
	case exact && (m.empty() || byName.product == id):
		return resolution{product: id, rule: "code", best: f.x.cover(id, m)}
	case exact:
		r := f.x.resolveNamed(m, id, "code", who)
		if again := mended(it); f.ocr && r.reason == ReasonConflict && again.words() != it.words() {
			if second := f.resolveRow(again); second.reason != ReasonConflict {
				return second
			}
		}
		return r
	case byName.product == id || byName.product < 0 && slices.Contains(byName.options, id):
		return resolution{product: id, rule: "code", best: f.x.cover(id, m)}
	}
	return byName
}

// packSpec fits a size that says what a pack holds, and nothing else: 10条/包.
var packSpec = regexp.MustCompile(`^(\d+)\s*(\p{Han}{1,2})\s*(?:/|每|一|装每?)\s*(\p{Han})$`)

// withoutPack finds the product of a row whose size only says what a pack holds, by the name alone: one that has such a pack.
func (f *form) withoutPack(it item) (resolution, bool) {
	m := packSpec.FindStringSubmatch(string(normal(it.spec)))
	if m == nil || it.name == "" {
		return resolution{}, false
	}
	it.spec = ""
	r := f.resolveRow(it)
	if r.product < 0 || r.reason != "" {
		return resolution{}, false
	}
	holds, known := f.x.product(r.product).UnitSize(m[3])
	if !known || holds.String() != m[1] || f.x.product(r.product).Unit != m[2] {
		return resolution{}, false
	}
	return r, true
}

// unitBehind fits a unit in brackets at the end of a name.
var unitBehind = regexp.MustCompile(`^(.+?)\s*[(（]\s*(?:单位\s*[:：]\s*)?(\p{Han}{1,2})\s*[)）]$`)

// takeUnit takes the unit of a row that has no other from behind its name: 厨师帽（包）.
func (f *form) takeUnit(it *item, cols []column) {
	m := unitBehind.FindStringSubmatch(strings.TrimSpace(it.name))
	if m == nil || it.unit != "" || f.x.units[string(normal(m[2]))] == 0 || slices.ContainsFunc(cols, func(c column) bool { return c.as == colUnit }) {
		return
	}
	it.name, it.unit = m[1], string(normal(m[2]))
}

// misread are what recognition makes of figures and letters in names and specs, and what was meant: 1L read as IL, 250ml as
// 250m1, O型圈 as 0型圈, Φ16 as 016, M30×2 as M30 X 2.
var misread = []struct {
	as    *regexp.Regexp
	meant string
}{
	{regexp.MustCompile(`(\d)\s*[xX×*]\s*(\d)`), "$1×$2"},
	{regexp.MustCompile(`(^|[^A-Za-z0-9])[Il|](L|l|kg|KG|Kg|g|ml|mL|mm|m|寸)($|[^A-Za-z])`), "${1}1$2$3"},
	{regexp.MustCompile(`(\d)m[1I|]($|[^A-Za-z0-9])`), "${1}ml$2"},
	{regexp.MustCompile(`(^|[^A-Za-z0-9.])0(\p{Han})`), "${1}O$2"},
	{regexp.MustCompile(`(^|[^A-Za-z0-9.])0(\d+mm)`), "${1}$2"},
}

// mended is the item as it may have been before recognition misread it.
func mended(it item) item {
	for _, m := range misread {
		it.name, it.spec = m.as.ReplaceAllString(it.name, m.meant), m.as.ReplaceAllString(it.spec, m.meant)
	}
	return it
}

// byWording settles a choice where just one of the options has a name or alias that stands in the words as it is written:
// a row's words are the catalogue's more often than a chat's are.
func (x *Lexicon) byWording(r resolution, words []rune) resolution {
	if r.product >= 0 || r.reason != ReasonAmbiguous {
		return r
	}
	said := string(squeeze(words))
	var hit []int32
	longest := 0
	for _, id := range r.options {
		p := x.product(id)
		size := 0
		for _, name := range append([]string{p.Title(), p.Spec}, p.Aliases...) {
			if n := squeeze(normal(name)); len(n) > size && len(n) > 2 && strings.Contains(said, string(n)) {
				size = len(n)
			}
		}
		switch {
		case size == 0 || size < longest:
		case size > longest:
			hit, longest = []int32{id}, size
		default:
			hit = append(hit, id)
		}
	}
	if len(hit) == 1 {
		return resolution{product: hit[0], rule: "wording", best: r.best}
	}
	return r
}

// productByCode finds the product with a code: the customer's own or the catalogue's. With misread, a code is also
// found that differs only in characters that look alike; exact tells which.
func (x *Lexicon) productByCode(code string, own []ownItem, misread bool) (id int32, exact bool) {
	key := strings.ReplaceAll(string(normal(code)), " ", "")
	if key == "" {
		return -1, false
	}
	for i := range own {
		if string(own[i].name) == key {
			return own[i].product, true
		}
	}
	if id, ok := x.productKey(key); ok {
		return id, true
	}
	if !misread {
		return -1, false
	}
	found := map[int32]bool{}
	for i := range own {
		if lookAlike(string(own[i].name), key) {
			found[own[i].product] = true
		}
	}
	if len(found) == 0 {
		for _, id := range x.alikes.get(alike.Replace(key)) {
			found[id] = true
		}
	}
	if len(found) != 1 {
		return -1, false
	}
	for id := range found {
		return id, false
	}
	return -1, false
}

// alike maps characters that OCR takes for each other to one of them.
var alike = strings.NewReplacer("o", "0", "d", "0", "q", "0", "l", "1", "i", "1", "|", "1", "b", "8", "s", "5", "z", "2", "g", "6", "×", "x", "*", "x", "—", "-", "_", "-", ".", "", "-", "", "/", "", " ", "", "1)", "0")

// lookAlike tells whether two codes are equal but for characters that look alike.
func lookAlike(a, b string) bool { return alike.Replace(a) == alike.Replace(b) }
