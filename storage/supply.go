package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"orderbot/orders"
)

type receiptRow struct {
	Number    string `gorm:"primaryKey"`
	Product   string `gorm:"primaryKey"`
	Warehouse string `gorm:"primaryKey"`
	Seq       int64
	Quantity  int64
	Arrived   int64
	Due       string
}

func (*receiptRow) TableName() string { return "receipts" }

func (r *receiptRow) toDomain() orders.Receipt {
	return orders.Receipt{
		Number: r.Number, Product: orders.ProductCode(r.Product), Warehouse: r.Warehouse, Quantity: fromMicro(r.Quantity),
		Arrived: fromMicro(r.Arrived), Due: r.Due,
	}
}

type moveRow struct {
	ID        int64 `gorm:"primaryKey"`
	MsgKey    string
	Kind      string
	Product   string
	Warehouse string
	Giver     string
	Quantity  int64
	Counted   int64
	State     int
	ByName    string
	DoneName  string
	At        int64
}

func (*moveRow) TableName() string { return "stock_moves" }

var moveStates = []orders.MoveState{orders.MoveProposed, orders.MoveDone, orders.MoveDropped}

func (r *moveRow) toDomain() *orders.StockMove {
	return &orders.StockMove{
		ID: r.ID, Key: r.MsgKey, Kind: orders.MoveKind(r.Kind), Product: orders.ProductCode(r.Product), Warehouse: r.Warehouse, From: r.Giver,
		Quantity: fromMicro(r.Quantity), Counted: fromMicro(r.Counted), State: moveStates[r.State], By: r.ByName, Done: r.DoneName, At: fromMS(r.At),
	}
}

func (r *stockRow) toDomain() orders.Stock {
	return orders.Stock{
		Product: orders.ProductCode(r.Product), Warehouse: r.Warehouse, OnHand: fromMicro(r.OnHand), Reserved: fromMicro(r.Reserved),
		Allocated: fromMicro(r.Allocated), SafetyStock: fromMicro(r.SafetyStock),
	}
}

// Stock returns what the warehouses have of a product, under a lock.
func (tx *Tx) Stock(product orders.ProductCode) ([]orders.Stock, error) {
	if err := tx.loadStock(string(product)); err != nil {
		return nil, err
	}
	var out []orders.Stock
	for _, r := range tx.stock.products[string(product)] {
		out = append(out, r.toDomain())
	}
	return out, nil
}

// MoveStock adds to what a warehouse has on hand. What is kept by lots goes off those that expire first.
func (tx *Tx) MoveStock(product orders.ProductCode, warehouse string, by orders.Quantity) error {
	n, err := toMicro(by)
	if err != nil {
		return err
	}
	if err := tx.addStock(product, warehouse, n); err != nil {
		return err
	}
	if n <= 0 {
		return tx.moveLots(string(product), warehouse, "", -n)
	}
	lots, err := tx.openLots(string(product))
	if err == nil && slices.ContainsFunc(lots, func(l lotRow) bool { return l.Warehouse == warehouse }) {
		err = keptByLot(string(product))
	}
	return err
}

// Transfer moves goods from a warehouse to another one, with the lots they are of.
func (tx *Tx) Transfer(product orders.ProductCode, from, to string, quantity orders.Quantity) error {
	n, err := toMicro(quantity)
	if err != nil {
		return err
	}
	if err := tx.addStock(product, from, -n); err != nil {
		return err
	}
	if err := tx.addStock(product, to, n); err != nil {
		return err
	}
	return tx.moveLots(string(product), from, to, n)
}

// addStock adds n to what a warehouse has on hand.
func (tx *Tx) addStock(product orders.ProductCode, warehouse string, n int64) error {
	code := string(product)
	if err := tx.loadStock(code); err != nil {
		return err
	}
	if tx.stock.row(code, warehouse) == nil {
		row := stockRow{Product: code, Warehouse: warehouse, Counted: true}
		st := insertRows([]stockRow{row})
		if _, err := tx.pool.ExecContext(tx.ctx, st.text, st.args...); err != nil {
			if err = tx.s.translate(err); errors.Is(err, gorm.ErrDuplicatedKey) {
				return orders.Errorf(orders.CodeConflict, "%s 的库存刚刚被别人改过，请再发一次", product)
			}
			return fmt.Errorf("new stock of %s: %w", product, err)
		}
		tx.stock.isNew(row)
	}
	r := tx.stock.row(code, warehouse)
	if r.free()+n < 0 {
		return orders.Errorf(orders.CodeConflict, "%s 在%s已被订单占用 %s，不能再少这么多，没有改动", product, warehouse, fromMicro(r.Reserved+r.Allocated))
	}
	r.OnHand += n
	r.Counted = true
	return nil
}

