package orders

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Content is what an order asks for and what the rules made of it: one version of the order.
type Content struct {
	Lines       []Line            `json:"lines"`
	Total       Money             `json:"total"`
	DeliverBy   string            `json:"deliver_by,omitempty"`
	Urgent      bool              `json:"urgent,omitempty"`
	UrgentWords string            `json:"urgent_words,omitempty"`
	Carrier     string            `json:"carrier,omitempty"`
	Contact     string            `json:"contact,omitempty"`
	Phone       string            `json:"phone,omitempty"`
	Address     string            `json:"address,omitempty"`
	Payment     string            `json:"payment,omitempty"`
	Staged      *Staged           `json:"staged,omitempty"`
	PO          string            `json:"po,omitempty"`
	Note        string            `json:"note,omitempty"`
	Requirement string            `json:"requirement,omitempty"`
	Extra       map[string]string `json:"extra,omitempty"`
	Route       string            `json:"route,omitempty"`
	Findings    []Finding         `json:"findings,omitempty"`
	Classes     []Class           `json:"classes,omitempty"`
	Exception   string            `json:"exception,omitempty"`
	Marks       []string          `json:"marks,omitempty"`
	Freight     Freight           `json:"freight"`
	Priority    int               `json:"priority,omitempty"`
	PriorityWhy []string          `json:"priority_why,omitempty"`
}

// Content returns what the order asks for now.
func (o *Order) Content() Content {
	c := Content{
		Lines: slices.Clone(o.Lines), Total: o.Total, DeliverBy: o.DeliverBy, Urgent: o.Urgent && (!o.raised() || o.UrgentWords != ""), UrgentWords: o.UrgentWords, Carrier: o.Carrier,
		Contact: o.Contact, Phone: o.Phone, Address: o.Address, Payment: o.Payment, PO: o.PO, Note: o.Note, Requirement: o.Requirement,
		Extra: maps.Clone(o.Extra), Staged: o.Staged, Route: o.Route, Findings: o.Findings, Classes: o.Classes, Exception: o.Exception, Marks: o.Marks, Freight: o.Freight,
		Priority: o.Priority, PriorityWhy: o.PriorityWhy,
	}
	for i := range c.Lines {
		c.Lines[i].Reserved, c.Lines[i].Available, c.Lines[i].Sent, c.Lines[i].Later = Quantity{}, Quantity{}, Quantity{}, Quantity{} // the stock's business, not the order's
	}
	return c
}

// raised tells whether the order is urgent by its green channel, which is no part of what it asks for.
func (o *Order) raised() bool { return o.Green != nil && o.Green.Raised }

// Put makes the order ask for c.
func (c Content) Put(o *Order) {
	o.Lines, o.Total, o.DeliverBy, o.Urgent, o.UrgentWords, o.Carrier = slices.Clone(c.Lines), c.Total, c.DeliverBy, c.Urgent || o.raised(), c.UrgentWords, c.Carrier
	o.Contact, o.Phone, o.Address, o.Payment, o.PO, o.Note, o.Requirement = c.Contact, c.Phone, c.Address, c.Payment, c.PO, c.Note, c.Requirement
	o.Staged, o.Extra, o.Route, o.Findings, o.Classes, o.Exception, o.Marks, o.Freight = c.Staged, maps.Clone(c.Extra), c.Route, c.Findings, c.Classes, c.Exception, c.Marks, c.Freight
	o.Priority, o.PriorityWhy = c.Priority, c.PriorityWhy
}

// Payable is what the content comes to: its lines and the freight.
func (c Content) Payable() Money { return c.Total + c.Freight.Amount }

// goods are the lines as far as the warehouse is concerned.
func (c Content) goods() string {
	var b strings.Builder
	for i := range c.Lines {
		l := &c.Lines[i]
		fmt.Fprintf(&b, "%s %s %t %s;", l.Product, l.Base, l.Gift, OptionText(l.Options))
	}
	return b.String()
}

// ChangeStatus tells how far a change is.
type ChangeStatus string

// The states of a change.
const (
	ChangeAsked   ChangeStatus = "asked"   // shown, and not confirmed: the order is as it was
	ChangeWaiting ChangeStatus = "waiting" // in force; its approval is not given yet
	ChangeDone    ChangeStatus = "done"
	ChangeRefused ChangeStatus = "refused" // rejected: the order is as it was before
	ChangeDropped ChangeStatus = "dropped" // withdrawn, or another was asked for in its place
)

