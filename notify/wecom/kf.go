package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/work/kf/sendmsg"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

const (
	maxMenuEntry = 128 // bytes
	maxMenu      = 10
)

// KF sends to customers as 微信客服, and reads what they wrote.
type KF struct{ *client }

// NewKF returns the channel of 微信客服. The options need no agent id.
func NewKF(o Options) *KF { return &KF{newClient(o)} }

// kfRequest is kf/send_msg, and send_msg_on_event where Code is set instead of the receiver.
type kfRequest struct {
	sendmsg.Message
	Type  string    `json:"msgtype"`
	Text  *textBody `json:"text,omitempty"`
	File  *fileBody `json:"file,omitempty"`
	Image *fileBody `json:"image,omitempty"`
	Menu  *menuBody `json:"msgmenu,omitempty"`
}

type eventRequest struct {
	Code  string    `json:"code"`
	MsgID string    `json:"msgid"`
	Type  string    `json:"msgtype"`
	Text  *textBody `json:"text,omitempty"`
	Menu  *menuBody `json:"msgmenu,omitempty"`
}

type menuBody struct {
	Head string              `json:"head_content"`
	List []sendmsg.MenuClick `json:"list"`
}

// Keyed is true: every message carries a msgid of ours.
func (k *KF) Keyed(orders.Delivery) bool { return true }

// Send delivers a message to a customer ("open_kfid external_userid"). Cards are said as text. The
// platform takes five messages after each of the customer's, within 48 hours; what is beyond is
// refused. Where d.Code is set it is the welcome code of an entered session, which allows one message
// for 20 seconds.
func (k *KF) Send(ctx context.Context, d orders.Delivery, _ *orders.Delivery) (json.RawMessage, error) {
	m, err := decode(d)
	if err != nil {
		return nil, err
	}
	if m.Text == "" && m.Card != nil {
		m.Text = cards.Text(m.Card)
	}
	if m.File != nil {
		id, err := k.upload(ctx, m.File)
		if err == nil {
			req := kfRequest{Type: "file", File: &fileBody{MediaID: id}}
			if isPicture(m.File.Name) {
				req = kfRequest{Type: "image", Image: &fileBody{MediaID: id}}
			}
			err = k.send(ctx, d, 0, req)
		}
		if err == nil {
			return encode(Receipt{MsgID: taskID(d.Key)})
		}
		if !insteadText(err, m) {
			return nil, err
		}
		k.log.Warn("file refused, sent as text", "delivery_id", d.ID, "cause", err)
	}
	if strings.TrimSpace(m.Text) == "" {
		return nil, &notify.Error{Reason: notify.Rejected, Err: errors.New("nothing to send")}
	}
	for i, r := range kfRequests(m) {
		if err := k.send(ctx, d, i, r); err != nil {
			return nil, err
		}
	}
	return encode(Receipt{MsgID: taskID(d.Key)})
}

// kfRequests makes as few messages as hold the text and the menu.
func kfRequests(m *cards.Message) []kfRequest {
	var entries []sendmsg.MenuClick
	for i, text := range m.Menu {
		if len(entries) == maxMenu {
			break
		}
		entry := sendmsg.MenuClick{Type: "click"}
		entry.Click.ID, entry.Click.Content = fmt.Sprintf("m%d", i+1), clip(text, maxMenuEntry)
		if entry.Click.Content != "" {
			entries = append(entries, entry)
		}
	}
	if len(entries) > 0 && len(m.Text) <= cards.MenuTextLimit {
		return []kfRequest{{Type: "msgmenu", Menu: &menuBody{m.Text, entries}}}
	}
	var out []kfRequest
	for _, piece := range httpx.Split(m.Text, maxText) {
		out = append(out, kfRequest{Type: "text", Text: &textBody{piece}})
	}
	if len(entries) > 0 {
		out = append(out, kfRequest{Type: "msgmenu", Menu: &menuBody{"请选择：", entries}})
	}
	return out
}

// send makes the i-th message of a delivery. Its id is the same when the delivery is repeated: the
// platform refuses it then, which is as good as sent.
func (k *KF) send(ctx context.Context, d orders.Delivery, i int, r kfRequest) error {
	account, customer, ok := strings.Cut(d.Chat.ID, " ")
	if !ok || account == "" || customer == "" {
		return &notify.Error{Reason: notify.Rejected, Err: errors.New("not a chat of 微信客服")}
	}
	key := d.Key
	if i > 0 {
		key = fmt.Sprintf("%s#%d", d.Key, i)
	}
	r.ToUser, r.OpenKFID, r.MsgID = customer, account, taskID(key)
	if d.Code != "" && i == 0 && r.File == nil && r.Image == nil {
		err := k.api.Call(ctx, "/cgi-bin/kf/send_msg_on_event", eventRequest{d.Code, r.MsgID, r.Type, r.Text, r.Menu}, nil)
		if httpx.ReasonOf(err) != notify.Rejected {
			return err
		}
	}
	err := k.api.Call(ctx, "/cgi-bin/kf/send_msg", r, nil)
	if alreadyThere(err, "msgid") {
		return nil
	}
	return err
}

// clip cuts text to at most limit bytes between characters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// SyncMsg returns a page of an account's message log; see the bot's puller. A callback token that is
// no longer good is left out.
func (k *KF) SyncMsg(ctx context.Context, account, cursor, token string) (items []json.RawMessage, next string, more bool, err error) {
	req := struct {
		Cursor  string `json:"cursor,omitempty"`
		Token   string `json:"token,omitempty"`
		Limit   int    `json:"limit"`
		Account string `json:"open_kfid"`
	}{cursor, token, 1000, account}
	var out struct {
		Next  string            `json:"next_cursor"`
		More  int               `json:"has_more"`
		Items []json.RawMessage `json:"msg_list"`
	}
	err = k.api.Call(ctx, "/cgi-bin/kf/sync_msg", req, &out)
	if httpx.CodeOf(err) == "95007" && token != "" {
		req.Token = ""
		err = k.api.Call(ctx, "/cgi-bin/kf/sync_msg", req, &out)
	}
	return out.Items, out.Next, out.More == 1, err
}

// Accounts lists the ids of the accounts that the secret may use.
func (k *KF) Accounts(ctx context.Context) ([]string, error) {
	var out struct {
		Accounts []struct {
			ID string `json:"open_kfid"`
		} `json:"account_list"`
	}
	if err := k.api.Call(ctx, "/cgi-bin/kf/account/list", map[string]int{"offset": 0, "limit": 100}, &out); err != nil {
		return nil, err
	}
	ids := make([]string, len(out.Accounts))
	for i, a := range out.Accounts {
		ids[i] = a.ID
	}
	return ids, nil
}

// ContactLink returns a link that opens the chat with an account and carries a parameter of at
// most 128 bytes into the chat's enter_session event (platform documentation of
// kf/add_contact_way: scene_param is appended to the link by us).
func (k *KF) ContactLink(ctx context.Context, account, param string) (string, error) {
	req := struct {
		Account string `json:"open_kfid"`
		Scene   string `json:"scene"`
	}{account, "bind"}
	var out struct {
		URL string `json:"url"`
	}
	if err := k.api.Call(ctx, "/cgi-bin/kf/add_contact_way", req, &out); err != nil {
		return "", err
	}
	sep := "?"
	if strings.Contains(out.URL, "?") {
		sep = "&"
	}
	return out.URL + sep + "scene_param=" + url.QueryEscape(param), nil
}
