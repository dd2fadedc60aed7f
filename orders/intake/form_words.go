package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// aboutRows fits words that are about some rows of a form: 只要前三项, 第2行不要.
var aboutRows = regexp.MustCompile(`第.{1,3}[行项个款]|前.{1,2}[行项个款样]|后.{1,2}[行项个款样]|只要|除了|其余|其他的?不|改[成为]|翻倍|减半|加倍`)

// orderWords tell that a file is sent to be ordered, whatever is asked besides.
var orderWords = []string{"下单", "订货", "订购", "录", "要货", "采购", "安排", "发货", "照这个", "按这个", "要的"}

// besideTable fits a line below a table that orders more: 另：软皮镜袋 1箱.
var besideTable = regexp.MustCompile(`^\s*(?:备注|注)?\s*[:：]?\s*(?:另外?|再加|再来|还要|外加|补充|附加)\s*[:：,，]?`)

// alsoOrdered are the lines of a document that order more than its tables do.
func (x *Lexicon) alsoOrdered(doc *page.Document) string {
	var out []string
	take := func(text string) {
		if words := besideTable.FindString(text); words != "" {
			r := normal(text)
			if x.counted(r) && x.namesGoods(r) {
				out = append(out, strings.TrimLeft(strings.TrimPrefix(text, words), " ：:"))
			}
		}
	}
	for _, p := range doc.Pages {
		for _, row := range alignRows(p.Lines) {
			var words []string
			for _, w := range row.words {
				words = append(words, w.text)
			}
			take(strings.Join(words, " "))
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				if filledCells(row) == 1 || row[0].Text != "" && oneText(row) {
					take(rowText(row))
				}
			}
		}
	}
	return strings.Join(out, "\n")
}

// oneText tells that a row has one text over several columns.
func oneText(row []page.Cell) bool {
	return !slices.ContainsFunc(row, func(c page.Cell) bool { return !c.Merged && c.Text != row[0].Text && c.Text != "" })
}

// withMore adds what lines beside the tables order.
func (x *Lexicon) withMore(msg Message, res Result, next *Thread) (Result, *Thread) {
	text := x.alsoOrdered(msg.Doc)
	if text == "" || len(res.Orders) != 1 {
		if text != "" {
			res.Asks = append(res.Asks, Ask{Field: "orders[0].lines", Reason: ReasonConflict, Text: fmt.Sprintf("表外还写着「%s」，算哪一单？", quoted(text))})
		}
		return res, next
	}
	words := msg
	words.Doc, words.pages, words.Customer, words.Role = nil, nil, res.Orders[0].Customer, RoleCustomer
	words.Text = text
	more, after := x.readText(words, &Thread{})
	if more.Intent != IntentOrder || len(more.Orders) != 1 {
		res.Asks = append(res.Asks, Ask{Field: "orders[0].lines", Reason: ReasonConflict, Text: fmt.Sprintf("表外还写着「%s」，要加哪些货？", quoted(text))})
		return res, next
	}
	had := len(res.Orders[0].Lines)
	res.Orders[0].Lines = append(res.Orders[0].Lines, more.Orders[0].Lines...)
	for _, a := range more.Asks {
		if n, field, ok := lineField(a.Field); ok {
			a.Field = fmt.Sprintf("orders[0].lines[%d].%s", had+n, field)
			res.Asks = append(res.Asks, a)
		} else if strings.HasSuffix(a.Field, ".lines") {
			res.Asks = append(res.Asks, a)
		}
	}
	res.Mentions = append(res.Mentions, more.Mentions...)
	next.Orders, next.Asks = cloneDrafts(res.Orders), slices.Clone(res.Asks)
	next.Words = [][]string{append(slices.Concat(next.Words...), slices.Concat(after.Words...)...)}
	return res, next
}

// withWords reads what was written beside a form: facts are in res already; what changes its lines is read as the next message
// of the conversation that the form began. Words that seem to be about its lines, and are not understood, are asked about.
func (x *Lexicon) withWords(msg Message, res Result, next *Thread) (Result, *Thread) {
	words := msg
	words.Doc, words.pages = nil, nil
	more, after := x.readText(words, next.clone())
	text := string(normal(msg.Text))
	priced := slices.ContainsFunc(append([]string{"询价", "报个价", "报下价", "报一下价"}, priceQuestions...), func(w string) bool { return strings.Contains(text, w) })
	switch {
	case more.Intent == IntentInquiry && priced && !slices.ContainsFunc(orderWords, func(w string) bool { return strings.Contains(text, w) }),
		more.Intent == IntentCancel, more.Intent == IntentReturn:
		more.Orders, more.Asks = nil, nil
		return more, &Thread{}
	case more.Intent == IntentChange && len(more.Orders) > 0 && !sameLines(more.Orders, res.Orders) && !unplaced(more.Asks, res.Asks):
		more.Intent, more.Ref = IntentOrder, ""
		return more, after
	case !aboutRows.MatchString(text) && !x.namesGoods([]rune(text)) && !x.counted([]rune(text)): // 今天几家的单，帮录
	case more.Intent == IntentOrder && len(more.Orders) > 0 || unplaced(more.Asks, res.Asks) || aboutRows.MatchString(text) && (more.Intent == IntentOther || sameLines(more.Orders, res.Orders)):
		a := Ask{Field: "orders[0].lines", Reason: ReasonConflict, Text: fmt.Sprintf("单子以外还写着「%s」，要改哪几行？", quoted(msg.Text))}
		res.Asks, next.Asks = append(res.Asks, a), append(next.Asks, a)
	}
	return res, next
}

// unplaced tells that a question about the order's lines came up that was not there before.
func unplaced(asks, before []Ask) bool {
	return slices.ContainsFunc(asks, func(a Ask) bool {
		return strings.HasSuffix(a.Field, ".lines") && !slices.ContainsFunc(before, func(b Ask) bool { return a.Field == b.Field })
	})
}

// blankIsNone fits what a form says of the rows that are left blank; onlyFilled what it says of the others.
var (
	blankIsNone = regexp.MustCompile(`(?:不|无需|没有)(?:订|定|要|需|购|买|用|进|采|选|补)?[^，。；,;]{0,5}(?:空着|留空|空白|空格|为空|不填|不写|免填)|(?:空着|留空|空白|空格|不填|未填)[^，。；,;]{0,4}(?:表示|视为|视作|即为|就是|等于|代表|为|即|的)(?:不|无|没)`)
	notBought   = regexp.MustCompile(`^(?:本月|本次|本周|这次|本期|本季|暂|先|暂时|目前|已|库存|还|仍|现)?\s*(?:不采购?|不购|不订|不要了?|不需要?|无需|不进|不买|不补|不申购|缓|够用?|充足|足够|有货|有库存|够了|停用|停采)[。.!！了]?$`)
)

// saysBlankIsNone tells that a form says so: 不订的空着.
func saysBlankIsNone(pages []page.Page) bool {
	for _, p := range pages {
		if slices.ContainsFunc(p.Lines, func(l page.Line) bool { return blankIsNone.MatchString(l.Text) }) {
			return true
		}
		for _, t := range p.Tables {
			if slices.ContainsFunc(slices.Concat(t.Rows...), func(c page.Cell) bool { return blankIsNone.MatchString(c.Text) }) {
				return true
			}
		}
	}
	return false
}

// quoted is the beginning of a text, for a question.
func quoted(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return string(r)
}

// sameLines tells that two lots of orders have the same lines.
func sameLines(a, b []Draft) bool {
	return slices.EqualFunc(a, b, func(x, y Draft) bool { return slices.Equal(x.Lines, y.Lines) })
}
