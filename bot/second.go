package bot

import (
	"context"
	"errors"
	"time"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

const (
	// secondLimit is how long a second reader may keep one answer waiting, all its calls together.
	secondLimit = 8 * time.Second
	// secondQuiet is after how much of it the sender is told that it takes longer.
	secondQuiet = 3 * time.Second
	// secondAttempts is how often a turn may be taken up, after crashes or failed commits, and still be put
	// to a second reader. Later the questions simply stand.
	secondAttempts = 2
)

// unsureError ends a transaction in which a message was read that a second reader should see: nobody
// waits for a model with a transaction open. Afterwards the part is answered anew.
type unsureError struct {
	message int
	doubts  *intake.Doubts
}

func (*unsureError) Error() string { return "a second reader is to be asked" }

// secondOpinion gives the reading of the nth message back with what a second reader settled of it. It
// returns an *unsureError where that one is yet to be asked.
func (s *session) secondOpinion(n int, m intake.Message, r intake.Result, next *intake.Thread) (intake.Result, *intake.Thread, error) {
	if s.clerk.Second == nil || s.part.Attempts >= secondAttempts || orders.ErrorCode(s.mayPlace(r.Orders)) != "" {
		return r, next, nil
	}
	d := s.books.Lexicon.Doubts(m, s.talk.Thread, r, next)
	if d == nil {
		return r, next, nil
	}
	claims, asked := s.second[n]
	if !asked {
		return r, next, &unsureError{n, d}
	}
	r, next, weighed := s.books.Lexicon.Settle(m, r, next, d, claims)
	if s.weighed == nil {
		s.weighed = map[int]intake.Weighed{}
	}
	s.weighed[n] = weighed
	return r, next, nil
}

// commitRead answers the part in a transaction, after asking a second reader where that is needed.
func (c *Clerk) commitRead(ctx context.Context, s *session) error {
	waiting, cancel := context.WithTimeout(ctx, secondLimit)
	defer cancel()
	s.second = map[int][]intake.Claim{}
	for {
		err := c.commit(ctx, s, func(tx Tx) error { return s.handle(ctx, tx) })
		if uncut, ok := errors.AsType[*uncutError](err); ok {
			c.cutOut(ctx, s, uncut)
			continue
		}
		unsure, ok := errors.AsType[*unsureError](err)
		if !ok {
			if err == nil {
				c.countSecond(s)
			}
			return err
		}
		if err := c.askSecond(ctx, waiting, s, unsure); err != nil {
			return err
		}
	}
}

// countSecond tells what became of what a second reader said of a part that was answered.
func (c *Clerk) countSecond(s *session) {
	if c.SecondSaid == nil {
		return
	}
	for n, w := range s.weighed {
		if s.second[n] == nil { // it failed, and that was told
			continue
		}
		c.SecondSaid("settled", w.Settled)
		c.SecondSaid("refused", w.Refused)
		c.SecondSaid("silent", w.Silent)
	}
}

// askSecond puts doubts to the second reader and keeps what it says; where it fails, the questions stand.
func (c *Clerk) askSecond(ctx, waiting context.Context, s *session, unsure *unsureError) error {
	type answer struct {
		claims []intake.Claim
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		claims, err := c.Second.Ask(waiting, unsure.doubts)
		answered <- answer{claims, err}
	}()
	quiet := time.NewTimer(secondQuiet)
	defer quiet.Stop()
	var a answer
	for done := false; !done; {
		select {
		case a = <-answered:
			done = true
		case <-quiet.C:
			if s.announced {
				continue
			}
			if err := c.receipt(ctx, s, "received", "收到，有一处要多看几秒…"); err != nil {
				return err
			}
		}
	}
	if a.err != nil && ctx.Err() == nil {
		c.Logger.Warn("second reader", "error", a.err, "trace_id", s.in.Trace)
		if c.SecondSaid != nil {
			c.SecondSaid("failed", len(unsure.doubts.Places))
		}
	}
	if a.err == nil && a.claims == nil {
		a.claims = []intake.Claim{}
	}
	s.second[unsure.message] = a.claims
	return ctx.Err()
}

// receipt tells the sender something at once, ahead of the answer. Told again after a crash, the same is not sent again.
func (c *Clerk) receipt(ctx context.Context, s *session, what, text string) error {
	d := orders.Delivery{
		Key: s.key() + ":" + what, Chat: s.part.Chat, Kind: "received",
		Body: body(cards.Message{Text: text}), Created: c.Now(),
	}
	if err := c.Store.Do(ctx, func(tx Tx) error { return tx.Send(d) }); err != nil {
		return err
	}
	s.announced = true
	if c.Sent != nil {
		c.Sent()
	}
	return nil
}
