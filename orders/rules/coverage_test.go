package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/rules"
)

// draw makes a random condition of a route, and says by itself for which orders it holds.
func draw(t *rapid.T, depth int) (string, func(*orders.Order, *orders.Customer) bool) {
	type holds = func(*orders.Order, *orders.Customer) bool
	if depth > 0 && rapid.Bool().Draw(t, "joined") {
		a, isA := draw(t, depth-1)
		b, isB := draw(t, depth-1)
		switch rapid.SampledFrom([]string{"and", "or", "not"}).Draw(t, "op") {
		case "and":
			return "(" + a + " and " + b + ")", func(o *orders.Order, c *orders.Customer) bool { return isA(o, c) && isB(o, c) }
		case "or":
			return "(" + a + " or " + b + ")", func(o *orders.Order, c *orders.Customer) bool { return isA(o, c) || isB(o, c) }
		default:
			return "not (" + a + ")", func(o *orders.Order, c *orders.Customer) bool { return !isA(o, c) }
		}
	}
	border := rapid.IntRange(0, 3).Draw(t, "fen")
	yuan := fmt.Sprintf("0.%02d", border)
	word := rapid.SampledFrom([]string{"三", "三甲", "三乙", "二甲"}).Draw(t, "word")
	conditions := []struct {
		text string
		is   holds
	}{
		{"金额 < " + yuan, func(o *orders.Order, _ *orders.Customer) bool { return int(o.Total) < border }},
		{"金额 <= " + yuan, func(o *orders.Order, _ *orders.Customer) bool { return int(o.Total) <= border }},
		{yuan + " < 金额", func(o *orders.Order, _ *orders.Customer) bool { return int(o.Total) > border }},
		{"金额 >= " + yuan, func(o *orders.Order, _ *orders.Customer) bool { return int(o.Total) >= border }},
		{"金额 == " + yuan, func(o *orders.Order, _ *orders.Customer) bool { return int(o.Total) == border }},
		{"加急", func(o *orders.Order, _ *orders.Customer) bool { return o.Urgent }},
		{`医院等级 != "` + word + `"`, func(_ *orders.Order, c *orders.Customer) bool { return c.HospitalLevel != word }},
		{`hospital_level in ["` + word + `"]`, func(_ *orders.Order, c *orders.Customer) bool { return c.HospitalLevel == word }},
		{`医院等级 startsWith "` + word + `"`, func(_ *orders.Order, c *orders.Customer) bool { return strings.HasPrefix(c.HospitalLevel, word) }},
		{`"` + word + `" in 产品`, func(o *orders.Order, _ *orders.Customer) bool {
			return slices.ContainsFunc(o.Lines, func(l orders.Line) bool { return string(l.Product) == word })
		}},
	}
	c := rapid.SampledFrom(conditions).Draw(t, "condition")
	return c.text, c.is
}

// Loading refuses a file exactly when some order has no route, or two: compared with trying all
// orders that the conditions could tell apart.
func TestEveryOrderHasExactlyOneRoute(t *testing.T) {
	t.Parallel()
	var all []orders.Facts
	for fen := range 6 {
		for _, urgent := range []bool{false, true} {
			for _, level := range []string{"", "三", "三甲", "三乙", "二甲", "三丙", "三甲以上", "三乙以上", "二甲以上", "二"} {
				for products := range 1 << 5 {
					o := &orders.Order{Total: orders.Money(fen), Urgent: urgent}
					for i, p := range []orders.ProductCode{"三", "三甲", "三乙", "二甲", "P"} {
						if products&(1<<i) != 0 {
							o.Lines = append(o.Lines, orders.Line{Product: p})
						}
					}
					all = append(all, orders.Facts{Order: o, Customer: &orders.Customer{HospitalLevel: level}})
				}
			}
		}
	}
	outcomes := make(map[string]int)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "routes")
		rest := rapid.Bool().Draw(t, "rest")
		var file strings.Builder
		file.WriteString("routes:\n")
		var takes []func(*orders.Order, *orders.Customer) bool
		before := make([][]bool, n)
		for i := range n {
			when, is := draw(t, 3)
			takes = append(takes, is)
			before[i] = make([]bool, n)
			var names []string
			for j := range n {
				if j != i && (j > i || !before[j][i]) && rapid.Bool().Draw(t, "before") {
					before[i][j] = true
					names = append(names, fmt.Sprintf("r%d", j))
				}
			}
			fmt.Fprintf(&file, "  - {name: r%d, when: '%s', before: [%s], steps: []}\n", i, when, strings.Join(names, ", "))
		}
		if rest {
			file.WriteString("  - {name: rest, when: 其余, steps: []}\n")
		}
		var gap, overlap, circle bool
		reached := make([]bool, n+1)
		chosen := make([]int, len(all))
		for k, f := range all {
			var fits, found []int
			for i, is := range takes {
				if is(f.Order, f.Customer) {
					fits = append(fits, i)
				}
			}
			for _, i := range fits {
				if !slices.ContainsFunc(fits, func(j int) bool { return before[j][i] }) {
					found = append(found, i)
				}
			}
			overlap = overlap || len(found) > 1
			gap = gap || len(fits) == 0 && !rest
			circle = circle || len(fits) > 0 && len(found) == 0
			chosen[k] = n
			for _, i := range found {
				chosen[k], reached[i] = i, true
			}
			reached[n] = reached[n] || len(fits) == 0
		}
		unreached := slices.Contains(reached[:n], false) || rest && !reached[n]
		e, err := rules.Parse("r.yaml", []byte(file.String()))
		message := ""
		if err != nil {
			message = err.Error()
		}
		require.Equal(t, gap, strings.Contains(message, "没有去处"), "gap: %s\n%s", message, file.String())
		require.Equal(t, overlap, strings.Contains(message, "都能接同一个订单"), "overlap: %s\n%s", message, file.String())
		require.Equal(t, unreached, strings.Contains(message, "永远轮不到"), "unreached: %s\n%s", message, file.String())
		require.Equal(t, circle, strings.Contains(message, "绕成了圈"), "circle: %s\n%s", message, file.String())
		require.Equal(t, gap || overlap || unreached || circle, err != nil)
		outcomes[fmt.Sprint(err == nil)]++
		if err != nil {
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
			return
		}
		for k, f := range all {
			r, err := e.Route(f)
			require.NoError(t, err)
			want := fmt.Sprintf("r%d", chosen[k])
			if chosen[k] == n {
				want = "rest"
			}
			require.Equal(t, want, r.Name)
		}
	})
	require.Len(t, outcomes, 2, "some files are sound, some are not")
}

