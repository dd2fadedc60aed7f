package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// creditRow is a customer's account. It is locked before anything of it changes, and counts what the
// tables of orders, invoices and payments hold of the customer.
type creditRow struct {
	Customer             string `gorm:"primaryKey"`
	Held, Invoiced, Paid int64
}

func (*creditRow) TableName() string { return "credit" }

func (r *creditRow) exposure() orders.Money { return orders.Money(r.Held + r.Invoiced - r.Paid) }

func account(db *gorm.DB, customer orders.CustomerCode, suffix string) (creditRow, error) {
	var row creditRow
	err := db.Raw("SELECT * FROM credit WHERE customer = ?"+suffix, string(customer)).Scan(&row).Error
	return row, wrap("read account of "+string(customer), err)
}

// HoldCredit adds amount to what the customer's orders hold, which never falls below 0, and returns the
// exposure.
func (tx *Tx) HoldCredit(customer orders.CustomerCode, amount orders.Money) (orders.Money, error) {
	if amount != 0 {
		if _, err := tx.add("credit", "customer", "held", string(customer), int64(amount)); err != nil {
			return 0, fmt.Errorf("hold credit of %s: %w", customer, err)
		}
	}
	row, err := account(tx.db, customer, tx.s.forUpdate())
	return row.exposure(), err
}

// Overdue returns what of the customer's invoices should have been paid before a day of Beijing.
func (tx *Tx) Overdue(customer orders.CustomerCode, day time.Time) (orders.Overdue, error) {
	return overdue(tx.db, customer, day)
}

// overdue looks only at invoices that are not due yet and at those that are not settled, so that a customer's long past costs nothing:
// what was invoiced less what was paid is open, and what of it is not due yet is not overdue. What is written off (红字) settles as
// payments do.
func overdue(db *gorm.DB, customer orders.CustomerCode, day time.Time) (orders.Overdue, error) {
	today := day.In(beijing).Format(time.DateOnly)
	var amount int64
	err := db.Raw(`SELECT c.invoiced - c.paid - COALESCE((SELECT SUM(i.amount) FROM invoices i WHERE i.customer = c.customer AND i.due >= ? AND i.amount > 0), 0)
		FROM credit c WHERE c.customer = ?`, today, string(customer)).Scan(&amount).Error
	if err != nil {
		return orders.Overdue{}, fmt.Errorf("read invoices of %s: %w", customer, err)
	}
	if amount <= 0 {
		return orders.Overdue{}, nil
	}
	out := orders.Overdue{Amount: orders.Money(amount)}
	// The oldest that is not settled: with those due after it, it makes up all that is overdue. So the newest are read first.
	const page = 50
	for skip, left := 0, amount; left > 0; skip += page {
		var rows []invoiceRow
		err := db.Raw("SELECT * FROM invoices WHERE customer = ? AND due < ? AND amount > 0 ORDER BY due DESC, number DESC LIMIT ? OFFSET ?",
			string(customer), today, page, skip).Scan(&rows).Error
		if err != nil {
			return out, fmt.Errorf("read invoices of %s: %w", customer, err)
		}
		for _, r := range rows {
			if left > 0 {
				left -= r.Amount
				out.Invoice, out.Due = r.Number, r.Due
			}
		}
		if len(rows) < page {
			break
		}
	}
	return out, nil
}

// Account returns how a customer stands on a day.
func (s *Store) Account(ctx context.Context, customer orders.CustomerCode, day time.Time) (orders.Account, error) {
	var out orders.Account
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		row, err := account(db, customer, "")
		if err != nil {
			return err
		}
		out = orders.Account{Held: orders.Money(row.Held), Invoiced: orders.Money(row.Invoiced), Paid: orders.Money(row.Paid)}
		out.Overdue, err = overdue(db, customer, day)
		return err
	})
	return out, err
}

type invoiceRow struct {
	Number   string `gorm:"primaryKey"`
	Seq      int64
	Customer string
	OrderID  string
	Amount   int64
	Issued   string
	Due      string
}

func (*invoiceRow) TableName() string { return "invoices" }

type paymentRow struct {
	Number   string `gorm:"primaryKey"`
	Seq      int64
	Customer string
	Amount   int64
	PaidOn   string
	Void     bool
	OrderID  string // that it is for, where one was named
}

func (*paymentRow) TableName() string { return "payments" }

// counts is what of the payment counts.
func (r *paymentRow) counts() int64 {
	if r.Void {
		return 0
	}
	return r.Amount
}

