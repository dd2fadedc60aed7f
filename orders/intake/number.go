package intake

import (
	"strings"

	"github.com/shopspring/decimal"
)

// A numeral is a number as written: digits (1,200 1.5 1.2w 2千), Chinese (三百二 廿 半 两万四) or both.
type numeral struct {
	value decimal.Decimal
	to    int
	// han tells that it is written in Chinese signs, bare that it consists of digits alone.
	han, bare bool
	// more tells that it is only a lower limit (十多, 四百余, 几十).
	more bool
}

var hanDigits = map[rune]int64{
	'零': 0, '一': 1, '二': 2, '两': 2, '俩': 2, '三': 3, '仨': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9, '幺': 1,
}

var hanPowers = map[rune]int64{'十': 10, '百': 100, '千': 1000, '万': 10000, '亿': 100000000, '拾': 10, '佰': 100, '仟': 1000, '萬': 10000}

func isHanNumeral(c rune) bool {
	_, d := hanDigits[c]
	_, p := hanPowers[c]
	return d || p || c == '半' || c == '廿' || c == '卅' || c == '几'
}

// readNumeral reads the number that begins at r[i].
func readNumeral(r []rune, i int) (numeral, bool) {
	if i >= len(r) {
		return numeral{}, false
	}
	if isDigit(r[i]) {
		return readDigits(r, i)
	}
	if isHanNumeral(r[i]) {
		return readHan(r, i)
	}
	return numeral{}, false
}

func readDigits(r []rune, i int) (numeral, bool) {
	j, dot := i, false
	var b strings.Builder
	for j < len(r) {
		switch c := r[j]; {
		case isDigit(c):
			b.WriteRune(c)
		case c == '.' && !dot && j+1 < len(r) && isDigit(r[j+1]):
			dot = true
			b.WriteRune(c)
		case c == ',' && !dot && j-i <= 3+4*strings.Count(string(r[i:j]), ",") && groupOfThree(r, j+1) && (j-i <= 3):
			// thousands separator
		default:
			goto done
		}
		j++
	}
done:
	if b.Len() > 18 {
		return numeral{}, false
	}
	v, err := decimal.NewFromString(b.String())
	if err != nil {
		return numeral{}, false
	}
	n := numeral{value: v, to: j, bare: true}
	for j < len(r) {
		switch r[j] {
		case 'w', '万':
			n.value = n.value.Shift(4)
		case 'k', '千':
			n.value = n.value.Shift(3)
		case '百':
			n.value = n.value.Shift(2)
		case '亿':
			n.value = n.value.Shift(8)
		default:
			return tail(r, n), true
		}
		if isLetter(r[j]) && j+1 < len(r) && (isLetter(r[j+1]) || isDigit(r[j+1])) { // kg, 5k1
			n.value, n.to = v, j
			return n, true
		}
		if r[j] == '千' && j+1 < len(r) && strings.ContainsRune("克瓦伏", r[j+1]) {
			n.value, n.to = v, j
			return n, true
		}
		power := map[rune]int64{'w': 10000, '万': 10000, 'k': 1000, '千': 1000, '百': 100, '亿': 100000000}[r[j]]
		j++
		n.to, n.bare = j, false
		if j < len(r) && isHan(r[j-1]) && isHanNumeral(r[j]) && r[j] != '半' && r[j] != '两' && power > 100 { // 1万三, 2千五百
			if rest, ok := readHan(r, j); ok && !rest.more {
				add := rest.value
				if rest.to == j+1 && r[j] != '十' {
					add = add.Mul(decimal.NewFromInt(power / 10))
				}
				n.value, n.to = n.value.Add(add), rest.to
			}
			return tail(r, n), true
		}
	}
	return tail(r, n), true
}

func groupOfThree(r []rune, i int) bool {
	return i+2 < len(r) && isDigit(r[i]) && isDigit(r[i+1]) && isDigit(r[i+2]) && (i+3 >= len(r) || !isDigit(r[i+3]))
}

