package wecom

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/bot"
	"orderbot/orders"
)

// Options are the settings of an [App].
type Options struct {
	CorpID  string
	AgentID int    // messages of another app are left aside; 0 takes all
	Token   string // of the callback
	AESKey  string
	Inbox   bot.Inbox
	// Cursors, where set, also takes the pull requests of 微信客服 that reach this address because
	// the app is the one that may call its interfaces.
	Cursors bot.Cursors
	Now     func() time.Time
	Logger  *slog.Logger
	Timeout time.Duration // for keeping a message; default 3 s
}

// App is the callback of a self-built app.
type App struct {
	*endpoint
	o Options
}

// New returns the callback of an app. It fails when token or key can't be.
func New(o Options) (*App, error) {
	e, err := newEndpoint(o.Token, o.AESKey, o.CorpID, o.Now, o.Logger, o.Timeout)
	if err != nil {
		return nil, err
	}
	a := &App{endpoint: e, o: o}
	e.handle = a.keep
	return a, nil
}

// Register adds the callback's routes.
func (a *App) Register(r fiber.Router) {
	r.Get("/callback/wecom", a.verify)
	r.Post("/callback/wecom", a.receive)
}

// message is a decrypted message or event of an app.
type message struct {
	From     string `xml:"FromUserName"`
	Created  string `xml:"CreateTime"`
	Type     string `xml:"MsgType"`
	ID       string `xml:"MsgId"`
	Agent    string `xml:"AgentID"`
	Content  string `xml:"Content"`
	Media    string `xml:"MediaId"`
	FileName string `xml:"FileName"`
	Title    string `xml:"Title"`

	Event        string `xml:"Event"`
	EventKey     string `xml:"EventKey"`
	TaskID       string `xml:"TaskId"`
	ResponseCode string `xml:"ResponseCode"`
	// Both spellings of the options have been seen.
	Selected []struct {
		Options  []string `xml:"OptionIds>OptionId"`
		Opitions []string `xml:"OpitonIds>OpitonId"`
	} `xml:"SelectedItems>SelectedItem"`

	Token    string `xml:"Token"`
	OpenKfID string `xml:"OpenKfId"`
}

// kindNames are for people: what can't be used.
var kindNames = map[string]string{
	"video": "视频", "shortvideo": "视频", "location": "位置", "link": "链接", "emotion": "表情",
	"business_card": "名片", "miniprogram": "小程序", "channels": "视频号", "channels_shop_product": "商品",
	"channels_shop_order": "视频号订单", "meeting": "会议", "schedule": "日程", "note": "笔记",
}

// KindName returns the word for people of a message type that can't be used, or the type itself.
func KindName(msgType string) string {
	if name, ok := kindNames[msgType]; ok {
		return name
	}
	return msgType
}

// keep puts a message into the inbox. What can't be read or is of no use is acknowledged.
func (a *App) keep(ctx context.Context, plain []byte, now time.Time) error {
	var m message
	if err := DecodeXML(plain, &m); err != nil {
		a.log.Warn("signed callback not understood", "error", err)
		return nil
	}
	if m.Event == "kf_msg_or_event" {
		if a.o.Cursors == nil || m.OpenKfID == "" {
			return nil
		}
		return a.o.Cursors.Want(ctx, m.OpenKfID, m.Token, now)
	}
	if a.o.AgentID != 0 && m.Agent != "" && m.Agent != strconv.Itoa(a.o.AgentID) {
		a.log.Warn("callback of another app", "agent_id", m.Agent)
		return nil
	}
	switch m.Event {
	case "inactive_alert", "close_inactive_agent", "low_active_alert", "low_active":
		a.log.Warn("the platform warns that the app is little used and may be suspended", "event", m.Event)
	}
	in, ok := m.inbound(now)
	if !ok {
		return nil
	}
	return a.o.Inbox.Put(ctx, in)
}

// inbound turns a message into ours; false where there is nothing to answer.
func (m *message) inbound(now time.Time) (orders.Inbound, bool) {
	in := orders.Inbound{
		Platform: orders.WeCom, Key: m.key(), Chat: orders.Chat{Platform: orders.WeCom, ID: m.From}, Sender: m.From,
		SentAt: UnixTime(m.Created, now), ReceivedAt: now, Trace: NewTrace(),
	}
	if m.From == "" {
		return in, false
	}
	switch m.Type {
	case "text":
		in.Kind, in.Text = orders.InboundText, m.Content
	case "image":
		in.Kind, in.Media = orders.InboundPicture, m.Media
	case "voice":
		in.Kind, in.Media = orders.InboundVoice, m.Media
	case "file":
		in.Kind, in.Media, in.FileName = orders.InboundFile, m.Media, m.FileName
		if in.FileName == "" {
			in.FileName = m.Title
		}
	case "event":
		return in, m.event(&in)
	case "":
		return in, false
	default:
		in.Kind, in.Text = orders.InboundUnknown, KindName(m.Type)
	}
	if in.Kind == orders.InboundFile && in.Media == "" {
		in.Kind, in.Text = orders.InboundUnknown, "文件"
	}
	return in, true
}

func (m *message) event(in *orders.Inbound) bool {
	switch m.Event {
	case "template_card_event", "template_card_menu_event":
		in.Kind, in.Action, in.Card, in.Code = orders.InboundClick, m.EventKey, m.TaskID, m.ResponseCode
		var chosen []string
		for _, s := range m.Selected {
			chosen = append(append(chosen, s.Options...), s.Opitions...)
		}
		in.Text = strings.Join(chosen, ",")
	case "click":
		in.Kind, in.Text = orders.InboundText, m.EventKey
	case "enter_agent", "subscribe":
		in.Kind = orders.InboundEnter
	default:
		return false
	}
	return m.Event != "click" || m.EventKey != ""
}

// key is the same for every delivery of one message. Messages have an id. Events have none: sender
// and time are documented to tell them apart, but two clicks can fall into one second.
func (m *message) key() string {
	if m.Type != "event" && m.ID != "" {
		return m.ID
	}
	return HashKey(m.From, m.Created, m.Type, m.Event, m.EventKey, m.TaskID, m.ResponseCode, m.Content, m.Media)
}

// HashKey makes a short key of what tells an event from others.
func HashKey(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "e" + hex.EncodeToString(sum[:16])
}

// UnixTime returns the time of Unix seconds in text, or other where text is none.
func UnixTime(text string, other time.Time) time.Time {
	sec, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || sec <= 0 || sec > 1<<40 {
		return other
	}
	return time.Unix(sec, 0).UTC()
}

// NewTrace returns a trace id, by which one message is followed through the logs.
func NewTrace() string { return strings.ToLower(rand.Text()[:16]) }
