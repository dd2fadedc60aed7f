package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// Customers who are marked in the master data, or of whose goods more than 15 % came back, are marked for the salesperson and for who
// decides, with the reason; 15.0 % is not more, and what the customer sees says nothing of it. What is under way, what was refused and
// what is older than the rules look back does not count.
//
// feature: DM-06
func TestCustomersOfRiskAreMarked(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &returning{newFirm(t, database(t), medical), t}
			f.load("products", "code,name,unit,price,stock", "X01,导丝,根,1,90000")
			f.load("customers", "code,name,level,sales,address,高危", "K15,蓝海诊所,B,S01,南京市江宁区将军大道88号,", "K16,青山诊所,B,S01,南京市江宁区将军大道89号,否", "K17,远山诊所,B,S01,苏州市吴中路1号,是")
			f.serve()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "K16"})
			db := f.sql()
			back := func(id, quantity string) {
				card := see(t, "to be signed", f.tell("zhouting", "退货 "+id+" 导丝"+quantity+"根 质量"), offers("签字", "TH"))
				f.pressWeCom("zhouting", card, "签字")
				th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
				f.pressWeCom("zhengku", see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th)), "全部良品入库")
				see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))
				quiet(t, db, patience)
				f.clock.advance(2 * time.Minute)
			}
			words := func(b simulator.Bubble) string { return b.Title + b.Text + string(b.Card) }
			for customer, quantity := range map[string]string{"蓝海诊所": "150", "青山诊所": "151"} {
				back(f.shipped(customer+" 导丝1000根", true), quantity)
			}

			// 15.0 % is not marked, 15.1 % is; so is who is marked in the master data.
			_, card := f.draftOf("zhouting", "蓝海诊所 导丝2000根")
			require.NotContains(t, words(card), "⚠️")
			const rate = "近 365 天退货率 15.1%，超过 15%（发出 ¥1,000.00，退回 ¥151.00）"
			id, card := f.draftOf("zhouting", "青山诊所 导丝2000根")
			require.Contains(t, words(card), "⚠️ 风险")
			require.Contains(t, words(card), rate)
			f.pressWeCom("zhouting", card, "确认下单")
			card = see(t, "card", f.dingtalk("dt-wangmin"), offers("同意", id))
			require.Contains(t, card.Title, "⚠️ ")
			require.Contains(t, words(card), rate)
			id, card = f.draftOf("zhouting", "远山诊所 导丝2000根")
			require.Contains(t, words(card), "客户档案标为高危客户")
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "card", f.dingtalk("dt-wangmin"), offers("同意", id, "⚠️", "客户档案标为高危客户"))

			// Never to the customer: neither on the draft nor later.
			f.sim.KF.SendText(t.Context(), "wm-he", "导丝3000根")
			mine := see(t, "the customer's draft", f.kf("wm-he"), says("导丝", "3000根"))
			f.sim.KF.SendText(t.Context(), "wm-he", "确认 "+orderNumber.FindString(words(mine)))
			see(t, "placed", f.kf("wm-he"), says("已下单"))
			quiet(t, db, patience)
			f.sim.KF.SendText(t.Context(), "wm-he", "明细 "+orderNumber.FindString(words(mine)))
			quiet(t, db, patience)
			for _, b := range f.kf("wm-he")() {
				for _, secret := range []string{"退货率", "高危", "⚠️ 风险"} {
					require.NotContains(t, words(b), secret)
				}
			}
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE chat_id LIKE '%wm-he%' AND (body LIKE '%退货率%' OR body LIKE '%高危%')"))
			sound(t, db)
		})
	}
}

