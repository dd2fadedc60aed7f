// Package wecom sends through WeCom (企业微信): the self-built app ([App]) and 微信客服 ([KF]). Each holds
// the API client of its secret: token, calls, error codes, media.
package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// Options are the settings of one secret of a company.
type Options struct {
	APIURL  string // https://qyapi.weixin.qq.com
	CorpID  string
	Secret  string
	AgentID int // of the app; not used by 微信客服
	HTTP    *http.Client
	Now     func() time.Time
	Logger  *slog.Logger
	// DuplicateInterval is how long the platform swallows an equal message to the same person, which
	// makes a repeat after a lost answer or a crash harmless. Default 10 minutes.
	DuplicateInterval time.Duration
}

// client is the API client of one secret.
type client struct {
	o   Options
	api *httpx.WeChatAPI
	log *slog.Logger
}

// codes are the documented error codes that are not simply refusals. 40001 means a wrong secret when
// it comes from gettoken, and an outdated token otherwise.
var codes = httpx.Table{
	"-1":     {Reason: notify.Unavailable},
	"6000":   {Reason: notify.Unavailable}, // concurrent change of the same data
	"40001":  {Reason: notify.Auth, Token: true},
	"40014":  {Reason: notify.Auth, Token: true},
	"41001":  {Reason: notify.Auth, Token: true},
	"42001":  {Reason: notify.Auth, Token: true},
	"40013":  {Reason: notify.Auth}, // corp id
	"40056":  {Reason: notify.Auth}, // agent id
	"301002": {Reason: notify.Auth},
	"48002":  {Reason: notify.Auth}, // the app may not call this
	"50001":  {Reason: notify.Auth},
	"50003":  {Reason: notify.Auth}, // the app is disabled
	"60020":  {Reason: notify.Auth}, // our address is not trusted
	"95011":  {Reason: notify.Auth}, // 微信客服 is run elsewhere
	"95012":  {Reason: notify.Auth},
	"95017":  {Reason: notify.Auth}, // its API switch is off
	"45009":  {Reason: notify.RateLimited, Wait: time.Minute},
	"45033":  {Reason: notify.RateLimited, Wait: 10 * time.Second},
	"95003":  {Reason: notify.RateLimited, Wait: time.Minute},
}

// receiverCodes mean that this person can't be reached, whatever is sent.
var receiverCodes = map[string]bool{
	"40003": true, "60111": true, "60011": true, "50002": true, "81013": true,
	"95000": true, "95001": true, "95002": true, "95004": true, "95013": true, "95016": true, "95018": true,
}

func newClient(o Options) *client {
	c := &client{o: o, log: o.Logger}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.o.DuplicateInterval <= 0 {
		c.o.DuplicateInterval = 10 * time.Minute
	}
	c.api = &httpx.WeChatAPI{Client: httpx.NewClient(o.APIURL, o.HTTP), Errors: codes}
	c.api.Tokens = httpx.NewTokens(c.token, o.Now, o.Secret)
	return c
}

func (c *client) token(ctx context.Context, _ string) (string, time.Duration, error) {
	const path = "/cgi-bin/gettoken"
	answer, err := c.api.Client.Do(ctx, httpx.Request{
		Method: http.MethodGet, Path: path, Query: url.Values{"corpid": {c.o.CorpID}, "corpsecret": {c.o.Secret}},
	})
	if err != nil {
		return "", 0, err
	}
	var out struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	refused, err := c.api.Decode(path, answer, &out)
	switch {
	case err != nil:
		return "", 0, err
	case refused != nil:
		refused.Message = c.api.Tokens.Clean(refused.Message)
		return "", 0, codes.Error(refused)
	case out.Token == "":
		return "", 0, httpx.StatusError(path, answer.Status)
	}
	return out.Token, time.Duration(out.Life) * time.Second, nil
}

// Check asks for an access token: the error says whether corp id, secret and address are right.
func (c *client) Check(ctx context.Context) error {
	_, err := c.api.Tokens.Get(ctx)
	return err
}

// Fetch returns the picture or file of an inbound message, up to 20 MB.
func (c *client) Fetch(ctx context.Context, in orders.Inbound) (name string, data []byte, err error) {
	name, data, err = c.api.Media(ctx, "/cgi-bin/media/get", in.Media)
	if err == nil && in.FileName != "" {
		name = in.FileName
	}
	return name, data, err
}

// upload makes a file sendable.
func (c *client) upload(ctx context.Context, f *cards.File) (string, error) {
	kind := "file"
	if isPicture(f.Name) {
		kind = "image"
	}
	return c.api.Upload(ctx, "/cgi-bin/media/upload", kind, f.Name, f.Data)
}

// isPicture tells which files are shown in the chat (platform's documentation, upload of media: image is JPG or PNG).
func isPicture(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(name)))
}

// taskID names a delivery towards the platform: letters and digits only, and the same again when
// the delivery is repeated.
func taskID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "ob" + hex.EncodeToString(sum[:15])
}

func decode(d orders.Delivery) (*cards.Message, error) {
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return nil, &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf("read message: %w", err)}
	}
	return &m, nil
}

func encode(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, &notify.Error{Reason: notify.Rejected, Err: fmt.Errorf("write receipt: %w", err)}
	}
	return raw, nil
}
