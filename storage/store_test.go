package storage_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// suiteStore fits a store to the suite, which knows neither its transactions nor its cursors.
type suiteStore struct{ *storage.Store }

func (s suiteStore) Do(ctx context.Context, change func(ordertest.Tx) error) error {
	return s.Store.Do(ctx, func(tx *storage.Tx) error { return change(tx) })
}

func (s suiteStore) ClaimCursor(ctx context.Context, now time.Time, hold time.Duration) (*ordertest.Cursor, error) {
	c, err := s.Store.ClaimCursor(ctx, now, hold)
	return (*ordertest.Cursor)(c), err
}

func (s suiteStore) Advance(ctx context.Context, c *ordertest.Cursor, next string, more bool, in []orders.Inbound) error {
	return s.Store.Advance(ctx, (*storage.Cursor)(c), next, more, in)
}

func (s suiteStore) ReleaseCursor(ctx context.Context, c *ordertest.Cursor, at time.Time) error {
	return s.Store.ReleaseCursor(ctx, (*storage.Cursor)(c), at)
}

func (s suiteStore) Load(ctx context.Context, kind string, rows ...[]string) error {
	report, err := s.ImportRows(ctx, kind, rows, false)
	for _, r := range report.Refused {
		err = errors.Join(err, r)
	}
	return err
}

func open(t testing.TB, url string) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), url, storage.Options{
		TurnPause: ordertest.TurnPause, Now: func() time.Time { return ordertest.Start },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func migrated(t testing.TB, url string) *storage.Store {
	t.Helper()
	s := open(t, url)
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

func sqliteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "data", "orderbot.db")
}

// databases are the kinds of databases that a test runs on.
var databases = map[string]func(testing.TB) string{"sqlite": sqliteURL, "mysql": ordertest.MySQL}

// onEach runs a test on a fresh database of each kind.
func onEach(t *testing.T, test func(t *testing.T, s *storage.Store)) {
	t.Helper()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, migrated(t, url(t)))
		})
	}
}

// feature: ST-02
func TestStoreSuite(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ordertest.RunStoreTests(t, func(t *testing.T) ordertest.Store {
				t.Helper()
				return suiteStore{migrated(t, url(t))}
			})
		})
	}
}
