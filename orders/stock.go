package orders

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// DefaultWarehouse holds what the product list calls stock.
const DefaultWarehouse = "默认仓"

// Stock is what one warehouse has of a product, in base units.
type Stock struct {
	Product                     ProductCode
	Warehouse                   string
	OnHand, Reserved, Allocated Quantity
	SafetyStock                 Quantity
}

// Free is what no order holds.
func (s *Stock) Free() Quantity { return s.OnHand.Sub(s.Reserved).Sub(s.Allocated) }

// Spare is what is free above the safety stock, never below 0.
func (s *Stock) Spare() Quantity { return decimal.Max(decimal.Zero, s.Free().Sub(s.SafetyStock)) }

// Lack is what is missing to the safety stock, never below 0.
func (s *Stock) Lack() Quantity { return decimal.Max(decimal.Zero, s.SafetyStock.Sub(s.Free())) }

// Receipt is goods that are expected in a warehouse (预计到货).
type Receipt struct {
	Number    string // of the purchase or production order; empty in a new one: it gets one
	Product   ProductCode
	Warehouse string
	Quantity  Quantity // base units
	Arrived   Quantity
	Due       string // yyyy-mm-dd
}

// Open is what has not arrived of it.
func (r *Receipt) Open() Quantity { return decimal.Max(decimal.Zero, r.Quantity.Sub(r.Arrived)) }

// Supply is all that is known of where a product comes from and who waits for it. A bundle has none: its parts have.
type Supply struct {
	Stocks   []Stock   // the default warehouse first
	Free     Quantity  // base units that an order may take now
	Receipts []Receipt // that are open, by the day they are due
	Waiting  Quantity  // base units that confirmed orders lack
}

// ATP is what can be promised for a day (yyyy-mm-dd): what an order may take now and what comes from today until then, less what
// others wait for; never below 0. What should have come before today is not counted on.
func (s *Supply) ATP(today, day string) Quantity {
	sum := s.Free.Sub(s.Waiting)
	for i := range s.Receipts {
		if r := &s.Receipts[i]; r.Due >= today && r.Due <= day {
			sum = sum.Add(r.Open())
		}
	}
	return decimal.Max(decimal.Zero, sum)
}

// When returns the first day for which so much can be promised, "" where nothing that is known suffices.
func (s *Supply) When(need Quantity, today string) string {
	for i := range s.Receipts {
		if due := s.Receipts[i].Due; due >= today && s.ATP(today, due).GreaterThanOrEqual(need) {
			return due
		}
	}
	return ""
}

// Refill is how much to buy or make once a product has come down to its safety stock: up to twice the safety stock of all
// warehouses, and what orders wait for, less what is free and what is on its way; never below 0.
func (s *Supply) Refill() Quantity {
	sum := s.Waiting
	for i := range s.Stocks {
		sum = sum.Add(s.Stocks[i].SafetyStock.Mul(decimal.NewFromInt(2))).Sub(s.Stocks[i].Free())
	}
	for i := range s.Receipts {
		sum = sum.Sub(s.Receipts[i].Open())
	}
	return decimal.Max(decimal.Zero, sum).Ceil()
}

// Transfers proposes how another warehouse helps out one that has come below its safety stock: whoever has most to spare gives
// first, and none comes below its own safety stock by it.
func (s *Supply) Transfers(warehouse string) []StockMove {
	i := slices.IndexFunc(s.Stocks, func(x Stock) bool { return x.Warehouse == warehouse })
	if i < 0 {
		return nil
	}
	givers := slices.Clone(s.Stocks)
	slices.SortStableFunc(givers, func(a, b Stock) int { return b.Spare().Cmp(a.Spare()) })
	lack := s.Stocks[i].Lack()
	var out []StockMove
	for _, g := range givers {
		n := decimal.Min(lack, g.Spare().Floor())
		if g.Warehouse == warehouse || !n.IsPositive() {
			continue
		}
		out = append(out, StockMove{Kind: MoveTransfer, Product: g.Product, Warehouse: warehouse, From: g.Warehouse, Quantity: n})
		lack = lack.Sub(n)
	}
	return out
}

