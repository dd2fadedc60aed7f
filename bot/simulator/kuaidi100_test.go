package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

var formType = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

func (b *bench) query(param, sign string) object {
	b.t.Helper()
	_, out := b.call("POST", b.sim.Kuaidi100URL()+"/poll/query.do", formType, url.Values{
		"customer": {b.cred.Kuaidi100.Customer}, "sign": {sign}, "param": {param},
	}.Encode())
	return out
}

func signed(b *bench, param string) string {
	return simulator.Sum(param + b.cred.Kuaidi100.Key + b.cred.Kuaidi100.Customer)
}

func TestKuaidi100SignatureVectors(t *testing.T) {
	t.Parallel()
	require.Equal(t, "3B0200828B755FF125406A67B953718A", simulator.Sum(`{"com":"yuantong","num":"YT1234567890123"}`+"KEY123"+"CUST456"))
	require.Equal(t, "EB2CA5C1785DEAC5B2654629B9CED650", simulator.Sum(`{"status":"polling"}`+"SALT789"))
}

func TestKuaidi100Query(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.sim.Kuaidi100
	at := time.Date(2026, 3, 11, 1, 0, 0, 0, time.UTC)
	k.SetTrack(simulator.Track{Number: "YT1234567890123", Company: "yuantong", State: "3", Events: []simulator.TrackEvent{
		{Time: at, Text: "已揽收", Status: "揽收", Code: "103"}, {Time: at.Add(time.Hour), Text: "已签收", Status: "签收", Code: "301"},
	}})
	k.SetTrack(simulator.Track{Number: "SF1234567890123", Company: "shunfeng", State: "0", Phone: "13800001234", Events: []simulator.TrackEvent{{Time: at, Text: "运输中"}}})
	ask := func(param string) object { return b.query(param, signed(b, param)) }

	out := ask(`{"com":"yuantong","num":"YT1234567890123","resultv2":"4"}`)
	require.Equal(t, "ok", out["message"])
	require.Equal(t, "1", out["ischeck"])
	require.Equal(t, "3", out["state"])
	newest := out["data"].([]any)[0].(object)
	require.Equal(t, object{
		"time": "2026-03-11 10:00:00", "ftime": "2026-03-11 10:00:00", "context": "已签收", "status": "签收", "statusCode": "301",
	}, newest)
	require.Equal(t, "已揽收", ask(`{"com":"yuantong","num":"YT1234567890123","order":"asc"}`)["data"].([]any)[0].(object)["context"])
	require.Equal(t, 1, k.Requeries())
	require.Equal(t, 2, k.Queries())
	b.clock.move(31 * time.Minute)
	ask(`{"com":"yuantong","num":"YT1234567890123"}`)
	require.Equal(t, 1, k.Requeries())
	k.LockRequeries(true)
	require.Equal(t, "500", ask(`{"com":"yuantong","num":"YT1234567890123"}`)["returnCode"])
	k.LockRequeries(false)

	for param, code := range map[string]string{
		`{"com":"yuantong"}`: "400", `{"com":"yuantong","num":"YT1234567890123","colour":1}`: "400", `{`: "400",
		`{"com":"YUANTONG","num":"YT1234567890123"}`:                         "400",
		`{"com":"yuantong","num":"` + strings.Repeat("1", 33) + `"}`:         "400",
		`{"com":"shunfeng","num":"SF1234567890123"}`:                         "408",
		`{"com":"shunfeng","num":"SF1234567890123","phone":"9999"}`:          "408",
		`{"com":"zhongtong","num":"73111111111111"}`:                         "500",
		`{"com":"yuantong","num":"YT1234567890123","resultv2":"2"}`:          "400",
		`{"com":"yuantong","num":"YT1234567890123","order":"new","show":""}`: "400",
	} {
		out := ask(param)
		require.Equal(t, code, out["returnCode"], param)
		require.Equal(t, false, out["result"])
	}
	require.Equal(t, "0", ask(`{"com":"shunfeng","num":"SF1234567890123","phone":"1234"}`)["state"])
	require.Equal(t, "503", b.query(`{"com":"yuantong","num":"YT1234567890123"}`, strings.Repeat("0", 32))["returnCode"])
	k.SetQuota(0)
	require.Equal(t, "601", ask(`{"com":"yuantong","num":"YT1234567890123"}`)["returnCode"])
	_, out = b.call("POST", b.sim.Kuaidi100URL()+"/poll/query.do", nil, object{})
	require.Equal(t, "400", out["returnCode"], "a form is wanted")

	detect := func(num, key string) any {
		_, raw, err := b.try("GET", b.sim.Kuaidi100DetectURL()+"/autonumber/auto?num="+num+"&key="+key, nil, nil)
		require.NoError(t, err)
		var out any
		require.NoError(t, json.Unmarshal(raw, &out))
		return out
	}
	require.Equal(t, "shunfeng", detect("SF1234567890123", b.cred.Kuaidi100.Key).([]any)[0].(object)["comCode"])
	require.Len(t, detect("4312345678901", b.cred.Kuaidi100.Key), 2, "digits alone are ambiguous")
	require.Equal(t, "601", detect("SF1234567890123", "wrong").(object)["returnCode"])
	k.SetGuesses("123456789012", "ems")
	require.Len(t, detect("123456789012", b.cred.Kuaidi100.Key), 1)
}

