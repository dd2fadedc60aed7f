package rules

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// effects gives the meaning of the words for what becomes of an order.
var effects = map[string]orders.Effect{
	"拦下": orders.EffectBlock, "加审": orders.EffectApprove, "提醒": orders.EffectWarn,
	"block": orders.EffectBlock, "approve": orders.EffectApprove, "warn": orders.EffectWarn,
}

func (r *reader) checks(n *yaml.Node) []check {
	var out []check
	for _, item := range r.items(n, "checks") {
		f := r.fields(item, "检查", "name", "kind", "effect", "role", "when", "percent", "amount", "quantity", "days", "count", "within",
			"fields", "with", "needs", "excludes", "unit", "category", "text", "pattern", "papers")
		if c, ok := r.check(f, item); ok {
			out = append(out, c)
		}
	}
	return out
}

func (r *reader) check(f map[string]*yaml.Node, item *yaml.Node) (check, bool) {
	mistakes := len(r.mistakes)
	word := r.text(f["kind"], "kind")
	i := slices.IndexFunc(kinds, func(k kind) bool { return word == k.chinese || word == k.english })
	if i < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.chinese)
		}
		r.mistake(at(f["kind"], item), "没有「%s」这种检查，可以写：%s", word, strings.Join(names, "、"))
		return check{}, false
	}
	c := check{kind: &kinds[i], name: r.text(f["name"], "name")}
	if c.name == "" {
		c.name = c.kind.chinese
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		node := f[name]
		common := slices.Contains([]string{"name", "kind", "effect", "role", "when"}, name)
		if !common && !slices.Contains(c.kind.needed, name) && !slices.Contains(c.kind.optional, name) {
			r.mistake(node, "检查「%s」用不上 %s", c.kind.chinese, name)
		}
	}
	for _, name := range c.kind.needed {
		if f[name] == nil {
			r.mistake(item, "检查「%s」要写明 %s", c.kind.chinese, name)
		}
	}
	if c.kind.english == "imported" && (f["papers"] == nil) == (f["text"] == nil) {
		r.mistake(item, "检查「%s」要写明 papers（要哪些报关资料），或者只提醒一句 text，两个写一个", c.kind.chinese)
	}
	if c.effect = effects[r.text(f["effect"], "effect")]; c.effect == "" {
		r.mistake(at(f["effect"], item), "effect 要写 拦下、加审 或 提醒")
	}
	if f["role"] != nil {
		c.role = r.role(f["role"], "role")
	}
	switch {
	case c.effect == orders.EffectApprove && f["role"] == nil:
		r.mistake(item, "加审要写明由谁审批 role")
	case c.effect == orders.EffectWarn && f["role"] != nil:
		r.mistake(f["role"], "提醒不用审批，不要写 role")
	}
	if c.kind.risk && c.effect == orders.EffectBlock {
		r.mistake(f["effect"], "「%s」是给审批人看的，客户看不到，不能拦下：要写 提醒 或 加审", c.kind.chinese)
	}
	c.when = r.optional(f["when"], "when")
	c.p = r.parameters(f)
	c.p.name = c.name
	return c, len(r.mistakes) == mistakes
}

func at(n, otherwise *yaml.Node) *yaml.Node {
	if n == nil {
		return otherwise
	}
	return n
}

// parameters reads what a check is told.
func (r *reader) parameters(f map[string]*yaml.Node) parameters {
	var p parameters
	number := func(name string) decimal.Decimal {
		if f[name] == nil {
			return decimal.Zero
		}
		d, err := decimal.NewFromString(r.text(f[name], name))
		if err != nil || d.IsNegative() {
			r.mistake(f[name], "%s 要写成不小于 0 的数字", name)
		}
		return d
	}
	whole := func(name string, least, most int) int {
		if f[name] == nil {
			return 0
		}
		n, err := strconv.Atoi(r.text(f[name], name))
		if err != nil || n < least || n > most {
			r.mistake(f[name], "%s 要写成 %d 到 %d 的整数", name, least, most)
		}
		return n
	}
	list := func(name string) []string {
		if f[name] == nil {
			return nil
		}
		var out []string
		for _, item := range r.items(f[name], name) {
			out = append(out, r.text(item, name))
		}
		return out
	}
	codes := func(name string) []orders.ProductCode {
		var out []orders.ProductCode
		for _, c := range list(name) {
			out = append(out, orders.ProductCode(c))
		}
		return out
	}
	p.percent, p.amount, p.quantity = number("percent"), number("amount"), number("quantity")
	p.days, p.count = whole("days", 0, 3650), whole("count", 2, 20)
	if words := r.text(f["within"], "within"); words != "" {
		d, err := time.ParseDuration(words)
		if err != nil || d <= 0 || d > orders.RecentSpan {
			r.mistake(f["within"], "within「%s」要写成 30m、24h 这样，最长 168h", words)
		}
		p.within = d
	}
	for _, name := range list("fields") {
		if orderFields[name] == nil {
			r.mistake(f["fields"], "没有「%s」这一项，可以写：%s", name, strings.Join(orderFieldNames(), "、"))
		}
		p.fields = append(p.fields, name)
	}
	p.papers = list("papers")
	if f["papers"] != nil && (len(p.papers) == 0 || slices.Contains(p.papers, "")) {
		r.mistake(f["papers"], "papers 要写成资料名称的列表，例如 papers: [报关单, 原产地证]")
	}
	p.with, p.needs, p.excludes = codes("with"), codes("needs"), codes("excludes")
	p.unit, p.category, p.text, p.pattern = r.text(f["unit"], "unit"), r.text(f["category"], "category"), r.text(f["text"], "text"), r.text(f["pattern"], "pattern")
	var err error
	if p.matches, err = regexp.Compile("^(?:" + p.pattern + ")$"); err != nil {
		r.mistake(f["pattern"], "pattern「%s」不是正确的正则表达式", clip(p.pattern))
	}
	return p
}
