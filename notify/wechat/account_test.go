package wechat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/wechat"
	"orderbot/orders"
)

var update = flag.Bool("update", false, "rewrite golden files")

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

const (
	tokenPath    = "/cgi-bin/stable_token"
	sendPath     = "/cgi-bin/message/custom/send"
	templatePath = "/cgi-bin/message/template/send"
	noticePath   = "/cgi-bin/message/subscribe/bizsend"
	listPath     = "/cgi-bin/template/get_all_private_template"
)

func setup(t *testing.T) (*httpxtest.Server, *wechat.Account) {
	t.Helper()
	srv := httpxtest.New(t)
	srv.On(tokenPath, `{"access_token":"TOKEN","expires_in":7200}`)
	return srv, wechat.New(wechat.Options{
		APIURL: srv.URL, AppID: "wxapp", Secret: "S3CRET", Now: func() time.Time { return now },
		Templates: map[string]string{"shipped": "TPL1"},
	})
}

func delivery(t *testing.T, kind string, m cards.Message) orders.Delivery {
	t.Helper()
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return orders.Delivery{
		ID: 7, Key: "shipped/SO202603110012/1", Chat: orders.Chat{Platform: orders.ServiceAccount, ID: "o1"},
		Kind: kind, Order: "SO202603110012", Body: body, Created: now,
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(got), &v))
	pretty, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, append(pretty, '\n'), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(pretty)+"\n")
}

var shipped = cards.Message{Text: "您的订单 SO202603110012 已由顺丰发出\n查看：https://o.example.com/o/abc"}

func TestSendText(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(sendPath, `{"errcode":0,"errmsg":"ok"}`)
	_, err := a.Send(t.Context(), delivery(t, "shipped", shipped), nil)
	require.NoError(t, err)
	golden(t, "text.json", srv.Calls(sendPath)[0].Body)
	require.JSONEq(t, `{"grant_type":"client_credential","appid":"wxapp","secret":"S3CRET","force_refresh":false}`, srv.Calls(tokenPath)[0].Body)
}

func TestSendMenu(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(sendPath, `{"errcode":0}`)
	_, err := a.Send(t.Context(), delivery(t, "x", cards.Message{Text: "要办什么？", Menu: []string{"订单到哪了", "找人工"}}), nil)
	require.NoError(t, err)
	golden(t, "menu.json", srv.Calls(sendPath)[0].Body)
	_, err = a.Send(t.Context(), delivery(t, "x", cards.Message{Text: strings.Repeat("长", 800), Menu: make([]string, 12)}), nil)
	require.NoError(t, err)
	require.Len(t, srv.Calls(sendPath), 1+2+1, "two texts and the menu")
}

