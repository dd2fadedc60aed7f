package intake

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A specToken is one mark of size, grade or kind inside a product's name or a message: M8×30,
// 22G, 500ml, 7.5号, DN25, PVC, L码. keys are the ways it can be recognised by, the most telling
// first; the sigil * stands for the number whatever its unit, = for the number without a unit.
type specToken struct {
	keys     []string
	from, to int
	number   string // its number, if it is one number
	unit     string
	pack     bool // 50片/盒: what a pack holds
	word     bool // a size said in words

	asked bool // asks is known
	asks  []tokenKey
}

// tokenKey is a key that the lexicon knows; number tells that only the number is the same.
type tokenKey struct {
	id     int32
	number bool
}

// asks are the known keys of a message's token, worked out once.
func (x *Lexicon) asks(t *specToken) []tokenKey {
	if !t.asked {
		t.asked = true
		for i, k := range t.askKeys() {
			if id, ok := x.tokenID(k); ok {
				t.asks = append(t.asks, tokenKey{id, i > 0 && (strings.HasPrefix(k, "=") || t.number != "")})
			}
		}
	}
	return t.asks
}

// specUnits are Chinese units that follow a number in a spec.
var specUnits = strings.Fields("段 毫升 公升 升 厘米 公分 毫米 公斤 千克 毫克 微米 英寸 平方 千瓦 毫安 人份 分 寸 号 码 级 克 米 斤 吨 度 伏 瓦 安 目 丝 厘 层 孔 芯 色 抽 支装 片装 粒装 只装 条装 包装 瓶装 袋装 片 支 只 粒 条 张 根 枚 块 件 包 袋 瓶 盒 卷 套 年 档 寸半 人 头 股 针 格 位 代 型 腔 拼 线 匹")

var sizeLetters = map[string]string{"s": "s", "m": "m", "l": "l", "xl": "xl", "xxl": "xxl", "xxxl": "xxxl", "xs": "xs", "2xl": "xxl", "3xl": "xxxl", "4xl": "xxxxl", "xxxxl": "xxxxl"}

// sizeWords are sizes said in Chinese, longest first.
var sizeWords = []struct{ word, size string }{
	{"特大号", "xxl"}, {"特大码", "xxl"}, {"加大号", "xl"}, {"加大码", "xl"}, {"超大号", "xl"}, {"加大", "xl"}, {"大号", "l"}, {"大码", "l"}, {"中号", "m"}, {"中码", "m"}, {"小号", "s"}, {"小码", "s"},
}

var joints = strings.NewReplacer("-", "", ".", "", "/", "")

// readSpec reads the spec token at r[i:end], if one begins there.
func readSpec(r []rune, i, end int) (specToken, bool) {
	r = r[:end]
	if i >= end {
		return specToken{}, false
	}
	c := r[i]
	switch {
	case isDigit(c):
		return readMeasure(r, i, "", i), true
	case isLetter(c) || c == 'φ':
		j := i
		for j < end && (isLetter(r[j]) || r[j] == 'φ') {
			j++
		}
		letters := string(r[i:j])
		if j < end && isDigit(r[j]) && len(letters) <= 2 {
			return readMeasure(r, j, letters, i), true
		}
		if j+1 < end && (r[j] == '-' || r[j] == '.') && isAlnum(r[j+1]) { // WY-50, EDTA-K2
			k := j
			for k < end && (isAlnum(r[k]) || (r[k] == '-' || r[k] == '.' || r[k] == '/') && k+1 < end && isAlnum(r[k+1])) {
				k++
			}
			whole := string(r[i:k])
			return specToken{keys: []string{whole, joints.Replace(whole)}, from: i, to: k}, true
		}
		if size, ok := sizeLetters[letters]; ok {
			k := j
			if k < end && (r[k] == '码' || r[k] == '号') {
				k++
			}
			return specToken{keys: []string{"size:" + size}, from: i, to: k}, true
		}
		return specToken{keys: []string{letters}, from: i, to: j}, true
	case isHanNumeral(c):
		n, ok := readNumeral(r, i)
		if !ok || n.more || c == '半' {
			return specToken{}, false
		}
		if n.to < end && (r[n.to] == '乘' || r[n.to] == 'x' || r[n.to] == '*') { // 八乘四十
			if m, ok := readNumeral(r, n.to+1); ok {
				a, b := trim(n.value), trim(m.value)
				return specToken{keys: []string{a + "x" + b}, from: i, to: m.to}, true
			}
		}
		for _, u := range [...]string{"毫升", "公升", "升", "厘米", "公分", "毫米", "英寸", "寸", "号", "码", "分", "级", "段", "度", "片", "粒", "袋", "层", "支", "米", "克", "公斤", "千克"} {
			if has(r, n.to, u) {
				t := specToken{from: i, to: n.to + len([]rune(u)), number: trim(n.value), unit: unitForm(u)}
				t.half(r, u)
				if d, ok := hanDigit(r, t.to); ok && u == "米" && d > 0 && n.value.IsInteger() && (t.to+1 >= len(r) || r[t.to+1] == '的' || r[t.to+1] == '床') { // 一米二的
					t.number, t.to = trim(n.value.Add(decimal.New(d, -1))), t.to+1
				}
				t.setKeys("")
				return t, true
			}
		}
		if n.to < end && r[n.to] == '的' && n.to-i >= 3 && n.value.IsInteger() { // 一百五的
			v := trim(n.value)
			return specToken{keys: []string{"*" + v}, number: v, from: i, to: n.to}, true
		}
		if n.value.GreaterThanOrEqual(decimal.New(100, 0)) && n.to-i >= 3 && hanPowers[r[i+1]] == 0 { // 三一六
			v := trim(n.value)
			return specToken{keys: []string{"*" + v}, number: v, from: i, to: n.to}, true
		}
	}
	return specToken{}, false
}

