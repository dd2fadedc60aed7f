package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// versionTable is where goose notes what was applied.
const versionTable = "goose_db_version"

// SchemaVersion is the version of the schema that this program works with.
func SchemaVersion() int64 {
	return migrations(false)[len(migrations(false))-1].version
}

// Migrate brings the schema up to date. Any number of processes may do so at once: one works,
// the others wait.
func (s *Store) Migrate(ctx context.Context) error {
	locker, err := s.migrationLock()
	if err != nil {
		return err
	}
	dialect := goose.DialectMySQL
	if s.sqlite {
		dialect = goose.DialectSQLite3
	}
	var list []*goose.Migration
	for _, m := range migrations(s.sqlite) {
		list = append(list, goose.NewGoMigration(m.version, &goose.GoFunc{RunTx: m.run}, nil))
	}
	p, err := goose.NewProvider(dialect, s.sql, nil, goose.WithGoMigrations(list...), goose.WithDisableGlobalRegistry(true),
		goose.WithLocker(locker), goose.WithTableName(versionTable))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// CheckSchema returns an error where the database's schema is older than this program needs. A
// newer one is taken: replicas are replaced one by one, and migrations only add.
func (s *Store) CheckSchema(ctx context.Context) error {
	var version int64
	if s.db.WithContext(ctx).Migrator().HasTable(versionTable) {
		err := s.db.WithContext(ctx).Raw("SELECT COALESCE(MAX(version_id), 0) FROM " + versionTable + " WHERE is_applied").Scan(&version).Error
		if err != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
	} else if err := s.Ping(ctx); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if want := SchemaVersion(); version < want {
		return fmt.Errorf("the database's schema has version %d, this program needs %d: run \"orderbot migrate\"", version, want)
	}
	return nil
}

// migration is one numbered file, made fit for one database.
type migration struct {
	version    int64
	statements []string
}

// migrations reads the embedded files. They are written once for both databases; what differs is
// how a row is numbered and how a MySQL table is to be kept.
func migrations(sqlite bool) []migration {
	fit := strings.NewReplacer(" SERIAL,", " BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,", "\n);", "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;")
	if sqlite {
		fit = strings.NewReplacer(" SERIAL,", " INTEGER PRIMARY KEY AUTOINCREMENT,")
	}
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err) // embedded
	}
	var out []migration
	for _, f := range files {
		text, err := migrationFiles.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			panic(err)
		}
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic(err)
		}
		m := migration{version: version}
		for statement := range strings.SplitSeq(fit.Replace(string(text)), ";\n") {
			if statement = strings.TrimSpace(statement); statement != "" {
				m.statements = append(m.statements, statement)
			}
		}
		out = append(out, m)
	}
	return out
}

// run applies the migration. MySQL commits after each change of the schema, so that a process that
// is killed leaves half of a migration; what is there already is passed over then.
func (m migration) run(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range m.statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil && !isThere(err) {
			return fmt.Errorf("%s: %w", firstLine(statement), err)
		}
	}
	return nil
}

// isThere tells whether MySQL refused to make what exists.
func isThere(err error) bool {
	my := (*mysql.MySQLError)(nil)
	if !errors.As(err, &my) {
		return false
	}
	switch my.Number {
	case 1050, 1060, 1061, 1062: // table, column, index, row of that key
		return true
	}
	return false
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			return line
		}
	}
	return ""
}

// migrationLock keeps other processes from migrating at the same time: a row on MySQL (GET_LOCK
// is local to a node of Galera), a lock on a file beside the database on SQLite.
func (s *Store) migrationLock() (lock.Locker, error) {
	if s.sqlite {
		return &fileLock{path: s.path + ".migrate"}, nil
	}
	return lock.NewMySQLTableLocker(lock.WithTableLockTimeout(200*time.Millisecond, 3000))
}

// fileLock is a lock on a file, let go of by the kernel when the process dies.
type fileLock struct {
	path string
	file *os.File
}

// Lock waits for the lock.
func (l *fileLock) Lock(ctx context.Context, _ *sql.DB) error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			l.file = f
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return errors.Join(err, f.Close())
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), f.Close())
		}
	}
}

// Unlock lets go.
func (l *fileLock) Unlock(context.Context, *sql.DB) error { return l.file.Close() }
