package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"orderbot/orders"
)

// trigger is one rule of the section triggers: 当 … 则 ….
type trigger struct {
	at   orders.Moment
	when *condition // nil: always
	does orders.Trigger
	acts []string // as they are written
}

type moment struct {
	chinese string
	at      orders.Moment
}

// moments are when triggers are looked at, a Chinese and an English name each.
var moments = []moment{{"确认", orders.AtConfirmed}, {"批准", orders.AtApproved}, {"发货", orders.AtShipped}, {"签收", orders.AtDelivered}, {"取消", orders.AtCancelled}}

// Triggers returns what the triggers call for at a moment, in the order of the file. A trigger sees an order as urgent that one
// above it makes so.
func (e *Engine) Triggers(m orders.Moment, f orders.Facts) ([]orders.Trigger, error) {
	var out []orders.Trigger
	var env map[string]any
	for i := range e.triggers {
		t := &e.triggers[i]
		if t.at != m {
			continue
		}
		if env == nil {
			env = environment(valuesOf(f))
		}
		if t.when != nil {
			holds, err := t.when.holds(env)
			if err != nil {
				return nil, err
			}
			if !holds {
				continue
			}
		}
		out = append(out, t.does)
		if t.does.Urgent && !f.Order.Urgent {
			o := *f.Order
			o.Urgent = true
			f.Order, env = &o, nil
		}
	}
	return out, nil
}

func (r *reader) triggers(n *yaml.Node) []trigger {
	var out []trigger
	names := make(map[string]bool)
	for _, item := range r.items(n, "triggers") {
		f := r.fields(item, "触发", "name", "at", "when", "do")
		t := trigger{at: orders.AtConfirmed, when: r.optional(f["when"], "when")}
		t.does.Name = r.text(f["name"], "name")
		switch {
		case t.does.Name == "":
			r.mistake(item, "触发缺名称 name")
		case names[t.does.Name]:
			r.mistake(f["name"], "有两条触发都叫「%s」", t.does.Name)
		}
		names[t.does.Name] = true
		if f["at"] != nil {
			t.at = r.moment(f["at"])
		}
		if f["do"] == nil {
			r.mistake(item, "触发「%s」缺 do，例如 do: [通知 仓储组长, 标记 急单]", t.does.Name)
		} else if acts := r.items(f["do"], "do"); len(acts) == 0 {
			r.mistake(f["do"], "触发「%s」的 do 是空的，例如 do: [通知 仓储组长, 标记 急单]", t.does.Name)
		} else {
			for _, act := range acts {
				r.act(act, &t)
			}
		}
		out = append(out, t)
	}
	return out
}

func (r *reader) moment(n *yaml.Node) orders.Moment {
	word := r.text(n, "at")
	var words []string
	for _, m := range moments {
		if word == m.chinese || word == string(m.at) {
			return m.at
		}
		words = append(words, m.chinese)
	}
	r.mistake(n, "at「%s」要写成 %s 里的一个", word, strings.Join(words, "、"))
	return orders.AtConfirmed
}

const actUsage = "do 里没有「%s」这种做法，可以写：通知 角色（后面可以加「：要说的话」）、标记 文字、加急、抄送 角色、加审 角色"

// act reads one thing that a trigger does: 通知 仓储组长、仓管：请优先备货.
func (r *reader) act(n *yaml.Node, t *trigger) {
	text := r.text(n, "do")
	verb, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	late := func() {
		if t.at != orders.AtConfirmed {
			r.mistake(n, "「%s」只能在确认时做，这一条写的是 at: %s", text, momentWord(t.at))
		}
	}
	switch verb {
	case "通知", "tell":
		who, say, _ := strings.Cut(strings.Replace(rest, ":", "：", 1), "：")
		t.does.Tell = append(t.does.Tell, r.rolesIn(n, who)...)
		if say = strings.TrimSpace(say); say != "" {
			if t.does.Text != "" {
				t.does.Text += "；"
			}
			t.does.Text += say
		}
	case "抄送", "copy":
		roles := r.rolesIn(n, rest)
		for _, role := range roles {
			if who := (&orders.Staff{Roles: []orders.Role{role}}); who.May(orders.RightPrices) != orders.ScopeAll {
				r.mistake(n, "%s看不到金额，不能把客户的信用抄送过去，请写 通知 %s", role, role)
			}
		}
		t.does.Copy = append(t.does.Copy, roles...)
	case "标记", "mark":
		switch {
		case rest == "":
			r.mistake(n, "标记要写明文字，例如 标记 急单")
		case t.does.Mark != "":
			r.mistake(n, "一条触发只能标记一次")
		case len([]rune(rest)) > 20:
			r.mistake(n, "标记最多 20 个字：「%s」", clip(rest))
		}
		t.does.Mark = rest
	case "加急", "urgent":
		if rest != "" {
			r.mistake(n, actUsage, clip(text))
		}
		late()
		t.does.Urgent = true
	case "加审", "approve":
		late()
		if t.does.Approve != "" {
			r.mistake(n, "一条触发只能加审一个角色，几个角色请写几条")
		}
		if roles := r.rolesIn(n, rest); len(roles) > 1 {
			r.mistake(n, "加审一次写一个角色")
		} else if len(roles) == 1 {
			t.does.Approve = roles[0]
		}
	default:
		r.mistake(n, actUsage, clip(text))
		return
	}
	t.acts = append(t.acts, strings.TrimSpace(verb+" "+rest))
}

// rolesIn reads roles with 、 between them.
func (r *reader) rolesIn(n *yaml.Node, text string) []orders.Role {
	var out []orders.Role
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == '、' || c == ',' || c == '，' || c == ' ' }) {
		if role, ok := roleOf(word); ok {
			out = append(out, role)
		} else {
			r.mistake(n, "没有「%s」这个角色，可以写：%s", word, strings.Join(roleWords(), "、"))
		}
	}
	if strings.TrimSpace(text) == "" {
		r.mistake(n, "要写明是哪个角色，可以写：%s", strings.Join(roleWords(), "、"))
	}
	return out
}

func momentWord(at orders.Moment) string {
	i := slices.IndexFunc(moments, func(m moment) bool { return m.at == at })
	return moments[i].chinese
}

// words says a trigger: 当 加急 则 通知 仓储组长.
func (t *trigger) words() Row {
	out := Row{Name: t.does.Name, When: []string{momentWord(t.at) + "时"}}
	if t.when != nil {
		out.When = append(out.When, t.when.words()...)
	}
	for _, a := range t.acts {
		out.Pieces = append(out.Pieces, "则"+a)
	}
	return out
}
