package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
)

// The rows of the master data. Lists and records are JSON as [toJSON] writes it: equal values are
// equal texts, so that rows can be compared with ==.

type productRow struct {
	Code        string `gorm:"primaryKey"`
	Seq         int64
	Version     int64
	Name        string
	Spec        string
	Unit        string
	Packs       string
	Aliases     string
	Category    string
	Price       *int64
	MOQ         int64 `gorm:"column:moq"`
	Stock       int64
	Kind        string
	Parts       string
	SafetyStock int64
	Imported    bool
	Licence     string
	BOM         string `gorm:"column:bom"`
	BOMUntil    int64  `gorm:"column:bom_until"`
	Successor   string
	Tracking    string
	Service     bool
}

func (*productRow) TableName() string { return "products" }

func (r *productRow) toDomain() (orders.Product, error) {
	p := orders.Product{
		Code: orders.ProductCode(r.Code), Name: r.Name, Spec: r.Spec, Unit: r.Unit, Category: r.Category, Price: fromMicroPtr(r.Price),
		MOQ: fromMicro(r.MOQ), Stock: fromMicro(r.Stock), Kind: orders.ProductKind(r.Kind), SafetyStock: fromMicro(r.SafetyStock),
		Imported: r.Imported, Licence: r.Licence, BOM: r.BOM, BOMUntil: fromMS(r.BOMUntil), Successor: orders.ProductCode(r.Successor),
		Tracking: r.Tracking, Service: r.Service,
	}
	err := errors.Join(fromJSON(r.Packs, &p.Packs), fromJSON(r.Aliases, &p.Aliases), fromJSON(r.Parts, &p.Parts))
	return p, wrap("stored product "+r.Code, err)
}

type customerRow struct {
	Code          string `gorm:"primaryKey"`
	Seq           int64
	Version       int64
	Name          string
	Aliases       string
	Type          string
	Level         string
	CreditGrade   string
	CreditLimit   *int64
	Terms         string
	Region        string
	HospitalLevel string
	Licence       string
	Contact       string
	Phone         string
	Address       string
	Sales         string
	Manager       string
	Catalogue     string
	PriceGroup    string
	InvoiceInfo   string
	InvoiceTitle  string
	TaxNumber     string
	Risk          bool
}

func (*customerRow) TableName() string { return "customers" }

func (r *customerRow) toDomain() (orders.Customer, error) {
	c := orders.Customer{
		Code: orders.CustomerCode(r.Code), Name: r.Name, Type: r.Type, Level: r.Level, Region: r.Region, Contact: r.Contact,
		Phone: r.Phone, Address: r.Address, Sales: r.Sales, CreditGrade: r.CreditGrade, Terms: r.Terms, HospitalLevel: r.HospitalLevel,
		Manager: r.Manager, Group: r.PriceGroup, InvoiceInfo: r.InvoiceInfo, InvoiceTitle: r.InvoiceTitle, TaxNumber: r.TaxNumber, Risk: r.Risk,
	}
	if r.CreditLimit != nil {
		limit := orders.Money(*r.CreditLimit)
		c.CreditLimit = &limit
	}
	var licences map[string]int64
	err := errors.Join(fromJSON(r.Aliases, &c.Aliases), fromJSON(r.Licence, &licences), fromJSON(r.Catalogue, &c.Catalogue))
	for name, until := range licences {
		if c.Licences == nil {
			c.Licences = make(map[string]time.Time)
		}
		c.Licences[name] = fromMS(until)
	}
	return c, wrap("stored customer "+r.Code, err)
}

type itemRow struct {
	Customer string `gorm:"primaryKey"`
	Item     string `gorm:"primaryKey"`
	Seq      int64
	Version  int64
	Product  string
	Price    *int64
}

func (*itemRow) TableName() string { return "customer_items" }

func (r *itemRow) toDomain() (orders.CustomerItem, error) {
	return orders.CustomerItem{
		Customer: orders.CustomerCode(r.Customer), Item: r.Item, Product: orders.ProductCode(r.Product), Price: fromMicroPtr(r.Price),
	}, nil
}

