package storage_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/storage"
)

func TestSchemaIsCheckedAndMigrated(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := url(t)
			stores := []*storage.Store{open(t, address), open(t, address), open(t, address)}
			require.ErrorContains(t, stores[0].CheckSchema(t.Context()), `version 0, this program needs`)

			// Replicas that start at once.
			var wg sync.WaitGroup
			errs := make([]error, len(stores))
			for i, s := range stores {
				wg.Go(func() { errs[i] = s.Migrate(t.Context()) })
			}
			wg.Wait()
			for _, err := range errs {
				require.NoError(t, err)
			}
			require.NoError(t, stores[0].Migrate(t.Context()))
			require.NoError(t, stores[0].CheckSchema(t.Context()))

			// An older schema, and a migration that was cut off on MySQL, which can't roll one back.
			db := raw(t, address)
			exec := func(statement string) {
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			exec("DELETE FROM goose_db_version WHERE version_id >= 4")
			exec("DROP TABLE learned")
			exec("DROP TABLE order_reasons")
			require.ErrorContains(t, stores[0].CheckSchema(t.Context()), `run "orderbot migrate"`)
			exec("DROP TABLE attachments")
			exec("DROP TABLE blobs")
			exec("DROP TABLE slots")
			if name == "sqlite" {
				exec("DROP TABLE secrets")
				exec("DROP TABLE api_tokens")
			}
			require.NoError(t, stores[0].Migrate(t.Context()))
			require.NoError(t, stores[0].CheckSchema(t.Context()))
			_, err := stores[0].Secret(t.Context(), "links")
			require.NoError(t, err)
		})
	}
}

// raw opens the database beside the store.
func raw(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", strings.TrimPrefix(address, "sqlite:")
	if rest, ok := strings.CutPrefix(address, "mysql://"); ok {
		user, rest, _ := strings.Cut(rest, "@")
		host, name, _ := strings.Cut(rest, "/")
		driver, dsn = "mysql", user+"@tcp("+host+")/"+name
	}
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestOpenRefusesBadAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "sqlite:", "sqlite:a?b", "postgres://x", "mysql://u:secret@127.0.0.1:1", "mysql://u:secret@127.0.0.1:1/db", "mysql://u:secret@127.0.0.1:1/db?tls=nonsense"} {
		_, err := storage.Open(t.Context(), address, storage.Options{Now: time.Now})
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestSQLiteFileIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "orderbot.db")
	migrated(t, "sqlite:"+path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
