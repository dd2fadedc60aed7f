package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
)

// managers are four people who may stand in for one another; M1 to M3 may decide.
func managers(absences ...orders.Absence) *orders.Catalog {
	c := orders.NewCatalog(orders.Master{}, []orders.Staff{
		{Code: "M1", Name: "王敏", Roles: []orders.Role{orders.RoleSalesManager}, Deputy: "D1", Superior: "B1"},
		{Code: "M2", Name: "赵强", Roles: []orders.Role{orders.RoleSalesManager}, Deputy: "M1", Superior: "B1"},
		{Code: "D1", Name: "李四", Roles: []orders.Role{orders.RoleSales}, Deputy: "D2"},
		{Code: "D2", Name: "孙五", Roles: []orders.Role{orders.RoleService}, Deputy: "M1"},
		{Code: "B1", Name: "周总", Roles: []orders.Role{orders.RoleDirector}},
	}, nil, 1)
	c.Absences = absences
	return c
}

func titles(list []orders.Approver) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Title())
	}
	return out
}

func TestDeputies(t *testing.T) {
	t.Parallel()
	from, until := at("2026-03-20 00:00"), at("2026-03-26 00:00")
	away := func(who, deputy orders.StaffCode) orders.Absence {
		return orders.Absence{Staff: who, Deputy: deputy, From: from, Until: until}
	}
	node := &orders.Node{Role: orders.RoleSalesManager}
	order := &orders.Order{Sales: "S1"}
	for what, c := range map[string]struct {
		absences []orders.Absence
		sales    orders.StaffCode
		want     []string
	}{
		"nobody is away":                {nil, "S1", []string{"王敏", "赵强"}},
		"the deputy of the staff list":  {[]orders.Absence{away("M1", "")}, "S1", []string{"赵强", "李四（代王敏）"}},
		"another deputy this time":      {[]orders.Absence{away("M1", "D2")}, "S1", []string{"赵强", "孙五（代王敏）"}},
		"the last word counts":          {[]orders.Absence{away("M1", "D2"), away("M1", "B1")}, "S1", []string{"赵强", "周总（代王敏）"}},
		"the deputy is away too":        {[]orders.Absence{away("M1", "D1"), away("D1", "")}, "S1", []string{"赵强", "孙五（代王敏）"}},
		"a circle ends at the superior": {[]orders.Absence{away("M1", "D1"), away("D1", "D2"), away("D2", "M1")}, "S1", []string{"赵强", "周总（代王敏）"}},
		"not for their own order":       {[]orders.Absence{away("M1", "D1")}, "D1", []string{"赵强", "孙五（代王敏）"}},
		"a deputy with the right":       {[]orders.Absence{away("M1", "M2")}, "S1", []string{"赵强"}},
		"both away, one deputy": {
			[]orders.Absence{away("M1", "D1"), away("M2", "D1")}, "S1", []string{"李四（代王敏）"},
		},
		"all away: those who may, still": {
			[]orders.Absence{away("M1", "D1"), away("M2", "M1"), away("D1", "D2"), away("D2", "D1"), away("B1", "M1")}, "S1", []string{"王敏", "赵强"},
		},
	} {
		cat := managers(c.absences...)
		order.Sales = c.sales
		require.Equal(t, c.want, titles(cat.Approvers(order, node, from)), what)
		require.Equal(t, []string{"王敏", "赵强"}, titles(cat.Approvers(order, node, from.Add(-time.Millisecond))), what)
		require.Equal(t, []string{"王敏", "赵强"}, titles(cat.Approvers(order, node, until)), "it ends by itself: "+what)
	}
	order.Sales = "S1"
	cat := managers(away("M1", "D1"))
	_, ok := cat.MayDecide(order, &orders.Node{Role: orders.RoleFinance}, cat.StaffByCode("D1"), from)
	require.False(t, ok, "only what the absent one could")
	as, ok := cat.MayDecide(order, node, cat.StaffByCode("M1"), from)
	require.True(t, ok, "who is away may still")
	require.Nil(t, as.For)
}

// Whoever is away and whoever stands in for whom: there is always somebody to ask, nobody twice, nobody
// for their own order, and only for somebody who is away and has the right.
func TestDeputiesOfAnyKind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(rt, "people")
		code := rapid.Map(rapid.IntRange(0, n), func(i int) orders.StaffCode { return orders.StaffCode(fmt.Sprint("P", i)) }) // P0: nobody
		var staff []orders.Staff
		for i := 1; i <= n; i++ {
			s := orders.Staff{Code: orders.StaffCode(fmt.Sprint("P", i)), Deputy: code.Draw(rt, "deputy"), Superior: code.Draw(rt, "superior")}
			if i == 1 || rapid.Bool().Draw(rt, "manager") {
				s.Roles = []orders.Role{orders.RoleSalesManager}
			}
			staff = append(staff, s)
		}
		cat := orders.NewCatalog(orders.Master{}, staff, nil, 1)
		now := at("2026-03-20 10:00")
		for range rapid.IntRange(0, 8).Draw(rt, "absences") {
			start := now.Add(time.Duration(rapid.IntRange(-2, 1).Draw(rt, "from")) * time.Hour)
			cat.Absences = append(cat.Absences, orders.Absence{
				Staff: code.Draw(rt, "who"), Deputy: code.Draw(rt, "by"), From: start, Until: start.Add(time.Duration(rapid.IntRange(1, 3).Draw(rt, "hours")) * time.Hour),
			})
		}
		o, node := &orders.Order{Sales: code.Draw(rt, "sales")}, &orders.Node{Role: orders.RoleSalesManager}
		list := cat.Approvers(o, node, now)
		require.NotEmpty(t, list)
		seen := map[orders.StaffCode]bool{}
		for _, a := range list {
			require.False(t, seen[a.Code])
			seen[a.Code] = true
			if a.For == nil {
				require.True(t, node.MayDecide(a.Staff))
				continue
			}
			require.True(t, node.MayDecide(a.For))
			require.NotNil(t, cat.Away(a.For.Code, now))
			require.Nil(t, cat.Away(a.Code, now))
			require.NotEqual(t, o.Sales, a.Code)
			require.NotEqual(t, a.For.Code, a.Code)
		}
	})
}
