package intake

import (
	"slices"
	"strings"
	"time"
)

// feasts are days that have a name. Which day of the year they fall on, or how long before them is meant, is asked about.
var feasts = words(`元旦 春节 新年 过年 年三十 大年三十 大年初一 除夕 小年 元宵 元宵节 清明 清明节 五一 五一节 劳动节 国际劳动节 端午 端午节 六一 六一节 儿童节 七夕 七夕节 中秋 中秋节 教师节 国庆 国庆节 重阳 重阳节 妇女节 三八节 情人节
	圣诞 圣诞节 平安夜 感恩节 母亲节 父亲节 腊八 腊八节 双十一 双11 双十二 双12 618 万圣节 建军节 建党节 植树节 青年节 元旦节 立春 雨水 惊蛰 春分 谷雨 立夏 小满 芒种 夏至 小暑 大暑 立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒
	十一 年 节 放假 开学 开业 开工 开盘 交房 过节 暑假 寒假 假期`)

// plainFeasts need no word behind them that asks for goods by then.
var plainFeasts = strings.Fields("春节 元旦 国庆节 中秋节 端午节 清明节 元宵节 除夕 劳动节")

var feastYears = strings.Fields("今年 明年 去年 后年 本年")

// hazy are words for some time soon.
var hazy = words("这两天 这几天 这两三天 近两天 近几天 近期 过几天 过两天 过两三天 过些天 过阵子 改天 这两日 近日 几天 几日 数日 数天")

// readNamed reads a day that only a person can settle: 春节前, 农历初八, 这两天要.
func readNamed(r []rune, i int, w *when) (int, bool) {
	k := i
	if y := wordOf(r, k, feastYears); y != "" {
		k += 2
		if k < len(r) && r[k] == '的' {
			k++
		}
	}
	if n := wordAt(feasts, r[:min(len(r), k+6)], k); n > 0 {
		name := string(r[k : k+n])
		e := k + n
		for _, s := range [...]string{"节", "假期", "当天", "当日", "那天", "晚上", "期间"} {
			if has(r, e, s) {
				e += len([]rune(s))
			}
		}
		short := n == 1 || name == "放假" || name == "开学" || name == "开业" || name == "过节"
		switch {
		case has(r, e, "前后"):
			if e += 2; e < len(r) && r[e] != ' ' && !isBreak(r[e]) && !monthDayEnd(r, e) {
				return i, false // 端午前后人多
			}
		case has(r, k+n, "期间") && !short:
		case has(r, e, "之前"), has(r, e, "以前"):
			e += 2
		case has(r, e, "前") && !has(r, e, "前台") && !has(r, e, "前门"):
			e++
			for _, s := range [...]string{"一天", "一晚", "一日", "两天", "几天", "一周"} {
				if has(r, e, s) { // 母亲节前一天
					e += len([]rune(s))
				}
			}
		case has(r, e, "后") && short && n == 1:
			e++
		case short || name == "十一" || strings.HasSuffix(name, "期"):
			return i, false
		case slices.Contains(plainFeasts, name) || e > k+n && slices.Contains(plainFeasts, string(r[k:min(len(r), k+n+1)])):
		case !monthDayEnd(r, e):
			return i, false
		}
		if n == 1 && i > 0 && (isHan(r[i-1]) || isAlnum(r[i-1])) && (name == "节" || isHanNumeral(r[i-1]) || isDigit(r[i-1]) || strings.ContainsRune("新多半往周历", r[i-1])) {
			return i, false
		}
		w.vague = string(r[i:e])
		return e, true
	}
	if e, ok := readLunar(r, i); ok {
		w.vague = string(r[i:e])
		return e, true
	}
	if r[i] == '第' && i+1 < len(r) { // 第三天上午
		if n, ok := readWhole(r, i+1); ok && has(r, n.to, "天") && (monthDayEnd(r, n.to+1) || partAt(r, n.to+1) >= 0) {
			w.vague = string(r[i : n.to+1])
			return n.to + 1, true
		}
	}
	if n := wordAt(hazy, r, i); n > 0 {
		e := i + n
		for _, s := range [...]string{"之内", "以内", "内", "之后", "以后", "后", "就", "都", "能", "可以", "必须"} {
			if has(r, e, s) {
				e += len([]rune(s))
			}
		}
		if monthDayEnd(r, e) || r[e-1] == '内' {
			w.vague = string(r[i : i+n])
			return i + n, true
		}
	}
	return i, false
}

