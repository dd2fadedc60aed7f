package intake

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A quantity is a number with a unit, as said.
type quantity struct {
	value decimal.Decimal
	unit  string
	rest  []quantity // 2箱零3盒: the 3盒
	more  bool       // only a limit is said (十多盒)
	none  bool       // said only as 一些, or not at all
	size  bool       // may as well be a size (500ml)
	spec  bool       // stands where a size stands (50片的)
	bare  bool       // without a unit
	star  bool
	from  int
	to    int
}

// A priceTag is a price as said.
type priceTag struct {
	value decimal.Decimal
	per   string // for one of which unit, "" if not said
	plain bool   // nothing but the unit tells that it is a price
	doubt string // why it can't be taken as it stands: 美元, 三五十
	from  int
	to    int
}

// findAmounts recognises quantities, prices and sums. It comes after everything that numbers may belong to.
func (s *scan) findAmounts() {
	exact := s.exactNames()
	s.exact = exact
	s.findDeals()
	s.findPrices(exact)
	s.findQuantities(exact)
}

// exactNames tells for each rune where the product's name ends that covers it, 0 without one.
func (s *scan) exactNames() []int {
	out := make([]int, len(s.r)+1)
	for i := 0; i < len(s.r); {
		if s.owner[i] >= 0 {
			i++
			continue
		}
		end := i
		s.x.names.at(s.r, i, func(_ *tableName, e int) {
			if e-i >= 2 && s.free(i, e) && (boundary(s.r, i, e) || s.countedName(i, e)) {
				end = e
			}
		})
		if it, e := ownAt(s.r, i, s.who.own); it != nil && e > end && s.free(i, e) {
			end = e
		}
		if end == i {
			i++
			continue
		}
		for k := i; k < end; k++ {
			out[k] = end
		}
		i = end
	}
	return out
}

// per reads the unit that a price is for: 一盒, /盒, 每盒.
func (s *scan) per(i int) (string, int) {
	r := s.r
	k := i
	if k+1 < len(r) && r[k] == ' ' && (r[k+1] == '/' || r[k+1] == '每') {
		k++
	}
	one := i > 0 && (r[i-1] == '块' || r[i-1] == '元') && k < len(r) && r[k] == '1' // 12块1盒
	if k >= len(r) || !strings.ContainsRune("一每/", r[k]) && !one {
		return "", i
	}
	k++
	if k < len(r) && r[k] == '一' {
		k++
	}
	if u := s.x.unitAt(r, k); u != "" {
		return u, k + len([]rune(u))
	}
	return "", i
}

var (
	priceWords = []string{"单价", "每个", "价格", "价钱", "给价", "价"}
	totalWords = []string{"总金额", "总价", "总额", "合计", "共计", "总计", "总共", "一共", "小计", "金额", "加起来", "共", "合"}
	oldPrice   = []string{"原来", "之前", "以前", "上次", "原价", "平时", "市场价", "别家", "人家", "他们"}
)

