package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// An order with the same goods as one of the same customer is put beside it and a person decides; orders that differ are both
// kept however close together they come, and so are those that one message asks for.
//
// feature: DM-02
func TestLikeOrdersArePutSideBySide(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db := f.sql()
			tell := f.tell
			id := func(b simulator.Bubble) string { return orderNumber.FindString(b.Title) }
			status := func(id string) string { return texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0] }

			// Warned, not dropped: both orders on one card, and either answer.
			first := f.confirmed("zhouting", "澜州一院 外科口罩4箱")
			warned := see(t, "side by side", tell("zhouting", "澜州一院要4箱外科口罩"), offers("是重复的", "是不是重复下单", first, "已占货", "这一单", "4箱"))
			f.pressWeCom("zhouting", warned, "是重复的")
			see(t, "dropped", f.wecom("zhouting"), says("已取消", id(warned)))
			require.Equal(t, []string{"重复下单，和 " + first + " 一样"}, texts(t, db, "SELECT close_reason FROM orders WHERE id = ?", id(warned)))
			require.Equal(t, "allocated", status(first))
			again := see(t, "side by side", tell("zhouting", "再给澜州一院下外科口罩4箱"), offers("确认下单", "是不是重复下单", first))
			see(t, "kept", tell("zhouting", "还是要"), says("已下单 "+id(again)))

			// Others are kept without a question: other goods, another amount, another customer, two places of one message.
			for _, text := range []string{"澜州一院 外科口罩5箱", "澜州一院 丁腈手套M码4箱", "澜州二院 外科口罩4箱"} {
				draft := see(t, "no warning", tell("chenli", text), offers("确认下单"))
				require.NotContains(t, draft.Text+string(draft.Card), "重复")
			}
			see(t, "one of two places", tell("zhouting", "澜州一院 稳悦血糖仪20台，一半送苏州一半送南京"), offers("确认下单", "第 2 单，共 2 单"))
			placed := see(t, "both", tell("zhouting", "确认"), says("已下单"))
			require.NotContains(t, placed.Text, "重复")

			// Two drafts that nobody saw side by side: whoever confirms second is asked.
			one := see(t, "draft", tell("zhouting", "澜州一院 丁腈手套M码7盒"), offers("确认下单"))
			see(t, "the same in another chat", tell("chenli", "澜州一院 丁腈手套M码8盒"), offers("确认下单"))
			two := see(t, "changed", tell("chenli", "改成7盒"), offers("确认下单", "7盒"))
			f.pressWeCom("zhouting", one, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单 "+id(one)))
			f.pressWeCom("chenli", two, "确认下单")
			asked := see(t, "asked", f.wecom("chenli"), offers("是重复的", "是不是重复下单", id(one), id(two)))
			require.Equal(t, "draft", status(id(two)))
			f.pressWeCom("chenli", asked, "确认下单")
			see(t, "a person has decided", f.wecom("chenli"), says("已下单 "+id(two)))
			sound(t, db)
		})
	}
}
