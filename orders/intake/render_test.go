package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// ware is a product of the generated catalogue with the ways in which a message may call it.
type ware struct {
	product orders.Product
	calls   []string
}

// wares makes a catalogue of many trades: each kind of goods in several sizes or colours, with a code in one of the
// usual shapes, packs, and an alias.
func wares() []ware {
	kinds := []struct{ name, short, specs, unit, packs string }{
		{"不锈钢内六角螺栓", "内六角", "M6×20|M8×30|M10×40", "只", "盒=100;箱=2000"},
		{"陶瓷餐盘", "瓷盘", "8寸 白色|10寸 白色|10寸 蓝色", "个", "箱=24"},
		{"浓缩洗衣液", "洗衣液", "2kg|5kg", "瓶", "箱=6"},
		{"全棉毛巾", "毛巾", "灰色|蓝色|粉色", "条", "包=10;箱=120"},
		{"LED筒灯", "筒灯", "5W|7W|12W", "只", "箱=50"},
		{"电工胶带", "胶带", "红色|黑色|黄色", "卷", "筒=10;箱=200"},
		{"档案盒", "档案盒", "35mm|55mm|75mm", "个", "捆=10;箱=60"},
		{"冻干狗粮", "狗粮", "1.5kg|10kg", "袋", "箱=8"},
		{"活性炭滤芯", "滤芯", "10寸|20寸", "支", "箱=25"},
		{"热敏标签纸", "标签纸", "40×30|60×40|100×150", "卷", "箱=30"},
		{"茉莉花茶", "花茶", "250g|500g", "罐", "箱=20"},
		{"橡胶密封圈", "密封圈", "DN15|DN20|DN25", "个", "包=50"},
		{"丙烯颜料", "颜料", "大红|柠檬黄|钴蓝", "支", "盒=12;箱=144"},
		{"速冻水饺", "水饺", "1kg|2.5kg", "袋", "件=10"},
		{"尼龙扎带", "扎带", "4×200|5×300", "包", "箱=100"},
		{"护目镜", "护目镜", "透明|防雾", "副", "盒=10"},
		{"碳素复写笔", "复写笔", "0.5mm|0.7mm", "支", "盒=12"},
		{"育苗基质", "基质", "20L|50L", "袋", ""},
	}
	codes := []string{"KX-%04d", "B%05d", "66-%04d", "HG%03d"}
	var out []ware
	for i, k := range kinds {
		for j, spec := range strings.Split(k.specs, "|") {
			price := decimal.NewFromInt(int64(3 + 7*i + 2*j)).Div(decimal.NewFromInt(2))
			p := orders.Product{
				Code: orders.ProductCode(fmt.Sprintf(codes[i%len(codes)], 101+17*i+j)), Name: k.name, Spec: spec, Unit: k.unit, Price: &price,
				Aliases: []string{k.short + strings.ReplaceAll(spec, " ", "")},
			}
			for pack := range strings.SplitSeq(k.packs, ";") {
				if u, n, ok := strings.Cut(pack, "="); ok {
					p.Packs = append(p.Packs, orders.Pack{Unit: u, Size: decimal.RequireFromString(n)})
				}
			}
			gap := ""
			if k.name[0] < 0x80 {
				gap = " " // 5W LED筒灯
			}
			out = append(out, ware{p, []string{k.name + " " + spec, k.name + spec, string(p.Code), p.Aliases[0], spec + gap + k.name}})
		}
	}
	return out
}

// buyers are the customers of the generated catalogue.
func buyers() []orders.Customer {
	var out []orders.Customer
	for i, n := range []string{"青禾小学|青禾", "金桥五金商行|金桥", "云杉宠物医院|云杉", "海川机电有限公司|海川", "半亩茶社|半亩"} {
		name, alias, _ := strings.Cut(n, "|")
		out = append(out, orders.Customer{
			Code: orders.CustomerCode(fmt.Sprintf("K%02d", i+1)), Name: name, Aliases: []string{alias},
			Contact: []string{"柳老师", "费老板", "简医生", "应工", "池掌柜"}[i], Phone: fmt.Sprintf("1390000800%d", i), Address: fmt.Sprintf("松岭市青石路%d号", 10+i),
		})
	}
	return out
}

