package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"orderbot/notify"
	"orderbot/orders"
)

// APIError is a platform's refusal: its own code and words, without secrets.
type APIError struct {
	Op      string
	Code    string
	Message string
}

// Error returns the call, the code and the words.
func (e *APIError) Error() string { return fmt.Sprintf("%s: %s %s", e.Op, e.Code, e.Message) }

// CodeOf returns the platform's code in err, "" if there is none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.Code
	}
	return ""
}

// Rule says what a code means for a delivery.
type Rule struct {
	Reason notify.Reason
	Wait   time.Duration // before the next try, where known
	Token  bool          // a fresh token may mend it
}

// Table is a platform's error codes. A code that is not there is [notify.Rejected].
type Table map[string]Rule

// Error classifies a refusal.
func (t Table) Error(e *APIError) error {
	rule, ok := t[e.Code]
	if !ok {
		rule.Reason = notify.Rejected
	}
	return &notify.Error{Reason: rule.Reason, RetryAfter: rule.Wait, Err: e}
}

// StatusError is the failure of a call whose answer is no API answer at all: a gateway's page or
// half an answer. The platform may have done what was asked.
func StatusError(op string, status int) error {
	e := &notify.Error{Reason: notify.Unavailable, Unknown: true, Err: fmt.Errorf("%s: HTTP status %d without an answer", op, status)}
	if status == http.StatusTooManyRequests {
		e.Reason, e.RetryAfter, e.Unknown = notify.RateLimited, time.Minute, false
	}
	return e
}

// ReasonOf returns the reason of a failed delivery, [notify.Unavailable] for any other error.
func ReasonOf(err error) notify.Reason {
	if e, ok := errors.AsType[*notify.Error](err); ok {
		return e.Reason
	}
	return notify.Unavailable
}

// WeChatAPI calls WeCom and WeChat, which share one manner: the token in the query, JSON bodies, and
// HTTP 200 with an errcode even for refusals.
type WeChatAPI struct {
	Client *Client
	Tokens *Tokens
	Errors Table
}

// Call posts in as JSON and decodes the answer into out, either of which may be nil. After a refused
// token it tries once more with a fresh one.
func (a *WeChatAPI) Call(ctx context.Context, path string, in, out any) error {
	_, err := a.do(ctx, Request{Method: http.MethodPost, Path: path}, in, out)
	return err
}

// Get is [WeChatAPI.Call] without a body.
func (a *WeChatAPI) Get(ctx context.Context, path string, query url.Values, out any) error {
	_, err := a.do(ctx, Request{Method: http.MethodGet, Path: path, Query: query}, nil, out)
	return err
}

func (a *WeChatAPI) do(ctx context.Context, r Request, in, out any) (*Answer, error) {
	for try := 0; ; try++ {
		token, err := a.Tokens.Get(ctx)
		if err != nil {
			return nil, classified(err)
		}
		q := url.Values{"access_token": {token}}
		maps.Copy(q, r.Query)
		call := r
		call.Query = q
		answer, err := a.Client.JSON(ctx, call, in)
		if err != nil {
			return nil, err
		}
		if out == nil && !looksJSON(answer) && answer.Status == http.StatusOK {
			return answer, nil // a file
		}
		refused, err := a.Decode(r.Path, answer, out)
		if err != nil {
			return nil, err
		}
		if refused == nil {
			return answer, nil
		}
		refused.Message = a.Tokens.Clean(refused.Message)
		if a.Errors[refused.Code].Token {
			a.Tokens.Drop(token)
			if try == 0 {
				continue
			}
		}
		return nil, a.Errors.Error(refused)
	}
}

// Decode reads an answer: a refusal, or the content into out.
func (a *WeChatAPI) Decode(op string, answer *Answer, out any) (*APIError, error) {
	var head struct {
		Code    *int   `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer.Body, &head); err != nil || (answer.Status != http.StatusOK && head.Code == nil) {
		return nil, StatusError(op, answer.Status)
	}
	if head.Code != nil && *head.Code != 0 {
		return &APIError{Op: op, Code: strconv.Itoa(*head.Code), Message: head.Message}, nil
	}
	if out != nil {
		if err := json.Unmarshal(answer.Body, out); err != nil {
			return nil, StatusError(op, answer.Status)
		}
	}
	return nil, nil //nolint:nilnil // no refusal and no failure
}

func looksJSON(a *Answer) bool {
	return strings.Contains(a.Header.Get("Content-Type"), "json") || strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") ||
		(len(a.Body) < 4096 && bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte(`{"errcode"`)))
}

// Media fetches a picture or file that somebody sent, up to [MaxFile]. What is gone or too large is
// an *[orders.Error] with a sentence for people.
func (a *WeChatAPI) Media(ctx context.Context, path, id string) (name string, data []byte, err error) {
	if id == "" {
		return "", nil, orders.Errorf(orders.CodeNotFound, "这个文件没有内容，请重新发送")
	}
	answer, err := a.do(ctx, Request{Method: http.MethodGet, Path: path, Query: url.Values{"media_id": {id}}, Max: MaxFile}, nil, nil)
	switch {
	case errors.Is(err, ErrTooLarge):
		return "", nil, orders.Errorf(orders.CodeInvalid, "文件超过 20 MB，请分开发送或换成小一点的文件")
	case CodeOf(err) == "40007":
		return "", nil, orders.Errorf(orders.CodeNotFound, "这个文件已经过期，请重新发送")
	case err != nil:
		return "", nil, err
	case len(answer.Body) == 0:
		return "", nil, orders.Errorf(orders.CodeNotFound, "文件是空的，请重新发送")
	}
	return FileName(answer.Header), answer.Body, nil
}

// Upload sends a file for use in a message and returns its media id (3 days).
func (a *WeChatAPI) Upload(ctx context.Context, path, kind, name string, data []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="media"; filename="%s"; filelength=%d`, quoteName(name), len(data)))
	head.Set("Content-Type", "application/octet-stream")
	part, err := form.CreatePart(head)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf("%s: %w", path, err)}
	}
	var out struct {
		ID string `json:"media_id"`
	}
	_, err = a.do(ctx, Request{
		Method: http.MethodPost, Path: path, Query: url.Values{"type": {kind}},
		Type: form.FormDataContentType(), Body: body.Bytes(),
	}, nil, &out)
	if err == nil && out.ID == "" {
		err = StatusError(path, http.StatusOK)
	}
	return out.ID, err
}

func quoteName(name string) string {
	return strings.NewReplacer(`\`, "_", `"`, "_", "\r", "", "\n", "").Replace(name)
}

// classified makes every error a *[notify.Error].
func classified(err error) error {
	if _, ok := errors.AsType[*notify.Error](err); ok {
		return err
	}
	return &notify.Error{Reason: notify.Unavailable, Err: err}
}

// Split cuts text into pieces of at most limit bytes, at the end of a line where there is one.
func Split(text string, limit int) []string {
	var pieces []string
	for len(text) > limit {
		cut := strings.LastIndexByte(text[:limit+1], '\n')
		if cut <= 0 {
			for cut = limit; !utf8.RuneStart(text[cut]); {
				cut--
			}
		}
		pieces = append(pieces, text[:cut])
		text = strings.TrimPrefix(text[cut:], "\n")
	}
	if text != "" || len(pieces) == 0 {
		pieces = append(pieces, text)
	}
	return pieces
}
