package simulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DeliveryPolicy is how the platforms deliver to the server.
type DeliveryPolicy struct {
	// Timeout is how long a callback may take before its connection is dropped; 5 s.
	Timeout time.Duration
	// Resend is how often a failed callback is sent again; the documentation leaves open whether it
	// is 3 or 2.
	Resend int
	// Pause lies between a failed attempt and the next; its real length is not documented.
	Pause time.Duration
	// Copies is how often each message is delivered, with the same content; 1.
	Copies int
	// Parallel delivers the copies at the same time.
	Parallel bool
	// SameEnvelope repeats timestamp, nonce and ciphertext in later attempts and copies.
	SameEnvelope bool
}

// DefaultDeliveryPolicy is the documented behaviour, with one second between attempts.
func DefaultDeliveryPolicy() DeliveryPolicy {
	return DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: time.Second, Copies: 1}
}

// SetDeliveryPolicy sets how messages go in from now on, on all platforms.
func (s *Simulator) SetDeliveryPolicy(p DeliveryPolicy) {
	s.dist.mu.Lock()
	defer s.dist.mu.Unlock()
	s.dist.policy = p
}

// SetCallbacks tells where the server under test listens, such as "http://127.0.0.1:8080"; the
// paths below it are those of the server's contract: /callback/wecom, /callback/kf,
// /callback/service-account.
func (s *Simulator) SetCallbacks(base string) {
	s.dist.mu.Lock()
	defer s.dist.mu.Unlock()
	s.dist.base = strings.TrimSuffix(base, "/")
}

// Order is the order in which held messages go in.
type Order int

// The orders of [Simulator.Release].
const (
	InOrder Order = iota
	Reversed
	Shuffled
)

// Hold keeps messages of people back until [Simulator.Release]. Their calls return at once with a
// [Delivery] or [Push] that is Held.
func (s *Simulator) Hold() {
	s.dist.mu.Lock()
	defer s.dist.mu.Unlock()
	s.dist.holding = true
}

// Release delivers what was held, one after the other in the given order.
func (s *Simulator) Release(ctx context.Context, o Order) {
	s.dist.mu.Lock()
	held := s.dist.held
	s.dist.held, s.dist.holding = nil, false
	s.dist.mu.Unlock()
	switch o {
	case Reversed:
		slices.Reverse(held)
	case Shuffled:
		for i := len(held) - 1; i > 0; i-- {
			j := s.pick(i + 1)
			held[i], held[j] = held[j], held[i]
		}
	case InOrder:
	}
	for _, send := range held {
		send(ctx)
	}
}

// distributor is what all deliveries share.
type distributor struct {
	mu      sync.Mutex
	policy  DeliveryPolicy
	base    string
	holding bool
	held    []func(context.Context)
}

func (d *distributor) now() (DeliveryPolicy, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy, d.base
}

// hold keeps send back if the simulator holds messages now.
func (d *distributor) hold(send func(context.Context)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holding {
		d.held = append(d.held, send)
	}
	return d.holding
}

// Delivery is what became of one message to a callback.
type Delivery struct {
	// MsgID is the message's own id; empty for events that have none.
	MsgID string
	// Accepted is true when every copy got its 200 in time.
	Accepted bool
	// Held is true when the message waits for [Simulator.Release].
	Held     bool
	Attempts []Attempt
	// Reply is the decrypted passive reply that was applied, empty if there was none.
	Reply string
	// Err is why nothing was delivered ([ErrNobody], [ErrNotOnScreen], [ErrNoCallbacks]), or what
	// was wrong with the reply.
	Err error
}

// Attempt is one HTTP request of a [Delivery].
type Attempt struct {
	Status  int           // 0 when there was no answer in time
	Body    string        // as it came
	Latency time.Duration // on the real clock
	Err     string
}

// ErrNoCallbacks is returned while [Simulator.SetCallbacks] has not been called.
var ErrNoCallbacks = errors.New("no address of callbacks is set")

// Tamper is a way to spoil an envelope.
type Tamper int

