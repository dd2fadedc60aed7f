package orders

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MergedInto is the order that this one was merged into, "" where it was not.
func (o *Order) MergedInto() OrderID {
	for _, k := range slices.Backward(o.Kin) {
		if k.How == KinInto {
			return k.Order
		}
	}
	return ""
}

// Taken are the orders that went into this one and have not come out again.
func (o *Order) Taken() []OrderID {
	var out []OrderID
	for _, k := range o.Kin {
		if k.How == KinTaken {
			out = append(out, k.Order)
		}
	}
	return out
}

// AskMerge notes that somebody wants an order to go into another one, id, as one order. Nothing else happens before [Desk.Amend]. The
// order comes back as it would be.
func (d *Desk) AskMerge(tx Tx, id, from OrderID, by Actor) (*Order, Preview, error) {
	o, x, err := d.pair(tx, id, from)
	if err != nil {
		return nil, Preview{}, err
	}
	wanted, w, err := d.merged(tx, o, x)
	if err != nil {
		return nil, Preview{}, err
	}
	c := *d.asks(o, Change{Kind: ChangeMerge, After: wanted.Content(), Plan: &Plan{Other: x.ID, Seen: x.Revision}}, by)
	if err := tx.SaveOrder(o); err != nil {
		return nil, Preview{}, err
	}
	wanted.Changes = o.Changes
	return wanted, w.preview(c), tx.Audit(d.entry(o, by, "要求合并", "", string(x.ID), ""))
}

// pair locks two orders, in the order of their numbers.
func (d *Desk) pair(tx Tx, id, from OrderID) (o, x *Order, err error) {
	if id == from {
		return nil, nil, Errorf(CodeInvalid, "要合并的是同一单 %s，没有改动", id)
	}
	for _, one := range slices.Sorted(slices.Values([]OrderID{id, from})) {
		got, err := tx.Order(one)
		if err != nil {
			return nil, nil, err
		}
		if one == id {
			o = got
		} else {
			x = got
		}
	}
	return o, x, nil
}

// mayTake tells, as an error, why x can't be merged into the order.
func (d *Desk) mayTake(o, x *Order) error {
	if err := o.mayJoin(); err != nil {
		return err
	}
	if x.Status == StatusDraft {
		if !d.Now().Before(x.ExpiresAt) {
			return Errorf(CodeConflict, "草稿 %s 已过期，没有合并", x.ID)
		}
		if err := x.ready(); err != nil {
			return err
		}
		if err := x.mayPart(); err != nil {
			return err
		}
	} else if err := x.mayJoin(); err != nil {
		return err
	}
	isPending := func(o *Order) bool { return o.Status == StatusPendingApproval }
	differ := func(what, a, b string) error {
		return Errorf(CodeConflict, "%s 和 %s 的%s不一样（%s，%s），没有合并。想一起发的话发「一起发 %s %s」", o.ID, x.ID, what, orNone(a), orNone(b), o.ID, x.ID)
	}
	address := func(o *Order) string {
		if c := d.Catalog().Customer(o.Customer); o.Address == "" && c != nil {
			return c.Address
		}
		return o.Address
	}
	isOpen := func(g *Green) bool { return g != nil && g.State != GreenClosed }
	switch {
	case o.Customer != x.Customer:
		return Errorf(CodeConflict, "%s 是%s的，%s 是%s的，不能合并，没有改动", o.ID, o.CustomerName, x.ID, x.CustomerName)
	case x.Status != StatusDraft && isPending(o) != isPending(x):
		return Errorf(CodeConflict, "%s 是「%s」，%s 是「%s」：都批准了或都还没批准才能合并，没有改动", o.ID, o.Status, x.ID, x.Status)
	case strings.TrimSpace(address(o)) != strings.TrimSpace(address(x)):
		return differ("地址", address(o), address(x))
	case o.Payment != x.Payment && o.Payment != "" && x.Payment != "":
		return differ("付款方式", o.Payment, x.Payment)
	case o.Carrier != x.Carrier && o.Carrier != "" && x.Carrier != "":
		return differ("物流", o.Carrier, x.Carrier)
	case isOpen(o.Green) || isOpen(x.Green):
		return Errorf(CodeConflict, "开着绿色通道的单不能合并，没有改动")
	case x.Slot != nil:
		return Errorf(CodeConflict, "%s 约了工程师，请反过来合并：「%s 合并到 %s」。没有改动", x.ID, o.ID, x.ID)
	case x.Invoiced > 0:
		return Errorf(CodeConflict, "%s 已经开过票，不能并到别的单里，没有改动", x.ID)
	}
	for _, s := range []Status{o.Status, x.Status} {
		switch s {
		case StatusScheduled, StatusInProduction, StatusInspected, StatusStocked:
			return Errorf(CodeConflict, "在生产的单不能合并（%s），没有改动", s)
		default:
		}
	}
	return nil
}

