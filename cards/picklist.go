package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// PickView is from where the goods of an order are taken.
type PickView struct {
	Picks   []orders.Pick
	Catalog *orders.Catalog
	HasCome bool // what the order had lacked
	// Now is when the goods may leave, for the carrier that is proposed; zero: none is.
	Now time.Time
}

// row says what is taken for a line, where the line does not say it by itself: the parts of a bundle, goods from several warehouses.
func (v PickView) row(l *orders.Line) string {
	several := len(pickWarehouses(v.Picks)) > 1
	var parts []string
	for _, p := range v.Picks {
		if p.Line != l.No || p.Product == l.Product && !several {
			continue
		}
		text := p.Quantity.String() + v.unit(p.Product, l)
		if p.Product != l.Product {
			text = string(p.Product) + " " + v.title(p.Product) + " " + text
		}
		if several {
			text = p.Warehouse + " " + text
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return ""
	}
	return "取：" + strings.Join(parts, "，")
}

func (v PickView) title(code orders.ProductCode) string {
	if p := v.Catalog.Product(code); p != nil {
		return p.Title()
	}
	return ""
}

func (v PickView) unit(code orders.ProductCode, l *orders.Line) string {
	if p := v.Catalog.Product(code); p != nil {
		return p.Unit
	}
	return l.BaseUnit
}

// pickWarehouses are the warehouses from which an order takes.
func pickWarehouses(picks []orders.Pick) []string {
	var out []string
	for _, p := range picks {
		if !slices.Contains(out, p.Warehouse) {
			out = append(out, p.Warehouse)
		}
	}
	slices.Sort(out)
	return out
}

// PickListCard offers the pick lists of an order whose goods come from several warehouses; false: they come from one.
func PickListCard(s *Signer, o *orders.Order, picks []orders.Pick) (Message, bool) {
	from := pickWarehouses(picks)
	if len(from) < 2 {
		return Message{}, false
	}
	c := &Card{Title: "分仓拣货 " + string(o.ID), Urgent: o.Urgent, Fields: []Field{{"仓库", strings.Join(from, "、")}, {"客户", customerName(o, nil)}}}
	c.Buttons = []Button{{Text: "拣货单", Style: Primary, Say: "拣货单 " + string(o.ID), Action: s.Sign(Action{Verb: PickList, Order: o.ID, Version: o.Revision})}}
	return Message{Text: Text(c), Card: c}, true
}

// PickLists are the lists to print, one of each warehouse: what is to be taken there for which line. All of them together are what the
// order holds.
func PickLists(o *orders.Order, v PickView) []*File {
	var out []*File
	for _, from := range pickWarehouses(v.Picks) {
		d := &docx{}
		d.heading("拣货单　" + from)
		line := func(name, value string) {
			if value != "" {
				d.line(name + "：" + value)
			}
		}
		line("订单", string(o.ID))
		line("客户", customerName(o, nil))
		line("送到", join(" ", o.Address, o.Contact, o.Phone))
		line("分期", stageHead(o))
		line("交期", wantedBy(o))
		line("指定物流", carrier(o.Carrier))
		line("出货仓", o.Warehouse)
		line("备注", o.Note)
		line("特殊要求", promised(o))
		rows := [][]string{{"行", "编码", "名称", "规格", "数量", "单位", "说明", "已拣"}}
		for _, p := range v.Picks {
			if p.Warehouse != from {
				continue
			}
			i := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == p.Line })
			if i < 0 {
				continue
			}
			l := &o.Lines[i]
			name, spec, note := l.Name, l.Spec, ""
			if l.Gift {
				note = "赠品"
			}
			if p.Product != l.Product {
				note = join("，", string(l.Product)+" "+l.Name+"的组成", note)
				name, spec = v.title(p.Product), ""
			}
			rows = append(rows, []string{fmt.Sprint(i + 1), string(p.Product), name, spec, p.Quantity.String(), v.unit(p.Product, l), note, ""})
		}
		d.table([]int{500, 1300, 2300, 1700, 900, 700, 1900, 700}, rows)
		d.line("拣货人：____________　复核人：____________　日期：____________")
		out = append(out, &File{Name: fmt.Sprintf("拣货单-%s-%s.docx", o.ID, from), Data: d.file()})
	}
	return out
}
