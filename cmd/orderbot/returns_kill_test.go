package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// returnKills is how often the server is killed.
const returnKills = 5

// Orders are split, their batches shipped, and part of them comes back, while the server is killed and started again at random moments:
// the batches are the order, every return is signed and taken in once, and stock and credit are those of what is left.
//
// feature: CH-04, DM-04
func TestBatchesAndReturnsThroughCrashes(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.clock.fast.Store(&fastClock{time.Now(), speed})
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 600, Pause: 100 * time.Millisecond, Copies: 1})
			sellers, keepers := []string{"seller0", "seller1", "seller2"}, []string{"keeper0", "keeper1", "keeper2"}
			var people []colleague
			for i := range sellers {
				people = append(people, colleague{name: fmt.Sprintf("卖家%d", i), role: orders.RoleSales, wecom: sellers[i]}, colleague{name: fmt.Sprintf("仓管%d", i), role: orders.RoleWarehouse, wecom: keepers[i]})
			}
			f.employ(people...)
			f.stock()
			db := f.sql()
			onHand := "SELECT SUM(on_hand) FROM stock WHERE product = 'P003'"
			before := number(t, db, onHand)

			server := &child{f: f}
			server.start(t)
			defer func() { server.kill(t) }()
			accepted := &messages{ids: make(map[string]string)}
			var killing atomic.Bool
			killing.Store(true)
			var done atomic.Int64
			var all sync.WaitGroup
			for i := range sellers {
				all.Go(func() {
					t.Run(sellers[i], func(t *testing.T) {
						w := &walk{t: t, f: f, db: db, seller: sellers[i], accepted: accepted}
						for n := 1; killing.Load() || n == 1; n++ {
							w.partBack(keepers[i], 10*n+2*i)
							done.Add(1)
						}
					})
				})
			}
			moments := rand.New(rand.NewPCG(seed, 1))
			for range returnKills {
				time.Sleep(time.Duration(moments.Int64N(int64(2 * time.Second))))
				server.kill(t)
				waiting, stop := context.WithTimeout(t.Context(), tricks)
				err := f.sim.WaitQuiet(waiting)
				stop()
				require.NoError(t, err)
				server.start(t)
			}
			killing.Store(false)
			all.Wait()
			quiet(t, db, tricks)
			sound(t, db)
			n := done.Load()
			require.EqualValues(t, 2*n, number(t, db, "SELECT COUNT(*) FROM orders WHERE family <> ''"), "each was split once")
			require.EqualValues(t, 2*n, number(t, db, "SELECT COUNT(*) FROM shipments"))
			require.EqualValues(t, n, number(t, db, "SELECT COUNT(*) FROM order_returns WHERE status = 'done'"))
			require.EqualValues(t, n, number(t, db, "SELECT COUNT(*) FROM order_returns"))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM reservations"))
			require.EqualValues(t, before-n*160_000_000+n*40_000_000, number(t, db, onHand), "four boxes went, one came back")
			require.EqualValues(t, number(t, db, "SELECT SUM(total) FROM orders")-number(t, db, "SELECT SUM(credited) FROM order_returns"), number(t, db, "SELECT SUM(held) FROM credit"))
			t.Logf("%d orders through %d kills", n, returnKills)
		})
	}
}

// partBack takes an order from its words through two batches to a return of a part.
func (w *walk) partBack(keeper string, n int) {
	w.t.Helper()
	w.say(w.seller, fmt.Sprintf("澜州一院 外科口罩4箱，丁腈手套M码%d盒", n))
	var id string
	w.until("draft", w.seller, func(b simulator.Bubble) bool {
		if _, ok := buttonOf(b, "确认下单"); !ok {
			return false
		}
		id = orderNumber.FindString(b.Title + b.Text + string(b.Card))
		return id != "" && texts(w.t, w.db, "SELECT status FROM orders WHERE id = ?", id)[0] == "draft"
	})
	w.say(w.seller, "确认 "+id)
	w.until("placed "+id, w.seller, says("已下单", id))
	w.say(w.seller, id+" 拆成两批")
	w.until("batches of "+id, w.seller, says("第 1 批（"+id+"）", "第 2 批"))
	w.say(w.seller, "确认拆分 "+id)
	w.until("split "+id, w.seller, says("已拆成 2 批："+id))
	part := texts(w.t, w.db, "SELECT id FROM orders WHERE family = ? AND id <> ?", id, id)[0]
	w.say(keeper, "收到 "+id)
	w.until("taken "+id, keeper, says("变更您已看过", id))
	for i, one := range []string{id, part} {
		w.say(keeper, fmt.Sprintf("发货 %s SF12345%07d%d", one, n, i))
		w.until("shipped "+one, keeper, says("已发货", one))
	}
	th := "TH" + strings.TrimPrefix(part, "SO") + "-1"
	w.say(w.seller, "退货 "+part+" 外科口罩1箱 质量")
	w.until("the letter of "+th, w.seller, says("签字", th))
	shown := sha256.Sum256([]byte(texts(w.t, w.db, "SELECT document FROM order_returns WHERE order_id = ?", part)[0]))
	w.say(w.seller, "签字 "+th+" "+hex.EncodeToString(shown[:])[:12])
	w.until("signed "+th, w.seller, says("已签字 "+th))
	w.say(keeper, "退货入库 "+th+" 全部良品")
	w.until("taken in "+th, keeper, says("已验收 "+th))
}
