package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// WaveLists are the combined pick lists of a wave to print, one of each warehouse: first how much of each product is taken there in all,
// then for which order. All of them together are what the orders hold.
func WaveLists(number string, list []*orders.Order, picks map[orders.OrderID][]orders.Pick, catalog *orders.Catalog, now time.Time) []*File {
	var all []orders.Pick
	for _, o := range list {
		all = append(all, picks[o.ID]...)
	}
	v := PickView{Picks: all, Catalog: catalog}
	var out []*File
	for _, from := range pickWarehouses(all) {
		d := &docx{}
		d.heading("波次拣货单 " + number + "　" + from)
		d.line(fmt.Sprintf("订单 %d 个，%s", len(list), when(now)))
		sums := make(map[orders.ProductCode]orders.Quantity)
		var codes []orders.ProductCode
		parts := [][]string{{"订单", "客户", "编码", "数量", "单位", "物流", "已分"}}
		for _, o := range list {
			for _, p := range picks[o.ID] {
				if p.Warehouse != from {
					continue
				}
				if _, ok := sums[p.Product]; !ok {
					codes = append(codes, p.Product)
				}
				sums[p.Product] = sums[p.Product].Add(p.Quantity)
				parts = append(parts, []string{string(o.ID), customerName(o, nil), string(p.Product), p.Quantity.String(), v.unit(p.Product, lineOf(o, p.Line)), carrier(o.Propose(catalog, now).Carrier), ""})
			}
		}
		slices.Sort(codes)
		rows := [][]string{{"编码", "名称", "数量", "单位", "已拣"}}
		for _, code := range codes {
			unit := ""
			if p := catalog.Product(code); p != nil {
				unit = p.Unit
			}
			rows = append(rows, []string{string(code), v.title(code), sums[code].String(), unit, ""})
		}
		d.line("一、合计拣货")
		d.table([]int{1700, 4300, 1500, 1000, 1500}, rows)
		d.line("二、按订单分货")
		d.table([]int{2300, 2600, 1600, 1200, 900, 1000, 700}, parts)
		d.line("拣货人：____________　复核人：____________　日期：____________")
		out = append(out, &File{Name: fmt.Sprintf("波次-%s-%s.docx", number, from), Data: d.file()})
	}
	return out
}

// lineOf returns a line of an order by its number; an empty one where there is none.
func lineOf(o *orders.Order, no int) *orders.Line {
	for i := range o.Lines {
		if o.Lines[i].No == no {
			return &o.Lines[i]
		}
	}
	return &orders.Line{}
}

// Waved says which orders are picked together now.
func Waved(number string, list []*orders.Order) Message {
	ids := make([]string, len(list))
	for i, o := range list {
		ids[i] = string(o.ID) + " " + customerName(o, nil)
	}
	return Message{Text: fill(TextLimit, ids, 1, func(int) string {
		return fmt.Sprintf("波次 %s：%d 个订单一起拣，拣货单见文件", number, len(list))
	}, func(left int) string {
		if left > 0 {
			return rest(left)
		}
		return ""
	})[0]}
}

// proposed says with which carrier an order should go and why, "" where nothing is to be said.
func proposed(o *orders.Order, catalog *orders.Catalog, now time.Time) string {
	if now.IsZero() || catalog == nil {
		return ""
	}
	p := o.Propose(catalog, now)
	if p.Carrier == "" || o.Carrier != "" {
		return ""
	}
	return carrier(p.Carrier) + "（" + strings.TrimSpace(p.Why) + "），可以换"
}
