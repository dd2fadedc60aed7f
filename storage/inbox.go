package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// What became of a row of the inbox, of the outbox or of the events.
const (
	waiting = 0
	done    = 1
	givenUp = 2
)

// maxTurn is how many messages one turn takes at most; what is beyond it is the next turn.
const maxTurn = 100

type inboxRow struct {
	ID           int64 `gorm:"primaryKey"`
	Platform     string
	MsgKey       string
	ChatPlatform string
	ChatID       string
	Kind         string
	Body         string
	ReceivedAt   int64
	Status       int
	DoneAt       int64
	Error        string
}

func (*inboxRow) TableName() string { return "inbox" }

// atOnce tells whether a message of that kind is answered without waiting for more.
func atOnce(kind string) bool {
	return kind == string(orders.InboundClick) || kind == string(orders.InboundEnter) || kind == string(orders.InboundForm)
}

// Put keeps inbound messages in one commit. One that is there already changes nothing.
func (s *Store) Put(ctx context.Context, in ...orders.Inbound) error {
	return s.Do(ctx, func(tx *Tx) error {
		for i := range in {
			if err := tx.put(&in[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) put(in *orders.Inbound) error {
	isNew, err := tx.insertInbound(in, waiting)
	if err != nil || !isNew {
		return err
	}
	return tx.wake(in)
}

// insertInbound returns false when the message was there already.
func (tx *Tx) insertInbound(in *orders.Inbound, status int) (bool, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return false, fmt.Errorf("inbound message: %w", err)
	}
	row := inboxRow{
		Platform: string(in.Platform), MsgKey: keyText(in.Key), ChatPlatform: string(in.Chat.Platform), ChatID: in.Chat.ID,
		Kind: string(in.Kind), Body: string(body), ReceivedAt: toMS(in.ReceivedAt), Status: status,
	}
	if status == done {
		row.DoneAt = toMS(tx.s.now())
	}
	insert := insertRows([]inboxRow{row})
	r, err := tx.pool.ExecContext(tx.ctx, insert.text+tx.s.unlessThere("msg_key"), insert.args...)
	if err != nil {
		return false, fmt.Errorf("keep message: %w", err)
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// wake sets when the chat's waiting messages are due, now that one more waits. While somebody
// answers the chat, or a failed answer waits for its next try, that stays as it is: whoever
// finishes looks at what waits then.
func (tx *Tx) wake(in *orders.Inbound) error {
	received, pause := toMS(in.ReceivedAt), tx.s.opts.TurnPause.Milliseconds()
	due, latest := received+pause, received+3*pause
	if in.Announces() {
		due += pause * 3 / 2
	}
	if in.AtOnce() { // where nothing waits before it
		due, latest = received, received
	}
	// What the statement sets first is seen by its second half on MySQL, but not where it matters.
	putOff := "latest_at = CASE WHEN due_at = 0 THEN @latest ELSE latest_at END"
	move := "CASE WHEN latest_at <= due_at OR @due <= due_at THEN due_at WHEN @due > latest_at THEN latest_at ELSE @due END"
	if atOnce(string(in.Kind)) {
		putOff = "latest_at = CASE WHEN due_at = 0 OR latest_at > @latest THEN @latest ELSE latest_at END"
		move = "CASE WHEN due_at > @due THEN @due ELSE due_at END"
	}
	// Numbers used more than once stand in the text: MySQL has no numbered placeholders.
	numbers := strings.NewReplacer("@due", strconv.FormatInt(max(due, 1), 10), "@latest", strconv.FormatInt(latest, 10))
	update := numbers.Replace("UPDATE chats SET changes = changes + 1, " + putOff + ", due_at = CASE WHEN token <> '' OR attempts > 0 THEN due_at" +
		" WHEN due_at = 0 THEN @due ELSE " + move + " END WHERE platform = ? AND chat_id = ?")
	for {
		r, err := tx.pool.ExecContext(tx.ctx, update, string(in.Chat.Platform), in.Chat.ID)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = tx.pool.ExecContext(tx.ctx, "INSERT INTO chats (platform, chat_id, due_at, latest_at, token, attempts, changes) VALUES (?, ?, ?, ?, '', 0, 0)",
			string(in.Chat.Platform), in.Chat.ID, max(due, 1), latest)
		if err = tx.s.translate(err); !errors.Is(err, gorm.ErrDuplicatedKey) {
			return err
		}
	}
}

// ClaimTurn returns the waiting messages of one chat that is due, oldest first. A click or an
// entering is a turn of its own. Nobody else gets a turn of that chat before this one is finished,
// given back, or hold is over.
func (s *Store) ClaimTurn(ctx context.Context, now time.Time, hold time.Duration) (*orders.Turn, error) {
	var due []struct {
		Platform string
		ChatID   string
		Attempts int
	}
	err := s.db.WithContext(ctx).Raw("SELECT platform, chat_id, attempts FROM chats WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT 32",
		toMS(now)).Scan(&due).Error
	if err != nil {
		return nil, fmt.Errorf("look for turns: %w", err)
	}
	for _, c := range due {
		t := &orders.Turn{Chat: orders.Chat{Platform: orders.Platform(c.Platform), ID: c.ChatID}, Token: newToken(), Attempts: c.Attempts}
		n, err := s.exec(ctx, "UPDATE chats SET token = ?, due_at = ?, attempts = attempts + 1 WHERE platform = ? AND chat_id = ? AND due_at > 0 AND due_at <= ?",
			t.Token, toMS(now.Add(hold)), c.Platform, c.ChatID, toMS(now))
		if err != nil {
			return nil, fmt.Errorf("claim turn: %w", err)
		}
		if n == 0 {
			continue // somebody was faster
		}
		if err := s.fillTurn(ctx, t); err != nil {
			return nil, err
		}
		if len(t.Messages) > 0 {
			return t, nil
		}
		if err := s.Do(ctx, func(tx *Tx) error { return tx.FinishTurn(t) }); err != nil && orders.ErrorCode(err) != orders.CodeConflict {
			return nil, err
		}
	}
	return nil, nil
}

func (s *Store) fillTurn(ctx context.Context, t *orders.Turn) error {
	var rows []inboxRow
	err := s.db.WithContext(ctx).Raw("SELECT id, kind, body FROM inbox WHERE status = 0 AND chat_platform = ? AND chat_id = ? ORDER BY id LIMIT ?",
		string(t.Chat.Platform), t.Chat.ID, maxTurn).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read turn: %w", err)
	}
	for i := range rows {
		if i > 0 && (atOnce(rows[i].Kind) || atOnce(rows[0].Kind)) {
			break
		}
		var in orders.Inbound
		if err := json.Unmarshal([]byte(rows[i].Body), &in); err != nil {
			return fmt.Errorf("stored message %d: %w", rows[i].ID, err)
		}
		t.Messages, t.IDs = append(t.Messages, in), append(t.IDs, rows[i].ID)
	}
	return nil
}

// RenewTurn prolongs a claim by hold from now. It returns a CodeConflict error when it has run out.
func (s *Store) RenewTurn(ctx context.Context, t *orders.Turn, now time.Time, hold time.Duration) error {
	n, err := s.exec(ctx, "UPDATE chats SET due_at = ?, changes = changes + 1 WHERE platform = ? AND chat_id = ? AND token = ? AND token <> ''",
		toMS(now.Add(hold)), string(t.Chat.Platform), t.Chat.ID, t.Token)
	if err == nil && n == 0 {
		return conflict("这段对话")
	}
	return wrap("renew turn", err)
}

// RetryTurn gives a claimed turn back until the given time. It returns a CodeConflict error when
// the claim has run out.
func (s *Store) RetryTurn(ctx context.Context, t *orders.Turn, at time.Time, cause string) error {
	return s.Do(ctx, func(tx *Tx) error {
		r := tx.db.Exec("UPDATE chats SET token = '', due_at = ?, changes = changes + 1 WHERE platform = ? AND chat_id = ? AND token = ?",
			max(toMS(at), 1), string(t.Chat.Platform), t.Chat.ID, t.Token)
		if r.Error == nil && r.RowsAffected == 0 {
			return conflict("这段对话")
		}
		if r.Error != nil || len(t.IDs) == 0 {
			return r.Error
		}
		return tx.db.Exec("UPDATE inbox SET error = ? WHERE id IN ?", cause, t.IDs).Error
	})
}

// FinishTurn marks the turn's messages as answered and makes what came meanwhile due.
func (tx *Tx) FinishTurn(t *orders.Turn) error {
	r := tx.db.Exec("UPDATE chats SET token = '', due_at = 0, attempts = 0, changes = changes + 1 WHERE platform = ? AND chat_id = ? AND token = ?",
		string(t.Chat.Platform), t.Chat.ID, t.Token)
	if r.Error != nil {
		return fmt.Errorf("finish turn: %w", r.Error)
	}
	if r.RowsAffected == 0 || t.Token == "" {
		return conflict("这段对话")
	}
	if len(t.IDs) > 0 {
		if err := tx.db.Exec("UPDATE inbox SET status = 1, done_at = ? WHERE id IN ?", toMS(tx.s.now()), t.IDs).Error; err != nil {
			return fmt.Errorf("finish turn: %w", err)
		}
	}
	var rest []inboxRow
	err := tx.db.Raw("SELECT kind, received_at FROM inbox WHERE status = 0 AND chat_platform = ? AND chat_id = ? ORDER BY id LIMIT ?",
		string(t.Chat.Platform), t.Chat.ID, maxTurn).Scan(&rest).Error
	if err != nil || len(rest) == 0 {
		return err
	}
	pause := tx.s.opts.TurnPause.Milliseconds()
	due, latest := rest[0].ReceivedAt+pause, rest[0].ReceivedAt+3*pause
	for _, m := range rest {
		due = max(due, min(m.ReceivedAt+pause, latest))
	}
	for _, m := range rest {
		if atOnce(m.Kind) {
			due, latest = min(due, m.ReceivedAt), min(latest, m.ReceivedAt)
		}
	}
	return tx.db.Exec("UPDATE chats SET due_at = ?, latest_at = ? WHERE platform = ? AND chat_id = ?",
		max(due, 1), latest, string(t.Chat.Platform), t.Chat.ID).Error
}

// PutInbound notes a message that is answered in this very transaction. It returns false when it
// was there already.
func (tx *Tx) PutInbound(in orders.Inbound) (bool, error) { return tx.insertInbound(&in, done) }

// Cursor is a place in a message log that is pulled rather than pushed. Its fields are those of
// the bot's cursor.
type Cursor struct {
	Name   string
	Cursor string
	Token  string
	Claim  string
}

// Want notes that there is something to pull.
func (s *Store) Want(ctx context.Context, name, token string, now time.Time) error {
	at := max(toMS(now), 1)
	return s.Do(ctx, func(tx *Tx) error {
		for {
			r := tx.db.Exec("UPDATE cursors SET token = ?, wanted = wanted + 1, due_at = CASE WHEN due_at = 0 THEN ? ELSE due_at END WHERE name = ?",
				token, at, name)
			if r.Error != nil || r.RowsAffected > 0 {
				return r.Error
			}
			err := tx.db.Exec("INSERT INTO cursors (name, cursor_at, token, claim, due_at, wanted, seen) VALUES (?, '', ?, '', ?, 1, 0)",
				name, token, at).Error
			if !errors.Is(err, gorm.ErrDuplicatedKey) {
				return err
			}
		}
	})
}

// ClaimCursor returns a cursor with something to pull that nobody else is pulling, nil if none.
func (s *Store) ClaimCursor(ctx context.Context, now time.Time, hold time.Duration) (*Cursor, error) {
	var names []string
	err := s.db.WithContext(ctx).Raw("SELECT name FROM cursors WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT 32", toMS(now)).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("look for cursors: %w", err)
	}
	for _, name := range names {
		claim := newToken()
		n, err := s.exec(ctx, "UPDATE cursors SET claim = ?, due_at = ?, seen = wanted WHERE name = ? AND due_at > 0 AND due_at <= ?",
			claim, toMS(now.Add(hold)), name, toMS(now))
		if err != nil {
			return nil, fmt.Errorf("claim cursor: %w", err)
		}
		if n == 0 {
			continue
		}
		var row struct{ CursorAt, Token string }
		if err := s.db.WithContext(ctx).Raw("SELECT cursor_at, token FROM cursors WHERE name = ?", name).Scan(&row).Error; err != nil {
			return nil, fmt.Errorf("read cursor: %w", err)
		}
		return &Cursor{Name: name, Cursor: row.CursorAt, Token: row.Token, Claim: claim}, nil
	}
	return nil, nil
}

// Advance stores pulled messages and the next place in one commit. With more, the request stays
// open: the caller may go on with c, or anybody claims it anew. Without, it is closed unless
// something was wanted since the claim.
func (s *Store) Advance(ctx context.Context, c *Cursor, next string, more bool, in []orders.Inbound) error {
	err := s.Do(ctx, func(tx *Tx) error {
		due, claim := "CASE WHEN wanted > seen THEN 1 ELSE 0 END", ""
		if more {
			due, claim = "1", c.Claim
		}
		r := tx.db.Exec("UPDATE cursors SET cursor_at = ?, claim = ?, due_at = "+due+", wanted = wanted + ?, seen = seen + ? WHERE name = ? AND claim = ?",
			next, claim, 1, 1, c.Name, c.Claim)
		if r.Error != nil {
			return fmt.Errorf("advance cursor: %w", r.Error)
		}
		if r.RowsAffected == 0 || c.Claim == "" {
			return conflict("客服消息的拉取")
		}
		for i := range in {
			if err := tx.put(&in[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		c.Cursor = next
	}
	return err
}

// ReleaseCursor ends a claim without progress; the request stays open until retry at.
func (s *Store) ReleaseCursor(ctx context.Context, c *Cursor, at time.Time) error {
	n, err := s.exec(ctx, "UPDATE cursors SET claim = '', due_at = ? WHERE name = ? AND claim = ? AND claim <> ''", max(toMS(at), 1), c.Name, c.Claim)
	if err == nil && n == 0 {
		return conflict("客服消息的拉取")
	}
	return err
}
