package main

import (
	"context"
	"log/slog"
)

type serveCmd struct {
	Migrate bool `help:"Bring the database's schema up to date first."`
	Debug   bool `help:"Log more."`
}

// Run serves until it is told to stop.
func (c serveCmd) Run(ctx context.Context, p *program) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewJSONHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	s, err := newServer(ctx, settings, serverOptions{Logger: logger, Migrate: c.Migrate})
	if err != nil {
		return err
	}
	return s.run(ctx)
}
