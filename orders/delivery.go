package orders

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Transit is how long a carrier takes to a region (运输时效), as imported.
type Transit struct {
	Carrier string // code of reading.md
	Region  string // 华东, 江苏, a city, what the customer list calls a region; 全国: everywhere else
	Days    int    // after the day on which the goods leave
	Daily   bool   // it delivers on weekends too, never on public holidays; otherwise working days alone count
}

// Weather is what makes goods come later to a region for some days (天气).
type Weather struct {
	ID     int64     `json:"id,omitempty"` // 0: of the configuration
	Region string    `json:"region"`
	Days   int       `json:"days"`          // by which goods come later that are on their way then
	From   string    `json:"from"`          // yyyy-mm-dd, the first day
	Until  string    `json:"until"`         // yyyy-mm-dd, the last day
	Why    string    `json:"why,omitempty"` // 暴雪; may be empty
	By     StaffCode `json:"by,omitempty"`

	Version int64 `json:"version,omitempty"` // of the first catalog that has it; 0: not said
}

// WeatherMost is how many days later goods may come by one entry of the weather, and WeatherLongest how many days it may last.
const (
	WeatherMost    = 30
	WeatherLongest = 60
)

// DeliveryTerms are the firm's own figures of which the expected day of delivery is made. The zero value has the usual ones.
type DeliveryTerms struct {
	CutOff  time.Duration            // since midnight: what is ready by then leaves on the same day; 0: 16 h
	CutOffs map[string]time.Duration // by warehouse, where it is another
	Daily   int                      // orders that a production line begins on a working day; 0: 5
	Lines   map[string]int           // the same by line, where it is another
	Weather []Weather                // besides what is said in the chat
}

// cutOff is the hour of a warehouse; "" names none.
func (t *DeliveryTerms) cutOff(warehouse string) time.Duration {
	if at, ok := t.CutOffs[warehouse]; ok {
		return at
	}
	return cmp.Or(t.CutOff, 16*time.Hour)
}

// LineOrders is how many orders a line begins on a working day; of no line, what all lines do.
func (t *DeliveryTerms) LineOrders(line string) int {
	own := cmp.Or(t.Daily, 5)
	if line == "" && len(t.Lines) > 0 {
		sum := 0
		for _, n := range t.Lines {
			sum += n
		}
		return sum
	}
	if n, ok := t.Lines[line]; ok {
		return n
	}
	return own
}

// Made is an order that the planner has on a production line (产线负荷).
type Made struct {
	Order OrderID
	Line  string // 三号线; empty: not said
	Begun bool   // it is being made
	At    time.Time
}

// lineName fits the name of a production line at the beginning of a place: 三号线 注塑.
var lineName = regexp.MustCompile(`^\S*?(?:产线|生产线|线|车间)`)

// Line is the production line that an order is planned on or made on, else where the rules send it, "" where nobody said.
func (o *Order) Line() string {
	if line := o.planned(); line != "" || o.Work.To == nil {
		return line
	}
	return o.Work.To.Line
}

// planned is the production line that the planner named last.
func (o *Order) planned() string {
	for _, s := range []Status{StatusInProduction, StatusScheduled} {
		for _, p := range slices.Backward(o.Work.Places) {
			if p.Status == s {
				return cmp.Or(lineName.FindString(p.Text), strings.Fields(p.Text)[0])
			}
		}
	}
	return ""
}

// MadeOf is what an order that is planned or made means for the load of its line.
func MadeOf(o *Order) Made {
	return Made{Order: o.ID, Line: o.Line(), Begun: o.Status == StatusInProduction, At: o.Reached[StatusScheduled]}
}

// ahead counts the orders that a line makes before o: those planned earlier, or all that are planned where o is not.
func ahead(load []Made, o *Order, line string) int {
	at, n := o.Reached[StatusScheduled], 0
	for _, m := range load {
		isBefore := at.IsZero() || m.At.Before(at) || m.At.Equal(at) && m.Order < o.ID
		if m.Order != o.ID && !m.Begun && isBefore && (line == "" || m.Line == "" || m.Line == line) {
			n++
		}
	}
	return n
}

