package notify_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
)

// runScheduler starts a scheduler and returns what stops it.
func runScheduler(t *testing.T, slots notify.Slots, jobs ...notify.Job) (stop func()) {
	t.Helper()
	s := notify.NewScheduler(notify.SchedulerOptions{Jobs: jobs, Slots: slots, Location: beijing, Now: time.Now, Logger: quiet()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func TestTwoReplicasShareTheRounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var rounds atomic.Int64
		job := notify.Job{Name: "deadlines", Every: 2 * time.Second, Do: func(context.Context) error {
			rounds.Add(1)
			return nil
		}}
		first, second := runScheduler(t, m, job), runScheduler(t, m, job)
		time.Sleep(20*time.Second + time.Second)
		require.InDelta(t, 10, rounds.Load(), 1)
		first()
		before := rounds.Load()
		time.Sleep(20 * time.Second)
		require.InDelta(t, 10, rounds.Load()-before, 1, "the other one goes on alone")
		second()
	})
}

func TestAJobNeverRunsTwiceAtOnceAndOutlivesItsFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, rounds atomic.Int64
		stop := runScheduler(t, newMemory(), notify.Job{Name: "slow", Every: time.Second, Do: func(context.Context) error {
			defer running.Add(-1)
			if running.Add(1) > 1 {
				t.Error("two rounds at once")
			}
			rounds.Add(1)
			time.Sleep(2500 * time.Millisecond)
			return errors.New("did not work")
		}})
		time.Sleep(time.Minute)
		stop()
		require.Greater(t, rounds.Load(), int64(10))
	})
}

func TestStoppingWaitsForTheRoundThatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var begun, ended atomic.Int64
		stop := runScheduler(t, newMemory(), notify.Job{Name: "slow", Every: time.Second, Do: func(ctx context.Context) error {
			begun.Add(1)
			<-ctx.Done()
			time.Sleep(time.Second)
			ended.Add(1)
			return ctx.Err()
		}})
		time.Sleep(5 * time.Second)
		stop()
		require.EqualValues(t, 1, begun.Load())
		require.EqualValues(t, 1, ended.Load())
	})
}

// A clock that did not run for a while does what was missed, each thing once.
func TestMissedRoundsCostDelayOnly(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	var drafts []orders.OrderID
	for range 250 { // more than are asked for at once
		drafts = append(drafts, f.draft(t, nil))
	}
	f.now = f.now.Add(72 * time.Hour)
	woken := 0
	m, _ := metrics()
	job := &notify.Deadlines{Outbox: f.memory, Store: f.memory, Desk: f.desk, Metrics: m, Logger: quiet(), Wake: func() { woken++ }}
	require.NoError(t, job.Job(time.Second).Do(t.Context()))
	for _, id := range drafts {
		require.Equal(t, orders.StatusClosed, f.order(id).Status)
	}
	require.Positive(t, woken)
	require.NoError(t, job.Round(t.Context()))
	f.dispatch(t)
	require.Len(t, f.sentAs(notify.KindExpired), len(drafts))
}

func TestAnOrderWhoseTurnFailsKeepsNoOtherFromIts(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	bad, good := f.draft(t, nil), f.draft(t, nil)
	f.now = f.now.Add(72 * time.Hour)
	m, _ := metrics()
	job := &notify.Deadlines{Outbox: f.memory, Store: failing{f.memory, bad}, Desk: f.desk, Metrics: m, Logger: quiet()}
	require.NoError(t, job.Round(t.Context()))
	require.Equal(t, orders.StatusDraft, f.order(bad).Status)
	require.Equal(t, orders.StatusClosed, f.order(good).Status)
}

// failing is a store in which one order can't be loaded.
type failing struct {
	*memory
	bad orders.OrderID
}

func (s failing) Do(ctx context.Context, f func(notify.Tx) error) error {
	return s.memory.Do(ctx, func(tx notify.Tx) error { return f(failingTx{tx, s.bad}) })
}

type failingTx struct {
	notify.Tx
	bad orders.OrderID
}

func (tx failingTx) Order(id orders.OrderID) (*orders.Order, error) {
	if id == tx.bad {
		return nil, errors.New("row is broken")
	}
	return tx.Tx.Order(id)
}
