package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// Counted says row by row whether what was counted is what is to leave (复核 SO… …).
func Counted(o *orders.Order, c *orders.Count) Message {
	head, tail := "相符 ✅", "可以发货：「发货 "+string(o.ID)+" 运单号」"
	if !c.OK {
		head, tail = fmt.Sprintf("不符 ❌ %d 处，不能发货", len(c.Problems())), "改好后再发一次「复核 "+string(o.ID)+" …」，全部重新清点"
	}
	blocks := make([]string, len(c.Rows))
	for i, r := range c.Rows {
		mark, said := "✅", "相符 "+r.Got.String()+r.Unit
		if r.Problem != "" {
			mark, said = "❌", r.Problem
		}
		blocks[i] = fmt.Sprintf("%s %s：%s", mark, countName(r), said)
		if len(r.Lots) > 0 {
			blocks[i] += "（" + clip(strings.Join(r.Lots, "、"), 120) + "）"
		}
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return "复核 " + string(o.ID) + "：" + head }, func(left int) string {
		if left > 0 {
			return rest(left) + "\n" + tail
		}
		return tail
	})[0]}
}

// countName names the product of a row.
func countName(r orders.CountRow) string {
	name := join(" ", string(r.Product), clip(oneLine(r.Name), 60))
	if r.Of != "" {
		name += "（" + r.Of + "的组成）"
	}
	return name
}

// ToCount lists what is to be counted before an order leaves (复核 SO…).
func ToCount(o *orders.Order, rows []orders.CountRow) Message {
	blocks := make([]string, len(rows))
	for i, r := range rows {
		blocks[i] = fmt.Sprintf("%d. %s %s%s", i+1, countName(r), r.Want, r.Unit)
	}
	example := "编码 数量"
	if len(rows) > 0 {
		example = string(rows[0].Product) + " " + rows[0].Want.String() + rows[0].Unit
	}
	tail := "点完请回复「复核 " + string(o.ID) + " " + example + "，…」，一行写一种，也可以直接贴扫码结果；有批次、序列号的写在后面，例如「批次 B1」「序列号 S1、S2」"
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return "要复核 " + string(o.ID) }, func(left int) string {
		if left > 0 {
			return rest(left) + "\n" + tail
		}
		return tail
	})[0]}
}

// OtherCarrier refuses a carrier in place of the one that was promised to the customer; waybill is what was said.
func OtherCarrier(o *orders.Order, waybill string) error {
	return orders.Errorf(orders.CodeConflict, "订单 %s 答应了客户走 %s，没有登记。一定要换，请写明原因：「发货 %s %s 原因 …」", o.ID, carrier(o.Carrier), o.ID, waybill)
}
