package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"orderbot/orders"
)

// Talk loads the state of a chat's conversation under a lock; nil if there is none yet.
func (tx *Tx) Talk(c orders.Chat) (json.RawMessage, error) {
	for {
		var states []string
		err := tx.db.Raw("SELECT state FROM talks WHERE platform = ? AND chat_id = ?"+tx.s.forUpdate(), string(c.Platform), c.ID).Scan(&states).Error
		if err != nil {
			return nil, fmt.Errorf("lock talk: %w", err)
		}
		if len(states) > 0 {
			if states[0] == "" {
				return nil, nil
			}
			return json.RawMessage(states[0]), nil
		}
		// There must be a row to lock.
		err = tx.db.Exec("INSERT INTO talks (platform, chat_id, state, updated_at) VALUES (?, ?, '', 0)", string(c.Platform), c.ID).Error
		if err == nil {
			return nil, nil
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil, fmt.Errorf("begin talk: %w", err)
		}
	}
}

type talkRow struct {
	Platform string `gorm:"primaryKey"`
	ChatID   string `gorm:"primaryKey"`
	State    string
	Updated  int64 `gorm:"column:updated_at"`
}

func (*talkRow) TableName() string { return "talks" }

// SaveTalk stores the state of a chat's conversation.
func (tx *Tx) SaveTalk(c orders.Chat, state json.RawMessage, now time.Time) error {
	row := talkRow{Platform: string(c.Platform), ChatID: c.ID, State: string(state), Updated: toMS(now)}
	return wrap("save talk", tx.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

type bindingRow struct {
	ID       int64 `gorm:"primaryKey"`
	Platform string
	Person   string
	Customer string
	ByStaff  string
	At       int64
}

func (*bindingRow) TableName() string { return "bindings" }

func (tx *Tx) bindings(where string, args ...any) ([]orders.Binding, error) {
	var rows []bindingRow
	if err := tx.db.Raw("SELECT * FROM bindings WHERE "+where+" ORDER BY id", args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read bindings: %w", err)
	}
	out := make([]orders.Binding, len(rows))
	for i, r := range rows {
		out[i] = orders.Binding{
			ID: r.ID, Platform: orders.Platform(r.Platform), Person: r.Person, Customer: orders.CustomerCode(r.Customer),
			By: orders.StaffCode(r.ByStaff), At: fromMS(r.At),
		}
	}
	return out, nil
}

// BindingsOf returns the people of a customer, oldest first.
func (tx *Tx) BindingsOf(customer orders.CustomerCode) ([]orders.Binding, error) {
	return tx.bindings("customer = ?", string(customer))
}

// BindingOf returns the customers that a person is, oldest first.
func (tx *Tx) BindingOf(p orders.Platform, person string) ([]orders.Binding, error) {
	return tx.bindings("platform = ? AND person = ?", string(p), person)
}

// Bind ties a person to a customer; where they are tied already, it stays as it was.
func (tx *Tx) Bind(b orders.Binding) error {
	row := bindingRow{Platform: string(b.Platform), Person: b.Person, Customer: string(b.Customer), ByStaff: string(b.By), At: toMS(b.At)}
	return wrap("bind", tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error)
}

// Unbind withdraws a binding: CodeNotFound where there is none of that id.
func (tx *Tx) Unbind(id int64) error {
	r := tx.db.Exec("DELETE FROM bindings WHERE id = ?", id)
	if r.Error == nil && r.RowsAffected == 0 {
		return orders.Errorf(orders.CodeNotFound, "没有编号为 %d 的绑定", id)
	}
	return wrap("unbind", r.Error)
}

// NewCode stores a binding code that ends at until. It returns a CodeConflict error where the same
// code is still open.
func (tx *Tx) NewCode(code string, customer orders.CustomerCode, by orders.StaffCode, until time.Time) error {
	err := tx.db.Exec("DELETE FROM binding_codes WHERE code = ? AND (used_at > 0 OR until <= ?)", code, toMS(tx.s.now())).Error
	if err == nil {
		err = tx.db.Exec("INSERT INTO binding_codes (code, customer, by_staff, until, used_at) VALUES (?, ?, ?, ?, 0)",
			code, string(customer), string(by), toMS(until)).Error
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return orders.Errorf(orders.CodeConflict, "绑定码 %s 还在用，请再试一次", code)
	}
	return wrap("store binding code", err)
}

// UseCode spends a binding code: CodeNotFound where it is unknown, spent or over.
func (tx *Tx) UseCode(code string, now time.Time) (orders.CustomerCode, orders.StaffCode, error) {
	r := tx.db.Exec("UPDATE binding_codes SET used_at = ? WHERE code = ? AND used_at = 0 AND until > ?", toMS(now), code, toMS(now))
	if r.Error != nil {
		return "", "", fmt.Errorf("use binding code: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return "", "", orders.Errorf(orders.CodeNotFound, "绑定码不对、已用过或已过期，请向业务员要一个新的")
	}
	var row struct{ Customer, ByStaff string }
	if err := tx.db.Raw("SELECT customer, by_staff FROM binding_codes WHERE code = ?", code).Scan(&row).Error; err != nil {
		return "", "", fmt.Errorf("use binding code: %w", err)
	}
	return orders.CustomerCode(row.Customer), orders.StaffCode(row.ByStaff), nil
}

// CountTry counts a person's failed binding tries since a moment, after adding one if failed.
func (tx *Tx) CountTry(p orders.Platform, person string, failed bool, since, now time.Time) (int, error) {
	if failed {
		err := tx.db.Exec("INSERT INTO binding_tries (platform, person, at) VALUES (?, ?, ?)", string(p), person, toMS(now)).Error
		if err != nil {
			return 0, fmt.Errorf("note binding try: %w", err)
		}
	}
	var n int
	err := tx.db.Raw("SELECT COUNT(*) FROM binding_tries WHERE platform = ? AND person = ? AND at >= ?", string(p), person, toMS(since)).Scan(&n).Error
	return n, wrap("count binding tries", err)
}

// OrderLink returns the token of the order's page, making one if there is none.
func (tx *Tx) OrderLink(id orders.OrderID) (string, error) {
	for {
		var tokens []string
		err := tx.db.Raw("SELECT token FROM order_links WHERE order_id = ?", string(id)).Scan(&tokens).Error
		if err != nil {
			return "", fmt.Errorf("read link of %s: %w", id, err)
		}
		if len(tokens) > 0 {
			return tokens[0], nil
		}
		token := newToken()
		err = tx.db.Exec("INSERT INTO order_links (order_id, token) VALUES (?, ?)", string(id), token).Error
		if err == nil {
			return token, nil
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			return "", fmt.Errorf("make link of %s: %w", id, err)
		}
	}
}

// WithdrawLink makes the token of the order's page worthless. The next [Tx.OrderLink] makes a new one.
func (tx *Tx) WithdrawLink(id orders.OrderID) error {
	return wrap("withdraw link", tx.db.Exec("DELETE FROM order_links WHERE order_id = ?", string(id)).Error)
}
