package simulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// ding calls the OpenAPI with a token.
func (b *bench) ding(method, path string, body any) (int, object) {
	b.t.Helper()
	_, out := b.call("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{
		"appKey": b.cred.DingTalk.ClientID, "appSecret": b.cred.DingTalk.ClientSecret,
	})
	return b.call(method, b.sim.DingTalkURL()+path, http.Header{
		"X-Acs-Dingtalk-Access-Token": {out["accessToken"].(string)}, "Content-Type": {"application/json"},
	}, body)
}

func (b *bench) open(more object) (int, object) {
	return b.call("POST", b.sim.DingTalkURL()+"/v1.0/gateway/connections/open", http.Header{"Accept": {"application/json"}}, with(object{
		"clientId": b.cred.DingTalk.ClientID, "clientSecret": b.cred.DingTalk.ClientSecret, "ua": "test-sdk-go/1",
		"subscriptions": []object{
			{"type": "CALLBACK", "topic": simulator.TopicBotMessage},
			{"type": "CALLBACK", "topic": simulator.TopicCard},
			{"type": "EVENT", "topic": "*"},
		},
	}, more))
}

// streamClient is a client of the gateway.
type streamClient struct {
	conn   *websocket.Conn
	mu     sync.Mutex
	frames []object
	handle func(f object) (code int, data string, answer bool)
}

func (b *bench) connect() *streamClient {
	b.t.Helper()
	before := b.sim.DingTalk.Connections()
	_, out := b.open(nil)
	conn, resp, err := websocket.DefaultDialer.DialContext(b.t.Context(), fmt.Sprintf("%s?ticket=%s", out["endpoint"], out["ticket"]), nil)
	require.NoError(b.t, err)
	_ = resp.Body.Close()
	c := &streamClient{conn: conn}
	ctx, cancel := context.WithTimeout(b.t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(b.t, b.sim.DingTalk.WaitConnections(ctx, before+1))
	go c.run()
	b.t.Cleanup(func() { _ = conn.Close() })
	return c
}

func (c *streamClient) on(f func(f object) (int, string, bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handle = f
}

func (c *streamClient) seen() []object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]object(nil), c.frames...)
}

func (c *streamClient) run() {
	for {
		var f object
		if c.conn.ReadJSON(&f) != nil {
			return
		}
		c.mu.Lock()
		c.frames = append(c.frames, f)
		handle := c.handle
		c.mu.Unlock()
		code, data, answer := 200, `{"response":null}`, true
		headers := f["headers"].(object)
		switch {
		case headers["topic"] == "ping":
			data = f["data"].(string)
		case f["type"] == "EVENT":
			data = `{"status":"SUCCESS"}`
		}
		if handle != nil && headers["topic"] != "ping" {
			code, data, answer = handle(f)
		}
		if answer {
			_ = c.conn.WriteJSON(object{
				"code": code, "message": "OK", "data": data,
				"headers": object{"messageId": headers["messageId"], "contentType": "application/json"},
			})
		}
	}
}

func TestDingTalkGatewayTickets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	status, out := b.open(object{"clientSecret": "wrong"})
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "authFailed", out["code"])
	status, _ = b.open(object{"subscriptions": []object{{"type": "EVENT", "topic": "user_leave_org"}}})
	require.Equal(t, http.StatusBadRequest, status, "single events cannot be chosen")
	status, _ = b.open(object{"unknown": 1})
	require.Equal(t, http.StatusBadRequest, status)
	_, out = b.call("POST", b.sim.DingTalkURL()+"/v1.0/gateway/connections/open", http.Header{"Accept": {"text/xml"}}, object{
		"clientId": b.cred.DingTalk.ClientID, "clientSecret": b.cred.DingTalk.ClientSecret,
		"subscriptions": []object{{"type": "EVENT", "topic": "*"}}, "extras": nil,
	})
	require.Contains(t, out["text"], "<ticket>", "XML without Accept")

	dial := func(ticket any) int {
		conn, resp, err := websocket.DefaultDialer.Dial(fmt.Sprintf("%s?ticket=%s", out["endpoint"], ticket), nil)
		_ = resp.Body.Close()
		if err == nil {
			_ = conn.Close()
		}
		return resp.StatusCode
	}
	_, out = b.open(nil)
	require.Regexp(t, `^[A-Za-z0-9]+$`, out["ticket"], "clients do not escape it")
	require.Equal(t, 101, dial(out["ticket"]))
	require.Equal(t, 401, dial(out["ticket"]), "one connection a ticket")
	_, out = b.open(nil)
	b.clock.move(91 * time.Second)
	require.Equal(t, 401, dial(out["ticket"]), "90 seconds")
	require.Equal(t, 401, dial("nonsense"))
}

