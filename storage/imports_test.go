package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// A report says what each row changes, in people's words, for every kind of master data; a trial says the same and changes nothing.
func TestImportTellsWhatChanges(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		load(t, s, "staff", []string{"code", "name", "role"}, []string{"S1", "周婷", "sales"}, []string{"S2", "王敏", "sales_manager"})
		load(t, s, "products",
			[]string{"code", "name", "unit", "packs", "aliases", "price", "stock", "kind", "parts", "imported", "bom_until", "tracking"},
			[]string{"P1", "口罩", "盒", "箱=40", "外科罩|口罩", "12.5", "100", "", "", "", "", ""},
			[]string{"P2", "手套", "双", "", "", "", "0", "", "", "是", "2026-12-31", "批次"},
			[]string{"B1", "套装", "套", "", "", "", "", "组合品", "P1=1;P2=2", "", "", ""})
		load(t, s, "customers", []string{"code", "name", "level", "credit_limit", "licence", "catalogue"},
			[]string{"C1", "一院", "A", "50000", "许可证=2027-03-31", "介入;P2"})
		load(t, s, "customer-items", []string{"customer", "item", "product", "price"}, []string{"C1", "X-1", "P1", "11"})
		load(t, s, "prices", []string{"product", "scope", "price", "discount", "valid_until"}, []string{"P1", "客户:C1", "11", "", "2026-06-30 12:00"})
		load(t, s, "stock", []string{"product", "warehouse", "on_hand", "safety_stock", "batch", "expires"},
			[]string{"P1", "东仓", "5", "2", "", ""}, []string{"P2", "东仓", "3", "", "L1", "2027-01-01"})
		load(t, s, "history", []string{"customer", "order", "date", "product", "quantity"}, []string{"C1", "A1", "2026-01-02", "P1", "3"})
		load(t, s, "calendar", []string{"date", "kind", "name"}, []string{"2027-02-06", "节假日", "春节"})
		load(t, s, "invoices", []string{"invoice", "customer", "amount", "due"}, []string{"F1", "C1", "100.5", "2026-05-01"})
		load(t, s, "payments", []string{"payment", "customer", "amount", "date"}, []string{"R1", "C1", "50", "2026-05-01"})
		for kind, test := range map[string]struct {
			file string
			want []string
		}{
			"products": {
				"code,name,unit,packs,aliases,price,kind,parts,imported,bom_until,tracking,spec\n" +
					"P1,医用口罩,盒,箱=20;件=100,外科罩,13,,,,,,50只\nP2,手套,双,,,,,,否,,无,\nB1,套装,套,,,,,P1=1,,,,\nP9,帽子,个,,,,,,,,,\n",
				[]string{
					"第 2 行 P1 医用口罩：名称 口罩 → 医用口罩，规格 （空） → 50只，包装换算 箱=40 → 箱=20;件=100，别名 外科罩、口罩 → 外科罩，单价 12.5 → 13",
					"第 3 行 P2 手套：进口 是 → 否，BOM有效期 2026-12-31 → （空），批次管理 批次 → 无",
					"第 4 行 B1 套装：组成 P1=1;P2=2 → P1=1",
					"第 5 行 P9 帽子",
				},
			},
			"customers": {
				"code,name,level,credit_limit,licence,catalogue,sales\nC1,一院,B,,许可证=2028-03-31,,S1\n",
				[]string{"第 2 行 C1 一院：等级 A → B，信用额度 50000 → （空），资质 许可证=2027-03-31 → 许可证=2028-03-31，业务员 （空） → S1，可购目录 介入、P2 → （空）"},
			},
			"customer-items": {"customer,item,product,price\nC1,X-1,P2,\nC1,X-2,P1,\n", []string{"第 2 行 C1 X-1：产品编码 P1 → P2，单价 11 → （空）", "第 3 行 C1 X-2"}},
			"prices": {
				"product,scope,price,discount,valid_until\nP1,客户:C1,,9折,2026-06-30\nP2,,3,,\n",
				[]string{"第 2 行 P1 客户:C1：单价 11 → （空），折扣 （空） → 0.9，失效时间 2026-06-30 12:00:00 → 2026-06-30", "第 3 行 P2 全部"},
			},
			"stock": {
				"product,warehouse,on_hand,safety_stock,batch,expires\nP1,东仓,7,1,,\nP2,东仓,4,,L1,2027-02-01\nP2,东仓,1,,L2,\n",
				[]string{"第 2 行 P1 东仓：在库 5 → 7，安全库存 2 → 1", "第 3 行 P2 东仓：在库 3 → 4，有效期 2027-01-01 → 2027-02-01", "第 4 行 P2 东仓"},
			},
			"staff":    {"code,name,role,phone\nS1,周婷,销售;客服,138\nS2,王敏,销售经理,\n", []string{"第 2 行 S1 周婷：角色 销售 → 销售、客服，电话 （空） → 138"}},
			"history":  {"customer,order,date,product,quantity\nC1,A1,2026-01-02,P1,4\n", []string{"第 2 行 C1 A1：数量 3 → 4"}},
			"calendar": {"date,kind,name,year\n2027-02-06,调休,春节,2026\n", []string{"第 2 行 2027-02-06 调休上班：类型 节假日 → 调休上班，年份 2027 → 2026"}},
			"invoices": {"invoice,customer,amount,due\nF1,C1,-20,2026-06-01\n", []string{"第 2 行 F1 C1：金额 100.5 → -20，到期日 2026-05-01 → 2026-06-01"}},
			"payments": {"payment,customer,amount,date\nR1,C1,60.05,2026-05-01\n", []string{"第 2 行 R1 C1：金额 50 → 60.05"}},
		} {
			var first *orders.ImportReport
			for range 2 { // the second trial finds what the first one found
				report, err := s.TryImport(t.Context(), kind, []byte(test.file))
				require.NoError(t, err, kind)
				require.Empty(t, report.Refused, kind)
				var got []string
				for _, r := range report.Rows {
					got = append(got, r.String())
				}
				require.Equal(t, test.want, got, kind)
				require.Equal(t, report.Added+report.Changed, len(report.Rows), kind)
				if first != nil {
					require.Equal(t, first.Print(), report.Print(), kind)
				}
				first = report
			}
		}
	})
}

