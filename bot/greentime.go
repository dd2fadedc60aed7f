package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// The words for how long a green channel is open: a span, or moments at which it begins and ends. A span or moment that
// neither stands by itself nor says what it is (开48小时, 到18点) may be part of the reason.
var (
	greenSpan = regexp.MustCompile(`(为期|时长|期限|有效期?|限时?|开通?)?\s*(\d+(?:\.\d+)?|[一二两三四五六七八九十半]+)\s*个?(半)?\s*(小时|钟头|分钟|天|日|周|星期|h|H)\s*(之内|以内|内|有效|[以之]?[后前])?`)
	// The day is a word, a date with its year, a date or a day of the month; "." parts a date only where year or 日 tell that it is one.
	greenMoment = regexp.MustCompile(`(从|自|直到|截止到?|到|至|~|-)?\s*(今[天日晚]|明[天日晚]|后天|(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})[日号]?|(\d{1,2})[月/-](\d{1,2})[日号]?|(\d{1,2})\.(\d{1,2})[日号]|(\d{1,2})[日号])?` +
		`\s*(凌晨|上午|早上|早|中午|下午|傍晚|晚上|晚)?\s*(?:(\d{1,2}|[一二两三四五六七八九十]{1,3})(?:[点时]|:)(\d{1,2})?分?(半)?)?\s*(起|开始|为止|截止|之前|以前|前)?`)
	// greenLeft is what looks like a time in the words that are left.
	greenLeft  = regexp.MustCompile(`(?:\d|[一二两三四五六七八九十百千半]\s*个?)\s*(?:小时|钟头|分钟|天|周|星期|月|年|h\b)|\d\s*[点时:]|\d+[/-]\d+|[到至从自]\s*(?:\d+\s*(?:[日号月.]|$)|[今明后]天|[今明]晚|凌晨|上午|早上|中午|下午|傍晚|晚上)|(?:下|这|本)(?:周|星期|个?月)|月底|周末`)
	greenLater = regexp.MustCompile(`(?:\d+|[一二两三四五六七八九十半]+)\s*个?半?\s*(?:小时|钟头|分钟|天|日|周|星期)[以之]?[后前]`)
	greenUnits = map[string]time.Duration{
		"小时": time.Hour, "钟头": time.Hour, "h": time.Hour, "H": time.Hour, "分钟": time.Minute,
		"天": 24 * time.Hour, "日": 24 * time.Hour, "周": 7 * 24 * time.Hour, "星期": 7 * 24 * time.Hour,
	}
)

// greenMark is a moment that is written down.
type greenMark struct {
	at             time.Time
	isDay          bool // no clock time
	begins, closes bool // 从 … 起, 到 … 前
}

// until is the end of a channel that is open through the day or until the clock time.
func (m greenMark) until() time.Time {
	if m.isDay {
		return m.at.AddDate(0, 0, 1)
	}
	return m.at
}

// greenTimes takes the times out of the words: from when until when, or how long, else as long as usual. What may be meant
// either way is refused.
func greenTimes(g *orders.Green, arg string, now time.Time) (string, error) {
	arg, span, err := greenSpans(arg)
	if err != nil {
		return arg, err
	}
	arg, marks, err := greenMarks(arg, now)
	if err != nil {
		return arg, err
	}
	if left := greenLeft.FindString(greenLater.ReplaceAllString(arg, " ")); left != "" {
		return arg, greenUnclear(left)
	}
	many := orders.Errorf(orders.CodeInvalid, "时间写得太多了，请只写一种：「48小时」，「到 3月14日18点」，或「从 … 到 …」。没有改动")
	length := span
	if length == 0 {
		length = orders.GreenUsual
	}
	g.From, g.Until = now, now.Add(length)
	switch {
	case len(marks) == 0:
	case len(marks) == 1 && marks[0].begins:
		g.From, g.Until = marks[0].at, marks[0].at.Add(length)
	case span != 0:
		return arg, many
	case len(marks) == 1:
		g.Until = marks[0].until()
	case len(marks) == 2 && !marks[0].closes && !marks[1].begins && (marks[0].begins || marks[1].closes):
		g.From, g.Until = marks[0].at, marks[1].until()
	default:
		return arg, many
	}
	return arg, nil
}

func greenUnclear(words string) error {
	return orders.Errorf(orders.CodeInvalid, "「%s」是开多久，还是原因里的话，看不清楚。请把时间单独写成「48小时」或「到 3月14日18点」，原因里少写时间。没有改动", strings.Trim(words, edges))
}

// stands tells whether the words from a to b are parted from what is around them.
func stands(text string, a, b int) bool {
	parted := func(s, more string) bool { return s == "" || strings.ContainsAny(s, edges+"，、;；+/()"+more) }
	before, after := []rune(text[:a]), []rune(text[b:])
	return parted(string(before[max(0, len(before)-1):]), "起始") && parted(string(after[:min(1, len(after))]), "从自")
}

// trimmed are the bounds of a match without the blanks around it.
func trimmed(text string, a, b int) (from, to int) {
	match := text[a:b]
	return b - len(strings.TrimLeft(match, " ")), a + len(strings.TrimRight(match, " "))
}

