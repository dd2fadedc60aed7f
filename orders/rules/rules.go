// Package rules reads rules.yaml, in which business people say who approves which order, what
// the warehouse does first and who is alarmed about urgent orders.
//
// Conditions are written in expr with the names of [Fields]; amounts are compared as exact
// decimals. The file is checked as a whole when it is loaded: every mistake is named with its
// line.
package rules

import (
	"cmp"
	_ "embed"
	"errors"
	"os"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// Default is the rules file that holds where none is configured.
//
//go:embed rules.yaml
var Default []byte

// Engine holds the rules of one file. It is safe for concurrent use.
type Engine struct {
	Version  int // number of the [orders.RuleVersion]
	routes   []route
	checks   []check
	triggers []trigger
	freight  []freight
	dispatch []destination
	classes  []class
	priority []bonus
	urgent   []orders.Role
	small    orders.Money // a change of an approved order by no more needs no approval
}

var _ orders.Rules = (*Engine)(nil)

type route struct {
	name   string
	when   *formula // nil: what no other route takes
	at     *yaml.Node
	before []string // routes that don't get what this one takes
	steps  []step
	tell   []orders.Role
}

type step struct {
	role    orders.Role
	also    []orders.Role // any: one of all of them decides
	all     []orders.Role // all of them decide, at once; role is the first
	limit   time.Duration
	days    bool       // limit counts working days
	when    *condition // nil: always
	pass    *condition // nil: never
	because string
	at      *yaml.Node
}

type bonus struct {
	name   string
	when   condition
	points int
}

// Load reads the rules of a file, or, where path is empty, the built-in ones. An error is a
// CodeInvalid one that names every mistake with its line.
func Load(path string) (*Engine, error) {
	if path == "" {
		return Parse("rules.yaml", Default)
	}
	data, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, &orders.Error{Code: orders.CodeInvalid, Message: "规则文件 " + path + " 读不出来", Err: err}
	}
	return Parse(path, data)
}

// Fields returns the names that conditions can use, a Chinese and an English one each.
func Fields() [][2]string {
	out := make([][2]string, len(fields))
	for i, f := range fields {
		out[i] = [2]string{f.chinese, f.english}
	}
	return out
}

// Route chooses the approval chain of an order: that of the one route that takes it. Steps whose
// own condition doesn't hold are left out, steps that the system passes say why.
func (e *Engine) Route(f orders.Facts) (orders.Route, error) {
	values := valuesOf(f)
	found, err := e.find(values)
	if err != nil {
		return orders.Route{}, err
	}
	out := orders.Route{Name: found.name, Tell: slices.Clone(found.tell), Version: e.Version, Small: e.small}
	env := environment(values)
	for j := range found.steps {
		s, err := found.steps[j].lay(env)
		if err != nil {
			return orders.Route{}, err
		}
		if s == nil {
			continue
		}
		if all := found.steps[j].all; all != nil {
			for _, s.Role = range all {
				s.Stage = j + 1
				out.Steps = append(out.Steps, *s)
			}
			continue
		}
		out.Steps = append(out.Steps, *s)
	}
	return out, nil
}

// find returns the one route that takes an order.
func (e *Engine) find(values []any) (*route, error) {
	var rest *route
	var fits []*route
	for i := range e.routes {
		switch r := &e.routes[i]; {
		case r.when == nil:
			rest = r
		case r.when.holds(values):
			fits = append(fits, r)
		}
	}
	for _, r := range fits {
		if !slices.ContainsFunc(fits, func(other *route) bool { return slices.Contains(other.before, r.name) }) {
			return r, nil
		}
	}
	if rest == nil {
		return nil, errors.New("no route takes the order") // loading has seen to it that one does
	}
	return rest, nil
}

// lay makes a step of an order's chain; nil: the order needs none.
func (s *step) lay(env map[string]any) (*orders.RouteStep, error) {
	if s.when != nil {
		if isNeeded, err := s.when.holds(env); err != nil || !isNeeded {
			return nil, err
		}
	}
	out := &orders.RouteStep{Role: s.role, Also: s.also, Limit: s.limit, Workdays: s.days}
	if s.pass != nil {
		passes, err := s.pass.holds(env)
		if err != nil {
			return nil, err
		}
		if passes {
			out.Pass = s.because
		}
	}
	return out, nil
}

// Priority returns what an order weighs in the warehouse's queue, and why; more goes first.
func (e *Engine) Priority(f orders.Facts) (points int, reasons []string, err error) {
	env := environment(valuesOf(f))
	for i := range e.priority {
		b := &e.priority[i]
		holds, err := b.when.holds(env)
		if err != nil {
			return 0, nil, err
		}
		if holds {
			points += b.points
			reasons = append(reasons, b.name)
		}
	}
	return points, reasons, nil
}

// UrgentRoles returns whom an urgent order alarms, one role after the other.
func (e *Engine) UrgentRoles() []orders.Role { return slices.Clone(e.urgent) }

// roleOf returns the role that a word names, in Chinese or English.
func roleOf(word string) (orders.Role, bool) {
	for role, name := range orders.RoleNames {
		if word == name || word == string(role) {
			return role, true
		}
	}
	return "", false
}

// roleWords lists the roles' Chinese names in a steady order.
func roleWords() []string {
	var out []string
	for _, name := range orders.RoleNames {
		out = append(out, name)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}
