package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// KindChangeCard is a card that asks whether an order is to be changed; KindChangeNotice tells the warehouse of it.
const (
	KindChangeCard   = "change.card"
	KindChangeNotice = "warehouse.change"
)

var (
	// saysChange fits words that may be about an order that is there already.
	saysChange = regexp.MustCompile(`改|换成|换为|减到|减掉|减少|减[\d一二两三四五六七八九十]|加到|增加到|去掉|删掉|不要了`)
	// amountAlone fits an amount that says not of which goods.
	amountAlone = regexp.MustCompile(`^(?:数量|总数|总量|件数)?[ ,，:：]*(?:都|全部)?(?:改|换|变|调)(?:成|为|到|整成)?[ ]*[\d.零一二两三四五六七八九十百千万]+[ ]*(\p{Han}{0,2})$`)
)

// answersChange takes words for the answer to the change that was shown last, where they are a yes or a no.
func (s *session) answersChange(ctx context.Context, tx Tx) (bool, error) {
	if s.talk.Change == "" || len(s.talk.Orders) > 0 || s.message.Doc != nil {
		return false, nil
	}
	o, err := tx.Order(s.talk.Change)
	if err != nil {
		return false, err
	}
	if c := o.Change(0); c == nil || c.Status != orders.ChangeAsked {
		s.talk.Change = ""
		return false, nil
	}
	thread, err := s.threadOf(tx, o)
	if err != nil {
		return false, err
	}
	switch r, _ := s.books.Lexicon.Read(s.message, thread); {
	case r.Intent == intake.IntentConfirm:
		return true, s.applyChange(ctx, tx, o.ID, 0)
	case r.Intent == intake.IntentDeny, r.Intent == intake.IntentCancel && r.Ref == "":
		return true, s.dropChange(tx, o.ID, 0)
	default:
		return false, nil
	}
}

// changeMeant takes words without a number for a change of an order that was submitted, where they can be about one alone:
// the last that was talked about, else the only one that is open.
func (s *session) changeMeant(ctx context.Context, tx Tx, m intake.Message, r intake.Result) (bool, error) {
	if m.Doc != nil || len(s.talk.Orders) > 0 || !saysChange.MatchString(m.Text) || len(r.Orders) > 1 ||
		r.Intent != intake.IntentOrder && r.Intent != intake.IntentOther {
		return false, nil
	}
	if ids, _ := orders.FindOrderIDs(m.Text); len(ids) > 0 {
		return false, nil
	}
	ids := s.talk.Last
	if len(ids) != 1 {
		open, err := s.ownOpen(ctx)
		if err != nil || len(open) != 1 {
			return false, err
		}
		ids = []orders.OrderID{open[0].ID}
	}
	o, err := tx.Order(ids[0])
	if err != nil || !s.person.mayTouch(o) || !slices.Contains(orders.BeforeShipping, o.Status) || len(r.Orders) == 1 && r.Orders[0].Customer != "" && r.Orders[0].Customer != string(o.Customer) {
		return false, nil //nolint:nilerr // an order that is not there is not meant
	}
	return s.changeSubmitted(ctx, tx, o, m)
}

