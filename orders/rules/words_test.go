package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
)

// Rules in words say all of what they are, in an order's terms.
func TestRulesInWords(t *testing.T) {
	t.Parallel()
	e, err := rules.Parse("rules.yaml", []byte(`
routes:
  - {name: 甲, when: '金额 < 5000 and not (客户等级 in ["B", "C"] or 区域 startsWith "华")', before: [乙], steps: [], tell: [客服]}
  - name: 乙
    when: not (金额 >= 20000 and 超信用) and ("P001" in 产品 or 行数 > 3)
    steps: [{role: 财务, limit: 2个工作日, when: 超信用 and 金额 > 100}, {role: 总监, pass: not 特价, because: 没有特价}]
  - {name: 丙, when: 其余, steps: [{any: [总监, 财务总监], limit: 1h}, {all: [财务, 总监]}]}
checks:
  - {kind: 同型号复核, effect: 加审, role: 财务, count: 3, within: 24h}
  - {name: 大单, kind: 条件, effect: 提醒, when: 金额 + 信用占用 > 90000, text: 大单}
  - {kind: 起订量, effect: 拦下, role: 销售经理}
triggers:
  - {name: 加急通知, when: 加急 and 金额 > 100, do: ["通知 仓储组长、仓管：请优先备货", 标记 急单, 抄送 财务]}
  - {name: 回访, at: 签收, do: [通知 客服]}
freight:
  - {name: 三级包邮, when: 医院等级 startsWith "三", amount: 0}
  - {name: 普通, when: 其余, amount: 30.5}
priority: [{name: 急, when: 加急, points: 5}]
urgent: [仓管]
`))
	require.NoError(t, err)
	var lines []string
	for _, s := range e.Words() {
		lines = append(lines, "#"+s.Title)
		for _, r := range s.Rows {
			lines = append(lines, r.String())
		}
	}
	require.Equal(t, []string{
		"#审批路由",
		"甲：金额不到 5000 元 且 （客户等级不是 B、C 且 区域不以「华」开头） → 自动通过，先于「乙」，告知客服",
		"乙：（金额不到 20000 元 或 不是超信用） 且 （产品里有 P001 或 行数超过 3） → 财务（超信用 且 金额超过 100 元时，限 2 个工作日） → 总监（不是特价时系统通过：没有特价）",
		"丙：其余的订单 → 总监或财务总监（限 1 小时） → 财务和总监",
		"#检查",
		"同型号复核：3 单，24 小时内，加审财务",
		"大单：金额 + 信用占用 > 90000 条件，「大单」，提醒",
		"起订量：拦下，销售经理可特批",
		"#触发",
		"加急通知：确认时 且 加急 且 金额超过 100 元 则通知 仓储组长、仓管：请优先备货，则标记 急单，则抄送 财务",
		"回访：签收时 则通知 客服",
		"#运费",
		"三级包邮：医院等级以「三」开头 不收运费",
		"普通：其余的订单 运费 ¥30.50",
		"#优先级",
		"急：加急 加 5 分",
		"#加急",
		"依次提醒：仓管",
	}, lines)
}

// What differs is told piece by piece; comments and layout are no difference.
func TestChangesOfRules(t *testing.T) {
	t.Parallel()
	parse := func(text string) *rules.Engine {
		e, err := rules.Parse("rules.yaml", []byte(text))
		require.NoError(t, err)
		return e
	}
	old := string(rules.Default)
	for name, c := range map[string]struct {
		now  string
		want []string
	}{
		"nothing": {"# 新的说明\n" + old, nil},
		"a limit": {strings.Replace(old, "金额 < 5000 and", "金额 <= 6000 and", 1), []string{"「规则 1 自动通过」：金额不到 5000 元 改成 金额不超过 6000 元"}},
		"a check and a bonus": {
			strings.Replace(strings.Replace(old, "  - {kind: 地址异常, effect: 提醒}\n", "", 1), "points: 100", "points: 90", 1),
			[]string{"去掉 地址异常：提醒", "「加急」：加 100 分 改成 加 90 分"},
		},
		"one of two of a name": {
			strings.Replace(old, "text: 信用评级 C}", "text: 信用评级是 C}", 1),
			[]string{"「信用异常」：「信用评级 C」 改成 「信用评级是 C」"},
		},
		"a step": {
			strings.Replace(old, "        pass: not 超信用 and not 逾期\n        because: 在信用额度内，没有逾期\n\n", "        pass: not 超信用 and not 逾期\n        because: 在信用额度内，没有逾期\n      - role: 总监\n\n", 1),
			[]string{"「规则 2 两万以下」：→ 销售经理 → 财务（不是超信用 且 不是逾期时系统通过：在信用额度内，没有逾期） 改成 → 销售经理 → 财务（不是超信用 且 不是逾期时系统通过：在信用额度内，没有逾期） → 总监"},
		},
	} {
		require.Equal(t, c.want, rules.Changes(parse(old), parse(c.now)), name)
	}
}

// A trial takes every order as it was when it was confirmed, with the orders that were there before.
func TestTrial(t *testing.T) {
	t.Parallel()
	limit := orders.Money(1_000_000)
	cat := orders.NewCatalog(orders.Master{
		Products:  []orders.Product{{Code: "P1", Name: "口罩", Unit: "盒"}, {Code: "P2", Name: "手套", Unit: "盒"}},
		Customers: []orders.Customer{{Code: "C1", Name: "一院", Level: "A", CreditLimit: &limit}, {Code: "C2", Name: "二院", Level: "B"}},
	}, nil, nil, 1)
	start := time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)
	var past []*orders.Order // newest first
	place := func(customer orders.CustomerCode, product orders.ProductCode, yuan int64, after time.Duration, status orders.Status) *orders.Order {
		o := &orders.Order{
			ID: orders.OrderID("SO20260311" + string(rune('A'+len(past)))), Customer: customer, Total: orders.Money(yuan * 100), Status: status, ConfirmedAt: start.Add(after),
			Exposure: orders.Money(yuan * 100), Lines: []orders.Line{{No: 1, Product: product, Base: ordertest.Decimal("5")}},
		}
		past = append([]*orders.Order{o}, past...)
		return o
	}
	place("C1", "P1", 100, 0, orders.StatusDelivered)
	place("C1", "P1", 100, time.Hour, orders.StatusCancelled)
	place("C1", "P2", 100, time.Hour, orders.StatusApproved)
	place("C2", "P1", 5500, 2*time.Hour, orders.StatusApproved)
	b := place("C1", "P1", 5500, 3*time.Hour, orders.StatusApproved)
	a := place("C1", "P1", 100, 4*time.Hour, orders.StatusApproved)
	old, err := rules.Parse("rules.yaml", rules.Default)
	require.NoError(t, err)
	fresh, err := rules.Parse("rules.yaml", []byte(strings.NewReplacer("金额 < 5000 and", "金额 < 6000 and", "count: 3", "count: 4").Replace(string(rules.Default))))
	require.NoError(t, err)
	tried, found, err := rules.Trial(old, fresh, past, 4, cat)
	require.NoError(t, err)
	require.Equal(t, 4, tried)
	require.Equal(t, []rules.Difference{
		{a, "规则 1 自动通过，加审（财务）", "规则 1 自动通过"}, // the third of its product; the cancelled one does not count
		{b, "规则 2 两万以下（销售经理→财务自动）", "规则 1 自动通过"},
	}, found)
	tried, found, err = rules.Trial(old, fresh, past, 1, cat)
	require.NoError(t, err)
	require.Equal(t, 1, tried)
	require.Len(t, found, 1)
}
