package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

const medical = "../../orders/intake/testdata/corpus/medical"

var orderNumber = regexp.MustCompile(`SO\d{12,}`)

// One order travels all the way, over the platforms' own protocols: a salesperson's words, the
// draft, the confirmation, the approval on a DingTalk card, the warehouse, the parcel, and the
// customer who asks where it is.
func TestJourney(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()

			// The customer gets bound to the service account.
			f.sim.ServiceAccount.AddFollower("openid-he", "何文静", "")
			customer := func() []simulator.Bubble { return f.sim.ServiceAccount.Screen("openid-he") }
			f.sim.ServiceAccount.SendText(ctx, "openid-he", "我的订单到哪了")
			see(t, "how to get bound", customer, says("绑定"))
			f.sim.WeCom.SendText(ctx, "zhouting", "绑定码 C001")
			code := regexp.MustCompile(`\d{6}`).FindString(see(t, "binding code", f.wecom("zhouting"), says("绑定码", "分钟")).Text)
			f.sim.ServiceAccount.SendText(ctx, "openid-he", "绑定 "+code)
			see(t, "bound", customer, says("绑定成功", "澜州市第一人民医院"))

			// The order.
			f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院 外科口罩20箱，丁腈手套M码10箱，周五下午前送到")
			lines := see(t, "lines", f.wecom("zhouting"), says("P003", "医用外科口罩", "20箱", "800盒"))
			draft := see(t, "draft card", f.wecom("zhouting"), offers("确认下单", "澜州市第一人民医院"))
			id := orderNumber.FindString(lines.Text)
			require.NotEmpty(t, id)
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))

			// The approval: more than 5,000 and less than 20,000 by the sales manager; finance passes.
			card := see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
			f.pressDingTalk("dt-wangmin", card, "同意")
			see(t, "settled card", f.dingtalk("dt-wangmin"), says(id, "已同意", "王敏"))
			see(t, "approved", f.wecom("zhouting"), says(id, "备货"))

			// The warehouse.
			see(t, "pick message", f.wecom("zhengku"), says(id, "P003"))
			f.sim.Kuaidi100.SetTrack(simulator.Track{Number: "SF1234567890123", Company: "shunfeng", State: "0", Events: []simulator.TrackEvent{
				{Time: f.clock.now(), Text: "【澜州市】快件已发往下一站", Status: "在途"},
			}})
			f.sim.WeCom.SendText(ctx, "zhengku", "发货 "+id+" SF1234567890123")
			see(t, "shipped", f.wecom("zhengku"), says("已发货", id))
			see(t, "salesperson told", f.wecom("zhouting"), says(id, "SF1234567890123"))

			// The parcel is asked about at the configured pace.
			f.clock.advance(2*time.Hour + time.Minute)
			f.sim.ServiceAccount.SendText(ctx, "openid-he", "我的订单到哪了")
			see(t, "where it is", customer, says(id, "下单", "审核", "排产", "入库", "出库", "在途", "签收"))
		})
	}
}
