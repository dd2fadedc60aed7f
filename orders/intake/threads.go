package intake

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Words that join what a message orders to the order before it: in front of its goods, or behind them.
var (
	leadWords = strings.Fields("再加 再来 再要 再拿 再发 再送 再订 再给 再添 再补 再配 再带 还要 还有 还需 还得 还差 还缺 还加 还来 还拿 还订 还想 也要 也来 也发 也拿 也订 也给 也加 也送 加上 加个 加点 加一 加两 加几 加到 加进 添上 外加 另加 另外 追加 补上 补一 补个 补点 漏了 忘了 少报了 少写 漏写 漏报 " +
		"改 换 错了 写错 发错 打错 搞错 弄错 不对 不是 更正 刚才 刚刚 那单 这单 上面 前面那 顺便")
	tailWords = strings.Fields("加上 加进去 加进来 加到 一起加 也要 也加 也一起 也一块 补进去 补进来 补上 放一起 一起发 并到 合到 合并")
	greetings = strings.Fields("你好 您好 在吗 在么 在不在 早上好 上午好 中午好 下午好 晚上好 早安 早啊 哈喽 哈罗 嗨 hello hi")
)

// joins tells whether the message says that its goods belong to the order before it: 再加…, …也要, …改成….
func (r *reading) joins() bool {
	s := r.s
	first, last := len(s.r), len(s.r)
	for _, m := range s.marks {
		if m.kind == markQty && m.to > m.from {
			if first == len(s.r) {
				last = m.to
			}
			first, last = min(first, m.from), max(last, m.to)
		}
	}
	for _, m := range s.marks {
		if m.kind == markPlus && m.to > m.from && m.from < first {
			return true
		}
		if m.kind == markQty && m.to > m.from && m.from > 0 && s.r[m.from-1] == '加' { // 白醋加3件
			return true
		}
	}
	return s.wordIn(0, first, leadWords) || s.wordIn(last, len(s.r), tailWords)
}

// wordIn tells whether one of the words stands in r[from:to] and is no part of a name.
func (s *scan) wordIn(from, to int, words []string) bool {
	for i := from; i < to; i++ {
		w := wordOf(s.r, i, words)
		if w == "" {
			continue
		}
		if m := s.at(i); m != nil && (m.kind == markCustomer || m.kind == markAddress || m.kind == markPerson || m.kind == markContact) {
			continue
		}
		if n, _ := s.x.names.longest(s.r, i); n != nil && len(n.text) > len([]rune(w)) || s.x.vocabulary(s.r, i, len(s.r)) {
			continue
		}
		return true
	}
	return false
}

// ownOrder tells whether the goods that a message in a conversation names are an order of its own rather than part of
// the draft: it names its customer, it begins with a greeting, or a question is open that it leaves unanswered. Goods are the
// draft's where words of addition or change join them to it, or where they answer a question.
func (r *reading) ownOrder(b *builder, which int, named []int32) bool {
	goods := b.items[b.base:]
	counted := slices.ContainsFunc(goods, func(it *wanted) bool { return !it.gift && !it.q.none })
	if !counted || b.changed || b.dropped || r.joins() {
		return false
	}
	draft := &r.thread.Orders[which]
	if len(named) > 0 {
		same := !slices.ContainsFunc(goods, func(it *wanted) bool { return !r.restates(it, which) })
		return r.s.sales && (!same || draft.Customer != "" && !startsWith(r.text, yesWords) && len(r.thread.Asks) == 0)
	}
	cust, known := r.x.customerOf(draft.Customer)
	if slices.ContainsFunc(r.s.marks, func(m mark) bool {
		spoken := m.kind == markPerson && r.s.sales && known && !slices.Contains(m.ids, cust) // another customer's contact orders
		return m.to > m.from && (spoken || m.kind == markCustomer && !r.s.ownedElsewhere(m))
	}) {
		return true
	}
	prefix := fmt.Sprintf("orders[%d].", which)
	open := false
	for _, a := range r.thread.Asks {
		if !strings.HasPrefix(a.Field, prefix) {
			continue
		}
		open = true
		if slices.ContainsFunc(goods, func(it *wanted) bool { return r.answers(it, &a, draft) }) {
			return false
		}
	}
	if slices.ContainsFunc(goods, func(it *wanted) bool { return r.restates(it, which) }) {
		return false
	}
	if w := strings.TrimLeft(r.text, " ,。!?@"); slices.ContainsFunc(greetings, func(g string) bool { return strings.HasPrefix(w, g) }) {
		return true
	}
	return open && r.s.sales
}

