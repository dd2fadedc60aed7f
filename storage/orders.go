package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// orderRow is an order without its lines, nodes, shipments and changes.
type orderRow struct {
	ID            string `gorm:"primaryKey"`
	Version       int
	Revision      int
	Customer      string
	CustomerName  string
	Sales         string
	Source        string
	Total         int64
	Freight       int64
	FreightRule   string
	DeliverBy     string
	Urgent        bool
	UrgentWords   string
	UseSafety     bool
	Waits         bool
	Green         string
	Carrier       string
	Warehouse     string
	Contact       string
	Phone         string
	Address       string
	Payment       string
	Staged        string
	PO            string `gorm:"column:po"`
	Note          string
	InternalNote  string
	Requirement   string
	Extra         string
	Papers        string
	Slot          sql.NullString // the slot's key; no two orders have the same
	SlotWith      string
	Questions     string
	Findings      string
	Classes       string
	Exception     string `gorm:"column:exception_reason"`
	Status        string
	CloseReason   string
	Route         string
	Rules         int
	Exposure      int64
	Priority      int
	PriorityWhy   string
	Marks         string
	NodeCount     int
	Held          int64
	Invoiced      int64
	ShipmentCount int
	ChangeCount   int
	ReturnCount   int
	Alert         string
	Work          string
	Family        string
	Kin           string
	Asked         int
	Corrected     int
	Changed       int
	HeardAt       int64
	BotMS         int64 `gorm:"column:bot_ms"`
	Created       int64 `gorm:"column:created_at"`
	ConfirmedAt   int64
	ExpiresAt     int64
	ReservedUntil int64
	Reached       string
	NextAt        int64
}

func (*orderRow) TableName() string { return "orders" }

type lineRow struct {
	OrderID   string `gorm:"primaryKey"`
	No        int    `gorm:"primaryKey"`
	Product   string
	Name      string
	Spec      string
	Quantity  int64
	Unit      string
	Base      int64
	BaseUnit  string
	Gift      bool
	Options   string
	Price     int64
	Amount    int64
	PriceRule string
	Mode      string `gorm:"column:price_mode"`
	ListPrice int64
	Stated    *int64
	Available int64
	Reserved  int64
	Expected  string
	Sent      int64
	Later     int64
}

func (*lineRow) TableName() string { return "order_lines" }

type nodeRow struct {
	OrderID      string `gorm:"primaryKey"`
	Seq          int    `gorm:"primaryKey"`
	Role         string
	Also         string
	Stage        int
	Status       string
	DecidedBy    string
	Name         string
	DecidedAt    int64
	Reason       string
	TimeLimit    int64
	Workdays     bool
	OpenedAt     int64
	RemindAt     int64
	DueAt        int64
	Reminded     int
	Extra        string
	Assignee     string
	AssigneeName string
}

func (*nodeRow) TableName() string { return "order_nodes" }

type shipmentRow struct {
	OrderID    string `gorm:"primaryKey"`
	No         int    `gorm:"primaryKey"`
	Stage      int
	Carrier    string
	Tracking   string
	State      string
	Events     string
	Token      string
	ShippedAt  int64
	NextPoll   int64
	LastQuery  int64
	Polls      int
	Subscribed bool
}

func (*shipmentRow) TableName() string { return "shipments" }

// changeRow is a change of an order that was submitted. RaisedAt, when the warehouse was first told, is there for figures.
type changeRow struct {
	OrderID   string `gorm:"primaryKey"`
	No        int    `gorm:"primaryKey"`
	Kind      string
	Status    string
	Revision  int
	Was       string
	Minor     bool
	ByCode    string
	ByName    string
	SaidAt    int64
	DoneAt    int64
	Before    string `gorm:"column:before_content"`
	After     string `gorm:"column:after_content"`
	Plan      string
	Notice    string
	RaisedAt  int64
	NoticedAt int64
}

func (*changeRow) TableName() string { return "order_changes" }

// orderRows is an order as it is stored.
type orderRows struct {
	returns   []returnRow
	order     orderRow
	lines     []lineRow
	nodes     []nodeRow
	shipments []shipmentRow
	changes   []changeRow
}

