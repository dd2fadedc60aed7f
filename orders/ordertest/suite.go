package ordertest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// TurnPause is the pause of a turn that the stores of [RunStoreTests] are to be opened with.
const TurnPause = 1500 * time.Millisecond

// Cursor is a place in a pulled message log, as package bot has it.
type Cursor struct{ Name, Cursor, Token, Claim string }

// Tx is all that a transaction of a store must be able to do: the ports of orders, bot and notify.
type Tx interface {
	orders.Tx
	FinishTurn(t *orders.Turn) error
	PutInbound(in orders.Inbound) (isNew bool, err error)
	Send(d ...orders.Delivery) error
	DeliveriesOf(id orders.OrderID, kind string) ([]orders.Delivery, error)
	FinishEvent(e orders.Event) error
	Talk(c orders.Chat) (json.RawMessage, error)
	SaveTalk(c orders.Chat, state json.RawMessage, now time.Time) error
	BindingsOf(customer orders.CustomerCode) ([]orders.Binding, error)
	BindingOf(p orders.Platform, person string) ([]orders.Binding, error)
	Bind(b orders.Binding) error
	Unbind(id int64) error
	NewCode(code string, customer orders.CustomerCode, by orders.StaffCode, until time.Time) error
	UseCode(code string, now time.Time) (orders.CustomerCode, orders.StaffCode, error)
	CountTry(p orders.Platform, person string, failed bool, since, now time.Time) (int, error)
	OrderLink(id orders.OrderID) (string, error)
}

// Store is all that a store must be able to do outside of a transaction.
type Store interface {
	Do(ctx context.Context, change func(Tx) error) error
	// Load imports master data; the first row is the header.
	Load(ctx context.Context, kind string, rows ...[]string) error

	Put(ctx context.Context, in ...orders.Inbound) error
	ClaimTurn(ctx context.Context, now time.Time, hold time.Duration) (*orders.Turn, error)
	RenewTurn(ctx context.Context, t *orders.Turn, now time.Time, hold time.Duration) error
	RetryTurn(ctx context.Context, t *orders.Turn, at time.Time, cause string) error

	Want(ctx context.Context, name, token string, now time.Time) error
	ClaimCursor(ctx context.Context, now time.Time, hold time.Duration) (*Cursor, error)
	Advance(ctx context.Context, c *Cursor, next string, more bool, in []orders.Inbound) error
	ReleaseCursor(ctx context.Context, c *Cursor, at time.Time) error

	ClaimDeliveries(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Delivery, error)
	FinishDelivery(ctx context.Context, d orders.Delivery, receipt json.RawMessage, now time.Time) error
	RetryDelivery(ctx context.Context, d orders.Delivery, at time.Time, cause string) error
	FailDelivery(ctx context.Context, d orders.Delivery, now time.Time, cause string) error
	Delivery(ctx context.Context, id int64) (*orders.Delivery, error)
	SentSince(ctx context.Context, c orders.Chat, since time.Time) (int, error)
	Backlog(ctx context.Context) (pending int, oldest time.Time, err error)
	ClaimEvents(ctx context.Context, now time.Time, hold time.Duration, n int) ([]orders.Event, error)
	RetryEvent(ctx context.Context, e orders.Event, at time.Time, cause string) error
	DueOrders(ctx context.Context, now time.Time, n int) ([]orders.OrderID, error)

	FindOrder(ctx context.Context, id orders.OrderID) (*orders.Order, error)
	OrdersOf(ctx context.Context, customer orders.CustomerCode, limit int) ([]*orders.Order, error)
	OpenOrders(ctx context.Context, sales orders.StaffCode, limit int, statuses ...orders.Status) ([]*orders.Order, error)
	OrderByLink(ctx context.Context, token string) (*orders.Order, error)
	OrderByTracking(ctx context.Context, number string) ([]*orders.Order, error)
	ShipmentByToken(ctx context.Context, token string) (orders.OrderID, int, error)
	Available(ctx context.Context, codes ...orders.ProductCode) (map[orders.ProductCode]orders.Quantity, error)
	Exposure(ctx context.Context, customer orders.CustomerCode) (orders.Money, error)
	Trail(ctx context.Context, id orders.OrderID) ([]orders.AuditEntry, error)
}