// readLunar reads a day of the lunar calendar: 初八, 正月十五, 农历三月初三, 腊月廿八.
func readLunar(r []rune, i int) (int, bool) {
	k := i
	said := false
	for _, s := range [...]string{"农历", "阴历", "旧历"} {
		if has(r, k, s) {
			k, said = k+2, true
		}
	}
	if said && k < len(r) && r[k] == '的' {
		k++
	}
	month := false
	for _, s := range [...]string{"正月", "腊月", "冬月", "闰"} {
		if has(r, k, s) {
			k, month = k+len([]rune(s)), s != "闰"
			said = true
		}
	}
	if !month {
		if n, ok := readWhole(r, k); ok && n.to < len(r) && r[n.to] == '月' && n.value.IntPart() <= 12 {
			k = n.to + 1
			month = true
		}
	}
	if k < len(r) && r[k] == '初' && k+1 < len(r) {
		if d, ok := hanDigit(r, k+1); ok && d > 0 && (said || month || monthDayEnd(r, k+2)) {
			return k + 2, true
		}
		if has(r, k, "初十") {
			return k + 2, true
		}
		if isDigit(r[k+1]) && said {
			return k + 2, true
		}
	}
	if !said {
		if month && k < len(r) && hanTens[r[k]] > 0 { // 三月廿二
			if n, ok := readWhole(r, k); ok && !has(r, n.to, "号") && !has(r, n.to, "日") {
				return n.to, true
			}
		}
		return i, false
	}
	if n, ok := readWhole(r, k); ok && !n.more && n.value.IsInteger() && n.value.IsPositive() && n.value.IntPart() <= 30 {
		k = n.to
		if k < len(r) && (r[k] == '日' || r[k] == '号') {
			k++
		}
		return k, true
	}
	return k, month
}

// readPeriodEnd reads the end of a quarter or a year: 季度末, 二季度末, 年内, and what of them is uncertain: 明年初.
func readPeriodEnd(r []rune, i int, c clock, w *when) (time.Time, int, bool) {
	year, k := c.today.Year(), i
	switch {
	case has(r, k, "明年"):
		year, k = year+1, k+2
	case has(r, k, "今年"), has(r, k, "本年"):
		k += 2
	}
	if k > i && k < len(r) && r[k] == '的' { // 今年的年底, but not 鼠标的内胆
		k++
	}
	on := func(month time.Month, to int) (time.Time, int, bool) {
		return time.Date(year, month+1, 0, 0, 0, 0, 0, c.today.Location()), to, true
	}
	if i > 0 && (isDigit(r[i-1]) || isHanNumeral(r[i-1])) && k == i {
		return time.Time{}, i, false
	}
	switch {
	case has(r, k, "年底"), has(r, k, "年末"), has(r, k, "底"), has(r, k, "末"), has(r, k, "年内"), has(r, k, "内"), has(r, k, "年之内"):
		e := k + 1
		if r[k] == '年' {
			if k == i && i > 0 && isHan(r[i-1]) && strings.ContainsRune("多几半两去前", r[i-1]) {
				return time.Time{}, i, false
			}
			e++
		} else if k == i {
			return time.Time{}, i, false
		}
		if has(r, k, "年之内") {
			e = k + 3
		}
		return on(12, e)
	case has(r, k, "年初"), has(r, k, "年中"), has(r, k, "上半年"), has(r, k, "下半年"), k > i && has(r, k, "初"):
		e := k + 2
		if r[k] == '初' {
			e = k + 1
		} else if r[k] != '年' {
			e = k + 3
		} else if k == i && i > 0 && isHan(r[i-1]) {
			return time.Time{}, i, false
		}
		if k == i && !monthDayEnd(r, e) {
			return time.Time{}, i, false
		}
		w.vague = string(r[i:e])
		return c.today, e, true
	}
	quarter := (int(c.today.Month()) + 2) / 3
	q := k
	switch {
	case has(r, q, "本季度"), has(r, q, "这季度"), has(r, q, "这个季度"):
		q = index(r, q, len(r), "度") + 1
	case has(r, q, "下季度"), has(r, q, "下个季度"):
		quarter++
		q = index(r, q, len(r), "度") + 1
	case has(r, q, "季度"):
		q += 2
	case has(r, q, "季末"):
		q++
	default:
		if has(r, q, "第") {
			q++
		}
		n, ok := readWhole(r, q)
		if !ok || !has(r, n.to, "季度") || n.value.IntPart() < 1 || n.value.IntPart() > 4 {
			return time.Time{}, i, false
		}
		quarter, q = int(n.value.IntPart()), n.to+2
	}
	for _, s := range [...]string{"末", "底", "结束", "之内", "内"} {
		if has(r, q, s) {
			return on(time.Month(quarter*3), q+len([]rune(s)))
		}
	}
	return time.Time{}, i, false
}
