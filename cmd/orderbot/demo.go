package main

import "errors"

type demoCmd struct{}

// Run is not wired yet.
func (demoCmd) Run() error { return errors.New("demo is not part of this build yet") }
