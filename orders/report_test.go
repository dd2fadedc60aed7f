package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// What a report counts of an order: an order is due on its agreed day, else on the day on which it was expected, and kept when it is there in
// full before the month ends; it is on time, returned and under way in the month in which it was signed for.
//
// feature: RP-07
func TestWhatAReportCounts(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, zone)
	}
	arrived := func(when time.Time, fit orders.Fit) *orders.Arrival { return &orders.Arrival{At: when, Time: fit} }
	from, until := orders.LastMonth(at(11, 1, 0))
	require.Equal(t, at(10, 1, 0), from.In(zone))
	require.Equal(t, at(11, 1, 0), until.In(zone))
	for name, c := range map[string]struct {
		order                    orders.ReportOrder
		due, kept, agreed, late  bool
		signed, back, hasTransit bool
	}{
		"in time":                         {order: orders.ReportOrder{DeliverBy: "2026-10-20", Arrival: arrived(at(10, 20, 9), orders.FitKept), ShippedAt: at(10, 18, 9)}, due: true, kept: true, agreed: true, signed: true, hasTransit: true},
		"late, but in the month":          {order: orders.ReportOrder{DeliverBy: "2026-10-20", Arrival: arrived(at(10, 31, 23), orders.FitBroken)}, due: true, kept: true, agreed: true, late: true, signed: true},
		"signed for in the next month":    {order: orders.ReportOrder{DeliverBy: "2026-10-31", Arrival: arrived(at(11, 1, 0), orders.FitBroken)}, due: true},
		"not there yet":                   {order: orders.ReportOrder{DeliverBy: "2026-10-31"}, due: true},
		"due in the next month":           {order: orders.ReportOrder{DeliverBy: "2026-11-01"}},
		"due in the next month, but here": {order: orders.ReportOrder{DeliverBy: "2026-11-05", Arrival: arrived(at(10, 30, 9), orders.FitKept)}, agreed: true, signed: true},
		"due the month before":            {order: orders.ReportOrder{DeliverBy: "2026-09-30", Arrival: arrived(at(10, 2, 9), orders.FitBroken)}, agreed: true, late: true, signed: true},
		"an hour":                         {order: orders.ReportOrder{DeliverBy: "2026-10-31T18:00:00+08:00"}, due: true},
		"no agreed day, but expected":     {order: orders.ReportOrder{Promised: "2026-10-12", Arrival: arrived(at(10, 12, 9), "")}, due: true, kept: true, signed: true},
		"nobody knows":                    {order: orders.ReportOrder{}},
		"cancelled":                       {order: orders.ReportOrder{DeliverBy: "2026-10-20", Ended: true}},
		"goods came back":                 {order: orders.ReportOrder{Arrival: arrived(at(10, 5, 9), ""), Back: true}, signed: true, back: true},
	} {
		var f orders.ReportFigures
		f.Add(&c.order, from, until)
		n := func(b bool) int { return map[bool]int{true: 1}[b] }
		require.Equal(t, orders.Kept{All: n(c.due), Kept: n(c.kept)}, f.Due, name)
		require.Equal(t, orders.Kept{All: n(c.agreed), Kept: n(c.agreed && !c.late)}, f.OnTime, name)
		require.Equal(t, [2]int{n(c.back), n(c.signed)}, f.Returned, name)
		require.Len(t, f.Transits, n(c.hasTransit), name)
	}

	f := orders.ReportFigures{
		Changes: orders.Delays{Count: 2, Sum: 10 * time.Minute}, Accuracy: orders.Accuracy{Orders: 4, Right: 3}, Responses: orders.Spans{time.Second, 3 * time.Second},
		Exceptions: orders.ExceptionFigures{Kinds: []orders.ExceptionCount{{All: 3, Self: 1, Person: 1}, {All: 1, Self: 1}}, Urgent: orders.Kept{All: 2, Kept: 1}},
		Inquiries:  [2]int{9, 10},
	}
	all := f.Indicators()
	require.Len(t, all, 12)
	values := make(map[orders.IndicatorKind]float64)
	for _, i := range all {
		values[i.Kind] = i.Value()
	}
	require.InDelta(t, 300, values[orders.IndicatorChange], 0)
	require.InDelta(t, 0.75, values[orders.IndicatorAccuracy], 0)
	require.InDelta(t, 2, values[orders.IndicatorResponse], 0)
	require.InDelta(t, 0.5, values[orders.IndicatorUrgent], 0)
	require.InDelta(t, 0.5, values[orders.IndicatorHealed], 0)
	require.InDelta(t, 0.9, values[orders.IndicatorSelf], 0)
	require.Zero(t, values[orders.IndicatorFulfilled])
	require.True(t, orders.HasFigures(all))
	require.False(t, orders.HasFigures((&orders.ReportFigures{}).Indicators()))
}
