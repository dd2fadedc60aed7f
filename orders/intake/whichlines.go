package intake

import (
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Lines of a draft that are meant without naming their goods, and what becomes of them: 第二个改成5箱, 都减一台, 最后一个不要,
// 两样都翻倍, 改成5台.
var (
	oneLine = regexp.MustCompile(`^(?:把|那|就|请)*(?:第([0-9一二两三四五六七八九十]{1,2})(?:个|行|项|条|样|种|款|组)?|(最后一?(?:个|行|项|条|样|种)))(?:那个|那行|那条|的|货|数量)*`)
	allLine = regexp.MustCompile(`^(?:把|那|就|请)*(?:这|那)?(?:([0-9一二两三四五六七八九十几]+)(?:个|样|种|款|项|行|条))?(?:全部都|全都|全部|统统|通通|一律|每样|每种|每个|每款|各自|都|均|各)(?:那个|的|数量)*`)

	// countHow says of the counts of a draft what becomes of them, and of no line: 数量翻倍, 数量都翻倍.
	countHow = regexp.MustCompile(`^(?:把|那|就|请)*(?:数量|件数)(?:给我|要)?(全部都|全都|全部|统统|都)?(翻倍|翻一倍|加倍|乘2|减半|减一半|砍半)(?:吧|了|哈|啊)*$`)

	lineSet   = regexp.MustCompile(`^(?:给我)?(?:改成|改为|改到|改要|改|换成|变成|变为|变|调成|调到|加到|减到|降到|就要|只要|要|就|来|拿)`)
	lineMore  = regexp.MustCompile(`^(?:给我)?(?:再?增加|再?追加|再?加上|再?多加|再?加|再?多要|再?多来|再?多拿|再?多|再?补|再?添)`)
	lineLess  = regexp.MustCompile(`^(?:给我)?(?:再?减少|再?减去|再?减掉|再?减|再?少要|再?少拿|再?少|去掉|砍掉|砍|扣掉)`)
	lineGone  = regexp.MustCompile(`^(?:都|全)?(?:先?不要了?|取消|删掉|删了|删除|删|去掉|划掉|拿掉|撤掉|先?不用了?)(?:吧|了|哈|啊|算了)*$`)
	onlyThese = regexp.MustCompile(`^(?:那|就|我)*(?:就要|只要|只留)([^\s,，]+?)(?:吧|了|就行|就好|就可以|其他不要)*$`)
	lineHow   = regexp.MustCompile(`^(?:都|给我)?(翻倍|翻一倍|加倍|乘2|减半|减一半|一半|砍半)(?:吧|了|哈|啊)*$`)
)

// scaleOf is the change that such a word means.
func scaleOf(word string) string {
	if strings.ContainsAny(word, "翻加乘") {
		return "twice"
	}
	return "half"
}

// whichLines does what a clause says of lines of the draft that it does not name; false where it is no such clause.
func (b *builder) whichLines(els []el, from, to int) bool {
	if b.base == 0 || slices.ContainsFunc(b.items[:b.base], func(it *wanted) bool { return it.res.product < 0 }) {
		return false // what is asked about has an answer first: 第二个
	}
	text := strings.TrimSpace(string(b.s.r[from:to]))
	lines := slices.DeleteFunc(slices.Clone(b.items[:b.base]), func(it *wanted) bool { return it.gift })
	if m := onlyThese.FindStringSubmatch(text); m != nil && !hasQty(els) {
		at := index(b.s.r, from, to, m[1])
		end := at + len([]rune(m[1]))
		goods := b.mention(at, end)
		kept := b.find(goods)
		if len(kept) == 0 || len(kept) == len(lines) || !b.s.free(at, end) || slices.ContainsFunc(kept, func(it *wanted) bool {
			c := b.s.x.cover(it.res.product, goods)
			return goods.content()&^(c.strong|c.weak) != 0 || goods.filler != 0 // 只要新鲜的土豆 takes nothing away
		}) {
			return false
		}
		for _, it := range lines {
			if !slices.Contains(kept, it) {
				b.remove(it)
			}
		}
		return true
	}
	if m := countHow.FindStringSubmatch(text); m != nil && len(lines) > 1 {
		if m[1] == "" { // the last line's, or all?
			b.unclear = true
			return true
		}
		for _, it := range lines {
			b.scale(it, scaleOf(m[2]))
		}
		return true
	}
	var of []*wanted
	var rest, which string
	if m := oneLine.FindStringSubmatch(text); m != nil {
		k := len(b.items[:b.base])
		if m[1] != "" {
			n, ok := readNumeral([]rune(m[1]), 0)
			if !ok {
				return false
			}
			k = int(n.value.IntPart())
		}
		if k < 1 || k > b.base {
			return false
		}
		of, which = b.items[k-1:k:k], m[0]
	} else if m := allLine.FindStringSubmatch(text); m != nil && len(lines) > 1 {
		of, which = lines, m[0]
		if n, ok := readNumeral([]rune(m[1]), 0); m[1] != "" && m[1] != "几" && (!ok || !n.value.Equal(decimal.NewFromInt(int64(len(lines))))) {
			b.unclear = true // 这两样, of four
			return true
		}
	} else {
		return false
	}
	rest = strings.TrimSpace(text[len(which):])
	behind := skipSpace(b.s.r, from) + len([]rune(which))
	var amounts []quantity
	for _, e := range els {
		if e.kind == elMark && e.mark.kind == markQty && e.mark.qty.from >= behind {
			amounts = append(amounts, e.mark.qty)
		}
	}
	of = slices.Clone(of)
	switch how := lineHow.FindStringSubmatch(rest); {
	case how != nil:
		for _, it := range of {
			b.scale(it, scaleOf(how[1]))
		}
		return true
	case lineGone.MatchString(rest):
		for _, it := range of {
			b.remove(it)
		}
		return true
	case len(amounts) != 1 || amounts[0].more || amounts[0].none || len(amounts[0].rest) > 0:
		return false
	}
	q := amounts[0]
	sign := decimal.Zero
	var m string
	if m = lineMore.FindString(rest); m != "" && !strings.HasSuffix(m, "到") {
		sign = decimal.New(1, 0)
	} else if m = lineLess.FindString(rest); m != "" {
		sign = decimal.New(-1, 0)
	}
	if s := lineSet.FindString(rest); len(s) > len(m) {
		m, sign = s, decimal.Zero
	}
	said, ok := strings.CutPrefix(strings.TrimSpace(rest[len(m):]), string(b.s.r[q.from:q.to]))
	if m == "" || !ok || strings.Trim(said, "吧了哈啊呀哦即可就行够好 ") != "" {
		return false
	}
	for _, it := range of {
		if !q.bare && !sameUnit(q.unit, it.unitSaid()) && !sign.IsZero() {
			return false
		}
	}
	for _, it := range of {
		to := q
		if !sign.IsZero() {
			if to.value, to.unit = it.q.value.Add(sign.Mul(q.value)), it.unitSaid(); to.value.IsZero() {
				b.remove(it)
				continue
			}
		}
		it.setQuantity(to)
		b.touch(it)
	}
	return true
}

// notThis corrects an amount: 并网箱不是3台,是2台; 不是3台是2台, where one line has 3.
func (b *builder) notThis(els []el, from, to int) bool {
	at := index(b.s.r, from, to, "不是")
	if b.base == 0 || at < 0 {
		return false
	}
	k := slices.IndexFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind == markQty && e.from == at+2 })
	if k < 0 {
		return false
	}
	was := els[k].mark.qty
	of := slices.DeleteFunc(slices.Clone(b.items[:b.base]), func(it *wanted) bool {
		return it.gift || !it.q.value.Equal(was.value) || !was.bare && !sameUnit(was.unit, it.unitSaid())
	})
	if f, t, ok := wordSpan(els[:k]); ok && b.contentAt(f, t) {
		of = b.find(b.mention(f, t))
	}
	if len(of) != 1 {
		return false
	}
	b.pending = of[0]
	for _, e := range els[k+1:] {
		if e.kind == elMark && e.mark.kind == markQty && (e.mark.qty.bare || sameUnit(e.mark.qty.unit, of[0].unitSaid())) {
			of[0].setQuantity(e.mark.qty)
			b.touch(of[0])
			b.pending = nil
			break
		}
	}
	return true
}

