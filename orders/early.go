package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// ExceptionEarly is a proposal to keep stock for a customer who keeps ordering a product urgently (预测性备货). It stands among the
// exceptions, but is none: nothing has gone wrong.
const ExceptionEarly ExceptionKind = "early"

// earlyStreak is how many urgent orders in a row make the proposal, and earlyShare what is kept in the local warehouse of all that is
// on hand.
const earlyStreak = 3

var earlyShare = decimal.New(20, -2)

// PastUrgent is an order of a customer with a product.
type PastUrgent struct {
	ID       OrderID
	Urgent   bool
	Proposed bool // it has made a proposal
}

// EarlyTx is what the desk needs of a transaction that is about early stocking.
type EarlyTx interface {
	ExceptionTx
	// Streak returns the newest orders of o's customer with a product up to o itself, newest first; cancelled and rejected ones are
	// left out.
	Streak(o *Order, product ProductCode, n int) ([]PastUrgent, error)
	// SetSafety sets the safety stock of a product in a warehouse.
	SetSafety(product ProductCode, warehouse string, n Quantity) error
}

// ProposeEarly proposes early stocking for the products of a confirmed order that is the third urgent one in a row of its customer with
// them; an ordinary one in between, or a proposal, begins the row anew.
func (d *Desk) ProposeEarly(tx EarlyTx, o *Order) error {
	if !o.Urgent || o.ConfirmedAt.IsZero() {
		return nil
	}
	all, err := tx.Exceptions(o.ID)
	if err != nil {
		return err
	}
	var seen []ProductCode
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Gift || slices.Contains(seen, l.Product) || slices.ContainsFunc(all, func(x *Exception) bool { return x.Kind == ExceptionEarly && x.Cause == string(l.Product) }) {
			continue
		}
		seen = append(seen, l.Product)
		row, err := tx.Streak(o, l.Product, earlyStreak)
		if err != nil {
			return err
		}
		if len(row) < earlyStreak || slices.ContainsFunc(row, func(p PastUrgent) bool { return !p.Urgent || p.Proposed }) {
			continue
		}
		now := d.Now()
		x := &Exception{
			Order: o.ID, Kind: ExceptionEarly, Cause: string(l.Product), State: ExceptionOpen, Role: RoleOperations, Start: now, At: now, Since: now, Open: now, Told: now, Times: 1,
		}
		if err := tx.SaveException(x); err != nil {
			return err
		}
		ids := make([]string, 0, len(row))
		for _, p := range slices.Backward(row) {
			ids = append(ids, string(p.ID))
		}
		said := strings.Join(ids, " ")
		if err := tx.Audit(d.entry(o, SystemActor, "预测性备货建议", "", string(l.Product), said)); err != nil {
			return err
		}
		if err := tx.Emit(d.event(o, EventEarly, SystemActor, map[string]string{"exception": strconv.FormatInt(x.ID, 10), "orders": said})); err != nil {
			return err
		}
	}
	return nil
}

// Reserve20 works out the local reserve: the warehouse, and 20 % of what all warehouses have on hand, in whole units.
func Reserve20(tx EarlyTx, o *Order, product ProductCode) (warehouse string, n Quantity, err error) {
	stocks, err := tx.Stock(product)
	if err != nil {
		return "", n, err
	}
	if warehouse, err = tx.Home(o); err != nil {
		return "", n, err
	}
	if warehouse == "" {
		warehouse = DefaultWarehouse
	}
	for i := range stocks {
		n = n.Add(stocks[i].OnHand)
	}
	n = n.Mul(earlyShare).Ceil()
	for i := range stocks {
		if stocks[i].Warehouse == warehouse {
			n = decimal.Max(n, stocks[i].SafetyStock)
		}
	}
	return warehouse, n, nil
}

// SettleEarly accepts or refuses a proposal, once. Accepted, the reserve is the local warehouse's safety stock from then on.
func (d *Desk) SettleEarly(tx EarlyTx, id int64, accept bool, by Actor) (*Order, *Exception, error) {
	o, x, err := lockException(tx, id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case x == nil || x.Kind != ExceptionEarly:
		return nil, nil, Errorf(CodeNotFound, "没有编号 %d 的备货建议", id)
	case by.Staff.May(RightTransfer) != ScopeAll || !by.Staff.Has(RoleOperations, RoleAdmin):
		return nil, nil, Errorf(CodeDenied, "备货建议由运营主管定，您没有这个权限，没有改动")
	case x.State != ExceptionOpen:
		return nil, nil, Errorf(CodeConflict, "备货建议 %d 已由 %s 定了（%s），不用再操作", id, x.Name, x.Note)
	}
	x.State, x.Done, x.By, x.Owner, x.Name, x.Note = ExceptionClosed, d.Now(), by.Code, by.Staff.Code, by.Name, "不备货"
	if accept {
		product := ProductCode(x.Cause)
		warehouse, n, err := Reserve20(tx, o, product)
		if err != nil {
			return nil, nil, err
		}
		if err := tx.SetSafety(product, warehouse, n); err != nil {
			return nil, nil, err
		}
		x.Note = fmt.Sprintf("%s预留 %s", warehouse, n)
	}
	if err := tx.SaveException(x); err != nil {
		return nil, nil, err
	}
	if err := tx.Audit(d.entry(o, by, "预测性备货", x.Cause, x.Note, "")); err != nil {
		return nil, nil, err
	}
	return o, x, tx.Emit(d.event(o, EventEarlySettled, by, map[string]string{"exception": strconv.FormatInt(id, 10)}))
}
