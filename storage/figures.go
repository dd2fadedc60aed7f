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

// whose limits figures to the orders of a salesperson, of a customer, or both; what is empty limits nothing.
type whose struct {
	sales    orders.StaffCode
	customer orders.CustomerCode
}

// where is the condition on the orders o, to stand behind another one, and its arguments.
func (w whose) where() (condition string, args []any) {
	if w.sales != "" {
		condition, args = condition+" AND o.sales = ?", append(args, string(w.sales))
	}
	if w.customer != "" {
		condition, args = condition+" AND o.customer = ?", append(args, string(w.customer))
	}
	return condition, args
}

// Handling returns how long the orders took that came in from one time until before another and were confirmed; sales limits them to an
// owner where not empty. What came of splitting was not entered and does not count.
func (s *Store) Handling(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Handling, error) {
	return s.handling(ctx, whose{sales: sales}, from, until)
}

func (s *Store) handling(ctx context.Context, of whose, from, until time.Time) (orders.Handling, error) {
	var h orders.Handling
	var rows []struct {
		ID                          string
		Changed                     int
		HeardAt, BotMS, ConfirmedAt int64
		Reached                     string
	}
	owned, args := of.where()
	err := s.db.WithContext(ctx).Raw(`SELECT o.id, o.changed, o.heard_at, o.bot_ms, o.confirmed_at, o.reached FROM orders o
		WHERE o.created_at >= ? AND o.created_at < ? AND o.heard_at > 0 AND o.confirmed_at > 0`+owned,
		append([]any{toMS(from), toMS(until)}, args...)...).Scan(&rows).Error
	if err != nil {
		return h, fmt.Errorf("read handling times: %w", err)
	}
	for _, r := range rows {
		var reached map[orders.Status]time.Time
		if err := fromJSON(r.Reached, &reached); err != nil {
			return h, fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		h.Add(orders.Entry{Changed: r.Changed, Heard: fromMS(r.HeardAt), Bot: time.Duration(r.BotMS) * time.Millisecond}, fromMS(r.ConfirmedAt), reached[orders.StatusApproved])
	}
	return h, nil
}

// snagRow is something that hindered an order.
type snagRow struct {
	ID      int64 `gorm:"primaryKey"`
	OrderID string
	Kind    string
	Event   string
	At      int64
}

func (*snagRow) TableName() string { return "snags" }

// Snags returns what hindered the orders that left the warehouse from one time until before another, all of their way, that of orders
// that were merged into them too; sales limits them to an owner where not empty.
func (s *Store) Snags(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Snags, error) {
	var out orders.Snags
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		const left = " FROM shipments s JOIN orders o ON o.id = s.order_id"
		const when = " WHERE s.no = 1 AND s.shipped_at >= ? AND s.shipped_at < ? AND (? = '' OR o.sales = ?)"
		args := []any{toMS(from), toMS(until), string(sales), string(sales)}
		var found []struct{ ID, Family string }
		if err := db.Raw("SELECT o.id, o.family"+left+when, args...).Scan(&found).Error; err != nil {
			return err
		}
		out.Orders = len(found)
		count := func(query string, args ...any) error {
			var rows []struct {
				Kind string
				N    int
			}
			err := db.Raw(query+" GROUP BY n.kind", args...).Scan(&rows).Error
			for _, r := range rows {
				switch orders.Snag(r.Kind) {
				case orders.SnagBreak:
					out.Breaks += r.N
				case orders.SnagAgain:
					out.Again += r.N
				case orders.SnagNone:
				}
			}
			return err
		}
		if err := count("SELECT n.kind, COUNT(*) n"+left+" JOIN snags n ON n.order_id = o.id"+when, args...); err != nil {
			return err
		}
		families, gone := make(map[string]bool), make(map[string]bool)
		for _, r := range found {
			if gone[r.ID] = true; r.Family != "" {
				families[r.Family] = true
			}
		}
		for part := range slices.Chunk(slices.Sorted(maps.Keys(families)), 500) {
			taken, err := mergedInto(db, part)
			if err != nil {
				return err
			}
			var ids []string
			for id, into := range taken {
				for taken[into] != "" {
					into = taken[into]
				}
				if gone[into] {
					ids = append(ids, id)
				}
			}
			if len(ids) == 0 {
				continue
			}
			if err := count("SELECT n.kind, COUNT(*) n FROM snags n WHERE n.order_id IN ?", ids); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return orders.Snags{}, fmt.Errorf("count snags: %w", err)
	}
	return out, nil
}

// mergedInto returns, of families of orders, those that went into another one, and into which.
func mergedInto(db *gorm.DB, families []string) (map[string]string, error) {
	var rows []struct{ ID, Kin string }
	if err := db.Raw("SELECT id, kin FROM orders WHERE family IN ? AND status = ?", families, string(orders.StatusClosed)).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[string]string)
	for _, r := range rows {
		var kin []orders.Kin
		if err := fromJSON(r.Kin, &kin); err != nil {
			return nil, fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		for _, k := range kin {
			if k.How == orders.KinInto {
				out[r.ID] = string(k.Order)
			}
		}
	}
	return out, nil
}
