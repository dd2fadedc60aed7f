package orders

import (
	"slices"
	"time"
)

// The rhythm of a weekly buyer: the gaps between the last four days on which they ordered, and the days of grace after a week.
const (
	weeklyDays  = 4
	weeklyLeast = 5
	weeklyMost  = 9
	weeklyGrace = 2
)

// SilentSince tells whether somebody who usually orders every week has missed a cycle: the day of their last order, and how many cycles
// they have missed by today; 0 for everybody else. Days are those of Beijing.
func SilentSince(bought []time.Time, now time.Time) (last time.Time, missed int) {
	var days []time.Time
	for _, t := range bought {
		y, m, d := t.In(beijing).Date()
		days = append(days, time.Date(y, m, d, 0, 0, 0, 0, beijing))
	}
	slices.SortFunc(days, time.Time.Compare)
	days = slices.CompactFunc(days, time.Time.Equal)
	if len(days) < weeklyDays {
		return last, 0
	}
	days = days[len(days)-weeklyDays:]
	for i := 1; i < len(days); i++ {
		if gap := int(days[i].Sub(days[i-1]).Hours() / 24); gap < weeklyLeast || gap > weeklyMost {
			return last, 0
		}
	}
	last = days[len(days)-1]
	silent := int(now.Sub(last).Hours() / 24)
	return last, max(0, (silent-weeklyGrace)/7)
}
