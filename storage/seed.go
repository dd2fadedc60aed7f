package storage

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// A seeded firm is of the size that the product is made for: so many orders come in each day (the busiest day of the customers'
// figures), written by so many salespeople for so many customers. More orders mean a longer past, not a larger firm.
const (
	seedRate      = 1287
	seedSales     = 28
	seedCustomers = 327
	seedProducts  = 10_000
	seedChunk     = 250
	oneDay        = 24 * time.Hour
)

// Seed fills an empty database with made-up master data and n orders that came in until a moment, oldest first: what is older than
// two days is delivered, or was cancelled; the rest is on its way. The same n and moment make the same orders. done is told how many
// are stored. CodeConflict where there is something already: nothing real is ever mixed with what is made up.
func (s *Store) Seed(ctx context.Context, n int, until time.Time, done func(int)) error {
	for _, table := range []string{"orders", "products", "customers", "staff"} {
		var count int64
		if err := s.db.WithContext(ctx).Raw("SELECT COUNT(*) FROM " + table).Scan(&count).Error; err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		if count > 0 {
			return orders.Errorf(orders.CodeConflict, "这个数据库里已经有数据了，没有写入。样例数据只写进空的数据库")
		}
	}
	if err := s.seedMaster(ctx); err != nil {
		return fmt.Errorf("seed master data: %w", err)
	}
	f := &seeding{n: n, until: until, credit: make(map[string]*creditRow), days: make(map[string]int64)}
	for f.next < n {
		if err := s.Do(ctx, f.chunk); err != nil {
			return fmt.Errorf("seed orders: %w", err)
		}
		f.next = min(f.next+seedChunk, n)
		done(f.next)
	}
	return s.Do(ctx, f.finish)
}

func seedCode(prefix string, digits, i int) string { return fmt.Sprintf("%s%0*d", prefix, digits, i+1) }

func seedProduct(i int) (code, name, spec, unit string, price decimal.Decimal) {
	kinds := []string{"手套", "口罩", "导管", "敷料", "试剂盒", "注射器", "缝线", "绷带", "面罩", "护目镜"}
	units := []string{"盒", "包", "支", "套", "瓶"}
	return seedCode("P", 5, i), fmt.Sprintf("%s%d型", kinds[i%len(kinds)], i/len(kinds)+1), fmt.Sprintf("%d号", i%7+1), units[i%len(units)], decimal.New(int64(200+i*37%9900), -2)
}

func (s *Store) seedMaster(ctx context.Context) error {
	products := [][]string{{"code", "name", "spec", "unit", "price", "stock"}}
	for i := range seedProducts {
		code, name, spec, unit, price := seedProduct(i)
		products = append(products, []string{code, name, spec, unit, price.String(), "100000000"})
	}
	customers := [][]string{{"code", "name", "type", "level", "credit_grade", "sales", "address"}}
	for i := range seedCustomers {
		customers = append(customers, []string{
			seedCode("C", 4, i), fmt.Sprintf("样例客户%d", i+1), orders.CustomerOrdinary, string("ABC"[i%3]), "A", seedCode("S", 2, i%seedSales), fmt.Sprintf("样例市人民路%d号", i+1),
		})
	}
	staff := [][]string{{"code", "name", "role"}}
	for i := range seedSales {
		staff = append(staff, []string{seedCode("S", 2, i), fmt.Sprintf("业务%d", i+1), string(orders.RoleSales)})
	}
	for _, r := range []orders.Role{orders.RoleSalesManager, orders.RoleFinance, orders.RoleWarehouse} {
		staff = append(staff, []string{string(r), r.String(), string(r)})
	}
	for _, t := range []struct {
		kind string
		rows [][]string
	}{{"products", products}, {"staff", staff}, {"customers", customers}} {
		if _, err := s.ImportRows(ctx, t.kind, t.rows, false); err != nil {
			return err
		}
	}
	return nil
}

// seeding is how far the orders are.
type seeding struct {
	n, next int
	until   time.Time
	credit  map[string]*creditRow
	days    map[string]int64 // the last number of each day
}