func fromOrder(o *orders.Order) (*orderRows, error) {
	var m micros
	r := &orderRows{order: orderRow{
		ID: string(o.ID), Version: o.Version, Revision: o.Revision, Customer: string(o.Customer), CustomerName: o.CustomerName,
		Sales: string(o.Sales), Source: toJSON(o.Source), Total: int64(o.Total), Freight: int64(o.Freight.Amount), FreightRule: o.Freight.Rule, DeliverBy: o.DeliverBy, Urgent: o.Urgent,
		UrgentWords: o.UrgentWords, UseSafety: o.UseSafety, Green: toJSON(o.Green), Waits: o.Waits(), Carrier: o.Carrier, Warehouse: o.Warehouse, Contact: o.Contact, Phone: o.Phone, Address: o.Address, Payment: o.Payment, Staged: toJSON(o.Staged),
		PO: o.PO, Note: o.Note, InternalNote: o.InternalNote, Requirement: o.Requirement, Extra: toJSON(o.Extra), Questions: toJSON(o.Questions), Findings: toJSON(o.Findings), Classes: toJSON(o.Classes), Exception: o.Exception, Status: string(o.Status),
		CloseReason: o.CloseReason, Route: o.Route, Rules: o.Rules, Exposure: int64(o.Exposure), NodeCount: len(o.Nodes), Held: int64(o.Held), Invoiced: int64(o.Invoiced), ShipmentCount: len(o.Shipments), ChangeCount: len(o.Changes), ReturnCount: len(o.Returns),
		Alert: toJSON(o.Alert), Work: toJSON(o.Work), Asked: o.Entry.Asked, Corrected: o.Entry.Corrected, Changed: o.Entry.Changed, Created: toMS(o.CreatedAt), ConfirmedAt: toMS(o.ConfirmedAt), ExpiresAt: toMS(o.ExpiresAt),
		ReservedUntil: toMS(o.ReservedUntil), Reached: toJSON(o.Reached), NextAt: toMS(o.NextAt()),
		Family: string(o.Family), Kin: toJSON(o.Kin),
		HeardAt: toMS(o.Entry.Heard), BotMS: o.Entry.Bot.Milliseconds(),
		Slot: slotKey(o.Slot), SlotWith: slotName(o.Slot), Papers: toJSON(o.Papers), Priority: o.Priority, PriorityWhy: toJSON(o.PriorityWhy), Marks: toJSON(o.Marks),
	}}
	for i := range o.Lines {
		l := &o.Lines[i]
		r.lines = append(r.lines, lineRow{
			OrderID: string(o.ID), No: l.No, Product: string(l.Product), Name: l.Name, Spec: l.Spec, Quantity: m.of(l.Quantity),
			Unit: l.Unit, Base: m.of(l.Base), BaseUnit: l.BaseUnit, Gift: l.Gift, Options: toJSON(l.Options), Price: m.of(l.Price), Amount: int64(l.Amount),
			PriceRule: l.PriceRule, Mode: l.Mode, ListPrice: m.of(l.ListPrice), Stated: m.ofPtr(l.Stated), Available: m.of(l.Available),
			Reserved: m.of(l.Reserved), Expected: l.Expected, Sent: m.of(l.Sent), Later: m.of(l.Later),
		})
	}
	for i := range o.Nodes {
		n := &o.Nodes[i]
		r.nodes = append(r.nodes, nodeRow{
			OrderID: string(o.ID), Seq: n.Seq, Role: string(n.Role), Also: toJSON(n.Also), Stage: n.Stage, Status: string(n.Status), DecidedBy: string(n.DecidedBy),
			Name: n.Name, DecidedAt: toMS(n.DecidedAt), Reason: n.Reason, TimeLimit: n.Limit.Milliseconds(), Workdays: n.Workdays,
			OpenedAt: toMS(n.OpenedAt), RemindAt: toMS(n.RemindAt), DueAt: toMS(n.DueAt),
			Reminded: n.Reminded, Extra: toJSON(n.Extra), Assignee: string(n.Assignee), AssigneeName: n.AssigneeName,
		})
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		r.shipments = append(r.shipments, shipmentRow{
			OrderID: string(o.ID), No: s.No, Stage: s.Stage, Carrier: s.Carrier, Tracking: s.Tracking, State: string(s.State), Events: toJSON(s.Events),
			Token: s.Token, ShippedAt: toMS(s.ShippedAt), NextPoll: toMS(s.NextPoll), LastQuery: toMS(s.LastQuery), Polls: s.Polls,
			Subscribed: s.Subscribed,
		})
	}
	for i := range o.Changes {
		c := &o.Changes[i]
		row := changeRow{
			OrderID: string(o.ID), No: c.No, Kind: string(c.Kind), Status: string(c.Status), Revision: c.Revision, Was: string(c.Was), Minor: c.Minor,
			ByCode: c.By, ByName: c.Name, SaidAt: toMS(c.SaidAt), DoneAt: toMS(c.DoneAt), Before: toJSON(c.Before), After: toJSON(c.After), Plan: toJSON(c.Plan), Notice: toJSON(c.Notice),
		}
		if c.Notice != nil {
			row.RaisedAt, row.NoticedAt = toMS(c.Notice.RaisedAt), toMS(c.Notice.AckAt)
		}
		r.changes = append(r.changes, row)
	}
	for i := range o.Returns {
		r.returns = append(r.returns, fromReturn(o.ID, &o.Returns[i]))
	}
	return r, m.err
}

