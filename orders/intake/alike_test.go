package intake_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// crowded is the shop among goods and customers that are called much the same, as in a large catalogue.
func crowded(t *testing.T) *intake.Lexicon {
	t.Helper()
	m := shopData(t)
	m.Products = append(m.Products,
		orders.Product{Code: "G1", Name: "苏盐球阀", Spec: "黄铜 DN25", Unit: "只", Aliases: []string{"球阀DN25"}},
		orders.Product{Code: "G2", Name: "黄铜球阀", Spec: "DN25 丝口", Unit: "只", Aliases: []string{"铜球阀DN25"}},
		orders.Product{Code: "G3", Name: "苏盐PVC球阀", Spec: "DN25", Unit: "只", Aliases: []string{"球阀DN25"}},
		orders.Product{Code: "G4", Name: "铸铁球阀", Spec: "DN25 法兰", Unit: "只"},
		orders.Product{Code: "B1", Name: "弹力绷带", Spec: "8cm×4m", Unit: "卷", Aliases: []string{"绷带8cm"}},
		orders.Product{Code: "B2", Name: "弹力绷带", Spec: "10cm×4m", Unit: "卷", Aliases: []string{"绷带10cm"}},
		orders.Product{Code: "B3", Name: "敷料绷带", Spec: "8×10cm", Unit: "卷", Aliases: []string{"敷料绷带", "绷带敷料"}},
		orders.Product{Code: "S1", Name: "擦机布", Spec: "7.5×7.5cm", Unit: "包"},
		orders.Product{Code: "S2", Name: "擦机布", Spec: "10×10cm", Unit: "包"},
		orders.Product{Code: "S3", Name: "擦机布", Spec: "7.5×10cm 加厚", Unit: "包"},
		orders.Product{Code: "H1", Name: "电焊条", Spec: "3.2mm", Unit: "包", Packs: []orders.Pack{{Unit: "公斤", Size: decimal.New(2, -1)}}},
		orders.Product{Code: "H2", Name: "碳钢焊条", Spec: "3.2mm", Unit: "包", Packs: []orders.Pack{{Unit: "公斤", Size: decimal.New(2, -1)}}},
		orders.Product{Code: "H3", Name: "电焊条", Spec: "J422 3.2mm", Unit: "包", Packs: []orders.Pack{{Unit: "公斤", Size: decimal.New(2, -1)}}},
		orders.Product{Code: "R1", Name: "糯米", Spec: "10公斤", Unit: "袋"},
		orders.Product{Code: "P1", Name: "墙贴", Spec: "10×10cm", Unit: "片", Aliases: []string{"大墙贴"}},
		orders.Product{Code: "P2", Name: "墙贴", Spec: "6×300cm", Unit: "片"},
		orders.Product{Code: "W1", Name: "尼龙包装绳", Spec: "8mm×5m", Unit: "卷"},
		orders.Product{Code: "W2", Name: "麻质包装绳", Spec: "12mm×5m", Unit: "卷", Aliases: []string{"包装绳"}},
		orders.Product{Code: "W3", Name: "棉质包装绳", Spec: "8mm×5m", Unit: "卷"},
	)
	m.Customers = append(m.Customers, orders.Customer{Code: "D5", Name: "临江顺丰文具店", Aliases: []string{"顺丰", "顺丰文具"}})
	return intake.NewLexicon(m)
}

func TestGoodsThatAreCalledMuchTheSame(t *testing.T) {
	t.Parallel()
	x := crowded(t)
	for text, want := range map[string]struct{ lines, asks string }{
		"绷带8cm 2卷，10cm 2卷":       {"B1 2卷=2, B2 2卷=2", ""},
		"擦机布7.5的、10的各10包":        {" 10包=,  10包=", "orders[0].lines[0].product ambiguous, orders[0].lines[1].product ambiguous"},
		"白醋3件，电焊条3.2的10公斤":       {"F8 3件=36,  10公斤=", "orders[0].lines[1].product ambiguous"},
		"白醋3件 80一件，土豆2袋 大墙贴 300": {"F8 3件=36@80, F6 2袋=50, P1 300片=300", ""},
		"包装绳5卷8毫米的":              {" 5卷=", "orders[0].lines[0].product ambiguous"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			require.Equal(t, want.lines, lines(res))
			require.Equal(t, want.asks, asks(res))
		})
	}
}

func TestAnAnswerNarrowsTheChoiceAmongAllThatFits(t *testing.T) {
	t.Parallel()
	x := crowded(t)
	first := talk(t, x, intake.RoleCustomer, "球阀DN25 20只")
	require.Equal(t, []string{"G1", "G3"}, first.Asks[0].Options, "those that bear the name")
	res := talk(t, x, intake.RoleCustomer, "球阀DN25 20只", "铜的")
	require.Equal(t, intake.IntentChange, res.Intent)
	require.Equal(t, "orders[0].lines[0].product ambiguous", asks(res))
	require.Equal(t, []string{"G1", "G2"}, res.Asks[0].Options, "those of copper, one of which was not offered")
	require.Equal(t, "G2 20只=20", lines(talk(t, x, intake.RoleCustomer, "球阀DN25 20只", "铜的", "丝口的")))
	require.Equal(t, "G3 20只=20", lines(talk(t, x, intake.RoleCustomer, "球阀DN25 20只", "PVC的")))
}

func TestACarriersWordIsTheCarrier(t *testing.T) {
	t.Parallel()
	x := crowded(t)
	for text, want := range map[string][2]string{
		"望江楼 白醋3件，顺丰":   {"D1", "SF"},
		"白醋3件 顺丰":       {"", "SF"},
		"顺丰发 望江楼 白醋3件":  {"D1", "SF"},
		"顺丰：白醋3件":       {"D5", ""},
		"顺丰文具 白醋3件，走中通": {"D5", "ZTO"},
		"临江顺丰文具店 白醋3件":  {"D5", ""},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := forwarded(t, x, text)
			require.Equal(t, want, [2]string{res.Orders[0].Customer, res.Orders[0].Carrier})
		})
	}
}