func TestDingTalkMessagesReachTheBot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "13800000001")
	require.ErrorIs(t, d.SendText(t.Context(), "m1", "早").Err, simulator.ErrNotConnected)
	c := b.connect()
	p := d.SendText(t.Context(), "m1", "待办", simulator.At(time.UnixMilli(1700000000123)))
	require.True(t, p.OK(), p)
	f := c.seen()[0]
	for k, v := range f["headers"].(object) {
		require.IsType(t, "", v, k)
	}
	var msg object
	require.NoError(t, json.Unmarshal([]byte(f["data"].(string)), &msg))
	require.Equal(t, p.MsgID, msg["msgId"])
	require.Equal(t, "m1", msg["senderStaffId"])
	require.Equal(t, "1", msg["conversationType"])
	require.Equal(t, b.cred.DingTalk.RobotCode, msg["robotCode"])
	require.InDelta(t, 1700000000123, msg["createAt"], 0)
	require.Equal(t, "待办", msg["text"].(object)["content"])

	hook := msg["sessionWebhook"].(string)
	_, out := b.call("POST", hook, nil, object{"msgtype": "text", "text": object{"content": "收到"}})
	require.Zero(t, errcode(out))
	require.Equal(t, "收到", d.Screen("m1")[2].Text, "after 早 and 待办")
	status, out := b.call("POST", hook, nil, object{"msgtype": "poster"})
	require.Equal(t, 200, status)
	require.NotZero(t, errcode(out))
	b.clock.move(91 * time.Minute)
	status, out = b.call("POST", hook, nil, object{"msgtype": "text", "text": object{"content": "late"}})
	require.Equal(t, 200, status, "errors come with 200")
	require.NotZero(t, errcode(out))

	again := d.Redeliver(t.Context(), p.MsgID)
	require.True(t, again.OK())
	require.Equal(t, c.seen()[0]["data"], c.seen()[1]["data"])
	require.NotEqual(t, c.seen()[0]["headers"].(object)["messageId"], c.seen()[1]["headers"].(object)["messageId"])

	b.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: time.Second, Copies: 3, Parallel: true})
	require.True(t, d.SendText(t.Context(), "m1", "三遍").OK())
	require.Len(t, c.seen(), 5)
	c.on(func(object) (int, string, bool) { return 404, "", true })
	require.False(t, d.SendText(t.Context(), "m1", "x").OK())
}

func TestDingTalkFilesPicturesAndQuotes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	d.AddPerson("m2", "王经理", "")
	group := d.AddGroup("订单群", "m1", "m2")
	c := b.connect()
	last := func() object {
		var msg object
		all := c.seen()
		require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]["data"].(string)), &msg))
		return msg
	}
	require.True(t, d.SendFile(t.Context(), "m1", "订单.pdf", []byte("%PDF-1.7")).OK())
	code := last()["content"].(object)["downloadCode"]
	require.Equal(t, "订单.pdf", last()["content"].(object)["fileName"])
	_, out := b.ding("POST", "/v1.0/robot/messageFiles/download", object{"downloadCode": code, "robotCode": b.cred.DingTalk.RobotCode})
	_, raw, err := b.try("GET", out["downloadUrl"].(string), nil, nil)
	require.NoError(t, err)
	require.Equal(t, "%PDF-1.7", string(raw))
	status, _ := b.ding("POST", "/v1.0/robot/messageFiles/download", object{"downloadCode": "x", "robotCode": b.cred.DingTalk.RobotCode})
	require.Equal(t, 400, status)
	status, _ = b.ding("POST", "/v1.0/robot/messageFiles/download", object{"downloadCode": code, "robotCode": "other"})
	require.Equal(t, 400, status)

	require.True(t, d.SendPicture(t.Context(), "m1", png).OK())
	require.Equal(t, "picture", last()["msgtype"])
	require.True(t, d.SendAudio(t.Context(), "m1", []byte("OggS"), simulator.Recognised("同意")).OK())
	require.Equal(t, "同意", last()["content"].(object)["recognition"])
	require.True(t, d.SendRichText(t.Context(), "m1", []simulator.RichPart{{Text: "看图"}, {Picture: png}}).OK())
	require.Len(t, last()["content"].(object)["richText"], 2)
	require.True(t, d.SendRaw(t.Context(), "m1", "unknownMsgType", object{"unknownMsgType": "不支持"}).OK())

	require.True(t, d.SendText(t.Context(), "m1", "同意", simulator.InGroup(group)).OK())
	require.Equal(t, "2", last()["conversationType"])
	require.Equal(t, group, last()["conversationId"])
	require.Equal(t, " 同意", last()["text"].(object)["content"])
	require.Equal(t, simulator.FromOther, d.Screen("m2")[0].From)

	_, out = b.ding("POST", "/v1.0/robot/oToMessages/batchSend", object{
		"robotCode": b.cred.DingTalk.RobotCode, "userIds": []string{"m1"}, "msgKey": "sampleText", "msgParam": `{"content":"SO1 待审批"}`,
	})
	key := out["processQueryKey"].(string)
	require.True(t, d.SendText(t.Context(), "m1", "批准", simulator.Quoting(key)).OK())
	require.Equal(t, key, last()["originalProcessQueryKey"])
	replied := last()["text"].(object)["repliedMsg"].(object)
	require.Equal(t, "SO1 待审批", replied["content"].(object)["text"])
	require.ErrorIs(t, d.SendText(t.Context(), "m1", "批准", simulator.Quoting("none")).Err, simulator.ErrNotOnScreen)
	require.True(t, d.FollowLink(t.Context(), "m1", "dtmd://dingtalkclient/sendMessage?content=%E5%90%8C%E6%84%8F").OK())
	require.Equal(t, "同意", last()["text"].(object)["content"])
	require.ErrorIs(t, d.FollowLink(t.Context(), "m1", "https://x").Err, simulator.ErrNotOnScreen)
}

func TestDingTalkRobotSendsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "13800000001")
	group := d.AddGroup("订单群", "m1")
	one := object{"robotCode": b.cred.DingTalk.RobotCode, "userIds": []string{"m1"}, "msgKey": "sampleText", "msgParam": `{"content":"x"}`}
	const path = "/v1.0/robot/oToMessages/batchSend"
	status, out := b.ding("POST", path, with(one, object{"userIds": []string{"m1", "zz"}}))
	require.Equal(t, 200, status)
	require.Equal(t, []any{"zz"}, out["invalidStaffIdList"])
	d.FlowControl("m1", 1)
	_, out = b.ding("POST", path, one)
	require.Equal(t, []any{"m1"}, out["flowControlledStaffIdList"])
	require.Len(t, d.Screen("m1"), 1)

	many := make([]string, 21)
	for name, more := range map[string]object{
		"21 users":         {"userIds": many},
		"nobody":           {"userIds": []string{"zz"}},
		"other robot":      {"robotCode": "x"},
		"param as object":  {"msgParam": object{"content": "x"}},
		"param no JSON":    {"msgParam": "x"},
		"unknown key":      {"msgKey": "sampleActionCard1"},
		"missing value":    {"msgKey": "sampleMarkdown", "msgParam": `{"title":"t"}`},
		"unknown value":    {"msgParam": `{"content":"x","title":"t"}`},
		"unknown media":    {"msgKey": "sampleFile", "msgParam": `{"mediaId":"@x","fileName":"a.pdf","fileType":"pdf"}`},
		"unknown field":    {"msgUuid": "x"},
		"no users":         {"userIds": []string{}},
		"unknown fileType": {"msgKey": "sampleFile", "msgParam": `{"mediaId":"@x","fileName":"a.exe","fileType":"exe"}`},
	} {
		status, out := b.ding("POST", path, with(one, more))
		require.Equal(t, 400, status, name)
		require.NotEmpty(t, out["code"], name)
		require.NotEmpty(t, out["requestid"], name)
	}
	status, _ = b.ding("POST", "/v1.0/robot/groupMessages/send", object{
		"openConversationId": group, "robotCode": b.cred.DingTalk.RobotCode, "msgKey": "sampleText",
		"msgParam": `{"content":"` + strings.Repeat("x", 15000) + `"}`,
	})
	require.Equal(t, 400, status)
	status, out = b.ding("POST", "/v1.0/robot/groupMessages/send", object{
		"openConversationId": group, "robotCode": b.cred.DingTalk.RobotCode, "msgKey": "sampleActionCard2",
		"msgParam": `{"title":"t","text":"x","actionTitle1":"a","actionURL1":"https://a","actionTitle2":"b","actionURL2":"https://b"}`,
	})
	require.Equal(t, 200, status)
	screen := d.Screen("m1")
	require.Len(t, screen[len(screen)-1].Buttons, 2)
	d.Read("m1")
	_, read := b.ding("POST", "/v1.0/robot/groupMessages/query", object{
		"openConversationId": group, "robotCode": b.cred.DingTalk.RobotCode, "processQueryKey": out["processQueryKey"],
	})
	require.Equal(t, []any{"m1"}, read["readUserIds"])
	_, out = b.ding("POST", "/v1.0/robot/groupMessages/recall", object{
		"openConversationId": group, "robotCode": b.cred.DingTalk.RobotCode, "processQueryKeys": []any{out["processQueryKey"], "none"},
	})
	require.Len(t, out["successResult"], 1)
	require.Len(t, out["failedResult"], 1)
	screen = d.Screen("m1")
	require.True(t, screen[len(screen)-1].Recalled)

	ding := object{"robotCode": b.cred.DingTalk.RobotCode, "remindType": 1, "receiverUserIdList": []string{"m1"}, "content": "急单"}
	status, _ = b.ding("POST", "/v1.0/robot/ding/send", ding)
	require.Equal(t, 403, status, "standard edition")
	d.SetPaidEdition(true)
	status, out = b.ding("POST", "/v1.0/robot/ding/send", ding)
	require.Equal(t, 200, status)
	urgent := object{"robotCode": b.cred.DingTalk.RobotCode, "openDingId": out["openDingId"]}
	d.Read("m1")
	_, out = b.ding("POST", "/v1.0/robot/ding/readStatuses/query", urgent)
	require.Equal(t, []any{object{"userId": "m1", "readStatus": "READ"}}, out["result"].(object)["robotDingReadInfoList"])
	b.ding("POST", "/v1.0/robot/ding/recall", urgent)
	screen = d.Screen("m1")
	require.True(t, screen[len(screen)-1].Recalled)
}

