package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// The same order with other signs: spaces where scripts meet, English words for units, no punctuation.
func TestSaidOtherwise(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋 3 件， A4 纸 2 箱":                "F8 3件=36, O1 2箱=16",
		"白醋 3 件 62 块一件， 鸡蛋 2 板 12 块 5 一板": "F8 3件=36@62, F7 2板=2@12.5",
		"复印纸 A4 70g 2 万包":                 "O1 20000包=20000",
		"白醋 10 瓶 8 块 A4 纸 2 箱":            "F8 10瓶=10@8, O1 2箱=16",
		"白醋3ctn A4纸2cartons":              "F8 3件=36, O1 2箱=16",
		"白醋3件 62块1件":                      "F8 3件=36@62",
		"白醋 *3 A4 纸 *2":                   "F8 3瓶=3, O1 2包=2",
		"八十克A4两箱":                         "O2 2箱=10",
		"A4纸2cartons，豆油5升3ctn":            "O1 2箱=16, F1 3箱=12",
		"纸杯1000pcs":                       "O5 1000只=20",
		"大米10公斤20bags":                    "F3 20袋=20",
		"黑水笔2 boxes":                      "O3 2盒=24",
		"前刹车片2sets":                       "V2 2套=2",
		"黑线402 2dozen":                    "T5 2打=20",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			require.Equal(t, want, lines(res), asks(res))
			require.Empty(t, res.Asks)
		})
	}
	require.Equal(t, intake.IntentInquiry, said(t, x, "白醋有什麼規格").Intent)
	require.Empty(t, said(t, x, "八点八级的螺栓没有就算了，白醋3件").Orders[0].DeliverBy)
	require.Equal(t, "2026-03-28", said(t, x, "白醋 3 件， 3 月 28 号前送到滨江路 8 号").Orders[0].DeliverBy)
}

// What people write in one breath: no comma anywhere.
func TestWithoutPunctuation(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋3件A4纸2箱大米10公斤5袋":   "F8 3件=36, O1 2箱=16, F3 5袋=5",
		"扫帚3把白醋3件":            " 3把=, F8 3件=36",
		"白醋10件哦不15件A4纸2箱":     "F8 15件=180, O1 2箱=16",
		"后厨部白醋3件秋姐A4纸2箱":      "F8 3件=36, O1 2箱=16",
		"白醋3件分两批1件这周五到2件下周五到": "F8 1件=12 | F8 2件=24",
		"白醋4件A4纸2箱白醋单价65":     "F8 4件=48@65, O1 2箱=16",
		"土豆20公斤鸡胸10公斤":        "F6 20公斤=20, F5 10公斤=10",
		"白醋3件京东A4纸2箱":         "F8 3件=36, O1 2箱=16",
		"1白醋3件\n2鸡蛋2板":        "F8 3件=36, F7 2板=2",
		"有白醋吗有的话来3件":          "F8 3件=36",
		"白醋3件下周五送到A4纸2箱":      "F8 3件=36, O1 2箱=16",
		"来3件白醋2箱A4纸":          "F8 3件=36, O1 2箱=16",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			require.Equal(t, want, lines(res), asks(res))
		})
	}
	address := said(t, x, "白醋3件送到滨江路8号别送门口").Orders[0]
	require.Equal(t, "滨江路8号", address.Address)
	require.Equal(t, "YTO", said(t, x, "白醋3件圆通滨江路8号陶经理收").Orders[0].Carrier)
	require.Equal(t, "SF", said(t, x, "白醋3件EMS别用走顺丰").Orders[0].Carrier)
	contact := said(t, x, "白醋3件码头二号门卓班长签收").Orders[0]
	require.Equal(t, "码头二号门", contact.Address)
	require.Equal(t, "卓班长", contact.Contact)
}

// Sizes that differ only in what a pack holds, in figures and in Chinese numerals.
func TestWhatAPackHoldsInNumerals(t *testing.T) {
	t.Parallel()
	x := intake.NewLexicon(&orders.Master{
		Products: []orders.Product{
			{Code: "A", Name: "鱼油软胶囊", Spec: "100粒/瓶", Unit: "瓶"},
			{Code: "B", Name: "鱼油软胶囊", Spec: "200粒/瓶", Unit: "瓶"},
			{Code: "C", Name: "冲剂", Spec: "10袋/盒", Unit: "盒"},
			{Code: "D", Name: "冲剂", Spec: "15袋/盒", Unit: "盒"},
		},
		Customers: []orders.Customer{{Code: "D1", Name: "望江楼"}},
	})
	for text, want := range map[string]string{
		"鱼油200粒的10瓶":       "B 10瓶=10",
		"鱼油二百粒的十瓶":         "B 10瓶=10",
		"鱼油软胶囊一百粒的十瓶":      "A 10瓶=10",
		"冲剂十五袋的二十盒":        "D 20盒=20",
		"冲剂10袋的三盒":         "C 3盒=3",
		"冲剂十袋的3盒，鱼油二百粒的两瓶": "C 3盒=3, B 2瓶=2",
	} {
		res := said(t, x, text)
		require.Equal(t, want, lines(res), text)
		require.Empty(t, res.Asks, text)
	}
}
