package aps_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/notify/aps"
	"orderbot/orders"
)

var now = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

func webhook(t *testing.T, answer http.HandlerFunc) (*aps.Webhook, string) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return aps.New(aps.Options{URL: s.URL + "/in/?key=hidden", Secret: "verysecret", Now: func() time.Time { return now }}), s.URL
}

var order = orders.Delivery{Key: "event:17:order.plan:aps", Body: json.RawMessage(`{"type":"order.plan"}`)}

func TestAMessageIsSigned(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	w, _ := webhook(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	_, err := w.Send(t.Context(), order, nil)
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, got.Method)
	require.Equal(t, "/in/?key=hidden", got.URL.String(), "the address as it is written")
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(t, string(order.Body), string(body))
	require.Equal(t, order.Key, got.Header.Get("Webhook-Id"))
	require.Equal(t, "1773194400", got.Header.Get("Webhook-Timestamp"))
	// printf 'event:17:order.plan:aps.1773194400.{"type":"order.plan"}' | openssl dgst -sha256 -hmac verysecret -binary | base64
	require.Equal(t, "v1,c6eslMm2xI4KDWhJDMMtchbYK1nYrqii6L6AhYV2/iw=", got.Header.Get("Webhook-Signature"))
	require.True(t, w.Keyed(order))
}

func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]notify.Reason{
		200: "", 202: "", 204: "",
		301: notify.Unavailable, 404: notify.Unavailable, 405: notify.Unavailable, 500: notify.Unavailable, 502: notify.Unavailable, 503: notify.Unavailable,
		401: notify.Auth, 403: notify.Auth, 429: notify.RateLimited,
		400: notify.Rejected, 409: notify.Rejected, 410: notify.Rejected, 413: notify.Rejected, 415: notify.Rejected, 422: notify.Rejected,
	} {
		w, _ := webhook(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			if status >= 400 {
				_, _ = io.WriteString(w, " 没有这个物料 ")
			}
		})
		_, err := w.Send(t.Context(), order, nil)
		if want == "" {
			require.NoError(t, err, status)
			continue
		}
		var e *notify.Error
		require.ErrorAs(t, err, &e, status)
		require.Equal(t, want, e.Reason, status)
		require.Equal(t, status == 429 || status == 503, e.RetryAfter == 7*time.Second, status)
		if status >= 400 {
			require.ErrorContains(t, err, "没有这个物料")
		}
	}
}

func TestTroubleKeepsTheAddressToItself(t *testing.T) {
	t.Parallel()
	w, address := webhook(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, failed := w.Send(t.Context(), order, nil)
	for _, err := range []error{failed, w.Check(t.Context())} {
		var e *notify.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, notify.Unavailable, e.Reason)
		require.True(t, e.Unknown, "it may have arrived")
		for _, secret := range []string{"hidden", "verysecret", address} {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func TestCheckSendsNoOrder(t *testing.T) {
	t.Parallel()
	for status, ok := range map[int]bool{200: true, 404: true, 405: true, 401: true, 500: false, 503: false} {
		w, _ := webhook(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead {
				t.Errorf("method %s", r.Method)
			}
			w.WriteHeader(status)
		})
		require.Equal(t, ok, w.Check(t.Context()) == nil, status)
	}
}
