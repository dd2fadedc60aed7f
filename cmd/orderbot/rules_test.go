package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// inForce waits until the servers use a version of the rules.
func inForce(t *testing.T, version int, servers ...*server) {
	t.Helper()
	for _, s := range servers {
		eventually(t, patience, "the rules", func() bool { return s.rules.get().Version == version }, func() string { return "another version" })
	}
}

// A version that is put in force is used by all replicas without a restart; one that is no rules file is not. A file that
// was changed is used after a restart, one that was not takes nothing back.
func TestRulesReachAllReplicas(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
			write(string(rules.Default))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.serve()
			servers := []*server{f.server, f.replica()}
			inForce(t, 1, servers...)
			put := func(text string) (number int) {
				require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
					v, _, err := orders.AddRules(tx, text, "", orders.SystemActor, f.clock.now())
					if err != nil {
						return err
					}
					changes, err := tx.RuleChanges()
					if err != nil {
						return err
					}
					number = v.Number
					return orders.PutInForce(tx, number, orders.InForce(changes).Number, false, "", orders.SystemActor, f.clock.now())
				}))
				return number
			}
			direct := "routes: [{name: 直通, when: 其余, steps: []}]"
			require.Equal(t, 2, put(direct))
			inForce(t, 2, servers...)
			f.sim.WeCom.SendText(t.Context(), "zhouting", "澜州一院 外科口罩20箱，周五下午前送到")
			card := see(t, "draft", f.wecom("zhouting"), offers("确认下单"))
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单"))
			require.Equal(t, []string{"直通 2"}, texts(t, f.sql(), "SELECT route, rules FROM orders"))

			// What this program can't read does not take the place of what it can.
			require.Equal(t, 3, put("routes: nonsense"))
			require.Equal(t, 4, put(strings.Replace(direct, "直通", "直达", 1)))
			inForce(t, 4, servers...)

			f.stop()
			f.serve() // with the same file
			inForce(t, 4, f.server)
			write(direct + "\n# changed")
			f.stop()
			f.serve()
			inForce(t, 5, f.server)
			inForce(t, 5, servers[1])
		})
	}
}
