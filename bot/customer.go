package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// status answers where an order is, or why it is late: the one that is named, else the open ones of the asker.
func (s *session) status(ctx context.Context, tx Tx, r intake.Result, m intake.Message) error {
	found, err := s.asked(ctx, tx, r.Ref)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if r.Ref != "" && r.Ref != intake.RefLast {
			return orders.Errorf(orders.CodeNotFound, "没有查到「%s」对应的订单，请核对", r.Ref)
		}
		s.say("现在没有进行中的订单。要查某一单请带上单号。")
		return nil
	}
	if len(found) > 3 {
		for _, o := range found {
			s.inquiry(o.Customer, false)
		}
		s.send(cards.OrderList(fmt.Sprintf("有 %d 单在进行", len(found)), found[:min(len(found), 10)], max(0, len(found)-10), s.person.staff == nil), "reply", "")
		return nil
	}
	for _, o := range found {
		if r.Why {
			err = s.explainDelay(tx, o, m)
		} else {
			err = s.showOrder(tx, o)
		}
		if err != nil {
			return err
		}
	}
	s.talk.Last = []orders.OrderID{found[0].ID}
	return nil
}

// explainDelay says why an order is not there yet. A customer whose order is late should not have to ask twice: the
// order's owner hears of it.
func (s *session) explainDelay(tx Tx, o *orders.Order, m intake.Message) error {
	isCustomer := s.person.staff == nil
	s.inquiry(o.Customer, false)
	s.send(cards.Delay(o, s.books.Catalog, s.now, isCustomer), "reply", o.ID)
	if !isCustomer || !cards.Late(o, s.now) {
		return nil
	}
	s.say("已请" + s.staffName(o.Sales) + "跟进，会尽快回复您。")
	return s.tellOwner(tx, o, "late", m)
}

// tellOwner hands an order's owner what a person has to answer: the words of m, with what they are about.
func (s *session) tellOwner(tx Tx, o *orders.Order, about string, m intake.Message) error {
	s.inquiry(o.Customer, true)
	return tx.Emit(orders.Event{
		Kind: orders.EventServiceAsked, Order: o.ID, At: s.now, Actor: s.person.actor().Code, Trace: s.in.Trace,
		Data: map[string]string{"intent": about, "text": m.Text},
	})
}

// asked finds the orders that a question is about, among those that the asker may see: by order
// number, tracking number, phone, or none of them.
func (s *session) asked(ctx context.Context, tx Tx, ref string) ([]*orders.Order, error) {
	if ids, _ := orders.FindOrderIDs(ref); len(ids) > 0 {
		o, err := s.order(tx, ids[0])
		if err != nil {
			return nil, err
		}
		return []*orders.Order{o}, nil
	}
	switch {
	case ref == intake.RefLast && len(s.talk.Last) > 0:
		o, err := s.order(tx, s.talk.Last[0])
		if err != nil {
			return nil, err
		}
		return []*orders.Order{o}, nil
	case ref != "" && ref != intake.RefLast && !isPhone(ref):
		found, err := s.clerk.Query.OrderByTracking(ctx, ref)
		return s.visible(found), err
	}

	var found []*orders.Order
	if s.person.staff != nil {
		open, err := s.clerk.Query.OpenOrders(ctx, s.person.staff.Code, 100, orders.Underway...)
		if err != nil {
			return nil, err
		}
		found = s.visible(open)
	}
	own, err := s.ordersOf(ctx, 20, s.person.all()...)
	if err != nil {
		return nil, err
	}
	found = append(found, own...)
	if isPhone(ref) {
		return slices.DeleteFunc(found, func(o *orders.Order) bool { return digits(o.Phone) != digits(ref) }), nil
	}
	open := slices.DeleteFunc(slices.Clone(found), func(o *orders.Order) bool { return o.Status.Ended() })
	if len(open) == 0 && len(found) > 0 {
		return found[:1], nil // nothing on the way: the newest says how it ended
	}
	return open, nil
}

func (s *session) visible(all []*orders.Order) []*orders.Order {
	return slices.DeleteFunc(all, func(o *orders.Order) bool { return !s.person.maySee(o) })
}

