package storage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

const corpus = "../orders/intake/testdata/corpus"

// load imports rows that must all be good.
func load(t *testing.T, s *storage.Store, kind string, rows ...[]string) orders.ImportReport {
	t.Helper()
	report, err := s.ImportRows(t.Context(), kind, rows, false)
	require.NoError(t, err)
	require.Empty(t, report.Refused)
	return report
}

func loadFile(t *testing.T, s *storage.Store, kind, path string) orders.ImportReport {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	report, err := s.Import(t.Context(), kind, data, false)
	require.NoError(t, err)
	require.Empty(t, report.Refused)
	return report
}

func TestCorpusImportsAsItIs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		for _, set := range []string{"medical", "hardware"} {
			for _, kind := range []string{"products", "customers", "customer-items", "history"} {
				path := filepath.Join(corpus, set, strings.ReplaceAll(kind, "-", "_")+".csv")
				first := loadFile(t, s, kind, path)
				require.Positive(t, first.Added, path)
				require.Zero(t, first.Changed+first.Unchanged)
				again := loadFile(t, s, kind, path)
				require.Equal(t, orders.ImportReport{Kind: kind, Unchanged: first.Added, Warnings: first.Warnings}, again)
			}
		}
		version, err := s.CatalogVersion(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 8, version) // imports that changed nothing don't count
		c, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 8, c.Version)
		require.Len(t, c.Master.Products, 122+124)
		require.Equal(t, orders.ProductCode("P001"), c.Master.Products[0].Code) // in the order of the file
		require.Equal(t, orders.ProductCode("H001"), c.Master.Products[122].Code)
		p := c.Product("P001")
		require.Equal(t, []orders.Pack{{Unit: "箱", Size: ordertest.Decimal("40")}, {Unit: "只", Size: ordertest.Decimal("0.02")}}, p.Packs)
		require.Equal(t, []string{"医用口罩", "普通口罩", "一次性口罩", "普通医用口罩"}, p.Aliases)
		require.Equal(t, "8.5", p.Price.String())
		require.Equal(t, orders.ProductStandard, p.Kind)
		require.Equal(t, []string{"市一院", "澜州一院", "第一医院", "市第一人民医院"}, c.Customer("C001").Aliases)
		require.Nil(t, c.Customer("C001").CreditLimit)
		require.Equal(t, "周婷", c.Customer("C001").Sales)
		require.Equal(t, orders.HistoryLine{
			Customer: "C001", Order: "SO20260112003", Date: "2026-01-12", Product: "P003", Quantity: ordertest.Decimal("20"), Unit: "箱",
		}, c.Master.History[0])
		require.Equal(t, orders.CustomerItem{Customer: "C001", Item: "HC-1003", Product: "P003", Price: new(ordertest.Decimal("11.8"))}, c.Master.Items[0])
		free, err := s.Available(t.Context(), "P001", "H001", "X")
		require.NoError(t, err)
		require.Equal(t, "6200", free["P001"].String())
		require.Equal(t, "20000", free["H001"].String())
		require.Equal(t, "0", free["X"].String())
	})
}

