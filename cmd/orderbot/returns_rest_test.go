package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// asks asks for something for pieces of an order's first line and signs it; 0: for all of the order.
func (o *office) asks(id orders.OrderID, kind orders.ReturnKind, cause orders.Cause, pieces int64) *orders.Return {
	o.t.Helper()
	wanted := orders.Return{Kind: kind, Cause: cause}
	if pieces > 0 {
		wanted.Lines = []orders.ReturnLine{{Line: o.order(id).Lines[0].No, Quantity: decimal.NewFromInt(pieces)}}
	}
	var r *orders.Return
	o.do1(func(tx *storage.Tx) (err error) {
		if _, r, err = o.desk.AskReturn(tx, id, wanted, o.actor("S01")); err == nil {
			_, r, err = o.desk.SignReturn(tx, id, r.No, r.Mark(), "zhouting", o.actor("S01"))
		}
		return err
	})
	return r
}

// takes takes good pieces of the first line of a return in, of the given lots.
func (o *office) takes(id orders.OrderID, no int, pieces int64, lots ...string) {
	o.t.Helper()
	require.NoError(o.t, o.tries(id, no, pieces, lots...))
}

func (o *office) tries(id orders.OrderID, no int, pieces int64, lots ...string) error {
	return o.do(func(tx *storage.Tx) error {
		_, _, err := o.desk.ReceiveReturn(tx, id, no, []orders.Inspected{{Line: o.order(id).Return(no).Lines[0].Line, Good: decimal.NewFromInt(pieces), Lots: lots}},
			storage.DefaultWarehouse, o.actor("S21"))
		return err
	})
}

// What arrives while something of its order is to come back has arrived then: the rules of the delivery fire, the moment is kept, and a
// further parcel may leave before it.
func TestParcelsArriveWhileSomethingComesBack(t *testing.T) {
	t.Parallel()
	onOffices(t, straight+"\ntriggers: [{name: 回访, at: 签收, do: [通知 客服]}]", func(t *testing.T, o *office) {
		t.Helper()
		id := o.place(10)
		o.ship(id)
		r := o.asks(id, orders.ReturnGoods, orders.CauseQuality, 4)
		send := func(tracking string) error {
			return o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Ship(tx, id, "SF", tracking, tracking, o.actor("S21"))
				return err
			})
		}
		require.NoError(t, send("SF1000000000001"))
		arrives := func(no int) {
			o.do1(func(tx *storage.Tx) error {
				_, err := o.desk.Track(tx, id, no, orders.ParcelDelivered, nil, orders.SystemActor)
				return err
			})
		}
		arrives(1)
		require.Zero(t, o.order(id).Reached[orders.StatusDelivered])
		o.at("03-11 12:00")
		arrives(2)
		at := o.clock
		x := o.order(id)
		require.Equal(t, orders.StatusReturning, x.Status)
		require.True(t, at.Equal(x.Reached[orders.StatusDelivered]))
		require.NotNil(t, x.Work.Arrival)
		events := func() []string {
			return texts(t, o.sql, "SELECT kind FROM events WHERE kind IN ('order.delivered', 'rule.triggered') ORDER BY id")
		}
		require.Equal(t, []string{"order.delivered", "rule.triggered"}, events())
		require.ErrorContains(t, send("SF1000000000002"), "已全部签收")

		o.at("03-12 12:00")
		o.takes(id, r.No, 4)
		x = o.order(id)
		require.Equal(t, orders.StatusDelivered, x.Status)
		require.True(t, at.Equal(x.Reached[orders.StatusDelivered]), "not when the return ended")
		require.Equal(t, []string{"order.delivered", "rule.triggered"}, events(), "once")
		o.replays()
	})
}