func (s *scan) findPrices(exact []int) {
	r := s.r
	lastAmount := -1 // where the last quantity or price ended
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		// sums: 合计150元, 共300盒, 一共4盒
		w := wordOf(r, i, totalWords)
		if w == "" && r[i] == '计' && i > 0 && (r[i-1] == ' ' || isBreak(r[i-1])) {
			w = "计" // 单价73 计1195
		}
		if len(w) == len("共") && i > 0 && s.x.vocabulary(r, i-1, len(r)) {
			w = "" // 百合10扎
		}
		if w != "" && exact[i] == 0 {
			k := i + len([]rune(w))
			for k < len(r) && strings.ContainsRune(" :是为计", r[k]) {
				k++
			}
			if m, ok := readMoney(r, k); ok && m.doubt == "" {
				to := m.to
				if u, e := s.unitAfter(to); u != "" && !m.marked {
					if s.claim(mark{kind: markSum, from: i, to: e, qty: quantity{value: m.value, unit: u, from: k, to: e}}) {
						i = e - 1
					}
					continue
				}
				if to >= len(r) || !isHan(r[to]) || m.marked || s.x.unitAt(r, to) == "" && (s.x.vocabulary(r, to, len(r)) || payer(r, to)) {
					if s.claim(mark{kind: markTotal, from: i, to: to, price: priceTag{value: m.value, from: k, to: to}}) {
						i = to - 1
					}
					continue
				}
			}
		}
		if w := wordOf(r, i, priceWords); w != "" && exact[i] == 0 {
			k := i + len([]rune(w))
			for k < len(r) && strings.ContainsRune(" :是为按算给", r[k]) {
				k++
			}
			if m, ok := readMoney(r, k); ok && s.free(i, m.to) {
				to := m.to
				if u := s.x.unitAt(r, to); u != "" && s.notMoney(r, to) {
					continue
				}
				per, e := s.per(to)
				if w == "每个" {
					per = "个"
				}
				s.price(i, e, m.tag(per, k))
				i = e - 1
				lastAmount = e
				continue
			}
		}
		// 每盒165, 一盒24块, 每台85元
		if (r[i] == '每' || r[i] == '一') && exact[i] == 0 {
			if u := s.x.unitAt(r, i+1); u != "" {
				k := i + 1 + len([]rune(u))
				for k < len(r) && strings.ContainsRune(" :是要算按", r[k]) {
					k++
				}
				// 3件 一件165
				beside := lastAmount >= 0 && lastAmount < i && strings.TrimSpace(string(r[lastAmount:i])) == "" && k < len(r) && isDigit(r[k]) && s.unitAfterMoney(k) == ""
				if m, ok := readMoney(r, k); ok && s.free(i, m.to) && (beside || m.marked || r[i] == '每' && s.x.unitAt(r, m.to) == "") && (beside || r[i] == '每' || s.priceBegins(i, m.to)) {
					s.price(i, m.to, m.tag(u, k))
					i = m.to - 1
					lastAmount = m.to
					continue
				}
			}
		}
		if e := s.product(i); e > i { // 40袋*22=880元
			i, lastAmount = e-1, e
			continue
		}
		if has(r, i, "按") || has(r, i, "@") {
			if m, ok := readMoney(r, skipSpace(r, i+1)); ok && s.free(i, m.to) && s.isReckoned(m.to, m.marked || r[i] == '@') {
				per, e := s.per(m.to)
				if e < len(r) && r[e] == '算' {
					e++
				}
				s.price(i, e, m.tag(per, i+1))
				i = e - 1
				lastAmount = e
				continue
			}
		}
		if isDigit(r[i]) && (i == 0 || !isAlnum(r[i-1]) && r[i-1] != '.') || !isDigit(r[i]) && numeralBegins(r, i) || r[i] == '¥' {
			if exact[i] > 0 && r[i] != '¥' {
				if isDigit(r[i]) {
					for i+1 < len(r) && (isDigit(r[i+1]) || r[i+1] == '.') {
						i++
					}
				}
				continue
			}
			m, ok := readMoney(r, i)
			to, marked := m.to, m.marked
			if !ok || !s.free(i, to) || m.cents && !marked {
				continue
			}
			per, e := s.per(to)
			after := lastAmount >= 0 && lastAmount <= i && strings.Trim(string(r[lastAmount:i]), " 不行要(") == "" || s.priceClause(lastAmount, i, e)
			switch {
			case marked && per != "", marked && r[to-1] != '块', marked && s.moneyPiece(to):
				s.price(i, e, m.tag(per, i))
				i, lastAmount = e-1, e
				continue
			case per != "" && to < len(r) && r[to] == '/' && !s.packing(i):
				s.price(i, e, m.tag(per, i))
				i, lastAmount = e-1, e
				continue
			case per != "" && e < len(r) && r[e] == ')' && s.bracketBegins(i): // 3箱(小桶54一桶)
				s.price(i, e, m.tag(per, i))
				i, lastAmount = e-1, e
				continue
			case per != "" && (after || says(string(r[max(0, i-4):i]), agreed)):
				s.price(i, e, priceTag{value: m.value, per: per, plain: true, doubt: m.doubt, from: i, to: to})
				i, lastAmount = e-1, e
				continue
			}
			if u, ue := s.unitAfter(to); u != "" {
				lastAmount = ue
			}
			if to > i {
				i = to - 1
			}
		}
	}
}

// payer tells whether what stands at r[i] says what becomes of a sum of money: 一共258我微信转你.
func payer(r []rune, i int) bool {
	return strings.ContainsRune("我咱微付打", r[i]) || wordOf(r, i, []string{"转你", "转给", "转过", "现结", "现付", "到付", "先付", "对吧", "对吗"}) != ""
}

// product is where a price and what it comes to end that begin with a sign of multiplication at r[i] behind a counted amount; i if
// none do.
func (s *scan) product(i int) int {
	r := s.r
	if r[i] != '*' && r[i] != 'x' || !s.amountEnds(i) {
		return i
	}
	price, ok := readMoney(r, skipSpace(r, i+1))
	if !ok || price.to >= len(r) {
		return i
	}
	k := skipSpace(r, price.to)
	if k >= len(r) || r[k] != '=' {
		return i
	}
	total, ok := readMoney(r, skipSpace(r, k+1))
	if !ok || !s.free(i, total.to) {
		return i
	}
	s.price(i, k, price.tag("", i+1))
	s.claim(mark{kind: markTotal, from: k, to: total.to, price: priceTag{value: total.value, from: k + 1, to: total.to}})
	return total.to
}

// bracketBegins tells whether the bracket that r[i] stands in begins not far before it, behind an amount.
func (s *scan) bracketBegins(i int) bool {
	for k := i - 1; k > 0 && i-k < 8; k-- {
		if s.r[k] == '(' {
			return s.amountEnds(k)
		}
		if isBreak(s.r[k]) {
			return false
		}
	}
	return false
}

// unitAfterMoney is the unit behind the number at r[i].
func (s *scan) unitAfterMoney(i int) string {
	m, ok := readMoney(s.r, i)
	if !ok {
		return ""
	}
	return s.x.unitAt(s.r, m.to)
}

