package simulator_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

func TestWeComMemberWritesAndTheServerIsCalled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("zhangsan", "张三")
	require.NoError(t, b.sim.WeCom.VerifyURL(t.Context()))

	d := b.sim.WeCom.SendText(t.Context(), "zhangsan", "A12 ]]> 500盒", simulator.At(time.Unix(1700000000, 0)))
	require.True(t, d.Accepted)
	require.NoError(t, d.Err)
	require.Len(t, d.Attempts, 1)
	msg := b.last()
	require.Equal(t, b.cred.WeCom.CorpID, tag(msg, "ToUserName"))
	require.Equal(t, "zhangsan", tag(msg, "FromUserName"))
	require.Equal(t, "1700000000", tag(msg, "CreateTime"))
	require.Equal(t, d.MsgID, tag(msg, "MsgId"))
	require.Equal(t, fmt.Sprint(b.cred.WeCom.AgentID), tag(msg, "AgentID"))
	require.Contains(t, msg, "A12 ]]]]><![CDATA[> 500盒")
	require.Equal(t, fmt.Sprint(b.clock.now().Unix()), b.received()[0].query.Get("timestamp"), "the envelope is signed now")

	img := b.sim.WeCom.SendImage(t.Context(), "zhangsan", png)
	require.True(t, img.Accepted)
	address := b.sim.WeComURL() + "/cgi-bin/media/get?access_token=" + b.workToken(b.cred.WeCom.Secret) + "&media_id=" + tag(b.last(), "MediaId")
	_, raw, err := b.try("GET", address, nil, nil)
	require.NoError(t, err)
	require.Equal(t, png, raw)
	_, raw, err = b.try("GET", tag(b.last(), "PicUrl"), nil, nil)
	require.NoError(t, err)
	require.Equal(t, png, raw)
	b.clock.move(73 * time.Hour)
	address = b.sim.WeComURL() + "/cgi-bin/media/get?access_token=" + b.workToken(b.cred.WeCom.Secret) + "&media_id=" + tag(b.last(), "MediaId")
	_, out := b.call("GET", address, nil, nil)
	require.Equal(t, 40007, errcode(out), "media live three days")

	enter := b.sim.WeCom.EnterAgent(t.Context(), "zhangsan")
	require.True(t, enter.Accepted)
	require.Equal(t, "enter_agent", tag(b.last(), "Event"))
	require.Empty(t, tag(b.last(), "MsgId"))
	require.True(t, b.sim.WeCom.SendRaw(t.Context(), "zhangsan", "<MsgType><![CDATA[location]]></MsgType><Label>仓库</Label>").Accepted)
	require.Equal(t, "location", tag(b.last(), "MsgType"))
	require.True(t, b.sim.WeCom.SendFile(t.Context(), "zhangsan", "订单.xlsx", []byte("PK\x03\x04 and so on")).Accepted)
	require.Equal(t, "订单.xlsx", tag(b.last(), "FileName"))
	require.True(t, b.sim.WeCom.ClickMenu(t.Context(), "zhangsan", "help").Accepted)
	require.Equal(t, "help", tag(b.last(), "EventKey"))
	require.ErrorIs(t, b.sim.WeCom.SendText(t.Context(), "lisi", "x").Err, simulator.ErrNobody)
	require.Len(t, b.sim.WeCom.Screen("zhangsan"), 4)
}

func TestWeComCallbackIsSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	n := 0
	b.reply(func(w http.ResponseWriter, _ got) {
		if n++; n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	d := b.sim.WeCom.SendText(t.Context(), "u", "hi")
	require.True(t, d.Accepted)
	require.Len(t, d.Attempts, 3)
	all := b.received()
	require.Equal(t, all[0].plain, all[2].plain)
	require.NotEqual(t, all[0].body, all[2].body, "each attempt has its own envelope")

	b.reply(func(w http.ResponseWriter, _ got) { w.WriteHeader(http.StatusNoContent) })
	d = b.sim.WeCom.SendText(t.Context(), "u", "hi")
	require.False(t, d.Accepted, "only 200 counts")
	require.Len(t, d.Attempts, 4, "one and three more")

	hold := make(chan struct{})
	b.reply(func(http.ResponseWriter, got) { <-hold })
	b.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 300 * time.Millisecond, Resend: 1, Copies: 1, SameEnvelope: true})
	d = b.sim.WeCom.SendText(t.Context(), "u", "slow")
	close(hold)
	require.False(t, d.Accepted)
	require.Equal(t, 0, d.Attempts[1].Status)
	all = b.received()
	require.Equal(t, all[len(all)-1].body, all[len(all)-2].body)

	b.reply(nil)
	b.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: time.Second, Copies: 3, Parallel: true})
	before := len(b.received())
	d = b.sim.WeCom.SendText(t.Context(), "u", "thrice")
	require.True(t, d.Accepted)
	require.Len(t, b.received(), before+3)
	require.True(t, b.sim.WeCom.Redeliver(t.Context(), d.MsgID).Accepted)
	require.Len(t, b.received(), before+6)
}

func TestHeldMessagesGoInByTheGivenOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	b.sim.Hold()
	require.True(t, b.sim.WeCom.SendText(t.Context(), "u", "1").Held)
	require.True(t, b.sim.WeCom.SendText(t.Context(), "u", "2").Held)
	require.Empty(t, b.received())
	b.sim.Release(t.Context(), simulator.Reversed)
	require.Equal(t, "2", tag(b.received()[0].plain, "Content"))
	require.Equal(t, "1", tag(b.received()[1].plain, "Content"))
	require.False(t, b.sim.WeCom.SendText(t.Context(), "u", "3").Held)
}

func TestSpoiltEnvelopesDoNotOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	b.reply(func(w http.ResponseWriter, g got) {
		if g.plain == "" {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	for _, bad := range []simulator.Tamper{
		simulator.BadSignature, simulator.ForeignReceiver, simulator.ForeignKey, simulator.Truncated, simulator.OversizedLength,
		simulator.BrokenXML, simulator.MissingSignature,
	} {
		d := b.sim.WeCom.SendText(t.Context(), "u", "x", simulator.Tampered(bad))
		require.False(t, d.Accepted, bad)
		require.Len(t, d.Attempts, 1)
		require.Equal(t, http.StatusForbidden, d.Attempts[0].Status, bad)
	}
	require.True(t, b.sim.WeCom.SendText(t.Context(), "u", "x", simulator.Tampered(simulator.FullPadding)).Accepted)
	b.sim.WeCom.SendText(t.Context(), "u", "x", simulator.Tampered(simulator.HugeBody))
	all := b.received()
	require.Greater(t, len(all[len(all)-1].body), 1<<20)
	b.sim.WeCom.SendText(t.Context(), "u", "x", simulator.Tampered(simulator.StaleTimestamp))
	all = b.received()
	require.Equal(t, fmt.Sprint(b.clock.now().Add(-11*time.Minute).Unix()), all[len(all)-1].query.Get("timestamp"))
}

func TestWeComTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	base := b.sim.WeComURL() + "/cgi-bin/"
	get := func(corp, secret string) object {
		_, out := b.call("GET", base+"gettoken?corpid="+corp+"&corpsecret="+secret, nil, nil)
		return out
	}
	require.Equal(t, 40013, errcode(get("wwother", b.cred.WeCom.Secret)))
	require.Equal(t, 40001, errcode(get(b.cred.WeCom.CorpID, "wrong")))
	require.Equal(t, 41004, errcode(get(b.cred.WeCom.CorpID, "")))
	first := get(b.cred.WeCom.CorpID, b.cred.WeCom.Secret)
	require.InDelta(t, 7200, first["expires_in"], 0)
	require.Equal(t, first["access_token"], get(b.cred.WeCom.CorpID, b.cred.WeCom.Secret)["access_token"])
	require.NotEqual(t, first["access_token"], get(b.cred.WeCom.CorpID, b.cred.WeCom.KF.Secret)["access_token"])

	send := func(token string) int {
		_, out := b.call("POST", base+"message/send?access_token="+token, nil, text("u", b.cred.WeCom.AgentID, "hi"))
		return errcode(out)
	}
	token := first["access_token"].(string)
	require.Zero(t, send(token))
	require.Equal(t, 41001, send(""))
	require.Equal(t, 40014, send("nonsense"))
	require.Equal(t, 301002, send(b.workToken(b.cred.WeCom.KF.Secret)))
	_, out := b.call("POST", base+"kf/sync_msg?access_token="+token, nil, object{"open_kfid": b.cred.WeCom.KF.OpenKfID})
	require.Equal(t, 48002, errcode(out))
	b.sim.WeCom.ExpireTokens()
	require.Equal(t, 42001, send(token))
	token = b.workToken(b.cred.WeCom.Secret)
	require.Zero(t, send(token))
	b.clock.move(2 * time.Hour)
	require.Equal(t, 42001, send(token))
}

func text(to string, agent int, content string) object {
	return object{"touser": to, "msgtype": "text", "agentid": agent, "text": object{"content": content}}
}

func with(o object, more object) object {
	out := maps.Clone(o)
	maps.Copy(out, more)
	return out
}

func TestWeComMessageSendIsStrict(t *testing.T) {
	t.Parallel()
	const agent = 1000002
	good := text("ZhangSan", agent, "hi")
	for name, c := range map[string]struct {
		body any
		code int
	}{
		"fine":                {good, 0},
		"names in any case":   {with(good, object{"touser": "zhangsan"}), 0},
		"partly invalid":      {with(good, object{"touser": "zhangsan|Nobody"}), 0},
		"all invalid":         {with(good, object{"touser": "Nobody"}), 81013},
		"nobody":              {with(good, object{"touser": ""}), 40063},
		"no JSON":             {"{", 47001},
		"not UTF-8":           {"\xff\xfe", 47001},
		"trailing text":       {`{"a":1} x`, 47001},
		"unknown field":       {with(good, object{"extra": 1}), 40058},
		"field in other case": {with(good, object{"Touser": "x"}), 40058},
		"agent as text":       {with(good, object{"agentid": fmt.Sprint(agent)}), 40058},
		"no agent":            {object{"touser": "ZhangSan", "msgtype": "text", "text": object{"content": "x"}}, 40063},
		"foreign agent":       {with(good, object{"agentid": 1}), 40056},
		"unknown type":        {with(good, object{"msgtype": "sticker"}), 40008},
		"body of other type":  {with(good, object{"msgtype": "markdown"}), 40063},
		"two bodies":          {with(good, object{"markdown": object{"content": "x"}}), 40058},
		"empty text":          {text("ZhangSan", agent, ""), 44004},
		"long text is cut":    {text("ZhangSan", agent, strings.Repeat("好", 1000)), 0},
		"long markdown":       {object{"touser": "ZhangSan", "agentid": agent, "msgtype": "markdown", "markdown": object{"content": strings.Repeat("x", 2049)}}, 45002},
		"unknown media":       {object{"touser": "ZhangSan", "agentid": agent, "msgtype": "image", "image": object{"media_id": "x"}}, 40007},
		"bad switch":          {with(good, object{"safe": 2}), 40058},
		"interval too long":   {with(good, object{"enable_duplicate_check": 1, "duplicate_check_interval": 14401}), 40058},
		"textcard without url": {object{
			"touser": "ZhangSan", "agentid": agent, "msgtype": "textcard", "textcard": object{"title": "t", "description": "d"},
		}, 40063},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.sim.WeCom.AddMember("ZhangSan", "张三")
			out := b.work("/cgi-bin/message/send", c.body)
			require.Equal(t, c.code, errcode(out), out)
			if name == "partly invalid" {
				require.Equal(t, "nobody", out["invaliduser"])
			}
			if name == "long text is cut" {
				screen := b.sim.WeCom.Screen("ZhangSan")
				last := screen[len(screen)-1]
				require.Len(t, last.Text, 2046)
				require.NotEmpty(t, last.Cut)
			}
		})
	}
}

