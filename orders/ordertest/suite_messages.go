package ordertest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

const hold = time.Minute

func keysOf(t *orders.Turn) []string {
	var out []string
	for _, m := range t.Messages {
		out = append(out, m.Key)
	}
	return out
}

func finish(t *testing.T, s Store, turn *orders.Turn) {
	t.Helper()
	do(t, s, func(tx Tx) error { return tx.FinishTurn(turn) })
}

// claim returns the keys of the claimed turn; nil for none.
func claim(t *testing.T, s Store, at time.Time) (*orders.Turn, []string) {
	t.Helper()
	turn, err := s.ClaimTurn(t.Context(), at, hold)
	require.NoError(t, err)
	if turn == nil {
		return nil, nil
	}
	return turn, keysOf(turn)
}

func testInboxDuplicates(t *testing.T, s Store) {
	t.Helper()
	in := Text("a", "m1", "500 盒", Start)
	errs := race(20, func(int) error { return s.Put(t.Context(), in) })
	require.Equal(t, map[orders.Code]int{"": 20}, codes(errs))
	require.NoError(t, s.Put(t.Context(), in, Text("a", "m2", "再加 3 箱", Start), in))
	do(t, s, func(tx Tx) error {
		isNew, err := tx.PutInbound(in)
		require.False(t, isNew)
		return err
	})
	turn, got := claim(t, s, Start.Add(TurnPause))
	require.Equal(t, []string{"m1", "m2"}, got)
	require.Equal(t, in, turn.Messages[0])
	finish(t, s, turn)
	require.NoError(t, s.Put(t.Context(), in)) // answered already
	turn, _ = claim(t, s, Start.Add(time.Hour))
	require.Nil(t, turn)

	var firsts atomic.Int32
	errs = race(20, func(int) error {
		var isNew bool
		err := s.Do(t.Context(), func(tx Tx) (err error) {
			isNew, err = tx.PutInbound(Click("a", "c1", "confirm", Start))
			return err
		})
		if isNew {
			firsts.Add(1)
		}
		return err
	})
	require.Equal(t, map[orders.Code]int{"": 20}, codes(errs))
	require.EqualValues(t, 1, firsts.Load())
	turn, _ = claim(t, s, Start.Add(time.Hour))
	require.Nil(t, turn)
	// The same key of another platform is another message, and so is a key that differs in case.
	other := Text("a", "m1", "你好", Start)
	other.Platform = orders.DingTalk
	require.NoError(t, s.Put(t.Context(), other, Text("a", "M1", "你好", Start)))
	_, got = claim(t, s, Start.Add(time.Hour))
	require.Equal(t, []string{"m1", "M1"}, got)
}

