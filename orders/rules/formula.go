package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/shopspring/decimal"
)

// A formula is the condition of a route: and, or, not over comparisons of one field with constants.
// Because nothing else is allowed, it can be evaluated and compared with other formulas exactly; see
// [newDomains].
type formula struct {
	op   string // "and", "or", "not", "is" (one comparison), "true", "false"
	of   []*formula
	atom atom
}

// atom is one comparison of a field with constants.
type atom struct {
	field   int    // of fields
	op      string // < <= > >= == for numbers; in, startsWith for texts; has for lists; yes for truth values
	number  decimal.Decimal
	words   []string
	element string // has
	// from and to are the characters of the condition that write the number; both 0 where it is calculated.
	from, to int
}

// always is a formula that holds for every order.
var always = &formula{op: "true"}

// holds evaluates the formula for an order whose fields have these values.
func (f *formula) holds(values []any) bool {
	switch f.op {
	case "and":
		return !slices.ContainsFunc(f.of, func(g *formula) bool { return !g.holds(values) })
	case "or":
		return slices.ContainsFunc(f.of, func(g *formula) bool { return g.holds(values) })
	case "not":
		return !f.of[0].holds(values)
	case "is":
		return f.atom.holds(values[f.atom.field])
	default:
		return f.op == "true"
	}
}

// holds compares a value of the atom's field.
func (a *atom) holds(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		if a.op == "startsWith" {
			return strings.HasPrefix(v, a.words[0])
		}
		return slices.Contains(a.words, v)
	case []string:
		return slices.Contains(v, a.element)
	case decimal.Decimal:
		c := v.Cmp(a.number)
		switch a.op {
		case "<":
			return c < 0
		case "<=":
			return c <= 0
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		default:
			return c == 0
		}
	default:
		return false
	}
}

// atoms calls f for every comparison of the formula.
func (f *formula) atoms(yield func(*atom)) {
	if f.op == "is" {
		yield(&f.atom)
	}
	for _, g := range f.of {
		g.atoms(yield)
	}
}

func not(f *formula) *formula { return &formula{op: "not", of: []*formula{f}} }

// complexError says where a condition is more than a route's may be. It is a sentence for people.
type complexError struct {
	column int // of the condition, from 1
	what   string
}

func (e *complexError) Error() string {
	return fmt.Sprintf("（第 %d 个字起）%s。路由的条件只能用 and、or、not 连接「一个字段和写死的值相比」，例如 金额 >= 5000、客户等级 in [\"A\", \"B\"]、加急", e.column, e.what)
}

// formulaOf reads a condition that has been compiled before, so that its names and types are right.
func formulaOf(source string) (*formula, error) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, err
	}
	return reduce(tree.Node)
}

func reduce(n ast.Node) (*formula, error) {
	refuse := func(what string) (*formula, error) { return nil, &complexError{n.Location().From + 1, what} }
	switch n := n.(type) {
	case *ast.BoolNode:
		return &formula{op: fmt.Sprint(n.Value)}, nil
	case *ast.IdentifierNode:
		i, ok := fieldNamed(n)
		if !ok {
			return refuse("不认识「" + n.Value + "」")
		}
		return &formula{op: "is", atom: atom{field: i, op: "yes"}}, nil
	case *ast.UnaryNode:
		if n.Operator != "not" && n.Operator != "!" {
			return refuse("「" + n.Operator + "」用不上")
		}
		f, err := reduce(n.Node)
		if err != nil {
			return nil, err
		}
		return not(f), nil
	case *ast.BinaryNode:
		switch op := map[string]string{"and": "and", "&&": "and", "or": "or", "||": "or"}[n.Operator]; op {
		case "":
			return comparison(n)
		default:
			left, err := reduce(n.Left)
			if err != nil {
				return nil, err
			}
			right, err := reduce(n.Right)
			if err != nil {
				return nil, err
			}
			return &formula{op: op, of: []*formula{left, right}}, nil
		}
	default:
		return refuse("这样的写法不能用来选路由")
	}
}

