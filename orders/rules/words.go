package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// Section is one part of the rules in words for people.
type Section struct {
	Title string
	Rows  []Row
}

// Row is one rule in words: a name, and what it says piece by piece.
type Row struct {
	Name   string
	When   []string // all of these hold
	Pieces []string
}

// String is the whole rule in one line.
func (r Row) String() string {
	s := strings.Join(r.When, " 且 ")
	if s != "" && len(r.Pieces) > 0 {
		s += " "
	}
	return r.Name + "：" + s + strings.Join(r.Pieces, "，")
}

// Words says what the rules are.
func (e *Engine) Words() []Section {
	routes, checks, priority := Section{Title: "审批路由"}, Section{Title: "检查"}, Section{Title: "优先级"}
	for i := range e.routes {
		routes.Rows = append(routes.Rows, e.routes[i].words())
	}
	for i := range e.checks {
		checks.Rows = append(checks.Rows, e.checks[i].words())
	}
	triggers := Section{Title: "触发"}
	for i := range e.triggers {
		triggers.Rows = append(triggers.Rows, e.triggers[i].words())
	}
	freights := Section{Title: "运费"}
	for i := range e.freight {
		freights.Rows = append(freights.Rows, e.freight[i].words())
	}
	dispatch := Section{Title: "分单"}
	for i := range e.dispatch {
		dispatch.Rows = append(dispatch.Rows, e.dispatch[i].words())
	}
	var classes []Section
	for _, kind := range orders.ClassKinds {
		of := Section{Title: "归类：" + kind.String()}
		for i := range e.classes {
			if c := &e.classes[i]; c.kind == kind {
				of.Rows = append(of.Rows, c.words())
			}
		}
		classes = append(classes, of)
	}
	for i := range e.priority {
		b := &e.priority[i]
		priority.Rows = append(priority.Rows, Row{Name: b.name, When: b.when.words(), Pieces: []string{fmt.Sprintf("加 %d 分", b.points)}})
	}
	urgent := Section{Title: "加急", Rows: []Row{{Name: "依次提醒", Pieces: []string{roleList(e.urgent, "、")}}}}
	small := Section{Title: "变更"}
	if e.small > 0 {
		small.Rows = []Row{{Name: "小改动", Pieces: []string{fmt.Sprintf("合计和批准时相差不超过 %s，不用重新审批", e.small)}}}
	}
	return slices.DeleteFunc(slices.Concat([]Section{routes, checks, triggers, freights, dispatch}, classes, []Section{priority, urgent, small}), func(s Section) bool { return len(s.Rows) == 0 })
}

func (r *route) words() Row {
	out := Row{Name: r.name, When: []string{"其余的订单"}}
	if r.when != nil {
		out.When = r.when.conjuncts()
	}
	var steps []string
	for i := range r.steps {
		steps = append(steps, r.steps[i].words())
	}
	if len(steps) == 0 {
		steps = []string{"自动通过"}
	}
	out.Pieces = []string{"→ " + strings.Join(steps, " → ")}
	if len(r.before) > 0 {
		out.Pieces = append(out.Pieces, "先于「"+strings.Join(r.before, "」「")+"」")
	}
	if len(r.tell) > 0 {
		out.Pieces = append(out.Pieces, "告知"+roleList(r.tell, "、"))
	}
	return out
}

func (s *step) words() string {
	var more []string
	if s.when != nil {
		more = append(more, strings.Join(s.when.words(), " 且 ")+"时")
	}
	if s.pass != nil {
		more = append(more, strings.Join(s.pass.words(), " 且 ")+"时系统通过："+s.because)
	}
	if s.limit > 0 {
		more = append(more, "限 "+span(s.limit, s.days))
	}
	who := roleList(append([]orders.Role{s.role}, s.also...), "或")
	if s.all != nil {
		who = roleList(s.all, "和")
	}
	if len(more) == 0 {
		return who
	}
	return who + "（" + strings.Join(more, "，") + "）"
}

func span(limit time.Duration, workdays bool) string {
	if workdays {
		return strconv.FormatFloat(limit.Hours()/24, 'f', -1, 64) + " 个工作日"
	}
	return hours(limit)
}

func (c *check) words() Row {
	out := Row{Name: c.name}
	if c.when != nil {
		out.When = c.when.words()
	}
	say := map[orders.Effect]string{orders.EffectBlock: "拦下", orders.EffectApprove: "加审", orders.EffectWarn: "提醒"}[c.effect]
	switch {
	case c.effect == orders.EffectApprove:
		say += c.role.String()
	case c.role != "":
		say += "，" + c.role.String() + "可特批"
	}
	if c.name != c.kind.chinese {
		out.Pieces = append(out.Pieces, c.kind.chinese)
	}
	out.Pieces = append(out.Pieces, c.p.words()...)
	out.Pieces = append(out.Pieces, say)
	return out
}

