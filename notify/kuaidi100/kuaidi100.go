// Package kuaidi100 follows parcels through the aggregator Kuaidi100 (快递100): real-time query,
// subscription, the pushes that follow it, and which carrier a number may be of.
package kuaidi100

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform signs with it
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
	"orderbot/orders/logistics"
)

// Options are the settings of a [Client].
type Options struct {
	APIURL    string // https://poll.kuaidi100.com
	DetectURL string // http://www.kuaidi100.com
	Customer  string
	Key       string
	Salt      string // signs the pushes; empty: their address is the only secret
	HTTP      *http.Client
}

// Client is the API client; it is a [notify.ParcelSource].
type Client struct {
	o      Options
	api    *httpx.Client
	detect *httpx.Client
}

var _ notify.ParcelSource = (*Client)(nil)

// New returns a client.
func New(o Options) *Client {
	return &Client{o: o, api: httpx.NewClient(o.APIURL, o.HTTP), detect: httpx.NewClient(o.DetectURL, o.HTTP)}
}

// PushOK answers a push that is stored; after any other answer the platform pushes again.
const PushOK = `{"result":true,"returnCode":"200","message":"成功"}`

// queryCodes and pollCodes are the return codes that are not simply refusals. The platform uses one
// number for different things in its two calls.
var (
	queryCodes = httpx.Table{
		"501": {Reason: notify.Unavailable},
		"502": {Reason: notify.Unavailable},
		"503": {Reason: notify.Auth}, // bad sign
		"600": {Reason: notify.Auth},
		"601": {Reason: notify.Auth}, // key or balance
	}
	pollCodes = httpx.Table{
		"500": {Reason: notify.Unavailable},
		"502": {Reason: notify.Unavailable},
		"600": {Reason: notify.Auth},
		"601": {Reason: notify.Auth},
	}
)

// word is a text that is sometimes written as a number.
type word string

// UnmarshalJSON takes a text or a number; anything else leaves it empty.
func (w *word) UnmarshalJSON(data []byte) error {
	var number json.Number
	if json.Unmarshal(data, (*string)(w)) != nil && json.Unmarshal(data, &number) == nil {
		*w = word(number)
	}
	return nil
}

// refusal is how a call says no; the shape of a success shares only the message.
type refusal struct {
	Result  *bool  `json:"result"`
	Code    word   `json:"returnCode"`
	Message string `json:"message"`
}

// track is a parcel's trace as query and push have it.
type track struct {
	refusal
	Number  string `json:"nu"`
	Company string `json:"com"`
	State   word   `json:"state"`
	Signed  word   `json:"ischeck"`
	Data    []struct {
		Time     string `json:"time"`
		FullTime string `json:"ftime"`
		Text     string `json:"context"`
		Code     word   `json:"statusCode"`
	} `json:"data"`
}

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// read returns the state and the trace, newest first.
func (t *track) read() (orders.ParcelState, []orders.ParcelEvent) {
	events := make([]orders.ParcelEvent, 0, len(t.Data))
	for _, d := range t.Data {
		e := orders.ParcelEvent{Text: d.Text, Code: string(d.Code)}
		if d.Code != "" {
			e.State = logistics.Kuaidi100State(e.Code, "")
		}
		for _, text := range []string{d.FullTime, d.Time} {
			if at, err := time.ParseInLocation(time.DateTime, text, beijing); err == nil {
				e.At = at.UTC()
				break
			}
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b orders.ParcelEvent) int { return b.At.Compare(a.At) })
	return logistics.Kuaidi100State(string(t.State), string(t.Signed)), events
}

