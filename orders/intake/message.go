// Package intake reads chat messages and answers with draft orders, or with the questions that
// only a person can answer.
//
// A [Lexicon] is built once from the master data and may be used by many goroutines. Its
// [Lexicon.Read] takes one message and the state of its conversation ([Thread]) and returns what
// the message says together with the new state; it changes neither.
package intake

import (
	"encoding/json"
	"slices"
	"time"

	"orderbot/orders"
	"orderbot/orders/intake/page"
)

// Message is one thing that somebody sent: text, an opened file, or both.
type Message struct {
	ID     string `json:"id"`
	Thread string `json:"thread"`
	// Time is when it was sent, in the sender's zone; every relative date counts from it.
	Time time.Time `json:"time"`
	// Role is "sales" (a salesperson forwarding or writing for a customer) or "customer".
	Role string `json:"role"`
	// Customer is the sender's customer code where known, else empty.
	Customer string `json:"customer"`
	Text     string `json:"text"`
	// File is the path of a file as the input names it; whoever reads the input opens it into Doc.
	File string         `json:"file"`
	Doc  *page.Document `json:"-"`

	// Where Text was taken from pages, these, and how many of its first characters are the sender's own.
	pages *page.Document
	own   int
	// typed: Doc is a table in the words of the message; its boxes hold characters of the text.
	typed bool
}

// The roles of a sender.
const (
	RoleSales    = "sales"
	RoleCustomer = "customer"
)

// Intent is what a message wants.
type Intent string

// The intents.
const (
	IntentOrder   Intent = "order"   // places one order or several
	IntentChange  Intent = "change"  // changes a draft of the thread or the order named by ref
	IntentCancel  Intent = "cancel"  // withdraws it
	IntentStatus  Intent = "status"  // asks where an order or a parcel is
	IntentReturn  Intent = "return"  // asks to return or exchange goods
	IntentUrge    Intent = "urge"    // asks to speed up an order already placed
	IntentInquiry Intent = "inquiry" // asks for price, stock or delivery time without ordering
	IntentConfirm Intent = "confirm" // yes
	IntentDeny    Intent = "deny"    // no
	IntentOther   Intent = "other"   // anything else; nothing is created
)

// HasRef tells whether messages of this intent may name an order or parcel.
func (i Intent) HasRef() bool {
	switch i {
	case IntentChange, IntentCancel, IntentStatus, IntentReturn, IntentUrge:
		return true
	default:
		return false
	}
}

// RefLast is the Ref of a message that means the newest order (上一单).
const RefLast = "last"

// Result is what a message says.
type Result struct {
	ID     string
	Intent Intent
	// Ref is the order number, tracking number or phone number that the message names, or [RefLast].
	Ref    string
	Orders []Draft
	Asks   []Ask
	// Error is set when the message could not be read at all.
	Error string
	// Explain holds an []Explanation: where each field was read and which rule chose it.
	Explain any
	// Mentions are the products that the message talks about, also of an inquiry.
	Mentions []orders.ProductCode
	// Why is set when the message asks, after an order, why it is late.
	Why bool
	// Gone are the numbers, in rising order, that drafts of the conversation had which are taken back while others stay.
	Gone []int

	unread []unread
}

// MarshalJSON writes the output line of the reading contract.
func (r Result) MarshalJSON() ([]byte, error) {
	line := struct {
		ID      string  `json:"id"`
		Intent  Intent  `json:"intent,omitempty"`
		Ref     *string `json:"ref,omitempty"`
		Orders  []Draft `json:"orders"`
		Asks    []Ask   `json:"asks"`
		Error   string  `json:"error,omitempty"`
		Explain any     `json:"explain,omitempty"`
	}{ID: r.ID, Intent: r.Intent, Orders: r.Orders, Asks: r.Asks, Error: r.Error, Explain: r.Explain}
	if r.Intent.HasRef() {
		line.Ref = &r.Ref
	}
	if line.Orders == nil {
		line.Orders = []Draft{}
	}
	line.Asks = slices.Clone(line.Asks)
	for i := range line.Asks {
		line.Asks[i].Said, line.Asks[i].Key = "", ""
	}
	if line.Asks == nil {
		line.Asks = []Ask{}
	}
	return json.Marshal(line)
}

// Draft is an order as read. Every number is a decimal string; what was not said is empty.
type Draft struct {
	Customer  string `json:"customer"`
	Lines     []Line `json:"lines"`
	DeliverBy string `json:"deliver_by"` // 2026-03-13 or an RFC 3339 time in the sender's zone
	Urgent    bool   `json:"urgent"`
	Carrier   string `json:"carrier"` // SF JD EMS ZTO YTO STO YUNDA DEPPON SELF
	Contact   string `json:"contact"`
	Phone     string `json:"phone"`
	Address   string `json:"address"`
	Payment   string `json:"payment"` // 月结 现结 预付 货到付款
	PO        string `json:"po"`
	Note      string `json:"note"`
	// UrgentWords are the words that made the order urgent; empty where only its deadline did.
	UrgentWords string `json:"-"`
}

// MarshalJSON writes lines as [] rather than null.
func (d Draft) MarshalJSON() ([]byte, error) {
	type plain Draft
	if d.Lines == nil {
		d.Lines = []Line{}
	}
	return json.Marshal(plain(d))
}

// Line is one line of a draft. Quantity counts Unit as ordered, BaseQuantity the product's base
// unit, Price is yuan for one Unit where the message states one.
type Line struct {
	Product      string `json:"product"`
	Quantity     string `json:"quantity"`
	Unit         string `json:"unit"`
	BaseQuantity string `json:"base_quantity"`
	Price        string `json:"price"`
	Gift         bool   `json:"gift"`
	// Options are what was chosen of the product's options, as [orders.OptionText] writes them. Who reads for a chat puts them in; they
	// go along with the line.
	Options string `json:"options,omitempty"`
}

// Ask is a question that only a person can answer. Field is the path of the field it is about,
// such as orders[0].lines[1].product; Options are codes, likeliest first; Text is the question.
type Ask struct {
	Field   string   `json:"field"`
	Reason  string   `json:"reason"`
	Options []string `json:"options"`
	Text    string   `json:"text"`
	// Said is what the message calls the goods, or the unit, that is asked about; Key is the same made uniform,
	// empty where its meaning depends on what stands around it. An answer is remembered by them (see [Lexicon.Recall]).
	Said string `json:"said,omitempty"`
	Key  string `json:"key,omitempty"`
}

// MarshalJSON writes options as [] rather than null.
func (a Ask) MarshalJSON() ([]byte, error) {
	type plain Ask
	if a.Options == nil {
		a.Options = []string{}
	}
	return json.Marshal(plain(a))
}

// The reasons of an [Ask].
const (
	ReasonAmbiguous = "ambiguous" // several fit
	ReasonUnknown   = "unknown"   // nothing fits
	ReasonMissing   = "missing"   // needed and not said
	ReasonConflict  = "conflict"  // two places of the message disagree
	ReasonUnusual   = "unusual"   // understood, but far from what this customer orders
)
