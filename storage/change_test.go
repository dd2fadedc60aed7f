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

// changing is an order of 1,000 boxes at ¥8.50 that its approvers have approved, with those who act on it. There are 5,000
// boxes.
type changing struct {
	*testing.T

	store *storage.Store
	desk  *orders.Desk
	now   time.Time
	id    orders.OrderID
}

func newChanging(t *testing.T, s *storage.Store) *changing {
	t.Helper()
	importCSV(t, s, "staff", strings.Split(historyStaff, "\n")...)
	importCSV(t, s, "products", "code,name,unit,price,stock", "P1,口罩,盒,8.5,5000", "P2,手套,盒,9,5000")
	importCSV(t, s, "customers", "code,name,type,level,credit_grade,credit_limit,sales", "C1,一院,普通,B,A,200000,S1")
	c := &changing{T: t, store: s, now: ordertest.Start}
	c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
	c.id = place(t, s, c.desk, "C1", 1000)
	require.NoError(t, confirm(t, s, c.desk, c.id))
	c.approve()
	return c
}

func (c *changing) actor(code orders.StaffCode) orders.Actor {
	s := c.desk.Catalog().StaffByCode(code)
	return orders.Actor{Code: string(code), Name: s.Name, Staff: s, Channel: orders.WeCom}
}

func (c *changing) do(f func(tx *storage.Tx) error) error { return c.store.Do(c.Context(), f) }

func (c *changing) order() *orders.Order {
	c.Helper()
	o, err := c.store.FindOrder(c.Context(), c.id)
	require.NoError(c, err)
	return o
}

// approve lets everybody whom the order waits for decide it.
func (c *changing) approve() {
	c.Helper()
	for c.order().Status == orders.StatusPendingApproval {
		who := map[orders.Role]orders.StaffCode{orders.RoleSalesManager: "S10", orders.RoleCFO: "S12", orders.RoleDirector: "S13"}[c.order().OpenNode().Role]
		require.NoError(c, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.Decide(tx, c.id, 0, 0, true, "", c.actor(who))
			return err
		}))
	}
}

// ask asks for so many boxes, said a minute ago.
func (c *changing) ask(boxes int64) (preview orders.Preview, err error) {
	by := c.actor("S1")
	by.SaidAt = c.now.Add(-time.Minute)
	err = c.do(func(tx *storage.Tx) (err error) {
		_, preview, err = c.desk.AskChange(tx, c.id, by, func(o *orders.Order) error {
			o.Lines = ordertest.Order("", "C1", boxes, "P1").Lines
			return nil
		})
		return err
	})
	return preview, err
}

func (c *changing) amend(no int) error {
	return c.do(func(tx *storage.Tx) error {
		_, _, _, err := c.desk.Amend(tx, c.id, no, c.actor("S1"))
		return err
	})
}

// change asks and confirms.
func (c *changing) change(boxes int64) orders.Preview {
	c.Helper()
	preview, err := c.ask(boxes)
	require.NoError(c, err)
	require.NoError(c, c.amend(preview.Change.No))
	c.holds(boxes)
	return preview
}

// holds checks that the order and nothing besides holds credit and stock for so many boxes, and that its trail says so.
func (c *changing) holds(boxes int64) {
	c.Helper()
	o := c.order()
	require.EqualValues(c, boxes*850, o.Total)
	require.EqualValues(c, boxes, o.Lines[0].Base.IntPart())
	exposure, err := c.store.Exposure(c.Context(), "C1")
	require.NoError(c, err)
	want := orders.Money(boxes * 850)
	free := 5000 - boxes
	if o.Status == orders.StatusCancelled {
		want, free = 0, 5000
	}
	require.Equal(c, want, exposure)
	got, err := c.store.Available(c.Context(), "P1")
	require.NoError(c, err)
	require.EqualValues(c, free, got["P1"].IntPart())
	again, err := c.store.Replay(c.Context(), c.id)
	require.NoError(c, err)
	require.Equal(c, o, again)
}

