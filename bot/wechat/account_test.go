package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot/wechat"
	"orderbot/bot/wecom"
	"orderbot/orders"
)

const (
	token = "tok"
	key   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	path  = "/callback/service-account"
)

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

type inbox struct {
	mu   sync.Mutex
	err  error
	rows map[string]orders.Inbound
}

func (b *inbox) Put(_ context.Context, in ...orders.Inbound) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range in {
		if _, known := b.rows[m.Key]; !known && b.err == nil {
			b.rows[m.Key] = m
		}
	}
	return b.err
}

type bench struct {
	app   *fiber.App
	inbox *inbox
	crypt *wecom.Crypt
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{app: fiber.New(fiber.Config{BodyLimit: 8 << 20}), inbox: &inbox{rows: map[string]orders.Inbound{}}}
	var err error
	b.crypt, err = wecom.NewCrypt(token, key, "wxapp")
	require.NoError(t, err)
	a, err := wechat.New(wechat.Options{AppID: "wxapp", Token: token, AESKey: key, Inbox: b.inbox, Now: func() time.Time { return now }})
	require.NoError(t, err)
	a.Register(b.app)
	return b
}

func (b *bench) do(t *testing.T, method string, query url.Values, body string) (int, string) {
	t.Helper()
	res, err := b.app.Test(httptest.NewRequest(method, path+"?"+query.Encode(), strings.NewReader(body)), -1)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(answer)
}

func (b *bench) query(at time.Time) url.Values {
	ts := strconv.FormatInt(at.Unix(), 10)
	return url.Values{"signature": {b.crypt.Sign(ts, "n")}, "timestamp": {ts}, "nonce": {"n"}, "openid": {"o1"}}
}

func (b *bench) sealed(at time.Time, plain string) (url.Values, string) {
	q, encrypted := b.query(at), b.crypt.Seal([]byte(plain))
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", b.crypt.Sign(q.Get("timestamp"), "n", encrypted))
	return q, encrypted
}

func xml(kind, rest string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1773194400</CreateTime><MsgType><![CDATA[%s]]></MsgType>%s</xml>", kind, rest)
}

func event(name, rest string) string {
	return xml("event", "<Event><![CDATA["+name+"]]></Event>"+rest)
}

func TestVerifyAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.query(now)
	q.Set("echostr", "5836487129468")
	status, answer := b.do(t, http.MethodGet, q, "")
	require.Equal(t, 200, status)
	require.Equal(t, "5836487129468", answer)
	q.Set("signature", "0")
	status, answer = b.do(t, http.MethodGet, q, "")
	require.Equal(t, 403, status)
	require.Empty(t, answer)
}

func TestThreeModes(t *testing.T) {
	t.Parallel()
	plain := xml("text", "<Content><![CDATA[SO202603110012 到哪了]]></Content><MsgId>23456789012345678</MsgId>")
	for mode, send := range map[string]func(*testing.T, *bench) (int, string){
		"plain": func(t *testing.T, b *bench) (int, string) {
			t.Helper()
			return b.do(t, http.MethodPost, b.query(now), plain)
		},
		"compatible": func(t *testing.T, b *bench) (int, string) {
			t.Helper()
			q, encrypted := b.sealed(now, plain)
			return b.do(t, http.MethodPost, q, strings.Replace(strings.Replace(plain, "到哪了", "别的", 1), "</xml>", "<Encrypt>"+encrypted+"</Encrypt></xml>", 1))
		},
		"safe": func(t *testing.T, b *bench) (int, string) {
			t.Helper()
			q, encrypted := b.sealed(now, plain)
			return b.do(t, http.MethodPost, q, "<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>")
		},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for range 3 { // as the platform repeats it
				status, answer := send(t, b)
				require.Equal(t, 200, status)
				require.Equal(t, "success", answer)
			}
			require.Len(t, b.inbox.rows, 1)
			in := b.inbox.rows["23456789012345678"]
			in.Trace = ""
			require.Equal(t, orders.Inbound{
				Platform: orders.ServiceAccount, Key: "23456789012345678", Chat: orders.Chat{Platform: orders.ServiceAccount, ID: "o1"},
				Sender: "o1", Kind: orders.InboundText, Text: "SO202603110012 到哪了",
				SentAt: time.Unix(1773194400, 0).UTC(), ReceivedAt: now,
			}, in)
		})
	}
}