// ChangeKind tells what somebody wanted of an order.
type ChangeKind string

// The kinds of changes.
const (
	ChangeEdit   ChangeKind = "edit"   // 变更
	ChangeCancel ChangeKind = "cancel" // 取消, 退货
	ChangeSplit  ChangeKind = "split"  // 拆分
	ChangeMerge  ChangeKind = "merge"  // 合并
)

// String returns the Chinese word.
func (k ChangeKind) String() string {
	return map[ChangeKind]string{ChangeEdit: "变更", ChangeCancel: "取消", ChangeSplit: "拆分", ChangeMerge: "合并"}[k]
}

// Change is what somebody wanted changed of an order that was submitted (变更). The changes of an order, with what it was
// before each, are its versions.
type Change struct {
	No       int
	Kind     ChangeKind
	Status   ChangeStatus
	Revision int    // of the order before it
	Was      Status // of the order before it
	Minor    bool   // too small for an approval of its own
	By       string // a staff or customer code
	Name     string
	SaidAt   time.Time // by the clock of the platform on which it was said
	DoneAt   time.Time // when the order was changed; zero: it is not
	Before   Content
	After    Content
	Plan     *Plan  // of a splitting or merging
	Notice   *Alert // tells the warehouse, until somebody has taken it; nil: it has nothing to do with it
}

// Ringing tells whether somebody still has to take the alert.
func (a *Alert) Ringing() bool { return a != nil && a.AckBy == "" && !a.NextAt.IsZero() }

// Notice is the change that the warehouse has not acknowledged yet; nil: there is none.
func (o *Order) Notice() *Change {
	for i := range slices.Backward(o.Changes) {
		if o.Changes[i].Notice.Ringing() {
			return &o.Changes[i]
		}
	}
	return nil
}

// Change returns a change by its number, nil if there is none; 0 means the last that is not dropped.
func (o *Order) Change(no int) *Change {
	for i := range slices.Backward(o.Changes) {
		if c := &o.Changes[i]; c.No == no || no == 0 && c.Status != ChangeDropped {
			return c
		}
	}
	return nil
}

// waiting is the first of the changes that wait for an approval, nil if none does.
func (o *Order) waiting() *Change {
	for i := range o.Changes {
		if c := &o.Changes[i]; c.Status == ChangeWaiting {
			return c
		}
	}
	return nil
}

// stands is what the order goes back to when its approval is refused: it was approved once. Nil: it never was.
func (o *Order) stands() *Change {
	if c := o.waiting(); c != nil && c.Was != StatusPendingApproval {
		return c
	}
	return nil
}

// approvedTotal is what people have approved last: small changes are measured against it, all of them together.
func (o *Order) approvedTotal() Money {
	total := o.Total
	for i := range slices.Backward(o.Changes) {
		switch c := &o.Changes[i]; {
		case c.Status != ChangeDone || c.Kind != ChangeEdit:
		case c.Minor:
			total = c.Before.Total
		default:
			return total
		}
	}
	return total
}

// decidedRoles are those of the chain that approved the order.
func (o *Order) decidedRoles() []Role {
	var out []Role
	for i := range o.Nodes {
		switch n := &o.Nodes[i]; n.Status {
		case NodeApproved, NodePassed, NodeSkipped, NodeTransferred:
			out = append(out, n.Roles()...)
		default:
		}
	}
	return out
}

// MayChange tells, as an error, why an order that was submitted can't be changed any more, and what can be done instead.
func (o *Order) MayChange() error {
	if slices.Contains(BeforeShipping, o.Status) {
		return o.stay()
	}
	switch o.Status {
	case StatusShipped, StatusPickedUp, StatusInTransit, StatusOutForDelivery:
		return Errorf(CodeConflict, "订单 %s %s，改不了了。多要的请另下一单；不要的请回复「退货 %s 原因」；地址要改请让快递转寄", o.ID, o.Status, o.ID)
	case StatusDelivered:
		return Errorf(CodeConflict, "订单 %s %s，改不了了。多要的请另下一单；要退的请回复「退货 %s 原因」", o.ID, o.Status, o.ID)
	case StatusClosed:
		if into := o.MergedInto(); into != "" {
			return Errorf(CodeConflict, "订单 %s 已并入 %s，要改请说 %s", o.ID, into, into)
		}
		return Errorf(CodeConflict, "订单 %s %s，不能再改。需要的话请重新发一次", o.ID, o.Status)
	default:
		return Errorf(CodeConflict, "订单 %s %s，不能再改。需要的话请重新发一次", o.ID, o.Status)
	}
}

