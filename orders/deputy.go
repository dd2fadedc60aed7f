package orders

import (
	"slices"
	"time"
)

// Absence is a time during which somebody of the staff is away (请假) and another decides in their place.
type Absence struct {
	ID          int64
	Staff       StaffCode
	From, Until time.Time // Until is the first moment at which they are back
	Deputy      StaffCode // empty: the deputy of the staff list, else the superior
	By          StaffCode // who has entered it
	// Version is that of the first catalog that has the absence; set by the store.
	Version int64
}

// Away returns the absence of somebody at a moment, nil where they are there. Of several the one that was
// entered last counts.
func (c *Catalog) Away(code StaffCode, at time.Time) *Absence {
	for i := len(c.Absences) - 1; i >= 0; i-- {
		if a := &c.Absences[i]; a.Staff == code && !at.Before(a.From) && at.Before(a.Until) {
			return a
		}
	}
	return nil
}

// Approver is somebody who may decide a node.
type Approver struct {
	*Staff
	For *Staff // who is away and in whose place they decide; nil where the right is their own
}

// Title names the approver: 王敏, or 李四（代王敏）.
func (a Approver) Title() string {
	if a.For == nil {
		return a.Name
	}
	return a.Name + "（代" + a.For.Name + "）"
}

// StandIn returns who decides in place of somebody who is away at a moment, nil where nobody does. A
// deputy who is away too is stood in for by theirs; where that leads nowhere, or round in a circle,
// the superior is asked. not are passed over: nobody decides their own order.
func (c *Catalog) StandIn(who *Staff, at time.Time, not ...StaffCode) *Staff {
	return c.standIn(who, at, not, map[StaffCode]bool{})
}

func (c *Catalog) standIn(who *Staff, at time.Time, not []StaffCode, seen map[StaffCode]bool) *Staff {
	seen[who.Code] = true
	deputy := who.Deputy
	if a := c.Away(who.Code, at); a != nil && a.Deputy != "" {
		deputy = a.Deputy
	}
	for _, code := range []StaffCode{deputy, who.Superior} {
		s := c.StaffByCode(code)
		if s == nil || seen[code] {
			continue
		}
		if c.Away(code, at) == nil && !slices.Contains(not, code) {
			return s
		}
		if found := c.standIn(s, at, not, seen); found != nil {
			return found
		}
	}
	return nil
}

// Approvers are all who may decide a node of an order at a moment, and are there: its own deciders, and
// the deputies of those who are away. Who is away without anybody in their place is among them, who has
// consented to another part of the step is not.
func (c *Catalog) Approvers(o *Order, n *Node, at time.Time) []Approver {
	var own, deputies []Approver
	said := o.consented(n)
	not := append([]StaffCode{o.Sales}, said...)
	for _, s := range n.Approvers(c) {
		if c.Away(s.Code, at) == nil {
			own = append(own, Approver{Staff: s})
		} else if d := c.StandIn(s, at, not...); d == nil {
			own = append(own, Approver{Staff: s})
		} else {
			deputies = append(deputies, Approver{d, s})
		}
	}
	for _, d := range deputies {
		if !slices.ContainsFunc(own, func(a Approver) bool { return a.Code == d.Code }) {
			own = append(own, d)
		}
	}
	return slices.DeleteFunc(own, func(a Approver) bool { return slices.Contains(said, a.Code) })
}

// MayDecide tells whether s may decide a node of an order at a moment, by their own right or in place
// of somebody who is away.
func (c *Catalog) MayDecide(o *Order, n *Node, s *Staff, at time.Time) (Approver, bool) {
	if n.MayDecide(s) && !slices.Contains(o.consented(n), s.Code) {
		return Approver{Staff: s}, true
	}
	for _, a := range c.Approvers(o, n, at) {
		if a.Code == s.Code {
			return a, true
		}
	}
	return Approver{}, false
}

// deserted tells whether everybody who may decide a node is away and nobody is in their place.
func (c *Catalog) deserted(o *Order, n *Node, at time.Time) bool {
	return !slices.ContainsFunc(c.Approvers(o, n, at), func(a Approver) bool { return c.Away(a.Code, at) == nil })
}
