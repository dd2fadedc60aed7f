package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/orders"
)

type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC).UnixNano())
	return c
}
func (c *clock) now() time.Time          { return time.Unix(0, c.nanos.Load()) }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

func TestTokensAreFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	c := newClock()
	var fetched atomic.Int64
	tokens := httpx.NewTokens(func(context.Context, string) (string, time.Duration, error) {
		return fmt.Sprintf("T%d", fetched.Add(1)), 2 * time.Hour, nil
	}, c.now)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			token, err := tokens.Get(t.Context())
			if err != nil || token != "T1" {
				t.Errorf("Get = %q, %v", token, err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, fetched.Load())

	c.advance(2*time.Hour - 5*time.Minute)
	token, err := tokens.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "T2", token, "renewed before its end")

	tokens.Drop("T1")
	token, _ = tokens.Get(t.Context())
	require.Equal(t, "T2", token, "a late complaint about an older token")
	tokens.Drop("T2")
	token, _ = tokens.Get(t.Context())
	require.Equal(t, "T3", token)
}

func TestTokensDoNotHammerAPlatformThatRefuses(t *testing.T) {
	t.Parallel()
	c := newClock()
	var asked atomic.Int64
	tokens := httpx.NewTokens(func(context.Context, string) (string, time.Duration, error) {
		asked.Add(1)
		return "", 0, errors.New("no")
	}, c.now)
	for range 20 {
		_, err := tokens.Get(t.Context())
		require.Error(t, err)
	}
	require.EqualValues(t, 1, asked.Load())
	c.advance(6 * time.Second)
	_, err := tokens.Get(t.Context())
	require.Error(t, err)
	require.EqualValues(t, 2, asked.Load())
}

func TestTokenThatLivesIsUsedWhileItCannotBeRenewed(t *testing.T) {
	t.Parallel()
	c, away := newClock(), false
	tokens := httpx.NewTokens(func(context.Context, string) (string, time.Duration, error) {
		if away {
			return "", 0, errors.New("away")
		}
		return "T1", 2 * time.Hour, nil
	}, c.now)
	_, err := tokens.Get(t.Context())
	require.NoError(t, err)
	away = true
	c.advance(118 * time.Minute)
	token, err := tokens.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "T1", token)
	c.advance(3 * time.Minute)
	_, err = tokens.Get(t.Context())
	require.Error(t, err)
}

func TestTokensWaitingCanBeGivenUp(t *testing.T) {
	t.Parallel()
	hang, asked := make(chan struct{}), make(chan struct{})
	tokens := httpx.NewTokens(func(context.Context, string) (string, time.Duration, error) {
		close(asked)
		<-hang
		return "T", time.Hour, nil
	}, newClock().now)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = tokens.Get(t.Context()) })
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tokens.Get(ctx)
	require.ErrorIs(t, err, context.Canceled)
	close(hang)
	wg.Wait()
}

func setup(t *testing.T) (*httpxtest.Server, *httpx.WeChatAPI) {
	t.Helper()
	srv := httpxtest.New(t)
	var n atomic.Int64
	api := &httpx.WeChatAPI{
		Client: httpx.NewClient(srv.URL, nil),
		Errors: httpx.Table{
			"42001": {Reason: notify.Auth, Token: true},
			"45009": {Reason: notify.RateLimited, Wait: time.Minute},
			"-1":    {Reason: notify.Unavailable},
		},
		Tokens: httpx.NewTokens(func(context.Context, string) (string, time.Duration, error) {
			return fmt.Sprintf("TOKEN-%d", n.Add(1)), 2 * time.Hour, nil
		}, newClock().now, "SECRET"),
	}
	return srv, api
}

func TestCallRenewsARefusedTokenOnce(t *testing.T) {
	t.Parallel()
	srv, api := setup(t)
	srv.On("/x", `{"errcode":42001,"errmsg":"expired TOKEN-1"}`, `{"errcode":0,"msgid":"M"}`)
	var out struct {
		ID string `json:"msgid"`
	}
	require.NoError(t, api.Call(t.Context(), "/x", map[string]string{"a": "<&>"}, &out))
	require.Equal(t, "M", out.ID)
	calls := srv.Calls("/x")
	require.Len(t, calls, 2)
	require.Equal(t, "TOKEN-1", calls[0].Query.Get("access_token"))
	require.Equal(t, "TOKEN-2", calls[1].Query.Get("access_token"))
	require.Equal(t, `{"a":"<&>"}`, calls[1].Body, "the body is sent whole again")

	srv.On("/x", `{"errcode":42001,"errmsg":"expired TOKEN-3 TOKEN-2 SECRET"}`)
	httpxtest.RequireFailure(t, api.Call(t.Context(), "/x", nil, nil), notify.Auth, "TOKEN-", "SECRET")
	require.Len(t, srv.Calls("/x"), 4, "no third try")
}