// RunStoreTests is the suite that every store must pass. open returns an empty store of the
// test's own, up to date, with [TurnPause] and a clock that stands at [Start].
func RunStoreTests(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Store){
		"orders come back as they were stored":                 testOrderRoundTrip,
		"a failed transaction leaves nothing":                  testRollback,
		"of twenty who save the same version one wins":         testVersions,
		"order numbers are unique and without gaps":            testOrderNumbers,
		"fifty orders for ten pieces reserve exactly ten":      testReserveRace,
		"stock is held, made firm, given back and used once":   testStockOnce,
		"a line holds what is free and never more than needed": testReservePartly,
		"a bundle holds its parts":                             testBundle,
		"stock of all warehouses is taken":                     testWarehouses,
		"the safety stock is for those who may use it":         testSafetyStock,
		"recent orders of the same products are found":         testRecent,
		"credit adds up under a race":                          testCredit,
		"a redelivered message is kept once":                   testInboxDuplicates,
		"messages within the pause are one turn":               testTurnPause,
		"a click is a turn of its own, after what was typed":   testClicks,
		"turns of a chat never overlap and none is lost":       testTurnWorkers,
		"a claim can be renewed, given back and lost":          testTurnClaims,
		"deliveries to a chat keep their order":                testDeliveryOrder,
		"an earlier delivery holds up its chat alone":          testDeliveryHeads,
		"each event is handled by one":                         testEvents,
		"orders are found":                                     testQueries,
		"a talk has one writer at a time":                      testTalk,
		"a binding code is used once":                          testBindings,
		"a message log is pulled by one":                       testCursors,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// race runs n functions at once and returns their errors.
func race(n int, run func(i int) error) []error {
	errs := make([]error, n)
	var start, end sync.WaitGroup
	start.Add(1)
	for i := range n {
		end.Go(func() {
			start.Wait()
			errs[i] = run(i)
		})
	}
	start.Done()
	end.Wait()
	return errs
}

// codes counts errors by code.
func codes(errs []error) map[orders.Code]int {
	out := make(map[orders.Code]int)
	for _, err := range errs {
		out[orders.ErrorCode(err)]++
	}
	return out
}

func do(t *testing.T, s Store, change func(Tx) error) {
	t.Helper()
	require.NoError(t, s.Do(t.Context(), change))
}

// insert stores orders as new drafts.
func insert(t *testing.T, s Store, list ...*orders.Order) {
	t.Helper()
	do(t, s, func(tx Tx) error {
		for _, o := range list {
			if err := tx.InsertOrder(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// change loads an order, changes and saves it.
func change(ctx context.Context, s Store, id orders.OrderID, f func(tx Tx, o *orders.Order) error) error {
	return s.Do(ctx, func(tx Tx) error {
		o, err := tx.Order(id)
		if err != nil {
			return err
		}
		if err := f(tx, o); err != nil {
			return err
		}
		return tx.SaveOrder(o)
	})
}

// stock loads products with so much in the default warehouse.
func stock(t *testing.T, s Store, amounts map[string]string) {
	t.Helper()
	rows := [][]string{{"code", "name", "unit", "stock"}}
	for code, n := range amounts {
		rows = append(rows, []string{code, "产品" + code, "盒", n})
	}
	require.NoError(t, s.Load(t.Context(), "products", rows...))
}

func requireFree(t *testing.T, s Store, want map[orders.ProductCode]string) {
	t.Helper()
	var codes []orders.ProductCode
	for c := range want {
		codes = append(codes, c)
	}
	free, err := s.Available(t.Context(), codes...)
	require.NoError(t, err)
	got := make(map[orders.ProductCode]string)
	for c, n := range free {
		got[c] = n.String()
	}
	require.Equal(t, want, got)
}

// fill sets every field of a value to something.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Duration:
		v.SetInt(int64(*n) * int64(time.Second))
		return
	case time.Time:
		v.Set(reflect.ValueOf(Start.Add(time.Duration(*n) * time.Minute)))
		return
	case decimal.Decimal:
		v.Set(reflect.ValueOf(decimal.New(int64(*n)*10+5, -1)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("值" + strconv.Itoa(*n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, n)
		fill(e, n)
		v.SetMapIndex(k, e)
	default:
		panic("can't fill a " + v.Kind().String())
	}
}

// testOrderRoundTrip fills all fields there are, so that a field that is added to the domain and
// forgotten in the store is noticed.
func testOrderRoundTrip(t *testing.T, s Store) {
	t.Helper()
	var o orders.Order
	n := 0
	fill(reflect.ValueOf(&o).Elem(), &n)
	o.ID = "SO202603110001"
	insert(t, s, &o)
	require.Equal(t, 1, o.Version)
	got, err := s.FindOrder(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, &o, got)

	// Changed under a lock: a line more, one less, another one different.
	require.NoError(t, change(t.Context(), s, o.ID, func(_ Tx, o *orders.Order) error {
		o.Lines = append(o.Lines[1:], orders.Line{No: 90, Product: "P9"})
		o.Lines[0].Name = "changed"
		o.Nodes[0].Status = orders.NodeApproved
		o.Shipments = o.Shipments[:1]
		o.Alert = nil
		return nil
	}))
	got, err = s.FindOrder(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, 2, got.Version)
	require.Len(t, got.Lines, 2)
	require.Equal(t, "changed", got.Lines[0].Name)
	require.Equal(t, orders.ProductCode("P9"), got.Lines[1].Product)
	require.Equal(t, orders.NodeApproved, got.Nodes[0].Status)
	require.Len(t, got.Nodes, 2)
	require.Len(t, got.Shipments, 1)
	require.Nil(t, got.Alert)

	// Saved by someone who has not read it in that transaction.
	got.Lines = got.Lines[:1]
	got.Nodes = nil
	do(t, s, func(tx Tx) error { return tx.SaveOrder(got) })
	again, err := s.FindOrder(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, got, again)

	_, err = s.FindOrder(t.Context(), "SO202603119999")
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(err))
	require.Equal(t, orders.CodeNotFound, orders.ErrorCode(change(t.Context(), s, "SO202603119999", nil)))
	require.Equal(t, orders.CodeConflict, orders.ErrorCode(s.Do(t.Context(), func(tx Tx) error { return tx.InsertOrder(&o) })))
}

func testRollback(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "10"})
	gone := fmt.Errorf("changed my mind")
	err := s.Do(t.Context(), func(tx Tx) error {
		id, err := tx.NextOrderID(Start)
		require.NoError(t, err)
		o := Order(id, "C001", 4, "P1")
		require.NoError(t, tx.InsertOrder(o))
		require.NoError(t, tx.Reserve(o, Start))
		_, err = tx.HoldCredit("C001", 100)
		require.NoError(t, err)
		require.NoError(t, tx.Audit(orders.AuditEntry{Order: id, At: Start, Action: "x"}))
		require.NoError(t, tx.Emit(orders.Event{Order: id, At: Start, Kind: "x"}))
		require.NoError(t, tx.Send(Delivery("a", "k", Start)))
		return gone
	})
	require.ErrorIs(t, err, gone)
	requireFree(t, s, map[orders.ProductCode]string{"P1": "10"})
	exposure, err := s.Exposure(t.Context(), "C001")
	require.NoError(t, err)
	require.Zero(t, exposure)
	trail, err := s.Trail(t.Context(), "SO202603110001")
	require.NoError(t, err)
	require.Empty(t, trail)
	events, err := s.ClaimEvents(t.Context(), Start, time.Minute, 10)
	require.NoError(t, err)
	require.Empty(t, events)
	pending, _, err := s.Backlog(t.Context())
	require.NoError(t, err)
	require.Zero(t, pending)
	do(t, s, func(tx Tx) error {
		id, err := tx.NextOrderID(Start)
		require.Equal(t, orders.OrderID("SO202603110001"), id)
		return err
	})
}

func testVersions(t *testing.T, s Store) {
	t.Helper()
	o := Order("SO202603110001", "C001", 3, "P1", "P2")
	insert(t, s, o)
	errs := race(20, func(i int) error {
		mine := *o
		mine.Lines = slices.Clone(o.Lines)
		mine.Note = strconv.Itoa(i)
		return s.Do(t.Context(), func(tx Tx) error {
			again := mine // a repeated transaction starts anew
			if err := tx.SaveOrder(&again); err != nil {
				return err
			}
			return tx.Emit(orders.Event{Kind: "saved", Order: again.ID, At: Start})
		})
	})
	require.Equal(t, map[orders.Code]int{"": 1, orders.CodeConflict: 19}, codes(errs))
	events, err := s.ClaimEvents(t.Context(), Start, time.Minute, 50)
	require.NoError(t, err)
	require.Len(t, events, 1)

	// Those who load it under a lock wait for each other instead.
	errs = race(20, func(int) error {
		return change(t.Context(), s, o.ID, func(_ Tx, o *orders.Order) error { o.Total++; return nil })
	})
	require.Equal(t, map[orders.Code]int{"": 20}, codes(errs))
	got, err := s.FindOrder(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, o.Total+20, got.Total)
	require.Equal(t, 22, got.Version)
}

func testOrderNumbers(t *testing.T, s Store) {
	t.Helper()
	var mu sync.Mutex
	var got []string
	errs := race(40, func(int) error {
		var id orders.OrderID
		err := s.Do(t.Context(), func(tx Tx) (err error) {
			id, err = tx.NextOrderID(Start)
			return err
		})
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(id))
		return err
	})
	require.Equal(t, map[orders.Code]int{"": 40}, codes(errs))
	slices.Sort(got)
	for i, id := range got {
		require.Equal(t, fmt.Sprintf("SO20260311%04d", i+1), id)
	}
	do(t, s, func(tx Tx) error { // 16:00 UTC is the next day in Beijing
		id, err := tx.NextOrderID(time.Date(2026, 3, 11, 16, 0, 0, 0, time.UTC))
		require.Equal(t, orders.OrderID("SO202603120001"), id)
		return err
	})
}

func testReserveRace(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "10", "P2": "1000"})
	var list []*orders.Order
	for i := range 50 {
		products := []orders.ProductCode{"P1", "P2"}
		if i%2 == 0 {
			products = []orders.ProductCode{"P2", "P1"}
		}
		list = append(list, Order(orders.OrderID(fmt.Sprintf("SO20260311%04d", i+1)), "C001", 1, products...))
	}
	insert(t, s, list...)
	errs := race(50, func(i int) error {
		return change(t.Context(), s, list[i].ID, func(tx Tx, o *orders.Order) error { return tx.Reserve(o, Start.Add(time.Hour)) })
	})
	require.Equal(t, map[orders.Code]int{"": 50}, codes(errs))
	held := decimal.Zero
	for _, o := range list {
		got, err := s.FindOrder(t.Context(), o.ID)
		require.NoError(t, err)
		for _, l := range got.Lines {
			if l.Product == "P1" {
				held = held.Add(l.Reserved)
			}
		}
	}
	require.Equal(t, "10", held.String())
	requireFree(t, s, map[orders.ProductCode]string{"P1": "0", "P2": "950"})
}

func testStockOnce(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "10", "P2": "10"})
	a, b := Order("SO202603110001", "C001", 4, "P1", "P2"), Order("SO202603110002", "C001", 3, "P1")
	insert(t, s, a, b)
	step := func(id orders.OrderID, f func(tx Tx, o *orders.Order) error) {
		t.Helper()
		require.NoError(t, change(t.Context(), s, id, f))
	}
	reserve := func(tx Tx, o *orders.Order) error { return tx.Reserve(o, Start) }
	firm := func(tx Tx, o *orders.Order) error { return tx.Firm(o) }
	release := func(tx Tx, o *orders.Order) error { return tx.Release(o) }
	consume := func(tx Tx, o *orders.Order) error { return tx.Consume(o) }

	for range 2 { // each step twice: the second changes nothing
		step(a.ID, reserve)
		step(b.ID, reserve)
		requireFree(t, s, map[orders.ProductCode]string{"P1": "3", "P2": "6"})
	}
	for range 2 {
		step(a.ID, firm)
		requireFree(t, s, map[orders.ProductCode]string{"P1": "3", "P2": "6"})
	}
	for range 2 {
		step(a.ID, reserve) // firm already
		requireFree(t, s, map[orders.ProductCode]string{"P1": "3", "P2": "6"})
	}
	for range 2 {
		step(b.ID, release)
		requireFree(t, s, map[orders.ProductCode]string{"P1": "6", "P2": "6"})
	}
	for range 2 {
		step(a.ID, consume)
		requireFree(t, s, map[orders.ProductCode]string{"P1": "6", "P2": "6"})
	}
	step(a.ID, release)
	requireFree(t, s, map[orders.ProductCode]string{"P1": "6", "P2": "6"})

	// All in one transaction, as a route that needs nobody does it.
	step(b.ID, func(tx Tx, o *orders.Order) error {
		for _, f := range []func(Tx, *orders.Order) error{reserve, reserve, firm} {
			if err := f(tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	requireFree(t, s, map[orders.ProductCode]string{"P1": "3", "P2": "6"})
	errs := race(10, func(int) error {
		return change(t.Context(), s, b.ID, func(tx Tx, o *orders.Order) error { return tx.Release(o) })
	})
	require.Equal(t, map[orders.Code]int{"": 10}, codes(errs))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "6", "P2": "6"})
}

func testReservePartly(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "10", "P2": "0.5"})
	o := Order("SO202603110001", "C001", 7, "P1", "P1", "P2", "P3")
	insert(t, s, o)
	reserved := func(f func(o *orders.Order)) []string {
		t.Helper()
		var out []string
		require.NoError(t, change(t.Context(), s, o.ID, func(tx Tx, o *orders.Order) error {
			f(o)
			err := tx.Reserve(o, Start)
			out = nil
			for _, l := range o.Lines {
				out = append(out, l.Reserved.String())
			}
			return err
		}))
		return out
	}
	require.Equal(t, []string{"7", "3", "0.5", "0"}, reserved(func(*orders.Order) {}))
	require.NoError(t, s.Load(t.Context(), "stock", []string{"product", "warehouse", "on_hand"}, []string{"P1", "默认仓", "12"}))
	require.Equal(t, []string{"7", "5", "0.5", "0"}, reserved(func(*orders.Order) {}))
	// A line that shrinks gives back, and one that is gone too.
	require.Equal(t, []string{"2", "7", "0.5", "0"}, reserved(func(o *orders.Order) { o.Lines[0].Base = Decimal("2") }))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "3", "P2": "0", "P3": "0"})
	require.Equal(t, []string{"2"}, reserved(func(o *orders.Order) { o.Lines = o.Lines[:1] }))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "10", "P2": "0.5"})
	// A count can't take what orders hold.
	require.Error(t, s.Load(t.Context(), "stock", []string{"product", "warehouse", "on_hand"}, []string{"P1", "默认仓", "1"}))
}

