package variant

import (
	"regexp"
	"slices"
	"strings"

	"orderbot/orders"
)

// unitWords are words for one unit. Those for single pieces stand for each other whatever the piece is.
var unitWords = [][]string{{"箱", "ctn"}, {"盒", "box"}, {"公斤", "千克", "kg"}, {"米", "m"}, {"支", "枝"}, {"双", "对"}, {"副", "付"}}

const pieceUnits = "个只支枝片颗粒枚根条"

var unitPattern = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?\s*(公斤|千克|[\p{Han}])`)

// otherUnits says the units of ordered amounts by other words: 箱 ctn, 公斤 千克, a single piece 个 or pcs.
// Only amounts in digits change, and only those that the gold orders in that unit. Latin words are not
// used where a letter or digit follows.
func otherUnits(c Case) string {
	ordered := map[string]bool{}
	for _, choice := range c.Gold.Choices {
		for _, o := range choice.Orders {
			lines, _ := o["lines"].([]any)
			for _, l := range lines {
				line, _ := l.(map[string]any)
				quantity, _ := line["quantity"].(string)
				unit, _ := line["unit"].(string)
				code, _ := line["product"].(string)
				if known(c.Master, code) {
					ordered[quantity+unit] = true
				}
			}
		}
	}
	var b strings.Builder
	done := 0
	for n, at := range unitPattern.FindAllStringSubmatchIndex(c.Text, -1) {
		number, unit := strings.TrimSpace(c.Text[at[0]:at[2]]), c.Text[at[2]:at[3]]
		if !ordered[number+unit] || unitAt([]rune(c.Text[at[2]:]), c.Master) != unit {
			continue
		}
		words := synonyms(unit)
		if after := []rune(c.Text[at[3]:]); len(after) > 0 && (isLatin(narrow(after[0])) || isDigit(narrow(after[0]))) {
			words = slices.DeleteFunc(words, func(w string) bool { return isLatin(rune(w[0])) })
		}
		if len(words) == 0 {
			continue
		}
		b.WriteString(c.Text[done:at[2]] + words[n%len(words)])
		done = at[3]
	}
	return b.String() + c.Text[done:]
}

func known(m *orders.Master, code string) bool {
	return slices.ContainsFunc(m.Products, func(p orders.Product) bool { return string(p.Code) == code })
}

// synonyms are other words for the unit.
func synonyms(unit string) []string {
	if strings.Contains(pieceUnits, unit) {
		if unit == "个" {
			return []string{"只", "pcs"}
		}
		return []string{"个", "pcs"}
	}
	for _, words := range unitWords {
		if slices.Contains(words, unit) {
			return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == unit })
		}
	}
	return nil
}
