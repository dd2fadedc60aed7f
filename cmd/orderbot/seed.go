package main

import (
	"context"
	"fmt"
	"time"

	"orderbot/storage"
)

type seedCmd struct {
	Orders int `help:"How many orders." required:"" placeholder:"N"`
}

// Validate is called by the parser.
func (c *seedCmd) Validate() error {
	if c.Orders < 1 || c.Orders > 10_000_000 {
		return fmt.Errorf("--orders must be from 1 to 10000000, is %d", c.Orders)
	}
	return nil
}

// Run fills an empty database with made-up orders, to see how everything behaves after years.
func (c *seedCmd) Run(ctx context.Context, p *program) error {
	return withStore(ctx, p, func(store *storage.Store) error {
		tenth := 0
		err := store.Seed(ctx, c.Orders, time.Now(), func(done int) {
			if t := done * 10 / c.Orders; t > tenth {
				tenth = t
				_, _ = fmt.Fprintf(p.stderr, "%d/%d\n", done, c.Orders)
			}
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "已写入 %d 张样例订单\n", c.Orders)
		return err
	})
}