func testBundle(t *testing.T, s Store) {
	t.Helper()
	require.NoError(t, s.Load(t.Context(), "products",
		[]string{"code", "name", "unit", "stock", "kind", "parts"},
		[]string{"P1", "口罩", "盒", "10", "", ""},
		[]string{"P2", "手套", "盒", "7", "", ""},
		[]string{"SET", "防护套装", "套", "", "组合品", "P1=2;P2=1"}))
	requireFree(t, s, map[orders.ProductCode]string{"SET": "5", "P1": "10"})
	o := Order("SO202603110001", "C001", 6, "SET", "P2")
	insert(t, s, o)
	require.NoError(t, change(t.Context(), s, o.ID, func(tx Tx, o *orders.Order) error {
		if err := tx.Reserve(o, Start); err != nil {
			return err
		}
		require.Equal(t, "5", o.Lines[0].Reserved.String())
		require.Equal(t, "2", o.Lines[1].Reserved.String())
		return nil
	}))
	requireFree(t, s, map[orders.ProductCode]string{"SET": "0", "P1": "0", "P2": "0"})
	require.NoError(t, change(t.Context(), s, o.ID, func(tx Tx, o *orders.Order) error {
		if err := tx.Firm(o); err != nil {
			return err
		}
		return tx.Consume(o)
	}))
	requireFree(t, s, map[orders.ProductCode]string{"SET": "0", "P1": "0", "P2": "0"})
	require.NoError(t, s.Load(t.Context(), "stock", []string{"product", "warehouse", "on_hand"},
		[]string{"P1", "默认仓", "3"}, []string{"P2", "默认仓", "1"}))
	requireFree(t, s, map[orders.ProductCode]string{"SET": "1", "P1": "3", "P2": "1"})
}

