package main

import (
	"context"
	"slices"
	"time"

	"orderbot/bot"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// The store meets what the other parts need of it. It can't name their types, so where a function
// or struct of theirs is in the way, it is wrapped here.
var (
	_ bot.Tx                = (*storage.Tx)(nil)
	_ bot.Turns             = (*storage.Store)(nil)
	_ bot.Query             = (*storage.Store)(nil)
	_ notify.Tx             = (*storage.Tx)(nil)
	_ notify.Outbox         = (*storage.Store)(nil)
	_ notify.Backlog        = (*storage.Store)(nil)
	_ notify.ShipmentFinder = (*storage.Store)(nil)
	_ notify.Slots          = (*storage.Store)(nil)
	_ notify.Quota          = (*storage.Store)(nil)
)

type botStore struct{ store *storage.Store }

func (b botStore) Do(ctx context.Context, f func(bot.Tx) error) error {
	return b.store.Do(ctx, func(tx *storage.Tx) error { return f(tx) })
}

type notifyStore struct{ store *storage.Store }

func (n notifyStore) Do(ctx context.Context, f func(notify.Tx) error) error {
	return n.store.Do(ctx, func(tx *storage.Tx) error { return f(tx) })
}

type reportStore struct{ store *storage.Store }

func (r reportStore) Do(ctx context.Context, f func(notify.ReportTx) error) error {
	return r.store.Do(ctx, func(tx *storage.Tx) error { return f(tx) })
}

// inbox keeps inbound messages and makes this process look at them when they are due.
type inbox struct{ server *server }

func (i inbox) Put(ctx context.Context, in ...orders.Inbound) error {
	if err := i.server.store.Put(ctx, in...); err != nil {
		return err
	}
	i.server.look(in)
	return nil
}

// look makes the clerk look for turns when the messages are due: at once for what does not wait,
// else after the pause in which more may come. Earlier it would find nothing.
func (s *server) look(in []orders.Inbound) {
	if slices.ContainsFunc(in, func(m orders.Inbound) bool { return m.AtOnce() }) {
		s.clerk.Wake()
	} else if len(in) > 0 {
		time.AfterFunc(s.config.Times.TurnPause, s.clerk.Wake)
	}
}

// cursors keeps the pull requests of 微信客服.
type cursors struct{ server *server }

func (c cursors) Want(ctx context.Context, name, token string, now time.Time) error {
	return c.server.store.Want(ctx, name, token, now)
}

func (c cursors) ClaimCursor(ctx context.Context, now time.Time, hold time.Duration) (*bot.Cursor, error) {
	cursor, err := c.server.store.ClaimCursor(ctx, now, hold)
	return (*bot.Cursor)(cursor), err
}

func (c cursors) Advance(ctx context.Context, cursor *bot.Cursor, next string, more bool, in []orders.Inbound) error {
	if err := c.server.store.Advance(ctx, (*storage.Cursor)(cursor), next, more, in); err != nil {
		return err
	}
	c.server.look(in)
	return nil
}

func (c cursors) ReleaseCursor(ctx context.Context, cursor *bot.Cursor, at time.Time) error {
	return c.server.store.ReleaseCursor(ctx, (*storage.Cursor)(cursor), at)
}
