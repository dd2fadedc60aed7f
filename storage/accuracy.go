package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// accuracySpan is how long before it is signed for an order may have been made to be counted.
const accuracySpan = 184 * 24 * time.Hour

// Accuracy returns the order accuracy rate of the orders that were signed for from one time until before another; sales limits them to an
// owner where not empty.
func (s *Store) Accuracy(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Accuracy, error) {
	return s.accuracy(ctx, whose{sales: sales}, from, until)
}

func (s *Store) accuracy(ctx context.Context, of whose, from, until time.Time) (orders.Accuracy, error) {
	var a orders.Accuracy
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		owned, args := of.where()
		signed := " FROM orders o WHERE o.status IN ('delivered', 'returning', 'returned') AND o.created_at >= ? AND o.created_at < ?" + owned
		args = append([]any{toMS(from.Add(-accuracySpan)), toMS(until)}, args...)
		var reasons []struct {
			OrderID string
			Cause   orders.Cause
		}
		if err := db.Raw("SELECT r.order_id, r.cause FROM order_returns r WHERE r.status NOT IN ('refused', 'dropped') AND r.order_id IN (SELECT o.id"+signed+")", args...).Scan(&reasons).Error; err != nil {
			return err
		}
		causes := make(map[string][]orders.Cause)
		for _, r := range reasons {
			causes[r.OrderID] = append(causes[r.OrderID], r.Cause)
		}
		var rows []struct {
			ID      string
			Changed int
			Work    string
		}
		if err := db.Raw("SELECT o.id, o.changed, o.work"+signed, args...).Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			var w orders.Work
			if err := fromJSON(r.Work, &w); err != nil {
				return fmt.Errorf("stored order %s: %w", r.ID, err)
			}
			if w.Arrival != nil && !w.Arrival.At.Before(from) && w.Arrival.At.Before(until) {
				a.Add(r.Changed, w.Arrival, causes[r.ID])
			}
		}
		return nil
	})
	if err != nil {
		return orders.Accuracy{}, fmt.Errorf("order accuracy: %w", err)
	}
	return a, nil
}
