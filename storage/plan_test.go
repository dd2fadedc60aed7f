//go:build !race

package storage_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/ordertest"
)

// None of the searches reads a whole table, however long the past is. (One goroutine: nothing for the race detector.)
func TestSearchesReadNoWholeTable(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, n := url(t), 2000 // SQLite plans without regard to how much there is
			if name == "mysql" {
				n = 20_000
			}
			s := migrated(t, address)
			require.NoError(t, s.Seed(t.Context(), n, ordertest.Start, func(int) {}))
			db := raw(t, address)
			explain := "EXPLAIN QUERY PLAN "
			if name == "mysql" {
				explain = "EXPLAIN "
				_, err := db.ExecContext(t.Context(), "ANALYZE TABLE orders, order_lines, order_nodes, shipments, order_changes, stock, receipts, reservations, audit, invoices, payments, exceptions, snags")
				require.NoError(t, err)
			}
			for what, search := range searches {
				queries := 0
				var asked []string
				var values [][]any
				watched := s.Watched(func(query string, args []any) { asked, values = append(asked, query), append(values, args) })
				require.NoError(t, search(t.Context(), watched, 1))
				for i, query := range asked {
					queries++
					rows, err := db.QueryContext(t.Context(), explain+query, values[i]...)
					require.NoError(t, err, query)
					for _, step := range plan(t, rows) {
						if strings.HasPrefix(step["table"], "<") { // what a part of the query has found
							continue
						}
						require.NotContains(t, []string{"ALL", "index"}, step["type"], "%s: %s: %v", what, query, step) // MariaDB's words
						require.NotContains(t, step["detail"], "SCAN", "%s: %s: %v", what, query, step)                 // SQLite's
					}
				}
				require.Positive(t, queries, what)
			}
		})
	}
}

// plan returns the steps of a plan, their columns by name.
func plan(t *testing.T, rows *sql.Rows) (steps []map[string]string) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		step := make(map[string]string)
		for i, c := range columns {
			step[c] = values[i].String
		}
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}
