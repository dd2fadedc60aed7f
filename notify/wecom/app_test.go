package wecom_test

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
	"orderbot/notify/wecom"
	"orderbot/orders"
)

var update = flag.Bool("update", false, "rewrite golden files")

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

const (
	sendPath   = "/cgi-bin/message/send"
	updatePath = "/cgi-bin/message/update_template_card"
	uploadPath = "/cgi-bin/media/upload"
)

func options(srv *httpxtest.Server) wecom.Options {
	srv.On("/cgi-bin/gettoken", `{"errcode":0,"errmsg":"ok","access_token":"TOKEN","expires_in":7200}`)
	return wecom.Options{
		APIURL: srv.URL, CorpID: "corp", Secret: "S3CRET", AgentID: 1000002, Now: func() time.Time { return now },
	}
}

func setup(t *testing.T) (*httpxtest.Server, *wecom.App) {
	t.Helper()
	srv := httpxtest.New(t)
	return srv, wecom.NewApp(options(srv))
}

func delivery(t *testing.T, m cards.Message) orders.Delivery {
	t.Helper()
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return orders.Delivery{
		ID: 7, Key: "draft/SO202603110012/1", Chat: orders.Chat{Platform: orders.WeCom, ID: "WangJie"},
		Kind: "draft.card", Order: "SO202603110012", Body: body, Created: now,
	}
}

func draft() cards.Message {
	return cards.Message{
		Text: "订单草稿 SO202603110012\n宁波华泰\n回复「确认 SO202603110012」下单",
		Card: &cards.Card{
			Title: "订单草稿 SO202603110012", Desc: "宁波华泰", Amount: "¥1,280.00",
			Fields: []cards.Field{{Name: "交期", Value: "3月13日"}},
			Buttons: []cards.Button{
				{Text: "确认下单", Style: cards.Primary, Action: "act.1"}, {Text: "取消", Style: cards.Danger, Action: "act.2"},
			},
		},
	}
}

// golden compares a body with a file, as JSON.
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

func TestSendText(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0,"errmsg":"ok","msgid":"MSG1","invaliduser":""}`)
	receipt, err := app.Send(t.Context(), delivery(t, cards.Message{Text: "SO202603110012 已发货 <顺丰>"}), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"msgid":"MSG1"}`, string(receipt))
	call := srv.Calls(sendPath)[0]
	require.Equal(t, "TOKEN", call.Query.Get("access_token"))
	golden(t, "text.json", call.Body)
	token := srv.Calls("/cgi-bin/gettoken")[0]
	require.Equal(t, "corp", token.Query.Get("corpid"))
	require.Equal(t, "S3CRET", token.Query.Get("corpsecret"))
}

func TestLongTextIsNeverCut(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0,"msgid":"M"}`)
	lines := make([]string, 200)
	for i := range lines {
		lines[i] = fmt.Sprintf("第 %d 行 A12 螺丝 500 盒", i)
	}
	text := strings.Join(lines, "\n")
	_, err := app.Send(t.Context(), delivery(t, cards.Message{Text: text}), nil)
	require.NoError(t, err)
	var pieces []string
	for _, c := range srv.Calls(sendPath) {
		var body struct {
			Text struct{ Content string }
		}
		require.NoError(t, json.Unmarshal([]byte(c.Body), &body))
		require.LessOrEqual(t, len(body.Text.Content), 2048)
		pieces = append(pieces, unmarked(body.Text.Content))
	}
	require.Equal(t, text, strings.Join(pieces, "\n"))
}

// What keeps the limit of a text goes out as one.
func TestTextOfTheLimitIsOneMessage(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0,"msgid":"M"}`)
	_, err := app.Send(t.Context(), delivery(t, cards.Message{Text: "SO202603110012" + strings.Repeat("a", cards.TextLimit-14)}), nil)
	require.NoError(t, err)
	require.Len(t, srv.Calls(sendPath), 1)
}

