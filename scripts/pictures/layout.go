package main

import (
	"fmt"
	"html"
	"strings"
)

// sheet is a page to be drawn: its HTML, in which key fields stand between ⟦ and ⟧, and its width in CSS pixels.
type sheet struct {
	html  string
	width int
	scale float64
}

// key marks a field that must be read right: a code, a number, a phone, a date, money.
func key(s string) string { return "⟦" + s + "⟧" }

// plain takes the marks out and returns the fields between them.
func plain(marked string) (text string, fields []string) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(marked, "⟦")
		b.WriteString(before)
		if !found {
			return b.String(), fields
		}
		field, after, _ := strings.Cut(rest, "⟧")
		fields = append(fields, html.UnescapeString(field))
		b.WriteString("<nobr>" + field + "</nobr>")
		marked = after
	}
}

func document(style, body string) string {
	return "<!doctype html><meta charset=utf-8><style>*{box-sizing:border-box}body{margin:0}" + style + "</style><body>" + body
}

// chat draws a chat as a phone shows it.
func chat(c chance, dark bool) sheet {
	page, bar, mine, theirs, ink, dim := "#ededed", "#f7f7f7", "#95ec69", "#fff", "#111", "#888"
	if dark {
		page, bar, mine, theirs, ink, dim = "#111", "#1c1c1c", "#2e8b57", "#2c2c2c", "#ddd", "#777"
	}
	if c.IntN(3) == 0 && !dark {
		page, mine, theirs = "#f5f6f7", "#cfe4ff", "#fff" // the work variant
	}
	font := c.of([]string{"Noto Sans CJK SC", "WenQuanYi Micro Hei", "LXGW WenKai"})
	style := fmt.Sprintf(`body{background:%s;color:%s;font:%dpx '%s';width:390px}
	.bar{background:%s;text-align:center;padding:26px 0 12px;font-weight:600;border-bottom:1px solid #8883}
	.time{text-align:center;color:%s;font-size:12px;padding:12px 0 4px}
	.m{display:flex;padding:8px 12px;gap:9px;align-items:flex-start}.m.own{flex-direction:row-reverse}
	.f{width:40px;height:40px;border-radius:5px;flex:none}.n{font-size:12px;color:%s;margin-bottom:3px}
	.b{background:%s;border-radius:6px;padding:9px 12px;line-height:1.45;max-width:262px;width:fit-content;white-space:pre-wrap;word-break:break-word}
	.own .b{background:%s;%s}.q{font-size:12px;color:%s;background:#8882;border-radius:4px;padding:5px 8px;margin-top:4px;max-width:250px;width:fit-content}`,
		page, ink, 15+c.IntN(3), font, bar, dim, dim, theirs, mine, map[bool]string{true: "color:#fff", false: ""}[dark], dim)
	trade := c.of(tradeNames)
	list := c.some(trade, 7)
	face := func() string {
		return fmt.Sprintf("linear-gradient(%ddeg,hsl(%d,50%%,60%%),hsl(%d,45%%,45%%))", c.IntN(360), c.IntN(360), c.IntN(360))
	}
	faces := [2]string{face(), face()}
	var b strings.Builder
	fmt.Fprintf(&b, "<div class=bar>%s</div>", c.of(firms))
	message := func(own bool, text, quote string) {
		class, who := "m", 0
		if own {
			class, who = "m own", 1
		}
		fmt.Fprintf(&b, `<div class="%s"><div class=f style="background:%s"></div><div>`, class, faces[who])
		if !own && c.IntN(3) == 0 {
			fmt.Fprintf(&b, "<div class=n>%s</div>", c.of(people))
		}
		fmt.Fprintf(&b, "<div class=b>%s</div>", text)
		if quote != "" {
			fmt.Fprintf(&b, "<div class=q>%s</div>", quote)
		}
		b.WriteString("</div></div>")
	}
	clock := func() {
		fmt.Fprintf(&b, "<div class=time>%s</div>", key(fmt.Sprintf("%d:%02d", 8+c.IntN(10), c.IntN(60))))
	}
	clock()
	message(false, c.of([]string{"你好，帮我报个单", "在吗？今天要补货", "老板下单", "麻烦看下这几个"}), "")
	g := list[0]
	message(false, fmt.Sprintf("%s %s 要%s%s", g.name, key(g.code), key(fmt.Sprint(c.quantity())), g.unit), "")
	var lines []string
	for i, g := range list[1:5] {
		switch q := key(fmt.Sprint(c.quantity())); c.IntN(3) {
		case 0:
			lines = append(lines, fmt.Sprintf("%d、%s %s %s%s", i+1, g.name, g.spec, q, g.unit))
		case 1:
			lines = append(lines, fmt.Sprintf("%s %s %s%s", key(g.code), g.name, q, g.unit))
		default:
			lines = append(lines, fmt.Sprintf("%s %s×%s%s", g.name, key(g.code), q, g.unit))
		}
	}
	message(false, strings.Join(lines, "\n"), "")
	message(true, c.of([]string{"好的，收到", "稍等我查下库存", "可以的，什么时候要？"}), "")
	clock()
	g = list[5]
	message(false, fmt.Sprintf("%s前送到%s，%s收，电话%s", key(fmt.Sprintf("%d月%d日", 1+c.IntN(12), 1+c.IntN(28))), c.of(streets), c.of(people), key(c.phone())), c.of(people)+"：可以的，什么时候要？")
	message(false, fmt.Sprintf("再加%s%s%s，单价还是%s元吧", key(fmt.Sprint(c.quantity())), g.unit, g.name, key(yuan(g.cents, false))), "")
	message(true, fmt.Sprintf("合计%s元，单号%s", key(yuan(c.IntN(9000000)+100000, c.IntN(2) == 0)), key(c.order())), "")
	return sheet{document(style, b.String()), 390, []float64{2, 2.625, 3}[c.IntN(3)]}
}

