// Package storage keeps everything of orderbot in one SQL database: SQLite for one machine, MySQL
// or MariaDB (also Galera) for several replicas. It implements the ports of packages orders, bot
// and notify without knowing the latter two.
//
// All writes of one decision stand in one transaction ([Store.Do]). Amounts, quantities, prices
// and times are integers in the database (values.go); keys compare byte by byte.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"orderbot/orders"
)

// DefaultWarehouse holds what the product list calls stock.
const DefaultWarehouse = orders.DefaultWarehouse

// Options are what [Open] needs to know beside the address.
type Options struct {
	// TurnPause is how long a chat must be silent before what it wrote is answered; clicks and
	// entering a chat do not wait. Messages that keep coming put the answer off by at most three pauses.
	TurnPause time.Duration
	// Now is the clock, for what no caller gives a time for: when something was finished, made or
	// noted. It is needed.
	Now func() time.Time
	// MaxConns limits the open connections. 0: 32 on MySQL, 8 on SQLite. MySQL gets a quarter more for
	// what is read beside open transactions.
	MaxConns int
	// UseSafety lets every order use the safety stock, which else is for those alone that may ([orders.Order.UseSafety]).
	UseSafety bool
	// Delivery is what the configuration says of days of delivery, for the catalog.
	Delivery orders.DeliveryTerms
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db   *gorm.DB
	sql  *sql.DB
	now  func() time.Time
	opts Options

	sqlite bool
	path   string        // of the SQLite file
	write  chan struct{} // holds as many as write at once: one on SQLite
}

// Open connects to "sqlite:path" or "mysql://user:password@host:port/database", where parameters of
// the MySQL driver (tls=true, …) may follow a question mark. It does not touch the schema: see
// [Store.Migrate] and [Store.CheckSchema].
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	s := &Store{opts: opts, now: opts.Now}
	if s.now == nil {
		return nil, errors.New("open database: no clock")
	}
	dialector, err := s.connect(url)
	if err != nil {
		return nil, err
	}
	s.db, err = gorm.Open(dialector, gormConfig(s.now))
	if err == nil {
		err = s.sql.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.sql.Close())
	}
	return s, nil
}

// Close closes all connections.
func (s *Store) Close() error { return s.sql.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.db.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error
}

// Tx is one transaction. It is made by [Store.Do], belongs to one goroutine and ends with it.
type Tx struct {
	s   *Store
	db  *gorm.DB
	ctx context.Context //nolint:containedctx // a Tx lives within one call; the ports' methods carry no context

	// ended tells, as an error, that the caller's context is over: it is asked between statements.
	ended func() error

	pool   *queuePool
	queued []statement

	orders map[orders.OrderID]*orderRows // as they are stored
	stock  stockBook
	lacks  []lack                        // of the orders that wait, as this transaction has read and changed it; nil: not read
	before map[orders.OrderID]*orderRows // of those that were changed, as they were; nil: not known
	audit  []auditRow

	exceptions map[int64]exceptionRow // as they are stored
	events     []eventRow
	snags      []snagRow
}

// Do runs change in one transaction and commits it when change returns nil. The whole of it,
// change included, is repeated when the database gave up on it for the sake of another
// transaction; so change must start anew each time it is called, and calls nothing outside the
// process.
func (s *Store) Do(ctx context.Context, change func(*Tx) error) error {
	return s.writing(ctx, func() error {
		return s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
			tx := &Tx{s: s, ctx: ctx, ended: ctx.Err}
			if s.sqlite { // whose driver starts a goroutine for every statement that can be cut short
				tx.ctx = context.WithoutCancel(ctx)
			}
			tx.pool = &queuePool{Tx: db.Statement.ConnPool.(*sql.Tx), tx: tx}
			tx.db = db.Session(&gorm.Session{NewDB: true, Context: tx.ctx})
			tx.db.Statement.ConnPool = tx.pool
			err := change(tx)
			if err == nil {
				err = tx.flush()
			}
			if over := tx.ended(); over != nil && errors.Is(err, sql.ErrTxDone) { // it was rolled back because of that
				return over
			}
			return err
		})
	})
}

// flush writes what was gathered in memory.
func (tx *Tx) flush() error {
	if err := tx.flushStock(); err != nil {
		return err
	}
	tx.auditChanges()
	if len(tx.audit) > 0 {
		tx.queue(insertRows(tx.audit))
	}
	if len(tx.events) > 0 {
		tx.queue(insertRows(tx.events))
	}
	if len(tx.snags) > 0 {
		tx.queue(insertRows(tx.snags))
	}
	if err := tx.run(); err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	return nil
}

// writing runs write, a transaction or a single statement, alone on SQLite, and again where it
// lost against another one.
func (s *Store) writing(ctx context.Context, write func() error) error {
	const tries = 12
	for i := 1; ; i++ {
		err := s.exclusively(ctx, write)
		if err == nil || i == tries || !isLost(err) {
			return err
		}
		pause := time.NewTimer(time.Duration(rand.Int64N(int64(min(time.Millisecond<<i, 300*time.Millisecond))))) //nolint:gosec // spreads retries, guards nothing
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

func (s *Store) exclusively(ctx context.Context, write func() error) error {
	select {
	case s.write <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.write }()
	return write()
}

// exec runs one statement as a transaction of its own and returns how many rows it changed. On
// MySQL a row that is set to what it was is not counted.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.writing(ctx, func() error {
		r := s.db.WithContext(ctx).Exec(statement, args...)
		n = r.RowsAffected
		return r.Error
	})
	return n, err
}

// snapshot runs read on one unchanging state of the database.
func (s *Store) snapshot(ctx context.Context, read func(db *gorm.DB) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if !s.sqlite {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return s.db.WithContext(ctx).Transaction(read, opts)
}

// isLost tells whether the database ended a transaction for the sake of another one, so that
// it can simply be repeated.
func isLost(err error) bool {
	if my := (*mysql.MySQLError)(nil); errors.As(err, &my) {
		switch my.Number {
		case 1213, // deadlock; on Galera also a conflict with another node, found at the commit
			1205, // lock wait timeout
			1020: // record has changed since last read
			return true
		}
	}
	if lite := (*gosqlite.Error)(nil); errors.As(err, &lite) {
		const busy, locked = 5, 6
		code := lite.Code() & 0xff
		return code == busy || code == locked
	}
	return false
}

// conflict is the refusal to someone whose claim has run out.
func conflict(what string) error {
	return orders.Errorf(orders.CodeConflict, "%s的处理权已过期，由别的进程接手", what)
}
