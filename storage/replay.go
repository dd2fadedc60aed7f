package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"orderbot/orders"
)

// Each entry of the audit trail carries what its transaction changed of the order, column by column with
// the values before and after, so that the trail alone tells every state that the order was in.

// changes are those of one transaction: by row ("order", "line 1", "node 2", "shipment 1", "change 1"), then by
// column. A row without columns was taken away; "anew" says that what was there before does not count.
type changes map[string]map[string][2]any

const changedAnew = "anew"

// changesOf compares an order as it was stored, nil where that is not known, with what it is now.
func changesOf(before, now *orderRows) string {
	out := changes{}
	if before == nil {
		before, out[changedAnew] = &orderRows{}, map[string][2]any{}
	}
	if d := differences(&before.order, &now.order); len(d) > 0 {
		out["order"] = d
	}
	changedRows(out, "line", before.lines, now.lines, func(r *lineRow) int { return r.No })
	changedRows(out, "node", before.nodes, now.nodes, func(r *nodeRow) int { return r.Seq })
	changedRows(out, "shipment", before.shipments, now.shipments, func(r *shipmentRow) int { return r.No })
	changedRows(out, "change", before.changes, now.changes, func(r *changeRow) int { return r.No })
	changedRows(out, "return", before.returns, now.returns, func(r *returnRow) int { return r.No })
	return toJSON(out)
}

func differences[R any](before, now *R) map[string][2]any {
	m := mappingOf[R]()
	was, is := m.values(reflect.ValueOf(before).Elem()), m.values(reflect.ValueOf(now).Elem())
	out := make(map[string][2]any)
	for i, c := range m.columns {
		if !reflect.DeepEqual(was[i], is[i]) {
			out[c] = [2]any{was[i], is[i]}
		}
	}
	return out
}

func changedRows[R any](out changes, kind string, before, now []R, number func(*R) int) {
	old := make(map[int]*R, len(before))
	for i := range before {
		old[number(&before[i])] = &before[i]
	}
	for i := range now {
		n := number(&now[i])
		was := old[n]
		delete(old, n)
		if was == nil {
			was = new(R)
		}
		if d := differences(was, &now[i]); len(d) > 0 {
			out[kind+" "+strconv.Itoa(n)] = d
		}
	}
	for n := range old {
		out[kind+" "+strconv.Itoa(n)] = map[string][2]any{}
	}
}

// keepBefore remembers an order as it was before the transaction's first change.
func (tx *Tx) keepBefore(id orders.OrderID, stored *orderRows) {
	if tx.before == nil {
		tx.before = make(map[orders.OrderID]*orderRows)
	}
	if _, ok := tx.before[id]; !ok {
		tx.before[id] = stored
	}
}

// auditChanges writes what the transaction changed of each order into its last entry of the trail; a
// change that nobody has to read of gets an entry without an action.
func (tx *Tx) auditChanges() {
	for _, id := range slices.Sorted(maps.Keys(tx.before)) {
		now := tx.orders[id]
		if now == nil || now == tx.before[id] { // it was not saved after all
			continue
		}
		at := -1
		for i := range tx.audit {
			if tx.audit[i].OrderID == string(id) {
				at = i
			}
		}
		if at < 0 {
			at = len(tx.audit)
			tx.audit = append(tx.audit, auditRow{OrderID: string(id), At: toMS(tx.s.now()), Actor: orders.SystemActor.Code})
		}
		tx.audit[at].Changes = changesOf(tx.before[id], now)
	}
}

// Replay rebuilds an order from its audit trail alone. An error tells that the trail does not hold
// together: an entry changes what was not there.
func (s *Store) Replay(ctx context.Context, id orders.OrderID) (*orders.Order, error) {
	var trail []auditRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM audit WHERE order_id = ? AND changes <> '' ORDER BY id", string(id)).Scan(&trail).Error; err != nil {
		return nil, fmt.Errorf("read trail of %s: %w", id, err)
	}
	if len(trail) == 0 {
		return nil, notFound(id)
	}
	rows := &orderRows{}
	for _, entry := range trail {
		var list map[string]map[string][2]json.RawMessage
		if err := json.Unmarshal([]byte(entry.Changes), &list); err != nil {
			return nil, fmt.Errorf("trail of %s, entry %d: %w", id, entry.ID, err)
		}
		if _, ok := list[changedAnew]; ok {
			rows = &orderRows{}
			delete(list, changedAnew)
		}
		for name, columns := range list {
			kind, number, _ := strings.Cut(name, " ")
			n, _ := strconv.Atoi(number)
			var err error
			switch kind {
			case "order":
				err = redo(&rows.order, columns)
			case "line":
				rows.lines, err = redoRow(rows.lines, columns, func(r *lineRow) int { return r.No }, n)
			case "node":
				rows.nodes, err = redoRow(rows.nodes, columns, func(r *nodeRow) int { return r.Seq }, n)
			case "shipment":
				rows.shipments, err = redoRow(rows.shipments, columns, func(r *shipmentRow) int { return r.No }, n)
			case "change":
				rows.changes, err = redoRow(rows.changes, columns, func(r *changeRow) int { return r.No }, n)
			case "return":
				rows.returns, err = redoRow(rows.returns, columns, func(r *returnRow) int { return r.No }, n)
			default:
				err = errors.New("unknown row")
			}
			if err != nil {
				return nil, fmt.Errorf("trail of %s, entry %d, %s: %w", id, entry.ID, name, err)
			}
		}
	}
	return rows.toDomain()
}

// redo makes the changes of a row, each of which must find what it says was there.
func redo[R any](row *R, columns map[string][2]json.RawMessage) error {
	m := mappingOf[R]()
	v := reflect.ValueOf(row).Elem()
	for c, change := range columns {
		index, ok := m.fields[c]
		if !ok {
			return fmt.Errorf("unknown column %s", c)
		}
		field := v.FieldByIndex(index)
		have, err := json.Marshal(field.Interface())
		if err != nil {
			return err
		}
		var was bytes.Buffer
		if err := json.Compact(&was, change[0]); err != nil {
			return err
		}
		if was.String() != string(have) {
			return fmt.Errorf("%s was %s, the entry says %s", c, have, was.String())
		}
		field.SetZero()
		if err := json.Unmarshal(change[1], field.Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}

func redoRow[R any](rows []R, columns map[string][2]json.RawMessage, number func(*R) int, n int) ([]R, error) {
	at := slices.IndexFunc(rows, func(r R) bool { return number(&r) == n })
	switch {
	case len(columns) == 0 && at < 0:
		return rows, errors.New("taken away, but was not there")
	case len(columns) == 0:
		return slices.Delete(rows, at, at+1), nil
	case at >= 0:
		return rows, redo(&rows[at], columns)
	}
	var row R
	err := redo(&row, columns)
	rows = append(rows, row)
	slices.SortFunc(rows, func(a, b R) int { return number(&a) - number(&b) })
	return rows, err
}