// Preview is what confirming a change would do.
type Preview struct {
	Change Change
	Minor  bool     // it passes by itself
	Roles  []string // who has to approve it, in words
	Hold   Money    // by how much the credit changes that the order holds
}

// AskChange notes that somebody wants an order changed that was submitted; change alters its content. Nothing else
// happens before [Desk.Amend]. The order comes back as it would be.
func (d *Desk) AskChange(tx Tx, id OrderID, by Actor, change func(*Order) error) (*Order, Preview, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, Preview{}, err
	}
	if err := o.MayChange(); err != nil {
		return nil, Preview{}, err
	}
	before, sales := o.Content(), o.Sales
	wanted := *o
	before.Put(&wanted)
	if err := change(&wanted); err != nil {
		return nil, Preview{}, err
	}
	wanted.Sales = sales
	if wanted.Customer != o.Customer {
		return nil, Preview{}, Errorf(CodeInvalid, "订单 %s 是 %s 的，换客户要另下一单，这单请「取消 %s 原因」。没有改动", o.ID, o.CustomerName, o.ID)
	}
	w, err := d.weigh(tx, o, &wanted)
	if err != nil {
		return nil, Preview{}, err
	}
	after := wanted.Content()
	if len(before.differences(after)) == 0 {
		return nil, Preview{}, Errorf(CodeInvalid, "订单 %s 本来就是这样，没有要改的", o.ID)
	}
	c := *d.asks(o, Change{Kind: ChangeEdit, After: after}, by)
	if err := tx.SaveOrder(o); err != nil {
		return nil, Preview{}, err
	}
	wanted.Changes = o.Changes
	return &wanted, w.preview(c), tx.Audit(d.entry(o, by, "要求变更", "", strings.Join(c.Words(), "；"), ""))
}

// preview is what confirming the change would do.
func (w *weighed) preview(c Change) Preview {
	p := Preview{Change: c, Minor: w.minor, Hold: w.hold}
	for _, s := range w.route.Steps {
		if s.Pass == "" {
			n := Node{Role: s.Role, Also: s.Also}
			p.Roles = append(p.Roles, n.Who())
		}
	}
	return p
}

// said is when somebody said what they want; a platform's clock may be ahead of ours.
func (d *Desk) said(by Actor) time.Time {
	if now := d.Now(); by.SaidAt.IsZero() || by.SaidAt.After(now) {
		return now
	}
	return by.SaidAt
}

// At is the order as it was in an earlier version, which is to be read only. It returns a CodeNotFound error where there is
// none of that number, or it was a draft.
func (o *Order) At(version int) (*Order, error) {
	if version == o.Revision {
		return o, nil
	}
	for i := range o.Changes {
		c := &o.Changes[i]
		if c.DoneAt.IsZero() || c.Kind == ChangeCancel && len(c.After.Lines) == 0 || c.Revision != version && c.Revision+1 != version {
			continue
		}
		was := *o
		was.Revision = version
		if c.After.Put(&was); c.Revision == version {
			c.Before.Put(&was)
		}
		return &was, nil
	}
	return nil, Errorf(CodeNotFound, "订单 %s 没有第 %d 版，现在是第 %d 版。「轨迹 %s」列出各版", o.ID, version, o.Revision, o.ID)
}

// with is the fields of an order with others that go before them.
func with(own, more map[string]string) map[string]string {
	if len(more) == 0 {
		return own
	}
	out := maps.Clone(own)
	if out == nil {
		out = make(map[string]string)
	}
	maps.Copy(out, more)
	return out
}

// weighed is what the rules make of a change.
type weighed struct {
	hold  Money
	route Route
	minor bool
	fired []Trigger // of the rules, that had not fired before
}

