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

// What comes back of an order with stages is one of the batches or serial numbers with which its stages were counted to leave, as of any
// other order; where one of them was not counted, nobody knows them all. What was counted is what leaves the stock, however it is spelt.
//
// feature: ST-19, ST-16
func TestStagesComeBackAsTheyWereCounted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		importCSV(t, s, "products", "code,name,unit,price,tracking", "N1,主机,盒,10,serial")
		rows := []string{"product,warehouse,on_hand,serial"}
		for i := range 8 {
			rows = append(rows, fmt.Sprintf("N1,默认仓,1,SN-%d", i))
		}
		importCSV(t, s, "stock", rows...)
		c.desk = desk(t, s, "routes:\n  - {name: 自动, when: 其余, steps: []}\n", func() time.Time { return c.now })
		placed := func(stages ...orders.Stage) {
			t.Helper()
			o := ordertest.Order("", "C1", int64(2*max(1, len(stages))), "N1")
			if len(stages) > 0 {
				o.Staged = &orders.Staged{Stages: stages}
			}
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				again := *o
				if err := c.desk.Place(tx, &again, seller); err != nil {
					return err
				}
				c.id = again.ID
				return nil
			}))
			require.NoError(t, confirm(t, s, c.desk, c.id))
		}
		leave := func(stage int, serials ...string) {
			t.Helper()
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				var all []orders.Counted
				for _, n := range serials {
					all = append(all, orders.Counted{Text: n, Product: "N1", Quantity: ordertest.Decimal("1"), Serial: n})
				}
				if len(all) > 0 {
					_, count, err := c.desk.Check(tx, c.id, all, c.actor("S21"))
					if err != nil {
						return err
					}
					require.Empty(t, count.Problems())
				}
				number := fmt.Sprintf("SF123456789012%d", stage)
				_, err := c.desk.ShipInstead(tx, c.id, stage, "SF", number, number, "", c.actor("S21"))
				return err
			}))
		}
		back := func(serials ...string) error {
			return c.do(func(tx *storage.Tx) error {
				n := ordertest.Decimal(fmt.Sprint(len(serials)))
				_, r, err := c.desk.AskReturn(tx, c.id, orders.Return{Kind: orders.ReturnGoods, Cause: orders.CauseQuality, Lines: []orders.ReturnLine{{Line: 1, Quantity: n}}}, c.actor("S1"))
				if err != nil {
					return err
				}
				if _, _, err = c.desk.SignReturn(tx, c.id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
					return err
				}
				_, _, err = c.desk.ReceiveReturn(tx, c.id, r.No, []orders.Inspected{{Line: 1, Good: n, Lots: serials}}, storage.DefaultWarehouse, c.actor("S20"))
				return err
			})
		}
		two := func(due string) orders.Stage { return boxes(due, "2") }
		inStock := func() (out []string) {
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				if err := tx.LockStock([]orders.ProductCode{"N1"}); err != nil {
					return err
				}
				lots, err := tx.Lots("N1")
				for _, l := range lots {
					out = append(out, l.Serial)
				}
				slices.Sort(out)
				return err
			}))
			return out
		}

		refused := func(serial, counted string) {
			t.Helper()
			err := back(serial)
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
			require.ErrorContains(t, err, "N1 的「"+serial+"」不是 "+string(c.id)+" 发出的，复核时登记的是 "+counted+"。没有入库")
		}

		placed() // somebody else's
		leave(0, "SN-6", "sn-7")
		require.Equal(t, []string{"SN-0", "SN-1", "SN-2", "SN-3", "SN-4", "SN-5"}, inStock())

		placed(two("2026-03-20"), two("2026-04-18"))
		leave(1, "SN-0", "SN-1")
		refused("SN-6", "SN-0、SN-1")
		refused("SN-2", "SN-0、SN-1") // it has not left
		require.NoError(t, back("SN-1"))
		leave(2, "SN-4", "SN-5")
		refused("SN-7", "SN-0、SN-1、SN-4、SN-5")
		require.NoError(t, back("SN-5", "SN-0"))
		again, err := s.Replay(t.Context(), c.id)
		require.NoError(t, err)
		require.Equal(t, c.order(), again)
		require.Equal(t, []string{"SN-0", "SN-1", "SN-2", "SN-3", "SN-5"}, inStock())

		placed(two("2026-03-20"), two("2026-04-18"))
		leave(1, "SN-0", "SN-1")
		refused("SN-7", "SN-0、SN-1")
		leave(2) // nobody knows which
		require.NoError(t, back("SN-7"))
		require.Equal(t, []string{"SN-5", "SN-7"}, inStock())

		placed(two("2026-03-20"), two("2026-04-18"))
		leave(1, "SN-5", "SN-7")
		require.NoError(t, c.cutRest())
		refused("SN-6", "SN-5、SN-7")
		require.NoError(t, back("SN-7"))
	})
}

