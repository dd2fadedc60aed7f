package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"

	"orderbot/orders"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

const (
	scanDPI     = 200  // for recognition
	rulesDPI    = 110  // for finding ruled lines below a text layer
	maxSide     = 4000 // pixels of a rendered page
	leastText   = 6    // characters that make a text layer
	memoryPages = 8192 // of 64 KiB that PDFium may use
)

var (
	pdfOnce sync.Once
	pdfPool pdfium.Pool
	errPDF  error
)

// LoadPDF makes PDFium ready, if it is not yet. Compiling it takes some five seconds of processor time, so the compiled
// code is kept in the folder dir, where it can be written; nobody else may be able to write there. An empty dir keeps nothing.
func LoadPDF(dir string) error {
	pdfOnce.Do(func() {
		plain := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages)
		if dir != "" {
			if cache, err := wazero.NewCompilationCacheWithDir(dir); err == nil {
				if pdfPool, errPDF = initPDF(plain.WithCompilationCache(cache)); errPDF == nil {
					return
				}
			}
		}
		pdfPool, errPDF = initPDF(plain)
	})
	if errPDF != nil {
		return fmt.Errorf("start PDFium: %w", errPDF)
	}
	return nil
}

// initPDF makes a pool of one instance: one document is open at a time.
func initPDF(c wazero.RuntimeConfig) (pdfium.Pool, error) {
	return webassembly.Init(webassembly.Config{
		MinIdle: 0, MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // it sees no file system
		RuntimeConfig: c,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
}

// pdf reads the first pages: those with a text layer from it, others (scans) as pictures.
func (o Opener) pdf(ctx context.Context, data []byte) (*page.Document, error) {
	file, err := openPDF(ctx, data)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	doc := &page.Document{Kind: page.KindText}
	pages := min(file.pages, MaxPages)
	for i := range pages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.Progress != nil && pages > 1 {
			o.Progress(i+1, pages)
		}
		p, scanned, err := o.pdfPage(ctx, file, i)
		if err != nil {
			return nil, err
		}
		if scanned {
			doc.Kind = page.KindOCR
		}
		doc.Pages = append(doc.Pages, p)
	}
	if file.pages > MaxPages {
		doc.Notes = append(doc.Notes, fmt.Sprintf("文件共 %d 页，只读了前 %d 页。", file.pages, MaxPages))
	}
	return doc, nil
}

// pdf is an open file.
type pdf struct {
	pdfium.Pdfium
	document references.FPDF_DOCUMENT
	pages    int
}

// openPDF opens a file with the one instance of PDFium, waiting for it. Close it.
func openPDF(ctx context.Context, data []byte) (f pdf, err error) {
	if err := LoadPDF(""); err != nil {
		return f, err
	}
	instance, err := borrow(ctx, pdfPool)
	if err != nil {
		return f, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, instance.Close())
		}
	}()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &data})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return f, encrypted(err)
	case err != nil:
		return f, damaged(err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil || count.PageCount < 1 {
		return f, damaged(err)
	}
	return pdf{Pdfium: instance, document: opened.Document, pages: count.PageCount}, nil
}

// page names a page, counted from 0.
func (f pdf) page(i int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: f.document, Index: i}}
}

// borrow waits for the one instance of PDFium.
func borrow(ctx context.Context, pool pdfium.Pool) (pdfium.Pdfium, error) {
	instance, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for PDFium: %w", err)
	}
	return instance, nil
}

// pdfPage reads one page; scanned tells that it was read as a picture.
func (o Opener) pdfPage(ctx context.Context, f pdf, i int) (p page.Page, scanned bool, err error) {
	ref := f.page(i)
	size, err := f.GetPageSize(&requests.GetPageSize{Page: ref})
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return p, false, damaged(err)
	}
	text, err := f.GetPageTextStructured(&requests.GetPageTextStructured{Page: ref, Mode: requests.GetPageTextStructuredModeChars, CollectFontInformation: true})
	if err != nil {
		return p, false, damaged(err)
	}
	p = page.Page{Width: size.Width, Height: size.Height, Lines: textLines(text.Chars, size.Height)}
	if legible(p.Lines) {
		if !o.lines && len(p.Lines) > 0 {
			err = f.rendered(ref, size, rulesDPI, func(picture *responses.RenderPage) error {
				p = gridded(p, greyPlane(picture.Image, 0, size.Width))
				forgetAreas(p.Tables)
				return nil
			})
		}
		return p, false, err
	}
	if o.OCR == nil {
		return p, false, orders.Errorf(orders.CodeInvalid, "这份 PDF 是扫描件，这台服务器没有安装图片识别，读不了，请发文字或 Excel。")
	}
	err = f.rendered(ref, size, scanDPI, func(picture *responses.RenderPage) error {
		p, err = o.readPicture(ctx, picture.Image)
		return err
	})
	return p, true, err
}

