package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"orderbot/cards"
	"orderbot/orders"
)

// KindLinkCard is a card that asks whether an account is a customer's.
const KindLinkCard = "customer.link"

// accountWords are the words by which the kinds of accounts are called.
var accountWords = map[string]orders.AccountKind{
	"客户": orders.AccountCustomer, "电话": orders.AccountPhone, "手机": orders.AccountPhone, "服务号": orders.AccountService, "公众号": orders.AccountService,
	"微信客服": orders.AccountKF, "企业微信": orders.AccountKF, "企微": orders.AccountKF, "外部联系人": orders.AccountKF,
	"店铺": orders.AccountShop, "天猫": orders.AccountShop, "淘宝": orders.AccountShop, "京东": orders.AccountShop, "拼多多": orders.AccountShop, "抖音": orders.AccountShop,
}

// connect ties an account to a customer: 关联 C001 C205, 关联 C001 电话 13900001111, 关联 C001 天猫 wang_2020. Of who may not, it is a
// proposal. It returns false where the words are about something else.
func (s *session) connect(tx Tx, arg string) (bool, error) {
	words := strings.Fields(arg)
	if len(words) < 2 {
		return false, nil
	}
	c, err := s.customerNamed(words[0])
	if err != nil {
		return orders.ErrorCode(err) == orders.CodeInvalid, err
	}
	account, ok, err := s.accountOf(words[1:])
	if err != nil || !ok {
		return ok, err
	}
	if s.person.actor().MayLink() != nil {
		if err := s.mayBind(c); err != nil {
			return true, err
		}
	}
	l, err := s.clerk.Desk.ConnectLink(tx, account, c.Code, s.person.actor())
	if err != nil {
		return true, err
	}
	if l == nil || l.State == orders.LinkProposed {
		s.say("已请管理员确认。确认以前各看各的，什么都不合并。")
		return true, nil
	}
	s.say(s.tied(l))
	return true, nil
}

// tied says what a confirmed link brings.
func (s *session) tied(l *orders.Link) string {
	return fmt.Sprintf("已关联：%s。订单从现在起合在一起看；不对的话发「解除关联 %d」。", cards.LinkPair(l, s.books.Catalog), l.ID)
}

// accountOf reads which account is meant; false: the words name none.
func (s *session) accountOf(words []string) (orders.CustomerAccount, bool, error) {
	kind, named := accountWords[words[0]]
	id := strings.Join(words[1:], " ")
	switch {
	case named && id == "":
		return orders.CustomerAccount{}, false, nil
	case !named && len(words) > 1:
		return orders.CustomerAccount{}, false, nil
	case !named && isPhone(words[0]):
		kind, id = orders.AccountPhone, words[0]
	case !named:
		kind, id = orders.AccountCustomer, words[0]
	}
	switch kind {
	case orders.AccountCustomer:
		c, err := s.customerNamed(id)
		if err != nil {
			return orders.CustomerAccount{}, named || orders.ErrorCode(err) == orders.CodeInvalid, err
		}
		id = string(c.Code)
	case orders.AccountPhone:
		if id = digits(id); len(id) < 7 {
			return orders.CustomerAccount{}, true, orders.Errorf(orders.CodeInvalid, "电话不对，请写 11 位手机号或带区号的座机")
		}
	case orders.AccountShop:
		if words[0] != "店铺" {
			id = words[0] + " " + id
		}
	default:
	}
	return orders.CustomerAccount{Kind: kind, ID: id}, true, nil
}

// links lists what is linked with a customer, or, to who decides, all that is: 关联列表 C001.
func (s *session) links(tx Tx, arg string) (bool, error) {
	var of []orders.CustomerCode
	whose := ""
	if arg != "" {
		c, err := s.customerNamed(arg)
		if err != nil {
			return orders.ErrorCode(err) == orders.CodeInvalid, err
		}
		if s.person.actor().MayLink() != nil {
			if err := s.mayBind(c); err != nil {
				return true, err
			}
		}
		if of, err = tx.SameCustomer(c.Code); err != nil {
			return true, err
		}
		whose = c.Name + " 的"
	} else if s.person.actor().MayLink() != nil {
		return true, orders.Errorf(orders.CodeInvalid, "请带上客户，例如「关联列表 C001」")
	}
	list, err := tx.LinksOf(100, of...)
	if err != nil {
		return true, err
	}
	s.send(cards.Links(list, s.books.Catalog, whose, s.now), "reply", "")
	return true, nil
}

