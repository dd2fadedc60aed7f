package main

import (
	"testing"
)

// The day's report tells how the orders were entered: at once, after a question, after a correction, and what was changed after it
// had been confirmed. Who sees their own orders only is told of those.
func TestTheDaysReport(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			tell := f.tell
			draft := func(text string) string {
				return orderNumber.FindString(see(t, "draft "+text, tell("zhouting", text), offers("确认下单")).Title)
			}
			confirm := func(id string) { see(t, "placed", tell("zhouting", "确认 "+id), says("已下单", id)) }

			see(t, "nothing", tell("zhouting", "日报"), says("收到 0 单，下单 0 单"))
			confirm(draft("澜州一院 外科口罩20箱"))
			id := draft("澜州一院 稳悦血糖仪100台")
			see(t, "corrected", tell("zhouting", "血糖仪改成90台"), offers("确认下单", id, "90"))
			confirm(id)
			id = orderNumber.FindString(see(t, "question", tell("zhouting", "市一院 丁腈手套M码30箱"), says("哪家客户")).Title)
			see(t, "answered", tell("zhouting", "澜州的"), offers("确认下单", "澜州市第一人民医院"))
			confirm(id)
			draft("澜州一院 丁腈手套M码3盒")
			see(t, "report", tell("zhouting", "日报"), says("收到 4 单，下单 3 单", "没问没改就下单：1 单（33.3%）", "问过一句才下单：1 单（33.3%）", "改过才下单：1 单（33.3%）", "下单后又改：0 单，录入准确率 100%"))

			// Sent back, changed and confirmed again: it was entered wrong.
			see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
			f.sim.DingTalk.SendText(t.Context(), "dt-wangmin", "退回 "+id+" 数量请再核对")
			see(t, "told", f.wecom("zhouting"), says(id, "退回", "数量请再核对"))
			see(t, "changed", tell("zhouting", id+" 数量改成 31箱"), offers("确认下单", id, "31箱"))
			confirm(id)
			see(t, "report", tell("sunyun", "日报"), says("全部订单：收到 4 单，下单 3 单", "下单后又改：1 单，录入准确率 66.7%"))
			see(t, "others' are not hers", tell("chenli", "日报"), says("您的订单：收到 0 单"))
			see(t, "no such day", tell("zhouting", "日报 2月30日"), says("不是一个日期"))
			see(t, "yesterday", tell("zhouting", "日报 昨天"), says("收到 0 单，下单 0 单"))
			f.stop()
		})
	}
}
