package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a customer has not paid in time stops its orders, with a reason and ways out: a payment that
// finance notes, or an exception that finance decides.
func TestOverdueInvoicesStopOrdersUntilTheyArePaid(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			day := func(days int) string { return f.clock.now().In(location).AddDate(0, 0, days).Format(time.DateOnly) }
			f.load("customers", "code,name,level,credit_grade,credit_limit,sales,address", "K05,南屏诊所,A,A,9000,S01,苏州市吴中路1号")
			f.load("invoices", "invoice,customer,amount,due", "FP1,K05,500,"+day(-1), "FP2,K05,700,"+day(0))
			f.serve()
			ctx := t.Context()
			screen := f.wecom("zhouting")
			wecom := f.answer

			first, card := f.draftOf("zhouting", "南屏诊所 外科口罩2箱，周五送到")
			require.Contains(t, f.ask(screen, func() { f.pressWeCom("zhouting", card, "确认下单") }).Text, "有 ¥500.00 逾期未付，最早的发票 FP1")
			require.Contains(t, wecom("zhouting", "特批 "+first+" 明天汇款"), "等")
			card = see(t, "exception", f.dingtalk("dt-lizhang"), offers("同意", first, "明天汇款", "逾期"))
			require.Contains(t, string(card.Card)+card.Text, "逾期未付")
			f.pressDingTalk("dt-lizhang", card, "驳回")
			f.sim.DingTalk.SendText(ctx, "dt-lizhang", "先付清")
			see(t, "rejected", screen, says(first, "先付清"))

			require.Contains(t, wecom("zhouting", "收款 南屏诊所 500"), "没有这个权限")
			require.Contains(t, wecom("chenli", "信用 南屏诊所"), "不是您负责的")
			require.Contains(t, wecom("lizhang", "收款 南屏诊所 五百"), "不是金额")
			require.Contains(t, wecom("lizhang", "收款 南屏诊所 5,000 LS77"), "信用占用 -¥3,800.00，额度 ¥9,000.00，剩余 ¥12,800.00")
			require.Contains(t, wecom("lizhang", "收款 K05 5000 ls77"), "已经登记过了")
			require.Contains(t, wecom("lizhang", "撤销收款 LS77"), "请写明编号和原因")
			require.Contains(t, wecom("lizhang", "撤销收款 LS77 多写了一个零"), "已撤销收款 LS77")
			require.Contains(t, wecom("lizhang", "收款 南屏诊所 500元"), "已登记 南屏诊所 收款 ¥500.00（编号 SK")
			require.Contains(t, wecom("zhouting", "信用 南屏诊所"), "已开票 ¥1,200.00，已收款 ¥500.00")

			id := f.confirmed("zhouting", "南屏诊所 外科口罩2箱，周五送到")
			db := f.sql()
			total := number(t, db, "SELECT total FROM orders WHERE id = ?", id)
			require.EqualValues(t, total, number(t, db, "SELECT held FROM credit WHERE customer = 'K05'"))
			f.load("invoices", "invoice,customer,amount,due,order", "FP3,K05,1,"+day(30)+","+id)
			require.EqualValues(t, total-100, number(t, db, "SELECT held FROM credit WHERE customer = 'K05'"))
			sound(t, db)
			require.Equal(t, []string{"收款 S11", "撤销收款 S11", "收款 S11"}, texts(t, db, "SELECT action, actor FROM audit WHERE action LIKE '%收款' ORDER BY id"))
		})
	}
}
