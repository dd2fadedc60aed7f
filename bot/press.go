package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of cards that are brought up to date.
const (
	KindDraftCard    = "draft.card"
	KindApprovalCard = "approval.card"
	KindUrgentCard   = "urgent.alert"
)

// cardKind tells on which card a button stands.
func cardKind(a cards.Action) string {
	switch a.Verb {
	case cards.ApplyChange, cards.DropChange:
		return KindChangeCard
	case cards.Approve, cards.Reject, cards.More:
		return KindApprovalCard
	case cards.Ack:
		if a.Node > 0 {
			return KindChangeNotice
		}
		return KindUrgentCard
	case cards.UseRules:
		return KindRulesCard
	case cards.GreenToggle, cards.OpenGreen:
		return KindGreenCard
	case cards.RunImport, cards.DropImport, cards.PreviewImport, cards.ReadTable:
		return KindImportCard
	case cards.RunMove, cards.DropMove:
		return KindMoveCard
	case cards.PickList:
		return KindPickListCard
	case cards.ShipTogether, cards.ShipApart:
		return KindTogetherCard
	case cards.SetCause, cards.SignReturn, cards.DropReturn:
		return KindReturnCard
	case cards.PassReturn, cards.RefuseReturn:
		return KindReturnApproval
	case cards.TakeReturn:
		return KindReturnGoods
	case cards.TieLink, cards.RefuseLink:
		return KindLinkCard
	case cards.ReleaseReport:
		return KindReportCard
	case cards.TakeException:
		return KindExceptionCard
	case cards.AcceptEarly, cards.RefuseEarly:
		return KindEarlyCard
	default:
		return KindDraftCard
	}
}

// click does what a button asks for and redraws its card.
func (s *session) click(ctx context.Context, tx Tx) error {
	if !s.person.known() {
		s.say(s.greetStranger())
		return nil
	}
	if s.in.Action == cards.SettledKey {
		return nil // the caption of a card that is settled already
	}
	action, err := s.clerk.Signer.Open(s.in.Action)
	if err != nil {
		return err
	}
	if err := s.press(ctx, tx, action); err != nil {
		return err
	}
	return s.redraw(tx)
}

// press does what a button asks for.
func (s *session) press(ctx context.Context, tx Tx, a cards.Action) error {
	switch a.Verb {
	case cards.Confirm:
		return s.confirm(ctx, tx, []orders.OrderID{a.Order}, a.Version)
	case cards.Cancel:
		if a.Arg == cards.IsTwin {
			return s.dropTwin(tx, a.Order, a.Version)
		}
		return s.cancel(tx, []orders.OrderID{a.Order}, a.Version, "")
	case cards.Amend:
		return s.amend(tx, a)
	case cards.ApplyChange:
		return s.applyChange(ctx, tx, a.Order, a.Node)
	case cards.DropChange:
		return s.dropChange(tx, a.Order, a.Node)
	case cards.Choose:
		return s.choose(ctx, tx, a)
	case cards.Approve:
		return s.decide(tx, a.Order, a.Node, a.Version, true, "")
	case cards.Reject:
		o, err := s.order(tx, a.Order)
		if err != nil {
			return err
		}
		if n := o.Node(a.Node); n != nil && !n.DecidedAt.IsZero() {
			return orders.Errorf(orders.CodeConflict, "订单 %s 的%s审批%s，不用再操作", o.ID, n.Who(), n.Outcome(s.clerk.Location))
		}
		return s.askReason(o, a.Node, a.Version)
	case cards.More:
		o, err := s.order(tx, a.Order)
		if err != nil {
			return err
		}
		detail, err := s.detail(tx, o, 1)
		if err != nil {
			return err
		}
		s.send(detail, "order.lines", o.ID)
		progress, err := s.chain(tx, o)
		if err != nil {
			return err
		}
		s.send(progress, "reply", o.ID)
		return nil
	case cards.GreenToggle, cards.OpenGreen:
		return s.pressGreen(tx, a)
	case cards.UseRules:
		return s.useRules(tx, a.Version, a.Node, a.Arg == cards.RulesBack)
	case cards.RunImport:
		return s.runImport(tx, a.Version)
	case cards.DropImport:
		return s.dropImport(tx, a.Version)
	case cards.PreviewImport:
		if s.table != nil {
			return s.takeTable(tx)
		}
		_, err := orders.OwnImport(tx, a.Version, s.person.actor(), s.now, orders.ImportAsked)
		return err
	case cards.ReadTable:
		return s.readTable(ctx, tx, a.Version)
	case cards.RunMove, cards.DropMove:
		if s.person.staff == nil {
			return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
		}
		return s.settleMove(tx, a.Version, a.Verb == cards.RunMove)
	case cards.TieLink, cards.RefuseLink:
		return s.settleLink(tx, int64(a.Version), a.Verb == cards.TieLink)
	case cards.ReleaseReport:
		return s.releaseReport(tx, int64(a.Node), a.Version)
	case cards.AcceptEarly, cards.RefuseEarly:
		if s.person.staff == nil {
			return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
		}
		return s.settleEarly(tx, int64(a.Node), a.Verb == cards.AcceptEarly)
	case cards.TakeException:
		if s.person.staff == nil {
			return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
		}
		return s.takeException(tx, int64(a.Node))
	case cards.PickList:
		if s.person.staff == nil {
			return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
		}
		return s.pickLists(tx, []orders.OrderID{a.Order})
	case cards.ShipTogether, cards.ShipApart:
		return s.pressTogether(tx, a)
	case cards.Swap:
		return s.swap(ctx, tx, a.Order, a.Version, a.Node, orders.ProductCode(a.Arg))
	case cards.SetCause, cards.SignReturn, cards.DropReturn, cards.PassReturn, cards.RefuseReturn, cards.TakeReturn:
		return s.pressReturn(ctx, tx, a)
	case cards.ShowBasis:
		return s.basis(tx, []orders.OrderID{a.Order})
	case cards.Ack:
		_, err := s.acknowledge(ctx, tx, []orders.OrderID{a.Order})
		return err
	default:
		return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
	}
}