// Promise is the day on which an order is expected to be there, as the sum of its parts.
type Promise struct {
	Day      string        `json:"day,omitempty"` // yyyy-mm-dd; empty: nobody knows yet
	Parts    []PromisePart `json:"parts,omitempty"`
	Unknown  string        `json:"unknown,omitempty"` // why there is no day
	Fetched  bool          `json:"fetched,omitempty"` // the customer fetches the goods: the day is when they are ready
	At       time.Time     `json:"at"`                // when it was worked out
	Revision int           `json:"revision"`          // of the order that it was worked out for
	Was      string        `json:"was,omitempty"`     // the day promised before
	Lacks    int           `json:"lacks,omitempty"`   // the first year on the way whose public holidays the calendar lacks; 0: none
}

// PromisePart is one of the parts, in turn.
type PromisePart struct {
	Name  string `json:"name"`            // 审批, 到货, 产线排队, 生产, 备货, 运输, 天气, 分批
	Days  int    `json:"days,omitempty"`  // working days that it takes; of 运输 and 天气 those on which the carrier delivers
	Daily bool   `json:"daily,omitempty"` // the carrier delivers on weekends too
	Until string `json:"until"`           // yyyy-mm-dd, the day on which it is over
	Why   string `json:"why,omitempty"`
}

// Misses tells whether the goods are expected later than somebody wants them.
func (p *Promise) Misses(deliverBy string) bool {
	until, ok := WantedBy(deliverBy)
	return ok && p != nil && p.Day != "" && p.Day > until.Add(-time.Nanosecond).In(beijing).Format(time.DateOnly)
}

// promising is the working out of a promise: t is how far it has come.
type promising struct {
	c   *Catalog
	o   *Order
	p   *Promise
	t   time.Time
	now time.Time
}

// Promise works out when an order is expected to be there: nil for one that is there, or will never be. load is what the production lines
// have to do.
func (d *Desk) Promise(o *Order, load []Made) *Promise {
	if o.Status.Ended() || o.Status == StatusReturning {
		return nil
	}
	now := d.Now().In(beijing)
	w := &promising{c: d.Catalog(), o: o, p: &Promise{At: d.Now(), Revision: o.Revision}, t: now, now: now}
	if !o.isOut() {
		w.approval(d.Times.ApprovalLimit)
		if !w.goods(load) {
			return w.p
		}
		w.leave()
	}
	w.travel()
	w.stage()
	if day, err := time.ParseInLocation(time.DateOnly, w.p.Day, beijing); err == nil {
		w.p.Lacks = w.c.Calendar.Lacks(now, day)
	}
	return w.p
}

// CountsLoad tells whether the load of the production lines counts for when an order is expected.
func (d *Desk) CountsLoad(o *Order) bool {
	return o.made(d.Catalog()) || !o.Reached[StatusScheduled].IsZero()
}

// promise is [Desk.Promise] with the load of the lines as it is.
func (d *Desk) promise(tx Tx, o *Order) (*Promise, error) {
	var load []Made
	if d.CountsLoad(o) {
		var err error
		if load, err = tx.ProductionLoad(); err != nil {
			return nil, err
		}
	}
	return d.Promise(o, load), nil
}

// repromise works out anew when an order is expected: where it was changed since, where nobody knew before, and where it is late, so that what
// was promised may not be kept. Of a later day, or the first that is known, people are told.
func (w *watch) repromise() error {
	was := w.o.Work.Promise
	if was == nil || !w.isLate && was.Day != "" && was.Revision == w.o.Revision {
		return nil
	}
	moved, err := w.d.repromise(w.tx, w.o)
	if moved && !w.isTold {
		data := map[string]string{"was": was.Day}
		if w.isLate { // the customer hears of it when the order is late, or from the salesperson
			data["staff"] = "yes"
		}
		w.events = append(w.events, w.d.event(w.o, EventPromised, SystemActor, data))
	}
	return err
}

