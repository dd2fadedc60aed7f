package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
)

// carrier is a tracking provider.
type carrier struct {
	state      orders.ParcelState
	err        error
	asked      []notify.Parcel
	subscribed []string // callback addresses
}

func (c *carrier) Query(_ context.Context, p notify.Parcel) (orders.ParcelState, []orders.ParcelEvent, error) {
	c.asked = append(c.asked, p)
	if c.err != nil {
		return "", nil, c.err
	}
	return c.state, []orders.ParcelEvent{{Text: "已到宁波", State: c.state}}, nil
}

func (c *carrier) Subscribe(_ context.Context, _ notify.Parcel, callback string) error {
	if c.err != nil {
		return c.err
	}
	c.subscribed = append(c.subscribed, callback)
	return nil
}

// follow returns a firm with one shipped order whose parcel is followed.
func follow(t *testing.T, change func(o *notify.TrackerOptions)) (*firm, *carrier, *notify.Tracker, orders.OrderID) {
	t.Helper()
	f, c := newFirm(), &carrier{state: orders.ParcelInTransit}
	m, _ := metrics()
	options := notify.TrackerOptions{
		Source: c, Store: f.memory, Finder: f.memory, Desk: f.desk, Quota: f.memory, Location: beijing, Metrics: m, Logger: quiet(),
	}
	if change != nil {
		change(&options)
	}
	tracker := notify.NewTracker(options)
	f.dispatcher = f.newDispatcher(tracker)
	id := f.place(t, nil)
	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Ship(tx, id, "SF", "SF1234567890123", "tok-1", f.actor(t, "W1"))
		return err
	})
	f.dispatch(t)
	return f, c, tracker, id
}

var away = &notify.Error{Reason: notify.Unavailable, Err: errors.New("away")}

// feature: LG-03
func TestAParcelIsAskedAboutAtThePaceThatIsSetUntilItIsSigned(t *testing.T) {
	t.Parallel()
	f, c, _, id := follow(t, nil)
	require.Empty(t, c.subscribed, "no push can reach us")
	f.pass(t, 2*time.Hour-time.Minute)
	require.Empty(t, c.asked)
	f.pass(t, time.Minute)
	require.Equal(t, []notify.Parcel{{Carrier: "SF", Number: "SF1234567890123", Phone: "13800001111"}}, c.asked)
	require.Equal(t, orders.StatusInTransit, f.order(id).Status)
	require.Equal(t, "已到宁波", f.order(id).Shipments[0].Events[0].Text)
	f.pass(t, 4*time.Hour)
	require.Len(t, c.asked, 2)
	c.state = orders.ParcelDelivered
	f.pass(t, 4*time.Hour)
	require.Len(t, c.asked, 3)
	require.Equal(t, orders.StatusDelivered, f.order(id).Status)
	require.Equal(t, []string{"w-wang", "w-wang"}, f.sentAs(notify.KindMoved), "shipped, delivered")
	f.pass(t, 48*time.Hour)
	require.Len(t, c.asked, 3, "a signed parcel is not asked about")
	require.Empty(t, f.openEvents())
}

func TestAParcelIsNotAskedAboutAgainWithin30Minutes(t *testing.T) {
	t.Parallel()
	f, c, _, id := follow(t, nil)
	f.pass(t, 2*time.Hour)
	require.Len(t, c.asked, 1)
	ask := func() {
		f.must(t, func(tx notify.Tx) error {
			return tx.Emit(orders.Event{Kind: orders.EventParcelQuery, Order: id, Data: map[string]string{"shipment": "1"}})
		})
		f.dispatch(t)
	}
	f.pass(t, 29*time.Minute)
	ask()
	require.Len(t, c.asked, 1)
	f.pass(t, time.Minute)
	ask()
	require.Len(t, c.asked, 2)
	require.Empty(t, f.openEvents())
}

// feature: LG-03
func TestFailuresOfTheProviderBackOff(t *testing.T) {
	t.Parallel()
	f, c, _, id := follow(t, nil)
	c.err = away
	f.pass(t, 4*time.Hour)
	require.Greater(t, len(c.asked), 3, "it is tried again")
	require.Less(t, len(c.asked), 12, "but less and less often")
	require.Equal(t, orders.ParcelNone, f.order(id).Shipments[0].State)
	c.err = nil
	f.pass(t, 31*time.Minute)
	require.Equal(t, orders.ParcelInTransit, f.order(id).Shipments[0].State)

	asked := len(c.asked)
	c.err = &notify.Error{Reason: notify.Rejected, Err: errors.New("500 no result yet")}
	f.pass(t, 5*time.Hour)
	require.LessOrEqual(t, len(c.asked)-asked, 2, "what is refused waits for its next turn")
	require.Equal(t, orders.ParcelInTransit, f.order(id).Shipments[0].State, "and changes nothing")
	require.Empty(t, f.openEvents())
}

