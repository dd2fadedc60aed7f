package storage_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// What is read from a folder is what an import of its files makes of an empty database.
func TestFoldersAreReadAsTheyAreImported(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"medical", "hardware"} {
		s := migrated(t, sqliteURL(t))
		for kind, name := range map[string]string{"products": "products.csv", "customers": "customers.csv"} {
			loadFile(t, s, kind, filepath.Join(corpus, set, name))
		}
		for kind, name := range map[string]string{"customer-items": "customer_items.csv", "history": "history.csv"} {
			loadFile(t, s, kind, filepath.Join(corpus, set, name))
		}
		c, err := s.Catalog(t.Context())
		require.NoError(t, err)
		m, err := storage.ReadFolder(os.DirFS(filepath.Join(corpus, set)))
		require.NoError(t, err)
		require.Empty(t, c.Master.Days)
		m.Days = c.Master.Days
		require.Equal(t, c.Master, m)
	}
}

func TestFolderWithoutOptionalFiles(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	m, err := storage.ReadFolder(fstest.MapFS{
		"products.csv":  file("\ufeff名称,产品编码, 单位 ,组成,颜色\n口罩,P1,盒,,白\n套装,P9,套,P1=2,红\n\n"),
		"customers.csv": file("code,name\nC1,一院\n"),
	})
	require.NoError(t, err)
	require.Empty(t, m.History)
	require.Equal(t, []orders.ProductKind{orders.ProductStandard, orders.ProductBundle}, []orders.ProductKind{m.Products[0].Kind, m.Products[1].Kind})
	require.Equal(t, map[orders.ProductCode]orders.Quantity{"P1": ordertest.Decimal("2")}, m.Products[1].Parts)

	_, err = storage.ReadFolder(fstest.MapFS{"products.csv": file("code,name,unit,price\nP1,,盒,8\nP2,帽,个,八\n"), "history.csv": file("code\n")})
	require.EqualError(t, err, "products.csv: 第 2 行「name」: 不能为空\nproducts.csv: 第 3 行「price」: 「八」不是数字\n"+
		"open customers.csv: file does not exist\nhistory.csv: 文件缺少列: 客户编码 (customer)、订单号 (order)、日期 (date)、产品编码 (product)、数量 (quantity)")

	// What was bought twice in one order stands twice in the list.
	line := "C1,A1,2026-01-02,P1,3\n"
	m, err = storage.ReadFolder(fstest.MapFS{
		"products.csv": file("code,name,unit\nP1,口罩,盒\n"), "customers.csv": file("code,name\nC1,一院\n"), "history.csv": file("customer,order,date,product,quantity\n" + line + line),
	})
	require.NoError(t, err)
	require.Len(t, m.History, 2)
}
