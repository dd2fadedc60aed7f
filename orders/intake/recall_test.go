package intake_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// masks is a catalogue with two masks that are called the same.
func masks(change func(m *orders.Master)) *intake.Lexicon {
	pack := func(unit string, size int64) orders.Pack {
		return orders.Pack{Unit: unit, Size: decimal.NewFromInt(size)}
	}
	m := &orders.Master{
		Products: []orders.Product{
			{Code: "M1", Name: "防尘口罩", Spec: "杯型", Unit: "盒", Packs: []orders.Pack{pack("箱", 20)}},
			{Code: "M2", Name: "防尘口罩", Spec: "折叠", Unit: "盒"},
		},
		Customers: []orders.Customer{{Code: "C1", Name: "康民药房"}, {Code: "C2", Name: "仁和诊所"}},
	}
	if change != nil {
		change(m)
	}
	return intake.NewLexicon(m)
}

// recalled reads a text and settles it by what is remembered.
func recalled(t *testing.T, x *intake.Lexicon, text string, known ...orders.Learned) intake.Result {
	t.Helper()
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	r, next := x.Read(intake.Message{ID: "m", Time: at, Role: intake.RoleSales, Text: text}, nil)
	_, err := x.Recall(&r, next, func(orders.CustomerCode) ([]orders.Learned, error) { return known, nil }, nil)
	require.NoError(t, err)
	require.Equal(t, r.Asks, next.Asks)
	for i := range r.Orders {
		require.Equal(t, r.Orders[i].Lines, next.Orders[i].Lines)
	}
	return r
}

func TestRecallSettlesWhatWouldBeAsked(t *testing.T) {
	t.Parallel()
	cup := orders.Learned{Customer: "C1", Said: "口罩", Product: "M1"}
	fold := orders.Learned{Customer: "C1", Said: "口罩", Product: "M2"}
	piece := orders.Learned{Customer: "C1", Said: "件", About: "M1", Unit: "箱", Size: decimal.NewFromInt(2)}
	x := masks(nil)
	for _, c := range []struct {
		rule, text string
		known      []orders.Learned
		lines      string
		asks       string
	}{
		{"asked without", "康民药房 口罩3盒", nil, " 3盒=", "orders[0].lines[0].product ambiguous"},
		{"settled", "康民药房 要口罩，3盒", []orders.Learned{cup}, "M1 3盒=3", ""},
		{"in another script", "康民药房 口罩３箱", []orders.Learned{cup}, "M1 3箱=60", ""},
		{"another customer is asked", "仁和诊所 口罩3盒", []orders.Learned{cup}, " 3盒=", "orders[0].lines[0].product ambiguous"},
		{"no customer, no memory", "口罩3盒", []orders.Learned{cup}, " 3盒=", "orders[0].customer missing, orders[0].lines[0].product ambiguous"},
		{"what the message says wins", "康民药房 折叠口罩3盒", []orders.Learned{cup}, "M2 3盒=3", ""},
		{"a code wins", "康民药房 M2 3盒", []orders.Learned{cup}, "M2 3盒=3", ""},
		{"the unit is none of its own", "康民药房 口罩3箱", []orders.Learned{fold}, "M1 3箱=60", ""},
		{"neither has the unit", "康民药房 口罩3托", []orders.Learned{fold}, " 3托=", "orders[0].lines[0].product ambiguous"},
		{"a unit", "康民药房 杯型防尘口罩3件", []orders.Learned{piece}, "M1 6箱=120", ""},
		{"a unit of other goods", "康民药房 折叠防尘口罩3件", []orders.Learned{piece}, "M2 3=", "orders[0].lines[0].unit unknown"},
	} {
		r := recalled(t, x, c.text, c.known...)
		require.Equal(t, c.lines, lines(r), c.rule)
		require.Equal(t, c.asks, asks(r), c.rule)
	}
	gone := masks(func(m *orders.Master) { m.Products[0].Successor = "M2" })
	require.Equal(t, "orders[0].lines[0].product ambiguous", asks(recalled(t, gone, "康民药房 口罩3盒", cup)), "out of the range")
	fewer := masks(func(m *orders.Master) {
		m.Products = append(slices.Clone(m.Products[1:]), orders.Product{Code: "M3", Name: "防尘口罩", Spec: "儿童", Unit: "盒"})
	})
	require.Equal(t, "orders[0].lines[0].product ambiguous", asks(recalled(t, fewer, "康民药房 口罩3盒", cup)), "no such product any more")
}

// What was chosen of a product's options stays with that product when its unit is settled, and is no other product's.
func TestOptionsStayWithTheirProduct(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for product, want := range map[string]string{"F8": "颜色 白", "F6": ""} {
		d := intake.Draft{Customer: "D1", Lines: []intake.Line{{Product: "F8", Quantity: "3", Options: "颜色 白"}}}
		_, ok := x.SettleLine(&d, 0, 0, product, "")
		require.True(t, ok)
		require.Equal(t, product, d.Lines[0].Product)
		require.Equal(t, want, d.Lines[0].Options)
	}
}
