package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// Tables that say more than goods and counts: what they say is read, or asked about.
func TestTablesThatSayMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows   []string
		orders []string
		asks   []string
	}{
		"gifts in a column": {
			[]string{"品名|规格|数量|赠送数量|单位", "丁腈手套|M|10|1|盒", "医用棉签|10cm|20||包"},
			[]string{"C1: A01 10盒, A01 1盒, A03 20包"},
			nil,
		},
		"a column for each unit": {
			[]string{"品名|规格|箱|盒", "丁腈手套|M|3|2", "丁腈手套|L|1|"},
			[]string{"C1: A01 32盒, A02 1箱"},
			nil,
		},
		"the same in two units": {
			[]string{"品名|规格|箱数|盒数", "丁腈手套|M|3|30", "丁腈手套|L||5"},
			[]string{"C1: A01 3箱, A02 5盒"},
			nil,
		},
		"two units that contradict each other": {
			[]string{"品名|规格|箱数|盒数", "丁腈手套|M|3|24"},
			[]string{"C1: A01 54盒"},
			[]string{"orders[0].lines[0].quantity conflict"},
		},
		"changed": {
			[]string{"品名|规格|原数量|变更后数量|单位", "丁腈手套|M|10|6|盒"},
			[]string{"C1: A01 6盒"},
			nil,
		},
		"what was ordered before": {
			[]string{"品名|规格|上月订购数量|数量|单位", "丁腈手套|M|10|6|盒"},
			[]string{"C1: A01 6盒"},
			nil,
		},
		"more of it": {
			[]string{"品名|规格|数量|追加|单位", "丁腈手套|M|10|6|盒", "医用棉签|10cm|20||包"},
			[]string{"C1: A01 10盒, A03 20包"},
			[]string{"orders[0].lines[0].quantity conflict"},
		},
		"two counts": {
			[]string{"品名|规格|第一次数量|第二次数量|单位", "丁腈手套|M|10|6|盒", "医用棉签|10cm|20|20|包"},
			[]string{"C1: A01 10盒, A03 20包"},
			[]string{"orders[0].lines[0].quantity conflict"},
		},
		"units in brackets, with what they hold": {
			[]string{"品名|规格|数量|单位", "丁腈手套|M|3（箱）|", "丁腈手套|L|3|箱(10盒)"},
			[]string{"C1: A01 3箱, A02 3箱"},
			nil,
		},
		"prices for a unit": {
			[]string{"品名|规格|数量|单位|单价", "丁腈手套|M|3|箱|25元/盒", "丁腈手套|L|3|盒|250元/箱"},
			[]string{"C1: A01 3箱 @250, A02 3盒 @25"},
			nil,
		},
		"two prices": {
			[]string{"品名|规格|数量|单位|含税单价|不含税单价|建议零售单价", "丁腈手套|M|3|盒|25|22.12|39"},
			[]string{"C1: A01 3盒 @25"},
			nil,
		},
		"the price that the amounts come of": {
			[]string{"品名|规格|数量|单位|单价|优惠单价|金额", "丁腈手套|M|3|盒|30|25|75"},
			[]string{"C1: A01 3盒 @25"},
			nil,
		},
		"how it is filled in": {
			[]string{"序号|品名|规格|数量|单位", "例|丁腈手套|M|10|盒", "1|丁腈手套|L|3|盒"},
			[]string{"C1: A02 3盒"},
			nil,
		},
		"remarks that change the row": {
			[]string{"品名|规格|数量|单位|备注", "丁腈手套|M|3|盒|改为5盒", "医用棉签|10cm|5|包|换成20cm的", "碘伏消毒液|500ml|2|瓶|无货可换成250ml"},
			[]string{"C1: A01 3盒, A03 5包, A04 2瓶"},
			[]string{"orders[0].lines[0].quantity conflict", "orders[0].lines[1].product conflict"},
		},
		"remarks with a word of cancelling": {
			[]string{"品名|规格|数量|单位|备注", "丁腈手套|M|3|盒|上次取消的这次补上", "丁腈手套|L|4|盒|先不要开票", "医用棉签|10cm|2|包|科室已取消"},
			[]string{"C1: A01 3盒, A02 4盒"},
			nil,
		},
		"a make called Total": {
			[]string{"货号|品名|规格|数量|单位", "A01|Total牌丁腈手套|M|3|盒", "A03|医用棉签|10cm|5|包"},
			[]string{"C1: A01 3盒, A03 5包"},
			nil,
		},
		"goods without a count below a subtotal": {
			[]string{"品名|规格|数量|单位", "医用棉签|10cm|3|包", "小计||3|", "丁腈手套|L||盒"},
			[]string{"C1: A03 3包, A02 盒"},
			[]string{"orders[0].lines[1].quantity missing"},
		},
		"words across all columns": {
			[]string{"品名|规格|数量|单位", "丁腈手套|M|3|盒", "请按时送到|^|^|^", "共1个品种|^|^|^"},
			[]string{"C1: A01 3盒"},
			nil,
		},
		"a shop that is not known": {
			[]string{"品名|规格|单位|东街店|城南店", "丁腈手套|M|盒|10|5"},
			[]string{"C3: A01 10盒"},
			[]string{"orders[0].lines missing"},
		},
		"a sum across that is wrong": {
			[]string{"品名|规格|单位|3月26日|4月2日|合计", "丁腈手套|M|盒|10|5|16"},
			[]string{"C1: A01 10盒", "C1: A01 5盒"},
			[]string{"orders[0].lines conflict"},
		},
		"a sum across beside a price": {
			[]string{"品名|规格|单位|单价|3月26日|4月2日|合计", "丁腈手套|M|盒|25|10|5|15"},
			[]string{"C1: A01 10盒 @25", "C1: A01 5盒 @25"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := readForm("C1", sheet(c.rows...))
			require.Equal(t, c.orders, brief(res.Orders))
			require.Equal(t, c.asks, fields(res.Asks))
		})
	}
	shared := sheet("品名|规格|单位|数量", "丁腈手套|M|盒|20", "丁腈手套|L|盒|20")
	shared.Tables[0].Rows[2][3].Merged = true
	require.Equal(t, []string{"orders[0].lines[0].quantity ambiguous", "orders[0].lines[1].quantity ambiguous"}, fields(readForm("C1", shared).Asks), "one count for two rows")
}

