package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// field is something that a condition can ask about. It has a Chinese and an English name.
type field struct {
	chinese, english string
	value            func(orders.Facts, orders.Customer) any
}

// fields are all of them. Numbers are decimals, so that a cent is a cent.
var fields = []field{
	{"金额", "amount", func(f orders.Facts, _ orders.Customer) any { return f.Order.Total.Yuan() }},
	{"信用占用", "exposure", func(f orders.Facts, _ orders.Customer) any { return f.Exposure.Yuan() }},
	{"信用额度", "credit_limit", func(_ orders.Facts, c orders.Customer) any { return limit(c).Yuan() }},
	{"剩余额度", "credit_left", func(f orders.Facts, c orders.Customer) any { return (limit(c) - f.Exposure).Yuan() }},
	{"超信用", "over_credit", func(f orders.Facts, c orders.Customer) any {
		return c.CreditLimit != nil && f.Exposure > *c.CreditLimit
	}},
	{"逾期", "overdue", func(f orders.Facts, _ orders.Customer) any { return f.Overdue.Amount > 0 }},
	{"不查信用", "credit_unchecked", func(_ orders.Facts, c orders.Customer) any { return c.CreditLimit == nil }},
	{"特价", "special_price", func(f orders.Facts, _ orders.Customer) any { return f.SpecialPrice }},
	{"加急", "urgent", func(f orders.Facts, _ orders.Customer) any { return f.Order.Urgent }},
	{"客户等级", "level", func(_ orders.Facts, c orders.Customer) any { return c.Level }},
	{"信用评级", "credit_grade", func(_ orders.Facts, c orders.Customer) any { return c.CreditGrade }},
	{"客户类型", "type", func(_ orders.Facts, c orders.Customer) any { return c.Type }},
	{"客户编码", "customer", func(f orders.Facts, _ orders.Customer) any { return string(f.Order.Customer) }},
	{"客户名称", "customer_name", func(f orders.Facts, _ orders.Customer) any { return f.Order.CustomerName }},
	{"区域", "region", func(_ orders.Facts, c orders.Customer) any { return c.Region }},
	{"医院等级", "hospital_level", func(_ orders.Facts, c orders.Customer) any { return c.HospitalLevel }},
	{"价格组", "price_group", func(_ orders.Facts, c orders.Customer) any { return c.Group }},
	{"结算方式", "terms", func(_ orders.Facts, c orders.Customer) any { return c.Terms }},
	{"付款", "payment", func(f orders.Facts, _ orders.Customer) any { return f.Order.Payment }},
	{"物流", "carrier", func(f orders.Facts, _ orders.Customer) any { return f.Order.Carrier }},
	{"来源", "source", func(f orders.Facts, _ orders.Customer) any { return f.Order.Source.Name }},
	{"缺货", "short", func(f orders.Facts, _ orders.Customer) any { return !f.Order.Covered() }},
	{"有赠品", "has_gift", func(f orders.Facts, _ orders.Customer) any {
		return slices.ContainsFunc(f.Order.Lines, func(l orders.Line) bool { return l.Gift })
	}},
	{"行数", "lines", func(f orders.Facts, _ orders.Customer) any { return decimal.NewFromInt(int64(len(f.Order.Lines))) }},
	{"分类", "categories", func(f orders.Facts, _ orders.Customer) any {
		out := []string{}
		for i := range f.Order.Lines {
			if f.Catalog == nil {
				break
			}
			if p := f.Catalog.Product(f.Order.Lines[i].Product); p != nil {
				out = append(out, p.Category)
			}
		}
		return out
	}},
	{"高危", "high_risk", func(_ orders.Facts, c orders.Customer) any { return c.Risk }},
	{"计价", "price_modes", func(f orders.Facts, _ orders.Customer) any {
		out := []string{}
		for i := range f.Order.Lines {
			if m := f.Order.Lines[i].Mode; m != "" && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
		return out
	}},
	{"产品类型", "product_kinds", func(f orders.Facts, _ orders.Customer) any {
		out := []string{}
		for i := range f.Order.Lines {
			if f.Catalog == nil {
				break
			}
			for _, k := range f.Catalog.KindsOf(f.Order.Lines[i].Product) {
				if !slices.Contains(out, k.String()) {
					out = append(out, k.String())
				}
			}
		}
		slices.Sort(out) // so that conditions see no order of parts
		return out
	}},
	{"产品", "products", func(f orders.Facts, _ orders.Customer) any {
		out := make([]string, len(f.Order.Lines))
		for i := range f.Order.Lines {
			out[i] = string(f.Order.Lines[i].Product)
		}
		return out
	}},
}

// limit is a customer's credit limit, 0 where none is checked.
func limit(c orders.Customer) orders.Money {
	if c.CreditLimit == nil {
		return 0
	}
	return *c.CreditLimit
}

// valuesOf returns what the fields are for an order, in their order.
func valuesOf(f orders.Facts) []any {
	if f.Order == nil {
		f.Order = &orders.Order{}
	}
	var c orders.Customer
	if f.Customer != nil {
		c = *f.Customer
	}
	out := make([]any, len(fields))
	for i := range fields {
		out[i] = fields[i].value(f, c)
	}
	return out
}

// environment gives every field its value, by both names.
func environment(values []any) map[string]any {
	env := make(map[string]any, 2*len(fields))
	for i, d := range fields {
		env[d.chinese], env[d.english] = values[i], values[i]
	}
	return env
}

// noOrder is an environment for what needs the fields' types only.
var noOrder = environment(valuesOf(orders.Facts{}))

// memoryBudget is how many values a condition may make. A sound one needs none or a few.
const memoryBudget = 10_000

// condition is a compiled condition.
type condition struct {
	source  string
	program *vm.Program
	formula *formula // nil where it is more than comparisons of a field with constants
	at      *yaml.Node
}

// holds evaluates the condition.
func (c *condition) holds(env map[string]any) (bool, error) {
	m := vm.VM{MemoryBudget: memoryBudget}
	out, err := m.Run(c.program, env)
	if err != nil {
		return false, fmt.Errorf("rule condition %q: %w", c.source, err)
	}
	isTrue, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("rule condition %q: not a truth value", c.source)
	}
	return isTrue, nil
}

