package storage_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
	"orderbot/storage"
)

func init() {
	if err := flag.Set("rapid.checks", strconv.Itoa(histories)); err != nil {
		panic(err)
	}
}

// historyStaff are those who act in a random history, one for each role that matters and two besides.
const historyStaff = `code,name,role
S1,周婷,sales
S2,陈立,sales
S10,王敏,sales_manager
S11,李账,finance
S12,赵财,cfo
S13,钱总,director
S14,孙运,operations
S15,高审,senior_approver
S20,吴仓,warehouse_lead
S21,郑库,warehouse
S99,管理,admin`

// history is one random history of a customer of its own.
type history struct {
	*rapid.T

	s        *storage.Store
	desk     *orders.Desk
	now      time.Time
	customer orders.CustomerCode
	orders   []orders.OrderID
	known    map[orders.OrderID]*orders.Order // as they were after the last action
	invoiced orders.Money
	payments map[string]orders.Money
	number   int
}

// numbers are shared by all histories of all databases, so that no two meet.
var numbers atomic.Int64

func newHistory(tb testing.TB, t *rapid.T, s *storage.Store) *history {
	tb.Helper()
	n := numbers.Add(1)
	h := &history{
		T: t, s: s, now: ordertest.Start.In(time.FixedZone("CST", 8*60*60)), customer: orders.CustomerCode(fmt.Sprintf("H%06d", n)),
		known: make(map[orders.OrderID]*orders.Order), payments: make(map[string]orders.Money),
	}
	importCSV(tb, s, "customers", "code,name,type,level,credit_grade,credit_limit,sales", fmt.Sprintf("%s,客户%d,%s,%s,%s,%d,S1", h.customer, n,
		rapid.SampledFrom([]string{"VIP", "普通", "经销商"}).Draw(t, "type"), rapid.SampledFrom([]string{"A", "B"}).Draw(t, "level"),
		rapid.SampledFrom([]string{"A", "C"}).Draw(t, "grade"), rapid.IntRange(0, 40).Draw(t, "limit")*1000))
	h.desk = desk(tb, s, string(rules.Default), func() time.Time { return h.now })
	return h
}

// do acts in a transaction, as the program does.
func (h *history) do(act func(tx *storage.Tx) error) error {
	return h.s.Do(h.Context(), act)
}

// act does one random thing to one random order and checks what became of it.
func (h *history) act() {
	h.now = h.now.Add(time.Duration(rapid.IntRange(0, 200).Draw(h.T, "minutes")) * time.Minute)
	cat := h.desk.Catalog()
	verb := rapid.SampledFrom([]string{
		"place", "confirm", "confirm", "revise", "approve", "approve", "approve", "reject", "send back", "send back", "skip", "transfer", "except", "cancel",
		"ship", "deliver", "tick", "invoice", "invoice", "pay", "void",
	}).Draw(h.T, "verb")
	who := &cat.Staff[rapid.IntRange(0, len(cat.Staff)-1).Draw(h.T, "who")]
	if len(h.orders) == 0 || verb == "place" {
		h.place(orders.Actor{Code: string(who.Code), Name: who.Name, Staff: who, Channel: orders.WeCom})
		h.check(h.orders[len(h.orders)-1])
		return
	}
	id := h.orders[rapid.IntRange(max(0, len(h.orders)-4), len(h.orders)-1).Draw(h.T, "order")]
	before, err := h.s.FindOrder(h.Context(), id)
	require.NoError(h, err)
	node := before.OpenNode()
	if node != nil && rapid.Bool().Draw(h.T, "an approver") { // else hardly anything would ever be decided
		if i := slices.IndexFunc(cat.Staff, func(s orders.Staff) bool { return node.MayDecide(&s) }); i >= 0 {
			who = &cat.Staff[i]
		}
	}
	by := orders.Actor{Code: string(who.Code), Name: who.Name, Staff: who, Channel: orders.WeCom}
	isRight := true
	on := func(change func(tx *storage.Tx) error) { err = h.do(change) }
	switch verb {
	case "confirm":
		on(func(tx *storage.Tx) error { _, _, err := h.desk.Confirm(tx, id, 0, by); return err })
	case "revise":
		n := rapid.Int64Range(1, 600).Draw(h.T, "boxes")
		on(func(tx *storage.Tx) error {
			_, err := h.desk.Revise(tx, id, by, func(o *orders.Order) error {
				o.Lines = ordertest.Order("", h.customer, n, "P1").Lines
				return nil
			})
			return err
		})
	case "approve", "reject":
		isRight = node != nil && node.MayDecide(who)
		on(func(tx *storage.Tx) error {
			_, err := h.desk.Decide(tx, id, 0, 0, verb == "approve", "理由", by)
			return err
		})
	case "send back":
		isRight = node != nil && node.MayDecide(who)
		on(func(tx *storage.Tx) error { _, err := h.desk.SendBack(tx, id, "再看看", by); return err })
	case "transfer":
		isRight = node != nil && node.MayDecide(who)
		to := &cat.Staff[rapid.IntRange(2, len(cat.Staff)-1).Draw(h.T, "to")]
		on(func(tx *storage.Tx) error { _, err := h.desk.Transfer(tx, id, to, "", by); return err })
	case "skip":
		isRight = who.Has(orders.RoleOperations, orders.RoleAdmin)
		on(func(tx *storage.Tx) error { _, err := h.desk.Skip(tx, id, "急", by); return err })
	case "except":
		on(func(tx *storage.Tx) error { _, err := h.desk.Except(tx, id, "急", by); return err })
	case "cancel":
		on(func(tx *storage.Tx) error { _, err := h.desk.Cancel(tx, id, 0, "不要了", by); return err })
	case "ship":
		isRight = who.Has(orders.RoleWarehouse, orders.RoleWarehouseLead)
		on(func(tx *storage.Tx) error { _, err := h.desk.Ship(tx, id, "SF", "SF1", "t"+string(id), by); return err })
	case "deliver":
		on(func(tx *storage.Tx) error {
			_, err := h.desk.Track(tx, id, 1, orders.ParcelDelivered, nil, orders.SystemActor)
			return err
		})
	case "tick":
		on(func(tx *storage.Tx) error { return h.desk.Tick(tx, id) })
	default:
		err = h.money(verb, before)
	}
	if _, said := orders.ErrorMessage(err); err != nil {
		require.True(h, said, "%s: %v", verb, err)
	}
	if !isRight {
		require.Error(h, err, "%s %s by %s", verb, id, who.Name)
	}
	after, e := h.s.FindOrder(h.Context(), id)
	require.NoError(h, e)
	if err != nil {
		require.Equal(h, before, after, "%s was refused: %v", verb, err)
	}
	h.check(id)
}