// chunk stores the next orders. It may be repeated.
func (f *seeding) chunk(tx *Tx) error {
	days, credit := maps.Clone(f.days), make(map[string]*creditRow)
	for c, row := range f.credit {
		again := *row
		credit[c] = &again
	}
	var all orderRows
	var headers []orderRow
	var invoices []invoiceRow
	var exceptions []exceptionRow
	var snags []snagRow
	for i := f.next; i < min(f.next+seedChunk, f.n); i++ {
		o := f.order(i, days)
		if o.Status == orders.StatusPendingApproval || slices.Contains(orders.BeforeShipping, o.Status) {
			if err := tx.Reserve(o, o.ReservedUntil); err != nil {
				return err
			}
			if o.Status != orders.StatusPendingApproval {
				if err := tx.Firm(o); err != nil {
					return err
				}
			}
		}
		account := credit[string(o.Customer)]
		if account == nil {
			account = &creditRow{Customer: string(o.Customer)}
			credit[account.Customer] = account
		}
		account.Held += int64(o.Held)
		account.Invoiced += int64(o.Invoiced)
		if o.Invoiced > 0 {
			on := o.CreatedAt.In(beijing)
			invoices = append(invoices, invoiceRow{
				Number: "FP" + string(o.ID), Seq: int64(i + 1), Customer: string(o.Customer), OrderID: string(o.ID), Amount: int64(o.Invoiced),
				Issued: on.AddDate(0, 0, 3).Format(time.DateOnly), Due: on.AddDate(0, 1, 3).Format(time.DateOnly),
			})
		}
		rows, err := fromOrder(o)
		if err != nil {
			return err
		}
		headers = append(headers, rows.order)
		all.lines = append(all.lines, rows.lines...)
		all.nodes = append(all.nodes, rows.nodes...)
		all.shipments = append(all.shipments, rows.shipments...)
		all.changes = append(all.changes, rows.changes...)
		x, n := f.hindrances(i, o)
		exceptions, snags = append(exceptions, x...), append(snags, n...)
		tx.audit = append(tx.audit, auditRow{
			OrderID: string(o.ID), At: toMS(o.CreatedAt), Actor: orders.SystemActor.Code, Channel: string(orders.SystemActor.Channel), Action: "写入样例", AfterText: o.Status.String(),
			Changes: changesOf(&orderRows{}, rows),
		})
	}
	insertMany(tx, headers)
	insertMany(tx, all.lines)
	insertMany(tx, all.nodes)
	insertMany(tx, all.shipments)
	insertMany(tx, all.changes)
	insertMany(tx, exceptions)
	insertMany(tx, snags)
	insertMany(tx, invoices)
	insertMany(tx, tx.audit)
	tx.audit = nil
	if err := tx.run(); err != nil {
		return err
	}
	f.days, f.credit = days, credit
	return nil
}

// insertMany queues inserts of rows, with few values each on SQLite, whose driver takes a time that grows with their square.
func insertMany[R any](tx *Tx, rows []R) {
	values := 10_000
	if tx.s.sqlite {
		values = 500
	}
	for part := range slices.Chunk(rows, max(1, values/len(mappingOf[R]().columns))) {
		tx.queue(insertRows(part))
	}
}

