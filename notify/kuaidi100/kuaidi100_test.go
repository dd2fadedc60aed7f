package kuaidi100_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/kuaidi100"
	"orderbot/orders"
)

const (
	queryPath  = "/poll/query.do"
	pollPath   = "/poll"
	detectPath = "/autonumber/auto"
)

func setup(t *testing.T) (*httpxtest.Server, *kuaidi100.Client) {
	t.Helper()
	srv := httpxtest.New(t)
	return srv, kuaidi100.New(kuaidi100.Options{APIURL: srv.URL, DetectURL: srv.URL, Customer: "CUST456", Key: "KEY123", Salt: "SALT789"})
}

func golden(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}

func form(t *testing.T, c httpxtest.Call) url.Values {
	t.Helper()
	require.Equal(t, "application/x-www-form-urlencoded", c.Header.Get("Content-Type"))
	v, err := url.ParseQuery(c.Body)
	require.NoError(t, err)
	return v
}

var parcel = notify.Parcel{Carrier: "SF", Number: "sf1234567890123", Phone: "138-1234-5678"}

func TestQuery(t *testing.T) {
	t.Parallel()
	srv, c := setup(t)
	srv.On(queryPath, golden(t, "query.json"))
	state, events, err := c.Query(t.Context(), parcel)
	require.NoError(t, err)
	require.Equal(t, orders.ParcelOut, state)
	require.Equal(t, []orders.ParcelEvent{
		{At: time.Date(2026, 3, 13, 0, 12, 0, 0, time.UTC), Text: "快件正在派送途中", Code: "5", State: orders.ParcelOut},
		{At: time.Date(2026, 3, 12, 15, 1, 2, 0, time.UTC), Text: "到达宁波", Code: "1001", State: orders.ParcelInTransit},
		{At: time.Date(2026, 3, 11, 9, 30, 0, 0, time.UTC), Text: "已揽收", Code: "103", State: orders.ParcelPickedUp},
	}, events)
	v := form(t, srv.Calls(queryPath)[0])
	require.Equal(t, `{"com":"shunfeng","num":"SF1234567890123","phone":"5678","resultv2":"4"}`, v.Get("param"))
	require.Equal(t, "CUST456", v.Get("customer"))
	require.Regexp(t, "^[0-9A-F]{32}$", v.Get("sign"))
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct{ query, subscribe notify.Reason }{
		`{"result":false,"returnCode":"400","message":"x"}`:      {notify.Rejected, notify.Rejected},
		`{"result":false,"returnCode":"408","message":"x"}`:      {notify.Rejected, notify.Rejected},
		`{"result":false,"returnCode":"500","message":"x"}`:      {notify.Rejected, notify.Unavailable},
		`{"result":false,"returnCode":501,"message":"x"}`:        {notify.Unavailable, ""},
		`{"result":false,"returnCode":"502","message":"x"}`:      {notify.Unavailable, notify.Unavailable},
		`{"result":false,"returnCode":"503","message":"KEY123"}`: {notify.Auth, notify.Rejected},
		`{"result":false,"returnCode":"600","message":"x"}`:      {notify.Auth, notify.Auth},
		`{"result":false,"returnCode":"601","message":"x"}`:      {notify.Auth, notify.Auth},
		`{"result":false,"returnCode":"701","message":"x"}`:      {notify.Rejected, notify.Rejected},
		`{"result":false,"message":"SALT789"}`:                   {notify.Rejected, notify.Rejected},
		`<html>`:                                                 {notify.Unavailable, notify.Unavailable},
	} {
		srv, c := setup(t)
		srv.On(queryPath, answer)
		srv.On(pollPath, answer)
		_, _, err := c.Query(t.Context(), parcel)
		httpxtest.RequireFailure(t, err, want.query, "KEY123", "SALT789")
		err = c.Subscribe(t.Context(), parcel, "https://o.example.com/callback/kuaidi100/t")
		if want.subscribe == "" {
			require.NoError(t, err, "subscribed already")
			continue
		}
		httpxtest.RequireFailure(t, err, want.subscribe, "KEY123", "SALT789")
	}
}

