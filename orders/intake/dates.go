package intake

import (
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
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
	clash    bool // the weekday beside the date is another one
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
type clock struct {
	now, today time.Time
	days       *orders.Calendar
}

func (x *Lexicon) clock(now time.Time) clock {
	return clock{now: now, days: x.days, today: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())}
}

var dayWords = []struct {
	word string
	days int
	hour int // -1: none
}{
	{"大大后天", 4, -1},
	{"大后天", 3, -1},
	{"大后日", 3, -1},
	{"后天", 2, -1},
	{"后日", 2, -1},
	{"后儿个", 2, -1},
	{"后儿", 2, -1},
	{"明天", 1, -1},
	{"明日", 1, -1},
	{"明儿个", 1, -1},
	{"明儿", 1, -1},
	{"翌日", 1, -1},
	{"今天", 0, -1},
	{"今日", 0, -1},
	{"今儿个", 0, -1},
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
	{"午夜", 24, true},
	{"深夜", 21, true},
	{"夜里", 21, true},
	{"夜间", 21, true},
	{"早", 9, false},
	{"晚", 21, true},
}

var weekdays = map[rune]int{'一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '日': 7, '天': 7, '1': 1, '2': 2, '3': 3, '4': 4, '5': 5, '6': 6, '7': 7}

// dateLeads are the characters with which a date or time begins, besides digits and letters.
var dateLeads = func() *runeSet {
	s := &runeSet{}
	for w := range strings.FieldsSeq("零一二两俩三仨四五六七八九十百千万亿半几壹贰叁肆伍陆柒捌玖幺拾佰仟萬参廿卅卌 数上近过 农阴旧正腊冬闰初第 的季年 下本这当月中周星礼") {
		s.add(w)
	}
	for _, d := range dayWords {
		s.add(d.word[:3])
	}
	for _, p := range partWords {
		s.add(p.word[:3])
	}
	for _, y := range feastYears {
		s.add(y[:3])
	}
	for _, table := range [...]map[rune][][]rune{feasts, hazy} {
		for c := range table {
			s.add(string(c))
		}
	}
	return s
}()

// behindNumber are the characters that may follow a number which is part of a date or time; englishLeads are those with which an
// English word for one begins.
var behindNumber, englishLeads = &runeSet{}, &runeSet{}

func init() {
	behindNumber.add("年月日号点时分秒刻钟天周星礼小个工自季半多来余几之又前后早大上下内-/.:~至到、dhwmpasnrt")
	englishLeads.add("abdfijmnostw")
}

// mayBeDate tells whether a date or time may begin at r[i]: before an hour a space may stand. It is asked at every character, and
// nearly always in vain.
func mayBeDate(r []rune, i int) bool {
	if i < len(r) && r[i] == ' ' {
		i++
	}
	if i >= len(r) {
		return false
	}
	switch c := r[i]; {
	case isLetter(c):
		return englishLeads.has(c) && (i == 0 || !isAlnum(r[i-1]))
	case isDigit(c):
		k := i
		for k < len(r) && isDigit(r[k]) {
			k++
		}
		n := k - i
		if k = skipSpace(r, k); k >= len(r) {
			return n == 8
		}
		return n == 8 || n <= 4 && (behindNumber.has(r[k]) || isHanNumeral(r[k]))
	case isHanNumeral(c) && wordAt(feasts, r, i) == 0:
		k := i
		for k < len(r) && (isHanNumeral(r[k]) || isDigit(r[k])) {
			k++
		}
		k = skipSpace(r, k)
		return k < len(r) && (behindNumber.has(r[k]) || hazy[c] != nil)
	default:
		return dateLeads.has(c)
	}
}

// readWhen reads the date or time that begins at r[i].
func readWhen(r []rune, i int, c clock) (when, bool) {
	if !mayBeDate(r, i) {
		return when{}, false
	}
	w, ok := readPoint(r, i, c)
	if !ok {
		return w, false
	}
	// 周一至周三, 八点到九点, 3月20日-25日: the end counts
	if w.to < len(r) && strings.ContainsRune("至到~-", r[w.to]) {
		base := c
		if w.vague == "" {
			base.today = time.Date(w.end.Year(), w.end.Month(), w.end.Day(), 0, 0, 0, 0, w.end.Location())
		}
		e, ok := readPoint(r, w.to+1, base)
		if d, is := readWhole(r, w.to+1); !ok && is && !w.hour && w.vague == "" && spanOfDays(r, w.to+1, w.end.Day()) > 0 {
			e = when{to: d.to + 1, end: w.end.AddDate(0, 0, int(d.value.IntPart())-w.end.Day())}
			ok = true
		}
		if ok && (e.hour == w.hour || !e.hour) {
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
	if w, ok := readEnglish(r, i, c); ok {
		if h, m, e, _ := readHour(r, skipSpace(r, w.to)); !w.hour && e > w.to {
			w.to, w.hour = e, true
			w.end = w.end.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
		}
		return w, true
	}
	w := when{from: i}
	day, to, part, ok := readDay(r, i, c, &w)
	if ok && w.vague != "" {
		w.to = to
		if p := partAt(r, to); p >= 0 { // 第三天上午
			w.to += len([]rune(partWords[p].word))
		}
		if _, _, e, _ := readHour(r, w.to); e > w.to {
			w.to = e
		}
		return w, true
	}
	hourDay := ok
	if !ok {
		day, to = c.today, i
	}
	k := to
	if ok {
		var clash bool
		if k, clash = skipWeekday(r, k, day); clash {
			w.clash = true
		}
		to = max(to, k)
		for k < len(r) && (r[k] == '的' || (r[k] == ' ' || r[k] == ',') && k+1 < len(r) && partAt(r, k+1) >= 0) {
			k++
		}
		for _, about := range [...]string{"大概", "大约", "最晚", "最迟", "t"} {
			if e := k + len([]rune(about)); has(r, k, about) && e < len(r) && (partAt(r, e) >= 0 || isDigit(r[e]) || isHanNumeral(r[e]) && about != "t") {
				k = e
				to = k
			}
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
			switch {
			case pm && h < 12 && h > 0 && (hour != 12 || h < 7):
				h += 12
			case hour >= 21 && (h == 12 || h == 0): // 今晚12点
				h = 24
			}
		} else if !exact && h < 7 {
			h += 12
		}
		if h > 24 || !hourDay && hour < 0 && r[e-1] == '点' && e < len(r) && (isDigit(r[e]) || isNextDigit(r, e)) { // 八点八级
			return w, false
		}
		hour, minute, to = h, m, e
	} else if has(r, k, "下班前") {
		hour, to = 18, k+2
	} else if has(r, k, "上班前") || has(r, k, "一上班") {
		hour, to = 9, k+2
		if r[k] == '一' {
			to = k + 3
		}
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

// skipWeekday skips the weekday behind a date: 3月20日(周五), 4月1日周三. clash tells that the date is none.
func skipWeekday(r []rune, i int, day time.Time) (to int, clash bool) {
	k := i
	if k > 0 && !strings.ContainsRune("日号", r[k-1]) && !isDigit(r[k-1]) {
		return i, false
	}
	bracket := k < len(r) && r[k] == '('
	if bracket || k < len(r) && (r[k] == ',' || r[k] == ' ') {
		k++
	}
	switch {
	case has(r, k, "周"):
		k++
	case has(r, k, "星期"), has(r, k, "礼拜"):
		k += 2
	default:
		return i, false
	}
	if k >= len(r) {
		return i, false
	}
	n, ok := weekdays[r[k]]
	k++
	if !ok || isDigit(r[k-1]) || bracket && (k >= len(r) || r[k] != ')') {
		return i, false
	}
	if bracket {
		k++
	}
	return k, (int(day.Weekday())+6)%7+1 != n
}

func weekdayBehind(r []rune, i int) bool {
	to, _ := skipWeekday(r, i, time.Time{})
	return to > i
}

var partLeads = func() *runeSet {
	s := &runeSet{}
	for _, p := range partWords {
		s.add(string([]rune(p.word)[:1]))
	}
	return s
}()

func partAt(r []rune, i int) int {
	if i >= len(r) || !partLeads.has(r[i]) {
		return -1
	}
	for k := range partWords {
		if has(r, i, partWords[k].word) {
			return k
		}
	}
	return -1
}

// decimalUnits are units of measure that go with 点 as a decimal point.
var decimalUnits = strings.Fields("级 号 寸 码 度 升 毫升 公斤 斤 千克 克 米 厘米 公分 毫米 平方 吨 伏 瓦")

// readHour reads 3点半, 15:00, 八点, 9点30, 5pm. exact tells that the day's half is certain.
func readHour(r []rune, i int) (h, m, to int, exact bool) {
	if i > 0 && i < len(r) && isDigit(r[i]) && isDigit(r[i-1]) {
		return 0, 0, i, false
	}
	n, ok := readWhole(r, i)
	if has(r, i, "零点") {
		n, ok = numeral{to: i + 1}, true
	}
	if !ok || !n.value.IsInteger() || n.value.GreaterThan(decimal.New(99, 0)) {
		return 0, 0, i, false
	}
	h = int(n.value.IntPart())
	if n.more { // 两三点: the end counts
		if last, ok := hanDigit(r, n.to-1); ok && h > 10 && n.to-i == 2 && r[i] != '十' {
			h = int(last)
		} else if ok && n.to-i == 3 {
			h++
		} else {
			return 0, 0, i, false
		}
	}
	k := n.to
	if h > 24 || k >= len(r) {
		return 0, 0, i, false
	}
	half := func(to int) (int, int, int, bool) { // 5:30pm
		e := skipSpace(r, to)
		for _, w := range [...]string{"pm", "p.m.", "am", "a.m."} {
			if has(r, e, w) && (e+len(w) >= len(r) || !isAlnum(r[e+len(w)])) {
				if w[0] == 'p' && h < 12 {
					h += 12
				}
				return h, m, e + len(w), true
			}
		}
		return h, m, to, h >= 7 || r[i] == '0' || h == 0
	}
	switch {
	case r[k] == ':' && n.bare:
		if i > 0 && (isDigit(r[i-1]) || r[i-1] == '-' || isLetter(r[i-1]) && r[i-1] != 't') { // B00187:25卷
			return 0, 0, i, false
		}
		if k+2 < len(r) && isDigit(r[k+1]) && isDigit(r[k+2]) && (k+3 >= len(r) || !isDigit(r[k+3])) {
			m = int(r[k+1]-'0')*10 + int(r[k+2]-'0')
			if m > 59 {
				return 0, 0, i, false
			}
			to = k + 3
			if to < len(r) && r[to] == ':' && to+2 < len(r) && isDigit(r[to+1]) {
				to += 3
			}
			return half(to)
		}
		return 0, 0, i, false
	case r[k] == '点' || r[k] == '时' && (k+1 >= len(r) || r[k+1] != '候'):
		k++
		exact = h >= 7 || h == 0
		if k < len(r) && (r[k] == '钟' || r[k] == '整') {
			return h, 0, k + 1, exact
		}
		if k < len(r) && r[k] == '半' {
			return h, 30, k + 1, exact
		}
		if has(r, k, "一刻") || has(r, k, "1刻") {
			return h, 15, k + 2, exact
		}
		if has(r, k, "三刻") || has(r, k, "3刻") {
			return h, 45, k + 2, exact
		}
		z := k
		if z < len(r) && r[z] == '零' {
			z++
		}
		if q, ok := readWhole(r, z); ok && !q.more && q.value.IsInteger() && q.value.LessThan(decimal.New(60, 0)) {
			if q.to < len(r) && r[q.to] == '分' {
				to = q.to + 1
				if s, ok := readWhole(r, to); ok && s.to < len(r) && r[s.to] == '秒' {
					to = s.to + 1
				}
				return h, int(q.value.IntPart()), to, exact
			}
			if (q.to-k == 2 || q.to-k == 3 && q.han) && (dateEnds(r, q.to) || monthDayEnd(r, q.to)) { // 八点三十, 8点05
				return h, int(q.value.IntPart()), q.to, exact
			}
			if q.to == k+1 && wordOf(r, q.to, decimalUnits) != "" { // 八点八级
				return 0, 0, i, false
			}
		}
		return h, 0, k, exact
	case n.bare && !n.more:
		if h, m, to, exact = half(k); to > k {
			return h, m, to, exact
		}
	}
	return 0, 0, i, false
}

// sameDay fits 当天 where it tells how goods are, and not when they are wanted: 当天出池的, 当天现杀的.
var sameDay = regexp.MustCompile(`^当[天日](?:出|采|摘|杀|宰|做|产|生产|现|到港|捞|捕|烤|新)[^,。;!?\n]{0,4}的`)

// readDay reads a day. part is the hour that the word means (今晚), -1 without one.
func readDay(r []rune, i int, c clock, w *when) (day time.Time, to, part int, ok bool) {
	for _, d := range dayWords {
		if has(r, i, d.word) {
			if d.days == 0 && r[i] == '当' && sameDay.MatchString(string(r[i:min(len(r), i+8)])) { // 当天出池的鱼
				continue
			}
			return c.today.AddDate(0, 0, d.days), i + len([]rune(d.word)), d.hour, true
		}
	}
	if to, ok := readNamed(r, i, w); ok {
		return c.today, to, -1, true
	}
	if d, to, ok := readPeriodEnd(r, i, c, w); ok {
		return d, to, -1, true
	}
	if d, to, ok := readWeekday(r, i, c, w); ok {
		return d, to, -1, true
	}
	d, to, ok := readMonthDay(r, i, c, w)
	if ok && d.IsZero() && w.vague == "" { // 2月30日
		w.vague, d = string(r[i:to]), c.today
	}
	return d, to, -1, ok
}

func readWeekday(r []rune, i int, c clock, w *when) (time.Time, int, bool) {
	k, weeks, said := i, 0, false
	if !strings.ContainsRune("上下这本今周星礼", r[i]) {
		return time.Time{}, i, false
	}
	switch {
	case has(r, k, "上上个"):
		k, weeks, said = k+3, -2, true
	case has(r, k, "上上"):
		k, weeks, said = k+2, -2, true
	case has(r, k, "上个"):
		k, weeks, said = k+2, -1, true
	case has(r, k, "上"):
		k, weeks, said = k+1, -1, true
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
	if said && (has(r, k, "周") || has(r, k, "的周")) { // 下周周六
		k = index(r, k, len(r), "周") + 1
	} else if said && (has(r, k, "星期") || has(r, k, "礼拜")) {
		k += 2
	}
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

// A monthPart is a word for a part of a month with the day of its deadline, 0 for the last one.
type monthPart struct {
	word   string
	day    int
	within bool // the word is not part of the date itself
}

var monthParts = []monthPart{{"月底", 0, false}, {"月末", 0, false}, {"底", 0, false}, {"末", 0, false}, {"下旬", 0, false}, {"中旬", 15, false}, {"上旬", 10, false}, {"初", 5, false}, {"中", 15, false}, {"内", 0, true}, {"之内", 0, true}, {"以内", 0, true}}

// on is the day in the month that begins at first.
func (p monthPart) on(first time.Time) time.Time {
	if p.day == 0 {
		return first.AddDate(0, 1, -1)
	}
	return first.AddDate(0, 0, p.day-1)
}

// readMonthDay reads 3月8号, 下月初, 25号, 2026-03-27, 4/8.
func readMonthDay(r []rune, i int, c clock, w *when) (time.Time, int, bool) {
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
		if i > 0 && (isDigit(r[i-1]) || isHanNumeral(r[i-1]) || r[i-1] == '个' || r[i-1] == '包' && (i < 2 || !isDigit(r[i-2]) && !isHanNumeral(r[i-2]))) { // 包月
			return none, i, false
		}
	case has(r, k, "中旬") || has(r, k, "上旬") || has(r, k, "下旬"):
	default:
		if i == 0 || !isAlnum(r[i-1]) && r[i-1] != '.' {
			if d, to, ok := readDotted(r, i, loc); ok {
				return d, to, true
			}
			if d, to, ok := readPacked(r, i, c); ok {
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
		if k < len(r) && r[k] == '年' && k-i == 2 && v >= 20 && v < 100 { // 26年3月25日
			v += 2000
		}
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
			if r[k] == '月' {
				first := time.Date(v, time.Month(m.value.IntPart()), 1, 0, 0, 0, 0, loc)
				for _, p := range monthParts {
					if has(r, k+1, p.word) {
						return p.on(first), k + 1 + len([]rune(p.word)), true
					}
				}
			}
			d, ok := readNumeral(r, k+1)
			if !ok || d.value.IntPart() < 1 || d.value.IntPart() > 31 {
				return none, i, false
			}
			k = d.to
			if k < len(r) && (r[k] == '日' || r[k] == '号') {
				k++
			}
			return exactDay(v, time.Month(m.value.IntPart()), int(d.value.IntPart()), loc), k, true
		}
		switch {
		case k < len(r) && r[k] == '月' && (v <= 12 || v < 100 && n.bare && k+1 < len(r) && isDigit(r[k+1])):
			if v > 12 { // 13月1日
				e := k + 1
				for e < len(r) && isDigit(r[e]) {
					e++
				}
				return none, e, monthDayEnd(r, e) || e < len(r) && strings.ContainsRune("日号", r[e])
			}
			k++
			if k < len(r) && r[k] == '份' {
				k++
			}
			month, monthSaid = time.Month(v), true
			if n, ok := readNumeral(r, k); ok && !n.more && n.value.IsInteger() && n.value.IntPart() >= 1 && n.value.IntPart() <= 99 {
				if n.to < len(r) && strings.ContainsRune("-~至到、", r[n.to]) { // 3月20-25日
					if d, ok := readWhole(r, n.to+1); ok && !d.more && d.value.GreaterThan(n.value) && d.value.IntPart() <= 31 && d.to < len(r) && (r[d.to] == '日' || r[d.to] == '号') {
						return nextMonthDay(c, month, int(d.value.IntPart())), d.to + 1, true
					}
				}
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
		case k < len(r) && strings.ContainsRune("-~至到、", r[k]) && v <= 31 && spanOfDays(r, k+1, v) > 0:
			e := spanOfDays(r, k+1, v)
			d, _ := readWhole(r, k+1)
			return nextDay(c, int(d.value.IntPart())), e, true
		case k < len(r) && (r[k] == '/' || r[k] == '-') && v <= 12 && n.bare:
			d, ok := readNumeral(r, k+1)
			if !ok || !d.bare || !d.value.IsInteger() || d.value.IntPart() < 1 || d.value.IntPart() > 31 {
				return none, i, false
			}
			if d.to < len(r) && (r[d.to] == '号' || r[d.to] == '日') {
				d.to++
			} else if !monthDayEnd(r, d.to) && !weekdayBehind(r, d.to) && !deadlineBefore(r, i) {
				return none, i, false
			}
			return nextMonthDay(c, time.Month(v), int(d.value.IntPart())), d.to, true
		case k < len(r) && (r[k] == '号' || r[k] == '日') && v <= 31:
			if !dayEnd(r, k+1) && !deadlineBefore(r, i) && (i < 2 || k+1 >= len(r) || r[i-1] != '(' || r[k+1] != ')' || !strings.ContainsRune("送到发前达", r[i-2])) {
				return none, i, false
			}
			return nextDay(c, v), k + 1, true
		default:
			return none, i, false
		}
	}
	if k < len(r) && r[k] == '的' {
		k++
	}
	first := time.Date(year, month, 1, 0, 0, 0, 0, loc)
	for _, p := range monthParts {
		if !has(r, k, p.word) || p.word == "中" && has(r, k, "中午") {
			continue
		}
		d := p.on(first)
		if !monthSaid && d.Before(c.today) {
			d = p.on(first.AddDate(0, 1, 0))
		}
		if p.within {
			return d, k, true
		}
		return d, k + len([]rune(p.word)), true
	}
	if monthSaid {
		if n, ok := readWhole(r, k); ok && !n.more && n.value.IsInteger() && n.value.IntPart() >= 1 && n.value.IntPart() <= 31 {
			d := first.AddDate(0, 0, int(n.value.IntPart())-1)
			if n.to < len(r) && (r[n.to] == '日' || r[n.to] == '号') {
				return d, n.to + 1, true
			}
			if monthDayEnd(r, n.to) { // 下月15要
				return d, n.to, true
			}
		}
	}
	if monthSaid && k > i && (has(r, i, "下") || isDigit(r[i]) || isHanNumeral(r[i])) && monthDayEnd(r, k) { // 下个月要, 4月份要
		w.vague = string(r[i:k])
		return c.today, k, true
	}
	return none, i, false
}

// spanOfDays tells where 22号 of 20-22号 ends, 0 if it is none.
func spanOfDays(r []rune, i, first int) int {
	n, ok := readWhole(r, i)
	if !ok || n.more || !n.value.IsInteger() || n.value.IntPart() <= int64(first) || n.value.IntPart() > 31 || n.to >= len(r) || r[n.to] != '号' && r[n.to] != '日' || !dayEnd(r, n.to+1) {
		return 0
	}
	return n.to + 1
}

// nextDay is the next day of a month with that number.
func nextDay(c clock, day int) time.Time {
	d := time.Date(c.today.Year(), c.today.Month(), day, 0, 0, 0, 0, c.today.Location())
	for n := time.Month(1); (d.Before(c.today) || d.Day() != day) && n < 5; n++ {
		d = time.Date(c.today.Year(), c.today.Month()+n, day, 0, 0, 0, 0, c.today.Location())
	}
	return d
}

// nextMonthDay is the next day of that month and number, zero if no month has it.
func nextMonthDay(c clock, m time.Month, day int) time.Time {
	for year := c.today.Year(); year < c.today.Year()+9; year++ {
		if d := exactDay(year, m, day, c.today.Location()); !d.IsZero() && !d.Before(c.today) {
			return d
		}
	}
	return time.Time{}
}

// exactDay is the day, or zero where the calendar has none such (30 February).
func exactDay(year int, m time.Month, day int, loc *time.Location) time.Time {
	if d := time.Date(year, m, day, 0, 0, 0, 0, loc); d.Day() == day && d.Month() == m {
		return d
	}
	return time.Time{}
}

var deadlineWords = strings.Fields("拉到 运到 之前 以前 前 送 到 要 用 交 发 必须 务必 上午 下午 早 晚 中午 傍晚 收到 提 取 来拉 来拿 来提 来取 能 给 一定 就要 进场 进厂 入库 装车 安装 开工")

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
	return exactDay(n[0], time.Month(n[1]), n[2], loc), k, true
}

// readPacked reads 20260325 and 3.25号, 3.25前, 3.20-3.25.
func readPacked(r []rune, i int, c clock) (time.Time, int, bool) {
	k := i
	for k < len(r) && isDigit(r[k]) {
		k++
	}
	number := func(from, to int) (v int) {
		for ; from < to; from++ {
			v = v*10 + int(r[from]-'0')
		}
		return v
	}
	if k-i == 8 && (dateEnds(r, k) || monthDayEnd(r, k)) {
		d := time.Date(number(i, i+4), time.Month(number(i+4, i+6)), number(i+6, k), 0, 0, 0, 0, c.today.Location())
		return d, k, d.Format("20060102") == string(r[i:k]) && d.After(c.today.AddDate(0, -2, 0)) && d.Before(c.today.AddDate(2, 0, 0))
	}
	if k == i || k-i > 2 || k >= len(r) || r[k] != '.' {
		return time.Time{}, i, false
	}
	e := k + 1
	for e < len(r) && isDigit(r[e]) {
		e++
	}
	month, day := number(i, k), number(k+1, e)
	if e == k+1 || e-k > 3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, i, false
	}
	switch {
	case e < len(r) && (r[e] == '号' || r[e] == '日') && dayEnd(r, e+1): // not the size 5.5号
		e++
	case has(r, e, "前") || has(r, e, "之前") || has(r, e, "以前"), has(r, e, "到货"), has(r, e, "送"), has(r, e, "交货"), has(r, e, "发货"):
	case weekdayBehind(r, e):
	case e < len(r) && strings.ContainsRune("-~至到", r[e]):
		if _, to, ok := readPacked(r, e+1, c); !ok || to-e < 4 {
			return time.Time{}, i, false
		}
	case deadlineBefore(r, i):
	case partAt(r, e) >= 0 && len([]rune(partWords[partAt(r, e)].word)) > 1, has(r, e, "要") && (i == 0 || isBreak(r[i-1])):
	case i > 1 && strings.ContainsRune("-~至到", r[i-1]) && isDigit(r[i-2]) && (dateEnds(r, e) || monthDayEnd(r, e)):
	default:
		return time.Time{}, i, false
	}
	return nextMonthDay(c, time.Month(month), day), e, true
}

// deadlineNames stand before a deadline.
var deadlineNames = strings.Fields("交期 货期 交货期 交货日期 到货日期 要货日期 送货日期 到货时间 送货时间 交货时间 要货时间")

// deadlineBefore tells whether what stands at r[i] is named a deadline: 交期6.15.
func deadlineBefore(r []rune, i int) bool {
	for i > 0 && strings.ContainsRune(" :是为在", r[i-1]) {
		i--
	}
	for _, w := range deadlineNames {
		if n := len([]rune(w)); i >= n && has(r[:i], i-n, w) {
			return true
		}
	}
	return false
}

// dayManner are words between a day and what is done on it.
var dayManner = strings.Fields("一起 一块儿 一块 一并 一同 一道 一次 统一 全部 直接 准时 按时 务必 必须 一定 都 全")

// dayEnd tells whether 25号 at r[k] goes on like a day, not like a size.
func dayEnd(r []rune, k int) bool {
	for k < len(r) {
		if r[k] == '先' { // 12号先来20袋
			return true
		}
		if w := wordOf(r, k, dayManner); w != "" { // 18号一块儿送
			k += len([]rune(w))
		} else if strings.ContainsRune(" 再才就", r[k]) {
			k++
		} else {
			break
		}
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
var notDeadline = strings.Fields("录 下单 报单 开单 对账 付款 打款 结账 盘点 车要走 开会 放假 休息 不收 那单 那批 的单 那张 买的 发的 下的 订的 拿的 要的 送的 到的 不行 赶不上 来不及 不要 不用 别送 别发 不送 以后 之后 过后 上次 开始 起 停 再说 再看 再定 再议 再下")

// countOfOrders fits how many orders or customers a day had.
var countOfOrders = regexp.MustCompile(`^的?一?共?有?[0-9一两二三四五六七八九十几]+(?:家|户|单|张单|个单|个客户)(?:的|$)`)

// dayOfReport fits what stands behind the day on which orders are handed on.
var dayOfReport = regexp.MustCompile(`^(?:的?[:：]$|攒|收了?到?[0-9一两二三四五六七八九十几]|汇总|(?:的|一|共|有|来了|又)*[0-9一两二三四五六七八九十几]+(?:家|户|单|张|份|处|个?(?:店|客户|门店|分店|学院|单位|工地|项目|地方|地址|点)))`)

// stateAsked fits what is asked of goods as they are on a day: 艾莎今天状态咋样, 今天啥价.
var stateAsked = regexp.MustCompile(`^(?:的|现在)?(?:状态|品质|质量|行情|新鲜|货色|啥价|什么价|多少钱|几块)`)

// restocked fits what is done on the day of the order itself: 初见今天补 红康8扎, 今天进货.
var restocked = regexp.MustCompile(`^(?:要|得|想)?(?:补货?|进货?|订货?|叫货|报货|要货|加货)(?: |:|,|$)`)

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
	if rest, of := strings.CutPrefix(after, "的"); of && strings.ContainsRune(string([]rune(rest)[:min(4, len([]rune(rest)))]), '单') {
		w.weight -= 10 // 今天的电话单
	}
	if r[w.from] == '今' && dayOfReport.MatchString(after) {
		w.weight -= 10 // 今天攒了三家, 两个店今天的:
	}
	if r[w.from] == '今' && restocked.MatchString(after) {
		w.weight -= 10
	}
	if stateAsked.MatchString(after) {
		w.weight -= 10
	}
	if countOfOrders.MatchString(after) {
		w.weight -= 10 // 今天三家的
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
	if w.to > w.from && r[w.from] == '上' && !wantedBy(r[w.to:]) || strings.ContainsAny(after, "的过了") && r[w.from] == '上' {
		w.weight -= 10 // 上周五下的单
	}
	for _, s := range [...]string{"昨", "上周", "上个", "上月", "原定", "原来"} {
		if strings.HasSuffix(before, s) {
			w.weight -= 10
		}
	}
}
