package wecom_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot/wecom"
	"orderbot/orders"
)

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// inbox keeps what is put, once for each key; err makes it fail.
type inbox struct {
	mu   sync.Mutex
	err  error
	rows []orders.Inbound
}

func (b *inbox) Put(ctx context.Context, in ...orders.Inbound) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("no deadline")
	}
	if b.err != nil {
		return b.err
	}
next:
	for _, m := range in {
		for _, old := range b.rows {
			if old.Platform == m.Platform && old.Key == m.Key {
				continue next
			}
		}
		b.rows = append(b.rows, m)
	}
	return nil
}

type bench struct {
	app   *fiber.App
	inbox *inbox
	crypt *wecom.Crypt
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{app: fiber.New(fiber.Config{BodyLimit: 8 << 20}), inbox: &inbox{}, crypt: newCrypt(t, "corp")}
	a, err := wecom.New(wecom.Options{
		CorpID: "corp", AgentID: 1000002, Token: docToken, AESKey: docKey, Inbox: b.inbox, Now: clock,
	})
	require.NoError(t, err)
	a.Register(b.app)
	return b
}

func do(t *testing.T, app *fiber.App, method, target, body string) (int, string) {
	t.Helper()
	res, err := app.Test(httptest.NewRequest(method, target, strings.NewReader(body)), -1)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(answer)
}

func envelope(encrypted string) string {
	return "<xml><ToUserName><![CDATA[corp]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[" +
		encrypted + "]]></Encrypt></xml>"
}

func signed(c *wecom.Crypt, path string, at time.Time, encrypted string) string {
	ts := strconv.FormatInt(at.Unix(), 10)
	return path + "?" + url.Values{
		"msg_signature": {c.Sign(ts, "n1", encrypted)}, "timestamp": {ts}, "nonce": {"n1"},
	}.Encode()
}

func (b *bench) post(t *testing.T, plain string) (int, string) {
	t.Helper()
	sealed := b.crypt.Seal([]byte(plain))
	return do(t, b.app, http.MethodPost, signed(b.crypt, "/callback/wecom", now, sealed), envelope(sealed))
}

func golden(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}

func TestVerifyAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	echo := b.crypt.Seal([]byte("1616140317555161061"))
	ts := strconv.FormatInt(now.Unix(), 10)
	query := url.Values{
		"msg_signature": {b.crypt.Sign(ts, "n", echo)}, "timestamp": {ts}, "nonce": {"n"}, "echostr": {echo},
	}
	status, answer := do(t, b.app, http.MethodGet, "/callback/wecom?"+query.Encode(), "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "1616140317555161061", answer)

	plus := strings.ReplaceAll(query.Encode(), "%2B", "+")
	status, answer = do(t, b.app, http.MethodGet, "/callback/wecom?"+plus, "")
	require.Equal(t, http.StatusOK, status, "plus signs that were not escaped")
	require.Equal(t, "1616140317555161061", answer)

	query.Set("nonce", "other")
	status, answer = do(t, b.app, http.MethodGet, "/callback/wecom?"+query.Encode(), "")
	require.Equal(t, http.StatusForbidden, status)
	require.Empty(t, answer)
}

func TestMessagesAndEvents(t *testing.T) {
	t.Parallel()
	chat := orders.Chat{Platform: orders.WeCom, ID: "WangJie"}
	base := orders.Inbound{
		Platform: orders.WeCom, Chat: chat, Sender: "WangJie", SentAt: time.Unix(1773194400, 0).UTC(), ReceivedAt: now,
	}
	with := func(change func(*orders.Inbound)) *orders.Inbound {
		in := base
		change(&in)
		return &in
	}
	for file, want := range map[string]*orders.Inbound{
		"text.xml": with(func(in *orders.Inbound) {
			in.Key, in.Kind, in.Text = "7001", orders.InboundText, "宁波华泰 A12 螺丝 500 盒，周五前到 & 急\n<加急>"
		}),
		"image.xml": with(func(in *orders.Inbound) { in.Key, in.Kind, in.Media = "7002", orders.InboundPicture, "MEDIA-2" }),
		"voice.xml": with(func(in *orders.Inbound) { in.Key, in.Kind, in.Media = "7003", orders.InboundVoice, "MEDIA-3" }),
		"video.xml": with(func(in *orders.Inbound) { in.Key, in.Kind, in.Text = "7004", orders.InboundUnknown, "视频" }),
		"location.xml": with(func(in *orders.Inbound) {
			in.Key, in.Kind, in.Text = "7005", orders.InboundUnknown, "位置"
		}),
		"link.xml": with(func(in *orders.Inbound) { in.Key, in.Kind, in.Text = "7006", orders.InboundUnknown, "链接" }),
		"file.xml": with(func(in *orders.Inbound) {
			in.Key, in.Kind, in.Media, in.FileName = "7007", orders.InboundFile, "MEDIA-7", "订单.xlsx"
		}),
		"unknown.xml": with(func(in *orders.Inbound) {
			in.Key, in.Kind, in.Text = "7008", orders.InboundUnknown, "chatrecord"
		}),
		"card_click.xml": with(func(in *orders.Inbound) {
			in.Kind, in.Action, in.Card, in.Code = orders.InboundClick, "eyJ2.abc", "ob-1", "RC1"
			in.Text = "a,b"
		}),
		"card_click_old.xml": with(func(in *orders.Inbound) {
			in.Kind, in.Action, in.Card, in.Code = orders.InboundClick, "eyJ2.abc", "ob-1", "RC2"
			in.Text = "c"
		}),
		"menu_click.xml":     with(func(in *orders.Inbound) { in.Kind, in.Text = orders.InboundText, "待办" }),
		"enter.xml":          with(func(in *orders.Inbound) { in.Kind = orders.InboundEnter }),
		"view.xml":           nil,
		"unsubscribe.xml":    nil,
		"address_book.xml":   nil,
		"inactive_alert.xml": nil,
		"other_agent.xml":    nil,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			plain := golden(t, file)
			for range 2 { // a redelivery: new nonce and ciphertext, same content
				status, answer := b.post(t, plain)
				require.Equal(t, http.StatusOK, status)
				require.Empty(t, answer)
			}
			if want == nil {
				require.Empty(t, b.inbox.rows)
				return
			}
			require.Len(t, b.inbox.rows, 1, "kept once")
			got := b.inbox.rows[0]
			require.NotEmpty(t, got.Trace)
			require.NotEmpty(t, got.Key)
			if want.Key == "" {
				got.Key = ""
			}
			got.Trace = ""
			require.Equal(t, *want, got)
		})
	}
}

