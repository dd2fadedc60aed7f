package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// A customer's three standing questions have an answer each: where the order is, why it is late, whether it can be faster. The
// salesperson hears of the last, and of the second once the order is late.
//
// feature: NT-05
func TestTheThreeStandingQuestions(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			_, err := f.sql().ExecContext(ctx, "INSERT INTO bindings (platform, person, customer, by_staff, at) VALUES ('kf', 'wm-he', 'C001', 'S99', 1)")
			require.NoError(t, err)
			customer := func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }
			ask := func(words string) string {
				return f.ask(customer, func() { f.sim.KF.SendText(ctx, "wm-he", words) }).Text
			}

			id := f.confirmed("zhouting", "澜州一院 丁腈手套M码10箱，后天送到")

			require.Contains(t, ask("我的订单到哪了"), "下单")
			why := ask("为什么延迟")
			require.Contains(t, why, "还没到时间")
			require.Contains(t, why, "现在")
			for _, b := range f.wecom("zhouting")() {
				require.NotContains(t, b.Text, "问为什么晚", "it is not late yet")
			}

			see(t, "pick message", f.wecom("zhengku"), says(id))
			f.sim.Kuaidi100.SetTrack(simulator.Track{Number: "SF1234567890123", Company: "shunfeng", State: "0", Events: []simulator.TrackEvent{
				{Time: f.clock.now(), Text: "【澜州市】快件已发往下一站", Status: "在途"},
			}})
			f.sim.WeCom.SendText(ctx, "zhengku", "发货 "+id+" SF1234567890123")
			see(t, "shipped", f.wecom("zhengku"), says("已发货", id))
			f.clock.advance(2*time.Hour + time.Minute)
			eventually(t, patience, "its way", func() bool { return strings.Contains(ask("货到哪了"), "已发往下一站") }, func() string { return "" })
			f.clock.advance(4 * 24 * time.Hour)
			f.sim.KF.SendText(ctx, "wm-he", "怎么这么慢")
			see(t, "the reason", customer, says("已晚", "货已发出", "没有新记录"))
			see(t, "handed on", customer, says("已请周婷跟进"))
			see(t, "the owner hears of it", f.wecom("zhouting"), says("问为什么晚", id, "怎么这么慢"))

			f.sim.KF.SendText(ctx, "wm-he", "能否加急")
			see(t, "taken", customer, says("您催的"))
			see(t, "the request", f.wecom("zhouting"), says("在催", id, "能否加急"))
		})
	}
}
