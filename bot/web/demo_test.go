package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/bot/web"
	"orderbot/orders"
)

// clock is a demo's clock that stands still.
type clock struct{ shift time.Duration }

func (c *clock) Now() time.Time                 { return time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC).Add(c.shift) }
func (c *clock) Shift() time.Duration           { return c.shift }
func (c *clock) SetShift(d time.Duration) error { c.shift = d; return nil }

// shipped is an order on its way.
func shipped() *orders.Order {
	return &orders.Order{
		ID: "SO202603110001", CustomerName: "澜州<b>一院", Status: orders.StatusShipped, Sales: "S01", Total: 1250,
		Lines:     []orders.Line{{No: 1, Product: "P003", Name: "口罩", Quantity: decimal.NewFromInt(1), Unit: "箱", Base: decimal.NewFromInt(40), BaseUnit: "盒"}},
		Shipments: []orders.Shipment{{No: 1, Carrier: "SF", Tracking: "SF1234567890123"}},
	}
}

// newDemo serves a page with one phone of each platform and no server behind the platforms.
func newDemo(t *testing.T) (*web.Demo, *httptest.Server) {
	t.Helper()
	c := &clock{}
	sim := simulator.New(simulator.Options{Now: c.Now, Seed: 1})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	sim.WeCom.AddMember("zhouting", "周婷")
	sim.DingTalk.AddPerson("wangmin", "王敏", "")
	sim.KF.AddCustomer("wm1", "何", "")
	sim.ServiceAccount.AddFollower("o1", "何", "")
	person := func(p web.DemoPlatform, account string) []web.DemoPerson {
		return []web.DemoPerson{{Name: "周婷", Role: "销售", Chats: []web.DemoChat{{Platform: p, Account: account, Title: "订单助手"}}}}
	}
	one := shipped()
	d := &web.Demo{
		Simulator: sim, Clock: c, Location: time.UTC, Logger: slog.New(slog.DiscardHandler),
		Phones: []web.DemoPhone{
			{ID: "sales", Role: "业务员", App: "wecom", People: person(web.DemoWeCom, "zhouting")},
			{ID: "manager", Role: "经理", App: "dingtalk", People: person(web.DemoDingTalk, "wangmin")},
			{ID: "kf", Role: "客户", App: "wechat", People: person(web.DemoKF, "wm1")},
			{ID: "account", Role: "客户", App: "wechat", People: person(web.DemoServiceAccount, "o1")},
		},
		Orders: func(context.Context) ([]*orders.Order, error) { return []*orders.Order{one}, nil },
		Order: func(_ context.Context, id orders.OrderID) (*orders.Order, error) {
			if id != one.ID {
				return nil, orders.Errorf(orders.CodeNotFound, "没有订单 %s", id)
			}
			return one, nil
		},
		Stock: func(context.Context, []orders.ProductCode) (map[orders.ProductCode]web.DemoStock, error) {
			return map[orders.ProductCode]web.DemoStock{"P003": {OnHand: decimal.NewFromInt(90), Held: decimal.NewFromInt(40), Free: decimal.NewFromInt(50)}}, nil
		},
		StaffName: func(orders.StaffCode) string { return "周婷" },
		Approvers: func(*orders.Order) []string { return nil },
		Samples:   fstest.MapFS{"a.png": {Data: []byte("\x89PNG\r\n\x1a\n")}},
	}
	s := httptest.NewServer(d.Handler())
	t.Cleanup(s.Close)
	return d, s
}

