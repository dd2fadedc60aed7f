package notify

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// news is one event on its way to the people whom it concerns. The order is locked and as it is
// now, which may be later than the event.
type news struct {
	d   *Dispatcher
	tx  Tx
	e   orders.Event
	o   *orders.Order
	cat *orders.Catalog
	now time.Time
	log *slog.Logger
	out []orders.Delivery
}

// route tells everybody whom the event concerns.
func (n *news) route() error {
	switch n.e.Kind {
	case orders.EventConfirmed:
		if err := errors.Join(n.d.o.Desk.ProposeEarly(n.tx, n.o), n.d.o.Desk.ProposeSamePhone(n.tx, n.o)); err != nil {
			return err
		}
		if n.e.Actor != string(n.o.Sales) { // who confirmed has the clerk's answer
			n.tellSales(KindMoved)
		}
		n.tellInterested()
		if n.o.Carries(orders.RequireGift) && !n.o.Status.Ended() && n.o.Status != orders.StatusDraft {
			n.tellRole(KindGift, cards.Gifts(n.o), orders.RolePurchasing)
		}
	case orders.EventApprovalRequested:
		return n.requested()
	case orders.EventApprovalReminded:
		n.reminded()
	case orders.EventApprovalEscalated:
		return n.escalated()
	case orders.EventApprovalCovered:
		return n.covered()
	case orders.EventApprovalDecided:
		n.tellSales(KindDecided)
		node := n.node()
		for i := range n.o.Nodes { // what was needed besides may be needed no more
			if x := &n.o.Nodes[i]; node != nil && node.Stage != 0 && x.Stage == node.Stage && x.Seq != node.Seq {
				if err := n.settleApproval(x); err != nil {
					return err
				}
			}
		}
		return n.settleApproval(node)
	case orders.EventApproved:
		return errors.Join(n.approved(), n.propose())
	case orders.EventInvoicing:
		return n.invoicing()
	case orders.EventPlanning:
		return n.planning()
	case orders.EventSentBack:
		n.tellSales(KindDecided)
		return n.stop(KindGreen, cards.StopGreen(n.o, "退回修改，还没有下单", ""))
	case orders.EventRejected:
		n.tellSales(KindDecided)
		if err := n.stop(KindGreen, cards.StopGreen(n.o, "被驳回", n.o.CloseReason)); err != nil {
			return err
		}
		return n.tellOrigin(KindCustomer, n.toldCustomer())
	case orders.EventCancelled:
		return n.cancelled()
	case orders.EventExpired:
		return n.expired()
	case orders.EventReservationEnded:
		n.tellSales(KindReservation)
		for _, node := range n.o.OpenNodes() {
			n.tellApprovers(node, KindReservation, n.told())
		}
	case orders.EventTriggered:
		return n.triggered()
	case orders.EventGreen:
		n.green()
	case orders.EventGreenEnded:
		n.tellGreen()
		return n.settleAlerts()
	case orders.EventUrgent, orders.EventUrgentRepeated:
		return n.alert()
	case orders.EventBatchLeft:
		n.tellSales(KindMoved)
	case orders.EventTogether:
		n.together()
	case orders.EventMerged:
		return n.merged()
	case orders.EventChanged, orders.EventChangeRepeated:
		return n.changed()
	case orders.EventChangeTaken:
		n.tellSales(KindTold)
		return n.settleNotices()
	case orders.EventAcknowledged:
		n.tellSales(KindTold)
		return n.settleAlerts()
	case orders.EventShortage:
		n.tellSales(KindShort)
		n.tellRole(KindShort, cards.Shortage(n.o), orders.RolePurchasing)
	case orders.EventServed:
		n.tellSales(KindMoved)
		return errors.Join(n.tellCustomer(KindArrived), n.arrived())
	case orders.EventSlotBooked, orders.EventSlotFreed:
		if s := orders.ParseSlot(n.e.Data["slot"]); s != nil {
			if who := n.cat.StaffByCode(s.Engineer); who != nil {
				s.Name = who.Name
				if m, ok := cards.Slot(n.o, s, n.e.Kind == orders.EventSlotBooked); ok {
					n.tell(who, KindSlot, m, staffPlatforms...)
				}
			}
		}
	case orders.EventPapers:
		if n.e.Actor != string(n.o.Sales) { // who said so has the clerk's answer
			n.tellSales(KindMoved)
		}
		if n.o.Status != orders.StatusPendingApproval {
			n.tellWarehouse(KindPapers)
		}
	case orders.EventShipped:
		n.tellSales(KindMoved)
		return n.tellCustomer(KindShipped)
	case orders.EventParcelMoved:
		if told, err := n.toldBefore(); told || err != nil {
			return err
		}
		if m := n.told(); m != nil { // only what is wrong
			n.tellSales(KindException)
			n.tellRole(KindException, *m, orders.RoleService)
		}
		return n.tellCustomer(KindDelayed)
	case orders.EventDelivered:
		n.tellSales(KindMoved)
		n.e.Data = map[string]string{"installs": strconv.FormatBool(n.o.Installs(n.cat))}
		return n.tellCustomer(KindDelivered)
	case orders.EventStage:
		return n.staged()
	case orders.EventReturn:
		return n.returned()
	case orders.EventServiceAsked:
		n.asked()
	case orders.EventException, orders.EventExceptionAgain, orders.EventExceptionLevel, orders.EventExceptionClosed:
		return n.exceptional()
	case orders.EventSurgery:
		return n.surgery()
	case orders.EventEarly:
		return n.early()
	case orders.EventEarlySettled:
		return n.earlySettled()
	case orders.EventCountdown:
		return n.countDown()
	case orders.EventWeather:
		return n.d.o.Desk.Repromise(n.tx, n.o, n.e)
	case orders.EventPromised:
		n.tellSales(KindMoved)
		if n.e.Data["staff"] == "" {
			return n.tellCustomer(KindDelayed)
		}
	default: // others act upon it, or nobody
	}
	return nil
}

