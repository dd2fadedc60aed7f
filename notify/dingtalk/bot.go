package dingtalk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

const (
	publicTemplate = cards.MarkdownButtons
	// maxText is how many bytes one text may have: a group takes 15,000 with its wrapping, in which
	// letters may grow.
	maxText = 4000
)

// Receipt is what the platform called a sent message.
type Receipt struct {
	OutTrackID      string `json:"out_track_id,omitempty"`      // of a card; changes it
	ProcessQueryKey string `json:"process_query_key,omitempty"` // what a quoting reply names
}

// Send delivers a message to a person or, where the chat's id is a conversation's (cid…), a group. A
// card that the platform refuses, or can't change any more, is said as text. Its receipt is a
// [Receipt].
//
// Only cards have a key against repeats (outTrackId); other messages may come twice after a lost
// answer.
func (b *Bot) Send(ctx context.Context, d orders.Delivery, target *orders.Delivery) (json.RawMessage, error) {
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return nil, rejected("read message: %w", err)
	}
	if m.Text == "" && m.Card != nil {
		m.Text = cards.Text(m.Card)
	}
	var r Receipt
	var err error
	switch {
	case m.Card != nil && d.Update != 0:
		r, err = b.update(ctx, target, m.Card)
	case m.Card != nil:
		r, err = b.card(ctx, d, m.Card)
	case m.File != nil:
		r, err = b.file(ctx, d, m.File)
	default:
		r, err = b.text(ctx, d, m.Text)
	}
	if err != nil && (m.Card != nil || m.File != nil) && m.Text != "" && insteadText(err) {
		b.log.Warn("sent as text", "delivery_id", d.ID, "cause", err)
		r, err = b.text(ctx, d, m.Text)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// Keyed is true for cards, which carry an id of ours. The robot's messages take none.
func (b *Bot) Keyed(d orders.Delivery) bool {
	var m cards.Message
	return json.Unmarshal(d.Body, &m) == nil && m.Card != nil
}

// insteadText tells whether a card or file is refused for what it is, a missing right included: texts
// need no right but that of sending.
func insteadText(err error) bool {
	return httpx.ReasonOf(err) == notify.Rejected || httpx.CodeOf(err) == noRight
}

// isGroup tells a group's chat from a person's.
func isGroup(chat string) bool { return strings.HasPrefix(chat, "cid") }

// trackID names a delivery's card towards the platform, for ever. That of a group's card begins with
// "obg-", so that a click tells where it is to be answered.
func trackID(d *orders.Delivery) string {
	sum := sha256.Sum256([]byte(d.Key))
	prefix := "ob-"
	if isGroup(d.Chat.ID) {
		prefix = "obg-"
	}
	return prefix + hex.EncodeToString(sum[:15])
}

type cardData struct {
	Params map[string]string `json:"cardParamMap"`
}

type spaceModel struct {
	Forward      bool              `json:"supportForward"` // always false: who may press is decided by us
	LastMessage  map[string]string `json:"lastMessageI18n"`
	Notification map[string]string `json:"notification"`
}

type deliverModel struct {
	Space string `json:"spaceType,omitempty"`
	Robot string `json:"robotCode"`
}

// createRequest is card/instances/createAndDeliver.
type createRequest struct {
	Template     string        `json:"cardTemplateId"`
	OutTrackID   string        `json:"outTrackId"`
	CallbackType string        `json:"callbackType"`
	Data         cardData      `json:"cardData"`
	Space        string        `json:"openSpaceId"`
	UserIDType   int           `json:"userIdType"` // 1: clicks name the user id
	RobotSpace   *spaceModel   `json:"imRobotOpenSpaceModel,omitempty"`
	RobotDeliver *deliverModel `json:"imRobotOpenDeliverModel,omitempty"`
	GroupSpace   *spaceModel   `json:"imGroupOpenSpaceModel,omitempty"`
	GroupDeliver *deliverModel `json:"imGroupOpenDeliverModel,omitempty"`
}

func (b *Bot) card(ctx context.Context, d orders.Delivery, c *cards.Card) (Receipt, error) {
	space := &spaceModel{LastMessage: map[string]string{"ZH_CN": c.Title}, Notification: map[string]string{"alertContent": c.Title}}
	req := createRequest{
		Template: b.o.CardTemplateID, OutTrackID: trackID(&d), CallbackType: "STREAM", UserIDType: 1,
		Data: cardData{cards.DingTalk(c)},
	}
	if isGroup(d.Chat.ID) {
		req.Space = "dtv1.card//IM_GROUP." + d.Chat.ID
		req.GroupSpace, req.GroupDeliver = space, &deliverModel{Robot: b.o.RobotCode}
	} else {
		req.Space = "dtv1.card//IM_ROBOT." + d.Chat.ID
		req.RobotSpace, req.RobotDeliver = space, &deliverModel{Space: "IM_ROBOT", Robot: b.o.RobotCode}
	}
	var out struct {
		Success *bool `json:"success"`
		Result  struct {
			Deliver []struct {
				Success   *bool  `json:"success"`
				CarrierID string `json:"carrierId"`
				Error     string `json:"errorMsg"`
			} `json:"deliverResults"`
		} `json:"result"`
	}
	if err := b.call(ctx, http.MethodPost, "/v1.0/card/instances/createAndDeliver", req, &out); err != nil {
		return Receipt{}, err
	}
	if out.Success != nil && !*out.Success {
		return Receipt{}, rejected("createAndDeliver: not done")
	}
	r := Receipt{OutTrackID: req.OutTrackID}
	for _, result := range out.Result.Deliver { // an answer that says success may hide a failed delivery
		if result.Success != nil && !*result.Success {
			return Receipt{}, rejected("createAndDeliver: not delivered: %s", b.tokens.Clean(result.Error))
		}
		r.ProcessQueryKey = result.CarrierID
	}
	return r, nil
}

func (b *Bot) update(ctx context.Context, target *orders.Delivery, c *cards.Card) (Receipt, error) {
	var old Receipt
	if target == nil || json.Unmarshal(target.Receipt, &old) != nil || old.OutTrackID == "" {
		return Receipt{}, rejected("update card: it was not sent as a card")
	}
	var out struct {
		Success *bool `json:"success"`
	}
	err := b.call(ctx, http.MethodPut, "/v1.0/card/instances", map[string]any{
		"outTrackId":        old.OutTrackID,
		"cardData":          cardData{cards.DingTalk(c)},
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true},
	}, &out)
	if err == nil && out.Success != nil && !*out.Success {
		err = rejected("update card: not done")
	}
	return Receipt{OutTrackID: old.OutTrackID}, err
}

