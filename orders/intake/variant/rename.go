package variant

import (
	_ "embed"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/encoding/simplifiedchinese"

	"orderbot/orders"
)

//go:embed data/general.txt
var generalText string

// general are the characters and the words, longest first, that a change of names leaves alone.
var general = sync.OnceValue(func() (g struct {
	chars map[rune]bool
	words map[rune][]string
},
) {
	_, body, _ := strings.Cut(generalText, "\n\n")
	chars, words, _ := strings.Cut(body, "\n\n")
	g.chars = map[rune]bool{}
	for _, c := range chars {
		g.chars[c] = true
	}
	g.words = wordsByFirst(strings.Fields(words))
	return g
})

// wordsByFirst sorts words by their first character, longest first.
func wordsByFirst(words []string) map[rune][]string {
	m := map[rune][]string{}
	for _, w := range words {
		c := []rune(w)[0]
		m[c] = append(m[c], w)
	}
	for _, l := range m {
		slices.SortFunc(l, func(a, b string) int { return len(b) - len(a) })
	}
	return m
}

// cipher exchanges each character of GB 2312 that is not general with another one. Characters that
// sound the same become such as sound the same, so that a slip of the ear stays one; what is
// common becomes something common.
var cipher = sync.OnceValue(func() map[rune]rune {
	sound := pinyin.NewArgs()
	bySound := map[string][]rune{}
	decoder := simplifiedchinese.GBK.NewDecoder()
	for code := 0xB0A1; code <= 0xF7FE; code++ {
		if code&0xFF < 0xA1 {
			continue
		}
		decoded, err := decoder.Bytes(binary.BigEndian.AppendUint16(nil, uint16(code)))
		if c := []rune(string(decoded)); err == nil && len(c) == 1 && !general().chars[c[0]] {
			if s := pinyin.SinglePinyin(c[0], sound); len(s) > 0 {
				bySound[s[0]] = append(bySound[s[0]], c[0])
			}
		}
	}
	sounds := make([]string, 0, len(bySound))
	for s := range bySound {
		sounds = append(sounds, s)
	}
	slices.SortFunc(sounds, func(a, b string) int {
		if n := len(bySound[b]) - len(bySound[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	m := map[rune]rune{}
	for i := 0; i+1 < len(sounds); i += 2 {
		a, b := bySound[sounds[i]], bySound[sounds[i+1]]
		for k := range min(len(a), len(b)) {
			m[a[k]], m[b[k]] = b[k], a[k]
		}
	}
	return m
})

// renamer changes the names of one firm's master data wherever they stand. It keeps the firm's words
// for units, and people's names.
type renamer struct{ kept map[rune][]string }

// newRenamer leaves the names of people alone, so that their surnames stay surnames: those of the
// master data and further ones.
func newRenamer(m *orders.Master, names ...string) renamer {
	for i := range m.Customers {
		for _, n := range []string{m.Customers[i].Contact, m.Customers[i].Sales} {
			if r := []rune(n); len(r) > 1 {
				family := string(r[0])
				names = append(names, n, "老"+family, "小"+family)
				for _, title := range titles {
					names = append(names, family+title)
				}
			}
		}
	}
	for i := range m.Products {
		names = append(names, m.Products[i].Unit)
		for _, p := range m.Products[i].Packs {
			names = append(names, p.Unit)
		}
	}
	return renamer{wordsByFirst(slices.DeleteFunc(names, func(n string) bool { return n == "" }))}
}

var titles = strings.Fields("总 工 姐 哥 队 先生 女士 小姐 经理 主任 科长 院长 店长 厂长 班长 主管 老师 医生 护士 阿姨 师傅 老板")

// text renames in s, which is read as simplified script.
func (n renamer) text(s string) string {
	r := []rune(simplified(s))
	var b strings.Builder
	for i := 0; i < len(r); {
		if w := firstOf(n.kept, r[i:]); w > 0 {
			b.WriteString(string(r[i : i+w]))
			i += w
			continue
		}
		if w := firstOf(general().words, r[i:]); w > 0 {
			b.WriteString(string(r[i : i+w]))
			i += w
			continue
		}
		c := r[i]
		if other, ok := cipher()[c]; ok {
			c = other
		}
		b.WriteRune(c)
		i++
	}
	return b.String()
}

// firstOf is the length of the longest of the words that r begins with, 0 if there is none.
func firstOf(words map[rune][]string, r []rune) int {
	for _, w := range words[r[0]] {
		if n := len([]rune(w)); n <= len(r) && string(r[:n]) == w {
			return n
		}
	}
	return 0
}
