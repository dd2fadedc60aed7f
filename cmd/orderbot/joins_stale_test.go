package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// Old cards and words that mean something else neither split nor merge nor withdraw anything.
func TestOldCardsJoinNothing(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			db := f.sql()
			tell := func(text string) func() []simulator.Bubble { return f.tell("zhouting", text) }
			press := func(b simulator.Bubble, button string) func() []simulator.Bubble {
				before := len(f.wecom("zhouting")())
				f.pressWeCom("zhouting", b, button)
				return func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }
			}
			count := func() []string { return texts(t, db, "SELECT COUNT(*) FROM orders") }
			status := func(id string) string { return texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0] }

			// An old card of the draft, while a splitting waits to be confirmed.
			old := see(t, "a draft", tell("澜州一院 外科口罩5箱"), offers("确认下单"))
			draft := see(t, "changed", tell("改成4箱"), offers("确认下单", "4箱"))
			id := orderNumber.FindString(see(t, "placed", press(draft, "确认下单"), says("已下单 SO")).Text)
			see(t, "halves", tell(id+" 拆成两批"), offers("确认拆分"))
			see(t, "not meant", press(old, "确认下单"), says(id, "不用再操作"))
			require.Equal(t, []string{"1"}, count())

			// The words of a card in whose place another one came.
			two := f.confirmed("zhouting", "澜州一院 丁腈手套M码5盒")
			see(t, "merge", tell("把"+two+"合并到"+id), offers("确认合并"))
			see(t, "void", tell("确认拆分 "+id), says(id, "已经作废", "确认合并 "+id))
			require.Equal(t, "allocated", status(two))
			see(t, "merged", tell("确认合并 "+id), says("已合并："+two))
			see(t, "with all that is in it", tell("取消 "+id+" 客户不要了"), says("已取消 "+id, two))

			// An order that is to come in batches is no splitting of the last one.
			third := f.confirmed("zhouting", "澜州一院 外科口罩6箱")
			fresh := see(t, "a draft", tell("分两批发，澜州一院 外科口罩7箱，周五前到"), offers("确认下单", "外科口罩"))
			require.NotContains(t, fresh.Text+fresh.Title, third)
			see(t, "not wanted", press(fresh, "取消"), says("已取消"))

			// The order beside which a draft was put is gone: nothing would be left.
			twin := see(t, "side by side", tell("澜州一院 外科口罩6箱"), offers("是重复的", third))
			see(t, "gone", tell("取消 "+third+" 下错了"), says("已取消 "+third))
			see(t, "kept", press(twin, "是重复的"), says(third+" 已经没有了", "没有取消"))
			see(t, "placed", press(twin, "确认下单"), says("已下单 "+orderNumber.FindString(twin.Title)))
			sound(t, db)
		})
	}
}