// changeSubmitted reads words as a change of an order that was submitted, and asks whether it is meant so. It returns
// false where the words are no change of that order.
func (s *session) changeSubmitted(ctx context.Context, tx Tx, o *orders.Order, m intake.Message) (bool, error) {
	thread, err := s.threadOf(tx, o)
	if err != nil {
		return false, err
	}
	rest, said := s.takeOptions(m.Text)
	if len(said) > 0 {
		if done, err := s.optionsAlone(ctx, tx, rest, said, o.ID); done || err != nil {
			return true, err
		}
	}
	if strings.TrimSpace(rest) != "" {
		m.Text = rest
	}
	alone := amountAlone.FindStringSubmatch(strings.Trim(norm.NFKC.String(m.Text), edges))
	if alone != nil && alone[1] == "" && len(o.Lines) == 1 {
		m.Text = strings.Trim(m.Text, edges) + o.Lines[0].Unit
	}
	if len(o.Lines) > 1 && alone != nil && s.person.mayTouch(o) {
		rows := make([]string, len(o.Lines))
		for i := range o.Lines {
			rows[i] = fmt.Sprintf("%d. %s %s%s", i+1, o.Lines[i].Name, o.Lines[i].Quantity, o.Lines[i].Unit)
		}
		return true, orders.Errorf(orders.CodeInvalid, "%s 有 %d 行，改哪一行？例如「%s 第1行改成 30%s」。没有改动：\n%s", o.ID, len(o.Lines), o.ID, o.Lines[0].Unit, strings.Join(rows, "\n"))
	}
	r, _ := s.books.Lexicon.Read(m, thread)
	if r.Intent != intake.IntentChange || len(r.Orders) == 0 {
		return false, nil
	}
	if _, err := s.ownOrder(tx, o.ID); err != nil {
		return true, err
	}
	if err := s.mayPlace(r.Orders); err != nil {
		return true, err
	}
	if err := o.MayChange(); err != nil {
		return true, err
	}
	if len(r.Orders) > 1 {
		return true, orders.Errorf(orders.CodeInvalid, "一次只能改成一单，%s 没有改动。要分开送的另下一单", o.ID)
	}
	s.chosenInto(&r, nil, m, said)
	owed := s.promised(&r)
	wanted, preview, err := s.clerk.Desk.AskChange(tx, o.ID, s.person.actor(), func(o *orders.Order) error {
		s.fill(o, r.Orders[0], questions(s.books.Catalog, r.Asks, 0))
		owe(o, owed[0])
		s.pickUp(o)
		s.manufacture(o)
		s.put(o)
		return nil
	})
	if err != nil {
		return true, err
	}
	return true, s.showChange(ctx, wanted, &preview, "")
}

// showChange shows what an order would be like.
func (s *session) showChange(ctx context.Context, o *orders.Order, p *orders.Preview, note string) error {
	held := make(map[orders.ProductCode]orders.Quantity)
	need := make(map[orders.ProductCode]orders.Quantity)
	var codes []orders.ProductCode
	was, err := s.clerk.Query.FindOrder(ctx, o.ID)
	if err != nil {
		return err
	}
	for i := range was.Lines {
		held[was.Lines[i].Product] = held[was.Lines[i].Product].Add(was.Lines[i].Reserved)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		need[l.Product] = need[l.Product].Add(l.Base)
		if !slices.Contains(codes, l.Product) {
			codes = append(codes, l.Product)
		}
	}
	free, err := s.clerk.Query.Available(ctx, codes...)
	if err != nil {
		return err
	}
	v := cards.ChangeView{ForCustomer: s.person.staff == nil, Note: note}
	for _, code := range codes {
		if short := need[code].Sub(free[code]).Sub(held[code]); short.IsPositive() && need[code].GreaterThan(held[code]) {
			product := s.books.Catalog.Product(code)
			v.Short = append(v.Short, fmt.Sprintf("⚠️ 库存不足：%s 缺 %s%s", product.Title(), short, product.Unit))
		}
	}
	s.talk.Change, s.talk.Last = o.ID, []orders.OrderID{o.ID}
	for _, m := range cards.Change(s.clerk.Signer, o, p, v) {
		kind := "change.lines"
		if m.Card != nil {
			kind = KindChangeCard
		}
		s.send(m, kind, o.ID)
	}
	return nil
}

// applyChange makes the change that was asked for; no 0 is the last one.
func (s *session) applyChange(ctx context.Context, tx Tx, id orders.OrderID, no int) error {
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return err
	}
	if c := o.Change(no); c != nil && c.Kind == orders.ChangeMerge && c.Status == orders.ChangeAsked { // both orders change by it
		if _, err := s.ownOrder(tx, c.Plan.Other); err != nil {
			return err
		}
	}
	o, preview, again, err := s.clerk.Desk.Amend(tx, id, no, s.person.actor())
	if err != nil {
		return err
	}
	if again && preview.Change.Kind == orders.ChangeMerge {
		return s.showMerge(tx, o, &preview, "刚有变动，请看过再确认")
	}
	if again {
		return s.showChange(ctx, o, &preview, "价格刚有变动，请看过再确认")
	}
	s.talk.Change, s.talk.Last = "", []orders.OrderID{id}
	if c := &preview.Change; c.Kind != orders.ChangeEdit {
		s.say(s.joinedText(o, c))
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "已改 %s，现在是第 %d 版，合计 %s。", o.ID, o.Revision, o.Payable())
	switch who := o.Awaits(); {
	case who != "" && s.person.staff == nil:
		b.WriteString("正在重新审核，通过后通知您。")
	case who != "":
		fmt.Fprintf(&b, "等%s重新审批。", who)
	case preview.Minor && s.person.staff != nil:
		b.WriteString("是小改动，不用重新审批。")
	}
	if o.Change(preview.Change.No).Notice.Ringing() && s.person.staff != nil {
		b.WriteString("已告诉仓库，等他们确认收到。")
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Short().IsPositive() {
			fmt.Fprintf(&b, "\n库存不足：%s 缺 %s%s，到货后补。", l.Name, l.Short(), l.BaseUnit)
		}
	}
	s.say(b.String())
	return nil
}