func unmarked(text string) string {
	return strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "").Replace(text)
}

// Whoever asks the same twice gets two answers; what is sent again after a crash is the same to
// the byte, so that the platform swallows it.
func TestEqualTextsOfDifferentDeliveriesDiffer(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0,"msgid":"M"}`)
	say := func(key, text string) string {
		d := delivery(t, cards.Message{Text: text})
		d.Key = key
		_, err := app.Send(t.Context(), d, nil)
		require.NoError(t, err)
		calls := srv.Calls(sendPath)
		var body struct {
			Text struct{ Content string }
		}
		require.NoError(t, json.Unmarshal([]byte(calls[len(calls)-1].Body), &body))
		return body.Text.Content
	}
	require.NotEqual(t, say("a", "没有待办"), say("b", "没有待办"))
	require.Equal(t, say("a", "没有待办"), say("a", "没有待办"))
	require.NotEqual(t, say("a", "进度 SO202603110012：待审批"), say("b", "进度 SO202603110012：待审批"), "asked twice")
	for _, text := range []string{"见 https://x.cn/o/1", "绑定码：123456\n请看\nhttps://x.cn/o/1", "好", "ok"} {
		got := say("a", text)
		require.NotEqual(t, text, got)
		require.Equal(t, text, unmarked(got))
		require.NotRegexp(t, `[!-~][\x{200b}-\x{200d}\x{2060}]`, got, "a number or a link must end where it ends")
	}
}

func TestSendCardThenUpdateIt(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0,"msgid":"MSG1","response_code":"RC1"}`)
	srv.On(updatePath, `{"errcode":0,"errmsg":"ok","invaliduser":[]}`)
	sent := delivery(t, draft())
	receipt, err := app.Send(t.Context(), sent, nil)
	require.NoError(t, err)
	sent.Receipt, sent.SentAt = receipt, now
	var r wecom.Receipt
	require.NoError(t, json.Unmarshal(receipt, &r))
	require.Equal(t, "RC1", r.ResponseCode)
	require.Regexp(t, `^[0-9A-Za-z_@-]{1,128}$`, r.TaskID)
	golden(t, "card.json", srv.Calls(sendPath)[0].Body)

	again, err := app.Send(t.Context(), sent, nil)
	require.NoError(t, err)
	require.JSONEq(t, string(receipt), string(again), "a repeat has the same task id")

	m := draft()
	m.Card.Buttons, m.Card.Settled = nil, "已确认 王姐 10:24"
	settled := delivery(t, m)
	settled.Key, settled.Update = "settle/1", sent.ID
	_, err = app.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	golden(t, "update.json", srv.Calls(updatePath)[0].Body)

	settled.Code = "CLICK-CODE"
	_, err = app.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(updatePath)[1].Body, `"response_code":"CLICK-CODE"`)
	require.Len(t, srv.Calls(sendPath), 2, "no text beside")
}

func TestCardThatCannotBeChangedIsSaidAsText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		receipt string
		sentAt  time.Time
		answer  string
		updates int
	}{
		"code spent":        {`{"task_id":"t","response_code":"RC"}`, now, `{"errcode":40099,"errmsg":"invalid response_code"}`, 1},
		"after 72 hours":    {`{"task_id":"t","response_code":"RC"}`, now.Add(-72 * time.Hour), ``, 0},
		"no code":           {`{"task_id":"t"}`, now, ``, 0},
		"was sent as text":  {`{"msgid":"m"}`, now, ``, 0},
		"was never sent":    {``, time.Time{}, ``, 0},
		"receipt is broken": {`{`, now, ``, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, app := setup(t)
			srv.On(sendPath, `{"errcode":0,"msgid":"M2"}`)
			srv.On(updatePath, c.answer)
			d := delivery(t, draft())
			d.Update = 3
			target := &orders.Delivery{ID: 3, Receipt: json.RawMessage(c.receipt), SentAt: c.sentAt}
			_, err := app.Send(t.Context(), d, target)
			require.NoError(t, err)
			require.Len(t, srv.Calls(updatePath), c.updates)
			require.Contains(t, srv.Calls(sendPath)[0].Body, `"msgtype":"text"`)
		})
	}
}

