package intake

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A text is a message made uniform: half width, simplified script, small letters, one sign for
// each kind of separator. at tells for every rune which rune of the original it came from, so
// that what is answered can be quoted as it was written.
type text struct {
	raw []rune
	r   []rune
	at  []int
}

//go:embed data/simplified.txt
var simplifiedData string

var simplified = sync.OnceValue(func() map[rune]rune {
	m := make(map[rune]rune, 4000)
	for line := range strings.Lines(simplifiedData) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			p := []rune(pair)
			m[p[0]] = p[1]
		}
	}
	return m
})

// plain is an ASCII or ordinary Chinese character made uniform; ok is false for others.
func plain(c rune, table map[rune]rune) (p rune, ok bool) {
	switch {
	case c < 0x80:
		return fold(c), true
	case c == '沙': // both are written for sand
		return '砂', true
	case c < 0x4E00 || c > 0x9FFF:
		return c, false
	}
	if s, ok := table[c]; ok {
		return s, true
	}
	return c, true
}

// newText normalises s.
func newText(s string) *text {
	raw := []rune(s)
	t := &text{raw: raw, r: make([]rune, 0, len(raw)), at: make([]int, 0, len(raw))}
	table := simplified()
	for i, c := range raw {
		if p, ok := plain(c, table); ok {
			t.add(p, i)
			continue
		}
		if c >= '①' && c <= '⑳' || c >= '⑴' && c <= '⒇' || c >= '❶' && c <= '❿' || c >= '➀' && c <= '➓' {
			t.add('\n', i) // a list's own numbering
			continue
		}
		if c == 0xFE0F || c == 0x200D || c == 0x200B || c == 0xFEFF {
			continue
		}
		if s, ok := table[c]; ok {
			t.add(s, i)
			continue
		}
		if sep, ok := signs[c]; ok {
			t.add(sep, i)
			if c == '，' && i > 0 && i+1 < len(raw) && isDigit(raw[i-1]) && isDigit(raw[i+1]) && !thousands(raw[i+1:]) {
				t.add(' ', i) // 4×200，457箱: it parts no thousands
			}
			continue
		}
		if c >= 0x2190 && c <= 0x2BFF && c != '─' && c != '—' || c >= 0x1F000 || unicode.Is(unicode.So, c) && !strings.ContainsRune("℃㎡㎜㎝㎞㎏㎎㏄№℡", c) {
			t.add(' ', i) // pictures
			continue
		}
		for _, d := range norm.NFKC.String(string(c)) {
			if s, ok := table[d]; ok {
				d = s
			}
			t.add(fold(d), i)
		}
	}
	return t
}

// closeUp drops the spaces of a text that has one after nearly every character, or wherever Chinese meets other signs.
func (t *text) closeUp() {
	han, spaced := 0, 0
	for i, c := range t.r {
		if isHan(c) {
			han++
			if i+1 < len(t.r) && t.r[i+1] == ' ' {
				spaced++
			}
		}
	}
	if han < 4 || spaced*10 < han*7 {
		t.tighten()
		return
	}
	r, at := t.r[:0], t.at[:0]
	for i, c := range t.r {
		if c == ' ' && i > 0 && i+1 < len(t.r) && (!isAlnum(t.r[i-1]) || !isAlnum(t.r[i+1])) {
			continue
		}
		r, at = append(r, c), append(at, t.at[i])
	}
	t.r, t.at = r, at
}

// tighten drops the spaces of a text that has one nearly wherever Chinese meets letters or digits
// (丁腈 M 码 20 箱 12 块一盒), but for those behind an amount.
func (t *text) tighten() {
	meet, spaced, counted := 0, 0, false
	for i := 1; i < len(t.r); i++ {
		k := i
		if t.r[i] == ' ' && i+1 < len(t.r) {
			k++
		}
		a, b := t.r[i-1], t.r[k]
		if isHan(a) && isAlnum(b) || isAlnum(a) && isHan(b) {
			meet++
			if k > i {
				spaced++
				counted = counted || isDigit(a)
			}
		}
	}
	if !counted || spaced*10 < meet*8 {
		return
	}
	keep := t.gaps()
	r, at := t.r[:0], t.at[:0]
	for i, c := range t.r {
		if c == ' ' && i > 0 && i+1 < len(t.r) && !keep[i] {
			if a, b := t.r[i-1], t.r[i+1]; isAlnum(a) && isHan(b) || isHan(a) && isAlnum(b) {
				continue
			}
		}
		r, at = append(r, c), append(at, t.at[i])
	}
	t.r, t.at = r, at
}

// gaps are the spaces that part two numbers of their own: 20 箱 12 块, 4 分 6 分, 12 块 5 棉签, 老陆 3/23 08:59.
func (t *text) gaps() map[int]bool {
	keep := map[int]bool{}
	money := -1 // where the space behind 块 and a digit stands
	for i, c := range t.r {
		if c != ' ' || i == 0 || i+1 >= len(t.r) {
			continue
		}
		a, b := t.r[i-1], t.r[i+1]
		switch {
		case isDigit(a) && isHan(b):
			if i == money || t.counts(i) {
				keep[i] = true
			} else if u := t.unit(i + 1); u > 0 && i+1+u < len(t.r) && t.r[i+1+u] == ' ' {
				if b == '块' && i+5 < len(t.r) && isDigit(t.r[i+3]) && t.r[i+4] == ' ' {
					if strings.ContainsRune("毛角一每", t.r[i+5]) { // 12 块 5 一盒
						continue
					}
					money = i + 4
				}
				keep[i+1+u] = true
			} else if u == 0 && i+3 < len(t.r) && t.r[i+2] == ' ' && isDigit(t.r[i+3]) && !strings.ContainsRune("月年点时层楼号座栋的长宽高厚和跟与", b) { // 100 欧 5K
				keep[i+2] = true
			}
		case isHan(a) && isDigit(b):
			if n, to := plainNumber(t.r, i+1); n != "" && to+1 < len(t.r) && strings.ContainsRune("/:", t.r[to]) && isDigit(t.r[to+1]) {
				keep[i] = true
			}
		}
	}
	return keep
}