func TestImportTakesAllColumns(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		load(t, s, "staff",
			[]string{"角色", "工号", "姓名", "企业微信账号", "钉钉账号", "电话", "邮箱", "代理人", "上级", "仓库", "区域"},
			[]string{"销售;客户经理", "S001", "周婷", "zhouting", "manager01", "138", "z@example.com", "S002", "S002", "默认仓", "澜州"},
			[]string{"Director; cfo", "S002", "王敏", "", "", "", "", "", "", "", ""})
		load(t, s, "products",
			[]string{
				"产品编码", "名称", "规格", "单位", "包装换算", "别名", "分类", "单价（元）", "起订量", "库存", "类型", "组成", "安全库存", "进口", "所需资质",
				"BOM", "BOM有效期", "替代产品", "批次管理", "技术服务",
			},
			[]string{"P1", "导管", "6F", "根", "箱＝20；件=100", "导管6F｜六F导管", "介入", "￥1,200.5", "5", "1,000", "", "", "20", "是", "三类证", "B-1", "2026/12/31", "P2", "序列号", "是"},
			[]string{"P2", "支架", "", "个", "", "", "", "", "", "", "定制品", "", "", "否", "", "", "", "", "批次", ""},
			[]string{"P3", "套装", "", "套", "", "", "", "", "", "", "bundle", "P1=2;P2=0.5", "", "", "", "", "", "", "无", ""})
		load(t, s, "customers",
			[]string{
				"code", "name", "aliases", "type", "level", "credit_grade", "credit_limit", "terms", "region", "hospital_level", "licence", "contact",
				"phone", "address", "sales", "manager", "catalogue", "group",
			},
			[]string{"C1", "一院", "市一", "vip", "a", "B", "0", "月结30天", "澜州", "三甲", "三类证=2027-03-31;经营许可=2026年5月1日", "何", "139", "路1号", "S001", "S002", "介入;P2", "G1"},
			[]string{"C2", "二院", "", "经销商", "", "", "12.345", "", "", "", "", "", "", "", "", "", "", ""},
			[]string{"C3", "三院", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""})
		load(t, s, "prices",
			[]string{"product", "category", "scope", "from_quantity", "from_amount", "price", "discount", "mode", "valid_from", "valid_until"},
			[]string{"P1", "", "客户：C1", "100", "", "1100", "", "寄售", "2026-01-01", "2026-12-31"},
			[]string{"", "介入", "等级:A", "", "10000", "", "9.5折", "", "", "2026-06-30 12:00"},
			[]string{"P2", "", "", "", "", "", "95%", "", "", ""})
		c, err := s.Catalog(t.Context())
		require.NoError(t, err)

		endOf := func(year int, month time.Month, day int) time.Time {
			return time.Date(year, month, day, 15, 59, 59, 999e6, time.UTC) // 23:59 in Beijing
		}
		require.Equal(t, orders.Staff{
			Code: "S001", Name: "周婷", Roles: []orders.Role{orders.RoleSales, orders.RoleAccountManager}, WeCom: "zhouting", DingTalk: "manager01",
			Phone: "138", Email: "z@example.com", Deputy: "S002", Superior: "S002", Warehouse: "默认仓", Region: "澜州",
		}, c.Staff[0])
		require.Equal(t, []orders.Role{orders.RoleDirector, orders.RoleCFO}, c.Staff[1].Roles)
		require.Equal(t, orders.Product{
			Code: "P1", Name: "导管", Spec: "6F", Unit: "根", Packs: []orders.Pack{{Unit: "箱", Size: ordertest.Decimal("20")}, {Unit: "件", Size: ordertest.Decimal("100")}},
			Aliases: []string{"导管6F", "六F导管"}, Category: "介入", Price: new(ordertest.Decimal("1200.5")), MOQ: ordertest.Decimal("5"), Stock: ordertest.Decimal("1000"),
			Kind: orders.ProductStandard, SafetyStock: ordertest.Decimal("20"), Imported: true, Licence: "三类证", BOM: "B-1",
			BOMUntil: endOf(2026, 12, 31), Successor: "P2", Tracking: "serial", Service: true,
		}, c.Master.Products[0])
		require.Equal(t, orders.ProductCustom, c.Master.Products[1].Kind)
		require.Equal(t, "batch", c.Master.Products[1].Tracking)
		require.Equal(t, map[orders.ProductCode]orders.Quantity{"P1": ordertest.Decimal("2"), "P2": ordertest.Decimal("0.5")}, c.Master.Products[2].Parts)
		require.Equal(t, orders.Customer{
			Code: "C1", Name: "一院", Aliases: []string{"市一"}, Type: orders.CustomerVIP, Level: "A", Region: "澜州", Contact: "何", Phone: "139", Address: "路1号",
			Sales: "S001", CreditGrade: "B", CreditLimit: new(orders.Money(0)), Terms: "月结30天", HospitalLevel: "三甲",
			Licences: map[string]time.Time{"三类证": endOf(2027, 3, 31), "经营许可": endOf(2026, 5, 1)}, Manager: "S002", Catalogue: []string{"介入", "P2"}, Group: "G1",
		}, c.Master.Customers[0])
		require.EqualValues(t, 1235, *c.Master.Customers[1].CreditLimit)
		require.Nil(t, c.Master.Customers[2].CreditLimit)
		require.Equal(t, []orders.PriceRule{
			{
				Product: "P1", Scope: "客户:C1", FromQuantity: ordertest.Decimal("100"), Price: new(ordertest.Decimal("1100")), Mode: "寄售",
				ValidFrom: time.Date(2025, 12, 31, 16, 0, 0, 0, time.UTC), ValidUntil: endOf(2026, 12, 31),
			},
			{
				Category: "介入", Scope: "等级:A", FromQuantity: ordertest.Decimal("0"), FromAmount: 10000_00, Discount: new(ordertest.Decimal("0.95")), Mode: "标准",
				ValidUntil: time.Date(2026, 6, 30, 4, 0, 0, 0, time.UTC),
			},
			{Product: "P2", Scope: "全部", FromQuantity: ordertest.Decimal("0"), Discount: new(ordertest.Decimal("0.95")), Mode: "标准"},
		}, c.Prices)
	})
}

