package intake

import (
	"strings"
	"time"
)

// A when is a date or a time that a message says, as a deadline.
type when struct {
	from, to int
	end      time.Time // the deadline: midnight of its day where only a day is said
	hour     bool      // an hour is said or meant
	vague    string    // 下周, 国庆前: which day is not certain
	past     bool
	weight   int  // how plainly it is a deadline
	clock    bool // only an hour is said, no day
	part     bool // only a part of the day is said
}

// value writes the deadline as the contract wants it.
func (w *when) value() string {
	if w.vague != "" {
		return ""
	}
	if w.hour {
		return w.end.Format(time.RFC3339)
	}
	return w.end.Format(time.DateOnly)
}

// soon tells whether the deadline ends within 48 hours after now.
func (w *when) soon(now time.Time) bool {
	if w.vague != "" {
		return false
	}
	end := w.end
	if !w.hour {
		end = end.AddDate(0, 0, 1)
	}
	return end.Sub(now) <= 48*time.Hour
}

// clock is what relative dates count from: hours from now, days from today, which differ where a
// forwarded message bears its own date.
type clock struct{ now, today time.Time }

func newClock(now time.Time) clock {
	return clock{now: now, today: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())}
}

var dayWords = []struct {
	word string
	days int
	hour int // -1: none
}{
	{"大后天", 3, -1},
	{"后天", 2, -1},
	{"明天", 1, -1},
	{"明日", 1, -1},
	{"明儿", 1, -1},
	{"今天", 0, -1},
	{"今日", 0, -1},
	{"今儿", 0, -1},
	{"当天", 0, -1},
	{"当日", 0, -1},
	{"次日", 1, -1},
	{"隔天", 1, -1},
	{"隔日", 1, -1},
	{"今晚", 0, 21},
	{"明晚", 1, 21},
	{"后晚", 2, 21},
	{"明早", 1, 9},
	{"今早", 0, 9},
	{"后早", 2, 9},
	{"今夜", 0, 21},
	{"今晨", 0, 9},
	{"明晨", 1, 9},
}

var partWords = []struct {
	word string
	hour int
	pm   bool
}{
	{"凌晨", 6, false},
	{"清晨", 9, false},
	{"清早", 9, false},
	{"一大早", 9, false},
	{"一早", 9, false},
	{"大早上", 9, false},
	{"早上", 9, false},
	{"早晨", 9, false},
	{"上午", 12, false},
	{"中午", 12, true},
	{"正午", 12, true},
	{"下午", 18, true},
	{"午后", 18, true},
	{"傍晚", 18, true},
	{"晚上", 21, true},
	{"晚间", 21, true},
	{"夜里", 21, true},
	{"夜间", 21, true},
	{"早", 9, false},
	{"晚", 21, true},
}

