package main

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// The third urgent order in a row of the same customer and product proposes to operations to keep stock of it; an ordinary one in between
// begins the row anew, and so does a proposal. Accepted, 20 % of what is on hand are kept in the local warehouse, and purchasing hears.
//
// feature: EX-14, ST-18
func TestEarlyStockingIsProposed(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.load("products", "code,name,unit,price\nP2,缝线,根,3\n")
			o.load("stock", "product,warehouse,on_hand\nP1,默认仓,0\nP1,宁波仓,41\nP1,苏州仓,60\nP2,苏州仓,60\n")
			place := func(urgent bool, products ...orders.ProductCode) orders.OrderID {
				o.clock = o.clock.Add(time.Minute)
				id := o.placeWith(1, func(order *orders.Order) {
					order.Urgent, order.Lines = urgent, nil
					for _, p := range products {
						order.Lines = append(order.Lines, orders.Line{Product: p, Unit: "根", Quantity: decimal.NewFromInt(1), Base: decimal.NewFromInt(1)})
					}
				})
				o.tell()
				return id
			}
			proposals := func() []string {
				return texts(t, o.sql, "SELECT order_id, cause, state FROM exceptions WHERE kind = 'early' ORDER BY id")
			}
			place(true, "P1", "P2")
			place(true, "P1")
			place(false, "P1", "P2")
			place(true, "P1")
			place(true, "P1", "P2")
			require.Empty(t, proposals(), "an ordinary one was between")
			other := place(true, "P2")
			require.Empty(t, proposals())
			o.do1(func(tx *storage.Tx) error { _, err := o.desk.Cancel(tx, other, 0, "", o.actor("S01")); return err })
			place(false, "P2")
			third := place(true, "P1")
			require.Equal(t, []string{string(third) + " P1 open"}, proposals())
			require.Equal(t, []string{"sunyun stock.early"}, o.told(notify.KindEarly))
			require.Contains(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'stock.early'")[0], "宁波仓预留 21根")
			fourth := place(true, "P1")
			place(true, "P1")
			require.Len(t, proposals(), 1, "the row begins anew")
			_ = fourth
			again := place(true, "P1")
			require.Len(t, proposals(), 2)

			settle := func(no int64, accept bool, by orders.StaffCode) error {
				return o.do(func(tx *storage.Tx) error { _, _, err := o.desk.SettleEarly(tx, no, accept, o.actor(by)); return err })
			}
			no := number(t, o.sql, "SELECT MIN(id) FROM exceptions WHERE kind = 'early'")
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(settle(no, true, "S01")))
			require.Equal(t, orders.CodeDenied, orders.ErrorCode(settle(no, true, "S20")))
			won := 0
			for _, err := range atOnce(6, func() error { return settle(no, true, "S14") }) {
				if err == nil {
					won++
				} else {
					require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
				}
			}
			require.Equal(t, 1, won)
			require.Equal(t, []string{"宁波仓 21000000", "苏州仓 0"}, texts(t, o.sql, "SELECT warehouse, safety_stock FROM stock WHERE product = 'P1' AND warehouse <> '默认仓' ORDER BY warehouse"))
			o.tell()
			require.NotEmpty(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE chat_id = 'fenggou' AND body LIKE '%通知供应商%'"))
			last := number(t, o.sql, "SELECT id FROM exceptions WHERE kind = 'early' AND order_id = ?", string(again))
			require.NoError(t, settle(last, false, "S14"))
			require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM stock WHERE safety_stock > 0"))
			f, err := o.store.ExceptionFigures(t.Context(), "", o.clock.Add(-time.Hour), o.clock.Add(time.Hour))
			require.NoError(t, err)
			for _, k := range f.Kinds {
				require.NotEqual(t, orders.ExceptionEarly, k.Kind, "it is no exception")
			}
			sound(t, o.sql)
		})
	}
}

// A customer who orders every week and misses one is told of to the salesperson: once for each missed week, in working hours, whatever
// runs how often; who never had the rhythm is not.
//
// feature: EX-16
func TestASilentWeeklyBuyerIsToldOf(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.load("customers", "code,name,sales\nC2,乙医院,S01\n")
			at := func(text string, customer orders.CustomerCode) {
				o.at(text)
				o.placeWith(1, func(order *orders.Order) { order.Customer = customer })
			}
			for _, day := range []string{"04-01", "04-08", "04-16", "04-22"} {
				at(day+" 10:00", "C1")
			}
			at("04-01 11:00", "C2")
			at("04-02 11:00", "C2")
			at("04-22 11:00", "C2")
			at("04-23 11:00", "C2")
			job := &notify.Silence{
				List: o.store, Store: notifyStore{o.store}, Catalog: o.catalog, Platforms: map[orders.Platform]bool{orders.WeCom: true}, Now: o.desk.Now,
			}
			told := func(text string) int {
				t.Helper()
				o.at(text)
				for range 3 {
					require.NoError(t, job.Round(t.Context()))
				}
				return len(o.told(notify.KindSilent))
			}
			require.Zero(t, told("04-30 17:59"), "eight days")
			require.Zero(t, told("05-01 10:00"), "nine days, but a holiday")
			require.Zero(t, told("05-06 08:59"), "too early in the day")
			require.Equal(t, 1, told("05-06 09:00"))
			require.Equal(t, []string{"zhouting customer.silent"}, o.told(notify.KindSilent))
			require.Contains(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'customer.silent'")[0], "甲医院 平时每周都下单，上次是 4月22日，已经 14 天没有了")
			require.Equal(t, 1, told("05-07 10:00"))
			require.Equal(t, 2, told("05-08 09:00"), "the second missed week")
			require.Equal(t, 2, told("05-14 17:00"))
			at("05-14 17:30", "C1")
			require.Equal(t, 2, told("05-29 10:00"), "the rhythm is gone")
		})
	}
}
