package storage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// desk is an order desk on a store with the master data of the moment.
func desk(t testing.TB, s *storage.Store, file string, now func() time.Time) *orders.Desk {
	t.Helper()
	cat, err := s.Catalog(t.Context())
	require.NoError(t, err)
	engine, err := rules.Parse("rules.yaml", []byte(file))
	require.NoError(t, err)
	return &orders.Desk{
		Catalog: func() *orders.Catalog { return cat }, Rules: func() orders.Rules { return engine }, Now: now,
		Times: orders.Times{DraftExpires: 24 * time.Hour, ReservationExpires: 24 * time.Hour, ApprovalLimit: 4 * time.Hour, UrgentRepeat: time.Minute},
	}
}

// importCSV imports rows of CSV, which must all be good.
func importCSV(t testing.TB, s *storage.Store, kind string, rows ...string) orders.ImportReport {
	t.Helper()
	report, err := s.Import(t.Context(), kind, []byte(strings.Join(rows, "\n")), false)
	require.NoError(t, err)
	require.Empty(t, report.Refused)
	return report
}

var seller = orders.Actor{Code: "S1", Name: "周婷", Staff: &orders.Staff{Code: "S1", Name: "周婷", Roles: []orders.Role{orders.RoleSales}}}

// place stores a draft of so many P1 and returns its number.
func place(t testing.TB, s *storage.Store, d *orders.Desk, customer orders.CustomerCode, quantity int64) orders.OrderID {
	t.Helper()
	o := ordertest.Order("", customer, quantity, "P1")
	require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
		again := *o
		if err := d.Place(tx, &again, seller); err != nil {
			return err
		}
		o.ID = again.ID
		return nil
	}))
	return o.ID
}

func confirm(t testing.TB, s *storage.Store, d *orders.Desk, id orders.OrderID) error {
	t.Helper()
	return s.Do(t.Context(), func(tx *storage.Tx) error {
		_, _, err := d.Confirm(tx, id, 0, seller)
		return err
	})
}

func masterOfCredit(t testing.TB, s *storage.Store, limit string) {
	t.Helper()
	importCSV(t, s, "products", "code,name,unit,price,stock", "P1,口罩,盒,10,100000")
	importCSV(t, s, "customers", "code,name,credit_limit", "C1,一院,"+limit, "C2,二院,")
}

// Fifty orders at once against one limit never exceed it; who loses gets a sentence, never a deadlock.
// Where the limit is finance's to decide, what is beyond the limit goes to finance instead of past it.
//
// feature: AP-13
func TestFiftyOrdersAgainstOneLimit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		masterOfCredit(t, s, "1000")
		for name, file := range map[string]string{
			"blocked":  "routes:\n  - {name: 直通, when: 其余, steps: []}\nchecks:\n  - {kind: 信用额度, effect: 拦下, role: 财务}\n",
			"reviewed": "routes:\n  - {name: 财务, when: 其余, steps: [{role: 财务, pass: not 超信用, because: 在额度内}]}\n",
		} {
			d := desk(t, s, file, func() time.Time { return ordertest.Start })
			var ids [50]orders.OrderID
			for i := range ids {
				ids[i] = place(t, s, d, "C1", 9) // ¥90: eleven fit
			}
			var refused [50]error
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() { refused[i] = confirm(t, s, d, ids[i]) })
			}
			all.Wait()
			within := orders.Money(0)
			for i, id := range ids {
				o, err := s.FindOrder(t.Context(), id)
				require.NoError(t, err)
				if name == "blocked" {
					require.Equal(t, refused[i] == nil, o.Held == 90_00, "%v", refused[i])
					if refused[i] != nil {
						require.ErrorContains(t, refused[i], "信用额度 ¥1,000.00")
					}
					within += o.Held
					continue
				}
				require.NoError(t, refused[i])
				finance := false
				for _, n := range o.Nodes {
					finance = finance || n.Role == orders.RoleFinance && n.Reason == ""
				}
				if !finance {
					within += o.Held
				}
			}
			require.Equal(t, orders.Money(990_00), within, name)
			exposure, err := s.Exposure(t.Context(), "C1")
			require.NoError(t, err)
			for _, id := range ids { // given back once
				require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
					_, err := d.Cancel(tx, id, 0, "不要了", seller)
					return err
				}))
				require.Error(t, s.Do(t.Context(), func(tx *storage.Tx) error {
					_, err := d.Cancel(tx, id, 0, "不要了", seller)
					return err
				}))
			}
			require.Positive(t, exposure)
			exposure, err = s.Exposure(t.Context(), "C1")
			require.NoError(t, err)
			require.Zero(t, exposure)
		}
	})
}

