package main

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// tell lets a dispatcher handle all events that are due, as a running server does.
func (o *office) tell() {
	o.t.Helper()
	d := notify.NewDispatcher(notify.DispatcherOptions{
		Outbox: o.store, Store: notifyStore{o.store}, Catalog: o.catalog, Signer: cards.NewSigner([]byte("key")), Desk: o.desk,
		Platforms: map[orders.Platform]bool{orders.WeCom: true, orders.DingTalk: true, orders.ServiceAccount: true},
		Metrics:   notify.NewMetrics(prometheus.NewRegistry()), Now: o.desk.Now, Logger: slog.New(slog.DiscardHandler),
	})
	for {
		events, err := o.store.ClaimEvents(o.t.Context(), o.clock, time.Minute, 100)
		require.NoError(o.t, err)
		if len(events) == 0 {
			return
		}
		for _, e := range events {
			d.Handle(o.t.Context(), e)
		}
	}
}

// until sets the clock and does what is due, twice, by two replicas.
func (o *office) until(text string) {
	o.t.Helper()
	o.at(text)
	for range 2 {
		o.tell()
		o.round()
	}
	o.tell()
}

// told are the kinds and receivers of the messages about exceptions so far, oldest first.
func (o *office) told(kinds ...string) []string {
	o.t.Helper()
	in := "'" + strings.Join(kinds, "','") + "'"
	return texts(o.t, o.sql, "SELECT chat_id, kind FROM deliveries WHERE kind IN ("+in+") ORDER BY id")
}

// states are the exceptions of an order: kind, state, level.
func (o *office) states(id orders.OrderID) []string {
	o.t.Helper()
	return texts(o.t, o.sql, "SELECT kind, state, level FROM exceptions WHERE order_id = ? ORDER BY kind, cause", string(id))
}

func (o *office) do1(f func(tx *storage.Tx) error) {
	o.t.Helper()
	require.NoError(o.t, o.do(f))
}

func (o *office) ship(id orders.OrderID) {
	o.t.Helper()
	o.do1(func(tx *storage.Tx) error {
		_, err := o.desk.Ship(tx, id, "SF", "SF"+string(id[2:]), "t"+string(id), o.actor("S21"))
		return err
	})
}

const straight = "routes: [{name: 自动, when: 其余, steps: []}]"

// followed binds a follower of the service account to the customer.
func (o *office) followed() {
	o.t.Helper()
	o.do1(func(tx *storage.Tx) error {
		return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "openid", Customer: "C1", By: "S01", At: o.clock})
	})
}

// What is approved is shipped within 24 hours of working days, also over 春节 and 国庆 with the days that make up for them: the
// warehouse's lead hears of it at the deadline, once more after half of the time for an exception, then those above, each once.
//
// feature: ST-21
func TestShippingIsPromisedWithinADay(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, c := range map[string]struct {
				from  string
				steps [][2]string
			}{
				"an ordinary day": {"03-11 10:00", [][2]string{
					{"03-12 09:59", ""},
					{"03-12 10:00", "wucang"},
					{"03-12 10:01", "wucang"},
					{"03-12 11:59", "wucang"},
					{"03-12 12:00", "wucang wucang"},
					{"03-12 13:59", "wucang wucang"},
					{"03-12 14:00", "wucang wucang sunyun"},
					{"03-13 09:00", "wucang wucang sunyun"},
				}},
				"over a weekend":         {"03-13 10:00", [][2]string{{"03-15 23:59", ""}, {"03-16 09:59", ""}, {"03-16 10:00", "wucang"}}},
				"the Saturday before 春节": {"02-13 10:00", [][2]string{{"02-14 09:59", ""}, {"02-14 10:00", "wucang"}, {"02-14 12:00", "wucang wucang"}}},
				"over 春节":                {"02-14 12:00", [][2]string{{"02-23 23:59", ""}, {"02-24 11:59", ""}, {"02-24 12:00", "wucang"}}},
				"the Saturday after 春节":  {"02-27 09:00", [][2]string{{"02-28 08:59", ""}, {"02-28 09:00", "wucang"}}},
				"over 国庆":                {"09-30 18:00", [][2]string{{"10-07 23:59", ""}, {"10-08 17:59", ""}, {"10-08 18:00", "wucang"}}},
				"the Saturday after 国庆":  {"10-09 08:00", [][2]string{{"10-10 07:59", ""}, {"10-10 08:00", "wucang"}}},
				"the exception itself over 国庆": {"09-29 23:00", [][2]string{
					{"09-30 23:00", "wucang"}, {"10-08 00:59", "wucang"}, {"10-08 01:00", "wucang wucang"}, {"10-08 02:59", "wucang wucang"}, {"10-08 03:00", "wucang wucang sunyun"},
				}},
				"while the server was down": {"03-11 10:00", [][2]string{{"03-12 22:00", "wucang"}, {"03-13 00:00", "wucang wucang"}, {"03-13 02:00", "wucang wucang sunyun"}}},
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					o := newOffice(t, database(t), straight)
					o.at(c.from)
					o.place(10)
					o.tell()
					for _, s := range c.steps {
						o.until(s[0])
						got := texts(t, o.sql, "SELECT chat_id FROM deliveries WHERE kind = 'parcel.exception' AND body LIKE '%发货超时%' ORDER BY id")
						require.Equal(t, s[1], strings.Join(got, " "), s[0])
					}
				})
			}
		})
	}
}

