package wecom_test

import (
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/bot/wecom"
	notifywecom "orderbot/notify/wecom" //nolint:depguard // the client that cmd gives the puller, here against the simulated platform
	"orderbot/orders"
)

// world is the simulated platform with our callbacks behind it.
type world struct {
	sim     *simulator.Simulator
	inbox   *inbox
	cursors *cursors
	puller  *wecom.Puller
	kf      *notifywecom.KF
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{sim: simulator.New(simulator.Options{Seed: 7}), inbox: &inbox{}, cursors: &cursors{}}
	require.NoError(t, w.sim.Start())
	t.Cleanup(w.sim.Close)
	w.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 2, Pause: time.Millisecond, Copies: 2, Parallel: true})
	c := w.sim.Credentials().WeCom
	app, err := wecom.New(wecom.Options{CorpID: c.CorpID, AgentID: c.AgentID, Token: c.Token, AESKey: c.AESKey, Inbox: w.inbox, Now: time.Now})
	require.NoError(t, err)
	kf, err := wecom.NewKF(wecom.KFOptions{CorpID: c.CorpID, Token: c.KF.Token, AESKey: c.KF.AESKey, Cursors: w.cursors, Now: time.Now})
	require.NoError(t, err)
	w.kf = notifywecom.NewKF(notifywecom.Options{APIURL: w.sim.WeComURL(), CorpID: c.CorpID, Secret: c.KF.Secret, Now: time.Now})
	w.puller = wecom.NewPuller(wecom.PullerOptions{Log: w.kf, Cursors: w.cursors, Now: time.Now})
	srv := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Register(srv)
	kf.Register(srv)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = srv.Listener(ln) }()
	t.Cleanup(func() { _ = srv.Shutdown() })
	w.sim.SetCallbacks("http://" + ln.Addr().String())
	return w
}

func TestSimulatedMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.sim.WeCom.VerifyURL(t.Context()))
	require.NoError(t, w.sim.KF.VerifyURL(t.Context()))
	w.sim.WeCom.AddMember("wang", "王姐")
	text := w.sim.WeCom.SendText(t.Context(), "wang", "A12 螺丝 500 盒 <急> & 快")
	image := w.sim.WeCom.SendImage(t.Context(), "wang", []byte("\xff\xd8\xff\xe0 picture"))
	menu := w.sim.WeCom.ClickMenu(t.Context(), "wang", "待办")
	enter := w.sim.WeCom.EnterAgent(t.Context(), "wang")
	for name, d := range map[string]simulator.Delivery{"text": text, "image": image, "menu": menu, "enter": enter} {
		require.NoError(t, d.Err, name)
		require.True(t, d.Accepted, name)
	}
	require.Len(t, w.inbox.rows, 4, "each once, though delivered twice at the same time")
	require.Equal(t, "A12 螺丝 500 盒 <急> & 快", w.inbox.rows[0].Text)
	require.Equal(t, orders.InboundPicture, w.inbox.rows[1].Kind)
	require.Equal(t, "待办", w.inbox.rows[2].Text)
	require.Equal(t, orders.InboundEnter, w.inbox.rows[3].Kind)
	again := w.sim.WeCom.Redeliver(t.Context(), text.MsgID)
	require.True(t, again.Accepted)
	require.Len(t, w.inbox.rows, 4)
}

func TestSimulatedCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.KF.AddCustomer("wmA", "李老板", "")
	w.sim.KF.EmptyPages(2)
	require.True(t, w.sim.KF.SendText(t.Context(), "wmA", "A12 500盒").Accepted)
	require.True(t, w.sim.KF.SendFile(t.Context(), "wmA", "采购单.xlsx", []byte("PK-table")).Accepted)
	require.True(t, w.sim.KF.SendMerged(t.Context(), "wmA", "聊天记录", []simulator.MergedItem{
		{Sender: "李老板", Type: "text", Body: map[string]any{"content": "要 A12"}, Time: time.Now()},
	}).Accepted)
	for {
		pulled, err := w.puller.PullOnce(t.Context())
		require.NoError(t, err)
		if !pulled {
			break
		}
	}
	kinds := map[orders.InboundKind]orders.Inbound{}
	keys := map[string]bool{}
	for _, in := range w.cursors.rows {
		if !keys[in.Key] {
			kinds[in.Kind] = in
		}
		keys[in.Key] = true
	}
	require.Len(t, keys, 3)
	require.Contains(t, kinds[orders.InboundText].Text, "要 A12")
	name, data, err := w.kf.Fetch(t.Context(), kinds[orders.InboundFile])
	require.NoError(t, err)
	require.Equal(t, "采购单.xlsx", name)
	require.Equal(t, "PK-table", string(data))
}
