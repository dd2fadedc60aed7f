package main

import "errors"

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

// Run is not wired yet.
func (tokenCreateCmd) Run() error { return errors.New("token create is not part of this build yet") }

type tokenListCmd struct{}

// Run is not wired yet.
func (tokenListCmd) Run() error { return errors.New("token list is not part of this build yet") }

type tokenRevokeCmd struct {
	Name string `arg:"" help:"The token's name."`
}

// Run is not wired yet.
func (tokenRevokeCmd) Run() error { return errors.New("token revoke is not part of this build yet") }