// han writes 1 to 999 in Chinese.
func han(n int) string {
	const digits = "零一二三四五六七八九"
	d := func(k int) string { return string([]rune(digits)[k]) }
	switch {
	case n == 2:
		return "两"
	case n < 10:
		return d(n)
	case n < 20:
		return strings.TrimSuffix("十"+d(n-10), "零")
	case n < 100:
		return strings.TrimSuffix(d(n/10)+"十"+d(n%10), "零")
	case n%100 == 0:
		return d(n/100) + "百"
	case n%100 < 10:
		return d(n/100) + "百零" + d(n%100)
	default:
		return d(n/100) + "百" + strings.TrimSuffix(d(n%100/10)+"十"+d(n%10), "零")
	}
}

// item is one line as a form writes it.
type item struct {
	call, number, unit, price string
}

func (i item) amount() string { return i.number + i.unit }

// each writes every item by f and joins them.
func each(items []item, sep string, f func(n int, i item) string) string {
	out := make([]string, len(items))
	for n, i := range items {
		out[n] = f(n+1, i)
	}
	return strings.Join(out, sep)
}

// A form is a way to write the lines of an order. Those without prices can't state one.
type form struct {
	name   string
	prices bool
	write  func(items []item) string
}

func plain(_ int, i item) string { return i.call + " " + i.amount() + i.price }

var forms = []form{
	{"with commas", true, func(is []item) string { return each(is, "，", plain) }},
	{"line by line", true, func(is []item) string { return each(is, "\n", plain) }},
	{"numbered", true, func(is []item) string {
		return each(is, "\n", func(n int, i item) string { return fmt.Sprintf("%d. ", n) + plain(n, i) })
	}},
	{"numbered in Chinese", true, func(is []item) string {
		return each(is, "\n", func(n int, i item) string { return string([]rune("一二三四五六")[n-1]) + "、" + plain(n, i) })
	}},
	{"numbered in a row", true, func(is []item) string {
		return each(is, " ", func(n int, i item) string { return fmt.Sprintf("（%d）", n) + plain(n, i) })
	}},
	{"circled numbers", true, func(is []item) string {
		return each(is, "", func(n int, i item) string { return string(rune('①'+n-1)) + plain(n, i) })
	}},
	{"dashes", true, func(is []item) string {
		return each(is, "\n", func(n int, i item) string { return "- " + plain(n, i) })
	}},
	{"amount first", false, func(is []item) string {
		return each(is, "，", func(_ int, i item) string { return i.amount() + i.call })
	}},
	{"来 and 再来", false, func(is []item) string {
		return each(is, "，", func(n int, i item) string {
			if n > 1 {
				return "再来" + i.amount() + i.call
			}
			return "来" + i.amount() + i.call
		})
	}},
	{"来 between", true, func(is []item) string {
		return each(is, "，", func(_ int, i item) string { return i.call + "来" + i.amount() + i.price })
	}},
	{"stars", true, func(is []item) string {
		return each(is, "、", func(_ int, i item) string { return i.call + " *" + i.amount() + i.price })
	}},
	{"colons", true, func(is []item) string {
		return each(is, "；", func(_ int, i item) string { return i.call + "：" + i.amount() + i.price })
	}},
	{"brackets", true, func(is []item) string {
		return each(is, "，", func(_ int, i item) string { return i.call + "（" + i.amount() + "）" + i.price })
	}},
	{"equals", false, func(is []item) string {
		return each(is, "\n", func(_ int, i item) string { return i.call + " = " + i.amount() })
	}},
	{"和 between", false, func(is []item) string {
		return "要" + each(is, "和", func(_ int, i item) string { return i.call + " " + i.amount() })
	}},
	{"tabs", false, func(is []item) string {
		return each(is, "\n", func(_ int, i item) string { return i.call + "\t" + i.number + "\t" + strings.TrimSpace(i.unit) })
	}},
	{"semicolons", true, func(is []item) string { return each(is, "；", plain) }},
	{"labels", false, func(is []item) string {
		return each(is, "\n", func(_ int, i item) string { return "品名：" + i.call + " 数量：" + i.amount() })
	}},
	{"sentences", true, func(is []item) string {
		return each(is, "。", func(_ int, i item) string { return i.call + "要" + i.amount() + i.price })
	}},
	{"polite", true, func(is []item) string { return "麻烦帮我订一下" + each(is, "，", plain) + "，谢谢" }},
}

