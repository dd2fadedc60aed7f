package storage

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// What an order's change reads and writes goes around GORM's statement builder, which took four
// fifths of the time, and through its connection. GORM's reading of the row structs is used still.

// mapping tells how a row struct stands in its table.
type mapping struct {
	table   string
	columns []string         // that are written: all but a number that the database gives
	index   [][]int          // of their fields
	fields  map[string][]int // of all columns
	keys    []string         // the primary key
}

var mappings sync.Map // reflect.Type → *mapping

func mappingOf[R any]() *mapping {
	kind := reflect.TypeFor[R]()
	if m, ok := mappings.Load(kind); ok {
		return m.(*mapping)
	}
	parsed, err := schema.Parse(new(R), &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		panic(fmt.Sprintf("storage: %s: %v", kind, err))
	}
	m := &mapping{table: parsed.Table, fields: make(map[string][]int)}
	for _, column := range parsed.DBNames {
		f := parsed.FieldsByDBName[column]
		m.fields[column] = f.StructField.Index
		if f.PrimaryKey {
			m.keys = append(m.keys, column)
		}
		if !f.AutoIncrement {
			m.columns = append(m.columns, column)
			m.index = append(m.index, f.StructField.Index)
		}
	}
	mappings.Store(kind, m)
	return m
}

// values returns what a row says for the written columns.
func (m *mapping) values(row reflect.Value) []any {
	out := make([]any, len(m.index))
	for i, index := range m.index {
		out[i] = row.FieldByIndex(index).Interface()
	}
	return out
}

// statement is SQL with its values.
type statement struct {
	text string
	args []any
}

// insertRows makes an INSERT of rows, of which there is at least one.
func insertRows[R any](rows []R) statement {
	m := mappingOf[R]()
	one := "(" + strings.Repeat("?, ", len(m.columns)-1) + "?)"
	st := statement{text: "INSERT INTO " + m.table + " (" + strings.Join(m.columns, ", ") + ") VALUES " + strings.Repeat(one+", ", len(rows)-1) + one}
	for i := range rows {
		st.args = append(st.args, m.values(reflect.ValueOf(&rows[i]).Elem())...)
	}
	return st
}

// updateRow makes an UPDATE of the columns in which a row differs from the stored one of the same
// key.
func updateRow[R any](stored, row *R) statement {
	m := mappingOf[R]()
	before, after := m.values(reflect.ValueOf(stored).Elem()), m.values(reflect.ValueOf(row).Elem())
	var sets, wheres []string
	var st statement
	var key []any
	for i, c := range m.columns {
		if slices.Contains(m.keys, c) {
			wheres = append(wheres, c+" = ?")
			key = append(key, after[i])
		} else if before[i] != after[i] {
			sets = append(sets, c+" = ?")
			st.args = append(st.args, after[i])
		}
	}
	st.text = "UPDATE " + m.table + " SET " + strings.Join(sets, ", ") + " WHERE " + strings.Join(wheres, " AND ")
	st.args = append(st.args, key...)
	return st
}

// selectRows reads rows by a query whose columns all belong to the row struct.
func selectRows[R any](ctx context.Context, db *gorm.DB, query string, args ...any) (out []R, err error) {
	rows, err := db.Statement.ConnPool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	m := mappingOf[R]()
	into := make([]any, len(columns))
	for rows.Next() {
		var row R
		v := reflect.ValueOf(&row).Elem()
		for i, c := range columns {
			into[i] = v.FieldByIndex(m.fields[c]).Addr().Interface()
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// inList returns the placeholders and values of an IN list.
func inList(values []string) (string, []any) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ") + ")", args
}

// queuePool is a transaction's connection. What was queued goes out before anything else does.
type queuePool struct {
	*sql.Tx
	tx *Tx
}

// ExecContext runs a statement after what is queued.
func (p *queuePool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := p.tx.run(); err != nil {
		return nil, err
	}
	return p.Tx.ExecContext(ctx, query, args...)
}

// QueryContext runs a query after what is queued.
func (p *queuePool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.tx.run(); err != nil {
		return nil, err
	}
	return p.Tx.QueryContext(ctx, query, args...)
}

// queue puts off a statement that can't fail for what anybody else does: the rows it changes are
// locked or new.
func (tx *Tx) queue(st statement) { tx.queued = append(tx.queued, st) }

// run sends what is queued, on MySQL in one go: the way there and back costs more than the work.
func (tx *Tx) run() error {
	queued := tx.queued
	tx.queued = nil
	if err := tx.ended(); err != nil {
		return err
	}
	if len(queued) > 1 && !tx.s.sqlite {
		all := statement{text: queued[0].text, args: slices.Clone(queued[0].args)}
		for _, st := range queued[1:] {
			all.text += ";" + st.text
			all.args = append(all.args, st.args...)
		}
		queued = []statement{all}
	}
	for _, st := range queued {
		if err := tx.ended(); err != nil {
			return err
		}
		if _, err := tx.pool.Tx.ExecContext(tx.ctx, st.text, st.args...); err != nil {
			return tx.s.translate(err)
		}
	}
	return nil
}

// translate makes GORM's errors of a driver's.
func (s *Store) translate(err error) error {
	if t, ok := s.db.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		return t.Translate(err)
	}
	return err
}
