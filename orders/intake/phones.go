package intake

import (
	"slices"
	"strings"
)

// phoneWords stand before a phone number, whatever it looks like.
var phoneWords = strings.Fields("电话 手机 手机号 手机号码 联系方式 电话号码 联系电话 收货电话 座机 固话 热线 tel tel. phone mobile mob cell 联系 号码 致电 拨打 ☎")

// phoneExtensions part an extension from a number.
var phoneExtensions = strings.Fields("转 分机 分机号 ext. ext x - # 转分机 转接")

func (s *scan) findPhones() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 || i > 0 && (isAlnum(r[i-1]) || r[i-1] == '.' && i > 1 && isDigit(r[i-2])) {
			continue
		}
		if !isDigit(r[i]) && r[i] != '+' && r[i] != '(' {
			if num, to := spokenMobile(r, i); num != "" {
				s.claim(mark{kind: markPhone, from: i, to: to, text: num})
				i = to - 1
			}
			continue
		}
		cued := s.phoneCued(i)
		num, to, sure := phoneAt(r, i)
		if num != "" && !cued && s.sizesInRow(i, to) {
			num = ""
		}
		if num != "" && (sure || cued || len(num) > 8 && s.afterPerson(i)) && (to >= len(r) || !isAlnum(r[to])) {
			s.claim(mark{kind: markPhone, from: i, to: to, text: num})
			i = to - 1
			continue
		}
		if !isDigit(r[i]) {
			continue
		}
		to = i
		var d []rune
		for to < len(r) && len(d) < 16 {
			if isDigit(r[to]) {
				d = append(d, r[to])
			} else if r[to] != '-' && r[to] != ' ' || to+1 >= len(r) || !isDigit(r[to+1]) || !slices.Contains([]int{3, 4, 7, 8}, len(d)) {
				break
			}
			to++
		}
		if (to >= len(r) || !isAlnum(r[to])) && s.meantAsPhone(i, d, cued) {
			s.claim(mark{kind: markBadPhone, from: i, to: to, text: string(d)})
			i = to - 1
			continue
		}
		for i+1 < len(r) && isDigit(r[i+1]) {
			i++
		}
	}
}

// sizesInRow tells whether r[i:to] are numbers with spaces between them, of each of which something is wanted: 400 800 1000各一包.
func (s *scan) sizesInRow(i, to int) bool {
	return to < len(s.r) && (s.r[to] == '各' || s.r[to] == '每' || s.r[to] == '目') && slices.Contains(s.r[i:to], ' ')
}

// phoneCued tells whether a word for a phone number stands before r[i].
func (s *scan) phoneCued(i int) bool {
	for i > 0 && strings.ContainsRune(" :,是为(+", s.r[i-1]) {
		i--
	}
	for _, w := range phoneWords {
		if b := i - len([]rune(w)); b >= 0 && has(s.r, b, w) {
			return true
		}
	}
	return false
}

// afterPerson tells whether a person's name stands right before r[i].
func (s *scan) afterPerson(i int) bool {
	for i > 0 && strings.ContainsRune(" :,", s.r[i-1]) {
		i--
	}
	start := s.hanStart(i)
	return s.personEnding(start, i) > 0 || isFullName(s.r[start:i])
}

// meantAsPhone tells whether digits that are no phone number are meant as a mobile number: a word for it or a person's
// name stands before them.
func (s *scan) meantAsPhone(from int, d []rune, cued bool) bool {
	n := len(d)
	if n < 8 || n > 14 || d[0] != '1' {
		return false
	}
	return cued || (n == 10 || n == 12) && d[1] >= '3' && s.afterPerson(from) || n == 11 && s.afterPerson(from)
}

// spokenMobile reads a mobile number said digit by digit: 幺三八….
func spokenMobile(r []rune, i int) (string, int) {
	if r[i] != '幺' && r[i] != '一' {
		return "", i
	}
	var b strings.Builder
	k := i
	for ; k < len(r) && k-i < 12; k++ {
		d, ok := hanDigit(r, k)
		if !ok || r[k] == '两' || r[k] == '俩' || r[k] == '仨' {
			break
		}
		b.WriteRune('0' + rune(d)) //nolint:gosec // one digit
	}
	if num := b.String(); len(num) == 11 && num[1] >= '3' {
		return num, k
	}
	return "", i
}

// digitGroups reads groups of digits parted by one hyphen, space, full stop or bracket; up to 15 digits.
func digitGroups(r []rune, i int) (groups []string, ends []int) {
	for i < len(r) && len(groups) < 6 {
		k := i
		for k < len(r) && isDigit(r[k]) && k-i < 16 {
			k++
		}
		if k == i {
			break
		}
		groups, ends = append(groups, string(r[i:k])), append(ends, k)
		if i = k; i < len(r) && r[i] == ')' {
			i++
		}
		e := i
		for e < len(r) && strings.ContainsRune("- .", r[e]) && e-i < 3 {
			e++
		}
		if e >= len(r) || e == i && r[i-1] != ')' || r[e] != '(' && !isDigit(r[e]) {
			break
		}
		if i = e; r[i] == '(' {
			i++
		}
	}
	return groups, ends
}

