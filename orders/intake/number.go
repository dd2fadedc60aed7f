package intake

import (
	"strings"

	"github.com/shopspring/decimal"
)

// A numeral is a number as written: digits (1,200 1.5 1.2w 2千 2e5), Chinese (三百二 廿 半 两万四 三点五 三分之一) or both (3万4千).
type numeral struct {
	value decimal.Decimal
	to    int
	// han tells that it is written in Chinese signs, bare that it consists of digits alone.
	han, bare bool
	// more tells that it is no certain number (十多, 四百余, 几十, 三五百, 十来).
	more bool
}

var hanDigits = map[rune]int64{
	'零': 0, '一': 1, '二': 2, '两': 2, '俩': 2, '三': 3, '仨': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9, '幺': 1,
}

var hanPowers = map[rune]int64{'十': 10, '百': 100, '千': 1000, '万': 10000, '亿': 100000000, '拾': 10, '佰': 100, '仟': 1000, '萬': 10000}

// hanTens are one sign for several tens.
var hanTens = map[rune]int64{'廿': 20, '卅': 30, '卌': 40}

// notPowers are words whose first sign is no power of ten though a number stands before it: 3千克.
var notPowers = strings.Fields("千克 千瓦 千伏 千帕 千卡 千兆 千分尺 千斤顶 千层 千张 千页 百合 百叶 百洁 百货 百事 百香 万向 万用 万能 万年")

func isHanNumeral(c rune) bool {
	switch c {
	case '零', '一', '二', '两', '俩', '三', '仨', '四', '五', '六', '七', '八', '九', '十', '百', '千', '万', '亿', '廿', '卅', '卌', '半', '几',
		'壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖', '幺', '拾', '佰', '仟', '萬':
		return true
	}
	return false
}

// numeralBegins tells whether a number may begin at r[i].
func numeralBegins(r []rune, i int) bool {
	switch r[i] {
	case '参', '数', '上', '近':
		return i+1 < len(r) && hanPowers[r[i+1]] > 0
	}
	return isDigit(r[i]) || isHanNumeral(r[i])
}

// readNumeral reads the number that begins at r[i].
func readNumeral(r []rune, i int) (numeral, bool) {
	n, ok := readAmount(r, i, true)
	if !ok || n.more {
		return n, ok
	}
	// 三分之一, 3又二分之一
	whole := decimal.Zero
	k := skipSpace(r, n.to)
	if k < len(r) && r[k] == '又' {
		part, ok := readAmount(r, skipSpace(r, k+1), false)
		if !ok || part.more {
			return n, true
		}
		whole, k = n.value, skipSpace(r, part.to)
		n.value, part.value = part.value, n.value
	}
	if k < len(r) && r[k] == '分' {
		if k = skipSpace(r, k+1); k < len(r) && r[k] == '之' && n.value.IsPositive() {
			if top, ok := readAmount(r, skipSpace(r, k+1), true); ok && !top.more {
				return numeral{value: whole.Add(top.value.DivRound(n.value, 6)), to: top.to, han: true}, true
			}
		}
	}
	if whole.IsPositive() { // 3又5 is no fraction
		n.value = whole
	}
	return n, true
}

// readWhole reads a whole number, without what 点 parts from it: the hour in 三点二十.
func readWhole(r []rune, i int) (numeral, bool) { return readAmount(r, i, false) }

func readDigits(r []rune, i int) (numeral, bool) {
	if i >= len(r) || !isDigit(r[i]) {
		return numeral{}, false
	}
	return readAmount(r, i, true)
}

// literal reads digits with separators of thousands and a fraction (1,200.5 1'200), and an exponent.
func literal(r []rune, i int) (v decimal.Decimal, to int, ok bool) {
	j, n, digits, point := i, int64(0), 0, -1
	take := func(to int) {
		for ; j < to && isDigit(r[j]); j++ {
			if digits++; digits <= 18 {
				n = n*10 + int64(r[j]-'0')
			}
		}
	}
	take(len(r))
	if sep := j; j-i <= 3 && j < len(r) && (r[j] == ',' || r[j] == '\'') {
		for j < len(r) && r[j] == r[sep] && groupOfThree(r, j+1) {
			j++
			take(j + 3)
		}
	}
	if j+1 < len(r) && r[j] == '.' && isDigit(r[j+1]) {
		point = digits
		j++
		take(len(r))
	}
	exp := int32(0)
	if point >= 0 {
		exp = int32(point - digits) //nolint:gosec // at most 18
		digits++
	}
	if digits > 18 {
		return v, i, false
	}
	if e := j; e+1 < len(r) && r[e] == 'e' {
		sign, power := int32(1), int32(0)
		if e++; r[e] == '+' || r[e] == '-' {
			if r[e] == '-' {
				sign = -1
			}
			e++
		}
		k := e
		for ; k < len(r) && isDigit(r[k]); k++ {
			power = min(power*10+r[k]-'0', 100)
		}
		if k > e && k-e <= 2 && (k >= len(r) || !isAlnum(r[k])) {
			exp += sign * power
			j = k
		}
	}
	if exp > 12 {
		return v, i, false
	}
	return decimal.New(n, exp), j, true
}