// key is that of a message of the event to somebody.
func (n *news) key(kind, who string) string { return fmt.Sprintf("event:%d:%s:%s", n.e.ID, kind, who) }

// put lays a message out for a chat. who makes its key: an event tells each receiver a thing once.
func (n *news) put(chat orders.Chat, who, kind string, m cards.Message) {
	n.out = append(n.out, orders.Delivery{
		Key: n.key(kind, who), Chat: chat, Kind: kind, Order: n.e.Order, Body: body(m), Created: n.now,
	})
}

// tell sends a message to a member of the staff, on the first platform of order where the person
// can be reached. It returns false where there is none. Who is told already is not told again.
func (n *news) tell(s *orders.Staff, kind string, m cards.Message, order ...orders.Platform) bool {
	chat, ok := reach(s, n.d.o.Platforms, order...)
	told := slices.ContainsFunc(n.out, func(d orders.Delivery) bool { return d.Chat == chat && d.Kind == kind })
	if ok && !told {
		n.put(chat, string(s.Code), kind, m)
	}
	return ok
}

// tellRole tells all who hold a role.
func (n *news) tellRole(kind string, m cards.Message, role orders.Role) {
	for _, s := range n.cat.StaffWith(role) {
		n.tell(s, kind, m, staffPlatforms...)
	}
}

// tellWarehouse tells the event to the keepers of the warehouse, or, where there are none, to its leads.
func (n *news) tellWarehouse(kind string) {
	m := n.told()
	for _, role := range []orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead} {
		if staff := n.cat.StaffWith(role); m != nil && len(staff) > 0 {
			n.tellRole(kind, *m, role)
			return
		}
	}
}

// tellInterested tells the roles that the order's route names; of account managers it is the customer's own, where there is one.
func (n *news) tellInterested() {
	m := n.told()
	for word := range strings.SplitSeq(n.e.Data["tell"], ",") {
		role := orders.Role(word)
		if own := n.cat.ManagerOf(n.cat.Customer(n.o.Customer)); m != nil && role == orders.RoleAccountManager && own != nil {
			n.tell(own, KindTold, *m, staffPlatforms...)
		} else if m != nil && word != "" {
			n.tellRole(KindTold, *m, role)
		}
	}
}

// told is the event in words for the staff, nil where it says nothing new.
func (n *news) told() *cards.Message {
	m, ok := cards.Told(n.o, n.e, n.cat)
	if !ok {
		return nil
	}
	return &m
}

// tellSales tells the event to whoever answers for the order.
func (n *news) tellSales(kind string) {
	if m := n.told(); m != nil {
		n.toSales(kind, *m)
	}
}