// How far back the rules look is configured, and what was ordered before does not count.
//
// feature: DM-06
func TestReturnsAreLookedAtAsFarBackAsConfigured(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte("routes:\n  - {name: 直通, when: 其余, steps: []}\nchecks:\n  - {kind: 退货率, effect: 加审, role: 财务, percent: 15, days: 30}\n"), 0o600))
	f := &returning{newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical, "ORDERBOT_RULES="+file), t}
	f.load("products", "code,name,unit,price,stock", "X01,导丝,根,1,90000")
	f.load("customers", "code,name,level,sales,address", "K15,蓝海诊所,B,S01,南京市江宁区将军大道88号")
	f.serve()
	db := f.sql()
	id := f.shipped("蓝海诊所 导丝1000根", true)
	screen := f.tell("zhouting", "退货 "+id+" 导丝200根 质量")
	f.pressWeCom("zhouting", see(t, "to be signed", screen, offers("签字", "TH")), "签字")
	quiet(t, db, patience)
	_, card := f.draftOf("zhouting", "蓝海诊所 导丝20根")
	require.NotContains(t, string(card.Card), "退货率", "nothing has come in yet")
	th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
	f.pressWeCom("zhengku", see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th)), "全部良品入库")
	see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))
	marked, card := f.draftOf("zhouting", "蓝海诊所 导丝30根")
	require.Contains(t, string(card.Card), "近 30 天退货率 20%")
	f.pressWeCom("zhouting", card, "确认下单")
	see(t, "placed", f.wecom("zhouting"), says("已下单", marked))
	require.Equal(t, []string{"直通，加审"}, texts(t, db, "SELECT route FROM orders WHERE id = ?", marked))
	see(t, "the review", f.dingtalk("dt-lizhang"), offers("同意", marked, "近 30 天退货率 20%"))
	quiet(t, db, patience)
	f.clock.advance(31 * 24 * time.Hour)
	_, card = f.draftOf("zhouting", "蓝海诊所 导丝40根")
	require.NotContains(t, string(card.Card), "退货率", "after 31 days")
	sound(t, db)
}

// The classes that the rules sort an order into stand on the salesperson's draft and the approval card, not on the customer's.
//
// feature: DM-07
func TestClassesStandOnTheDraft(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte(`routes:
  - {name: 全部, when: 其余, steps: [{role: 销售经理}]}
classes:
  region:
    - {name: 华东二区, when: '区域 in ["江苏", "安徽"]'}
    - {name: 其他区, when: 其余}
  line:
    - {name: 介入线, when: '"导管" in 分类 or "导丝" in 分类'}
    - {name: 设备线, when: '"设备" in 分类'}
`), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.load("products", "code,name,unit,category,price,stock", "X01,导丝,根,导丝,1,90000", "X02,监护仪,台,设备,900,9")
			f.load("prices", "product,scope,price,mode", "X01,区域:江苏,0.9,寄售")
			f.load("customers", "code,name,region,sales,address", "K15,蓝海诊所,江苏,S01,南京市江宁区将军大道88号", "K16,远山诊所,浙江,S01,杭州市文三路1号")
			f.serve()
			db := f.sql()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "K15"})
			words := func(b simulator.Bubble) string { return b.Title + b.Text + string(b.Card) }
			id, card := f.draftOf("zhouting", "蓝海诊所 导丝200根，监护仪1台")
			require.Contains(t, words(card), "区域 华东二区，产品线 介入线、设备线，计价模式 寄售、标准")
			_, other := f.draftOf("zhouting", "远山诊所 导丝300根")
			require.Contains(t, words(other), "区域 其他区，产品线 介入线，计价模式 标准")
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id, "区域 华东二区，产品线 介入线、设备线，计价模式 寄售、标准"))

			// They are kept with the order.
			require.Equal(t, []string{"[{\"kind\":\"region\",\"name\":\"华东二区\"},{\"kind\":\"line\",\"name\":\"介入线\"},{\"kind\":\"line\",\"name\":\"设备线\"},{\"kind\":\"mode\",\"name\":\"寄售\"},{\"kind\":\"mode\",\"name\":\"标准\"}]"},
				texts(t, db, "SELECT classes FROM orders WHERE id = ?", id))
			f.sim.KF.SendText(t.Context(), "wm-he", "导丝500根")
			see(t, "the customer's draft", f.kf("wm-he"), says("导丝", "500根"))
			quiet(t, db, patience)
			for _, b := range f.kf("wm-he")() {
				require.NotContains(t, words(b), "华东二区")
				require.NotContains(t, words(b), "介入线")
			}
			sound(t, db)
		})
	}
}