func TestDingTalkTokensRatesAndQuota(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "13800000001")
	_, out := b.call("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{"appKey": "x", "appSecret": "y"})
	require.Equal(t, "invalidClientIdOrSecret", out["code"])
	_, legacy := b.call("GET", b.sim.DingTalkLegacyURL()+"/gettoken?appkey="+b.cred.DingTalk.ClientID+"&appsecret="+b.cred.DingTalk.ClientSecret, nil, nil)
	token := legacy["access_token"].(string)
	user := func(id string) object {
		_, out := b.call("POST", b.sim.DingTalkLegacyURL()+"/topapi/v2/user/get?access_token="+token, nil, object{"userid": id})
		return out
	}
	require.Equal(t, "13800000001", user("m1")["result"].(object)["mobile"])
	_, out = b.call("POST", b.sim.DingTalkLegacyURL()+"/topapi/user/getbyunionid?access_token="+token, nil, object{
		"unionid": user("m1")["result"].(object)["unionid"],
	})
	require.Equal(t, "m1", out["result"].(object)["userid"])
	require.Equal(t, 60121, errcode(user("zz")))
	_, out = b.call("POST", b.sim.DingTalkLegacyURL()+"/topapi/v2/user/getbymobile?access_token="+token, nil, object{"mobile": "13800000001"})
	require.Equal(t, "m1", out["result"].(object)["userid"])
	_, out = b.call("POST", b.sim.DingTalkLegacyURL()+"/topapi/v2/user/getbymobile?access_token="+token,
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "mobile=1")
	require.Equal(t, 60121, errcode(out))
	up := b.upload(b.sim.DingTalkLegacyURL()+"/media/upload?type=file&access_token="+token, "a.pdf", []byte("%PDF-1.7"))
	require.Contains(t, up["media_id"], "@")

	send := func(token string) (int, object) {
		return b.call("POST", b.sim.DingTalkURL()+"/v1.0/robot/oToMessages/batchSend", http.Header{"X-Acs-Dingtalk-Access-Token": {token}}, object{
			"robotCode": b.cred.DingTalk.RobotCode, "userIds": []string{"m1"}, "msgKey": "sampleText", "msgParam": `{"content":"x"}`,
		})
	}
	_, out = b.call("POST", b.sim.DingTalkURL()+"/v1.0/robot/oToMessages/batchSend", nil, object{})
	require.Equal(t, "MissingAccessToken", out["code"])
	_, out = send("nonsense")
	require.Equal(t, "InvalidAuthentication", out["code"])
	limited := 0
	for range 40 {
		if status, out := send(token); status == 403 {
			require.Equal(t, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", out["code"])
			limited++
		}
	}
	require.Positive(t, limited, "20 a second")
	d.ExpireTokens()
	_, out = send(token)
	require.Equal(t, "InvalidAuthentication", out["code"])

	d.SetMonthlyQuota(d.CallsThisMonth())
	_, out = b.ding("GET", "/v1.0/robot/oToMessages/readStatus?robotCode="+b.cred.DingTalk.RobotCode+"&processQueryKey=x", nil)
	require.Equal(t, "Forbidden.AccessDenied.ApiCountLimitForOrg", out["code"])
	b.clock.move(31 * 24 * time.Hour)
	_, out = b.ding("GET", "/v1.0/robot/oToMessages/readStatus?robotCode="+b.cred.DingTalk.RobotCode+"&processQueryKey=x", nil)
	require.Equal(t, "param.error", out["code"], "a new month")
}

// dingCard is an approval card to user that keeps all limits.
func (b *bench) dingCard(id, user string) object {
	return object{
		"cardTemplateId": simulator.TemplateMarkdownButtons, "outTrackId": id, "callbackType": "STREAM",
		"cardData": object{"cardParamMap": object{
			"title": "待审批", "markdown": "**SO1** ¥100", "tips": "",
			"sys_full_json_obj": `{"msgButtons":[{"text":"同意","color":"blue","id":"approve","request":true,"params":{"action":"approve","order":"SO1"}},{"text":"详情","url":"https://x","color":"gray"}]}`,
		}},
		"openSpaceId":             "dtv1.card//IM_ROBOT." + user,
		"imRobotOpenSpaceModel":   object{"supportForward": false, "lastMessageI18n": object{"ZH_CN": "待审批"}},
		"imRobotOpenDeliverModel": object{"spaceType": "IM_ROBOT", "robotCode": b.cred.DingTalk.RobotCode},
	}
}

const createAndDeliver = "/v1.0/card/instances/createAndDeliver"

func TestDingTalkCardsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	deliver := func(out object) object {
		return out["result"].(object)["deliverResults"].([]any)[0].(object)
	}
	status, out := b.ding("POST", createAndDeliver, b.dingCard("c1", "m1"))
	require.Equal(t, 200, status)
	require.Equal(t, true, deliver(out)["success"])
	bubble := d.Screen("m1")[0]
	require.Equal(t, "待审批", bubble.Title)
	require.Equal(t, "**SO1** ¥100", bubble.Text)
	require.Equal(t, []simulator.Button{
		{ID: "approve", Text: "同意", Style: "blue"}, {Text: "详情", URL: "https://x", Style: "gray"},
	}, bubble.Buttons)

	again := b.dingCard("c1", "m1")
	again["cardData"] = object{"cardParamMap": object{"title": "另一张"}}
	status, _ = b.ding("POST", createAndDeliver, again)
	require.Equal(t, 200, status)
	require.Len(t, d.Screen("m1"), 1)
	require.Equal(t, "待审批", d.Screen("m1")[0].Title, "an outTrackId again has no effect")

	status, out = b.ding("POST", createAndDeliver, b.dingCard("c2", "nobody"))
	require.Equal(t, 200, status)
	require.Equal(t, true, out["success"], "success hides a failed delivery")
	require.Equal(t, false, deliver(out)["success"])
	b.sim.Fault(simulator.PlatformDingTalk, createAndDeliver, simulator.DeliveryRefused("robot not in chat"), 1)
	_, out = b.ding("POST", createAndDeliver, b.dingCard("c3", "m1"))
	require.Equal(t, "robot not in chat", deliver(out)["errorMsg"])
	require.Len(t, d.Screen("m1"), 1)

	vars := func(m object) object { return object{"cardData": object{"cardParamMap": m}} }
	for name, c := range map[string]struct {
		more object
		code string
	}{
		"value of 1025 bytes": {vars(object{"markdown": strings.Repeat("x", 1025)}), "param.cardParamMapValueInvalid"},
		"key of 101 bytes":    {vars(object{strings.Repeat("k", 101): "v"}), "param.cardParamMapKeyInvalid"},
		"buttons no JSON":     {vars(object{"sys_full_json_obj": "{"}), "param.cardParamMapValueInvalid"},
		"value as number":     {vars(object{"amount": 1}), "param.error"},
		"no template":         {object{"cardTemplateId": ""}, "param.cardTemplateIdEmpty"},
		"unknown template":    {object{"cardTemplateId": "x.schema"}, "param.cardTemplateNotExist"},
		"no outTrackId":       {object{"outTrackId": ""}, "param.outTrackIdEmpty"},
		"no data":             {object{"cardData": nil}, "param.cardPublicDataEmpty"},
		"stream in lower":     {object{"callbackType": "stream"}, "param.error"},
		"no space":            {object{"openSpaceId": ""}, "param.openSpaceModelInvalid"},
		"foreign space":       {object{"openSpaceId": "IM_ROBOT.m1"}, "param.openSpaceModelInvalid"},
		"no space model":      {object{"imRobotOpenSpaceModel": nil}, "param.openSpaceModelInvalid"},
		"no supportForward":   {object{"imRobotOpenSpaceModel": object{}}, "param.openSpaceModelInvalid"},
		"no deliver model":    {object{"imRobotOpenDeliverModel": nil}, "param.openSpaceModelInvalid"},
		"unknown field":       {object{"colour": "red"}, "param.error"},
		"unknown private":     {object{"privateData": object{"zz": object{"cardParamMap": object{}}}}, "param.userIdNotExist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.sim.DingTalk.AddPerson("m1", "李经理", "")
			status, out := b.ding("POST", createAndDeliver, with(b.dingCard("x", "m1"), c.more))
			require.Equal(t, 400, status, out)
			require.Equal(t, c.code, out["code"])
			require.Empty(t, b.sim.DingTalk.Screen("m1"))
		})
	}
}

