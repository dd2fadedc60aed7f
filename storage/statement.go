package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// chargesOf are what adds to what a customer owes: of each order what it holds and what was invoiced for it, less what was given back, in the month in which it was
// confirmed; invoices that name no order, on their own day. Together they are the account's held and invoiced, to the fen.
const chargesOf = `SELECT o.id order_id, '' invoice, o.confirmed_at at_ms, '' day, o.total + o.freight total, o.status,
		o.held + o.invoiced + COALESCE((SELECT SUM(i.amount) FROM invoices i WHERE i.customer = o.customer AND i.order_id = o.id AND i.amount < 0), 0) owed,
		COALESCE((SELECT SUM(r.credited) FROM order_returns r WHERE r.order_id = o.id), 0) back
	FROM orders o WHERE o.customer = ? AND o.confirmed_at > 0
	UNION ALL SELECT '', i.number, 0, CASE WHEN i.issued <> '' THEN i.issued ELSE i.due END, i.amount, '', i.amount, 0
	FROM invoices i WHERE i.customer = ? AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = i.order_id AND o.customer = i.customer AND o.confirmed_at > 0)`

// Statement returns how a customer's account went from one moment until before another, which begin days of the given location.
func (s *Store) Statement(ctx context.Context, customer orders.CustomerCode, from, until time.Time) (*orders.Statement, error) {
	out := &orders.Statement{Customer: customer, From: from, Until: until}
	first, last := from.Format(time.DateOnly), until.Format(time.DateOnly)
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		var charges []struct {
			OrderID, Invoice, Day, Status string
			AtMs, Total, Owed, Back       int64
		}
		if err := db.Raw(chargesOf, string(customer), string(customer)).Scan(&charges).Error; err != nil {
			return err
		}
		for _, c := range charges {
			at := fromMS(c.AtMs).In(from.Location())
			if c.OrderID == "" {
				day, err := time.ParseInLocation(time.DateOnly, c.Day, from.Location())
				if err != nil {
					return fmt.Errorf("day of invoice %s: %w", c.Invoice, err)
				}
				at = day
			}
			status := orders.Status(c.Status)
			switch {
			case !at.Before(until):
			case at.Before(from):
				out.Opening += orders.Money(c.Owed)
			case c.Owed == 0 && (status == orders.StatusDraft || status == orders.StatusCancelled || status == orders.StatusRejected || status == orders.StatusClosed):
			default:
				out.Orders = append(out.Orders, orders.Charge{
					Order: orders.OrderID(c.OrderID), Invoice: c.Invoice, At: at, Total: orders.Money(c.Total), Owed: orders.Money(c.Owed), Back: orders.Money(c.Back), Status: status,
				})
			}
		}
		var payments []paymentRow
		if err := db.Raw("SELECT * FROM payments WHERE customer = ? AND void = 0 AND paid_on < ? ORDER BY paid_on, seq", string(customer), last).Scan(&payments).Error; err != nil {
			return err
		}
		for _, p := range payments {
			if p.PaidOn < first {
				out.Opening -= orders.Money(p.Amount)
				continue
			}
			day, err := time.ParseInLocation(time.DateOnly, p.PaidOn, from.Location())
			if err != nil {
				return fmt.Errorf("day of payment %s: %w", p.Number, err)
			}
			out.Payments = append(out.Payments, orders.Payment{Number: p.Number, Customer: customer, Amount: orders.Money(p.Amount), Day: day, Order: orders.OrderID(p.OrderID)})
		}
		var invoices []invoiceRow
		if err := db.Raw("SELECT * FROM invoices WHERE customer = ? AND CASE WHEN issued <> '' THEN issued ELSE due END >= ? AND CASE WHEN issued <> '' THEN issued ELSE due END < ? ORDER BY issued, seq",
			string(customer), first, last).Scan(&invoices).Error; err != nil {
			return err
		}
		for _, i := range invoices {
			out.Invoices = append(out.Invoices, orders.Invoice{Number: i.Number, Order: orders.OrderID(i.OrderID), Amount: orders.Money(i.Amount), Issued: i.Issued, Due: i.Due})
		}
		var err error
		out.Overdue, err = overdue(db, customer, s.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("statement of %s: %w", customer, err)
	}
	return out, nil
}