// priceLeads may stand between an amount and a price that is a clause of its own.
var priceLeads = strings.Fields("都是 都按 都算 全是 全按 一律 统一 统一按 按 算 是 均 按说好的 按老价 按原价 按上次的 照旧 原来 之前 以前 上次 说好 说好的 还是 都 就 还按 还是按 价 价格 单价 这次 现在")

// agreed are words that end before a price: 润版液谈好了150一桶.
var agreed = strings.Fields("谈到 谈成 给到 压到 说到 谈好 说好 讲好 讲定 谈定 定好")

// priceClause tells whether r[i:e], a number and one of a unit, is a clause of its own right behind an amount: 6套,33一套. Whether goods
// are called so (6204两套,6205一套) is looked at when the goods before are known.
func (s *scan) priceClause(last, i, e int) bool {
	r := s.r
	if last < 0 || last >= i {
		return false
	}
	for _, w := range [...]string{"含税", "不含税", "未税", "带票", "开票", "到货价", "含运费", "含运", "包邮", "结算", "结", "算", "走", "拿", "报", "吧", "哈", "啊"} {
		if has(r, e, w) {
			e += len([]rune(w))
			break
		}
	}
	between := strings.Trim(string(r[last:i]), " ,")
	return (between == "" || slices.Contains(priceLeads, between)) && (e >= len(r) || isBreak(r[e]) || r[e] == ' ')
}

// packing tells whether the number at r[i] counts what a pack holds: 50/盒 beside a name.
func (s *scan) packing(i int) bool {
	return i > 0 && (isHan(s.r[i-1]) || isAlnum(s.r[i-1])) && s.owner[i-1] < 0 && !strings.ContainsRune("价按", s.r[i-1])
}

// moneyPiece tells whether 块 before r[to] is money rather than pieces.
func (s *scan) moneyPiece(to int) bool {
	if s.x.piece > 0 {
		return false
	}
	return to >= len(s.r) || !isHan(s.r[to])
}

func (s *scan) notMoney(r []rune, to int) bool {
	return isDigit(r[to-1]) && s.x.unitAt(r, to) != "" && !strings.ContainsRune("块元", r[to])
}

// price records a price, or that one was only spoken about.
func (s *scan) price(from, to int, p priceTag) {
	kind := markPrice
	if !p.value.IsPositive() && p.doubt == "" { // a gift, if it is said to be one
		kind = markNoise
	}
	start := from
	for start > 0 && from-start < 6 && !isBreak(s.r[start-1]) {
		start--
	}
	before := string(s.r[start:from])
	for _, w := range oldPrice {
		if strings.Contains(before, w) {
			kind = markNoise
		}
	}
	for _, w := range [...]string{"便宜", "少", "让", "降", "减", "抹", "省", "返", "补", "贵", "优惠", "便宜个", "少个", "让个", "加价", "搬运费", "运费", "上楼费", "定金", "押金"} {
		if strings.HasSuffix(before, w) {
			kind = markNoise // 每根便宜两毛
		}
	}
	after := string(s.r[to:min(len(s.r), to+4)])
	for _, w := range [...]string{"不行", "太贵", "贵了", "不要", "不干", "起", "以上", "以下", "的不要"} {
		if strings.HasPrefix(strings.TrimSpace(after), w) {
			kind = markNoise
		}
	}
	s.claim(mark{kind: kind, from: from, to: to, price: p})
}

func wordOf(r []rune, i int, words []string) string {
	for _, w := range words {
		if has(r, i, w) {
			return w
		}
	}
	return ""
}

// findDeals recognises 买10送1 and 满四箱.
func (s *scan) findDeals() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		if d, to, ok := s.dealBare(i); ok && s.claim(mark{kind: markDeal, from: i, to: to, deal: d}) {
			i = to - 1
			continue
		}
		if r[i] == '买' || r[i] == '满' || r[i] == '每' {
			n, ok := readNumeral(r, skipSpace(r, i+1))
			if !ok || n.more || !n.value.IsPositive() {
				continue
			}
			u, k := s.unitAfter(n.to)
			for k < len(r) && (r[k] == ' ' || r[k] == ',' || r[k] == '就') {
				k++
			}
			if k < len(r) && (r[k] == '送' || r[k] == '赠' || r[k] == '搭') {
				g, ok := readNumeral(r, skipSpace(r, k+1))
				if ok && !g.more && (r[i] == '买' || r[i] == '每' && s.sameUnit(u, g.to)) && n.value.IsInteger() && g.value.IsInteger() {
					_, e := s.unitAfter(g.to)
					if s.claim(mark{kind: markDeal, from: i, to: e, deal: [2]int64{n.value.IntPart(), g.value.IntPart()}}) {
						i = e - 1
						continue
					}
				}
			}
			if r[i] == '满' && u != "" {
				e := n.to + len([]rune(u))
				s.claim(mark{kind: markNoise, from: i, to: e})
				i = e - 1
			}
		}
	}
}

