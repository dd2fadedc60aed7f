package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// Transit times are imported like all master data; what is noted of the weather counts at once, one entry a region, until it is over.
//
// feature: ST-15
func TestTransitTimesAndWeatherAreKept(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		load(t, s, "transits", []string{"快递", "目的地", "时效", "周末派送"}, []string{"中通", "江苏", "2天", ""}, []string{"SF", "全国", "1", "是"})
		load(t, s, "transits", []string{"carrier", "region", "days"}, []string{"ZTO", "江苏", "3"})
		report, err := s.ImportRows(t.Context(), "transits", [][]string{{"carrier", "region", "days"}, {"某某", "江苏", "3"}, {"ZTO", "火星", "x"}}, false)
		require.NoError(t, err)
		require.Equal(t, []orders.RowError{{Row: 2, Column: "carrier", Reason: "没有「某某」这家快递"}, {Row: 3, Column: "days", Reason: "「x」要写 0 到 60 的天数"}}, report.Refused)
		before, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Equal(t, []orders.Transit{{Carrier: "ZTO", Region: "江苏", Days: 3}, {Carrier: "SF", Region: "全国", Days: 1, Daily: true}}, before.Transits)

		today, later := ordertest.Start.Format(time.DateOnly), ordertest.Start.AddDate(0, 0, 9).Format(time.DateOnly)
		note := func(w orders.Weather) {
			t.Helper()
			require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error { _, err := tx.NoteWeather(w, today); return err }))
		}
		note(orders.Weather{Region: "华东", Days: 1, From: today, Until: later, Why: "暴雪", By: "S1"})
		note(orders.Weather{Region: "华北", Days: 2, From: today, Until: later})
		note(orders.Weather{Region: "华东", Days: 3, From: today, Until: later})
		change, ok, err := s.CatalogSince(t.Context(), before.Version, 100)
		require.NoError(t, err)
		require.True(t, ok)
		require.Nil(t, change.Transits, "nothing changed there")
		now := before.With(change)
		require.Equal(t, before.Transits, now.Transits)
		require.Len(t, now.Weather, 2, "the newer entry of a region counts")
		require.Equal(t, []any{"华北", 2, "华东", 3}, []any{now.Weather[0].Region, now.Weather[0].Days, now.Weather[1].Region, now.Weather[1].Days})
		ended := 0
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) (err error) { ended, err = tx.EndWeather("华东", today); return err }))
		require.Equal(t, 1, ended)
		again, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Len(t, again.Weather, 1)
	})
}

// What the planner's board has on the lines is the load of production.
//
// feature: ST-15
func TestTheLoadOfTheLines(t *testing.T) {
	t.Parallel()
	depots(t, func(d *depot) {
		first, second := d.confirm(12, "P1"), d.confirm(14, "P1")
		d.confirm(1, "P2")
		loaded := func() (out []orders.Made) {
			require.NoError(t, d.do(func(tx *storage.Tx) (err error) { out, err = tx.ProductionLoad(); return err }))
			return out
		}
		require.Empty(t, loaded())
		require.NoError(t, d.advance(first, orders.ActSchedule, "三号线 注塑", with(orders.RolePlanner)))
		require.NoError(t, d.advance(second, orders.ActSchedule, "", with(orders.RolePlanner)))
		require.NoError(t, d.advance(first, orders.ActStart, "", with(orders.RolePlanner)))
		load := loaded()
		require.Len(t, load, 2)
		require.Equal(t, orders.Made{Order: first, Line: "三号线", Begun: true, At: load[0].At}, load[0])
		require.Equal(t, orders.Made{Order: second, At: load[1].At}, load[1])
	})
}
