package wecom_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator" //nolint:depguard // the simulated platform as a peer of the client
	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/wecom"
	"orderbot/orders"
)

// movable is a clock that is set forward.
type movable struct {
	mu sync.Mutex
	at time.Time
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *movable) advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}

func simulated(t *testing.T) (*simulator.Simulator, *wecom.App, *movable) {
	t.Helper()
	clock := &movable{at: now}
	sim := simulator.New(simulator.Options{Seed: 7, Now: clock.now})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	sim.WeCom.AddMember("WangJie", "王姐")
	c := sim.Credentials().WeCom
	return sim, wecom.NewApp(wecom.Options{APIURL: sim.WeComURL(), CorpID: c.CorpID, Secret: c.Secret, AgentID: c.AgentID, Now: clock.now}), clock
}

func TestSimulatedCard(t *testing.T) {
	t.Parallel()
	sim, app, clock := simulated(t)
	sent := delivery(t, draft())
	receipt, err := app.Send(t.Context(), sent, nil)
	require.NoError(t, err)
	sent.Receipt, sent.SentAt = receipt, clock.now()
	screen := sim.WeCom.Screen("WangJie")
	require.Len(t, screen, 1)
	require.Equal(t, "act.1", screen[0].Buttons[0].ID)
	require.Empty(t, screen[0].Cut)

	m := draft()
	m.Card.Buttons, m.Card.Settled = nil, "已确认 王姐 10:24"
	settled := delivery(t, m)
	settled.Key, settled.Update = "settle", sent.ID
	sim.WeCom.ExpireTokens() // the client finds out and asks for another token
	_, err = app.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	screen = sim.WeCom.Screen("WangJie")
	require.Len(t, screen, 1)
	require.Equal(t, "已确认", screen[0].Settled)

	m.Text = "SO202603110012 已发货"
	settled = delivery(t, m)
	settled.Key, settled.Update = "again", sent.ID
	_, err = app.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	screen = sim.WeCom.Screen("WangJie")
	require.Len(t, screen, 2, "the code is spent: the new state comes as text")
	require.Equal(t, m.Text, unmarked(screen[1].Text))
}

// An answer that is lost leads to a repeat, and the repeat to nothing new.
func TestSimulatedLostAnswer(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]cards.Message{"text": {Text: "SO202603110012 已发货"}, "card": draft()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, app, _ := simulated(t)
			sim.Fault(simulator.PlatformWeCom, sendPath, simulator.LostAnswer(), 1)
			_, err := app.Send(t.Context(), delivery(t, m), nil)
			require.True(t, httpxtest.RequireFailure(t, err, notify.Unavailable).Unknown)
			_, err = app.Send(t.Context(), delivery(t, m), nil)
			require.NoError(t, err)
			require.Len(t, sim.WeCom.Screen("WangJie"), 1)
		})
	}
}

func TestSimulatedTrouble(t *testing.T) {
	t.Parallel()
	sim, app, _ := simulated(t)
	for want, trouble := range map[notify.Reason]simulator.Trouble{
		notify.RateLimited: simulator.RateLimited(), notify.Unavailable: simulator.ServerError(), notify.Auth: simulator.ErrorAnswer("60020", "not allow"),
	} {
		sim.Fault(simulator.PlatformWeCom, sendPath, trouble, 1)
		_, err := app.Send(t.Context(), delivery(t, cards.Message{Text: "x"}), nil)
		httpxtest.RequireFailure(t, err, want)
	}
	stranger := delivery(t, draft())
	stranger.Chat.ID = "nobody"
	_, err := app.Send(t.Context(), stranger, nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestSimulatedFile(t *testing.T) {
	t.Parallel()
	sim, app, _ := simulated(t)
	_, err := app.Send(t.Context(), delivery(t, cards.Message{File: &cards.File{Name: "对账单.xlsx", Data: []byte("PK-table")}}), nil)
	require.NoError(t, err)
	screen := sim.WeCom.Screen("WangJie")
	require.Equal(t, "对账单.xlsx", screen[0].FileName)
	_, data, err := app.Fetch(t.Context(), orders.Inbound{Media: screen[0].MediaID})
	require.NoError(t, err)
	require.Equal(t, "PK-table", string(data))
}

func TestSimulatedKF(t *testing.T) {
	t.Parallel()
	clock := &movable{at: now}
	sim := simulator.New(simulator.Options{Seed: 7, Now: clock.now})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	c := sim.Credentials().WeCom
	kf := wecom.NewKF(wecom.Options{APIURL: sim.WeComURL(), CorpID: c.CorpID, Secret: c.KF.Secret, Now: clock.now})
	callbacks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(callbacks.Close)
	sim.SetCallbacks(callbacks.URL)
	sim.KF.AddCustomer("wmA", "李老板", "")
	require.True(t, sim.KF.SendText(context.Background(), "wmA", "在吗").Accepted)
	send := func(key string, m cards.Message) error {
		d := delivery(t, m)
		d.Key, d.Chat = key, orders.Chat{Platform: orders.KF, ID: c.KF.OpenKfID + " wmA"}
		_, err := kf.Send(t.Context(), d, nil)
		return err
	}
	require.NoError(t, send("1", cards.Message{Text: "要办什么？", Menu: []string{"订单到哪了", "找人工"}}))
	require.NoError(t, send("1", cards.Message{Text: "要办什么？", Menu: []string{"订单到哪了", "找人工"}}), "a repeat")
	require.NoError(t, send("2", draft()))
	require.NoError(t, send("3", cards.Message{File: &cards.File{Name: "对账单.pdf", Data: []byte("%PDF-1.4 x")}}))
	screen := sim.KF.Screen("wmA")
	require.Len(t, screen, 1+3)
	require.Len(t, screen[1].Buttons, 2)
	accounts, err := kf.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{c.KF.OpenKfID}, accounts)
	link, err := kf.ContactLink(t.Context(), c.KF.OpenKfID, "B7-码")
	require.NoError(t, err)
	require.Contains(t, link, "scene_param=B7-%E7%A0%81")
	require.NoError(t, send("4", cards.Message{Text: "四"}))
	require.NoError(t, send("5", cards.Message{Text: "五"}))
	httpxtest.RequireFailure(t, send("6", cards.Message{Text: "六"}), notify.Rejected)
	clock.advance(49 * time.Hour)
	httpxtest.RequireFailure(t, send("7", cards.Message{Text: "七"}), notify.Rejected)
	items, _, _, err := kf.SyncMsg(t.Context(), c.KF.OpenKfID, "", "")
	require.NoError(t, err)
	require.NotEmpty(t, items)
	require.True(t, json.Valid(items[0]))
}