func (c *changing) decide(isYes bool, who orders.StaffCode) error {
	return c.do(func(tx *storage.Tx) error {
		_, err := c.desk.Decide(tx, c.id, 0, 0, isYes, "不行", c.actor(who))
		return err
	})
}

// split puts boxes of the first line into a first batch and returns the second.
func (c *changing) split(boxes int64) (part orders.OrderID) {
	c.Helper()
	require.NoError(c, c.do(func(tx *storage.Tx) error {
		_, asked, err := c.desk.AskSplit(tx, c.id, c.actor("S1"), []orders.Part{{Base: map[int]orders.Quantity{1: decimal.NewFromInt(boxes)}}, {}})
		if err != nil {
			return err
		}
		_, p, _, err := c.desk.Amend(tx, c.id, asked.No, c.actor("S1"))
		if err == nil {
			part = p.Change.Plan.Made[0]
		}
		return err
	}))
	return part
}

func (c *changing) ship() error {
	return c.do(func(tx *storage.Tx) error {
		_, err := c.desk.Ship(tx, c.id, "SF", "SF1234567890123", "t", c.actor("S21"))
		return err
	})
}

func (c *changing) pick() error {
	return c.do(func(tx *storage.Tx) error {
		_, err := c.desk.Advance(tx, c.id, orders.ActPick, "", c.actor("S21"))
		return err
	})
}

func (c *changing) take() error {
	return c.do(func(tx *storage.Tx) error { _, err := c.desk.Acknowledge(tx, c.id, c.actor("S21")); return err })
}

// What a change needs is asked for anew: nothing of a small one, everybody else of a larger one, also where many small ones add
// up; refused, the order is what it was before; every version can be read.
func TestChangesAreApprovedAnew(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		require.Equal(t, orders.StatusAllocated, c.order().Status)
		c.holds(1000)

		// Asking changes nothing, and the same thing is no change.
		preview, err := c.ask(1050)
		require.NoError(t, err)
		require.True(t, preview.Minor)
		require.Empty(t, preview.Roles)
		require.EqualValues(t, 42500, preview.Hold)
		c.holds(1000)
		_, err = c.ask(1000)
		require.ErrorContains(t, err, "本来就是这样")

		// Small: ¥425 more.
		require.NoError(t, c.amend(preview.Change.No))
		c.holds(1050)
		o := c.order()
		require.Equal(t, orders.StatusAllocated, o.Status)
		last := o.Nodes[len(o.Nodes)-1]
		require.Equal(t, orders.NodePassed, last.Status)
		require.Contains(t, last.Reason, "相差不超过 ¥500.00")
		require.ErrorContains(t, c.amend(preview.Change.No), "已经按这个变更改好了")

		// Small again, but more than ¥500 from what was approved.
		preview = c.change(1060)
		require.False(t, preview.Minor)
		require.Equal(t, []string{"销售经理"}, preview.Roles)
		require.Equal(t, orders.StatusPendingApproval, c.order().Status)
		require.ErrorContains(t, c.ship(), "还没批准")
		require.NoError(t, c.decide(false, "S10"))
		c.holds(1050)
		o = c.order()
		require.Equal(t, orders.StatusAllocated, o.Status)
		require.Equal(t, orders.ChangeRefused, o.Change(0).Status)
		require.ErrorContains(t, c.amend(o.Change(0).No), "没有批准")

		// Above the limit of the CFO: an approval of one version is none of the next.
		c.change(2400)
		require.NoError(t, c.decide(true, "S10"))
		require.Equal(t, "财务总监", c.order().Awaits())
		c.change(2500)
		require.Equal(t, "销售经理", c.order().Awaits(), "asked anew")
		require.ErrorContains(t, c.decide(true, "S12"), "没有这一步的权限")
		c.approve()
		require.Equal(t, orders.StatusAllocated, c.order().Status)
		c.holds(2500)

		// Versions: as confirmed, and after each change.
		for version, boxes := range map[int]int64{1: 1000, 2: 1050, 3: 1060, 5: 2400, 6: 2500} {
			was, err := c.order().At(version)
			require.NoError(t, err)
			require.EqualValues(t, boxes, was.Lines[0].Base.IntPart(), version)
			require.EqualValues(t, boxes*850, was.Total)
		}
		_, err = c.order().At(9)
		require.ErrorContains(t, err, "没有第 9 版")
	})
}

