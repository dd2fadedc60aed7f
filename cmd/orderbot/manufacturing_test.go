package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a manufacturer's customers say besides ends in fields of its own, stays there when the draft is changed, and reaches the
// approver and the warehouse.
//
// feature: IN-09
func TestManufacturingFieldsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			screen := f.wecom("zhouting")
			f.sim.WeCom.SendText(t.Context(), "zhouting", "客户编码C001 外科口罩20箱，丁腈手套M码5盒，二级BOM，先发手套，木箱包装")
			card := see(t, "draft", screen, offers("确认下单", "澜州市第一人民医院", "BOM层级：二级", "交付优先级：先发手套", "特殊包装：木箱包装"))
			require.NotContains(t, card.Text+string(card.Card), "备注")
			require.NotContains(t, card.Text+string(card.Card), "客户编码", "it is the customer")
			id := orderNumber.FindString(card.Title)
			f.sim.WeCom.SendText(t.Context(), "zhouting", "交付优先级：高，他们的客户编号是K-2031")
			card = see(t, "changed", screen, offers("确认下单", id, "BOM层级：二级", "交付优先级：高", "特殊包装：木箱包装", "客户编码：K-2031"))
			f.pressWeCom("zhouting", card, "确认下单")
			f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id, "K-2031", "木箱包装")), "同意")
			see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id, "BOM层级：二级", "交付优先级：高", "特殊包装：木箱包装", "客户编码：K-2031"))
			f.stop()
		})
	}
}