func (r *orderRows) toDomain() (*orders.Order, error) {
	w := &r.order
	o := &orders.Order{
		ID: orders.OrderID(w.ID), Version: w.Version, Revision: w.Revision, Customer: orders.CustomerCode(w.Customer),
		CustomerName: w.CustomerName, Sales: orders.StaffCode(w.Sales), Total: orders.Money(w.Total), Freight: orders.Freight{Amount: orders.Money(w.Freight), Rule: w.FreightRule}, DeliverBy: w.DeliverBy,
		Urgent: w.Urgent, UrgentWords: w.UrgentWords, UseSafety: w.UseSafety, Carrier: w.Carrier, Warehouse: w.Warehouse, Contact: w.Contact, Phone: w.Phone, Address: w.Address,
		Payment: w.Payment, PO: w.PO, Note: w.Note, InternalNote: w.InternalNote, Requirement: w.Requirement, Exception: w.Exception, Status: orders.Status(w.Status),
		CloseReason: w.CloseReason, Route: w.Route, Rules: w.Rules, Exposure: orders.Money(w.Exposure), Held: orders.Money(w.Held), Invoiced: orders.Money(w.Invoiced),
		Entry: orders.Entry{
			Asked: w.Asked, Corrected: w.Corrected, Changed: w.Changed, Heard: fromMS(w.HeardAt), Bot: time.Duration(w.BotMS) * time.Millisecond,
		}, CreatedAt: fromMS(w.Created),
		ConfirmedAt: fromMS(w.ConfirmedAt), ExpiresAt: fromMS(w.ExpiresAt), ReservedUntil: fromMS(w.ReservedUntil),
		Priority: w.Priority, Family: orders.OrderID(w.Family),
	}
	if w.Slot.Valid {
		if o.Slot = orders.ParseSlot(w.Slot.String); o.Slot == nil {
			return nil, fmt.Errorf("stored order %s: slot %q", w.ID, w.Slot.String)
		}
		o.Slot.Name = w.SlotWith
	}
	err := errors.Join(fromJSON(w.Source, &o.Source), fromJSON(w.Questions, &o.Questions), fromJSON(w.Findings, &o.Findings), fromJSON(w.Classes, &o.Classes), fromJSON(w.Alert, &o.Alert), fromJSON(w.Green, &o.Green), fromJSON(w.Work, &o.Work), fromJSON(w.Staged, &o.Staged), fromJSON(w.Extra, &o.Extra),
		fromJSON(w.PriorityWhy, &o.PriorityWhy), fromJSON(w.Marks, &o.Marks), fromJSON(w.Papers, &o.Papers), fromJSON(w.Reached, &o.Reached))
	err = errors.Join(err, fromJSON(w.Kin, &o.Kin))
	for i := range r.lines {
		l := &r.lines[i]
		line := orders.Line{
			No: l.No, Product: orders.ProductCode(l.Product), Name: l.Name, Spec: l.Spec, Quantity: fromMicro(l.Quantity),
			Unit: l.Unit, Base: fromMicro(l.Base), BaseUnit: l.BaseUnit, Gift: l.Gift, Price: fromMicro(l.Price),
			Amount: orders.Money(l.Amount), PriceRule: l.PriceRule, Mode: l.Mode, ListPrice: fromMicro(l.ListPrice), Stated: fromMicroPtr(l.Stated),
			Available: fromMicro(l.Available), Reserved: fromMicro(l.Reserved), Expected: l.Expected, Sent: fromMicro(l.Sent), Later: fromMicro(l.Later),
		}
		err = errors.Join(err, fromJSON(l.Options, &line.Options))
		o.Lines = append(o.Lines, line)
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		node := orders.Node{
			Seq: n.Seq, Role: orders.Role(n.Role), Stage: n.Stage, Status: orders.NodeStatus(n.Status), DecidedBy: orders.StaffCode(n.DecidedBy),
			Name: n.Name, DecidedAt: fromMS(n.DecidedAt), Reason: n.Reason, Limit: time.Duration(n.TimeLimit) * time.Millisecond,
			Workdays: n.Workdays, OpenedAt: fromMS(n.OpenedAt), RemindAt: fromMS(n.RemindAt), DueAt: fromMS(n.DueAt),
			Reminded: n.Reminded, Assignee: orders.StaffCode(n.Assignee), AssigneeName: n.AssigneeName,
		}
		err = errors.Join(err, fromJSON(n.Extra, &node.Extra), fromJSON(n.Also, &node.Also))
		o.Nodes = append(o.Nodes, node)
	}
	for i := range r.shipments {
		s := &r.shipments[i]
		shipment := orders.Shipment{
			No: s.No, Stage: s.Stage, Carrier: s.Carrier, Tracking: s.Tracking, State: orders.ParcelState(s.State), Token: s.Token,
			ShippedAt: fromMS(s.ShippedAt), NextPoll: fromMS(s.NextPoll), LastQuery: fromMS(s.LastQuery), Polls: s.Polls,
			Subscribed: s.Subscribed,
		}
		err = errors.Join(err, fromJSON(s.Events, &shipment.Events))
		o.Shipments = append(o.Shipments, shipment)
	}
	for i := range r.changes {
		c := &r.changes[i]
		change := orders.Change{
			No: c.No, Kind: orders.ChangeKind(c.Kind), Status: orders.ChangeStatus(c.Status), Revision: c.Revision, Was: orders.Status(c.Was), Minor: c.Minor,
			By: c.ByCode, Name: c.ByName, SaidAt: fromMS(c.SaidAt), DoneAt: fromMS(c.DoneAt),
		}
		err = errors.Join(err, fromJSON(c.Before, &change.Before), fromJSON(c.After, &change.After), fromJSON(c.Plan, &change.Plan), fromJSON(c.Notice, &change.Notice))
		o.Changes = append(o.Changes, change)
	}
	for i := range r.returns {
		x, failed := r.returns[i].toDomain()
		err = errors.Join(err, failed)
		o.Returns = append(o.Returns, x)
	}
	if err != nil {
		return nil, fmt.Errorf("stored order %s: %w", w.ID, err)
	}
	return o, nil
}