func groupOfThree(r []rune, i int) bool {
	return i+2 < len(r) && isDigit(r[i]) && isDigit(r[i+1]) && isDigit(r[i+2]) && (i+3 >= len(r) || !isDigit(r[i+3]))
}

// hanDigit is the Chinese digit at r[i]. 参 is one only among powers: 参拾参.
func hanDigit(r []rune, i int) (int64, bool) {
	if i >= len(r) {
		return 0, false
	}
	if r[i] == '参' {
		return 3, i+1 < len(r) && hanPowers[r[i+1]] > 0 || i > 0 && strings.ContainsRune("拾佰仟零", r[i-1])
	}
	d, ok := hanDigits[r[i]]
	return d, ok
}

// power is the power of ten at r[i], 0 if there is none. w and k follow digits only.
func power(r []rune, i int, afterDigits bool) int64 {
	if i >= len(r) {
		return 0
	}
	if !afterDigits && !isHan(r[i]) {
		return 0
	}
	if p := hanPowers[r[i]]; p > 0 {
		if p != 10 && wordOf(r, i, notPowers) != "" {
			return 0
		}
		return p
	}
	if afterDigits && (i+1 >= len(r) || !isAlnum(r[i+1])) { // not kg, 4k7, 5w30
		switch r[i] {
		case 'w':
			return 10000
		case 'k':
			return 1000
		}
	}
	return 0
}

// A sum is a number while it is read: 四亿五千万 is total 四亿, section 5000, and 三 of 一万三 is pending.
type sum struct {
	total, section, pending int64
	last                    int64 // the power that came last, 0 at the beginning
	myriad                  int64 // the same of 万 and 亿
	digit                   bool  // pending holds something
	written                 bool  // pending is written in digits
	exact                   bool  // pending is not short of a power: 1万0600, 一千零五
	zero                    bool
	begun                   bool // it begins with digits
	letter                  bool // the power that came last is w or k: nothing goes on behind it
}

// take settles what is pending under the power p. It fails where no number can go on so.
func (s *sum) take(p int64) bool {
	if p < 10000 {
		if !s.digit {
			if s.last != 0 && !s.zero && (p != 10 || s.last != 100 && s.last < 10000) {
				return false
			}
			s.pending = 1
		} else if s.written && p == 10 || s.section > 0 && p >= s.last && s.last < 10000 {
			return false
		}
		s.section += s.pending * p
	} else {
		low := s.section + s.pending
		if s.last < 10000 {
			low = s.value() - s.total // 百二万
		}
		switch {
		case s.last == 0 && !s.digit:
			s.total = p
		case s.total < p || p == s.myriad && low > 0:
			s.total = (s.total + low) * p
		case low == 0: // 万万
			s.total *= p
		default:
			s.total += low * p
		}
		s.section, s.myriad = 0, p
	}
	s.pending, s.digit, s.written, s.exact, s.zero, s.last = 0, false, false, false, false, p
	return s.total <= 1e13
}

func (s *sum) value() int64 {
	p := s.pending
	if s.last > 10 && s.digit && !s.exact && !s.zero { // 一万三, 四百五, 3千5
		p *= s.last / 10
	}
	return s.total + s.section + p
}