var weekdays = map[rune]int{'一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '日': 7, '天': 7, '1': 1, '2': 2, '3': 3, '4': 4, '5': 5, '6': 6, '7': 7}

var festivals = strings.Fields("节前 节后 春节前 国庆前 中秋前 端午前 清明前 五一前 元旦前 十一前 年前 过年前 放假前 元宵前 国庆节前 中秋节前 端午节前 劳动节前 春节 国庆 中秋节 端午节 清明节")

// readWhen reads the date or time that begins at r[i].
func readWhen(r []rune, i int, c clock) (when, bool) {
	w, ok := readPoint(r, i, c)
	if !ok {
		return w, false
	}
	// 周一至周三, 八点到九点: the end counts
	if w.to < len(r) && strings.ContainsRune("至到~-", r[w.to]) {
		base := c
		if w.vague == "" {
			base.today = time.Date(w.end.Year(), w.end.Month(), w.end.Day(), 0, 0, 0, 0, w.end.Location())
		}
		if e, ok := readPoint(r, w.to+1, base); ok && (e.hour == w.hour || !e.hour) {
			if e.hour && e.clockOnly(r, w.to+1) {
				e.end = time.Date(w.end.Year(), w.end.Month(), w.end.Day(), e.end.Hour(), e.end.Minute(), 0, 0, w.end.Location())
				if e.end.Before(w.end) && e.end.Hour() < 12 {
					e.end = e.end.Add(12 * time.Hour)
				}
			}
			e.from = i
			w = e
		}
	}
	for _, s := range [...]string{"之前", "以前", "前", "之内", "以内", "内"} {
		if has(r, w.to, s) {
			w.to += len([]rune(s))
			w.weight += 3
			break
		}
	}
	return w, true
}

func (w *when) clockOnly(r []rune, i int) bool {
	return i < len(r) && (isDigit(r[i]) || isHanNumeral(r[i]))
}

func readPoint(r []rune, i int, c clock) (when, bool) {
	if i >= len(r) {
		return when{}, false
	}
	if w, ok := readSpan(r, i, c); ok {
		return w, true
	}
	w := when{from: i}
	day, to, part, ok := readDay(r, i, c, &w)
	if ok && w.vague != "" {
		w.to = to
		return w, true
	}
	hourDay := ok
	if !ok {
		day, to = c.today, i
	}
	k := to
	if ok {
		for k < len(r) && (r[k] == '的' || r[k] == ' ' && k+1 < len(r) && partAt(r, k+1) >= 0) {
			k++
		}
	}
	pm := false
	hour, minute := part, 0
	if p := partAt(r, k); p >= 0 && (ok || len([]rune(partWords[p].word)) > 1 || k+1 < len(r) && (isDigit(r[k+1]) || isHanNumeral(r[k+1]))) {
		hour, pm = partWords[p].hour, partWords[p].pm
		k += len([]rune(partWords[p].word))
		to = k
		if k < len(r) && r[k] == ' ' {
			k++
		}
	} else {
		if part >= 0 {
			pm = part >= 12
		}
		k = to
		if k < len(r) && r[k] == ' ' {
			k++
		}
	}
	if h, m, e, exact := readHour(r, k); e > k {
		if hour >= 0 {
			if pm && h < 12 && (hour != 12 || h < 7) {
				h += 12
			}
		} else if !exact && h < 7 {
			h += 12
		}
		if h > 24 {
			return w, false
		}
		hour, minute, to = h, m, e
	} else if has(r, k, "下班前") {
		hour, to = 18, k+2
	} else if has(r, k, "上班前") {
		hour, to = 9, k+2
	}
	if !hourDay && to == i {
		return w, false
	}
	w.to = to
	w.clock = !hourDay
	w.part = !hourDay && partAt(r, i) >= 0 && to == i+len([]rune(partWords[partAt(r, i)].word))
	if hour < 0 {
		w.end = day
	} else {
		w.hour = true
		w.end = day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
		w.end = time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location())
		if !hourDay && !w.end.After(c.now) {
			w.end = w.end.AddDate(0, 0, 1)
		}
	}
	if w.hour && w.end.Before(c.now) || !w.hour && w.end.Before(c.today) {
		w.past = true
	}
	return w, true
}

func partAt(r []rune, i int) int {
	if i >= len(r) {
		return -1
	}
	for k := range partWords {
		if has(r, i, partWords[k].word) {
			return k
		}
	}
	return -1
}

// readHour reads 3点半, 15:00, 八点, 9点30分. exact tells that the day's half is certain.
func readHour(r []rune, i int) (h, m, to int, exact bool) {
	n, ok := readNumeral(r, i)
	if !ok || n.more || !n.value.IsInteger() {
		return 0, 0, i, false
	}
	h = int(n.value.IntPart())
	if h < 0 || h > 24 {
		return 0, 0, i, false
	}
	k := n.to
	if k >= len(r) {
		return 0, 0, i, false
	}
	switch {
	case r[k] == ':' && n.bare:
		if k+2 < len(r) && isDigit(r[k+1]) && isDigit(r[k+2]) && (k+3 >= len(r) || !isDigit(r[k+3])) {
			m = int(r[k+1]-'0')*10 + int(r[k+2]-'0')
			if m > 59 {
				return 0, 0, i, false
			}
			to = k + 3
			if to < len(r) && r[to] == ':' && to+2 < len(r) && isDigit(r[to+1]) {
				to += 3
			}
			return h, m, to, n.value.String() != string(r[i:n.to]) || h >= 12 || r[i] == '0' || h >= 7
		}
		return 0, 0, i, false
	case r[k] == '点' || r[k] == '时' && (k+1 >= len(r) || r[k+1] != '候'):
		k++
		if k < len(r) && r[k] == '钟' || k < len(r) && r[k] == '整' {
			return h, 0, k + 1, h >= 7
		}
		if k < len(r) && r[k] == '半' {
			return h, 30, k + 1, h >= 7
		}
		if has(r, k, "一刻") {
			return h, 15, k + 2, h >= 7
		}
		if q, ok := readNumeral(r, k); ok && q.to < len(r) && r[q.to] == '分' && q.value.IntPart() < 60 {
			return h, int(q.value.IntPart()), q.to + 1, h >= 7
		}
		return h, 0, k, h >= 7
	}
	return 0, 0, i, false
}

