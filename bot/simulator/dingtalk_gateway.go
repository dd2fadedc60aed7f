package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The topics and limits of the Stream gateway.
const (
	TopicBotMessage = "/v1.0/im/bot/messages/get"
	TopicCard       = "/v1.0/card/instances/callback"

	ticketLife      = 90 * time.Second
	maxConnections  = 50
	pingEvery       = 20 * time.Second
	clickLimit      = 2 * time.Second  // of a card callback's answer
	clickPatience   = 10 * time.Second // how long a late answer is still waited for, to be logged
	disconnectPause = 10 * time.Second // between the disconnect frame and the cut
)

// ErrNotConnected is returned for a push while no connection is subscribed to its topic: the
// message is lost.
var ErrNotConnected = errors.New("no Stream connection for this topic")

// gateway keeps the Stream connections.
type gateway struct {
	sim     *Simulator
	mu      sync.Mutex
	tickets map[string]ticket
	streams map[string]*stream
	changed chan struct{} // closed and replaced when streams change
	acks    []Ack
	flaws   []string
	pongs   bool
}

// ticket opens one connection.
type ticket struct {
	issued time.Time
	topics map[string]bool // "CALLBACK /v1.0/…"
}

// stream is one live connection.
type stream struct {
	id      string
	conn    *websocket.Conn
	topics  map[string]bool
	write   sync.Mutex
	leaving bool                // a disconnect frame went out: nothing is pushed any more
	waiting map[string]chan Ack // by messageId
}

// Ack is what a client said to one frame.
type Ack struct {
	Topic      string
	MessageID  string
	Connection string
	Code       int
	Message    string
	Data       string
	Latency    time.Duration // on the real clock
}

// frame is one downstream frame. Header values are strings without exception.
type frame struct {
	SpecVersion string            `json:"specVersion"`
	Type        string            `json:"type"`
	Headers     map[string]string `json:"headers"`
	Data        string            `json:"data"`
}

func (g *gateway) init(s *Simulator) {
	g.sim, g.pongs = s, true
	g.tickets, g.streams = make(map[string]ticket), make(map[string]*stream)
	g.changed = make(chan struct{})
}

// openConnection is POST /v1.0/gateway/connections/open. Without "Accept: application/json" the
// answer is XML.
func (d *DingTalk) openConnection(c *apiCall) answer {
	var in struct {
		ClientID      string `json:"clientId" need:""`
		ClientSecret  string `json:"clientSecret" need:""`
		Subscriptions []struct {
			Type  string `json:"type" need:""`
			Topic string `json:"topic" need:""`
		} `json:"subscriptions" need:""`
		UA      string          `json:"ua"`
		LocalIP string          `json:"localIp"`
		Extras  json.RawMessage `json:"extras"`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if in.ClientID != d.cred.ClientID || in.ClientSecret != d.cred.ClientSecret {
		return d.fail(http.StatusUnauthorized, "authFailed", "鉴权失败")
	}
	t := ticket{issued: c.now, topics: make(map[string]bool)}
	for _, s := range in.Subscriptions {
		known := s.Type == "SYSTEM" || s.Type == "CALLBACK" || (s.Type == "EVENT" && s.Topic == "*")
		if !known {
			return d.bad(param("param.error", "subscription %s %s", s.Type, s.Topic))
		}
		t.topics[s.Type+" "+s.Topic] = true
	}
	g := &d.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.streams) >= maxConnections {
		return d.fail(http.StatusTooManyRequests, "connectionLimit", "more than %d connections", maxConnections)
	}
	key := d.sim.word(40)
	g.tickets[key] = t
	endpoint := "ws" + strings.TrimPrefix(d.sim.DingTalkURL(), "http") + "/connect"
	if !strings.Contains(c.Header.Get("Accept"), "application/json") && !strings.Contains(c.Header.Get("Accept"), "*/*") {
		return answer{
			status: http.StatusOK, header: http.Header{"Content-Type": {"application/xml"}},
			body: fmt.Appendf(nil, "<OpenConnectionResponse><endpoint>%s</endpoint><ticket>%s</ticket></OpenConnectionResponse>", endpoint, key),
		}
	}
	return jsonAnswer(map[string]any{"endpoint": endpoint, "ticket": key})
}

