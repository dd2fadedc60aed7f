package kuaidi100_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator" //nolint:depguard // the simulated platform as a peer of the client
	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/kuaidi100"
	"orderbot/orders"
)

func TestSimulatedParcel(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Seed: 7})
	require.NoError(t, sim.Start())
	t.Cleanup(sim.Close)
	c := sim.Credentials().Kuaidi100
	client := kuaidi100.New(kuaidi100.Options{APIURL: sim.Kuaidi100URL(), DetectURL: sim.Kuaidi100DetectURL(), Customer: c.Customer, Key: c.Key, Salt: c.Salt})
	at := time.Date(2026, 3, 11, 9, 30, 0, 0, time.UTC)
	sim.Kuaidi100.SetTrack(simulator.Track{
		Number: "SF1234567890123", Company: "shunfeng", Phone: "13812345678", State: "3",
		Events: []simulator.TrackEvent{{Time: at, Text: "已揽收", Code: "103"}, {Time: at.Add(time.Hour), Text: "已签收", Code: "301"}},
	})
	state, events, err := client.Query(t.Context(), parcel)
	require.NoError(t, err)
	require.Equal(t, orders.ParcelDelivered, state)
	require.Equal(t, at.Add(time.Hour), events[0].At)
	_, _, err = client.Query(t.Context(), notify.Parcel{Carrier: "YTO", Number: "YT1234567890123"})
	httpxtest.RequireFailure(t, err, notify.Rejected)

	pushed := make(chan *kuaidi100.Push, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := kuaidi100.VerifyPush(r.FormValue("sign"), r.FormValue("param"), c.Salt)
		if err != nil {
			t.Error(err)
		}
		pushed <- p
		_, _ = w.Write([]byte(kuaidi100.PushOK))
	}))
	t.Cleanup(srv.Close)
	for range 2 {
		require.NoError(t, client.Subscribe(t.Context(), parcel, srv.URL+"/callback/kuaidi100/token"))
	}
	require.True(t, sim.Kuaidi100.Push(t.Context(), "SF1234567890123").Accepted)
	p := <-pushed
	require.Equal(t, orders.ParcelDelivered, p.State)
	require.Equal(t, "SF", p.Carrier)
	require.Len(t, p.Events, 2)

	codes, err := client.Detect(t.Context(), "YT1234567890123")
	require.NoError(t, err)
	require.Contains(t, codes, "YTO")
}
