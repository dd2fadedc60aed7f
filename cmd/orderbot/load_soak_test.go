//go:build soak

package main

import "testing"

// The greatest day, 1,287 orders, at the pace and with the settings of a real server.
//
// feature: PF-01, PF-02, PF-05, NT-15
func TestSoakLoad(t *testing.T) {
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) { runLoad(t, database(t), 1287, "ORDERBOT_TIMES__TURN_PAUSE=1500ms") })
	}
}