// greenSpans takes out how long the channel is to be open; 0 where nothing says so.
func greenSpans(arg string) (rest string, span time.Duration, err error) {
	rest = arg
	for _, at := range greenSpan.FindAllStringSubmatchIndex(arg, -1) {
		m := submatches(arg, at)
		from, to := trimmed(arg, at[0], at[1])
		later, says := strings.HasSuffix(m[5], "后") || strings.HasSuffix(m[5], "前"), m[1] != "" || m[5] != ""
		switch {
		case later, m[4] == "日" && !says: // 两天后手术, 14日
			continue
		case !says && !stands(arg, from, to):
			return arg, 0, greenUnclear(m[0])
		case span != 0:
			return arg, 0, orders.Errorf(orders.CodeInvalid, "时间写得太多了，请只写一个，例如「48小时」。没有改动")
		}
		n, ok := greenNumber(m[2])
		if m[3] != "" {
			n = n.Add(decimal.New(5, -1))
		}
		if span = time.Duration(n.Mul(decimal.NewFromInt(int64(greenUnits[m[4]]))).IntPart()); !ok || span <= 0 || span > orders.GreenLongest {
			return arg, 0, orders.Errorf(orders.CodeInvalid, "绿色通道一次最多开 31 天，没有改动")
		}
		rest = strings.Replace(rest, m[0], " ", 1)
	}
	return rest, span, nil
}

// submatches are the texts of a match and its groups.
func submatches(text string, at []int) []string {
	out := make([]string, len(at)/2)
	for i := range out {
		if at[2*i] >= 0 {
			out[i] = text[at[2*i]:at[2*i+1]]
		}
	}
	return out
}

func greenNumber(word string) (decimal.Decimal, bool) {
	if d, err := decimal.NewFromString(word); err == nil {
		return d, d.LessThan(decimal.NewFromInt(10_000))
	}
	digits := map[rune]int64{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	if word == "半" {
		return decimal.New(5, -1), true
	}
	var n, last int64
	for _, r := range word {
		if r == '十' {
			n += max(last, 1) * 10
			last = 0
		} else {
			last = digits[r]
		}
	}
	return decimal.NewFromInt(n + last), true
}

// greenMarks takes out the moments at which the channel begins and ends.
func greenMarks(arg string, now time.Time) (rest string, marks []greenMark, err error) {
	var out strings.Builder
	done, after, half := 0, now, ""
	for _, at := range greenMoment.FindAllStringSubmatchIndex(arg, -1) {
		m := submatches(arg, at)
		lead, day, part, hour, tail := m[1], m[2], m[11], m[12], m[15]
		isWord := hour != "" && hour[0] > '9'
		from, to := trimmed(arg, at[0], at[1])
		goesOn := strings.IndexAny(arg[at[1]:], "点时:./0123456789") == 0 && !strings.HasSuffix(m[0], " ") && m[0] != ""
		alone := lead+tail != "" || stands(arg, from, to)
		ranges := !alone && strings.ContainsAny(string([]rune(arg[to:] + " ")[:1]), "到至~-") // and another has to follow
		switch {
		case day == "" && hour == "", // nothing
			isWord && day+part+lead == "",       // 快一点
			m[10] != "" && lead+tail+hour == "": // 3号手术室
			continue
		case hour == "" && part != "", goesOn, !alone && !ranges:
			return arg, nil, greenUnclear(m[0])
		}
		moment, ok := greenAt(m, now, after)
		if !ok {
			return arg, nil, orders.Errorf(orders.CodeInvalid, "没有「%s」这个时间，没有改动", strings.TrimSpace(m[0]))
		}
		begins := lead == "从" || lead == "自" || tail == "起" || tail == "开始"
		marks, after = append(marks, greenMark{at: moment, isDay: hour == "", begins: begins, closes: !begins && lead+tail != ""}), moment
		out.WriteString(arg[done:at[0]] + " ")
		if done = at[1]; ranges {
			half = m[0]
		}
	}
	if half != "" && len(marks) == 1 {
		return arg, nil, greenUnclear(half)
	}
	return out.String() + arg[done:], marks, nil
}

// greenAt is the moment that a match of greenMoment names; where the day or month is left out, the next one after another moment.
func greenAt(m []string, now, after time.Time) (time.Time, bool) {
	dayOf := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
	}
	number := func(word string) int {
		n, _ := greenNumber(word)
		return int(n.IntPart())
	}
	year, month, dayNo := m[3], m[4]+m[6]+m[8], m[5]+m[7]+m[9]
	day, ok := dayOf(after), true
	switch {
	case m[2] == "":
	case m[10] != "":
		n, _ := strconv.Atoi(m[10])
		if n < day.Day() {
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, now.Location())
		}
		day = time.Date(day.Year(), day.Month(), n, 0, 0, 0, 0, now.Location())
		ok = day.Day() == n
	case month == "":
		day = dayOf(now).AddDate(0, 0, map[rune]int{'今': 0, '明': 1, '后': 2}[[]rune(m[2])[0]])
	default:
		y, mon, n := now.Year(), number(month), number(dayNo)
		if year != "" {
			y, _ = strconv.Atoi(year)
		}
		day = time.Date(y, time.Month(mon), n, 0, 0, 0, 0, now.Location())
		ok = int(day.Month()) == mon && day.Day() == n
		if year == "" && day.Before(dayOf(now).AddDate(0, -6, 0)) { // in December, of January
			day = day.AddDate(1, 0, 0)
		}
	}
	if m[12] == "" {
		return day, ok
	}
	hour, minute := number(m[12]), number("0"+m[13])
	if m[14] != "" {
		minute = 30
	}
	part := m[11]
	if strings.HasSuffix(m[2], "晚") {
		part = "晚"
	}
	switch {
	case (part == "下午" || part == "傍晚" || strings.HasPrefix(part, "晚")) && hour > 0 && hour < 12,
		part == "中午" && hour < 3, strings.HasPrefix(part, "晚") && hour == 12:
		hour += 12
	}
	at := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	if m[2] == "" && !at.After(after) {
		at = at.AddDate(0, 0, 1)
	}
	return at, ok && hour <= 24 && minute < 60
}
