package storage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"gorm.io/gorm"

	"orderbot/orders"
)

// stockRow is what one warehouse has of one product. The database itself refuses to hold more
// than there is.
type stockRow struct {
	Product     string `gorm:"primaryKey"`
	Warehouse   string `gorm:"primaryKey"`
	OnHand      int64
	Reserved    int64
	Allocated   int64
	SafetyStock int64
	Counted     bool // by an import of stock or in the chat, so that the opening stock of the product list is over
	Low         bool // it has come below its safety stock, and that was said
}

func (*stockRow) TableName() string { return "stock" }

func (r *stockRow) free() int64 { return r.OnHand - r.Reserved - r.Allocated }

// promisable is what an order may take: what is free, less the safety stock unless the order may use that too.
func (r *stockRow) promisable(safetyToo bool) int64 {
	if safetyToo {
		return max(0, r.free())
	}
	return max(0, r.free()-r.SafetyStock)
}

// lotRow is a batch or a serial number of a product that is kept by it. The lots say what the
// stock on hand consists of.
type lotRow struct {
	Product   string `gorm:"primaryKey"`
	Warehouse string `gorm:"primaryKey"`
	Batch     string `gorm:"primaryKey"`
	Serial    string `gorm:"primaryKey"`
	OnHand    int64
	Expires   int64
}

func (*lotRow) TableName() string { return "stock_lots" }

// The kinds of reservations.
const (
	softHold = "soft"
	firmHold = "firm"
)

// HoldKey names a reservation: so much of a product in a warehouse, for a line of an order.
type HoldKey struct {
	OrderID   string `gorm:"primaryKey"`
	Line      int    `gorm:"primaryKey"`
	Product   string `gorm:"primaryKey"`
	Warehouse string `gorm:"primaryKey"`
	Kind      string `gorm:"primaryKey"`
}

type holdRow struct {
	HoldKey `gorm:"embedded"`

	Quantity int64
	Until    int64
}

func (*holdRow) TableName() string { return "reservations" }

// stockBook gathers what a transaction does to stock and reservations. Rows are read once, under
// a lock and sorted by product so that transactions can't wait for each other in a circle, and
// written once, before the commit.
type stockBook struct {
	products map[string][]*stockRow // the warehouses of each product that was read, in the order of taking
	stored   map[*stockRow]stockRow // as it was read
	parts    map[string]map[string]int64
	holds    map[orders.OrderID]*orderHolds
	unmet    map[string]bool // of which an order got less than it needs
	added    []string        // of which an import brought more
}

// orderHolds is what one order holds.
type orderHolds struct {
	now    map[HoldKey]holdRow
	stored map[HoldKey]holdRow
}

// loadStock reads the stock of products that were not read yet.
func (tx *Tx) loadStock(codes ...string) error {
	b := &tx.stock
	if b.products == nil {
		b.products, b.stored = make(map[string][]*stockRow), make(map[*stockRow]stockRow)
	}
	codes = slices.Compact(slices.Sorted(slices.Values(codes)))
	codes = slices.DeleteFunc(codes, func(c string) bool { _, ok := b.products[c]; return ok })
	if len(codes) == 0 {
		return nil
	}
	in, args := inList(codes)
	rows, err := selectRows[stockRow](tx.ctx, tx.db, "SELECT * FROM stock WHERE product IN "+in+" ORDER BY product, warehouse"+tx.s.forUpdate(), args...)
	if err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	for _, c := range codes {
		b.products[c] = nil
	}
	defaultFirst(rows)
	for _, r := range rows {
		b.products[r.Product] = append(b.products[r.Product], &r)
		b.stored[&r] = r
	}
	return nil
}

// loadStocks reads the stock of any number of products.
func (tx *Tx) loadStocks(codes []string) error {
	for part := range slices.Chunk(slices.Sorted(slices.Values(codes)), 500) {
		if err := tx.loadStock(part...); err != nil {
			return err
		}
	}
	return nil
}

// isNew notes a row that this transaction has inserted.
func (b *stockBook) isNew(r stockRow) {
	if b.products == nil {
		b.products, b.stored = make(map[string][]*stockRow), make(map[*stockRow]stockRow)
	}
	b.products[r.Product] = append(b.products[r.Product], &r)
	b.stored[&r] = r
}

