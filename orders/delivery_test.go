package orders_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

var beijing = time.FixedZone("", 8*60*60)

// deliveries is a desk whose clock stands, with a firm that has a table of transit times.
func deliveries(now time.Time) (*orders.Desk, *orders.Catalog) {
	cat := orders.NewCatalog(orders.Master{
		Products: []orders.Product{{Code: "P1", Name: "缝线", Unit: "盒"}, {Code: "X1", Name: "导板", Unit: "个", Kind: orders.ProductCustom}},
		Customers: []orders.Customer{
			{Code: "C1", Name: "江宁诊所", Address: "南京市江宁区将军大道88号"},
			{Code: "C2", Name: "澜州医院", Region: "澜州", Address: "澜州市人民路18号"},
			{Code: "C3", Name: "北方医院", Address: "辽宁省沈阳市和平区南京北街155号"},
		},
	}, nil, nil, 1)
	cat.Transits = []orders.Transit{
		{Carrier: "ZTO", Region: "全国", Days: 4},
		{Carrier: "ZTO", Region: "华东", Days: 2},
		{Carrier: "ZTO", Region: "江苏省", Days: 1},
		{Carrier: "ZTO", Region: "澜州", Days: 3},
		{Carrier: "SF", Region: "江苏", Days: 1, Daily: true},
	}
	desk := &orders.Desk{Catalog: func() *orders.Catalog { return cat }, Now: func() time.Time { return now }, Times: orders.Times{ApprovalLimit: 4 * time.Hour}}
	return desk, cat
}

// approvedOrder is one of so many of a product, of which reserved are held.
func approvedOrder(customer orders.CustomerCode, product orders.ProductCode, n, reserved int64, at time.Time) *orders.Order {
	return &orders.Order{
		ID: "SO202603110001", Revision: 1, Customer: customer, Carrier: "ZTO", Status: orders.StatusApproved, ConfirmedAt: at,
		Lines:   []orders.Line{{No: 1, Product: product, Quantity: decimal.NewFromInt(n), Base: decimal.NewFromInt(n), Reserved: decimal.NewFromInt(reserved)}},
		Reached: map[orders.Status]time.Time{orders.StatusApproved: at},
	}
}

