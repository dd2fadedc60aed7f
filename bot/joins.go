package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

var (
	// saysSplit fits words that begin with a wish to split an order: 拆成两批, 分3批发, 拆单. The first group is the number of batches.
	saysSplit = regexp.MustCompile(`^(?:把|请|将|帮我|帮忙|麻烦|客户要|客户想|客户说)*(?:这单|这个订单|订单|它)?[,，:： ]*(?:(?:拆|分)(?:成|为|开|作)?([二两俩三四五六七八九十]|\d{1,2})(?:个)?(?:批次?|单|次|票)(?:发货?|送货?|走|出货?)?|拆单|拆分|分批(?:发货?|送货?)?)`)
	// saysFirst fits a splitting that only names its first batch: 先发30盒，剩下的下周.
	saysFirst = regexp.MustCompile(`^(?:先|首批|第一批|第1批)[^。]*(?:剩下|其余|余下|剩余|后面的|其他的)`)
	// batchMark fits what begins a batch in such words; the group is what of them means all that is left.
	batchMark = regexp.MustCompile(`第[一二两三四五六七八九十\d]+[批次单]|首批|(?:先|后|再)(?:发|送|出)|另一批|[一1]批|(剩下的?|其余的?|余下的?|剩余的?|后面的?|其他的?)`)
	// saysMerge fits a wish to make one order of two.
	saysMerge  = regexp.MustCompile(`合并|并(?:到|进|入)|合(?:到|进|成)一?(?:单|起)?`)
	mergeWords = regexp.MustCompile(`合并|成|为|到|进|入|一起|一?单|和|与|跟|同|把|将|请|这|那|订单|并|合|起来|吧|[\s,，、。:：+&]`)
	// saysTogether fits a wish to ship several orders as one shipment.
	saysTogether = regexp.MustCompile(`^[请把将和与跟同,，、 ]*(?:一起|一块儿?|合并|合在一起|一次)(?:发货|发走|发出|发|送)[吧了。 ]*$`)
	aNumber      = regexp.MustCompile(`^[\d.零一二两三四五六七八九十百千万]+$`)
	onlyCommas   = regexp.MustCompile(`[,，、;；/和+ ]+`)
)

// batchesMost is into how many batches words may split an order.
const batchesMost = 10

// joins takes words for a wish to split an order or to merge two, where they are one.
func (s *session) joins(ctx context.Context, tx Tx, text string) (bool, error) {
	text = strings.Trim(norm.NFKC.String(text), edges)
	ids, rest := orders.FindOrderIDs(text)
	rest = strings.Trim(rest, edges)
	switch {
	case len(ids) > 1 && s.person.staff != nil && saysTogether.MatchString(rest):
		return true, s.together(tx, ids, false)
	case saysMerge.MatchString(rest) && strings.Trim(mergeWords.ReplaceAllString(rest, ""), edges) == "" && len(ids) > 0 && len(ids) <= 2:
		return true, s.askMerge(tx, ids, text)
	case len(ids) <= 1 && (saysSplit.MatchString(rest) || len(ids) == 1 && saysFirst.MatchString(rest)):
		return s.askSplit(ctx, tx, ids, rest)
	default:
		return false, nil
	}
}

// meant finds the order that words without a number are about: the last that was talked about, else the only one that is open.
func (s *session) meant(ctx context.Context) (orders.OrderID, error) {
	if len(s.talk.Last) == 1 {
		return s.talk.Last[0], nil
	}
	open, err := s.ownOpen(ctx)
	if err != nil || len(open) != 1 {
		return "", err
	}
	return open[0].ID, nil
}

