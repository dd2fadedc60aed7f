package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SurgeryTerms are how early the goods of a surgery are ordered.
type SurgeryTerms struct {
	Lead   time.Duration // from the confirmation to the signature, of a hospital without history
	Margin time.Duration // before the day of the surgery the goods are to be there
	Ahead  time.Duration // before the last moment the salesperson gets the draft
}

// SurgeryState tells how far a plan is.
type SurgeryState string

// The states of a plan.
const (
	SurgeryWaiting   SurgeryState = "waiting"   // its draft is to come
	SurgeryDrafted   SurgeryState = "drafted"   // it has its draft
	SurgeryCancelled SurgeryState = "cancelled" // there will be no surgery
)

// SurgeryLine is one of the goods that a surgery needs (耗材清单).
type SurgeryLine struct {
	Product  ProductCode `json:"product"`
	Title    string      `json:"title"`
	Quantity Quantity    `json:"quantity"`
	Unit     string      `json:"unit"`
	Base     Quantity    `json:"base"` // in the product's base unit
}

// Lead is how long goods took to a hospital, from the confirmation to the signature.
type Lead struct {
	Orders int           `json:"orders"` // that it was learned from; 0: none, the times are the configured one
	Median time.Duration `json:"median"`
	P90    time.Duration `json:"p90"` // nine of ten took no longer
}

// leadOrders is how many of a hospital's last orders its lead time is learned from.
const leadOrders = 50

// LeadOf returns the lead time that past ones give, by nearest rank.
func LeadOf(past []time.Duration, usual time.Duration) Lead {
	n := len(past)
	if n == 0 {
		return Lead{Median: usual, P90: usual}
	}
	past = slices.Sorted(slices.Values(past))
	return Lead{Orders: n, Median: past[(n+1)/2-1], P90: past[(9*n+9)/10-1]}
}

// Surgery is an entry of a surgery plan: what a hospital needs for which day. It gives exactly one draft, early enough for the time that
// deliveries to the hospital took so far.
type Surgery struct {
	ID       int64
	Key      string // what it came from: an entry that comes again is the same one
	Source   string // for people: 钉钉审批, 企业微信 …
	Customer CustomerCode
	Name     string // of the customer
	Day      string // of the surgery, 2026-04-10
	Lines    []SurgeryLine
	State    SurgeryState
	Order    OrderID // its draft, or what became of that; empty: none yet

	Lead    Lead
	Due     string    // the day by which the goods are to be there
	StartAt time.Time // when the salesperson gets the draft
	NextAt  time.Time // when the clock has to look at it; zero: not any more

	By, ByName string
	At         time.Time

	// Another says, of a plan that is entered, that it is a surgery of its own though there is one of the same goods on the same day; Own
	// that it has a form or a number of its own, which tells it from others of its source. They are not stored.
	Another, Own bool
	// Joined tells, of a plan that was entered, that it was there already from another source, with which it has just been taken for one. It
	// is not stored.
	Joined bool
	// Nth is which of the plans of the same goods and day it is that one table lists, from 0. It is not stored.
	Nth int
}

// SameAs tells whether two plans are of the same goods for the same day and hospital.
func (p *Surgery) SameAs(other *Surgery) bool {
	return p.Customer == other.Customer && p.Day == other.Day && sameGoods(p.Lines, other.Lines)
}

// What has happened to a plan, as events say it.
const (
	SurgeryPlanned   = "planned"
	SurgeryDraft     = "drafted"
	SurgeryMoved     = "moved"     // another day, or other goods
	SurgeryLate      = "late"      // its draft is not confirmed, and the time runs out
	SurgeryWithdrawn = "cancelled" // its order is to be withdrawn
	SurgeryJoined    = "joined"    // it came from another source too, which Data names (source)
	SurgeryUnread    = "unread"    // a form could not be read: Data has text and customer, and there is no plan
)

