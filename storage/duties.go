package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// RenewTurn prolongs the claim of a turn by hold from now. It returns a CodeConflict error when the
// claim has run out and somebody else has it.
func (s *Store) RenewTurn(ctx context.Context, t *orders.Turn, now time.Time, hold time.Duration) error {
	// changes makes the row differ, so that MySQL counts it even where the end is the same.
	n, err := s.exec(ctx, "UPDATE chats SET due_at = ?, changes = changes + 1 WHERE platform = ? AND chat_id = ? AND token = ?",
		toMS(now.Add(hold)), string(t.Chat.Platform), t.Chat.ID, t.Token)
	if err == nil && (n == 0 || t.Token == "") {
		return conflict("这段对话")
	}
	return err
}

// Backlog returns how many deliveries are pending and when the oldest of them was made.
func (s *Store) Backlog(ctx context.Context) (pending int, oldest time.Time, err error) {
	var row struct {
		N      int
		Oldest int64
	}
	err = s.db.WithContext(ctx).Raw("SELECT COUNT(*) AS n, COALESCE(MIN(created_at), 0) AS oldest FROM deliveries WHERE status = 0").Scan(&row).Error
	return row.N, fromMS(row.Oldest), err
}

// ShipmentByToken returns the order and the number of its shipment with that push token:
// CodeNotFound where there is none.
func (s *Store) ShipmentByToken(ctx context.Context, token string) (orders.OrderID, int, error) {
	var row struct {
		OrderID string
		No      int
	}
	err := s.db.WithContext(ctx).Raw("SELECT order_id, no FROM shipments WHERE token = ? AND token <> '' LIMIT 1", token).Scan(&row).Error
	if err == nil && row.OrderID == "" {
		err = orders.Errorf(orders.CodeNotFound, "没有这个包裹")
	}
	return orders.OrderID(row.OrderID), row.No, err
}

// Spend takes one of limit calls of a name on a day, for all replicas together; false when none is
// left.
func (s *Store) Spend(ctx context.Context, name, day string, limit int) (bool, error) {
	key := name + " " + day
	for {
		n, err := s.exec(ctx, "UPDATE counters SET value = value + 1 WHERE name = ? AND value < ?", key, limit)
		if err != nil || n > 0 {
			return n > 0, err
		}
		var known int64
		if err := s.db.WithContext(ctx).Raw("SELECT COUNT(*) FROM counters WHERE name = ?", key).Scan(&known).Error; err != nil || known > 0 {
			return false, err
		}
		if _, err := s.exec(ctx, "INSERT INTO counters (name, value) VALUES (?, 0)", key); err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) {
			return false, fmt.Errorf("count %s: %w", name, err)
		}
	}
}
