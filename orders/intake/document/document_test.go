package document_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"orderbot/orders"
	"orderbot/orders/intake/document"
	"orderbot/orders/intake/ocr"
	"orderbot/orders/intake/page"
)

var update = flag.Bool("update", false, "record the recognised pages of the corpus anew (needs the models: make files)")

const corpus = "../testdata/corpus/files"

// recorded answers for the corpus's pictures.
func recorded(t *testing.T) ocr.Recogniser {
	t.Helper()
	r := ocr.Recorded{Dir: "../testdata/pages"}
	if *update {
		e, err := ocr.New(ocr.Options{})
		require.NoError(t, err, "fetch the models first: make files")
		t.Cleanup(e.Close)
		r.Live = e
	}
	return r
}

func open(t *testing.T, name string, data []byte) *page.Document {
	t.Helper()
	doc, err := document.Open(t.Context(), name, data, nil)
	require.NoError(t, err)
	return doc
}

func refusal(t *testing.T, name string, data []byte) string {
	t.Helper()
	_, err := document.Open(t.Context(), name, data, nil)
	require.Error(t, err)
	sentence, spoken := orders.ErrorMessage(err)
	require.True(t, spoken, "no sentence for people: %v", err)
	return sentence
}

// rows writes a table's rows as text, merged cells as ^.
func rows(t page.Table) []string {
	var out []string
	for _, row := range t.Rows {
		var cells []string
		for _, c := range row {
			if c.Merged {
				c.Text = "^"
			}
			cells = append(cells, c.Text)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

// feature: IN-02, IN-03
func TestCorpusFilesKeepEveryRow(t *testing.T) {
	t.Parallel()
	r := recorded(t)
	want := map[string]int{ // rows of the tables found, heads and totals included
		"po-01.png": 6, "po-02.png": 5, "po-03.png": 6, "po-04.png": 5, "po-05.png": 5, "po-06.png": 6, "sheet-01.png": 12, "sheet-02.png": 13,
		"photo-01.jpg": 6, "photo-02.jpg": 6, "photo-03.jpg": 6, "photo-04.jpg": 5, "scan-01.pdf": 6, "scan-02.pdf": 6, "pdf-01.pdf": 7, "pdf-02.pdf": 7, "pdf-03.pdf": 4,
		"letter-01.docx": 7, "order-01.xlsx": 11, "order-02.xlsx": 11, "order-03.xlsx": 9, "order-05.xlsx": 8, "order-07.csv": 7, "order-08.csv": 8, "order-09.csv": 4,
		"wechat-01.png": 0, "wechat-07.png": 0, "note-01.jpg": 0,
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		doc, err := document.Open(t.Context(), path, data, r)
		require.NoError(t, err, path)
		n := 0
		for _, p := range doc.Pages {
			for _, table := range p.Tables {
				n += len(table.Rows)
			}
		}
		if rows, ok := want[filepath.Base(path)]; ok {
			require.Equal(t, rows, n, path)
		}
	}
}

func TestRuledTableOfAPhoto(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(corpus, "photo-02.jpg"))
	require.NoError(t, err)
	doc, err := document.Open(t.Context(), "photo-02.jpg", data, recorded(t))
	require.NoError(t, err)
	require.Equal(t, page.KindOCR, doc.Kind)
	require.Len(t, doc.Pages[0].Tables, 1)
	require.Equal(t, []string{"货品|规格|数量", "切割片|105|4盒", "切割片|125|2盒", "电焊条J422|2.5|2箱", "活动扳手|10寸|半盒", "生料带||3打"}, rows(doc.Pages[0].Tables[0]))
}

func TestTextLayerOfAPDF(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(corpus, "pdf-02.pdf"))
	require.NoError(t, err)
	doc := open(t, "pdf-02.pdf", data)
	require.Equal(t, page.KindText, doc.Kind)
	table := rows(doc.Pages[0].Tables[0])
	require.Equal(t, "名称|规格型号|数量|单位|单价（元）|总价（元）", table[0])
	require.Equal(t, "平焊法兰|DN80 PN16|12|片|45.00|540.00", table[4])
	require.Equal(t, "合计|^|^|^|^|6,860.00", table[6])
}

// feature: IN-14
func TestEachBadFileHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	photo := pictureOf(t, 40, 30)
	xlsx := book(t, func(*excelize.File) {})
	for name, c := range map[string]struct {
		file string
		data []byte
		says string
	}{
		"empty":               {"a.pdf", nil, "文件是空的"},
		"too large":           {"a.csv", bytes.Repeat([]byte("a,b\n"), 6<<20), "超过 20 MB"},
		"no known kind":       {"a.bin", []byte{0, 1, 2, 3, 0xff, 0xfe, 0}, "读不了这种文件"},
		"archive of anything": {"a.zip", zipped(t, map[string]string{"a.txt": "x"}), "读不了这种文件"},
		"cut-off picture":     {"a.png", photo[:len(photo)/2], "可能已损坏"},
		"picture head only":   {"a.png", photo[:20], "可能已损坏"},
		"too many pixels":     {"a.png", hugePNG(60000, 60000), "60000×60000"},
		"picture without OCR": {"a.png", photo, "没有安装图片识别"},
		"damaged PDF":         {"a.pdf", []byte("%PDF-1.4\nnothing here"), "可能已损坏"},
		"encrypted PDF":       {"a.pdf", encryptedPDF(), "密码"},
		"scan without OCR":    {"a.pdf", pdfOf("0.5 g 10 10 100 100 re f"), "没有安装图片识别"},
		"damaged workbook":    {"a.xlsx", xlsx[:len(xlsx)-200], "可能已损坏"},
		"workbook password":   {"a.xlsx", lockedBook(t), "密码"},
		"old Word":            {"a.doc", compound("WordDocument"), ".docx"},
		"HEIC":                {"a.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "HEIC"},
		"damaged Word":        {"a.docx", zipped(t, map[string]string{"word/document.xml": "<w:document><w:body><w:p>"}), "可能已损坏"},
		"name on its own":     {"订单.xlsx", []byte("\x7fELF\x02\x01\x01\x00\x00"), "读不了这种文件"},
		"cut-off Word":        {"a.docx", zipped(t, map[string]string{"word/document.xml": "<w/>"})[:60], "可能已损坏"},
		"cut-off PDF":         {"a.pdf", pdfOf("0 0 m")[:150], "可能已损坏"},
		"many parts":          {"a.xlsx", zipped(t, manyParts(3000)), "解压后太大"},
		"macros in a book":    {"a.xlsm", zipped(t, map[string]string{"xl/workbook.xml": "<workbook/>", "xl/vbaProject.bin": "Attribute VB_Name"}), "宏"},
		"macros in a letter":  {"a.docm", zipped(t, map[string]string{"word/document.xml": "<d/>", "word/vbaProject.bin": "Attribute VB_Name"}), "宏"},
		"names that lead out": {"a.xlsx", zipped(t, map[string]string{"xl/workbook.xml": "<workbook/>", "../../../etc/cron.d/x": "* * * * *"}), "不该有的内容"},
		"backslashes too":     {"a.docx", zipped(t, map[string]string{"word/document.xml": "<d/>", `..\..\x.dll`: "MZ"}), "不该有的内容"},
		"entities of a book":  {"a.xlsx", zipped(t, map[string]string{"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": laughs}), "不该有的内容"},
		"laughs in a letter":  {"a.docx", zipped(t, map[string]string{"word/document.xml": laughs}), "不该有的内容"},
		"archive bomb":        {"a.xlsx", bomb(t, "xl/workbook.xml"), "解压后太大"},
		"Word bomb":           {"a.docx", bomb(t, "word/document.xml"), "解压后太大"},
		"entity bomb":         {"a.docx", zipped(t, map[string]string{"word/document.xml": `<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:document>`}), "不该有的内容"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, refusal(t, c.file, c.data), c.says)
		})
	}
}

