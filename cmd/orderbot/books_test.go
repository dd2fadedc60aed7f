package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/config"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// A product and an alias that `orderbot import` brings are understood by every running server, without a restart.
func TestImportedWordsAreUnderstoodByRunningServers(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			servers := []*server{f.server, f.replica()}
			reads := func(s *server, words string) string {
				m := intake.Message{ID: "m", Time: f.clock.now(), Role: intake.RoleSales, Text: "澜州一院 " + words + "20箱"}
				res, _ := s.books.get().Lexicon.Read(m, nil)
				if len(res.Orders) != 1 || len(res.Orders[0].Lines) != 1 || len(res.Asks) > 0 {
					return ""
				}
				return res.Orders[0].Lines[0].Product
			}
			for _, s := range servers {
				require.Empty(t, reads(s, "蓝面片"))
				require.Empty(t, reads(s, "额温枪"))
			}
			file := filepath.Join(t.TempDir(), "products.csv")
			require.NoError(t, os.WriteFile(file, []byte("code,name,spec,unit,packs,aliases,category,price,moq,stock\n"+
				"P003,医用外科口罩,平面型 耳挂式 50只/盒,盒,箱=40;只=0.02,外科口罩|耳挂外科口罩|外科罩|蓝面片,防护,12.5,1,5400\n"+
				"P900,红外额温枪,HW-2 充电款,把,箱=20,额温枪,检测,98,1,300\n"), 0o600))
			f.command("import", "products", file)
			for _, s := range servers {
				understood := func() bool { return reads(s, "蓝面片") == "P003" && reads(s, "额温枪") == "P900" }
				for deadline := time.Now().Add(patience); !understood(); time.Sleep(20 * time.Millisecond) {
					require.True(t, time.Now().Before(deadline), "the import did not arrive")
				}
				require.Equal(t, "P001", reads(s, "普通口罩"))
				require.True(t, slices.ContainsFunc(s.books.catalog().Products(), func(p *orders.Product) bool { return p.Code == "P900" }))
			}
			f.sim.WeCom.SendText(t.Context(), "zhouting", "澜州一院 额温枪2箱，蓝面片20箱，周五下午前送到")
			see(t, "draft", f.wecom("zhouting"), says("P900", "红外额温枪", "40把", "P003", "800盒"))
		})
	}
}

// replica starts one more server on the firm's database; it stops with the test.
func (f *firm) replica() *server {
	f.t.Helper()
	settings, err := config.Load("", append(slices.Clone(f.env), "ORDERBOT_SERVER__LISTEN="+freeAddress(f.t)))
	require.NoError(f.t, err)
	s, err := newServer(f.t.Context(), settings, serverOptions{Logger: slog.New(slog.DiscardHandler), Now: f.clock.now, Files: f.files, Hold: f.hold})
	require.NoError(f.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	f.replicas++
	f.t.Cleanup(func() {
		cancel()
		require.NoError(f.t, <-done)
	})
	return s
}

// countingSource counts how often all master data is read.
type countingSource struct {
	*storage.Store
	whole int
}

func (s *countingSource) Catalog(ctx context.Context) (*orders.Catalog, error) {
	s.whole++
	return s.Store.Catalog(ctx)
}

// A server that follows changes reads the changed rows alone, and everything only where a great deal changed.
func TestOnlyWhatChangedIsRead(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := database(t)
			f := newFirm(t, address, medical)
			store, err := storage.Open(t.Context(), address, storage.Options{Now: f.clock.now})
			require.NoError(t, err)
			defer func() { require.NoError(t, store.Close()) }()
			source := &countingSource{Store: store}
			b, err := openBooks(t.Context(), source, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			reads := func(words string) string {
				m := intake.Message{ID: "m", Time: f.clock.now(), Role: intake.RoleSales, Text: words + "20箱"}
				res, _ := b.get().Lexicon.Read(m, nil)
				return res.Orders[0].Customer + " " + res.Orders[0].Lines[0].Product
			}
			load := func(kind string, rows ...[]string) {
				report, err := store.ImportRows(t.Context(), kind, rows, false)
				require.NoError(t, err)
				require.Empty(t, report.Refused)
				require.NoError(t, b.follow(t.Context()))
			}
			was := b.catalog()
			load("products", []string{"code", "name", "unit", "packs", "aliases"}, []string{"P003", "医用外科口罩", "盒", "箱=40", "外科口罩|蓝面片"}, []string{"P900", "红外额温枪", "把", "箱=20", "额温枪"})
			load("customers", []string{"code", "name", "aliases", "sales"}, []string{"C900", "新城医院", "新城", ""})
			load("customer-items", []string{"customer", "item", "product"}, []string{"C900", "贴片", "P900"})
			require.Equal(t, "C900 P003", reads("新城医院 蓝面片"))
			require.Equal(t, "C900 P900", reads("新城 额温枪"))
			require.Equal(t, "C900 P900", reads("新城 贴片"))
			require.Nil(t, was.Product("P900"))
			require.NotContains(t, was.Product("P003").Aliases, "蓝面片")
			require.Equal(t, len(was.Products())+1, len(b.catalog().Products()))
			require.Equal(t, 1, source.whole)

			fresh, err := store.Catalog(t.Context())
			require.NoError(t, err)
			require.Equal(t, fresh.Products(), b.catalog().Products())
			require.Equal(t, fresh.Customers(), b.catalog().Customers())
			require.Equal(t, fresh.ItemsOf("C900"), b.catalog().ItemsOf("C900"))
			require.Equal(t, fresh.Version, b.catalog().Version)

			many := [][]string{{"code", "name", "unit"}}
			for i := range mostLaid {
				many = append(many, []string{fmt.Sprintf("Q%04d", i), fmt.Sprintf("样品%d号", i), "个"})
			}
			load("products", many...)
			require.Equal(t, 2, source.whole)
			require.Equal(t, "C900 P003", reads("新城医院 蓝面片"))
			load("products", []string{"code", "name", "unit", "packs"}, []string{"P901", "耳温套", "盒", "箱=10"})
			require.Equal(t, "C900 P901", reads("新城 耳温套"))
			require.Equal(t, 2, source.whole)
		})
	}
}