// defaultFirst moves the default warehouse to the front.
func defaultFirst(rows []stockRow) {
	slices.SortStableFunc(rows, func(a, b stockRow) int {
		if a.Warehouse == b.Warehouse || a.Warehouse != DefaultWarehouse && b.Warehouse != DefaultWarehouse {
			return 0
		}
		if a.Warehouse == DefaultWarehouse {
			return -1
		}
		return 1
	})
}

// row returns what a warehouse has of a product that was loaded.
func (b *stockBook) row(product, warehouse string) *stockRow {
	for _, r := range b.products[product] {
		if r.Warehouse == warehouse {
			return r
		}
	}
	return nil
}

// loadHolds reads what an order holds. The order itself is locked by the caller.
func (tx *Tx) loadHolds(id orders.OrderID) (*orderHolds, error) {
	b := &tx.stock
	if h, ok := b.holds[id]; ok {
		return h, nil
	}
	var rows []holdRow
	if !tx.holdsNothing(id) {
		var err error
		if rows, err = selectRows[holdRow](tx.ctx, tx.db, "SELECT * FROM reservations WHERE order_id = ?", string(id)); err != nil {
			return nil, fmt.Errorf("read reservations of %s: %w", id, err)
		}
	}
	h := &orderHolds{now: make(map[HoldKey]holdRow), stored: make(map[HoldKey]holdRow)}
	for _, r := range rows {
		h.now[r.HoldKey], h.stored[r.HoldKey] = r, r
	}
	if b.holds == nil {
		b.holds = make(map[orders.OrderID]*orderHolds)
	}
	b.holds[id] = h
	return h, nil
}

// holdsNothing tells whether the order, as it was read in this transaction, has never reserved
// anything: a draft whose lines say so. (Had somebody reserved and not saved the order, then the
// key of the reservations would refuse the second ones.)
func (tx *Tx) holdsNothing(id orders.OrderID) bool {
	o := tx.orders[id]
	return o != nil && o.order.Status == string(orders.StatusDraft) &&
		!slices.ContainsFunc(o.lines, func(l lineRow) bool { return l.Reserved > 0 })
}

// rows returns the reservations in a fixed order.
func (h *orderHolds) rows() []holdRow {
	out := make([]holdRow, 0, len(h.now))
	for _, r := range h.now {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b holdRow) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Product, b.Product), -cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Warehouse, b.Warehouse))
	})
	return out
}

// sum returns what is held of a product for a line.
func (h *orderHolds) sum(line int, product string) (n int64) {
	for k, r := range h.now {
		if k.Line == line && k.Product == product {
			n += r.Quantity
		}
	}
	return n
}

// change adds n (negative: takes away) to a reservation and to the totals of the stock.
func (b *stockBook) change(h *orderHolds, k HoldKey, n, until int64) error {
	s := b.row(k.Product, k.Warehouse)
	if s == nil {
		return fmt.Errorf("reservation of %s without stock of %s in %s", k.OrderID, k.Product, k.Warehouse)
	}
	if k.Kind == softHold {
		s.Reserved += n
	} else {
		s.Allocated += n
	}
	r := h.now[k]
	r.HoldKey, r.Until = k, until
	if r.Quantity += n; r.Quantity == 0 {
		delete(h.now, k)
	} else {
		h.now[k] = r
	}
	return nil
}

// take holds up to n of a product for a line, from the warehouses in the order of their rank; without one, from the default warehouse
// first. Safety stock is touched only when no warehouse has anything else left.
func (b *stockBook) take(h *orderHolds, o *orders.Order, rank map[string]int, safetyToo bool, line int, product string, n, until int64) error {
	rows := b.products[product]
	if rank != nil {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(x, y *stockRow) int { return rank[x.Warehouse] - rank[y.Warehouse] })
	}
	for _, safety := range []bool{false, safetyToo} {
		for _, s := range rows {
			part := min(n, s.promisable(safety))
			if part <= 0 {
				continue
			}
			k := HoldKey{OrderID: string(o.ID), Line: line, Product: product, Warehouse: s.Warehouse, Kind: softHold}
			if err := b.change(h, k, part, until); err != nil {
				return err
			}
			n -= part
		}
	}
	return nil
}