// half takes 半 after a size: 1寸半 is 1.5 inches.
func (t *specToken) half(r []rune, unit string) {
	if unit != "寸" || t.to >= len(r) {
		return
	}
	switch {
	case r[t.to] == '半':
		t.number += ".5"
		t.to++
	case isDigit(r[t.to]) && (t.to+1 >= len(r) || !isAlnum(r[t.to+1]) && !isHan(r[t.to+1])):
		t.number += "~" + string(r[t.to]) // 1寸2
		t.to++
	}
}

// readMeasure reads a number with what belongs to it, the number beginning at r[j].
func readMeasure(r []rune, j int, prefix string, from int) specToken {
	t := specToken{from: from}
	num, k := plainNumber(r, j)
	if k < len(r) && r[k] == '/' && k+1 < len(r) && isDigit(r[k+1]) && prefix == "" { // 1/2
		n2, k2 := plainNumber(r, k+1)
		t.keys, t.to = []string{num + "/" + n2}, k2
		return t
	}
	parts := []string{num}
	var units []string
	unit, k := measureUnit(r, k)
	units = append(units, unit)
	for k+1 < len(r) && (r[k] == 'x' || r[k] == '*' || r[k] == '乘') && isDigit(r[k+1]) {
		n, e := plainNumber(r, k+1)
		if r[k] == '*' && e < len(r) && isCountUnit(r, e) {
			break // 50*2箱
		}
		var u string
		u, e = measureUnit(r, e)
		parts, units = append(parts, n), append(units, u)
		k = e
	}
	t.to = k
	if len(parts) > 1 {
		last := units[len(units)-1]
		dims := strings.Join(parts, "x")
		if prefix != "" {
			t.keys = append(t.keys, prefix+dims)
		}
		if last != "" {
			t.keys = append(t.keys, dims+last)
		}
		t.keys = append(t.keys, dims)
		for i, p := range parts {
			u := units[i]
			if u == "" {
				u = last
			}
			if i == 0 && prefix != "" {
				t.keys = append(t.keys, "part:"+prefix+p)
			}
			t.keys = append(t.keys, "part:"+p+u, "part:"+p)
		}
		return t
	}
	t.number, t.unit = num, unit
	if unit == "" && k < len(r) && r[k] == '半' && prefix == "" && (k+1 >= len(r) || strings.ContainsRune("的号码 ,。、", r[k+1])) { // 7半的
		t.number, t.to = num+".5", k+1
	}
	if unit == "inch" {
		t.half(r, "寸")
	}
	t.pack = t.to < len(r) && r[t.to] == '/'
	t.setKeys(prefix)
	return t
}

func (t *specToken) setKeys(prefix string) {
	switch {
	case prefix != "":
		t.keys = []string{prefix + t.number + t.unit}
		if t.unit != "" {
			t.keys = append(t.keys, prefix+t.number)
		}
		t.keys = append(t.keys, "="+t.number, "*"+t.number)
	case t.unit != "":
		t.keys = []string{t.number + t.unit, "*" + t.number}
	default:
		t.keys = []string{"=" + t.number, "*" + t.number}
	}
}

func plainNumber(r []rune, i int) (string, int) {
	j := i
	for j < len(r) && (isDigit(r[j]) || r[j] == '.' && j+1 < len(r) && isDigit(r[j+1])) {
		j++
	}
	return canonical(string(r[i:j])), j
}

