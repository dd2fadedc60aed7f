package storage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Whatever becomes of an order, with words for people or without, in one transaction or several, loaded
// before or not: the trail alone makes the order that is stored.
//
// feature: IG-09
func TestTheTrailMakesTheOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		const id = orders.OrderID("SO202603110001")
		do := func(change func(tx *storage.Tx) error) {
			t.Helper()
			require.NoError(t, s.Do(t.Context(), change))
		}
		same := func() *orders.Order {
			t.Helper()
			stored, err := s.FindOrder(t.Context(), id)
			require.NoError(t, err)
			again, err := s.Replay(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, stored, again)
			return stored
		}
		_, err := s.Replay(t.Context(), id)
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
		do(func(tx *storage.Tx) error {
			return errors.Join(tx.InsertOrder(ordertest.Order(id, "C001", 10, "P1", "P2", "P3")), tx.Audit(orders.AuditEntry{Order: id, At: ordertest.Start, Action: "草稿"}))
		})
		same()
		random := rand.New(rand.NewPCG(1, 2)) // a history, the same each time
		alter := func(o *orders.Order, i int) {
			switch random.IntN(6) {
			case 0:
				o.Lines = o.Lines[:len(o.Lines)-random.IntN(2)*min(1, len(o.Lines))]
			case 1:
				o.Lines = append(o.Lines, ordertest.Order(id, "C001", int64(i+1), "P9").Lines...)
			case 2:
				o.Nodes = append(o.Nodes, orders.Node{Role: orders.RoleCFO, Status: orders.NodeOpen, Extra: []orders.StaffCode{"S1"}, Limit: time.Hour})
			case 3:
				o.Shipments = append(o.Shipments, orders.Shipment{Carrier: "SF", Tracking: fmt.Sprint(i), Events: []orders.ParcelEvent{{At: ordertest.Start, Text: "已揽收"}}})
			case 4:
				o.Note, o.InternalNote, o.Urgent = fmt.Sprint("备注 \"", i), "先别送", !o.Urgent
			default:
				price := ordertest.Decimal("1.5")
				for j := range o.Lines {
					o.Lines[j].Stated = &price
				}
				o.Reached = map[orders.Status]time.Time{orders.StatusApproved: ordertest.Start.Add(time.Duration(i) * time.Second)}
				o.Alert = &orders.Alert{NextAt: ordertest.Start}
			}
			for j := range o.Lines {
				o.Lines[j].No = j + 1
			}
			for j := range o.Nodes {
				o.Nodes[j].Seq = j + 1
			}
			for j := range o.Shipments {
				o.Shipments[j].No = j + 1
			}
		}
		stored := same()
		for i := range 60 {
			unseen := stored
			do(func(tx *storage.Tx) error {
				o := unseen
				if i%5 != 0 { // else the store has not seen it in this transaction
					var err error
					if o, err = tx.Order(id); err != nil {
						return err
					}
				}
				for range 1 + i%3 {
					alter(o, i)
					if err := tx.SaveOrder(o); err != nil {
						return err
					}
				}
				if i%2 == 0 {
					return nil
				}
				return tx.Audit(orders.AuditEntry{Order: id, At: ordertest.Start, Action: "改"}, orders.AuditEntry{Order: "SO202603110002", Action: "x"})
			})
			stored = same()
		}
		trail, err := s.Trail(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, trail, 31, "what has no words is not shown")
	})
}