func testTurnPause(t *testing.T, s Store) {
	t.Helper()
	at := func(pauses float64) time.Time { return Start.Add(time.Duration(pauses * float64(TurnPause))) }
	require.NoError(t, s.Put(t.Context(), Text("a", "m1", "", at(0))))
	require.NoError(t, s.Put(t.Context(), Text("b", "n1", "", at(0.5))))
	turn, _ := claim(t, s, at(0.9))
	require.Nil(t, turn)
	for i, p := range []float64{0.8, 1.6, 2.4} {
		require.NoError(t, s.Put(t.Context(), Text("a", "m"+strconv.Itoa(i+2), "", at(p))))
	}
	turn, got := claim(t, s, at(1.5)) // b is due, a goes on talking
	require.Equal(t, []string{"n1"}, got)
	finish(t, s, turn)
	turn, _ = claim(t, s, at(2.9))
	require.Nil(t, turn)
	turn, got = claim(t, s, at(3)) // three pauses are the most
	require.Equal(t, []string{"m1", "m2", "m3", "m4"}, got)

	// What comes while the turn is being answered is the next turn, due after its own pause.
	require.NoError(t, s.Put(t.Context(), Text("a", "m5", "", at(3.5))))
	again, _ := claim(t, s, at(5))
	require.Nil(t, again)
	finish(t, s, turn)
	turn, _ = claim(t, s, at(4.4))
	require.Nil(t, turn)
	_, got = claim(t, s, at(4.5))
	require.Equal(t, []string{"m5"}, got)

	// Words that announce a file wait longer for it.
	require.NoError(t, s.Put(t.Context(), Text("c", "o1", "急单，数量见附件", at(6))))
	turn, _ = claim(t, s, at(8.4))
	require.Nil(t, turn)
	require.NoError(t, s.Put(t.Context(), Text("c", "o2", "", at(8.4))))
	turn, _ = claim(t, s, at(8.9))
	require.Nil(t, turn)
	_, got = claim(t, s, at(9))
	require.Equal(t, []string{"o1", "o2"}, got)

	// A question about stock is complete; what was said before it keeps its pause, and is answered with it.
	require.NoError(t, s.Put(t.Context(), Text("d", "s1", "库存 导管 6F", at(10))))
	_, got = claim(t, s, at(10))
	require.Equal(t, []string{"s1"}, got)
	require.NoError(t, s.Put(t.Context(), Text("e", "t1", "导管要3根", at(10))))
	require.NoError(t, s.Put(t.Context(), Text("e", "t2", "库存 导管 6F", at(10.5))))
	turn, _ = claim(t, s, at(10.9))
	require.Nil(t, turn)
	_, got = claim(t, s, at(11))
	require.Equal(t, []string{"t1", "t2"}, got)
	for text, want := range map[string]bool{"库存 导管 6F": true, "库存：X01": true, "库存": false, "库存导管3根": false, "看看库存 导管": false, "库存 导管\n6F": false} {
		in := orders.Inbound{Kind: orders.InboundText, Text: text}
		require.Equal(t, want, in.AtOnce(), text)
	}
}

func testClicks(t *testing.T, s Store) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), Text("a", "m1", "改成 30 箱", Start)))
	require.NoError(t, s.Put(t.Context(), Click("a", "c1", "confirm", Start.Add(time.Second))))
	require.NoError(t, s.Put(t.Context(), Click("a", "c2", "cancel", Start.Add(time.Second))))
	require.NoError(t, s.Put(t.Context(), Text("a", "m2", "谢谢", Start.Add(time.Second))))
	for _, want := range []string{"m1", "c1", "c2"} { // the click ends the pause of what was typed before it
		turn, got := claim(t, s, Start.Add(time.Second))
		require.Equal(t, []string{want}, got)
		finish(t, s, turn)
	}
	turn, _ := claim(t, s, Start.Add(time.Second))
	require.Nil(t, turn)
	_, got := claim(t, s, Start.Add(time.Second+TurnPause))
	require.Equal(t, []string{"m2"}, got)
}

