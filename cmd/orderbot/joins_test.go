package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An order is split into batches and put together again by words and buttons. Goods, money and what is held stay what they were, all
// orders know each other, the warehouse hears of it, and what two approvals covered apart is approved anew as one, or is apart again.
//
// feature: DM-04
func TestOrdersAreSplitAndMerged(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db := f.sql()
			tell := f.tell
			// all that the orders under way are, together
			whole := func() []string {
				return slices.Concat(
					texts(t, db, "SELECT SUM(total), SUM(freight), SUM(held) FROM orders WHERE status NOT IN ('closed', 'cancelled')"),
					texts(t, db, "SELECT l.product, SUM(l.base), SUM(l.amount), SUM(l.reserved) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.status NOT IN ('closed', 'cancelled') GROUP BY l.product ORDER BY l.product"),
					texts(t, db, "SELECT product, kind, SUM(quantity) FROM reservations GROUP BY product, kind ORDER BY product, kind"))
			}
			status := func(id string) string { return texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0] }

			see(t, "a draft", tell("zhouting", "澜州一院 外科口罩4箱，丁腈手套M码5盒"), offers("确认下单"))
			see(t, "not yet", tell("zhouting", "拆成两批"), says("还是草稿"))
			placed := see(t, "placed", tell("zhouting", "确认"), says("已下单 SO"))
			id := orderNumber.FindString(placed.Text)
			see(t, "picked", f.wecom("zhengku"), says("拣货 "+id))
			before := whole()

			// Split: what is meant is shown first.
			see(t, "not theirs", tell("chenli", id+" 拆两批"), says("没有"))
			see(t, "too many", tell("zhouting", id+" 拆两批：先发外科口罩9箱，剩下的下周一"), says(id, "没有那么多", "没有改动"))
			see(t, "which day", tell("zhouting", id+" 拆两批：先发外科口罩1箱，剩下的下周"), says("下周", "哪一天"))
			see(t, "all of some goods", tell("zhouting", id+" 拆两批：先发手套，剩下的下周一"), offers("确认拆分", "5盒", "4箱", "¥2,013.00，不变"))
			see(t, "all goods", tell("zhouting", id+" 拆两批：先发手套和口罩，剩下的下周一"), says("没看懂"))
			card := see(t, "halves", tell("zhouting", id+" 拆成两批"), offers("确认拆分", "第 1 批（"+id+"）", "2箱", "3盒", "第 2 批（新单号）", "2盒"))
			fresh := see(t, "as said", tell("zhouting", id+" 拆两批：先发外科口罩1箱，剩下的下周一"), offers("确认拆分", "1箱", "3箱", "5盒", "合计", "¥2,013.00，不变"))
			f.pressWeCom("zhouting", card, "确认拆分")
			see(t, "stale", f.wecom("zhouting"), says("已经作废", id))
			require.Equal(t, before, whole())
			f.pressWeCom("zhouting", fresh, "确认拆分")
			done := see(t, "split", f.wecom("zhouting"), says("已拆成 2 批："+id))
			all := orderNumber.FindAllString(done.Text, -1)
			require.Len(t, all, 2)
			part := all[1]
			require.Equal(t, before, whole(), "nothing more and nothing less")
			require.Equal(t, []string{"allocated", "allocated"}, []string{status(id), status(part)})
			see(t, "once", tell("zhouting", "确认拆分 "+id), says(id, "不用再操作"))
			require.Equal(t, before, whole())
			see(t, "they know each other", tell("zhouting", "明细 "+part), says("拆自 "+id, "5盒"))
			see(t, "they know each other", tell("zhouting", "明细 "+id), says("拆出 "+part, "1箱"))
			require.Equal(t, []string{id, id}, texts(t, db, "SELECT family FROM orders ORDER BY id"))
			see(t, "the new one is picked", f.wecom("zhengku"), says("拣货 "+part, "拆自 "+id))
			see(t, "the old one has changed", f.wecom("zhengku"), offers("收到", id, "4箱 → 1箱"))
			see(t, "not before", tell("zhengku", "发货 "+id+" SF1234567890123"), says("收到 "+id))

			// And together again.
			see(t, "taken", tell("zhengku", "收到 "+id), says("变更您已看过"))
			see(t, "merge", tell("zhouting", "合并到"+part), offers("确认合并", part, id+"（并进来）", "¥2,013.00，一单"))
			see(t, "no", tell("zhouting", "不合并了"), says(part, "没有改"))
			see(t, "merge", tell("zhouting", "把"+part+"合并到"+id), offers("确认合并", "合并到 "+id))
			see(t, "merged", tell("zhouting", "确认合并"), says("已合并："+part+" 并入 "+id, "¥2,013.00"))
			require.Equal(t, before, whole())
			require.Equal(t, []string{"allocated", "closed"}, []string{status(id), status(part)})
			see(t, "stop", f.wecom("zhengku"), says("停止拣货 "+part, "已并入 "+id))
			see(t, "gone", tell("zhouting", part+" 外科口罩改成9箱"), says("已并入 "+id))

			// Two that were approved apart: as one they are approved anew. If that is refused, they are two again.
			f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			approved := func(text string) string {
				id := f.confirmed("zhouting", text)
				f.pressDingTalk("dt-wangmin", see(t, "approval", f.dingtalk("dt-wangmin"), offers("同意", "审批 "+id)), "同意")
				see(t, "approved", f.wecom("zhengku"), says("拣货 "+id))
				return id
			}
			one, two := approved("澜州一院 外科口罩15箱"), approved("澜州一院 乳胶手套M码30箱")
			quiet(t, db, patience)
			before = whole()
			see(t, "merge", tell("zhouting", two+"和"+one+"合并"), offers("确认合并", "重新走 销售经理"))
			see(t, "merged", tell("zhouting", "确认"), says("已合并："+one+" 并入 "+two, "等销售经理审批"))
			require.Equal(t, before, whole())
			require.Equal(t, "pending_approval", status(two))
			see(t, "both in one", f.dingtalk("dt-wangmin"), offers("同意", "审批 "+two, "合并"))
			f.sim.DingTalk.SendText(t.Context(), "dt-wangmin", "驳回 "+two+" 分开发")
			see(t, "refused", f.wecom("zhouting"), says(two, "变更没有批准", "分开发"))
			require.Equal(t, []string{"allocated", "allocated"}, []string{status(one), status(two)})
			require.Equal(t, before, whole())
			sound(t, db)
		})
	}
}