// Pay notes a payment and gives it a number where it has none. CodeConflict where the number is taken.
func (tx *Tx) Pay(p orders.Payment) (number string, err error) {
	if err := tx.lockPayments(); err != nil {
		return "", err
	}
	if p.Number == "" {
		date := p.Day.In(beijing).Format("20060102")
		n, err := tx.add("counters", "name", "value", "payment."+date, 1)
		if err != nil {
			return "", fmt.Errorf("next payment number: %w", err)
		}
		p.Number = fmt.Sprintf("SK%s%04d", date, n)
	}
	if err := tx.settle("paid", string(p.Customer), int64(p.Amount)); err != nil {
		return "", err
	}
	row := paymentRow{Number: p.Number, Customer: string(p.Customer), Amount: int64(p.Amount), PaidOn: p.Day.In(beijing).Format(time.DateOnly), OrderID: string(p.Order)}
	if row.Seq, err = nextSeq(tx.db, "payments"); err != nil {
		return "", fmt.Errorf("note payment: %w", err)
	}
	if err := tx.db.Create(&row).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return "", orders.Errorf(orders.CodeConflict, "收款 %s 已经登记过了，没有重复登记", p.Number)
		}
		return "", fmt.Errorf("note payment: %w", err)
	}
	return p.Number, nil
}

// VoidPayment takes a payment back that was noted by mistake and returns it: CodeNotFound where there is
// none, CodeConflict where it was taken back before.
func (tx *Tx) VoidPayment(number string) (orders.Payment, error) {
	if err := tx.lockPayments(); err != nil {
		return orders.Payment{}, err
	}
	var rows []paymentRow
	if err := tx.db.Raw("SELECT * FROM payments WHERE number = ?"+tx.s.forUpdate(), number).Scan(&rows).Error; err != nil {
		return orders.Payment{}, fmt.Errorf("read payment: %w", err)
	}
	if len(rows) == 0 {
		return orders.Payment{}, orders.Errorf(orders.CodeNotFound, "没有收款 %s", number)
	}
	r := rows[0]
	p := orders.Payment{Number: r.Number, Customer: orders.CustomerCode(r.Customer), Amount: orders.Money(r.Amount), Order: orders.OrderID(r.OrderID)}
	u := tx.db.Exec("UPDATE payments SET void = 1 WHERE number = ? AND void = 0", number)
	if u.Error != nil {
		return p, fmt.Errorf("void payment: %w", u.Error)
	}
	if u.RowsAffected == 0 {
		return p, orders.Errorf(orders.CodeConflict, "收款 %s 已经撤销过了", number)
	}
	return p, tx.settle("paid", r.Customer, -r.Amount)
}

// PaymentOrder returns the order that a payment names, "" where it names none or there is no such payment.
func (tx *Tx) PaymentOrder(number string) (orders.OrderID, error) {
	var id string
	err := tx.db.Raw("SELECT order_id FROM payments WHERE number = ?", number).Scan(&id).Error
	return orders.OrderID(id), wrap("read payment", err)
}

// lockPayments lets one transaction at a time change payments.
func (tx *Tx) lockPayments() error {
	_, err := tx.add("counters", "name", "value", "payments", 1)
	return wrap("lock payments", err)
}

// nextSeq is the place of a new row among those of a table of invoices or payments.
func nextSeq(db *gorm.DB, table string) (seq int64, err error) {
	err = db.Raw("SELECT COALESCE(MAX(seq), 0) + 1 FROM " + table).Scan(&seq).Error
	return seq, err
}

// settle adds to a column of a customer's account, of whatever sign.
func (tx *Tx) settle(column, customer string, amount int64) error {
	for amount != 0 {
		u := tx.db.Exec("UPDATE credit SET "+column+" = "+column+" + ? WHERE customer = ?", amount, customer)
		if u.Error != nil || u.RowsAffected > 0 {
			return wrap("settle account of "+customer, u.Error)
		}
		err := tx.db.Exec("INSERT INTO credit (customer, "+column+") VALUES (?, ?)", customer, amount).Error
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			return wrap("settle account of "+customer, err)
		}
	}
	return nil
}

type invoiceDataRow struct {
	Customer  string `gorm:"primaryKey"`
	Title     string
	TaxNumber string
	Since     int64
}

func (*invoiceDataRow) TableName() string { return "invoice_data" }

