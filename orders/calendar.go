package orders

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:generate sh -c "cd $(mktemp -d) && npm pack --silent chinese-days@1.5.7 && tar xzf chinese-days-1.5.7.tgz && cd - && go run ../scripts/holidays \"$OLDPWD/package/dist/chinese-days.json\" >data/calendar.csv"

//go:embed data/calendar.csv
var calendarData string

// Day is a day that is not what its weekday says: a public holiday (节假日), or a day of a weekend on
// which work is made up for (调休上班).
type Day struct {
	Date   string // yyyy-mm-dd, of Beijing
	Work   bool
	Name   string // 春节
	Year   int    // whose arrangement it belongs to
	Source string // who says so
}

// Calendar knows the working days. Days that it has not heard of are working days from Monday to
// Friday. It is immutable and safe for concurrent use; the zero value and nil know the built-in days.
type Calendar struct {
	days map[string]Day // imported; they go before the built-in ones
}

// NewCalendar returns the built-in calendar with the days that a firm has imported.
func NewCalendar(days []Day) *Calendar {
	c := &Calendar{days: make(map[string]Day, len(days))}
	for _, d := range days {
		c.days[d.Date] = d
	}
	return c
}

// builtInDays are the public holidays and make-up workdays that come with the program.
var builtInDays = sync.OnceValue(func() map[string]Day {
	out := make(map[string]Day)
	for i, line := range strings.Split(strings.TrimSpace(calendarData), "\n") {
		f := strings.Split(line, ",")
		if i == 0 {
			continue
		}
		year, err := strconv.Atoi(f[3])
		if err != nil {
			panic(fmt.Sprintf("orders: calendar: %s", line)) // embedded
		}
		out[f[0]] = Day{Date: f[0], Work: f[1] == "workday", Name: f[2], Year: year, Source: f[4]}
	}
	return out
})

// Day returns what is special about t's day, and false where nothing is.
func (c *Calendar) Day(t time.Time) (Day, bool) {
	date := t.Format(time.DateOnly)
	if c != nil {
		if d, ok := c.days[date]; ok {
			return d, true
		}
	}
	d, ok := builtInDays()[date]
	return d, ok
}

// Knows tells whether the calendar has the public holidays of a year.
func (c *Calendar) Knows(year int) bool {
	day := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	_, ok := c.Day(day)
	return ok
}

// Lacks returns the first year, from one day's to another's, whose public holidays the calendar does not have; 0: there is none.
func (c *Calendar) Lacks(from, until time.Time) int {
	for year := from.Year(); year <= until.Year(); year++ {
		if !c.Knows(year) {
			return year
		}
	}
	return 0
}

// IsWorkday tells whether people work on t's day, as t's zone has it.
func (c *Calendar) IsWorkday(t time.Time) bool {
	if d, ok := c.Day(t); ok {
		return d.Work
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// AddWorkdays returns the day that is n working days after t's; with 0 it is t's own.
func (c *Calendar) AddWorkdays(t time.Time, n int) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if c.IsWorkday(t) {
			n--
		}
	}
	return t
}

// After returns when d has passed since t, where only working days count, each of 24 hours.
func (c *Calendar) After(t time.Time, d time.Duration) time.Time {
	for {
		y, m, day := t.Date()
		midnight := time.Date(y, m, day+1, 0, 0, 0, 0, t.Location())
		if c.IsWorkday(t) {
			left := midnight.Sub(t)
			if d <= left {
				return t.Add(d)
			}
			d -= left
		}
		t = midnight
	}
}
