// Package bot is the inbound side: it takes messages from the chat platforms (folders wecom,
// wechat, dingtalk), keeps them before they are acknowledged, and answers them as an order clerk
// would ([Clerk]). It is a stranger to package notify: a reply is a delivery in the outbox.
package bot

import (
	"context"
	"encoding/json"
	"time"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// Inbox keeps inbound messages. Put commits all of them before it returns; one that is there
// already (same platform and key) changes nothing.
type Inbox interface {
	Put(ctx context.Context, in ...orders.Inbound) error
}

// Clicker decides a pressed button at once, for platforms that want the new card in the answer
// to the click. A nil card leaves the card as it is.
type Clicker interface {
	Click(ctx context.Context, in orders.Inbound) (*cards.Card, error)
}

// Media fetches the picture or file of an inbound message. It returns an *orders.Error with a
// sentence where the file is gone or too large.
type Media interface {
	Fetch(ctx context.Context, in orders.Inbound) (name string, data []byte, err error)
}

// Forms reads approval forms. It returns an *orders.Error where there is no such form.
type Forms interface {
	Form(ctx context.Context, instance string) ([]orders.FormField, error)
}

// SecondReader says what it makes of places of a message that the reader is not sure of. It makes
// one call at most, within ctx. What it says is checked ([intake.Lexicon.Settle]).
type SecondReader interface {
	Ask(ctx context.Context, d *intake.Doubts) ([]intake.Claim, error)
}

// Files opens what people send. Errors are *orders.Error with a sentence for the sender; anything
// else is passing trouble.
type Files interface {
	// Open reads a file into pages, which may take long for pictures. progress is told of each page
	// of several before it is read.
	Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error)
	// Cut returns pieces of a file's pages as PNG pictures.
	Cut(ctx context.Context, data []byte, places []page.Place) ([][]byte, error)
}

// Cursor is a place in a platform's message log that is pulled rather than pushed (微信客服).
type Cursor struct {
	Name   string // open_kfid
	Cursor string // where the next pull begins; empty: the oldest
	Token  string // of the newest callback
	Claim  string
}

// Cursors keeps the pull requests of callbacks that carry no content.
type Cursors interface {
	// Want notes, before the callback is acknowledged, that there is something to pull.
	Want(ctx context.Context, name, token string, now time.Time) error
	// ClaimCursor returns a cursor with something to pull that nobody else is pulling, nil if none.
	ClaimCursor(ctx context.Context, now time.Time, hold time.Duration) (*Cursor, error)
	// Advance stores the pulled messages and the next place in one commit. more keeps the request
	// open. It fails with CodeConflict when the claim has run out.
	Advance(ctx context.Context, c *Cursor, next string, more bool, in []orders.Inbound) error
	// ReleaseCursor ends a claim without progress; the request stays open until retry at.
	ReleaseCursor(ctx context.Context, c *Cursor, at time.Time) error
}

// Turns hands out what is waiting to be answered.
type Turns interface {
	// ClaimTurn returns the messages of one chat that are due (their pause is over) and that nobody
	// else is answering, oldest first; nil if there are none. The claim ends after hold.
	ClaimTurn(ctx context.Context, now time.Time, hold time.Duration) (*orders.Turn, error)
	// RenewTurn prolongs a claim by hold from now. CodeConflict when it has run out.
	RenewTurn(ctx context.Context, t *orders.Turn, now time.Time, hold time.Duration) error
	// RetryTurn gives a claimed turn back until the given time.
	RetryTurn(ctx context.Context, t *orders.Turn, at time.Time, cause string) error
}

