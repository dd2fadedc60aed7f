package masterdata

import (
	"errors"
	"fmt"
	"io/fs"

	"orderbot/orders"
)

// ReadFolder reads products.csv, customers.csv and, where they are there, customer_items.csv and
// history.csv. The error joins all mistakes, each with its file.
func ReadFolder(folder fs.FS) (*orders.Master, error) {
	var m orders.Master
	err := errors.Join(
		readFile(folder, "products.csv", Products, &m.Products, true),
		readFile(folder, "customers.csv", Customers, &m.Customers, true),
		readFile(folder, "customer_items.csv", CustomerItems, &m.Items, false),
		readFile(folder, "history.csv", History, &m.History, false),
	)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

func readFile[T any](folder fs.FS, name string, read func([][]string) (Table[T], error), into *[]T, needed bool) error {
	data, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := ReadCSV(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	table, err := read(rows)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*into = table.Records
	return nil
}
