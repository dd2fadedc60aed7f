package main

import (
	"os"
	"path/filepath"
	"sync"
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
			wecom := f.answer
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
			require.Contains(t, ding("dt-lizhang", "跳过 "+id+" 再跳一步"), "没有这个权限", "also where nothing is left to skip")
			trail := wecom("guanli", "轨迹 "+id)
			require.Regexp(t, "王敏 跳过被拒绝（赶时间）(?s:.*)孙运 跳过(?s:.*)已电话确认(?s:.*)李账 跳过被拒绝（再跳一步）", trail)
		})
	}
}

// A step of several roles is decided by one of their people, whoever presses at once, and says so on the card and in 进度.
//
// feature: AP-01, AP-10
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
			quiet(t, db, patience)
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

// A step that all of several roles decide waits for each of them at once: nobody counts twice, a consent of one is not enough, and
// one rejection is.
//
// feature: AP-10
func TestAllOfSeveralRolesDecide(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte("routes: [{name: 会签, when: 其余, steps: [{all: [财务, 财务总监]}, {role: 运营主管}]}]"), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.serve()
			ctx, db := t.Context(), f.sql()
			place := func(text string) string {
				before := len(f.sim.WeCom.Screen("zhouting"))
				f.sim.WeCom.SendText(ctx, "zhouting", text)
				card := see(t, "draft", func() []simulator.Bubble { return f.sim.WeCom.Screen("zhouting")[before:] }, offers("确认下单"))
				f.pressWeCom("zhouting", card, "确认下单")
				id := orderNumber.FindString(card.Title)
				see(t, "placed", f.wecom("zhouting"), says("已下单", id, "等财务和财务总监审批"))
				return id
			}
			state := func(id string) []string {
				quiet(t, db, patience)
				return texts(t, db, "SELECT role, status, decided_by FROM order_nodes WHERE order_id = ? ORDER BY seq", id)
			}
			id := place("澜州一院 外科口罩20箱，周五送到")
			finance := see(t, "card", f.dingtalk("dt-lizhang"), offers("同意", id, "会签，还要财务总监"))
			cfo := see(t, "card", f.dingtalk("dt-zhaocai"), offers("同意", id, "会签，还要财务"))
			f.sim.WeCom.SendText(ctx, "zhouting", "进度 "+id)
			see(t, "chain", f.wecom("zhouting"), says("1 ⏳ 财务（会签） 李账", "2 ⏳ 财务总监（会签） 赵财", "3 ⚪ 运营主管"))

			// One presses many times, and says so besides: it counts once, and is not enough.
			key, _ := buttonOf(finance, "同意")
			var presses sync.WaitGroup
			for range 5 {
				presses.Go(func() { f.sim.DingTalk.Click(ctx, "dt-lizhang", finance.TaskID, key) })
			}
			presses.Wait()
			see(t, "settled", f.dingtalk("dt-lizhang"), says("已同意", "接着由财务总监审批"))
			f.sim.DingTalk.SendText(ctx, "dt-lizhang", "同意 "+id)
			see(t, "refused", f.dingtalk("dt-lizhang"), says("现在由财务总监审批", "没有这一步的权限"))
			require.Equal(t, []string{"finance approved S11", "cfo open ", "operations waiting "}, state(id))
			f.pressDingTalk("dt-zhaocai", cfo, "同意")
			f.pressDingTalk("dt-sunyun", see(t, "card", f.dingtalk("dt-sunyun"), offers("同意", id)), "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			require.Equal(t, []string{"finance approved S11", "cfo approved S12", "operations approved S14"}, state(id))

			// Both at once.
			id = place("澜州一院 丁腈手套M码2箱，周五送到")
			for _, who := range []string{"dt-lizhang", "dt-zhaocai"} {
				b := see(t, "card", f.dingtalk(who), offers("同意", id))
				key, _ := buttonOf(b, "同意")
				presses.Go(func() { f.sim.DingTalk.Click(ctx, who, b.TaskID, key) })
			}
			presses.Wait()
			see(t, "next", f.dingtalk("dt-sunyun"), offers("同意", id))
			require.Equal(t, []string{"finance approved S11", "cfo approved S12", "operations open "}, state(id))

			// Handed on, the other one still decides; a rejection ends it for all.
			id = place("澜州一院 外科口罩30箱，周五送到")
			see(t, "card", f.dingtalk("dt-zhaocai"), offers("同意", id))
			f.sim.DingTalk.SendText(ctx, "dt-lizhang", "转交 "+id+" 钱总 请您看")
			see(t, "handed on", f.dingtalk("dt-qianzong"), offers("同意", id, "会签，还要财务总监"))
			f.sim.DingTalk.SendText(ctx, "dt-zhaocai", "驳回 "+id+" 价格不对")
			see(t, "rejected", f.wecom("zhouting"), says(id, "驳回", "价格不对"))
			require.Equal(t, []string{"finance transferred S11", "cfo rejected S12", "finance void ", "operations void "}, state(id))
			see(t, "settled", f.dingtalk("dt-qianzong"), says("已作废"))
			for _, b := range f.dingtalk("dt-qianzong")() {
				require.False(t, offers("同意", id)(b))
			}

			// Left out as a whole, by who may.
			id = place("澜州一院 丁腈手套M码3箱，周五送到")
			f.sim.DingTalk.SendText(ctx, "dt-sunyun", "跳过 "+id+" 财务都在外地，已电话确认")
			see(t, "skipped", f.dingtalk("dt-sunyun"), says("已跳过", id, "运营主管"))
			require.Equal(t, []string{"finance skipped S14", "cfo skipped S14", "operations open "}, state(id))
			sound(t, db)
		})
	}
}

