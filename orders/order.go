package orders

import (
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// OrderID is the one number of an order from its draft to its signature: SO, the day, and a
// running number of at least four digits (SO202603110012).
type OrderID string

var orderIDPattern = regexp.MustCompile(`(?i)SO[-\s]?(\d{8})[-\s]?(\d{4,})`)

// FindOrderIDs returns the order numbers in text, which may be written with hyphens or blanks and
// in either case, in the order they stand there, and text without them.
func FindOrderIDs(text string) ([]OrderID, string) {
	var ids []OrderID
	rest := orderIDPattern.ReplaceAllStringFunc(text, func(s string) string {
		m := orderIDPattern.FindStringSubmatch(s)
		ids = append(ids, OrderID("SO"+m[1]+m[2]))
		return " "
	})
	return ids, strings.TrimSpace(rest)
}

// Status is one of the 15 staff nodes of an order, or an end beside the way.
type Status string

// The statuses. Goods from stock pass scheduled to stocked as not applicable.
const (
	StatusDraft           Status = "draft"            // 草稿
	StatusPendingApproval Status = "pending_approval" // 待审批
	StatusApproved        Status = "approved"         // 已审批
	StatusAllocated       Status = "allocated"        // 已占货
	StatusScheduled       Status = "scheduled"        // 已排产
	StatusInProduction    Status = "in_production"    // 生产中
	StatusInspected       Status = "inspected"        // 质检
	StatusStocked         Status = "stocked"          // 已入库
	StatusPicking         Status = "picking"          // 拣货中
	StatusChecked         Status = "checked"          // 已复核
	StatusShipped         Status = "shipped"          // 已出库
	StatusPickedUp        Status = "picked_up"        // 已揽收
	StatusInTransit       Status = "in_transit"       // 在途
	StatusOutForDelivery  Status = "out_for_delivery" // 派件中
	StatusDelivered       Status = "delivered"        // 已签收

	StatusCancelled Status = "cancelled" // 已取消
	StatusRejected  Status = "rejected"  // 已驳回
	StatusReturning Status = "returning" // 退货中
	StatusReturned  Status = "returned"  // 已退货
	StatusClosed    Status = "closed"    // 已关闭
)

// StatusNames gives the Chinese word of each status.
var StatusNames = map[Status]string{
	StatusDraft: "草稿", StatusPendingApproval: "待审批", StatusApproved: "已审批", StatusAllocated: "已占货",
	StatusScheduled: "已排产", StatusInProduction: "生产中", StatusInspected: "质检", StatusStocked: "已入库",
	StatusPicking: "拣货中", StatusChecked: "已复核", StatusShipped: "已出库", StatusPickedUp: "已揽收",
	StatusInTransit: "在途", StatusOutForDelivery: "派件中", StatusDelivered: "已签收", StatusCancelled: "已取消",
	StatusRejected: "已驳回", StatusReturning: "退货中", StatusReturned: "已退货", StatusClosed: "已关闭",
}

// String returns the Chinese word of the status.
func (s Status) String() string { return StatusNames[s] }

// BeforeShipping are the statuses of an order that was submitted and whose goods have not left.
var BeforeShipping = []Status{
	StatusPendingApproval, StatusApproved, StatusAllocated, StatusScheduled, StatusInProduction, StatusInspected, StatusStocked, StatusPicking, StatusChecked,
}

// Underway are the statuses between the confirmation and the signature.
var Underway = []Status{
	StatusPendingApproval, StatusApproved, StatusAllocated, StatusScheduled, StatusInProduction, StatusInspected, StatusStocked, StatusPicking, StatusChecked,
	StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery, StatusReturning,
}

// AfterShipping are the statuses of an order whose goods have left, wherever they are now.
var AfterShipping = []Status{
	StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery, StatusDelivered, StatusReturning, StatusReturned,
}

// Ended tells whether nothing more is to be done for an order in this status.
func (s Status) Ended() bool {
	switch s {
	case StatusDelivered, StatusCancelled, StatusRejected, StatusReturned, StatusClosed:
		return true
	default:
		return false
	}
}

// Line is an order line (行项) with its price as it was when the order was confirmed.
type Line struct {
	No       int
	Product  ProductCode // empty while it is asked about
	Name     string
	Spec     string
	Quantity Quantity // in Unit
	Unit     string
	Base     Quantity // in BaseUnit
	BaseUnit string
	Gift     bool
	// Options are what was chosen of the product's options, by their names; Spec says them too. A map is never changed, but replaced.
	Options map[string]string

	Price     decimal.Decimal // yuan for one Unit; meaningless where PriceRule is empty
	Amount    Money
	PriceRule string           // which rule gave the price, for people: 客户协议价, 目录价 …; empty: no price yet
	Mode      string           // how it is settled: 标准, 寄售 …; empty where there is no price, and of gifts
	ListPrice decimal.Decimal  // what the price would be without a special price
	Stated    *decimal.Decimal // the price that the message states for one Unit

	Available Quantity // base units that were free when the draft was made or last shown
	Reserved  Quantity // base units held for this line
	Sent      Quantity // base units that have left with stages of the order; see [Order.Staged]
	Later     Quantity // base units that later stages are to take
	Expected  string   // the day by which what is missing comes (yyyy-mm-dd); empty: not known, or nothing is missing
}

// Due returns the base units of the line that are to leave next: all of it, or what its stage takes.
func (l *Line) Due() Quantity { return decimal.Max(decimal.Zero, l.Base.Sub(l.Sent).Sub(l.Later)) }

// Short returns the base units of the line that no stock is held for and that are to leave next.
func (l *Line) Short() Quantity {
	if s := l.Due().Sub(l.Reserved); s.IsPositive() {
		return s
	}
	return decimal.Zero
}

// Question is an open point of a draft that only a person can settle.
type Question struct {
	Field   string   `json:"field"` // relative to the order: customer, lines[1].product …
	Reason  string   `json:"reason"`
	Options []string `json:"options,omitempty"`
	Labels  []string `json:"labels,omitempty"` // of the options, for people
	Text    string   `json:"text"`
	Said    string   `json:"said,omitempty"` // what is asked about, in the message's words
	Key     string   `json:"key,omitempty"`  // the same made uniform, by which the answer is remembered; empty: it is not. Of a promise: its kind
}

// Blocking tells whether the draft can't be confirmed before the question is answered. What is
// merely unusual or stated twice is shown and accepted by confirming.
func (q *Question) Blocking() bool { return q.Reason != "unusual" && q.Reason != "conflict" }

// Source tells where an order came from.
type Source struct {
	Chat   Chat   `json:"chat"`
	Sender string `json:"sender"`
	Key    string `json:"key"`  // of the inbound message
	Name   string `json:"name"` // for people: 企业微信, 钉钉, 微信客服 …
}

// Order is a sales order. Its status changes only through its verbs.
type Order struct {
	ID       OrderID
	Version  int // counted up by every save; guards against lost updates
	Revision int // counted up when the content changes; a card of another revision is stale
	Customer CustomerCode
	// CustomerName is the name as it was when the draft was made.
	CustomerName string
	Sales        StaffCode // who owns the order
	Source       Source
	Lines        []Line
	Total        Money // of the lines; see [Order.Payable]
	Freight      Freight
	DeliverBy    string // a date or RFC 3339 time
	Urgent       bool
	UrgentWords  string // the words that made it urgent
	UseSafety    bool   // the safety stock may be used for it (启用安全库存)
	Green        *Green // the green channel, open, over or to come; nil: none
	Carrier      string
	Warehouse    string // from which its goods come first, and why, in words; empty: there is one only
	Contact      string
	Phone        string
	Address      string
	Payment      string
	Staged       *Staged // how it is delivered and paid for in parts; nil: at once
	PO           string
	Note         string
	InternalNote string // the warehouse's only
	// Requirement is what was promised to the customer and stands in no other field, in words; 无: nothing; empty while it
	// is asked about, so that nothing is confirmed.
	Requirement string
	Extra       map[string]string // what the rules ask for of some orders only, by the name of the field (补充说明)
	Slot        *Slot             // of the engineer who is booked for it; nil: none
	Papers      []Paper           // customs papers that its goods need, there or missing
	Questions   []Question
	Findings    []Finding // of the rules, when the draft was made and when it was confirmed
	Classes     []Class   // that the rules sort it into, at the same moments
	Exception   string    // why the order should pass what the rules block, once that was asked for (特批)

	Status      Status
	CloseReason string
	Route       string // name of the rule that chose the chain
	Rules       int    // version of the rules that the order was confirmed by; it keeps their chain
	Exposure    Money  // of the customer when the order was confirmed, the order included
	// Priority is what the order weighs in the warehouse's list, by the rules and the master data that it was confirmed by, and
	// PriorityWhy says why. What weighs more goes first.
	Priority    int
	PriorityWhy []string
	Marks       []string // of triggers of the rules (标记), for the staff
	Nodes       []Node
	Held        Money // credit held for the order: what is neither invoiced nor given back
	Invoiced    Money // by invoices that name the order
	Shipments   []Shipment
	Changes     []Change // asked for after the order was submitted
	Returns     []Return // of its goods, after they were sent
	Alert       *Alert   // of an urgent order
	// Family is the number of the first of the orders that hang together by splitting and merging, Kin what this one has to do with
	// others of them; empty: neither.
	Family OrderID
	Kin    []Kin

	Entry Entry // how it was entered
	Work  Work  // what is known of its way besides its statuses

	CreatedAt     time.Time
	ConfirmedAt   time.Time
	ExpiresAt     time.Time // of a draft
	ReservedUntil time.Time // of a soft reservation; zero when none or firm
	Reached       map[Status]time.Time
}

// NodeStatus tells how far an approval node is.
type NodeStatus string

// The states of an approval node.
const (
	NodeWaiting  NodeStatus = "waiting"
	NodeOpen     NodeStatus = "open"
	NodeApproved NodeStatus = "approved"
	NodeRejected NodeStatus = "rejected"
	NodePassed   NodeStatus = "passed" // by the system, with a reason
	NodeVoid     NodeStatus = "void"   // the order ended before

	NodeTransferred NodeStatus = "transferred" // 转交: the node behind it takes its place
	NodeReturned    NodeStatus = "returned"    // 退回: the order went back to a draft
	NodeSkipped     NodeStatus = "skipped"     // 跳过: by somebody with the right, with a reason
)

// Node is one step of an order's approval chain. Any staff with the role may decide it, or a person.
type Node struct {
	Seq       int
	Role      Role
	Also      []Role // whose holders may decide as well as those of Role
	Stage     int    // not 0: all nodes of the same number wait at once, and all have to be decided (会签)
	Status    NodeStatus
	DecidedBy StaffCode
	Name      string // of who decided
	DecidedAt time.Time
	Reason    string
	// Limit is the time for the decision once the node opens: hours by the clock or, with Workdays, 24
	// hours to each working day.
	Limit    time.Duration
	Workdays bool
	OpenedAt time.Time
	RemindAt time.Time // half of the time is over
	DueAt    time.Time
	Reminded int // 0, 1 after the reminder at half time, 2 after the escalation
	// Extra names who may decide besides, after an escalation.
	Extra []StaffCode
	// Assignee, where there is one, decides in place of the role's holders (转交, 加签).
	Assignee     StaffCode
	AssigneeName string
}

// Shipment is one parcel of an order.
type Shipment struct {
	No       int
	Stage    int    // of the order with which it left; 0: the order has none
	Carrier  string // code of reading.md: SF, ZTO …; SELF for pick-up
	Tracking string
	State    ParcelState
	Events   []ParcelEvent // newest first
	Token    string        // of the push address
	ShippedAt,
	NextPoll time.Time
	LastQuery  time.Time
	Polls      int
	Subscribed bool
}

// ParcelState is what the customer sees of a parcel.
type ParcelState string

// The states of a parcel, in order; exception stands beside them.
const (
	ParcelNone      ParcelState = ""                 // nothing known yet
	ParcelPickedUp  ParcelState = "picked_up"        // 已揽收 🔴
	ParcelInTransit ParcelState = "in_transit"       // 在途中 🟡
	ParcelOut       ParcelState = "out_for_delivery" // 派件中 🟢
	ParcelDelivered ParcelState = "delivered"        // 已签收 🔵
	ParcelException ParcelState = "exception"        // 异常 ⚠️
	ParcelReturned  ParcelState = "returned"         // 已退回
)

// ParcelEvent is one entry of a parcel's trace.
type ParcelEvent struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Code string    `json:"code,omitempty"` // the carrier's or aggregator's own
	// State is what the entry means, where it says so.
	State ParcelState `json:"state,omitempty"`
}

// Alert is the alarm of an urgent order, raised until somebody takes it.
type Alert struct {
	Step     int // index of the person who is being alerted
	Repeats  int // how often that person was alerted
	NextAt   time.Time
	AckBy    StaffCode
	AckName  string
	AckAt    time.Time
	RaisedAt time.Time
}