// A change that is refused leaves the order as it was, says why, and what can be done instead.
func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		_, err := c.ask(0)
		require.ErrorContains(t, err, "还不完整")
		importCSV(t, s, "customers", "code,name,sales", "C2,二院,S1")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		require.ErrorContains(t, c.do(func(tx *storage.Tx) error {
			_, _, err := c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error { o.Customer = "C2"; return nil })
			return err
		}), "换客户要另下一单")

		// Asked twice: the first card is void, and so is one that was withdrawn.
		first, err := c.ask(1010)
		require.NoError(t, err)
		second, err := c.ask(1020)
		require.NoError(t, err)
		require.ErrorContains(t, c.amend(first.Change.No), "已经作废")
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.DropChange(tx, c.id, second.Change.No, c.actor("S1"))
			return err
		}))
		require.ErrorContains(t, c.amend(second.Change.No), "已经作废")
		require.ErrorContains(t, c.amend(0), "没有等确认的变更")
		c.holds(1000)

		// The price moves between the card and the confirmation: the new one is shown first.
		moved, err := c.ask(1010)
		require.NoError(t, err)
		importCSV(t, s, "products", "code,name,unit,price", "P1,口罩,盒,8")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, preview, again, err := c.desk.Amend(tx, c.id, moved.Change.No, c.actor("S1"))
			require.True(t, again)
			require.EqualValues(t, 808_000, preview.Change.After.Total)
			return err
		}))
		c.holds(1000)

		// Shipped: too late.
		require.NoError(t, c.ship())
		_, err = c.ask(1030)
		require.ErrorContains(t, err, "改不了了")
		require.ErrorContains(t, err, "退货 "+string(c.id))
		require.ErrorContains(t, c.amend(0), "改不了了")
	})
}

// Customs papers that only refused goods would have needed are not waited for.
func TestARefusedChangeNeedsNoPapers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		importCSV(t, s, "products", "code,name,unit,price,stock,imported", "P3,缝线,盒,5,5000,是")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, _, err := c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error {
				o.Lines = ordertest.Order("", "C1", 1000, "P1", "P3").Lines
				return nil
			})
			return err
		}))
		require.NoError(t, c.amend(0))
		require.NotEmpty(t, c.order().MissingPapers())
		require.NoError(t, c.decide(false, "S10"))
		require.Empty(t, c.order().Papers)
		require.NoError(t, c.take())
		require.NoError(t, c.ship())
	})
}

// The warehouse is told until somebody has taken it, one person after the other, and ships nothing before.
func TestTheWarehouseTakesAChange(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		c.change(1010)
		require.ErrorContains(t, c.ship(), "1000盒 → 1010盒")
		steps := []int{}
		for range 9 {
			c.now = c.now.Add(time.Minute)
			require.NoError(t, c.do(func(tx *storage.Tx) error { return c.desk.Tick(tx, c.id) }))
			steps = append(steps, c.order().Notice().Notice.Step)
		}
		require.Equal(t, []int{0, 0, 0, 1, 1, 1, 1, 2, 2}, steps)
		require.ErrorContains(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.Acknowledge(tx, c.id, c.actor("S1"))
			return err
		}), "没有这个权限")
		require.NoError(t, c.take())
		require.ErrorContains(t, c.take(), "已由 郑库 收到")
		require.True(t, c.order().NextAt().IsZero(), "nothing is repeated any more")

		// A later change needs another look, also one that was refused.
		c.change(2000)
		require.NoError(t, c.take())
		require.NoError(t, c.decide(false, "S10"))
		require.ErrorContains(t, c.ship(), "没有批准，按原来的发：\n· 口罩 2000盒 → 1010盒")
		require.NoError(t, c.take())
		require.NoError(t, c.ship())
	})
}

