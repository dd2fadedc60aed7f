package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
)

func TestWhoOrders(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"望江楼要白醋3件":                         "D1",
		"望江楼大酒店：白醋3件":                      "D1",
		"给瑞丰服装厂发黑线402 2箱":                  "D4",
		"老灶南城 白醋3件":                        "D3",
		"白醋3件，老灶的，送解放路12号":                 "D2",
		"老灶要白醋3件，收货蓝店长13800009003":         "D3",
		"陶经理刚来电话，白醋3件":                     "D1",
		"陶经理 3/11 9:02\n白醋3件":              "D1",
		"石头 3/11 9:02\n白醋3件\n———\n这个是望江楼的": "D1",
		"【聊天记录】\n陶经理：在吗\n小王：在的\n陶经理：白醋3件":  "D1",
		"望江樓要白醋3件":                         "D1",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := forwarded(t, x, text)
			require.Len(t, res.Orders, 1)
			require.Equal(t, want, res.Orders[0].Customer, asks(res))
			require.Empty(t, res.Asks)
		})
	}
	res := forwarded(t, x, "老灶要白醋3件")
	require.Equal(t, "orders[0].customer ambiguous", asks(res))
	require.ElementsMatch(t, []string{"D2", "D3"}, res.Asks[0].Options)
	res = forwarded(t, x, "白醋3件，明天要")
	require.Equal(t, "orders[0].customer missing", asks(res))
}

func TestWhereItGoes(t *testing.T) {
	t.Parallel()
	x := shop(t)
	type place struct{ address, contact, phone string }
	for text, want := range map[string]place{
		"白醋3件，送到滨江路8号后厨收货口，陶经理收，13800009001":       {"滨江路8号后厨收货口", "陶经理", "13800009001"},
		"白醋3件 地址：临江市书院路20号2栋301 关老师 138-0000-9004": {"临江市书院路20号2栋301", "关老师", "13800009004"},
		"白醋3件，和平路33号 小彭13900002027":                {"和平路33号", "小彭", "13900002027"},
		"白醋3件，联系人：何文静 +86 139 0000 2027":           {"", "何文静", "13900002027"},
		"白醋3件，送西郊水厂（王班长13800005510）":               {"西郊水厂", "王班长", "13800005510"},
		"白醋3件，开发区二路9号收货处 柏采购":                      {"开发区二路9号收货处", "柏采购", ""},
		"白醋3件，鹏哥自己来提":                              {"", "鹏哥", ""},
		"白醋3件，码头二号门，卓班长签收":                         {"码头二号门", "卓班长", ""},
		"白醋3件，送货前打电话13800009031":                   {"", "", "13800009031"},
		"白醋3件，送老地方":                                {"", "", ""},
		"白醋3件，送到工地":                                {"", "", ""},
		"白醋3件，一起送三号楼负一层，别送门口":                      {"三号楼负一层", "", ""},
		"白醋3件，东大门口交货":                              {"东大门口", "", ""},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			require.Len(t, res.Orders, 1)
			o := res.Orders[0]
			require.Equal(t, want, place{o.Address, o.Contact, o.Phone})
			require.Equal(t, "F8 3件=36", lines(res))
		})
	}
}

func TestCarrierPaymentAndNumbers(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for words, want := range map[string]intake.Draft{
		"顺丰":               {Carrier: "SF"},
		"走京东快递":            {Carrier: "JD"},
		"邮政发":              {Carrier: "EMS"},
		"中通":               {Carrier: "ZTO"},
		"圆通，月结":            {Carrier: "YTO", Payment: "月结"},
		"申通快递":             {Carrier: "STO"},
		"韵达":               {Carrier: "YUNDA"},
		"德邦到付":             {Carrier: "DEPPON"},
		"自提":               {Carrier: "SELF"},
		"我们自己来拿":           {Carrier: "SELF"},
		"EMS别用，走顺丰":        {Carrier: "SF"},
		"不要发申通":            {},
		"货到付款":             {Payment: "货到付款"},
		"款到发货":             {Payment: "预付"},
		"预付30%":            {Payment: "预付"},
		"付现":               {Payment: "现结"},
		"采购单号 CG-2603-118": {PO: "CG-2603-118"},
		"PO:HR0323":        {PO: "HR0323"},
		"采购单PO260318-05":   {PO: "PO260318-05"},
		"合同号ＨＴ－２０２６－０１": {PO: "HT-2026-01"},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, "白醋3件，"+words)
			require.Len(t, res.Orders, 1)
			o := res.Orders[0]
			require.Equal(t, want, intake.Draft{Carrier: o.Carrier, Payment: o.Payment, PO: o.PO})
			require.Equal(t, "F8 3件=36", lines(res))
		})
	}
}