// counts tells whether the number before the space at r[i] is an amount without a unit: *10, 各 10.
func (t *text) counts(i int) bool {
	k := i
	for k > 0 && isDigit(t.r[k-1]) {
		k--
	}
	for k > 0 && t.r[k-1] == ' ' {
		k--
	}
	return k > 0 && (t.r[k-1] == '*' || t.r[k-1] == '各') && t.unit(i+1) == 0
}

// unit is the length of the word at r[i] with which an amount or a size ends, 0 if there is none.
func (t *text) unit(i int) int {
	for _, list := range [...][]string{commonUnits, specUnits} {
		for _, u := range list {
			if has(t.r, i, u) && !strings.Contains("层座号点年", u) {
				return len([]rune(u))
			}
		}
	}
	return 0
}

func (t *text) add(c rune, from int) {
	t.r = append(t.r, c)
	t.at = append(t.at, from)
}

// signs are the punctuation that people use for one thing.
var signs = map[rune]rune{
	'×': 'x', '✕': 'x', '✖': 'x', '╳': 'x', '∗': '*', '＊': '*', '．': '.', '，': ',', '﹐': ',', '。': '。', '、': '、', '；': ';', '：': ':', '﹕': ':',
	'（': '(', '）': ')', '【': '[', '】': ']', '〔': '[', '〕': ']', '「': '"', '」': '"', '『': '"', '』': '"', '“': '"', '”': '"', '‘': '\'', '’': '\'',
	'《': '"', '》': '"', '！': '!', '？': '?', '～': '~', '—': '-', '–': '-', '―': '-', '─': '-', '−': '-', '‐': '-', '‑': '-', '·': '.', '•': ' ', '●': '\n', '■': '\n', '◆': '\n', '▪': '\n',
	'…': '。', '％': '%', '／': '/', '＋': '+', '　': ' ', '¥': '¥', '￥': '¥', '″': '"', '′': '\'', 'Φ': 'φ', 'Ø': 'φ', 'ø': 'φ', 'φ': 'φ', '°': '°', 'μ': 'μ', 'µ': 'μ',
	'½': '½', '¼': '¼', '¾': '¾', '〇': '零',
}

func fold(c rune) rune {
	switch {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	case c == '\r' || c == '\v' || c == '\f':
		return '\n'
	case c == '\t' || c == 0xA0:
		return ' '
	case c < 0x80:
		return c
	default:
		return unicode.ToLower(c)
	}
}

// source quotes the original of the normalised runes from to to.
func (t *text) source(from, to int) string {
	if from >= to || from < 0 || to > len(t.r) {
		return ""
	}
	return strings.TrimSpace(string(t.raw[t.at[from] : t.at[to-1]+1]))
}

// normal is s made uniform, for names of the master data.
func normal(s string) []rune {
	r, table := []rune(s), simplified()
	for i, c := range r {
		p, ok := plain(c, table)
		if !ok && c != '，' {
			p, ok = signs[c]
		}
		if !ok {
			return newText(s).r
		}
		r[i] = p
	}
	return r
}

func isDigit(c rune) bool  { return c >= '0' && c <= '9' }
func isLetter(c rune) bool { return c >= 'a' && c <= 'z' }
func isHan(c rune) bool    { return c >= 0x3400 && c <= 0x9FFF }
func isSpace(c rune) bool  { return c == ' ' || c == '\n' }
func isAlnum(c rune) bool  { return isDigit(c) || isLetter(c) }

// has tells whether s stands at r[i:]. It is asked very often, of one place for many words, and mostly in vain: the first
// character is compared here, where the compiler can put it in the caller's place.
func has(r []rune, i int, s string) bool {
	return i < len(r) && (!threeBytes(r[i]) || len(s) > 2 && s[2] == byte(0x80|r[i]&0x3f)) && spells(r, i, s) //nolint:gosec // its low bits are what is compared
}

// threeBytes tells whether UTF-8 writes c in three bytes, as nearly all of Chinese.
func threeBytes(c rune) bool { return uint32(c-0x800) < 0xf800 } //nolint:gosec // what is below wraps around

// spells does what has tells, without the short cut.
//
//go:noinline
func spells(r []rune, i int, s string) bool {
	if r[i] < 0x80 && len(s) > 0 && rune(s[0]) != r[i] {
		return false
	}
	for _, c := range s {
		if i >= len(r) || r[i] != c {
			return false
		}
		i++
	}
	return true
}

// index finds s in r[from:to], -1 if it is not there.
func index(r []rune, from, to int, s string) int {
	for i := from; i < to; i++ {
		if has(r[:to], i, s) {
			return i
		}
	}
	return -1
}

// halfWidth writes full-width letters, digits and signs as ordinary ones.
func halfWidth(s string) string { return strings.ReplaceAll(norm.NFKC.String(s), " ", "") }

// thousands tells whether digits that follow a Chinese comma are the last thousand of a sum: 82，225.00.
func thousands(r []rune) bool {
	return len(r) > 4 && isDigit(r[1]) && isDigit(r[2]) && r[3] == '.' && isDigit(r[4])
}
