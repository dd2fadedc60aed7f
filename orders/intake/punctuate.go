package intake

import "strings"

// punctuate puts the signs that the writer left out where one thing is plainly over and the next begins: behind an
// amount that other goods or the delivery follow, behind a deadline, behind 吗, before words that begin a clause,
// around carriers and ways to pay, behind the department or the person whose goods follow. Only stretches are
// looked at that hold an amount and no sign there.
func (x *Lexicon) punctuate(t *text, c clock) {
	p := &punctuator{s: &scan{x: x, t: t, r: t.r, c: c, owner: make([]int, len(t.r))}, r: t.r, cut: map[int]rune{}}
	for i := range p.s.owner {
		p.s.owner[i] = -1
	}
	start := 0
	for i := 0; i <= len(t.r); i++ {
		if i == len(t.r) || strings.ContainsRune(",。;\n!?", t.r[i]) {
			p.stretch(start, i)
			start = i + 1
		}
	}
	p.kindsInARow()
	if len(p.cut) == 0 {
		return
	}
	r, at := make([]rune, 0, len(t.r)+len(p.cut)), make([]int, 0, len(t.r)+len(p.cut))
	for i, c := range t.r {
		if sign, ok := p.cut[i]; ok {
			r, at = append(r, sign), append(at, t.at[i])
		}
		r, at = append(r, c), append(at, t.at[i])
	}
	t.r, t.at = r, at
}

// kindsInARow parts letters that are kinds of their own before 各, where the catalogue knows each of them and not the whole: 墨水CMY各2瓶.
func (p *punctuator) kindsInARow() {
	kind := func(c rune) bool {
		key := string(c)
		if size, ok := sizeLetters[key]; ok {
			key = "size:" + size
		}
		_, ok := p.s.x.tokenID(key)
		return ok
	}
	for i := 1; i < len(p.r); i++ {
		if !isLetter(p.r[i]) || isAlnum(p.r[i-1]) {
			continue
		}
		j := i
		for j < len(p.r) && isLetter(p.r[j]) {
			j++
		}
		run := string(p.r[i:j])
		_, whole := p.s.x.tokenID(run)
		_, size := sizeLetters[run]
		if n := j - i; n >= 2 && n <= 5 && !whole && !size && (has(p.r, j, "各") || has(p.r, j, " 各")) {
			apart := map[rune]bool{}
			for _, c := range p.r[i:j] {
				if kind(c) {
					apart[c] = true
				}
			}
			if len(apart) == n {
				for k := i + 1; k < j; k++ {
					p.cut[k] = '、'
				}
			}
		}
		i = j
	}
}

// punctuator looks for places where a sign is missing.
type punctuator struct {
	s   *scan // with nothing recognised in it
	r   []rune
	cut map[int]rune // a sign to put before the rune there
}

var (
	// leadsClause are words that begin a clause behind an amount or a deadline.
	leadsClause = strings.Fields("剩下 剩余 其余 其中 分两批 分三批 分批 算了 哦不 噢不 不对 原来 现在 单价 麻烦 谢谢 联系人 联系电话 联系 电话 手机 收货人 收件人 收货地址 送货地址 地址 送到 送至 送往 寄到 寄至 发到 发往 送去 一起送 都送 都发 都走 走总 货到付款 款到发货 付款方式 采购单号 采购单 单号 合同号 备注 开票 发票 要发票 务必 请 急")
	// condClause are words that begin a condition, or what is said of all, wherever they stand.
	condClause = strings.Fields("不用就 都走 都送 都发 都记 没有就 没货就 没有的话 没货的话 有的话 有货的话")
	// moreWords add to what was ordered.
	moreWords = strings.Fields("再配 再带 再捎 再加 再来 再要 另加 另外")
	// usual are words for an amount that end a clause.
	usual = strings.Fields("那么多 一样多 那些 老数量")
	// arrivals are words with which a deadline ends.
	arrivals = strings.Fields("之前 以前 前 到货 送到 送达 发货 交货 送 到")
	// departments are words with which the name of a department ends.
	departments = "科部室组仓店"
)

