package main

import (
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// The green channel by its card and by words: only by who may, exactly what is switched on, on record, seen by everybody whom it
// concerns.
//
// feature: AP-21, EX-05
func TestGreenChannel(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.employ(colleague{"纪划", orders.RolePlanner, "jihua", ""})
			f.load("products", "code,name,unit,price,stock,imported", "X01,进口缝线,根,5,100000,是", "X02,国产缝线,根,3,100000,否")
			f.load("customers", "code,name,level,credit_grade,credit_limit,sales,address", "K01,蓝海诊所,A,A,100000,S01,南京市江宁区将军大道88号",
				"K02,红山诊所,A,A,200,S01,南京市玄武区红山路2号")
			f.serve()
			ctx, db := t.Context(), f.sql()
			wecom := f.answer
			open := func(who string, id string) simulator.Bubble {
				return see(t, "card", f.wecom(who), offers("开通", id))
			}

			// The third order of the same product within a day waits for finance to look at the credit again.
			f.confirmed("zhouting", "蓝海诊所 进口缝线20根")
			f.confirmed("zhouting", "蓝海诊所 进口缝线21根")
			id := f.confirmed("zhouting", "蓝海诊所 进口缝线22根")
			see(t, "asked", f.dingtalk("dt-lizhang"), offers("同意", id))
			for _, text := range []string{"绿色通道 " + id, "绿色通道 " + id + " 跳过信用复核", "关闭绿色通道 " + id, id + " 绿色通道 特急"} {
				require.Contains(t, wecom("lizhang", text), "您没有这个权限，没有改动")
			}
			require.Contains(t, wecom("zhouting", "绿色通道 "+id+" 特急"), "您没有这个权限")
			require.EqualValues(t, 5, number(t, db, "SELECT COUNT(*) FROM audit WHERE order_id = ? AND action = '绿色通道被拒绝'", id))
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 赶时间"), "请写明开哪几项")
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 不要跳过信用复核"), "只写要开的几项")
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 特急 到2月30日"), "没有「到2月30日」这个时间")
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 特急 100天"), "最多开 31 天")
			require.Contains(t, wecom("sunyun", "关闭绿色通道 "+id), "没有开着的绿色通道")

			// Switches are set on the card, which says so; only 开通 does anything, and once.
			f.sim.WeCom.SendText(ctx, "sunyun", "绿色通道 "+id)
			first := open("sunyun", id)
			_, isSafety := buttonOf(first, "☐ 启用安全库存")
			require.True(t, isSafety)
			f.pressWeCom("sunyun", first, "开通")
			see(t, "nothing is on", f.wecom("sunyun"), says("开关一个都没有开"))
			for _, press := range []string{"跳过信用复核", "直达生产", "报关预申报"} {
				f.pressWeCom("sunyun", see(t, "card", f.wecom("sunyun"), offers("☐ "+press, id)), "☐ "+press)
				see(t, "it shows", f.wecom("sunyun"), offers("☑ "+press, id))
			}
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM audit WHERE order_id = ? AND action = '开通绿色通道'", id))
			f.sim.DingTalk.SendText(ctx, "dt-sunyun", "绿色通道 "+id)
			other := see(t, "the same on DingTalk", f.dingtalk("dt-sunyun"), offers("开通", id))
			f.pressDingTalk("dt-sunyun", other, "紧急等级：不变")
			other = see(t, "it shows", f.dingtalk("dt-sunyun"), offers("紧急等级：加急", id))
			card := open("sunyun", id)
			key, _ := buttonOf(card, "开通")
			var presses sync.WaitGroup
			for range 2 {
				presses.Go(func() { f.sim.WeCom.Click(ctx, "sunyun", card.TaskID, key) })
			}
			presses.Wait()
			see(t, "opened", f.wecom("sunyun"), says("已开通 "+id, "跳过信用复核、直达生产、报关预申报", "自动结束"))
			f.pressDingTalk("dt-sunyun", other, "开通")
			see(t, "stale", f.dingtalk("dt-sunyun"), says("这张卡片是旧的"))
			see(t, "settled", f.dingtalk("dt-sunyun"), says("已开通", "孙运开通"))
			see(t, "finance", f.dingtalk("dt-lizhang"), says("已跳过 孙运", "绿色通道跳过信用复核"))
			see(t, "approved", f.wecom("zhouting"), says(id, "已批准"))
			see(t, "planner", f.wecom("jihua"), says("【绿色通道】直达生产 "+id, "进口缝线", "不用等审批"))
			see(t, "customs", f.wecom("fenggou"), says("【绿色通道】报关预申报 "+id, "报关单"))
			require.Contains(t, wecom("guanli", "进度 "+id), "绿色通道：跳过信用复核、直达生产、报关预申报，孙运开通")
			require.Regexp(t, `孙运 开通绿色通道`, wecom("guanli", "轨迹 "+id))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE order_id = ? AND action = '开通绿色通道'", id))
			require.Zero(t, number(t, db, "SELECT urgent FROM orders WHERE id = ?", id), "not switched on")
			require.Contains(t, wecom("zhengku", "发货 "+id+" SF1234567890124"), "资料不齐", "nothing else is left out")

			// A draft by words: what is switched on holds when it is confirmed.
			id, draft := f.draftOf("zhouting", "蓝海诊所 进口缝线23根")
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 特急，跳过信用复核 48小时 医院急救"), "特急、跳过信用复核。到")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "approved", f.wecom("zhouting"), says("已下单 "+id, "已通知仓库"))
			require.Contains(t, wecom("guanli", "进度 "+id), "系统自动通过（绿色通道跳过信用复核，孙运开通）")
			see(t, "the warehouse", f.wecom("zhengku"), says("【加急】拣货 "+id, "绿色通道：特急"))
			see(t, "alarm", f.wecom("wucang"), offers("收到", id))
			require.Contains(t, wecom("guanli", "进度 "+id), "医院急救")

			// The limit itself is never left out, nor what finance is asked for any other reason.
			id, draft = f.draftOf("zhouting", "红山诊所 国产缝线100根")
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单 "+id))
			f.pressDingTalk("dt-wangmin", see(t, "first", f.dingtalk("dt-wangmin"), offers("同意", id)), "同意")
			see(t, "asked", f.dingtalk("dt-lizhang"), offers("同意", id))
			require.Contains(t, wecom("sunyun", "绿色通道 "+id+" 全开"), "现在等财务审批。这一步不是日常的信用复核")
			see(t, "finance is told", f.dingtalk("dt-lizhang"), offers("同意", id))
			require.Contains(t, wecom("lizhang", "待办"), id)
			see(t, "nobody has decided", f.wecom("zhouting"), says(id+" 走绿色通道", "孙运开通"))
			require.Contains(t, wecom("sunyun", "取消绿色通道 "+id+" 不急了"), "已关闭 "+id)
			require.EqualValues(t, orders.StatusPendingApproval, texts(t, db, "SELECT status FROM orders WHERE id = ?", id)[0])
			require.Contains(t, wecom("guanli", "进度 "+id), "（已结束）")
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// atOnce does something n times at once and returns what came of it.
func atOnce(n int, do func() error) []error {
	out := make([]error, n)
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() { out[i] = do() })
	}
	all.Wait()
	return out
}