// feature: LG-03
func TestTheDaysQuotaIsKept(t *testing.T) {
	t.Parallel()
	f, c, _, id := follow(t, func(o *notify.TrackerOptions) { o.PerDay = 2 })
	for range 4 {
		f.now = f.now.Add(time.Hour)
		f.must(t, func(tx notify.Tx) error {
			return tx.Emit(orders.Event{Kind: orders.EventParcelQuery, Order: id, Data: map[string]string{"shipment": "1"}})
		})
		f.dispatch(t)
	}
	require.Len(t, c.asked, 2)
	require.Empty(t, f.openEvents())
	f.now = f.now.Add(24 * time.Hour)
	f.must(t, func(tx notify.Tx) error {
		return tx.Emit(orders.Event{Kind: orders.EventParcelQuery, Order: id, Data: map[string]string{"shipment": "1"}})
	})
	f.dispatch(t)
	require.Len(t, c.asked, 3, "a new day")
}

func TestASubscribedParcelIsPushed(t *testing.T) {
	t.Parallel()
	f, c, tracker, id := follow(t, func(o *notify.TrackerOptions) { o.BaseURL = "https://orders.example.com/" })
	require.Equal(t, []string{"https://orders.example.com/callback/kuaidi100/tok-1"}, c.subscribed)
	require.True(t, f.order(id).Shipments[0].Subscribed)
	f.pass(t, 8*time.Hour)
	require.Empty(t, c.asked, "what is pushed need not be asked about")

	trace := []orders.ParcelEvent{{Text: "派件中", State: orders.ParcelOut}, {Text: "已揽收", State: orders.ParcelPickedUp}}
	for range 3 { // it is pushed again when the answer got lost
		require.NoError(t, tracker.Push(t.Context(), "tok-1", orders.ParcelOut, trace))
	}
	require.Equal(t, orders.StatusOutForDelivery, f.order(id).Status)
	require.Len(t, f.order(id).Shipments[0].Events, 2, "a push replaces the trace")
	require.NoError(t, tracker.Push(t.Context(), "tok-1", orders.ParcelDelivered, nil))
	require.Len(t, f.order(id).Shipments[0].Events, 2, "an empty push takes nothing away")
	f.dispatch(t)
	require.Equal(t, orders.StatusDelivered, f.order(id).Status)
	require.Equal(t, []string{"w-wang", "w-wang"}, f.sentAs(notify.KindMoved))

	for _, token := range []string{"", "tok-2"} {
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(tracker.Push(t.Context(), token, orders.ParcelOut, trace)))
	}
}

func TestASubscriptionThatFails(t *testing.T) {
	t.Parallel()
	f, c, _, id := follow(t, func(o *notify.TrackerOptions) {
		o.BaseURL = "https://orders.example.com"
		o.Source.(*carrier).err = away
	})
	require.Equal(t, []string{orders.EventParcelSubscribe}, f.openEvents())
	c.err = nil
	f.pass(t, 2*time.Minute)
	require.Len(t, c.subscribed, 1)
	require.True(t, f.order(id).Shipments[0].Subscribed)

	f, c, _, id = follow(t, func(o *notify.TrackerOptions) {
		o.BaseURL = "https://orders.example.com"
		o.Source.(*carrier).err = &notify.Error{Reason: notify.Rejected, Err: errors.New("701 company refused")}
	})
	require.Empty(t, f.openEvents())
	c.err = nil
	f.pass(t, 2*time.Hour)
	require.Len(t, c.asked, 1, "it is asked about instead")
	require.False(t, f.order(id).Shipments[0].Subscribed)
}

func TestParcelsThatNeedNoCarrier(t *testing.T) {
	t.Parallel()
	f, c := newFirm(), &carrier{}
	m, _ := metrics()
	f.dispatcher = f.newDispatcher(notify.NewTracker(notify.TrackerOptions{
		Source: c, Store: f.memory, Finder: f.memory, Desk: f.desk, Location: beijing, BaseURL: "https://x", Metrics: m, Logger: quiet(),
	}))
	id := f.place(t, nil)
	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Ship(tx, id, "SELF", "", "tok", f.actor(t, "W1"))
		return err
	})
	f.must(t, func(tx notify.Tx) error { // a parcel that is none
		return tx.Emit(orders.Event{Kind: orders.EventParcelQuery, Order: id, Data: map[string]string{"shipment": "7"}})
	})
	f.pass(t, 48*time.Hour)
	require.Empty(t, c.asked)
	require.Empty(t, c.subscribed)
	require.Empty(t, f.openEvents())
	require.False(t, strings.Contains(f.text(t, notify.KindMoved, "w-wang"), "SF"))
}
