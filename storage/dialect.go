package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	"github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func gormConfig(now func() time.Time) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard,
		NowFunc:                now,
		DisableAutomaticPing:   true,
	}
}

// connect opens the pool and returns what GORM needs to talk to it.
func (s *Store) connect(address string) (gorm.Dialector, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return s.connectSQLite(strings.TrimPrefix(path, "//"))
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "mysql" {
		return nil, errors.New("database address must be sqlite:path or mysql://user:password@host:port/database")
	}
	return s.connectMySQL(u)
}

// connectSQLite prepares one file for one process: the write-ahead log lets readers go on beside
// the writer, synchronous=FULL puts each commit on the disk before it is acknowledged, and one
// writer at a time (Store.write, immediate transactions) spares writers each other's lock waits.
// Another process (a command, a backup) is waited for a second a try: a wait within SQLite does not
// end with its context, and a callback must be refused before the platform gives up on it.
func (s *Store) connectSQLite(path string) (gorm.Dialector, error) {
	if path == "" || strings.ContainsAny(path, "?#") {
		return nil, fmt.Errorf("%q is no file for SQLite", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	dsn := path + "?_txlock=immediate&_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)"
	if s.sql, err = sql.Open(sqlite.DriverName, dsn); err != nil {
		return nil, err
	}
	s.sqlite, s.path, s.write = true, path, make(chan struct{}, 1)
	s.pool(s.conns(8))
	return sqlite.Dialector{Conn: s.sql}, nil
}

// connectMySQL prepares the pool for a server. Values are put into statements here rather than by
// the server: one round trip each, and no prepared statements, whose number the server limits for
// all replicas together. What a transaction writes at its end goes there in one packet (Tx.run).
func (s *Store) connectMySQL(u *url.URL) (gorm.Dialector, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr = "tcp", u.Host
	if u.Port() == "" {
		cfg.Addr = u.Hostname() + ":3306"
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.Trim(u.Path, "/")
	if cfg.DBName == "" {
		return nil, errors.New("database address names no database: mysql://user:password@host:port/database")
	}
	cfg.Collation = "utf8mb4_bin"
	cfg.InterpolateParams, cfg.MultiStatements = true, true
	cfg.ParseTime = true // goose reads times
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = 10*time.Second, time.Minute, time.Minute
	dsn := cfg.FormatDSN()
	if u.RawQuery != "" {
		dsn += "&" + u.RawQuery
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("parameters of the database address: %w", err)
	}
	cfg.Logger = &mysql.NopLogger{}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	s.sql = sql.OpenDB(readCommitted{c})
	// Whoever holds a transaction may look things up beside it. Were there no more connections than
	// transactions, all of these could wait for one another for ever.
	conns := s.conns(32)
	s.write = make(chan struct{}, conns)
	s.pool(conns + max(conns/4, 2))
	s.sql.SetConnMaxLifetime(5 * time.Minute)
	return gormmysql.New(gormmysql.Config{Conn: s.sql, SkipInitializeWithVersion: true, DisableWithReturning: true}), nil
}

func (s *Store) conns(usual int) int {
	if s.opts.MaxConns > 0 {
		return s.opts.MaxConns
	}
	return usual
}

func (s *Store) pool(conns int) {
	s.sql.SetMaxOpenConns(conns)
	s.sql.SetMaxIdleConns(conns)
}

// readCommitted sets the isolation of each new connection once. READ COMMITTED: whatever a
// decision rests on is read under a lock (FOR UPDATE) or guarded by the statement that changes it,
// so that snapshots would add nothing but stale reads, and without gap locks the inserts of
// different orders never wait for each other.
type readCommitted struct{ driver.Connector }

// Connect opens a connection.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// forUpdate ends a query whose rows stay locked to the end of the transaction. SQLite has one
// writer anyway.
func (s *Store) forUpdate() string {
	if s.sqlite {
		return ""
	}
	return " FOR UPDATE"
}

// unlessThere ends an INSERT that does nothing where a unique key exists already.
func (s *Store) unlessThere(column string) string {
	if s.sqlite {
		return " ON CONFLICT DO NOTHING"
	}
	return " ON DUPLICATE KEY UPDATE " + column + " = " + column
}

// add adds delta to the number that key has in a table of two columns and returns the sum. The
// row stays locked to the end of the transaction.
func (tx *Tx) add(table, keyColumn, column, key string, delta int64) (int64, error) {
	if err := tx.run(); err != nil {
		return 0, err
	}
	for {
		sum, found, err := tx.addTo(table, keyColumn, column, key, delta)
		if err != nil || found {
			return sum, err
		}
		_, err = tx.pool.ExecContext(tx.ctx, "INSERT INTO "+table+" ("+keyColumn+", "+column+") VALUES (?, ?)", key, delta)
		if err == nil {
			return delta, nil
		}
		if err = tx.s.translate(err); !errors.Is(err, gorm.ErrDuplicatedKey) {
			return 0, err
		}
	}
}

// addTo is add where the row exists.
func (tx *Tx) addTo(table, keyColumn, column, key string, delta int64) (sum int64, found bool, err error) {
	if tx.s.sqlite {
		err = tx.pool.QueryRowContext(tx.ctx, "UPDATE "+table+" SET "+column+" = "+column+" + ? WHERE "+keyColumn+" = ? RETURNING "+column,
			delta, key).Scan(&sum)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, false, nil
		}
		return sum, err == nil, err
	}
	// The server hands the value of LAST_INSERT_ID(…) back with the answer: no second question.
	r, err := tx.pool.ExecContext(tx.ctx, "UPDATE "+table+" SET "+column+" = LAST_INSERT_ID("+column+" + ?) WHERE "+keyColumn+" = ?", delta, key)
	if err != nil {
		return 0, false, err
	}
	n, err := r.RowsAffected()
	if err != nil || n == 0 {
		return 0, false, err
	}
	sum, err = r.LastInsertId()
	return sum, true, err
}
