package main

import (
	"context"
	"image"
	"sync"

	"orderbot/config"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// lazyOCR loads the models, which take a second and some hundred megabytes, when the first
// picture comes.
type lazyOCR struct {
	options ocr.Options
	load    sync.Once
	engine  *ocr.Engine
	err     error
}

func newRecogniser(c config.OCR) *lazyOCR {
	return &lazyOCR{options: ocr.Options{
		Dir: c.Models, Runtime: c.Runtime, Detection: c.Detection, Direction: c.Direction,
		Recogniser: c.Recogniser, Characters: c.Characters,
	}}
}

// Recognise implements [ocr.Recogniser].
func (l *lazyOCR) Recognise(ctx context.Context, picture image.Image) (page.Page, error) {
	l.load.Do(func() { l.engine, l.err = ocr.New(l.options) })
	if l.err != nil {
		return page.Page{}, l.err
	}
	return l.engine.Recognise(ctx, picture)
}

// Close frees the models if they were loaded. No call may be under way.
func (l *lazyOCR) Close() {
	if l.engine != nil {
		l.engine.Close()
	}
}
