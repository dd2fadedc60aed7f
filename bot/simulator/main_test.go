package simulator_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orderbot/bot/simulator"
)

// TestMain fails when a closed simulator leaves a goroutine behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// TestManyPeopleAtOnce lets everybody act, be written to and be looked at at the same time; the
// race detector watches.
func TestManyPeopleAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.connect()
	var wg sync.WaitGroup
	for i := range 12 {
		id := fmt.Sprint("u", i)
		b.sim.WeCom.AddMember(id, id)
		b.sim.KF.AddCustomer(id, id, "")
		b.sim.ServiceAccount.AddFollower(id, id, "")
		b.sim.DingTalk.AddPerson(id, id, "")
		for range 3 {
			wg.Go(func() {
				require.True(t, b.sim.WeCom.SendText(t.Context(), id, "x").Accepted)
				require.True(t, b.sim.KF.SendText(t.Context(), id, "x").Accepted)
				require.True(t, b.sim.ServiceAccount.SendText(t.Context(), id, "x").Accepted)
				require.True(t, b.sim.DingTalk.SendText(t.Context(), id, "x").OK())
				b.work("/cgi-bin/message/send", text(id, b.cred.WeCom.AgentID, "y"))
				b.sim.Fault(simulator.PlatformKuaidi100, "", simulator.ServerError(), 1)
				b.sim.WeCom.Screen(id)
				b.sim.DingTalk.Screen(id)
				b.sim.Calls()
			})
		}
	}
	wg.Wait()
	require.Len(t, b.sim.WeCom.Screen("u3"), 6)
	require.Empty(t, b.sim.DingTalk.Flaws())
}
