package intake

import (
	"math/bits"
	"slices"
	"strings"
)

var (
	orderVerbs = strings.Fields("要 来 订 定 订购 采购 买 购买 下单 需要 需 拿 补 补货 要货 进 发")
	// noGoods are things that one asks for and does not buy, and words of talk.
	noGoods = strings.Fields("人 工 师傅 司机 兄弟 朋友 客户 老板 车次 发票 专票 普票 收据 合同 协议 报价 资料 图片 照片 视频 报告 单子 订单 单据 清单 表格 电话 证 说明 文件 回执 回单 样本 样册 目录 链接 消息 短信 说法 建议 意见 问题 办法 方案 时间 小时 分钟 星期 礼拜 天 月 年 红包 优惠 折扣 机会 地方 位置 房间 会 群 号 名额 红包 饭 假 觉 电影 球赛 事")
)

// strangers makes lines of goods that the catalogue lacks and that stand behind their quantity, so that they are asked about:
// 要一台挖掘机. It needs an ordering verb right before the quantity, or the customer's name.
func (b *builder) strangers(named bool) {
	s := b.s
	order := func(x, y *wanted) int {
		if x.gift || y.gift {
			return 0
		}
		return x.from - y.from
	}
	// what stands behind a quantity
	behind := func(q quantity) (from, to int, ok bool) {
		if q.bare || q.size || q.spec || q.none || q.from >= q.to || q.to > len(s.r) {
			return 0, 0, false
		}
		from = q.to
		if from < len(s.r) && s.r[from] == '的' {
			from++
		}
		to = from
		for to < len(s.r) && s.owner[to] < 0 && (isHan(s.r[to]) || isAlnum(s.r[to]) || s.r[to] == '-') {
			to++
		}
		return from, to, to-from >= 2 && to-from <= 18 && s.ordered(q.from, named)
	}
	if slices.IsSortedFunc(b.items[b.base:], order) && !slices.ContainsFunc(b.loose, func(q quantity) bool {
		_, _, ok := behind(q)
		return ok
	}) {
		return
	}
	if f := s.follow(); f.status || f.why || f.wish {
		return
	}
	text := string(s.r)
	for _, ws := range [...][]string{askWords, returnWords, faultWords, payWords, adWords} {
		if says(text, ws) {
			return
		}
	}
	b.loose = slices.DeleteFunc(b.loose, func(q quantity) bool {
		from, to, ok := behind(q)
		if !ok {
			return false
		}
		end := s.clauseEnd(to)
		if end < len(s.r) && s.r[end] == '?' || strings.ContainsAny(string(s.r[from:end]), "吗么呢没") || s.r[end-1] == '不' {
			return false
		}
		for to > from && strings.ContainsRune("吧了呀啊哈哦嘛", s.r[to-1]) {
			to--
		}
		m := b.mention(from, to)
		if to-from > 16 || bits.OnesCount64(m.content()) < 2 || says(string(s.r[from:to]), noGoods) {
			return false
		}
		said := s.quote(from, to)
		b.items = append(b.items, &wanted{m: m, q: q, res: b.s.x.resolve(m, nil, b.who, q.unit), from: q.from, to: to, said: said, group: b.group, line: lineOf(s.r, q.from)})
		return true
	})
	slices.SortStableFunc(b.items[b.base:], order)
}

// ordered tells whether the quantity at i is ordered: a verb stands right before it, or only the customer's name.
func (s *scan) ordered(i int, named bool) bool {
	for i > 0 && s.r[i-1] == ' ' {
		i--
	}
	for _, w := range orderVerbs {
		n := len([]rune(w))
		if i < n || !has(s.r, i-n, w) || !s.free(i-n, i) && s.at(i-n).kind != markPlus {
			continue
		}
		k := i - n - 1
		if k > 0 && s.r[k] == '想' {
			k--
		}
		return k < 0 || !strings.ContainsRune("不没别只谁", s.r[k])
	}
	if m := s.at(i - 1); m != nil && m.kind == markPlus {
		return true
	}
	for i > 0 && strings.ContainsRune(" ,:\n", s.r[i-1]) {
		i--
	}
	m := s.at(i - 1)
	return named && m != nil && m.kind == markCustomer
}
