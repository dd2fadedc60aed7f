package main

import (
	"context"
	"fmt"
	"os"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/worker"
)

type ocrCmd struct {
	Files []string `arg:"" name:"file" help:"Pictures or PDF files."`
}

// Run prints one JSON object a file. A file that can't be read is an object with an error, and
// the run fails at its end.
func (c *ocrCmd) Run(ctx context.Context, p *program) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	files := newFiles(settings.OCR, nil)
	defer files.Close()
	failed := 0
	for _, name := range c.Files {
		var result any
		described, err := describe(ctx, name, files)
		if err == nil {
			result = described
		} else {
			failed++
			reason, spoken := orders.ErrorMessage(err)
			if !spoken {
				reason = err.Error()
			}
			result = struct {
				File  string `json:"file"`
				Error string `json:"error"`
			}{name, reason}
		}
		line, err := encode(result)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := p.stdout.Write(line); err != nil {
			return err
		}
	}
	if failed > 0 {
		_, _ = fmt.Fprintf(p.stderr, "orderbot: %d files could not be read; their lines say why\n", failed)
		return errFailed
	}
	return nil
}

func describe(ctx context.Context, name string, files *worker.Pool) (document.Described, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return document.Described{}, err
	}
	return files.Describe(ctx, name, data)
}
