package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// class is one that orders are sorted into.
type class struct {
	kind orders.ClassKind
	name string
	when *condition // nil: what no other of the kind takes
}

// noClass is what an order is of a kind of which there are classes and none takes it.
const noClass = "未归类"

// classMost is how many characters the name of a class may have: it stands on cards.
const classMost = 20

// classes reads the section of that name: classes of each kind.
func (r *reader) classes(n *yaml.Node) []class {
	keys := make([]string, len(orders.ClassKinds))
	for i, k := range orders.ClassKinds {
		keys[i] = string(k)
	}
	var out []class
	sections := r.fields(n, "归类 classes ", keys...)
	for _, kind := range orders.ClassKinds {
		section := sections[string(kind)]
		if section == nil {
			continue
		}
		names, rest := make(map[string]bool), false
		for _, item := range r.items(section, string(kind)) {
			f := r.fields(item, kind.String(), "name", "when")
			c := class{kind: kind, name: r.text(f["name"], "name")}
			switch {
			case c.name == "":
				r.mistake(item, "%s缺名称 name", kind)
			case len([]rune(c.name)) > classMost:
				r.mistake(f["name"], "%s的名称最多 %d 个字", kind, classMost)
			case names[c.name] && kind == orders.ClassRegion:
				r.mistake(f["name"], "有两个%s都叫「%s」，条件可以用 or 连起来", kind, c.name)
			}
			names[c.name] = true
			switch {
			case rest:
				r.mistake(item, "「其余」要写在%s的最后", kind)
			case f["when"] != nil && slices.Contains(otherwise, r.text(f["when"], "when")):
				rest = true
			default:
				when := r.condition(f["when"], item, "when")
				c.when = &when
			}
			out = append(out, c)
		}
	}
	return out
}

// Classes returns what an order is sorted into. Of the regions that fit, the first counts; product lines and pricing modes are as many
// as fit. A kind without classes of its own goes by the master data: the customer's region, the categories of the goods, the pricing
// modes of the lines.
func (e *Engine) Classes(f orders.Facts) ([]orders.Class, error) {
	values := valuesOf(f)
	env := environment(values)
	var out []orders.Class
	for _, kind := range orders.ClassKinds {
		known, names := false, []string(nil)
		for i := range e.classes {
			c := &e.classes[i]
			if c.kind != kind {
				continue
			}
			known = true
			if len(names) > 0 && (kind == orders.ClassRegion || c.when == nil) || slices.Contains(names, c.name) {
				continue
			}
			holds := c.when == nil
			if c.when != nil {
				var err error
				if holds, err = c.when.holds(env); err != nil {
					return nil, err
				}
			}
			if holds {
				names = append(names, c.name)
			}
		}
		switch {
		case !known:
			names = unsorted(kind, env)
		case len(names) == 0:
			names = []string{noClass}
		}
		for _, name := range names {
			out = append(out, orders.Class{Kind: kind, Name: name})
		}
	}
	return out, nil
}

// unsorted are an order's classes of a kind by the master data.
func unsorted(kind orders.ClassKind, env map[string]any) []string {
	var words []string
	switch kind {
	case orders.ClassRegion:
		region, _ := env["region"].(string)
		words = []string{region}
	case orders.ClassLine:
		words, _ = env["categories"].([]string)
	default:
		words, _ = env["price_modes"].([]string)
	}
	var out []string
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func (c *class) words() Row {
	if c.when == nil {
		return Row{Name: c.name, When: []string{"其余的订单"}}
	}
	return Row{Name: c.name, When: c.when.words()}
}