// An amount counts as an order until it is invoiced, then as an invoice until it is paid, never as both.
//
// feature: AP-13
func TestAnAmountIsNeverCountedTwice(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		masterOfCredit(t, s, "1000")
		beijing := time.FixedZone("CST", 8*60*60)
		day := ordertest.Start.In(beijing)
		d := desk(t, s, "routes:\n  - {name: 直通, when: 其余, steps: []}\nchecks:\n  - {kind: 逾期, effect: 拦下, role: 财务}\n", func() time.Time { return day })
		stands := func(held, invoiced, paid, overdue orders.Money) {
			t.Helper()
			a, err := s.Account(t.Context(), "C1", day)
			require.NoError(t, err)
			require.Equal(t, []orders.Money{held, invoiced, paid, overdue}, []orders.Money{a.Held, a.Invoiced, a.Paid, a.Overdue.Amount})
			exposure, err := s.Exposure(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, held+invoiced-paid, exposure)
		}
		id := place(t, s, d, "C1", 10)
		require.NoError(t, confirm(t, s, d, id))
		stands(100_00, 0, 0, 0)

		// Refused rows change nothing; what is not an order of ours counts all the same.
		draft := place(t, s, d, "C1", 1)
		report, err := s.Import(t.Context(), "invoices", []byte(strings.Join([]string{
			"发票号,客户编码,金额,到期日,订单号", "FP1,C1,60,2026-03-20," + string(id), "FP2,C2,1,2026-03-20," + string(id),
			"FP3,C1,1,2026-03-20," + string(draft), "FP4,C9,1,2026-03-20,", "FP5,C1,0,2026-03-20,", "FP6,C1,一百,,", "FP1,C1,2,2026-03-20,",
		}, "\n")), false)
		require.NoError(t, err)
		require.Zero(t, report.Added)
		var refused []string
		for _, r := range report.Refused {
			refused = append(refused, fmt.Sprintf("%d %s", r.Row, r.Column))
		}
		require.Equal(t, []string{"3 订单号", "4 订单号", "5 客户编码", "6 金额", "7 金额", "7 到期日", "8 发票号"}, refused)
		stands(100_00, 0, 0, 0)

		first := []string{"发票号,客户编码,金额,到期日,订单号", "FP1,C1,60,2026-03-20," + string(id)}
		importCSV(t, s, "invoices", first...)
		stands(40_00, 60_00, 0, 0)
		require.Equal(t, 1, importCSV(t, s, "invoices", first...).Unchanged)
		stands(40_00, 60_00, 0, 0)
		first[1] = "FP1,C1,70,2026-03-20," + string(id) // corrected
		importCSV(t, s, "invoices", first...)
		stands(30_00, 70_00, 0, 0)
		importCSV(t, s, "invoices", "发票号,客户编码,金额,到期日,订单号", "FP2,C1,35,2026-03-25,"+string(id)) // with freight
		stands(0, 105_00, 0, 0)
		importCSV(t, s, "invoices", "发票号,客户编码,金额,到期日,订单号", "FP3,C1,-5,2026-03-25,"+string(id)) // red
		stands(0, 100_00, 0, 0)

		// The last day is still in time. Payments settle the oldest first.
		day = time.Date(2026, 3, 20, 23, 59, 59, 0, beijing)
		stands(0, 100_00, 0, 0)
		day = day.Add(time.Second)
		stands(0, 100_00, 0, 65_00)
		next := place(t, s, d, "C1", 1)
		require.ErrorContains(t, confirm(t, s, d, next), "最早的发票 FP1 2026-03-20 到期，已逾期 1 天；先回款 ¥65.00 就能下单")
		require.ErrorContains(t, confirm(t, s, d, next), "特批 "+string(next))
		importCSV(t, s, "payments", "收款单号,客户编码,金额,日期", "LS1,C1,64.99,2026-03-21")
		require.Error(t, confirm(t, s, d, next))
		pay := func(number string, amount orders.Money) (got string, err error) {
			return got, s.Do(t.Context(), func(tx *storage.Tx) (err error) {
				got, err = tx.Pay(orders.Payment{Number: number, Customer: "C1", Amount: amount, Day: day})
				return err
			})
		}
		number, err := pay("", 1)
		require.NoError(t, err)
		require.Equal(t, "SK202603210001", number)
		_, err = pay("LS1", 64_99)
		require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
		stands(0, 100_00, 65_00, 0)
		require.NoError(t, confirm(t, s, d, next))
		stands(10_00, 100_00, 65_00, 0)

		// Taken back once, by however many at once.
		var taken sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			taken.Go(func() {
				errs[i] = s.Do(t.Context(), func(tx *storage.Tx) error {
					_, err := tx.VoidPayment(number)
					return err
				})
			})
		}
		taken.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
			}
		}
		require.Equal(t, 1, won)
		stands(10_00, 100_00, 64_99, 1)

		// What is given back of an order is what was not invoiced.
		importCSV(t, s, "invoices", "发票号,客户编码,金额,到期日,订单号", "FP9,C1,4,2026-04-25,"+string(next))
		stands(6_00, 104_00, 64_99, 1)
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			_, err := d.Cancel(tx, next, 0, "不要了", seller)
			return err
		}))
		stands(0, 104_00, 64_99, 1)
		importCSV(t, s, "payments", "收款单号,客户编码,金额,日期", "LS2,C1,200,2026-03-22") // ahead
		stands(0, 104_00, 264_99, 0)
	})
}