func TestKuaidi100SubscriptionAndPush(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.sim.Kuaidi100
	var pushes []url.Values
	answer := `{"result":true,"returnCode":"200","message":"成功"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		pushes = append(pushes, r.PostForm)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	b.sim.SetCallbacks(server.URL)
	subscribe := func(more object) object {
		param, err := json.Marshal(with(object{
			"company": "yuantong", "number": "YT1234567890123", "key": b.cred.Kuaidi100.Key,
			"parameters": object{"callbackurl": "https://orders.example.com/callback/kuaidi100/tok", "salt": "SALT789", "resultv2": "4"},
		}, more))
		require.NoError(t, err)
		_, out := b.call("POST", b.sim.Kuaidi100URL()+"/poll", formType, url.Values{"schema": {"json"}, "param": {string(param)}}.Encode())
		return out
	}
	require.Equal(t, "600", subscribe(object{"key": "x"})["returnCode"])
	require.Equal(t, "700", subscribe(object{"parameters": object{"callbackurl": "nowhere"}})["returnCode"])
	require.Equal(t, "700", subscribe(object{"colour": "x"})["returnCode"])
	require.Equal(t, "701", subscribe(object{"company": "pigeon"})["returnCode"])
	require.Equal(t, "702", subscribe(object{"number": "#"})["returnCode"])
	require.Equal(t, "200", subscribe(nil)["returnCode"])
	require.Equal(t, "501", subscribe(nil)["returnCode"])
	require.True(t, k.Subscribed("YT1234567890123"))
	require.ErrorIs(t, k.Push(t.Context(), "other").Err, simulator.ErrNobody)

	k.SetTrack(simulator.Track{Number: "YT1234567890123", Company: "yuantong", State: "0", Events: []simulator.TrackEvent{{Time: b.clock.now(), Text: "运输中"}}})
	require.True(t, k.Push(t.Context(), "YT1234567890123").Accepted)
	param := pushes[0].Get("param")
	require.Equal(t, simulator.Sum(param+"SALT789"), pushes[0].Get("sign"))
	var body object
	require.NoError(t, json.Unmarshal([]byte(param), &body))
	require.Equal(t, "polling", body["status"])
	require.Equal(t, "运输中", body["lastResult"].(object)["data"].([]any)[0].(object)["context"])

	answer = "ok"
	d := k.Push(t.Context(), "YT1234567890123")
	require.False(t, d.Accepted, "only the agreed JSON counts")
	require.Len(t, d.Attempts, 4)
	answer = `{"result":true,"returnCode":"200","message":"成功"}`
	require.Len(t, k.PushAs(t.Context(), "YT1234567890123", simulator.PushPolling, simulator.Tampered(simulator.BadSignature)).Attempts, 1)
	require.NotEqual(t, simulator.Sum(param+"SALT789"), pushes[len(pushes)-1].Get("sign"))
	k.SetTrack(simulator.Track{Number: "YT1234567890123", Company: "zhongtong", State: "3"})
	require.True(t, k.Push(t.Context(), "YT1234567890123").Accepted)
	require.NoError(t, json.Unmarshal([]byte(pushes[len(pushes)-1].Get("param")), &body))
	require.Equal(t, "shutdown", body["status"])
	require.Equal(t, "1", body["autoCheck"])
	require.Equal(t, "zhongtong", body["comNew"])
	require.False(t, k.Subscribed("YT1234567890123"), "over")
}