// NextOrderID returns a new order number of that day. Numbers of rolled back transactions are
// given again, so that a day's numbers have no gaps.
func (tx *Tx) NextOrderID(day time.Time) (orders.OrderID, error) {
	date := day.In(beijing).Format("20060102")
	n, err := tx.add("counters", "name", "value", "order."+date, 1)
	if err != nil {
		return "", fmt.Errorf("next order number: %w", err)
	}
	return orders.OrderID(fmt.Sprintf("SO%s%04d", date, n)), nil
}

// NextWave returns the number of a new wave of that day: 0311-2.
func (tx *Tx) NextWave(day time.Time) (string, error) {
	n, err := tx.add("counters", "name", "value", "wave."+day.In(beijing).Format("20060102"), 1)
	if err != nil {
		return "", fmt.Errorf("next wave: %w", err)
	}
	return fmt.Sprintf("%s-%d", day.In(beijing).Format("0102"), n), nil
}

// InsertOrder stores a new draft as version 1.
func (tx *Tx) InsertOrder(o *orders.Order) error {
	o.Version = 1
	rows, err := fromOrder(o)
	if err != nil {
		return err
	}
	tx.keepBefore(o.ID, &orderRows{})
	tx.queue(insertRows([]orderRow{rows.order}))
	tx.saveParts(o.ID, &orderRows{}, rows)
	if err := tx.run(); err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return orders.Errorf(orders.CodeConflict, "订单 %s 已经有了", o.ID)
		}
		return fmt.Errorf("insert order %s: %w", o.ID, err)
	}
	return nil
}