// What an approver is told of a customer's past leaves out the order itself, what came to nothing, and what is too long ago.
func TestDealings(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		masterOfCredit(t, s, "100000")
		now := ordertest.Start
		d := desk(t, s, "routes:\n  - {name: 直通, when: 其余, steps: []}\n", func() time.Time { return now })
		var ids []orders.OrderID
		for i, amount := range []int64{1, 20, 300, 4000, 5} {
			id := place(t, s, d, "C1", amount)
			if i < 4 { // the last stays a draft
				require.NoError(t, confirm(t, s, d, id))
			}
			ids = append(ids, id)
			now = now.Add(24 * time.Hour)
		}
		other := place(t, s, d, "C2", 7)
		require.NoError(t, confirm(t, s, d, other))
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			_, err := d.Cancel(tx, ids[1], 0, "不要了", seller)
			return err
		}))
		into := ids[2]
		now = ordertest.Start.Add(48 * time.Hour)
		gone := place(t, s, d, "C1", 20)
		require.NoError(t, confirm(t, s, d, gone))
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			_, p, err := d.AskMerge(tx, into, gone, seller)
			if err != nil {
				return err
			}
			_, _, _, err = d.Amend(tx, into, p.Change.No, seller)
			return err
		}))
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			o, err := tx.Order(ids[3])
			require.NoError(t, err)
			past, err := tx.Dealings(o, ordertest.Start.Add(-time.Hour))
			require.NoError(t, err)
			require.Equal(t, 2, past.Count)
			require.Equal(t, orders.Money(321*10_00), past.Sum)
			require.Equal(t, orders.Money(320*10_00), past.LastSum)
			require.True(t, past.Last.Equal(ordertest.Start.Add(48*time.Hour)), past.Last)
			past, err = tx.Dealings(o, ordertest.Start.Add(50*time.Hour))
			require.NoError(t, err)
			require.Zero(t, past.Count)
			return nil
		}))
	})
}