// reviewed are rules by which finance looks at every order.
const reviewed = `
routes:
  - {name: 都看, when: 其余, steps: [{role: 销售经理}, {role: 财务}, {role: 财务总监}]}
`

// A green channel begins and ends at its moments by itself, also while the server was down, once on all replicas; what comes after
// its end is as for any other order.
//
// feature: CF-08
func TestAGreenChannelBeginsAndEndsByItself(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), reviewed)
			tick := func(id orders.OrderID) {
				t.Helper()
				for _, err := range atOnce(4, func() error { return o.do(func(tx *storage.Tx) error { return o.desk.Tick(tx, id) }) }) {
					require.NoError(t, err)
				}
			}
			open := func(id orders.OrderID, from, until string, s orders.GreenSwitches) {
				t.Helper()
				at := func(text string) time.Time {
					m, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, location)
					require.NoError(t, err)
					return m
				}
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					_, err := o.desk.OpenGreen(tx, id, -1, orders.Green{GreenSwitches: s, From: at(from), Until: at(until), Reason: "急救"}, o.actor("S14"))
					return err
				}))
			}
			decide := func(id orders.OrderID, by orders.StaffCode) {
				t.Helper()
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor(by))
					return err
				}))
			}
			entries := func(id orders.OrderID, action string) int64 {
				return number(t, o.sql, "SELECT COUNT(*) FROM audit WHERE order_id = ? AND action = ?", string(id), action)
			}
			skip := orders.GreenSwitches{SkipCredit: true, Urgency: 2}

			// It begins: the step that waits is left out, the next one is not.
			o.at("03-11 10:00")
			first := o.place(10)
			decide(first, "S10")
			open(first, "03-11 12:00", "03-12 12:00", skip)
			require.False(t, o.order(first).Urgent)
			o.at("03-11 11:59")
			tick(first)
			require.Equal(t, orders.RoleFinance, o.order(first).OpenNode().Role)
			o.at("03-11 12:00")
			tick(first)
			got := o.order(first)
			require.Equal(t, orders.NodeSkipped, got.Nodes[1].Status)
			require.Equal(t, orders.RoleCFO, got.OpenNode().Role, "the CFO is never left out")
			require.True(t, got.Urgent)
			require.EqualValues(t, 1, entries(first, "绿色通道开始"))

			// It ends, after which the clock has done it and before: the next finance step is as usual.
			o.at("03-12 09:00")
			second := o.place(10)
			open(second, "03-12 09:00", "03-12 12:00", skip)
			o.at("03-12 12:00")
			decide(second, "S10")
			require.Equal(t, orders.NodeOpen, o.order(second).Nodes[1].Status, "the channel is over, whether the clock has seen it or not")
			tick(first)
			tick(second)
			for _, id := range []orders.OrderID{first, second} {
				require.False(t, o.order(id).Urgent)
				require.EqualValues(t, 1, entries(id, "绿色通道到期"))
				require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM events WHERE kind = 'green.ended' AND order_id = ?", string(id)))
			}
			require.Zero(t, o.order(first).GreenUrgency())

			// While the server was down it was over before it began: nothing was left out.
			third := o.place(10)
			decide(third, "S10")
			open(third, "03-12 13:00", "03-12 14:00", skip)
			o.at("03-12 20:00")
			tick(third)
			require.Equal(t, orders.RoleFinance, o.order(third).OpenNode().Role)
			require.EqualValues(t, 1, entries(third, "绿色通道到期"))
			require.Zero(t, entries(third, "绿色通道开始"))

			// The goods have left before it begins: nobody is alarmed.
			gone := o.place(10)
			for _, by := range []orders.StaffCode{"S10", "S11", "S12"} {
				decide(gone, by)
			}
			open(gone, "03-12 21:00", "03-13 21:00", skip)
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Ship(tx, gone, "SF", "SF1", "t", o.actor("S21"))
				return err
			}))
			o.at("03-12 21:00")
			tick(gone)
			require.Nil(t, o.order(gone).Alert)
			require.Equal(t, orders.GreenClosed, o.order(gone).Green.State)

			// What is ended, shipped or over can't be opened, nor for no time or for too long.
			refused := func(id orders.OrderID, serial int, g orders.Green, code orders.Code) {
				t.Helper()
				err := o.do(func(tx *storage.Tx) error { _, err := o.desk.OpenGreen(tx, id, serial, g, o.actor("S14")); return err })
				require.Equal(t, code, orders.ErrorCode(err), "%v", err)
			}
			g := orders.Green{GreenSwitches: skip, From: o.clock, Until: o.clock.Add(time.Hour)}
			refused(third, 7, g, orders.CodeConflict)
			refused(third, -1, orders.Green{GreenSwitches: skip, From: o.clock, Until: o.clock}, orders.CodeInvalid)
			refused(third, -1, orders.Green{GreenSwitches: skip, From: o.clock, Until: o.clock.Add(orders.GreenLongest + time.Second)}, orders.CodeInvalid)
			refused(third, -1, orders.Green{From: o.clock, Until: o.clock.Add(time.Hour)}, orders.CodeInvalid)
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Cancel(tx, third, 0, "不要了", o.actor("S01"))
				return err
			}))
			refused(third, -1, g, orders.CodeConflict)

			// Many open the same card at once: one wins.
			fourth := o.place(10)
			won := 0
			for _, err := range atOnce(20, func() error {
				return o.do(func(tx *storage.Tx) error {
					_, err := o.desk.OpenGreen(tx, fourth, 0, g, o.actor("S14"))
					return err
				})
			}) {
				if err == nil {
					won++
				} else {
					require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
				}
			}
			require.Equal(t, 1, won)
			require.EqualValues(t, 1, entries(fourth, "开通绿色通道"))
			require.Equal(t, 1, o.order(fourth).GreenSerial())
			sound(t, o.sql)
		})
	}
}