func (s *session) askSplit(ctx context.Context, tx Tx, ids []orders.OrderID, words string) (bool, error) {
	var id orders.OrderID
	switch {
	case len(ids) == 1:
		id = ids[0]
	case len(s.talk.Orders) > 1:
		return false, nil // drafts of this chat: the reader knows
	case len(s.talk.Orders) == 1:
		id = s.talk.Orders[0]
	default:
		var err error
		if id, err = s.meant(ctx); err != nil {
			return true, err
		}
	}
	n, after := 2, words
	if m := saysSplit.FindStringSubmatchIndex(words); m != nil {
		after = strings.Trim(words[m[1]:], edges)
		if m[2] >= 0 {
			n = batchCount(words[m[2]:m[3]])
		}
	}
	// Without a number, words that name goods may order them so: 分两批送：大米20袋周五到，油10桶下周一.
	mayOrder := false
	if len(ids) == 0 && after != "" {
		var names bool
		if mayOrder, names = s.ordersGoods(after); names || mayOrder && id == "" {
			return false, nil
		}
	}
	if id == "" {
		s.say("要拆哪一单？请带上单号，例如「SO… 拆两批：先发30盒，剩下的下周一」。")
		return true, nil
	}
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return true, err
	}
	if mayOrder && (o.Status == orders.StatusDraft || o.MayChange() != nil) {
		return false, nil //nolint:nilerr // it can't be split: the reader knows
	}
	if n < 2 || n > batchesMost {
		return true, orders.Errorf(orders.CodeInvalid, "一次可以拆成 2 到 %d 批，%s 没有改动", batchesMost, id)
	}
	parts, err := s.batches(o, after, n)
	if err != nil && mayOrder {
		return false, nil // it does not fit that order: the reader knows
	}
	if err != nil {
		return true, err
	}
	o, c, err := s.clerk.Desk.AskSplit(tx, id, s.person.actor(), parts)
	if err != nil {
		return true, err
	}
	s.talk.Change, s.talk.Last = o.ID, []orders.OrderID{o.ID}
	s.send(cards.Split(s.clerk.Signer, o, c, s.person.staff == nil), KindChangeCard, o.ID)
	return true, nil
}

// ordersGoods tells whether words hold goods that the reader knows, and whether they name who wants them.
func (s *session) ordersGoods(words string) (goods, customer bool) {
	m := intake.Message{ID: s.in.Key, Time: s.now.In(s.clerk.Location), Role: intake.RoleSales, Text: words}
	r, _ := s.books.Lexicon.Read(m, nil)
	for _, d := range r.Orders {
		customer = customer || d.Customer != ""
		goods = goods || slices.ContainsFunc(d.Lines, func(l intake.Line) bool { return l.Product != "" })
	}
	return goods, goods && customer
}

// otherKind tells whether words confirm another kind of change than the one that waits for it: the card that they answer is an old one.
func otherKind(words string, c *orders.Change) bool {
	for _, k := range []orders.ChangeKind{orders.ChangeEdit, orders.ChangeSplit, orders.ChangeMerge} {
		if strings.Contains(words, "确认"+k.String()) {
			return k != c.Kind
		}
	}
	return false
}

// batchCount reads a small number.
func batchCount(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if i := strings.Index("一二三四五六七八九十", text); i >= 0 {
		return i/len("一") + 1
	}
	return 2 // 两, 俩
}

