package cards

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// LinkCard asks an administrator whether an account is a customer's.
func LinkCard(s *Signer, l *orders.Link, catalog *orders.Catalog) Message {
	c := linkCard(l, catalog)
	c.Desc = "确认以前各看各的；确认后两边的订单合在一起看"
	c.Question = "是同一个客户吗？"
	for _, b := range []struct {
		text, say string
		style     Style
		verb      Verb
	}{{"确认关联", "确认关联", Primary, TieLink}, {"不是", "不关联", Normal, RefuseLink}} {
		c.Buttons = append(c.Buttons, Button{
			Text: b.text, Style: b.style, Say: fmt.Sprintf("%s %d", b.say, l.ID), Action: s.Sign(Action{Verb: b.verb, Version: int(l.ID)}),
		})
	}
	return Message{Text: Text(c), Card: c}
}

func linkCard(l *orders.Link, catalog *orders.Catalog) *Card {
	return &Card{
		Title:  fmt.Sprintf("客户关联 %d", l.ID),
		Fields: []Field{{"账号", linkAccount(l.Account, catalog)}, {"客户", linkCustomer(l.Customer, catalog)}, {"依据", l.Why}, {"提出", join(" ", l.ByName, when(l.At))}},
	}
}

// LinkSettled is what the card becomes once it is decided.
func LinkSettled(l *orders.Link, catalog *orders.Catalog) Message {
	c := linkCard(l, catalog)
	c.Settled = l.Outcome()
	return Message{Text: Text(c), Card: c}
}

// AboutLink tells whether a stored message is the card of a link.
func AboutLink(body json.RawMessage, id int64) bool {
	return strings.Contains(string(body), fmt.Sprintf("确认关联 %d\"", id))
}

// LinkPair names what a link ties: 服务号 oABC…9xyz → C001 澜州市第一人民医院.
func LinkPair(l *orders.Link, catalog *orders.Catalog) string {
	return linkAccount(l.Account, catalog) + " → " + linkCustomer(l.Customer, catalog)
}

func linkCustomer(code orders.CustomerCode, catalog *orders.Catalog) string {
	c := catalog.Customer(code)
	if c == nil {
		return string(code)
	}
	return string(code) + " " + c.Name
}

func linkAccount(a orders.CustomerAccount, catalog *orders.Catalog) string {
	switch a.Kind {
	case orders.AccountCustomer:
		return linkCustomer(orders.CustomerCode(a.ID), catalog)
	case orders.AccountPhone:
		return a.Kind.String() + " " + orders.MaskPhone(a.ID)
	case orders.AccountShop:
		return a.Kind.String() + " " + a.ID
	default:
		id := a.ID
		if len(id) > 12 {
			id = id[:4] + "…" + id[len(id)-6:]
		}
		return a.Kind.String() + " " + id
	}
}

// Links lists links: what waits for a decision first.
func Links(list []*orders.Link, catalog *orders.Catalog, whose string, now time.Time) Message {
	if len(list) == 0 {
		return Message{Text: whose + "账号没有关联（" + when(now) + "）\n要关联请发「关联 C001 C205」「关联 C001 电话 139…」"}
	}
	blocks := make([]string, len(list))
	for i, l := range list {
		at := l.At
		switch l.State {
		case orders.LinkConfirmed, orders.LinkRefused:
			at = l.DecidedAt
		case orders.LinkEnded:
			at = l.EndedAt
		default:
		}
		blocks[i] = fmt.Sprintf("%d. %s\n　%s", l.ID, LinkPair(l, catalog), join("，", l.Outcome()+" "+when(at), l.Why))
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 条没有列出", left)
		}
		return "「确认关联 编号」「不关联 编号」；撤销「解除关联 编号」"
	}
	head := func(int) string { return fmt.Sprintf("%s账号关联 %d 条", whose, len(list)) }
	return Message{Text: fill(TextLimit, blocks, 1, head, tail)[0]}
}

// History lists a customer's orders, newest first, whatever account they came by. hidden counts those that the reader may not see; at most
// so many are shown.
func History(whose string, list []*orders.Order, hidden, most int, forCustomer bool) Message {
	more := len(list) > most
	if more {
		list = list[:most]
	}
	blocks := make([]string, len(list))
	var menu []string
	for i, o := range list {
		status := o.Status.String()
		who := string(o.Customer)
		if forCustomer {
			status, who = customerStatus(o.Status), ""
		}
		blocks[i] = join(" ", string(o.ID), o.CreatedAt.In(beijing).Format("2006-01-02"), who, o.Payable().String(), status, o.Source.Name)
		if forCustomer && len(menu) < 5 {
			menu = append(menu, string(o.ID))
		}
	}
	title := fmt.Sprintf("%s的历史订单 %d 单", whose, len(list))
	if forCustomer {
		title = fmt.Sprintf("%s，共 %d 单", whose, len(list))
	}
	if more {
		title += "（只列最近的）"
	}
	var tail []string
	if hidden > 0 {
		tail = append(tail, fmt.Sprintf("另有 %d 单由别的同事负责", hidden))
	}
	if len(list) == 0 {
		return Message{Text: strings.Join(append([]string{strings.TrimSuffix(whose, "的") + "：没有订单"}, tail...), "\n")}
	}
	tail = append(tail, "发订单号看详情")
	last := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 单没有列出\n%s", left, strings.Join(tail, "\n"))
		}
		return strings.Join(tail, "\n")
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return title }, last)[0], Menu: menu}
}
