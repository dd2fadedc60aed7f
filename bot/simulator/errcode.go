package simulator

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"
)

// errcodeShape is how WeCom, the service account and DingTalk's legacy host word errors: HTTP 200
// with {"errcode","errmsg"}.
type errcodeShape struct {
	rate   int // the code of an exceeded rate
	tokens *tokens
}

func (s errcodeShape) failure(_ *apiCall, code, message string) answer {
	n, err := strconv.Atoi(code)
	if err != nil {
		n = -1
	}
	return fail(n, "%s", message)
}

func (s errcodeShape) limited(*apiCall) answer { return fail(s.rate, "api freq out of limit") }

func (s errcodeShape) endToken(c *apiCall, gone bool) {
	s.tokens.end(c.URL.Query().Get("access_token"), gone, c.now)
}

// fail is an errcode answer.
func fail(code int, format string, args ...any) answer {
	message := fmt.Sprintf(format, args...)
	a := jsonAnswer(map[string]any{
		"errcode": code,
		"errmsg":  message + ", hint: [simulated], more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(code),
	})
	a.code = strconv.Itoa(code)
	return a
}

// ok is a success with the given fields beside errcode and errmsg.
func ok(fields map[string]any) answer {
	out := map[string]any{"errcode": 0, "errmsg": "ok"}
	maps.Copy(out, fields)
	a := jsonAnswer(out)
	a.code = "0"
	return a
}

// refusal is an errcode answer as an error, for checks that stop at the first thing wrong.
type refusal struct {
	code    int
	message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.message) }

func refuse(code int, format string, args ...any) error {
	return &refusal{code: code, message: fmt.Sprintf(format, args...)}
}

// refused is the answer to err: a *refusal, or a *bodyError with the nearest published code: 47001
// for what is no JSON, 40063 for a missing parameter, 40058 for a wrong or unknown one.
func refused(err error) answer {
	if r, is := errors.AsType[*refusal](err); is {
		return fail(r.code, "%s", r.message)
	}
	if b, is := errors.AsType[*bodyError](err); is {
		switch b.flaw {
		case flawSyntax:
			return fail(47001, "data format error: %v", b)
		case flawMissing:
			return fail(40063, "parameter %v", b)
		case flawUnknown, flawType:
			return fail(40058, "invalid parameter: %v", b)
		}
	}
	return fail(-1, "system error: %v", err)
}

// tokens are the access tokens of one platform. They have a lock of their own.
type tokens struct {
	sim  *Simulator
	mu   sync.Mutex
	life time.Duration
	all  map[string]*accessToken
	now  map[string]*accessToken // by owner
}

type accessToken struct {
	text    string
	owner   string
	expires time.Time
}

func newTokens(s *Simulator, life time.Duration) *tokens {
	return &tokens{
		sim: s, life: life,
		all: make(map[string]*accessToken), now: make(map[string]*accessToken),
	}
}

// current returns the owner's token and the seconds it still lives, a new one if there is none.
func (t *tokens) current(owner string, now time.Time) (string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tok := t.now[owner]
	if tok == nil || !now.Before(tok.expires) {
		tok = t.issue(owner, now)
	}
	return tok.text, int(tok.expires.Sub(now).Seconds())
}

// fresh makes a new token for owner; the one before it lives on for grace.
func (t *tokens) fresh(owner string, now time.Time, grace time.Duration) (string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.now[owner]; old != nil && old.expires.After(now.Add(grace)) {
		old.expires = now.Add(grace)
	}
	tok := t.issue(owner, now)
	return tok.text, int(t.life.Seconds())
}

func (t *tokens) issue(owner string, now time.Time) *accessToken {
	tok := &accessToken{text: t.sim.word(160), owner: owner, expires: now.Add(t.life)}
	t.all[tok.text], t.now[owner] = tok, tok
	return tok
}

// check returns the owner of text, or the code of what is wrong with it: 41001 missing, 40014
// unknown, 42001 expired.
func (t *tokens) check(text string, now time.Time) (owner string, code int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tok := t.all[text]
	switch {
	case text == "":
		return "", 41001
	case tok == nil:
		return "", 40014
	case !now.Before(tok.expires):
		return "", 42001
	default:
		return tok.owner, 0
	}
}

// end ends the life of text, or of all tokens if text is empty; gone forgets them as well.
func (t *tokens) end(text string, gone bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, tok := range t.all {
		if text != "" && key != text {
			continue
		}
		if tok.expires.After(now) {
			tok.expires = now
		}
		if gone {
			delete(t.all, key)
		}
	}
}

// tokenFailure is the answer to a token that [tokens.check] refused.
func tokenFailure(code int) answer {
	return fail(code, "%s", map[int]string{
		41001: "access_token missing", 40014: "invalid access_token", 42001: "access_token expired",
	}[code])
}
