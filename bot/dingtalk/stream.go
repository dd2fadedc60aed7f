package dingtalk

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/logger"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"

	"orderbot/bot"
)

const (
	// keepTime is what keeping a message may take.
	keepTime = 3 * time.Second
	// clickTime is what deciding a click may take: the platform waits 2 s for the card's new state.
	clickTime = 1500 * time.Millisecond
	// lateTime is what keeping a click may take that could not be decided in time.
	lateTime = 300 * time.Millisecond
	// pingAfter is how long the connection may be silent before it is tested.
	pingAfter = 30 * time.Second
	// drainTime is how long a stop waits for handlers, and ackTime for their answers to be written.
	drainTime = 5 * time.Second
	ackTime   = 200 * time.Millisecond
	// handlers is how many frames are handled at once; the SDK drops what is beyond.
	handlers = 1000
)

// Options are the settings of a [Stream].
type Options struct {
	APIURL       string // https://api.dingtalk.com
	ClientID     string
	ClientSecret string
	Inbox        bot.Inbox
	Clicker      bot.Clicker
	Now          func() time.Time
	Logger       *slog.Logger
	SurgeryForm  string        // the process code of approval forms that are kept as messages; empty: events are not asked for
	RetryFirst   time.Duration // pause after the first failed connection, doubling to a minute; default 1 s
}

// Stream is the connection over which DingTalk pushes messages and clicks.
type Stream struct {
	o      Options
	log    *slog.Logger
	seen   atomic.Int64 // when the last frame came, Unix nanoseconds
	mu     sync.Mutex
	ending bool
	work   sync.WaitGroup
}

// silent is the SDK's logger: its debug lines hold the client secret, its others the ticket. Without
// one the SDK makes its own, and two goroutines race for that.
type silent struct{}

func (silent) Debugf(string, ...any)   {}
func (silent) Infof(string, ...any)    {}
func (silent) Warningf(string, ...any) {}
func (silent) Errorf(string, ...any)   {}
func (silent) Fatalf(string, ...any)   {}

var silence = sync.OnceFunc(func() { logger.SetLogger(silent{}) })

// New returns a stream that is not connected yet.
func New(o Options) *Stream {
	silence()
	s := &Stream{o: o, log: o.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.o.RetryFirst <= 0 {
		s.o.RetryFirst = time.Second
	}
	return s
}

// Seen returns when the last frame came, the platform's own pings included; zero before the first.
func (s *Stream) Seen() time.Time {
	if n := s.seen.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Run connects, with growing pauses until it succeeds, and handles frames until ctx ends. It then
// takes no new ones, lets those under way finish, and closes. A lost connection is made again.
// It returns nil.
func (s *Stream) Run(ctx context.Context) error {
	cli := client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(s.o.ClientID, s.o.ClientSecret)),
		client.WithOpenApiHost(strings.TrimRight(s.o.APIURL, "/")),
		client.WithKeepAlive(pingAfter),
		client.WithMaxPendingHandlers(handlers),
	)
	cli.RegisterCallbackRouter(payload.BotMessageCallbackTopic, s.frame(s.message))
	cli.RegisterCallbackRouter(payload.CardInstanceCallbackTopic, s.frame(s.click))
	if s.o.SurgeryForm != "" {
		cli.RegisterAllEventRouter(s.frame(s.event))
	}
	cli.RegisterRouter(utils.SubscriptionTypeKSystem, "ping", func(ctx context.Context, f *payload.DataFrame) (*payload.DataFrameResponse, error) {
		s.seen.Store(s.o.Now().UnixNano())
		return cli.OnPing(ctx, f)
	})
	if !s.connect(ctx, cli) {
		return nil
	}
	<-ctx.Done()
	s.stop()
	cli.Close()
	return nil
}

