package storage_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// keysOf are the values of a column, sorted.
func keysOf(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	slices.Sort(out)
	return out
}

// What is done with and old is deleted, by replicas that do it at once: nothing that waits, that was given up, that an order which has not
// ended may look for, that an update waits for, that figures count or that is to be kept; the figures and the trail are what they were, and a message that
// comes again is known as long as messages are kept.
func TestOldMessagesAreDeleted(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		db, ctx := raw(d.T, d.address), d.Context()
		s, then := d.stores[0], d.now
		d.stock("P1,默认仓,100,0")
		open := d.confirm(10, "P1")
		ended := d.sent(10)
		d.amend(func(tx *storage.Tx) (orders.OrderID, int, error) {
			_, p, err := d.desk.AskChange(tx, open, seller, func(o *orders.Order) error {
				o.Lines = ordertest.Order("", "C1", 12, "P1").Lines
				return nil
			})
			return open, p.Change.No, err
		})
		require.NoError(d, d.do(func(tx *storage.Tx) error {
			_, err := d.desk.Track(tx, ended, 1, orders.ParcelDelivered, nil, orders.SystemActor)
			return err
		}))
		require.Equal(d, orders.StatusDelivered, d.order(ended).Status)

		// Messages that came in: two were answered, one waits.
		in := func(chat, key string, at time.Time) orders.Inbound { return ordertest.Text(chat, key, "你好", at) }
		answer := func(now time.Time) {
			d.Helper()
			for {
				turn, err := s.ClaimTurn(ctx, now, time.Minute)
				require.NoError(d, err)
				if turn == nil {
					return
				}
				require.NoError(d, d.do(func(tx *storage.Tx) error { return tx.FinishTurn(turn) }))
			}
		}
		require.NoError(d, s.Put(ctx, in("a", "answered", then), in("b", "also", then)))
		answer(then.Add(time.Hour))
		require.NoError(d, s.Put(ctx, in("c", "waits", then)))

		// Messages that went out.
		send := func(key, kind string, order orders.OrderID, replaces int64) {
			d.Helper()
			require.NoError(d, d.do(func(tx *storage.Tx) error {
				return tx.Send(orders.Delivery{
					Key: key, Chat: orders.Chat{Platform: orders.WeCom, ID: key}, Kind: kind, Order: order, Body: json.RawMessage("{}"), Update: replaces, Created: then,
				})
			}))
		}
		deliver := func() {
			d.Helper()
			for {
				list, err := s.ClaimDeliveries(ctx, then.Add(time.Minute), time.Minute, 10)
				require.NoError(d, err)
				if len(list) == 0 {
					return
				}
				for _, x := range list {
					if x.Key == "failed" {
						require.NoError(d, s.FailDelivery(ctx, x, then, "no"))
						continue
					}
					require.NoError(d, s.FinishDelivery(ctx, x, json.RawMessage("{}"), then.Add(time.Minute)))
				}
			}
		}
		send("of ended", "approval", ended, 0)
		send("change of ended", "warehouse.change", ended, 0)
		send("of open", "approval", open, 0)
		send("change of open", "warehouse.change", open, 0)
		send("of none", "reply", "", 0)
		send("kept", "customer.link", "", 0)
		send("failed", "reply", ended, 0)
		send("updated", "approval", ended, 0)
		deliver()
		var card int64
		require.NoError(d, db.QueryRowContext(ctx, "SELECT id FROM deliveries WHERE msg_key = 'updated'").Scan(&card))
		send("waits", "reply", "", 0)
		send("update", "approval.settled", ended, card)
		_, err := db.ExecContext(ctx, "UPDATE deliveries SET chat_id = 'updated' WHERE msg_key = 'update'")
		require.NoError(d, err)

		// Events: one nobody has handled.
		events, err := s.ClaimEvents(ctx, then.Add(time.Hour), time.Minute, 100)
		require.NoError(d, err)
		require.Greater(d, len(events), 1)
		for _, e := range events[1:] {
			require.NoError(d, d.do(func(tx *storage.Tx) error { return tx.FinishEvent(e) }))
		}

		now := then.Add(181 * 24 * time.Hour)
		require.NoError(d, s.Put(ctx, in("a", "of today", now)))
		_, err = db.ExecContext(ctx, "UPDATE inbox SET status = 1, done_at = ? WHERE msg_key = 'of today'", now.UnixMilli())
		require.NoError(d, err)
		figures := func() string {
			d.Helper()
			changes, err := s.ChangeFigures(ctx, "", then.Add(-time.Hour), now)
			require.NoError(d, err)
			day, err := s.DayFigures(ctx, "", then.Add(-time.Hour), now)
			require.NoError(d, err)
			return fmt.Sprintf("%+v %+v %v %v", changes, day, keysOf(d.T, db, "SELECT changes FROM audit"), keysOf(d.T, db, "SELECT at FROM snags"))
		}
		before := figures()

		n, err := s.Purge(ctx, then.Add(-time.Second), 2, "customer.link")
		require.NoError(d, err)
		require.Zero(d, n, "nothing is that old")
		var all sync.WaitGroup
		var gone [4]int
		var errs [4]error
		for i := range gone {
			all.Go(func() { gone[i], errs[i] = d.stores[i%2].Purge(ctx, now.Add(-180*24*time.Hour), 2, "customer.link") })
		}
		all.Wait()
		require.Equal(d, [4]error{}, errs)
		require.Equal(d, 2+2+len(events)-1, gone[0]+gone[1]+gone[2]+gone[3], "each once")

		require.Equal(d, []string{"of today", "waits"}, keysOf(d.T, db, "SELECT msg_key FROM inbox"))
		require.Equal(d, []string{"change of ended", "change of open", "failed", "kept", "of open", "update", "updated", "waits"}, keysOf(d.T, db, "SELECT msg_key FROM deliveries"))
		require.Equal(d, []string{fmt.Sprint(events[0].ID)}, keysOf(d.T, db, "SELECT id FROM events"))
		require.Equal(d, before, figures())
		for _, id := range []orders.OrderID{open, ended} {
			again, err := s.Replay(ctx, id)
			require.NoError(d, err)
			require.Equal(d, d.order(id), again)
		}

		// What waits is still answered and sent, and what comes again is known.
		require.NoError(d, s.Put(ctx, in("a", "of today", now)))
		require.Equal(d, []string{"of today", "waits"}, keysOf(d.T, db, "SELECT msg_key FROM inbox"))
		turn, err := s.ClaimTurn(ctx, now, time.Minute)
		require.NoError(d, err)
		require.Equal(d, "waits", turn.Messages[0].Key)
		list, err := s.ClaimDeliveries(ctx, now, time.Minute, 10)
		require.NoError(d, err)
		require.Len(d, list, 2)
		target, err := s.Delivery(ctx, card)
		require.NoError(d, err)
		require.Equal(d, orders.DeliverySent, target.Status)
	})
}
