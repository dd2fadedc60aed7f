package orders_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// The carrier follows from the goods, the day that is wanted and the cost, with the reason, always the same one; cold goods go to one
// with a cold chain only.
//
// feature: ST-11
func TestTheCarrierFollowsRules(t *testing.T) {
	t.Parallel()
	cat := orders.NewCatalog(orders.Master{Products: []orders.Product{
		{Code: "X1", Name: "口罩", Unit: "盒"},
		{Code: "X2", Name: "凝胶", Spec: "2～8℃", Unit: "支"},
		{Code: "X3", Name: "套装", Unit: "套", Kind: orders.ProductBundle, Parts: map[orders.ProductCode]orders.Quantity{"X2": decimal.NewFromInt(1)}},
		{Code: "X4", Name: "冷冻离心管", Unit: "支"},
	}}, nil, nil, 1)
	now := time.Date(2026, 3, 11, 10, 0, 0, 0, time.FixedZone("", 8*60*60))
	for name, test := range map[string]struct {
		product         orders.ProductCode
		by, said, note  string
		carrier, reason string
	}{
		"the cheapest":                     {"X1", "", "", "", "JT", "运费最低 ¥8.00，约 3 天"},
		"in time":                          {"X1", "2026-03-13", "", "", "JD", "赶得上交期，运费最低 ¥15.00，约 2 天"},
		"in time by a day":                 {"X1", "2026-03-14", "", "", "JT", "赶得上交期，运费最低 ¥8.00，约 3 天"},
		"too late for all":                 {"X1", "2026-03-11", "", "", "SF", "都赶不上交期，最快，运费最低 ¥18.00，约 1 天"},
		"cold goods":                       {"X2", "", "", "", "JD", "X2 要冷链，运费最低 ¥15.00，约 2 天"},
		"cold goods in a bundle, tomorrow": {"X3", "2026-03-12", "", "", "SF", "X3 要冷链，赶得上交期，运费最低 ¥18.00，约 1 天"},
		"a tube is not cold":               {"X4", "", "", "", "JT", "运费最低 ¥8.00，约 3 天"},
		"said to be cold":                  {"X1", "", "", "请走冷链", "JD", "整单 要冷链，运费最低 ¥15.00，约 2 天"},
		"promised":                         {"X1", "", "ZTO", "", "ZTO", "答应了客户"},
		"fetched":                          {"X2", "", "SELF", "", "", ""},
	} {
		o := &orders.Order{DeliverBy: test.by, Carrier: test.said, Note: test.note, Lines: []orders.Line{{No: 1, Product: test.product, Base: decimal.NewFromInt(1)}}}
		for range 20 {
			require.Equal(t, orders.Proposal{Carrier: test.carrier, Why: test.reason}, o.Propose(cat, now), name)
		}
	}

	// Of a staged order it is the day of what leaves next that counts, whatever was said of the order as a whole.
	o := &orders.Order{
		DeliverBy: "2026-03-11", Lines: []orders.Line{{No: 1, Product: "X1", Base: decimal.NewFromInt(2)}},
		Staged: &orders.Staged{Stages: []orders.Stage{
			{Due: "2026-03-13", Base: map[int]orders.Quantity{1: decimal.NewFromInt(1)}}, {Due: "2026-04-10", Base: map[int]orders.Quantity{1: decimal.NewFromInt(1)}},
		}},
	}
	require.Equal(t, orders.Proposal{Carrier: "JD", Why: "赶得上交期，运费最低 ¥15.00，约 2 天"}, o.Propose(cat, now))
	o.DeliverBy, o.Work.Stages.Sent = "", []time.Time{now}
	require.Equal(t, orders.Proposal{Carrier: "JT", Why: "赶得上交期，运费最低 ¥8.00，约 3 天"}, o.Propose(cat, now))
}

// What names an installation holds one, what says that there is none does not.
func TestInstallations(t *testing.T) {
	t.Parallel()
	cat := orders.NewCatalog(orders.Master{Products: []orders.Product{{Code: "X1", Name: "主机", Category: "需安装设备"}, {Code: "X2", Name: "口罩"}}}, nil, nil, 1)
	for note, want := range map[string]bool{"": false, "要上门安装": true, "不用安装": false, "免安装": false, "客户自行安装": false, "周五装机": true, "不需要安装，但下周一装机": true} {
		require.Equal(t, want, (&orders.Order{Note: note, Lines: []orders.Line{{Product: "X2", Name: "口罩"}}}).Installs(cat), note)
	}
	require.True(t, (&orders.Order{Lines: []orders.Line{{Product: "X1", Name: "主机"}}}).Installs(cat))
}
