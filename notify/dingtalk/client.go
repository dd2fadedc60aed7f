// Package dingtalk sends through a DingTalk (钉钉) bot: texts, interactive cards and files, one to one
// and to groups ([Bot]). It holds the platform's API client: token, calls, error codes, downloads.
package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// Options are the settings of a [Bot].
type Options struct {
	APIURL         string // https://api.dingtalk.com
	LegacyURL      string // https://oapi.dingtalk.com: uploads only
	ClientID       string
	ClientSecret   string
	RobotCode      string // empty: the client id, as for internal apps
	CardTemplateID string // empty: the public template with buttons; see cards.DingTalk for the variables
	HTTP           *http.Client
	Now            func() time.Time
	Logger         *slog.Logger
}

const (
	forbidden  = "Forbidden.AccessDenied."
	noRight    = forbidden + "AccessTokenPermissionDenied"
	invalidKey = "InvalidAuthentication"
)

// codes are the OpenAPI's error codes that are not simply refusals. Rate limits and missing rights
// both come as HTTP 403, so that the status says nothing.
var codes = httpx.Table{
	invalidKey:                            {Reason: notify.Auth, Token: true},
	"invalidClientIdOrSecret":             {Reason: notify.Auth},
	"invalidClientId":                     {Reason: notify.Auth},
	"MissingAccessToken":                  {Reason: notify.Auth, Token: true},
	noRight:                               {Reason: notify.Auth},
	forbidden + "IpNotInWhiteList":        {Reason: notify.Auth},
	forbidden + "QpsLimitForAppkeyAndApi": {Reason: notify.RateLimited, Wait: time.Second},
	forbidden + "QpsLimitForApi":          {Reason: notify.RateLimited, Wait: time.Second},
	forbidden + "ApiCountLimitForOrg":     {Reason: notify.RateLimited, Wait: time.Hour}, // the month's calls are used up
	"send.too.fast":                       {Reason: notify.RateLimited, Wait: 10 * time.Second},
	"send.byToken.tooFast":                {Reason: notify.RateLimited, Wait: 10 * time.Second},
	"too.many.group":                      {Reason: notify.RateLimited, Wait: time.Minute},
	"too.many.people":                     {Reason: notify.RateLimited, Wait: time.Minute},
	"1111":                                {Reason: notify.RateLimited, Wait: 5 * time.Minute}, // this address is banned for so long
	"ServiceUnavailable":                  {Reason: notify.Unavailable},
	"InternalError":                       {Reason: notify.Unavailable},
	"system.error":                        {Reason: notify.Unavailable},
	"unknownError":                        {Reason: notify.Unavailable},
}

// legacyCodes are those of the legacy API.
var legacyCodes = httpx.Table{
	"-1":    {Reason: notify.Unavailable},
	"88":    {Reason: notify.Auth, Token: true},
	"40001": {Reason: notify.Auth, Token: true},
	"40014": {Reason: notify.Auth, Token: true},
	"42001": {Reason: notify.Auth, Token: true},
	"40089": {Reason: notify.Auth},
	"60011": {Reason: notify.Auth},
	"90018": {Reason: notify.RateLimited, Wait: time.Second},
	"90002": {Reason: notify.RateLimited, Wait: time.Second},
	"90020": {Reason: notify.RateLimited, Wait: time.Hour},
}

// Bot sends as the bot of an internal app.
type Bot struct {
	o      Options
	log    *slog.Logger
	client *httpx.Client
	files  *httpx.Client
	tokens *httpx.Tokens
	legacy *httpx.WeChatAPI // same manner: token in the query, errcode in the answer
}

// New returns the channel of a bot.
func New(o Options) *Bot {
	b := &Bot{o: o, log: o.Logger, client: httpx.NewClient(o.APIURL, o.HTTP)}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.o.RobotCode == "" {
		b.o.RobotCode = o.ClientID
	}
	if b.o.CardTemplateID == "" {
		b.o.CardTemplateID = publicTemplate
	}
	b.files = b.client.Downloader()
	b.tokens = httpx.NewTokens(b.token, o.Now, o.ClientSecret)
	b.legacy = &httpx.WeChatAPI{Client: httpx.NewClient(o.LegacyURL, o.HTTP), Errors: legacyCodes}
	b.legacy.Tokens = httpx.NewTokens(b.legacyToken, o.Now, o.ClientSecret)
	return b
}

func (b *Bot) token(ctx context.Context, _ string) (string, time.Duration, error) {
	const path = "/v1.0/oauth2/accessToken"
	answer, err := b.client.JSON(ctx, httpx.Request{Method: http.MethodPost, Path: path},
		map[string]string{"appKey": b.o.ClientID, "appSecret": b.o.ClientSecret})
	if err != nil {
		return "", 0, err
	}
	var out struct {
		Token string `json:"accessToken"`
		Life  int    `json:"expireIn"`
	}
	if err := b.decode(path, answer, &out); err != nil {
		if httpx.ReasonOf(err) == notify.Rejected { // whatever the code: it is our credentials
			err = &notify.Error{Reason: notify.Auth, Err: errors.Unwrap(err)}
		}
		return "", 0, err
	}
	if out.Token == "" {
		return "", 0, httpx.StatusError(path, answer.Status)
	}
	return out.Token, time.Duration(out.Life) * time.Second, nil
}

