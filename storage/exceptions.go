package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

type exceptionRow struct {
	ID        int64 `gorm:"primaryKey"`
	OrderID   string
	Kind      string
	Cause     string
	State     string
	Role      string
	Level     int
	Owner     string
	OwnerName string
	StartAt   int64
	BeginsAt  int64
	Since     int64
	OpenedAt  int64
	DueAt     int64
	DoneAt    int64
	NextAt    int64
	ToldAt    int64
	Step      int
	Times     int
	ByPerson  string
	Note      string
}

func (*exceptionRow) TableName() string { return "exceptions" }

func (r *exceptionRow) toDomain() *orders.Exception {
	return &orders.Exception{
		ID: r.ID, Order: orders.OrderID(r.OrderID), Kind: orders.ExceptionKind(r.Kind), Cause: r.Cause, State: orders.ExceptionState(r.State),
		Role: orders.Role(r.Role), Level: r.Level, Owner: orders.StaffCode(r.Owner), Name: r.OwnerName, Start: fromMS(r.StartAt), At: fromMS(r.BeginsAt),
		Since: fromMS(r.Since), Open: fromMS(r.OpenedAt), Due: fromMS(r.DueAt), Done: fromMS(r.DoneAt), Next: fromMS(r.NextAt), Told: fromMS(r.ToldAt),
		Step: r.Step, Times: r.Times, By: r.ByPerson, Note: r.Note,
	}
}

func fromException(x *orders.Exception) exceptionRow {
	return exceptionRow{
		ID: x.ID, OrderID: string(x.Order), Kind: string(x.Kind), Cause: x.Cause, State: string(x.State), Role: string(x.Role), Level: x.Level,
		Owner: string(x.Owner), OwnerName: x.Name, StartAt: toMS(x.Start), BeginsAt: toMS(x.At), Since: toMS(x.Since), OpenedAt: toMS(x.Open),
		DueAt: toMS(x.Due), DoneAt: toMS(x.Done), NextAt: toMS(x.Next), ToldAt: toMS(x.Told), Step: x.Step, Times: x.Times, ByPerson: x.By, Note: x.Note,
	}
}

