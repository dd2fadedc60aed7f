package worker_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
	"orderbot/orders/intake/worker"
)

// program is orderbot, built without the race detector also where the tests have it: the readers' own code takes minutes
// with it.
var program string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "worker")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "orderbot")
	if out, err := exec.Command("go", "build", "-o", program, "orderbot/cmd/orderbot").CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

const files = "../testdata/corpus/files/"

// starts is a command that notes each start of a worker, and the file it does that in.
func starts(t *testing.T) (env []string, count func() int) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "starts")
	return []string{"STARTS=" + log}, func() int {
		data, err := os.ReadFile(log)
		if os.IsNotExist(err) {
			return 0
		}
		require.NoError(t, err)
		return bytes.Count(data, []byte("\n"))
	}
}

// pool makes a pool of orderbot's workers.
func pool(t *testing.T, o worker.Options) (*worker.Pool, func() int) {
	t.Helper()
	env, count := starts(t)
	o.Env = append(o.Env, env...)
	if o.OCR.Dir == "" {
		o.OCR = ocr.Options{}.Resolve() // PDFium is compiled once for all tests
	}
	if o.Command == nil {
		o.Command = []string{"/bin/sh", "-c", `echo x >> "$STARTS"; exec "$0" worker`, program}
	} else {
		o.Command = append(o.Command, program)
	}
	p := worker.NewPool(o)
	t.Cleanup(p.Close)
	return p, count
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(files + name)
	require.NoError(t, err)
	return data
}

// sentence is what the sender of a refused file is told.
func sentence(t *testing.T, err error) string {
	t.Helper()
	text, ok := orders.ErrorMessage(err)
	require.True(t, ok, "no sentence: %v", err)
	return text
}

const sheet = "品名,数量\n手套,3\n"

func TestWorkerReadsAsTheProgramItselfDoes(t *testing.T) {
	t.Parallel()
	p, started := pool(t, worker.Options{})
	for _, name := range []string{"order-01.xlsx", "order-08.csv", "letter-01.docx", "pdf-02.pdf"} {
		data := read(t, name)
		want, err := document.Open(t.Context(), name, data, nil)
		require.NoError(t, err)
		got, err := p.Open(t.Context(), name, data, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		lines, err := document.Opener{}.Describe(t.Context(), name, data)
		require.NoError(t, err)
		described, err := p.Describe(t.Context(), name, data)
		require.NoError(t, err)
		require.Equal(t, lines, described)
	}
	require.Equal(t, 2, started(), "one for sheets, one for PDF files and pictures")
}

func TestRefusalsComeThrough(t *testing.T) {
	t.Parallel()
	p, started := pool(t, worker.Options{OCR: ocr.Options{Dir: t.TempDir()}})
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"empty":          {nil, "文件是空的"},
		"too large":      {make([]byte, document.MaxBytes+1), "超过 20 MB"},
		"unknown":        {[]byte{0, 1, 2, 3}, "读不了这种文件"},
		"without models": {picture(t, 30, 20), "没有安装图片识别"},
	} {
		_, err := p.Open(t.Context(), name, c.data, nil)
		require.Contains(t, sentence(t, err), c.says, name)
	}
	require.LessOrEqual(t, started(), 2, "a refusal costs no worker")
}

func TestModelsInTheWorker(t *testing.T) {
	t.Parallel()
	p, _ := pool(t, worker.Options{})
	doc, err := p.Open(t.Context(), "a.png", read(t, "po-05.png"), nil)
	require.NoError(t, err)
	require.Equal(t, page.KindOCR, doc.Kind)
	require.Len(t, doc.Pages[0].Tables, 1)
	cell := doc.Pages[0].Tables[0].Rows[1][1]
	cuts, err := p.Cut(t.Context(), read(t, "po-05.png"), []page.Place{{Page: 1, Width: doc.Pages[0].Width, Box: cell.Box}})
	require.NoError(t, err)
	cut, err := png.Decode(bytes.NewReader(cuts[0]))
	require.NoError(t, err)
	require.Greater(t, cut.Bounds().Dx(), 20)
}

func TestProgressOfEachPage(t *testing.T) {
	t.Parallel()
	p, _ := pool(t, worker.Options{})
	var pages []string
	_, err := p.Open(t.Context(), "a.pdf", pdf(3), func(page, pages_ int) { pages = append(pages, fmt.Sprintf("%d/%d", page, pages_)) })
	require.NoError(t, err)
	require.Equal(t, []string{"1/3", "2/3", "3/3"}, pages)
}

