package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

var learnedNumber = regexp.MustCompile(`忘记 (\d+)`)

// What a person answers is remembered for that customer alone, shown when it is used, counted once,
// listed, and undone.
func TestWhatWasAnsweredIsRemembered(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{name: "林远", role: "sales", wecom: "linyuan"})
			f.serve()
			ctx := t.Context()
			tell := f.tell
			asksWhich := func(screen func() []simulator.Bubble) simulator.Bubble {
				return see(t, "question", screen, offers("确认下单", "请您定一下", "N95"))
			}

			// The first time it is asked.
			screen := tell("zhouting", "澜州一院 N95口罩3箱，周五下午前送到")
			card := asksWhich(screen)
			first := orderNumber.FindString(card.Title)
			tell("zhouting", "杯型的")
			told := see(t, "told", screen, says("记住了", "「N95口罩」= P007"))
			id := learnedNumber.FindStringSubmatch(told.Text)[1]
			see(t, "basis", tell("zhouting", "依据 "+first), says("澜州一院", "原文「N95口罩」", "周婷定的「杯型的」", "「3箱」", "客户资料"))
			f.sim.WeCom.SendText(ctx, "zhouting", "确认 "+first)
			see(t, "placed", screen, says("已下单", first))

			// The second time it is not, and the draft says why.
			screen = tell("zhouting", "澜州一院 N95口罩5箱")
			see(t, "lines", screen, says("P007", "按上次", "周婷定", "忘记 "+id))
			card = see(t, "draft", screen, offers("依据", "按上次"))
			second := orderNumber.FindString(card.Title)
			f.pressWeCom("zhouting", card, "依据")
			see(t, "basis", screen, says("依据 "+second, "「N95口罩」，按上次"))
			f.sim.WeCom.SendText(ctx, "zhouting", "取消 "+second)
			see(t, "cancelled", screen, says("已取消", second))

			// What the message itself says wins, and another customer is asked.
			for text, code := range map[string]string{"澜州一院 折叠N95 2箱": "P006", "澜州一院 P006 2箱": "P006"} {
				screen = tell("zhouting", text)
				card = see(t, "draft", screen, offers("确认下单", code))
				require.NotContains(t, string(card.Card), "按上次")
				f.sim.WeCom.SendText(ctx, "zhouting", "取消 "+orderNumber.FindString(card.Title))
				see(t, "cancelled", screen, says("已取消"))
			}
			screen = tell("linyuan", "澜州二院 N95口罩5箱")
			asksWhich(screen)
			screen = tell("linyuan", "取消")
			see(t, "cancelled", screen, says("已取消"))

			// The list, for who serves the customer.
			see(t, "list", tell("zhouting", "学习 澜州一院"), says("记住了 1 条", id, "「N95口罩」= P007", "周婷定的，2 次"))
			see(t, "list", tell("guanli", "学习"), says("C001", "1 条"))
			see(t, "refused", tell("linyuan", "学习 澜州一院"), says("不是您负责"))
			see(t, "refused", tell("linyuan", "忘记 "+id), says("没有记着"))

			// A newer answer takes its place; the old one is kept.
			screen = tell("zhouting", "澜州一院 N95口罩2箱")
			see(t, "lines", screen, says("P007", "按上次"))
			screen = tell("zhouting", "不是杯型的，换成折叠N95")
			told = see(t, "told", screen, says("记住了", "P006"))
			newer := learnedNumber.FindStringSubmatch(told.Text)[1]
			require.NotEqual(t, id, newer)
			see(t, "list", tell("zhouting", "记住的 澜州一院"), says("记住了 1 条", "「N95口罩」= P006", "之前是 P007"))

			// What is undone is asked again, in the open draft too.
			screen = tell("zhouting", "澜州一院 N95口罩4箱")
			see(t, "lines", screen, says("P006", "按上次"))
			screen = tell("zhouting", "忘记 "+newer)
			see(t, "forgotten", screen, says("忘掉了", "「N95口罩」= P006"))
			asksWhich(screen)
			db := f.sql()
			require.Equal(t, []string{
				fmt.Sprintf("%s P007 3 周婷", id), fmt.Sprintf("%s P006 2 周婷", newer),
			}, trimmed(texts(t, db, "SELECT id, product, count, by_name FROM learned ORDER BY id")))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM learned WHERE ended = 0"))
		})
	}
}

// A customer's own answers, a unit, a customer who turns out to be another, and deliveries that come
// three times.
func TestWhatIsRememberedIsTheCustomersOwn(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			db := f.sql()
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "C001"})
			kf := func(text string) func() []simulator.Bubble {
				before := len(f.sim.KF.Screen("wm-he"))
				f.sim.KF.SendText(ctx, "wm-he", text)
				return func() []simulator.Bubble { return f.sim.KF.Screen("wm-he")[before:] }
			}
			tell := func(text string) func() []simulator.Bubble { return f.tell("zhouting", text) }

			// The customer answers by the number of the option; staff's draft is read by it.
			see(t, "question", kf("N95口罩3箱"), says("1. 医用防护口罩 N95 折叠式"))
			see(t, "told", kf("1"), says("记住了", "「N95口罩」= P006"))
			screen := tell("澜州一院 N95口罩2箱")
			see(t, "lines", screen, says("P006", "按上次", "客户定"))
			draft := see(t, "draft", screen, offers("确认下单", "澜州市第一人民医院"))
			quiet(t, db, patience)
			require.Equal(t, []string{"C001 P006 2"}, texts(t, db, "SELECT customer, product, count FROM learned"))

			// It is another customer's order: what the first one means by the words says nothing.
			screen = tell("发错了，是澜州二院的")
			card := see(t, "asked", screen, offers("确认下单", "澜州市第二人民医院", "请您定一下", "折叠式", "杯型"))
			f.pressWeCom("zhouting", card, "2. 杯型")
			see(t, "settled", screen, says("记住了", "「N95口罩」= P007"))
			quiet(t, db, patience)
			require.Equal(t, []string{"C001 P006 2", "C003 P007 1"}, texts(t, db, "SELECT customer, product, count FROM learned WHERE ended = 0 ORDER BY customer"))
			f.sim.WeCom.SendText(ctx, "zhouting", "取消 "+orderNumber.FindString(draft.Title))
			see(t, "cancelled", screen, says("已取消"))

			// What a unit is that the product does not have, by a button or in words.
			screen = tell("澜州二院 外科口罩2件")
			card = see(t, "asked for the unit", screen, offers("箱", "没有“件”这个单位"))
			id := orderNumber.FindString(card.Title)
			f.pressWeCom("zhouting", card, "箱")
			see(t, "settled", screen, says("记住了", "1件 = 1箱", "2箱（80盒）"))
			f.sim.WeCom.SendText(ctx, "zhouting", "取消 "+id)
			see(t, "cancelled", screen, says("已取消", id))
			screen = tell("澜州二院 外科口罩5件")
			card = see(t, "draft", screen, offers("确认下单", "按上次"))
			see(t, "lines", screen, says("5箱（200盒）", "按上次：「件」"))
			see(t, "basis", tell("依据 "+orderNumber.FindString(card.Title)), says("单位 箱 ← 「件」，按上次"))
			screen = tell("取消")
			see(t, "cancelled", screen, says("已取消"))
			see(t, "asked for the unit of another customer", tell("澜州一院 外科口罩5件"), says("没有“件”这个单位"))
		})
	}
}

func trimmed(rows []string) []string {
	for i := range rows {
		rows[i] = strings.TrimSpace(rows[i])
	}
	return rows
}
