package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// across tells that the only text of a row reaches over the column of quantities: words about what follows.
func across(row []page.Cell, cols []column) bool {
	for i, c := range cols {
		if c.as == colQuantity && i < len(row) && row[i].Merged && strings.TrimSpace(row[i].Text) != "" {
			return true
		}
	}
	return false
}

// saysWhen tells that a text says when or where goods are to come: 11月9日前送到店里.
func (f *form) saysWhen(text string) bool {
	t := newText(text)
	s := f.x.newScan(t, f.c, f.cust, f.msg.Role == RoleSales)
	return slices.ContainsFunc(s.marks, func(m mark) bool {
		return m.kind == markPhone || m.kind == markDate && wantedBy(t.r[m.to:])
	})
}

// namesProduct tells that a row's words are goods: a quantity of them may have been overlooked. A row with one text has to say
// hardly anything else.
func (f *form) namesProduct(row []page.Cell, cols []column, alone bool) bool {
	it := item{customer: f.cust}
	for i, c := range row {
		if i >= len(cols) || c.Merged {
			continue
		}
		switch text := strings.TrimSpace(c.Text); cols[i].as {
		case colCode:
			it.code = strings.TrimSpace(it.code + " " + text)
		case colName:
			it.name = strings.TrimSpace(it.name + " " + text)
		case colSpec:
			it.spec = strings.TrimSpace(it.spec + " " + text)
		default:
		}
	}
	r := f.resolveRow(it)
	if r.product < 0 {
		return false
	}
	if !alone {
		return true
	}
	p := f.x.product(r.product)
	said, name := squeeze(normal(it.words())), squeeze(normal(p.Name))
	return strings.Contains(string(said), string(name)) && len(said) <= len(squeeze(normal(p.Title())))+8 || it.code != ""
}

// isExample tells the row of a form to be filled in that shows how.
func isExample(row []page.Cell, cols []column) bool {
	for i, c := range row {
		switch text := strings.Trim(strings.TrimSpace(c.Text), "()（）【】[]:："); text {
		case "例", "示例", "样例", "范例", "填写示例", "例子", "举例", "填写范例":
			if i >= len(cols) || cols[i].as != colSpec {
				return true
			}
		}
	}
	return false
}

// cancelled tells a row that was struck out or remarked 取消.
func (f *form) cancelled(row []page.Cell, cols []column) bool {
	struck, filled := 0, 0
	for i, c := range row {
		text := strings.TrimSpace(c.Text)
		if text == "" {
			continue
		}
		filled++
		if c.Struck {
			struck++
		}
		if i < len(cols) && (cols[i].as == colName || cols[i].as == colCode || cols[i].as == colSpec || cols[i].rank == matrixRank) {
			continue
		}
		if isCancelled(text) {
			return true
		}
	}
	return struck*2 > filled
}

// aboutCancelling are words around 取消 that leave it a cancellation of the row.
var aboutCancelling = regexp.MustCompile(`^(?:已|现|先|暂|本行|本项|此行|此项|该项|这项|这行|客户|科室|临时|通知|要求|确认|申请){0,3}$`)

var afterCancelling = regexp.MustCompile(`^(?:了|掉|本行|本项|此项|该项|采购|订购|订货|发货|下单|购买|要货|配送|供货){0,2}$`)

// isCancelled tells a remark that takes its row back: 取消, 科室已取消; not 上次取消的补上.
func isCancelled(text string) bool {
	for clause := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("，。；,;、()（） *!！-—：:\n", r) }) {
		for _, w := range cancelWords {
			before, after, ok := strings.Cut(clause, w)
			if ok && aboutCancelling.MatchString(before) && afterCancelling.MatchString(after) {
				return true
			}
		}
	}
	return false
}