// The ways to spoil an envelope. All but FullPadding must be refused by the receiver.
const (
	_                Tamper = iota
	BadSignature            // signed with another token
	ForeignReceiver         // encrypted for another company
	ForeignKey              // encrypted with another key, signature right
	Truncated               // the ciphertext lacks its last half
	OversizedLength         // the length field exceeds the text
	StaleTimestamp          // signed 11 minutes ago
	FutureTimestamp         // signed 11 minutes ahead
	BrokenXML               // the envelope is no XML
	BrokenContent           // well signed, but what is inside is no XML
	EntityBomb              // the envelope defines nested entities
	HugeBody                // more than 1 MiB
	MissingSignature        // no signature in the query
	FullPadding             // a correct message with the longest padding, 32 bytes
)

// SendOption changes what a person's act sends.
type SendOption func(*sending)

type sending struct {
	at        time.Time
	tamper    Tamper
	forced    bool
	selected  []Selection
	quote     string
	chat      string
	recognise string
	shape     ClickShape
}

// At gives the message's own time (CreateTime, send_time, createAt); by default it is the
// platforms' clock. The envelope is signed at the platforms' clock in any case.
func At(t time.Time) SendOption { return func(s *sending) { s.at = t } }

// Tampered spoils the envelope. It is sent once, whatever the answer.
func Tampered(t Tamper) SendOption { return func(s *sending) { s.tamper = t } }

// Forced presses a button that is not, or no longer, on the person's screen.
func Forced() SendOption { return func(s *sending) { s.forced = true } }

// Selecting gives what a person chose in a WeCom card before pressing its button.
func Selecting(questionKey string, optionIDs ...string) SendOption {
	return func(s *sending) {
		s.selected = append(s.selected, Selection{QuestionKey: questionKey, OptionIDs: optionIDs})
	}
}

func (s *Simulator) sending(opts []SendOption) sending {
	set := sending{at: s.now()}
	for _, o := range opts {
		o(&set)
	}
	return set
}

// envelope wraps and unwraps the messages of one callback.
type envelope interface {
	// wrap returns query and body of a delivery.
	wrap(msg []byte, stamp time.Time, t Tamper) (url.Values, []byte)
	// unwrap returns the passive reply in the body of an answer, nil if there is none.
	unwrap(body []byte) ([]byte, error)
	// check answers a GET that verifies the URL: its query, and the text that must come back.
	check(stamp time.Time) (url.Values, string)
}

// callback is one callback URL of the server.
type callback struct {
	sim      *Simulator
	platform Platform
	path     string
	envelope envelope
}

// deliver sends msg by the policy in force. apply is called at most once, with the first passive
// reply.
func (cb *callback) deliver(ctx context.Context, msgID string, msg []byte, set sending, apply func([]byte) error) Delivery {
	policy, base := cb.sim.dist.now()
	if base == "" {
		return Delivery{MsgID: msgID, Err: ErrNoCallbacks}
	}
	if set.tamper != 0 {
		policy.Resend, policy.Copies = 0, 1
	}
	one := sealed{cb: cb, base: base, msg: msg, set: set, policy: policy}
	if policy.SameEnvelope {
		one.query, one.body = cb.envelope.wrap(msg, cb.sim.now(), set.tamper)
	}
	copies := make([]Delivery, max(1, policy.Copies))
	if policy.Parallel {
		var wg sync.WaitGroup
		for i := range copies {
			wg.Go(func() { copies[i] = one.send(ctx) })
		}
		wg.Wait()
	} else {
		for i := range copies {
			copies[i] = one.send(ctx)
		}
	}
	d := Delivery{MsgID: msgID, Accepted: true}
	for _, c := range copies {
		d.Attempts = append(d.Attempts, c.Attempts...)
		d.Accepted = d.Accepted && c.Accepted
		if d.Err == nil {
			d.Err = c.Err
		}
		if d.Reply == "" && c.Reply != "" && d.Err == nil {
			d.Reply = c.Reply
			d.Err = apply([]byte(c.Reply))
		}
	}
	return d
}

// sealed is one message on its way, with the envelope that all its attempts share, if they do.
type sealed struct {
	cb     *callback
	base   string
	msg    []byte
	set    sending
	policy DeliveryPolicy
	query  url.Values
	body   []byte
}

