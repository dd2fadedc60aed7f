// Package httpxtest is a platform for the tests of API clients: a server on loopback that gives
// prepared answers and remembers what it was asked.
package httpxtest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/notify"
)

// Call is a request that came in.
type Call struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Body   string
}

// Reply is a prepared answer; the zero status is 200. Lost cuts the connection instead.
type Reply struct {
	Status int
	Header map[string]string
	Body   string
	Lost   bool
}

// Server is a platform on loopback.
type Server struct {
	URL string

	mu      sync.Mutex
	calls   []Call
	replies map[string][]Reply
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{replies: map[string][]Reply{}}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// On prepares JSON answers for a path, one for each call; the last stays.
func (s *Server) On(path string, bodies ...string) {
	replies := make([]Reply, len(bodies))
	for i, b := range bodies {
		replies[i] = Reply{Body: b, Header: map[string]string{"Content-Type": "application/json; charset=UTF-8"}}
	}
	s.Reply(path, replies...)
}

// Reply prepares answers for a path, one for each call; the last stays.
func (s *Server) Reply(path string, replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[path] = replies
}

// Calls returns what came in at a path, oldest first.
func (s *Server) Calls(path string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if c.Path == path {
			out = append(out, c)
		}
	}
	return out
}

// ServeHTTP answers as prepared, 404 where nothing is.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, r.URL.Query(), r.Header.Clone(), string(body)})
	reply := Reply{Status: http.StatusNotFound, Body: "<html>not here</html>"}
	if queue := s.replies[r.URL.Path]; len(queue) > 0 {
		reply = queue[0]
		if len(queue) > 1 {
			s.replies[r.URL.Path] = queue[1:]
		}
	}
	s.mu.Unlock()
	if reply.Lost {
		panic(http.ErrAbortHandler)
	}
	for k, v := range reply.Header {
		w.Header().Set(k, v)
	}
	if reply.Status != 0 {
		w.WriteHeader(reply.Status)
	}
	_, _ = io.WriteString(w, reply.Body)
}

// RequireFailure asserts that err is a classified delivery failure of that reason which tells none
// of the secrets, and returns it.
func RequireFailure(t testing.TB, err error, reason notify.Reason, secrets ...string) *notify.Error {
	t.Helper()
	require.Error(t, err)
	var e *notify.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, reason, e.Reason, "%v", err)
	for next := err; next != nil; next = errors.Unwrap(next) {
		for _, secret := range secrets {
			require.False(t, strings.Contains(next.Error(), secret), "the error tells a secret: %v", next)
		}
	}
	return e
}