// readSpan reads 48小时内, 三天内, 一周内, 两天后.
func readSpan(r []rune, i int, c clock) (when, bool) {
	n, ok := readNumeral(r, i)
	if !ok || n.more {
		return when{}, false
	}
	k := n.to
	if k < len(r) && r[k] == ' ' {
		k++
	}
	if k < len(r) && r[k] == '个' {
		k++
	}
	var days int
	num := n.value
	half := func(unit int) int { return int(num.InexactFloat64() * float64(unit)) }
	switch {
	case has(r, k, "小时") || has(r, k, "钟头") || has(r, k, "h"):
		if r[k] == 'h' {
			k++
			if k < len(r) && isLetter(r[k]) {
				return when{}, false
			}
		} else {
			k += 2
		}
		if !spanEnd(r, k) {
			return when{}, false
		}
		if num.IntPart() > 24*366 {
			return when{}, false
		}
		return when{from: i, to: k, end: c.now.Add(time.Duration(num.InexactFloat64() * float64(time.Hour))), hour: true, weight: 3}, true
	case has(r, k, "工作日"):
		k += 3
		d := c.today
		if num.IntPart() > 400 {
			return when{}, false
		}
		for left := int(num.IntPart()); left > 0; {
			d = d.AddDate(0, 0, 1)
			if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
				left--
			}
		}
		if !spanEnd(r, k) {
			return when{}, false
		}
		return when{from: i, to: k, end: d, weight: 2}, true
	case has(r, k, "天") || has(r, k, "日") && spanEnd(r, k+1):
		k++
		if !num.IsInteger() {
			return when{}, false
		}
		days = int(num.IntPart())
	case has(r, k, "星期"):
		k += 2
		days = half(7)
	case has(r, k, "礼拜"):
		k += 2
		days = half(7)
	case has(r, k, "周") && (k+1 >= len(r) || r[k+1] != '年'):
		k++
		days = half(7)
	case has(r, k, "月") && k > n.to:
		k++
		if !spanEnd(r, k) || num.IntPart() > 24 {
			return when{}, false
		}
		if num.IsInteger() {
			return when{from: i, to: k, end: c.today.AddDate(0, int(num.IntPart()), 0), weight: 2}, true
		}
		days = half(30)
	default:
		return when{}, false
	}
	if !spanEnd(r, k) || days > 400 {
		return when{}, false
	}
	for _, s := range [...]string{"之后", "以后", "后"} {
		if has(r, k, s) {
			k += len([]rune(s))
			break
		}
	}
	return when{from: i, to: k, end: c.today.AddDate(0, 0, days), weight: 2}, true
}

func spanEnd(r []rune, k int) bool {
	for k < len(r) && r[k] == ' ' {
		k++
	}
	for _, s := range [...]string{"内", "之内", "以内", "后", "之后", "以后", "能到", "送到", "到货", "必须", "要到", "到", "交货"} {
		if has(r, k, s) {
			return true
		}
	}
	return false
}

// readDay reads a day. part is the hour that the word means (今晚), -1 without one.
func readDay(r []rune, i int, c clock, w *when) (day time.Time, to, part int, ok bool) {
	for _, d := range dayWords {
		if has(r, i, d.word) {
			return c.today.AddDate(0, 0, d.days), i + len([]rune(d.word)), d.hour, true
		}
	}
	for _, f := range festivals {
		if has(r, i, f) {
			w.vague = f
			return c.today, i + len([]rune(f)), -1, true
		}
	}
	if has(r, i, "年底") || has(r, i, "今年底") {
		return time.Date(c.today.Year(), 12, 31, 0, 0, 0, 0, c.today.Location()), index(r, i, len(r), "底") + 1, -1, true
	}
	if d, to, ok := readWeekday(r, i, c, w); ok {
		return d, to, -1, true
	}
	d, to, ok := readMonthDay(r, i, c)
	return d, to, -1, ok
}

