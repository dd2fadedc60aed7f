// Package wechat sends through a WeChat service account (服务号): customer-service messages while the
// follower's window is open, template messages outside it ([Account]). It holds the account's API
// client: token, calls, error codes, media, QR codes.
package wechat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// Options are the settings of an [Account].
type Options struct {
	APIURL string // https://api.weixin.qq.com
	AppID  string
	Secret string
	// Templates are the ids of template messages by the kind of delivery: confirmed, shipped,
	// delivered, delayed. A kind without one only arrives while the follower's window is open.
	Templates map[string]string
	// QRURL is where the pictures of QR codes are; default https://mp.weixin.qq.com.
	QRURL  string
	HTTP   *http.Client
	Now    func() time.Time
	Logger *slog.Logger
}

const (
	maxText  = 2048 // bytes
	maxMenu  = 10
	maxScene = 64 // characters
	maxLife  = 30 * 24 * time.Hour
)

// The codes of a closed window: the follower wrote too long ago, or got as many messages as he may.
const (
	windowOver  = "45015"
	windowCount = "45047"
)

// codes are the documented error codes that are not simply refusals.
var codes = httpx.Table{
	"-1":    {Reason: notify.Unavailable},
	"40001": {Reason: notify.Auth, Token: true},
	"40014": {Reason: notify.Auth, Token: true},
	"41001": {Reason: notify.Auth, Token: true},
	"42001": {Reason: notify.Auth, Token: true},
	"40013": {Reason: notify.Auth}, // app id
	"40125": {Reason: notify.Auth}, // secret
	"40164": {Reason: notify.Auth}, // our address is not allowed
	"48001": {Reason: notify.Auth}, // the account may not call this
	"45009": {Reason: notify.RateLimited, Wait: time.Hour},
	"45011": {Reason: notify.RateLimited, Wait: time.Minute},
}

// Account sends as a service account.
type Account struct {
	o         Options
	log       *slog.Logger
	api       *httpx.WeChatAPI
	templates templates
}

// New returns the channel of a service account.
func New(o Options) *Account {
	a := &Account{o: o, log: o.Logger}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.o.QRURL == "" {
		a.o.QRURL = "https://mp.weixin.qq.com"
	}
	a.api = &httpx.WeChatAPI{Client: httpx.NewClient(o.APIURL, o.HTTP), Errors: codes}
	a.api.Tokens = httpx.NewTokens(a.token, o.Now, o.Secret)
	return a
}

// token asks for the stable token, which does not end the one that others use. A token that was
// refused but is still given out is renewed by force: 20 times a day at most.
func (a *Account) token(ctx context.Context, refused string) (string, time.Duration, error) {
	const path = "/cgi-bin/stable_token"
	for force := false; ; force = true {
		answer, err := a.api.Client.JSON(ctx, httpx.Request{Method: http.MethodPost, Path: path}, map[string]any{
			"grant_type": "client_credential", "appid": a.o.AppID, "secret": a.o.Secret, "force_refresh": force,
		})
		if err != nil {
			return "", 0, err
		}
		var out struct {
			Token string `json:"access_token"`
			Life  int    `json:"expires_in"`
		}
		no, err := a.api.Decode(path, answer, &out)
		switch {
		case err != nil:
			return "", 0, err
		case no != nil:
			no.Message = a.api.Tokens.Clean(no.Message)
			return "", 0, codes.Error(no)
		case out.Token == "":
			return "", 0, httpx.StatusError(path, answer.Status)
		case force || out.Token != refused:
			return out.Token, time.Duration(out.Life) * time.Second, nil
		}
	}
}

// Check asks for an access token: the error says whether the credentials are right.
func (a *Account) Check(ctx context.Context) error {
	_, err := a.api.Tokens.Get(ctx)
	return err
}

// Fetch returns the picture of an inbound message, up to 20 MB.
func (a *Account) Fetch(ctx context.Context, in orders.Inbound) (name string, data []byte, err error) {
	return a.api.Media(ctx, "/cgi-bin/media/get", in.Media)
}

