package intake_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// mergedBelow makes cells of a row one with those above them.
func mergedBelow(p page.Page, row int, cols ...int) page.Page {
	rows := p.Tables[0].Rows
	for _, c := range cols {
		rows[row][c] = page.Cell{Text: rows[row-1][c].Text, Score: 1, Merged: true}
	}
	return p
}

// feature: IN-25
func TestPricesForAnotherUnit(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("行项|品名|规格|数量|单位|净价|计价单位|净值", "10|丁腈手套|M|2|箱|25.00|1 盒|500.00", "20|医用棉签|10cm|40|包|200.00|100 包|80.00"))
	require.Equal(t, []string{"C1: A01 2箱 @250, A03 40包 @2"}, brief(res.Orders))
	require.Empty(t, res.Asks)
	alone := readForm("C1", sheet("品名|规格|数量|计价单位", "丁腈手套|M|2|箱"))
	require.Equal(t, []string{"C1: A01 2箱"}, brief(alone.Orders), "the only column of units")
	require.Empty(t, alone.Asks)
}

func TestRowsThatGoOnBelow(t *testing.T) {
	t.Parallel()
	p := sheet("行项|品名|数量|单位|交货日期", "10|丁腈手套 M|3|盒|", "||||2026.03.20", "20||5|包|2026.03.27", "|医用棉签 10cm|||")
	mergedBelow(p, 2, 0, 1, 2, 3)
	mergedBelow(p, 4, 0, 2, 3, 4)
	res := readForm("C1", p)
	require.Equal(t, []string{"C1: A01 3盒", "C1: A03 5包"}, brief(res.Orders))
	require.Equal(t, []string{"2026-03-20", "2026-03-27"}, []string{res.Orders[0].DeliverBy, res.Orders[1].DeliverBy})
	require.Empty(t, res.Asks)
	shared := sheet("行项|品名|规格|数量|单位", "10|丁腈手套|M|3|盒", "11|医用棉签|10cm||")
	mergedBelow(shared, 2, 3, 4)
	require.NotEmpty(t, readForm("C1", shared).Asks, "two kinds of goods share a quantity")
}

func TestKeysGluedToAnAddress(t *testing.T) {
	t.Parallel()
	p := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	p.Lines = []page.Line{textAt("凭证号：4500012345", 40, 10), textAt("送货至：青州市工业园二路8号备件库凭证日期：2026.3.11 付款条件：月结60天", 40, 40)}
	d := readForm("C1", p).Orders[0]
	require.Equal(t, []string{"4500012345", "青州市工业园二路8号备件库", "月结"}, []string{d.PO, d.Address, d.Payment})
}

func TestASheetOfWhatCameBefore(t *testing.T) {
	t.Parallel()
	now := sheet("青禾医院采购计划|^|^|^", "计划编号：QH-3|^|到货日期|2026-03-18", "品名|规格|单位|本次采购|备注", "丁腈手套|M|盒|3|", "医用棉签|10cm|包||本月不采")
	for i, r := range now.Tables[0].Rows[:2] {
		now.Tables[0].Rows[i] = append(r, page.Cell{})
	}
	before := sheet("品名|规格|单位|到货数量|到货日期", "丁腈手套|M|盒|9|2026-02-12")
	now.Name, before.Name = "3月", "2月"
	res := readForm("C1", now, before)
	require.Equal(t, []string{"C1: A01 3盒"}, brief(res.Orders))
	require.Equal(t, "2026-03-18", res.Orders[0].DeliverBy)
	require.Empty(t, res.Asks)
	late := readForm("C1", sheet("品名|规格|单位|数量|到货日期", "丁腈手套|M|盒|9|2026-02-12"))
	require.Equal(t, []string{"orders[0].deliver_by conflict"}, fields(late.Asks), "the only sheet")
}

