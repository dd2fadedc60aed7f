package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/orders"
)

// memory is an outbox with its transactions, in memory. It keeps what storage promises: unique
// keys, one claim a chat, claims that end, all of a transaction or nothing.
type memory struct {
	mu   sync.Mutex
	s    memoryState
	fail error // of every call while set
	// dropFinish makes FinishDelivery fail that often, as a crash between send and record would.
	dropFinish int
	// failInvoicing is the error of everything about invoice data while set.
	failInvoicing error
}

type memoryState struct {
	Orders     map[orders.OrderID]*orders.Order
	Deliveries []*orders.Delivery
	Events     []*memoryEvent
	Bindings   []orders.Binding
	Slots      map[string]bool
	Spent      map[string]int
	Claims     int
	// Free is the stock that is free of each product; a product without an entry has plenty.
	Free       map[orders.ProductCode]orders.Quantity
	Exceptions []orders.Exception
	// Invoicing is what finance was shown of customers' invoice data.
	Invoicing map[orders.CustomerCode]orders.SeenInvoice
}

type memoryEvent struct {
	orders.Event
	Due   time.Time
	Done  bool
	Tries int
	Claim string
	Error string
}

func newMemory() *memory {
	return &memory{s: memoryState{
		Orders: map[orders.OrderID]*orders.Order{}, Slots: map[string]bool{}, Spent: map[string]int{},
		Free: map[orders.ProductCode]orders.Quantity{}, Invoicing: map[orders.CustomerCode]orders.SeenInvoice{},
	}}
}

// copyOf copies a value by way of JSON.
func copyOf[T any](v T) T {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

func (m *memory) Do(_ context.Context, f func(notify.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	before := memoryState{
		Orders: maps.Clone(m.s.Orders), Slots: m.s.Slots, Spent: m.s.Spent, Free: maps.Clone(m.s.Free),
		Bindings: slices.Clone(m.s.Bindings), Claims: m.s.Claims, Exceptions: slices.Clone(m.s.Exceptions), Invoicing: maps.Clone(m.s.Invoicing),
	}
	for _, d := range m.s.Deliveries {
		c := *d
		before.Deliveries = append(before.Deliveries, &c)
	}
	for _, e := range m.s.Events {
		c := *e
		before.Events = append(before.Events, &c)
	}
	if err := f(&memoryTx{m: m}); err != nil {
		m.s = before
		return err
	}
	return nil
}

// must runs a transaction that must not fail.
func (m *memory) must(t *testing.T, f func(tx notify.Tx) error) {
	t.Helper()
	require.NoError(t, m.Do(t.Context(), f))
}

// send puts deliveries into the outbox.
func (m *memory) send(t *testing.T, d ...orders.Delivery) {
	t.Helper()
	m.must(t, func(tx notify.Tx) error { return tx.Send(d...) })
}

// all returns a copy of all deliveries.
func (m *memory) all() []orders.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []orders.Delivery
	for _, d := range m.s.Deliveries {
		out = append(out, *d)
	}
	return out
}

func (m *memory) order(id orders.OrderID) *orders.Order {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copyOf(m.s.Orders[id])
}

// openEvents returns the kinds of the events that nobody has finished.
func (m *memory) openEvents() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, e := range m.s.Events {
		if !e.Done {
			out = append(out, e.Kind)
		}
	}
	return out
}

func (m *memory) ClaimDeliveries(_ context.Context, now time.Time, hold time.Duration, n int) ([]orders.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	var out []orders.Delivery
	seen := map[orders.Chat]bool{}
	for _, d := range m.s.Deliveries {
		if len(out) == n {
			break
		}
		if d.Status != orders.DeliveryPending || seen[d.Chat] {
			continue
		}
		seen[d.Chat] = true
		if d.NotAt.After(now) {
			continue
		}
		m.s.Claims++
		d.Token, d.NotAt = fmt.Sprint(m.s.Claims), now.Add(hold)
		out = append(out, *d)
		d.Attempts++
	}
	return out, nil
}

// claimed runs f on a delivery whose claim still holds.
func (m *memory) claimed(d orders.Delivery, f func(*orders.Delivery)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	for _, have := range m.s.Deliveries {
		if have.ID == d.ID {
			if have.Token != d.Token || have.Status != orders.DeliveryPending {
				return orders.Errorf(orders.CodeConflict, "claim is over")
			}
			f(have)
			return nil
		}
	}
	return orders.Errorf(orders.CodeNotFound, "no such delivery")
}