// A delay is level 1 to 23:59, level 2 from 24:00:00 and level 3 from 72 hours: the customer is told, the account manager has to talk to
// them and to write down how it went, all roles are called together; each once, whatever was down.
//
// feature: EX-06, EX-07, EX-08
func TestDelaysByTheirLevels(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := func(o *office) int { return len(o.told(notify.KindDelayed)) }
			late := func(t *testing.T, day string) (*office, orders.OrderID) {
				t.Helper()
				o := newOffice(t, database(t), straight)
				o.load("staff", "code,name,role,wecom,dingtalk,superior\nS40,贾划,planner,jiahua,,\nS41,客经,account_manager,kejing,,S14\n")
				o.load("customers", "code,name,manager,contact,phone\nC1,甲医院,S41,何文静,13912345678\n")
				o.at("03-11 10:00")
				o.followed()
				id := o.placeWith(10, func(order *orders.Order) { order.DeliverBy = day })
				o.tell()
				return o, id
			}

			t.Run("border", func(t *testing.T) {
				t.Parallel()
				o, id := late(t, "2026-03-13")
				o.until("03-13 23:59")
				require.Contains(t, o.states(id), "late watched 0")
				require.Zero(t, customer(o))
				o.until("03-14 00:00")
				require.Contains(t, o.states(id), "late open 1")
				require.Equal(t, 1, customer(o))
				o.until("03-14 23:59")
				require.Contains(t, o.states(id), "late open 1", "23:59 late")
				require.Equal(t, 1, customer(o))
				require.Empty(t, o.told(notify.KindExceptionTask))
				o.until("03-15 00:00")
				require.Contains(t, o.states(id), "late open 2", "24:00:00 late")
				o.until("03-15 00:01")
				require.Equal(t, []string{"kejing exception.task"}, o.told(notify.KindExceptionTask))
				require.Contains(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'exception.task'")[0], "tel:13912345678")
				require.Empty(t, o.told(notify.KindMeeting))
				o.until("03-16 23:59")
				require.Empty(t, o.told(notify.KindMeeting))
				o.until("03-17 00:00")
				o.until("03-17 00:01")
				require.Equal(t, []string{"zhouting exception.meeting", "kejing exception.meeting", "jiahua exception.meeting", "wucang exception.meeting", "lizhang exception.meeting", "fenggou exception.meeting", "sunyun exception.meeting"},
					o.told(notify.KindMeeting))
				summary := texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'exception.meeting'")[0]
				for _, words := range []string{string(id), "甲医院", "原因：", "办法：", "参加：周婷、客经、贾划、吴仓、李账、冯购、孙运"} {
					require.Contains(t, summary, words)
				}
				require.Equal(t, 3, customer(o), "once a level")
				o.until("03-25 10:00")
				require.Len(t, o.told(notify.KindMeeting), 7, "made once")
				require.Equal(t, 3, customer(o))
			})
			t.Run("again", func(t *testing.T) { // it was taken up, another day was agreed, and that day is over too
				t.Parallel()
				o, id := late(t, "2026-03-13")
				o.until("03-14 00:00")
				x, err := strconv.ParseInt(texts(t, o.sql, "SELECT id FROM exceptions WHERE order_id = ? AND kind = 'late'", string(id))[0], 10, 64)
				require.NoError(t, err)
				require.NoError(t, o.do(func(tx *storage.Tx) error { _, _, err := o.desk.TakeException(tx, x, o.actor("S01")); return err }))
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					order, err := tx.Order(id)
					if err != nil {
						return err
					}
					order.DeliverBy = "2026-03-16"
					return errors.Join(tx.SaveOrder(order), tx.Audit(orders.AuditEntry{Order: id, At: o.clock, Actor: "S01", Action: "修改"}), o.desk.Review(tx, order))
				}))
				require.Contains(t, o.states(id), "late closed 1")
				o.until("03-17 00:00")
				require.Contains(t, o.states(id), "late open 1")
			})
			// A delay is what the customer waits: holidays count, and days that make up for them are days as any other. What those who
			// deal with it have for that are four hours of working days.
			for what, c := range map[string]struct{ placed, wanted, late, next, third, handled string }{
				"over 春节":                {"02-13 10:00", "2026-02-15", "02-16", "02-17", "02-19", "02-24 04:00"},
				"the Saturday before 春节": {"02-12 10:00", "2026-02-12", "02-13", "02-14", "02-16", "02-14 04:00"},
				"over 国庆":                {"09-30 10:00", "2026-10-01", "10-02", "10-03", "10-05", "10-08 04:00"},
				"the Saturday after 国庆":  {"10-08 10:00", "2026-10-08", "10-09", "10-10", "10-12", "10-10 04:00"},
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					o, _ := late(t, "2026-12-31")
					o.at(c.placed)
					id := o.placeWith(10, func(order *orders.Order) { order.DeliverBy = c.wanted })
					o.tell()
					level := func() string {
						return texts(t, o.sql, "SELECT state, level FROM exceptions WHERE order_id = ? AND kind = 'late'", string(id))[0]
					}
					o.until(c.late + " 00:00")
					require.Equal(t, "open 1", level())
					o.until(c.late + " 23:59")
					require.Equal(t, "open 1", level(), "23:59 late")
					o.until(c.next + " 00:00")
					require.Equal(t, "open 2", level(), "24:00 late")
					due, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+c.handled, location)
					require.NoError(t, err)
					require.Equal(t, due.UnixMilli(), number(t, o.sql, "SELECT due_at FROM exceptions WHERE order_id = ? AND kind = 'late'", string(id)), "the account manager's time")
					o.until(c.next + " 00:01")
					require.Equal(t, "open 2", level(), "24:01 late")
					third, err := time.ParseInLocation("2006-01-02", "2026-"+c.third, location)
					require.NoError(t, err)
					o.until(third.Add(-time.Minute).Format("01-02 15:04"))
					require.Equal(t, "open 2", level(), "71:59 late")
					o.until(c.third + " 00:00")
					require.Equal(t, "open 3", level(), "72:00 late")
				})
			}
			t.Run("down", func(t *testing.T) {
				t.Parallel()
				o, id := late(t, "2026-03-13")
				o.until("03-15 00:01")
				require.Contains(t, o.states(id), "late open 2", "24:01 late, at once")
				require.Equal(t, []string{"kejing exception.task"}, o.told(notify.KindExceptionTask))
				require.Equal(t, 1, customer(o))
			})
			t.Run("at an hour", func(t *testing.T) {
				t.Parallel()
				o, id := late(t, "2026-03-13T15:00:00+08:00")
				o.until("03-14 14:59")
				require.Contains(t, o.states(id), "late open 1")
				o.until("03-14 15:00")
				require.Contains(t, o.states(id), "late open 2")
			})
			t.Run("closing needs a note", func(t *testing.T) {
				t.Parallel()
				o, id := late(t, "2026-03-13")
				o.until("03-15 00:01")
				no := number(t, o.sql, "SELECT id FROM exceptions WHERE kind = 'late'")
				end := func(note string, by orders.StaffCode) error {
					return o.do(func(tx *storage.Tx) error { _, _, err := o.desk.CloseException(tx, no, note, o.actor(by)); return err })
				}
				require.Equal(t, orders.CodeInvalid, orders.ErrorCode(end(" ", "S41")))
				require.Equal(t, orders.CodeDenied, orders.ErrorCode(end("说过了", "S20")))
				require.Equal(t, orders.CodeNotFound, orders.ErrorCode(end("说过了", "S02")), "another's order")
				require.Contains(t, o.states(id), "late open 2")
				won := 0
				for _, err := range atOnce(8, func() error { return end("已视频说明，改3月18日到", "S41") }) {
					if err == nil {
						won++
					} else {
						require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
					}
				}
				require.Equal(t, 1, won)
				o.until("03-20 10:00")
				require.Empty(t, o.told(notify.KindMeeting), "it is dealt with")
				require.Contains(t, o.states(id), "late closed 2")
			})
		})
	}
}

