package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/storage"
)

// surgeries is a round of the clock's job of two replicas at once, and what it told.
func (o *office) surgeries(text string) {
	o.t.Helper()
	o.at(text)
	for _, err := range atOnce(2, func() error {
		return (&notify.Surgeries{List: o.store, Store: notifyStore{o.store}, Desk: o.desk}).Round(o.t.Context())
	}) {
		require.NoError(o.t, err)
	}
	o.tell()
}

// plan enters a surgery of C1 that needs two of P1.
func (o *office) plan(key, day string, pieces int64) (p *orders.Surgery, isNew bool, err error) {
	o.t.Helper()
	n := decimal.NewFromInt(pieces)
	err = o.do(func(tx *storage.Tx) error {
		p, isNew, err = o.desk.PlanSurgery(tx, orders.Surgery{
			Key: key, Customer: "C1", Day: day, Source: "测试", Lines: []orders.SurgeryLine{{Product: "P1", Title: "导管", Quantity: n, Unit: "根", Base: n}},
		}, orders.SystemActor)
		return err
	})
	o.tell()
	return p, isNew, err
}

// A plan gives one draft, so early that nine of ten deliveries to that hospital would have come in time, whatever is delivered or runs
// twice; another day moves it, a cancelled surgery asks to withdraw it, and who waits too long is warned.
//
// feature: EX-15
func TestASurgeryPlanGivesOneDraft(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.desk.Surgery = orders.SurgeryTerms{Lead: 72 * time.Hour, Margin: 24 * time.Hour, Ahead: 48 * time.Hour}
			drafts := func() int64 {
				return number(t, o.sql, "SELECT COUNT(*) FROM orders WHERE source LIKE '%手术计划%'")
			}
			cards := func() int64 {
				return number(t, o.sql, "SELECT COUNT(*) FROM deliveries WHERE kind = 'draft.card' AND chat_id = 'zhouting'")
			}
			said := func(words string) int64 {
				return number(t, o.sql, "SELECT COUNT(*) FROM deliveries WHERE chat_id = 'zhouting' AND body LIKE ?", "%"+words+"%")
			}

			// Without history it is the configured time: 3 days, 2 for the salesperson, and a day before the surgery.
			o.at("03-11 10:00")
			p, isNew, err := o.plan("one", "2026-04-10", 2)
			require.NoError(t, err)
			require.True(t, isNew)
			require.Equal(t, "2026-04-09", p.Due)
			require.Equal(t, "2026-04-04 09:00", p.StartAt.In(location).Format("2006-01-02 15:04"))
			_, isNew, err = o.plan("one", "2026-04-10", 2)
			require.NoError(t, err)
			require.False(t, isNew, "delivered again")
			_, isNew, err = o.plan("other", "2026-04-10", 2)
			require.NoError(t, err)
			require.False(t, isNew, "the same said elsewhere")
			require.EqualValues(t, 1, said("手术计划 1：甲医院 4月10日 手术"))
			o.surgeries("04-04 08:59")
			require.Zero(t, drafts())

			// Deliveries so far took 1 to 10 days: nine of ten came within 9. What is planned from now on goes by that.
			for i := 1; i <= 10; i++ {
				id := o.place(1)
				o.ship(id)
				require.NoError(t, o.do(func(tx *storage.Tx) error {
					order, err := tx.Order(id)
					if err != nil {
						return err
					}
					order.Status = orders.StatusDelivered
					order.Reached[orders.StatusDelivered] = order.ConfirmedAt.Add(time.Duration(i) * 24 * time.Hour)
					return errors.Join(tx.SaveOrder(order), tx.Audit(orders.AuditEntry{Order: id, At: o.clock, Actor: "system", Action: "签收"}))
				}))
			}
			later, _, err := o.plan("later", "2026-05-20", 3)
			require.NoError(t, err)
			require.Equal(t, orders.Lead{Orders: 10, Median: 5 * 24 * time.Hour, P90: 9 * 24 * time.Hour}, later.Lead)
			require.Equal(t, "2026-05-08 09:00", later.StartAt.In(location).Format("2006-01-02 15:04"))

			// Its time has come: one draft, due the day before, for the salesperson.
			o.surgeries("04-04 09:00")
			o.surgeries("04-04 09:01")
			require.EqualValues(t, 1, drafts())
			require.EqualValues(t, 1, cards())
			id := orders.OrderID(texts(t, o.sql, "SELECT order_id FROM surgeries WHERE id = ?", p.ID)[0])
			order := o.order(id)
			require.Equal(t, orders.StatusDraft, order.Status)
			require.Equal(t, "2026-04-09", order.DeliverBy)
			require.Equal(t, orders.StaffCode("S01"), order.Sales)
			require.Equal(t, "2", order.Lines[0].Quantity.String())
			require.Equal(t, "2026-04-10 00:00", order.ExpiresAt.In(location).Format("2006-01-02 15:04"), "it waits until the goods are due")
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Revise(tx, id, orders.SystemActor, func(x *orders.Order) error { x.Contact = "张护士长"; return nil })
				return err
			}))
			require.Equal(t, order.ExpiresAt, o.order(id).ExpiresAt, "also when it was edited")

			// The day moves: the same draft moves; with other goods it has these.
			_, isNew, err = o.plan("one", "2026-04-15", 4)
			require.NoError(t, err)
			require.False(t, isNew)
			order = o.order(id)
			require.Equal(t, "2026-04-14", order.DeliverBy)
			require.Equal(t, "4", order.Lines[0].Quantity.String())
			require.EqualValues(t, 1, drafts())
			require.EqualValues(t, 2, cards(), "the new version")
			require.EqualValues(t, 1, said("手术改了：手术计划 1"))

			// It is not confirmed, and from now on nine of ten would be late.
			o.surgeries("04-05 23:59")
			require.Zero(t, said("还没确认"))
			o.surgeries("04-06 00:00")
			o.surgeries("04-06 00:01")
			require.EqualValues(t, 1, said("还没确认"))

			// Confirmed it is not touched any more: the salesperson is told what to do.
			require.NoError(t, o.do(func(tx *storage.Tx) error { _, _, err := o.desk.Confirm(tx, id, 0, o.actor("S01")); return err }))
			move := func(day string) error {
				err := o.do(func(tx *storage.Tx) error { _, err := o.desk.MoveSurgery(tx, p.ID, day, o.actor("S01")); return err })
				o.tell()
				return err
			}
			require.NoError(t, move("2026-04-20"))
			require.Equal(t, orders.CodeConflict, orders.ErrorCode(move("2026-04-20")))
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(move("2026-04-01")), "it is over")
			require.Equal(t, "2026-04-14", o.order(id).DeliverBy)
			require.EqualValues(t, 1, said(string(id)+" 交期改成 4月19日"))
			end := func() error {
				err := o.do(func(tx *storage.Tx) error {
					plan, err := tx.Surgery(p.ID)
					if err != nil {
						return err
					}
					return o.desk.CancelSurgery(tx, plan, o.actor("S01"))
				})
				o.tell()
				return err
			}
			won := 0
			for _, err := range atOnce(4, end) {
				if err == nil {
					won++
				} else {
					require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
				}
			}
			require.Equal(t, 1, won)
			require.EqualValues(t, 1, said("要撤请回复「取消 "+string(id)+" 手术取消」"))
			_, isNew, err = o.plan("one", "2026-04-25", 2)
			require.NoError(t, err)
			require.False(t, isNew, "an old event brings nothing back")
			require.EqualValues(t, 1, drafts())

			// What is planned too late gets its draft at once, with a warning.
			late, isNew, err := o.plan("late", "2026-04-12", 1)
			require.NoError(t, err)
			require.True(t, isNew)
			require.Equal(t, orders.SurgeryDrafted, late.State)
			require.EqualValues(t, 1, said("时间不够"))
			require.EqualValues(t, 2, drafts())
			won = 0
			for _, err := range atOnce(6, func() error {
				return o.do(func(tx *storage.Tx) error {
					n := decimal.NewFromInt(7)
					_, isNew, err := o.desk.PlanSurgery(tx, orders.Surgery{
						Key: "race", Customer: "C1", Day: "2026-04-13", Lines: []orders.SurgeryLine{{Product: "P1", Title: "导管", Quantity: n, Unit: "根", Base: n}},
					}, orders.SystemActor)
					if err == nil && !isNew {
						return orders.Errorf(orders.CodeConflict, "there")
					}
					return err
				})
			}) {
				if err == nil {
					won++
				}
			}
			require.Equal(t, 1, won)
			require.EqualValues(t, 3, drafts())
			o.surgeries("05-08 09:00")
			require.EqualValues(t, 4, drafts())
			require.EqualValues(t, 4, number(t, o.sql, "SELECT COUNT(DISTINCT order_id) FROM surgeries WHERE order_id <> ''"))
			sound(t, o.sql)
		})
	}
}

