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

// kindsMaster is a catalogue of goods that come in kinds.
func kindsMaster() *orders.Master {
	m := &orders.Master{Customers: formMaster().Customers}
	for _, p := range [][3]string{
		{"X30Z", "毛绒熊", "30cm 棕色"},
		{"X30B", "毛绒熊", "30cm 白色"},
		{"X50Z", "毛绒熊", "50cm 棕色"},
		{"G200", "树脂镜片", "绿膜 近视200度 -2.00"},
		{"G300", "树脂镜片", "绿膜 近视300度 -3.00"},
		{"G350", "树脂镜片", "绿膜 近视300度散光50 -3.00/-0.50"},
		{"B300", "树脂镜片", "蓝膜 近视300度 -3.00"},
		{"L100", "老花镜", "+1.00 100度"},
		{"L150", "老花镜", "+1.50 150度"},
	} {
		m.Products = append(m.Products, orders.Product{Code: orders.ProductCode(p[0]), Name: p[1], Spec: p[2], Unit: "片", Packs: []orders.Pack{{Unit: "副", Size: decimal.NewFromInt(2)}, {Unit: "打", Size: decimal.NewFromInt(12)}}})
	}
	return m
}

func TestTablesOfKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages []page.Page
		lines string
		asks  []string
	}{
		"colours below sizes": {
			[]page.Page{sheet("品名|尺寸|颜色|^|合计", "^|^|棕色|白色|^", "毛绒熊|30cm|12|6|18", "|50cm|4|/|4", "总计||16|6|22")},
			"X30Z 12片, X30B 6片, X50Z 4片",
			nil,
		},
		"strengths, a caption and a unit above": {
			[]page.Page{sheet("一、树脂镜片 绿膜（单位：副）|^|^|^", "球镜/柱镜|0.00|-0.50|小计", "-2.00|20||20", "-3.00|30|10|40", "合计|50|10|60")},
			"G200 20副, G300 30副, G350 10副",
			nil,
		},
		"lying": {
			[]page.Page{sheet("老花镜|100度|150度", "打|3|2")},
			"L100 3打, L150 2打",
			nil,
		},
		"sums that do not come out": {
			[]page.Page{sheet("品名|棕色|白色|合计", "毛绒熊30cm|12|6|19", "毛绒熊50cm|4||4")},
			"X30Z 12片, X30B 6片, X50Z 4片",
			[]string{"orders[0].lines conflict"},
		},
		"a kind that there is not": {
			[]page.Page{sheet("品名|棕色|白色", "毛绒熊30cm|12|6", "毛绒熊50cm|4|5")},
			"X30Z 12片, X30B 6片, X50Z 4片, 5",
			[]string{"orders[0].lines[3].product unknown"},
		},
		"figures that are no kinds": {
			[]page.Page{sheet("护理|48|24", "清洁|12|6")},
			"",
			[]string{"orders[0].lines missing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, _ := intake.NewLexicon(kindsMaster()).Read(intake.Message{ID: "m", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Doc: &page.Document{Kind: page.KindText, Pages: c.pages}}, nil)
			if c.lines != "" {
				require.Equal(t, []string{"C1: " + c.lines}, brief(res.Orders))
				require.Equal(t, c.asks, fields(res.Asks))
			}
			for _, d := range res.Orders {
				require.False(t, c.lines == "" && len(d.Lines) > 0, "nothing may be ordered by it")
			}
		})
	}
}

func TestSectionsOfAFile(t *testing.T) {
	t.Parallel()
	rows := []string{"门店补货汇总|^|^|^", "一、东街店|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|3|盒", "小计||3|", "二、西湖店|^|^|^", "品名|规格|数量|单位", "丁腈手套|L|4|盒", "小计||4|"}
	require.Equal(t, []string{"C3: A01 3盒", "C4: A02 4盒"}, brief(readForm("C2", sheet(rows...)).Orders), "shops have their own orders")
	require.Equal(t, []string{"C2: A01 3盒", "C2: A02 4盒"}, brief(readForm("C2", sheet(append(rows, "发票开总部|^|^|^")...)).Orders), "unless the head office pays")
	table := func(y float64, size, n string) page.Table {
		var out page.Table
		for k, row := range [][]string{{"品名", "规格", "数量", "单位"}, {"丁腈手套", size, n, "盒"}} {
			var cells []page.Cell
			for x, text := range row {
				l := textAt(text, float64(60+150*x), y+50*float64(k))
				cells = append(cells, page.Cell{Text: text, Score: 1, Box: l.Box})
			}
			out.Rows = append(out.Rows, cells)
		}
		return out
	}
	p := page.Page{Width: 900, Height: 900, Lines: []page.Line{textAt("单号：PO-5", 60, 20), textAt("送货地址：人民路18号 收货：何店长", 60, 70), textAt("送货地址：西湖路6号 收货：莫店长", 60, 270), textAt("结算：月结", 60, 500)}, Tables: []page.Table{table(320, "L", "4"), table(120, "M", "3")}}
	res := picture("C2", p)
	require.Equal(t, []string{"C2: A01 3盒", "C2: A02 4盒"}, brief(res.Orders))
	for i, place := range []string{"人民路18号", "西湖路6号"} {
		require.Equal(t, []string{place, "PO-5", "月结"}, []string{res.Orders[i].Address, res.Orders[i].PO, res.Orders[i].Payment})
	}
}

