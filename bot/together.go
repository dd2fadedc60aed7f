package bot

import (
	"fmt"
	"slices"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

// KindTogetherCard asks whether orders to one address are to be shipped together.
const KindTogetherCard = "order.together"

// mayJoin loads orders that this person may let go together: the owner's, or any for who ships them.
func (s *session) mayJoin(tx Tx, ids []orders.OrderID) error {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if s.person.staff == nil || !s.person.mayTouch(o) && s.person.staff.May(orders.RightShip) != orders.ScopeAll {
			return orders.Errorf(orders.CodeDenied, "订单 %s 由 %s 负责，一起发要业务员或仓库来定，没有改动", id, s.staffName(o.Sales))
		}
	}
	return nil
}

// together lets orders go as one shipment: 一起发 SO… SO…; a single one is taken out of it again: 各发各的 SO….
func (s *session) together(tx Tx, ids []orders.OrderID, apart bool) error {
	if err := s.mayJoin(tx, ids); err != nil {
		return err
	}
	if apart {
		for _, id := range ids {
			o, err := s.clerk.Desk.ShipApart(tx, id, s.person.actor())
			if err != nil {
				return err
			}
			s.say(fmt.Sprintf("好的，%s 单独发。已告诉仓库。", o.ID))
		}
		return nil
	}
	if len(ids) < 2 {
		return orders.Errorf(orders.CodeInvalid, "哪几单一起发？请写全单号，例如「一起发 SO… SO…」")
	}
	all, err := s.clerk.Desk.ShipTogether(tx, ids, s.person.actor())
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("好的，%d 单一起发，一个运单：%s。已告诉仓库；要分开发「各发各的 单号」。", len(all), strings.Join(idTexts(ids), "、")))
	return nil
}

// pressTogether takes the answer of a card.
func (s *session) pressTogether(tx Tx, a cards.Action) error {
	ids, _ := orders.FindOrderIDs(a.Arg)
	if a.Verb == cards.ShipTogether {
		return s.together(tx, ids, false)
	}
	if err := s.mayJoin(tx, ids); err != nil {
		return err
	}
	s.say(fmt.Sprintf("好的，%s 各发各的，没有改动。", strings.Join(idTexts(ids), "、")))
	return nil
}

// settledTogether draws the card as things are now.
func (s *session) settledTogether(o *orders.Order, a cards.Action) *cards.Card {
	ids, _ := orders.FindOrderIDs(a.Arg)
	has := o.Together()
	isTogether := len(has) > 0 && !slices.ContainsFunc(ids, func(id orders.OrderID) bool { return id != o.ID && !slices.Contains(has, id) })
	if !isTogether && a.Verb == cards.ShipTogether && o.MayShip() {
		return nil // refused with a sentence: it may be pressed again
	}
	return cards.TogetherSettled(ids, isTogether).Card
}

// shippedWith says which orders have gone with one.
func (s *session) shippedWith(tx Tx, o *orders.Order) error {
	all := []string{string(o.ID)}
	for _, id := range o.Together() {
		x, err := tx.Order(id)
		if err != nil {
			return err
		}
		if len(o.Shipments) == 1 && len(x.Shipments) == 1 && x.Shipments[0].Tracking == o.Shipments[0].Tracking {
			all = append(all, string(id))
		}
	}
	if len(all) > 1 {
		s.say(strings.Join(all, "、") + " 是一起发的，同一个运单。")
	}
	return nil
}