// MoveKind tells why stock changes otherwise than by an order.
type MoveKind string

// The kinds of moves.
const (
	MoveArrival  MoveKind = "arrival"  // 到货
	MoveCount    MoveKind = "count"    // 盘点
	MoveTransfer MoveKind = "transfer" // 调拨
)

// String returns the Chinese word.
func (k MoveKind) String() string {
	return map[MoveKind]string{MoveArrival: "到货", MoveCount: "盘点", MoveTransfer: "调拨"}[k]
}

// MoveState tells how far a move is.
type MoveState string

// The states of a move.
const (
	MoveProposed MoveState = "proposed"
	MoveDone     MoveState = "done"
	MoveDropped  MoveState = "dropped"
)

// StockMove is a change of what a warehouse has on hand that is no order's: proposed, then done once or dropped.
type StockMove struct {
	ID        int64
	Key       string // unique: of the message or event that it comes from
	Kind      MoveKind
	Product   ProductCode
	Warehouse string   // that gets the goods
	From      string   // of a transfer: that gives them
	Quantity  Quantity // base units; of a count, by how much it differs from what was on hand
	Counted   Quantity // of a count
	State     MoveState
	By, Done  string // names of who proposed and who settled it
	At        time.Time
}

// Pick is goods that are to be taken from a warehouse for a line of an order: the line's product, or a part of a bundle.
type Pick struct {
	Line      int
	Product   ProductCode
	Warehouse string
	Quantity  Quantity // base units
}

// StockTx is what the desk needs of a transaction that is about stock.
type StockTx interface {
	Tx
	// Stock returns what the warehouses have of a product, under a lock.
	Stock(product ProductCode) ([]Stock, error)
	// MoveStock adds to what a warehouse has on hand. It returns a CodeConflict error where less would be left than orders hold, and
	// where more of what is kept by batches would be of none.
	MoveStock(product ProductCode, warehouse string, by Quantity) error
	// Transfer moves goods between warehouses, with the batches they are of; it refuses as MoveStock does.
	Transfer(product ProductCode, from, to string, n Quantity) error
	// Supply returns where products come from and who waits for them.
	Supply(products ...ProductCode) (map[ProductCode]*Supply, error)
	// Expect stores an expected receipt, in place of one with its number, product and warehouse, and returns its number. Where there is
	// none and nothing is expected, it returns a CodeNotFound error.
	Expect(r Receipt) (string, error)
	// Arrived takes goods off what is expected of a product in a warehouse, off what is due first.
	Arrived(product ProductCode, warehouse string, n Quantity) error
	// Lots returns the batches and serial numbers of products of which something is on hand; the products' stock is to be locked before.
	Lots(products ...ProductCode) ([]Lot, error)
	// NextWave returns the number of a new wave of that day (Beijing): 0311-2.
	NextWave(day time.Time) (string, error)
	// Picks returns what an order holds, by line, product and warehouse.
	Picks(id OrderID) ([]Pick, error)
	// Waiting returns the orders that lack stock of products, or of bundles with them, those confirmed first in front.
	Waiting(products ...ProductCode) ([]OrderID, error)
	// LockStock locks the stock of products and of all that the lines of orders need, sorted, so that no two wait for each other.
	LockStock(products []ProductCode, all ...*Order) error
	// Await notes on the lines of an order that waits by when it comes, and tells whether any of it is free now: then [Tx.Reserve] does it.
	Await(o *Order) (isFree bool, err error)
	// AddMove stores a new move and sets its ID. Where there is one of its key already, that one is returned and isNew is false.
	AddMove(m StockMove) (stored *StockMove, isNew bool, err error)
	// Move loads a move under a lock, CodeNotFound where there is none; SaveMove stores its state.
	Move(id int64) (*StockMove, error)
	SaveMove(m *StockMove) error
	// DropCounts drops the older counts of m's product and warehouse that are open, as done by the given name.
	DropCounts(m *StockMove, done string) error
}