// Repromise works out anew when an order is expected after weather was noted (an event of [Desk.SpreadWeather]), and tells people of a later day. The
// catalog need not know of it yet.
func (d *Desk) Repromise(tx Tx, o *Order, e Event) error {
	was := o.Work.Promise
	var w Weather
	if err := json.Unmarshal([]byte(e.Data["weather"]), &w); err != nil {
		return fmt.Errorf("event of weather: %w", err)
	}
	if was == nil {
		return nil
	}
	now, cat := *d, *d.Catalog()
	if cat.Version < w.Version { // a catalog that had it may say now that it was corrected
		cat.Weather = append(slices.Clone(cat.Weather), w)
	}
	now.Catalog = func() *Catalog { return &cat }
	moved, err := now.repromise(tx, o)
	if !moved || err != nil {
		return err
	}
	return tx.Emit(d.event(o, EventPromised, SystemActor, map[string]string{"was": was.Day}))
}

// repromise puts a new promise in the place of the old one, where it is for another version of the order, for a later day, or for none that
// is known. It returns whether there is a later day, or the first that is known.
func (d *Desk) repromise(tx Tx, o *Order) (moved bool, err error) {
	was := o.Work.Promise
	p, err := d.promise(tx, o)
	if err != nil || p == nil {
		return false, err
	}
	isSame := p.Revision == was.Revision
	if isSame && (p.Day == was.Day || p.Day != "" && p.Day < was.Day) {
		return false, nil
	}
	p.Was = was.Day
	o.Work.Promise = p
	if err := tx.SaveOrder(o); err != nil {
		return false, err
	}
	if p.Day == was.Day {
		return false, nil
	}
	return p.Day > was.Day, tx.Audit(d.entry(o, SystemActor, "重新承诺交期", orNone(was.Day), orNone(p.Day), p.Words()))
}

// SpreadTx is what telling orders of the weather needs of a transaction.
type SpreadTx interface {
	// OpenIDs returns the numbers of all orders in the given statuses.
	OpenIDs(statuses ...Status) ([]OrderID, error)
	// ReadOrders returns orders as they are, in no order and not locked. Those that there are not are left out.
	ReadOrders(ids ...OrderID) ([]*Order, error)
	Emit(events ...Event) error
}

// weatherAtOnce is how many orders one transaction looks at for an entry of the weather.
const weatherAtOnce = 200

// SpreadWeather has the expected days of the orders worked out anew that go to where the weather is: an event of the weather (of
// no order) is shared out over so many orders each, and those that it concerns get one of their own.
func (d *Desk) SpreadWeather(tx SpreadTx, e Event) error {
	event := func(id OrderID, ids string) Event {
		data := map[string]string{"weather": e.Data["weather"]}
		if ids != "" {
			data["orders"] = ids
		}
		return Event{Kind: EventWeather, Order: id, At: d.Now(), Actor: SystemActor.Code, Trace: e.Trace, Data: data}
	}
	var events []Event
	if e.Data["orders"] == "" {
		all, err := tx.OpenIDs(Underway...)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(all, weatherAtOnce) {
			events = append(events, event("", strings.Join(idWords(some), " ")))
		}
		return tx.Emit(events...)
	}
	var w Weather
	if err := json.Unmarshal([]byte(e.Data["weather"]), &w); err != nil {
		return fmt.Errorf("event of weather: %w", err)
	}
	var ids []OrderID
	for id := range strings.FieldsSeq(e.Data["orders"]) {
		ids = append(ids, OrderID(id))
	}
	open, err := tx.ReadOrders(ids...)
	if err != nil {
		return err
	}
	cat := d.Catalog()
	for _, o := range open {
		if p := o.Work.Promise; p != nil && p.Day >= w.From && !p.Fetched && cat.regionFit(w.Region, o) > 0 {
			events = append(events, event(o.ID, ""))
		}
	}
	return tx.Emit(events...)
}

// Words are the parts in one line: 审批 3月11日、备货 3月12日、运输 SF 全国 1 天 3月13日.
func (p *Promise) Words() string {
	if p.Unknown != "" {
		return p.Unknown
	}
	var out []string
	for _, x := range p.Parts {
		words := x.Name
		if x.Days > 0 {
			words += fmt.Sprintf(" %d 天", x.Days)
		}
		out = append(out, words+" 到"+monthDay(x.Until))
	}
	return strings.Join(out, "、")
}

// part notes a part that is over now.
func (w *promising) part(name string, days int, why string) {
	w.p.Parts = append(w.p.Parts, PromisePart{Name: name, Days: days, Until: w.t.Add(-time.Nanosecond).Format(time.DateOnly), Why: why})
}

