package notify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
)

// kinds counts an order's deliveries of the three ways.
func (m *memory) kinds(id orders.OrderID) map[string]int {
	out := map[string]int{}
	for _, d := range m.all() {
		for _, k := range orders.DispatchKinds {
			if d.Order == id && d.Kind == k {
				out[k]++
			}
		}
	}
	return out
}

// One of the three ways that fails before anything is sent holds up neither of the others, and is gone on with.
//
// feature: ST-08
func TestOneWayThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.platforms[orders.APS] = true
	f.failInvoicing = errors.New("disk full")
	id := f.place(t, nil)
	require.Equal(t, map[string]int{notify.KindPick: 1, notify.KindPlan: 1}, f.kinds(id))
	require.Equal(t, []string{orders.EventInvoicing}, f.openEvents())
	f.failInvoicing = nil
	f.now = f.now.Add(time.Minute)
	f.dispatch(t)
	require.Empty(t, f.openEvents())
	require.Equal(t, map[string]int{notify.KindPick: 1, notify.KindPlan: 1, notify.KindInvoice: 1}, f.kinds(id))
}

// A dispatcher that dies with an event in hand leaves it to the next one.
//
// feature: ST-08
func TestAnotherDispatcherGoesOnWithTheThreeWays(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.platforms[orders.APS] = true
	id := f.draft(t, nil)
	f.must(t, func(tx notify.Tx) error {
		_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
		return err
	})
	claimed, err := f.ClaimEvents(t.Context(), f.now, time.Minute, 100)
	require.NoError(t, err)
	require.NotEmpty(t, claimed)
	f.dispatch(t)
	require.Empty(t, f.kinds(id))
	f.now = f.now.Add(2 * time.Minute)
	f.dispatch(t)
	for _, e := range claimed { // the dead one wakes up
		f.dispatcher.Handle(t.Context(), e)
	}
	require.Equal(t, map[string]int{notify.KindPick: 1, notify.KindPlan: 1, notify.KindInvoice: 1}, f.kinds(id))
}

// While a platform is away, operations hear of it elsewhere: one message in four hours, each order named once, and none of a short trouble.
//
// feature: ST-08
func TestLateDispatchesAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.dingtalk.set(always(&notify.Error{Reason: notify.Unavailable, Err: errors.New("status 500")}))
		for i := range 3 {
			d := say(fmt.Sprintf("event:%d:%s:W1:1", i+1, notify.KindPick), orders.DingTalk, fmt.Sprint("d-keeper", i))
			d.Kind, d.Order = notify.KindPick, orders.OrderID(fmt.Sprint("SO20260311000", i+1))
			o.send(t, d)
		}
		o.send(t, say("a reply", orders.DingTalk, "d-wang"))
		late := func() (ids []string) {
			for _, d := range o.all() {
				if d.Kind == notify.KindLate {
					require.Equal(t, orders.Chat{Platform: orders.WeCom, ID: "w-ops"}, d.Chat)
					ids = append(ids, string(d.Order))
				}
			}
			return ids
		}
		time.Sleep(4 * time.Minute)
		require.Empty(t, late())
		time.Sleep(10 * time.Minute)
		require.Len(t, late(), 1)
		time.Sleep(24 * time.Hour)
		require.ElementsMatch(t, []string{"SO202603110001", "SO202603110002", "SO202603110003"}, late())
		for _, c := range o.wecom.taken() {
			require.True(t, strings.Contains(c.Text, "预拣货还没发出去") && strings.Contains(c.Text, "钉钉"), c.Text)
		}
		o.dingtalk.set(nil)
		time.Sleep(10 * time.Minute)
		require.Len(t, o.dingtalk.taken(), 4, "nothing was given up")
	})
}

// What a planning system refuses is told once, with its answer, and tried again for a day: somebody may mend what it lacks.
//
// feature: ST-08
func TestARefusedPlanIsTriedAgainForADay(t *testing.T) {
	t.Parallel()
	for name, mended := range map[string]bool{"mended": true, "never mended": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				defer func() { o.stop() }()
				o.aps.set(always(&notify.Error{Reason: notify.Rejected, Err: errors.New("status 422: no such product")}))
				o.send(t, planOf("event:1:order.plan:aps", "SO202603110001"), planOf("event:2:order.plan:aps", "SO202603110002"))
				time.Sleep(12 * time.Hour)
				require.Len(t, o.wecom.taken(), 2, "each order once")
				for _, c := range o.wecom.taken() {
					require.Equal(t, "w-ops", c.Chat.ID)
					require.Contains(t, c.Text, "no such product")
				}
				if mended {
					o.aps.set(nil)
				}
				time.Sleep(24 * time.Hour)
				want := orders.DeliveryFailed
				if mended {
					want = orders.DeliverySent
				}
				for _, d := range o.all()[:2] {
					require.Equal(t, want, d.Status, d.Key)
				}
				require.Len(t, o.wecom.taken(), 2)
			})
		})
	}
}

// What is newer of an order takes the place of what the planning system has not taken, and of that only.
//
// feature: ST-08
func TestANewerPlanTakesThePlaceOfAnOlderOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		defer func() { o.stop() }()
		o.aps.set(always(&notify.Error{Reason: notify.Unavailable, Err: errors.New("status 500")}))
		o.send(t, planOf("event:1:order.plan:aps", "SO202603110001"), planOf("event:2:order.plan:aps", "SO202603110002"))
		time.Sleep(10 * time.Second)
		o.send(t, planOf("event:3:order.plan:aps", "SO202603110001"))
		time.Sleep(3 * time.Minute)
		o.aps.set(nil)
		time.Sleep(3 * time.Minute)
		require.Equal(t, []string{"event:3:order.plan:aps"}, o.aps.keys("SO202603110001"))
		require.Equal(t, []string{"event:2:order.plan:aps"}, o.aps.keys("SO202603110002"))
	})
}

func planOf(key string, id orders.OrderID) orders.Delivery {
	d := say(key, orders.APS, string(id))
	d.Kind, d.Order = notify.KindPlan, id
	return d
}
