package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Another plan is approved and prepared anew, people are reminded of it anew; a payment whose day is over holds up what is to leave;
// what comes back of the first stage brings no freight back; and what arrives is judged by the day of its stage.
//
// feature: ST-19
func TestPlansThatChange(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		require.NoError(t, c.pick())
		plan := func(change func(*orders.Staged)) (preview orders.Preview) {
			t.Helper()
			require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
				_, preview, err = c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error { return o.Plan(change) })
				return err
			}))
			require.NoError(t, c.amend(preview.Change.No))
			c.approve()
			return preview
		}
		stages := func(first, second string) func(*orders.Staged) {
			return func(p *orders.Staged) {
				p.Stages = []orders.Stage{
					{Due: first, Base: map[int]orders.Quantity{1: ordertest.Decimal("400")}}, {Due: second, Base: map[int]orders.Quantity{1: ordertest.Decimal("600")}},
				}
				p.Nodes = []orders.PayNode{{Name: "签约", Share: 3000, When: orders.PaySigned}, {Name: "4月25日", Share: 7000, When: orders.PayDay, Day: "2026-04-25"}}
				p.Release = orders.ReleasePaid
			}
		}
		require.False(t, plan(stages("2026-03-20", "2026-04-18")).Minor)
		require.Equal(t, orders.StatusAllocated, c.order().Status, "what was picked is not what leaves now")
		require.NoError(t, c.do(func(tx *storage.Tx) error { // as the clock does
			o, err := tx.Order(c.id)
			if err != nil {
				return err
			}
			o.Work.Stages.Reminded, o.Work.Stages.Told = 1, []int{1}
			return tx.SaveOrder(o)
		}))
		preview := plan(func(p *orders.Staged) {
			p.Stages = append(p.Stages[:1:1], orders.Stage{Due: "2026-04-20", Base: p.Stages[1].Base})
		})
		require.False(t, preview.Minor)
		require.Equal(t, []string{"销售经理"}, preview.Roles)
		require.Zero(t, c.order().Work.Stages)

		receive := func(number string) {
			t.Helper()
			_, lack := c.order().Owed(1, false, c.now)
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, _, err := c.desk.Receive(tx, c.id, lack, number, c.actor("S1"))
				return err
			}))
		}
		ship := func(stage int, number string) error {
			return c.do(func(tx *storage.Tx) error {
				_, err := c.desk.ShipInstead(tx, c.id, stage, "SF", number, number, "", c.actor("S21"))
				return err
			})
		}
		require.NoError(t, c.do(func(tx *storage.Tx) error { // the rules ask for none
			o, err := tx.Order(c.id)
			if err != nil {
				return err
			}
			o.Freight.Amount = 30_00
			return tx.SaveOrder(o)
		}))
		require.NoError(t, c.take())
		require.ErrorContains(t, ship(1, "SF1234567890123"), "「签约」")
		receive("LS1")
		report, err := s.Import(t.Context(), "payments", []byte("收款单号,客户编码,金额,日期\nLS1,C1,1,2026-03-21"), false)
		require.NoError(t, err)
		require.Len(t, report.Refused, 1)
		require.Equal(t, "收款 LS1 是订单 "+string(c.id)+" 的到款，金额不能从表格改。请先「撤销收款 LS1 原因」", report.Refused[0].Reason)
		require.NoError(t, ship(1, "SF1234567890123"))

		// All that has left comes back.
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, r, err := c.desk.AskReturn(tx, c.id, orders.Return{Kind: orders.ReturnGoods, Cause: orders.CauseQuality}, c.actor("S1"))
			if err != nil {
				return err
			}
			require.Contains(t, r.Document, "运费不退")
			if _, _, err = c.desk.SignReturn(tx, c.id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
				return err
			}
			_, r, err = c.desk.ReceiveReturn(tx, c.id, r.No, []orders.Inspected{{Line: 1, Good: ordertest.Decimal("400")}}, storage.DefaultWarehouse, c.actor("S20"))
			if err == nil {
				require.EqualValues(t, 400*850, r.Credited)
				require.Zero(t, r.FreightBack())
			}
			return err
		}))

		// The last day of a payment is in time.
		c.now = time.Date(2026, 4, 25, 23, 59, 0, 0, time.FixedZone("CST", 8*60*60))
		n, _ := c.order().Owed(2, false, c.now)
		require.Nil(t, n)
		c.now = c.now.Add(time.Minute)
		require.ErrorContains(t, ship(2, "SF1234567890124"), "第 2 期要等「4月25日」的货款")
		receive("LS2")
		require.NoError(t, ship(2, "SF1234567890124"))
		for no := range 2 {
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, err := c.desk.Track(tx, c.id, no+1, orders.ParcelDelivered, nil, orders.SystemActor)
				return err
			}))
		}
		require.Equal(t, orders.StatusDelivered, c.order().Status)
		require.Equal(t, "2026-04-20", c.order().Work.Arrival.Wanted)
		require.Equal(t, orders.FitBroken, c.order().Work.Arrival.Time)
	})
}