// The safety stock is for orders whose channel says so, as long as it is open; what they hold they keep.
//
// feature: EX-05
func TestAGreenChannelTakesTheSafetyStock(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), "routes: [{name: 自动, when: 其余, steps: []}]")
			o.load("stock", "product,warehouse,on_hand,safety_stock\nP1,默认仓,10,4\n")
			safety := orders.Green{GreenSwitches: orders.GreenSwitches{Safety: true}, From: o.clock, Until: o.clock.Add(time.Hour)}
			hurry := orders.Green{GreenSwitches: orders.GreenSwitches{Urgency: 1}, From: o.clock, Until: o.clock.Add(time.Hour)}
			open := func(id orders.OrderID, g orders.Green) {
				t.Helper()
				require.NoError(t, o.do(func(tx *storage.Tx) error { _, err := o.desk.OpenGreen(tx, id, -1, g, o.actor("S14")); return err }))
			}
			id := o.place(8)
			require.Equal(t, orders.StatusApproved, o.order(id).Status)
			require.Equal(t, "6", o.order(id).Lines[0].Reserved.String())
			open(id, hurry)
			require.Equal(t, "6", o.order(id).Lines[0].Reserved.String(), "not switched on")
			require.NotNil(t, o.order(id).Alert)
			open(id, safety)
			got := o.order(id)
			require.Equal(t, orders.StatusAllocated, got.Status)
			require.Equal(t, "8", got.Lines[0].Reserved.String())
			require.False(t, got.Urgent, "the new channel does not hurry")

			other := o.place(2)
			require.Equal(t, "0", o.order(other).Lines[0].Reserved.String())
			open(other, safety)
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.CloseGreen(tx, id, -1, "够了", o.actor("S14"))
				return err
			}))
			require.Equal(t, "8", o.order(id).Lines[0].Reserved.String(), "it keeps what it holds")
			require.Equal(t, "2", o.order(other).Lines[0].Reserved.String())

			// Over: shipped is what is held, no more is taken.
			o.load("stock", "product,warehouse,on_hand,safety_stock\nP1,默认仓,12,4\n")
			late := o.place(2)
			open(late, safety)
			require.Equal(t, "2", o.order(late).Lines[0].Reserved.String())
			require.NoError(t, o.do(func(tx *storage.Tx) error { _, err := o.desk.Cancel(tx, late, 0, "", o.actor("S01")); return err }))
			late = o.place(2)
			o.clock = o.clock.Add(time.Hour)
			err := o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Ship(tx, late, "SF", "SF1", "t", o.actor("S21"))
				return err
			})
			require.Equal(t, orders.CodeConflict, orders.ErrorCode(err))
			sound(t, o.sql)
		})
	}
}