// Exceptions returns the exceptions of an order that is locked, oldest first: who holds the order holds them.
func (tx *Tx) Exceptions(id orders.OrderID) ([]*orders.Exception, error) {
	rows, err := selectRows[exceptionRow](tx.ctx, tx.db, "SELECT * FROM exceptions WHERE order_id = ? ORDER BY id"+tx.s.forUpdate(), string(id))
	if err != nil {
		return nil, fmt.Errorf("read exceptions of %s: %w", id, err)
	}
	if tx.exceptions == nil {
		tx.exceptions = make(map[int64]exceptionRow)
	}
	out := make([]*orders.Exception, len(rows))
	for i := range rows {
		tx.exceptions[rows[i].ID] = rows[i]
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// SaveException stores an exception, a new one with a new ID.
func (tx *Tx) SaveException(x *orders.Exception) error {
	row := fromException(x)
	if x.ID != 0 {
		was, ok := tx.exceptions[x.ID]
		if !ok {
			return fmt.Errorf("save exception %d: it was not loaded", x.ID)
		}
		if was != row {
			st := updateRow(&was, &row) // whose key is not among what is written
			tx.queue(statement{st.text + "id = ?", append(st.args, x.ID)})
			tx.exceptions[x.ID] = row
		}
		return nil
	}
	st := insertRows([]exceptionRow{row})
	r, err := tx.pool.ExecContext(tx.ctx, st.text, st.args...)
	if err == nil {
		x.ID, err = r.LastInsertId()
	}
	if err != nil {
		return fmt.Errorf("save exception of %s: %w", x.Order, tx.s.translate(err))
	}
	if tx.exceptions == nil {
		tx.exceptions = make(map[int64]exceptionRow)
	}
	row.ID = x.ID
	tx.exceptions[x.ID] = row
	return nil
}

// ExceptionOrder returns the order of an exception.
func (tx *Tx) ExceptionOrder(id int64) (orders.OrderID, error) {
	var found []string
	if err := tx.db.Raw("SELECT order_id FROM exceptions WHERE id = ?", id).Scan(&found).Error; err != nil {
		return "", fmt.Errorf("find exception %d: %w", id, err)
	}
	if len(found) == 0 {
		return "", orders.Errorf(orders.CodeNotFound, "没有编号 %d 的异常", id)
	}
	return orders.OrderID(found[0]), nil
}

// Home returns the warehouse that stands for an order's own: the one that the address names, else the default one where it has goods.
func (tx *Tx) Home(o *orders.Order) (string, error) {
	var codes []string
	for i := range o.Lines {
		if o.Lines[i].Product != "" {
			codes = append(codes, string(o.Lines[i].Product))
		}
	}
	if len(codes) == 0 {
		return "", nil
	}
	var rows []stockRow
	if err := tx.db.Raw("SELECT * FROM stock WHERE product IN ?", codes).Scan(&rows).Error; err != nil {
		return "", fmt.Errorf("read warehouses: %w", err)
	}
	var names []string
	usual := ""
	for i := range rows {
		if !slices.Contains(names, rows[i].Warehouse) {
			names = append(names, rows[i].Warehouse)
		}
		if rows[i].Warehouse == DefaultWarehouse && rows[i].OnHand > 0 {
			usual = DefaultWarehouse
		}
	}
	return cmp.Or(nearest(o.Address, names), usual), nil
}

// dueExceptions returns the orders whose exceptions the clock has to look at, oldest first.
func (s *Store) dueExceptions(ctx context.Context, now time.Time, n int) ([]orders.OrderID, error) {
	var ids []orders.OrderID
	err := s.db.WithContext(ctx).Raw("SELECT order_id FROM exceptions WHERE next_at > 0 AND next_at <= ? GROUP BY order_id ORDER BY MIN(next_at) LIMIT ?", toMS(now), n).Scan(&ids).Error
	return ids, wrap("look for due exceptions", err)
}

// OpenExceptions returns the exceptions that are open, the most pressing first; sales limits them to an owner where not empty, and
// order to one order.
func (s *Store) OpenExceptions(ctx context.Context, sales orders.StaffCode, order orders.OrderID, limit int) ([]*orders.Exception, error) {
	var rows []exceptionRow
	err := s.db.WithContext(ctx).Raw(`SELECT e.* FROM exceptions e JOIN orders o ON o.id = e.order_id WHERE e.state = 'open' AND e.kind <> 'early' AND (? = '' OR o.sales = ?)
		AND (? = '' OR e.order_id = ?) ORDER BY e.level DESC, e.due_at, e.id LIMIT ?`, string(sales), string(sales), string(order), string(order), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read open exceptions: %w", err)
	}
	out := make([]*orders.Exception, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// ExceptionFigures counts the exceptions that came from one time until before another, and the limits of urgent orders and of shipping
// that ended in it; sales limits them to an owner where not empty.
func (s *Store) ExceptionFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ExceptionFigures, error) {
	return s.exceptionFigures(ctx, whose{sales: sales}, from, until)
}

func (s *Store) exceptionFigures(ctx context.Context, of whose, from, until time.Time) (orders.ExceptionFigures, error) {
	var f orders.ExceptionFigures
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		owned, args := of.where()
		if owned != "" {
			owned = " AND EXISTS (SELECT 1 FROM orders o WHERE o.id = e.order_id" + owned + ")"
		}
		var kinds []struct {
			Kind           string
			N, Self, Ended int
		}
		err := db.Raw(`SELECT e.kind, COUNT(*) n, SUM(e.state = 'closed' AND e.by_person = 'system') self, SUM(e.state = 'closed') ended FROM exceptions e
			WHERE e.opened_at >= ? AND e.opened_at < ? AND e.state IN ('open', 'closed') AND e.kind <> 'early'`+owned+" GROUP BY e.kind",
			append([]any{toMS(from), toMS(until)}, args...)...).Scan(&kinds).Error
		if err != nil {
			return err
		}
		for _, k := range kinds {
			f.Kinds = append(f.Kinds, orders.ExceptionCount{Kind: orders.ExceptionKind(k.Kind), All: k.N, Self: k.Self, Person: k.Ended - k.Self})
		}
		slices.SortFunc(f.Kinds, func(a, b orders.ExceptionCount) int { return cmp.Or(b.All-a.All, cmp.Compare(a.Kind, b.Kind)) })
		for kind, k := range map[orders.ExceptionKind]*orders.Kept{orders.ExceptionUrgent: &f.Urgent, orders.ExceptionShipping: &f.Shipping} {
			err := db.Raw(`SELECT COUNT(*), COALESCE(SUM(e.state = 'kept'), 0) FROM exceptions e
				WHERE e.kind = ? AND e.begins_at >= ? AND e.begins_at < ? AND e.state IN ('kept', 'open', 'closed')`+owned,
				append([]any{string(kind), toMS(from), toMS(until)}, args...)...).Row().Scan(&k.All, &k.Kept)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return f, fmt.Errorf("figures of exceptions: %w", err)
	}
	return f, nil
}