// What is left of a staged order is cancelled after what had left has come back: the order is what was sent, and the freight is given
// back as if the rest had been cancelled before, once, off what the order holds or by a credit note of its own; what was paid out of
// fractions of a fen does not stay owed.
//
// feature: ST-19, AP-13
func TestCancellingTheRestGivesBackWhatIsDue(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		require.NoError(t, c.do(func(tx *storage.Tx) error { // nothing else counts on the account
			_, err := c.desk.Cancel(tx, c.id, 0, "不要了", c.actor("S1"))
			return err
		}))
		importCSV(t, s, "products", "code,name,unit,price,stock", "P3,棉签,盒,0.333,5000")
		c.desk = desk(t, s, "routes:\n  - {name: 自动, when: 其余, steps: []}\nfreight:\n  - {name: 统一, when: 其余, amount: 30}\n", func() time.Time { return c.now })
		var earlier orders.Account // by the orders before
		account := func() orders.Account {
			t.Helper()
			a, err := s.Account(t.Context(), "C1", c.now)
			require.NoError(t, err)
			a.Held, a.Invoiced = a.Held-earlier.Held, a.Invoiced-earlier.Invoiced
			require.Equal(t, c.order().Held, a.Held)
			return a
		}
		begin := func(product orders.ProductCode) {
			t.Helper()
			var err error
			earlier, err = s.Account(t.Context(), "C1", c.now)
			require.NoError(t, err)
			o := ordertest.Order("", "C1", 1000, product)
			o.Staged = &orders.Staged{Stages: []orders.Stage{boxes("2026-03-20", "400"), boxes("2026-04-18", "600")}}
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				again := *o
				err := c.desk.Place(tx, &again, seller)
				c.id = again.ID
				return err
			}))
			require.NoError(t, confirm(t, s, c.desk, c.id))
			require.EqualValues(t, 30_00, c.order().Freight.Amount)
			c.shipStage(1)
		}
		back := func(cause orders.Cause, n string) {
			t.Helper()
			require.NoError(t, c.do(func(tx *storage.Tx) error {
				boxes := ordertest.Decimal(n)
				_, r, err := c.desk.AskReturn(tx, c.id, orders.Return{Kind: orders.ReturnGoods, Cause: cause, Lines: []orders.ReturnLine{{Line: 1, Quantity: boxes}}}, c.actor("S1"))
				if err != nil {
					return err
				}
				if _, _, err = c.desk.SignReturn(tx, c.id, r.No, r.Mark(), "a", c.actor("S1")); err != nil {
					return err
				}
				_, _, err = c.desk.ReceiveReturn(tx, c.id, r.No, []orders.Inspected{{Line: 1, Good: boxes}}, storage.DefaultWarehouse, c.actor("S20"))
				return err
			}))
		}
		cut := func(status orders.Status, total, credited, freight orders.Money) {
			t.Helper()
			require.NoError(t, c.cutRest())
			o := c.order()
			require.Equal(t, status, o.Status)
			require.Equal(t, total, o.Total)
			require.Equal(t, credited, o.Credited())
			var freights orders.Money
			for i := range o.Returns {
				freights += o.Returns[i].FreightBack()
			}
			require.Equal(t, freight, freights)
			again, err := s.Replay(t.Context(), c.id)
			require.NoError(t, err)
			require.Equal(t, o, again)
			require.EqualValues(t, o.Payable()-o.Credited()-account().Held, account().Invoiced, "what is owed is held or invoiced")
			require.Error(t, c.cutRest(), "once")
		}

		begin("P1")
		back(orders.CauseQuality, "400")
		require.EqualValues(t, 8530_00-3400_00, account().Held, "no freight while something is still to be carried")
		cut(orders.StatusReturned, 3400_00, 3430_00, 30_00)
		require.Zero(t, account().Exposure())

		begin("P1")
		back(orders.CauseOther, "400") // not our mistake
		cut(orders.StatusReturned, 3400_00, 3400_00, 0)
		require.EqualValues(t, 30_00, account().Exposure())

		begin("P1")
		back(orders.CauseQuality, "300")
		cut(orders.StatusShipped, 3400_00, 2550_00, 0)
		back(orders.CauseQuality, "100") // the last of it
		require.EqualValues(t, 3430_00, c.order().Credited())

		// Fractions: 133 and 267 boxes are rounded down, each by itself.
		begin("P3")
		back(orders.CauseQuality, "133")
		back(orders.CauseModel, "267")
		cut(orders.StatusReturned, 44_28+88_91, 44_28+88_91+30_00, 30_00)

		// Invoiced: what comes back is written off, the freight by a note of its own. What was invoiced beyond what had left has to be put
		// right before.
		begin("P1")
		invoice := func(amount string) {
			t.Helper()
			importCSV(t, s, "invoices", "invoice,customer,amount,due,order", "FP1,C1,"+amount+",2026-12-31,"+string(c.id))
		}
		invoice("8530")
		back(orders.CauseQuality, "400")
		require.ErrorContains(t, c.cutRest(), "已开票 ¥8,530.00，比已发货的 ¥3,430.00 多")
		invoice("3430")
		cut(orders.StatusReturned, 3400_00, 3430_00, 30_00)
		require.Zero(t, account().Invoiced)
		require.EqualValues(t, 3430_00, c.order().Returns[0].Noted)
	})
}