// Expect stores an expected receipt.
func (tx *Tx) Expect(r orders.Receipt) (string, error) {
	n, err := toMicro(r.Quantity)
	if err != nil {
		return "", err
	}
	seq, err := tx.add("counters", "name", "value", "receipts", 1)
	if err != nil {
		return "", fmt.Errorf("expect: %w", err)
	}
	if r.Number == "" {
		r.Number = fmt.Sprintf("YD%04d", seq)
	}
	row := receiptRow{Number: r.Number, Product: string(r.Product), Warehouse: r.Warehouse, Seq: seq, Quantity: n, Due: r.Due}
	old, err := selectRows[receiptRow](tx.ctx, tx.db, "SELECT * FROM receipts WHERE number = ? AND product = ? AND warehouse = ?"+tx.s.forUpdate(), row.Number, row.Product, row.Warehouse)
	if err != nil {
		return "", fmt.Errorf("expect: %w", err)
	}
	if len(old) > 0 {
		row.Seq, row.Arrived = old[0].Seq, old[0].Arrived
	} else if n == 0 {
		return "", orders.Errorf(orders.CodeNotFound, "没有这一批：%s 的 %s 在%s没有登记过，没有改动", r.Number, r.Product, r.Warehouse)
	}
	return row.Number, upsert(tx.db, []receiptRow{row})
}

// Arrived takes goods off what is expected.
func (tx *Tx) Arrived(product orders.ProductCode, warehouse string, n orders.Quantity) error {
	left, err := toMicro(n)
	if err != nil {
		return err
	}
	rows, err := selectRows[receiptRow](tx.ctx, tx.db,
		"SELECT * FROM receipts WHERE product = ? AND warehouse = ? AND arrived < quantity ORDER BY due, seq"+tx.s.forUpdate(), string(product), warehouse)
	if err != nil {
		return fmt.Errorf("read receipts of %s: %w", product, err)
	}
	for i := range rows {
		was := rows[i]
		part := min(left, was.Quantity-was.Arrived)
		if part <= 0 {
			break
		}
		left -= part
		rows[i].Arrived += part
		tx.queue(updateRow(&was, &rows[i]))
	}
	return nil
}