func TestWeComDuplicateCheckSwallows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	msg := with(text("u", b.cred.WeCom.AgentID, "同一句"), object{"enable_duplicate_check": 1, "duplicate_check_interval": 600})
	first := b.work("/cgi-bin/message/send", msg)
	require.Equal(t, first["msgid"], b.work("/cgi-bin/message/send", msg)["msgid"])
	require.Len(t, b.sim.WeCom.Screen("u"), 1)
	b.work("/cgi-bin/message/send", with(msg, object{"text": object{"content": "另一句"}}))
	require.Len(t, b.sim.WeCom.Screen("u"), 2)
	b.clock.move(10 * time.Minute)
	b.work("/cgi-bin/message/send", msg)
	require.Len(t, b.sim.WeCom.Screen("u"), 3)
}

func TestWeComDropsTheSurplusInSilence(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	for i := range 35 {
		require.Zero(t, errcode(b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, fmt.Sprint(i)))))
	}
	require.Len(t, b.sim.WeCom.Screen("u"), 30)
	require.Equal(t, 5, b.sim.WeCom.Dropped("u"))
	b.clock.move(time.Minute)
	b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, "later"))
	require.Len(t, b.sim.WeCom.Screen("u"), 31)
}

func TestWeComRecall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	id := b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, "x"))["msgid"]
	require.Zero(t, errcode(b.work("/cgi-bin/message/recall", object{"msgid": id})))
	require.True(t, b.sim.WeCom.Screen("u")[0].Recalled)
	require.Equal(t, 40058, errcode(b.work("/cgi-bin/message/recall", object{"msgid": "none"})))
	id = b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, "y"))["msgid"]
	b.clock.move(25 * time.Hour)
	require.Equal(t, 40058, errcode(b.work("/cgi-bin/message/recall", object{"msgid": id})))
}

func TestWeComMediaAndPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "张三")
	at := func(kind string) string {
		return b.sim.WeComURL() + "/cgi-bin/media/upload?type=" + kind + "&access_token=" + b.workToken(b.cred.WeCom.Secret)
	}
	out := b.upload(at("image"), "a.png", png)
	require.Zero(t, errcode(out))
	require.IsType(t, "", out["created_at"], "a string")
	sent := b.work("/cgi-bin/message/send", object{
		"touser": "u", "agentid": b.cred.WeCom.AgentID, "msgtype": "image", "image": object{"media_id": out["media_id"]},
	})
	require.Zero(t, errcode(sent))
	bubble := b.sim.WeCom.Screen("u")[0]
	data, name, found := b.sim.Media(bubble.MediaID)
	require.True(t, found)
	require.Equal(t, "a.png", name)
	require.Equal(t, png, data)
	require.Equal(t, 40004, errcode(b.upload(at("image"), "a.png", []byte("no picture at all"))))
	require.Equal(t, 40005, errcode(b.upload(at("sticker"), "a.png", png)))
	require.Equal(t, 40006, errcode(b.upload(at("file"), "a.txt", []byte("12345"))))
	require.Equal(t, 45001, errcode(b.upload(at("voice"), "a.amr", append([]byte("#!AMR"), make([]byte, 2<<20)...))))
	_, out = b.call("POST", at("file"), nil, object{})
	require.Equal(t, 41005, errcode(out))
	res, err := http.Get(b.sim.WeComURL() + "/cgi-bin/media/get?access_token=" + b.workToken(b.cred.WeCom.Secret) + "&media_id=" + bubble.MediaID)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Contains(t, res.Header.Get("Content-Disposition"), `filename="a.png"`)

	get := func(id string) object {
		_, out := b.call("GET", b.sim.WeComURL()+"/cgi-bin/user/get?userid="+id+"&access_token="+b.workToken(b.cred.WeCom.Secret), nil, nil)
		return out
	}
	require.Equal(t, "张三", get("u")["name"])
	require.NotContains(t, get("u"), "mobile")
	require.Equal(t, 60111, errcode(get("x")))
	b.sim.WeCom.RemoveMember("u")
	require.Equal(t, 81013, errcode(b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, "x"))))
	menu := b.sim.WeComURL() + "/cgi-bin/menu/create?access_token=" + b.workToken(b.cred.WeCom.Secret) + "&agentid=" + fmt.Sprint(b.cred.WeCom.AgentID)
	entry := object{"type": "click", "name": "帮助", "key": "help"}
	_, out = b.call("POST", menu, nil, object{"button": []object{entry, entry, entry, entry}})
	require.Equal(t, 40016, errcode(out))
	_, out = b.call("POST", menu, nil, object{"button": []object{entry}})
	require.Zero(t, errcode(out))
}

// card is a button card that keeps all limits.
func card(task string) object {
	return object{
		"card_type":  "button_interaction",
		"main_title": object{"title": "订单 SO202603110001"},
		"horizontal_content_list": []object{
			{"keyname": "金额", "value": "¥100.00"},
		},
		"task_id": task,
		"button_list": []object{
			{"text": "确认下单", "style": 1, "key": "confirm"}, {"text": "取消", "style": 2, "key": "cancel"},
		},
	}
}