// Lines are whole, money has cents, and what was left over may be below zero.
func TestNoRouteIsNeededForNumbersThatCannotBe(t *testing.T) {
	t.Parallel()
	for when, ok := range map[string]bool{
		"行数 > 2 or 行数 < 3": true, "行数 > 2 or 行数 < 2": false, "行数 >= 0": true, "金额 <= 4999.99 or 金额 >= 5000": true,
		"金额 < 4999.99 or 金额 >= 5000": false, "金额 >= 0": true, "剩余额度 >= 0": false, "金额 < 0.005 or 金额 > 0.005": true,
	} {
		_, err := rules.Parse("r.yaml", fmt.Appendf(nil, "routes:\n  - {name: a, when: %s, steps: []}\n", when))
		require.Equal(t, ok, err == nil, "%s: %v", when, err)
	}
}

// manyRoutes is a file of n routes by amount and customer, with nothing left out.
func manyRoutes(n int) []byte {
	var b strings.Builder
	b.WriteString("routes:\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "  - name: r%d\n    when: 金额 >= %d and 金额 < %d and 客户类型 != \"经销商\" and (信用评级 in [\"A\", \"B\"] or 加急) and 客户编码 != \"C%03d\"\n    steps: [{role: 财务, when: 超信用}, {role: 总监}]\n",
			i, i*100, i*100+100, i)
	}
	b.WriteString("  - {name: rest, when: 其余, steps: []}\n")
	return []byte(b.String())
}

// manyChecks are n checks of several kinds.
func manyChecks(n int) []byte {
	var b strings.Builder
	b.WriteString("checks:\n")
	for i := range n {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "  - {name: c%d, kind: 数量上限, effect: 加审, role: 财务, quantity: %d, category: 设备}\n", i, 1000+i)
		case 1:
			fmt.Fprintf(&b, "  - {name: c%d, kind: 条件, effect: 提醒, when: 金额 > %d and 客户等级 == \"B\", text: 注意}\n", i, 90000+i)
		case 2:
			fmt.Fprintf(&b, "  - {name: c%d, kind: 选项组合, effect: 拦下, with: [P%d], excludes: [P%d]}\n", i, i, i+1)
		default:
			fmt.Fprintf(&b, "  - {name: c%d, kind: 起送金额, effect: 拦下, amount: %d}\n", i, i)
		}
	}
	return []byte(b.String())
}

// BenchmarkLoad200Rules loads 200 routes, with the check that every order has exactly one.
func BenchmarkLoad200Rules(b *testing.B) {
	file := manyRoutes(200)
	for b.Loop() {
		_, err := rules.Parse("r.yaml", file)
		require.NoError(b, err)
	}
}

// BenchmarkRouteBy200Rules finds the route of an order of three lines among 200, and asks 200 checks about it.
func BenchmarkRouteBy200Rules(b *testing.B) {
	e, err := rules.Parse("r.yaml", append(manyRoutes(200), manyChecks(200)...))
	require.NoError(b, err)
	var products []orders.Product
	o := &orders.Order{Total: 1_985_000}
	for i := range 3 {
		code := orders.ProductCode(fmt.Sprintf("X%d", i))
		products = append(products, orders.Product{Code: code, Unit: "盒", Category: "设备"})
		o.Lines = append(o.Lines, orders.Line{No: i + 1, Product: code, Unit: "盒", Quantity: decimal.NewFromInt(3), Base: decimal.NewFromInt(3)})
	}
	f := orders.Facts{
		Order: o, Customer: &orders.Customer{Code: "C9", CreditGrade: "A", Type: "VIP"}, Catalog: orders.NewCatalog(orders.Master{Products: products}, nil, nil, 1),
		At: time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC),
	}
	for b.Loop() {
		found, err := e.Check(f)
		require.NoError(b, err)
		require.Empty(b, found)
		r, err := e.Route(f)
		require.NoError(b, err)
		require.Equal(b, "r198", r.Name)
	}
}
