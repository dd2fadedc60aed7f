package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// wordings are all the ways in which somebody may try to see or touch an order of others.
func wordings(id, tracking, phone string) []string {
	return []string{
		id, id + " 到哪了", "进度 " + id, "明细 " + id, "轨迹 " + id, "取消 " + id + " 不要了", "确认 " + id, id + " 数量改成 1箱",
		"同意 " + id, "驳回 " + id + " 太贵", "收到 " + id, "发货 " + id + " SF1111111111111", "不加急 " + id, "退货 " + id, "催一下 " + id,
		strings.ToLower(id) + " 发货了吗", "SO-" + id[2:10] + "-" + id[10:] + " 到哪了", tracking + " 到哪了", "运单 " + tracking, phone + " 的订单到哪了", phone,
		"我的订单到哪了", "上一单到哪了", "澜州市第二人民医院的订单到哪了", "我是澜州市第二人民医院的，订单到哪了", "待办", "看板", "库存 外科口罩",
		"附件 " + id, "附件 " + id + " 1", "加附件 " + id, "移除附件 " + id + " 1",
		"绑定码 C003", "绑定 列表 C003", "绑定列表 C003", "解绑 C003 1", "绑定 000000", "' OR 'a'='a", "帮助",
	}
}

// Customers see their own orders alone, however they ask; strangers hear how to get bound and
// nothing else; the warehouse's notes stay in the warehouse.
//
// feature: NT-01, NT-02
func TestOnlyOnesOwn(t *testing.T) {
	t.Parallel()
	const secret = "客户爱拖款，先别送到三楼"
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.sellers(2)
			f.stock()
			for _, who := range []string{"wm-one", "wm-two", "wm-nobody"} {
				f.sim.KF.AddCustomer(who, who, "")
			}
			f.sim.ServiceAccount.AddFollower("open-one", "一", "")
			f.sim.ServiceAccount.AddFollower("open-two", "二", "")
			f.sim.ServiceAccount.AddFollower("open-nobody", "无", "")
			f.sim.WeCom.AddMember("visitor", "访客")
			f.sim.DingTalk.AddPerson("dt-visitor", "访客", "")
			f.serve()
			f.bind(map[string]orders.CustomerCode{"wm-one": "C001", "wm-two": "C003"})
			require.NoError(t, f.server.store.Do(t.Context(), func(tx *storage.Tx) error {
				return errors.Join(
					tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "open-one", Customer: "C001", By: "S99", At: f.clock.now()}),
					tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "open-two", Customer: "C003", By: "S99", At: f.clock.now()}))
			}))
			db, ctx := f.sql(), t.Context()

			// An order of the second customer, with a note for the warehouse, all the way to the carrier.
			require.True(t, f.sim.KF.SendText(ctx, "wm-two", "外科口罩20箱，丁腈手套M码10箱").Accepted)
			id := orderNumber.FindString(see(t, "draft", f.kf("wm-two"), says("确认 SO")).Text)
			require.NoError(t, f.server.store.Do(ctx, func(tx *storage.Tx) error {
				o, err := tx.Order(orders.OrderID(id))
				if err != nil {
					return err
				}
				o.InternalNote = secret
				return tx.SaveOrder(o)
			}))
			const tracking = "SF1234567890123"
			require.True(t, f.sim.KF.SendText(ctx, "wm-two", "确认 "+id).Accepted)
			see(t, "placed", f.kf("wm-two"), says("已下单", id))
			f.decide(t, id, "同意")
			see(t, "pick message", f.wecom("zhengku"), says(id, secret))
			require.True(t, f.sim.WeCom.SendText(ctx, "zhengku", "发货 "+id+" "+tracking).Accepted)
			see(t, "customer told", f.kf("wm-two"), says(id, tracking))
			order, err := f.server.store.FindOrder(ctx, orders.OrderID(id))
			require.NoError(t, err)
			quiet(t, db, patience)

			own := []string{order.CustomerName, order.Contact, order.Address, order.Total.String(), "外科口罩 平面型", secret, "顺丰", order.Phone}
			before := state(t, db)
			ask := func(t *testing.T, say func(text string), screen func() []simulator.Bubble, check func(t *testing.T, text string, answers []string)) {
				t.Helper()
				for _, words := range wordings(id, tracking, order.Phone) {
					told := len(screen())
					say(words)
					quiet(t, db, patience)
					var answers []string
					for _, b := range screen()[told:] {
						if b.From == simulator.FromBot {
							answers = append(answers, zeroWidth.Replace(b.Title+b.Text+string(b.Card)))
						}
					}
					require.NotEmpty(t, answers, "no answer to %q", words)
					check(t, words, answers)
					require.Equal(t, before, state(t, db), "%q changed something", words)
					f.clock.advance(10 * time.Second) // thirty messages a minute reach a member
				}
			}
			nothing := func(t *testing.T, words string, answers []string) {
				t.Helper()
				for _, a := range answers {
					for _, o := range own {
						if strings.Contains(words, o) {
							continue // one's own words may come back
						}
						if strings.Contains(words, "库存") && strings.HasPrefix(o, "外科口罩") {
							continue // what is sold is no secret
						}
						require.NotContains(t, a, o, "answer to %q", words)
					}
				}
			}
			hint := func(want string) func(t *testing.T, words string, answers []string) {
				return func(t *testing.T, words string, answers []string) {
					t.Helper()
					require.Len(t, answers, 1)
					if strings.HasPrefix(words, "绑定 ") && strings.HasSuffix(want, "。") && strings.Contains(want, "绑定") {
						nothing(t, words, answers) // a code that is none
						return
					}
					require.Contains(t, answers[0], want, words)
					nothing(t, words, answers)
				}
			}
			const binding = "您好！您还没有绑定客户。请向您的业务员要一个 6 位绑定码，然后发「绑定 123456」（换成您的码）。"

			t.Run("another customer in 微信客服", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.KF.SendText(ctx, "wm-one", text).Accepted) }, f.kf("wm-one"), nothing)
			})
			t.Run("another customer at the service account", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.ServiceAccount.SendText(ctx, "open-one", text).Accepted) },
					func() []simulator.Bubble { return f.sim.ServiceAccount.Screen("open-one") }, nothing)
			})
			t.Run("a stranger in 微信客服", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.KF.SendText(ctx, "wm-nobody", text).Accepted) }, f.kf("wm-nobody"), hint(binding))
			})
			t.Run("a stranger at the service account", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.ServiceAccount.SendText(ctx, "open-nobody", text).Accepted) },
					func() []simulator.Bubble { return f.sim.ServiceAccount.Screen("open-nobody") }, hint(binding))
			})
			t.Run("a visitor in WeCom", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.WeCom.SendText(ctx, "visitor", text).Accepted) }, f.wecom("visitor"), nothing)
			})
			t.Run("a visitor in DingTalk", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.DingTalk.SendText(ctx, "dt-visitor", text).OK()) }, f.dingtalk("dt-visitor"), nothing)
			})
			t.Run("a salesperson who does not own it", func(t *testing.T) { //nolint:paralleltest // one firm
				ask(t, func(text string) { require.True(t, f.sim.WeCom.SendText(ctx, "seller1", text).Accepted) }, f.wecom("seller1"),
					func(t *testing.T, words string, answers []string) {
						t.Helper()
						for _, a := range answers {
							require.NotContains(t, a, order.Total.String(), words)
							require.NotContains(t, a, secret, words)
						}
					})
			})
			t.Run("whose it is", func(t *testing.T) { //nolint:paralleltest // one firm
				for i, words := range []string{id + " 到哪了", "我的订单到哪了", "明细 " + id, tracking + " 到哪了"} {
					told := len(f.sim.KF.Screen("wm-two"))
					require.True(t, f.sim.KF.SendText(ctx, "wm-two", words).Accepted)
					see(t, words, func() []simulator.Bubble { return f.sim.KF.Screen("wm-two")[told:] }, says(id))
					f.clock.advance(time.Duration(i) * time.Second)
				}
				see(t, "its lines", f.kf("wm-two"), says("明细", id, order.Total.String()))
				two := func() []simulator.Bubble { return f.sim.ServiceAccount.Screen("open-two") }
				require.True(t, f.sim.ServiceAccount.SendText(ctx, "open-two", id).Accepted)
				see(t, "its nodes", two, says(id, "下单", "审核", "排产", "入库", "出库", "在途", "签收"))
				for _, words := range []string{order.Phone, tracking, "我的订单到哪了"} {
					told := len(two())
					require.True(t, f.sim.ServiceAccount.SendText(ctx, "open-two", words).Accepted)
					see(t, "its nodes by "+words, func() []simulator.Bubble { return two()[told:] }, says(id, "下单", "签收"))
				}
				require.True(t, f.sim.WeCom.SendText(ctx, "zhengku", "明细 "+id).Accepted)
				see(t, "the warehouse's own", f.wecom("zhengku"), says("明细", secret))
			})

			// Whatever was said to whomever: the note stands on the screens of the warehouse only.
			quiet(t, db, patience)
			for _, row := range texts(t, db, "SELECT DISTINCT platform, chat_id FROM deliveries WHERE body LIKE '%"+secret+"%'") {
				require.Contains(t, []string{"wecom zhengku", "wecom wucang"}, row, fmt.Sprint("internal note told to ", row))
			}
		})
	}
}