func TestSumsInWords(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|数量|单位|单价|金额", "丁腈手套|M|30|盒|25.00|750.00", "碘伏消毒液|500ml|10|瓶|9.00|90.00"}
	for total, asks := range map[string][]string{
		"合计：￥840.00 大写：捌佰肆拾元整": nil,
		"合计：￥480.00 大写：肆佰捌拾元整": {"orders[0].lines conflict"},
		"合计：￥480.00 大写：捌佰肆拾元整": nil, // one of them was misread
		"共2种，合计40件":            nil,
		"合计税额：￥96.00":          nil,
		"合同总价 840 元（含税）":       nil,
		"合同总价 8400 元（含税）":      {"orders[0].lines conflict"},
		"预付30%定金合计￥252.00":     nil,
	} {
		res := readForm("C1", sheet(append(rows[:3:3], total+"|^|^|^|^|^")...))
		require.Equal(t, []string{"C1: A01 30盒 @25, A04 10瓶 @9"}, brief(res.Orders), total)
		require.Equal(t, asks, fields(res.Asks), total)
		below := sheet(rows...)
		below.Lines = []page.Line{textAt(total, 40, 400)}
		require.Equal(t, asks, fields(readForm("C1", below).Asks), "below the table: "+total)
	}
	two := sheet("品名|规格|数量|单位|单价", "丁腈手套|M|30|盒|25", "小计：￥750.00|^|^|^|^", "碘伏消毒液|500ml|10|瓶|9", "小计：￥90.00|^|^|^|^")
	require.Empty(t, readForm("C1", two).Asks, "sums of parts")
}

func TestSumsThatCountCancelledRows(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("品名|规格|数量|单位|单价|金额|备注", "丁腈手套|M|30|盒|25|750|", "碘伏消毒液|500ml|10|瓶|9|90|取消，换供应商", "合计||40|||840|"))
	require.Equal(t, []string{"C1: A01 30盒 @25"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}

func TestFormsThatSayWhatABlankMeans(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|单位|订货数", "丁腈手套|M|盒|3", "丁腈手套|L|盒|", "医用棉签|10cm|包|20", "碘伏消毒液|500ml|瓶|"}
	p := sheet(rows...)
	require.Equal(t, []string{"orders[0].lines[1].quantity missing", "orders[0].lines[3].quantity missing"}, fields(picture("C1", p).Asks))
	for _, words := range []string{"（请在“订货数”栏填写数量，不订的空着）", "不需要的请留空", "空白表示不要"} {
		p.Lines = []page.Line{textAt(words, 40, 10), textAt("送货日期：3 月 1 8 日", 400, 10)}
		res := picture("C1", p)
		require.Equal(t, []string{"C1: A01 3盒, A03 20包"}, brief(res.Orders), words)
		require.Empty(t, res.Asks, words)
	}
	p.Lines = []page.Line{textAt("到货日期：1 2 月 18 日", 400, 10), textAt("不订的空着", 40, 10)}
	require.Equal(t, "2026-12-18", picture("C1", p).Orders[0].DeliverBy)
}

func TestRowsThatSayWhen(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒", "|||", "3月19日前送到就行|||"))
	require.Equal(t, []string{"C1: A01 3盒"}, brief(res.Orders))
	require.Equal(t, "2026-03-19", res.Orders[0].DeliverBy)
	require.Empty(t, res.Asks)
}

func TestShopsOnAnotherSheet(t *testing.T) {
	t.Parallel()
	goods := sheet("料号|名称|规格|单位|各店数量|^|合计", "|||||北门店|南门店|", "QH-0007|棉签|10cm|包|20|30|50", "|丁腈手套|M|盒|0|4|4")
	goods.Tables[0].Rows[1] = goods.Tables[0].Rows[1][1:]
	mergedBelow(goods, 1, 0, 1, 2, 3, 6)
	goods.Tables[0].Rows[1][4].Text, goods.Tables[0].Rows[1][5].Text = "北门店", "南门店"
	where := sheet("门店|收货地址|收货人|电话", "北门店|青州市北门路1号|韦店长|13800007021", "南门店|青州市南门路2号|阮店长|13800007022")
	for name, goods := range map[string]page.Page{"two rows of heads": goods, "one": sheet("名称|规格|单位|北门店|南门店|合计", "医用棉签|10cm|包|20|30|50", "丁腈手套|M|盒||4|4")} {
		res := readForm("C1", goods, where)
		require.Equal(t, []string{"C1: A03 20包", "C1: A03 30包, A01 4盒"}, brief(res.Orders), name)
		for i, want := range [][]string{{"青州市北门路1号", "韦店长", "13800007021"}, {"青州市南门路2号", "阮店长", "13800007022"}} {
			d := res.Orders[i]
			require.Equal(t, want, []string{d.Address, d.Contact, d.Phone}, name)
		}
		require.Empty(t, res.Asks, name)
	}
	long := readForm("C1", sheet("门店|名称|规格|单位|数量", "北门店|医用棉签|10cm|包|20", "南门店|丁腈手套|M|盒|4"), where)
	require.Equal(t, []string{"C1: A03 20包", "C1: A01 4盒"}, brief(long.Orders))
	require.Equal(t, "青州市南门路2号", long.Orders[1].Address)
}

func TestSizesInAnotherScale(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("料号|名称|规格|单位|数量", "QH-0007|医用棉签|100mm|包|20", "FG-8129D|不锈钢球阀|500ml|只|3"))
	require.Equal(t, []string{"C1: A03 20包, A04 3瓶"}, brief(res.Orders))
	require.Equal(t, []string{"orders[0].lines[1].product conflict"}, fields(res.Asks), "another measure")
}