// A surgery plan comes from an agreed approval form of DingTalk, by words and as a table; the salesperson of the hospital gets its draft;
// what is not clear is no plan and is told.
//
// feature: EX-15, IG-12
func TestSurgeryPlansFromFormsWordsAndTables(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.env = append(f.env, "ORDERBOT_DINGTALK__SURGERY_FORM=PROC-1")
			f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导管,6F,根,,导管,5", "X02,显影支架,3.0,套,,支架,900")
			f.load("customers", "code,name,sales,address", "K01,蓝海医院,S01,南京市江宁区将军大道88号", "K02,青山医院,S02,南京市浦口区江浦街1号")
			f.load("stock", "product,warehouse,on_hand", "X01,默认仓,1000", "X02,默认仓,1000")
			f.sim.DingTalk.AddPerson("dt-nurse", "护士长", "")
			f.serve()
			db, ctx := f.sql(), t.Context()
			day := func(days int) time.Time { return f.clock.now().In(location).AddDate(0, 0, days) }
			wecom := f.answer
			f.pace = 10 * time.Second
			plans := func() []string {
				quiet(t, db, patience)
				return texts(t, db, "SELECT customer, surgery_on, state FROM surgeries ORDER BY id")
			}
			// A transaction that was tried again leaves a gap in a database's numbers: the nth plan need not be number n.
			nth := func(n int) string {
				eventually(t, patience, "plan", func() bool { return number(t, db, "SELECT COUNT(*) FROM surgeries") >= int64(n) }, func() string { return strings.Join(plans(), "; ") })
				return texts(t, db, "SELECT id FROM surgeries ORDER BY id")[n-1]
			}
			plan := func(n int) string { return "手术计划 " + nth(n) }

			// An agreed form, delivered twice, is one plan; the draft comes at once where the time is short.
			soon := day(4)
			f.sim.DingTalk.FillForm("inst-1", "PROC-1", "dt-nurse", simulator.FormValue{Name: "医院", Value: "蓝海医院"},
				simulator.FormValue{Name: "手术日期", Value: soon.Format("2006-01-02")},
				simulator.FormValue{Name: "耗材清单", Type: "TableField", Value: `[{"rowValue":[{"label":"耗材名称","value":"显影导管"},{"label":"规格","value":"6F"},{"label":"数量","value":"2"},{"label":"单位","value":"根"}]},{"rowValue":[{"label":"耗材名称","value":"显影支架"},{"label":"数量","value":1},{"label":"单位","value":"套"}]}]`})
			for range 2 {
				require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-1", "agree").OK())
			}
			card := see(t, "draft", f.wecom("zhouting"), offers("确认下单", "蓝海医院"))
			see(t, "why", f.wecom("zhouting"), says(plan(1)+"：蓝海医院 "+soon.Format("1月2日")+" 手术", "显影导管 6F 2根，显影支架 3.0 1套", "没有历史送达记录，按 3 天算"))
			require.Equal(t, []string{"K01 " + soon.Format("2006-01-02") + " drafted"}, plans())
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM orders"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'draft.card'"))
			id := orderNumber.FindString(card.Title + card.Text + string(card.Card))
			require.Equal(t, day(3).Format("2006-01-02"), texts(t, db, "SELECT deliver_by FROM orders WHERE id = ?", id)[0])

			// Forms of another kind, and those that were refused, are none; one that is not clear is told.
			f.sim.DingTalk.FillForm("inst-2", "PROC-2", "dt-nurse", simulator.FormValue{Name: "医院", Value: "蓝海医院"})
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-2", "agree").OK())
			f.sim.DingTalk.FillForm("inst-3", "PROC-1", "dt-nurse", simulator.FormValue{Name: "医院", Value: "蓝海医院"})
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-3", "refuse").OK())
			f.sim.DingTalk.FillForm("inst-4", "PROC-1", "dt-nurse", simulator.FormValue{Name: "医院", Value: "青山医院"},
				simulator.FormValue{Name: "手术日期", Value: "待定"}, simulator.FormValue{Name: "耗材", Value: "显影导管6F 3根"})
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-4", "agree").OK())
			see(t, "unread", f.wecom("chenli"), says("手术日期「待定」看不懂，没有记下", "显影导管6F 3根"))
			require.Len(t, plans(), 1)

			// One that can't be handled, however often it is tried, is told too.
			require.NoError(t, f.server.clerk.Answer(ctx, &orders.Turn{
				Chat: orders.Chat{Platform: orders.DingTalk, ID: "inst-5"}, IDs: []int64{0}, Attempts: 6,
				Messages: []orders.Inbound{{Platform: orders.DingTalk, Kind: orders.InboundForm, Media: "inst-5", Text: orders.FormAgreed, Trace: "trace-5"}},
			}))
			see(t, "lost", f.wecom("guanli"), says("钉钉的手术计划审批单 inst-5 没能处理，请人工看一下"))

			// The form is withdrawn: the salesperson is asked to withdraw the draft.
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-1", "terminate").OK())
			see(t, "withdraw", f.wecom("zhouting"), says("手术取消了："+plan(1), "要撤请回复「取消 "+id+" 手术取消」"))
			require.Contains(t, wecom("zhouting", "取消 "+id+" 手术取消"), "已取消")

			// In words: read as orders are, by who may order for the hospital.
			far := day(40)
			said := far.Format("1月2日")
			require.Contains(t, wecom("chenli", "手术计划 蓝海医院 "+said+" 显影导管6F 2根"), "由它的业务员登记")
			require.Contains(t, wecom("zhouting", "手术计划 蓝海医院 "+said+" 魔法棒 2根"), "没有记下")
			require.Contains(t, wecom("zhouting", "手术计划 蓝海医院 显影导管6F 2根"), "没看到手术日期")
			answer := wecom("zhouting", "手术计划 蓝海医院 "+said+" 显影导管6F 2根 显影支架 1套")
			require.Contains(t, answer, "已记下"+plan(2)+"：蓝海医院 "+said+" 手术\n显影导管 6F 2根，显影支架 3.0 1套\n最晚 "+day(39).Format("1月2日")+" 到货")
			require.Contains(t, answer, day(34).Format("1月2日")+" 给业务员出草稿")
			require.Contains(t, wecom("zhouting", "手术计划 蓝海医院 "+said+" 显影导管6F 2根 显影支架 1套"), "已经记过了："+plan(2))
			require.Contains(t, wecom("zhouting", "手术计划 蓝海医院 "+said+" 另一台 显影导管6F 2根 显影支架 1套"), "已记下"+plan(3), "of another patient")
			require.Contains(t, wecom("zhouting", "手术计划"), plan(2)+"：")
			require.NotContains(t, wecom("chenli", "手术计划"), plan(2)+"：")
			require.Contains(t, wecom("chenli", "取消手术 "+nth(2)), "由它的业务员登记")
			require.Contains(t, wecom("zhouting", "手术改期 "+nth(2)+" "+day(45).Format("1月2日")), "已改期"+plan(2)+"：蓝海医院 "+day(45).Format("1月2日"))
			require.Contains(t, wecom("zhouting", "取消手术 "+nth(2)), "已取消"+plan(2))

			// As a table: all plans or none; a number makes it the same plan again.
			sheet := func(rows ...string) []byte { return workbook(t, rows...) }
			before := len(f.dingtalk("dt-zhouting")())
			sent := func(rows ...string) {
				quiet(t, db, patience)
				before = len(f.dingtalk("dt-zhouting")())
				f.sim.DingTalk.SendFile(ctx, "dt-zhouting", "手术安排.xlsx", sheet(rows...))
			}
			screen := func() []simulator.Bubble { return f.dingtalk("dt-zhouting")()[before:] }
			head := "计划编号,医院,手术日期,耗材名称,规格,数量,单位"
			row := func(no, hospital string, when time.Time, goods string) string {
				return strings.Join([]string{no, hospital, when.Format("2006-01-02"), goods}, ",")
			}
			sent(head, row("A1", "蓝海医院", day(30), "显影导管,6F,2,根"), ",,,显影支架,,1,套", row("A2", "蓝海医院", day(31), "魔法棒,,1,根"))
			see(t, "refused", screen, says("第 4 行起", "整张表都没有记下"))
			require.Len(t, plans(), 3)
			sent(head, row("A1", "蓝海医院", day(30), "显影导管,6F,2,根"), ",,,显影支架,,1,套", row("A2", "蓝海医院", day(31), "显影导管,6F,1,根"))
			see(t, "taken", screen, says("蓝海医院 "+day(30).Format("1月2日"), "显影导管 6F 2根，显影支架 3.0 1套", "蓝海医院 "+day(31).Format("1月2日")))
			sent(head, row("A1", "蓝海医院", day(33), "显影导管,6F,2,根"), ",,,显影支架,,1,套")
			see(t, "moved", screen, says("已经记过了：手术计划 ", "：蓝海医院 "+day(33).Format("1月2日")))
			require.Len(t, plans(), 5)

			// The same goods and day listed twice are two surgeries, of which there are two when the table comes again.
			twice := []string{head, row("", "蓝海医院", day(32), "显影导管,6F,5,根"), row("", "蓝海医院", day(32), "显影导管,6F,5,根")}
			sent(twice...)
			see(t, "one", screen, says("已记下"+plan(6)))
			see(t, "two", screen, says("已记下"+plan(7)))
			sent(twice...)
			see(t, "the same", screen, says("已经记过了："+plan(6)))
			see(t, "both", screen, says("已经记过了："+plan(7)))
			require.Len(t, plans(), 7)

			// A number whose plan was cancelled brings nothing back; one whose plan is over is used again, and that plan moves.
			require.Contains(t, wecom("zhouting", "取消手术 "+nth(4)), "已取消"+plan(4))
			sent(head, row("A1", "蓝海医院", day(33), "显影导管,6F,2,根"))
			see(t, "cancelled", screen, says("没有记下：这个编号的计划已经取消了，还要做请换个编号"))
			_, err := db.ExecContext(ctx, "UPDATE surgeries SET surgery_on = ? WHERE id = ?", day(-1).Format("2006-01-02"), nth(5))
			require.NoError(t, err)
			sent(head, row("A2", "蓝海医院", day(35), "显影导管,6F,1,根"))
			see(t, "anew", screen, says("已记下"+plan(8)))
			sent(head, row("A2", "蓝海医院", day(36), "显影导管,6F,1,根"))
			see(t, "moved", screen, says("已经记过了："+plan(8)+"：蓝海医院 "+day(36).Format("1月2日")))

			// Words beside a table are not swallowed.
			quiet(t, db, patience)
			f.inOneBreath(func() {
				before = len(f.dingtalk("dt-zhouting")())
				f.sim.DingTalk.SendText(ctx, "dt-zhouting", "蓝海医院 显影导管6F 7根")
				f.sim.DingTalk.SendFile(ctx, "dt-zhouting", "手术安排.xlsx", sheet(head, row("A9", "蓝海医院", day(37), "显影导管,6F,1,根")))
				see(t, "alone", screen, says("手术计划表请单独发，一次一个；一起发的都没有处理"))
			})
			require.Len(t, plans(), 8)

			// Words of an order are no command.
			order, _ := f.draftOf("zhouting", "蓝海医院 手术计划用的显影导管6F 2根")
			require.NotEmpty(t, order)
			sound(t, db)
		})
	}
}

