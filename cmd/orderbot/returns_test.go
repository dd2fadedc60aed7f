package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

var returnNumber = regexp.MustCompile(`TH\d{12,}-\d+`)

// returning is a firm with goods in stock and a customer in the service account, who is one of C001's.
type returning struct {
	*firm

	t *testing.T
}

func newReturning(t *testing.T, database string, customers bool, settings ...string) *returning {
	t.Helper()
	f := newFirm(t, database, medical, settings...)
	f.files = inProcess{nothingSeen{}}
	f.stock()
	f.sim.ServiceAccount.AddFollower("openid-he", "何文静", "")
	f.sim.ServiceAccount.AddFollower("openid-jiang", "蒋敏", "")
	f.serve()
	if !customers {
		return &returning{firm: f, t: t}
	}
	require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
		for person, customer := range map[string]orders.CustomerCode{"openid-he": "C001", "openid-jiang": "C003"} {
			if err := tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: person, Customer: customer, By: "S99", At: f.clock.now()}); err != nil {
				return err
			}
		}
		return nil
	}))
	r := &returning{firm: f, t: t}
	see(t, "the chat is open", r.writes("openid-he", "帮助"), says("退货"))
	see(t, "the chat is open", r.writes("openid-jiang", "帮助"), says("退货"))
	return r
}

// tell says something in WeCom; what comes back of it is all that came after.
func (f *returning) tell(who, text string) func() []simulator.Bubble {
	f.t.Helper()
	before := len(f.wecom(who)())
	require.True(f.t, f.sim.WeCom.SendText(f.t.Context(), who, text).Accepted)
	return func() []simulator.Bubble { return f.wecom(who)()[before:] }
}

func (f *returning) account(who string) func() []simulator.Bubble {
	return func() []simulator.Bubble { return f.sim.ServiceAccount.Screen(who) }
}

// writes says something in the service account.
func (f *returning) writes(who, text string) func() []simulator.Bubble {
	f.t.Helper()
	before := len(f.account(who)())
	require.True(f.t, f.sim.ServiceAccount.SendText(f.t.Context(), who, text).Accepted)
	return func() []simulator.Bubble { return f.account(who)()[before:] }
}

// shipped is an order that was placed, approved where that is needed, and sent; delivered tells that it arrived, too.
func (f *returning) shipped(text string, delivered bool) string {
	f.t.Helper()
	id := f.confirmed("zhouting", text)
	o, err := f.server.store.FindOrder(f.t.Context(), orders.OrderID(id))
	require.NoError(f.t, err)
	for o.OpenNode() != nil {
		f.decide(f.t, id, "同意")
		o, err = f.server.store.FindOrder(f.t.Context(), orders.OrderID(id))
		require.NoError(f.t, err)
	}
	see(f.t, "shipped", f.tell("zhengku", "发货 "+id+" 自提"), says(id, "自提"))
	if delivered {
		see(f.t, "fetched", f.tell("zhengku", "自提完成 "+id), says(id))
	}
	return id
}

// onHand is what the warehouses have of a product.
func (f *returning) onHand(product string) int64 {
	return number(f.t, f.sql(), "SELECT SUM(on_hand) FROM stock WHERE product = ?", product) / 1_000_000
}

