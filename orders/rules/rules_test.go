package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

var update = flag.Bool("update", false, "rewrite golden files")

// facts are an order's of an amount in fen, by a customer of a type, level and credit grade.
type facts struct {
	fen                orders.Money
	kind, level, grade string
	special, over      bool
}

func (f facts) facts() orders.Facts {
	limit := orders.Money(100_000_000)
	exposure := f.fen
	if f.over {
		limit = f.fen - 1
	}
	return orders.Facts{
		Order:    &orders.Order{ID: "SO202603110001", Customer: "C001", Total: f.fen},
		Customer: &orders.Customer{Code: "C001", Type: f.kind, Level: f.level, CreditGrade: f.grade, CreditLimit: &limit},
		Exposure: exposure, SpecialPrice: f.special,
	}
}

// chain writes a route's roles, in brackets those that the system passes.
func chain(r orders.Route) string {
	var out []string
	for _, s := range r.Steps {
		name := s.Role.String()
		if s.Pass != "" {
			name = "(" + name + ")"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// expected says in Go what the table of the default routes says (features.md, conflict 3), with
// amounts in whole fen.
func expected(f facts) string {
	const fiveThousand, twentyThousand, fiftyThousand = 500_000, 2_000_000, 5_000_000
	isVIP, isC := f.kind == orders.CustomerVIP, f.grade == "C"
	if f.fen < fiveThousand && f.level == "A" && !isC && f.kind != orders.CustomerDealer && !f.special && !f.over {
		return ""
	}
	out := []string{"销售经理"}
	if isVIP && f.fen > twentyThousand {
		out = []string{"高级审核员"}
	}
	switch {
	case f.over:
		out = append(out, "财务")
	case !isVIP:
		out = append(out, "(财务)")
	}
	if f.fen >= twentyThousand || isC {
		out = append(out, "财务总监")
	}
	if f.fen > fiftyThousand {
		out = append(out, "总监")
	}
	return strings.Join(out, " ")
}

func load(t *testing.T) *rules.Engine {
	t.Helper()
	e, err := rules.Load("")
	require.NoError(t, err)
	return e
}

// feature: AP-02, AP-03, AP-04, AP-05, AP-07, AP-08, AP-09, MD-11, MD-12
func TestDefaultRoutesAtEveryBorder(t *testing.T) {
	t.Parallel()
	e := load(t)
	n := 0
	for _, fen := range []orders.Money{
		0, 1, 10_000, 499_999, 500_000, 500_001, 1_000_000, 1_999_999, 2_000_000, 2_000_001, 4_999_999, 5_000_000, 5_000_001, 99_999_999,
	} {
		for _, kind := range []string{orders.CustomerVIP, orders.CustomerOrdinary, orders.CustomerDealer, ""} {
			for _, level := range []string{"A", "B", "C", ""} {
				for _, grade := range []string{"A", "B", "C", ""} {
					for _, special := range []bool{false, true} {
						for _, over := range []bool{false, true} {
							f := facts{fen, kind, level, grade, special, over}
							r, err := e.Route(f.facts())
							require.NoError(t, err)
							require.NotEmpty(t, r.Name)
							require.Equal(t, expected(f), chain(r), "%+v: %s", f, r.Name)
							n++
						}
					}
				}
			}
		}
	}
	require.Equal(t, 14*4*4*4*4, n)
}

// feature: AP-02, AP-03, AP-04, AP-05, AP-07, AP-08
func TestDefaultRoutesInWords(t *testing.T) {
	t.Parallel()
	e := load(t)
	const A, B, C, ordinary, vip, dealer = "A", "B", "C", orders.CustomerOrdinary, orders.CustomerVIP, orders.CustomerDealer
	for _, tt := range []struct {
		yuan, kind, level, grade string
		special, over            bool
		name, chain              string
	}{
		{"4999.99", ordinary, A, A, false, false, "规则 1 自动通过", ""},
		{"5000.00", ordinary, A, A, false, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"4999.99", ordinary, B, A, false, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"19999.99", ordinary, B, B, false, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"20000.00", ordinary, A, A, false, false, "规则 3 两万以上或信用 C", "销售经理 (财务) 财务总监"},
		{"100.00", ordinary, A, C, false, false, "规则 3 两万以上或信用 C", "销售经理 (财务) 财务总监"},
		{"10000.00", ordinary, A, C, false, false, "规则 3 两万以上或信用 C", "销售经理 (财务) 财务总监"},
		{"50000.00", ordinary, A, A, false, false, "规则 3 两万以上或信用 C", "销售经理 (财务) 财务总监"},
		{"50000.01", ordinary, A, A, false, false, "规则 3 两万以上或信用 C", "销售经理 (财务) 财务总监 总监"},
		{"10000.00", vip, A, A, false, false, "VIP 通道，规则 2", "销售经理"},
		{"10000.00", dealer, A, A, false, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"20000.00", vip, A, A, false, false, "VIP 通道，规则 3", "销售经理 财务总监"},
		{"20000.01", vip, A, A, false, false, "VIP 特别通道", "高级审核员 财务总监"},
		{"50000.01", vip, A, A, false, true, "VIP 特别通道", "高级审核员 财务 财务总监 总监"},
		{"100.00", vip, A, A, false, false, "规则 1 自动通过", ""},
		{"100.00", vip, A, A, false, true, "VIP 通道，规则 2", "销售经理 财务"},
		{"100.00", dealer, A, A, false, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"100.00", ordinary, A, A, true, false, "规则 2 两万以下", "销售经理 (财务)"},
		{"100.00", ordinary, A, A, false, true, "规则 2 两万以下", "销售经理 财务"},
	} {
		f := facts{orders.MoneyOf(decimal.RequireFromString(tt.yuan)), tt.kind, tt.level, tt.grade, tt.special, tt.over}
		r, err := e.Route(f.facts())
		require.NoError(t, err)
		require.Equal(t, tt.name, r.Name, "%+v", tt)
		require.Equal(t, tt.chain, chain(r), "%+v", tt)
	}
	special, err := e.Route(facts{fen: 2_000_001, kind: orders.CustomerVIP, level: "A", grade: "A"}.facts())
	require.NoError(t, err)
	require.Equal(t, []orders.Role{orders.RoleAccountManager}, special.Tell)
	normal, err := e.Route(facts{fen: 2_000_001, kind: orders.CustomerOrdinary, level: "A", grade: "A"}.facts())
	require.NoError(t, err)
	require.Empty(t, normal.Tell)
	require.Equal(t, []orders.Role{orders.RoleWarehouseLead, orders.RoleWarehouse, orders.RoleOperations, orders.RoleAdmin}, e.UrgentRoles())
}

// Whatever else an order is, one with something made to measure takes the custom route, as a part of a bundle and as a gift too;
// no other order does.
//
// feature: IN-17
func TestWhatIsMadeToMeasureTakesTheCustomRoute(t *testing.T) {
	t.Parallel()
	e := load(t)
	one := decimal.NewFromInt(1)
	shelf := orders.NewCatalog(orders.Master{Products: []orders.Product{
		{Code: "S1", Kind: orders.ProductStandard},
		{Code: "S0"},
		{Code: "C1", Kind: orders.ProductCustom},
		{Code: "B1", Kind: orders.ProductBundle, Parts: map[orders.ProductCode]orders.Quantity{"S1": one, "S0": one}},
		{Code: "B2", Kind: orders.ProductBundle, Parts: map[orders.ProductCode]orders.Quantity{"S1": one, "C1": one}},
	}}, nil, nil, 1)
	n := 0
	for _, fen := range []orders.Money{0, 499_999, 500_000, 1_999_999, 2_000_000, 2_000_001, 5_000_000, 5_000_001} {
		for _, kind := range []string{orders.CustomerVIP, orders.CustomerOrdinary, orders.CustomerDealer, ""} {
			for _, grade := range []string{"A", "C", ""} {
				for _, special := range []bool{false, true} {
					for _, over := range []bool{false, true} {
						for _, lines := range []struct {
							custom bool
							codes  []orders.Line
						}{
							{false, nil},
							{false, []orders.Line{{Product: "S1"}, {Product: "S0"}, {Product: "B1"}, {Product: "X9"}}},
							{true, []orders.Line{{Product: "C1"}}},
							{true, []orders.Line{{Product: "S1"}, {Product: "B2"}}},
							{true, []orders.Line{{Product: "S1"}, {Product: "C1", Gift: true}}},
						} {
							f := facts{fen, kind, "A", grade, special, over}.facts()
							f.Order.Lines, f.Catalog = lines.codes, shelf
							r, err := e.Route(f)
							require.NoError(t, err)
							if n++; !lines.custom {
								require.NotEqual(t, "定制通道", r.Name)
								continue
							}
							require.Equal(t, "定制通道", r.Name, "%+v %+v", f.Order, lines)
							want := "销售经理 计划员"
							switch {
							case over:
								want += " 财务"
							case kind != orders.CustomerVIP:
								want += " (财务)"
							}
							if fen >= 2_000_000 || grade == "C" {
								want += " 财务总监"
							}
							if fen > 5_000_000 {
								want += " 总监"
							}
							require.Equal(t, want, chain(r))
							require.Equal(t, []orders.Role{orders.RoleOperations}, r.Steps[1].Also)
						}
					}
				}
			}
		}
	}
	require.Equal(t, 8*4*3*2*2*5, n)

	// The proof at loading knows the kinds: without its place before the others the route is refused.
	place := "    before: [规则 1 自动通过, VIP 特别通道, \"VIP 通道，规则 3\", \"VIP 通道，规则 2\", 规则 3 两万以上或信用 C]\n"
	require.Contains(t, string(rules.Default), place)
	_, err := rules.Parse("r.yaml", []byte(strings.Replace(string(rules.Default), place, "", 1)))
	require.ErrorContains(t, err, "「定制通道」和「规则 1 自动通过」都能接同一个订单")
	require.ErrorContains(t, err, "产品类型里有 定制品")
}

func TestCreditAtTheLimit(t *testing.T) {
	t.Parallel()
	e := load(t)
	route := func(exposure orders.Money, limit *orders.Money) string {
		f := facts{fen: 600_000, kind: orders.CustomerOrdinary, level: "A", grade: "A"}.facts()
		f.Exposure, f.Customer.CreditLimit = exposure, limit
		r, err := e.Route(f)
		require.NoError(t, err)
		return chain(r)
	}
	limit, none := orders.Money(1_000_000), orders.Money(0)
	require.Equal(t, "销售经理 (财务)", route(1_000_000, &limit))
	require.Equal(t, "销售经理 财务", route(1_000_001, &limit))
	require.Equal(t, "销售经理 财务", route(600_000, &none), "a limit of 0 is no credit")
	require.Equal(t, "销售经理 (财务)", route(99_000_000, nil), "no limit is not checked")

	r, err := e.Route(orders.Facts{Order: &orders.Order{ID: "SO1", Total: 100}})
	require.NoError(t, err)
	require.Equal(t, "销售经理 (财务)", chain(r), "a customer who is not in the master data is nobody's A")
}

// feature: CF-01
func TestChangedLimitWorks(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(rules.Default), "金额 < 5000 ", "amount < 6000.50 ")), 0o600))
	e, err := rules.Load(file)
	require.NoError(t, err)
	for fen, want := range map[orders.Money]string{600_049: "", 600_050: "销售经理 (财务)"} {
		r, err := e.Route(facts{fen: fen, kind: orders.CustomerOrdinary, level: "A", grade: "A"}.facts())
		require.NoError(t, err)
		require.Equal(t, want, chain(r), fen)
	}
}