func TestMemoryHasALimit(t *testing.T) {
	t.Parallel()
	roomy, _ := pool(t, worker.Options{})
	_, err := roomy.Open(t.Context(), "a.pdf", pdf(1), nil) // now PDFium is compiled, which takes over 100 MB
	require.NoError(t, err)
	p, started := pool(t, worker.Options{Memory: 140 << 20})
	hungry := picture(t, 7000, 7000) // decoding takes 200 MB
	_, err = p.Open(t.Context(), "a.png", hungry, nil)
	require.Contains(t, sentence(t, err), "太占内存")
	require.Equal(t, 2, started(), "tried once more in a worker of its own")
	doc, err := p.Open(t.Context(), "a.pdf", pdf(1), nil)
	require.NoError(t, err, "the next file works")
	require.Len(t, doc.Pages, 1)
	_, err = p.Open(t.Context(), "again.png", hungry, nil)
	require.Contains(t, sentence(t, err), "太占内存")
	require.Equal(t, 3, started(), "a file that killed two workers is not tried again")
}

func TestTimeHasALimit(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]worker.Options{
		"of the processor": {PageTime: time.Nanosecond},
		"on the wall":      {FileTime: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, started := pool(t, o)
			form := read(t, "po-05.png") // takes a second
			_, err := p.Open(t.Context(), "a.png", form, nil)
			require.Contains(t, sentence(t, err), "时间太长")
			_, err = p.Open(t.Context(), "a.png", form, nil)
			require.Contains(t, sentence(t, err), "时间太长")
			require.Equal(t, 1, started())
		})
	}
}

func TestCrashCostsOneAnswer(t *testing.T) {
	t.Parallel()
	p, started := pool(t, worker.Options{Command: []string{"/bin/sh", "-c", `echo x >> "$STARTS"; printf '\0\0\0\002{}'; exit 3`}})
	for range 2 {
		_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
		require.Contains(t, sentence(t, err), "可能已损坏")
	}
	require.Equal(t, 2, started())
}

func TestCrashOfAWorkerIsNotTheFilesFault(t *testing.T) {
	t.Parallel()
	p, started := pool(t, worker.Options{Command: []string{"/bin/sh", "-c", `echo x >> "$STARTS"; [ $(wc -l < "$STARTS") -gt 1 ] && exec "$0" worker; printf '\0\0\0\002{}'; exit 3`}})
	doc, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
	require.NoError(t, err)
	require.Equal(t, "手套", doc.Pages[0].Tables[0].Rows[1][0].Text)
	require.Equal(t, 2, started())
}

func TestBrokenAnswersAreNoAnswers(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"endless frame": `printf '\377\377\377\377'`,
		"no JSON":       `printf '\0\0\0\002hi'`,
		"cut off":       `printf '\0\0\0\011{"page'`,
		"nothing":       `true`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := pool(t, worker.Options{Command: []string{"/bin/sh", "-c", `printf '\0\0\0\002{}'; ` + says}})
			_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
			require.Contains(t, sentence(t, err), "可能已损坏")
		})
	}
	p, _ := pool(t, worker.Options{Command: []string{"/bin/sh", "-c", `printf '\0\0\0\002{}\0\0\0\002{}'; cat > /dev/null`}})
	_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
	require.ErrorContains(t, err, "incomplete")
}

func TestProgramThatDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"missing": {"/no/such/program"}, "ends at once": {"/bin/sh", "-c", "exit 1"}, "never ready": {"/bin/sh", "-c", "sleep 1000"},
	} {
		p := worker.NewPool(worker.Options{Command: command, StartTime: 100 * time.Millisecond})
		t.Cleanup(p.Close)
		_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
		require.Error(t, err, name)
		_, spoken := orders.ErrorMessage(err)
		require.False(t, spoken, "our failure, not the file's")
	}
}

func TestWorkerIsReplacedAfterManyFiles(t *testing.T) {
	t.Parallel()
	p, started := pool(t, worker.Options{Files: 2})
	for range 5 {
		_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
		require.NoError(t, err)
	}
	require.Equal(t, 3, started())
}

// A pipe's reader sees its end when the worker, who holds the other end, is gone.
func TestIdleWorkersEnd(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]worker.Options{"by themselves": {Idle: time.Millisecond}, "with the pool": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "pipe")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			o.Env = []string{"HELD=" + pipe}
			o.Command = []string{"/bin/sh", "-c", `exec 9> "$HELD"; exec "$0" worker`}
			p, _ := pool(t, o)
			gone := make(chan error, 1)
			go func() {
				f, err := os.Open(pipe)
				if err == nil {
					_, err = io.Copy(io.Discard, f)
				}
				gone <- err
			}()
			_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
			require.NoError(t, err)
			if o.Idle == 0 {
				go p.Close()
			}
			require.NoError(t, <-gone)
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	p, _ := pool(t, worker.Options{Env: []string{"HELD=" + pipe}, Command: []string{"/bin/sh", "-c", `printf '\0\0\0\002{}'; echo x > "$HELD"; sleep 1000`}})
	ctx, stop := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := p.Open(ctx, "a.csv", []byte(sheet), nil)
		first <- err
	}()
	_, err := os.ReadFile(pipe) // the worker has begun, and goes on for ever
	require.NoError(t, err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Open(cancelled, "b.csv", []byte(sheet), nil)
	require.ErrorIs(t, err, context.Canceled)
	stop()
	require.ErrorIs(t, <-first, context.Canceled, "the file at work is given up")
}

