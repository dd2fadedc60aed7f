package intake

import (
	"orderbot/orders"
)

// Lexicon knows the master data and reads messages against it. It never changes after
// [NewLexicon] and may be used by many goroutines at once.
type Lexicon struct {
	master *orders.Master
}

// NewLexicon indexes the master data, which must not change afterwards.
func NewLexicon(m *orders.Master) *Lexicon {
	return &Lexicon{master: m}
}

// Thread is the state of one conversation between its messages. It survives JSON without loss.
// The nil Thread is a conversation that has not begun.
type Thread struct {
	// Orders are the open drafts, Asks the open questions about them.
	Orders []Draft `json:"orders,omitempty"`
	Asks   []Ask   `json:"asks,omitempty"`
}

// Read tells what msg says in the conversation thread, and how the conversation stands
// afterwards. It is deterministic, never panics and changes neither of its arguments.
func (x *Lexicon) Read(msg Message, thread *Thread) (Result, *Thread) {
	if thread == nil {
		thread = &Thread{}
	}
	return Result{ID: msg.ID, Intent: IntentOther}, thread
}