// AddMove stores a new move.
func (tx *Tx) AddMove(m orders.StockMove) (*orders.StockMove, bool, error) {
	var c micros
	row := moveRow{
		MsgKey: keyText(m.Key), Kind: string(m.Kind), Product: string(m.Product), Warehouse: m.Warehouse, Giver: m.From, Quantity: c.of(m.Quantity),
		Counted: c.of(m.Counted), State: slices.Index(moveStates, m.State), ByName: m.By, DoneName: m.Done, At: toMS(m.At),
	}
	if c.err != nil {
		return nil, false, c.err
	}
	st := insertRows([]moveRow{row})
	r, err := tx.pool.ExecContext(tx.ctx, st.text+tx.s.unlessThere("msg_key"), st.args...)
	if err != nil {
		return nil, false, fmt.Errorf("store a move: %w", err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return nil, false, err
	}
	found, err := selectRows[moveRow](tx.ctx, tx.db, "SELECT * FROM stock_moves WHERE msg_key = ?", row.MsgKey)
	if err != nil || len(found) == 0 {
		return nil, false, fmt.Errorf("read a move: %w", err)
	}
	return found[0].toDomain(), n > 0, nil
}

// Move loads a move under a lock.
func (tx *Tx) Move(id int64) (*orders.StockMove, error) {
	found, err := selectRows[moveRow](tx.ctx, tx.db, "SELECT * FROM stock_moves WHERE id = ?"+tx.s.forUpdate(), id)
	if err != nil {
		return nil, fmt.Errorf("lock move %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, orders.Errorf(orders.CodeNotFound, "没有编号 %d 的库存变动", id)
	}
	return found[0].toDomain(), nil
}

// SaveMove stores the state of a move.
func (tx *Tx) SaveMove(m *orders.StockMove) error {
	tx.queue(statement{"UPDATE stock_moves SET state = ?, done_name = ? WHERE id = ?", []any{slices.Index(moveStates, m.State), m.Done, m.ID}})
	return nil
}

// DropCounts drops the counts of a move's product and warehouse that came before it and are still open.
func (tx *Tx) DropCounts(m *orders.StockMove, done string) error {
	tx.queue(statement{
		"UPDATE stock_moves SET state = ?, done_name = ? WHERE kind = ? AND product = ? AND warehouse = ? AND state = ? AND id < ?",
		[]any{
			slices.Index(moveStates, orders.MoveDropped), done, string(orders.MoveCount), string(m.Product), m.Warehouse,
			slices.Index(moveStates, orders.MoveProposed), m.ID,
		},
	})
	return nil
}

// Supply returns where products come from and who waits for them.
func (tx *Tx) Supply(products ...orders.ProductCode) (map[orders.ProductCode]*orders.Supply, error) {
	return tx.supply(nil, products...)
}

func (tx *Tx) supply(before *orders.Order, products ...orders.ProductCode) (map[orders.ProductCode]*orders.Supply, error) {
	if err := tx.loadStock(codesOf(products)...); err != nil {
		return nil, err
	}
	var own []stockRow // as this transaction has changed it
	for _, p := range products {
		for _, r := range tx.stock.products[string(p)] {
			own = append(own, *r)
		}
	}
	lacks := tx.lacks
	if lacks == nil {
		var err error
		if lacks, err = lacking(tx.ctx, tx.db); err != nil {
			return nil, err
		}
	}
	if before != nil {
		lacks = slices.DeleteFunc(slices.Clone(lacks), func(l lack) bool {
			return l.OrderID == string(before.ID) || !before.ConfirmedAt.IsZero() && cmp.Or(cmp.Compare(l.ConfirmedAt, toMS(before.ConfirmedAt)), cmp.Compare(l.OrderID, string(before.ID))) > 0
		})
	}
	return supply(tx.ctx, tx.db, own, lacks, tx.s.opts.UseSafety, products...)
}

// Supply returns where products come from and who waits for them, as it is at one moment.
func (s *Store) Supply(ctx context.Context, products ...orders.ProductCode) (out map[orders.ProductCode]*orders.Supply, err error) {
	if len(products) == 0 {
		return nil, nil
	}
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		in, args := inList(codesOf(products))
		rows, err := selectRows[stockRow](ctx, db, "SELECT * FROM stock WHERE product IN "+in+" ORDER BY product, warehouse", args...)
		if err != nil {
			return err
		}
		defaultFirst(rows)
		lacks, err := lacking(ctx, db)
		if err != nil {
			return err
		}
		out, err = supply(ctx, db, rows, lacks, s.opts.UseSafety, products...)
		return err
	})
	return out, err
}

func codesOf[C ~string](codes []C) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = string(c)
	}
	return out
}

// supply adds to stock what is expected and what is lacked.
func supply(ctx context.Context, db *gorm.DB, stock []stockRow, lacks []lack, useSafety bool, products ...orders.ProductCode) (map[orders.ProductCode]*orders.Supply, error) {
	out := make(map[orders.ProductCode]*orders.Supply, len(products))
	for _, p := range products {
		out[p] = &orders.Supply{}
	}
	for i := range stock {
		p := out[orders.ProductCode(stock[i].Product)]
		p.Stocks = append(p.Stocks, stock[i].toDomain())
		p.Free = p.Free.Add(fromMicro(stock[i].promisable(useSafety)))
	}
	if len(products) == 0 {
		return out, nil
	}
	in, args := inList(codesOf(products))
	receipts, err := selectRows[receiptRow](ctx, db, "SELECT * FROM receipts WHERE product IN "+in+" AND arrived < quantity ORDER BY due, seq", args...)
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	for i := range receipts {
		p := out[orders.ProductCode(receipts[i].Product)]
		p.Receipts = append(p.Receipts, receipts[i].toDomain())
	}
	waiting := make(map[string]int64)
	for i := range lacks {
		for part, per := range lacks[i].needs {
			waiting[part] += times(lacks[i].Short, per)
		}
	}
	for p, x := range out {
		x.Waiting = fromMicro(waiting[string(p)])
	}
	return out, nil
}

// lack is what a line of an order that waits is short of.
type lack struct {
	OrderID     string
	ConfirmedAt int64
	No          int
	Product     string
	Short       int64

	needs map[string]int64 // what one base unit of it takes, by product
}

