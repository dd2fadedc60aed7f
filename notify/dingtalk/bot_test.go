package dingtalk_test

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
	"orderbot/notify/dingtalk"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/orders"
)

var update = flag.Bool("update", false, "rewrite golden files")

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

const (
	tokenPath  = "/v1.0/oauth2/accessToken"
	onePath    = "/v1.0/robot/oToMessages/batchSend"
	groupPath  = "/v1.0/robot/groupMessages/send"
	createPath = "/v1.0/card/instances/createAndDeliver"
	cardPath   = "/v1.0/card/instances"
	filePath   = "/v1.0/robot/messageFiles/download"
)

func setup(t *testing.T) (*httpxtest.Server, *dingtalk.Bot) {
	t.Helper()
	srv := httpxtest.New(t)
	srv.On(tokenPath, `{"accessToken":"TOKEN","expireIn":7200}`)
	srv.On("/gettoken", `{"errcode":0,"access_token":"OLDTOKEN","expires_in":7200}`)
	return srv, dingtalk.New(dingtalk.Options{
		APIURL: srv.URL, LegacyURL: srv.URL, ClientID: "dingapp", ClientSecret: "S3CRET", Now: func() time.Time { return now },
	})
}

func delivery(t *testing.T, chat string, m cards.Message) orders.Delivery {
	t.Helper()
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return orders.Delivery{
		ID: 7, Key: "approval/SO202603110012/1/M01", Chat: orders.Chat{Platform: orders.DingTalk, ID: chat},
		Kind: "approval.card", Order: "SO202603110012", Body: body, Created: now,
	}
}