// TestCentsAreExact compares amounts with every form of number that a condition can hold, at the
// cent where binary fractions go wrong.
func TestCentsAreExact(t *testing.T) {
	t.Parallel()
	for when, border := range map[string]orders.Money{ // the first amount for which it doesn't hold
		"金额 < 0.3":                    30,
		"金额 < 0.1 + 0.2":              30,
		"金额 < 5000 * 1.1":             550_000,
		"金额 <= 4999.99":               500_000,
		"金额 * 3 < 0.9":                30,
		"not (金额 >= 4.35)":            435,
		"1.1 > amount":                110,
		"金额 - 0.1 < 0.2":              30,
		"金额 == 1.15 or 金额 < 1.15":     116,
		"金额 + 行数 < 100.01":            9901,
		"len(产品) == 1 and 金额 < 2.675": 268,
		"-金额 > -1.15":                 -1, // refused
	} {
		file := fmt.Sprintf("routes:\n  - {name: a, when: 其余, steps: []}\npriority:\n  - {name: p, when: '%s', points: 1}\n", when)
		e, err := rules.Parse("r.yaml", []byte(file))
		if border < 0 {
			require.Error(t, err, when)
			continue
		}
		require.NoError(t, err, when)
		points := func(fen orders.Money) int {
			n, _, err := e.Priority(orders.Facts{Order: &orders.Order{Total: fen, Lines: []orders.Line{{Product: "P1"}}}})
			require.NoError(t, err, when)
			return n
		}
		require.Equal(t, 1, points(border-1), "%s at %s", when, border-1)
		require.Zero(t, points(border), "%s at %s", when, border)
		if strings.Contains(when, "行数") || strings.Contains(when, "产品") || strings.HasPrefix(when, "金额 *") || strings.HasPrefix(when, "金额 -") {
			continue // more than a route's condition may be
		}
		e, err = rules.Parse("r.yaml", fmt.Appendf(nil, "routes:\n  - {name: a, when: '%s', steps: []}\n  - {name: b, when: 其余, steps: []}\n", when))
		require.NoError(t, err, when)
		for fen, want := range map[orders.Money]string{border - 1: "a", border: "b"} {
			r, err := e.Route(orders.Facts{Order: &orders.Order{Total: fen}})
			require.NoError(t, err, when)
			require.Equal(t, want, r.Name, "%s at %s", when, fen)
		}
	}
}

