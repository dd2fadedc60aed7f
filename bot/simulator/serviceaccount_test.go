package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

func (b *bench) accountToken() string {
	b.t.Helper()
	_, out := b.call("POST", b.sim.ServiceAccountURL()+"/cgi-bin/stable_token", nil, object{
		"grant_type": "client_credential", "appid": b.cred.ServiceAccount.AppID, "secret": b.cred.ServiceAccount.Secret,
	})
	require.Zero(b.t, errcode(out), out)
	return out["access_token"].(string)
}

func (b *bench) account(path string, body any) object {
	b.t.Helper()
	_, out := b.call("POST", b.sim.ServiceAccountURL()+path+"?access_token="+b.accountToken(), nil, body)
	return out
}

func TestServiceAccountModes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "union1")
	require.NoError(t, a.VerifyURL(t.Context()))

	d := a.SendText(t.Context(), "o1", "我的订单到哪了")
	require.True(t, d.Accepted)
	require.NoError(t, d.Err)
	first := b.received()[0]
	require.Equal(t, b.cred.ServiceAccount.OriginalID, tag(first.plain, "ToUserName"))
	require.Equal(t, "o1", first.query.Get("openid"))
	require.Equal(t, "aes", first.query.Get("encrypt_type"))
	box := b.box("/callback/service-account")
	require.Equal(t, box.Signature(first.query.Get("timestamp"), first.query.Get("nonce")), first.query.Get("signature"))
	require.NotContains(t, first.body, "o1", "safe mode hides all")

	a.SetMode(simulator.CompatibleMode)
	a.SendText(t.Context(), "o1", "兼容")
	require.Contains(t, b.received()[1].body, "兼容")
	require.Equal(t, "兼容", tag(b.received()[1].plain, "Content"))

	a.SetMode(simulator.PlainMode)
	b.reply(func(w http.ResponseWriter, _ got) {
		_, _ = fmt.Fprintf(w, "<xml><ToUserName>o1</ToUserName><FromUserName>%s</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>在途</Content></xml>",
			b.cred.ServiceAccount.OriginalID)
	})
	d = a.SendText(t.Context(), "o1", "明文")
	require.NoError(t, d.Err)
	last := b.received()[2]
	require.Equal(t, "明文", tag(last.body, "Content"))
	require.Empty(t, last.query.Get("msg_signature"))
	screen := a.Screen("o1")
	require.Equal(t, "在途", screen[len(screen)-1].Text)
}

func TestServiceAccountAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "")
	say := func(body string) simulator.Delivery {
		b.reply(func(w http.ResponseWriter, _ got) { _, _ = w.Write([]byte(body)) })
		return a.SendText(t.Context(), "o1", "hi")
	}
	require.NoError(t, say("").Err)
	require.NoError(t, say("success").Err)
	require.Len(t, a.Screen("o1"), 2)
	require.Error(t, say("ok").Err)
	box := b.box("/callback/service-account")
	require.ErrorContains(t, say(wrapReply(box, "")).Err, "empty")
	b.passive("<MsgType>text</MsgType><Content>您好</Content>")
	require.NoError(t, a.SendText(t.Context(), "o1", "hi").Err)
	b.reply(func(w http.ResponseWriter, _ got) { w.WriteHeader(http.StatusInternalServerError) })
	require.False(t, a.SendText(t.Context(), "o1", "hi").Accepted)
	var notices int
	for _, x := range a.Screen("o1") {
		if x.From == simulator.FromPlatform {
			notices++
		}
	}
	require.Equal(t, 3, notices, "the client says that the account is out of order")
}

