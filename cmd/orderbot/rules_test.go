package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// inForce waits until the servers use a version of the rules.
func inForce(t *testing.T, version int, servers ...*server) {
	t.Helper()
	for _, s := range servers {
		eventually(t, patience, "the rules", func() bool { return s.rules.get().Version == version }, func() string { return "another version" })
	}
}

// A version that is put in force is used by all replicas without a restart; one that is no rules file is not. A file that
// was changed is used after a restart, one that was not takes nothing back.
func TestRulesReachAllReplicas(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
			write(string(rules.Default))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.serve()
			servers := []*server{f.server, f.replica()}
			inForce(t, 1, servers...)
			put := func(text string) (number int) {
				require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
					v, _, err := orders.AddRules(tx, text, "", orders.SystemActor, f.clock.now())
					if err != nil {
						return err
					}
					changes, err := tx.RuleChanges()
					if err != nil {
						return err
					}
					number = v.Number
					return orders.PutInForce(tx, number, len(changes), false, "", orders.SystemActor, f.clock.now())
				}))
				return number
			}
			direct := "routes: [{name: 直通, when: 其余, steps: []}]"
			require.Equal(t, 2, put(direct))
			inForce(t, 2, servers...)
			f.sim.WeCom.SendText(t.Context(), "zhouting", "澜州一院 外科口罩20箱，周五下午前送到")
			card := see(t, "draft", f.wecom("zhouting"), offers("确认下单"))
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单"))
			require.Equal(t, []string{"直通 2"}, texts(t, f.sql(), "SELECT route, rules FROM orders"))

			// What this program can't read does not take the place of what it can.
			require.Equal(t, 3, put("routes: nonsense"))
			require.Equal(t, 4, put(strings.Replace(direct, "直通", "直达", 1)))
			inForce(t, 4, servers...)

			f.stop()
			f.serve() // with the same file
			inForce(t, 4, f.server)
			write(direct + "\n# changed")
			f.stop()
			f.serve()
			inForce(t, 5, f.server)
			inForce(t, 5, servers[1])
		})
	}
}

