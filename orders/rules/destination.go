package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

// destination is one row of the section dispatch (分单).
type destination struct {
	name      string
	when      *condition // nil: all orders
	line      string
	warehouse string
	carrier   string // code
}

// Destinations returns where an order goes: line, warehouse and carrier each by the first row that fits and names one.
func (e *Engine) Destinations(f orders.Facts) (orders.Destinations, error) {
	var to orders.Destinations
	if len(e.dispatch) == 0 {
		return to, nil
	}
	env := environment(valuesOf(f))
	take := func(into, by *string, value, name string) {
		if *into == "" && value != "" {
			*into, *by = value, name
		}
	}
	for i := range e.dispatch {
		r := &e.dispatch[i]
		if r.when != nil {
			holds, err := r.when.holds(env)
			if err != nil {
				return orders.Destinations{}, err
			}
			if !holds {
				continue
			}
		}
		take(&to.Line, &to.LineBy, r.line, r.name)
		take(&to.Warehouse, &to.WarehouseBy, r.warehouse, r.name)
		take(&to.Carrier, &to.CarrierBy, r.carrier, r.name)
	}
	return to, nil
}

func (r *reader) destinations(n *yaml.Node) []destination {
	var out []destination
	names := make(map[string]bool)
	items := r.items(n, "dispatch")
	for i, item := range items {
		f := r.fields(item, "分单", "name", "when", "line", "warehouse", "carrier")
		row := destination{name: r.text(f["name"], "name"), line: r.text(f["line"], "line"), warehouse: r.text(f["warehouse"], "warehouse")}
		switch {
		case row.name == "":
			r.mistake(item, "分单缺名称 name")
		case names[row.name]:
			r.mistake(f["name"], "有两条分单都叫「%s」", row.name)
		}
		names[row.name] = true
		switch source := r.text(f["when"], "when"); {
		case f["when"] == nil:
			r.mistake(item, "缺条件 when，例如 when: \"试剂\" in 分类；最后一条可以写 when: 其余")
		case source == "其余" && i != len(items)-1:
			r.mistake(f["when"], "「其余」要写在最后一条")
		case source != "其余":
			c := r.condition(f["when"], item, "when")
			if i := slices.IndexFunc(freightless, func(w string) bool { return strings.Contains(source, w) }); i >= 0 {
				r.mistake(f["when"], "分单时还不知道「%s」", freightless[i])
			}
			row.when = &c
		}
		if word := r.text(f["carrier"], "carrier"); word != "" {
			c, ok := logistics.Find(word)
			if !ok || c.Code == logistics.Self {
				r.mistake(f["carrier"], "没有「%s」这家快递", word)
			}
			row.carrier = c.Code
		}
		if row.line == "" && row.warehouse == "" && row.carrier == "" {
			r.mistake(item, "分单「%s」要写明 line（产线）、warehouse（仓库）、carrier（物流）里至少一个", row.name)
		}
		out = append(out, row)
	}
	return out
}

func (d *destination) words() Row {
	out := Row{Name: d.name, When: []string{"其余的订单"}}
	if d.when != nil {
		out.When = d.when.words()
	}
	for _, x := range []struct{ what, to string }{{"产线 ", d.line}, {"仓库 ", d.warehouse}, {"物流 ", logistics.Name(d.carrier)}} {
		if x.to != "" {
			out.Pieces = append(out.Pieces, x.what+x.to)
		}
	}
	return out
}
