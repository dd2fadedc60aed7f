package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

func TestEveryFieldQuotesTheMessage(t *testing.T) {
	t.Parallel()
	text := "望江樓：白醋３件，６塊一瓶，明天下午要，走顺丰，加急"
	res := forwarded(t, shop(t), text)
	got := map[string]string{}
	list, ok := res.Explain.([]intake.Explanation)
	require.True(t, ok)
	for _, e := range list {
		require.NotEmpty(t, e.Rule, e.Field)
		if e.Source != nil {
			require.Equal(t, "m", e.Source.Message)
			got[e.Field] = string([]rune(text)[e.Source.From:e.Source.To])
		}
	}
	require.Equal(t, map[string]string{
		"orders[0].customer": "望江樓", "orders[0].lines[0].product": "白醋", "orders[0].lines[0].quantity": "３件", "orders[0].lines[0].unit": "３件",
		"orders[0].lines[0].base_quantity": "３件",
		"orders[0].lines[0].price":         "６塊", "orders[0].deliver_by": "明天下午", "orders[0].carrier": "顺丰", "orders[0].urgent": "加急",
	}, got)
}

// feature: IN-28
func TestBothScriptsGiveEqualDrafts(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for simple, traditional := range map[string]string{
		"复印纸A4 80g两箱，黑水笔五盒，下周三前送到": "複印紙A4 80g兩箱，黑水筆五盒，下週三前送到",
		"订单：白醋数量3件，鸡蛋2箱":           "訂單：白醋數量3件，雞蛋2箱",
	} {
		a, b := said(t, x, simple), said(t, x, traditional)
		require.Equal(t, a.Orders, b.Orders)
		require.Empty(t, a.Asks)
		require.Empty(t, b.Asks)
	}
}

// feature: IN-27
func TestAsLastTimeIsTheCustomersOwnLastOrder(t *testing.T) {
	t.Parallel()
	x := shop(t)
	require.Equal(t, "F2 10桶=10, F5 5件=50", lines(said(t, x, "跟上次一样")))
	res := forwarded(t, x, "瑞丰制衣老样子来一份")
	require.Equal(t, "", lines(res))
	require.Equal(t, "orders[0].lines missing", asks(res))
}
