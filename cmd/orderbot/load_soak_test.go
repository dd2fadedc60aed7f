//go:build soak

package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The greatest day, 1,287 orders, with the pause of a real server. The processor time is that of
// server, simulated platforms and test together.
//
// feature: PF-01, PF-02, PF-05, NT-15
func TestSoakLoad(t *testing.T) {
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			const total = 1287
			var before, after syscall.Rusage
			require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
			runLoad(t, database(t), total, "ORDERBOT_TIMES__TURN_PAUSE=1500ms")
			require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
			busy := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
			t.Logf("processor time: %v an order; most memory: %d MiB", (busy / total).Round(time.Millisecond/10), after.Maxrss>>10)
		})
	}
}
