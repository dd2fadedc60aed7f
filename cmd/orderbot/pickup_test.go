package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// Goods that the customer fetches name the place, have no courier, and are closed by the warehouse's word that they were fetched,
// once; nobody else can give it.
//
// feature: IN-06
func TestGoodsAreFetchedInAShop(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			db := f.sql()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
			kf := func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }
			tell := f.tell
			state := func(id string) string { return texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0] }

			// A customer orders and fetches in a shop.
			f.sim.KF.SendText(ctx, "wm-he", "线上下单：外科口罩20箱，到城西门店自提")
			draft := see(t, "draft", kf, says("自提点：城西门店", "自提", "外科口罩"))
			id := orderNumber.FindString(draft.Title + draft.Text)
			require.NotContains(t, draft.Text, "送到哪里")
			f.sim.KF.SendText(ctx, "wm-he", "确认 "+id)
			f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id, "城西门店")), "同意")
			pick := see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id, "自提点：城西门店", "自提完成 "+id))
			require.NotContains(t, pick.Text, "指定物流")
			require.NotContains(t, pick.Text, "送到")

			// No courier.
			see(t, "refused", tell("zhengku", "发货 "+id+" SF1234567890123"), says("客户自提的，没有快递"))
			require.Equal(t, "allocated", state(id))
			see(t, "ready", tell("zhengku", "发货 "+id+" 自提"), says("已登记", "自提完成 "+id))
			require.Equal(t, "shipped", state(id))
			see(t, "told", kf, says("可以来取了"))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM events WHERE kind IN ('parcel.subscribe', 'parcel.query')"))

			// Only the warehouse confirms, once, also where the word comes three times.
			see(t, "refused", tell("zhouting", "自提完成 "+id), says("没有"))
			require.Equal(t, "shipped", state(id))
			see(t, "fetched", tell("zhengku", "自提完成 "+id), says("客户已提货", id))
			require.Equal(t, "delivered", state(id))
			see(t, "told", kf, says(id, "已提货，谢谢惠顾"))
			see(t, "again", tell("wucang", "已提货 "+id), says("已经提走了"))
			f.sim.KF.SendText(ctx, "wm-he", "进度 "+id)
			see(t, "nodes", kf, says("➖ 在途 不经过", "✅ 签收"))

			// At once, without a word before; what goes by courier is not fetched.
			order := func(text string) string {
				screen := tell("zhouting", text)
				id := orderNumber.FindString(see(t, "draft", screen, offers("确认下单")).Title)
				see(t, "placed", tell("zhouting", "确认 "+id), says("已下单", id))
				f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
				see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id))
				return id
			}
			id = order("澜州一院 外科口罩21箱，自提，中山路店")
			see(t, "fetched", tell("zhengku", id+" 已自提"), says("客户已提货", "中山路店"))
			require.Equal(t, []string{"delivered"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))
			require.Equal(t, []string{"SELF delivered"}, texts(t, db, "SELECT carrier, state FROM shipments WHERE order_id = ?", id))
			id = order("澜州一院 稳悦血糖仪100台，发顺丰")
			see(t, "refused", tell("zhengku", "自提完成 "+id), says("不是自提的"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
