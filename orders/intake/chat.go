package intake

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"orderbot/orders/intake/page"
)

// bubble is one message of a chat as a screenshot shows it.
type bubble struct {
	right  bool   // of the person whose phone it is
	sender string // the name above it, where one is shown
	time   string // what the last time line above it says
	text   string
}

// chat is a screenshot of a conversation.
type chat struct {
	title   string // whom, or which group, one is chatting with
	log     bool   // forwarded 聊天记录: all on one side, each with its sender
	bubbles []bubble
}

var (
	clockLine  = regexp.MustCompile(`^(?:(?:\d{4}[年/\-.])?\d{1,2}[月/\-.]\d{1,2}日?|昨天|今天|前天|(?:星期|周|礼拜)[一二三四五六日天])?\s*(?:凌晨|清晨|早上|上午|中午|下午|傍晚|晚上)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?$`)
	dayLine    = regexp.MustCompile(`^(?:\d{4}[年/\-.])?\d{1,2}[月/\-.]\d{1,2}日?(?:\s*(?:星期|周)[一二三四五六日天])?$`)
	signalLine = regexp.MustCompile(`(?i)[345]g|\d{1,3}\s*%|wi-?fi|kb/s|lte|移动|联通|电信`)
	quoteLine  = regexp.MustCompile(`^[^:：]{1,14}[:：]`)
	hintWords  = []string{"撤回了一条消息", "以上是打招呼", "以下为新消息", "对方正在输入", "你已添加了", "消息已发出", "拍了拍", "加入了群聊", "按住说话", "按住 说话", "发送消息", "输入消息", "条新消息"}
)

// colourOf parts 0xRRGGBB.
func colourOf(c int) [3]int { return [3]int{c >> 16 & 255, c >> 8 & 255, c & 255} }

// colourGap is the largest difference of two colours in one channel.
func colourGap(a, b int) int {
	x, y := colourOf(a), colourOf(b)
	gap := 0
	for i := range 3 {
		gap = max(gap, max(x[i]-y[i], y[i]-x[i]))
	}
	return gap
}

// readScreenshot reads a page as a screenshot of a chat. ok is false where it is none.
func readScreenshot(p page.Page) (chat, bool) {
	if p.Width <= 0 || len(p.Lines) < 3 || len(p.Tables) > 0 || slices.ContainsFunc(p.Lines, func(l page.Line) bool { return l.Back < 0 }) {
		return chat{}, false
	}
	if c, ok := readLog(p); ok {
		return c, true
	}
	return readBubbles(p)
}

// spot is a line with its place as shares of the page's width.
type spot struct {
	page.Line
	left, right, middle float64
	top, bottom, high   float64 // in page units
}

func spotsOf(p page.Page) []spot {
	out := make([]spot, 0, len(p.Lines))
	for _, l := range p.Lines {
		s := spot{Line: l}
		s.left, s.right = min(l.Box[0].X, l.Box[3].X)/p.Width, max(l.Box[1].X, l.Box[2].X)/p.Width
		s.top, s.bottom = min(l.Box[0].Y, l.Box[1].Y), max(l.Box[2].Y, l.Box[3].Y)
		s.middle, s.high = (s.left+s.right)/2, s.bottom-s.top
		s.Text = strings.TrimSpace(l.Text)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b spot) int {
		return int(math.Copysign(1, a.top+a.high/2-b.top-b.high/2))
	})
	return out
}

// pageColour is the background that most lines without a bubble stand on: centred times, names, the title.
func pageColour(spots []spot) int {
	count := map[int]int{}
	for _, s := range spots {
		key := s.Back & 0xf0f0f0
		count[key]++
		if clockLine.MatchString(s.Text) || dayLine.MatchString(s.Text) {
			count[key] += 3
		}
	}
	best := -1
	for _, s := range spots {
		if best < 0 || count[s.Back&0xf0f0f0] > count[best&0xf0f0f0] {
			best = s.Back
		}
	}
	return best
}

// groundOf tells the page's colour where a line stands: that of the nearest time in the middle of the page, which stands in no bubble
// (the page may shade from one colour to another, and the head of the screen has its own), else the commonest.
func groundOf(spots []spot, width float64) func(spot) int {
	var times []spot
	for _, s := range spots {
		if s.top > width*0.16 && s.middle > 0.35 && s.middle < 0.65 && (clockLine.MatchString(s.Text) || dayLine.MatchString(s.Text)) {
			times = append(times, s)
		}
	}
	common := pageColour(spots)
	return func(s spot) int {
		if len(times) == 0 {
			return common
		}
		return slices.MinFunc(times, func(a, b spot) int { return cmp.Compare(math.Abs(a.top-s.top), math.Abs(b.top-s.top)) }).Back
	}
}

