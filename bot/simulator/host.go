package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxBody bounds the body of a call: the largest upload with room to spare.
const maxBody = 32 << 20

// DownMode is how a host is away.
type DownMode int

// The ways of being away.
const (
	Up          DownMode = iota
	Refused              // connections are cut as soon as they open; those that are open are cut
	Unavailable          // HTTP 503 with a page that is no JSON
)

// host serves one platform on its own port.
type host struct {
	sim      *Simulator
	platform Platform
	address  string
	mux      *http.ServeMux
	server   *http.Server
	listener *gate
	shape    shape
}

// shape is how a platform words its errors.
type shape interface {
	// failure is the answer with an error code and its message.
	failure(c *apiCall, code, message string) answer
	// limited is the answer to an exceeded rate.
	limited(c *apiCall) answer
	// endToken ends the life of the token that came with the call; gone makes it unknown.
	endToken(c *apiCall, gone bool)
}

// apiCall is one call under way.
type apiCall struct {
	*http.Request
	body    []byte
	now     time.Time
	refused string // [DeliveryRefused]'s message
}

// answer is what a host says to a call.
type answer struct {
	status int
	header http.Header
	body   []byte
	code   string // the platform's error code; "" and "0" are success
}

// jsonAnswer is a success with v as its body.
func jsonAnswer(v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only the simulator's own values come here
	}
	return answer{
		status: http.StatusOK, body: body,
		header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
	}
}

func newHost(s *Simulator, p Platform, address string) *host {
	if address == "" {
		address = "127.0.0.1:0"
	}
	h := &host{sim: s, platform: p, address: address, mux: http.NewServeMux()}
	h.mux.HandleFunc("/", h.wrap(func(c *apiCall) answer {
		a := h.shape.failure(c, "404", "no such path: "+c.Method+" "+c.URL.Path)
		a.status = http.StatusNotFound
		return a
	}))
	return h
}

func (h *host) url() string {
	if h.listener == nil {
		return "http://" + h.address
	}
	return "http://" + h.listener.Addr().String()
}

func (h *host) start(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", h.address)
	if err != nil {
		return err
	}
	h.listener = &gate{Listener: l, open: make(map[net.Conn]struct{})}
	h.server = &http.Server{Handler: h.mux, ReadHeaderTimeout: 10 * time.Second}
	h.sim.served.run(func() {
		if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
			h.sim.log.Error("simulated host ended", "platform", h.platform, "error", err)
		}
	})
	return nil
}

func (h *host) close() {
	if h.server != nil {
		_ = h.server.Close()
		h.listener.set(Refused)
	}
}

func (h *host) setDown(m DownMode) {
	if h.listener != nil {
		h.listener.set(m)
	}
}