// sign is upper-case hexadecimal MD5 over exactly the text that is sent.
func sign(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // the platform signs with it
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// Query returns a parcel's state and whole trace, newest first. A number of which nothing is known
// yet is [notify.Rejected]. Asked for the same number twice within 30 minutes, the platform may lock
// it.
func (c *Client) Query(ctx context.Context, p notify.Parcel) (orders.ParcelState, []orders.ParcelEvent, error) {
	com := logistics.Com(p.Carrier, p.Number)
	if com == "" {
		return "", nil, rejected("query: carrier %q is not known to the platform", p.Carrier)
	}
	phone := digits(p.Phone)
	param, err := httpx.Encode(struct {
		Com      string `json:"com"`
		Number   string `json:"num"`
		Phone    string `json:"phone,omitempty"` // the last four digits are enough
		ResultV2 string `json:"resultv2"`        // 4: fine status codes
	}{com, logistics.Normalise(p.Number), phone[max(0, len(phone)-4):], "4"})
	if err != nil {
		return "", nil, rejected("query: %w", err)
	}
	var t track
	err = c.post(ctx, "/poll/query.do", url.Values{
		"customer": {c.o.Customer}, "sign": {sign(string(param) + c.o.Key + c.o.Customer)}, "param": {string(param)},
	}, queryCodes, &t, &t.refusal)
	if err != nil {
		return "", nil, err
	}
	state, events := t.read()
	return state, events, nil
}

// Subscribe asks the platform to push the parcel's trace to callback whenever it changes. Subscribing
// again changes nothing.
func (c *Client) Subscribe(ctx context.Context, p notify.Parcel, callback string) error {
	com := logistics.Com(p.Carrier, p.Number)
	if com == "" {
		return rejected("subscribe: carrier %q is not known to the platform", p.Carrier)
	}
	type parameters struct {
		Callback string `json:"callbackurl"`
		Salt     string `json:"salt,omitempty"`
		Phone    string `json:"phone,omitempty"`
		ResultV2 string `json:"resultv2"`
	}
	param, err := httpx.Encode(struct {
		Company    string     `json:"company"`
		Number     string     `json:"number"`
		Key        string     `json:"key"`
		Parameters parameters `json:"parameters"`
	}{com, logistics.Normalise(p.Number), c.o.Key, parameters{callback, c.o.Salt, digits(p.Phone), "4"}})
	if err != nil {
		return rejected("subscribe: %w", err)
	}
	var out refusal
	err = c.post(ctx, "/poll", url.Values{"schema": {"json"}, "param": {string(param)}}, pollCodes, &out, &out)
	if httpx.CodeOf(err) == "501" { // subscribed already
		return nil
	}
	return err
}

// post makes a call and decodes the answer into out, whose refusal is head.
func (c *Client) post(ctx context.Context, path string, form url.Values, codes httpx.Table, out any, head *refusal) error {
	answer, err := c.api.Do(ctx, httpx.Request{
		Method: http.MethodPost, Path: path, Type: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
	})
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, out) != nil {
		return httpx.StatusError(path, answer.Status)
	}
	return c.refused(path, head, codes)
}

func (c *Client) refused(path string, r *refusal, codes httpx.Table) error {
	if code := string(r.Code); (r.Result != nil && !*r.Result) || (code != "" && code != "200") {
		return codes.Error(&httpx.APIError{Op: path, Code: code, Message: c.clean(r.Message)})
	}
	return nil
}

func (c *Client) clean(text string) string {
	for _, secret := range []string{c.o.Key, c.o.Salt} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// Detect returns the codes of the carriers that a number may be of, the likeliest first. Carriers that
// we don't know are left out.
func (c *Client) Detect(ctx context.Context, number string) ([]string, error) {
	const path = "/autonumber/auto"
	answer, err := c.detect.Do(ctx, httpx.Request{
		Method: http.MethodGet, Path: path, Query: url.Values{"num": {logistics.Normalise(number)}, "key": {c.o.Key}},
	})
	if err != nil {
		return nil, err
	}
	var guesses []struct {
		Com string `json:"comCode"`
	}
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &guesses) != nil {
		var r refusal
		if json.Unmarshal(answer.Body, &r) == nil && r.Code != "" {
			return nil, c.refused(path, &r, queryCodes)
		}
		return nil, httpx.StatusError(path, answer.Status)
	}
	var codes []string
	for _, g := range guesses {
		if carrier, ok := logistics.Find(g.Com); ok && !slices.Contains(codes, carrier.Code) {
			codes = append(codes, carrier.Code)
		}
	}
	return codes, nil
}

// Push is what the platform pushed of one parcel.
type Push struct {
	Status  string // polling, shutdown (signed, over), abort, updateall
	Number  string
	Carrier string // our code; "" where we don't know the company
	State   orders.ParcelState
	Events  []orders.ParcelEvent // the whole trace, newest first
}

// Aborted tells whether the platform has given up: three days without a result, or sixty without a
// change.
func (p *Push) Aborted() bool { return p.Status == "abort" }

// errPush is what a forged or broken push gives.
var errPush = errors.New("kuaidi100: bad push")

// VerifyPush checks the form fields sign and param of a push against the salt of the subscription and
// reads it. Without a salt there is no signature to check: the address it came to has to be secret.
func VerifyPush(signature, param, salt string) (*Push, error) {
	if salt != "" && subtle.ConstantTimeCompare([]byte(strings.ToUpper(signature)), []byte(sign(param+salt))) != 1 {
		return nil, fmt.Errorf("%w: signature", errPush)
	}
	var in struct {
		Status string `json:"status"`
		ComNew string `json:"comNew"` // the company, where the platform corrected it
		Last   track  `json:"lastResult"`
	}
	if err := json.Unmarshal([]byte(param), &in); err != nil || in.Status == "" {
		return nil, fmt.Errorf("%w: content", errPush)
	}
	p := &Push{Status: in.Status, Number: in.Last.Number}
	com := in.Last.Company
	if in.ComNew != "" {
		com = in.ComNew
	}
	if carrier, ok := logistics.Find(com); ok {
		p.Carrier = carrier.Code
	}
	p.State, p.Events = in.Last.read()
	if in.Status == "shutdown" && p.State == orders.ParcelNone {
		p.State = orders.ParcelDelivered
	}
	return p, nil
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func rejected(format string, args ...any) error {
	return &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf(format, args...)}
}
