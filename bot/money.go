package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// cashiers are the roles that note what customers pay.
var cashiers = []orders.Role{orders.RoleFinance, orders.RoleCFO, orders.RoleAdmin}

// pay notes a payment: 「收款 客户 金额」, with the bank's number behind it where there is one.
func (s *session) pay(tx Tx, arg string) error {
	if !s.person.staff.Has(cashiers...) {
		return orders.Errorf(orders.CodeDenied, "收款由财务登记，您没有这个权限")
	}
	words := strings.Fields(arg)
	if len(words) < 2 {
		return orders.Errorf(orders.CodeInvalid, "请写「收款 客户 金额」，有流水号写在最后，例如「收款 C001 5000 LS0001」")
	}
	p := orders.Payment{Day: s.now}
	at := len(words) - 1
	amount, ok := paidAmount(words[at])
	if len(words) > 2 && (!ok || strings.Trim(words[at], "0123456789") == "" && isPaid(words[at-1])) {
		p.Number, at = strings.ToUpper(words[at]), at-1
		amount, ok = paidAmount(words[at])
	}
	if !ok {
		return orders.Errorf(orders.CodeInvalid, "「%s」不是金额，请写「收款 客户 金额」，例如「收款 C001 5000.50」", words[at])
	}
	c, err := s.customerNamed(strings.Join(words[:at], " "))
	if err != nil {
		return err
	}
	p.Customer, p.Amount = c.Code, amount
	if p.Number, err = tx.Pay(p); err != nil {
		return err
	}
	if err := tx.Audit(s.moneyEntry("收款", string(c.Code)+" "+amount.String(), p.Number)); err != nil {
		return err
	}
	if err := tx.SettleOrders(c.Code, s.moneyEntry("结算", "", p.Number)); err != nil {
		return err
	}
	exposure, err := tx.HoldCredit(c.Code, 0)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("已登记 %s 收款 %s（编号 %s）。%s\n登记错了请发「撤销收款 %s 原因」。", c.Name, amount, p.Number, standing(c, exposure), p.Number))
	return nil
}

func isPaid(word string) bool { _, ok := paidAmount(word); return ok }

// paidAmount reads an amount in yuan above 0: 5000, 5,000.50, ¥5000, 5000元.
func paidAmount(word string) (orders.Money, bool) {
	word = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(word, ",", ""), "¥"), "元")
	d, err := decimal.NewFromString(word)
	if err != nil || len(word) > 14 || strings.ContainsAny(word, "eE") || !d.Equal(d.Round(2)) || !d.IsPositive() {
		return 0, false
	}
	return orders.MoneyOf(d), true
}

// unpay takes back a payment that was noted by mistake: 「撤销收款 编号 原因」.
func (s *session) unpay(tx Tx, arg string) error {
	if !s.person.staff.Has(cashiers...) {
		return orders.Errorf(orders.CodeDenied, "收款由财务登记和撤销，您没有这个权限")
	}
	number, reason, _ := strings.Cut(arg, " ")
	number, reason = strings.ToUpper(number), strings.TrimSpace(reason)
	if number == "" || reason == "" {
		return orders.Errorf(orders.CodeInvalid, "请写明编号和原因，例如「撤销收款 SK202603110001 金额写错」")
	}
	p, o, err := s.clerk.Desk.Unreceive(tx, number, reason, s.person.actor())
	if err != nil {
		return err
	}
	if err := tx.Audit(s.moneyEntry("撤销收款", string(p.Customer)+" "+p.Amount.String(), number+" "+reason)); err != nil {
		return err
	}
	exposure, err := tx.HoldCredit(p.Customer, 0)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("已撤销收款 %s（%s）。", number, p.Amount)
	if o != nil {
		text += fmt.Sprintf("订单 %s 现在共到 %s。", o.ID, o.Work.Paid)
	}
	if c := s.books.Catalog.Customer(p.Customer); c != nil {
		text += c.Name + standing(c, exposure)
	}
	s.say(text)
	return nil
}

func (s *session) moneyEntry(action, after, reason string) orders.AuditEntry {
	by := s.person.actor()
	return orders.AuditEntry{At: s.now, Actor: by.Code, Channel: by.Channel, Action: action, After: after, Reason: reason, Trace: by.Trace}
}

// account says how a customer stands: 「信用 客户」.
func (s *session) account(ctx context.Context, arg string) error {
	if arg == "" {
		return orders.Errorf(orders.CodeInvalid, "请带上客户，例如「信用 C001」")
	}
	c, err := s.customerNamed(arg)
	if err != nil {
		return err
	}
	if !s.person.staff.Has(cashiers...) && !s.mayTeach(c) {
		return orders.Errorf(orders.CodeDenied, "客户 %s 不是您负责的，看不了", c.Name)
	}
	a, err := s.clerk.Query.Account(ctx, c.Code, s.now)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s %s\n%s\n未开票订单 %s，已开票 %s，已收款 %s", c.Code, c.Name, standing(c, a.Exposure()), a.Held, a.Invoiced, a.Paid)
	if a.Overdue.Amount > 0 {
		text += fmt.Sprintf("\n⚠️ 逾期 %s，最早的发票 %s %s 到期", a.Overdue.Amount, a.Overdue.Invoice, a.Overdue.Due)
	}
	s.say(text)
	return nil
}

// standing says what of a customer's limit is used.
func standing(c *orders.Customer, exposure orders.Money) string {
	switch {
	case c.CreditLimit == nil:
		return fmt.Sprintf("信用占用 %s，不限额度。", exposure)
	case exposure > *c.CreditLimit:
		return fmt.Sprintf("信用占用 %s，额度 %s，超出 %s。", exposure, *c.CreditLimit, exposure-*c.CreditLimit)
	default:
		return fmt.Sprintf("信用占用 %s，额度 %s，剩余 %s。", exposure, *c.CreditLimit, *c.CreditLimit-exposure)
	}
}
