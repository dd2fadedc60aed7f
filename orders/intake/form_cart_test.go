package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// cart draws a shop's screen: a line for each text, what stands behind > at the right edge.
func cart(lines ...string) page.Page {
	p := page.Page{Width: 800, Height: 1400}
	for i, l := range lines {
		left, right, _ := strings.Cut(l, ">")
		y := 30 + 45*float64(i)
		if left != "" {
			p.Lines = append(p.Lines, textAt(left, 270, y))
		}
		if right != "" {
			p.Lines = append(p.Lines, textAt(right, 700, y))
		}
	}
	return p
}

// feature: IN-03
func TestCarts(t *testing.T) {
	t.Parallel()
	goods := []string{"丁腈手套 M", "规格：100只／盒", "￥25.00>×6", "医用棉签 10cm", "单位：箱（200包）", "￥400.00>X2"}
	for name, c := range map[string]struct {
		before, after []string
		orders, asks  []string
	}{
		"checkout":                  {[]string{"确认订单"}, []string{"合计￥950.00>提交订单"}, []string{"C1: A01 6盒 @25, A03 2箱 @400"}, nil},
		"the total says otherwise":  {[]string{"购物车"}, []string{"合计￥150.00>去结算(1)"}, []string{"C1: A01 6盒 @25, A03 2箱 @400"}, []string{"orders[0].lines conflict"}},
		"with a coupon":             {[]string{"结算"}, []string{"优惠券 -￥20.00", "合计￥930.00>去支付"}, []string{"C1: A01 6盒 @25, A03 2箱 @400"}, nil},
		"goods that are not sold":   {[]string{"确认订单"}, []string{"合计￥950.00", "失效商品", "碘伏消毒液 500ml", "￥9.00>×3", "提交订单"}, []string{"C1: A01 6盒 @25, A03 2箱 @400"}, nil},
		"without a button it's not": {[]string{"历史消费"}, []string{"谢谢惠顾"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := picture("C1", cart(append(append(append([]string{}, c.before...), goods...), c.after...)...))
			if c.orders == nil {
				require.NotContains(t, brief(res.Orders), "C1: A01 6盒 @25, A03 2箱 @400")
				return
			}
			require.Equal(t, c.orders, brief(res.Orders))
			require.Equal(t, c.asks, fields(res.Asks))
		})
	}
}

func TestWhereACartGoes(t *testing.T) {
	t.Parallel()
	sent := picture("C1", cart("确认订单", "何静>13800007009", "青州市人民路18号3楼", "丁腈手套 M", "规格：100只／盒", "￥25.00>×6", "合计￥150.00>提交订单")).Orders[0]
	require.Equal(t, []string{"何静", "13800007009", "青州市人民路18号3楼"}, []string{sent.Contact, sent.Phone, sent.Address})
	fetched := picture("C1", cart("结算", "配送方式：门店自提", "自提时间：3月14日 10:00", "丁腈手套 M", "单位：盒", "￥25.00>×6", "合计￥150.00>去支付")).Orders[0]
	require.Equal(t, []string{"SELF", "2026-03-14T10:00:00+08:00", ""}, []string{fetched.Carrier, fetched.DeliverBy, fetched.Contact})
	unsure := cart("确认订单", "丁腈手套 M", "规格：100只／盒", "￥25.00>×6", "提交订单")
	unsure.Lines[4].Score = 0.6
	require.Equal(t, []string{"orders[0].lines[0].quantity ambiguous"}, fields(picture("C1", unsure).Asks), "no total confirms the count")
}

