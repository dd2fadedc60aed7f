package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

type transitRow struct {
	Carrier string `gorm:"primaryKey"`
	Region  string `gorm:"primaryKey"`
	Days    int
	Daily   bool
	Seq     int64
	Version int64
}

func (*transitRow) TableName() string { return "transits" }

func (r *transitRow) toDomain() (orders.Transit, error) {
	return orders.Transit{Carrier: r.Carrier, Region: r.Region, Days: r.Days, Daily: r.Daily}, nil
}

var transitColumns = []column[transitRow]{
	{"carrier", "承运商", true, cell[transitRow]{setTransitCarrier, func(r *transitRow) string { return logistics.Name(r.Carrier) }}},
	{"region", "区域", true, text(nameLen, func(r *transitRow) *string { return &r.Region })},
	{"days", "天数", true, cell[transitRow]{setTransitDays, func(r *transitRow) string { return strconv.Itoa(r.Days) }}},
	{"daily", "周末派送", false, flag(func(r *transitRow) *bool { return &r.Daily })},
}

func setTransitCarrier(r *transitRow, text string) error {
	c, ok := logistics.Find(text)
	if !ok || c.Code == logistics.Self {
		return fmt.Errorf("没有「%s」这家快递", text)
	}
	r.Carrier = c.Code
	return nil
}

func setTransitDays(r *transitRow, text string) (err error) {
	if r.Days, err = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, "天"))); err != nil || r.Days < 0 || r.Days > 60 {
		return fmt.Errorf("「%s」要写 0 到 60 的天数", text)
	}
	return nil
}

func (im *importer) transits() error {
	byKey := func(r *transitRow) string { return key(r.Carrier, r.Region) }
	stored, err := load(im.db, "transits", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, transitColumns, stored, byKey, "region")
	if err != nil {
		return err
	}
	var customers []customerRow
	if err := im.db.Raw("SELECT code, region, address FROM customers").Scan(&customers).Error; err != nil {
		return fmt.Errorf("read customers: %w", err)
	}
	m := orders.Master{Customers: make([]orders.Customer, len(customers))}
	for i := range customers {
		m.Customers[i] = orders.Customer{Code: orders.CustomerCode(customers[i].Code), Region: customers[i].Region, Address: customers[i].Address}
	}
	known := orders.NewCatalog(m, nil, nil, 0)
	for i := range records {
		if r := &records[i]; !known.KnowsRegion(r.row.Region) {
			im.warn("第 %d 行: 没有客户在「%s」，可以写 华东 这样的大区、省、市，或 全国", r.no, r.row.Region)
		}
	}
	return store(im, "transits", transitColumns, records, func(r *transitRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

type weatherRow struct {
	ID       int64 `gorm:"primaryKey"`
	Region   string
	Days     int
	FromDay  string
	UntilDay string
	Why      string
	ByStaff  string
	At       int64
	Version  int64
}

func (*weatherRow) TableName() string { return "weather" }

// weatherSince reads the entries that are not over on a day, oldest first.
func weatherSince(db *gorm.DB, today string) ([]orders.Weather, error) {
	var rows []weatherRow
	if err := db.Raw("SELECT * FROM weather WHERE until_day >= ? ORDER BY id", today).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read weather: %w", err)
	}
	var out []orders.Weather
	for _, r := range rows {
		out = append(out, orders.Weather{ID: r.ID, Region: r.Region, Days: r.Days, From: r.FromDay, Until: r.UntilDay, Why: r.Why, By: orders.StaffCode(r.ByStaff)})
	}
	return out, nil
}

// NoteWeather stores an entry, in place of those of its region that are not over. It returns the version
// of the catalog that has it; all replicas know within seconds.
func (tx *Tx) NoteWeather(w orders.Weather, today string) (int64, error) {
	version, err := tx.add("counters", "name", "value", "catalog", 1)
	if err != nil {
		return 0, fmt.Errorf("note weather: %w", err)
	}
	if _, err := tx.endWeather(w.Region, today, version); err != nil {
		return 0, err
	}
	row := weatherRow{
		Region: w.Region, Days: w.Days, FromDay: w.From, UntilDay: w.Until, Why: w.Why, ByStaff: string(w.By), At: toMS(tx.s.now()), Version: version,
	}
	return version, wrap("note weather", tx.db.Create(&row).Error)
}

// EndWeather ends the entries of a region that are not over, and returns how many there were.
func (tx *Tx) EndWeather(region, today string) (int, error) {
	version, err := tx.add("counters", "name", "value", "catalog", 1)
	if err != nil {
		return 0, fmt.Errorf("end weather: %w", err)
	}
	return tx.endWeather(region, today, version)
}

func (tx *Tx) endWeather(region, today string, version int64) (int, error) {
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return 0, fmt.Errorf("end weather: %w", err)
	}
	r := tx.db.Exec("UPDATE weather SET until_day = ?, version = ? WHERE region = ? AND until_day >= ?", day.AddDate(0, 0, -1).Format(time.DateOnly), version, region, today)
	return int(r.RowsAffected), wrap("end weather", r.Error)
}

// ProductionLoad returns the orders that the planner has on the production lines.
func (tx *Tx) ProductionLoad() ([]orders.Made, error) { return productionLoad(tx.db) }

// ProductionLoad returns the orders that the planner has on the production lines.
func (s *Store) ProductionLoad(ctx context.Context) ([]orders.Made, error) {
	return productionLoad(s.db.WithContext(ctx))
}

func productionLoad(db *gorm.DB) ([]orders.Made, error) {
	var rows []struct{ ID, Status, Work, Reached string }
	err := db.Raw("SELECT id, status, work, reached FROM orders WHERE status IN (?, ?) ORDER BY created_at", string(orders.StatusScheduled), string(orders.StatusInProduction)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the load of production: %w", err)
	}
	out := make([]orders.Made, len(rows))
	for i, r := range rows {
		o := &orders.Order{ID: orders.OrderID(r.ID), Status: orders.Status(r.Status)}
		if err := fromJSON(r.Work, &o.Work); err != nil {
			return nil, fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		if err := fromJSON(r.Reached, &o.Reached); err != nil {
			return nil, fmt.Errorf("stored order %s: %w", r.ID, err)
		}
		out[i] = orders.MadeOf(o)
	}
	return out, nil
}
