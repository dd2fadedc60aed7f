package intake

import (
	"slices"
	"strings"
)

const (
	elWord elKind = iota
	elMark
	elSplit // 、 + / between goods
	elOpen
	elClose
)

var minusWords = strings.Fields("别拿 别来 别订 别买 划掉 划了 勾掉 抹掉 剔掉 剔除 拿掉 撤下 删了 删去 划去 不拿 不进 不订 不买 不要了 不要 算了 去掉 删掉 删除 取消 不用了 不用 别发了 别发 不发了 不发 减掉 撤掉 撤了 不拿了 先不拿 先不要了 先不要 不需要了 不需要 不订了 退掉 免了")

var (
	setWords   = strings.Fields("改成 改为 改到 改要 换成 换为 变成 变为 加到 减到 调到 增加到 减少到 提高到 降到 改 换 变 调成 调整为")
	plusWords  = strings.Fields("再配上 再配 再带 再捎 也带 再加上 再加 加上 另加 追加 再来 再要 再拿 再添 添 外加 多加 再多要 再多来 再多拿 再多发 多要 多来 多拿 再补 还要 补 再 加")
	soMuchMore = strings.Fields("再多 加多 多")
	lessWords  = strings.Fields("少要 少来 少发 少拿 少送 少订 减去 减掉 去掉 扣掉 扣除 拿掉 砍掉 减 少 扣 砍 撤")
	fixWords   = strings.Fields("打错了 打错 漏了个零 少打个零 多打个零 搞岔了 弄岔了 搞混了 弄混了 记错了 看错了 啊不对 哦不对 噢不对 喔不对 哎不对 呃不对 不对不对 不对 哦不 噢不 喔不 啊不 错了 说错了 写错了 说错 写错 更正 更正一下 搞错了 等等 等下 等一下 稍等 应该是 哦对 对了")
	goesOnWith = strings.Fields("还有 还要 再 另 加 也要 顺便")
	halfWords  = strings.Fields("减半 减一半 砍半 先要一半 只要一半 要一半 先来一半 先发一半 拿一半 留一半")
	twiceWord  = strings.Fields("翻倍 加倍 翻一番 乘2")
	vagueWord  = strings.Fields("带一点 带一些 带点 带些 捎点 捎些 配点 配些 来一点 要一点 拿一点 补一点 来一些 要一些 拿一些 一些 来点 要点 拿点 补点 要补点 加点 订点 备点 弄点 搞点 来些 要些 补些 拿些 若干 少许 适量")
	eachWords  = strings.Fields("一样 每样各 各自 每样 各样 每种 各种 每款 各款 每个规格 每个 各要 各来 各订 各发 各拿 各 分别要 分别 都来 都要 都拿 都是 都")
	giftWords  = strings.Fields("免费送 另外送 赠送 附赠 搭送 搭赠 随赠 另送 再送 还送 送我 再送他们 再送他 再送她 送他们 送他 送她 送 赠 搭")
)

// cues are the words that say what to do with goods; those further up count first.
var cues = [...]struct {
	kind  markKind
	words []string
	value string
}{
	{markFix, fixWords, ""},
	{markMinus, minusWords, ""},
	{markSet, halfWords, "half"},
	{markSet, twiceWord, "twice"},
	{markSet, setWords, ""},
	{markPlus, lessWords, "less"},
	{markPlus, plusWords, ""},
	{markPlus, soMuchMore, "more"},
	{markVague, vagueWord, ""},
	{markEach, eachWords, ""},
	{markGift, giftWords, ""},
}

// cueLeads are the characters with which they begin.
var cueLeads = func() *runeSet {
	s := &runeSet{}
	for _, c := range cues {
		for _, w := range c.words {
			s.add(w[:3])
		}
	}
	return s
}()