// giveBack lets go of n of a product that a line holds too much, soft reservations first.
func (b *stockBook) giveBack(h *orderHolds, line int, product string, n int64) error {
	for _, r := range h.rows() {
		if r.Line != line || r.Product != product || n <= 0 {
			continue
		}
		part := min(n, r.Quantity)
		if err := b.change(h, r.HoldKey, -part, r.Until); err != nil {
			return err
		}
		n -= part
	}
	return nil
}

// loadNeeds reads the stock of products and, of bundles, of their parts.
func (tx *Tx) loadNeeds(codes []string) error {
	if err := tx.loadStock(codes...); err != nil {
		return err
	}
	if err := tx.loadParts(codes); err != nil {
		return err
	}
	var parts []string
	for _, code := range codes {
		parts = slices.AppendSeq(parts, maps.Keys(tx.stock.needs(code)))
	}
	return tx.loadStock(parts...)
}

// lacks notes that an order got less of a product than it needs.
func (b *stockBook) lacks(product string) {
	if b.unmet == nil {
		b.unmet = make(map[string]bool)
	}
	b.unmet[product] = true
}

// loadParts reads what the bundles among the products consist of. A bundle has no stock of its own.
func (tx *Tx) loadParts(codes []string) error {
	b := &tx.stock
	unstocked := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return len(b.products[c]) > 0 || b.parts[c] != nil })
	if len(unstocked) == 0 {
		return nil
	}
	parts, err := partsOf(tx.ctx, tx.db, unstocked)
	if b.parts == nil {
		b.parts = make(map[string]map[string]int64)
	}
	maps.Copy(b.parts, parts)
	return err
}

// partsOf returns, for the bundles among the products, how much of each part one base unit needs.
func partsOf(ctx context.Context, db *gorm.DB, codes []string) (map[string]map[string]int64, error) {
	in, args := inList(codes)
	rows, err := selectRows[productRow](ctx, db, "SELECT code, parts FROM products WHERE code IN "+in+" AND kind = ?",
		append(args, string(orders.ProductBundle))...)
	if err != nil {
		return nil, fmt.Errorf("read bundles: %w", err)
	}
	out := make(map[string]map[string]int64)
	for _, r := range rows {
		var parts map[string]decimal.Decimal
		if err := fromJSON(r.Parts, &parts); err != nil {
			return nil, fmt.Errorf("parts of %s: %w", r.Code, err)
		}
		if len(parts) == 0 {
			continue
		}
		var m micros
		out[r.Code] = make(map[string]int64, len(parts))
		for code, n := range parts {
			out[r.Code][code] = m.of(n)
		}
		if m.err != nil {
			return nil, m.err
		}
	}
	return out, nil
}

// needs returns what one base unit of a product takes from stock: itself, or its parts.
func (b *stockBook) needs(product string) map[string]int64 {
	if parts, ok := b.parts[product]; ok {
		return parts
	}
	return map[string]int64{product: oneMicro}
}

const oneMicro = 1_000_000

// times multiplies two numbers in millionths.
func times(a, b int64) int64 {
	if b == oneMicro {
		return a
	}
	return decimal.New(a, -microExp).Mul(decimal.New(b, -microExp)).Shift(microExp).Round(0).IntPart()
}

// whole returns how many units can be made of have when each takes per: any amount of a product,
// whole ones only of a bundle.
func whole(have, per int64) int64 {
	if per == oneMicro {
		return have
	}
	return have / per * oneMicro
}