// The expected day is the sum of its parts: the warehouse's hour, the carrier's time to the region, the weather there, what stands before the
// order on the line. Holidays and weekends do not count.
//
// feature: ST-15
func TestTheExpectedDayIsTheSumOfItsParts(t *testing.T) {
	t.Parallel()
	clock := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, beijing) }
	for _, c := range []struct {
		what  string
		now   time.Time
		order func(o *orders.Order)
		firm  func(cat *orders.Catalog)
		load  []orders.Made
		want  string
		words string
	}{
		{what: "before the warehouse's hour", now: clock(11, 10), want: "2026-03-12", words: "备货 到3月11日、运输 1 天 到3月12日"},
		{what: "after it", now: clock(11, 16), want: "2026-03-13", words: "备货 1 天 到3月12日、运输 1 天 到3月13日"},
		{what: "the warehouse has another hour", now: clock(11, 16), want: "2026-03-12", firm: func(cat *orders.Catalog) {
			cat.Delivery.CutOffs = map[string]time.Duration{"东仓": 18 * time.Hour}
		}, order: func(o *orders.Order) { o.Warehouse = "东仓（离收货地近，货也齐）" }},
		{what: "over a weekend", now: clock(13, 10), want: "2026-03-16"},
		{what: "a carrier that delivers on Saturdays", now: clock(13, 10), want: "2026-03-14", order: func(o *orders.Order) { o.Carrier = "SF" }},
		{what: "on a Saturday nothing leaves", now: clock(14, 10), want: "2026-03-17"},
		{what: "over the days off of Qingming", now: time.Date(2026, 4, 3, 10, 0, 0, 0, beijing), want: "2026-04-07"},
		{what: "not on a public holiday, be it a carrier of all days", now: time.Date(2026, 4, 3, 10, 0, 0, 0, beijing), want: "2026-04-07", order: func(o *orders.Order) { o.Carrier = "SF" }},
		{what: "a region that the firm calls so", now: clock(11, 10), want: "2026-03-16", order: func(o *orders.Order) { o.Customer = "C2" }},
		{what: "the table's rest", now: clock(11, 10), want: "2026-03-17", order: func(o *orders.Order) { o.Customer = "C3" }},
		{what: "another address than the customer's", now: clock(11, 10), want: "2026-03-13", order: func(o *orders.Order) { o.Address = "上海市浦东新区东方路1号" }},
		{what: "weather", now: clock(11, 10), want: "2026-03-13", words: "备货 到3月11日、运输 1 天 到3月12日、天气 1 天 到3月13日", firm: func(cat *orders.Catalog) {
			cat.Weather = []orders.Weather{{Region: "华东", Days: 1, From: "2026-03-11", Until: "2026-03-22"}}
		}},
		{what: "weather elsewhere", now: clock(11, 10), want: "2026-03-12", firm: func(cat *orders.Catalog) {
			cat.Weather = []orders.Weather{{Region: "东北", Days: 1, From: "2026-03-11", Until: "2026-03-22"}, {Region: "澜州", Days: 9, From: "2026-03-11", Until: "2026-03-22"}}
		}},
		{what: "weather that comes too late", now: clock(11, 10), want: "2026-03-12", firm: func(cat *orders.Catalog) {
			cat.Weather = []orders.Weather{{Region: "全国", Days: 3, From: "2026-03-13", Until: "2026-03-22"}}
		}},
		{what: "weather that is met because of other weather", now: clock(11, 10), want: "2026-03-17", firm: func(cat *orders.Catalog) {
			cat.Weather = []orders.Weather{{Region: "全国", Days: 3, From: "2026-03-13", Until: "2026-03-22"}}
			cat.Delivery.Weather = []orders.Weather{{Region: "江苏", Days: 1, From: "2026-03-12", Until: "2026-03-12"}}
		}},
		{what: "goods that come", now: clock(11, 10), want: "2026-03-19", words: "到货 到3月17日、备货 到3月18日、运输 1 天 到3月19日", order: func(o *orders.Order) {
			o.Lines[0].Reserved, o.Lines[0].Expected = decimal.NewFromInt(1), "2026-03-17"
		}},
		{what: "nobody knows when they come", now: clock(11, 10), words: "P1 缺货，还不知道哪天到", order: func(o *orders.Order) { o.Lines[0].Reserved = decimal.Zero }},
		{what: "they should have come", now: clock(11, 10), words: "P1 缺货，还不知道哪天到", order: func(o *orders.Order) {
			o.Lines[0].Reserved, o.Lines[0].Expected = decimal.Zero, "2026-03-10"
		}},
		{
			what: "goods that are made", now: clock(11, 10), want: "2026-03-23", words: "生产 7 天 到3月20日、备货 到3月20日、运输 1 天 到3月23日",
			order: func(o *orders.Order) { o.Lines[0].Product, o.Lines[0].Reserved = "X1", decimal.Zero },
		},
		{
			what: "behind others on the line", now: clock(11, 10), want: "2026-03-25", words: "产线排队 2 天 到3月13日、生产 7 天 到3月24日、备货 到3月24日、运输 1 天 到3月25日",
			order: func(o *orders.Order) { o.Lines[0].Product, o.Lines[0].Reserved = "X1", decimal.Zero },
			load:  []orders.Made{{Order: "SO1"}, {Order: "SO2"}, {Order: "SO3"}, {Order: "SO4"}, {Order: "SO5"}, {Order: "SO6"}, {Order: "SO7", Begun: true}},
		},
		{
			what: "on its own line", now: clock(11, 10), want: "2026-03-24", words: "产线排队 1 天 到3月12日、生产 7 天 到3月23日、备货 到3月23日、运输 1 天 到3月24日",
			order: func(o *orders.Order) {
				o.Lines[0].Product, o.Lines[0].Reserved, o.Status = "X1", decimal.Zero, orders.StatusScheduled
				o.Reached[orders.StatusScheduled] = clock(11, 9)
				o.Work.Places = []orders.Place{{Status: orders.StatusScheduled, Text: "三号线 注塑"}}
			},
			load: []orders.Made{
				{Order: "SO1", Line: "三号线", At: clock(10, 9)},
				{Order: "SO2", Line: "一号线", At: clock(10, 9)},
				{Order: "SO3", Line: "三号线", At: clock(11, 10)},
				{Order: "SO202603110001", Line: "三号线", At: clock(11, 9)},
			},
		},
		{what: "being made", now: clock(13, 10), want: "2026-03-19", order: func(o *orders.Order) {
			o.Lines[0].Product, o.Lines[0].Reserved, o.Status = "X1", decimal.Zero, orders.StatusInProduction
			o.Reached[orders.StatusInProduction] = clock(11, 9)
		}},
		{what: "a draft waits for its approval", now: clock(11, 13), want: "2026-03-13", words: "审批 到3月11日、备货 1 天 到3月12日、运输 1 天 到3月13日", order: func(o *orders.Order) {
			o.Status, o.Lines[0].Reserved, o.Lines[0].Available = orders.StatusDraft, decimal.Zero, decimal.NewFromInt(5)
		}},
		{what: "fetched", now: clock(11, 10), want: "2026-03-11", order: func(o *orders.Order) { o.Carrier = "SELF" }},
		{what: "on its way", now: clock(11, 20), want: "2026-03-12", words: "运输 1 天 到3月12日", order: func(o *orders.Order) {
			o.Status, o.Shipments = orders.StatusShipped, []orders.Shipment{{Carrier: "ZTO", ShippedAt: clock(11, 18)}}
		}},
		{what: "later than it should be on its way", now: clock(16, 20), want: "2026-03-16", order: func(o *orders.Order) {
			o.Status, o.Shipments = orders.StatusShipped, []orders.Shipment{{Carrier: "ZTO", ShippedAt: clock(11, 18)}}
		}},
		{what: "a later stage waits for its day", now: clock(11, 20), want: "2026-03-20", words: "备货 1 天 到3月12日、运输 1 天 到3月13日、分批 到3月20日", order: func(o *orders.Order) {
			o.Shipments = []orders.Shipment{{Carrier: "ZTO", ShippedAt: clock(9, 18)}}
			o.Staged = &orders.Staged{Stages: []orders.Stage{{Due: "2026-03-10"}, {Due: "2026-03-20"}}}
			o.Work.Stages.Sent = []time.Time{clock(9, 18)}
		}},
		{what: "a later stage that is late", now: clock(11, 20), want: "2026-03-13", order: func(o *orders.Order) {
			o.Shipments = []orders.Shipment{{Carrier: "ZTO", ShippedAt: clock(9, 18)}}
			o.Staged = &orders.Staged{Stages: []orders.Stage{{Due: "2026-03-10"}, {Due: "2026-03-11"}}}
			o.Work.Stages.Sent = []time.Time{clock(9, 18)}
		}},
		{what: "a district that is called like a city elsewhere", now: clock(11, 10), want: "2026-03-17", order: func(o *orders.Order) { o.Address = "北京市朝阳区建国路1号" }, firm: func(cat *orders.Catalog) {
			cat.Weather = []orders.Weather{{Region: "朝阳市", Days: 1, From: "2026-03-11", Until: "2026-03-22"}}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			desk, cat := deliveries(c.now)
			if c.firm != nil {
				c.firm(cat)
			}
			o := approvedOrder("C1", "P1", 2, 2, c.now)
			if c.order != nil {
				c.order(o)
			}
			p := desk.Promise(o, c.load)
			require.Equal(t, c.want, p.Day, p.Words())
			if c.words != "" {
				require.Equal(t, c.words, p.Words())
			}
		})
	}
	desk, _ := deliveries(clock(11, 10))
	o := approvedOrder("C1", "P1", 2, 2, clock(11, 10))
	o.Status = orders.StatusDelivered
	require.Nil(t, desk.Promise(o, nil))
	p := &orders.Promise{Day: "2026-03-13"}
	for wanted, misses := range map[string]bool{
		"2026-03-12": true, "2026-03-13": false, "2026-03-13T12:00:00+08:00": false, "2026-03-12T23:00:00+08:00": true, "": false, "月底": false,
	} {
		require.Equal(t, misses, p.Misses(wanted), wanted)
	}
}

