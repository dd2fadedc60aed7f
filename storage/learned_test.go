package storage_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Of the same words of a customer one meaning stands, however many replicas learn at once; what it
// replaced, and what was forgotten, is kept as ended.
func TestOneMeaningStands(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := migrated(t, url(t))
			answer := orders.Learned{
				Customer: "C001", Said: "口罩", Words: "口罩", Product: "P003", By: "S01", ByName: "周婷", At: ordertest.Start, Order: "SO202603110001",
			}
			learn := func(l orders.Learned) (out *orders.Learned) {
				require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) (err error) {
					out, err = tx.Learn(l)
					return err
				}))
				return out
			}
			all := func(customer orders.CustomerCode, ended bool) (out []orders.Learned) {
				require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) (err error) {
					out, err = tx.Learned(customer, ended)
					return err
				}))
				return out
			}
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() { learn(answer) })
			}
			wg.Wait()
			standing := all("C001", false)
			require.Len(t, standing, 1)
			require.Equal(t, 10, standing[0].Count)
			require.Empty(t, all("C002", false))

			other := answer
			other.Product, other.At = "P006", ordertest.Start.Add(time.Hour)
			newer := learn(other)
			require.Equal(t, 1, newer.Count)
			unit := orders.Learned{Customer: "C001", Said: "件", Words: "件", About: "P003", Unit: "箱", Size: ordertest.Decimal("1.5"), At: ordertest.Start}
			learn(unit)
			learn(unit)
			standing, ended := all("C001", false), all("C001", true)
			require.Len(t, standing, 2)
			require.True(t, standing[0].Same(&unit))
			require.Equal(t, 2, standing[0].Count)
			require.Equal(t, orders.ProductCode("P006"), standing[1].Product)
			require.Len(t, ended, 1)
			require.Equal(t, orders.ProductCode("P003"), ended[0].Product)
			require.True(t, other.At.Equal(ended[0].EndedAt))

			require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
				if err := tx.UseLearned(newer.ID, ordertest.Start); err != nil {
					return err
				}
				if err := tx.Forget(newer.ID, "王敏", ordertest.Start); err != nil {
					return err
				}
				if err := tx.Forget(newer.ID, "陈立", ordertest.Start); err != nil { // no more than once
					return err
				}
				_, err := tx.LearnedBy(newer.ID)
				require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
				return nil
			}))
			ended = all("C001", true)
			require.Equal(t, "王敏", ended[0].EndedBy)
			require.Equal(t, 2, ended[0].Count)
			require.Equal(t, 1, learn(other).Count, "learned anew")
		})
	}
}

// The reasons of an order are stored whole and replaced whole.
func TestReasonsOfAnOrder(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := migrated(t, url(t))
			why := []orders.Reason{{
				Field: "lines[0].product", Message: "m1", From: 3, To: 5, Words: "口罩", Rule: "remembered", Others: []string{"P006"}, Learned: 7, By: "周婷",
				At: ordertest.Start, Asked: &orders.Question{Field: "lines[0].product", Reason: "ambiguous", Options: []string{"P003", "P006"}, Said: "口罩", Key: "口罩"},
			}}
			require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
				none, err := tx.Reasons("SO202603110001")
				require.Empty(t, none)
				if err == nil {
					err = tx.SaveReasons("SO202603110001", []orders.Reason{{Field: "customer", Rule: "sender"}})
				}
				if err == nil {
					err = tx.SaveReasons("SO202603110001", why)
				}
				if err != nil {
					return err
				}
				got, err := tx.Reasons("SO202603110001")
				require.Equal(t, why, got)
				return err
			}))
		})
	}
}
