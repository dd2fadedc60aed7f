package main

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/notify"
	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// office is the order desk on a database, without platforms, with a clock that stands until it is set.
type office struct {
	t     *testing.T
	store *storage.Store
	desk  *orders.Desk
	clock time.Time
	sql   *sql.DB
}

// newOffice opens the desk of the usual staff with a rules file.
func newOffice(t *testing.T, database, rulesFile string) *office {
	t.Helper()
	o := &office{t: t, clock: time.Date(2026, 3, 11, 10, 0, 0, 0, location)}
	now := func() time.Time { return o.clock }
	var err error
	o.store, err = storage.Open(t.Context(), database, storage.Options{Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, o.store.Close()) })
	require.NoError(t, o.store.Migrate(t.Context()))
	o.load("staff", staffCSV)
	o.load("products", "code,name,unit,price,stock\nP1,导管,根,100,100000\n")
	o.load("customers", "code,name,type,level,credit_grade,credit_limit,sales\nC1,甲医院,普通,B,A,100000000,S01\n")
	engine, err := rules.Parse("rules.yaml", []byte(rulesFile))
	require.NoError(t, err)
	o.desk = &orders.Desk{
		Catalog: o.catalog, Rules: func() orders.Rules { return engine }, Now: now,
		Times: orders.Times{DraftExpires: 24 * time.Hour, ReservationExpires: 1000 * time.Hour, ApprovalLimit: 4 * time.Hour, UrgentRepeat: 3 * time.Minute},
	}
	o.sql = openSQL(t, database)
	return o
}

func (o *office) load(kind, csv string) {
	o.t.Helper()
	report, err := o.store.Import(o.t.Context(), kind, []byte(csv), false)
	require.NoError(o.t, err)
	require.Empty(o.t, report.Refused)
}

func (o *office) catalog() *orders.Catalog {
	c, err := o.store.Catalog(o.t.Context())
	require.NoError(o.t, err)
	return c
}

// at sets the clock: 03-13 18:00 of 2026 in Beijing.
func (o *office) at(text string) {
	o.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, location)
	require.NoError(o.t, err)
	o.clock = at
}

func (o *office) do(f func(tx *storage.Tx) error) error { return o.store.Do(o.t.Context(), f) }

func (o *office) actor(code orders.StaffCode) orders.Actor {
	s := o.catalog().StaffByCode(code)
	require.NotNil(o.t, s, code)
	return orders.Actor{Code: string(code), Name: s.Name, Staff: s, Channel: orders.WeCom}
}

// place lets S01 place an order of so many pieces for 100 yuan each.
func (o *office) place(pieces int64) orders.OrderID {
	o.t.Helper()
	return o.placeWith(pieces, func(*orders.Order) {})
}

// draft is an order of so many pieces that is not placed yet.
func (o *office) draft(pieces int64) *orders.Order {
	return &orders.Order{
		Customer: "C1", CustomerName: "甲医院", Sales: "S01", Address: "宁波市江东路1号",
		Source: orders.Source{Chat: orders.Chat{Platform: orders.WeCom, ID: "zhouting"}, Sender: "zhouting"},
		Lines:  []orders.Line{{Product: "P1", Unit: "根", Quantity: decimal.NewFromInt(pieces), Base: decimal.NewFromInt(pieces)}},
	}
}

func (o *office) order(id orders.OrderID) *orders.Order {
	o.t.Helper()
	order, err := o.store.FindOrder(o.t.Context(), id)
	require.NoError(o.t, err)
	return order
}

// round lets the clock do what is due, as a running server does every few seconds.
func (o *office) round() {
	o.t.Helper()
	job := &notify.Deadlines{
		Outbox: o.store, Store: notifyStore{o.store}, Desk: o.desk, Metrics: notify.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	}
	require.NoError(o.t, job.Round(o.t.Context()))
}

// news are the kinds of events about approvals so far, oldest first, without approval.
func (o *office) news() string {
	o.t.Helper()
	var kinds []string
	for _, k := range texts(o.t, o.sql, "SELECT kind FROM events WHERE kind LIKE 'approval.%' ORDER BY id") {
		kinds = append(kinds, strings.TrimPrefix(k, "approval."))
	}
	return strings.Join(kinds, " ")
}
