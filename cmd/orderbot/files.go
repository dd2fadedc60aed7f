package main

import (
	"context"
	"log/slog"

	"orderbot/config"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/worker"
)

// workerCmd is the process that opens files: see [worker.Serve].
type workerCmd struct{}

// Run serves until the program that started it ends.
func (workerCmd) Run(ctx context.Context, p *program) error {
	return worker.Serve(ctx, p.stdin, p.stdout)
}

// newFiles returns what opens files, in processes of this program's own.
func newFiles(c config.OCR, logger *slog.Logger) *worker.Pool {
	return worker.NewPool(worker.Options{
		Command: worker.Self("worker"), OCR: modelsOf(c).Resolve(), Workers: c.Workers, Logger: logger,
	})
}

// modelsOf tells where the recogniser's files are.
func modelsOf(c config.OCR) ocr.Options {
	return ocr.Options{
		Dir: c.Models, Runtime: c.Runtime, Detection: c.Detection, Direction: c.Direction, Recogniser: c.Recogniser, Characters: c.Characters,
	}
}
