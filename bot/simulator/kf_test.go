package simulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// pull calls sync_msg with the token of the last callback.
func (b *bench) pull(cursor string) object {
	b.t.Helper()
	return b.kf("/cgi-bin/kf/sync_msg", object{
		"open_kfid": b.cred.WeCom.KF.OpenKfID, "cursor": cursor, "token": tag(b.last(), "Token"),
	})
}

func items(o object) []object {
	var out []object
	for _, m := range o["msg_list"].([]any) {
		out = append(out, m.(object))
	}
	return out
}

func TestKFPullsWhatCustomersWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.KF.AddCustomer("wm1", "王姐", "union1")
	require.NoError(t, b.sim.KF.VerifyURL(t.Context()))
	d := b.sim.KF.SendText(t.Context(), "wm1", "A12 500盒")
	require.True(t, d.Accepted)
	require.NoError(t, d.Err)
	require.Equal(t, "kf_msg_or_event", tag(b.last(), "Event"))
	require.Equal(t, b.cred.WeCom.KF.OpenKfID, tag(b.last(), "OpenKfId"))

	page := b.pull("")
	list := items(page)
	require.Len(t, list, 1)
	require.Equal(t, d.MsgID, list[0]["msgid"])
	require.Equal(t, "A12 500盒", list[0]["text"].(object)["content"])
	require.InDelta(t, 3, list[0]["origin"], 0)
	require.InDelta(t, 0, page["has_more"], 0)
	cursor := page["next_cursor"].(string)
	require.LessOrEqual(t, len(cursor), 64)
	require.Empty(t, items(b.pull(cursor)))

	b.sim.KF.SendFile(t.Context(), "wm1", "订单.xlsx", []byte("PK\x03\x04 and so on"))
	file := items(b.pull(cursor))[0]
	require.Equal(t, "file", file["msgtype"])
	require.Len(t, file["file"].(object), 1, "no name in the item")
	_, raw, err := b.try("GET", b.sim.WeComURL()+"/cgi-bin/media/get?access_token="+b.workToken(b.cred.WeCom.KF.Secret)+
		"&media_id="+file["file"].(object)["media_id"].(string), nil, nil)
	require.NoError(t, err)
	require.Equal(t, "PK\x03\x04 and so on", string(raw))

	b.sim.KF.SendFile(t.Context(), "wm1", "大.pdf", make([]byte, 20<<20+1))
	b.sim.KF.SendImage(t.Context(), "wm1", make([]byte, 2<<20+1))
	b.sim.KF.SendImage(t.Context(), "wm1", png)
	b.sim.KF.SendVoice(t.Context(), "wm1", []byte("#!AMR voice"))
	b.sim.KF.SendRaw(t.Context(), "wm1", "location", object{"latitude": 1.5, "name": "仓库"})
	b.sim.KF.SendMerged(t.Context(), "wm1", "群聊的聊天记录", []simulator.MergedItem{
		{Sender: "李四", Time: b.clock.now(), Type: "text", Body: object{"content": "要10箱"}},
	})
	var kinds []string
	all := items(b.pull(""))
	for _, m := range all {
		kinds = append(kinds, m["msgtype"].(string))
	}
	require.Equal(t, []string{"text", "file", "text", "text", "image", "voice", "location", "merged_msg"}, kinds)
	merged := all[7]["merged_msg"].(object)["item"].([]any)[0].(object)
	var inner object
	require.NoError(t, json.Unmarshal([]byte(merged["msg_content"].(string)), &inner), "a JSON string")
	require.Equal(t, "要10箱", inner["text"].(object)["content"])
	require.ErrorIs(t, b.sim.KF.SendText(t.Context(), "nobody", "x").Err, simulator.ErrNobody)

	b.passive("<MsgType>text</MsgType><Content>x</Content>")
	require.Error(t, b.sim.KF.SendText(t.Context(), "wm1", "x").Err, "微信客服 takes no passive reply")
}

func TestKFCursorsAndTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.KF.AddCustomer("wm1", "王姐", "")
	for i := range 5 {
		b.sim.KF.SendText(t.Context(), "wm1", fmt.Sprint(i))
	}
	kfid, key := b.cred.WeCom.KF.OpenKfID, tag(b.last(), "Token")
	sync := func(more object) object {
		return b.kf("/cgi-bin/kf/sync_msg", with(object{"open_kfid": kfid, "token": key}, more))
	}
	page := sync(object{"limit": 2})
	require.Len(t, items(page), 2)
	require.InDelta(t, 1, page["has_more"], 0)
	b.sim.KF.EmptyPages(1)
	empty := sync(object{"cursor": page["next_cursor"]})
	require.Empty(t, items(empty))
	require.InDelta(t, 1, empty["has_more"], 0)
	require.Len(t, items(sync(object{"cursor": empty["next_cursor"]})), 3)

	require.Equal(t, 40058, errcode(sync(object{"limit": 1001})))
	require.Equal(t, 95000, errcode(sync(object{"open_kfid": "wkother"})))
	require.Equal(t, 40063, errcode(sync(object{"open_kfid": ""})))
	require.Equal(t, 95007, errcode(sync(object{"token": "ENCother"})))
	require.Equal(t, 95007, errcode(sync(object{"cursor": "nonsense"})))
	b.clock.move(11 * time.Minute)
	require.Equal(t, 95007, errcode(sync(nil)), "a token is good for ten minutes")
	codes := map[int]int{}
	for range 12 {
		codes[errcode(sync(object{"token": ""}))]++
	}
	require.Equal(t, map[int]int{0: 10, 45009: 2}, codes, "without a token few calls are allowed")
	b.clock.move(72 * time.Hour)
	b.sim.KF.SendText(t.Context(), "wm1", "new")
	require.Len(t, items(b.pull("")), 1, "an empty cursor begins three days ago")
}

func TestKFSendingIsCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.KF.AddCustomer("wm1", "王姐", "")
	n := 0
	send := func(more object) int {
		n++
		return errcode(b.kf("/cgi-bin/kf/send_msg", with(object{
			"touser": "wm1", "open_kfid": b.cred.WeCom.KF.OpenKfID, "msgtype": "text", "text": object{"content": fmt.Sprint(n)},
		}, more)))
	}
	require.Equal(t, 95002, send(nil), "the customer has not written yet")
	b.sim.KF.SendText(t.Context(), "wm1", "hi")
	require.Zero(t, send(object{"msgid": "order-1"}))
	require.Equal(t, 95009, send(object{"msgid": "order-1"}), "a msgid serves once")
	for range 4 {
		require.Zero(t, send(nil))
	}
	require.Equal(t, 95001, send(nil), "five a message")
	b.sim.KF.SendText(t.Context(), "wm1", "again")
	require.Zero(t, send(nil))
	b.clock.move(49 * time.Hour)
	require.Equal(t, 95002, send(nil))
	b.sim.KF.SendText(t.Context(), "wm1", "again")

	require.Equal(t, 40003, send(object{"touser": "wm2"}))
	require.Equal(t, 95000, send(object{"open_kfid": "wk2"}))
	require.Equal(t, 40058, send(object{"msgid": strings.Repeat("a", 33)}))
	require.Equal(t, 40058, send(object{"msgid": "订单"}))
	require.Equal(t, 45002, send(object{"text": object{"content": strings.Repeat("x", 2049)}}))
	require.Equal(t, 44004, send(object{"text": object{"content": ""}}))
	require.Equal(t, 40008, send(object{"msgtype": "template_card"}))
	require.Equal(t, 40058, send(object{"unknown": 1}))
	require.Equal(t, 40007, send(object{"msgtype": "file", "file": object{"media_id": "x"}}))
	require.Equal(t, 40007, send(object{"msgtype": "link", "link": object{"title": "t", "url": "https://x", "thumb_media_id": "x"}}))
	row := object{"type": "click", "click": object{"id": "1", "content": "确认"}}
	rows := make([]object, 11)
	for i := range rows {
		rows[i] = row
	}
	require.Equal(t, 95008, send(object{"msgtype": "msgmenu", "msgmenu": object{"list": rows}}))
	require.Zero(t, send(object{"msgtype": "msgmenu", "msgmenu": object{"head_content": "订单", "list": rows[:1], "tail_content": "请选择"}}))

	screen := b.sim.KF.Screen("wm1")
	menu := screen[len(screen)-1]
	require.Equal(t, "menu", menu.Kind)
	require.Equal(t, "订单\n请选择", menu.Text)
	require.ErrorIs(t, b.sim.KF.Click(t.Context(), "wm1", "2").Err, simulator.ErrNotOnScreen)
	require.True(t, b.sim.KF.Click(t.Context(), "wm1", "1").Accepted)
	list := items(b.pull(""))
	require.Equal(t, object{"content": "确认", "menu_id": "1"}, list[len(list)-1]["text"])

	b.sim.KF.FailNext(10)
	require.Zero(t, send(object{"msgid": "lost"}))
	b.sim.Wait()
	list = items(b.pull(""))
	event := list[len(list)-1]["event"].(object)
	require.Equal(t, "msg_send_fail", event["event_type"])
	require.Equal(t, "lost", event["fail_msgid"])
	require.InDelta(t, 10, event["fail_type"], 0)
}

