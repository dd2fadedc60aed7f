package orders

import (
	"fmt"
	"slices"
	"time"
)

// HealthReport is how the orders of a customer went in a month, for that customer (订单健康度报告): twelve figures, whose definitions are in
// docs/figures.md. It reaches the customer once somebody who may has released it (放行), as it was shown to them, and only once.
type HealthReport struct {
	ID       int64
	Customer CustomerCode
	Name     string // of the customer, as it was when the report was made
	Month    string // yyyy-mm
	Version  int    // counted up when the figures change before the release; a card of another version is stale
	Figures  []Indicator
	Before   []Indicator // of the month before
	MadeAt   time.Time
	Token    string // of its page, which is there once it is released

	ReleasedAt   time.Time // zero: nobody has
	ReleasedBy   StaffCode
	ReleasedName string
}

// From is the first moment of the report's month.
func (r *HealthReport) From() time.Time {
	from, _ := time.ParseInLocation("2006-01", r.Month, beijing) // written by MakeReport
	return from
}

// MonthName names the report's month: 2026年10月.
func (r *HealthReport) MonthName() string { return r.From().Format("2006年1月") }

// Released tells whether the customer may have it.
func (r *HealthReport) Released() bool { return !r.ReleasedAt.IsZero() }

// LastMonth is the last month that is over at a moment: from its first moment to that of the next.
func LastMonth(now time.Time) (from, until time.Time) {
	now = now.In(beijing)
	until = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, beijing)
	return until.AddDate(0, -1, 0), until
}

// IndicatorKind tells the figures of a report apart.
type IndicatorKind string

// The twelve figures, in the order in which they are shown.
const (
	IndicatorFulfilled IndicatorKind = "fulfilled" // 履约达成率
	IndicatorOnTime    IndicatorKind = "on_time"   // 准时交付率
	IndicatorChange    IndicatorKind = "change"    // 变更响应时效
	IndicatorAccuracy  IndicatorKind = "accuracy"  // 订单准确率
	IndicatorResponse  IndicatorKind = "response"  // 首次响应时间
	IndicatorHandling  IndicatorKind = "handling"  // 平均处理时长
	IndicatorUrgent    IndicatorKind = "urgent"    // 加急达标率
	IndicatorShortage  IndicatorKind = "shortage"  // 缺货率
	IndicatorReturned  IndicatorKind = "returned"  // 退货率
	IndicatorHealed    IndicatorKind = "healed"    // 异常自愈率
	IndicatorTransit   IndicatorKind = "transit"   // 平均在途天数
	IndicatorSelf      IndicatorKind = "self"      // 自助查询率
)

// IsTime tells whether the figure is how long something took on average, not a share.
func (k IndicatorKind) IsTime() bool {
	return k == IndicatorChange || k == IndicatorResponse || k == IndicatorHandling || k == IndicatorTransit
}

// MoreIsBetter tells which way is better.
func (k IndicatorKind) MoreIsBetter() bool {
	return !k.IsTime() && k != IndicatorShortage && k != IndicatorReturned
}

// Indicator is one figure of a report: a share Part/Of, or a time Sum/Of.
type Indicator struct {
	Kind IndicatorKind `json:"kind"`
	Of   int           `json:"of"`             // of how many; 0: there was nothing to measure
	Part int           `json:"part,omitempty"` // how many of them, of a share
	Sum  time.Duration `json:"sum,omitempty"`  // of all of them together, of a time
}

// Value is the share, or the seconds; 0 where there is none.
func (i Indicator) Value() float64 {
	switch {
	case i.Of == 0:
		return 0
	case i.Kind.IsTime():
		return i.Average().Seconds()
	default:
		return float64(i.Part) / float64(i.Of)
	}
}

// Average is how long it took on average; 0 where there is none.
func (i Indicator) Average() time.Duration {
	if i.Of == 0 {
		return 0
	}
	return i.Sum / time.Duration(i.Of)
}

