package orders_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
)

func yuan(s string) *decimal.Decimal {
	d := decimal.RequireFromString(s)
	return &d
}

// The rules of one product and who buys it. Each case stands one unit, one cent or one second beside a
// border.
func TestPriceOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	mask := orders.Product{Code: "P1", Name: "口罩", Unit: "盒", Category: "防护", Price: yuan("12")}
	free := orders.Product{Code: "P2", Name: "样品", Unit: "个", Category: "样品"}
	own := orders.Customer{Code: "C1", Level: "A", Group: "G1", Region: "华东"}
	grouped := orders.Customer{Code: "C2", Level: "A", Group: "G1", Region: "华东"}
	other := orders.Customer{Code: "C3", Level: "B", Region: "华东"}
	plain := orders.Customer{Code: "C4", Region: "华北"}
	cat := orders.NewCatalog(orders.Master{
		Products: []orders.Product{mask, free}, Customers: []orders.Customer{own, grouped, other, plain},
		Items: []orders.CustomerItem{{Customer: "C1", Item: "X", Product: "P1", Price: yuan("9")}},
	}, nil, []orders.PriceRule{
		{Product: "P1", Scope: "全部", Price: yuan("11.9")},
		{Product: "P1", Scope: "全部", Price: yuan("11.7"), FromAmount: 1000_00},
		{Product: "P1", Scope: "全部", Price: yuan("11.8"), FromQuantity: decimal.NewFromInt(200)},
		{Product: "P1", Scope: "全部", Price: yuan("11.95"), ValidFrom: at.Add(time.Hour)},
		{Product: "P1", Scope: "价格组:G1", Price: yuan("11")},
		{Product: "P1", Scope: "价格组：G1", Price: yuan("10"), FromQuantity: decimal.NewFromInt(100)},
		{Product: "P1", Scope: "区域:华东", Price: yuan("11.5"), Mode: orders.ModeConsignment},
		{Category: "防护", Scope: "等级:B", Discount: yuan("0.5"), ValidFrom: at, ValidUntil: at.Add(time.Second)},
		{Category: "样品", Scope: "全部", Discount: yuan("0.9")},
	}, 1)
	for name, tc := range map[string]struct {
		customer *orders.Customer
		base     int64
		amount   orders.Money
		at       time.Time
		want     string
	}{
		"own item":                         {&own, 500, 9_999_99, at, "9 客户协议价"},
		"group goes before level":          {&grouped, 99, 0, at, "11 价格组价"},
		"a tier of the group":              {&grouped, 100, 0, at, "10 价格组价 满100盒"},
		"level from this second":           {&other, 1, 0, at, "6 等级价 5折"},
		"level no more":                    {&other, 1, 0, at.Add(time.Second), "11.5 区域价 寄售"},
		"level not yet":                    {&other, 1, 0, at.Add(-time.Second), "11.5 区域价 寄售"},
		"everybody's":                      {&plain, 199, 999_99, at, "11.9 价目表"},
		"amount reached":                   {&plain, 199, 1000_00, at, "11.7 价目表 满¥1,000"},
		"quantity goes before amount":      {&plain, 200, 1000_00, at, "11.8 价目表 满200盒"},
		"a second before the new list":     {&plain, 1, 0, at.Add(time.Hour - time.Second), "11.9 价目表"},
		"the new list":                     {&plain, 1, 0, at.Add(time.Hour), "11.95 价目表"},
		"tiers go before the new list":     {&plain, 200, 0, at.Add(time.Hour), "11.8 价目表 满200盒"},
		"nobody in particular gets it too": {nil, 1, 0, at, "11.9 价目表"},
	} {
		p, ok := cat.PriceOf(tc.customer, cat.Product("P1"), orders.Purchase{Base: decimal.NewFromInt(tc.base), Amount: tc.amount, At: tc.at})
		require.True(t, ok, name)
		require.Equal(t, tc.want, p.Yuan.String()+" "+p.Rule, name)
	}
	_, ok := cat.PriceOf(&own, cat.Product("P2"), orders.Purchase{Base: decimal.NewFromInt(1), At: at})
	require.False(t, ok, "no price is no price, not zero, and a discount of it is none")
}

// naive tells which of two rules goes first, spelled out as the documented order says it.
func naive(scopes []string, a, b *orders.PriceRule) bool {
	if x, y := slices.Index(scopes, a.Scope), slices.Index(scopes, b.Scope); x != y {
		return x < y
	}
	if (a.Product != "") != (b.Product != "") {
		return a.Product != ""
	}
	if !a.FromQuantity.Equal(b.FromQuantity) {
		return a.FromQuantity.GreaterThan(b.FromQuantity)
	}
	if a.FromAmount != b.FromAmount {
		return a.FromAmount > b.FromAmount
	}
	if !a.ValidFrom.Equal(b.ValidFrom) {
		return a.ValidFrom.After(b.ValidFrom)
	}
	if a.ValidUntil.IsZero() || b.ValidUntil.IsZero() {
		return !a.ValidUntil.IsZero()
	}
	return a.ValidUntil.Before(b.ValidUntil)
}