func TestImportRefusesAllRowsWhileOneIsBad(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		file := []string{
			"名称,产品编码,单位,单价,颜色",
			"口罩,P1,盒,8.5,白",
			"手套,P2,,八块,白",
			",P3,盒,1,",
			"口罩,P1,盒,9,",
			"帽子,P4,个,-1,",
		}
		run := func(dryRun bool) orders.ImportReport {
			t.Helper()
			report, err := s.Import(t.Context(), "products", []byte(strings.Join(file, "\r\n")), dryRun)
			require.NoError(t, err)
			return report
		}
		require.Equal(t, orders.ImportReport{
			Kind: "products", Warnings: []string{"不认识的列没有导入: 颜色"},
			Refused: []orders.RowError{
				{Row: 3, Column: "单位", Reason: "不能为空"},
				{Row: 3, Column: "单价", Reason: "「八块」不是数字"},
				{Row: 4, Column: "名称", Reason: "不能为空"},
				{Row: 5, Column: "产品编码", Reason: "与第 2 行重复"},
				{Row: 6, Column: "单价", Reason: "「-1」不能是负数"},
			},
		}, run(false))
		require.Equal(t, "第 3 行「单价」: 「八块」不是数字", run(false).Refused[1].Error())
		c, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Empty(t, c.Master.Products)
		require.Zero(t, c.Version)

		file = []string{file[0], file[1], "手套,P2,双,0.8,白", "", "帽子,P4,个,1,"}
		require.Equal(t, 3, run(true).Added)
		c, err = s.Catalog(t.Context())
		require.NoError(t, err)
		require.Empty(t, c.Master.Products)
		require.Equal(t, 3, run(false).Added)

		// What the file does not have stays.
		load(t, s, "products", []string{"code", "name", "unit", "spec", "category"}, []string{"P1", "口罩", "盒", "50只", "防护"})
		file = []string{file[0], "医用口罩,P1,盒,8.8,", "手套,P2,双,0.8,"}
		report := run(false)
		require.Equal(t, []int{0, 1, 1}, []int{report.Added, report.Changed, report.Unchanged})
		c, err = s.Catalog(t.Context())
		require.NoError(t, err)
		require.Equal(t, "医用口罩 50只", c.Product("P1").Title())
		require.Equal(t, "防护", c.Product("P1").Category)
		require.Equal(t, "8.8", c.Product("P1").Price.String())
	})
}

func TestImportNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := migrated(t, sqliteURL(t))
	load(t, s, "products", []string{"code", "name", "unit", "kind", "parts"}, []string{"P1", "口罩", "盒", "", ""}, []string{"B1", "套装", "套", "组合品", "P1=1"})
	load(t, s, "customers", []string{"code", "name"}, []string{"C1", "一院"})
	load(t, s, "staff", []string{"code", "name", "role", "wecom"}, []string{"S1", "周婷", "sales", "zhou"})
	for name, test := range map[string]struct {
		kind   string
		header string
		row    string
		column string
		reason string
	}{
		"unknown product":            {"customer-items", "customer,item,product", "C1,X1,P9", "product", "没有产品 P9"},
		"unknown customer":           {"history", "customer,order,date,product,quantity", "C9,1,2026-01-02,P1,3", "customer", "没有客户 C9"},
		"no date":                    {"history", "customer,order,日期,product,quantity", "C1,1,2026-13-02,P1,3", "日期", "「2026-13-02」不是日期，要写成 2026-03-11"},
		"unlikely date":              {"history", "customer,order,date,product,quantity", "C1,1,0026-01-02,P1,3", "date", "「0026-01-02」不像是对的日期"},
		"unknown role":               {"staff", "code,name,role", "S2,王敏,老板", "role", "没有「老板」这个角色"},
		"an account of two":          {"staff", "code,name,role,wecom", "S2,王敏,sales,ZHOU", "wecom", "账号「ZHOU」是几个人的: S1、S2"},
		"level":                      {"customers", "code,name,level", "C2,二院,S", "level", "「S」要写 A、B、C 之一"},
		"kind":                       {"products", "code,name,unit,kind", "P2,手套,双,赠品", "kind", "「赠品」要写 标准品、定制品、组合品 之一"},
		"bundle of nothing":          {"products", "code,name,unit,kind", "P2,套装,套,组合品", "parts", "组合品要写明由什么组成"},
		"bundle of a bundle":         {"products", "code,name,unit,kind,parts", "P2,套装,套,组合品,B1=1", "parts", "B1 自己是组合品"},
		"bundle of unknown":          {"products", "code,name,unit,kind,parts", "P2,套装,套,组合品,P9=1", "parts", "没有产品 P9"},
		"pack of nothing":            {"products", "code,name,unit,packs", "P2,手套,双,箱=0", "packs", "「箱」的换算要大于 0"},
		"pack without a size":        {"products", "code,name,unit,packs", "P2,手套,双,箱20", "packs", "「箱20」要写成 名称=值"},
		"pack of the base unit":      {"products", "code,name,unit,packs", "P2,手套,双,双=2", "packs", "「双」是基本单位，不能再换算"},
		"huge number":                {"products", "code,name,unit,price", "P2,手套,双,1e30", "price", "「1e30」太大"},
		"long code":                  {"products", "code,name,unit", strings.Repeat("P", 65) + ",手套,双", "code", "超过 64 个字"},
		"unquoted comma":             {"products", "code,name,unit", "P2,手套,加厚,双", "", "比表头多出 1 格，是不是有没加引号的逗号"},
		"price for nobody":           {"prices", "product,scope,price", "P1,老客户,8", "scope", "「老客户」要写成 客户:C001、价格组:…、等级:A、区域:… 或 全部"},
		"price for unknown customer": {"prices", "product,scope,price", "P1,客户:C9,8", "scope", "没有客户 C9"},
		"price of nothing":           {"prices", "product,price", ",8", "product", "产品编码和分类要填一个"},
		"price and discount":         {"prices", "product,price,discount", "P1,8,0.9", "price", "单价和折扣要填一个，只填一个"},
		"discount as percentage":     {"prices", "product,discount", "P1,95", "discount", "「95」要写成 0.95 这样的小数"},
		"price that ends too soon":   {"prices", "product,price,valid_from,valid_until", "P1,8,2026-02-01,2026-01-31", "valid_until", "失效时间早于生效时间"},
		"half a serial number":       {"stock", "product,warehouse,on_hand,serial", "P1,默认仓,2,SN1", "on_hand", "有序列号的在库只能是 0 或 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := s.Import(t.Context(), test.kind, []byte(test.header+"\n"+test.row+"\n"), false)
			require.NoError(t, err)
			require.Equal(t, []orders.RowError{{Row: 2, Column: test.column, Reason: test.reason}}, report.Refused)
		})
	}
	for name, test := range map[string]struct{ kind, file, message string }{
		"empty":          {"products", "", "文件是空的"},
		"unknown kind":   {"prices2", "a\nb", "没有「prices2」这种资料"},
		"missing column": {"products", "code,规格\nP1,x", "文件缺少列: 名称 (name)、单位 (unit)"},
		"column twice":   {"products", "code,name,unit,名称\nP1,x,y,z", "列「名称」有两个"},
		"open quote":     {"products", "code,name,unit\nP1,\"x,y\n", "第 2 行的引号不成对"},
		"old Excel":      {"products", "\xd0\xcf\x11\xe0....", "请另存为 .xlsx"},
		"broken Excel":   {"products", "PK\x03\x04....", "Excel 文件打不开"},
		"no text":        {"products", "\xff\x00\x81", "文字编码不认识"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Import(t.Context(), test.kind, []byte(test.file), false)
			require.Equal(t, orders.CodeInvalid, orders.ErrorCode(err))
			message, _ := orders.ErrorMessage(err)
			require.Contains(t, message, test.message)
		})
	}
}