func TestOldExcelNeedsAConverter(t *testing.T) {
	// Not parallel: it empties PATH.
	t.Setenv("PATH", t.TempDir())
	require.Contains(t, refusal(t, "a.xls", compound("Workbook")), ".xlsx")
}

func TestNamesDoNotDecide(t *testing.T) {
	t.Parallel()
	require.Equal(t, "png", document.Kind("order.xlsx", pictureOf(t, 3, 3)))
	require.Equal(t, "xlsx", document.Kind("photo.jpg", book(t, func(*excelize.File) {})))
	require.Equal(t, "csv", document.Kind("x", []byte("品名,数量\n手套,3\n")))
	require.Equal(t, "txt", document.Kind("x", []byte("手套三盒")))
	require.Equal(t, "encrypted", document.Kind("x.xlsx", compound("EncryptedPackage")))
}

func TestSheets(t *testing.T) {
	t.Parallel()
	doc := open(t, "计划.xlsx", book(t, func(f *excelize.File) {
		must := func(err error) { require.NoError(t, err) }
		date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		must(err)
		padded := "0000"
		code, err := f.NewStyle(&excelize.Style{CustomNumFmt: &padded})
		must(err)
		struck, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
		must(err)
		for ref, v := range map[string]any{
			"A1": "三月计划", "A2": "编码", "B2": "品名", "C2": "数量", "D2": "单价", "E2": "交期", "F2": "内部成本",
			"A3": 42, "B3": "手套", "C3": 1200, "D3": 0.1 + 0.2, "E3": 46100, "F3": 9, "B4": "口罩", "C4": 5, "B5": "纱布", "C5": 7,
		} {
			must(f.SetCellValue("Sheet1", ref, v))
		}
		must(f.SetCellFormula("Sheet1", "D4", "C3*2+1"))
		must(f.SetCellStyle("Sheet1", "E3", "E3", date))
		must(f.SetCellStyle("Sheet1", "A3", "A3", code))
		must(f.SetCellStyle("Sheet1", "B5", "B5", struck))
		must(f.MergeCell("Sheet1", "A1", "E1"))
		must(f.SetColVisible("Sheet1", "F", false))
		must(f.SetRowVisible("Sheet1", 4, false))
		_, err = f.NewSheet("说明")
		must(err)
		must(f.SetCellValue("说明", "B2", "按箱发货"))
		_, err = f.NewSheet("隐藏")
		must(err)
		must(f.SetCellValue("隐藏", "A1", "旧单"))
		must(f.SetSheetVisible("隐藏", false))
	}))
	require.Equal(t, "计划.xlsx", doc.Name)
	require.Len(t, doc.Pages, 2, "hidden sheets are left out")
	table := doc.Pages[0].Tables[0]
	require.Equal(t, []string{"三月计划|^|^|^|^", "编码|品名|数量|单价|交期", "0042|手套|1200|0.3|2026-03-19", "|口罩|5|2401|", "|纱布|7||"}, rows(table))
	require.Equal(t, []bool{false, false, false, true, false}, table.Hidden)
	require.True(t, table.Rows[4][1].Struck)
	require.Equal(t, "B3", table.Rows[2][1].Ref)
	require.Equal(t, "说明", doc.Pages[1].Name)
}

