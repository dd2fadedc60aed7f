package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

func TestWhatNamesItsFieldIsTaken(t *testing.T) {
	t.Parallel()
	catalog := orders.NewCatalog(orders.Master{Customers: []orders.Customer{{Code: "C001", Name: "远山诊所"}}}, nil, nil, 1)
	for text, want := range map[string]map[string]string{
		"外科口罩20箱，BOM层级：二级":     {orders.ExtraBOM: "二级"},
		"二级BOM，外科口罩20箱":        {orders.ExtraBOM: "二级"},
		"bom第3层 外科口罩20箱":       {orders.ExtraBOM: "第3层"},
		"物料BOM层级2，外科口罩20箱":     {orders.ExtraBOM: "2"},
		"外科口罩20箱 交付优先级高":       {orders.ExtraPriority: "高"},
		"优先级：P1\n外科口罩20箱":      {orders.ExtraPriority: "P1"},
		"外科口罩20箱，包装要求：真空":      {orders.ExtraPacking: "真空"},
		"客户编码：K-2031 外科口罩20箱":  {orders.ExtraCustomerCode: "K-2031"},
		"客户编码C001 外科口罩20箱":     nil,
		"外科口罩20箱，优先发货":         nil,
		"外科口罩优先20箱":            nil,
		"优先中号手套10盒":            nil,
		"优先高值耗材5盒":             nil,
		"订单优先级2箱手套":            nil,
		"按新BOM 50套线束":          nil,
		"客户编号 5箱手套":            nil,
		"包装方式10袋/盒的手套5盒":       nil,
		"包装方式：10袋/盒的手套5盒":      nil,
		"BOM表发你了，外科口罩20箱":      nil,
		"外科口罩20箱，优先级别太低就别发":    nil,
		"外科口罩20箱，特殊包装要求：木箱，防潮": {orders.ExtraPacking: "木箱"},
	} {
		s := &session{books: &Books{Catalog: catalog}}
		rest := s.takeManufacturing(text)
		require.Equal(t, want, s.extra, text)
		require.Len(t, []rune(rest), len([]rune(text)), "what is quoted still stands where it stood")
	}
}