func TestCarriersThatThePlatformDoesNotKnow(t *testing.T) {
	t.Parallel()
	srv, c := setup(t)
	own := notify.Parcel{Carrier: "SELF", Number: "1"}
	_, _, err := c.Query(t.Context(), own)
	httpxtest.RequireFailure(t, err, notify.Rejected)
	httpxtest.RequireFailure(t, c.Subscribe(t.Context(), own, "https://x"), notify.Rejected)
	require.Empty(t, srv.Calls(queryPath))
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	srv, c := setup(t)
	srv.On(pollPath, `{"result":true,"returnCode":"200","message":"提交成功"}`)
	require.NoError(t, c.Subscribe(t.Context(), parcel, "https://o.example.com/callback/kuaidi100/tok?a=1&b=2"))
	v := form(t, srv.Calls(pollPath)[0])
	require.Equal(t, "json", v.Get("schema"))
	require.Equal(t, `{"company":"shunfeng","number":"SF1234567890123","key":"KEY123","parameters":{"callbackurl":`+
		`"https://o.example.com/callback/kuaidi100/tok?a=1&b=2","salt":"SALT789","phone":"13812345678","resultv2":"4"}}`, v.Get("param"))
}

func TestDetect(t *testing.T) {
	t.Parallel()
	srv, c := setup(t)
	srv.On(detectPath, `[{"comCode":"zhongtong","name":"中通"},{"comCode":"shentong"},{"comCode":"unheardof"},{"comCode":"zhongtong"}]`,
		`[]`, `{"result":false,"returnCode":"601","message":"KEY123"}`, `<html>`)
	codes, err := c.Detect(t.Context(), "77123456789012")
	require.NoError(t, err)
	require.Equal(t, []string{"ZTO", "STO"}, codes)
	require.Equal(t, "77123456789012", srv.Calls(detectPath)[0].Query.Get("num"))
	codes, err = c.Detect(t.Context(), "1")
	require.NoError(t, err)
	require.Empty(t, codes)
	_, err = c.Detect(t.Context(), "1")
	httpxtest.RequireFailure(t, err, notify.Auth, "KEY123")
	_, err = c.Detect(t.Context(), "1")
	httpxtest.RequireFailure(t, err, notify.Unavailable, "KEY123")
}

// The signature of the documented example, and of a whole push.
func TestVerifyPush(t *testing.T) {
	t.Parallel()
	p, err := kuaidi100.VerifyPush("EB2CA5C1785DEAC5B2654629B9CED650", `{"status":"polling"}`, "SALT789")
	require.NoError(t, err)
	require.Equal(t, "polling", p.Status)
	require.Empty(t, p.Events)

	for name, c := range map[string]struct{ sign, param, salt string }{
		"forged":           {"EB2CA5C1785DEAC5B2654629B9CED651", `{"status":"polling"}`, "SALT789"},
		"another content":  {"EB2CA5C1785DEAC5B2654629B9CED650", `{"status":"shutdown"}`, "SALT789"},
		"no signature":     {"", `{"status":"polling"}`, "SALT789"},
		"no JSON":          {"", `x`, ""},
		"no status":        {"", `{}`, ""},
		"cut":              {"", `{"status":"poll`, ""},
		"nothing":          {"", ``, ""},
		"not what we read": {"", `[]`, ""},
	} {
		_, err := kuaidi100.VerifyPush(c.sign, c.param, c.salt)
		require.Error(t, err, name)
	}

	p, err = kuaidi100.VerifyPush("", golden(t, "push.json"), "")
	require.NoError(t, err)
	require.Equal(t, "shutdown", p.Status)
	require.Equal(t, "YTO", p.Carrier, "the company as the platform corrected it")
	require.Equal(t, "YT1234567890123", p.Number)
	require.Equal(t, orders.ParcelDelivered, p.State)
	require.Len(t, p.Events, 2)
	require.True(t, p.Events[0].At.After(p.Events[1].At))

	p, err = kuaidi100.VerifyPush("", `{"status":"abort","lastResult":{"nu":"1"}}`, "")
	require.NoError(t, err)
	require.True(t, p.Aborted())
}

func FuzzVerifyPush(f *testing.F) {
	f.Add(`{"status":"polling","lastResult":{"state":3,"data":[{"ftime":"2026-03-11 10:00:00","context":"x"}]}}`)
	f.Fuzz(func(t *testing.T, param string) {
		if p, err := kuaidi100.VerifyPush("", param, ""); (p == nil) == (err == nil) {
			t.Errorf("VerifyPush(%q) = %v, %v", param, p, err)
		}
	})
}
