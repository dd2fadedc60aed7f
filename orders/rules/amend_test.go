package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
)

// The limit is moved wherever the routes' border stands, whatever way it is written, and nothing else is.
func TestSetAutoLimit(t *testing.T) {
	t.Parallel()
	rest := "\n  - {name: 丙, when: 其余, steps: [{role: 总监}]}\n"
	for name, c := range map[string]struct{ text, want string }{
		"the built-in rules": {string(rules.Default), strings.Replace(string(rules.Default), "金额 < 5000 and", "金额 < 6000 and", 1)},
		"both sides of the border, and a step's": {
			"# 5000\nroutes:\n  - {name: 5000 以下, when: 5000.00 > 金额, steps: []} # 5000\n" +
				"  - name: 乙\n    when: '金额 >= 5000 and 信用占用 >= 5000'\n    steps:\n      - role: 财务\n        when: 金额 <= 5000\n      - role: 总监\n" + rest,
			"# 5000\nroutes:\n  - {name: 5000 以下, when: 6000 > 金额, steps: []} # 5000\n" +
				"  - name: 乙\n    when: '金额 >= 6000 and 信用占用 >= 5000'\n    steps:\n      - role: 财务\n        when: 金额 <= 6000\n      - role: 总监\n" + rest,
		},
		"folded, quoted and negated": {
			"routes:\n  - name: 甲\n    when: >\n      客户等级 == \"A\"\n      and not (金额 >\n      5000)\n    steps: []\n  - {name: 乙, when: \"not (客户等级 == \\\"A\\\") and amount <= 5_000\", steps: [{role: 财务}]}" + rest,
			"routes:\n  - name: 甲\n    when: >\n      客户等级 == \"A\"\n      and not (金额 >\n      6000)\n    steps: []\n  - {name: 乙, when: \"not (客户等级 == \\\"A\\\") and amount <= 6000\", steps: [{role: 财务}]}" + rest,
		},
		"a literal block, several in a line": {
			"routes:\r\n  - name: 甲\r\n    when: |\r\n      金额 < 5000 and 加急 or 金额 < 5000 and 特价\r\n    steps: []" + rest,
			"routes:\r\n  - name: 甲\r\n    when: |\r\n      金额 < 6000 and 加急 or 金额 < 6000 and 特价\r\n    steps: []" + rest,
		},
	} {
		got, from, err := rules.SetAutoLimit(c.text, ordertest.Decimal("6000"))
		require.NoError(t, err, name)
		require.Equal(t, c.want, got, name)
		require.Equal(t, "5000", from.String(), name)
		back, _, err := rules.SetAutoLimit(got, from)
		require.NoError(t, err, name)
		e, err := rules.Parse("", []byte(back))
		require.NoError(t, err)
		old, err := rules.Parse("", []byte(c.text))
		require.NoError(t, err)
		require.Empty(t, rules.Changes(old, e), name)
	}
}

// Where a role's approving begins and ends is moved in all routes at once.
func TestSetRoleLimit(t *testing.T) {
	t.Parallel()
	built := string(rules.Default)
	for name, c := range map[string]struct {
		role    orders.Role
		isUpper bool
		to      string
		what    string
		was     string
		from    string
		by      string // what it is replaced by
	}{
		"where the director begins":      {orders.RoleDirector, false, "80000", "总监审批的起点", "50000", "金额 > 50000", "金额 > 80000"},
		"how much the CFO decides alone": {orders.RoleCFO, true, "80000", "总监审批的起点", "50000", "金额 > 50000", "金额 > 80000"},
		"where the CFO begins":           {orders.RoleCFO, false, "30000", "财务总监、高级审核员审批的起点", "20000", "20000", "30000"},
		"how much finance decides":       {orders.RoleFinance, true, "30000.5", "财务总监、高级审核员审批的起点", "20000", "20000", "30000.5"},
		"how much the sales manager":     {orders.RoleSalesManager, true, "49999", "财务总监、高级审核员审批的起点", "20000", "20000", "49999"},
	} {
		got, what, from, err := rules.SetRoleLimit(built, c.role, c.isUpper, ordertest.Decimal(c.to))
		require.NoError(t, err, name)
		require.Equal(t, strings.ReplaceAll(built, c.from, c.by), got, name)
		require.Equal(t, c.what, what, name)
		require.Equal(t, c.was, from.String(), name)
	}
	small := "routes: [{name: 甲, when: 金额 < 5000, steps: []}, {name: 乙, when: 其余, steps: [{role: 财务}, {role: 总监, when: 金额 > 9000 and 加急}, {role: 总监, when: 金额 > 8000 and not 加急}]}]"
	for name, c := range map[string]struct {
		text    string
		role    orders.Role
		isUpper bool
		to      string
		want    string
	}{
		"nobody above":            {built, orders.RoleDirector, true, "80000", "总监的审批没有上限"},
		"small orders too":        {built, orders.RoleFinance, false, "80000", "财务的审批不从哪个金额开始，没有改动。现在有：财务总监、高级审核员审批的起点 20000 元；总监审批的起点 50000 元"},
		"over the next":           {built, orders.RoleCFO, false, "50000", "越过别的起点"},
		"below the one before":    {built, orders.RoleDirector, false, "20000", "越过别的起点"},
		"below what is automatic": {built, orders.RoleCFO, false, "4999.99", "自动通过的上限 5000 元以上"},
		"to what it is":           {built, orders.RoleCFO, false, "20000", "本来就是 20000 元"},
		"no step":                 {built, orders.RoleService, false, "20000", "没有客服审批的步骤"},
		"several":                 {small, orders.RoleDirector, false, "10000", "总监审批的起点不止一个"},
		"no beginning at all":     {small, orders.RoleFinance, true, "10000", "现在的规则没有按金额的起点"},
	} {
		_, _, _, err := rules.SetRoleLimit(c.text, c.role, c.isUpper, ordertest.Decimal(c.to))
		require.ErrorContains(t, err, c.want, name)
		_, isSentence := orders.ErrorMessage(err)
		require.True(t, isSentence, name)
	}
}

func TestSetAutoLimitIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, to, want string }{
		"into another route": {string(rules.Default), "25000", "规则就对不上了，没有改动"},
		"to what it is":      {string(rules.Default), "5000.00", "本来就是 5000 元"},
		"no automatic route": {"routes: [{name: 甲, when: 其余, steps: [{role: 总监}]}]", "6000", "没有按金额上限自动通过"},
		"no upper limit":     {"routes: [{name: 甲, when: 金额 > 50, steps: []}, {name: 乙, when: 其余, steps: [{role: 总监}]}]", "6000", "没有按金额上限自动通过"},
		"several":            {"routes: [{name: 甲, when: 金额 < 50 and 加急, steps: []}, {name: 乙, when: 金额 < 60 and not 加急, steps: []}, {name: 丙, when: 其余, steps: [{role: 总监}]}]", "70", "不止一个（50 元、60 元）"},
		"written as a sum":   {"routes: [{name: 甲, when: 金额 < 4000 + 1000, steps: []}, {name: 乙, when: 其余, steps: [{role: 总监}]}]", "6000", "不是直接写出来的数"},
		"with an anchor":     {"routes: [{name: 甲, when: &a 金额 < 50, steps: []}, {name: 乙, when: 其余, steps: [{role: 总监}]}]", "6000", "不是直接写出来的数"},
	} {
		_, _, err := rules.SetAutoLimit(c.text, ordertest.Decimal(c.to))
		require.Error(t, err, name)
		require.ErrorContains(t, err, c.want, name)
		_, isSentence := orders.ErrorMessage(err)
		require.True(t, isSentence, name)
	}
}
