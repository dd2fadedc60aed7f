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
	found, err := selectRows[orderRow](tx.ctx, tx.db, "SELECT * FROM orders WHERE customer = ? AND status IN "+in+" ORDER BY created_at, id", append([]any{string(customer)}, args...)...)
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