// Order loads an order under a lock.
func (tx *Tx) Order(id orders.OrderID) (*orders.Order, error) {
	found, err := selectRows[orderRow](tx.ctx, tx.db, "SELECT * FROM orders WHERE id = ?"+tx.s.forUpdate(), string(id))
	if err != nil {
		return nil, fmt.Errorf("lock order %s: %w", id, err)
	}
	rows, err := withParts(tx.ctx, tx.db, found)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, notFound(id)
	}
	tx.remember(id, rows[0])
	return rows[0].toDomain()
}

// bookSlot puts an order's slot into its row at once, for it may be another's.
func (tx *Tx) bookSlot(o *orders.Order) error {
	_, err := tx.pool.ExecContext(tx.ctx, "UPDATE orders SET slot = ? WHERE id = ?", o.Slot.Key(), string(o.ID))
	if err = tx.s.translate(err); errors.Is(err, gorm.ErrDuplicatedKey) {
		return orders.Errorf(orders.CodeConflict, "%s 已经被别的订单约走了，没有预约", o.Slot)
	}
	if err != nil {
		return fmt.Errorf("book slot for %s: %w", o.ID, err)
	}
	return nil
}

func slotKey(s *orders.Slot) sql.NullString {
	if s == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: s.Key(), Valid: true}
}

func slotName(s *orders.Slot) string {
	if s == nil {
		return ""
	}
	return s.Name
}

func notFound(id orders.OrderID) error {
	return orders.Errorf(orders.CodeNotFound, "没有订单 %s", id)
}

func (tx *Tx) remember(id orders.OrderID, rows *orderRows) {
	if tx.orders == nil {
		tx.orders = make(map[orders.OrderID]*orderRows)
	}
	tx.orders[id] = rows
}

// SaveOrder stores a changed order if it is of the version that is stored.
func (tx *Tx) SaveOrder(o *orders.Order) error {
	if err := tx.noteLacks(o); err != nil {
		return err
	}
	o.Version++
	rows, err := fromOrder(o)
	if err != nil {
		return err
	}
	stored := tx.orders[o.ID]
	tx.keepBefore(o.ID, stored)
	if stored != nil && stored.order.Version == o.Version-1 { // locked, so nobody has changed it
		if rows.order.Slot.Valid && rows.order.Slot != stored.order.Slot {
			if err := tx.bookSlot(o); err != nil {
				o.Version--
				return err
			}
		}
		tx.queue(updateRow(&stored.order, &rows.order))
		tx.saveParts(o.ID, stored, rows)
		return nil
	}
	var update statement
	if stored == nil {
		update = updateRow(&orderRow{}, &rows.order)
		update.text += " AND version = ?"
		update.args = append(update.args, o.Version-1)
		r, err := tx.pool.ExecContext(tx.ctx, update.text, update.args...)
		if err != nil {
			return fmt.Errorf("save order %s: %w", o.ID, err)
		}
		n, err := r.RowsAffected()
		if err != nil {
			return fmt.Errorf("save order %s: %w", o.ID, err)
		}
		if n > 0 {
			for _, table := range []string{"order_lines", "order_nodes", "shipments", "order_changes", "order_returns"} {
				tx.queue(statement{"DELETE FROM " + table + " WHERE order_id = ?", []any{string(o.ID)}})
			}
			tx.saveParts(o.ID, &orderRows{}, rows)
			return nil
		}
	}
	o.Version--
	return orders.Errorf(orders.CodeConflict, "订单 %s 刚刚被别人改过，请再看一次", o.ID)
}

// saveParts writes the lines, nodes, shipments and changes that differ from the stored ones.
func (tx *Tx) saveParts(id orders.OrderID, stored, rows *orderRows) {
	saveRows(tx, "no", stored.lines, rows.lines, func(r *lineRow) int { return r.No }, sameLine)
	saveRows(tx, "seq", stored.nodes, rows.nodes, func(r *nodeRow) int { return r.Seq }, same)
	saveRows(tx, "no", stored.shipments, rows.shipments, func(r *shipmentRow) int { return r.No }, same)
	saveRows(tx, "no", stored.changes, rows.changes, func(r *changeRow) int { return r.No }, same)
	saveRows(tx, "no", stored.returns, rows.returns, func(r *returnRow) int { return r.No }, same)
	tx.remember(id, rows)
}

func same[R comparable](a, b R) bool { return a == b }

func sameLine(a, b lineRow) bool {
	stated := a.Stated == b.Stated || a.Stated != nil && b.Stated != nil && *a.Stated == *b.Stated
	a.Stated, b.Stated = nil, nil
	return stated && a == b
}