func TestFactsByRow(t *testing.T) {
	t.Parallel()
	places := readForm("C1", sheet("订单号|品名|规格|数量|单位|收货地址|联系人|电话", "PO-1|丁腈手套|M|10|盒|人民路18号|何静|13800007001", "PO-2|丁腈手套|L|5|盒|西湖路6号|莫荣|139-0000-1111"))
	require.Equal(t, []string{"C1: A01 10盒", "C1: A02 5盒"}, brief(places.Orders))
	second := places.Orders[1]
	require.Equal(t, []string{"PO-2", "西湖路6号", "莫荣", "13900001111"}, []string{second.PO, second.Address, second.Contact, second.Phone})
	dates := readForm("C1", sheet("品名|规格|数量|单位|交期", "丁腈手套|M|3|盒|46101", "丁腈手套|L|3|盒|2026-03-20"))
	require.Equal(t, []string{"C1: A01 3盒, A02 3盒"}, brief(dates.Orders))
	require.Equal(t, "2026-03-20", dates.Orders[0].DeliverBy)
	words := readForm("C1", sheet("品名|规格|数量|单位|交期", "丁腈手套|M|3|盒|尽快"))
	require.True(t, words.Orders[0].Urgent)
	vague := readForm("C1", sheet("品名|规格|数量|单位|交期", "丁腈手套|M|3|盒|下周"))
	require.Equal(t, []string{"orders[0].deliver_by ambiguous"}, fields(vague.Asks))
}

