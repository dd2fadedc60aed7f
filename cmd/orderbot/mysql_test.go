package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// mysqlServer is the address of the MariaDB that the tests may make databases on.
func mysqlServer() string { return os.Getenv("ORDERBOT_TEST_MYSQL") }

var databaseNumber atomic.Int64

// newMySQL makes an empty database and returns its address; it is dropped after the test.
func newMySQL(tb testing.TB) string {
	tb.Helper()
	u, err := url.Parse(mysqlServer())
	require.NoError(tb, err)
	password, _ := u.User.Password()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/", u.User.Username(), password, u.Host))
	require.NoError(tb, err)
	name := strings.ToLower(fmt.Sprintf("orderbot_cmd_%d_%d", os.Getpid(), databaseNumber.Add(1)))
	_, err = db.ExecContext(tb.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	require.NoError(tb, err)
	tb.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + name)
		require.NoError(tb, err)
		require.NoError(tb, db.Close())
	})
	u.Path = "/" + name
	return u.String()
}
