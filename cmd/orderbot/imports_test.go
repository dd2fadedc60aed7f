package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"orderbot/bot/simulator"
	"orderbot/orders"
)

// workbook makes an Excel file of rows whose cells are parted by commas.
func workbook(t *testing.T, rows ...string) []byte {
	t.Helper()
	book := excelize.NewFile()
	for i, row := range rows {
		cells := strings.Split(row, ",")
		require.NoError(t, book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells))
	}
	var b bytes.Buffer
	require.NoError(t, book.Write(&b))
	return b.Bytes()
}

// importDesk is a firm with an administrator at DingTalk.
type importDesk struct {
	*firm

	servers []*server
}

func newImportDesk(t *testing.T, database string) *importDesk {
	t.Helper()
	d := &importDesk{firm: newFirm(t, database, medical)}
	d.employ(colleague{name: "罗管", role: orders.RoleAdmin, dingtalk: "dt-luoguan"}, colleague{name: "副管", role: orders.RoleAdmin, dingtalk: "dt-fuguan"})
	d.serve()
	d.servers = []*server{d.server, d.replica()}
	return d
}

// after does something and returns what is new on a person's screen.
func (d *importDesk) after(who string, do func()) func() []simulator.Bubble {
	before := len(d.sim.DingTalk.Screen(who))
	do()
	return func() []simulator.Bubble { return d.sim.DingTalk.Screen(who)[before:] }
}

func (d *importDesk) send(who, name string, file []byte) func() []simulator.Bubble {
	return d.after(who, func() { require.True(d.t, d.sim.DingTalk.SendFile(d.t.Context(), who, name, file).OK()) })
}

func (d *importDesk) tell(who, text string) func() []simulator.Bubble {
	return d.after(who, func() { d.sim.DingTalk.SendText(d.t.Context(), who, text) })
}

// last is the number of the table that was sent last; a transaction that was run again leaves a gap.
func (d *importDesk) last() string {
	d.t.Helper()
	return fmt.Sprint(number(d.t, d.sql(), "SELECT MAX(id) FROM imports"))
}

// settled waits until the card that was pressed says something.
func (d *importDesk) settled(who string, card simulator.Bubble, words string) {
	d.t.Helper()
	see(d.t, "the card settled", d.dingtalk(who), func(b simulator.Bubble) bool {
		return b.TaskID == card.TaskID && strings.Contains(b.Settled+string(b.Card), words)
	})
}

const (
	goodsHead = "产品编码,名称,规格,单位,单价,起订量"
	goodsP003 = "P003,医用外科口罩,平面型 耳挂式 50只/盒,盒,13.2,1"
)

// An administrator sends a list of goods to the bot. While rows are bad, none is taken and each is named; the mended list is shown
// against what there is, and imported by one word, once, for all replicas and on record.
//
// feature: IN-12
func TestImportInTheChat(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newImportDesk(t, database(t))
			ctx, db := t.Context(), d.sql()
			goods := number(t, db, "SELECT COUNT(*) FROM products")

			rows := []string{goodsHead, goodsP003, "P900,红外额温枪,HW-2,,98,1", "P901,电子血压计,臂式,台,九十八,1", "P902,指夹血氧仪,,个,-3,1", "P001,一次性医用口罩,平面型 耳挂式 50只/盒,盒,8.5,1"}
			screen := d.send("dt-luoguan", "商品.csv", []byte(strings.Join(rows, "\n")))
			see(t, "refused", screen, says("产品资料「商品.csv」有 3 行不对", "一行都没有导入", "第 3 行「单位」: 不能为空", "第 4 行「单价」: 「九十八」不是数字", "第 5 行「单价」: 「-3」不能是负数"))
			for _, b := range screen() {
				require.Empty(t, b.Buttons)
			}
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM imports"))
			require.Equal(t, goods, number(t, db, "SELECT COUNT(*) FROM products"))

			rows[2], rows[3], rows[4] = "P900,红外额温枪,HW-2,把,98,1", "P901,电子血压计,臂式,台,198,1", "P902,指夹血氧仪,,个,45.5,1"
			screen = d.send("dt-luoguan", "商品.xlsx", workbook(t, rows...))
			see(t, "preview", screen, says("新增 3，修改 1，不变 1", "还没有导入", "第 2 行 P003 医用外科口罩：单价 12.5 → 13.2", "第 4 行 P901 电子血压计"))
			card := see(t, "card", screen, offers("导入", "导入产品资料", "商品.xlsx", "新增 3"))
			require.Equal(t, goods, number(t, db, "SELECT COUNT(*) FROM products"))

			var presses sync.WaitGroup
			key, _ := buttonOf(card, "导入")
			for range 5 {
				presses.Go(func() { d.sim.DingTalk.Click(ctx, "dt-luoguan", card.TaskID, key) })
			}
			presses.Wait()
			see(t, "imported", screen, says("已导入第 "+d.last()+" 号产品资料「商品.xlsx」", "新增 3，修改 1，不变 1"))
			d.settled("dt-luoguan", card, "已导入 罗管")
			quiet(t, db, patience)
			require.Equal(t, goods+3, number(t, db, "SELECT COUNT(*) FROM products"))
			require.Equal(t, []string{"13200000"}, texts(t, db, "SELECT price FROM products WHERE code = 'P003'"))
			require.Equal(t, []string{"T001 dingtalk 新增 3，修改 1，不变 1 商品.xlsx"},
				texts(t, db, "SELECT actor, channel, after_text, reason FROM audit WHERE action = '导入产品资料' AND actor <> 'system'"))
			for _, s := range d.servers {
				eventually(t, patience, "the new product", func() bool { return s.books.catalog().Product("P901") != nil }, func() string { return "not there" })
			}

			// Once: by button or by word.
			d.clock.advance(2 * time.Minute)
			see(t, "a second click", d.after("dt-luoguan", func() { d.sim.DingTalk.Click(ctx, "dt-luoguan", card.TaskID, key, simulator.Forced()) }), says("已经导入了"))
			see(t, "a word", d.tell("dt-luoguan", "导入 "+d.last()), says("已经导入了"))
			see(t, "the same list again", d.send("dt-luoguan", "商品.xlsx", workbook(t, rows...)), says("和现在一样", "没有要导入的"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM audit WHERE action = '导入产品资料' AND actor <> 'system'"))

			// Five hundred rows.
			many := []string{goodsHead}
			for i := range 500 {
				many = append(many, fmt.Sprintf("Q%03d,试剂盒,%d 号,盒,%d.5,1", i, i, i+1))
			}
			screen = d.send("dt-luoguan", "试剂.xlsx", workbook(t, many...))
			see(t, "preview", screen, says("新增 500，修改 0，不变 0", "没有列出"))
			see(t, "card", screen, offers("导入"))
			see(t, "imported", d.tell("dt-luoguan", "导入"), says("已导入第 "+d.last()+" 号产品资料「试剂.xlsx」", "新增 500"))
			require.Equal(t, goods+503, number(t, db, "SELECT COUNT(*) FROM products"))
			sound(t, db)
		})
	}
}

