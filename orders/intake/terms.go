package intake

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// term is a word with what it means.
type term struct {
	kind  markKind
	word  string
	value string
}

var terms = termTable()

func termTable() map[rune][]term {
	m := map[rune][]term{}
	add := func(kind markKind, value, list string) {
		for w := range strings.FieldsSeq(list) {
			c := []rune(w)[0]
			m[c] = append(m[c], term{kind, w, value})
		}
	}
	add(markCarrier, "SF", "顺丰快递 顺丰速运 顺丰 顺风快递 sf快递 sf发 sf寄 sfexpress sf")
	add(markCarrier, "JD", "京东快递 京东物流 京东 jd快递 jd物流 jd发 jd")
	add(markCarrier, "EMS", "邮政快递 邮政ems 邮政 邮正快递 邮正 ems快递 ems")
	add(markCarrier, "ZTO", "中通快递 中通快运 中通")
	add(markCarrier, "YTO", "圆通快递 圆通速递 圆通 园通快递")
	add(markCarrier, "STO", "申通快递 申通")
	add(markCarrier, "YUNDA", "韵达快递 韵达快运 韵达")
	add(markCarrier, "DEPPON", "德邦物流 德邦快递 德邦快运 德邦")
	add(markCarrier, "SELF", "到店提货 门店提货 到店自提 门店自提 到店自取 门店自取 自己过去拉 自己过去拿 自己过去提 自己过去取 自己过来拉 自己过来拿 自己过来提 自己过来取 自己开车来拉 自己上门拉 过去拉 过去提货 自提 自取 上门自提 上门提货 自己来拿 自己来提 自己来取 自己来拉 自己拿 自己提 自己拉 来拉货 来提货 来拉 来提 来自提 过来拿 过来提 过来取 过来拉 来拿货 我来拿 我们来拿 来拿 来取 去拿 去取 去拿货 去提货 自己去拿 自己去提 去拉货")
	add(markPayment, "月结", "月结 月底结账 挂账月结 按月结算")
	add(markPayment, "货到付款 ", "货到付款 货到付现 到货付款 收货付款 收到货付款 cod")
	add(markPayment, "预付", "预付款 预付 款到发货 先款后货 先打款 先付款 款到再发 全款发货 带款提货 付款发货 预付定金 付全款")
	add(markPayment, "现结", "现结 现款 现金结算 付现金 付现 现付 现金 当场结 现款现货")
	add(markUrgent, "", "加急单 加急 急单 特急 尽快 火急 十万火急 等着用 等米下锅 越快越好 急要 急用 急需 急着要 急着用 抓紧 赶紧 马上要 马上送 马上发 立刻 立即 紧急 着急 很急 挺急 急急急 急等 急的 比较急 优先安排 asap urgent rush 速发 速送 火速 催命 等不及 等用 急! 手术等着 等着手术 抢救用 救命用 停工待料 停产了 产线停了 断货了 马上断货")
	for _, l := range m {
		sortTerms(l)
	}
	return m
}

func sortTerms(l []term) {
	for i := 1; i < len(l); i++ {
		for j := i; j > 0 && len(l[j].word) > len(l[j-1].word); j-- {
			l[j], l[j-1] = l[j-1], l[j]
		}
	}
}

var notUrgent = strings.Fields("不急 不着急 别急 不用急 不是很急 不太急 不加急 不用加急 急救 急诊 不急着")

// namesCarrier tells whether the text begins with a carrier.
func namesCarrier(text string) bool {
	r := []rune(text)
	return len(r) > 0 && slices.ContainsFunc(terms[r[0]], func(t term) bool {
		return t.kind == markCarrier && t.value != "SELF" && strings.HasPrefix(text, t.word)
	})
}

// carrierSounds are the names of carriers as they are spoken.
var carrierSounds = func() map[string]string {
	m := map[string]string{}
	for _, c := range [...]struct{ name, code string }{{"顺丰", "SF"}, {"京东", "JD"}, {"邮政", "EMS"}, {"中通", "ZTO"}, {"圆通", "YTO"}, {"申通", "STO"}, {"韵达", "YUNDA"}, {"德邦", "DEPPON"}} {
		r := []rune(c.name)
		for _, a := range soundsOf(r[0]) {
			for _, b := range soundsOf(r[1]) {
				m[a+" "+b] = c.code
			}
		}
	}
	return m
}()

