package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// What the rules ask for of VIP customers is asked on their drafts alone, need not be answered, and goes with the order to the
// approvers and the warehouse; where the rules stop the order without it, nothing is confirmed before.
//
// feature: IN-20
func TestOnlySomeCustomersAreAsked(t *testing.T) {
	t.Parallel()
	strict := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(strict, []byte(`routes:
  - {name: 全部, when: 其余, steps: [{role: 销售经理}]}
checks:
  - {name: 专属服务说明, kind: 补充说明, effect: 拦下, when: 客户类型 == "VIP", text: 请填服务说明。}
`), 0o600))
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customers := filepath.Join(t.TempDir(), "customers.csv")
			require.NoError(t, os.WriteFile(customers, []byte(`code,name,type,level,address,sales
C900,临溪康复诊所,VIP,B,临溪市青石路12号,S01
C901,远桥诊所,普通,B,临溪市青石路13号,S01
`), 0o600))
			for _, c := range []struct {
				must bool
				env  []string
			}{{}, {true, []string{"ORDERBOT_RULES=" + strict}}} {
				f := newFirm(t, database(t), medical, c.env...)
				f.command("import", "customers", customers)
				f.serve()
				tell := func(text string) func() []simulator.Bubble { return f.tell("zhouting", text) }
				card := see(t, "draft", tell("远桥诊所 外科口罩2箱"), offers("确认下单", "远桥诊所"))
				require.NotContains(t, card.Text+string(card.Card), "服务说明")
				see(t, "cancelled", tell("取消 "+orderNumber.FindString(card.Title)), says("已取消"))

				card = see(t, "question", tell("临溪康复诊所 外科口罩2箱"), offers("确认下单", "临溪康复诊所", "回复「专属服务说明：…」"))
				id := orderNumber.FindString(card.Title)
				if c.must {
					see(t, "refused", tell("确认 "+id), says("还不能下单", "专属服务说明"))
				}
				card = see(t, "answered", tell("专属服务说明：派工程师跟台"), offers("确认下单", id, "派工程师跟台"))
				require.NotContains(t, card.Text+string(card.Card), "回复「专属服务说明")
				card = see(t, "changed", tell("外科口罩改成3箱"), offers("确认下单", id, "派工程师跟台"))
				f.pressWeCom("zhouting", card, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id, "派工程师跟台")), "同意")
				see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id, "专属服务说明：派工程师跟台"))

				// With the order; and, where it need not be, not at all.
				card = see(t, "draft", tell("临溪康复诊所 外科口罩4箱\n专属服务说明：周末送货"), offers("确认下单", "临溪康复诊所", "周末送货"))
				require.NotContains(t, card.Text+string(card.Card), "回复「专属服务说明")
				if !c.must {
					card = see(t, "question", tell("临溪康复诊所 外科口罩5箱"), offers("确认下单", "回复「专属服务说明：…」"))
					see(t, "placed", tell("确认 "+orderNumber.FindString(card.Title)), says("已下单"))
				}
				f.stop()
			}
		})
	}
}