// ReportFigures are a customer's figures of a time, of which a report is made: those that there are for everybody, of its orders alone, and
// those of the report's own.
type ReportFigures struct {
	Changes    Delays
	Accuracy   Accuracy
	Handling   Handling
	Exceptions ExceptionFigures

	Due       Kept   // orders whose day came in that time, and of them those that were signed for in full until its end
	OnTime    Kept   // orders that were signed for and had an agreed day, and of them those in time
	Responses Spans  // from the first message of an order to its first draft
	Transits  Spans  // from the warehouse to the signature
	Shortages [2]int // orders that were confirmed and lacked goods; orders that were confirmed
	Returned  [2]int // orders that were signed for, of which goods came or are to come back; orders that were signed for
	Inquiries [2]int // questions about orders that the bot answered; all of them
}

// ReportOrder is what a report takes of an order.
type ReportOrder struct {
	DeliverBy string // when it was wanted
	Promised  string // yyyy-mm-dd, the day on which it was expected; empty: nobody knew
	Ended     bool   // cancelled, rejected, or part of another one: nothing of it is due
	Arrival   *Arrival
	ShippedAt time.Time // the first parcel that a carrier took; zero: none did
	Back      bool      // goods of it came back, or are to
}

// Add counts an order of the customer for a time.
func (f *ReportFigures) Add(o *ReportOrder, from, until time.Time) {
	within := func(t time.Time) bool { return !t.Before(from) && t.Before(until) }
	if due, ok := o.due(); ok && !o.Ended && within(due) {
		f.Due.All++
		if o.Arrival != nil && o.Arrival.At.Before(until) {
			f.Due.Kept++
		}
	}
	if o.Arrival == nil || !within(o.Arrival.At) {
		return
	}
	if o.Arrival.Time != "" {
		f.OnTime.All++
		if o.Arrival.Time == FitKept {
			f.OnTime.Kept++
		}
	}
	f.Returned[1]++
	if o.Back {
		f.Returned[0]++
	}
	if took := o.Arrival.At.Sub(o.ShippedAt); !o.ShippedAt.IsZero() && took >= 0 {
		f.Transits = append(f.Transits, took)
	}
}

// due is the last moment at which the goods are in time: of the agreed day or hour, else of the day on which they were expected.
func (o *ReportOrder) due() (time.Time, bool) {
	for _, day := range []string{o.DeliverBy, o.Promised} {
		if until, ok := WantedBy(day); ok {
			return until.Add(-time.Nanosecond), true
		}
	}
	return time.Time{}, false
}

// Indicators are the twelve figures, in the order in which they are shown.
func (f *ReportFigures) Indicators() []Indicator {
	share := func(k IndicatorKind, part, of int) Indicator { return Indicator{Kind: k, Part: part, Of: of} }
	mean := func(k IndicatorKind, s Spans) Indicator {
		i := Indicator{Kind: k, Of: len(s)}
		for _, d := range s {
			i.Sum += d
		}
		return i
	}
	healed, all := 0, 0
	for _, k := range f.Exceptions.Kinds {
		healed, all = healed+k.Self, all+k.All
	}
	return []Indicator{
		share(IndicatorFulfilled, f.Due.Kept, f.Due.All),
		share(IndicatorOnTime, f.OnTime.Kept, f.OnTime.All),
		{Kind: IndicatorChange, Of: f.Changes.Count, Sum: f.Changes.Sum},
		share(IndicatorAccuracy, f.Accuracy.Right, f.Accuracy.Orders),
		mean(IndicatorResponse, f.Responses),
		mean(IndicatorHandling, f.Handling.Confirmed),
		share(IndicatorUrgent, f.Exceptions.Urgent.Kept, f.Exceptions.Urgent.All),
		share(IndicatorShortage, f.Shortages[0], f.Shortages[1]),
		share(IndicatorReturned, f.Returned[0], f.Returned[1]),
		share(IndicatorHealed, healed, all),
		mean(IndicatorTransit, f.Transits),
		share(IndicatorSelf, f.Inquiries[0], f.Inquiries[1]),
	}
}

// HasFigures tells whether there is anything to report.
func HasFigures(figures []Indicator) bool {
	return slices.ContainsFunc(figures, func(i Indicator) bool { return i.Of > 0 })
}