func TestDingTalkCardUpdatesMergeOrReplace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	d.AddTemplate("own.schema", simulator.Button{ID: "agree", Text: "同意"})
	own := with(b.dingCard("c1", "m1"), object{
		"cardTemplateId": "own.schema", "cardData": object{"cardParamMap": object{"title": "t", "amount": "1"}},
		"privateData": object{"m1": object{"cardParamMap": object{"hint": "请处理"}}},
	})
	b.ding("POST", createAndDeliver, own)
	require.Equal(t, "amount：1\nhint：请处理", d.Screen("m1")[0].Text)
	require.Len(t, d.Screen("m1")[0].Buttons, 1)
	update := func(more object) (int, object) {
		return b.ding("PUT", "/v1.0/card/instances", with(object{"outTrackId": "c1"}, more))
	}
	status, _ := update(object{"cardData": object{"cardParamMap": object{"status": "已同意"}}, "cardUpdateOptions": object{"updateCardDataByKey": true}})
	require.Equal(t, 200, status)
	vars, _ := d.Card("m1", "c1")
	require.Equal(t, map[string]string{"title": "t", "amount": "1", "status": "已同意", "hint": "请处理"}, vars)
	require.Empty(t, d.Screen("m1")[0].Buttons)
	update(object{"cardData": object{"cardParamMap": object{"title": "新"}}})
	vars, _ = d.Card("m1", "c1")
	require.Equal(t, map[string]string{"title": "新", "hint": "请处理"}, vars, "without options all is replaced")
	require.Equal(t, 2, d.Screen("m1")[0].Updates)
	status, _ = update(object{"outTrackId": "c9", "cardData": object{"cardParamMap": object{}}})
	require.Equal(t, 400, status)
	status, _ = update(nil)
	require.Equal(t, 400, status)
	status, out := update(object{"cardData": object{"cardParamMap": object{"title": strings.Repeat("长", 342)}}})
	require.Equal(t, 400, status)
	require.Equal(t, "param.cardParamMapValueInvalid", out["code"], "1 KB is bytes")

	two := with(own, object{"outTrackId": "c2"})
	for _, k := range []string{"openSpaceId", "imRobotOpenDeliverModel"} {
		delete(two, k)
	}
	status, out = b.ding("POST", "/v1.0/card/instances", two)
	require.Equal(t, 200, status)
	require.Equal(t, "c2", out["result"])
	status, out = b.ding("POST", "/v1.0/card/instances/deliver", object{
		"outTrackId": "c2", "openSpaceId": "dtv1.card//IM_ROBOT.m1",
		"imRobotOpenDeliverModel": object{"spaceType": "IM_ROBOT", "robotCode": b.cred.DingTalk.RobotCode},
	})
	require.Equal(t, 200, status)
	require.Len(t, out["result"], 1)
	require.Len(t, d.Screen("m1"), 2)
}

