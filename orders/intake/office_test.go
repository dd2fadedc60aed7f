package intake_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/document"
)

// shopMaster is a catalogue of groceries and car parts.
func shopMaster() *orders.Master {
	yuan := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	pack := func(unit, size string) orders.Pack {
		return orders.Pack{Unit: unit, Size: decimal.RequireFromString(size)}
	}
	return &orders.Master{
		Products: []orders.Product{
			{Code: "SP-10021", Name: "东北珍珠米", Spec: "25kg/袋", Unit: "袋", Price: yuan("136")},
			{Code: "SP-10034", Name: "高筋面粉", Spec: "25kg/袋", Unit: "袋", Price: yuan("92")},
			{Code: "LD0087", Name: "冷冻鸡翅中", Spec: "1kg/包", Unit: "包", Packs: []orders.Pack{pack("箱", "10")}, Price: yuan("31.25")},
			{Code: "LD0190", Name: "速冻薯条", Spec: "3/8 2kg/包", Unit: "包", Packs: []orders.Pack{pack("箱", "6")}, Price: yuan("24.2")},
			{Code: "TW5008", Name: "番茄沙司", Spec: "3.25kg/罐", Unit: "罐", Packs: []orders.Pack{pack("箱", "6")}, Price: yuan("36.8")},
			{Code: "DR220B", Name: "淡奶油", Spec: "1L/盒", Unit: "盒", Packs: []orders.Pack{pack("箱", "12")}, Price: yuan("38")},
			{Code: "0242236566", Name: "火花塞", Spec: "FR7NPP332", Unit: "支", Packs: []orders.Pack{pack("盒", "4")}, Price: yuan("46.5")},
			{Code: "6PK2135", Name: "多楔带", Spec: "21.36×2135", Unit: "条", Price: yuan("88")},
			{Code: "90915-YZZD4", Name: "机油滤清器", Spec: "M20×1.5", Unit: "只", Packs: []orders.Pack{pack("箱", "50")}, Price: yuan("22.8")},
			{Code: "04465-0K340", Name: "前刹车片", Spec: "HILUX", Unit: "套", Price: yuan("286.5")},
		},
		Customers: []orders.Customer{
			{Code: "K1", Name: "海悦大酒店", Aliases: []string{"海悦"}},
			{Code: "K2", Name: "湘江汽配经营部", Aliases: []string{"湘江汽配"}},
		},
	}
}

// workbook makes an Excel file; edit adds to its sheet 表1, whose cells are given row by row.
func workbook(t testing.TB, rows [][]any, edit func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	require.NoError(t, f.SetSheetName("Sheet1", "表1"))
	fill(t, f, "表1", rows)
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func fill(t testing.TB, f *excelize.File, sheet string, rows [][]any) {
	t.Helper()
	for i, row := range rows {
		require.NoError(t, f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row))
	}
}

