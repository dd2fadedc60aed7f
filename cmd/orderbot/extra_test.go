package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
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
				tell := func(text string) func() []simulator.Bubble {
					before := len(f.wecom("zhouting")())
					f.sim.WeCom.SendText(t.Context(), "zhouting", text)
					return func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }
				}
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