// saveRows makes the rows of an order in one table what now says, touching only what changed.
func saveRows[R any](tx *Tx, column string, stored, now []R, number func(*R) int, same func(a, b R) bool) {
	m := mappingOf[R]()
	for i := range stored {
		n := number(&stored[i])
		if !slices.ContainsFunc(now, func(r R) bool { return number(&r) == n }) {
			id := reflect.ValueOf(&stored[i]).Elem().FieldByName("OrderID").String()
			tx.queue(statement{"DELETE FROM " + m.table + " WHERE order_id = ? AND " + column + " = ?", []any{id, n}})
		}
	}
	var added []R
	for i := range now {
		n := number(&now[i])
		at := slices.IndexFunc(stored, func(r R) bool { return number(&r) == n })
		switch {
		case at < 0:
			added = append(added, now[i])
		case !same(stored[at], now[i]):
			tx.queue(updateRow(&stored[at], &now[i]))
		}
	}
	if len(added) > 0 {
		tx.queue(insertRows(added))
	}
}

// withParts reads the lines, nodes, shipments and changes of orders.
func withParts(ctx context.Context, db *gorm.DB, found []orderRow) ([]*orderRows, error) {
	if len(found) == 0 {
		return nil, nil
	}
	out := make([]*orderRows, len(found))
	byID := make(map[string]*orderRows, len(found))
	var all, routed, shipped, changed, returned []string
	for i := range found {
		r := &orderRows{order: found[i]}
		out[i], byID[r.order.ID] = r, r
		all = append(all, r.order.ID)
		if r.order.NodeCount > 0 {
			routed = append(routed, r.order.ID)
		}
		if r.order.ShipmentCount > 0 {
			shipped = append(shipped, r.order.ID)
		}
		if r.order.ChangeCount > 0 {
			changed = append(changed, r.order.ID)
		}
		if r.order.ReturnCount > 0 {
			returned = append(returned, r.order.ID)
		}
	}
	lines, err := partRows[lineRow](ctx, db, all, "no")
	if err != nil {
		return nil, err
	}
	nodes, err := partRows[nodeRow](ctx, db, routed, "seq")
	if err != nil {
		return nil, err
	}
	shipments, err := partRows[shipmentRow](ctx, db, shipped, "no")
	if err != nil {
		return nil, err
	}
	changes, err := partRows[changeRow](ctx, db, changed, "no")
	if err != nil {
		return nil, err
	}
	returns, err := partRows[returnRow](ctx, db, returned, "no")
	if err != nil {
		return nil, err
	}
	for _, r := range lines {
		byID[r.OrderID].lines = append(byID[r.OrderID].lines, r)
	}
	for _, r := range nodes {
		byID[r.OrderID].nodes = append(byID[r.OrderID].nodes, r)
	}
	for _, r := range shipments {
		byID[r.OrderID].shipments = append(byID[r.OrderID].shipments, r)
	}
	for _, r := range changes {
		byID[r.OrderID].changes = append(byID[r.OrderID].changes, r)
	}
	for _, r := range returns {
		byID[r.OrderID].returns = append(byID[r.OrderID].returns, r)
	}
	return out, nil
}

// partRows reads the rows of one table that belong to orders.
func partRows[R any](ctx context.Context, db *gorm.DB, ids []string, number string) ([]R, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := inList(ids)
	table := mappingOf[R]().table
	rows, err := selectRows[R](ctx, db, "SELECT * FROM "+table+" WHERE order_id IN "+in+" ORDER BY order_id, "+number, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	return rows, nil
}

// Recent returns the customer's other orders since a moment.
func (tx *Tx) Recent(o *orders.Order, since time.Time) ([]orders.PastOrder, error) {
	var rows []struct {
		ID          string
		ConfirmedAt int64
		Product     string
		Kinds       int
	}
	products := make([]string, len(o.Lines))
	for i := range o.Lines {
		products[i] = string(o.Lines[i].Product)
	}
	err := tx.db.Raw(`SELECT o.id, o.confirmed_at, l.product,
		(SELECT COUNT(DISTINCT x.product) FROM order_lines x WHERE x.order_id = o.id AND x.gift = 0) AS kinds
		FROM orders o JOIN order_lines l ON l.order_id = o.id
		WHERE o.customer = ? AND o.confirmed_at >= ? AND o.confirmed_at > 0 AND o.id <> ? AND (o.family = '' OR o.kin NOT LIKE '%"how":"whole"%') AND o.status NOT IN (?, ?, ?) AND l.product IN ? AND l.gift = 0
		ORDER BY o.confirmed_at DESC, o.id DESC, l.no LIMIT ?`,
		string(o.Customer), toMS(since), string(o.ID), string(orders.StatusCancelled), string(orders.StatusRejected), string(orders.StatusClosed), products, orders.RecentMost).
		Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read recent orders of %s: %w", o.Customer, err)
	}
	var out []orders.PastOrder
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != orders.OrderID(r.ID) {
			out = append(out, orders.PastOrder{ID: orders.OrderID(r.ID), ConfirmedAt: fromMS(r.ConfirmedAt), Kinds: r.Kinds})
		}
		last := &out[len(out)-1]
		last.Products = append(last.Products, orders.ProductCode(r.Product))
	}
	return out, nil
}

