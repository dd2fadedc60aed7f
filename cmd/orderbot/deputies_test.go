package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// Who is away is stood in for: the deputy gets the cards, also of what waits already, decides in their
// name, and no more once they are back.
func TestADeputyDecidesWhileSomebodyIsAway(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			ding := func(who, text string) string {
				return f.ask(f.dingtalk(who), func() { f.sim.DingTalk.SendText(ctx, who, text) }).Text
			}
			wecom := f.answer
			card := func(who, id string, words ...string) simulator.Bubble {
				return see(t, "card of "+who, f.dingtalk(who), offers("同意", append(words, id)...))
			}

			// What waits already goes to the deputy too.
			id := f.confirmed("zhouting", "澜州一院 外科口罩20箱，周五送到")
			card("dt-wangmin", id)
			require.Contains(t, ding("dt-wangmin", "请假 今天"), "已登记：王敏", "the superior stands in")
			require.Contains(t, ding("dt-wangmin", "销假"), "已销假")
			require.Contains(t, ding("dt-wangmin", "请假 今天到后天 由王敏代"), "不能由自己代")
			require.Contains(t, ding("dt-wangmin", "请假 今天到后天 由张无代"), "名单里没有「张无」")
			require.Contains(t, ding("dt-wangmin", "请假 2月1日到1月1日 由李账代"), "没有登记")
			require.Contains(t, ding("dt-lizhang", "请假 王敏 今天到后天 由李账代"), "您没有这个权限")
			require.Contains(t, ding("dt-lizhang", "同意 "+id), "没有这一步的权限")
			require.Contains(t, ding("dt-wangmin", "请假 今天到后天 由李账代"), "由李账代")
			deputy := card("dt-lizhang", id, "李账（代王敏）")
			require.Contains(t, wecom("zhouting", "进度 "+id), "李账（代王敏）")
			require.Contains(t, ding("dt-zhaocai", "同意 "+id), "没有这一步的权限")
			f.pressDingTalk("dt-lizhang", deputy, "同意")
			see(t, "told", f.wecom("zhouting"), says(id, "李账（代王敏）"))
			see(t, "settled", f.dingtalk("dt-wangmin"), says(id, "已同意 李账（代王敏）"))
			require.Contains(t, wecom("guanli", "轨迹 "+id), "同意（销售经理），代王敏")
			require.Contains(t, wecom("zhouting", "进度 "+id), "李账（代王敏）")

			// New orders go to the deputy alone, until the manager is back.
			id = f.confirmed("zhouting", "澜州二院 外科口罩25箱，周五送到")
			deputy = card("dt-lizhang", id, "李账（代王敏）")
			require.Contains(t, ding("dt-lizhang", "待办"), id)
			db := f.sql()
			quiet(t, db, patience)
			require.Empty(t, texts(t, db, "SELECT chat_id FROM deliveries WHERE order_id = ? AND kind = ? AND chat_id = 'dt-wangmin'", id, notify.KindApproval))
			require.Contains(t, ding("dt-wangmin", "销假"), "已销假")
			own := card("dt-wangmin", id)
			require.NotContains(t, string(own.Card), "代王敏")
			before := len(f.dingtalk("dt-lizhang")())
			f.pressDingTalk("dt-lizhang", deputy, "同意")
			see(t, "refused", func() []simulator.Bubble { return f.dingtalk("dt-lizhang")()[before:] }, says("没有这一步的权限"))

			// The operations lead enters it for the manager; nobody stands in for their own order.
			require.Contains(t, wecom("sunyun", "请假 王敏 今天到明天 由周婷代"), "由周婷代")
			card("dt-sunyun", id, "孙运（代王敏）")
			require.Contains(t, wecom("zhouting", "同意 "+id), "没有这一步的权限")
			require.Contains(t, ding("dt-sunyun", "驳回 "+id+" 价格不对"), "已驳回")
			see(t, "told", f.wecom("zhouting"), says(id, "孙运（代王敏）", "价格不对"))
			require.Len(t, texts(t, db, "SELECT action FROM audit WHERE order_id = '' AND action IN ('请假', '销假', '请假被拒绝')"), 6)
		})
	}
}

// An absence begins and ends at midnight by itself, also while the server is down, and what waits is
// handed on and back once.
func TestAnAbsenceBeginsAndEndsByItself(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), managerWithin+"240h}\n")
			job := &notify.Absences{List: o.store, Store: notifyStore{o.store}, Desk: o.desk}
			round := func(when string, covered int64) {
				t.Helper()
				o.at(when)
				require.NoError(t, job.Round(t.Context()))
				require.NoError(t, job.Round(t.Context()))
				require.Equal(t, covered, number(t, o.sql, "SELECT COUNT(*) FROM events WHERE kind = 'approval.covered'"), when)
			}
			decide := func(by orders.StaffCode, id orders.OrderID) error {
				return o.do(func(tx *storage.Tx) error {
					_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor(by))
					return err
				})
			}
			denied := func(by orders.StaffCode, id orders.OrderID) {
				t.Helper()
				require.Equal(t, orders.CodeDenied, orders.ErrorCode(decide(by, id)))
			}
			o.at("03-19 10:00")
			leave := func(who, deputy orders.StaffCode, from, until int) {
				t.Helper()
				day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, location) }
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					return tx.Leave(orders.Absence{Staff: who, Deputy: deputy, By: who, From: day(from), Until: day(until)})
				}))
			}
			leave("S10", "S11", 20, 22)
			first, second := o.place(10), o.place(20)
			round("03-19 23:59", 0)
			denied("S11", first)
			round("03-20 00:00", 2)
			require.NoError(t, decide("S11", first))
			require.Equal(t, "李账（代王敏）", o.order(first).Nodes[0].Name)
			round("03-21 23:59", 2)
			o.at("03-22 00:00")
			denied("S11", second)
			round("03-22 00:00", 3) // no card is there yet in this test: back to the manager
			round("03-23 00:00", 3)
			require.NoError(t, decide("S10", second))
			require.Equal(t, "王敏", o.order(second).Nodes[0].Name)

			// Everybody who could decide is away and nobody stands in: the order goes up at once.
			o.at("03-19 10:00")
			leave("S10", "S14", 25, 27)
			leave("S14", "S10", 25, 27)
			o.at("03-25 09:00")
			third := o.place(10)
			require.Equal(t, []orders.StaffCode{"S99"}, o.order(third).OpenNode().Extra)
		})
	}
}