func (m *memory) FinishDelivery(_ context.Context, d orders.Delivery, receipt json.RawMessage, now time.Time) error {
	m.mu.Lock()
	drop := m.dropFinish > 0
	if drop {
		m.dropFinish--
	}
	m.mu.Unlock()
	if drop {
		return errors.New("connection lost")
	}
	return m.claimed(d, func(d *orders.Delivery) {
		d.Status, d.SentAt, d.Receipt, d.Token = orders.DeliverySent, now, receipt, ""
	})
}

func (m *memory) RetryDelivery(_ context.Context, d orders.Delivery, at time.Time, cause string) error {
	return m.claimed(d, func(d *orders.Delivery) { d.NotAt, d.Error, d.Token = at, cause, "" })
}

func (m *memory) FailDelivery(_ context.Context, d orders.Delivery, _ time.Time, cause string) error {
	return m.claimed(d, func(d *orders.Delivery) { d.Status, d.Error, d.Token = orders.DeliveryFailed, cause, "" })
}

func (m *memory) Delivery(_ context.Context, id int64) (*orders.Delivery, error) {
	for _, d := range m.all() {
		if d.ID == id {
			return &d, nil
		}
	}
	return nil, orders.Errorf(orders.CodeNotFound, "no such delivery")
}

func (m *memory) SentSince(_ context.Context, c orders.Chat, since time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, d := range m.s.Deliveries {
		if d.Chat == c && d.Status == orders.DeliverySent && !d.SentAt.Before(since) {
			n++
		}
	}
	return n, nil
}

func (m *memory) Backlog(context.Context) (int, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, oldest := 0, time.Time{}
	for _, d := range m.s.Deliveries {
		if d.Status == orders.DeliveryPending {
			if n == 0 {
				oldest = d.Created
			}
			n++
		}
	}
	return n, oldest, nil
}

func (m *memory) ClaimEvents(_ context.Context, now time.Time, hold time.Duration, n int) ([]orders.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	var out []orders.Event
	for _, e := range m.s.Events {
		if e.Done || e.Due.After(now) || len(out) == n {
			continue
		}
		m.s.Claims++
		e.Claim, e.Due = fmt.Sprint(m.s.Claims), now.Add(hold)
		c := e.Event
		c.Token, c.Attempts = e.Claim, e.Tries
		e.Tries++
		out = append(out, c)
	}
	return out, nil
}

func (m *memory) RetryEvent(_ context.Context, e orders.Event, at time.Time, cause string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, have := range m.s.Events {
		if have.ID == e.ID && have.Claim == e.Token {
			have.Due, have.Error, have.Claim = at, cause, ""
		}
	}
	return m.fail
}

func (m *memory) DueOrders(_ context.Context, now time.Time, n int) ([]orders.OrderID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []orders.OrderID
	for _, id := range slices.Sorted(maps.Keys(m.s.Orders)) {
		if at := m.s.Orders[id].NextAt(); !at.IsZero() && !at.After(now) && len(out) < n {
			out = append(out, id)
		}
	}
	return out, m.fail
}

func (m *memory) TakeSlot(_ context.Context, slot string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := !m.s.Slots[slot]
	m.s.Slots[slot] = true
	return first, m.fail
}

func (m *memory) Spend(_ context.Context, name, day string, limit int) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Spent[name+day]++
	return m.s.Spent[name+day] <= limit, m.fail
}

func (m *memory) ShipmentByToken(_ context.Context, token string) (orders.OrderID, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, o := range m.s.Orders {
		for _, s := range o.Shipments {
			if s.Token == token {
				return id, s.No, nil
			}
		}
	}
	return "", 0, orders.Errorf(orders.CodeNotFound, "no such parcel")
}

// memoryTx is one transaction; the lock of memory is held. Of stock it knows what orders need.
type memoryTx struct {
	orders.EarlyTx
	orders.LinkTx
	orders.SurgeryTx
	orders.SpreadTx

	m *memory
}

func (*memoryTx) Returned(orders.CustomerCode, time.Time) (orders.Returned, error) {
	return orders.Returned{}, nil
}

func (*memoryTx) Streak(*orders.Order, orders.ProductCode, int) ([]orders.PastUrgent, error) {
	return nil, nil
}