// newStaged is an order of 1,000 P1 at work, of no day as a whole, whose stages are laid down by day and boxes.
func newStaged(t *testing.T, s *storage.Store, stages ...orders.Stage) *changing {
	t.Helper()
	c := newChanging(t, s)
	c.desk.Follow = true
	var preview orders.Preview
	require.NoError(t, c.do(func(tx *storage.Tx) (err error) {
		_, preview, err = c.desk.AskChange(tx, c.id, c.actor("S1"), func(o *orders.Order) error {
			return o.Plan(func(p *orders.Staged) { p.Stages = stages })
		})
		return err
	}))
	require.NoError(t, c.amend(preview.Change.No))
	c.approve()
	require.NoError(t, c.take())
	return c
}

// boxes is a stage of so many P1.
func boxes(due, n string) orders.Stage {
	return orders.Stage{Due: due, Base: map[int]orders.Quantity{1: ordertest.Decimal(n)}}
}

// at sets the clock to a time of Beijing in 2026.
func (c *changing) at(text string) {
	c.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, time.FixedZone("CST", 8*60*60))
	require.NoError(c, err)
	c.now = at
}

// shipStage lets a stage leave, and trackStage its parcel arrive.
func (c *changing) shipStage(stage int) {
	c.Helper()
	require.NoError(c, c.do(func(tx *storage.Tx) error {
		number := fmt.Sprintf("SF123456789012%d", stage)
		_, err := c.desk.ShipInstead(tx, c.id, stage, "SF", number, number, "", c.actor("S21"))
		return err
	}))
}

func (c *changing) trackStage(stage int) {
	c.Helper()
	require.NoError(c, c.do(func(tx *storage.Tx) error {
		_, err := c.desk.Track(tx, c.id, stage, orders.ParcelDelivered, []orders.ParcelEvent{{At: c.now, Text: "已签收", State: orders.ParcelDelivered}}, orders.SystemActor)
		return err
	}))
}

// cutRest cancels what has not left.
func (c *changing) cutRest() error {
	return c.do(func(tx *storage.Tx) error {
		_, err := c.desk.Cancel(tx, c.id, 0, "不要了", c.actor("S1"))
		return err
	})
}

// troubles are the exceptions of some kinds after the clock has looked: kind, stage, state, level and how it ended.
func (c *changing) troubles(kinds ...orders.ExceptionKind) (out []string) {
	c.Helper()
	require.NoError(c, c.do(func(tx *storage.Tx) error {
		o, err := tx.Order(c.id)
		if err != nil {
			return err
		}
		if err := c.desk.Review(tx, o); err != nil {
			return err
		}
		all, err := tx.Exceptions(c.id)
		for _, x := range all {
			if slices.Contains(kinds, x.Kind) {
				out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s%s %d %s", string(x.Kind), x.Cause, x.State, x.Level, x.Note)))
			}
		}
		slices.Sort(out)
		return err
	}))
	return out
}

