package cards_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/ordertest"
)

// Of an order that holds other goods besides those of a surgery nobody is told to cancel it, nor that it was moved.
func TestSurgeriesInMergedOrders(t *testing.T) {
	t.Parallel()
	p := &orders.Surgery{ID: 3, Name: "市一院", Day: "2026-04-10", Due: "2026-04-09", Order: "SO202603110001"}
	o := &orders.Order{ID: p.Order, Status: orders.StatusAllocated}
	require.Contains(t, cards.SurgeryNews(p, o, orders.SurgeryWithdrawn, "", ordertest.Start), "要撤请回复「取消 SO202603110001 手术取消」")
	o.Kin = []orders.Kin{{Order: "SO202603110002", How: orders.KinTaken}}
	said := cards.SurgeryNews(p, o, orders.SurgeryWithdrawn, "", ordertest.Start)
	require.Contains(t, said, "里面还有别的货")
	require.NotContains(t, said, "「取消")
	o.Status = orders.StatusDraft
	require.Contains(t, cards.SurgeryNews(p, o, orders.SurgeryMoved, "", ordertest.Start), "没有动")
}
