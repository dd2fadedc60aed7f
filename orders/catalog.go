package orders

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// PriceRule is one row of the price lists: for whom, from which quantity or amount, when.
type PriceRule struct {
	Product      ProductCode // or
	Category     string
	Scope        string   // 客户:C001, 价格组:…, 等级:A, 区域:…, 全部
	FromQuantity Quantity // base units
	FromAmount   Money
	Price        *decimal.Decimal // yuan for one base unit, or
	Discount     *decimal.Decimal // of the list price, 0.95
	Mode         string           // 标准, 寄售, 按需结算, 年度框架
	ValidFrom    time.Time        // zero: always
	ValidUntil   time.Time        // zero: for ever
}

// Catalog is a snapshot of the master data, indexed. It is immutable and safe for concurrent use.
type Catalog struct {
	Master
	Staff  []Staff
	Prices []PriceRule
	// Absences are those that are not over yet, in the order in which they were entered.
	Absences []Absence
	Version  int64 // of the master data it was made from
	// Calendar is the built-in one with the days of the master data.
	Calendar *Calendar

	products  map[ProductCode]*Product
	customers map[CustomerCode]*Customer
	staff     map[StaffCode]*Staff
	items     map[CustomerCode][]*CustomerItem
}

// NewCatalog indexes master data.
func NewCatalog(m Master, staff []Staff, prices []PriceRule, version int64) *Catalog {
	c := &Catalog{
		Master: m, Staff: staff, Prices: prices, Version: version, Calendar: NewCalendar(m.Days),
		products:  make(map[ProductCode]*Product, len(m.Products)),
		customers: make(map[CustomerCode]*Customer, len(m.Customers)),
		staff:     make(map[StaffCode]*Staff, len(staff)),
		items:     make(map[CustomerCode][]*CustomerItem),
	}
	for i := range m.Products {
		c.products[m.Products[i].Code] = &m.Products[i]
	}
	for i := range m.Customers {
		c.customers[m.Customers[i].Code] = &m.Customers[i]
	}
	for i := range staff {
		c.staff[staff[i].Code] = &staff[i]
	}
	for i := range m.Items {
		it := &m.Items[i]
		c.items[it.Customer] = append(c.items[it.Customer], it)
	}
	return c
}

// Product returns the product of that code, nil if there is none.
func (c *Catalog) Product(code ProductCode) *Product { return c.products[code] }

// Customer returns the customer of that code, nil if there is none.
func (c *Catalog) Customer(code CustomerCode) *Customer { return c.customers[code] }

// StaffByCode returns the member of the staff of that code, nil if there is none.
func (c *Catalog) StaffByCode(code StaffCode) *Staff { return c.staff[code] }

// StaffByAccount returns the member of the staff whom a platform knows by that account, nil for
// a stranger. Account ids of WeCom are compared without case, as the platform does.
func (c *Catalog) StaffByAccount(p Platform, account string) *Staff {
	if account == "" {
		return nil
	}
	for i := range c.Staff {
		s := &c.Staff[i]
		if p == WeCom && strings.EqualFold(s.WeCom, account) || p == DingTalk && s.DingTalk == account {
			return s
		}
	}
	return nil
}

// StaffWith returns all who hold the role, in the order of the staff list.
func (c *Catalog) StaffWith(role Role) []*Staff {
	var out []*Staff
	for i := range c.Staff {
		if c.Staff[i].Has(role) {
			out = append(out, &c.Staff[i])
		}
	}
	return out
}

// SalesOf returns who owns the orders of a customer: the salesperson of the customer's record, by
// code or name, nil where none is known.
func (c *Catalog) SalesOf(customer *Customer) *Staff {
	if customer == nil || customer.Sales == "" {
		return nil
	}
	if s := c.staff[StaffCode(customer.Sales)]; s != nil {
		return s
	}
	for i := range c.Staff {
		if c.Staff[i].Name == customer.Sales {
			return &c.Staff[i]
		}
	}
	return nil
}

// Price is what one base unit costs a customer, in yuan, and which rule says so.
type Price struct {
	Yuan decimal.Decimal
	Rule string // for people
	Mode string
}

// PriceOf returns the customer's price of one base unit when so many base units are bought at a
// moment, and false where there is no price. The most specific scope wins: the customer's own
// price, then customer, group, level, region, all, then the list price; within a scope the row
// with the highest threshold that is reached.
func (c *Catalog) PriceOf(customer *Customer, p *Product, base Quantity, at time.Time) (Price, bool) {
	if customer != nil {
		for _, it := range c.items[customer.Code] {
			if it.Product == p.Code && it.Price != nil {
				return Price{Yuan: *it.Price, Rule: "客户协议价", Mode: "标准"}, true
			}
		}
	}
	best, bestRank := -1, 0
	for i := range c.Prices {
		r := &c.Prices[i]
		rank := r.rank(customer)
		if rank == 0 || rank < bestRank || !r.covers(p, base, at) {
			continue
		}
		if rank > bestRank || best < 0 || c.Prices[best].FromQuantity.LessThan(r.FromQuantity) || c.Prices[best].FromAmount < r.FromAmount {
			best, bestRank = i, rank
		}
	}
	if best >= 0 {
		r := &c.Prices[best]
		mode := r.Mode
		if mode == "" {
			mode = "标准"
		}
		switch {
		case r.Price != nil:
			return Price{Yuan: *r.Price, Rule: "价格表 " + r.Scope, Mode: mode}, true
		case r.Discount != nil && p.Price != nil:
			return Price{Yuan: p.Price.Mul(*r.Discount), Rule: "价格表 " + r.Scope, Mode: mode}, true
		}
	}
	if p.Price == nil {
		return Price{}, false
	}
	return Price{Yuan: *p.Price, Rule: "目录价", Mode: "标准"}, true
}

// rank tells how specific the rule's scope is for a customer; 0: not for this customer.
func (r *PriceRule) rank(customer *Customer) int {
	kind, value, _ := strings.Cut(strings.ReplaceAll(r.Scope, "：", ":"), ":")
	kind, value = strings.TrimSpace(kind), strings.TrimSpace(value)
	if kind == "全部" || kind == "" {
		return 1
	}
	if customer == nil || value == "" {
		return 0
	}
	switch {
	case kind == "客户" && value == string(customer.Code):
		return 5
	case kind == "价格组" && value == customer.Group:
		return 4
	case kind == "等级" && value == customer.Level:
		return 3
	case kind == "区域" && value == customer.Region:
		return 2
	default:
		return 0
	}
}

// covers tells whether the rule is about that product, amount and moment.
func (r *PriceRule) covers(p *Product, base Quantity, at time.Time) bool {
	if r.Product != "" && r.Product != p.Code || r.Product == "" && r.Category != p.Category {
		return false
	}
	if !r.ValidFrom.IsZero() && at.Before(r.ValidFrom) || !r.ValidUntil.IsZero() && !at.Before(r.ValidUntil) {
		return false
	}
	if base.LessThan(r.FromQuantity) {
		return false
	}
	return r.FromAmount == 0 || p.Price != nil && MoneyOf(p.Price.Mul(base)) >= r.FromAmount
}