// formStyle is how an order form looks.
type formStyle struct {
	font             string
	rules            string // all, across, none
	head             string // one, two, none: the block of keys above the goods
	extra            string // merged, wrapped, twoRows, beside, subtotals: or plain
	ink, paper, line string
	size             int
	slashed          bool // monospace with slashed zeros
	seal             string
}

// form draws an order form on paper.
func form(c chance, f formStyle) sheet {
	trade := c.of(tradeNames)
	n := 5 + c.IntN(5)
	list := c.some(trade, n)
	border := map[string]string{
		"all": "td,th{border:1px solid " + f.line + "}", "across": "td,th{border-bottom:1px solid " + f.line + "}",
		"none": "td,th{border:0}",
	}[f.rules]
	family := "'" + f.font + "'"
	if f.slashed {
		family = "'Noto Sans Mono CJK SC','" + f.font + "'"
	}
	style := fmt.Sprintf(`body{background:%s;color:%s;font:%dpx %s;padding:34px 40px;width:820px;position:relative}
	h1{font-size:1.7em;text-align:center;margin:6px 0 16px;letter-spacing:.25em;font-weight:600}
	table{border-collapse:collapse;width:100%%;margin:10px 0}td:first-child{white-space:nowrap}td,th{padding:%dpx 7px;text-align:left;font-weight:400}
	th{font-weight:600;text-align:center}.r{text-align:right}.c{text-align:center}%s
	.k{display:grid;grid-template-columns:1fr 1fr;gap:6px 20px}.k1{display:grid;gap:6px}.pair{display:flex;gap:20px}
	.seal{position:absolute;width:150px;height:150px}`, f.paper, f.ink, f.size, family, 4+c.IntN(5), border)
	var b strings.Builder
	fmt.Fprintf(&b, "<h1>%s</h1>", c.of([]string{"采购订单", "订货单", "物资申购单", "要货计划", "PURCHASE ORDER", "材料采购清单"}))
	facts := []string{
		"订单编号：" + key(c.order()), "下单日期：" + key(c.date()), "采购单位：" + c.of(firms), "要求到货：" + key(c.date()),
		"收货人：" + c.of(people), "联系电话：" + key(c.phone()), "送货地址：" + c.of(streets), "传真：" + key(c.landline()),
	}
	switch f.head {
	case "two":
		fmt.Fprintf(&b, "<div class=k><div>%s</div></div>", strings.Join(facts, "</div><div>"))
	case "one":
		fmt.Fprintf(&b, "<div class=k1><div>%s</div></div>", strings.Join(facts[:6], "</div><div>"))
	}
	if f.extra == "beside" {
		half := (len(list) + 1) / 2
		b.WriteString("<div class=pair>")
		for _, part := range [][]goods{list[:half], list[half:]} {
			b.WriteString("<table><tr><th>编码</th><th>品名</th><th>数量</th></tr>")
			for _, g := range part {
				fmt.Fprintf(&b, "<tr><td>%s<td>%s<td class=r>%s</tr>", key(g.code), g.name, key(fmt.Sprint(c.quantity())))
			}
			b.WriteString("</table>")
		}
		b.WriteString("</div>")
	} else {
		f.goods(&b, c, list)
	}
	fmt.Fprintf(&b, "<p>备注：%s</p>", c.of([]string{"请随货附发票，谢绝拼车。", "包装完好，外箱贴标签，不接受替代品牌。", "货到三日内验收，数量以实收为准。"}))
	fmt.Fprintf(&b, "<div class=k><div>制单：%s</div><div>审核：%s</div></div>", c.of(people), c.of(people))
	if f.seal != "" {
		b.WriteString(seal(c, f.seal))
	}
	return sheet{document(style, b.String()), 820, 1.5 + 0.25*float64(c.IntN(3))}
}