type priceRow struct {
	Product      string `gorm:"primaryKey"`
	Category     string `gorm:"primaryKey"`
	Scope        string `gorm:"primaryKey"`
	FromQuantity int64  `gorm:"primaryKey"`
	FromAmount   int64  `gorm:"primaryKey"`
	Mode         string `gorm:"primaryKey"`
	ValidFrom    int64  `gorm:"primaryKey"`
	Seq          int64
	Version      int64
	Price        *int64
	Discount     *int64
	ValidUntil   int64
}

func (*priceRow) TableName() string { return "prices" }

func (r *priceRow) toDomain() (orders.PriceRule, error) {
	return orders.PriceRule{
		Product: orders.ProductCode(r.Product), Category: r.Category, Scope: r.Scope, FromQuantity: fromMicro(r.FromQuantity),
		FromAmount: orders.Money(r.FromAmount), Price: fromMicroPtr(r.Price), Discount: fromMicroPtr(r.Discount), Mode: r.Mode,
		ValidFrom: fromMS(r.ValidFrom), ValidUntil: fromMS(r.ValidUntil),
	}, nil
}

type staffRow struct {
	Code      string `gorm:"primaryKey"`
	Seq       int64
	Version   int64
	Name      string
	Roles     string
	WeCom     string `gorm:"column:wecom"`
	DingTalk  string `gorm:"column:dingtalk"`
	Phone     string
	Email     string
	Deputy    string
	Superior  string
	Warehouse string
	Region    string
}

func (*staffRow) TableName() string { return "staff" }

func (r *staffRow) toDomain() (orders.Staff, error) {
	m := orders.Staff{
		Code: orders.StaffCode(r.Code), Name: r.Name, WeCom: r.WeCom, DingTalk: r.DingTalk, Phone: r.Phone, Email: r.Email,
		Deputy: orders.StaffCode(r.Deputy), Superior: orders.StaffCode(r.Superior), Warehouse: r.Warehouse, Region: r.Region,
	}
	return m, wrap("stored staff "+r.Code, fromJSON(r.Roles, &m.Roles))
}

type historyRow struct {
	Customer string `gorm:"primaryKey"`
	OrderNo  string `gorm:"primaryKey"`
	Product  string `gorm:"primaryKey"`
	Unit     string `gorm:"primaryKey"`
	Date     string `gorm:"primaryKey"`
	Seq      int64
	Version  int64
	Quantity int64
}

func (*historyRow) TableName() string { return "history" }

func (r *historyRow) toDomain() (orders.HistoryLine, error) {
	return orders.HistoryLine{
		Customer: orders.CustomerCode(r.Customer), Order: r.OrderNo, Date: r.Date, Product: orders.ProductCode(r.Product), Quantity: fromMicro(r.Quantity), Unit: r.Unit,
	}, nil
}

type dayRow struct {
	Date    string `gorm:"primaryKey"`
	Seq     int64
	Version int64
	Kind    string
	Name    string
	Year    int
	Source  string
}

func (*dayRow) TableName() string { return "calendar" }

func (r *dayRow) toDomain() (orders.Day, error) {
	return orders.Day{Date: r.Date, Work: r.Kind == dayWork, Name: r.Name, Year: r.Year, Source: r.Source}, nil
}

type optionRow struct {
	Product  string `gorm:"primaryKey"`
	Category string `gorm:"primaryKey"`
	Name     string `gorm:"primaryKey"`
	Seq      int64
	Version  int64
	Choices  string
	Needed   bool
}

func (*optionRow) TableName() string { return "product_options" }

func (r *optionRow) toDomain() (orders.Option, error) {
	o := orders.Option{Product: orders.ProductCode(r.Product), Category: r.Category, Name: r.Name, Needed: r.Needed}
	return o, wrap("stored option "+r.Name, fromJSON(r.Choices, &o.Values))
}