// BenchmarkFollow changes one product of 100,000 in the database, beside 50,000 customers, and takes the change over as a replica does
// (follow-ms), beside reading all master data and building the lexicon anew (whole-ms); import-ms is the import's own time.
func BenchmarkFollow(b *testing.B) {
	m := ordertest.Catalogue(&orders.Master{}, 100_000, 50_000)
	products, customers := [][]string{{"code", "name", "spec", "unit", "aliases"}}, [][]string{{"code", "name", "aliases", "contact", "phone", "address"}}
	for _, p := range m.Products {
		products = append(products, []string{string(p.Code), p.Name, p.Spec, p.Unit, strings.Join(p.Aliases, "|")})
	}
	for _, c := range m.Customers {
		customers = append(customers, []string{string(c.Code), c.Name, strings.Join(c.Aliases, "|"), c.Contact, c.Phone, c.Address})
	}
	for name, database := range databases(b) {
		store, err := storage.Open(b.Context(), database(b), storage.Options{Now: time.Now})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, store.Close()) })
		require.NoError(b, store.Migrate(b.Context()))
		load := func(kind string, rows [][]string) (took float64) {
			begin := time.Now()
			report, err := store.ImportRows(b.Context(), kind, rows, false)
			require.NoError(b, err)
			require.Empty(b, report.Refused)
			return ms(time.Since(begin))
		}
		load("products", products)
		load("customers", customers)
		begin := time.Now()
		books, err := openBooks(b.Context(), store, slog.New(slog.DiscardHandler))
		require.NoError(b, err)
		whole, at := ms(time.Since(begin)), 50_000
		b.Run(name, func(b *testing.B) {
			var imported, followed, worst float64
			n := min(b.N, 5)
			for range n {
				at++
				p, alias := m.Products[at], fmt.Sprintf("蓝面片%d型", at)
				imported += load("products", [][]string{{"code", "name", "spec", "unit", "aliases"}, {string(p.Code), p.Name, p.Spec, p.Unit, alias}})
				begin := time.Now()
				require.NoError(b, books.follow(b.Context()))
				took := ms(time.Since(begin))
				followed, worst = followed+took, max(worst, took)
				require.Contains(b, books.catalog().Product(p.Code).Aliases, alias)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(whole, "whole-ms")
			b.ReportMetric(imported/float64(n), "import-ms")
			b.ReportMetric(followed/float64(n), "follow-ms")
			b.ReportMetric(worst, "follow-max-ms")
		})
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
