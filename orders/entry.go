package orders

import (
	"slices"
	"time"
)

// Entry tells what it took until an order was entered right (订单录入准确率), and how long.
type Entry struct {
	Asked     int // questions that its message left open
	Corrected int // changes before it was confirmed that answered no question
	Changed   int // changes after it had been confirmed once

	Heard time.Time     // when the first message that it was read from was sent; zero: none was, it came of splitting
	Bot   time.Duration // that people waited for the bot between their messages and what it made of them
}

// hear notes when the first message was sent, no later than the one that made the draft.
func (e *Entry) hear(said time.Time) {
	if e.Heard.IsZero() || e.Heard.After(said) {
		e.Heard = said
	}
}

// changed counts a change of the content, before which the order was summed up so and had these questions open.
func (o *Order) changed(summary string, questions []Question) {
	open := func(q Question) bool {
		return slices.ContainsFunc(o.Questions, func(p Question) bool { return p.Field == q.Field && p.Reason == q.Reason })
	}
	switch {
	case summary == o.Summary():
	case len(o.Nodes) > 0: // sent back: it has been confirmed
		o.Entry.Changed++
	case !slices.ContainsFunc(questions, func(q Question) bool { return !open(q) }):
		o.Entry.Corrected++
	}
}

// DayFigures are the orders that came in on one day and how they were entered.
type DayFigures struct {
	Drafts    int // orders read from messages
	Confirmed int // of them, confirmed at least once
	AtOnce    int // of those, without a question and without a correction
	Asked     int // of those, after a question and without a correction
	Corrected int // of those, after a correction
	Changed   int // of those, changed after they had been confirmed
}

// Accuracy is the share of the confirmed orders that were not changed afterwards; 1 where there are none.
func (f DayFigures) Accuracy() float64 {
	if f.Confirmed == 0 {
		return 1
	}
	return 1 - float64(f.Changed)/float64(f.Confirmed)
}
