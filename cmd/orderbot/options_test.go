package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/orders"
	"orderbot/storage"
)

// A combination that the table forbids is asked about with the allowed ones as buttons and can't be confirmed; an allowed one is taken.
// The same holds for orders in words, for drafts that are changed, for orders that were submitted, and for products that do not go
// together or need each other; and for what was allowed when the draft was made and is not any more.
//
// feature: IN-16
func TestForbiddenCombinationsAreAskedAbout(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical, automatic(t, ""))
			f.load("products", "code,name,unit,category,price,stock", "X01,观片灯罩,个,灯具,10,900", "X02,支撑底座,个,底座,20,900", "X03,圆形底座,个,底座,20,900", "X04,方形底座,个,底座,20,900",
				"X05,控制盒,个,电控,30,900", "X06,电源线,根,电控,3,900", "X07,普通手柄,个,配件,3,900")
			f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
			f.load("options", "分类,产品编码,选项,可选值,必选", "灯具,,材质,不锈钢|铝合金|亚克力,否", "灯具,,颜色,红色|蓝色|黑色,是")
			f.load("constraints", "product,first,relation,second,reason", ",材质=不锈钢,不能配,颜色=红色|黑色,不锈钢不上漆", ",X05,required,X06,", ",X01,forbidden,X02,接口不同", ",材质=亚克力,必须,颜色=蓝色,")
			f.serve()
			db := f.sql()
			words := func(b simulator.Bubble) string { return b.Title + b.Text + string(b.Card) }
			chosen := func(id string) []string {
				return texts(t, db, "SELECT product, options FROM order_lines WHERE order_id = ? ORDER BY no", id)
			}
			placed := func(id string, card simulator.Bubble) {
				f.pressWeCom("zhouting", card, "确认下单")
				see(t, "placed", f.wecom("zhouting"), says("已下单", id))
				quiet(t, db, patience)
				f.clock.advance(2 * time.Minute) // a member gets 30 messages a minute
			}

			// Allowed: taken as it is, and everybody reads it.
			id, card := f.draftOf("zhouting", "蓝海诊所 观片灯罩20个，不锈钢的，蓝色")
			require.NotContains(t, words(card), "请您定一下")
			require.Contains(t, words(card), "观片灯罩 [材质 不锈钢，颜色 蓝色]")
			placed(id, card)
			see(t, "the warehouse", f.wecom("zhengku"), says("拣货 "+id, "材质 不锈钢，颜色 蓝色"))
			allowed := id

			// Forbidden: refused with what is allowed, which a button takes.
			id, card = f.draftOf("zhouting", "蓝海诊所 观片灯罩21个 材质：不锈钢 颜色：红色")
			require.Contains(t, words(card), "观片灯罩 的材质 不锈钢 不能配 观片灯罩 的颜色 红色（不锈钢不上漆）")
			require.Contains(t, f.ask(f.wecom("zhouting"), func() { f.sim.WeCom.SendText(t.Context(), "zhouting", "确认 "+id) }).Text, "还有一处要您定")
			_, isThere := buttonOf(card, "红色")
			require.False(t, isThere)
			f.pressWeCom("zhouting", card, "蓝色")
			card = see(t, "what is allowed", f.wecom("zhouting"), offers("确认下单", id, "[材质 不锈钢，颜色 蓝色]"))
			require.NotContains(t, words(card), "请您定一下")

			// A draft that is changed into a forbidden combination, and by words out of it.
			see(t, "changed", f.tell("zhouting", "颜色改成黑色"), offers("蓝色", id, "不能配", "颜色 黑色"))
			see(t, "by its answer", f.tell("zhouting", "蓝色"), offers("确认下单", id, "[材质 不锈钢，颜色 蓝色]"))
			see(t, "one needs another", f.tell("zhouting", "灯罩要亚克力的"), offers("确认下单", id, "[材质 亚克力，颜色 蓝色]"))
			see(t, "which is then missing", f.tell("zhouting", "换成红色"), offers("颜色 蓝色", id, "必须配 颜色 蓝色"))
			card = see(t, "other goods go on", f.tell("zhouting", "颜色蓝色"), offers("确认下单", id, "[材质 亚克力，颜色 蓝色]"))
			placed(id, card)
			require.Equal(t, []string{`X01 {"材质":"亚克力","颜色":"蓝色"}`}, chosen(id))

			// What was submitted: a forbidden change is refused with the allowed ones, an allowed one is asked and made.
			see(t, "refused", f.tell("zhouting", allowed+" 颜色改成红色"), says("不能这样改", "不能配", "可以：蓝色", "订单还是原来的样子"))
			card = see(t, "asked", f.tell("zhouting", allowed+" 材质改成铝合金"), offers("确认变更", allowed, "不锈钢", "铝合金"))
			f.pressWeCom("zhouting", card, "确认变更")
			see(t, "changed", f.wecom("zhouting"), says("已改 "+allowed))
			quiet(t, db, patience)
			require.Equal(t, []string{`X01 {"材质":"铝合金","颜色":"蓝色"}`}, chosen(allowed))

			// An option that is needed is asked for; lines of their own have their own, what is not clear is asked.
			id, card = f.draftOf("zhouting", "蓝海诊所 观片灯罩22个")
			require.Contains(t, words(card), "观片灯罩 要哪种颜色？")
			f.pressWeCom("zhouting", card, "黑色")
			placed(id, see(t, "chosen", f.wecom("zhouting"), offers("确认下单", id, "[颜色 黑色]")))
			id, _ = f.draftOf("zhouting", "蓝海诊所\n观片灯罩23个 红色\n普通手柄5个")
			require.Equal(t, []string{`X01 {"颜色":"红色"}`, "X07 "}, chosen(id))

			// Products that do not go together, and one that needs another.
			id, card = f.draftOf("zhouting", "蓝海诊所 观片灯罩24个 蓝色，支撑底座3个")
			require.Contains(t, words(card), "X01 观片灯罩 不能配 X02 支撑底座（接口不同）")
			f.pressWeCom("zhouting", card, buttonWith(t, card, "圆形底座"))
			placed(id, see(t, "another one", f.wecom("zhouting"), offers("确认下单", id, "圆形底座 3个")))
			require.Equal(t, []string{`X01 {"颜色":"蓝色"}`, "X03 "}, chosen(id))
			id, card = f.draftOf("zhouting", "蓝海诊所 观片灯罩25个 蓝色，支撑底座4个")
			f.pressWeCom("zhouting", card, buttonWith(t, card, "不要"))
			placed(id, see(t, "one of them goes", f.wecom("zhouting"), offers("确认下单", id, "合计：¥250.00")))
			id, card = f.draftOf("zhouting", "蓝海诊所 控制盒6个")
			require.Contains(t, words(card), "必须配 X06 电源线")
			f.pressWeCom("zhouting", card, buttonWith(t, card, "加上"))
			see(t, "how many", f.wecom("zhouting"), says(id, "电源线 要多少"))
			placed(id, see(t, "both", f.tell("zhouting", "6根"), offers("确认下单", id, "电源线 6根")))

			// What is forbidden after the draft was shown is not confirmed, and is told with what is allowed.
			id, card = f.draftOf("zhouting", "蓝海诊所 观片灯罩26个 铝合金 红色")
			require.NotContains(t, words(card), "请您定一下")
			before := number(t, db, "SELECT value FROM counters WHERE name = 'catalog'")
			f.load("constraints", "选配一,关系,选配二", "材质=铝合金,禁止,颜色=红色")
			require.Greater(t, number(t, db, "SELECT value FROM counters WHERE name = 'catalog'"), before)
			eventually(t, patience, "the servers know", func() bool { return len(f.server.books.catalog().Pairings()) == 5 }, func() string { return "" })
			f.pressWeCom("zhouting", card, "确认下单")
			see(t, "refused", f.wecom("zhouting"), says("还不能下单", "不能配", "可以：蓝色、黑色"))
			require.Equal(t, orders.StatusDraft, f.status(t, id))
			sound(t, db)
		})
	}
}

