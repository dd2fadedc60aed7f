package notify

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// Timing of the dispatcher.
const (
	eventsAtOnce  = 50
	trackersBusy  = 8                // parcels that are asked about at once
	trackerLater  = 3 * time.Second  // when all of these are busy
	eventRetry    = time.Second      // after a failure, doubling
	eventRetryMax = 10 * time.Minute // but no longer than this
)

// DispatcherOptions is what a [Dispatcher] works with.
type DispatcherOptions struct {
	Outbox  Outbox
	Store   Store
	Catalog func() *orders.Catalog
	Signer  *cards.Signer
	// Platforms are the ones that are set up: nobody is sent anything elsewhere.
	Platforms map[orders.Platform]bool
	// PageURL returns the address of an order's page; nil where no page can be reached.
	PageURL func(token string) string
	Tracker *Tracker // nil: parcels are not followed
	Desk    *orders.Desk
	Metrics *Metrics
	Now     func() time.Time
	Logger  *slog.Logger
	// Hold is the time after which another process may take what a dead one had claimed; 0: 40 s. A
	// call to the tracking provider may take 20 s.
	Hold time.Duration
	Sent func() // called after a commit that put something into the outbox; may be nil
}

// Dispatcher tells people what happens to orders. For every event it decides, in one transaction,
// who is told what, and puts the messages into the outbox. An event may be handled more than once,
// by any number of dispatchers and in any order: the keys of the messages are made of event and
// receiver, and what an event asks for is done only while the order still needs it.
type Dispatcher struct {
	o    DispatcherOptions
	wake chan struct{}
}

// NewDispatcher returns a dispatcher; [Dispatcher.Run] starts it.
func NewDispatcher(o DispatcherOptions) *Dispatcher {
	o.Hold = cmp.Or(o.Hold, holdClaim)
	return &Dispatcher{o: o, wake: make(chan struct{}, 1)}
}

// Wake makes the dispatcher look for events at once. It never blocks.
func (d *Dispatcher) Wake() { poke(d.wake) }

// Run handles events until ctx ends. It returns when everything that is under way is done.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	busy := make(chan struct{}, trackersBusy)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		events, err := d.o.Outbox.ClaimEvents(ctx, d.o.Now(), d.o.Hold, eventsAtOnce)
		if err != nil && ctx.Err() == nil {
			d.o.Logger.Error("claim events", "error", clean(err))
		}
		for _, e := range events {
			switch {
			case ctx.Err() != nil:
				d.later(ctx, e, 0, "stopping")
			case d.o.Tracker != nil && isParcelCall(e):
				select {
				case busy <- struct{}{}:
					wg.Go(func() {
						d.Handle(ctx, e)
						<-busy
					})
				default:
					d.later(ctx, e, trackerLater, "busy")
				}
			default:
				d.Handle(ctx, e)
			}
		}
		if len(events) == eventsAtOnce && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-tick.C:
		}
	}
}

func isParcelCall(e orders.Event) bool {
	return e.Kind == orders.EventParcelSubscribe || e.Kind == orders.EventParcelQuery
}

// Handle does what one claimed event asks for, or sees to it that it is handled again later.
func (d *Dispatcher) Handle(ctx context.Context, e orders.Event) {
	ctx = context.WithoutCancel(ctx) // what is begun is finished; the calls have time limits
	log := d.o.Logger.With("event", e.ID, "kind", e.Kind, "order_id", e.Order, "trace_id", e.Trace)
	parcel := d.o.Tracker != nil && isParcelCall(e)
	err := guard(func() error {
		if parcel {
			return d.o.Tracker.Handle(ctx, e)
		}
		return d.dispatch(ctx, log, e)
	})
	result := "done"
	switch {
	case err == nil:
	case orders.ErrorCode(err) == orders.CodeConflict:
		// Another dispatcher has it, or the order was changed meanwhile: then it comes again when
		// the claim ends.
		result = "conflict"
		log.Debug("event is handled elsewhere", "error", clean(err))
	default:
		result = "failed"
		pause := min(eventRetry<<min(e.Attempts, 10), eventRetryMax)
		level := slog.LevelError
		if parcel {
			pause, level = trackerRetry(err, e.Attempts), slog.LevelWarn
		}
		log.Log(ctx, level, "handle event", "error", clean(err), "again_in", pause)
		d.later(ctx, e, pause, clean(err))
	}
	d.o.Metrics.events.WithLabelValues(e.Kind, result).Inc()
}

// guard turns a panic into an error, so that one bad event does not stop the others.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (d *Dispatcher) later(ctx context.Context, e orders.Event, pause time.Duration, cause string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := d.o.Outbox.RetryEvent(ctx, e, d.o.Now().Add(pause), cause); err != nil { // the claim ends by itself
		d.o.Logger.Error("give an event back", "event", e.ID, "error", clean(err))
	}
}

// dispatch decides who is told what, puts it into the outbox and finishes the event.
func (d *Dispatcher) dispatch(ctx context.Context, log *slog.Logger, e orders.Event) error {
	sent := 0
	err := d.o.Store.Do(ctx, func(tx Tx) error {
		sent = 0
		n := &news{d: d, tx: tx, e: e, cat: d.o.Catalog(), now: d.o.Now(), log: log}
		if about := n.ofNoOrder(); about != nil {
			if err := about(); err != nil {
				return err
			}
			if sent = len(n.out); sent > 0 {
				if err := tx.Send(n.out...); err != nil {
					return err
				}
			}
			return tx.FinishEvent(e)
		}
		o, err := tx.Order(e.Order)
		if orders.ErrorCode(err) == orders.CodeNotFound {
			log.Error("event of an unknown order")
			return tx.FinishEvent(e)
		}
		if err != nil {
			return err
		}
		n.o = o
		if err := d.o.Desk.Review(tx, o); err != nil {
			return err
		}
		if err := n.route(); err != nil {
			return err
		}
		if sent = len(n.out); sent > 0 {
			if err := tx.Send(n.out...); err != nil {
				return err
			}
		}
		return tx.FinishEvent(e)
	})
	if err == nil && sent > 0 && d.o.Sent != nil {
		d.o.Sent()
	}
	return err
}