func TestEveryFieldIsKnownByBothNames(t *testing.T) {
	t.Parallel()
	limit := orders.Money(10_000)
	f := orders.Facts{
		Order: &orders.Order{
			Customer: "C1", CustomerName: "市一院", Total: 12_345, Urgent: true, Payment: "月结", Carrier: "SF", Source: orders.Source{Name: "企业微信"},
			Lines: []orders.Line{{Product: "P1", Base: decimal.NewFromInt(2), Mode: "寄售"}, {Product: "P2", Gift: true}},
		},
		Customer: &orders.Customer{Code: "C1", Type: "VIP", Level: "A", CreditGrade: "B", CreditLimit: &limit, Region: "华东", HospitalLevel: "三甲", Group: "G", Terms: "月结30", Risk: true},
		Exposure: 12_345, Overdue: orders.Overdue{Amount: 1}, SpecialPrice: true,
		Catalog: orders.NewCatalog(orders.Master{Products: []orders.Product{{Code: "P1", Category: "设备"}}}, nil, nil, 1),
	}
	truths := map[string]string{
		"金额": "== 123.45", "信用占用": "== 123.45", "信用额度": "== 100", "剩余额度": "== -23.45", "超信用": "", "逾期": "", "不查信用": "== false", "特价": "", "加急": "",
		"客户等级": `== "A"`, "信用评级": `in ["B", "C"]`, "客户类型": `== "VIP"`, "客户编码": `== "C1"`, "客户名称": `contains "一院"`, "区域": `== "华东"`,
		"医院等级": `startsWith "三"`, "价格组": `== "G"`, "结算方式": `matches "^月结"`, "付款": `== "月结"`, "物流": `== "SF"`, "来源": `== "企业微信"`, "缺货": "",
		"有赠品": "", "行数": ">= 2", "分类": `== ["设备"]`, "产品类型": `== ["标准品"]`, "高危": "", "计价": `== ["寄售"]`, "产品": `== ["P1", "P2"]`,
	}
	for _, names := range rules.Fields() {
		rest, ok := truths[names[0]]
		require.True(t, ok, names[0])
		for _, name := range names {
			file := fmt.Sprintf("routes:\n  - {name: a, when: 其余, steps: []}\npriority:\n  - name: p\n    when: %s %s\n    points: 1\n", name, rest)
			e, err := rules.Parse("r.yaml", []byte(file))
			require.NoError(t, err, name)
			points, _, err := e.Priority(f)
			require.NoError(t, err, name)
			require.Equal(t, 1, points, name)
		}
	}
	require.Len(t, rules.Fields(), len(truths))
}