func (*memoryTx) Home(*orders.Order) (string, error) { return "", nil }

func (tx *memoryTx) Exceptions(id orders.OrderID) ([]*orders.Exception, error) {
	var out []*orders.Exception
	for _, x := range tx.m.s.Exceptions {
		if x.Order == id {
			out = append(out, &x)
		}
	}
	return out, nil
}

func (tx *memoryTx) SaveException(x *orders.Exception) error {
	if x.ID == 0 {
		x.ID = int64(len(tx.m.s.Exceptions) + 1)
		tx.m.s.Exceptions = append(tx.m.s.Exceptions, *x)
	}
	tx.m.s.Exceptions[x.ID-1] = *x
	return nil
}

func (*memoryTx) OpenOf(orders.CustomerCode) ([]*orders.Order, error) { return nil, nil }

func (*memoryTx) ProductionLoad() ([]orders.Made, error) { return nil, nil }

func (*memoryTx) Picks(orders.OrderID) ([]orders.Pick, error) { return nil, nil }

func (tx *memoryTx) NextOrderID(day time.Time) (orders.OrderID, error) {
	return orders.OrderID(fmt.Sprintf("SO%s%04d", day.In(beijing).Format("20060102"), len(tx.m.s.Orders)+1)), nil
}

func (tx *memoryTx) InsertOrder(o *orders.Order) error {
	tx.m.s.Orders[o.ID] = copyOf(o)
	return nil
}

func (tx *memoryTx) Order(id orders.OrderID) (*orders.Order, error) {
	o := tx.m.s.Orders[id]
	if o == nil {
		return nil, orders.Errorf(orders.CodeNotFound, "no such order")
	}
	return copyOf(o), nil
}

func (*memoryTx) CreditNote(string, orders.CustomerCode, orders.OrderID, orders.Money, time.Time) error {
	return errors.New("nothing here is invoiced")
}

func (tx *memoryTx) SaveOrder(o *orders.Order) error {
	if tx.m.s.Orders[o.ID].Version != o.Version {
		return orders.Errorf(orders.CodeConflict, "another version")
	}
	o.Version++
	return tx.InsertOrder(o)
}

func (tx *memoryTx) Reserve(o *orders.Order, _ time.Time) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		take := l.Short()
		if free, ok := tx.m.s.Free[l.Product]; ok {
			if free.LessThan(take) {
				take = free
			}
			tx.m.s.Free[l.Product] = free.Sub(take)
		}
		l.Reserved = l.Reserved.Add(take)
	}
	return nil
}

func (tx *memoryTx) PassHolds(_, _ *orders.Order) error { return nil }

func (tx *memoryTx) Firm(*orders.Order) error { return nil }

func (tx *memoryTx) Release(o *orders.Order) error {
	for i := range o.Lines {
		o.Lines[i].Reserved = orders.Quantity{}
	}
	return nil
}

func (tx *memoryTx) Consume(o *orders.Order) error { return tx.Release(o) }

func (tx *memoryTx) HoldCredit(_ orders.CustomerCode, amount orders.Money) (orders.Money, error) {
	return amount, nil
}

func (tx *memoryTx) Overdue(orders.CustomerCode, time.Time) (orders.Overdue, error) {
	return orders.Overdue{}, nil
}

func (tx *memoryTx) Recent(*orders.Order, time.Time) ([]orders.PastOrder, error) { return nil, nil }

func (tx *memoryTx) Dealings(*orders.Order, time.Time) (orders.Dealings, error) {
	return orders.Dealings{}, nil
}

func (tx *memoryTx) Audit(...orders.AuditEntry) error { return nil }

func (tx *memoryTx) Emit(events ...orders.Event) error {
	for _, e := range events {
		e.ID = int64(len(tx.m.s.Events) + 1)
		tx.m.s.Events = append(tx.m.s.Events, &memoryEvent{Event: e})
	}
	return nil
}

func (tx *memoryTx) FinishEvent(e orders.Event) error {
	for _, have := range tx.m.s.Events {
		if have.ID == e.ID {
			if have.Done || have.Claim != e.Token {
				return orders.Errorf(orders.CodeConflict, "claim is over")
			}
			have.Done = true
		}
	}
	return nil
}

