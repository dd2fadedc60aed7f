package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// LoadMaster reads products.csv and customers.csv and, where they are there, customer_items.csv
// and history.csv of a folder. Every mistake is reported, each with its file and row.
func LoadMaster(dir string) (*orders.Master, error) {
	l := &loader{dir: dir, products: map[string]bool{}, customers: map[string]bool{}}
	m := &orders.Master{}
	l.read("products.csv", true, []string{"code", "name", "unit"}, func(r row) { l.product(m, r) })
	l.read("customers.csv", true, []string{"code", "name"}, func(r row) { l.customer(m, r) })
	l.read("customer_items.csv", false, []string{"customer", "item", "product"}, func(r row) { l.item(m, r) })
	l.read("history.csv", false, []string{"customer", "order", "date", "product", "quantity"}, func(r row) { l.historyLine(m, r) })
	if len(l.errs) > 0 {
		return nil, errors.Join(l.errs...)
	}
	return m, nil
}

// loader collects the mistakes of a folder of master data.
type loader struct {
	dir                 string
	errs                []error
	products, customers map[string]bool
}

// row is one row of a file by column name.
type row struct {
	file   string
	number int
	fields map[string]string
}

func (l *loader) fail(r row, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s row %d: "+format, append([]any{r.file, r.number}, args...)...))
}

func (l *loader) read(name string, needed bool, columns []string, do func(r row)) {
	f, err := os.Open(filepath.Join(l.dir, name)) //nolint:gosec // the folder is the operator's own
	if err != nil {
		if needed || !errors.Is(err, os.ErrNotExist) {
			l.errs = append(l.errs, err)
		}
		return
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("%s row 1: no header: %w", name, err))
		return
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	for _, c := range columns {
		if _, ok := at[c]; !ok {
			l.errs = append(l.errs, fmt.Errorf("%s row 1: column %s is missing", name, c))
			return
		}
	}
	for n := 2; ; n++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("%s row %d: %w", name, n, err))
			return
		}
		r := row{file: name, number: n, fields: make(map[string]string, len(at))}
		blank := true
		for c, i := range at {
			if i < len(record) {
				r.fields[c] = strings.TrimSpace(record[i])
				blank = blank && r.fields[c] == ""
			}
		}
		if !blank {
			do(r)
		}
	}
}

func (l *loader) need(r row, columns ...string) bool {
	ok := true
	for _, c := range columns {
		if r.fields[c] == "" {
			l.fail(r, "%s is empty", c)
			ok = false
		}
	}
	return ok
}

func (l *loader) number(r row, column string) decimal.Decimal {
	v, err := orders.ParseQuantity(r.fields[column])
	if err != nil || v.IsNegative() {
		l.fail(r, "%s: %q is no number", column, r.fields[column])
		return decimal.Zero
	}
	return v
}

func (l *loader) price(r row) *decimal.Decimal {
	if r.fields["price"] == "" {
		return nil
	}
	v := l.number(r, "price")
	return &v
}

func (l *loader) product(m *orders.Master, r row) {
	if !l.need(r, "code", "name", "unit") {
		return
	}
	code := r.fields["code"]
	if l.products[code] {
		l.fail(r, "code %s is there twice", code)
		return
	}
	l.products[code] = true
	p := orders.Product{Code: orders.ProductCode(code), Name: r.fields["name"], Spec: r.fields["spec"], Unit: r.fields["unit"], Category: r.fields["category"], Kind: orders.ProductStandard}
	p.Aliases = splitList(r.fields["aliases"], "|")
	for _, k := range splitList(r.fields["packs"], ";") {
		unit, size, ok := strings.Cut(k, "=")
		d, err := decimal.NewFromString(strings.TrimSpace(size))
		if unit = strings.TrimSpace(unit); !ok || unit == "" || err != nil || !d.IsPositive() {
			l.fail(r, "packs: %q is not like 箱=20", k)
			continue
		}
		p.Packs = append(p.Packs, orders.Pack{Unit: unit, Size: d})
	}
	p.Price, p.MOQ, p.Stock = l.price(r), l.number(r, "moq"), l.number(r, "stock")
	m.Products = append(m.Products, p)
}

func splitList(s, sep string) []string {
	var out []string
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (l *loader) customer(m *orders.Master, r row) {
	if !l.need(r, "code", "name") {
		return
	}
	code := r.fields["code"]
	if l.customers[code] {
		l.fail(r, "code %s is there twice", code)
		return
	}
	l.customers[code] = true
	switch r.fields["level"] {
	case "", "A", "B", "C":
	default:
		l.fail(r, "level: %q is not A, B or C", r.fields["level"])
	}
	m.Customers = append(m.Customers, orders.Customer{
		Code: orders.CustomerCode(code), Name: r.fields["name"], Aliases: splitList(r.fields["aliases"], "|"), Level: r.fields["level"], Region: r.fields["region"],
		Contact: r.fields["contact"], Phone: r.fields["phone"], Address: r.fields["address"], Sales: r.fields["sales"],
	})
}

func (l *loader) item(m *orders.Master, r row) {
	if !l.need(r, "customer", "item", "product") || !l.refers(r) {
		return
	}
	m.Items = append(m.Items, orders.CustomerItem{Customer: orders.CustomerCode(r.fields["customer"]), Item: r.fields["item"], Product: orders.ProductCode(r.fields["product"]), Price: l.price(r)})
}

// refers checks that the row's customer and product are in the other files.
func (l *loader) refers(r row) bool {
	ok := true
	if c := r.fields["customer"]; !l.customers[c] {
		l.fail(r, "customer %s is not in customers.csv", c)
		ok = false
	}
	if p := r.fields["product"]; !l.products[p] {
		l.fail(r, "product %s is not in products.csv", p)
		ok = false
	}
	return ok
}

func (l *loader) historyLine(m *orders.Master, r row) {
	if !l.need(r, "customer", "order", "date", "product", "quantity") || !l.refers(r) {
		return
	}
	if _, err := time.Parse(time.DateOnly, r.fields["date"]); err != nil {
		l.fail(r, "date: %q is not like 2026-03-13", r.fields["date"])
		return
	}
	m.History = append(m.History, orders.HistoryLine{
		Customer: orders.CustomerCode(r.fields["customer"]), Order: r.fields["order"], Date: r.fields["date"], Product: orders.ProductCode(r.fields["product"]),
		Quantity: l.number(r, "quantity"), Unit: r.fields["unit"],
	})
}
