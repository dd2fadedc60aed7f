package dingtalk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// GroupCard begins the outTrackId of a card that was sent to a group: a click on it is answered
// there, a click on any other card in the presser's own chat.
const GroupCard = "obg-"

// cardClick is the payload of the card topic.
type cardClick struct {
	OutTrackID string `json:"outTrackId"`
	UserID     string `json:"userId"`
	SpaceID    string `json:"spaceId"`
	Content    nested `json:"content"`
	pressed
	UserPrivateData pressed `json:"userPrivateData"`
	ActionData      pressed `json:"actionData"`
}

// pressed is where the pressed button's id and params have been seen.
type pressed struct {
	ActionID  string                     `json:"actionId"`
	ActionIDs []string                   `json:"actionIds"`
	Params    map[string]json.RawMessage `json:"params"`
	Private   *pressed                   `json:"cardPrivateData"`
}

// param returns a text among the button's params.
func (p *pressed) param(name string) string {
	if p == nil {
		return ""
	}
	var text string
	if raw, ok := p.Params[name]; ok && json.Unmarshal(raw, &text) == nil && text != "" {
		return text
	}
	return p.Private.param(name)
}

func (p *pressed) id() string {
	switch {
	case p == nil:
		return ""
	case len(p.ActionIDs) > 0 && p.ActionIDs[0] != "":
		return p.ActionIDs[0]
	case p.ActionID != "":
		return p.ActionID
	}
	return p.Private.id()
}

// ParseClick turns the payload of a card callback into ours; false where nothing was pressed. Its key
// is the same for every press of one button by one person.
func ParseClick(data []byte, now time.Time) (orders.Inbound, bool, error) {
	var c cardClick
	if err := decode(data, &c); err != nil {
		return orders.Inbound{}, false, fmt.Errorf("read card callback: %w", err)
	}
	var inner pressed
	c.Content.into(&inner)
	var action, reason string
	places := []*pressed{&inner, &c.pressed, &c.UserPrivateData, &c.ActionData}
	for _, p := range places {
		action, reason = firstOf(action, p.param("action")), firstOf(reason, p.param("reason"))
	}
	for _, p := range places {
		action = firstOf(action, p.id())
	}
	in := orders.Inbound{
		Platform: orders.DingTalk, Sender: c.UserID, Chat: orders.Chat{Platform: orders.DingTalk, ID: c.UserID},
		Kind: orders.InboundClick, Action: action, Card: c.OutTrackID, Text: reason,
		SentAt: now, ReceivedAt: now, Trace: strings.ToLower(rand.Text()[:16]),
	}
	if strings.HasPrefix(c.OutTrackID, GroupCard) && c.SpaceID != "" {
		in.Chat.ID = c.SpaceID
	}
	sum := sha256.Sum256([]byte(c.OutTrackID + "\x00" + c.UserID + "\x00" + action))
	in.Key = "c" + hex.EncodeToString(sum[:16])
	return in, c.UserID != "" && action != "", nil
}

// cardAnswer is the answer to a click: the card's new state, or nothing.
type cardAnswer struct {
	Response struct {
		Options *updateOptions `json:"cardUpdateOptions,omitempty"`
		Data    *cardData      `json:"cardData,omitempty"`
	} `json:"response"`
}

type updateOptions struct {
	ByKey bool `json:"updateCardDataByKey"`
}

type cardData struct {
	Params map[string]string `json:"cardParamMap"`
}

func answer(card *cards.Card) cardAnswer {
	var a cardAnswer
	if card != nil {
		a.Response.Options = &updateOptions{ByKey: true}
		a.Response.Data = &cardData{Params: cards.DingTalk(card)}
	}
	return a
}
