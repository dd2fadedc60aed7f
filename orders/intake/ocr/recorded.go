package ocr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"

	"orderbot/orders/intake/page"
)

// Recorded answers with pages that were read before: one JSON file a picture in Dir, named by the
// SHA-256 of its pixels. With Live set, pictures not there yet are read by it and recorded. Tests use it: the models are
// slow under the race detector.
type Recorded struct {
	Dir  string
	Live Recogniser
}

// ErrNotRecorded is returned for a picture that is not in the folder when there is no Live.
var ErrNotRecorded = errors.New("this picture was not recorded")

// Recognise returns the recorded page of the picture.
func (r Recorded) Recognise(ctx context.Context, picture image.Image) (page.Page, error) {
	path := filepath.Join(r.Dir, fingerprint(picture)+".json")
	var p page.Page
	data, err := os.ReadFile(path) //nolint:gosec // a hash in a folder of the caller's
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &p); err != nil {
			return page.Page{}, fmt.Errorf("read recorded page %s: %w", path, err)
		}
		return p, nil
	case !errors.Is(err, os.ErrNotExist):
		return page.Page{}, fmt.Errorf("read recorded page: %w", err)
	case r.Live == nil:
		return page.Page{}, fmt.Errorf("%w: %s", ErrNotRecorded, path)
	}
	if p, err = r.Live.Recognise(ctx, picture); err != nil {
		return page.Page{}, err
	}
	if data, err = json.MarshalIndent(p, "", " "); err != nil {
		return page.Page{}, fmt.Errorf("record page: %w", err)
	}
	if err := os.MkdirAll(r.Dir, 0o750); err != nil {
		return page.Page{}, fmt.Errorf("record page: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o600); err != nil {
		return page.Page{}, fmt.Errorf("record page: %w", err)
	}
	return p, nil
}

// ReadLine returns the recorded line of the picture; of one that is not recorded, nothing.
func (r Recorded) ReadLine(ctx context.Context, picture *image.RGBA) (string, float64, error) {
	once := Recorded{Dir: r.Dir}
	if live, ok := r.Live.(LineReader); ok {
		once.Live = oneLine{live}
	}
	p, err := once.Recognise(ctx, picture)
	switch {
	case errors.Is(err, ErrNotRecorded):
		return "", 0, nil
	case err != nil || len(p.Lines) == 0:
		return "", 0, err
	}
	return p.Lines[0].Text, p.Lines[0].Score, nil
}

// oneLine recognises pictures of one line.
type oneLine struct{ LineReader }

func (l oneLine) Recognise(ctx context.Context, picture image.Image) (page.Page, error) {
	line, ok := picture.(*image.RGBA)
	if !ok {
		return page.Page{}, fmt.Errorf("a line is %T, not RGBA", picture)
	}
	text, score, err := l.ReadLine(ctx, line)
	if err != nil || text == "" {
		return page.Page{}, err
	}
	return page.Page{Lines: []page.Line{{Text: text, Score: score}}}, nil
}

// fingerprint hashes a picture's size and pixels.
func fingerprint(picture image.Image) string {
	b := picture.Bounds()
	pixels := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(pixels, pixels.Rect, picture, b.Min, draw.Src)
	h := sha256.New()
	fmt.Fprintf(h, "%dx%d\n", b.Dx(), b.Dy())
	h.Write(pixels.Pix)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
