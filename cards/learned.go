package cards

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// LearnedWords says what was remembered: 「口罩」= 医用外科口罩 50只/盒.
func LearnedWords(l *orders.Learned, catalog *orders.Catalog) string {
	if l.Unit != "" {
		text := fmt.Sprintf("1%s = %s%s", l.Words, l.Size, l.Unit)
		if p := catalog.Product(l.About); p != nil {
			text += "（" + p.Name + "）"
		}
		return text
	}
	what := string(l.Product)
	if p := catalog.Product(l.Product); p != nil {
		what += " " + p.Title()
	}
	return "「" + clip(oneLine(l.Words), 40) + "」= " + what
}

// LearnedNow says what was just remembered.
func LearnedNow(l *orders.Learned, catalog *orders.Catalog) string {
	return fmt.Sprintf("记住了：%s，下次不再问。不对请发「忘记 %d」", LearnedWords(l, catalog), l.ID)
}

// Learned answers 「学习 客户」: what is remembered of a customer, newest first, who settled it when, how often it served, and what it
// took the place of.
func Learned(c *orders.Customer, standing, ended []orders.Learned, catalog *orders.Catalog, forCustomer bool) Message {
	if len(standing) == 0 {
		text := c.Name + " 还没有记住什么。回答过的问题会记在这里，下次不再问"
		if len(ended) > 0 {
			text += fmt.Sprintf("（忘掉或换掉过 %d 条）", len(ended))
		}
		return Message{Text: text}
	}
	blocks := make([]string, len(standing))
	for i := range standing {
		l := &standing[i]
		who := l.ByName
		if forCustomer {
			who = ""
		}
		blocks[i] = fmt.Sprintf("%d　%s\n　%s定的，%d 次", l.ID, LearnedWords(l, catalog), join(" ", day(l.At), who), l.Count)
		if k := slices.IndexFunc(ended, func(o orders.Learned) bool { return o.Said == l.Said && o.About == l.About && o.ID < l.ID }); k >= 0 {
			_, before, _ := strings.Cut(LearnedWords(&ended[k], catalog), "= ")
			blocks[i] += fmt.Sprintf("（之前是 %s）", before)
		}
	}
	head := func(int) string { return fmt.Sprintf("%s 记住了 %d 条：", c.Name, len(standing)) }
	tail := func(left int) string {
		text := fmt.Sprintf("不对的发「忘记 %d」（换成编号），下次会再问", standing[0].ID)
		if left > 0 {
			text = fmt.Sprintf("还有 %d 条没有列出\n", left) + text
		}
		return text
	}
	return Message{Text: fill(TextLimit, blocks, 1, head, tail)[0]}
}

// LearnedOverview answers 「学习」: of which customers something is remembered.
func LearnedOverview(counts map[orders.CustomerCode]int, catalog *orders.Catalog) Message {
	if len(counts) == 0 {
		return Message{Text: "还没有记住什么。回答过的问题会按客户记下来，下次不再问"}
	}
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b orders.CustomerCode) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	blocks := make([]string, len(codes))
	for i, code := range codes {
		blocks[i] = fmt.Sprintf("%s %s：%d 条", code, catalog.Customer(code).Name, counts[code])
	}
	tail := func(left int) string {
		text := "看一家的发「学习 客户名」"
		if left > 0 {
			text = fmt.Sprintf("还有 %d 家没有列出\n", left) + text
		}
		return text
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return "记住的：" }, tail)[0]}
}

// day writes a date: 3月11日.
func day(t time.Time) string { return t.In(beijing).Format("1月2日") }

