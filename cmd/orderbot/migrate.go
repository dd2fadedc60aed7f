package main

import "errors"

type migrateCmd struct{}

// Run is not wired yet.
func (migrateCmd) Run() error { return errors.New("migrate is not part of this build yet") }