// settleLinkInWords does what 「确认关联 12」, 「不关联 12」 and 「解除关联 12」 ask for.
func (s *session) settleLinkInWords(tx Tx, cmd command) (bool, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(cmd.arg), "#"), 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // words like any others
	}
	if cmd.verb != cmdUnlink {
		return true, s.settleLink(tx, id, cmd.verb == cmdTie)
	}
	l, err := s.clerk.Desk.EndLink(tx, id, s.person.actor())
	if err != nil {
		return true, err
	}
	s.say(fmt.Sprintf("已解除关联：%s。从现在起各看各的。", cards.LinkPair(l, s.books.Catalog)))
	return true, nil
}

func (s *session) settleLink(tx Tx, id int64, accept bool) error {
	l, err := s.clerk.Desk.SettleLink(tx, id, accept, s.person.actor())
	if err != nil {
		return err
	}
	if accept {
		s.say(s.tied(l))
		return nil
	}
	s.say(fmt.Sprintf("好的，不是同一客户：%s。不会再问，各看各的。", cards.LinkPair(l, s.books.Catalog)))
	return nil
}

// settledLink draws the card of a link anew; nil leaves it as it is.
func (s *session) settledLink(tx Tx, a cards.Action) (*cards.Card, error) {
	l, err := tx.Link(int64(a.Version))
	if err != nil || l.State == orders.LinkProposed || s.person.actor().MayLink() != nil {
		if orders.ErrorCode(err) == orders.CodeNotFound {
			err = nil
		}
		return nil, err
	}
	return cards.LinkSettled(l, s.books.Catalog).Card, nil
}

var mobile = regexp.MustCompile(`(?:^|\D)(1[3-9]\d{9})(?:\D|$)`)

const nameLength = 4 // of a name that tells a customer from a word

// recognise proposes to an administrator whose account a stranger's may be, by the phone number or the name that they say. They hear the
// same whether anything was found: who we serve is no stranger's business.
func (s *session) recognise(tx Tx) error {
	kind := orders.AccountKind(s.in.Platform)
	if kind != orders.AccountKF && kind != orders.AccountService {
		return nil
	}
	text := s.texts()
	why := map[orders.CustomerCode][]string{}
	if m := mobile.FindStringSubmatch(text); m != nil {
		reason := "说的电话相同：" + orders.MaskPhone(m[1])
		for _, c := range s.books.Catalog.WithPhone(m[1]) {
			why[c.Code] = append(why[c.Code], reason)
		}
		known, err := tx.LinksOfAccount(orders.CustomerAccount{Kind: orders.AccountPhone, ID: m[1]})
		if err != nil {
			return err
		}
		for _, l := range known {
			if l.State == orders.LinkConfirmed && len(why[l.Customer]) == 0 {
				why[l.Customer] = append(why[l.Customer], reason)
			}
		}
	}
	if c := s.customerIn(text); c != nil {
		why[c.Code] = append(why[c.Code], "自己说是「"+c.Name+"」")
	}
	by := orders.Actor{Code: s.in.Sender, Name: "客户", Channel: s.in.Platform, Trace: s.in.Trace}
	for _, c := range s.books.Catalog.Customers() {
		if len(why[c.Code]) == 0 {
			continue
		}
		if _, err := s.clerk.Desk.ProposeLink(tx, orders.CustomerAccount{Kind: kind, ID: s.in.Sender}, c.Code, strings.Join(why[c.Code], "，"), by); err != nil {
			return err
		}
	}
	return nil
}

