// Package aps sends approved orders to a planning system (APS 排产引擎), or to whatever stands before it: a signed webhook
// (docs/dispatch.md). It is a channel like those of the chat platforms, so that what fails is tried again and holds up nothing else.
package aps

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// Options are the settings of a [Webhook].
type Options struct {
	URL    string // where orders are posted to
	Secret string // of the signature
	HTTP   *http.Client
	Now    func() time.Time
}

// Webhook posts to one address.
type Webhook struct {
	o   Options
	api *httpx.Client
}

var _ notify.Channel = (*Webhook)(nil)

// New returns a webhook.
func New(o Options) *Webhook { return &Webhook{o: o, api: httpx.NewClient("", o.HTTP)} }

// The headers of a message. Its id is the same whenever it is sent again: who has it already says so with a success.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// shownBytes is how much of a refusal is kept for people.
const shownBytes = 200

// maxAnswer is how large an answer may be, in bytes; nothing of a success is read.
const maxAnswer = 1 << 20

// Keyed implements [notify.Channel]: the receiver knows a message again by its id.
func (*Webhook) Keyed(orders.Delivery) bool { return true }

// Send implements [notify.Channel].
func (w *Webhook) Send(ctx context.Context, d orders.Delivery, _ *orders.Delivery) (json.RawMessage, error) {
	stamp := strconv.FormatInt(w.o.Now().Unix(), 10)
	answer, err := w.api.Do(ctx, httpx.Request{
		Method: http.MethodPost, Path: w.o.URL, Type: "application/json", Body: d.Body, Max: maxAnswer,
		Header: http.Header{
			headerID: {d.Key}, headerTimestamp: {stamp}, headerSignature: {"v1," + Sign(w.o.Secret, d.Key, stamp, d.Body)},
		},
	})
	if err != nil {
		return nil, err
	}
	return nil, verdict(answer)
}

// Sign is what signs a message: HMAC-SHA256 of id, timestamp and body, parted by dots, in base64 (standardwebhooks.com, with the secret
// as it is written).
func Sign(secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	_, _ = mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verdict is what an answer means. A refusal is final where it is about the message itself; a wrong address or secret is mended by
// people, and then what waits goes out.
func verdict(a *httpx.Answer) error {
	if a.Status >= 200 && a.Status < 300 {
		return nil
	}
	e := &notify.Error{Reason: notify.Unavailable, Err: fmt.Errorf("status %d%s", a.Status, shown(a.Body))}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Reason = notify.Auth
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil && n > 0 {
			e.RetryAfter = min(time.Duration(n)*time.Second, longestWait)
		}
		if a.Status == http.StatusTooManyRequests {
			e.Reason = notify.RateLimited
		}
	case http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		e.Reason = notify.Rejected
	}
	return e
}

// longestWait bounds what the receiver may ask for.
const longestWait = 10 * time.Minute

// shown is the beginning of what a refusal says.
func shown(body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || !utf8.Valid(body) {
		return ""
	}
	if len(body) > shownBytes {
		body = bytes.ToValidUTF8(body[:shownBytes], nil)
	}
	return ": " + string(body)
}

// Check tells whether somebody answers at the address. It sends no order, so it can't tell whether the secret is right.
func (w *Webhook) Check(ctx context.Context) error {
	answer, err := w.api.Do(ctx, httpx.Request{Method: http.MethodHead, Path: w.o.URL, Max: maxAnswer})
	if err != nil {
		return err
	}
	if answer.Status >= http.StatusInternalServerError {
		return errors.New("the server behind aps.api_url is in trouble")
	}
	return nil
}
