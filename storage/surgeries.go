package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderbot/orders"
)

type surgeryRow struct {
	ID        int64 `gorm:"primaryKey"`
	PlanKey   string
	Source    string
	Customer  string
	Name      string
	SurgeryOn string
	Goods     string
	State     string
	OrderID   string
	LeadTime  string
	DueOn     string
	StartAt   int64
	NextAt    int64
	ByCode    string
	ByName    string
	At        int64
}

func (*surgeryRow) TableName() string { return "surgeries" }

func (r *surgeryRow) toDomain() (*orders.Surgery, error) {
	p := &orders.Surgery{
		ID: r.ID, Key: r.PlanKey, Source: r.Source, Customer: orders.CustomerCode(r.Customer), Name: r.Name, Day: r.SurgeryOn, State: orders.SurgeryState(r.State),
		Order: orders.OrderID(r.OrderID), Due: r.DueOn, StartAt: fromMS(r.StartAt), NextAt: fromMS(r.NextAt), By: r.ByCode, ByName: r.ByName, At: fromMS(r.At),
	}
	if err := json.Unmarshal([]byte(r.Goods), &p.Lines); err != nil {
		return nil, fmt.Errorf("read the goods of surgery %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.LeadTime), &p.Lead); err != nil {
		return nil, fmt.Errorf("read the lead time of surgery %d: %w", r.ID, err)
	}
	return p, nil
}

func fromSurgery(p *orders.Surgery) surgeryRow {
	return surgeryRow{
		ID: p.ID, PlanKey: keyText(p.Key), Source: p.Source, Customer: string(p.Customer), Name: p.Name, SurgeryOn: p.Day, Goods: toJSON(p.Lines), State: string(p.State),
		OrderID: string(p.Order), LeadTime: toJSON(p.Lead), DueOn: p.Due, StartAt: toMS(p.StartAt), NextAt: toMS(p.NextAt), ByCode: p.By, ByName: p.ByName, At: toMS(p.At),
	}
}

func (tx *Tx) surgeries(where string, args ...any) ([]*orders.Surgery, error) {
	rows, err := selectRows[surgeryRow](tx.ctx, tx.db, "SELECT * FROM surgeries WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read surgery plans: %w", err)
	}
	out := make([]*orders.Surgery, len(rows))
	for i := range rows {
		if out[i], err = rows[i].toDomain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddSurgery stores a new plan; where one of its key is there, that one stays as it is.
func (tx *Tx) AddSurgery(p *orders.Surgery) (bool, error) {
	row := fromSurgery(p)
	st := insertRows([]surgeryRow{row})
	r, err := tx.pool.ExecContext(tx.ctx, st.text+tx.s.unlessThere("plan_key"), st.args...)
	if err != nil {
		return false, fmt.Errorf("store a surgery plan: %w", tx.s.translate(err))
	}
	n, err := r.RowsAffected()
	if err != nil {
		return false, err
	}
	found, err := tx.SurgeryByKey(p.Key)
	if err != nil || found == nil {
		return false, fmt.Errorf("read a surgery plan: %w", err)
	}
	*p = *found
	return n > 0, nil
}

// Surgery loads a plan under a lock: CodeNotFound where there is none.
func (tx *Tx) Surgery(id int64) (*orders.Surgery, error) {
	found, err := tx.surgeries("id = ?"+tx.s.forUpdate(), id)
	if err == nil && len(found) == 0 {
		err = orders.Errorf(orders.CodeNotFound, "没有编号 %d 的手术计划", id)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// SurgeryByKey loads a plan by what it came from, under a lock; nil: there is none.
func (tx *Tx) SurgeryByKey(key string) (*orders.Surgery, error) {
	found, err := tx.surgeries("plan_key = ?"+tx.s.forUpdate(), keyText(key))
	if err == nil && len(found) == 0 {
		found, err = tx.surgeries("id = (SELECT surgery_id FROM surgery_keys WHERE plan_key = ?)"+tx.s.forUpdate(), keyText(key))
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// JoinSurgery notes that a plan came from elsewhere too, by that key.
func (tx *Tx) JoinSurgery(p *orders.Surgery, key, source string) error {
	_, err := tx.pool.ExecContext(tx.ctx, "INSERT INTO surgery_keys (plan_key, surgery_id, source) VALUES (?, ?, ?)", keyText(key), p.ID, source)
	if err != nil {
		return fmt.Errorf("join a surgery plan: %w", tx.s.translate(err))
	}
	return nil
}

// SurgerySources are all that a plan came from.
func (tx *Tx) SurgerySources(p *orders.Surgery) ([]string, error) {
	out := []string{p.Source}
	var more []string
	err := tx.db.Raw("SELECT source FROM surgery_keys WHERE surgery_id = ? ORDER BY source"+tx.s.forUpdate(), p.ID).Scan(&more).Error
	return append(out, more...), wrap("read the sources of a surgery plan", err)
}

// SaveSurgery stores a plan that is locked.
func (tx *Tx) SaveSurgery(p *orders.Surgery) error {
	row := fromSurgery(p)
	tx.queue(statement{
		"UPDATE surgeries SET surgery_on = ?, goods = ?, state = ?, order_id = ?, lead_time = ?, due_on = ?, start_at = ?, next_at = ? WHERE id = ?",
		[]any{row.SurgeryOn, row.Goods, row.State, row.OrderID, row.LeadTime, row.DueOn, row.StartAt, row.NextAt, row.ID},
	})
	return nil
}

// Surgeries returns the plans that are not cancelled of a day and later, by day; of a customer where one is given.
func (tx *Tx) Surgeries(customer orders.CustomerCode, since string) ([]*orders.Surgery, error) {
	const open = " surgery_on >= ? AND state <> ? ORDER BY surgery_on, id LIMIT 500"
	if customer == "" {
		return tx.surgeries(open, since, string(orders.SurgeryCancelled))
	}
	return tx.surgeries("customer = ? AND"+open, string(customer), since, string(orders.SurgeryCancelled))
}

// DeliveryTimes returns how long a customer's last orders took from the confirmation to the signature.
func (tx *Tx) DeliveryTimes(customer orders.CustomerCode, n int) ([]time.Duration, error) {
	var rows []struct {
		ConfirmedAt int64
		Reached     string
	}
	err := tx.db.Raw(`SELECT confirmed_at, reached FROM orders WHERE customer = ? AND confirmed_at > 0 AND status IN ('delivered', 'returning', 'returned')
		ORDER BY created_at DESC, id DESC LIMIT ?`, string(customer), n).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read delivery times: %w", err)
	}
	var out []time.Duration
	for _, r := range rows {
		var reached map[orders.Status]time.Time
		if err := json.Unmarshal([]byte(r.Reached), &reached); err != nil {
			return nil, fmt.Errorf("read delivery times: %w", err)
		}
		if at := reached[orders.StatusDelivered]; !at.IsZero() {
			out = append(out, max(0, at.Sub(fromMS(r.ConfirmedAt))))
		}
	}
	return out, nil
}

// DueSurgeries returns the plans that the clock has to look at, the longest due first.
func (s *Store) DueSurgeries(ctx context.Context, now time.Time, n int) ([]int64, error) {
	var ids []int64
	err := s.db.WithContext(ctx).Raw("SELECT id FROM surgeries WHERE next_at > 0 AND next_at <= ? ORDER BY next_at LIMIT ?", toMS(now), n).Scan(&ids).Error
	return ids, wrap("look for due surgery plans", err)
}