// turned are the operators of a comparison whose sides are exchanged.
var turned = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

func comparison(n *ast.BinaryNode) (*formula, error) {
	refuse := func(what string) (*formula, error) { return nil, &complexError{n.Location().From + 1, what} }
	word, op, left, right := n.Operator, n.Operator, n.Left, n.Right
	if op == "in" {
		if word, ok := left.(*ast.StringNode); ok { // "P001" in 产品
			i, ok := fieldNamed(right)
			if !ok {
				return refuse("「in」的后面要写字段，或者写死的几个值")
			}
			return &formula{op: "is", atom: atom{field: i, op: "has", element: word.Value}}, nil
		}
	} else if _, ok := fieldNamed(left); !ok && turned[op] != "" {
		op, left, right = turned[op], right, left
	}
	i, ok := fieldNamed(left)
	if !ok {
		return refuse("「" + word + "」的一边要是字段")
	}
	a := atom{field: i, op: op}
	negative := op == "!="
	if negative {
		a.op = "=="
	}
	switch v := constant(right).(type) {
	case decimal.Decimal:
		a.number = v
		switch right.(type) {
		case *ast.IntegerNode, *ast.FloatNode:
			a.from, a.to = right.Location().From, right.Location().To
		}
	case string:
		if a.words = []string{v}; a.op == "==" {
			a.op = "in"
		}
		if a.op != "in" && a.op != "startsWith" {
			return refuse("「" + word + "」不能用来选路由，文字只能用 ==、!=、in 和 startsWith")
		}
	case []string:
		if a.words = v; a.op != "in" {
			return refuse("和几个值相比要用 in")
		}
	case bool:
		if a.op, negative = "yes", negative == v; op != "==" && op != "!=" {
			return refuse("是和不是只能用 == 和 !=")
		}
	default:
		return refuse("「" + word + "」的另一边要是写死的值")
	}
	f := &formula{op: "is", atom: a}
	if negative {
		f = not(f)
	}
	return f, nil
}

// fieldNamed returns the number of the field that a node names.
func fieldNamed(n ast.Node) (int, bool) {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return 0, false
	}
	i := slices.IndexFunc(fields, func(f field) bool { return f.chinese == id.Value || f.english == id.Value })
	return i, i >= 0
}

// constant returns the value of a node without fields, nil if it has none: a decimal, which may be
// calculated, a text, several texts or a truth value.
func constant(n ast.Node) any {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return decimal.NewFromInt(int64(n.Value))
	case *ast.FloatNode:
		return decimal.NewFromFloat(n.Value)
	case *ast.StringNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.ArrayNode:
		var out []string
		for _, e := range n.Nodes {
			word, ok := e.(*ast.StringNode)
			if !ok {
				return nil
			}
			out = append(out, word.Value)
		}
		return out
	case *ast.UnaryNode:
		v, ok := constant(n.Node).(decimal.Decimal)
		if ok && n.Operator == "-" {
			return v.Neg()
		}
	case *ast.BinaryNode:
		a, ok1 := constant(n.Left).(decimal.Decimal)
		b, ok2 := constant(n.Right).(decimal.Decimal)
		if ok1 && ok2 && strings.Contains("+-*", n.Operator) {
			v, _ := decimalOperators[n.Operator](a, b).(decimal.Decimal)
			return v
		}
	}
	return nil
}

// domain is a variable of the routes' formulas: a field, or whether a list field holds an element.
// Its cells are the classes of values that no formula tells apart, each with one of them as example.
type domain struct {
	field   int
	element string // of a list
	cells   []any  // bool, string or decimal.Decimal
	other   string // what ends the texts that stand for many
}

