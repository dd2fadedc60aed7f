package intake_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

func TestLoadMaster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"products.csv":  "\ufeffcode,name,spec,unit,packs,aliases,category,price,moq,stock\nP1,白醋,9度,瓶,件=12;托=600,醋|米醋,调味,5.2,1,100\nP2,纸杯,,条,只=0.02,,餐具,,,\n",
		"customers.csv": "code,name,aliases,level,region,contact,phone,address,sales\nC1,望江楼,江楼,A,临江,陶经理,138,滨江路8号,小郑\n",
		"history.csv":   "customer,order,date,product,quantity,unit\nC1,S1,2026-01-02,P1,3,件\n",
	})
	m, err := intake.LoadMaster(dir)
	require.NoError(t, err)
	require.Len(t, m.Products, 2)
	require.Equal(t, []string{"醋", "米醋"}, m.Products[0].Aliases)
	require.Equal(t, "托", m.Products[0].Packs[1].Unit)
	require.Equal(t, "0.02", m.Products[1].Packs[0].Size.String())
	require.Nil(t, m.Products[1].Price)
	require.Equal(t, "陶经理", m.Customers[0].Contact)
	require.Len(t, m.History, 1)
}

func TestLoadMasterReportsEveryMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"products.csv":       "code,name,spec,unit,packs,aliases,category,price,moq,stock\nP1,白醋,,瓶,件12,,,abc,1,1\nP1,白醋,,瓶,,,,1,1,1\n,土豆,,斤,,,,1,1,1\n",
		"customers.csv":      "code,name,aliases,level,region,contact,phone,address,sales\nC1,望江楼,,X,,,,,\n",
		"customer_items.csv": "customer,item,product,price\nC9,甲,P1,1\nC1,乙,P9,1\n",
		"history.csv":        "customer,order,date,product,quantity,unit\nC1,S1,1月2日,P1,3,件\n",
	})
	_, err := intake.LoadMaster(dir)
	require.Error(t, err)
	for _, want := range []string{
		`products.csv row 2: packs: "件12"`, `products.csv row 2: price: "abc"`, "products.csv row 3: code P1 is there twice", "products.csv row 4: code is empty",
		`customers.csv row 2: level: "X"`, "customer_items.csv row 2: customer C9", "customer_items.csv row 3: product P9", `history.csv row 2: date: "1月2日"`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = intake.LoadMaster(filepath.Join(dir, "nowhere"))
	require.ErrorContains(t, err, "products.csv")
}