// connect is the WebSocket endpoint.
func (d *DingTalk) connect(w http.ResponseWriter, r *http.Request) {
	g := &d.gate
	entry := Call{At: d.sim.now(), Platform: PlatformDingTalk, Method: "WS", Path: r.URL.Path, Query: r.URL.RawQuery}
	key := r.URL.Query().Get("ticket")
	g.mu.Lock()
	t, is := g.tickets[key]
	delete(g.tickets, key)
	g.mu.Unlock()
	if !is || d.sim.now().Sub(t.issued) > ticketLife || d.sim.hosts[PlatformDingTalk].listener.mode() != Up {
		entry.Status, entry.Code = http.StatusUnauthorized, "ticket"
		d.sim.record(entry)
		http.Error(w, "invalid ticket", http.StatusUnauthorized)
		return
	}
	conn, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	s := &stream{id: d.sim.word(16), conn: conn, topics: t.topics, waiting: make(map[string]chan Ack)}
	conn.SetPingHandler(func(text string) error {
		g.mu.Lock()
		answer := g.pongs
		g.mu.Unlock()
		if !answer {
			return nil
		}
		return conn.WriteControl(websocket.PongMessage, []byte(text), realNow().Add(time.Second))
	})
	g.mu.Lock()
	g.streams[s.id] = s
	g.signal()
	g.mu.Unlock()
	entry.Status = http.StatusSwitchingProtocols
	entry.Code = "0"
	d.sim.record(entry)
	done := make(chan struct{})
	d.sim.served.run(func() { g.keepAlive(s, done) })
	g.read(s)
	close(done)
}

// signal wakes those who wait for a change of the connections. The caller holds the lock.
func (g *gateway) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// keepAlive pings s now and then until done.
func (g *gateway) keepAlive(s *stream, done <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			g.ping(s)
		}
	}
}

// ping sends a system ping; the answer is checked where it arrives.
func (g *gateway) ping(s *stream) {
	opaque := g.sim.word(16)
	_, _ = g.send(g.sim.life, s, "SYSTEM", "ping", `{"opaque":"`+opaque+`"}`, nil, func(a Ack) {
		var got struct {
			Opaque string `json:"opaque"`
		}
		if err := json.Unmarshal([]byte(a.Data), &got); err != nil || got.Opaque != opaque {
			g.complain("the answer to a ping lacks its opaque: %s", a.Data)
		}
	})
}

// read takes the frames of s until the connection ends.
func (g *gateway) read(s *stream) {
	defer func() {
		g.mu.Lock()
		delete(g.streams, s.id)
		for _, ch := range s.waiting {
			close(ch)
		}
		s.waiting = make(map[string]chan Ack)
		g.signal()
		g.mu.Unlock()
		_ = s.conn.Close()
	}()
	for {
		kind, text, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		var up struct {
			Code    int               `json:"code"`
			Message string            `json:"message"`
			Headers map[string]string `json:"headers"`
			Data    json.RawMessage   `json:"data"`
		}
		if kind != websocket.TextMessage {
			g.complain("a frame that is no text")
			continue
		}
		if err := json.Unmarshal(text, &up); err != nil {
			g.complain("unreadable frame: %v", err)
			continue
		}
		a := Ack{MessageID: up.Headers["messageId"], Connection: s.id, Code: up.Code, Message: up.Message}
		if err := json.Unmarshal(up.Data, &a.Data); err != nil && len(up.Data) > 0 {
			g.complain("data of an acknowledgement is no string: %s", up.Data)
			continue
		}
		g.mu.Lock()
		ch := s.waiting[a.MessageID]
		delete(s.waiting, a.MessageID)
		g.mu.Unlock()
		if ch == nil {
			g.complain("acknowledgement of an unknown or acknowledged message %q", a.MessageID)
			continue
		}
		ch <- a
	}
}

func (g *gateway) complain(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flaws = append(g.flaws, fmt.Sprintf(format, args...))
}

// Push is what became of one frame.
type Push struct {
	// MsgID is the message's own id, for bot messages.
	MsgID string
	// Held is true when the message waits for [Simulator.Release].
	Held bool
	// Acked is true when the client answered, with any code.
	Acked bool
	// Late is true for a card click that was not answered within 2 s.
	Late bool
	Ack  Ack
	// Copies are the further deliveries of the same message that [DeliveryPolicy] asks for.
	Copies []Push
	// Err is why nothing was pushed, or what was wrong with the answer.
	Err error
}

