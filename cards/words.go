package cards

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

// beijing is the zone of everything that people read.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// when writes a moment: 3月11日 10:24.
func when(t time.Time) string { return t.In(beijing).Format("1月2日 15:04") }

var weekdays = [7]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// Wanted writes an order's wanted date as people say it: 3月13日 周五, or, where an hour is named,
// 3月13日 周五 18:00前. The year is told when it is not that of now. What is no date is left as it
// stands.
func Wanted(deliverBy string, now time.Time) string {
	t, err := time.ParseInLocation(time.DateOnly, deliverBy, beijing)
	hour := ""
	if err != nil {
		if t, err = time.Parse(time.RFC3339, deliverBy); err != nil {
			return deliverBy
		}
		t = t.In(beijing)
		hour = t.Format(" 15:04前")
	}
	s := t.Format("1月2日 ") + weekdays[t.Weekday()] + hour
	if !now.IsZero() && t.Year() != now.In(beijing).Year() {
		s = t.Format("2006年") + s
	}
	return s
}

// wantedBy writes by when the goods of an order that leave next are wanted, "" where nobody said.
func wantedBy(o *orders.Order) string { return Wanted(o.Wanted(), o.CreatedAt) }

// price writes what one unit costs, with all the decimals that it has.
func price(yuan decimal.Decimal) string {
	if yuan.Equal(yuan.Round(2)) {
		return orders.MoneyOf(yuan).String()
	}
	return "¥" + yuan.String()
}

// round writes an amount without the fen where there are none: ¥50,000.
func round(m orders.Money) string { return strings.TrimSuffix(m.String(), ".00") }

// asked tells whether a field can't be shown because a person has to settle it first.
func asked(o *orders.Order, field string) bool {
	for i := range o.Questions {
		if q := &o.Questions[i]; q.Field == field && q.Blocking() {
			return true
		}
	}
	return false
}

var onePiece = decimal.NewFromInt(1)

// lineWords are the parts of an order line as they are shown; "?" stands for what is asked about.
type lineWords struct {
	code, title    string
	quantity, base string // base is empty where it says nothing new
	price, amount  string
	rule           string // which rule gave the price
	gift           bool
	special        string // how a special price differs
	shortage       string // 库存不足 …
	available      string
}

func wordsOf(o *orders.Order, i int) lineWords {
	l := &o.Lines[i]
	ask := func(field string) bool { return asked(o, fmt.Sprintf("lines[%d].%s", i, field)) }
	w := lineWords{code: string(l.Product), title: strings.TrimSpace(l.Name + " " + l.Spec), gift: l.Gift}
	quantity, unit := l.Quantity.String(), l.Unit
	isOpen := false
	if l.Product == "" || ask("product") {
		w.code, isOpen = "?", true
		for k := range o.Questions {
			if q := &o.Questions[k]; l.Product == "" && q.Said != "" && q.Field == fmt.Sprintf("lines[%d].product", i) {
				w.title = "「" + clip(oneLine(q.Said), 30) + "」"
			}
		}
	}
	if !l.Quantity.IsPositive() || ask("quantity") {
		quantity, isOpen = "?", true
	}
	if ask("unit") {
		unit, isOpen = "?", true
	}
	w.quantity = quantity + unit
	if !isOpen && l.BaseUnit != "" && l.Unit != l.BaseUnit {
		w.base = l.Base.String() + l.BaseUnit
	}
	switch {
	case l.Gift:
		w.price, w.amount = "¥0.00", "¥0.00"
	case ask("price"):
		w.price, w.amount = "?", "?"
	case isOpen:
	case l.PriceRule == "":
		w.price = "暂无价格"
	default:
		w.price = price(l.Price) + "/" + unit
		w.amount = l.Amount.String()
		w.rule = l.PriceRule
		if l.Stated != nil && !l.Stated.Equal(l.ListPrice) {
			w.special, w.rule = "特价", ""
			if l.ListPrice.IsPositive() {
				w.special += "，平时 " + price(l.ListPrice)
			}
			if isDraft(o) {
				w.special += "，要审批"
			}
		}
	}
	if isOpen {
		return w
	}
	if !isDraft(o) {
		if short := missing(o, l); short.IsPositive() {
			w.shortage = fmt.Sprintf("库存不足：缺 %s%s", short, l.BaseUnit) + expected(l)
		}
		return w
	}
	w.available = l.Available.String() + l.BaseUnit
	if short := l.Base.Sub(l.Available); short.IsPositive() {
		w.shortage = fmt.Sprintf("库存不足：可用 %s，缺 %s%s", w.available, short, l.BaseUnit) + expected(l)
	}
	return w
}