// Options are put to the line that they were said of, wherever they stand; what may be of several lines, or contradicts itself, is asked;
// what names goods, and what no line has an option for, stays what it is.
//
// feature: IN-16
func TestOptionsAreReadFromWords(t *testing.T) {
	t.Parallel()
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "orderbot.db"), medical, automatic(t, ""))
	f.load("products", "code,name,spec,unit,category,price,stock", "X01,观片灯罩,,个,灯具,10,9000", "X02,支撑底座,,个,灯具,20,9000", "X07,普通手柄,,个,配件,3,9000", "X08,红色警示牌,大号,个,配件,3,9000", "X09,红色笔,,个,配件,3,9000")
	f.load("customers", "code,name,sales,address", "K01,蓝海诊所,S01,南京市江宁区将军大道88号")
	f.load("options", "category,option,values,needed", "灯具,颜色,红色|蓝色|黑色,否", "灯具,材质,不锈钢|304,否", "灯具,层数,2|3,否")
	f.load("customer-items", "customer,item,product", "K01,红色把手,X07")
	f.serve()
	db := f.sql()
	for i, c := range []struct{ text, want, asks, note string }{
		{text: "观片灯罩%d个 红色", want: "X01 颜色=红色"},
		{text: "红色观片灯罩%d个", want: "X01 颜色=红色"},
		{text: "观片灯罩%d个，要红色的，不锈钢的", want: "X01 材质=不锈钢;颜色=红色"},
		{text: "观片灯罩 红色 %d个，支撑底座 3个 蓝色", want: "X01 颜色=红色|X02 颜色=蓝色"},
		{text: "观片灯罩%d个，红色；支撑底座3个，蓝色", want: "X01 颜色=红色|X02 颜色=蓝色"},
		{text: "观片灯罩%d个，支撑底座3个，都要黑色", want: "X01 颜色=黑色|X02 颜色=黑色"},
		{text: "观片灯罩%d个，普通手柄3个，红色的灯罩", want: "X01 颜色=红色|X07 "},
		{text: "观片灯罩%d个 材质304", want: "X01 材质=304"},
		{text: "观片灯罩%d个，支撑底座3个，红色", want: "X01 颜色=?|X02 颜色=红色", asks: "观片灯罩 要哪种颜色？"},
		{text: "观片灯罩%d个支撑底座3个红色", want: "X01 颜色=?|X02 颜色=?", asks: "要哪种颜色？"},
		{text: "观片灯罩%d个 红色 蓝色", want: "X01 颜色=?", asks: "观片灯罩 要哪种颜色？"},
		{text: "观片灯罩%d个 不要红色", want: "X01 颜色=?", asks: "观片灯罩 要哪种颜色？"},
		{text: "观片灯罩%d个 不要红色，要蓝色", want: "X01 颜色=蓝色"},
		{text: "红色警示牌%d个", want: "X08 "},
		{text: "红色警示牌%d个，观片灯罩3个，颜色：黑色", want: "X08 |X01 颜色=黑色"},
		{text: "普通手柄%d个，颜色红色", want: "X07 ", note: "颜色红色"},
		{text: "观片灯罩%d个", want: "X01 "},
		{text: "红色笔%d个", want: "X09 "},
		{text: "红色笔%d个，观片灯罩3个，颜色：黑色", want: "X09 |X01 颜色=黑色"},
		{text: "观片灯罩%d个，贴红色标签", want: "X01 "},
		{text: "观片灯罩%d个，红色的不要", want: "X01 颜色=?", asks: "观片灯罩 要哪种颜色？"},
		{text: "观片灯罩%d个，除了红色", want: "X01 颜色=?", asks: "观片灯罩 要哪种颜色？"},
		{text: "观片灯罩%d个，酒红色", want: "X01 "},
		{text: "红色把手%d个", want: "X07 "},
		{text: "观片灯罩%d个，支撑底座3个，发成都，红色", want: "X01 颜色=?|X02 颜色=红色", asks: "观片灯罩 要哪种颜色？"},
	} {
		text := "蓝海诊所 " + fmt.Sprintf(c.text, 100+i)
		quiet(t, db, patience)
		id, card := f.draftOf("zhouting", text)
		var got []string
		o, err := f.server.store.FindOrder(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		for _, l := range o.Lines {
			got = append(got, string(l.Product)+" "+orders.OptionText(l.Options))
		}
		require.Equal(t, c.want, strings.Join(got, "|"), text)
		require.Contains(t, o.Note, c.note, text)
		if c.asks != "" {
			require.Contains(t, card.Text, c.asks, text)
		} else {
			require.NotContains(t, card.Text, "请您定一下", text)
		}
		see(t, "gone", f.tell("zhouting", "取消 "+id), says("已取消"))
		f.clock.advance(time.Minute)
	}

	// A number alone in a row of a table is an amount, with the option's name it is its value.
	quiet(t, db, patience)
	require.True(t, f.sim.DingTalk.SendFile(t.Context(), "dt-zhouting", "订单.xlsx", workbook(t, "客户,蓝海诊所", "品名,数量,单位,备注", "观片灯罩,3,个,", "支撑底座,2,个,层数：3")).OK())
	read := see(t, "a table", f.dingtalk("dt-zhouting"), offers("确认下单", "观片灯罩", "3个"))
	table := orderNumber.FindString(read.Title + read.Text + string(read.Card))
	quiet(t, db, patience)
	require.Equal(t, []string{"X01 ", `X02 {"层数":"3"}`}, texts(t, db, "SELECT product, options FROM order_lines WHERE order_id = ? ORDER BY no", table))
	see(t, "gone", f.tell("zhouting", "取消 "+table), says("已取消"))
	f.clock.advance(time.Minute)

	// They stay where the amount or the price changes, and change with it in one message.
	id, _ := f.draftOf("zhouting", "蓝海诊所 观片灯罩90个 蓝色 不锈钢")
	blue := "[材质 不锈钢，颜色 蓝色]"
	see(t, "another amount", f.tell("zhouting", "数量改成30"), offers("确认下单", id, "观片灯罩", "30个", blue))
	card := see(t, "another price", f.tell("zhouting", "单价改成9元"), offers("确认下单", id, "270.00", blue))
	f.pressWeCom("zhouting", card, "确认下单")
	see(t, "placed", f.wecom("zhouting"), says("已下单", id))
	quiet(t, db, patience)
	chosen := func() []string {
		return texts(t, db, "SELECT quantity, options FROM order_lines WHERE order_id = ?", id)
	}
	for _, c := range []struct{ words, want string }{
		{id + " 数量改成21个", `21000000 {"材质":"不锈钢","颜色":"蓝色"}`},
		{"颜色改成红色，数量改成20个", `20000000 {"材质":"不锈钢","颜色":"红色"}`},
	} {
		f.clock.advance(2 * time.Minute)
		card := see(t, "asked", f.tell("zhouting", c.words), offers("确认变更", id))
		f.pressWeCom("zhouting", card, "确认变更")
		see(t, "changed", f.wecom("zhouting"), says("已改 "+id))
		quiet(t, db, patience)
		require.Equal(t, []string{c.want}, chosen(), c.words)
	}
	sound(t, db)
}

