package main

import (
	"context"
	"fmt"
	"os"

	"orderbot/storage"
)

type importCmd struct {
	Kind   string `arg:"" help:"products, customers, customer-items, prices, stock, staff, history, calendar, transits, receipts, invoices, payments, options or constraints." enum:"products,customers,customer-items,prices,stock,staff,history,calendar,transits,receipts,invoices,payments,options,constraints"`
	File   string `arg:"" help:"CSV or Excel file with a header row."`
	DryRun bool   `help:"Only show what would be added, changed and refused."`
}

// Run imports master data, all rows or none. Running servers take it over within seconds.
func (c *importCmd) Run(ctx context.Context, p *program) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return withStore(ctx, p, func(store *storage.Store) error { return c.load(ctx, p, store, data) })
}

func (c *importCmd) load(ctx context.Context, p *program, store *storage.Store, data []byte) error {
	report, err := store.Import(ctx, c.Kind, data, c.DryRun)
	if err != nil {
		return err
	}
	for _, w := range report.Warnings {
		_, _ = fmt.Fprintln(p.stderr, w)
	}
	if len(report.Refused) > 0 {
		for _, r := range report.Refused {
			_, _ = fmt.Fprintln(p.stdout, r.Error())
		}
		return fmt.Errorf("%s: 有 %d 处不对，一行都没有导入", c.File, len(report.Refused))
	}
	what := "已导入"
	if c.DryRun {
		what = "试导入（没有改动）"
		for _, row := range report.Rows {
			_, _ = fmt.Fprintln(p.stdout, row)
		}
	}
	_, err = fmt.Fprintf(p.stdout, "%s %s：%s\n", what, c.Kind, report.Counts())
	return err
}
