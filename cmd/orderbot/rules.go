package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"orderbot/orders"
	"orderbot/orders/rules"
	"orderbot/storage"
)

// ruleBook holds the rules that are in force.
type ruleBook struct {
	store   *storage.Store
	logger  *slog.Logger
	current atomic.Pointer[rules.Engine]
}

// openRules loads the rules in force. The first ones are those of the file, or the built-in ones where path is empty.
// A file with content that was never seen before is a new version and put in force: it was changed to be used. One that
// was seen changes nothing, so that a restart takes back nothing that was decided in a chat.
func openRules(ctx context.Context, store *storage.Store, path string, now time.Time, logger *slog.Logger) (*ruleBook, error) {
	if _, err := rules.Load(path); err != nil {
		return nil, err
	}
	text, note := string(rules.Default), "内置的规则"
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		text, note = string(data), "配置里的规则文件"
	}
	b := &ruleBook{store: store, logger: logger}
	var inForce, filed int
	err := store.Do(ctx, func(tx *storage.Tx) error {
		changes, err := tx.RuleChanges()
		if err != nil {
			return err
		}
		last := orders.InForce(changes)
		if last != nil && path == "" {
			inForce, filed = last.Number, last.Number
			return nil
		}
		v, isNew, err := orders.AddRules(tx, text, note, orders.SystemActor, now)
		if err != nil {
			return err
		}
		inForce, filed = v.Number, v.Number
		switch {
		case last == nil:
			return orders.PutInForce(tx, v.Number, 0, false, note, orders.SystemActor, now)
		case isNew:
			return orders.PutInForce(tx, v.Number, len(changes), false, note, orders.SystemActor, now)
		default:
			inForce = last.Number
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("keep rules: %w", err)
	}
	if inForce != filed {
		logger.Warn("the rules file is not what is in force: the rules were changed since", "in_force", inForce, "file", filed)
	}
	return b, b.load(ctx, inForce)
}

// load makes a version the one that is used here. Where it can't be read, the one before stays.
func (b *ruleBook) load(ctx context.Context, number int) error {
	text, err := b.store.Rules(ctx, number)
	if err != nil {
		return err
	}
	e, err := rules.Parse(fmt.Sprintf("规则第 %d 版", number), []byte(text))
	if err != nil {
		return err
	}
	e.Version = number
	b.current.Store(e)
	return nil
}

// get returns the rules in force.
func (b *ruleBook) get() *rules.Engine { return b.current.Load() }

// run follows what others put in force until ctx ends.
func (b *ruleBook) run(ctx context.Context) error {
	tick := time.NewTicker(booksPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		number, err := b.store.RulesInForce(ctx)
		if err == nil && number != b.get().Version {
			err = b.load(ctx, number)
		}
		if err != nil && ctx.Err() == nil {
			b.logger.Warn("follow rules", "error", err)
		}
	}
}