// All combinations of the three dimensions, and of what stands beside them.
func TestPriority(t *testing.T) {
	t.Parallel()
	e := load(t)
	type part struct {
		value, name string
		points      int
	}
	n := 0
	for _, urgency := range []part{{"", "", 0}, {"加急", "加急", 100}} {
		for _, class := range []part{{"手套", "", 0}, {"手术耗材", "手术和急救用品", 40}, {"骨科植入物", "手术和急救用品", 40}, {"急救", "手术和急救用品", 40}, {"", "", 0}} {
			for _, hospital := range []part{{"", "", 0}, {"三甲", "三级医院", 20}, {"三级乙等", "三级医院", 20}, {"二甲", "", 0}} {
				for _, kind := range []part{{"普通", "", 0}, {"VIP", "VIP", 10}} {
					want := 0
					var why []string
					for _, p := range []part{urgency, class, hospital, kind} {
						if want += p.points; p.name != "" {
							why = append(why, p.name)
						}
					}
					points, reasons, err := e.Priority(orders.Facts{
						Order:    &orders.Order{Urgent: urgency.value != "", Lines: []orders.Line{{Product: "P0"}, {Product: "P1"}}},
						Customer: &orders.Customer{Type: kind.value, HospitalLevel: hospital.value},
						Catalog:  orders.NewCatalog(orders.Master{Products: []orders.Product{{Code: "P1", Category: class.value}}}, nil, nil, 1),
					})
					require.NoError(t, err)
					require.Equal(t, want, points, "%v %v %v %v", urgency, class, hospital, kind)
					require.Equal(t, why, reasons)
					n++
				}
			}
		}
	}
	require.Equal(t, 2*5*4*2, n)
}

