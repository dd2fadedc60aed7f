package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// KindMoveCard is a card about a change of stock.
const KindMoveCard = "stock.move"

// KindPickListCard is a card that offers pick lists.
const KindPickListCard = "warehouse.pick_list"

// stockShown is how many products an answer to 「库存 …」 lists.
const stockShown = 10

// products returns those that all words fit, by code, name, spec and aliases; one whose code is the only word is meant alone.
func (s *session) products(words []string) []*orders.Product {
	if len(words) == 0 {
		return nil
	}
	var found []*orders.Product
	lower := make([]string, len(words))
	for i, w := range words {
		lower[i] = strings.ToLower(w)
	}
	texts := s.books.productTexts()
	for i, p := range s.books.Catalog.Products() {
		if slices.ContainsFunc(lower, func(w string) bool { return !strings.Contains(texts[i], w) }) {
			continue
		}
		if len(words) == 1 && strings.EqualFold(norm.NFKC.String(string(p.Code)), words[0]) {
			return []*orders.Product{p}
		}
		found = append(found, p)
	}
	return found
}

// isProduct tells whether a word is a product's code or stands in a product's name by itself.
func (s *session) isProduct(word string) bool {
	parted := func(r rune) bool { return r > unicode.MaxASCII || strings.ContainsRune(" ()[]/,;", r) }
	return slices.ContainsFunc(s.products([]string{word}), func(p *orders.Product) bool {
		return slices.Contains(strings.FieldsFunc(productText(p), parted), strings.ToLower(word))
	})
}

// stock answers 「库存 名称」 with what there is of the products that all words fit.
func (s *session) stock(ctx context.Context, words string) error {
	tokens := strings.Fields(norm.NFKC.String(words))
	if len(tokens) == 0 {
		s.say("请带上名称，例如「库存 导管 6F」。")
		return nil
	}
	found := s.products(tokens)
	shown := found[:min(len(found), stockShown)]
	codes := make([]orders.ProductCode, len(shown))
	for i, p := range shown {
		codes[i] = p.Code
	}
	free, err := s.clerk.Query.Available(ctx, codes...)
	if err != nil {
		return err
	}
	supplies, err := s.clerk.Query.Supply(ctx, codes...)
	if err != nil {
		return err
	}
	items := make([]cards.StockItem, len(shown))
	for i, p := range shown {
		items[i] = cards.StockItem{Product: p, Available: free[p.Code]}
		if p.Kind != orders.ProductBundle {
			items[i].Supply = supplies[p.Code]
		}
	}
	seesAll := s.person.staff.May(orders.RightStock) == orders.ScopeAll
	if seesAll {
		urgent, err := s.urgent(ctx, "")
		if err != nil {
			return err
		}
		for i := range items {
			items[i].Urgent = s.urgentRows(urgent, items[i].Product.Code)
		}
	}
	s.send(cards.Stock(words, items, len(found)-len(shown), seesAll, s.now), "reply", "")
	return nil
}

// goods are an amount of a product, as somebody of the warehouse or purchasing wrote it: 导管 6F 20箱 东仓.
type goods struct {
	product   *orders.Product
	quantity  orders.Quantity // base units
	warehouse string          // empty: not said
	number    string          // of a purchase order
}

var (
	goodsAmount  = regexp.MustCompile(`^[+]?(\d+(?:\.\d+)?)(\D*)$`)
	goodsStore   = regexp.MustCompile(`^.+(?:仓库|仓|库|店)$`)
	goodsNumber  = regexp.MustCompile(`(?i)^(?:PO|CG|YD|采购)[-A-Z]*\d[-\w]*$`)
	betweenStore = regexp.MustCompile(`(?:从)?([^\s→>]+?(?:仓库|仓|库|店))\s*(?:调拨到|调到|调往|到|至|→|->|=>)\s*([^\s→>]+?(?:仓库|仓|库|店))(?:\s|$)`)
)

