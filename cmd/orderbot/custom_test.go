package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// The kind of a product drives the form and the route: what is made to measure is asked about and always takes the custom route, by
// itself, as a part of a bundle and as a gift; a bundle of standard goods takes the usual one, and holds and is picked by its parts.
//
// feature: IN-17
func TestKindsOfProductsDriveFormAndRoute(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("products", "code,name,unit,price,stock,kind,parts", "X01,导丝,根,5,900,标准品,", "X02,导管,根,5,900,,",
				"X03,个性导板,个,50,100,定制品,", "X04,个性支具,个,50,100,定制品,", "B01,介入套装,套,12,,组合品,X01=2;X02=1", "B02,导板套装,套,60,,组合品,X01=1;X03=1")
			f.load("customers", "code,name,level,credit_grade,sales,address", "K01,蓝海诊所,A,A,S01,南京市江宁区将军大道88号")
			f.employ(colleague{"何计划", orders.RolePlanner, "hejihua", "dt-hejihua"})
			f.serve()
			db := f.sql()
			route := func(id string) string { return texts(t, db, "SELECT route FROM orders WHERE id = ?", id)[0] }
			confirm := func(id string, card simulator.Bubble) {
				f.pressWeCom("zhouting", card, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				quiet(t, db, patience)
			}
			held := func(id string) []string {
				return texts(t, db, "SELECT product, CAST(quantity / 1000000 AS DECIMAL(9)) FROM reservations WHERE order_id = ? ORDER BY product", id)
			}

			// Standard goods, and a bundle of them: no question, the usual route.
			id, card := f.draftOf("zhouting", "蓝海诊所 导丝20根")
			require.NotContains(t, card.Text+string(card.Card), "定制要求")
			confirm(id, card)
			require.Equal(t, "规则 1 自动通过", route(id))
			id, card = f.draftOf("zhouting", "蓝海诊所 介入套装30套")
			require.NotContains(t, card.Text+string(card.Card), "定制要求")
			confirm(id, card)
			require.Equal(t, "规则 1 自动通过", route(id))
			require.Equal(t, []string{"X01 60", "X02 30"}, held(id))
			see(t, "picked by its parts", f.wecom("zhengku"), says("拣货 "+id, "介入套装", "X01 导丝 60根", "X02 导管 30根"))

			// Made to measure: asked for the drawing, which goes to who decides, and the custom route.
			id, card = f.draftOf("zhouting", "蓝海诊所 个性导板2个")
			require.Contains(t, card.Text+string(card.Card), "定制要求：…")
			see(t, "answered", f.tell("zhouting", id+" 定制要求：按图 D-102，左侧"), offers("确认下单", id, "按图 D-102"))
			see(t, "more of it", f.tell("zhouting", id+" 个性支具1个也要"), offers("确认下单", id, "个性支具", "还缺 X03 个性导板、X04 个性支具 的"))
			card = see(t, "both", f.tell("zhouting", id+" 定制要求：个性导板按图 D-102；X04 长 20cm"), offers("确认下单", id, "长 20cm"))
			require.NotContains(t, card.Text+string(card.Card), "还缺")
			confirm(id, card)
			require.Equal(t, "定制通道", route(id))
			require.Equal(t, orders.StatusPendingApproval, f.status(t, id), "small as it is, it is not approved by itself")
			f.pressDingTalk("dt-wangmin", see(t, "sales", f.dingtalk("dt-wangmin"), offers("同意", id, "定制通道", "X04 长 20cm")), "同意")
			f.pressDingTalk("dt-hejihua", see(t, "production", f.dingtalk("dt-hejihua"), offers("同意", id, "X04 长 20cm")), "同意")
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			see(t, "the warehouse", f.wecom("zhengku"), says("拣货 "+id, "X04 长 20cm"))

			// As a part, and as a gift.
			for _, words := range []string{"蓝海诊所 导板套装1套", "蓝海诊所 导丝30根，送1个个性导板"} {
				id, card = f.draftOf("zhouting", words)
				require.Contains(t, card.Text+string(card.Card), "定制要求：…")
				confirm(id, card)
				require.Equal(t, "定制通道", route(id), words)
			}
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
