package orders

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// partsMost is into how many batches an order can be split at once.
const partsMost = 10

// mayJoin tells, as an error, why an order can't be split or merged with another now, and what can be done instead.
func (o *Order) mayJoin() error {
	if o.Status == StatusDraft {
		return Errorf(CodeConflict, "%s 还是草稿，先「确认 %s」再拆分或合并；草稿里直接说要改成什么就行", o.ID, o.ID)
	}
	if err := o.MayChange(); err != nil {
		return err
	}
	if err := o.mayPart(); err != nil {
		return err
	}
	if o.waiting() != nil {
		return Errorf(CodeConflict, "订单 %s 的变更还在等%s审批，批准后再拆分或合并。没有改动", o.ID, o.Awaits())
	}
	return nil
}

// Batches are the contents that an order would be parted into; of the last of them Base may be nil: all that is left. It returns a
// CodeInvalid error where they don't come to the order.
func (o *Order) Batches(parts []Part) ([]Content, error) {
	if n := len(parts); n > 0 && parts[n-1].Base == nil {
		parts = slices.Clone(parts)
		parts[n-1].Base = o.rest(parts[:n-1])
	}
	return o.divided(parts)
}

// divided are the lines of an order parted into batches, with what they cost. Nothing is priced anew: a line's amount is parted by
// quantity, in whole fen that come to it together, and the freight by what the batches cost. It returns a
// CodeInvalid error where the batches don't come to the order.
func (o *Order) divided(parts []Part) ([]Content, error) {
	if len(parts) < 2 || len(parts) > partsMost {
		return nil, Errorf(CodeInvalid, "一次可以拆成 2 到 %d 批，没有改动", partsMost)
	}
	out := make([]Content, len(parts))
	for i := range parts {
		out[i] = o.Content()
		out[i].Lines = nil
		out[i].Total = 0
		if parts[i].DeliverBy != "" {
			out[i].DeliverBy = parts[i].DeliverBy
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		left, given := l.Base, Money(0)
		for k := range parts {
			n := parts[k].Base[l.No]
			switch {
			case n.IsNegative() || n.GreaterThan(left):
				return nil, Errorf(CodeInvalid, "%s 一共 %s%s，各批加起来不对，没有改动", l.Name, l.Base, l.BaseUnit)
			case n.IsZero():
				continue
			case l.Base.IsInteger() && !n.IsInteger():
				return nil, Errorf(CodeInvalid, "%s 不能拆成 %s%s，没有改动", l.Name, n, l.BaseUnit)
			}
			part := l.of(n)
			left = left.Sub(n)
			part.Amount = MoneyOf(l.Amount.Yuan().Mul(l.Base.Sub(left)).Div(l.Base)) - given // of all so far: no batch gets less than nothing
			given += part.Amount
			out[k].Lines = append(out[k].Lines, part)
			out[k].Total += part.Amount
		}
		if !left.IsZero() {
			return nil, Errorf(CodeInvalid, "%s 还有 %s%s 没有分到哪一批，没有改动", l.Name, left, l.BaseUnit)
		}
	}
	for k := range out {
		if len(out[k].Lines) == 0 {
			return nil, Errorf(CodeInvalid, "第 %d 批没有货，没有改动", k+1)
		}
	}
	o.partFreight(out)
	return out, nil
}

// partFreight gives each batch its share of the order's freight. Where the goods cost nothing the first batch has all of it.
func (o *Order) partFreight(out []Content) {
	goods, given := Money(0), Money(0)
	for k := range out {
		goods += out[k].Total
		sum := o.Freight.Amount
		if o.Total > 0 {
			sum = share(sum, decimal.NewFromInt(int64(goods)), decimal.NewFromInt(int64(o.Total)))
		}
		out[k].Freight = Freight{Amount: sum - given, Rule: o.Freight.Rule}
		if sum == given && o.Freight.Amount > 0 {
			out[k].Freight.Rule = freightOn(o.ID)
		}
		given = sum
	}
}

// of is a part of the line, of so many base units. Where it does not come to an amount of the line's unit that can be counted as the
// line's own, it is in base units.
func (l *Line) of(base Quantity) Line {
	p := *l
	p.Base, p.Reserved = base, decimal.Zero
	if p.Quantity = base.Mul(l.Quantity).Div(l.Base); p.Quantity.IsInteger() || !l.Quantity.IsInteger() && p.Quantity.Equal(p.Quantity.Round(3)) {
		return p
	}
	per := func(price decimal.Decimal) decimal.Decimal { return price.Mul(l.Quantity).Div(l.Base).Round(6) }
	p.Quantity, p.Unit, p.Price, p.ListPrice = base, l.BaseUnit, per(l.Price), per(l.ListPrice)
	if l.Stated != nil {
		stated := per(*l.Stated)
		p.Stated = &stated
	}
	return p
}

// AskSplit notes that somebody wants an order split into batches; of the last of them Base may be nil: all that is left. Nothing else
// happens before [Desk.Amend].
func (d *Desk) AskSplit(tx Tx, id OrderID, by Actor, parts []Part) (*Order, *Change, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	if err := o.mayJoin(); err != nil {
		return nil, nil, err
	}
	if n := len(parts); n > 0 && parts[n-1].Base == nil {
		parts = slices.Clone(parts)
		parts[n-1].Base = o.rest(parts[:n-1])
	}
	shares, err := o.divided(parts)
	if err != nil {
		return nil, nil, err
	}
	if err := o.owedBy(shares[0]); err != nil {
		return nil, nil, err
	}
	c := d.asks(o, Change{Kind: ChangeSplit, After: shares[0], Plan: &Plan{Parts: parts}}, by)
	if err := tx.SaveOrder(o); err != nil {
		return nil, nil, err
	}
	return o, c, tx.Audit(d.entry(o, by, "要求拆分", "", partWords(shares), ""))
}

// rest is what the batches leave of the order.
func (o *Order) rest(parts []Part) map[int]Quantity {
	out := make(map[int]Quantity, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		n := l.Base
		for _, p := range parts {
			n = n.Sub(p.Base[l.No])
		}
		if n.IsPositive() {
			out[l.No] = n
		}
	}
	return out
}

// owedBy refuses a splitting that leaves the order less than was invoiced for it: the credit would be held twice.
func (o *Order) owedBy(first Content) error {
	rest := *o
	first.Put(&rest)
	if o.Invoiced > rest.Receivable() {
		return Errorf(CodeConflict, "订单 %s 已开票 %s，第一批只有 %s，不够开票的金额，没有改动。请把第一批拆大些", o.ID, o.Invoiced, rest.Receivable())
	}
	return nil
}

// asks adds a change that waits to be confirmed, in place of one that does.
func (d *Desk) asks(o *Order, c Change, by Actor) *Change {
	for i := range o.Changes {
		if x := &o.Changes[i]; x.Status == ChangeAsked {
			x.Status = ChangeDropped
		}
	}
	c.No, c.Status, c.Revision, c.Was, c.By, c.Name, c.SaidAt, c.Before = len(o.Changes)+1, ChangeAsked, o.Revision, o.Status, by.Code, by.Name, d.said(by), o.Content()
	o.Changes = append(o.Changes, c)
	return &o.Changes[len(o.Changes)-1]
}

// partWords are batches in words.
func partWords(parts []Content) string {
	out := make([]string, len(parts))
	for i := range parts {
		out[i] = fmt.Sprintf("第 %d 批 %s", i+1, parts[i].Goods())
	}
	return strings.Join(out, "；")
}

// Goods are the lines in words: 外科口罩 30盒、手套 2箱.
func (c Content) Goods() string {
	out := make([]string, len(c.Lines))
	for i := range c.Lines {
		out[i] = c.Lines[i].title() + " " + c.Lines[i].amount()
	}
	return strings.Join(out, "、")
}

// split makes an order its first batch and new orders of the others. Quantities, money, what is held of stock and credit, and what was
// decided are parted among them: nothing is bought, priced or approved anew, and who still has to decide decides on each of them.
func (d *Desk) split(tx Tx, o *Order, c *Change, by Actor) (*Order, error) {
	if err := o.mayJoin(); err != nil {
		return nil, err
	}
	shares, err := o.divided(c.Plan.Parts)
	if err != nil {
		return nil, err
	}
	if err := o.owedBy(shares[0]); err != nil {
		return nil, err
	}
	now, isApproved := d.Now(), o.Status != StatusPendingApproval
	was := *o
	family := o.family()
	parts := make([]*Order, 0, len(shares)-1)
	for _, share := range shares[1:] {
		p := was
		if p.ID, err = tx.NextOrderID(now); err != nil {
			return nil, err
		}
		share.Put(&p)
		p.renumber() // not those of the order itself: by their numbers its stock is held
		p.detach(&was, now)
		parts = append(parts, &p)
	}
	shares[0].Put(o)
	c.Status, c.DoneAt, c.After = ChangeDone, now, o.Content()
	o.Revision++
	o.Entry.Changed++
	for _, p := range parts {
		c.Plan.Made = append(c.Plan.Made, p.ID)
		o.akin(p.ID, KinPart, family, now)
		p.akin(o.ID, KinWhole, family, now)
		for _, other := range parts {
			if other.ID != p.ID {
				p.akin(other.ID, KinSibling, family, now)
			}
		}
	}
	all := append([]*Order{o}, parts...)
	for _, p := range all {
		p.Held = max(0, p.Receivable()-p.Invoiced) // together what it was: see owedBy
	}
	changed := o.changedData(c, isApproved)
	if isApproved {
		o.ring(c, now, d.Times.UrgentRepeat)
	} else {
		o.askAnew()
	}
	events := []Event{d.event(o, EventChanged, by, changed)}
	for _, p := range parts {
		if err := tx.InsertOrder(p); err != nil {
			return nil, err
		}
		if err := tx.PassHolds(o, p); err != nil {
			return nil, err
		}
	}
	for i, p := range all {
		more, err := d.settleSplit(tx, p, &was, by)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
		if i > 0 {
			if p.Work.Promise, err = d.promise(tx, p); err != nil {
				return nil, err
			}
		}
		if err := tx.SaveOrder(p); err != nil {
			return nil, err
		}
		action, reason := "拆分", fmt.Sprintf("第 %d 版：%s", o.Revision, partWords(shares))
		if i > 0 {
			action, reason = "拆出", "自 "+string(o.ID)+"："+p.Summary()
		}
		if err := tx.Audit(d.entry(p, by, action, was.Status.String(), p.Status.String(), reason)); err != nil {
			return nil, err
		}
	}
	return o, tx.Emit(events...)
}

// detach makes the copy of an order that is split an order of its own.
func (o *Order) detach(was *Order, now time.Time) {
	o.Version, o.Revision = 0, 1
	o.CreatedAt, o.ExpiresAt = now, time.Time{}
	o.Kin, o.Changes, o.Shipments, o.Returns, o.Questions = nil, nil, nil, nil, nil
	o.Slot, o.Invoiced, o.Warehouse, o.Entry = nil, 0, "", Entry{}
	o.Reached = maps.Clone(was.Reached)
	o.Work.Places = slices.Clone(was.Work.Places)
	o.Work.Promise, o.Work.Count = nil, nil // made anew
	o.Papers, o.PriorityWhy, o.Marks, o.Classes = slices.Clone(was.Papers), slices.Clone(was.PriorityWhy), slices.Clone(was.Marks), slices.Clone(was.Classes)
	if o.Green, o.UseSafety = nil, false; was.raised() && o.UrgentWords == "" { // a green channel is one order's: the first batch's
		o.Urgent = false
	}
	if o.Alert = nil; was.Alert != nil && o.Urgent {
		a := *was.Alert
		o.Alert = &a
	}
	o.Nodes = nil
	for i := range was.Nodes {
		n := was.Nodes[i]
		switch n.Status {
		case NodeApproved, NodeSkipped, NodeTransferred, NodePassed:
			n.Status, n.Reason = NodePassed, fmt.Sprintf("随 %s：%s", was.ID, n.Outcome(now.Location()))
			n.DecidedBy, n.Name, n.DecidedAt = "", SystemActor.Name, now
		case NodeOpen, NodeWaiting:
			n = n.anew()
		default:
			continue
		}
		n.Seq = len(o.Nodes) + 1
		o.Nodes = append(o.Nodes, n)
	}
}

// anew is the node before its turn. One that is open keeps its time: nobody gets more of it by splitting the order.
func (n *Node) anew() Node {
	out := Node{
		Role: n.Role, Also: n.Also, Stage: n.Stage, Limit: n.Limit, Workdays: n.Workdays, Assignee: n.Assignee, AssigneeName: n.AssigneeName, Status: NodeWaiting,
	}
	switch n.Status {
	case NodeWaiting:
		out.Reason = n.Reason
	case NodeOpen:
		out.OpenedAt, out.RemindAt, out.DueAt, out.Reminded, out.Extra = n.OpenedAt, n.RemindAt, n.DueAt, n.Reminded, slices.Clone(n.Extra)
	default:
	}
	return out
}

// askAnew voids what waits in the chain and lets the same be asked once more, of what the order is now.
func (o *Order) askAnew() {
	for i := range o.Nodes {
		n := &o.Nodes[i]
		if n.Status != NodeOpen && n.Status != NodeWaiting {
			continue
		}
		fresh := n.anew()
		n.Status = NodeVoid
		o.Nodes = append(o.Nodes, fresh)
	}
	for i := range o.Nodes {
		o.Nodes[i].Seq = i + 1
	}
}

// keep adds to a route who still has to decide a batch because of the whole: nobody gets around them by editing the batches.
func (r *Route) keep(o *Order) {
	if o.Status != StatusPendingApproval || !slices.ContainsFunc(o.Kin, func(k Kin) bool { return k.How == KinPart || k.How == KinWhole }) {
		return
	}
	r.Steps = slices.Clone(r.Steps)
	for i := range o.Nodes {
		n := &o.Nodes[i]
		isLeft := n.Status == NodeOpen || n.Status == NodeWaiting && n.Reason == ""
		if isLeft && n.Assignee == "" && !slices.ContainsFunc(r.Steps, func(s RouteStep) bool { return s.Pass == "" && s.Role == n.Role }) {
			r.Steps = append(r.Steps, RouteStep{Role: n.Role, Also: n.Also, Limit: n.Limit, Workdays: n.Workdays})
		}
	}
}

// settleSplit brings stock, chain and alarm of an order that came of a splitting to what it is now.
func (d *Desk) settleSplit(tx Tx, o, was *Order, by Actor) ([]Event, error) {
	now, isNew := d.Now(), o.ID != was.ID
	if was.Status == StatusPendingApproval {
		if !o.ReservedUntil.IsZero() {
			if err := d.reserve(tx, o, o.ReservedUntil); err != nil {
				return nil, err
			}
		}
		return d.proceed(tx, o, by)
	}
	if err := d.reserve(tx, o, now); err != nil {
		return nil, err
	}
	if err := tx.Firm(o); err != nil {
		return nil, err
	}
	switch o.Status { // what was picked or checked was another amount
	case StatusApproved, StatusAllocated, StatusPicking, StatusChecked:
		for _, s := range []Status{StatusAllocated, StatusPicking, StatusChecked} {
			delete(o.Reached, s)
		}
		o.Work.Wave = ""
		if o.Status = StatusApproved; o.Covered() {
			o.reach(StatusAllocated, now)
		}
	default:
	}
	var events []Event
	if isNew {
		events = append(events, d.approved(o, by)...)
		if o.Alert != nil && o.Alert.AckBy == "" {
			events = append(events, d.alarm(o, by))
		}
	}
	return events, nil
}

// renumber numbers the lines from 1.
func (o *Order) renumber() {
	for i := range o.Lines {
		o.Lines[i].No = i + 1
	}
}
