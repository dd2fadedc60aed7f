package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/storage"
)

// The trail of an order only grows, what it tells makes the order at every step, and what was changed past
// it shows.
//
// feature: IG-09, SC-05
func TestTheTrailOnlyGrows(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), managerWithin+"24h}\n")
			o.at("03-11 10:00")
			before := []string{}
			step := func(change func(tx *storage.Tx, id orders.OrderID) error, id orders.OrderID) {
				t.Helper()
				o.clock = o.clock.Add(time.Minute)
				require.NoError(t, o.do(func(tx *storage.Tx) error { return change(tx, id) }))
				now := texts(t, o.sql, "SELECT id, order_id, at, actor, channel, action, before_text, after_text, reason, changes FROM audit ORDER BY id")
				require.Greater(t, len(now), len(before))
				require.Equal(t, before, now[:len(before)])
				before = now
				replayed(t, o.sql)
			}
			first, second := o.place(10), o.place(20)
			step(func(tx *storage.Tx, id orders.OrderID) error {
				_, err := o.desk.Transfer(tx, id, o.catalog().StaffByCode("S12"), "出差", o.actor("S10"))
				return err
			}, first)
			step(func(tx *storage.Tx, id orders.OrderID) error {
				_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor("S12"))
				return err
			}, first)
			step(func(tx *storage.Tx, id orders.OrderID) error {
				_, err := o.desk.Ship(tx, id, "SF", "SF1234567890123", "token", o.actor("S21"))
				return err
			}, first)
			step(func(tx *storage.Tx, id orders.OrderID) error {
				_, err := o.desk.Track(tx, id, 1, orders.ParcelDelivered, []orders.ParcelEvent{{At: o.clock, Text: "已签收"}}, orders.SystemActor)
				return err
			}, first)
			step(func(tx *storage.Tx, id orders.OrderID) error {
				_, err := o.desk.SendBack(tx, id, "数量再核对", o.actor("S10"))
				return err
			}, second)
			for _, e := range texts(t, o.sql, "SELECT actor, channel, at, changes FROM audit WHERE action <> '' AND order_id <> ''") {
				require.Regexp(t, `^(S\d\d wecom|system ) \d{13} (\{".*)?$`, e, "who, by what, when, from what to what")
			}

			_, err := o.sql.ExecContext(t.Context(), "UPDATE orders SET total = total + 1 WHERE id = ?", string(second))
			require.NoError(t, err)
			stored := o.order(second)
			again, err := o.store.Replay(t.Context(), second)
			require.NoError(t, err)
			require.NotEqual(t, stored.Total, again.Total)
			_, err = o.sql.ExecContext(t.Context(), "DELETE FROM audit WHERE order_id = ? AND action LIKE '确认%'", string(second))
			require.NoError(t, err)
			_, err = o.store.Replay(t.Context(), second)
			require.ErrorContains(t, err, "the entry says")
		})
	}
}
