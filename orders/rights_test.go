package orders_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

var update = flag.Bool("update", false, "rewrite docs/rights.md")

// The page for people says what the program goes by, and the matrix has a cell for every role.
func TestRightsAreDocumented(t *testing.T) {
	t.Parallel()
	rows, roles := orders.Rights()
	require.Len(t, roles, len(orders.RoleNames))
	var b strings.Builder
	b.WriteString("# Rights\n\nWhat each role may do and see. 全部: of everybody's orders; 本人: of their own (orders of which they are the salesperson or that they wrote; " +
		"steps that\nthe approval chain gives to their role, to them by name, or to somebody who is away and whom they stand in for; customers of whom they are the\nsalesperson; " +
		"their own absences and those of who reports to them; files that they sent). Somebody with several roles has the most of them. Customers see their own\norders only. The account with which a return was signed is seen by who has signed it and who may give codes for the customer. " +
		"Who tries to skip a step, to open a green channel, to enter somebody else's absence, or to change the rules and with them the fields of orders, without the right is refused and stands\n" +
		"in the audit record (跳过被拒绝, 绿色通道被拒绝, 请假被拒绝, 销假被拒绝, 改规则被拒绝); " +
		"other refusals are answered in the chat and change nothing. " +
		"The table is made of `orders/data/rights.csv` by `go test ./orders -run RightsAreDocumented -update`.\n")
	words := map[orders.Scope]string{orders.ScopeOwn: "本人", orders.ScopeAll: "全部"}
	for _, isField := range []bool{false, true} {
		title := "May do"
		if isField {
			title = "May see"
		}
		fmt.Fprintf(&b, "\n## %s\n\n| |", title)
		var fit []orders.RightRow
		for _, r := range rows {
			require.Len(t, r.Scopes, len(roles), r.Right)
			if r.IsField == isField {
				fit = append(fit, r)
				fmt.Fprintf(&b, " %s |", r.Words)
			}
		}
		b.WriteString("\n|" + strings.Repeat(" --- |", len(fit)+1) + "\n")
		for _, role := range roles {
			require.Contains(t, orders.RoleNames, role)
			fmt.Fprintf(&b, "| %s `%s` |", role, string(role))
			for _, r := range fit {
				fmt.Fprintf(&b, " %s |", words[r.Scopes[role]])
			}
			b.WriteString("\n")
		}
	}
	const page = "../docs/rights.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(b.String()), 0o600))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, string(have), b.String())
}

func TestSeveralRolesHaveTheMostOfThem(t *testing.T) {
	t.Parallel()
	s := &orders.Staff{Roles: []orders.Role{orders.RoleSales, orders.RoleWarehouse}}
	require.Equal(t, orders.ScopeAll, s.May(orders.RightView))
	require.Equal(t, orders.ScopeOwn, s.May(orders.RightPlace))
	require.Equal(t, orders.ScopeAll, s.May(orders.RightInternalNote))
	require.Equal(t, orders.ScopeNone, s.May(orders.RightRules))
	require.Equal(t, orders.ScopeNone, (*orders.Staff)(nil).May(orders.RightView))
	require.Equal(t, orders.ScopeNone, s.May("something else"))
}
