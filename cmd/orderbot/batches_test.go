package main

import (
	"fmt"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

const (
	carried  = straight + "\nfreight: [{name: 普通, when: 其余, amount: 50}]"
	byHand   = "routes: [{name: 经理, when: 其余, steps: [{role: 销售经理, limit: 4h}]}]"
	handmade = byHand + "\nfreight: [{name: 普通, when: 其余, amount: 50}]"
)

// splits parts an order in two, so many pieces first, and returns the other batch.
func (o *office) splits(id orders.OrderID, first int64) (part orders.OrderID) {
	o.t.Helper()
	o.do1(func(tx *storage.Tx) error {
		_, c, err := o.desk.AskSplit(tx, id, o.actor("S01"), []orders.Part{{Base: map[int]orders.Quantity{1: decimal.NewFromInt(first)}}, {}})
		if err != nil {
			return err
		}
		_, p, _, err := o.desk.Amend(tx, id, c.No, o.actor("S01"))
		if err == nil {
			part = p.Change.Plan.Made[0]
		}
		return err
	})
	return part
}

// merges lets an order go into another one.
func (o *office) merges(into, from orders.OrderID) {
	o.t.Helper()
	o.do1(func(tx *storage.Tx) error {
		_, p, err := o.desk.AskMerge(tx, into, from, o.actor("S01"))
		if err == nil {
			_, _, _, err = o.desk.Amend(tx, into, p.Change.No, o.actor("S01"))
		}
		return err
	})
}

func (o *office) cancels(id orders.OrderID) {
	o.t.Helper()
	o.do1(func(tx *storage.Tx) error {
		_, err := o.desk.Cancel(tx, id, 0, "不要了", o.actor("S01"))
		return err
	})
}

// replays checks that the trail of each order makes it again, and that the customer's account holds what the orders hold.
func (o *office) replays() {
	o.t.Helper()
	var held orders.Money
	list, err := o.store.OrdersOf(o.t.Context(), "C1", 100)
	require.NoError(o.t, err)
	for _, order := range list {
		again, err := o.store.Replay(o.t.Context(), order.ID)
		require.NoError(o.t, err)
		require.Equal(o.t, order, again)
		held += order.Held
	}
	account, err := o.store.Account(o.t.Context(), "C1", o.clock)
	require.NoError(o.t, err)
	require.Equal(o.t, held, account.Held)
}

// The batches of an order share its freight. It is neither lost with one that is cancelled nor charged once more for one that went
// back to a draft.
//
// feature: DM-04
func TestBatchesShareTheFreight(t *testing.T) {
	t.Parallel()
	onOffices(t, handmade, func(t *testing.T, o *office) {
		t.Helper()
		freight := func(id orders.OrderID) string {
			f := o.order(id).Freight
			return f.Amount.String() + " " + f.Rule
		}
		first := o.place(10)
		part := o.splits(first, 4)
		require.Equal(t, []string{"¥20.00 普通", "¥30.00 普通"}, []string{freight(first), freight(part)})
		require.NoError(t, o.sendsBack("S10", part))
		require.Equal(t, "¥30.00 普通", freight(part))
		require.NoError(t, o.confirms(part))
		require.Equal(t, "¥30.00 普通", freight(part), "not all of it once more")
		require.Equal(t, orders.Money(630_00), o.order(part).Held)

		// With a change that waits: refused, the order goes back to what it was, with the freight.
		for _, id := range []orders.OrderID{first, part} {
			require.NoError(t, o.approves("S10", id))
		}
		o.do1(func(tx *storage.Tx) error {
			_, p, err := o.desk.AskChange(tx, part, o.actor("S01"), func(x *orders.Order) error {
				x.Lines[0].Quantity, x.Lines[0].Base = decimal.NewFromInt(7), decimal.NewFromInt(7)
				return nil
			})
			if err == nil {
				_, _, _, err = o.desk.Amend(tx, part, p.Change.No, o.actor("S01"))
			}
			return err
		})
		o.cancels(first)
		require.Equal(t, []string{"¥0.00 运费在 " + string(part) + " 上", "¥50.00 普通"}, []string{freight(first), freight(part)})
		require.NoError(t, o.rejects("S10", part))
		require.Equal(t, orders.StatusAllocated, o.order(part).Status)
		require.Equal(t, "¥50.00 普通", freight(part))
		require.Equal(t, orders.Money(650_00), o.order(part).Held)
		o.replays()
		o.tell()
		require.Contains(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE body LIKE '%不发了%'")[0], "运费现在 ¥50.00")

		// Nobody is left to whom it could go.
		o.cancels(part)
		require.Zero(t, o.order(part).Held)

		// A draft whose card says less has to be shown again.
		first = o.place(10)
		part = o.splits(first, 4)
		require.NoError(t, o.sendsBack("S10", part))
		revision := o.order(part).Revision
		o.cancels(first)
		require.Equal(t, "¥50.00 普通", freight(part))
		require.ErrorContains(t, o.do(func(tx *storage.Tx) error {
			_, _, err := o.desk.Confirm(tx, part, revision, o.actor("S01"))
			return err
		}), "这张卡片是旧的")
		require.NoError(t, o.confirms(part))
		require.Equal(t, orders.Money(650_00), o.order(part).Held)

		// One is rejected beside one that is out already: its share goes to the one that is still to be sent.
		first = o.place(10)
		part = o.splits(first, 4)
		third := o.splits(part, 3)
		require.NoError(t, o.approves("S10", first))
		o.ship(first)
		require.NoError(t, o.rejects("S10", part))
		require.Equal(t, []string{"¥20.00 普通", "¥30.00 普通"}, []string{freight(first), freight(third)})
		o.replays()
	})
}

// Batches are cancelled by many at once: what is left has the freight, once.
func TestManyCancelBatchesAtOnce(t *testing.T) {
	t.Parallel()
	onOffices(t, carried, func(t *testing.T, o *office) {
		t.Helper()
		first := o.place(12)
		all := []orders.OrderID{first}
		for left := int64(12); left > 3; left -= 3 {
			all = append(all, o.splits(all[len(all)-1], 3))
		}
		by := o.actor("S01")
		var presses atomic.Int64
		for _, err := range atOnce(24, func() error {
			id := all[presses.Add(1)%3]
			return o.do(func(tx *storage.Tx) error { _, err := o.desk.Cancel(tx, id, 0, "不要了", by); return err })
		}) {
			if err != nil {
				require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
			}
		}
		for _, id := range all[:3] {
			require.Equal(t, orders.StatusCancelled, o.order(id).Status)
			require.Zero(t, o.order(id).Freight.Amount)
		}
		require.Equal(t, orders.Money(50_00), o.order(all[3]).Freight.Amount)
		require.Equal(t, orders.Money(350_00), o.order(all[3]).Held)
		o.replays()
	})
}

// Where a batch is cancelled and the price was one for the whole, nothing is charged that was not agreed; who answers for the order hears
// what the price list says of the rest, and the words that charge it (docs/decisions/0005).
func TestTheRestOfASplitKeepsItsPriceAloud(t *testing.T) {
	t.Parallel()
	onOffices(t, straight, func(t *testing.T, o *office) {
		t.Helper()
		o.load("prices", "product,scope,from_quantity,price\nP1,全部,10,80\n")
		first := o.place(12)
		part := o.splits(first, 6)
		last := o.splits(part, 3)
		require.Equal(t, orders.Money(240_00), o.order(part).Total)
		o.cancels(last)
		o.tell()
		said := func() []string {
			return texts(t, o.sql, "SELECT order_id, body FROM deliveries WHERE body LIKE '%同一单拆出来的%' ORDER BY id")
		}
		require.Len(t, said(), 2, "for each that is left")
		require.Contains(t, said()[1], "剩下一共 9根，按价目是 ¥100/根（目录价），差 ¥60.00")
		require.Contains(t, said()[1], fmt.Sprintf("%s 导管单价改成100", part))
		require.Equal(t, []orders.Money{480_00, 240_00}, []orders.Money{o.order(first).Total, o.order(part).Total})

		// What is still enough for the price says nothing.
		first = o.place(20)
		part = o.splits(first, 15)
		o.cancels(part)
		o.tell()
		require.Len(t, said(), 2)
		o.replays()
	})
}

// A green channel was opened for one order: after a splitting the first batch has it, and the other goes the usual way.
func TestAGreenChannelStaysWithTheFirstBatch(t *testing.T) {
	t.Parallel()
	onOffices(t, byHand, func(t *testing.T, o *office) {
		t.Helper()
		open := func(id orders.OrderID) {
			o.do1(func(tx *storage.Tx) error {
				_, err := o.desk.OpenGreen(tx, id, -1, orders.Green{
					GreenSwitches: orders.GreenSwitches{Urgency: 2, Safety: true, SkipCredit: true}, From: o.clock, Until: o.clock.Add(time.Hour), Reason: "急救",
				}, o.actor("S14"))
				return err
			})
		}
		for _, isApproved := range []bool{false, true} {
			id := o.place(10)
			if isApproved {
				require.NoError(t, o.approves("S10", id))
			}
			open(id)
			part := o.splits(id, 4)
			require.True(t, o.order(id).Green.IsOpen(o.clock))
			require.True(t, o.order(id).Urgent)
			x := o.order(part)
			require.Nil(t, x.Green)
			require.False(t, x.Urgent || x.UseSafety)
			require.Nil(t, x.Alert)
		}
		o.replays()
	})
}

// Splitting an order gives nobody more time to decide it, and reminds nobody once more.
func TestSplittingGivesNoMoreTime(t *testing.T) {
	t.Parallel()
	onOffices(t, byHand, func(t *testing.T, o *office) {
		t.Helper()
		id := o.place(10)
		due := o.order(id).OpenNode().DueAt
		o.clock = o.clock.Add(3 * time.Hour)
		o.round()
		require.Equal(t, "requested reminded", o.news())
		part := o.splits(id, 4)
		for _, x := range []orders.OrderID{id, part} {
			n := o.order(x).OpenNode()
			require.Equal(t, due, n.DueAt)
			require.Equal(t, 1, n.Reminded)
		}
		o.round()
		require.NotContains(t, o.news()[len("requested reminded"):], "reminded")
		o.clock = due
		o.round()
		require.Equal(t, 2, o.order(part).OpenNode().Reminded, "late")
		o.replays()
	})
}

// Orders that hang together are one family, whatever they were before; a merging that is refused leaves nothing of the other order.
func TestMergingJoinsFamiliesAndUndoesItAll(t *testing.T) {
	t.Parallel()
	onOffices(t, byHand, func(t *testing.T, o *office) {
		t.Helper()
		approved := func(note string) orders.OrderID {
			id := o.placeWith(10, func(x *orders.Order) { x.InternalNote = note })
			require.NoError(t, o.approves("S10", id))
			return id
		}
		family := func(ids ...orders.OrderID) (out []orders.OrderID) {
			for _, id := range ids {
				out = append(out, o.order(id).Family)
			}
			return out
		}
		a, b, c := approved("放门口"), approved("打托盘"), approved("")
		b2 := o.splits(b, 4)
		o.do1(func(tx *storage.Tx) error { _, err := o.desk.Acknowledge(tx, b, o.actor("S21")); return err })
		o.merges(a, b)
		require.Equal(t, "放门口；打托盘", o.order(a).InternalNote)
		require.Equal(t, []orders.OrderID{a, a, a}, family(a, b, b2))
		require.NoError(t, o.rejects("S10", a))
		require.Equal(t, "放门口", o.order(a).InternalNote)
		require.Equal(t, "打托盘", o.order(b).InternalNote)
		require.Equal(t, []orders.OrderID{"", b, b}, family(a, b, b2))
		require.Empty(t, o.order(a).Kin)
		o.replays()

		o.merges(b, c)
		require.NoError(t, o.approves("S10", b))
		require.Equal(t, []orders.OrderID{"", b, b, b}, family(a, b, b2, c))
		o.merges(a, b2)
		require.NoError(t, o.approves("S10", a))
		require.Equal(t, []orders.OrderID{a, a, a, a}, family(a, b, b2, c))
		o.replays()
	})
}

// An invoice of the original number for all that was split off it since counts for each batch once: as invoiced, not as ordered too; and
// what comes back of a batch is noted against it.
//
// feature: DM-04
func TestAnInvoiceOfTheWholeIsForItsBatches(t *testing.T) {
	t.Parallel()
	onOffices(t, straight, func(t *testing.T, o *office) {
		t.Helper()
		id := o.place(10)
		part := o.splits(id, 4)
		last := o.splits(part, 5)
		o.load("invoices", "invoice,customer,amount,due,order\nF1,C1,1000,2030-01-01,"+string(id)+"\n")
		stand := func(id orders.OrderID) [2]orders.Money {
			return [2]orders.Money{o.order(id).Invoiced, o.order(id).Held}
		}
		require.Equal(t, [][2]orders.Money{{400_00, 0}, {500_00, 0}, {100_00, 0}}, [][2]orders.Money{stand(id), stand(part), stand(last)})
		account, err := o.store.Account(t.Context(), "C1", o.clock)
		require.NoError(t, err)
		require.Equal(t, orders.Money(1000_00), account.Exposure())
		o.replays()

		o.do1(func(tx *storage.Tx) error { _, err := o.desk.Acknowledge(tx, part, o.actor("S21")); return err })
		o.ship(part)
		r := o.asks(part, orders.ReturnGoods, orders.CauseQuality, 0)
		o.takes(part, r.No, 5)
		require.Equal(t, orders.Money(500_00), o.order(part).Return(0).Noted)
		account, err = o.store.Account(t.Context(), "C1", o.clock)
		require.NoError(t, err)
		require.Equal(t, orders.Money(500_00), account.Exposure())

		// One of a batch's own number is its own; what is more than all of it comes to stays with who is named.
		id = o.place(10)
		part = o.splits(id, 4)
		o.load("invoices", "invoice,customer,amount,due,order\nF2,C1,600,2030-01-01,"+string(part)+"\nF3,C1,500,2030-01-01,"+string(id)+"\n")
		require.Equal(t, [][2]orders.Money{{500_00, 0}, {600_00, 0}}, [][2]orders.Money{stand(id), stand(part)})
		o.replays()
	})
}

// The words in the message about the rest charge it, as a change that is shown first.
func TestTheWordsThatChargeTheRest(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,price,stock", "X01,缝合针,16G,支,盒=10,5,500")
			f.load("prices", "product,scope,from_quantity,price", "X01,全部,100,4")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.serve()
			db := f.sql()
			id := f.confirmed("zhouting", "蓝海诊所 缝合针16G 10盒")
			see(t, "split", f.tell("zhouting", id+" 拆两批：先发6盒，剩下的下周一"), offers("确认拆分", "¥240.00", "¥160.00"))
			part := orderNumber.FindAllString(see(t, "split", f.tell("zhouting", "确认拆分"), says("已拆成 2 批")).Text, -1)[1]
			see(t, "cancelled", f.tell("zhouting", "取消 "+id+" 客户不要了"), says("已取消 "+id))
			heard := see(t, "heard", f.wecom("zhouting"), says("同一单拆出来的 "+id+" 不发了", "¥50/盒（目录价），差 ¥40.00", "价没有改"))
			words := regexp.MustCompile(`就发「(.*)」`).FindStringSubmatch(heard.Text)[1]
			see(t, "shown", f.tell("zhouting", words), offers("确认变更", part, "¥160.00 → ¥200.00"))
			see(t, "changed", f.tell("zhouting", "确认变更 "+part), says("已改 "+part, "¥200.00"))
			require.Equal(t, []string{"20000"}, texts(t, db, "SELECT total FROM orders WHERE id = ?", part))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