func TestImportReadsAllKindsOfFiles(t *testing.T) {
	t.Parallel()
	text := "产品编码,名称,单位,单价,库存\nP1,医用口罩,盒,8.5,10\nP2,\"橡胶管 5\"\"\",米,1.2,20\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	book := excelize.NewFile()
	_, err = book.NewSheet("产品")
	require.NoError(t, err)
	for i, row := range [][]any{{}, {"产品编码", "名称", "单位", "单价", "库存", "BOM有效期"}, {"P1", "医用口罩", "盒", 8.5, 10}, {}, {"P2", `橡胶管 5"`, "米", 1.2, 20, time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)}} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, book.SetSheetRow("产品", cell, &row))
	}
	var xlsx bytes.Buffer
	require.NoError(t, book.Write(&xlsx))
	for name, file := range map[string]string{
		"utf-8":       text,
		"utf-8 bom":   "\xef\xbb\xbf" + text,
		"gbk":         gbk,
		"bare quote":  strings.Replace(text, `"橡胶管 5"""`, `橡胶管 5"`, 1),
		"tabs":        strings.NewReplacer(",", "\t", `"橡胶管 5"""`, `橡胶管 5"`).Replace(text),
		"xlsx":        xlsx.String(),
		"blank lines": strings.ReplaceAll(text, "\n", "\r\n,,,,\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := migrated(t, sqliteURL(t))
			report, err := s.Import(t.Context(), "products", []byte(file), false)
			require.NoError(t, err)
			require.Len(t, report.Rows, 2)
			report.Rows = nil
			require.Equal(t, orders.ImportReport{Kind: "products", Added: 2}, report)
			c, err := s.Catalog(t.Context())
			require.NoError(t, err)
			require.Equal(t, "医用口罩", c.Product("P1").Name)
			require.Equal(t, "8.5", c.Product("P1").Price.String())
			require.Equal(t, `橡胶管 5"`, c.Product("P2").Name)
			if name == "xlsx" {
				require.Equal(t, time.Date(2026, 3, 11, 15, 59, 59, 999e6, time.UTC), c.Product("P2").BOMUntil)
			}
		})
	}
}