func TestWordsBesideAForm(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		intent intake.Intent
		lines  []string
		asks   []string
	}{
		"另外再加2箱碘伏":   {intake.IntentOrder, []string{"C1: A01 3盒, A02 4盒, A04 2箱"}, nil},
		"第二行不要了":     {intake.IntentOrder, []string{"C1: A01 3盒"}, nil},
		"丁腈手套M改成5盒":  {intake.IntentOrder, []string{"C1: A01 5盒, A02 4盒"}, nil},
		"只要第一项":      {intake.IntentOrder, []string{"C1: A01 3盒, A02 4盒"}, []string{"orders[0].lines conflict"}},
		"数量都改成5":     {intake.IntentOrder, []string{"C1: A01 3盒, A02 4盒"}, []string{"orders[0].lines conflict"}},
		"照这个发，走顺丰":   {intake.IntentOrder, []string{"C1: A01 3盒, A02 4盒"}, nil},
		"这个单子帮忙报个价":  {intake.IntentInquiry, nil, nil},
		"单子上的货都要退货":  {intake.IntentReturn, nil, nil},
		"这是上次的单子，取消": {intake.IntentCancel, nil, nil},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res, _ := intake.NewLexicon(formMaster()).Read(intake.Message{
				ID: "m", Time: formTime, Role: intake.RoleCustomer, Customer: "C1", Text: text,
				Doc: &page.Document{Kind: page.KindText, Pages: []page.Page{sheet("品名|规格|数量|单位", "丁腈手套|M|3|盒", "丁腈手套|L|4|盒")}},
			}, nil)
			require.Equal(t, c.intent, res.Intent)
			require.Equal(t, c.lines, brief(res.Orders))
			require.Equal(t, c.asks, fields(res.Asks))
		})
	}
}

func TestPapersThatOrderNothing(t *testing.T) {
	t.Parallel()
	rows := []string{"品名|规格|数量|单位", "丁腈手套|M|10|盒"}
	for title, intent := range map[string]intake.Intent{
		"退货申请单": intake.IntentReturn, "询价单": intake.IntentInquiry, "青禾医院2月对账单": intake.IntentOther, "库存盘点表": intake.IntentOther, "采购申请单": intake.IntentOrder, "采 购 单": intake.IntentOrder,
	} {
		require.Equal(t, intent, readForm("C1", sheet(append([]string{title + "|^|^|^"}, rows...)...)).Intent, title)
	}
	handed := readForm("C1", sheet(append([]string{"送货单|^|^|^"}, rows...)...))
	require.Equal(t, []string{"orders[0].lines conflict"}, fields(handed.Asks))
	before, now := sheet(rows...), sheet("品名|规格|数量|单位", "丁腈手套|L|4|盒")
	before.Name = "上月订单"
	require.Equal(t, []string{"C1: A02 4盒"}, brief(readForm("C1", before, now).Orders))
	first, second := sheet("采购单 第一联 存根|^|^|^", "订单号：PO-9|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|3|盒", "丁腈手套|L|4|盒"), sheet("采购单 第二联 供方|^|^|^", "订单号：PO-9|^|^|^", "品名|规格|数量|单位", "丁腈手套|M|3|盒", "丁腈手套|L|4|盒")
	copies := readForm("C1", first, second)
	require.Equal(t, []string{"C1: A01 3盒, A02 4盒"}, brief(copies.Orders))
	require.Empty(t, copies.Asks)
}

func TestRowsAPictureLacks(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"orders[0].lines missing"}, fields(picture("C1", sheet("序号|品名|规格|数量|单位", "1|丁腈手套|M|3|盒", "3|医用棉签|10cm|5|包", "4|丁腈手套|L|4|盒")).Asks))
	require.Equal(t, []string{"orders[0].lines[0].quantity ambiguous"}, fields(picture("C1", sheet("品名|规格|数量|单位", "医用棉签|10cm|1.200|包")).Asks), "a comma read as a point")
}
