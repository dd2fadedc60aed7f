package intake_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

func TestEveryFieldQuotesTheMessage(t *testing.T) {
	t.Parallel()
	text := "望江樓：白醋３件，６塊一瓶，明天下午要，走顺丰，加急"
	res := forwarded(t, shop(t), text)
	got := map[string]string{}
	list, ok := res.Explain.([]intake.Explanation)
	require.True(t, ok)
	for _, e := range list {
		require.NotEmpty(t, e.Rule, e.Field)
		if e.Source != nil {
			require.Equal(t, "m", e.Source.Message)
			got[e.Field] = string([]rune(text)[e.Source.From:e.Source.To])
		}
	}
	require.Equal(t, map[string]string{
		"orders[0].customer": "望江樓", "orders[0].lines[0].product": "白醋", "orders[0].lines[0].quantity": "３件", "orders[0].lines[0].unit": "３件",
		"orders[0].lines[0].base_quantity": "３件",
		"orders[0].lines[0].price":         "６塊", "orders[0].deliver_by": "明天下午", "orders[0].carrier": "顺丰", "orders[0].urgent": "加急",
	}, got)
}

// feature: IN-28
func TestBothScriptsGiveEqualDrafts(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for simple, traditional := range map[string]string{
		"复印纸A4 80g两箱，黑水笔五盒，下周三前送到": "複印紙A4 80g兩箱，黑水筆五盒，下週三前送到",
		"订单：白醋数量3件，鸡蛋2箱":           "訂單：白醋數量3件，雞蛋2箱",
	} {
		a, b := said(t, x, simple), said(t, x, traditional)
		require.Equal(t, a.Orders, b.Orders)
		require.Empty(t, a.Asks)
		require.Empty(t, b.Asks)
	}
}

// feature: IN-27
func TestAsLastTimeIsTheCustomersOwnLastOrder(t *testing.T) {
	t.Parallel()
	x := shop(t)
	require.Equal(t, "F2 10桶=10, F5 5件=50", lines(said(t, x, "跟上次一样")))
	res := forwarded(t, x, "瑞丰制衣老样子来一份")
	require.Equal(t, "", lines(res))
	require.Equal(t, "orders[0].lines missing", asks(res))
}

// Every field of a file quotes its page and cell or box.
//
// feature: IN-02
func TestEveryFieldOfAFileQuotesItsPlace(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(formMaster())
	where := func(doc *page.Document) map[string]string {
		res, _ := x.Read(intake.Message{ID: "m", File: "in/a.pdf", Time: formTime, Role: intake.RoleSales, Text: "加急", Doc: doc}, nil)
		list, ok := res.Explain.([]intake.Explanation)
		require.True(t, ok)
		got := map[string]string{}
		for _, e := range list {
			require.NotEmpty(t, e.Rule, e.Field)
			if e.Source == nil {
				continue
			}
			raw, err := json.Marshal(e.Source)
			require.NoError(t, err)
			var place struct {
				File, Cell, Text string
				Page             int
				Box              [][2]float64
			}
			require.NoError(t, json.Unmarshal(raw, &place))
			if place.Page == 0 {
				require.Contains(t, string(raw), `{"message":"m","from":`)
				continue
			}
			require.Equal(t, "in/a.pdf", place.File)
			if place.Cell == "" {
				require.Len(t, place.Box, 4, e.Field)
				require.Less(t, place.Box[0][0], place.Box[2][0])
			}
			got[strings.TrimPrefix(e.Field, "orders[0].")] = strconv.Itoa(place.Page) + " " + place.Cell + " " + place.Text
		}
		return got
	}
	drawn := page.Page{Width: 900, Height: 600, Lines: []page.Line{
		textAt("青禾医院采购单", 300, 20), textAt("请3月20日前送到", 60, 60), textAt("单号：QH-7", 500, 60), textAt("品名", 60, 100), textAt("规格", 300, 100), textAt("数量", 520, 100), textAt("单位", 700, 100),
		textAt("丁腈手套", 40, 150), textAt("M", 310, 150), textAt("30", 530, 152), textAt("盒", 710, 150),
	}}
	blank := page.Page{Width: 900, Height: 600, Lines: []page.Line{textAt("说明", 10, 10)}}
	require.Equal(t, map[string]string{
		"customer": "2  青禾医院采购单", "po": "2  单号：QH-7", "deliver_by": "2  请3月20日前送到", "lines[0].product": "2  丁腈手套", "lines[0].quantity": "2  30", "lines[0].unit": "2  盒",
	}, where(&page.Document{Kind: page.KindOCR, Name: "a.pdf", Pages: []page.Page{blank, drawn}}))

	p := sheet("青禾医院|||", "品名|规格|数量|单价", "丁腈手套|M|3盒|25")
	for i, row := range p.Tables[0].Rows {
		for k := range row {
			row[k].Ref = string(rune('A'+k)) + strconv.Itoa(i+1)
		}
	}
	require.Equal(t, map[string]string{
		"customer": "1 A1 青禾医院", "lines[0].product": "1 A3 丁腈手套", "lines[0].quantity": "1 C3 3盒", "lines[0].unit": "1 C3 3盒", "lines[0].price": "1 D3 25",
	}, where(&page.Document{Kind: page.KindText, Pages: []page.Page{p}}))

	note := page.Page{Width: 900, Height: 600, Lines: []page.Line{textAt("青禾医院", 40, 20), textAt("丁腈手套M码 3盒", 40, 60), textAt("后天送到", 40, 100)}}
	require.Equal(t, map[string]string{
		"customer": "1  青禾医院", "lines[0].product": "1  丁腈手套M码 3盒", "lines[0].quantity": "1  丁腈手套M码 3盒", "lines[0].unit": "1  丁腈手套M码 3盒", "lines[0].base_quantity": "1  丁腈手套M码 3盒", "deliver_by": "1  后天送到",
	}, where(&page.Document{Kind: page.KindOCR, Pages: []page.Page{note}}))
}