func TestTextTables(t *testing.T) {
	t.Parallel()
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("品名;数量\n丁腈手套;10\n")
	require.NoError(t, err)
	for name, c := range map[string]struct{ data, row string }{
		"comma":            {"品名,数量\n丁腈手套,10\n", "丁腈手套|10"},
		"mark of UTF-8":    {"\ufeff品名,数量\r\n丁腈手套,10\r\n", "丁腈手套|10"},
		"tab":              {"品名\t数量\n丁腈手套\t10", "丁腈手套|10"},
		"GBK, semicolon":   {gbk, "丁腈手套|10"},
		"quoted separator": {"品名,数量\n\"手套,丁腈\",\"1,000\"\n", "手套,丁腈|1,000"},
		"UTF-16":           {"\xff\xfe" + utf16le("品名\t数量\n丁腈手套\t10\n"), "丁腈手套|10"},
		"stray quote":      {"品名,数量\n1\"球阀,10\n", "1\"球阀|10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := rows(open(t, "a.csv", []byte(c.data)).Pages[0].Tables[0])
			require.Equal(t, "品名|数量", table[0])
			require.Equal(t, c.row, table[1])
		})
	}
}

func TestWord(t *testing.T) {
	t.Parallel()
	doc := open(t, "函.docx", zipped(t, map[string]string{"word/document.xml": `<w:document xmlns:w="w"><w:body>
		<w:p><w:r><w:t>请于</w:t></w:r><w:r><w:t>4月6日</w:t></w:r><w:del><w:r><w:delText>5日</w:delText><w:t>旧</w:t></w:r></w:del><w:r><w:t>前送达</w:t><w:br/><w:t>货到付款</w:t></w:r></w:p>
		<w:tbl><w:tblPr><w:tblW/></w:tblPr>
			<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>材料</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>数量</w:t></w:r></w:p></w:tc></w:tr>
			<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>钢管</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>DN50</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>19</w:t></w:r></w:p></w:tc></w:tr>
			<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>DN25</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>37</w:t></w:r></w:p></w:tc></w:tr>
		</w:tbl></w:body></w:document>`}))
	var lines []string
	for _, l := range doc.Pages[0].Lines {
		lines = append(lines, l.Text)
	}
	require.Equal(t, []string{"请于4月6日前送达", "货到付款"}, lines)
	require.Equal(t, []string{"材料|^|数量", "钢管|DN50|19", "^|DN25|37"}, rows(doc.Pages[0].Tables[0]))
}

