package orders

import "time"

// Learned is what a person once settled for a customer (学习): which product the customer's words mean, or how much a unit is
// that the product does not have. It is never used for another customer.
type Learned struct {
	ID       int64
	Customer CustomerCode
	// Said is the customer's word, made uniform: there is one of each that stands. Words is the same as it was written.
	Said  string
	Words string
	// Product is what Said means. Where Said is a unit it is empty; About is the product that it was said of then, and one Said
	// is Size times Unit.
	Product ProductCode
	About   ProductCode
	Unit    string
	Size    Quantity

	By     string // who settled it: a staff or customer code, and the name
	ByName string
	At     time.Time
	UsedAt time.Time // when it last served
	Count  int       // how many messages gave it or were read by it
	Order  OrderID   // where it was settled

	EndedAt time.Time // zero while it stands
	EndedBy string    // name of who undid it; empty where a newer answer took its place
}

// Same tells whether two answers about the same words agree.
func (l *Learned) Same(o *Learned) bool {
	return l.Product == o.Product && l.Unit == o.Unit && l.Size.Equal(o.Size)
}

// Reason tells why a field of an order has its value: where it was read, and what made it certain.
type Reason struct {
	Field string `json:"field"` // relative to the order: customer, lines[1].product …
	// Message is the key of the inbound message; From and To count its characters; Words are those. Without Words nothing of a
	// message says it.
	Message string   `json:"message,omitempty"`
	From    int      `json:"from,omitempty"`
	To      int      `json:"to,omitempty"`
	Words   string   `json:"words,omitempty"`
	Rule    string   `json:"rule"`             // that chose: code, alias, answer, remembered … (docs/reading.md)
	Others  []string `json:"others,omitempty"` // codes that might have been meant too, likeliest first
	// Asked is the question that was answered, by a person now (rule answer) or before (rule remembered).
	Asked *Question `json:"asked,omitempty"`
	// Learned is what was remembered of the answer, or by what it was found; By and At are who settled it when.
	Learned int64     `json:"learned,omitempty"`
	Was     string    `json:"was,omitempty"` // of a unit: how many of Asked.Said were ordered
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}
