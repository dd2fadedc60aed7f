package simulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

func TestTroubleOnDemand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.WeCom.AddMember("u", "U")
	token := b.workToken(b.cred.WeCom.Secret)
	send := func(content string) (int, object, error) {
		status, raw, err := b.try("POST", b.sim.WeComURL()+"/cgi-bin/message/send?access_token="+token, nil, text("u", b.cred.WeCom.AgentID, content))
		if err != nil {
			return 0, nil, err
		}
		return status, decodeObject(raw), nil
	}
	plan := func(tr simulator.Trouble, n int) func() {
		return b.sim.Fault(simulator.PlatformWeCom, "message/send", tr, n)
	}
	shown := func() int { return len(b.sim.WeCom.Screen("u")) }

	plan(simulator.RateLimited(), 2)
	for _, want := range []int{45009, 45009, 0} {
		_, out, err := send("rate")
		require.NoError(t, err)
		require.Equal(t, want, errcode(out))
	}
	require.Equal(t, 1, shown())
	plan(simulator.ServerError(), 1)
	status, _, err := send("500")
	require.NoError(t, err)
	require.Equal(t, 500, status)
	plan(simulator.ErrorAnswer("45033", "concurrency"), 1)
	_, out, _ := send("x")
	require.Equal(t, 45033, errcode(out))
	plan(simulator.CutConnection(), 1)
	_, _, err = send("cut")
	require.Error(t, err)
	require.Equal(t, 1, shown(), "nothing was done")
	plan(simulator.LostAnswer(), 1)
	_, _, err = send("lost")
	require.Error(t, err)
	require.Equal(t, 2, shown(), "done, and the answer lost")
	end := plan(simulator.SlowAnswer(time.Hour), -1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.sim.WeComURL()+"/cgi-bin/message/send?access_token="+token,
		strings.NewReader(`{"touser":"u","msgtype":"text","agentid":1000002,"text":{"content":"slow"}}`))
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(req) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, context.DeadlineExceeded)
	end()
	require.Equal(t, 3, shown())
	plan(simulator.ExpiredToken(), 1)
	_, out, _ = send("x")
	require.Equal(t, 42001, errcode(out))
	_, out, _ = send("x")
	require.Equal(t, 42001, errcode(out), "the token is dead, not only the call")
	token = b.workToken(b.cred.WeCom.Secret)
	plan(simulator.RevokedToken(), 1)
	_, out, _ = send("x")
	require.Equal(t, 40014, errcode(out))
	token = b.workToken(b.cred.WeCom.Secret)
	_, out, _ = send("x")
	require.Zero(t, errcode(out))
	plan(simulator.ServerError(), -1)
	b.sim.ClearFaults()
	_, out, _ = send("y")
	require.Zero(t, errcode(out))

	b.sim.Fault(simulator.PlatformDingTalk, "", simulator.ErrorAnswer("Forbidden.AccessDenied.AccessTokenPermissionDenied", "no"), 1)
	status, out = b.call("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{})
	require.Equal(t, 403, status)
	require.Equal(t, "Forbidden.AccessDenied.AccessTokenPermissionDenied", out["code"])
	b.sim.Fault(simulator.PlatformDingTalk, "POST /v1.0/oauth2", simulator.Banned(), 1)
	_, out = b.call("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{})
	require.InDelta(t, 1111, out["status"], 0)
	b.sim.Fault(simulator.PlatformDingTalk, "", simulator.RateLimited(), 1)
	status, _ = b.call("POST", b.sim.DingTalkURL()+"/v1.0/oauth2/accessToken", nil, object{})
	require.Equal(t, 403, status)
}

func TestHostsGoDownOneByOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ask := func() (int, error) {
		status, _, err := b.try("GET", b.sim.WeComURL()+"/cgi-bin/gettoken", nil, nil)
		return status, err
	}
	b.sim.SetDown(simulator.PlatformWeCom, simulator.Unavailable)
	status, err := ask()
	require.NoError(t, err)
	require.Equal(t, 503, status)
	b.sim.SetDown(simulator.PlatformWeCom, simulator.Refused)
	_, err = ask()
	require.Error(t, err)
	require.NotEmpty(t, b.accountToken(), "another host works")
	b.sim.SetDown(simulator.PlatformWeCom, simulator.Up)
	status, err = ask()
	require.NoError(t, err)
	require.Equal(t, 200, status)
	status, out := b.call("GET", b.sim.WeComURL()+"/cgi-bin/unknown", nil, nil)
	require.Equal(t, 404, status)
	require.Equal(t, 404, errcode(out))
}

func TestCallsAreLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	events, stop := b.sim.Watch()
	b.sim.WeCom.AddMember("u", "U")
	b.work("/cgi-bin/message/send", text("u", b.cred.WeCom.AgentID, "hi"))
	b.work("/cgi-bin/message/send", object{})
	b.ding("POST", "/v1.0/robot/oToMessages/batchSend", object{})
	b.accountToken()
	b.sim.WeCom.SendText(t.Context(), "u", "下单")
	b.query(`{"com":"yuantong","num":"YT1234567890123"}`, signed(b, `{"com":"yuantong","num":"YT1234567890123"}`))

	sends := b.sim.CallsTo(simulator.PlatformWeCom, "/cgi-bin/message/send")
	require.Len(t, sends, 2)
	require.False(t, sends[0].Failed())
	require.True(t, sends[1].Failed())
	require.Equal(t, "40063", sends[1].Code)
	secrets := []string{
		b.cred.WeCom.Secret, b.cred.ServiceAccount.Secret, b.cred.DingTalk.ClientSecret, b.workToken(b.cred.WeCom.Secret), b.accountToken(),
	}
	seq := 0
	for _, c := range b.sim.Calls() {
		require.Equal(t, seq+1, c.Seq)
		seq = c.Seq
		for _, s := range secrets {
			require.NotContains(t, c.Query+c.Request+c.Response, s, c.Path)
		}
	}
	var out, screens int
	for len(events) > 0 {
		switch e := <-events; {
		case e.Call == nil:
			screens++
		case e.Call.Outbound:
			out++
			require.Equal(t, "/callback/wecom", e.Call.Path)
			require.Contains(t, e.Call.Request, "下单", "callbacks are logged decrypted")
		}
	}
	require.Equal(t, 1, out)
	require.Equal(t, 2, screens, "the message of the bot, and the person's own")
	go b.sim.WeCom.SendText(t.Context(), "u", "等")
	require.NoError(t, b.sim.Await(t.Context(), func() bool {
		screen := b.sim.WeCom.Screen("u")
		return screen[len(screen)-1].Text == "等"
	}))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.sim.Await(ended, func() bool { return false }), context.Canceled)
	b.sim.Wait()
	stop()
	stop()
	for open := true; open; {
		_, open = <-events
	}
	b.sim.ResetCalls()
	require.Empty(t, b.sim.Calls())
}