// An admin reads the rules, tries a file on past orders, puts it in force, and takes it back, all in the chat; nobody else does.
//
// feature: AP-17
func TestRulesInTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{name: "罗管", role: orders.RoleAdmin, wecom: "luoguan", dingtalk: "dt-luoguan"})
			f.serve()
			servers := []*server{f.server, f.replica()}
			ctx, db := t.Context(), f.sql()
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.sim.DingTalk.Screen("dt-luoguan"))
				f.sim.DingTalk.SendText(ctx, "dt-luoguan", text)
				return func() []simulator.Bubble { return f.sim.DingTalk.Screen("dt-luoguan")[before:] }
			}
			send := func(name, text string) func() []simulator.Bubble {
				before := len(f.sim.DingTalk.Screen("dt-luoguan"))
				require.True(t, f.sim.DingTalk.SendFile(ctx, "dt-luoguan", name, []byte(text)).OK())
				return func() []simulator.Bubble { return f.sim.DingTalk.Screen("dt-luoguan")[before:] }
			}
			place := func(text string) string { return f.confirmed("zhouting", text) }
			first := place("澜州一院 外科口罩20箱，周五下午前送到")
			second := place("澜州一院 外科口罩2箱，周五下午前送到")

			screen := tell("规则")
			see(t, "routes", screen, says("第 1 版", "系统启用", "规则 1 自动通过：金额不到 5000 元 且 客户等级是 A", "→ 销售经理 → 财务"))
			see(t, "checks", screen, says("同型号复核", "24 小时内", "加审财务"))
			see(t, "history", tell("规则 历史"), says("系统启用第 1 版", "内置的规则"))
			see(t, "nothing to try", tell("规则试算"), says("没有等着启用的规则"))
			see(t, "nothing before", tell("规则 回退"), says("退不了"))

			// A bad file is refused whole, with every mistake.
			see(t, "refused", send("rules.yaml", "routes: [{name: 甲, when: 金额 < 5000, steps: []}, {name: 乙, when: 金额 > 5000, steps: [{role: 厂长}]}]"),
				says("2 处不对", "没有收下", "第 1 版", "厂长"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM rule_versions"))

			// A sound one is tried on the orders that there are, and used once it is confirmed.
			strict := strings.Replace(string(rules.Default), "金额 < 5000 and", "金额 < 100 and", 1)
			screen = send("新规则.yaml", strict)
			see(t, "trial", screen, says("第 2 版", "「规则 1 自动通过」：金额不到 5000 元 改成 金额不到 100 元", "最近 2 单里有 1 单走法不同", second, "规则 1 自动通过 变成 规则 2 两万以下（销售经理→财务自动）"))
			for _, b := range screen() {
				require.False(t, says(first+" ")(b), "the same as before")
			}
			card := see(t, "card", screen, offers("启用", "启用规则第 2 版"))
			inForce(t, 1, servers...)
			see(t, "unseen", tell("规则 确认 7"), says("请先发「规则 启用 7」"))
			f.pressDingTalk("dt-luoguan", card, "启用")
			see(t, "used", f.dingtalk("dt-luoguan"), says("规则第 2 版已启用"))
			inForce(t, 2, servers...)
			see(t, "settled", f.dingtalk("dt-luoguan"), func(b simulator.Bubble) bool { return strings.Contains(b.Settled+string(b.Card), "已启用 罗管") })
			see(t, "once", tell("规则 确认 2"), says("已经在用"))
			third := place("澜州一院 丁腈手套M码2箱，周五下午前送到")
			require.Equal(t, []string{"规则 2 两万以下 2"}, texts(t, db, "SELECT route, rules FROM orders WHERE id = ?", third))
			require.Equal(t, []string{"规则 1 自动通过 1"}, texts(t, db, "SELECT route, rules FROM orders WHERE id = ?", second))

			// The same file again is the same version; an old card does nothing any more.
			see(t, "the same", send("新规则.yaml", strict), says("第 2 版规则就是现在用的"))
			screen = tell("规则 回退 经理不同意")
			see(t, "back", screen, offers("启用", "回退到规则第 1 版"))
			see(t, "used", tell("规则 确认 1"), says("规则第 1 版已启用"))
			inForce(t, 1, servers...)
			see(t, "differences", tell("规则 差别 1 2"), says("从第 1 版到第 2 版", "金额不到 100 元"))
			see(t, "history", tell("规则 历史"), says("罗管回退到第 1 版（原第 2 版）：经理不同意", "罗管启用第 2 版（原第 1 版）：发来的文件 新规则.yaml"))
			require.Equal(t, []string{
				"system  启用规则 没有规则 内置的规则", "T001 dingtalk 启用规则 第 1 版 发来的文件 新规则.yaml", "T001 dingtalk 回退规则 第 2 版 经理不同意",
			}, texts(t, db, "SELECT actor, channel, action, before_text, reason FROM audit WHERE action IN ('启用规则', '回退规则') ORDER BY id"))

			// Nobody else.
			f.sim.DingTalk.SendText(ctx, "dt-zhouting", "规则")
			see(t, "refused", f.dingtalk("dt-zhouting"), says("要管理员", "没有这个权限"))
			f.sim.DingTalk.SendText(ctx, "dt-wangmin", "规则 启用 2")
			see(t, "refused", f.dingtalk("dt-wangmin"), says("要管理员", "没有这个权限"))
			before := len(f.dingtalk("dt-wangmin")())
			require.True(t, f.sim.DingTalk.SendFile(ctx, "dt-wangmin", "rules.yml", []byte(strict)).OK())
			see(t, "refused", func() []simulator.Bubble { return f.dingtalk("dt-wangmin")()[before:] }, says("要管理员", "没有改动"))
			inForce(t, 1, servers...)
		})
	}
}

