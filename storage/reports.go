package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

type reportRow struct {
	ID            int64 `gorm:"primaryKey"`
	Customer      string
	Month         string
	Name          string
	Version       int
	Figures       string
	BeforeFigures string
	MadeAt        int64
	Token         string
	ReleasedAt    int64
	ReleasedBy    string
	ReleasedName  string
}

func (*reportRow) TableName() string { return "reports" }

func (r *reportRow) toDomain() (*orders.HealthReport, error) {
	out := &orders.HealthReport{
		ID: r.ID, Customer: orders.CustomerCode(r.Customer), Name: r.Name, Month: r.Month, Version: r.Version, MadeAt: fromMS(r.MadeAt), Token: r.Token,
		ReleasedAt: fromMS(r.ReleasedAt), ReleasedBy: orders.StaffCode(r.ReleasedBy), ReleasedName: r.ReleasedName,
	}
	for text, figures := range map[string]*[]orders.Indicator{r.Figures: &out.Figures, r.BeforeFigures: &out.Before} {
		if err := fromJSON(text, figures); err != nil {
			return nil, fmt.Errorf("stored report %d: %w", r.ID, err)
		}
	}
	return out, nil
}

func fromReport(r *orders.HealthReport) reportRow {
	return reportRow{
		ID: r.ID, Customer: string(r.Customer), Month: r.Month, Name: r.Name, Version: r.Version, Figures: toJSON(r.Figures), BeforeFigures: toJSON(r.Before),
		MadeAt: toMS(r.MadeAt), Token: r.Token, ReleasedAt: toMS(r.ReleasedAt), ReleasedBy: string(r.ReleasedBy), ReleasedName: r.ReleasedName,
	}
}

