package storage

import (
	"context"
	"fmt"
	"time"

	"orderbot/orders"
)

// Streak returns the newest orders of o's customer with a product up to o itself, newest first.
func (tx *Tx) Streak(o *orders.Order, product orders.ProductCode, n int) ([]orders.PastUrgent, error) {
	var out []orders.PastUrgent
	err := tx.db.Raw(`SELECT o.id, o.urgent, EXISTS (SELECT 1 FROM exceptions e WHERE e.order_id = o.id AND e.kind = 'early' AND e.cause = ?) proposed
		FROM orders o WHERE o.customer = ? AND o.confirmed_at > 0 AND o.confirmed_at <= ? AND o.status NOT IN ('draft', 'cancelled', 'rejected', 'closed')
		AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.product = ? AND l.gift = 0) ORDER BY o.confirmed_at DESC, o.id DESC LIMIT ?`,
		string(product), string(o.Customer), toMS(o.ConfirmedAt), string(product), n).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read the orders before %s: %w", o.ID, err)
	}
	return out, nil
}

// SetSafety sets the safety stock of a product in a warehouse.
func (tx *Tx) SetSafety(product orders.ProductCode, warehouse string, n orders.Quantity) error {
	micro, err := toMicro(n)
	if err != nil {
		return err
	}
	if err := tx.loadStock(string(product)); err != nil {
		return err
	}
	was := tx.stock.row(string(product), warehouse)
	isCounted := was == nil || was.Counted
	if err := tx.addStock(product, warehouse, 0); err != nil { // makes its row where there is none
		return err
	}
	r := tx.stock.row(string(product), warehouse)
	r.SafetyStock, r.Counted = micro, isCounted
	return nil
}

// Buyers returns when each customer's orders were confirmed since a moment, oldest first; cancelled and rejected ones are left out.
func (s *Store) Buyers(ctx context.Context, since time.Time) (map[orders.CustomerCode][]time.Time, error) {
	var rows []struct {
		Customer    orders.CustomerCode
		ConfirmedAt int64
	}
	err := s.db.WithContext(ctx).Raw(`SELECT customer, confirmed_at FROM orders WHERE created_at >= ? AND confirmed_at > 0 AND status NOT IN ('draft', 'cancelled', 'rejected', 'closed')
		ORDER BY confirmed_at`, toMS(since)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read buyers: %w", err)
	}
	out := make(map[orders.CustomerCode][]time.Time)
	for _, r := range rows {
		out[r.Customer] = append(out[r.Customer], fromMS(r.ConfirmedAt))
	}
	return out, nil
}
