package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// Of two drafts one is taken back by its customer's name; the other stays, with its own customer and lines.
func TestOneOfTwoDraftsIsTakenBack(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	f.serve()
	ctx := t.Context()
	f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院 外科口罩20箱\n澜州二院 外科口罩15箱")
	number := func(words string) string {
		card := see(t, "draft of "+words, f.wecom("zhouting"), offers("确认下单", words))
		return orderNumber.FindString(card.Title + string(card.Card))
	}
	first, second := number("20箱"), number("15箱")
	require.NotEqual(t, first, second)
	before, err := f.server.store.FindOrder(ctx, orders.OrderID(second))
	require.NoError(t, err)
	f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院那单不要了")
	see(t, "cancelled", f.wecom("zhouting"), says(first, "已取消"))
	require.Equal(t, orders.StatusCancelled, f.status(t, first))
	after, err := f.server.store.FindOrder(ctx, orders.OrderID(second))
	require.NoError(t, err)
	require.Equal(t, orders.StatusDraft, after.Status)
	require.Equal(t, before.Customer, after.Customer)
	require.Equal(t, before.Lines[0].Quantity, after.Lines[0].Quantity)
}
