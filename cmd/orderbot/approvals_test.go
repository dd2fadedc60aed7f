package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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

// A step of several roles is decided by one of their people, whoever presses at once, and says so on the card and in 进度.
func TestAnyOfSeveralRolesDecides(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte("routes: [{name: 两家, when: 其余, steps: [{any: [财务, 财务总监]}, {any: [总监, 运营主管]}]}]"), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.serve()
			ctx, db := t.Context(), f.sql()
			f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院 外科口罩20箱，周五送到")
			card := see(t, "draft", f.wecom("zhouting"), offers("确认下单"))
			id := orderNumber.FindString(card.Title)
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id, "等财务或财务总监审批"))
			f.sim.WeCom.SendText(ctx, "zhouting", "进度 "+id)
			see(t, "chain", f.wecom("zhouting"), says("财务或财务总监", "李账、赵财", "总监或运营主管", "钱总"))
			f.sim.DingTalk.SendText(ctx, "dt-wangmin", "同意 "+id)
			see(t, "refused", f.dingtalk("dt-wangmin"), says("由财务或财务总监审批", "没有这一步的权限"))

			// Both press at once: one of them decides, and each card says who.
			var presses sync.WaitGroup
			for _, who := range []string{"dt-lizhang", "dt-zhaocai"} {
				b := see(t, "card", f.dingtalk(who), offers("同意", "财务或财务总监审批", id))
				key, _ := buttonOf(b, "同意")
				presses.Go(func() { f.sim.DingTalk.Click(ctx, who, b.TaskID, key) })
			}
			presses.Wait()
			quiet(t, db, time.Minute)
			for _, who := range []string{"dt-lizhang", "dt-zhaocai"} {
				see(t, "settled", f.dingtalk(who), says("已同意", "接着由总监或运营主管审批"))
			}
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action LIKE '同意（%'"))

			b := see(t, "card", f.dingtalk("dt-sunyun"), offers("同意", id))
			f.pressDingTalk("dt-sunyun", b, "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			sound(t, db)
		})
	}
}
