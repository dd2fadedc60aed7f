package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// goods are orders in words for each set of master data that need no question and go to an approver.
var goods = map[string]string{
	"medical":  "澜州一院 外科口罩%d箱，丁腈手套M码10箱",
	"hardware": "鑫达 304外六角M8*30 %d箱 M8螺母304 1箱",
}

// approvers decide on DingTalk.
var approvers = []string{"dt-wangmin", "dt-lizhang", "dt-zhaocai", "dt-qianzong"}

// stock fills the warehouse with what the orders of [goods] are about.
func (f *firm) stock() {
	f.t.Helper()
	file := filepath.Join(f.t.TempDir(), "stock.csv")
	var csv strings.Builder
	csv.WriteString("product,warehouse,on_hand\n")
	for _, p := range []string{"P003", "P009", "H005", "H031"} {
		if known := number(f.t, f.sql(), "SELECT COUNT(*) FROM products WHERE code = ?", p); known > 0 {
			csv.WriteString(p + ",默认仓,10000000\n")
		}
	}
	require.NoError(f.t, os.WriteFile(file, []byte(csv.String()), 0o600))
	f.command("import", "stock", file)
}

// draft lets a salesperson send an order and returns its number and its card.
func (f *firm) draft(t *testing.T, sales, words string) (string, simulator.Bubble) {
	t.Helper()
	d := f.sim.WeCom.SendText(t.Context(), sales, words)
	require.True(t, d.Accepted, "%+v", d)
	card := see(t, "draft of "+words, f.wecom(sales), offers("确认下单"))
	return orderNumber.FindString(card.Title + string(card.Card)), card
}

// press presses a button of a card in WeCom.
func (f *firm) press(t *testing.T, user string, b simulator.Bubble, button string) {
	t.Helper()
	key, ok := buttonOf(b, button)
	require.True(t, ok, "no button %s", button)
	d := f.sim.WeCom.Click(t.Context(), user, b.TaskID, key)
	require.NoError(t, d.Err)
	require.True(t, d.Accepted, "click: %+v", d)
}

// status is how far an order is.
func (f *firm) status(t *testing.T, id string) orders.Status {
	t.Helper()
	o, err := f.server.store.FindOrder(t.Context(), orders.OrderID(id))
	require.NoError(t, err)
	return o.Status
}

// decide presses a button of the approval cards of an order until no node is open any more.
func (f *firm) decide(t *testing.T, id, button string) {
	t.Helper()
	eventually(t, patience, "decision of "+id, func() bool {
		if f.status(t, id) != orders.StatusPendingApproval {
			return true
		}
		for _, who := range approvers {
			for _, b := range f.sim.DingTalk.Screen(who) {
				if key, ok := buttonOf(b, button); ok && strings.Contains(b.Title, id) { // other cards may name it as an earlier order
					p := f.sim.DingTalk.Click(t.Context(), who, b.TaskID, key)
					require.True(t, p.OK(), "click: %+v", p)
					return false
				}
			}
		}
		return false
	}, func() string { return f.status(t, id).String() })
}

// travel sends an order all the way to the carrier.
func (f *firm) travel(t *testing.T, sales, words, tracking string) string {
	t.Helper()
	id, card := f.draft(t, sales, words)
	f.press(t, sales, card, "确认下单")
	see(t, "placed", f.wecom(sales), says("已下单", id))
	f.decide(t, id, "同意")
	see(t, "approved", f.wecom(sales), says(id, "备货"))
	see(t, "pick message", f.wecom("zhengku"), says(id))
	require.True(t, f.sim.WeCom.SendText(t.Context(), "zhengku", "发货 "+id+" "+tracking).Accepted)
	see(t, "shipped", f.wecom("zhengku"), says("已发货", id))
	see(t, "salesperson told", f.wecom(sales), says(id, tracking))
	return id
}

// The whole corpus and a set of orders on their way, with every delivery tripled: each message is
// answered once, and nothing is ordered, reserved, decided or shipped twice.
//
// feature: DM-01
func TestEverythingDeliveredThreeTimes(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		for master, policy := range map[string]simulator.DeliveryPolicy{
			"medical":  {Copies: 3, Parallel: true},
			"hardware": {Copies: 3, SameEnvelope: true},
		} {
			t.Run(fmt.Sprintf("%s/%s", name, master), func(t *testing.T) {
				t.Parallel()
				lines := append(readCorpus(t, "messages.jsonl", master), readCorpus(t, "files.jsonl", master)...)
				f := newCorpusFirm(t, database(t), master, lines)
				var sellers []colleague
				for i := range 6 {
					sellers = append(sellers, colleague{name: fmt.Sprintf("卖家%d", i), role: orders.RoleSales, wecom: fmt.Sprintf("seller%d", i)})
				}
				f.employAfter(len(f.chats), sellers...)
				policy.Timeout, policy.Resend, policy.Pause = 5*time.Second, 3, 200*time.Millisecond
				f.sim.SetDeliveryPolicy(policy)
				f.stock()
				f.begin()
				f.playAll(40)

				var all sync.WaitGroup
				for i := range 4 {
					all.Go(func() {
						t.Run(fmt.Sprint("shipped", i), func(t *testing.T) {
							f.travel(t, sellers[i].wecom, fmt.Sprintf(goods[master], i+20), fmt.Sprintf("SF123456789012%d", i))
						})
					})
				}
				all.Go(func() {
					t.Run("rejected", func(t *testing.T) {
						id, card := f.draft(t, "seller4", fmt.Sprintf(goods[master], 30))
						f.press(t, "seller4", card, "确认下单")
						see(t, "approval card", f.dingtalk("dt-wangmin"), offers("同意", id))
						p := f.sim.DingTalk.SendText(t.Context(), "dt-wangmin", "驳回 "+id+" 价格不对")
						require.True(t, p.OK())
						see(t, "rejected", f.wecom("seller4"), says(id, "驳回", "价格不对"))
					})
				})
				all.Go(func() {
					t.Run("cancelled", func(t *testing.T) {
						id, _ := f.draft(t, "seller5", fmt.Sprintf(goods[master], 31))
						require.True(t, f.sim.WeCom.SendText(t.Context(), "seller5", "确认 "+id).Accepted)
						see(t, "placed", f.wecom("seller5"), says("已下单", id))
						require.True(t, f.sim.WeCom.SendText(t.Context(), "seller5", "取消 "+id+" 客户不要了").Accepted)
						see(t, "cancelled", f.wecom("seller5"), says("已取消", id))
					})
				})
				all.Wait()
				quiet(t, f.sql(), patience)
				sound(t, f.db)
				for _, s := range sellers {
					f.once(&conversation{person: s.wecom, door: orders.WeCom})
				}
				for _, who := range []string{"zhengku", "wucang", "lizhang"} {
					f.once(&conversation{person: who, door: orders.WeCom})
				}
				for _, who := range approvers {
					f.once(&conversation{person: who, door: orders.DingTalk})
				}
			})
		}
	}
}
