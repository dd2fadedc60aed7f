package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// freight is one row of the section freight.
type freight struct {
	name   string
	when   *condition // nil: all that come this far
	amount orders.Money
}

// Freight returns what the first row that fits says; the zero value where none does.
func (e *Engine) Freight(f orders.Facts) (orders.Freight, error) {
	if len(e.freight) == 0 {
		return orders.Freight{}, nil
	}
	env := environment(valuesOf(f))
	for i := range e.freight {
		r := &e.freight[i]
		if r.when != nil {
			holds, err := r.when.holds(env)
			if err != nil {
				return orders.Freight{}, err
			}
			if !holds {
				continue
			}
		}
		return orders.Freight{Amount: r.amount, Rule: r.name}, nil
	}
	return orders.Freight{}, nil
}

// freightless are the fields that a draft does not know yet.
var freightless = []string{"信用占用", "exposure", "剩余额度", "credit_left", "超信用", "over_credit", "逾期", "overdue", "缺货", "short"}

func (r *reader) freights(n *yaml.Node) []freight {
	var out []freight
	names := make(map[string]bool)
	items := r.items(n, "freight")
	for i, item := range items {
		f := r.fields(item, "运费", "name", "when", "amount")
		row := freight{name: r.text(f["name"], "name")}
		switch {
		case row.name == "":
			r.mistake(item, "运费缺名称 name")
		case names[row.name]:
			r.mistake(f["name"], "有两条运费都叫「%s」", row.name)
		}
		names[row.name] = true
		switch source := r.text(f["when"], "when"); {
		case f["when"] == nil:
			r.mistake(item, "缺条件 when，例如 when: 医院等级 startsWith \"三\"；最后一条可以写 when: 其余")
		case source == "其余" && i != len(items)-1:
			r.mistake(f["when"], "「其余」要写在最后一条，它后面的都用不上")
		case source != "其余":
			c := r.condition(f["when"], item, "when")
			if i := slices.IndexFunc(freightless, func(w string) bool { return strings.Contains(source, w) }); i >= 0 {
				r.mistake(f["when"], "运费在草稿上就要算出来，那时还不知道「%s」", freightless[i])
			}
			row.when = &c
		}
		amount, err := decimal.NewFromString(r.text(f["amount"], "amount"))
		if err != nil || amount.IsNegative() || !amount.Equal(amount.Round(2)) || amount.GreaterThan(decimal.NewFromInt(1_000_000)) {
			r.mistake(at(f["amount"], item), "amount 要写成元，最多两位小数，例如 amount: 30，包邮写 0")
		} else {
			row.amount = orders.MoneyOf(amount)
		}
		out = append(out, row)
	}
	return out
}

func (f *freight) words() Row {
	out := Row{Name: f.name, When: []string{"其余的订单"}, Pieces: []string{"不收运费"}}
	if f.when != nil {
		out.When = f.when.words()
	}
	if f.amount > 0 {
		out.Pieces = []string{fmt.Sprintf("运费 %s", f.amount)}
	}
	return out
}
