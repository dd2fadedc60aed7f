package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

func TestSpans(t *testing.T) {
	t.Parallel()
	seconds := func(n ...int) (out orders.Spans) {
		for _, s := range n {
			out = append(out, time.Duration(s)*time.Second)
		}
		return out
	}
	twenty := make(orders.Spans, 20)
	for i := range twenty {
		twenty[i] = time.Duration(20-i) * time.Second
	}
	for name, test := range map[string]struct {
		of                orders.Spans
		median, p95, mean float64
	}{
		"none":                        {nil, 0, 0, 0},
		"one":                         {seconds(7), 7, 7, 7},
		"even: between the two":       {seconds(10, 1, 3, 2), 2.5, 10, 4},
		"odd, in no order":            {seconds(9, 1, 5), 5, 9, 5},
		"one in twenty may be longer": {twenty, 10.5, 19, 10.5},
		"two of twenty-one may not":   {append(seconds(100), twenty...), 11, 20, 310.0 / 21},
	} {
		require.InDelta(t, test.median, test.of.Median().Seconds(), 1e-6, name)
		require.InDelta(t, test.p95, test.of.P95().Seconds(), 1e-6, name)
		require.InDelta(t, test.mean, test.of.Mean().Seconds(), 1e-6, name)
	}
	require.Equal(t, 20*time.Second, twenty[0], "what is asked is not changed")
}

// The people's time is what is left of the bot's, and the approval's is not that of a later change.
func TestHandlingIsParted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)
	var h orders.Handling
	h.Add(orders.Entry{Heard: at, Bot: 5 * time.Second}, at.Add(time.Minute), at.Add(time.Hour))
	h.Add(orders.Entry{Heard: at, Bot: time.Hour}, at.Add(time.Minute), time.Time{})
	h.Add(orders.Entry{Heard: at, Changed: 1}, at.Add(time.Minute), at.Add(72*time.Hour))
	require.Equal(t, orders.Handling{
		Confirmed: orders.Spans{time.Minute, time.Minute, time.Minute}, People: orders.Spans{55 * time.Second, 0, time.Minute}, Bot: orders.Spans{5 * time.Second, time.Minute, 0},
		Approved: orders.Spans{time.Hour}, Approving: orders.Spans{59 * time.Minute},
	}, h)
}

// Each event that hinders an order is one snag, and what the bot only tells is none.
func TestSnagsAreEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind string
		data map[string]string
		want orders.Snag
	}{
		{orders.EventConfirmed, nil, orders.SnagNone},
		{orders.EventApprovalRequested, map[string]string{"node": "1"}, orders.SnagNone},
		{orders.EventApprovalRequested, map[string]string{"node": "3", "again": "yes"}, orders.SnagAgain},
		{orders.EventApprovalReminded, map[string]string{"node": "1"}, orders.SnagAgain},
		{orders.EventApprovalEscalated, map[string]string{"node": "1"}, orders.SnagBreak},
		{orders.EventApproverAdded, nil, orders.SnagBreak},
		{orders.EventApprovalDecided, map[string]string{"decision": "approved"}, orders.SnagNone},
		{orders.EventApprovalDecided, map[string]string{"decision": "rejected"}, orders.SnagNone},
		{orders.EventApprovalDecided, map[string]string{"decision": "returned"}, orders.SnagBreak},
		{orders.EventApprovalDecided, map[string]string{"decision": "transferred"}, orders.SnagBreak},
		{orders.EventApprovalDecided, map[string]string{"decision": "skipped"}, orders.SnagBreak},
		{orders.EventSentBack, map[string]string{"node": "1"}, orders.SnagNone}, // the decision is the snag
		{orders.EventUrgent, map[string]string{"step": "0"}, orders.SnagNone},
		{orders.EventUrgentRepeated, map[string]string{"step": "0", "repeat": "2"}, orders.SnagAgain},
		{orders.EventUrgentRepeated, map[string]string{"step": "1", "repeat": "1"}, orders.SnagBreak},
		{orders.EventUrgentRepeated, map[string]string{"step": "1", "repeat": "2"}, orders.SnagAgain},
		{orders.EventChanged, map[string]string{"change": "1"}, orders.SnagNone},
		{orders.EventChanged, map[string]string{"change": "2", "again": "yes"}, orders.SnagAgain},
		{orders.EventChangeRepeated, map[string]string{"change": "1", "step": "0", "repeat": "3"}, orders.SnagAgain},
		{orders.EventChangeRepeated, map[string]string{"change": "1", "step": "2", "repeat": "1"}, orders.SnagBreak},
		{orders.EventException, map[string]string{"exception": "1"}, orders.SnagNone},
		{orders.EventExceptionAgain, map[string]string{"step": "1"}, orders.SnagAgain},
		{orders.EventExceptionAgain, map[string]string{"step": "2"}, orders.SnagBreak},
		{orders.EventShipped, map[string]string{"shipment": "1"}, orders.SnagNone},
		{orders.EventShortage, nil, orders.SnagNone},
	} {
		e := orders.Event{Kind: test.kind, Data: test.data}
		require.Equal(t, test.want, e.Snag(), "%s %v", test.kind, test.data)
	}
}
