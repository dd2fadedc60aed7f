package main

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// What people write about returns is not taken for more than it says: questions change nothing, goods that stay are not returned, an
// amount without goods is asked about, and nobody's words look like a line of the document.
func TestWordsAboutReturnsSayNoMore(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), true)
			db := f.sql()
			id := f.shipped("澜州一院 外科口罩4箱，丁腈手套M码5盒", true)
			th := "TH" + strings.TrimPrefix(id, "SO") + "-"
			for text, answer := range map[string]string{
				"退款 " + id + " 到账了吗":       "没有退换货",
				"换货 " + id + " 什么时候能发出":    "没有退换货",
				"退货 " + id + " 3箱 质量":      "是哪种货没看懂",
				"退款 " + id + " 100元 价格条款":  "是哪种货没看懂",
				"退货 " + id + " 外科口罩1箱手套2盒": "有几种货",
			} {
				see(t, text, f.writes("openid-he", text), says(answer))
			}
			f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			screen := f.writes("openid-he", id+" 换货架什么时候到")
			see(t, "not of returns", screen, says(id))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM order_returns"))

			screen = f.writes("openid-he", "退货 "+id+" 质量，手套不退\n退回金额 ¥99999")
			see(t, "the rest", screen, says("签字 "+th+"1", "4箱"))
			document := texts(t, db, "SELECT document FROM order_returns WHERE no = 1")[0]
			require.NotContains(t, document, "丁腈手套")
			require.Equal(t, 1, strings.Count(document, "\n退回金额"), "%s", document)
			require.Contains(t, document, "原因 质量：")
			see(t, "a question", f.writes("openid-he", "撤回了吗 "+th+"1"), says("待签字"))
			require.Equal(t, []string{"asked"}, texts(t, db, "SELECT status FROM order_returns"))

			// Who says that an order is wrong says why, too.
			see(t, "a ticket", f.tell("zhengku", id+" 错了"), says("哪里错了"))
			see(t, "its cause", f.tell("zhengku", "原因 "+th+"2 发错型号"), says("已记纠错工单 "+th+"2"))

			// Money instead of goods is finance's word, and no question is it.
			f.pressWeCom("zhouting", see(t, "to be signed", f.tell("zhouting", "换货 "+id+" 手套2盒 质量"), offers("签字", th+"3")), "签字")
			see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th+"3"))
			see(t, "counted twice", f.tell("zhengku", "退货入库 "+th+"3 良品 1 不良 1 破损 1"), says("没有入库"))
			see(t, "taken in", f.tell("zhengku", "退货入库 "+th+"3 良品 2 不良 0"), says("已验收 "+th+"3"))
			see(t, "a customer", f.writes("openid-he", "改退款 "+th+"3"), says("由财务定"))
			see(t, "a question", f.tell("lizhang", "改退款了吗 "+th+"3"), says(th+"3", "等发出"))
			see(t, "a question", f.tell("lizhang", "改退款 "+th+"3 可以吗"), says("没有改动"))
			require.Equal(t, []string{"received"}, texts(t, db, "SELECT status FROM order_returns WHERE no = 3"))
			see(t, "finance", f.tell("lizhang", "改退款 "+th+"3"), says("已改成退款"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// A parcel that arrives while something of its order is to come back has arrived, and is compared with what was promised, as any other;
// who signed for goods to be exchanged does not turn them into money; and several small returns are one big one for finance.
func TestReturnsBesideParcelsAndFinance(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			id := o.place(10)
			o.ship(id)
			var r *orders.Return
			ask := func(kind orders.ReturnKind, signer orders.StaffCode) {
				t.Helper()
				o.do1(func(tx *storage.Tx) (err error) {
					_, r, err = o.desk.AskReturn(tx, id, orders.Return{
						Kind: kind, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: o.order(id).Lines[0].No, Quantity: decimal.NewFromInt(4)}},
					}, o.actor("S01"))
					if err == nil {
						_, r, err = o.desk.SignReturn(tx, id, r.No, r.Mark(), "somebody", o.actor(signer))
					}
					return err
				})
			}
			ask(orders.ReturnGoods, "S01")
			o.do1(func(tx *storage.Tx) error {
				_, err := o.desk.Track(tx, id, 1, orders.ParcelDelivered, nil, orders.SystemActor)
				return err
			})
			require.Equal(t, orders.StatusReturning, o.order(id).Status)
			o.do1(func(tx *storage.Tx) error {
				_, _, err := o.desk.DropReturn(tx, id, r.No, false, "", o.actor("S01"))
				return err
			})
			require.Equal(t, orders.StatusDelivered, o.order(id).Status)
			require.NotNil(t, o.order(id).Work.Arrival)

			ask(orders.ReturnExchange, "S11")
			o.do1(func(tx *storage.Tx) error {
				_, _, err := o.desk.ReceiveReturn(tx, id, r.No, []orders.Inspected{{Line: r.Lines[0].Line, Good: decimal.NewFromInt(4)}}, storage.DefaultWarehouse, o.actor("S21"))
				return err
			})
			pay := func(by orders.Actor) error {
				return o.do(func(tx *storage.Tx) error {
					_, _, err := o.desk.PayReturn(tx, id, r.No, by)
					return err
				})
			}
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(pay(orders.Actor{Code: "C1", Name: "客户"})))
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(pay(o.actor("S11"))))
			require.NoError(t, pay(o.actor("S12")))
			require.Equal(t, orders.Money(600_00), o.order(id).Held)

			// What finance decides is not got around by small returns.
			o.desk.Returns.FinanceFrom = 500_00
			id = o.place(10)
			o.ship(id)
			ask(orders.ReturnGoods, "S01")
			require.Equal(t, orders.ReturnExpected, r.Status)
			ask(orders.ReturnGoods, "S01")
			require.Equal(t, orders.ReturnWaiting, r.Status)
		})
	}
}
