package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
)

// figuresFirm is a firm where no order needs a person, on a Wednesday morning, with a scarce product and one of a telling name.
func figuresFirm(t *testing.T, database string) *firm {
	t.Helper()
	f := newFirm(t, database, medical, automatic(t, ""))
	f.load("products", "code,name,unit,price,stock", "X01,显影导丝,根,5,1000", "X02,微导管,根,5,3", "X03,健康度监测手环,个,5,100")
	f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号", "K02,青山诊所,S02,南京市江宁区将军大道90号")
	f.pace = 2 * time.Minute
	f.serve()
	return f
}

// The time that orders take is told for a day, a week and a month, with what people took, beside the time before; words of the commands
// in an order are goods.
//
// feature: RP-01
func TestTheTimePerOrderIsTold(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := figuresFirm(t, database(t))
			require.Equal(t, "今天您的订单没有下单的，没有处理时长", f.answer("zhouting", "处理时长"))
			require.NotContains(t, f.answer("zhouting", "日报"), "从收到到下单")
			id, draft := f.draftOf("zhouting", "蓝海诊所 显影导丝20根")
			f.clock.advance(10 * time.Minute)
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			got := f.answer("zhouting", "处理时长")
			for _, want := range []string{"处理时长：今天您的订单\n", "从收到到下单：中位 10 分钟，95% 在 10 分钟内，平均 10 分钟（1 单）\n", "· 其中等人：中位 ", "· 其中系统：中位 ", "从收到到批准：中位 10 分钟", "· 其中等审批：中位 0 秒", "昨天没有下单的，不能比"} {
				require.Contains(t, got, want)
			}
			require.Contains(t, f.answer("zhouting", "日报"), "从收到到下单：中位 10 分钟")
			require.Equal(t, "今天您的订单没有下单的，没有处理时长", f.answer("chenli", "处理时长"), "others' are not hers")

			// A question that had to be asked before there was a draft is part of the time.
			before := len(f.wecom("zhouting")())
			f.sim.WeCom.SendText(t.Context(), "zhouting", "显影导丝30根")
			see(t, "for whom", func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }, says("客户"))
			f.clock.advance(20 * time.Minute)
			id, _ = f.draftOf("zhouting", "蓝海诊所")
			f.pressWeCom("zhouting", see(t, "the version with the customer", f.wecom("zhouting"), offers("确认下单", id+"（第 2 版）", "蓝海诊所")), "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			require.Contains(t, f.answer("guanli", "处理时长 日"), "从收到到下单：中位 15 分钟，95% 在 20 分钟内，平均 15 分钟（2 单）\n")

			f.clock.advance(7 * 24 * time.Hour)
			id, draft = f.draftOf("zhouting", "健康度监测手环3个，蓝海诊所")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			got = f.answer("guanli", "处理时长 周")
			require.Contains(t, got, "处理时长：近 7 天全部订单\n")
			require.Contains(t, got, "（1 单）")
			require.Contains(t, got, "前 7 天到下单：中位 15 分钟，现在好些 ↓")
			require.Contains(t, f.answer("guanli", "处理时长 月"), "（3 单）")
			require.Contains(t, f.answer("guanli", "日报 3月11日"), "（2 单）")
			f.stop()
		})
	}
}