// An administrator adds a field for one type of customers, changes it and hides it, in the chat, while the servers run: it is
// asked of who it is for, as it is called now, on drafts that were open before too. Orders show what was answered, also after
// the field is gone. A salesperson's try is refused and recorded.
//
// feature: IN-21, MD-13
func TestFieldsAreAddedChangedAndHidden(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customers := filepath.Join(t.TempDir(), "customers.csv")
			require.NoError(t, os.WriteFile(customers, []byte(`code,name,type,level,address,sales
C900,临溪康复诊所,经销商,B,临溪市青石路12号,S01
C901,远桥诊所,普通,B,临溪市青石路13号,S01
`), 0o600))
			f := newFirm(t, database(t), medical)
			f.command("import", "customers", customers)
			f.employ(colleague{name: "罗管", role: orders.RoleAdmin, dingtalk: "dt-luoguan"})
			f.files = inProcess{}
			f.serve()
			servers := []*server{f.server, f.replica()}
			ctx, db := t.Context(), f.sql()
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.dingtalk("dt-zhouting")())
				require.True(t, f.sim.DingTalk.SendText(ctx, "dt-zhouting", text).OK())
				return func() []simulator.Bubble { return f.dingtalk("dt-zhouting")()[before:] }
			}
			send := func(who, name, data string) func() []simulator.Bubble {
				before := len(f.dingtalk(who)())
				require.True(t, f.sim.DingTalk.SendFile(ctx, who, name, []byte(data)).OK())
				return func() []simulator.Bubble { return f.dingtalk(who)()[before:] }
			}
			version := 1
			rule := func(checks string) {
				version++
				screen := send("dt-luoguan", "规则.yaml", "routes:\n  - {name: 全部, when: 其余, steps: [{role: 销售经理}]}\nchecks:\n  - {kind: 地址异常, effect: 提醒}\n"+checks)
				f.pressDingTalk("dt-luoguan", see(t, "card", screen, offers("启用", fmt.Sprintf("启用规则第 %d 版", version))), "启用")
				inForce(t, version, servers...)
			}
			asks := func(customer, words string) string {
				return orderNumber.FindString(see(t, "draft", tell(customer+" 外科口罩2箱"), offers("确认下单", customer, words)).Title)
			}
			asksNot := func(text string) {
				card := see(t, "draft", tell(text), offers("确认下单"))
				for _, w := range []string{"门店编号", "授权书"} {
					require.NotContains(t, card.Text+string(card.Card), w)
				}
				see(t, "cancelled", tell("取消 "+orderNumber.FindString(card.Title)), says("已取消"))
			}
			asksNot("临溪康复诊所 外科口罩1箱")
			older := asks("临溪康复诊所", "草稿")

			// Added: asked of dealers alone, and of the draft that was there before.
			rule(`  - {name: 门店编号, kind: 补充说明, effect: 拦下, when: 客户类型 == "经销商", text: 送哪家门店？}` + "\n")
			see(t, "refused", tell("确认 "+older), says("还不能下单", "门店编号"))
			see(t, "answered", tell(older+" 门店编号：M-07"), offers("确认下单", older, "M-07"))
			see(t, "placed", tell("确认 "+older), says("已下单", older))
			asksNot("远桥诊所 外科口罩3箱")
			open := asks("临溪康复诊所", "回复「门店编号：…」")

			// Changed: called otherwise, and answered by a file.
			rule(`  - {name: 授权书, kind: 补充说明, effect: 拦下, when: 客户类型 == "经销商", text: 请上传经销授权书。}` + "\n")
			see(t, "as it is called now", tell(open+" 外科口罩改成4箱"), offers("确认下单", open, "授权书"))
			see(t, "waiting", tell("加附件 "+open), says("10 分钟"))
			see(t, "answered by a file", send("dt-zhouting", "2026授权书.docx", "PK\x03\x04"), offers("确认下单", open, "附件 1. 2026授权书.docx"))
			see(t, "placed", tell("确认 "+open), says("已下单", open))

			// Hidden: nobody is asked any more, and what was answered stands.
			rule("")
			asksNot("临溪康复诊所 外科口罩5箱")
			see(t, "still readable", tell("明细 "+older), says("门店编号：M-07"))
			see(t, "still readable", tell("明细 "+open), says("授权书：附件 1. 2026授权书.docx"))
			f.decide(t, older, "同意")
			see(t, "pick message", f.wecom("zhengku"), says("拣货 "+older, "门店编号：M-07"))

			// Nobody but administrators.
			see(t, "refused", send("dt-zhouting", "我的规则.yaml", "checks: [{name: 回扣, kind: 补充说明, effect: 拦下, text: 多少？}]"), says("要管理员", "没有改动"))
			see(t, "refused", tell("规则 启用 2"), says("要管理员", "没有改动"))
			quiet(t, db, patience)
			inForce(t, version, servers...)
			require.EqualValues(t, version, number(t, db, "SELECT COUNT(*) FROM rule_versions"))
			require.Equal(t, []string{"S01 dingtalk 我的规则.yaml", "S01 dingtalk 规则 启用 2"},
				texts(t, db, "SELECT actor, channel, after_text FROM audit WHERE action = '改规则被拒绝' ORDER BY id"))
			sound(t, db)
		})
	}
}