// goodsIn reads an amount of a product. It returns false where the words are not about one; an error says what is missing.
func (s *session) goodsIn(words string) (*goods, bool, error) {
	tokens := strings.Fields(norm.NFKC.String(words))
	g := &goods{}
	tokens = slices.DeleteFunc(tokens, func(t string) bool {
		switch {
		case goodsNumber.MatchString(t) && !s.isProduct(t):
			g.number = strings.ToUpper(t)
		case g.warehouse == "" && goodsStore.MatchString(t) && len(s.products([]string{t})) == 0:
			g.warehouse = t
		default:
			return false
		}
		return true
	})
	isAmount := false
	for i, t := range slices.Backward(tokens) {
		m := goodsAmount.FindStringSubmatch(t)
		if m == nil {
			continue
		}
		name := slices.Delete(slices.Clone(tokens), i, i+1)
		unit := m[2]
		if unit == "" && i+1 < len(tokens) && i+1 == len(tokens)-1 { // 20 箱
			if found := s.products(name[:i]); len(found) > 0 {
				if _, ok := found[0].UnitSize(tokens[i+1]); ok {
					unit, name = tokens[i+1], name[:i]
				}
			}
		}
		found := s.products(name)
		if len(name) == 0 || len(found) == 0 {
			continue
		}
		isAmount = true
		if len(found) > 1 {
			names := make([]string, 0, 5)
			for _, p := range found[:min(len(found), 5)] {
				names = append(names, string(p.Code)+" "+p.Title())
			}
			return nil, true, orders.Errorf(orders.CodeInvalid, "「%s」有 %d 个产品，请写编码：\n%s", strings.Join(name, " "), len(found), strings.Join(names, "\n"))
		}
		p := found[0]
		size := decimal.NewFromInt(1)
		if unit != "" {
			var ok bool
			if size, ok = p.UnitSize(unit); !ok {
				continue
			}
		}
		if p.Kind == orders.ProductBundle {
			return nil, true, orders.Errorf(orders.CodeInvalid, "%s 是组合品，没有自己的库存，请写它的组成", p.Code)
		}
		g.product, g.quantity = p, number(m[1]).Mul(size)
		return g, true, nil
	}
	if isAmount {
		return nil, true, orders.Errorf(orders.CodeInvalid, "没有看懂数量的单位，请写成产品有的单位，例如「到货 P001 20箱」")
	}
	return nil, false, nil
}

// store finds the warehouse that is meant: the one that was said, which must be known, else the person's own, else the only one.
func (s *session) store(ctx context.Context, said string) (string, error) {
	known, err := s.clerk.Query.Warehouses(ctx)
	if err != nil {
		return "", err
	}
	for i := range s.books.Catalog.Staff {
		if w := s.books.Catalog.Staff[i].Warehouse; w != "" && !slices.Contains(known, w) {
			known = append(known, w)
		}
	}
	own := s.person.staff.Warehouse
	switch {
	case said != "" && (slices.Contains(known, said) || len(known) == 0):
		return said, nil
	case said != "":
		return "", orders.Errorf(orders.CodeInvalid, "没有仓库「%s」，现有：%s", said, strings.Join(known, "、"))
	case own != "":
		return own, nil
	case len(known) == 0:
		return orders.DefaultWarehouse, nil
	case len(known) == 1:
		return known[0], nil
	default:
		return "", orders.Errorf(orders.CodeInvalid, "哪个仓？请在后面写上仓库：%s", strings.Join(known, "、"))
	}
}

// moveStock carries out 「到货 …」, and shows what 「盘点 …」 and 「调拨 …」 would do. It returns false where the words are about
// something else.
func (s *session) moveStock(ctx context.Context, tx Tx, cmd command) (bool, error) {
	m := orders.StockMove{Kind: moveKinds[cmd.verb], Key: s.key()}
	words := cmd.arg
	if m.Kind == orders.MoveTransfer {
		at := betweenStore.FindStringSubmatchIndex(words)
		if at == nil {
			return false, nil
		}
		m.From, m.Warehouse = words[at[2]:at[3]], words[at[4]:at[5]]
		words = words[:at[0]] + " " + words[at[1]:]
	}
	g, ok, err := s.goodsIn(words)
	if ok {
		if err := orders.MayMove(m.Kind, s.person.actor()); err != nil {
			return true, err
		}
	}
	if !ok || err != nil {
		return ok, err
	}
	if m.Kind == orders.MoveTransfer {
		for _, w := range []string{m.From, m.Warehouse} {
			if _, err := s.store(ctx, w); err != nil {
				return true, err
			}
		}
	} else if m.Warehouse, err = s.store(ctx, g.warehouse); err != nil {
		return true, err
	}
	m.Product, m.Quantity, m.Counted = g.product.Code, g.quantity, decimal.Zero
	if m.Kind == orders.MoveCount {
		m.Counted = g.quantity
	}
	made, served, err := s.clerk.Desk.MoveStock(tx, m, s.person.actor())
	if err != nil {
		return true, err
	}
	if made.State == orders.MoveProposed {
		s.send(cards.MoveCard(s.clerk.Signer, made, g.product), KindMoveCard, "")
		return true, nil
	}
	s.send(cards.Moved(made, g.product, served), "reply", "")
	return true, nil
}

var moveKinds = map[verb]orders.MoveKind{cmdArrive: orders.MoveArrival, cmdCount: orders.MoveCount, cmdMove: orders.MoveTransfer}

