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

// newText normalises s.
func newText(s string) *text {
	raw := []rune(s)
	t := &text{raw: raw, r: make([]rune, 0, len(raw)), at: make([]int, 0, len(raw))}
	table := simplified()
	for i, c := range raw {
		if c < 0x80 {
			t.add(fold(c), i)
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
		if c >= 0x4E00 && c <= 0x9FFF {
			t.add(c, i)
			continue
		}
		if sep, ok := signs[c]; ok {
			t.add(sep, i)
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

// closeUp drops the spaces of a text that has one after nearly every character.
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
func normal(s string) []rune { return newText(s).r }

func isDigit(c rune) bool  { return c >= '0' && c <= '9' }
func isLetter(c rune) bool { return c >= 'a' && c <= 'z' }
func isHan(c rune) bool    { return c >= 0x3400 && c <= 0x9FFF }
func isSpace(c rune) bool  { return c == ' ' || c == '\n' }
func isAlnum(c rune) bool  { return isDigit(c) || isLetter(c) }

// has tells whether s stands at t[i:].
func has(r []rune, i int, s string) bool {
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