// What is late of a staged order is measured by the days of its stages, whatever was said of the order as a whole or not: what is known
// to come too late is bad at once, the last stage is late until it has arrived, what is cancelled is neither late nor in time, and what
// is urgent is the first.
//
// feature: ST-19
func TestStagesAreLateByTheirOwnDays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newStaged(t, s, boxes("2026-03-20", "400"), boxes("2026-04-18", "500"), boxes("2026-05-15", "100"))
		require.Empty(t, c.order().DeliverBy)
		require.NoError(t, c.do(func(tx *storage.Tx) error { // nothing is left for the second
			o, err := tx.Order(c.id)
			if err != nil {
				return err
			}
			o.Urgent = true
			if err := tx.SaveOrder(o); err != nil {
				return err
			}
			return tx.MoveStock("P1", storage.DefaultWarehouse, ordertest.Decimal("-4600"))
		}))
		require.Equal(t, []string{"late watched 0", "shipping watched 0", "urgent watched 0"}, c.troubles(orders.ExceptionLate, orders.ExceptionShipping, orders.ExceptionUrgent))
		c.at("03-12 10:00")
		c.shipStage(1)
		require.Equal(t, []string{"urgent watched 0"}, c.troubles(orders.ExceptionUrgent))
		c.trackStage(1)
		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, err := c.desk.Expect(tx, orders.Receipt{Product: "P1", Warehouse: storage.DefaultWarehouse, Quantity: ordertest.Decimal("900"), Due: "2026-04-30"}, c.actor("S30"))
			return err
		}))
		c.at("03-20 10:00")
		require.Equal(t, []string{"urgent kept 0"}, c.troubles(orders.ExceptionUrgent), "later stages are not what is urgent")
		require.Equal(t, []string{"late 2open 3", "late kept 0"}, c.troubles(orders.ExceptionLate), "twelve days, as is known by now")

		require.NoError(t, c.do(func(tx *storage.Tx) error {
			_, _, err := c.desk.MoveStock(tx, orders.StockMove{Kind: orders.MoveArrival, Key: "a", Product: "P1", Warehouse: storage.DefaultWarehouse, Quantity: ordertest.Decimal("900")}, c.actor("S20"))
			return err
		}))
		require.Equal(t, orders.StatusAllocated, c.order().Status)
		c.troubles()
		c.at("04-18 10:00")
		c.shipStage(2)
		require.Len(t, c.troubles(orders.ExceptionShipping), 3)

		// The third is cancelled on its last day: what is late is the second, until it arrives.
		c.at("05-20 12:00")
		require.Contains(t, c.troubles(orders.ExceptionLate, orders.ExceptionShipping), "shipping 3open 3")
		require.NoError(t, c.cutRest())
		got := c.troubles(orders.ExceptionLate, orders.ExceptionShipping)
		require.Contains(t, got, "late 3closed 3 没发的已取消")
		require.Contains(t, got, "shipping 3closed 3 没发的已取消")
		require.Contains(t, got, "late 2open 3")
		c.trackStage(2)
		require.Equal(t, orders.StatusDelivered, c.order().Status)
		require.Contains(t, c.troubles(orders.ExceptionLate), "late 2closed 3 晚 756 小时办完，已主动告知客户")
	})
}

// What was watched of a stage that will not leave was not kept.
func TestWhatIsCancelledOfStagesIsNotKept(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newStaged(t, s, boxes("2026-03-20", "400"), boxes("2026-04-18", "600"))
		c.shipStage(1)
		c.trackStage(1)
		require.Equal(t, []string{"late 2watched 0", "shipping 2watched 0"}, c.troubles(orders.ExceptionLate, orders.ExceptionShipping)[:2])
		require.NoError(t, c.cutRest())
		require.Equal(t, []string{"late 2void 0", "shipping 2void 0"}, c.troubles(orders.ExceptionLate, orders.ExceptionShipping)[:2])
	})
}

// What was invoiced of a stage and comes back is written off by a credit note: what the later stages hold is theirs. So the invoices of all
// stages come to what is owed, and what has not left can be cancelled though all that has left came back.
//
// feature: ST-19
func TestReturnsOfAStageThatWasInvoiced(t *testing.T) {
	t.Parallel()
	returned := func(t *testing.T, back int64) {
		t.Helper()
		onEach(t, func(t *testing.T, s *storage.Store) {
			t.Helper()
			c := newStaged(t, s, boxes("2026-03-20", "400"), boxes("2026-04-18", "600"))
			invoice := func(number, yuan string) {
				t.Helper()
				importCSV(t, s, "invoices", "invoice,customer,amount,due,order", number+",C1,"+yuan+",2026-12-01,"+string(c.id))
			}
			owes := func(n int64) {
				t.Helper()
				got, err := s.Exposure(t.Context(), "C1")
				require.NoError(t, err)
				require.EqualValues(t, n*850, got)
			}
			c.shipStage(1)
			invoice("FP1", "3400")
			owes(1000)
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				_, r, err := c.desk.AskReturn(tx, c.id, orders.Return{
					Kind: orders.ReturnGoods, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: 1, Quantity: decimal.NewFromInt(back)}},
				}, c.actor("S1"))
				if err != nil {
					return err
				}
				if _, _, err = c.desk.SignReturn(tx, c.id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
					return err
				}
				_, r, err = c.desk.ReceiveReturn(tx, c.id, r.No, []orders.Inspected{{Line: 1, Good: decimal.NewFromInt(back)}}, storage.DefaultWarehouse, c.actor("S20"))
				if err == nil {
					require.Equal(t, r.Credited, r.Noted)
				}
				return err
			}))
			owes(1000 - back)
			if back == 400 { // all that has left
				require.NoError(t, c.cutRest())
				owes(0)
				require.Equal(t, orders.StatusReturned, c.order().Status)
				return
			}
			c.shipStage(2)
			invoice("FP2", "5100")
			owes(1000 - back)
			require.Zero(t, c.order().Held)
		})
	}
	t.Run("some", func(t *testing.T) { t.Parallel(); returned(t, 100) })
	t.Run("all that has left", func(t *testing.T) { t.Parallel(); returned(t, 400) })
}