// Nobody but an administrator imports, and each only what they sent themselves. What was shown holds only while it is true; what was
// given up or forgotten is not imported; a restart forgets nothing.
func TestImportIsRefused(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newImportDesk(t, database(t))
			db := d.sql()
			list := func(price string) []byte { return workbook(t, goodsHead, strings.Replace(goodsP003, "13.2", price, 1)) }
			price := func() string { return texts(t, db, "SELECT price FROM products WHERE code = 'P003'")[0] }

			for who, words := range map[string]string{"dt-zhouting": "没有这个权限", "dt-sunyun": "没有这个权限"} {
				see(t, "refused", d.send(who, "商品.xlsx", list("13")), says("像是产品资料", words, "没有改动"))
				see(t, "refused", d.tell(who, "导入 1"), says(words))
			}
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM imports"))

			group := d.sim.DingTalk.AddGroup("资料群", "dt-luoguan", "dt-zhouting")
			see(t, "not for everybody", d.after("dt-zhouting", func() {
				require.True(t, d.sim.DingTalk.SendFile(t.Context(), "dt-luoguan", "商品.xlsx", list("13"), simulator.InGroup(group)).OK())
			}), says("不要在群里发"))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM imports"))

			first := see(t, "card", d.send("dt-luoguan", "商品.xlsx", list("13")), offers("导入"))
			id := d.last()
			see(t, "not yours", d.tell("dt-fuguan", "导入 "+id), says("罗管发的", "由罗管自己确认"))
			key, _ := buttonOf(first, "导入")
			for who, words := range map[string]string{"dt-fuguan": "由罗管自己确认", "dt-zhouting": "没有这个权限"} {
				see(t, "somebody else's click", d.after(who, func() {
					require.True(t, d.sim.DingTalk.Click(t.Context(), who, first.TaskID, key, simulator.Forced()).OK())
				}), says(words))
			}
			see(t, "not yours", d.tell("dt-fuguan", "放弃 "+id), says("由罗管自己确认"))
			see(t, "no such", d.tell("dt-luoguan", "导入 777"), says("没有第 777 号导入"))

			// Somebody else has changed the price since.
			d.load("products", "code,name,unit,price", "P003,医用外科口罩,盒,12.9")
			screen := d.after("dt-luoguan", func() { d.pressDingTalk("dt-luoguan", first, "导入") })
			see(t, "told", screen, says("您看过预览之后资料变过了", "没有导入"))
			see(t, "a new preview", screen, says("单价 12.9 → 13"))
			second := see(t, "a new card", screen, offers("导入", "第 "+d.last()+" 号"))
			d.settled("dt-luoguan", first, "已作废")
			require.Equal(t, "12900000", price())
			see(t, "stale", d.tell("dt-luoguan", "导入 "+id), says("已经作废"))

			// The server is gone between the preview and the word.
			d.stop()
			d.serve()
			d.pressDingTalk("dt-luoguan", second, "导入")
			see(t, "imported", d.dingtalk("dt-luoguan"), says("已导入第 "+d.last()+" 号"))
			require.Equal(t, "13000000", price())

			third := see(t, "card", d.send("dt-luoguan", "商品.csv", []byte(goodsHead+"\n"+strings.Replace(goodsP003, "13.2", "14", 1))), offers("放弃"))
			see(t, "dropped", d.after("dt-luoguan", func() { d.pressDingTalk("dt-luoguan", third, "放弃") }), says("第 "+d.last()+" 号", "没有导入"))
			d.settled("dt-luoguan", third, "已放弃")
			see(t, "gone", d.tell("dt-luoguan", "导入 "+d.last()), says("已经放弃"))

			see(t, "card", d.send("dt-luoguan", "商品.xlsx", list("15")), offers("导入"))
			d.clock.advance(25 * time.Hour)
			see(t, "over", d.tell("dt-luoguan", "导入 "+d.last()), says("过了 24 小时", "没有导入"))
			see(t, "nothing is open", d.tell("dt-luoguan", "导入"), says("请把资料的 Excel 或 CSV 文件发到钉钉里的我"))
			require.Equal(t, "13000000", price())
			sound(t, db)
		})
	}
}

