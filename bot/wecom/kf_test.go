package wecom_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot"
	"orderbot/bot/wecom"
	"orderbot/orders"
)

// cursors keeps one account's place and what was pulled.
type cursors struct {
	mu     sync.Mutex
	err    error
	place  bot.Cursor
	wanted []string // the tokens
	claims int
	rows   []orders.Inbound
	places []string
	freed  int
}

func (c *cursors) Want(_ context.Context, name, token string, _ time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.place.Name, c.place.Token = name, token
		c.wanted = append(c.wanted, token)
	}
	return c.err
}

func (c *cursors) ClaimCursor(context.Context, time.Time, time.Duration) (*bot.Cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claims == len(c.wanted) {
		return nil, nil
	}
	c.claims++
	place := c.place
	return &place, nil
}

func (c *cursors) Advance(_ context.Context, at *bot.Cursor, next string, _ bool, in []orders.Inbound) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Claim == "lost" {
		return orders.Errorf(orders.CodeConflict, "lost")
	}
	c.place.Cursor = next
	c.places = append(c.places, next)
	c.rows = append(c.rows, in...)
	return c.err
}

func (c *cursors) ReleaseCursor(context.Context, *bot.Cursor, time.Time) error {
	c.freed++
	return nil
}

// pages is a message log: a page for each cursor.
type pages map[string]struct {
	items []string
	next  string
	more  bool
	err   error
}

func (p pages) SyncMsg(_ context.Context, _, cursor, _ string) ([]json.RawMessage, string, bool, error) {
	page := p[cursor]
	var items []json.RawMessage
	for _, s := range page.items {
		items = append(items, json.RawMessage(s))
	}
	return items, page.next, page.more, page.err
}

func (p pages) Accounts(context.Context) ([]string, error) { return []string{"wk1"}, nil }

func text(id string) string {
	return fmt.Sprintf(`{"msgid":%q,"open_kfid":"wk1","external_userid":"wm1","send_time":1773194400,"origin":3,"msgtype":"text","text":{"content":"你好"}}`, id)
}

func TestKFCallback(t *testing.T) {
	t.Parallel()
	store, woken := &cursors{}, 0
	app := fiber.New()
	kf, err := wecom.NewKF(wecom.KFOptions{CorpID: "corp", Token: docToken, AESKey: docKey, Cursors: store, Now: clock, Wake: func() { woken++ }})
	require.NoError(t, err)
	kf.Register(app)
	crypt := newCrypt(t, "corp")
	post := func(plain string) int {
		sealed := crypt.Seal([]byte(plain))
		status, answer := do(t, app, http.MethodPost, signed(crypt, "/callback/kf", now, sealed), envelope(sealed))
		require.Empty(t, answer)
		return status
	}
	event := golden(t, "kf_event.xml")
	require.Equal(t, 200, post(event))
	require.Equal(t, []string{"TOK1"}, store.wanted)
	require.Equal(t, "wk1", store.place.Name)
	require.Equal(t, 1, woken)
	require.Equal(t, 200, post("<xml><Event>kf_account_auth_change</Event></xml>"))
	require.Equal(t, 200, post("nonsense"))
	store.err = errors.New("away")
	require.Equal(t, 503, post(event))
	require.Len(t, store.wanted, 1)
	require.Equal(t, 1, woken)
	status, _ := do(t, app, http.MethodPost, "/callback/kf", envelope("x"))
	require.Equal(t, 403, status)
}

func TestAppTakesRequestsOfKF(t *testing.T) {
	t.Parallel()
	b, store := setup(t), &cursors{}
	app := fiber.New()
	a, err := wecom.New(wecom.Options{CorpID: "corp", Token: docToken, AESKey: docKey, Inbox: b.inbox, Cursors: store, Now: clock})
	require.NoError(t, err)
	a.Register(app)
	b.app = app
	b.post(t, golden(t, "kf_event.xml"))
	require.Equal(t, []string{"TOK1"}, store.wanted)
	require.Empty(t, b.inbox.rows)
}

func TestPullGoesOnWhileThereIsMore(t *testing.T) {
	t.Parallel()
	log := pages{
		"":   {items: []string{text("1"), text("2")}, next: "C1", more: true},
		"C1": {next: "C2", more: true}, // an empty page with more behind it
		"C2": {items: []string{text("3")}, next: "C3"},
	}
	store := &cursors{}
	p := wecom.NewPuller(wecom.PullerOptions{Log: log, Cursors: store, Now: clock})
	pulled, err := p.PullOnce(t.Context())
	require.NoError(t, err)
	require.False(t, pulled)
	require.NoError(t, store.Want(t.Context(), "wk1", "T", now))
	pulled, err = p.PullOnce(t.Context())
	require.NoError(t, err)
	require.True(t, pulled)
	require.Len(t, store.rows, 3)
	require.Equal(t, []string{"C1", "C2", "C3"}, store.places, "each page with its place")
	require.Zero(t, store.freed)
}

func TestPullThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log   pages
		store *cursors
		fails bool
		freed int
	}{
		"platform is away":     {pages{"": {err: errors.New("away")}}, &cursors{}, true, 1},
		"database is away":     {pages{"": {next: "C"}}, &cursors{err: errors.New("away")}, true, 1},
		"claim is lost":        {pages{"": {next: "C"}}, &cursors{place: bot.Cursor{Claim: "lost"}}, false, 0},
		"leads nowhere":        {pages{"C": {next: "C", more: true}}, &cursors{place: bot.Cursor{Cursor: "C"}}, false, 0},
		"more, without a next": {pages{"C": {more: true}}, &cursors{place: bot.Cursor{Cursor: "C"}}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.store.wanted = []string{"T"}
			p := wecom.NewPuller(wecom.PullerOptions{Log: c.log, Cursors: c.store, Now: clock})
			pulled, err := p.PullOnce(t.Context())
			require.True(t, pulled)
			require.Equal(t, c.fails, err != nil, "%v", err)
			require.Equal(t, c.freed, c.store.freed)
		})
	}
}

func TestRunRecoversAndStops(t *testing.T) {
	t.Parallel()
	store := &cursors{}
	p := wecom.NewPuller(wecom.PullerOptions{Log: pages{"": {items: []string{text("1")}, next: "C1"}}, Cursors: store, Now: clock})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, p.Run(ctx))
	require.Equal(t, []string{""}, store.wanted, "asked for without a callback's token")
	require.Len(t, store.rows, 1)
}

func TestParseKF(t *testing.T) {
	t.Parallel()
	var items []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(golden(t, "kf_sync.json")), &items))
	type row struct{ Key, Kind, Text, Media, Scene, Code string }
	var got []row
	for _, in := range wecom.ParseKF(items, "wk1", now) {
		require.Equal(t, orders.Chat{Platform: orders.KF, ID: "wk1 wm1"}, in.Chat)
		require.Equal(t, "wm1", in.Sender)
		require.Equal(t, time.Unix(1773194400, 0).UTC(), in.SentAt)
		require.NotEmpty(t, in.Trace)
		got = append(got, row{in.Key, string(in.Kind), in.Text, in.Media, in.Scene, in.Code})
	}
	require.Equal(t, []row{
		{"k1", "text", "A12 500盒", "", "", ""},
		{"k2", "text", "订单到哪了", "", "", ""},
		{"k3", "picture", "", "M3", "", ""},
		{"k4", "file", "", "M4", "", ""},
		{"k5", "voice", "", "M5", "", ""},
		{"k6", "unknown", "位置", "", "", ""},
		{"k7", "text", "聊天记录：王姐和小李的聊天记录\n王姐  3/11 10:00\nA12 500盒\n小李  3/11 10:01\n[图片]\n" +
			"王姐  3/11 10:02\n聊天记录：群聊\n老张\n要快\n小李\n直接写的\n小李\n[链接] 样本 https://e/1\n小李\n[sticker]", "", "", ""},
		{"k8", "enter", "", "", "C003-token", "WELCOME"},
		{"k9", "enter", "", "", "qr1", ""},
	}, got)
}

func TestParseKFBoundsNesting(t *testing.T) {
	t.Parallel()
	inner := `{"msgtype":"text","text":{"content":"deep"}}`
	for range 12 {
		quoted, err := json.Marshal(inner)
		require.NoError(t, err)
		inner = `{"msgtype":"merged_msg","merged_msg":{"title":"t","item":[{"sender_name":"a","msgtype":"merged_msg","msg_content":` + string(quoted) + `}]}}`
	}
	in := wecom.ParseKF([]json.RawMessage{json.RawMessage(strings.Replace(inner, "{", `{"msgid":"1","external_userid":"wm1","origin":3,`, 1))}, "wk1", now)
	require.Len(t, in, 1)
	require.Equal(t, 5, strings.Count(in[0].Text, "聊天记录"))
}

func FuzzParseKF(f *testing.F) {
	f.Add([]byte(text("1")))
	f.Add([]byte(`{"external_userid":"a","msgtype":"merged_msg","merged_msg":{"item":[{"msg_content":"{\"msgtype\":\"text\"}"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, in := range wecom.ParseKF([]json.RawMessage{data}, "wk1", now) {
			if in.Key == "" || in.Sender == "" || in.Kind == "" {
				t.Errorf("ParseKF(%q) = %+v", data, in)
			}
		}
	})
}