// lacking reads the lines that wait, by the order's confirmation.
func lacking(ctx context.Context, db *gorm.DB) ([]lack, error) {
	all := []lack{}
	err := db.WithContext(ctx).Raw(`SELECT o.id order_id, o.confirmed_at, l.no, l.product, l.base - l.sent - l.later - l.reserved short FROM orders o JOIN order_lines l ON l.order_id = o.id
		WHERE o.waits = 1 AND l.base - l.sent - l.later > l.reserved ORDER BY o.confirmed_at, o.id, l.no`).Scan(&all).Error
	if err != nil || len(all) == 0 {
		return all, err
	}
	seen := make(map[string]bool)
	for i := range all {
		seen[all[i].Product] = true
	}
	bundles := make(map[string]map[string]int64)
	for part := range slices.Chunk(slices.Sorted(maps.Keys(seen)), 500) {
		some, err := partsOf(ctx, db, part)
		if err != nil {
			return nil, err
		}
		maps.Copy(bundles, some)
	}
	for i := range all {
		l := &all[i]
		if l.needs = bundles[l.Product]; l.needs == nil {
			l.needs = map[string]int64{l.Product: oneMicro}
		}
	}
	return all, nil
}

// noteLacks keeps what was read of who waits right after an order has changed.
func (tx *Tx) noteLacks(o *orders.Order) error {
	var m micros
	for i := range tx.lacks {
		l := &tx.lacks[i]
		if l.OrderID != string(o.ID) {
			continue
		}
		l.Short = 0
		if n := slices.IndexFunc(o.Lines, func(x orders.Line) bool { return x.No == l.No }); n >= 0 && o.Waits() {
			l.Short = m.of(o.Lines[n].Short())
		}
	}
	return m.err
}

// Picks returns what an order holds.
func (tx *Tx) Picks(id orders.OrderID) ([]orders.Pick, error) {
	h, err := tx.loadHolds(id)
	if err != nil {
		return nil, err
	}
	var out []orders.Pick
	for _, r := range h.rows() {
		out = append(out, orders.Pick{Line: r.Line, Product: orders.ProductCode(r.Product), Warehouse: r.Warehouse, Quantity: fromMicro(r.Quantity)})
	}
	return out, nil
}

// ruledWarehouse is where the firm's rules send an order, "" where they name none.
func ruledWarehouse(o *orders.Order) string {
	if o.Work.To == nil {
		return ""
	}
	return o.Work.To.Warehouse
}

// choose puts the warehouses in the order in which an order takes from them. The rules, in turn: from where it has goods already; the one that the firm's rules name; a
// warehouse that has everything, without its safety stock, then with it; the one near the address; the default warehouse; by name. It is
// nil where there is no choice.
func (b *stockBook) choose(h *orderHolds, o *orders.Order, safetyToo bool) (rank map[string]int, near string) {
	need, held := make(map[string]int64), make(map[string]bool)
	for i := range o.Lines {
		base, err := toMicro(o.Lines[i].Due())
		if err != nil || o.Lines[i].Product == "" || base <= 0 {
			continue
		}
		for product, per := range b.needs(string(o.Lines[i].Product)) {
			need[product] += times(base, per)
		}
	}
	for _, r := range h.now {
		need[r.Product] -= r.Quantity
		held[r.Warehouse] = true
	}
	var names []string
	for product := range need {
		for _, r := range b.products[product] {
			if r.OnHand > 0 && !slices.Contains(names, r.Warehouse) {
				names = append(names, r.Warehouse)
			}
		}
	}
	if len(names) < 2 && o.Warehouse == "" {
		return nil, ""
	}
	hasAll := func(name string, safetyToo bool) bool {
		for product, n := range need {
			if r := b.row(product, name); n > 0 && (r == nil || r.promisable(safetyToo) < n) {
				return false
			}
		}
		return true
	}
	near = nearest(o.Address, names)
	ruled := ruledWarehouse(o)
	claims := make(map[string][]int, len(names))
	for _, name := range names {
		for _, is := range []bool{held[name], name == ruled, hasAll(name, false), hasAll(name, safetyToo), name == near, name == DefaultWarehouse} {
			claim := 1
			if is {
				claim = 0
			}
			claims[name] = append(claims[name], claim)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(slices.Compare(claims[a], claims[b]), cmp.Compare(a, b)) })
	rank = make(map[string]int, len(names))
	for i, name := range names {
		rank[name] = i
	}
	return rank, near
}