// compile reads a condition. The error is a sentence for people.
func compile(source string) (condition, error) {
	exact := &decimals{}
	options := append([]expr.Option{
		expr.Env(noOrder),
		expr.AsBool(),
		expr.MaxNodes(500),
		expr.DisableAllBuiltins(),
		expr.Patch(exact),
	}, operators()...)
	for _, name := range []string{"all", "any", "none", "one", "count", "len", "lower", "upper", "trim"} {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(source, options...)
	if exact.misuse != "" {
		return condition{}, errors.New(exact.misuse)
	}
	if err != nil {
		return condition{}, errors.New(explain(err))
	}
	simple, err := formulaOf(source)
	if err != nil {
		simple = nil
	}
	return condition{source: source, program: program, formula: simple}, nil
}

var decimalOperators = map[string]func(a, b decimal.Decimal) any{
	"<":  func(a, b decimal.Decimal) any { return a.LessThan(b) },
	"<=": func(a, b decimal.Decimal) any { return a.LessThanOrEqual(b) },
	">":  func(a, b decimal.Decimal) any { return a.GreaterThan(b) },
	">=": func(a, b decimal.Decimal) any { return a.GreaterThanOrEqual(b) },
	"==": func(a, b decimal.Decimal) any { return a.Equal(b) },
	"!=": func(a, b decimal.Decimal) any { return !a.Equal(b) },
	"+":  func(a, b decimal.Decimal) any { return a.Add(b) },
	"-":  func(a, b decimal.Decimal) any { return a.Sub(b) },
	"*":  func(a, b decimal.Decimal) any { return a.Mul(b) },
}

// operators makes the operators work on decimals, and on decimals with whole numbers.
func operators() []expr.Option {
	var out []expr.Option
	for op, do := range decimalOperators {
		name := "decimal " + op // a name that no condition can call
		call := func(params ...any) (any, error) { return do(toDecimal(params[0]), toDecimal(params[1])), nil }
		types := []any{new(func(decimal.Decimal, decimal.Decimal) bool), new(func(decimal.Decimal, int) bool), new(func(int, decimal.Decimal) bool)}
		if strings.Contains("+-*", op) {
			types = []any{
				new(func(decimal.Decimal, decimal.Decimal) decimal.Decimal), new(func(decimal.Decimal, int) decimal.Decimal),
				new(func(int, decimal.Decimal) decimal.Decimal),
			}
		}
		out = append(out, expr.Function(name, call, types...), expr.Operator(op, name))
	}
	return out
}

func toDecimal(v any) decimal.Decimal {
	switch v := v.(type) {
	case decimal.Decimal:
		return v
	case int:
		return decimal.NewFromInt(int64(v))
	default: // the types of the operators allow no other
		return decimal.Zero
	}
}

// decimals turns the numbers of a condition into decimals, so that 4999.99 is what it says and no
// float is ever compared. A literal is read back from its shortest form, which is what was written.
type decimals struct {
	misuse string
}

// Visit is called by expr for every node, operands first.
func (d *decimals) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		if c, ok := n.Node.(*ast.ConstantNode); ok && n.Operator == "-" {
			if v, ok := c.Value.(decimal.Decimal); ok {
				ast.Patch(node, &ast.ConstantNode{Value: v.Neg()})
			}
		}
	case *ast.FloatNode:
		ast.Patch(node, &ast.ConstantNode{Value: decimal.NewFromFloat(n.Value)})
	case *ast.IntegerNode:
		ast.Patch(node, &ast.ConstantNode{Value: decimal.NewFromInt(int64(n.Value))})
	case *ast.BinaryNode:
		switch n.Operator {
		case "in", "..":
			if isNumber(n.Left) || isNumber(n.Right) {
				d.misuse = "数字请用 >= 和 <= 来比，不能用 in 或者 .."
			}
		case "/", "%", "**", "^":
			d.misuse = "条件里不能用除法和乘方，请换一种写法"
		}
	}
}

