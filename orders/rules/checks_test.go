package rules_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/rules"
)

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// today is the moment at which the checks are made.
var today = time.Date(2026, 3, 11, 10, 24, 0, 0, beijing)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// shelf is the catalogue of the checks' tests.
func shelf() *orders.Catalog {
	day := func(s string) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, s, beijing)
		if err != nil {
			panic(err)
		}
		return t
	}
	limit := orders.Money(1_000_000)
	return orders.NewCatalog(orders.Master{
		Products: []orders.Product{
			{Code: "P1", Name: "手套", Unit: "盒", Packs: []orders.Pack{{Unit: "箱", Size: dec("10")}}, Category: "防护", MOQ: dec("20")},
			{Code: "P2", Name: "泵", Unit: "台", Category: "设备", Licence: "经营许可证", Imported: true, Service: true},
			{Code: "P3", Name: "旧款", Unit: "个", BOM: "B7", BOMUntil: day("2026-03-10"), Successor: "P4"},
			{Code: "P4", Name: "新款", Unit: "个", BOM: "B8", BOMUntil: day("2026-03-11")},
			{Code: "P5", Name: "导板", Unit: "个", Kind: orders.ProductCustom},
			{Code: "P6", Name: "支具", Unit: "个", Kind: orders.ProductCustom},
			{Code: "P7", Name: "套装", Unit: "套", Kind: orders.ProductBundle, Parts: map[orders.ProductCode]orders.Quantity{"P5": dec("1")}},
		},
		Customers: []orders.Customer{
			{Code: "C1", Name: "甲公司", Address: "南京市江宁区将军大道88号", Licences: map[string]time.Time{"经营许可证": day("2026-03-10")}, CreditLimit: &limit},
			{Code: "C2", Name: "乙公司", Licences: map[string]time.Time{"经营许可证": day("2026-03-11")}, Catalogue: []string{"设备", "P4"}},
			{Code: "C3", Name: "丙公司", Licences: map[string]time.Time{"经营许可证": day("2026-05-01")}},
			{Code: "C4", Name: "丁公司"},
			{Code: "C5", Name: "戊公司", Risk: true},
		},
	}, nil, nil, 1)
}

// order makes an order of a customer: "P1 20盒".
func order(customer string, lines ...string) *orders.Order {
	o := &orders.Order{ID: "SO202603110009", Customer: orders.CustomerCode(customer), Address: "南京市 江宁区将军大道88号后勤楼"}
	for i, l := range lines {
		f := strings.Fields(l)
		line := orders.Line{No: i + 1, Product: orders.ProductCode(f[0]), Base: dec(f[1]), Quantity: dec(f[1]), Unit: "盒", ListPrice: dec("10")}
		for _, w := range f[2:] {
			if stated, ok := strings.CutPrefix(w, "@"); ok {
				price := dec(stated)
				line.Stated = &price
			}
			line.Gift = line.Gift || w == "赠"
		}
		o.Lines = append(o.Lines, line)
	}
	return o
}

func past(hoursAgo string, products ...orders.ProductCode) orders.PastOrder {
	d, err := time.ParseDuration(hoursAgo)
	if err != nil {
		panic(err)
	}
	return orders.PastOrder{ID: orders.OrderID("SO-" + hoursAgo), ConfirmedAt: today.Add(-d), Products: products, Kinds: len(products)}
}