// Reserve holds what is free of what the lines of an order need, until the given time. What a line
// no longer needs is given back.
func (tx *Tx) Reserve(o *orders.Order, until time.Time) error {
	h, err := tx.loadHolds(o.ID)
	if err != nil {
		return err
	}
	b, end := &tx.stock, toMS(until)
	safetyToo := o.UseSafety || tx.s.opts.UseSafety
	var codes []string
	for i := range o.Lines {
		if p := string(o.Lines[i].Product); p != "" && !slices.Contains(codes, p) {
			codes = append(codes, p)
		}
	}
	for k := range h.now {
		codes = append(codes, k.Product)
	}
	if err := tx.loadNeeds(codes); err != nil {
		return err
	}
	if err := b.follow(h, o); err != nil {
		return err
	}
	if err := b.dropUnneeded(h, o); err != nil {
		return err
	}
	rank, near := b.choose(h, o, safetyToo)
	for i := range o.Lines {
		l := &o.Lines[i]
		base, err := toMicro(l.Due())
		if err != nil {
			return err
		}
		if l.Product == "" || base <= 0 {
			l.Reserved = decimal.Zero
			continue
		}
		needs := b.needs(string(l.Product))
		target := base
		for product, per := range needs {
			have := h.sum(l.No, product)
			for _, s := range b.products[product] {
				have += s.promisable(safetyToo)
			}
			if have < times(base, per) {
				b.lacks(product)
				target = min(target, whole(have, per))
			}
		}
		for _, product := range slices.Sorted(maps.Keys(needs)) {
			per := needs[product]
			more := times(target, per) - h.sum(l.No, product)
			if more >= 0 {
				err = b.take(h, o, rank, safetyToo, l.No, product, more, end)
			} else {
				err = b.giveBack(h, l.No, product, -more)
			}
			if err != nil {
				return err
			}
		}
		l.Reserved = fromMicro(target)
	}
	o.Warehouse = h.shipsFrom(o, rank, near)
	for k, r := range h.now {
		if k.Kind == softHold {
			r.Until = end
			h.now[k] = r
		}
	}
	return tx.expect(o)
}