// asked notes the size of the picture that it is given.
type asked struct{ size image.Point }

func (a *asked) Recognise(_ context.Context, im image.Image) (page.Page, error) {
	a.size = im.Bounds().Size()
	return page.Page{Width: float64(a.size.X), Height: float64(a.size.Y)}, nil
}

func TestPictureKindsAndOrientation(t *testing.T) {
	t.Parallel()
	var j, g bytes.Buffer
	im := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
	require.NoError(t, jpeg.Encode(&j, im, nil))
	require.NoError(t, gif.Encode(&g, im, nil))
	turned := append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"), j.Bytes()[2:]...)
	webp, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		data []byte
		size image.Point
	}{
		"png": {pictureOf(t, 40, 30), image.Pt(40, 30)}, "jpeg": {j.Bytes(), image.Pt(40, 30)}, "gif": {g.Bytes(), image.Pt(40, 30)},
		"jpeg on its side": {turned, image.Pt(30, 40)}, "webp": {webp, image.Pt(1, 1)},
	} {
		a := &asked{}
		_, err := document.Open(t.Context(), "a", c.data, a)
		require.NoError(t, err, name)
		require.Equal(t, c.size, a.size, name)
	}
}

func TestOnlyTheFirstPagesAreRead(t *testing.T) {
	t.Parallel()
	a := &asked{}
	contents := make([]string, 40)
	for i := range contents {
		contents[i] = "0.5 g 10 10 100 100 re f"
	}
	doc, err := document.Open(t.Context(), "long.pdf", pdfOf(contents...), a)
	require.NoError(t, err)
	require.Len(t, doc.Pages, document.MaxPages)
	require.Equal(t, []string{"文件共 40 页，只读了前 30 页。"}, doc.Notes)
	require.Equal(t, image.Pt(556, 556), a.size, "200 dots an inch")
}

func TestAnswerOfTheRecogniserIsPassedOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("out of memory")
	_, err := document.Open(t.Context(), "a.png", pictureOf(t, 9, 9), failing{broken})
	require.ErrorIs(t, err, broken)

	_, err = document.Open(t.Context(), "a.png", pictureOf(t, 9, 9), failing{fmt.Errorf("%w: x.onnx", ocr.ErrMissing)})
	sentence, _ := orders.ErrorMessage(err)
	require.Contains(t, sentence, "没有安装图片识别", "models that are not there yet are no surprise")
}

type failing struct{ err error }

func (f failing) Recognise(context.Context, image.Image) (page.Page, error) {
	return page.Page{}, f.err
}

func pictureOf(tb testing.TB, w, h int) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))))
	return b.Bytes()
}

