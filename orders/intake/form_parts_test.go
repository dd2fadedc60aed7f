package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// picture reads pages as those of a picture.
func picture(customer string, pages ...page.Page) intake.Result {
	res, _ := intake.NewLexicon(formMaster()).Read(intake.Message{
		ID: "m", Time: formTime, Role: intake.RoleCustomer, Customer: customer, Doc: &page.Document{Kind: page.KindOCR, Pages: pages},
	}, nil)
	return res
}

func TestFormsInOneFile(t *testing.T) {
	t.Parallel()
	first := sheet("采购单位：康宁药房东街店|^|^|^", "单号：PO-1|^|交货日期：2026-03-20|^", "收货：人民路18号 何静 13800007001|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|3|盒")
	for name, c := range map[string]struct {
		pages []page.Page
		want  []string
		po    []string
		place []string
	}{
		"a page of another shop": {
			[]page.Page{first, sheet("采购单位：康宁药房西湖店|^|^|^", "单号：PO-2|^|收货地址：西湖路6号|^", "品名|规格|数量|单位", "丁腈手套|L|4|盒")},
			[]string{"C3: A01 3盒", "C4: A02 4盒"},
			[]string{"PO-1", "PO-2"},
			[]string{"人民路18号", "西湖路6号"},
		},
		"another place below": {
			[]page.Page{sheet("订单号：PO-1|^|采购方：康宁药房东街店|^", "送货地址一：人民路18号  收货人：何静|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|3|盒", "小计||3|", "送货地址二：西湖路6号  收货人：莫荣|^|^|^", "品名|规格|数量|单位", "丁腈手套|L|4|盒")},
			[]string{"C3: A01 3盒", "C3: A02 4盒"},
			[]string{"PO-1", "PO-1"},
			[]string{"人民路18号", "西湖路6号"},
		},
		"the same form on two pages": {
			[]page.Page{first, sheet("采购单位：康宁药房东街店|^|^|^", "单号：PO-1|^|第2页|^", "品名|规格|数量|单位", "丁腈手套|L|4|盒")},
			[]string{"C3: A01 3盒, A02 4盒"},
			[]string{"PO-1"},
			[]string{"人民路18号"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := readForm("", c.pages...)
			require.Equal(t, c.want, brief(res.Orders))
			for i, d := range res.Orders {
				require.Equal(t, []string{c.po[i], c.place[i]}, []string{d.PO, d.Address})
			}
			require.Empty(t, res.Asks)
		})
	}
}

func TestKeysOfAForm(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|数量|单位", "丁腈手套|M|3|盒"}
	for head, want := range map[string][5]string{
		"PO No.订单号：PO-77  Ship To 送货：人民路18号 Receiver 收货人：何静 Tel：138-0000-7001|^|^|^": {"PO-77", "", "人民路18号", "何静", "13800007001"},
		"要求到货 Req.Date：2026-03-20|^|收货人Attn：何静 13800007001|^":                        {"", "2026-03-20", "", "何静", "13800007001"},
		"到货要求：3月20日上午|^|结算：月结|^":                                                     {"", "2026-03-20T12:00:00+08:00", "", "", ""},
		"结算方式：月结45天收货地址：人民路18号|^|收货人：何哥13800007001|^":                                {"", "", "人民路18号", "何哥", "13800007001"},
		"收件：汇源经营部 解放明|^|收货地点：人民路18号 收货人：何科长|^":                                       {"", "", "人民路18号", "何科长", ""},
		"填表人：|何静|到货日|2026-03-20":                                                     {"", "2026-03-20", "", "", ""},
	} {
		t.Run(head, func(t *testing.T) {
			t.Parallel()
			res := readForm("C1", sheet(append([]string{head}, rows...)...))
			require.Len(t, res.Orders, 1)
			d := res.Orders[0]
			require.Equal(t, want, [5]string{d.PO, d.DeliverBy, d.Address, d.Contact, d.Phone})
			require.Empty(t, res.Asks)
		})
	}
}