// toSales sends a message to the order's owner and to the member of the staff who wrote it, where
// that is another, each where the order was written if they have an account there. Where neither
// can be reached the overseers are told: no order is without somebody who hears of it.
func (n *news) toSales(kind string, m cards.Message) {
	source := n.o.Source.Chat.Platform
	order := append([]orders.Platform{source}, staffPlatforms...)
	reached := false
	for _, s := range []*orders.Staff{n.cat.StaffByAccount(source, n.o.Source.Sender), n.cat.StaffByCode(n.o.Sales)} {
		if s != nil {
			reached = n.tell(s, kind, m, order...) || reached
		}
	}
	if !reached {
		n.toOverseers(kind, m)
	}
}

func (n *news) toOverseers(kind string, m cards.Message) {
	reached := false
	for _, s := range overseers(n.cat) {
		reached = n.tell(s, kind, m, staffPlatforms...) || reached
	}
	if !reached {
		n.log.Error("nobody can be told", "message", kind)
	}
}

// tellCustomer tells the event to everybody who is bound to the customer: by the service account,
// and in 微信客服 where the order came from there, for nobody can be written to there unasked.
func (n *news) tellCustomer(kind string) error {
	if _, ok := cards.ToldCustomer(n.o, n.e, ""); !ok {
		return nil
	}
	chats, err := n.customerChats()
	if err != nil || len(chats) == 0 {
		return err
	}
	link, err := n.page()
	if err != nil {
		return err
	}
	m, _ := cards.ToldCustomer(n.o, n.e, link)
	n.putEach(chats, kind, m)
	return nil
}

// customerChat is a chat in which a customer can be written to, and what tells it from others in the keys of deliveries.
type customerChat struct {
	orders.Chat

	mark string
}

// customerChats are those of everybody who is bound to the customer and can be written to unasked, and of who wrote the order in 微信客服.
func (n *news) customerChats() ([]customerChat, error) {
	bindings, err := n.tx.BindingsOf(n.o.Customer)
	if err != nil {
		return nil, err
	}
	var out []customerChat
	for _, b := range bindings {
		chat := orders.Chat{Platform: b.Platform, ID: b.Person}
		if b.Platform == orders.KF {
			if n.o.Source.Chat.Platform != orders.KF || b.Person != n.o.Source.Sender {
				continue
			}
			chat = n.o.Source.Chat
		}
		if n.d.o.Platforms[b.Platform] {
			out = append(out, customerChat{chat, "b" + strconv.FormatInt(b.ID, 10)})
		}
	}
	return out, nil
}

func (n *news) putEach(chats []customerChat, kind string, m cards.Message) {
	for _, c := range chats {
		n.put(c.Chat, c.mark, kind, m)
	}
}

// page is the address of the order's page, "" where none can be reached.
func (n *news) page() (string, error) {
	if n.d.o.PageURL == nil {
		return "", nil
	}
	token, err := n.tx.OrderLink(n.o.ID)
	if err != nil {
		return "", err
	}
	return n.d.o.PageURL(token), nil
}

// fromCustomer tells whether a customer wrote the order.
func (n *news) fromCustomer() bool {
	p := n.o.Source.Chat.Platform
	return p == orders.KF || p == orders.ServiceAccount
}

// tellOrigin tells a customer who wrote the order what became of it, in the chat where they did,
// unless they are not the customer's any more.
func (n *news) tellOrigin(kind string, m *cards.Message) error {
	chat := n.o.Source.Chat
	if m == nil || !n.fromCustomer() || !n.d.o.Platforms[chat.Platform] {
		return nil
	}
	bindings, err := n.tx.BindingsOf(n.o.Customer)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(bindings, func(b orders.Binding) bool { return b.Platform == chat.Platform && b.Person == n.o.Source.Sender }) {
		n.put(chat, "origin", kind, *m)
	}
	return nil
}

// toldCustomer is the event in words for a customer, nil where it says nothing to them.
func (n *news) toldCustomer() *cards.Message {
	m, ok := cards.ToldCustomer(n.o, n.e, "")
	if !ok {
		return nil
	}
	return &m
}

// node is the approval node that the event is about, nil if there is none.
func (n *news) node() *orders.Node {
	seq, err := strconv.Atoi(n.e.Data["node"])
	if err != nil {
		return nil
	}
	return n.o.Node(seq)
}

// waits tells whether the event's node still waits for a decision.
func (n *news) waits(node *orders.Node) bool {
	return node != nil && node.Status == orders.NodeOpen && n.o.Status == orders.StatusPendingApproval
}

// approverPlatforms is where approvers are asked: their cards are DingTalk's.
var approverPlatforms = []orders.Platform{orders.DingTalk, orders.WeCom}

