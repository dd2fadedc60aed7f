package storage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// Splitting, merging, changing and cancelling the same orders, pressed by many at once: each is done once or refused with a sentence,
// and what is left of them holds the stock and the credit of its lines, nothing twice.
//
// feature: DM-04
func TestManyPressSplitAndMergeAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		a, b := place(t, s, c.desk, "C1", 100), place(t, s, c.desk, "C1", 60)
		for _, id := range []orders.OrderID{a, b} {
			require.NoError(t, confirm(t, s, c.desk, id))
		}
		find := func(id orders.OrderID) *orders.Order {
			o, err := s.FindOrder(t.Context(), id)
			require.NoError(t, err)
			return o
		}
		require.Equal(t, find(a).Status, find(b).Status)
		var split, merge int
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, change, err := c.desk.AskSplit(tx, b, c.actor("S1"), []orders.Part{{Base: map[int]orders.Quantity{1: decimal.NewFromInt(25)}}, {}})
			if err != nil {
				return err
			}
			split = change.No
			_, preview, err := c.desk.AskMerge(tx, a, b, c.actor("S1"))
			merge = preview.Change.No
			return err
		}))
		amend := func(id orders.OrderID, no int) func() error {
			return func() error {
				return c.do(func(tx *storage.Tx) error { _, _, _, err := c.desk.Amend(tx, id, no, c.actor("S1")); return err })
			}
		}
		presses := []func() error{amend(a, merge), amend(b, split), func() error {
			return c.do(func(tx *storage.Tx) error { _, err := c.desk.Cancel(tx, b, 0, "不要了", c.actor("S1")); return err })
		}}
		var errs [30]error
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = presses[i%len(presses)]() })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			_, said := orders.ErrorMessage(err)
			require.True(t, said, "%v", err)
		}
		require.True(t, won == 1 || won == 2, "%d", won) // a batch may be cancelled after the splitting

		var held orders.Money
		boxes := decimal.Zero
		list, err := s.OrdersOf(t.Context(), "C1", 10)
		require.NoError(t, err)
		for _, o := range list {
			again, err := s.Replay(t.Context(), o.ID)
			require.NoError(t, err)
			require.Equal(t, o, again)
			held += o.Held
			for _, l := range o.Lines {
				if !o.Status.Ended() {
					require.True(t, l.Reserved.Equal(l.Base))
					boxes = boxes.Add(l.Base)
				}
			}
			require.True(t, o.Held == 0 || o.Held == o.Receivable())
		}
		exposure, err := s.Exposure(t.Context(), "C1")
		require.NoError(t, err)
		require.Equal(t, held, exposure)
		free, err := s.Available(t.Context(), "P1")
		require.NoError(t, err)
		require.True(t, ordertest.Decimal("5000").Equal(free["P1"].Add(boxes)), "%s free, %s held", free["P1"], boxes)
	})
}

// Who had to decide an order decides its batches: neither splitting it nor editing the batches gets around them.
func TestBatchesDoNotGetAroundAnApproval(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		c.id = place(t, s, c.desk, "C1", 3000) // ¥25,500: the financial director decides from ¥20,000 on
		require.NoError(t, confirm(t, s, c.desk, c.id))
		left := func(id orders.OrderID) (roles []orders.Role) {
			o, err := s.FindOrder(t.Context(), id)
			require.NoError(t, err)
			for _, n := range o.Nodes {
				if n.Reason == "" && (n.Status == orders.NodeOpen || n.Status == orders.NodeWaiting) {
					roles = append(roles, n.Role)
				}
			}
			return roles
		}
		chain := []orders.Role{orders.RoleSalesManager, orders.RoleCFO}
		require.Equal(t, chain, left(c.id))
		part := c.split(1500)
		for _, id := range []orders.OrderID{c.id, part} {
			require.Equal(t, chain, left(id))
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, p, err := c.desk.AskChange(tx, id, c.actor("S1"), func(o *orders.Order) error { o.Note = "周末也收"; return nil })
				if err != nil {
					return err
				}
				require.Equal(t, []string{"销售经理", "财务总监"}, p.Roles)
				_, _, _, err = c.desk.Amend(tx, id, p.Change.No, c.actor("S1"))
				return err
			}))
			require.Equal(t, chain, left(id), "%s", id)
		}
	})
}