// A customer sends part of an order back, with a photo, by words and menus of the service account alone: the number comes at once,
// the signature has signer, time and the digest of exactly what was shown, the goods are inspected, and stock and credit follow once.
//
// feature: CH-04, CH-06, CH-07
func TestACustomerReturnsPartOfAnOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), true)
			db, ctx := f.sql(), t.Context()
			id := f.shipped("澜州一院 外科口罩4箱，丁腈手套M码5盒", true)
			masks, gloves := f.onHand("P003"), f.onHand("P009")
			held := number(t, db, "SELECT held FROM orders WHERE id = ?", id)
			require.Positive(t, held)

			// Asked for in the service account, though the order came by WeCom. The cause is asked for by buttons.
			screen := f.writes("openid-he", "退货 "+id+" 口罩1箱")
			asked := see(t, "the number", screen, says("退货申请 TH", "签字后生效"))
			th := returnNumber.FindString(asked.Text)
			require.Equal(t, "TH"+strings.TrimPrefix(id, "SO")+"-1", th)
			see(t, "causes", screen, says("是什么原因", "发错型号", "少发配件包", "价格条款", "质量", "其他"))
			require.True(t, f.sim.ServiceAccount.SendImage(ctx, "openid-he", paper(t, 7)).Accepted)
			see(t, "the photo", screen, says("附件里", id))
			screen = f.writes("openid-he", "原因 "+th+" 发错型号")
			form := see(t, "to be signed", screen, says("签字 "+th+" ", "1箱"))
			mark := regexp.MustCompile(`签字 ` + th + ` ([0-9a-f]{12})`).FindStringSubmatch(form.Text + strings.Join(texts(t, db, "SELECT body FROM deliveries WHERE kind = 'return.card' ORDER BY id DESC LIMIT 1"), ""))
			require.NotEmpty(t, mark, "%s", form.Text)
			require.Equal(t, []string{"delivered"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id), "nothing has happened yet")

			// Not by somebody else, not another text, not before goods have come.
			see(t, "another customer", f.writes("openid-jiang", "签字 "+th+" "+mark[1]), says("没有查到订单"))
			see(t, "another text", f.writes("openid-he", "签字 "+th+" 000000000000"), says("没有签字"))
			see(t, "too early", f.tell("zhengku", "退货入库 "+th+" 全部良品"), says("还没有签字"))
			see(t, "signed", f.writes("openid-he", "签字 "+th+" "+mark[1]), says("已签字 "+th, "SHA-256"))
			see(t, "twice", f.writes("openid-he", "签字 "+th+" "+mark[1]), says("已由", "签字", "不用再操作"))
			document := texts(t, db, "SELECT document FROM order_returns WHERE order_id = ?", id)[0]
			sum := sha256.Sum256([]byte(document))
			require.Equal(t, []string{hex.EncodeToString(sum[:])}, texts(t, db, "SELECT digest FROM order_returns WHERE order_id = ? AND signed_as = 'openid-he' AND signed_at > 0 AND signed_by = 'C001'", id))
			require.Contains(t, document, "发错型号")
			shown := false
			for _, b := range f.account("openid-he")() {
				shown = shown || strings.HasPrefix(b.Text, document+"\n\n")
			}
			require.True(t, shown, "exactly this was shown")
			require.Equal(t, []string{"returning"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))

			// The salesperson knows, the warehouse inspects: half of it is bad.
			see(t, "told", f.wecom("zhouting"), says(th, "已签字"))
			card := see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th, "1箱"))
			require.NotContains(t, card.Text, "¥")
			see(t, "not the warehouse", f.tell("zhouting", "退货入库 "+th+" 全部良品"), says("没有这个权限"))
			see(t, "too much", f.tell("zhengku", "退货入库 "+th+" 良品 2箱"), says("不能比这多"))
			see(t, "taken in", f.tell("zhengku", "退货入库 "+th+" 良品 30盒 不良 10盒"), says("已验收 "+th))
			see(t, "settled", f.wecom("zhengku"), says(th, "已完成"))
			see(t, "twice", f.tell("zhengku", "退货入库 "+th+" 全部良品"), says("已完成", "没有改动"))
			require.Equal(t, masks+30, f.onHand("P003"))
			require.Equal(t, gloves, f.onHand("P009"))
			see(t, "told", f.account("openid-he"), says(th, "已办完"))
			credited := number(t, db, "SELECT credited FROM order_returns WHERE order_id = ?", id)
			require.Positive(t, credited)
			require.Equal(t, held-credited, number(t, db, "SELECT held FROM orders WHERE id = ?", id))
			require.Equal(t, []string{"delivered"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))

			// All the rest; more than was sent is refused.
			f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			see(t, "too much", f.writes("openid-he", "退货 "+id+" 口罩4箱 质量"), says("最多能退换 3箱"))
			card = see(t, "the rest", f.tell("zhouting", "退货 "+id+" 质量"), offers("签字", "TH"))
			f.pressWeCom("zhouting", card, "签字")
			th = strings.TrimSuffix(th, "1") + "2"
			see(t, "signed on the spot", f.wecom("zhouting"), says("已签字 "+th))
			see(t, "the customer hears", f.account("openid-he"), says(th, "周婷签字"))
			goods := see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th))
			f.pressWeCom("zhengku", goods, "全部良品入库")
			see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))
			require.Equal(t, masks+30+120, f.onHand("P003"))
			require.Equal(t, gloves+5, f.onHand("P009"))
			require.Zero(t, number(t, db, "SELECT held FROM orders WHERE id = ?", id))
			require.Equal(t, []string{"returned"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))
			see(t, "once more", f.tell("zhouting", "退货 "+id), says("全部退完"))
			see(t, "the voucher", f.tell("zhouting", "凭证 "+th), says("SHA-256", "周婷"))
			see(t, "not of others", f.writes("openid-jiang", "凭证 "+th), says("没有查到订单"))
			see(t, "the photo", f.tell("zhouting", "附件 "+id), says("照片"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// 取消 gives stock and credit back once; after shipping it becomes a return.
//
// feature: CH-03
func TestCancelAfterShippingBecomesAReturn(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), false)
			db := f.sql()
			free := func() int64 {
				return number(t, db, "SELECT SUM(on_hand - reserved - allocated) FROM stock WHERE product = 'P003'") / 1_000_000
			}
			before := free()
			id := f.confirmed("zhouting", "澜州一院 外科口罩4箱")
			require.Equal(t, before-160, free())
			see(t, "cancelled", f.tell("zhouting", "取消 "+id+" 客户不要了"), says("已取消 "+id))
			require.Equal(t, before, free())
			require.Zero(t, number(t, db, "SELECT held FROM credit WHERE customer = 'C001'"))
			see(t, "twice", f.tell("zhouting", "取消 "+id+" 客户不要了"), says("已经取消了"))
			require.Equal(t, before, free())

			id = f.shipped("澜州一院 外科口罩4箱", false)
			require.Equal(t, before-160, free())
			held := number(t, db, "SELECT held FROM credit WHERE customer = 'C001'")
			screen := f.tell("zhouting", "取消 "+id+" 发错型号")
			see(t, "a return", screen, says("转成退货", "TH"))
			card := see(t, "to be signed", screen, offers("签字", "TH"))
			require.Equal(t, held, number(t, db, "SELECT held FROM credit WHERE customer = 'C001'"))
			f.pressWeCom("zhouting", card, "签字")
			th := "TH" + strings.TrimPrefix(id, "SO") + "-1"
			goods := see(t, "to be received", f.wecom("zhengku"), offers("全部不良", th))
			f.pressWeCom("zhengku", goods, "全部不良")
			see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))
			require.Equal(t, before-160, free(), "what is bad is no stock")
			require.Zero(t, number(t, db, "SELECT held FROM credit WHERE customer = 'C001'"))
			require.Equal(t, []string{"returned"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Above the threshold finance decides, nobody else; what was invoiced is given back by a credit note; goods are exchanged and repaired,
// and a request that is withdrawn changes nothing.
//
// feature: CH-04
func TestFinanceDecidesAReturnAboveTheThreshold(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), false, "ORDERBOT_RETURNS__FINANCE_FROM=500")
			db := f.sql()
			id := f.shipped("澜州一院 外科口罩4箱，丁腈手套M码5盒", true)
			total := number(t, db, "SELECT total FROM orders WHERE id = ?", id)
			file := filepath.Join(t.TempDir(), "invoices.csv")
			require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "invoice,customer,amount,due,order\nF1,C001,%s,2030-01-01,%s\n", orders.Money(total).Yuan(), id), 0o600))
			f.command("import", "invoices", file)
			require.Zero(t, number(t, db, "SELECT held FROM orders WHERE id = ?", id))
			masks := f.onHand("P003")
			th := func(n int) string { return fmt.Sprintf("TH%s-%d", strings.TrimPrefix(id, "SO"), n) }
			sign := func(text string) {
				t.Helper()
				f.pressWeCom("zhouting", see(t, "to be signed", f.tell("zhouting", text), offers("签字", "TH")), "签字")
			}

			sign("退货 " + id + " 口罩4箱 质量")
			card := see(t, "finance", f.dingtalk("dt-lizhang"), offers("同意", th(1), "¥"))
			see(t, "not the salesperson", f.tell("zhouting", "同意 "+th(1)), says("没有这一步的权限"))
			see(t, "not the warehouse", f.tell("zhengku", "退货入库 "+th(1)+" 全部良品"), says("待财务审批", "没有改动"))
			f.pressDingTalk("dt-lizhang", card, "驳回")
			see(t, "why", f.dingtalk("dt-lizhang"), says("驳回 "+th(1)+" 原因"))
			f.sim.DingTalk.SendText(t.Context(), "dt-lizhang", "驳回 "+th(1)+" 超过退货期")
			see(t, "refused", f.wecom("zhouting"), says(th(1), "没有同意", "超过退货期"))
			require.Equal(t, []string{"delivered"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))

			sign("退货 " + id + " 口罩4箱 质量")
			card = see(t, "finance", f.dingtalk("dt-lizhang"), offers("同意", th(2)))
			f.pressDingTalk("dt-lizhang", card, "同意")
			see(t, "settled", f.dingtalk("dt-zhaocai"), says(th(2), "已由 李账"))
			goods := see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th(2)))
			f.pressWeCom("zhengku", goods, "全部良品入库")
			see(t, "finance hears", f.wecom("lizhang"), says(th(2), "已记红字"))
			credited := number(t, db, "SELECT credited FROM order_returns WHERE order_id = ? AND no = 2", id)
			require.Equal(t, -credited, number(t, db, "SELECT amount FROM invoices WHERE number = ?", th(2)))
			require.Equal(t, total-credited, number(t, db, "SELECT invoiced FROM credit WHERE customer = 'C001'"))
			require.Equal(t, masks+160, f.onHand("P003"))

			f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			// Exchanged: the good ones into stock, as many out of it, no money; repaired: neither.
			gloves := f.onHand("P009")
			sign("换货 " + id + " 手套2盒 质量")
			see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th(3)))
			see(t, "taken in", f.tell("zhengku", "退货入库 "+th(3)+" 良品 1 不良 1"), says("已验收 "+th(3), "发出 "+th(3)))
			require.Equal(t, gloves+1, f.onHand("P009"))
			see(t, "sent", f.tell("zhengku", "发出 "+th(3)+" SF1234567890123"), says("已发出 "+th(3)))
			see(t, "twice", f.tell("zhengku", "发出 "+th(3)+" SF1234567890123"), says("已完成"))
			require.Equal(t, gloves-1, f.onHand("P009"))
			see(t, "told", f.wecom("zhouting"), says(th(3), "已办完"))

			f.clock.advance(2 * time.Minute)
			sign("维修 " + id + " 手套5盒 质量")
			see(t, "to be received", f.wecom("zhengku"), offers("全部不良", th(4)))
			see(t, "nothing left", f.tell("zhouting", "退货 "+id+" 手套1盒 质量"), says("都退过或正在办"))
			see(t, "withdrawn", f.tell("zhouting", "撤回 "+th(4)), says("已撤回 "+th(4)))
			see(t, "settled", f.wecom("zhengku"), says(th(4), "已撤回"))

			// Money alone: always finance.
			sign("退款 " + id + " 手套1盒 价格条款")
			card = see(t, "finance", f.dingtalk("dt-lizhang"), offers("同意", th(5)))
			f.pressDingTalk("dt-lizhang", card, "同意")
			see(t, "paid", f.wecom("zhouting"), says(th(5), "已办完", "退回"))
			require.Equal(t, gloves-1, f.onHand("P009"))
			require.Equal(t, []string{"delivered"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))
			see(t, "listed", f.tell("zhouting", "退换 "+id), says(th(1), th(5), "已完成", "没有同意", "已撤回"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// 「这单错了」 makes a ticket whose cause is asked by buttons; tickets and returns are counted by cause, and what wrong orders cost is
// worked out by the firm's own formula.
//
// feature: CH-08, CH-09, CH-10
func TestWrongOrdersAreCountedWithTheirCause(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newReturning(t, database(t), false, "ORDERBOT_RETURNS__ERROR_COST=40 * 4 + 金额 * 0.1 + 退回")
			db := f.sql()
			id := f.confirmed("zhouting", "澜州一院 外科口罩4箱")
			card := see(t, "the cause", f.tell("zhouting", "这单错了"), offers("少发配件包", "哪里错了"))
			f.pressWeCom("zhouting", card, "少发配件包")
			see(t, "counted", f.wecom("zhouting"), says("已记纠错工单", "少发配件包", "数量改成"))
			see(t, "once", f.tell("zhouting", "原因 TH"+strings.TrimPrefix(id, "SO")+"-1 质量"), says("已完成", "没有改动"))
			see(t, "service hears", f.wecom("hefu"), says(id, "纠错工单", "周婷"))
			see(t, "in one sentence", f.tell("zhengku", id+" 这单错了 价格条款"), says("已记纠错工单", "价格条款"))
			require.EqualValues(t, 2, number(t, db, "SELECT COUNT(*) FROM order_returns WHERE kind = 'ticket' AND status = 'done'"))

			sent := f.shipped("澜州一院 丁腈手套M码5盒", true)
			total := number(t, db, "SELECT total FROM orders WHERE id = ?", sent)
			f.pressWeCom("zhouting", see(t, "to be signed", f.tell("zhouting", "退货 "+sent+" 手套5盒 发错型号"), offers("签字", "TH")), "签字")
			th := "TH" + strings.TrimPrefix(sent, "SO") + "-1"
			f.pressWeCom("zhengku", see(t, "to be received", f.wecom("zhengku"), offers("全部良品入库", th)), "全部良品入库")
			see(t, "taken in", f.wecom("zhengku"), says("已验收 "+th))

			first := number(t, db, "SELECT total FROM orders WHERE id = ?", id)
			cost := orders.Money(2*160_00 + first/10 + total/10 + total)
			report := see(t, "the report", f.tell("sunyun", "退换报表"), says("下单 2 单", "纠错工单 2 张：少发配件包 1、价格条款 1", "退换货 1 件：发错型号 1", "办完 1 件", "占 50%"))
			require.Contains(t, report.Text, "错单 2 单，估计成本 "+cost.String())
			see(t, "last month", f.tell("sunyun", "退换报表 上月"), says("下单 0 单", "纠错工单 0 张"))
			see(t, "not the warehouse", f.tell("zhengku", "退换报表"), says("没有权限"))
			see(t, "not of others", f.tell("chenli", "退换报表"), says("您的订单", "纠错工单 0 张"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