// readAmount reads a number without fractions by 分之; point tells that 点 may part decimals from it.
func readAmount(r []rune, i int, point bool) (numeral, bool) {
	if i >= len(r) || !numeralBegins(r, i) {
		return numeral{}, false
	}
	switch {
	case r[i] == '半':
		v, j := decimal.New(5, -1), i+1
		if p := power(r, j, false); p >= 100 {
			v, j = v.Mul(decimal.NewFromInt(p)), j+1
		}
		return numeral{value: v, to: j, han: true}, true
	case r[i] == '几', r[i] == '数', r[i] == '上', r[i] == '近':
		if r[i] == '上' && i > 0 && strings.ContainsRune("早晚马以加网线路海", r[i-1]) {
			return numeral{}, false
		}
		return numeral{to: skipPowers(r, i+1), han: true, more: true}, true
	case r[i] == '零':
		if !point {
			return numeral{}, false
		}
		return decimals(r, numeral{value: decimal.Zero, to: i + 1, han: true}, i+1)
	case isDigit(r[i]):
		v, j, ok := literal(r, i)
		if !ok {
			return numeral{}, false
		}
		n := numeral{value: v, to: j, bare: true}
		if !v.IsInteger() || v.Exponent() > 0 && v.GreaterThan(decimal.New(1, 12)) || v.IntPart() > 1e12 {
			for p := power(r, j, true); p > 10; p = power(r, j, true) {
				n.value, n.bare = n.value.Mul(decimal.NewFromInt(p)), false
				j++
				n.to = j
			}
			return tail(r, n), true
		}
		s := sum{pending: v.IntPart(), digit: true, written: true, exact: true, begun: true}
		n = s.read(r, j, n)
		if point && !n.bare {
			n, _ = decimals(r, n, n.to)
		}
		return tail(r, n), true
	default:
		if n, ok := digitByDigit(r, i); ok {
			if point && !n.more {
				n, _ = decimals(r, n, n.to)
			}
			return tail(r, n), true
		}
		s := sum{}
		n := s.read(r, i, numeral{to: i, han: true})
		if n.to == i || n.to == i+1 && s.last > 10 { // 百 alone is no number
			return numeral{}, false
		}
		if r[i] != '十' && hanPowers[r[i]] == 100 && n.to == i+2 && hanPowers[r[i+1]] == 10 { // 百十
			n.more = true
		}
		if point && !n.more {
			n, _ = decimals(r, n, n.to)
		}
		return tail(r, n), true
	}
}

// read goes on with the number at r[j:].
func (s *sum) read(r []rune, j int, n numeral) numeral {
	spaced := false
loop:
	for j < len(r) {
		k := skipSpace(r, j)
		if k >= len(r) {
			break
		}
		if k > j && !s.goesOn(r, k, spaced) {
			break
		}
		c := r[k]
		d, han := hanDigit(r, k)
		switch {
		case hanTens[c] > 0:
			if s.digit || s.section%100 != 0 || k+1 < len(r) && c == '廿' && r[k+1] == '十' {
				break loop
			}
			s.section += hanTens[c]
			s.last, s.zero = 10, false
		case c == '零':
			if s.last == 0 || s.digit || k+1 >= len(r) || r[k+1] == '半' || !isDigit(r[k+1]) && !isHanNumeral(r[k+1]) && !isNextDigit(r, k+1) {
				break loop
			}
			s.zero = true
			if r[k+1] == '几' {
				n.more = true
				n.to = skipPowers(r, k+2)
				return n
			}
			j = k + 1
			continue
		case isDigit(c):
			if s.digit || s.last == 0 || s.letter {
				break loop
			}
			e := k
			for e < len(r) && isDigit(r[e]) && e-k < 9 {
				s.pending = s.pending*10 + int64(r[e]-'0')
				e++
			}
			if e < len(r) && (isDigit(r[e]) || isLetter(r[e]) || r[e] == '.') {
				s.pending = 0
				break loop
			}
			s.digit, s.written, s.exact = true, true, e-k > 1 || c == '0'
			k = e - 1
		case han:
			if s.digit {
				if s.written || !about(s.pending, d) || isNextDigit(r, k+1) || (c == '两' || c == '俩' || c == '仨') && power(r, k+1, false) == 0 {
					break loop
				}
				n.more = true // 十五六, 三四十
				break
			}
			if s.letter || (c == '两' || c == '俩') && !s.zero && power(r, k+1, false) == 0 && (s.last == 10 || s.begun) { // 十两, 2千两卷
				break loop
			}
			s.pending, s.digit, s.exact = d, true, false
		default:
			p := power(r, k, s.written)
			if p == 0 || !s.begins(r, k, p) || !s.take(p) {
				break loop
			}
			s.letter = isLetter(c)
		}
		spaced = spaced || k > j
		j = k + 1
		n.to = j
	}
	if s.last != 0 {
		n.bare = false
	}
	n.value = decimal.NewFromInt(s.value())
	return n
}

// begins tells whether a power may stand where no number does before it: 十五, 百二, 千八.
func (s *sum) begins(r []rune, k int, p int64) bool {
	if s.last != 0 || s.digit || p == 10 {
		return true
	}
	d, ok := hanDigit(r, k+1)
	return ok && d > 0 && !isNextDigit(r, k+2) && (p < 10000 || d > 1) || p == 100 && k+1 < len(r) && r[k+1] == '十'
}