func (tx *Tx) reports(where string, args ...any) ([]*orders.HealthReport, error) {
	rows, err := selectRows[reportRow](tx.ctx, tx.db, "SELECT * FROM reports WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	out := make([]*orders.HealthReport, len(rows))
	for i := range rows {
		if out[i], err = rows[i].toDomain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Report loads a report under a lock: CodeNotFound where there is none.
func (tx *Tx) Report(id int64) (*orders.HealthReport, error) {
	found, err := tx.reports("id = ?"+tx.s.forUpdate(), id)
	if err == nil && len(found) == 0 {
		err = orders.Errorf(orders.CodeNotFound, "没有编号 %d 的健康报告", id)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// ReportOf loads the report of a customer's month under a lock, nil where there is none.
func (tx *Tx) ReportOf(customer orders.CustomerCode, month string) (*orders.HealthReport, error) {
	found, err := tx.reports("customer = ? AND month = ?"+tx.s.forUpdate(), string(customer), month)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// AddReport stores a new report; where there is one of its customer and month, r becomes that one.
func (tx *Tx) AddReport(r *orders.HealthReport) (bool, error) {
	r.Token = newToken()
	st := insertRows([]reportRow{fromReport(r)})
	done, err := tx.pool.ExecContext(tx.ctx, st.text+tx.s.unlessThere("customer"), st.args...)
	if err != nil {
		return false, fmt.Errorf("store a report: %w", tx.s.translate(err))
	}
	n, err := done.RowsAffected()
	if err != nil {
		return false, err
	}
	found, err := tx.ReportOf(r.Customer, r.Month)
	if err != nil || found == nil {
		return false, fmt.Errorf("read a report: %w", err)
	}
	*r = *found
	return n > 0, nil
}

// SaveReport stores what has become of a report that is locked.
func (tx *Tx) SaveReport(r *orders.HealthReport) error {
	row := fromReport(r)
	tx.queue(statement{
		"UPDATE reports SET name = ?, version = ?, figures = ?, before_figures = ?, made_at = ?, released_at = ?, released_by = ?, released_name = ? WHERE id = ?",
		[]any{row.Name, row.Version, row.Figures, row.BeforeFigures, row.MadeAt, row.ReleasedAt, row.ReleasedBy, row.ReleasedName, row.ID},
	})
	return nil
}

// Inquired notes a question of somebody of a customer about orders, and whether a person was asked to answer it.
func (tx *Tx) Inquired(customer orders.CustomerCode, person bool, at time.Time) error {
	tx.queue(statement{"INSERT INTO inquiries (customer, at, person) VALUES (?, ?, ?)", []any{string(customer), toMS(at), person}})
	return nil
}

// ReportByLink returns the released report of a page's token: CodeNotFound where it is unknown or nobody has released it.
func (s *Store) ReportByLink(ctx context.Context, token string) (*orders.HealthReport, error) {
	var rows []reportRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM reports WHERE token = ? AND released_at > 0", token).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("find report: %w", err)
	}
	if len(rows) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "链接不存在或已失效")
	}
	return rows[0].toDomain()
}

// Reported returns the customers that have a report of a month (yyyy-mm), released or not.
func (s *Store) Reported(ctx context.Context, month string) (map[orders.CustomerCode]bool, error) {
	var found []orders.CustomerCode
	if err := s.db.WithContext(ctx).Raw("SELECT customer FROM reports WHERE month = ?", month).Scan(&found).Error; err != nil {
		return nil, fmt.Errorf("read reported customers: %w", err)
	}
	out := make(map[orders.CustomerCode]bool, len(found))
	for _, c := range found {
		out[c] = true
	}
	return out, nil
}

// ReportFigures returns the figures of a customer's orders from one time until before another. Those that there are for everybody are
// counted as there.
func (s *Store) ReportFigures(ctx context.Context, customer orders.CustomerCode, from, until time.Time) (orders.ReportFigures, error) {
	var f orders.ReportFigures
	of := whose{customer: customer}
	changes, err := s.changeFigures(ctx, of, from, until)
	if err != nil {
		return f, err
	}
	f.Changes = changes.Response
	if f.Accuracy, err = s.accuracy(ctx, of, from, until); err != nil {
		return f, err
	}
	if f.Handling, err = s.handling(ctx, of, from, until); err != nil {
		return f, err
	}
	if f.Exceptions, err = s.exceptionFigures(ctx, of, from, until); err != nil {
		return f, err
	}
	if err := s.snapshot(ctx, func(db *gorm.DB) error { return addReportOrders(db, &f, customer, from, until) }); err != nil {
		return f, fmt.Errorf("figures of %s: %w", customer, err)
	}
	return f, nil
}

// addReportOrders counts what only a report counts.
func addReportOrders(db *gorm.DB, f *orders.ReportFigures, customer orders.CustomerCode, from, until time.Time) error {
	var rows []struct {
		ID, DeliverBy, Staged           string
		Status, Work                    string
		HeardAt, CreatedAt, ConfirmedAt int64
		ShippedAt                       int64
		Lacked, Back                    bool
	}
	err := db.Raw(`SELECT o.id, o.deliver_by, o.staged, o.status, o.work, o.heard_at, o.created_at, o.confirmed_at,
			COALESCE((SELECT MIN(s.shipped_at) FROM shipments s WHERE s.order_id = o.id AND s.carrier <> 'SELF'), 0) shipped_at,
			EXISTS (SELECT 1 FROM exceptions e WHERE e.order_id = o.id AND e.kind = 'stock' AND e.opened_at > 0) lacked,
			EXISTS (SELECT 1 FROM order_returns r WHERE r.order_id = o.id AND r.kind IN ('return', 'refund') AND r.status NOT IN ('asked', 'refused', 'dropped')) back
		FROM orders o WHERE o.customer = ? AND o.created_at >= ? AND o.created_at < ? AND o.confirmed_at > 0`,
		string(customer), toMS(from.Add(-accuracySpan)), toMS(until)).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		var w orders.Work
		if err := fromJSON(r.Work, &w); err != nil {
			return fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		var staged *orders.Staged
		if err := fromJSON(r.Staged, &staged); err != nil {
			return fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		o := orders.ReportOrder{DeliverBy: r.DeliverBy, ShippedAt: fromMS(r.ShippedAt), Back: r.Back}
		switch orders.Status(r.Status) {
		case orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed:
			o.Ended = true
		case orders.StatusDelivered, orders.StatusReturning, orders.StatusReturned:
			o.Arrival = w.Arrival // of the last of its stages
		default:
		}
		if staged != nil && len(staged.Stages) > 0 {
			o.DeliverBy = staged.Stages[len(staged.Stages)-1].Due
		}
		if w.Promise != nil {
			o.Promised = w.Promise.Day
		}
		f.Add(&o, from, until)
		if r.HeardAt > 0 && r.CreatedAt >= toMS(from) && !o.Ended {
			f.Responses = append(f.Responses, time.Duration(max(0, r.CreatedAt-r.HeardAt))*time.Millisecond)
		}
		if r.ConfirmedAt >= toMS(from) && r.ConfirmedAt < toMS(until) && !o.Ended {
			f.Shortages[1]++
			if r.Lacked {
				f.Shortages[0]++
			}
		}
	}
	var asked []struct {
		Person bool
		N      int
	}
	if err := db.Raw("SELECT person, COUNT(*) n FROM inquiries WHERE customer = ? AND at >= ? AND at < ? GROUP BY person",
		string(customer), toMS(from), toMS(until)).Scan(&asked).Error; err != nil {
		return err
	}
	for _, a := range asked {
		f.Inquiries[1] += a.N
		if !a.Person {
			f.Inquiries[0] += a.N
		}
	}
	return nil
}
