package ocr_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

// engine is shared: loading it takes most of a second, and calls are serialised anyway.
var engine = sync.OnceValues(func() (*ocr.Engine, error) { return ocr.New(ocr.Options{}) })

func newEngine(t *testing.T) *ocr.Engine {
	t.Helper()
	e, err := engine()
	require.NoError(t, err, "fetch the models first: make files")
	return e
}

func picture(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "corpus", "files", name))
	require.NoError(t, err)
	defer f.Close()
	im, _, err := image.Decode(f)
	require.NoError(t, err)
	return im
}

// turned turns a picture by quarters clockwise.
func turned(im image.Image, quarters int) image.Image {
	for range quarters {
		b := im.Bounds()
		out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				out.Set(b.Dy()-1-y, x, im.At(b.Min.X+x, b.Min.Y+y))
			}
		}
		im = out
	}
	return im
}

func texts(p page.Page) string {
	var all []string
	for _, l := range p.Lines {
		all = append(all, l.Text)
	}
	return strings.Join(all, "\n")
}

func TestReadsPicturesOfEachKind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"wechat-07.png": {"蝶阀DN100 10台，DN80 6台，法兰垫DN100", "卡箍DN100 60套", "25号之前要，送消防路10号", "08:55"}, // dropped spaces would be other quantities
		"po-03.png":     {"XD26-0318-A", "XD-B0830", "12000", "0.055", "10000"},                     // under a red seal
		"photo-03.jpg":  {"请购量", "防逆流尿袋", "1000ml", "400", "2026/3/31"},                             // perspective, shadow, noise
		"wechat-02.png": {"碘伏棉球6瓶"},                                                                 // night mode
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := newEngine(t).Recognise(t.Context(), picture(t, name))
			require.NoError(t, err)
			for _, w := range want {
				require.Contains(t, texts(p), w)
			}
		})
	}
}

func TestTurnedPicturesAreReadUpright(t *testing.T) {
	t.Parallel()
	im := picture(t, "po-05.png")
	for _, quarters := range []int{1, 2, 3} {
		p, err := newEngine(t).Recognise(t.Context(), turned(im, quarters))
		require.NoError(t, err)
		require.Equal(t, (4-quarters)%4, p.Turn, "turned by %d quarters", quarters)
		require.Contains(t, texts(p), "甲/乙型流感抗原检测试剂")
		require.Contains(t, texts(p), "SHCDC-2026-019")
		require.InDelta(t, im.Bounds().Dx(), p.Width, 1)
		for _, l := range p.Lines {
			if l.Text == "订货单" {
				require.InDelta(t, 509, l.Box[0].X, 12, "positions are those of the upright page")
				require.InDelta(t, 123, l.Box[0].Y, 12)
			}
		}
	}
}

func TestLongScreenshotIsReadInStrips(t *testing.T) {
	t.Parallel()
	one := picture(t, "wechat-01.png")
	w, h := one.Bounds().Dx(), one.Bounds().Dy()
	long := image.NewRGBA(image.Rect(0, 0, w, 4*h))
	for i := range 4 {
		draw.Draw(long, image.Rect(0, i*h, w, (i+1)*h), one, one.Bounds().Min, draw.Src)
	}
	p, err := newEngine(t).Recognise(t.Context(), long)
	require.NoError(t, err)
	require.Equal(t, 4, strings.Count(texts(p), "外科口罩20箱"), "each line once, also where strips overlap")
	require.Equal(t, 4, strings.Count(texts(p), "上次的发票收到了"))
}

func TestBackgroundTellsBubblesApart(t *testing.T) {
	t.Parallel()
	p, err := newEngine(t).Recognise(t.Context(), picture(t, "wechat-06.png"))
	require.NoError(t, err)
	back := map[string]int{}
	for _, l := range p.Lines {
		back[l.Text] = l.Back
	}
	require.InDelta(t, 0x95, back["304球阀1寸的多少钱"]>>16, 12, "green")
	require.Greater(t, back["48一只"]&0xff, 0xf0, "white")
}

