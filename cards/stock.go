package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// StockItem is a product with what is in stock of it.
type StockItem struct {
	Product   *orders.Product
	Available orders.Quantity // base units that an order may take
	Supply    *orders.Supply  // nil: not known, or of a bundle
	Urgent    []string        // urgent orders for it, in red
}

// Stock answers 「库存 …」. more counts the products that fit and are left out. Only who sees all hears what each warehouse has;
// the others what is free, and when more comes.
func Stock(words string, items []StockItem, more int, all bool, now time.Time) Message {
	if len(items) == 0 {
		return Message{Text: "没有找到「" + clip(words, 40) + "」，换个名称、规格或编码试试"}
	}
	blocks := make([]string, len(items))
	for i, it := range items {
		p := it.Product
		blocks[i] = fmt.Sprintf("%s %s\n可用 %s%s", p.Code, p.Title(), it.Available, p.Unit)
		for _, k := range p.Packs {
			if k.Size.GreaterThan(onePiece) && it.Available.GreaterThanOrEqual(k.Size) {
				blocks[i] += fmt.Sprintf("（够 %s%s，每%s %s%s）", it.Available.Div(k.Size).Floor(), k.Unit, k.Unit, k.Size, p.Unit)
				break
			}
		}
		if !it.Available.IsPositive() {
			blocks[i] += "　⚠️ 缺货"
		}
		if it.Supply != nil {
			blocks[i] = join("\n", blocks[i], supplyRows(it, all))
		}
		blocks[i] = join("\n", append([]string{blocks[i]}, it.Urgent[:min(len(it.Urgent), 5)]...)...)
	}
	tail := func(left int) string {
		if left += more; left > 0 {
			return fmt.Sprintf("还有 %d 个，写得再细一点（加上规格）", left)
		}
		return ""
	}
	head := func(int) string { return "库存（" + when(now) + "，已扣除别人占的）" }
	return Message{Text: fill(TextLimit, blocks, 1, head, tail)[0]}
}

// supplyRows write what each warehouse has, and what is expected.
func supplyRows(it StockItem, all bool) string {
	var rows []string
	some := func(name string, n orders.Quantity) string {
		if n.IsZero() {
			return ""
		}
		return name + " " + n.String()
	}
	for i := range it.Supply.Stocks {
		s := &it.Supply.Stocks[i]
		if !all || s.OnHand.IsZero() && s.SafetyStock.IsZero() {
			continue
		}
		rows = append(rows, fmt.Sprintf("%s：可用 %s%s（%s）", s.Warehouse, s.Spare(), it.Product.Unit, join("，", "在库 "+s.OnHand.String(),
			some("预占", s.Reserved), some("已分配", s.Allocated), some("安全库存", s.SafetyStock))))
	}
	for i := range it.Supply.Receipts {
		r := &it.Supply.Receipts[i]
		where := ""
		if all {
			where = "（" + join(" ", r.Warehouse, r.Number) + "）"
		}
		rows = append(rows, fmt.Sprintf("预计 %s 到 %s%s%s", shortDay(r.Due), r.Open(), it.Product.Unit, where))
	}
	if all && it.Supply.Waiting.IsPositive() {
		rows = append(rows, fmt.Sprintf("订单还等 %s%s", it.Supply.Waiting, it.Product.Unit))
	}
	return strings.Join(rows, "\n")
}

// shortDay writes a day of the form yyyy-mm-dd: 3月20日.
func shortDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("1月2日")
}

// Low asks purchasing to replenish what has come below its safety stock: how much, and why so much.
func Low(items []StockItem, warehouses []string) Message {
	c := &Card{Title: "库存预警：低于安全库存", Question: "请安排补货；下了采购请回复「预计到货 编码 数量 日期」"}
	for i, it := range items {
		s, p := it.Supply, it.Product
		var free, safety, coming orders.Quantity
		for k := range s.Stocks {
			free, safety = free.Add(s.Stocks[k].Free()), safety.Add(s.Stocks[k].SafetyStock)
		}
		for k := range s.Receipts {
			coming = coming.Add(s.Receipts[k].Open())
		}
		propose := "建议补 " + s.Refill().String() + p.Unit
		if !s.Refill().IsPositive() {
			propose = "在途的够了，先不用补"
		}
		facts := join("，", "未占用 "+free.String(), "安全库存 "+safety.String(), quantityOf("订单还等", s.Waiting), quantityOf("在途", coming))
		c.Lines = append(c.Lines, fmt.Sprintf("%s %s（%s）：%s（%s）", p.Code, p.Title(), warehouses[i], propose, facts))
	}
	if len(items) == 1 {
		c.Title = "库存预警 " + string(items[0].Product.Code)
	}
	return Message{Text: clipBytes(join("\n", c.Title, strings.Join(c.Lines, "\n"), c.Question), TextLimit), Card: c}
}

func quantityOf(name string, n orders.Quantity) string {
	if !n.IsPositive() {
		return ""
	}
	return name + " " + n.String()
}