// waitQuiet waits until no connection is left. What stands in the listener's queue comes to light by a
// connection of our own, which stands behind it: it is no HTTP, so nothing but a refusal comes of it.
func (h *host) waitQuiet(ctx context.Context) error {
	last, err := new(net.Dialer).DialContext(ctx, "tcp", h.listener.Addr().String())
	if err != nil {
		return err
	}
	defer last.Close()
	if _, err := io.WriteString(last, "quiet\r\n\r\n"); err != nil {
		return err
	}
	if deadline, is := ctx.Deadline(); is {
		_ = last.SetReadDeadline(deadline)
	}
	if _, err := io.Copy(io.Discard, last); err != nil {
		return err
	}
	for h.listener.inUse() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// handle serves pattern ("POST /cgi-bin/…") with f.
func (h *host) handle(pattern string, f func(*apiCall) answer) {
	h.mux.HandleFunc(pattern, h.wrap(f))
}

// wrap makes an HTTP handler of f: log, planned trouble, being down.
func (h *host) wrap(f func(*apiCall) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		took := stopwatch()
		c := &apiCall{Request: r, now: h.sim.now()}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		c.body = body
		entry := Call{
			At: c.now, Platform: h.platform, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
			Request: printable(r.Header.Get("Content-Type"), body),
		}
		a, cut := h.run(c, f, &entry)
		entry.Took, entry.Status, entry.Code = took(), a.status, a.code
		entry.Response = printable(a.header.Get("Content-Type"), a.body)
		if cut {
			entry.Status = 0
		}
		h.sim.record(entry)
		if cut {
			cutConnection(w)
			return
		}
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
}

// run answers c with what is planned for it, or with f. cut asks for no answer at all.
func (h *host) run(c *apiCall, f func(*apiCall) answer, entry *Call) (a answer, cut bool) {
	if h.listener.mode() == Unavailable {
		return page(http.StatusServiceUnavailable), false
	}
	t, is := h.sim.fault.take(h.platform, c.Method, c.URL.Path)
	if !is {
		return f(c), false
	}
	entry.Fault = t.String()
	switch t.kind {
	case troubleExpired, troubleRevoked:
		h.shape.endToken(c, t.kind == troubleRevoked)
		return f(c), false
	case troubleRate:
		return h.shape.limited(c), false
	case troubleServer:
		return page(http.StatusInternalServerError), false
	case troubleSlow:
		a = f(c)
		select {
		case <-time.After(t.delay):
		case <-c.Context().Done():
		case <-h.sim.life.Done():
		}
		return a, false
	case troubleLost:
		return f(c), true
	case troubleCut:
		return answer{}, true
	case troubleError:
		return h.shape.failure(c, t.code, t.message), false
	case troubleBanned:
		a = jsonAnswer(map[string]any{"status": 1111, "wait": 5, "source": "x5", "punish": "deny"})
		a.status, a.code = http.StatusForbidden, "1111"
		return a, false
	case troubleRefused:
		c.refused = t.message
		return f(c), false
	default:
		return f(c), false
	}
}

// page is the answer of a gateway in front of the platform: no JSON.
func page(status int) answer {
	return answer{
		status: status, code: http.StatusText(status),
		header: http.Header{"Content-Type": {"text/html"}},
		body:   []byte("<html><body>" + http.StatusText(status) + "</body></html>"),
	}
}

// cutConnection ends the connection of w without an answer.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	reset(conn)
}

// printable returns body for the log, or a note where it is no text.
func printable(contentType string, body []byte) string {
	kind, _, _ := strings.Cut(contentType, ";")
	switch {
	case strings.HasPrefix(kind, "multipart/"), strings.HasPrefix(kind, "image/"), kind == "application/octet-stream":
		return "(" + kind + ")"
	case kind == "application/x-www-form-urlencoded":
		if text, err := url.QueryUnescape(string(body)); err == nil {
			return text
		}
		return string(body)
	default:
		return string(body)
	}
}

// gate is a listener that can turn everybody away.
type gate struct {
	net.Listener
	mu   sync.Mutex
	down DownMode
	open map[net.Conn]struct{}
}

func (g *gate) mode() DownMode {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down
}

func (g *gate) inUse() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.open) > 0
}

// set changes the mode; Refused cuts what is open.
func (g *gate) set(m DownMode) {
	g.mu.Lock()
	g.down = m
	var cut []net.Conn
	if m == Refused {
		for c := range g.open {
			cut = append(cut, c)
		}
	}
	g.mu.Unlock()
	for _, c := range cut {
		reset(c)
	}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		if g.down == Refused {
			g.mu.Unlock()
			reset(conn)
			continue
		}
		c := &gatedConn{Conn: conn, gate: g}
		g.open[c] = struct{}{}
		g.mu.Unlock()
		return c, nil
	}
}

// gatedConn is a connection that its gate can cut.
type gatedConn struct {
	net.Conn
	gate *gate
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// reset closes c so that the peer sees a reset.
func reset(c net.Conn) {
	inner := c
	if g, is := c.(*gatedConn); is {
		inner = g.Conn
	}
	if t, is := inner.(*net.TCPConn); is {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
