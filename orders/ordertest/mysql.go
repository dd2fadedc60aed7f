package ordertest

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// MySQL makes an empty database on the server that ORDERBOT_TEST_MYSQL names (mysql://user:password@host:port/…,
// see scripts/mariadb.sh), drops it when the test is over, and returns its address. Without the
// variable the test is skipped on a developer's machine and fails where CI=true.
func MySQL(t testing.TB) string {
	t.Helper()
	address := os.Getenv("ORDERBOT_TEST_MYSQL")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ORDERBOT_TEST_MYSQL is not set")
		}
		t.Skip("ORDERBOT_TEST_MYSQL is not set: eval \"export $(scripts/mariadb.sh start)\"")
	}
	u, err := url.Parse(address)
	require.NoError(t, err)
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User = "tcp", u.Host, u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	db, err := sql.Open("mysql", cfg.FormatDSN())
	require.NoError(t, err)
	var random [6]byte
	_, _ = rand.Read(random[:])
	name := "orderbot_test_" + hex.EncodeToString(random[:])
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + name) //nolint:noctx // the test's context has ended
		require.NoError(t, err)
		require.NoError(t, db.Close())
	})
	u.Path = "/" + strings.TrimPrefix(name, "/")
	return u.String()
}