func testWarehouses(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "3"})
	require.NoError(t, s.Load(t.Context(), "stock", []string{"product", "warehouse", "on_hand"},
		[]string{"P1", "东仓", "4"}, []string{"P1", "西仓", "5"}))
	o := Order("SO202603110001", "C001", 8, "P1")
	insert(t, s, o)
	require.NoError(t, change(t.Context(), s, o.ID, func(tx Tx, o *orders.Order) error { return tx.Reserve(o, Start) }))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "4"})
	require.NoError(t, change(t.Context(), s, o.ID, func(tx Tx, o *orders.Order) error { return tx.Consume(o) }))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "4"})
}

// testSafetyStock: an order takes what is above the safety stock of each warehouse, one that may use it takes the rest too, and gives
// it back once.
func testSafetyStock(t *testing.T, s Store) {
	t.Helper()
	stock(t, s, map[string]string{"P1": "0"})
	require.NoError(t, s.Load(t.Context(), "stock", []string{"product", "warehouse", "on_hand", "safety_stock"},
		[]string{"P1", "东仓", "10", "4"}, []string{"P1", "西仓", "3", "5"}))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "6"})
	plain, urgent := Order("SO202603110001", "C001", 8, "P1"), Order("SO202603110002", "C001", 8, "P1")
	urgent.UseSafety = true
	insert(t, s, plain, urgent)
	reserved := func(id orders.OrderID) string {
		require.NoError(t, change(t.Context(), s, id, func(tx Tx, o *orders.Order) error { return tx.Reserve(o, Start) }))
		o, err := s.FindOrder(t.Context(), id)
		require.NoError(t, err)
		return o.Lines[0].Reserved.String()
	}
	require.Equal(t, "6", reserved(plain.ID))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "0"})
	require.Equal(t, "7", reserved(urgent.ID))
	require.NoError(t, change(t.Context(), s, plain.ID, func(tx Tx, o *orders.Order) error { return tx.Release(o) }))
	require.Equal(t, "8", reserved(urgent.ID))
	require.NoError(t, change(t.Context(), s, urgent.ID, func(tx Tx, o *orders.Order) error { return tx.Release(o) }))
	requireFree(t, s, map[orders.ProductCode]string{"P1": "6"})
	require.Equal(t, "6", reserved(plain.ID))
}