// A crash between the change and its record leaves a code that is spent: by this very delivery.
func TestChangeSentAgainAfterItGotThroughIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code     string // of the click
		attempts int
		changed  bool // by another delivery, with the code of the sending
		answer   string
		updates  int
		texts    int
	}{
		"again, code of the click":             {"CLICK", 1, false, `{"errcode":42022}`, 1, 0},
		"again, code of the sending":           {"", 1, false, `{"errcode":42022}`, 1, 0},
		"again, the other change was first":    {"", 1, true, ``, 0, 1},
		"again, code of the click after other": {"CLICK", 1, true, `{"errcode":42022}`, 1, 0},
		"for the first time":                   {"CLICK", 0, false, `{"errcode":42022}`, 1, 1},
		"again, refused for its form":          {"CLICK", 1, false, `{"errcode":42045}`, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, app := setup(t)
			srv.On(sendPath, `{"errcode":0,"msgid":"M2"}`)
			srv.On(updatePath, c.answer)
			d := delivery(t, draft())
			d.Update, d.Code, d.Attempts = 3, c.code, c.attempts
			target := &orders.Delivery{
				ID: 3, Key: "card", Receipt: json.RawMessage(`{"task_id":"t","response_code":"RC"}`), SentAt: now, Changed: c.changed,
			}
			_, err := app.Send(t.Context(), d, target)
			require.NoError(t, err)
			require.Len(t, srv.Calls(updatePath), c.updates)
			require.Len(t, srv.Calls(sendPath), c.texts)
		})
	}
}

func TestUpdateWaitsWhereThePlatformIsAway(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(updatePath, `{"errcode":-1,"errmsg":"busy"}`)
	d := delivery(t, draft())
	d.Update = 3
	_, err := app.Send(t.Context(), d, &orders.Delivery{Receipt: json.RawMessage(`{"task_id":"t","response_code":"RC"}`), SentAt: now})
	httpxtest.RequireFailure(t, err, notify.Unavailable)
	require.Empty(t, srv.Calls(sendPath), "no text instead")
}

func TestRefusedCardIsSaidAsText(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":42045,"errmsg":"invalid card"}`, `{"errcode":0,"msgid":"M2"}`)
	receipt, err := app.Send(t.Context(), delivery(t, draft()), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"msgid":"M2"}`, string(receipt))
}

func TestRepeatOfACardThatArrivedIsASuccess(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":41099,"errmsg":"task_id already exists"}`)
	receipt, err := app.Send(t.Context(), delivery(t, draft()), nil)
	require.NoError(t, err)
	require.Contains(t, string(receipt), "task_id")
	require.Len(t, srv.Calls(sendPath), 1)
}

func TestCardWithNothingToPressIsText(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(sendPath, `{"errcode":0}`)
	m := draft()
	m.Card.Buttons = nil
	_, err := app.Send(t.Context(), delivery(t, m), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(sendPath)[0].Body, `"msgtype":"text"`)
}