// OK tells whether the client took the frame and all its copies.
func (p Push) OK() bool {
	for _, c := range p.Copies {
		if !c.OK() {
			return false
		}
	}
	return p.Err == nil && p.Acked && p.Ack.Code == http.StatusOK && !p.Late
}

// choose returns a random live connection that is subscribed to the topic.
func (g *gateway) choose(kind, topic string) *stream {
	g.mu.Lock()
	var fit []*stream
	for _, id := range sortedKeys(g.streams) {
		if s := g.streams[id]; !s.leaving && s.topics[kind+" "+topic] {
			fit = append(fit, s)
		}
	}
	g.mu.Unlock()
	if len(fit) == 0 {
		return nil
	}
	return fit[g.sim.pick(len(fit))]
}

// push sends a frame to one connection at random and waits at most limit for the answer.
func (g *gateway) push(ctx context.Context, kind, topic, data string, headers map[string]string, limit time.Duration) Push {
	subscribed := topic
	if kind == "EVENT" {
		subscribed = "*"
	}
	s := g.choose(kind, subscribed)
	if s == nil {
		return Push{Err: ErrNotConnected}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a, err := g.send(ctx, s, kind, topic, data, headers, nil)
	if err != nil {
		return Push{Err: err, Ack: Ack{Connection: s.id, Topic: topic}}
	}
	return Push{Acked: true, Ack: a}
}

// send sends one frame on s. With then, it returns at once and then is called with the answer, if
// one comes; else it waits for the answer.
func (g *gateway) send(ctx context.Context, s *stream, kind, topic, data string, headers map[string]string, then func(Ack)) (Ack, error) {
	id := g.sim.hex(32)
	f := frame{SpecVersion: "1.0", Type: kind, Data: data, Headers: map[string]string{
		"topic": topic, "messageId": id, "contentType": "application/json", "appId": g.sim.cred.DingTalk.ClientID,
		"connectionId": s.id, "time": strconv.FormatInt(g.sim.now().UnixMilli(), 10),
	}}
	maps.Copy(f.Headers, headers)
	text, err := json.Marshal(f)
	if err != nil {
		return Ack{}, err
	}
	took := stopwatch()
	ch := make(chan Ack, 1)
	g.mu.Lock()
	s.waiting[id] = ch
	g.mu.Unlock()
	s.write.Lock()
	err = s.conn.WriteMessage(websocket.TextMessage, text)
	s.write.Unlock()
	if err != nil {
		return Ack{}, fmt.Errorf("write frame: %w", err)
	}
	wait := func(ctx context.Context) (Ack, error) {
		var a Ack
		var open bool
		select {
		case a, open = <-ch:
		case <-ctx.Done():
		}
		a.Topic, a.Latency, a.MessageID, a.Connection = topic, took(), id, s.id
		entry := Call{
			At: g.sim.now(), Took: a.Latency, Platform: PlatformDingTalk, Outbound: true, Method: "WS", Path: topic,
			Request: data, Response: a.Data, Status: a.Code,
		}
		g.sim.record(entry)
		if !open {
			return a, fmt.Errorf("no acknowledgement of %s after %s", topic, a.Latency.Round(time.Millisecond))
		}
		g.mu.Lock()
		g.acks = append(g.acks, a)
		g.mu.Unlock()
		return a, nil
	}
	if then == nil {
		return wait(ctx)
	}
	g.sim.served.run(func() {
		ctx, cancel := context.WithTimeout(ctx, clickPatience)
		defer cancel()
		if a, err := wait(ctx); err == nil {
			then(a)
		} else {
			g.complain("%s: %v", topic, err)
		}
	})
	return Ack{}, nil
}

// Acks returns every acknowledgement so far.
func (d *DingTalk) Acks() []Ack {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	return append([]Ack(nil), d.gate.acks...)
}

// Flaws returns what clients of the gateway did wrong so far: unreadable frames, unknown
// acknowledgements, unanswered pings.
func (d *DingTalk) Flaws() []string {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	return append([]string(nil), d.gate.flaws...)
}

// Connections returns the number of live Stream connections.
func (d *DingTalk) Connections() int {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	return len(d.gate.streams)
}

// WaitConnections blocks until exactly n connections are live.
func (d *DingTalk) WaitConnections(ctx context.Context, n int) error {
	for {
		d.gate.mu.Lock()
		have, changed := len(d.gate.streams), d.gate.changed
		d.gate.mu.Unlock()
		if have == n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d Stream connections, want %d: %w", have, n, ctx.Err())
		}
	}
}

