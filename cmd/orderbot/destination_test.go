package main

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/storage"
)

// The rules send an order to line, warehouse and carrier: its stock comes from there, and the destinations are printed on it with the reason.
// What the planner, a promise or the cold chain says goes before.
//
// feature: ST-09
func TestOrdersAreSentToTheirDestinations(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight+`
dispatch:
  - {name: 导板, when: '"导板" in 分类', line: 三号线}
  - {name: 缝线, when: '"缝线" in 分类', warehouse: 苏州仓, carrier: 中通}
  - {name: 其他, when: 其余, carrier: 京东}
`)
			o.load("staff", "code,name,role,wecom\nS40,何计划,planner,hejihua\n")
			o.load("products", "code,name,unit,price,kind,category\nP2,缝线,根,3,,缝线\nX1,定制导板,个,3,定制品,导板\nP3,冷藏缝线,根,3,,缝线\n")
			o.load("stock", "product,warehouse,on_hand\nP1,默认仓,0\nP1,宁波仓,60\nP2,宁波仓,60\nP2,苏州仓,10\nP3,宁波仓,9\nP3,苏州仓,9\n")
			place := func(product orders.ProductCode, n int64, carrier string) *orders.Order {
				t.Helper()
				o.clock = o.clock.Add(time.Minute)
				id := o.placeWith(n, func(order *orders.Order) {
					order.Carrier = carrier
					order.Lines = []orders.Line{{Product: product, Unit: "根", Quantity: decimal.NewFromInt(n), Base: decimal.NewFromInt(n)}}
					if product == "X1" {
						order.Lines[0].Unit = "个"
					}
				})
				return o.order(id)
			}
			from := func(order *orders.Order) (out []string) {
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					picks, err := tx.Picks(order.ID)
					out = nil
					for _, p := range picks {
						out = append(out, p.Warehouse+" "+p.Quantity.String())
					}
					return err
				}))
				return out
			}
			printed := func(order *orders.Order) string { return cards.Progress(order, o.catalog(), o.clock).Text }

			order := place("P2", 4, "")
			require.Equal(t, []string{"苏州仓 4"}, from(order), "near is another one")
			require.Contains(t, printed(order), "分单：仓库 苏州仓（规则「缝线」） → 物流 中通（规则「缝线」）")
			require.Contains(t, cards.Detail(order, cards.DetailView{Catalog: o.catalog(), Now: o.clock}).Text, "分单：仓库 苏州仓")
			require.NotContains(t, cards.Detail(order, cards.DetailView{ForCustomer: true, Catalog: o.catalog(), Now: o.clock}).Text, "分单")
			order = place("P2", 8, "SF")
			require.ElementsMatch(t, []string{"苏州仓 6", "宁波仓 2"}, from(order), "what it lacks comes from another one")
			require.Contains(t, printed(order), "货不齐，不够的从别的仓出） → 物流 顺丰（答应了客户）")
			order = place("P1", 4, "")
			require.Equal(t, []string{"宁波仓 4"}, from(order))
			require.Contains(t, printed(order), "分单：物流 京东（规则「其他」）", "one warehouse")
			require.NotContains(t, printed(order), "产线", "nothing is to be made")
			order = place("P3", 4, "")
			require.Contains(t, printed(order), "P3 要冷链", "a rule does not warm up goods")

			order = place("X1", 4, "")
			require.Contains(t, printed(order), "分单：产线 三号线（规则「导板」） → 物流 京东")
			o.do1(func(tx *storage.Tx) error {
				_, err := o.desk.Advance(tx, order.ID, orders.ActSchedule, "二号线 注塑", o.actor("S40"))
				return err
			})
			require.Contains(t, printed(o.order(order.ID)), "产线 二号线（计划员排的）")
			second := place("X1", 2, "")
			require.Contains(t, second.Work.Promise.Unknown+second.Work.Promise.Words(), "生产 7 天", "another line's load does not count")
			require.NotContains(t, second.Work.Promise.Words(), "排队")
		})
	}
}