type pairingRow struct {
	Product    string `gorm:"primaryKey"`
	Category   string `gorm:"primaryKey"`
	FirstSide  string `gorm:"primaryKey"`
	SecondSide string `gorm:"primaryKey"`
	Seq        int64
	Version    int64
	Kind       string
	Reason     string
}

func (*pairingRow) TableName() string { return "product_pairings" }

func (r *pairingRow) toDomain() (orders.Pairing, error) {
	p := orders.Pairing{
		Product: orders.ProductCode(r.Product), Category: r.Category, First: orders.ParseChoice(r.FirstSide), Kind: orders.PairingKind(r.Kind), Reason: r.Reason,
	}
	for side := range strings.SplitSeq(r.SecondSide, "|") {
		p.Second = append(p.Second, orders.ParseChoice(side))
	}
	return p, nil
}

// CatalogVersion counts the imports. It is read often, to see whether a catalog is still good.
func (s *Store) CatalogVersion(ctx context.Context) (int64, error) {
	return catalogVersion(s.db.WithContext(ctx))
}

func catalogVersion(db *gorm.DB) (int64, error) {
	var version int64
	err := db.Raw("SELECT value FROM counters WHERE name = 'catalog'").Scan(&version).Error
	return version, wrap("read catalog version", err)
}

// Catalog reads all master data as they are at one moment, in the order of the imported lists.
func (s *Store) Catalog(ctx context.Context) (*orders.Catalog, error) {
	var catalog *orders.Catalog
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		version, err := catalogVersion(db)
		if err != nil {
			return err
		}
		var m orders.Master
		if m.Products, err = readAll(db, "products", (*productRow).toDomain); err != nil {
			return err
		}
		if m.Customers, err = readAll(db, "customers", (*customerRow).toDomain); err != nil {
			return err
		}
		if m.Items, err = readAll(db, "customer_items", (*itemRow).toDomain); err != nil {
			return err
		}
		if m.History, err = readAll(db, "history", (*historyRow).toDomain); err != nil {
			return err
		}
		if m.Days, err = readAll(db, "calendar", (*dayRow).toDomain); err != nil {
			return err
		}
		if m.Options, err = readAll(db, "product_options", (*optionRow).toDomain); err != nil {
			return err
		}
		if m.Pairings, err = readAll(db, "product_pairings", (*pairingRow).toDomain); err != nil {
			return err
		}
		staff, err := readAll(db, "staff", (*staffRow).toDomain)
		if err != nil {
			return err
		}
		prices, err := readAll(db, "prices", (*priceRow).toDomain)
		if err != nil {
			return err
		}
		catalog = orders.NewCatalog(m, staff, prices, version)
		catalog.Delivery = s.opts.Delivery
		if catalog.Transits, err = readAll(db, "transits", (*transitRow).toDomain); err != nil {
			return err
		}
		if catalog.Weather, err = weatherSince(db, s.today()); err != nil {
			return err
		}
		catalog.Absences, err = absences(db, "state < 2")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	return catalog, nil
}

