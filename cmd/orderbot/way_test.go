package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// A customer sees seven nodes with time and role, the staff fifteen, and where exactly the goods are where somebody said so; who may not
// report it is refused.
//
// feature: LG-05, LG-08
func TestSevenAndFifteenNodes(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,price,stock,kind", "X01,定制导板,个,5,0,定制品", "X02,标准导板,个,5,50,")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.employ(colleague{"何计划", orders.RolePlanner, "hejihua", ""})
			f.serve()
			ctx, db := t.Context(), f.sql()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "K01"})
			kf := func() []simulator.Bubble { return f.sim.KF.Screen("wm-he") }
			wecom := f.answer
			place := func(text string) string { return f.confirmed("zhouting", text) }
			seven := func(id string) string {
				quiet(t, db, patience)
				return zeroWidth.Replace(f.ask(kf, func() { f.sim.KF.SendText(ctx, "wm-he", "进度 "+id) }).Text)
			}

			// Goods from stock are not made.
			id := place("蓝海诊所 标准导板20个")
			answer := seven(id)
			for _, row := range []string{`✅ 下单 .+（业务员）`, `✅ 审核 .+（系统）`, `➖ 排产 不经过`, `➖ 入库 不经过`, `⏳ 出库 进行中，预计 .+（仓管）`, `⚪ 在途 预计 .+（物流）`, `⚪ 签收 预计 .+（收货人）`} {
				require.Regexp(t, row, answer)
			}
			require.Regexp(t, `✅ .+ 已审批（采购）\n⏳ .+ 已占货（仓管）\n➖ 已排产、生产中、质检、已入库 不经过\n⚪ 拣货中 预计 .+（仓管）`, wecom("zhouting", "进度 "+id))
			require.Contains(t, wecom("hejihua", "排产 "+id), "货已经留齐，不用排产")
			require.Contains(t, wecom("zhengku", "位置 "+id), "请写明在哪里")
			require.Contains(t, wecom("zhengku", "拣货 "+id), "拣货中，位置未上报")
			require.Contains(t, wecom("zhouting", "进度 "+id), "拣货中（仓管）　位置：未上报", "nothing is made up")
			require.Contains(t, wecom("zhengku", "位置 "+id+" B-12 架"), "B-12 架")
			require.Contains(t, wecom("zhouting", "进度 "+id), "拣货中（仓管）　位置：B-12 架")
			require.NotContains(t, seven(id), "B-12", "shelves are no customer's business")
			require.Contains(t, wecom("zhengku", "拣货 "+id), "不用再登记", "the second word")
			require.Contains(t, wecom("zhengku", "发货 "+id+" SF1234567890123"), "已发货")
			require.Contains(t, wecom("zhouting", "进度 "+id), "✅ 已复核 时间未上报")

			// What is made passes them.
			id = place("蓝海诊所 定制导板20个")
			require.Contains(t, wecom("zhouting", "排产 "+id+" 一号线"), "排产由计划员、运营主管、管理员登记，您没有这个权限，没有改动")
			require.Contains(t, wecom("hejihua", "排产 "+id+" 一号线"), "已登记 "+id+"：已排产，位置：一号线。")
			require.Contains(t, wecom("hejihua", "开工 "+id+" 一号线 注塑"), "生产中，位置：一号线 注塑")
			answer = seven(id)
			require.Regexp(t, `⏳ 排产 进行中，预计 .+（计划员）\n⚪ 入库 预计 .+（仓管）`, answer)
			require.NotContains(t, answer, "注塑")
			require.Contains(t, wecom("zhengku", "入库 "+id), "还缺 X01 20个")
			require.Contains(t, wecom("hejihua", "质检 "+id), "质检，位置未上报")
			f.sim.WeCom.SendText(ctx, "zhengku", "到货 X01 20")
			see(t, "arrived", f.wecom("zhengku"), says("已登记到货", "补上了："+id))
			see(t, "pick", f.wecom("zhengku"), says("拣货 "+id, "等的货到齐了"))
			require.Regexp(t, `✅ 排产 .+（计划员）\n✅ 入库 .+（仓管）`, seven(id))
			require.Contains(t, wecom("zhengku", "发货 "+id+" SF1234567890124"), "已发货")

			// The touch points are those that left a record.
			answer = wecom("zhouting", "触点 "+id)
			require.Equal(t, 18, len(strings.Split(answer, "\n")))
			require.Regexp(t, `4 ✅ 下单 .+ 周婷\n5 ✅ 信用校验 .+ 系统\n6 ✅ 审批 .+ 系统\n7 ✅ 库存预占 .+ 系统\n8 ✅ 排产或采购 .+ 何计划\n9 ✅ 入库 .+`, answer)
			require.Regexp(t, `14 ⚪ 签收 未上报`, answer)
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