// SeeInvoiceData notes that finance is shown a customer's invoice data, and returns what they were shown before.
func (tx *Tx) SeeInvoiceData(customer orders.CustomerCode, data orders.InvoiceData, now time.Time) (orders.SeenInvoice, error) {
	row := invoiceDataRow{Customer: string(customer), Title: data.Title, TaxNumber: data.TaxNumber, Since: toMS(now)}
	for {
		var was []invoiceDataRow
		if err := tx.db.Raw("SELECT * FROM invoice_data WHERE customer = ?"+tx.s.forUpdate(), string(customer)).Scan(&was).Error; err != nil {
			return orders.SeenInvoice{}, fmt.Errorf("read invoice data of %s: %w", customer, err)
		}
		if len(was) == 0 {
			err := tx.db.Create(&row).Error
			if errors.Is(err, gorm.ErrDuplicatedKey) { // somebody was faster
				continue
			}
			return orders.SeenInvoice{}, wrap("note invoice data of "+string(customer), err)
		}
		seen := orders.SeenInvoice{InvoiceData: orders.InvoiceData{Title: was[0].Title, TaxNumber: was[0].TaxNumber}, At: fromMS(was[0].Since)}
		if seen.InvoiceData == data {
			return seen, nil
		}
		err := tx.db.Exec("UPDATE invoice_data SET title = ?, tax_number = ?, since = ? WHERE customer = ?", row.Title, row.TaxNumber, row.Since, row.Customer).Error
		return seen, wrap("note invoice data of "+string(customer), err)
	}
}

var invoiceColumns = []column[invoiceRow]{
	{"invoice", "发票号", true, text(codeLen, func(r *invoiceRow) *string { return &r.Number })},
	{"customer", "客户编码", true, text(codeLen, func(r *invoiceRow) *string { return &r.Customer })},
	{"amount", "金额", true, signed(func(r *invoiceRow) *int64 { return &r.Amount })},
	{"due", "到期日", true, date(func(r *invoiceRow) *string { return &r.Due })},
	{"order", "订单号", false, text(codeLen, func(r *invoiceRow) *string { return &r.OrderID })},
	{"date", "开票日期", false, date(func(r *invoiceRow) *string { return &r.Issued })},
}

var paymentColumns = []column[paymentRow]{
	{"payment", "收款单号", true, text(codeLen, func(r *paymentRow) *string { return &r.Number })},
	{"customer", "客户编码", true, text(codeLen, func(r *paymentRow) *string { return &r.Customer })},
	{"amount", "金额", true, signed(func(r *paymentRow) *int64 { return &r.Amount })},
	{"date", "日期", true, date(func(r *paymentRow) *string { return &r.PaidOn })},
}

// signed makes the cell of an amount in fen that may be negative: a red invoice (红字), a refund.
func signed[R any](field func(*R) *int64) cell[R] {
	return cell[R]{func(r *R, text string) error {
		d, err := parseNumber(text)
		if err == nil && d.IsZero() {
			err = errors.New("不能是 0")
		}
		*field(r) = int64(orders.MoneyOf(d))
		return err
	}, func(r *R) string { return showFen(*field(r)) }}
}

// date makes the cell of a day; empty stays empty.
func date[R any](field func(*R) *string) cell[R] {
	return cell[R]{func(r *R, text string) error {
		*field(r) = ""
		if text == "" {
			return nil
		}
		at, _, err := parseDate(text)
		*field(r) = at.In(beijing).Format(time.DateOnly)
		return err
	}, func(r *R) string { return *field(r) }}
}

// invoices takes invoices over. What an order holds goes over to the invoices that name it; a red
// invoice gives nothing back to its order.
func (im *importer) invoices() error {
	byNumber := func(r *invoiceRow) string { return r.Number }
	stored, err := load(im.db, "invoices", byNumber)
	if err != nil {
		return err
	}
	records, err := parse(im, invoiceColumns, stored, byNumber, "invoice")
	if err != nil {
		return err
	}
	_, customer, err := im.known()
	if err != nil {
		return err
	}
	named := make(map[orders.OrderID]*orders.Order)
	invoiced := make(map[string]int64)
	for i := range records {
		r := &records[i]
		customer(r.no, "customer", r.row.Customer)
		if ids, rest := orders.FindOrderIDs(r.row.OrderID); len(ids) == 1 && rest == "" {
			r.row.OrderID = string(ids[0])
		}
		if !r.isNew && (r.row.Customer != r.old.Customer || r.row.OrderID != r.old.OrderID) {
			im.refuse(r.no, "invoice", "发票 %s 已经登记给客户 %s，客户和订单号不能再改", r.row.Number, r.old.Customer)
		}
		if r.row.OrderID != "" {
			named[orders.OrderID(r.row.OrderID)] = nil
		}
		invoiced[r.row.Customer] += r.row.Amount - r.old.Amount
	}
	batches := make(map[orders.OrderID][]*orders.Order)  // by the first of them, that are invoiced together
	for _, id := range slices.Sorted(maps.Keys(named)) { // locks: orders, then accounts
		o, err := im.tx.Order(id)
		switch {
		case orders.ErrorCode(err) == orders.CodeNotFound:
			im.warn("没有订单 %s，它的发票只记在客户账上", id)
			delete(named, id)
			continue
		case err != nil:
			return err
		}
		named[id] = o
		all, err := orders.Batches(im.tx, o)
		if err != nil {
			return err
		}
		batches[all[0].ID] = all
	}
	for i := range records {
		switch o := named[orders.OrderID(records[i].row.OrderID)]; {
		case o == nil:
		case string(o.Customer) != records[i].row.Customer:
			im.refuse(records[i].no, "order", "订单 %s 不是客户 %s 的", o.ID, records[i].row.Customer)
		case o.Status == orders.StatusDraft:
			im.refuse(records[i].no, "order", "订单 %s 还没有下单", o.ID)
		case o.Status == orders.StatusClosed && o.MergedInto() != "":
			im.refuse(records[i].no, "order", "订单 %s 已并入 %s，发票请写 %s", o.ID, o.MergedInto(), o.MergedInto())
		}
	}
	if err := store(im, "invoices", invoiceColumns, records, func(r *invoiceRow) (seq, version *int64) { return &r.Seq, nil }); err != nil || len(im.report.Refused) > 0 {
		return err
	}
	held := make(map[string]int64)
	for _, id := range slices.Sorted(maps.Keys(batches)) {
		more, err := im.bill(batches[id])
		if err != nil {
			return err
		}
		held[string(batches[id][0].Customer)] += int64(more)
	}
	return errors.Join(im.settle("invoiced", invoiced), im.settle("held", held))
}

