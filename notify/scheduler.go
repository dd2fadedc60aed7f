package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/go-co-op/gocron/v2"

	"orderbot/orders"
)

// Job is work by the clock. Do asks the database what is due, so that a missed round costs delay
// and nothing else.
type Job struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
}

// SchedulerOptions is what a [Scheduler] works with.
type SchedulerOptions struct {
	Jobs     []Job
	Slots    Slots
	Location *time.Location
	Now      func() time.Time
	Logger   *slog.Logger
}

// Scheduler runs jobs by the clock, each round on one replica and never twice at once.
type Scheduler struct{ o SchedulerOptions }

// NewScheduler returns a scheduler; [Scheduler.Run] starts it.
func NewScheduler(o SchedulerOptions) *Scheduler { return &Scheduler{o: o} }

// Run runs the jobs until ctx ends and the rounds that are under way have ended.
func (s *Scheduler) Run(ctx context.Context) error {
	clock, err := gocron.NewScheduler(gocron.WithLocation(s.o.Location))
	if err != nil {
		return fmt.Errorf("start the clock: %w", err)
	}
	// gocron waits for its jobs by spinning, so that they are waited for here before it is stopped.
	running := make([]chan struct{}, len(s.o.Jobs))
	for i, j := range s.o.Jobs {
		running[i] = make(chan struct{}, 1)
		if _, err := clock.NewJob(
			gocron.DurationJob(j.Every),
			gocron.NewTask(func() {
				running[i] <- struct{}{}
				s.round(ctx, j)
				<-running[i]
			}),
			gocron.WithName(j.Name),
			gocron.WithSingletonMode(gocron.LimitModeReschedule),
			gocron.WithStartAt(gocron.WithStartImmediately()),
			gocron.WithDistributedJobLocker(locker{s, j}),
		); err != nil {
			return errors.Join(fmt.Errorf("schedule %s: %w", j.Name, err), clock.Shutdown())
		}
	}
	clock.Start()
	<-ctx.Done()
	for _, r := range running {
		r <- struct{}{}
		<-r
	}
	return clock.Shutdown()
}

func (s *Scheduler) round(ctx context.Context, j Job) {
	if ctx.Err() != nil {
		return
	}
	if err := guard(func() error { return j.Do(ctx) }); err != nil && ctx.Err() == nil {
		s.o.Logger.Error("job failed", "job", j.Name, "error", clean(err))
	}
}

// locker lets one replica run a round of a job: who takes its slot first.
type locker struct {
	s *Scheduler
	j Job
}

var errElsewhere = errors.New("another replica runs this round")

// Lock fails where another replica has this round.
func (l locker) Lock(ctx context.Context, key string) (gocron.Lock, error) {
	slot := fmt.Sprintf("%s/%d", key, l.s.o.Now().UnixNano()/int64(l.j.Every))
	ok, err := l.s.o.Slots.TakeSlot(ctx, slot)
	if err != nil {
		l.s.o.Logger.Error("take a round of a job", "job", key, "error", clean(err))
		return nil, err
	}
	if !ok {
		return nil, errElsewhere
	}
	return l, nil
}

// Unlock leaves the round taken.
func (l locker) Unlock(context.Context) error { return nil }

// Absences is the job that hands what waits for a decision to the deputies of who has left, and back.
type Absences struct {
	List interface {
		// TurnedAbsences returns the absences that have begun or ended since they were last acted upon.
		TurnedAbsences(ctx context.Context, now time.Time) ([]orders.Absence, error)
		// ActedOnAbsence notes that an absence was acted upon as it was at a moment.
		ActedOnAbsence(ctx context.Context, a orders.Absence, now time.Time) error
		// OpenOrders returns orders in the given statuses, oldest first.
		OpenOrders(ctx context.Context, sales orders.StaffCode, limit int, statuses ...orders.Status) ([]*orders.Order, error)
	}
	Store Store
	Desk  *orders.Desk
	Wake  func() // called after a round that did something; may be nil
}

