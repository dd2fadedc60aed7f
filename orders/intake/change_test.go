package intake_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/ordertest"
)

// A lexicon that follows changes of the master data reads as one that is built of them all.
func TestAChangedLexiconReadsAsANewOne(t *testing.T) {
	t.Parallel()
	shop, err := intake.LoadMaster("testdata/corpus/hardware")
	require.NoError(t, err)
	pool := ordertest.Catalogue(shop, 300, 100)
	at := wednesday(t)
	messages := append(corpusMessages(t, "hardware")[:8], corpusMessages(t, "medical")[:2]...)
	rapid.Check(t, func(rt *rapid.T) {
		m := &orders.Master{Products: slices.Clone(pool.Products[:40]), Customers: slices.Clone(pool.Customers[:20])}
		m.Products, m.Customers = append(m.Products, shop.Products...), append(m.Customers, shop.Customers...)
		m.Items, m.History = slices.Clone(shop.Items), slices.Clone(shop.History)
		followed := intake.NewLexicon(m)
		var old []orders.Product
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			was := m
			var c intake.Change
			m, c = changed(rt, m, pool)
			for _, p := range c.Products {
				if i := slices.IndexFunc(was.Products, func(q orders.Product) bool { return q.Code == p.Code }); i >= 0 {
					old = append(old, was.Products[i], was.Products[i], was.Products[i], p, p)
				}
			}
			followed = followed.With(c)
		}
		fresh := intake.NewLexicon(m)
		texts := slices.Clone(messages)
		for range 6 {
			p, b := rapid.SampledFrom(slices.Concat(m.Products, old)).Draw(rt, "product"), rapid.SampledFrom(m.Customers).Draw(rt, "customer")
			said := rapid.SampledFrom(append([]string{p.Name, p.Title(), string(p.Code)}, p.Aliases...)).Draw(rt, "said")
			who := rapid.SampledFrom(append([]string{b.Name, b.Contact, b.Address, b.Phone}, b.Aliases...)).Draw(rt, "who")
			texts = append(texts, intake.Message{ID: "m", Time: at, Role: intake.RoleSales, Text: fmt.Sprintf("%s 要%s 3%s，%s5个", who, said, p.Unit, pool.Products[0].Name)})
		}
		for _, msg := range texts {
			want, _ := fresh.Read(msg, nil)
			got, _ := followed.Read(msg, nil)
			require.Equal(rt, want, got, "%s", msg.Text)
		}
	})
}

// changed draws a change of m and returns what m is then.
func changed(rt *rapid.T, m, pool *orders.Master) (*orders.Master, intake.Change) {
	m = &orders.Master{Products: slices.Clone(m.Products), Customers: slices.Clone(m.Customers), Items: m.Items, History: m.History}
	c := intake.Change{Items: map[orders.CustomerCode][]orders.CustomerItem{}, History: map[orders.CustomerCode][]orders.HistoryLine{}}
	k := rapid.IntRange(0, len(m.Products)-1).Draw(rt, "product")
	b := rapid.IntRange(0, len(m.Customers)-1).Draw(rt, "customer")
	other := rapid.SampledFrom(pool.Products).Draw(rt, "other")
	switch what := rapid.SampledFrom([]string{"new product", "alias", "renamed", "gone", "new customer", "customer", "customer gone", "items", "history"}).Draw(rt, "what"); what {
	case "new product":
		p := other
		p.Code, p.Name = "NEW-1", p.Name+"新款"
		if i := slices.IndexFunc(m.Products, func(q orders.Product) bool { return q.Code == p.Code }); i >= 0 {
			m.Products[i] = p
		} else {
			m.Products = append(m.Products, p)
		}
		c.Products = append(c.Products, p)
	case "alias", "renamed":
		p := m.Products[k]
		if what == "alias" {
			p.Aliases = append(slices.Clone(p.Aliases), rapid.SampledFrom([]string{"小六角", "宝贝阀", "4分弯头", "螺丝"}).Draw(rt, "alias"))
		} else {
			p.Name, p.Spec, p.Unit, p.Packs, p.Aliases = other.Name, other.Spec, other.Unit, other.Packs, nil
		}
		m.Products[k] = p
		c.Products = append(c.Products, p)
	case "gone":
		code := m.Products[k].Code
		m.Products = slices.Delete(m.Products, k, k+1)
		m.Items = slices.DeleteFunc(slices.Clone(m.Items), func(it orders.CustomerItem) bool { return it.Product == code })
		c.GoneProducts = append(c.GoneProducts, code)
	case "new customer", "customer":
		p := rapid.SampledFrom(pool.Customers).Draw(rt, "other customer")
		if what == "customer" {
			p.Code = m.Customers[b].Code
			m.Customers[b] = p
		} else {
			p.Code = "NEW-2"
			if i := slices.IndexFunc(m.Customers, func(q orders.Customer) bool { return q.Code == p.Code }); i >= 0 {
				m.Customers[i] = p
			} else {
				m.Customers = append(m.Customers, p)
			}
		}
		c.Customers = append(c.Customers, p)
	case "customer gone":
		code := m.Customers[b].Code
		m.Customers = slices.Delete(m.Customers, b, b+1)
		c.GoneCustomers = append(c.GoneCustomers, code)
	case "items":
		code := m.Customers[b].Code
		price := decimal.NewFromInt(7)
		m.Items = append(slices.Clone(m.Items), orders.CustomerItem{Customer: code, Item: "我家的阀", Product: m.Products[k].Code, Price: &price})
		for _, it := range m.Items {
			if it.Customer == code {
				c.Items[code] = append(c.Items[code], it)
			}
		}
	case "history":
		code := m.Customers[b].Code
		m.History = append(slices.Clone(m.History), orders.HistoryLine{
			Customer: code, Order: "SO20260301999", Date: "2026-03-01", Product: m.Products[k].Code, Quantity: decimal.NewFromInt(3), Unit: m.Products[k].Unit,
		})
		for _, h := range m.History {
			if h.Customer == code {
				c.History[code] = append(c.History[code], h)
			}
		}
	}
	return m, c
}