// Orders that were to go as one shipment do not once one of them goes elsewhere: neither is sent with the other's waybill.
//
// feature: ST-18
func TestNothingIsShippedToTheOthersAddress(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		importCSV(t, s, "customers", "code,name,address", "C1,一院,南京市江宁区诚信大道 1 号")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		other := c.id
		c.id = place(t, s, c.desk, "C1", 10)
		require.NoError(t, confirm(t, s, c.desk, c.id))
		c.approve()
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.ShipTogether(tx, []orders.OrderID{c.id, other}, c.actor("S1"))
			return err
		}))
		var preview orders.Preview
		require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
			_, preview, err = c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error { o.Address = "苏州市工业园区星湖街 1 号"; return nil })
			return err
		}))
		require.NoError(t, c.amend(preview.Change.No))
		c.approve()
		require.NoError(t, c.take())
		for _, id := range []orders.OrderID{other, c.id} {
			err := c.do(func(tx *storage.Tx) error {
				_, err := c.desk.Ship(tx, id, "SF", "SF1234567890123", "t", c.actor("S21"))
				return err
			})
			require.ErrorContains(t, err, "地址不一样了")
			require.ErrorContains(t, err, "各发各的")
		}
		for _, id := range []orders.OrderID{other, c.id} {
			o, err := s.FindOrder(t.Context(), id)
			require.NoError(t, err)
			require.Empty(t, o.Shipments)
		}
		require.NoError(t, c.do(func(tx *storage.Tx) error { _, err := c.desk.ShipApart(tx, c.id, c.actor("S21")); return err }))
		require.NoError(t, c.ship())
		o, err := s.FindOrder(t.Context(), other)
		require.NoError(t, err)
		require.Empty(t, o.Shipments)
	})
}

// What was picked in a wave and counted was the whole: its batches are picked in another wave, and counted by themselves.
//
// feature: DM-04
func TestBatchesArePickedAndCountedAnew(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		wave := func(ids ...orders.OrderID) error {
			return c.do(func(tx *storage.Tx) error { _, _, _, err := c.desk.Wave(tx, ids, c.actor("S20")); return err })
		}
		require.NoError(t, wave(c.id))
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, count, err := c.desk.Check(tx, c.id, []orders.Counted{{Text: "P1", Product: "P1", Quantity: decimal.NewFromInt(999)}}, c.actor("S21"))
			require.False(t, count.OK)
			return err
		}))
		part := c.split(400)
		require.NoError(t, c.take())
		batch, err := s.FindOrder(t.Context(), part)
		require.NoError(t, err)
		require.Nil(t, batch.Work.Count)
		require.NoError(t, wave(c.id, part))
		for _, id := range []orders.OrderID{c.id, part} {
			o, err := s.FindOrder(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, orders.StatusPicking, o.Status, "%s", id)
		}
		c.id = part
		require.NoError(t, c.ship())
	})
}

// A surgery whose order went into another one has its goods there: another day makes no second draft of them, and what it is cancelled for
// is to be taken out of that order. Its draft keeps what somebody wrote into its note.
//
// feature: EX-15
func TestASurgeryFollowsItsGoodsIntoAnotherOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		c.desk.Surgery = orders.SurgeryTerms{Lead: 72 * time.Hour, Margin: 24 * time.Hour, Ahead: 48 * time.Hour}
		n := decimal.NewFromInt(2)
		plan := func(day string) (p *orders.Surgery) {
			t.Helper()
			require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
				p, _, err = c.desk.PlanSurgery(tx, orders.Surgery{
					Key: "one", Customer: "C1", Day: day, Source: "测试", Lines: []orders.SurgeryLine{{Product: "P1", Title: "口罩", Quantity: n, Unit: "盒", Base: n}},
				}, c.actor("S1"))
				return err
			}))
			return p
		}
		p := plan("2026-03-13") // soon: its draft is there at once
		own := p.Order
		require.NotEmpty(t, own)
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.Revise(tx, own, c.actor("S1"), func(o *orders.Order) error { o.Note += "；送到手术室"; return nil })
			return err
		}))
		plan("2026-03-14")
		draft, err := s.FindOrder(t.Context(), own)
		require.NoError(t, err)
		require.Equal(t, "2026-03-14 手术（手术计划 1）；送到手术室", strings.ReplaceAll(draft.Note, fmt.Sprintf("手术计划 %d", p.ID), "手术计划 1"))

		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, preview, err := c.desk.AskMerge(tx, c.id, own, c.actor("S1"))
			if err != nil {
				return err
			}
			_, _, _, err = c.desk.Amend(tx, c.id, preview.Change.No, c.actor("S1"))
			return err
		}))
		p = plan("2026-03-20")
		require.Equal(t, c.id, p.Order)
		require.Equal(t, orders.SurgeryDrafted, p.State)
		all, err := s.OrdersSince(t.Context(), "C1", ordertest.Start.Add(-time.Hour), 10)
		require.NoError(t, err)
		require.Len(t, all, 1, "no second draft")
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			stored, err := tx.Surgery(p.ID)
			if err != nil {
				return err
			}
			if err := c.desk.CancelSurgery(tx, stored, c.actor("S1")); err != nil {
				return err
			}
			require.Equal(t, c.id, stored.Order)
			return nil
		}))
	})
}