// weigh prices what an order is to be and asks the rules about it; was is the order as it is.
func (d *Desk) weigh(tx Tx, was, o *Order) (w weighed, err error) {
	rules := d.Rules()
	o.require()
	o.Reprice(d.Catalog(), d.Now())
	if err := o.ready(); err != nil {
		return w, err
	}
	o.Questions = nil
	if o.Family == "" {
		if err := d.charge(o, rules); err != nil {
			return w, err
		}
	} else { // what was parted or put together keeps its prices where nothing is changed, and its freight
		o.keepPrices(was)
	}
	return d.judge(tx, was, o)
}

// keepPrices gives the lines that are as they were the prices that they had.
func (o *Order) keepPrices(was *Order) {
	o.Total, o.Freight = 0, was.Freight
	left := slices.Clone(was.Lines)
	for i := range o.Lines {
		l := &o.Lines[i]
		k := slices.IndexFunc(left, func(x Line) bool {
			isStated := l.Stated == nil && x.Stated == nil || l.Stated != nil && x.Stated != nil && l.Stated.Equal(*x.Stated)
			return isStated && x.Product == l.Product && x.Gift == l.Gift && x.Unit == l.Unit && x.Quantity.Equal(l.Quantity)
		})
		if k >= 0 {
			x := left[k]
			left = slices.Delete(left, k, k+1)
			l.Price, l.ListPrice, l.PriceRule, l.Mode, l.Amount = x.Price, x.ListPrice, x.PriceRule, x.Mode, x.Amount
		}
		o.Total += l.Amount
	}
}

// judge asks the rules about what an order is to be, priced as it is.
func (d *Desk) judge(tx Tx, was, o *Order) (w weighed, err error) {
	now, cat, rules := d.Now(), d.Catalog(), d.Rules()
	w.hold = max(0, o.Receivable()-o.Invoiced) - was.Held
	exposure, err := tx.HoldCredit(o.Customer, 0)
	if err != nil {
		return w, err
	}
	o.Exposure = exposure + w.hold
	facts := Facts{Order: o, Customer: cat.Customer(o.Customer), Catalog: cat, Exposure: o.Exposure, SpecialPrice: o.SpecialPrice(), At: now, Before: was}
	if facts.Overdue, err = tx.Overdue(o.Customer, now); err != nil {
		return w, err
	}
	if facts.Recent, err = tx.Recent(o, now.Add(-RecentSpan)); err != nil {
		return w, err
	}
	facts.Recent = slices.DeleteFunc(facts.Recent, func(p PastOrder) bool { return o.IsKin(p.ID) })
	if err := d.check(tx, o, rules, facts); err != nil {
		return w, err
	}
	if blocks := o.Blocks(); len(blocks) > 0 {
		var b strings.Builder
		fmt.Fprintf(&b, "订单 %s 不能这样改：", o.ID)
		for _, f := range blocks {
			b.WriteString("\n· " + f.Text)
		}
		return w, &Error{Code: CodeInvalid, Message: b.String() + "\n订单还是原来的样子"}
	}
	fired, err := rules.Triggers(AtConfirmed, facts)
	if err != nil {
		return w, err
	}
	earlier := facts
	earlier.Order = was
	before, err := rules.Triggers(AtConfirmed, earlier)
	if err != nil {
		return w, err
	}
	for _, t := range fired {
		if !slices.ContainsFunc(before, func(x Trigger) bool { return x.Name == t.Name }) {
			w.fired = append(w.fired, t)
		}
	}
	o.Marks = nil
	o.fire(fired)
	if w.route, err = rules.Route(facts); err != nil {
		return w, err
	}
	if o.Priority, o.PriorityWhy, err = rules.Priority(facts); err != nil {
		return w, err
	}
	o.review(&w.route)
	w.route.keep(was)
	if w.minor = was.isMinor(o, w.route); w.minor && len(w.route.Steps) > 0 {
		w.route.Name += "，小改动"
		for i := range w.route.Steps {
			w.route.Steps[i].Pass = fmt.Sprintf("小改动，合计和批准时的 %s 相差不超过 %s", was.approvedTotal(), w.route.Small)
		}
	}
	return w, nil
}