// dropChange withdraws the change that was asked for.
func (s *session) dropChange(tx Tx, id orders.OrderID, no int) error {
	if _, err := s.ownOrder(tx, id); err != nil {
		return err
	}
	if _, err := s.clerk.Desk.DropChange(tx, id, no, s.person.actor()); err != nil {
		return err
	}
	s.talk.Change = ""
	s.say(fmt.Sprintf("好的，%s 没有改。整单都不要了请回复「取消 %s 原因」。", id, id))
	return nil
}

// changeInWords confirms or withdraws changes by a sentence: 确认变更, 不改了.
func (s *session) changeInWords(ctx context.Context, tx Tx, cmd command) (bool, error) {
	ids := cmd.orders
	if len(ids) == 0 {
		if s.talk.Change == "" {
			return false, nil
		}
		ids = []orders.OrderID{s.talk.Change}
	}
	for _, id := range ids {
		do := func() error { return s.applyChange(ctx, tx, id, 0) }
		if cmd.verb == cmdChange {
			o, err := s.order(tx, id)
			if err != nil {
				return true, err
			}
			if c := o.Change(0); c != nil && c.Status == orders.ChangeAsked && otherKind(s.in.Text, c) {
				return true, orders.Errorf(orders.CodeConflict, "这张卡片已经作废，%s 没有改动。现在等您确认的是%s，要做请回复「确认%s %s」", id, c.Kind, c.Kind, id)
			}
		}
		if cmd.verb == cmdKeep {
			do = func() error { return s.dropChange(tx, id, 0) }
		}
		if err := do(); err != nil {
			return true, err
		}
	}
	return true, nil
}

// changeOther takes a change for one of an order that is no draft of this chat: of the one that it names, else of the only
// one that it can be about.
func (s *session) changeOther(ctx context.Context, tx Tx, r intake.Result) error {
	id, err := s.named(r.Ref)
	if err != nil {
		return err
	}
	if id == "" {
		open, err := s.ownOpen(ctx)
		if err != nil {
			return err
		}
		if len(open) != 1 {
			var b strings.Builder
			b.WriteString("要改哪一单？请带上单号，例如「SO… 数量改成 30箱」。")
			for _, o := range open[:min(len(open), 5)] {
				fmt.Fprintf(&b, "\n%s %s %s", o.ID, o.CustomerName, o.Status)
			}
			s.say(b.String())
			return nil
		}
		id = open[0].ID
	}
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return err
	}
	if o.Status == orders.StatusDraft {
		if err := s.attach(tx, o); err != nil {
			return err
		}
		s.say(fmt.Sprintf("%s 还是草稿。要改什么？请说清楚些，例如「外科口罩改成 30箱」。", o.ID))
		return nil
	}
	m := s.message
	_, m.Text = orders.FindOrderIDs(m.Text)
	if done, err := s.changeSubmitted(ctx, tx, o, m); done || err != nil {
		return err
	}
	return submitted(o)
}

// ownOpen are the orders that this person may change, newest first.
func (s *session) ownOpen(ctx context.Context) ([]*orders.Order, error) {
	var out []*orders.Order
	if s.person.staff != nil {
		if s.person.staff.May(orders.RightPlace) == orders.ScopeNone {
			return nil, nil
		}
		all, err := s.clerk.Query.OpenOrders(ctx, s.person.staff.Code, 20, orders.BeforeShipping...)
		slices.Reverse(all)
		return all, err
	}
	for _, c := range s.person.all() {
		all, err := s.clerk.Query.OrdersOf(ctx, c, 20)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			if slices.Contains(orders.BeforeShipping, o.Status) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// submitted says how an order is changed that was submitted, or why it can't be any more.
func submitted(o *orders.Order) error {
	if err := o.MayChange(); err != nil {
		return err
	}
	return orders.Errorf(orders.CodeConflict, "订单 %s 已是「%s」。要改请说清楚改什么，例如「%s 数量改成 30」「%s 地址改成…」", o.ID, o.Status, o.ID, o.ID)
}
