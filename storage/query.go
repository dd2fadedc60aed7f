package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// find reads the orders that a statement selects, as they are at one moment.
func (s *Store) find(ctx context.Context, statement string, args ...any) ([]*orders.Order, error) {
	var rows []*orderRows
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		var found []orderRow
		if err := db.Raw(statement, args...).Scan(&found).Error; err != nil {
			return err
		}
		var err error
		rows, err = withParts(ctx, db, found)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	out := make([]*orders.Order, len(rows))
	for i, r := range rows {
		if out[i], err = r.toDomain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FindOrder returns an order: CodeNotFound where there is none.
func (s *Store) FindOrder(ctx context.Context, id orders.OrderID) (*orders.Order, error) {
	found, err := s.find(ctx, "SELECT * FROM orders WHERE id = ?", string(id))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound(id)
	}
	return found[0], nil
}

// OrdersOf returns a customer's orders, newest first. Drafts are left out.
func (s *Store) OrdersOf(ctx context.Context, customer orders.CustomerCode, limit int) ([]*orders.Order, error) {
	return s.find(ctx, "SELECT * FROM orders WHERE customer = ? AND status <> ? ORDER BY created_at DESC, id DESC LIMIT ?",
		string(customer), string(orders.StatusDraft), limit)
}

// OrdersSince returns what a customer ordered since a moment, drafts included, newest first; what ended without goods is left out.
func (s *Store) OrdersSince(ctx context.Context, customer orders.CustomerCode, since time.Time, limit int) ([]*orders.Order, error) {
	return s.find(ctx, "SELECT * FROM orders WHERE customer = ? AND created_at >= ? AND status NOT IN ? ORDER BY created_at DESC, id DESC LIMIT ?",
		string(customer), toMS(since), []orders.Status{orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed}, limit)
}

// BookedSlots returns the keys of the slots that are booked from a day on (yyyy-mm-dd).
func (s *Store) BookedSlots(ctx context.Context, since string) ([]string, error) {
	var out []string
	if err := s.db.WithContext(ctx).Raw("SELECT slot FROM orders WHERE slot >= ? ORDER BY slot", since).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read slots: %w", err)
	}
	return out, nil
}

// LastOrders returns the orders that were confirmed, the newest numbers first.
func (s *Store) LastOrders(ctx context.Context, limit int) ([]*orders.Order, error) {
	return s.find(ctx, "SELECT * FROM orders WHERE confirmed_at > 0 ORDER BY id DESC LIMIT ?", limit)
}

// OpenOrders returns orders in the given statuses, oldest first; sales limits them to an owner where
// not empty.
func (s *Store) OpenOrders(ctx context.Context, sales orders.StaffCode, limit int, statuses ...orders.Status) ([]*orders.Order, error) {
	if len(statuses) == 0 {
		return nil, nil
	}
	if sales == "" {
		return s.find(ctx, "SELECT * FROM orders WHERE status IN ? ORDER BY created_at, id LIMIT ?", statuses, limit)
	}
	return s.find(ctx, "SELECT * FROM orders WHERE sales = ? AND status IN ? ORDER BY created_at, id LIMIT ?", string(sales), statuses, limit)
}

// UrgentOrders returns the urgent orders in the given statuses, oldest first; sales limits them to an owner where not empty.
func (s *Store) UrgentOrders(ctx context.Context, sales orders.StaffCode, statuses ...orders.Status) ([]*orders.Order, error) {
	if sales == "" {
		return s.find(ctx, "SELECT * FROM orders WHERE status IN ? AND urgent = 1 ORDER BY created_at, id", statuses)
	}
	return s.find(ctx, "SELECT * FROM orders WHERE sales = ? AND status IN ? AND urgent = 1 ORDER BY created_at, id", string(sales), statuses)
}

// CountOrders counts the orders in each of the given statuses; sales limits them to an owner where not empty.
func (s *Store) CountOrders(ctx context.Context, sales orders.StaffCode, statuses ...orders.Status) (map[orders.Status]int, error) {
	query, args := "SELECT status, COUNT(*) n FROM orders WHERE status IN ? GROUP BY status", []any{statuses}
	if sales != "" {
		query, args = "SELECT status, COUNT(*) n FROM orders WHERE sales = ? AND status IN ? GROUP BY status", []any{string(sales), statuses}
	}
	var rows []struct {
		Status orders.Status
		N      int
	}
	if err := s.db.WithContext(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	out := make(map[orders.Status]int, len(rows))
	for _, r := range rows {
		out[r.Status] = r.N
	}
	return out, nil
}

// DayFigures returns how the orders were entered that came in from one time until before another; sales limits them to an owner
// where not empty.
func (s *Store) DayFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.DayFigures, error) {
	var f orders.DayFigures
	err := s.db.WithContext(ctx).Raw(`SELECT COUNT(*) drafts, COALESCE(SUM(confirmed), 0) confirmed,
		COALESCE(SUM(confirmed AND asked = 0 AND corrected = 0), 0) at_once, COALESCE(SUM(confirmed AND asked > 0 AND corrected = 0), 0) asked,
		COALESCE(SUM(confirmed AND corrected > 0), 0) corrected, COALESCE(SUM(confirmed AND changed > 0), 0) changed
		FROM (SELECT asked, corrected, changed, confirmed_at > 0 OR changed > 0 confirmed FROM orders
			WHERE created_at >= ? AND created_at < ? AND (? = '' OR sales = ?)) o`, toMS(from), toMS(until), string(sales), string(sales)).Scan(&f).Error
	if err != nil {
		return f, fmt.Errorf("figures of a day: %w", err)
	}
	return f, nil
}

