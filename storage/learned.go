package storage

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"orderbot/orders"
)

type learnedRow struct {
	ID       int64 `gorm:"primaryKey"`
	Customer string
	Said     string
	Words    string
	Product  string
	About    string
	Unit     string
	Size     int64
	ByPerson string
	ByName   string
	At       int64
	UsedAt   int64
	Count    int
	OrderID  string
	Ended    int64
	EndedAt  int64
	EndedBy  string
}

func (*learnedRow) TableName() string { return "learned" }

func (r *learnedRow) toDomain() orders.Learned {
	return orders.Learned{
		ID: r.ID, Customer: orders.CustomerCode(r.Customer), Said: r.Said, Words: r.Words, Product: orders.ProductCode(r.Product),
		About: orders.ProductCode(r.About), Unit: r.Unit, Size: fromMicro(r.Size), By: r.ByPerson, ByName: r.ByName, At: fromMS(r.At),
		UsedAt: fromMS(r.UsedAt), Count: r.Count, Order: orders.OrderID(r.OrderID), EndedAt: fromMS(r.EndedAt), EndedBy: r.EndedBy,
	}
}

func (tx *Tx) learned(where string, args ...any) ([]orders.Learned, error) {
	var rows []learnedRow
	if err := tx.db.Raw("SELECT * FROM learned WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what was learned: %w", err)
	}
	out := make([]orders.Learned, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// Learned returns what was settled for a customer and stands, newest first; with ended set, what does not stand any more.
func (tx *Tx) Learned(customer orders.CustomerCode, ended bool) ([]orders.Learned, error) {
	if ended {
		return tx.learned("customer = ? AND ended > 0 ORDER BY id DESC", string(customer))
	}
	return tx.learned("customer = ? AND ended = 0 ORDER BY id DESC", string(customer))
}

// LearnedBy returns one of all customers' by its number: CodeNotFound where there is none, or it does not stand any more.
func (tx *Tx) LearnedBy(id int64) (*orders.Learned, error) {
	found, err := tx.learned("id = ? AND ended = 0", id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "没有记着编号 %d，可能已经忘掉了", id)
	}
	return &found[0], nil
}

// Learn notes an answer and returns it as it stands: the same answer again is counted, another one for the same words takes the place
// of the one before, which is kept as ended.
func (tx *Tx) Learn(l orders.Learned) (*orders.Learned, error) {
	for {
		standing, err := tx.learned("customer = ? AND about = ? AND said = ? AND ended = 0"+tx.s.forUpdate(), string(l.Customer), string(l.About), l.Said)
		if err != nil {
			return nil, err
		}
		if len(standing) > 0 {
			old := standing[0]
			if old.Same(&l) {
				old.By, old.ByName, old.At, old.UsedAt, old.Order, old.Words = l.By, l.ByName, l.At, l.At, l.Order, l.Words
				old.Count++
				err := tx.db.Exec("UPDATE learned SET by_person = ?, by_name = ?, at = ?, used_at = ?, order_id = ?, words = ?, count = count + 1 WHERE id = ?",
					l.By, l.ByName, toMS(l.At), toMS(l.At), string(l.Order), l.Words, old.ID).Error
				return &old, wrap("learn again", err)
			}
			if err := tx.endLearned(old.ID, "", l.At); err != nil {
				return nil, err
			}
		}
		var m micros
		row := learnedRow{
			Customer: string(l.Customer), Said: l.Said, Words: l.Words, Product: string(l.Product), About: string(l.About), Unit: l.Unit,
			Size: m.of(l.Size), ByPerson: l.By, ByName: l.ByName, At: toMS(l.At), UsedAt: toMS(l.At), Count: 1, OrderID: string(l.Order),
		}
		if m.err != nil {
			return nil, m.err
		}
		err = tx.db.Create(&row).Error
		if err == nil {
			out := row.toDomain()
			return &out, nil
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) { // else another replica learned it meanwhile
			return nil, fmt.Errorf("learn: %w", err)
		}
	}
}

// UseLearned counts that one more message was read by what was learned.
func (tx *Tx) UseLearned(id int64, at time.Time) error {
	return wrap("count what was learned", tx.db.Exec("UPDATE learned SET count = count + 1, used_at = ? WHERE id = ?", toMS(at), id).Error)
}

// Forget ends what was learned; by names who wanted so. Where it does not stand any more nothing happens.
func (tx *Tx) Forget(id int64, by string, at time.Time) error { return tx.endLearned(id, by, at) }

func (tx *Tx) endLearned(id int64, by string, at time.Time) error {
	return wrap("forget", tx.db.Exec("UPDATE learned SET ended = id, ended_at = ?, ended_by = ? WHERE id = ? AND ended = 0", toMS(at), by, id).Error)
}

// LearnedCounts returns for how many words of each customer something stands.
func (tx *Tx) LearnedCounts() (map[orders.CustomerCode]int, error) {
	var rows []struct {
		Customer string
		N        int
	}
	if err := tx.db.Raw("SELECT customer, COUNT(*) AS n FROM learned WHERE ended = 0 GROUP BY customer").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count what was learned: %w", err)
	}
	out := make(map[orders.CustomerCode]int, len(rows))
	for _, r := range rows {
		out[orders.CustomerCode(r.Customer)] = r.N
	}
	return out, nil
}

type reasonsRow struct {
	OrderID string `gorm:"primaryKey"`
	Reasons string
}

func (*reasonsRow) TableName() string { return "order_reasons" }

// Reasons returns why the fields of an order have their values; none where nothing was stored.
func (tx *Tx) Reasons(id orders.OrderID) ([]orders.Reason, error) {
	var rows []reasonsRow
	if err := tx.db.Raw("SELECT * FROM order_reasons WHERE order_id = ?", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read reasons of %s: %w", id, err)
	}
	var out []orders.Reason
	for _, r := range rows {
		if err := fromJSON(r.Reasons, &out); err != nil {
			return nil, fmt.Errorf("stored reasons of %s: %w", id, err)
		}
	}
	return out, nil
}

// SaveReasons stores why the fields of an order have their values, in place of what was stored before.
func (tx *Tx) SaveReasons(id orders.OrderID, reasons []orders.Reason) error {
	row := reasonsRow{OrderID: string(id), Reasons: toJSON(reasons)}
	return wrap("save reasons", tx.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}
