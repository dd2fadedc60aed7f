package notify_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
)

type duePlans []int64

func (d duePlans) DueSurgeries(context.Context, time.Time, int) ([]int64, error) { return d, nil }

type failingOnce struct{ done int }

func (f *failingOnce) Do(context.Context, func(notify.Tx) error) error {
	if f.done++; f.done == 1 {
		return errors.New("broken")
	}
	return nil
}

func TestOneFailingSurgeryPlanDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	store, woken := &failingOnce{}, 0
	s := &notify.Surgeries{List: duePlans{7, 8, 9}, Store: store, Desk: &orders.Desk{Now: time.Now}, Wake: func() { woken++ }}
	require.EqualError(t, s.Round(t.Context()), "surgery plan 7: broken")
	require.Equal(t, 3, store.done)
	require.Equal(t, 1, woken)
}