// dealBare reads 十送一 in 十送一的活动, without 买 and units.
func (s *scan) dealBare(i int) (deal [2]int64, to int, ok bool) {
	r := s.r
	if !isDigit(r[i]) && !isHanNumeral(r[i]) || i > 0 && (isAlnum(r[i-1]) || isHanNumeral(r[i-1])) {
		return deal, i, false
	}
	n, ok := readNumeral(r, i)
	if !ok || n.more || !n.value.IsInteger() || n.to+1 >= len(r) || r[n.to] != '送' && r[n.to] != '赠' {
		return deal, i, false
	}
	g, ok := readNumeral(r, n.to+1)
	if !ok || g.more || !g.value.IsInteger() || !g.value.IsPositive() || !n.value.GreaterThan(g.value) || !has(r, g.to, "的活动") && !has(r, g.to, "活动") && !has(r, g.to, "的政策") && !has(r, g.to, "政策") {
		return deal, i, false
	}
	return [2]int64{n.value.IntPart(), g.value.IntPart()}, g.to, true
}

// areas are the units of an area.
var areas = strings.Fields("平 平方 平方米 平米 m2 ㎡")

// sameUnit tells whether the unit at r[i] is u and no goods of their own follow it: 每十箱送一箱.
func (s *scan) sameUnit(u string, i int) bool {
	g, e := s.unitAfter(i)
	return u != "" && g == u && (e >= len(s.r) || isBreak(s.r[e]) || s.r[e] == ' ' || strings.ContainsRune("是的吧哈嘛对", s.r[e]))
}

func (s *scan) findQuantities(exact []int) {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		c := r[i]
		digit := isDigit(c)
		if !numeralBegins(r, i) {
			if u := s.oneOf(i); u != "" {
				e := i + len([]rune(u))
				s.claim(mark{kind: markQty, from: i, to: e, qty: quantity{value: decimal.New(1, 0), unit: u, from: i, to: e}})
				i = e - 1
				continue
			}
			// *50 after a code or a name
			if n, ok := s.starAfterSize(i); ok {
				s.claim(mark{kind: markQty, from: i, to: n.to, qty: quantity{value: n.value, bare: true, star: true, from: i, to: n.to}})
				i = n.to - 1
				continue
			}
			if k := skipSpace(r, i+1); (c == '*' || c == 'x') && i > 0 && k < len(r) && isDigit(r[k]) && (k == i+1 || r[i-1] == ' ') && (exact[i-1] == i || isHan(r[i-1]) || r[i-1] == ')' || r[i-1] == ' ') && exact[i] == 0 {
				n, ok := readDigits(r, k)
				if u, _ := s.unitAfter(n.to); ok && u == "" && !s.sizeAcross(i, n.to) && (n.to >= len(r) || !isAlnum(r[n.to]) && !isHan(r[n.to])) {
					s.claim(mark{kind: markQty, from: i, to: n.to, qty: quantity{value: n.value, bare: true, star: true, from: i, to: n.to}})
				}
			}
			continue
		}
		if digit && i > 0 && isLetter(r[i-1]) {
			if q, ok := s.sizedCount(i); ok {
				s.claim(mark{kind: markQty, from: i, to: q.to, qty: q})
				i = q.to - 1
				continue
			}
		}
		if digit && i > 0 && (isAlnum(r[i-1]) || r[i-1] == '.' && i > 1 && isAlnum(r[i-2])) {
			named := exact[i-1] == i && isLetter(r[i-1]) // PAC5吨: the name ends here
			if !named && (r[i-1] != 'x' || (i <= 1 || isAlnum(r[i-2])) && !s.starred(i)) {
				if exact[i] > i { // JH20511x12箱: the name ends before the x
					i = exact[i] - 1
				} else {
					i = skipDigits(r, i)
				}
				continue
			}
		}
		if i > 0 && (r[i-1] == '第' || c == '一' && strings.ContainsRune("统唯专逐单", r[i-1])) {
			continue
		}
		n, ok := s.countAt(i)
		if !ok {
			continue
		}
		k := n.to
		if k < len(r) && r[k] == ' ' && s.x.unitAt(r, k+1) != "" && !s.spaceBreaks(k) && (n.bare || s.unitAlone(k+1)) {
			k++
		}
		if c := r[n.to-1]; (c == 'w' || c == 'k') && len(s.x.bearing(string(r[i:n.to]))) > 0 && !s.thousands(i, n) {
			i = n.to - 1
			continue // 7W筒灯
		}
		u := s.x.unitAt(r, k)
		if u == "两" && k+1 < len(r) && strings.ContainsRune("寸号级", r[k+1]) { // 40 两寸的8
			u = ""
		}
		if u == "两" && s.x.unitAt(r, k+1) != "" {
			if u = ""; n.han && n.value.Equal(decimal.New(1, 0)) { // 一两箱
				n.more, k = true, k+1
				u = s.x.unitAt(r, k)
			}
		}
		if u == "" && (s.thousands(i, n) || s.couple(i, n)) {
			s.claim(mark{kind: markQty, from: i, to: n.to, qty: quantity{value: n.value, bare: true, from: i, to: n.to}})
			i = n.to - 1
			continue
		}
		if u == "" || !s.free(i, k+len([]rune(u))) {
			i = max(i, n.to-1)
			if !digit {
				i = max(i, n.to-1)
			}
			continue
		}
		e := k + len([]rune(u))
		// part of a product's name
		if end := exact[i]; end >= e {
			i = end - 1
			continue
		} else if end > i && (i == 0 || exact[i-1] == end) && digit && s.quantityAfter(e) {
			i = n.to - 1
			continue
		} else if end > i && end < n.to && !digit {
			continue
		} else if end == n.to && (i == 0 || exact[i-1] != end) {
			// 84两箱: the number is a name of its own
			i = n.to - 1
			continue
		}
		if isHan(c) && s.x.vocabulary(r, n.to-1, len(r)) && e < len(r) && s.x.vocabulary(r, e-1, len(r)) && s.x.bears(r[n.to-1], r[n.to]) {
			i = e - 1
			continue // 四件套
		}
		if digit && e < len(r) && isHan(r[e]) && s.x.bears(r[e-1], r[e]) && s.quantityAfter(e) && meet(s.x.pair(gram(r[e-1], r[e])), s.x.bearing("*"+trim(n.value))) {
			i = e - 1
			continue // 80双胶6令
		}
		if isHan(c) && n.to < len(r) && s.x.bears(r[n.to-1], r[n.to]) && s.quantityAfter(e) && (len([]rune(u)) > 1 || s.x.sold[u] == 0) {
			i = e - 1
			continue // 四件套3箱
		}
		if (u == "平" || u == "平方") && e < len(r) && r[e] != ' ' && !isBreak(r[e]) && !slices.ContainsFunc(areas, func(a string) bool { return s.x.sold[a] > 0 }) {
			i = e - 1
			continue // 4平红线: the section of a cable, where nothing is sold by its area
		}
		if d, isDigit := hanDigit(r, e); u == "米" && isHan(c) && isDigit && d > 0 && e+1 < len(r) && (r[e+1] == '的' || r[e+1] == '床') {
			i = e
			continue // 一米八的
		}
		if u == "个" && isHan(c) && e < len(r) && isDigit(r[e]) && s.x.bears(r[n.to-1], r[n.to]) {
			i = e - 1
			continue // 三个15
		}
		if digit && isLetter(r[n.to-1]) && e < len(r) && s.x.vocabulary(r, n.to, len(r)) {
			if tok, ok := readSpec(r, i, n.to); ok && s.x.isSize(&tok) {
				i = e - 1
				continue // 5W筒灯
			}
		}
		if e < len(r) && r[e] == '/' && !s.slashQuantity(e) {
			i = e - 1
			continue // 50只/盒
		}
		q := quantity{value: n.value, unit: u, more: n.more, from: i, to: e, size: sizeUnits[u]}
		if has(r, e, "多") {
			q.more = true
		}
		s.halves(&q, e)
		e = q.to
		from := i
		if i > 0 && (r[i-1] == '*' || r[i-1] == 'x') && s.owner[i-1] < 0 {
			from, q.star = i-1, true
		} else if i > 2 && r[i-1] == ' ' && (r[i-2] == '*' || r[i-2] == 'x') && (r[i-3] == ' ' || isHan(r[i-3]) || r[i-3] == ')') && s.owner[i-2] < 0 {
			from, q.star = i-2, true
		}
		q.spec = e < len(r) && (r[e] == '的' || r[e] == '装' || r[e] == '款' || r[e] == '型')
		if q.value.GreaterThan(decimal.New(1, 12)) {
			continue
		}
		s.claim(mark{kind: markQty, from: from, to: e, qty: q})
		i = e - 1
	}
	s.joinSpans()
	s.joinQuantities()
}

