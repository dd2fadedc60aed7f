package notify

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

// returned tells of what became of a return: who asked, who has to act next, and, where it is late, those above them.
func (n *news) returned() error {
	no, _ := strconv.Atoi(n.e.Data["return"])
	r := n.o.Return(no)
	if r == nil || r.Cause == "" {
		return nil
	}
	var err error
	what := n.e.Data["what"]
	m, isNews := cards.ToldReturn(n.o, n.e)
	switch what {
	case "asked":
		if r.Status != orders.ReturnAsked {
			return nil
		}
		if r.Customer {
			n.toSales(KindService, m)
			n.tellRole(KindService, m, orders.RoleService)
			return nil
		}
		return n.askSignature(r)
	case "reminded", "late":
		if isNews && r.Open() {
			n.hurryReturn(r, m, what == "late")
		}
		return nil
	}
	if isNews && n.e.Actor != string(n.o.Sales) {
		n.toSales(KindMoved, m)
	}
	if r.Kind == orders.ReturnTicket {
		n.tellRole(KindService, m, orders.RoleService)
		return nil
	}
	if what == "done" && r.Credited > 0 {
		n.tellRole(KindTold, m, orders.RoleFinance)
	}
	if n.e.Actor != string(n.o.Customer) {
		if m, ok := cards.ToldReturnCustomer(n.o, n.e); ok {
			if err := n.toCustomer(KindReturn, m); err != nil {
				return err
			}
		}
	}
	if what == "signed" && r.Status == orders.ReturnWaiting {
		n.askFinance(r, n.cat.Approvers(n.o, r.Node, n.now))
	}
	if (what == "signed" || what == "agreed") && r.Status == orders.ReturnExpected {
		n.expectGoods(r)
	}
	mark := marked(returnMark(r))
	if r.Status != orders.ReturnWaiting {
		err = n.settle(KindReturnApproval, KindReturnApprovalSettled, mark, cards.ReturnSettled(n.o, r, true))
	}
	if r.Status != orders.ReturnExpected {
		err = errors.Join(err, n.settle(KindReturnGoods, KindReturnGoodsSettled, mark, cards.ReturnSettled(n.o, r, false)))
	}
	return err
}

// returnMark stands in the keys of the cards of a return, so that its copies are found again.
func returnMark(r *orders.Return) string { return fmt.Sprintf(":r%d:", r.No) }

// toCustomer tells the customer in all of their chats.
func (n *news) toCustomer(kind string, m cards.Message) error {
	chats, err := n.customerChats()
	n.putEach(chats, kind, m)
	return err
}

// askSignature shows customers what was asked for in their name, to be signed.
func (n *news) askSignature(r *orders.Return) error {
	return n.toCustomer(KindReturn, cards.ReturnLetter(n.d.o.Signer, n.o, r))
}

// askFinance sends a return's card to those who may decide it; where it reaches nobody the overseers hear of it.
func (n *news) askFinance(r *orders.Return, who []orders.Approver) {
	reached := false
	for _, a := range who {
		if a.Code == n.o.Sales || !r.Customer && string(a.Code) == r.By || string(a.Code) == r.Signature.Code {
			continue
		}
		if chat, ok := reach(a.Staff, n.d.o.Platforms, approverPlatforms...); ok {
			n.put(chat, strings.TrimPrefix(returnMark(r), ":")+string(a.Code), KindReturnApproval, cards.ReturnApproval(n.d.o.Signer, n.o, r))
			reached = true
		}
	}
	if !reached {
		n.log.Error("approval of a return reaches nobody")
		n.toOverseers(KindStuck, cards.Message{Text: fmt.Sprintf("%s 等%s审批，可现在找不到人。补上名单后，让审批人回复「同意 %s」或「驳回 %s 原因」。",
			n.o.ID.Return(r.No), r.Node.Who(), n.o.ID.Return(r.No), n.o.ID.Return(r.No))})
	}
}

// expectGoods tells the warehouse what comes back.
func (n *news) expectGoods(r *orders.Return) {
	m := cards.ReturnGoods(n.d.o.Signer, n.o, r)
	for _, role := range []orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead} {
		reached := false
		for _, s := range n.cat.StaffWith(role) {
			if chat, ok := reach(s, n.d.o.Platforms, staffPlatforms...); ok {
				n.put(chat, strings.TrimPrefix(returnMark(r), ":")+string(s.Code), KindReturnGoods, m)
				reached = true
			}
		}
		if reached {
			return
		}
	}
	n.log.Error("a return reaches nobody in the warehouse")
	n.toOverseers(KindStuck, m)
}

// hurryReturn reminds those who have a return now, and, once it is late, those above them.
func (n *news) hurryReturn(r *orders.Return, m cards.Message, isLate bool) {
	n.toSales(KindReminder, m)
	var who []*orders.Staff
	switch {
	case r.Status == orders.ReturnWaiting:
		var added []orders.Approver
		for _, a := range n.cat.Approvers(n.o, r.Node, n.now) {
			if slices.Contains(r.Node.Extra, a.Code) {
				added = append(added, a)
			} else {
				who = append(who, a.Staff)
			}
		}
		if isLate && len(added) > 0 {
			n.askFinance(r, added)
		}
	case r.Status != orders.ReturnAsked:
		who = withRoles(n.cat, orders.RoleWarehouse, orders.RoleWarehouseLead)
	}
	for _, s := range who {
		n.tell(s, KindReminder, m, staffPlatforms...)
	}
	if !isLate {
		return
	}
	for _, s := range append(who, n.cat.StaffByCode(n.o.Sales)) {
		if s == nil {
			continue
		}
		if up := n.cat.StaffByCode(s.Superior); up != nil {
			n.tell(up, KindReminder, m, staffPlatforms...)
		}
	}
	n.toOverseers(KindReminder, m)
}
