package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Effect is what becomes of an order because of a finding.
type Effect string

// The effects.
const (
	EffectBlock   Effect = "block"   // 拦下: it can't be confirmed
	EffectApprove Effect = "approve" // 加审: a role has to approve it besides
	EffectWarn    Effect = "warn"    // 提醒: it is said on the cards
)

// Finding is what a rule has found in an order: a quantity below the minimum, a licence that ran out.
type Finding struct {
	Rule   string `json:"rule"`           // its name, for people: 起订量
	Line   int    `json:"line,omitempty"` // number of the line; 0: the whole order
	Text   string `json:"text"`           // what is wrong and what helps, for people
	Effect Effect `json:"effect"`
	// Role approves: what 加审 adds, or whom one may ask to let pass what is blocked (特批); may be
	// empty for a block, which then has no way around.
	Role Role   `json:"role,omitempty"`
	Ask  string `json:"ask,omitempty"`  // the field of the order's Extra that is asked for
	Slot bool   `json:"slot,omitempty"` // an engineer has to be booked
	// Recheck tells that it asks for the routine second look at the credit, which a green channel may leave out.
	Recheck bool `json:"recheck,omitempty"`
	// Papers are the customs papers that the goods need, there or missing.
	Papers []string `json:"papers,omitempty"`
	// Risk tells that it marks the customer as a risk (⚠️), which the customer never sees.
	Risk bool `json:"risk,omitempty"`
}

// PastOrder is an earlier order of a customer, with those of its products that the order at hand has
// too.
type PastOrder struct {
	ID          OrderID
	ConfirmedAt time.Time
	Products    []ProductCode
	Kinds       int // how many products it has in all, gifts left out
}

// Dealings are what a customer has ordered in a time, for who approves: what was cancelled or rejected does not count.
type Dealings struct {
	Count   int
	Sum     Money
	Last    time.Time // when the last one was confirmed
	LastSum Money
}

// Facts is what the rules see of an order.
type Facts struct {
	Order    *Order
	Customer *Customer
	Catalog  *Catalog // for checks
	Exposure Money    // of the customer, this order included
	Overdue  Overdue  // of the customer's invoices
	// SpecialPrice tells that a line's stated price differs from the customer's own.
	SpecialPrice bool
	At           time.Time
	// Recent are the customer's other orders of the same products within [RecentSpan]; see [Tx].
	Recent []PastOrder
	Draft  bool // not confirmed yet: Exposure, Overdue and Recent are not known
	// Before is the order as it was before a change; nil: there is none.
	Before *Order
	// Returns are what came back of the customer's goods, by the days that the rules look back.
	Returns map[int]Returned
}

// RecentSpan is how far back [Facts].Recent reaches, and RecentMost how many lines it holds.
const (
	RecentSpan = 7 * 24 * time.Hour
	RecentMost = 60
)

// check notes what the rules find in an order, and sorts it into its classes.
func (d *Desk) check(tx Tx, o *Order, rules Rules, f Facts) (err error) {
	f.Order, f.Catalog, f.At = o, d.Catalog(), d.Now()
	f.Customer, f.SpecialPrice = f.Catalog.Customer(o.Customer), o.SpecialPrice()
	if f.Returns, err = d.returned(tx, rules, o.Customer, f.At); err != nil {
		return err
	}
	if o.Classes, err = rules.Classes(f); err != nil {
		return err
	}
	found, err := rules.Check(f)
	if err != nil {
		return err
	}
	if !f.Draft {
		found = append(found, f.Catalog.refusals(o, f.Before)...)
	}
	if needed := o.except(found); !needed && !f.Draft {
		o.Exception = ""
	}
	o.Findings = found
	o.needPapers(found)
	if o.Slot != nil && o.Status == StatusDraft && !o.needsService(f.Catalog) {
		o.Slot = nil
	}
	return nil
}

// except turns what blocks the order into approvals where an exception was asked for; it tells whether that was needed.
func (o *Order) except(found []Finding) (needed bool) {
	for i := range found {
		if x := &found[i]; o.Exception != "" && x.Effect == EffectBlock && x.Role != "" {
			x.Effect, needed = EffectApprove, true
		}
	}
	return needed
}

