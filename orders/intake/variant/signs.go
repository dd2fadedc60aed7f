package variant

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// withoutPunctuation takes punctuation out and closes the gap. Kept is what carries meaning by itself
// or whose loss would change a number:
//   - line breaks and spaces;
//   - the signs * # % @ & / + ~ and everything Unicode calls a symbol (×, ←, pictures);
//   - square brackets in which a platform writes pictures and faces ([图片]);
//   - a sign between two numerals, Latin letters or digits (3.2, M8-40, 12:30, 2-0457, 周五,10箱);
//   - a sign between a unit that takes a bare digit after it and a numeral (18块,5盒; 1寸,5只);
//   - the inch mark;
//   - the colon behind who speaks, in a record of a chat with a speaker on three lines or more.
func withoutPunctuation(s string) string {
	r := []rune(s)
	spoken := map[int]bool{}
	for _, at := range speakerPattern.FindAllStringSubmatchIndex(s, -1) {
		spoken[len([]rune(s[:at[2]]))] = true
	}
	kept := make([]rune, 0, len(r))
	for i := 0; i < len(r); {
		if !isPunctuation(r[i]) {
			kept = append(kept, r[i])
			i++
			continue
		}
		if len(spoken) > 2 && spoken[i] {
			kept = append(kept, r[i])
			i++
			continue
		}
		end := i
		for end < len(r) && isPunctuation(r[end]) {
			end++
		}
		if n := tagLength(r[i:]); n > 0 {
			kept = append(kept, r[i:i+n]...)
			i += n
			continue
		}
		var before, after rune
		if i > 0 {
			before = narrow(r[i-1])
		}
		if end < len(r) {
			after = narrow(r[end])
		}
		if parts(before, after) || isDigit(before) && strings.ContainsRune("\"″'′", r[i]) {
			kept = append(kept, r[i:end]...)
		}
		i = end
	}
	return string(kept)
}

var speakerPattern = regexp.MustCompile(`(?m)^\p{Han}{2,4}([：:])[^\n]`)

// tagLength is the length of the [图片] that r begins with.
func tagLength(r []rune) int {
	if r[0] != '[' {
		return 0
	}
	for i := 1; i < len(r) && i < 8; i++ {
		if r[i] == ']' && i > 1 {
			return i + 1
		}
		if !unicode.Is(unicode.Han, r[i]) {
			break
		}
	}
	return 0
}

// parts tells whether two characters would make another number or word if nothing stood between them.
func parts(a, b rune) bool {
	number := func(c rune) bool { return isDigit(c) || isLatin(c) || isHanNumeral(c) }
	return number(a) && number(b) || strings.ContainsRune("块毛寸", a) && number(b)
}

func isPunctuation(c rune) bool {
	return (unicode.IsPunct(c) || c == '～') && !strings.ContainsRune("*#%@&/+~＊＃％＠＆／＋", c)
}

// spaced puts a space wherever Chinese meets Latin letters or digits, and after punctuation.
func spaced(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i, c := range r {
		b.WriteRune(c)
		if i+1 == len(r) || unicode.IsSpace(c) || unicode.IsSpace(r[i+1]) {
			continue
		}
		latin := func(c rune) bool { return isLatin(narrow(c)) || isDigit(narrow(c)) }
		han := func(c rune) bool { return unicode.Is(unicode.Han, c) }
		if latin(c) && han(r[i+1]) || han(c) && latin(r[i+1]) || strings.ContainsRune(",，、。;；:：!！?？", c) && !latin(r[i+1]) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// narrow is c in half width.
func narrow(c rune) rune {
	if n := width.LookupRune(c).Narrow(); n != 0 {
		return n
	}
	return c
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }
func isLatin(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