// Dealings returns what the customer of an order has ordered besides since a moment.
func (tx *Tx) Dealings(o *orders.Order, since time.Time) (orders.Dealings, error) {
	const of = "FROM orders WHERE customer = ? AND confirmed_at > ? AND id <> ? AND status NOT IN (?, ?, ?)" // what was merged into another one counts with that
	args := []any{string(o.Customer), toMS(since), string(o.ID), string(orders.StatusCancelled), string(orders.StatusRejected), string(orders.StatusClosed)}
	var sums struct{ Count, Sum int64 }
	var last struct{ ConfirmedAt, Sum int64 }
	err := tx.db.Raw("SELECT COUNT(*) count, COALESCE(SUM(total + freight), 0) sum "+of, args...).Scan(&sums).Error
	if err == nil {
		err = tx.db.Raw("SELECT confirmed_at, total + freight sum "+of+" ORDER BY confirmed_at DESC LIMIT 1", args...).Scan(&last).Error
	}
	return orders.Dealings{Count: int(sums.Count), Sum: orders.Money(sums.Sum), Last: fromMS(last.ConfirmedAt), LastSum: orders.Money(last.Sum)}, wrap("read dealings with "+string(o.Customer), err)
}

type auditRow struct {
	ID         int64 `gorm:"primaryKey"`
	OrderID    string
	At         int64
	Actor      string
	Channel    string
	Action     string
	BeforeText string
	AfterText  string
	Reason     string
	Trace      string
	Changes    string
}

func (*auditRow) TableName() string { return "audit" }

// Audit appends to the record of changes. The entries are written when the transaction commits.
func (tx *Tx) Audit(entries ...orders.AuditEntry) error {
	for _, e := range entries {
		tx.audit = append(tx.audit, auditRow{
			OrderID: string(e.Order), At: toMS(e.At), Actor: e.Actor, Channel: string(e.Channel), Action: e.Action,
			BeforeText: e.Before, AfterText: e.After, Reason: e.Reason, Trace: e.Trace,
		})
	}
	return nil
}

type eventRow struct {
	ID       int64 `gorm:"primaryKey"`
	Kind     string
	OrderID  string
	At       int64
	Actor    string
	Data     string
	Trace    string
	Status   int
	DueAt    int64
	Attempts int
	Token    string
	Error    string
}

func (*eventRow) TableName() string { return "events" }

func (r *eventRow) toDomain() (orders.Event, error) {
	e := orders.Event{
		ID: r.ID, Kind: r.Kind, Order: orders.OrderID(r.OrderID), At: fromMS(r.At), Actor: r.Actor, Trace: r.Trace,
		Attempts: r.Attempts, Token: r.Token,
	}
	if err := json.Unmarshal([]byte(r.Data), &e.Data); r.Data != "" && err != nil {
		return e, fmt.Errorf("stored event %d: %w", r.ID, err)
	}
	return e, nil
}

// Emit stores events for those who act upon them. They are written when the transaction commits.
func (tx *Tx) Emit(events ...orders.Event) error {
	for _, e := range events {
		at := toMS(e.At)
		tx.events = append(tx.events, eventRow{
			Kind: e.Kind, OrderID: string(e.Order), At: at, Actor: e.Actor, Data: toJSON(e.Data), Trace: e.Trace, DueAt: at,
		})
		if snag := e.Snag(); snag != orders.SnagNone {
			tx.snags = append(tx.snags, snagRow{OrderID: string(e.Order), Kind: string(snag), Event: e.Kind, At: at})
		}
	}
	return nil
}