// SurgeryTx is what the desk needs of a transaction that is about surgery plans.
type SurgeryTx interface {
	Tx
	// AddSurgery stores a new plan and sets its ID. Where one of its key is there, isNew is false.
	AddSurgery(p *Surgery) (isNew bool, err error)
	// Surgery loads a plan under a lock (CodeNotFound), SurgeryByKey one by what it came from (nil: none); SaveSurgery stores it.
	Surgery(id int64) (*Surgery, error)
	SurgeryByKey(key string) (*Surgery, error)
	SaveSurgery(p *Surgery) error
	// JoinSurgery notes that a plan came from elsewhere too, by that key; SurgerySources are all it came from, in the words of [Surgery.Source].
	JoinSurgery(p *Surgery, key, source string) error
	SurgerySources(p *Surgery) ([]string, error)
	// Surgeries returns the plans that are not cancelled whose day is not before the given one, by day; of a customer where one is given.
	Surgeries(customer CustomerCode, since string) ([]*Surgery, error)
	// DeliveryTimes returns how long a customer's last orders took from the confirmation to the signature.
	DeliveryTimes(customer CustomerCode, n int) ([]time.Duration, error)
}

// PlanSurgery enters a plan. One that is there already (by its key, or the same goods for the same day where it is not another one) is brought to
// what it is now; isNew tells which. A form or a numbered row of the same goods for the same day as a plan from another source is taken for that
// one ([Surgery.Joined]), and the salesperson is told.
func (d *Desk) PlanSurgery(tx SurgeryTx, p Surgery, by Actor) (stored *Surgery, isNew bool, err error) {
	if err := d.CheckSurgery(&p); err != nil {
		return nil, false, err
	}
	before, err := tx.SurgeryByKey(p.Key)
	if err != nil {
		return nil, false, err
	}
	if before != nil {
		return before, false, d.changeSurgery(tx, before, p.Day, p.Lines, by)
	}
	same, err := tx.Surgeries(p.Customer, p.Day)
	if err != nil {
		return nil, false, err
	}
	same = slices.DeleteFunc(same, func(x *Surgery) bool { return !x.SameAs(&p) })
	switch {
	case p.Another:
		same = nil
	case p.Own:
		for _, x := range same {
			if x, err = tx.Surgery(x.ID); err != nil { // locked, so that no two forms join it
				return nil, false, err
			}
			sources, err := tx.SurgerySources(x)
			if err != nil {
				return nil, false, err
			}
			if x.State != SurgeryCancelled && x.SameAs(&p) && !slices.Contains(sources, p.Source) {
				x.Joined = true
				return x, false, d.joinSurgery(tx, x, p.Key, p.Source, by)
			}
		}
		same = nil
	}
	if len(same) > p.Nth {
		return same[p.Nth], false, nil
	}
	p.State, p.By, p.ByName, p.At = SurgeryWaiting, by.Code, by.Name, d.Now()
	if err := d.schedule(tx, &p); err != nil {
		return nil, false, err
	}
	if isNew, err = tx.AddSurgery(&p); err != nil || !isNew {
		return &p, false, err
	}
	if err := d.auditSurgery(tx, &p, "手术计划", "", by); err != nil {
		return nil, false, err
	}
	if !p.StartAt.After(d.Now()) {
		return &p, true, d.draftSurgery(tx, &p, by)
	}
	return &p, true, d.tellSurgery(tx, &p, SurgeryPlanned, by)
}

// joinSurgery notes that a plan came from elsewhere too, and tells the salesperson.
func (d *Desk) joinSurgery(tx SurgeryTx, p *Surgery, key, source string, by Actor) error {
	if err := tx.JoinSurgery(p, key, source); err != nil {
		return err
	}
	if err := d.auditSurgery(tx, p, "手术计划重复", source, by); err != nil {
		return err
	}
	return tx.Emit(Event{
		Kind: EventSurgery, Order: p.Order, At: d.Now(), Actor: by.Code, Trace: by.Trace,
		Data: map[string]string{"surgery": strconv.FormatInt(p.ID, 10), "what": SurgeryJoined, "day": p.Day, "source": source},
	})
}