// isMinor tells whether a change of an approved order is too small to be approved: so says the limit of the rules,
// nobody else would have to approve it than before, and it says nothing new about prices, payment or risks.
func (o *Order) isMinor(to *Order, r Route) bool {
	if o.Status == StatusPendingApproval || o.Status == StatusDraft || to.Payment != o.Payment || to.Content().payments() != o.Content().payments() ||
		to.Content().stages() != o.Content().stages() || to.SpecialPrice() || to.Family != "" {
		return false
	}
	if by := to.Total - o.approvedTotal(); by > r.Small || by < -r.Small {
		return false
	}
	for _, f := range to.found(EffectApprove) {
		if !slices.ContainsFunc(o.Findings, func(g Finding) bool { return g.Rule == f.Rule && g.Text == f.Text && g.Effect == f.Effect }) {
			return false
		}
	}
	decided := o.decidedRoles()
	return !slices.ContainsFunc(r.Steps, func(s RouteStep) bool { return s.Pass == "" && !slices.Contains(decided, s.Role) })
}

// asked loads an order with a change that can be confirmed or withdrawn. no 0 means the one that was asked for last.
func (d *Desk) asked(tx Tx, id OrderID, no int) (*Order, *Change, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	c := o.Change(no)
	if c == nil || c.Kind == ChangeCancel {
		return nil, nil, Errorf(CodeNotFound, "订单 %s 没有等确认的变更。要改请直接说，例如「%s 数量改成 30」", o.ID, o.ID)
	}
	switch c.Status {
	case ChangeAsked:
		return o, c, nil
	case ChangeDropped:
		return nil, nil, Errorf(CodeConflict, "这个变更已经作废，订单 %s 没有因此改动。请看最新的卡片", o.ID)
	case ChangeRefused:
		return nil, nil, Errorf(CodeConflict, "这个变更没有批准，订单 %s 还是原来的样子", o.ID)
	default:
		return nil, nil, Errorf(CodeConflict, "订单 %s 已经按这个变更改好了（%s），不用再操作", o.ID, o.Status)
	}
}

// DropChange withdraws a change that was asked for and not confirmed.
func (d *Desk) DropChange(tx Tx, id OrderID, no int, by Actor) (*Order, error) {
	o, c, err := d.asked(tx, id, no)
	if err != nil {
		return nil, err
	}
	c.Status = ChangeDropped
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	return o, tx.Audit(d.entry(o, by, "不变更了", "", "", ""))
}

// Amend makes an order what a change asks for: credit, stock and approvals follow in the same transaction. An approval
// covers nothing that was changed after it: unless the change is small, the whole chain is asked anew. Where prices have
// moved since the change was shown, it is asked for anew instead: again is true and nothing else happened.
func (d *Desk) Amend(tx Tx, id OrderID, no int, by Actor) (o *Order, preview Preview, again bool, err error) {
	o, c, err := d.asked(tx, id, no)
	if err != nil {
		return nil, Preview{}, false, err
	}
	if err := o.MayChange(); err != nil {
		return nil, Preview{}, false, err
	}
	if c.Revision != o.Revision {
		return nil, Preview{}, false, Errorf(CodeConflict, "这张卡片是旧的，订单 %s 后来改过。请把要改的再说一次", o.ID)
	}
	switch c.Kind {
	case ChangeSplit:
		o, err = d.split(tx, o, c, by)
		return o, Preview{Change: *c}, false, err
	case ChangeMerge:
		return d.merge(tx, o, c, by)
	default:
	}
	was, wanted := *o, *o
	c.After.Put(&wanted)
	w, err := d.weigh(tx, &was, &wanted)
	if err != nil {
		return nil, Preview{}, false, err
	}
	if len(c.After.differences(wanted.Content())) > 0 {
		by.SaidAt = c.SaidAt
		o, preview, err = d.AskChange(tx, id, by, func(o *Order) error { c.After.Put(o); return nil })
		return o, preview, true, err
	}
	o, preview, err = d.enact(tx, &was, &wanted, c, w, by)
	return o, preview, false, err
}