// findCues recognises the words that say what to do with the goods.
func (s *scan) findCues() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		if n, e := s.x.names.longest(r, i); n != nil && e-i >= 2 && s.free(i, e) {
			i = e - 1
			continue
		}
		if !cueLeads.has(r[i]) {
			continue
		}
		for _, g := range cues {
			w := wordOf(r, i, g.words)
			if w == "" {
				continue
			}
			e := i + len([]rune(w))
			if !s.free(i, e) {
				continue
			}
			ok := true
			switch g.kind {
			case markEach:
				ok = s.quantitySoon(e, 6) && !strings.HasPrefix(w, "都") || s.quantityRight(e)
				if w == "每个" {
					ok = false
				}
				if w == "都" { // 小纳子、3分纳子都10袋
					ok = ok && i > 0 && !isBreak(r[i-1]) && strings.ContainsAny(clauseAround(r[:i], i), "、和跟与及 ")
				}
				if w == "一样" { // C1 C2 C3一样三副, but 跟上次一样5箱
					ok = s.quantityRight(e) && !says(clauseAround(r[:i], i), []string{"上次", "上回", "以前", "之前", "跟", "和", "同"})
				}
			case markGift:
				ok = s.isGift(i, e, w) && (!strings.HasSuffix(w, "搭") || !has(r, e, "车") && !has(r, e, "班"))
			case markPlus:
				if strings.HasPrefix(w, "多") && w != "多加" || strings.HasSuffix(w, "多") || w == "还要" || w == "再" || w == "补" || w == "再补" || g.value == "less" {
					ok = s.quantityRight(e)
					if w == "还要" { // 白醋还要1件, 还要白醋1件, but 另外还要7托 is of goods not said
						begins := i == 0 || isBreak(r[i-1])
						ok = ok != begins && (begins || r[i-1] != '外')
					}
					ok = ok && (i == 0 || !strings.ContainsRune("缺不至最很没多差许好发送到收", r[i-1])) && (g.value != "less" || len([]rune(w)) > 1 || !s.x.vocabulary(r, i, len(r)))
					break
				}
				if w == "加" || w == "添" {
					ok = i == 0 || isBreak(r[i-1]) || r[i-1] == ' ' || r[i-1] == '再' || s.owner[i-1] >= 0 || s.quantityRight(e)
					ok = ok && !s.x.vocabulary(r, i, len(r))
				}
			case markSet:
				if w == "换" || w == "改" {
					ok = !s.x.vocabulary(r, i, len(r))
				}
				if w == "变" {
					ok = s.quantityRight(e)
				}
			case markVague:
				ok = !s.quantityRight(e)
			case markMinus:
				if slices.Contains(lessWords, w) && s.quantityRight(e) { // 减掉1台
					ok = false
				}
				if w == "算了" && has(r, e, "算") || strings.HasPrefix(w, "别") && has(r, e, "错") {
					ok = false
				}
			case markFix:
				if (w == "对了" || w == "哦对") && wordOf(r, skipSpace(r, e), goesOnWith) != "" { // 对了还有小瓶的两箱
					ok = false
				}
				if i > 0 && strings.ContainsRune("没未", r[i-1]) { // 没写错
					ok = false
				}
				if strings.Contains(w, "等") && i > 0 && isHan(r[i-1]) && !strings.ContainsRune("哎诶", r[i-1]) {
					ok = false
				}
			default:
			}
			if !ok && g.kind == markEach && w == "各" {
				// 各20: without a unit
				if n, is := readNumeral(r, e); is && n.bare && s.x.unitAt(r, n.to) == "" && (n.to >= len(r) || isBreak(r[n.to]) || r[n.to] == ' ') && s.free(e, n.to) {
					ok = s.claim(mark{kind: markQty, from: e, to: n.to, qty: quantity{value: n.value, bare: true, from: e, to: n.to}})
				}
			}
			if ok {
				s.claim(mark{kind: g.kind, from: i, to: e, text: g.value})
				i = e - 1
				break
			}
		}
	}
}

// quantityEnds tells whether the quantity that follows at r[i] ends its clause.
func (s *scan) quantityEnds(i int) bool {
	for i < len(s.r) && s.owner[i] < 0 && !isBreak(s.r[i]) {
		i++
	}
	m := s.at(i)
	return m != nil && m.kind == markQty && (m.to >= len(s.r) || isBreak(s.r[m.to]))
}

// quantityRight tells whether a quantity follows directly.
func (s *scan) quantityRight(i int) bool {
	for i < len(s.r) && (s.r[i] == ' ' || s.owner[i] < 0 && strings.ContainsRune("要来订发拿买是", s.r[i])) {
		i++
	}
	m := s.at(i)
	return m != nil && m.kind == markQty && m.from == i
}

func (s *scan) quantitySoon(i, n int) bool {
	for k := i; k < len(s.r) && k < i+n && !isBreak(s.r[k]); k++ {
		if m := s.at(k); m != nil && m.kind == markQty {
			return true
		}
	}
	return false
}

// isGift tells whether 送 at r[i:e] gives goods away rather than delivers them.
func (s *scan) isGift(i, e int, w string) bool {
	r := s.r
	end := s.clauseEnd(e)
	qty := false
	for k := e; k < end; k++ {
		m := s.at(k)
		if m == nil {
			continue
		}
		if m.kind == markQty && !m.qty.spec {
			qty = true
		}
		if (m.kind == markAddress || m.kind == markDate) && !qty {
			return false
		}
	}
	if !qty {
		return false
	}
	if w != "送" && w != "再送" && w != "送我" {
		return !strings.ContainsAny(w, "他她") || s.quantityRight(e)
	}
	if says(string(r[max(0, i-6):i]), []string{"说好", "答应", "讲好", "承诺", "谈好", "活动"}) && (has(r, e, "的") || s.quantityRight(e)) { // 说好送的2筒胶带
		return true
	}
	if s.quantityRight(e) && says(string(r), []string{"答应", "应下", "应了", "应过", "说好送", "许了", "承诺"}) && !s.hasKind(markAddress) { // 黄粉再送一箱,你们领导应了的
		return true
	}
	if s.quantityRight(e) && says(string(r[e:end]), []string{"试试", "试用", "尝尝", "体验"}) { // 送两包给我们试试
		return true
	}
	// directly after goods: 血糖仪2台送试纸, 一箱送两瓶, 每台送2盒
	k := i
	for k > 0 && (r[k-1] == ' ' || s.owner[k-1] < 0 && strings.ContainsRune("就的话要再还,", r[k-1])) {
		k--
	}
	if m := s.at(k - 1); m != nil && m.kind == markDate && k > 0 && (!s.quantityRight(e) || s.quantityEnds(e)) {
		return false // 下周三再送, 周五送2根
	}
	if m := s.at(k - 1); m != nil && (m.kind == markQty || m.kind == markNoise || m.kind == markDeal || m.kind == markEach) && k > 0 {
		if s.owner[i-1] >= 0 || r[i-1] != ',' {
			return true
		}
		return s.quantityRight(e) || s.nameAt(e) && m.kind == markQty && !strings.ContainsAny(string(r[e:end]), "到去给往") // 血糖仪2台,送试纸50片
	}
	if k >= 2 && r[k-2] == '每' && s.x.unitAt(r, k-1) != "" {
		return true
	}
	start := i
	for start > 0 && !strings.ContainsRune(",。;\n!?", r[start-1]) {
		start--
	}
	for j := start; j < i; j++ {
		if r[j] == '每' || r[j] == '各' || s.at(j) != nil && s.at(j).kind == markQty {
			return true
		}
	}
	return s.quantityRight(e) && start > 0 && index(r, start, i, "的") >= 0
}
