package intake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// unread are the stretches of the message that went into no field, no line and no remark and are no mere filling.
func (r *reading) unread() []span {
	s := r.s
	used := make([]bool, len(s.r))
	use := func(from, to int) {
		for i := max(from, 0); i < min(to, len(used)); i++ {
			used[i] = true
		}
	}
	for i := range used {
		used[i] = s.owner[i] >= 0 || s.r[i] == ' ' || isBreak(s.r[i])
	}
	for _, sec := range r.secs {
		for _, it := range sec.items {
			use(it.q.from, it.q.to)
			if it.res.product < 0 { // it is asked about
				use(it.from, it.to)
			}
			for _, m := range []*mention{it.m, it.ctx} {
				r.useGoods(m, it.res.product, use)
			}
			for _, q := range []*quantity{it.clash, it.equal} {
				if q != nil {
					use(q.from, q.to)
				}
			}
			for _, p := range []*priceTag{it.price, it.total} {
				if p != nil {
					use(p.from, p.to)
				}
			}
		}
		for _, n := range sec.facts.notes {
			at := s.find(n)
			use(at.from, at.to)
		}
		if sec.b == nil {
			continue
		}
		for _, u := range sec.b.gone {
			use(u.from, u.to)
		}
		for _, q := range sec.b.loose {
			use(q.from, q.to)
		}
	}
	var out []span
	for i := 0; i < len(s.r); {
		if used[i] {
			i++
			continue
		}
		if n := fillerAt(s.r, i); n > 0 {
			i += n
			continue
		}
		if e := englishFillerAt(s.r, i); e > i {
			i = e
			continue
		}
		from := i
		for i < len(s.r) && !used[i] && (i == from || fillerAt(s.r, i) == 0) {
			i++
		}
		out = append(out, span{from, i})
	}
	return out
}

// useGoods calls use with what of a mention the product explains, all of it where nothing is certain.
func (r *reading) useGoods(m *mention, id int32, use func(from, to int)) {
	switch {
	case m == nil:
	case id < 0 || m.own != nil || m.code >= 0:
		use(m.from, m.to)
	default:
		c := r.x.cover(id, m)
		for i, at := range m.at {
			if (c.strong|c.weak|m.filler)>>uint(i)&1 == 1 {
				use(at, at+1)
			}
		}
		for i := range m.toks {
			if c.toks>>uint(i)&1 == 1 {
				use(m.toks[i].from, m.toks[i].to)
			}
		}
	}
}

var (
	// unreadCode fits what looks like a number of somebody's papers.
	unreadCode = regexp.MustCompile(`^[a-z]{0,8}[-_/#.]?[a-z0-9]*\d[a-z0-9]*(?:[-_/][a-z0-9]+)*$`)
	// unreadPlace fits a place behind a word for bringing goods there.
	unreadPlace = regexp.MustCompile(`(?:送|放|搁|停|卸|拉|运|发|寄|交|到|进)(?:到|在|去|至|往|进|给|货)*([^前给跟和说到在去至往进货\P{Han}][\p{Han}\d]{1,13}?(?:门|库|仓|楼|室|间|台|栋|区|场|院|厂|站|村|镇|路|街|号|广场|大厦|中心|店)(?:口|里|内|外|旁边?|边|侧)?)(?:[^那的这点]|$)`)
	// unreadStreet fits a clause that is nothing but a place at a street.
	unreadStreet = regexp.MustCompile(`^([^送发寄到在给去\P{Han}]\p{Han}{0,7}(?:路|街|大道|巷|弄|镇|村|园区)[\p{Han}\d]{1,13}[^家边的那里了吧])$`)
	// unreadDate fits a day or an hour.
	unreadDate = regexp.MustCompile(`((?:1[0-2]|0?[1-9])[./](?:[12]\d|3[01]|0?[1-9])|[上中下]旬|[上中下]午|(?:[一二三四五六七八九十]+|\d{1,2})[号日]|[早晚]上|[今明][早晚]|凌晨|傍晚|(?:[一二三四五六七八九十]+|\d{1,2})点|周[一二三四五六日末]|礼拜|星期|节前)(?:[^楼库门仓线机店厂柜院车台泵色码胶网机件口]|$)`)
)

// How many stretches that went into nothing are looked at, and how many characters around each: nobody leaves more to guess.
const (
	maxUnread    = 8
	aroundUnread = 24
)

