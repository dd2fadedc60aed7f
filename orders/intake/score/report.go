package score

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Share is a count of right ones among all.
type Share struct{ Right, Of int }

// Rate returns the share as a number from 0 to 1, 0 where there are none.
func (s Share) Rate() float64 { return float64(s.Right) / float64(max(s.Of, 1)) }

// Scored is one gold line with the verdict on its output line.
type Scored struct {
	Gold   Gold
	Output Output
	Result
}

// Report sums up the verdicts on a whole set of messages.
type Report struct {
	Lines []Scored // in the gold's order

	Exact           Share // every scored field right, and the right questions asked
	StraightThrough Share // exact among those that need no question
	OverAsk         Share // asked something among those that need no question
	AskRecall       Share // asked among the questions due
	SilentError     Share // something wrong or unasked that no ask points at
	Taken           Share // fields right in the drafts that were made without a question; those empty on both sides don't count
	DraftAsked      Share // drafts with a question, among all

	Fields map[string]Share // right by field; orders and lines mean their number and all their fields
	Tags   map[string]Share // exact by tag of the gold
}

// FieldNames lists the keys of [Report.Fields] in the order in which they are shown.
var FieldNames = append([]string{"intent", "ref", "orders", "lines"}, orderFields...)

// Summarise judges the output line of each gold line; a gold line without one counts as an error.
func Summarise(golds []Gold, outputs map[string]Output) Report {
	r := Report{Fields: map[string]Share{}, Tags: map[string]Share{}}
	count := func(s *Share, right bool) {
		s.Of++
		if right {
			s.Right++
		}
	}
	for _, g := range golds {
		out, found := outputs[g.ID]
		if !found {
			out = Output{ID: g.ID, Error: "no output line"}
		}
		line := Scored{Gold: g, Output: out, Result: Judge(g, out)}
		r.Lines = append(r.Lines, line)
		count(&r.Exact, line.Exact)
		count(&r.SilentError, line.Silent() > 0)
		r.Taken.Right += line.Taken.Right
		r.Taken.Of += line.Taken.Of
		if len(out.Orders) > 0 {
			count(&r.DraftAsked, line.Asked)
		}
		if !line.GoldAsks {
			count(&r.StraightThrough, line.Exact)
			count(&r.OverAsk, line.Asked)
		}
		r.AskRecall.Right += line.AsksHit
		r.AskRecall.Of += line.AsksDue
		kinds := map[string]bool{}
		for _, w := range line.Wrong {
			kinds[w.Kind] = true
		}
		for _, f := range FieldNames {
			if f == "intent" || f == "ref" || len(g.Choices[0].Orders) > 0 {
				share := r.Fields[f]
				count(&share, !kinds[f] && !kinds["error"])
				r.Fields[f] = share
			}
		}
		for _, t := range g.Tags {
			share := r.Tags[t]
			count(&share, line.Exact)
			r.Tags[t] = share
		}
	}
	return r
}

// Print writes the figures as a table.
func (r *Report) Print(w io.Writer) error {
	var err error
	row := func(name string, s Share) {
		if err == nil {
			_, err = fmt.Fprintf(w, "%-16s %6.2f%%  %d of %d\n", name, 100*s.Rate(), s.Right, s.Of)
		}
	}
	for _, f := range FieldNames {
		row(f, r.Fields[f])
	}
	row("exact", r.Exact)
	row("straight_through", r.StraightThrough)
	row("over_ask", r.OverAsk)
	row("ask_recall", r.AskRecall)
	row("silent_error", r.SilentError)
	row("taken_fields", r.Taken)
	row("draft_asked", r.DraftAsked)
	return err
}

// PrintTags writes the exact share by tag, worst first.
func (r *Report) PrintTags(w io.Writer) error {
	tags := slices.SortedFunc(maps.Keys(r.Tags), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Tags[a].Rate(), r.Tags[b].Rate()), cmp.Compare(a, b))
	})
	for _, t := range tags {
		if _, err := fmt.Fprintf(w, "%-28s %d/%d\n", t, r.Tags[t].Right, r.Tags[t].Of); err != nil {
			return err
		}
	}
	return nil
}

// PrintWrong writes what differs in the first n lines that are not exact.
func (r *Report) PrintWrong(w io.Writer, n int) error {
	for _, l := range r.Lines {
		if n == 0 {
			break
		}
		if l.Exact {
			continue
		}
		n--
		manner := "loud"
		if l.Silent() > 0 {
			manner = "silent"
		}
		if _, err := fmt.Fprintf(w, "%s %s\n", l.Gold.ID, manner); err != nil {
			return err
		}
		for _, x := range l.Wrong {
			if _, err := fmt.Fprintf(w, "  %s\n", x.What); err != nil {
				return err
			}
		}
		for _, a := range l.Output.Asks {
			if _, err := fmt.Fprintf(w, "  asks %s\n", text(a.Field)); err != nil {
				return err
			}
		}
	}
	return nil
}