// tail takes 多, 余, 来 (about) after a number.
func tail(r []rune, n numeral) numeral {
	if n.to < len(r) && (r[n.to] == '多' || r[n.to] == '余' || r[n.to] == '几' && n.han) {
		if n.to+1 < len(r) && isHan(r[n.to+1]) {
			n.more = true
			n.to++
		}
	}
	if k := n.to; k+1 < len(r) && r[k] == '来' && strings.ContainsRune("箱件盒包袋瓶桶提个只支卷条根张斤公吨米套台把双打筒罐块片盘", r[k+1]) && n.value.IsPositive() && n.value.Mod(decimal.NewFromInt(10)).IsZero() { // 十来箱
		n.more = true
		n.to++
	}
	return n
}

func readHan(r []rune, i int) (numeral, bool) {
	switch r[i] {
	case '半':
		return numeral{value: decimal.New(5, -1), to: i + 1, han: true}, true
	case '几':
		j := i + 1
		for j < len(r) && hanPowers[r[j]] > 0 {
			j++
		}
		return numeral{value: decimal.Zero, to: j, han: true, more: true}, true
	}
	var total, section, digit int64
	var last int64 = 10 // the power that a digit standing alone at the end is short of
	seen, zero := false, false
	j := i
loop:
	for ; j < len(r); j++ {
		c := r[j]
		switch {
		case c == '廿' || c == '卅':
			if digit != 0 || section != 0 {
				break loop
			}
			section, seen, last = map[rune]int64{'廿': 20, '卅': 30}[c], true, 10
			digit = 0
		case c == '零':
			if !seen || j+1 >= len(r) || !isHanNumeral(r[j+1]) || r[j+1] == '半' {
				break loop
			}
			zero = true
		case hanPowers[c] > 0:
			p := hanPowers[c]
			if p >= 10000 {
				if !seen {
					break loop
				}
				total = (total + section + digit) * p
				section, digit = 0, 0
			} else {
				if digit == 0 {
					if p != 10 || section != 0 && !zero {
						break loop
					}
					digit = 1
				}
				section += digit * p
				digit = 0
			}
			last, seen, zero = p, true, false
		default:
			d, ok := hanDigits[c]
			if !ok {
				break loop
			}
			if digit != 0 { // 二五: read digit by digit
				if total == 0 && section == 0 {
					return readHanDigits(r, i)
				}
				break loop
			}
			if (c == '两' || c == '俩') && seen && !zero && last == 10 { // 十两
				break loop
			}
			digit, seen = d, true
		}
		if total > 1e12 {
			return numeral{}, false
		}
	}
	if !seen {
		return numeral{}, false
	}
	if digit != 0 && !zero && last > 10 { // 一万三, 四百五
		digit *= last / 10
	}
	n := numeral{value: decimal.NewFromInt(total + section + digit), to: j, han: true}
	if j+1 < len(r) && r[j] == '点' { // 一点五
		if d, ok := hanDigits[r[j+1]]; ok && (j+2 >= len(r) || !isHanNumeral(r[j+2])) {
			n.value, n.to = n.value.Add(decimal.New(d, -1)), j+2
		}
	}
	return tail(r, n), true
}

// readHanDigits reads 三一六 and 七五 digit by digit.
func readHanDigits(r []rune, i int) (numeral, bool) {
	var v int64
	j := i
	for ; j < len(r); j++ {
		d, ok := hanDigits[r[j]]
		if !ok || r[j] == '两' || r[j] == '俩' || r[j] == '仨' || j-i > 12 {
			break
		}
		v = v*10 + d
	}
	n := numeral{value: decimal.NewFromInt(v), to: j, han: true}
	if j == i+2 && (v%10 == v/10+1 || v == 35) { // 两三, 三五
		n.more = true
	}
	return n, true
}

// trim writes d as the contract wants it: no trailing zeros, no exponent.
func trim(d decimal.Decimal) string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