func testRecent(t *testing.T, s Store) {
	t.Helper()
	for i, o := range []*orders.Order{
		Order("SO202603110001", "C001", 1, "P1", "P2"),
		Order("SO202603110002", "C001", 1, "P1", "P3"), // P3 is not asked about
		Order("SO202603110003", "C001", 1, "P3"),       // of other products
		Order("SO202603110004", "C001", 1, "P1"),       // called off
		Order("SO202603110005", "C001", 1, "P1"),       // a draft still
		Order("SO202603110006", "C002", 1, "P1"),       // another customer's
	} {
		o.Status, o.ConfirmedAt = orders.StatusPendingApproval, Start.Add(time.Duration(i)*time.Hour)
		switch i {
		case 3:
			o.Status = orders.StatusCancelled
		case 4:
			o.Status, o.ConfirmedAt = orders.StatusDraft, time.Time{}
		}
		insert(t, s, o)
	}
	recent := func(since time.Time) []orders.PastOrder {
		var out []orders.PastOrder
		do(t, s, func(tx Tx) (err error) {
			out, err = tx.Recent(Order("SO202603110009", "C001", 1, "P2", "P1"), since)
			return err
		})
		return out
	}
	second := orders.PastOrder{ID: "SO202603110002", ConfirmedAt: Start.Add(time.Hour), Products: []orders.ProductCode{"P1"}, Kinds: 2}
	require.Equal(t, []orders.PastOrder{
		second, {ID: "SO202603110001", ConfirmedAt: Start, Products: []orders.ProductCode{"P1", "P2"}, Kinds: 2},
	}, recent(Start))
	require.Equal(t, []orders.PastOrder{second}, recent(Start.Add(time.Millisecond)))
}

func testCredit(t *testing.T, s Store) {
	t.Helper()
	errs := race(20, func(i int) error {
		return s.Do(t.Context(), func(tx Tx) error {
			_, err := tx.HoldCredit("C001", orders.Money(i+1))
			return err
		})
	})
	require.Equal(t, map[orders.Code]int{"": 20}, codes(errs))
	do(t, s, func(tx Tx) error {
		sum, err := tx.HoldCredit("C001", 0)
		require.Equal(t, orders.Money(210), sum)
		if err != nil {
			return err
		}
		sum, err = tx.HoldCredit("C001", -210)
		require.Zero(t, sum)
		return err
	})
	require.Error(t, s.Do(t.Context(), func(tx Tx) error { // nothing is given back twice
		_, err := tx.HoldCredit("C001", -1)
		return err
	}))
	sum, err := s.Exposure(t.Context(), "C002")
	require.NoError(t, err)
	require.Zero(t, sum)
}