// phoneAt reads a phone number at r[i]: without separators and the country code 86, an extension behind a hyphen; "" if
// there is none. sure tells that it can be nothing else, whatever stands before it.
func phoneAt(r []rune, i int) (num string, to int, sure bool) {
	groups, ends := digitGroups(r, skipPhoneSigns(r, i))
	if len(groups) == 0 {
		return "", i, false
	}
	plus := r[i] == '+' || has(r, i, "(+")
	whole := groups[0]
	// 0086, +86, 86 before a number
	if code, ok := strings.CutPrefix(whole, "00"); ok && len(whole) > 4 {
		plus, whole = true, code
	}
	for _, c := range [...]string{"86", "852", "853", "886"} {
		rest, ok := strings.CutPrefix(whole, c)
		if !ok || !plus && rest != "" && (c != "86" || len(rest) != 11 || rest[0] != '1') {
			continue
		}
		if rest == "" {
			groups, ends = groups[1:], ends[1:]
		} else {
			groups = append([]string{rest}, groups[1:]...)
		}
		if len(groups) == 0 {
			return "", i, false
		}
		if c != "86" {
			num, to = joinGroups(groups, ends, 8, 9)
			if num == "" || !plus && num[0] < '2' {
				return "", i, false
			}
			return "+" + c + strings.TrimPrefix(num, "0"), to, plus
		}
		if num, to, sure = domestic(r, groups, ends); num == "" && groups[0][0] != '0' {
			num, to, sure = domestic(r, append([]string{"0" + groups[0]}, groups[1:]...), ends)
		}
		if num != "" {
			return num, to, sure || plus
		}
		break
	}
	groups, ends = digitGroups(r, skipPhoneSigns(r, i))
	if plus {
		if num, to = joinGroups(groups, ends, 9, 15); num != "" {
			return "+" + strings.TrimPrefix(num, "00"), to, r[i] == '+'
		}
		return "", i, false
	}
	return domestic(r, groups, ends)
}

func skipPhoneSigns(r []rune, i int) int {
	for i < len(r) && (r[i] == '+' || r[i] == '(') {
		i++
	}
	return i
}

// joinGroups joins groups to a number of at least least and at most most digits.
func joinGroups(groups []string, ends []int, least, most int) (string, int) {
	all := ""
	for k, g := range groups {
		if len(all)+len(g) > most {
			break
		}
		if all += g; len(all) >= least && (k+1 == len(groups) || len(groups[k+1]) >= 3 && len(all) >= least) {
			return all, ends[k]
		}
	}
	return "", 0
}

// domestic reads a number of the mainland: a mobile, a fixed line with its area code, a service line, a local number.
func domestic(r []rune, groups []string, ends []int) (num string, to int, sure bool) {
	sizes := func(want ...int) bool {
		if len(groups) < len(want) {
			return false
		}
		for k, n := range want {
			if len(groups[k]) != n {
				return false
			}
		}
		return true
	}
	join := func(n int) (string, int) { return strings.Join(groups[:n], ""), ends[n-1] }
	first := groups[0]
	switch {
	case first[0] == '1' && len(first) > 1 && first[1] >= '3':
		for _, cut := range [][]int{{11}, {3, 4, 4}, {3, 8}, {7, 4}, {4, 3, 4}, {4, 7}, {4, 4, 3}, {8, 3}, {5, 6}, {3, 3, 5}} {
			if sizes(cut...) {
				num, to = join(len(cut))
				return num, to, true
			}
		}
	case strings.HasPrefix(first, "400") || strings.HasPrefix(first, "800"):
		for _, cut := range [][]int{{10}, {3, 3, 4}, {3, 7}, {3, 4, 3}, {4, 3, 3}, {4, 6}, {6, 4}} {
			if sizes(cut...) {
				num, to = join(len(cut))
				e, end := extension(r, to)
				return num + e, end, first[0] == '4' || len(cut) > 1
			}
		}
	case first[0] == '0' && len(first) > 1 && first[1] != '0':
		area := 4
		if first[1] <= '2' {
			area = 3
		}
		for _, cut := range [][]int{{area + 8}, {area + 7}, {area, 8}, {area, 7}, {area, 4, 4}, {area, 3, 4}, {area, 4, 3}, {area + 4, 4}, {4, 3, 3}, {4, 6}, {10}} {
			if len(cut) > 1 && cut[0] == 4 && cut[1] < 7 && cut[len(cut)-1] != 4 && area == 4 && first[1] != '9' && cut[1] != 4 {
				continue // 0912 345 678 is a mobile of Taiwan's
			}
			if (cut[0] == 10 || len(cut) == 3 && cut[1] == 3 && cut[2] == 3) && first[1] != '9' {
				continue
			}
			if sizes(cut...) {
				num, to = join(len(cut))
				e, end := extension(r, to)
				return num + e, end, len(cut) > 1
			}
		}
	case sizes(8) || sizes(7) || sizes(4, 4) || sizes(3, 4):
		if first[0] >= '2' {
			num, to = join(1)
			if len(num) < 7 {
				num, to = join(2)
			}
			e, end := extension(r, to)
			return num + e, end, false
		}
	}
	return "", 0, false
}

// extension reads what is dialled afterwards: 转801, -8001.
func extension(r []rune, i int) (string, int) {
	k := skipSpace(r, i)
	for _, w := range phoneExtensions {
		if !has(r, k, w) || k > i && w == "-" {
			continue
		}
		e := k + len([]rune(w))
		if e < len(r) && r[e] == '机' {
			e++
		}
		for e < len(r) && (r[e] == ' ' || r[e] == ':' || r[e] == '号') {
			e++
		}
		j := e
		for j < len(r) && isDigit(r[j]) {
			j++
		}
		if j-e >= 1 && j-e <= 5 && (w != "-" || j-e >= 2) && (j >= len(r) || !isAlnum(r[j])) {
			return "-" + string(r[e:j]), j
		}
	}
	return "", i
}