// approval adds the time until an order is approved.
func (w *promising) approval(limit time.Duration) {
	switch w.o.Status {
	case StatusDraft:
		w.t = w.c.Calendar.After(w.t, limit)
	case StatusPendingApproval:
		if at := w.o.leaves(StatusPendingApproval.Step(), w.o.Reached[StatusPendingApproval], w.c.Calendar).In(beijing); at.After(w.t) {
			w.t = at
		}
	default:
		return
	}
	w.part("审批", 0, w.t.Format("1月2日 15:04")+"前")
}

// missing tells whether some of a line is not there.
func (o *Order) missing(l *Line) bool {
	switch {
	case o.Status == StatusDraft:
		return l.Product != "" && l.Base.GreaterThan(l.Available)
	case o.Status == StatusPendingApproval && o.ReservedUntil.IsZero(): // what was held is reserved anew at the approval
		return false
	default:
		return l.Short().IsPositive()
	}
}

// goods adds the time until all goods are there. It returns false where nobody knows.
func (w *promising) goods(load []Made) bool {
	o, today := w.o, w.now.Format(time.DateOnly)
	planned := slices.Contains([]Status{StatusScheduled, StatusInProduction, StatusInspected}, o.Status)
	var coming []string
	comes, isMade := "", planned
	for i := range o.Lines {
		l := &o.Lines[i]
		p := w.c.Product(l.Product)
		switch {
		case !o.missing(l):
		case l.Expected >= today && l.Expected != "":
			comes = max(comes, l.Expected)
			coming = append(coming, string(l.Product))
		case p != nil && p.Kind == ProductCustom || planned:
			isMade = true
		default:
			w.p.Unknown = fmt.Sprintf("%s 缺货，还不知道哪天到", cmp.Or(string(l.Product), l.Name))
			return false
		}
	}
	if isMade {
		w.make(load)
	}
	if day, ok := WantedBy(comes); ok && day.After(w.t) { // it comes while other goods are made
		w.t = day.In(beijing)
		w.part("到货", 0, strings.Join(coming, "、"))
	}
	return true
}

// make adds the time in which goods are made: what stands before them on the line, then from planning to inspection, as far as that is not
// over.
func (w *promising) make(load []Made) {
	o, cal, line := w.o, w.c.Calendar, w.o.Line()
	if o.Status != StatusInProduction && o.Status != StatusInspected {
		n, daily := ahead(load, o, line), w.c.Delivery.LineOrders(line)
		if days := (n + daily - 1) / daily; days > 0 {
			w.t = cal.After(w.t, time.Duration(days)*workday)
			w.part("产线排队", days, fmt.Sprintf("%s前面还有 %d 单，一天 %d 单", cmp.Or(line, "产线"), n, daily))
		}
	}
	left := time.Duration(0)
	at := slices.IndexFunc(way, func(s Step) bool { return s.Status == StatusScheduled })
	for i := at; way[i].Status != StatusStocked; i++ {
		if o.Status == way[i].Status { // what was before is over
			left = 0
		}
		left += way[i].Stay
	}
	from := w.t
	if reached := o.Reached[o.Status]; o.Status == StatusInProduction || o.Status == StatusInspected {
		from = reached.In(beijing)
	}
	if until := cal.After(from, left); until.After(w.t) {
		w.t = until
	}
	w.part("生产", int(left/workday), line)
}

// leave adds the time until the goods leave the warehouse: on the same working day where they are ready by its hour.
func (w *promising) leave() {
	o, cal := w.o, w.c.Calendar
	from, _, _ := strings.Cut(o.Warehouse, "（")
	cutOff := w.c.Delivery.cutOff(from)
	midnight := time.Date(w.t.Year(), w.t.Month(), w.t.Day(), 0, 0, 0, 0, beijing)
	days := 0
	if !cal.IsWorkday(midnight) || w.t.Sub(midnight) >= cutOff {
		midnight = cal.AddWorkdays(midnight, 1)
		days = 1
	}
	w.t = midnight
	if o.Carrier == pickUp {
		w.p.Fetched, w.p.Day = true, midnight.Format(time.DateOnly)
	}
	w.p.Parts = append(w.p.Parts, PromisePart{
		Name: "备货", Days: days, Until: midnight.Format(time.DateOnly),
		Why: fmt.Sprintf("%s%02d:%02d 前备齐的当天发", from, int(cutOff.Hours()), int(cutOff.Minutes())%60),
	})
}