func (b *bench) sendCard(to string, c object) object {
	return b.work("/cgi-bin/message/send", object{
		"touser": to, "agentid": b.cred.WeCom.AgentID, "msgtype": "template_card", "template_card": c,
	})
}

func TestWeComCardsAreChecked(t *testing.T) {
	t.Parallel()
	rows := func(n int) []object {
		out := make([]object, n)
		for i := range out {
			out[i] = object{"keyname": "k", "value": "v"}
		}
		return out
	}
	buttons := func(n int) []object {
		out := make([]object, n)
		for i := range out {
			out[i] = object{"text": "b", "key": fmt.Sprint(i)}
		}
		return out
	}
	options := func(n int) []object {
		out := make([]object, n)
		for i := range out {
			out[i] = object{"id": fmt.Sprint(i), "text": "t"}
		}
		return out
	}
	notice := object{"card_type": "text_notice", "main_title": object{"title": "t"}, "card_action": object{"type": 1, "url": "https://x"}}
	vote := object{
		"card_type": "vote_interaction", "main_title": object{"title": "t"}, "submit_button": object{"text": "提交", "key": "s"},
		"checkbox": object{"question_key": "q", "mode": 1, "option_list": options(20)},
	}
	multiple := object{
		"card_type": "multiple_interaction", "main_title": object{"title": "t"}, "submit_button": object{"text": "提交", "key": "s"},
		"select_list": []object{{"question_key": "q", "option_list": options(10)}},
	}
	for name, c := range map[string]struct {
		card object
		code int
	}{
		"button card":                    {object{}, 0},
		"no task_id":                     {object{"task_id": ""}, 42014},
		"task_id with blank":             {object{"task_id": "a b"}, 42014},
		"task_id of 129 bytes":           {object{"task_id": strings.Repeat("a", 129)}, 42014},
		"seven rows":                     {object{"horizontal_content_list": rows(7)}, 42045},
		"six rows":                       {object{"horizontal_content_list": rows(6)}, 0},
		"row without name":               {object{"horizontal_content_list": []object{{"value": "v"}}}, 42045},
		"row with foreign type":          {object{"horizontal_content_list": []object{{"keyname": "k", "type": 4}}}, 42045},
		"attachment without media":       {object{"horizontal_content_list": []object{{"keyname": "k", "type": 2, "value": "a.xlsx"}}}, 42045},
		"attachment with unknown media":  {object{"horizontal_content_list": []object{{"keyname": "k", "type": 2, "value": "a.xlsx", "media_id": "x"}}}, 40007},
		"seven buttons":                  {object{"button_list": buttons(7)}, 42045},
		"six buttons":                    {object{"button_list": buttons(6)}, 0},
		"no buttons":                     {object{"button_list": []object{}}, 42045},
		"two buttons with one key":       {object{"button_list": []object{{"text": "a", "key": "k"}, {"text": "b", "key": "k"}}}, 42045},
		"button without key":             {object{"button_list": []object{{"text": "a"}}}, 42045},
		"key of 1025 bytes":              {object{"button_list": []object{{"text": "a", "key": strings.Repeat("k", 1025)}}}, 42045},
		"button with url":                {object{"button_list": []object{{"text": "a", "type": 1, "url": "https://x"}}}, 0},
		"button style 5":                 {object{"button_list": []object{{"text": "a", "key": "k", "style": 5}}}, 42045},
		"unknown field":                  {object{"colour": "red"}, 42045},
		"vertical list in a button card": {object{"vertical_content_list": rows(1)}, 42045},
		"neither title nor subtitle":     {object{"main_title": object{"desc": "d"}}, 42045},
		"four jumps":                     {object{"jump_list": []object{{"title": "a"}, {"title": "b"}, {"title": "c"}, {"title": "d"}}}, 42045},
		"eleven options":                 {object{"button_selection": object{"question_key": "q", "option_list": options(11)}}, 42045},
		"menu of eleven":                 {object{"action_menu": object{"desc": "d", "action_list": buttons(11)}}, 42045},
		"menu of three":                  {object{"action_menu": object{"desc": "d", "action_list": buttons(3)}}, 0},
		"unknown type":                   {object{"card_type": "poster"}, 42045},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.sim.WeCom.AddMember("u", "U")
			out := b.sendCard("u", with(card("t1"), c.card))
			require.Equal(t, c.code, errcode(out), out)
			if c.code == 0 {
				require.NotEmpty(t, out["response_code"])
			}
		})
	}
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	require.Zero(t, errcode(b.sendCard("u", notice)))
	require.NotContains(t, b.sendCard("u", notice), "response_code", "a plain notice has none")
	require.Equal(t, 42045, errcode(b.sendCard("u", with(notice, object{"card_action": object{"type": 0}}))))
	require.Equal(t, 42014, errcode(b.sendCard("u", vote)))
	require.Zero(t, errcode(b.sendCard("u", with(vote, object{"task_id": "v1"}))))
	require.Equal(t, 42045, errcode(b.sendCard("u", with(vote, object{
		"task_id": "v2", "checkbox": object{"question_key": "q", "option_list": options(21)},
	}))))
	require.Zero(t, errcode(b.sendCard("u", with(multiple, object{"task_id": "m1"}))))
	require.Equal(t, 42045, errcode(b.sendCard("u", with(multiple, object{"task_id": "m2", "submit_button": nil}))))
	require.Equal(t, 42014, errcode(b.sendCard("u", card("v1"))), "a task_id serves once")
	long := with(card("long"), object{"main_title": object{"title": strings.Repeat("长", 37)}})
	require.Zero(t, errcode(b.sendCard("u", long)))
	screen := b.sim.WeCom.Screen("u")
	require.Equal(t, []string{"main_title.title: 37 characters, 36 shown"}, screen[len(screen)-1].Cut)
}

func TestWeComCardClickAndUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("a", "A")
	b.sim.WeCom.AddMember("b", "B")
	sent := b.sendCard("a|b", card("t1"))
	require.ErrorIs(t, b.sim.WeCom.Click(t.Context(), "a", "t1", "nokey").Err, simulator.ErrNotOnScreen)
	require.ErrorIs(t, b.sim.WeCom.Click(t.Context(), "a", "t9", "confirm").Err, simulator.ErrNotOnScreen)

	d := b.sim.WeCom.Click(t.Context(), "a", "t1", "confirm")
	require.True(t, d.Accepted)
	msg := b.last()
	require.Equal(t, "template_card_event", tag(msg, "Event"))
	require.Equal(t, "confirm", tag(msg, "EventKey"))
	require.Equal(t, "t1", tag(msg, "TaskId"))
	require.Equal(t, "button_interaction", tag(msg, "CardType"))
	code := tag(msg, "ResponseCode")
	require.NotEqual(t, sent["response_code"], code)

	update := func(code any, more object) object {
		return b.work("/cgi-bin/message/update_template_card", with(object{
			"userids": []string{"a"}, "agentid": b.cred.WeCom.AgentID, "response_code": code,
		}, more))
	}
	button := object{"button": object{"replace_name": "已确认"}}
	require.Equal(t, 40058, errcode(update(code, nil)), "either button or card")
	require.Equal(t, 40058, errcode(update(code, with(button, object{"template_card": card("t1")}))))
	require.Equal(t, 42022, errcode(update("nonsense", button)))
	require.Equal(t, 40063, errcode(update(code, with(button, object{"userids": []string{}}))))
	require.Equal(t, 42045, errcode(update(code, object{"template_card": with(card("t1"), object{"button_list": []object{}})})))
	require.Zero(t, errcode(update(code, button)), "what failed did not use the code up")
	require.Equal(t, "已确认", b.sim.WeCom.Screen("a")[0].Settled)
	require.Empty(t, b.sim.WeCom.Screen("a")[0].Buttons)
	require.Len(t, b.sim.WeCom.Screen("b")[0].Buttons, 2, "the other copy is as it was")
	require.Equal(t, 42022, errcode(update(code, button)), "a code serves once")
	require.ErrorIs(t, b.sim.WeCom.Click(t.Context(), "a", "t1", "confirm").Err, simulator.ErrNotOnScreen)
	require.True(t, b.sim.WeCom.Click(t.Context(), "a", "t1", "confirm", simulator.Forced()).Accepted)
	late := tag(b.last(), "ResponseCode")

	settled := with(card("t1"), object{"replace_text": "已由 A 确认", "main_title": object{"title": "新"}})
	out := update(sent["response_code"], object{"template_card": settled, "userids": []string{"A", "b", "zz"}})
	require.Zero(t, errcode(out))
	require.Equal(t, []any{"zz"}, out["invaliduser"], "an array")
	for _, u := range []string{"a", "b"} {
		bubble := b.sim.WeCom.Screen(u)[0]
		require.Equal(t, "新", bubble.Title)
		require.Equal(t, "已由 A 确认", bubble.Settled)
		require.Empty(t, bubble.Buttons)
	}
	b.clock.move(73 * time.Hour)
	require.Equal(t, 42022, errcode(update(late, button)), "a code lives 72 hours")
}

