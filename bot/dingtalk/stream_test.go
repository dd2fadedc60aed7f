package dingtalk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"orderbot/bot/dingtalk"
	"orderbot/cards"
	"orderbot/orders"
)

type ack struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Headers map[string]string `json:"headers"`
	Data    string            `json:"data"`
}

// gateway is the platform's end of the stream.
type gateway struct {
	*httptest.Server
	refuse  chan int // statuses for the first calls
	opened  chan map[string]any
	sockets chan *websocket.Conn
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{refuse: make(chan int, 9), opened: make(chan map[string]any, 9), sockets: make(chan *websocket.Conn, 9)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1.0/gateway/connections/open", func(w http.ResponseWriter, r *http.Request) {
		select {
		case status := <-g.refuse:
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(status)
			_, _ = w.Write(body) // an answer that tells what was sent
			return
		default:
		}
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		g.opened <- body
		_ = json.NewEncoder(w).Encode(map[string]string{"endpoint": strings.Replace(g.URL, "http", "ws", 1) + "/connect", "ticket": "t1"})
	})
	up := websocket.Upgrader{}
	mux.HandleFunc("/connect", func(w http.ResponseWriter, r *http.Request) {
		if c, err := up.Upgrade(w, r, nil); err == nil {
			g.sockets <- c
		}
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func push(t *testing.T, c *websocket.Conn, kind, topic, id, data string) {
	t.Helper()
	require.NoError(t, c.WriteJSON(map[string]any{
		"specVersion": "1.0", "type": kind, "data": data,
		"headers": map[string]string{"topic": topic, "messageId": id, "contentType": "application/json", "time": "1773194400000"},
	}))
}

func receive(t *testing.T, c *websocket.Conn) ack {
	t.Helper()
	var a ack
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	require.NoError(t, c.ReadJSON(&a))
	return a
}

type inbox struct {
	mu   sync.Mutex
	err  error
	wait chan struct{}
	rows []orders.Inbound
}

func (b *inbox) Put(_ context.Context, in ...orders.Inbound) error {
	if b.wait != nil {
		<-b.wait // has begun
		<-b.wait // may go on
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.rows = append(b.rows, in...)
	}
	return b.err
}

type clicker func(context.Context, orders.Inbound) (*cards.Card, error)

func (c clicker) Click(ctx context.Context, in orders.Inbound) (*cards.Card, error) {
	return c(ctx, in)
}

// run starts a stream; the returned function ends it and waits.
func run(t *testing.T, g *gateway, b *inbox, c clicker, log io.Writer) func() {
	t.Helper()
	s := dingtalk.New(dingtalk.Options{
		APIURL: g.URL + "/", ClientID: "dingapp", ClientSecret: "S3CRET", Inbox: b, Clicker: c,
		Now: func() time.Time { return now }, RetryFirst: time.Millisecond, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	end := sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(end)
	return end
}

const (
	botTopic  = "/v1.0/im/bot/messages/get"
	cardTopic = "/v1.0/card/instances/callback"
	pressOne  = `{"outTrackId":"ob-1","userId":"u1","content":"{\"cardPrivateData\":{\"actionIds\":[\"act.1\"]}}"}`
)

func TestStream(t *testing.T) {
	t.Parallel()
	g, b, log := newGateway(t), &inbox{}, &bytes.Buffer{}
	g.refuse <- 500
	g.refuse <- 401
	end := run(t, g, b, func(_ context.Context, in orders.Inbound) (*cards.Card, error) {
		require.Equal(t, "act.1", in.Action)
		return &cards.Card{Title: "审批 SO202603110012", Settled: "已同意 王敏 10:24"}, nil
	}, log)
	opened := <-g.opened
	require.Equal(t, "dingapp", opened["clientId"])
	require.Equal(t, "S3CRET", opened["clientSecret"])
	c := <-g.sockets

	push(t, c, "CALLBACK", botTopic, "f1", string(golden(t, "rich.json")))
	a := receive(t, c)
	require.Equal(t, 200, a.Code)
	require.Equal(t, "f1", a.Headers["messageId"])
	require.JSONEq(t, `{"response":null}`, a.Data)
	require.Len(t, b.rows, 4, "kept before the answer")

	push(t, c, "CALLBACK", cardTopic, "f2", pressOne)
	a = receive(t, c)
	require.Equal(t, 200, a.Code)
	var state struct {
		Response struct {
			CardUpdateOptions map[string]bool
			CardData          struct{ CardParamMap map[string]string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.Data), &state))
	require.True(t, state.Response.CardUpdateOptions["updateCardDataByKey"])
	require.Contains(t, state.Response.CardData.CardParamMap["markdown"], "已同意 王敏 10:24")
	require.JSONEq(t, `{"msgButtons":[]}`, state.Response.CardData.CardParamMap["sys_full_json_obj"])

	push(t, c, "SYSTEM", "ping", "f3", `{"opaque":"x"}`)
	require.JSONEq(t, `{"opaque":"x"}`, receive(t, c).Data)
	push(t, c, "CALLBACK", botTopic, "f4", `{"broken`)
	require.Equal(t, 200, receive(t, c).Code, "useless, not to be sent again")
	push(t, c, "CALLBACK", "/v1.0/graph/api/invoke", "f5", `{}`)
	require.Equal(t, 404, receive(t, c).Code)
	end()
	require.NotContains(t, log.String(), "S3CRET")
	require.Contains(t, log.String(), "stream connection failed")
}

func TestStreamMessageThatCannotBeKept(t *testing.T) {
	t.Parallel()
	g, b := newGateway(t), &inbox{err: errors.New("dsn root:S3CRET@db")}
	run(t, g, b, nil, io.Discard)
	c := <-g.sockets
	push(t, c, "CALLBACK", botTopic, "f1", string(golden(t, "text.json")))
	a := receive(t, c)
	require.Equal(t, 500, a.Code)
	require.Empty(t, a.Message)
	require.Empty(t, a.Data, "not a word about the cause")
}

func TestStreamClickThatIsNotDecidedAtOnce(t *testing.T) {
	t.Parallel()
	g, b := newGateway(t), &inbox{}
	run(t, g, b, func(ctx context.Context, _ orders.Inbound) (*cards.Card, error) {
		_, bounded := ctx.Deadline()
		require.True(t, bounded)
		return nil, errors.New("database is busy")
	}, io.Discard)
	c := <-g.sockets
	push(t, c, "CALLBACK", cardTopic, "f1", pressOne)
	a := receive(t, c)
	require.Equal(t, 200, a.Code)
	require.JSONEq(t, `{"response":{}}`, a.Data, "the card stays")
	require.Len(t, b.rows, 1, "decided later")
	require.Equal(t, orders.InboundClick, b.rows[0].Kind)

	b.mu.Lock()
	b.err = errors.New("away")
	b.mu.Unlock()
	push(t, c, "CALLBACK", cardTopic, "f2", pressOne)
	require.Equal(t, 500, receive(t, c).Code)
}

func TestStreamFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	g, b := newGateway(t), &inbox{wait: make(chan struct{})}
	end := run(t, g, b, nil, io.Discard)
	c := <-g.sockets
	push(t, c, "CALLBACK", botTopic, "f1", string(golden(t, "text.json")))
	push(t, c, "SYSTEM", "ping", "f2", `{}`)
	require.Equal(t, "f2", receive(t, c).Headers["messageId"])
	b.wait <- struct{}{}
	ended := make(chan struct{})
	go func() { end(); close(ended) }()
	b.wait <- struct{}{}
	require.Equal(t, 200, receive(t, c).Code)
	<-ended
	require.Len(t, b.rows, 1)
}

func TestStreamConnectsAgain(t *testing.T) {
	t.Parallel()
	g, b := newGateway(t), &inbox{}
	run(t, g, b, nil, io.Discard)
	c := <-g.sockets
	push(t, c, "SYSTEM", "disconnect", "f1", `{"reason":"balance"}`)
	c = <-g.sockets // the SDK waits some seconds before
	push(t, c, "CALLBACK", botTopic, "f2", string(golden(t, "text.json")))
	require.Equal(t, 200, receive(t, c).Code)
	require.Len(t, b.rows, 1)
}

func TestStreamStopsWhileItCannotConnect(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.Close()
	end := run(t, g, &inbox{}, nil, io.Discard)
	end()
}