// testTurnWorkers lets eight workers answer, of whom every fourth dies with its turn.
func testTurnWorkers(t *testing.T, s Store) {
	t.Helper()
	const chats, messages = 6, 12
	for m := range messages {
		for c := range chats {
			in := Text("chat"+strconv.Itoa(c), fmt.Sprintf("%d-%02d", c, m), "", Start)
			if m%3 == 0 {
				in.Kind = orders.InboundClick
			}
			require.NoError(t, s.Put(t.Context(), in))
		}
	}
	var (
		clock    sync.RWMutex // held to move the clock, shared to claim
		now      = Start.Add(time.Hour)
		mu       sync.Mutex
		active   = make(map[orders.Chat]bool)
		answered = make(map[orders.Chat][]string)
		claims   int
		working  int // workers with a turn
		left     = chats * messages
	)
	// next claims a turn; where there is none, it lets the claims of the dead run out.
	next := func() (turn *orders.Turn, dies bool, err error) {
		clock.RLock()
		turn, err = s.ClaimTurn(t.Context(), now, hold)
		if turn != nil {
			mu.Lock()
			if active[turn.Chat] {
				err = fmt.Errorf("two turns of %s at a time", turn.Chat.ID)
			}
			active[turn.Chat] = true
			claims++
			working++
			dies = claims%4 == 0
			mu.Unlock()
		}
		clock.RUnlock()
		if turn == nil && err == nil {
			clock.Lock()
			mu.Lock()
			if working == 0 {
				now = now.Add(hold)
			}
			mu.Unlock()
			clock.Unlock()
		}
		return turn, dies, err
	}
	errs := race(8, func(int) error {
		for {
			mu.Lock()
			over := left == 0
			mu.Unlock()
			if over {
				return nil
			}
			turn, dies, err := next()
			if err != nil {
				return err
			}
			if turn == nil {
				continue
			}
			if !dies {
				isNoted := false // the transaction may be run again
				err = s.Do(t.Context(), func(tx Tx) error {
					mu.Lock()
					delete(active, turn.Chat) // the next one may come as soon as this is committed
					if !isNoted {
						isNoted = true
						answered[turn.Chat] = append(answered[turn.Chat], keysOf(turn)...)
					}
					mu.Unlock()
					return tx.FinishTurn(turn)
				})
			}
			mu.Lock()
			working--
			if dies {
				delete(active, turn.Chat)
			} else {
				left -= len(turn.Messages)
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, answered, chats)
	for chat, got := range answered {
		var want []string
		for m := range messages {
			want = append(want, fmt.Sprintf("%s-%02d", chat.ID[len("chat"):], m))
		}
		require.Equal(t, want, got)
	}
}

func testTurnClaims(t *testing.T, s Store) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), Text("a", "m1", "", Start)))
	at := Start.Add(TurnPause)
	turn, _ := claim(t, s, at)
	require.Zero(t, turn.Attempts)
	require.NoError(t, s.RenewTurn(t.Context(), turn, at.Add(hold/2), hold))
	again, _ := claim(t, s, at.Add(hold))
	require.Nil(t, again)

	second, got := claim(t, s, at.Add(2*hold)) // the first one must have died
	require.Equal(t, []string{"m1"}, got)
	require.Equal(t, 1, second.Attempts)
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.RenewTurn(t.Context(), turn, at, hold)))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.RetryTurn(t.Context(), turn, at, "")))
	err := s.Do(t.Context(), func(tx Tx) error {
		if err := tx.Send(Delivery("a", "late", Start)); err != nil {
			return err
		}
		return tx.FinishTurn(turn)
	})
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
	pending, _, err := s.Backlog(t.Context())
	require.NoError(t, err)
	require.Zero(t, pending) // nothing of the transaction stands

	retry := at.Add(5 * hold)
	require.NoError(t, s.RetryTurn(t.Context(), second, retry, "模型不可用"))
	require.NoError(t, s.Put(t.Context(), Text("a", "m2", "", at.Add(2*hold)))) // does not hurry the retry
	again, _ = claim(t, s, retry.Add(-time.Millisecond))
	require.Nil(t, again)
	third, got := claim(t, s, retry)
	require.Equal(t, []string{"m1", "m2"}, got)
	require.Equal(t, 2, third.Attempts)
	finish(t, s, third)
	again, _ = claim(t, s, retry.Add(10*hold))
	require.Nil(t, again)
}

