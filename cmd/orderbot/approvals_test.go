package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// An approver hands a decision on, adds somebody to it or sends the order back; who has the right
// leaves a step out.
//
// feature: AP-01, AP-11
func TestApprovalsAreHandedOnAddedSentBackAndSkipped(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			ding := func(who, text string) string {
				return f.ask(f.dingtalk(who), func() { f.sim.DingTalk.SendText(ctx, who, text) }).Text
			}
			wecom := func(who, text string) string {
				return f.ask(f.wecom(who), func() { f.sim.WeCom.SendText(ctx, who, text) }).Text
			}
			card := func(who, id string) simulator.Bubble {
				return see(t, "card of "+who, f.dingtalk(who), offers("同意", id))
			}
			settled := func(who, id string, words ...string) {
				see(t, "settled", f.dingtalk(who), func(b simulator.Bubble) bool {
					_, open := buttonOf(b, "同意")
					return !open && says(append(words, id)...)(b)
				})
			}

			// Handed on: only who was named decides, and the card of before says so.
			id := f.confirmed("zhouting", "澜州一院 外科口罩20箱，周五送到")
			card("dt-wangmin", id)
			require.Contains(t, ding("dt-wangmin", "转交 "+id), "请写明转交给谁")
			require.Contains(t, ding("dt-wangmin", "转交 "+id+" 张无"), "名单里没有「张无」")
			require.Contains(t, ding("dt-wangmin", "转交 "+id+" 王敏"), "本来就在您这里")
			require.Contains(t, ding("dt-wangmin", "转交 "+id+" 周婷"), "不能审批自己的订单")
			require.Contains(t, ding("dt-wangmin", "加签 "+id+" 周婷"), "不能审批自己的订单")
			require.Contains(t, ding("dt-lizhang", "转交 "+id+" 赵财"), "没有")
			require.Contains(t, ding("dt-wangmin", "转交 "+id+" 赵财 我在休假"), "转交给赵财")
			second := card("dt-zhaocai", id)
			settled("dt-wangmin", id, "已转交", "由赵财审批")
			require.Contains(t, ding("dt-wangmin", "同意 "+id), "由赵财审批")
			see(t, "told", f.wecom("zhouting"), says(id, "由王敏转交", "我在休假"))

			// Added: both have to agree, one after the other.
			require.Contains(t, ding("dt-zhaocai", "加签 "+id+" S13"), "钱总")
			require.Contains(t, ding("dt-zhaocai", "加签 "+id+" 钱总"), "已经要钱总审批")
			require.Contains(t, wecom("zhouting", "进度 "+id), "钱总")
			f.pressDingTalk("dt-zhaocai", second, "同意")
			f.pressDingTalk("dt-qianzong", card("dt-qianzong", id), "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))

			// Sent back: a draft again that holds nothing, to be changed and confirmed anew.
			id = f.confirmed("zhouting", "澜州二院 外科口罩25箱，周五送到")
			card("dt-wangmin", id)
			require.Contains(t, ding("dt-wangmin", "退回 "+id), "请写明退回原因")
			require.Contains(t, ding("dt-wangmin", "退回 "+id+" 数量请再核对"), "已退回")
			settled("dt-wangmin", id, "已退回", "数量请再核对")
			see(t, "told", f.wecom("zhouting"), says(id, "退回", "数量请再核对"))
			db := f.sql()
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM reservations WHERE order_id = ?", id))
			const exposure = "SELECT held FROM credit WHERE customer = (SELECT customer FROM orders WHERE id = ?)"
			require.Zero(t, number(t, db, exposure, id))
			f.sim.WeCom.SendText(ctx, "zhouting", id+" 数量改成 30箱")
			again := see(t, "changed draft", f.wecom("zhouting"), offers("确认下单", id, "30箱"))
			f.pressWeCom("zhouting", again, "确认下单")
			f.pressDingTalk("dt-wangmin", card("dt-wangmin", id), "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			require.EqualValues(t, number(t, db, "SELECT total FROM orders WHERE id = ?", id), number(t, db, exposure, id))

			// Left out: only by who has the right, and both are on record.
			id = f.confirmed("zhouting", "澜州二院 丁腈手套M码30箱，周五送到")
			card("dt-wangmin", id)
			require.Contains(t, ding("dt-wangmin", "跳过 "+id+" 赶时间"), "没有这个权限")
			require.Contains(t, wecom("sunyun", "跳过 "+id), "请写明跳过的原因")
			require.Contains(t, wecom("sunyun", "跳过 "+id+" 王敏出差，已电话确认"), "审批完成")
			settled("dt-wangmin", id, "已跳过", "孙运")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			trail := wecom("guanli", "轨迹 "+id)
			require.Contains(t, trail, "跳过被拒绝")
			require.Contains(t, trail, "已电话确认")
		})
	}
}
