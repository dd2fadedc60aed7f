package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// The warehouse takes what may leave into a wave and gets one list to print for each warehouse; once the goods are signed for, the
// customer is asked when to install them where the order holds that, and only there.
//
// feature: LG-09
func TestWavesAndInstallations(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,price,stock,category", "X01,影像主机,台,5,50,需安装设备", "X02,标准导板,个,5,50,耗材")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.serve()
			ctx, db := t.Context(), f.sql()
			f.sim.ServiceAccount.AddFollower("openid-blue", "openid-blue", "")
			f.sim.ServiceAccount.SendText(ctx, "openid-blue", "在吗")
			require.NoError(t, f.server.store.Do(ctx, func(tx *storage.Tx) error {
				return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: "openid-blue", Customer: "K01", By: "S01", At: f.clock.now()})
			}))
			blue := func() []simulator.Bubble { return f.sim.ServiceAccount.Screen("openid-blue") }
			wecom := f.answer
			place := func(text string) string { return f.confirmed("zhouting", text) }
			with, without := place("蓝海诊所 影像主机2台"), place("蓝海诊所 标准导板3个")
			see(t, "pick", f.wecom("zhengku"), says("拣货 "+with, "建议物流：极兔（运费最低 ¥8.00，约 3 天），可以换"))
			require.Contains(t, wecom("zhouting", "波次"), "没有这个权限，没有改动")
			quiet(t, db, patience)
			f.sim.WeCom.SendText(ctx, "zhengku", "波次")
			see(t, "wave", f.wecom("zhengku"), says("波次 ", "2 个订单一起拣", with, without))
			quiet(t, db, patience)
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'order.pick_list' AND body LIKE '%docx%'"))
			require.Contains(t, wecom("zhengku", "波次"), "现在没有可以进波次的订单")
			require.Equal(t, orders.StatusPicking, f.status(t, without))

			f.sim.ServiceAccount.SendText(ctx, "openid-blue", "安装 "+with+" 3月20日下午")
			see(t, "too early", blue, says("还没签收"))
			for i, id := range []string{without, with} {
				require.Contains(t, wecom("zhengku", "发货 "+id+" SF123456789012"+string(rune('3'+i))), "已发货")
				require.NoError(t, f.server.store.Do(ctx, func(tx *storage.Tx) error {
					_, err := f.server.clerk.Desk.Track(tx, orders.OrderID(id), 1, orders.ParcelDelivered, nil, orders.SystemActor)
					return err
				}))
				f.server.wake()
				b := see(t, "signed", blue, says(id, "已签收"))
				require.Equal(t, id == with, strings.Contains(b.Text, "这一单含安装，哪天方便？请回复「安装 "+id), b.Text)
			}
			f.sim.ServiceAccount.SendText(ctx, "openid-blue", "安装 "+without+" 3月20日下午")
			see(t, "no installation", blue, says(without+" 没有含安装"))
			f.sim.ServiceAccount.SendText(ctx, "openid-blue", "安装 "+with+" 3月20日下午")
			see(t, "noted", blue, says(with+" 的安装时间记下了：3月20日下午"))
			see(t, "told", f.wecom("zhouting"), says(with, "约安装", "3月20日下午"))
			require.Regexp(t, `订单准确率 100%：近 7 天您的订单签收 2 单，全对 2 单\n信息（.+）：100%，错 0 单\n执行（.+）：100%，错 0 单\n交付（.+）：100%，错 0 单`, wecom("zhouting", "准确率 周"))
			require.Contains(t, wecom("wangmin", "准确率"), "近 30 天全部订单签收 2 单")
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