func TestServiceAccountFollowAndScan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddStranger("o1", "王姐", "")
	require.ErrorIs(t, a.SendText(t.Context(), "o1", "hi").Err, simulator.ErrNobody)
	qr := func(more object) object {
		return b.account("/cgi-bin/qrcode/create", with(object{
			"action_name": "QR_STR_SCENE", "expire_seconds": 600, "action_info": object{"scene": object{"scene_str": "bind-123456"}},
		}, more))
	}
	out := qr(nil)
	require.InDelta(t, 600, out["expire_seconds"], 0)
	ticket := out["ticket"].(string)
	require.True(t, a.Follow(t.Context(), "o1", ticket).Accepted)
	require.Equal(t, "subscribe", tag(b.last(), "Event"))
	require.Equal(t, "qrscene_bind-123456", tag(b.last(), "EventKey"))
	require.Equal(t, ticket, tag(b.last(), "Ticket"))
	require.True(t, a.Follow(t.Context(), "o1", ticket).Accepted)
	require.Equal(t, "SCAN", tag(b.last(), "Event"))
	require.Equal(t, "bind-123456", tag(b.last(), "EventKey"), "no prefix")
	b.clock.move(11 * time.Minute)
	require.Error(t, a.Follow(t.Context(), "o1", ticket).Err, "expired")
	require.Equal(t, 40053, errcode(qr(object{"action_info": object{"scene": object{"scene_str": strings.Repeat("x", 65)}}})))
	require.Equal(t, 40052, errcode(qr(object{"action_name": "QR"})))
	require.Equal(t, 40051, errcode(qr(object{"expire_seconds": 2592001})))
	require.Equal(t, 40053, errcode(qr(object{"action_name": "QR_LIMIT_SCENE", "action_info": object{"scene": object{"scene_id": 100001}}})))
	require.True(t, a.ClickMenu(t.Context(), "o1", "track").Accepted)
	require.Equal(t, "CLICK", tag(b.last(), "Event"))
	require.True(t, a.Unfollow(t.Context(), "o1").Accepted)
	require.Equal(t, "unsubscribe", tag(b.last(), "Event"))
	_, info := b.call("GET", b.sim.ServiceAccountURL()+"/cgi-bin/user/info?openid=o1&access_token="+b.accountToken(), nil, nil)
	require.InDelta(t, 0, info["subscribe"], 0)
}

func TestServiceAccountCountsCustomerMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "")
	send := func() int {
		return errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "text", "text": object{"content": "x"}}))
	}
	times := func(n int) {
		t.Helper()
		for range n {
			require.Zero(t, send())
		}
	}
	require.Equal(t, 45015, send())
	a.SendText(t.Context(), "o1", "hi")
	times(5)
	require.Equal(t, 45047, send())
	a.ClickMenu(t.Context(), "o1", "k")
	times(3)
	require.Equal(t, 45047, send())
	b.clock.move(49 * time.Hour)
	require.Equal(t, 45015, send())
	a.ClickMenu(t.Context(), "o1", "k")
	times(1)
	b.clock.move(2 * time.Minute)
	require.Equal(t, 45015, send())
	a.SendText(t.Context(), "o1", "hi")
	times(4)
	a.SendText(t.Context(), "o1", "hi")
	times(5)

	a.SendText(t.Context(), "o1", "menu")
	require.Zero(t, errcode(b.account("/cgi-bin/message/custom/send", object{
		"touser": "o1", "msgtype": "msgmenu", "msgmenu": object{"head_content": "哪一单？", "list": []object{{"id": "101", "content": "SO1"}}, "tail_content": ""},
	})))
	b.clock.move(48*time.Hour + time.Minute)
	require.True(t, a.Click(t.Context(), "o1", "101").Accepted)
	require.Equal(t, "101", tag(b.last(), "bizmsgmenuid"))
	times(3)
	require.Equal(t, 45047, send(), "a menu entry counts as a click, not as a message")

	require.Equal(t, 40003, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o9", "msgtype": "text", "text": object{"content": "x"}})))
	require.Equal(t, 45002, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "text", "text": object{"content": strings.Repeat("x", 2049)}})))
	require.Equal(t, 40058, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "text", "text": object{"content": "x"}, "agentid": 1})))
	require.Zero(t, errcode(b.account("/cgi-bin/message/custom/typing", object{"touser": "o1", "command": "Typing"})))
}