// The freight of an order of which everything comes back for a mistake of ours is given back, once; for any other reason, or where
// something stays, it is not.
//
// feature: CH-04
func TestFreightComesBackOnceForAMistakeOfOurs(t *testing.T) {
	t.Parallel()
	onOffices(t, carried, func(t *testing.T, o *office) {
		t.Helper()
		sent := func() orders.OrderID { id := o.place(10); o.ship(id); return id }
		id := sent()
		r := o.asks(id, orders.ReturnGoods, orders.CauseQuality, 4)
		require.Contains(t, r.Document, "整单都退回的话运费 ¥50.00 一并退还")
		o.takes(id, r.No, 4)
		require.Equal(t, orders.Money(400_00), o.order(id).Credited(), "something stays")
		r = o.asks(id, orders.ReturnGoods, orders.CauseModel, 6)
		o.takes(id, r.No, 6)
		x := o.order(id)
		require.Equal(t, orders.Money(1050_00), x.Credited())
		require.Equal(t, orders.Money(50_00), x.Return(0).FreightBack())
		require.Equal(t, orders.StatusReturned, x.Status)
		require.Zero(t, x.Held)
		o.replays()

		id = sent() // part of it for no mistake
		r = o.asks(id, orders.ReturnGoods, orders.CauseOther, 1)
		require.Contains(t, r.Document, "运费不退")
		o.takes(id, r.No, 1)
		r = o.asks(id, orders.ReturnGoods, orders.CauseKit, 9)
		require.Contains(t, r.Document, "运费不退")
		o.takes(id, r.No, 9)
		require.Equal(t, orders.Money(1000_00), o.order(id).Credited())
		require.Equal(t, orders.Money(50_00), o.order(id).Held)

		whole := o.place(10) // each batch its own share
		part := o.splits(whole, 4)
		o.do1(func(tx *storage.Tx) error { _, err := o.desk.Acknowledge(tx, whole, o.actor("S21")); return err })
		o.ship(whole)
		r = o.asks(whole, orders.ReturnGoods, orders.CauseQuality, 4)
		o.takes(whole, r.No, 4)
		require.Equal(t, orders.Money(420_00), o.order(whole).Credited())
		require.Equal(t, orders.Money(630_00), o.order(part).Held)
		o.replays()
	})
}

// An order that was taken over from elsewhere may hold less than it comes to: giving money back never adds to what is held, and never
// notes more than is given back.
func TestGivingBackTrustsNoHold(t *testing.T) {
	t.Parallel()
	onOffices(t, straight, func(t *testing.T, o *office) {
		t.Helper()
		id := o.place(10)
		o.ship(id)
		for _, sql := range []string{"UPDATE orders SET held = 10000", "UPDATE credit SET held = 10000, invoiced = 90000"} {
			_, err := o.sql.ExecContext(t.Context(), sql)
			require.NoError(t, err)
		}
		r := o.asks(id, orders.ReturnGoods, orders.CauseQuality, 3)
		o.takes(id, r.No, 3)
		x := o.order(id)
		require.Zero(t, x.Held)
		require.Equal(t, []orders.Money{300_00, 200_00}, []orders.Money{x.Return(0).Credited, x.Return(0).Noted})
		account, err := o.store.Account(t.Context(), "C1", o.clock)
		require.NoError(t, err)
		require.Equal(t, orders.Money(700_00), account.Exposure())
	})
}

// What comes back of a bundle is what it consisted of when it was shipped.
func TestABundleComesBackAsItWasShipped(t *testing.T) {
	t.Parallel()
	onOffices(t, straight, func(t *testing.T, o *office) {
		t.Helper()
		o.load("products", "code,name,unit,price,stock,kind,parts\nA,针,支,1,100,,\nB,盒子,个,1,100,,\nK,套装,套,50,,组合品,A=2;B=1\n")
		id := o.placeWith(3, func(x *orders.Order) { x.Lines[0].Product, x.Lines[0].Unit = "K", "套" })
		stock := func() []string {
			return texts(t, o.sql, "SELECT product, SUM(on_hand) / 1000000 FROM stock WHERE product IN ('A', 'B') GROUP BY product ORDER BY product")
		}
		before := stock()
		o.ship(id)
		o.load("products", "code,name,unit,kind,parts\nK,套装,套,组合品,A=1\n")
		r := o.asks(id, orders.ReturnGoods, orders.CauseQuality, 0)
		o.takes(id, r.No, 3)
		require.Equal(t, before, stock())
		o.replays()
	})
}

// Serial numbers that were counted when the goods left are those that come back.
//
// feature: CH-04
func TestSerialNumbersComeBackToTheOrderThatGotThem(t *testing.T) {
	t.Parallel()
	onOffices(t, straight, func(t *testing.T, o *office) {
		t.Helper()
		o.load("products", "code,name,unit,price,tracking\nS,主机,台,50,serial\n")
		o.load("stock", "product,warehouse,on_hand,serial\nS,默认仓,1,SN-1\nS,默认仓,1,SN-2\nS,默认仓,1,SN-3\nS,默认仓,1,SN-4\n")
		sent := func(serials ...string) orders.OrderID {
			id := o.placeWith(int64(len(serials)), func(x *orders.Order) { x.Lines[0].Product, x.Lines[0].Unit = "S", "台" })
			o.do1(func(tx *storage.Tx) error {
				var counted []orders.Counted
				for _, s := range serials {
					counted = append(counted, orders.Counted{Product: "S", Quantity: decimal.NewFromInt(1), Serial: s})
				}
				_, c, err := o.desk.Check(tx, id, counted, o.actor("S21"))
				if err == nil {
					require.True(t, c.OK, "%v", c.Problems())
				}
				return err
			})
			o.ship(id)
			return id
		}
		one, two := sent("SN-1", "SN-2"), sent("SN-3")
		r := o.asks(one, orders.ReturnGoods, orders.CauseQuality, 1)
		require.ErrorContains(t, o.tries(one, r.No, 1, "SN-3"), "不是 "+string(one)+" 发出的")
		require.ErrorContains(t, o.tries(one, r.No, 1, "SN-4"), "不是 "+string(one)+" 发出的")
		o.takes(one, r.No, 1, "SN-2")
		r = o.asks(two, orders.ReturnGoods, orders.CauseQuality, 1)
		o.takes(two, r.No, 1, "SN-3")
		o.replays()
	})
}

