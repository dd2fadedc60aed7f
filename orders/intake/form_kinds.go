package intake

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"orderbot/orders/intake/page"
)

// Titles of papers that hold goods and figures and order nothing. paperEnd is how a title ends.
const paperEnd = `(?:申请|通知|明细|登记|汇总|处理)?(?:单|表|函|书|清单|明细|报表)(?:$|[\s(（:：\d])`

var (
	returnTitle  = regexp.MustCompile(`(?:退货|退换货|换货|返修|退回)` + paperEnd)
	inquiryTitle = regexp.MustCompile(`(?:询价|询比价|比价)(?:采购)?` + paperEnd)
	pricesTitle  = regexp.MustCompile(`(?:价目|价格|报价|目录)` + paperEnd)
	recordTitle  = regexp.MustCompile(`(?:对账|对帐|结算|盘点|库存|销售|销量|收款|付款|报损|入库)` + paperEnd)
	handedTitle  = regexp.MustCompile(`(?:送货|出库|验收|收货)` + paperEnd)
	changeTitle  = regexp.MustCompile(`(?:变更|更改|修改|调整)` + paperEnd)
	cancelTitle  = regexp.MustCompile(`(?:取消|撤销|作废|撤单)` + paperEnd)
	orderTitle   = regexp.MustCompile(`订货|订购|采购|请购|申购|要货|补货|订单|下单|申领|请领|领用|需求|计划|进货`)
)

// otherSheets are names of sheets that stand beside the order in a workbook.
var otherSheets = regexp.MustCompile(`已到|到货记录|到货明细|月到货|收货记录|入库|出库|发货记录|历史|上月|上周|上次|去年|往期|示例|样例|范例|说明|库存|盘点|对账|参考|字典|基础|退货`)

// paper is what kind of paper a page is: an order, or one that has goods and figures for another reason.
type paper int

const (
	paperOrder paper = iota
	paperReturn
	paperInquiry
	paperChange // 订单变更通知单: of an order that was placed before
	paperCancel
	paperRecord // 对账单, 盘点表: nothing is wanted
	paperHanded // 送货单: of goods that were ordered before; it may be sent to say "the same again"
)

// intent is what a message with such a paper wants.
func (k paper) intent() Intent {
	switch k {
	case paperReturn:
		return IntentReturn
	case paperInquiry:
		return IntentInquiry
	case paperChange:
		return IntentChange
	case paperCancel:
		return IntentCancel
	default:
		return IntentOther
	}
}

var (
	handedOver = regexp.MustCompile(`(?:送货人|送货员|司机|配送员|发货人|出库人|仓管员|客户签收|客户签字|签收人|签收|验收人|收货人签字|收货签字|收货人签名|回单|签收栏|提货人签字)\s*(?:签字|签名)?\s*[:：]|以上货物|验收无误|签收无误|实收|实发|红联|白联|黄联|回单联|客户联`)
	onceMore   = regexp.MustCompile(`再(?:来|订|要|下|送|发)|照(?:这|此|着|上面)|按(?:这|此|照|上面)|一样|下单|订货|要货|补货`)
)

// handed tells a delivery note by what its driver and its receiver fill in, where nobody says to order the same again.
func handed(pages []page.Page, words string) bool {
	if onceMore.MatchString(words) {
		return false
	}
	n := 0
	for _, p := range pages {
		for _, l := range p.Lines {
			n += len(handedOver.FindAllString(l.Text, -1))
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				n += len(handedOver.FindAllString(rowText(row), -1))
			}
		}
	}
	return n >= 2
}

// earlierOrder fits the number of the order that a change is about.
var earlierOrder = regexp.MustCompile(`(?:订单|采购单|合同|单据)(?:编|单)?号码?[^:：]{0,8}[:：\s]+([A-Za-z0-9][A-Za-z0-9\-_/]{3,})`)

// refOf finds that number in pages.
func refOf(pages []page.Page) string {
	for _, p := range pages {
		texts := make([]string, 0, len(p.Lines))
		for _, l := range p.Lines {
			texts = append(texts, l.Text)
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				texts = append(texts, rowText(row))
			}
		}
		for _, text := range texts {
			if m := earlierOrder.FindStringSubmatch(text); m != nil && hasDigit([]rune(m[1])) {
				return m[1]
			}
		}
	}
	return ""
}

// paperOf tells it by the title that stands above the first table, or alone in a cell of it.
func paperOf(p page.Page) paper {
	var titles []string
	for _, l := range p.Lines[:min(len(p.Lines), 12)] {
		titles = append(titles, l.Text)
	}
	for _, t := range p.Tables[:min(len(p.Tables), 1)] {
		for _, row := range t.Rows[:min(len(t.Rows), 4)] {
			for _, c := range row {
				if !c.Merged {
					titles = append(titles, c.Text)
				}
			}
		}
	}
	titles = append(titles, p.Name)
	kind := paperOrder
	for _, title := range titles {
		text := strings.TrimSpace(string(normal(title)))
		if spaced := strings.ReplaceAll(text, " ", ""); len([]rune(text)) > 40 || strings.ContainsAny(spaced, ",。;") {
			continue
		} else if len([]rune(spaced))*2 <= len([]rune(text))+1 { // 退 货 单
			text = spaced
		}
		switch {
		case inquiryTitle.MatchString(text):
			kind = paperInquiry
		case changeTitle.MatchString(text):
			return paperChange
		case cancelTitle.MatchString(text):
			return paperCancel
		case orderTitle.MatchString(text) && !returnTitle.MatchString(text):
			if strings.HasSuffix(text, "单") || strings.HasSuffix(text, "表") || strings.HasSuffix(text, "计划") {
				return paperOrder
			}
		case returnTitle.MatchString(text):
			kind = paperReturn
		case recordTitle.MatchString(text):
			kind = paperRecord
		case handedTitle.MatchString(text):
			kind = paperHanded
		}
	}
	return kind
}

