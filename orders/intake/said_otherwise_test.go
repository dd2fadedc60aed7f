package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"
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
	require.Equal(t, "2026-03-28", said(t, x, "白醋 3 件， 3 月 28 号前送到滨江路 8 号").Orders[0].DeliverBy)
}
