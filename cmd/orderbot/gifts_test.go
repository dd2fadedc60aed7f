package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// A gift is a line of its own for nothing, with its quantity and unit, from the draft to the warehouse's list; purchasing is
// told once to replenish it when the order is confirmed, and not before. Orders without gifts tell purchasing nothing.
//
// feature: IN-19, EX-13
func TestGiftsReachTheWarehouseAndPurchasing(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			db := f.sql()
			// Delivered three times: still one order, one message.
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			order := func(text string) string {
				before := len(f.wecom("zhouting")())
				screen := func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }
				f.sim.WeCom.SendText(ctx, "zhouting", text)
				id := orderNumber.FindString(see(t, "draft", screen, offers("确认下单")).Title)
				quiet(t, db, patience)
				require.Zero(t, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'gift.promised' AND order_id = '"+id+"'"))
				f.sim.WeCom.SendText(ctx, "zhouting", "确认 "+id)
				see(t, "placed", screen, says("已下单", id))
				f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
				see(t, "pick message", f.wecom("zhengku"), says("拣货 "+id))
				quiet(t, db, patience)
				return id
			}
			plain := order("澜州一院 外科口罩20箱")
			gift := order("澜州一院 稳悦血糖仪100台，赠送血糖试纸稳悦WY-50 50片")
			require.Equal(t, []string{gift + " 1"}, texts(t, db, "SELECT order_id, COUNT(*) FROM deliveries WHERE kind = 'gift.promised' GROUP BY order_id"), plain)
			see(t, "reminder", f.wecom("fenggou"), says("赠品补货提醒 "+gift, "血糖试纸 稳悦 WY-50", "50片", "请安排补货"))
			see(t, "pick message", f.wecom("zhengku"), says("拣货 "+gift, "血糖试纸 稳悦 WY-50", "50片", "赠品"))
			f.sim.WeCom.SendText(ctx, "zhengku", "明细 "+gift)
			see(t, "pick list", f.wecom("zhengku"), says("明细 "+gift, "血糖试纸 稳悦 WY-50", "50片", "赠品"))
			require.Equal(t, []string{"50000000 片 0 0 1"}, texts(t, db,
				"SELECT quantity, unit, price, amount, gift FROM order_lines WHERE order_id = ? AND gift = 1", gift))
		})
	}
}