// batches reads what each batch holds: as the words say, else what is there first and the rest later, else alike.
func (s *session) batches(o *orders.Order, words string, n int) ([]orders.Part, error) {
	if words == "" {
		if parts := inStockFirst(o); parts != nil && n == 2 {
			return parts, nil
		}
		return alike(o, n), nil
	}
	var parts []orders.Part
	if amounts := onlyCommas.Split(words, -1); len(o.Lines) == 1 && len(amounts) > 1 && !slices.ContainsFunc(amounts, func(a string) bool { return !aNumber.MatchString(strings.TrimSuffix(a, o.Lines[0].Unit)) }) {
		for _, a := range amounts {
			p, err := s.batch(o, a)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
		return parts, nil
	}
	marks := batchMark.FindAllStringSubmatchIndex(words, -1)
	if len(marks) == 0 {
		marks = [][]int{{0, 0, -1, -1}}
	}
	for i, m := range marks {
		end := len(words)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		said := strings.Trim(words[m[1]:end], edges+" 的")
		isRest := m[2] >= 0
		if said == "" && !isRest {
			continue // 第一批先发
		}
		p, err := s.batch(o, said)
		if err != nil {
			return nil, err
		}
		if p.Base == nil && !isRest && i+1 < len(marks) {
			return nil, s.unclearBatch(o, said)
		}
		parts = append(parts, p)
	}
	if len(parts) == 1 {
		parts = append(parts, orders.Part{})
	}
	for i := range parts {
		if last := i == len(parts)-1; parts[i].Base == nil && !last {
			return nil, s.unclearBatch(o, words)
		}
	}
	return parts, nil
}

func (s *session) unclearBatch(o *orders.Order, said string) error {
	l := &o.Lines[0]
	return orders.Errorf(orders.CodeInvalid, "没看懂「%s」是哪些货、多少。请这样说：「%s 拆两批：先发%s 1%s，剩下的下周一」。没有改动", said, o.ID, l.Name, l.Unit)
}

// batch reads one batch: its goods, nil where none are named, and its day.
func (s *session) batch(o *orders.Order, said string) (orders.Part, error) {
	var p orders.Part
	if said == "" {
		return p, nil
	}
	read := func(text string) (intake.Result, bool) {
		m := intake.Message{ID: s.in.Key, Time: s.now.In(s.clerk.Location), Role: intake.RoleCustomer, Customer: string(o.Customer), Text: text}
		r, _ := s.books.Lexicon.Read(m, nil)
		ok := len(r.Orders) == 1 && len(r.Orders[0].Lines) > 0
		return r, ok && !slices.ContainsFunc(r.Orders[0].Lines, func(l intake.Line) bool {
			return !slices.ContainsFunc(o.Lines, func(x orders.Line) bool { return string(x.Product) == l.Product })
		})
	}
	hasAmount := strings.ContainsAny(said, "0123456789一二两三四五六七八九十百")
	if p.Base = s.wholeLines(o, said); p.Base != nil {
		return p, nil
	}
	r, ok := intake.Result{}, false
	if hasAmount {
		r, ok = read(said)
		if first := []rune(said); !ok && len(o.Lines) == 1 && strings.ContainsRune("0123456789一二两三四五六七八九十百", first[0]) {
			text := string(o.Lines[0].Product) + " " + said
			if aNumber.MatchString(said) {
				text += o.Lines[0].Unit
			}
			r, ok = read(text)
		}
	}
	if ok {
		p.Base = make(map[int]orders.Quantity)
		for _, l := range r.Orders[0].Lines {
			n, err := decimal.NewFromString(l.BaseQuantity)
			if err != nil || !n.IsPositive() {
				return p, s.unclearBatch(o, said)
			}
			for i := range o.Lines { // several lines of the same goods, one after the other
				x := &o.Lines[i]
				if part := decimal.Min(n, x.Base.Sub(p.Base[x.No])); string(x.Product) == l.Product && x.Gift == l.Gift && part.IsPositive() {
					p.Base[x.No] = p.Base[x.No].Add(part)
					n = n.Sub(part)
				}
			}
			if n.IsPositive() {
				return p, orders.Errorf(orders.CodeInvalid, "%s 里没有那么多 %s（多 %s），没有改动", o.ID, l.Product, n)
			}
		}
	} else if r, ok = read(string(o.Lines[0].Product) + " 1" + o.Lines[0].BaseUnit + "，" + said); !ok {
		return p, s.unclearBatch(o, said)
	}
	p.DeliverBy = r.Orders[0].DeliverBy
	for _, a := range r.Asks {
		if strings.HasSuffix(a.Field, "deliver_by") {
			return p, orders.Errorf(orders.CodeInvalid, "%s拆分没有改动，请带上日子再说一次，例如「剩下的下周一」", a.Text)
		}
	}
	return p, nil
}

// wholeLines are all of the lines whose goods are named without an amount: 先发手套和口罩. It is nil where the words are anything else, or
// name all goods of the order.
func (s *session) wholeLines(o *orders.Order, said string) map[int]orders.Quantity {
	out := make(map[int]orders.Quantity)
	for _, word := range strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune("、，, 和", r) }) {
		found, isNamed := s.products([]string{strings.ToLower(word)}), false
		for i := range o.Lines {
			l := &o.Lines[i]
			if slices.ContainsFunc(found, func(p *orders.Product) bool { return p.Code == l.Product }) {
				out[l.No], isNamed = l.Base, true
			}
		}
		if !isNamed {
			return nil
		}
	}
	if len(out) == 0 || len(out) == len(o.Lines) {
		return nil
	}
	return out
}