// stage puts off what leaves in a later stage until its day: nothing is sent before it.
func (w *promising) stage() {
	if due, ok := WantedBy(w.o.Wanted()); ok && w.o.IsUnderway() && w.p.Day != "" {
		if day := due.Add(-time.Nanosecond).In(beijing).Format(time.DateOnly); day > w.p.Day {
			w.p.Day = day
			w.p.Parts = append(w.p.Parts, PromisePart{Name: "分批", Until: day, Why: fmt.Sprintf("第 %d 批", w.o.Stage())})
		}
	}
}

// travel adds the time on the way, and what the weather adds to it.
func (w *promising) travel() {
	o := w.o
	carrier := o.Carrier
	if n := len(o.Shipments); o.isOut() {
		carrier = o.Shipments[n-1].Carrier
		at := o.Shipments[n-1].ShippedAt.In(beijing)
		w.t = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, beijing)
	}
	if carrier == pickUp {
		w.p.Fetched = true
		w.p.Day = w.t.Format(time.DateOnly)
		return
	}
	if carrier == "" {
		carrier = o.Propose(w.c, w.t).Carrier
	}
	left := w.t
	row, ok := w.c.transit(carrier, o)
	if !ok {
		w.p.Unknown = "还没有这家快递的运输时效"
		return
	}
	add := func(name string, days int, why string) {
		w.t = w.c.Calendar.deliveryDay(w.t, days, row.Daily)
		w.p.Parts = append(w.p.Parts, PromisePart{Name: name, Days: days, Daily: row.Daily, Until: w.t.Format(time.DateOnly), Why: why})
	}
	add("运输", row.Days, strings.TrimSpace(carrier+" "+row.Region))
	arrives := w.t
	var worst *Weather
	for more := true; more; { // a later arrival may meet more weather
		more = false
		for _, x := range w.c.weather(o) {
			reached := w.t
			if worst != nil {
				reached = w.c.Calendar.deliveryDay(arrives, worst.Days, row.Daily)
			}
			if x.From <= reached.Format(time.DateOnly) && x.Until >= left.Format(time.DateOnly) && (worst == nil || x.Days > worst.Days) {
				worst, more = &x, true
			}
		}
	}
	if worst != nil {
		add("天气", worst.Days, strings.TrimSpace(worst.Region+" "+worst.Why+" 到"+monthDay(worst.Until)))
	}
	if today := w.now.Format(time.DateOnly); w.t.Format(time.DateOnly) < today { // it should have been there
		w.t = w.c.Calendar.deliveryDay(w.now.AddDate(0, 0, -1), 1, row.Daily)
	}
	w.p.Day = w.t.Format(time.DateOnly)
}

// monthDay writes a day (yyyy-mm-dd) as 3月22日.
func monthDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("1月2日")
}

// deliveryDay is the n-th day after t's on which goods are delivered: working days, or all but public holidays.
func (c *Calendar) deliveryDay(t time.Time, n int, daily bool) time.Time {
	if !daily {
		return c.AddWorkdays(t, n)
	}
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if d, ok := c.Day(t); !ok || d.Work {
			n--
		}
	}
	return t
}

// transit is how long a carrier takes to where an order goes: by the row of the firm's table whose region is closest, else by what comes with
// the program.
func (c *Catalog) transit(carrier string, o *Order) (Transit, bool) {
	var best Transit
	closest := 0
	for i := range c.Transits {
		if t := &c.Transits[i]; t.Carrier == carrier {
			if fit := c.regionFit(t.Region, o); fit > closest {
				best, closest = *t, fit
			}
		}
	}
	if closest > 0 {
		return best, true
	}
	for _, r := range carrierRows {
		if r.code == carrier {
			return Transit{Carrier: carrier, Region: everywhere, Days: r.days, Daily: r.daily}, true
		}
	}
	return Transit{}, false
}