// oneOf is the unit at r[i] that stands between a verb of ordering and goods that come by it, and means one: 再来包钢丝球, 再捎桶油.
func (s *scan) oneOf(i int) string {
	r := s.r
	if i < 2 || !strings.ContainsRune("来捎带拿要加补送搞配", r[i-1]) || s.owner[i-1] >= 0 || !strings.ContainsRune("再还另便外给 ,。;\n", r[i-2]) && (i < 3 || !has(r, i-3, "顺便")) {
		return ""
	}
	u := s.x.unitAt(r, i)
	e := i + len([]rune(u))
	if u == "" || sizeUnits[u] || !s.free(i, e) || s.exact[i] > i || e+1 >= len(r) || !isHan(r[e]) && !isDigit(r[e]) || s.x.vocabulary(r, i-1, len(r)) || s.x.vocabulary(r, e-1, len(r)) || s.x.sold[u] == 0 {
		return ""
	}
	for isDigit(r[e]) && e+1 < len(r) { // 再捎桶46号油
		e++
	}
	if s.nameAt(e) || s.x.vocabulary(r, e, len(r)) || s.x.vocabulary(r, e+1, len(r)) {
		return u
	}
	return ""
}

// joinSpans makes one of 3箱到5箱, which is no certain number.
func (s *scan) joinSpans() {
	for k := range s.marks {
		a := &s.marks[k]
		if a.kind != markQty || a.to >= len(s.r) || !strings.ContainsRune("至到~-", s.r[a.to]) || s.owner[a.to] >= 0 {
			continue
		}
		b := s.at(a.to + 1)
		if b == nil || b.kind != markQty || b.from != a.to+1 || b.qty.unit != a.qty.unit || a.qty.size || a.qty.bare || b.qty.bare || !b.qty.value.GreaterThan(a.qty.value) {
			continue
		}
		a.qty.more = true
		for i := a.to; i < b.to; i++ {
			s.owner[i] = k
		}
		a.to, a.qty.to = b.to, b.to
		b.from, b.to = 0, 0
	}
}