// Tx is one transaction of the clerk.
type Tx interface {
	orders.ReturnTx
	orders.EarlyTx
	orders.LinkTx
	orders.SurgeryTx
	orders.RuleTx
	orders.WeatherTx
	orders.ImportTx
	orders.AttachmentTx
	orders.ReportTx
	orders.InquiryTx
	// FinishTurn marks the turn's messages (those of its IDs) as answered. It fails with CodeConflict
	// when the claim has run out: then nothing of the transaction may stand.
	FinishTurn(t *orders.Turn) error
	// PutInbound notes a message that is answered in this very transaction (a click). It returns
	// false when it was there already.
	PutInbound(in orders.Inbound) (isNew bool, err error)
	// Send puts deliveries into the outbox; one whose key is there already changes nothing.
	Send(d ...orders.Delivery) error
	// DeliveriesOf returns an order's deliveries of a kind that were or will be sent, oldest first.
	DeliveriesOf(id orders.OrderID, kind string) ([]orders.Delivery, error)
	// DispatchesOf returns everything that was ever put out to hand an order to the departments, oldest first.
	DispatchesOf(id orders.OrderID) ([]orders.Delivery, error)
	// Talk loads the state of a chat's conversation under a lock (nil if there is none); SaveTalk
	// stores it.
	Talk(c orders.Chat) (json.RawMessage, error)
	SaveTalk(c orders.Chat, state json.RawMessage, now time.Time) error

	// Bindings: who is which customer.
	BindingsOf(customer orders.CustomerCode) ([]orders.Binding, error)
	BindingOf(p orders.Platform, person string) ([]orders.Binding, error)
	Bind(b orders.Binding) error
	Unbind(id int64) error
	// LinksOf returns the links of customers, newest first; of no customer those that are proposed or confirmed. SameCustomer returns the
	// records that confirmed links make one customer of, the given ones first.
	LinksOf(limit int, customers ...orders.CustomerCode) ([]*orders.Link, error)
	SameCustomer(customers ...orders.CustomerCode) ([]orders.CustomerCode, error)
	// NewCode stores a binding code that ends at until; UseCode spends it: CodeNotFound where it is
	// unknown, spent or over.
	NewCode(code string, customer orders.CustomerCode, by orders.StaffCode, until time.Time) error
	UseCode(code string, now time.Time) (orders.CustomerCode, orders.StaffCode, error)
	// CountTry counts a person's failed binding tries since a moment, after adding one if failed.
	CountTry(p orders.Platform, person string, failed bool, since, now time.Time) (int, error)

	// What was learned of customers. Learned returns what stands, newest first, or what does not any
	// more; LearnedBy one by its number (CodeNotFound); Learn stores an answer, counts one that is
	// there, and ends one that says otherwise; UseLearned counts a use; Forget undoes.
	Learned(customer orders.CustomerCode, ended bool) ([]orders.Learned, error)
	LearnedBy(id int64) (*orders.Learned, error)
	LearnedCounts() (map[orders.CustomerCode]int, error)
	Learn(l orders.Learned) (*orders.Learned, error)
	UseLearned(id int64, at time.Time) error
	Forget(id int64, by string, at time.Time) error
	// Reasons tells why an order's fields have their values.
	Reasons(id orders.OrderID) ([]orders.Reason, error)
	SaveReasons(id orders.OrderID, reasons []orders.Reason) error

	// Leave notes that somebody will be away, Return ends the absences of somebody that are not over yet.
	Leave(a orders.Absence) error
	Return(who orders.StaffCode, now time.Time) (ended int, err error)
	// Pay notes a payment and gives it a number where it has none (CodeConflict where that is taken);
	// VoidPayment takes one back that was noted by mistake and returns it.
	Pay(p orders.Payment) (number string, err error)
	VoidPayment(number string) (orders.Payment, error)
	// SettleOrders notes on a customer's orders that their invoices are paid by now (结算), the ones that are due first before the others, each
	// order once.
	SettleOrders(customer orders.CustomerCode, entry orders.AuditEntry) error
	// PaymentOrder returns the order that a payment names, "" where it names none or there is no such payment.
	PaymentOrder(number string) (orders.OrderID, error)

	// OrderLink returns the token of the order's page, making one if there is none.
	OrderLink(id orders.OrderID) (string, error)
}

