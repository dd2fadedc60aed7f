package variant

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"orderbot/orders"
)

var (
	countPattern = regexp.MustCompile(`(?:[0-9０-９.]+|[` + hanNumerals + `]+)\s*([^\s0-9])`)
	starPattern  = regexp.MustCompile(`[*×xX＊]\s*[0-9０-９]+\s*$`)
	clockPattern = regexp.MustCompile(`[0-9]{1,2}[:：][0-9]{2}`)
)

// reversedLists says the items of each list in the opposite order. A list is a run of lines that hold
// an amount each, or a run of parts of a line each of which begins with a whole name of the master data
// and ends with its amount. What refers to something said before or after stays where it is: corrections,
// 各, prices, gifts, times.
func reversedLists(c Case) string {
	for _, choice := range c.Gold.Choices {
		for _, o := range choice.Orders {
			lines, _ := o["lines"].([]any)
			for _, l := range lines {
				line, _ := l.(map[string]any)
				if gift, _ := line["gift"].(bool); gift || line["price"] != "" {
					return c.Text
				}
			}
		}
	}
	lines := strings.Split(c.Text, "\n")
	names := goodsNames(c.Master)
	reverseRuns(lines, func(line string) string {
		switch {
		case !isItemLine(line, c.Master):
			return ""
		case slices.ContainsFunc(names, func(n string) bool { return strings.Contains(line, n) }):
			return "named"
		default:
			return "spec only" // the name stands above
		}
	})
	for i, line := range lines {
		for _, separators := range []string{"，,、；;：:。", " 　，,、；;：:。"} {
			if changed := reverseParts(line, separators, names, c.Master); changed != line {
				lines[i] = changed
				break
			}
		}
	}
	return strings.Join(lines, "\n")
}

// reverseRuns reverses each run of neighbours of one kind; those of the empty kind stay.
func reverseRuns(items []string, kind func(string) string) {
	for i := 0; i < len(items); {
		k := kind(items[i])
		end := i + 1
		for end < len(items) && k != "" && kind(items[end]) == k {
			end++
		}
		slices.Reverse(items[i:end])
		i = end
	}
}

var refersWords = strings.Fields("不对 不是 改 换 取消 不要 算了 各 都 每样 分别 一共 合计 共 其余 其中 另 再 也 同 这 那 上次 送 赠")

func refers(s string) bool {
	return slices.ContainsFunc(refersWords, func(w string) bool { return strings.Contains(s, w) })
}

func isItemLine(line string, m *orders.Master) bool {
	if clockPattern.MatchString(line) || refers(line) || strings.HasSuffix(strings.TrimSpace(line), "：") {
		return false
	}
	return hasCount(line, m) || starPattern.MatchString(line)
}

func hasCount(s string, m *orders.Master) bool {
	for _, at := range countPattern.FindAllStringSubmatchIndex(s, -1) {
		if unitAt([]rune(s[at[2]:]), m) != "" {
			return true
		}
	}
	return false
}

// reverseParts reverses the runs of whole items among the parts of a line, the separators staying where
// they are.
func reverseParts(line, separators string, names []string, m *orders.Master) string {
	isSeparator := func(c rune) bool { return strings.ContainsRune(separators, c) }
	parts := strings.FieldsFunc(line, isSeparator)
	between := strings.FieldsFunc(line, func(c rune) bool { return !isSeparator(c) })
	if len(parts) < 2 || isSeparator([]rune(line)[0]) {
		return line
	}
	reverseRuns(parts, func(part string) string {
		if isWholeItem(part, names, m) {
			return "item"
		}
		return ""
	})
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i < len(between) {
			b.WriteString(between[i])
		}
	}
	return b.String()
}

// isWholeItem tells whether s is a name, whatever stands of its size, and an amount.
func isWholeItem(s string, names []string, m *orders.Master) bool {
	s = strings.TrimSpace(s)
	if refers(s) {
		return false
	}
	at := countPattern.FindAllStringSubmatchIndex(s, -1)
	if len(at) == 0 {
		return false
	}
	last := at[len(at)-1]
	if unit := unitAt([]rune(s[last[2]:]), m); unit == "" || strings.TrimRightFunc(s[last[2]+len(unit):], unicode.IsSpace) != "" {
		return false
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(s, n) })
}

// goodsNames are the names of two characters or more by which goods are called.
func goodsNames(m *orders.Master) []string {
	var names []string
	add := func(n string) {
		if len([]rune(n)) >= 2 {
			names = append(names, n)
		}
	}
	for i := range m.Products {
		add(m.Products[i].Name)
		for _, a := range m.Products[i].Aliases {
			add(a)
		}
	}
	for i := range m.Items {
		add(m.Items[i].Item)
	}
	return names
}
