package storage

import (
	"orderbot/orders"
)

// OpenOf returns a customer's orders that are approved and have not left, oldest first. They are not locked.
func (tx *Tx) OpenOf(customer orders.CustomerCode) ([]*orders.Order, error) {
	statuses := make([]string, 0, len(orders.BeforeShipping))
	for _, s := range orders.BeforeShipping {
		if s != orders.StatusPendingApproval {
			statuses = append(statuses, string(s))
		}
	}
	in, args := inList(statuses)
	return tx.read("customer = ? AND status IN "+in+" ORDER BY created_at, id", append([]any{string(customer)}, args...)...)
}

// ReadOrders returns orders as they are, in no order and not locked. Those that there are not are left out.
func (tx *Tx) ReadOrders(ids ...orders.OrderID) ([]*orders.Order, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	in, args := inList(keys)
	return tx.read("id IN "+in, args...)
}

// OpenIDs returns the numbers of all orders in the given statuses.
func (tx *Tx) OpenIDs(statuses ...orders.Status) ([]orders.OrderID, error) {
	var out []orders.OrderID
	err := tx.db.Raw("SELECT id FROM orders WHERE status IN ?", statuses).Scan(&out).Error
	return out, wrap("read the numbers of open orders", err)
}

// read returns the orders that a condition selects, not locked.
func (tx *Tx) read(where string, args ...any) ([]*orders.Order, error) {
	found, err := selectRows[orderRow](tx.ctx, tx.db, "SELECT * FROM orders WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	rows, err := withParts(tx.ctx, tx.db, found)
	if err != nil {
		return nil, err
	}
	out := make([]*orders.Order, len(rows))
	for i, r := range rows {
		if out[i], err = r.toDomain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