// Returns stand in the list of what waits for who has to do something about them, and for nobody else; the customer sees on the order's
// page how far they are, without amounts; and with which account one was signed is seen by who has signed it and who may bind accounts.
func TestReturnsAreSeenByWhoIsConcerned(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), true, "ORDERBOT_RETURNS__FINANCE_FROM=500")
			db := f.sql()
			id := f.shipped("澜州一院 外科口罩4箱，丁腈手套M码5盒", true)
			th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
			page := func() string {
				var link string
				require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) (err error) {
					link, err = tx.OrderLink(orders.OrderID(id))
					return err
				}))
				code, body := f.get("/o/"+link, "")
				require.Equal(t, 200, code)
				return body
			}
			form := see(t, "asked", f.writes("openid-he", "退货 "+id+" 口罩4箱 质量"), says("签字 "+th+" "))
			require.NotContains(t, page(), th, "nobody has signed")
			mark := regexp.MustCompile(`签字 ` + th + ` ([0-9a-f]{12})`).FindStringSubmatch(form.Text)
			require.NotEmpty(t, mark)
			see(t, "signed", f.writes("openid-he", "签字 "+th+" "+mark[1]), says("已签字 "+th))

			see(t, "finance", f.tell("lizhang", "待办"), says("审批退货 "+th, "同意 "+th))
			see(t, "not the warehouse", f.tell("zhengku", "待办"), says("没有等您处理的事"))
			see(t, "not sales", f.tell("zhouting", "待办"), says("没有等您处理的事"))
			require.Contains(t, page(), "正在审核")
			f.sim.DingTalk.SendText(t.Context(), "dt-lizhang", "同意 "+th)
			goods := see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th))
			todo := see(t, "the warehouse", f.tell("zhengku", "待办"), says("收退货 "+th, "退货入库 "+th+" 全部良品"))
			require.NotContains(t, todo.Text, "¥", "no amounts")
			see(t, "not finance", f.tell("lizhang", "待办"), says("没有等您处理的事"))
			body := page()
			require.Contains(t, body, "退货 "+th)
			require.Contains(t, body, "请把货退回")
			require.Contains(t, body, "4箱")
			require.NotContains(t, body, "¥")
			f.pressWeCom("zhengku", goods, "全部良品入库")
			see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))
			require.Contains(t, page(), "已办完")

			see(t, "the signer", f.writes("openid-he", "凭证 "+th), says("（服务号 openid-he）"))
			see(t, "who may bind", f.tell("zhouting", "凭证 "+th), says("（服务号 openid-he）"))
			f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			finance := see(t, "not finance", f.tell("lizhang", "凭证 "+th), says("的签字", "（服务号）"))
			require.NotContains(t, finance.Text, "openid-he")
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Who confirms a merging may change both orders: one of them is another salesperson's, who hears of it.
func TestAMergingIsConfirmedByWhoMayChangeBoth(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.serve()
			db := f.sql()
			mine := f.confirmed("zhouting", "蓝海诊所 外科口罩4箱")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S02,南京市江宁区将军大道88号")
			eventually(t, patience, "the new salesperson", func() bool { return f.server.books.catalog().Customer("K01").Sales == "S02" }, func() string { return "not there" })
			theirs := f.confirmed("chenli", "蓝海诊所 丁腈手套M码5盒")
			require.Equal(t, []string{"S01", "S02"}, texts(t, db, "SELECT sales FROM orders ORDER BY id"))
			see(t, "the manager asks", f.tell("wangmin", "把"+theirs+"合并到"+mine), offers("确认合并"))
			see(t, "not the one", f.tell("zhouting", "确认合并 "+mine), says(theirs, "没有查到"))
			see(t, "the manager", f.tell("wangmin", "确认合并 "+mine), says("已合并"))
			see(t, "the other hears", f.wecom("chenli"), says(theirs, "已并入 "+mine))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