// said is a fact of a draft and how messages put it.
type fact struct {
	set   func(d *intake.Draft)
	words []string
}

// facts are what may be said about an order besides its goods; of each group one or none.
var facts = [][]fact{
	{
		{func(d *intake.Draft) { d.DeliverBy = "2026-03-13" }, []string{"周五前送到", "3月13日之前要", "后天要", "13号前到货"}},
		{func(d *intake.Draft) { d.DeliverBy, d.Urgent = "2026-03-12", true }, []string{"明天送到", "明天要"}},
		{func(d *intake.Draft) { d.DeliverBy, d.Urgent = "2026-03-12T15:00:00+08:00", true }, []string{"明天下午3点前送到"}},
		{func(d *intake.Draft) { d.DeliverBy = "2026-03-31" }, []string{"月底前要", "3.31前送到"}},
		{func(d *intake.Draft) { d.DeliverBy = "2026-03-18" }, []string{"下周三要", "一周内送到"}},
	},
	{{func(d *intake.Draft) { d.Urgent = true }, []string{"加急", "急单", "尽快"}}},
	{
		{func(d *intake.Draft) { d.Carrier = "SF" }, []string{"发顺丰", "走顺丰快递"}},
		{func(d *intake.Draft) { d.Carrier = "DEPPON" }, []string{"发德邦物流"}},
		{func(d *intake.Draft) { d.Carrier = "SELF" }, []string{"自提"}},
	},
	{
		{func(d *intake.Draft) {
			d.Contact, d.Phone, d.Address = "韩梅", "13711112222", "临江市和平区解放大道88号3栋501室"
		}, []string{
			"地址：临江市和平区解放大道88号3栋501室 韩梅 13711112222", "送到临江市和平区解放大道88号3栋501室，韩梅收，13711112222",
			"收货人：韩梅\n电话：13711112222\n地址：临江市和平区解放大道88号3栋501室",
		}},
		{func(d *intake.Draft) { d.Phone = "13711112222" }, []string{"联系电话13711112222"}},
	},
	{{func(d *intake.Draft) { d.Payment = "月结" }, []string{"月结"}}, {func(d *intake.Draft) { d.Payment = "货到付款" }, []string{"货到付款"}}},
	{{func(d *intake.Draft) { d.PO = "CG20260311-07" }, []string{"订单号CG20260311-07", "PO：CG20260311-07"}}},
}

// Whatever draft one writes down, in whatever of the forms, is read back as it was.
func TestAnyDraftIsReadBack(t *testing.T) {
	t.Parallel()
	stock, customers := wares(), buyers()
	master := &orders.Master{Customers: customers}
	for i := range stock {
		master.Products = append(master.Products, stock[i].product)
	}
	x := intake.NewLexicon(master)
	at := wednesday(t)
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			type drawn struct {
				msg  intake.Message
				want intake.Draft
			}
			drafts := rapid.Custom(func(rt *rapid.T) drawn {
				msg, want := render(rt, stock, customers, f)
				return drawn{msg, want}
			})
			for seed := range 100 { // the same drafts every time: a build does not fail by luck
				d := drafts.Example(seed)
				d.msg.Time = at
				res, _ := x.Read(d.msg, nil)
				require.Equal(t, intake.IntentOrder, res.Intent, d.msg.Text)
				require.Empty(t, res.Asks, d.msg.Text)
				require.Len(t, res.Orders, 1, d.msg.Text)
				got := res.Orders[0]
				got.Note, got.UrgentWords = "", ""
				require.Equal(t, d.want, got, d.msg.Text)
			}
		})
	}
}

