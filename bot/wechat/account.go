// Package wechat receives what a WeChat service account (服务号) calls back: messages and events of
// its followers, in the platform's plain, compatible and safe modes.
package wechat

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"orderbot/bot"
	"orderbot/bot/wecom"
	"orderbot/orders"
)

// keepTime is what keeping a message may take: the platform gives up after 5 s.
const keepTime = 3 * time.Second

// Options are the settings of an [Account].
type Options struct {
	AppID   string
	Token   string // of the callback
	AESKey  string
	Inbox   bot.Inbox
	Now     func() time.Time
	Logger  *slog.Logger
	Timeout time.Duration // for keeping a message; default 3 s
}

// Account is the callback of a service account.
type Account struct {
	o     Options
	crypt *wecom.Crypt
	log   *slog.Logger
}

// New returns the callback of a service account. It fails when token or key can't be.
func New(o Options) (*Account, error) {
	crypt, err := wecom.NewCrypt(o.Token, o.AESKey, o.AppID)
	if err != nil {
		return nil, err
	}
	a := &Account{o: o, crypt: crypt, log: o.Logger}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.o.Timeout <= 0 {
		a.o.Timeout = keepTime
	}
	return a, nil
}

// Register adds the callback's routes.
func (a *Account) Register(r fiber.Router) {
	r.Get("/callback/service-account", a.verify)
	r.Post("/callback/service-account", a.receive)
}

// signed checks the signature that every request has, which covers no content.
func (a *Account) signed(c *fiber.Ctx) bool {
	return a.crypt.Verify(c.Query("signature"), c.Query("timestamp"), c.Query("nonce")) &&
		wecom.Fresh(c.Query("timestamp"), a.o.Now())
}

// verify answers the platform's question whether the address is ours.
func (a *Account) verify(c *fiber.Ctx) error {
	if !a.signed(c) {
		return a.refuse(c, "signature")
	}
	return c.SendString(c.Query("echostr"))
}

// receive keeps a delivered message before it answers.
func (a *Account) receive(c *fiber.Ctx) error {
	body := c.Request().Body() // as sent: nothing is unpacked
	if len(body) > wecom.MaxBody {
		return c.Status(fiber.StatusRequestEntityTooLarge).Send(nil)
	}
	plain, why := a.open(c, body)
	if why != "" {
		return a.refuse(c, why)
	}
	var m message.MixMessage
	if err := wecom.DecodeXML(plain, &m); err != nil {
		a.log.Warn("signed callback not understood", "platform", "service_account", "error", err)
		return c.Send(nil)
	}
	in, ok := a.inbound(&m)
	if !ok {
		return c.Send(nil)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), a.o.Timeout)
	defer cancel()
	if err := a.o.Inbox.Put(ctx, in); err != nil {
		a.log.Error("callback not kept", "platform", "service_account", "error", err)
		return c.Status(fiber.StatusServiceUnavailable).Send(nil)
	}
	return c.SendString("success")
}

// open checks an envelope and returns the message in it, or why it is refused. An encrypted part,
// where there is one, is what counts: the compatible mode has the message in plain beside it.
func (a *Account) open(c *fiber.Ctx, body []byte) (plain []byte, why string) {
	var envelope message.EncryptedXMLMsg
	if err := wecom.DecodeXML(body, &envelope); err != nil {
		return nil, "envelope"
	}
	encrypted := strings.TrimSpace(envelope.EncryptedMsg)
	if encrypted == "" && c.Query("encrypt_type") != "aes" {
		if !a.signed(c) {
			return nil, "signature"
		}
		return body, ""
	}
	if encrypted == "" || !a.crypt.Verify(c.Query("msg_signature"), c.Query("timestamp"), c.Query("nonce"), encrypted) {
		return nil, "signature"
	}
	if !wecom.Fresh(c.Query("timestamp"), a.o.Now()) {
		return nil, "replay"
	}
	plain, err := a.crypt.Open(encrypted)
	if err != nil {
		return nil, "content"
	}
	return plain, ""
}

func (a *Account) refuse(c *fiber.Ctx, why string) error {
	a.log.Warn("callback refused", "platform", "service_account", "why", why)
	return c.Status(fiber.StatusForbidden).Send(nil)
}

// inbound turns a message into ours; false where there is nothing to answer.
func (a *Account) inbound(m *message.MixMessage) (orders.Inbound, bool) {
	now, openID := a.o.Now(), m.GetOpenID()
	created := strconv.FormatInt(m.CreateTime, 10)
	in := orders.Inbound{
		Platform: orders.ServiceAccount, Chat: orders.Chat{Platform: orders.ServiceAccount, ID: openID}, Sender: openID,
		SentAt: wecom.UnixTime(created, now), ReceivedAt: now, Trace: wecom.NewTrace(),
	}
	if m.MsgType != message.MsgTypeEvent && m.MsgID != 0 {
		in.Key = strconv.FormatInt(m.MsgID, 10)
	} else { // events have no id: sender and time are documented to tell them apart
		in.Key = wecom.HashKey(openID, created, string(m.MsgType), string(m.Event), m.EventKey, m.Content, m.MediaID)
	}
	switch m.MsgType {
	case message.MsgTypeText:
		in.Kind, in.Text = orders.InboundText, m.Content
	case message.MsgTypeImage:
		in.Kind, in.Media = orders.InboundPicture, m.MediaID
	case message.MsgTypeVoice:
		in.Kind, in.Media, in.Text = orders.InboundVoice, m.MediaID, m.Recognition
	case message.MsgTypeEvent:
		return in, openID != "" && a.event(m, &in)
	case "":
		return in, false
	default:
		in.Kind, in.Text = orders.InboundUnknown, wecom.KindName(string(m.MsgType))
	}
	return in, openID != ""
}

func (a *Account) event(m *message.MixMessage, in *orders.Inbound) bool {
	switch m.Event {
	case message.EventSubscribe:
		in.Kind, in.Scene = orders.InboundEnter, strings.TrimPrefix(m.EventKey, "qrscene_")
	case message.EventScan:
		in.Kind, in.Scene = orders.InboundEnter, m.EventKey
	case message.EventClick:
		in.Kind, in.Text = orders.InboundText, m.EventKey
		return m.EventKey != ""
	case message.EventTemplateSendJobFinish:
		if strings.HasPrefix(m.Status, "failed") {
			a.log.Warn("template message not delivered", "platform", "service_account", "msg_id", m.TemplateMsgID, "status", m.Status)
		}
		return false
	default:
		return false
	}
	return true
}
