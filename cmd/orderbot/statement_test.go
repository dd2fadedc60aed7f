package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"orderbot/orders"
)

// 「对账」 gives finance anybody's statement and a salesperson those of their own customers, as words and as an Excel file; a customer gets
// its own in the service account, and nobody else's. What it comes to is what the account says.
//
// feature: ST-20
func TestStatementsInTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), true)
			db := f.sql()
			now := f.clock.now().In(location)
			month := now.Format("1月")
			f.load("customers", "code,name,invoice_info", "C001,澜州市第一人民医院,税号 9132TEST；开户行 测试银行")
			id := f.shipped("澜州一院 外科口罩4箱，丁腈手套M码5盒", true)
			f.load("invoices", "invoice,customer,amount,due,order,date", "FP1,C001,100,"+now.Format(time.DateOnly)+","+id+","+now.Format(time.DateOnly))
			f.load("payments", "payment,customer,amount,date", "LS1,C001,500,"+now.Format(time.DateOnly), "LS0,C001,50,"+now.AddDate(0, -2, 0).Format(time.DateOnly))
			open := orders.Money(number(t, db, "SELECT held + invoiced - paid FROM credit WHERE customer = 'C001'")).String()
			total := orders.Money(number(t, db, "SELECT total + freight FROM orders WHERE id = ?", id)).String()

			words := []string{"对账单 澜州市第一人民医院", now.Format("2006年1月"), "期初应收 -¥50.00", id, total, "LS1 ¥500.00", "期末应收 " + open, "FP1 ¥100.00", "税号 9132TEST"}
			f.clock.advance(2 * time.Minute)
			see(t, "finance", f.tell("lizhang", "对账 澜州市第一人民医院 "+month), says(words...))
			sheet := see(t, "the file", f.wecom("lizhang"), file("对账单-C001-"+now.Format("200601")+".xlsx"))
			book, err := excelize.OpenReader(bytes.NewReader(f.got(t, sheet)))
			require.NoError(t, err)
			rows, err := book.GetRows("对账单")
			require.NoError(t, err)
			last := rows[len(rows)-1]
			require.Equal(t, "期末", last[1])
			require.Equal(t, strings.TrimPrefix(open, "¥"), last[6])
			require.Equal(t, []string{"收款", "LS1"}, rows[len(rows)-3][1:3], "in the order of time: a payment has no hour")
			rows, err = book.GetRows("发票")
			require.NoError(t, err)
			require.Equal(t, "FP1", rows[1][0])

			see(t, "their own", f.tell("zhouting", "对账 C001 "+month), says(words...))
			see(t, "not theirs", f.tell("chenli", "对账 C001 "+month), says("不是您负责的"))
			see(t, "no prices", f.tell("zhengku", "对账 C001 "+month), says("不是您负责的"))
			see(t, "whose", f.tell("lizhang", "对账 "+month), says("请带上客户"))
			see(t, "which", f.tell("lizhang", "对账 C001 13月"), says("没有 13 月"))
			before := see(t, "before", f.tell("lizhang", "对账 C001 上月"), says("对账单", now.AddDate(0, 0, 1-now.Day()).AddDate(0, -1, 0).Format("2006年1月"), "期末应收 -¥50.00"))
			require.NotContains(t, before.Text, id)

			own := see(t, "the customer", f.writes("openid-he", "对账 "+month), says(words...))
			require.Contains(t, own.Text, "已签收")
			others := see(t, "another customer", f.writes("openid-jiang", "对账 "+month), says("对账单", "期末应收"))
			require.NotContains(t, others.Text, id)
			require.NotContains(t, others.Text, "澜州市第一人民医院")
			screen := f.writes("openid-jiang", "对账 澜州市第一人民医院 "+month)
			answer := see(t, "not theirs", screen, says(""))
			require.NotContains(t, answer.Text, "¥")
			sound(t, db)
		})
	}
}
