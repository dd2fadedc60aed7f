package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The warehouse counts in words, as a table or as scans; the answer says row by row what fits, and what does not fit does not leave.
func TestCountsFromTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,price,stock,kind,parts,tracking",
				"X01,穿刺架,16G,个,盒=10,5,500,,,", "X02,穿刺架,18G,个,盒=10,5,500,,,", "X03,配件包,,包,,5,50,,,", "X04,介入套装,,套,,50,,组合品,X01=2;X03=1,", "X05,主机,,台,,50,,,,serial")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.load("stock", "product,warehouse,on_hand,serial", "X05,默认仓,1,SN-1", "X05,默认仓,1,SN-2")
			f.serve()
			db := f.sql()
			wecom := f.answer
			place := func(text string) string { return f.confirmed("zhouting", text) }
			id := place("蓝海诊所 穿刺架16G 2盒，介入套装3套，主机2台")
			require.Regexp(t, `要复核 `+id+`\n1. X01 穿刺架 16G 26个\n2. X03 配件包（X04 介入套装的组成） 3包\n3. X05 主机 2台\n点完请回`, wecom("zhengku", "复核 "+id))
			require.Contains(t, wecom("zhouting", "复核 "+id+" X01 26个"), "没有这个权限，没有改动")
			// A kit is missing, and the model is another.
			answer := wecom("zhengku", "复核 "+id+" 穿刺架 18G 2盒，X01 6，配件包 2包，SN-1，sn-2")
			require.Regexp(t, `不符 ❌ 3 处，不能发货\n❌ X01 穿刺架 16G：要 26个，点到 6个，少 20个\n❌ X03 配件包（X04 介入套装的组成）：要 3包，点到 2包，少 1包\n✅ X05 主机：相符 2台（SN-1、SN-2）\n❌ X02 穿刺架 18G：单里没有，多 20个`, answer)
			require.Contains(t, wecom("zhengku", "发货 "+id+" SF1234567890123"), "复核不符，不能发货：X01 要 26个，点到 6个")
			// As a table, then as scans.
			require.Contains(t, wecom("zhengku", "复核 "+id+"\nX01\t2盒\nX01\t6个\n配件包\t3 包\n主机\t2\t序列号 SN-1、SN-9"), "❌ X05 主机：库里没有序列号 SN-9")
			require.Contains(t, wecom("zhengku", "复核 "+id+"\nX01 23\nX01\nX01\nx01\nX03\nX03\nX03\nSN-2\nSN-1"), "相符 ✅")
			require.Contains(t, wecom("zhouting", "进度 "+id), "已复核（仓管）")
			require.Contains(t, wecom("zhengku", "发货 "+id+" SF1234567890123"), "已发货")

			// A carrier that was promised is kept, or there is a reason.
			id = place("蓝海诊所 穿刺架16G 2盒，指定发顺丰")
			see(t, "pick", f.wecom("zhengku"), says("拣货 "+id, "指定物流：顺丰"))
			require.Contains(t, wecom("zhengku", "发货 "+id+" 中通 73100012345678"), "答应了客户走 顺丰，没有登记。一定要换，请写明原因：「发货 "+id+" 中通 73100012345678 原因 …」")
			require.Contains(t, wecom("zhengku", "发货 "+id+" 中通 73100012345678 原因 顺丰停运"), "已发货 "+id+"：中通 73100012345678")
			require.Contains(t, wecom("zhouting", "轨迹 "+id), "顺丰停运")
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
