package main

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// What comes with technical guidance needs an engineer's half day: the bot offers free ones and books one, without which nothing is
// confirmed; nobody else gets it before the order is cancelled.
//
// feature: AP-15
func TestAnEngineerIsBooked(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.load("products", "code,name,unit,price,stock,service", "X01,关节镜系统,套,900,100,是", "X02,缝线,根,3,1000,否")
			f.load("customers", "code,name,level,credit_grade,sales,address", "K01,蓝海诊所,A,A,S01,南京市江宁区将军大道88号")
			f.employ(colleague{name: "周工", role: orders.RoleEngineer, wecom: "zhougong"}, colleague{name: "吕工", role: orders.RoleEngineer, wecom: "lvgong"})
			f.clock.set(workday.Add(-time.Hour)) // no half day ends meanwhile
			f.serve()
			ctx, db := t.Context(), f.sql()
			wecom := func(text string, words ...string) simulator.Bubble {
				quiet(t, db, patience)
				f.clock.advance(5 * time.Second) // thirty messages a minute reach a member
				before := len(f.wecom("zhouting")())
				f.sim.WeCom.SendText(ctx, "zhouting", text)
				return see(t, "answer to "+text, func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }, says(words...))
			}
			draft := func(text string) (id string, offer string) {
				quiet(t, db, patience)
				f.clock.advance(5 * time.Second) // thirty messages a minute reach a member
				before := len(f.wecom("zhouting")())
				id, _ = f.draftOf("zhouting", text)
				b := see(t, "offer", func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }, says("这些时间有空", id))
				return id, zeroWidth.Replace(b.Text)
			}
			row := regexp.MustCompile(`(?m)^(\d)\. (\d+月\d+日) 周. (上午|下午) (..)$`)

			plain, card := f.draftOf("zhouting", "蓝海诊所 缝线20根")
			require.False(t, says("技术")(card))
			wecom("预约 "+plain, "这些时间有空")
			wecom("预约 "+plain+" 1", "没有要技术指导的货")
			wecom("确认 "+plain, "已下单")

			first, offer := draft("蓝海诊所 关节镜系统1套")
			slots := row.FindAllStringSubmatch(offer, -1)
			require.Len(t, slots, 6)
			wecom("确认 "+first, "要先约工程师")
			wecom("预约 "+first+" 7", "没有第 7 个空档")
			wecom("预约 "+first+" 王敏 "+slots[0][2]+slots[0][3], "没有这位工程师")
			wecom("预约 "+first+" 什么时候都行", "请写明哪天上午还是下午")
			said := slots[0][2] + " 周. " + slots[0][3] + " " + slots[0][4]
			require.Regexp(t, "已预约 "+first+"："+said, wecom("预约 "+first+" 1", "已预约").Text)
			see(t, "on the draft", f.wecom("zhouting"), func(b simulator.Bubble) bool {
				return offers("确认下单", first)(b) && regexp.MustCompile(said).MatchString(b.Text+string(b.Card))
			})

			// Another order is not offered it, and does not get it.
			second, offer := draft("蓝海诊所 关节镜系统1套")
			for _, s := range row.FindAllStringSubmatch(offer, -1) {
				require.NotEqual(t, slots[0][2:], s[2:])
			}
			taken := "预约 " + second + " " + slots[0][4] + " " + slots[0][2] + slots[0][3]
			wecom(taken, "已经被别的订单约走了，没有预约")
			wecom("确认 "+second, "要先约工程师")
			wecom("确认 "+first, "已下单")
			engineer := map[string]string{"周工": "zhougong", "吕工": "lvgong"}[slots[0][4]]
			see(t, "the engineer is told", f.wecom(engineer), says("技术指导", first, "将军大道88号", "关节镜系统"))

			// Cancelled, it is free for the other.
			wecom("取消 "+first, "已取消")
			see(t, "the engineer is told", f.wecom(engineer), says("排期取消", first))
			wecom(taken, "已预约 "+second)
			wecom("确认 "+second, "已下单")
			quiet(t, db, patience)
			see(t, "the engineer is told", f.wecom(engineer), says("技术指导", second))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM orders WHERE slot IS NOT NULL"))

			// Without the goods that need it, a draft keeps nobody's time.
			third, _ := draft("蓝海诊所 关节镜系统1套，缝线5根")
			wecom("预约 "+third+" 吕工 下周二下午", "已预约 "+third, "周二 下午 吕工")
			require.EqualValues(t, 2, number(t, db, "SELECT COUNT(*) FROM orders WHERE slot IS NOT NULL"))
			quiet(t, db, patience)
			f.sim.WeCom.SendText(ctx, "zhouting", "关节镜系统不要了")
			eventually(t, patience, "free", func() bool { return number(t, db, "SELECT COUNT(*) FROM orders WHERE slot IS NOT NULL") == 1 }, func() string { return "booked" })
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// Twenty orders want the same half day of the same engineer at once: one has it.
//
// feature: AP-15
func TestNobodyIsBookedTwice(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), "routes: [{name: 直通, when: 其余, steps: []}]\nchecks: [{kind: 技术服务, effect: 拦下, text: 约工程师}]")
			o.load("products", "code,name,unit,price,stock,service\nP1,导管,根,100,100000,是\n")
			o.load("staff", "code,name,role\nE1,周工,engineer\n")
			cat := o.catalog()
			o.desk.Catalog = func() *orders.Catalog { return cat }
			by := o.actor("S01")
			const workers = 20
			ids := make([]orders.OrderID, workers)
			for i := range ids {
				order := &orders.Order{
					Customer: "C1", CustomerName: "甲医院", Sales: "S01", Address: "宁波市江东路1号",
					Lines: []orders.Line{{Product: "P1", Unit: "根", Quantity: decimal.NewFromInt(1), Base: decimal.NewFromInt(1)}},
				}
				require.NoError(t, o.do(func(tx *storage.Tx) error { return o.desk.Place(tx, order, by) }))
				ids[i] = order.ID
				require.Equal(t, orders.CodeInvalid, orders.ErrorCode(o.do(func(tx *storage.Tx) error {
					_, _, err := o.desk.Confirm(tx, order.ID, 0, by)
					return err
				})))
			}
			want := orders.Slot{Engineer: "E1", Day: o.clock.AddDate(0, 0, 1).Format(time.DateOnly), Half: orders.Morning}
			book := func(id orders.OrderID) error {
				return o.do(func(tx *storage.Tx) error {
					_, err := o.desk.Book(tx, id, want, by)
					return err
				})
			}
			errs := make([]error, workers)
			var all sync.WaitGroup
			for i, id := range ids {
				all.Go(func() { errs[i] = book(id) })
			}
			all.Wait()
			winner := -1
			for i, err := range errs {
				if err == nil {
					require.Negative(t, winner, "two have it")
					winner = i
					continue
				}
				require.Equal(t, orders.CodeConflict, orders.ErrorCode(err), "%v", err)
				require.Nil(t, o.order(ids[i]).Slot)
			}
			require.GreaterOrEqual(t, winner, 0)
			require.Equal(t, "3月12日 周四 上午 周工", o.order(ids[winner]).Slot.String())

			// It is free again when the draft is over.
			loser := ids[(winner+1)%workers]
			o.clock = o.clock.Add(23 * time.Hour)
			require.Equal(t, orders.CodeConflict, orders.ErrorCode(book(loser)))
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, err := o.desk.Cancel(tx, ids[winner], 0, "", by)
				return err
			}))
			require.NoError(t, book(loser))
			require.NoError(t, o.do(func(tx *storage.Tx) error {
				_, _, err := o.desk.Confirm(tx, loser, 0, by)
				return err
			}))
			o.clock = o.clock.Add(24 * time.Hour)
			require.Equal(t, orders.CodeConflict, orders.ErrorCode(book(ids[winner])), "a draft that is over books nothing")
			sound(t, o.sql)
		})
	}
}
