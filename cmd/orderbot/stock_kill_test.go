package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Fifty orders are confirmed at once for ten pieces while the server is killed and started again: ten pieces are reserved, never
// eleven, every shortfall is named, and what is cancelled then serves those who wait.
//
// feature: ST-03
func TestFiftyOrdersForTenPiecesThroughCrashes(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := database(t)
			f := newFirm(t, address, medical, automatic(t, ""))
			f.clock.fast.Store(&fastClock{time.Now(), speed})
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 600, Pause: 100 * time.Millisecond, Copies: 1})
			var sellers []colleague
			for i := range 10 {
				sellers = append(sellers, colleague{name: fmt.Sprintf("卖家%d", i), role: orders.RoleSalesManager, wecom: fmt.Sprintf("seller%d", i)})
			}
			f.employ(sellers...)
			f.load("products", "code,name,unit,price,stock", "X01,导丝,盒,8.5,10")
			db := f.sql()
			store, err := storage.Open(t.Context(), address, storage.Options{Now: f.clock.now})
			require.NoError(t, err)
			defer func() { require.NoError(t, store.Close()) }()
			var ids []orders.OrderID
			require.NoError(t, store.Do(t.Context(), func(tx *storage.Tx) error {
				ids = nil
				for range 50 {
					id, err := tx.NextOrderID(f.clock.now())
					if err != nil {
						return err
					}
					o := ordertest.Order(id, "C001", 1, "X01")
					o.Lines[0].Mode, o.Requirement, o.ExpiresAt = "标准", "无", f.clock.now().Add(24*time.Hour)
					if err := tx.InsertOrder(o); err != nil {
						return err
					}
					ids = append(ids, id)
				}
				return nil
			}))

			server := &child{f: f}
			server.start(t)
			defer func() { server.kill(t) }()
			var all sync.WaitGroup
			for i := range sellers {
				all.Go(func() {
					for k := range 5 {
						f.sim.WeCom.SendText(context.Background(), sellers[i].wecom, "确认 "+string(ids[i+10*k]))
					}
				})
			}
			const open = "SELECT COUNT(*) FROM orders WHERE status = 'draft'"
			for _, left := range []int64{49, 35, 20} {
				eventually(t, tricks, "some are confirmed", func() bool { return number(t, db, open) <= left }, func() string {
					return server.said() + fmt.Sprint(texts(t, db, "SELECT body FROM deliveries ORDER BY id LIMIT 3"))
				})
				server.kill(t)
				server.start(t)
			}
			all.Wait()
			eventually(t, tricks, "all are confirmed", func() bool { return number(t, db, open) == 0 }, server.said)
			quiet(t, db, tricks)
			sound(t, db)
			require.EqualValues(t, 10_000_000, number(t, db, "SELECT SUM(reserved) FROM order_lines WHERE product = 'X01'"))
			require.EqualValues(t, 10_000_000, number(t, db, "SELECT allocated FROM stock WHERE product = 'X01'"))
			require.EqualValues(t, 40, number(t, db, "SELECT COUNT(DISTINCT order_id) FROM deliveries WHERE kind = 'stock.short'"))

			served := texts(t, db, "SELECT id FROM orders WHERE status = 'allocated' ORDER BY confirmed_at, id")
			waiting := texts(t, db, "SELECT id FROM orders WHERE status = 'approved' ORDER BY confirmed_at, id")
			require.Len(t, served, 10)
			f.sim.WeCom.SendText(t.Context(), "seller0", "取消 "+served[3]+" 不要了")
			eventually(t, tricks, "the first who waits is served", func() bool {
				return number(t, db, "SELECT COUNT(*) FROM orders WHERE id = ? AND status = 'allocated'", waiting[0]) == 1
			}, server.said)
			quiet(t, db, tricks)
			sound(t, db)
			require.EqualValues(t, 10_000_000, number(t, db, "SELECT allocated FROM stock WHERE product = 'X01'"))
		})
	}
}
