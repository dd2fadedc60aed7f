package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// The customer's type alone chooses the flow: the same two orders go three ways, and another way as soon as the type is another. The
// account manager hears of a VIP's large order.
//
// feature: AP-07, CF-09
func TestTheTypeOfTheCustomerChoosesTheFlow(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{name: "沈悦", role: orders.RoleAccountManager, wecom: "shenyue"}, colleague{name: "高维", role: orders.RoleAccountManager, wecom: "gaowei"})
			f.load("products", "code,name,unit,price,stock", "X01,晶振灯,只,100,100000", "X02,投光灯,只,100,100000")
			f.load("customers", "code,name,type,level,credit_grade,sales,manager,address",
				"K01,蓝海灯具行,普通,A,A,S01,,南京路1号", "K02,远山照明,VIP,A,A,S01,沈悦,苏州路1号", "K03,北街五金,经销商,A,A,S01,,杭州路1号")
			f.serve()
			db := f.sql()
			flow := func(words string) string {
				f.clock.advance(15 * time.Second) // thirty messages a minute reach a member
				id := f.confirmed("zhouting", words)
				out := texts(t, db, "SELECT route FROM orders WHERE id = ?", id)[0] + ":"
				for _, row := range texts(t, db, "SELECT role, status FROM order_nodes WHERE order_id = ? ORDER BY seq", id) {
					out += " " + row
				}
				return out
			}
			const small, large = " 晶振灯40只", " 晶振灯150只"
			require.Equal(t, []string{
				"规则 1 自动通过:", "规则 2 两万以下: sales_manager open finance waiting",
				"规则 1 自动通过:", "VIP 通道，规则 2: sales_manager open",
				"规则 2 两万以下: sales_manager open finance waiting", "规则 2 两万以下: sales_manager open finance waiting",
			}, []string{
				flow("蓝海灯具行" + small), flow("蓝海灯具行" + large), flow("远山照明" + small), flow("远山照明" + large), flow("北街五金" + small), flow("北街五金" + large),
			})

			f.load("customers", "code,name,type", "K01,蓝海灯具行,VIP")
			eventually(t, patience, "the type", func() bool {
				return f.server.clerk.Desk.Catalog().Customer("K01").Type == orders.CustomerVIP
			}, func() string { return "not yet" })
			require.Equal(t, "VIP 通道，规则 2: sales_manager open", flow("蓝海灯具行 投光灯150只"))

			// Above 20,000 a VIP has the special route, and its own account manager hears of it, else all of them.
			require.Equal(t, "VIP 特别通道: senior_approver open cfo waiting", flow("远山照明 投光灯201只"))
			see(t, "told", f.wecom("shenyue"), says("已下单", "远山照明", "VIP 特别通道"))
			require.Equal(t, "VIP 特别通道: senior_approver open cfo waiting", flow("蓝海灯具行 投光灯201只"))
			for _, who := range []string{"shenyue", "gaowei"} {
				see(t, "told", f.wecom(who), says("已下单", "蓝海灯具行"))
			}
			for _, b := range f.wecom("gaowei")() {
				require.False(t, says("远山照明")(b), "another's customer")
			}
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Whoever looks after the accounts gives somebody a right, and takes it back, with a list of the staff in the chat and one press: no
// code, no restart.
//
// feature: SC-06
func TestRightsAreGivenInTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newImportDesk(t, database(t))
			ctx := t.Context()
			id := d.confirmed("zhouting", "澜州一院 外科口罩20箱，周五送到")
			skip := func(words ...string) {
				t.Helper()
				quiet(t, d.sql(), patience)
				before := len(d.wecom("hefu")())
				d.sim.WeCom.SendText(ctx, "hefu", "跳过 "+id+" 客户等着手术")
				see(t, "an answer", func() []simulator.Bubble { return d.wecom("hefu")()[before:] }, says(words...))
			}
			give := func(roles, shown string) {
				t.Helper()
				screen := d.send("dt-luoguan", "员工.csv", []byte("工号,姓名,角色\nS31,何服,"+roles+"\n"))
				see(t, "preview", screen, says("第 2 行 S31 何服：角色", shown))
				d.pressDingTalk("dt-luoguan", see(t, "card", screen, offers("导入", "员工.csv")), "导入")
				for _, s := range d.servers {
					eventually(t, patience, "the right", func() bool {
						return (s.books.catalog().StaffByCode("S31").May(orders.RightSkip) == orders.ScopeAll) == (roles != "客服")
					}, func() string { return "not yet" })
				}
			}
			skip("没有这个权限")
			give("客服;运营主管", "运营主管")
			skip("跳过", id)
			require.Equal(t, orders.StatusAllocated, d.status(t, id))
			give("客服", "客服")
			skip("没有这个权限")
			require.EqualValues(t, 2, number(t, d.sql(), "SELECT COUNT(*) FROM audit WHERE action LIKE '%导入%' AND actor = 'T001'"))
		})
	}
}
