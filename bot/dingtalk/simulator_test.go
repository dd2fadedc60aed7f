package dingtalk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/dingtalk"
	"orderbot/bot/simulator"
	"orderbot/orders"
)

func TestSimulatedPeople(t *testing.T) {
	t.Parallel()
	sim, b := simulator.New(simulator.Options{Seed: 7}), &inbox{}
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	c := sim.Credentials().DingTalk
	s := dingtalk.New(dingtalk.Options{APIURL: sim.DingTalkURL(), ClientID: c.ClientID, ClientSecret: c.ClientSecret, Inbox: b, Now: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	require.NoError(t, sim.DingTalk.WaitConnections(t.Context(), 1))
	sim.DingTalk.AddPerson("u1", "王敏", "")
	group := sim.DingTalk.AddGroup("订单群", "u1")
	for name, p := range map[string]simulator.Push{
		"text":    sim.DingTalk.SendText(t.Context(), "u1", "A12 500盒"),
		"group":   sim.DingTalk.SendText(t.Context(), "u1", "待办", simulator.InGroup(group)),
		"picture": sim.DingTalk.SendPicture(t.Context(), "u1", []byte("\xff\xd8 x")),
		"file":    sim.DingTalk.SendFile(t.Context(), "u1", "采购单.xlsx", []byte("PK")),
		"audio":   sim.DingTalk.SendAudio(t.Context(), "u1", []byte("amr"), simulator.Recognised("五箱螺丝")),
		"rich": sim.DingTalk.SendRichText(t.Context(), "u1", []simulator.RichPart{
			{Text: "这两张"}, {Picture: []byte("\xff\xd8 1")}, {Picture: []byte("\xff\xd8 2")},
		}),
	} {
		require.NoError(t, p.Err, name)
		require.True(t, p.Acked, name)
		require.Equal(t, 200, p.Ack.Code, name)
	}
	kinds := map[orders.InboundKind]int{}
	for _, in := range b.rows {
		kinds[in.Kind]++
		require.Equal(t, "u1", in.Sender)
		require.NotEmpty(t, in.ReplyURL)
	}
	require.Equal(t, map[orders.InboundKind]int{
		orders.InboundText: 3, orders.InboundPicture: 3, orders.InboundFile: 1, orders.InboundVoice: 1,
	}, kinds)
	require.Empty(t, sim.DingTalk.Flaws())
	require.False(t, s.Seen().IsZero())
	cancel()
	require.NoError(t, <-done)
}