// order makes the i-th order, at the age that it has.
func (f *seeding) order(i int, days map[string]int64) *orders.Order {
	r := rand.New(rand.NewPCG(7, uint64(i))) //nolint:gosec // made-up orders, the same each time
	age := time.Duration(float64(f.n-i) / seedRate * float64(oneDay))
	at := f.until.Add(-age).Truncate(time.Millisecond)
	date := at.In(beijing).Format("20060102")
	days[date]++
	customer := r.IntN(seedCustomers)
	sales := customer % seedSales
	o := &orders.Order{
		ID: orders.OrderID(fmt.Sprintf("SO%s%04d", date, days[date])), Version: 1, Revision: 1, Customer: orders.CustomerCode(seedCode("C", 4, customer)),
		CustomerName: fmt.Sprintf("样例客户%d", customer+1), Sales: orders.StaffCode(seedCode("S", 2, sales)), Requirement: orders.RequireNone,
		Address: fmt.Sprintf("样例市人民路%d号", customer+1), Source: orders.Source{Name: "样例"}, CreatedAt: at, Entry: orders.Entry{Heard: at.Add(-3 * time.Second), Bot: 3 * time.Second}, Reached: map[orders.Status]time.Time{orders.StatusDraft: at},
	}
	for no := range 1 + i%5 { // three on average
		code, name, spec, unit, price := seedProduct(int(seedProducts * math.Pow(r.Float64(), 3))) // some goods sell far better than most
		quantity := decimal.NewFromInt(int64(1 + r.IntN(40)))
		amount := orders.MoneyOf(price.Mul(quantity))
		o.Lines = append(o.Lines, orders.Line{
			No: no + 1, Product: orders.ProductCode(code), Name: name, Spec: spec, Quantity: quantity, Unit: unit, Base: quantity, BaseUnit: unit,
			Price: price, Amount: amount, PriceRule: "目录价", Mode: "标准", ListPrice: price, Available: quantity,
		})
		o.Total += amount
	}
	roll := r.IntN(100)
	if age < oneDay && roll < 8 {
		o.Status, o.ExpiresAt = orders.StatusDraft, at.Add(oneDay)
		return o
	}
	o.ConfirmedAt, o.Route, o.Held = at.Add(90*time.Second), "销售经理 → 财务", o.Total
	reach := func(s orders.Status, after time.Duration) { o.Status, o.Reached[s] = s, at.Add(after) }
	reach(orders.StatusPendingApproval, 90*time.Second)
	o.Nodes = []orders.Node{
		{
			Seq: 1, Role: orders.RoleSalesManager, Status: orders.NodeOpen, Limit: 4 * time.Hour,
			OpenedAt: o.ConfirmedAt, RemindAt: o.ConfirmedAt.Add(2 * time.Hour), DueAt: o.ConfirmedAt.Add(4 * time.Hour),
		},
		{Seq: 2, Role: orders.RoleFinance, Status: orders.NodeWaiting, Limit: 4 * time.Hour},
	}
	if age < 3*time.Hour && roll < 60 {
		o.ReservedUntil = o.ConfirmedAt.Add(oneDay)
		return o
	}
	o.Nodes[0].Status, o.Nodes[0].DecidedBy, o.Nodes[0].Name, o.Nodes[0].DecidedAt = orders.NodeApproved, orders.StaffCode(orders.RoleSalesManager), orders.RoleSalesManager.String(), at.Add(20*time.Minute)
	o.Nodes[1].Status, o.Nodes[1].Reason, o.Nodes[1].DecidedAt = orders.NodePassed, "在额度内", at.Add(20*time.Minute)
	reach(orders.StatusApproved, 20*time.Minute)
	reach(orders.StatusAllocated, 20*time.Minute)
	if age < oneDay && roll < 80 {
		if roll < 30 {
			reach(orders.StatusPicking, 30*time.Minute)
		}
		return o
	}
	if roll >= 98 {
		reach(orders.StatusCancelled, time.Hour)
		o.Held, o.CloseReason = 0, "客户不要了"
		o.Changes = []orders.Change{{
			No: 1, Kind: orders.ChangeCancel, Status: orders.ChangeDone, Revision: 1, Was: orders.StatusAllocated, By: string(o.Sales), Name: fmt.Sprintf("业务%d", sales+1),
			SaidAt: at.Add(57 * time.Minute), DoneAt: at.Add(time.Hour),
		}}
		return o
	}
	for j := range o.Lines {
		o.Lines[j].Reserved = o.Lines[j].Base
	}
	reach(orders.StatusPicking, 30*time.Minute)
	reach(orders.StatusChecked, time.Hour)
	reach(orders.StatusShipped, 2*time.Hour)
	parcel := orders.Shipment{No: 1, Carrier: "SF", Tracking: "SF" + strconv.Itoa(1_000_000_000_000+i), State: orders.ParcelInTransit, ShippedAt: at.Add(2 * time.Hour)}
	reach(orders.StatusInTransit, 5*time.Hour)
	if age < 2*oneDay {
		parcel.NextPoll = f.until.Add(time.Duration(r.IntN(240)) * time.Minute)
	} else {
		reach(orders.StatusDelivered, 30*time.Hour)
		parcel.State = orders.ParcelDelivered
		parcel.Events = []orders.ParcelEvent{{At: at.Add(60 * time.Hour), Text: "已签收", State: orders.ParcelDelivered}}
		o.Held, o.Invoiced = 0, o.Total
	}
	o.Shipments = []orders.Shipment{parcel}
	return o
}

// hindrances are what went wrong with the i-th order, if anything did and is over.
func (f *seeding) hindrances(i int, o *orders.Order) (x []exceptionRow, n []snagRow) {
	if len(o.Shipments) == 0 {
		return nil, nil
	}
	at := o.CreatedAt.Add(time.Hour)
	switch i % 20 {
	case 0:
		x = append(x, fromException(&orders.Exception{
			Order: o.ID, Kind: orders.ExceptionStock, State: orders.ExceptionClosed, Role: orders.RolePurchasing, Level: 1, Start: at, At: at, Since: at.Add(oneDay),
			Open: at, Due: at.Add(4 * time.Hour), Done: at.Add(20 * time.Minute), Told: at, Times: 1, By: orders.SystemActor.Code, Note: "自动解决：货已补齐",
		}))
	case 1:
		x = append(x, fromException(&orders.Exception{
			Order: o.ID, Kind: orders.ExceptionShipping, State: orders.ExceptionKept, Role: orders.RoleWarehouseLead, Start: at, At: at.Add(oneDay), Since: at.Add(oneDay), Done: at,
		}))
	case 2:
		n = append(n, snagRow{OrderID: string(o.ID), Kind: string(orders.SnagAgain), Event: orders.EventApprovalReminded, At: toMS(at)})
	}
	return x, n
}

// finish stores what the orders add up to. All that was invoiced is paid.
func (f *seeding) finish(tx *Tx) error {
	for i, c := range slices.Sorted(maps.Keys(f.credit)) {
		row := f.credit[c]
		row.Paid = row.Invoiced
		tx.queue(insertRows([]creditRow{*row}))
		if row.Paid > 0 {
			tx.queue(insertRows([]paymentRow{{Number: "SK-" + c, Seq: int64(i + 1), Customer: c, Amount: row.Paid, PaidOn: f.until.In(beijing).Format(time.DateOnly)}}))
		}
	}
	for date, last := range f.days {
		tx.queue(statement{"INSERT INTO counters (name, value) VALUES (?, ?)", []any{"order." + date, last}})
	}
	return tx.run()
}
