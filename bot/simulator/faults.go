package simulator

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Trouble is one way in which a platform's answer goes wrong. Its constructors are [ExpiredToken],
// [RevokedToken], [RateLimited], [ServerError], [SlowAnswer], [LostAnswer], [CutConnection], [ErrorAnswer],
// [Banned] and [DeliveryRefused].
type Trouble struct {
	kind    troubleKind
	delay   time.Duration
	code    string
	message string
}

type troubleKind int

const (
	_ troubleKind = iota
	troubleExpired
	troubleRevoked
	troubleRate
	troubleServer
	troubleSlow
	troubleLost
	troubleCut
	troubleError
	troubleBanned
	troubleRefused
)

var troubleNames = map[troubleKind]string{
	troubleExpired: "expired token", troubleRevoked: "revoked token", troubleRate: "rate limit", troubleServer: "http 500", troubleSlow: "slow answer",
	troubleLost: "lost answer", troubleCut: "cut connection", troubleError: "error answer", troubleBanned: "banned ip",
	troubleRefused: "delivery refused",
}

// ExpiredToken ends the life of the token that comes with the call, and so gives 42001, or
// DingTalk's InvalidAuthentication, until the caller fetches another.
func ExpiredToken() Trouble { return Trouble{kind: troubleExpired} }

// RevokedToken makes the platform forget the token that comes with the call, and so gives 40014, or
// DingTalk's InvalidAuthentication, until the caller fetches another.
func RevokedToken() Trouble { return Trouble{kind: troubleRevoked} }

// RateLimited answers 45009; on DingTalk 403 QpsLimitForAppkeyAndApi (legacy 90018). Nothing is
// done.
func RateLimited() Trouble { return Trouble{kind: troubleRate} }

// ServerError answers HTTP 500 with a page that is no JSON. Nothing is done.
func ServerError() Trouble { return Trouble{kind: troubleServer} }

// SlowAnswer does the call and holds its answer back for d of the real clock.
func SlowAnswer(d time.Duration) Trouble { return Trouble{kind: troubleSlow, delay: d} }

// LostAnswer does the call and cuts the connection before the answer.
func LostAnswer() Trouble { return Trouble{kind: troubleLost} }

// CutConnection cuts the connection before anything is done.
func CutConnection() Trouble { return Trouble{kind: troubleCut} }

// ErrorAnswer answers the given code in the platform's own shape: "45033", "-1", or
// "Forbidden.AccessDenied.AccessTokenPermissionDenied" with 403. Nothing is done.
func ErrorAnswer(code, message string) Trouble {
	return Trouble{kind: troubleError, code: code, message: message}
}

// Banned answers DingTalk's 1111 body of an IP that called too often.
func Banned() Trouble { return Trouble{kind: troubleBanned} }

// DeliveryRefused lets card calls of DingTalk succeed with deliverResults that did not.
func DeliveryRefused(message string) Trouble {
	return Trouble{kind: troubleRefused, message: message}
}

// plannedFault waits for its calls.
type plannedFault struct {
	platform Platform
	path     string
	trouble  Trouble
	left     int // negative: for ever
}

type faultBook struct {
	mu    sync.Mutex
	plans []*plannedFault
}

// Fault lets the next count calls on p whose path contains path ("" is every path) run into
// trouble; a negative count means until the returned function is called. Earlier plans are used up
// first. A path may begin with "METHOD ", as in "PUT /v1.0/card/instances".
func (s *Simulator) Fault(p Platform, path string, t Trouble, count int) (end func()) {
	plan := &plannedFault{platform: p, path: path, trouble: t, left: count}
	s.fault.mu.Lock()
	defer s.fault.mu.Unlock()
	s.fault.plans = append(s.fault.plans, plan)
	return func() {
		s.fault.mu.Lock()
		defer s.fault.mu.Unlock()
		plan.left = 0
	}
}

// ClearFaults forgets all planned trouble.
func (s *Simulator) ClearFaults() {
	s.fault.mu.Lock()
	defer s.fault.mu.Unlock()
	s.fault.plans = nil
}

// take returns the trouble planned for this call, if any.
func (f *faultBook) take(p Platform, method, path string) (Trouble, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, plan := range f.plans {
		if plan.left == 0 || plan.platform != p || !strings.Contains(method+" "+path, plan.path) {
			continue
		}
		if plan.left > 0 {
			plan.left--
		}
		return plan.trouble, true
	}
	return Trouble{}, false
}

// String names t in the log of calls.
func (t Trouble) String() string {
	name := troubleNames[t.kind]
	switch {
	case t.code != "":
		return fmt.Sprintf("%s %s", name, t.code)
	case t.delay > 0:
		return fmt.Sprintf("%s %s", name, t.delay)
	default:
		return name
	}
}

// window counts what may happen at most max times within span.
type window struct {
	span time.Duration
	max  int
	hits []time.Time
}

// allow tells whether one more may happen at now, and counts it if so. A hit that lies in the
// future, because the clock was moved back, counts by its distance.
func (w *window) allow(now time.Time) bool {
	kept := w.hits[:0]
	for _, t := range w.hits {
		if d := now.Sub(t).Abs(); d < w.span {
			kept = append(kept, t)
		}
	}
	w.hits = kept
	if len(kept) >= w.max {
		return false
	}
	w.hits = append(w.hits, now)
	return true
}

// full tells whether the window has no room at now.
func (w *window) full(now time.Time) bool {
	n := 0
	for _, t := range w.hits {
		if now.Sub(t).Abs() < w.span {
			n++
		}
	}
	return n >= w.max
}