// expected says when what a line lacks comes, "" where nobody knows.
func expected(l *orders.Line) string {
	if l.Expected == "" {
		return ""
	}
	return "，预计 " + shortDay(l.Expected) + " 到货"
}

func isDraft(o *orders.Order) bool { return o.Status == orders.StatusDraft || o.Status == "" }

// missing returns the base units of a confirmed order's line that no stock is held for; none once
// the goods have left, or won't.
func missing(o *orders.Order, l *orders.Line) orders.Quantity {
	switch o.Status {
	case orders.StatusPendingApproval, orders.StatusApproved, orders.StatusAllocated, orders.StatusScheduled, orders.StatusInProduction,
		orders.StatusInspected, orders.StatusStocked, orders.StatusPicking, orders.StatusChecked:
		return l.Short()
	default:
		return decimal.Zero
	}
}

// Quantity with the base quantity behind it: 30箱（600支）.
func (w *lineWords) both() string {
	if w.base == "" {
		return w.quantity
	}
	return w.quantity + "（" + w.base + "）"
}

// full writes a line for a message of its own: three short rows.
func (w *lineWords) full(no int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d. %s\n%s", no, strings.TrimSpace(w.code+" "+w.title), w.both())
	switch {
	case w.gift:
		b.WriteString("　赠品 ¥0.00")
	case w.amount != "":
		fmt.Fprintf(&b, "　%s　计 %s", join("　", w.price, w.rule), w.amount)
	case w.price != "":
		b.WriteString("　" + w.price)
	}
	if w.special != "" {
		b.WriteString("\n（" + w.special + "）")
	}
	switch {
	case w.shortage != "":
		b.WriteString("\n⚠️ " + w.shortage)
	case w.available != "":
		b.WriteString("\n可用 " + w.available)
	}
	return b.String()
}

// row writes a line for a card: one row.
func (w *lineWords) row() string {
	parts := []string{w.code}
	if w.title != "" {
		parts = append(parts, w.title)
	}
	parts = append(parts, w.quantity)
	switch {
	case w.gift:
		parts = append(parts, join(" ", "赠品", w.price))
	case w.price != "":
		parts = append(parts, join(" ", w.price, w.rule))
	}
	if w.shortage != "" {
		parts = append(parts, "⚠️库存不足")
	}
	return strings.Join(parts, " ")
}

// carrier names a carrier for people, "" where there is none.
func carrier(code string) string {
	if code == "" {
		return ""
	}
	return logistics.Name(code)
}

// join puts what is not empty behind each other.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// fill puts blocks into at most n texts of limit bytes. Every text begins with what head gives for
// its number (from 0); the last ends with what tail gives for the blocks left out.
func fill(limit int, blocks []string, n int, head func(int) string, tail func(left int) string) []string {
	var out []string
	text := clipBytes(head(0), limit/2)
	for i, b := range blocks {
		left := len(blocks) - i
		room := limit
		switch {
		case left == 1:
			room -= len(tail(0)) + 1
		case len(out) == n-1:
			room -= len(tail(left)) + 1 // in case that this is the last that fits
		}
		b = clipBytes(b, limit/4)
		if len(text)+1+len(b) <= room {
			text += "\n" + b
			continue
		}
		if len(out) == n-1 {
			return append(out, text+"\n"+tail(left))
		}
		out = append(out, text)
		text = clipBytes(head(len(out)), limit/2) + "\n" + b
	}
	if t := tail(0); t != "" {
		text += "\n" + t
	}
	return append(out, text)
}
