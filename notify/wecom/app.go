package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/work/message"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

const (
	maxText = 2048 // bytes of a text; the platform cuts what is longer
	// codeLife is how long the code that allows to change a card lives.
	codeLife = 72 * time.Hour
	// codeSpent is the error of a response code that was used before (published: "code has been used,
	// it can be used once only").
	codeSpent = "42022"
)

// Receipt is what the platform called a sent message.
type Receipt struct {
	MsgID        string `json:"msgid,omitempty"`
	ResponseCode string `json:"response_code,omitempty"` // changes the card once, within 72 hours
	TaskID       string `json:"task_id,omitempty"`       // set for a card only
}

// App sends to members as a self-built app.
type App struct{ *client }

// NewApp returns the channel of an app.
func NewApp(o Options) *App { return &App{newClient(o)} }

// sendRequest is message/send. The SDK's own has the agent id as a text; the platform documents an
// integer.
type sendRequest struct {
	ToUser   string          `json:"touser"`
	Type     string          `json:"msgtype"`
	AgentID  int             `json:"agentid"`
	Text     *textBody       `json:"text,omitempty"`
	File     *fileBody       `json:"file,omitempty"`
	Image    *fileBody       `json:"image,omitempty"`
	Card     json.RawMessage `json:"template_card,omitempty"`
	Check    int             `json:"enable_duplicate_check"`
	Interval int             `json:"duplicate_check_interval"`
}

type textBody struct {
	Content string `json:"content"`
}

type fileBody struct {
	MediaID string `json:"media_id"`
}

// updateRequest is update_template_card.
type updateRequest struct {
	UserIDs []string        `json:"userids"`
	AgentID int             `json:"agentid"`
	Code    string          `json:"response_code"`
	Card    json.RawMessage `json:"template_card"`
}

// Send delivers a message to a member. A card that the platform refuses, or can't change any more, is
// said as text. Its receipt is a [Receipt].
func (a *App) Send(ctx context.Context, d orders.Delivery, target *orders.Delivery) (json.RawMessage, error) {
	m, err := decode(d)
	if err != nil {
		return nil, err
	}
	if m.Text == "" && m.Card != nil {
		m.Text = cards.Text(m.Card)
	}
	if d.Update != 0 && m.Card != nil {
		receipt, err := a.update(ctx, d, target, m)
		if err == nil || !insteadText(err, m) {
			return receipt, err
		}
		if d.Attempts > 0 && httpx.CodeOf(err) == codeSpent && a.o.Now().Sub(d.Created) < codeLife {
			// Nobody else has this code: an earlier try, whose answer was lost, changed the card.
			return encode(Receipt{TaskID: taskID(target.Key)})
		}
		a.log.Info("card can't be changed any more, its state is sent as text", "delivery_id", d.ID, "cause", err)
		return a.text(ctx, d, m.Text)
	}
	if m.Card != nil {
		id := taskID(d.Key)
		if card := cards.WeCom(m.Card, id); card != nil {
			r, err := a.send(ctx, d, sendRequest{Type: "template_card", Card: card})
			if err == nil || alreadyThere(err, "task") {
				r.TaskID = id
				return encode(r)
			}
			if !insteadText(err, m) {
				return nil, err
			}
			a.log.Warn("card refused, sent as text", "delivery_id", d.ID, "cause", err)
		}
	}
	if m.File != nil {
		receipt, err := a.file(ctx, d, m.File)
		if err == nil || !insteadText(err, m) {
			return receipt, err
		}
		a.log.Warn("file refused, sent as text", "delivery_id", d.ID, "cause", err)
	}
	return a.text(ctx, d, m.Text)
}

// Keyed is true: the platform swallows a repeat within the duplicate interval, and the code of a
// card's change serves once.
func (a *App) Keyed(orders.Delivery) bool { return true }

// insteadText tells whether a refusal is of the form only, so that the message's text still reaches
// the person.
func insteadText(err error, m *cards.Message) bool {
	return m.Text != "" && httpx.ReasonOf(err) == notify.Rejected && !receiverCodes[httpx.CodeOf(err)]
}

// alreadyThere tells whether the platform refused a repeat because of the id that we gave it: the
// first call, whose answer was lost, got through. No code is documented for this.
func alreadyThere(err error, what string) bool {
	var e *httpx.APIError
	if !errors.As(err, &e) {
		return false
	}
	words := strings.ToLower(e.Message)
	if !strings.Contains(words, what) {
		return false
	}
	for _, w := range []string{"duplicate", "repeat", "exist", "already", "used", "重复", "已存在"} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}