// connect makes the first connection, which the SDK does not repeat by itself. It returns false when
// ctx ends before.
func (s *Stream) connect(ctx context.Context, cli *client.StreamClient) bool {
	for pause := s.o.RetryFirst; ; pause = min(2*pause, time.Minute) {
		err := cli.Start(ctx)
		if ctx.Err() != nil {
			cli.Close()
			return false
		}
		if err == nil {
			s.seen.Store(s.o.Now().UnixNano())
			return true
		}
		s.log.Error("stream connection failed", "platform", "dingtalk", "cause", s.clean(err.Error()), "retry_in", pause)
		timer := time.NewTimer(pause + rand.N(pause/5+1)) //nolint:gosec // spreads the replicas, guards nothing
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// clean shortens an answer of the gateway and takes the secret out, should it be there.
func (s *Stream) clean(text string) string {
	if s.o.ClientSecret != "" {
		text = strings.ReplaceAll(text, s.o.ClientSecret, "***")
	}
	if i := strings.Index(text, "ticket="); i >= 0 {
		text = text[:i] + "ticket=***"
	}
	return strings.ToValidUTF8(text[:min(len(text), 300)], "")
}

// stop refuses new frames and waits for those under way.
func (s *Stream) stop() {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		// The SDK writes the last answers after their handlers have returned, and does not say when.
		<-time.After(ackTime)
	case <-time.After(drainTime):
		s.log.Warn("stream closed with frames under way", "platform", "dingtalk")
	}
}

func (s *Stream) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return false
	}
	s.work.Add(1)
	return true
}

// frame makes a handler of the SDK. The context of a frame ends with its connection; work that was
// begun is finished all the same. A failure goes back without a word about it.
func (s *Stream) frame(handle func(context.Context, *payload.DataFrame) (any, error)) func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
	return func(ctx context.Context, f *payload.DataFrame) (*payload.DataFrameResponse, error) {
		if !s.begin() {
			return payload.NewDataFrameResponse(payload.DataFrameResponseStatusCodeKInternalError), nil
		}
		defer s.work.Done()
		s.seen.Store(s.o.Now().UnixNano())
		out, err := handle(context.WithoutCancel(ctx), f)
		if err == nil {
			ack := payload.NewSuccessDataFrameResponse()
			ack.Message = "OK"
			if err = ack.SetJson(out); err == nil {
				return ack, nil
			}
		}
		s.log.Error("frame not kept", "platform", "dingtalk", "topic", f.GetTopic(), "error", err)
		return payload.NewDataFrameResponse(payload.DataFrameResponseStatusCodeKInternalError), nil
	}
}

// message keeps a bot message before it is acknowledged.
func (s *Stream) message(ctx context.Context, f *payload.DataFrame) (any, error) {
	nothing := map[string]json.RawMessage{"response": nil}
	in, err := Parse([]byte(f.Data), f.GetMessageId(), s.o.Now())
	if err != nil {
		s.log.Warn("bot message not understood", "platform", "dingtalk", "error", err)
		return nothing, nil
	}
	if len(in) == 0 {
		return nothing, nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	return nothing, s.o.Inbox.Put(ctx, in...)
}

// click decides a click and answers with the card's new state. What can't be decided in time is
// kept and decided later, the card left as it is.
func (s *Stream) click(ctx context.Context, f *payload.DataFrame) (any, error) {
	in, ok, err := ParseClick([]byte(f.Data), s.o.Now())
	if err != nil {
		s.log.Warn("card callback not understood", "platform", "dingtalk", "error", err)
	}
	if err != nil || !ok {
		return answer(nil), nil
	}
	fast, cancel := context.WithTimeout(ctx, clickTime)
	card, err := s.o.Clicker.Click(fast, in)
	cancel()
	if err == nil {
		return answer(card), nil
	}
	s.log.Warn("click not decided at once", "platform", "dingtalk", "trace_id", in.Trace, "error", err)
	late, cancel := context.WithTimeout(ctx, lateTime)
	defer cancel()
	return answer(nil), s.o.Inbox.Put(late, in)
}
