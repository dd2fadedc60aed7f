package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set by the linker (Makefile).
var (
	version = "dev"
	commit  = ""
)

type versionCmd struct{}

// Run prints one line: version, commit, Go version.
func (versionCmd) Run(p *program) error {
	if info, ok := debug.ReadBuildInfo(); ok && commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	if commit == "" {
		commit = "unknown"
	}
	_, err := fmt.Fprintf(p.stdout, "orderbot %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