func (h *history) place(by orders.Actor) {
	o := ordertest.Order("", h.customer, rapid.Int64Range(1, 600).Draw(h.T, "boxes"), "P1", "P2")
	if rapid.IntRange(0, 3).Draw(h.T, "special") == 0 {
		price := ordertest.Decimal("7.77")
		o.Lines[0].Stated = &price
	}
	o.Sales = "S1"
	require.NoError(h, h.do(func(tx *storage.Tx) error {
		again := *o
		again.Lines = slices.Clone(o.Lines)
		err := h.desk.Place(tx, &again, by)
		o.ID = again.ID
		return err
	}))
	h.orders = append(h.orders, o.ID)
}

// money is what finance does.
func (h *history) money(verb string, o *orders.Order) error {
	fen := rapid.Int64Range(1, 800_000).Draw(h.T, "fen")
	h.number++
	switch verb {
	case "invoice":
		report, err := h.s.Import(h.Context(), "invoices", fmt.Appendf(nil, "invoice,customer,amount,due,order\n%s-%d,%s,%s,%s,%s\n", h.customer, h.number, h.customer,
			orders.Money(fen).Yuan(), h.now.AddDate(0, 0, rapid.IntRange(-2, 9).Draw(h.T, "days")).Format(time.DateOnly), o.ID), false)
		require.NoError(h, err)
		require.Equal(h, o.Status == orders.StatusDraft, len(report.Refused) > 0, "%+v", report)
		if len(report.Refused) == 0 {
			h.invoiced += orders.Money(fen)
		}
		return nil
	case "pay":
		var number string
		err := h.do(func(tx *storage.Tx) (err error) {
			number, err = tx.Pay(orders.Payment{Customer: h.customer, Amount: orders.Money(fen), Day: h.now})
			return err
		})
		h.payments[number] = orders.Money(fen)
		return err
	default:
		all := make([]string, 0, len(h.payments))
		for n := range h.payments {
			all = append(all, n)
		}
		if len(all) == 0 {
			return nil
		}
		slices.Sort(all)
		number := all[rapid.IntRange(0, len(all)-1).Draw(h.T, "payment")]
		delete(h.payments, number)
		return h.do(func(tx *storage.Tx) error { _, err := tx.VoidPayment(number); return err })
	}
}

// check asserts what must hold after every action.
func (h *history) check(id orders.OrderID) {
	o, err := h.s.FindOrder(h.Context(), id)
	require.NoError(h, err)
	h.known[id] = o

	var total, held, paid orders.Money
	for i := range o.Lines {
		total += o.Lines[i].Amount
	}
	require.Equal(h, o.Total, total, "the lines add up")
	require.NotEmpty(h, o.Sales, "an owner")
	switch o.Status {
	case orders.StatusDraft, orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed:
		require.Zero(h, o.Held, "%s holds nothing", o.Status)
	default:
		require.Equal(h, max(0, o.Receivable()-o.Invoiced), o.Held, "%s", o.Status)
	}
	if o.Status == orders.StatusPendingApproval {
		require.NotNil(h, o.OpenNode(), "somebody has to decide")
		require.NotEmpty(h, o.OpenNode().Approvers(h.desk.Catalog()))
	}
	decided := slices.ContainsFunc(o.Nodes, func(n orders.Node) bool { return n.Status == orders.NodeApproved || n.Status == orders.NodeSkipped })
	switch o.Status {
	case orders.StatusApproved, orders.StatusAllocated, orders.StatusShipped, orders.StatusDelivered:
		require.True(h, decided || !o.SpecialPrice(), "a special price was decided by somebody")
	default:
	}
	for _, k := range h.known {
		held += k.Held
	}
	for _, p := range h.payments {
		paid += p
	}
	a, err := h.s.Account(h.Context(), h.customer, h.now)
	require.NoError(h, err)
	require.Equal(h, []orders.Money{held, h.invoiced, paid}, []orders.Money{a.Held, a.Invoiced, a.Paid}, "the account is the sum of its orders, invoices and payments")
	require.LessOrEqual(h, a.Overdue.Amount, max(0, a.Invoiced-a.Paid))
}

// randomHistories are 200 actions each by random roles at random times: after every action the money adds up, what
// was refused changed nothing, nothing was done by a role that may not, and no order is without an owner.
func randomHistories(t *testing.T) {
	t.Helper()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		importCSV(t, s, "products", "code,name,unit,price,stock", "P1,口罩,盒,8.5,40000", "P2,手套,盒,8.5,30000")
		importCSV(t, s, "staff", strings.Split(historyStaff, "\n")...)
		rapid.Check(t, func(rt *rapid.T) {
			h := newHistory(t, rt, s)
			for range 200 {
				h.act()
			}
		})
	})
}