// QRCode makes a QR code that carries a scene of at most 64 characters and works for life, at most 30
// days. It returns the address of its picture and what the code itself says.
func (a *Account) QRCode(ctx context.Context, scene string, life time.Duration) (picture, content string, err error) {
	if n := utf8.RuneCountInString(scene); n == 0 || n > maxScene {
		return "", "", fmt.Errorf("QR code: a scene of %d characters", n)
	}
	req := basic.Request{ExpireSeconds: int64(min(life, maxLife) / time.Second), ActionName: "QR_STR_SCENE"}
	req.ActionInfo.Scene.SceneStr = scene
	var out basic.Ticket
	if err := a.api.Call(ctx, "/cgi-bin/qrcode/create", req, &out); err != nil {
		return "", "", err
	}
	return a.o.QRURL + "/cgi-bin/showqrcode?ticket=" + url.QueryEscape(out.Ticket), out.URL, nil
}

// Send delivers a message to a follower (openid). Cards are said as text. Outside the follower's
// window a template message is sent where there is one for the delivery's kind.
//
// Customer-service messages have no key against repeats: after a lost answer one may come twice.
func (a *Account) Send(ctx context.Context, d orders.Delivery, _ *orders.Delivery) (json.RawMessage, error) {
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return nil, rejected("read message: %w", err)
	}
	if m.Text == "" && m.Card != nil {
		m.Text = cards.Text(m.Card)
	}
	err := a.custom(ctx, d, &m)
	if code := httpx.CodeOf(err); code == windowOver || code == windowCount {
		if id := a.o.Templates[d.Kind]; id != "" && m.Text != "" {
			return a.template(ctx, d, &m, id)
		}
	}
	if err != nil {
		return nil, err
	}
	return json.RawMessage(`{}`), nil
}

// Keyed is false: customer-service messages take no id of ours.
func (a *Account) Keyed(orders.Delivery) bool { return false }

// custom sends customer-service messages.
func (a *Account) custom(ctx context.Context, d orders.Delivery, m *cards.Message) error {
	const path = "/cgi-bin/message/custom/send"
	if m.File != nil && isPicture(m.File.Name) {
		id, err := a.api.Upload(ctx, "/cgi-bin/media/upload", "image", m.File.Name, m.File.Data)
		if err == nil {
			err = a.api.Call(ctx, path, message.NewCustomerImgMessage(d.Chat.ID, id), nil)
		}
		if err == nil || m.Text == "" || httpx.ReasonOf(err) != notify.Rejected {
			return err
		}
	}
	if strings.TrimSpace(m.Text) == "" {
		return rejected("nothing to send to a service account's follower")
	}
	if len(m.Menu) > 0 {
		menu := &message.MediaMsgmenu{HeadContent: m.Text}
		for i, text := range m.Menu[:min(len(m.Menu), maxMenu)] {
			menu.List = append(menu.List, message.MsgmenuItem{ID: fmt.Sprint(i + 1), Content: text})
		}
		if len(m.Text) > cards.MenuTextLimit {
			if err := a.text(ctx, path, d.Chat.ID, m.Text); err != nil {
				return err
			}
			menu.HeadContent = "请选择："
		}
		return a.api.Call(ctx, path, &message.CustomerMessage{ToUser: d.Chat.ID, Msgtype: "msgmenu", Msgmenu: menu}, nil)
	}
	return a.text(ctx, path, d.Chat.ID, m.Text)
}

func (a *Account) text(ctx context.Context, path, openID, text string) error {
	for _, piece := range httpx.Split(text, maxText) {
		if err := a.api.Call(ctx, path, message.NewCustomerTextMessage(openID, piece), nil); err != nil {
			return err
		}
	}
	return nil
}

func isPicture(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".gif", ".bmp"}, strings.ToLower(filepath.Ext(name)))
}

// messageID names a delivery towards the platform: the same again when it is repeated.
func messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "ob" + hex.EncodeToString(sum[:15])
}

func rejected(format string, args ...any) error {
	return &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf(format, args...)}
}

// errNoFields says that a template has no field that we could fill.
var errNoFields = errors.New("the template has no fields")
