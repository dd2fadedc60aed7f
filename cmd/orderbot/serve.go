package main

import "errors"

type serveCmd struct {
	Migrate bool `help:"Bring the database's schema up to date first."`
}

// Run is not wired yet.
func (serveCmd) Run() error { return errors.New("serve is not part of this build yet") }