// askUnread asks about stretches that went into nothing and look like the customer's order number, a place or a day, where the order
// has none of these. The number and the place stand in the draft, to be confirmed.
func (r *reading) askUnread(res *Result, unread []span) {
	s := r.s
	for n, sec := range r.secs {
		if n < len(res.Orders) && slices.ContainsFunc(sec.items, (*wanted).severalInOne) {
			r.askLines(res, n, sec.items[slices.IndexFunc(sec.items, (*wanted).severalInOne)].from)
		}
	}
	for _, u := range unread[:min(len(unread), maxUnread)] {
		n := slices.IndexFunc(r.secs, func(sec *section) bool { return u.from >= sec.from && u.from < sec.to })
		if n < 0 || n >= len(res.Orders) {
			continue
		}
		d := &res.Orders[n]
		ask := func(field, text string) {
			field = fmt.Sprintf("orders[%d].%s", n, field)
			if !slices.ContainsFunc(res.Asks, func(a Ask) bool { return a.Field == field }) {
				res.Asks = append(res.Asks, Ask{Field: field, Reason: ReasonAmbiguous, Text: text})
			}
		}
		if d.PO == "" && s.paper(u) {
			d.PO = halfWidth(s.quote(u.from, u.to))
			ask("po", fmt.Sprintf("「%s」是您的单号吗？", d.PO))
			continue
		}
		if place := cmp.Or(s.within(unreadPlace, "送放搁停卸拉运发寄交到进", u), s.within(unreadStreet, "路街道巷弄镇村园", u)); place != "" && d.Address == "" && d.Carrier != "SELF" && utf8.RuneCountInString(place) > 2 {
			d.Address = place
			ask("address", fmt.Sprintf("「%s」是送货地址吗？", place))
			continue
		}
		if i := s.stray(u); i >= 0 {
			r.askLines(res, n, i)
			continue
		}
		if day := s.within(unreadDate, "号日旬午上早晚点周拜期节晨./", u); day != "" && d.DeliverBy == "" {
			ask("deliver_by", fmt.Sprintf("「%s」是要货的时间吗，具体是哪一天？", day))
		}
	}
}

// stray is where a number of two digits or more stands in u that went into nothing and ends its clause or is offered as a price, -1 if
// there is none. Sizes of goods may be said again.
func (s *scan) stray(u span) int {
	r := s.r
	for i := u.from; i < u.to; i++ {
		if !isDigit(r[i]) || i > 0 && (isAlnum(r[i-1]) || strings.ContainsRune(".-*/", r[i-1])) {
			continue
		}
		n, ok := readDigits(r, i)
		if !ok || !n.bare || n.to-i < 2 || n.to-i > 6 {
			i = skipDigits(r, i)
			continue
		}
		ends := n.to >= len(r) || isBreak(r[n.to]) || strings.ContainsRune("行给吧我咱", r[n.to]) || r[n.to] == '一' && s.x.unitAt(r, n.to+1) != ""
		before := string(r[max(0, i-4):i])
		tok, known := readSpec(r, i, n.to)
		known = known && slices.ContainsFunc(tok.askKeys(), func(k string) bool { return len(s.x.bearing(k)) > 0 })
		if ends && !known && !says(before, []string{"便宜", "少", "抹", "让", "凑", "不是", "别", "第", "返", "补", "差", "押", "满"}) {
			return i
		}
		i = n.to - 1
	}
	return -1
}

// paper tells whether a stretch looks like a number of somebody's papers, and not of goods.
func (s *scan) paper(u span) bool {
	digits := 0
	for _, c := range s.r[u.from:u.to] {
		if isDigit(c) {
			digits++
		}
	}
	return digits >= 4 && u.to-u.from >= 6 && unreadCode.MatchString(string(s.r[u.from:u.to])) && (slices.ContainsFunc(s.r[u.from:u.to], func(c rune) bool { return c == '-' || c == '_' || c == '/' }) || hasLetter(s.r[u.from:u.to]))
}

// within is what re, which needs one of signs, finds in the clause of u and over a part of it, in the message's own words; nothing where it was read as something.
func (s *scan) within(re *regexp.Regexp, signs string, u span) string {
	from, to := u.from, min(s.clauseEnd(u.to), u.to+aroundUnread)
	for from > 0 && u.from-from < aroundUnread && !strings.ContainsRune(",。;\n!?()", s.r[from-1]) {
		from--
	}
	clause := string(s.r[from:to])
	if !strings.ContainsAny(clause, signs) || strings.ContainsAny(clause, "别勿") || strings.Contains(clause, "不要") {
		return ""
	}
	for _, m := range re.FindAllStringSubmatchIndex(clause, -1) {
		f := from + utf8.RuneCountInString(clause[:m[2]])
		t := f + utf8.RuneCountInString(clause[m[2]:m[3]])
		if f < u.to && u.from < t && s.free(f, t) && (f >= u.from && t <= u.to || !hasDigit(s.r[f:t]) || s.r[t-1] == '号' && f >= u.from) {
			return s.quote(f, t)
		}
	}
	return ""
}

// severalInOne tells whether a line that was not understood may be several: a number that nothing explains stands among its words, and
// another behind them (灰3粉3).
func (it *wanted) severalInOne() bool {
	return it.res.product < 0 && it.res.reason == ReasonUnknown && it.q.bare && it.m != nil && it.q.from > it.from && slices.ContainsFunc(it.m.toks, func(t specToken) bool {
		return strings.HasPrefix(t.keys[0], "=") && t.to < it.m.to
	})
}
