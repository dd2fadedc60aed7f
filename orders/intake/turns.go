package intake

import (
	"slices"
	"strings"
	"time"
)

// findTurns recognises forwarded conversations: heads like 石磊 3/16 15:20 above what somebody
// wrote, and 秦月：… lines below 聊天记录.
func (s *scan) findTurns() {
	type head struct {
		line, to int // the line's beginning, where the words begin
		end      int
		name     string
		day      time.Time
	}
	var heads []head
	log := index(s.r, 0, len(s.r), "聊天记录") >= 0
	lines := s.lines()
	prefixes := map[string]int{}
	for _, l := range lines {
		if n := speakerPrefix(s.r, l[0], l[1]); n > 0 {
			prefixes[speakerName(s.r[l[0]:n])]++
		}
	}
	for _, l := range lines {
		from, to := l[0], l[1]
		if blankLine(s.r[from:to]) {
			s.claim(mark{kind: markNoise, from: from, to: to})
			continue
		}
		if k := index(s.r, from, to, "聊天记录"); k >= 0 && to-from < 24 {
			s.claim(mark{kind: markNoise, from: from, to: to})
			continue
		}
		if name, day, ok := s.headLine(from, to); ok {
			heads = append(heads, head{line: from, to: to, end: to, name: name, day: day})
			s.claim(mark{kind: markNoise, from: from, to: to})
			continue
		}
		if n := speakerPrefix(s.r, from, to); n > 0 {
			name := speakerName(s.r[from:n])
			_, known := s.person(name)
			if log && (prefixes[name] > 1 || known || len(prefixes) > 1) || prefixes[name] > 1 && len(prefixes) > 1 && known {
				heads = append(heads, head{line: from, to: n + 1, end: n + 1, name: name})
				s.claim(mark{kind: markNoise, from: from, to: n + 1})
			}
		}
	}
	if len(heads) == 0 {
		return
	}
	// what stands below a rule or in brackets after the last words is the forwarder's own
	for i, h := range heads {
		end := len(s.r)
		if i+1 < len(heads) {
			end = heads[i+1].line
		} else {
			for _, l := range lines {
				if l[0] > h.to && (ruleLine(s.r[l[0]:l[1]]) || l[1] > l[0] && s.r[l[0]] == '(') {
					end = l[0]
					break
				}
			}
		}
		ids, _ := s.person(h.name)
		s.turns = append(s.turns, turn{from: h.to, to: end, speaker: h.name, ids: ids, day: h.day})
	}
	customers := 0
	for _, t := range s.turns {
		if len(t.ids) > 0 {
			customers++
		}
	}
	for i := range s.turns {
		t := &s.turns[i]
		t.seller = len(t.ids) == 0 && s.x.sellers[t.speaker] > 0
		if t.seller {
			for k := t.from; k < t.to; k++ {
				if s.owner[k] < 0 {
					e := k
					for e < t.to && s.owner[e] < 0 {
						e++
					}
					s.claim(mark{kind: markNoise, from: k, to: e})
				}
			}
		}
	}
}

// person finds the customers whose contact is called name: by the whole name, or by what a head's
// line adds to it (长城金属贺老板).
func (s *scan) person(name string) ([]int32, bool) {
	r := []rune(name)
	for i := range r {
		if n, to := s.x.contacts.longest(r, i); n != nil && to == len(r) {
			return n.ids, true
		}
	}
	if len(r) == 2 && (r[0] == '老' || r[0] == '小') { // 老陆: 陆老板
		if ids := s.x.contacts.beginning(r[1], 2); len(ids) == 1 {
			return ids, true
		}
	}
	return nil, false
}

func (s *scan) lines() [][2]int {
	var out [][2]int
	from := 0
	for i := 0; i <= len(s.r); i++ {
		if i == len(s.r) || s.r[i] == '\n' {
			a, b := from, i
			for a < b && s.r[a] == ' ' {
				a++
			}
			for b > a && s.r[b-1] == ' ' {
				b--
			}
			if a < b {
				out = append(out, [2]int{a, b})
			}
			from = i + 1
		}
	}
	return out
}

func ruleLine(r []rune) bool {
	return len(r) >= 2 && !slices.ContainsFunc(r, func(c rune) bool { return !strings.ContainsRune("-=_*~. ", c) })
}

func blankLine(r []rune) bool { return ruleLine(r) }

