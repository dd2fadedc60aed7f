package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderbot/storage"
)

type migrateCmd struct{}

// Run brings the database's schema up to date. It may run while replicas of the same or the next
// older version serve.
func (migrateCmd) Run(ctx context.Context, p *program) (err error) {
	store, err := openStore(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "schema version %d\n", storage.SchemaVersion())
	return err
}

// openStore opens the configured database for a command.
func openStore(ctx context.Context, p *program) (*storage.Store, error) {
	settings, err := p.settings()
	if err != nil {
		return nil, err
	}
	return storage.Open(ctx, settings.Database.URL.Reveal(), storage.Options{TurnPause: settings.Times.TurnPause, Now: time.Now})
}
