package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"orderbot/orders"
)

// ReadFolder reads products.csv, customers.csv and, where they are there, customer_items.csv and
// history.csv, without a database: as they would be imported, but that rows are not compared with one another. The error joins
// all mistakes, each with its file.
func ReadFolder(folder fs.FS) (*orders.Master, error) {
	var m orders.Master
	var errs [4]error
	m.Products, errs[0] = readFile(folder, "products.csv", true, productColumns, func(r *productRow) (orders.Product, error) {
		r.complete()
		return r.toDomain()
	})
	m.Customers, errs[1] = readFile(folder, "customers.csv", true, customerColumns, (*customerRow).toDomain)
	m.Items, errs[2] = readFile(folder, "customer_items.csv", false, itemColumns, (*itemRow).toDomain)
	m.History, errs[3] = readFile(folder, "history.csv", false, historyColumns, (*historyRow).toDomain)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return &m, nil
}

func readFile[R, D any](folder fs.FS, name string, needed bool, columns []column[R], toDomain func(*R) (D, error)) ([]D, error) {
	data, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t, err := readTable(data, 8*maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	im, err := newImporter(name, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n := 0
	records, err := parse(im, columns, nil, func(*R) string {
		n++
		return strconv.Itoa(n)
	}, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var mistakes []error
	for _, refused := range im.report.Refused {
		mistakes = append(mistakes, fmt.Errorf("%s: %w", name, refused))
	}
	out := make([]D, len(records))
	for i := range records {
		if out[i], err = toDomain(&records[i].row); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", name, err))
		}
	}
	return out, errors.Join(mistakes...)
}
