package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"orderbot/bot"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// catalogSource is where the master data is kept.
type catalogSource interface {
	Catalog(ctx context.Context) (*orders.Catalog, error)
	CatalogVersion(ctx context.Context) (int64, error)
}

// books holds the current snapshot of the master data and what reading builds of it.
type books struct {
	source  catalogSource
	logger  *slog.Logger
	current atomic.Pointer[bot.Books]
	loading sync.Mutex
}

// booksPace is how often a replica looks whether another one changed the master data: a change
// takes effect everywhere within 5 s.
const booksPace = 2 * time.Second

// openBooks loads the master data.
func openBooks(ctx context.Context, source catalogSource, logger *slog.Logger) (*books, error) {
	b := &books{source: source, logger: logger}
	return b, b.load(ctx)
}

func (b *books) load(ctx context.Context) error {
	b.loading.Lock()
	defer b.loading.Unlock()
	catalog, err := b.source.Catalog(ctx)
	if err != nil {
		return err
	}
	// Messages are read against the old snapshot meanwhile.
	var lexicon *intake.Lexicon
	if old := b.get(); old != nil {
		lexicon = old.Lexicon.Update(&catalog.Master)
	} else {
		lexicon = intake.NewLexicon(&catalog.Master)
	}
	b.current.Store(&bot.Books{Catalog: catalog, Lexicon: lexicon})
	return nil
}

// get returns the current snapshot.
func (b *books) get() *bot.Books { return b.current.Load() }

// catalog returns the current snapshot's catalog.
func (b *books) catalog() *orders.Catalog { return b.get().Catalog }

// run follows changes of the master data until ctx ends.
func (b *books) run(ctx context.Context) error {
	tick := time.NewTicker(booksPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		version, err := b.source.CatalogVersion(ctx)
		if err == nil && version != b.get().Catalog.Version {
			err = b.load(ctx)
		}
		if err != nil && ctx.Err() == nil {
			b.logger.Warn("follow master data", "error", err)
		}
	}
}
