package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

// A trigger calls for what it says where its condition holds, at its moment, and sees what one above it has made urgent.
func TestTriggers(t *testing.T) {
	t.Parallel()
	e, err := rules.Parse("rules.yaml", []byte(`
routes:
  - {name: 急, when: 加急, steps: [{role: 总监}]}
  - {name: 其余, when: 其余, steps: []}
triggers:
  - {name: 早, when: 加急, do: [通知 仓管]}
  - {name: 大客户, when: 客户类型 == "VIP", do: [加急, 标记 大客户]}
  - {name: 晚, when: 加急, do: ["通知 仓储组长：快", 抄送 财务、财务总监]}
  - {name: 大单, when: 金额 >= 5000, do: [加审 财务总监]}
  - {name: 回访, at: 签收, do: [tell service, mark 待回访]}
`))
	require.NoError(t, err)
	names := func(at orders.Moment, f orders.Facts) []string {
		fired, err := e.Triggers(at, f)
		require.NoError(t, err)
		out := []string{}
		for i := range fired {
			out = append(out, fired[i].Name)
		}
		return out
	}
	vip := facts{fen: 4999_99, kind: "VIP"}.facts()
	require.Equal(t, []string{"大客户", "晚"}, names(orders.AtConfirmed, vip))
	require.False(t, vip.Order.Urgent, "the facts are left as they are")
	vip.Order.Urgent = true
	require.Equal(t, []string{"早", "大客户", "晚"}, names(orders.AtConfirmed, vip))
	require.Equal(t, []string{"大单"}, names(orders.AtConfirmed, facts{fen: 5000_00, kind: "普通"}.facts()))
	require.Empty(t, names(orders.AtApproved, vip))
	fired, err := e.Triggers(orders.AtDelivered, vip)
	require.NoError(t, err)
	require.Equal(t, []orders.Trigger{{Name: "回访", Tell: []orders.Role{orders.RoleService}, Mark: "待回访"}}, fired)
	fired, err = e.Triggers(orders.AtConfirmed, vip)
	require.NoError(t, err)
	require.Equal(t, orders.Trigger{
		Name: "晚", Tell: []orders.Role{orders.RoleWarehouseLead}, Text: "快", Copy: []orders.Role{orders.RoleFinance, orders.RoleCFO},
	}, fired[2])

	// What a trigger makes of an order decides its route.
	route, _, err := orders.Foresee(e, facts{fen: 6000_00, kind: "VIP"}.facts())
	require.NoError(t, err)
	require.Equal(t, "急，加审", route.Name)
	require.Equal(t, []orders.RouteStep{{Role: orders.RoleCFO}, {Role: orders.RoleDirector}}, route.Steps)
}