// follow passes what is held for a line beyond its need to lines of the order that lack it: the numbers of lines change when one goes, and what
// is held would have to be taken anew, of what is free for all.
func (b *stockBook) follow(h *orderHolds, o *orders.Order) error {
	if len(h.now) == 0 {
		return nil
	}
	needs := func(line int, product string) (int64, error) {
		i := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == line })
		if i < 0 {
			return 0, nil
		}
		base, err := toMicro(o.Lines[i].Due())
		return times(base, b.needs(string(o.Lines[i].Product))[product]), err
	}
	for i := range o.Lines {
		no := o.Lines[i].No
		for _, product := range slices.Sorted(maps.Keys(b.needs(string(o.Lines[i].Product)))) {
			need, err := needs(no, product)
			if err != nil {
				return err
			}
			for _, r := range slices.Backward(h.rows()) {
				if r.Product != product || r.Line == no {
					continue
				}
				keeps, err := needs(r.Line, product)
				if err != nil {
					return err
				}
				n := min(need-h.sum(no, product), h.sum(r.Line, product)-keeps, r.Quantity)
				if n <= 0 {
					continue
				}
				k := r.HoldKey
				k.Line = no
				if err := b.change(h, r.HoldKey, -n, r.Until); err != nil {
					return err
				}
				if err := b.change(h, k, n, r.Until); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropUnneeded gives back what is held for lines or products that the order no longer has, before
// the other lines take what is free.
func (b *stockBook) dropUnneeded(h *orderHolds, o *orders.Order) error {
	for _, r := range h.rows() {
		i := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == r.Line })
		if i >= 0 && o.Lines[i].Due().IsPositive() {
			if _, ok := b.needs(string(o.Lines[i].Product))[r.Product]; ok {
				continue
			}
		}
		if err := b.change(h, r.HoldKey, -r.Quantity, r.Until); err != nil {
			return err
		}
	}
	return nil
}

// PassHolds gives to an order what another one holds beyond what its lines need, as far as the lines of the former lack it.
func (tx *Tx) PassHolds(from, to *orders.Order) error {
	given, err := tx.loadHolds(from.ID)
	if err != nil {
		return err
	}
	taken, err := tx.loadHolds(to.ID)
	if err != nil {
		return err
	}
	b := &tx.stock
	var codes []string
	for k := range given.now {
		codes = append(codes, k.Product)
	}
	for _, o := range []*orders.Order{from, to} {
		for i := range o.Lines {
			codes = append(codes, string(o.Lines[i].Product))
		}
	}
	if len(given.now) == 0 {
		return nil
	}
	if err := tx.loadNeeds(codes); err != nil {
		return err
	}
	needs := func(o *orders.Order, line int, product string) (int64, error) {
		i := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == line })
		if i < 0 {
			return 0, nil
		}
		base, err := toMicro(o.Lines[i].Base)
		return times(base, b.needs(string(o.Lines[i].Product))[product]), err
	}
	for i := range to.Lines {
		no := to.Lines[i].No
		for _, product := range slices.Sorted(maps.Keys(b.needs(string(to.Lines[i].Product)))) {
			need, err := needs(to, no, product)
			if err != nil {
				return err
			}
			for _, r := range slices.Backward(given.rows()) {
				if r.Product != product {
					continue
				}
				keeps, err := needs(from, r.Line, product)
				if err != nil {
					return err
				}
				n := min(need-taken.sum(no, product), given.sum(r.Line, product)-keeps, r.Quantity)
				if n <= 0 {
					continue
				}
				k := r.HoldKey
				k.OrderID, k.Line = string(to.ID), no
				if err := b.change(given, r.HoldKey, -n, r.Until); err != nil {
					return err
				}
				if err := b.change(taken, k, n, r.Until); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Firm makes the soft reservations of an order allocations without an end.
func (tx *Tx) Firm(o *orders.Order) error {
	return tx.eachHold(o, func(b *stockBook, h *orderHolds, r holdRow) error {
		if r.Kind != softHold {
			return nil
		}
		firm := r.HoldKey
		firm.Kind = firmHold
		if err := b.change(h, r.HoldKey, -r.Quantity, r.Until); err != nil {
			return err
		}
		return b.change(h, firm, r.Quantity, 0)
	})
}

// Release gives back everything that an order holds.
func (tx *Tx) Release(o *orders.Order) error {
	o.Warehouse = ""
	for i := range o.Lines {
		o.Lines[i].Reserved, o.Lines[i].Expected = decimal.Zero, ""
	}
	return tx.eachHold(o, func(b *stockBook, h *orderHolds, r holdRow) error {
		return b.change(h, r.HoldKey, -r.Quantity, r.Until)
	})
}

// Consume takes what an order holds off the stock on hand, and off the lots that expire first.
// What the lines had reserved stays written on them.
func (tx *Tx) Consume(o *orders.Order) error {
	gone := make(map[HoldKey]int64) // by product and warehouse
	err := tx.eachHold(o, func(b *stockBook, h *orderHolds, r holdRow) error {
		if err := b.change(h, r.HoldKey, -r.Quantity, r.Until); err != nil {
			return err
		}
		b.row(r.Product, r.Warehouse).OnHand -= r.Quantity
		gone[HoldKey{Product: r.Product, Warehouse: r.Warehouse}] += r.Quantity
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	products := make(map[string]bool)
	for k := range gone {
		products[k.Product] = true
	}
	lots, err := tx.openLots(keys(products)...)
	if err != nil {
		return err
	}
	taken := make(map[string]int64) // by the lot's key
	take := func(lot *lotRow, most int64) int64 {
		k := HoldKey{Product: lot.Product, Warehouse: lot.Warehouse}
		n := max(0, min(gone[k], lot.OnHand, most))
		gone[k] -= n
		lot.OnHand -= n
		taken[key(lot.Product, lot.Warehouse, lot.Batch, lot.Serial)] += n
		return n
	}
	for _, c := range o.CountedLots() { // what was counted is what leaves
		left, err := toMicro(c.Quantity)
		if err != nil {
			return err
		}
		for i := range lots {
			if l := &lots[i]; l.Product == string(c.Product) && c.IsOf(l.Batch, l.Serial) {
				left -= take(l, left)
			}
		}
	}
	for i := range lots {
		take(&lots[i], lots[i].OnHand)
	}
	var changed []lotRow
	for i := range lots {
		if taken[key(lots[i].Product, lots[i].Warehouse, lots[i].Batch, lots[i].Serial)] > 0 {
			changed = append(changed, lots[i])
		}
	}
	return upsert(tx.db, changed)
}

// Lots returns the lots of products of which something is left. Their stock is to be locked before.
func (tx *Tx) Lots(products ...orders.ProductCode) ([]orders.Lot, error) {
	if len(products) == 0 {
		return nil, nil
	}
	codes := make([]string, len(products))
	for i, p := range products {
		codes[i] = string(p)
	}
	rows, err := tx.openLots(codes...)
	if err != nil {
		return nil, err
	}
	out := make([]orders.Lot, len(rows))
	for i, r := range rows {
		out[i] = orders.Lot{Product: orders.ProductCode(r.Product), Warehouse: r.Warehouse, Batch: r.Batch, Serial: r.Serial, Quantity: fromMicro(r.OnHand), Expires: fromMS(r.Expires)}
	}
	return out, nil
}

// openLots reads the lots of products of which something is left, under a lock, what expires first in front. Their stock is locked before.
func (tx *Tx) openLots(products ...string) ([]lotRow, error) {
	in, args := inList(products)
	lots, err := selectRows[lotRow](tx.ctx, tx.db, "SELECT * FROM stock_lots WHERE product IN "+in+
		" AND on_hand > 0 ORDER BY product, warehouse, CASE WHEN expires = 0 THEN 1 ELSE 0 END, expires, batch, serial"+tx.s.forUpdate(), args...)
	if err != nil {
		return nil, fmt.Errorf("lock lots: %w", err)
	}
	return lots, nil
}

// moveLots takes n of a product off the lots of a warehouse, what expires first in front, and puts it into the same lots of another
// one, if there is one. A warehouse that has no lots gives what is in none.
func (tx *Tx) moveLots(product, from, to string, n int64) error {
	open, err := tx.openLots(product)
	if err != nil {
		return err
	}
	there := make(map[string]lotRow)
	for _, lot := range open {
		if lot.Warehouse == to {
			there[key(lot.Batch, lot.Serial)] = lot
		}
	}
	rest, isKept := n, len(there) > 0
	var moved []lotRow
	for _, lot := range open {
		if lot.Warehouse != from {
			continue
		}
		isKept = true
		part := min(rest, lot.OnHand)
		if part <= 0 {
			continue
		}
		rest -= part
		got := lot
		lot.OnHand -= part
		moved = append(moved, lot)
		if to == "" {
			continue
		}
		got.Warehouse, got.OnHand = to, part
		if has, ok := there[key(lot.Batch, lot.Serial)]; ok {
			got.OnHand, got.Expires = has.OnHand+part, has.Expires
		}
		moved = append(moved, got)
	}
	if rest > 0 && to != "" && isKept {
		return keptByLot(product)
	}
	return upsert(tx.db, moved)
}

// keptByLot is the refusal of a change that would leave lots that are not what is on hand.
func keptByLot(product string) error {
	return orders.Errorf(orders.CodeConflict, "%s 按批号管理，这样改分不清是哪一批，没有改动。请用库存表导入，写上批次或序列号", product)
}

// eachHold calls do for everything that an order holds, with the stock locked.
func (tx *Tx) eachHold(o *orders.Order, do func(*stockBook, *orderHolds, holdRow) error) error {
	h, err := tx.loadHolds(o.ID)
	if err != nil {
		return err
	}
	rows := h.rows()
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = r.Product
	}
	if err := tx.loadStock(codes...); err != nil {
		return err
	}
	for _, r := range rows {
		if err := do(&tx.stock, h, r); err != nil {
			return err
		}
	}
	return nil
}

// flushStock queues the stock and the reservations that changed.
func (tx *Tx) flushStock() error {
	b := &tx.stock
	if err := tx.noticeStock(); err != nil {
		return err
	}
	for _, code := range slices.Sorted(maps.Keys(b.products)) {
		for _, r := range b.products[code] {
			if stored := b.stored[r]; stored != *r {
				tx.queue(updateRow(&stored, r))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.holds)) {
		b.holds[id].flush(tx, id)
	}
	return nil
}

func (h *orderHolds) flush(tx *Tx, id orders.OrderID) {
	if len(h.now) == 0 && len(h.stored) > 0 {
		tx.queue(statement{"DELETE FROM reservations WHERE order_id = ?", []any{string(id)}})
		return
	}
	for k := range h.stored {
		if _, ok := h.now[k]; !ok {
			tx.queue(statement{
				"DELETE FROM reservations WHERE order_id = ? AND line = ? AND product = ? AND warehouse = ? AND kind = ?",
				[]any{k.OrderID, k.Line, k.Product, k.Warehouse, k.Kind},
			})
		}
	}
	var added []holdRow
	for _, r := range h.rows() {
		stored, ok := h.stored[r.HoldKey]
		switch {
		case !ok:
			added = append(added, r)
		case stored != r:
			tx.queue(updateRow(&stored, &r))
		}
	}
	if len(added) > 0 {
		tx.queue(insertRows(added))
	}
}