func (p *parameters) words() []string {
	var out []string
	add := func(holds bool, format string, args ...any) {
		if holds {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	codes := func(list []orders.ProductCode) string {
		words := make([]string, len(list))
		for i, c := range list {
			words[i] = string(c)
		}
		return strings.Join(words, "、")
	}
	add(!p.percent.IsZero(), "超过 %s%%", p.percent)
	add(!p.amount.IsZero(), "%s 元", p.amount)
	add(!p.quantity.IsZero(), "数量 %s", p.quantity)
	add(p.days > 0, "%d 天", p.days)
	add(p.count > 0, "%d 单", p.count)
	add(p.within > 0, "%s内", hours(p.within))
	add(len(p.fields) > 0, "%s", strings.Join(p.fields, "、"))
	add(len(p.papers) > 0, "要有 %s", strings.Join(p.papers, "、"))
	add(p.pattern != "", "格式 %s", p.pattern)
	add(len(p.with) > 0, "订 %s", codes(p.with))
	add(len(p.needs) > 0, "要有 %s", codes(p.needs))
	add(len(p.excludes) > 0, "不能有 %s", codes(p.excludes))
	add(p.unit != "", "整%s", p.unit)
	add(p.category != "", "%s类", p.category)
	add(p.text != "", "「%s」", p.text)
	return out
}

func roleList(roles []orders.Role, sep string) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = r.String()
	}
	return strings.Join(words, sep)
}

// words says a condition; one that is more than comparisons stands as it was written.
func (c *condition) words() []string {
	if c.formula == nil {
		return []string{c.source}
	}
	return c.formula.conjuncts()
}

// conjuncts says a formula as a list of what must hold.
func (f *formula) conjuncts() []string {
	if f.op == "and" {
		return append(f.of[0].conjuncts(), f.of[1].conjuncts()...)
	}
	return []string{f.words(true)}
}

// words says the formula, or its opposite.
func (f *formula) words(holds bool) string {
	switch f.op {
	case "not":
		return f.of[0].words(!holds)
	case "and", "or":
		sep := " 或 "
		if (f.op == "and") == holds {
			sep = " 且 "
		}
		return "（" + f.of[0].words(holds) + sep + f.of[1].words(holds) + "）"
	case "is":
		return f.atom.wordsIf(holds)
	default:
		if (f.op == "true") == holds {
			return "总是"
		}
		return "从不"
	}
}

// comparisons are the words of the operators between numbers, and of their opposites.
var comparisons = map[string][2]string{
	"<": {"不到", "满"}, "<=": {"不超过", "超过"}, ">": {"超过", "不超过"}, ">=": {"满", "不到"}, "==": {"正好", "不是"},
}

func (a *atom) wordsIf(holds bool) string {
	name := fields[a.field].chinese
	no := map[bool]string{true: "", false: "不"}[holds]
	switch a.op {
	case "yes":
		if holds {
			return name
		}
		return "不是" + name
	case "in":
		return name + no + "是 " + strings.Join(a.words, "、")
	case "startsWith":
		return name + no + "以「" + a.words[0] + "」开头"
	case "has":
		if holds {
			return name + "里有 " + a.element
		}
		return name + "里没有 " + a.element
	default:
		word := comparisons[a.op][0]
		if !holds {
			word = comparisons[a.op][1]
		}
		unit := ""
		if !scaleOf(a.field).grid.IsInteger() {
			unit = " 元"
		}
		return name + word + " " + a.number.String() + unit
	}
}

