package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

// printedSteps reads the flow that 「规则」 prints for a route: who decides, in order, and whether every order has the step.
func printedSteps(t *testing.T, e *rules.Engine, route string) (who []string, always []bool) {
	t.Helper()
	for _, s := range e.Words() {
		for _, r := range s.Rows {
			if s.Title != "审批路由" || r.Name != route {
				continue
			}
			flow, ok := strings.CutPrefix(r.Pieces[0], "→ ")
			require.True(t, ok)
			for step := range strings.SplitSeq(flow, " → ") {
				role, more, _ := strings.Cut(strings.TrimSuffix(step, "）"), "（")
				isConditional := strings.Contains(strings.ReplaceAll(more, "时系统通过", ""), "时")
				who, always = append(who, role), append(always, !isConditional)
			}
			return who, always
		}
	}
	t.Fatalf("no route %s is printed", route)
	return nil, nil
}

// The flow that is printed of the rules file is the one that orders go, at every border of the built-in rules.
//
// feature: CF-02
func TestThePrintedFlowIsTheOneThatIsGone(t *testing.T) {
	t.Parallel()
	e := load(t)
	gone := make(map[string]bool)
	for _, fen := range []orders.Money{1, 499_999, 500_000, 1_999_999, 2_000_000, 2_000_001, 5_000_000, 5_000_001} {
		for _, kind := range []string{orders.CustomerVIP, orders.CustomerOrdinary, orders.CustomerDealer} {
			for _, grade := range []string{"A", "B", "C"} {
				for _, over := range []bool{false, true} {
					f := facts{fen: fen, kind: kind, level: "A", grade: grade, over: over}
					r, err := e.Route(f.facts())
					require.NoError(t, err)
					gone[r.Name] = true
					who, always := printedSteps(t, e, r.Name)
					if len(r.Steps) == 0 {
						require.Equal(t, []string{"自动通过"}, who)
						continue
					}
					at := 0
					for i := range who {
						if at < len(r.Steps) && r.Steps[at].Role.String() == who[i] {
							at++
						} else {
							require.False(t, always[i], "%+v: %s of %s is printed and left out", f, who[i], r.Name)
						}
					}
					require.Equal(t, len(r.Steps), at, "%+v: a step of %s is not printed", f, r.Name)
				}
			}
		}
	}
	require.Len(t, gone, 6, "every route")
}
