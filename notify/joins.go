package notify

import (
	"errors"
	"slices"

	"orderbot/cards"
	"orderbot/orders"
)

// merged settles all cards of an order that went into another one and stops the warehouse: the goods are picked for that one.
func (n *news) merged() error {
	if n.o.Status != orders.StatusClosed { // it was refused meanwhile
		return nil
	}
	if n.e.Actor != string(n.o.Sales) {
		n.tellSales(KindMoved)
	}
	for i := range n.o.Nodes {
		if err := n.settleApproval(&n.o.Nodes[i]); err != nil {
			return err
		}
	}
	return errors.Join(n.settleAlerts(), n.settleNotices(), n.stop(KindPick, cards.StopMerged(n.o)), n.unplan())
}

// propose asks the salesperson whether the orders of a customer that go to one address are to be shipped together, once there are
// several that are not.
func (n *news) propose() error {
	to := n.o.ShipsTo(n.cat)
	if to == "" || !n.o.MayShip() || n.o.Family != "" { // what was split is meant to go apart
		return nil
	}
	open, err := n.tx.OpenOf(n.o.Customer)
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(o *orders.Order) bool {
		other := o.Carrier != n.o.Carrier && o.Carrier != "" && n.o.Carrier != ""
		return !o.MayShip() || o.ShipsTo(n.cat) != to || other || o.Sales != n.o.Sales || o.Family != ""
	})
	isIn := slices.ContainsFunc(open, func(o *orders.Order) bool { return o.ID == n.o.ID })
	if open = open[:min(len(open), orders.TogetherMost)]; !isIn || len(open) < orders.TogetherLeast || len(n.o.Together()) >= len(open)-1 {
		return nil
	}
	n.toSales(KindTogether, cards.Together(n.d.o.Signer, n.o.ID, open, to))
	return nil
}

// together tells the warehouse which orders go as one shipment.
func (n *news) together() {
	n.tellWarehouse(KindTold)
	if n.e.Actor != string(n.o.Sales) {
		n.tellSales(KindTold)
	}
}