// Changes says what differs between two versions of the rules; empty: nothing but comments and layout.
func Changes(before, after *Engine) []string {
	old, now := before.Words(), after.Words()
	var out []string
	titles := []string{"审批路由", "检查", "触发", "运费", "优先级", "加急"}
	rows := func(all []Section, title string) []Row {
		for _, s := range all {
			if s.Title == title {
				return s.Rows
			}
		}
		return nil
	}
	for _, title := range titles {
		was, is := without(rows(old, title), rows(now, title)), without(rows(now, title), rows(old, title))
		for _, r := range was {
			i := slices.IndexFunc(is, func(x Row) bool { return x.Name == r.Name })
			if i < 0 {
				out = append(out, "去掉 "+r.String())
				continue
			}
			gone, added := pieces(r, is[i]), pieces(is[i], r)
			is = slices.Delete(is, i, i+1)
			switch {
			case len(gone) > 0 && len(added) > 0:
				out = append(out, fmt.Sprintf("「%s」：%s 改成 %s", r.Name, strings.Join(gone, "，"), strings.Join(added, "，")))
			case len(added) > 0:
				out = append(out, fmt.Sprintf("「%s」：加上 %s", r.Name, strings.Join(added, "，")))
			default:
				out = append(out, fmt.Sprintf("「%s」：去掉 %s", r.Name, strings.Join(gone, "，")))
			}
		}
		for _, r := range is {
			out = append(out, "加上 "+r.String())
		}
	}
	return out
}

// without returns the rows that are not among others, each of which counts once.
func without(rows, others []Row) []Row {
	left := make(map[string]int)
	for _, r := range others {
		left[r.String()]++
	}
	var out []Row
	for _, r := range rows {
		if left[r.String()]--; left[r.String()] < 0 {
			out = append(out, r)
		}
	}
	return out
}

// pieces returns what a row says and the other one doesn't.
func pieces(r, other Row) []string {
	said := slices.Concat(other.When, other.Pieces)
	return slices.DeleteFunc(slices.Concat(r.When, r.Pieces), func(p string) bool { return slices.Contains(said, p) })
}

// Difference is an order that two versions of the rules treat otherwise.
type Difference struct {
	Order         *orders.Order
	Before, After string
}

// Trial compares what two versions of the rules make of confirmed orders, of which past has the newest first. The first
// most are tried; those behind them are known as earlier orders only. Customers and products are taken as they are now.
func Trial(before, after *Engine, past []*orders.Order, most int, catalog *orders.Catalog) (tried int, out []Difference, err error) {
	for i, o := range past[:min(most, len(past))] {
		f := orders.Facts{
			Order: o, Customer: catalog.Customer(o.Customer), Catalog: catalog, Exposure: o.Exposure, SpecialPrice: o.SpecialPrice(),
			At: o.ConfirmedAt, Recent: recent(o, past[i+1:]),
		}
		was, err := outcome(before, f)
		if err != nil {
			return 0, nil, err
		}
		is, err := outcome(after, f)
		if err != nil {
			return 0, nil, err
		}
		if was != is {
			out = append(out, Difference{o, was, is})
		}
		tried++
	}
	return tried, out, nil
}

// recent are earlier orders as [orders.Tx] gives them.
func recent(o *orders.Order, earlier []*orders.Order) []orders.PastOrder {
	var out []orders.PastOrder
	var codes []orders.ProductCode
	for i := range o.Lines {
		codes = append(codes, o.Lines[i].Product)
	}
	since := o.ConfirmedAt.Add(-orders.RecentSpan)
	for _, x := range earlier {
		if x.Customer != o.Customer || x.ConfirmedAt.Before(since) || x.ConfirmedAt.After(o.ConfirmedAt) ||
			x.Status == orders.StatusCancelled || x.Status == orders.StatusRejected {
			continue
		}
		p := orders.PastOrder{ID: x.ID, ConfirmedAt: x.ConfirmedAt}
		var kinds []orders.ProductCode
		for i := range x.Lines {
			l := &x.Lines[i]
			if l.Gift {
				continue
			}
			if !slices.Contains(kinds, l.Product) {
				kinds = append(kinds, l.Product)
			}
			if slices.Contains(codes, l.Product) {
				p.Products = append(p.Products, l.Product)
			}
		}
		if p.Kinds = len(kinds); len(p.Products) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// outcome says what the rules make of an order.
func outcome(e *Engine, f orders.Facts) (string, error) {
	route, blocks, err := orders.Foresee(e, f)
	if err != nil {
		return "", err
	}
	if len(blocks) > 0 {
		return "拦下（" + blocks[0].Rule + "）", nil
	}
	var steps []string
	stage := 0
	for _, s := range route.Steps {
		word := roleList(append([]orders.Role{s.Role}, s.Also...), "或")
		if s.Pass != "" {
			word += "自动"
		}
		if s.Limit > 0 {
			word += " " + span(s.Limit, s.Workdays)
		}
		if stage != 0 && s.Stage == stage {
			steps[len(steps)-1] += "和" + word
			continue
		}
		stage = s.Stage
		steps = append(steps, word)
	}
	if len(steps) == 0 {
		return route.Name, nil
	}
	return route.Name + "（" + strings.Join(steps, "→") + "）", nil
}