// A day that falls into a year whose public holidays nobody has told says so; once they are imported they count.
//
// feature: ST-15
func TestTheExpectedDaySaysWhichHolidaysItLacks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 31, 17, 0, 0, 0, beijing)
	desk, cat := deliveries(now)
	o := approvedOrder("C1", "P1", 2, 2, now)
	p := desk.Promise(o, nil)
	require.Equal(t, "2027-01-04", p.Day, "nobody has told of 元旦")
	require.Equal(t, 2027, p.Lacks)
	o.Carrier = "SELF"
	require.Equal(t, 2027, desk.Promise(o, nil).Lacks, "what is fetched")
	o.Carrier = "ZTO"
	cat.Calendar = orders.NewCalendar([]orders.Day{{Date: "2027-01-01", Name: "元旦", Year: 2027}})
	p = desk.Promise(o, nil)
	require.Equal(t, "2027-01-05", p.Day)
	require.Zero(t, p.Lacks)
	desk.Now = func() time.Time { return time.Date(2026, 12, 28, 10, 0, 0, 0, beijing) }
	cat.Calendar = nil
	require.Zero(t, desk.Promise(o, nil).Lacks, "it is there this year")
	o.Lines[0].Reserved = decimal.Zero
	require.Zero(t, desk.Promise(o, nil).Lacks, "there is no day")
}