const (
	productsHead = "产品编码,名称,单位,单价\n"
	newProducts  = productsHead + "P1,口罩,盒,13\nP2,手套,双,2\n"
)

// sender sends tables and says what is to become of them.
type sender struct {
	t  *testing.T
	s  *storage.Store
	by orders.Actor
	at time.Time
}

func (x *sender) do(f func(tx *storage.Tx) error) error { return x.s.Do(x.t.Context(), f) }

// send keeps a table with what its import would do, and returns its number.
func (x *sender) send(file string) int {
	x.t.Helper()
	report, err := x.s.TryImport(x.t.Context(), "products", []byte(file))
	require.NoError(x.t, err)
	p := orders.ImportProposal{Kind: "products", Name: "商品.csv", File: []byte(file)}
	require.NoError(x.t, x.do(func(tx *storage.Tx) error { return orders.KeepImport(tx, &p, report, x.by, x.at) }))
	return p.ID
}

func (x *sender) run(id int) error {
	return x.do(func(tx *storage.Tx) error {
		_, err := orders.RunImport(tx, id, x.by, x.at)
		return err
	})
}

func (x *sender) products() int {
	x.t.Helper()
	c, err := x.s.Catalog(x.t.Context())
	require.NoError(x.t, err)
	return len(c.Products())
}

