package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// Timing of the sender.
const (
	pollEvery   = 500 * time.Millisecond // how often the outbox is looked at when nobody wakes us
	holdClaim   = 40 * time.Second       // the default of SenderOptions.Hold
	recordTime  = 10 * time.Second       // to record what became of a delivery
	firstRetry  = 500 * time.Millisecond
	lastRetry   = time.Minute
	authRetry   = time.Minute
	rateRetry   = 20 * time.Second // where the platform doesn't say how long to wait
	backlogTime = 15 * time.Second // between two looks at the backlog
	senders     = 12               // deliveries on their way at once
	turnWait    = 2 * time.Second  // how long one without a key waits for its turn
)

// WeCom drops what one member gets beyond this, in silence (platforms' documentation, rate limits:
// "应用发消息 30 次/分钟、1000 次/小时").
const (
	wecomMinute = 30
	wecomHour   = 1000
)

// Store runs transactions. f may be run more than once.
type Store interface {
	Do(ctx context.Context, f func(Tx) error) error
}

// SenderOptions is what a [Sender] works with.
type SenderOptions struct {
	Outbox   Outbox
	Store    Store
	Channels map[orders.Platform]Channel
	// Catalog finds the other channel of a person; see [Sender].
	Catalog func() *orders.Catalog
	Backlog Backlog // nil: the age of the outbox is not measured
	// Blob returns content that the store keeps: CodeNotFound where it has none.
	Blob func(ctx context.Context, digest string) ([]byte, error)
	// Hold is the time after which another process may take what a dead one had claimed; 0: 40 s. A
	// call may take five eighths of it.
	Hold    time.Duration
	Metrics *Metrics
	Now     func() time.Time
	Logger  *slog.Logger
}

// Sender delivers what is in the outbox, in order per chat. What fails for a passing reason is
// tried again for as long as it takes: a platform that is away delays, it drops nothing. What a
// platform refuses is given up there. If it matters (see [Kinds]) it is tried once in the person's
// other chat, and when that is refused too the overseers are told.
//
// Any number of senders may work on one outbox. A sender that dies between sending and recording
// has its delivery sent again by another one, with the same key. What has no key on its platform is
// sent one at a time, so that a crash repeats at most one of these.
type Sender struct {
	o         SenderOptions
	wake      chan struct{}
	gates     map[orders.Platform]*gate
	platforms map[orders.Platform]bool
	unkeyed   chan struct{} // held from sending to recording what no platform recognises
}

// NewSender returns a sender; [Sender.Run] starts it.
func NewSender(o SenderOptions) *Sender {
	o.Hold = cmp.Or(o.Hold, holdClaim)
	s := &Sender{
		o: o, wake: make(chan struct{}, 1),
		gates: make(map[orders.Platform]*gate), platforms: make(map[orders.Platform]bool), unkeyed: make(chan struct{}, 1),
	}
	for p := range o.Channels {
		s.gates[p], s.platforms[p] = new(gate), true
	}
	return s
}