// amountAt is where an amount of goods ends that begins at r[i], with its unit; i if there is none.
func (p *punctuator) amountAt(i int) (int, string) {
	if i >= len(p.r) || !isDigit(p.r[i]) && !isHanNumeral(p.r[i]) || i > 0 && (isAlnum(p.r[i-1]) || strings.ContainsRune(".*第", p.r[i-1])) {
		return i, ""
	}
	n, ok := readNumeral(p.r, i)
	if !ok {
		return i, ""
	}
	u := p.s.x.unitAt(p.r, n.to)
	if u == "" {
		return i, ""
	}
	e := n.to + len([]rune(u))
	if name, to := p.s.x.names.longest(p.r, i); name != nil && to > e {
		return i, "" // 三个15复合肥 is called so
	}
	if e < len(p.r) && p.r[e] == '半' {
		e++
	}
	return e, u
}

// amounts are where the amounts of goods in r[from:to] begin and end. Measures count (10公斤) where there is nothing but
// several in one unit: else they may be sizes.
func (p *punctuator) amounts(from, to int) (amounts [][2]int, some bool) {
	var measures [][2]int
	unit, one := "", true
	for i := from; i < to; i++ {
		e, u := p.amountAt(i)
		switch {
		case e > to || e == i:
			if n, ok := readNumeral(p.r[:to], i); ok {
				i = n.to - 1
			}
			continue
		case sizeUnits[u]:
			one = one && (unit == "" || unit == u)
			unit = u
			measures = append(measures, [2]int{i, e})
		default:
			amounts = append(amounts, [2]int{i, e})
		}
		i = e - 1
	}
	some = len(amounts)+len(measures) > 0
	if len(amounts) == 0 && len(measures) > 1 && one {
		amounts = measures
	}
	return amounts, some
}

// stretch looks at r[from:to], which has no sign in it.
func (p *punctuator) stretch(from, to int) {
	r := p.r[:to]
	amounts, some := p.amounts(from, to)
	if some {
		p.label(from, to)
	}
	if len(amounts) == 0 && !p.hasTerm(from, to) {
		return
	}
	goodsFirst := len(amounts) > 0 && p.says(from, amounts[0][0]) && !p.goodsAt(amounts[len(amounts)-1][1], to)
	for _, a := range amounts {
		i := a[1]
		if i < to && !isSpace(r[i]) {
			labelled := p.label(i, to)
			if goodsFirst && (labelled || p.goodsAt(i, to)) || wordOf(r, i, leadsClause) != "" || p.termAt(i) > i {
				p.cut[i] = ','
			}
		}
		// 送物资库4台送水厂
		if a[0] > from && i < to && r[i] == '送' && index(r, from, a[0], "送") >= 0 && p.s.placeEnding(from, a[0]) {
			p.cut[a[0]] = ','
		}
	}
	for i := from; i < to; i++ {
		if i > from && wordOf(r, i, condClause) != "" {
			p.cut[i] = ','
		}
		if isDigit(r[i]) && wordOf(r, i+1, moreWords) != "" {
			p.cut[i+1] = ',' // 加到100再加…
		}
		if n, ok := readNumeral(r, i+1); r[i] == '分' && ok && n.to+1 < to && r[n.to] == '批' {
			p.cut[n.to+1] = ',' // 分两批
		}
		if r[i] == '吗' && i+1 < to && isHan(r[i+1]) && !p.s.x.vocabulary(r, i, to) {
			p.cut[i+1] = '?'
		}
		if w := wordOf(r, i, usual); w != "" && p.goodsAt(i+len([]rune(w)), to) {
			p.cut[i+len([]rune(w))] = ','
		}
		if e := p.termAt(i); e > i && i > from && isPayment(r, i) && strings.ContainsRune("号楼栋室厂店库门到", r[i-1]) {
			p.cut[i] = ',' // 蓝桥路45号货到付款
		}
		if e := p.termAt(i); e > i && e < to && (isHan(r[e]) || isAlnum(r[e])) && wordOf(r, e, afterTerm) == "" {
			p.cut[e] = ','
		}
		if e := p.deadlineAt(i, to); e > i {
			if next, _ := p.amountAt(e); next > e && next < to || p.termAt(e) > e || p.goodsAt(e, to) || wordOf(r, e, leadsClause) != "" {
				p.cut[e] = ','
			}
			i = e - 1
		}
	}
}

var afterTerm = strings.Fields("发 走 寄 快 物 到付 别 不 也 就 的 吧 到 可 都 慢 方式 付 结 哈 呢 啊 天 个")