func TestHeadsAndSums(t *testing.T) {
	t.Parallel()
	want := []string{"C1: A01 3盒, A02 4盒"}
	for name, pages := range map[string][]page.Page{
		"counts below one head":      {sheet("序|品名|规格|单位|数量|^|备注", "||||计划数|核准数|", "1|丁腈手套|M|盒|9|3|", "2|丁腈手套|L|盒|8|4|")},
		"sums of kinds":              {sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒", "手套类小计|^|3|", "丁腈手套|L|4|盒", "橡胶类小计|^|4|", "总计||7|")},
		"the total on the last page": {sheet("品名|规格|数量|单位|金额", "丁腈手套|M|3|盒|75", "本页小计||||75"), sheet("品名|规格|数量|单位|金额", "丁腈手套|L|4|盒|100", "本页小计||||100", "合计||||175")},
		"words after the total":      {sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒", "丁腈手套|L|4|盒", "合计||7|", "1.分批交货|请按期|送货|")},
		"spec called otherwise":      {sheet("品名|规格说明|合计订购", "丁腈手套|M|3盒", "丁腈手套|L|4盒")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := readForm("C1", pages...)
			require.Equal(t, want, brief(res.Orders))
			require.Empty(t, res.Asks)
		})
	}
	batches := readForm("C1", sheet("品名|规格|单位|到货批次|^", "|||3月26日|4月2日", "丁腈手套|M|盒|3|", "丁腈手套|L|盒||4"))
	require.Equal(t, []string{"C1: A01 3盒", "C1: A02 4盒"}, brief(batches.Orders))
	dash := readForm("C1", sheet("品名|规格|单位|到货日期及数量|^|合计", "|||3月26日|4月2日|", "丁腈手套|M|盒|3|—|3", "丁腈手套|L|盒|—|4|4"))
	require.Equal(t, []string{"C1: A01 3盒", "C1: A02 4盒"}, brief(dash.Orders))
	byRow := readForm("", sheet("客户|品名|规格|数量|单位|送货方式", "青禾医院|丁腈手套|M|3|盒|自提", "东街店|丁腈手套|L|4|盒|德邦"))
	require.Equal(t, []string{"SELF", "DEPPON"}, []string{byRow.Orders[0].Carrier, byRow.Orders[1].Carrier})
	unknown := readForm("C1", page.Page{Tables: append(sheet("颜色|小床|大床", "雾灰|16|24", "藏青|8|2").Tables, sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒").Tables...)})
	require.Equal(t, []string{"orders[0].lines missing"}, fields(unknown.Asks), "a table that is not understood is not lost")
	hidden := sheet("no|name|spec|qty", "序|品名|规格|数量", "1|丁腈手套|M|3")
	hidden.Tables[0].Hidden = []bool{true, false, false}
	require.Equal(t, []string{"C1: A01 3盒"}, brief(readForm("C1", hidden).Orders))
	gift := readForm("C1", sheet("品名|规格|数量|单位|备注", "丁腈手套|M|3|盒|", "医用棉签||1|包|赠送"))
	require.Equal(t, []bool{false, true}, []bool{gift.Orders[0].Lines[0].Gift, gift.Orders[0].Lines[1].Gift})
}

// What a picture shows badly is taken from the rest of the row where that leaves no doubt, and else asked about.
func TestRowsOfAPicture(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows []string
		want string
		asks []string
	}{
		"quantity from price and amount":  {[]string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|★|盒|25|75"}, "C1: A01 3盒 @25", nil},
		"quantity that does not come out": {[]string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|★|盒|25|80"}, "C1: A01 盒", []string{"orders[0].lines[0].quantity ambiguous"}},
		"price under a stamp":             {[]string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|3|盒|2海5.00|75.00"}, "C1: A01 3盒 @25", nil},
		"one figure of the price":         {[]string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|3|盒|26|75 .00"}, "C1: A01 3盒 @25", nil},
		"letters for figures":             {[]string{"品名|规格|数量|单位", "碘伏消毒液|500m1|3|瓶"}, "C1: A04 3瓶", nil},
		"an amount cut off":               {[]string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|30|盒|25|50"}, "C1: A01 30盒 @25", nil},
		"marks beside a unit":             {[]string{"品名|规格|数量|单位", "碘伏消毒液|500ml|3|瓶》"}, "C1: A04 3瓶", nil},
		"no unit where there are several": {[]string{"品名|规格|数量|单位", "碘伏消毒液|500ml|3|"}, "C1: A04 3瓶", []string{"orders[0].lines[0].unit unknown"}},
		"two of four quantities missing":  {[]string{"品名|规格|数量|单位", "丁腈手套|M|3|盒", "丁腈手套|L||盒"}, "C1: A01 3盒, A02 盒", []string{"orders[0].lines[1].quantity missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := picture("C1", sheet(c.rows...))
			require.Equal(t, []string{c.want}, brief(res.Orders))
			require.Equal(t, c.asks, fields(res.Asks))
		})
	}
}

func TestColumnsBesideTheRules(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 900, Height: 600, Tables: []page.Table{{}}}
	for y, row := range [][]string{{"品名", "规格", "数量", "单位", "备注"}, {"丁腈手套", "M", "3", "盒"}, {"丁腈手套", "L", "4", "盒"}, {"碘伏消毒液", "500ml", "5", "瓶"}} {
		var cells []page.Cell
		for x, text := range row {
			l := textAt(text, float64(60+150*x), float64(100+50*y)+float64(2*x))
			if x == 0 || x == 4 {
				p.Lines = append(p.Lines, l)
				continue
			}
			cells = append(cells, page.Cell{Text: l.Text, Score: 1, Box: l.Box})
		}
		p.Tables[0].Rows = append(p.Tables[0].Rows, cells)
	}
	res := picture("C1", p)
	require.Equal(t, []string{"C1: A01 3盒, A02 4盒, A04 5瓶"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}