func TestDingTalkCardClicks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	d.AddPerson("m2", "王经理", "")
	c := b.connect()
	b.ding("POST", createAndDeliver, b.dingCard("c1", "m1"))
	require.ErrorIs(t, d.Click(t.Context(), "m1", "c1", "reject").Err, simulator.ErrNotOnScreen)
	require.ErrorIs(t, d.Click(t.Context(), "m2", "c1", "approve").Err, simulator.ErrNotOnScreen, "not this person's card")

	answer := func(response object) {
		text, err := json.Marshal(object{"response": response})
		require.NoError(t, err)
		c.on(func(object) (int, string, bool) { return 200, string(text), true })
	}
	answer(object{})
	p := d.Click(t.Context(), "m1", "c1", "approve")
	require.True(t, p.OK(), p)
	require.Len(t, d.Screen("m1")[0].Buttons, 2, "an empty response changes nothing")
	var body, content object
	all := c.seen()
	require.NoError(t, json.Unmarshal([]byte(all[0]["data"].(string)), &body))
	require.NoError(t, json.Unmarshal([]byte(body["content"].(string)), &content), "JSON in JSON")
	require.Equal(t, "actionCallback", body["type"])
	require.Equal(t, b.cred.DingTalk.CorpID, body["corpId"])
	require.Equal(t, "m1", body["userId"])
	private := content["cardPrivateData"].(object)
	require.Equal(t, []any{"approve"}, private["actionIds"])
	require.Equal(t, object{"action": "approve", "order": "SO1"}, private["params"])

	answer(object{
		"cardUpdateOptions": object{"updateCardDataByKey": true},
		"cardData":          object{"cardParamMap": object{"title": "已同意", "sys_full_json_obj": `{"msgButtons":[]}`}},
		"userPrivateData":   object{"cardParamMap": object{"tips": "您已处理"}},
	})
	require.True(t, d.Click(t.Context(), "m1", "c1", "approve").OK())
	require.Equal(t, "已同意", d.Screen("m1")[0].Title)
	require.Empty(t, d.Screen("m1")[0].Buttons)
	vars, _ := d.Card("m1", "c1")
	require.Equal(t, "您已处理", vars["tips"])
	require.ErrorIs(t, d.Click(t.Context(), "m1", "c1", "approve").Err, simulator.ErrNotOnScreen)
	require.NoError(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced()).Err)
	require.NoError(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced(), simulator.Shaped(simulator.ClickTopLevel)).Err)
	all = c.seen()
	require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]["data"].(string)), &body))
	require.Equal(t, "approve", body["actionId"])

	answer(object{"colour": "red"})
	require.Error(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced()).Err)
	answer(object{"cardData": object{"cardParamMap": object{"markdown": strings.Repeat("x", 1025)}}})
	require.Error(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced()).Err)
	c.on(func(object) (int, string, bool) { return 500, "", true })
	require.Error(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced()).Err)

	c.on(func(object) (int, string, bool) {
		status, _ := b.ding("PUT", "/v1.0/card/instances", object{
			"outTrackId": "c1", "cardData": object{"cardParamMap": object{"title": "抢先"}},
		})
		return status, `{"response":{}}`, true
	})
	require.NoError(t, d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced()).Err)
	require.Equal(t, 1, d.RacingUpdates())

	c.on(func(object) (int, string, bool) {
		<-time.After(2100 * time.Millisecond) // the platform's limit runs on the real clock
		return 200, `{"response":{"cardData":{"cardParamMap":{"title":"太晚"}}}}`, true
	})
	late := d.Click(t.Context(), "m1", "c1", "approve", simulator.Forced())
	require.True(t, late.Late)
	require.False(t, late.OK())
	require.Equal(t, 1, d.LateClicks())
	require.Equal(t, "抢先", d.Screen("m1")[0].Title)
}

func TestDingTalkPongsCanBeKeptBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	c := b.connect()
	var mu sync.Mutex
	pongs := 0
	c.conn.SetPongHandler(func(string) error {
		mu.Lock()
		defer mu.Unlock()
		pongs++
		return nil
	})
	ping := func() int {
		flaws := len(d.Flaws())
		require.NoError(t, c.conn.WriteControl(websocket.PingMessage, []byte("x"), time.Time{}))
		require.NoError(t, c.conn.WriteJSON(object{"headers": object{"messageId": fmt.Sprint("unknown", flaws)}}))
		for len(d.Flaws()) == flaws { // the gateway has read the ping once it complains of what came after
			time.Sleep(time.Millisecond)
		}
		require.True(t, d.SendText(t.Context(), "m1", "x").OK())
		mu.Lock()
		defer mu.Unlock()
		return pongs
	}
	require.Equal(t, 1, ping())
	d.AnswerPongs(false)
	require.Equal(t, 1, ping())
	d.AnswerPongs(true)
	require.Equal(t, 2, ping())
}

func TestDingTalkConnections(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	first, second := b.connect(), b.connect()
	for range 40 {
		require.True(t, d.SendText(t.Context(), "m1", "x").OK())
	}
	require.NotEmpty(t, first.seen())
	require.NotEmpty(t, second.seen(), "a random connection takes each push")
	require.Len(t, first.seen(), 40-len(second.seen()))
	d.Ping()
	require.True(t, d.PushEvent(t.Context(), "user_leave_org", object{"userId": []string{"m1"}}).Acked)
	b.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: time.Second, Resend: 2, Pause: time.Millisecond})
	for _, c := range []*streamClient{first, second} {
		c.on(func(object) (int, string, bool) { return 200, `{"status":"LATER"}`, true })
	}
	before := len(first.seen()) + len(second.seen())
	require.Error(t, d.PushEvent(t.Context(), "user_leave_org", object{}).Err)
	require.GreaterOrEqual(t, len(first.seen())+len(second.seen()), before+3, "LATER is pushed again")

	b.sim.SetDown(simulator.PlatformDingTalk, simulator.Refused)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, d.WaitConnections(ctx, 0))
	_, _, err := b.try("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{})
	require.Error(t, err)
	b.sim.SetDown(simulator.PlatformDingTalk, simulator.Up)
	third := b.connect()
	require.NoError(t, d.PushRaw(t.Context(), "/v1.0/unknown", "{}", nil, time.Second).Err)
	require.Equal(t, "/v1.0/unknown", third.seen()[0]["headers"].(object)["topic"])
	d.Disconnect()
	require.ErrorIs(t, d.SendText(t.Context(), "m1", "x").Err, simulator.ErrNotConnected, "nothing is pushed after the disconnect frame")
	require.Equal(t, 1, d.Connections(), "the cut comes later")
	d.CutConnections()
	require.NoError(t, d.WaitConnections(ctx, 0))
	require.Empty(t, d.Flaws())
	require.NotEmpty(t, d.Acks())

	last := b.connect()
	require.NoError(t, last.conn.WriteJSON(object{"code": 200, "headers": object{"messageId": "unknown"}, "data": "{}"}))
	require.NoError(t, last.conn.WriteJSON(object{"code": 200, "headers": object{"messageId": "unknown"}, "data": object{}}))
	require.True(t, d.SendText(t.Context(), "m1", "x").OK())
	require.Len(t, d.Flaws(), 2)
}

func TestDingTalkCardsInGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	for _, u := range []string{"m1", "m2", "m3"} {
		d.AddPerson(u, u, "")
	}
	group := d.AddGroup("审批群", "m1", "m2", "m3")
	c := b.connect()
	c.on(func(object) (int, string, bool) { return 200, `{"response":{}}`, true })
	in := with(b.dingCard("g1", "m1"), object{
		"openSpaceId":             "dtv1.card//IM_GROUP." + group,
		"imGroupOpenSpaceModel":   object{"supportForward": false},
		"imGroupOpenDeliverModel": object{"robotCode": b.cred.DingTalk.RobotCode, "recipients": []string{"m1", "m2"}},
	})
	status, _ := b.ding("POST", createAndDeliver, in)
	require.Equal(t, 200, status)
	require.Len(t, d.Screen("m2"), 1)
	require.Equal(t, group, d.Screen("m2")[0].Chat)
	require.Empty(t, d.Screen("m3"), "only the recipients see it")
	require.True(t, d.Click(t.Context(), "m2", "g1", "approve").OK())
	require.Contains(t, c.seen()[0]["data"], group)
	require.True(t, d.SendText(t.Context(), "m1", "同意", simulator.InGroup(group), simulator.Quoting("g1")).OK())
	require.Contains(t, c.seen()[1]["data"], `"msgType":"interactiveCard"`)
	_, out := b.ding("POST", createAndDeliver, with(in, object{"outTrackId": "g2", "openSpaceId": "dtv1.card//IM_GROUP.cidnone"}))
	require.Equal(t, "openConversationId not exist", out["result"].(object)["deliverResults"].([]any)[0].(object)["errorMsg"])
	status, _ = b.ding("POST", createAndDeliver, with(in, object{"outTrackId": "g3", "imGroupOpenDeliverModel": object{}}))
	require.Equal(t, 400, status, "the group wants the robotCode")

	union := b.dingCard("u1", "m3")
	union["userIdType"] = 2
	b.ding("POST", createAndDeliver, union)
	require.True(t, d.Click(t.Context(), "m3", "u1", "approve").OK())
	var body object
	require.NoError(t, json.Unmarshal([]byte(c.seen()[2]["data"].(string)), &body))
	require.InDelta(t, 2, body["userIdType"], 0)
	require.NotEqual(t, "m3", body["userId"])
	d.RemovePerson("m3")
	require.ErrorIs(t, d.Click(t.Context(), "m3", "u1", "approve").Err, simulator.ErrNobody)
}

func TestDingTalkOtherMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.sim.DingTalk
	d.AddPerson("m1", "李经理", "")
	c := b.connect()
	_, out := b.ding("POST", "/v1.0/robot/oToMessages/batchSend", object{
		"robotCode": b.cred.DingTalk.RobotCode, "userIds": []string{"m1"}, "msgKey": "sampleActionCard6",
		"msgParam": `{"title":"t","text":"x","buttonTitle1":"a","buttonUrl1":"https://a","buttonTitle2":"b","buttonUrl2":"https://b"}`,
	})
	key := out["processQueryKey"].(string)
	require.Equal(t, []simulator.Button{{Text: "a", URL: "https://a"}, {Text: "b", URL: "https://b"}}, d.Screen("m1")[0].Buttons)
	read := func() string {
		_, out := b.ding("GET", "/v1.0/robot/oToMessages/readStatus?robotCode="+b.cred.DingTalk.RobotCode+"&processQueryKey="+url.QueryEscape(key), nil)
		return out["messageReadInfoList"].([]any)[0].(object)["readStatus"].(string)
	}
	require.Equal(t, "UNREAD", read())
	d.Read("m1")
	require.Equal(t, "READ", read())
	_, out = b.ding("POST", "/v1.0/robot/otoMessages/batchRecall", object{
		"robotCode": b.cred.DingTalk.RobotCode, "processQueryKeys": []string{key},
	})
	require.Equal(t, []any{key}, out["successResult"])
	require.True(t, d.Screen("m1")[0].Recalled)

	d.SendText(t.Context(), "m1", "hi")
	var msg object
	require.NoError(t, json.Unmarshal([]byte(c.seen()[0]["data"].(string)), &msg))
	hook := msg["sessionWebhook"].(string)
	for _, body := range []object{
		{"msgtype": "markdown", "markdown": object{"title": "t", "text": "x"}},
		{"msgtype": "link", "link": object{"title": "t", "text": "x", "messageUrl": "https://x"}},
		{"msgtype": "actionCard", "actionCard": object{"title": "t", "text": "x", "singleTitle": "看", "singleURL": "https://x"}},
		{"msgtype": "actionCard", "actionCard": object{"title": "t", "text": "x", "btns": []object{{"title": "看", "actionURL": "https://x"}}}},
	} {
		_, out := b.call("POST", hook, nil, body)
		require.Zero(t, errcode(out), out)
	}
	screen := d.Screen("m1")
	require.Equal(t, []simulator.Button{{Text: "看", URL: "https://x"}}, screen[len(screen)-1].Buttons)
	b.sim.Fault(simulator.PlatformDingTalk, "sendBySession", simulator.ErrorAnswer("130101", "send too fast"), 1)
	status, out := b.call("POST", hook, nil, object{"msgtype": "text", "text": object{"content": "x"}})
	require.Equal(t, 200, status)
	require.Equal(t, 130101, errcode(out))
	b.sim.Fault(simulator.PlatformDingTalk, "sendBySession", simulator.RateLimited(), 1)
	status, _ = b.call("POST", hook, nil, object{"msgtype": "text", "text": object{"content": "x"}})
	require.Equal(t, 200, status)

	_, tok := b.call("GET", b.sim.DingTalkLegacyURL()+"/gettoken?appkey="+b.cred.DingTalk.ClientID+"&appsecret="+b.cred.DingTalk.ClientSecret, nil, nil)
	notice := func() int {
		before := len(d.Screen("m1"))
		_, out := b.call("POST", b.sim.DingTalkLegacyURL()+"/topapi/message/corpconversation/asyncsend_v2?access_token="+tok["access_token"].(string), nil, object{
			"agent_id": 1, "userid_list": "m1,zz", "msg": object{"msgtype": "markdown", "markdown": object{"title": "t", "text": "急单"}},
		})
		require.Zero(t, errcode(out), out)
		return len(d.Screen("m1")) - before
	}
	require.Equal(t, 1, notice())
	require.Equal(t, 0, notice(), "the same content once a day")
	b.clock.move(25 * time.Hour)
	_, tok = b.call("GET", b.sim.DingTalkLegacyURL()+"/gettoken?appkey="+b.cred.DingTalk.ClientID+"&appsecret="+b.cred.DingTalk.ClientSecret, nil, nil)
	require.Equal(t, 1, notice())
	b.sim.Fault(simulator.PlatformDingTalk, "batchRecall", simulator.ExpiredToken(), 1)
	_, out = b.ding("POST", "/v1.0/robot/otoMessages/batchRecall", object{})
	require.Equal(t, "InvalidAuthentication", out["code"])
}
