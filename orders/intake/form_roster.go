package intake

import (
	"regexp"
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// Heads of a list of people with the sizes that each wears. It counts nothing: what is ordered has to be counted from it.
var (
	personHead = regexp.MustCompile(`^(?:员工|学员|学生|人员|职工|队员|保安)?(?:姓名|名字|人名)$`)
	sizeHead   = regexp.MustCompile(`^\p{Han}{0,5}(?:号|码|码数|尺码|号型|尺寸)$`)
	noSize     = regexp.MustCompile(`工号|学号|编号|序号|电话|手机|证|账号|卡号|房号|车号|门牌|条码|编码|号码$`)
)

// rosterAsk is what is asked where a document has such a list.
const rosterAsk = "这是按人登记的尺码表，每种规格合计要多少？请补充，或按汇总的数量发一份。"

// rosterHead finds the head of such a list in a table: a name, sizes, and no head that counts. It is -1 where there is none.
func rosterHead(t page.Table) int {
	return slices.IndexFunc(t.Rows, func(row []page.Cell) bool {
		people, sizes := 0, 0
		for _, c := range row {
			text := strings.ReplaceAll(strings.TrimSpace(c.Text), " ", "")
			if c.Merged || text == "" {
				continue
			}
			h, known := headingOf(text)
			switch {
			case known && (h.as == colQuantity || h.as == colName || h.as == colCode):
				return false
			case personHead.MatchString(text):
				people++
			case sizeHead.MatchString(text) && !noSize.MatchString(text):
				sizes++
			}
		}
		return people == 1 && sizes > 0
	})
}

// withoutRosters parts the lists of people from pages: rest has the pages without those tables, rosters has for each page that has
// one what stands above the list.
func withoutRosters(pages []page.Page) (rest, rosters []page.Page) {
	for _, p := range pages {
		above, left := page.Page{Width: p.Width}, p
		left.Tables = nil
		found := false
		for _, t := range p.Tables {
			at := rosterHead(t)
			if at < 0 {
				left.Tables = append(left.Tables, t)
				continue
			}
			found = true
			above.Tables = append(above.Tables, page.Table{Rows: t.Rows[:at]})
		}
		if !found {
			rest = append(rest, p)
			continue
		}
		if len(left.Tables) == 0 {
			above.Lines, left.Lines = p.Lines, nil
		} else {
			rest = append(rest, left)
		}
		rosters = append(rosters, above)
	}
	return rest, rosters
}