// The orders' health: four figures with their limits, whether they are reached, and what they were in the period before; without data
// they say so. Everybody sees the orders that they may see.
//
// feature: RP-03, RP-04
func TestTheHealthOfOrders(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := figuresFirm(t, database(t))
			none := []string{
				"➖ 变更响应：没有数据（要求 ≤ 8 分钟）", "➖ 断点：没有数据（要求 ≤ 2 次/单）", "➖ 部门重复确认：没有数据（要求 ≤ 1 次/单）", "➖ 异常自愈率：没有数据（要求 ≥ 85%）",
			}
			got := strings.Split(f.answer("guanli", "健康度"), "\n")
			require.Equal(t, append([]string{"订单健康度：近 7 天（3月5日～3月11日）全部订单"}, none...), got)

			// Changed twice, the warehouse takes both; and an order that lacks goods.
			id := f.confirmed("zhouting", "蓝海诊所 显影导丝20根")
			for _, n := range []string{"30", "40"} {
				f.clock.advance(2 * time.Minute)
				card := see(t, "preview", f.tell("zhouting", id+" 数量改成 "+n+"根"), offers("确认变更", id, n+"根"))
				f.clock.advance(2 * time.Minute)
				f.pressWeCom("zhouting", card, "确认变更")
				f.answer("zhengku", "收到 "+id)
			}
			f.answer("zhengku", "发货 "+id+" SF1234567890123")
			f.confirmed("zhouting", "蓝海诊所 微导管5根")
			quiet(t, f.sql(), patience)
			for who, whose := range map[string]string{"guanli": "全部订单", "lizhang": "全部订单", "zhengku": "全部订单", "zhouting": "您的订单"} {
				got = strings.Split(f.answer(who, "健康度 日"), "\n")
				require.Len(t, got, 9, who)
				require.Equal(t, "订单健康度：今天（3月11日）"+whose, got[0])
				require.Regexp(t, `^✅ 变更响应：\d+ (秒|分钟)，达到（要求 ≤ 8 分钟，2 次）$`, got[1])
				require.Equal(t, []string{
					"　 昨天没有数据", "✅ 断点：0 次/单，达到（要求 ≤ 2 次/单，1 单）", "　 昨天没有数据", "✅ 部门重复确认：1 次/单，达到（要求 ≤ 1 次/单，1 单）", "　 昨天没有数据",
					"⚠️ 异常自愈率：0%，没达到（要求 ≥ 85%，1 件）", "　 昨天没有数据",
				}, got[2:])
			}
			require.Contains(t, f.answer("chenli", "健康度"), strings.Join(none, "\n"))

			f.clock.advance(7 * 24 * time.Hour)
			id = f.confirmed("zhouting", "蓝海诊所 显影导丝20根")
			f.answer("zhengku", "发货 "+id+" SF1234567890124")
			require.Contains(t, f.answer("guanli", "健康度 周"), "✅ 部门重复确认：0 次/单，达到（要求 ≤ 1 次/单，1 单）\n　 前 7 天 1 次/单，现在好些 ↓")
			require.Contains(t, f.answer("guanli", "健康度 月"), "✅ 部门重复确认：0.5 次/单，达到（要求 ≤ 1 次/单，2 单）\n　 前 30 天没有数据")
			_, draft := f.draftOf("zhouting", "健康度监测手环3个，蓝海诊所")
			require.Contains(t, draft.Text+string(draft.Card), "健康度监测手环")
			f.stop()
		})
	}
}

// The board has three parts for each role, of the orders that it may see: where the orders are, how long they take, what goes wrong most.
//
// feature: RP-05, EX-12
func TestTheBoardOfEachRole(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := figuresFirm(t, database(t))
			got := f.answer("zhengku", "看板")
			for _, want := range []string{"全部订单（3月11日", "没有进行中的订单", "处理时长（近 30 天）：没有下单的", "异常 TOP5（近 30 天）：没有异常"} {
				require.Contains(t, got, want)
			}
			f.draftOf("zhouting", "蓝海诊所 显影导丝21根")
			f.confirmed("zhouting", "蓝海诊所 显影导丝20根")
			f.confirmed("zhouting", "蓝海诊所 微导管5根")
			f.confirmed("chenli", "青山诊所 微导管6根")
			quiet(t, f.sql(), patience)
			ours := []string{"全部订单（", "草稿 1 单", "已审批 2 单", "已占货 1 单", "处理时长（近 30 天，3 单）：平均 ", "异常 TOP5（近 30 天，发「异常」看没解决的）\n1. 库存不足 2 件，没解决 2 件"}
			mine := []string{"您的订单（", "已审批 1 单", "处理时长（近 30 天，1 单）：平均 ", "1. 库存不足 1 件，没解决 1 件"}
			for who, want := range map[string][]string{
				"wangmin": ours, "lizhang": ours, "sunyun": ours, "wucang": ours, "zhengku": ours, "fenggou": ours, "hefu": ours, "guanli": ours, "chenli": mine,
			} {
				got := f.answer(who, "看板")
				for _, w := range want {
					require.Contains(t, got, w, who)
				}
			}
			got = f.answer("chenli", "看板")
			require.NotContains(t, got, "草稿")
			require.NotContains(t, got, "已占货")
			f.stop()
		})
	}
}