func readWeekday(r []rune, i int, c clock, w *when) (time.Time, int, bool) {
	k, weeks, said := i, 0, false
	switch {
	case has(r, k, "下下个"):
		k, weeks, said = k+3, 2, true
	case has(r, k, "下下"):
		k, weeks, said = k+2, 2, true
	case has(r, k, "下个"):
		k, weeks, said = k+2, 1, true
	case has(r, k, "下"):
		k, weeks, said = k+1, 1, true
	case has(r, k, "这个"):
		k, said = k+2, true
	case has(r, k, "本") || has(r, k, "这") || has(r, k, "今周"):
		k, said = k+1, true
	}
	if k < len(r) && k > i && r[k] == ' ' {
		return time.Time{}, i, false
	}
	switch {
	case has(r, k, "周"):
		k++
	case has(r, k, "星期") || has(r, k, "礼拜"):
		k += 2
	default:
		return time.Time{}, i, false
	}
	monday := c.today.AddDate(0, 0, -(int(c.today.Weekday())+6)%7)
	if k < len(r) {
		if r[k] == '末' {
			w.vague = string(r[i : k+1])
			return c.today, k + 1, true
		}
		if r[k] == '内' && said || r[k] == '之' && said && has(r, k, "之内") {
			return monday.AddDate(0, 0, weeks*7+6), k, true
		}
		if r[k] == '底' && said {
			return monday.AddDate(0, 0, weeks*7+6), k + 1, true
		}
		if n, ok := weekdays[r[k]]; ok && (!isDigit(r[k]) || k+1 >= len(r) || !isAlnum(r[k+1])) {
			d := monday.AddDate(0, 0, weeks*7+n-1)
			if !said {
				today := (int(c.today.Weekday()) + 6) % 7
				switch {
				case n-1 < today, n-1 == today && c.now.Hour() >= 12:
					d = d.AddDate(0, 0, 7)
				}
			}
			// 周一周二, 周三、四: the end counts
			if k+2 < len(r) && (r[k+1] == '、' || r[k+1] == '/') {
				if m, ok := weekdays[r[k+2]]; ok && m > n && !isDigit(r[k+2]) && (k+3 >= len(r) || !isHan(r[k+3]) || strings.ContainsRune("送到要前发上下早晚中", r[k+3])) {
					return d.AddDate(0, 0, m-n), k + 3, true
				}
			}
			return d, k + 1, true
		}
	}
	if said && weeks > 0 {
		w.vague = string(r[i:k])
		return c.today, k, true
	}
	return time.Time{}, i, false
}

