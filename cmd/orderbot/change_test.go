package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// An order is changed in words after it was approved: old and new are shown with what it means, confirmed by a button, approved
// anew above the limit, told to the warehouse until somebody has taken it, and nothing is shipped before.
//
// feature: CH-01, CH-02, NT-13
func TestAnOrderIsChangedAfterItWasApproved(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			tell := f.tell
			db := f.sql()
			held := func(id string) int64 { return number(t, db, "SELECT held FROM orders WHERE id = ?", id) }

			// Asked about, confirmed by a button, approved by nobody: it is small.
			id := f.confirmed("zhouting", "澜州一院 外科口罩4箱，丁腈手套M码5盒，周五送到")
			see(t, "picked", f.wecom("zhengku"), says("拣货 "+id, "4箱"))
			see(t, "which line", tell("zhouting", id+" 数量改成 30"), says(id, "有 2 行，改哪一行"))
			card := see(t, "change", tell("zhouting", "客户说手套加到15盒，"+id), offers("确认变更", id, "5盒 → 15盒", "¥2,013.00 → ¥2,263.00", "小改动"))
			require.EqualValues(t, 201300, held(id), "nothing has changed yet")
			f.pressWeCom("zhouting", card, "确认变更")
			see(t, "changed", f.wecom("zhouting"), says("已改 "+id, "第 2 版", "小改动"))
			require.EqualValues(t, 226300, held(id))
			see(t, "settled", f.wecom("zhouting"), says("变更 "+id, "已改"))

			// The warehouse hears old and new, and ships only what it has looked at.
			notice := see(t, "notice", f.wecom("zhengku"), offers("收到", id, "5盒 → 15盒"))
			require.NotContains(t, notice.Text, "¥")
			see(t, "not shipped", tell("zhengku", "发货 "+id+" SF1234567890123"), says(id, "刚改过", "5盒 → 15盒", "收到 "+id))
			f.pressWeCom("zhengku", notice, "收到")
			see(t, "told", f.wecom("zhouting"), says(id, "仓库 郑库 已收到"))

			// Above the limit: the chain is asked anew, also by an order without a number.
			see(t, "change", tell("zhouting", "外科口罩改成30箱"), offers("确认变更", id, "4箱 → 30箱", "重新走 销售经理"))
			see(t, "changed", tell("zhouting", "好的"), says("已改 "+id, "第 3 版", "等销售经理"))
			see(t, "stop", f.wecom("zhengku"), offers("收到", id, "4箱 → 30箱", "先停拣货"))
			see(t, "too early", tell("zhengku", "发货 "+id+" SF1234567890123"), says(id, "还没批准"))
			see(t, "approval", f.dingtalk("dt-wangmin"), offers("同意", id, "4箱 → 30箱"))

			// Changed while it is approved: that card is void.
			card = see(t, "change", tell("zhouting", id+" 外科口罩改成28箱"), offers("确认变更", id, "30箱 → 28箱"))
			f.pressWeCom("zhouting", card, "确认变更")
			see(t, "changed", f.wecom("zhouting"), says("已改 "+id, "第 4 版"))
			see(t, "void", f.dingtalk("dt-wangmin"), says(id, "已作废"))
			fresh := see(t, "approval", f.dingtalk("dt-wangmin"), offers("同意", id, "4箱 → 28箱"))
			f.pressDingTalk("dt-wangmin", fresh, "驳回")
			see(t, "why", f.dingtalk("dt-wangmin"), says("原因", id))
			f.sim.DingTalk.SendText(ctx, "dt-wangmin", "超出预算")
			see(t, "refused", f.wecom("zhouting"), says(id, "变更没有批准", "超出预算"))
			require.EqualValues(t, 226300, held(id), "as it was approved")
			see(t, "back", f.wecom("zhengku"), offers("收到", id, "变更作废", "→ 4箱"))

			// The address, until the goods have left; every version can be read.
			see(t, "taken", tell("zhengku", "收到 "+id), says(id, "变更您已看过"))
			see(t, "address", tell("zhouting", id+" 地址改成澜州市东风路9号 李梅 13912345678"), offers("确认变更", id, "→ 澜州市东风路9号", "→ 李梅"))
			see(t, "changed", tell("zhouting", "确认变更 "+id), says("已改 "+id))
			see(t, "notice", f.wecom("zhengku"), offers("收到", id, "→ 澜州市东风路9号"))
			see(t, "versions", tell("zhouting", "轨迹 "+id), says("第 1 版：原单", "5盒 → 15盒", "没有批准，已改回"))
			see(t, "first", tell("zhouting", "明细 "+id+" 第1版"), says("第 1 版", "5盒", "¥2,013.00"))
			see(t, "taken", tell("zhengku", "收到 "+id), says(id, "变更您已看过"))
			see(t, "shipped", tell("zhengku", "发货 "+id+" SF1234567890123"), says("已发货 "+id))
			see(t, "too late", tell("zhouting", id+" 外科口罩改成5箱"), says(id, "改不了了", "退货 "+id))

			// How long it took, from the message to the new state and to the warehouse.
			quiet(t, db, patience)
			see(t, "figures", tell("sunyun", "日报"), says("变更 4 次", "平均", "最长", "改好到告诉仓库", "改好到仓库确认"))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM order_changes WHERE done_at > 0 AND done_at - said_at > 480000"))
			sound(t, db)
		})
	}
}

// A customer changes their own order in 微信客服; another customer's is none of their business.
//
// feature: CH-01
func TestACustomerChangesTheirOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.sim.KF.AddCustomer("wm-jiang", "蒋敏", "")
			f.serve()
			ctx := t.Context()
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001", "wm-jiang": "C003"})
			tell := func(who, text string) func() []simulator.Bubble {
				before := len(f.kf(who)())
				require.True(t, f.sim.KF.SendText(ctx, who, text).Accepted)
				return func() []simulator.Bubble { return f.kf(who)()[before:] }
			}
			id := orderNumber.FindString(see(t, "draft", tell("wm-he", "外科口罩4箱"), says("确认 SO")).Text)
			see(t, "placed", tell("wm-he", "确认 "+id), says("已下单 "+id))
			change := see(t, "change", tell("wm-he", "口罩改成6箱"), says("变更 "+id, "4箱 → 6箱", "确认变更"))
			require.NotContains(t, change.Text, "仓库")
			require.NotContains(t, change.Text, "小改动")
			see(t, "changed", tell("wm-he", "确认"), says("已改 "+id))
			see(t, "the salesperson hears", f.wecom("zhouting"), says(id, "已由客户改了", "4箱 → 6箱"))
			see(t, "the warehouse too", f.wecom("zhengku"), offers("收到", id, "4箱 → 6箱"))
			see(t, "not theirs", tell("wm-jiang", id+" 口罩改成1箱"), says("没有查到订单 "+id))
			sound(t, f.sql())
		})
	}
}
