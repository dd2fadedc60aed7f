package storage_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

const (
	benchWorkers  = 8
	benchProducts = 300
	benchChunk    = 250 // orders of one side before the other side's turn
)

// oneStep sends every order to one approver.
type oneStep struct{}

func (oneStep) Route(orders.Facts) (orders.Route, error) {
	return orders.Route{Name: "规则 2", Steps: []orders.RouteStep{{Role: orders.RoleSalesManager, Limit: 4 * time.Hour}}}, nil
}

func (oneStep) Check(orders.Facts) ([]orders.Finding, error) { return nil, nil }

func (oneStep) Destinations(orders.Facts) (orders.Destinations, error) {
	return orders.Destinations{}, nil
}

func (oneStep) Classes(orders.Facts) ([]orders.Class, error) { return nil, nil }

func (oneStep) Priority(orders.Facts) (int, []string, error) { return 0, nil, nil }

func (oneStep) Freight(orders.Facts) (orders.Freight, error) { return orders.Freight{}, nil }

func (oneStep) Triggers(orders.Moment, orders.Facts) ([]orders.Trigger, error) { return nil, nil }

func benchProduct(i int) orders.ProductCode {
	return orders.ProductCode(fmt.Sprintf("P%03d", i%benchProducts))
}

// benchLines are the products of the i-th order: three, spread and sorted.
func benchLines(i int) []orders.ProductCode {
	out := []orders.ProductCode{benchProduct(i * 7), benchProduct(i*7 + 101), benchProduct(i*7 + 202)}
	slices.Sort(out)
	return out
}

// floorParams give the floor the same promises, and MySQL its faster protocol.
var floorParams = map[string]string{
	"mysql":  "?interpolateParams=true",
	"sqlite": "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)",
}

// BenchmarkConfirm confirms drafts of three lines, through the order desk with all that belongs to
// it (credit, reservation, approval chain, audit, event), beside the same writes by hand through
// database/sql: the order's row, three lines, three conditional takings of stock, an audit entry
// and an event. Both take turns on the same server, eight connections each. %floor is what is
// left of the floor's rate; %floor-p99 is how much of the floor's p99 ours is (400: four times).
func BenchmarkConfirm(b *testing.B) {
	for _, name := range []string{"mysql", "sqlite"} {
		b.Run(name, func(b *testing.B) {
			address := databases[name](b)
			s, err := storage.Open(b.Context(), address, storage.Options{MaxConns: benchWorkers, Now: time.Now})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, s.Close()) })
			require.NoError(b, s.Migrate(b.Context()))
			desk := benchDesk(b, s)
			db := raw(b, address+floorParams[name])
			db.SetMaxOpenConns(benchWorkers)
			db.SetMaxIdleConns(benchWorkers)
			if name == "sqlite" {
				db.SetMaxOpenConns(1) // its one writer, without lock waits
			}
			insertDrafts(b, s, b.N)

			var ours, floor time.Duration
			var waits, floorWaits []time.Duration
			for from := 0; from < b.N; from += benchChunk {
				to := min(from+benchChunk, b.N)
				took, each := spread(b, from, to, func(ctx context.Context, i int) error { return confirmByHand(ctx, db, i) })
				floor, floorWaits = floor+took, append(floorWaits, each...)
				took, each = spread(b, from, to, func(ctx context.Context, i int) error {
					return s.Do(ctx, func(tx *storage.Tx) error {
						_, _, err := desk.Confirm(tx, benchID("SO", i), 0, orders.Actor{Code: "S001", Channel: orders.WeCom})
						return err
					})
				})
				ours, waits = ours+took, append(waits, each...)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.N)/ours.Seconds(), "orders/s")
			b.ReportMetric(float64(b.N)/floor.Seconds(), "floor/s")
			b.ReportMetric(100*floor.Seconds()/ours.Seconds(), "%floor")
			b.ReportMetric(p99(waits).Seconds()*1000, "p99-ms")
			b.ReportMetric(p99(floorWaits).Seconds()*1000, "floor-p99-ms")
			b.ReportMetric(100*p99(waits).Seconds()/p99(floorWaits).Seconds(), "%floor-p99")
		})
	}
}

func benchID(prefix string, i int) orders.OrderID {
	return orders.OrderID(fmt.Sprintf("%s20260311%06d", prefix, i))
}