// placeWith is [office.place] of an order that is changed before.
func (o *office) placeWith(pieces int64, change func(*orders.Order)) orders.OrderID {
	o.t.Helper()
	order := o.draft(pieces)
	change(order)
	o.do1(func(tx *storage.Tx) error {
		if err := o.desk.Place(tx, order, o.actor("S01")); err != nil {
			return err
		}
		_, _, err := o.desk.Confirm(tx, order.ID, 0, o.actor("S01"))
		return err
	})
	return order.ID
}

// What goes wrong has one record each, is told once to whom it concerns, once more when half of the time is over, and then to those
// above; what comes again within that time is not told again.
//
// feature: EX-09, EX-11, LG-11
func TestExceptionsAreToldWithoutAStorm(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies := func(o *office, words string) []string {
				return texts(t, o.sql, "SELECT chat_id FROM deliveries WHERE kind IN ('parcel.exception', 'stock.short', 'approval.reminder', 'approval.card') AND body LIKE ? ORDER BY id", "%"+words+"%")
			}
			t.Run("stock short", func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, database(t), straight)
				o.load("stock", "product,warehouse,on_hand\nP1,默认仓,4\n")
				id := o.place(10)
				o.until("03-11 10:01")
				require.Contains(t, o.states(id), "stock open 1")
				require.Equal(t, []string{"zhouting", "fenggou"}, texts(t, o.sql, "SELECT chat_id FROM deliveries WHERE kind = 'stock.short' ORDER BY id"))
				o.until("03-11 11:59")
				require.NotContains(t, bodies(o, "库存不足（一级）"), "fenggou")
				o.until("03-11 12:01")
				require.Equal(t, []string{"zhouting", "fenggou"}, bodies(o, "库存不足（一级）"), "the offer, then the repetition")
				o.until("03-11 13:59")
				require.Len(t, bodies(o, "库存不足（一级）"), 2)
				o.until("03-11 14:01")
				require.Equal(t, []string{"zhouting", "fenggou", "sunyun"}, bodies(o, "库存不足（一级）"), "four hours are over")
				o.until("03-11 20:00")
				require.Len(t, bodies(o, "库存不足（一级）"), 3)
			})
			t.Run("approval", func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, database(t), managerWithin+"4h}\n")
				id := o.place(10)
				o.until("03-11 13:59")
				require.Equal(t, []string{"approval watched 0"}, o.states(id))
				require.Equal(t, []string{"dt-wangmin"}, bodies(o, "还在等您审批"))
				o.until("03-11 14:00")
				require.Equal(t, []string{"approval open 1"}, o.states(id))
				require.Equal(t, []string{"dt-wangmin"}, bodies(o, "审批超时 "+string(id)))
				o.until("03-11 15:59")
				require.Empty(t, bodies(o, "审批超时（一级）"))
				o.until("03-11 16:00")
				require.Equal(t, []string{"sunyun"}, bodies(o, "审批超时（一级）"))
				o.do1(func(tx *storage.Tx) error {
					_, err := o.desk.Decide(tx, id, 0, 0, true, "", o.actor("S10"))
					return err
				})
				o.until("03-11 18:30")
				require.Contains(t, o.states(id), "approval closed 1")
				require.Len(t, bodies(o, "审批超时（一级）"), 1)
			})
			t.Run("logistics", func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, database(t), straight)
				o.desk.Follow = true
				o.followed()
				id := o.place(10)
				o.tell()
				o.ship(id)
				track := func(state orders.ParcelState, text string, more ...orders.ParcelEvent) {
					o.do1(func(tx *storage.Tx) error {
						_, err := o.desk.Track(tx, id, 1, state, append([]orders.ParcelEvent{{At: o.clock, Text: text}}, more...), orders.SystemActor)
						return err
					})
				}
				o.at("03-11 18:00")
				track(orders.ParcelInTransit, "已发往下一站")
				o.until("03-12 17:59")
				require.Empty(t, bodies(o, "物流停滞"))
				o.until("03-12 18:00")
				require.Equal(t, []string{"zhouting", "hefu"}, bodies(o, "物流停滞"))
				require.Len(t, o.told(notify.KindDelayed), 1)
				o.until("03-12 19:00")
				require.Len(t, bodies(o, "物流停滞"), 2, "once")
				o.clock = o.clock.Add(time.Minute)
				track(orders.ParcelInTransit, "已到达澜州")
				o.do1(func(tx *storage.Tx) error {
					x, err := tx.Order(id)
					if err != nil {
						return err
					}
					return o.desk.Review(tx, x)
				})
				require.Contains(t, o.states(id), "stalled closed 1")
				require.Equal(t, []string{"自动解决：物流恢复更新"}, texts(t, o.sql, "SELECT note FROM exceptions WHERE kind = 'stalled'"))
				o.until("03-13 19:00")
				require.Len(t, bodies(o, "物流停滞"), 2)
				o.until("03-13 19:01")
				require.Len(t, bodies(o, "物流停滞"), 4, "it has stopped again")

				// A parcel that comes and goes is told once in the time for an exception.
				told := func() int { return len(bodies(o, "的包裹有异常，请跟进")) }
				for range 5 {
					o.clock = o.clock.Add(2 * time.Minute)
					track(orders.ParcelException, "快件破损")
					o.tell()
					o.clock = o.clock.Add(2 * time.Minute)
					track(orders.ParcelInTransit, "已处理")
					o.tell()
				}
				require.Equal(t, 2, told(), "sales and service")
				require.EqualValues(t, 5, number(t, o.sql, "SELECT times FROM exceptions WHERE kind = 'carrier'"))
				o.clock = o.clock.Add(time.Minute)
				track(orders.ParcelException, "收件人拒收")
				o.tell()
				require.Contains(t, o.states(id), "address open 2")
				require.EqualValues(t, 1, number(t, o.sql, "SELECT COUNT(*) FROM exceptions WHERE kind = 'carrier'"), "one record")
				sound(t, o.sql)
			})
		})
	}
}

