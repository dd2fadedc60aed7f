package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// A question about a price, its answer, the invoice and the payment leave their touch points on the order that they are about, each once
// and with who did it.
//
// feature: LG-07
func TestInquiryQuoteInvoiceAndSettlementAreTouchPoints(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导丝,0.035,根,盒=10,导丝,5")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号", "K02,青山诊所,S01,南京市浦口区江浦街1号")
			f.load("stock", "product,warehouse,on_hand", "X01,默认仓,1000")
			f.serve()
			db := f.sql()
			wecom := f.answer
			f.pace = 10 * time.Second
			require.Contains(t, wecom("zhouting", "青山诊所 显影导丝0.035多少钱"), "5 元/根")
			other := f.confirmed("zhouting", "蓝海诊所 显影导丝0.035 1盒")
			require.Regexp(t, `1 ⚪ 询价 未上报\n2 ⚪ 报价 未上报`, wecom("zhouting", "触点 "+other), "it was about another customer's")
			require.Contains(t, wecom("zhouting", "显影导丝0.035多少钱"), "5 元/根")
			id := f.confirmed("zhouting", "蓝海诊所 显影导丝0.035 2盒")
			next := f.confirmed("zhouting", "蓝海诊所 显影导丝0.035 3盒")
			require.Regexp(t, `1 ✅ 询价 .+ 周婷\n2 ✅ 报价 .+ 系统\n3 ⚪ 合同签订 未上报\n4 ✅ 下单 .+ 周婷`, wecom("zhouting", "触点 "+id))
			require.Contains(t, wecom("wucang", "合同已签 "+id), "没有修改的权限")
			require.Contains(t, wecom("zhouting", "合同已签 "+id+" 王院长签字"), id+" 的合同已签订")
			require.Contains(t, wecom("zhouting", "合同已签 "+id), "已经登记过签订")
			require.Regexp(t, `3 ✅ 合同签订 .+ 周婷\n4 ✅ 下单`, wecom("zhouting", "触点 "+id))
			require.Regexp(t, `1 ⚪ 询价 未上报\n2 ⚪ 报价 未上报`, wecom("zhouting", "触点 "+next), "the question was about the first")

			f.load("invoices", "invoice,customer,order,amount,issued,due", "FP1,K01,"+id+",60,2026-03-11,2026-04-11", "FP2,K01,"+id+",40,2026-03-12,2026-04-12", "FP3,K01,"+next+",150,2026-03-12,2026-05-12", "FP4,K01,"+next+",-40,2026-03-12,2026-03-12")
			require.Contains(t, wecom("lizhang", "收款 K01 60 LS1"), "已登记")
			require.Regexp(t, `15 ✅ 开票 .+\n16 ⚪ 结算 未上报`, wecom("zhouting", "触点 "+id))
			require.Contains(t, wecom("lizhang", "收款 K01 50 LS2"), "已登记")
			require.Contains(t, wecom("lizhang", "收款 K01 50 LS2"), "没有重复登记")
			require.Regexp(t, `15 ✅ 开票 .+\n16 ✅ 结算 .+ 李账`, wecom("zhouting", "触点 "+id))
			require.Regexp(t, `15 ✅ 开票 .+\n16 ⚪ 结算 未上报`, wecom("zhouting", "触点 "+next))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '结算'"))
			sound(t, db)
		})
	}
}

// An exception is taken by its button once, however often the press is delivered; another role is refused, and a card that is settled says
// who has it. 结案 needs a note, 重大异常 calls all together once.
func TestExceptionsByButtonAndByWords(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导丝,0.035,根,盒=10,导丝,5")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.load("stock", "product,warehouse,on_hand", "X01,默认仓,1000")
			f.serve()
			db := f.sql()
			wecom := f.answer
			f.pace = 10 * time.Second
			id := f.confirmed("zhouting", "蓝海诊所 显影导丝0.035 2盒")
			quiet(t, db, patience)
			late := f.server.books.catalog().Calendar.After(f.clock.now().In(location), 24*time.Hour)
			f.clock.advance(late.Sub(f.clock.now()) + time.Minute)
			card := see(t, "late", f.wecom("wucang"), offers("我来处理", "发货超时", id))
			quiet(t, db, patience)
			x := texts(t, db, "SELECT id FROM exceptions WHERE order_id = ? AND kind = 'shipping'", id)[0]
			require.Contains(t, wecom("lizhang", "处理异常 "+x), "您没有这个权限，没有改动")
			require.Contains(t, wecom("chenli", "处理异常 "+x), "没有编号 "+x+" 的异常")
			require.Contains(t, wecom("chenli", "结案 "+x+" 好了"), "没有编号 "+x+" 的异常")
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			f.pressWeCom("wucang", card, "我来处理")
			see(t, "taken", f.wecom("wucang"), says("由您处理", "结案 "+x))
			see(t, "settled card", f.wecom("wucang"), says("处理中 吴仓"))
			require.Contains(t, wecom("hefu", "处理异常 "+x), "已由 吴仓 处理，不用再操作")
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '处理异常'"))
			require.Contains(t, wecom("wucang", "结案 "+x), "结案要写说明")
			require.Contains(t, wecom("hefu", "重大异常 "+x), "已列为重大交付风险")
			require.Contains(t, wecom("hefu", "重大异常 "+x), "已经是三级了")
			require.Contains(t, wecom("wucang", "结案 "+x+" 已加人拣货"), "已结案")
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '异常结案'"))
			require.NotContains(t, wecom("hefu", "结案 "+x+" 再结一次"), "已结案 ")
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '异常结案'"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '异常升级'"))
		})
	}
}