// oneIn is the one line of the draft that is counted in the unit of an amount, nil where there are none or several.
func (b *builder) oneIn(q quantity) *wanted {
	var of *wanted
	for _, it := range b.items[:b.base] {
		if it.gift || !q.bare && !sameUnit(q.unit, it.unitSaid()) {
			continue
		}
		if of != nil {
			return nil
		}
		of = it
	}
	return of
}

// noPrice are words beside a price that is not the order's.
var noPrice = strings.Fields("市场 别家 人家 上次 上回 原来 以前 之前 平时 他们 便宜")

// priceOnly gives the one line of the draft that a clause names the price that it says: 逆变器按6000一台.
func (b *builder) priceOnly(els []el) bool {
	k := slices.IndexFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind == markPrice })
	if b.base == 0 || k < 0 || hasQty(els) || hasKind(els, markGift) || strings.ContainsAny(string(b.s.r), "?吗怎咋涨贵") || says(string(b.s.r), noPrice) {
		return false
	}
	of := b.items[:b.base]
	if f, t, ok := wordSpan(els[:k]); ok && b.contentAt(f, t) {
		of = b.find(b.mention(f, t))
	} else if ok && strings.Trim(string(b.s.r[f:t]), "就按单价格钱算 ") != "" {
		return false
	}
	if len(of) != 1 || of[0].res.product < 0 || !slices.Contains(b.items[:b.base], of[0]) {
		return false
	}
	p := els[k].mark.price
	of[0].price, of[0].total, of[0].kept, of[0].fixed = &p, nil, nil, false
	b.touch(of[0])
	return true
}

