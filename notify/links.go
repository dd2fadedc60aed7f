package notify

import (
	"fmt"
	"strconv"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of deliveries about who is the same customer.
const (
	KindLink        = "customer.link" // to who may decide, with buttons
	KindLinkSettled = "customer.link.settled"
)

// link asks those who may decide whether an account is a customer's, and brings their cards to what became of it.
func (n *news) link() error {
	id, err := strconv.ParseInt(n.e.Data["link"], 10, 64)
	if err != nil {
		return fmt.Errorf("event of no link: %w", err)
	}
	l, err := n.tx.Link(id)
	if err != nil {
		return err
	}
	if n.e.Kind == orders.EventLinkSettled {
		sent, err := n.tx.DeliveriesOf("", KindLink)
		if err != nil {
			return err
		}
		about := make(map[string]bool)
		for _, d := range sent {
			about[d.Key] = cards.AboutLink(d.Body, l.ID)
		}
		return n.settle(KindLink, KindLinkSettled, func(key string) bool { return about[key] }, cards.LinkSettled(l, n.cat))
	}
	if l.State != orders.LinkProposed {
		return nil
	}
	reached := false
	for i := range n.cat.Staff {
		if s := &n.cat.Staff[i]; (orders.Actor{Staff: s}).MayLink() == nil {
			reached = n.tell(s, KindLink, cards.LinkCard(n.d.o.Signer, l, n.cat), staffPlatforms...) || reached
		}
	}
	if !reached {
		n.log.Error("nobody can be asked about a link", "link", l.ID)
	}
	return nil
}