func TestWeComClickCarriesSelections(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	b.sendCard("u", with(card("t"), object{"button_selection": object{
		"question_key": "q1", "option_list": []object{{"id": "a", "text": "A"}, {"id": "b", "text": "B"}},
	}}))
	require.ErrorIs(t, b.sim.WeCom.Click(t.Context(), "u", "t", "confirm", simulator.Selecting("q1", "z")).Err, simulator.ErrNotOnScreen)
	require.ErrorIs(t, b.sim.WeCom.Click(t.Context(), "u", "t", "confirm", simulator.Selecting("q2", "a")).Err, simulator.ErrNotOnScreen)
	require.True(t, b.sim.WeCom.Click(t.Context(), "u", "t", "confirm", simulator.Selecting("q1", "b")).Accepted)
	require.Contains(t, b.last(), "<SelectedItems><SelectedItem><QuestionKey><![CDATA[q1]]></QuestionKey><OptionIds><OptionId><![CDATA[b]]></OptionId></OptionIds></SelectedItem></SelectedItems>")
	require.Equal(t, "q1", b.sim.WeCom.Screen("u")[0].Selectors[0].QuestionKey)
}

func TestWeComPassiveReplies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("a", "A")
	b.sim.WeCom.AddMember("b", "B")
	b.sendCard("a|b", card("t1"))

	b.passive("<MsgType>update_button</MsgType><Button><ReplaceName><![CDATA[处理中]]></ReplaceName></Button>")
	d := b.sim.WeCom.Click(t.Context(), "a", "t1", "confirm")
	require.NoError(t, d.Err)
	require.Equal(t, "处理中", b.sim.WeCom.Screen("a")[0].Settled)
	require.Empty(t, b.sim.WeCom.Screen("b")[0].Settled, "for the clicker only")

	b.passive(`<MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType><MainTitle><Title>完成</Title></MainTitle>` +
		`<HorizontalContentList><KeyName>甲</KeyName><Value>1</Value></HorizontalContentList><HorizontalContentList><KeyName>乙</KeyName><Value>2</Value></HorizontalContentList>` +
		`<CardAction><Type>1</Type><Url>https://x</Url></CardAction></TemplateCard>`)
	d = b.sim.WeCom.Click(t.Context(), "b", "t1", "cancel")
	require.NoError(t, d.Err)
	require.Equal(t, "完成", b.sim.WeCom.Screen("b")[0].Title)
	require.Equal(t, "甲：1\n乙：2", b.sim.WeCom.Screen("b")[0].Text)

	b.passive("<MsgType>text</MsgType><Content>收到</Content>")
	require.NoError(t, b.sim.WeCom.SendText(t.Context(), "a", "hi").Err)
	screen := b.sim.WeCom.Screen("a")
	require.Equal(t, "收到", screen[len(screen)-1].Text)
	b.sendCard("a", card("t2"))
	require.ErrorContains(t, b.sim.WeCom.Click(t.Context(), "a", "t2", "confirm").Err, "takes no text")

	for name, inner := range map[string]string{
		"no such type":    "<MsgType>poster</MsgType>",
		"unknown element": "<MsgType>text</MsgType><Content>x</Content><Colour>red</Colour>",
		"no content":      "<MsgType>text</MsgType>",
		"card for a text": "<MsgType>update_button</MsgType><Button><ReplaceName>x</ReplaceName></Button>",
		"unknown media":   "<MsgType>image</MsgType><Image><MediaId>x</MediaId></Image>",
	} {
		b.passive(inner)
		require.Error(t, b.sim.WeCom.SendText(t.Context(), "a", "hi").Err, name)
	}
	b.reply(func(w http.ResponseWriter, _ got) { _, _ = w.Write([]byte("success")) })
	require.Error(t, b.sim.WeCom.SendText(t.Context(), "a", "hi").Err, "WeCom wants an empty body")
	b.reply(func(w http.ResponseWriter, _ got) {
		box, err := simulator.NewBox("othertoken", b.cred.WeCom.AESKey, b.cred.WeCom.CorpID)
		require.NoError(t, err)
		_, _ = w.Write([]byte(wrapReply(box, "<xml></xml>")))
	})
	require.ErrorContains(t, b.sim.WeCom.SendText(t.Context(), "a", "hi").Err, "MsgSignature")
}

func TestWeComOtherMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	send := func(kind string, body any) object {
		return b.work("/cgi-bin/message/send", object{"touser": "@all", "agentid": b.cred.WeCom.AgentID, "msgtype": kind, kind: body})
	}
	last := func() simulator.Bubble {
		screen := b.sim.WeCom.Screen("u")
		return screen[len(screen)-1]
	}
	require.Zero(t, errcode(send("textcard", object{"title": strings.Repeat("t", 129), "description": "d", "url": "https://x"})))
	require.Equal(t, []simulator.Button{{Text: "详情", URL: "https://x"}}, last().Buttons)
	require.Equal(t, []string{"title: 129 bytes, 128 shown"}, last().Cut)
	require.Zero(t, errcode(send("news", object{"articles": []object{{"title": "t", "url": "https://x"}}})))
	require.Equal(t, "t", last().Title)
	nine := make([]object, 9)
	for i := range nine {
		nine[i] = object{"title": "t", "url": "https://x"}
	}
	require.Equal(t, 45008, errcode(send("news", object{"articles": nine})))
	require.Equal(t, 40063, errcode(send("news", object{"articles": []object{{"title": "t"}}})))
	news := object{
		"card_type": "news_notice", "main_title": object{"title": "t"}, "card_action": object{"type": 1, "url": "https://x"},
		"card_image":            object{"url": "https://x/a.png", "aspect_ratio": 1.3},
		"vertical_content_list": []object{{"title": "一", "desc": "二"}},
		"quote_area":            object{"type": 1, "url": "https://x", "title": "原文", "quote_text": "A12 500盒"},
	}
	require.Zero(t, errcode(b.sendCard("u", news)))
	require.Equal(t, "原文\nA12 500盒\n一 二", last().Text)
	for name, more := range map[string]object{
		"no picture":      {"card_image": nil},
		"ratio":           {"card_image": object{"url": "https://x/a.png", "aspect_ratio": 3}},
		"five lines":      {"vertical_content_list": []object{{"title": "1"}, {"title": "2"}, {"title": "3"}, {"title": "4"}, {"title": "5"}}},
		"line no title":   {"vertical_content_list": []object{{"desc": "1"}}},
		"no card_action":  {"card_action": nil},
		"no action url":   {"card_action": object{"type": 1}},
		"mini-program":    {"card_action": object{"type": 2}},
		"quote type":      {"quote_area": object{"type": 3}},
		"source colour":   {"source": object{"desc": "x", "desc_color": 4}},
		"buttons":         {"button_list": []object{{"text": "a", "key": "k"}}},
		"emphasis":        {"emphasis_content": object{"title": "1"}},
		"row url missing": {"horizontal_content_list": []object{{"keyname": "k", "type": 1}}},
		"row no member":   {"horizontal_content_list": []object{{"keyname": "k", "type": 3}}},
	} {
		require.Equal(t, 42045, errcode(b.sendCard("u", with(news, more))), name)
	}
	require.True(t, b.sim.WeCom.SendVoice(t.Context(), "u", []byte("#!AMR voice")).Accepted)
	require.True(t, b.sim.WeCom.Subscribe(t.Context(), "u").Accepted)
	require.Equal(t, "subscribe", tag(b.last(), "Event"))
	_, out := b.call("GET", b.sim.WeComURL()+"/cgi-bin/getcallbackip?access_token="+b.workToken(b.cred.WeCom.Secret), nil, nil)
	require.NotEmpty(t, out["ip_list"])

	b.sendCard("u", with(card("menu"), object{"action_menu": object{"desc": "更多", "action_list": []object{{"text": "撤回", "key": "undo"}}}}))
	b.passive("<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>单</Title><Url>https://x</Url></item></Articles>")
	d := b.sim.WeCom.Click(t.Context(), "u", "menu", "undo")
	require.NoError(t, d.Err)
	require.Equal(t, "单", last().Title)
	all := b.received()
	require.Equal(t, "template_card_menu_event", tag(all[len(all)-1].plain, "Event"))
}