// settleMove makes a change of stock that was proposed, or drops it.
func (s *session) settleMove(tx Tx, id int, accept bool) error {
	m, served, err := s.clerk.Desk.SettleMove(tx, int64(id), accept, s.person.actor())
	if err != nil {
		return err
	}
	s.send(cards.Moved(m, s.moved(m), served), "reply", "")
	return nil
}

// settleMoveInWords is the same by 「确认盘点 12」 and the like.
func (s *session) settleMoveInWords(tx Tx, cmd command) (bool, error) {
	id, err := strconv.Atoi(strings.TrimSpace(cmd.arg))
	if err != nil {
		return false, nil //nolint:nilerr // words like any others
	}
	return true, s.settleMove(tx, id, cmd.verb == cmdRunMove)
}

// moved is the product of a change of stock.
func (s *session) moved(m *orders.StockMove) *orders.Product {
	if p := s.books.Catalog.Product(m.Product); p != nil {
		return p
	}
	return &orders.Product{Code: m.Product, Name: string(m.Product)}
}

// settledMove draws the card of a change of stock anew; nil leaves it as it is.
func (s *session) settledMove(tx Tx, a cards.Action) (*cards.Card, error) {
	m, err := tx.Move(int64(a.Version))
	if err != nil || m.State == orders.MoveProposed || !s.person.known() || s.person.staff == nil {
		if orders.ErrorCode(err) == orders.CodeNotFound {
			err = nil
		}
		return nil, err
	}
	return cards.MoveSettled(m, s.moved(m)).Card, nil
}

// expect registers goods that are expected: 预计到货 导管 6F 500 3月20日 东仓 PO123. It returns false where the words are about
// something else.
func (s *session) expect(ctx context.Context, tx Tx, words string) (bool, error) {
	day, rest, ok := slotDay(words, s.now.In(s.clerk.Location))
	if !ok {
		day, rest = "", words
	}
	g, isGoods, err := s.goodsIn(rest)
	if isGoods {
		if err := orders.MayExpect(s.person.actor()); err != nil {
			return true, err
		}
	}
	if !isGoods || err != nil {
		return isGoods, err
	}
	switch {
	case day == "" && g.quantity.IsPositive():
		return true, orders.Errorf(orders.CodeInvalid, "哪天到？请写上日期，例如「预计到货 %s %s%s 3月20日」", g.product.Code, g.quantity, g.product.Unit)
	case g.quantity.IsZero() && g.number == "":
		return true, orders.Errorf(orders.CodeInvalid, "哪一批不来了？请写上单号，例如「预计到货 %s 0 YD0001」", g.product.Code)
	}
	r := orders.Receipt{Number: g.number, Product: g.product.Code, Quantity: g.quantity, Due: day}
	if r.Warehouse, err = s.store(ctx, g.warehouse); err != nil {
		return true, err
	}
	if r.Number, err = s.clerk.Desk.Expect(tx, r, s.person.actor()); err != nil {
		return true, err
	}
	if g.quantity.IsZero() {
		s.say(fmt.Sprintf("好的，%s %s 不再等。", r.Number, g.product.Title()))
		return true, nil
	}
	due, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return true, err
	}
	s.say(fmt.Sprintf("已登记预计到货 %s：%s %s%s，%s，%s。等货的订单会看到这个日期。", r.Number, g.product.Title(), g.quantity, g.product.Unit, due.Format("1月2日"), r.Warehouse))
	return true, nil
}

// atOnce notes on the lines of a draft what an order may take now, and when what it lacks comes.
func (s *session) atOnce(ctx context.Context, o *orders.Order) error {
	cat := s.books.Catalog
	var codes, parts []orders.ProductCode
	for i := range o.Lines {
		if o.Lines[i].Product != "" {
			codes = append(codes, o.Lines[i].Product)
		}
	}
	free, err := s.clerk.Query.Available(ctx, codes...)
	if err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Available, l.Expected = free[l.Product], ""
		if l.Product != "" && l.Base.GreaterThan(l.Available) {
			for part := range cat.Needs(l.Product) {
				parts = append(parts, part)
			}
		}
	}
	if len(parts) == 0 {
		return nil
	}
	slices.Sort(parts)
	supplies, err := s.clerk.Query.Supply(ctx, slices.Compact(parts)...)
	if err != nil {
		return err
	}
	today := s.now.In(s.clerk.Location).Format(time.DateOnly)
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Product != "" && l.Base.GreaterThan(l.Available) {
			l.Expected = cat.Expected(l.Product, l.Base, supplies, today)
		}
	}
	return nil
}

// substitutesMost is how many other goods are offered for a line.
const substitutesMost = 3