func benchDesk(b *testing.B, s *storage.Store) *orders.Desk {
	b.Helper()
	rows := [][]string{{"code", "name", "unit", "price", "stock"}}
	for i := range benchProducts {
		rows = append(rows, []string{string(benchProduct(i)), "产品", "盒", "8.5", "1000000000"})
	}
	_, err := s.ImportRows(b.Context(), "products", rows, false)
	require.NoError(b, err)
	rows = [][]string{{"code", "name"}}
	for i := range 200 {
		rows = append(rows, []string{benchCustomer(i), "客户"})
	}
	_, err = s.ImportRows(b.Context(), "customers", rows, false)
	require.NoError(b, err)
	catalog, err := s.Catalog(b.Context())
	require.NoError(b, err)
	return &orders.Desk{
		Catalog: func() *orders.Catalog { return catalog }, Rules: func() orders.Rules { return oneStep{} }, Now: func() time.Time { return ordertest.Start },
		Times: orders.Times{DraftExpires: 24 * time.Hour, ReservationExpires: 24 * time.Hour, ApprovalLimit: 4 * time.Hour},
	}
}

func benchCustomer(i int) string { return fmt.Sprintf("C%03d", i%200) }

// insertDrafts stores n drafts for the desk, and n without lines for the hand.
func insertDrafts(b *testing.B, s *storage.Store, n int) {
	b.Helper()
	for from := 0; from < n; from += 500 {
		require.NoError(b, s.Do(b.Context(), func(tx *storage.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				o := ordertest.Order(benchID("SO", i), orders.CustomerCode(benchCustomer(i)), 3, benchLines(i)...)
				o.Requirement = orders.RequireNone
				if err := tx.InsertOrder(o); err != nil {
					return err
				}
				if err := tx.InsertOrder(ordertest.Order(benchID("HA", i), orders.CustomerCode(benchCustomer(i)), 3)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// p99 is the time in which 99 of 100 were done.
func p99(each []time.Duration) time.Duration {
	slices.Sort(each)
	return each[(len(each)-1)*99/100]
}

// spread runs the numbers on eight workers and returns how long it took, all of it and each.
func spread(b *testing.B, from, to int, run func(ctx context.Context, i int) error) (time.Duration, []time.Duration) {
	b.Helper()
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	errs := make([]error, benchWorkers)
	each := make([]time.Duration, to-from)
	begin := time.Now()
	for w := range benchWorkers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < to && errs[w] == nil; i = int(next.Add(1)) - 1 {
				start := time.Now()
				errs[w] = run(b.Context(), i)
				each[i-from] = time.Since(start)
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	for _, err := range errs {
		require.NoError(b, err)
	}
	return took, each
}

func confirmByHand(ctx context.Context, db *sql.DB, i int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	id, now, lines := string(benchID("HA", i)), ordertest.Start.UnixMilli(), benchLines(i)
	if _, err := tx.ExecContext(ctx, "UPDATE orders SET status = 'pending_approval', version = version + 1, confirmed_at = ? WHERE id = ? AND status = 'draft'", now, id); err != nil {
		return err
	}
	const line = "(?, ?, ?, '医用口罩', '50只/盒', 3000000, '盒', 3000000, '盒', 0, '', 8500000, 2550, '目录价', '标准', 8500000, 0, 3000000, '')"
	if _, err := tx.ExecContext(ctx, "INSERT INTO order_lines (order_id, no, product, name, spec, quantity, unit, base, base_unit, gift, options, price, amount, price_rule, price_mode, list_price, available, reserved, expected) VALUES "+
		line+", "+line+", "+line, id, 1, lines[0], id, 2, lines[1], id, 3, lines[2]); err != nil {
		return err
	}
	for _, p := range lines {
		if _, err := tx.ExecContext(ctx, "UPDATE stock SET reserved = reserved + 3000000 WHERE product = ? AND warehouse = ? AND reserved + allocated + 3000000 <= on_hand", p, storage.DefaultWarehouse); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO audit (order_id, at, actor, channel, action, before_text, after_text, reason, trace, changes) VALUES (?, ?, 'S001', 'wecom', '确认下单', '草稿', '待审批', '规则 2', '', '{}')", id, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO events (kind, order_id, at, actor, data, trace, status, due_at, attempts, token, error) VALUES ('order.confirmed', ?, ?, 'S001', '', '', 0, ?, 0, '', '')", id, now, now); err != nil {
		return err
	}
	return tx.Commit()
}

// searches are what people and the clock ask for all day.
var searches = map[string]func(ctx context.Context, s *storage.Store, i int) error{
	"the next credit note": func(ctx context.Context, s *storage.Store, _ int) error { return s.NextSeq(ctx, "invoices") },
	"the next payment":     func(ctx context.Context, s *storage.Store, _ int) error { return s.NextSeq(ctx, "payments") },
	"an order by its number": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.FindOrder(ctx, "SO202603110001")
		return err
	},
	"a customer's orders": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.OrdersOf(ctx, seededCustomer(i), 20)
		return err
	},
	"a salesperson's open orders": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.OpenOrders(ctx, seededSales(i), 500, orders.BeforeShipping...)
		return err
	},
	"what waits for a role": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.OpenOrders(ctx, "", 500, orders.StatusPendingApproval)
		return err
	},
	"what is free of a product": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.Available(ctx, seededProduct(i))
		return err
	},
	"where a product comes from": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.Supply(ctx, seededProduct(i))
		return err
	},
	"what is due": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.DueOrders(ctx, ordertest.Start.Add(time.Hour), 100)
		return err
	},
	"an order by its parcel": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.OrderByTracking(ctx, seededParcel(i))
		return err
	},
	"a trail": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.Trail(ctx, "SO202603110001")
		return err
	},
	"a day's handling times": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.Handling(ctx, "", lastDay, ordertest.Start)
		return err
	},
	"a day's entries": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.DayFigures(ctx, seededSales(i), lastDay, ordertest.Start)
		return err
	},
	"a day's changes": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.ChangeFigures(ctx, "", lastDay, ordertest.Start)
		return err
	},
	"a day's snags": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.Snags(ctx, "", lastDay, ordertest.Start)
		return err
	},
	"a salesperson's day's snags": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.Snags(ctx, seededSales(i), lastDay, ordertest.Start)
		return err
	},
	"a day's exceptions": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.ExceptionFigures(ctx, "", lastDay, ordertest.Start)
		return err
	},
	"how many orders are where": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.CountOrders(ctx, "", orders.BeforeShipping...)
		return err
	},
	"how many orders of a salesperson are where": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.CountOrders(ctx, seededSales(i), orders.BeforeShipping...)
		return err
	},
	"urgent orders": func(ctx context.Context, s *storage.Store, _ int) error {
		_, err := s.UrgentOrders(ctx, "", orders.BeforeShipping...)
		return err
	},
	"an account": func(ctx context.Context, s *storage.Store, i int) error {
		_, err := s.Account(ctx, seededCustomer(i), ordertest.Start)
		return err
	},
}