// merged is what an order would be with another one in it, and what the rules make of that: all lines of both at the prices that they
// have, both freights, and what was promised for either.
func (d *Desk) merged(tx Tx, o, x *Order) (*Order, weighed, error) {
	if err := d.mayTake(o, x); err != nil {
		return nil, weighed{}, err
	}
	if x.Status == StatusDraft { // its prices are those of the moment
		now := *x
		now.Lines = slices.Clone(x.Lines)
		now.Reprice(d.Catalog(), d.Now())
		if err := now.ready(); err != nil {
			return nil, weighed{}, err
		}
		if err := d.charge(&now, d.Rules()); err != nil {
			return nil, weighed{}, err
		}
		x = &now
	}
	m, last := *o, 0
	m.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		last = max(last, o.Lines[i].No)
	}
	for i := range x.Lines {
		l := x.Lines[i]
		l.No, l.Reserved = last+i+1, Quantity{}
		m.Lines = append(m.Lines, l)
	}
	m.Total += x.Total
	if x.Freight.Amount > 0 || m.Freight.Rule == "" {
		m.Freight = Freight{Amount: o.Freight.Amount + x.Freight.Amount, Rule: cmp.Or(o.Freight.Rule, x.Freight.Rule)}
	}
	if x.DeliverBy != "" && (m.DeliverBy == "" || x.DeliverBy < m.DeliverBy) {
		m.DeliverBy = x.DeliverBy
	}
	both := func(a, b, none string) string {
		switch {
		case a == b || b == "" || b == none:
			return a
		case a == "" || a == none:
			return b
		default:
			return a + "；" + b
		}
	}
	m.Requirement = both(o.Requirement, x.Requirement, RequireNone)
	m.PO, m.Note, m.InternalNote = both(o.PO, x.PO, ""), both(o.Note, x.Note, ""), both(o.InternalNote, x.InternalNote, "")
	m.Exception, m.UrgentWords = both(o.Exception, x.Exception, ""), both(o.UrgentWords, x.UrgentWords, "")
	m.Urgent = o.Urgent || x.Urgent
	m.Carrier, m.Payment = cmp.Or(o.Carrier, x.Carrier), cmp.Or(o.Payment, x.Payment)
	m.Contact, m.Phone, m.Address = cmp.Or(o.Contact, x.Contact), cmp.Or(o.Phone, x.Phone), cmp.Or(o.Address, x.Address)
	if len(x.Extra) > 0 {
		m.Extra = maps.Clone(with(o.Extra, nil))
		if m.Extra == nil {
			m.Extra = make(map[string]string)
		}
		for k, v := range x.Extra {
			m.Extra[k] = both(m.Extra[k], v, "")
		}
	}
	m.Papers = slices.Clone(o.Papers)
	for _, p := range x.Papers {
		if !slices.ContainsFunc(m.Papers, func(q Paper) bool { return q.Name == p.Name }) {
			m.Papers = append(m.Papers, p)
		}
	}
	m.Kin = slices.Clone(o.Kin)
	m.akin(x.ID, KinTaken, o.family(), d.Now())
	m.Held += x.Held
	was := *o
	was.Held += x.Held
	w, err := d.judge(tx, &was, &m)
	return &m, w, err
}