// lettered is a catalogue of goods that are called by letters.
func lettered() *orders.Master {
	m := formMaster()
	for _, p := range [][4]string{
		{"K1", "EVA板", "黑色 1m×2m 10mm", "张"},
		{"K2", "EVA板", "黑色 1.5m×2m 10mm", "张"},
		{"K3", "EVA板", "白色 1m×2m 10mm", "张"},
		{"K4", "POE膜", "透明 0.5mm", "卷"},
		{"V1", "测温探头", "红 R", "支"},
		{"V2", "测温探头", "绿 G", "支"},
		{"V3", "测温探头", "蓝 B", "支"},
	} {
		m.Products = append(m.Products, orders.Product{Code: orders.ProductCode(p[0]), Name: p[1], Spec: p[2], Unit: p[3], Packs: []orders.Pack{{Unit: "包", Size: decimal.NewFromInt(10)}}})
	}
	return m
}

func readLettered(kind string, p page.Page) intake.Result {
	res, _ := intake.NewLexicon(lettered()).Read(intake.Message{Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Doc: &page.Document{Kind: kind, Pages: []page.Page{p}}}, nil)
	return res
}

func TestGoodsCalledByLetters(t *testing.T) {
	t.Parallel()
	res := readLettered(page.KindText, sheet("品名|规格|数量|单位", "EVA板 黑|1.5×2m|4|张", "EVA板 白|1×2m|2|包", "EVA板|1×2m|2|张"))
	require.Equal(t, []string{"C1: K2 4张, K3 2包, 2张"}, brief(res.Orders))
	require.Len(t, res.Asks, 1, "black or white")
	gap := readLettered(page.KindOCR, sheet("品名|规格|数量|单位", "P OE膜|透明|4|卷"))
	require.Equal(t, []string{"C1: K4 4卷"}, brief(gap.Orders))
	require.Empty(t, gap.Asks)
	packs := readLettered(page.KindText, sheet("品名|规格|数量", "POE膜（包）|10卷/包|3"))
	require.Equal(t, []string{"C1: K4 3包"}, brief(packs.Orders))
	require.Empty(t, packs.Asks)
}

// What stands beside a name without any Chinese may be its code or its size.
func TestTwoColumnsOfNames(t *testing.T) {
	t.Parallel()
	res := readForm("C1", sheet("物料|名称|数量|单位", "QH-9001|丁腈手套 M|3|盒", "QH-9002|碘伏消毒液|2|瓶"))
	require.Equal(t, []string{"C1: A01 3盒, A04 2瓶"}, brief(res.Orders))
	sizes := readLettered(page.KindText, sheet("名称|品名型号|数量|单位", "EVA板 黑|1.5×2m|4|张", "EVA板 黑|1×2m|3|张"))
	require.Equal(t, []string{"C1: K2 4张, K1 3张"}, brief(sizes.Orders))
}

func TestKindsInARow(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(lettered())
	read := func(text string) []string {
		res, _ := x.Read(intake.Message{Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: text}, nil)
		return brief(res.Orders)
	}
	require.Equal(t, []string{"C1: V1 2支, V2 2支, V3 2支"}, read("测温探头RGB各2支"))
	require.Equal(t, []string{"C1: A01 5盒, A02 5盒"}, read("丁腈手套ML各5盒"))
}

func TestNumbersThatBearTheirDay(t *testing.T) {
	t.Parallel()
	p := sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒")
	for number, po := range map[string]string{"表号：QH-0309": "QH-0309", "表单编号：XQ2603101": "XQ2603101", "表号：QH-0914": ""} {
		p.Lines = []page.Line{textAt(number, 40, 10)}
		res := readForm("C1", p)
		require.Equal(t, po, res.Orders[0].PO, number)
		require.Equal(t, po == "", len(res.Asks) == 1, number)
	}
}