// readMonthDay reads 3月8号, 下月初, 25号, 2026-03-27, 4/8.
func readMonthDay(r []rune, i int, c clock) (time.Time, int, bool) {
	none := time.Time{}
	loc := c.today.Location()
	year, month := c.today.Year(), c.today.Month()
	k, monthSaid := i, false
	switch {
	case has(r, k, "下个月"):
		k, month, monthSaid = k+3, month+1, true
	case has(r, k, "下月"):
		k, month, monthSaid = k+2, month+1, true
	case has(r, k, "这个月"):
		k, monthSaid = k+3, true
	case has(r, k, "本月") || has(r, k, "这月") || has(r, k, "当月"):
		k, monthSaid = k+2, true
	case has(r, k, "月") && k+1 < len(r) && (strings.ContainsRune("底初中末", r[k+1]) || has(r, k+1, "内")):
		k++
		if i > 0 && (isDigit(r[i-1]) || isHanNumeral(r[i-1]) || r[i-1] == '个' || r[i-1] == '包') {
			return none, i, false
		}
	case has(r, k, "中旬") || has(r, k, "上旬") || has(r, k, "下旬"):
	default:
		if i == 0 || !isAlnum(r[i-1]) && r[i-1] != '.' {
			if d, to, ok := readDotted(r, i, loc); ok {
				return d, to, true
			}
		}
		n, ok := readNumeral(r, k)
		if !ok || n.more || !n.value.IsInteger() || !n.value.IsPositive() || n.value.IntPart() > 9999 {
			return none, i, false
		}
		if i > 0 && (isAlnum(r[i-1]) || strings.ContainsRune(".-/路街道巷弄村组园院里", r[i-1]) || r[i-1] == ' ' && i > 1 && strings.ContainsRune("路街道巷弄", r[i-2])) {
			return none, i, false
		}
		v := int(n.value.IntPart())
		k = n.to
		if v > 2000 && v < 2100 && k < len(r) && strings.ContainsRune("年-/.", r[k]) {
			m, ok := readNumeral(r, k+1)
			if !ok || m.value.IntPart() < 1 || m.value.IntPart() > 12 {
				return none, i, false
			}
			sep := r[k]
			k = m.to
			if !m.value.IsInteger() { // 2026.3.27 reads 3.27
				return none, i, false
			}
			if k >= len(r) || r[k] != sep && r[k] != '月' {
				return none, i, false
			}
			d, ok := readNumeral(r, k+1)
			if !ok || d.value.IntPart() < 1 || d.value.IntPart() > 31 {
				return none, i, false
			}
			k = d.to
			if k < len(r) && (r[k] == '日' || r[k] == '号') {
				k++
			}
			return time.Date(v, time.Month(m.value.IntPart()), int(d.value.IntPart()), 0, 0, 0, 0, loc), k, true
		}
		switch {
		case k < len(r) && r[k] == '月' && v <= 12:
			k++
			if k < len(r) && r[k] == '份' {
				k++
			}
			month, monthSaid = time.Month(v), true
			if n, ok := readNumeral(r, k); ok && !n.more && n.value.IsInteger() && n.value.IntPart() >= 1 && n.value.IntPart() <= 31 {
				if n.to < len(r) && (r[n.to] == '日' || r[n.to] == '号') {
					return nextMonthDay(c, month, int(n.value.IntPart())), n.to + 1, true
				}
				if monthDayEnd(r, n.to) || dateEnds(r, n.to) {
					return nextMonthDay(c, month, int(n.value.IntPart())), n.to, true
				}
			}
			if month < c.today.Month() {
				year++
			}
		case k < len(r) && (r[k] == '/' || r[k] == '-') && v <= 12 && n.bare:
			d, ok := readNumeral(r, k+1)
			if !ok || !d.bare || !d.value.IsInteger() || d.value.IntPart() < 1 || d.value.IntPart() > 31 || !monthDayEnd(r, d.to) {
				return none, i, false
			}
			return nextMonthDay(c, time.Month(v), int(d.value.IntPart())), d.to, true
		case k < len(r) && (r[k] == '号' || r[k] == '日') && v <= 31:
			if !dayEnd(r, k+1) && (i < 2 || k+1 >= len(r) || r[i-1] != '(' || r[k+1] != ')' || !strings.ContainsRune("送到发前达", r[i-2])) {
				return none, i, false
			}
			d := time.Date(year, month, v, 0, 0, 0, 0, loc)
			for n := 0; (d.Before(c.today) || d.Day() != v) && n < 4; n++ {
				month++
				d = time.Date(year, month, v, 0, 0, 0, 0, loc)
			}
			return d, k + 1, true
		default:
			return none, i, false
		}
	}
	if k < len(r) && r[k] == '的' {
		k++
	}
	first := time.Date(year, month, 1, 0, 0, 0, 0, loc)
	last := first.AddDate(0, 1, -1)
	on := func(day, to int) (time.Time, int, bool) {
		d := first.AddDate(0, 0, day-1)
		if !monthSaid && d.Before(c.today) {
			d = first.AddDate(0, 1, day-1)
		}
		return d, to, true
	}
	switch {
	case has(r, k, "月底"), has(r, k, "月末"):
		return last, k + 2, true
	case has(r, k, "底"), has(r, k, "末"):
		return last, k + 1, true
	case has(r, k, "下旬"):
		return last, k + 2, true
	case has(r, k, "中旬"):
		return on(15, k+2)
	case has(r, k, "上旬"):
		return on(10, k+2)
	case has(r, k, "初"):
		return on(5, k+1)
	case has(r, k, "中") && !has(r, k, "中午"):
		return on(15, k+1)
	case has(r, k, "内") || has(r, k, "之内") || has(r, k, "以内"):
		return last, k, true
	}
	if monthSaid {
		if n, ok := readNumeral(r, k); ok && !n.more && n.value.IsInteger() && n.value.IntPart() >= 1 && n.value.IntPart() <= 31 && n.to < len(r) && (r[n.to] == '日' || r[n.to] == '号') {
			return first.AddDate(0, 0, int(n.value.IntPart())-1), n.to + 1, true
		}
	}
	return none, i, false
}

func nextMonthDay(c clock, m time.Month, day int) time.Time {
	d := time.Date(c.today.Year(), m, day, 0, 0, 0, 0, c.today.Location())
	if d.Before(c.today) {
		d = time.Date(c.today.Year()+1, m, day, 0, 0, 0, 0, c.today.Location())
	}
	return d
}