// substitutes finds other goods for a line of a draft, of which there are enough; nil where there are none.
func (s *session) substitutes(ctx context.Context, o *orders.Order, l *orders.Line) (*cards.Substitutes, error) {
	found := s.books.Catalog.Substitutes(s.books.Catalog.Customer(o.Customer), l.Product, s.now)
	if len(found) == 0 {
		return nil, nil
	}
	codes := make([]orders.ProductCode, len(found))
	for i, p := range found {
		codes[i] = p.Code
	}
	free, err := s.clerk.Query.Available(ctx, codes...)
	if err != nil {
		return nil, err
	}
	out := &cards.Substitutes{Line: l.No}
	for _, p := range found {
		if len(out.Options) < substitutesMost && free[p.Code].GreaterThanOrEqual(l.Base) && l.Base.IsPositive() {
			out.Options = append(out.Options, cards.StockItem{Product: p, Available: free[p.Code]})
		}
	}
	if out.Options == nil {
		return nil, nil
	}
	return out, nil
}

// instead finds other goods for the first line of a draft that lacks stock and for which there are some.
func (s *session) instead(ctx context.Context, o *orders.Order) (*cards.Substitutes, error) {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Product != "" && !l.Gift && l.Base.GreaterThan(l.Available) {
			if found, err := s.substitutes(ctx, o, l); found != nil || err != nil {
				return found, err
			}
		}
	}
	return nil, nil
}

// swap puts other goods into a line of a draft that lacks stock, because somebody who may change it said so.
func (s *session) swap(ctx context.Context, tx Tx, id orders.OrderID, revision, line int, code orders.ProductCode) error {
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return err
	}
	if o.Status != orders.StatusDraft || revision != 0 && revision != o.Revision {
		return orders.Errorf(orders.CodeConflict, "这张卡片是旧的，订单 %s 后来变过（现在是「%s」）。请看最新的卡片", o.ID, o.Status)
	}
	if err := s.atOnce(ctx, o); err != nil {
		return err
	}
	p := s.books.Catalog.Product(code)
	at, isOffered := -1, false
	for i := range o.Lines {
		l := &o.Lines[i]
		if line != 0 && l.No != line || !l.Base.GreaterThan(l.Available) {
			continue
		}
		found, err := s.substitutes(ctx, o, l)
		if err != nil {
			return err
		}
		if found != nil && slices.ContainsFunc(found.Options, func(x cards.StockItem) bool { return x.Product == p }) {
			at, isOffered = i, true
			break
		}
	}
	if !isOffered {
		return orders.Errorf(orders.CodeConflict, "%s 现在不能换成 %s 了，没有改动。请看 %s 最新的卡片", o.ID, code, o.ID)
	}
	why, err := tx.Reasons(o.ID)
	if err != nil {
		return err
	}
	field := fmt.Sprintf("lines[%d].", at)
	why = slices.DeleteFunc(why, func(r orders.Reason) bool { return strings.HasPrefix(r.Field, field) })
	draft := draftOf(s.books.Catalog, o)
	l := &o.Lines[at]
	unit := &draft.Lines[at]
	unit.Product, unit.Price = string(code), ""
	if size, ok := p.UnitSize(l.Unit); !ok || !l.Quantity.Mul(size).Equal(l.Base) {
		unit.Unit, unit.Quantity = p.Unit, l.Base.String()
	}
	was := l.Name
	asks := slices.DeleteFunc(slices.Clone(o.Questions), func(q orders.Question) bool { return strings.HasPrefix(q.Field, field) })
	r := intake.Result{Intent: intake.IntentChange, Orders: []intake.Draft{draft}, Asks: asksOf(asks)}
	s.say(fmt.Sprintf("%s 已按您说的把%s换成 %s %s。", o.ID, was, p.Code, p.Title()))
	return s.rewrite(ctx, tx, o, &r, why)
}

// pickLists sends the lists of what is to be taken from each warehouse for orders, to be printed.
func (s *session) pickLists(tx Tx, ids []orders.OrderID) error {
	if s.person.staff.May(orders.RightShip) != orders.ScopeAll {
		return orders.Errorf(orders.CodeDenied, "拣货单是仓库的，您没有这个权限")
	}
	if err := s.alone("拣货单"); err != nil {
		return err
	}
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		picks, err := tx.Picks(id)
		if err != nil {
			return err
		}
		if len(picks) == 0 || o.Status == orders.StatusPendingApproval || o.Status == orders.StatusDraft {
			return orders.Errorf(orders.CodeConflict, "订单 %s 是「%s」，现在没有要拣的货", o.ID, o.Status)
		}
		for _, file := range cards.PickLists(o, cards.PickView{Picks: picks, Catalog: s.books.Catalog}) {
			s.send(cards.Message{File: file}, "order.pick_list", o.ID)
		}
	}
	return nil
}
