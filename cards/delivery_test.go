package cards_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

// Goods that are fetched are not brought: a new day of theirs says so, to the staff and to the customer.
//
// feature: ST-15
func TestANewDayOfWhatIsFetched(t *testing.T) {
	t.Parallel()
	for fetched, want := range map[bool]string{true: "3月16日 周一 可以来取（原来说 3月13日）", false: "3月16日 周一 送到（原来说 3月13日）"} {
		o := draft()
		o.Status = orders.StatusApproved
		o.Work.Promise = &orders.Promise{Day: "2026-03-16", At: at(11, 10, 0), Fetched: fetched}
		e := orders.Event{Kind: orders.EventPromised, Data: map[string]string{"was": "2026-03-13"}}
		toStaff, ok := cards.Told(o, e, nil)
		require.True(t, ok)
		require.Contains(t, toStaff.Text, want)
		toCustomer, ok := cards.ToldCustomer(o, e, "")
		require.True(t, ok)
		require.Contains(t, toCustomer.Text, want)
	}
}

// A day that is made without a year's public holidays says so on the draft and in 「交期」; once they are known it does not.
//
// feature: ST-15
func TestAPromiseSaysWhichHolidaysItLacks(t *testing.T) {
	t.Parallel()
	const words = "⚠️ 2027 年的放假安排还没有，没算进去"
	p := &orders.Promise{
		Day: "2027-01-04", At: time.Date(2026, 12, 31, 17, 0, 0, 0, time.FixedZone("", 8*60*60)), Lacks: 2027,
		Parts: []orders.PromisePart{{Name: "运输", Days: 1, Until: "2027-01-04", Why: "ZTO 江苏"}},
	}
	shown := func(p *orders.Promise) string {
		t.Helper()
		raw, err := json.Marshal(cards.Draft(signer, draft(), cards.DraftView{Promise: p}))
		require.NoError(t, err)
		return string(raw)
	}
	require.Contains(t, shown(p), "运输 1 天（"+words+"）")
	o := &orders.Order{ID: "SO202612310001", Status: orders.StatusApproved, Work: orders.Work{Promise: p}}
	known := *p
	known.Lacks = 0
	for _, forCustomer := range []bool{false, true} {
		require.Contains(t, cards.Promised(o, cards.PromiseView{Now: p, ForCustomer: forCustomer}).Text, "\n"+words)
		require.NotContains(t, cards.Promised(o, cards.PromiseView{Now: &known, ForCustomer: forCustomer}).Text, "放假", "it holds with them")
	}
	require.NotContains(t, shown(&known), "放假")
}
