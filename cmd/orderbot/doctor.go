package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/bot"
	"orderbot/config"
	"orderbot/notify"
	"orderbot/orders"
	"orderbot/orders/rules"
)

type doctorCmd struct{}

// finding is one thing that was looked at. Mend says what to do where it is not well.
type finding struct {
	what string
	err  error
	mend string
}

// Run looks at everything that the settings name, and says what is wrong and how to mend it.
func (doctorCmd) Run(ctx context.Context, p *program) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	findings := []finding{
		{"database", checkDatabase(ctx, p), "check database.url and that the server runs; an old schema is brought up to date by: orderbot migrate"},
	}
	_, err = rules.Load(settings.Rules)
	findings = append(findings, finding{"rules", err, "mend the rules file, or take out `rules` to use the built-in ones"})
	findings = append(findings, finding{"ocr", checkOCR(ctx, settings), "run scripts/fetch-ocr.sh, or set ocr.models; without it everything works but pictures"})
	platforms, err := checkPlatforms(ctx, settings)
	if err != nil {
		return err
	}
	findings = append(findings, platforms...)
	if settings.LLM != nil {
		findings = append(findings, finding{"llm", checkLLM(ctx, settings.LLM), "check llm.api_url (with its version: …/v1), llm.api_key and llm.model; without it everything works, and more is asked"})
	}
	if settings.Server.PublicURL != "" {
		findings = append(findings, finding{
			"server.public_url", checkPublic(ctx, settings.Server.PublicURL),
			"is the server running, and does this address lead to server.listen? The platforms' callbacks need the same way in",
		})
	}
	failed := false
	for _, f := range findings {
		line := "ok    " + f.what
		if f.err != nil {
			failed = true
			line = fmt.Sprintf("WRONG %s: %v\n      %s", f.what, f.err, f.mend)
		}
		if _, err := fmt.Fprintln(p.stdout, line); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

func checkDatabase(ctx context.Context, p *program) (err error) {
	store, err := openStore(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(store.CheckSchema(ctx), store.Close())
}

// checkOCR compares the files of the models with their checksums and reads an empty picture with them.
func checkOCR(ctx context.Context, settings *config.Config) error {
	if err := modelsOf(settings.OCR).Verify(); err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 32))); err != nil {
		return err
	}
	files := newFiles(settings.OCR, nil)
	defer files.Close()
	_, err := files.Open(ctx, "empty.png", picture.Bytes(), nil)
	return err
}

// checkPlatforms asks each platform for an access token.
func checkPlatforms(ctx context.Context, settings *config.Config) ([]finding, error) {
	s := &server{
		config: settings, logger: slog.New(slog.DiscardHandler), now: time.Now, app: fiber.New(),
		clerk: &bot.Clerk{Media: map[orders.Platform]bot.Media{}},
	}
	if err := s.connect(map[orders.Platform]notify.Channel{}); err != nil {
		return nil, err
	}
	var out []finding
	for _, c := range s.checks {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		out = append(out, finding{c.name, c.check(ctx), "check its secrets and api_url; the platform must trust this machine's address"})
		cancel()
	}
	return out, nil
}

func checkLLM(ctx context.Context, settings *config.LLM) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return secondReader(settings).Check(ctx)
}

func checkPublic(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return nil
}