// CheckSurgery tells, as an error, what a plan lacks, and names its hospital.
func (d *Desk) CheckSurgery(p *Surgery) error {
	c := d.Catalog().Customer(p.Customer)
	switch day, err := time.ParseInLocation(time.DateOnly, p.Day, beijing); {
	case c == nil:
		return Errorf(CodeInvalid, "手术计划里没有医院，没有记下")
	case err != nil:
		return Errorf(CodeInvalid, "手术日期「%s」不对，没有记下", p.Day)
	case len(p.Lines) == 0:
		return Errorf(CodeInvalid, "手术计划里没有耗材，没有记下")
	case !d.Now().Before(day.AddDate(0, 0, 1)):
		return Errorf(CodeInvalid, "手术日期 %s 已经过了，没有记下", p.Day)
	}
	p.Name = c.Name
	return nil
}

// sameGoods tells whether two lists come to the same of each product, in whatever order and units.
func sameGoods(a, b []SurgeryLine) bool {
	sum := make(map[ProductCode]Quantity)
	for _, l := range a {
		sum[l.Product] = sum[l.Product].Add(l.Base)
	}
	for _, l := range b {
		sum[l.Product] = sum[l.Product].Sub(l.Base)
	}
	for _, n := range sum {
		if !n.IsZero() {
			return false
		}
	}
	return len(a) == 0 == (len(b) == 0)
}

// draftHour is the hour of the day at which salespeople get drafts.
const draftHour = 9

// schedule works out by when the goods are to be there, and when the salesperson gets the draft.
func (d *Desk) schedule(tx SurgeryTx, p *Surgery) error {
	past, err := tx.DeliveryTimes(p.Customer, leadOrders)
	if err != nil {
		return err
	}
	p.Lead = LeadOf(past, d.Surgery.Lead)
	day, err := time.ParseInLocation(time.DateOnly, p.Day, beijing)
	if err != nil {
		return err
	}
	due := day.Add(-d.Surgery.Margin)
	p.Due = due.Format(time.DateOnly)
	start := due.Add(-p.Lead.P90 - d.Surgery.Ahead)
	p.StartAt = time.Date(start.Year(), start.Month(), start.Day(), draftHour, 0, 0, 0, beijing).UTC()
	p.NextAt = p.StartAt
	return nil
}

// LastStart is the last moment at which an order made for the plan still comes in time, going by nine of ten deliveries.
func (p *Surgery) LastStart() time.Time {
	due, err := time.ParseInLocation(time.DateOnly, p.Due, beijing)
	if err != nil {
		return time.Time{}
	}
	return due.AddDate(0, 0, 1).Add(-p.Lead.P90).UTC()
}

// Fits tells whether goods ordered at a moment come in time.
func (p *Surgery) Fits(now time.Time) bool { return !now.After(p.LastStart()) }

// Goods lists what the surgery needs.
func (p *Surgery) Goods() string {
	var out []string
	for _, l := range p.Lines {
		out = append(out, fmt.Sprintf("%s %s%s", l.Title, l.Quantity, l.Unit))
	}
	return strings.Join(out, "，")
}

// DraftSurgery does what the clock has to do about a plan: makes its draft when its time has come, once; or warns that the draft is still
// not confirmed and the time runs out.
func (d *Desk) DraftSurgery(tx SurgeryTx, id int64) error {
	p, err := tx.Surgery(id)
	if err != nil {
		return err
	}
	if p.NextAt.IsZero() || d.Now().Before(p.NextAt) {
		return nil
	}
	if p.State == SurgeryWaiting {
		return d.draftSurgery(tx, p, SystemActor)
	}
	p.NextAt = time.Time{}
	if err := tx.SaveSurgery(p); err != nil || p.State != SurgeryDrafted {
		return err
	}
	o, err := tx.Order(p.Order)
	if err != nil || o.Status != StatusDraft {
		return err
	}
	return d.tellSurgery(tx, p, SurgeryLate, SystemActor)
}

