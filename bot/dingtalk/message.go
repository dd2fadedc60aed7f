// Package dingtalk receives messages and card clicks of a DingTalk (钉钉) bot over the platform's
// Stream connection ([Stream]).
package dingtalk

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// loose is a text that some senders write as a number.
type loose string

// UnmarshalJSON takes a text, a number, true or false; null leaves it empty.
func (l *loose) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(l))
	}
	if s := string(data); s != "null" {
		*l = loose(s)
	}
	return nil
}

// nested is an object that some senders write as JSON within a text.
type nested json.RawMessage

// UnmarshalJSON unwraps a text once.
func (n *nested) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		data = []byte(text)
		if !json.Valid(data) { // just words
			words, err := json.Marshal(map[string]string{"text": text})
			if err != nil {
				return err
			}
			data = words
		}
	}
	*n = bytes.Clone(data)
	return nil
}

// into decodes what fits; anything else leaves v as it is.
func (n nested) into(v any) {
	if len(n) > 0 {
		_ = json.Unmarshal(n, v)
	}
}

// decode decodes data into v; a field of another type than documented stays empty.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// botMessage is the payload of the bot's topic; no SDK model has all of it.
type botMessage struct {
	ConversationID   string `json:"conversationId"`
	ConversationType loose  `json:"conversationType"` // 1: one to one, 2: group
	MsgID            string `json:"msgId"`
	MsgType          string `json:"msgtype"`
	CreateAt         loose  `json:"createAt"` // milliseconds
	SenderID         string `json:"senderId"`
	SenderStaffID    string `json:"senderStaffId"` // may be empty for outsiders
	ChatbotUserID    string `json:"chatbotUserId"`
	Webhook          string `json:"sessionWebhook"`
	WebhookUntil     loose  `json:"sessionWebhookExpiredTime"`
	Text             struct {
		Content string   `json:"content"`
		IsReply bool     `json:"isReplyMsg"`
		Replied *replied `json:"repliedMsg"`
	} `json:"text"`
	Content nested `json:"content"`
	// The quoted message; the key is set when it was the bot's own.
	OriginalMsgID string `json:"originalMsgId"`
	OriginalKey   string `json:"originalProcessQueryKey"`
}

type replied struct {
	MsgType  string `json:"msgType"`
	MsgID    string `json:"msgId"`
	SenderID string `json:"senderId"`
	Content  nested `json:"content"`
}

// content is the body of all message types together.
type content struct {
	Text         string `json:"text"`
	DownloadCode string `json:"downloadCode"`
	PictureCode  string `json:"pictureDownloadCode"`
	FileName     string `json:"fileName"`
	Recognition  string `json:"recognition"`
	Unknown      string `json:"unknownMsgType"`
	RichText     []part `json:"richText"`
}

