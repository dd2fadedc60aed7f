package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"orderbot/orders"
	"orderbot/storage"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print it, this once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens by name."`
	Revoke tokenRevokeCmd `cmd:"" help:"Make a token useless at once."`
}

type tokenCreateCmd struct {
	Name   string   `arg:"" help:"What the token is called."`
	Scope  []string `help:"What it may do; several are joined by commas or given one by one." required:"" placeholder:"SCOPE"`
	Scopes []string `arg:"" optional:"" hidden:"" help:"Further scopes."` // --scope a b
}

// scopes are what a token may be made for.
var scopes = []string{"orders:read"}

// Run makes a token.
func (c *tokenCreateCmd) Run(ctx context.Context, p *program) error {
	wanted := append(c.Scope, c.Scopes...)
	for _, s := range wanted {
		if !slices.Contains(scopes, s) {
			return orders.Errorf(orders.CodeInvalid, "unknown scope %q; there are: %s", s, strings.Join(scopes, ", "))
		}
	}
	return withStore(ctx, p, func(store *storage.Store) error {
		token, err := store.CreateToken(ctx, c.Name, wanted...)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, token)
		return err
	})
}

type tokenListCmd struct{}

// Run lists the tokens, never their secrets.
func (tokenListCmd) Run(ctx context.Context, p *program) error {
	return withStore(ctx, p, func(store *storage.Store) error {
		all, err := store.Tokens(ctx)
		if err != nil {
			return err
		}
		for _, t := range all {
			state := "valid"
			if !t.RevokedAt.IsZero() {
				state = "revoked " + t.RevokedAt.In(location).Format("2006-01-02 15:04")
			}
			if _, err := fmt.Fprintf(p.stdout, "%s\t%s\tcreated %s\t%s\n", t.Name, strings.Join(t.Scopes, ","),
				t.CreatedAt.In(location).Format("2006-01-02 15:04"), state); err != nil {
				return err
			}
		}
		return nil
	})
}

type tokenRevokeCmd struct {
	Name string `arg:"" help:"The token's name."`
}

// Run makes a token useless.
func (c *tokenRevokeCmd) Run(ctx context.Context, p *program) error {
	return withStore(ctx, p, func(store *storage.Store) error { return store.RevokeToken(ctx, c.Name) })
}

// withStore opens the configured database, which must be up to date, for f.
func withStore(ctx context.Context, p *program, f func(*storage.Store) error) (err error) {
	store, err := openStore(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.CheckSchema(ctx); err != nil {
		return err
	}
	return f(store)
}