// What weighs more in the warehouse's list because of a change weighs what it did once the change is refused: a merging with an urgent
// order, and becoming urgent itself.
//
// feature: DM-05
func TestARefusedChangeLeavesNoPriority(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,5000,0")
		d.desk = desk(d.T, d.stores[0], "routes:\n  - {name: 自动, when: 金额 < 5000, steps: []}\n  - {name: 人工, when: 其余, steps: [{role: 销售经理}]}\n"+
			"priority:\n  - {name: 急单, when: 加急, points: 40}\n  - {name: 大单, when: 金额 > 5000, points: 2}\n  - {name: 都有, when: 金额 > 0, points: 1}\n", d.clock)
		reject := func(id orders.OrderID) {
			d.Helper()
			require.NoError(d, d.do(func(tx *storage.Tx) error {
				_, err := d.desk.Decide(tx, id, 0, 0, false, "不行", manager)
				return err
			}))
		}
		weighs := func(id orders.OrderID, points int, why ...string) {
			d.Helper()
			o := d.order(id)
			require.Equal(d, points, o.Priority)
			require.Equal(d, why, o.PriorityWhy)
			again, err := d.stores[0].Replay(d.Context(), id)
			require.NoError(d, err)
			require.Equal(d, o, again)
		}
		o, x := d.confirm(400, "P1"), d.place(400, "P1")
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, err := d.desk.Revise(tx, x, seller, func(o *orders.Order) error { o.Urgent, o.UrgentWords = true, "急"; return nil })
			return err
		}))
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, _, err := d.desk.Confirm(tx, x, 0, seller); return err }))
		weighs(o, 1, "都有")
		weighs(x, 41, "急单", "都有")
		d.merge(o, x)
		weighs(o, 43, "急单", "大单", "都有")
		require.Equal(d, orders.StatusPendingApproval, d.order(o).Status)
		reject(o)
		weighs(o, 1, "都有")
		weighs(x, 41, "急单", "都有")

		d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
			_, p, err := d.desk.AskChange(tx, o, seller, func(o *orders.Order) error {
				o.Urgent, o.UrgentWords = true, "急"
				o.Lines = ordertest.Order("", "C1", 700, "P1").Lines
				return nil
			})
			return o, p.Change.No, err
		})
		weighs(o, 43, "急单", "大单", "都有")
		reject(o)
		weighs(o, 1, "都有")
		d.merge(o, x) // that is approved
		d.decide(o)
		weighs(o, 43, "急单", "大单", "都有")
	})
}

// An order that a change made urgent stays so by the green channel that was opened meanwhile when the change is refused, and only as long
// as the channel is open.
//
// feature: EX-05
func TestARefusedChangeLeavesTheGreenChannel(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		d.stock("P1,默认仓,5000,0")
		d.desk = desk(d.T, d.stores[0], "routes:\n  - {name: 自动, when: 金额 < 500, steps: []}\n  - {name: 人工, when: 其余, steps: [{role: 销售经理}]}\n", d.clock)
		o := d.confirm(10, "P1")
		d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
			_, p, err := d.desk.AskChange(tx, o, seller, func(o *orders.Order) error {
				o.Urgent, o.UrgentWords = true, "急"
				o.Lines = ordertest.Order("", "C1", 700, "P1").Lines
				return nil
			})
			return o, p.Change.No, err
		})
		g := orders.Green{GreenSwitches: orders.GreenSwitches{Urgency: 1}, Until: d.clock().Add(2 * time.Hour)}
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.OpenGreen(tx, o, -1, g, chief); return err }))
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, err := d.desk.Decide(tx, o, 0, 0, false, "不行", manager)
			return err
		}))
		require.True(d, d.order(o).Urgent)
		require.Empty(d, d.order(o).UrgentWords)
		again, err := d.stores[0].Replay(d.Context(), o)
		require.NoError(d, err)
		require.Equal(d, d.order(o), again)
		require.NoError(d, d.do(func(tx *storage.Tx) error { _, err := d.desk.CloseGreen(tx, o, -1, "好了", chief); return err }))
		require.False(d, d.order(o).Urgent)
	})
}