// halves adds what is said behind the unit at r[e:]: 一箱半, 三升半, 一吨二, 5斤3.
func (s *scan) halves(q *quantity, e int) {
	r := s.r
	if e >= len(r) || q.more {
		return
	}
	ends := e+1 >= len(r) || isBreak(r[e+1]) || isSpace(r[e+1])
	d, tenth := hanDigit(r, e)
	if isDigit(r[e]) {
		d, tenth = int64(r[e]-'0'), true
	}
	switch {
	case r[e] == '半' && !q.size && (e+1 >= len(r) || !isUnitRune(s, e+1) || has(r, e+1, "对了")), r[e] == '半' && ends:
		q.value = q.value.Add(decimal.New(5, -1))
	case tenth && d > 0 && ends && strings.Contains("吨 斤 公斤", q.unit) && q.value.IsInteger():
		q.value = q.value.Add(decimal.New(d, -1))
	default:
		return
	}
	q.to = e + 1
}

// countAt reads how many are counted at r[i]: a number, a fraction (.5, 1/2, 1 1/2) or a span (3-5, 三到五), which is no certain number.
func (s *scan) countAt(i int) (numeral, bool) {
	r := s.r
	n, ok := readNumeral(r, i)
	if !ok || n.more {
		return n, ok
	}
	counted := func(m numeral) bool {
		u, _ := s.unitAfter(m.to)
		return u != "" && !sizeUnits[u]
	}
	if i > 0 && r[i-1] == '.' && n.bare && counted(n) { // .5箱; after a word it may as well be a full stop
		if m, _, ok := literal(append([]rune{'0', '.'}, r[i:min(len(r), n.to)]...), 0); ok && !strings.ContainsRune(string(r[i:n.to]), '.') {
			n.value, n.more = m, i > 1 && !isSpace(r[i-2]) && !isBreak(r[i-2])
		}
		return n, true
	}
	k := n.to
	if n.bare && n.value.IsInteger() && k+1 < len(r) && r[k] == ' ' && isDigit(r[k+1]) { // 1 1/2
		if m, ok := s.fraction(k+1, counted); ok {
			return numeral{value: n.value.Add(m.value), to: m.to}, true
		}
	}
	if m, ok := s.fraction(i, counted); ok {
		return m, true
	}
	if k < len(r) && strings.ContainsRune("-~至到", r[k]) && (i == 0 || !isAlnum(r[i-1]) && !strings.ContainsRune(".-/*x", r[i-1])) {
		if m, ok := readNumeral(r, k+1); ok && m.value.GreaterThan(n.value) && m.bare == n.bare && counted(m) {
			m.more = true
			return m, true
		}
	}
	return n, true
}

// fraction reads 1/2, which counts goods if it is less than one.
func (s *scan) fraction(i int, counted func(numeral) bool) (numeral, bool) {
	r := s.r
	a, to, ok := literal(r, i)
	if !ok || to+1 >= len(r) || r[to] != '/' || !isDigit(r[to+1]) || i > 0 && (isAlnum(r[i-1]) || strings.ContainsRune("/.-", r[i-1])) {
		return numeral{}, false
	}
	b, e, ok := literal(r, to+1)
	n := numeral{to: e}
	if !ok || !b.GreaterThan(a) || !a.IsPositive() || b.GreaterThan(decimal.New(100, 0)) || !counted(n) {
		return numeral{}, false
	}
	n.value = a.DivRound(b, 6)
	return n, true
}

// sizeAcross tells whether goods bear the numbers around the sign at r[i], up to r[to], as one size: 20*2.65.
func (s *scan) sizeAcross(i, to int) bool {
	from := i
	for from > 0 && (isDigit(s.r[from-1]) || s.r[from-1] == '.') {
		from--
	}
	if from == i {
		return false
	}
	tok, ok := readSpec(s.r, from, to)
	return ok && tok.to == to && slices.ContainsFunc(tok.askKeys(), func(k string) bool { return len(s.x.bearing(k)) > 0 })
}

// starAfterSize reads the count behind a size that ends in letters and digits: C16*24. No goods may bear both as one size.
func (s *scan) starAfterSize(i int) (numeral, bool) {
	r := s.r
	if r[i] != '*' || i+1 >= len(r) || !isDigit(r[i+1]) || i == 0 || !isDigit(r[i-1]) {
		return numeral{}, false
	}
	from := i
	for from > 0 && isAlnum(r[from-1]) {
		from--
	}
	n, ok := readDigits(r, i+1)
	if !ok || !isLetter(r[from]) || n.to < len(r) && r[n.to] != ' ' && !isBreak(r[n.to]) {
		return numeral{}, false
	}
	left, ok := readSpec(r, from, i)
	if !ok || left.to != i || len(s.x.bearing(left.keys[0])) == 0 {
		return numeral{}, false
	}
	whole, ok := readSpec(r, from, n.to)
	if !ok {
		return numeral{}, false
	}
	for _, k := range whole.askKeys() {
		if len(s.x.bearing(k)) > 0 {
			return numeral{}, false
		}
	}
	return n, true
}

