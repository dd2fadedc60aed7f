package main

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/storage"
)

// What is in stock is said beside the lines and on request, as the warehouse has it; what is lacking is named at once with the day it
// comes; purchasing hears what ran low, the warehouse's lead what another warehouse could give; what arrives goes to who waits, those
// who ordered first in front, and each customer hears it.
//
// feature: ST-01, ST-05, ST-07, ST-14
func TestStockFromTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,category,price", "X01,显影导丝,0.035,根,盒=10,导丝,5", "X02,显影导丝,0.018,根,盒=10,导丝,5", "CG-6F,造影管,,根,,导管,5")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号", "K02,青山诊所,S01,南京市江宁区将军大道90号")
			f.load("stock", "product,warehouse,on_hand,safety_stock", "X01,东仓,30,10", "X01,西仓,100,20", "X02,东仓,8,0")
			f.serve()
			ctx, db := t.Context(), f.sql()
			for person, customer := range map[string]orders.CustomerCode{"openid-blue": "K01", "openid-green": "K02"} {
				f.sim.ServiceAccount.AddFollower(person, person, "")
				f.sim.ServiceAccount.SendText(ctx, person, "在吗")
				require.NoError(t, f.server.store.Do(ctx, func(tx *storage.Tx) error {
					return tx.Bind(orders.Binding{Platform: orders.ServiceAccount, Person: person, Customer: customer, By: "S01", At: f.clock.now()})
				}))
			}
			customer := func(person string) func() []simulator.Bubble {
				return func() []simulator.Bubble { return f.sim.ServiceAccount.Screen(person) }
			}
			wecom := f.answer
			place := func(text string) string { return f.confirmed("zhouting", text) }
			lines := func(words ...string) { see(t, "lines", f.wecom("zhouting"), says(words...)) }

			// Who sees what.
			require.Regexp(t, `X01 显影导丝 0.035\n可用 100根（够 10盒，每盒 10根）\n东仓：可用 20根（在库 30，安全库存 10）\n西仓：可用 80根（在库 100，安全库存 20）(?s:.*)X02 显影导丝 0.018\n可用 8根\n东仓：可用 8根（在库 8）`, wecom("zhouting", "库存 显影导丝"))
			require.NotContains(t, wecom("zhouting", "库存 导丝 0.035"), "X02")
			require.NotContains(t, wecom("lizhang", "库存 X01"), "东仓")
			require.Contains(t, wecom("lizhang", "库存 X01"), "可用 100根")

			// The draft says what there is, and what is lacking with the day it comes.
			require.Contains(t, wecom("zhouting", "预计到货 X01 50盒 3月20日"), "没有这个权限")
			day := f.clock.now().In(location).AddDate(0, 0, 9)
			require.Contains(t, wecom("fenggou", "预计到货 X01 50根 "+day.Format("1月2日")), "哪个仓？请在后面写上仓库")
			require.Contains(t, wecom("fenggou", "预计到货 X01 5盒 "+day.Format("1月2日")+" 东仓 po77"), "已登记预计到货 PO77：显影导丝 0.035 50根，"+day.Format("1月2日")+"，东仓")
			require.Contains(t, wecom("fenggou", "预计到货 X01 0 东仓 PO78"), "没有这一批")
			require.Contains(t, wecom("zhengku", "到货 CG-6F 20 西仓"), "已登记到货：造影管 20根，西仓")
			first := place("蓝海诊所 显影导丝0.035 9盒")
			lines(first, "X01 显影导丝 0.035", "可用 100根")
			require.Regexp(t, `可用 10根(?s:.*)东仓：可用 0根（在库 30，已分配 20，安全库存 10）\n西仓：可用 10根（在库 100，已分配 70，安全库存 20）\n预计 `, wecom("zhouting", "库存 X01"))
			second := place("蓝海诊所 显影导丝0.035 4盒")
			lines(second, "库存不足：可用 10根，缺 30根，预计 "+day.Format("1月2日")+" 到货")
			third := place("青山诊所 显影导丝0.035 3盒")
			lines(third, "库存不足：可用 0根，缺 30根")
			see(t, "short", f.wecom("fenggou"), says("缺货 "+second, "缺 30根，预计 "+day.Format("1月2日")+" 到货"))
			require.Equal(t, orders.StatusApproved, f.status(t, second))
			quiet(t, db, patience)
			see(t, "low", f.wecom("fenggou"), says("库存预警 X01", "东仓、西仓", "建议补 10根", "在途 50"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'stock.low'"))

			// What arrives goes to who waits.
			require.Contains(t, wecom("zhouting", "到货 X01 30 东仓"), "没有这个权限")
			require.Contains(t, wecom("zhengku", "到货 显影导丝 30 东仓"), "有 2 个产品，请写编码")
			require.Contains(t, wecom("zhengku", "到货 X01 30"), "哪个仓？请在后面写上仓库")
			require.Contains(t, wecom("zhengku", "到货 X01 30 东山仓"), "没有仓库「东山仓」")
			f.sim.SetDeliveryPolicy(simulator.DeliveryPolicy{Timeout: 5 * time.Second, Resend: 3, Pause: 200 * time.Millisecond, Copies: 3})
			wecom("zhengku", "到货 X01 4盒 东仓") // its answer or the new pick message: whichever is sent first
			see(t, "arrived", f.wecom("zhengku"), says("已登记到货：显影导丝 0.035 40根，东仓。", "等货的 2 单按先后补上了："+second+"、"+third))
			see(t, "customer", customer("openid-blue"), says(second+" 等的货到了，已经为您留好"))
			see(t, "customer", customer("openid-green"), says(third+" 等的货到了一部分"))
			quiet(t, db, patience)
			require.Equal(t, []string{second + " 40000000", third + " 10000000"}, texts(t, db, "SELECT order_id, reserved FROM order_lines WHERE order_id IN (?, ?) ORDER BY order_id", second, third))
			require.Equal(t, []string{"stock.served " + second, "stock.served " + third}, texts(t, db, "SELECT kind, order_id FROM events WHERE kind = 'stock.served' ORDER BY id"))
			see(t, "sales", f.wecom("zhouting"), says(second+" 等的货到了，已经留齐"))
			see(t, "sales", f.wecom("zhouting"), says(third+" 等的货到了一部分", "缺 20根"))

			// A count shows the difference before it counts.
			f.sim.WeCom.SendText(ctx, "zhengku", "盘点 X02 7 东仓")
			preview := see(t, "count", f.wecom("zhengku"), offers("确认盘点", "8 → 7根", "少 1根"))
			require.EqualValues(t, 8_000_000, number(t, db, "SELECT on_hand FROM stock WHERE product = 'X02' AND warehouse = '东仓'"))
			f.pressWeCom("zhengku", preview, "确认盘点")
			count := regexp.MustCompile(`盘点 \d+`).FindString(string(preview.Card))
			see(t, "counted", f.wecom("zhengku"), says("已按盘点改好", "少 1根"))
			require.Contains(t, wecom("zhengku", "确认"+count), count+" 已由 郑库 完成，不用再操作")
			require.EqualValues(t, 7_000_000, number(t, db, "SELECT on_hand FROM stock WHERE product = 'X02' AND warehouse = '东仓'"))

			// A transfer is proposed to the lead where another warehouse can spare some.
			wecom("zhengku", "到货 X01 100 西仓")
			see(t, "arrived", f.wecom("zhengku"), says("已登记到货：显影导丝 0.035 100根，西仓", third))
			require.Contains(t, wecom("zhengku", "到货 X01 20 东仓"), "已登记到货")
			f.sim.WeCom.SendText(ctx, "zhengku", "盘点 X01 65 东仓")
			f.pressWeCom("zhengku", see(t, "count", f.wecom("zhengku"), offers("确认盘点", "90 → 65根")), "确认盘点")
			proposal := see(t, "transfer", f.wecom("wucang"), offers("确认调拨", "东仓缺 5根，西仓有富余"))
			transfer := regexp.MustCompile(`调拨 \d+`).FindString(string(proposal.Card))
			require.NotEmpty(t, transfer)
			require.Contains(t, zeroWidth.Replace(f.ask(f.wecom("zhengku"), func() { f.sim.WeCom.SendText(ctx, "zhengku", "确认"+transfer) }).Text), "没有这个权限")
			f.pressWeCom("wucang", proposal, "确认调拨")
			see(t, "moved", f.wecom("wucang"), says("已调拨 显影导丝 0.035 5根：西仓 → 东仓"))
			require.Equal(t, []string{"东仓 70000000", "西仓 195000000"}, texts(t, db, "SELECT warehouse, on_hand FROM stock WHERE product = 'X01' AND warehouse <> '默认仓' ORDER BY warehouse"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// What lacks stock may be exchanged for goods of its category that are there and that the customer may buy, three at most, and only
// because somebody says so.
//
// feature: ST-04
func TestSubstitutesAreOffered(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,spec,unit,packs,category,price,stock,licence,successor,kind,parts",
				"X01,显影导丝,A型,根,盒=10,导丝,5,5,,X09,,", "X02,泥鳅导丝,,根,,导丝,6,100,,,,", "X03,禁买导丝,,根,盒=10,导丝,5,100,,,,", "X04,显影剂,,根,,造影剂,5,100,,,,",
				"X05,少货导丝,,根,,导丝,5,19,,,,", "X06,持证导丝,,根,,导丝,5,100,三类证,,,", "X07,无价导丝,,根,,导丝,,100,,,,", "X08,显影导丝,B型,根,盒=20,导丝,5,20,,,,", "X09,超滑导丝,,根,盒=10,导丝,7,90,,,,",
				"X10,加硬导丝,,根,,导丝,5,300,,,,", "X11,论支导丝,,支,,导丝,5,300,,,,")
			f.load("customers", "code,name,sales,address,catalogue", "K01,蓝海诊所,S01,南京市江宁区将军大道88号,X01;X02;X04;X05;X06;X07;X08;X09;X10;X11")
			f.serve()
			ctx, db := t.Context(), f.sql()
			names := func(b simulator.Bubble) (out []string) {
				for _, x := range b.Buttons {
					out = append(out, x.Text)
				}
				return out
			}
			id, draft := f.draftOf("zhouting", "蓝海诊所 X01 2盒，X04 5根")
			require.Equal(t, []string{"换成超滑导丝", "换成显影导丝 B型", "换成泥鳅导丝"}, names(draft)[:3], "%s", draft.Card)
			require.True(t, says("可以换", "1. X09 超滑导丝（可用 90根）", "2. X08 显影导丝 B型（可用 20根）", "3. X02 泥鳅导丝（可用 100根）", "不换就照原来的下单", "换成 X09 "+id)(draft), "%s", draft.Card)
			f.pressWeCom("zhouting", draft, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			require.Equal(t, []string{"X01 20000000 5000000", "X04 5000000 5000000"}, texts(t, db, "SELECT product, base, reserved FROM order_lines WHERE order_id = ? ORDER BY no", id))

			id, draft = f.draftOf("zhouting", "蓝海诊所 X01 2盒，X04 5根")
			quiet(t, db, patience)
			refused := f.ask(f.wecom("chenli"), func() { f.sim.WeCom.SendText(ctx, "chenli", "换成 X08 "+id) })
			require.True(t, says("没有")(refused), "%s", refused.Text)
			f.pressWeCom("zhouting", draft, "换成显影导丝 B型")
			see(t, "swapped", f.wecom("zhouting"), says(id, "换成 X08 显影导丝 B型"))
			again := see(t, "new draft", f.wecom("zhouting"), offers("确认下单", id, "第 2 版", "X08"))
			require.NotContains(t, string(again.Card), "X01")
			quiet(t, db, patience)
			answer := f.ask(f.wecom("zhouting"), func() { f.sim.WeCom.SendText(ctx, "zhouting", "换成 X02 "+id) })
			require.Contains(t, answer.Text, "现在不能换成 X02 了")
			f.pressWeCom("zhouting", again, "确认下单")
			see(t, "placed", f.wecom("zhouting"), says("已下单", id))
			quiet(t, db, patience)
			require.Equal(t, []string{"X08 20000000 根 20000000", "X04 5000000 根 5000000"}, texts(t, db, "SELECT product, base, unit, reserved FROM order_lines WHERE order_id = ? ORDER BY no", id))
			sound(t, db)
		})
	}
}

// A bundle takes its parts from stock and is picked by them; the pick lists of all warehouses together are the order. The warehouse is
// chosen by rules, and the reason is said: one that has everything and is near, one that has everything, one that is near.
//
// feature: ST-10, ST-13
func TestGoodsArePickedByWarehouse(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,price,kind,parts", "X01,导丝,根,5,,", "X02,导管,根,5,,", "B01,介入套装,套,12,组合品,X01=2;X02=1")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,苏州市工业园区星湖街8号", "K02,青山诊所,S01,南京市江宁区将军大道90号", "K03,白云诊所,S01,广州市天河区体育东路1号")
			f.load("stock", "product,warehouse,on_hand", "X01,北京仓,60", "X01,南京仓,100", "X01,苏州仓,40", "X02,北京仓,60", "X02,南京仓,100", "X02,苏州仓,20")
			f.serve()
			ctx, db := t.Context(), f.sql()
			place := func(text string) string {
				id := f.confirmed("zhouting", text)
				quiet(t, db, patience)
				return id
			}
			held := func(id string) []string {
				return texts(t, db, "SELECT line, product, warehouse, CAST(quantity / 1000000 AS DECIMAL(9)) FROM reservations WHERE order_id = ? ORDER BY line, product, warehouse", id)
			}
			pick := func(id string, words ...string) {
				see(t, "pick", f.wecom("zhengku"), says(append([]string{"拣货 " + id}, words...)...))
			}

			near := place("蓝海诊所 X01 5根，X02 5根")
			require.Equal(t, []string{"1 X01 苏州仓 5", "2 X02 苏州仓 5"}, held(near))
			pick(near, "出货仓：苏州仓（离收货地近，货也齐）")
			again := place("蓝海诊所 X01 5根，X02 5根") // the same again: the same warehouse
			require.Equal(t, held(near), held(again))
			all := place("白云诊所 X01 50根")
			require.Equal(t, []string{"1 X01 北京仓 50"}, held(all))
			pick(all, "出货仓：北京仓（货齐，一个仓发完）")

			// Two for one, from two warehouses.
			bundle := place("蓝海诊所 介入套装60套，X02 3根")
			require.Equal(t, []string{"1 X01 北京仓 10", "1 X01 南京仓 80", "1 X01 苏州仓 30", "1 X02 北京仓 50", "1 X02 苏州仓 10", "2 X02 北京仓 3"}, held(bundle))
			pick(bundle, "介入套装", "60套", "取：", "北京仓 X01 导丝 10根", "南京仓 X01 导丝 80根", "苏州仓 X01 导丝 30根", "苏州仓 X02 导管 10根")
			quiet(t, db, patience)
			before := len(f.wecom("zhengku")())
			f.pressWeCom("zhengku", see(t, "button", f.wecom("zhengku"), offers("拣货单", "分仓拣货 "+bundle, "北京仓、南京仓、苏州仓")), "拣货单")
			quiet(t, db, patience)
			var lists []string
			sum := make(map[string]int)
			for _, b := range f.wecom("zhengku")()[before:] {
				if b.MediaID == "" {
					continue
				}
				data, name, ok := f.sim.Media(b.MediaID)
				require.True(t, ok)
				lists = append(lists, name)
				doc, err := document.Open(ctx, name, data, nil)
				require.NoError(t, err)
				for _, p := range doc.Pages {
					for _, r := range p.Tables[0].Rows[1:] {
						n, err := strconv.Atoi(r[4].Text)
						require.NoError(t, err)
						sum[r[0].Text+" "+r[1].Text] += n
					}
				}
			}
			require.Equal(t, []string{"拣货单-" + bundle + "-北京仓.docx", "拣货单-" + bundle + "-南京仓.docx", "拣货单-" + bundle + "-苏州仓.docx"}, lists)
			require.Equal(t, map[string]int{"1 X01": 120, "1 X02": 60, "2 X02": 3}, sum, "the order, in parts")
			require.Contains(t, f.answer("zhouting", "拣货单 "+bundle), "没有这个权限")
			sound(t, db)
		})
	}
}
