package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// The customer's special requirement is 无 unless the message holds something else. What sounds like a promise and stands in no
// field is asked about, by buttons and in words, and nothing is confirmed before; the internal note is seen by the
// warehouse alone.
//
// feature: IN-18
func TestAPromiseNeedsARequirement(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			db := f.sql()
			who := "zhouting" // one person gets 30 messages a minute
			tell := func(text string) func() []simulator.Bubble {
				before := len(f.wecom(who)())
				f.sim.WeCom.SendText(ctx, who, text)
				return func() []simulator.Bubble { return f.wecom(who)()[before:] }
			}
			press := func(b simulator.Bubble, button string) func() []simulator.Bubble {
				before := len(f.wecom(who)())
				f.pressWeCom(who, b, button)
				return func() []simulator.Bubble { return f.wecom(who)()[before:] }
			}
			number := func(b simulator.Bubble) string { return orderNumber.FindString(b.Title) }
			requirement := func(id string) string {
				return strings.Join(texts(t, db, "SELECT requirement FROM orders WHERE id = ?", id), "|")
			}

			// Nothing promised, or what was promised was read: nothing is asked.
			for text, shown := range map[string]string{
				"澜州一院 外科口罩20箱，随货发票":              "特殊要求：无",
				"澜州一院 外科口罩20箱，说好送2盒外科口罩的":        "特殊要求：赠品",
				"澜州一院 外科口罩20箱，答应客户明天到，加急，指定顺丰快递": "特殊要求：加急、指定物流",
			} {
				screen := tell(text)
				card := see(t, "draft", screen, offers("确认下单", "澜州市第一人民医院"))
				see(t, "detail", tell("明细 "+number(card)), says(shown))
				require.NotContains(t, string(card.Card), "请您定一下", text)
				require.Equal(t, "无", requirement(number(card)), text)
				see(t, "cancelled", tell("取消 "+number(card)), says("已取消"))
			}

			// A promise of nobody knows what: it can't be confirmed, by the button or in words.
			card := see(t, "question", tell("澜州一院 外科口罩20箱，上次说好送两盒的"), offers("赠品", "请您定一下", "说好送两盒的", "客户特殊要求"))
			id := number(card)
			require.Equal(t, "赠品", card.Buttons[0].Text, "the likeliest first")
			see(t, "refused", press(card, "确认下单"), says("还有一处要您定"))
			see(t, "refused", tell("确认 "+id), says("还有一处要您定"))
			require.Empty(t, requirement(id))
			require.Equal(t, []string{"draft"}, texts(t, db, "SELECT status FROM orders WHERE id = ?", id))

			// Chosen a gift, it has to be named; the answer in words settles it.
			screen := press(card, "赠品")
			next := see(t, "which gift", screen, offers("无", "送什么、送多少"))
			see(t, "refused", press(next, "确认下单"), says("还有一处要您定"))
			settled := see(t, "settled", tell("送2盒外科口罩"), offers("确认下单", id, "赠品"))
			require.NotContains(t, string(settled.Card), "请您定一下")
			see(t, "placed", press(settled, "确认下单"), says("已下单", id))
			require.Equal(t, "无", requirement(id))

			who = "chenli"
			// What was read as ordered becomes the gift that it is.
			card = see(t, "question", tell("澜州一院 外科口罩9箱，答应送丁腈手套M码2盒的"), offers("赠品", "请您定一下"))
			settled = see(t, "settled", press(card, "赠品"), offers("确认下单", number(card)))
			require.NotContains(t, string(settled.Card), "请您定一下")
			require.Equal(t, []string{"P003 0", "P009 1"}, texts(t, db, "SELECT product, gift FROM order_lines WHERE order_id = ? ORDER BY no", number(card)))
			see(t, "changed", tell("外科口罩改成8箱"), offers("确认下单", number(card)))
			require.Equal(t, []string{"P003 8000000 0", "P009 2000000 1"}, texts(t, db, "SELECT product, quantity, gift FROM order_lines WHERE order_id = ? ORDER BY no", number(card)))

			// In words, other choices: none; in 48 hours; what was said, for the warehouse.
			for _, c := range []struct{ text, answer, want, shown string }{
				{"澜州一院 外科口罩10箱，答应客户下次给样品", "没有", "无", "特殊要求：无"},
				{"澜州一院 外科口罩11箱，答应照顾一下他们", "加急48h", "无", "加急"},
				{"澜州一院 外科口罩12箱，指定跨越物流", "按原话", "指定跨越物流", "特殊要求：指定跨越物流"},
			} {
				card := see(t, "question", tell(c.text), offers("确认下单", "请您定一下", "客户特殊要求"))
				id := number(card)
				see(t, "settled", tell(c.answer), offers("确认下单", id))
				require.Equal(t, c.want, requirement(id), c.text)
				see(t, "detail", tell("明细 "+id), says(c.shown))
				if c.want == "无" {
					see(t, "cancelled", tell("取消 "+id), says("已取消"))
					continue
				}
				see(t, "noted", tell(id+" 内部说明：这家欠过款"), offers("确认下单", id))
				see(t, "placed", tell("确认 "+id), says("已下单", id))
				approval := see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id, c.want))
				f.pressDingTalk("dt-wangmin", approval, "同意")
				see(t, "pick message", f.wecom("zhengku"), says(id, "特殊要求："+c.want, "内部说明：这家欠过款"))
			}
			for _, b := range slices.Concat(f.wecom("zhouting")(), f.wecom("chenli")(), f.dingtalk("dt-wangmin")()) {
				if b.From == simulator.FromBot {
					require.NotContains(t, b.Title+b.Text+string(b.Card)+b.Settled, "欠过款")
				}
			}

			// A customer is asked as well.
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
			f.sim.KF.SendText(ctx, "wm-he", "外科口罩3箱，你们答应给样品的")
			see(t, "question", func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }, says("客户特殊要求", "答应给样品"))
			f.sim.KF.SendText(ctx, "wm-he", "2")
			see(t, "settled", func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }, says("特殊要求：无"))
		})
	}
}