// priceEnd fits what stands behind a number that is a price.
var priceEnd = regexp.MustCompile(`^\s*(?:元|块钱?)?(?:(?:一|每|/)\s*\p{Han}{1,2})?(?:吧|了|哈|啊|算|走|结)*\s*$`)

// setPrice changes the price of a line of the draft: 并网箱价格改成500. The words r[from:to] stand before 改成, rest behind it.
func (b *builder) setPrice(from, to int, rest []el) bool {
	name, ofPrice := strings.CutSuffix(strings.TrimRight(string(b.s.r[from:to]), " 的"), "价格")
	for _, w := range [...]string{"单价", "价钱", "价"} {
		if !ofPrice {
			name, ofPrice = strings.CutSuffix(name, w)
		}
	}
	if b.base == 0 || !ofPrice || len(rest) == 0 {
		return false
	}
	p := priceTag{}
	if k := slices.IndexFunc(rest, func(e el) bool { return e.kind == elMark && e.mark.kind == markPrice }); k >= 0 {
		p = rest[k].mark.price
	} else if n, ok := readNumeral(b.s.r, rest[0].from); ok && !n.more {
		if end := rest[len(rest)-1].to; !priceEnd.MatchString(string(b.s.r[n.to:max(n.to, end)])) { // 改成5月报价, 改成九折
			b.unclear = true
			return true
		}
		p.value = n.value // 500, 480一台
	} else {
		return false
	}
	of := b.items[:b.base]
	if strings.Trim(name, " 把那的") != "" {
		of = b.find(b.mention(from, from+len([]rune(name))))
	}
	if len(of) != 1 || of[0].res.product < 0 {
		b.unclear = true
		return true
	}
	if p.per == "" {
		p.per = of[0].unitSaid()
	}
	of[0].price, of[0].total, of[0].kept, of[0].fixed = &p, nil, nil, false
	b.touch(of[0])
	return true
}