// render draws a draft and writes it in a form.
func render(rt *rapid.T, stock []ware, customers []orders.Customer, f form) (msg intake.Message, want intake.Draft) {
	var items []item
	chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(stock)-1), 1, 6, rapid.ID[int]).Draw(rt, "wares")
	inHan, spaced := rapid.Bool().Draw(rt, "han"), rapid.Bool().Draw(rt, "spaced")
	call := rapid.IntRange(0, 4).Draw(rt, "call")
	switch f.name {
	case "tabs":
		inHan = false // cells hold digits
	case "来 and 再来":
		call = min(call, 3) // 来六瓶2kg洗衣液 is asked about
	}
	for _, k := range chosen {
		p := &stock[k].product
		units := []string{p.Unit}
		for _, pack := range p.Packs {
			units = append(units, pack.Unit)
		}
		unit := rapid.SampledFrom(units).Draw(rt, "unit")
		n := rapid.IntRange(1, 999).Draw(rt, "quantity")
		if n == 15 || n == 20 || n == 25 { // 25 个 before 50L育苗基质 is asked about where DN25 is a size too
			n += 500
		}
		size, _ := p.UnitSize(unit)
		watts := strings.HasSuffix(p.Spec, "W") // 7W 十五只 is asked about
		i := item{call: stock[k].calls[call], number: fmt.Sprint(n), unit: unit}
		if inHan && !watts {
			i.number = han(n)
		} else if spaced {
			i.unit = " " + unit
		}
		l := intake.Line{Product: string(p.Code), Quantity: fmt.Sprint(n), Unit: unit, BaseQuantity: size.Mul(decimal.NewFromInt(int64(n))).String()}
		if f.prices && rapid.IntRange(0, 3).Draw(rt, "priced") == 0 {
			price := p.Price.Mul(size).Mul(decimal.New(int64(rapid.IntRange(80, 130).Draw(rt, "percent")), -2)).Round(2)
			l.Price = price.String()
			i.price = fmt.Sprintf(rapid.SampledFrom([]string{" 单价%s元", " %s元一" + unit, " %s元/" + unit, " 每" + unit + "%s元"}).Draw(rt, "price"), l.Price)
		}
		want.Lines, items = append(want.Lines, l), append(items, i)
	}
	text := f.write(items)
	sep := rapid.SampledFrom([]string{"，", "\n", "。"}).Draw(rt, "between")
	for k, group := range facts {
		if n := rapid.IntRange(-len(group)-2, len(group)-1).Draw(rt, "fact"); n >= 0 {
			if k == 2 && n == 2 && (f.name == "amount first" || f.name == "来 and 再来") {
				n = 1 // 毛巾 蓝色，自提: the colour is taken for a name
			}
			group[n].set(&want)
			text += sep + rapid.SampledFrom(group[n].words).Draw(rt, "words")
		}
	}
	c := customers[rapid.IntRange(0, len(customers)-1).Draw(rt, "customer")]
	want.Customer = string(c.Code)
	msg = intake.Message{ID: "m", Role: intake.RoleSales}
	switch rapid.IntRange(0, 4).Draw(rt, "who") {
	case 0:
		msg.Role, msg.Customer = intake.RoleCustomer, want.Customer
	case 1:
		text = c.Name + "：\n" + text
	case 2:
		text = c.Aliases[0] + map[bool]string{true: "要货\n", false: "要货，"}[strings.HasPrefix(text, "一、")] + text
	case 3:
		text = "客户：" + c.Name + "\n" + text
	default:
		text = c.Contact + " 3/11 9:02\n" + text
	}
	msg.Text = text
	return msg, want
}