func TestAFaxIsReadWithoutItsHead(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 1200, Height: 1500, Lines: []page.Line{
		textAt("2026-03-11 08:41 FR0M:13800007015", 90, 40), textAt("T0：业务部", 700, 40), textAt("P.01/01", 1000, 40),
		textAt("青禾医院订货", 100, 200), textAt("1、碘伏消毒液 500ml", 100, 300), textAt("2瓶", 700, 302),
		textAt("2、医用棉签 10cm", 100, 360), textAt("8包", 700, 361), textAt("走德邦", 100, 420), textAt("2026年3月11日", 900, 600),
	}}
	res := picture("", p)
	require.Equal(t, []string{"C1: A04 2瓶, A03 8包"}, brief(res.Orders))
	d := res.Orders[0]
	require.Equal(t, []string{"", "", "", "DEPPON"}, []string{d.DeliverBy, d.Phone, d.PO, d.Carrier})
	require.Empty(t, res.Asks)
}

func TestLetterheads(t *testing.T) {
	t.Parallel()
	grid := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	grid.Width, grid.Height = 1000, 800
	grid.Lines = []page.Line{
		textAt("青州市人民路18号 电话 13800007100", 500, 20), textAt("订单编号：QH-P0-26O3-018", 60, 100),
		textAt("交货地点：青州市人民路18号2号库  收货人：钱师傅 13800007102", 60, 500),
	}
	d := picture("C1", grid).Orders[0]
	require.Equal(t, []string{"青州市人民路18号2号库", "钱师傅", "13800007102", "QH-PO-2603-018"}, []string{d.Address, d.Contact, d.Phone, d.PO})
	grid.Lines = grid.Lines[:2]
	d = picture("C1", grid).Orders[0]
	require.Equal(t, []string{"青州市人民路18号", "13800007100"}, []string{d.Address, d.Phone}, "where nobody else is named")
}

// What an ERP program exports under heads of its own is taken, or asked about.
func TestColumnsOfPrograms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows, orders, asks []string
		po                 string
	}{
		"SAP":                 {[]string{"采购凭证|行项目|物料描述|采购数量|主计量|净价", "4500018821|10|丁腈手套 M|4|箱|250.00", "4500018821|20|丁腈手套 L|3|盒|25.00"}, []string{"C1: A01 4箱 @250, A02 3盒 @25"}, nil, "4500018821"},
		"money not known":     {[]string{"品名|规格|数量|单位|CNY", "丁腈手套|M|4|盒|25.00", "丁腈手套|L|3|盒|26.00"}, []string{"C1: A01 4盒, A02 3盒"}, []string{"orders[0].lines ambiguous"}, ""},
		"a number not known":  {[]string{"品名|规格|数量|单位|依据", "丁腈手套|M|4|盒|CG26031101", "丁腈手套|L|3|盒|CG26031101"}, []string{"C1: A01 4盒, A02 3盒"}, []string{"orders[0].po ambiguous"}, ""},
		"a day not known":     {[]string{"使用方日期|2026-03-20|^|^", "品名|规格|数量|单位", "丁腈手套|M|4|盒"}, []string{"C1: A01 4盒"}, []string{"orders[0].deliver_by ambiguous"}, ""},
		"the paper's own day": {[]string{"制表日期|2026-03-20|^|^", "品名|规格|数量|单位", "丁腈手套|M|4|盒"}, []string{"C1: A01 4盒"}, nil, ""},
	} {
		res := readForm("C1", sheet(c.rows...))
		require.Equal(t, c.orders, brief(res.Orders), name)
		require.Equal(t, c.asks, fields(res.Asks), name)
		require.Equal(t, c.po, res.Orders[0].PO, name)
	}
}

func TestADeliveryNoteThatWasSigned(t *testing.T) {
	t.Parallel()
	note := sheet("送货单|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|10|盒", "送货人：小袁|^|收货人签字：何静|^")
	require.Equal(t, intake.IntentOther, readForm("C1", note).Intent)
	x := intake.NewLexicon(formMaster())
	res, _ := x.Read(intake.Message{Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: "照这个再来一份", Doc: &page.Document{Kind: page.KindText, Pages: []page.Page{note}}}, nil)
	require.Equal(t, []string{"C1: A01 10盒"}, brief(res.Orders))
}
