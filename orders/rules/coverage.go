package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"
)

// checkRoutes says where an order would find no route, or two, or where a route or a step is never
// reached. Every combination of the fields' values is looked at, so the fields count as independent:
// 超信用 beside a 剩余额度 above zero is looked at as well.
func (r *reader) checkRoutes(n *yaml.Node, items []*yaml.Node, routes []route) {
	var formulas []*formula
	for i := range routes {
		if routes[i].when != nil {
			formulas = append(formulas, routes[i].when)
		}
		for _, s := range routes[i].steps {
			if s.when != nil && s.when.formula != nil {
				formulas = append(formulas, s.when.formula)
			}
		}
	}
	d := newDiagrams(newDomains(formulas))
	takes := make([]node, len(routes)) // what each takes
	all := bottom                      // what any takes
	for i := range routes {
		if routes[i].when != nil {
			takes[i] = routes[i].when.compile(d)
			all = d.apply("or", all, takes[i])
		}
	}
	fits := slices.Clone(takes) // by its own condition
	for i := range routes {
		if routes[i].when == nil {
			takes[i] = d.not(all)
			all = top
			continue
		}
		for j := range routes {
			if slices.Contains(routes[j].before, routes[i].name) {
				takes[i] = d.apply("and", takes[i], d.not(fits[j]))
			}
		}
	}
	mistakes := len(r.mistakes)
	defer func() {
		if d.full { // then nothing that was found is sure
			r.mistakes = r.mistakes[:mistakes]
			r.mistake(n, "%s", errTooComplicated)
		}
	}()
	if all != top {
		r.mistake(n, "有的订单没有去处，例如：%s。请补上一条路由，或者在最后加一条 when: 其余", d.words(d.not(all)))
	}
	sum := bottom
	for i := range routes {
		if takes[i] == bottom {
			r.mistake(items[i], "路由「%s」永远轮不到：它的条件没有订单符合，或者都先归了别的路由", routes[i].name)
		}
		if d.apply("and", sum, takes[i]) != bottom {
			for j := range i {
				if both := d.apply("and", takes[j], takes[i]); both != bottom {
					r.mistake(items[i], "「%s」和「%s」都能接同一个订单，例如：%s。请改条件，或者在优先的那条里写 before: [另一条的名称]",
						routes[j].name, routes[i].name, d.words(both))
					break
				}
			}
		}
		sum = d.apply("or", sum, takes[i])
		for _, s := range routes[i].steps {
			if takes[i] != bottom && s.when != nil && s.when.formula != nil && d.apply("and", takes[i], s.when.formula.compile(d)) == bottom {
				r.mistake(s.at, "「%s」里%s这一步永远轮不到：路由的条件和「%s」不会同时成立", routes[i].name, s.role, s.when.source)
			}
		}
	}
	if circle := d.apply("and", all, d.not(sum)); circle != bottom {
		r.mistake(n, "before 绕成了圈，没有一条能接下这样的订单：%s", d.words(circle))
	}
}

// words describes an order for which a diagram holds.
func (d *diagrams) words(n node) string {
	cells := d.example(n)
	var out []string
	for _, v := range slices.Sorted(maps.Keys(cells)) {
		x := d.domains[v]
		name := fields[x.field].chinese
		switch value := x.cells[cells[v]].(type) {
		case decimal.Decimal:
			if scaleOf(x.field).grid.IsInteger() {
				out = append(out, name+" "+value.String())
			} else {
				out = append(out, name+" "+value.StringFixed(2)+" 元")
			}
		case string:
			switch prefix, isAny := strings.CutSuffix(value, x.other); {
			case !isAny:
				out = append(out, name+" "+value)
			case prefix != "":
				out = append(out, name+" "+prefix+"……")
			default:
				out = append(out, name+"是别的")
			}
		case bool:
			if x.element != "" {
				name += "里有 " + x.element
			}
			if !value {
				name = "不是" + name
				if x.element != "" {
					name = strings.Replace(strings.TrimPrefix(name, "不是"), "里有", "里没有", 1)
				}
			}
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return "任何订单"
	}
	return strings.Join(out, "、")
}

// otherwise are the words for the condition of the route that takes what no other one takes.
var otherwise = []string{"其余", "otherwise"}

// routeCondition reads the condition of a route; nil stands for [otherwise].
func (r *reader) routeCondition(n, at *yaml.Node) (*formula, bool) {
	if n != nil && slices.Contains(otherwise, r.text(n, "when")) {
		return nil, true
	}
	mistakes := len(r.mistakes)
	c := r.condition(n, at, "when")
	if len(r.mistakes) > mistakes {
		return always, false
	}
	if c.formula == nil {
		_, err := formulaOf(c.source)
		r.mistake(n, "when「%s」：%s", c.source, strings.TrimSpace(fmt.Sprint(err)))
		return always, false
	}
	return c.formula, true
}