// merge lets an order go into another one: its lines, what it holds of stock and credit, and its promises. The approvals of either cover
// none of that: the chain is asked anew. If that refuses an order that was approved, both are what they were.
func (d *Desk) merge(tx Tx, o *Order, c *Change, by Actor) (*Order, Preview, bool, error) {
	x, err := tx.Order(c.Plan.Other)
	if err != nil {
		return nil, Preview{}, false, err
	}
	if x.Revision != c.Plan.Seen || x.Status == StatusClosed {
		return nil, Preview{}, false, Errorf(CodeConflict, "这张卡片是旧的，%s 后来变过（%s），没有合并。还要合并的话请再说一次", x.ID, x.Status)
	}
	m, w, err := d.merged(tx, o, x)
	if err != nil {
		return nil, Preview{}, false, err
	}
	if len(c.After.differences(m.Content())) > 0 {
		by.SaidAt = c.SaidAt
		o, preview, err := d.AskMerge(tx, o.ID, x.ID, by)
		return o, preview, true, err
	}
	emptied := *x
	emptied.Lines = nil
	if err := tx.PassHolds(&emptied, m); err != nil {
		return nil, Preview{}, false, err
	}
	events, err := d.swallow(tx, o, x, by)
	if err != nil {
		return nil, Preview{}, false, err
	}
	was := *o
	c.Plan = &Plan{Other: x.ID, Seen: c.Plan.Seen, InternalNote: o.InternalNote, Family: o.Family}
	made, preview, err := d.enact(tx, &was, m, c, w, by)
	if err != nil {
		return nil, Preview{}, false, err
	}
	return made, preview, false, tx.Emit(events...)
}

// swallow closes an order whose goods and money are another one's now.
func (d *Desk) swallow(tx Tx, o, x *Order, by Actor) ([]Event, error) {
	now := d.Now()
	if err := adopt(tx, x, o.family(), o.ID); err != nil {
		return nil, err
	}
	if err := tx.Release(x); err != nil { // nothing is left: this sets the lines
		return nil, err
	}
	content := x.Content()
	x.closeChanges()
	x.Changes = append(x.Changes, Change{
		No: len(x.Changes) + 1, Kind: ChangeMerge, Status: ChangeDone, Revision: x.Revision, Was: x.Status, By: by.Code, Name: by.Name, SaidAt: d.said(by), DoneAt: now,
		Before: content, After: content, Plan: &Plan{Other: o.ID, Seen: o.Revision, Family: x.Family},
	})
	before := x.Status
	x.void()
	x.silence()
	x.Held, x.Alert, x.ReservedUntil = 0, nil, time.Time{}
	x.CloseReason = "已并入 " + string(o.ID)
	x.Family = o.family()
	x.akin(o.ID, KinInto, x.Family, now)
	x.reach(StatusClosed, now)
	if err := tx.SaveOrder(x); err != nil {
		return nil, err
	}
	return []Event{d.event(x, EventMerged, by, map[string]string{"change": strconv.Itoa(len(x.Changes))})},
		tx.Audit(d.entry(x, by, "合并", before.String(), x.Status.String(), x.CloseReason))
}

// unmerge makes an order that had gone into another one what it was, with the stock that is there: the merging was refused.
func (d *Desk) unmerge(tx Tx, o *Order, id OrderID, by Actor) ([]Event, error) {
	x, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(x.Changes, func(c Change) bool {
		return c.Kind == ChangeMerge && c.Status == ChangeDone && c.Plan.Other == o.ID
	})
	if n < 0 || x.Status != StatusClosed {
		return nil, fmt.Errorf("order %s is not merged into %s", id, o.ID)
	}
	now, c := d.Now(), &x.Changes[n]
	c.Status = ChangeRefused
	cut := func(o *Order, id OrderID, how KinKind) {
		o.Kin = slices.DeleteFunc(o.Kin, func(k Kin) bool { return k.Order == id && k.How == how })
	}
	cut(o, x.ID, KinTaken)
	cut(x, o.ID, KinInto)
	if x.Family = c.Plan.Family; x.Family != "" {
		if err := adopt(tx, x, x.Family, o.ID); err != nil {
			return nil, err
		}
	}
	delete(x.Reached, StatusClosed)
	x.CloseReason, x.Revision = "", x.Revision+1
	var events []Event
	if x.Status = c.Was; x.Status == StatusDraft {
		x.ExpiresAt = now.Add(d.Times.DraftExpires)
	} else {
		x.Held = max(0, x.Receivable()-x.Invoiced)
		if _, err := tx.HoldCredit(x.Customer, x.Held); err != nil {
			return nil, err
		}
		x.back(StatusApproved, now)
		if events, err = d.approve(tx, x, by); err != nil {
			return nil, err
		}
		events = append(d.approved(x, by), events...)
	}
	if err := tx.SaveOrder(x); err != nil {
		return nil, err
	}
	return events, tx.Audit(d.entry(x, by, "合并没有批准", StatusClosed.String(), x.Status.String(), "不再并入 "+string(o.ID)))
}