// readBubbles reads the bubbles of a chat: lines on another colour than the page's, one column at the left and one at
// the right.
func readBubbles(p page.Page) (chat, bool) {
	spots := spotsOf(p)
	ground := groundOf(spots, p.Width)
	var c chat
	var lines []spot // of bubbles
	var names []spot
	left := ""                 // title at the left, behind the arrow
	clocks := map[int]string{} // before which line of bubbles a time stands
	headEnd := p.Width * 0.25  // the head of the screen is about a quarter of its width high
	for _, s := range spots {
		onPage := colourGap(s.Back, ground(s)) < 10 || s.top < p.Width*0.16 && colourGap(s.Back, spots[0].Back) < 10
		short := len([]rune(s.Text)) <= 2
		switch {
		case s.Text == "" || slices.ContainsFunc(hintWords, func(w string) bool { return strings.Contains(s.Text, w) }):
		case short && (s.right < 0.15 || s.left > 0.85): // avatars, arrows
		case onPage && s.top < headEnd && (signalLine.MatchString(s.Text) || clockLine.MatchString(s.Text)) && (s.left < 0.25 || s.right > 0.7):
		case onPage && s.top < headEnd && s.right < 0.2: // ‹ 99+
		case onPage && s.top < headEnd && c.title == "" && s.middle > 0.3 && s.middle < 0.7 && !clockLine.MatchString(s.Text):
			c.title = s.Text
		case c.title == "" && left == "" && s.top < p.Width*0.16 && colourGap(s.Back, spots[0].Back) < 10 && len([]rune(s.Text)) > 3 && !signalLine.MatchString(s.Text) && !clockLine.MatchString(s.Text):
			left = strings.Trim(s.Text, " <‹（(")
		case clockLine.MatchString(s.Text) && s.middle > 0.35 && s.middle < 0.65:
			clocks[len(lines)] = s.Text
		case onPage && s.left < 0.3:
			names = append(names, s)
		case onPage:
		default:
			lines = append(lines, s)
		}
	}
	if c.title == "" && len(clocks) > 0 {
		c.title = left
	}
	if len(lines) == 0 || len(clocks) == 0 && c.title == "" {
		return chat{}, false
	}
	widest := 0.0
	var groups [][]spot
	var starts []int
	for i, s := range lines {
		widest = max(widest, s.right-s.left)
		if i > 0 && colourGap(s.Back, lines[i-1].Back) < 12 && s.top-lines[i-1].bottom < 0.95*min(s.high, lines[i-1].high) {
			groups[len(groups)-1] = append(groups[len(groups)-1], s)
			continue
		}
		groups, starts = append(groups, []spot{s}), append(starts, i)
	}
	right, ok := sides(groups)
	if !ok {
		return chat{}, false
	}
	clock := ""
	for i, part := range groups {
		if t, ok := clocks[starts[i]]; ok {
			clock = t
		}
		b := bubble{right: right[i], time: clock, text: wrapped(part, widest)}
		if !b.right {
			b.sender = nameAbove(part[0], names)
		}
		if i > 0 {
			before := groups[i-1]
			if len(part) == 1 && part[0].high < 0.85*before[0].high && quoteLine.MatchString(b.text) && colourGap(part[0].Back, before[0].Back) > 6 {
				if last := len(c.bubbles) - 1; last >= 0 {
					c.bubbles[last].text = pointedAt(c.bubbles[last].text, b.text)
				}
				continue // a quoted reply stands below the bubble in small print
			}
		}
		c.bubbles = append(c.bubbles, b)
	}
	return c, len(c.bubbles) > 0
}

// thisOne fits words for what a reply quotes, at its beginning; countAtEnd the quantity behind goods.
var (
	thisOne    = regexp.MustCompile(`^(?:这个|这款|这种|这样|这条|那个|它)`)
	countAtEnd = regexp.MustCompile(`\s*\d+(?:\.\d+)?\s*[\p{Han}A-Za-z]{0,4}$`)
)

// pointedAt puts the goods that a reply quotes in place of the words that point at them: 这个改2盒, quoting 棉签 4盒.
func pointedAt(text, quote string) string {
	_, said, ok := strings.Cut(strings.ReplaceAll(quote, "：", ":"), ":")
	goods := strings.TrimSpace(countAtEnd.ReplaceAllString(strings.TrimSpace(said), ""))
	if !ok || goods == "" || strings.ContainsAny(goods, "，。,;；\n") || !thisOne.MatchString(text) {
		return text
	}
	return thisOne.ReplaceAllLiteralString(text, goods)
}

