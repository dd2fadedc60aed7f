package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// Goods that are named once are shared out as the message says: over days, places, kinds.
func TestGoodsAreSharedOut(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"豆油20升一共40桶，20桶周五送，20桶下周一送":                   "F2 20桶=20 2026-03-13 | F2 20桶=20 2026-03-16",
		"豆油20升10桶分两批：周五先来4桶，剩下的下周三送":                  "F2 4桶=4 2026-03-13 | F2 6桶=6 2026-03-18",
		"豆油20升一共10桶，15号先来4，余下的下周三送":                   "F2 4桶=4 2026-03-15 | F2 6桶=6 2026-03-18",
		"白醋6件分三批，这周五、下周三、下周五各2件":                      "F8 2件=24 2026-03-13 | F8 2件=24 2026-03-18 | F8 2件=24 2026-03-20",
		"黑水笔、红水笔各20盒：一半18号到，剩下一半25号到":                 "O3 10盒=120, O4 10盒=120 2026-03-18 | O3 10盒=120, O4 10盒=120 2026-03-25",
		"中性笔10盒，一半黑一半红":                               "O3 5盒=60, O4 5盒=60 ",
		"中性笔10盒，黑的红的各一半":                              "O3 5盒=60, O4 5盒=60 ",
		"中性笔黑红两色各5盒":                                  "O3 5盒=60, O4 5盒=60 ",
		"白醋一共6件分三车，3月22、25、28号各2件":                    "F8 2件=24 2026-03-22 | F8 2件=24 2026-03-25 | F8 2件=24 2026-03-28",
		"白醋3件 土豆2袋\n白醋明天就要，土豆不急，下周一再送":                "F8 3件=36 2026-03-12 | F6 2袋=50 2026-03-16",
		"24寸、18寸雨刮各一盒":                                "V4 1盒=10, V5 1盒=10 ",
		"T恤白色S M L一样20件":                              "T1 20件=20, T2 20件=20, T3 20件=20 ",
		"白醋6件：4件送城东路8号，小蓝13800009011收；剩下的送城西路3号。20号前": "F8 4件=48 2026-03-20 | F8 2件=24 2026-03-20",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			got := strings.Split(lines(res), " | ")
			for i := range got {
				got[i] += " " + res.Orders[i].DeliverBy
			}
			require.Equal(t, want, strings.Join(got, " | "), asks(res))
			require.Empty(t, res.Asks)
		})
	}
}

// A head office is known by that word beside its branches, and is billed for them where the message says so.
func TestHeadOfficeAndBranches(t *testing.T) {
	t.Parallel()
	m := shopData(t)
	m.Customers = append(m.Customers, orders.Customer{Code: "D5", Name: "老灶餐饮管理有限公司", Aliases: []string{"老灶总部"}})
	x := intake.NewLexicon(m)
	for text, want := range map[string]string{
		"老灶南城：白醋3件，总部：土豆2袋，各结各的":             "D3 F8 3件=36 | D5 F6 2袋=50",
		"老灶南城要白醋3件；总店要土豆2袋":                  "D3 F8 3件=36 | D5 F6 2袋=50",
		"老灶南城：白醋3件；老灶临江：土豆2袋。都记总部账上":         "D5 F8 3件=36 | D5 F6 2袋=50",
		"老灶南城：白醋3件；老灶临江：土豆2袋。总部那边统一结":        "D5 F8 3件=36 | D5 F6 2袋=50",
		"老灶南城：白醋3件；老灶临江：土豆2袋":                "D3 F8 3件=36 | D2 F6 2袋=50",
		"白醋一共5件：老灶南城3件；老灶临江2件":               "D3 F8 3件=36 | D2 F8 2件=24",
		"老灶南城 白醋3件；老灶临江 土豆2袋。前面那家自己来拉":       "D3 F8 3件=36 SELF | D2 F6 2袋=50",
		"老灶两家店补货\n南城：白醋3件\n临江：土豆2袋\n南城周五送就行": "D3 F8 3件=36 | D2 F6 2袋=50",
		"报两家：\n①望江楼 白醋20 土豆5\n②老灶南城 鸡胸2件":    "D1 F8 20瓶=20, F6 5公斤=5 | D3 F5 2件=20",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := forwarded(t, x, text)
			got := strings.Split(lines(res), " | ")
			for i, o := range res.Orders {
				got[i] = strings.TrimSpace(o.Customer + " " + got[i] + " " + o.Carrier)
			}
			require.Equal(t, want, strings.Join(got, " | "), asks(res))
			require.Empty(t, res.Asks)
		})
	}
}

// Prices are known by how people speak of them, and stay no goods of their own.
func TestPricesAsAgreed(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋3件，按说好的60一件":         "F8 3件=36@60",
		"白醋3件，60一件":             "F8 3件=36@60",
		"白醋3件 一件60 合计180":       "F8 3件=36@60",
		"大米10公斤1袋，88":           "F3 1袋=1@88",
		"白醋3件，鸡胸2件，都是180一件":     "F8 3件=36@180, F5 2件=20@180",
		"白醋3件，送一次性纸杯50只":        "F8 3件=36, +O5 50只=1",
		"白醋3件（白醋60一件）":          "F8 3件=36@60",
		"白醋3件，谈到60一件，搭两个纸杯":     "F8 3件=36@60, +O5 2只=0.04",
		"0805 10K两盘，0603 10K一盘": "E1 2盘=10000, E2 1盘=5000",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, lines(said(t, x, text)))
		})
	}
}

// An amount that became part of no line is asked about, not dropped.
func TestAmountsAreNotDropped(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"机油5桶，也就是两箱":          "orders[0].lines[0].quantity conflict",
		"白醋3件，另外还要7托":         "orders[0].lines unknown",
		"WJ-005 五常大米10公斤 5袋":  "orders[0].lines[0].product conflict",
		"鸡胸60件，等下我数数，6件吧":     "",
		"白醋3件，哎3件估计不够，5件吧":    "",
		"白醋3件，上次摔坏两瓶":         "",
		"两台车等着用，机油5桶":         "",
		"白醋来3件，别拿成土豆2袋那种":     "",
		"白醋20件，按你们十送一的活动走":    "",
		"24寸雨刮5支，没有大米10公斤的再说": "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			require.Equal(t, want, asks(res), lines(res))
		})
	}
}

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
