package bot

import (
	"fmt"

	"orderbot/cards"
	"orderbot/orders"
)

// contract answers 「合同 SO…」: the contract's file where the order is approved, and the promise of it before.
func (s *session) contract(tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if s.person.staff.May(orders.RightPrices) != orders.ScopeAll {
			return orders.Errorf(orders.CodeDenied, "合同里有价格，您没有看价格的权限")
		}
		if err := s.alone("合同"); err != nil {
			return err
		}
		if o.Contracted() {
			s.send(cards.Message{File: cards.Contract(o, s.books.Catalog.Customer(o.Customer))}, "order.contract", o.ID)
			continue
		}
		if o, err = s.ownOrder(tx, id); err != nil {
			return err
		}
		if err := s.clerk.Desk.WantContract(tx, id, s.person.actor()); err != nil {
			return err
		}
		s.say(fmt.Sprintf("好的，%s 批准以后把合同发给%s。", o.ID, s.staffName(o.Sales)))
	}
	return nil
}

// signedContract notes that customers have signed the contracts of orders: 合同已签 SO… 王总签字，原件在办公室.
func (s *session) signedContract(tx Tx, ids []orders.OrderID, note string) error {
	for _, id := range ids {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
		if err := s.clerk.Desk.SignContract(tx, id, note, s.person.actor()); err != nil {
			return err
		}
		s.say(fmt.Sprintf("已登记：%s 的合同已签订。", id))
	}
	return nil
}
