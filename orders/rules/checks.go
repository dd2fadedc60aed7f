package rules

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// check is one rule of the section checks.
type check struct {
	name   string
	kind   *kind
	effect orders.Effect
	role   orders.Role
	when   *condition // nil: always
	p      parameters
}

// parameters are what a check can be told. Each kind knows some of them.
type parameters struct {
	percent, amount, quantity     decimal.Decimal
	days, count                   int
	within                        time.Duration
	fields, papers                []string
	with, needs, excludes         []orders.ProductCode
	unit, category, text, pattern string
	matches                       *regexp.Regexp
	name                          string // of the check
}

// problem is what a kind finds; the check adds its name and effect.
type problem struct {
	line   int
	text   string
	mild   bool // to be said only, whatever the effect is
	slot   bool // an engineer has to be booked
	papers []string
}

// kind is a way of checking, with the names of its parameters: those that are needed and the others.
type kind struct {
	chinese, english string
	needed, optional []string
	// whole kinds look at the customer's business, which is known when an order is confirmed.
	whole bool
	risk  bool // what it finds marks the customer as a risk
	find  func(p *parameters, f *orders.Facts) []problem
}

// kinds are all of them (features AP-17; conflict 11 has the names).
var kinds = []kind{
	{chinese: "起订量", english: "moq", find: moq},
	{chinese: "数量上限", english: "most", needed: []string{"quantity"}, optional: []string{"category"}, find: most},
	{chinese: "整件起订", english: "whole_packs", needed: []string{"unit"}, optional: []string{"category"}, find: wholePacks},
	{chinese: "起送金额", english: "minimum_amount", needed: []string{"amount"}, find: minimumAmount},
	{chinese: "资质", english: "licence", optional: []string{"days"}, find: licence},
	{chinese: "BOM 有效性", english: "bom", find: bom},
	{chinese: "可购目录", english: "catalogue", find: catalogue},
	{chinese: "价格偏离", english: "price", needed: []string{"percent"}, find: price},
	{chinese: "信用额度", english: "credit", whole: true, find: credit},
	{chinese: "逾期", english: "overdue", optional: []string{"days"}, whole: true, find: overdue},
	{chinese: "同型号复核", english: "repeat", needed: []string{"count", "within"}, whole: true, find: repeat},
	{chinese: "重复下单", english: "same", needed: []string{"within"}, whole: true, find: same},
	{chinese: "地址异常", english: "address", find: address},
	{chinese: "必填", english: "required", needed: []string{"fields"}, find: required},
	{chinese: "格式", english: "format", needed: []string{"fields", "pattern", "text"}, find: format},
	{chinese: "选项组合", english: "combination", needed: []string{"with"}, optional: []string{"needs", "excludes", "text"}, find: combination},
	{chinese: "交期", english: "lead_time", needed: []string{"days"}, find: leadTime},
	{chinese: "进口", english: "imported", optional: []string{"papers", "text"}, find: imported},
	{chinese: "技术服务", english: "service", needed: []string{"text"}, find: service},
	{chinese: "补充说明", english: extraKind, needed: []string{"text"}, find: extra},
	{chinese: "定制要求", english: customKind, needed: []string{"text"}, find: custom},
	{chinese: "高危客户", english: "risk", risk: true, find: risky},
	{chinese: "退货率", english: "returns", needed: []string{"percent"}, optional: []string{"days"}, risk: true, find: returns},
	{chinese: "条件", english: "condition", needed: []string{"when", "text"}, find: func(p *parameters, _ *orders.Facts) []problem {
		return []problem{{text: p.text}}
	}},
}

// Kinds returns the names of the ways of checking, a Chinese and an English one each.
func Kinds() [][2]string {
	out := make([][2]string, len(kinds))
	for i, k := range kinds {
		out[i] = [2]string{k.chinese, k.english}
	}
	return out
}

