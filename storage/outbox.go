package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"orderbot/orders"
)

type deliveryRow struct {
	ID       int64 `gorm:"primaryKey"`
	MsgKey   string
	Platform string
	ChatID   string
	Kind     string
	OrderID  string
	Body     string
	Replaces int64
	Code     string
	NotAt    int64
	Created  int64 `gorm:"column:created_at"`
	Status   int
	DueAt    int64
	Attempts int
	Token    string
	SentAt   int64
	Receipt  string
	Error    string
	Changed  bool `gorm:"->"`
}

func (*deliveryRow) TableName() string { return "deliveries" }

var deliveryStatus = []orders.DeliveryStatus{orders.DeliveryPending, orders.DeliverySent, orders.DeliveryFailed}

func (r *deliveryRow) toDomain() orders.Delivery {
	d := orders.Delivery{
		ID: r.ID, Key: r.MsgKey, Chat: orders.Chat{Platform: orders.Platform(r.Platform), ID: r.ChatID}, Kind: r.Kind,
		Order: orders.OrderID(r.OrderID), Body: json.RawMessage(r.Body), Update: r.Replaces, Code: r.Code, NotAt: fromMS(r.NotAt),
		Created: fromMS(r.Created), Status: deliveryStatus[r.Status], Attempts: r.Attempts, SentAt: fromMS(r.SentAt), Error: r.Error, Token: r.Token,
		Changed: r.Changed,
	}
	if r.Receipt != "" {
		d.Receipt = json.RawMessage(r.Receipt)
	}
	return d
}

// Send puts deliveries into the outbox; one whose key is there already changes nothing.
func (tx *Tx) Send(deliveries ...orders.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	rows := make([]deliveryRow, len(deliveries))
	for i := range deliveries {
		d := &deliveries[i]
		created := d.Created
		if created.IsZero() {
			created = tx.s.now()
		}
		rows[i] = deliveryRow{
			MsgKey: keyText(d.Key), Platform: string(d.Chat.Platform), ChatID: d.Chat.ID, Kind: d.Kind, OrderID: string(d.Order),
			Body: string(d.Body), Replaces: d.Update, Code: d.Code, NotAt: toMS(d.NotAt), Created: toMS(created), DueAt: toMS(d.NotAt),
		}
	}
	if err := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
		return fmt.Errorf("put into outbox: %w", err)
	}
	return nil
}

// heads finds what can be sent now: of each chat the oldest that waits, if it is due and none is
// on its way. One that must not go out before its time does not stand in line until then. It reads
// what waits once, however much was sent.
const heads = `SELECT d.id FROM (
	SELECT MIN(id) AS id, MAX(CASE WHEN token <> '' AND due_at > @now THEN 1 ELSE 0 END) AS busy
	FROM deliveries WHERE status = 0 AND (not_at <= @now OR token <> '') GROUP BY platform, chat_id
) h JOIN deliveries d ON d.id = h.id WHERE h.busy = 0 AND d.due_at <= @now ORDER BY d.due_at, d.id LIMIT @n`

