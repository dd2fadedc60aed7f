package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// invoicing has finance see to the invoice data of an order that was approved.
func (n *news) invoicing() error {
	if !isApproved(n.o) && !slices.Contains(orders.AfterShipping, n.o.Status) {
		return nil // it changed meanwhile: again when it is approved anew
	}
	staff := n.cat.StaffWith(orders.RoleFinance)
	if len(staff) == 0 {
		return nil
	}
	customer := n.cat.Customer(n.o.Customer)
	var data orders.InvoiceData
	if customer != nil {
		data = customer.InvoiceData()
	}
	seen, err := n.tx.SeeInvoiceData(n.o.Customer, data, n.now)
	if err != nil {
		return err
	}
	m := cards.InvoiceCheck(n.o, customer, seen)
	known, err := n.tx.DeliveriesOf(n.o.ID, KindInvoice)
	if err != nil || len(known) > 0 && bytes.Equal(known[len(known)-1].Body, body(m)) {
		return err
	}
	reached := false
	for _, s := range staff {
		reached = n.tell(s, KindInvoice, m, staffPlatforms...) || reached
	}
	if !reached {
		m.Text = "没有财务能收到，请安排：\n" + m.Text
		n.toOverseers(KindStuck, m)
	}
	return nil
}

// planning brings planning to what an approved order is now: the planning system where one is connected, else the planner where there is
// something to plan. What they have already is not sent again.
func (n *news) planning() error {
	if !isApproved(n.o) {
		return nil
	}
	if n.d.o.Platforms[orders.APS] {
		return n.plan(cards.Plan(n.o, n.cat))
	}
	if !n.o.NeedsPlanning(n.cat) {
		if n.o.Status == orders.StatusApproved || n.o.Status == orders.StatusAllocated { // nobody has begun
			return n.stop(KindPlan, cards.StopPlanning(n.o))
		}
		return nil
	}
	m := cards.Planning(n.o, n.cat)
	known, err := n.lastPlan()
	if err != nil || known != nil && bytes.Equal(known.Body, body(m)) {
		return err
	}
	n.tellRole(KindPlan, m, orders.RolePlanner)
	return nil
}

// unplan tells planning, where it has the order, that nothing of it is to be made any more.
func (n *news) unplan() error {
	if !n.d.o.Platforms[orders.APS] {
		return n.stop(KindPlan, cards.StopPlanning(n.o))
	}
	known, err := n.lastPlan()
	if err != nil || known == nil {
		return err
	}
	return n.plan(cards.Withdrawn(n.o))
}

// plan sends a planning system something of the order, unless that is what it got last. What it is sent of one order goes out in turn,
// and holds up no other order.
func (n *news) plan(what json.RawMessage) error {
	known, err := n.lastPlan()
	if err != nil || known != nil && bytes.Equal(known.Body, what) {
		return err
	}
	chat := orders.Chat{Platform: orders.APS, ID: string(n.o.ID)}
	n.out = append(n.out, orders.Delivery{
		Key: n.key(KindPlan, string(orders.APS)), Chat: chat, Kind: KindPlan, Order: n.o.ID, Body: what, Created: n.now,
	})
	return nil
}

// lastPlan is what planning got of the order last, or will get; nil: nothing, or they were stopped since.
func (n *news) lastPlan() (*orders.Delivery, error) {
	known, err := n.tx.DeliveriesOf(n.o.ID, KindPlan)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	last := &known[len(known)-1]
	stopped, err := n.tx.DeliveriesOf(n.o.ID, KindStop)
	if slices.ContainsFunc(stopped, func(d orders.Delivery) bool { return d.Chat == last.Chat && d.ID > last.ID }) {
		last = nil
	}
	return last, err
}

// isApproved tells whether an order is the departments' now: approved, and its goods have not left.
func isApproved(o *orders.Order) bool {
	return slices.Contains(orders.BeforeShipping, o.Status) && o.Status != orders.StatusPendingApproval
}

// Timing of the word about dispatches that do not get through. A platform that is away for less is nobody's business, and while it is
// away there is one message in a while, however many orders wait; each order is named once.
const (
	lateAfter = 5 * time.Minute
	lateEvery = 4 * time.Hour
)