// Somebody who holds both roles of a step decides for one of them; the other goes to their superior, who gets the card.
//
// feature: AP-10
func TestOnePersonHoldsBothRolesOfAStep(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte("routes: [{name: 会签, when: 其余, steps: [{all: [计划员, 工程师]}]}]"), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.employ(colleague{name: "何兼", role: "planner;engineer", dingtalk: "dt-hejian"})
			f.serve()
			id := f.confirmed("zhouting", "澜州一院 外科口罩20箱，周五送到")
			first := see(t, "card", f.dingtalk("dt-hejian"), offers("同意", id, "计划员审批", "会签，还要工程师"))
			second := see(t, "card", f.dingtalk("dt-hejian"), offers("同意", id, "工程师审批", "会签，还要计划员"))
			f.pressDingTalk("dt-hejian", first, "同意")
			superior := see(t, "passed on", f.dingtalk("dt-wangmin"), offers("同意", id, "工程师审批"))
			f.pressDingTalk("dt-hejian", second, "同意")
			see(t, "refused", f.dingtalk("dt-hejian"), says(id, "一个人只算一个角色", "工程师要另一位来审批"))
			f.sim.WeCom.SendText(t.Context(), "zhouting", "进度 "+id)
			see(t, "chain", f.wecom("zhouting"), says("1 ✅ 计划员（会签） 何兼", "2 ⏳ 工程师（会签） 王敏"))
			f.pressDingTalk("dt-wangmin", superior, "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			see(t, "settled", f.dingtalk("dt-hejian"), says(id, "工程师审批", "已同意 王敏"))
			sound(t, f.sql())
		})
	}
}

// Sales supervisor, finance, warehouse: one card a step, with its deadline; the warehouse hears of an order, and can ship it, when
// finance has decided, or where the branch without finance takes it. The chain that is shown is the one that is gone.
//
// feature: AP-06, AP-22
func TestTheWarehouseComesAfterFinance(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte(
				"routes: [{name: 两步, when: 其余, steps: [{role: 销售经理, limit: 2h}, {role: 财务, limit: 5h, when: not 加急}]}]"), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.stock()
			f.serve()
			db := f.sql()
			say := func(who, text, word string) string {
				before := len(f.wecom(who)())
				f.sim.WeCom.SendText(t.Context(), who, text)
				return see(t, word, func() []simulator.Bubble { return f.wecom(who)()[before:] }, says(word)).Text
			}
			progress := func(id string) string { return say("zhouting", "进度 "+id, "进度 "+id) }
			silent := func(id string) {
				t.Helper()
				say("zhengku", "发货 "+id+" SF1234567890123", "还没批准")
				quiet(t, db, patience)
				require.Zero(t, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE order_id = ? AND chat_id IN ('zhengku', 'wucang') AND kind <> 'reply'", id))
				require.Zero(t, number(t, db, "SELECT COUNT(*) FROM reservations WHERE order_id = ? AND kind = 'firm'", id))
			}
			card := func(who, id string) simulator.Bubble {
				return see(t, "card of "+who, f.dingtalk(who), offers("同意", id, "期限"))
			}

			id := f.confirmed("zhouting", "澜州一院 外科口罩20箱，周五送到")
			manager := card("dt-wangmin", id)
			require.Regexp(t, "(?s)1 ⏳ 销售经理 王敏（.*前）\n2 ⚪ 财务 李账（轮到后 5 小时内）.*批准以后：仓库拣货、发货", progress(id))
			silent(id)
			f.pressDingTalk("dt-wangmin", manager, "同意")
			finance := card("dt-lizhang", id)
			require.Regexp(t, "1 ✅ 销售经理 王敏 .* 同意\n2 ⏳ 财务 李账（.*前）", progress(id))
			silent(id)
			f.pressDingTalk("dt-lizhang", finance, "同意")
			see(t, "picking", f.wecom("zhengku"), says(id, "拣货"))
			require.Regexp(t, "1 ✅ 销售经理 王敏 .* 同意\n2 ✅ 财务 李账 .* 同意\n", progress(id))
			require.Equal(t, []string{"1 sales_manager approved S10", "2 finance approved S11"},
				texts(t, db, "SELECT seq, role, status, decided_by FROM order_nodes WHERE order_id = ? ORDER BY seq", id))
			say("zhengku", "发货 "+id+" SF1234567890123", "已发货 "+id)

			id = f.confirmed("zhouting", "澜州二院 外科口罩15箱，周五送到，加急")
			manager = card("dt-wangmin", id)
			require.NotContains(t, progress(id), "财务")
			silent(id)
			f.pressDingTalk("dt-wangmin", manager, "同意")
			see(t, "picking", f.wecom("zhengku"), says(id, "拣货"))
			sound(t, db)
		})
	}
}
