// Package ocr reads the text of pictures: PP-OCRv4 (detection, direction, recognition) over ONNX
// Runtime. The models and the runtime are files that scripts/fetch-ocr.sh brings; without them the
// rest of the program works and [New] says what is missing.
package ocr

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"orderbot/orders/intake/page"
)

// Recogniser reads the text of a picture. The page's lines stand in reading order, upright: where
// the picture lay on its side, Page.Turn tells by how much it was turned.
type Recogniser interface {
	Recognise(ctx context.Context, picture image.Image) (page.Page, error)
}

// LineReader reads a picture that holds one line of text and nothing else. The text is empty where there is none.
type LineReader interface {
	ReadLine(ctx context.Context, picture *image.RGBA) (text string, score float64, err error)
}

// The files of a model folder, as scripts/fetch-ocr.sh lays them down.
const (
	runtimeFile    = "libonnxruntime.so.1"
	detectionFile  = "ch_PP-OCRv4_det_infer.onnx"
	directionFile  = "ch_ppocr_mobile_v2.0_cls_infer.onnx"
	recogniserFile = "ch_PP-OCRv4_rec_infer.onnx"
	charactersFile = "ppocr_keys_v1.txt"
)

// ErrMissing is returned by [New] when a file of the models or the runtime is not there.
var ErrMissing = errors.New("OCR files are missing (make them with scripts/fetch-ocr.sh)")

// Options tells where the models are. Empty paths are the usual names in Dir; an empty Dir is
// [DefaultDir]. Threads 0 means two.
type Options struct {
	Dir        string
	Runtime    string
	Detection  string
	Direction  string
	Recogniser string
	Characters string
	Threads    int
}

// DefaultDir is the folder of $ORDERBOT_OCR_DIR, else the first .cache/ocr that exists in the
// working directory, the folders above it, or beside the executable; else .cache/ocr.
func DefaultDir() string {
	if dir := os.Getenv("ORDERBOT_OCR_DIR"); dir != "" {
		return dir
	}
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			starts = append(starts, dir)
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe), filepath.Dir(filepath.Dir(exe)))
	}
	usual := filepath.Join(".cache", "ocr")
	for _, start := range starts {
		dir := filepath.Join(start, usual)
		if _, err := os.Stat(filepath.Join(dir, recogniserFile)); err == nil {
			return dir
		}
	}
	return usual
}

// Resolve fills in the files that are not set, as paths that hold in any working directory.
func (o Options) Resolve() Options {
	if o.Dir == "" {
		o.Dir = DefaultDir()
	}
	for path, name := range map[*string]string{
		&o.Runtime: runtimeFile, &o.Detection: detectionFile, &o.Direction: directionFile,
		&o.Recogniser: recogniserFile, &o.Characters: charactersFile,
	} {
		if *path == "" {
			*path = filepath.Join(o.Dir, name)
		}
		if whole, err := filepath.Abs(*path); err == nil {
			*path = whole
		}
	}
	if o.Threads == 0 {
		o.Threads = 2
	}
	return o
}

// Check tells whether all files that [New] needs are there: nil, or an error that wraps
// [ErrMissing] and names the first one missing.
func (o Options) Check() error {
	o = o.Resolve()
	for _, path := range []string{o.Runtime, o.Detection, o.Direction, o.Recogniser, o.Characters} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%w: %s", ErrMissing, path)
		}
	}
	return nil
}

// sums are the SHA-256 of the files in scripts/ocr.sha256.
var sums = map[string]string{
	runtimeFile:    "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23",
	detectionFile:  "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff",
	directionFile:  "491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640",
	recogniserFile: "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0",
	charactersFile: "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7",
}

