package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// returnRow is a return of an order.
type returnRow struct {
	OrderID    string `gorm:"primaryKey"`
	No         int    `gorm:"primaryKey"`
	Kind       string
	Cause      string
	Note       string
	Status     string
	Goods      string
	Amount     int64
	Credited   int64
	Noted      int64
	ByCode     string
	ByName     string
	Customer   bool
	AskedAt    int64
	Document   string
	SignedBy   string
	SignedName string
	SignedOn   string
	SignedAs   string
	SignedAt   int64
	Digest     string
	Node       string
	RemindAt   int64
	DueAt      int64
	Reminded   int
	ReceivedBy string
	ReceivedAt int64
	Warehouse  string
	DoneAt     int64
	Reason     string
	Waybill    string
}

func (*returnRow) TableName() string { return "order_returns" }

func fromReturn(id orders.OrderID, r *orders.Return) returnRow {
	row := returnRow{
		OrderID: string(id), No: r.No, Kind: string(r.Kind), Cause: string(r.Cause), Note: r.Note, Status: string(r.Status), Goods: toJSON(r.Lines),
		Amount: int64(r.Amount), Credited: int64(r.Credited), Noted: int64(r.Noted), ByCode: r.By, ByName: r.Name, Customer: r.Customer,
		AskedAt: toMS(r.AskedAt), Document: r.Document, Node: toJSON(r.Node), RemindAt: toMS(r.RemindAt), DueAt: toMS(r.DueAt), Reminded: r.Reminded,
		ReceivedBy: r.ReceivedBy, ReceivedAt: toMS(r.ReceivedAt), Warehouse: r.Warehouse, DoneAt: toMS(r.DoneAt), Reason: r.Reason, Waybill: r.Waybill,
	}
	if s := r.Signature; s != nil {
		row.SignedBy, row.SignedName, row.SignedOn, row.SignedAs, row.SignedAt, row.Digest = s.Code, s.Name, string(s.Platform), s.Account, toMS(s.At), s.Digest
	}
	return row
}

func (r *returnRow) toDomain() (orders.Return, error) {
	out := orders.Return{
		No: r.No, Kind: orders.ReturnKind(r.Kind), Cause: orders.Cause(r.Cause), Note: r.Note, Status: orders.ReturnStatus(r.Status),
		Amount: orders.Money(r.Amount), Credited: orders.Money(r.Credited), Noted: orders.Money(r.Noted), By: r.ByCode, Name: r.ByName, Customer: r.Customer,
		AskedAt: fromMS(r.AskedAt), Document: r.Document, RemindAt: fromMS(r.RemindAt), DueAt: fromMS(r.DueAt), Reminded: r.Reminded,
		ReceivedBy: r.ReceivedBy, ReceivedAt: fromMS(r.ReceivedAt), Warehouse: r.Warehouse, DoneAt: fromMS(r.DoneAt), Reason: r.Reason, Waybill: r.Waybill,
	}
	if r.SignedAt != 0 {
		out.Signature = &orders.Signature{
			Code: r.SignedBy, Name: r.SignedName, Platform: orders.Platform(r.SignedOn), Account: r.SignedAs, At: fromMS(r.SignedAt), Digest: r.Digest,
		}
	}
	return out, errors.Join(fromJSON(r.Goods, &out.Lines), fromJSON(r.Node, &out.Node))
}

// Returned returns what was sent to a customer, whatever their linked records, by orders that were confirmed since a moment, and what of it came back.
func (tx *Tx) Returned(customer orders.CustomerCode, since time.Time) (orders.Returned, error) {
	var sum struct{ Sent, Back int64 }
	left := make([]string, 0, len(orders.AfterShipping))
	for _, s := range orders.AfterShipping {
		left = append(left, string(s))
	}
	same, err := tx.SameCustomer(customer)
	if err != nil {
		return orders.Returned{}, err
	}
	kinds := []string{string(orders.ReturnGoods), string(orders.ReturnExchange)}
	taken := []string{string(orders.ReturnReceived), string(orders.ReturnDone)}
	const those = "o.customer IN ? AND o.confirmed_at >= ? AND o.confirmed_at > 0 AND o.status IN ?"
	err = tx.db.Raw("SELECT COALESCE(SUM(o.total), 0) AS sent, COALESCE((SELECT SUM(r.amount) FROM orders o JOIN order_returns r ON r.order_id = o.id WHERE "+those+
		" AND r.kind IN ? AND r.status IN ? AND r.received_at > 0), 0) AS back FROM orders o WHERE "+those,
		same, toMS(since), left, kinds, taken, same, toMS(since), left).Scan(&sum).Error
	if err != nil {
		return orders.Returned{}, fmt.Errorf("read returns of %s: %w", customer, err)
	}
	return orders.Returned{Sent: orders.Money(sum.Sent), Back: orders.Money(sum.Back)}, nil
}

