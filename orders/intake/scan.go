package intake

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// markKind is what a stretch of a message was recognised as.
type markKind uint8

const (
	markNoise    markKind = iota // says nothing about the order
	markDate                     // a date or time
	markCustomer                 // a customer's name
	markPerson                   // a person who is known as some customer's contact
	markContact                  // who receives the goods
	markPhone
	markBadPhone // a phone number with too few or too many digits
	markAddress
	markCarrier
	markPayment
	markUrgent
	markRef
	markPO
	markNote
	markPicture // [图片]
	markPrice   // a unit price
	markTotal   // a sum of money
	markSum     // a sum of quantities
	markQty     // a quantity
	markEach    // 各, 每样
	markGift    // 送, 赠
	markMinus   // 不要, 去掉
	markSet     // 改成, 换成
	markPlus    // 再加
	markFix     // 不对, 哦不
	markVague   // 一些, 来点
	markDeal    // 买10送1
)

// A mark is a recognised stretch of a message.
type mark struct {
	kind     markKind
	from, to int
	text     string  // its value: a carrier's code, a note's words …
	ids      []int32 // of customers
	when     when
	qty      quantity
	price    priceTag
	deal     [2]int64
}

// A turn is what one person wrote in a forwarded conversation.
type turn struct {
	from, to int
	speaker  string
	ids      []int32 // customers whose contact the speaker is
	seller   bool
	day      time.Time // the date that the forwarded message bears
}

// scan is a message with everything recognised in it.
type scan struct {
	x      *Lexicon
	t      *text
	r      []rune
	c      clock
	who    scope
	cust   int32 // the sender's customer, -1 if unknown
	sales  bool
	marks  []mark
	owner  []int
	turns  []turn
	allIn  string  // the unit of every quantity that bears none, "" where none is said
	halfTo [2]mark // the places to which the goods go by halves
	exact  []int   // for each rune where the product's name ends that covers it

	followed    *followUp // see follow
	brandTo     int       // where the name ends with which the message begins and that several customers share
	conditional bool      // 有现货没?有就来3台: the question for stock is a condition
}

func (s *scan) free(from, to int) bool {
	if from < 0 || to > len(s.owner) || from >= to {
		return false
	}
	for i := from; i < to; i++ {
		if s.owner[i] >= 0 {
			return false
		}
	}
	return true
}

// claim records m, unless something else was recognised there.
func (s *scan) claim(m mark) bool {
	if !s.free(m.from, m.to) || len(s.marks) > 4000 {
		return false
	}
	for i := m.from; i < m.to; i++ {
		s.owner[i] = len(s.marks)
	}
	s.marks = append(s.marks, m)
	return true
}

func (s *scan) at(i int) *mark {
	if i < 0 || i >= len(s.owner) || s.owner[i] < 0 {
		return nil
	}
	return &s.marks[s.owner[i]]
}

// quote is the original wording of the runes from to to.
func (s *scan) quote(from, to int) string { return s.t.source(from, to) }

func isBreak(c rune) bool {
	switch c {
	case ',', '。', ';', '\n', '!', '?', '、', ':', '(', ')', '[', ']', '"':
		return true
	}
	return false
}

// newScan recognises everything in t that can be told without knowing the products meant.
func (x *Lexicon) newScan(t *text, c clock, cust int32, sales bool) *scan {
	s := &scan{x: x, t: t, r: t.r, c: c, cust: cust, sales: sales, owner: make([]int, len(t.r))}
	for i := range s.owner {
		s.owner[i] = -1
	}
	if cust >= 0 {
		s.who = x.scopeOf(cust)
	}
	s.findTurns()
	s.findNoise()
	s.findPhones()
	s.findRefs()
	s.findDates()
	s.findAddresses()
	s.findContacts()
	s.findCustomers()
	s.findPeople()
	s.findTerms()
	return s
}

func (x *Lexicon) scopeOf(cust int32) scope {
	if cust < 0 {
		return scope{}
	}
	code := x.customer(cust).Code
	sc := scope{own: x.items.get(code), past: x.history.get(code), bought: map[int32]int{}}
	for _, h := range sc.past {
		if id, ok := x.productOf(h.Product); ok {
			sc.bought[id]++
		}
	}
	return sc
}

