package intake_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// A table that was pasted into a chat is read by its columns, and every field quotes the message, not a file.
func TestPastedTables(t *testing.T) {
	t.Parallel()
	m, err := intake.LoadMaster(filepath.Join(corpus, "medical"))
	require.NoError(t, err)
	x := intake.NewLexicon(m)
	for name, text := range map[string]string{
		"tabs":     "澜州一院\n品名\t规格\t单位\t计划数\t本次采购\n医用外科口罩\t耳挂\t箱\t30\t20\n一次性丁腈手套\tM码\t箱\t0\t0\n一次性丁腈手套\tL码\t箱\t8\t5\n3月20日前送到，联系人：何文静 13800001001",
		"bars":     "澜州一院\n序号|产品编码|品名|数量|单位\n1|P003|医用外科口罩|20|箱\n2||一次性丁腈手套L码|5|箱\n3月20日前送到，联系人：何文静 13800001001",
		"markdown": "澜州一院\n| 品名 | 数量 | 单位 |\n| --- | ---: | --- |\n| 医用外科口罩 耳挂 | 20 | 箱 |\n| 一次性丁腈手套 L码 | 5 | 箱 |\n3月20日前送到，联系人：何文静 13800001001",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg := intake.Message{ID: "1", Time: time.Date(2026, 3, 11, 10, 24, 0, 0, time.FixedZone("", 8*60*60)), Role: intake.RoleSales, Text: text}
			res, _ := x.Read(msg, nil)
			require.Equal(t, intake.IntentOrder, res.Intent)
			require.Len(t, res.Orders, 1)
			o := res.Orders[0]
			require.Equal(t, "C001", o.Customer)
			require.Equal(t, "2026-03-20", o.DeliverBy)
			require.Equal(t, "何文静", o.Contact)
			require.Len(t, o.Lines, 2)
			require.Equal(t, intake.Line{Product: "P003", Quantity: "20", Unit: "箱", BaseQuantity: "800"}, o.Lines[0])
			require.Equal(t, "5", o.Lines[1].Quantity)
			explained, ok := res.Explain.([]intake.Explanation)
			require.True(t, ok)
			quoted := map[string]string{}
			for _, e := range explained {
				if e.Source != nil {
					require.Empty(t, e.Source.File)
					quoted[e.Field] = string([]rune(text)[e.Source.From:e.Source.To])
				}
			}
			require.Equal(t, "20", quoted["orders[0].lines[0].quantity"])
			require.Equal(t, "5", quoted["orders[0].lines[1].quantity"])
			require.Contains(t, quoted["orders[0].phone"], "13800001001")
		})
	}
	res, _ := x.Read(intake.Message{ID: "1", Time: time.Now(), Role: intake.RoleSales, Text: "今天|天气|不错\n明天|也|好"}, nil)
	require.NotEqual(t, intake.IntentOrder, res.Intent, "no table of goods")
}