// enact makes an order what it is wanted to be by a change that was weighed.
func (d *Desk) enact(tx Tx, was, o *Order, c *Change, w weighed, by Actor) (*Order, Preview, error) {
	now, before := d.Now(), was.Content()
	known, approved := was.stands() != nil || was.Status != StatusPendingApproval, was.Status != StatusPendingApproval
	o.Changes, o.Reached = was.Changes, maps.Clone(was.Reached)
	if w.hold != 0 {
		if _, err := tx.HoldCredit(o.Customer, w.hold); err != nil {
			return nil, Preview{}, err
		}
		o.Held += w.hold
	}
	o.Revision++
	o.Entry.Changed++
	o.hurry()
	*c = Change{
		No: c.No, Kind: c.Kind, Status: ChangeWaiting, Revision: was.Revision, Was: was.Status, Minor: w.minor, By: c.By, Name: c.Name,
		SaidAt: c.SaidAt, DoneAt: now, Before: before, After: o.Content(), Plan: c.Plan,
	}
	o.void()
	o.setRoute(w.route, d.Times.ApprovalLimit)
	c.After.Route, c.After.Exception = o.Route, o.Exception
	changed := o.changedData(c, known)
	if known {
		o.ring(c, now, d.Times.UrgentRepeat)
	}
	if !o.Urgent {
		o.Alert = nil
	}
	if before.stages() != c.After.stages() || before.payments() != c.After.payments() { // nothing has left, see stay: people are reminded anew
		o.Work.Stages = Staging{}
	}
	told, entries := d.triggered(o, w.fired)
	if err := tx.Audit(entries...); err != nil {
		return nil, Preview{}, err
	}
	events := append([]Event{d.event(o, EventChanged, by, changed)}, told...)
	o.back(StatusPendingApproval, now)
	if known { // what an approved order holds stays firm while its change waits: it must not lose it
		if err := d.reserve(tx, o, now); err != nil {
			return nil, Preview{}, err
		}
		if err := tx.Firm(o); err != nil {
			return nil, Preview{}, err
		}
	} else {
		o.ReservedUntil = now.Add(d.Times.ReservationExpires)
		if err := d.reserve(tx, o, o.ReservedUntil); err != nil {
			return nil, Preview{}, err
		}
	}
	more, err := d.proceed(tx, o, by)
	if err != nil {
		return nil, Preview{}, err
	}
	if approved && o.Status != StatusPendingApproval && before.goods() == c.After.goods() && before.stages() == c.After.stages() && o.Covered() {
		o.back(was.Status, now) // what was picked is still right
		o.Work.Wave = was.Work.Wave
		o.Reached = was.Reached
	}
	o, err = d.finish(tx, o, by, c.Kind.String(), "", fmt.Sprintf("第 %d 版：%s", o.Revision, strings.Join(c.Words(), "；")), append(events, more...))
	return o, Preview{Change: *c, Minor: w.minor, Hold: w.hold}, err
}

// void ends what waits in the chain.
func (o *Order) void() {
	for i := range o.Nodes {
		if s := o.Nodes[i].Status; s == NodeOpen || s == NodeWaiting {
			o.Nodes[i].Status = NodeVoid
		}
	}
}

// back takes the order back to a status before its goods leave: what it had reached since does not count any more.
func (o *Order) back(s Status, now time.Time) {
	for _, later := range []Status{
		StatusApproved, StatusAllocated, StatusScheduled, StatusInProduction, StatusInspected, StatusStocked, StatusPicking, StatusChecked,
	} {
		delete(o.Reached, later)
	}
	o.Work.Wave = ""
	o.reach(s, now)
}

// ring tells the warehouse of a change until somebody has taken it, in place of all earlier ones.
func (o *Order) ring(c *Change, now time.Time, every time.Duration) {
	o.silence()
	c.Notice = &Alert{RaisedAt: now, Repeats: 1, NextAt: now.Add(every)}
}

// silence ends the notices that nobody has to take any more.
func (o *Order) silence() {
	for i := range o.Changes {
		if a := o.Changes[i].Notice; a.Ringing() {
			a.NextAt = time.Time{}
		}
	}
}

// closeChanges settles the changes that are open: they are not made.
func (o *Order) closeChanges() {
	for i := range o.Changes {
		switch c := &o.Changes[i]; c.Status {
		case ChangeAsked:
			c.Status = ChangeDropped
		case ChangeWaiting:
			c.Status = ChangeRefused
		default:
		}
	}
}