// halfCancelled tells a remark with such a word that may mean the row or something else.
func halfCancelled(text string) bool {
	for _, w := range cancelWords {
		if _, after, ok := strings.Cut(text, w); ok && !strings.HasPrefix(after, "的") && !strings.HasPrefix(after, "开") && !strings.HasPrefix(after, "发票") && !strings.HasPrefix(after, "包装") {
			return true
		}
	}
	return false
}

// sharedBelow tells that the quantity of a row and that of its neighbour are one cell.
func sharedBelow(t table, i int) bool {
	for k, c := range t.columns {
		if c.as != colQuantity || k >= len(t.rows[i]) || strings.TrimSpace(t.rows[i][k].Text) == "" {
			continue
		}
		same := func(a, b int) bool { // b is the lower one
			return a >= 0 && b < len(t.rows) && k < len(t.rows[a]) && k < len(t.rows[b]) && t.rows[b][k].Merged && t.rows[a][k].Text == t.rows[b][k].Text &&
				(k == 0 || t.rows[b][k-1].Text != t.rows[b][k].Text) && ownRow(t.rows[b], t.columns)
		}
		if same(i, i+1) || t.rows[i][k].Merged && same(i-1, i) {
			return true
		}
	}
	return false
}

// ownRow tells that a row is one of its own, and no wrapped part of the row above.
func ownRow(row []page.Cell, cols []column) bool {
	goods := false
	for i, c := range cols {
		if i >= len(row) {
			continue
		}
		switch c.as {
		case colIndex, colUnit, colPrice:
			if row[i].Merged {
				return false
			}
		case colName, colCode, colSpec:
			goods = goods || !row[i].Merged && strings.TrimSpace(row[i].Text) != ""
		default:
		}
	}
	return goods
}

// unknown tells a column whose head says nothing known.
func (c column) unknown() bool {
	_, known := headingOf(c.head)
	return c.as == colOther && !known && strings.TrimSpace(c.head) != ""
}

// unreadColumns keeps the heads over figures that nothing is known of, where other columns are dates or shops: they may be one
// that was misread, or that the master data lacks.
func (f *form) unreadColumns(t table) {
	if !slices.ContainsFunc(t.columns, func(c column) bool { return c.as == colQuantity && c.rank == matrixRank }) {
		return
	}
	for i, c := range t.columns {
		if !c.unknown() {
			continue
		}
		if slices.ContainsFunc(t.rows, func(row []page.Cell) bool {
			if i >= len(row) || row[i].Merged {
				return false
			}
			_, _, ok := figure(row[i].Text)
			return ok
		}) {
			f.lost = append(f.lost, strings.TrimSpace(c.head))
		}
	}
}

var (
	// penceShown fits an amount of money with its cents.
	penceShown = regexp.MustCompile(`^[¥￥]?\s*\d{1,3}(?:,?\d{3})*\.\d{2}$`)
	// paperNumber fits what can be the number of an order; noPaper heads that are of something else.
	paperNumber = regexp.MustCompile(`^(?:[A-Za-z]{1,6}[-_/]?\d[\dA-Za-z\-_/]{4,}|\d{8,16})$`)
	noPaper     = regexp.MustCompile(`项目|工程|批|证|税|图|工号|仓|库|电话|手机|客户|班|车|条码|日|期|时间|部门|身份|账|卡|供应|厂`)
)