// Foresee returns what rules make of an order that is confirmed: its chain, and what blocks it. The order is left as it is.
func Foresee(rules Rules, f Facts) (Route, []Finding, error) {
	found, err := rules.Check(f)
	if err != nil {
		return Route{}, nil, err
	}
	fired, err := rules.Triggers(AtConfirmed, f)
	if err != nil {
		return Route{}, nil, err
	}
	o := *f.Order
	o.Findings = found
	o.except(found)
	o.fire(fired)
	f.Order = &o
	route, err := rules.Route(f)
	if err != nil {
		return Route{}, nil, err
	}
	o.review(&route)
	return route, o.Blocks(), nil
}

// Blocks returns what keeps the order from being confirmed.
func (o *Order) Blocks() []Finding { return o.found(EffectBlock) }

// found returns the findings of an effect.
func (o *Order) found(e Effect) []Finding {
	var out []Finding
	for _, f := range o.Findings {
		if f.Effect == e {
			out = append(out, f)
		}
	}
	return out
}

// blocked is the refusal to confirm an order that the rules stop, nil if they don't. The staff is told
// who may make an exception.
func (o *Order) blocked(by Actor) error {
	blocks := o.Blocks()
	if len(blocks) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "订单 %s 还不能下单：", o.ID)
	var roles []string
	for _, f := range blocks {
		b.WriteString("\n· " + f.Text)
		if f.Role == "" {
			roles = nil
			break
		}
		if r := f.Role.String(); !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	if len(roles) > 0 && by.Staff != nil {
		fmt.Fprintf(&b, "\n改好后再确认；要破例请回复「特批 %s 原因」，由%s批", o.ID, strings.Join(roles, "、"))
	}
	return &Error{Code: CodeInvalid, Message: b.String()}
}

// Except asks for an exception (特批) from what blocks a draft: once it is confirmed, the roles that
// the rules name decide. It is withdrawn when the draft changes, and by [Desk.Confirm] where nothing
// needed it.
func (d *Desk) Except(tx Tx, id OrderID, reason string, by Actor) (*Order, error) {
	o, err := d.OpenDraft(tx, id)
	if err != nil {
		return nil, err
	}
	switch {
	case by.Staff == nil:
		return nil, Errorf(CodeDenied, "特批由业务员申请")
	case reason == "":
		return nil, Errorf(CodeInvalid, "请写明特批的原因，例如「特批 %s 客户急用，下次补足」", o.ID)
	}
	o.Exception = reason // what blocks the order altogether is known when it is confirmed
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	return o, tx.Audit(d.entry(o, by, "申请特批", "", "", reason))
}

// rank orders the roles of a chain: what a finding adds stands before those who decide later.
var rank = map[Role]int{RoleSalesManager: 1, RoleSeniorApprover: 1, RoleFinance: 2, RoleCFO: 3, RoleDirector: 4}

// review adds the roles that findings call for to a route, and says so in its name. A role that is
// there already decides itself then: the system passes nothing that was found. A special price is always
// decided by somebody, whatever the route says.
func (o *Order) review(r *Route) {
	found := o.found(EffectApprove)
	if len(found) > 0 {
		r.Name += "，加审"
	}
	for _, f := range found {
		if i := slices.IndexFunc(r.Steps, func(s RouteStep) bool { return s.Role == f.Role && len(s.Also) == 0 }); i >= 0 {
			r.Steps[i].Pass = ""
			continue
		}
		at := len(r.Steps)
		for rank[f.Role] > 0 && at > 0 && (rank[r.Steps[at-1].Role] > rank[f.Role] ||
			at < len(r.Steps) && r.Steps[at].Stage != 0 && r.Steps[at-1].Stage == r.Steps[at].Stage) {
			at--
		}
		r.Steps = slices.Insert(slices.Clone(r.Steps), at, RouteStep{Role: f.Role})
	}
	if o.SpecialPrice() && !slices.ContainsFunc(r.Steps, func(s RouteStep) bool { return s.Pass == "" }) {
		r.Name += "，特价"
		r.Steps = append([]RouteStep{{Role: RoleSalesManager}}, r.Steps...)
	}
}