func testDeliveryOrder(t *testing.T, s Store) {
	t.Helper()
	const chats, messages = 5, 10
	for m := range messages {
		do(t, s, func(tx Tx) error {
			var batch []orders.Delivery
			for c := range chats {
				batch = append(batch, Delivery("chat"+strconv.Itoa(c), fmt.Sprintf("%d-%02d", c, m), Start))
			}
			if err := tx.Send(batch...); err != nil {
				return err
			}
			return tx.Send(batch[0]) // there already
		})
	}
	pending, oldest, err := s.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, chats*messages, pending)
	require.Equal(t, Start, oldest)

	var mu sync.Mutex
	sent := make(map[orders.Chat][]string)
	left := chats * messages
	errs := race(8, func(int) error {
		for {
			mu.Lock()
			over := left == 0
			mu.Unlock()
			if over {
				return nil
			}
			got, err := s.ClaimDeliveries(t.Context(), Start, hold, 3)
			if err != nil {
				return err
			}
			for _, d := range got {
				mu.Lock()
				sent[d.Chat] = append(sent[d.Chat], d.Key)
				left--
				mu.Unlock()
				if err := s.FinishDelivery(t.Context(), d, json.RawMessage(`{"msgid":"x"}`), Start); err != nil {
					return err
				}
			}
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, sent, chats)
	for chat, got := range sent {
		var want []string
		for m := range messages {
			want = append(want, fmt.Sprintf("%s-%02d", chat.ID[len("chat"):], m))
		}
		require.Equal(t, want, got)
	}
	n, err := s.SentSince(t.Context(), orders.Chat{Platform: orders.WeCom, ID: "chat1"}, Start)
	require.NoError(t, err)
	require.Equal(t, messages, n)
	n, err = s.SentSince(t.Context(), orders.Chat{Platform: orders.WeCom, ID: "chat1"}, Start.Add(time.Second))
	require.NoError(t, err)
	require.Zero(t, n)
}

func testDeliveryHeads(t *testing.T, s Store) {
	t.Helper()
	later := Delivery("a", "a2", Start)
	quiet := Delivery("b", "b1", Start)
	quiet.NotAt = Start.Add(8 * time.Hour)
	card := Delivery("b", "b2", Start)
	card.Order, card.Kind, card.Update, card.Code = "SO202603110001", "approval.card", 7, "code"
	do(t, s, func(tx Tx) error { return tx.Send(Delivery("a", "a1", Start), later, quiet, card) })
	take := func(at time.Time, want ...string) map[string]orders.Delivery {
		t.Helper()
		list, err := s.ClaimDeliveries(t.Context(), at, hold, 10)
		require.NoError(t, err)
		var got []string
		out := make(map[string]orders.Delivery)
		for _, d := range list {
			got = append(got, d.Key)
			out[d.Key] = d
		}
		require.Equal(t, want, got)
		return out
	}
	got := take(Start, "a1", "b2") // b1 does not stand in line before its time
	require.Equal(t, card.Body, got["b2"].Body)
	require.EqualValues(t, 7, got["b2"].Update)
	require.Equal(t, "code", got["b2"].Code)
	take(Start)
	require.NoError(t, s.FinishDelivery(t.Context(), got["b2"], json.RawMessage(`{"id":1}`), Start))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.FinishDelivery(t.Context(), got["b2"], nil, Start)))
	d, err := s.Delivery(t.Context(), got["b2"].ID)
	require.NoError(t, err)
	require.Equal(t, orders.DeliverySent, d.Status)
	require.JSONEq(t, `{"id":1}`, string(d.Receipt))
	require.Equal(t, Start, d.SentAt)
	require.False(t, d.Changed)

	// a1 is tried again later, and a2 must not overtake it.
	require.NoError(t, s.RetryDelivery(t.Context(), got["a1"], Start.Add(hold), "45009"))
	take(Start.Add(hold - time.Millisecond))
	got = take(Start.Add(hold), "a1")
	require.Equal(t, 1, got["a1"].Attempts)
	require.Equal(t, "45009", got["a1"].Error)
	old := got["a1"]
	got = take(Start.Add(2*hold), "a1") // the claim has run out
	require.Equal(t, 2, got["a1"].Attempts)
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.RetryDelivery(t.Context(), old, Start, "")))
	require.NoError(t, s.FailDelivery(t.Context(), got["a1"], Start, "40003"))
	got = take(Start.Add(2*hold), "a2")
	require.NoError(t, s.FinishDelivery(t.Context(), got["a2"], nil, Start))
	got = take(quiet.NotAt, "b1")
	require.NoError(t, s.FailDelivery(t.Context(), got["b1"], Start, "40003"))

	do(t, s, func(tx Tx) error {
		list, err := tx.DeliveriesOf("SO202603110001", "approval.card")
		require.Len(t, list, 1)
		if err != nil {
			return err
		}
		list, err = tx.DeliveriesOf("SO202603110001", "text")
		require.Empty(t, list)
		return err
	})

	// The first change has a code of its own, the second uses the one in the card's receipt.
	for i, code := range []string{"code", ""} {
		change := Delivery("b", "change"+code, Start)
		change.Update, change.Code = d.ID, code
		do(t, s, func(tx Tx) error { return tx.Send(change) })
		got = take(quiet.NotAt, change.Key)
		require.NoError(t, s.FinishDelivery(t.Context(), got[change.Key], nil, Start))
		d, err = s.Delivery(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, i == 1, d.Changed)
	}
	_, err = s.Delivery(t.Context(), 999999)
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
}