// remembered says of a line what was settled as before; "" where nothing was.
func remembered(o *orders.Order, i int, why []orders.Reason, forCustomer bool) string {
	var parts []string
	for k := range why {
		w := &why[k]
		if w.Rule != "remembered" || w.Asked == nil || !strings.HasPrefix(w.Field, fmt.Sprintf("lines[%d].", i)) || asked(o, w.Field) {
			continue
		}
		text := "按上次：「" + clip(oneLine(w.Asked.Said), 30) + "」"
		if !forCustomer {
			text += fmt.Sprintf("，%s %s定的，不对发「忘记 %d」", day(w.At), w.By, w.Learned)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n")
}

// ruleWords say in a person's words what the rules of reasons mean.
var ruleWords = map[string]string{
	"code": "写明了编码", "own": "客户自己的叫法", "alias": "常用叫法", "name": "品名", "only": "只有这种对得上", "history": "照以前的订单",
	"contact": "是这家的联系人", "sender": "发消息的就是这家", "answer": "您定的", "base unit": "没写单位，按基本单位", "converted": "换算",
	"within 48 hours": "48 小时内要货", "ambiguous": "有几种都像，要您定", "tied": "有几种都像，要您定", "unknown": "没认出来，要您定",
	"missing": "没写，要您定", "conflict": "前后对不上，请核对", "unusual": "和平时差得多，请核对", "nothing": "没认出来，要您定", "little": "没认出来，要您定",
	"second reader": "AI 读的，请核对", "spec": "规格对不上，要您定", "one character": "只写了一个字，要您定",
}

// because says why a field has its value.
func because(w *orders.Reason, forCustomer bool) string {
	if w == nil {
		return ""
	}
	said := ""
	if w.Words != "" {
		said = "「" + clip(oneLine(w.Words), 40) + "」"
	}
	switch w.Rule {
	case "remembered":
		text := "按上次"
		if said == "" && w.Asked != nil {
			said = "「" + clip(oneLine(w.Asked.Said), 30) + "」"
		}
		if !forCustomer {
			text += fmt.Sprintf("（%s %s定的，编号 %d）", day(w.At), w.By, w.Learned)
		}
		return join("，", said, text)
	case "answer":
		who := "您定的"
		if w.By != "" && !forCustomer {
			who = w.By + "定的"
		}
		about := ""
		if w.Asked != nil && w.Asked.Said != "" {
			about = "原文「" + clip(oneLine(w.Asked.Said), 30) + "」"
		}
		return join("，", about, who+said)
	case "said", "draft":
		return said
	default:
		return join("，", said, ruleWords[w.Rule])
	}
}

// Basis answers 「依据 SO…」: each field with the words that it was read from, and what made it certain.
func Basis(o *orders.Order, why []orders.Reason, catalog *orders.Catalog, forCustomer bool) Message {
	at := map[string]*orders.Reason{}
	for k := range why {
		at[why[k].Field] = &why[k]
	}
	head := []string{"依据 " + string(o.ID)}
	if at["customer"] != nil || o.Customer != "" {
		words := because(at["customer"], forCustomer)
		if w := at["customer"]; w != nil && w.Rule == "name" {
			words = "「" + clip(oneLine(w.Words), 40) + "」"
		}
		head = append(head, "客户 "+join(" ← ", customerName(o, nil), words))
	}
	blocks := make([]string, 0, len(o.Lines)+1)
	for i := range o.Lines {
		w := wordsOf(o, i)
		field := func(name string) *orders.Reason { return at[fmt.Sprintf("lines[%d].%s", i, name)] }
		rows := []string{join(" ", fmt.Sprintf("%d. %s", i+1, w.code), w.title)}
		add := func(name, value string, r *orders.Reason) {
			if text := because(r, forCustomer); text != "" {
				rows = append(rows, "　"+join(" ", name, value)+" ← "+text)
			}
		}
		product := field("product")
		add("品名", "", product)
		if product != nil && len(product.Others) > 0 && w.code != "?" && !forCustomer {
			var others []string
			for _, code := range product.Others[:min(len(product.Others), 3)] {
				if p := catalog.Product(orders.ProductCode(code)); p != nil && p.Code != o.Lines[i].Product {
					others = append(others, string(p.Code)+" "+p.Title())
				}
			}
			if len(others) > 0 {
				rows = append(rows, "　也像："+clip(strings.Join(others, "、"), 80))
			}
		}
		add("数量", w.both(), field("quantity"))
		if u := field("unit"); u != nil && u.Rule != "said" && u.Rule != "draft" {
			add("单位", o.Lines[i].Unit, u)
		}
		add("单价", w.price, field("price"))
		blocks = append(blocks, strings.Join(rows, "\n"))
	}
	record := map[string]string{}
	if c := catalog.Customer(o.Customer); c != nil {
		record = map[string]string{"contact": c.Contact, "phone": c.Phone, "address": c.Address, "payment": c.Terms}
	}
	rest := []string{}
	for _, f := range []struct{ name, field, value string }{
		{"交期", "deliver_by", Wanted(o.DeliverBy, o.CreatedAt)},
		{"加急", "urgent", map[bool]string{true: "是"}[o.Urgent]},
		{"物流", "carrier", carrier(o.Carrier)},
		{"收货人", "contact", o.Contact},
		{"电话", "phone", o.Phone},
		{"地址", "address", o.Address},
		{"付款", "payment", o.Payment},
		{"客户单号", "po", o.PO},
		{"备注", "note", o.Note},
	} {
		if f.value == "" {
			continue
		}
		text := because(at[f.field], forCustomer)
		if text == "" && f.value == record[f.field] {
			text = "客户资料"
		}
		rest = append(rest, join(" ← ", f.name+" "+f.value, text))
	}
	if len(rest) > 0 {
		blocks = append(blocks, strings.Join(rest, "\n"))
	}
	if len(why) == 0 {
		return Message{Text: "依据 " + string(o.ID) + "\n这一单没有留下原文"}
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 段没有列出", left)
		}
		return ""
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return strings.Join(head, "\n") }, tail)[0]}
}