// inStockFirst sends what is held first and the rest later; nil where all or nothing is.
func inStockFirst(o *orders.Order) []orders.Part {
	first, all := make(map[int]orders.Quantity), true
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Reserved.IsPositive() {
			first[l.No] = l.Reserved
		}
		all = all && !l.Short().IsPositive()
	}
	if all || len(first) == 0 {
		return nil
	}
	return []orders.Part{{Base: first}, {}}
}

// alike parts every line evenly, in its own unit where that is whole; what does not come out even, and gifts, go first.
func alike(o *orders.Order, n int) []orders.Part {
	parts := make([]orders.Part, n)
	for i := range parts {
		parts[i].Base = make(map[int]orders.Quantity)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		left := l.Base
		for k := n - 1; k > 0 && !l.Gift; k-- {
			per := l.Quantity.Div(decimal.NewFromInt(int64(n))).Floor().Mul(l.Base).Div(l.Quantity)
			if per.IsPositive() {
				parts[k].Base[l.No] = per
				left = left.Sub(per)
			}
		}
		parts[0].Base[l.No] = left
	}
	return parts
}

func (s *session) askMerge(tx Tx, ids []orders.OrderID, text string) error {
	into, from := ids[0], orders.OrderID("")
	if len(ids) == 2 {
		from = ids[1]
		if mergesInto.MatchString(text) {
			into, from = ids[1], ids[0]
		}
	} else {
		switch {
		case len(s.talk.Orders) == 1:
			from = s.talk.Orders[0]
		case len(s.talk.Last) == 1:
			from = s.talk.Last[0]
		}
		if from == "" || from == into {
			s.say(fmt.Sprintf("哪一单合并到 %s？请写两个单号，例如「SO… 合并到 %s」。", into, into))
			return nil
		}
	}
	for _, id := range ids {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
	}
	if _, err := s.ownOrder(tx, from); err != nil {
		return err
	}
	o, preview, err := s.clerk.Desk.AskMerge(tx, into, from, s.person.actor())
	if err != nil {
		return err
	}
	return s.showMerge(tx, o, &preview, "")
}

// mergesInto fits words whose second number is where the goods go: SO1 合并到 SO2.
var mergesInto = regexp.MustCompile(`(?i)SO[-\s]?\d{8}[-\s]?\d{4,}.*(?:到|进|入).*SO`)

// showMerge asks whether two orders are to be one.
func (s *session) showMerge(tx Tx, o *orders.Order, p *orders.Preview, note string) error {
	x, err := tx.Order(p.Change.Plan.Other)
	if err != nil {
		return err
	}
	s.forget(x.ID) // a draft: 确认 means the merging now
	s.talk.Change, s.talk.Last = o.ID, []orders.OrderID{o.ID}
	s.send(cards.Merge(s.clerk.Signer, o, x, p, s.person.staff == nil, note), KindChangeCard, o.ID)
	return nil
}

// joinedText says what became of a splitting or merging.
func (s *session) joinedText(o *orders.Order, c *orders.Change) string {
	if c.Kind == orders.ChangeSplit {
		all := append([]string{string(o.ID)}, idTexts(c.Plan.Made)...)
		text := fmt.Sprintf("已拆成 %d 批：%s。数量和金额合起来不变。", len(all), strings.Join(all, "、"))
		if who := o.Awaits(); who != "" && s.person.staff != nil {
			text += fmt.Sprintf("每一批都等%s审批。", who)
		}
		if o.Notice() != nil && s.person.staff != nil {
			text += "已告诉仓库。"
		}
		return text
	}
	text := fmt.Sprintf("已合并：%s 并入 %s，合计 %s。", c.Plan.Other, o.ID, o.Payable())
	switch who := o.Awaits(); {
	case who != "" && s.person.staff == nil:
		text += "正在重新审核，通过后通知您。"
	case who != "" && c.Was == orders.StatusPendingApproval:
		text += fmt.Sprintf("等%s审批，作为一单一起批准或驳回。", who)
	case who != "":
		text += fmt.Sprintf("等%s审批，没批准的话两单都恢复原样。", who)
	}
	return text
}

func idTexts(ids []orders.OrderID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}