func testEvents(t *testing.T, s Store) {
	t.Helper()
	const n = 60
	do(t, s, func(tx Tx) error {
		for i := range n {
			err := tx.Emit(orders.Event{
				Kind: orders.EventConfirmed, Order: "SO202603110001", At: Start, Actor: "S001", Data: map[string]string{"n": strconv.Itoa(i)}, Trace: "t",
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	seen := make(map[string]int)
	errs := race(8, func(int) error {
		for {
			list, err := s.ClaimEvents(t.Context(), Start, hold, 5)
			if err != nil {
				return err
			}
			mu.Lock()
			for _, e := range list {
				seen[e.Data["n"]]++
			}
			all := len(seen) == n
			mu.Unlock()
			for _, e := range list {
				if err := s.Do(t.Context(), func(tx Tx) error { return tx.FinishEvent(e) }); err != nil {
					return err
				}
			}
			if all {
				return nil
			}
		}
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, seen, n)
	for _, times := range seen {
		require.Equal(t, 1, times)
	}

	do(t, s, func(tx Tx) error { return tx.Emit(orders.Event{Kind: "x", At: Start}) })
	list, err := s.ClaimEvents(t.Context(), Start, hold, 5)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Zero(t, list[0].Attempts)
	require.NoError(t, s.RetryEvent(t.Context(), list[0], Start.Add(time.Second), "x"))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.RetryEvent(t.Context(), list[0], Start, "x")))
	err = s.Do(t.Context(), func(tx Tx) error { return tx.FinishEvent(list[0]) })
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
	list, err = s.ClaimEvents(t.Context(), Start, hold, 5)
	require.NoError(t, err)
	require.Empty(t, list)
	list, err = s.ClaimEvents(t.Context(), Start.Add(time.Second), hold, 5)
	require.NoError(t, err)
	require.Equal(t, 1, list[0].Attempts)
}

func testQueries(t *testing.T, s Store) {
	t.Helper()
	ids := func(list []*orders.Order, err error) []orders.OrderID {
		t.Helper()
		require.NoError(t, err)
		var out []orders.OrderID
		for _, o := range list {
			out = append(out, o.ID)
		}
		return out
	}
	a, b, c := Order("SO202603110001", "C001", 1, "P1"), Order("SO202603110002", "C001", 1, "P1"), Order("SO202603110003", "C002", 1, "P1")
	b.CreatedAt = Start.Add(time.Minute)
	b.Status, c.Status, c.Sales = orders.StatusPendingApproval, orders.StatusPendingApproval, "S002"
	b.Shipments = []orders.Shipment{{No: 1, Carrier: "SF", Tracking: "SF1234567890123", Token: "push", NextPoll: Start.Add(time.Hour)}}
	insert(t, s, a, b, c)
	pending := orders.StatusPendingApproval
	require.Equal(t, []orders.OrderID{b.ID}, ids(s.OrdersOf(t.Context(), "C001", 10)))
	require.Equal(t, []orders.OrderID{c.ID, b.ID}, ids(s.OpenOrders(t.Context(), "", 10, pending)))
	require.Equal(t, []orders.OrderID{c.ID}, ids(s.OpenOrders(t.Context(), "", 1, pending)))
	require.Equal(t, []orders.OrderID{a.ID, b.ID}, ids(s.OpenOrders(t.Context(), "S001", 10, pending, orders.StatusDraft)))
	require.Empty(t, ids(s.OpenOrders(t.Context(), "", 10)))
	require.Equal(t, []orders.OrderID{b.ID}, ids(s.OrderByTracking(t.Context(), "SF1234567890123")))
	require.Empty(t, ids(s.OrderByTracking(t.Context(), "SF1")))
	id, no, err := s.ShipmentByToken(t.Context(), "push")
	require.NoError(t, err)
	require.Equal(t, b.ID, id)
	require.Equal(t, 1, no)
	_, _, err = s.ShipmentByToken(t.Context(), "")
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))

	due, err := s.DueOrders(t.Context(), Start.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Equal(t, []orders.OrderID{b.ID}, due)
	due, err = s.DueOrders(t.Context(), Start.Add(30*time.Hour), 10)
	require.NoError(t, err)
	require.Equal(t, []orders.OrderID{b.ID, a.ID}, due)

	var token string
	for range 2 {
		do(t, s, func(tx Tx) error {
			link, err := tx.OrderLink(a.ID)
			require.True(t, token == "" || token == link)
			token = link
			return err
		})
	}
	o, err := s.OrderByLink(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, a.ID, o.ID)
	_, err = s.OrderByLink(t.Context(), "x")
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))

	entry := orders.AuditEntry{
		Order: a.ID, At: Start, Actor: "S001", Channel: orders.WeCom, Action: "草稿", Before: "x", After: "y", Reason: "z", Trace: "t",
	}
	do(t, s, func(tx Tx) error { return tx.Audit(entry, orders.AuditEntry{Order: b.ID, At: Start}) })
	trail, err := s.Trail(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, []orders.AuditEntry{entry}, trail)
}

func testTalk(t *testing.T, s Store) {
	t.Helper()
	chat := orders.Chat{Platform: orders.KF, ID: "kf1 user1"}
	errs := race(20, func(int) error {
		return s.Do(t.Context(), func(tx Tx) error {
			state, err := tx.Talk(chat)
			if err != nil {
				return err
			}
			n := 0
			if state != nil {
				if err := json.Unmarshal(state, &n); err != nil {
					return err
				}
			}
			return tx.SaveTalk(chat, json.RawMessage(strconv.Itoa(n+1)), Start)
		})
	})
	require.Equal(t, map[orders.Code]int{"": 20}, codes(errs))
	do(t, s, func(tx Tx) error {
		state, err := tx.Talk(chat)
		require.Equal(t, "20", string(state))
		return err
	})
	do(t, s, func(tx Tx) error {
		state, err := tx.Talk(orders.Chat{Platform: orders.WeCom, ID: chat.ID})
		require.Nil(t, state)
		return err
	})
}

func testBindings(t *testing.T, s Store) {
	t.Helper()
	until := Start.Add(10 * time.Minute)
	do(t, s, func(tx Tx) error { return tx.NewCode("123456", "C001", "S001", until) })
	err := s.Do(t.Context(), func(tx Tx) error { return tx.NewCode("123456", "C002", "S001", until) })
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(err)) // still open
	use := func(code string, at time.Time) error {
		return s.Do(t.Context(), func(tx Tx) error {
			customer, by, err := tx.UseCode(code, at)
			if err != nil {
				return err
			}
			return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "openid", Customer: customer, By: by, At: at})
		})
	}
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(use("123456", until)))
	errs := race(20, func(int) error { return use("123456", Start) })
	require.Equal(t, map[orders.Code]int{"": 1, orders.CodeNotFound: 19}, codes(errs))
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(use("000000", Start)))
	do(t, s, func(tx Tx) error { return tx.NewCode("123456", "C002", "S002", until) }) // a spent code may come again
	require.NoError(t, use("123456", Start))

	do(t, s, func(tx Tx) error {
		list, err := tx.BindingOf(orders.ServiceAccount, "openid")
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, orders.Binding{
			ID: list[0].ID, Platform: orders.ServiceAccount, Person: "openid", Customer: "C001", By: "S001", At: Start,
		}, list[0])
		require.NoError(t, tx.Bind(list[0])) // once is enough
		list, err = tx.BindingsOf("C001")
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NoError(t, tx.Unbind(list[0].ID))
		require.Equal(t, orders.CodeNotFound, orders.ErrorCode(tx.Unbind(list[0].ID)))
		list, err = tx.BindingsOf("C001")
		require.Empty(t, list)
		return err
	})
	do(t, s, func(tx Tx) error {
		for i := range 3 {
			n, err := tx.CountTry(orders.ServiceAccount, "openid", true, Start, Start.Add(time.Duration(i)*time.Minute))
			require.NoError(t, err)
			require.Equal(t, i+1, n)
		}
		n, err := tx.CountTry(orders.ServiceAccount, "openid", false, Start.Add(time.Minute), Start)
		require.Equal(t, 2, n)
		return err
	})
}