func approval() cards.Message {
	return cards.Message{
		Text: "待审批 SO202603110012，回复「同意 SO202603110012」",
		Card: &cards.Card{
			Title: "待审批 SO202603110012", Desc: "宁波华泰", Amount: "¥51,280.00",
			Fields: []cards.Field{{Name: "交期", Value: "3月13日"}},
			Buttons: []cards.Button{
				{Text: "同意", Style: cards.Primary, Action: "act.1"}, {Text: "驳回", Style: cards.Danger, Action: "act.2"},
			},
		},
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

const delivered = `{"success":true,"result":{"outTrackId":"x","deliverResults":[{"spaceType":"IM_ROBOT","spaceId":"u1","success":true,"carrierId":"CARRIER","errorMsg":""}]}}`

func TestSendText(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.On(onePath, `{"processQueryKey":"PQK","invalidStaffIdList":[],"flowControlledStaffIdList":[]}`)
	receipt, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "已发货 <顺丰>"}), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"process_query_key":"PQK"}`, string(receipt))
	call := srv.Calls(onePath)[0]
	require.Equal(t, "TOKEN", call.Header.Get("x-acs-dingtalk-access-token"))
	golden(t, "text.json", call.Body)
	require.JSONEq(t, `{"appKey":"dingapp","appSecret":"S3CRET"}`, srv.Calls(tokenPath)[0].Body)
}

func TestSendToGroup(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.On(groupPath, `{"processQueryKey":"PQK"}`)
	srv.On(createPath, strings.ReplaceAll(delivered, "IM_ROBOT", "IM_GROUP"))
	_, err := bot.Send(t.Context(), delivery(t, "cidGROUP==", cards.Message{Text: strings.Repeat("一行\n", 1000)}), nil)
	require.NoError(t, err)
	calls := srv.Calls(groupPath)
	require.Len(t, calls, 2, "in pieces that a group takes")
	require.Contains(t, calls[0].Body, `"openConversationId":"cidGROUP=="`)
	_, err = bot.Send(t.Context(), delivery(t, "cidGROUP==", approval()), nil)
	require.NoError(t, err)
	golden(t, "group_card.json", srv.Calls(createPath)[0].Body)
}

func TestSendCardThenUpdateIt(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.On(createPath, delivered)
	srv.On(cardPath, `{"success":true,"result":"true"}`)
	sent := delivery(t, "u1", approval())
	receipt, err := bot.Send(t.Context(), sent, nil)
	require.NoError(t, err)
	golden(t, "card.json", srv.Calls(createPath)[0].Body)
	var r dingtalk.Receipt
	require.NoError(t, json.Unmarshal(receipt, &r))
	require.Equal(t, "CARRIER", r.ProcessQueryKey)

	again, err := bot.Send(t.Context(), sent, nil)
	require.NoError(t, err)
	require.JSONEq(t, string(receipt), string(again), "a repeat has the same outTrackId")

	m := approval()
	m.Card.Buttons, m.Card.Settled = nil, "已同意 王敏 3月11日 10:24"
	settled := delivery(t, "u1", m)
	settled.Key, settled.Update, sent.Receipt = "settle", 7, receipt
	_, err = bot.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	call := srv.Calls(cardPath)[0]
	require.Equal(t, "PUT", call.Method)
	require.Contains(t, call.Body, r.OutTrackID)
	require.Contains(t, call.Body, `"updateCardDataByKey":true`)
	require.Contains(t, call.Body, "已同意 王敏")
	require.Empty(t, srv.Calls(onePath))
}

func TestCardThatIsRefusedIsSaidAsText(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]httpxtest.Reply{
		"template unknown":       {Status: 400, Body: `{"code":"param.cardTemplateIdEmpty","message":"no","requestid":"r"}`},
		"no right to cards":      {Status: 403, Body: `{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"no"}`},
		"hidden failed delivery": {Body: strings.Replace(delivered, `"success":true,"carrierId"`, `"success":false,"carrierId"`, 1)},
		"not done":               {Body: `{"success":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, bot := setup(t)
			srv.Reply(createPath, reply)
			srv.On(onePath, `{"processQueryKey":"PQK"}`)
			receipt, err := bot.Send(t.Context(), delivery(t, "u1", approval()), nil)
			require.NoError(t, err)
			require.JSONEq(t, `{"process_query_key":"PQK"}`, string(receipt))
			require.Contains(t, srv.Calls(onePath)[0].Body, "回复「同意 SO202603110012」")

			m := approval()
			d := delivery(t, "u1", m)
			d.Update = 7
			_, err = bot.Send(t.Context(), d, &orders.Delivery{Receipt: receipt})
			require.NoError(t, err, "what was sent as text is followed by a text")
			require.Len(t, srv.Calls(onePath), 2)
		})
	}
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   notify.Reason
	}{
		{400, "InvalidAuthentication", notify.Auth},
		{400, "MissingAccessToken", notify.Auth},
		{403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", notify.Auth},
		{403, "Forbidden.AccessDenied.IpNotInWhiteList", notify.Auth},
		{403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", notify.RateLimited},
		{403, "Forbidden.AccessDenied.QpsLimitForApi", notify.RateLimited},
		{403, "Forbidden.AccessDenied.ApiCountLimitForOrg", notify.RateLimited},
		{400, "send.too.fast", notify.RateLimited},
		{400, "send.byToken.tooFast", notify.RateLimited},
		{400, "too.many.group", notify.RateLimited},
		{400, "too.many.people", notify.RateLimited},
		{500, "ServiceUnavailable", notify.Unavailable},
		{500, "whatever", notify.Unavailable},
		{400, "staffId.notExisted", notify.Rejected},
		{400, "param.error", notify.Rejected},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			srv, bot := setup(t)
			srv.Reply(onePath, httpxtest.Reply{Status: c.status, Body: fmt.Sprintf(`{"code":%q,"message":"TOKEN S3CRET","requestid":"r"}`, c.code)})
			_, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "x"}), nil)
			e := httpxtest.RequireFailure(t, err, c.want, "TOKEN", "S3CRET")
			require.Equal(t, c.want == notify.RateLimited, e.RetryAfter > 0)
		})
	}
}

func TestAnswersWithoutACode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply httpxtest.Reply
		want  notify.Reason
	}{
		"banned":         {httpxtest.Reply{Body: `{"status":1111,"wait":5,"source":"x5","punish":"deny"}`}, notify.RateLimited},
		"banned, 403":    {httpxtest.Reply{Status: 403, Body: `{"status":1111,"wait":5}`}, notify.RateLimited},
		"a page":         {httpxtest.Reply{Body: `<html>`}, notify.Unavailable},
		"a gateway":      {httpxtest.Reply{Status: 502, Body: `bad gateway`}, notify.Unavailable},
		"no answer":      {httpxtest.Reply{Lost: true}, notify.Unavailable},
		"invalid user":   {httpxtest.Reply{Body: `{"processQueryKey":"P","invalidStaffIdList":["u1"]}`}, notify.Rejected},
		"filtered user":  {httpxtest.Reply{Body: `{"processQueryKey":"P","filteredStaffIdList":["u1"]}`}, notify.Rejected},
		"too much for u": {httpxtest.Reply{Body: `{"processQueryKey":"P","flowControlledStaffIdList":["u1"]}`}, notify.RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, bot := setup(t)
			srv.Reply(onePath, c.reply)
			_, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "x"}), nil)
			httpxtest.RequireFailure(t, err, c.want)
		})
	}
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.On(tokenPath, `{"accessToken":"T1","expireIn":7200}`, `{"accessToken":"T2","expireIn":7200}`)
	srv.Reply(onePath, httpxtest.Reply{Status: 400, Body: `{"code":"InvalidAuthentication","message":"T1"}`}, httpxtest.Reply{Body: `{"processQueryKey":"P"}`})
	_, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "x"}), nil)
	require.NoError(t, err)
	require.Equal(t, "T2", srv.Calls(onePath)[1].Header.Get("x-acs-dingtalk-access-token"))
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.Reply(tokenPath, httpxtest.Reply{Status: 400, Body: `{"code":"invalidParameter.clientSecret","message":"S3CRET is wrong"}`})
	httpxtest.RequireFailure(t, bot.Check(t.Context()), notify.Auth, "S3CRET")
}

