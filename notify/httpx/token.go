package httpx

import (
	"context"
	"strings"
	"time"
)

const (
	// early is how long before its end a token is renewed, unless that is most of its life.
	early = 5 * time.Minute
	// sulk is how long a refused token request is not repeated: platforms block whoever keeps asking.
	sulk = 5 * time.Second
)

// Fetch asks a platform for an access token and how long it lives.
type Fetch func(ctx context.Context) (token string, life time.Duration, err error)

// Tokens is the one source of an app's access token: all who need it share a token, one request is
// under way at a time, and it is renewed before it ends.
type Tokens struct {
	fetch   Fetch
	now     func() time.Time
	secrets []string

	lock    chan struct{} // holds one while locked; a channel, so that waiting can be given up
	value   string
	last    string // the one before: late errors may still name it
	renewAt time.Time
	err     error
	askAt   time.Time
}

// NewTokens returns a source that asks fetch. The secrets are what [Tokens.Clean] removes beside the
// tokens.
func NewTokens(fetch Fetch, now func() time.Time, secrets ...string) *Tokens {
	return &Tokens{fetch: fetch, now: now, secrets: secrets, lock: make(chan struct{}, 1)}
}

// Get returns a token.
func (t *Tokens) Get(ctx context.Context) (string, error) {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := t.now()
	if t.value != "" && now.Before(t.renewAt) {
		return t.value, nil
	}
	if t.err != nil && now.Before(t.askAt) {
		return "", t.err
	}
	value, life, err := t.fetch(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.err, t.askAt = err, t.now().Add(sulk)
		}
		return "", err
	}
	if t.value != "" {
		t.last = t.value
	}
	t.err, t.value = nil, value
	t.renewAt = t.now().Add(life - min(early, life/2))
	return value, nil
}

// Drop forgets a token that the platform has refused; a newer one stays.
func (t *Tokens) Drop(token string) {
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if t.value == token {
		t.last, t.value = token, ""
	}
}

// Clean removes tokens and secrets from a text that is to be logged or kept.
func (t *Tokens) Clean(text string) string {
	t.lock <- struct{}{}
	hide := append([]string{t.value, t.last}, t.secrets...)
	<-t.lock
	for _, secret := range hide {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
