package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// The expected day stands with its parts on the draft, in 「进度」 and in 「交期 SO…」; a wish that can't be kept is warned about before it is
// confirmed. The weather is said in words, by who may; orders on their way are promised anew, and people are told.
//
// feature: ST-15
func TestTheExpectedDayIsShownWithItsParts(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,price,stock,kind", "X01,定制导板,个,5,0,定制品", "X02,标准导板,个,5,500,")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.load("transits", "carrier,region,days,daily", "SF,江苏,2,", "SF,全国,3,")
			f.employ(colleague{"何计划", orders.RolePlanner, "hejihua", ""})
			f.serve()
			ctx, db := t.Context(), f.sql()
			f.sim.KF.AddCustomer("wm-he", "何文静", "")
			f.bind(map[string]orders.CustomerCode{"wm-he": "K01"})
			wecom := f.answer
			know := func() { // what another replica learns within seconds
				t.Helper()
				require.NoError(t, f.server.books.follow(ctx))
			}

			id, draft := f.draftOf("zhouting", "蓝海诊所 标准导板20个，发顺丰，3月12日送到")
			require.True(t, says("⚠️ 最早 3月13日", "3月13日 周五：审批 3月11日，备货 3月11日，运输 2 天")(draft), "%s %s", draft.Text, draft.Card)
			require.Contains(t, wecom("zhouting", "天气 江苏 +1天 至 3月22日 暴雪"), "天气由仓储组长、计划员、客服、运营主管、管理员登记，您没有这个权限，没有改动")
			require.Contains(t, wecom("hejihua", "天气 江苏 +1天"), "请写明到哪天")
			require.Contains(t, wecom("hejihua", "天气 火星 +1天 至 3月22日"), "没有客户在「火星」")
			require.Contains(t, wecom("hejihua", "天气 江苏 +1天 至 3月10日"), "已经过去了")
			require.Contains(t, wecom("hejihua", "天气"), "没有登记影响运输的天气")
			require.Contains(t, wecom("hejihua", "天气 江苏 +1天 至 3月22日 暴雪"), "已登记天气：江苏 3月11日 至 3月22日 路上多 1 天 暴雪。新的交期会算进去，正在走的订单重新算一遍，晚了的会通知业务员和客户。")
			know()
			require.Contains(t, wecom("hejihua", "天气"), "江苏 3月11日 至 3月22日 路上多 1 天 暴雪 （何计划）")
			require.Regexp(t, "^交期 "+id+`：预计 3月16日 周一 送到\n（草稿，确认以后才算）\n要求 3月12日 周四，⚠️ 赶不上\n1 审批：3月11日（3月11日 14:0\d前）\n2 备货：3月11日（16:00 前备齐的当天发）\n3 运输：顺丰 江苏 2 天，3月13日\n4 天气：江苏 暴雪 到3月22日，\+1 天，3月16日$`,
				wecom("zhouting", "交期 "+id))

			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			require.Contains(t, wecom("zhouting", "进度 "+id), "预计到货 3月16日 周一：备货 3月11日，运输 2 天，天气 +1 天")
			require.NotContains(t, wecom("zhouting", "交期 "+id), "审批", "it is approved")
			quiet(t, db, patience)
			told := zeroWidth.Replace(f.ask(f.kf("wm-he"), func() { f.sim.KF.SendText(ctx, "wm-he", "交期 "+id) }).Text)
			require.Contains(t, told, "预计 3月16日 周一 送到")
			require.NotContains(t, told, "16:00", "the warehouse's hours are no customer's business")
			require.Contains(t, wecom("chenli", "交期 "+id), "没有查到")

			// Worse weather: what was promised does not hold.
			require.Contains(t, wecom("hejihua", "天气 江苏 +3天 至 3月22日 暴雪"), "正在走的订单重新算一遍")
			see(t, "told", f.wecom("zhouting"), says(id+" 预计 3月18日 周三 送到（原来说 3月16日）"))
			know()
			require.Contains(t, wecom("zhouting", "交期 "+id), "原来说 3月16日")
			require.Contains(t, wecom("zhouting", "轨迹 "+id), "重新承诺交期 2026-03-16 → 2026-03-18")
			require.Contains(t, wecom("hejihua", "天气 江苏 恢复"), "江苏的天气恢复了")
			require.Contains(t, wecom("hejihua", "天气 江苏 恢复"), "不用恢复")
			know()

			// What is made waits for its line.
			made, draft := f.draftOf("zhouting", "蓝海诊所 定制导板20个，发顺丰")
			require.True(t, says("生产 7 天")(draft), "%s", draft.Text)
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", made))
			require.Contains(t, wecom("hejihua", "排产 "+made+" 三号线 注塑"), "已登记")
			other, draft := f.draftOf("zhouting", "蓝海诊所 定制导板7个，发顺丰")
			require.True(t, says("产线排队 1 天，生产 7 天")(draft), "%s", draft.Text)
			require.Contains(t, wecom("zhouting", "交期 "+other), "产线排队：1 个工作日，3月12日（产线前面还有 1 单，一天 5 单）")

			require.Contains(t, wecom("hejihua", "看板"), "产线负荷 三号线：排着 1 单，在做 0 单，1 个工作日能开完")

			// Words about the weather are no command.
			before := len(f.wecom("zhouting")())
			f.sim.WeCom.SendText(ctx, "zhouting", "天气冷，蓝海诊所标准导板3个")
			see(t, "read", func() []simulator.Bubble { return f.wecom("zhouting")()[before:] }, says("标准导板"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// The log says once at the start that a year's public holidays are lacking which expected days reach into; after an import it does not.
//
// feature: ST-15
func TestTheServerWarnsOfAYearWithoutHolidays(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical)
	warned := func(day time.Time) int {
		f.clock.set(day)
		f.log = &bytes.Buffer{}
		f.serve()
		f.stop()
		return strings.Count(f.log.String(), "the calendar lacks a year's public holidays")
	}
	require.Zero(t, warned(time.Date(2026, 11, 1, 10, 0, 0, 0, location)), "2026-12-31 is 60 days ahead")
	require.Equal(t, 1, warned(time.Date(2026, 11, 2, 10, 0, 0, 0, location)))
	f.load("calendar", "日期,类型,名称,年份,来源", "2027-01-01,节假日,元旦,2027,国务院办公厅")
	require.Zero(t, warned(time.Date(2026, 11, 2, 10, 0, 0, 0, location)))
}

// However many orders are underway, all that go to where the weather is are promised anew, each once.
//
// feature: ST-15
func TestTheWeatherReachesAllOrders(t *testing.T) {
	t.Parallel()
	const others = 2100 // older ones, to elsewhere
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.clock.set(time.Date(2026, 3, 11, 10, 0, 0, 0, location))
			f.load("products", "code,name,unit,price,stock,kind", "X02,标准导板,个,5,500,")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号", "K02,青山诊所,S01,广州市天河区体育东路1号")
			f.employ(colleague{"何计划", orders.RolePlanner, "hejihua", ""})
			f.serve()
			db, ctx := f.sql(), t.Context()
			var placed []string
			place := func(customer string) {
				f.clock.advance(2 * time.Minute)
				id, draft := f.draftOf("zhouting", customer+" 标准导板20个，发顺丰")
				f.pressWeCom("zhouting", draft, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				quiet(t, db, patience)
				placed = append(placed, id)
			}
			place("青山诊所")
			all := func() []string {
				rows, err := db.QueryContext(ctx, "SELECT * FROM orders WHERE 1 = 0")
				require.NoError(t, err)
				defer rows.Close()
				columns, err := rows.Columns()
				require.NoError(t, errors.Join(err, rows.Err()))
				return columns
			}
			same := strings.Join(slices.DeleteFunc(all(), func(c string) bool { return c == "id" || c == "slot" || c == "next_at" }), ", ")
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			for n := range others {
				_, err := tx.ExecContext(ctx, "INSERT INTO orders (id, next_at, "+same+") SELECT ?, 0, "+same+" FROM orders WHERE id = ?", fmt.Sprintf("SO20260310%04d", n+1), placed[0])
				require.NoError(t, err)
			}
			require.NoError(t, tx.Commit())
			place("蓝海诊所")
			place("蓝海诊所")

			told := func() []string {
				return texts(t, db, "SELECT order_id FROM events WHERE kind = 'order.promised' ORDER BY order_id")
			}
			require.Empty(t, told())
			f.clock.advance(2 * time.Minute)
			f.tell("hejihua", "天气 江苏 +2天 至 3月22日 暴雪")
			see(t, "told", f.wecom("zhouting"), says(placed[2]+" 预计", "（原来说"))
			quiet(t, db, patience)
			require.Equal(t, placed[1:], told())
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE chat_id = 'zhouting' AND body LIKE ?", "%"+placed[1]+" 预计%原来说%"))
		})
	}
}