func TestHeadAboveTheRules(t *testing.T) {
	t.Parallel()
	p := page.Page{Width: 900, Height: 600, Tables: []page.Table{{}}}
	for y, row := range [][]string{{"品名", "规格", "", "", "单位"}, {"", "", "东街店", "西湖店", ""}, {"丁腈手套", "M", "3", "1", "盒"}, {"丁腈手套", "L", "4", "2", "盒"}, {"碘伏消毒液", "500ml", "5", "3", "瓶"}, {"医用棉签", "10cm", "6", "4", "包"}} {
		var cells []page.Cell
		down := float64(100 + 50*y)
		if y < 2 {
			down = float64(120 + 25*y)
		}
		for x, text := range row {
			if text == "" {
				continue
			}
			l := textAt(text, float64(60+150*x), down)
			if y < 3 {
				p.Lines = append(p.Lines, l)
				continue
			}
			cells = append(cells, page.Cell{Text: l.Text, Score: 1, Box: l.Box})
		}
		if y >= 3 {
			p.Tables[0].Rows = append(p.Tables[0].Rows, cells)
		}
	}
	require.Equal(t, []string{"C3: A01 3盒, A02 4盒, A04 5瓶, A03 6包", "C4: A01 1盒, A02 2盒, A04 3瓶, A03 4包"}, brief(picture("C2", p).Orders))
}

func TestWordsOfForms(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|数量|单位|单价", "丁腈手套|M|3|盒|25", "医用棉签|10cm|2|包|赠送"}
	gift := readForm("C1", sheet(rows...))
	require.Equal(t, []bool{false, true}, []bool{gift.Orders[0].Lines[0].Gift, gift.Orders[0].Lines[1].Gift})
	more := readForm("C1", sheet(append(rows, "另：碘伏消毒液 2箱|^|^|^|^")...))
	require.Equal(t, []string{"C1: A01 3盒 @25, A03 2包, A04 2箱"}, brief(more.Orders))
	letter := sheet(rows...)
	letter.Width, letter.Lines = 900, []page.Line{textAt("澄光公司：我院需订购下列物品，请于3月20日前送到西湖路6号。", 40, 40)}
	d := readForm("C1", letter).Orders[0]
	require.Equal(t, []string{"2026-03-20", "西湖路6号"}, []string{d.DeliverBy, d.Address})
	fieldsOf := sheet(rows...)
	fieldsOf.Width, fieldsOf.Lines = 900, []page.Line{textAt("单据编号", 40, 40), textAt("CG-2606", 160, 40), textAt("业务类型", 400, 40), textAt("普通采购", 520, 40)}
	d = readForm("C1", fieldsOf).Orders[0]
	require.Equal(t, []string{"CG-2606", ""}, []string{d.PO, d.Contact})
	changed := readForm("C1", sheet(append([]string{"采购订单变更通知单|^|^|^|^", "原订单号（贵司）：XD2606-01|^|^|^|^"}, rows...)...))
	require.Equal(t, []string{string(intake.IntentChange), "XD2606-01"}, []string{string(changed.Intent), changed.Ref})
	require.Empty(t, changed.Orders)
	wide := picture("C1", sheet("品名|^|规格|数量|单位", "|丁腈手套|M|3|盒", "碘伏消毒液||500ml|2|瓶"))
	require.Equal(t, []string{"C1: A01 3盒, A04 2瓶"}, brief(wide.Orders), "words below a wide head")
	require.False(t, strings.Contains(strings.Join(fields(wide.Asks), " "), "product"))
}