// A surgery that comes from two sources, words and a form, a form and a table, is one plan with one draft, and its salesperson is told how to
// make it two; two forms are two surgeries.
//
// feature: EX-15
func TestASurgeryFromTwoSourcesIsOne(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.env = append(f.env, "ORDERBOT_DINGTALK__SURGERY_FORM=PROC-1")
			f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导管,6F,根,,导管,5", "X02,显影支架,3.0,套,,支架,900")
			f.load("customers", "code,name,sales,address", "K01,蓝海医院,S01,南京市江宁区将军大道88号")
			f.sim.DingTalk.AddPerson("dt-nurse", "护士长", "")
			f.serve()
			db, ctx := f.sql(), t.Context()
			day := func(days int) time.Time { return f.clock.now().In(location).AddDate(0, 0, days) }
			wecom := func(text string) string {
				quiet(t, db, patience)
				f.clock.advance(10 * time.Second)
				return zeroWidth.Replace(f.ask(f.wecom("zhouting"), func() { f.sim.WeCom.SendText(ctx, "zhouting", text) }).Text)
			}
			plans := func() []string {
				quiet(t, db, patience)
				return texts(t, db, "SELECT id FROM surgeries ORDER BY id")
			}
			told := func() int64 {
				quiet(t, db, patience)
				return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'surgery' AND chat_id = 'zhouting' AND body LIKE '%按同一台手术算%'")
			}
			form := func(instance string, days int) {
				quiet(t, db, patience)
				f.sim.DingTalk.FillForm(instance, "PROC-1", "dt-nurse", simulator.FormValue{Name: "医院", Value: "蓝海医院"},
					simulator.FormValue{Name: "手术日期", Value: day(days).Format("2006-01-02")},
					simulator.FormValue{Name: "耗材清单", Value: "显影支架 1套\n显影导管6F 2根"})
				require.True(t, f.sim.DingTalk.EndForm(ctx, instance, "agree").OK())
			}
			said := day(40).Format("1月2日")
			words := "手术计划 蓝海医院 " + said + " 显影导管6F 2根 显影支架 1套"

			// Words, and then the form of the same surgery, delivered twice.
			require.Contains(t, wecom(words), "已记下手术计划 ")
			form("inst-1", 40)
			another := "手术计划 蓝海医院 " + said + " 另一台 显影导管 6F 2根，显影支架 3.0 1套"
			see(t, "joined", f.wecom("zhouting"), says("钉钉审批和已登记的手术计划是同一家医院、同一天、同样的耗材，按同一台手术算", "手术计划 "+plans()[0]+"：", "如果是另一台手术，请发「"+another+"」"))
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-1", "agree").OK())
			require.Len(t, plans(), 1)
			require.EqualValues(t, 1, told())

			// A second form is of another patient; the words that were proposed enter one more.
			form("inst-2", 40)
			eventually(t, patience, "the second form", func() bool { return len(plans()) == 2 }, func() string { return strings.Join(plans(), " ") })
			require.Contains(t, wecom(another), "已记下手术计划 ")
			require.Len(t, plans(), 3)
			require.EqualValues(t, 1, told())

			// A numbered row of a table is the first of them, however often it comes.
			before := 0
			sheet := func() {
				quiet(t, db, patience)
				before = len(f.dingtalk("dt-zhouting")())
				f.sim.DingTalk.SendFile(ctx, "dt-zhouting", "手术安排.xlsx", workbook(t, "计划编号,医院,手术日期,耗材名称,规格,数量,单位", "A1,蓝海医院,"+day(40).Format("2006-01-02")+",显影导管,6F,2,根", ",,,显影支架,,1,套"))
			}
			screen := func() []simulator.Bubble { return f.dingtalk("dt-zhouting")()[before:] }
			sheet()
			see(t, "in a table", screen, says("Excel和已登记的手术计划是同一家医院", "手术计划 "+plans()[0]+"："))
			sheet()
			see(t, "again", screen, says("已经记过了：手术计划 "+plans()[0]+"："))
			require.Len(t, plans(), 3)

			// A form, and then words.
			form("inst-3", 41)
			eventually(t, patience, "the third form", func() bool { return len(plans()) == 4 }, func() string { return strings.Join(plans(), " ") })
			require.Contains(t, wecom("手术计划 蓝海医院 "+day(41).Format("1月2日")+" 显影导管6F 2根 显影支架 1套"), "已经记过了：手术计划 "+plans()[3]+"：")
			require.Len(t, plans(), 4)

			// The first form is withdrawn: that surgery is off.
			require.True(t, f.sim.DingTalk.EndForm(ctx, "inst-1", "terminate").OK())
			see(t, "withdrawn", f.wecom("zhouting"), says("手术取消了：手术计划 "+plans()[0]))
			require.Equal(t, []string{"cancelled", "waiting", "waiting", "waiting"}, texts(t, db, "SELECT state FROM surgeries ORDER BY id"))
			sound(t, db)
		})
	}
}
