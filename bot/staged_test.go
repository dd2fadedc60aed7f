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
