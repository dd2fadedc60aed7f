package dingtalk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator" //nolint:depguard // the simulated platform as a peer of the client
	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/dingtalk"
	"orderbot/notify/httpx/httpxtest"
)

func simulated(t *testing.T) (*simulator.Simulator, *dingtalk.Bot) {
	t.Helper()
	sim := simulator.New(simulator.Options{Seed: 7, Now: func() time.Time { return now }})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	sim.DingTalk.AddPerson("u1", "王敏", "")
	c := sim.Credentials().DingTalk
	return sim, dingtalk.New(dingtalk.Options{
		APIURL: sim.DingTalkURL(), LegacyURL: sim.DingTalkLegacyURL(), ClientID: c.ClientID, ClientSecret: c.ClientSecret, Now: func() time.Time { return now },
	})
}

func TestSimulatedCard(t *testing.T) {
	t.Parallel()
	sim, bot := simulated(t)
	sent := delivery(t, "u1", approval())
	var err error
	for range 2 { // a repeat changes nothing
		sent.Receipt, err = bot.Send(t.Context(), sent, nil)
		require.NoError(t, err)
	}
	screen := sim.DingTalk.Screen("u1")
	require.Len(t, screen, 1)
	require.Equal(t, "act.1", screen[0].Buttons[0].ID)

	m := approval()
	m.Card.Buttons, m.Card.Settled = nil, "已同意 王敏 10:24"
	settled := delivery(t, "u1", m)
	settled.Key, settled.Update = "settle", sent.ID
	sim.DingTalk.ExpireTokens()
	_, err = bot.Send(t.Context(), settled, &sent)
	require.NoError(t, err)
	screen = sim.DingTalk.Screen("u1")
	require.Len(t, screen, 1)
	require.Empty(t, screen[0].Buttons)
	require.Contains(t, string(screen[0].Card), "已同意 王敏 10:24")
}

func TestSimulatedTroubleWithCards(t *testing.T) {
	t.Parallel()
	sim, bot := simulated(t)
	for _, trouble := range []simulator.Trouble{
		simulator.DeliveryRefused("not allowed"),
		simulator.ErrorAnswer("Forbidden.AccessDenied.AccessTokenPermissionDenied", "no permission"),
	} {
		before := len(sim.DingTalk.Screen("u1"))
		sim.Fault(simulator.PlatformDingTalk, createPath, trouble, 1)
		d := delivery(t, "u1", approval())
		d.Key += trouble.String()
		_, err := bot.Send(t.Context(), d, nil)
		require.NoError(t, err)
		screen := sim.DingTalk.Screen("u1")
		require.Len(t, screen, before+1)
		require.Equal(t, "text", screen[before].Kind)
	}
	for want, trouble := range map[notify.Reason]simulator.Trouble{
		notify.RateLimited: simulator.RateLimited(), notify.Unavailable: simulator.ServerError(),
	} {
		sim.Fault(simulator.PlatformDingTalk, createPath, trouble, 1)
		_, err := bot.Send(t.Context(), delivery(t, "u1", approval()), nil)
		httpxtest.RequireFailure(t, err, want)
	}
	sim.Fault(simulator.PlatformDingTalk, onePath, simulator.Banned(), 1)
	_, err := bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "x"}), nil)
	httpxtest.RequireFailure(t, err, notify.RateLimited)
	sim.DingTalk.FlowControl("u1", 1)
	_, err = bot.Send(t.Context(), delivery(t, "u1", cards.Message{Text: "x"}), nil)
	httpxtest.RequireFailure(t, err, notify.RateLimited)
	_, err = bot.Send(t.Context(), delivery(t, "nobody", cards.Message{Text: "x"}), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestSimulatedGroupAndFile(t *testing.T) {
	t.Parallel()
	sim, bot := simulated(t)
	group := sim.DingTalk.AddGroup("订单群", "u1")
	_, err := bot.Send(t.Context(), delivery(t, group, approval()), nil)
	require.NoError(t, err)
	_, err = bot.Send(t.Context(), delivery(t, group, cards.Message{Text: "已发货"}), nil)
	require.NoError(t, err)
	_, err = bot.Send(t.Context(), delivery(t, "u1", cards.Message{File: &cards.File{Name: "月报.xlsx", Data: []byte("PK-table")}}), nil)
	require.NoError(t, err)
	screen := sim.DingTalk.Screen("u1")
	require.Len(t, screen, 3)
	require.Equal(t, "月报.xlsx", screen[2].FileName)
}