// bill moves what an order holds, with the batches that were split off it, over to their invoices and returns by how much its credit
// changed.
func (im *importer) bill(batches []*orders.Order) (orders.Money, error) {
	named := make(map[orders.OrderID]orders.Money)
	for _, o := range batches {
		var sum int64
		if err := im.db.Raw("SELECT COALESCE(SUM(amount), 0) FROM invoices WHERE order_id = ? AND amount > 0", string(o.ID)).Scan(&sum).Error; err != nil {
			return 0, fmt.Errorf("read invoices of %s: %w", o.ID, err)
		}
		named[o.ID] = orders.Money(sum)
	}
	var more orders.Money
	invoiced := orders.Share(batches, named)
	for _, o := range batches {
		before := o.Invoiced
		if invoiced[o.ID] == before {
			continue
		}
		more += o.Bill(invoiced[o.ID])
		if over := o.Overbilled(); over > 0 {
			im.warn("订单 %s 开票前退过货，发票合计 %s，多开了 %s，请开红字", o.ID, o.Invoiced, over)
		}
		if err := im.tx.SaveOrder(o); err != nil {
			return 0, err
		}
		err := im.tx.Audit(orders.AuditEntry{
			Order: o.ID, At: im.tx.s.now(), Actor: orders.SystemActor.Code, Action: "开票", Before: before.String(), After: o.Invoiced.String(),
		})
		if err != nil {
			return 0, err
		}
	}
	return more, nil
}

// settle adds to a column of accounts, sorted as locks are taken.
func (im *importer) settle(column string, amounts map[string]int64) error {
	for _, code := range slices.Sorted(maps.Keys(amounts)) {
		if err := im.tx.settle(column, code, amounts[code]); err != nil {
			return err
		}
	}
	return nil
}

// payments takes payments over.
func (im *importer) payments() error {
	if err := im.tx.lockPayments(); err != nil {
		return err
	}
	byNumber := func(r *paymentRow) string { return r.Number }
	stored, err := load(im.db, "payments", byNumber)
	if err != nil {
		return err
	}
	records, err := parse(im, paymentColumns, stored, byNumber, "payment")
	if err != nil {
		return err
	}
	_, customer, err := im.known()
	if err != nil {
		return err
	}
	paid := make(map[string]int64)
	for i := range records {
		r := &records[i]
		customer(r.no, "customer", r.row.Customer)
		if !r.isNew && r.row.Customer != r.old.Customer {
			im.refuse(r.no, "payment", "收款 %s 已经登记给客户 %s", r.row.Number, r.old.Customer)
		}
		if r.old.OrderID != "" && !r.old.Void && r.row.Amount != r.old.Amount {
			im.refuse(r.no, "amount", "收款 %s 是订单 %s 的到款，金额不能从表格改。请先「撤销收款 %s 原因」", r.row.Number, r.old.OrderID, r.row.Number)
		}
		if r.old.Void {
			im.refuse(r.no, "payment", "收款 %s 已经撤销", r.row.Number)
		}
		paid[r.row.Customer] += r.row.counts() - r.old.counts()
	}
	if err := store(im, "payments", paymentColumns, records, func(r *paymentRow) (seq, version *int64) { return &r.Seq, nil }); err != nil || len(im.report.Refused) > 0 {
		return err
	}
	return im.settle("paid", paid)
}
