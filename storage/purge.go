package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orderbot/orders"
)

// changeNotice is the kind of the deliveries that tell the warehouse of a change: figures count how long they took.
const changeNotice = "warehouse.change"

// purgeable are, by table, the rows that a moment is behind (isOld) and of those the ones that nothing needs any more (isDone). What was
// given up is never deleted: somebody may want to know what became of it. The arguments are named as in [Store.Purge].
var purgeable = []struct{ table, isOld, isDone string }{
	{"inbox", "t.received_at < @before", "t.status = 1 AND t.done_at < @before"},
	{"events", "t.at < @before", "t.status = 1 AND t.due_at < @before"},
	// An order that has not ended may look for the cards that were sent of it, and who updates a card for the card.
	{"deliveries", "t.created_at < @before", `t.status = 1 AND t.sent_at < @before AND t.kind NOT IN @kept
		AND (t.order_id = '' OR EXISTS (SELECT 1 FROM orders o WHERE o.id = t.order_id AND o.status IN @ended))
		AND NOT EXISTS (SELECT 1 FROM deliveries u WHERE u.status = 0 AND u.platform = t.platform AND u.chat_id = t.chat_id AND u.replaces = t.id)`},
}

// Purge deletes what came in, went out and was to be handled before a moment and is done with, at most n rows of a table in one
// transaction, and returns how many. Rows that wait, that were given up, that belong to orders which have not ended, that figures count, and
// deliveries that are a state of their order (see [orders.DispatchKinds]) or of the kinds that are kept stay. It may run on several replicas at once.
func (s *Store) Purge(ctx context.Context, before time.Time, n int, kept ...string) (int, error) {
	var ended []string
	for _, status := range []orders.Status{orders.StatusDelivered, orders.StatusCancelled, orders.StatusRejected, orders.StatusReturned, orders.StatusClosed} {
		ended = append(ended, string(status))
	}
	sum := 0
	for _, p := range purgeable {
		var last int64
		for more := true; more; {
			args := map[string]any{"before": toMS(before), "kept": slices.Concat([]string{changeNotice}, orders.DispatchKinds, kept), "ended": ended, "last": last, "n": n}
			var rows []struct {
				ID          int64
				IsOld, Gone bool
			}
			// By the numbers, which are given in turn: what is there is read once, whatever of it stays.
			look := "SELECT t.id, " + p.isOld + " AS is_old, " + p.isOld + " AND " + p.isDone + " AS gone FROM " + p.table + " t WHERE t.id > @last ORDER BY t.id LIMIT @n"
			if err := s.db.WithContext(ctx).Raw(look, args).Scan(&rows).Error; err != nil {
				return sum, fmt.Errorf("look for what can be deleted of %s: %w", p.table, err)
			}
			more = false
			var ids []int64
			for _, r := range rows {
				last = r.ID
				more = more || r.IsOld
				if r.Gone {
					ids = append(ids, r.ID)
				}
			}
			if len(ids) == 0 {
				continue
			}
			gone, err := s.exec(ctx, "DELETE FROM "+p.table+" WHERE id IN ? AND status = 1", ids)
			if err != nil {
				return sum, fmt.Errorf("delete of %s: %w", p.table, err)
			}
			sum += int(gone)
		}
	}
	return sum, nil
}
