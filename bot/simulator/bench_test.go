package simulator_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// got is one callback that reached the server.
type got struct {
	path  string
	query url.Values
	body  string // as it came
	plain string // decrypted; empty if that failed
}

// bench is a simulator, its clock, and a server that takes its callbacks.
type bench struct {
	t     *testing.T
	sim   *simulator.Simulator
	cred  simulator.Credentials
	clock *clock

	mu     sync.Mutex
	got    []got
	answer func(w http.ResponseWriter, g got)
	client *http.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: &clock{t: time.Date(2026, 3, 11, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))}, client: &http.Client{}}
	b.sim = simulator.New(simulator.Options{Now: b.clock.now, Seed: 7})
	require.NoError(t, b.sim.Start())
	t.Cleanup(b.sim.Close)
	b.cred = b.sim.Credentials()
	b.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: time.Millisecond, Copies: 1})
	server := httptest.NewServer(http.HandlerFunc(b.take))
	t.Cleanup(server.Close)
	b.sim.SetCallbacks(server.URL)
	return b
}

// box returns the keys of the callback at path.
func (b *bench) box(path string) *simulator.Box {
	token, key, id := b.cred.WeCom.Token, b.cred.WeCom.AESKey, b.cred.WeCom.CorpID
	switch path {
	case "/callback/kf":
		token, key = b.cred.WeCom.KF.Token, b.cred.WeCom.KF.AESKey
	case "/callback/service-account":
		token, key, id = b.cred.ServiceAccount.Token, b.cred.ServiceAccount.AESKey, b.cred.ServiceAccount.AppID
	}
	box, err := simulator.NewBox(token, key, id)
	require.NoError(b.t, err)
	return box
}

// take is the server under test: it verifies, decrypts, keeps and answers.
func (b *bench) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g := got{path: r.URL.Path, query: r.URL.Query(), body: string(body)}
	box := b.box(g.path)
	q := g.query
	if r.Method == http.MethodGet {
		if q.Get("msg_signature") == "" {
			_, _ = io.WriteString(w, q.Get("echostr"))
			return
		}
		plain, err := box.Decrypt(q.Get("echostr"))
		if err != nil || box.Signature(q.Get("timestamp"), q.Get("nonce"), q.Get("echostr")) != q.Get("msg_signature") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write(plain)
		return
	}
	var envelope struct {
		Encrypt string `xml:"Encrypt"`
	}
	if xml.Unmarshal(body, &envelope) == nil && envelope.Encrypt != "" &&
		box.Signature(q.Get("timestamp"), q.Get("nonce"), envelope.Encrypt) == q.Get("msg_signature") {
		if plain, err := box.Decrypt(envelope.Encrypt); err == nil {
			g.plain = string(plain)
		}
	}
	b.mu.Lock()
	b.got = append(b.got, g)
	answer := b.answer
	b.mu.Unlock()
	if answer != nil {
		answer(w, g)
	}
}

// reply lets the server answer with f from now on.
func (b *bench) reply(f func(w http.ResponseWriter, g got)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// passive lets the server answer every callback with the encrypted reply inner, which is wrapped
// in the names that the received message asks for.
func (b *bench) passive(inner string) {
	b.reply(func(w http.ResponseWriter, g got) {
		box := b.box(g.path)
		msg := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>1</CreateTime>%s</xml>",
			tag(g.plain, "FromUserName"), tag(g.plain, "ToUserName"), inner)
		_, _ = io.WriteString(w, wrapReply(box, msg))
	})
}

func wrapReply(box *simulator.Box, msg string) string {
	secret := box.Encrypt("0123456789abcdef", []byte(msg))
	return fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>",
		secret, box.Signature("1700000000", "n", secret))
}

// received returns the callbacks so far.
func (b *bench) received() []got {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]got(nil), b.got...)
}

// last returns the newest callback, decrypted.
func (b *bench) last() string {
	all := b.received()
	require.NotEmpty(b.t, all)
	return all[len(all)-1].plain
}

// tag returns the text of an element of flat XML.
func tag(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return strings.TrimSuffix(strings.TrimPrefix(value, "<![CDATA["), "]]>")
}

type object = map[string]any

// call makes a request with a JSON body (nil: none) and returns status and JSON answer.
func (b *bench) call(method, address string, header http.Header, body any) (int, object) {
	b.t.Helper()
	status, raw, err := b.try(method, address, header, body)
	require.NoError(b.t, err)
	return status, decodeObject(raw)
}

// decodeObject reads a JSON object; anything else is under "text".
func decodeObject(raw []byte) object {
	var out object
	if json.Unmarshal(raw, &out) != nil {
		out = object{"text": string(raw)}
	}
	return out
}

func (b *bench) try(method, address string, header http.Header, body any) (int, []byte, error) {
	b.t.Helper()
	var r io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		require.NoError(b.t, err)
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, r)
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	maps.Copy(req.Header, header)
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, raw, err
}

// errcode is that of an answer.
func errcode(o object) int {
	n, _ := o["errcode"].(float64)
	return int(n)
}

// workToken gets the token of the app, or of 微信客服.
func (b *bench) workToken(secret string) string {
	_, out := b.call("GET", b.sim.WeComURL()+"/cgi-bin/gettoken?corpid="+b.cred.WeCom.CorpID+"&corpsecret="+secret, nil, nil)
	require.Zero(b.t, errcode(out), out)
	return out["access_token"].(string)
}

// work posts to the WeCom API with the app's token.
func (b *bench) work(path string, body any) object {
	b.t.Helper()
	_, out := b.call("POST", b.sim.WeComURL()+path+"?access_token="+b.workToken(b.cred.WeCom.Secret), nil, body)
	return out
}

// kf posts to the API of 微信客服.
func (b *bench) kf(path string, body any) object {
	b.t.Helper()
	_, out := b.call("POST", b.sim.WeComURL()+path+"?access_token="+b.workToken(b.cred.WeCom.KF.Secret), nil, body)
	return out
}

// upload uploads data and returns the answer.
func (b *bench) upload(address, name string, data []byte) object {
	b.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("media", name)
	require.NoError(b.t, err)
	_, _ = part.Write(data)
	require.NoError(b.t, w.Close())
	_, out := b.call("POST", address, http.Header{"Content-Type": {w.FormDataContentType()}}, buf.String())
	return out
}

var png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{1}, 64)...)