func TestWorkerKnowsNoSecrets(t *testing.T) {
	t.Setenv("ORDERBOT_WECOM__SECRET", "swordfish")
	log := filepath.Join(t.TempDir(), "env")
	p, _ := pool(t, worker.Options{Env: []string{"OUT=" + log}, Command: []string{"/bin/sh", "-c", `env > "$OUT"; exec "$0" worker`}})
	_, err := p.Open(t.Context(), "a.csv", []byte(sheet), nil)
	require.NoError(t, err)
	env, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(env), "PATH=")
	require.NotContains(t, string(env), "swordfish")
	require.NotContains(t, string(env), "ORDERBOT_WECOM")
}

// Each costs one answer at most, within limits, and the next file is read as ever.
func TestBombs(t *testing.T) {
	t.Parallel()
	p, _ := pool(t, worker.Options{PageTime: 5 * time.Second, OCR: ocr.Options{Dir: t.TempDir()}})
	for name, data := range map[string][]byte{
		"pages that are not there": raw("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 2000000000 /Kids [3 0 R] >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"),
		"page tree without end":    raw("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R 2 0 R] >>"),
		"deep nesting":             raw("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids ["+strings.Repeat("[", 1<<20)+" >>"),
		"page as large as a field": raw("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9000000 9000000] >>"),
		"drawings in drawings":     drawings(12),
		"picture of gigabytes":     pictured(t),
		"objects":                  raw(append([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"}, strings.Split(strings.Repeat("<< >>,", 200_000), ",")...)...),
	} {
		doc, err := p.Open(t.Context(), name+".pdf", data, nil)
		if err != nil {
			require.NotEmpty(t, sentence(t, err), name)
		} else {
			require.LessOrEqual(t, len(doc.Pages), document.MaxPages, name)
		}
		_, err = p.Open(t.Context(), "a.pdf", pdf(1), nil)
		require.NoError(t, err, "after %s", name)
	}
}

// raw is a PDF of objects.
func raw(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	at := make([]int, 0, len(objects))
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// drawings is a page that draws a form ten times, which draws another ten times, and so on.
func drawings(depth int) []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>", "<< /Length 5 >>\nstream\n/X Do\nendstream",
	}
	for i := range depth {
		content := strings.Repeat("/X Do ", 10)
		if i == depth-1 {
			content = "0 0 500 500 re f"
		}
		objects = append(objects, fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 500 500] /Resources << /XObject << /X %d 0 R >> >> /Length %d >>\nstream\n%s\nendstream",
			6+i, len(content), content))
	}
	return raw(objects...)
}

// pictured is a page with a picture of 60000 by 60000 dots, all of one colour.
func pictured(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := z.Write(make([]byte, 300<<20)) // and then it ends
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return raw("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>", "<< /Length 21 >>\nstream\n500 0 0 500 0 0 cm /X Do\nendstream",
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", packed.Len(), packed.String()))
}

// frames writes what a pool sends.
func frames(t *testing.T, parts ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		data, ok := p.([]byte)
		if !ok {
			var err error
			data, err = json.Marshal(p)
			require.NoError(t, err)
		}
		require.NoError(t, binary.Write(&b, binary.BigEndian, uint32(len(data))))
		b.Write(data)
	}
	return b.Bytes()
}

func TestWorkerEndsWithWhoeverStartedIt(t *testing.T) {
	t.Parallel()
	ask := map[string]string{"do": "open", "name": "a.csv"}
	whole := frames(t, map[string]int{"memory": 0}, ask, []byte(sheet))
	for _, n := range []int{len(whole), len(whole) - 3, 30} {
		var out bytes.Buffer
		_ = worker.Serve(t.Context(), bytes.NewReader(whole[:n]), &out)
	}
	require.NoError(t, worker.Serve(t.Context(), bytes.NewReader(whole[:len(frames(t, map[string]int{"memory": 0}))]), io.Discard))
}

func FuzzServe(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02{}\x00\x00\x00\x0d{\"do\":\"open\"}\x00\x00\x00\x07a,b\n1,2"))
	f.Add([]byte("\x00\x00\x00\x02{}\xff\xff\xff\xff"))
	f.Fuzz(func(_ *testing.T, in []byte) {
		if bytes.Contains(in, []byte("emory")) {
			return // it would set the limits of this process
		}
		_ = worker.Serve(context.Background(), bytes.NewReader(in), io.Discard)
	})
}

// picture is a PNG of one colour.
func picture(tb testing.TB, w, h int) []byte {
	tb.Helper()
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range im.Pix {
		im.Pix[i] = 0xff
	}
	im.SetRGBA(0, 0, color.RGBA{A: 255})
	var b bytes.Buffer
	require.NoError(tb, (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, im))
	return b.Bytes()
}

// pdf has a line of text on each page.
func pdf(pages int) []byte {
	var b bytes.Buffer
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids.String()))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i := range pages {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>", 5+2*i))
		text := fmt.Sprintf("BT /F 12 Tf 20 100 Td (glove M 30 box page %d) Tj ET", i+1)
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}