// requested sends a node's card to everybody who may decide it.
func (n *news) requested() error {
	node := n.node()
	if !n.waits(node) {
		return nil
	}
	return n.ask(node, n.cat.Approvers(n.o, node, n.now), n.vacant(node))
}

// vacant says why nobody can decide a node.
func (n *news) vacant(node *orders.Node) string {
	switch {
	case len(node.Approvers(n.cat)) > 0:
		return "会签里一个人只算一个角色，能审批的都已经同意过了"
	case node.Assignee != "":
		return "员工名单里已经没有" + node.AssigneeName
	}
	return "员工名单里还没有人担任" + node.Who()
}

// ask sends a node's card, one to one. Where it reaches nobody the overseers and the salesperson
// are told, so that the order is not stuck in silence; nobody says why there is nobody to ask.
func (n *news) ask(node *orders.Node, who []orders.Approver, nobody string) error {
	reached := false
	for _, s := range who {
		if chat, ok := reach(s.Staff, n.d.o.Platforms, approverPlatforms...); ok {
			m, err := n.approvalCard(node, s)
			if err != nil {
				return err
			}
			n.put(chat, nodeMark(node)+string(s.Code), KindApproval, m)
			reached = true
		}
	}
	if reached {
		return nil
	}
	if len(who) > 0 {
		nobody = "该审批的人都没有能用的企业微信或钉钉账号"
	}
	text := fmt.Sprintf("订单 %s 等%s审批，可现在找不到人：%s。\n%s %s。补上名单后，让审批人回复「同意 %s」或「驳回 %s 原因」。",
		n.o.ID, node.Who(), nobody, n.o.CustomerName, n.o.Payable(), n.o.ID, n.o.ID)
	if node.DueAt.After(n.now) {
		text += "\n到 " + node.DueAt.In(beijing).Format("1月2日 15:04") + " 还没有结果会转给上级。"
	}
	n.log.Error("approval reaches nobody", "role", node.Role)
	n.toOverseers(KindStuck, cards.Message{Text: text})
	n.toSales(KindStuck, cards.Message{Text: text})
	return nil
}

// beijing is the zone of everything that people read.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// nodeMark stands in the keys of a node's cards, so that its copies are found again.
func nodeMark(node *orders.Node) string { return fmt.Sprintf("n%d:", node.Seq) }

// approvalCard draws a node's card for somebody.
func (n *news) approvalCard(node *orders.Node, who orders.Approver) (cards.Message, error) {
	v := cards.ApprovalView{Customer: n.cat.Customer(n.o.Customer), Waiting: n.now.Sub(node.OpenedAt)}
	if who.For != nil {
		v.Deputy = who.Title()
	}
	if s := n.cat.StaffByCode(n.o.Sales); s != nil {
		v.Sales = s.Name
	}
	var err error
	if v.Exposure, err = n.tx.HoldCredit(n.o.Customer, 0); err != nil {
		return cards.Message{}, err
	}
	if v.Past, err = n.tx.Dealings(n.o, n.now.AddDate(0, 0, -cards.PastDays)); err != nil {
		return cards.Message{}, err
	}
	if v.Link, err = n.page(); err != nil {
		return cards.Message{}, err
	}
	return cards.Approval(n.d.o.Signer, n.o, node, v), nil
}

// tellApprovers sends words to all who may decide a node that waits.
func (n *news) tellApprovers(node *orders.Node, kind string, m *cards.Message) {
	if m == nil || !n.waits(node) {
		return
	}
	for _, s := range n.cat.Approvers(n.o, node, n.now) {
		n.tell(s.Staff, kind, *m, approverPlatforms...)
	}
}

func (n *news) reminded() {
	if node := n.node(); n.waits(node) {
		m := cards.Reminder(n.o, node, false)
		n.tellApprovers(node, KindReminder, &m)
	}
}

// escalated asks those to whom an overdue node was passed on, and tells its approvers and the
// salesperson.
func (n *news) escalated() error {
	node := n.node()
	if !n.waits(node) {
		return nil
	}
	n.tellSales(KindReminder)
	var who []orders.Approver
	for _, s := range n.cat.Approvers(n.o, node, n.now) {
		if slices.Contains(node.Extra, s.Code) || s.For != nil && slices.Contains(node.Extra, s.For.Code) {
			who = append(who, s)
		} else {
			n.tell(s.Staff, KindReminder, cards.Reminder(n.o, node, true), approverPlatforms...)
		}
	}
	return n.ask(node, who, "已经超时，也没有上级可以转")
}