var (
	carrierNames = strings.Fields("顺丰 京东 邮政 中通 圆通 申通 韵达 德邦")
	parcelWords  = strings.Fields("快递 速递 快运 物流")
	carrierLeads = "走发用寄"
)

// carrierBySound is the carrier whose name sounds like the two characters at r[i], between words for sending, and where they
// end: 走圆桶快递.
func (s *scan) carrierBySound(i int) (code string, to int) {
	r := s.r
	if i+1 >= len(r) || !isHan(r[i]) || !isHan(r[i+1]) {
		return "", i
	}
	e := i + 2
	w := wordOf(r, e, parcelWords)
	if w == "" && (i == 0 || !strings.ContainsRune(carrierLeads, r[i-1]) || e < len(r) && !isBreak(r[e]) && r[e] != ' ') || s.x.vocabulary(r, i, len(r)) {
		return "", i
	}
	for _, a := range soundsOf(r[i]) {
		for _, b := range soundsOf(r[i+1]) {
			if c := carrierSounds[a+" "+b]; c != "" {
				return c, e + len([]rune(w))
			}
		}
	}
	return "", i
}

// findTerms recognises carriers, ways to pay, urgency.
func (s *scan) findTerms() {
	r := s.r
next:
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		for _, w := range notUrgent {
			if has(r, i, w) && s.free(i, i+len([]rune(w))) {
				if !strings.HasPrefix(w, "急") {
					s.claim(mark{kind: markNoise, from: i, to: i + len([]rune(w))})
				}
				i += len([]rune(w)) - 1
				continue next
			}
		}
		if code, e := s.carrierBySound(i); code != "" && wordOf(r, i, carrierNames) == "" && s.claim(mark{kind: markCarrier, from: i, to: e, text: code}) {
			i = e - 1
			continue
		}
		for _, t := range terms[r[i]] {
			e := i + len([]rune(t.word))
			if !has(r, i, t.word) || !s.free(i, e) || !boundary(r, i, e) {
				continue
			}
			if t.kind == markUrgent && says(string(r[max(0, i-3):i]), []string{"要是", "如果", "万一", "若"}) { // 要是断货了就拿大的
				continue
			}
			if r[i] == '来' && i > 0 && isHanNumeral(r[i-1]) { // 十来提
				continue
			}
			if t.value == "SELF" && e-i == 2 && strings.ContainsRune("拿取", r[e-1]) && e < len(r) && !isBreak(r[e]) && r[e] != ' ' && r[e] != '货' { // 来拿两箱
				continue
			}
			if n, ne := s.x.names.longest(r, i); n != nil && ne >= e && t.kind != markCarrier {
				continue
			}
			if it, oe := ownAt(r, i, s.who.own); it != nil && oe > e {
				i = oe - 1
				continue next
			}
			if t.kind == markCarrier && isAlnum(r[i]) && (e < len(r) && r[e] == '-' || i > 0 && r[i-1] == '-' || len(s.x.bearing(t.word)) > 0) { // jd-gj-12 is a code
				continue
			}
			value := strings.TrimSpace(t.value)
			from := i
			switch t.kind {
			case markCarrier:
				if k := s.carrierNegated(i, e); k {
					value = ""
					for _, n := range [...]string{"别发", "别用", "别走", "别寄", "不要", "不用", "不发", "不走"} {
						if has(r, e, n) && s.free(e, e+2) {
							e += 2
							break
						}
					}
				}
				if value == "SELF" {
					if neg := s.negated(i); neg > 0 {
						value, from = "", i-neg
					}
				}
			case markUrgent:
				if neg := s.negated(i); neg > 0 && t.word != "急!" {
					continue
				}
				if to := answeredNo(r, e); to > e { // 加急：否
					s.claim(mark{kind: markNoise, from: i, to: to})
					i = to - 1
					continue next
				}
			default:
			}
			s.claim(mark{kind: t.kind, from: from, to: e, text: value})
			i = e - 1
			continue next
		}
		if e := s.partAhead(i); e > i && s.claim(mark{kind: markPayment, from: i, to: e, text: "预付"}) {
			i = e - 1
			continue
		}
		if r[i] == '急' && (i+1 == len(r) || isBreak(r[i+1]) || r[i+1] == ' ') && (i == 0 || !isHan(r[i-1]) || r[i-1] == '急' || r[i-1] == '要' || r[i-1] == '很') {
			s.claim(mark{kind: markUrgent, from: i, to: i + 1})
		}
		if (has(r, i, "急着") || has(r, i, "急等") || has(r, i, "等着") && i+2 < len(r) && (has(r, i+2, "用") || has(r, i+2, "开工") || has(r, i+2, "装"))) && s.free(i, i+2) {
			s.claim(mark{kind: markUrgent, from: i, to: i + 2})
		}
	}
}