// buttonWith is the text of the button of a card that begins so or, where the text is too long, that the question numbers so.
func buttonWith(t *testing.T, b simulator.Bubble, text string) string {
	t.Helper()
	for _, x := range b.Buttons {
		if strings.Contains(x.Text, text) {
			return x.Text
		}
	}
	for i := 1; i <= 3; i++ {
		for row := range strings.SplitSeq(b.Text, "\n") {
			if strings.HasPrefix(row, fmt.Sprintf("%d. ", i)) && strings.Contains(row, text) {
				for _, x := range b.Buttons {
					if strings.HasPrefix(x.Text, fmt.Sprintf("%d. ", i)) || x.Text == fmt.Sprintf("选 %d", i) {
						return x.Text
					}
				}
			}
		}
	}
	require.Failf(t, "no button", "%s among %+v", text, b.Buttons)
	return ""
}

// What was allowed when an order was placed stays as it is where something else changes; one more line of the same is refused, be it like the
// first in every word.
//
// feature: IN-16
func TestALineMoreOfWhatIsForbiddenByNow(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t), straight)
			o.load("products", "code,name,unit,category,price,stock\nX01,观片灯罩,个,灯具,10,900\n")
			o.load("options", "category,option,values,needed\n灯具,材质,铝合金|亚克力,否\n灯具,颜色,红色|蓝色,否\n")
			id := o.placeWith(1, func(order *orders.Order) {
				l := &order.Lines[0]
				l.Product, l.Unit, l.Options = "X01", "个", map[string]string{"材质": "铝合金", "颜色": "红色"}
			})
			o.load("constraints", "选配一,关系,选配二\n材质=铝合金,禁止,颜色=红色\n")
			ask := func(change func(*orders.Order)) error {
				return o.do(func(tx *storage.Tx) error {
					_, _, err := o.desk.AskChange(tx, id, o.actor("S01"), func(order *orders.Order) error {
						change(order)
						return nil
					})
					return err
				})
			}
			require.ErrorContains(t, ask(func(order *orders.Order) {
				more := order.Lines[0]
				more.No = 0
				order.Lines = append(slices.Clone(order.Lines), more)
			}), "不能配")
			require.NoError(t, ask(func(order *orders.Order) { order.Note = "轻放" }))
			sound(t, o.sql)
		})
	}
}