// canonical writes a number without zeros that mean nothing: 007, 1.50.
func canonical(s string) string {
	if s == "" || len(s) >= 20 || strings.Count(s, ".") > 1 {
		return s
	}
	if s = strings.TrimLeft(s, "0"); s == "" || s[0] == '.' {
		s = "0" + s
	}
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func measureUnit(r []rune, i int) (string, int) {
	if i >= len(r) {
		return "", i
	}
	switch c := r[i]; {
	case c == '%' || c == '°' || c == '#' || c == '℃':
		return unitForm(string(c)), i + 1
	case c == '"':
		return "inch", i + 1
	case isLetter(c) || c == 'μ':
		if c == 'x' && i+1 < len(r) && isDigit(r[i+1]) {
			return "", i
		}
		j := i
		for j < len(r) && (isLetter(r[j]) || r[j] == 'μ') {
			if r[j] == 'x' && j > i && j+1 < len(r) && isDigit(r[j+1]) {
				break
			}
			j++
		}
		return unitForm(string(r[i:j])), j
	case isHan(c):
		for _, u := range specUnits {
			if has(r, i, u) {
				return unitForm(strings.TrimSuffix(u, "装")), i + len([]rune(u))
			}
		}
	}
	return "", i
}

// isCountUnit tells whether a counting unit stands at r[i].
func isCountUnit(r []rune, i int) bool {
	for _, u := range commonUnits {
		if has(r, i, u) && !sizeUnits[u] {
			return true
		}
	}
	return false
}

// rivals tells whether t and o give the same measure of goods, so that one who says both in turn means two: 8cm, 10cm; L, M.
func (t *specToken) rivals(o *specToken) bool {
	if t.keys[0] == o.keys[0] || t.number != "" && t.number == o.number {
		return false
	}
	if t.number == "" || o.number == "" {
		return strings.HasPrefix(t.keys[0], "size:") && strings.HasPrefix(o.keys[0], "size:")
	}
	a, b := strings.Replace(t.keys[0], t.number, "", 1), strings.Replace(o.keys[0], o.number, "", 1)
	return a == b || a == "=" && b == o.unit || b == "=" && a == t.unit
}

// unrivalled are the tokens of m that none of o's takes the place of.
func (m *mention) unrivalled(o *mention) uint32 {
	var mask uint32
	for i := range m.toks {
		if !slices.ContainsFunc(o.toks, func(t specToken) bool { return t.rivals(&m.toks[i]) }) {
			mask |= 1 << uint(i)
		}
	}
	return mask
}

// otherScales are the keys of the same measure in other units: 20mm for 2cm, 500ml for 0.5l.
func (t *specToken) otherScales() []string {
	own, ok := scales[t.unit]
	if !ok || t.number == "" || t.keys[0] != t.number+t.unit {
		return nil
	}
	n, err := decimal.NewFromString(t.number)
	if err != nil {
		return nil
	}
	var out []string
	for unit, s := range scales {
		if s.kind == own.kind && unit != t.unit {
			out = append(out, trim(n.Mul(own.size).Div(s.size))+unit)
		}
	}
	slices.Sort(out)
	return out
}

// productKeys are the keys by which a product's own token can be recognised.
func (t *specToken) productKeys() []string {
	keys := make([]string, 0, len(t.keys)+4)
	for _, k := range t.keys {
		p, part := strings.CutPrefix(k, "part:")
		keys = append(keys, p)
		if part && len(p) > 0 && isDigit(rune(p[len(p)-1])) && isDigit(rune(p[0])) {
			keys = append(keys, "="+p)
		}
		if part {
			keys = append(keys, "*"+leadingNumber(p))
		}
	}
	return keys
}

func leadingNumber(s string) string {
	i := 0
	for i < len(s) && !isDigit(rune(s[i])) {
		i++
	}
	j := i
	for j < len(s) && (isDigit(rune(s[j])) || s[j] == '.') {
		j++
	}
	return s[i:j]
}

// askKeys are the keys by which a message's token may be looked up in a product, alternatives in
// order: one of them must be there.
func (t *specToken) askKeys() []string {
	if strings.HasPrefix(t.keys[0], "=") {
		return t.keys[1:2] // a bare number: whatever its unit
	}
	if t.number != "" && t.unit != "" && strings.HasPrefix(t.keys[len(t.keys)-1], "*") && isDigit(rune(t.keys[0][0])) {
		return []string{t.keys[0], "=" + t.number}
	}
	keys := make([]string, 0, len(t.keys))
	for _, k := range t.keys {
		if !strings.HasPrefix(k, "part:") && !strings.HasPrefix(k, "=") && (!strings.HasPrefix(k, "*") || len(t.keys) == 1) {
			keys = append(keys, k)
		}
	}
	return keys
}