// Of a change and what somebody else does at the same moment one comes first, and the other is told so; whoever wins, credit and
// stock are those of the order as it is.
func TestChangesRace(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		cancel := func() error {
			return c.do(func(tx *storage.Tx) error {
				_, err := c.desk.Cancel(tx, c.id, 0, "不要了", c.actor("S1"))
				return err
			})
		}
		require.NoError(t, cancel())
		var card *orders.Order // as the approver sees it
		press := func(isYes bool) error {
			return c.do(func(tx *storage.Tx) error {
				_, err := c.desk.Decide(tx, c.id, card.OpenNode().Seq, card.Revision, isYes, "不行", c.actor("S10"))
				return err
			})
		}
		for name, other := range map[string]func() error{
			"second click": nil, "cancel": cancel, "ship": c.ship, "reject": func() error { return press(false) },
			"approve": func() error { return press(true) }, "take": c.take, "pick": c.pick,
		} {
			for round := range 3 {
				c.now = c.now.Add(25 * time.Hour) // or finance looks at so many orders of the same goods
				c.id = place(t, s, c.desk, "C1", 1000)
				require.NoError(t, confirm(t, s, c.desk, c.id))
				if name != "reject" && name != "approve" {
					c.approve()
				}
				preview, err := c.ask(1200)
				require.NoError(t, err)
				card = c.order()
				do := func() error { return c.amend(preview.Change.No) }
				both, isSecond := [2]func() error{do, other}, other == nil
				if isSecond {
					both[1] = do
				}
				var errs [2]error
				var running sync.WaitGroup
				for i, f := range both {
					running.Go(func() { errs[i] = f() })
				}
				running.Wait()
				won := 0
				for _, err := range errs {
					if err == nil {
						won++
						continue
					}
					_, said := orders.ErrorMessage(err)
					require.True(t, said, "%s: %v", name, err)
				}
				require.NotZero(t, won, "%s: %v", name, errs)
				o := c.order()
				boxes := o.Lines[0].Base.IntPart()
				require.Equal(t, errs[0] == nil || isSecond, boxes == 1200, "%s %d: %v", name, round, errs)
				if o.Status == orders.StatusPendingApproval && boxes == 1200 {
					require.Greater(t, o.OpenNode().Seq, len(card.Nodes), "%s: the whole chain is asked anew", name)
				}
				if o.Status != orders.StatusShipped && o.Status != orders.StatusRejected {
					c.holds(boxes)
				}
				if !o.Status.Ended() && o.Status != orders.StatusShipped {
					require.NoError(t, cancel())
				}
				require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error { // as before, for the next round
					_, err := tx.HoldCredit("C1", -c.order().Held)
					return err
				}))
				importCSV(t, s, "stock", "product,warehouse,on_hand", fmt.Sprintf("P1,%s,5000", storage.DefaultWarehouse))
			}
		}
	})
}

// What an approved order holds stays its own when another line goes and its lines move up, though by now nobody else could take as much.
func TestAChangeLosesNoStockOfOtherLines(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		o := ordertest.Order("", "C1", 10, "P1", "P2")
		o.Sales = "S1"
		require.NoError(t, c.do(func(tx *storage.Tx) error { o.ID = ""; return c.desk.Place(tx, o, seller) }))
		require.NoError(t, confirm(t, s, c.desk, o.ID))
		c.id = o.ID
		c.approve()
		require.Equal(t, orders.StatusAllocated, c.order().Status)
		importCSV(t, s, "stock", "product,warehouse,on_hand,safety_stock", "P2,"+storage.DefaultWarehouse+",5000,5000")
		var preview orders.Preview
		require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
			_, preview, err = c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error { o.Lines = o.Lines[1:]; return nil })
			return err
		}))
		require.NoError(t, c.amend(preview.Change.No))
		c.approve()
		left := c.order()
		require.Equal(t, "P2 10 10", fmt.Sprintf("%s %s %s", left.Lines[0].Product, left.Lines[0].Base, left.Lines[0].Reserved))
		require.Equal(t, orders.StatusAllocated, left.Status)
		again, err := s.Replay(t.Context(), c.id)
		require.NoError(t, err)
		require.Equal(t, left, again)
	})
}
