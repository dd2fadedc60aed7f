package worker

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// Options tells how workers are started and what they may use. All but Command have defaults.
type Options struct {
	// Command starts a worker: a program that calls [Serve] with its standard input and output.
	Command []string
	Env     []string    // KEY=value, added to the worker's few
	OCR     ocr.Options // of the models
	Workers int         // that read pictures and PDF files at once; 0: one
	Memory  int64       // resident bytes of a worker; 0: 1.2 GB
	// PageTime is the processor time for one page (0: 2 min), FileTime the time on the wall for a file (0: 10 min).
	PageTime, FileTime time.Duration
	StartTime          time.Duration // until a new worker is ready; 0: 30 s
	Files              int           // after which a worker is replaced; 0: 200
	Idle               time.Duration // after which an idle one is ended to give its memory back; 0: 10 min
	Logger             *slog.Logger
}

const (
	defaultMemory = 1_200_000_000
	maxKillers    = 1000 // files remembered that killed a worker
)

// Pool opens files with workers. Pictures and PDF files wait for each other; sheets and texts, which take no
// time, have a worker of their own and don't wait for pictures.
type Pool struct {
	o                Options
	pictures, sheets lane

	closed sync.Once

	mu      sync.Mutex
	killers map[[sha256.Size]byte]error // files that killed their workers, and how
}

// lane hands out its workers; nil stands for one that is not running.
type lane chan *process

// NewPool makes a pool; its workers start when they are needed. Close it.
func NewPool(o Options) *Pool {
	o.Workers = cmp.Or(o.Workers, 1)
	o.Memory = cmp.Or(o.Memory, defaultMemory)
	o.PageTime = cmp.Or(o.PageTime, 2*time.Minute)
	o.FileTime = cmp.Or(o.FileTime, 10*time.Minute)
	o.StartTime = cmp.Or(o.StartTime, 30*time.Second)
	o.Files = cmp.Or(o.Files, 200)
	o.Idle = cmp.Or(o.Idle, 10*time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Pool{o: o, pictures: make(lane, o.Workers), sheets: make(lane, 1), killers: map[[sha256.Size]byte]error{}}
	for range o.Workers {
		p.pictures <- nil
	}
	p.sheets <- nil
	return p
}

// Close ends all workers, after the calls under way. The pool can't be used afterwards.
func (p *Pool) Close() {
	p.closed.Do(func() {
		for _, l := range []lane{p.pictures, p.sheets} {
			for range cap(l) {
				if w := <-l; w != nil {
					w.end(errIdle)
				}
			}
		}
	})
}

// Open reads a file as [document.Opener] does. progress, where not nil, is told of each page before it is read.
// Errors are [orders.Error] with a sentence for the sender; anything else is a failure of ours.
func (p *Pool) Open(ctx context.Context, name string, data []byte, progress func(page, pages int)) (*page.Document, error) {
	a, err := p.do(ctx, request{Do: doOpen, Name: name}, data, progress)
	if err != nil {
		return nil, err
	}
	return a.Document, nil
}

// Describe reads a file as [document.Describe] does.
func (p *Pool) Describe(ctx context.Context, name string, data []byte) (document.Described, error) {
	a, err := p.do(ctx, request{Do: doDescribe, Name: name}, data, nil)
	if err != nil {
		return document.Described{}, err
	}
	return *a.Described, nil
}

// Cut cuts pieces out of a file's pages as [document.Cut] does.
func (p *Pool) Cut(ctx context.Context, data []byte, places []page.Place) ([][]byte, error) {
	a, err := p.do(ctx, request{Do: doCut, Places: places}, data, nil)
	if err != nil {
		return nil, err
	}
	return a.Cuts, nil
}

// laneOf tells by a file's first bytes who reads it.
func (p *Pool) laneOf(data []byte) lane {
	if strings.HasPrefix(http.DetectContentType(data), "image/") || isPDF(data) {
		return p.pictures
	}
	return p.sheets
}

// do lets a worker do a request. A file whose worker died is tried once more, in a new one. What then dies too is
// refused, also when it is sent again.
func (p *Pool) do(ctx context.Context, r request, data []byte, progress func(page, pages int)) (*answer, error) {
	if err := document.CheckSize(data); err != nil {
		return nil, err
	}
	id := sha256.Sum256(data)
	if err := p.known(id); err != nil {
		return nil, refusal(err)
	}
	l := p.laneOf(data)
	var w *process
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case w = <-l:
	}
	defer func() { l <- p.resting(w) }()
	if w != nil && (!w.idle.Stop() || w.gone()) {
		w.end(errIdle)
		w = nil
	}
	for try := 1; ; try++ {
		var err error
		if w == nil {
			if w, err = start(&p.o); err != nil {
				return nil, err
			}
		}
		a, err := w.ask(ctx, &p.o, r, data, progress)
		if err == nil {
			if a.Failure != nil {
				return nil, a.Failure.err()
			}
			return a, p.complete(r, a)
		}
		p.o.Logger.Warn("worker ended in the middle of a file", "error", err, "bytes", len(data), "try", try)
		p.o.Logger.Debug("last words of the worker", "words", w.said.String())
		w = nil
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if try == 2 || errors.Is(err, errTime) {
			p.remember(id, err)
			return nil, refusal(err)
		}
	}
}

// complete checks that an answer holds what was asked for: the worker has read a stranger's file.
func (p *Pool) complete(r request, a *answer) error {
	switch {
	case r.Do == doOpen && a.Document == nil, r.Do == doDescribe && a.Described == nil, r.Do == doCut && len(a.Cuts) != len(r.Places):
		return fmt.Errorf("worker's answer to %q is incomplete", r.Do)
	}
	return nil
}

// resting prepares a worker for the time until the next file: one that has read many goes, others when nothing comes for
// long.
func (p *Pool) resting(w *process) *process {
	switch {
	case w == nil:
		return nil
	case w.served >= p.o.Files:
		w.end(errIdle)
		return nil
	}
	w.idle = time.AfterFunc(p.o.Idle, func() { w.end(errIdle) })
	return w
}

func (p *Pool) known(id [sha256.Size]byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killers[id]
}

func (p *Pool) remember(id [sha256.Size]byte, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.killers) >= maxKillers {
		clear(p.killers)
	}
	p.killers[id] = cause
}

// refusal is what the sender of a file that ended its worker is told.
func refusal(cause error) error {
	text := "这个文件读到一半出错了，可能已损坏，请截图或打成文字再发。"
	switch {
	case errors.Is(cause, errMemory):
		text = "这个文件太占内存，读不了，请缩小、拆开或截图再发。"
	case errors.Is(cause, errTime):
		text = "这个文件识别时间太长，没有读完，请拆开或截图再发。"
	}
	return &orders.Error{Code: orders.CodeInvalid, Message: text, Err: cause}
}

// Self is the command that starts this program again with the given arguments.
func Self(args ...string) []string {
	exe := "/proc/self/exe" // the same program, also when its file was replaced meanwhile
	if _, err := os.Stat(exe); err != nil {
		if exe, err = os.Executable(); err != nil {
			exe = os.Args[0]
		}
	}
	return append([]string{exe}, args...)
}