// rendered draws a page and hands it to use; the picture is gone afterwards.
func (f pdf) rendered(ref requests.Page, size *responses.GetPageSize, dpi int, use func(*responses.RenderPage) error) error {
	if long := max(size.Width, size.Height) / 72 * float64(dpi); long > maxSide {
		dpi = max(1, int(float64(dpi)*maxSide/long))
	}
	drawn, err := f.RenderPageInDPI(&requests.RenderPageInDPI{Page: ref, DPI: dpi})
	if err != nil {
		return damaged(err)
	}
	defer drawn.Cleanup()
	return use(&drawn.Result)
}

// legible tells whether a text layer is there and is text: fonts without a character map give private or
// replacement characters.
func legible(lines []page.Line) bool {
	all, odd := 0, 0
	for _, l := range lines {
		for _, r := range l.Text {
			if unicode.IsSpace(r) {
				continue
			}
			all++
			if r == unicode.ReplacementChar || unicode.In(r, unicode.Co, unicode.Cc) {
				odd++
			}
		}
	}
	return all >= leastText && odd*10 < all
}

// run is a run of text while its characters are collected.
type run struct {
	text                     strings.Builder
	left, top, right, bottom float64
	em                       float64
	last                     rune
	space                    bool // one was seen after last
}

// Gaps, in ems, between two characters of a run that make a space where the PDF has one or PDFium saw one, and that end the run.
const (
	pdfSpace     = 0.17
	pdfWideSpace = 0.4 // between two Chinese characters: titles are letter-spaced
	pdfColumn    = 1.3
)

// textLines rebuilds lines from the characters' boxes: those on one base line that follow each other are one run
// of text. The order of a PDF's plain text jumps between columns, and its rectangles overlap where fonts change.
func textLines(chars []*responses.GetPageTextStructuredChar, pageHeight float64) []page.Line {
	var lines []page.Line
	var r run
	flush := func() {
		if text := strings.TrimSpace(r.text.String()); text != "" {
			lines = append(lines, page.Line{Text: text, Score: 1, Back: -1, Box: box(r.left, r.top, r.right, r.bottom)})
		}
		r = run{}
	}
	for _, c := range chars {
		char := []rune(c.Text)
		if len(char) == 0 || char[0] == '\r' || char[0] == '\n' {
			r.space = true
			continue
		}
		if unicode.IsSpace(char[0]) || char[0] == 0xfffe || char[0] == 0x200b {
			r.space = true
			continue
		}
		at := c.PointPosition
		left, right := min(at.Left, at.Right), max(at.Left, at.Right)
		top, bottom := pageHeight-max(at.Top, at.Bottom), pageHeight-min(at.Top, at.Bottom)
		em := bottom - top
		if c.FontInformation != nil && c.FontInformation.Size > 1 {
			em = max(em, c.FontInformation.Size)
		}
		if r.em > 0 {
			gap, middle := (left-r.right)/r.em, (top+bottom)/2
			if gap > pdfColumn || gap < -0.6 || middle < r.bottom-1.1*r.em || middle > r.top+1.1*r.em {
				flush()
			} else {
				need := pdfSpace
				if r.last >= 0x2e80 && char[0] >= 0x2e80 {
					need = pdfWideSpace
				}
				if r.space && gap > need {
					r.text.WriteByte(' ')
				}
			}
		}
		if r.em == 0 {
			r.left, r.top, r.right, r.bottom = left, top, right, bottom
		}
		r.left, r.top, r.right, r.bottom = min(r.left, left), min(r.top, top), max(r.right, right), max(r.bottom, bottom)
		r.em = max(r.em, em)
		r.last, r.space = char[0], false
		r.text.WriteRune(char[0])
	}
	flush()
	ocr.InReadingOrder(lines)
	return lines
}

func box(left, top, right, bottom float64) [4]page.Point {
	return [4]page.Point{{X: left, Y: top}, {X: right, Y: top}, {X: right, Y: bottom}, {X: left, Y: bottom}}
}