// covered sends a node's card to those who may decide it and have none: deputies of who has left, who is
// back, and those above where a person's consent was spent on another part of the step.
func (n *news) covered() error {
	node := n.node()
	if !n.waits(node) {
		return nil
	}
	all := n.cat.Approvers(n.o, node, n.now)
	who, err := withoutCard(n.tx, n.o, node, slices.Clone(all))
	if err != nil || len(who) == 0 && len(all) > 0 {
		return err
	}
	return n.ask(node, who, n.vacant(node))
}

// withoutCard leaves out those who have a node's card.
func withoutCard(tx Tx, o *orders.Order, node *orders.Node, who []orders.Approver) ([]orders.Approver, error) {
	sent, err := tx.DeliveriesOf(o.ID, KindApproval)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(who, func(a orders.Approver) bool {
		return slices.ContainsFunc(sent, func(d orders.Delivery) bool { return strings.HasSuffix(d.Key, ":"+nodeMark(node)+string(a.Code)) })
	}), nil
}

// asked passes on a wish that only a person can grant: to whoever answers for the order, unless
// it is theirs, to customer service, and, where somebody hurries, to who has the order now.
func (n *news) asked() {
	m := n.told()
	if m == nil {
		return
	}
	if n.e.Actor != string(n.o.Sales) {
		n.toSales(KindService, *m)
	}
	n.tellRole(KindService, *m, orders.RoleService)
	if n.e.Data["intent"] != "urge" {
		return
	}
	switch n.o.Status {
	case orders.StatusPendingApproval:
		for _, node := range n.o.OpenNodes() {
			n.tellApprovers(node, KindService, m)
		}
	case orders.StatusApproved, orders.StatusAllocated, orders.StatusStocked, orders.StatusPicking, orders.StatusChecked:
		n.tellRole(KindService, *m, orders.RoleWarehouseLead)
		n.tellRole(KindService, *m, orders.RoleWarehouse)
	default:
	}
}

// settleApproval brings every copy of a node's card to what became of it.
func (n *news) settleApproval(node *orders.Node) error {
	if node == nil || node.Status == orders.NodeOpen || node.Status == orders.NodeWaiting {
		return nil
	}
	return n.settle(KindApproval, KindApprovalSettled, marked(":"+nodeMark(node)), cards.ApprovalSettled(n.o, node))
}

// settleAlerts brings every copy of an urgent order's alert to who has taken it.
func (n *news) settleAlerts() error {
	if a := n.o.Alert; a != nil && a.AckBy == "" {
		return nil
	}
	return n.settle(KindUrgent, KindUrgentSettled, marked(""), cards.UrgentSettled(n.o))
}

// marked fits keys with a mark.
func marked(mark string) func(key string) bool {
	return func(key string) bool { return strings.Contains(key, mark) }
}

// settle replaces every card of a kind, but those that are replaced already: a click in WeCom
// changes its own card. fits tells by their keys which are meant.
func (n *news) settle(kind, settled string, fits func(key string) bool, m cards.Message) error {
	copies, err := n.tx.DeliveriesOf(n.e.Order, kind)
	if err != nil {
		return err
	}
	done, err := n.tx.DeliveriesOf(n.e.Order, settled)
	if err != nil {
		return err
	}
	replaced := make(map[int64]bool, len(done))
	for _, d := range done {
		replaced[d.Update] = true
	}
	for i := range copies {
		c := &copies[i]
		if replaced[c.ID] || c.Update != 0 || !fits(c.Key) {
			continue
		}
		n.out = append(n.out, orders.Delivery{
			Key: fmt.Sprintf("event:%d:%s:%d", n.e.ID, settled, c.ID), Chat: c.Chat, Kind: settled, Order: n.e.Order,
			Body: body(m), Update: c.ID, Created: n.now,
		})
	}
	return nil
}

// approved tells the salesperson, the customer and the warehouse.
func (n *news) approved() error {
	if n.o.Status == orders.StatusCancelled {
		return nil
	}
	if !n.o.PassedByRule() || n.e.Actor != string(n.o.Sales) { // who confirmed has the clerk's answer
		n.tellSales(KindDecided)
	}
	if err := n.tellCustomer(KindConfirmed); err != nil {
		return err
	}
	switch n.o.Status { // in all others there is nothing to pick any more
	case orders.StatusApproved, orders.StatusAllocated, orders.StatusPicking:
	default:
		return nil
	}
	if n.o.NeedsContract(n.cat) {
		n.toSales(KindContract, cards.Message{File: cards.Contract(n.o, n.cat.Customer(n.o.Customer))})
	}
	if len(n.o.MissingPapers()) > 0 {
		n.tellRole(KindPapers, cards.Papers(n.o), orders.RolePurchasing)
	}
	return n.picking(false)
}

