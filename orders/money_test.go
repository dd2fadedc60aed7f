package orders_test

import (
	"testing"

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