var notDigit = regexp.MustCompile(`\D`)

func digits(text string) string { return notDigit.ReplaceAllString(text, "") }

var phonePattern = regexp.MustCompile(`^1\d{10}$`)

// waybill is what carriers' numbers look like.
var waybill = regexp.MustCompile(`^[A-Z]{0,5}\d{10,20}$`)

func isPhone(text string) bool { return phonePattern.MatchString(digits(text)) && len(text) < 20 }

// askPerson hands a wish that only a person can grant (return, hurry) to the order's owner.
func (s *session) askPerson(ctx context.Context, tx Tx, r intake.Result, m intake.Message) error {
	found, err := s.asked(ctx, tx, r.Ref)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		s.say("是哪一单？请带上单号再说一次。")
		return nil
	}
	if len(found) > 1 {
		var b strings.Builder
		b.WriteString("是哪一单？请带上单号再说一次：")
		for _, o := range found[:min(len(found), 5)] {
			fmt.Fprintf(&b, "\n%s %s", o.ID, o.Status)
		}
		s.say(b.String())
		return nil
	}
	o := found[0]
	if r.Intent == intake.IntentUrge && o.Status.Ended() {
		s.say(fmt.Sprintf("%s 现在是「%s」，不用催了。", o.ID, o.Status))
		return nil
	}
	if r.Intent == intake.IntentReturn {
		_, words := orders.FindOrderIDs(m.Text)
		return s.askReturn(tx, o, kindOf(words), words, nil, false)
	}
	if err := s.tellOwner(tx, o, string(r.Intent), m); err != nil {
		return err
	}
	who := s.staffName(o.Sales)
	if s.person.staff != nil && o.Sales == s.person.staff.Code {
		who = "经办的同事"
	}
	s.say(fmt.Sprintf("收到，您催的 %s 已转给%s，会尽快回复您。", o.ID, who))
	switch {
	case r.Why:
		s.send(cards.Delay(o, s.books.Catalog, s.now, s.person.staff == nil), "reply", o.ID)
		return nil
	default:
		return s.showOrder(tx, o)
	}
}