// ReportTx is what reports need of a transaction.
type ReportTx interface {
	// Report loads a report under a lock: CodeNotFound where there is none. ReportOf loads that of a customer's month, nil where there is none.
	Report(id int64) (*HealthReport, error)
	ReportOf(customer CustomerCode, month string) (*HealthReport, error)
	// AddReport stores a new report and gives it its ID and token. Where there is one of that customer and month, isNew is false and r is that
	// one. SaveReport stores what has become of one that is locked.
	AddReport(r *HealthReport) (isNew bool, err error)
	SaveReport(r *HealthReport) error
	Audit(entries ...AuditEntry) error
}

// MayReport refuses who may not see and release a customer's report.
func (c *Catalog) MayReport(by Actor, of *Customer) error {
	sales := c.SalesOf(of)
	switch by.Staff.May(RightReport) {
	case ScopeAll:
		return nil
	case ScopeOwn:
		if manager := c.ManagerOf(of); sales != nil && sales.Code == by.Staff.Code || manager != nil && manager.Code == by.Staff.Code {
			return nil
		}
	default:
	}
	if sales == nil {
		return Errorf(CodeDenied, "客户 %s 还没有业务员，健康报告请让销售经理来办", of.Name)
	}
	return Errorf(CodeDenied, "客户 %s 由 %s 负责，健康报告请让 TA 或销售经理来办", of.Name, sales.Name)
}

// MakeReport makes the report of a customer's month, or brings one that nobody has released to the figures as they are now; isNew tells
// whether there was none. One that was released stays as it was sent.
func (d *Desk) MakeReport(tx ReportTx, c *Customer, from time.Time, figures, before []Indicator) (r *HealthReport, isNew bool, err error) {
	r = &HealthReport{
		Customer: c.Code, Name: c.Name, Month: from.In(beijing).Format("2006-01"), Version: 1, Figures: figures, Before: before, MadeAt: d.Now(),
	}
	if isNew, err = tx.AddReport(r); err != nil || isNew {
		return r, isNew, err
	}
	if r.Released() || slices.Equal(r.Figures, figures) && slices.Equal(r.Before, before) && r.Name == c.Name {
		return r, false, nil
	}
	r.Version++
	r.Name, r.Figures, r.Before, r.MadeAt = c.Name, figures, before, d.Now()
	return r, false, tx.SaveReport(r)
}

// ReleaseReport lets a report go to its customer, which is for the caller to do in the same transaction. version is the one that was shown;
// 0: whatever it is. A second release is a CodeConflict.
func (d *Desk) ReleaseReport(tx ReportTx, id int64, version int, by Actor) (*HealthReport, error) {
	r, err := tx.Report(id)
	if err != nil {
		return nil, err
	}
	c := d.Catalog().Customer(r.Customer)
	if c == nil {
		return nil, Errorf(CodeNotFound, "客户 %s 已经不在客户资料里，没有放行", r.Name)
	}
	if err := d.Catalog().MayReport(by, c); err != nil {
		return nil, err
	}
	switch {
	case r.Released():
		return nil, Errorf(CodeConflict, "%s 的 %s健康报告%s，不会再发一次", r.Name, r.MonthName(), r.Outcome())
	case version != 0 && version != r.Version:
		return nil, Errorf(CodeConflict, "%s 的 %s健康报告后来更新过，这张卡片的数字不是最新的，没有发出。请看最新的一张，或发「健康报告 %s %s」", r.Name, r.MonthName(), r.Customer, r.Month)
	}
	r.ReleasedAt, r.ReleasedBy, r.ReleasedName = d.Now(), by.Staff.Code, by.Name
	if err := tx.SaveReport(r); err != nil {
		return nil, err
	}
	return r, tx.Audit(AuditEntry{
		At: r.ReleasedAt, Actor: by.Code, Channel: by.Channel, Action: "放行健康报告", After: fmt.Sprintf("%s %s 第 %d 版", r.Customer, r.Month, r.Version), Trace: by.Trace,
	})
}

// Outcome says who released it, and when.
func (r *HealthReport) Outcome() string {
	if !r.Released() {
		return ""
	}
	return "已放行 " + r.ReleasedName + " " + r.ReleasedAt.In(beijing).Format("1月2日 15:04")
}

// InquiryTx is what notes the questions of customers.
type InquiryTx interface {
	// Inquired notes that somebody of a customer asked about orders: the bot answered, or a person was asked to.
	Inquired(customer CustomerCode, person bool, at time.Time) error
}
