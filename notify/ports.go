// Package notify is the outbound side: it turns events into messages to the right people
// ([Dispatcher]), delivers messages in order per chat with retries and within the platforms'
// limits ([Sender]), and runs the clock's work ([Scheduler]). One folder a platform holds its API
// client. It is a stranger to package bot.
package notify

import (
	"context"
	"encoding/json"
	"time"

	"orderbot/orders"
)

// Channel sends messages to the chats of one platform.
type Channel interface {
	// Send delivers d.Body (a cards.Message) to d.Chat, or, where d.Update is set, replaces the card
	// that was sent as target. A card that the platform refuses, or can't change any more, is said as
	// text in the same chat. The receipt is what a later update needs. Errors are *[Error].
	Send(ctx context.Context, d orders.Delivery, target *orders.Delivery) (receipt json.RawMessage, err error)
	// Keyed tells whether the platform recognises d when it is sent again, so that nobody sees it twice.
	Keyed(d orders.Delivery) bool
}

// Reason classifies a failed delivery. It decides the retry and labels the metric.
type Reason string

// The reasons.
const (
	Rejected    Reason = "rejected"     // our payload or the receiver is wrong: never retry
	Auth        Reason = "auth"         // credentials are wrong: retry slowly, tell the operator
	RateLimited Reason = "rate_limited" // wait RetryAfter
	Unavailable Reason = "unavailable"  // network or platform trouble: back off
)

// Error is a classified delivery failure. Its text never holds a token or secret.
type Error struct {
	Reason     Reason
	RetryAfter time.Duration
	// Unknown tells that the answer was lost: the platform may have done what was asked.
	Unknown bool
	Err     error
}

// Error returns the reason and the cause.
func (e *Error) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Outbox hands out what is to be sent.
type Outbox interface {
	// ClaimDeliveries returns due deliveries, at most one for each chat: its oldest that is pending.
	// Attempts tells how often each was claimed before, Error why it was given back.
	// A claim ends after hold, so that a killed worker loses nothing.
	ClaimDeliveries(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Delivery, error)
	// FinishDelivery records the receipt. CodeConflict when the claim has run out.
	FinishDelivery(ctx context.Context, d orders.Delivery, receipt json.RawMessage, now time.Time) error
	// RetryDelivery gives a delivery back until at. FailDelivery gives it up.
	RetryDelivery(ctx context.Context, d orders.Delivery, at time.Time, cause string) error
	FailDelivery(ctx context.Context, d orders.Delivery, now time.Time, cause string) error
	// Delivery returns one by its id.
	Delivery(ctx context.Context, id int64) (*orders.Delivery, error)
	// SentSince counts what was sent to a chat since a moment.
	SentSince(ctx context.Context, c orders.Chat, since time.Time) (int, error)
	// ClaimEvents returns events that nobody has handled, oldest first. Attempts tells how often each
	// was claimed before.
	ClaimEvents(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Event, error)
	// RetryEvent gives an event back until at.
	RetryEvent(ctx context.Context, e orders.Event, at time.Time, cause string) error
	// DueOrders returns orders whose next deadline has come, oldest first.
	DueOrders(ctx context.Context, now time.Time, n int) ([]orders.OrderID, error)
}

// Tx is one transaction of the dispatcher.
type Tx interface {
	orders.EarlyTx
	orders.LinkTx
	orders.SurgeryTx
	orders.SpreadTx
	// FinishEvent marks an event as handled. CodeConflict when the claim has run out.
	FinishEvent(e orders.Event) error
	// Send puts deliveries into the outbox; one whose key is there already changes nothing.
	Send(d ...orders.Delivery) error
	// DeliveriesOf returns an order's deliveries of a kind that were or will be sent, oldest first.
	DeliveriesOf(id orders.OrderID, kind string) ([]orders.Delivery, error)
	// BindingsOf returns the people of a customer.
	BindingsOf(customer orders.CustomerCode) ([]orders.Binding, error)
	// Dealings returns what the customer of an order has ordered besides since a moment.
	Dealings(o *orders.Order, since time.Time) (orders.Dealings, error)
	// OpenOf returns a customer's orders that are approved and have not left, oldest first. They are not locked.
	OpenOf(customer orders.CustomerCode) ([]*orders.Order, error)
	// OrderLink returns the token of the order's page, making one if there is none.
	OrderLink(id orders.OrderID) (string, error)
	// SeeInvoiceData notes that finance is shown a customer's invoice data, and returns what they were shown before.
	SeeInvoiceData(customer orders.CustomerCode, data orders.InvoiceData, now time.Time) (orders.SeenInvoice, error)
}

// Backlog measures what is waiting to be sent.
type Backlog interface {
	// Backlog returns how many deliveries are pending and when the oldest of them was made.
	Backlog(ctx context.Context) (pending int, oldest time.Time, err error)
}

// ShipmentFinder finds the parcel of a push address.
type ShipmentFinder interface {
	// ShipmentByToken returns the order and the number of its shipment with that token: CodeNotFound
	// where there is none.
	ShipmentByToken(ctx context.Context, token string) (orders.OrderID, int, error)
}

// Quota counts calls that a provider allows only so often a day, for all replicas together.
type Quota interface {
	// Spend takes one of limit calls of that name on a day (2026-03-11); false when none is left.
	Spend(ctx context.Context, name, day string, limit int) (bool, error)
}

// Slots share out the rounds of the clock's jobs among the replicas.
type Slots interface {
	// TakeSlot returns true to the first who asks for a slot, and false to all others.
	TakeSlot(ctx context.Context, slot string) (bool, error)
}
