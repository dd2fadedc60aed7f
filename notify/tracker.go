package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// Timing of the tracker.
const (
	// askAgain is the least time between two questions about a parcel: asked more often, Kuaidi100
	// may lock the number (platforms' documentation, real-time query).
	askAgain    = 30 * time.Minute
	trackerTime = 20 * time.Second // of one call
	quotaName   = "kuaidi100.query"
)

// Parcel is what a tracking provider needs to know.
type Parcel struct {
	Carrier string // our code: SF, ZTO …
	Number  string
	Phone   string // of the receiver; some carriers answer only with it
}

// ParcelSource is a tracking provider. Its errors are *[Error]; Rejected says that there is no
// use in asking again soon.
type ParcelSource interface {
	// Query returns a parcel's state and whole trace, newest first.
	Query(ctx context.Context, p Parcel) (orders.ParcelState, []orders.ParcelEvent, error)
	// Subscribe asks the provider to push the trace to an address whenever it changes.
	Subscribe(ctx context.Context, p Parcel, callback string) error
}

// TrackerOptions is what a [Tracker] works with.
type TrackerOptions struct {
	Source  ParcelSource
	Store   Store
	Finder  ShipmentFinder
	Desk    *orders.Desk
	Quota   Quota
	PerDay  int    // questions to the provider a day; 0: not counted
	BaseURL string // server.public_url; "": no pushes, parcels are asked about
	// Location tells when a day begins.
	Location *time.Location
	Metrics  *Metrics
	Logger   *slog.Logger
}

// Tracker follows parcels: it subscribes to their traces where pushes can reach us, asks about
// them otherwise, and takes what is pushed.
type Tracker struct{ o TrackerOptions }

// NewTracker returns a tracker.
func NewTracker(o TrackerOptions) *Tracker { return &Tracker{o: o} }

// Handle does what an event parcel.subscribe or parcel.query asks for and finishes the event. An
// error means that it is to be handled again later.
func (t *Tracker) Handle(ctx context.Context, e orders.Event) error {
	no, _ := strconv.Atoi(e.Data["shipment"])
	var o *orders.Order
	if err := t.o.Store.Do(ctx, func(tx Tx) (err error) {
		o, err = tx.Order(e.Order)
		return err
	}); err != nil {
		return err
	}
	i := slices.IndexFunc(o.Shipments, func(s orders.Shipment) bool { return s.No == no })
	if i < 0 {
		return t.finish(ctx, e)
	}
	s := &o.Shipments[i]
	over := s.State == orders.ParcelDelivered || s.State == orders.ParcelReturned
	p := Parcel{Carrier: s.Carrier, Number: s.Tracking, Phone: o.Phone}
	switch {
	case over:
		return t.finish(ctx, e)
	case e.Kind == orders.EventParcelSubscribe:
		if t.o.BaseURL == "" || s.Subscribed {
			return t.finish(ctx, e)
		}
		return t.subscribe(ctx, e, p, s)
	default:
		if !s.LastQuery.IsZero() && t.o.Desk.Now().Sub(s.LastQuery) < askAgain {
			return t.finish(ctx, e)
		}
		return t.query(ctx, e, p, no)
	}
}

func (t *Tracker) subscribe(ctx context.Context, e orders.Event, p Parcel, s *orders.Shipment) error {
	call, cancel := context.WithTimeout(ctx, trackerTime)
	defer cancel()
	err := t.o.Source.Subscribe(call, p, strings.TrimRight(t.o.BaseURL, "/")+"/callback/kuaidi100/"+s.Token)
	t.count("subscribe", err)
	if err != nil {
		if classify(err).Reason != Rejected {
			return err
		}
		t.o.Logger.Warn("parcel can't be subscribed to, it is asked about instead",
			"order_id", e.Order, "shipment", s.No, "error", clean(err))
		return t.finish(ctx, e)
	}
	return t.o.Store.Do(ctx, func(tx Tx) error {
		if err := t.o.Desk.Subscribed(tx, e.Order, s.No); err != nil {
			return err
		}
		return tx.FinishEvent(e)
	})
}

func (t *Tracker) query(ctx context.Context, e orders.Event, p Parcel, no int) error {
	if t.o.PerDay > 0 {
		day := t.o.Desk.Now().In(t.o.Location).Format(time.DateOnly)
		ok, err := t.o.Quota.Spend(ctx, quotaName, day, t.o.PerDay)
		if err != nil {
			return err
		}
		if !ok {
			t.o.Metrics.parcels.WithLabelValues("query", "quota").Inc()
			t.o.Logger.Warn("the day's questions to the tracking provider are used up", "order_id", e.Order, "per_day", t.o.PerDay)
			return t.finish(ctx, e) // the clock asks for it again
		}
	}
	call, cancel := context.WithTimeout(ctx, trackerTime)
	defer cancel()
	state, trace, err := t.o.Source.Query(call, p)
	t.count("query", err)
	if err != nil {
		if classify(err).Reason != Rejected {
			return err
		}
		t.o.Logger.Info("nothing known of a parcel", "order_id", e.Order, "shipment", no, "error", clean(err))
		state, trace = orders.ParcelNone, nil
	}
	return t.o.Store.Do(ctx, func(tx Tx) error {
		if _, err := t.o.Desk.Track(tx, e.Order, no, state, trace, orders.SystemActor); err != nil {
			return err
		}
		return tx.FinishEvent(e)
	})
}

// Push takes a pushed trace, whole and newest first, for the parcel whose push address has that
// token. It returns when the trace is stored; a CodeNotFound error where the token is unknown. A
// trace pushed again changes nothing.
func (t *Tracker) Push(ctx context.Context, token string, state orders.ParcelState, trace []orders.ParcelEvent) error {
	if token == "" {
		return orders.Errorf(orders.CodeNotFound, "没有这个包裹")
	}
	id, no, err := t.o.Finder.ShipmentByToken(ctx, token)
	if err != nil {
		return err
	}
	if len(trace) == 0 {
		trace = nil
	}
	err = t.o.Store.Do(ctx, func(tx Tx) error {
		_, err := t.o.Desk.Track(tx, id, no, state, trace, orders.SystemActor)
		return err
	})
	t.count("push", err)
	return err
}

func (t *Tracker) finish(ctx context.Context, e orders.Event) error {
	return t.o.Store.Do(ctx, func(tx Tx) error { return tx.FinishEvent(e) })
}

func (t *Tracker) count(call string, err error) {
	result := "ok"
	if err != nil {
		result = string(classify(err).Reason)
	}
	t.o.Metrics.parcels.WithLabelValues(call, result).Inc()
}

// trackerRetry is when an event is handled again after err: later each time, for a number that is
// asked about too often may get locked.
func trackerRetry(err error, attempts int) time.Duration {
	pause := min(time.Minute<<min(attempts, 5), askAgain)
	if e, ok := errors.AsType[*Error](err); ok {
		pause = max(pause, e.RetryAfter)
	}
	return pause
}