// customerIn is the one customer whose name a text says, nil where it is none or several. A longer name is meant rather than one within it.
func (s *session) customerIn(text string) *orders.Customer {
	var found *orders.Customer
	longest, several := 0, false
	for _, c := range s.books.Catalog.Customers() {
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			n := utf8.RuneCountInString(name)
			if n < nameLength || n < longest || !strings.Contains(text, name) || found == c && n == longest {
				continue
			}
			several = n == longest
			found, longest = c, n
		}
	}
	if several {
		return nil
	}
	return found
}

// historyMost is how many orders 「历史」 shows.
const historyMost = 30

// history lists the orders of a customer, those of linked accounts among them, the newest first: 历史 C001. Customers see their own.
func (s *session) history(ctx context.Context, tx Tx, arg string) (bool, error) {
	if s.person.staff == nil {
		if arg != "" {
			return false, nil // a customer's ordinary words
		}
		list, err := s.ordersOf(ctx, historyMost+1, s.person.all()...)
		if err != nil {
			return true, err
		}
		for _, c := range s.person.customers {
			s.inquiry(c, false)
		}
		s.send(cards.History("您的订单", list, 0, historyMost, true), "reply", "")
		return true, nil
	}
	if arg == "" {
		return true, orders.Errorf(orders.CodeInvalid, "请带上客户，例如「历史 C001」")
	}
	of, err := s.customersCalled(tx, arg)
	if err != nil || len(of) == 0 {
		return orders.ErrorCode(err) == orders.CodeInvalid, err
	}
	if of, err = tx.SameCustomer(of...); err != nil {
		return true, err
	}
	list, err := s.ordersOf(ctx, historyMost+1, of...)
	if err != nil {
		return true, err
	}
	all := len(list)
	list = s.visible(list)
	name := arg
	if c := s.books.Catalog.Customer(of[0]); c != nil {
		name = c.Name
	}
	if len(of) > 1 {
		name += fmt.Sprintf("（%d 个关联的客户记录）", len(of))
	}
	s.send(cards.History(name, list, all-len(list), historyMost, false), "reply", "")
	return true, nil
}

// customersCalled finds customers by code, name or alias, by phone, or by an account that is linked; none where there is none of these. Of
// several that nobody confirmed to be one customer it shows none (CodeInvalid).
func (s *session) customersCalled(tx Tx, arg string) ([]orders.CustomerCode, error) {
	c, err := s.customerNamed(arg)
	if err == nil {
		return []orders.CustomerCode{c.Code}, nil
	}
	if orders.ErrorCode(err) != orders.CodeNotFound {
		return nil, err
	}
	var out []orders.CustomerCode
	accounts := []orders.CustomerAccount{{Kind: orders.AccountShop, ID: arg}}
	if phone := digits(arg); len(phone) >= 7 {
		for _, c := range s.books.Catalog.WithPhone(phone) {
			out = append(out, c.Code)
		}
		accounts = append(accounts, orders.CustomerAccount{Kind: orders.AccountPhone, ID: phone})
	}
	for _, a := range accounts {
		all, err := tx.LinksOfAccount(a)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			if l.State == orders.LinkConfirmed && !slices.Contains(out, l.Customer) {
				out = append(out, l.Customer)
			}
		}
	}
	if len(out) < 2 {
		return out, nil
	}
	same, err := tx.SameCustomer(out[0])
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(out, func(c orders.CustomerCode) bool { return !slices.Contains(same, c) }) {
		return nil, orders.Errorf(orders.CodeInvalid, "「%s」有 %d 个客户记录，没有确认是同一客户。请用客户编码，例如「历史 %s」", arg, len(out), out[0])
	}
	return out, nil
}

// ordersOf returns the orders of customers, newest first, at most so many of each.
func (s *session) ordersOf(ctx context.Context, limit int, of ...orders.CustomerCode) ([]*orders.Order, error) {
	var out []*orders.Order
	for _, c := range of {
		own, err := s.clerk.Query.OrdersOf(ctx, c, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, own...)
	}
	slices.SortStableFunc(out, func(a, b *orders.Order) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out, nil
}
