package bot

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// involve hands an approval to somebody else (转交) or adds somebody to it (加签): 「转交 SO… 李四 原因」.
func (s *session) involve(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		who, reason, err := s.colleague(cmd)
		if err != nil {
			return err
		}
		if cmd.verb == cmdTransfer {
			if _, err = s.clerk.Desk.Transfer(tx, id, who, reason, s.person.actor()); err == nil {
				s.say(fmt.Sprintf("已把 %s 的审批转交给%s。", id, who.Name))
			}
		} else if _, err = s.clerk.Desk.AddApprover(tx, id, who, reason, s.person.actor()); err == nil {
			s.say(fmt.Sprintf("已加签：%s 在您之后由%s审批。您这一步还要您来定：「同意 %s」或「驳回 %s 原因」。", id, who.Name, id, id))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// colleague finds the member of the staff whom a sentence names first, by name or code.
func (s *session) colleague(cmd command) (*orders.Staff, string, error) {
	word := map[verb]string{cmdTransfer: "转交", cmdAdd: "加签"}[cmd.verb]
	arg := strings.TrimPrefix(strings.TrimSpace(cmd.arg), "给")
	name, reason, _ := strings.Cut(strings.TrimSpace(arg), " ")
	if name == "" {
		return nil, "", orders.Errorf(orders.CodeInvalid, "请写明%s给谁，例如「%s %s 李账 原因」", word, word, cmd.orders[0])
	}
	who, err := s.staffNamed(name)
	return who, strings.Trim(reason, edges), err
}

// staffNamed finds a member of the staff by name or code.
func (s *session) staffNamed(name string) (*orders.Staff, error) {
	var found []*orders.Staff
	for i := range s.books.Catalog.Staff {
		if p := &s.books.Catalog.Staff[i]; p.Name == name || strings.EqualFold(string(p.Code), name) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, orders.Errorf(orders.CodeNotFound, "名单里没有「%s」，没有改动。请写全名或工号", name)
	default:
		var codes []string
		for _, p := range found {
			codes = append(codes, string(p.Code))
		}
		return nil, orders.Errorf(orders.CodeInvalid, "名单里有 %d 位%s，请改写工号：%s", len(found), name, strings.Join(codes, "、"))
	}
}

// sendBack returns an order to its salesperson: 「退回 SO… 原因」.
func (s *session) sendBack(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		if _, err := s.clerk.Desk.SendBack(tx, id, cmd.arg, s.person.actor()); err != nil {
			return err
		}
		s.say(fmt.Sprintf("已退回 %s，原因：%s。业务员会收到通知，改好后重新提交。", id, cmd.arg))
	}
	return nil
}

// skip leaves out the step that an order waits for: 「跳过 SO… 原因」. That somebody without the right
// has tried is recorded.
func (s *session) skip(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.Skip(tx, id, cmd.arg, s.person.actor())
		switch {
		case orders.ErrorCode(err) == orders.CodeDenied:
			if err := tx.Audit(orders.AuditEntry{
				Order: id, At: s.now, Actor: s.person.actor().Code, Channel: s.person.actor().Channel, Action: "跳过被拒绝", Reason: cmd.arg, Trace: s.in.Trace,
			}); err != nil {
				return err
			}
			text, _ := orders.ErrorMessage(err)
			s.say(text)
		case err != nil:
			return err
		case o.OpenNode() != nil:
			s.say(fmt.Sprintf("已跳过 %s 的这一步，接下来由%s审批。", id, o.Awaits()))
		default:
			s.say(fmt.Sprintf("已跳过 %s 的这一步，审批完成，仓库会收到通知。", id))
		}
	}
	return nil
}