func TestMessagesAndEvents(t *testing.T) {
	t.Parallel()
	type short struct{ Kind, Text, Media, Scene string }
	for name, c := range map[string]struct {
		plain string
		want  *short
	}{
		"picture":        {xml("image", "<PicUrl>http://p</PicUrl><MediaId>M1</MediaId><MsgId>1</MsgId>"), &short{Kind: "picture", Media: "M1"}},
		"voice":          {xml("voice", "<MediaId>M2</MediaId><Format>amr</Format><Recognition>查订单</Recognition><MsgId>2</MsgId>"), &short{Kind: "voice", Media: "M2", Text: "查订单"}},
		"menu message":   {xml("text", "<Content>找人工</Content><bizmsgmenuid>2</bizmsgmenuid><MsgId>3</MsgId>"), &short{Kind: "text", Text: "找人工"}},
		"video":          {xml("video", "<MediaId>M</MediaId><MsgId>4</MsgId>"), &short{Kind: "unknown", Text: "视频"}},
		"location":       {xml("location", "<Location_X>29.8</Location_X><Location_Y>121.5</Location_Y><Scale>16</Scale><MsgId>5</MsgId>"), &short{Kind: "unknown", Text: "位置"}},
		"followed":       {event("subscribe", ""), &short{Kind: "enter"}},
		"followed by QR": {event("subscribe", "<EventKey>qrscene_bind_7</EventKey><Ticket>T</Ticket>"), &short{Kind: "enter", Scene: "bind_7"}},
		"scanned":        {event("SCAN", "<EventKey>bind_7</EventKey><Ticket>T</Ticket>"), &short{Kind: "enter", Scene: "bind_7"}},
		"menu":           {event("CLICK", "<EventKey>我的订单</EventKey>"), &short{Kind: "text", Text: "我的订单"}},
		"left":           {event("unsubscribe", ""), nil},
		"page":           {event("VIEW", "<EventKey>https://e</EventKey>"), nil},
		"sent":           {event("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>"), nil},
		"subscribed": {event("subscribe_msg_popup_event", "<SubscribeMsgPopupEvent><List><TemplateId>t</TemplateId>"+
			"<SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent>"), nil},
		"no XML":       {"hello", nil},
		"no type":      {"<xml><FromUserName>o1</FromUserName></xml>", nil},
		"odd number":   {xml("text", "<Content>x</Content><MsgId>many</MsgId>"), nil},
		"other sender": {strings.Replace(xml("text", "<Content>x</Content>"), "o1", "", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			q, encrypted := b.sealed(now, c.plain)
			status, answer := b.do(t, http.MethodPost, q, "<xml><Encrypt>"+encrypted+"</Encrypt></xml>")
			require.Equal(t, 200, status)
			if c.want == nil {
				require.Empty(t, answer)
				require.Empty(t, b.inbox.rows)
				return
			}
			require.Equal(t, "success", answer)
			require.Len(t, b.inbox.rows, 1)
			for _, in := range b.inbox.rows {
				require.Equal(t, *c.want, short{string(in.Kind), in.Text, in.Media, in.Scene})
			}
		})
	}
}

// feature: SC-07
func TestBadEnvelopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plain := xml("text", "<Content>x</Content><MsgId>1</MsgId>")
	safe, encrypted := b.sealed(now, plain)
	body := "<xml><Encrypt>" + encrypted + "</Encrypt></xml>"
	change := func(q url.Values, name, value string) url.Values {
		out := url.Values{}
		maps.Copy(out, q)
		out.Set(name, value)
		return out
	}
	other, err := wecom.NewCrypt(token, key, "wxother")
	require.NoError(t, err)
	foreign := other.Seal([]byte(plain))
	oldSafe, oldEncrypted := b.sealed(now.Add(-11*time.Minute), plain)
	for name, c := range map[string]struct {
		query  url.Values
		body   string
		status int
	}{
		"forged":                          {change(safe, "msg_signature", "0"), body, 403},
		"plain, forged":                   {change(b.query(now), "signature", "0"), plain, 403},
		"plain, no signature":             {url.Values{}, plain, 403},
		"plain, old":                      {b.query(now.Add(-11 * time.Minute)), plain, 403},
		"encrypted, old":                  {oldSafe, "<xml><Encrypt>" + oldEncrypted + "</Encrypt></xml>", 403},
		"said to be encrypted, is not":    {safe, plain, 403},
		"encrypted, said to be plain":     {b.query(now), body, 403},
		"another account":                 {change(safe, "msg_signature", b.crypt.Sign(safe.Get("timestamp"), "n", foreign)), "<xml><Encrypt>" + foreign + "</Encrypt></xml>", 403},
		"cut":                             {b.query(now), plain[:40], 403},
		"no XML":                          {b.query(now), "{}", 403},
		"entities":                        {b.query(now), `<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>`, 403},
		"too large":                       {b.query(now), strings.Repeat("x", wecom.MaxBody+1), 413},
		"plain, with a signature on time": {b.query(now.Add(-9 * time.Minute)), plain, 200},
	} {
		status, answer := b.do(t, http.MethodPost, c.query, c.body)
		require.Equal(t, c.status, status, name)
		if status != 200 {
			require.Empty(t, answer, name)
		}
	}
}

func TestNotKeptIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.inbox.err = errors.New("away")
	status, answer := b.do(t, http.MethodPost, b.query(now), xml("text", "<Content>x</Content><MsgId>1</MsgId>"))
	require.Equal(t, 503, status)
	require.Empty(t, answer)
}