// Wake makes the sender look into the outbox at once. It never blocks.
func (s *Sender) Wake() { poke(s.wake) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. It returns when every delivery that is on its way is recorded.
func (s *Sender) Run(ctx context.Context) error {
	free := make(chan struct{}, senders)
	var wg sync.WaitGroup
	defer wg.Wait()
	if s.o.Backlog != nil {
		wg.Go(func() { s.watch(ctx) })
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		n := senders - len(free)
		if n > 0 {
			claimed, err := s.o.Outbox.ClaimDeliveries(ctx, s.o.Now(), s.o.Hold, n)
			if err != nil && ctx.Err() == nil {
				s.o.Logger.Error("claim deliveries", "error", clean(err))
			}
			for _, d := range claimed {
				free <- struct{}{}
				wg.Go(func() {
					s.Deliver(ctx, d)
					<-free
					s.Wake() // the chat's next one
				})
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// watch measures the backlog now and then.
func (s *Sender) watch(ctx context.Context) {
	tick := time.NewTicker(backlogTime)
	defer tick.Stop()
	for {
		n, oldest, err := s.o.Backlog.Backlog(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.o.Logger.Error("measure backlog", "error", clean(err))
		case err == nil:
			s.o.Metrics.pending.Set(float64(n))
			age := 0.0
			if n > 0 {
				age = max(s.o.Now().Sub(oldest).Seconds(), 0)
			}
			s.o.Metrics.age.Set(age)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Deliver sends one claimed delivery and records what became of it. It lets a call that is under
// way finish when ctx ends.
func (s *Sender) Deliver(ctx context.Context, d orders.Delivery) {
	ctx = context.WithoutCancel(ctx)
	log := s.o.Logger.With("delivery", d.ID, "kind", d.Kind, "platform", d.Chat.Platform, "order_id", d.Order)
	platform := string(d.Chat.Platform)
	channel, g := s.o.Channels[d.Chat.Platform], s.gates[d.Chat.Platform]
	if channel == nil {
		s.refuse(ctx, log, d, &Error{Reason: Rejected, Err: errors.New("platform is not set up")})
		return
	}
	if d.Chat.Platform == orders.APS && d.Attempts > 0 && s.isOutdated(ctx, log, &d) {
		s.giveUp(ctx, log, &d, "superseded")
		return
	}
	if wait, err := s.overBudget(ctx, d.Chat); err != nil || wait > 0 {
		if err != nil {
			log.Error("count what was sent", "error", clean(err))
			wait = time.Second
		}
		s.later(ctx, log, d, s.o.Now().Add(wait), cmp.Or(d.Error, heldBack))
		return
	}
	if !channel.Keyed(d) {
		select {
		case s.unkeyed <- struct{}{}:
			defer func() { <-s.unkeyed }()
		case <-time.After(turnWait): // others must not stand behind a platform that is slow
			s.later(ctx, log, d, s.o.Now().Add(jitter(&d, time.Second)), cmp.Or(d.Error, heldBack))
			return
		}
	}
	if again, ok := g.enter(s.o.Now()); !ok {
		s.later(ctx, log, d, again.Add(jitter(&d, time.Second)), cmp.Or(d.Error, heldBack))
		return
	}
	if d.Attempts > 0 && d.Error == "" {
		s.o.Metrics.repeated.WithLabelValues(platform).Inc() // its first sender died
	}
	receipt, err := s.send(ctx, channel, d)
	now := s.o.Now()
	if err == nil {
		if g.leave(now, "", 0) {
			log.Info("platform works again")
		}
		s.sent(ctx, log, d, receipt)
		return
	}
	e := classify(err)
	s.o.Metrics.failed.WithLabelValues(platform, string(e.Reason)).Inc()
	if e.Reason == Rejected {
		g.leave(now, "", 0)
		if d.Chat.Platform == orders.APS {
			s.refusedPlan(ctx, log, d, e)
		} else {
			s.refuse(ctx, log, d, e)
		}
		return
	}
	if g.leave(now, e.Reason, e.RetryAfter) {
		level := slog.LevelWarn
		if e.Reason == Auth {
			level = slog.LevelError
		}
		log.Log(ctx, level, "platform fails", "reason", e.Reason, "error", clean(e))
	}
	if e.Unknown {
		s.o.Metrics.repeated.WithLabelValues(platform).Inc()
	}
	s.late(ctx, log, &d, e)
	s.later(ctx, log, d, now.Add(s.pause(&d, e)), clean(e))
}

// send makes the call.
func (s *Sender) send(ctx context.Context, channel Channel, d orders.Delivery) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Hold*5/8)
	defer cancel()
	var target *orders.Delivery
	if d.Update != 0 {
		var err error
		target, err = s.o.Outbox.Delivery(ctx, d.Update)
		if orders.ErrorCode(err) == orders.CodeNotFound { // so old that it was deleted
			return nil, errNoCard
		}
		if err != nil {
			return nil, &Error{Reason: Unavailable, Err: err}
		}
		switch target.Status {
		case orders.DeliverySent:
		case orders.DeliveryFailed:
			return nil, errNoCard
		default: // it is on its way, in another chat's queue
			return nil, &Error{Reason: RateLimited, RetryAfter: time.Second, Err: errors.New("the card is not sent yet")}
		}
	}
	if err := s.fill(ctx, &d); err != nil {
		return nil, err
	}
	return channel.Send(ctx, d, target)
}

// fill puts in the content of a file that the message only names.
func (s *Sender) fill(ctx context.Context, d *orders.Delivery) error {
	if !bytes.Contains(d.Body, []byte(`"blob":`)) {
		return nil
	}
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return &Error{Reason: Rejected, Err: err}
	}
	if m.File == nil || m.File.Blob == "" {
		return nil // it was within a text
	}
	data, err := s.o.Blob(ctx, m.File.Blob)
	switch {
	case orders.ErrorCode(err) == orders.CodeNotFound:
		m.File = nil // its text says what to do
	case err != nil:
		return &Error{Reason: Unavailable, Err: err}
	default:
		m.File.Data, m.File.Blob = data, ""
	}
	d.Body = body(m)
	return nil
}

// heldBack is noted for a delivery that was not tried: its platform is in trouble, or its receiver
// got as much as the platform lets through.
const heldBack = "held back"

// errNoCard says that the card that was to be changed never reached anybody.
var errNoCard = errors.New("the card to change was never delivered")

// classify finds the reason of a failure. A failure without one is the network's.
func classify(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, errNoCard):
		return &Error{Reason: Rejected, Err: err}
	default:
		return &Error{Reason: Unavailable, Unknown: true, Err: err}
	}
}

// pause is how long to wait after a passing failure.
func (s *Sender) pause(d *orders.Delivery, e *Error) time.Duration {
	switch e.Reason {
	case RateLimited:
		if e.RetryAfter > 0 {
			return e.RetryAfter + jitter(d, time.Second)
		}
		return rateRetry + jitter(d, rateRetry/2)
	case Auth:
		return authRetry + jitter(d, authRetry/4)
	default:
		// Doubling with every try, but never longer than it has been waiting: tries also count when
		// a closed gate turned the delivery back.
		age := s.o.Now().Sub(d.Created)
		pause := firstRetry << min(d.Attempts, 7)
		pause = min(pause, max(age, firstRetry), lastRetry)
		pause = max(pause, e.RetryAfter)
		return pause - jitter(d, pause/2)
	}
}

// jitter spreads retries over a span. It is a figure of the delivery and its try, so that two
// deliveries rarely have the same.
func jitter(d *orders.Delivery, span time.Duration) time.Duration {
	if span <= 0 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.Key + "#" + strconv.Itoa(d.Attempts)))
	return span * time.Duration(h.Sum32()%1024) / 1024
}

// overBudget tells how long to wait before the platform would drop a message in silence.
func (s *Sender) overBudget(ctx context.Context, c orders.Chat) (time.Duration, error) {
	if c.Platform != orders.WeCom {
		return 0, nil
	}
	now := s.o.Now()
	for _, b := range []struct {
		window, wait time.Duration
		limit        int
	}{{time.Hour, time.Minute, wecomHour}, {time.Minute, 2 * time.Second, wecomMinute}} {
		n, err := s.o.Outbox.SentSince(ctx, c, now.Add(-b.window))
		if err != nil {
			return 0, err
		}
		if n >= b.limit {
			return b.wait, nil
		}
	}
	return 0, nil
}

func (s *Sender) sent(ctx context.Context, log *slog.Logger, d orders.Delivery, receipt json.RawMessage) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	now := s.o.Now()
	s.o.Metrics.sent.WithLabelValues(string(d.Chat.Platform)).Inc()
	s.o.Metrics.delay.WithLabelValues(string(d.Chat.Platform)).Observe(max(now.Sub(d.Created).Seconds(), 0))
	switch err := s.o.Outbox.FinishDelivery(ctx, d, receipt, now); {
	case orders.ErrorCode(err) == orders.CodeConflict:
		log.Warn("another sender has taken the delivery over: it may arrive twice")
	case err != nil: // the claim ends, and it is sent again with the same key
		log.Error("record a sent delivery", "error", clean(err))
	default:
		log.Debug("sent")
	}
}

