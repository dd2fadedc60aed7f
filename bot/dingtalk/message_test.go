package dingtalk_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/dingtalk"
	"orderbot/orders"
)

var now = time.Date(2026, 3, 11, 2, 0, 5, 0, time.UTC)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return data
}

// short is an inbound message without what is the same for all.
type short struct {
	Key, Chat, Kind, Text, Media, File, Quoted string
}

func TestParse(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]short{
		"text.json":        {{"msg1", "u1", "text", "宁波华泰 A12 螺丝 500 盒", "", "", ""}},
		"group_text.json":  {{"msg2", "cidG", "text", "同意 SO202603110012", "", "", ""}},
		"group_call.json":  {{"msg3", "cidG", "enter", "", "", "", ""}},
		"picture.json":     {{"msg4", "u1", "picture", "", "DC4", "", ""}},
		"file.json":        {{"msg5", "u1", "file", "", "DC5", "采购单.xlsx", ""}},
		"audio.json":       {{"msg6", "u1", "voice", "要五箱螺丝", "DC6", "", ""}},
		"video.json":       {{"msg7", "u1", "unknown", "视频", "", "", ""}},
		"unknown.json":     {{"msg8", "u1", "unknown", "暂不支持该消息类型", "", "", ""}},
		"outsider.json":    {{"msg9", "$:LWCP_v1:$out", "text", "在吗", "", "", ""}},
		"reply_own.json":   {{"msg11", "u1", "text", "批准", "", "", "PQK1"}},
		"reply_plain.json": {{"msg13", "u1", "text", "这个下单", "", "", "orig13"}},
		"rich.json": {
			{"msg10", "cidG", "text", "这两张", "", "", ""},
			{"msg10#2", "cidG", "picture", "", "P1", "", ""},
			{"msg10#3", "cidG", "picture", "", "P2", "", ""},
			{"msg10#4", "cidG", "text", "送宁波\n周五前", "", "", ""},
		},
		"reply_file.json": {
			{"msg12", "cidG", "file", "", "QF", "po.pdf", "q12"},
			{"msg12#2", "cidG", "text", "下单", "", "", "q12"},
		},
		"reply_text.json": {
			{"msg14", "cidG", "text", "A12 500盒", "", "", "q14"},
			{"msg14#2", "cidG", "text", "下单", "", "", "q14"},
		},
		"nobody.json": nil,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			in, err := dingtalk.Parse(golden(t, file), "frame", now)
			require.NoError(t, err)
			var got []short
			for _, m := range in {
				require.Equal(t, orders.DingTalk, m.Platform)
				require.Equal(t, now, m.ReceivedAt)
				require.NotEmpty(t, m.Trace)
				got = append(got, short{m.Key, m.Chat.ID, string(m.Kind), m.Text, m.Media, m.FileName, m.Quoted})
			}
			require.Equal(t, want, got)
		})
	}
}

func TestParseTimesAndWebhook(t *testing.T) {
	t.Parallel()
	in, err := dingtalk.Parse(golden(t, "text.json"), "", now)
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(1773194400000).UTC(), in[0].SentAt)
	require.Equal(t, "https://oapi.dingtalk.com/robot/sendBySession?session=s1", in[0].ReplyURL)
	require.Equal(t, time.UnixMilli(1773199800000).UTC(), in[0].ReplyUntil)
	require.Equal(t, "u1", in[0].Sender)
}

func TestParseTakesWhatItCan(t *testing.T) {
	t.Parallel()
	in, err := dingtalk.Parse([]byte(`{"msgtype":"text","conversationType":1,"createAt":"1773194400000","senderStaffId":"u1",
		"isAdmin":"maybe","text":{"content":" x ","isReplyMsg":"yes"},"content":"not an object"}`), "frame-7", now)
	require.NoError(t, err)
	require.Len(t, in, 1)
	require.Equal(t, "frame-7", in[0].Key)
	require.Equal(t, "x", in[0].Text)
	for _, broken := range []string{"", "{", `{"msgtype":`} {
		_, err := dingtalk.Parse([]byte(broken), "f", now)
		require.Error(t, err, broken)
	}
}

func click(t *testing.T, v map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func TestParseClick(t *testing.T) {
	t.Parallel()
	private := map[string]any{"actionIds": []string{"id.1"}, "params": map[string]any{"action": "act.1", "reason": "太贵"}}
	text := func(v any) string {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		return string(data)
	}
	base := func(more map[string]any) []byte {
		v := map[string]any{"type": "actionCallback", "outTrackId": "ob-1", "corpId": "ding1", "userId": "u1", "userIdType": 1, "spaceType": "IM", "spaceId": "cid1", "extension": "{}"}
		maps.Copy(v, more)
		return click(t, v)
	}
	for name, c := range map[string]struct {
		data   []byte
		action string
		reason string
	}{
		"documented":             {base(map[string]any{"content": text(map[string]any{"cardPrivateData": private})}), "act.1", "太贵"},
		"content as an object":   {base(map[string]any{"content": map[string]any{"cardPrivateData": private}}), "act.1", "太贵"},
		"id only":                {base(map[string]any{"content": text(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{"id.1"}}})}), "id.1", ""},
		"id with other params":   {base(map[string]any{"content": text(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{"id.1"}, "params": map[string]any{"n": 1}}})}), "id.1", ""},
		"params beside":          {base(map[string]any{"content": text(map[string]any{"params": map[string]any{"action": "act.2"}})}), "act.2", ""},
		"top level id":           {base(map[string]any{"actionId": "id.3", "content": "{}"}), "id.3", ""},
		"user private data":      {base(map[string]any{"userPrivateData": map[string]any{"params": map[string]any{"action": "act.4"}}}), "act.4", ""},
		"action data":            {base(map[string]any{"actionData": map[string]any{"cardPrivateData": private}}), "act.1", "太贵"},
		"params of another type": {base(map[string]any{"params": "x", "content": text(map[string]any{"cardPrivateData": private})}), "act.1", "太贵"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ok, err := dingtalk.ParseClick(c.data, now)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, c.action, in.Action)
			require.Equal(t, c.reason, in.Text)
			require.Equal(t, "ob-1", in.Card)
			require.Equal(t, orders.Chat{Platform: orders.DingTalk, ID: "u1"}, in.Chat)
			again, _, _ := dingtalk.ParseClick(c.data, now.Add(time.Second))
			require.Equal(t, in.Key, again.Key)
		})
	}
	in, _, err := dingtalk.ParseClick([]byte(strings.Replace(string(base(map[string]any{"actionId": "a"})), "ob-1", dingtalk.GroupCard+"1", 1)), now)
	require.NoError(t, err)
	require.Equal(t, "cid1", in.Chat.ID, "a click in a group is answered there")
	_, ok, err := dingtalk.ParseClick(base(nil), now)
	require.NoError(t, err)
	require.False(t, ok)
	_, _, err = dingtalk.ParseClick([]byte("{"), now)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"text.json", "rich.json", "reply_file.json"} {
		f.Add(golden(f, name))
	}
	f.Add([]byte(`{"outTrackId":"x","userId":"u","content":"{\"cardPrivateData\":{\"cardPrivateData\":{\"actionIds\":[\"a\"]}}}"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, _ := dingtalk.Parse(data, "f", now)
		seen := map[string]bool{}
		for _, m := range in {
			if m.Key == "" || m.Chat.ID == "" || seen[m.Key] {
				t.Errorf("Parse(%q) = %+v", data, m)
			}
			seen[m.Key] = true
		}
		_, _, _ = dingtalk.ParseClick(data, now)
	})
}