// What is overdue names the oldest invoice that is not settled, however many there are, with red ones and payments in any order; it is what
// counting all of them comes to.
func TestTheOldestInvoiceThatIsOpen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		masterOfCredit(t, s, "100000")
		rows := []string{"invoice,customer,amount,due"}
		for i := range 130 {
			rows = append(rows, fmt.Sprintf("F%03d,C1,10,%s", i, ordertest.Start.AddDate(0, 0, i-120).Format(time.DateOnly)))
		}
		importCSV(t, s, "invoices", append(rows, "R1,C1,-25,2026-06-01")...)
		for _, c := range []struct {
			paid int64 // besides what was before
			want orders.Overdue
		}{
			{0, orders.Overdue{Amount: 1175_00, Invoice: "F002", Due: ordertest.Start.AddDate(0, 0, -118).Format(time.DateOnly)}},
			{5_00, orders.Overdue{Amount: 1170_00, Invoice: "F003", Due: ordertest.Start.AddDate(0, 0, -117).Format(time.DateOnly)}},
			{669_99, orders.Overdue{Amount: 500_01, Invoice: "F069", Due: ordertest.Start.AddDate(0, 0, -51).Format(time.DateOnly)}},
			{1, orders.Overdue{Amount: 500_00, Invoice: "F070", Due: ordertest.Start.AddDate(0, 0, -50).Format(time.DateOnly)}},
			{499_99, orders.Overdue{Amount: 1, Invoice: "F119", Due: ordertest.Start.AddDate(0, 0, -1).Format(time.DateOnly)}},
			{1, orders.Overdue{}},
			{30_00, orders.Overdue{}},
		} {
			if c.paid > 0 {
				require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
					_, err := tx.Pay(orders.Payment{Customer: "C1", Amount: orders.Money(c.paid), Day: ordertest.Start})
					return err
				}))
			}
			account, err := s.Account(t.Context(), "C1", ordertest.Start)
			require.NoError(t, err)
			require.Equal(t, c.want, account.Overdue)
		}
	})
}

// An order that was merged into another one has no invoice of its own; an invoice for goods that came back before it says so; and money that
// came in for an order stays its customer's, though the order was sent back.
func TestInvoicesAndPaymentsOfOrdersThatChanged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		importCSV(t, s, "customers", "code,name,type,level,credit_grade,credit_limit,sales", "C2,二院,普通,B,A,200000,S1")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		require.NoError(t, c.ship())
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, r, err := c.desk.AskReturn(tx, c.id, orders.Return{
				Kind: orders.ReturnGoods, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: 1, Quantity: ordertest.Decimal("100")}},
			}, c.actor("S1"))
			if err != nil {
				return err
			}
			if _, _, err = c.desk.SignReturn(tx, c.id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
				return err
			}
			_, _, err = c.desk.ReceiveReturn(tx, c.id, r.No, []orders.Inspected{{Line: 1, Good: ordertest.Decimal("100")}}, storage.DefaultWarehouse, c.actor("S20"))
			return err
		}))
		invoice := func(number, yuan string, id orders.OrderID) orders.ImportReport {
			report, err := s.Import(t.Context(), "invoices", []byte("invoice,customer,amount,due,order\n"+number+",C1,"+yuan+",2026-12-01,"+string(id)), false)
			require.NoError(t, err)
			return report
		}
		require.Empty(t, invoice("FP1", "7650", c.id).Warnings)
		require.Equal(t, []string{"订单 " + string(c.id) + " 开票前退过货，发票合计 ¥8,500.00，多开了 ¥850.00，请开红字"}, invoice("FP2", "850", c.id).Warnings)

		into, gone := place(t, s, c.desk, "C1", 10), place(t, s, c.desk, "C1", 20)
		require.NoError(t, confirm(t, s, c.desk, into))
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, p, err := c.desk.AskMerge(tx, into, gone, c.actor("S1"))
			if err != nil {
				return err
			}
			_, _, _, err = c.desk.Amend(tx, into, p.Change.No, c.actor("S1"))
			return err
		}))
		refused := invoice("FP3", "170", gone).Refused
		require.Len(t, refused, 1)
		require.Equal(t, "订单 "+string(gone)+" 已并入 "+string(into)+"，发票请写 "+string(into), refused[0].Reason)

		c.id = place(t, s, c.desk, "C1", 3000) // somebody decides it
		require.NoError(t, confirm(t, s, c.desk, c.id))
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, _, err := c.desk.Receive(tx, c.id, 100_00, "LS1", c.actor("S11"))
			return err
		}))
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.SendBack(tx, c.id, "交期再确认", c.actor("S10"))
			return err
		}))
		err := c.do(func(tx *storage.Tx) error {
			_, err := c.desk.Revise(tx, c.id, c.actor("S1"), func(o *orders.Order) error { o.Customer = "C2"; return nil })
			return err
		})
		require.ErrorContains(t, err, "已经有 C1 的到款或发票，不能换客户")
	})
}