func testCursors(t *testing.T, s Store) {
	t.Helper()
	at := func(c *Cursor, err error) *Cursor {
		t.Helper()
		require.NoError(t, err)
		return c
	}
	require.Nil(t, at(s.ClaimCursor(t.Context(), Start, hold)))
	for _, err := range race(10, func(i int) error { return s.Want(t.Context(), "kf1", "token"+strconv.Itoa(i), Start) }) {
		require.NoError(t, err)
	}
	c := at(s.ClaimCursor(t.Context(), Start, hold))
	require.Equal(t, "kf1", c.Name)
	require.Empty(t, c.Cursor)
	require.Nil(t, at(s.ClaimCursor(t.Context(), Start, hold)))

	// More to come: go on with the same claim.
	require.NoError(t, s.Advance(t.Context(), c, "p1", true, []orders.Inbound{Text("a", "m1", "", Start)}))
	require.NoError(t, s.Want(t.Context(), "kf1", "new", Start)) // meanwhile
	require.NoError(t, s.Advance(t.Context(), c, "p2", false, []orders.Inbound{Text("a", "m1", "", Start), Text("a", "m2", "", Start)}))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.Advance(t.Context(), c, "p9", false, nil)))
	_, got := claim(t, s, Start.Add(TurnPause))
	require.Equal(t, []string{"m1", "m2"}, got)

	c = at(s.ClaimCursor(t.Context(), Start, hold)) // what was wanted meanwhile
	require.Equal(t, "p2", c.Cursor)
	require.Equal(t, "new", c.Token)
	require.NoError(t, s.ReleaseCursor(t.Context(), c, Start.Add(time.Second)))
	require.Nil(t, at(s.ClaimCursor(t.Context(), Start, hold)))
	dead := at(s.ClaimCursor(t.Context(), Start.Add(time.Second), hold))
	c = at(s.ClaimCursor(t.Context(), Start.Add(time.Second+hold), hold))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.Advance(t.Context(), dead, "x", false, []orders.Inbound{Text("b", "n1", "", Start)})))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.ReleaseCursor(t.Context(), dead, Start)))
	require.NoError(t, s.Advance(t.Context(), c, "p3", false, nil))
	require.Nil(t, at(s.ClaimCursor(t.Context(), Start.Add(time.Hour), hold)))
	turn, _ := claim(t, s, Start.Add(TurnPause))
	require.Nil(t, turn)
}