// Ping sends a system ping on every connection. A wrong answer shows in [DingTalk.Flaws].
func (d *DingTalk) Ping() {
	for _, s := range d.gate.live() {
		d.gate.ping(s)
	}
}

func (g *gateway) live() []*stream {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []*stream
	for _, id := range sortedKeys(g.streams) {
		out = append(out, g.streams[id])
	}
	return out
}

// AnswerPongs turns the answers to the client's WebSocket pings on, as at first, or off.
func (d *DingTalk) AnswerPongs(on bool) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	d.gate.pongs = on
}

// Disconnect asks every connection to leave, as the platform regularly does: a disconnect frame,
// silence of 10 s, then the cut. It returns at once.
func (d *DingTalk) Disconnect() {
	for _, s := range d.gate.live() {
		id := d.sim.hex(32)
		d.gate.mu.Lock()
		s.leaving = true
		s.waiting[id] = make(chan Ack, 1) // some clients acknowledge it, and may
		d.gate.mu.Unlock()
		text, err := json.Marshal(frame{
			SpecVersion: "1.0", Type: "SYSTEM", Data: `{"reason":"persistent connection is timeout"}`,
			Headers: map[string]string{
				"topic": "disconnect", "messageId": id, "contentType": "application/json",
				"time": strconv.FormatInt(d.sim.now().UnixMilli(), 10), "connectionId": s.id,
			},
		})
		if err != nil {
			panic(err) // strings only
		}
		s.write.Lock()
		_ = s.conn.WriteMessage(websocket.TextMessage, text)
		s.write.Unlock()
		d.sim.served.run(func() {
			sleep(d.sim.life, disconnectPause)
			reset(s.conn.UnderlyingConn())
		})
	}
}

// CutConnections cuts every connection without a word.
func (d *DingTalk) CutConnections() {
	for _, s := range d.gate.live() {
		reset(s.conn.UnderlyingConn())
	}
}

func (d *DingTalk) closeAll() { d.CutConnections() }

// PushRaw sends a frame with any data, for what no person could cause: forged card callbacks,
// unknown topics. headers replace the usual ones. limit is how long the answer is waited for.
func (d *DingTalk) PushRaw(ctx context.Context, topic, data string, headers map[string]string, limit time.Duration) Push {
	s := d.gate.choose("CALLBACK", TopicBotMessage)
	if s == nil {
		return Push{Err: ErrNotConnected}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a, err := d.gate.send(ctx, s, "CALLBACK", topic, data, headers, nil)
	return Push{Acked: err == nil, Ack: a, Err: err}
}

// PushEvent sends an event such as user_leave_org, again as often as [DeliveryPolicy].Resend says
// while it is unanswered or answered LATER.
func (d *DingTalk) PushEvent(ctx context.Context, eventType string, body any) Push {
	data, err := json.Marshal(body)
	if err != nil {
		return Push{Err: err}
	}
	headers := map[string]string{
		"eventType": eventType, "eventId": d.sim.hex(32), "eventCorpId": d.cred.CorpID,
		"eventBornTime": strconv.FormatInt(d.sim.now().UnixMilli(), 10), "eventUnifiedAppId": d.sim.hex(32),
	}
	policy, _ := d.sim.dist.now()
	var p Push
	for try := 0; try <= policy.Resend; try++ {
		if try > 0 && !sleep(ctx, policy.Pause) {
			return p
		}
		p = d.gate.push(ctx, "EVENT", "*", string(data), headers, policy.Timeout)
		var status struct {
			Status string `json:"status"`
		}
		if p.Err == nil {
			_ = json.Unmarshal([]byte(p.Ack.Data), &status) // anything else is no SUCCESS
		}
		if status.Status == "SUCCESS" {
			return p
		}
		if p.Err == nil {
			p.Err = fmt.Errorf("event answered %q", status.Status)
		}
	}
	return p
}
