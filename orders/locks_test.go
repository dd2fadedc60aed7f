package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// locks is a transaction that notes in which order the locks of an order's verbs are taken.
type locks struct {
	orders.Tx

	order *orders.Order
	taken []string
}

func (l *locks) Order(orders.OrderID) (*orders.Order, error) {
	l.taken = append(l.taken, "order")
	return l.order, nil
}

func (l *locks) HoldCredit(orders.CustomerCode, orders.Money) (orders.Money, error) {
	l.taken = append(l.taken, "credit")
	return 0, nil
}

func (l *locks) Release(*orders.Order) error {
	l.taken = append(l.taken, "stock")
	return nil
}

func (*locks) SaveOrder(*orders.Order) error    { return nil }
func (*locks) Audit(...orders.AuditEntry) error { return nil }
func (*locks) Emit(...orders.Event) error       { return nil }

// noRules call for nothing.
type noRules struct{ orders.Rules }

func (noRules) Triggers(orders.Moment, orders.Facts) ([]orders.Trigger, error) { return nil, nil }

// Confirming and withdrawing orders of one customer for one product wait for each other, never in
// a circle.
func TestCancelTakesLocksInTheOrderOfTx(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	tx := &locks{order: &orders.Order{ID: "SO202603110001", Status: orders.StatusApproved, Held: 100}}
	desk := &orders.Desk{
		Now: func() time.Time { return now }, Catalog: func() *orders.Catalog { return orders.NewCatalog(orders.Master{}, nil, nil, 1) },
		Rules: func() orders.Rules { return noRules{} },
	}
	_, err := desk.Cancel(tx, "SO202603110001", 0, "不要了", orders.SystemActor)
	require.NoError(t, err)
	require.Equal(t, []string{"order", "credit", "stock"}, tx.taken)
}