func TestPictureWithoutText(t *testing.T) {
	t.Parallel()
	for name, im := range map[string]image.Image{
		"white":     image.NewUniform(color.White),
		"one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
		"empty":     image.NewGray(image.Rect(0, 0, 0, 0)),
		"thin":      image.NewGray(image.Rect(0, 0, 4000, 3)),
	} {
		if u, ok := im.(*image.Uniform); ok {
			blank := image.NewRGBA(image.Rect(0, 0, 300, 200))
			draw.Draw(blank, blank.Rect, u, image.Point{}, draw.Src)
			im = blank
		}
		p, err := newEngine(t).Recognise(t.Context(), im)
		require.NoError(t, err, name)
		require.Empty(t, p.Lines, name)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newEngine(t).Recognise(ctx, picture(t, "wechat-08.png"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestMissingModelsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := ocr.New(ocr.Options{Dir: t.TempDir()})
	require.ErrorIs(t, err, ocr.ErrMissing)
	require.Contains(t, err.Error(), "scripts/fetch-ocr.sh")
}

func TestVerifyKnowsTheFiles(t *testing.T) {
	t.Parallel()
	require.NoError(t, ocr.Options{}.Verify())

	// The sums are those that the files are fetched by.
	list, err := os.ReadFile("../../../scripts/ocr.sha256")
	require.NoError(t, err)
	whole := ocr.Options{}.Resolve()
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		damaged := whole
		other := filepath.Join(t.TempDir(), fields[1])
		require.NoError(t, os.WriteFile(other, []byte("cut off"), 0o600))
		switch {
		case strings.HasSuffix(fields[1], "so.1"):
			damaged.Runtime = other
		case strings.Contains(fields[1], "det"):
			damaged.Detection = other
		case strings.Contains(fields[1], "cls"):
			damaged.Direction = other
		case strings.Contains(fields[1], "rec"):
			damaged.Recogniser = other
		default:
			damaged.Characters = other
		}
		err := damaged.Verify()
		require.ErrorContains(t, err, fields[0], "what it should be")
		require.ErrorContains(t, err, other)
	}
	own := whole
	own.Recogniser = filepath.Join(t.TempDir(), "own.onnx")
	require.ErrorIs(t, own.Verify(), ocr.ErrMissing)
	require.NoError(t, os.WriteFile(own.Recogniser, []byte("a newer model"), 0o600))
	require.NoError(t, own.Verify())
}

func TestDamagedModelIsAnError(t *testing.T) {
	t.Parallel()
	newEngine(t)
	bad := filepath.Join(t.TempDir(), "bad.onnx")
	require.NoError(t, os.WriteFile(bad, []byte("no model"), 0o600))
	_, err := ocr.New(ocr.Options{Recogniser: bad})
	require.ErrorContains(t, err, "bad.onnx")
}

func TestClosedEngineRefuses(t *testing.T) {
	t.Parallel()
	newEngine(t)
	e, err := ocr.New(ocr.Options{})
	require.NoError(t, err)
	e.Close()
	e.Close()
	_, err = e.Recognise(t.Context(), image.NewGray(image.Rect(0, 0, 9, 9)))
	require.Error(t, err)
}

type fake func() (page.Page, error)

func (f fake) Recognise(context.Context, image.Image) (page.Page, error) { return f() }

func TestRecordedAnswersWithoutTheModels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := page.Page{Width: 2, Height: 3, Lines: []page.Line{{Text: "丁腈手套 M", Score: 0.97, Back: -1}}}
	im := image.NewGray(image.Rect(0, 0, 2, 3))
	_, err := ocr.Recorded{Dir: dir}.Recognise(t.Context(), im)
	require.ErrorIs(t, err, ocr.ErrNotRecorded)

	calls := 0
	live := fake(func() (page.Page, error) { calls++; return want, nil })
	for range 2 {
		got, err := ocr.Recorded{Dir: dir, Live: live}.Recognise(t.Context(), im)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, 1, calls)

	other := image.NewGray(image.Rect(0, 0, 2, 3))
	other.SetGray(1, 1, color.Gray{200})
	_, err = ocr.Recorded{Dir: dir}.Recognise(t.Context(), other)
	require.ErrorIs(t, err, ocr.ErrNotRecorded, "one pixel makes another picture")

	failed := errors.New("out of order")
	_, err = ocr.Recorded{Dir: dir, Live: fake(func() (page.Page, error) { return page.Page{}, failed })}.Recognise(t.Context(), other)
	require.ErrorIs(t, err, failed)
}