// weather are the entries for where an order goes, those of the configuration last.
func (c *Catalog) weather(o *Order) []Weather {
	var out []Weather
	for _, x := range slices.Concat(c.Weather, c.Delivery.Weather) {
		if c.regionFit(x.Region, o) > 0 {
			out = append(out, x)
		}
	}
	return out
}

// WeatherNow are the entries that are not over on a day (yyyy-mm-dd), those that begin first in front.
func (c *Catalog) WeatherNow(today string) []Weather {
	out := slices.DeleteFunc(slices.Concat(c.Weather, c.Delivery.Weather), func(x Weather) bool { return x.Until < today })
	slices.SortStableFunc(out, func(a, b Weather) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Region, b.Region)) })
	return out
}

// Carriers are the codes of those whose times the program knows.
func (c *Catalog) Carriers() []string {
	known := make(map[string]bool)
	for _, r := range carrierRows {
		known[r.code] = true
	}
	for i := range c.Transits {
		known[c.Transits[i].Carrier] = true
	}
	return slices.Sorted(maps.Keys(known))
}

// WeatherTx is what the weather needs of a transaction.
type WeatherTx interface {
	// NoteWeather stores an entry, in place of those of its region that are not over, and returns the version of the catalog that has it.
	NoteWeather(w Weather, today string) (int64, error)
	// EndWeather ends the entries of a region that are not over, and returns how many there were.
	EndWeather(region, today string) (int, error)
	Audit(entries ...AuditEntry) error
	Emit(events ...Event) error
}

// NoteWeather notes what the weather does to a region, and has the orders told that are underway ([Desk.SpreadWeather]).
func (d *Desk) NoteWeather(tx WeatherTx, w Weather, by Actor) error {
	today := d.Now().In(beijing).Format(time.DateOnly)
	from, err := time.Parse(time.DateOnly, w.From)
	until, err2 := time.Parse(time.DateOnly, w.Until)
	switch {
	case by.Staff.May(RightWeather) != ScopeAll:
		return deniedWeather()
	case err2 == nil && w.Until < today:
		return Errorf(CodeInvalid, "%s 已经过去了，没有登记", monthDay(w.Until))
	case err != nil || err2 != nil || w.Until < w.From:
		return Errorf(CodeInvalid, "结束的那天在开始之前，没有登记")
	case w.Days < 1 || w.Days > WeatherMost:
		return Errorf(CodeInvalid, "要写 1 到 %d 天，没有登记", WeatherMost)
	case until.Sub(from) > WeatherLongest*24*time.Hour:
		return Errorf(CodeInvalid, "一次最多登记 %d 天，没有登记", WeatherLongest)
	case !d.Catalog().KnowsRegion(w.Region):
		return Errorf(CodeInvalid, "没有客户在「%s」，没有登记。可以写 华东 这样的大区、省、市，或 全国", w.Region)
	}
	w.By = by.Staff.Code
	if w.Version, err = tx.NoteWeather(w, today); err != nil {
		return err
	}
	err = tx.Audit(AuditEntry{
		At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: "天气", After: fmt.Sprintf("%s +%d天 %s 至 %s", w.Region, w.Days, w.From, w.Until), Reason: w.Why, Trace: by.Trace,
	})
	if err != nil {
		return err
	}
	said, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return tx.Emit(Event{Kind: EventWeather, At: d.Now(), Actor: by.Code, Trace: by.Trace, Data: map[string]string{"weather": string(said)}})
}

// EndWeather ends what was noted of a region's weather.
func (d *Desk) EndWeather(tx WeatherTx, region string, by Actor) error {
	if by.Staff.May(RightWeather) != ScopeAll {
		return deniedWeather()
	}
	n, err := tx.EndWeather(region, d.Now().In(beijing).Format(time.DateOnly))
	if err != nil {
		return err
	}
	if n == 0 {
		return Errorf(CodeConflict, "%s没有登记过天气，不用恢复", region)
	}
	return tx.Audit(AuditEntry{At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: "天气恢复", After: region, Trace: by.Trace})
}

func deniedWeather() error {
	var roles []Role
	for _, r := range rightRoles {
		if (&Staff{Roles: []Role{r}}).May(RightWeather) != ScopeNone {
			roles = append(roles, r)
		}
	}
	return Errorf(CodeDenied, "天气由%s登记，您没有这个权限，没有改动", roleNames(roles))
}