// store takes what a new promise writes.
type store struct{ orders.Tx }

func (store) SaveOrder(*orders.Order) error    { return nil }
func (store) Emit(...orders.Event) error       { return nil }
func (store) Audit(...orders.AuditEntry) error { return nil }

// Weather that was corrected before its event came up is not promised; what the catalog does not know of yet is.
//
// feature: ST-15
func TestWeatherThatWasCorrectedIsNotPromised(t *testing.T) {
	t.Parallel()
	for version, want := range map[int64]string{1: "2026-03-13", 2: "2026-03-17"} {
		now := time.Date(2026, 3, 11, 10, 0, 0, 0, beijing)
		desk, cat := deliveries(now) // version 1
		cat.Weather = []orders.Weather{{Region: "江苏", Days: 1, From: "2026-03-11", Until: "2026-03-22"}}
		o := approvedOrder("C1", "P1", 2, 2, now)
		o.Work.Promise = &orders.Promise{Day: "2026-03-12", Revision: 1}
		said := fmt.Sprintf(`{"region":"江苏","days":3,"from":"2026-03-11","until":"2026-03-22","version":%d}`, version)
		require.NoError(t, desk.Repromise(store{}, o, orders.Event{Data: map[string]string{"weather": said}}))
		require.Equal(t, want, o.Work.Promise.Day)
	}
}