func TestKFEnterWelcomeAndStates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.KF.AddCustomer("wm1", "王姐", "union1")
	kfid := b.cred.WeCom.KF.OpenKfID
	require.Equal(t, 40058, errcode(b.kf("/cgi-bin/kf/add_contact_way", object{"open_kfid": kfid, "scene": "带 空格"})))
	link := b.kf("/cgi-bin/kf/add_contact_way", object{"open_kfid": kfid, "scene": "bind"})["url"].(string)
	require.True(t, b.sim.KF.Enter(t.Context(), "wm1", link+"?scene_param=C001%2F123456").Accepted)
	event := items(b.pull(""))[0]["event"].(object)
	require.Equal(t, "enter_session", event["event_type"])
	require.Equal(t, "bind", event["scene"])
	require.Equal(t, "C001/123456", event["scene_param"])
	require.ErrorIs(t, b.sim.KF.Enter(t.Context(), "wm1", "https://work.weixin.qq.com/kfid/kfcother").Err, simulator.ErrNobody)

	welcome := func(code any) int {
		return errcode(b.kf("/cgi-bin/kf/send_msg_on_event", object{"code": code, "msgtype": "text", "text": object{"content": "您好"}}))
	}
	require.Equal(t, 41050, welcome("nonsense"))
	require.Zero(t, welcome(event["welcome_code"]))
	require.Equal(t, 41050, welcome(event["welcome_code"]), "a code serves once")
	require.Equal(t, "您好", b.sim.KF.Screen("wm1")[0].Text)
	b.sim.KF.Enter(t.Context(), "wm1", link)
	code := items(b.pull(""))[1]["event"].(object)["welcome_code"]
	b.clock.move(21 * time.Second)
	require.Equal(t, 41050, welcome(code), "20 seconds")
	b.sim.KF.SendText(t.Context(), "wm1", "hi")
	b.sim.KF.Enter(t.Context(), "wm1", "")
	list := items(b.pull(""))
	require.NotContains(t, list[len(list)-1]["event"], "welcome_code", "the customer has written within 48 h")

	out := b.kf("/cgi-bin/kf/customer/batchget", object{"external_userid_list": []string{"wm1", "wm2"}, "need_enter_session_context": 1})
	require.Equal(t, []any{"wm2"}, out["invalid_external_userid"])
	require.Equal(t, "union1", out["customer_list"].([]any)[0].(object)["unionid"])
	require.Equal(t, kfid, b.kf("/cgi-bin/kf/account/list", object{})["account_list"].([]any)[0].(object)["open_kfid"])

	trans := func(state int, servicer string) int {
		return errcode(b.kf("/cgi-bin/kf/service_state/trans", object{
			"open_kfid": kfid, "external_userid": "wm1", "service_state": state, "servicer_userid": servicer,
		}))
	}
	send := func() int {
		return errcode(b.kf("/cgi-bin/kf/send_msg", object{
			"touser": "wm1", "open_kfid": kfid, "msgtype": "text", "text": object{"content": "x"},
		}))
	}
	require.Zero(t, trans(1, ""))
	require.Equal(t, 95016, trans(0, ""))
	require.Equal(t, 95014, trans(3, ""))
	require.Zero(t, trans(3, "zhangsan"))
	require.Equal(t, 95018, send(), "a person serves")
	require.Zero(t, trans(4, ""))
	require.Equal(t, 95013, trans(1, ""))
	require.Equal(t, 95013, send())
	b.sim.KF.SendText(t.Context(), "wm1", "back")
	require.Zero(t, send())
	require.InDelta(t, 0, b.kf("/cgi-bin/kf/service_state/get", object{"open_kfid": kfid, "external_userid": "wm1"})["service_state"], 0)
	b.sim.KF.End("wm1")
	require.Equal(t, 95013, send())
}