// Headings are known by what else they are called; what stands above them is passed over, and rows keep their numbers.
func TestImportFindsTheHeadings(t *testing.T) {
	t.Parallel()
	title := "蓝海公司商品资料\n制表：周婷,2026-03-11\n\n"
	rows := "P1,口罩,50只,盒,8.5\nP2,手套,,盒,八块\n,帽子,,个,1\n"
	for name, c := range map[string]struct {
		kind, file string
		warnings   []string
		refused    []int
	}{
		"synonyms":            {"products", "货号,品名,规格型号,计量单位,含税单价\n" + rows, nil, []int{3, 4}},
		"English ones":        {"products", "Item No.,Product Name,Model,UoM,Unit Price (CNY)\n" + rows, nil, []int{3, 4}},
		"under a title":       {"products", title + "产品编码,名称,规格,单位,单价\n" + rows, []string{"表头上面的没有导入：第 1 行「蓝海公司商品资料」、第 2 行「制表：周婷 2026-03-11」"}, []int{6, 7}},
		"under a title, tabs": {"products", strings.ReplaceAll("商品资料\n货号,品名,规格,单位,售价\n"+rows, ",", "\t"), []string{"表头上面的没有导入：第 1 行「商品资料」"}, []int{4, 5}},
		"in two languages":    {"products", "产品编码,名称,规格,单位,单价\ncode,name,spec,unit,price\n" + rows, nil, []int{4, 5}},
		"its own name first":  {"products", "产品编码,品名,规格,单位,单价,货号\n" + rows, []string{"不认识的列没有导入: 货号"}, []int{3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := migrated(t, sqliteURL(t))
			report, err := s.Import(t.Context(), c.kind, []byte(c.file), true)
			require.NoError(t, err)
			require.Equal(t, c.warnings, report.Warnings)
			var refused []int
			for _, r := range report.Refused {
				refused = append(refused, r.Row)
			}
			require.Equal(t, c.refused, refused)
			report, err = s.Import(t.Context(), c.kind, []byte(strings.NewReplacer("八块", "8", ",帽子", "P3,帽子", "\t帽子", "P3\t帽子").Replace(c.file)), false)
			require.NoError(t, err)
			require.Empty(t, report.Refused)
			require.Equal(t, 3, report.Added)
			cat, err := s.Catalog(t.Context())
			require.NoError(t, err)
			require.Equal(t, "口罩 50只", cat.Product("P1").Title())
			require.Equal(t, "8.5", cat.Product("P1").Price.String())
		})
	}
	s := migrated(t, sqliteURL(t))
	_, err := s.Import(t.Context(), "products", []byte("货号,料号,品名,单位\nP1,P2,口罩,盒\n"), true)
	require.ErrorContains(t, err, "列「料号」有两个，还有「货号」")
}

func TestStockImports(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		free := func(want string) {
			t.Helper()
			got, err := s.Available(t.Context(), "P1")
			require.NoError(t, err)
			require.Equal(t, want, got["P1"].String())
		}
		products := func(stock string) orders.ImportReport {
			t.Helper()
			return load(t, s, "products", []string{"code", "name", "unit", "stock"}, []string{"P1", "导管", "根", stock})
		}
		products("10")
		o := ordertest.Order("SO202603110001", "C001", 4, "P1")
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			if err := tx.InsertOrder(o); err != nil {
				return err
			}
			return tx.Reserve(o, ordertest.Start)
		}))
		free("6")
		products("10") // the same list again changes nothing
		free("6")
		products("12") // a corrected opening stock does
		free("8")
		report, err := s.ImportRows(t.Context(), "products", [][]string{{"code", "name", "unit", "stock"}, {"P1", "导管", "根", "3"}}, false)
		require.NoError(t, err)
		require.Equal(t, []orders.RowError{{Row: 2, Column: "stock", Reason: "P1 已被订单占用，库存不能改成这么少"}}, report.Refused)
		free("8")

		// A count says what there is, by lot.
		header := []string{"产品编码", "仓库", "在库", "安全库存", "批次", "有效期"}
		report = load(t, s, "stock", header,
			[]string{"P1", "默认仓", "3", "2", "L2", "2027-01-01"}, []string{"P1", "默认仓", "4", "2", "L1", "2026-06-30"}, []string{"P1", "东仓", "5", "", "", ""})
		require.Equal(t, 3, report.Added+report.Changed)
		free("6") // without the safety stock
		require.Equal(t, 3, load(t, s, "stock", header,
			[]string{"P1", "默认仓", "3", "2", "L2", "2027-01-01"}, []string{"P1", "默认仓", "4", "2", "L1", "2026-06-30"}, []string{"P1", "东仓", "5", "", "", ""}).Unchanged)
		stock, err := s.StockOf(t.Context(), "P1")
		require.NoError(t, err)
		require.Equal(t, []orders.Stock{
			{Product: "P1", Warehouse: "默认仓", OnHand: ordertest.Decimal("7"), Reserved: ordertest.Decimal("4"), Allocated: ordertest.Decimal("0"), SafetyStock: ordertest.Decimal("2")},
			{Product: "P1", Warehouse: "东仓", OnHand: ordertest.Decimal("5"), Reserved: ordertest.Decimal("0"), Allocated: ordertest.Decimal("0"), SafetyStock: ordertest.Decimal("0")},
		}, stock)
		require.Equal(t, []string{"第 2 行: P1 盘点过，库存没有改；请用 stock 导入"}, products("99").Warnings)
		free("6")

		// What leaves comes off the lot that expires first.
		require.NoError(t, s.Do(t.Context(), func(tx *storage.Tx) error {
			if _, err := tx.Order(o.ID); err != nil {
				return err
			}
			return tx.Consume(o)
		}))
		free("6")
		load(t, s, "stock", header, []string{"P1", "默认仓", "6", "2", "L2", "2027-01-01"}) // L1 is used up
		free("9")

		report, err = s.ImportRows(t.Context(), "stock", [][]string{{"product", "warehouse", "on_hand"}, {"P9", "默认仓", "1"}}, false)
		require.NoError(t, err)
		require.Equal(t, []orders.RowError{{Row: 2, Column: "product", Reason: "没有产品 P9"}}, report.Refused)
	})
}

