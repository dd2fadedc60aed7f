package notify

import (
	"sync"
	"time"
)

// A gate keeps a platform that is in trouble from holding up the others: after a few failures in a
// row nothing is sent there for a while, then one delivery at a time is tried, until one gets
// through. It belongs to one process; another finds out for itself.
type gate struct {
	mu      sync.Mutex
	fails   int // in a row
	until   time.Time
	probing bool
	reason  Reason // of the last failure; empty while the platform works
}

const (
	gateFails   = 3 // failures in a row that close the gate
	gateLongest = 15 * time.Second
	authPause   = 30 * time.Second
)

// enter asks whether something may be sent now. If not, it says when to ask again.
func (g *gate) enter(now time.Time) (again time.Time, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.fails < gateFails:
		return time.Time{}, true
	case now.Before(g.until):
		return g.until, false
	case g.probing:
		return now.Add(time.Second), false
	default:
		g.probing = true
		return time.Time{}, true
	}
}

// leave notes how it went: reason is empty when the platform did its part, be it by refusing.
// It returns whether the platform's state changed: from working to failing for that reason or back.
func (g *gate) leave(now time.Time, reason Reason, retryAfter time.Duration) (changed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probing = false
	changed = g.reason != reason
	g.reason = reason
	if reason == "" {
		g.fails = 0
		return changed
	}
	g.fails++
	pause := min(time.Second<<min(max(g.fails-gateFails, 0), 10), gateLongest)
	switch reason {
	case Auth:
		pause = authPause
	case RateLimited:
		pause = max(pause, retryAfter)
	default:
	}
	g.until = now.Add(pause)
	return changed
}
