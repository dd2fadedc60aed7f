package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// Silence is the job that tells salespeople of customers who usually order every week and have not.
type Silence struct {
	List interface {
		// Buyers returns when each customer's orders were confirmed since a moment.
		Buyers(ctx context.Context, since time.Time) (map[orders.CustomerCode][]time.Time, error)
	}
	Store     Store
	Catalog   func() *orders.Catalog
	Platforms map[orders.Platform]bool
	Now       func() time.Time
	Wake      func() // called after a round that told something; may be nil

	looked string // the day and the catalog of the last round: whoever is silent then is so all day, and reading all orders takes time
}

// How far back orders are looked at, when the day's work begins and ends, and how many missed cycles of a customer are told.
const (
	buyersSince = 90 * 24 * time.Hour
	dayBegins   = 9
	dayEnds     = 18
	missesTold  = 4
)

// Job returns the job, to be run every few minutes.
func (s *Silence) Job(every time.Duration) Job {
	return Job{Name: "silence", Every: every, Do: s.Round}
}

// Round tells each missed cycle once, on working days in working hours. Of several that were missed meanwhile it tells the last.
func (s *Silence) Round(ctx context.Context) error {
	now, cat := s.Now().In(beijing), s.Catalog()
	if hour := now.Hour(); !cat.Calendar.IsWorkday(now) || hour < dayBegins || hour >= dayEnds {
		return nil
	}
	look := fmt.Sprintf("%s %d", now.Format(time.DateOnly), cat.Version)
	if s.looked == look {
		return nil
	}
	buyers, err := s.List.Buyers(ctx, now.Add(-buyersSince))
	if err != nil {
		return err
	}
	var out []orders.Delivery
	for _, code := range slices.Sorted(maps.Keys(buyers)) {
		last, missed := orders.SilentSince(buyers[code], now)
		c := cat.Customer(code)
		if missed == 0 || missed > missesTold || c == nil {
			continue
		}
		to := overseers(cat)
		if own := cat.SalesOf(c); own != nil {
			to = []*orders.Staff{own}
		}
		for _, who := range to {
			if chat, ok := reach(who, s.Platforms, staffPlatforms...); ok {
				out = append(out, orders.Delivery{
					Key: fmt.Sprintf("silent:%s:%s:%d:%s", code, last.Format(time.DateOnly), missed, who.Code), Chat: chat, Kind: KindSilent,
					Body: body(cards.Silent(c, last, missed, now)), Created: now,
				})
			}
		}
	}
	if len(out) == 0 {
		s.looked = look
		return nil
	}
	if err := s.Store.Do(ctx, func(tx Tx) error { return tx.Send(out...) }); err != nil {
		return fmt.Errorf("tell of silent customers: %w", err)
	}
	s.looked = look
	if s.Wake != nil {
		s.Wake()
	}
	return nil
}

// early sends the proposal of early stocking to operations.
func (n *news) early() error {
	x, err := n.exception()
	if err != nil || x == nil || x.State != orders.ExceptionOpen {
		return err
	}
	p := n.cat.Product(orders.ProductCode(x.Cause))
	if p == nil {
		return nil
	}
	warehouse, keep, err := orders.Reserve20(n.tx, n.o, p.Code)
	if err != nil {
		return err
	}
	m := cards.EarlyCard(n.d.o.Signer, n.o, x, p, n.e.Data["orders"], warehouse, keep)
	reached := false
	for _, s := range n.cat.StaffWith(orders.RoleOperations) {
		reached = n.tell(s, KindEarly, m, staffPlatforms...) || reached
	}
	if !reached {
		n.toOverseers(KindEarly, m)
	}
	return nil
}

// earlySettled brings the other copies of the card to what became of it, and asks purchasing to let the supplier know.
func (n *news) earlySettled() error {
	x, err := n.exception()
	if err != nil || x == nil || x.State != orders.ExceptionClosed {
		return err
	}
	p := n.cat.Product(orders.ProductCode(x.Cause))
	if p == nil {
		return nil
	}
	if x.Note != "不备货" {
		n.tellRole(KindTold, cards.EarlySupplier(n.o, x, p), orders.RolePurchasing)
	}
	sent, err := n.tx.DeliveriesOf(n.o.ID, KindEarly)
	if err != nil {
		return err
	}
	about := make(map[string]bool)
	for _, d := range sent {
		about[d.Key] = cards.AboutEarly(d.Body, x.ID)
	}
	return n.settle(KindEarly, KindEarlySettled, func(key string) bool { return about[key] }, cards.EarlySettled(n.o, x, p))
}
