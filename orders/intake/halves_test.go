package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Goods that go to two places by halves are two orders whose quantities add up.
func TestGoodsGoToTwoPlacesByHalves(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋6件，一半送苏州一半送南京":                 "F8 3件=36 苏州 | F8 3件=36 南京 ask orders[0].address orders[1].address",
		"白醋6件、豆油20升10桶，一半送苏州，一半送南京市中山路2号": "F8 3件=36, F2 5桶=5 苏州 | F8 3件=36, F2 5桶=5 南京市中山路2号 ask orders[0].address",
		"白醋5件，一半发城西店，另一半发城东店":             "F8 2.5件=30 城西店 | F8 2.5件=30 城东店",
		"豆油20升5桶，一半送苏州吴中路1号一半送南京中山路2号":    "F2 3桶=3 苏州吴中路1号 | F2 2桶=2 南京中山路2号 ask orders[0].lines[0].quantity orders[1].lines[0].quantity",
		"白醋6件，一半发顺丰一半发德邦":                 "",
		"白醋6件，一半送周五一半送周六":                 "",
	} {
		res := said(t, x, text)
		if want == "" {
			for _, d := range res.Orders {
				require.Empty(t, d.Address, text)
			}
			continue
		}
		got := strings.Split(lines(res), " | ")
		for i := range got {
			got[i] += " " + res.Orders[i].Address
		}
		all := strings.Join(got, " | ")
		if len(res.Asks) > 0 {
			all += " ask"
			for _, a := range res.Asks {
				all += " " + a.Field
			}
		}
		require.Equal(t, want, all, text)
	}
}