// unreadFields asks about columns that hold what an order has and whose head says nothing known: sums of money where there is no price,
// one number in all rows where there is no order number.
func (f *form) unreadFields(t table) {
	priced := slices.ContainsFunc(t.columns, func(c column) bool { return c.as == colPrice || c.as == colAmount })
	numbered := slices.ContainsFunc(t.columns, func(c column) bool { return c.as == colPO })
	dated := len(f.facts.due) > 0 || slices.ContainsFunc(t.columns, func(c column) bool { return c.as == colDate })
	for i, c := range t.columns {
		if !c.unknown() {
			continue
		}
		n, pence, numbers, days, first := 0, 0, 0, 0, ""
		for _, row := range t.rows {
			text := cellText(row, i)
			if text == "" || isTotal(row, t.columns) || f.isLoose(row, t.columns, false) {
				continue
			}
			n++
			if penceShown.MatchString(text) {
				pence++
			}
			if first == "" {
				first = text
			}
			if text == first && paperNumber.MatchString(text) {
				numbers++
			}
			if day, ok := wholeDate(normal(text), f.c); ok && day > f.c.today.Format(time.DateOnly) {
				days++
			}
		}
		head := strings.TrimSpace(c.head)
		switch {
		case n == 0:
		case pence == n && !priced:
			f.unread = append(f.unread, Ask{Field: ".lines", Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」这一列是单价吗？", head)})
		case days == n && !dated && !ownDays.MatchString(head) && !notTheirDay.MatchString(head):
			f.unread = append(f.unread, Ask{Field: ".deliver_by", Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s %s」是要货的日子吗？", head, first)})
		case numbers == n && n > 1 && !numbered && f.facts.po == "" && !noPaper.MatchString(head):
			f.unread = append(f.unread, Ask{Field: ".po", Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s %s」是订单号吗？", head, first)})
		}
	}
}

// notTheirDay are heads of days that are the goods' own.
var notTheirDay = regexp.MustCompile(`效期|有效|到期|保质|失效`)

// missingNumbers finds rows of a picture that were overlooked altogether: the running number leaps over them.
func (f *form) missingNumbers(t table) {
	at := slices.IndexFunc(t.columns, func(c column) bool { return c.as == colIndex })
	if !f.ocr || at < 0 {
		return
	}
	last, between := -1, 0
	for _, row := range t.rows {
		if empty(row) || isTotal(row, t.columns) || at >= len(row) {
			continue
		}
		n, ok := smallNumber(row[at].Text)
		switch {
		case !ok || row[at].Merged:
			between++
			continue
		case last > 0 && n > last+1+between && n <= last+4+between:
			f.lost = append(f.lost, fmt.Sprintf("第 %d 行", last+1))
		}
		last, between = n, 0
	}
}

// serialDay fits the number of a day in a spreadsheet, of 2009 to 2064.
var serialDay = regexp.MustCompile(`^[45]\d{4}$`)

// dateOf reads the date of a row: a day, the number of one, or words (尽快, 下周).
func (f *form) dateOf(it *item, text string, cell page.Cell) {
	if serialDay.MatchString(text) {
		n, _ := strconv.Atoi(text)
		it.date, it.from[fromDate] = time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), cell
		return
	}
	if w, ok := firstWhen(normal(dayAndMonth.ReplaceAllString(text, "${1}月${2}日")), f.c); ok {
		it.date, it.from[fromDate] = w.value(), cell
		if it.date == "" && w.vague != "" {
			it.vague = w.vague
		}
		return
	}
	f.readNotes(it, []string{text})
}

// Remarks that change what their row says: another count, other goods. A condition (无货可换) changes nothing.
var (
	countChanged = regexp.MustCompile(`(?:改成|改为|更改为|更正为|调整为|调为|改|应为|实发|实领|实要|只发|只要)[^\d]{0,3}(\d+)|(?:另加|再加|追加|多发|多要|^加|少发|少要)\s*\d`)
	goodsChanged = regexp.MustCompile(`换成|换为|改用|换\S{1,6}码|改成|改为|改要`)
	onCondition  = regexp.MustCompile(`可|若|如|无货|缺货|没货|没有|或|不够|不足|日期|包装|时间|前|号|日`)
)

// changedBy asks about a row whose remark changes it.
func (f *form) changedBy(it *item, note string) {
	note = string(normal(note))
	switch m := countChanged.FindStringSubmatch(note); {
	case halfCancelled(note):
		it.doubt = ReasonConflict
	case onCondition.MatchString(note):
	case m != nil && m[1] != "" && m[1] == it.quantity.String():
	case m != nil:
		it.doubt = ReasonConflict
	case goodsChanged.MatchString(note):
		it.otherGoods = true
	}
}

// otherCounts asks about a row where a second column says another quantity, or adds to it.
func (f *form) otherCounts(it *item, row []page.Cell, cols []column) {
	for i, c := range cols {
		if i >= len(row) || c.as != colRival && c.as != colMore {
			continue
		}
		v, _, ok := figure(row[i].Text)
		switch {
		case !ok || v.IsZero():
		case c.as == colMore:
			it.doubt = ReasonConflict
		case v.Equal(it.quantity) || f.confirmed(*it):
		case it.price != nil && it.amount != nil && near(v.Mul(*it.price), *it.amount):
			it.quantity, it.from[fromQuantity] = v, row[i]
		default:
			it.doubt = ReasonConflict
		}
	}
	for _, note := range it.remarks {
		f.changedBy(it, note)
	}
}

// acrossSum checks the sum of a row over the columns of a matrix.
func (f *form) acrossSum(it item, own []item, row []page.Cell, cols []column, amount *decimal.Decimal) {
	if len(own) == 0 || !slices.ContainsFunc(cols, func(c column) bool { return c.as == colQuantity && c.rank == matrixRank }) {
		return
	}
	if amount == nil {
		for i, c := range cols {
			if v, _, ok := figure(cellText(row, i)); ok && c.as == colDecoy && (strings.Contains(c.head, "合计") || strings.Contains(c.head, "总")) {
				amount = &v
			}
		}
	}
	if amount == nil {
		return
	}
	all := decimal.Zero
	for _, one := range own {
		all = all.Add(one.quantity)
		if one.doubt != "" {
			return
		}
	}
	if all.Equal(*amount) || it.price != nil && near(all.Mul(*it.price), *amount) {
		return
	}
	f.wrongSum = fmt.Sprintf("「%s」各列加起来是 %s，单上合计是 %s，请核对。", it.words(), trim(all), trim(*amount))
}

func cellText(row []page.Cell, i int) string {
	if i < 0 || i >= len(row) || row[i].Merged {
		return ""
	}
	return strings.TrimSpace(row[i].Text)
}

// dealNote fits a remark that is a deal, and nothing else: 买10送1.
var dealNote = regexp.MustCompile(`^(?:满|买|每)(\d{1,4})\p{Han}?[送赠](\d{1,4})\p{Han}?$`)

// dealtGifts are what deals in the remarks of rows give: 200袋 with 买10送1 give 20袋. A quantity that the deal does not divide gives
// for the whole ones, as in a message.
func dealtGifts(own []item) []item {
	var out []item
	for _, it := range own {
		for _, note := range it.remarks {
			m := dealNote.FindStringSubmatch(strings.ReplaceAll(string(normal(note)), " ", ""))
			if m == nil || it.gift || it.doubt != "" {
				continue
			}
			each, _ := decimal.NewFromString(m[1])
			free, _ := decimal.NewFromString(m[2])
			if !each.IsPositive() || !free.IsPositive() || it.quantity.LessThan(each) {
				continue
			}
			gift := it
			gift.gift, gift.price, gift.amount, gift.remarks = true, nil, nil, nil
			gift.quantity = it.quantity.Div(each).Floor().Mul(free)
			gift.quantityText = gift.quantity.String()
			out = append(out, gift)
			break
		}
	}
	return out
}

// gifts are what a row's columns of gifts give.
func (f *form) gifts(it item, row []page.Cell, cols []column) []item {
	var out []item
	for i, c := range cols {
		text := cellText(row, i)
		if c.as != colGift || text == "" {
			continue
		}
		one := it
		one.gift, one.price, one.amount, one.quantityText, one.from[fromQuantity] = true, nil, nil, text, row[i]
		if c.unit != "" {
			one.unit = c.unit
		}
		if f.readQuantity(&one, text, row, i) == quantityRead {
			out = append(out, one)
		}
	}
	return out
}
