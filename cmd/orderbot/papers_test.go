package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// What is imported needs customs papers: they are on the order as a check-list, what is missing is named, and while one is
// missing the goods stay where they are.
//
// feature: AP-16
func TestMissingCustomsPapersKeepAnOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("products", "code,name,unit,price,stock,imported", "X01,进口缝线,根,5,1000,是", "X02,国产缝线,根,3,1000,否")
			f.load("customers", "code,name,level,credit_grade,sales,address", "K01,蓝海诊所,A,A,S01,南京市江宁区将军大道88号")
			f.serve()
			db := f.sql()
			wecom := f.answer
			place := func(text string) (string, simulator.Bubble) {
				id, draft := f.draftOf("zhouting", text)
				f.pressWeCom("zhouting", draft, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				return id, draft
			}
			other, draft := place("蓝海诊所 国产缝线20根")
			require.NotContains(t, string(draft.Card), "报关")
			require.Contains(t, wecom("zhouting", "资料 "+other), "没有要报关资料的货")
			require.Contains(t, wecom("zhengku", "发货 "+other+" SF1234567890123"), "已发货")

			id, draft := place("蓝海诊所 进口缝线20根")
			require.True(t, says("含进口物料（X01）", "还缺 报关单、原产地证、检验检疫证明", "资料不齐")(draft))
			see(t, "purchasing is told", f.wecom("fenggou"), says(id, "资料不齐", "报关单、原产地证、检验检疫证明"))
			see(t, "the warehouse is told", f.wecom("zhengku"), says("拣货 "+id, "资料不齐"))
			ship := func() string { return wecom("zhengku", "发货 "+id+" SF1234567890124") }
			require.Contains(t, ship(), "资料不齐，还缺 报关单、原产地证、检验检疫证明，不能发货")

			require.Contains(t, wecom("fenggou", "资料 "+id+" 保修卡 已齐"), "没有「保修卡」")
			answer := wecom("fenggou", "资料 "+id+" 报关单、检验检疫证明 已齐")
			require.Regexp(t, `资料不齐，缺 原产地证(?s:.*)✅ 报关单　冯购(?s:.*)⬜ 原产地证(?s:.*)✅ 检验检疫证明　冯购`, answer)
			require.Contains(t, wecom("zhengku", "待办"), "资料不齐，缺 原产地证")
			require.Contains(t, wecom("zhouting", "进度 "+id), "报关资料：资料不齐，缺 原产地证")
			require.Contains(t, ship(), "还缺 原产地证，不能发货", "one missing paper keeps it")

			// Who has nothing to do with it changes nothing.
			for _, who := range []string{"lizhang", "wangmin"} {
				before := wecom("zhouting", "资料 "+id)
				answer := wecom(who, "资料 "+id+" 原产地证 已齐")
				if who == "lizhang" {
					require.Contains(t, answer, "没有这个权限，没有改动")
					require.Equal(t, before, wecom("zhouting", "资料 "+id))
				}
			}
			see(t, "complete", f.wecom("zhengku"), says(id, "报关资料已齐，可以发货了"))
			require.Contains(t, wecom("zhouting", "资料 "+id+" 报关单作废"), "缺 报关单")
			require.Contains(t, ship(), "还缺 报关单，不能发货")
			require.Contains(t, wecom("zhouting", "资料 "+id+" 全部已齐"), "报关资料：已齐")
			require.Contains(t, ship(), "已发货")
			require.Contains(t, wecom("fenggou", "资料 "+id+" 报关单 没有"), "不用再登记")
			require.Equal(t, []string{
				"S30 缺 报关单、原产地证、检验检疫证明 缺 原产地证 检验检疫证明、报关单", "S10 缺 原产地证 已齐 原产地证", "S01 已齐 缺 报关单 报关单", "S01 缺 报关单 已齐 报关单、原产地证、检验检疫证明",
			}, texts(t, db, "SELECT actor, before_text, after_text, reason FROM audit WHERE action = '报关资料' ORDER BY id"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Where the rules stop an order without its papers, nothing is confirmed before they are there.
func TestPapersBeforeTheOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, "checks:\n  - {kind: 进口, effect: 拦下, papers: [报关单, 产地 证明]}\n"))
			f.load("products", "code,name,unit,price,stock,imported", "X01,进口缝线,根,5,1000,是", "X02,国产缝线,根,3,1000,否")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.serve()
			wecom := func(text string) string { return f.answer("zhouting", text) }
			id, _ := f.draftOf("zhouting", "蓝海诊所 进口缝线20根，国产缝线5根")
			require.Contains(t, wecom("确认 "+id), "还缺 报关单、产地 证明")
			require.Contains(t, wecom("资料 "+id+" 产地 证明 到了"), "缺 报关单")
			require.Regexp(t, `还不能下单(?s:.*)还缺 报关单$`, wecom("确认 "+id))
			require.Contains(t, wecom("资料 "+id+" 齐了"), "已齐")
			require.Contains(t, wecom("确认 "+id), "已下单")
			require.Equal(t, orders.StatusAllocated, f.status(t, id))

			// Without the goods that need them the papers are no matter.
			id, _ = f.draftOf("zhouting", "蓝海诊所 进口缝线20根，国产缝线5根")
			f.sim.WeCom.SendText(t.Context(), "zhouting", "进口缝线不要了")
			see(t, "changed", f.wecom("zhouting"), func(b simulator.Bubble) bool {
				return offers("确认下单", id)(b) && !says("进口缝线")(b)
			})
			require.Contains(t, wecom("确认 "+id), "已下单")
		})
	}
}
