package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

const (
	loadSales     = 28              // salespeople who forward orders at the same time
	loadPerMinute = 14              // orders of one of them: an answer is two messages, 30 a minute reach a member
	firstAnswer   = 2 * time.Minute // the limit of the first answer
)

// load is a day's orders in a few minutes.
type load struct {
	*firm
	mu       sync.Mutex
	keys     map[string]string // the platform's ids of the messages: who sent them
	accepted []time.Duration   // from a callback's start to its 200, by the platform's watch
}

// A day's orders come in within minutes, each delivered twice: from every message one draft, for
// its sender alone and within the limit; nothing is lost, nothing doubled.
//
// feature: NT-15, PF-05
func TestLoad(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runLoad(t, database(t), 300)
		})
	}
}

func runLoad(t *testing.T, database string, total int, more ...string) {
	t.Helper()
	f := &load{firm: newFirm(t, database, medical, more...), keys: make(map[string]string)}
	f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 2, Parallel: true})
	var sales []colleague
	for i := range loadSales {
		sales = append(sales, colleague{name: fmt.Sprintf("业务%02d", i+1), role: orders.RoleSales, wecom: fmt.Sprintf("sales-%02d", i+1)})
	}
	f.employ(sales...)
	f.serve()

	begin, waited := time.Now(), time.Duration(0)
	for from := 0; from < total; from += loadSales * loadPerMinute {
		if from > 0 { // the next minute
			f.clock.advance(time.Minute)
			waited += time.Minute
		}
		to := min(total, from+loadSales*loadPerMinute)
		var all sync.WaitGroup
		for i, s := range sales {
			all.Go(func() {
				for n := from + i; n < to && !t.Failed(); n += loadSales {
					f.order(t, s.wecom, n)
				}
			})
		}
		all.Wait()
		require.False(t, t.Failed())
	}
	took := time.Since(begin)

	db := f.sql()
	quiet(t, db, patience)
	require.Len(t, f.keys, total)
	require.EqualValues(t, total, number(t, db, "SELECT COUNT(*) FROM inbox"))
	require.EqualValues(t, total, number(t, db, "SELECT COUNT(*) FROM orders WHERE status = 'draft'"))
	require.EqualValues(t, total, number(t, db, "SELECT COUNT(*) FROM orders"))
	for _, text := range texts(t, db, "SELECT source FROM orders") {
		var source orders.Source
		require.NoError(t, json.Unmarshal([]byte(text), &source))
		require.Equal(t, f.keys[source.Key], source.Sender, "an order of no message, or the second of one")
		delete(f.keys, source.Key)
	}
	require.Empty(t, f.keys, "messages without an order")
	sound(t, db)

	var first, draft []time.Duration
	for _, s := range sales {
		a, b := f.answers(t, s.wecom)
		first, draft = append(first, a...), append(draft, b...)
	}
	require.Len(t, first, total)
	late := 0
	for _, d := range first {
		if d > firstAnswer {
			late++
		}
	}
	require.LessOrEqual(t, late*1000, total*2, "more than 0.2 % were answered too late")
	t.Logf("%d orders of %d salespeople in %.1f s of work and %v of skipped clock: %.1f orders/s",
		total, loadSales, took.Seconds(), waited, float64(total)/took.Seconds())
	for _, figure := range []struct {
		what string
		all  []time.Duration
	}{{"accepted", f.accepted}, {"first answer", first}, {"draft card", draft}} {
		t.Logf("%s: p50 %v, p99 %v, slowest %v", figure.what, percentile(figure.all, 50).Round(time.Millisecond/10),
			percentile(figure.all, 99).Round(time.Millisecond/10), percentile(figure.all, 100).Round(time.Millisecond/10))
	}
}

// order lets somebody send the n-th order and waits for the draft.
func (f *load) order(t *testing.T, person string, n int) {
	t.Helper()
	customers := f.server.books.catalog().Customers()
	text := fmt.Sprintf("%s 外科口罩%d箱，丁腈手套M码%d箱", customers[n%len(customers)].Name, n/len(customers)+1, n%9+1)
	events, stop := f.sim.Watch()
	defer stop()
	shown := len(f.sim.WeCom.Screen(person))
	d := f.sim.WeCom.SendText(t.Context(), person, text)
	if !d.Accepted {
		t.Errorf("%s was not accepted: %+v", text, d)
		return
	}
	f.mu.Lock()
	f.keys[d.MsgID] = person
	for _, a := range d.Attempts {
		f.accepted = append(f.accepted, a.Latency)
	}
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), firstAnswer)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond) // a watcher that lags misses events
	defer again.Stop()
	for {
		screen := f.sim.WeCom.Screen(person)
		for _, b := range screen[shown:] {
			if _, is := buttonOf(b, "确认下单"); is {
				return
			}
		}
		for changed := false; !changed; {
			select {
			case e := <-events:
				changed = e.Person == person
			case <-again.C:
				changed = true
			case <-ctx.Done():
				t.Errorf("no draft of %s for %s: %+v", text, person, screen[shown:])
				return
			}
		}
	}
}

// answers returns how long each message of a person waited for the first answer and for the draft's
// card, by the platform's clock. Each must have got the lines and the card, and nothing else.
func (f *load) answers(t *testing.T, person string) (first, draft []time.Duration) {
	t.Helper()
	screen := f.sim.WeCom.Screen(person)
	require.Zero(t, len(screen)%3, "not two messages for each of theirs")
	for i := 0; i < len(screen); i += 3 {
		asked, lines, card := screen[i], screen[i+1], screen[i+2]
		require.Equal(t, simulator.FromPerson, asked.From)
		require.Equal(t, simulator.FromBot, lines.From)
		require.Equal(t, simulator.FromBot, card.From)
		require.NotEmpty(t, card.Buttons)
		first, draft = append(first, lines.Time.Sub(asked.Time)), append(draft, card.Time.Sub(asked.Time))
	}
	return first, draft
}