// Check returns what the checks find in an order, in the order of the file.
func (e *Engine) Check(f orders.Facts) ([]orders.Finding, error) {
	var out []orders.Finding
	env := environment(valuesOf(f))
	for i := range e.checks {
		c := &e.checks[i]
		if f.Draft && c.kind.whole {
			continue
		}
		if c.when != nil {
			holds, err := c.when.holds(env)
			if err != nil {
				return nil, err
			}
			if !holds {
				continue
			}
		}
		for _, p := range c.kind.find(&c.p, &f) {
			x := orders.Finding{Rule: c.name, Line: p.line, Text: p.text, Effect: c.effect, Role: c.role, Papers: p.papers, Slot: p.slot, Recheck: c.kind.english == "repeat", Risk: c.kind.risk}
			if c.kind.asks() {
				x.Ask = c.name
			}
			if p.mild {
				x.Effect, x.Role = orders.EffectWarn, ""
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// extraKind asks for a field that only some orders have; the check's name is the field's.
const extraKind = "extra"

// customKind asks what is to be made where something is made to measure; the check's name is the field's.
const customKind = "custom"

// asks tells whether checks of the kind ask for a field of the order.
func (k *kind) asks() bool { return k.english == extraKind || k.english == customKind }

// custom asks for the drawing or the measures of what is made to measure. What is said of one product is its own; where there
// are several, each has to be named by its code or name.
func custom(p *parameters, f *orders.Facts) []problem {
	var open []string
	line, n, said := 0, 0, f.Order.Extra[p.name]
	done := make(map[orders.ProductCode]bool)
	for i := range f.Order.Lines {
		l := &f.Order.Lines[i]
		if done[l.Product] || !f.Catalog.IsCustom(l.Product) {
			continue
		}
		done[l.Product] = true
		n++
		product := f.Catalog.Product(l.Product)
		if !strings.Contains(strings.ToUpper(said), strings.ToUpper(string(l.Product))) && !strings.Contains(said, product.Name) {
			open = append(open, string(l.Product)+" "+product.Name)
			if line == 0 {
				line = l.No
			}
		}
	}
	if n == 0 || n == 1 && said != "" || len(open) == 0 {
		return nil
	}
	text := fmt.Sprintf("%s（%s）请回复「%s：…」", p.text, strings.Join(open, "、"), p.name)
	if n > 1 {
		code, _, _ := strings.Cut(open[0], " ")
		text = fmt.Sprintf("%s有 %d 种定制品，还缺 %s 的。请写在一行里：「%s：%s …；…」", p.text, n, strings.Join(open, "、"), p.name, code)
	}
	return []problem{{line: line, text: text}}
}

func extra(p *parameters, f *orders.Facts) []problem {
	if f.Order.Extra[p.name] != "" {
		return nil
	}
	return []problem{{text: fmt.Sprintf("%s 请回复「%s：…」", p.text, p.name)}}
}

// ExtraFields returns the names of the fields that the checks may ask for besides an order's own.
func (e *Engine) ExtraFields() []string {
	var out []string
	for i := range e.checks {
		if e.checks[i].kind.asks() && !slices.Contains(out, e.checks[i].name) {
			out = append(out, e.checks[i].name)
		}
	}
	return out
}

// each goes through the lines whose product is known, gifts left out.
func each(f *orders.Facts, do func(l *orders.Line, p *orders.Product)) {
	for i := range f.Order.Lines {
		l := &f.Order.Lines[i]
		if p := f.Catalog.Product(l.Product); p != nil && !l.Gift {
			do(l, p)
		}
	}
}

// sums adds up the base units of each product, and says on which line each stands first.
func sums(f *orders.Facts) (codes []orders.ProductCode, sum map[orders.ProductCode]decimal.Decimal, line map[orders.ProductCode]int) {
	sum, line = make(map[orders.ProductCode]decimal.Decimal), make(map[orders.ProductCode]int)
	each(f, func(l *orders.Line, p *orders.Product) {
		if line[p.Code] == 0 {
			line[p.Code] = l.No
			codes = append(codes, p.Code)
		}
		sum[p.Code] = sum[p.Code].Add(l.Base)
	})
	return codes, sum, line
}

func moq(_ *parameters, f *orders.Facts) []problem {
	var out []problem
	codes, sum, line := sums(f)
	for _, code := range codes {
		p := f.Catalog.Product(code)
		if sum[code].IsPositive() && sum[code].LessThan(p.MOQ) {
			out = append(out, problem{line: line[code], text: fmt.Sprintf("%s %s 起订 %s%s，订了 %s%s", code, p.Name, p.MOQ, p.Unit, sum[code], p.Unit)})
		}
	}
	return out
}

func most(q *parameters, f *orders.Facts) []problem {
	var out []problem
	codes, sum, line := sums(f)
	for _, code := range codes {
		p := f.Catalog.Product(code)
		if (q.category == "" || q.category == p.Category) && sum[code].GreaterThan(q.quantity) {
			out = append(out, problem{line: line[code], text: fmt.Sprintf("%s %s 订了 %s%s，超过一次 %s%s", code, p.Name, sum[code], p.Unit, q.quantity, p.Unit)})
		}
	}
	return out
}

func wholePacks(q *parameters, f *orders.Facts) []problem {
	var out []problem
	codes, sum, line := sums(f)
	for _, code := range codes {
		p := f.Catalog.Product(code)
		size, ok := p.UnitSize(q.unit)
		if !ok || !size.IsPositive() || q.category != "" && q.category != p.Category || sum[code].Mod(size).IsZero() {
			continue
		}
		up := sum[code].Div(size).Ceil()
		out = append(out, problem{line: line[code], text: fmt.Sprintf("%s %s 要订整%s（1%s = %s%s），订了 %s%s，可以改成 %s%s",
			code, p.Name, q.unit, q.unit, size, p.Unit, sum[code], p.Unit, up, q.unit)})
	}
	return out
}

func minimumAmount(q *parameters, f *orders.Facts) []problem {
	least := orders.MoneyOf(q.amount)
	if f.Order.Total >= least {
		return nil
	}
	return []problem{{text: fmt.Sprintf("起送 %s，这单 %s，还差 %s", least, f.Order.Total, least-f.Order.Total)}}
}

// licence compares the papers that products need with the customer's. A paper counts through the day
// that it names.
func licence(q *parameters, f *orders.Facts) []problem {
	var out []problem
	done := make(map[string]bool)
	today := f.At.Format(time.DateOnly)
	each(f, func(l *orders.Line, p *orders.Product) {
		if p.Licence == "" || done[p.Licence] || f.Order.Customer == "" { // it is asked whose order this is
			return
		}
		done[p.Licence] = true
		var until time.Time
		has := false
		if f.Customer != nil {
			until, has = f.Customer.Licences[p.Licence]
		}
		day := until.In(f.At.Location()).Format(time.DateOnly)
		switch {
		case !has:
			out = append(out, problem{line: l.No, text: fmt.Sprintf("%s %s 要有「%s」，客户档案里没有", p.Code, p.Name, p.Licence)})
		case !until.IsZero() && day < today:
			out = append(out, problem{line: l.No, text: fmt.Sprintf("%s %s 要有「%s」，客户的 %s 已过期", p.Code, p.Name, p.Licence, day)})
		case !until.IsZero() && day <= f.At.AddDate(0, 0, q.days).Format(time.DateOnly):
			out = append(out, problem{line: l.No, text: fmt.Sprintf("客户的「%s」%s 到期，请提醒换证", p.Licence, day), mild: true})
		}
	})
	return out
}

func bom(_ *parameters, f *orders.Facts) []problem {
	var out []problem
	today := f.At.Format(time.DateOnly)
	each(f, func(l *orders.Line, p *orders.Product) {
		if p.BOMUntil.IsZero() || p.BOMUntil.In(f.At.Location()).Format(time.DateOnly) >= today {
			return
		}
		text := fmt.Sprintf("%s %s 的 BOM %s 已失效", p.Code, p.Name, p.BOM)
		if next := f.Catalog.Product(p.Successor); next != nil {
			text += fmt.Sprintf("，替代品是 %s %s", next.Code, next.Title())
		}
		out = append(out, problem{line: l.No, text: text})
	})
	return out
}

func catalogue(_ *parameters, f *orders.Facts) []problem {
	var out []problem
	each(f, func(l *orders.Line, p *orders.Product) {
		if f.Customer != nil && !f.Customer.MayBuy(p) {
			out = append(out, problem{line: l.No, text: fmt.Sprintf("%s %s 不在%s的可购目录里", p.Code, p.Name, f.Customer.Name)})
		}
	})
	return out
}

func price(q *parameters, f *orders.Facts) []problem {
	var out []problem
	hundred := decimal.NewFromInt(100)
	each(f, func(l *orders.Line, p *orders.Product) {
		if l.Stated == nil || !l.ListPrice.IsPositive() {
			return
		}
		off := l.Stated.Sub(l.ListPrice).Mul(hundred).Div(l.ListPrice)
		if off.Abs().LessThanOrEqual(q.percent) {
			return
		}
		how := "低"
		if off.IsPositive() {
			how = "高"
		}
		out = append(out, problem{line: l.No, text: fmt.Sprintf("%s %s 要价 ¥%s/%s，比客户价 ¥%s %s %s%%",
			p.Code, p.Name, l.Stated, l.Unit, l.ListPrice, how, off.Abs().Round(1))})
	})
	return out
}

func credit(_ *parameters, f *orders.Facts) []problem {
	c := f.Customer
	if c == nil || c.CreditLimit == nil || f.Exposure <= *c.CreditLimit {
		return nil
	}
	return []problem{{text: fmt.Sprintf("信用额度 %s，连这单用到 %s，超出 %s；可以先回款、预付，或者拆小订单",
		*c.CreditLimit, f.Exposure, f.Exposure-*c.CreditLimit)}}
}

// overdue finds what should have been paid more than days ago. Before the oldest open invoice is so old
// nothing is said.
func overdue(q *parameters, f *orders.Facts) []problem {
	o := f.Overdue
	due, err := time.ParseInLocation(time.DateOnly, o.Due, f.At.Location())
	if o.Amount <= 0 || err != nil {
		return nil
	}
	late := int(f.At.Sub(due).Hours() / 24)
	if late <= q.days {
		return nil
	}
	return []problem{{text: fmt.Sprintf("有 %s 逾期未付，最早的发票 %s %s 到期，已逾期 %d 天；先回款 %s 就能下单",
		o.Amount, o.Invoice, o.Due, late, o.Amount)}}
}

// repeat finds the count-th order of one product within a span, its first moment included.
func repeat(q *parameters, f *orders.Facts) []problem {
	var out []problem
	codes, _, line := sums(f)
	since := f.At.Add(-q.within)
	for _, code := range codes {
		var ids []string
		for _, past := range f.Recent {
			if !past.ConfirmedAt.Before(since) && slices.Contains(past.Products, code) {
				ids = append(ids, string(past.ID))
			}
		}
		if len(ids)+1 >= q.count {
			slices.Reverse(ids)
			out = append(out, problem{line: line[code], text: fmt.Sprintf("%s %s %s内第 %d 单，之前：%s",
				code, f.Catalog.Product(code).Name, hours(q.within), len(ids)+1, strings.Join(ids, "、"))})
		}
	}
	return out
}

func hours(d time.Duration) string {
	if h := d.Hours(); h == float64(int(h)) {
		return fmt.Sprintf("%d 小时", int(h))
	}
	return fmt.Sprintf("%d 分钟", int(d.Minutes()))
}

// same finds an earlier order of exactly the same products.
func same(q *parameters, f *orders.Facts) []problem {
	codes, _, _ := sums(f)
	slices.Sort(codes)
	for _, past := range f.Recent {
		before := slices.Clone(past.Products)
		slices.Sort(before)
		if !past.ConfirmedAt.Before(f.At.Add(-q.within)) && past.Kinds == len(codes) && slices.Equal(slices.Compact(before), codes) {
			return []problem{{text: fmt.Sprintf("%s内已经下过一样的货：%s", hours(q.within), past.ID)}}
		}
	}
	return nil
}

func address(_ *parameters, f *orders.Facts) []problem {
	o := f.Order
	switch {
	case o.Carrier == "SELF":
		return nil
	case strings.TrimSpace(o.Address) == "":
		return []problem{{text: "没有收货地址"}}
	case f.Customer != nil && f.Customer.Address != "" && !sameAddress(o.Address, f.Customer.Address):
		return []problem{{text: "和客户档案里的不一样"}}
	default:
		return nil
	}
}

// sameAddress compares addresses without blanks and signs; one may say less than the other.
func sameAddress(a, b string) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" 　,，。.;；:：-—", r) {
				return -1
			}
			return r
		}, s)
	}
	a, b = plain(a), plain(b)
	return strings.Contains(a, b) || strings.Contains(b, a)
}