// CatalogSince reads what changed in the master data since a version of them, as they are at one moment. It is not ok where more than most
// rows did, or where the database has come to an older version: then all is to be read anew.
func (s *Store) CatalogSince(ctx context.Context, since int64, most int) (change *orders.CatalogChange, ok bool, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		c := &orders.CatalogChange{}
		if c.Version, err = catalogVersion(db); err != nil || c.Version < since {
			return err
		}
		rows := 0
		for _, table := range []string{"products", "customers", "customer_items", "history"} {
			var n int
			if err := db.Raw("SELECT COUNT(*) FROM "+table+" WHERE version > ?", since).Scan(&n).Error; err != nil {
				return err
			}
			rows += n
		}
		if rows > most {
			return nil
		}
		if c.Products, err = readSome(db, "products", "version > ?", since, (*productRow).toDomain); err != nil {
			return err
		}
		if c.Customers, err = readSome(db, "customers", "version > ?", since, (*customerRow).toDomain); err != nil {
			return err
		}
		const ofThese = "customer IN (SELECT customer FROM %s WHERE version > ?)"
		items, err := readSome(db, "customer_items", fmt.Sprintf(ofThese, "customer_items"), since, (*itemRow).toDomain)
		if err != nil {
			return err
		}
		c.Items = byCustomer(items, func(it *orders.CustomerItem) orders.CustomerCode { return it.Customer })
		history, err := readSome(db, "history", fmt.Sprintf(ofThese, "history"), since, (*historyRow).toDomain)
		if err != nil {
			return err
		}
		c.History = byCustomer(history, func(h *orders.HistoryLine) orders.CustomerCode { return h.Customer })
		const anyOf = "EXISTS (SELECT 1 FROM %s WHERE version > ?)"
		if c.Staff, err = readSome(db, "staff", fmt.Sprintf(anyOf, "staff s"), since, (*staffRow).toDomain); err != nil {
			return err
		}
		if c.Prices, err = readSome(db, "prices", fmt.Sprintf(anyOf, "prices p"), since, (*priceRow).toDomain); err != nil {
			return err
		}
		if c.Days, err = readSome(db, "calendar", fmt.Sprintf(anyOf, "calendar d"), since, (*dayRow).toDomain); err != nil {
			return err
		}
		if c.Transits, err = readSome(db, "transits", fmt.Sprintf(anyOf, "transits t"), since, (*transitRow).toDomain); err != nil {
			return err
		}
		if c.Options, err = readSome(db, "product_options", fmt.Sprintf(anyOf, "product_options x"), since, (*optionRow).toDomain); err != nil {
			return err
		}
		if c.Pairings, err = readSome(db, "product_pairings", fmt.Sprintf(anyOf, "product_pairings x"), since, (*pairingRow).toDomain); err != nil {
			return err
		}
		if c.Weather, err = weatherSince(db, s.today()); err != nil {
			return err
		}
		if c.Absences, err = absences(db, "state < 2"); err == nil {
			change = c
		}
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read changes of the catalog: %w", err)
	}
	return change, change != nil, nil
}

// today is the day in Beijing.
func (s *Store) today() string { return s.now().In(beijing).Format(time.DateOnly) }

func byCustomer[T any](rows []T, customer func(*T) orders.CustomerCode) map[orders.CustomerCode][]T {
	out := map[orders.CustomerCode][]T{}
	for i := range rows {
		code := customer(&rows[i])
		out[code] = append(out[code], rows[i])
	}
	return out
}

func readAll[R, D any](db *gorm.DB, table string, toDomain func(*R) (D, error)) ([]D, error) {
	return readSome(db, table, "version > ?", -1, toDomain)
}

// readSome reads rows of the master data in the order of the imported lists; where asks for a version. No rows are nil.
func readSome[R, D any](db *gorm.DB, table, where string, version int64, toDomain func(*R) (D, error)) ([]D, error) {
	var rows []R
	if err := db.Raw("SELECT * FROM "+table+" WHERE "+where+" ORDER BY seq", version).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]D, len(rows))
	for i := range rows {
		var err error
		if out[i], err = toDomain(&rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// StockOf returns the stock of a product by warehouse, the default warehouse first.
func (s *Store) StockOf(ctx context.Context, product orders.ProductCode) ([]orders.Stock, error) {
	var rows []stockRow
	if err := s.db.WithContext(ctx).Raw("SELECT * FROM stock WHERE product = ? ORDER BY warehouse", string(product)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read stock of %s: %w", product, err)
	}
	defaultFirst(rows)
	out := make([]orders.Stock, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// Warehouses returns the names of all that have stock, or had.
func (s *Store) Warehouses(ctx context.Context) ([]string, error) {
	var out []string
	if err := s.db.WithContext(ctx).Raw("SELECT DISTINCT warehouse FROM stock ORDER BY warehouse").Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read warehouses: %w", err)
	}
	return out, nil
}
