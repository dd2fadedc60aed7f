package storage

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Watched is the store with each query that it reads with shown to see before.
func (s *Store) Watched(see func(query string, args []any)) *Store {
	w := *s
	w.db = s.db.Session(&gorm.Session{NewDB: true})
	w.db.Statement.ConnPool = &watchedPool{s.sql, see}
	w.db.ConnPool = w.db.Statement.ConnPool
	return &w
}

type conn interface {
	gorm.ConnPool
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

type watchedPool struct {
	conn

	see func(query string, args []any)
}

func (p *watchedPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.see(query, args)
	return p.conn.QueryContext(ctx, query, args...)
}

func (p *watchedPool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.conn.BeginTx(ctx, opts)
	return &watchedTx{tx, p.see}, err
}

type watchedTx struct {
	*sql.Tx

	see func(query string, args []any)
}

func (p *watchedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.see(query, args)
	return p.Tx.QueryContext(ctx, query, args...)
}

// NextSeq looks for the place of a new row of a table.
func (s *Store) NextSeq(ctx context.Context, table string) error {
	_, err := nextSeq(s.db.WithContext(ctx), table)
	return err
}