// redraw brings the clicked card to what its order is now. It does so whatever became of the
// click, so that a stale card tells the truth after the first press.
func (s *session) redraw(tx Tx) error {
	if s.in.Kind != orders.InboundClick || s.part.Token == "" {
		return nil // decided at once: the card travels in the answer to the click
	}
	card, a, err := s.settled(tx)
	if err != nil || card == nil {
		return err
	}
	sent, err := tx.DeliveriesOf(a.Order, cardKind(a))
	if err == nil && a.Verb == cards.TakeException {
		var tasks []orders.Delivery
		tasks, err = tx.DeliveriesOf(a.Order, KindExceptionTask)
		sent = append(sent, tasks...)
	}
	if err != nil {
		return err
	}
	for _, d := range slices.Backward(sent) {
		// The receipt holds the platform's name of the card: the copy that was pressed, not a later one.
		if d.Chat.Platform == s.part.Chat.Platform && strings.EqualFold(d.Chat.ID, s.part.Chat.ID) && d.Update == 0 && (s.in.Card == "" || strings.Contains(string(d.Receipt), s.in.Card)) {
			s.replies = append(s.replies, reply{
				msg: cards.Message{Card: card}, kind: cardKind(a) + ".settled", order: a.Order, update: d.ID, code: s.in.Code,
			})
			return nil
		}
	}
	return nil
}

