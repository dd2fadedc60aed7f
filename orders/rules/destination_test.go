package rules_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

// Line, warehouse and carrier come each of the first row that holds and names it.
//
// feature: ST-09
func TestDestinationsFollowTheTable(t *testing.T) {
	t.Parallel()
	e, err := rules.Parse("rules.yaml", []byte(`
routes: [{name: 直通, when: 其余, steps: []}]
dispatch:
  - {name: 导管, when: '"导管" in 分类', line: 三号线}
  - {name: 试剂, when: '"试剂" in 分类', warehouse: 冷库, carrier: 顺丰快递}
  - {name: 加急, when: 加急, carrier: JD, line: 急单线}
  - {name: 大单, when: 金额 > 10000, warehouse: 总仓}
  - {name: 其他, when: 其余, line: 一号线, carrier: 中通}
`))
	require.NoError(t, err)
	cat := orders.NewCatalog(orders.Master{Products: []orders.Product{{Code: "P1", Category: "导管"}, {Code: "P2", Category: "试剂"}, {Code: "P3", Category: "手套"}}}, nil, nil, 1)
	for _, c := range []struct {
		what     string
		products []orders.ProductCode
		urgent   bool
		total    orders.Money
		want     orders.Destinations
	}{
		{"what no row names", []orders.ProductCode{"P3"}, false, 100, orders.Destinations{Line: "一号线", LineBy: "其他", Carrier: "ZTO", CarrierBy: "其他"}},
		{"a line by the goods", []orders.ProductCode{"P1"}, false, 100, orders.Destinations{Line: "三号线", LineBy: "导管", Carrier: "ZTO", CarrierBy: "其他"}},
		{
			"a warehouse and a carrier",
			[]orders.ProductCode{"P2"},
			false, 100,
			orders.Destinations{Line: "一号线", LineBy: "其他", Warehouse: "冷库", WarehouseBy: "试剂", Carrier: "SF", CarrierBy: "试剂"},
		},
		{
			"each of its own row",
			[]orders.ProductCode{"P1", "P2"},
			true, 2_000_000,
			orders.Destinations{Line: "三号线", LineBy: "导管", Warehouse: "冷库", WarehouseBy: "试剂", Carrier: "SF", CarrierBy: "试剂"},
		},
		{
			"an urgent one",
			[]orders.ProductCode{"P3"},
			true, 2_000_000,
			orders.Destinations{Line: "急单线", LineBy: "加急", Warehouse: "总仓", WarehouseBy: "大单", Carrier: "JD", CarrierBy: "加急"},
		},
		{
			"one fen more",
			[]orders.ProductCode{"P3"},
			false, 1_000_001,
			orders.Destinations{Line: "一号线", LineBy: "其他", Warehouse: "总仓", WarehouseBy: "大单", Carrier: "ZTO", CarrierBy: "其他"},
		},
		{"not one fen more", []orders.ProductCode{"P3"}, false, 1_000_000, orders.Destinations{Line: "一号线", LineBy: "其他", Carrier: "ZTO", CarrierBy: "其他"}},
	} {
		o := &orders.Order{Urgent: c.urgent, Total: c.total}
		for i, p := range c.products {
			o.Lines = append(o.Lines, orders.Line{No: i + 1, Product: p, Base: decimal.NewFromInt(1)})
		}
		to, err := e.Destinations(orders.Facts{Order: o, Catalog: cat, Draft: true})
		require.NoError(t, err)
		require.Equal(t, c.want, to, c.what)
	}
	var words []string
	for _, s := range e.Words() {
		for _, r := range s.Rows {
			if s.Title == "分单" {
				words = append(words, r.String())
			}
		}
	}
	require.Equal(t, []string{
		"导管：分类里有 导管 产线 三号线", "试剂：分类里有 试剂 仓库 冷库，物流 顺丰", "加急：加急 产线 急单线，物流 京东", "大单：金额超过 10000 元 仓库 总仓", "其他：其余的订单 产线 一号线，物流 中通",
	}, words)
	built, err := rules.Parse("rules.yaml", rules.Default)
	require.NoError(t, err)
	to, err := built.Destinations(orders.Facts{Order: &orders.Order{}})
	require.NoError(t, err)
	require.Equal(t, orders.Destinations{}, to, "the built-in rules name nothing")

	for _, bad := range []struct{ row, want string }{
		{"{when: 加急, line: a}", "缺名称"},
		{"{name: a, line: a}", "缺条件"},
		{"{name: a, when: 加急}", "至少一个"},
		{"{name: a, when: 超信用, line: b}", "分单时还不知道「超信用」"},
		{"{name: a, when: 加急, carrier: 某某}", "没有「某某」这家快递"},
		{"{name: a, when: 其余, line: b}, {name: c, when: 加急, line: b}", "写在最后一条"},
		{"{name: a, when: 加急, line: b}, {name: a, when: 加急, line: b}", "两条分单都叫「a」"},
	} {
		_, err := rules.Parse("rules.yaml", []byte("routes: [{name: 直通, when: 其余, steps: []}]\ndispatch: ["+bad.row+"]\n"))
		require.ErrorContains(t, err, bad.want)
	}
}
