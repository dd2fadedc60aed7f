package orders

import (
	"math"
	"slices"
	"time"
)

// Handling is how long orders took from their first message on (处理时长). docs/figures.md has the definitions.
type Handling struct {
	Confirmed Spans // from the first message to the confirmation
	People    Spans // of that, what the people took: reading, answering, pressing
	Bot       Spans // of that, what the bot took: from a message to its answer
	Approved  Spans // from the first message until the whole chain had approved, of the orders that are approved
	Approving Spans // of that, from the confirmation on
}

// Add counts an order that was confirmed; approved is zero where it is not. The approval of one that was changed since is that of the
// change, and does not count.
func (h *Handling) Add(e Entry, confirmed, approved time.Time) {
	all := max(0, confirmed.Sub(e.Heard))
	bot := min(all, e.Bot) // messages sent while the bot still worked on the one before wait for both
	h.Confirmed, h.People, h.Bot = append(h.Confirmed, all), append(h.People, all-bot), append(h.Bot, bot)
	if e.Changed == 0 && !approved.Before(confirmed) {
		h.Approved, h.Approving = append(h.Approved, approved.Sub(e.Heard)), append(h.Approving, approved.Sub(confirmed))
	}
}

// Spans are how long something took, each time.
type Spans []time.Duration

// Median is the middle one, of an even number the mean of the two in the middle; 0 where there are none.
func (s Spans) Median() time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(s)-1)/2] + sorted[len(s)/2]) / 2
}

// P95 is the least that no more than one in twenty exceed; 0 where there are none.
func (s Spans) P95() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(s))[int(math.Ceil(0.95*float64(len(s))))-1]
}

// Mean is 0 where there are none.
func (s Spans) Mean() time.Duration {
	if len(s) == 0 {
		return 0
	}
	var sum time.Duration
	for _, d := range s {
		sum += d
	}
	return sum / time.Duration(len(s))
}