// word makes a Word file of paragraphs and, where one holds |, rows of a table.
func word(t *testing.T, lines ...string) []byte {
	t.Helper()
	var body strings.Builder
	inTable := false
	for _, l := range append(lines, "") {
		cells := strings.Split(l, "|")
		if inTable != (len(cells) > 1) {
			body.WriteString(map[bool]string{true: "</w:tbl>", false: "<w:tbl>"}[inTable])
			inTable = !inTable
		}
		if inTable {
			body.WriteString("<w:tr>")
		}
		for _, c := range cells {
			p := "<w:p><w:r><w:t>" + html.EscapeString(c) + "</w:t></w:r></w:p>"
			if inTable {
				p = "<w:tc>" + p + "</w:tc>"
			}
			body.WriteString(p)
		}
		if inTable {
			body.WriteString("</w:tr>")
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("word/document.xml")
	require.NoError(t, err)
	_, err = f.Write([]byte(`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + `</w:body></w:document>`))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func gbk(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GBK.NewEncoder().String(s)
	require.NoError(t, err)
	return []byte(b)
}

// feature: IN-03, IN-25
func TestOfficeFiles(t *testing.T) {
	t.Parallel()
	style := func(f *excelize.File, from, to string, s *excelize.Style) {
		id, err := f.NewStyle(s)
		require.NoError(t, err)
		require.NoError(t, f.SetCellStyle("表1", from, to, id))
	}
	for name, c := range map[string]struct {
		customer string
		file     string
		data     []byte
		orders   []string
		deliver  string
		asks     []string
	}{
		"title, blank rows and columns, head in row 5, totals": {
			"", "a.xlsx", workbook(t, [][]any{
				{nil, "海悦大酒店采购部 — 每周要货单"},
				{},
				{nil, "要求到货：", "2026-03-14"},
				{},
				{nil, "序号", "商品编码", "品名", "规格", "单位", "订购数", "备注"},
				{nil, 1, "SP-10021", "东北珍珠米", "25kg", "袋", 12, ""},
				{nil, 2, "LD0087", "冷冻鸡翅中", "", "箱", 3, "要新日期"},
				{nil, nil, "合计", nil, nil, nil, 15},
			}, nil),
			[]string{"K1: SP-10021 12袋, LD0087 3箱"},
			"2026-03-14", nil,
		},
		"head of two rows": {
			"K2", "a.xlsx", workbook(t, [][]any{
				{"物料编码", "物料名称", "订购", nil, "价格（元）", nil},
				{nil, nil, "数量", "单位", "单价", "金额"},
				{"0242236566", "火花塞", 40, "支", 46.5, 1860},
				{"6PK2135", "多楔带", 6, "条", 88, 528},
			}, func(f *excelize.File) {
				for _, m := range [][2]string{{"A1", "A2"}, {"B1", "B2"}, {"C1", "D1"}, {"E1", "F1"}} {
					require.NoError(t, f.MergeCell("表1", m[0], m[1]))
				}
			}),
			[]string{"K2: 0242236566 40支 @46.5, 6PK2135 6条 @88"},
			"", nil,
		},
		"two tables side by side": {
			"K1", "a.xlsx", workbook(t, [][]any{
				{"品名", "数量", "单位", nil, "品名", "数量", "单位"},
				{"东北珍珠米", 10, "袋", nil, "淡奶油", 2, "箱"},
				{"高筋面粉", 8, "袋", nil, "番茄沙司", 5, "罐"},
				{"冷冻鸡翅中", 20, "包"},
			}, nil),
			[]string{"K1: SP-10021 10袋, SP-10034 8袋, LD0087 20包, DR220B 2箱, TW5008 5罐"},
			"", nil,
		},
		"unit in the head": {
			"K1", "a.xlsx", workbook(t, [][]any{{"名称", "规格", "数量(箱)"}, {"冷冻鸡翅中", "1kg", 4}, {"淡奶油", "1L", 6}}, nil),
			[]string{"K1: LD0087 4箱, DR220B 6箱"},
			"", nil,
		},
		"cases beside pieces": {
			"K1", "a.xlsx", workbook(t, [][]any{{"货号", "品名", "箱数", "每箱", "数量", "单位", "单价", "金额"}, {"LD0087", "冷冻鸡翅中", 4, 10, 40, "包", 31.25, 1250}, {"DR220B", "淡奶油", 2, 12, 24, "盒", 38, 912}}, nil),
			[]string{"K1: LD0087 40包 @31.25, DR220B 24盒 @38"},
			"", nil,
		},
		"cases alone": {
			"K1", "a.xlsx", workbook(t, [][]any{{"货号", "品名", "箱数"}, {"LD0087", "冷冻鸡翅中", 4}, {"DR220B", "淡奶油", 2}}, nil),
			[]string{"K1: LD0087 4箱, DR220B 2箱"},
			"", nil,
		},
		"headings of groups and subtotals": {
			"K1", "a.xlsx", workbook(t, [][]any{
				{"编码", "商品名称", "数量", "单位", "单价", "金额"},
				{"一、粮油类"},
				{"SP-10021", "东北珍珠米", 10, "袋", 136, 1360},
				{"SP-10034", "高筋面粉", 5, "袋", 92, 460},
				{"小计", nil, 15, nil, nil, 1820},
				{nil, "冷冻类"},
				{"LD0190", "速冻薯条", 6, "包", 24.2, 145.2},
				{"小计", nil, 6, nil, nil, 145.2},
				{"总计", nil, 21, nil, nil, 1965.2},
			}, nil),
			[]string{"K1: SP-10021 10袋 @136, SP-10034 5袋 @92, LD0190 6包 @24.2"},
			"", nil,
		},
		"headings of groups in the column of names": {
			"K1", "a.xlsx", workbook(t, [][]any{
				{"序号", "品名", "数量", "单位"}, {"一", "干货类"}, {1, "东北珍珠米", 10, "袋"}, {2, "高筋面粉", 5, "袋"}, {3, "番茄沙司", 5, "罐"}, {4, "淡奶油", 5, "盒"}, {5, "速冻薯条", 6, "包"}, {6, "冷冻鸡翅中", 5, "包"},
			}, nil),
			[]string{"K1: SP-10021 10袋, SP-10034 5袋, TW5008 5罐, DR220B 5盒, LD0190 6包, LD0087 5包"},
			"", nil,
		},
		"one row without its quantity": {
			"K1", "a.xlsx", workbook(t, [][]any{{"品名", "规格", "数量", "单位"}, {"东北珍珠米", "25kg", 10, "袋"}, {"高筋面粉", "25kg", nil, "袋"}}, nil),
			[]string{"K1: SP-10021 10袋, SP-10034 袋"},
			"",
			[]string{"orders[0].lines[1].quantity missing"},
		},
		"subtotals without a total": {
			"K1", "a.xlsx", workbook(t, [][]any{
				{"商品", "数量", "单位"}, {"东北珍珠米", 10, "袋"}, {"高筋面粉", 5, "袋"}, {"小计", 15}, {"速冻薯条", 6, "包"}, {"小计", 6},
			}, nil),
			[]string{"K1: SP-10021 10袋, SP-10034 5袋, LD0190 6包"},
			"", nil,
		},
		"a subtotal that is wrong": {
			"K1", "a.xlsx", workbook(t, [][]any{
				{"商品", "数量", "单位"}, {"东北珍珠米", 10, "袋"}, {"高筋面粉", 5, "袋"}, {"小计", 16}, {"速冻薯条", 6, "包"}, {"小计", 6}, {"合计", 21},
			}, nil),
			[]string{"K1: SP-10021 10袋, SP-10034 5袋, LD0190 6包"},
			"",
			[]string{"orders[0].lines conflict"},
		},
		"hidden row and column, second sheet with more": {
			"K2", "a.xlsx", workbook(t, [][]any{
				{"料号", "名称", "上次数量", "采购数量", "单位"}, {"90915-YZZD4", "机油滤清器", 5, 100, "只"}, {"6PK2135", "多楔带", 1, 9, "条"}, {"04465-0K340", "前刹车片", 2, 4, "套"},
			}, func(f *excelize.File) {
				require.NoError(t, f.SetRowVisible("表1", 3, false))
				require.NoError(t, f.SetColVisible("表1", "C", false))
				_, err := f.NewSheet("补充")
				require.NoError(t, err)
				fill(t, f, "补充", [][]any{{"品名", "数量", "单位"}, {"火花塞", 3, "盒"}})
			}),
			[]string{"K2: 90915-YZZD4 100只, 04465-0K340 4套, 0242236566 3盒"},
			"", nil,
		},
		"formulas without values, dates as numbers": {
			"K1", "a.xlsx", workbook(t, [][]any{{"交货日期", 46096}, {"编号", "品名", "数量", "单价", "金额"}, {"TW5008", "番茄沙司", nil, 36.8, nil}, {"DR220B", "淡奶油", 30, 38, nil}}, func(f *excelize.File) {
				style(f, "B1", "B1", &excelize.Style{NumFmt: 14})
				require.NoError(t, f.SetCellFormula("表1", "C3", "6*3"))
				require.NoError(t, f.SetCellFormula("表1", "E3", "C3*D3"))
				require.NoError(t, f.SetCellFormula("表1", "E4", "C4*D4"))
			}),
			[]string{"K1: TW5008 18罐 @36.8, DR220B 30盒 @38"},
			"2026-03-15", nil,
		},
		"numbers kept as text, thousands, full width": {
			"K2", "a.xlsx", workbook(t, [][]any{{"零件号", "名称", "数量", "单位"}, {"0242236566", "火花塞", "1,200", "支"}, {"90915-YZZD4", "机油滤清器", "３００", "只"}, {"6PK2135", "多楔带", " 25 条", ""}}, nil),
			[]string{"K2: 0242236566 1200支, 90915-YZZD4 300只, 6PK2135 25条"},
			"", nil,
		},
		"codes that lost their leading zero": {
			"K2", "a.xlsx", workbook(t, [][]any{{"零件号", "名称", "数量"}, {242236566, "火花塞", 8}, {"6PK2135", "多楔带", 2}}, nil),
			[]string{"K2: 0242236566 8支, 6PK2135 2条"},
			"", nil,
		},
		"merged names over rows of sizes": {
			"K1", "a.xlsx", workbook(t, [][]any{{"类别", "品名", "数量", "单位", "送货日"}, {"冷冻", "冷冻鸡翅中", 3, "箱", "3月20日"}, {nil, "速冻薯条", 2, "箱", "3月20日"}, {"常温", "番茄沙司", 12, "罐", "3月20日"}}, func(f *excelize.File) {
				require.NoError(t, f.MergeCell("表1", "A2", "A3"))
			}),
			[]string{"K1: LD0087 3箱, LD0190 2箱, TW5008 12罐"},
			"2026-03-20", nil,
		},
		"key and value of the head in columns of their own": {
			"", "a.xlsx", workbook(t, [][]any{
				{"客户名称", nil, "湘江汽配经营部", nil, "制单日期", "2026/3/11"},
				{"联系人", nil, "马建军", nil, "到货日期", "2026/3/18"},
				{"行号", "物料号", "品名", "需求数量", "单位", "说明"},
				{10, "04465-0K340", "前刹车片", 2, "套", nil},
				{20, "6PK2135", "多楔带", 10, "条", "原厂"},
			}, nil),
			[]string{"K2: 04465-0K340 2套, 6PK2135 10条"},
			"2026-03-18", nil,
		},
		"an order list with goods that nobody knows": {
			"K2", "a.xlsx", workbook(t, [][]any{{"名称", "型号", "数量", "单位"}, {"涡轮增压器", "GT2256", 1, "台"}, {"多楔带", "21.36×2135", 4, "条"}}, nil),
			[]string{"K2: 1台, 6PK2135 4条"},
			"",
			[]string{"orders[0].lines[0].product unknown"},
		},
		"amount that disagrees": {
			"K1", "a.xlsx", workbook(t, [][]any{{"品名", "数量", "单位", "单价", "金额"}, {"番茄沙司", 10, "罐", 36.8, 386}, {"淡奶油", 5, "盒", 38, 190}}, nil),
			[]string{"K1: TW5008 10罐 @36.8, DR220B 5盒 @38"},
			"",
			[]string{"orders[0].lines[0].price conflict"},
		},
		"csv, semicolons, GBK": {
			"K1", "a.csv", gbk(t, "品名;规格;数量;单位\r\n东北珍珠米;25kg;10;袋\r\n淡奶油;1L;2;箱\r\n"),
			[]string{"K1: SP-10021 10袋, DR220B 2箱"},
			"", nil,
		},
		"csv, tabs, byte order mark": {
			"K2", "a.txt", []byte("\ufeff料号\t品名\t数量\n90915-YZZD4\t机油滤清器\t2箱\n0242236566\t火花塞\t16\n"),
			[]string{"K2: 90915-YZZD4 2箱, 0242236566 16支"},
			"", nil,
		},
		"csv, quoted cells with commas and line breaks": {
			"K1", "a.csv", []byte("商品编码,商品名称,数量,单位,备注\n\"TW5008\",\"番茄沙司, 大罐\",\"1,000\",罐,\"外箱完好\n分两托\"\n"),
			[]string{"K1: TW5008 1000罐"},
			"", nil,
		},
		"word: letter with a table": {
			"", "a.docx", word(t, "湘江汽配经营部订货函", "请于2026年3月16日前送到。", "序号|名称|规格|数量", "1|机油滤清器|M20×1.5|2箱", "2|火花塞|FR7NPP332|24支", "顺祝商祺"),
			[]string{"K2: 90915-YZZD4 2箱, 0242236566 24支"},
			"2026-03-16", nil,
		},
		"word: words alone": {
			"", "a.docx", word(t, "海悦大酒店", "明细如下：", "东北珍珠米 20袋", "淡奶油 3箱", "3月14日前送到"),
			[]string{"K1: SP-10021 20袋, DR220B 3箱"},
			"2026-03-14", nil,
		},
		"quantity that is no number": {
			"K1", "a.xlsx", workbook(t, [][]any{{"品名", "数量", "单位"}, {"番茄沙司", "若干", "罐"}, {"淡奶油", 5, "盒"}}, nil),
			[]string{"K1: TW5008 罐, DR220B 5盒"},
			"",
			[]string{"orders[0].lines[0].quantity ambiguous"},
		},
		"english heads": {
			"K2", "a.xlsx", workbook(t, [][]any{{"Line", "Part No.", "Description", "Qty", "UOM", "Unit Price", "Total"}, {1, "90915-YZZD4", "机油滤清器 Oil filter", 50, "只", 22.8, 1140}}, nil),
			[]string{"K2: 90915-YZZD4 50只 @22.8"},
			"", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := document.Open(t.Context(), c.file, c.data, nil)
			require.NoError(t, err)
			role := intake.RoleCustomer
			if c.customer == "" {
				role = intake.RoleSales
			}
			res, _ := intake.NewLexicon(shopMaster()).Read(intake.Message{ID: "m", Time: formTime, Role: role, Customer: c.customer, Doc: doc}, nil)
			require.Equal(t, c.orders, brief(res.Orders))
			require.Equal(t, c.asks, fields(res.Asks))
			require.Equal(t, c.deliver, res.Orders[0].DeliverBy)
		})
	}
}