// nearest returns the warehouse whose place the address names first: 苏州仓; "" where it names none.
func nearest(address string, warehouses []string) (near string) {
	first := len(address)
	for _, name := range slices.Sorted(slices.Values(warehouses)) {
		place := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "仓库"), "仓"), "库"), "中心")
		if utf8.RuneCountInString(place) < 2 {
			continue
		}
		if at := orders.PlaceIn(address, place); at >= 0 && at < first {
			near, first = name, at
		}
	}
	return near
}

// shipsFrom says from which warehouse an order goes out and why, by what it holds: the first in the rank; "" where it holds nothing.
func (h *orderHolds) shipsFrom(o *orders.Order, rank map[string]int, near string) string {
	var from []string
	for k := range h.now {
		if !slices.Contains(from, k.Warehouse) {
			from = append(from, k.Warehouse)
		}
	}
	if len(from) == 0 || rank == nil {
		return ""
	}
	first := slices.MinFunc(from, func(a, b string) int { return rank[a] - rank[b] })
	switch isAll := len(from) == 1 && o.Covered(); {
	case first == ruledWarehouse(o) && isAll:
		return first + "（规则「" + o.Work.To.WarehouseBy + "」）"
	case first == ruledWarehouse(o):
		return first + "（规则「" + o.Work.To.WarehouseBy + "」；货不齐，不够的从别的仓出）"
	case isAll && first == near:
		return first + "（离收货地近，货也齐）"
	case isAll:
		return first + "（货齐，一个仓发完）"
	case first == near:
		return first + "（离收货地近；货不齐，不够的从别的仓出）"
	default:
		return first + "（没有一个仓货齐，几个仓凑）"
	}
}

// Waiting returns the orders that lack stock of products. What it reads serves for the expected dates of the rest of the transaction.
func (tx *Tx) Waiting(products ...orders.ProductCode) ([]orders.OrderID, error) {
	if err := tx.run(); err != nil {
		return nil, err
	}
	var err error
	if tx.lacks, err = lacking(tx.ctx, tx.db); err != nil {
		return nil, fmt.Errorf("read who waits: %w", err)
	}
	var out []orders.OrderID
	for i := range tx.lacks {
		id, needs := orders.OrderID(tx.lacks[i].OrderID), tx.lacks[i].needs
		if slices.ContainsFunc(products, func(p orders.ProductCode) bool { return needs[string(p)] > 0 }) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// LockStock locks the stock of products and of all that the lines of orders need.
func (tx *Tx) LockStock(products []orders.ProductCode, all ...*orders.Order) error {
	codes := make(map[string]bool)
	for _, p := range products {
		codes[string(p)] = true
	}
	for _, o := range all {
		for i := range o.Lines {
			codes[string(o.Lines[i].Product)] = true
		}
	}
	parts, err := partsOf(tx.ctx, tx.db, keys(codes))
	if err != nil {
		return err
	}
	for _, needs := range parts {
		for part := range needs {
			codes[part] = true
		}
	}
	return tx.loadStocks(keys(codes))
}

// Await notes on the lines of an order that waits by when it comes, as [Tx.Reserve] does, and tells whether any of it is free now.
func (tx *Tx) Await(o *orders.Order) (isFree bool, err error) {
	var codes []string
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Product != "" && l.Short().IsPositive() {
			codes = append(codes, string(l.Product))
		}
	}
	if err := tx.loadNeeds(codes); err != nil {
		return false, err
	}
	b, safetyToo := &tx.stock, o.UseSafety || tx.s.opts.UseSafety
	for _, code := range codes {
		hasAll := true
		for product := range b.needs(code) {
			if !slices.ContainsFunc(b.products[product], func(r *stockRow) bool { return r.promisable(safetyToo) > 0 }) {
				hasAll = false
				b.lacks(product)
			}
		}
		if hasAll {
			return true, nil
		}
	}
	return false, tx.expect(o)
}

// expect notes on the lines of an order that lack stock by when it comes.
func (tx *Tx) expect(o *orders.Order) error {
	b := &tx.stock
	var codes []orders.ProductCode
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Expected = ""; l.Product != "" && l.Short().IsPositive() {
			for part := range b.needs(string(l.Product)) {
				if c := orders.ProductCode(part); !slices.Contains(codes, c) {
					codes = append(codes, c)
				}
			}
		}
	}
	if len(codes) == 0 {
		return nil
	}
	slices.Sort(codes)
	supplies, err := tx.supply(o, codes...)
	if err != nil {
		return err
	}
	today := tx.s.now().In(beijing).Format(time.DateOnly)
lines:
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Product == "" || !l.Short().IsPositive() {
			continue
		}
		last := ""
		for part, per := range b.needs(string(l.Product)) {
			s, need := supplies[orders.ProductCode(part)], l.Short().Mul(fromMicro(per))
			if s.ATP(today, today).GreaterThanOrEqual(need) {
				continue
			}
			due := s.When(need, today)
			if due == "" {
				continue lines
			}
			last = max(last, due)
		}
		l.Expected = last
	}
	return nil
}