// What was sent is imported once, by who sent it and has the right, while it would do what they were shown; every other word about it is
// refused with its reason and changes nothing.
func TestProposedImports(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		load(t, s, "products", []string{"code", "name", "unit", "price"}, []string{"P1", "口罩", "盒", "12.5"})
		x := &sender{t, s, ruler, ordertest.Start}
		refused := func(err error, code orders.Code, words string) {
			t.Helper()
			require.Equal(t, code, orders.ErrorCode(err))
			message, _ := orders.ErrorMessage(err)
			require.Contains(t, message, words)
			require.Equal(t, 1, x.products())
		}
		id := x.send(newProducts)
		require.Equal(t, 1, x.products())
		refused(x.run(id+100), orders.CodeNotFound, "没有第")
		other := *x
		other.by = orders.Actor{Code: "S98", Name: "副管", Staff: &orders.Staff{Code: "S98", Roles: []orders.Role{orders.RoleAdmin}}}
		refused(other.run(id), orders.CodeDenied, "由管理自己确认")
		other.by = orders.Actor{Code: "S99", Name: "管理", Staff: &orders.Staff{Code: "S99", Roles: []orders.Role{orders.RoleOperations}}}
		refused(other.run(id), orders.CodeDenied, "没有这个权限")
		other.by = orders.Actor{Code: "C1", Name: "客户"}
		refused(other.run(id), orders.CodeDenied, "没有这个权限")
		other = *x
		other.at = x.at.Add(24 * time.Hour)
		refused(other.run(id), orders.CodeConflict, "过了 24 小时")

		// The price was changed meanwhile: the preview is not what would be done any more.
		load(t, s, "products", []string{"code", "name", "unit", "price"}, []string{"P1", "口罩", "盒", "12.8"})
		err := x.run(id)
		refused(err, orders.CodeConflict, "资料变过了")
		var changed *orders.ImportChangedError
		require.ErrorAs(t, err, &changed)
		require.Equal(t, "第 2 行 P1 口罩：单价 12.8 → 13", changed.Report.Rows[0].String())
		// What does not concern the preview does not stop it.
		load(t, s, "products", []string{"code", "name", "unit", "price"}, []string{"P1", "口罩", "盒", "12.5"})
		load(t, s, "customers", []string{"code", "name"}, []string{"C1", "一院"})
		before, err := s.CatalogVersion(t.Context())
		require.NoError(t, err)

		// Many say so at once.
		var wg sync.WaitGroup
		var done atomic.Int32
		for range 20 {
			wg.Go(func() {
				switch err := x.run(id); orders.ErrorCode(err) {
				case "":
					done.Add(1)
				case orders.CodeConflict:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, done.Load())
		require.Equal(t, 2, x.products())
		after, err := s.CatalogVersion(t.Context())
		require.NoError(t, err)
		require.Equal(t, before+1, after)
		require.NoError(t, x.do(func(tx *storage.Tx) error {
			p, err := tx.Import(id)
			require.NoError(t, err)
			require.Equal(t, orders.ImportDone, p.State)
			require.Empty(t, p.File)
			require.Contains(t, p.Outcome(x.at), "已导入 管理")
			open, err := tx.OpenImports("S99", x.at.Add(-time.Hour))
			require.Empty(t, open)
			return err
		}))
		trail, err := s.Trail(t.Context(), "")
		require.NoError(t, err)
		last := trail[len(trail)-1]
		require.Equal(t, []string{"S99", "dingtalk", "导入产品资料", "新增 1，修改 1，不变 0", "商品.csv"}, []string{last.Actor, string(last.Channel), last.Action, last.After, last.Reason})
		require.Equal(t, "orderbot import", trail[0].Reason)

		// Given up, or never said anything about.
		id = x.send(productsHead + "P3,帽子,个,1\n")
		require.NoError(t, x.do(func(tx *storage.Tx) error {
			p, err := orders.OwnImport(tx, id, x.by, x.at, orders.ImportOpen)
			if err != nil {
				return err
			}
			return orders.SettleImport(tx, p, orders.ImportDropped, x.at)
		}))
		require.ErrorContains(t, x.run(id), "已经放弃")
		forgotten := x.send(productsHead + "P3,帽子,个,1\n")
		x.at = x.at.Add(25 * time.Hour)
		x.send(productsHead + "P3,帽子,个,1\n")
		require.NoError(t, x.do(func(tx *storage.Tx) error {
			p, err := tx.Import(forgotten)
			require.Empty(t, p.File, "a file is not kept for ever")
			return err
		}))
		require.ErrorContains(t, x.run(forgotten), "过了 24 小时")
		require.Equal(t, 2, x.products())
	})
}

// A chat takes no more than others can wait for.
func TestSentTablesHaveBounds(t *testing.T) {
	t.Parallel()
	s := migrated(t, sqliteURL(t))
	var file strings.Builder
	file.WriteString(productsHead)
	for i := range 5000 {
		fmt.Fprintf(&file, "P%04d,口罩 %d 号,盒,%d.5\n", i, i, i%90)
	}
	report, err := s.TryImport(t.Context(), "products", []byte(file.String()))
	require.NoError(t, err)
	require.Equal(t, 5000, report.Added)
	_, err = s.TryImport(t.Context(), "products", []byte(file.String()+"P9999,手套,双,1\n"))
	require.ErrorContains(t, err, "最多导入 5000 行")
	_, err = s.TryImport(t.Context(), "products", []byte(file.String()+strings.Repeat(" ", 5<<20)))
	require.ErrorContains(t, err, "最多 4 MB")
	big := orders.ImportProposal{Kind: "products", File: make([]byte, 5<<20)}
	err = s.Do(t.Context(), func(tx *storage.Tx) error { return orders.KeepImport(tx, &big, nil, ruler, ordertest.Start) })
	require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
}

// Master data are known by their headings; an order form is none of them, and what may be either is not sure.
func TestTablesAreToldByTheirHeadings(t *testing.T) {
	t.Parallel()
	s := migrated(t, sqliteURL(t))
	for headings, want := range map[string]struct{ kind, why string }{
		"产品编码,名称,单位":                      {"products", ""},
		"code,name,spec,unit,price,stock": {"products", ""},
		"产品编码*,名称,单位,单价（元）":               {"products", ""},
		"产品编码,名称,单位,备注":                   {"products", "不认识的列：备注"},
		"产品编码,名称,规格,单位,数量":                {},
		"产品编码,名称,规格,单位,数量(箱),单价,备注":       {},
		"产品编码,名称,单位,订货量":                  {},
		"code,name,unit,Qty":              {},
		"产品编码,名称":                         {},
		"品名,规格,数量,单位":                     {},
		"产品编码,名称,单位,名称":                   {},
		"客户编码,名称,联系人,电话,生日":               {"customers", ""},
		"客户编码,客户料号,产品编码,单价":               {"customer-items", ""},
		"客户编码,客户料号,产品编码,数量":               {},
		"产品编码,适用,单价":                      {"prices", ""},
		"分类,折扣":                           {"prices", ""},
		"分类,适用":                           {},
		"产品编码,仓库,在库":                      {"stock", ""},
		"工号,姓名,角色,微信":                     {"staff", ""},
		"客户编码,订单号,日期,产品编码,数量,单位":          {"history", "订单也可能这样写"},
		"日期,类型,名称":                        {"calendar", ""},
		"发票号,客户编码,金额,到期日":                 {"invoices", ""},
		"收款单号,客户编码,金额,日期":                 {"payments", ""},
		"货号,品名,规格型号,计量单位,含税单价":            {"products", "表头不是标准的写法"},
		"货号,品名,规格,单位,数量":                  {},
		"料号,品名,单位,本次要货":                   {},
		"货号,料号,品名,单位":                     {},
		"客户编号,客户名,联系电话,收货地址":              {"customers", ""},
		"编号,姓名,岗位,企业微信":                   {"staff", ""},
		"存货编码,仓库名称,现存量,批号,效期":             {"stock", ""},
		"客户,单号,下单日期,货号,数量":                {"history", "订单也可能这样写"},
		"": {},
	} {
		kind, why := orders.GuessTable(s.TableFits(strings.Split(headings, ",")), false)
		require.Equal(t, want.kind, kind, headings)
		if want.why == "" {
			require.Empty(t, why, headings)
		} else {
			require.Contains(t, why, want.why, headings)
		}
	}
	_, why := orders.GuessTable(s.TableFits([]string{"产品编码", "名称", "单位", ""}), true)
	require.Contains(t, why, "没有表头")

	files, err := filepath.Glob(filepath.Join(corpus, "files", "*"))
	require.NoError(t, err)
	n := 0
	for _, name := range files {
		if ext := filepath.Ext(name); ext != ".xlsx" && ext != ".csv" {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		doc, err := document.Open(t.Context(), name, data, nil)
		require.NoError(t, err)
		headings, untitled := doc.Headings()
		kind, _ := orders.GuessTable(s.TableFits(headings), untitled)
		require.Empty(t, kind, "%s is an order", name)
		n++
	}
	require.GreaterOrEqual(t, n, 9)
	lists, err := filepath.Glob(filepath.Join(corpus, "*", "*.csv"))
	require.NoError(t, err)
	require.NotEmpty(t, lists)
	for _, name := range lists {
		if filepath.Base(filepath.Dir(name)) == "files" {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		doc, err := document.Open(t.Context(), name, data, nil)
		require.NoError(t, err)
		headings, untitled := doc.Headings()
		kind, _ := orders.GuessTable(s.TableFits(headings), untitled)
		require.Equal(t, strings.ReplaceAll(strings.TrimSuffix(filepath.Base(name), ".csv"), "_", "-"), kind)
	}
}
