package intake

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"orderbot/orders/intake/page"
)

// signsOfCells part the cells of a table that was pasted into a chat: what a sheet leaves, what people draw.
const signsOfCells = "\t|｜"

// unitOfAll fits the unit of a table's quantities beside its title: 月度计划（单位：件）.
var unitOfAll = regexp.MustCompile(`[(（\n]\s*(?:数量)?单位\s*[:：]\s*(\p{Han}{1,2})\s*(?:[)）\n]|$)`)

// typedTable is a text with a table in it, as one page: rows of cells in consecutive lines under a head with goods and
// quantities. It is nil where there is none. Boxes hold what stands where: from and to, in characters of the text.
func (x *Lexicon) typedTable(msg Message) *page.Document {
	if msg.Doc != nil || !strings.ContainsAny(msg.Text, signsOfCells) {
		return nil
	}
	var p page.Page
	var rows [][]page.Cell
	widest, at := 0, 0
	c := x.clock(msg.Time)
	isTable := false
	end := func() { // of a table, if it was one
		for i := range rows {
			for len(rows[i]) < widest {
				rows[i] = append(rows[i], page.Cell{Score: 1})
			}
		}
		t := page.Table{Rows: rows}
		switch {
		case x.hasForm([]page.Table{t}, headsOf{clock: c}):
			isTable = true
			p.Tables = append(p.Tables, t)
		default:
			for _, row := range rows {
				p.Lines = append(p.Lines, lineOfCells(row))
			}
		}
		rows, widest = nil, 0
	}
	for line := range strings.SplitSeq(msg.Text, "\n") {
		cells := cellsOf(line, at)
		at += utf8.RuneCountInString(line) + 1
		switch {
		case len(cells) == 0:
		case len(cells) == 1:
			if len(rows) > 0 {
				end()
			}
			p.Lines = append(p.Lines, lineOfCells(cells))
		default:
			rows, widest = append(rows, cells), max(widest, len(cells))
		}
	}
	if len(rows) > 0 {
		end()
	}
	if !isTable {
		return nil
	}
	if m := unitOfAll.FindStringSubmatch(msg.Text); m != nil {
		for _, t := range p.Tables {
			for i, cell := range t.Rows[0] {
				if head := strings.TrimSpace(cell.Text); strings.HasSuffix(head, "数") || strings.HasSuffix(head, "数量") || strings.HasSuffix(head, "量") {
					t.Rows[0][i].Text = head + "(" + m[1] + ")"
				}
			}
		}
	}
	return &page.Document{Kind: page.KindText, Pages: []page.Page{p}}
}

// cellsOf parts a line, which begins at a character of the text. A rule between head and rows has no cells.
func cellsOf(line string, at int) []page.Cell {
	if strings.Trim(line, signsOfCells+" -:=+—─\r") == "" {
		return nil
	}
	sign := '\t'
	if !strings.ContainsRune(line, sign) {
		if sign = '|'; !strings.ContainsRune(line, sign) {
			sign = '｜'
		}
	}
	parts := strings.Split(line, string(sign))
	if sign != '\t' && len(parts) > 2 && strings.TrimSpace(parts[0]) == "" { // | a | b |
		at += utf8.RuneCountInString(parts[0]) + 1
		parts = parts[1:]
		if last := len(parts) - 1; strings.TrimSpace(parts[last]) == "" {
			parts = parts[:last]
		}
	}
	out := make([]page.Cell, len(parts))
	for i, text := range parts {
		n := utf8.RuneCountInString(text)
		blanks := utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeft(text, " \r"))
		text = strings.Trim(text, " \r")
		from := float64(at + blanks)
		to := from + float64(utf8.RuneCountInString(text))
		out[i] = page.Cell{Text: text, Score: 1, Box: [4]page.Point{{X: from}, {X: to}, {X: to, Y: 1}, {X: from, Y: 1}}}
		at += n + 1
	}
	return out
}

// lineOfCells is a row that is no table's.
func lineOfCells(row []page.Cell) page.Line {
	var texts []string
	for _, c := range row {
		if c.Text != "" {
			texts = append(texts, c.Text)
		}
	}
	box := row[0].Box
	for _, c := range row {
		if c.Text != "" {
			box[1], box[2] = c.Box[1], c.Box[2]
		}
	}
	return page.Line{Text: strings.Join(texts, " "), Score: 1, Box: box, Back: -1}
}