// late tells operations of an order that has not got through to a department for minutes: where they can be reached without the platform
// that fails. It is tried on.
func (s *Sender) late(ctx context.Context, log *slog.Logger, d *orders.Delivery, cause *Error) {
	now := s.o.Now()
	if !slices.Contains(orders.DispatchKinds, d.Kind) || now.Sub(d.Created) < lateAfter {
		return
	}
	platform := string(d.Chat.Platform)
	m := cards.LateDispatch(d.Kind, d.Order, d.Chat.Platform, d.Created, cause.Error())
	var out []orders.Delivery
	for _, p := range s.caretakers(d.Chat.Platform) {
		out = append(out, orders.Delivery{
			Key: fmt.Sprintf("late:%s:%d:%s", platform, now.Unix()/int64(lateEvery.Seconds()), p.Code), Chat: p.chat, Kind: KindLate, Order: d.Order,
			Body: body(m), Created: now,
		})
	}
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	err := s.o.Store.Do(ctx, func(tx Tx) error {
		told, err := tx.DeliveriesOf(d.Order, KindLate)
		if err != nil || slices.ContainsFunc(told, func(t orders.Delivery) bool { return strings.HasPrefix(t.Key, "late:"+platform+":") }) {
			return err
		}
		return tx.Send(out...)
	})
	if err != nil { // the next try says it
		log.Error("tell of a late dispatch", "error", clean(err))
	}
}

// A planning system that refuses an order may take it once somebody has mended what it lacks, such as a product: it is asked again at
// this pace, and given up after so long.
const (
	refusedPace = 10 * time.Minute
	refusedFor  = 24 * time.Hour
)

// refusedPlan tells operations and the planners, once, of an order that a planning system does not take, and has it tried again.
func (s *Sender) refusedPlan(ctx context.Context, log *slog.Logger, d orders.Delivery, cause *Error) {
	now, who := s.o.Now(), s.caretakers(orders.APS)
	for _, p := range s.o.Catalog().StaffWith(orders.RolePlanner) {
		if chat, ok := reach(p, s.platforms, staffPlatforms...); ok {
			who = append(who, caretaker{p, chat})
		}
	}
	m := cards.RefusedPlan(d.Order, clean(cause.Err))
	var out []orders.Delivery
	for _, p := range who {
		out = append(out, orders.Delivery{
			Key: d.Key + ":lost:" + string(p.Code), Chat: p.chat, Kind: KindTold, Order: d.Order, Body: body(m), Created: now,
		})
	}
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	if err := s.o.Store.Do(ctx, func(tx Tx) error { return tx.Send(out...) }); err != nil {
		log.Error("tell of a refused plan", "error", clean(err))
		return // the claim ends, and all of this is done again
	}
	if now.Sub(d.Created) < refusedFor {
		s.later(ctx, log, d, now.Add(refusedPace), clean(cause))
		return
	}
	s.o.Metrics.lost.WithLabelValues(string(d.Chat.Platform), d.Kind).Inc()
	s.giveUp(ctx, log, &d, clean(cause))
}

// isOutdated tells whether something newer of the same order waits to be sent to the planning system, which takes the place of d.
func (s *Sender) isOutdated(ctx context.Context, log *slog.Logger, d *orders.Delivery) bool {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	isOutdated := false
	err := s.o.Store.Do(ctx, func(tx Tx) error {
		all, err := tx.DeliveriesOf(d.Order, d.Kind)
		isOutdated = slices.ContainsFunc(all, func(x orders.Delivery) bool { return x.Chat == d.Chat && x.ID > d.ID })
		return err
	})
	if err != nil { // it is sent once more
		log.Error("look for a newer plan", "error", clean(err))
	}
	return err == nil && isOutdated
}

// giveUp records that something is not to be sent any more.
func (s *Sender) giveUp(ctx context.Context, log *slog.Logger, d *orders.Delivery, cause string) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	if err := s.o.Outbox.FailDelivery(ctx, *d, s.o.Now(), cause); err != nil {
		log.Error("give a delivery up", "error", clean(err))
		return
	}
	log.Info("given up", "cause", cause)
	s.Wake()
}

type caretaker struct {
	*orders.Staff

	chat orders.Chat
}

// caretakers are who sees to a system that fails: operations, else the administrators, else management, where they can be reached
// elsewhere.
func (s *Sender) caretakers(failing orders.Platform) []caretaker {
	cat := s.o.Catalog()
	var out []caretaker
	for _, role := range []orders.Role{orders.RoleOperations, orders.RoleAdmin, orders.RoleManagement} {
		for _, p := range cat.StaffWith(role) {
			for _, on := range staffPlatforms {
				if chat, ok := chatOn(on, p, s.platforms); ok && on != failing {
					out = append(out, caretaker{p, chat})
					break
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}