// update replaces the card of target with the code of the click that caused it, or else the code of
// the sending.
func (a *App) update(ctx context.Context, d orders.Delivery, target *orders.Delivery, m *cards.Message) (json.RawMessage, error) {
	unable := func(why string) error { return &notify.Error{Reason: notify.Rejected, Err: errors.New(why)} }
	if target == nil {
		return nil, unable("update card: the card was not sent")
	}
	var old Receipt
	if len(target.Receipt) > 0 {
		if err := json.Unmarshal(target.Receipt, &old); err != nil {
			return nil, unable("update card: receipt can't be read")
		}
	}
	code := d.Code
	if code == "" && !target.Changed && a.o.Now().Sub(target.SentAt) < codeLife {
		code = old.ResponseCode
	}
	if code == "" || old.TaskID == "" {
		return nil, unable("update card: no code left that allows it")
	}
	card := cards.WeCom(m.Card, old.TaskID)
	if card == nil {
		return nil, unable("update card: not a card that can be shown")
	}
	var out struct {
		Invalid []string `json:"invaliduser"`
	}
	err := a.api.Call(ctx, "/cgi-bin/message/update_template_card", updateRequest{
		UserIDs: []string{d.Chat.ID}, AgentID: a.o.AgentID, Code: code, Card: card,
	}, &out)
	if err != nil {
		return nil, err
	}
	if len(out.Invalid) > 0 {
		return nil, invalid("update_template_card")
	}
	return encode(Receipt{TaskID: old.TaskID})
}

func (a *App) text(ctx context.Context, d orders.Delivery, text string) (json.RawMessage, error) {
	if strings.TrimSpace(text) == "" {
		return nil, &notify.Error{Reason: notify.Rejected, Err: errors.New("nothing to send")}
	}
	var last Receipt
	for _, piece := range httpx.Split(text, maxText-markBytes) {
		r, err := a.send(ctx, d, sendRequest{Type: "text", Text: &textBody{Content: marked(piece, d.Key)}})
		if err != nil {
			return nil, err
		}
		last = r
	}
	return encode(last)
}

// markBytes is the length of a mark.
const markBytes = 24

// marked adds eight zero-width characters that tell equal texts of different deliveries apart: the
// platform swallows an equal text within the duplicate interval (its documentation of
// enable_duplicate_check), which is meant to catch the same delivery sent again and must not catch
// the answer to somebody who asks the same twice. They stand behind the last line that ends with a
// Chinese character or sign, so that an order number or a link ends where it ends.
func marked(text, key string) string {
	sum := sha256.Sum256([]byte(key))
	var b strings.Builder
	for i := range 8 {
		b.WriteRune([]rune{0x200b, 0x200c, 0x200d, 0x2060}[sum[i]&3])
	}
	at := 0 // in front, where no line will do
	for end := len(text); end > 0; end = strings.LastIndexByte(text[:end], '\n') {
		if text[end-1] >= utf8.RuneSelf {
			at = end
			break
		}
	}
	return text[:at] + b.String() + text[at:]
}

func (a *App) file(ctx context.Context, d orders.Delivery, f *cards.File) (json.RawMessage, error) {
	for try := 0; ; try++ {
		id, err := a.upload(ctx, f)
		if err != nil {
			return nil, err
		}
		req := sendRequest{Type: "file", File: &fileBody{MediaID: id}}
		if isPicture(f.Name) {
			req = sendRequest{Type: "image", Image: &fileBody{MediaID: id}}
		}
		r, err := a.send(ctx, d, req)
		if httpx.CodeOf(err) == "40007" && try == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return encode(r)
	}
}

func (a *App) send(ctx context.Context, d orders.Delivery, r sendRequest) (Receipt, error) {
	r.ToUser, r.AgentID, r.Check, r.Interval = d.Chat.ID, a.o.AgentID, 1, int(a.o.DuplicateInterval/time.Second)
	var out message.SendResponse
	if err := a.api.Call(ctx, "/cgi-bin/message/send", r, &out); err != nil {
		return Receipt{}, err
	}
	if out.InvalidUser != "" || out.UnlicensedUser != "" {
		return Receipt{}, invalid("message/send")
	}
	return Receipt{MsgID: out.MsgID, ResponseCode: out.ResponseCode}, nil
}

// invalid is the refusal of a receiver within an answer that says ok.
func invalid(op string) error {
	return codes.Error(&httpx.APIError{Op: op, Code: "81013", Message: "the receiver is unknown, out of the app's range or without a licence"})
}