// noAnswers are what stands on a form where something is not wanted.
var noAnswers = strings.Fields("不需要 不急 不是 没有 无 否 不 非 一般 普通 正常 no n × x 0")

// answeredNo returns where the answer no to the key that ends at r[e] ends: 加急：否, 紧急程度: 一般. It is e where there is none.
func answeredNo(r []rune, e int) int {
	k := e
	for _, w := range [...]string{"标识", "标志", "程度", "与否", "情况"} {
		if has(r, k, w) {
			k += len([]rune(w))
			break
		}
	}
	if k = skipSpace(r, k); k < len(r) && r[k] == '?' {
		k++
	}
	if k >= len(r) || r[k] != ':' {
		return e
	}
	k = skipSpace(r, k+1)
	if w := wordOf(r, k, noAnswers); w != "" {
		if to := k + len([]rune(w)); to == len(r) || isBreak(r[to]) || r[to] == ' ' {
			return to
		}
	}
	return e
}

// partAhead returns where a part payment in advance ends that begins at r[i]: 先付三成, 先打30%, 付一半定金. It is i where there is none.
func (s *scan) partAhead(i int) int {
	r := s.r
	w := wordOf(r, i, payAhead)
	if w == "" {
		return i
	}
	k := skipSpace(r, i+len([]rune(w)))
	first := strings.HasPrefix(w, "先") || w == "首付"
	for _, all := range [...]string{"定金", "订金", "押金"} {
		if has(r, k, all) {
			return k + 2
		}
	}
	to := k
	if n, ok := readNumeral(r, k); ok {
		switch to = n.to; {
		case to < len(r) && (r[to] == '成' || r[to] == '%'):
			to++
		case string(r[k:to]) != "半" && !n.value.LessThan(decimal.New(1, 0)):
			return i
		}
	}
	if has(r, k, "一半") {
		to = k + 2
	}
	if to == k || !s.free(i, to) {
		return i
	}
	for _, all := range [...]string{"的定金", "的订金", "定金", "订金"} {
		if has(r, to, all) {
			return to + len([]rune(all))
		}
	}
	if !first {
		return i
	}
	return to
}

// payAhead begin a part payment in advance.
var payAhead = strings.Fields("先付 先打 先给 先交 先转 首付 付 打 交")

// carrierNegated tells whether the carrier at r[i:e] is not to be used: 不要EMS, EMS别用.
func (s *scan) carrierNegated(i, e int) bool {
	r := s.r
	start := i
	for start > 0 && i-start < 4 && !isBreak(r[start-1]) && r[start-1] != ' ' {
		start--
	}
	for _, n := range [...]string{"别", "不", "勿", "除了"} {
		if k := index(r, start, i, n); k >= 0 {
			if m := s.at(k - 1); m == nil || m.kind != markCarrier { // EMS别用走顺丰
				return true
			}
			if w := string(r[k:i]); w == "不走" || w == "不发" || w == "不要" || w == "别走" || w == "别发" { // 顺丰不走德邦
				return true
			}
		}
	}
	after := string(r[e:min(len(r), e+8)])
	for _, w := range [...]string{"到付", "寄付", "快递", "的", "就"} { // 顺丰到付不要
		after = strings.TrimPrefix(after, w)
	}
	for _, n := range [...]string{"别", "不要", "不行", "不用", "不发", "不到", "除外", "不走", "太慢", "慢"} {
		if rest, ok := strings.CutPrefix(after, n); ok && !namesCarrier(strings.TrimLeft(rest, "走发用寄要给")) {
			return true
		}
	}
	return false
}
