package wechat_test

import (
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/bot/wechat"
	"orderbot/orders"
)

func TestSimulatedFollowers(t *testing.T) {
	t.Parallel()
	sim, b := simulator.New(simulator.Options{Seed: 7}), &inbox{rows: map[string]orders.Inbound{}}
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	c := sim.Credentials().ServiceAccount
	a, err := wechat.New(wechat.Options{AppID: c.AppID, Token: c.Token, AESKey: c.AESKey, Inbox: b, Now: time.Now})
	require.NoError(t, err)
	srv := fiber.New(fiber.Config{DisableStartupMessage: true})
	a.Register(srv)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = srv.Listener(ln) }()
	t.Cleanup(func() { _ = srv.Shutdown() })
	sim.SetCallbacks("http://" + ln.Addr().String())
	sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 2, Pause: time.Millisecond, Copies: 2, Parallel: true})
	require.NoError(t, sim.ServiceAccount.VerifyURL(t.Context()))
	sim.ServiceAccount.AddFollower("o1", "李老板", "")
	for _, mode := range []simulator.AccountMode{simulator.SafeMode, simulator.CompatibleMode, simulator.PlainMode} {
		sim.ServiceAccount.SetMode(mode)
		before := len(b.rows)
		d := sim.ServiceAccount.SendText(t.Context(), "o1", "SO202603110012 到哪了")
		require.NoError(t, d.Err)
		require.True(t, d.Accepted)
		require.True(t, sim.ServiceAccount.SendImage(t.Context(), "o1", []byte("\xff\xd8\xff\xe0 x")).Accepted)
		require.Len(t, b.rows, before+2)
	}
}
