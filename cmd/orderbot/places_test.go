package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// Goods for two places are two deliveries whose quantities add up and that say, up to the warehouse, that they belong together;
// one word confirms both. A wanted material and the hour of delivery go with the order.
//
// feature: IN-15
func TestGoodsForTwoPlaces(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db := f.sql()
			tell := func(text string) func() []simulator.Bubble { return f.tell("zhouting", text) }
			screen := tell("澜州一院 外科口罩50箱，一半送苏州一半送南京")
			first := orderNumber.FindString(see(t, "first", screen, offers("确认下单", "第 1 单，共 2 单", "苏州", "送苏州的完整地址", "分送", "第 1 处，共 2 处")).Title)
			second := orderNumber.FindString(see(t, "second", screen, offers("确认下单", "第 2 单，共 2 单", "南京", "第 2 处，共 2 处，第 1 处是 "+first)).Title)
			require.NotEqual(t, first, second)
			require.Equal(t, []string{"50000000 2"}, trimmed(texts(t, db, "SELECT SUM(quantity), COUNT(*) FROM order_lines WHERE product = 'P003' AND unit = '箱'")))
			require.Equal(t, []string{"25000000", "25000000"}, texts(t, db, "SELECT quantity FROM order_lines ORDER BY order_id"))

			screen = tell("确认")
			see(t, "both placed", screen, says("已下单 "+first, "已下单 "+second))
			for id, place := range map[string]string{first: "苏州", second: "南京"} {
				f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", "审批 "+id, "分送")), "同意")
				see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id, "25箱", "送到："+place, "分送："))
			}

			draft := see(t, "draft", tell("澜州一院 稳悦血糖仪10台，要不锈钢材质的，3月20日下午三点送货上门"), offers("确认下单", "要不锈钢材质的", "15:00"))
			require.NotContains(t, draft.Text, "分送")
		})
	}
}