// What solves itself is closed without a person and says how: goods from another warehouse, goods that come, a payment, a parcel that
// moves on. The rate counts what was closed without a person, by kind.
//
// feature: EX-10
func TestExceptionsThatSolveThemselves(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notes := func(o *office) []string {
				return texts(t, o.sql, "SELECT kind, by_person, note FROM exceptions WHERE opened_at > 0 ORDER BY id")
			}
			figures := func(o *office) orders.ExceptionFigures {
				f, err := o.store.ExceptionFigures(t.Context(), "", o.clock.Add(-48*time.Hour), o.clock.Add(time.Hour))
				require.NoError(t, err)
				return f
			}
			t.Run("stock", func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, database(t), straight)
				o.load("stock", "product,warehouse,on_hand\nP1,宁波仓,4\nP1,苏州仓,20\nP1,默认仓,0\n")
				first := o.place(10)
				o.tell()
				require.Equal(t, []string{"stock system 自动解决：改由苏州仓发货"}, notes(o))
				require.Contains(t, texts(t, o.sql, "SELECT reason FROM audit WHERE order_id = ? AND action = '异常自动解决'", string(first)), "自动解决：改由苏州仓发货")
				o.place(12)
				o.tell()
				third := o.place(10)
				o.tell()
				require.Equal(t, []string{"stock open 1"}, o.states(third)[2:])
				o.do1(func(tx *storage.Tx) error {
					_, _, err := o.desk.MoveStock(tx, orders.StockMove{Key: "a", Kind: orders.MoveArrival, Product: "P1", Warehouse: "宁波仓", Quantity: decimal.NewFromInt(50)}, o.actor("S21"))
					return err
				})
				o.tell()
				require.Equal(t, "stock system 自动解决：货已补齐", notes(o)[2])
				o.place(100)
				o.tell()
				no := number(t, o.sql, "SELECT MAX(id) FROM exceptions WHERE kind = 'stock'")
				o.do1(func(tx *storage.Tx) error {
					_, _, err := o.desk.CloseException(tx, no, "客户同意下月再发", o.actor("S30"))
					return err
				})
				f := figures(o)
				share, all := f.SelfHealed()
				require.Equal(t, 4, all)
				require.InDelta(t, 0.75, share, 0.001)
				require.Equal(t, []orders.ExceptionCount{{Kind: orders.ExceptionStock, All: 4, Self: 3, Person: 1}}, f.Kinds)
			})
			t.Run("credit", func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, database(t), managerWithin+"24h}\n")
				o.load("customers", "code,name,credit_limit\nC1,甲医院,900\n")
				id := o.place(10)
				o.tell()
				require.Contains(t, o.states(id), "credit open 1")
				require.Equal(t, []string{"zhouting"}, texts(t, o.sql, "SELECT chat_id FROM deliveries WHERE kind = 'parcel.exception' AND body LIKE '%超信用额度%'"))
				require.Contains(t, texts(t, o.sql, "SELECT body FROM deliveries WHERE kind = 'parcel.exception'")[0], "先付一部分")
				o.do1(func(tx *storage.Tx) error {
					_, err := tx.Pay(orders.Payment{Customer: "C1", Amount: 100_00, Day: o.clock})
					return err
				})
				o.until("03-11 10:05")
				require.Equal(t, "credit system 自动解决：客户已回款，额度够了", notes(o)[0])
			})
		})
	}
}