// termAt is where the carrier or way to pay ends that stands at r[i], i if none does.
func (p *punctuator) termAt(i int) int {
	if i >= len(p.r) {
		return i
	}
	for _, t := range terms[p.r[i]] {
		if e := i + len([]rune(t.word)); (t.kind == markCarrier || t.kind == markPayment) && e-i >= 2 && has(p.r, i, t.word) && boundary(p.r, i, e) && !p.inName(i, e) {
			return e
		}
	}
	return i
}

// inName tells whether r[i:e] is part of a longer name of a customer: 镇海顺丰灯具城.
func (p *punctuator) inName(i, e int) bool {
	for k := max(0, i-8); k <= i; k++ {
		if _, to := p.s.x.buyers.longest(p.r, k); to > e || k < i && to == e {
			return true
		}
	}
	return false
}

func isPayment(r []rune, i int) bool {
	for _, t := range terms[r[i]] {
		if t.kind == markPayment && has(r, i, t.word) {
			return true
		}
	}
	return false
}

// hasTerm tells whether a carrier or way to pay stands in r[from:to].
func (p *punctuator) hasTerm(from, to int) bool {
	for i := from; i < to; i++ {
		if p.termAt(i) > i {
			return true
		}
	}
	return false
}

// deadlineAt is where 明天下午前要到 ends that begins at r[i], i if there is none or it says where to.
func (p *punctuator) deadlineAt(i, to int) int {
	w, ok := readWhen(p.r[:to], i, p.s.c)
	if !ok || w.to-w.from < 2 || w.past {
		return i
	}
	e := w.to
	for e < to && strings.ContainsRune("就能再给得必须务一定可以", p.r[e]) {
		e++
	}
	for k := e; ; k = e {
		if word := wordOf(p.r[:to], e, arrivals); word == "到货" && isPayment(p.r[:to], e+1) { // 20号前到货到付款
			return e + 1
		} else if word != "" {
			e += len([]rune(word))
		}
		if e == k {
			break
		}
	}
	if e == w.to || e >= to {
		return i
	}
	return e
}

// label puts a sign behind the department or the person that goods at r[i:to] are for, and tells whether one stands there.
func (p *punctuator) label(i, to int) bool {
	r := p.r[:to]
	if n, e := p.s.x.buyers.longest(r, i); n != nil { // 锦绣物业裴师傅
		i = e
	}
	if n, _ := p.s.x.names.longest(r, i); n != nil || p.s.x.vocabulary(r, i, to) {
		return false
	}
	for e := i + 2; e < to && e-i <= 5 && isHan(r[e-1]); e++ {
		if !p.goodsAt(e, to) || p.s.x.vocabulary(r, e-1, to) {
			continue
		}
		if strings.ContainsRune(departments, r[e-1]) || p.s.isPerson(r[i:e]) {
			p.cut[e] = ':'
			return true
		}
	}
	return false
}

// says tells whether r[from:to] says more than mere filling and whose order it is.
func (p *punctuator) says(from, to int) bool {
	for i := from; i < to; {
		if n, e := p.s.x.buyers.longest(p.r[:to], i); n != nil {
			i = e
			continue
		}
		if !isHan(p.r[i]) && !isAlnum(p.r[i]) {
			i++
			continue
		}
		n := fillerAt(p.r[:to], i)
		if n == 0 {
			return true
		}
		i += n
	}
	return false
}

// goodsAt tells whether words for goods stand at r[i:to].
func (p *punctuator) goodsAt(i, to int) bool {
	r := p.r[:to]
	if i >= to {
		return false
	}
	if n, e := p.s.x.names.longest(r, i); n != nil && e-i >= 2 && boundary(r, i, e) {
		return true
	}
	if isHan(r[i]) {
		return p.s.x.vocabulary(r, i, to) && (fillerAt(r, i) == 0 || fillerAt(r, i) == 1 && p.s.x.vocabulary(r, i+1, to))
	}
	// M8螺母, 304球阀
	k := i
	for k < to && k-i < 12 && (isAlnum(r[k]) || strings.ContainsRune("-.*/", r[k])) {
		k++
	}
	return k < to && isHan(r[k]) && p.s.x.unitAt(r, k) == "" && p.s.x.vocabulary(r, k, to)
}