// sides tells which bubbles are on the right side. One that is so wide that it may be of either column goes by its colour, then by the
// edge it shares with others, then by the nearest colour. ok is false where most are in neither column.
func sides(groups [][]spot) (right []bool, ok bool) {
	const left, rightmost = 1, 2
	type extent struct{ from, to float64 }
	wide := make([]extent, len(groups))
	in := make([]int, len(groups)) // the column, 0 while that is open
	edge := [3]float64{left: 1, rightmost: 0}
	for i, g := range groups {
		e := extent{1, 0}
		for _, s := range g {
			e.from, e.to = min(e.from, s.left), max(e.to, s.right)
		}
		wide[i] = e
		switch {
		case e.from < 0.26 && e.to < 0.7:
			in[i], edge[left] = left, min(edge[left], e.from)
		case e.from > 0.3 && e.to > 0.74:
			in[i], edge[rightmost] = rightmost, max(edge[rightmost], e.to)
		}
	}
	certain := slices.Clone(in)
	for i, g := range groups {
		if certain[i] != 0 {
			continue
		}
		var same [3]bool
		for j, o := range groups {
			same[certain[j]] = same[certain[j]] || certain[j] != 0 && colourGap(g[0].Back, o[0].Back) < 12
		}
		e := wide[i]
		switch {
		case same[left] && same[rightmost]:
		case same[left], !same[rightmost] && e.from < 0.26 && (edge[left] == 1 || math.Abs(e.from-edge[left]) < 0.015):
			in[i] = left
		case same[rightmost], e.to > 0.74 && (edge[rightmost] == 0 || math.Abs(e.to-edge[rightmost]) < 0.02):
			in[i] = rightmost
		}
	}
	open := 0
	for _, c := range in {
		if c == 0 {
			open++
		}
	}
	if open*2 > len(groups) || edge == [3]float64{left: 1} {
		return nil, false
	}
	right = make([]bool, len(groups))
	for i, g := range groups {
		c, best := in[i], 1<<30
		for j, o := range groups {
			if gap := colourGap(g[0].Back, o[0].Back)*1000 + abs(i-j); in[i] == 0 && in[j] != 0 && gap < best {
				best, c = gap, in[j]
			}
		}
		right[i] = c == rightmost
	}
	return right, true
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// wrapped joins the lines of a bubble: one that fills the bubble's width goes on in the next.
func wrapped(lines []spot, widest float64) string {
	var b strings.Builder
	for i, s := range lines {
		if i > 0 {
			before := lines[i-1]
			last, first := []rune(before.Text), []rune(s.Text)
			switch {
			case before.right-before.left < widest*0.93:
				b.WriteByte('\n')
			case len(last) > 0 && len(first) > 0 && last[len(last)-1] < 0x2e80 && first[0] < 0x2e80:
				b.WriteByte(' ')
			}
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// nameAbove is the name that stands right above a bubble, "" if none does.
func nameAbove(s spot, names []spot) string {
	for _, n := range names {
		if gap := s.top - n.bottom; gap > -0.3*n.high && gap < 1.6*s.high && math.Abs(n.left-s.left) < 0.06 {
			return n.Text
		}
	}
	return ""
}

// readLog reads a forwarded 聊天记录: rows of name and time, below each what was said.
func readLog(p page.Page) (chat, bool) {
	spots := spotsOf(p)
	var heads []int
	for i, s := range spots {
		if s.left > 0.7 && clockLine.MatchString(s.Text) && s.top > p.Width*0.12 {
			heads = append(heads, i)
		}
	}
	c := chat{log: true}
	for _, s := range spots {
		if strings.Contains(s.Text, "聊天记录") && s.top < p.Width*0.3 {
			c.title = s.Text
			break
		}
	}
	if len(heads) < 2 || c.title == "" && len(heads) < 3 {
		return chat{}, false
	}
	isName := make([]bool, len(spots))
	nameOf := map[int]int{} // of a time line
	for _, h := range heads {
		for k, s := range spots {
			if k != h && s.left < 0.5 && math.Abs(s.top+s.high/2-spots[h].top-spots[h].high/2) < 0.6*spots[h].high {
				isName[k], nameOf[h] = true, k
			}
		}
	}
	day := ""
	for _, s := range spots {
		if s.top < spots[heads[0]].top && dayLine.MatchString(s.Text) {
			day = s.Text
		}
	}
	widest := 0.0
	for _, s := range spots {
		widest = max(widest, s.right-s.left)
	}
	for n, h := range heads {
		k, ok := nameOf[h]
		if !ok {
			continue
		}
		end := math.Inf(1)
		if n+1 < len(heads) {
			end = spots[heads[n+1]].top - 0.5*spots[heads[n+1]].high
		}
		var said []spot
		for i, s := range spots {
			if !isName[i] && i != h && s.top > spots[h].top+0.5*spots[h].high && s.top < end && s.left > 0.1 {
				said = append(said, s)
			}
		}
		if len(said) > 0 {
			c.bubbles = append(c.bubbles, bubble{sender: spots[k].Text, time: strings.TrimSpace(day + " " + spots[h].Text), text: wrapped(said, widest)})
		}
	}
	return c, len(c.bubbles) > 0
}