// The calendar's own file is a file to import; what a firm imports goes before what is built in.
func TestCalendarIsImported(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		file, err := os.ReadFile("../orders/data/calendar.csv")
		require.NoError(t, err)
		rows := strings.Count(string(file), "\n") - 1
		report, err := s.Import(t.Context(), "calendar", file, true)
		require.NoError(t, err)
		require.Len(t, report.Rows, rows)
		report.Rows = nil
		require.Equal(t, orders.ImportReport{Kind: "calendar", Added: rows}, report)

		load(t, s, "calendar",
			[]string{"日期", "类型", "名称", "年份", "来源"},
			[]string{"2027-02-06", "节假日", "春节", "2027", "国务院办公厅通知"},
			[]string{"2027/2/20", "调休上班", "春节", "", ""},
			[]string{"2026-10-10", "节假日", "厂庆", "", ""})
		c, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Equal(t, []orders.Day{
			{Date: "2027-02-06", Name: "春节", Year: 2027, Source: "国务院办公厅通知"},
			{Date: "2027-02-20", Work: true, Name: "春节", Year: 2027},
			{Date: "2026-10-10", Name: "厂庆", Year: 2026},
		}, c.Master.Days)
		day := func(m time.Month, d, year int) time.Time { return time.Date(year, m, d, 9, 0, 0, 0, time.UTC) }
		require.True(t, c.Calendar.IsWorkday(day(2, 20, 2027)))
		require.False(t, c.Calendar.IsWorkday(day(10, 10, 2026)), "worked in the built-in calendar")
		require.True(t, c.Calendar.IsWorkday(day(2, 28, 2026)))

		report, err = s.ImportRows(t.Context(), "calendar", [][]string{
			{"date", "kind", "year"},
			{"2027-05-01", "holiday", ""},
			{"2027-05-32", "holiday", ""},
			{"2027-05-02", "也许", ""},
			{"2027-05-03", "workday", "27"},
			{"2027-05-01", "holiday", ""},
		}, false)
		require.NoError(t, err)
		require.Equal(t, orders.ImportReport{Kind: "calendar", Refused: []orders.RowError{
			{Row: 3, Column: "date", Reason: "「2027-05-32」不是日期，要写成 2026-03-11"},
			{Row: 4, Column: "kind", Reason: "「也许」要写 节假日、调休上班 之一"},
			{Row: 5, Column: "year", Reason: "「27」不是年份"},
			{Row: 6, Column: "date", Reason: "与第 2 行重复"},
		}}, report)
		again, err := s.Catalog(t.Context())
		require.NoError(t, err)
		require.Len(t, again.Master.Days, 3, "all rows or none")
	})
}

