package httpx

import (
	"context"
	"strings"
	"sync"
	"time"
)

const (
	// early is how long before its end a token is renewed, unless that is most of its life.
	early = 5 * time.Minute
	// sulk is how long a refused token request is not repeated: platforms block whoever keeps asking.
	sulk = 5 * time.Second
)

// Fetch asks a platform for an access token and how long it lives. refused is the token that the
// platform has just refused although it should live, mostly "".
type Fetch func(ctx context.Context, refused string) (token string, life time.Duration, err error)

// Tokens is the one source of an app's access token: all who need it share a token, one request is
// under way at a time, and it is renewed before it ends.
type Tokens struct {
	fetch   Fetch
	now     func() time.Time
	secrets []string

	asking chan struct{} // holds one while a token is fetched; a channel, so that waiting can be given up

	mu      sync.Mutex
	value   string
	refused string
	last    string // the one before: late errors may still name it
	renewAt time.Time
	endsAt  time.Time
	err     error
	askAt   time.Time
}

// NewTokens returns a source that asks fetch. The secrets are what [Tokens.Clean] removes beside the
// tokens.
func NewTokens(fetch Fetch, now func() time.Time, secrets ...string) *Tokens {
	return &Tokens{fetch: fetch, now: now, secrets: secrets, asking: make(chan struct{}, 1)}
}

// Get returns a token.
func (t *Tokens) Get(ctx context.Context) (string, error) {
	select {
	case t.asking <- struct{}{}:
		defer func() { <-t.asking }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if value, err := t.have(t.now()); value != "" || err != nil {
		return value, err
	}
	t.mu.Lock()
	refused := t.refused
	t.mu.Unlock()
	value, life, err := t.fetch(ctx, refused)
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		if t.value != "" && now.Before(t.endsAt) { // it does a little longer
			t.renewAt = now.Add(sulk)
			return t.value, nil
		}
		if ctx.Err() == nil {
			t.err, t.askAt = err, now.Add(sulk)
		}
		return "", err
	}
	if t.value != "" {
		t.last = t.value
	}
	t.err, t.refused, t.value = nil, "", value
	t.renewAt, t.endsAt = now.Add(life-min(early, life/2)), now.Add(life)
	return value, nil
}

// have returns the token that still lives, or the refusal that is still too fresh to ask again.
func (t *Tokens) have(now time.Time) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.value != "" && now.Before(t.renewAt):
		return t.value, nil
	case t.err != nil && now.Before(t.askAt):
		return "", t.err
	default:
		return "", nil
	}
}

// Drop forgets a token that the platform has refused; a newer one stays.
func (t *Tokens) Drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == token {
		t.last, t.refused, t.value = token, token, ""
	}
}

// Clean removes tokens and secrets from a text that is to be logged or kept.
func (t *Tokens) Clean(text string) string {
	t.mu.Lock()
	hide := append([]string{t.value, t.last}, t.secrets...)
	t.mu.Unlock()
	for _, secret := range hide {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
