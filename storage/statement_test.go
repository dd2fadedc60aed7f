package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// A statement is what was owed before and the month's orders, less its payments: to the fen what the account says, by the firm's clock to
// the second. What was cancelled, came back or was paid by mistake does not count; goods on consignment count once they are invoiced.
//
// feature: ST-20
func TestAStatementIsOrdersLessPayments(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		importCSV(t, s, "staff", "code,name,role", "S1,周婷,sales", "S10,王敏,sales_manager", "S11,李账,finance", "S20,吴仓,warehouse_lead")
		importCSV(t, s, "products", "code,name,unit,price,stock", "P1,口罩,盒,8.5,5000", "P2,手套,盒,9,5000")
		importCSV(t, s, "customers", "code,name,level,credit_grade,sales,invoice_info", "C1,一院,A,A,S1,税号 91320000", "C2,二院,A,A,S1,")
		importCSV(t, s, "prices", "product,scope,price,mode", "P2,客户:C1,9,寄售")
		at := time.Date(2026, 3, 31, 23, 59, 59, 0, time.FixedZone("CST", 8*60*60))
		d := desk(t, s, string(rules.Default), func() time.Time { return at })
		c := &changing{T: t, store: s, desk: d}
		taken := func(customer orders.CustomerCode, boxes int64) orders.OrderID {
			id := place(t, s, d, customer, boxes)
			require.NoError(t, confirm(t, s, d, id))
			return id
		}
		month := func(m time.Month) *orders.Statement {
			from := time.Date(2026, m, 1, 0, 0, 0, 0, at.Location())
			st, err := s.Statement(t.Context(), "C1", from, from.AddDate(0, 1, 0))
			require.NoError(t, err)
			return st
		}
		exposure := func() orders.Money {
			sum, err := s.Exposure(t.Context(), "C1")
			require.NoError(t, err)
			return sum
		}
		march := taken("C1", 100) // ¥850, in the last second of March
		taken("C2", 50)
		at = at.Add(time.Second)
		april := taken("C1", 20)       // ¥170, in the first of April
		cancelled := taken("C1", 1000) // and one that nobody wants
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := d.Cancel(tx, cancelled, 0, "不要了", c.actor("S1"))
			return err
		}))
		var wrong string
		require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
			if _, _, err = d.Receive(tx, march, 300_00, "LS1", c.actor("S11")); err != nil {
				return err
			}
			wrong, err = tx.Pay(orders.Payment{Customer: "C1", Amount: 99_00, Day: at})
			return err
		}))
		require.NoError(t, c.do(func(tx *storage.Tx) error { _, _, err := d.Unreceive(tx, wrong, "记错", c.actor("S11")); return err }))

		st := month(time.March)
		require.Len(t, st.Orders, 1)
		require.Equal(t, march, st.Orders[0].Order)
		require.Empty(t, st.Payments)
		require.Equal(t, orders.Money(850_00), st.Closing())
		st = month(time.April)
		require.Equal(t, orders.Money(850_00), st.Opening)
		require.Len(t, st.Orders, 1)
		require.Equal(t, april, st.Orders[0].Order)
		require.Equal(t, []orders.Payment{{Number: "LS1", Customer: "C1", Amount: 300_00, Day: time.Date(2026, 4, 1, 0, 0, 0, 0, at.Location()), Order: march}}, st.Payments)
		require.Equal(t, orders.Money(850_00+170_00-300_00), st.Closing())
		require.Equal(t, exposure(), st.Closing())

		// Invoices change nothing of what is owed for an order; those of no order, and of goods on consignment, add to it.
		importCSV(t, s, "invoices", "invoice,customer,amount,due,order,date", "FP1,C1,850,2026-05-01,"+string(march)+",2026-04-02", "FP2,C1,77.70,2026-05-01,,2026-04-30", "FP3,C1,5,2026-05-01,,2026-05-01")
		st = month(time.April)
		require.Equal(t, orders.Money(850_00+170_00-300_00+77_70), st.Closing())
		require.Equal(t, []orders.Invoice{
			{Number: "FP1", Order: march, Amount: 850_00, Issued: "2026-04-02", Due: "2026-05-01"}, {Number: "FP2", Amount: 77_70, Issued: "2026-04-30", Due: "2026-05-01"},
		}, st.Invoices)
		require.Equal(t, exposure(), month(time.May).Closing())
		consigned := place(t, s, d, "C1", 1)
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := d.Revise(tx, consigned, c.actor("S1"), func(o *orders.Order) error { o.Lines = ordertest.Order("", "C1", 10, "P2").Lines; return nil })
			return err
		}))
		require.NoError(t, confirm(t, s, d, consigned))
		require.Equal(t, exposure(), month(time.May).Closing())
		importCSV(t, s, "invoices", "invoice,customer,amount,due,order,date", "FP4,C1,40,2026-05-01,"+string(consigned)+",2026-04-03")
		require.Equal(t, exposure(), month(time.May).Closing())
		require.Equal(t, orders.Money(850_00+170_00-300_00+77_70+40_00), month(time.April).Closing())

		// Goods that come back are given back, invoiced or not.
		for _, id := range []orders.OrderID{march, april} {
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, err := d.Ship(tx, id, "SF", "SF"+string(id), string(id), c.actor("S20"))
				return err
			}))
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, r, err := d.AskReturn(tx, id, orders.Return{Kind: orders.ReturnGoods, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: 1, Quantity: ordertest.Decimal("10")}}}, c.actor("S1"))
				if err != nil {
					return err
				}
				if _, _, err = d.SignReturn(tx, id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
					return err
				}
				_, _, err = d.ReceiveReturn(tx, id, r.No, []orders.Inspected{{Line: 1, Good: ordertest.Decimal("10")}}, storage.DefaultWarehouse, c.actor("S20"))
				return err
			}))
			require.Equal(t, exposure(), month(time.May).Closing())
		}
		st = month(time.April)
		require.Equal(t, orders.Money(850_00-85_00), st.Opening)
		require.Equal(t, orders.Money(85_00), st.Orders[0].Back)
		require.Equal(t, st.Opening+st.Ordered()-st.Paid(), st.Closing())
		posted := st.Postings()
		require.Equal(t, st.Closing(), posted[len(posted)-1].Balance)
	})
}