// goods draws the table of a form.
func (f formStyle) goods(b *strings.Builder, c chance, list []goods) {
	thousands := c.IntN(2) == 0
	currency := c.of([]string{"", "", "¥"})
	b.WriteString("<table>")
	if f.extra == "twoRows" {
		b.WriteString("<tr><th rowspan=2>物料编码<th rowspan=2>物料名称<th rowspan=2>规格型号<th colspan=2>订购<th colspan=2>价格（元）</tr><tr><th>数量<th>单位<th>单价<th>金额</tr>")
	} else {
		heads := [][]string{
			{"货号", "品名", "规格", "数量", "单位", "单价", "金额"},
			{"产品编码", "产品名称", "规格型号", "订购数", "计量单位", "含税单价(元)", "小计(元)"},
			{"物料号", "名称", "型号", "采购数量", "单位", "单价", "总价"},
		}[c.IntN(3)]
		b.WriteString("<tr><th>" + strings.Join(heads, "<th>") + "</tr>")
	}
	sum, part := 0, 0
	for i, g := range list {
		q := c.quantity()
		amount := q * g.cents
		sum += amount
		part += amount
		name := g.name
		if f.extra == "wrapped" {
			name += c.of([]string{"（含安装附件及出厂检验合格证）", "（原厂正品，外包装须有防伪标识）", "（按样品确认，允许少量色差）"})
		}
		name = "<td>" + name
		if f.extra == "merged" {
			switch {
			case i%2 == 0 && i+1 < len(list):
				name = "<td rowspan=2 class=c>" + g.name
			case i%2 == 1:
				name = ""
			}
		}
		fmt.Fprintf(b, "<tr><td>%s%s<td>%s<td class=r>%s<td class=c>%s<td class=r>%s<td class=r>%s%s</tr>",
			key(g.code), name, g.spec, key(fmt.Sprint(q)), g.unit, key(yuan(g.cents, false)), currency, key(yuan(amount, thousands)))
		if f.extra == "subtotals" && (i%3 == 2 || i == len(list)-1) {
			fmt.Fprintf(b, "<tr><td colspan=6 class=r>小计<td class=r>%s</tr>", key(yuan(part, thousands)))
			part = 0
		}
	}
	fmt.Fprintf(b, "<tr><td colspan=6>合计<td class=r>%s%s</tr></table>", currency, key(yuan(sum, thousands)))
}

// seal is a round stamp over the text.
func seal(c chance, ink string) string {
	return fmt.Sprintf(`<svg class=seal style="left:%dpx;top:%dpx;opacity:%.2f;transform:rotate(%ddeg)" viewBox="0 0 150 150">
	<circle cx=75 cy=75 r=70 fill=none stroke="%s" stroke-width=5 /><path id=arc d="M 22 92 A 56 56 0 1 1 128 92" fill=none />
	<text font-size=16 fill="%s" letter-spacing=2 font-weight=700><textPath href="#arc">%s</textPath></text>
	<polygon points="75,50 81,68 100,68 85,79 91,97 75,86 59,97 65,79 50,68 69,68" fill="%s" /><text x=75 y=122 text-anchor=middle font-size=13 fill="%s">采购专用章</text></svg>`,
		120+c.IntN(480), 150+c.IntN(200), 0.5+0.3*c.Float64(), c.IntN(40)-20, ink, ink, c.of(firms), ink, ink)
}

// grid draws a spreadsheet on a screen.
func spreadsheet(c chance) sheet {
	dark := c.IntN(4) == 0
	page, line, bar, ink := "#fff", "#d4d4d4", "#f0f0f0", "#222"
	if dark {
		page, line, bar, ink = "#1e1e1e", "#444", "#2d2d2d", "#ddd"
	}
	size := 12 + c.IntN(3)
	style := fmt.Sprintf(`body{background:%s;color:%s;font:%dpx '%s';width:900px}table{border-collapse:collapse}
	td{border:1px solid %s;padding:2px 5px;height:%dpx;white-space:nowrap;min-width:64px}.h{background:%s;text-align:center;color:#888;min-width:30px}
	.t{font-weight:600;text-align:center}.r{text-align:right}`, page, ink, size, c.of(fonts[:4]), line, size+9, bar)
	list := c.some(c.of(tradeNames), 10)
	columns := []string{"序号", "编码", "名称", "规格", "数量", "单位", "单价", "金额", "备注"}
	var b strings.Builder
	b.WriteString("<table><tr><td class=h>")
	for i := range columns {
		fmt.Fprintf(&b, "<td class=h>%c", 'A'+i)
	}
	row := 0
	start := func() {
		row++
		fmt.Fprintf(&b, "<tr><td class=h>%d", row)
	}
	blank := c.IntN(3)
	for range blank {
		start()
		b.WriteString(strings.Repeat("<td>", len(columns)))
	}
	start()
	fmt.Fprintf(&b, "<td colspan=9 class=t>%s  %s", c.of(firms), key(c.order()))
	start()
	for _, h := range columns {
		b.WriteString("<td class=t>" + h)
	}
	for i, g := range list {
		start()
		q := c.quantity()
		fmt.Fprintf(&b, "<td class=r>%d<td>%s<td>%s<td>%s<td class=r>%s<td>%s<td class=r>%s<td class=r>%s<td>%s", i+1, key(g.code), g.name, g.spec,
			key(fmt.Sprint(q)), g.unit, key(yuan(g.cents, false)), key(yuan(q*g.cents, false)), c.of([]string{"", "", "", "急", "开专票", key(c.date())}))
	}
	return sheet{document(style, b.String()), 900, []float64{1, 1.25, 1.5, 2}[c.IntN(4)]}
}
