package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// Past orders that are imported tell what a customer orders most, in which units and by which names.
//
// feature: CF-13
func TestPastOrdersTellTheFrequentItems(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.serve()
	say := f.answer
	list := say("zhouting", "常购 澜州一院")
	for _, words := range []string{"澜州市第一人民医院 常购", "1. P003 医用外科口罩", "箱，最近 2026-", "也叫：", "蓝口罩"} {
		require.Contains(t, list, words)
	}
	require.Contains(t, say("chenli", "常购 澜州一院"), "不是您负责")
	require.Contains(t, say("zhouting", "常购 不存在的医院"), "没有找到客户")
}

// A customer sees what is remembered of their own orders, and learns nothing of others by naming them.
func TestACustomerNamesNoOtherCustomer(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.sim.KF.AddCustomer("wm-he", "何文静", "")
	_, err := f.sql().ExecContext(t.Context(), "INSERT INTO bindings (platform, person, customer, by_staff, at) VALUES ('kf', 'wm-he', 'C001', 'S99', 1)")
	require.NoError(t, err)
	f.serve()
	screen := func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }
	say := func(text string) string {
		return f.ask(screen, func() { f.sim.KF.SendText(t.Context(), "wm-he", text) }).Text
	}
	require.Contains(t, say("常购 C001"), "澜州市第一人民医院 常购")
	for _, words := range []string{"常购 C002", "学习 C002", "常购 沅平一院"} {
		answer := say(words)
		require.NotContains(t, answer, "沅平", words)
		require.NotContains(t, answer, "不是您负责", words)
		require.NotContains(t, answer, "常购 ", words)
	}
}

// A simple repeat order takes two messages, and no turn brings more than one question.
//
// feature: IN-22
func TestRepeatOrderTakesTwoMessages(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.serve()
	tell := func(text string) func() []simulator.Bubble { return f.tell("zhouting", text) }
	screen := tell("澜州二院 老样子")
	card := see(t, "draft", screen, offers("确认下单", "澜州市第二人民医院"))
	require.NotContains(t, string(card.Card), "请您定一下")
	see(t, "placed", tell("确认"), says("已下单", orderNumber.FindString(card.Title)))

	// Several things are open: one card asks, and says how many are left.
	screen = tell("N95口罩3箱，血压计2台，留置针10盒，乳胶手套5盒")
	see(t, "question", screen, offers("确认下单", "请您定一下", "处要定"))
	quiet(t, f.sql(), patience)
	asked := 0
	for _, b := range screen() {
		if says("请您定一下")(b) && b.From == simulator.FromBot {
			asked++
		}
	}
	require.Equal(t, 1, asked)
}