func (s *Sender) later(ctx context.Context, log *slog.Logger, d orders.Delivery, at time.Time, cause string) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	if err := s.o.Outbox.RetryDelivery(ctx, d, at, cause); err != nil { // the claim ends by itself
		log.Error("give a delivery back", "error", clean(err))
	}
}

// refuse gives a delivery up after putting what replaces it into the outbox.
func (s *Sender) refuse(ctx context.Context, log *slog.Logger, d orders.Delivery, cause *Error) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	now := s.o.Now()
	next := s.instead(&d, now)
	if errors.Is(cause, errNoCard) {
		next = nil // who never saw the card needs no news of it
	}
	if len(next) > 0 {
		if err := s.o.Store.Do(ctx, func(tx Tx) error {
			over, err := replaced(tx, &d)
			if err != nil || over {
				return err
			}
			return tx.Send(next...)
		}); err != nil {
			log.Error("replace a refused delivery", "error", clean(err))
			return // the claim ends, and all of this is done again
		}
	}
	if len(next) == 0 || next[0].Kind == KindTold {
		s.o.Metrics.lost.WithLabelValues(string(d.Chat.Platform), d.Kind).Inc()
	}
	if err := s.o.Outbox.FailDelivery(ctx, d, now, clean(cause)); err != nil {
		log.Error("record a refused delivery", "error", clean(err))
		return
	}
	log.Warn("delivery refused", "error", clean(cause), "replaced", len(next))
	s.Wake()
}

