package intake

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// spanUnits are the units of a span of time; minutes or days is how long one is, months counts months.
var spanUnits = []struct {
	words   []string
	minutes int64
	days    int64
	months  int
}{
	{words: strings.Fields("分钟 mins min"), minutes: 1},
	{words: strings.Fields("刻钟"), minutes: 15},
	{words: strings.Fields("小时 钟头 个钟 hours hour hrs hr h"), minutes: 60},
	{words: strings.Fields("自然日 天 日 days day"), days: 1},
	{words: strings.Fields("星期 礼拜 周 weeks week"), days: 7},
	{words: strings.Fields("季度"), months: 3},
	{words: strings.Fields("月 months month"), months: 1},
	{words: strings.Fields("年"), months: 12},
}

// readSpan reads 48小时内, 三天内, 一个半月内, 两三天内, 5个工作日内, 过三天.
func readSpan(r []rune, i int, c clock) (when, bool) {
	if i > 0 && (isDigit(r[i]) && isAlnum(r[i-1]) || isDigit(r[i]) && r[i-1] == '.' || isHanNumeral(r[i]) && isHanNumeral(r[i-1])) {
		return when{}, false
	}
	from, passing := i, false
	if r[i] == '过' && i+1 < len(r) {
		i, passing = i+1, true
	}
	n, ok := readNumeral(r, i)
	if !ok {
		return when{}, false
	}
	vague := n.more && n.value.IsZero()
	if n.more && !vague { // 两三天: the end counts
		if last, ok := hanDigit(r, n.to-1); ok && last > 0 && n.value.LessThan(decimal.New(100, 0)) {
			n.value = decimal.NewFromInt(last)
			if n.to-i > 2 {
				vague = true
			}
		} else {
			vague = true
		}
	}
	if r[i] == '一' && n.to < len(r) && r[n.to] == '两' && n.to == i+1 { // 一两天
		n.value, n.to = decimal.New(2, 0), n.to+1
	}
	k := skipSpace(r, n.to)
	if k < len(r) && strings.ContainsRune("-~至到", r[k]) { // 1-2天
		if m, ok := readNumeral(r, k+1); ok && !m.more && m.value.GreaterThan(n.value) {
			n, k = m, skipSpace(r, m.to)
		}
	}
	counted := false
	if k < len(r) && r[k] == '个' && (!has(r, k, "个钟") || has(r, k, "个钟头")) {
		k, counted = k+1, true
		if k < len(r) && r[k] == '半' {
			n.value, k = n.value.Add(decimal.New(5, -1)), k+1
		}
	}
	if has(r, k, "工作日") {
		return workingDays(r, from, k+3, n, vague, c)
	}
	for _, u := range spanUnits {
		word := wordOf(r, k, u.words)
		if word == "" {
			continue
		}
		e := k + len([]rune(word))
		if isLetter(r[e-1]) && e < len(r) && isAlnum(r[e]) {
			return when{}, false
		}
		if e < len(r) && r[e] == '钟' || has(r, e, "半") && u.months < 12 {
			if r[e] == '半' {
				n.value = n.value.Add(decimal.New(5, -1))
			}
			e++
		}
		if word == "月" && !counted && r[i] != '半' || word == "周" && has(r, e, "年") || word == "年" && n.value.GreaterThan(decimal.New(3, 0)) {
			return when{}, false
		}
		if word == "日" && !passing && n.value.LessThanOrEqual(decimal.New(31, 0)) && (e >= len(r) || !strings.ContainsRune("内之以后", r[e])) {
			return when{}, false // 18日到货 is a day
		}
		if !spanEnd(r, e) && !passing || passing && !spanEnd(r, e) && !monthDayEnd(r, e) {
			return when{}, false
		}
		w := when{from: from, to: e, weight: 2}
		if !strings.ContainsAny(string(r[e:min(len(r), e+2)]), "内里") {
			for _, s := range [...]string{"之后", "以后", "后"} {
				if has(r, e, s) {
					w.to += len([]rune(s))
					break
				}
			}
		} else if r[e] == '里' {
			w.to++
		}
		if vague || passing && n.value.Equal(decimal.New(2, 0)) {
			w.vague, w.end = string(r[from:w.to]), c.today
			return w, true
		}
		switch {
		case u.minutes > 0:
			d := n.value.Mul(decimal.NewFromInt(u.minutes))
			if d.GreaterThan(decimal.New(60*24*366, 0)) {
				return when{}, false
			}
			w.end, w.hour, w.weight = c.now.Add(time.Duration(d.InexactFloat64()*float64(time.Minute))), true, 3
		case u.days > 0:
			d := n.value.Mul(decimal.NewFromInt(u.days))
			if d.GreaterThan(decimal.New(400, 0)) {
				return when{}, false
			}
			if w.end = c.today.AddDate(0, 0, int(d.IntPart())); !d.IsInteger() && u.days == 1 {
				w.end, w.hour = c.now.Add(time.Duration(d.InexactFloat64()*24*float64(time.Hour))), true
			}
		default:
			d := n.value.Mul(decimal.NewFromInt(int64(u.months)))
			if d.GreaterThan(decimal.New(24, 0)) {
				return when{}, false
			}
			w.end = c.today.AddDate(0, int(d.IntPart()), 0)
			if half := d.Sub(d.Floor()); half.IsPositive() {
				w.end = w.end.AddDate(0, 0, int(half.Mul(decimal.New(30, 0)).IntPart()))
			}
		}
		return w, true
	}
	return when{}, false
}

// workingDays counts working days, by the calendar; k is behind the word.
func workingDays(r []rune, from, k int, n numeral, vague bool, c clock) (when, bool) {
	if n.value.GreaterThan(decimal.New(400, 0)) || !n.value.IsInteger() || !spanEnd(r, k) && !monthDayEnd(r, k) && k < len(r) && !isBreak(r[k]) {
		return when{}, false
	}
	w := when{from: from, to: k, end: c.days.AddWorkdays(c.today, int(n.value.IntPart())), weight: 2}
	if vague {
		w.vague = string(r[from:k])
	}
	return w, true
}

func spanEnd(r []rune, k int) bool {
	k = skipSpace(r, k)
	for _, s := range [...]string{"内", "里送", "里到", "里要", "之内", "以内", "后", "之后", "以后", "能到", "送到", "到货", "必须", "要到", "到", "交货", "发货", "送达"} {
		if has(r, k, s) {
			return true
		}
	}
	return false
}