// lastDay is when the last of the seeded days begins.
var lastDay = ordertest.Start.AddDate(0, 0, -1)

func seededCustomer(i int) orders.CustomerCode { return orders.CustomerCode(number("C", 4, i%327)) }

func seededSales(i int) orders.StaffCode { return orders.StaffCode(number("S", 2, i%28)) }

func seededProduct(i int) orders.ProductCode { return orders.ProductCode(number("P", 5, i*37%10_000)) }

func seededParcel(i int) string { return number("SF", 13, 1_000_000_000_000+i*11%9000-1) }

func number(prefix string, digits, i int) string { return fmt.Sprintf("%s%0*d", prefix, digits, i+1) }

// BenchmarkHistory searches on MariaDB what people and the clock ask for all day, after 10,000 orders and after 100,000 (SEED_ORDERS sets
// another number: a million, three million lines, takes long to make and is for one run alone, -runs 1). growth is the time beside that after 10,000, in percent.
func BenchmarkHistory(b *testing.B) {
	many, err := strconv.Atoi(cmp.Or(os.Getenv("SEED_ORDERS"), "100000"))
	require.NoError(b, err)
	stores := make(map[int]*storage.Store)
	for _, n := range []int{10_000, many} {
		s, err := storage.Open(b.Context(), ordertest.MySQL(b), storage.Options{MaxConns: benchWorkers, Now: time.Now})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		require.NoError(b, s.Migrate(b.Context()))
		require.NoError(b, s.Seed(b.Context(), n, ordertest.Start, func(int) {}))
		stores[n] = s
	}
	for _, what := range slices.Sorted(maps.Keys(searches)) {
		b.Run(what, func(b *testing.B) {
			took := make(map[int][]time.Duration)
			for i := range b.N { // by turns: what else the machine does hits both
				for n, s := range stores {
					start := time.Now()
					require.NoError(b, searches[what](b.Context(), s, i))
					took[n] = append(took[n], time.Since(start))
				}
			}
			for n, each := range took {
				slices.Sort(each)
				name := "-10k"
				if n == many {
					name = ""
				}
				b.ReportMetric(each[len(each)/2].Seconds()*1000, "p50-ms"+name)
				b.ReportMetric(p99(each).Seconds()*1000, "p99-ms"+name)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(100*took[many][len(took[many])/2].Seconds()/took[10_000][len(took[10_000])/2].Seconds(), "growth")
		})
	}
}

// BenchmarkHotProduct reserves one and the same product for orders of one line, with eight connections, beside the same writes by hand
// through database/sql. %floor is what is left of the floor's rate.
func BenchmarkHotProduct(b *testing.B) {
	for _, name := range []string{"mysql", "sqlite"} {
		b.Run(name, func(b *testing.B) {
			address := databases[name](b)
			s, err := storage.Open(b.Context(), address, storage.Options{MaxConns: benchWorkers, Now: time.Now})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, s.Close()) })
			require.NoError(b, s.Migrate(b.Context()))
			benchDesk(b, s)
			db := raw(b, address+floorParams[name])
			db.SetMaxOpenConns(benchWorkers)
			db.SetMaxIdleConns(benchWorkers)
			if name == "sqlite" {
				db.SetMaxOpenConns(1) // its one writer, without lock waits
			}
			for from := 0; from < b.N; from += 500 {
				require.NoError(b, s.Do(b.Context(), func(tx *storage.Tx) error {
					for i := from; i < min(from+500, b.N); i++ {
						for _, prefix := range []string{"SO", "HA"} {
							if err := tx.InsertOrder(ordertest.Order(benchID(prefix, i), orders.CustomerCode(benchCustomer(i)), 3, benchProduct(0))); err != nil {
								return err
							}
						}
					}
					return nil
				}))
			}
			var ours, floor time.Duration
			var waits, floorWaits []time.Duration
			for from := 0; from < b.N; from += benchChunk {
				to := min(from+benchChunk, b.N)
				took, each := spread(b, from, to, func(ctx context.Context, i int) error { return reserveByHand(ctx, db, string(benchID("HA", i))) })
				floor, floorWaits = floor+took, append(floorWaits, each...)
				took, each = spread(b, from, to, func(ctx context.Context, i int) error {
					return s.Do(ctx, func(tx *storage.Tx) error {
						o, err := tx.Order(benchID("SO", i))
						if err != nil {
							return err
						}
						if err := tx.Reserve(o, ordertest.Start); err != nil {
							return err
						}
						return tx.SaveOrder(o)
					})
				})
				ours, waits = ours+took, append(waits, each...)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.N)/ours.Seconds(), "orders/s")
			b.ReportMetric(float64(b.N)/floor.Seconds(), "floor/s")
			b.ReportMetric(100*floor.Seconds()/ours.Seconds(), "%floor")
			b.ReportMetric(p99(waits).Seconds()*1000, "p99-ms")
			b.ReportMetric(p99(floorWaits).Seconds()*1000, "floor-p99-ms")
		})
	}
}

func reserveByHand(ctx context.Context, db *sql.DB, id string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	p := benchProduct(0)
	for _, st := range []struct {
		text string
		args []any
	}{
		{"UPDATE orders SET version = version + 1, warehouse = '' WHERE id = ? AND version = 1", []any{id}},
		{"UPDATE stock SET reserved = reserved + 3000000 WHERE product = ? AND warehouse = ? AND reserved + allocated + 3000000 <= on_hand", []any{p, storage.DefaultWarehouse}},
		{"UPDATE order_lines SET reserved = 3000000 WHERE order_id = ? AND no = 1", []any{id}},
		{"INSERT INTO reservations (order_id, line, product, warehouse, kind, quantity, until) VALUES (?, 1, ?, ?, 'soft', 3000000, 0)", []any{id, p, storage.DefaultWarehouse}},
		{"INSERT INTO audit (order_id, at, actor, channel, action, before_text, after_text, reason, trace, changes) VALUES (?, 0, '', '', '', '', '', '', '', '{}')", []any{id}},
	} {
		if _, err := tx.ExecContext(ctx, st.text, st.args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
