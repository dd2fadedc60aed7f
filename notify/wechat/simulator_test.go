package wechat_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator" //nolint:depguard // the simulated platform as a peer of the client
	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/wechat"
)

func TestSimulatedWindow(t *testing.T) {
	t.Parallel()
	at := now
	sim := simulator.New(simulator.Options{Seed: 7, Now: func() time.Time { return at }})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	c := sim.Credentials().ServiceAccount
	a := wechat.New(wechat.Options{
		APIURL: sim.ServiceAccountURL(), AppID: c.AppID, Secret: c.Secret, Now: func() time.Time { return at },
		Templates: map[string]string{"shipped": "TPL1"},
	})
	callbacks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(callbacks.Close)
	sim.SetCallbacks(callbacks.URL)
	sim.ServiceAccount.AddFollower("o1", "李老板", "")
	sim.ServiceAccount.AddTemplates("TPL1")

	_, err := a.Send(t.Context(), delivery(t, "shipped", shipped), nil)
	require.NoError(t, err)
	screen := sim.ServiceAccount.Screen("o1")
	require.Equal(t, "template", screen[0].Kind, "he has never written")
	require.Contains(t, screen[0].Text, "SO202603110012")
	_, err = a.Send(t.Context(), delivery(t, "customer.told", shipped), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)

	require.True(t, sim.ServiceAccount.SendText(context.Background(), "o1", "到哪了").Accepted)
	sim.ServiceAccount.ExpireTokens()
	_, err = a.Send(t.Context(), delivery(t, "customer.told", shipped), nil)
	require.NoError(t, err)
	screen = sim.ServiceAccount.Screen("o1")
	require.Equal(t, "text", screen[len(screen)-1].Kind)

	_, _, err = a.QRCode(t.Context(), "bind_7", time.Hour)
	require.NoError(t, err)
}
