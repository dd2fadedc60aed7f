package storage_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// crowd is how many press at once.
const crowd = 50

// Fifty presses at once on one order: of two approvers one decides the step, once; of an approval, a cancellation and a change
// those that lose get a sentence. The trail knows who was first, and credit and stock are those of the order as it is.
func TestFiftyPressOneOrderAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		c := newChanging(t, s)
		importCSV(t, s, "staff", "code,name,role,superior", "S18,秦副,sales_manager,S14")
		c.desk = desk(t, s, string(rules.Default), func() time.Time { return c.now })
		cancel := func(*orders.Order) error {
			return c.do(func(tx *storage.Tx) error {
				_, err := c.desk.Cancel(tx, c.id, 0, "不要了", c.actor("S1"))
				return err
			})
		}
		decide := func(who orders.StaffCode, isYes bool) func(o *orders.Order) error {
			return func(o *orders.Order) error {
				return c.do(func(tx *storage.Tx) error {
					_, err := c.desk.Decide(tx, c.id, o.OpenNode().Seq, o.Revision, isYes, "价格不对", c.actor(who))
					return err
				})
			}
		}
		yes, no := decide("S10", true), decide("S18", false)
		for name, presses := range map[string][]func(o *orders.Order) error{
			"two approvers": {yes, no}, "all that can happen": {yes, no, cancel, nil},
		} {
			if !c.order().Status.Ended() {
				require.NoError(t, cancel(nil))
			}
			c.now = c.now.Add(25 * time.Hour) // or finance looks at so many orders of the same goods
			c.id = place(t, s, c.desk, "C1", 1000)
			require.NoError(t, confirm(t, s, c.desk, c.id))
			preview, err := c.ask(1200)
			require.NoError(t, err)
			card := c.order()
			var errs [crowd]error
			var all sync.WaitGroup
			for i := range crowd {
				press := presses[i%len(presses)]
				if press == nil {
					press = func(*orders.Order) error { return c.amend(preview.Change.No) }
				}
				all.Go(func() { errs[i] = press(card) })
			}
			all.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				_, said := orders.ErrorMessage(err)
				require.True(t, said, "%s: %v", name, err)
			}
			require.NotZero(t, won, name)
			trail, err := s.Trail(t.Context(), c.id)
			require.NoError(t, err)
			done := map[string]int{}
			for _, e := range trail {
				done[e.Action]++
				require.Equal(t, 1, done[e.Action], "%s: %s", name, e.Action)
			}
			if name == "two approvers" {
				require.Equal(t, 1, won)
			}
			o := c.order()
			exposure, err := s.Exposure(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, o.Held, exposure, name)
			free, err := s.Available(t.Context(), "P1")
			require.NoError(t, err)
			kept := o.Lines[0].Base.IntPart()
			if o.Status.Ended() {
				kept = 0
			}
			require.EqualValues(t, 5000-kept, free["P1"].IntPart(), name)
			again, err := s.Replay(t.Context(), c.id)
			require.NoError(t, err)
			require.Equal(t, o, again)
		}
	})
}