// arrived lets the warehouse pick an order that has got all it waited for: what it was told at the approval said that something is missing.
func (n *news) arrived() error {
	if n.o.Status != orders.StatusAllocated && n.o.Status != orders.StatusStocked {
		return nil
	}
	return n.picking(true)
}

// picking sends the warehouse what is to be picked for the order; hasCome tells that something had been lacking.
func (n *news) picking(hasCome bool) error {
	picks, err := n.tx.Picks(n.o.ID)
	if err != nil {
		return err
	}
	pick := cards.Picking(n.o, true, cards.PickView{Picks: picks, Catalog: n.cat, HasCome: hasCome, Now: n.now})
	for _, role := range []orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead} {
		reached := false
		for _, s := range n.cat.StaffWith(role) {
			chat, ok := reach(s, n.d.o.Platforms, staffPlatforms...)
			if !ok {
				continue
			}
			reached = true
			for i, m := range pick {
				n.put(chat, fmt.Sprintf("%s:%d", s.Code, i+1), KindPick, m)
			}
			if m, ok := cards.PickListCard(n.d.o.Signer, n.o, picks); ok {
				n.put(chat, string(s.Code), KindPickList, m)
			}
		}
		if reached {
			return nil
		}
	}
	text := fmt.Sprintf("订单 %s 已批准，可没有仓管能收到拣货通知。请安排备货，并在名单里补上仓管的账号。", n.o.ID)
	n.log.Error("pick message reaches nobody")
	n.toOverseers(KindStuck, cards.Message{Text: text})
	return nil
}

// cancelled settles all cards of an order that was withdrawn and stops the warehouse.
func (n *news) cancelled() error {
	if n.e.Actor != string(n.o.Sales) {
		n.tellSales(KindMoved)
	}
	if n.e.Actor != string(n.o.Customer) {
		if err := n.tellOrigin(KindCustomer, n.toldCustomer()); err != nil {
			return err
		}
	}
	for i := range n.o.Nodes {
		if err := n.settleApproval(&n.o.Nodes[i]); err != nil {
			return err
		}
	}
	if err := errors.Join(n.settleAlerts(), n.settleNotices()); err != nil {
		return err
	}
	return errors.Join(n.stop(KindPick, cards.StopPicking(n.o)), n.stop(KindGreen, cards.StopGreen(n.o, "已取消", n.o.CloseReason)), n.unplan())
}

// stop stops everybody who was told to begin by a message of a kind and was not stopped since, once.
func (n *news) stop(kind string, m cards.Message) error {
	begun, err := n.tx.DeliveriesOf(n.o.ID, kind)
	if err != nil {
		return err
	}
	stopped, err := n.tx.DeliveriesOf(n.o.ID, KindStop)
	if err != nil {
		return err
	}
	var chats []orders.Chat
	for _, b := range begun {
		if !n.d.o.Platforms[b.Chat.Platform] { // it was when they were told
			continue
		}
		isStopped := func(d orders.Delivery) bool { return d.Chat == b.Chat && d.ID > b.ID }
		if !slices.Contains(chats, b.Chat) && !slices.ContainsFunc(stopped, isStopped) {
			chats = append(chats, b.Chat)
			n.put(b.Chat, kind+":"+string(b.Chat.Platform)+":"+b.Chat.ID, KindStop, m)
		}
	}
	return nil
}

// expired tells the chat in which the draft was made.
func (n *news) expired() error {
	chat := n.o.Source.Chat
	sentBack := slices.ContainsFunc(n.o.Nodes, func(x orders.Node) bool { return x.Status == orders.NodeReturned })
	switch m := n.told(); {
	case m == nil:
	case n.fromCustomer() && sentBack: // the customer had confirmed it
		n.toSales(KindExpired, *m)
		return n.tellOrigin(KindExpired, n.toldCustomer())
	case n.fromCustomer():
		return n.tellOrigin(KindExpired, m)
	case chat.ID != "" && n.d.o.Platforms[chat.Platform]:
		n.put(chat, "origin", KindExpired, *m)
	default:
		n.toSales(KindExpired, *m)
	}
	return nil
}

