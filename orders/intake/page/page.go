// Package page holds what a file looks like after it was opened: pages of positioned text and
// tables. Decoders (document, ocr) make it and the reader of orders consumes it.
package page

import "slices"

// Document is an opened file. Kind tells how it was read: "text" for files that carry their
// text (xlsx, csv, docx, PDF with a text layer), "ocr" for pictures and scans.
type Document struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"` // the file's own name, may be empty
	Pages []Page `json:"pages"`
	// Notes are sentences for the sender, such as 只读了前 30 页.
	Notes []string `json:"notes,omitempty"`
}

// The kinds of documents.
const (
	KindText = "text"
	KindOCR  = "ocr"
)

// Page is one page, sheet or picture. Lines stand in reading order. Tables are those that the
// file itself has (sheets, docx tables) or whose grid was found; the text of a table is not
// repeated in Lines.
type Page struct {
	Name   string  `json:"name,omitempty"` // sheet name
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	// Turn is by how many quarter turns clockwise the picture was turned to stand upright. All
	// positions are those of the upright page.
	Turn   int     `json:"turn,omitempty"`
	Lines  []Line  `json:"lines"`
	Tables []Table `json:"tables,omitempty"`
}

// Point is a position in the page's own units, from the upper left.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Line is one run of text. Score is the recogniser's certainty, 1 where the text is the file's own.
type Line struct {
	Text  string   `json:"text"`
	Score float64  `json:"score"`
	Box   [4]Point `json:"box"` // upper left, upper right, lower right, lower left
	// Back is the mean colour behind the text as 0xRRGGBB where a picture was read: chat bubbles
	// are told apart by it. -1 where unknown.
	Back int `json:"back"`
}

// Place is a box on a page of a file. Turn and Width are the page's.
type Place struct {
	Page  int      `json:"page"` // from 1
	Turn  int      `json:"turn"`
	Width float64  `json:"width"`
	Box   [4]Point `json:"box"`
}

// Table is a grid of cells, row by row. All rows have the same length; a merged cell's text
// stands in each place it covers, with Merged set on all but the first.
type Table struct {
	Rows [][]Cell `json:"rows"`
	// Hidden tells which rows the file hides.
	Hidden []bool `json:"hidden,omitempty"`
}

// Cell is one field of a table.
type Cell struct {
	Text   string   `json:"text"`
	Score  float64  `json:"score"`
	Box    [4]Point `json:"box"`
	Ref    string   `json:"ref,omitempty"` // "B7" in a sheet
	Merged bool     `json:"merged,omitempty"`
	Struck bool     `json:"struck,omitempty"` // crossed out
	// Area is the whole cell between its rules, where those are drawn on all sides; nil where that is not known.
	Area *[4]Point `json:"-"`
}

// Headings returns the texts of the first row of the first table that has any, which is where a list has its headings. untitled tells
// that there are cells below an empty one.
func (d *Document) Headings() (titles []string, untitled bool) {
	if d.Kind != KindText {
		return nil, false
	}
	for _, p := range d.Pages {
		for _, t := range p.Tables {
			top := slices.IndexFunc(t.Rows, func(row []Cell) bool {
				return slices.ContainsFunc(row, func(c Cell) bool { return c.Text != "" })
			})
			if top < 0 {
				continue
			}
			for col, cell := range t.Rows[top] {
				titles = append(titles, cell.Text)
				untitled = untitled || cell.Text == "" && slices.ContainsFunc(t.Rows[top+1:], func(row []Cell) bool { return row[col].Text != "" })
			}
			return titles, untitled
		}
	}
	return nil, false
}
