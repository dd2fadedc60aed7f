package simulator

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// ErrNotOnScreen is returned for pressing what the person cannot see or press. [Forced] presses
// all the same, as a stale client would.
var ErrNotOnScreen = errors.New("not on this person's screen")

// ErrNobody is returned for an unknown person.
var ErrNobody = errors.New("no such person")

// From says who a bubble is from.
type From string

// The sides of a chat.
const (
	FromPerson   From = "person"   // the person whose screen it is
	FromBot      From = "bot"      // the server under test
	FromPlatform From = "platform" // a notice of the client itself
	FromOther    From = "other"    // another member of a group
)

// Bubble is one message as a person sees it now.
type Bubble struct {
	// ID is the platform's id of the message: MsgId or msgid, or the outTrackId of a card.
	ID   string    `json:"id"`
	From From      `json:"from"`
	Time time.Time `json:"time"`
	// Kind is text, markdown, image, voice, video, file, location, link, textcard, news, menu, card,
	// actioncard, template, notice, event, or the platform's own name for something else.
	Kind  string `json:"kind"`
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	URL   string `json:"url,omitempty"`
	// MediaID is the key of [Simulator.Media].
	MediaID  string `json:"media_id,omitempty"`
	FileName string `json:"file_name,omitempty"`
	// Chat is the conversation, where a person has several: DingTalk's conversationId.
	Chat string `json:"chat,omitempty"`
	// Card is what the platform's client would draw: the template_card of WeCom as it stands, the
	// variables of a DingTalk card merged for this person, the data of a template message.
	Card json.RawMessage `json:"card,omitempty"`
	// TaskID is the task_id of a WeCom card, or the outTrackId of a DingTalk card.
	TaskID string `json:"task_id,omitempty"`
	// TemplateID is that of a DingTalk card or a template message.
	TemplateID string   `json:"template_id,omitempty"`
	Buttons    []Button `json:"buttons,omitempty"`
	// Selectors are the drop-downs and check boxes of a WeCom card.
	Selectors []Selector `json:"selectors,omitempty"`
	// Settled is the grey caption that stands in place of the buttons.
	Settled  string `json:"settled,omitempty"`
	Recalled bool   `json:"recalled,omitempty"`
	// Cut names the fields that the client shows shortened, each with its limit.
	Cut []string `json:"cut,omitempty"`
	// Updates counts how often the card has changed.
	Updates int `json:"updates,omitempty"`
}

// Button is something to press: a button, or an entry of a menu message.
type Button struct {
	// ID is what to give to Click; empty for a button that only opens URL.
	ID    string `json:"id,omitempty"`
	Text  string `json:"text"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"` // the platform's own: 1 to 4, or a colour
	Menu  bool   `json:"menu,omitempty"`  // in the card's top-right menu
}

// Selector is a drop-down or a set of check boxes.
type Selector struct {
	QuestionKey string   `json:"question_key"`
	Title       string   `json:"title,omitempty"`
	Multiple    bool     `json:"multiple,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`
	Options     []Button `json:"options"`
}

// Selection is what a person chose of one [Selector].
type Selection struct {
	QuestionKey string
	OptionIDs   []string
}

// clone returns a copy of b that shares nothing that changes.
func (b *Bubble) clone() Bubble {
	out := *b
	out.Card = slices.Clone(b.Card)
	out.Buttons = slices.Clone(b.Buttons)
	out.Selectors = slices.Clone(b.Selectors)
	out.Cut = slices.Clone(b.Cut)
	return out
}

// screens keeps what everybody on one platform sees. Its owner's lock guards it.
type screens map[string][]*Bubble

func (s screens) add(person string, b Bubble) *Bubble {
	p := &b
	s[person] = append(s[person], p)
	return p
}

// show returns copies of what person sees.
func (s screens) show(person string) []Bubble {
	out := make([]Bubble, 0, len(s[person]))
	for _, b := range s[person] {
		out = append(out, b.clone())
	}
	return out
}

// button returns the pressable button id of b. A settled card has only its menu left.
func (b *Bubble) button(id string) (Button, bool) {
	if b.Recalled || id == "" {
		return Button{}, false
	}
	for _, x := range b.Buttons {
		if x.ID == id && (b.Settled == "" || x.Menu) {
			return x, true
		}
	}
	return Button{}, false
}
