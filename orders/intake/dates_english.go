package intake

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

var englishDays = map[string]int{"today": 0, "tonight": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "tomorow": 1}

var (
	englishWeekdays = strings.Fields("monday tuesday wednesday thursday friday saturday sunday")
	englishMonths   = strings.Fields("january february march april may june july august september october november december")
)

// englishWord is the word at r[i], "" if none begins there.
func englishWord(r []rune, i int) string {
	if i > 0 && isAlnum(r[i-1]) {
		return ""
	}
	e := i
	for e < len(r) && isLetter(r[e]) && e-i < 12 {
		e++
	}
	if e < len(r) && isAlnum(r[e]) {
		return ""
	}
	return string(r[i:e])
}

// named finds a word, or its first three letters where short ones are taken, in a list; -1 without.
func named(list []string, word string, short bool) int {
	for k, w := range list {
		if w == word || short && (word == w[:3] || len(word) == 4 && strings.HasPrefix(w, word)) {
			return k
		}
	}
	return -1
}

// readEnglish reads tomorrow, next Monday, by Fri, Mar 20, 20 March, within 3 days.
func readEnglish(r []rune, i int, c clock) (when, bool) {
	if !isLetter(r[i]) && !isDigit(r[i]) || i > 0 && isAlnum(r[i-1]) {
		return when{}, false
	}
	w := when{from: i, weight: 1}
	ordinal := func(k int) (int, int) { // 20, 20th
		n, ok := readWhole(r, k)
		if !ok || !n.bare || n.value.GreaterThan(decimal.New(31, 0)) || !n.value.IsPositive() {
			return 0, k
		}
		for _, s := range [...]string{"st", "nd", "rd", "th"} {
			if has(r, n.to, s) {
				n.to += 2
			}
		}
		if n.to < len(r) && isAlnum(r[n.to]) {
			return 0, k
		}
		return int(n.value.IntPart()), n.to
	}
	if isDigit(r[i]) {
		day, k := ordinal(i)
		k = skipSpace(r, k)
		if day == 0 || k >= len(r) {
			return w, false
		}
		word := englishWord(r, k)
		m := named(englishMonths, word, true)
		if m < 0 || len(word) < 3 {
			return w, false
		}
		w.to, w.end = k+len(word), nextMonthDay(c, time.Month(m+1), day)
		return w, !w.end.IsZero()
	}
	word := englishWord(r, i)
	k := i + len(word)
	if word == "by" || word == "before" || word == "on" || word == "this" || word == "next" || word == "within" || word == "in" {
		k = skipSpace(r, k)
		if k >= len(r) {
			return w, false
		}
		if word == "within" || word == "in" {
			n, ok := readWhole(r, k)
			if !ok {
				return w, false
			}
			e := skipSpace(r, n.to)
			for _, u := range spanUnits {
				unit := wordOf(r, e, u.words)
				if unit == "" || !isLetter(r[e]) || e+len(unit) < len(r) && isAlnum(r[e+len(unit)]) {
					continue
				}
				w.to, w.weight = e+len(unit), 3
				switch {
				case u.minutes > 0:
					w.end, w.hour = c.now.Add(time.Duration(n.value.IntPart()*u.minutes)*time.Minute), true
				case u.days > 0:
					w.end = c.today.AddDate(0, 0, int(n.value.IntPart()*u.days))
				default:
					w.end = c.today.AddDate(0, u.months*int(n.value.IntPart()), 0)
				}
				return w, n.value.LessThan(decimal.New(100, 0))
			}
			return w, false
		}
		next := englishWord(r, k)
		if d := named(englishWeekdays, next, true); d >= 0 && len(next) >= 3 {
			w.to = k + len(next)
			w.end = weekdayOn(c, d, word == "next", word == "this")
			return w, true
		}
		if word == "next" || word == "this" {
			if word == "next" && (next == "week" || next == "month") {
				w.to, w.vague, w.end = k+len(next), word+" "+next, c.today
				return w, true
			}
			return w, false
		}
		inner, ok := readEnglish(r, k, c)
		inner.from = i
		return inner, ok
	}
	if days, ok := englishDays[word]; ok {
		w.to, w.end = k, c.today.AddDate(0, 0, days)
		if word == "tonight" {
			w.end, w.hour = w.end.Add(21*time.Hour), true
		}
		return w, true
	}
	if d := named(englishWeekdays, word, false); d >= 0 {
		w.to, w.end = k, weekdayOn(c, d, false, false)
		return w, true
	}
	if m := named(englishMonths, word, true); m >= 0 && len(word) >= 3 {
		if k < len(r) && r[k] == '.' {
			k++
		}
		if day, e := ordinal(skipSpace(r, k)); day > 0 && e > k {
			w.to, w.end = e, nextMonthDay(c, time.Month(m+1), day)
			return w, !w.end.IsZero()
		}
	}
	return w, false
}

// weekdayOn is the next such weekday (0 is Monday), or that of this or the next week.
func weekdayOn(c clock, day int, next, this bool) time.Time {
	d := c.today.AddDate(0, 0, -(int(c.today.Weekday())+6)%7+day)
	today := (int(c.today.Weekday()) + 6) % 7
	if next || !this && (day < today || day == today && c.now.Hour() >= 12) {
		d = d.AddDate(0, 0, 7)
	}
	return d
}