func (b *Bot) legacyToken(ctx context.Context, _ string) (string, time.Duration, error) {
	const path = "/gettoken"
	answer, err := b.legacy.Client.Do(ctx, httpx.Request{
		Method: http.MethodGet, Path: path, Query: url.Values{"appkey": {b.o.ClientID}, "appsecret": {b.o.ClientSecret}},
	})
	if err != nil {
		return "", 0, err
	}
	var out struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	refused, err := b.legacy.Decode(path, answer, &out)
	switch {
	case err != nil:
		return "", 0, err
	case refused != nil:
		refused.Message = b.tokens.Clean(refused.Message)
		return "", 0, &notify.Error{Reason: notify.Auth, Err: refused}
	case out.Token == "":
		return "", 0, httpx.StatusError(path, answer.Status)
	}
	return out.Token, time.Duration(out.Life) * time.Second, nil
}

// Check asks for an access token: the error says whether the credentials are right.
func (b *Bot) Check(ctx context.Context) error {
	_, err := b.tokens.Get(ctx)
	return err
}

// call makes a call of the OpenAPI and decodes the answer into out. After a refused token it tries
// once more with a fresh one.
func (b *Bot) call(ctx context.Context, method, path string, in, out any) error {
	for try := 0; ; try++ {
		token, err := b.tokens.Get(ctx)
		if err != nil {
			if _, ok := errors.AsType[*notify.Error](err); !ok {
				err = &notify.Error{Reason: notify.Unavailable, Err: err}
			}
			return err
		}
		answer, err := b.client.JSON(ctx, httpx.Request{
			Method: method, Path: path,
			Header: http.Header{"X-Acs-Dingtalk-Access-Token": {token}},
		}, in)
		if err != nil {
			return err
		}
		err = b.decode(path, answer, out)
		if codes[httpx.CodeOf(err)].Token {
			b.tokens.Drop(token)
			if try == 0 {
				continue
			}
		}
		return err
	}
}

// decode reads an answer: the content into out, or the refusal.
func (b *Bot) decode(path string, answer *httpx.Answer, out any) error {
	var head struct {
		RawCode json.RawMessage `json:"code"`
		Message string          `json:"message"`
		Status  json.RawMessage `json:"status"` // 1111: the address is banned
	}
	err := json.Unmarshal(answer.Body, &head)
	code := strings.Trim(string(head.RawCode), `"`)
	if string(head.Status) == "1111" {
		code = "1111"
	}
	if code == "null" || code == "0" {
		code = ""
	}
	if answer.Status == http.StatusOK && err == nil && code == "" {
		if out != nil {
			err = json.Unmarshal(answer.Body, out)
		}
		if err == nil {
			return nil
		}
	}
	if err != nil || code == "" {
		return httpx.StatusError(path, answer.Status)
	}
	e := &httpx.APIError{Op: path, Code: code, Message: b.tokens.Clean(head.Message)}
	if _, known := codes[code]; !known && answer.Status >= http.StatusInternalServerError {
		return &notify.Error{Reason: notify.Unavailable, Unknown: true, Err: e}
	}
	return codes.Error(e)
}

// Fetch returns the picture or file of an inbound message, up to 20 MB.
func (b *Bot) Fetch(ctx context.Context, in orders.Inbound) (name string, data []byte, err error) {
	gone := orders.Errorf(orders.CodeNotFound, "这个文件已经过期，请重新发送")
	if in.Media == "" {
		return "", nil, gone
	}
	var link struct {
		URL string `json:"downloadUrl"`
	}
	err = b.call(ctx, http.MethodPost, "/v1.0/robot/messageFiles/download",
		map[string]string{"downloadCode": in.Media, "robotCode": b.o.RobotCode}, &link)
	if httpx.ReasonOf(err) == notify.Rejected {
		b.log.Warn("file can't be fetched", "trace_id", in.Trace, "error", err)
		return "", nil, gone
	}
	if err != nil {
		return "", nil, err
	}
	if u, err := url.Parse(link.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", nil, gone
	}
	answer, err := b.files.Do(ctx, httpx.Request{Method: http.MethodGet, Path: link.URL, Max: httpx.MaxFile})
	switch {
	case errors.Is(err, httpx.ErrTooLarge):
		return "", nil, orders.Errorf(orders.CodeInvalid, "文件超过 20 MB，请分开发送或换成小一点的文件")
	case err != nil:
		return "", nil, err
	case answer.Status >= http.StatusInternalServerError:
		return "", nil, httpx.StatusError("download", answer.Status)
	case answer.Status != http.StatusOK:
		return "", nil, gone
	case len(answer.Body) == 0:
		return "", nil, orders.Errorf(orders.CodeNotFound, "文件是空的，请重新发送")
	}
	if name = in.FileName; name == "" {
		name = httpx.FileName(answer.Header)
	}
	return name, answer.Body, nil
}

func rejected(format string, args ...any) error {
	return &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf(format, args...)}
}
