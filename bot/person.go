package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// person is who writes: a member of the staff, somebody bound to customers, or a stranger.
type person struct {
	staff     *orders.Staff
	customers []orders.CustomerCode
	linked    []orders.CustomerCode // records of the same customers, by confirmed links: seen and dealt with, but not ordered for
	platform  orders.Platform
	trace     string
	catalog   *orders.Catalog
	now       time.Time
	said      time.Time // when the message was sent
}

func (p person) known() bool { return p.staff != nil || len(p.customers) > 0 }

// actor is the person as the record of changes names them.
func (p person) actor() orders.Actor {
	a := orders.Actor{Channel: p.platform, Trace: p.trace, SaidAt: p.said}
	switch {
	case p.staff != nil:
		a.Code, a.Name, a.Staff = string(p.staff.Code), p.staff.Name, p.staff
	case len(p.customers) > 0:
		a.Code, a.Name = string(p.customers[0]), "客户"
	}
	return a
}

// identify finds out who wrote.
func (s *session) identify(tx Tx) (person, error) {
	p := person{platform: s.in.Platform, trace: s.in.Trace, catalog: s.books.Catalog, now: s.now, said: s.in.SentAt}
	switch s.in.Platform {
	case orders.WeCom, orders.DingTalk:
		p.staff = s.books.Catalog.StaffByAccount(s.in.Platform, s.in.Sender)
	default:
		bindings, err := tx.BindingOf(s.in.Platform, s.in.Sender)
		if err != nil {
			return p, err
		}
		for _, b := range bindings {
			if s.books.Catalog.Customer(b.Customer) != nil && !slices.Contains(p.customers, b.Customer) {
				p.customers = append(p.customers, b.Customer)
			}
		}
		if len(p.customers) > 0 {
			same, err := tx.SameCustomer(p.customers...)
			if err != nil {
				return p, err
			}
			p.linked = same[len(p.customers):]
		}
	}
	return p, nil
}

// all are the person's customers with what is linked to them.
func (p person) all() []orders.CustomerCode { return slices.Concat(p.customers, p.linked) }

// greetStranger says how to become known, and nothing else.
func (s *session) greetStranger() string {
	switch s.in.Platform {
	case orders.WeCom, orders.DingTalk:
		return fmt.Sprintf("您还不在员工名单里，暂时不能使用。请让管理员把您的账号「%s」加进去。", s.in.Sender)
	default:
		return "您好！您还没有绑定客户。请向您的业务员要一个 6 位绑定码，然后发「绑定 123456」（换成您的码）。"
	}
}

// maySee tells whether the person may read an order.
func (p person) maySee(o *orders.Order) bool {
	if p.staff == nil {
		return slices.Contains(p.all(), o.Customer)
	}
	return o.Sales == p.staff.Code || o.Source.Sender != "" && p.wrote(o) || p.staff.May(orders.RightView) == orders.ScopeAll || p.mayDecide(o) ||
		slices.ContainsFunc(o.Nodes, func(n orders.Node) bool { return n.Assignee == p.staff.Code || n.DecidedBy == p.staff.Code })
}

// mayDecide tells whether the person may decide the node for which an order waits, now.
func (p person) mayDecide(o *orders.Order) bool {
	return p.deciding(o) != nil
}

// deciding returns the node that waits and that the person may decide, nil if there is none.
func (p person) deciding(o *orders.Order) *orders.Node {
	for _, n := range o.OpenNodes() {
		if p.staff == nil {
			break
		}
		if _, ok := p.catalog.MayDecide(o, n, p.staff, p.now); ok {
			return n
		}
	}
	return nil
}

// wrote tells whether the order came from this person's own account.
func (p person) wrote(o *orders.Order) bool {
	switch o.Source.Chat.Platform {
	case orders.WeCom:
		return p.staff.WeCom != "" && strings.EqualFold(o.Source.Sender, p.staff.WeCom)
	case orders.DingTalk:
		return p.staff.DingTalk != "" && o.Source.Sender == p.staff.DingTalk
	default:
		return false
	}
}

// mayTouch tells whether the person may confirm, change or cancel an order.
func (p person) mayTouch(o *orders.Order) bool {
	if p.staff == nil {
		return slices.Contains(p.all(), o.Customer)
	}
	if o.Sales == p.staff.Code || p.wrote(o) {
		return p.staff.May(orders.RightPlace) != orders.ScopeNone
	}
	return p.staff.May(orders.RightPlace) == orders.ScopeAll
}

// order loads an order that the person may touch; to everybody else it does not exist.
func (s *session) order(tx Tx, id orders.OrderID) (*orders.Order, error) {
	o, err := tx.Order(id)
	if orders.ErrorCode(err) == orders.CodeNotFound || err == nil && !s.person.maySee(o) {
		return nil, orders.Errorf(orders.CodeNotFound, "没有查到订单 %s，请核对单号", id)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// ownOrder loads an order that the person may change.
func (s *session) ownOrder(tx Tx, id orders.OrderID) (*orders.Order, error) {
	o, err := s.order(tx, id)
	if err == nil && !s.person.mayTouch(o) {
		return nil, orders.Errorf(orders.CodeDenied, "订单 %s 由 %s 负责，您没有修改的权限", id, s.staffName(o.Sales))
	}
	return o, err
}

func (s *session) staffName(code orders.StaffCode) string {
	if m := s.books.Catalog.StaffByCode(code); m != nil {
		return m.Name
	}
	return "业务员"
}