func TestTwoClicksInOneSecondAreTwo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	click := golden(t, "card_click.xml")
	b.post(t, click)
	b.post(t, strings.Replace(click, "RC1", "RC9", 1))
	require.Len(t, b.inbox.rows, 2)
}

// feature: SC-07
func TestBadEnvelopes(t *testing.T) {
	t.Parallel()
	text := golden(t, "text.xml")
	b := setup(t)
	sealed := b.crypt.Seal([]byte(text))
	foreign := newCrypt(t, "another-corp").Seal([]byte(text))
	good := signed(b.crypt, "/callback/wecom", now, sealed)
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>`
	for name, c := range map[string]struct {
		target, body string
		status       int
	}{
		"no signature":         {"/callback/wecom", envelope(sealed), 403},
		"forged signature":     {strings.Replace(good, "msg_signature=", "msg_signature=0", 1), envelope(sealed), 403},
		"content exchanged":    {good, envelope(b.crypt.Seal([]byte("x"))), 403},
		"another company":      {signed(b.crypt, "/callback/wecom", now, foreign), envelope(foreign), 403},
		"signed, no base64":    {signed(b.crypt, "/callback/wecom", now, "%%"), envelope("%%"), 403},
		"signed, cut":          {signed(b.crypt, "/callback/wecom", now, sealed[:40]), envelope(sealed[:40]), 403},
		"signed, empty":        {signed(b.crypt, "/callback/wecom", now, ""), envelope(""), 403},
		"older than 10 min":    {signed(b.crypt, "/callback/wecom", now.Add(-11*time.Minute), sealed), envelope(sealed), 403},
		"from the future":      {signed(b.crypt, "/callback/wecom", now.Add(11*time.Minute), sealed), envelope(sealed), 403},
		"9 min old":            {signed(b.crypt, "/callback/wecom", now.Add(-9*time.Minute), sealed), envelope(sealed), 200},
		"empty body":           {good, "", 403},
		"no XML":               {good, `{"encrypt":"x"}`, 403},
		"cut XML":              {good, envelope(sealed)[:60], 403},
		"two roots":            {good, envelope(sealed) + envelope(sealed), 403},
		"entities":             {good, bomb, 403},
		"deep":                 {good, strings.Repeat("<x>", 50_000), 403},
		"too large":            {good, strings.Repeat("x", wecom.MaxBody+1), 413},
		"too large, no query":  {"/callback/wecom", strings.Repeat("x", wecom.MaxBody+1), 413},
		"as large as may be":   {good, strings.Repeat("x", wecom.MaxBody), 403},
		"timestamp no number":  {"/callback/wecom?timestamp=x&nonce=n&msg_signature=" + b.crypt.Sign("x", "n", sealed), envelope(sealed), 403},
		"timestamp overflows":  {"/callback/wecom?timestamp=9999999999999999999&nonce=n&msg_signature=x", envelope(sealed), 403},
		"other order of parts": {good, "<xml><Encrypt>" + sealed + "</Encrypt><AgentID></AgentID></xml>", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := do(t, b.app, http.MethodPost, c.target, c.body)
			require.Equal(t, c.status, status)
			require.Empty(t, answer, "no detail")
		})
	}
}

func TestSignedButUselessIsAcknowledged(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]string{
		"nothing":            "",
		"no XML":             "hello",
		"JSON":               `{"a":1}`,
		"cut":                "<xml><MsgType>text",
		"no sender":          "<xml><MsgType>text</MsgType><Content>x</Content></xml>",
		"no type":            "<xml><FromUserName>a</FromUserName></xml>",
		"entities":           `<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>text</MsgType><FromUserName>a</FromUserName><Content>&a;</Content></xml>`,
		"menu without a key": "<xml><FromUserName>a</FromUserName><MsgType>event</MsgType><Event>click</Event></xml>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			status, answer := b.post(t, plain)
			require.Equal(t, http.StatusOK, status)
			require.Empty(t, answer)
			require.Empty(t, b.inbox.rows)
		})
	}
}

func TestForbiddenCharactersDoNotLoseAMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(t, strings.Replace(golden(t, "text.xml"), "A12", "A\x0b12\x00\xff", 1))
	require.Len(t, b.inbox.rows, 1)
	require.Contains(t, b.inbox.rows[0].Text, "A12")
}

func TestNotKeptIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.inbox.err = errors.New("database is away")
	status, answer := b.post(t, golden(t, "text.xml"))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Empty(t, answer)
}

func FuzzDecodeXML(f *testing.F) {
	f.Add([]byte("<xml><Encrypt><![CDATA[x]]></Encrypt></xml>"))
	f.Add([]byte("<!DOCTYPE x><xml/>"))
	f.Add([]byte("<a><b></a></b>"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var v struct {
			Encrypt string `xml:"Encrypt"`
		}
		_ = wecom.DecodeXML(data, &v)
	})
}
