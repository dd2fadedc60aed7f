package orders_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "¥0.00", "0.005": "¥0.01", "12.5": "¥12.50", "1234567.891": "¥1,234,567.89", "-3": "-¥3.00", "999": "¥999.00", "1000": "¥1,000.00",
	} {
		m, err := orders.ParseMoney(text)
		require.NoError(t, err, text)
		require.Equal(t, want, m.String(), text)
	}
	_, err := orders.ParseMoney("十二")
	require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
}

func TestFindOrderIDs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		ids  []orders.OrderID
		rest string
	}{
		"plain":             {"取消 SO202603110012 不要了", []orders.OrderID{"SO202603110012"}, "取消   不要了"},
		"hyphens and case":  {"so-20260311-0012到哪了", []orders.OrderID{"SO202603110012"}, "到哪了"},
		"blanks":            {"进度 SO 20260311 0012", []orders.OrderID{"SO202603110012"}, "进度"},
		"more than 4":       {"SO2026031110012", []orders.OrderID{"SO2026031110012"}, ""},
		"two":               {"SO202603110012 SO202603110013", []orders.OrderID{"SO202603110012", "SO202603110013"}, ""},
		"none":              {"SO2026 没有", nil, "SO2026 没有"},
		"too short running": {"SO20260311012", nil, "SO20260311012"},
	} {
		ids, rest := orders.FindOrderIDs(tc.text)
		require.Equal(t, tc.ids, ids, name)
		require.Equal(t, tc.rest, rest, name)
	}
}

func yuan(s string) *decimal.Decimal {
	d := decimal.RequireFromString(s)
	return &d
}

// The most specific price wins; within a scope the highest threshold that is reached; validity is
// to the second.
func TestPriceOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	mask := orders.Product{Code: "P1", Name: "口罩", Unit: "盒", Category: "防护", Price: yuan("12")}
	free := orders.Product{Code: "P2", Name: "样品", Unit: "个"}
	own := orders.Customer{Code: "C1", Level: "A", Group: "G1"}
	grouped := orders.Customer{Code: "C2", Level: "A", Group: "G1"}
	other := orders.Customer{Code: "C3", Level: "B"}
	cat := orders.NewCatalog(orders.Master{
		Products: []orders.Product{mask, free}, Customers: []orders.Customer{own, grouped, other},
		Items: []orders.CustomerItem{{Customer: "C1", Item: "X", Product: "P1", Price: yuan("9")}},
	}, nil, []orders.PriceRule{
		{Product: "P1", Scope: "价格组:G1", Price: yuan("11")},
		{Product: "P1", Scope: "价格组:G1", Price: yuan("10"), FromQuantity: decimal.NewFromInt(100)},
		{Category: "防护", Scope: "等级:B", Discount: yuan("0.5"), ValidFrom: at, ValidUntil: at.Add(time.Second)},
	}, 1)
	price := func(c *orders.Customer, n int64, at time.Time) string {
		p, ok := cat.PriceOf(c, cat.Product("P1"), decimal.NewFromInt(n), at)
		require.True(t, ok)
		return p.Yuan.String()
	}
	require.Equal(t, "9", price(&own, 1, at), "own price goes before all")
	require.Equal(t, "11", price(&grouped, 99, at))
	require.Equal(t, "10", price(&grouped, 100, at), "threshold reached")
	require.Equal(t, "6", price(&other, 1, at), "valid from this very second")
	require.Equal(t, "12", price(&other, 1, at.Add(time.Second)), "over")
	require.Equal(t, "12", price(&other, 1, at.Add(-time.Second)), "not yet")
	require.Equal(t, "12", price(nil, 1, at), "list price for nobody in particular")
	_, ok := cat.PriceOf(&own, cat.Product("P2"), decimal.NewFromInt(1), at)
	require.False(t, ok, "no price is no price, not zero")
}
