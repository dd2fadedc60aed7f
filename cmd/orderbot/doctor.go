package main

import "errors"

type doctorCmd struct{}

// Run is not wired yet.
func (doctorCmd) Run() error { return errors.New("doctor is not part of this build yet") }