// ClaimDeliveries returns due deliveries, at most one for each chat, in the order of their IDs.
// Attempts tells how often each was claimed before.
func (s *Store) ClaimDeliveries(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Delivery, error) {
	args := map[string]any{"now": toMS(now), "n": n}
	for _, look := range []string{"SELECT id FROM deliveries WHERE status = 0 AND due_at <= @now LIMIT 1", heads} { // cheap first
		var ids []int64
		if err := s.db.WithContext(ctx).Raw(look, args).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return nil, wrap("look for deliveries", err)
		}
	}
	var rows []deliveryRow
	err := s.Do(ctx, func(tx *Tx) error {
		rows = nil
		// One claim at a time: what another one has just taken must be seen to be on its way.
		if err := tx.db.Exec("UPDATE counters SET value = value + 1 WHERE name = 'claim.deliveries'").Error; err != nil {
			return err
		}
		var ids []int64
		if err := tx.db.Raw(heads, args).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		token := newToken()
		err := tx.db.Exec("UPDATE deliveries SET token = ?, due_at = ?, attempts = attempts + 1 WHERE id IN ?", token, toMS(now.Add(hold)), ids).Error
		if err != nil {
			return err
		}
		return tx.db.Raw("SELECT * FROM deliveries WHERE id IN ? ORDER BY id", ids).Scan(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	out := make([]orders.Delivery, len(rows))
	for i := range rows {
		rows[i].Attempts--
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// settle changes a claimed delivery; it returns a CodeConflict error when the claim has run out.
func (s *Store) settle(ctx context.Context, d *orders.Delivery, set string, args ...any) error {
	if d.Token == "" {
		return conflict("这条消息")
	}
	n, err := s.exec(ctx, "UPDATE deliveries SET token = '', "+set+" WHERE id = ? AND token = ?", append(args, d.ID, d.Token)...)
	if err == nil && n == 0 {
		return conflict("这条消息")
	}
	return wrap("settle delivery", err)
}

// FinishDelivery records the receipt of a claimed delivery.
func (s *Store) FinishDelivery(ctx context.Context, d orders.Delivery, receipt json.RawMessage, now time.Time) error {
	return s.settle(ctx, &d, "status = 1, sent_at = ?, receipt = ?, error = ''", toMS(now), string(receipt))
}

// RetryDelivery gives a claimed delivery back until at. What waits behind it waits as long.
func (s *Store) RetryDelivery(ctx context.Context, d orders.Delivery, at time.Time, cause string) error {
	if err := s.settle(ctx, &d, "due_at = ?, error = ?", toMS(at), cause); err != nil {
		return err
	}
	// For speed alone: claims need not look at them again and again.
	_, err := s.exec(ctx, "UPDATE deliveries SET due_at = ? WHERE status = 0 AND platform = ? AND chat_id = ? AND id > ? AND token = '' AND due_at < ?",
		toMS(at), string(d.Chat.Platform), d.Chat.ID, d.ID, toMS(at))
	return wrap("put off deliveries", err)
}

// FailDelivery gives a claimed delivery up.
func (s *Store) FailDelivery(ctx context.Context, d orders.Delivery, _ time.Time, cause string) error {
	return s.settle(ctx, &d, "status = 2, error = ?", cause)
}

// Delivery returns a delivery by its id.
func (s *Store) Delivery(ctx context.Context, id int64) (*orders.Delivery, error) {
	var rows []deliveryRow
	const find = `SELECT d.*, EXISTS (SELECT 1 FROM deliveries u WHERE u.platform = d.platform AND u.chat_id = d.chat_id AND u.sent_at >= d.sent_at
		AND u.replaces = d.id AND u.code = '' AND u.status = 1) AS changed FROM deliveries d WHERE d.id = ?`
	if err := s.db.WithContext(ctx).Raw(find, id).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read delivery: %w", err)
	}
	if len(rows) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "没有消息 %d", id)
	}
	d := rows[0].toDomain()
	return &d, nil
}

// DeliveriesOf returns an order's deliveries of a kind that were or will be sent, oldest first.
func (tx *Tx) DeliveriesOf(id orders.OrderID, kind string) ([]orders.Delivery, error) {
	var rows []deliveryRow
	err := tx.db.Raw("SELECT * FROM deliveries WHERE order_id = ? AND kind = ? AND status IN (0, 1) ORDER BY id", string(id), kind).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read deliveries of %s: %w", id, err)
	}
	out := make([]orders.Delivery, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// DispatchesOf returns everything that was ever put out to hand an order to the departments (see [orders.Dispatches]), oldest first.
func (tx *Tx) DispatchesOf(id orders.OrderID) ([]orders.Delivery, error) {
	var rows []deliveryRow
	err := tx.db.Raw(`SELECT id, msg_key, kind, order_id, created_at, status, attempts, sent_at, error FROM deliveries
		WHERE order_id = ? AND kind IN ? ORDER BY id`, string(id), orders.DispatchKinds).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read dispatches of %s: %w", id, err)
	}
	out := make([]orders.Delivery, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// SentSince counts what was sent to a chat since a moment.
func (s *Store) SentSince(ctx context.Context, c orders.Chat, since time.Time) (int, error) {
	var n int
	err := s.db.WithContext(ctx).Raw("SELECT COUNT(*) FROM deliveries WHERE platform = ? AND chat_id = ? AND sent_at >= ? AND sent_at > 0",
		string(c.Platform), c.ID, toMS(since)).Scan(&n).Error
	return n, wrap("count deliveries", err)
}

// Backlog returns how many deliveries are pending and when the oldest of them was made.
func (s *Store) Backlog(ctx context.Context) (pending int, oldest time.Time, err error) {
	var row struct{ Pending, Oldest int64 }
	err = s.db.WithContext(ctx).Raw("SELECT COUNT(*) AS pending, COALESCE(MIN(created_at), 0) AS oldest FROM deliveries WHERE status = 0").Scan(&row).Error
	return int(row.Pending), fromMS(row.Oldest), wrap("measure backlog", err)
}

// ClaimEvents returns events that nobody has handled, in the order of their IDs. Attempts tells
// how often each was claimed before.
func (s *Store) ClaimEvents(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Event, error) {
	for range 4 { // others may be faster with what was found
		var ids []int64
		err := s.db.WithContext(ctx).Raw("SELECT id FROM events WHERE status = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?", toMS(now), n).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return nil, wrap("look for events", err)
		}
		slices.Sort(ids)
		token := newToken()
		got, err := s.exec(ctx, "UPDATE events SET token = ?, due_at = ?, attempts = attempts + 1 WHERE id IN ? AND status = 0 AND due_at <= ?",
			token, toMS(now.Add(hold)), ids, toMS(now))
		if err != nil {
			return nil, fmt.Errorf("claim events: %w", err)
		}
		if got == 0 {
			continue
		}
		var rows []eventRow
		if err := s.db.WithContext(ctx).Raw("SELECT * FROM events WHERE id IN ? AND token = ? ORDER BY id", ids, token).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		out := make([]orders.Event, len(rows))
		for i := range rows {
			rows[i].Attempts--
			if out[i], err = rows[i].toDomain(); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, nil
}

// FinishEvent marks an event as handled. It returns a CodeConflict error when the claim has run out.
func (tx *Tx) FinishEvent(e orders.Event) error {
	return settleEvent(tx.db, &e, "status = 1, error = ''")
}

// RetryEvent gives a claimed event back until at.
func (s *Store) RetryEvent(ctx context.Context, e orders.Event, at time.Time, cause string) error {
	return s.writing(ctx, func() error {
		return settleEvent(s.db.WithContext(ctx), &e, "due_at = ?, error = ?", toMS(at), cause)
	})
}

func settleEvent(db *gorm.DB, e *orders.Event, set string, args ...any) error {
	if e.Token == "" {
		return conflict("这个事件")
	}
	r := db.Exec("UPDATE events SET token = '', "+set+" WHERE id = ? AND token = ?", append(args, e.ID, e.Token)...)
	if r.Error == nil && r.RowsAffected == 0 {
		return conflict("这个事件")
	}
	return wrap("settle event", r.Error)
}

// DueOrders returns orders whose next deadline has come, oldest first, then those whose exceptions' has.
func (s *Store) DueOrders(ctx context.Context, now time.Time, n int) ([]orders.OrderID, error) {
	var ids []orders.OrderID
	err := s.db.WithContext(ctx).Raw("SELECT id FROM orders WHERE next_at > 0 AND next_at <= ? ORDER BY next_at LIMIT ?", toMS(now), n).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("look for due orders: %w", err)
	}
	more, err := s.dueExceptions(ctx, now, n)
	for _, id := range more {
		if len(ids) < n && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, err
}
