package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// A firm of the size that sells in a whole region: 28 salespeople, 327 hospitals in 13 cities, all of them invented.
const (
	regionSales     = 28
	regionHospitals = 327
)

var regionCities = []string{"澜州", "沅平", "松河", "白石", "桐川", "临湖", "南屿", "云岭", "石泉", "江口", "东陵", "清源", "望海"}

// regionHospital is the name of the n-th hospital and the salesperson who looks after it.
func regionHospital(n int) (name, sales string) {
	kinds := []string{
		"市第一人民医院", "市第二人民医院", "市第三人民医院", "市第四人民医院", "市第五人民医院", "市第六人民医院", "市中医院", "市妇幼保健院", "市儿童医院",
		"市口腔医院", "市肿瘤医院", "市胸科医院", "市传染病医院", "市精神卫生中心", "市康复医院", "市眼科医院", "市急救中心", "市中心血站", "骨科医院", "大学附属医院",
		"市城东区人民医院", "市城西区人民医院", "市城南区人民医院", "市城北区人民医院", "市高新区人民医院", "市经开区中医院",
	}
	city := regionCities[n%len(regionCities)]
	return city + kinds[n/len(regionCities)], fmt.Sprintf("R%02d", n%regionSales+1)
}

// regionFolder writes the master data of the firm.
func regionFolder(tb testing.TB) string {
	tb.Helper()
	folder := tb.TempDir()
	products, err := os.ReadFile(filepath.Join(medical, "products.csv"))
	require.NoError(tb, err)
	customers := []string{"code,name,type,level,credit_grade,credit_limit,region,hospital_level,address,sales"}
	for n := range regionHospitals {
		name, sales := regionHospital(n)
		city := regionCities[n%len(regionCities)]
		customers = append(customers, fmt.Sprintf("H%03d,%s,%s,%s,A,1000000,%s,%s,%s市人民路%d号,%s", n+1, name,
			[]string{orders.CustomerOrdinary, orders.CustomerVIP}[n%5/4], []string{"A", "B", "C"}[n%3], city, []string{"三甲", "三乙", "二甲"}[n%3], city, n+1, sales))
	}
	staff := []string{"code,name,role,wecom,dingtalk,superior"}
	for n := range regionSales {
		staff = append(staff, fmt.Sprintf("R%02d,业务%02d,sales,sales%02d,,", n+1, n+1, n+1))
	}
	for name, data := range map[string]string{
		"products.csv": string(products), "customers.csv": strings.Join(customers, "\n"), "staff.csv": strings.Join(staff, "\n"),
		"customer_items.csv": "customer,item,product\n", "history.csv": "customer,order,date,product,quantity,unit\n",
	} {
		require.NoError(tb, os.WriteFile(filepath.Join(folder, name), []byte(data), 0o600))
	}
	return folder
}