func (d *Desk) draftSurgery(tx SurgeryTx, p *Surgery, by Actor) error {
	cat := d.Catalog()
	c := cat.Customer(p.Customer)
	if c == nil {
		p.NextAt = time.Time{}
		return tx.SaveSurgery(p)
	}
	o := &Order{
		Customer: c.Code, CustomerName: c.Name, DeliverBy: p.Due, Contact: c.Contact, Phone: c.Phone, Address: c.Address, Payment: c.Terms,
		Note: p.note(), Lines: p.orderLines(cat), Source: Source{Key: "surgery:" + strconv.FormatInt(p.ID, 10), Name: "手术计划"},
	}
	if s := cat.SalesOf(c); s != nil {
		o.Sales, o.Source.Sender, o.Source.Chat = s.Code, s.WeCom, Chat{WeCom, s.WeCom}
		if s.WeCom == "" {
			o.Source.Sender, o.Source.Chat = s.DingTalk, Chat{DingTalk, s.DingTalk}
		}
	}
	if err := d.Place(tx, o, by); err != nil {
		return err
	}
	if err := d.keepUntilDue(tx, o, p); err != nil {
		return err
	}
	p.State, p.Order, p.NextAt = SurgeryDrafted, o.ID, p.warnAt(d.Now())
	if err := tx.SaveSurgery(p); err != nil {
		return err
	}
	return d.tellSurgery(tx, p, SurgeryDraft, by)
}

// warnAt is when the clock has to warn, zero where that is over.
func (p *Surgery) warnAt(now time.Time) time.Time {
	if at := p.LastStart(); at.After(now) {
		return at
	}
	return time.Time{}
}

func (p *Surgery) note() string { return fmt.Sprintf("%s 手术（手术计划 %d）", p.Day, p.ID) }

func (p *Surgery) orderLines(cat *Catalog) []Line {
	var out []Line
	for _, l := range p.Lines {
		line := Line{Product: l.Product, Name: l.Title, Quantity: l.Quantity, Unit: l.Unit, Base: l.Base}
		if x := cat.Product(l.Product); x != nil {
			line.Name, line.Spec, line.BaseUnit = x.Name, x.Spec, x.Unit
		}
		out = append(out, line)
	}
	return out
}

// keepUntilDue lets a draft wait for its confirmation until the day on which the goods should have come.
func (d *Desk) keepUntilDue(tx SurgeryTx, o *Order, p *Surgery) error {
	due, err := time.ParseInLocation(time.DateOnly, p.Due, beijing)
	if err != nil || !due.AddDate(0, 0, 1).After(o.ExpiresAt) {
		return err
	}
	o.ExpiresAt = due.AddDate(0, 0, 1).UTC()
	return tx.SaveOrder(o)
}

// MoveSurgery puts a surgery on another day.
func (d *Desk) MoveSurgery(tx SurgeryTx, id int64, day string, by Actor) (*Surgery, error) {
	p, err := tx.Surgery(id)
	if err != nil {
		return nil, err
	}
	moved := *p
	moved.Day = day
	if err := d.CheckSurgery(&moved); err != nil {
		return nil, err
	}
	if p.State == SurgeryCancelled {
		return nil, Errorf(CodeConflict, "手术计划 %d 已取消，没有改动", id)
	}
	if p.Day == day {
		return nil, Errorf(CodeConflict, "手术计划 %d 已经是 %s，没有改动", id, day)
	}
	return p, d.changeSurgery(tx, p, day, p.Lines, by)
}