func (b *Bot) text(ctx context.Context, d orders.Delivery, text string) (Receipt, error) {
	if strings.TrimSpace(text) == "" {
		return Receipt{}, rejected("nothing to send")
	}
	var last Receipt
	for _, piece := range httpx.Split(text, maxText) {
		r, err := b.send(ctx, d.Chat.ID, "sampleText", map[string]string{"content": piece})
		if err != nil {
			return r, err
		}
		last = r
	}
	return last, nil
}

// fileTypes are those that sampleFile takes.
var fileTypes = []string{"xlsx", "pdf", "zip", "rar", "doc", "docx"}

func (b *Bot) file(ctx context.Context, d orders.Delivery, f *cards.File) (Receipt, error) {
	kind := strings.ToLower(strings.TrimPrefix(filepath.Ext(f.Name), "."))
	picture := slices.Contains([]string{"png", "jpg", "jpeg", "gif"}, kind)
	upload := "file"
	switch {
	case picture:
		upload = "image"
	case !slices.Contains(fileTypes, kind):
		return Receipt{}, rejected("a file of type %q can't be sent", kind)
	}
	id, err := b.legacy.Upload(ctx, "/media/upload", upload, f.Name, f.Data)
	if err != nil {
		return Receipt{}, err
	}
	if picture {
		return b.send(ctx, d.Chat.ID, "sampleImageMsg", map[string]string{"photoURL": id})
	}
	return b.send(ctx, d.Chat.ID, "sampleFile", map[string]string{"mediaId": id, "fileName": f.Name, "fileType": kind})
}

func (b *Bot) send(ctx context.Context, chat, key string, param map[string]string) (Receipt, error) {
	text, err := httpx.Encode(param)
	if err != nil {
		return Receipt{}, rejected("write message: %w", err)
	}
	req := map[string]any{"robotCode": b.o.RobotCode, "msgKey": key, "msgParam": string(text)}
	path := "/v1.0/robot/oToMessages/batchSend"
	if isGroup(chat) {
		path = "/v1.0/robot/groupMessages/send"
		req["openConversationId"] = chat
	} else {
		req["userIds"] = []string{chat}
	}
	var out struct {
		Key      string   `json:"processQueryKey"`
		Invalid  []string `json:"invalidStaffIdList"`
		Filtered []string `json:"filteredStaffIdList"`
		Limited  []string `json:"flowControlledStaffIdList"`
	}
	if err := b.call(ctx, http.MethodPost, path, req, &out); err != nil {
		return Receipt{}, err
	}
	switch { // each of these got nothing, although the answer says ok
	case len(out.Invalid) > 0:
		return Receipt{}, rejected("%s: the receiver is unknown", path)
	case len(out.Filtered) > 0:
		return Receipt{}, rejected("%s: the receiver is filtered out", path)
	case len(out.Limited) > 0:
		return Receipt{}, &notify.Error{Reason: notify.RateLimited, RetryAfter: time.Minute, Err: fmt.Errorf("%s: too many messages to the receiver", path)}
	}
	return Receipt{ProcessQueryKey: out.Key}, nil
}
