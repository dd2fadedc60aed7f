package orders

import (
	"slices"
	"strings"
)

// Catalog is a snapshot of the master data, indexed. It is immutable and safe for concurrent use.
type Catalog struct {
	// Master is what the catalog was made of; nil in one that [Catalog.With] made.
	Master *Master
	Staff  []Staff
	Prices []PriceRule
	// Absences are those that are not over yet, in the order in which they were entered.
	Absences []Absence
	Version  int64 // of the master data it was made from
	// Transits are the firm's times of carriers by region; what the program knows itself stands behind them. Weather is what people noted that
	// is not over, Delivery what the configuration says.
	Transits []Transit
	Weather  []Weather
	Delivery DeliveryTerms
	// Calendar is the built-in one with the days of the master data.
	Calendar *Calendar

	products  codes[ProductCode, Product]
	customers codes[CustomerCode, Customer]
	staff     map[StaffCode]*Staff
	items     shelf[CustomerCode, []CustomerItem]
	history   shelf[CustomerCode, []HistoryLine]
	prices    priceBook
	combined  combinations
}

// NewCatalog indexes master data.
func NewCatalog(m Master, staff []Staff, prices []PriceRule, version int64) *Catalog {
	c := &Catalog{
		Master: &m, Staff: staff, Prices: prices, Version: version, Calendar: NewCalendar(m.Days),
		products: newCodes(m.Products, codeOfProduct), customers: newCodes(m.Customers, codeOfCustomer), staff: staffByCode(staff),
		items: newShelf[CustomerCode, []CustomerItem](), history: newShelf[CustomerCode, []HistoryLine](), prices: newPriceBook(prices), combined: newCombinations(m.Options, m.Pairings),
	}
	for i := range m.Items {
		it := &m.Items[i]
		c.items.put(it.Customer, append(c.items.get(it.Customer), *it))
	}
	for i := range m.History {
		h := &m.History[i]
		c.history.put(h.Customer, append(c.history.get(h.Customer), *h))
	}
	return c
}

func staffByCode(staff []Staff) map[StaffCode]*Staff {
	out := make(map[StaffCode]*Staff, len(staff))
	for i := range staff {
		out[staff[i].Code] = &staff[i]
	}
	return out
}

// Products returns all products in the order of the imported list; it must not be changed.
func (c *Catalog) Products() []*Product { return c.products.list }

// Customers returns all customers in the order of the imported list; it must not be changed.
func (c *Catalog) Customers() []*Customer { return c.customers.list }

// ItemsOf returns a customer's own codes, names and prices of products; it must not be changed.
func (c *Catalog) ItemsOf(code CustomerCode) []CustomerItem { return c.items.get(code) }

// HistoryOf returns what a customer ordered before, as it was imported; it must not be changed.
func (c *Catalog) HistoryOf(code CustomerCode) []HistoryLine { return c.history.get(code) }

// Product returns the product of that code, nil if there is none.
func (c *Catalog) Product(code ProductCode) *Product { return c.products.by.get(code) }

// KindsOf returns what kind of product that code is and, of a bundle, what kinds its parts are, each once; nothing where there
// is no such product.
func (c *Catalog) KindsOf(code ProductCode) []ProductKind {
	p := c.Product(code)
	if p == nil {
		return nil
	}
	out := []ProductKind{p.Kind}
	for part := range p.Parts {
		if x := c.Product(part); x != nil && !slices.Contains(out, x.Kind) {
			out = append(out, x.Kind)
		}
	}
	return out
}

// IsCustom tells whether a product, or a part of it, is made to measure (定制品).
func (c *Catalog) IsCustom(code ProductCode) bool {
	return slices.Contains(c.KindsOf(code), ProductCustom)
}

// Customer returns the customer of that code, nil if there is none.
func (c *Catalog) Customer(code CustomerCode) *Customer { return c.customers.by.get(code) }

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
	if customer == nil {
		return nil
	}
	return c.staffCalled(customer.Sales)
}

// ManagerOf returns a customer's account manager (客户经理), by code or name, nil where none is known.
func (c *Catalog) ManagerOf(customer *Customer) *Staff {
	if customer == nil {
		return nil
	}
	return c.staffCalled(customer.Manager)
}

// staffCalled finds a member of the staff by code, else by name.
func (c *Catalog) staffCalled(who string) *Staff {
	if who == "" {
		return nil
	}
	if s := c.staff[StaffCode(who)]; s != nil {
		return s
	}
	for i := range c.Staff {
		if c.Staff[i].Name == who {
			return &c.Staff[i]
		}
	}
	return nil
}
