package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
)

var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, china)
	if err != nil {
		panic(err)
	}
	return t
}

// The arrangements as the State Council published them: days off, in which weekends count too, and
// days of weekends that are worked.
func TestPublishedYears(t *testing.T) {
	t.Parallel()
	var cal *orders.Calendar // the built-in one
	for _, year := range []struct {
		off  string // first and last day of each holiday
		work string
	}{
		{
			off: "2024-01-01 2024-01-01, 2024-02-10 2024-02-17, 2024-04-04 2024-04-06, 2024-05-01 2024-05-05, 2024-06-08 2024-06-10, " +
				"2024-09-15 2024-09-17, 2024-10-01 2024-10-07",
			work: "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12",
		},
		{
			off: "2025-01-01 2025-01-01, 2025-01-28 2025-02-04, 2025-04-04 2025-04-06, 2025-05-01 2025-05-05, 2025-05-31 2025-06-02, " +
				"2025-10-01 2025-10-08",
			work: "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11",
		},
		{
			off: "2026-01-01 2026-01-03, 2026-02-15 2026-02-23, 2026-04-04 2026-04-06, 2026-05-01 2026-05-05, 2026-06-19 2026-06-21, " +
				"2026-09-25 2026-09-27, 2026-10-01 2026-10-07",
			work: "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
		},
	} {
		special := map[string]bool{}
		for d := range strings.FieldsSeq(year.work) {
			special[d] = true
		}
		for span := range strings.SplitSeq(year.off, ", ") {
			first, last, _ := strings.Cut(span, " ")
			for d := at(first + " 00:00"); !d.After(at(last + " 00:00")); d = d.AddDate(0, 0, 1) {
				special[d.Format(time.DateOnly)] = false
			}
		}
		first := at(year.off[:4] + "-01-01 12:00")
		require.True(t, cal.Knows(first.Year()))
		for d := first; d.Year() == first.Year(); d = d.AddDate(0, 0, 1) {
			want, isSpecial := special[d.Format(time.DateOnly)]
			if !isSpecial {
				want = d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
			}
			require.Equal(t, want, cal.IsWorkday(d), d)
		}
	}
	require.False(t, cal.Knows(2031))
	d, ok := cal.Day(at("2026-02-14 09:00"))
	require.True(t, ok)
	require.Equal(t, orders.Day{Date: "2026-02-14", Work: true, Name: "春节", Year: 2026, Source: "chinese-days 1.5.7"}, d)
}

func TestWorkingTime(t *testing.T) {
	t.Parallel()
	cal := orders.NewCalendar([]orders.Day{{Date: "2026-03-18", Name: "厂庆"}, {Date: "2026-03-21", Work: true}})
	for _, c := range []struct{ from, to, why string }{
		{"2026-03-11 10:00", "2026-03-12 10:00", "a Wednesday"},
		{"2026-03-13 18:00", "2026-03-16 18:00", "a weekend between"},
		{"2026-03-13 00:00", "2026-03-14 00:00", "the whole of a Friday ends at its midnight"},
		{"2026-03-14 11:00", "2026-03-17 00:00", "from a Saturday, Monday counts as a whole"},
		{"2026-03-17 09:00", "2026-03-19 09:00", "the firm's own holiday between"},
		{"2026-03-20 09:00", "2026-03-21 09:00", "the firm works on that Saturday"},
		{"2026-02-13 17:00", "2026-02-14 17:00", "春节 2026: the Saturday before is worked"},
		{"2026-02-14 17:00", "2026-02-24 17:00", "春节 2026: nine days off"},
		{"2026-02-27 17:00", "2026-02-28 17:00", "and a Saturday made up for"},
		{"2026-09-30 23:59", "2026-10-08 23:59", "国庆 2026"},
		{"2026-10-09 12:00", "2026-10-10 12:00", "and its Saturday"},
		{"2026-09-19 12:00", "2026-09-21 00:00", "the Sunday before is worked"},
	} {
		require.Equal(t, at(c.to), cal.After(at(c.from), 24*time.Hour), c.why)
	}
	require.Equal(t, at("2026-03-13 20:00"), cal.After(at("2026-03-13 18:00"), 2*time.Hour))
	require.Equal(t, at("2026-03-13 09:00"), cal.AddWorkdays(at("2026-03-13 09:00"), 0))
	require.Equal(t, at("2026-02-26 09:00"), cal.AddWorkdays(at("2026-02-13 09:00"), 4), "14, 24, 25, 26")
	require.Equal(t, at("2026-10-12 09:00"), cal.AddWorkdays(at("2026-09-30 09:00"), 4), "8, 9, 10, 12")
}

// Time passes on working days only, and working time adds up.
func TestWorkingTimeAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var cal orders.Calendar
		from := at("2024-01-01 00:00").Add(time.Duration(rapid.IntRange(0, 3*365*24*60).Draw(rt, "from")) * time.Minute)
		a := time.Duration(rapid.IntRange(1, 20*24*60).Draw(rt, "a")) * time.Minute
		b := time.Duration(rapid.IntRange(1, 20*24*60).Draw(rt, "b")) * time.Minute
		end := cal.After(from, a)
		require.False(t, end.Before(from.Add(a)))
		require.True(t, cal.IsWorkday(end.Add(-time.Second)), "ends in working time")
		require.Equal(t, cal.After(from, a+b), cal.After(end, b))
	})
}
