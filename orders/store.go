package orders

import "time"

// Tx is what an order verb needs of one transaction. Everything read through it is locked until
// the transaction ends, everything written appears with it or not at all. It calls nothing
// outside the process.
//
// Locks are taken in a fixed order, the order first, then its customer's credit, then its
// products sorted by code, so that two orders can't deadlock.
type Tx interface {
	// NextOrderID returns a new order number of that day (Beijing).
	NextOrderID(day time.Time) (OrderID, error)
	// InsertOrder stores a new draft.
	InsertOrder(o *Order) error
	// Order loads an order under a lock. It returns a CodeNotFound error where there is none.
	Order(id OrderID) (*Order, error)
	// SaveOrder stores a changed order and counts its Version up. It returns a CodeConflict error
	// when the stored order is not of the version that was loaded.
	SaveOrder(o *Order) error

	// Reserve holds stock for the lines of an order until the given time, as much as is free, and
	// sets each line's Reserved to what it holds altogether. It adds to what the order holds already
	// and never holds more than a line needs. A bundle holds its parts. Of a line that lacks stock, Expected says by when that
	// comes; what gives back stock that others wait for emits EventFreed, what comes below its safety stock EventLow.
	Reserve(o *Order, until time.Time) error
	// Firm makes the soft reservations of an order allocations without an end.
	Firm(o *Order) error
	// Release gives back everything that an order holds, once, and sets Reserved to 0.
	Release(o *Order) error
	// PassHolds gives to an order what another one holds beyond what its lines need, as far as the lines of the former lack it. Warehouses
	// and ends stay; Reserved of both is set by the Reserve that follows.
	PassHolds(from, to *Order) error
	// Consume takes what an order holds off the stock on hand: the goods have left.
	Consume(o *Order) error

	// HoldCredit adds amount (negative: gives back) to what the customer's orders hold, locks the
	// customer's account and returns its exposure after that: what the orders hold, and invoices, less
	// payments. It is negative for who paid ahead.
	HoldCredit(customer CustomerCode, amount Money) (Money, error)
	// CreditNote takes an amount off what was invoiced to a customer for an order (红字). CodeConflict where there is one of the
	// number.
	CreditNote(number string, customer CustomerCode, order OrderID, amount Money, day time.Time) error
	// Overdue returns what of the customer's invoices should have been paid before a day. Who holds the
	// customer's credit sees all of them.
	Overdue(customer CustomerCode, day time.Time) (Overdue, error)
	// Recent returns the other orders of o's customer, of products of o, that were confirmed since a
	// moment, that moment included, and were not cancelled or rejected, and not split off another one: the newest [RecentMost] lines,
	// newest first. Who holds the customer's credit sees all of them.
	Recent(o *Order, since time.Time) ([]PastOrder, error)

	// ProductionLoad returns the orders that the planner has on the production lines.
	ProductionLoad() ([]Made, error)
	// Returned returns what was sent to a customer by orders that were confirmed since a moment, and what of it came back.
	Returned(customer CustomerCode, since time.Time) (Returned, error)

	// Audit appends to the record of changes.
	Audit(entries ...AuditEntry) error
	// Emit stores events for those who act upon them.
	Emit(events ...Event) error
}

// Route is the approval chain that the rules chose. No roles: approved at once.
type Route struct {
	Name    string // of the rule, for people: 规则 1 自动通过
	Steps   []RouteStep
	Tell    []Role // who are told of the order besides those who decide
	Version int    // of the rules, see [RuleVersion]
	// Small is by how much the total of an approved order may change without a new approval.
	Small Money
}

// RouteStep is one node of a chain. Pass, where not empty, says why the system passes the node by
// itself.
type RouteStep struct {
	Role     Role
	Also     []Role        // whose holders may decide as well as those of Role
	Stage    int           // not 0: all steps of the same number wait at once (会签)
	Limit    time.Duration // 0: the configured limit
	Workdays bool          // Limit counts working days only, of 24 hours each
	Pass     string
}

// Rules are the firm's own, as written in rules.yaml.
type Rules interface {
	// Route chooses the approval chain of an order: exactly one for every order.
	Route(f Facts) (Route, error)
	// Check returns what is wrong with an order or worth knowing.
	Check(f Facts) ([]Finding, error)
	// Classes returns what an order is sorted into: region, product lines, pricing modes.
	Classes(f Facts) ([]Class, error)
	// Triggers returns what is called for at a moment (当 … 则 …), in order.
	Triggers(at Moment, f Facts) ([]Trigger, error)
	// Freight returns what an order's freight is; it is asked about drafts.
	Freight(f Facts) (Freight, error)
	// Destinations returns where an order goes in the firm; it is asked without what the customer owes.
	Destinations(f Facts) (Destinations, error)
	// Priority returns what an order weighs in the warehouse's list, and why; more goes first.
	Priority(f Facts) (points int, reasons []string, err error)
}
