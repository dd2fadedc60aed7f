package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/config"
	"orderbot/orders"
	"orderbot/orders/intake"
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
				require.True(t, slices.ContainsFunc(s.books.catalog().Products, func(p orders.Product) bool { return p.Code == "P900" }))
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
	f.t.Cleanup(func() {
		cancel()
		require.NoError(f.t, <-done)
	})
	return s
}
