package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// reader walks through a rules file and collects what is wrong with it.
type reader struct {
	file     string
	mistakes []string
}

// Parse reads rules from the content of a file; name stands in the errors.
func Parse(name string, data []byte) (*Engine, error) {
	r := &reader{file: name}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, orders.Errorf(orders.CodeInvalid, "%s %s", name, yamlMistake(err))
	}
	e := &Engine{}
	if len(doc.Content) == 0 {
		return nil, orders.Errorf(orders.CodeInvalid, "%s 是空的，要有 routes", name)
	}
	top := r.fields(doc.Content[0], "规则文件", "routes", "checks", "triggers", "freight", "dispatch", "classes", "priority", "urgent", "small_change")
	if n := top["routes"]; n == nil {
		r.mistake(doc.Content[0], "缺 routes（审批路由）")
	} else {
		e.routes = r.routes(n)
	}
	if n := top["checks"]; n != nil {
		e.checks = r.checks(n)
	}
	if n := top["triggers"]; n != nil {
		e.triggers = r.triggers(n)
	}
	if n := top["freight"]; n != nil {
		e.freight = r.freights(n)
	}
	if n := top["dispatch"]; n != nil {
		e.dispatch = r.destinations(n)
	}
	if n := top["classes"]; n != nil {
		e.classes = r.classes(n)
	}
	if n := top["priority"]; n != nil {
		e.priority = r.bonuses(n)
	}
	if n := top["urgent"]; n != nil {
		e.urgent = r.roles(n, "urgent")
	} else {
		e.urgent = []orders.Role{orders.RoleWarehouseLead, orders.RoleWarehouse, orders.RoleOperations, orders.RoleAdmin}
	}
	if n := top["small_change"]; n != nil {
		var err error
		if e.small, err = orders.ParseMoney(r.text(n, "small_change")); err != nil || e.small < 0 {
			r.mistake(n, "small_change 要写成金额（元），例如 small_change: 500")
		}
	}
	if len(r.mistakes) > 0 {
		return nil, orders.Errorf(orders.CodeInvalid, "%s", strings.Join(r.mistakes, "\n"))
	}
	return e, nil
}

var yamlLine = regexp.MustCompile(`line (\d+):`)

// yamlMistake says in Chinese where a file is no YAML.
func yamlMistake(err error) string {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Sprintf("第 %s 行附近：格式不对，多半是缩进、冒号或引号", m[1])
	}
	return "格式不对，请对照示例检查缩进、冒号和引号"
}

func (r *reader) mistake(n *yaml.Node, format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Sprintf("%s 第 %d 行：%s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

// fields returns the values of a mapping, of which only the given keys are known.
func (r *reader) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	out := make(map[string]*yaml.Node)
	if n.Kind != yaml.MappingNode {
		r.mistake(n, "%s要写成「%s: …」这样的一组", what, known[0])
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, key.Value):
			r.mistake(key, "%s里没有「%s」这一项，只有 %s", what, key.Value, strings.Join(known, "、"))
		case out[key.Value] != nil:
			r.mistake(key, "「%s」写了两遍", key.Value)
		default:
			out[key.Value] = value
		}
	}
	return out
}

// items returns the entries of a list.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!null" {
		r.mistake(n, "%s要写成列表，每一项前面一个「-」", what)
	}
	return nil
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.mistake(n, "%s要写成一行文字", what)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// condition reads a condition; at is where it would stand if it is missing.
func (r *reader) condition(n, at *yaml.Node, what string) condition {
	source := r.text(n, what)
	if n == nil || source == "" {
		r.mistake(at, "缺条件 when，例如 when: 金额 < 5000")
		return condition{}
	}
	c, err := compile(source)
	if err != nil {
		r.mistake(n, "%s「%s」：%s", what, clip(source), err)
	}
	c.at = n
	return c
}

func (r *reader) optional(n *yaml.Node, what string) *condition {
	if n == nil {
		return nil
	}
	c := r.condition(n, n, what)
	return &c
}

func (r *reader) role(n *yaml.Node, what string) orders.Role {
	word := r.text(n, what)
	role, ok := roleOf(word)
	if !ok {
		r.mistake(n, "没有「%s」这个角色，可以写：%s", word, strings.Join(roleWords(), "、"))
	}
	return role
}

func (r *reader) roles(n *yaml.Node, what string) []orders.Role {
	var out []orders.Role
	for _, item := range r.items(n, what) {
		out = append(out, r.role(item, what))
	}
	return out
}