func TestSeveralOrdersInOneMessage(t *testing.T) {
	t.Parallel()
	x := shop(t)
	res := forwarded(t, x, "帮下两家：\n1、望江楼 白醋3件 鸡蛋2箱\n2、老灶南城 土豆5袋\n都明天送")
	require.Equal(t, "F8 3件=36, F7 2箱=24 | F6 5袋=125", lines(res))
	require.Equal(t, "D1", res.Orders[0].Customer)
	require.Equal(t, "D3", res.Orders[1].Customer)
	require.Equal(t, "2026-03-12", res.Orders[0].DeliverBy)
	require.Equal(t, "2026-03-12", res.Orders[1].DeliverBy)

	res = said(t, x, "白醋10件，分两批，6件周五到，4件下周五到")
	require.Equal(t, "F8 6件=72 | F8 4件=48", lines(res))
	require.Equal(t, "2026-03-13", res.Orders[0].DeliverBy)
	require.Equal(t, "2026-03-20", res.Orders[1].DeliverBy)

	res = said(t, x, "白醋10件，其中6件送滨江路8号，4件送解放路12号冯店长")
	require.Equal(t, "F8 6件=72 | F8 4件=48", lines(res))
	require.Equal(t, "解放路12号", res.Orders[1].Address)
	require.Equal(t, "冯店长", res.Orders[1].Contact)

	res = forwarded(t, x, "陶经理 3/11 9:01\n白醋3件\n秋姐 3/11 9:12\n黑线402 2箱")
	require.Equal(t, "F8 3件=36 | T5 2箱=240", lines(res))
	require.Equal(t, "D4", res.Orders[1].Customer)
}

func TestPhonesAreReadAsDialled(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for said1, want := range map[string]string{
		"+86 189-1111-1111": "18911111111", "0086-020-82803159": "02082803159", "(0351)89082910": "035189082910", "+86 20 61302222-8866": "02061302222-8866",
		"0351-8908291转801": "03518908291-801", "400-820-8820": "4008208820", "6228-8559": "62288559", "+852 9123 4567": "+85291234567", "幺八九一一一一一一一一": "18911111111",
	} {
		res := said(t, x, "白醋3件，电话"+said1)
		require.Equal(t, want, res.Orders[0].Phone, said1)
		require.Empty(t, asks(res), said1)
	}
	for _, bad := range []string{"1891111111", "189111111111", "12911111111"} {
		res := said(t, x, "白醋3件，电话"+bad)
		require.Equal(t, "orders[0].phone unknown", asks(res), bad)
	}
}

// A customer whose name is a number is none within the name of goods.
func TestACustomerWithinAName(t *testing.T) {
	t.Parallel()
	m := shopData(t)
	m.Customers = append(m.Customers, orders.Customer{Code: "D9", Name: "临江急救中心", Aliases: []string{"120"}})
	m.Products = append(m.Products, orders.Product{Code: "K1", Name: "体温枪120型", Unit: "把"}, orders.Product{Code: "K2", Name: "体温枪110型", Unit: "把"})
	x := intake.NewLexicon(m)
	res := forwarded(t, x, "望江楼 体温枪120型2把")
	require.Equal(t, "D1", res.Orders[0].Customer)
	require.Equal(t, "K1 2把=2", lines(res))
	require.Empty(t, res.Asks)
	res = forwarded(t, x, "120 体温枪110型2把")
	require.Equal(t, "D9", res.Orders[0].Customer)
	require.Equal(t, "K2 2把=2", lines(res))
}