func TestAnswersAreClassified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply   httpxtest.Reply
		reason  notify.Reason
		wait    time.Duration
		unknown bool
	}{
		"unknown code":      {httpxtest.Reply{Body: `{"errcode":99999,"errmsg":"x"}`}, notify.Rejected, 0, false},
		"rate limit":        {httpxtest.Reply{Body: `{"errcode":45009}`}, notify.RateLimited, time.Minute, false},
		"busy":              {httpxtest.Reply{Body: `{"errcode":-1}`}, notify.Unavailable, 0, false},
		"a page":            {httpxtest.Reply{Body: `<html>`}, notify.Unavailable, 0, true},
		"half an answer":    {httpxtest.Reply{Body: `{"errcode":0,`}, notify.Unavailable, 0, true},
		"a gateway's 502":   {httpxtest.Reply{Status: 502, Body: `{}`}, notify.Unavailable, 0, true},
		"a code with a 500": {httpxtest.Reply{Status: 500, Body: `{"errcode":99999}`}, notify.Rejected, 0, false},
		"a gateway's 429":   {httpxtest.Reply{Status: 429}, notify.RateLimited, time.Minute, false},
		"a redirect":        {httpxtest.Reply{Status: 302, Header: map[string]string{"Location": "/y"}}, notify.Unavailable, 0, true},
		"no answer":         {httpxtest.Reply{Lost: true}, notify.Unavailable, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, api := setup(t)
			srv.Reply("/x", c.reply)
			var out struct{}
			e := httpxtest.RequireFailure(t, api.Call(t.Context(), "/x", nil, &out), c.reason, "TOKEN-", "SECRET", "127.0.0.1")
			require.Equal(t, c.wait, e.RetryAfter)
			require.Equal(t, c.unknown, e.Unknown)
			require.Empty(t, srv.Calls("/y"))
		})
	}
}

func TestNothingWasSentWhereNobodyListens(t *testing.T) {
	t.Parallel()
	c := httpx.NewClient("http://127.0.0.1:1", nil)
	_, err := c.Do(t.Context(), httpx.Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"secret": {"S3CRET"}}})
	e := httpxtest.RequireFailure(t, err, notify.Unavailable, "S3CRET")
	require.False(t, e.Unknown)
	_, err = c.Do(t.Context(), httpx.Request{Method: http.MethodGet, Path: "ht tp://S3CRET"})
	httpxtest.RequireFailure(t, err, notify.Unavailable, "S3CRET")
}

func TestMedia(t *testing.T) {
	t.Parallel()
	srv, api := setup(t)
	srv.Reply("/media", httpxtest.Reply{
		Body:   "\x50\x4b",
		Header: map[string]string{"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="订单.xlsx"`},
	})
	name, data, err := api.Media(t.Context(), "/media", "M1")
	require.NoError(t, err)
	require.Equal(t, "订单.xlsx", name)
	require.Equal(t, "\x50\x4b", string(data))
	require.Equal(t, "M1", srv.Calls("/media")[0].Query.Get("media_id"))

	srv.On("/media", `{"errcode":40007,"errmsg":"invalid media_id"}`)
	_, _, err = api.Media(t.Context(), "/media", "M1")
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
	_, _, err = api.Media(t.Context(), "/media", "")
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))

	srv.On("/media", `{"errcode":42001,"errmsg":"expired"}`, `{"errcode":45009,"errmsg":"x"}`)
	_, _, err = api.Media(t.Context(), "/media", "M1")
	httpxtest.RequireFailure(t, err, notify.RateLimited)

	srv.Reply("/media", httpxtest.Reply{Body: strings.Repeat("x", httpx.MaxFile+1), Header: map[string]string{"Content-Type": "image/jpeg"}})
	_, _, err = api.Media(t.Context(), "/media", "M1")
	require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		`attachment; filename="a.xlsx"`:                                    "a.xlsx",
		`attachment; filename=订单.xlsx`:                                     "订单.xlsx",
		`attachment; filename="订单 (1).xlsx"; size=3`:                       "订单 (1).xlsx",
		`attachment; filename*=UTF-8''%E8%AE%A2%E5%8D%95.xlsx`:             "订单.xlsx",
		`attachment; filename="%E8%AE%A2%E5%8D%95.xlsx"`:                   "订单.xlsx",
		`attachment; filename="../../etc/passwd"`:                          "passwd",
		`attachment; filename="C:\\x\\b.pdf"`:                              "b.pdf",
		`attachment; filename="b.pdf"; filename*=UTF-8''%E8%AE%A2%2F2.pdf`: "2.pdf",
		`inline`: "",
		``:       "",
	} {
		require.Equal(t, want, httpx.FileName(http.Header{"Content-Disposition": {header}}), header)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		limit int
		want  []string
	}{
		"short":               {"abc", 10, []string{"abc"}},
		"at lines":            {"aaa\nbbb\nccc", 8, []string{"aaa\nbbb", "ccc"}},
		"never within a rune": {"一二三", 4, []string{"一", "二", "三"}},
		"empty":               {"", 4, []string{""}},
	} {
		require.Equal(t, c.want, httpx.Split(c.text, c.limit), name)
	}
}