// Who knows the master data of one version reads only what is newer: changed rows, and all of a customer's where one of them changed.
func TestChangesSinceAVersion(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		loadFile(t, s, "products", filepath.Join(corpus, "medical", "products.csv"))
		loadFile(t, s, "customers", filepath.Join(corpus, "medical", "customers.csv"))
		loadFile(t, s, "customer-items", filepath.Join(corpus, "medical", "customer_items.csv"))
		loadFile(t, s, "history", filepath.Join(corpus, "medical", "history.csv"))
		before, err := s.Catalog(t.Context())
		require.NoError(t, err)
		since := func(version int64, most int) *orders.CatalogChange {
			change, ok, err := s.CatalogSince(t.Context(), version, most)
			require.NoError(t, err)
			require.Equal(t, ok, change != nil)
			return change
		}
		require.Equal(t, &orders.CatalogChange{
			Version: before.Version, Items: map[orders.CustomerCode][]orders.CustomerItem{}, History: map[orders.CustomerCode][]orders.HistoryLine{},
		}, since(before.Version, 10))

		// P002 comes again as it is
		same := before.Product("P002")
		load(t, s, "products", []string{"code", "name", "unit"}, []string{"P001", "另一个名称", "盒"}, []string{"P002", same.Name, same.Unit}, []string{"P900", "额温枪", "把"})
		load(t, s, "customer-items", []string{"customer", "item", "product"}, []string{"C001", "白枪", "P900"})
		change := since(before.Version, 10)
		require.Len(t, change.Products, 2)
		require.Equal(t, orders.ProductCode("P001"), change.Products[0].Code)
		require.Equal(t, orders.ProductCode("P900"), change.Products[1].Code)
		require.Empty(t, change.Customers)
		require.Empty(t, change.History)
		require.Len(t, change.Items, 1)
		require.Len(t, change.Items["C001"], len(before.ItemsOf("C001"))+1)
		require.Equal(t, before.ItemsOf("C001"), change.Items["C001"][:len(before.ItemsOf("C001"))])
		require.Nil(t, change.Staff)
		require.Nil(t, change.Prices)
		require.Nil(t, change.Days)

		load(t, s, "staff", []string{"code", "name", "role"}, []string{"S01", "王敏", "sales"})
		load(t, s, "calendar", []string{"date", "kind"}, []string{"2026-10-10", "holiday"})
		load(t, s, "prices", []string{"product", "price"}, []string{"P900", "88"})
		load(t, s, "history", []string{"customer", "order", "date", "product", "quantity", "unit"}, []string{"C002", "SO20260301999", "2026-03-01", "P900", "3", "把"})
		change = since(change.Version, 10)
		require.Empty(t, change.Products)
		require.Len(t, change.Staff, 1)
		require.Len(t, change.Days, 1)
		require.Len(t, change.Prices, 1)
		require.Len(t, change.History["C002"], len(before.HistoryOf("C002"))+1)

		after, err := s.Catalog(t.Context())
		require.NoError(t, err)
		followed := before.With(since(before.Version, 10))
		require.Equal(t, after.Products(), followed.Products())
		require.Equal(t, after.ItemsOf("C001"), followed.ItemsOf("C001"))
		require.Equal(t, after.HistoryOf("C002"), followed.HistoryOf("C002"))
		price := func(c *orders.Catalog) string {
			p, ok := c.PriceOf(c.Customer("C002"), c.Product("P900"), orders.Purchase{Base: ordertest.Decimal("1")})
			return fmt.Sprint(p, ok)
		}
		require.Equal(t, price(after), price(followed))
		require.Nil(t, since(before.Version, 3), "more than is wanted")
		require.Nil(t, since(after.Version+1, 10), "a database that was put back")
	})
}
