package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// An urgent order alarms the warehouse's lead, stands in red on the stock board, and goes to finance for a look at the credit, each on
// record; the orders that it is put before are printed before it is confirmed; what nobody takes goes to the next one.
//
// feature: EX-01, EX-04
func TestAnUrgentOrderHasThreeEffectsAtOnce(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,price,stock", "X01,显影导丝,根,5,1000")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号", "K02,青山诊所,S01,南京市江宁区将军大道90号")
			f.serve()
			db := f.sql()
			ask := f.answer
			first := f.confirmed("zhouting", "蓝海诊所 显影导丝20根")
			second := f.confirmed("zhouting", "青山诊所 显影导丝30根")
			quiet(t, db, patience)
			require.NotContains(t, ask("zhouting", "库存 显影导丝"), "🔴")

			id, draft := f.draftOf("zhouting", "青山诊所 显影导丝40根，急用，手术要的")
			see(t, "who is moved", f.wecom("zhouting"), says("紧急插单：确认后排到下面 2 单前面发货\n"+first+" 蓝海诊所\n"+second+" 青山诊所"))
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "the lead", f.wecom("wucang"), offers("收到", id))
			see(t, "finance", f.wecom("lizhang"), says("【加急】"+id+" 请同时看一下信用"))
			require.Contains(t, ask("zhengku", "库存 显影导丝"), "🔴 加急 "+id+" 青山诊所 要 40根，还剩 ")
			require.Contains(t, ask("guanli", "看板"), "🔴 加急 "+id)
			require.Contains(t, ask("zhouting", "进度 "+id), "⏱ 加急还剩 ")
			require.Equal(t, []string{"通知吴仓，库存看板标红，抄送财务李账看信用"}, texts(t, db, "SELECT after_text FROM audit WHERE order_id = ? AND action = '加急提醒'", id))
			todo := ask("zhengku", "待办")
			require.Less(t, strings.Index(todo, id), strings.Index(todo, first), "it goes first")

			for n := range 4 { // three repetitions for the lead, then the next one
				f.clock.advance(3*time.Minute + time.Second)
				eventually(t, patience, "again", func() bool {
					return number(t, db, "SELECT COUNT(*) FROM events WHERE kind = 'urgent.repeated' AND status = 1") > int64(n)
				}, func() string { return "" })
			}
			card := see(t, "the next one", f.wecom("zhengku"), offers("收到", id, "前面 1 位没有回应"))
			f.pressWeCom("zhengku", card, "收到")
			see(t, "taken", f.wecom("zhouting"), says(id+" 加急：仓库 郑库 已收到"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Half of an urgent order's 48 hours, and 80 % of them, are told once each; at their end it is an exception. What is done by then counts
// as kept.
//
// feature: EX-03
func TestAnUrgentOrderCountsDown(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			urgent := func(order *orders.Order) { order.Urgent, order.UrgentWords = true, "急" }
			late := o.placeWith(10, urgent)
			kept := o.placeWith(10, urgent)
			gone := o.placeWith(10, urgent)
			o.tell()
			o.at("03-11 12:00")
			o.ship(kept)
			o.do1(func(tx *storage.Tx) error {
				_, err := o.desk.Cancel(tx, gone, 0, "不要了", o.actor("S01"))
				return err
			})
			told := func() []string {
				return texts(t, o.sql, "SELECT chat_id, order_id FROM deliveries WHERE kind = 'urgent.countdown' AND order_id = ? ORDER BY id", string(late))
			}
			o.until("03-12 09:59")
			require.Empty(t, told())
			o.until("03-12 10:00")
			both := []string{"wucang " + string(late), "zhouting " + string(late)}
			require.Equal(t, both, told(), "50 %")
			o.until("03-13 00:23")
			require.Len(t, told(), 2)
			o.until("03-13 00:24")
			require.Equal(t, append(both, both...), told(), "80 %")
			o.until("03-13 09:59")
			require.NotContains(t, o.states(late), "urgent open 1")
			o.until("03-13 10:00")
			require.Contains(t, o.states(late), "urgent open 1")
			require.Len(t, told(), 4)
			require.Contains(t, o.states(kept), "urgent kept 0")
			require.Contains(t, o.states(gone), "urgent void 0")
			require.EqualValues(t, 4, number(t, o.sql, "SELECT COUNT(*) FROM deliveries WHERE kind = ?", notify.KindCountdown))
			day := time.Date(2026, 3, 13, 0, 0, 0, 0, location)
			f, err := o.store.ExceptionFigures(t.Context(), "", day, day.AddDate(0, 0, 1))
			require.NoError(t, err)
			require.Equal(t, orders.Kept{All: 2, Kept: 1}, f.Urgent)
			f, err = o.store.ExceptionFigures(t.Context(), "", day.AddDate(0, 0, -1), day)
			require.NoError(t, err)
			require.Equal(t, orders.Kept{All: 2, Kept: 1}, f.Shipping, "of three one was cancelled, one shipped in time")

			// Shipped while nobody looked, a minute too late: missed, and both alarms of before are not sent any more.
			down := o.placeWith(10, urgent)
			o.tell()
			o.at("03-15 10:01")
			o.ship(down)
			o.tell()
			require.Contains(t, o.states(down), "urgent closed 1")
		})
	}
}