// The chosen price is that of the first rule that fits, whatever the order in which they were
// imported, with every border met to the unit, the cent and the second.
//
// feature: MD-03
func TestTheFirstFittingRuleGivesThePrice(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	scopes := []string{"客户:C1", "价格组:G", "等级:A", "区域:R", "全部"}
	strange := []string{"客户:C2", "价格组:H", "等级:B", "区域:Q"}
	rapid.Check(t, func(t *rapid.T) {
		moment := func(label string) time.Time {
			n := rapid.IntRange(-3, 3).Draw(t, label)
			if n == -3 {
				return time.Time{}
			}
			return start.Add(time.Duration(n) * time.Second)
		}
		var rules []orders.PriceRule
		for i := range rapid.IntRange(0, 12).Draw(t, "rules") {
			r := orders.PriceRule{
				Scope: rapid.SampledFrom(slices.Concat(scopes, strange)).Draw(t, "scope"), Price: yuan(fmt.Sprint(100 + i)),
				FromQuantity: decimal.NewFromInt(int64(rapid.IntRange(0, 3).Draw(t, "from"))), FromAmount: orders.Money(rapid.IntRange(0, 3).Draw(t, "amount")),
				ValidFrom: moment("valid from"), ValidUntil: moment("valid until"),
			}
			switch rapid.IntRange(0, 3).Draw(t, "goods") {
			case 0:
				r.Category = "K"
			case 1:
				r.Category = "other"
			default:
				r.Product = "P1"
			}
			rules = append(rules, r)
		}
		p := orders.Product{Code: "P1", Unit: "盒", Category: "K", Price: yuan("1")}
		c := orders.Customer{Code: "C1", Group: "G", Level: "A", Region: "R"}
		cat := orders.NewCatalog(orders.Master{Products: []orders.Product{p}, Customers: []orders.Customer{c}}, nil, rules, 1)
		buy := orders.Purchase{
			Base: decimal.NewFromInt(int64(rapid.IntRange(0, 4).Draw(t, "base"))), Amount: orders.Money(rapid.IntRange(0, 4).Draw(t, "sum")),
			At: start.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "at")) * time.Second),
		}
		var want *orders.PriceRule
		for i := range rules {
			r := &rules[i]
			isOurs := (r.Product == "P1" || r.Category == "K") && slices.Contains(scopes, r.Scope)
			isReached := !r.FromQuantity.GreaterThan(buy.Base) && r.FromAmount <= buy.Amount
			isInTime := !r.ValidFrom.After(buy.At) && (r.ValidUntil.IsZero() || r.ValidUntil.After(buy.At))
			if isOurs && isReached && isInTime && (want == nil || naive(scopes, r, want)) {
				want = r
			}
		}
		got, ok := cat.PriceOf(&c, &p, buy)
		require.True(t, ok)
		if want == nil {
			require.Equal(t, "目录价", got.Rule)
			return
		}
		require.Equal(t, want.Price.String(), got.Yuan.String(), "%+v", rules)
	})
}

// Tiers look at the whole order: the quantity of a product over all its lines, the amount over all
// products; gifts don't count. What is stated otherwise is a special price.
func TestReprice(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	cat := orders.NewCatalog(orders.Master{
		Products: []orders.Product{
			{Code: "P1", Name: "口罩", Unit: "盒", Price: yuan("10"), Packs: []orders.Pack{{Unit: "箱", Size: decimal.NewFromInt(20)}}},
			{Code: "P2", Name: "手套", Unit: "双", Price: yuan("0.01")},
			{Code: "P3", Name: "支架", Unit: "个", Price: yuan("100")},
		},
		Customers: []orders.Customer{{Code: "C1"}},
	}, nil, []orders.PriceRule{
		{Product: "P1", Scope: "全部", Price: yuan("9"), FromQuantity: decimal.NewFromInt(50)},
		{Product: "P2", Scope: "全部", Price: yuan("0.005"), FromAmount: 1000_00},
		{Product: "P3", Scope: "客户:C1", Price: yuan("95"), Mode: orders.ModeConsignment},
	}, 1)
	line := func(product orders.ProductCode, unit string, quantity, base int64) orders.Line {
		return orders.Line{Product: product, Unit: unit, Quantity: decimal.NewFromInt(quantity), Base: decimal.NewFromInt(base)}
	}
	price := func(lines ...orders.Line) (rules []string, o *orders.Order) {
		o = &orders.Order{Customer: "C1", Lines: lines}
		o.Reprice(cat, now)
		for _, l := range o.Lines {
			rules = append(rules, fmt.Sprintf("%s %s %s", l.PriceRule, l.Price, l.Amount))
		}
		return rules, o
	}
	gift := line("P1", "盒", 20, 20)
	gift.Gift = true
	rules, o := price(line("P1", "箱", 2, 40), line("P1", "盒", 9, 9), gift)
	require.Equal(t, []string{"目录价 200 ¥400.00", "目录价 10 ¥90.00", "赠品 0 ¥0.00"}, rules)
	require.Equal(t, orders.Money(490_00), o.Total)
	rules, o = price(line("P1", "箱", 2, 40), line("P1", "盒", 10, 10))
	require.Equal(t, []string{"价目表 满50盒 180 ¥360.00", "价目表 满50盒 9 ¥90.00"}, rules)
	require.Equal(t, o.Total, o.Receivable())

	rules, _ = price(line("P3", "个", 10, 10), line("P2", "双", 4999, 4999))
	require.Equal(t, "目录价 0.01 ¥49.99", rules[1], "one cent below the tier: 950.00 + 49.99")
	rules, o = price(line("P3", "个", 10, 10), line("P2", "双", 5000, 5000))
	require.Equal(t, []string{"客户价 寄售 95 ¥950.00", "价目表 满¥1,000 0.005 ¥25.00"}, rules)
	require.Equal(t, orders.Money(975_00), o.Total)
	require.Equal(t, orders.Money(25_00), o.Receivable(), "goods on consignment are owed once they are used")

	same, other := line("P1", "箱", 1, 20), line("P1", "箱", 1, 20)
	same.Stated, other.Stated = yuan("200"), yuan("199.99")
	_, o = price(same)
	require.False(t, o.SpecialPrice())
	rules, o = price(other)
	require.True(t, o.SpecialPrice())
	require.Equal(t, []string{"特价（需审批） 199.99 ¥199.99"}, rules)
}