// findNoise recognises what is only for show: [捂脸], @somebody, ——.
func (s *scan) findNoise() {
	last := 0 // number of the last entry of a list
	for i := 0; i < len(s.r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		if isDigit(s.r[i]) && s.lineStart(i) {
			e := i
			for e < len(s.r) && isDigit(s.r[e]) && e-i < 2 {
				e++
			}
			if e+1 < len(s.r) && strings.ContainsRune("、.):", s.r[e]) && !isDigit(s.r[e+1]) || s.numbered(i, e) {
				if !strings.ContainsRune("、.):", s.r[e]) {
					e--
				}
				s.claim(mark{kind: markNoise, from: i, to: e + 1})
				last++
				continue
			}
		}
		if e, n := s.entryNumber(i, last); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i, last = e-1, n
			continue
		}
		if e := s.occasions(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if s.r[i] == '一' && i+3 < len(s.r) && s.r[i+2] == '一' && isHan(s.r[i+1]) && !isHanNumeral(s.r[i+1]) && s.x.unitAt(s.r, i+1) == "" && s.x.unitAt(s.r, i+3) != "" {
			e := i + 3 + len([]rune(s.x.unitAt(s.r, i+3))) // 一亩一袋
			if s.claim(mark{kind: markNoise, from: i, to: e}) {
				i = e - 1
				continue
			}
		}
		if (has(s.r, i, "一块儿") || has(s.r, i, "一块发") || has(s.r, i, "一块送") || has(s.r, i, "一块来")) && s.claim(mark{kind: markNoise, from: i, to: i + 2}) { // together
			continue
		}
		if e := s.lessOrMore(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) { // 亮黑少拿点,4副吧
			i = e - 1
			continue
		}
		if e := s.unchanged(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if e := s.refused(i); e > i && s.claim(mark{kind: markNote, from: i, to: e, text: s.quote(i, e)}) {
			i = e - 1
			continue
		}
		if e := s.stockAsked(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if e := s.availability(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) { // 有现货没?有就来3台
			i = e - 1
			continue
		}
		if e := s.instruction(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if e := s.listNumber(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if e := s.dimension(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		if e := s.tease(i); e > i && s.claim(mark{kind: markNote, from: i, to: e, text: s.quote(i, e)}) {
			i = e - 1
			continue
		}
		if e := s.remarked(i); e > i && s.claim(mark{kind: markNote, from: i, to: e, text: strings.TrimLeft(remarkVerbs.ReplaceAllString(s.quote(i, e), ""), " :：,，")}) {
			i = e - 1
			continue
		}
		if from, e := s.packedMore(i); e > i && s.claim(mark{kind: markNote, from: from, to: e, text: s.quote(from, e)}) {
			i = e - 1
			continue
		}
		if e := s.unitForAll(i); e > i && s.claim(mark{kind: markNoise, from: i, to: e}) {
			i = e - 1
			continue
		}
		switch s.r[i] {
		case '[':
			e := i + 1
			for e < len(s.r) && e-i < 14 && s.r[e] != ']' && s.r[e] != '\n' {
				e++
			}
			if e >= len(s.r) || s.r[e] != ']' {
				continue
			}
			in := string(s.r[i+1 : e])
			switch {
			case in == "图片" || in == "照片" || in == "文件" || in == "视频" || in == "图" || strings.HasPrefix(in, "图片"):
				s.claim(mark{kind: markPicture, from: i, to: e + 1})
			case e-i <= 7 && !hasDigit(s.r[i+1:e]) && len(s.x.candidateNames(s.r, i+1, e)) == 0:
				s.claim(mark{kind: markNoise, from: i, to: e + 1})
			}
		case '@':
			if i+1 < len(s.r) && isHan(s.r[i+1]) {
				e := i + 1
				for e < len(s.r) && e-i < 8 && (isHan(s.r[e]) || isAlnum(s.r[e])) {
					e++
				}
				if e < len(s.r) && (s.r[e] == ' ' || s.r[e] == '\n' || s.r[e] == ',' || s.r[e] == ':') || e == len(s.r) {
					s.claim(mark{kind: markNoise, from: i, to: e})
				}
			}
		}
	}
}

// coloursBefore tells whether n colours of one character stand right before r[i].
func coloursBefore(r []rune, i int, n int64) bool {
	if n > int64(i) || n > 9 {
		return false
	}
	for k := i - int(n); k < i; k++ {
		if !strings.ContainsRune("黑白红黄蓝绿青紫灰粉橙棕金银", r[k]) {
			return false
		}
	}
	return true
}

// lessOrMore is where 少拿点 ends that begins at r[i], with how many to follow; i if it does not.
func (s *scan) lessOrMore(i int) int {
	r := s.r
	if r[i] != '少' && r[i] != '多' {
		return i
	}
	k := i + 1
	if k < len(r) && strings.ContainsRune("拿来要发搞弄订", r[k]) {
		k++
	}
	if !has(r, k, "点") || k+2 >= len(r) || r[k+1] != ',' && r[k+1] != ' ' {
		return i
	}
	if n, ok := readNumeral(r, skipSpace(r, k+2)); !ok || n.more {
		return i
	}
	return k + 1
}

// unchanged is where what stays as it is ends that begins at r[i] behind a space or sign: 6分不变; i if none does.
func (s *scan) unchanged(i int) int {
	r := s.r
	if i == 0 || r[i-1] != ' ' && !isBreak(r[i-1]) || r[i] == ' ' || isBreak(r[i]) {
		return i
	}
	e := i
	for e < len(r) && e-i < 8 && r[e] != ' ' && !isBreak(r[e]) && s.owner[e] < 0 {
		e++
	}
	if e-i < 3 || !has(r, e-2, "不变") && !has(r, e-2, "不动") {
		return i
	}
	return e
}

// stockWords ask in the course of a conversation whether goods are there that are then ordered.
var stockWords = strings.Fields("库里有没有 库里有没 仓库有没有 仓库有没 有没有货 有没有现货 还有没有 还有没 有货没有 有货没 有货吗 还有吗 有现货吗 库里还有吗 还有货吗")

// stockAsked is where such a question ends that begins at r[i] and ends its turn; i if none does.
func (s *scan) stockAsked(i int) int {
	if len(s.turns) == 0 {
		return i
	}
	w := wordOf(s.r, i, stockWords)
	e := i + len([]rune(w))
	if w == "" || e < len(s.r) && !isBreak(s.r[e]) && s.r[e] != ' ' {
		return i
	}
	if e < len(s.r) && s.r[e] == '?' {
		e++
	}
	return e
}

// refused is where a clause ends that begins at r[i] and says what the goods are not to be taken for: 别搞成6分变4分的; i if none does.
func (s *scan) refused(i int) int {
	w := wordOf(s.r, i, mistaken)
	if w == "" {
		return i
	}
	return s.clauseEnd(i + len([]rune(w)))
}

var mistaken = strings.Fields("别搞成 别弄成 别发成 别拿成 别配成 别送成 别写成 别录成 别当成 不要搞成 不要弄成 不要发成 不要拿成 不要配成 不要送成 不要写成 不要录成 千万别是")

// kindsCounted are what a list is said to have so many of: 三个颜色各5箱.
var kindsCounted = strings.Fields("个颜色 种颜色 个规格 种规格 个型号 种型号 个尺码 个尺寸 种尺寸 个口味 种口味 个品种 个色 个码 个号 色 种 样 款")

// occasions is where a count of orders, places or people ends that begins at r[i]: 两个厂, 三家, 一单; i if there is none.
func (s *scan) occasions(i int) int {
	r := s.r
	if !isHanNumeral(r[i]) && !isDigit(r[i]) || i > 0 && (isAlnum(r[i-1]) || isHanNumeral(r[i-1]) || r[i-1] == '.') {
		return i
	}
	n, ok := readNumeral(r, i)
	if !ok || n.to >= len(r) || !n.value.IsInteger() {
		return i
	}
	k := n.to
	if strings.ContainsRune("单批趟", r[k]) && !has(r, k, "单元") && s.x.unitAt(r, k) == "" && !s.x.vocabulary(r, k, len(r)) {
		return k + 1
	}
	for _, w := range kindsCounted {
		if e := k + len([]rune(w)); has(r, k, w) && e < len(r) && n.value.GreaterThan(decimal.New(1, 0)) && (!s.x.vocabulary(r, k-1, len(r)) || w == "色" && coloursBefore(r, i, n.value.IntPart())) {
			if strings.ContainsRune("各每都均", r[e]) {
				return e // 三个颜色各一箱
			}
			if m := index(r, e, min(len(r), e+4), "各"); m > 0 && w == "色" && i > 1 && !isBreak(r[i-2]) {
				return e // 黑青红黄四色墨各一箱
			}
		}
	}
	for _, w := range [...]string{"条船", "艘船", "辆车", "个人", "位师傅", "个师傅", "个工人", "条线", "台车"} {
		if e := k + len([]rune(w)); has(r, k, w) && !s.x.vocabulary(r, e-1, len(r)) {
			return e // 三条船一块儿合拢
		}
	}
	if r[k] != '个' && r[k] != '家' && r[k] != '处' {
		return i
	}
	if has(r, k, "家的") || has(r, k, "处的") { // 三处的货
		return k + 2
	}
	for _, w := range [...]string{"月", "星期", "礼拜", "小时", "钟头", "工作日"} {
		if e := k + 1 + len([]rune(w)); r[k] == '个' && has(r, k+1, w) && (e >= len(r) || !strings.ContainsRune("内以之后前的要到送交", r[e])) {
			return e
		}
	}
	for _, w := range [...]string{"地方", "地址", "单位", "客户", "项目", "标段", "仓库", "学校", "公司", "部门", "收货点", "分店", "门店", "车间", "工地", "厂", "店"} {
		if e := k + 1 + len([]rune(w)); has(r, k+1, w) && (e >= len(r) || isBreak(r[e]) || r[e] == ' ' || strings.ContainsRune("的都要一补报", r[e])) {
			return e
		}
	}
	return i
}

// entryNumber is where the number of a list's entry ends that begins at r[i], and that number: 一、 at a line's beginning,
// (1) there or in a row, 要货:1. after a sign. Those follow one another from 1. i if there is none.
func (s *scan) entryNumber(i, last int) (end, number int) {
	r, k := s.r, i
	if r[k] == '(' {
		k++
	}
	from := k
	for k < len(r) && k-from < 2 && (isDigit(r[k]) || strings.ContainsRune("一二三四五六七八九十", r[k])) {
		k++
	}
	n, ok := readNumeral(r[:k], from)
	if !ok || n.to != k || k+1 >= len(r) || !n.value.Equal(decimal.NewFromInt(int64(last+1))) {
		return i, last
	}
	if from > i && r[k] != ')' || from == i && r[k] != '、' && (r[k] != '.' || isHan(r[from])) {
		return i, last
	}
	next := skipSpace(r, k+1)
	if next >= len(r) || isBreak(r[next]) || from == i && (isDigit(r[from]) && isDigit(r[k+1]) || isHanNumeral(r[k+1])) {
		return i, last
	}
	begins := s.lineStart(i) || last > 0 && r[i-1] == ' ' || from == i && strings.ContainsRune(",:;。", r[i-1]) || from > i && isBreak(r[i-1])
	if !begins || isHan(r[from]) && from == i && !s.lineStart(i) {
		return i, last
	}
	return k + 1, last + 1
}

// listNumber is where the number of a list's entry ends inside a line: 分两家:1)… 2)…; i if there is none.
func (s *scan) listNumber(i int) int {
	r := s.r
	if !isDigit(r[i]) || i == 0 || r[i-1] != ' ' && !isBreak(r[i-1]) || r[i-1] == '(' {
		return i
	}
	e := i
	for e < len(r) && isDigit(r[e]) && e-i < 2 {
		e++
	}
	if e+1 >= len(r) || r[e] != ')' || isBreak(r[e+1]) {
		return i
	}
	for k := i - 1; k >= 0 && r[k] != '\n' && r[k] != ')'; k-- {
		if r[k] == '(' {
			return i
		}
	}
	return e + 1
}

// dimension is where the word ends that begins at r[i] and says what the number before it measures: 0.8厚, 0.6壁的; i if there is none.
func (s *scan) dimension(i int) int {
	r := s.r
	if i == 0 || !isDigit(r[i-1]) {
		return i
	}
	w := wordOf(r, i, []string{"壁厚", "厚", "壁", "宽"})
	if w == "" {
		return i
	}
	e := i + len([]rune(w))
	if e < len(r) && !strings.ContainsRune(" 的,;\n。*", r[e]) && !isDigit(r[e]) && !isHanNumeral(r[e]) {
		return i
	}
	if n, to := s.x.names.longest(r, i); n != nil && to > e {
		return i
	}
	return e
}

// tease is where a clause ends whose end begins at r[i] and orders nothing: 别抠门哈, 别忘喽; i if there is none.
func (s *scan) tease(i int) int {
	r := s.r
	if r[i] != '别' {
		return i
	}
	e := s.clauseEnd(i)
	if wordOf(r, i, []string{"别抠", "别小气", "别太抠", "别那么抠", "别墨迹", "别磨叽"}) != "" || has(r, i, "别忘") && e-i <= 4 && !s.quantityIn(i, e) { // 别忘喽
		return e
	}
	return i
}

// remarkVerbs fits the words that put a remark on an order that stands: 备注改成, 加个备注:.
var remarkVerbs = regexp.MustCompile(`^(?:(?:再|帮我|帮忙|给我|麻烦)*(?:加|写|添|补)(?:上|个|一个|一条|条|一下|一句|句)?备注|备注(?:一下|改成|改为|换成|改一下|写一?下?|写上|加上|加一?[条句]|里?写))`)

// remarked is where the sentence ends that begins at r[i] with such words, and holds no number or day; i if there is none.
func (s *scan) remarked(i int) int {
	r := s.r
	if i > 0 && !isBreak(r[i-1]) && r[i-1] != ' ' || !strings.ContainsRune("加写添补备再帮给麻", r[i]) {
		return i
	}
	e := i
	for e < len(r) && !strings.ContainsRune("。;\n!?", r[e]) && e-i < 60 {
		e++
	}
	m := remarkVerbs.FindString(string(r[i:e]))
	if n := len([]rune(m)); n == 0 || e-i <= n+1 || slices.ContainsFunc(r[i:e], isDigit) {
		return i
	}
	return e
}

// packedMore is the clause around r[i] where it wishes for more of the packing: 冰袋多放几个. Both ends are i where it does not.
func (s *scan) packedMore(i int) (from, to int) {
	r := s.r
	if r[i] != '多' || i+2 >= len(r) || !strings.ContainsRune("放垫塞缠裹套铺绑", r[i+1]) || !strings.ContainsRune("几点些两一层", r[i+2]) {
		return i, i
	}
	from, to = i, s.clauseEnd(i)
	for from > 0 && !isBreak(r[from-1]) && r[from-1] != ' ' && i-from < 8 {
		from--
	}
	if n, e := s.x.names.longest(r, from); to-i > 8 || n != nil && e > from+1 {
		return i, i
	}
	return from, to
}

// unitForAll is where 单位都是箱 ends that begins at r[i]; i if there is none. It is the unit of what bears none.
func (s *scan) unitForAll(i int) int {
	r := s.r
	if !has(r, i, "单位") {
		return i
	}
	k := i + 2
	for k < len(r) && k-i < 7 && strings.ContainsRune("都均统一全部是为按: ", r[k]) {
		k++
	}
	u := s.x.unitAt(r, k)
	if u == "" || k == i+2 {
		return i
	}
	e := k + len([]rune(u))
	if e < len(r) && r[e] != ' ' && !isBreak(r[e]) {
		return i
	}
	s.allIn = u
	return e
}

// numbered tells whether the number r[i:e] at the beginning of a line numbers it: the lines before it are numbered from 1, or it is
// 1 and the line behind begins with 2, and none with a unit.
func (s *scan) numbered(i, e int) bool {
	n, ok := lineNumber(s.r, i, e)
	if !ok || s.x.unitAt(s.r, e) != "" {
		return false
	}
	beside := func(at, want int) bool {
		k := at
		for k < len(s.r) && isDigit(s.r[k]) {
			k++
		}
		m, ok := lineNumber(s.r, at, k)
		return ok && m == want && s.x.unitAt(s.r, k) == ""
	}
	if n == 1 {
		next := i
		for next < len(s.r) && s.r[next] != '\n' {
			next++
		}
		return next < len(s.r) && beside(next+1, 2)
	}
	for n--; n > 0 && i > 0; n-- {
		i--
		for i > 0 && s.r[i-1] != '\n' {
			i--
		}
		if !beside(i, n) {
			return false
		}
	}
	return n == 0
}

// lineNumber is the number r[i:e], which a Chinese character follows.
func lineNumber(r []rune, i, e int) (int, bool) {
	if e == i || e-i > 2 || e >= len(r) || !isHan(r[e]) {
		return 0, false
	}
	n := 0
	for _, c := range r[i:e] {
		n = n*10 + int(c-'0')
	}
	return n, true
}

// candidateNames are the names of products or customers inside r[from:to].
func (x *Lexicon) candidateNames(r []rune, from, to int) []int32 {
	for i := from; i < to; i++ {
		if n, _ := x.names.longest(r[:to], i); n != nil {
			return n.ids
		}
		if n, _ := x.buyers.longest(r[:to], i); n != nil {
			return n.ids
		}
	}
	return nil
}

// isOwnCode tells whether a code of the master data stands at r[i:e].
func (s *scan) isOwnCode(i, e int) bool {
	if it, to := ownAt(s.r, i, s.who.own); it != nil && to >= e {
		return true
	}
	n, to := s.x.names.longest(s.r, i)
	return n != nil && to >= e
}

var poWords = strings.Fields("我们单号 我们的单号 我方单号 我司单号 咱们单号 我们这边单号 我这边单号 我们单子号 采购单号 采购订单号 采购订单 采购单编号 采购单 订单编号 合同编号 合同号 订单号 采购编号 采购号 订货单号 订购单号 订购编号 需求单号 申请单号 客户单号 单号写 单号填 计划编号 计划单号 计划号 申购单号 请购单号 单号 po号 po单号 po编号 po# po")

// papers are what customers order by; their number stands right behind them: 申购单 YZ-0521-7.
var papers = strings.Fields("补货单 订货单 要货单 需求单 领料单 申购单 请购单 采购申请单 采购申请 采购明细 采购清单 申购明细 要货计划 需求计划 采购计划 用料计划 物料计划 请购计划 请购 申购")

var refLeads = leadsOf(poWords, papers)

// numberWords stand between the kind of a document and its number: 采购单 编号DY-09.
var numberWords = strings.Fields("编号 单号 号码 no. no")

// findRefs recognises order, tracking and the customer's own order numbers.
func (s *scan) findRefs() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		if !refLeads.has(r[i]) && !isAlnum(r[i]) {
			continue
		}
		for _, w := range poWords {
			if !has(r, i, w) || isLetter(r[i]) && i > 0 && isAlnum(r[i-1]) || w == "单号" && i > 0 && !isBreak(r[i-1]) {
				continue
			}
			k := i + len([]rune(w))
			for k < len(r) {
				if r[k] == ':' || r[k] == ' ' || r[k] == '#' || r[k] == '是' || r[k] == '为' {
					k++
				} else if n := wordOf(r, k, numberWords); n != "" {
					k += len([]rune(n))
				} else {
					break
				}
			}
			e := k
			for e < len(r) && (isAlnum(r[e]) || r[e] == ' ' && e > k && isHan(r[e-1]) && e+1 < len(r) && isDigit(r[e+1]) || isHan(r[e]) && e-k < 6 || (r[e] == '-' || r[e] == '/' || r[e] == '_' || r[e] == '.') && e+1 < len(r) && isAlnum(r[e+1])) {
				e++
			}
			for e > k && isHan(r[e-1]) {
				e--
			}
			if e-k < 4 || !hasDigit(r[k:e]) || strings.HasPrefix(w, "po") && w == "po" && k == i+2 && !isDigit(r[k]) {
				continue
			}
			if hanBeforeDigits(r[k:e]) > 4 {
				continue
			}
			value := halfWidth(s.quote(k, e))
			if w == "po" && k == i+2 { // PO260318-05 is the number itself
				value = halfWidth(s.quote(i, e))
			}
			if s.claim(mark{kind: markPO, from: i, to: e, text: value}) {
				i = e - 1
			}
			break
		}
		if k, e := s.paperNumber(i); e > k && s.claim(mark{kind: markPO, from: i, to: e, text: halfWidth(s.quote(k, e))}) {
			i = e - 1
			continue
		}
		if s.owner[i] >= 0 || !isAlnum(r[i]) || i > 0 && isAlnum(r[i-1]) {
			continue
		}
		if e := s.spacedWaybill(i); e > i && s.claim(mark{kind: markRef, from: i, to: e, text: strings.ToUpper(strings.ReplaceAll(halfWidth(s.quote(i, e)), "-", ""))}) {
			i = e - 1
			continue
		}
		e, letters, digits := i, 0, 0
		for e < len(r) && (isAlnum(r[e]) || (r[e] == '-') && e+1 < len(r) && isAlnum(r[e+1])) {
			if isDigit(r[e]) {
				digits++
			} else if isLetter(r[e]) {
				letters++
			}
			e++
		}
		if _, de, ok := readMonthDay(r, i, s.c, &when{}); ok && (de >= e || r[de] == 't') {
			continue
		}
		if digits >= 8 && e-i >= 10 && (letters <= 4) && !s.isOwnCode(i, e) && !multiplies(r[i:e]) {
			if letters == 0 && digits < 12 && !strings.Contains(string(r[i:e]), "-") {
				continue
			}
			s.claim(mark{kind: markRef, from: i, to: e, text: strings.ToUpper(strings.ReplaceAll(halfWidth(s.quote(i, e)), "-", ""))})
		}
	}
}

// multiplies tells whether an x stands between digits: 40x60.
func multiplies(r []rune) bool {
	for i := 1; i+1 < len(r); i++ {
		if r[i] == 'x' && isDigit(r[i-1]) && isDigit(r[i+1]) {
			return true
		}
	}
	return false
}

// paperNumber is where the number begins and ends of the paper named at r[i]: letters, digits and signs, at least one digit.
func (s *scan) paperNumber(i int) (from, to int) {
	r := s.r
	w := wordOf(r, i, papers)
	if w == "" || s.owner[i] >= 0 {
		return i, i
	}
	k := i + len([]rune(w))
	for k < len(r) {
		if r[k] == ':' || r[k] == ' ' || r[k] == '#' {
			k++
		} else if n := wordOf(r, k, numberWords); n != "" {
			k += len([]rune(n))
		} else {
			break
		}
	}
	e := k
	for e < len(r) && (isAlnum(r[e]) || strings.ContainsRune("-/_.", r[e]) && e+1 < len(r) && isAlnum(r[e+1])) {
		e++
	}
	if (w == "请购" || w == "申购") && (k == i+2 || e < len(r) && r[e] != '\n' || s.isOwnCode(k, e)) {
		return i, i
	}
	if e-k < 5 || !hasDigit(r[k:e]) || e < len(r) && isHan(r[e]) || !hasLetter(r[k:e]) && index(r, k, e, "-") < 0 {
		return i, i
	}
	return k, e
}

// spacedWaybill is where a carrier's number ends that is written in groups, SF1400 0007 28315, YT 5566-0012-3377-9: two to four
// letters and eleven to sixteen digits. i if there is none.
func (s *scan) spacedWaybill(i int) int {
	r := s.r
	k := i
	for k < len(r) && isLetter(r[k]) {
		k++
	}
	if k-i < 2 || k-i > 4 {
		return i
	}
	digits, groups, end := 0, 0, i
	if k = skipSpace(r, k); k < len(r) && r[k] == '-' {
		k++
	}
	for k < len(r) && isDigit(r[k]) {
		e := k
		for e < len(r) && isDigit(r[e]) {
			e++
		}
		digits, groups, end = digits+e-k, groups+1, e
		if e-k < 3 || e+1 >= len(r) || r[e] != ' ' && r[e] != '-' || !isDigit(r[e+1]) {
			break
		}
		k = e + 1
	}
	if groups < 2 || digits < 11 || digits > 16 || end < len(r) && (isAlnum(r[end]) || s.x.unitAt(r, end) != "") {
		return i
	}
	return end
}

func hanBeforeDigits(r []rune) int {
	n := 0
	for _, c := range r {
		if isHan(c) {
			n++
		}
	}
	return n
}

func (s *scan) findDates() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		c := s.c
		if tn := s.turnAt(i); tn != nil && !tn.day.IsZero() {
			c.today = tn.day
		}
		if e := s.listDays(i, c); e > i {
			i = e - 1
			continue
		}
		w, ok := readWhen(r, i, c)
		if !ok {
			w, ok = s.dayAnswered(i, c)
		}
		if !ok {
			w, ok = s.dayOfPart(i, c)
		}
		if !ok {
			continue
		}
		if isDigit(r[i]) && i > 1 && r[i-1] == '-' && isAlnum(r[i-2]) {
			continue // the end of a code: 1117-3.3
		}
		// a word for part of the day or a bare hour alone needs to sound like a deadline
		if n, _ := s.x.names.longest(r, i); n != nil && len(n.text) >= w.to-w.from {
			continue
		}
		if isHanNumeral(r[i]) && i > 0 && (isHanNumeral(r[i-1]) || isDigit(r[i-1])) {
			continue
		}
		w.weigh(r)
		if w.part && !partDeadline(r, w.to) {
			continue
		}
		if w.clock && (isDigit(r[i]) || isHanNumeral(r[i])) && w.weight <= 0 && !strings.ContainsRune(string(r[i:w.to]), ':') {
			if after := string(r[w.to:min(len(r), w.to+4)]); !strings.ContainsAny(after, "送到前要来取提") {
				continue
			}
		}
		if w.to-w.from == 1 {
			continue
		}
		s.claim(mark{kind: markDate, from: i, to: w.to, when: w})
		i = w.to - 1
	}
}

// listDays recognises the days of 5月22、25、28号各100袋 one by one, and tells where they end; i if none begin at r[i].
func (s *scan) listDays(i int, c clock) int {
	r := s.r
	if !isDigit(r[i]) || i > 0 && (isAlnum(r[i-1]) || strings.ContainsRune("./-*", r[i-1])) {
		return i
	}
	month := time.Month(0)
	n, ok := readWhole(r, i)
	if !ok || !n.bare {
		return i
	}
	k := i
	if n.to < len(r) && r[n.to] == '月' && n.value.IsPositive() && n.value.LessThanOrEqual(decimal.New(12, 0)) {
		month, k = time.Month(n.value.IntPart()), n.to+1
	}
	var days []mark
	from := i
	for {
		d, ok := readWhole(r, k)
		if !ok || !d.bare || !d.value.IsPositive() || d.value.GreaterThan(decimal.New(31, 0)) {
			return i
		}
		day := nextDay(c, int(d.value.IntPart()))
		if month > 0 {
			day = nextMonthDay(c, month, int(d.value.IntPart()))
		}
		k = d.to
		named := k < len(r) && (r[k] == '号' || r[k] == '日')
		if named {
			k++
		}
		days = append(days, mark{kind: markDate, from: from, to: k, when: when{from: from, to: k, end: day, weight: 1}})
		if k < len(r) && strings.ContainsRune("、,和", r[k]) {
			k++
			from = k
			continue
		}
		if !named || len(days) < 2 || k >= len(r) || r[k] != '各' {
			return i
		}
		break
	}
	for _, m := range days {
		s.claim(m)
	}
	return k
}

// dayOfPart reads 25号 before a part of goods whose rest comes later: 200把分两回,25号100把,剩下的月底到.
func (s *scan) dayOfPart(i int, c clock) (when, bool) {
	r := s.r
	if !isDigit(r[i]) || i > 0 && !isBreak(r[i-1]) && r[i-1] != ' ' {
		return when{}, false
	}
	n, ok := readWhole(r, i)
	if !ok || !n.bare || !n.value.IsPositive() || n.value.GreaterThan(decimal.New(31, 0)) || n.to+1 >= len(r) || r[n.to] != '号' {
		return when{}, false
	}
	q, ok := readDigits(r, skipSpace(r, n.to+1))
	if u, _ := s.unitAfter(q.to); !ok || u == "" || !says(string(r[q.to:]), restWords) {
		return when{}, false
	}
	return when{from: i, to: n.to + 1, end: nextDay(c, int(n.value.IntPart())), weight: 1}, true
}

// restWords stand for what is left of goods that are shared out.
var restWords = strings.Fields("剩下 余下 其余 剩余 另一半 另外一半")

// dayAnswered reads 26号 that is all that a turn of a conversation begins with, behind a turn that asks for the day.
func (s *scan) dayAnswered(i int, c clock) (when, bool) {
	for k := range s.turns {
		t := &s.turns[k]
		if skipSpace(s.r, t.from) != i || k == 0 || !says(string(s.r[s.turns[k-1].from:s.turns[k-1].to]), []string{"哪天", "几号", "什么时候", "啥时候", "何时", "哪一天", "几时"}) {
			continue
		}
		n, ok := readWhole(s.r, i)
		if !ok || n.more || !n.value.IsPositive() || n.value.GreaterThan(decimal.New(31, 0)) || n.to >= len(s.r) || s.r[n.to] != '号' && s.r[n.to] != '日' || n.to+1 < t.to && !isBreak(s.r[n.to+1]) && s.r[n.to+1] != ' ' {
			return when{}, false
		}
		return when{from: i, to: n.to + 1, end: nextDay(c, int(n.value.IntPart())), weight: 1}, true
	}
	return when{}, false
}

func (s *scan) turnAt(i int) *turn {
	for k := range s.turns {
		if i >= s.turns[k].from && i < s.turns[k].to {
			return &s.turns[k]
		}
	}
	return nil
}

// partDeadline tells whether 下午, without a day, goes on at r[i] like a deadline.
func partDeadline(r []rune, i int) bool {
	for i < len(r) && strings.ContainsRune("就能给得可一定会过自己我们开车", r[i]) {
		i++
	}
	if i >= len(r) {
		return false
	}
	for _, w := range [...]string{"之前", "以前", "前", "送", "到", "要", "来", "用", "交", "提", "取", "拿", "拉", "必须", "务必"} {
		if has(r, i, w) {
			return true
		}
	}
	return false
}

func (s *scan) lineStart(i int) bool {
	for i > 0 && s.r[i-1] == ' ' {
		i--
	}
	return i == 0 || s.r[i-1] == '\n'
}
