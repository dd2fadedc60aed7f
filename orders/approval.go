package orders

import (
	"slices"
	"strconv"
	"time"
)

// openNode loads an order with the node that waits for a decision by s. seq and revision 0 mean
// whatever is current.
func (d *Desk) openNode(tx Tx, id OrderID, seq, revision int) (*Order, *Node, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	if seq != 0 {
		if n := o.Node(seq); n != nil && n.Status != NodeOpen && !n.DecidedAt.IsZero() {
			return nil, nil, Errorf(CodeConflict, "订单 %s 的%s审批%s，不用再操作", o.ID, n.Who(), n.Outcome(d.Now().Location()))
		}
	}
	if o.Status != StatusPendingApproval {
		return nil, nil, Errorf(CodeConflict, "订单 %s 现在是「%s」，不用审批了", o.ID, o.Status)
	}
	n := o.OpenNode()
	if at := o.Node(seq); at != nil && at.Status == NodeOpen {
		n = at
	}
	if n == nil || seq != 0 && n.Seq != seq || revision != 0 && revision != o.Revision {
		return nil, nil, Errorf(CodeConflict, "这张审批卡片是旧的，订单 %s 后来变过，没有改动。发「进度 %s」看现在到哪一步", o.ID, o.ID)
	}
	return o, n, nil
}

// mine is [Desk.openNode] for somebody who may decide it, who comes back as they do: in whose place.
func (d *Desk) mine(tx Tx, id OrderID, seq, revision int, by *Actor) (*Order, *Node, error) {
	o, n, err := d.openNode(tx, id, seq, revision)
	if err != nil {
		return nil, nil, err
	}
	nodes := []*Node{n}
	if seq == 0 {
		nodes = o.OpenNodes()
	}
	for _, n := range nodes {
		if by.Staff.May(RightApprove) == ScopeNone {
			break
		}
		if as, ok := d.Catalog().MayDecide(o, n, by.Staff, d.Now()); ok {
			if as.For != nil {
				by.For, by.Name = as.For.Name, as.Title()
			}
			return o, n, nil
		}
	}
	if slices.ContainsFunc(nodes, func(n *Node) bool {
		return slices.Contains(o.consented(n), StaffCode(by.Code)) && n.MayDecide(by.Staff)
	}) {
		return nil, nil, Errorf(CodeDenied, "订单 %s 是会签，一个人只算一个角色，您已经同意过，%s要另一位来审批，没有改动", o.ID, o.Awaits())
	}
	return nil, nil, Errorf(CodeDenied, "订单 %s 现在由%s审批，您没有这一步的权限，没有改动", o.ID, o.Awaits())
}

// settle notes what became of the open node and who did it.
func (n *Node) settle(d *Desk, status NodeStatus, reason string, by Actor) {
	n.Status, n.DecidedBy, n.Name, n.DecidedAt, n.Reason = status, StaffCode(by.Code), by.Name, d.Now(), reason
}

// decided is the event of a node that was settled.
func (d *Desk) decided(o *Order, n *Node, by Actor) Event {
	return d.event(o, EventApprovalDecided, by, map[string]string{"node": strconv.Itoa(n.Seq), "decision": string(n.Status)})
}

// mayInvolve refuses to let somebody decide their own order.
func mayInvolve(o *Order, s *Staff) error {
	if s.Code == o.Sales {
		return Errorf(CodeInvalid, "%s是这单的业务员，不能审批自己的订单，没有改动", s.Name)
	}
	return nil
}

// behind puts a node into the chain behind an open one and those open beside it. The numbers of those that wait move
// up: nobody has seen them yet.
func (o *Order) behind(at *Node, added Node) {
	i := len(o.Nodes) - 1
	for o.Nodes[i].Status == NodeWaiting {
		i--
	}
	added.Seq, added.Limit, added.Workdays = o.Nodes[i].Seq+1, at.Limit, at.Workdays
	added.Status, added.Role = NodeWaiting, at.Role
	for j := i + 1; j < len(o.Nodes); j++ {
		o.Nodes[j].Seq++
	}
	o.Nodes = slices.Insert(o.Nodes, i+1, added)
}

