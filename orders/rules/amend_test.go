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