// send makes one delivery: an attempt, and others while they fail.
func (m sealed) send(ctx context.Context) Delivery {
	var d Delivery
	for try := 0; try <= m.policy.Resend; try++ {
		if try > 0 && !sleep(ctx, m.policy.Pause) {
			return d
		}
		a, reply, err := m.attempt(ctx)
		d.Attempts = append(d.Attempts, a)
		if a.Status == http.StatusOK {
			d.Accepted, d.Reply, d.Err = true, string(reply), err
			return d
		}
	}
	return d
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt makes one request. err tells what was wrong with the passive reply.
func (m sealed) attempt(ctx context.Context) (a Attempt, reply []byte, err error) {
	query, body := m.query, m.body
	if query == nil {
		query, body = m.cb.envelope.wrap(m.msg, m.cb.sim.now(), m.set.tamper)
	}
	a = m.cb.request(ctx, m.policy.Timeout, http.MethodPost, m.base, query, body, string(m.msg))
	if a.Status == http.StatusOK {
		reply, err = m.cb.envelope.unwrap([]byte(a.Body))
	}
	return a, reply, err
}

// request makes one HTTP request and logs it; content is what the log shows as the request.
func (cb *callback) request(ctx context.Context, limit time.Duration, method, base string, query url.Values, body []byte, content string) Attempt {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	took := stopwatch()
	entry := Call{At: cb.sim.now(), Platform: cb.platform, Outbound: true, Method: method, Path: cb.path, Request: content}
	a := func() Attempt {
		req, err := http.NewRequestWithContext(ctx, method, base+cb.path+"?"+query.Encode(), bytes.NewReader(body))
		if err != nil {
			return Attempt{Err: err.Error()}
		}
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "text/xml")
		}
		resp, err := cb.sim.client.Do(req)
		if err != nil {
			return Attempt{Err: strings.ReplaceAll(err.Error(), query.Encode(), "…")}
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil {
			return Attempt{Err: err.Error()}
		}
		return Attempt{Status: resp.StatusCode, Body: string(answer)}
	}()
	a.Latency = took()
	entry.Took, entry.Status, entry.Response = a.Latency, a.Status, a.Body+a.Err
	if reply, err := cb.envelope.unwrap([]byte(a.Body)); err == nil && method == http.MethodPost && len(reply) > 0 {
		entry.Response = string(reply)
	}
	cb.sim.record(entry)
	return a
}

// verify makes the GET that an administrator's "save" makes and checks its answer: status 200
// within one second, and exactly the text expected.
func (cb *callback) verify(ctx context.Context) error {
	_, base := cb.sim.dist.now()
	if base == "" {
		return ErrNoCallbacks
	}
	query, want := cb.envelope.check(cb.sim.now())
	a := cb.request(ctx, time.Second, http.MethodGet, base, query, nil, "")
	if a.Status != http.StatusOK || a.Body != want {
		return fmt.Errorf("verify %s: status %d, %d bytes instead of the echo (%s)", cb.path, a.Status, len(a.Body), a.Err)
	}
	return nil
}

// workEnvelope is that of WeCom and 微信客服: encrypted XML.
type workEnvelope struct {
	sim     *Simulator
	box     *Box
	corpID  string
	agentID string // empty for callbacks that belong to no app
}

func (e workEnvelope) wrap(msg []byte, stamp time.Time, t Tamper) (url.Values, []byte) {
	secret, ts, nonce := spoilt(e.sim, e.box, msg, stamp, t)
	var x xmlWriter
	x.raw("<xml>")
	x.cdata("ToUserName", e.corpID)
	x.cdata("AgentID", e.agentID)
	x.cdata("Encrypt", secret)
	x.raw("</xml>")
	q := url.Values{"timestamp": {ts}, "nonce": {nonce}, "msg_signature": {e.box.Signature(ts, nonce, secret)}}
	return finish(e.sim, q, x.bytes(), "msg_signature", t)
}

func (e workEnvelope) unwrap(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	return openReply(e.box, body)
}