// Of any order at any moment: the day is never earlier than the working days of the parts, one after the other, and nothing leaves, is made or
// arrives on a public holiday. More to do never makes it earlier.
//
// feature: ST-15
func TestNothingIsPromisedEarlierThanItsParts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 15))
	for range 3000 {
		now := time.Date(2026, 1, 1, r.IntN(24), r.IntN(60), 0, 0, beijing).AddDate(0, 0, r.IntN(360))
		desk, cat := deliveries(now)
		cat.Delivery = orders.DeliveryTerms{CutOff: time.Duration(8+r.IntN(12)) * time.Hour, Daily: 1 + r.IntN(6)}
		o := approvedOrder([]orders.CustomerCode{"C1", "C2", "C3"}[r.IntN(3)], []orders.ProductCode{"P1", "X1"}[r.IntN(2)], 4, int64(2*r.IntN(3)), now)
		o.Carrier = []string{"SF", "ZTO", "EMS", ""}[r.IntN(4)]
		o.Status = []orders.Status{orders.StatusDraft, orders.StatusApproved, orders.StatusAllocated, orders.StatusScheduled}[r.IntN(4)]
		o.Lines[0].Available = decimal.NewFromInt(int64(2 * r.IntN(3)))
		if r.IntN(2) == 0 {
			o.Lines[0].Expected = now.AddDate(0, 0, r.IntN(9)).Format(time.DateOnly)
		}
		var load []orders.Made
		for i := range r.IntN(12) {
			load = append(load, orders.Made{Order: orders.OrderID(fmt.Sprint("SO", i))})
		}
		for range r.IntN(3) {
			from := now.AddDate(0, 0, r.IntN(12)-4)
			cat.Weather = append(cat.Weather, orders.Weather{
				Region: []string{"全国", "华东", "江苏", "澜州", "东北"}[r.IntN(5)], Days: 1 + r.IntN(4), From: from.Format(time.DateOnly), Until: from.AddDate(0, 0, r.IntN(8)).Format(time.DateOnly),
			})
		}
		p := desk.Promise(o, load)
		if p.Day == "" {
			require.NotEmpty(t, p.Unknown)
			continue
		}
		day := now.Format(time.DateOnly)
		for _, x := range p.Parts {
			require.GreaterOrEqual(t, x.Until, day, "%s: %s", x.Name, p.Words())
			at, err := time.ParseInLocation(time.DateOnly, day, beijing)
			require.NoError(t, err)
			days := 0
			for at.Format(time.DateOnly) < x.Until {
				at = at.AddDate(0, 0, 1)
				off, isSpecial := cat.Calendar.Day(at)
				if cat.Calendar.IsWorkday(at) || x.Daily && (!isSpecial || off.Work) {
					days++
				}
			}
			require.GreaterOrEqual(t, days, min(x.Days, max(x.Days-1, 0)), "%s of %s", x.Name, p.Words()) // the first day may be a part of one
			if x.Name == "运输" || x.Name == "天气" {
				require.Equal(t, x.Days, days, "%s of %s", x.Name, p.Words())
			}
			if off, ok := cat.Calendar.Day(at); ok && x.Name != "到货" && x.Name != "审批" {
				require.True(t, off.Work, "%s on %s: %s", x.Name, off.Name, p.Words())
			}
			day = x.Until
		}
		require.Equal(t, day, p.Day)
		more := *o
		cat.Weather = append(cat.Weather, orders.Weather{Region: "全国", Days: 5, From: "2026-01-01", Until: "2027-12-31"})
		load = append(load, load...)
		require.Greater(t, desk.Promise(&more, load).Day, p.Day)
	}
}

// A place's name stands for its region, a road's does not.
func TestRegionsAreKnownByTheAddress(t *testing.T) {
	t.Parallel()
	_, cat := deliveries(time.Date(2026, 3, 11, 10, 0, 0, 0, beijing))
	for region, known := range map[string]bool{"全国": true, "华东": true, "江苏": true, "江苏省": true, "广西": true, "沈阳": true, "澜州": true, "江宁": true, "火星": false, "华中南": false} {
		require.Equal(t, known, cat.KnowsRegion(region), region)
	}
}