// ordersOf leaves of a document the pages that order something, or may. Where none does, kind tells what it is instead.
func ordersOf(pages []page.Page) (left []page.Page, kind paper) {
	var wanted, others []page.Page
	for _, p := range pages {
		k := paperOf(p)
		if k != paperOrder && k != paperHanded {
			kind = k
			continue
		}
		if k == paperHanded {
			kind = k
		}
		if otherSheets.MatchString(p.Name) && len(p.Tables) > 0 {
			others = append(others, p)
			continue
		}
		wanted = append(wanted, p)
	}
	if !slices.ContainsFunc(wanted, func(p page.Page) bool { return len(p.Tables) > 0 || len(p.Lines) > 0 }) {
		wanted = append(wanted, others...)
	}
	return wanted, kind
}

// longPast is how many days a sheet's dates have to lie back beside another that looks ahead.
const longPast = 7

// listsPrices tells that pages only say what goods cost: their title says so, their tables have a column of prices, and none has one that
// could count what is wanted.
func (x *Lexicon) listsPrices(doc []page.Page) bool {
	priced, titled := false, false
	for _, p := range doc {
		for _, l := range p.Lines {
			titled = titled || pricesTitle.MatchString(strings.TrimSpace(l.Text))
			if x.counted(normal(l.Text)) {
				return false
			}
		}
		for _, t := range p.Tables {
			for h, row := range t.Rows {
				if len(row) > 0 {
					titled = titled || pricesTitle.MatchString(strings.TrimSpace(row[0].Text))
				}
				if !isHeadOfGoods(row) {
					continue
				}
				for i, c := range row {
					switch head, known := headingOf(c.Text); {
					case head.as == colPrice || strings.HasSuffix(strings.TrimSpace(c.Text), "价"):
						priced = true
					case head.as == colQuantity || head.as == colMore, !known && figures(t.Rows[h+1:], i):
						return false
					}
				}
			}
		}
	}
	return priced && titled
}

// withoutPast leaves out the sheets of a workbook all of whose days of delivery are long past, where another has none such: what came
// last month beside what is wanted now.
func withoutPast(x *Lexicon, pages []page.Page, c headsOf) []page.Page {
	if len(pages) < 2 {
		return pages
	}
	past := make([]bool, len(pages))
	for i, p := range pages {
		past[i] = len(p.Tables) > 0 && x.isPast(p, c)
	}
	if !slices.Contains(past, true) || !slices.ContainsFunc(pages, func(p page.Page) bool { return !x.isPast(p, c) && x.hasForm(p.Tables, c) }) {
		return pages
	}
	var out []page.Page
	for i, p := range pages {
		if !past[i] {
			out = append(out, p)
		}
	}
	return out
}

// isPast tells that a sheet has days of delivery, and that all of them are long past.
func (x *Lexicon) isPast(p page.Page, c headsOf) bool {
	some, until := false, c.clock.today.AddDate(0, 0, -longPast).Format(time.DateOnly)
	for _, t := range p.Tables {
		above, found := x.findTables(t, c, nil)
		facts := factReader{x: x, c: c.clock, cust: -1}
		facts.read(nil, above)
		days := make([]string, 0, len(facts.due))
		for _, w := range facts.due {
			days = append(days, w.value())
		}
		for _, t := range found {
			for i, col := range t.columns {
				for _, row := range t.rows {
					if col.as == colDate {
						if day, ok := wholeDate(normal(cellText(row, i)), c.clock); ok {
							days = append(days, day)
						}
					}
				}
			}
		}
		for _, day := range days {
			if day == "" || day > until {
				return false
			}
			some = true
		}
	}
	return some
}

// dropCopy leaves out the items of the last table where they say once more what an earlier one of the same order said: the second
// copy of a form. starts is where the items of each table begin. It is asked about unless a longer form bears a number.
func (f *form) dropCopy(starts []int) {
	last := starts[len(starts)-1]
	again := f.items[last:]
	for k := range len(starts) - 1 {
		if len(again) == 0 || !slices.EqualFunc(f.items[starts[k]:starts[k+1]], again, func(a, b item) bool {
			return a.words() == b.words() && a.quantity.Equal(b.quantity) && a.unit == b.unit && a.customer == b.customer && a.date == b.date && a.address == b.address && a.gift == b.gift && a.note == b.note
		}) {
			continue
		}
		if (f.facts.po == "" || len(again) == 1) && f.wrongSum == "" {
			f.wrongSum = "有两张表的内容一样，只算一次，对吗？"
		}
		f.items = f.items[:last]
		return
	}
}
