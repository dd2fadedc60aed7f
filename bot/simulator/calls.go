package simulator

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"time"
)

// maxLogged bounds the logged part of one request or response, in bytes.
const maxLogged = 16 << 10

// Call is one request that a host answered, or one delivery that the platform made.
type Call struct {
	Seq      int           `json:"seq"` // 1, 2, …
	At       time.Time     `json:"at"`  // the platforms' clock
	Took     time.Duration `json:"took"`
	Platform Platform      `json:"platform"`
	// Outbound is true for what the platform sent to the server: callbacks, frames, pushes.
	Outbound bool   `json:"outbound"`
	Method   string `json:"method"` // GET, POST, PUT, or WS for a frame
	Path     string `json:"path"`   // a frame's topic
	Query    string `json:"query,omitempty"`
	// Request and Response have their secrets masked and are cut at 16 KiB. Callbacks and their
	// passive replies are logged as decrypted.
	Request  string `json:"request,omitempty"`
	Response string `json:"response,omitempty"`
	Status   int    `json:"status"` // HTTP; 0 when the connection was cut or refused
	// Code is the platform's own error code: "0" or "" is success.
	Code  string `json:"code,omitempty"`
	Fault string `json:"fault,omitempty"` // the injected trouble, if any
}

// Failed tells whether the platform answered with an error, or not at all.
func (c Call) Failed() bool { return c.Status != 200 || (c.Code != "" && c.Code != "0") }

// Event tells a watcher that something can be seen now.
type Event struct {
	Platform Platform `json:"platform"`
	// Person is whose screen changed; empty for a call.
	Person string `json:"person,omitempty"`
	Call   *Call  `json:"call,omitempty"`
}

// callLog keeps every call and tells the watchers.
type callLog struct {
	mu       sync.Mutex
	seq      int
	calls    []Call
	watchers map[chan Event]struct{}
}

// Calls returns every call so far, in order of their answers.
func (s *Simulator) Calls() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return append([]Call(nil), s.calls.calls...)
}

// CallsTo returns the inbound calls to the path of p so far.
func (s *Simulator) CallsTo(p Platform, path string) []Call {
	var out []Call
	for _, c := range s.Calls() {
		if !c.Outbound && c.Platform == p && c.Path == path {
			out = append(out, c)
		}
	}
	return out
}

// ResetCalls forgets the calls so far. Sequence numbers go on.
func (s *Simulator) ResetCalls() {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.calls = nil
}

// Watch returns a channel of everything that happens from now on, and the function that ends it.
// A watcher who lags more than 1024 events misses some: events say where to look, they are no record.
func (s *Simulator) Watch() (events <-chan Event, stop func()) {
	ch := make(chan Event, 1024)
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if s.calls.watchers == nil {
		s.calls.watchers = make(map[chan Event]struct{})
	}
	s.calls.watchers[ch] = struct{}{}
	return ch, func() {
		s.calls.mu.Lock()
		defer s.calls.mu.Unlock()
		if _, is := s.calls.watchers[ch]; is {
			delete(s.calls.watchers, ch)
			close(ch)
		}
	}
}

// Await blocks until is holds. It asks again after each [Event]; is may look at screens and calls.
func (s *Simulator) Await(ctx context.Context, is func() bool) error {
	events, stop := s.Watch()
	defer stop()
	for !is() {
		select {
		case <-events:
		case <-ctx.Done():
			return fmt.Errorf("await: %w", ctx.Err())
		}
	}
	return nil
}

// record logs c.
func (s *Simulator) record(c Call) {
	c.Query, c.Request, c.Response = mask(c.Query), mask(c.Request), mask(c.Response)
	if c.Platform == PlatformKuaidi100 { // elsewhere "key" is that of a card's button
		c.Request = secretKey.ReplaceAllString(c.Request, "${1}${2}***")
	}
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.seq++
	c.Seq = s.calls.seq
	s.calls.calls = append(s.calls.calls, c)
	s.calls.tell(Event{Platform: c.Platform, Call: &c})
}

// changed tells the watchers that the screen of person changed.
func (s *Simulator) changed(p Platform, person string) {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.tell(Event{Platform: p, Person: person})
}

func (l *callLog) tell(e Event) {
	for ch := range l.watchers {
		select {
		case ch <- e:
		default: // the watcher lags
		}
	}
}

const secretNames = `access_token|accessToken|corpsecret|secret|appsecret|appSecret|clientSecret|ticket|session|sign|salt|sessionWebhook`

var (
	secretJSON  = regexp.MustCompile(`(\\?"(?:` + secretNames + `)\\?"\s*:\s*\\?")([^"\\]{4})[^"\\]*`)
	secretQuery = regexp.MustCompile(`((?:^|[?&])(?:` + secretNames + `|key)=)([^&\s]{4})[^&\s]*`)
	secretKey   = regexp.MustCompile(`("key":")([^"]{4})[^"]*`)
)

// mask hides all but the first four characters of secrets and cuts what is long.
func mask(text string) string {
	if len(text) > maxLogged {
		text = text[:maxLogged] + "…"
	}
	text = secretJSON.ReplaceAllString(text, "${1}${2}***")
	return secretQuery.ReplaceAllString(text, "${1}${2}***")
}