// finish stores an order whose chain has changed, with the record and the events.
func (d *Desk) finish(tx Tx, o *Order, by Actor, action, before, reason string, events []Event) (*Order, error) {
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, action, before, o.Status.String(), reason)); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// Transfer hands the open node to somebody else (转交), who alone decides it then.
func (d *Desk) Transfer(tx Tx, id OrderID, to *Staff, reason string, by Actor) (*Order, error) {
	o, n, err := d.mine(tx, id, 0, 0, &by)
	if err != nil {
		return nil, err
	}
	if to.Code == StaffCode(by.Code) {
		return nil, Errorf(CodeInvalid, "这一步本来就在您这里，没有改动")
	}
	if err := mayInvolve(o, to); err != nil {
		return nil, err
	}
	if slices.Contains(o.consented(n), to.Code) {
		return nil, Errorf(CodeInvalid, "%s已经同意过这次会签的另一个角色，一个人只算一个角色，没有改动", to.Name)
	}
	seq := n.Seq
	o.behind(n, Node{Assignee: to.Code, AssigneeName: to.Name, Stage: n.Stage})
	n = o.Node(seq) // the list has moved
	n.settle(d, NodeTransferred, reason, by)
	events := []Event{d.decided(o, n, by)}
	more, err := d.proceed(tx, o, by)
	if err != nil {
		return nil, err
	}
	return d.finish(tx, o, by, "转交（"+n.Who()+"）", o.Status.String(), "给"+to.Name+"。"+reason, append(events, more...))
}

// AddApprover adds somebody who decides after the open node (加签).
func (d *Desk) AddApprover(tx Tx, id OrderID, who *Staff, reason string, by Actor) (*Order, error) {
	o, n, err := d.mine(tx, id, 0, 0, &by)
	if err != nil {
		return nil, err
	}
	if err := mayInvolve(o, who); err != nil {
		return nil, err
	}
	for i := range o.Nodes {
		if x := &o.Nodes[i]; x.Assignee == who.Code && (x.Status == NodeWaiting || x.Status == NodeOpen) {
			return nil, Errorf(CodeConflict, "订单 %s 已经要%s审批了，没有改动", o.ID, who.Name)
		}
	}
	o.behind(n, Node{Assignee: who.Code, AssigneeName: who.Name})
	return d.finish(tx, o, by, "加签", o.Status.String(), who.Name+"。"+reason, []Event{d.event(o, EventApproverAdded, by, nil)})
}

// SendBack returns the order to its salesperson as a draft (退回): what it held is given back, and
// once confirmed again it goes through its whole chain.
func (d *Desk) SendBack(tx Tx, id OrderID, reason string, by Actor) (*Order, error) {
	o, n, err := d.mine(tx, id, 0, 0, &by)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, Errorf(CodeInvalid, "请写明退回原因，例如「退回 %s 交期请再确认」", o.ID)
	}
	before := o.Status.String()
	n.settle(d, NodeReturned, reason, by)
	events := []Event{d.decided(o, n, by)}
	if c := o.stands(); c != nil { // what is sent back is the change
		more, err := d.revert(tx, o, c, by)
		if err != nil {
			return nil, err
		}
		return d.finish(tx, o, by, "退回（"+n.Who()+"）", before, reason, append(events, more...))
	}
	more, err := d.end(tx, o, StatusDraft, "", EventSentBack, by)
	if err != nil {
		return nil, err
	}
	o.Revision++
	o.Exception, o.ConfirmedAt = "", time.Time{}
	delete(o.Reached, StatusPendingApproval)
	d.keepOpen(o)
	o.Findings = nil
	more[0].Data = map[string]string{"node": strconv.Itoa(n.Seq)}
	if err := d.check(tx, o, d.Rules(), Facts{Draft: true}); err != nil {
		return nil, err
	}
	return d.finish(tx, o, by, "退回（"+n.Who()+"）", before, reason, append(events, more...))
}

// Skip leaves out the step that is open (跳过), all of it. That needs the right, which approvers themselves don't have.
func (d *Desk) Skip(tx Tx, id OrderID, reason string, by Actor) (*Order, error) {
	if by.Staff.May(RightSkip) != ScopeAll { // before all else: who has tried is recorded, whatever the order is
		return nil, Errorf(CodeDenied, "跳过审批要运营主管或管理员，您没有这个权限，没有改动")
	}
	o, _, err := d.openNode(tx, id, 0, 0)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, Errorf(CodeInvalid, "请写明跳过的原因，例如「跳过 %s 财务出差，已电话确认」", o.ID)
	}
	before := o.Status.String()
	who := o.Awaits()
	var events []Event
	for _, n := range o.OpenNodes() {
		n.settle(d, NodeSkipped, reason, by)
		events = append(events, d.decided(o, n, by))
	}
	more, err := d.proceed(tx, o, by)
	if err != nil {
		return nil, err
	}
	return d.finish(tx, o, by, "跳过（"+who+"）", before, reason, append(events, more...))
}