// laughs is an XML document that would be gigabytes long.
const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>`

func manyParts(n int) map[string]string {
	files := map[string]string{"xl/workbook.xml": "<workbook/>"}
	for i := range n {
		files[fmt.Sprintf("xl/media/%d.bin", i)] = ""
	}
	return files
}

// What a book has linked from others is not looked for; what it last knew of it is read.
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	data := book(t, func(f *excelize.File) {
		for ref, formula := range map[string]string{"A1": `WEBSERVICE("` + server.URL + `/x")`, "A2": `'[` + server.URL + `/b.xlsx]S'!A1`, "A3": `'file:///etc/[passwd]S'!A1`} {
			require.NoError(t, f.SetCellFormula("Sheet1", ref, formula))
		}
		require.NoError(t, f.SetCellHyperLink("Sheet1", "B1", server.URL, "External"))
		require.NoError(t, f.SetCellValue("Sheet1", "B1", "手套"))
	})
	table := open(t, "a.xlsx", data).Pages[0].Tables[0]
	require.Equal(t, "手套", table.Rows[0][1].Text)
	require.Empty(t, table.Rows[0][0].Text)
	word := zipped(t, map[string]string{
		"word/document.xml":            `<d><p><r><t>手套 3 盒</t></r></p><altChunk r:id="r1"/></d>`,
		"word/_rels/document.xml.rels": `<Relationships><Relationship Id="r1" Type="attachedTemplate" Target="` + server.URL + `/t.dotm" TargetMode="External"/></Relationships>`,
	})
	require.Equal(t, "手套 3 盒", open(t, "a.docx", word).Pages[0].Lines[0].Text)
	require.Zero(t, asked.Load())
}

// hugePNG is a PNG's head that claims a size.
func hugePNG(w, h uint32) []byte {
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], w)
	binary.BigEndian.PutUint32(head[8:], h)
	head[12], head[13] = 8, 0
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func zipped(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		require.NoError(tb, err)
		_, err = w.Write([]byte(content))
		require.NoError(tb, err)
	}
	require.NoError(tb, z.Close())
	return b.Bytes()
}

// bomb is an archive of some hundred kilobytes with 100 MB of zeros.
func bomb(tb testing.TB, name string) []byte {
	tb.Helper()
	return zipped(tb, map[string]string{name: strings.Repeat("\x00", 100<<20)})
}

func book(tb testing.TB, fill func(*excelize.File)) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	require.NoError(tb, f.Write(&b))
	return b.Bytes()
}

func lockedBook(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, excelize.Options{Password: "1234"}))
	return b.Bytes()
}

// compound is the head of an OLE file with the name of a stream.
func compound(stream string) []byte {
	return append(append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 512)...), utf16le(stream)...)
}

func utf16le(s string) string {
	var b []byte
	for _, r := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return string(b)
}

// pdfOf makes a PDF of pages of 200 × 200 points with the given contents.
func pdfOf(contents ...string) []byte { return pdfWith("", contents...) }

func encryptedPDF() []byte {
	return pdfWith("/Encrypt << /Filter /Standard /V 1 /R 2 /O ("+strings.Repeat("x", 32)+") /U ("+strings.Repeat("y", 32)+") /P -44 >> /ID [(a) (a)]", "")
}

func pdfWith(trailer string, contents ...string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids []string
	for i := range contents {
		kids = append(kids, fmt.Sprintf("%d 0 R", 3+2*i))
	}
	object(fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(contents)))
	for i, c := range contents {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents %d 0 R >>", 4+2*i))
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(c), c))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, start)
	return b.Bytes()
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(corpus, "po-05.png"))
	require.NoError(t, err)
	d, err := document.Opener{OCR: recorded(t)}.Describe(t.Context(), "po-05.png", data)
	require.NoError(t, err)
	require.Equal(t, "po-05.png", d.File)
	require.Len(t, d.Pages, 1)
	var all []string
	for _, l := range d.Pages[0].Lines {
		all = append(all, l.Text)
		require.Positive(t, l.Score)
		require.Less(t, l.Box[0][0], l.Box[1][0])
	}
	require.Subset(t, all, []string{"酒精棉片", "100片/盒", "200", "900"}, "lines of the table too")

	sheet, err := document.Opener{}.Describe(t.Context(), "a.csv", []byte("品名,数量\n手套,3\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"品名", "数量", "手套", "3"}, []string{sheet.Pages[0].Lines[0].Text, sheet.Pages[0].Lines[1].Text, sheet.Pages[0].Lines[2].Text, sheet.Pages[0].Lines[3].Text})

	_, err = document.Opener{}.Describe(t.Context(), "a.csv", nil)
	require.Error(t, err)
}
