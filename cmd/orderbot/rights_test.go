package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// ask does something and returns what the bot says to it on a screen; what was done before is told by then. A proposal to ship together and
// the word about invoice data, which come by themselves, are no answer.
func (f *firm) ask(screen func() []simulator.Bubble, do func()) simulator.Bubble {
	f.t.Helper()
	f.clock.advance(f.pace)
	quiet(f.t, f.sql(), patience)
	before := len(screen())
	do()
	return see(f.t, "an answer", func() []simulator.Bubble { return screen()[before:] }, func(b simulator.Bubble) bool {
		return !says("一起发：")(b) && !says("开票资料")(b)
	})
}

// answer says something to the bot in WeCom and returns the words of its answer.
func (f *firm) answer(who, text string) string {
	f.t.Helper()
	return zeroWidth.Replace(f.ask(f.wecom(who), func() { f.sim.WeCom.SendText(f.t.Context(), who, text) }).Text)
}

// tell says something to the bot in WeCom and returns what comes on the screen from then on.
func (f *firm) tell(who, text string) func() []simulator.Bubble {
	f.t.Helper()
	before := len(f.wecom(who)())
	f.sim.WeCom.SendText(f.t.Context(), who, text)
	return func() []simulator.Bubble { return f.wecom(who)()[before:] }
}

// confirmed lets a salesperson place an order and returns its number.
func (f *firm) confirmed(who, text string) string {
	f.t.Helper()
	id, draft := f.draftOf(who, text)
	f.pressWeCom(who, draft, "确认下单")
	see(f.t, "placed", f.wecom(who), says("已下单", id))
	return id
}

// What somebody may not see does not exist for them, whatever they say about it. A question that
// has become pointless lets go of the chat, and a question about a decision decides nothing.
func TestRightsInWords(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.serve()
	ctx := t.Context()
	wecom := f.answer
	ding := func(who, text string) string {
		return f.ask(f.dingtalk(who), func() { f.sim.DingTalk.SendText(ctx, who, text) }).Text
	}

	id := f.confirmed("zhouting", "澜州一院 外科口罩20箱，丁腈手套M码10箱，周五下午前送到")
	for _, words := range []string{"同意 ", "驳回 ", "收到 ", "取消 ", "进度 ", "明细 ", "轨迹 "} {
		require.Contains(t, wecom("chenli", words+id), "没有查到", words)
	}
	require.Contains(t, wecom("zhengku", "绑定码 C007"), "还没有业务员")
	require.Contains(t, wecom("wangmin", "待办"), id)
	require.Contains(t, wecom("wangmin", "待办"), id, "the same answer twice is two answers")

	see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
	require.Contains(t, ding("dt-wangmin", "驳回了吗 "+id), "待审批")
	require.Contains(t, ding("dt-wangmin", "同意 "+id+" 如果客户先付款"), "还没有审批")
	require.Contains(t, ding("dt-wangmin", "SO-"+id[2:10]+"-"+id[10:]+" 驳回 价格不对"), "已驳回")

	id = f.confirmed("zhouting", "澜州二院 外科口罩15箱，周五下午前送到")
	card := see(t, "approval card", f.dingtalk("dt-wangmin"), offers("驳回", id))
	require.Contains(t, f.ask(f.dingtalk("dt-wangmin"), func() { f.pressDingTalk("dt-wangmin", card, "驳回") }).Text, "原因")
	require.Contains(t, wecom("zhouting", "取消 "+id+" 客户不要了"), "已取消")
	require.Contains(t, ding("dt-wangmin", "价格不对"), "不用审批")
	require.Contains(t, ding("dt-wangmin", "澜州二院 外科口罩11箱，周五下午前送到"), "P003")
	require.Zero(t, f.sim.DingTalk.RacingUpdates())
}

// A draft that ended elsewhere, or by the clock, does not keep its conversation from going on.
func TestOrderIsSentAgainAfterItsDraftEnded(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.serve()
	say := f.answer
	order := func() string {
		id, _ := f.draftOf("zhouting", "澜州二院 外科口罩21箱，周五下午前送到")
		return id
	}
	first := order()
	require.Contains(t, say("wangmin", "取消 "+first+" 客户先不要"), "已取消")
	see(t, "told", f.wecom("zhouting"), says(first, "已取消"))
	require.Contains(t, say("zhouting", "改成30箱"), "没有改动")
	second := order()
	require.NotEqual(t, first, second)

	f.clock.advance(24 * time.Hour) // every word of the chat puts its end off, but not the draft's
	see(t, "expired", f.wecom("zhouting"), says(second, "已过期"))
	require.NotEqual(t, second, order())
}
