package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// Contract is the sales contract of an approved order, as a Word file to be completed and sealed: parties, lines, amounts, delivery and
// payment as the order has them. Internal notes are not in it.
func Contract(o *orders.Order, customer *orders.Customer) *File {
	d := &docx{}
	d.heading("产品购销合同")
	blank := "________________"
	line := func(name, value string) {
		if value == "" {
			value = blank
		}
		d.line(name + "：" + value)
	}
	line("合同编号", string(o.ID))
	line("签订日期", o.ConfirmedAt.In(beijing).Format("2006年1月2日"))
	line("甲方（买方）", customerName(o, customer))
	line("乙方（卖方）", "")
	if o.PO != "" {
		line("买方订单号", o.PO)
	}
	d.line("一、货物、数量和金额（人民币，含税）")
	rows := [][]string{{"序号", "编码", "名称", "规格", "数量", "单位", "单价", "金额"}}
	for i := range o.Lines {
		l := &o.Lines[i]
		price := l.Price.StringFixed(max(2, -l.Price.Exponent()))
		name := l.Name
		if l.Gift {
			name, price = name+"（赠品）", "0.00"
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), string(l.Product), name, l.Spec, l.Quantity.String(), l.Unit, price, l.Amount.Yuan().StringFixed(2)})
	}
	if o.Freight.Amount > 0 {
		rows = append(rows, []string{"运费", "", "", "", "", "", "", o.Freight.Amount.Yuan().StringFixed(2)})
	}
	rows = append(rows, []string{"合计", "", "", "", "", "", "", o.Payable().Yuan().StringFixed(2)})
	d.table([]int{620, 1300, 2500, 1700, 900, 700, 1000, 1200}, rows)
	d.line("合计金额：" + o.Payable().String() + "，大写：人民币" + Uppercase(o.Payable()))
	d.line("二、交货")
	plan := stagedFields(o)
	if stages := plan[0].Value; stages != "" {
		line("交货时间", stages)
	} else {
		line("交货时间", Wanted(o.DeliverBy, o.CreatedAt))
	}
	if o.Carrier == selfPickup {
		line("交货方式", join("，", "买方自提", o.Extra[orders.ExtraPickUp]))
	} else {
		line("交货地点", o.Address)
	}
	line("收货人", join(" ", o.Contact, o.Phone))
	d.line("三、付款")
	line("付款方式", join("；", o.Payment, plan[1].Value))
	if more := join("；", o.Note, promised(o)); more != "" {
		d.line("四、其他约定：" + more)
	}
	d.line("")
	d.line("甲方（盖章）：" + blank + "　　　　乙方（盖章）：" + blank)
	d.line("日期：" + blank + "　　　　　　　日期：" + blank)
	return &File{Name: "合同-" + string(o.ID) + ".docx", Data: d.file()}
}

// Uppercase writes an amount as contracts and invoices do (大写): 壹万零伍元陆角, 叁元整. An amount below zero begins with 负.
func Uppercase(m orders.Money) string {
	const digits = "零壹贰叁肆伍陆柒捌玖"
	digit := func(n int64) string { return string([]rune(digits)[n]) }
	sign := ""
	if m < 0 {
		sign, m = "负", -m
	}
	yuan, jiao, fen := int64(m)/100, int64(m)/10%10, int64(m)%10
	var b strings.Builder
	b.WriteString(sign)
	if yuan > 0 {
		text := fmt.Sprint(yuan)
		small := []string{"", "拾", "佰", "仟"}
		big := []string{"", "万", "亿", "万亿", "亿亿"}
		zero, group := false, false // a zero waits to be said; the group of four has a digit
		for i, c := range text {
			at := len(text) - 1 - i
			if c == '0' {
				zero = true
			} else {
				if zero && b.Len() > len(sign) {
					b.WriteString("零")
				}
				zero, group = false, true
				b.WriteString(digit(int64(c-'0')) + small[at%4])
			}
			if at%4 == 0 {
				if group {
					b.WriteString(big[at/4])
				}
				group = false
			}
		}
		b.WriteString("元")
	}
	switch {
	case jiao == 0 && fen == 0:
		if yuan == 0 {
			return sign + "零元整"
		}
		b.WriteString("整")
		return b.String()
	case jiao > 0:
		b.WriteString(digit(jiao) + "角")
	case yuan > 0:
		b.WriteString("零")
	}
	if fen > 0 {
		b.WriteString(digit(fen) + "分")
	}
	return b.String()
}