// headLine reads 石磊 3/16 15:20.
func (s *scan) headLine(from, to int) (string, time.Time, bool) {
	r := s.r[from:to]
	if len(r) > 40 || len(r) < 6 {
		return "", time.Time{}, false
	}
	k := len(r)
	i := k
	for i > 0 && (isDigit(r[i-1]) || r[i-1] == ':') {
		i--
	}
	clockText := string(r[i:k])
	if c := strings.LastIndexByte(clockText, ':'); c < 1 || len(clockText)-c != 3 { // 电话:138… is none
		return "", time.Time{}, false
	}
	for i > 0 && r[i-1] == ' ' {
		i--
	}
	if p := partBefore(r, i); p > 0 {
		i -= p
	}
	for i > 0 && r[i-1] == ' ' {
		i--
	}
	j := i
	for j > 0 && (isDigit(r[j-1]) || strings.ContainsRune("/-.年月日", r[j-1])) {
		j--
	}
	var day time.Time
	switch date := strings.Trim(string(r[j:i]), " "); {
	case date != "":
		day = s.headDay(date)
	case i >= 2 && has(r, i-2, "昨天"):
		j, day = i-2, s.c.today.AddDate(0, 0, -1)
	case i >= 2 && has(r, i-2, "今天"):
		j, day = i-2, s.c.today
	}
	name := strings.Trim(string(r[:j]), " :@")
	if name == "" || len([]rune(name)) > 14 || strings.ContainsAny(name, ",。;!?") || day.IsZero() && len([]rune(name)) > 6 {
		return "", time.Time{}, false
	}
	if _, ok := readNumeral([]rune(name), 0); ok && isDigit([]rune(name)[0]) {
		return "", time.Time{}, false
	}
	for _, u := range [...]string{"前", "送", "到", "要", "今天", "明天"} {
		if strings.HasSuffix(name, u) {
			return "", time.Time{}, false
		}
	}
	return name, day, true
}

func partBefore(r []rune, i int) int {
	for _, p := range partWords {
		n := len([]rune(p.word))
		if n > 1 && i >= n && has(r, i-n, p.word) {
			return n
		}
	}
	return 0
}

func (s *scan) headDay(date string) time.Time {
	var nums []int
	n, in := 0, false
	for _, c := range date + " " {
		if isDigit(c) {
			n, in = n*10+int(c-'0'), true
		} else if in {
			nums = append(nums, n)
			n, in = 0, false
		}
		if n > 9999 {
			return time.Time{}
		}
	}
	loc := s.c.today.Location()
	switch {
	case len(nums) == 3 && nums[1] >= 1 && nums[1] <= 12 && nums[0] > 1900:
		return time.Date(nums[0], time.Month(nums[1]), nums[2], 0, 0, 0, 0, loc)
	case len(nums) == 2 && nums[0] >= 1 && nums[0] <= 12:
		d := time.Date(s.c.today.Year(), time.Month(nums[0]), nums[1], 0, 0, 0, 0, loc)
		if d.After(s.c.today) {
			d = d.AddDate(-1, 0, 0)
		}
		return d
	}
	return time.Time{}
}

// speakerName is the name without the time behind it.
func speakerName(r []rune) string {
	name, _, _ := strings.Cut(string(r), " ")
	return name
}

// timedSpeaker returns where the colon stands behind a short name and the time of day: 钟秋 14:02:还有货没. 0 if none does.
func timedSpeaker(r []rune, from, to int) int {
	i := from
	for i < to && i-from <= 6 && (isHan(r[i]) || isAlnum(r[i])) {
		i++
	}
	if i == from || i >= to || r[i] != ' ' {
		return 0
	}
	i = skipSpace(r[:to], i)
	k := i
	for k < to && k-i < 2 && isDigit(r[k]) {
		k++
	}
	if k == i || k+3 >= to || r[k] != ':' || !isDigit(r[k+1]) || !isDigit(r[k+2]) || r[k+3] != ':' {
		return 0
	}
	return k + 3
}

// speakerPrefix returns where the colon stands after a short name that begins a line, 0 if none.
func speakerPrefix(r []rune, from, to int) int {
	if k := timedSpeaker(r, from, to); k > 0 {
		return k
	}
	for i := from; i < to && i-from <= 6; i++ {
		if r[i] == ':' {
			if i-from < 1 || i+1 >= to {
				return 0
			}
			return i
		}
		if !isHan(r[i]) && !isAlnum(r[i]) {
			return 0
		}
	}
	return 0
}