// ChangeFigures returns how long changes took that took effect from one time until before another; sales limits them to an owner
// where not empty.
func (s *Store) ChangeFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ChangeFigures, error) {
	return s.changeFigures(ctx, whose{sales: sales}, from, until)
}

func (s *Store) changeFigures(ctx context.Context, of whose, from, until time.Time) (orders.ChangeFigures, error) {
	var f orders.ChangeFigures
	var rows []struct {
		OrderID                             orders.OrderID
		SaidAt, DoneAt, RaisedAt, NoticedAt int64
		SentAt                              int64
	}
	owned, args := of.where()
	err := s.db.WithContext(ctx).Raw(`SELECT c.order_id, c.said_at, c.done_at, c.raised_at, c.noticed_at, COALESCE((SELECT MIN(d.sent_at) FROM deliveries d
			WHERE d.order_id = c.order_id AND d.kind = 'warehouse.change' AND d.status = 1 AND d.sent_at >= c.raised_at), 0) AS sent_at
		FROM order_changes c JOIN orders o ON o.id = c.order_id WHERE c.done_at >= ? AND c.done_at < ?`+owned+`
		ORDER BY c.done_at, c.order_id, c.no`, append([]any{toMS(from), toMS(until)}, args...)...).Scan(&rows).Error
	if err != nil {
		return f, fmt.Errorf("figures of changes: %w", err)
	}
	for _, r := range rows {
		span := func(from, to int64) time.Duration { return time.Duration(max(0, to-from)) * time.Millisecond }
		f.Response.Add(r.OrderID, span(r.SaidAt, r.DoneAt))
		if r.RaisedAt == 0 {
			continue
		}
		if r.SentAt > 0 {
			f.Told.Add(r.OrderID, span(r.RaisedAt, r.SentAt))
		}
		if r.NoticedAt > 0 {
			f.Taken.Add(r.OrderID, span(r.RaisedAt, r.NoticedAt))
		} else {
			f.Open++
		}
	}
	return f, nil
}

// OrderByLink returns the order of a page's token: CodeNotFound where unknown or withdrawn.
func (s *Store) OrderByLink(ctx context.Context, token string) (*orders.Order, error) {
	found, err := s.find(ctx, "SELECT o.* FROM order_links l JOIN orders o ON o.id = l.order_id WHERE l.token = ?", token)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "链接不存在或已失效")
	}
	return found[0], nil
}

// OrderByTracking returns the orders with a parcel of that number, oldest first.
func (s *Store) OrderByTracking(ctx context.Context, number string) ([]*orders.Order, error) {
	return s.find(ctx, "SELECT * FROM orders WHERE id IN (SELECT order_id FROM shipments WHERE tracking = ?) ORDER BY created_at, id", number)
}

// ShipmentByToken returns the order and the number of its shipment with the token of a push
// address: CodeNotFound where there is none.
func (s *Store) ShipmentByToken(ctx context.Context, token string) (orders.OrderID, int, error) {
	var found []struct {
		OrderID orders.OrderID
		No      int
	}
	err := s.db.WithContext(ctx).Raw("SELECT order_id, no FROM shipments WHERE token = ? AND token <> ''", token).Scan(&found).Error
	if err != nil {
		return "", 0, fmt.Errorf("find shipment: %w", err)
	}
	if len(found) == 0 {
		return "", 0, orders.Errorf(orders.CodeNotFound, "没有这个包裹")
	}
	return found[0].OrderID, found[0].No, nil
}

// Available returns the base units of products over all warehouses that an order may take: what is free, less the safety stock where
// that is kept; of a bundle, how many can
// be made of its parts. A product without stock is in the map with 0.
func (s *Store) Available(ctx context.Context, codes ...orders.ProductCode) (map[orders.ProductCode]orders.Quantity, error) {
	out := make(map[orders.ProductCode]orders.Quantity, len(codes))
	if len(codes) == 0 {
		return out, nil
	}
	wanted := make(map[string]bool, len(codes))
	for _, c := range codes {
		wanted[string(c)] = true
	}
	free := make(map[string]int64)
	var parts map[string]map[string]int64
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		var err error
		if parts, err = partsOf(ctx, db, keys(wanted)); err != nil {
			return err
		}
		products := maps.Clone(wanted)
		for bundle, needs := range parts {
			delete(products, bundle)
			for part := range needs {
				products[part] = true
			}
		}
		var rows []stockRow
		if err := db.Raw("SELECT * FROM stock WHERE product IN ?", keys(products)).Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			free[r.Product] += r.promisable(s.opts.UseSafety)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	for _, c := range codes {
		needs, isBundle := parts[string(c)]
		if !isBundle {
			out[c] = fromMicro(free[string(c)])
			continue
		}
		var units []int64
		for part, per := range needs {
			units = append(units, whole(free[part], per))
		}
		out[c] = fromMicro(slices.Min(units))
	}
	return out, nil
}

// Exposure returns a customer's credit exposure.
func (s *Store) Exposure(ctx context.Context, customer orders.CustomerCode) (orders.Money, error) {
	row, err := account(s.db.WithContext(ctx), customer, "")
	return row.exposure(), err
}

// Trail returns the audit entries of an order, oldest first.
func (s *Store) Trail(ctx context.Context, id orders.OrderID) ([]orders.AuditEntry, error) {
	var rows []auditRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM audit WHERE order_id = ? AND action <> '' ORDER BY id", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read trail of %s: %w", id, err)
	}
	out := make([]orders.AuditEntry, len(rows))
	for i, r := range rows {
		out[i] = orders.AuditEntry{
			Order: orders.OrderID(r.OrderID), At: fromMS(r.At), Actor: r.Actor, Channel: orders.Platform(r.Channel), Action: r.Action,
			Before: r.BeforeText, After: r.AfterText, Reason: r.Reason, Trace: r.Trace,
		}
	}
	return out, nil
}