func TestLimitsOfSteps(t *testing.T) {
	t.Parallel()
	e, err := rules.Parse("r.yaml", []byte("routes:\n  - name: a\n    when: true\n    steps:\n      - {role: cfo, limit: 90m}\n      - {role: 总监}\n"))
	require.NoError(t, err)
	r, err := e.Route(orders.Facts{Order: &orders.Order{}})
	require.NoError(t, err)
	require.Equal(t, []orders.RouteStep{{Role: orders.RoleCFO, Limit: 90 * time.Minute}, {Role: orders.RoleDirector}}, r.Steps)
	require.Equal(t, orders.RoleWarehouseLead, e.UrgentRoles()[0], "without urgent the built-in order holds")
}

// Every mistake is said so that a business person knows where it is and what to write instead.
func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	t.Parallel()
	const last = "  - {name: 其余, when: 其余, steps: []}\n"
	route := func(when string) string {
		return "routes:\n  - name: a\n    when: " + when + "\n    steps: []\n" + last
	}
	step := func(s string) string { return "routes:\n  - name: a\n    when: true\n    steps:\n      - " + s + "\n" }
	two := func(a, b string) string {
		return "routes:\n  - {name: a, when: '" + a + "', steps: []}\n  - {name: b, when: '" + b + "', steps: []}\n"
	}
	files := []struct{ name, file string }{
		{"empty", ""},
		{"no YAML", "routes:\n  - name: a\n   when: b\n"},
		{"a list on top", "- a\n"},
		{"no routes", "urgent: [仓管]\n"},
		{"no route", "routes: []\n"},
		{"an unknown key", "routs: []\nroutes:\n" + last},
		{"an unknown key of a route", "routes:\n  - {name: a, wen: x, when: true, steps: []}\n"},
		{"a key twice", "routes:\n  - name: a\n    name: b\n    when: true\n    steps: []\n"},
		{"an unknown field", route("金鹅 < 5000")},
		{"a text without quotes", route("客户类型 == VIP")},
		{"amount against text", route(`金额 < "五千"`)},
		{"text against number", route("客户等级 < 5")},
		{"no truth value", route("金额 + 1")},
		{"cut off", route("金额 <")},
		{"a number in a list", route("金额 in [5000]")},
		{"a division", route("金额 / 3 < 5")},
		{"the clock", route("now() > 金额")},
		{"too long", route(strings.TrimSuffix(strings.Repeat("加急 or ", 300), " or "))},
		{"two fields compared", route("金额 > 剩余额度")},
		{"a calculation with a field", route("金额 * 2 > 100")},
		{"a pattern", route(`客户名称 contains "医院"`)},
		{"a function", route(`len(产品) > 3`)},
		{"a choice", route(`"加急 ? 金额 > 1 : 金额 > 2"`)},
		{"no condition", "routes:\n  - name: a\n    steps: []\n" + last},
		{"no name", "routes:\n  - when: 加急\n    steps: []\n" + last},
		{"no steps", "routes:\n  - name: a\n    when: 加急\n" + last},
		{"two of a name", "routes:\n  - {name: 其余, when: 加急, steps: []}\n" + last},
		{"an order without a route", two("金额 < 5000", "金额 > 5000")},
		{"an order without a route, of two fields", two(`加急`, `not 加急 and 客户等级 in ["A", "B"]`)},
		{"an order with two routes", two("金额 <= 5000", "金额 >= 5000")},
		{"an order with two routes, by words", two(`医院等级 startsWith "三"`, `医院等级 != "二甲"`)},
		{"a product in two routes", two(`"P1" in 产品 or not ("P2" in 产品)`, `"P2" in 产品`)},
		{"a route that hides others", "routes:\n  - {name: a, when: true, steps: []}\n" + last},
		{"a route that nobody reaches", "routes:\n  - {name: a, when: 金额 < 5 and 金额 > 6, steps: []}\n" + last},
		{"a step that nobody reaches", "routes:\n  - {name: a, when: 金额 < 5, steps: [{role: 财务, when: 金额 > 9}]}\n" + last},
		{"the rest twice", "routes:\n  - {name: b, when: 其余, steps: []}\n" + last},
		{"before an unknown one", "routes:\n  - {name: a, when: 加急, before: [c], steps: []}\n" + last},
		{"before each other", "routes:\n  - {name: a, when: 加急, before: [b], steps: []}\n  - {name: b, when: true, before: [a], steps: []}\n"},
		{"an unknown role", step("role: 董事长")},
		{"a bad limit", step("{role: 财务, limit: 4小时}")},
		{"a negative limit", step("{role: 财务, limit: -4h}")},
		{"passing without a reason", step("{role: 财务, pass: 加急}")},
		{"a reason without passing", step("{role: 财务, because: 急}")},
		{"a step without a role", step("{limit: 4h}")},
		{"steps that are no list", "routes:\n  - name: a\n    when: true\n    steps: 财务\n"},
		{"points that are no number", "routes:\n" + last + "priority:\n  - {name: a, when: 加急, points: 高}\n"},
		{"a priority without a field", "routes:\n" + last + "priority:\n  - {when: 加急}\n"},
		{"an unknown kind of check", "routes:\n" + last + "checks:\n  - {kind: 起订金额, effect: 拦下}\n"},
		{"a check without its figure", "routes:\n" + last + "checks:\n  - {kind: 价格偏离, effect: 提醒}\n"},
		{"a check with a figure of another", "routes:\n" + last + "checks:\n  - {kind: 起订量, effect: 拦下, percent: 20}\n"},
		{"an unknown effect", "routes:\n" + last + "checks:\n  - {kind: 起订量, effect: 禁止}\n"},
		{"an approval by nobody", "routes:\n" + last + "checks:\n  - {kind: 信用额度, effect: 加审}\n"},
		{"a reminder for a role", "routes:\n" + last + "checks:\n  - {kind: 信用额度, effect: 提醒, role: 财务}\n"},
		{"a span that is too long", "routes:\n" + last + "checks:\n  - {kind: 同型号复核, effect: 加审, role: 财务, count: 1, within: 30天}\n"},
		{"an unknown field of the order", "routes:\n" + last + "checks:\n  - {kind: 必填, effect: 拦下, fields: [邮箱]}\n"},
		{"a broken pattern", "routes:\n" + last + "checks:\n  - {kind: 格式, effect: 拦下, fields: [客户单号], pattern: '[0-9', text: 数字}\n"},
		{"papers without names", "routes:\n" + last + "checks:\n  - {kind: 进口, effect: 提醒, papers: []}\n"},
		{"papers and a text", "routes:\n" + last + "checks:\n  - {kind: 进口, effect: 提醒, papers: [报关单], text: 备齐}\n"},
		{"imported, and nothing to do", "routes:\n" + last + "checks:\n  - {kind: 进口, effect: 提醒}\n"},
		{"a role and several", "routes:\n  - {name: a, when: true, steps: [{role: 财务, any: [总监, 财务]}]}\n"},
		{"all and any", "routes:\n  - {name: a, when: true, steps: [{all: [财务, 总监], any: [总监, 财务]}]}\n"},
		{"all of one", "routes:\n  - {name: a, when: true, steps: [{all: [总监]}]}\n"},
		{"all of the same", "routes:\n  - {name: a, when: true, steps: [{all: [总监, 总监]}]}\n"},
		{"one of one", "routes:\n  - {name: a, when: true, steps: [{any: [总监]}]}\n"},
		{"one of nobody", "routes:\n  - {name: a, when: true, steps: [{any: []}]}\n"},
		{"one of the same", "routes:\n  - {name: a, when: true, steps: [{any: [总监, director]}]}\n"},
		{"one of an unknown role", "routes:\n  - {name: a, when: true, steps: [{any: [总监, 厂长]}]}\n"},
		{"any that is no list", "routes:\n  - {name: a, when: true, steps: [{any: 总监}]}\n"},
		{"a trigger without a name", "routes:\n" + last + "triggers:\n  - {when: 加急, do: [加急]}\n"},
		{"two triggers of a name", "routes:\n" + last + "triggers:\n  - {name: a, do: [加急]}\n  - {name: a, do: [加急]}\n"},
		{"a trigger that does nothing", "routes:\n" + last + "triggers:\n  - {name: a, when: 加急}\n  - {name: b, do: []}\n"},
		{"a trigger of an unknown field", "routes:\n" + last + "triggers:\n  - {name: a, when: 紧急标志 == \"加急\", do: [加急]}\n"},
		{"a trigger at an unknown moment", "routes:\n" + last + "triggers:\n  - {name: a, at: 入库, do: [标记 到货]}\n"},
		{"an unknown action", "routes:\n" + last + "triggers:\n  - {name: a, do: [自动批准, 加急 明天]}\n"},
		{"a trigger for an unknown role", "routes:\n" + last + "triggers:\n  - {name: a, do: [通知 库房, 通知, 加审 老板]}\n"},
		{"a trigger too late", "routes:\n" + last + "triggers:\n  - {name: a, at: 发货, do: [加急, 加审 财务]}\n"},
		{"a trigger that approves by two", "routes:\n" + last + "triggers:\n  - {name: a, do: [加审 财务、总监]}\n  - {name: b, do: [加审 财务, 加审 总监]}\n"},
		{"marks", "routes:\n" + last + "triggers:\n  - {name: a, do: [标记, 标记 一二三四五六七八九十一二三四五六七八九十一]}\n  - {name: b, do: [标记 甲, 标记 乙]}\n"},
		{"the credit for who sees no prices", "routes:\n" + last + "triggers:\n  - {name: a, do: [抄送 仓管]}\n"},
		{"freight without a condition", "routes:\n" + last + "freight:\n  - {name: a, amount: 30}\n"},
		{"freight without an amount", "routes:\n" + last + "freight:\n  - {name: a, when: 加急}\n  - {name: b, when: 加急, amount: 三十}\n  - {name: c, when: 加急, amount: -1}\n  - {name: d, when: 加急, amount: 0.005}\n"},
		{"freight without a name, and two of a name", "routes:\n" + last + "freight:\n  - {when: 加急, amount: 1}\n  - {name: a, when: 加急, amount: 1}\n  - {name: a, when: 加急, amount: 1}\n"},
		{"the rest of freight first", "routes:\n" + last + "freight:\n  - {name: a, when: 其余, amount: 1}\n  - {name: b, when: 加急, amount: 1}\n"},
		{"freight by what a draft does not know", "routes:\n" + last + "freight:\n  - {name: a, when: 超信用, amount: 1}\n"},
		{"all mistakes at once", "routes:\n  - {name: a, when: 金鹅 > 1, steps: [{role: 老板}]}\n  - {name: b, when: 加急, steps: []}\nurgent: [门卫]\n"},
	}
	var out strings.Builder
	for _, f := range files {
		_, err := rules.Parse("规则.yaml", []byte(f.file))
		require.Error(t, err, f.name)
		require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
		fmt.Fprintf(&out, "## %s\n\n%s\n\n", f.name, err)
	}
	golden := filepath.Join("testdata", "mistakes.md")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
	_, err = rules.Load(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorContains(t, err, "读不出来")
}

func TestMemoryIsLimited(t *testing.T) {
	t.Parallel()
	e, err := rules.Parse("r.yaml", []byte("routes:\n  - {name: a, when: 其余, steps: []}\npriority:\n  - name: p\n    when: \"all(产品, len(map(产品, # + 'x')) > 0)\"\n    points: 1\n"))
	require.NoError(t, err)
	o := &orders.Order{Lines: make([]orders.Line, 500)}
	for i := range o.Lines {
		o.Lines[i].Product = "P"
	}
	_, _, err = e.Priority(orders.Facts{Order: o})
	require.ErrorContains(t, err, "memory budget")
}

func TestExampleIsTheDefault(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.example.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(rules.Default), string(example))
	for _, names := range rules.Fields() {
		require.Contains(t, string(example), names[0]+" "+names[1])
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rules.Default)
	f.Add([]byte("routes:\n  - {name: a, when: true, steps: []}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := rules.Parse("r.yaml", data)
		if err != nil {
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
			return
		}
		_, _ = e.Route(orders.Facts{Order: &orders.Order{Total: 1}})
	})
}