// An admin moves the limit of what is approved automatically with one sentence: it is tried, confirmed once, and holds for what is
// confirmed after it. Others are told that they can't.
//
// feature: CF-01
func TestTheLimitIsChangedInTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{name: "罗管", role: orders.RoleAdmin, dingtalk: "dt-luoguan"})
			f.serve()
			servers := []*server{f.server, f.replica()}
			ctx, db := t.Context(), f.sql()
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			place := func(text string) string { return f.confirmed("zhouting", text) }
			first := place("澜州一院 外科口罩11箱，周五下午前送到")
			require.Equal(t, []string{"规则 2 两万以下 1"}, texts(t, db, "SELECT route, rules FROM orders"))

			for who, screen := range map[string]func() []simulator.Bubble{"dt-wangmin": f.dingtalk("dt-wangmin"), "dt-zhouting": f.dingtalk("dt-zhouting")} {
				f.sim.DingTalk.SendText(ctx, who, "把自动通过的上限改成6000")
				see(t, "refused", screen, says("要管理员", "没有这个权限", "没有改动"))
			}
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.sim.DingTalk.Screen("dt-luoguan"))
				f.sim.DingTalk.SendText(ctx, "dt-luoguan", text)
				return func() []simulator.Bubble { return f.sim.DingTalk.Screen("dt-luoguan")[before:] }
			}
			see(t, "too much", tell("自动通过上限调到2万5"), says("规则就对不上了，没有改动", "都能接同一个订单"))
			see(t, "not so", tell("自动通过的上限从4000改成6000"), says("现在自动通过的上限是 5000 元"))
			quiet(t, db, patience)
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM rule_versions"))

			screen := tell("把自动通过的上限改成6000")
			see(t, "trial", screen, says("金额不到 5000 元 改成 金额不到 6000 元", "最近 1 单里有 1 单", first))
			card := see(t, "card", screen, offers("启用", "启用规则第 2 版", "自动通过的上限 5000 元改成 6000 元"))
			inForce(t, 1, servers...)
			var presses sync.WaitGroup
			key, _ := buttonOf(card, "启用")
			for range 5 {
				presses.Go(func() { f.sim.DingTalk.Click(ctx, "dt-luoguan", card.TaskID, key) })
			}
			presses.Wait()
			see(t, "used", f.dingtalk("dt-luoguan"), says("规则第 2 版已启用"))
			inForce(t, 2, servers...)
			quiet(t, db, patience)
			require.EqualValues(t, 2, number(t, db, "SELECT COUNT(*) FROM rule_versions"))
			require.EqualValues(t, 2, number(t, db, "SELECT COUNT(*) FROM rule_changes"))
			require.Equal(t, []string{"T001 dingtalk 第 1 版 自动通过的上限 5000 元改成 6000 元"},
				texts(t, db, "SELECT actor, channel, before_text, reason FROM audit WHERE action = '启用规则' AND actor <> 'system'"))

			second := place("澜州一院 外科口罩10箱，周五下午前送到")
			require.Equal(t, []string{"规则 1 自动通过 2"}, texts(t, db, "SELECT route, rules FROM orders WHERE id = ?", second))
			require.Equal(t, []string{"pending_approval 规则 2 两万以下 1"}, texts(t, db, "SELECT status, route, rules FROM orders WHERE id = ?", first))
			f.pressDingTalk("dt-wangmin", see(t, "running", f.dingtalk("dt-wangmin"), offers("同意", first)), "同意")
			see(t, "approved", f.wecom("zhouting"), says(first, "已批准"))
			sound(t, db)
		})
	}
}

// An admin gets the rules in force as a file, and moves where the director begins to decide with a sentence: tried, confirmed, and
// it holds. Others get and move nothing.
func TestRulesFileAndLimitsOfRoles(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{name: "罗管", role: orders.RoleAdmin, wecom: "luoguan", dingtalk: "dt-luoguan"})
			f.serve()
			inForce(t, 1, f.server)
			ctx := t.Context()
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.sim.DingTalk.Screen("dt-luoguan"))
				f.sim.DingTalk.SendText(ctx, "dt-luoguan", text)
				return func() []simulator.Bubble { return f.sim.DingTalk.Screen("dt-luoguan")[before:] }
			}
			isFile := func(b simulator.Bubble) bool { return b.MediaID != "" }
			content := func(b simulator.Bubble) (string, []byte) {
				data, name, ok := f.sim.Media(b.MediaID)
				require.True(t, ok)
				return name, data
			}

			// The file of what is in force: in an archive on DingTalk, as it is on WeCom.
			name, data := content(see(t, "file", tell("规则 文件"), isFile))
			require.Equal(t, "rules-1.zip", name)
			archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			require.NoError(t, err)
			require.Len(t, archive.File, 1)
			inside, err := archive.File[0].Open()
			require.NoError(t, err)
			text, err := io.ReadAll(inside)
			require.NoError(t, err)
			require.Equal(t, string(rules.Default), string(text))
			f.sim.WeCom.SendText(ctx, "luoguan", "规则文件")
			name, data = content(see(t, "file", f.wecom("luoguan"), isFile))
			require.Equal(t, "rules-1.yaml", name)
			require.Equal(t, string(rules.Default), string(data))
			f.sim.WeCom.SendText(ctx, "zhouting", "规则 文件")
			see(t, "refused", f.wecom("zhouting"), says("要管理员", "没有改动"))

			// A sentence moves the limit.
			see(t, "nobody above", tell("把总监的上限改成8万"), says("总监的审批没有上限"))
			see(t, "not so", tell("总监审批的门槛从4万改成8万"), says("现在总监审批的起点是 50000 元，不是 40000 元"))
			screen := tell("把财务总监的上限改成80000")
			see(t, "trial", screen, says("金额超过 50000 元", "金额超过 80000 元"))
			card := see(t, "card", screen, offers("启用", "启用规则第 2 版", "总监审批的起点 50000 元改成 80000 元"))
			f.pressDingTalk("dt-luoguan", card, "启用")
			inForce(t, 2, f.server)
			see(t, "changed", tell("规则 差别 1 2"), says("80000"))
			name, data = content(see(t, "file", tell("规则 文件 2"), isFile))
			require.Equal(t, "rules-2.zip", name)
			require.NotEmpty(t, data)
		})
	}
}
