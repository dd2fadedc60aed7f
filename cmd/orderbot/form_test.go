package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// The six fields of the smallest form are enough for an order: nothing is asked.
//
// feature: IN-07
func TestSixFieldsMakeAnOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			f.sim.WeCom.SendText(t.Context(), "zhouting", "客户名称：澜州市第一人民医院\n产品编码：P003\n数量：20箱\n期望交付日：后天\n紧急：否\n备注：随货发票")
			lines := see(t, "lines", f.wecom("zhouting"), says("P003", "医用外科口罩", "平面型 耳挂式", "20箱", "¥472.00/箱"))
			draft := see(t, "draft card", f.wecom("zhouting"), offers("确认下单", "澜州市第一人民医院", "澜州市人民路18号", "随货发票"))
			require.NotContains(t, draft.Text, "加急")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", orderNumber.FindString(lines.Text)))
		})
	}
}

// Where neither the message nor the customer's record has an address, the draft asks for it, once, and one answer
// completes the draft. Who fetches the goods is not asked.
//
// feature: IN-08
func TestTheMissingAddressIsAsked(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			file := filepath.Join(t.TempDir(), "customers.csv")
			require.NoError(t, os.WriteFile(file, []byte("code,name,sales\nC900,临溪康复诊所,S01\n"), 0o600))
			f.command("import", "customers", file)
			f.serve()
			ctx := t.Context()
			f.sim.WeCom.SendText(ctx, "zhouting", "临溪康复诊所 外科口罩2箱")
			see(t, "the question", f.wecom("zhouting"), says("临溪康复诊所", "送到哪里"))
			f.sim.WeCom.SendText(ctx, "zhouting", "临溪市青石路12号3楼")
			draft := see(t, "the draft", f.wecom("zhouting"), offers("确认下单", "临溪市青石路12号3楼"))
			require.NotContains(t, draft.Text, "送到哪里")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单"))

			f.sim.WeCom.SendText(ctx, "zhouting", "临溪康复诊所 外科口罩3箱，自提")
			see(t, "nothing to ask", f.wecom("zhouting"), offers("确认下单", "自提"))
		})
	}
}

// What is written behind 内部说明 is for the warehouse: it is in its message and on no other screen, also not on the
// writer's own card, and is no part of the order's note.
func TestTheInternalNoteIsWrittenInWords(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			ctx := t.Context()
			f.sim.WeCom.SendText(ctx, "zhouting", "澜州一院 外科口罩20箱，丁腈手套M码10箱\n内部说明：先发老批次\n随货发票")
			draft := see(t, "draft card", f.wecom("zhouting"), offers("确认下单", "随货发票"))
			see(t, "taken", f.wecom("zhouting"), says("只有仓库看得到"))
			id := orderNumber.FindString(draft.Title + draft.Text + string(draft.Card))

			before := len(f.wecom("zhouting")())
			f.sim.WeCom.SendText(ctx, "zhouting", id+" 内部说明：先发老批次，外箱要完好")
			renewed := see(t, "the new card", func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }, offers("确认下单", id))
			f.pressWeCom("zhouting", renewed, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			f.pressDingTalk("dt-wangmin", see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
			see(t, "pick message", f.wecom("zhengku"), says(id, "先发老批次，外箱要完好"))
			f.sim.WeCom.SendText(ctx, "zhouting", id+" 内部说明：晚了")
			see(t, "too late", f.wecom("zhouting"), says("已提交", id))
			for _, b := range append(f.wecom("zhouting")(), f.dingtalk("dt-wangmin")()...) {
				if b.From == simulator.FromBot {
					require.NotContains(t, b.Title+b.Text+string(b.Card)+b.Settled, "老批次")
				}
			}
		})
	}
}