// Each kind of rule at its borders.
//
// feature: DM-06, AP-17, MD-07, MD-08, MD-09, AP-14, AP-19
func TestKindsOfChecks(t *testing.T) {
	t.Parallel()
	with := func(o *orders.Order, change func(*orders.Order)) *orders.Order {
		change(o)
		return o
	}
	for _, tt := range []struct {
		kind, parameters string
		order            *orders.Order
		exposure         orders.Money
		overdue          string // when an invoice of ¥500 should have been paid
		recent           []orders.PastOrder
		returns          map[int]orders.Returned
		want             string // of the finding; empty: none
	}{
		{kind: "起订量", order: order("C1", "P1 19"), want: "P1 手套 起订 20盒，订了 19盒"},
		{kind: "起订量", order: order("C1", "P1 20")},
		{kind: "起订量", order: order("C1", "P1 12", "P1 8")},
		{kind: "起订量", order: order("C1", "P1 20", "P1 5 赠")},
		{kind: "起订量", order: order("C1", "P1 5 赠")},
		{kind: "数量上限", parameters: "quantity: 100", order: order("C1", "P1 60", "P1 40")},
		{kind: "数量上限", parameters: "quantity: 100", order: order("C1", "P1 60", "P1 41"), want: "P1 手套 订了 101盒，超过一次 100盒"},
		{kind: "数量上限", parameters: "quantity: 100, category: 设备", order: order("C1", "P1 500")},
		{kind: "整件起订", parameters: "unit: 箱", order: order("C1", "P1 30", "P2 7")},
		{kind: "整件起订", parameters: "unit: 箱", order: order("C1", "P1 31"), want: "P1 手套 要订整箱（1箱 = 10盒），订了 31盒，可以改成 4箱"},
		{kind: "起送金额", parameters: "amount: 500", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.Total = 50_000 })},
		{kind: "起送金额", parameters: "amount: 500", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.Total = 49_999 }), want: "起送 ¥500.00，这单 ¥499.99，还差 ¥0.01"},
		{kind: "资质", order: order("C1", "P2 1"), want: "P2 泵 要有「经营许可证」，客户的 2026-03-10 已过期"},
		{kind: "资质", order: order("C4", "P2 1"), want: "P2 泵 要有「经营许可证」，客户档案里没有"},
		{kind: "资质", parameters: "days: 30", order: order("C2", "P2 1"), want: "客户的「经营许可证」2026-03-11 到期，请提醒换证"},
		{kind: "资质", parameters: "days: 30", order: order("C3", "P2 1")},
		{kind: "资质", order: order("C4", "P1 20")},
		{kind: "定制要求", parameters: "text: 要图纸。", order: order("C1", "P1 20")},
		{kind: "定制要求", parameters: "text: 要图纸。", order: order("C1", "P1 20", "P5 1"), want: "要图纸。（P5 导板）请回复「定制要求：…」"},
		{kind: "定制要求", parameters: "text: 要图纸。", order: order("C1", "P7 1"), want: "要图纸。（P7 套装）请回复「定制要求：…」"},
		{kind: "定制要求", parameters: "text: 要图纸。", order: with(order("C1", "P5 1", "P5 2 赠"), func(o *orders.Order) { o.Extra = map[string]string{"定制要求": "图 D-7"} })},
		{kind: "定制要求", parameters: "text: 要图纸。", order: with(order("C1", "P5 1", "P6 1"), func(o *orders.Order) { o.Extra = map[string]string{"定制要求": "导板按图 D-7"} }), want: "要图纸。有 2 种定制品，还缺 P6 支具 的。请写在一行里：「定制要求：P6 …；…」"},
		{kind: "定制要求", parameters: "text: 要图纸。", order: with(order("C1", "P5 1", "P6 1"), func(o *orders.Order) {
			o.Extra = map[string]string{"定制要求": "导板按图 D-7；p6 长 20cm"}
		})},
		{kind: "BOM 有效性", order: order("C1", "P3 1"), want: "P3 旧款 的 BOM B7 已失效，替代品是 P4 新款"},
		{kind: "BOM 有效性", order: order("C1", "P4 1")},
		{kind: "可购目录", order: order("C2", "P1 20"), want: "P1 手套 不在乙公司的可购目录里"},
		{kind: "可购目录", order: order("C2", "P2 1", "P4 1")},
		{kind: "可购目录", order: order("C1", "P1 20")},
		{kind: "价格偏离", parameters: "percent: 20", order: order("C1", "P1 20 @8")},
		{kind: "价格偏离", parameters: "percent: 20", order: order("C1", "P1 20 @7.99"), want: "P1 手套 要价 ¥7.99/盒，比客户价 ¥10 低 20.1%"},
		{kind: "价格偏离", parameters: "percent: 20", order: order("C1", "P1 20 @12.01"), want: "P1 手套 要价 ¥12.01/盒，比客户价 ¥10 高 20.1%"},
		{kind: "信用额度", order: order("C1", "P1 20"), exposure: 1_000_000},
		{kind: "信用额度", order: order("C1", "P1 20"), exposure: 1_000_001, want: "信用额度 ¥10,000.00，连这单用到 ¥10,000.01，超出 ¥0.01；可以先回款、预付，或者拆小订单"},
		{kind: "信用额度", order: order("C2", "P2 1"), exposure: 9_999_999},
		{kind: "逾期", order: order("C1", "P1 20"), overdue: "2026-03-11"},
		{kind: "逾期", order: order("C1", "P1 20"), overdue: "2026-03-10", want: "有 ¥500.00 逾期未付，最早的发票 FP1 2026-03-10 到期，已逾期 1 天；先回款 ¥500.00 就能下单"},
		{kind: "逾期", parameters: "days: 1", order: order("C1", "P1 20"), overdue: "2026-03-10"},
		{kind: "逾期", parameters: "days: 1", order: order("C1", "P1 20"), overdue: "2026-03-09", want: "有 ¥500.00 逾期未付，最早的发票 FP1 2026-03-09 到期，已逾期 2 天；先回款 ¥500.00 就能下单"},
		{kind: "同型号复核", parameters: "count: 3, within: 24h", order: order("C1", "P1 20"), recent: []orders.PastOrder{past("1h", "P1"), past("24h", "P1")}, want: "P1 手套 24 小时内第 3 单，之前：SO-24h、SO-1h"},
		{kind: "同型号复核", parameters: "count: 3, within: 24h", order: order("C1", "P1 20"), recent: []orders.PastOrder{past("1h", "P1"), past("24h0m1s", "P1")}},
		{kind: "同型号复核", parameters: "count: 3, within: 24h", order: order("C1", "P1 20"), recent: []orders.PastOrder{past("1h", "P1"), past("2h", "P2")}},
		{kind: "重复下单", parameters: "within: 2h", order: order("C1", "P2 1", "P1 20"), recent: []orders.PastOrder{past("2h", "P1", "P2")}, want: "2 小时内已经下过一样的货：SO-2h"},
		{kind: "重复下单", parameters: "within: 2h", order: order("C1", "P1 20"), recent: []orders.PastOrder{past("2h1s", "P1")}},
		{kind: "重复下单", parameters: "within: 2h", order: order("C1", "P1 20", "P2 1"), recent: []orders.PastOrder{past("1h", "P1")}},
		{kind: "重复下单", parameters: "within: 2h", order: order("C1", "P1 20"), recent: []orders.PastOrder{{ID: "SO1", ConfirmedAt: today, Products: []orders.ProductCode{"P1"}, Kinds: 2}}},
		{kind: "重复下单", parameters: "within: 2h", order: order("C1", "P1 20", "P2 1 赠"), recent: []orders.PastOrder{past("1h", "P1")}, want: "2 小时内已经下过一样的货：SO-1h"},
		{kind: "地址异常", order: order("C1", "P1 20")},
		{kind: "地址异常", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.Address = "苏州市吴中路1号" }), want: "和客户档案里的不一样"},
		{kind: "地址异常", order: with(order("C2", "P1 20"), func(o *orders.Order) { o.Address = " " }), want: "没有收货地址"},
		{kind: "地址异常", order: with(order("C2", "P1 20"), func(o *orders.Order) { o.Address, o.Carrier = "", "SELF" })},
		{kind: "必填", parameters: "fields: [交期, 地址, 客户单号]", order: order("C1", "P1 20"), want: "还要写明交期、客户单号"},
		{kind: "必填", parameters: "fields: [地址]", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.Address, o.Carrier = "", "SELF" })},
		{kind: "格式", parameters: "fields: [客户单号], pattern: 'PO[0-9]{6}', text: 例如 PO000123", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.PO = "PO0001234" }), want: "客户单号「PO0001234」不对：例如 PO000123"},
		{kind: "格式", parameters: "fields: [客户单号], pattern: 'PO[0-9]{6}', text: 例如 PO000123", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.PO = "PO000123" })},
		{kind: "选项组合", parameters: "with: [P2], needs: [P4]", order: order("C1", "P2 1"), want: "订 P2 泵 要同时订 P4 新款"},
		{kind: "选项组合", parameters: "with: [P2], needs: [P4], excludes: [P3]", order: order("C1", "P2 1", "P4 1")},
		{kind: "选项组合", parameters: "with: [P2], excludes: [P3], text: 接口不同", order: order("C1", "P2 1", "P3 1"), want: "P2 泵 和 P3 旧款 不能一起订：接口不同"},
		{kind: "交期", parameters: "days: 3", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.DeliverBy = "2026-03-13T18:00:00+08:00" }), want: "要求 2026-03-13 到货，备货要 3 天，最早 2026-03-14"},
		{kind: "交期", parameters: "days: 3", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.DeliverBy = "2026-03-14" })},
		{kind: "交期", parameters: "days: 3", order: order("C1", "P1 20")},
		{kind: "交期", parameters: "days: 3", order: with(order("C1", "P1 20"), func(o *orders.Order) {
			o.DeliverBy, o.Staged = "2026-04-10", &orders.Staged{Stages: []orders.Stage{{Due: "2026-03-13"}, {Due: "2026-04-10"}}}
		}), want: "要求 2026-03-13 到货，备货要 3 天，最早 2026-03-14"},
		{kind: "必填", parameters: "fields: [交期]", order: with(order("C1", "P1 20"), func(o *orders.Order) {
			o.Staged = &orders.Staged{Stages: []orders.Stage{{Due: "2026-03-13"}, {Due: "2026-04-10"}}}
		})},
		{kind: "进口", parameters: "text: 请备齐报关资料", order: order("C1", "P1 20", "P2 1"), want: "含进口物料（P2）：请备齐报关资料"},
		{kind: "进口", parameters: "text: 请备齐报关资料", order: order("C1", "P1 20")},
		{kind: "进口", parameters: "papers: [报关单, 原产地证]", order: order("C1", "P1 20")},
		{kind: "进口", parameters: "papers: [报关单, 原产地证]", order: order("C1", "P1 20", "P2 1"), want: "含进口物料（P2）：要有 报关单、原产地证，还缺 报关单、原产地证"},
		{kind: "进口", parameters: "papers: [报关单, 原产地证]", order: with(order("C1", "P2 1"), func(o *orders.Order) {
			o.Papers = []orders.Paper{{Name: "报关单", By: "冯购"}, {Name: "原产地证"}}
		}), want: "含进口物料（P2）：要有 报关单、原产地证，还缺 原产地证"},
		{kind: "技术服务", parameters: "text: 请约工程师", order: order("C1", "P2 1"), want: "含技术服务（P2）：请约工程师"},
		{kind: "技术服务", parameters: "text: 请约工程师", order: with(order("C1", "P2 1"), func(o *orders.Order) {
			o.Slot = &orders.Slot{Engineer: "S40", Day: "2026-03-12", Half: orders.Morning}
		})},
		{kind: "技术服务", parameters: "text: 请约工程师", order: with(order("C1", "P2 1"), func(o *orders.Order) {
			o.Slot = &orders.Slot{Engineer: "S40", Day: "2026-03-10", Half: orders.Afternoon}
		}), want: "含技术服务（P2）：请约工程师"},
		{kind: "补充说明", parameters: "text: 要什么服务？", order: order("C1", "P1 20"), want: "要什么服务？ 请回复「补充说明：…」"},
		{kind: "补充说明", parameters: "text: 要什么服务？", order: with(order("C1", "P1 20"), func(o *orders.Order) { o.Extra = map[string]string{"补充说明": "无"} })},
		{kind: "高危客户", order: order("C5", "P1 20"), want: "客户档案标为高危客户"},
		{kind: "高危客户", order: order("C1", "P1 20")},
		{kind: "退货率", parameters: "percent: 15", order: order("C1", "P1 20"), returns: map[int]orders.Returned{365: {Sent: 1_000_000, Back: 150_000}}},
		{kind: "退货率", parameters: "percent: 15", order: order("C1", "P1 20"), returns: map[int]orders.Returned{365: {Sent: 1_000_000, Back: 151_000}}, want: "近 365 天退货率 15.1%，超过 15%（发出 ¥10,000.00，退回 ¥1,510.00）"},
		{kind: "退货率", parameters: "percent: 15", order: order("C1", "P1 20"), returns: map[int]orders.Returned{365: {Sent: 1_000_000, Back: 150_001}}, want: "近 365 天退货率 15.01%，超过 15%（发出 ¥10,000.00，退回 ¥1,500.01）"},
		{kind: "退货率", parameters: "percent: 15", order: order("C1", "P1 20")},
		{kind: "退货率", parameters: "percent: 12.5, days: 90", order: order("C1", "P1 20"), returns: map[int]orders.Returned{365: {Sent: 1000, Back: 1000}, 90: {Sent: 1000, Back: 125}}},
		{kind: "退货率", parameters: "percent: 12.5, days: 90", order: order("C1", "P1 20"), returns: map[int]orders.Returned{90: {Sent: 1000, Back: 126}}, want: "近 90 天退货率 12.6%，超过 12.5%（发出 ¥10.00，退回 ¥1.26）"},
		{kind: "条件", parameters: "when: '\"设备\" in 分类', text: 设备要验收", order: order("C1", "P2 1"), want: "设备要验收"},
		{kind: "条件", parameters: "when: '\"设备\" in 分类', text: 设备要验收", order: order("C1", "P1 20")},
	} {
		does := "拦下"
		if tt.kind == "高危客户" || tt.kind == "退货率" {
			does = "提醒"
		}
		file := "routes:\n  - {name: a, when: 其余, steps: []}\nchecks:\n  - {kind: " + tt.kind + ", effect: " + does
		if tt.parameters != "" {
			file += ", " + tt.parameters
		}
		e, err := rules.Parse("r.yaml", []byte(file+"}\n"))
		require.NoError(t, err, tt.kind)
		cat := shelf()
		f := orders.Facts{
			Order: tt.order, Customer: cat.Customer(tt.order.Customer), Catalog: cat, Exposure: tt.exposure, Recent: tt.recent, At: today, Returns: tt.returns,
		}
		if tt.overdue != "" {
			f.Overdue = orders.Overdue{Amount: 50_000, Invoice: "FP1", Due: tt.overdue}
		}
		found, err := e.Check(f)
		require.NoError(t, err)
		if tt.want == "" {
			require.Empty(t, found, "%s %s", tt.kind, tt.parameters)
			continue
		}
		require.Len(t, found, 1, "%s: %s", tt.kind, tt.want)
		require.Equal(t, tt.want, found[0].Text)
		require.Equal(t, tt.kind, found[0].Rule)
		effect := orders.EffectBlock
		require.Equal(t, does == "提醒", found[0].Risk)
		if strings.Contains(tt.want, "请提醒换证") || found[0].Risk {
			effect = orders.EffectWarn
		}
		require.Equal(t, effect, found[0].Effect, tt.want)
	}
}