func (e workEnvelope) check(stamp time.Time) (url.Values, string) {
	want := e.sim.word(16)
	secret, ts, nonce := spoilt(e.sim, e.box, []byte(want), stamp, 0)
	return url.Values{
		"timestamp": {ts}, "nonce": {nonce}, "echostr": {secret},
		"msg_signature": {e.box.Signature(ts, nonce, secret)},
	}, want
}

// openReply opens the encrypted passive reply in body and checks all of it.
func openReply(box *Box, body []byte) ([]byte, error) {
	var out struct {
		Encrypt      string `xml:"Encrypt"`
		MsgSignature string `xml:"MsgSignature"`
		TimeStamp    string `xml:"TimeStamp"`
		Nonce        string `xml:"Nonce"`
	}
	if err := xml.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("passive reply is neither empty nor an envelope: %w", err)
	}
	if out.Encrypt == "" || out.Nonce == "" {
		return nil, errors.New("passive reply without Encrypt or Nonce")
	}
	if _, err := strconv.ParseInt(out.TimeStamp, 10, 64); err != nil {
		return nil, fmt.Errorf("passive reply: TimeStamp %q", out.TimeStamp)
	}
	if out.MsgSignature != box.Signature(out.TimeStamp, out.Nonce, out.Encrypt) {
		return nil, errors.New("passive reply: wrong MsgSignature")
	}
	msg, err := box.Decrypt(out.Encrypt)
	if err != nil {
		return nil, fmt.Errorf("passive reply: %w", err)
	}
	return msg, nil
}

// spoilt encrypts msg, with the flaw t asks for, and returns the ciphertext, timestamp and nonce.
func spoilt(s *Simulator, box *Box, msg []byte, stamp time.Time, t Tamper) (secret, ts, nonce string) {
	random := s.word(16)
	switch t {
	case StaleTimestamp:
		stamp = stamp.Add(-11 * time.Minute)
	case FutureTimestamp:
		stamp = stamp.Add(11 * time.Minute)
	case BrokenContent:
		msg = []byte("<xml><MsgType><![CDATA[text]]></MsgTyp")
	case FullPadding:
		for (16+4+len(msg)+len(box.receiver))%padBlock != 0 {
			msg = append(msg, ' ')
		}
	default:
	}
	switch t {
	case ForeignReceiver:
		secret = box.seal(layout(random, uint32(len(msg)), msg, "ww0000000000000000")) //nolint:gosec // small
	case OversizedLength:
		secret = box.seal(layout(random, uint32(len(msg)+1<<20), msg, box.receiver)) //nolint:gosec // small
	case ForeignKey:
		secret = mustBox(box.token, s.aesKey(), box.receiver).Encrypt(random, msg)
	case Truncated:
		whole, _ := base64.StdEncoding.DecodeString(box.Encrypt(random, msg))
		secret = base64.StdEncoding.EncodeToString(whole[:len(whole)/2])
	default:
		secret = box.Encrypt(random, msg)
	}
	return secret, strconv.FormatInt(stamp.Unix(), 10), s.draw(10, "0123456789")
}

// finish spoils what surrounds the ciphertext.
func finish(s *Simulator, q url.Values, body []byte, signature string, t Tamper) (url.Values, []byte) {
	switch t {
	case BadSignature:
		q.Set(signature, s.hex(40))
	case MissingSignature:
		q.Del(signature)
	case BrokenXML:
		body = body[:len(body)-len("crypt></xml>")]
	case EntityBomb:
		body = append([]byte(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`), body...)
	case HugeBody:
		body = append(body, bytes.Repeat([]byte(" "), 1<<20)...)
	default:
	}
	return q, body
}

// xmlWriter writes the platforms' flat XML.
type xmlWriter struct{ b bytes.Buffer }

func (x *xmlWriter) raw(text string) { x.b.WriteString(text) }

func (x *xmlWriter) cdata(name, text string) {
	text = strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>")
	fmt.Fprintf(&x.b, "<%s><![CDATA[%s]]></%s>", name, text, name)
}

func (x *xmlWriter) num(name string, n int64) { fmt.Fprintf(&x.b, "<%s>%d</%s>", name, n, name) }

func (x *xmlWriter) bytes() []byte { return bytes.Clone(x.b.Bytes()) }
