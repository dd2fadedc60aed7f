package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// feature: ST-19
func TestWordsOfStagesAreNotTakenFromOrders(t *testing.T) {
	t.Parallel()
	one := []orders.OrderID{"SO202603110012"}
	for text, want := range map[string]command{
		"SO202603110012 分期：3月20日 30盒，4月20日 其余":      {cmdStages, one, "3月20日 30盒,4月20日 其余"},
		"SO202603110012 分2期：3月20日 30盒，4月20日 其余":     {cmdStages, one, "3月20日 30盒,4月20日 其余"},
		"分期 SO202603110012 3月20日 30盒，4月20日 其余":      {cmdStages, one, "3月20日 30盒,4月20日 其余"},
		"SO202603110012 分期交货：\n3月20日 30盒\n4月20日 其余": {cmdStages, one, "3月20日 30盒;4月20日 其余"},
		"SO202603110012 不分期":                        {cmdNoStages, one, "不分期"},
		"SO202603110012 付款节点：签约30%，验收70%":           {cmdPayNodes, one, "签约30%,验收70%"},
		"SO202603110012 款到发货":                       {cmdRelease, one, "款到发货"},
		"SO202603110012 先发货后付款":                     {cmdRelease, one, ""},
		"到款 SO202603110012 5000":                    {cmdReceived, one, "5000"},
		"到款 SO202603110012 5000 LS1":                {cmdReceived, one, "5000 LS1"},
		"SO202603110012 到款 5000":                    {cmdReceived, one, "5000"},
		"SO202603110012 到款了吗":                       {},
		"SO202603110012 分期付款可以吗":                    {},
		"澜州一院 外科口罩10箱，分期：3月20日 3箱，4月20日 7箱":         {},
		"澜州一院 外科口罩10箱，款到发货":                         {},
		"外科口罩10箱，付款节点：签约30%，发货前50%，验收20%":           {},
		"不分期":          {},
		"到款 澜州一院 5000": {},
		"请把 SO202603110012 分期：3月20日 30盒，4月20日 其余 的合同发给客户": {},
	} {
		require.Equal(t, want, parseCommand(text), text)
	}
}

// feature: ST-20
func TestWordsOfStatementsAreNotTakenFromOrders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"对账": true, "对账 8月": true, "对账8月": true, "对账单 2026年3月": true, "对账 康民药房 3月": true, "对账 康民药房": true, "对帐 上月": true, "对账：3月": true, "对账 2026-03": true,
		"对账的时候少了一箱口罩": false, "3月对账": false, "口罩10箱，对账 3月": false, "对账 SO202603110012": false, "对账机3台": false, "对账完再发": false, "外科口罩10箱\n对账 3月": false,
	} {
		require.Equal(t, want, parseCommand(text).verb == cmdStatement, text)
	}
	for text, want := range map[string][2]string{
		"对账 8月": {"", "8月"}, "对账 康民药房 3月": {"康民药房", "3月"}, "对账 康民药房": {"康民药房", ""}, "对账 C001 2026年3月": {"C001", "2026年3月"}, "对账 上月": {"", "上月"},
	} {
		m := saysStatement.FindStringSubmatch(text)
		require.Equal(t, want[:], m[1:], text)
	}
}

// A word behind an amount is no number of a payment, and a moment that there is not is never taken for another.
//
// feature: ST-19
func TestWordsOfPaymentsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{"5000": "", "5000 ls0001": "LS0001", "5,000.50元 A-1/2": "A-1/2"} {
		amount, number, ok := paidWords(arg)
		require.True(t, ok, arg)
		require.Positive(t, amount, arg)
		require.Equal(t, want, number, arg)
	}
	for _, arg := range []string{"5000 了吗", "5000 未到", "5000 ?", "5000 LS1 LS2", "0", "\u2028", ""} {
		_, _, ok := paidWords(arg)
		require.False(t, ok, arg)
	}
	for name, want := range map[string]orders.PayNode{
		"签约": {When: orders.PaySigned}, "发货前": {When: orders.PayShips}, "第2期发货前": {When: orders.PayShips, Stage: 2}, "第1期到货": {When: orders.PayArrived, Stage: 1},
		"第2期货到后": {When: orders.PayArrived, Stage: 2}, "货到": {When: orders.PayArrived}, "第2期": {When: orders.PayShips, Stage: 2}, "第2期货款": {When: orders.PayShips, Stage: 2},
		"第2期发货": {When: orders.PayShips, Stage: 2}, "第2期高兴了": {}, "第2期签收后": {When: orders.PayArrived, Stage: 2},
		"质保期满": {When: orders.PayKept}, "质保金": {When: orders.PayKept}, "质保1年期满": {When: orders.PayKept, Months: 12}, "一年质保到期": {When: orders.PayKept, Months: 12},
		"质保满18个月": {When: orders.PayKept, Months: 18}, "质保期90天满后": {When: orders.PayKept, Days: 90}, "保修期满": {When: orders.PayKept},
		"质保十二个月期满": {}, "到货后质保1年": {}, "质保期内": {}, "质保期满前": {}, "到货后30天": {}, "验收后三个工作日": {}, "验收后两个月": {},
		"验收后": {When: orders.PayArrived}, "发货后": {}, "发货以后": {}, "第2期出货之后": {}, "首期": {}, "第十二期发货前": {}, "末批到货": {},
	} {
		n := orders.PayNode{Name: name}
		err := (&session{}).moment(&n)
		if want.When == "" {
			require.ErrorContains(t, err, "没看懂「"+name+"」是什么时候付", name)
			continue
		}
		require.NoError(t, err, name)
		want.Name = name
		require.Equal(t, want, n)
	}
}