// goesOn tells whether the number goes on at r[k] after a space: 7 万 5千, 一百 五 十 二.
func (s *sum) goesOn(r []rune, k int, spaced bool) bool {
	p := power(r, k, false)
	if p > 0 {
		return s.digit || s.section > 0 || s.total > 0
	}
	if s.digit || s.last == 0 {
		return false
	}
	e := k
	if isDigit(r[k]) {
		for e < len(r) && isDigit(r[e]) {
			e++
		}
	} else if d, ok := hanDigit(r, k); ok && d > 0 {
		e++
	} else {
		return false
	}
	next := power(r, skipSpace(r, e), false)
	return next > 0 && (next < s.last || s.last >= 10000) || next == 0 && spaced && e == k+1 && isHan(r[k])
}

// about tells whether two digits side by side mean a number between them: 三四, 三五.
func about(a, b int64) bool { return a > 0 && (b == a+1 || a == 3 && b == 5) }

func isNextDigit(r []rune, i int) bool {
	_, ok := hanDigit(r, i)
	return ok
}

// digitByDigit reads 三一六 and 二零二六, and two neighbours as about so many: 两三, 三五百.
func digitByDigit(r []rune, i int) (numeral, bool) {
	var v int64
	j := i
	for ; j < len(r); j++ {
		d, ok := hanDigit(r, j)
		if !ok || j > i && (r[j] == '两' || r[j] == '俩' || r[j] == '仨') || j-i > 12 {
			break
		}
		v = v*10 + d
	}
	n := numeral{value: decimal.NewFromInt(v), to: j, han: true}
	if j == i+1 && j < len(r) && r[j] == '两' && v == 1 && power(r, j+1, false) > 0 { // 一两百
		n.to, n.more = skipPowers(r, j+1), true
		return n, true
	}
	if j < i+2 {
		return n, false
	}
	if j == i+2 && about(v/10, v%10) {
		n.to, n.more = skipPowers(r, j), true
		return n, true
	}
	return n, power(r, j, false) == 0 || power(r, j, false) >= 10000
}

func skipPowers(r []rune, i int) int {
	for power(r, i, false) > 0 {
		i++
	}
	return i
}

// decimals reads what 点 parts from the number n: 三点一四, 二十点一万. The second result tells whether there is any.
func decimals(r []rune, n numeral, i int) (numeral, bool) {
	k := skipSpace(r, i)
	if k >= len(r) || r[k] != '点' {
		return n, false
	}
	k = skipSpace(r, k+1)
	v, exp, j := int64(0), int32(0), k
	for j < len(r) && exp < 15 {
		d, ok := hanDigit(r, j)
		if isDigit(r[j]) {
			d, ok = int64(r[j]-'0'), true
		}
		if !ok || j > k && isDigit(r[j]) != isDigit(r[j-1]) || r[j] == '两' {
			break
		}
		v, exp, j = v*10+d, exp+1, j+1
	}
	p := power(r, j, false)
	if j == k || p == 10 || p == 100 || j < len(r) && strings.ContainsRune("分刻", r[j]) && exp <= 2 { // 三点二十, 三点零五分
		return n, false
	}
	n.value, n.to, n.bare = n.value.Add(decimal.New(v, -exp)), j, false
	for ; p >= 1000; p = power(r, n.to, false) {
		n.value = n.value.Mul(decimal.NewFromInt(p))
		n.to++
	}
	return n, true
}

// tail takes 多, 余, 几 and 来 (about) after a number, with the powers behind them: 十多万.
func tail(r []rune, n numeral) numeral {
	k := skipSpace(r, n.to)
	if k+1 >= len(r) {
		return n
	}
	next := r[k+1]
	if next == ' ' && k+2 < len(r) {
		next = r[k+2]
	}
	switch r[k] {
	case '多', '余':
		if k == n.to && !isHan(next) || k > n.to && hanPowers[next] == 0 {
			return n
		}
	case '几':
		if !n.han || !isHan(next) || k > n.to && hanPowers[next] == 0 {
			return n
		}
	case '来': // 十来箱, but not 10, 来5箱
		if k > n.to || !strings.ContainsRune("箱件盒包袋瓶桶提个只支卷条根张斤公吨米套台把双打筒罐块片盘对副升捆板托扎万亿", next) || n.value.IsPositive() && !n.value.Mod(decimal.New(1, 1)).IsZero() {
			return n
		}
	default:
		return n
	}
	n.more = true
	n.to = k + 1
	if e := skipPowers(r, skipSpace(r, n.to)); e > skipSpace(r, n.to) {
		n.to = e
	}
	return n
}

// trim writes d as the contract wants it: no trailing zeros, no exponent.
func trim(d decimal.Decimal) string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Amount reads a text that is a number and nothing else: 6000, 6,000, 六千, 1.2万.
func Amount(text string) (decimal.Decimal, bool) {
	r := []rune(text)
	if len(r) == 0 || !numeralBegins(r, 0) {
		return decimal.Zero, false
	}
	n, ok := readNumeral(r, 0)
	return n.value, ok && !n.more && n.to == len(r)
}