// Verify tells whether the files are those of scripts/ocr.sha256, so not cut off or exchanged. A file that the operator
// named otherwise is a model of their own and only has to be there.
func (o Options) Verify() error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.Resolve()
	var wrong []error
	for _, path := range []string{o.Runtime, o.Detection, o.Direction, o.Recogniser, o.Characters} {
		want, known := sums[filepath.Base(path)]
		if !known {
			continue
		}
		got, err := sumOf(path)
		if err == nil && got != want {
			err = fmt.Errorf("%s has the checksum %s, not %s", path, got, want)
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own configuration names it
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Engine reads pictures. Calls are serialised: memory grows with the picture's shape, so two at once
// would need twice as much. About 1 GB for the process.
type Engine struct {
	busy       chan struct{} // a mutex that can be waited for until a context ends; guards all below
	closed     bool
	detector   *model
	classifier *model
	recogniser *model
	characters []string
}

// New loads the models. It returns an error wrapping [ErrMissing] where a file is missing. Close it.
func New(o Options) (*Engine, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o = o.Resolve()
	characters, err := readCharacters(o.Characters)
	if err != nil {
		return nil, err
	}
	if err := runtime.acquire(o.Runtime); err != nil {
		return nil, err
	}
	e := &Engine{busy: make(chan struct{}, 1), characters: characters}
	for path, m := range map[string]**model{o.Detection: &e.detector, o.Direction: &e.classifier, o.Recogniser: &e.recogniser} {
		if *m, err = newModel(path, o.Threads); err != nil {
			e.Close()
			return nil, err
		}
	}
	return e, nil
}

// Close frees the models; it waits for the call under way. The engine can't be used afterwards.
func (e *Engine) Close() {
	e.busy <- struct{}{}
	defer func() { <-e.busy }()
	if e.closed {
		return
	}
	e.closed = true
	for _, m := range []*model{e.detector, e.classifier, e.recogniser} {
		if m != nil {
			m.close()
		}
	}
	runtime.release()
}

// errClosed is what a closed engine answers.
var errClosed = errors.New("the OCR engine is closed")

// Recognise reads the text of a picture, waiting until the engine is free or ctx ends.
func (e *Engine) Recognise(ctx context.Context, picture image.Image) (page.Page, error) {
	if err := e.lock(ctx); err != nil {
		return page.Page{}, err
	}
	defer func() { <-e.busy }()
	return e.read(ctx, picture)
}

// ReadLine reads a picture of one line, waiting until the engine is free or ctx ends.
func (e *Engine) ReadLine(ctx context.Context, picture *image.RGBA) (string, float64, error) {
	if err := e.lock(ctx); err != nil {
		return "", 0, err
	}
	defer func() { <-e.busy }()
	w, h := float64(picture.Rect.Dx()), float64(picture.Rect.Dy())
	lines, err := e.readLines(ctx, picture, []quad{{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}}})
	if err != nil || len(lines) == 0 {
		return "", 0, err
	}
	return lines[0].text, lines[0].score, nil
}

// lock waits until the engine is free. Who got it gives it back.
func (e *Engine) lock(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case e.busy <- struct{}{}:
	}
	if e.closed {
		<-e.busy
		return errClosed
	}
	return nil
}

func readCharacters(path string) ([]string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own configuration names it
	if err != nil {
		return nil, fmt.Errorf("read OCR characters: %w", err)
	}
	defer f.Close()
	var all []string
	for s := bufio.NewScanner(f); s.Scan(); {
		all = append(all, strings.TrimRight(s.Text(), "\r"))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read OCR characters: %s is empty", path)
	}
	return all, nil
}

// library is ONNX Runtime: one for the process, loaded by the first engine and freed by the last.
type library struct {
	mu    sync.Mutex
	users int
	path  string
}

var runtime library

func (l *library) acquire(path string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users > 0 && l.path != path {
		return fmt.Errorf("load ONNX Runtime %s: %s is loaded already", path, l.path)
	}
	if l.users == 0 {
		ort.SetSharedLibraryPath(path)
		if err := ort.InitializeEnvironment(); err != nil {
			return fmt.Errorf("load ONNX Runtime %s: %w", path, err)
		}
		l.path = path
	}
	l.users++
	return nil
}

func (l *library) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users == 0 {
		_ = ort.DestroyEnvironment()
	}
}

// model is a network with one input and one output.
type model struct{ session *ort.DynamicAdvancedSession }

func newModel(path string, threads int) (*model, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	defer func() { _ = options.Destroy() }()
	// Without the arena freed memory goes back: its size would otherwise follow the largest picture seen.
	if err := errors.Join(options.SetIntraOpNumThreads(threads), options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"), options.SetCpuMemArena(false), options.SetMemPattern(false)); err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	if len(in) != 1 || len(out) == 0 {
		return nil, fmt.Errorf("load model %s: %d inputs and %d outputs, want one of each", path, len(in), len(out))
	}
	session, err := ort.NewDynamicAdvancedSession(path, []string{in[0].Name}, []string{out[0].Name}, options)
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", path, err)
	}
	return &model{session}, nil
}

func (m *model) close() { _ = m.session.Destroy() }

// run feeds data of the given shape and returns a copy of the output with its shape.
func (m *model) run(data []float32, shape ...int64) ([]float32, ort.Shape, error) {
	in, err := ort.NewTensor(ort.NewShape(shape...), data)
	if err != nil {
		return nil, nil, fmt.Errorf("run model: %w", err)
	}
	defer func() { _ = in.Destroy() }()
	outs := []ort.Value{nil}
	if err := m.session.Run([]ort.Value{in}, outs); err != nil {
		return nil, nil, fmt.Errorf("run model: %w", err)
	}
	defer func() { _ = outs[0].Destroy() }()
	t, ok := outs[0].(*ort.Tensor[float32])
	if !ok {
		return nil, nil, fmt.Errorf("run model: output is %T, want 32-bit floats", outs[0])
	}
	return append([]float32(nil), t.GetData()...), t.GetShape(), nil
}