// noticeStock emits what follows from the stock that this transaction has changed: that goods are free for which others wait, and
// which warehouses have come below their safety stock, or are at it while an order wants more. That is said once, until the safety stock
// is there again; that an order wants more, until there is more.
func (tx *Tx) noticeStock() error {
	b := &tx.stock
	freed := slices.Clone(b.added)
	var low []string
	for _, code := range slices.Sorted(maps.Keys(b.products)) {
		more := int64(0)
		for _, r := range b.products[code] {
			stored := b.stored[r]
			more += r.promisable(tx.s.opts.UseSafety) - stored.promisable(tx.s.opts.UseSafety)
			free := r.free()
			isLow := r.SafetyStock > 0 && (free < r.SafetyStock || free == r.SafetyStock && stored.free() >= stored.SafetyStock && (b.unmet[code] || r.Low))
			if isLow && !r.Low {
				low = append(low, code+"\t"+r.Warehouse)
			}
			r.Low = isLow
		}
		if more > 0 && !slices.Contains(freed, code) {
			freed = append(freed, code)
		}
	}
	tx.emitStock(orders.EventLow, low)
	if len(freed) == 0 {
		return nil
	}
	if err := tx.run(); err != nil {
		return err
	}
	lacks, err := lacking(tx.ctx, tx.db)
	if err != nil {
		return fmt.Errorf("read who waits: %w", err)
	}
	wanted := make(map[string]bool)
	for i := range lacks {
		for part := range lacks[i].needs {
			wanted[part] = true
		}
	}
	freed = slices.DeleteFunc(freed, func(code string) bool { return !wanted[code] })
	tx.emitStock(orders.EventFreed, slices.Compact(slices.Sorted(slices.Values(freed))))
	return nil
}

// stockInEvent is how many rows one event carries: as many of the longest codes as the column takes.
const stockInEvent = 100

func (tx *Tx) emitStock(kind string, rows []string) {
	at := toMS(tx.s.now())
	for part := range slices.Chunk(rows, stockInEvent) {
		tx.events = append(tx.events, eventRow{
			Kind: kind, At: at, Actor: orders.SystemActor.Code, Data: toJSON(map[string]string{"stock": strings.Join(part, "\n")}), DueAt: at,
		})
	}
}

var receiptColumns = []column[receiptRow]{
	{"number", "采购单号", true, text(codeLen, func(r *receiptRow) *string { return &r.Number })},
	{"product", "产品编码", true, text(codeLen, func(r *receiptRow) *string { return &r.Product })},
	{"warehouse", "仓库", false, text(codeLen, func(r *receiptRow) *string { return &r.Warehouse })},
	{"quantity", "数量", true, amount(func(r *receiptRow) *int64 { return &r.Quantity })},
	{"due", "预计到货", true, date(func(r *receiptRow) *string { return &r.Due })},
}

// receipts takes over what is expected.
func (im *importer) receipts() error {
	byKey := func(r *receiptRow) string {
		if r.Warehouse == "" {
			r.Warehouse = DefaultWarehouse
		}
		return key(r.Number, r.Product, r.Warehouse)
	}
	stored, err := load(im.db, "receipts"+im.tx.s.forUpdate(), byKey) // an arrival counts on a row while it is read and written
	if err != nil {
		return err
	}
	records, err := parse(im, receiptColumns, stored, byKey, "number")
	if err != nil {
		return err
	}
	product, _, err := im.known()
	if err != nil {
		return err
	}
	bundles, err := im.codes("products WHERE kind = 'bundle'")
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		r.row.Warehouse = orElse(r.row.Warehouse, DefaultWarehouse)
		product(r.no, "product", r.row.Product)
		if bundles[r.row.Product] {
			im.refuse(r.no, "product", "%s 是组合品，没有自己的库存", r.row.Product)
		}
		im.tx.stock.added = append(im.tx.stock.added, r.row.Product)
	}
	return store(im, "receipts", receiptColumns, records, func(r *receiptRow) (seq, version *int64) { return &r.Seq, nil })
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