func TestClosedWindowTakesATemplate(t *testing.T) {
	t.Parallel()
	for _, code := range []int{45015, 45047} {
		srv, a := setup(t)
		srv.On(sendPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"x"}`, code))
		srv.On(templatePath, `{"errcode":0,"msgid":3000000000000001}`)
		srv.On(listPath, `{"template_list":[{"template_id":"TPL0","content":"{{thing9.DATA}}"},{"template_id":"TPL1","title":"发货通知",
			"content":"订单号：{{character_string1.DATA}}\n状态：{{phrase2.DATA}}\n时间：{{time3.DATA}}\n说明：{{thing4.DATA}}"}]}`)
		for range 2 {
			receipt, err := a.Send(t.Context(), delivery(t, "shipped", shipped), nil)
			require.NoError(t, err)
			require.JSONEq(t, `{"msgid":"3000000000000001"}`, string(receipt))
		}
		golden(t, "template.json", srv.Calls(templatePath)[0].Body)
		require.Len(t, srv.Calls(listPath), 1)

		_, err := a.Send(t.Context(), delivery(t, "customer.told", shipped), nil)
		httpxtest.RequireFailure(t, err, notify.Rejected)
	}
}

func TestTemplateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(sendPath, `{"errcode":45015,"errmsg":"x"}`)
	srv.On(templatePath, `{"errcode":40037,"errmsg":"invalid template_id"}`)
	srv.On(noticePath, `{"errcode":0}`)
	_, err := a.Send(t.Context(), delivery(t, "shipped", shipped), nil)
	require.NoError(t, err)
	golden(t, "classic.json", srv.Calls(templatePath)[0].Body)
	golden(t, "notice.json", srv.Calls(noticePath)[0].Body)
	srv.On(noticePath, `{"errcode":43101,"errmsg":"user refuse to accept the msg"}`)
	_, err = a.Send(t.Context(), delivery(t, "shipped", shipped), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]notify.Reason{
		-1: notify.Unavailable, 40001: notify.Auth, 40014: notify.Auth, 41001: notify.Auth, 42001: notify.Auth, 40013: notify.Auth,
		40125: notify.Auth, 40164: notify.Auth, 48001: notify.Auth, 45009: notify.RateLimited, 45011: notify.RateLimited,
		40003: notify.Rejected, 43004: notify.Rejected, 45015: notify.Rejected, 45047: notify.Rejected, 47003: notify.Rejected,
	} {
		srv, a := setup(t)
		srv.On(sendPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"TOKEN S3CRET"}`, code))
		_, err := a.Send(t.Context(), delivery(t, "x", shipped), nil)
		httpxtest.RequireFailure(t, err, want, "TOKEN", "S3CRET")
	}
}

func TestRefusedStableTokenIsForced(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(tokenPath, `{"access_token":"T1","expires_in":7200}`, `{"access_token":"T1","expires_in":7000}`, `{"access_token":"T2","expires_in":7200}`)
	srv.On(sendPath, `{"errcode":40001,"errmsg":"not latest"}`, `{"errcode":0}`)
	_, err := a.Send(t.Context(), delivery(t, "x", shipped), nil)
	require.NoError(t, err)
	calls := srv.Calls(tokenPath)
	require.Len(t, calls, 3)
	require.Contains(t, calls[1].Body, `"force_refresh":false`)
	require.Contains(t, calls[2].Body, `"force_refresh":true`)
	require.Equal(t, "T2", srv.Calls(sendPath)[1].Query.Get("access_token"))
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(tokenPath, `{"errcode":40125,"errmsg":"invalid appsecret S3CRET"}`)
	httpxtest.RequireFailure(t, a.Check(t.Context()), notify.Auth, "S3CRET")
}

func TestQRCode(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On("/cgi-bin/qrcode/create", `{"ticket":"gQ+/==","expire_seconds":2592000,"url":"http://weixin.qq.com/q/x"}`)
	picture, content, err := a.QRCode(t.Context(), "bind_7", 90*24*time.Hour)
	require.NoError(t, err)
	require.Equal(t, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%2B%2F%3D%3D", picture)
	require.Equal(t, "http://weixin.qq.com/q/x", content)
	golden(t, "qr.json", srv.Calls("/cgi-bin/qrcode/create")[0].Body)
	for _, scene := range []string{"", strings.Repeat("x", 65)} {
		_, _, err := a.QRCode(t.Context(), scene, time.Hour)
		require.Error(t, err)
	}
}

func TestPicturesAndOtherFiles(t *testing.T) {
	t.Parallel()
	srv, a := setup(t)
	srv.On(sendPath, `{"errcode":0}`)
	srv.On("/cgi-bin/media/upload", `{"type":"image","media_id":"M1","created_at":1}`)
	_, err := a.Send(t.Context(), delivery(t, "x", cards.Message{File: &cards.File{Name: "图.PNG", Data: []byte("123456")}}), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"touser":"o1","msgtype":"image","image":{"media_id":"M1"}}`, srv.Calls(sendPath)[0].Body)
	_, err = a.Send(t.Context(), delivery(t, "x", cards.Message{Text: "见链接", File: &cards.File{Name: "a.pdf"}}), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(sendPath)[1].Body, "见链接")
	_, err = a.Send(t.Context(), delivery(t, "x", cards.Message{File: &cards.File{Name: "a.pdf"}}), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}