// part is an item of a rich text.
type part struct {
	Type         string `json:"type"`
	MsgType      string `json:"msgType"`
	Text         string `json:"text"`
	Content      string `json:"content"`
	DownloadCode string `json:"downloadCode"`
	PictureCode  string `json:"pictureDownloadCode"`
	AtName       string `json:"atName"`
	AtUserID     string `json:"atUserId"`
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// Parse turns the payload of a bot message into ours: usually one; a rich text with pictures gives
// several, keyed msgId, msgId#2 and so on. frameID stands in for a missing msgId.
func Parse(data []byte, frameID string, now time.Time) ([]orders.Inbound, error) {
	var m botMessage
	if err := decode(data, &m); err != nil {
		return nil, fmt.Errorf("read bot message: %w", err)
	}
	base := orders.Inbound{
		Platform: orders.DingTalk, Sender: firstOf(m.SenderStaffID, m.SenderID),
		SentAt: milli(m.CreateAt, now), ReceivedAt: now, Trace: strings.ToLower(rand.Text()[:16]),
		ReplyURL: m.Webhook, Quoted: m.OriginalKey,
	}
	if m.Webhook != "" {
		base.ReplyUntil = milli(m.WebhookUntil, time.Time{})
	}
	base.Chat = orders.Chat{Platform: orders.DingTalk, ID: base.Sender}
	if m.ConversationType == "2" {
		base.Chat.ID = m.ConversationID
	}
	key := firstOf(m.MsgID, frameID)
	if base.Sender == "" || base.Chat.ID == "" || key == "" {
		return nil, nil
	}

	var pieces []orders.Inbound
	add := func(kind orders.InboundKind, text, media, fileName string) {
		in := base
		in.Kind, in.Text, in.Media, in.FileName = kind, text, media, fileName
		pieces = append(pieces, in)
	}
	if q := m.Text.Replied; q != nil && m.OriginalKey == "" {
		m.quote(q, add)
		base.Quoted = firstOf(q.MsgID, m.OriginalMsgID)
	} else if base.Quoted == "" {
		base.Quoted = m.OriginalMsgID
	}
	var c content
	m.Content.into(&c)
	code := firstOf(c.DownloadCode, c.PictureCode)
	switch m.MsgType {
	case "text":
		if text := strings.TrimSpace(m.Text.Content); text != "" {
			add(orders.InboundText, text, "", "")
		}
	case "picture":
		add(orders.InboundPicture, "", code, c.FileName)
	case "file":
		add(orders.InboundFile, "", code, c.FileName)
	case "audio":
		add(orders.InboundVoice, strings.TrimSpace(c.Recognition), code, "")
	case "richText":
		rich(c.RichText, add)
	case "video":
		add(orders.InboundUnknown, "视频", "", "")
	default:
		add(orders.InboundUnknown, firstOf(c.Unknown, m.MsgType, "消息"), "", "")
	}
	if len(pieces) == 0 { // only the bot's name was called
		add(orders.InboundEnter, "", "", "")
	}
	for i := range pieces {
		pieces[i].Key, pieces[i].Quoted = key, base.Quoted
		if i > 0 {
			pieces[i].Key = fmt.Sprintf("%s#%d", key, i+1)
		}
	}
	return pieces, nil
}

// quote adds what a quoted message holds: a file or picture, which can't be sent to the bot of a
// group in any other way, and another person's words. What the sender or the bot itself had said is
// known already.
func (m *botMessage) quote(q *replied, add func(orders.InboundKind, string, string, string)) {
	var c content
	q.Content.into(&c)
	code := firstOf(c.DownloadCode, c.PictureCode)
	switch {
	case q.SenderID != "" && q.SenderID == m.ChatbotUserID:
	case q.MsgType == "picture" && code != "":
		add(orders.InboundPicture, "", code, c.FileName)
	case q.MsgType == "file" && code != "":
		add(orders.InboundFile, "", code, c.FileName)
	case q.SenderID == "" || q.SenderID == m.SenderID:
	case q.MsgType == "text" && strings.TrimSpace(c.Text) != "":
		add(orders.InboundText, strings.TrimSpace(c.Text), "", "")
	case q.MsgType == "richText":
		rich(c.RichText, add)
	}
}

func rich(parts []part, add func(orders.InboundKind, string, string, string)) {
	var text strings.Builder
	flush := func() {
		if t := strings.TrimSpace(text.String()); t != "" {
			add(orders.InboundText, t, "", "")
		}
		text.Reset()
	}
	for _, p := range parts {
		switch code := firstOf(p.DownloadCode, p.PictureCode); {
		case code != "":
			flush()
			add(orders.InboundPicture, "", code, "")
		case p.AtName == "" && p.AtUserID == "":
			text.WriteString(firstOf(p.Text, p.Content))
		}
	}
	flush()
}

// milli returns the time of Unix milliseconds, or other where there is none.
func milli(l loose, other time.Time) time.Time {
	ms, err := strconv.ParseInt(string(l), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(string(l), 64)
		if err != nil || f != f {
			return other
		}
		ms = int64(f)
	}
	if ms <= 0 || ms > 1<<50 {
		return other
	}
	return time.UnixMilli(ms).UTC()
}
