package orders

import (
	"slices"
	"strconv"
	"time"
)

// Snag is something that hindered an order on its way between departments. docs/figures.md has the definitions.
type Snag string

// The kinds of snags.
const (
	SnagNone  Snag = ""
	SnagBreak Snag = "break" // 断点: a hand-over that did not go by itself
	SnagAgain Snag = "again" // 重复确认: a department is asked to confirm what it was asked to confirm before
)

// Snag tells whether the event is a snag of its order: one each.
func (e *Event) Snag() Snag {
	switch e.Kind {
	case EventApprovalDecided:
		switch NodeStatus(e.Data["decision"]) {
		case NodeReturned, NodeTransferred, NodeSkipped:
			return SnagBreak
		default:
		}
	case EventApproverAdded, EventApprovalEscalated:
		return SnagBreak
	case EventApprovalReminded:
		return SnagAgain
	case EventApprovalRequested, EventChanged:
		if e.Data["again"] != "" {
			return SnagAgain
		}
	case EventUrgentRepeated, EventChangeRepeated:
		if e.Data["step"] != "0" && e.Data["repeat"] == "1" { // the first time for this person
			return SnagBreak
		}
		return SnagAgain
	case EventExceptionAgain:
		if e.Data["step"] == "2" {
			return SnagBreak
		}
		return SnagAgain
	}
	return SnagNone
}

// hasDecided tells whether the role of a node has decided on the order before. Who decides because they were named does so for themselves.
func (o *Order) hasDecided(n *Node) bool {
	return n.Assignee == "" && slices.ContainsFunc(o.Nodes, func(x Node) bool {
		return x.Role == n.Role && x.Seq < n.Seq && slices.Contains([]NodeStatus{NodeApproved, NodeRejected, NodeReturned}, x.Status)
	})
}

// changedData is the data of the event of a change, before it rings: rings tells whether the warehouse has to take it.
func (o *Order) changedData(c *Change, rings bool) map[string]string {
	data := map[string]string{"change": strconv.Itoa(c.No)}
	if rings && slices.ContainsFunc(o.Changes, func(x Change) bool { return x.Notice != nil }) {
		data["again"] = "yes"
	}
	return data
}

// Snags are those of the orders that left the warehouse in a time.
type Snags struct {
	Orders, Breaks, Again int
}

// PerOrder is how many of n each order has on average; 0 where there are none.
func (s *Snags) PerOrder(n int) float64 {
	if s.Orders == 0 {
		return 0
	}
	return float64(n) / float64(s.Orders)
}

// Health is how well orders go their way in a time, with the limits that are healthy.
type Health struct {
	Changes    Delays
	Snags      Snags
	Exceptions ExceptionFigures
}

// The healthy limits.
const (
	HealthyChange = 8 * time.Minute // on average, at most
	HealthyBreaks = 2.0             // per order, at most
	HealthyAgain  = 1.0             // per order, at most
	HealthyHealed = 0.85            // at least
)