// triggered tells the roles that a trigger of the rules names; where somebody is named and nobody is there, the overseers.
func (n *news) triggered() error {
	m := cards.Triggered(n.o, n.e.Data["rule"], n.e.Data["text"])
	for word := range strings.SplitSeq(n.e.Data["tell"], ",") {
		role := orders.Role(word)
		if staff := n.cat.StaffWith(role); word != "" && len(staff) == 0 {
			n.toOverseers(KindStuck, cards.Message{Text: "员工名单里没有" + role.String() + "，规则要通知的事：\n" + m.Text})
		}
		n.tellRole(KindTold, m, role)
	}
	if n.e.Data["copy"] == "" {
		return nil
	}
	for word := range strings.SplitSeq(n.e.Data["copy"], ",") {
		if err := n.copyCredit(orders.Role(word), false); err != nil {
			return err
		}
	}
	return nil
}

// green tells of a channel that has begun: everybody who has to do with the order, and who has to act at once.
func (n *news) green() {
	g := n.o.Green
	if g == nil || g.State != orders.GreenOpen || n.o.Status.Ended() {
		return
	}
	n.tellGreen()
	if n.o.Status == orders.StatusDraft {
		return // again when it is confirmed
	}
	if g.SkipCredit {
		if m := n.told(); m != nil {
			n.tellRole(KindTold, *m, orders.RoleFinance)
		}
	}
	for _, task := range []struct {
		is   orders.GreenSwitches
		isOn bool
		role orders.Role
	}{{orders.GreenSwitches{Production: true}, g.Production, orders.RolePlanner}, {orders.GreenSwitches{Customs: true}, g.Customs, orders.RolePurchasing}} {
		if !task.isOn {
			continue
		}
		m := cards.GreenTask(n.o, task.is.Words())
		reached := false
		for _, s := range n.cat.StaffWith(task.role) {
			reached = n.tell(s, KindGreen, m, staffPlatforms...) || reached
		}
		if !reached {
			m.Text = "没有" + task.role.String() + "能收到，请安排：\n" + m.Text
			n.toOverseers(KindStuck, m)
		}
	}
}

// tellGreen tells of a channel that begins or ends: the salesperson, whoever opened it, and who has to decide.
func (n *news) tellGreen() {
	if n.e.Actor != string(n.o.Sales) {
		n.tellSales(KindMoved)
	}
	m := n.told()
	if m == nil || n.o.Green == nil {
		return
	}
	if s := n.cat.StaffByCode(n.o.Green.By); s != nil && n.e.Actor != string(s.Code) {
		n.tell(s, KindMoved, *m, staffPlatforms...)
	}
	for _, node := range n.o.OpenNodes() {
		n.tellApprovers(node, KindTold, m)
	}
}

// alert alarms the one whose turn it is. Only the newest alarm of an order is worth sending.
func (n *news) alert() error {
	if n.e.Kind == orders.EventUrgent {
		if err := n.copyCredit(orders.RoleFinance, true); err != nil { // while the warehouse is at work
			return err
		}
	}
	a := n.o.Alert
	step, repeat := n.e.Data["step"], n.e.Data["repeat"]
	if a == nil || a.AckBy != "" || step != strconv.Itoa(a.Step) || repeat != "" && repeat != strconv.Itoa(a.Repeats) ||
		repeat == "" && a.Repeats > 1 {
		return nil
	}
	list := n.watch()
	if len(list) == 0 {
		n.log.Error("urgent alert reaches nobody")
		n.toSales(KindStuck, cards.Message{Text: fmt.Sprintf("加急订单 %s 没有人能收到提醒：名单里仓库、运营都没有可用的账号。请直接联系仓库。", n.o.ID)})
		return nil
	}
	n.tell(list[a.Step%len(list)], KindUrgent, cards.UrgentAlert(n.d.o.Signer, n.o), staffPlatforms...)
	if n.e.Kind == orders.EventUrgent {
		return n.recordUrgent(list[a.Step%len(list)])
	}
	return nil
}

// watch are those who are alarmed one after the other until somebody takes what they are alarmed about.
func (n *news) watch() []*orders.Staff {
	return slices.DeleteFunc(
		withRoles(n.cat, orders.RoleWarehouseLead, orders.RoleWarehouse, orders.RoleOperations, orders.RoleAdmin),
		func(s *orders.Staff) bool {
			_, ok := reach(s, n.d.o.Platforms, staffPlatforms...)
			return !ok
		})
}

