package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// An order is delivered in stages and paid for at nodes, all of it by words: the plan has to come to the order, it stands on the draft and
// on the order, no stage leaves before its payment was recorded, each takes its own goods and nothing else, the people concerned are
// reminded on the day before, and between two stages nothing but the rest can be cancelled.
//
// feature: ST-19
func TestAnOrderIsDeliveredAndPaidForInStages(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, "ORDERBOT_STAGED__REQUIRE_PAYMENT=true")
			f.serve()
			db, tell := f.sql(), f.tell
			today := f.clock.now().In(location)
			day := func(n int) string { return today.AddDate(0, 0, n).Format("1月2日") }
			onHand := func() int64 {
				return number(t, db, "SELECT SUM(on_hand) FROM stock WHERE product = 'P003'") / 1_000_000
			}
			held := func() int64 {
				return number(t, db, "SELECT COALESCE(SUM(quantity), 0) FROM reservations") / 1_000_000
			}
			status := func(id string) string { return texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0] }
			money := func(n int64) string { return orders.Money(n).String() }

			// The plan: on the draft, once it comes to the order.
			id, _ := f.draftOf("zhouting", "澜州一院 外科口罩10箱，下周五送到")
			see(t, "too few", tell("zhouting", fmt.Sprintf("%s 分期：%s 3箱，%s 3箱", id, day(5), day(20))), says("各期加起来 6箱，少 4箱"))
			see(t, "too many", tell("zhouting", fmt.Sprintf("%s 分期：%s 3箱，%s 9箱", id, day(5), day(20))), says("没有那么多"))
			see(t, "backwards", tell("zhouting", fmt.Sprintf("%s 分期：%s 3箱，%s 其余", id, day(20), day(5))), says("要晚于"))
			see(t, "not 100 %", tell("zhouting", id+" 付款节点：签约30%，发货前50%"), says("加起来是 80%", "100%"))
			see(t, "what is that", tell("zhouting", id+" 付款节点：签约30%，高兴了70%"), says("没看懂「高兴了」"))
			see(t, "no such moment", tell("zhouting", id+" 付款节点：签约30%，发货后70%"), says("没看懂「发货后」", "第1期到货"))
			see(t, "stages", tell("zhouting", fmt.Sprintf("%s 分期：%s 3箱，%s 3箱，%s 其余", id, day(5), day(20), day(35))),
				says("第1期 "+today.AddDate(0, 0, 5).Format(time.DateOnly)+" ", "3箱", "第3期", "4箱"))
			warranty := tell("zhouting", id+" 付款节点：签约30%，第2期货到后50%，质保期满20%")
			see(t, "warranty", warranty, says("付款 第2期货到后 50%", "付款 质保期满 20%"))
			see(t, "of unknown length", warranty, says("「质保期满」没写质保多久，到期不会提醒"))
			see(t, "payments", tell("zhouting", id+" 付款节点：签约30%，第2期发货前50%，验收20%"), says("付款 签约 30%", "付款 第2期发货前 50%", "付款 验收 20%"))
			see(t, "on the card", tell("zhouting", "确认 "+id), says("已下单", id))
			o, err := f.server.store.FindOrder(t.Context(), orders.OrderID(id))
			require.NoError(t, err)
			for o.OpenNode() != nil {
				f.decide(t, id, "同意")
				o, err = f.server.store.FindOrder(t.Context(), orders.OrderID(id))
				require.NoError(t, err)
			}
			total, per := int64(o.Payable()), o.Lines[0].Base.IntPart()/10
			require.Equal(t, 3*per, held(), "only what leaves first is held")
			see(t, "what to pick", f.wecom("zhengku"), says("拣货 "+id, "第 1 期（共 3 期）", "本期 3箱，整单 10箱"))
			see(t, "the first payment", f.wecom("lizhang"), says("付款提醒 "+id, "签约", money(total*3/10)))

			// Not before it is paid for, and only finance says that it is.
			stock := onHand()
			see(t, "unpaid", tell("zhengku", "发货 "+id+" SF1234567890123"), says("第 1 期要等「签约」的货款到账"))
			see(t, "not theirs", tell("zhouting", "到款 "+id+" 500"), says("没有这个权限"))
			see(t, "some of it", tell("lizhang", fmt.Sprintf("到款 %s %s LS1", id, orders.Money(total*3/10-100).Yuan())), says("「签约」还差 ¥1.00", "第 1 期先不发"))
			see(t, "a question", tell("lizhang", id+" 到款 5 了吗"), says("不是金额"))
			see(t, "twice", tell("lizhang", "到款 "+id+" 1 LS1"), says("已经登记过了"))
			see(t, "still not", tell("zhengku", "发货 "+id+" SF1234567890123"), says("第 1 期要等「签约」"))
			see(t, "the rest of it", tell("lizhang", "到款 "+id+" 1元"), says("「签约」付清了，第 1 期可以发货"))
			see(t, "the warehouse hears of it", f.wecom("zhengku"), says(id+" 第 1 期", "货款已到，可以发货了"))
			require.EqualValues(t, total*3/10, number(t, db, "SELECT paid FROM credit"))

			// A stage takes its own goods; a further number is asked about.
			see(t, "shipped", tell("zhengku", "发货 "+id+" SF1234567890123"), says("已发货 "+id+" 第 1 期（共 3 期）"))
			require.Equal(t, stock-3*per, onHand())
			require.Equal(t, 3*per, held(), "the next one")
			require.Equal(t, "allocated", status(id))
			see(t, "which", tell("zhengku", "发货 "+id+" SF1234567890124"), says("发第 2 期请说「发货 "+id+" 第2期 运单号」", "另一个包裹"))
			see(t, "another parcel", tell("zhengku", "发货 "+id+" 第1期 SF1234567890125"), says("已发货 "+id+" 第 1 期"))
			require.Equal(t, stock-3*per, onHand())
			see(t, "not paid for", tell("zhengku", "发货 "+id+" 第2期 SF1234567890124"), says("第 2 期要等「第2期发货前」"))
			see(t, "in turn", tell("zhengku", "发货 "+id+" 第3期 SF1234567890124"), says("第 2 期还没发"))
			see(t, "where it is", tell("zhouting", "进度 "+id), says("✅ 第1期", "⏳ 第2期", "⚪ 第3期", "签约 30%", "✅ 已到"))
			quiet(t, db, patience)

			// What can't be done between two stages.
			f.clock.advance(2 * time.Minute)
			for _, words := range []string{id + " 外科口罩改成20箱", id + " 不分期"} {
				see(t, words, tell("zhouting", words), says("第 1 期已发，改不了了"))
			}
			see(t, "split", tell("zhouting", id+" 拆成两批"), says("第 1 期已发"))

			// The day before the second one.
			f.clock.set(time.Date(today.Year(), today.Month(), today.Day()+19, 8, 59, 0, 0, location))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'order.stage' AND body LIKE '%分期提醒%第 2 期%'"))
			f.clock.set(time.Date(today.Year(), today.Month(), today.Day()+19, 9, 0, 5, 0, location))
			for _, who := range []string{"zhouting", "zhengku", "lizhang"} {
				see(t, who, f.wecom(who), says("分期提醒 "+id+" 第 2 期", "到款前不能发货"))
			}
			require.Equal(t, 3, int(number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'order.stage' AND body LIKE '%分期提醒%第 2 期%'")), "each once")
			for _, b := range f.wecom("zhengku")() {
				require.False(t, says("分期提醒")(b) && says("¥")(b) || says("货款已到")(b) && says("¥")(b), "the warehouse sees no money")
			}
			see(t, "paid", tell("lizhang", fmt.Sprintf("到款 %s %s", id, orders.Money(total/2+100).Yuan())), says("付清了，第 2 期可以发货"))
			wrong := texts(t, db, "SELECT number FROM payments ORDER BY seq DESC LIMIT 1")[0]
			see(t, "taken back", tell("lizhang", "撤销收款 "+wrong+" 多写了一元"), says("已撤销收款", id+" 现在共到 "+money(total*3/10)))
			see(t, "not paid for", tell("zhengku", "发货 "+id+" 第2期 SF1234567890124"), says("第 2 期要等「第2期发货前」"))
			see(t, "paid", tell("lizhang", fmt.Sprintf("到款 %s %s", id, orders.Money(total/2).Yuan())), says("付清了，第 2 期可以发货"))
			see(t, "shipped", tell("zhengku", "发货 "+id+" 第2期 SF1234567890124"), says("已发货 "+id+" 第 2 期（共 3 期）"))

			// The rest is cancelled: what has left is the order.
			cancelled := see(t, "the rest", tell("zhouting", "取消 "+id+" 客户改计划"), says(id+" 没发的已取消", money(total*6/10)))
			require.NotContains(t, cancelled.Text, "退货申请")
			require.Equal(t, "shipped", status(id))
			require.Zero(t, held())
			require.Equal(t, stock-6*per, onHand())
			require.EqualValues(t, total*6/10, number(t, db, "SELECT total + freight FROM orders WHERE id = ?", id))
			require.EqualValues(t, number(t, db, "SELECT held FROM credit"), number(t, db, "SELECT held FROM orders WHERE id = ?", id))
			quiet(t, db, time.Minute)
			sound(t, db)
		})
	}
}