// restates tells whether it says a line of the draft again.
func (r *reading) restates(it *wanted, which int) bool {
	for n, l := range r.thread.Orders[which].Lines {
		if l.Quantity != "" && (it.q.none || trim(it.q.value) != l.Quantity) {
			continue
		}
		if it.res.product >= 0 && string(r.x.product(it.res.product).Code) == l.Product {
			return true
		}
		if a := r.askOf(fmt.Sprintf("orders[%d].lines[%d].product", which, n)); a != nil && l.Product == "" && r.inOptions(it, a) {
			return true
		}
	}
	return false
}

// inOptions tells whether the goods are, or may be, among those that a asks about.
func (r *reading) inOptions(it *wanted, a *Ask) bool {
	has := func(id int32) bool { return slices.Contains(a.Options, string(r.x.product(id).Code)) }
	return it.res.product >= 0 && has(it.res.product) || it.res.product < 0 && slices.ContainsFunc(it.res.options, has)
}

// answers tells whether it answers the open question a.
func (r *reading) answers(it *wanted, a *Ask, draft *Draft) bool {
	n, field, ok := lineField(a.Field)
	if !ok || n >= len(draft.Lines) {
		return false
	}
	l := &draft.Lines[n]
	if field == "product" && l.Product == "" {
		// 20升的 5桶: a size without goods of its own, goods that were offered, or other goods in as many units
		return r.inOptions(it, a) || it.m != nil && it.res.product < 0 && bits.OnesCount64(it.m.content()) < 2 || len(a.Options) == 0 && !it.q.none && trim(it.q.value) == l.Quantity && sameUnit(it.q.unit, l.Unit)
	}
	return it.res.product >= 0 && string(r.x.product(it.res.product).Code) == l.Product
}

// joinsDraft tells whether what was written beside a file says that it adds to the draft, or changes it.
func (x *Lexicon) joinsDraft(msg Message) bool {
	t := newText(msg.Text)
	t.closeUp()
	s := x.newScan(t, x.clock(msg.Time), -1, msg.Role != RoleCustomer)
	return s.wordIn(0, len(s.r), leadWords) || s.wordIn(0, len(s.r), tailWords) || s.wordIn(0, len(s.r), []string{"加"})
}

// addForm adds the order of a form to the draft of the conversation, where one of each is there and they are one customer's.
func (t *Thread) addForm(res *Result, form *Thread) (*Thread, bool) {
	if len(form.Orders) != 1 || len(t.Orders) != 1 || form.Orders[0].Customer != "" && t.Orders[0].Customer != "" && form.Orders[0].Customer != t.Orders[0].Customer {
		return nil, false
	}
	next := t.clone()
	d := &next.Orders[0]
	words := make([]string, len(d.Lines))
	if len(t.Words) > 0 {
		copy(words, t.Words[0])
	}
	had := len(d.Lines)
	d.Lines = append(d.Lines, form.Orders[0].Lines...)
	if d.Customer == "" {
		d.Customer = form.Orders[0].Customer
	}
	next.Words = [][]string{append(words, slices.Concat(form.Words...)...)}
	next.Asks = slices.DeleteFunc(next.Asks, func(a Ask) bool { return d.Customer != "" && a.Field == "orders[0].customer" })
	for _, a := range form.Asks {
		if n, field, ok := lineField(a.Field); ok {
			a.Field = fmt.Sprintf("orders[0].lines[%d].%s", had+n, field)
			next.Asks = append(next.Asks, a)
		}
	}
	res.Intent, res.Explain = IntentChange, nil
	res.Orders, res.Asks = cloneDrafts(next.Orders), slices.Clone(next.Asks)
	return next, true
}

// deliveryWords tell that a date is one for the goods.
var deliveryWords = strings.Fields("送 货 收 交 发 提 改 推迟 延 赶 到 时间 日期 截止 之前 前要 要用 再要 来拿 来取 来拉 都行 也行 可以")

// aboutDelivery tells whether what a message says besides goods is about the order. A date alone may be small talk: it is the
// order's where it is said of a delivery, or where little else is said.
func (r *reading) aboutDelivery(f *facts2) bool {
	if f.due() == nil || f.carrier != "" || f.address != "" || f.contact != "" || f.phone != "" || f.badly != "" || f.payment != "" || f.po != "" || len(f.urgent) > 0 {
		return true
	}
	if says(r.text, deliveryWords) {
		return true
	}
	rest := 0
	for i := 0; i < len(r.s.r); {
		switch m := r.s.at(i); {
		case m != nil:
			i = max(m.to, i+1)
		case !isHan(r.s.r[i]):
			i++
		case fillerAt(r.s.r, i) > 0:
			i += fillerAt(r.s.r, i)
		default:
			i++
			rest++
		}
	}
	return rest == 0
}