func TestSendFile(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On(uploadPath, `{"errcode":0,"type":"file","media_id":"F1","created_at":"1773194400"}`, `{"errcode":0,"media_id":"F2"}`)
	srv.On(sendPath, `{"errcode":40007,"errmsg":"invalid media_id"}`, `{"errcode":0,"msgid":"M"}`)
	_, err := app.Send(t.Context(), delivery(t, cards.Message{File: &cards.File{Name: `月报"3.xlsx`, Data: []byte("123456")}}), nil)
	require.NoError(t, err)
	up := srv.Calls(uploadPath)
	require.Len(t, up, 2)
	require.Equal(t, "file", up[0].Query.Get("type"))
	require.Contains(t, up[0].Body, `name="media"; filename="月报_3.xlsx"`)
	require.Contains(t, srv.Calls(sendPath)[1].Body, `"media_id":"F2"`)

	srv.On(uploadPath, `{"errcode":40006,"errmsg":"invalid size"}`)
	srv.On(sendPath, `{"errcode":0,"msgid":"M"}`)
	_, err = app.Send(t.Context(), delivery(t, cards.Message{Text: "见链接", File: &cards.File{Name: "a", Data: nil}}), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(sendPath)[2].Body, "见链接")
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]notify.Reason{
		-1: notify.Unavailable, 6000: notify.Unavailable,
		40001: notify.Auth, 40014: notify.Auth, 41001: notify.Auth, 42001: notify.Auth, 40013: notify.Auth, 40056: notify.Auth,
		301002: notify.Auth, 48002: notify.Auth, 50001: notify.Auth, 50003: notify.Auth, 60020: notify.Auth,
		45009: notify.RateLimited, 45033: notify.RateLimited,
		40003: notify.Rejected, 60111: notify.Rejected, 60011: notify.Rejected, 50002: notify.Rejected, 81013: notify.Rejected,
		40008: notify.Rejected, 40058: notify.Rejected, 40063: notify.Rejected, 44004: notify.Rejected, 45002: notify.Rejected,
		45008: notify.Rejected, 12345: notify.Rejected,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			srv, app := setup(t)
			srv.On(sendPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"no TOKEN S3CRET"}`, code))
			_, err := app.Send(t.Context(), delivery(t, cards.Message{Text: "x"}), nil)
			e := httpxtest.RequireFailure(t, err, want, "TOKEN", "S3CRET")
			require.Equal(t, want == notify.RateLimited, e.RetryAfter > 0)
		})
	}
}

func TestReceiverThatIsUnknown(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"errcode":0,"msgid":"M","invaliduser":"wangjie"}`, `{"errcode":0,"unlicenseduser":"wangjie"}`,
		`{"errcode":81013,"errmsg":"user & party & tag all invalid"}`,
	} {
		srv, app := setup(t)
		srv.On(sendPath, answer)
		_, err := app.Send(t.Context(), delivery(t, draft()), nil)
		httpxtest.RequireFailure(t, err, notify.Rejected)
		require.Len(t, srv.Calls(sendPath), 1, "a text would not arrive either")
	}
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.On("/cgi-bin/gettoken", `{"errcode":40001,"errmsg":"invalid credential S3CRET"}`)
	for range 3 {
		_, err := app.Send(t.Context(), delivery(t, cards.Message{Text: "x"}), nil)
		httpxtest.RequireFailure(t, err, notify.Auth, "S3CRET")
	}
	require.Len(t, srv.Calls("/cgi-bin/gettoken"), 1, "the platform is not hammered")
	httpxtest.RequireFailure(t, app.Check(t.Context()), notify.Auth, "S3CRET")
}

func TestMessagesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	_, app := setup(t)
	d := delivery(t, cards.Message{})
	_, err := app.Send(t.Context(), d, nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
	d.Body = json.RawMessage(`[]`)
	_, err = app.Send(t.Context(), d, nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	srv, app := setup(t)
	srv.Reply("/cgi-bin/media/get", httpxtest.Reply{Body: "JPEG", Header: map[string]string{
		"Content-Type": "image/jpeg", "Content-Disposition": `attachment; filename="p.jpg"`,
	}})
	name, data, err := app.Fetch(t.Context(), orders.Inbound{Media: "M1"})
	require.NoError(t, err)
	require.Equal(t, "p.jpg", name)
	require.Equal(t, "JPEG", string(data))
	name, _, err = app.Fetch(t.Context(), orders.Inbound{Media: "M1", FileName: "订单.jpg"})
	require.NoError(t, err)
	require.Equal(t, "订单.jpg", name)
}