// What marks a customer as a risk is for who decides: it can't stop an order, for then the customer would read why.
func TestMarksOfRiskStopNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"高危客户", "退货率, percent: 15"} {
		file := "routes:\n  - {name: a, when: 其余, steps: []}\nchecks:\n  - {kind: " + kind + ", effect: "
		_, err := rules.Parse("r.yaml", []byte(file+"拦下, role: 财务}\n"))
		require.ErrorContains(t, err, "不能拦下：要写 提醒 或 加审")
		e, err := rules.Parse("r.yaml", []byte(file+"加审, role: 财务}\n"))
		require.NoError(t, err)
		cat := shelf()
		found, err := e.Check(orders.Facts{Order: order("C5", "P1 20"), Customer: cat.Customer("C5"), Catalog: cat, At: today, Returns: map[int]orders.Returned{365: {Sent: 100, Back: 16}}})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, orders.RoleFinance, found[0].Role)
	}
}

// feature: AP-17
func TestAtLeastSeventeenKindsOfRules(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("checks_test.go")
	require.NoError(t, err)
	for _, names := range rules.Kinds() {
		require.Contains(t, string(rules.Default), names[0], "the file explains it")
		require.Contains(t, string(source), `{kind: "`+names[0]+`"`, "it has a test")
	}
	require.GreaterOrEqual(t, len(rules.Kinds()), 17)
}

func TestChecksOfTheCustomersBusinessAreLeftForTheConfirmation(t *testing.T) {
	t.Parallel()
	cat := shelf()
	f := orders.Facts{
		Order: order("C1", "P1 20"), Customer: cat.Customer("C1"), Catalog: cat, Exposure: 1_000_001, At: today,
		Recent: []orders.PastOrder{past("1h", "P1"), past("2h", "P1")},
	}
	e := load(t)
	found, err := e.Check(f)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, orders.RoleFinance, found[0].Role)
	f.Draft = true
	found, err = e.Check(f)
	require.NoError(t, err)
	require.Empty(t, found)
}