// send makes a request and returns its status and body.
func send(t *testing.T, method, url string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func post(t *testing.T, url string, v any, header ...string) (int, string) {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return send(t, http.MethodPost, url, bytes.NewReader(data), append([]string{"Content-Type", "application/json"}, header...)...)
}

func TestTheDemoAnswersOnlyToThisMachine(t *testing.T) {
	t.Parallel()
	_, s := newDemo(t)
	for host, want := range map[string]int{
		"127.0.0.1:8099": 200, "localhost:8099": 200, "[::1]:8099": 200, "127.0.0.1": 200,
		"evil.example": 403, "evil.example:8099": 403, "127.0.0.1.evil.example": 403, "192.0.2.1:8099": 403, "": 200,
	} {
		status, _ := send(t, http.MethodGet, s.URL+"/", nil, "Host", host)
		require.Equal(t, want, status, "Host %q", host)
	}
}

func TestTheDemoTakesPostsOnlyFromItsOwnPage(t *testing.T) {
	t.Parallel()
	d, s := newDemo(t)
	text := map[string]string{"chat": "wecom/zhouting", "text": "A12 500盒"}
	for name, header := range map[string][]string{
		"another site":             {"Origin", "https://evil.example"},
		"another port":             {"Origin", "http://127.0.0.1:1"},
		"a frame of another site":  {"Sec-Fetch-Site", "cross-site"},
		"another site of the name": {"Sec-Fetch-Site", "same-site"},
	} {
		status, _ := post(t, s.URL+"/text", text, header...)
		require.Equal(t, http.StatusForbidden, status, name)
	}
	status, _ := send(t, http.MethodPost, s.URL+"/text", strings.NewReader(`{"chat":"wecom/zhouting","text":"x"}`), "Content-Type", "text/plain")
	require.Equal(t, http.StatusBadRequest, status, "a form of another site can't send JSON")
	require.Empty(t, d.Simulator.WeCom.Screen("zhouting"))

	post(t, s.URL+"/text", text, "Origin", s.URL, "Sec-Fetch-Site", "same-origin")
	require.Len(t, d.Simulator.WeCom.Screen("zhouting"), 1)
}

func TestThePageKeepsItsHeaders(t *testing.T) {
	t.Parallel()
	_, s := newDemo(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
	require.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
}

// upload sends a file to a chat.
func upload(t *testing.T, url, chat, name string, data []byte) (int, string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = part.Write(data)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	return send(t, http.MethodPost, url+"/upload?chat="+chat, &b, "Content-Type", form.FormDataContentType())
}

func TestEveryPlatformTakesItsOwnKindsOfFiles(t *testing.T) {
	t.Parallel()
	d, s := newDemo(t)
	png := []byte("\x89PNG\r\n\x1a\n0123456789")
	for chat, screen := range map[string]func() []simulator.Bubble{
		"wecom/zhouting":     func() []simulator.Bubble { return d.Simulator.WeCom.Screen("zhouting") },
		"dingtalk/wangmin":   func() []simulator.Bubble { return d.Simulator.DingTalk.Screen("wangmin") },
		"kf/wm1":             func() []simulator.Bubble { return d.Simulator.KF.Screen("wm1") },
		"service_account/o1": func() []simulator.Bubble { return d.Simulator.ServiceAccount.Screen("o1") },
	} {
		kinds := func() (all []string) {
			for _, b := range screen() {
				if b.From == simulator.FromPerson {
					all = append(all, b.Kind)
				}
			}
			return all
		}
		want := []string{"image"}
		upload(t, s.URL, chat, "po.png", png)
		require.Equal(t, want, kinds(), chat)
		_, note := upload(t, s.URL, chat, "po.xlsx", []byte("PK\x03\x04"))
		if strings.HasPrefix(chat, "kf") || strings.HasPrefix(chat, "dingtalk") {
			want = append(want, "file")
		} else {
			require.Contains(t, note, "图片")
		}
		require.Equal(t, want, kinds(), chat)
		status, note := upload(t, s.URL, chat, "big.bin", make([]byte, 20<<20+1))
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		require.Contains(t, note, "20 MB")
		require.Equal(t, want, kinds(), chat)
	}
	picture := d.Simulator.DingTalk.Screen("wangmin")[0].MediaID
	status, body := send(t, http.MethodGet, s.URL+"/media/"+picture, nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, string(png), body)
}

func TestBadActsSayWhy(t *testing.T) {
	t.Parallel()
	_, s := newDemo(t)
	for name, c := range map[string]struct {
		path string
		body any
		want string
	}{
		"nobody's chat":      {"/text", map[string]any{"chat": "wecom/boss", "text": "x"}, "没有这个聊天窗口"},
		"nothing written":    {"/text", map[string]any{"chat": "wecom/zhouting", "text": " \n"}, "还没有写字"},
		"a button long gone": {"/press", map[string]any{"chat": "wecom/zhouting", "card": "t1", "button": "k"}, "现在点不了"},
		"a link elsewhere":   {"/press", map[string]any{"chat": "dingtalk/wangmin", "link": "https://evil.example"}, "现在点不了"},
		"time backwards":     {"/clock", map[string]any{"advance": "-1h"}, "bad step"},
		"time far ahead":     {"/clock", map[string]any{"advance": "10000h"}, "bad step"},
		"no such order":      {"/track", map[string]any{"order": "SO202603119999"}, "没有订单"},
		"no such parcel":     {"/track", map[string]any{"order": "SO202603110001", "shipment": 7}, "没有这个包裹"},
		"no such step":       {"/track", map[string]any{"order": "SO202603110001", "shipment": 1, "step": 9}, "没有这个包裹"},
	} {
		status, note := post(t, s.URL+c.path, c.body)
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Contains(t, note, c.want, name)
	}
}

func TestTheClockIsShared(t *testing.T) {
	t.Parallel()
	d, s := newDemo(t)
	for _, step := range []string{"10m", "1h", "24h"} {
		status, _ := post(t, s.URL+"/clock", map[string]string{"advance": step})
		require.Equal(t, http.StatusOK, status)
	}
	require.Equal(t, 25*time.Hour+10*time.Minute, d.Clock.Shift())
	post(t, s.URL+"/clock", map[string]string{"advance": "now"})
	require.Zero(t, d.Clock.Shift())
}

func TestTheStreamTellsWhatChanges(t *testing.T) {
	t.Parallel()
	d, s := newDemo(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var seen bytes.Buffer
	until := func(words ...string) {
		t.Helper()
		part := make([]byte, 4096)
		for {
			all := true
			for _, w := range words {
				all = all && bytes.Contains(seen.Bytes(), []byte(w))
			}
			if all {
				return
			}
			n, err := resp.Body.Read(part)
			require.NoError(t, err)
			seen.Write(part[:n])
		}
	}
	until("event: hello", "event: clock", "event: orders", `"id":"SO202603110001"`, `"stock":"可用 50 / 在库 90盒"`, `澜州\u003cb\u003e一院`, "event: ready")
	seen.Reset()
	d.Simulator.WeCom.SendText(t.Context(), "zhouting", "你好")
	until("event: chat", `"chat":"wecom/zhouting"`, `"0":{`, "你好")
	seen.Reset()
	d.Simulator.WeCom.SendText(t.Context(), "zhouting", "再见")
	until(`"1":{`, "再见")
	require.NotContains(t, seen.String(), "你好", "only what is new")
}
