package main

import "errors"

type importCmd struct {
	Kind   string `arg:"" help:"products, customers, customer-items, prices, stock, staff or history." enum:"products,customers,customer-items,prices,stock,staff,history"`
	File   string `arg:"" help:"CSV or Excel file with a header row."`
	DryRun bool   `help:"Only show what would be added, changed and refused."`
}

// Run is not wired yet.
func (importCmd) Run() error { return errors.New("import is not part of this build yet") }