// sizedCount reads a quantity written right behind a size: 白M100黑L50. No goods may bear the letters with the number.
func (s *scan) sizedCount(i int) (quantity, bool) {
	r := s.r
	k := i
	for k > 0 && i-k < 5 && isLetter(r[k-1]) {
		k--
	}
	size, ok := sizeLetters[string(r[k:i])]
	if !ok || k > 0 && !isHan(r[k-1]) && r[k-1] != ' ' && !isBreak(r[k-1]) && s.owner[k-1] < 0 || len(s.x.bearing("size:"+size)) == 0 {
		return quantity{}, false
	}
	n, ok := readDigits(r, i)
	if !ok || n.more || n.to-i > 4 || !n.value.IsInteger() || !n.value.IsPositive() || len(s.x.bearing(string(r[k:n.to]))) > 0 {
		return quantity{}, false
	}
	u, e := s.unitAfter(n.to)
	if u == "" {
		e = n.to
		if e < len(r) && (isAlnum(r[e]) || strings.ContainsRune(".*/-", r[e])) || s.quantityAfter(e) {
			return quantity{}, false
		}
	}
	return quantity{value: n.value, unit: u, bare: u == "", from: i, to: e}, true
}

// couple tells that 俩, or a number right behind 再加, stands for so many of what is spoken of.
func (s *scan) couple(i int, n numeral) bool {
	r := s.r
	if i > 0 && (r[i] == '俩' || r[i] == '仨') && strings.ContainsRune("配送", r[i-1]) && n.to == i+1 && s.free(i, n.to) {
		return true // 每台配俩8T监控盘
	}
	if n.more || i == 0 || !s.free(i, n.to) || s.exact[i] > i || n.to < len(r) && !isBreak(r[n.to]) && r[n.to] != ' ' && r[n.to] != '吧' {
		return false
	}
	j := i
	for j > 0 && r[j-1] == ' ' {
		j--
	}
	for _, w := range [...]string{"再加", "再来", "再要", "加到", "改成", "改为", "改", "减到", "先来", "先要", "先发", "先送", "先拿", "先到"} {
		if k := len([]rune(w)); j >= k && has(r, j-k, w) && (j == i || !strings.HasPrefix(w, "先")) {
			return true
		}
	}
	return (r[i] == '俩' || r[i] == '仨') && strings.ContainsRune("来要拿加给各", r[i-1])
}

// namedWith tells whether the name that ends at r[:to] is that of a product with the size t.
func (s *scan) namedWith(t *specToken, to int) bool {
	from := to
	for from > 0 && s.exact[from-1] == to {
		from--
	}
	n, e := s.x.names.longest(s.r, from)
	if n == nil || e != to {
		return false
	}
	key, _ := s.x.tokenID(t.askKeys()[0])
	return slices.ContainsFunc(n.ids, func(id int32) bool {
		_, ok := s.x.products[id].bears(key)
		return ok
	})
}

// thousands tells whether 20k at r[i] counts the goods named right before it, and is no size of theirs.
func (s *scan) thousands(i int, n numeral) bool {
	r := s.r
	if n.han && !n.more && n.to-i >= 2 && n.value.GreaterThanOrEqual(decimal.NewFromInt(100)) && i > 1 && isHan(r[i-1]) && (n.to >= len(r) || r[n.to] == ' ' || isBreak(r[n.to])) {
		return s.free(i, n.to) && s.exact[i] <= i && !s.x.vocabulary(r, i-1, len(r)) && (s.exact[i-1] == i || s.x.vocabulary(r, i-2, i)) // 标砖一万
	}
	if isDigit(r[i]) && !n.bare && !n.more && i > 1 && strings.ContainsAny(string(r[i:n.to]), "百千万") && (isHan(r[i-1]) || r[i-1] == ' ') && (n.to >= len(r) || r[n.to] == ' ' || isBreak(r[n.to])) {
		return s.free(i, n.to) && s.exact[i] <= i // 标砖2.5万
	}
	if c := r[n.to-1]; c != 'k' && c != 'w' || i < 2 || r[i-1] != ' ' || !s.free(i, n.to) || s.exact[i] > i {
		return false
	}
	if n.to < len(r) && r[n.to] != ' ' && r[n.to] != '/' && !isBreak(r[n.to]) {
		return false
	}
	if tok, ok := readSpec(r, i, n.to); ok && s.x.isSize(&tok) && (s.quantityAfter(n.to) || s.namedWith(&tok, i-1)) {
		return false // LED筒灯 5W 7只
	}
	return s.exact[i-2] == i-1 || len(s.x.bearing(string(r[i:n.to]))) == 0 && !s.quantityAfter(n.to)
}