// changeSurgery brings a plan to another day and other goods, and its draft with it. What is submitted is not touched: its salesperson is
// told what to do.
func (d *Desk) changeSurgery(tx SurgeryTx, p *Surgery, day string, lines []SurgeryLine, by Actor) error {
	if p.State == SurgeryCancelled || p.Day == day && sameGoods(p.Lines, lines) {
		return nil
	}
	before, note := p.Day+" "+p.Goods(), p.note()
	otherGoods := !sameGoods(p.Lines, lines)
	p.Day, p.Lines = day, lines
	if err := d.schedule(tx, p); err != nil {
		return err
	}
	if err := d.auditSurgery(tx, p, "手术改期", before, by); err != nil {
		return err
	}
	if p.State == SurgeryDrafted {
		o, err := d.orderOf(tx, p)
		if err != nil {
			return err
		}
		switch {
		case o.Status == StatusDraft && len(o.Taken()) == 0:
			o, err = d.Revise(tx, p.Order, by, func(o *Order) error {
				o.DeliverBy = p.Due
				if rest := strings.TrimLeft(strings.Replace(o.Note, note, "", 1), "；;，, "); rest != "" { // somebody's words
					o.Note = p.note() + "；" + rest
				} else {
					o.Note = p.note()
				}
				if otherGoods {
					o.Lines = p.orderLines(d.Catalog())
				}
				return nil
			})
			if err == nil {
				err = d.keepUntilDue(tx, o, p)
			}
			if err != nil {
				return err
			}
			p.NextAt = p.warnAt(d.Now())
		case o.Status.Ended() && len(o.Shipments) == 0: // it was withdrawn: the new day needs a new one
			p.State, p.Order = SurgeryWaiting, ""
		default:
			p.NextAt = time.Time{}
		}
	}
	if p.State == SurgeryWaiting && !p.StartAt.After(d.Now()) {
		return d.draftSurgery(tx, p, by)
	}
	if err := tx.SaveSurgery(p); err != nil {
		return err
	}
	return d.tellSurgery(tx, p, SurgeryMoved, by)
}

// orderOf loads the order that the goods of a plan are in: the one into which its own was merged, where it was.
func (d *Desk) orderOf(tx SurgeryTx, p *Surgery) (*Order, error) {
	for {
		o, err := tx.Order(p.Order)
		if err != nil {
			return nil, err
		}
		if o.Status != StatusClosed || o.MergedInto() == "" {
			return o, nil
		}
		p.Order = o.MergedInto()
	}
}

// CancelSurgery ends a plan; where it has an order the salesperson is asked to withdraw that.
func (d *Desk) CancelSurgery(tx SurgeryTx, p *Surgery, by Actor) error {
	if p.State == SurgeryCancelled {
		return Errorf(CodeConflict, "手术计划 %d 已经取消了", p.ID)
	}
	p.State, p.NextAt = SurgeryCancelled, time.Time{}
	if p.Order != "" {
		if _, err := d.orderOf(tx, p); err != nil {
			return err
		}
	}
	if err := tx.SaveSurgery(p); err != nil {
		return err
	}
	if err := d.auditSurgery(tx, p, "取消手术", p.Day+" "+p.Goods(), by); err != nil {
		return err
	}
	return d.tellSurgery(tx, p, SurgeryWithdrawn, by)
}

func (d *Desk) auditSurgery(tx SurgeryTx, p *Surgery, action, before string, by Actor) error {
	return tx.Audit(AuditEntry{
		Order: p.Order, At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: action, Before: before, After: p.Name + " " + p.Day + " " + p.Goods(),
		Reason: p.Source, Trace: by.Trace,
	})
}

func (d *Desk) tellSurgery(tx SurgeryTx, p *Surgery, what string, by Actor) error {
	return tx.Emit(Event{
		Kind: EventSurgery, Order: p.Order, At: d.Now(), Actor: by.Code, Trace: by.Trace,
		Data: map[string]string{"surgery": strconv.FormatInt(p.ID, 10), "what": what, "day": p.Day},
	})
}

// MayPlan tells, as an error, whether somebody may enter and change surgery plans of a customer: who may order for them.
func (c *Catalog) MayPlan(s *Staff, customer CustomerCode) error {
	switch s.May(RightPlace) {
	case ScopeAll:
		return nil
	case ScopeOwn:
		if own := c.SalesOf(c.Customer(customer)); own == nil || own.Code == s.Code {
			return nil
		}
	default:
	}
	return Errorf(CodeDenied, "这家医院的手术计划由它的业务员登记，您没有这个权限，没有改动")
}
