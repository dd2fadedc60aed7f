package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// amount is the number of the field 金额.
var amount = slices.IndexFunc(fields, func(f field) bool { return f.english == "amount" })

// SetAutoLimit returns the text of sound rules with another upper limit of the orders that are approved automatically, and what
// the limit was. The border is moved in every condition of the routes and their steps that compares the amount with it, so that
// the routes still fit each other; everything else stays as it is written. Where that can't be done, the CodeInvalid error says why.
func SetAutoLimit(text string, to decimal.Decimal) (amended string, from decimal.Decimal, err error) {
	e, err := Parse("规则", []byte(text))
	if err != nil {
		return "", from, err
	}
	limits := e.autoLimits()
	switch {
	case len(limits) == 0:
		return "", from, orders.Errorf(orders.CodeInvalid, "现在没有按金额上限自动通过的路由，没有改动。请把改好的规则文件发给我")
	case len(limits) > 1:
		var words []string
		for _, l := range limits {
			words = append(words, l.String()+" 元")
		}
		return "", from, orders.Errorf(orders.CodeInvalid, "自动通过的上限不止一个（%s），没有改动。请把改好的规则文件发给我", strings.Join(words, "、"))
	}
	from = limits[0]
	if from.Equal(to) {
		return "", from, orders.Errorf(orders.CodeConflict, "自动通过的上限本来就是 %s 元，没有改动", to)
	}
	lines := strings.SplitAfter(text, "\n")
	source := make([][]rune, len(lines))
	for i, l := range lines {
		source[i] = []rune(l)
	}
	var spots []spot
	change := func(f *formula, n *yaml.Node) bool {
		ok := true
		f.atoms(func(a *atom) {
			if a.field != amount || a.number.Cmp(from) != 0 {
				return
			}
			s, found := locate(source, n, a.from, a.to)
			ok = ok && found
			spots = append(spots, s)
			a.number = to
		})
		return ok
	}
	ok := true
	for i := range e.routes {
		r := &e.routes[i]
		if r.when != nil {
			ok = change(r.when, r.at) && ok
		}
		for j := range r.steps {
			if c := r.steps[j].when; c != nil && c.formula != nil {
				ok = change(c.formula, c.at) && ok
			}
		}
	}
	notByWords := orders.Errorf(orders.CodeInvalid, "规则文件里的上限 %s 元不是直接写出来的数，改不了，没有改动。请把改好的规则文件发给我", from)
	if !ok {
		return "", from, notByWords
	}
	slices.SortFunc(spots, func(a, b spot) int { return (b.line-a.line)<<20 + b.from - a.from }) // from the end, so that the others stay where they are
	for _, s := range slices.Compact(spots) {
		source[s.line] = slices.Concat(source[s.line][:s.from], []rune(to.String()), source[s.line][s.to:])
	}
	var b strings.Builder
	for _, l := range source {
		b.WriteString(string(l))
	}
	fresh, err := Parse("规则", []byte(b.String()))
	if err != nil {
		sentence, _ := orders.ErrorMessage(err)
		return "", from, orders.Errorf(orders.CodeInvalid, "上限改成 %s 元，规则就对不上了，没有改动：\n%s", to, sentence)
	}
	if len(Changes(e, fresh)) > 0 { // e has the new limit by now
		return "", from, notByWords
	}
	return b.String(), from, nil
}

// autoLimits returns the amounts below which orders are approved automatically, each once.
func (e *Engine) autoLimits() []decimal.Decimal {
	var out []decimal.Decimal
	for i := range e.routes {
		if r := &e.routes[i]; r.when != nil && len(r.steps) == 0 {
			r.when.limits(true, func(d decimal.Decimal) {
				if !slices.ContainsFunc(out, d.Equal) {
					out = append(out, d)
				}
			})
		}
	}
	return out
}

// limits calls yield for the upper limits of the amount in a formula, or in its opposite.
func (f *formula) limits(holds bool, yield func(decimal.Decimal)) {
	if f.op == "not" {
		holds = !holds
	}
	if op := f.atom.op; f.op == "is" && f.atom.field == amount && (strings.HasPrefix(op, "<") == holds && op != "==") {
		yield(f.atom.number)
	}
	for _, g := range f.of {
		g.limits(holds, yield)
	}
}

// spot is a place in a text: characters of a line.
type spot struct{ line, from, to int }

// locate finds the characters from, to of a scalar's value in the lines it was read from. Values are folded and
// quotes are dropped, so that what is no blank is followed through.
func locate(lines [][]rune, n *yaml.Node, from, to int) (spot, bool) {
	if from >= to {
		return spot{}, false
	}
	line, at := n.Line-1, n.Column-1
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 { // the value begins below its sign
		line, at = line+1, 0
	}
	s := spot{line: -1}
	for i, c := range []rune(n.Value)[:to] {
		if unicode.IsSpace(c) {
			continue
		}
		for {
			if line >= len(lines) {
				return spot{}, false
			}
			if at >= len(lines[line]) {
				line, at = line+1, 0
				continue
			}
			if lines[line][at] == c {
				break
			}
			if d := lines[line][at]; !unicode.IsSpace(d) && d != '"' && d != '\'' && d != '\\' {
				return spot{}, false
			}
			at++
		}
		switch {
		case i == from:
			s = spot{line, at, at + 1}
		case i > from:
			s.to = at + 1
		}
		at++
	}
	return s, s.line == line && s.to-s.from == to-from
}
