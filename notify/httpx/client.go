// Package httpx is what the platforms' API clients share: calls with time-outs and size caps whose
// errors never hold an address or a secret ([Client]), access tokens that are fetched once for all
// ([Tokens]), and error codes turned into delivery failures ([Table], [WeChatAPI]).
package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"orderbot/notify"
)

const (
	// callTime is what one call may take.
	callTime = 10 * time.Second
	// maxAnswer is how large an API answer may be, in bytes.
	maxAnswer = 16 << 20
	// MaxFile is how large a fetched picture or file may be, in bytes: what the platforms allow.
	MaxFile = 20 << 20
)

// ErrTooLarge is the error of an answer over its cap.
var ErrTooLarge = errors.New("answer too large")

// Client calls one platform. It follows no redirects: an API has none, and they would carry tokens
// elsewhere.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client for the API at base; h may be nil.
func NewClient(base string, h *http.Client) *Client {
	c := &http.Client{Timeout: callTime}
	if h != nil {
		*c = *h
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: strings.TrimRight(base, "/"), http: c}
}

// Downloader returns a client for files: it follows a few redirects, as stores of files have them, and
// sends no secrets that they could carry elsewhere.
func (c *Client) Downloader() *Client {
	follow := *c.http
	follow.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		return nil
	}
	return &Client{base: c.base, http: &follow}
}

// Request is one call. Path is below the client's base, or a whole address.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Type   string // of the body
	Body   []byte
	Max    int64 // of the answer; default 16 MiB
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a call. An error is a *[notify.Error] that names the path only.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	address := r.Path
	if !strings.Contains(address, "://") {
		address = c.base + r.Path
	}
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	fail := func(unknown bool, err error) error {
		return &notify.Error{Reason: notify.Unavailable, Unknown: unknown, Err: fmt.Errorf("%s: %w", opName(r.Path), bare(err))}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fail(false, errors.New("not an address that can be called"))
	}
	maps.Copy(req.Header, r.Header)
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		notSent := errors.As(err, &op) && op.Op == "dial"
		return nil, fail(!notSent, err)
	}
	defer func() { _ = res.Body.Close() }()
	limit := r.Max
	if limit == 0 {
		limit = maxAnswer
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fail(true, err)
	}
	if int64(len(body)) > limit {
		return nil, fail(true, ErrTooLarge)
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// JSON makes a call with a JSON body; a nil value sends none.
func (c *Client) JSON(ctx context.Context, r Request, in any) (*Answer, error) {
	if in != nil {
		body, err := Encode(in)
		if err != nil {
			return nil, &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf("%s: %w", opName(r.Path), err)}
		}
		r.Body, r.Type = body, "application/json"
	}
	return c.Do(ctx, r)
}

// Encode is json.Marshal without the escapes that only HTML needs: platforms count bytes.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// opName is a path without what could hold a secret.
func opName(p string) string {
	if u, err := url.Parse(p); err == nil {
		return u.Path
	}
	return "call"
}

// bare takes the address, which holds tokens, off a transport error.
func bare(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

var looseName = regexp.MustCompile(`(?i)filename="?([^";]+)"?`)

// FileName returns the name that a Content-Disposition gives, "" if none: without folders and
// control characters, however the platform wrote it.
func FileName(h http.Header) string {
	disposition := h.Get("Content-Disposition")
	var name string
	if _, params, err := mime.ParseMediaType(disposition); err == nil {
		name = params["filename"]
	} else if m := looseName.FindStringSubmatch(disposition); m != nil {
		name = strings.TrimSpace(m[1])
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return name
}
