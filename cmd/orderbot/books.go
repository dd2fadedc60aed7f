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
	// CatalogSince is not ok where more than most rows changed since the version.
	CatalogSince(ctx context.Context, version int64, most int) (change *orders.CatalogChange, ok bool, err error)
	CatalogVersion(ctx context.Context) (int64, error)
}

// books holds the current snapshot of the master data and what reading builds of it.
type books struct {
	source  catalogSource
	logger  *slog.Logger
	current atomic.Pointer[bot.Books]
	loading sync.Mutex
	laid    int // how many changes lie over what was loaded in whole
}

const (
	// booksPace is how often a replica looks whether another one changed the master data: a change
	// takes effect everywhere within 5 s.
	booksPace = time.Second
	// mostLaid changes are laid over what was loaded, which takes milliseconds; with more, all is loaded anew.
	mostLaid = 1000
)

// openBooks loads the master data.
func openBooks(ctx context.Context, source catalogSource, logger *slog.Logger) (*books, error) {
	b := &books{source: source, logger: logger}
	return b, b.load(ctx)
}

// load reads all master data.
func (b *books) load(ctx context.Context) error {
	catalog, err := b.source.Catalog(ctx)
	if err != nil {
		return err
	}
	// Messages are read against the old snapshot meanwhile.
	b.current.Store(&bot.Books{Catalog: catalog, Lexicon: intake.NewLexicon(catalog.Master)})
	b.laid = 0
	return nil
}

// follow takes over what changed in the database since it was last looked at: only that is read, unless it is much.
func (b *books) follow(ctx context.Context) error {
	b.loading.Lock()
	defer b.loading.Unlock()
	old := b.get()
	version, err := b.source.CatalogVersion(ctx)
	if err != nil || version == old.Catalog.Version {
		return err
	}
	change, ok, err := b.source.CatalogSince(ctx, old.Catalog.Version, mostLaid-b.laid)
	if err != nil {
		return err
	}
	if !ok {
		return b.load(ctx)
	}
	lexicon := old.Lexicon
	if change.Rows() > 0 || change.Days != nil {
		lexicon = lexicon.With(intake.Change{Products: change.Products, Customers: change.Customers, Items: change.Items, History: change.History, Days: change.Days})
	}
	b.current.Store(&bot.Books{Catalog: old.Catalog.With(change), Lexicon: lexicon})
	b.laid += change.Rows()
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
		if err := b.follow(ctx); err != nil && ctx.Err() == nil {
			b.logger.Warn("follow master data", "error", err)
		}
	}
}