func (tx *memoryTx) Send(deliveries ...orders.Delivery) error {
	for _, d := range deliveries {
		if slices.ContainsFunc(tx.m.s.Deliveries, func(have *orders.Delivery) bool { return have.Key == d.Key }) {
			continue
		}
		d.ID, d.Status = int64(len(tx.m.s.Deliveries)+1), orders.DeliveryPending
		tx.m.s.Deliveries = append(tx.m.s.Deliveries, &d)
	}
	return nil
}

func (tx *memoryTx) DeliveriesOf(id orders.OrderID, kind string) ([]orders.Delivery, error) {
	var out []orders.Delivery
	for _, d := range tx.m.s.Deliveries {
		if d.Order == id && d.Kind == kind && d.Status != orders.DeliveryFailed {
			out = append(out, *d)
		}
	}
	return out, nil
}

func (tx *memoryTx) BindingsOf(c orders.CustomerCode) ([]orders.Binding, error) {
	var out []orders.Binding
	for _, b := range tx.m.s.Bindings {
		if b.Customer == c {
			out = append(out, b)
		}
	}
	return out, nil
}

func (tx *memoryTx) SeeInvoiceData(c orders.CustomerCode, data orders.InvoiceData, now time.Time) (orders.SeenInvoice, error) {
	if tx.m.failInvoicing != nil {
		return orders.SeenInvoice{}, tx.m.failInvoicing
	}
	was := tx.m.s.Invoicing[c]
	if was.At.IsZero() || was.InvoiceData != data {
		tx.m.s.Invoicing[c] = orders.SeenInvoice{InvoiceData: data, At: now}
	}
	return was, nil
}

func (tx *memoryTx) OrderLink(id orders.OrderID) (string, error) { return "link-" + string(id), nil }

// call is one thing that a channel was asked to send.
type call struct {
	Key    string
	Chat   orders.Chat
	Text   string
	Card   *cards.Card
	Update int64
	At     time.Time
}

// channel is a chat platform that notes what it is sent and fails as told.
type channel struct {
	mu    sync.Mutex
	calls []call
	// refuse says what becomes of a message; nil: it is taken.
	refuse func(d *orders.Delivery, m cards.Message) error
	now    func() time.Time
	tried  int
	// unkeyed: it shows what is sent again again.
	unkeyed bool
	// concurrently is what a call does beside others; under is how many do, most how many did at once.
	concurrently func()
	under, most  int
}

func (c *channel) Keyed(orders.Delivery) bool { return !c.unkeyed }

func (c *channel) Send(_ context.Context, d orders.Delivery, target *orders.Delivery) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried++
	if c.concurrently != nil {
		c.under++
		c.most = max(c.most, c.under)
		c.mu.Unlock()
		c.concurrently()
		c.mu.Lock()
		c.under--
	}
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return nil, &notify.Error{Reason: notify.Rejected, Err: err}
	}
	if c.refuse != nil {
		if err := c.refuse(&d, m); err != nil {
			return nil, err
		}
	}
	if d.Update != 0 && len(target.Receipt) == 0 {
		return nil, &notify.Error{Reason: notify.Rejected, Err: errors.New("nothing to update")}
	}
	c.calls = append(c.calls, call{d.Key, d.Chat, m.Text, m.Card, d.Update, c.now()})
	return json.RawMessage(fmt.Sprintf(`{"msg":%d}`, d.ID)), nil
}

// taken returns what was sent, oldest first.
func (c *channel) taken() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// keys returns the keys of what was sent to a chat.
func (c *channel) keys(id string) []string {
	var out []string
	for _, k := range c.taken() {
		if k.Chat.ID == id {
			out = append(out, k.Key)
		}
	}
	return out
}

// set changes how the channel fails.
func (c *channel) set(refuse func(*orders.Delivery, cards.Message) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = refuse
}

func always(e *notify.Error) func(*orders.Delivery, cards.Message) error {
	return func(*orders.Delivery, cards.Message) error { return e }
}

var beijing = time.FixedZone("Asia/Shanghai", 8*3600)

// metrics returns metrics with the registry that has them.
func metrics() (*notify.Metrics, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	return notify.NewMetrics(reg), reg
}

// value returns a metric's value, summed over its labels.
func value(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func say(key string, platform orders.Platform, id string) orders.Delivery {
	raw, _ := json.Marshal(cards.Message{Text: key})
	return orders.Delivery{Key: key, Chat: orders.Chat{Platform: platform, ID: id}, Kind: "reply", Body: raw, Created: time.Now()}
}