func (r *reader) routes(n *yaml.Node) []route {
	var out []route
	names := make(map[string]bool)
	items := r.items(n, "routes")
	if len(items) == 0 {
		r.mistake(n, "routes 至少要有一条路由")
		return nil
	}
	sound, rest := true, false
	for _, item := range items {
		f := r.fields(item, "路由", "name", "when", "before", "steps", "tell")
		rt := route{name: r.text(f["name"], "name")}
		switch {
		case rt.name == "":
			r.mistake(item, "路由缺名称 name")
		case names[rt.name]:
			r.mistake(f["name"], "有两条路由都叫「%s」", rt.name)
		}
		names[rt.name] = true
		var ok bool
		rt.when, ok = r.routeCondition(f["when"], item)
		rt.at = f["when"]
		sound = sound && ok
		if rt.when == nil {
			if rest {
				r.mistake(f["when"], "「其余」只能写一次")
				sound = false
			}
			rest = true
		}
		if f["before"] != nil {
			for _, b := range r.items(f["before"], "before") {
				rt.before = append(rt.before, r.text(b, "before"))
			}
		}
		if f["steps"] == nil {
			r.mistake(item, "路由「%s」缺 steps；自动通过请写 steps: []", rt.name)
		} else {
			rt.steps = r.steps(f["steps"])
		}
		if f["tell"] != nil {
			rt.tell = r.roles(f["tell"], "tell")
		}
		out = append(out, rt)
	}
	for i, item := range items {
		for _, name := range out[i].before {
			if !names[name] || name == out[i].name {
				sound = false
				r.mistake(item, "before 里的「%s」不是另一条路由的名称", name)
			}
		}
	}
	if sound {
		r.checkRoutes(n, items, out)
	}
	return out
}

func (r *reader) steps(n *yaml.Node) []step {
	var out []step
	for _, item := range r.items(n, "steps") {
		f := r.fields(item, "审批步骤", "role", "any", "all", "limit", "when", "pass", "because")
		s := step{because: r.text(f["because"], "because"), at: item}
		switch {
		case (f["role"] != nil && f["any"] != nil) || (f["all"] != nil && (f["role"] != nil || f["any"] != nil)):
			r.mistake(item, "role、any、all 只写一个：role 是一个角色，any 是几个角色里任何一位，all 是几个角色都要")
		case f["role"] != nil:
			s.role = r.role(f["role"], "role")
		case f["any"] != nil:
			s.role, s.also = r.several(f["any"], "any")
		case f["all"] != nil:
			if first, others := r.several(f["all"], "all"); first != "" {
				s.role, s.all = first, append([]orders.Role{first}, others...)
			}
		default:
			r.mistake(item, "审批步骤缺角色 role")
		}
		if words := r.text(f["limit"], "limit"); words != "" {
			var ok bool
			if s.limit, s.days, ok = timeLimit(words); !ok {
				r.mistake(f["limit"], "时限「%s」要写成 30m、4h、24h 或 2个工作日 这样", words)
			}
		}
		s.when, s.pass = r.optional(f["when"], "when"), r.optional(f["pass"], "pass")
		switch {
		case s.pass != nil && s.because == "":
			r.mistake(f["pass"], "自动通过要写明原因 because")
		case s.pass == nil && s.because != "":
			r.mistake(f["because"], "写了原因 because，却没有自动通过的条件 pass")
		}
		out = append(out, s)
	}
	return out
}

// several reads the roles of a step for more than one.
func (r *reader) several(n *yaml.Node, word string) (orders.Role, []orders.Role) {
	mistakes := len(r.mistakes)
	all := r.roles(n, word)
	for i, role := range all {
		if slices.Contains(all[:i], role) && len(r.mistakes) == mistakes {
			r.mistake(n, "%s 里「%s」写了两遍", word, role)
		}
	}
	switch {
	case len(r.mistakes) > mistakes:
		return "", nil
	case len(all) < 2:
		r.mistake(n, "%s 要写至少两个角色，例如 %s: [财务, 财务总监]；一个角色写 role", word, word)
		return "", nil
	}
	return all[0], all[1:]
}

var workdayLimit = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?(?:个?工作日|workdays?)$`)

// timeLimit reads a time limit: 4h by the clock, 2个工作日 of 24 hours each.
func timeLimit(words string) (limit time.Duration, isWorkdays, ok bool) {
	m := workdayLimit.FindStringSubmatch(words)
	if m == nil {
		d, err := time.ParseDuration(words)
		return d, false, err == nil && d > 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	limit = time.Duration(n * 24 * float64(time.Hour)).Round(time.Minute)
	return limit, true, err == nil && limit > 0 && n <= 365
}

func (r *reader) bonuses(n *yaml.Node) []bonus {
	var out []bonus
	for _, item := range r.items(n, "priority") {
		f := r.fields(item, "优先级", "name", "when", "points")
		b := bonus{name: r.text(f["name"], "name"), when: r.condition(f["when"], item, "when")}
		if b.name == "" {
			r.mistake(item, "优先级缺名称 name")
		}
		points, err := strconv.Atoi(r.text(f["points"], "points"))
		if err != nil {
			r.mistake(at(f["points"], item), "points 要写成整数，例如 points: 10")
		}
		b.points = points
		out = append(out, b)
	}
	return out
}