// What ends with a channel is what it brought: an urgency that the customer or a rule asked for besides stays, freight by 加急 goes.
func TestWhatStaysWhenAGreenChannelIsOver(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), `
routes: [{name: 自动, when: 其余, steps: []}]
freight: [{name: 急件, when: 加急, amount: 80}, {name: 普通, when: 其余, amount: 30}]
triggers: [{name: 大单, when: 金额 >= 5000, do: [加急]}]
`)
			draft := func(pieces int64) orders.OrderID {
				t.Helper()
				order := &orders.Order{
					Customer: "C1", CustomerName: "甲医院", Sales: "S01", Address: "宁波市江东路1号",
					Lines: []orders.Line{{Product: "P1", Unit: "根", Quantity: decimal.NewFromInt(pieces), Base: decimal.NewFromInt(pieces)}},
				}
				require.NoError(t, o.do(func(tx *storage.Tx) error { return o.desk.Place(tx, order, o.actor("S01")) }))
				return order.ID
			}
			open := func(id orders.OrderID) {
				t.Helper()
				hurry := orders.Green{GreenSwitches: orders.GreenSwitches{Urgency: 1}, From: o.clock, Until: o.clock.Add(time.Hour)}
				require.NoError(t, o.do(func(tx *storage.Tx) error { _, err := o.desk.OpenGreen(tx, id, -1, hurry, o.actor("S14")); return err }))
			}
			revise := func(id orders.OrderID, change func(*orders.Order)) {
				t.Helper()
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					_, err := o.desk.Revise(tx, id, o.actor("S01"), func(d *orders.Order) error { change(d); return nil })
					return err
				}))
			}
			confirm := func(id orders.OrderID) (repriced bool) {
				t.Helper()
				require.NoError(t, o.do(func(tx *storage.Tx) (err error) {
					_, repriced, err = o.desk.Confirm(tx, id, 0, o.actor("S01"))
					return err
				}))
				return repriced
			}

			said := draft(10)
			open(said)
			revise(said, func(d *orders.Order) { d.UrgentWords = "加急" })
			require.False(t, confirm(said))
			ruled := draft(60)
			open(ruled)
			revise(ruled, func(*orders.Order) {})
			require.False(t, confirm(ruled))
			late := draft(10)
			open(late)
			revise(late, func(*orders.Order) {})
			require.Equal(t, "¥80.00", o.order(late).Freight.Amount.String())

			o.clock = o.clock.Add(time.Hour)
			require.True(t, confirm(late), "the freight of an order that is not urgent any more is another, which is shown first")
			require.Equal(t, "¥30.00", o.order(late).Freight.Amount.String())
			require.False(t, o.order(late).Urgent)
			require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM events WHERE kind = 'green.ended' AND order_id = ?", string(late)))
			require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM audit WHERE action = '绿色通道到期' AND order_id = ?", string(late)))
			require.False(t, confirm(late))
			require.Equal(t, "¥1,030.00", o.order(late).Held.String())

			for id, words := range map[orders.OrderID]string{said: "加急", ruled: "规则「大单」"} {
				require.NoError(t, o.do(func(tx *storage.Tx) error { return o.desk.Tick(tx, id) }))
				got := o.order(id)
				require.Equal(t, orders.GreenClosed, got.Green.State)
				require.True(t, got.Urgent)
				require.Equal(t, words, got.UrgentWords)
				require.NotNil(t, got.Alert)
			}

			// Goods that are fetched after all cost no freight, which is not owed any more.
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Ship(tx, late, "SELF", "", "t", o.actor("S21"))
				return err
			}))
			require.Equal(t, "¥1,000.00", o.order(late).Held.String())
			require.Equal(t, "¥1,000.00", o.order(late).Payable().String())
			require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM audit WHERE action = '运费' AND order_id = ?", string(late)))
			sound(t, o.sql)
		})
	}
}