// changed tells of a change that took effect or was refused: the approvers of before that their cards are void, the
// salesperson, the customer who wrote the order, and, where the warehouse has the order on its list, everybody there who
// got it, with what is new. Who has not taken it hears of it again, then the next one.
func (n *news) changed() error {
	c := n.change()
	if c == nil {
		return nil
	}
	step, repeat := n.e.Data["step"], n.e.Data["repeat"]
	isFirst := n.e.Kind == orders.EventChanged
	if isFirst {
		for i := range n.o.Nodes {
			if err := n.settleApproval(&n.o.Nodes[i]); err != nil {
				return err
			}
		}
		if n.e.Actor != string(n.o.Sales) {
			n.tellSales(KindDecided)
		}
		if n.e.Actor != string(n.o.Customer) {
			if err := n.tellOrigin(KindCustomer, n.toldCustomer()); err != nil {
				return err
			}
		}
		if err := errors.Join(n.settleAlerts(), n.settleNotices(), n.planning()); err != nil {
			return err
		}
	}
	a := c.Notice
	if !a.Ringing() || !isFirst && (step != strconv.Itoa(a.Step) || repeat != strconv.Itoa(a.Repeats)) {
		return nil
	}
	m, who := cards.ChangeNotice(n.d.o.Signer, n.o, c), changeMark(c)
	if isFirst {
		picks, err := n.tx.DeliveriesOf(n.o.ID, KindPick)
		if err != nil {
			return err
		}
		for _, p := range picks {
			if !slices.ContainsFunc(n.out, func(d orders.Delivery) bool { return d.Chat == p.Chat && d.Kind == KindChange }) {
				n.put(p.Chat, who+string(p.Chat.Platform)+":"+p.Chat.ID, KindChange, m)
			}
		}
		if len(picks) > 0 {
			return nil
		}
	}
	list := n.watch()
	if len(list) == 0 {
		n.log.Error("change reaches nobody")
		n.toSales(KindStuck, cards.Message{Text: fmt.Sprintf("订单 %s 改了，可仓库没有人能收到通知：名单里仓库、运营都没有可用的账号。请直接联系仓库。", n.o.ID)})
		return nil
	}
	s := list[a.Step%len(list)]
	if chat, ok := reach(s, n.d.o.Platforms, staffPlatforms...); ok {
		n.put(chat, who+string(s.Code), KindChange, m)
	}
	return nil
}

// change is the change that the event is about, nil if there is none.
func (n *news) change() *orders.Change {
	if no, err := strconv.Atoi(n.e.Data["change"]); err == nil && no > 0 {
		return n.o.Change(no)
	}
	return nil
}

// changeMark stands in the keys of a change's notices, so that its copies are found again.
func changeMark(c *orders.Change) string {
	return fmt.Sprintf("c%d.%d:", c.No, c.Notice.RaisedAt.UnixMilli())
}

// settleNotices brings every copy of a notice that nobody has to take any more to what became of it.
func (n *news) settleNotices() error {
	for i := range n.o.Changes {
		c := &n.o.Changes[i]
		if c.Notice == nil {
			continue
		}
		fits := func(key string) bool {
			return strings.Contains(key, fmt.Sprintf(":c%d.", c.No)) && (!c.Notice.Ringing() || !strings.Contains(key, changeMark(c)))
		}
		if err := n.settle(KindChange, KindChangeSettled, fits, cards.ChangeTaken(n.o, c)); err != nil {
			return err
		}
	}
	return nil
}

// copyCredit shows the customer's credit to a role: not to who has seen the same since the order was confirmed, and, where
// once is true, not to who has seen any of it since then.
func (n *news) copyCredit(role orders.Role, once bool) error {
	exposure, err := n.tx.HoldCredit(n.o.Customer, 0)
	if err != nil {
		return err
	}
	sent, err := n.tx.DeliveriesOf(n.o.ID, KindUrgentCopy)
	if err != nil {
		return err
	}
	m := cards.UrgentCredit(n.o, n.cat.Customer(n.o.Customer), exposure)
	for _, s := range n.cat.StaffWith(role) {
		if !slices.ContainsFunc(sent, func(d orders.Delivery) bool {
			return strings.HasSuffix(d.Key, ":"+string(s.Code)) && !d.Created.Before(n.o.ConfirmedAt) && (once || bytes.Equal(d.Body, body(m)))
		}) {
			n.tell(s, KindUrgentCopy, m, staffPlatforms...)
		}
	}
	return nil
}
