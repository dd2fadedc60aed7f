// Package cards is what people see: a neutral message and card, the builders that make them of
// orders, and the renderers that turn them into the JSON of each chat platform. Buttons carry
// signed actions.
package cards

// Message is one thing to send: a text, or a card, or a file. A platform that can't show the
// card shows Text instead, which therefore always says everything.
type Message struct {
	Text string `json:"text,omitempty"`
	Card *Card  `json:"card,omitempty"`
	File *File  `json:"file,omitempty"`
	// Menu is for 微信客服 and service account chats: entries that are sent as text when touched.
	Menu []string `json:"menu,omitempty"`
}

// File is a file to send.
type File struct {
	Name string `json:"name"`
	Data []byte `json:"data,omitempty"`
	// Blob names content that the store keeps (its digest), in place of Data.
	Blob string `json:"blob,omitempty"`
}

// Style is how a button looks.
type Style string

// The styles of buttons.
const (
	Primary Style = "primary"
	Normal  Style = "normal"
	Danger  Style = "danger"
)

// Card is a card without a platform: a head, facts, one open point, buttons.
type Card struct {
	Title    string   `json:"title"`              // 订单草稿 SO…
	Desc     string   `json:"desc,omitempty"`     // one line under the title
	Amount   string   `json:"amount,omitempty"`   // the figure to stress
	Fields   []Field  `json:"fields,omitempty"`   // most important first
	Lines    []string `json:"lines,omitempty"`    // the order's lines, for platforms with room
	Question string   `json:"question,omitempty"` // the one open point
	Buttons  []Button `json:"buttons,omitempty"`
	Link     *Link    `json:"link,omitempty"`
	// Settled replaces the buttons when there is nothing left to press. What stands before the first
	// blank is short enough for a greyed button: 已同意 王敏 3月11日 10:24.
	Settled string `json:"settled,omitempty"`
	Urgent  bool   `json:"urgent,omitempty"`
	Risk    bool   `json:"risk,omitempty"` // the customer is marked as a risk; never on a customer's card
}

// Field is a named fact.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Button is something to press. Action is a signed action (see [Signer]); Say is what one writes
// in the chat to the same effect: 同意 SO….
type Button struct {
	Text   string `json:"text"`
	Style  Style  `json:"style,omitempty"`
	Action string `json:"action"`
	Say    string `json:"say,omitempty"`
}

// Link leads to a page.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}