var deadlineWords = strings.Fields("之前 以前 前 送 到 要 用 交 发 必须 务必 上午 下午 早 晚 中午 傍晚 收到 提 取 来拉 来拿 来提 来取 能 给 一定 就要 进场 进厂 入库 装车 安装 开工")

// monthDayEnd tells whether 4/8 at r[k] goes on like a date.
func monthDayEnd(r []rune, k int) bool {
	for k < len(r) && r[k] == ' ' {
		k++
	}
	for _, s := range deadlineWords {
		if has(r, k, s) {
			return true
		}
	}
	return false
}

// dateEnds tells whether 3月18, without 日, ends at r[k].
func dateEnds(r []rune, k int) bool {
	if k < len(r) && r[k] == ' ' {
		return !isCountUnit(r, k+1)
	}
	return k >= len(r) || isBreak(r[k])
}

// readDotted reads 2026.4.2.
func readDotted(r []rune, i int, loc *time.Location) (time.Time, int, bool) {
	var n [3]int
	k := i
	for p := range n {
		from := k
		for k < len(r) && isDigit(r[k]) && k-from < 4 {
			n[p] = n[p]*10 + int(r[k]-'0')
			k++
		}
		if k == from || p == 0 && k-from != 4 || p > 0 && k-from > 2 {
			return time.Time{}, i, false
		}
		if p < 2 {
			if k >= len(r) || r[k] != '.' {
				return time.Time{}, i, false
			}
			k++
		}
	}
	if n[0] <= 2000 || n[0] >= 2100 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || k < len(r) && (isAlnum(r[k]) || r[k] == '.' && k+1 < len(r) && isDigit(r[k+1])) {
		return time.Time{}, i, false
	}
	if k < len(r) && (r[k] == '日' || r[k] == '号') {
		k++
	}
	return time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, loc), k, true
}

// dayEnd tells whether 25号 at r[k] goes on like a day, not like a size.
func dayEnd(r []rune, k int) bool {
	for k < len(r) && strings.ContainsRune(" 再才就", r[k]) {
		k++
	}
	for _, s := range deadlineWords {
		if has(r, k, s) {
			e := k + len([]rune(s))
			for e < len(r) && r[e] == ' ' {
				e++
			}
			if e < len(r) && (isDigit(r[e]) || isHanNumeral(r[e])) && !strings.Contains("上午 下午 早 晚 中午 傍晚", s) {
				return false
			}
			return true
		}
	}
	return false
}

// notDeadline are words after a date that make it something else.
var notDeadline = strings.Fields("录 下单 报单 开单 对账 付款 打款 结账 盘点 车要走 开会 放假 休息 不收 那单 那批 的单 那张 买的 发的 下的 订的 拿的 要的 送的 到的 不行 赶不上 来不及 不要 不用 别送 别发 不送 以后 之后 过后 上次 开始 起 停")

var plainDeadline = strings.Fields("送 到 要 前 用 交 提 拿 拉 取 发 收")

// weigh looks at the words around a date: is it the deadline?
func (w *when) weigh(r []rune) {
	end := w.to
	for end < len(r) && !strings.ContainsRune(",。;\n!?()、", r[end]) && end-w.to < 16 {
		end++
	}
	after := string(r[w.to:end])
	start := w.from
	for start > 0 && !strings.ContainsRune(",。;\n!?()、", r[start-1]) && w.from-start < 12 {
		start--
	}
	before := string(r[start:w.from])
	verb := len(after)
	for _, s := range plainDeadline {
		if p := strings.Index(after, s); p >= 0 {
			verb = min(verb, p)
		}
	}
	for _, s := range notDeadline {
		p := strings.Index(after, s)
		if p > verb && strings.ContainsRune("别不", []rune(s)[0]) && s != "不行" { // 后天要 别发错
			continue
		}
		if p >= 0 && p <= 12 {
			w.weight -= 10
			break
		}
	}
	if w.weight > -5 {
		for _, s := range plainDeadline {
			if strings.Contains(after, s) {
				w.weight += 2
				break
			}
		}
	}
	for _, s := range [...]string{"必须", "务必", "最晚", "最迟", "一定", "保证", "改到", "提前到", "改成", "改为", "推迟到", "延到", "推到"} {
		if strings.Contains(after, s) || strings.Contains(before, s) {
			w.weight += 4
			break
		}
	}
	for _, s := range [...]string{"昨", "上周", "上个", "上月", "原定", "原来"} {
		if strings.HasSuffix(before, s) {
			w.weight -= 10
		}
	}
}
