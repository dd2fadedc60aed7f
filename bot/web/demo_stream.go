package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"orderbot/bot/simulator"
)

// Pace of the page's events.
const (
	demoGather = 30 * time.Millisecond  // changes that come together are told together
	demoLook   = 500 * time.Millisecond // how often the database is looked at
	demoCalls  = 300                    // calls that a new page is shown
)

// stream tells one open page what changes. Only what is new to it is sent.
type stream struct {
	demo  *Demo
	w     http.ResponseWriter
	flush func() error
	shown map[string][]string // by chat, the bubbles as sent
	last  map[string]string   // by event, what was sent last
	err   error               // ends the stream
}

// events is the page's stream of server-sent events: chat, calls, orders, clock.
func (d *Demo) events(w http.ResponseWriter, r *http.Request) {
	happened, stop := d.Simulator.Watch()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	s := &stream{
		demo: d, w: w, flush: http.NewResponseController(w).Flush, shown: make(map[string][]string), last: make(map[string]string),
	}
	ctx := r.Context()
	chats := d.chats()
	s.send("hello", map[string]any{})
	calls := d.Simulator.Calls()
	s.calls(calls[max(0, len(calls)-demoCalls):])
	s.look(ctx)
	for _, c := range chats {
		s.chat(c)
	}
	s.send("ready", map[string]any{})
	tick := time.NewTicker(demoLook)
	defer tick.Stop()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.look(ctx)
		case e := <-happened:
			isBehind := len(happened) == cap(happened) // some were missed
			touched, calls := gather(ctx, e, happened)
			s.calls(calls)
			for _, c := range chats {
				if isBehind || touched[c.Account] {
					s.chat(c)
				}
			}
			s.look(ctx)
		}
	}
}

// gather takes the events that come together with the first.
func gather(ctx context.Context, first simulator.Event, more <-chan simulator.Event) (people map[string]bool, calls []simulator.Call) {
	people = make(map[string]bool)
	over := time.NewTimer(demoGather)
	defer over.Stop()
	for e := first; ; {
		if e.Call != nil {
			calls = append(calls, *e.Call)
		} else {
			people[e.Person] = true
		}
		select {
		case e = <-more:
		case <-over.C:
			return people, calls
		case <-ctx.Done():
			return people, calls
		}
	}
}

// send writes one event.
func (s *stream) send(event string, v any) {
	if s.err != nil {
		return
	}
	data, err := json.Marshal(v) // one line: JSON escapes line breaks
	if err != nil {
		s.err = err
		return
	}
	if _, s.err = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, data); s.err == nil {
		s.err = s.flush()
	}
}

// sendNew writes an event unless it is the same as the last of its name.
func (s *stream) sendNew(event string, v any) {
	data, err := json.Marshal(v)
	if err == nil && s.last[event] == string(data) {
		return
	}
	s.last[event] = string(data)
	s.send(event, json.RawMessage(data))
}

// chat sends the bubbles of a chat that changed, by their places.
func (s *stream) chat(c DemoChat) {
	changed := make(map[int]json.RawMessage)
	now := s.demo.screen(c)
	sent := s.shown[c.key()]
	for i := range now {
		data, err := json.Marshal(now[i])
		if err != nil {
			s.err = err
			return
		}
		if i == len(sent) {
			sent = append(sent, "")
		}
		if sent[i] != string(data) {
			sent[i], changed[i] = string(data), data
		}
	}
	s.shown[c.key()] = sent
	if len(changed) > 0 {
		s.send("chat", map[string]any{"chat": c.key(), "bubbles": changed})
	}
}

// callView is a call without its bodies.
type callView struct {
	Seq      int     `json:"seq"`
	At       int64   `json:"at"`   // ms
	Took     float64 `json:"took"` // ms
	Platform string  `json:"platform"`
	Outbound bool    `json:"outbound"`
	Method   string  `json:"method"`
	Path     string  `json:"path"`
	Status   int     `json:"status"`
	Code     string  `json:"code"`
	Failed   bool    `json:"failed"`
}

func (s *stream) calls(all []simulator.Call) {
	if len(all) == 0 {
		return
	}
	views := make([]callView, len(all))
	for i, c := range all {
		views[i] = callView{
			Seq: c.Seq, At: c.At.UnixMilli(), Took: float64(c.Took.Microseconds()) / 1000, Platform: string(c.Platform), Outbound: c.Outbound,
			Method: c.Method, Path: c.Path, Status: c.Status, Code: c.Code, Failed: c.Failed() && c.Status != http.StatusSwitchingProtocols,
		}
	}
	s.send("calls", views)
}

// look tells the clock and the orders, where they changed.
func (s *stream) look(ctx context.Context) {
	s.sendNew("clock", map[string]any{"shift": s.demo.Clock.Shift().Milliseconds()})
	view, err := s.demo.ordersView(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.demo.Logger.Error("demo orders", "error", err)
		}
		return
	}
	s.sendNew("orders", view)
}
