package cards

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// docx is a Word file under way: paragraphs and tables (ECMA-376, WordprocessingML; the parts that Word needs and no more).
type docx struct{ body strings.Builder }

// escaped is text for XML. Characters that XML can't hold are replaced.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// run is a piece of text; size is in half points, 0: as usual.
func run(text string, bold bool, size int) string {
	look := ""
	if bold {
		look += "<w:b/>"
	}
	if size > 0 {
		look += fmt.Sprintf(`<w:sz w:val="%d"/>`, size)
	}
	return `<w:r><w:rPr>` + look + `</w:rPr><w:t xml:space="preserve">` + escaped(text) + `</w:t></w:r>`
}

// heading adds a title in the middle.
func (d *docx) heading(text string) {
	d.body.WriteString(`<w:p><w:pPr><w:jc w:val="center"/></w:pPr>` + run(text, true, 36) + `</w:p>`)
}

// line adds a paragraph.
func (d *docx) line(text string) { d.body.WriteString(`<w:p>` + run(text, false, 0) + `</w:p>`) }

// table adds a table whose first row is its head; widths are of its columns in twentieths of a point.
func (d *docx) table(widths []int, rows [][]string) {
	const edge = `w:val="single" w:sz="4" w:space="0" w:color="000000"/>`
	d.body.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders><w:top ` + edge + `<w:left ` + edge + `<w:bottom ` + edge +
		`<w:right ` + edge + `<w:insideH ` + edge + `<w:insideV ` + edge + `</w:tblBorders></w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		fmt.Fprintf(&d.body, `<w:gridCol w:w="%d"/>`, w)
	}
	d.body.WriteString(`</w:tblGrid>`)
	for i, row := range rows {
		d.body.WriteString(`<w:tr>`)
		for j, text := range row {
			fmt.Fprintf(&d.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr><w:p>%s</w:p></w:tc>`, widths[j], run(text, i == 0, 0))
		}
		d.body.WriteString(`</w:tr>`)
	}
	d.body.WriteString(`</w:tbl>`)
}

// file is the whole Word file; the same content is the same bytes.
func (d *docx) file() []byte {
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const word = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	const relations = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	const format = `application/vnd.openxmlformats-officedocument.wordprocessingml.`
	parts := [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="` + format + `document.main+xml"/>` +
			`<Override PartName="/word/styles.xml" ContentType="` + format + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relations + `/styles" Target="styles.xml"/></Relationships>`},
		{"word/styles.xml", `<w:styles ` + word + `><w:docDefaults><w:rPrDefault><w:rPr>` +
			`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/><w:sz w:val="21"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>`},
		{"word/document.xml", `<w:document ` + word + `><w:body>` + d.body.String() +
			`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1080" w:bottom="1440" w:left="1080" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr></w:body></w:document>`},
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := archive.Create(p[0])
		if err == nil {
			_, err = w.Write([]byte(head + p[1]))
		}
		if err != nil { // a Buffer takes everything
			panic(err)
		}
	}
	if err := archive.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
