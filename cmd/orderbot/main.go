// Command orderbot takes sales orders in chat, from the first message to the signature.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"orderbot/config"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the command line. Every command has a file of its own.
type cli struct {
	Config string `help:"Settings; without it orderbot.yaml in the working directory, if there is one." placeholder:"FILE"`

	Demo    demoCmd    `cmd:"" help:"Try everything on this machine: sample data, simulated chat platforms, a page to play on."`
	Serve   serveCmd   `cmd:"" help:"Run the server."`
	Read    readCmd    `cmd:"" help:"Read messages into draft orders, offline."`
	OCR     ocrCmd     `cmd:"" name:"ocr" help:"Recognise the text of pictures and PDF files."`
	Import  importCmd  `cmd:"" help:"Import master data from CSV or Excel."`
	Migrate migrateCmd `cmd:"" help:"Bring the database's schema up to date."`
	Seed    seedCmd    `cmd:"" help:"Fill an empty database with made-up orders, to see how it behaves after years."`
	Doctor  doctorCmd  `cmd:"" help:"Check the settings against the live platforms."`
	Token   tokenCmd   `cmd:"" help:"Make, list and revoke tokens of the open API."`
	Version versionCmd `cmd:"" help:"Show version, commit and Go version."`
	Worker  workerCmd  `cmd:"" hidden:"" help:"Open files for another orderbot, which starts this itself."`
}

// program is what a command may use of the process it runs in.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            []string
	configPath     string
}

// settings loads the configuration that --config and the environment give.
func (p *program) settings() (*config.Config, error) { return config.Load(p.configPath, p.env) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Environ()})
	stop()
	os.Exit(code)
}

// errFailed makes the exit code 1 where a command has already said what went wrong.
var errFailed = errors.New("failed")

// run executes one command line and returns the exit code: 0, 1 for a failed run, 2 for wrong
// usage.
func run(ctx context.Context, args []string, p *program) int {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("orderbot"),
		kong.Description("Chat-ops order assistant for WeCom, DingTalk and WeChat service accounts."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { helped = true }), // kong goes on after --help
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	if err != nil {
		panic(err)
	}
	command, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		_, _ = fmt.Fprintf(p.stderr, "orderbot: %v\nRun \"orderbot --help\" to see the commands and their flags.\n", err)
		return exitUsage
	}
	p.configPath = c.Config
	if err := command.Run(); err != nil {
		if !errors.Is(err, errFailed) {
			_, _ = fmt.Fprintf(p.stderr, "orderbot: %v\n", err)
		}
		return exitFailed
	}
	return exitOK
}