// MoveCard asks whether a change of stock is to be made.
func MoveCard(s *Signer, m *orders.StockMove, p *orders.Product) Message {
	c := moveCard(m, p)
	c.Desc = "确认以后库存才变"
	for _, b := range []struct {
		text  string
		style Style
		verb  Verb
	}{{"确认" + m.Kind.String(), Primary, RunMove}, {"放弃", Normal, DropMove}} {
		c.Buttons = append(c.Buttons, Button{
			Text: b.text, Style: b.style, Say: fmt.Sprintf("%s%s %d", strings.TrimSuffix(b.text, m.Kind.String()), m.Kind, m.ID), Action: s.Sign(Action{Verb: b.verb, Version: int(m.ID)}),
		})
	}
	return Message{Text: Text(c), Card: c}
}

// MoveSettled is what the card becomes once there is nothing left to press on it.
func MoveSettled(m *orders.StockMove, p *orders.Product) Message {
	c := moveCard(m, p)
	c.Settled = map[orders.MoveState]string{orders.MoveDone: "已完成 ", orders.MoveDropped: "已放弃 "}[m.State] + m.Done
	return Message{Text: Text(c), Card: c}
}

func moveCard(m *orders.StockMove, p *orders.Product) *Card {
	c := &Card{Title: fmt.Sprintf("%s %d：%s", m.Kind, m.ID, p.Title())}
	if m.Kind == orders.MoveTransfer {
		c.Fields = []Field{{"数量", m.Quantity.String() + p.Unit}, {"调出", m.From}, {"调入", m.Warehouse}}
		c.Question = fmt.Sprintf("%s缺 %s%s，%s有富余：要调拨吗？", m.Warehouse, m.Quantity, p.Unit, m.From)
		return c
	}
	before := m.Counted.Sub(m.Quantity)
	c.Fields = []Field{{"仓库", m.Warehouse}, {"在库", fmt.Sprintf("%s → %s%s", before, m.Counted, p.Unit)}, {"差异", difference(m, p)}}
	return c
}

// difference says by how much a count differs.
func difference(m *orders.StockMove, p *orders.Product) string {
	switch m.Quantity.Sign() {
	case 1:
		return "多 " + m.Quantity.String() + p.Unit
	case -1:
		return "少 " + m.Quantity.Abs().String() + p.Unit
	default:
		return "没有差异"
	}
}

// Moved says what a change of stock did.
func Moved(m *orders.StockMove, p *orders.Product, served []orders.OrderID) Message {
	var text string
	switch {
	case m.State == orders.MoveDropped:
		text = fmt.Sprintf("好的，%s %d 不做了，库存没有变。", m.Kind, m.ID)
	case m.Kind == orders.MoveTransfer:
		text = fmt.Sprintf("已调拨 %s %s%s：%s → %s。", p.Title(), m.Quantity, p.Unit, m.From, m.Warehouse)
	case m.Kind == orders.MoveCount:
		text = fmt.Sprintf("已按盘点改好：%s 在%s的账面%s。", p.Title(), m.Warehouse, difference(m, p))
	default:
		text = fmt.Sprintf("已登记到货：%s %s%s，%s。", p.Title(), m.Quantity, p.Unit, m.Warehouse)
	}
	if len(served) > 0 {
		ids := make([]string, len(served))
		for i, id := range served {
			ids[i] = string(id)
		}
		text += fmt.Sprintf("\n等货的 %d 单按先后补上了：%s", len(served), strings.Join(ids, "、"))
	}
	return Message{Text: clipBytes(text, TextLimit)}
}

// Substitutes are other goods for a line that lacks stock, in the order in which they are offered.
type Substitutes struct {
	Line    int // number of the line
	Options []StockItem
}

func (b *Substitutes) labels() []string {
	out := make([]string, len(b.Options))
	for i := range b.Options {
		out[i] = "换成" + b.Options[i].Product.Title()
	}
	return out
}

// says are the words that take each of them.
func (b *Substitutes) says(o *orders.Order) []string {
	out := make([]string, len(b.Options))
	for i := range b.Options {
		out[i] = fmt.Sprintf("换成 %s %s", b.Options[i].Product.Code, o.ID)
	}
	return out
}

// question offers them, for customers in short; nothing is swapped unless somebody says so.
func (b *Substitutes) question(o *orders.Order, forCustomer bool) string {
	line := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == b.Line })
	say := fmt.Sprintf("要换请回复「换成 %s %s」", b.Options[0].Product.Code, o.ID)
	var rows []string
	for i, x := range b.Options {
		row := string(x.Product.Code) + " " + x.Product.Title()
		if !forCustomer {
			row = fmt.Sprintf("%d. %s（可用 %s%s）", i+1, row, x.Available, x.Product.Unit)
		}
		rows = append(rows, row)
	}
	head := fmt.Sprintf("第 %d 行缺货，可以换：", line+1)
	if forCustomer {
		return head + "\n· " + strings.Join(rows, "\n· ") + "\n" + say
	}
	return head + "\n" + strings.Join(rows, "\n") + "\n" + say + "；不换就照原来的下单，到货再发"
}
