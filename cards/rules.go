package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// RuleDifference is an order that other rules would treat otherwise.
type RuleDifference struct {
	Order         *orders.Order
	Before, After string
}

// RuleProposal is a version of the rules that somebody may put in force.
type RuleProposal struct {
	Version *orders.RuleVersion
	InForce *orders.RuleChange
	Seen    int      // changes of the rules that there have been
	Back    bool     // it takes the last change back
	Changes []string // against what is in force
	// Tried is how many past orders were tried; Differences are those that would have gone otherwise.
	Tried       int
	Differences []RuleDifference
}

// forced says which version is in force since when.
func forced(c *orders.RuleChange) string {
	return fmt.Sprintf("第 %d 版，%s %s启用", c.Number, when(c.At), c.ByName)
}

// Rules answers 「规则」: what is in force.
func Rules(c *orders.RuleChange, rows []string) []Message {
	head := func(i int) string {
		if i > 0 {
			return "规则（续）"
		}
		return "现在的规则：" + forced(c)
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 条没有列出", left)
		}
		return ""
	}
	var out []Message
	for _, text := range fill(TextLimit, rows, 3, head, tail) {
		out = append(out, Message{Text: text})
	}
	return out
}

// RuleHistory answers 「规则 历史」: what was put in force when by whom, and what never was.
func RuleHistory(changes []orders.RuleChange, versions []orders.RuleVersion) Message {
	var rows []string
	used := make(map[int]bool)
	for _, c := range changes {
		used[c.Number] = true
	}
	for i := len(versions) - 1; i >= 0; i-- {
		if v := &versions[i]; !used[v.Number] {
			rows = append(rows, fmt.Sprintf("第 %d 版：%s %s，%s，没有启用过", v.Number, when(v.At), v.ByName, v.Note))
		}
	}
	for i := len(changes) - 1; i >= 0; i-- {
		c := &changes[i]
		word := "启用"
		if c.Back {
			word = "回退到"
		}
		row := fmt.Sprintf("%s %s%s第 %d 版", when(c.At), c.ByName, word, c.Number)
		if c.Was > 0 {
			row += fmt.Sprintf("（原第 %d 版）", c.Was)
		}
		rows = append(rows, join("：", row, c.Reason))
	}
	tail := func(left int) string {
		text := "看差别发「规则 差别 1 2」，换版本发「规则 启用 1」（换成版本号），撤回上一次发「规则 回退」"
		if left > 0 {
			text = fmt.Sprintf("还有更早的 %d 条\n", left) + text
		}
		return text
	}
	return Message{Text: fill(TextLimit, rows, 1, func(int) string {
		return fmt.Sprintf("规则历史，现在用的是第 %d 版：", changes[len(changes)-1].Number)
	}, tail)[0]}
}

// RuleChanges answers 「规则 差别」.
func RuleChanges(from, to int, changes []string) Message {
	if len(changes) == 0 {
		return Message{Text: fmt.Sprintf("第 %d 版和第 %d 版的规则一样，只有注释或排版不同", from, to)}
	}
	return Message{Text: fill(TextLimit, numbered(changes), 1, func(int) string { return fmt.Sprintf("从第 %d 版到第 %d 版：", from, to) }, leftOut)[0]}
}

func numbered(rows []string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = fmt.Sprintf("%d. %s", i+1, r)
	}
	return out
}

func leftOut(left int) string {
	if left > 0 {
		return fmt.Sprintf("还有 %d 处没有列出", left)
	}
	return ""
}

// RuleTrial shows what a version changes and what it would have done with past orders.
func RuleTrial(p *RuleProposal) Message {
	head := fmt.Sprintf("规则第 %d 版和现在的第 %d 版比：", p.Version.Number, p.InForce.Number)
	rows := numbered(p.Changes)
	if len(rows) == 0 {
		rows = []string{"规则一样，只有注释或排版不同"}
	}
	changes := fill(TextLimit/2, rows, 1, func(int) string { return head }, leftOut)[0]
	rows = nil
	for _, d := range p.Differences {
		rows = append(rows, fmt.Sprintf("%s %s %s：%s 变成 %s", d.Order.ID, clip(customerName(d.Order, nil), 20), d.Order.Payable(), d.Before, d.After))
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 单没有列出", left)
		}
		return ""
	}
	trial := fill(TextLimit-len(changes)-2, rows, 1, func(int) string { return "试算：" + p.tried() }, tail)[0]
	return Message{Text: changes + "\n\n" + trial}
}

func (p *RuleProposal) tried() string {
	switch {
	case p.Tried == 0:
		return "还没有订单可以试"
	case len(p.Differences) == 0:
		return fmt.Sprintf("最近 %d 单的走法都不变", p.Tried)
	default:
		return fmt.Sprintf("最近 %d 单里有 %d 单走法不同（按客户现在的资料）", p.Tried, len(p.Differences))
	}
}

// RuleCard asks whether a version is to be put in force.
func RuleCard(s *Signer, p *RuleProposal) Message {
	c := p.card()
	arg := ""
	if p.Back {
		arg = RulesBack
	}
	c.Buttons = []Button{{
		Text: "启用", Style: Primary, Say: fmt.Sprintf("规则 确认 %d", p.Version.Number),
		Action: s.Sign(Action{Verb: UseRules, Version: p.Version.Number, Node: p.Seen, Arg: arg}),
	}}
	return Message{Text: Text(c), Card: c}
}

func (p *RuleProposal) card() *Card {
	title := fmt.Sprintf("启用规则第 %d 版？", p.Version.Number)
	if p.Back {
		title = fmt.Sprintf("回退到规则第 %d 版？", p.Version.Number)
	}
	return &Card{
		Title: title, Desc: "点「启用」才生效；审批中的订单照原来的走",
		Fields: []Field{
			{"说明", p.Version.Note},
			{"作者", p.Version.ByName + " " + when(p.Version.At)},
			{"现在用", forced(p.InForce)},
			{"改动", clip(strings.Join(p.Changes, "；"), 200)},
			{"试算", p.tried()},
		},
	}
}

// RuleSettled is what the card becomes once another version is in force than when it was shown.
func RuleSettled(v *orders.RuleVersion, inForce *orders.RuleChange) Message {
	c := &Card{Title: fmt.Sprintf("规则第 %d 版", v.Number), Fields: []Field{{"说明", v.Note}}}
	c.Settled = "已启用 " + inForce.ByName + " " + when(inForce.At)
	if inForce.Number != v.Number {
		c.Settled = "已作废 现在用的是" + forced(inForce)
	}
	return Message{Text: Text(c), Card: c}
}

// RulesRefused says what is wrong with a rules file.
func RulesRefused(mistakes []string, inForce int) Message {
	head := func(int) string {
		return fmt.Sprintf("规则文件有 %d 处不对，没有收下，现在用的还是第 %d 版：", len(mistakes), inForce)
	}
	return Message{Text: fill(TextLimit, mistakes, 1, head, leftOut)[0]}
}
