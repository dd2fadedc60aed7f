package intake

import (
	"strings"

	"github.com/shopspring/decimal"
)

// A money is a sum as said: 12.5元, 12块5, 七块五, 3毛5, 5分, ¥12, 壹拾元零叁分.
type money struct {
	value decimal.Decimal
	to    int
	// marked tells that a word for money stands there; cents that only 分 does, which may as well be a size (4分管).
	marked, cents bool
	// doubt is why it can't be taken as it stands: another currency, or words for about so much; "" if it can.
	doubt string
}

var currencies = strings.Fields("美元 美金 美刀 美圆 港元 港币 港纸 欧元 日元 日圆 日币 新台币 台币 英镑 卢布 泰铢 韩元 韩币 澳元 澳币 加元 新元 新币 新加坡元 瑞士法郎 瑞郎 法郎 马币 马来西亚令吉 令吉 卢比 越南盾 奈拉 比特币 usd hkd eur jpy gbp twd")

var (
	yuanWords = strings.Fields("人民币 元人民币 rmb cny")
	moneyEnds = strings.Fields("元整 圆整 整 正 钱")
	someMoney = strings.Fields("左右 上下 以上 以下 以内 起 (含)以上 (含)以下")
)

// readMoney reads the sum of money that begins at r[i].
func readMoney(r []rune, i int) (money, bool) {
	var m money
	k := i
	for k < len(r) {
		if r[k] == '¥' || r[k] == '@' {
			m.marked = true
			k = skipSpace(r, k+1)
		} else if w := wordOf(r, k, yuanWords[:1]); w != "" {
			m.marked = true
			k = skipSpace(r, k+len([]rune(w)))
		} else if w := wordOf(r, k, currencies); w != "" && k == i {
			m.marked, m.doubt = true, w
			k = skipSpace(r, k+len([]rune(w)))
		} else {
			break
		}
	}
	n, ok := readNumeral(r, k)
	if !ok && k+1 < len(r) && r[k] == '零' && strings.ContainsRune("元圆块", r[k+1]) {
		n, ok = numeral{value: decimal.Zero, to: k + 1}, true
	}
	if !ok {
		return m, false
	}
	m.value, m.to = n.value, n.to
	m.units(r)
	if n.more {
		m.doubt = string(r[k:n.to])
	}
	m.ends(r)
	// 10到15元, 1万(含)-5万元
	if e := m.to; e < len(r) && (strings.ContainsRune("-~至到", r[e]) || has(r, e, "(含)-")) && i != e {
		for e < len(r) && strings.ContainsRune("-~至到(含)", r[e]) {
			e++
		}
		if e < len(r) && numeralBegins(r, e) {
			if o, ok := readMoney(r, e); ok && (o.marked || m.marked) && o.value.GreaterThan(n.value) && !o.cents {
				m.marked, m.to, m.doubt = true, o.to, string(r[i:o.to])
			}
		}
	}
	return m, true
}

// tag is m, which begins at from, as a price for one of a unit.
func (m *money) tag(per string, from int) priceTag {
	return priceTag{value: m.value, per: per, doubt: m.doubt, from: from, to: m.to}
}

// units reads 元, 角 and 分 behind the number.
func (m *money) units(r []rune) {
	ends := func(k int) bool { return k >= len(r) || !isHan(r[k]) && !isAlnum(r[k]) }
	// small reads a digit at k with the power of ten that its unit stands for; short is that without a unit.
	small := func(k int, short int32) (decimal.Decimal, int, int32, bool) {
		f, ok := readWhole(r, k)
		if !ok || f.more || f.value.GreaterThan(decimal.New(9, 0)) || !f.value.IsInteger() || !f.value.IsPositive() {
			return f.value, k, 0, false
		}
		switch e := f.to; {
		case e < len(r) && strings.ContainsRune("毛角", r[e]):
			return f.value, e + 1, -1, true
		case e < len(r) && r[e] == '分' && !has(r, e, "分之"):
			return f.value, e + 1, -2, true
		case e < len(r) && r[e] == '厘' && !has(r, e, "厘米"):
			return f.value, e + 1, -3, true
		case ends(e) || f.to == k+1 && strings.ContainsRune("一每的", r[e]):
			return f.value, e, short, short != 0
		default:
			return f.value, k, 0, false
		}
	}
	k := m.to
	if k >= len(r) {
		return
	}
	at := int32(0) // the power of the unit that came last
	switch {
	case r[k] == '块', r[k] == '元', r[k] == '圆':
		m.marked = true
		k++
		piece := r[k-1] == '块'
		if piece && k+1 < len(r) && r[k] == ' ' && isDigit(r[k+1]) && (k+2 >= len(r) || r[k+2] == ' ' || isBreak(r[k+2])) { // 12块 5
			m.value, m.to = m.value.Add(decimal.New(int64(r[k+1]-'0'), -1)), k+2
			return
		}
		if piece && k < len(r) && r[k] == '半' {
			m.value, m.to = m.value.Add(decimal.New(5, -1)), k+1
			return
		}
	case strings.ContainsRune("毛角", r[k]) && m.value.LessThan(decimal.New(100, 0)):
		m.marked, m.value, at = true, m.value.Shift(-1), -1
		k++
	case r[k] == '分' && m.value.IsInteger() && m.value.LessThan(decimal.New(100, 0)) && (ends(k+1) || has(r, k, "分钱") || strings.ContainsRune("一每的厘", r[k+1])):
		m.value, m.cents, at = m.value.Shift(-2), true, -2
		k++
		m.marked = m.marked || has(r, k, "钱")
	default:
		return
	}
	m.to = k
	for at > -3 {
		short := at - 1
		if at == 0 && r[k-1] != '块' || at == -2 {
			short = 0 // 12元5 is no sum
		}
		from := k
		for from < len(r) && r[from] == '零' || has(r, from, "又") {
			from++
			if short == -1 {
				short = -2 // 三块零四
			}
		}
		if from < len(r) && strings.ContainsRune("角分", r[from]) && from > k { // 零角
			k, m.to = from+1, from+1
			continue
		}
		d, e, p, ok := small(from, short)
		if !ok || p >= at {
			return
		}
		m.value, m.to, k, at = m.value.Add(d.Shift(p)), e, e, p
		m.cents = m.cents && p < -2
	}
}

// ends reads the words behind the sum: 整, 人民币, 美元, 左右.
func (m *money) ends(r []rune) {
	if w := wordOf(r, m.to, yuanWords); w != "" {
		m.to += len([]rune(w))
		m.marked = true
	}
	if m.marked {
		if w := wordOf(r, m.to, moneyEnds); w != "" && !has(r, m.to, "整箱") && !has(r, m.to, "整件") {
			m.to += len([]rune(w))
		}
		if w := wordOf(r, m.to, yuanWords); w != "" {
			m.to += len([]rune(w))
		}
	}
	if k := skipSpace(r, m.to); wordOf(r, k, currencies) != "" {
		m.doubt = wordOf(r, k, currencies)
		m.to = k + len([]rune(m.doubt))
		m.marked = true
	}
	if w := wordOf(r, m.to, someMoney); w != "" && (m.marked || w == "左右" || w == "上下") && w != "起" {
		m.doubt = w
		m.to += len([]rune(w))
	}
}