// quote answers a question about price and stock.
func (s *session) quote(ctx context.Context, r intake.Result) error {
	if len(r.Mentions) == 0 {
		s.say("想问哪个产品？请说一下名称和规格。")
		return nil
	}
	codes := r.Mentions[:min(len(r.Mentions), 8)]
	free, err := s.clerk.Query.Available(ctx, codes...)
	if err != nil {
		return err
	}
	var customer *orders.Customer
	if len(s.person.customers) == 1 {
		customer = s.books.Catalog.Customer(s.person.customers[0])
	} else if len(r.Orders) == 1 {
		customer = s.books.Catalog.Customer(orders.CustomerCode(r.Orders[0].Customer))
	}
	var b strings.Builder
	for i, code := range codes {
		p := s.books.Catalog.Product(code)
		if p == nil {
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s %s", p.Code, p.Title())
		if price, ok := s.books.Catalog.PriceOf(customer, p, orders.Purchase{Base: p.MOQ, At: s.now}); ok {
			fmt.Fprintf(&b, "\n%s 元/%s（%s）", price.Yuan, p.Unit, price.Rule)
			for _, k := range p.Packs {
				if k.Size.GreaterThan(number("1")) {
					fmt.Fprintf(&b, "，%s/%s", orders.MoneyOf(price.Yuan.Mul(k.Size)), k.Unit)
					break
				}
			}
		}
		if s.person.staff != nil {
			fmt.Fprintf(&b, "，可用 %s%s", free[code], p.Unit)
		} else if free[code].IsPositive() {
			b.WriteString("，有货")
		} else {
			b.WriteString("，暂时缺货")
		}
	}
	b.WriteString("\n还没有下单；要订请说数量。")
	s.say(b.String())
	s.talk.Quoted = &quoted{Products: codes, By: s.person.actor().Code, At: s.now}
	if customer == nil {
		customer = s.customerIn(s.texts())
	}
	if customer != nil {
		s.talk.Quoted.Customer = customer.Code
	}
	return nil
}

// enter greets who opens the chat, and binds who comes through a link with a code.
func (s *session) enter(tx Tx) error {
	if code := sixDigits.FindString(s.in.Scene); code != "" {
		return s.bind(tx, code)
	}
	// Opening a chat is frequent. Staff know what they came for, and 微信客服 lets us speak first only
	// where it gave a code to welcome with.
	if s.person.staff != nil || s.in.Platform == orders.KF && s.in.Code == "" {
		return nil
	}
	if !s.person.known() {
		s.say(s.greetStranger())
		return nil
	}
	s.help()
	return nil
}

// help says what the person can write.
func (s *session) help() {
	for _, m := range cards.Help(s.person.staff) {
		s.send(m, "reply", "")
	}
}

var sixDigits = regexp.MustCompile(`\d{6}`)

const maxTries = 5 // wrong binding codes of one person within the life of a code

// bind ties the writer to the customer of a code: 绑定 123456.
func (s *session) bind(tx Tx, arg string) error {
	if s.in.Platform == orders.WeCom || s.in.Platform == orders.DingTalk {
		s.say("绑定是给客户用的：请客户在服务号或微信客服里发「绑定 123456」。要生成绑定码请发「绑定码 客户编码」。")
		return nil
	}
	code := sixDigits.FindString(arg)
	if code == "" {
		s.say("请发「绑定」加 6 位数字，例如「绑定 123456」。")
		return nil
	}
	since := s.now.Add(-s.clerk.BindingCode)
	tries, err := tx.CountTry(s.in.Platform, s.in.Sender, false, since, s.now)
	if err != nil {
		return err
	}
	if tries >= maxTries {
		s.say("试的次数太多了，请过一会儿再试，或请业务员重新给您一个码。")
		return nil
	}
	customer, by, err := tx.UseCode(code, s.now)
	if orders.ErrorCode(err) == orders.CodeNotFound {
		if _, err := tx.CountTry(s.in.Platform, s.in.Sender, true, since, s.now); err != nil {
			return err
		}
		s.say("这个绑定码不对或已过期，请向您的业务员要一个新的。")
		return nil
	}
	if err != nil {
		return err
	}
	c := s.books.Catalog.Customer(customer)
	if c == nil {
		return orders.Errorf(orders.CodeNotFound, "这个绑定码对应的客户已不存在，请联系您的业务员")
	}
	if !slices.Contains(s.person.customers, customer) {
		b := orders.Binding{Platform: s.in.Platform, Person: s.in.Sender, Customer: customer, By: by, At: s.now}
		if err := tx.Bind(b); err != nil {
			return err
		}
		if err := tx.Audit(orders.AuditEntry{
			At: s.now, Actor: string(by), Channel: s.in.Platform, Action: "绑定", After: string(customer), Trace: s.in.Trace,
		}); err != nil {
			return err
		}
	}
	s.say(fmt.Sprintf("绑定成功，您现在可以查询和接收 %s 的订单消息。发「我的订单到哪了」试试。", c.Name))
	return nil
}

// mayBind tells whether a member of the staff may give codes for a customer.
func (s *session) mayBind(c *orders.Customer) error {
	staff := s.person.staff
	sales := s.books.Catalog.SalesOf(c)
	switch staff.May(orders.RightBind) {
	case orders.ScopeAll:
		return nil
	case orders.ScopeOwn:
		if sales == nil || sales.Code == staff.Code {
			return nil
		}
	default:
	}
	if sales == nil {
		return orders.Errorf(orders.CodeDenied, "客户 %s 还没有业务员，请让销售或管理员来操作", c.Name)
	}
	return orders.Errorf(orders.CodeDenied, "客户 %s 由 %s 负责，请让 TA 或管理员来操作", c.Name, sales.Name)
}

// customerNamed finds a customer by code, name or alias. To a customer only those exist whom they are
// bound to.
func (s *session) customerNamed(arg string) (*orders.Customer, error) {
	arg = strings.TrimSpace(arg)
	cat := s.books.Catalog
	exists := func(c *orders.Customer) bool {
		return c != nil && (s.person.staff != nil || slices.Contains(s.person.customers, c.Code))
	}
	for _, code := range []string{arg, strings.ToUpper(arg)} {
		if c := cat.Customer(orders.CustomerCode(code)); exists(c) {
			return c, nil
		}
	}
	var found *orders.Customer
	for _, c := range cat.Customers() {
		if exists(c) && (c.Name == arg || slices.Contains(c.Aliases, arg)) {
			if found != nil {
				return nil, orders.Errorf(orders.CodeInvalid, "「%s」不止一个客户，请用客户编码，例如 %s", arg, found.Code)
			}
			found = c
		}
	}
	if found == nil {
		return nil, orders.Errorf(orders.CodeNotFound, "没有找到客户「%s」，请用客户编码再试，例如 C001", arg)
	}
	return found, nil
}

// bindingCode gives a code with which a person of a customer gets bound.
func (s *session) bindingCode(tx Tx, arg string) error {
	c, err := s.customerNamed(arg)
	if err == nil {
		err = s.mayBind(c)
	}
	if err != nil {
		return err
	}
	if err := tx.NewCode(s.code, c.Code, s.person.staff.Code, s.now.Add(s.clerk.BindingCode)); err != nil {
		return err
	}
	text := fmt.Sprintf("%s 的绑定码：%s\n%s内有效，只能用一次。请客户在服务号或微信客服里发「绑定 %s」。", c.Name, s.code, minutes(s.clerk.BindingCode), s.code)
	s.say(strings.Join(append([]string{text}, s.codeLinks...), "\n"))
	return nil
}

func minutes(d time.Duration) string { return strconv.Itoa(int(d/time.Minute)) + " 分钟" }

// bindings lists who is bound to a customer: 绑定 列表 C001.
func (s *session) bindings(tx Tx, arg string) error {
	c, err := s.customerNamed(arg)
	if err == nil {
		err = s.mayBind(c)
	}
	if err != nil {
		return err
	}
	all, err := tx.BindingsOf(c.Code)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		s.say(c.Name + " 还没有人绑定。")
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s 绑定了 %d 人：", c.Name, len(all))
	for _, x := range all {
		fmt.Fprintf(&b, "\n%d. %s %s，%s 由 %s 绑定", x.ID, platformName(x.Platform), mask(x.Person), x.At.In(s.clerk.Location).Format("2006-01-02"), s.staffName(x.By))
	}
	b.WriteString("\n要解除请发「解绑 " + string(c.Code) + " 编号」，编号在每行开头。")
	s.say(b.String())
	return nil
}

func mask(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// unbind withdraws a binding: 解绑 C001 3.
func (s *session) unbind(tx Tx, arg string) error {
	name, rest, _ := strings.Cut(strings.TrimSpace(arg), " ")
	c, err := s.customerNamed(name)
	if err == nil {
		err = s.mayBind(c)
	}
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
	if err != nil {
		return orders.Errorf(orders.CodeInvalid, "请写「解绑 %s 编号」，编号见「绑定 列表 %s」", c.Code, c.Code)
	}
	all, err := tx.BindingsOf(c.Code)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(b orders.Binding) bool { return b.ID == id }) {
		return orders.Errorf(orders.CodeNotFound, "%s 没有编号 %d 的绑定，请看「绑定 列表 %s」", c.Name, id, c.Code)
	}
	if err := tx.Unbind(id); err != nil {
		return err
	}
	withdrawn := all[slices.IndexFunc(all, func(b orders.Binding) bool { return b.ID == id })]
	if err := s.clerk.Desk.Unbound(tx, withdrawn, s.person.actor()); err != nil {
		return err
	}
	if err := tx.Audit(orders.AuditEntry{
		At: s.now, Actor: string(s.person.staff.Code), Channel: s.in.Platform, Action: "解绑", Before: string(c.Code), Trace: s.in.Trace,
	}); err != nil {
		return err
	}
	s.say(fmt.Sprintf("已解除 %s 的编号 %d 绑定。", c.Name, id))
	return nil
}
