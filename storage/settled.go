package storage

import (
	"fmt"

	"orderbot/orders"
)

// SettleOrders notes on a customer's orders that all their invoices are paid by now, those that are due first before the others; an order
// that has the note keeps its first. Payments are the customer's, not an order's; a credit
// note (红字) is taken off its own order's invoices, and what is beyond them is the customer's too.
func (tx *Tx) SettleOrders(customer orders.CustomerCode, entry orders.AuditEntry) error {
	var rows []struct {
		OrderID string
		Amount  int64
		Noted   bool
	}
	err := tx.db.Raw(`SELECT i.order_id, i.amount, EXISTS (SELECT 1 FROM audit a WHERE a.order_id = i.order_id AND a.action = ?) noted
		FROM invoices i WHERE i.customer = ? ORDER BY i.due, i.seq`, entry.Action, string(customer)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read what is settled: %w", err)
	}
	var left int64
	if err := tx.db.Raw("SELECT COALESCE(SUM(amount), 0) FROM payments WHERE customer = ? AND void = 0", string(customer)).Scan(&left).Error; err != nil {
		return fmt.Errorf("read what is settled: %w", err)
	}
	credit, billed := make(map[string]int64), make(map[string]int64) // fen by order
	for _, r := range rows {
		credit[r.OrderID] += max(0, -r.Amount)
		billed[r.OrderID] += max(0, r.Amount)
	}
	for id, fen := range credit {
		left += max(0, fen-billed[id])
	}
	open := make(map[string]bool)
	var ids []string
	for _, r := range rows {
		if r.Amount < 0 {
			continue
		}
		taken := min(credit[r.OrderID], r.Amount)
		credit[r.OrderID] -= taken
		if rest := r.Amount - taken; rest > 0 {
			if left -= rest; left < 0 {
				open[r.OrderID] = true
			}
		}
		if r.OrderID != "" && !r.Noted {
			ids = append(ids, r.OrderID)
		}
	}
	for _, id := range ids {
		if open[id] {
			continue
		}
		open[id] = true // once, however many invoices it has
		e := entry
		e.Order = orders.OrderID(id)
		if err := tx.Audit(e); err != nil {
			return err
		}
	}
	return nil
}
