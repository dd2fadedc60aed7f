package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// storyRules has the usual chain of such an order: every step takes a day or two.
const storyRules = `
routes:
  - {name: 都看, when: 其余, steps: [{role: 销售经理, limit: 24h}, {role: 财务, limit: 24h}]}
checks:
  - {name: 报关资料, kind: 进口, effect: 提醒, papers: [报关单, 原产地证]}
`

// 500 sets in 72 hours, which usually takes eleven working days: the green channel lets the order past the look at the credit, gives it the
// safety stock, and lets planning and customs begin at once; played on a fast clock, with every hand-over on record. The timeline is
// printed (-v).
//
// feature: EX-05
func TestFiveHundredSetsInSeventyTwoHours(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), storyRules)
			o.desk.Follow = true
			o.load("staff", "code,name,role,wecom,dingtalk,superior\nS40,贾划,planner,jiahua,,\n")
			o.load("products", "code,name,unit,price,imported,safety_stock\nP5,急救套件,套,20,是,100\n")
			o.load("stock", "product,warehouse,on_hand,safety_stock\nP5,默认仓,160,100\n")
			o.at("03-11 08:00")
			o.followed()
			start := o.clock
			id := o.placeWith(500, func(order *orders.Order) {
				order.DeliverBy = "2026-03-14T08:00:00+08:00"
				order.Lines = []orders.Line{{Product: "P5", Unit: "套", Quantity: decimal.NewFromInt(500), Base: decimal.NewFromInt(500)}}
			})
			o.tell()
			require.Equal(t, "60", o.order(id).Lines[0].Reserved.String(), "the safety stock is kept")
			type step struct {
				at string
				do func(tx *storage.Tx) error
			}
			advance := func(act orders.Act, where string, by orders.StaffCode) func(tx *storage.Tx) error {
				return func(tx *storage.Tx) error { _, err := o.desk.Advance(tx, id, act, where, o.actor(by)); return err }
			}
			track := func(state orders.ParcelState, text string) func(tx *storage.Tx) error {
				return func(tx *storage.Tx) error {
					_, err := o.desk.Track(tx, id, 1, state, []orders.ParcelEvent{{At: o.clock, Text: text}}, orders.SystemActor)
					return err
				}
			}
			for _, s := range []step{
				{"03-11 08:20", func(tx *storage.Tx) error {
					all := orders.GreenSwitches{Urgency: 2, SkipCredit: true, Safety: true, Production: true, Customs: true}
					_, err := o.desk.OpenGreen(tx, id, -1, orders.Green{GreenSwitches: all, From: o.clock, Until: o.clock.Add(orders.GreenUsual), Reason: "灾区急救"}, o.actor("S14"))
					return err
				}},
				{"03-11 08:50", func(tx *storage.Tx) error {
					_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor("S10"))
					return err
				}},
				{"03-11 09:00", func(tx *storage.Tx) error { _, err := o.desk.Acknowledge(tx, id, o.actor("S20")); return err }},
				{"03-11 09:30", advance(orders.ActSchedule, "三号线", "S40")},
				{"03-11 10:00", func(tx *storage.Tx) error {
					_, err := o.desk.Expect(tx, orders.Receipt{Product: "P5", Warehouse: "默认仓", Quantity: decimal.NewFromInt(340), Due: "2026-03-13"}, o.actor("S40"))
					return err
				}},
				{"03-11 14:00", advance(orders.ActStart, "三号线", "S40")},
				{"03-12 11:00", func(tx *storage.Tx) error {
					_, err := o.desk.CheckPapers(tx, id, nil, true, o.actor("S30"))
					return err
				}},
				{"03-13 06:00", advance(orders.ActInspect, "", "S40")},
				{"03-13 08:00", func(tx *storage.Tx) error {
					_, _, err := o.desk.MoveStock(tx, orders.StockMove{Key: "sets", Kind: orders.MoveArrival, Product: "P5", Warehouse: "默认仓", Quantity: decimal.NewFromInt(340)}, o.actor("S21"))
					return err
				}},
				{"03-13 09:00", advance(orders.ActPick, "A-01 架", "S21")},
				{"03-13 12:00", func(tx *storage.Tx) error {
					_, err := o.desk.Ship(tx, id, "SF", "SF1234567890123", "t", o.actor("S21"))
					return err
				}},
				{"03-13 14:00", track(orders.ParcelPickedUp, "已揽收")},
				{"03-13 22:00", track(orders.ParcelInTransit, "到达转运中心")},
				{"03-14 07:00", track(orders.ParcelOut, "派件中")},
				{"03-14 07:52", track(orders.ParcelDelivered, "已签收")},
			} {
				o.until(s.at)
				o.do1(s.do)
				o.tell()
			}
			o.until("03-14 09:00")

			got := o.order(id)
			require.Equal(t, orders.StatusDelivered, got.Status)
			took := got.Reached[orders.StatusDelivered].Sub(start)
			require.Equal(t, 71*time.Hour+52*time.Minute, took)
			require.Contains(t, got.Nodes[1].Reason, "绿色通道跳过信用复核")
			require.NotEmpty(t, o.told(notify.KindCountdown), "half of the urgent order's time")
			require.Contains(t, texts(t, o.sql, "SELECT chat_id FROM deliveries WHERE kind = 'green.task' ORDER BY id"), "jiahua")
			require.Contains(t, o.states(id), "late kept 0", "before its time was over")
			require.Contains(t, o.states(id), "shipping kept 0", "within a day of the goods' coming into stock")

			entries, err := o.store.Trail(t.Context(), id)
			require.NoError(t, err)
			var line strings.Builder
			fmt.Fprintf(&line, "%s 500 套，72 小时（平常 11 个工作日），用了 %s\n", id, took)
			var seen []string
			for _, e := range entries {
				who := "系统"
				if s := o.catalog().StaffByCode(orders.StaffCode(e.Actor)); s != nil {
					who = s.Name
				}
				since := e.At.Sub(start)
				fmt.Fprintf(&line, "T+%02d:%02d  %s  %s  %s  %s\n", int(since.Hours()), int(since.Minutes())%60, e.At.In(location).Format("01-02 15:04"), who, e.Action, strings.TrimSpace(e.After+" "+e.Reason))
				seen = append(seen, e.Action)
			}
			t.Log(line.String())
			at := 0
			for _, action := range []string{"确认下单", "开通绿色通道", "同意", "加急收到", "排产", "开工", "质检", "到货补占", "拣货", "发货", "物流"} {
				next := at
				for next < len(seen) && !strings.HasPrefix(seen[next], action) {
					next++
				}
				require.Less(t, next, len(seen), "%s is missing, or out of its order:\n%s", action, line.String())
				at = next
			}
			sound(t, o.sql)
		})
	}
}