// orderFields are what an order has to say for itself, by their names.
var orderFields = map[string]func(*orders.Order) string{
	"交期": (*orders.Order).Wanted,
	"地址": func(o *orders.Order) string {
		if o.Carrier == "SELF" {
			return "自提"
		}
		return o.Address
	},
	"收货人":  func(o *orders.Order) string { return o.Contact },
	"电话":   func(o *orders.Order) string { return o.Phone },
	"付款":   func(o *orders.Order) string { return o.Payment },
	"物流":   func(o *orders.Order) string { return o.Carrier },
	"客户单号": func(o *orders.Order) string { return o.PO },
	"备注":   func(o *orders.Order) string { return o.Note },
}

func orderFieldNames() []string { return slices.Sorted(maps.Keys(orderFields)) }

func required(q *parameters, f *orders.Facts) []problem {
	var missing []string
	for _, name := range q.fields {
		if strings.TrimSpace(orderFields[name](f.Order)) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []problem{{text: "还要写明" + strings.Join(missing, "、")}}
}

func format(q *parameters, f *orders.Facts) []problem {
	var out []problem
	for _, name := range q.fields {
		if v := orderFields[name](f.Order); v != "" && !q.matches.MatchString(v) {
			out = append(out, problem{text: fmt.Sprintf("%s「%s」不对：%s", name, v, q.text)})
		}
	}
	return out
}

func combination(q *parameters, f *orders.Facts) []problem {
	_, sum, line := sums(f)
	var out []problem
	title := func(codes []orders.ProductCode) string {
		words := make([]string, len(codes))
		for i, c := range codes {
			if words[i] = string(c); f.Catalog.Product(c) != nil {
				words[i] += " " + f.Catalog.Product(c).Name
			}
		}
		return strings.Join(words, "、")
	}
	for _, code := range q.with {
		if _, ok := sum[code]; !ok {
			continue
		}
		needs := slices.DeleteFunc(slices.Clone(q.needs), func(c orders.ProductCode) bool { _, has := sum[c]; return has })
		bars := slices.DeleteFunc(slices.Clone(q.excludes), func(c orders.ProductCode) bool { _, has := sum[c]; return !has })
		var text string
		switch {
		case len(needs) > 0:
			text = fmt.Sprintf("订 %s 要同时订 %s", title([]orders.ProductCode{code}), title(needs))
		case len(bars) > 0:
			text = fmt.Sprintf("%s 和 %s 不能一起订", title([]orders.ProductCode{code}), title(bars))
		default:
			continue
		}
		if q.text != "" {
			text += "：" + q.text
		}
		out = append(out, problem{line: line[code], text: text})
	}
	return out
}

func risky(_ *parameters, f *orders.Facts) []problem {
	if f.Customer == nil || !f.Customer.Risk {
		return nil
	}
	return []problem{{text: "客户档案标为高危客户"}}
}

// span is how many days back the check looks at returns.
func (q *parameters) span() int { return cmp.Or(q.days, orders.ReturnSpan) }

func returns(q *parameters, f *orders.Facts) []problem {
	r := f.Returns[q.span()]
	if !r.Exceeds(q.percent) {
		return nil
	}
	return []problem{{text: fmt.Sprintf("近 %d 天退货率 %s%%，超过 %s%%（发出 %s，退回 %s）", q.span(), r.Rate().RoundUp(2), q.percent, r.Sent, r.Back)}}
}

// ReturnDays returns how many days back the checks look at a customer's returns, each number once.
func (e *Engine) ReturnDays() []int {
	var out []int
	for i := range e.checks {
		if c := &e.checks[i]; c.kind.english == "returns" && !slices.Contains(out, c.p.span()) {
			out = append(out, c.p.span())
		}
	}
	return out
}

func leadTime(q *parameters, f *orders.Facts) []problem {
	day, _, _ := strings.Cut(f.Order.Wanted(), "T")
	soonest := f.At.AddDate(0, 0, q.days).Format(time.DateOnly)
	if day == "" || day >= soonest {
		return nil
	}
	return []problem{{text: fmt.Sprintf("要求 %s 到货，备货要 %d 天，最早 %s", day, q.days, soonest)}}
}

func imported(q *parameters, f *orders.Facts) []problem {
	found := products(f, func(p *orders.Product) bool { return p.Imported }, "含进口物料", q.text)
	for i := range found {
		if len(q.papers) == 0 {
			break
		}
		missing := slices.DeleteFunc(slices.Clone(q.papers), f.Order.HasPaper)
		goods, _, _ := strings.Cut(found[i].text, "：")
		found[i] = problem{text: orders.PapersText(goods, q.papers, missing), papers: q.papers, mild: len(missing) == 0}
	}
	return found
}

// service asks for an engineer until one is booked for a time that has not passed.
func service(q *parameters, f *orders.Facts) []problem {
	if s := f.Order.Slot; s != nil && !s.Over(f.At) {
		return nil
	}
	found := products(f, func(p *orders.Product) bool { return p.Service }, "含技术服务", q.text)
	for i := range found {
		found[i].slot = true
	}
	return found
}

// products finds the products of which something holds.
func products(f *orders.Facts, holds func(*orders.Product) bool, what, text string) []problem {
	var codes []string
	each(f, func(_ *orders.Line, p *orders.Product) {
		if holds(p) && !slices.Contains(codes, string(p.Code)) {
			codes = append(codes, string(p.Code))
		}
	})
	if len(codes) == 0 {
		return nil
	}
	return []problem{{text: fmt.Sprintf("%s（%s）：%s", what, strings.Join(codes, "、"), text)}}
}
