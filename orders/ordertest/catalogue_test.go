package ordertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
)

func TestCatalogueIsTheSameEachTimeAndHoldsTheBase(t *testing.T) {
	t.Parallel()
	base := &orders.Master{Products: []orders.Product{{Code: "X1", Name: "口罩", Unit: "盒"}}, Customers: []orders.Customer{{Code: "Y1", Name: "一院"}}}
	m := ordertest.Catalogue(base, 3000, 1000)
	require.Equal(t, m, ordertest.Catalogue(base, 3000, 1000))
	require.Len(t, m.Products, 3000)
	require.Len(t, m.Customers, 1000)
	codes, titles := map[orders.ProductCode]bool{}, map[string]bool{}
	for i := range m.Products {
		codes[m.Products[i].Code], titles[m.Products[i].Title()] = true, true
	}
	require.Len(t, codes, 3000)
	require.Len(t, titles, 3000)
	require.True(t, codes["X1"])
	require.NotEmpty(t, m.Items)
	require.NotEmpty(t, m.History)
}