// What is to be paid at the end of the warranty is reminded of on the morning of that day, once, counted from when the last goods arrived.
//
// feature: ST-19
func TestAPaymentAtTheEndOfTheWarranty(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			id := o.placeWith(10, func(order *orders.Order) {
				order.Staged = &orders.Staged{Nodes: []orders.PayNode{
					{Name: "到货", Share: 9500, When: orders.PayArrived}, {Name: "质保1年期满", Share: 500, When: orders.PayKept, Months: 12},
				}}
			})
			o.ship(id)
			o.at("03-13 15:00")
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				order, err := tx.Order(id)
				if err != nil {
					return err
				}
				order.Status = orders.StatusDelivered
				order.Reached[orders.StatusDelivered] = o.clock
				return errors.Join(tx.SaveOrder(order), tx.Audit(orders.AuditEntry{Order: id, At: o.clock, Actor: "system", Action: "签收"}))
			}))
			reminded := func(at time.Time) []string {
				o.clock = at
				o.round()
				o.round()
				return texts(t, o.sql, "SELECT after_text FROM audit WHERE order_id = ? AND action = '付款提醒' ORDER BY id", string(id))
			}
			require.Equal(t, []string{"到货"}, reminded(o.clock))
			require.Equal(t, []string{"到货"}, reminded(time.Date(2027, 3, 13, 8, 59, 0, 0, location)))
			require.Equal(t, []string{"到货", "质保1年期满"}, reminded(time.Date(2027, 3, 13, 9, 0, 0, 0, location)))
			require.Equal(t, []string{"到货", "质保1年期满"}, reminded(time.Date(2027, 4, 13, 9, 0, 0, 0, location)))
		})
	}
}
