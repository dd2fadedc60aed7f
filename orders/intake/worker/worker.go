// Package worker opens files in a process of its own: the program started anew, which gets a file's bytes and gives its
// pages back. It has no secrets in its environment and limits on memory and time, so that a file that was made
// to break its reader costs one answer and not the server. [Pool] is the server's side, [Serve] the worker's.
package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// The two sides talk in frames: a length of four bytes, big endian, and so many bytes. First comes the setup, which the
// worker answers with ready, then for each file a request and the file's bytes; it is answered by loaded when what reads it is ready, any number of progress answers
// and a final one. All but the file is JSON.
const maxFrame = 64 << 20

// setup is what a worker is told first.
type setup struct {
	OCR    ocr.Options `json:"ocr"`
	Memory int64       `json:"memory"`
}

// ready is a worker's first word: whatever happens before is no file's fault.
type ready struct{}

// request asks for one file.
type request struct {
	Do     string       `json:"do"` // open, describe, cut
	Name   string       `json:"name"`
	Places []page.Place `json:"places,omitempty"` // of cut
}

const (
	doOpen     = "open"
	doDescribe = "describe"
	doCut      = "cut"
)

// answer is loaded where Loaded is set, progress where Page is set, else the end of a request.
type answer struct {
	Loaded    bool                `json:"loaded,omitempty"` // the file's own time begins here
	Page      int                 `json:"page,omitempty"`
	Pages     int                 `json:"pages,omitempty"`
	Document  *page.Document      `json:"document,omitempty"`
	Described *document.Described `json:"described,omitempty"`
	Cuts      [][]byte            `json:"cuts,omitempty"`
	Failure   *failure            `json:"failure,omitempty"`
}

// failure is an error on its way between processes. Code is empty for one that has no sentence for people.
type failure struct {
	Code    orders.Code `json:"code,omitempty"`
	Message string      `json:"message,omitempty"`
	Cause   string      `json:"cause"`
}

func failureOf(err error) *failure {
	f := &failure{Cause: err.Error()}
	if sentence, ok := orders.ErrorMessage(err); ok {
		f.Code, f.Message = orders.ErrorCode(err), sentence
	}
	return f
}

func (f *failure) err() error {
	if f.Code == "" {
		return errors.New(f.Cause)
	}
	return &orders.Error{Code: f.Code, Message: f.Message, Err: errors.New(f.Cause)}
}

func writeFrame(w io.Writer, data []byte) error {
	if len(data) > maxFrame {
		return fmt.Errorf("frame of %d bytes is too long", len(data))
	}
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data)))); err != nil { //nolint:gosec // bounded above
		return err
	}
	_, err := w.Write(data)
	return err
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return nil, fmt.Errorf("frame of %d bytes is too long", n)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, errors.Join(io.ErrUnexpectedEOF, err)
	}
	return data, nil
}

func writeJSON(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, data)
}

func readJSON(r io.Reader, v any) error {
	data, err := readFrame(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// job is a request with its file.
type job struct {
	request

	data []byte
}

// Serve answers requests until in ends, also when it ends in the middle of a file: whoever started the worker is gone.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	from := bufio.NewReader(in)
	var s setup
	if err := readJSON(from, &s); err != nil {
		return fmt.Errorf("worker: read setup: %w", err)
	}
	if err := confine(s.Memory); err != nil {
		return fmt.Errorf("worker: set limits: %w", err)
	}
	if s.Memory > 0 {
		debug.SetMemoryLimit(s.Memory * 3 / 8) // the models' memory is not Go's
	}
	if err := writeJSON(out, ready{}); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	jobs, ended := make(chan job), make(chan error, 1)
	go func() {
		for {
			var j job
			err := readJSON(from, &j.request)
			if err == nil {
				j.data, err = readFrame(from)
			}
			if err != nil {
				ended <- err
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	o := opener{models: &lazyModels{options: s.OCR}, out: out}
	done := make(chan error, 1)
	for {
		select {
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("worker: read request: %w", err)
		case err := <-done:
			if err != nil {
				return fmt.Errorf("worker: answer: %w", err)
			}
		case j := <-jobs: // the next comes only after the answer to the one before
			go func() { done <- writeJSON(out, o.answer(ctx, j)) }()
		}
	}
}

// opener opens files in this process.
type opener struct {
	models *lazyModels
	out    io.Writer
}

func (o opener) answer(ctx context.Context, j job) (a answer) {
	if isPDF(j.data) {
		if err := document.LoadPDF(compiled(o.models.options)); err != nil {
			return answer{Failure: failureOf(err)}
		}
	}
	_ = writeJSON(o.out, answer{Loaded: true}) // the final answer fails too
	read := document.Opener{OCR: o.models, Progress: func(page, pages int) {
		_ = writeJSON(o.out, answer{Page: page, Pages: pages}) // the final answer fails too
	}}
	var err error
	switch j.Do {
	case doOpen:
		a.Document, err = read.Open(ctx, j.Name, j.data)
	case doDescribe:
		var d document.Described
		if d, err = read.Describe(ctx, j.Name, j.data); err == nil {
			a.Described = &d
		}
	case doCut:
		a.Cuts, err = document.Cut(ctx, j.data, j.Places)
	default:
		err = fmt.Errorf("unknown request %q", j.Do)
	}
	if err == nil {
		if data, e := json.Marshal(a); e != nil || len(data) > maxFrame {
			err = orders.Errorf(orders.CodeInvalid, "文件内容太多，读不了，请只发订单部分。")
		}
	}
	if err != nil {
		return answer{Failure: failureOf(err)}
	}
	return a
}

// compiled is the folder where PDFium's compiled code is kept: beside the models' runtime, where whoever can write can have
// code run by the worker anyhow. It is empty where there is no runtime.
func compiled(o ocr.Options) string {
	if _, err := os.Stat(o.Runtime); err != nil || !filepath.IsAbs(o.Runtime) {
		return ""
	}
	return filepath.Join(filepath.Dir(o.Runtime), "compiled")
}

func isPDF(data []byte) bool { return bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) }

// lazyModels loads the models when the first picture comes: it takes a second and some hundred megabytes.
type lazyModels struct {
	options ocr.Options
	engine  *ocr.Engine
}

// Recognise implements [ocr.Recogniser]; a worker makes one call at a time.
func (l *lazyModels) Recognise(ctx context.Context, picture image.Image) (page.Page, error) {
	if err := l.load(); err != nil {
		return page.Page{}, err
	}
	return l.engine.Recognise(ctx, picture)
}

// ReadLine implements [ocr.LineReader].
func (l *lazyModels) ReadLine(ctx context.Context, picture *image.RGBA) (string, float64, error) {
	if err := l.load(); err != nil {
		return "", 0, err
	}
	return l.engine.ReadLine(ctx, picture)
}

func (l *lazyModels) load() (err error) {
	if l.engine == nil {
		l.engine, err = ocr.New(l.options)
	}
	return err
}