// An order form that an administrator sends is an order; of what may be either they are asked, and both answers do what they say.
func TestTableOrOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newImportDesk(t, database(t))
			db := d.sql()
			drafts := func() int64 { return number(t, db, "SELECT COUNT(*) FROM orders") }

			see(t, "draft", d.send("dt-luoguan", "采购单.xlsx", workbook(t, "产品编码,名称,单位,数量", "P003,医用外科口罩,盒,38")), says("草稿", "38盒"))
			require.EqualValues(t, 1, drafts())
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM imports"))

			lines := workbook(t, "客户编码,订单号,日期,产品编码,数量,单位", "C001,CG-1,2026-03-11,P003,21,盒")
			question := see(t, "question", d.send("dt-luoguan", "三月.xlsx", lines), offers("是订单", "是资料还是订单", "历史订单"))
			d.pressDingTalk("dt-luoguan", question, "是订单")
			see(t, "draft", d.dingtalk("dt-luoguan"), says("草稿", "21盒"))
			d.settled("dt-luoguan", question, "已按订单读")
			require.EqualValues(t, 2, drafts())

			question = see(t, "question", d.send("dt-luoguan", "三月.xlsx", lines), offers("是资料"))
			screen := d.after("dt-luoguan", func() { d.pressDingTalk("dt-luoguan", question, "是资料") })
			see(t, "preview", screen, says("历史订单「三月.xlsx」", "新增 1"))
			card := see(t, "card", screen, offers("导入"))
			d.settled("dt-luoguan", question, "已看预览")
			d.pressDingTalk("dt-luoguan", card, "导入")
			see(t, "imported", screen, says("已导入第 "+d.last()+" 号历史订单"))
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM history WHERE order_no = 'CG-1'"))
			require.EqualValues(t, 2, drafts())

			more := workbook(t, "产品编码,名称,单位,颜色", "P910,手术帽,个,蓝")
			see(t, "question", d.send("dt-luoguan", "帽.xlsx", more), offers("是资料", "不认识的列：颜色"))
			see(t, "preview", d.tell("dt-luoguan", "导入 "+d.last()), says("新增 1", "不认识的列没有导入"))
			see(t, "question", d.send("dt-luoguan", "帽.xlsx", more), offers("是订单"))
			see(t, "read as an order", d.tell("dt-luoguan", "订单 "+d.last()), says("没有看到订单"))
			see(t, "answered", d.tell("dt-luoguan", "导入 "+d.last()), says("已经按订单读了"))

			// With words beside it, it is what they say.
			screen = d.after("dt-luoguan", func() {
				d.sim.DingTalk.SendText(t.Context(), "dt-luoguan", "导入产品资料")
				require.True(t, d.sim.DingTalk.SendFile(t.Context(), "dt-luoguan", "商品.xlsx", workbook(t, goodsHead, goodsP003)).OK())
			})
			see(t, "preview", screen, says("单价 12.5 → 13.2"))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}

// A list with a title above other words for its headings is asked about, and imported as what it is; a form with such words is an order.
func TestListsWithOtherHeadings(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newImportDesk(t, database(t))
			file := workbook(t, "2026年商品资料", "货号,品名,规格型号,单位,含税单价", "P003,医用外科口罩,平面型 耳挂式 50只/盒,盒,13.2", "P900,红外额温枪,HW-2,,98")
			card := see(t, "asked", d.send("dt-luoguan", "商品.xlsx", file), offers("是资料", "商品.xlsx"))
			screen := d.after("dt-luoguan", func() { d.pressDingTalk("dt-luoguan", card, "是资料") })
			see(t, "refused", screen, says("有 1 行不对", "第 4 行「单位」: 不能为空"))
			require.EqualValues(t, 0, number(t, d.sql(), "SELECT COUNT(*) FROM products WHERE code = 'P900'"))

			order := workbook(t, "订货单", "货号,品名,规格,单位,数量", "P003,医用外科口罩,平面型 耳挂式 50只/盒,盒,40")
			see(t, "an order", d.send("dt-luoguan", "要货.xlsx", order), offers("确认下单", "P003", "40盒"))
		})
	}
}