func TestListsOfPrices(t *testing.T) {
	t.Parallel()
	list := sheet("2026年春季价目表（3月16日起执行）|^|^|^", "类别|品名|规格|批发价", "手套|丁腈手套|M|25", "耗材|医用棉签|10cm|2")
	res := readForm("C1", list)
	require.Equal(t, intake.IntentOther, res.Intent)
	require.Empty(t, res.Orders)
	asked := readForm("C1", sheet("品名|规格|批发价|要几个", "丁腈手套|M|25|3", "医用棉签|10cm|2|"))
	require.NotEqual(t, intake.IntentOther, asked.Intent, "a column that may count")
}

func TestFiguresAtTheRight(t *testing.T) {
	t.Parallel()
	at := func(text string, right, y float64) page.Line {
		w := 7 * float64(len([]rune(text)))
		return page.Line{Text: text, Score: 1, Box: [4]page.Point{{X: right - w, Y: y}, {X: right, Y: y}, {X: right, Y: y + 9}, {X: right - w, Y: y + 9}}}
	}
	p := page.Page{Width: 595}
	for i, row := range []string{"丁腈手套 M|盒|40|25.00", "医用棉签 10cm|包|4|2.00", "碘伏消毒液 500ml|瓶|10|9.00", "丁腈手套 L|盒|20|25.00"} {
		y := 210 + 24*float64(i)
		c := strings.Split(row, "|")
		p.Lines = append(p.Lines, at(c[0], 60+7*float64(len([]rune(c[0]))), y), at(c[1], 366, y), at(c[2], 433, y), at(c[3], 482, y))
	}
	p.Lines = append(p.Lines, at("品名", 80, 186), at("单位", 375, 186), at("数量", 417, 186), at("单价", 459, 186))
	res := readForm("C1", p)
	require.Equal(t, []string{"C1: A01 40盒 @25, A03 4包 @2, A04 10瓶 @9, A02 20盒 @25"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}

func TestNamesOverTheirSizes(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 1300, Lines: []page.Line{textAt("物料", 60, 100), textAt("名称/规格", 240, 100), textAt("采购数量", 460, 100), textAt("采购单价", 900, 100)}}
	for i, row := range []string{"QH-1|丁腈手套|M 100只|3盒|25.00", "QH-2|碘伏消毒液|500ml|12瓶|9.00", "QH-0007|医用棉签|10cm|20包|2.00"} {
		y := 180 + 80*float64(i)
		c := strings.Split(row, "|")
		p.Lines = append(p.Lines, textAt(c[1], 240, y-16), textAt(c[0], 60, y), textAt(c[3], 460, y), textAt(c[4], 900, y), textAt(c[2], 240, y+16))
	}
	res := picture("C1", p)
	require.Equal(t, []string{"C1: A01 3盒 @25, A04 12瓶 @9, A03 20包 @2"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}

func TestPhotographedNotesAreNoChats(t *testing.T) {
	t.Parallel()
	note := page.Page{Width: 1400, Height: 1100}
	for i, text := range []string{"青禾要的：", "丁腈手套M 5盒，医用棉签10cm 20包", "碘伏 3瓶", "丁腈手套L 2盒", "明天上午自己来拿"} {
		l := textAt(text, 240, 180+100*float64(i))
		l.Back = []int{0xf0ead8, 0xe8e0c8, 0xd0c8b0, 0xb8b098, 0xc8c0a8}[i]
		note.Lines = append(note.Lines, l)
	}
	note.Lines[1].Box[1].X, note.Lines[1].Box[2].X = 1090, 1090
	res, _ := intake.NewLexicon(formMaster()).Read(intake.Message{Time: formTime, Role: intake.RoleSales, Doc: &page.Document{Kind: page.KindOCR, Pages: []page.Page{note}}}, nil)
	require.Equal(t, []string{"C1: A01 5盒, A03 20包, A04 3瓶, A02 2盒"}, brief(res.Orders))
	require.Empty(t, res.Asks)
}

func TestNumberedLinesOfALetter(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 595}
	for i, text := range []string{"我院定于三月二十九日举办义诊，现订购物资如下，请贵司按时送达为盼：", "一、丁腈手套（M）贰拾盒；", "二、碘伏消毒液叁拾陆瓶。"} {
		l := textAt(text, 80, 100+25*float64(i))
		l.Box[1].X = 80 + 13*float64(len([]rune(text)))
		p.Lines = append(p.Lines, l)
	}
	res := readForm("C1", p)
	require.Equal(t, []string{"C1: A01 20盒, A04 36瓶"}, brief(res.Orders))
}