func isUnitRune(s *scan, i int) bool { return s.x.unitAt(s.r, i) != "" }

func skipDigits(r []rune, i int) int {
	for i+1 < len(r) && (isAlnum(r[i+1]) || r[i+1] == '.') {
		i++
	}
	return i
}

// starred tells that x before r[i] multiplies: 50x2箱.
func (s *scan) starred(i int) bool {
	n, ok := readDigits(s.r, i)
	if !ok {
		return false
	}
	u := s.x.unitAt(s.r, n.to)
	return u != "" && !sizeUnits[u]
}

// spaceBreaks tells that the space after a number parts it from the unit word.
func (s *scan) spaceBreaks(k int) bool {
	u := s.x.unitAt(s.r, k+1)
	e := k + 1 + len([]rune(u))
	return e < len(s.r) && isHan(s.r[e]) && s.x.vocabulary(s.r, e-1, len(s.r))
}

// quantityAfter tells whether another quantity follows in the clause at r[i:].
func (s *scan) quantityAfter(i int) bool {
	r := s.r
	for ; i < len(r) && !strings.ContainsRune(",。;\n!?", r[i]); i++ {
		if isDigit(r[i]) && !isAlnum(r[i-1]) || !isDigit(r[i]) && numeralBegins(r, i) {
			if n, ok := readNumeral(r, i); ok {
				if u := s.x.unitAt(r, n.to); u != "" && !sizeUnits[u] {
					return true
				}
			}
		}
	}
	return false
}

// slashQuantity tells that a slash after a quantity only parts it from the next item.
func (s *scan) slashQuantity(i int) bool {
	return s.x.unitAt(s.r, i+1) == "" || s.nameAt(i+1)
}

// joinQuantities makes one of 2箱零3盒 and 3斤5两.
func (s *scan) joinQuantities() {
	r := s.r
	for k := range s.marks {
		a := &s.marks[k]
		if a.kind != markQty || a.qty.bare || a.from == a.to {
			continue
		}
		for {
			j := a.to
			glue := j
			for glue < len(r) && s.owner[glue] < 0 && (r[glue] == ' ' && glue > j || r[glue] == '零' || r[glue] == '又' || r[glue] == '加' || r[glue] == '另') {
				glue++
			}
			b := s.at(glue)
			if b == nil || b.kind != markQty || b.from != glue || sameUnit(b.qty.unit, a.qty.unit) || b.qty.bare || b.qty.spec || a.qty.spec {
				break
			}
			if glue == j && (a.qty.size != b.qty.size) {
				break
			}
			if tok, ok := readSpec(r, a.from, a.to); ok && glue == j && tok.to == a.to && s.x.sold[a.qty.unit] == 0 && s.x.isSize(&tok) {
				break // 二段6罐
			}
			a.qty.rest = append(a.qty.rest, b.qty)
			to := b.to
			for i := a.to; i < to; i++ {
				s.owner[i] = k
			}
			a.to, a.qty.to = to, to
			b.from, b.to = 0, 0
		}
	}
}

// priceBegins tells that 一盒 at r[i] begins a price rather than being the quantity itself.
func (s *scan) priceBegins(i, to int) bool {
	if _, e := s.per(to); e > to {
		return false
	}
	if i == 0 || isBreak(s.r[i-1]) {
		return true
	}
	start := i
	for start > 0 && !strings.ContainsRune(",。;\n!?", s.r[start-1]) {
		start--
	}
	return s.quantityIn(start, i)
}

// unitAlone tells whether the unit word at r[i] stands by itself.
func (s *scan) unitAlone(i int) bool {
	e := i + len([]rune(s.x.unitAt(s.r, i)))
	return e >= len(s.r) || isBreak(s.r[e]) || s.r[e] == ' '
}

// unitAfter is the unit word at r[i], or after one space, with where it ends.
func (s *scan) unitAfter(i int) (string, int) {
	if i < len(s.r) && s.r[i] == ' ' && s.x.unitAt(s.r, i+1) != "" && !s.spaceBreaks(i) {
		i++
	}
	u := s.x.unitAt(s.r, i)
	return u, i + len([]rune(u))
}

func skipSpace(r []rune, i int) int {
	for i < len(r) && r[i] == ' ' {
		i++
	}
	return i
}

// isReckoned tells whether a number after 按 is a price: 按22算, 按152一箱算.
func (s *scan) isReckoned(to int, marked bool) bool {
	_, e := s.per(to)
	return marked || e < len(s.r) && (s.r[e] == '算' || s.r[e] == '走') || e > to && (e >= len(s.r) || isBreak(s.r[e]))
}

// countedName tells whether a quantity follows directly on the letters of a name: PAC5吨.
func (s *scan) countedName(i, e int) bool {
	if e >= len(s.r) || !isLetter(s.r[e-1]) || !isDigit(s.r[e]) || i > 0 && isAlnum(s.r[i]) && isAlnum(s.r[i-1]) {
		return false
	}
	n, ok := readDigits(s.r, e)
	u, _ := s.unitAfter(n.to)
	return ok && u != ""
}
