package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// feature: ST-08
func TestDispatchesAreWorkedOutFromWhatWasSent(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 3, 11, 10, minute, 0, 0, time.UTC) }
	made := func(key, kind string, status orders.DeliveryStatus, failure string) orders.Delivery {
		return orders.Delivery{Key: key, Kind: kind, Status: status, Error: failure, Created: at(0), SentAt: map[bool]time.Time{true: at(1)}[status == orders.DeliverySent]}
	}
	const pick, plan, check = orders.DispatchPick, orders.DispatchPlan, orders.DispatchInvoice
	for name, c := range map[string]struct {
		sent []orders.Delivery
		kind string
		want orders.Dispatch
	}{
		"nothing": {nil, plan, orders.Dispatch{}},
		"waits":   {[]orders.Delivery{made("event:3:p:aps", plan, orders.DeliveryPending, "")}, plan, orders.Dispatch{State: orders.DispatchWaiting, Since: at(0)}},
		"failed once, is tried again": {
			[]orders.Delivery{made("event:3:p:aps", plan, orders.DeliveryPending, "unavailable: status 500")},
			plan,
			orders.Dispatch{State: orders.DispatchRetrying, Since: at(0), Error: "unavailable: status 500"},
		},
		"arrived": {[]orders.Delivery{made("event:3:p:aps", plan, orders.DeliverySent, "")}, plan, orders.Dispatch{State: orders.DispatchSent, Since: at(1)}},
		"given up": {
			[]orders.Delivery{made("event:3:p:aps", plan, orders.DeliveryFailed, "rejected: status 422")},
			plan,
			orders.Dispatch{State: orders.DispatchFailed, Since: at(0), Error: "rejected: status 422"},
		},
		"refused in one chat, arrived in the other": {
			[]orders.Delivery{made("event:3:c:F1", check, orders.DeliveryFailed, "rejected: x"), made("event:3:c:F1:alt", check, orders.DeliverySent, "")},
			check,
			orders.Dispatch{State: orders.DispatchSent, Since: at(1)},
		},
		"one of two keepers has it": {
			[]orders.Delivery{made("event:3:k:W1:1", pick, orders.DeliveryFailed, "rejected: x"), made("event:3:k:W2:1", pick, orders.DeliverySent, "")},
			pick,
			orders.Dispatch{State: orders.DispatchSent, Since: at(1), Missed: true},
		},
		"the second message is tried again": {
			[]orders.Delivery{made("event:3:k:W1:1", pick, orders.DeliverySent, ""), made("event:3:k:W1:2", pick, orders.DeliveryPending, "auth: x")},
			pick,
			orders.Dispatch{State: orders.DispatchRetrying, Since: at(0), Error: "auth: x"},
		},
		"the last round counts": {
			[]orders.Delivery{made("event:9:p:aps", plan, orders.DeliveryFailed, "rejected: x"), made("event:10:p:aps", plan, orders.DeliverySent, "")},
			plan,
			orders.Dispatch{State: orders.DispatchSent, Since: at(1)},
		},
		"others are none of its business": {[]orders.Delivery{made("event:9:p:aps", plan, orders.DeliveryFailed, "rejected: x")}, pick, orders.Dispatch{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := orders.Dispatches(c.sent)
			require.Len(t, all, 3)
			c.want.Kind = c.kind
			require.Contains(t, all, c.want)
		})
	}
}

func TestTaxNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"9144030071526726XG":       "9144030071526726XG",
		" 9144 0300 7152 6726 xg ": "9144030071526726XG",
		"９１４４０３００７１５２６７２６ＸＧ": "9144030071526726XG",
		"440300715267261": "440300715267261",
	} {
		n, err := orders.ReadTaxNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n)
	}
	for _, text := range []string{"9132TEST", "税号9144030071526726XG", "12345678901234", "123456789012345678901", "9144030071526726X！"} {
		_, err := orders.ReadTaxNumber(text)
		require.ErrorContains(t, err, "15 到 20 位", text)
	}
	for n, fits := range map[string]bool{
		"9144030071526726XG":   true,
		"914403001922038216":   true,
		"914403001922083216":   false, // two figures in the wrong order
		"9144030071526726XH":   false,
		"9144030071526726OG":   false, // O is no letter of it
		"11010519491231002X":   true,  // the example of GB 11643
		"110105194912310021":   false,
		"440300715267261":      true, // an older one has no check character
		"11010519491231002X00": true,
	} {
		require.Equal(t, fits, orders.TaxNumberFits(n), n)
	}
}