// Job returns the job, to be run every few seconds.
func (a *Absences) Job(every time.Duration) Job {
	return Job{Name: "absences", Every: every, Do: a.Round}
}

// Round acts upon every absence that has begun or ended, as soon as this replica's catalog has it.
func (a *Absences) Round(ctx context.Context) error {
	now, cat := a.Desk.Now(), a.Desk.Catalog()
	turned, err := a.List.TurnedAbsences(ctx, now)
	if err != nil {
		return fmt.Errorf("look for absences: %w", err)
	}
	turned = slices.DeleteFunc(turned, func(x orders.Absence) bool { return x.Version > cat.Version })
	if len(turned) == 0 {
		return nil
	}
	waiting, err := a.List.OpenOrders(ctx, "", 100_000, orders.StatusPendingApproval)
	if err != nil {
		return err
	}
	for _, o := range waiting {
		if err := a.Store.Do(ctx, func(tx Tx) error { return a.cover(tx, cat, o.ID) }); err != nil {
			return fmt.Errorf("hand on %s: %w", o.ID, err)
		}
	}
	for _, x := range turned {
		if err := a.List.ActedOnAbsence(ctx, x, now); err != nil {
			return err
		}
	}
	if a.Wake != nil {
		a.Wake()
	}
	return nil
}

// cover has a card sent to those who may decide an order's node and have none.
func (a *Absences) cover(tx Tx, cat *orders.Catalog, id orders.OrderID) error {
	o, err := tx.Order(id)
	if err != nil {
		return err
	}
	for _, n := range o.OpenNodes() {
		if o.Status != orders.StatusPendingApproval {
			return nil
		}
		who, err := withoutCard(tx, o, n, cat.Approvers(o, n, a.Desk.Now()))
		if err != nil {
			return err
		}
		if len(who) == 0 {
			continue
		}
		err = tx.Emit(orders.Event{
			Kind: orders.EventApprovalCovered, Order: id, At: a.Desk.Now(), Actor: orders.SystemActor.Code, Data: map[string]string{"node": strconv.Itoa(n.Seq)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Deadlines is the job that does what is due for orders: drafts and reservations that end,
// reminders, escalations, alarms, questions to the carrier.
type Deadlines struct {
	Outbox  Outbox
	Store   Store
	Desk    *orders.Desk
	Metrics *Metrics
	Logger  *slog.Logger
	Wake    func() // called after a round that did something; may be nil
}

// dueAtOnce is how many orders are asked for at once.
const dueAtOnce = 100

// Job returns the job, to be run every few seconds.
func (d *Deadlines) Job(every time.Duration) Job {
	return Job{Name: "deadlines", Every: every, Do: d.Round}
}

// Round does everything that is due now. An order whose turn fails is tried again next round; it
// keeps no other from its turn.
func (d *Deadlines) Round(ctx context.Context) error {
	done := make(map[orders.OrderID]bool)
	for {
		due, err := d.Outbox.DueOrders(ctx, d.Desk.Now(), dueAtOnce+len(done))
		if err != nil {
			return fmt.Errorf("look for due orders: %w", err)
		}
		d.Metrics.late.Set(float64(len(due)))
		news := 0
		for _, id := range due {
			if done[id] { // it failed, or has more to do later
				continue
			}
			done[id] = true
			news++
			err := d.Store.Do(ctx, func(tx Tx) error { return d.turn(tx, id) })
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				d.Logger.Error("order's deadline", "order_id", id, "error", clean(err))
			}
		}
		if news > 0 && d.Wake != nil {
			d.Wake()
		}
		if news < dueAtOnce {
			return nil
		}
	}
}

// turn does what is due for an order and its exceptions.
func (d *Deadlines) turn(tx Tx, id orders.OrderID) error {
	if err := d.Desk.Tick(tx, id); err != nil {
		return err
	}
	o, err := tx.Order(id)
	if err != nil {
		return err
	}
	return d.Desk.Review(tx, o)
}