// replaced tells whether a card's matter is settled, so that it need not reach anybody any more.
func replaced(tx Tx, d *orders.Delivery) (bool, error) {
	kind := Kinds[d.Kind].settled
	if kind == "" {
		return false, nil
	}
	updates, err := tx.DeliveriesOf(d.Order, kind)
	return slices.ContainsFunc(updates, func(u orders.Delivery) bool { return u.Update == d.ID }), err
}

// instead returns what is sent in place of a delivery that was refused: the same in the person's
// other chat, or, if that was it, word to the overseers.
func (s *Sender) instead(d *orders.Delivery, now time.Time) []orders.Delivery {
	if d.Kind == KindReport {
		return s.lostReport(d, now)
	}
	cat := s.o.Catalog()
	k, matters := Kinds[d.Kind]
	staff := cat.StaffByAccount(d.Chat.Platform, d.Chat.ID)
	if !matters || staff == nil {
		return nil
	}
	if !strings.HasSuffix(d.Key, orders.OtherChat) {
		for _, p := range staffPlatforms {
			if chat, ok := chatOn(p, staff, s.platforms); ok && p != d.Chat.Platform {
				return []orders.Delivery{{Key: d.Key + orders.OtherChat, Chat: chat, Kind: d.Kind, Order: d.Order, Body: d.Body, Created: now}}
			}
		}
	}
	if !k.report {
		return nil
	}
	var out []orders.Delivery
	for _, p := range overseers(cat) {
		if chat, ok := reach(p, s.platforms, staffPlatforms...); ok && p.Code != staff.Code {
			out = append(out, orders.Delivery{
				Key: d.Key + ":lost:" + string(p.Code), Chat: chat, Kind: KindTold, Order: d.Order, Created: now,
				Body: body(cards.Message{Text: fmt.Sprintf("订单 %s 的%s没能送到%s，请直接联系。也请在员工名单里补上可用的企业微信或钉钉账号。",
					d.Order, k.Name, staff.Name)}),
			})
		}
	}
	return out
}

// secretInURL matches the query of a URL, which is where tokens and secrets stand.
var secretInURL = regexp.MustCompile(`\?[^\s"]+`)

// clean returns the text of an error without what stands in the queries of URLs.
func clean(err error) string { return secretInURL.ReplaceAllString(err.Error(), "?…") }
