package rules

import (
	"fmt"
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
	amended, err = e.move(text, "自动通过的上限", limits[0], to)
	return amended, limits[0], err
}

// SetRoleLimit is [SetAutoLimit] for the amount at which a role begins to decide, or, with isUpper, the one above which somebody decides
// besides that role. what names the limit that was moved: 总监审批的起点.
func SetRoleLimit(text string, role orders.Role, isUpper bool, to decimal.Decimal) (amended, what string, from decimal.Decimal, err error) {
	e, err := Parse("规则", []byte(text))
	if err != nil {
		return "", "", from, err
	}
	refuse := func(format string, args ...any) (string, string, decimal.Decimal, error) {
		return "", "", from, orders.Errorf(orders.CodeInvalid, format, args...)
	}
	own, decides := e.beginning(role)
	if !decides {
		return refuse("现在的规则里没有%s审批的步骤，没有改动", role)
	}
	if len(own) > 1 {
		return refuse("%s审批的起点不止一个，没有改动。请把改好的规则文件发给我", role)
	}
	all := e.beginnings()
	var list []string
	for _, b := range all {
		list = append(list, fmt.Sprintf("%s审批的起点 %s 元", roleList(b.roles, "、"), b.from))
	}
	now := "现在的规则没有按金额的起点"
	if list != nil {
		now = "现在有：" + strings.Join(list, "；")
	}
	at := -1
	for i, b := range all {
		if isUpper && (len(own) == 0 || b.from.GreaterThan(own[0])) || !isUpper && len(own) == 1 && b.from.Equal(own[0]) {
			at = i
			break
		}
	}
	switch {
	case at < 0 && isUpper:
		return refuse("%s的审批没有上限：没有哪个金额以上另外有人审批。%s。没有改动", role, now)
	case at < 0:
		return refuse("%s的审批不从哪个金额开始，没有改动。%s", role, now)
	}
	what, from = roleList(all[at].roles, "、")+"审批的起点", all[at].from
	if auto := e.autoLimits(); at == 0 && len(auto) > 0 && to.LessThan(slices.MaxFunc(auto, decimal.Decimal.Cmp)) {
		return refuse("%s要在自动通过的上限 %s 元以上，没有改动", what, slices.MaxFunc(auto, decimal.Decimal.Cmp))
	}
	if at > 0 && to.LessThanOrEqual(all[at-1].from) || at+1 < len(all) && to.GreaterThanOrEqual(all[at+1].from) {
		return refuse("%s改成 %s 元就越过别的起点了，没有改动。%s", what, to, now)
	}
	amended, err = e.move(text, what, from, to)
	return amended, what, from, err
}

// beginning returns the amounts from which a role decides, whatever else the order is, each once; none where it also decides
// small orders. decides tells whether it has a step at all.
func (e *Engine) beginning(role orders.Role) (out []decimal.Decimal, decides bool) {
	small := false
	add := func(d decimal.Decimal) {
		if !slices.ContainsFunc(out, d.Equal) {
			out = append(out, d)
		}
	}
	for i := range e.routes {
		r := &e.routes[i]
		for j := range r.steps {
			s := &r.steps[j]
			if s.role != role && !slices.Contains(s.also, role) && !slices.Contains(s.all, role) {
				continue
			}
			decides = true
			before, found := len(out), false
			note := func(d decimal.Decimal) { found = true; add(d) }
			switch {
			case s.when != nil && s.when.formula != nil:
				s.when.formula.limits(false, note) // what is no upper limit of the opposite
			case s.when == nil && r.when != nil:
				r.when.limits(false, note)
			}
			if small = small || !found && s.when == nil; small {
				out = out[:before]
			}
		}
	}
	if small {
		return nil, decides
	}
	return out, decides
}

// start is an amount from which roles decide.
type start struct {
	from  decimal.Decimal
	roles []orders.Role
}

// beginnings returns the amounts from which roles decide, the lowest first.
func (e *Engine) beginnings() []start {
	var out []start
	for _, word := range roleWords() {
		role, _ := roleOf(word)
		own, _ := e.beginning(role)
		if len(own) != 1 {
			continue
		}
		if i := slices.IndexFunc(out, func(s start) bool { return s.from.Equal(own[0]) }); i >= 0 {
			out[i].roles = append(out[i].roles, role)
		} else {
			out = append(out, start{own[0], []orders.Role{role}})
		}
	}
	slices.SortFunc(out, func(a, b start) int { return a.from.Cmp(b.from) })
	return out
}

// move returns the text of the engine's rules with a limit of the amount moved.
func (e *Engine) move(text, what string, from, to decimal.Decimal) (string, error) {
	if from.Equal(to) {
		return "", orders.Errorf(orders.CodeConflict, "%s本来就是 %s 元，没有改动", what, to)
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
	notByWords := orders.Errorf(orders.CodeInvalid, "规则文件里的 %s 元不是直接写出来的数，改不了，没有改动。请把改好的规则文件发给我", from)
	if !ok {
		return "", notByWords
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
		return "", orders.Errorf(orders.CodeInvalid, "%s改成 %s 元，规则就对不上了，没有改动：\n%s", what, to, sentence)
	}
	if len(Changes(e, fresh)) > 0 { // e has the new limit by now
		return "", notByWords
	}
	return b.String(), nil
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