// Query reads what people ask for, without locks.
type Query interface {
	FindOrder(ctx context.Context, id orders.OrderID) (*orders.Order, error) // CodeNotFound
	// OrdersOf returns a customer's orders, newest first. Drafts are left out.
	OrdersOf(ctx context.Context, customer orders.CustomerCode, limit int) ([]*orders.Order, error)
	// OrdersSince returns what a customer ordered since a moment, drafts included, newest first; what ended without goods is left out.
	OrdersSince(ctx context.Context, customer orders.CustomerCode, since time.Time, limit int) ([]*orders.Order, error)
	// BookedSlots returns the keys of the engineers' slots that are booked from a day on (yyyy-mm-dd).
	BookedSlots(ctx context.Context, since string) ([]string, error)
	// LastOrders returns the orders that were confirmed, newest first.
	LastOrders(ctx context.Context, limit int) ([]*orders.Order, error)
	// DayFigures returns how the orders were entered that came in from one time until before another; sales limits them to an
	// owner where not empty.
	DayFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.DayFigures, error)
	// Handling returns how long the orders took that came in in that time and were confirmed.
	Handling(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Handling, error)
	// Snags returns what hindered the orders that left the warehouse in that time, all of their way.
	Snags(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Snags, error)
	// Accuracy returns the order accuracy rate of the orders that were signed for in that time.
	Accuracy(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.Accuracy, error)
	// ChangeFigures returns how long changes took that took effect in that time.
	ChangeFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ChangeFigures, error)
	// ExceptionFigures counts the exceptions that came in that time, and the limits that ended in it.
	ExceptionFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ExceptionFigures, error)
	// OpenExceptions returns the exceptions that are open, the most pressing first; sales limits them to an owner where not empty, and
	// order to one order.
	OpenExceptions(ctx context.Context, sales orders.StaffCode, order orders.OrderID, limit int) ([]*orders.Exception, error)
	// ReturnFigures returns the returns and correction tickets that were asked for in that time.
	ReturnFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ReturnFigures, error)
	// OpenOrders returns orders in the given statuses, oldest first; sales limits them to an owner
	// where not empty.
	OpenOrders(ctx context.Context, sales orders.StaffCode, limit int, statuses ...orders.Status) ([]*orders.Order, error)
	// UrgentOrders returns the urgent orders in the given statuses, oldest first; sales limits them to an owner where not empty.
	UrgentOrders(ctx context.Context, sales orders.StaffCode, statuses ...orders.Status) ([]*orders.Order, error)
	// CountOrders counts the orders in each of the given statuses; sales limits them to an owner where not empty.
	CountOrders(ctx context.Context, sales orders.StaffCode, statuses ...orders.Status) (map[orders.Status]int, error)
	// OrderByLink returns the order of a page's token: CodeNotFound where unknown or withdrawn.
	OrderByLink(ctx context.Context, token string) (*orders.Order, error)
	// OrderByTracking returns the orders with a parcel of that number.
	OrderByTracking(ctx context.Context, number string) ([]*orders.Order, error)
	// Available returns the base units of products that an order may take: on hand − reserved − allocated − safety stock, of each
	// warehouse and never below 0.
	Available(ctx context.Context, codes ...orders.ProductCode) (map[orders.ProductCode]orders.Quantity, error)
	// Supply returns where products come from and who waits for them.
	Supply(ctx context.Context, codes ...orders.ProductCode) (map[orders.ProductCode]*orders.Supply, error)
	// ProductionLoad returns the orders that the planner has on the production lines.
	ProductionLoad(ctx context.Context) ([]orders.Made, error)
	// Warehouses returns the names of all that have stock, or had.
	Warehouses(ctx context.Context) ([]string, error)
	// Exposure returns a customer's credit exposure.
	Exposure(ctx context.Context, customer orders.CustomerCode) (orders.Money, error)
	// Account returns how a customer stands on a day.
	Account(ctx context.Context, customer orders.CustomerCode, day time.Time) (orders.Account, error)
	// Statement returns how a customer's account went from one moment until before another, which begin days of their location.
	Statement(ctx context.Context, customer orders.CustomerCode, from, until time.Time) (*orders.Statement, error)
	// ReportFigures returns the figures of a customer's orders from one moment until before another.
	ReportFigures(ctx context.Context, customer orders.CustomerCode, from, until time.Time) (orders.ReportFigures, error)
	// Trail returns the audit entries of an order, oldest first.
	Trail(ctx context.Context, id orders.OrderID) ([]orders.AuditEntry, error)
}