// settled draws the clicked card anew; nil leaves it as it is.
func (s *session) settled(tx Tx) (*cards.Card, cards.Action, error) {
	a, err := s.clerk.Signer.Open(s.in.Action)
	if err != nil {
		return nil, a, nil //nolint:nilerr // a forged button has no card of ours
	}
	switch cardKind(a) {
	case KindRulesCard:
		card, err := s.settledRules(tx, a)
		return card, a, err
	case KindImportCard:
		card, err := s.settledImport(tx, a)
		return card, a, err
	case KindMoveCard:
		card, err := s.settledMove(tx, a)
		return card, a, err
	case KindLinkCard:
		card, err := s.settledLink(tx, a)
		return card, a, err
	case KindReportCard:
		card, err := s.settledReport(tx, a)
		return card, a, err
	default:
	}
	o, err := tx.Order(a.Order)
	if err != nil && orders.ErrorCode(err) != orders.CodeNotFound {
		return nil, a, err
	}
	if err != nil || !s.person.known() || !s.person.maySee(o) {
		return nil, a, nil //nolint:nilerr // nothing may be shown
	}
	switch cardKind(a) {
	case KindPickListCard:
		return nil, a, nil
	case KindTogetherCard:
		return s.settledTogether(o, a), a, nil
	case KindReturnCard, KindReturnApproval, KindReturnGoods:
		return s.settledReturn(o, a), a, nil
	case KindEarlyCard:
		card, err := s.settledEarly(tx, o, a)
		return card, a, err
	case KindExceptionCard:
		card, err := s.settledException(tx, o, a)
		return card, a, err
	case KindApprovalCard:
		n := o.Node(a.Node)
		if n == nil || n.Status == orders.NodeOpen && o.Status == orders.StatusPendingApproval {
			return nil, a, nil
		}
		return cards.ApprovalSettled(o, n).Card, a, nil
	case KindGreenCard:
		return s.settledGreen(o, a), a, nil
	case KindChangeCard:
		c := o.Change(a.Node)
		if c == nil || c.Status == orders.ChangeAsked && o.MayChange() == nil && c.Revision == o.Revision {
			return nil, a, nil
		}
		return cards.ChangeSettled(o, c).Card, a, nil
	case KindChangeNotice:
		c := o.Change(a.Node)
		if c == nil || c.Notice == nil || c.Notice.Ringing() {
			return nil, a, nil
		}
		return cards.ChangeTaken(o, c).Card, a, nil
	case KindUrgentCard:
		if o.Alert != nil && o.Alert.AckBy == "" {
			return nil, a, nil
		}
		return cards.UrgentSettled(o).Card, a, nil
	default:
		if o.Status == orders.StatusDraft && o.Revision == a.Version {
			return nil, a, nil
		}
		return cards.DraftSettled(o, a.Version).Card, a, nil
	}
}

// pressPause is how long a further press of the same button counts as the same press, delivered
// again: a platform that gives presses no number leaves nothing else to tell them apart by.
const pressPause = 30 * time.Second

// Click decides a click at once and returns the card as it is then. Replies in words go through
// the outbox like all others. A press that was delivered before changes nothing and says nothing:
// its card tells how things stand.
func (c *Clerk) Click(ctx context.Context, in orders.Inbound) (*cards.Card, error) {
	now := c.Now()
	bucket := now.UnixNano() / int64(pressPause)
	next := in
	next.Key = fmt.Sprintf("%s:%d", in.Key, bucket+1)
	in.Key = fmt.Sprintf("%s:%d", in.Key, bucket)
	part := &orders.Turn{Chat: in.Chat, Messages: []orders.Inbound{in}}
	s := &session{clerk: c, part: part, books: c.Books(), in: in, now: now}
	if id, _ := s.answersQuestion(); id != 0 {
		return nil, errLater
	}
	var card *cards.Card
	press := func(handle func(tx Tx) error) func(tx Tx) error {
		return func(tx Tx) error {
			isNew, err := tx.PutInbound(in)
			if err == nil && isNew {
				if _, err = tx.PutInbound(next); err == nil {
					err = handle(tx)
				}
			} else if err == nil {
				s.person, err = s.identify(tx)
			}
			if err != nil {
				return err
			}
			card, _, err = s.settled(tx)
			return err
		}
	}
	err := c.commit(ctx, s, press(func(tx Tx) error { return s.handle(ctx, tx) }))
	if sentence, ok := orders.ErrorMessage(err); ok {
		s.replies, s.imported = nil, nil
		s.say(sentence)
		refused := err
		err = c.commit(ctx, s, press(func(tx Tx) error { return s.afterRefusal(tx, refused) }))
	}
	return card, err
}

// amend tells how to change a draft.
func (s *session) amend(tx Tx, a cards.Action) error {
	o, err := s.ownOrder(tx, a.Order)
	if err != nil {
		return err
	}
	if o.Status != orders.StatusDraft {
		return submitted(o)
	}
	if err := s.attach(tx, o); err != nil {
		return err
	}
	example := "数量改成 30"
	if len(o.Lines) > 0 && o.Lines[0].Name != "" {
		example = fmt.Sprintf("%s改成 30%s", o.Lines[0].Name, o.Lines[0].Unit)
	}
	s.say(fmt.Sprintf("%s 要改什么？直接说就行，例如「%s」「周五下午前送」「地址换成…」。", o.ID, example))
	return nil
}
