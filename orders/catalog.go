package orders

import "strings"

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
	prices    priceBook
}

// NewCatalog indexes master data.
func NewCatalog(m Master, staff []Staff, prices []PriceRule, version int64) *Catalog {
	c := &Catalog{
		Master: m, Staff: staff, Prices: prices, Version: version, Calendar: NewCalendar(m.Days),
		products:  make(map[ProductCode]*Product, len(m.Products)),
		customers: make(map[CustomerCode]*Customer, len(m.Customers)),
		staff:     make(map[StaffCode]*Staff, len(staff)),
		items:     make(map[CustomerCode][]*CustomerItem),
		prices:    newPriceBook(prices),
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