func TestServiceAccountTemplates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "")
	a.AddStranger("o2", "路人", "")
	a.AddTemplates("T1")
	send := func(more object) object {
		return b.account("/cgi-bin/message/template/send", with(object{
			"touser": "o1", "template_id": "T1", "url": "https://x/o/1", "data": object{"character_string1": object{"value": "SO202603110001"}},
		}, more))
	}
	out := send(object{"client_msg_id": "e1"})
	require.Zero(t, errcode(out))
	b.sim.Wait()
	require.Equal(t, "TEMPLATESENDJOBFINISH", tag(b.last(), "Event"))
	require.Equal(t, fmt.Sprintf("%.0f", out["msgid"]), tag(b.last(), "MsgID"))
	require.Equal(t, "success", tag(b.last(), "Status"))
	require.Equal(t, out["msgid"], send(object{"client_msg_id": "e1"})["msgid"])
	require.Len(t, a.Screen("o1"), 1)
	require.Equal(t, "character_string1：SO202603110001", a.Screen("o1")[0].Text)
	a.NextResults("failed:user block")
	require.Zero(t, errcode(send(nil)))
	b.sim.Wait()
	require.Equal(t, "failed:user block", tag(b.last(), "Status"))
	require.Len(t, a.Screen("o1"), 1)
	require.Equal(t, 43004, errcode(send(object{"touser": "o2"})))
	require.Equal(t, 40037, errcode(send(object{"template_id": "T2"})))
	require.Equal(t, 47003, errcode(send(object{"data": object{"thing1": object{"value": strings.Repeat("长", 21)}}})))
	require.Equal(t, 40058, errcode(send(object{"topcolor": "#FF0000"})))
	require.Equal(t, 40063, errcode(send(object{"data": object{}})))

	biz := func() int {
		return errcode(b.account("/cgi-bin/message/subscribe/bizsend", object{
			"touser": "o1", "template_id": "T1", "data": object{"thing1": object{"value": "已发货"}},
		}))
	}
	require.Equal(t, 43101, biz())
	a.OptIn("o1", "T1", 1)
	require.Zero(t, biz())
	require.Equal(t, 43101, biz(), "one opt-in, one notice")
	b.sim.Wait()
	require.Equal(t, "subscribe_msg_sent_event", tag(b.last(), "Event"))
}

func TestServiceAccountTokensAndMedia(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "")
	stable := func(force bool) object {
		_, out := b.call("POST", b.sim.ServiceAccountURL()+"/cgi-bin/stable_token", nil, object{
			"grant_type": "client_credential", "appid": b.cred.ServiceAccount.AppID, "secret": b.cred.ServiceAccount.Secret, "force_refresh": force,
		})
		return out
	}
	works := func(token any) int {
		_, out := b.call("GET", b.sim.ServiceAccountURL()+"/cgi-bin/user/info?openid=o1&access_token="+token.(string), nil, nil)
		return errcode(out)
	}
	first := stable(false)
	require.Equal(t, first["access_token"], stable(false)["access_token"])
	b.clock.move(116 * time.Minute)
	renewed := stable(false)
	require.NotEqual(t, first["access_token"], renewed["access_token"])
	require.Zero(t, works(first["access_token"]), "both live for five minutes")
	b.clock.move(5 * time.Minute)
	require.Equal(t, 42001, works(first["access_token"]))
	forced := stable(true)
	require.Equal(t, 42001, works(renewed["access_token"]))
	require.Zero(t, works(forced["access_token"]))
	require.Equal(t, 45009, errcode(stable(true)), "30 s apart")
	require.Equal(t, 40001, works("nonsense"))
	plain := func() object {
		_, out := b.call("GET", b.sim.ServiceAccountURL()+"/cgi-bin/token?grant_type=client_credential&appid="+b.cred.ServiceAccount.AppID+"&secret="+b.cred.ServiceAccount.Secret, nil, nil)
		return out
	}
	one, two := plain(), plain()
	require.NotEqual(t, one["access_token"], two["access_token"])
	require.Zero(t, works(one["access_token"]))
	b.clock.move(6 * time.Minute)
	require.Equal(t, 42001, works(one["access_token"]), "each call retires the token before")
	require.Zero(t, works(forced["access_token"]), "the stable token stands apart")
	_, out := b.call("GET", b.sim.ServiceAccountURL()+"/cgi-bin/token?grant_type=client_credential&appid=x&secret=y", nil, nil)
	require.Equal(t, 40013, errcode(out))

	a.SendImage(t.Context(), "o1", png)
	_, raw, err := b.try("GET", b.sim.ServiceAccountURL()+"/cgi-bin/media/get?access_token="+b.accountToken()+"&media_id="+tag(b.last(), "MediaId"), nil, nil)
	require.NoError(t, err)
	require.Equal(t, png, raw)
	up := b.upload(b.sim.ServiceAccountURL()+"/cgi-bin/media/upload?type=image&access_token="+b.accountToken(), "chart.png", png)
	require.Zero(t, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "image", "image": object{"media_id": up["media_id"]}})))
	require.Zero(t, errcode(b.account("/cgi-bin/menu/create", object{"button": []object{{"type": "click", "name": "查订单", "key": "track"}}})))
	require.Equal(t, 40017, errcode(b.account("/cgi-bin/menu/create", object{"button": []object{{"type": "press", "name": "查订单", "key": "track"}}})))
}

func TestServiceAccountOtherMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.sim.ServiceAccount
	a.AddFollower("o1", "王姐", "")
	require.True(t, a.SendVoice(t.Context(), "o1", []byte("#!AMR voice")).Accepted)
	require.Equal(t, "amr", tag(b.last(), "Format"))
	d := a.SendRaw(t.Context(), "o1", "<MsgType><![CDATA[link]]></MsgType><Title>t</Title>")
	require.True(t, d.Accepted)
	require.True(t, a.Redeliver(t.Context(), d.MsgID).Accepted)
	all := b.received()
	require.Equal(t, all[1].plain, all[2].plain)
	require.Error(t, a.Redeliver(t.Context(), "none").Err)
	a.SendImage(t.Context(), "o1", png)
	_, raw, err := b.try("GET", tag(b.last(), "PicUrl"), nil, nil)
	require.NoError(t, err)
	require.Equal(t, png, raw)
	send := func(kind string, body any) int {
		return errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": kind, kind: body}))
	}
	article := object{"title": "SO1", "description": "在途", "url": "https://x/o/1"}
	require.Zero(t, send("news", object{"articles": []object{article}}))
	require.Equal(t, 45008, send("news", object{"articles": []object{article, article}}))
	require.Zero(t, send("miniprogrampage", object{"title": "t", "appid": "wx1", "pagepath": "p", "thumb_media_id": "m"}))
	require.Equal(t, 40007, send("voice", object{"media_id": "x"}))
	require.Equal(t, 40058, send("template_card", object{}), "an unknown field")
	require.Equal(t, 40008, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "template_card"})))
	require.Equal(t, 40063, errcode(b.account("/cgi-bin/message/custom/send", object{"touser": "o1", "msgtype": "image"})))
	token := b.accountToken()
	a.ExpireTokens()
	_, out := b.call("POST", b.sim.ServiceAccountURL()+"/cgi-bin/message/custom/send?access_token="+token, nil, object{})
	require.Equal(t, 42001, errcode(out))
	_, out = b.call("POST", b.sim.ServiceAccountURL()+"/cgi-bin/stable_token", nil, object{
		"grant_type": "client_credential", "appid": b.cred.ServiceAccount.AppID, "secret": "wrong",
	})
	require.Equal(t, 40125, errcode(out))
	_, out = b.call("GET", b.sim.ServiceAccountURL()+"/cgi-bin/getcallbackip?access_token="+b.accountToken(), nil, nil)
	require.NotEmpty(t, out["ip_list"])
}
