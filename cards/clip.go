package cards

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// clip shortens s to at most n characters, the last of them an ellipsis.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// clipBytes shortens s to at most n bytes without cutting a character.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const mark = "…"
	if n < len(mark) {
		return ""
	}
	cut := n - len(mark)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + mark
}

// rest says that so many lines are not shown.
func rest(n int) string { return fmt.Sprintf("其余 %d 行", n) }

// fitLines joins as many lines as the measure of the result allows, each followed by sep, and says
// how many are left out; "" when not even that fits.
func fitLines(lines []string, sep string, limit int, measure func(string) int) string {
	all := strings.Join(lines, sep)
	if measure(all) <= limit {
		return all
	}
	for n := len(lines) - 1; n > 0; n-- {
		if s := strings.Join(lines[:n], sep) + sep + rest(len(lines)-n); measure(s) <= limit {
			return s
		}
	}
	if s := rest(len(lines)); measure(s) <= limit {
		return s
	}
	return ""
}

func byteCount(s string) int { return len(s) }