// revert makes an order what it was before the change whose approval was refused, with the stock that is there.
func (d *Desk) revert(tx Tx, o *Order, c *Change, by Actor) ([]Event, error) {
	now := d.Now()
	c.Before.Put(o)
	o.hurry() // a channel that was opened meanwhile found it urgent by the change
	o.needPapers(o.Findings)
	hold := max(0, o.Receivable()-o.Invoiced) - o.Held
	if hold != 0 {
		if _, err := tx.HoldCredit(o.Customer, hold); err != nil {
			return nil, err
		}
		o.Held += hold
	}
	o.Revision++
	o.void()
	var taken []OrderID
	for i := range o.Changes {
		if x := &o.Changes[i]; x.Kind == ChangeMerge && x.Status == ChangeWaiting {
			if taken == nil { // as it was before the first of them
				o.InternalNote, o.Family = x.Plan.InternalNote, x.Plan.Family
			}
			taken = append(taken, x.Plan.Other)
		}
	}
	o.closeChanges()
	last := c
	for i := range o.Changes {
		if x := &o.Changes[i]; x.Status == ChangeRefused && x.No >= c.No {
			last = x
		}
	}
	last.Before = c.Before
	changed := o.changedData(last, true)
	o.ring(last, now, d.Times.UrgentRepeat)
	events := []Event{d.event(o, EventChanged, by, changed)}
	more, err := d.approve(tx, o, by)
	if err != nil {
		return nil, err
	}
	events = append(events, more...)
	for _, id := range taken {
		if more, err = d.unmerge(tx, o, id, by); err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// Difference is what one version of an order has otherwise than another.
type Difference struct {
	What    string // the field, or the goods
	From    string // empty: it was not there
	To      string // empty: it is not there any more
	IsMoney bool   // prices and amounts, which not everybody sees
}

// String says it in words.
func (d Difference) String() string {
	switch {
	case d.From == "":
		return "加 " + d.What + " " + d.To
	case d.To == "":
		return "去掉 " + d.What + "（" + d.From + "）"
	}
	return d.What + " " + d.From + " → " + d.To
}

// Differences are what the change has changed, goods first; of one that was refused, what is as before again.
func (c *Change) Differences() []Difference {
	var out []Difference
	if p := c.Plan; p != nil && c.Status != ChangeRefused {
		if len(p.Made) > 0 {
			out = append(out, Difference{What: "拆分", From: "一单", To: fmt.Sprintf("%d 批，另有 %s", len(p.Made)+1, strings.Join(idWords(p.Made), "、"))})
		} else if p.Other != "" {
			out = append(out, Difference{What: "合并", From: "两单", To: "一单，" + string(p.Other) + " 的货并进来一起发"})
		}
	}
	if c.Status == ChangeRefused {
		return append(out, c.After.differences(c.Before)...)
	}
	return append(out, c.Before.differences(c.After)...)
}

func idWords(ids []OrderID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// Words are the differences in words.
func (c *Change) Words() []string {
	var out []string
	for _, d := range c.Differences() {
		out = append(out, d.String())
	}
	return out
}

func (c Content) differences(to Content) []Difference {
	var out []Difference
	left := slices.Clone(to.Lines)
	same := func(l Line) func(Line) bool {
		return func(x Line) bool { return x.Product == l.Product && x.Gift == l.Gift }
	}
	for _, l := range c.Lines {
		i := slices.IndexFunc(left, func(x Line) bool {
			return same(l)(x) && x.Quantity.Equal(l.Quantity) && x.Unit == l.Unit && maps.Equal(x.Options, l.Options)
		})
		if i < 0 {
			i = slices.IndexFunc(left, func(x Line) bool { return same(l)(x) && maps.Equal(x.Options, l.Options) })
		}
		if i < 0 {
			i = slices.IndexFunc(left, same(l))
		}
		if i < 0 {
			out = append(out, Difference{What: l.title(), From: l.amount()})
			continue
		}
		x := left[i]
		left = slices.Delete(left, i, i+1)
		if l.amount() != x.amount() {
			out = append(out, Difference{What: l.title(), From: l.amount(), To: x.amount()})
		}
		for _, name := range slices.Sorted(maps.Keys(with(l.Options, x.Options))) {
			if from, to := l.Options[name], x.Options[name]; from != to {
				out = append(out, Difference{What: l.Name + " " + name, From: orNone(from), To: orNone(to)})
			}
		}
		if l.Mode != x.Mode {
			out = append(out, Difference{What: l.title() + " 结算", From: orNone(l.Mode), To: orNone(x.Mode), IsMoney: true})
		}
		if !l.Price.Equal(x.Price) || l.Unit != x.Unit {
			out = append(out, Difference{What: l.title() + " 单价", From: "¥" + l.Price.String() + "/" + l.Unit, To: "¥" + x.Price.String() + "/" + x.Unit, IsMoney: true})
		}
	}
	for _, l := range left {
		out = append(out, Difference{What: l.title(), To: l.amount()})
	}
	field := func(name, from, to string) {
		if from != to {
			out = append(out, Difference{What: name, From: orNone(from), To: orNone(to)})
		}
	}
	urgent := map[bool]string{true: "加急", false: "不加急"}
	field("交期", c.DeliverBy, to.DeliverBy)
	field("地址", c.Address, to.Address)
	field("收货人", c.Contact, to.Contact)
	field("电话", c.Phone, to.Phone)
	field("物流", c.Carrier, to.Carrier)
	field("付款", c.Payment, to.Payment)
	field("分期", c.stages(), to.stages())
	field("付款节点", c.payments(), to.payments())
	field("客户单号", c.PO, to.PO)
	field("备注", c.Note, to.Note)
	field("特殊要求", strings.TrimPrefix(c.Requirement, RequireNone), strings.TrimPrefix(to.Requirement, RequireNone))
	field("紧急", urgent[c.Urgent], urgent[to.Urgent])
	for _, name := range slices.Sorted(maps.Keys(with(c.Extra, to.Extra))) {
		field(name, c.Extra[name], to.Extra[name])
	}
	if c.Freight.Amount != to.Freight.Amount {
		out = append(out, Difference{What: "运费", From: c.Freight.Amount.String(), To: to.Freight.Amount.String(), IsMoney: true})
	}
	if c.Payable() != to.Payable() {
		out = append(out, Difference{What: "合计", From: c.Payable().String(), To: to.Payable().String(), IsMoney: true})
	}
	return out
}

// NotSaid stands for a field that says nothing.
const NotSaid = "没写"

func orNone(s string) string {
	if s == "" {
		return NotSaid
	}
	return s
}

func (l *Line) title() string {
	name := l.Name
	if l.Spec != "" {
		name += " " + l.Spec
	}
	if l.Gift {
		name += "（赠品）"
	}
	return name
}

func (l *Line) amount() string { return l.Quantity.String() + l.Unit }

// unseen is the refusal to ship an order whose last change nobody in the warehouse has taken.
func (c *Change) unseen(o *Order) error {
	var b strings.Builder
	if c.Status == ChangeRefused {
		fmt.Fprintf(&b, "订单 %s 的变更没有批准，按原来的发：", o.ID)
	} else {
		fmt.Fprintf(&b, "订单 %s 刚改过，还没有发货：", o.ID)
	}
	for _, d := range c.Differences() {
		if !d.IsMoney {
			b.WriteString("\n· " + d.String())
		}
	}
	return &Error{Code: CodeConflict, Message: fmt.Sprintf("%s\n看过后先回「收到 %s」，再发货", b.String(), o.ID)}
}

// lastTaken is the last notice that somebody has taken, nil if there is none.
func (o *Order) lastTaken() *Alert {
	for i := range slices.Backward(o.Changes) {
		if a := o.Changes[i].Notice; a != nil && a.AckBy != "" {
			return a
		}
	}
	return nil
}

// ChangeFigures are the changes and cancellations of a time: how long it took from the message to the new state
// (变更响应时效), until the warehouse had the news, and until somebody there had taken it.
type ChangeFigures struct {
	Response Delays // all of them
	Told     Delays // those of which the warehouse had to hear
	Taken    Delays
	Open     int // of which the warehouse has not taken the news yet
}

// Delays are how long something took.
type Delays struct {
	Count      int
	Sum, Worst time.Duration
	WorstOf    OrderID
}

// Add counts one.
func (d *Delays) Add(id OrderID, took time.Duration) {
	d.Count++
	d.Sum += took
	if took >= d.Worst {
		d.Worst, d.WorstOf = took, id
	}
}

// Average is 0 where there are none.
func (d *Delays) Average() time.Duration {
	if d.Count == 0 {
		return 0
	}
	return d.Sum / time.Duration(d.Count)
}