func TestSendFile(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	srv.On("/media/upload", `{"errcode":0,"errmsg":"ok","media_id":"@M1","type":"file"}`)
	srv.On(onePath, `{"processQueryKey":"P"}`)
	_, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{File: &cards.File{Name: "月报.xlsx", Data: []byte("123456")}}), nil)
	require.NoError(t, err)
	up := srv.Calls("/media/upload")[0]
	require.Equal(t, "OLDTOKEN", up.Query.Get("access_token"))
	golden(t, "file.json", srv.Calls(onePath)[0].Body)
	_, err = bot.Send(t.Context(), delivery(t, "u1", cards.Message{File: &cards.File{Name: "图.png", Data: []byte("123456")}}), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(onePath)[1].Body, "sampleImageMsg")
	_, err = bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "见链接", File: &cards.File{Name: "a.csv"}}), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(onePath)[2].Body, "见链接")
	_, err = bot.Send(t.Context(), delivery(t, "u1", cards.Message{File: &cards.File{Name: "a.csv"}}), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestMessagesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	_, bot := setup(t)
	d := delivery(t, "u1", cards.Message{})
	_, err := bot.Send(t.Context(), d, nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
	d.Body = json.RawMessage(`[]`)
	_, err = bot.Send(t.Context(), d, nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	srv, bot := setup(t)
	in := orders.Inbound{Media: "DC", FileName: "采购单.xlsx"}
	srv.On(filePath, fmt.Sprintf(`{"downloadUrl":"%s/moved?sig=1"}`, srv.URL))
	srv.Reply("/moved", httpxtest.Reply{Status: 302, Header: map[string]string{"Location": srv.URL + "/file"}})
	srv.Reply("/file", httpxtest.Reply{Body: "PK"})
	name, data, err := bot.Fetch(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "采购单.xlsx", name)
	require.Equal(t, "PK", string(data))
	require.JSONEq(t, `{"downloadCode":"DC","robotCode":"dingapp"}`, srv.Calls(filePath)[0].Body)
	require.Empty(t, srv.Calls("/file")[0].Header.Get("x-acs-dingtalk-access-token"))

	for name, c := range map[string]struct {
		reply httpxtest.Reply
		code  orders.Code
	}{
		"too large":       {httpxtest.Reply{Body: strings.Repeat("x", 20<<20+1)}, orders.CodeInvalid},
		"gone":            {httpxtest.Reply{Status: 404}, orders.CodeNotFound},
		"empty":           {httpxtest.Reply{}, orders.CodeNotFound},
		"store is away":   {httpxtest.Reply{Status: 503}, orders.CodeInternal},
		"other scheme":    {httpxtest.Reply{Status: 302, Header: map[string]string{"Location": "file:///etc/passwd"}}, orders.CodeInternal},
		"round and round": {httpxtest.Reply{Status: 302, Header: map[string]string{"Location": "/file"}}, orders.CodeInternal},
	} {
		srv.Reply("/file", c.reply)
		_, _, err := bot.Fetch(t.Context(), in)
		require.Equal(t, c.code, orders.ErrorCode(err), name)
	}
	for _, answer := range []string{`{"downloadUrl":"file:///etc/passwd"}`, `{"downloadUrl":""}`, `{}`} {
		srv.On(filePath, answer)
		_, _, err := bot.Fetch(t.Context(), in)
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err), answer)
	}
	srv.Reply(filePath, httpxtest.Reply{Status: 400, Body: `{"code":"param.error","message":"expired"}`})
	_, _, err = bot.Fetch(t.Context(), in)
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
}