// Everybody of a firm with 28 salespeople and 327 hospitals orders for one of theirs at once, and finds what they look for.
//
// feature: PF-07
func TestAFirmOfTwentyEightSalespeopleAndManyHospitals(t *testing.T) {
	t.Parallel()
	folder := regionFolder(t)

	// Each of the hospitals is told apart from all others by its name.
	var in strings.Builder
	for n := range regionHospitals {
		name, _ := regionHospital(n)
		fmt.Fprintf(&in, `{"id":"%d","time":"2026-03-11T10:24:00+08:00","role":"sales","text":"%s 医用外科口罩耳挂式%d箱"}`+"\n", n, name, n%9+1)
	}
	got := orderbot(t, in.String(), "read", "--master", folder)
	require.Zero(t, got.code, got.stderr)
	read := 0
	for line := range strings.Lines(got.stdout) {
		var out struct {
			Orders []intake.Draft `json:"orders"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &out))
		require.Len(t, out.Orders, 1, line)
		require.Equal(t, fmt.Sprintf("H%03d", read+1), out.Orders[0].Customer, line)
		read++
	}
	require.Equal(t, regionHospitals, read)

	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), folder)
			f.command("import", "staff", filepath.Join(folder, "staff.csv"))
			for n := range regionSales {
				f.sim.WeCom.AddMember(fmt.Sprintf("sales%02d", n+1), fmt.Sprintf("业务%02d", n+1))
			}
			f.serve()
			ctx, db := t.Context(), f.sql()
			var writing sync.WaitGroup
			for n := range regionSales {
				name, _ := regionHospital(n)
				writing.Go(func() {
					f.sim.WeCom.SendText(ctx, fmt.Sprintf("sales%02d", n+1), name+" 医用外科口罩耳挂式2箱")
				})
			}
			writing.Wait()
			for n := range regionSales {
				name, _ := regionHospital(n)
				see(t, "draft of "+name, f.wecom(fmt.Sprintf("sales%02d", n+1)), offers("确认下单", name))
			}
			require.EqualValues(t, regionSales, number(t, db, "SELECT COUNT(DISTINCT sales) FROM orders"))
			first := see(t, "draft", f.wecom("sales01"), offers("确认下单"))
			id := orderNumber.FindString(first.Title + first.Text + string(first.Card))
			quiet(t, db, patience)
			for text, want := range map[string]string{"待办": id, "库存 外科口罩": "P003", "进度 " + id: "草稿"} {
				require.Contains(t, f.ask(f.wecom("sales01"), func() { f.sim.WeCom.SendText(ctx, "sales01", text) }).Text, want)
			}
		})
	}
}

// BenchmarkRegion searches a firm of 28 salespeople and 327 hospitals, each with an open order: reading a message that names one of
// the hospitals, the list of one salesperson's open orders, all orders that wait for an approval, and what of ten products is free.
// PF-07 asks for less than a second.
//
// feature: PF-07
func BenchmarkRegion(b *testing.B) {
	folder := regionFolder(b)
	now := time.Date(2026, 3, 11, 10, 0, 0, 0, location)
	store, err := storage.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "orderbot.db"), storage.Options{Now: func() time.Time { return now }})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	require.NoError(b, store.Migrate(b.Context()))
	for _, kind := range []string{"staff", "products", "customers"} {
		data, err := os.ReadFile(filepath.Join(folder, kind+".csv"))
		require.NoError(b, err)
		_, err = store.Import(b.Context(), kind, data, false)
		require.NoError(b, err)
	}
	engine, err := rules.Parse("rules.yaml", rules.Default)
	require.NoError(b, err)
	cat, err := store.Catalog(b.Context())
	require.NoError(b, err)
	desk := &orders.Desk{
		Catalog: func() *orders.Catalog { return cat }, Rules: func() orders.Rules { return engine }, Now: func() time.Time { return now },
		Times: orders.Times{DraftExpires: 24 * time.Hour, ReservationExpires: 24 * time.Hour, ApprovalLimit: 4 * time.Hour},
	}
	for n := range regionHospitals {
		name, sales := regionHospital(n)
		by := orders.Actor{Code: sales, Staff: cat.StaffByCode(orders.StaffCode(sales)), Channel: orders.WeCom}
		o := &orders.Order{
			Customer: orders.CustomerCode(fmt.Sprintf("H%03d", n+1)), CustomerName: name, Sales: orders.StaffCode(sales), Requirement: orders.RequireNone,
			Lines: []orders.Line{{Product: "P003", Unit: "盒", Quantity: decimal.NewFromInt(500), Base: decimal.NewFromInt(500)}},
		}
		require.NoError(b, store.Do(b.Context(), func(tx *storage.Tx) error {
			if err := desk.Place(tx, o, by); err != nil {
				return err
			}
			_, _, err := desk.Confirm(tx, o.ID, 0, by)
			return err
		}))
	}
	master, err := storage.ReadFolder(os.DirFS(folder))
	require.NoError(b, err)
	lexicon := intake.NewLexicon(master)
	codes := make([]orders.ProductCode, 10)
	for i := range codes {
		codes[i] = cat.Products()[i].Code
	}
	for what, search := range map[string]func(i int) error{
		"read": func(i int) error {
			name, _ := regionHospital(i % regionHospitals)
			lexicon.Read(intake.Message{ID: "m", Time: now, Role: intake.RoleSales, Text: name + " 医用外科口罩耳挂式2箱"}, nil)
			return nil
		},
		"mine": func(i int) error {
			_, err := store.OpenOrders(b.Context(), orders.StaffCode(fmt.Sprintf("R%02d", i%regionSales+1)), 500, orders.StatusPendingApproval)
			return err
		},
		"all": func(int) error {
			_, err := store.OpenOrders(b.Context(), "", 500, orders.StatusPendingApproval)
			return err
		},
		"stock": func(int) error { _, err := store.Available(b.Context(), codes...); return err },
	} {
		b.Run(what, func(b *testing.B) {
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				require.NoError(b, search(i))
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