// Waits tells whether the order lacks stock and gets what comes in: from its confirmation on, but not once its soft reservation is
// over before it was approved.
func (o *Order) Waits() bool {
	switch o.Status {
	case StatusPendingApproval:
		return !o.ReservedUntil.IsZero() && !o.Covered()
	case StatusApproved, StatusAllocated, StatusScheduled, StatusInProduction, StatusInspected, StatusStocked, StatusPicking, StatusChecked:
		return !o.Covered()
	default:
		return false
	}
}

// Serve gives what is free of products to the orders that wait for it, those confirmed first in front, and returns those that got
// something. It may be called at any time.
func (d *Desk) Serve(tx StockTx, by Actor, products ...ProductCode) ([]OrderID, error) {
	return d.serve(tx, by, func() error { return nil }, products...)
}

// serve locks the orders that wait for products before change locks the stock, and serves them after it.
func (d *Desk) serve(tx StockTx, by Actor, change func() error, products ...ProductCode) ([]OrderID, error) {
	ids, err := tx.Waiting(products...)
	if err != nil {
		return nil, err
	}
	locked := make(map[OrderID]*Order, len(ids))
	for _, id := range ids {
		if locked[id], err = tx.Order(id); err != nil {
			return nil, err
		}
	}
	if err := tx.LockStock(products, slices.Collect(maps.Values(locked))...); err != nil {
		return nil, err
	}
	if err := change(); err != nil {
		return nil, err
	}
	var served []OrderID
	for seen := 0; ; { // whoever came to wait meanwhile is locked late: then two may wait for each other, and one begins anew
		for _, id := range ids[seen:] {
			if locked[id] == nil {
				if locked[id], err = tx.Order(id); err != nil {
					return nil, err
				}
			}
			got, err := d.serveOne(tx, locked[id], by)
			if err != nil {
				return nil, err
			}
			if got {
				served = append(served, id)
			}
		}
		now, err := tx.Waiting(products...)
		if err != nil {
			return nil, err
		}
		seen = len(ids)
		for _, id := range now {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if len(ids) == seen {
			return served, nil
		}
	}
}

// serveOne gives an order what is free of what it lacks, and tells whether that was something.
func (d *Desk) serveOne(tx StockTx, o *Order, by Actor) (bool, error) {
	if !o.Waits() {
		return false, nil
	}
	before := slices.Clone(o.Lines)
	o.UseSafety = d.safetyToo(o)
	isFree, err := tx.Await(o)
	if err != nil {
		return false, err
	}
	if isFree {
		if err := d.take(tx, o); err != nil {
			return false, err
		}
	}
	var got []string
	due := false
	for i := range o.Lines {
		l := &o.Lines[i]
		due = due || l.Expected != before[i].Expected
		if !l.Reserved.Equal(before[i].Reserved) {
			got = append(got, fmt.Sprintf("%s %s%s", l.Product, l.Reserved.Sub(before[i].Reserved), l.BaseUnit))
		}
	}
	switch {
	case got == nil && due:
		return false, tx.SaveOrder(o)
	case got == nil:
		return false, nil
	}
	status := o.Status
	if o.Covered() {
		switch o.Status { //nolint:exhaustive // in the others it stands where it stands
		case StatusApproved:
			o.reach(StatusAllocated, d.Now())
		case StatusScheduled, StatusInProduction, StatusInspected:
			o.reach(StatusStocked, d.Now())
		}
	}
	if err := tx.SaveOrder(o); err != nil {
		return false, err
	}
	if err := tx.Audit(d.entry(o, by, "到货补占", status.String(), o.Status.String(), strings.Join(got, "、"))); err != nil {
		return false, err
	}
	return true, tx.Emit(d.event(o, EventServed, by, nil))
}

// take reserves what is free of what an order lacks, for good where it is approved.
func (d *Desk) take(tx StockTx, o *Order) error {
	if o.Status == StatusPendingApproval {
		return d.reserve(tx, o, o.ReservedUntil)
	}
	if err := d.reserve(tx, o, d.Now()); err != nil {
		return err
	}
	return tx.Firm(o)
}

// MoveStock proposes a change of stock, or, for what arrives, makes it at once. For one that was made it returns the orders that got
// goods by it.
func (d *Desk) MoveStock(tx StockTx, m StockMove, by Actor) (*StockMove, []OrderID, error) {
	if err := MayMove(m.Kind, by); err != nil {
		return nil, nil, err
	}
	if m.Kind == MoveCount {
		if m.Counted.IsNegative() {
			return nil, nil, Errorf(CodeInvalid, "盘点的数量不能是负的")
		}
		stocks, err := tx.Stock(m.Product)
		if err != nil {
			return nil, nil, err
		}
		m.Quantity = m.Counted
		for i := range stocks {
			if stocks[i].Warehouse == m.Warehouse {
				m.Quantity = m.Counted.Sub(stocks[i].OnHand)
			}
		}
	} else if !m.Quantity.IsPositive() {
		return nil, nil, Errorf(CodeInvalid, "%s的数量要大于 0", m.Kind)
	} else if m.Kind == MoveTransfer && m.From == m.Warehouse {
		return nil, nil, Errorf(CodeInvalid, "调出和调入是同一个仓，没有什么要调的")
	}
	m.State, m.By, m.At = MoveProposed, by.Name, d.Now()
	stored, isNew, err := tx.AddMove(m)
	switch {
	case err != nil || !isNew || m.Kind == MoveTransfer:
		return stored, nil, err
	case m.Kind == MoveCount: // what it says is of what was on hand: an older one would change that again
		return stored, nil, tx.DropCounts(stored, fmt.Sprintf("后来的盘点 %d", stored.ID))
	}
	served, err := d.settle(tx, stored, true, by)
	return stored, served, err
}

// SettleMove makes a proposed change of stock, or drops it, once.
func (d *Desk) SettleMove(tx StockTx, id int64, accept bool, by Actor) (*StockMove, []OrderID, error) {
	m, err := tx.Move(id)
	if err != nil {
		return nil, nil, err
	}
	if err := MayMove(m.Kind, by); err != nil {
		return nil, nil, err
	}
	if m.State != MoveProposed {
		return m, nil, Errorf(CodeConflict, "%s %d 已由 %s %s，不用再操作", m.Kind, m.ID, m.Done, map[MoveState]string{MoveDone: "完成", MoveDropped: "放弃"}[m.State])
	}
	served, err := d.settle(tx, m, accept, by)
	return m, served, err
}

// MayMove tells, as an error, whether somebody may change stock so.
func MayMove(kind MoveKind, by Actor) error {
	right := RightStocktake
	if kind == MoveTransfer {
		right = RightTransfer
	}
	if by.Staff.May(right) != ScopeAll {
		return Errorf(CodeDenied, "%s由仓库登记，您没有这个权限，没有改动", kind)
	}
	return nil
}

func (d *Desk) settle(tx StockTx, m *StockMove, accept bool, by Actor) ([]OrderID, error) {
	m.State, m.Done = MoveDropped, by.Name
	var served []OrderID
	if accept {
		m.State = MoveDone
		var err error
		served, err = d.serve(tx, by, func() error { return d.apply(tx, m) }, m.Product)
		if err != nil {
			return nil, err
		}
	}
	if err := tx.SaveMove(m); err != nil {
		return nil, err
	}
	action := m.Kind.String()
	if !accept {
		action += "放弃"
	}
	return served, tx.Audit(AuditEntry{
		At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: action, Before: m.From, After: m.Warehouse,
		Reason: fmt.Sprintf("%s %s", m.Product, m.Quantity), Trace: by.Trace,
	})
}

// apply changes the stock as a move says.
func (d *Desk) apply(tx StockTx, m *StockMove) error {
	if m.Kind == MoveTransfer {
		stocks, err := tx.Stock(m.Product)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(stocks, func(s Stock) bool { return s.Warehouse == m.From })
		if i < 0 || stocks[i].Spare().LessThan(m.Quantity) {
			return Errorf(CodeConflict, "%s 现在能调出的不够 %s 了（要留住自己的安全库存），没有调拨", m.From, m.Quantity)
		}
		return tx.Transfer(m.Product, m.From, m.Warehouse, m.Quantity)
	}
	if err := tx.MoveStock(m.Product, m.Warehouse, m.Quantity); err != nil {
		return err
	}
	if m.Kind != MoveArrival {
		return nil
	}
	return tx.Arrived(m.Product, m.Warehouse, m.Quantity)
}

// MayExpect tells, as an error, whether somebody may register goods that are expected.
func MayExpect(by Actor) error {
	if by.Staff.May(RightExpect) != ScopeAll {
		return Errorf(CodeDenied, "预计到货由采购登记，您没有这个权限，没有改动")
	}
	return nil
}

// Expect registers goods that are expected.
func (d *Desk) Expect(tx StockTx, r Receipt, by Actor) (string, error) {
	if err := MayExpect(by); err != nil {
		return "", err
	}
	if r.Quantity.IsNegative() {
		return "", Errorf(CodeInvalid, "数量不能是负的")
	}
	var number string
	_, err := d.serve(tx, by, func() (err error) { number, err = tx.Expect(r); return err }, r.Product)
	if err != nil {
		return "", err
	}
	return number, tx.Audit(AuditEntry{
		At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: "预计到货", After: r.Due,
		Reason: strings.TrimSpace(fmt.Sprintf("%s %s %s %s", number, r.Product, r.Quantity, r.Warehouse)), Trace: by.Trace,
	})
}

// Needs returns what one base unit of a product takes from stock: itself, or the parts of a bundle.
func (c *Catalog) Needs(code ProductCode) map[ProductCode]Quantity {
	if p := c.Product(code); p != nil && p.Kind == ProductBundle && len(p.Parts) > 0 {
		return p.Parts
	}
	return map[ProductCode]Quantity{code: decimal.NewFromInt(1)}
}

// Expected returns by when so many base units of a product come, by what is known of where it or its parts come from; "" where that
// does not suffice.
func (c *Catalog) Expected(code ProductCode, need Quantity, supplies map[ProductCode]*Supply, today string) string {
	last := ""
	for part, per := range c.Needs(code) {
		s := supplies[part]
		if s == nil {
			return ""
		}
		if n := need.Mul(per); s.ATP(today, today).LessThan(n) {
			due := s.When(n, today)
			if due == "" {
				return ""
			}
			last = max(last, due)
		}
	}
	return last
}

// substitutesTried is how many products of a category are looked at.
const substitutesTried = 100

// Substitutes are products that may stand in for one that lacks stock, the likeliest first: its successor, then those of the same name,
// then the others. They are of its category and base unit and have a price, and the customer may buy them. Whether they are in stock
// is not known here.
func (c *Catalog) Substitutes(customer *Customer, code ProductCode, now time.Time) []*Product {
	p := c.Product(code)
	if p == nil || p.Category == "" || p.Kind == ProductCustom {
		return nil
	}
	var out []*Product
	for _, x := range c.Products() {
		if x.Code == code || x.Category != p.Category || x.Unit != p.Unit || x.Kind == ProductCustom || customer != nil && !customer.MayBuy(x) {
			continue
		}
		if until, has := customer.licence(x.Licence); !has || !until.IsZero() && until.Before(now) {
			continue
		}
		if _, ok := c.PriceOf(customer, x, Purchase{Base: x.MOQ, At: now}); ok {
			out = append(out, x)
		}
	}
	rank := func(x *Product) int {
		switch {
		case x.Code == p.Successor:
			return 0
		case x.Name == p.Name:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(out, func(a, b *Product) int { return rank(a) - rank(b) })
	return out[:min(len(out), substitutesTried)]
}

// licence returns until when a customer has a licence (zero: for good); "" is a licence that everybody has.
func (c *Customer) licence(name string) (until time.Time, has bool) {
	if name == "" {
		return time.Time{}, true
	}
	if c == nil {
		return time.Time{}, false
	}
	until, has = c.Licences[name]
	return until, has
}