// newDomains returns the variables of formulas, in the order of the fields.
func newDomains(formulas []*formula) []domain {
	numbers, words, prefixes, elements := map[int][]decimal.Decimal{}, map[int][]string{}, map[int][]string{}, map[int][]string{}
	truths := map[int]bool{}
	for _, f := range formulas {
		f.atoms(func(a *atom) {
			switch a.op {
			case "in":
				words[a.field] = append(words[a.field], a.words...)
			case "startsWith":
				prefixes[a.field] = append(prefixes[a.field], a.words...)
			case "has":
				elements[a.field] = append(elements[a.field], a.element)
			case "yes":
				truths[a.field] = true
			default:
				numbers[a.field] = append(numbers[a.field], a.number)
			}
		})
	}
	var out []domain
	for i := range fields {
		switch {
		case truths[i]:
			out = append(out, domain{field: i, cells: []any{false, true}})
		case numbers[i] != nil:
			out = append(out, domain{field: i, cells: numberCells(numbers[i], scaleOf(i))})
		case words[i] != nil || prefixes[i] != nil:
			cells, other := wordCells(words[i], prefixes[i])
			out = append(out, domain{field: i, cells: cells, other: other})
		}
		slices.Sort(elements[i])
		for _, e := range slices.Compact(elements[i]) {
			out = append(out, domain{field: i, element: e, cells: []any{false, true}})
		}
	}
	return out
}

// scale tells which values a number field can have: whole multiples of grid, negative ones or not.
type scale struct {
	grid   decimal.Decimal
	signed bool
}

func scaleOf(field int) scale {
	switch fields[field].english {
	case "lines":
		return scale{decimal.New(1, 0), false}
	case "exposure", "credit_left":
		return scale{decimal.New(1, -2), true}
	default: // money
		return scale{decimal.New(1, -2), false}
	}
}

// numberCells returns a value of every stretch between the borders and every border itself, as far as
// there are such values.
func numberCells(borders []decimal.Decimal, s scale) []any {
	slices.SortFunc(borders, decimal.Decimal.Cmp)
	borders = slices.CompactFunc(borders, decimal.Decimal.Equal)
	var out []any
	add := func(n decimal.Decimal) { // n steps
		if v := n.Mul(s.grid); s.signed || !v.IsNegative() {
			out = append(out, v)
		}
	}
	one := decimal.New(1, 0)
	next := decimal.Decimal{} // the first value that stands behind the borders so far
	for i, b := range borders {
		at := b.Div(s.grid)
		if before := at.Ceil().Sub(one); i == 0 || before.GreaterThanOrEqual(next) {
			add(before)
		}
		if at.IsInteger() {
			add(at)
		}
		next = at.Floor().Add(one)
	}
	add(next)
	return out
}

// wordCells returns every word, a word for every prefix that is none of these, and another word. The
// latter end with other.
func wordCells(words, prefixes []string) (cells []any, other string) {
	slices.Sort(words)
	var out []any
	for _, w := range slices.Compact(words) {
		out = append(out, w)
	}
	last, all := '…', strings.Join(words, "")+strings.Join(prefixes, "")
	for strings.ContainsRune(all, last) {
		last++
	}
	slices.Sort(prefixes)
	for _, p := range slices.Compact(append(prefixes, "")) {
		out = append(out, p+string(last))
	}
	return out, string(last)
}

// compile makes the formula's diagram: which combinations of cells it holds for.
func (f *formula) compile(d *diagrams) node {
	switch f.op {
	case "and", "or":
		out := f.of[0].compile(d)
		for _, g := range f.of[1:] {
			out = d.apply(f.op, out, g.compile(d))
		}
		return out
	case "not":
		return d.not(f.of[0].compile(d))
	case "is":
		v := slices.IndexFunc(d.domains, func(x domain) bool { return x.field == f.atom.field && x.element == f.atom.element })
		kids := make([]node, len(d.domains[v].cells))
		for i, c := range d.domains[v].cells {
			isIt, isTruth := c.(bool)
			if isTruth && isIt || !isTruth && f.atom.holds(c) {
				kids[i] = top
			}
		}
		return d.make(v, kids)
	case "true":
		return top
	default:
		return bottom
	}
}
