package variant

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed data/traditional.txt
var traditionalText string

var scripts = sync.OnceValue(func() (s struct{ traditional, simplified map[rune]rune }) {
	s.traditional, s.simplified = map[rune]rune{}, map[rune]rune{}
	for line := range strings.Lines(traditionalText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for entry := range strings.FieldsSeq(line) {
			forms := []rune(entry)
			s.traditional[forms[0]] = forms[1]
			for _, c := range forms[1:] {
				if _, ok := s.simplified[c]; !ok {
					s.simplified[c] = forms[0]
				}
			}
		}
	}
	return s
})

// traditional writes s in traditional script, character by character.
func traditional(s string) string { return mapped(s, scripts().traditional) }

// simplified writes s in simplified script.
func simplified(s string) string { return mapped(s, scripts().simplified) }

func mapped(s string, m map[rune]rune) string {
	return strings.Map(func(c rune) rune {
		if other, ok := m[c]; ok {
			return other
		}
		return c
	}, s)
}

// fullWidth writes letters, digits, signs and spaces in full width.
func fullWidth(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '\u3000'
		case c > ' ' && c < 0x7F:
			return c + 0xFEE0
		}
		return c
	}, s)
}
