package bot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of cards about exceptions.
const (
	KindExceptionCard = "parcel.exception"
	KindExceptionTask = "exception.task"
	KindEarlyCard     = "stock.early"
)

// exceptionNo fits what follows the words that are about one exception: its number, then a note.
var exceptionNo = regexp.MustCompile(`^[#号\s]*(\d{1,9})(?:号|[\s,，:：]+|$)(.*)$`)

// exceptions lists the exceptions that are open: all of them for who sees all orders, else those of one's own; or those of orders.
func (s *session) exceptions(ctx context.Context, tx Tx, ids []orders.OrderID) error {
	owner, whose := s.person.staff.Code, "您的订单的"
	if s.person.staff.May(orders.RightView) == orders.ScopeAll {
		owner, whose = "", ""
	}
	if len(ids) == 0 {
		ids = []orders.OrderID{""}
	}
	for _, id := range ids {
		by := owner
		if id != "" {
			if _, err := s.order(tx, id); err != nil {
				return err
			}
			by, whose = "", string(id)+" "
		}
		list, err := s.clerk.Query.OpenExceptions(ctx, by, id, 100)
		if err != nil {
			return err
		}
		named := func(id orders.OrderID) string {
			if o, err := s.clerk.Query.FindOrder(ctx, id); err == nil {
				return o.CustomerName
			}
			return ""
		}
		s.send(cards.Exceptions(list, named, whose, s.now), "reply", id)
	}
	return nil
}

// handleException does what 「处理异常 12」, 「结案 12 说明」 and 「重大异常 12」 ask for. It returns false where the words are about
// something else.
func (s *session) handleException(tx Tx, cmd command) (bool, error) {
	m := exceptionNo.FindStringSubmatch(cmd.arg)
	if m == nil || len(cmd.orders) > 0 {
		return false, nil
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // words like any others
	}
	switch by := s.person.actor(); cmd.verb {
	case cmdAcceptEarly, cmdRefuseEarly:
		return true, s.settleEarly(tx, id, cmd.verb == cmdAcceptEarly)
	case cmdCloseException:
		note := strings.Trim(m[2], edges)
		o, x, err := s.clerk.Desk.CloseException(tx, id, note, by)
		if err != nil {
			return true, err
		}
		s.say(fmt.Sprintf("已结案 %s %s：%s", o.ID, x.Words(), note))
	case cmdMajorException:
		o, x, err := s.clerk.Desk.MajorException(tx, id, by)
		if err != nil {
			return true, err
		}
		s.say(fmt.Sprintf("%s %s 已列为重大交付风险，各部门会收到会商通知。", o.ID, x.Words()))
	default:
		return true, s.takeException(tx, id)
	}
	return true, nil
}

func (s *session) takeException(tx Tx, id int64) error {
	o, x, err := s.clerk.Desk.TakeException(tx, id, s.person.actor())
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("好的，%s %s 由您处理，请在 %s 前办完，办完回复「结案 %d 说明」。", o.ID, x.Words(), x.Due.In(s.clerk.Location).Format("1月2日 15:04"), x.ID))
	return nil
}

// settledException draws the card of an exception anew; nil leaves it as it is.
func (s *session) settledException(tx Tx, o *orders.Order, a cards.Action) (*cards.Card, error) {
	all, err := tx.Exceptions(o.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.ID == int64(a.Node) && (x.State != orders.ExceptionOpen || x.Owner != "") {
			return cards.ExceptionSettled(o, x).Card, nil
		}
	}
	return nil, nil
}

// exceptionRows are the figures of a day's exceptions, and of the limits that ended on it.
func exceptionRows(f *orders.ExceptionFigures) []string {
	kept := func(what string, k orders.Kept, goal float64) string {
		row := fmt.Sprintf("%s：%d/%d 单（%s），目标 %s", what, k.Kept, k.All, percent(k.Share()), percent(goal))
		if k.Share() < goal {
			row += "，⚠️ 没有达到"
		}
		return row
	}
	var rows []string
	if f.Shipping.All > 0 {
		rows = append(rows, kept("24 小时内发货", f.Shipping, shippingGoal))
	}
	if f.Urgent.All > 0 {
		rows = append(rows, kept("加急 48 小时内完成", f.Urgent, urgentGoal))
	}
	share, all := f.SelfHealed()
	if all == 0 {
		return rows
	}
	self, open := 0, 0
	var kinds []string
	for _, k := range f.Kinds {
		self, open = self+k.Self, open+k.All-k.Self-k.Person
		kinds = append(kinds, fmt.Sprintf("%s %d（自愈 %d）", k.Kind, k.All, k.Self))
	}
	row := fmt.Sprintf("异常 %d 件，自动解决 %d 件，自愈率 %s，目标 %s", all, self, percent(share), percent(healedGoal))
	if open > 0 {
		row += fmt.Sprintf("，%d 件还在处理", open)
	}
	return append(rows, row, "按类型："+strings.Join(kinds, "、"))
}

// The shares that are aimed at.
const (
	shippingGoal = 0.95
	urgentGoal   = 0.945
	healedGoal   = orders.HealthyHealed
)

// settleEarly accepts or refuses a proposal of early stocking.
func (s *session) settleEarly(tx Tx, id int64, accept bool) error {
	o, x, err := s.clerk.Desk.SettleEarly(tx, id, accept, s.person.actor())
	if err != nil {
		return err
	}
	text := fmt.Sprintf("好的，%s 的 %s 不提前备货。", o.CustomerName, x.Cause)
	if accept {
		text = fmt.Sprintf("已同意备货：%s %s（安全库存），采购会通知供应商。", x.Cause, x.Note)
	}
	s.say(text)
	return nil
}

// settledEarly draws the card of a proposal anew; nil leaves it as it is.
func (s *session) settledEarly(tx Tx, o *orders.Order, a cards.Action) (*cards.Card, error) {
	all, err := tx.Exceptions(o.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if p := s.books.Catalog.Product(orders.ProductCode(x.Cause)); x.ID == int64(a.Node) && x.State == orders.ExceptionClosed && p != nil {
			return cards.EarlySettled(o, x, p).Card, nil
		}
	}
	return nil, nil
}