func isNumber(n ast.Node) bool {
	if c, ok := n.(*ast.ConstantNode); ok {
		_, ok = c.Value.(decimal.Decimal)
		return ok
	}
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	_, ok = noOrder[id.Value].(decimal.Decimal)
	return ok
}

// explain says in Chinese what is wrong with a condition.
func explain(err error) string {
	if strings.Contains(err.Error(), "expected bool") {
		return "条件要能说出「是」或「不是」，例如 金额 < 5000"
	}
	var e *file.Error
	if !errors.As(err, &e) {
		return "条件看不懂"
	}
	at := fmt.Sprintf("（第 %d 个字起）", e.Column+1)
	switch {
	case strings.HasPrefix(e.Message, "unknown name "):
		name := strings.TrimPrefix(e.Message, "unknown name ")
		s := "不认识「" + name + "」" + at
		if near := nearest(name); near != "" {
			return s + "，是不是「" + near + "」？文字要加引号，例如 \"VIP\""
		}
		return s + "，可以用的字段写在规则文件的开头；文字要加引号，例如 \"VIP\""
	case strings.Contains(e.Message, "mismatched type"):
		return "两边不是一种东西，不能这样比" + at + "：金额和数字比，等级、类型和加引号的文字比，加急这类只有是和不是"
	case strings.Contains(e.Message, "is not callable"), strings.Contains(e.Message, "unknown function"), strings.Contains(e.Message, "disabled"):
		return "没有这个函数" + at
	case strings.Contains(e.Message, "exceeds maximum allowed nodes"):
		return "条件太长，请拆成几条"
	default:
		return "条件写得不完整或者多了什么" + at
	}
}

// clip keeps a message short.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// nearest returns the field whose name shares most with a word, "" where none comes near.
func nearest(word string) string {
	best, score := "", 0.5
	for _, d := range fields {
		for _, name := range []string{d.chinese, d.english} {
			common := 0
			for _, r := range name {
				if strings.ContainsRune(word, r) {
					common++
				}
			}
			if s := float64(2*common) / float64(len([]rune(name))+len([]rune(word))); s >= score && s > 0 && (best == "" || s > score) {
				best, score = name, s
			}
		}
	}
	return best
}