// TakeBack adds goods to what a warehouse has on hand, into the lots that they are of where the product is kept by lots.
func (tx *Tx) TakeBack(product orders.ProductCode, warehouse string, lots []string, quantity orders.Quantity) error {
	n, err := toMicro(quantity)
	if err != nil {
		return err
	}
	if err := tx.addStock(product, warehouse, n); err != nil {
		return err
	}
	known, err := selectRows[lotRow](tx.ctx, tx.db, "SELECT * FROM stock_lots WHERE product = ? ORDER BY warehouse, batch, serial"+tx.s.forUpdate(), string(product))
	if err != nil {
		return fmt.Errorf("lock lots: %w", err)
	}
	if len(known) == 0 {
		return nil
	}
	if len(lots) == 0 {
		return orders.Errorf(orders.CodeInvalid, "%s 按批号或序列号管理，良品入库要写上，例如「批号 B2026」「序列号 S001 S002」。没有入库", product)
	}
	var back []lotRow
	for _, name := range lots {
		of := slices.DeleteFunc(slices.Clone(known), func(l lotRow) bool { return l.Serial != name && (l.Serial != "" || l.Batch != name) })
		if len(of) == 0 {
			return orders.Errorf(orders.CodeInvalid, "%s 没有批号或序列号「%s」，没有入库", product, name)
		}
		lot, part := of[0], n
		if lot.Serial == "" && len(lots) > 1 {
			return orders.Errorf(orders.CodeInvalid, "%s 一次写一个批号，分几次入库。没有入库", product)
		}
		if lot.Serial != "" {
			if part = oneMicro; slices.ContainsFunc(of, func(l lotRow) bool { return l.OnHand > 0 }) || slices.ContainsFunc(back, func(l lotRow) bool { return l.Serial == name }) {
				return orders.Errorf(orders.CodeConflict, "%s 序列号 %s 就在库里，不能再退回来，没有入库", product, name)
			}
		}
		lot.Warehouse, lot.OnHand = warehouse, 0
		if i := slices.IndexFunc(of, func(l lotRow) bool { return l.Warehouse == warehouse }); i >= 0 {
			lot = of[i]
		}
		lot.OnHand += part
		n -= part
		back = append(back, lot)
	}
	if n != 0 {
		return orders.Errorf(orders.CodeInvalid, "%s 批号或序列号和数量对不上：%d 个号，%s 件，没有入库", product, len(lots), quantity)
	}
	return upsert(tx.db, back)
}

// CreditNote takes an amount off what was invoiced to a customer: a red invoice of the number of the return.
func (tx *Tx) CreditNote(number string, customer orders.CustomerCode, order orders.OrderID, amount orders.Money, day time.Time) error {
	date := day.In(beijing).Format(time.DateOnly)
	row := invoiceRow{Number: number, Customer: string(customer), OrderID: string(order), Amount: -int64(amount), Issued: date, Due: date}
	var err error
	if row.Seq, err = nextSeq(tx.db, "invoices"); err != nil {
		return fmt.Errorf("credit note %s: %w", number, err)
	}
	if err := tx.db.Create(&row).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return orders.Errorf(orders.CodeConflict, "红字 %s 已经记过了，没有重复记", number)
		}
		return fmt.Errorf("credit note %s: %w", number, err)
	}
	return tx.settle("invoiced", string(customer), -int64(amount))
}

// ReturnFigures returns the returns and correction tickets that were asked for from one time until before another, withdrawn ones left
// out; sales limits them to an owner where not empty.
func (s *Store) ReturnFigures(ctx context.Context, sales orders.StaffCode, from, until time.Time) (orders.ReturnFigures, error) {
	var f orders.ReturnFigures
	var rows []struct {
		OrderID                orders.OrderID
		Kind                   orders.ReturnKind
		Cause                  orders.Cause
		Status                 orders.ReturnStatus
		Total, Credited        int64
		AskedAt, DueAt, DoneAt int64
	}
	db := s.db.WithContext(ctx)
	err := db.Raw(`SELECT r.order_id, r.kind, r.cause, r.status, o.total, r.credited, r.asked_at, r.due_at, r.done_at
		FROM order_returns r JOIN orders o ON o.id = r.order_id WHERE r.asked_at >= ? AND r.asked_at < ? AND r.status <> ? AND (? = '' OR o.sales = ?)
		ORDER BY r.asked_at, r.order_id, r.no`, toMS(from), toMS(until), string(orders.ReturnDropped), string(sales), string(sales)).Scan(&rows).Error
	if err == nil {
		err = db.Raw("SELECT COUNT(*) FROM orders WHERE created_at >= ? AND created_at < ? AND confirmed_at > 0 AND (? = '' OR sales = ?)",
			toMS(from), toMS(until), string(sales), string(sales)).Scan(&f.Orders).Error
	}
	if err != nil {
		return f, fmt.Errorf("figures of returns: %w", err)
	}
	for _, r := range rows {
		f.Cases = append(f.Cases, orders.ReturnCase{
			Order: r.OrderID, Kind: r.Kind, Cause: r.Cause, Status: r.Status, Total: orders.Money(r.Total), Credited: orders.Money(r.Credited),
			AskedAt: fromMS(r.AskedAt), DueAt: fromMS(r.DueAt), DoneAt: fromMS(r.DoneAt),
		})
	}
	return f, nil
}
