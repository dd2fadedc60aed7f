package intake

import (
	"slices"
	"strings"
)

// Words that tell what a message wants, where it orders nothing by itself.
var (
	returnWords  = strings.Fields("换换 退货 退换 能退 可以退 要退 想退 退回 退款 退掉 退一下 退不 退吗 退了吧 给退 退给 换货 换新 给换 给我换 给我们换 能换 可以换 要换 想换 换一下 调换 包换 包退 退 怎么退 怎么赔 赔偿 要赔 给赔 包赔 理赔 得赔 赔钱 赔我")
	faultWords   = strings.Fields("有亮点 坏点 花屏 黑屏 闪屏 不识别 不开机 开不了机 烧了 烧坏 摔烂 摔坏 压烂 压坏 没开封 没拆封 没拆 剩了 没反应 不工作 不启动 启动不了 充不进 不制冷 不制热 漏电 跳闸 不通气 不出水 不走字 失灵 报警 化了 烂了 臭了 碎了 瘪了 软了 馊了 破洞 起毛 跑偏 色差 少了 错了 串货 临期 胀包 短斤 缺斤 死机 不亮 不转 不灵 破的 破了 破损 坏的 坏了 漏 发错 送错 发多 多发 送多 少发 发少 砂眼 裂 开不了 过期 受潮 变形 质量问题 有问题 毛病 用不了 不能用 次品 不合格 瑕疵 生锈了 没用完 不对版 尺寸不对 型号不对 拆下来 掉色 发霉 变质 漏气 漏水 漏液 断了 短路 不通电 结块 结晶 鼓包 起泡 掉漆 掉毛 缩水 褪色 起球 脱胶 开裂 断裂 卡纸 黑条 划痕 异响 漏油 发黄 长虫 异味 变味 不发芽 打不开 坏了 坏了的 少件 缺件 短少 压坏 摔坏 碰坏 插不进 装不上 合不上 对不上 用不成")
	pastWords    = strings.Fields("昨儿 前儿 订的 剩了 剩下的 没开封 没拆 多出来 上次 上回 昨天 前天 收到 这批 那批 上批 发来 送来 刚到 你们 到货的 有问题")
	cancelWords2 = strings.Fields("取消 撤单 撤销 撤了 撤回 作废 不要了 别发了 先不发 不做了 不订了 退单 算了 停掉 别送了 不用送了 不要送了 撤掉 全不要")
	askWords     = strings.Fields("底价 给个价 报个底 多少钱 几多钱 点卖 什么价 啥价 什么价格 价格多少 价格怎么 报价 报个价 报下价 报一下价 几块钱 几块 多少一 怎么卖 价格 单价多少 有货吗 有没有货 有没有 有货没 有现货 现货 库存 还有吗 还有多少 有吗 有么 交期 货期 几天能到 多久能到 多久到货 多久发货 什么价位 行情 几天能交 几天交 多久能交 几天能出 几天能发 几天能做 多少天 能便宜 便宜点 优惠 打折 折扣 最低价 能不能少 能不能低 哪种好 区别 适合 能用吗 可以用吗 能配 配套吗 匹配 规格有哪些 有哪些 什么规格 什么材质 保质期 有证吗 能开票吗 起订量 怎么样 参数 什么牌子 说明书 资料 图片发 尺寸多少 厚度多少 支持 兼容 能装 通用吗 替换吗 替代吗 代替吗 能代替 能替代 能替 能互换 保修 质保 多久 多长时间 什么区别 买几送几 搞活动不 搞活动吗 有活动吗 有活动不 有什么活动 啥活动")
	maybeWords   = strings.Fields("包送吗 什么行情 啥行情 谈妥 再下单 我再下 再定 要是 如果 假如 假设 万一 左右 大概 不急着定 先问 问下 问一下 问问 打听 了解 咨询 报个价 考虑 看看价 比价 量大 打算 计划 估计 可能要 可能会 预计")
	adWords      = strings.Fields("退订 大促 促销 全场 热线 招商 高价 收购 回收 诚邀 特惠 优惠券 扫码 加微信 免费领 限时 秒杀 互推 代理 贷款 各位合作伙伴 周知 通知 盘点 不收货 放假通知 祝各位 祝您 祝大家 安康 生意兴隆 新年快乐 节日快乐 恭喜 鸿运 价格实惠 来图 有图 诚接 承接 厂家直销 专业生产 量大从优 现货供应 欢迎咨询 欢迎来电 代工 秒报价")
	payWords     = strings.Fields("统一付 金额对得上 转你们 转给你们 打你们 公户 对公 款已 已打款 已付款 打过去了 转账 汇款 水单 回单 已转 货款 付了 打款了 付款了 已经付 尾款 对账 发票收到 开票信息")
	yesWords     = strings.Fields("没写错 没打错 没弄错 没搞错 没说错 对的 对对 对 是的 是 嗯嗯 嗯 恩 好的 好 行 可以 没错 没问题 确认 确定 ok okay 就这么定 就这样 就这么 没毛病 同意 yes 中 要得 收到 妥 成 👌 照发 发吧 下单吧 正确 就按这个 按这个 就这些 就是这些 可以了")
	noWords      = strings.Fields("不是 不对 不行 打错 错了 弄错 搞错 写错 no 否 不要 别 不用 不可以 不同意 不确认 不正确 有误")
	repeatWords  = strings.Fields("老样子 老规矩来 照旧来 照上次 照上回 照上一次 照上单 照老样 按上次 按上回 按老样 按照上次 跟上次一样 跟上回一样 和上次一样 和上回一样 同上次 同上回 上次一样 上回一样 上次那个单 上回那个单 照着再来 照着来 再来一单 再来一份一样 一样再来 原样再来 原样来 还是老样 还是上次那些 还是上回那些 跟以前一样 和以前一样 跟之前一样 和之前一样 同上一单 照抄 照单再来 老三样 的单照旧 单子照旧 订单照旧 照旧下单")
)

// says tells whether any of the words stands in the text. Nearly always none does: of many words only those are looked for whose
// beginning the text may hold.
func says(text string, words []string) bool {
	if len(words) < 8 {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	var begins [64]uint64 // by the hashes of six bytes in a row, two characters
	for i := 0; i+6 <= len(text); i++ {
		h := pairHash(text, i)
		begins[h>>6] |= 1 << (h & 63)
	}
	for _, w := range words {
		if len(w) >= 6 {
			if h := pairHash(w, 0); begins[h>>6]>>(h&63)&1 == 0 {
				continue
			}
		}
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// pairHash is a number below 4096 of the two characters at s[i:]; their first bytes, which hardly differ, do not count.
func pairHash(s string, i int) uint32 {
	return ((uint32(s[i+1]) | uint32(s[i+2])<<8 | uint32(s[i+4])<<16 | uint32(s[i+5])<<24) * 0x9E3779B1) >> 20
}

// isRepeat tells whether the message asks for the same goods as before.
func isRepeat(text string) bool {
	for _, w := range repeatWords {
		for p := 0; ; {
			i := strings.Index(text[p:], w)
			if i < 0 {
				break
			}
			p += i + len(w)
			rest := text[p:]
			other := false
			for _, not := range [...]string{"地址", "价", "的价", "的地址", "那么多", "的数", "拿的数", "数量", "包装", "的包装", "方式", "付款", "结"} {
				if strings.HasPrefix(rest, not) {
					other = true
				}
			}
			if !other {
				return true
			}
		}
	}
	return false
}

// phone is the one phone number that the message names, "" where it names none or several.
func (s *scan) phone() string {
	number := ""
	for _, m := range s.marks {
		if m.kind == markPhone {
			if number != "" {
				return ""
			}
			number = m.text
		}
	}
	return number
}

// looseCode is a number of letters and at least four digits that is no goods', as orders of small firms have.
func (s *scan) looseCode() string {
	r := s.r
	for i := 0; i < len(r); i++ {
		if !isLetter(r[i]) || s.owner[i] >= 0 || i > 0 && (isAlnum(r[i-1]) || r[i-1] == '-') {
			continue
		}
		e, digits := i, 0
		for e < len(r) && (isAlnum(r[e]) || r[e] == '-' && e+1 < len(r) && isAlnum(r[e+1])) {
			if isDigit(r[e]) {
				digits++
			}
			e++
		}
		if digits < 4 || e-i < 6 || s.isOwnCode(i, e) {
			i = e
			continue
		}
		if n, to := s.x.names.longest(r, i); (n == nil || to < e) && s.x.resolve(s.x.readMention(s.t, i, e, s.who.own, nil), nil, s.who, "").product < 0 {
			return strings.ToUpper(strings.ReplaceAll(halfWidth(s.quote(i, e)), "-", ""))
		}
		i = e
	}
	return ""
}

// thatOrder are words for an order that stand behind what it is known by.
var thatOrder = strings.Fields("那单 这单 那个单 这个单 那张单 这张单 的那单 的那个 的单子 的订单 的单")

// refOf is the order, parcel or phone number that the message names; loose: or what may be one.
func (s *scan) refOf(text string, loose bool) string {
	number := ""
	for _, m := range s.marks {
		switch {
		case m.kind == markRef:
			return m.text
		case m.kind == markPO && number == "":
			number = strings.ToUpper(strings.ReplaceAll(m.text, "-", ""))
		}
	}
	if number == "" && loose {
		number = s.looseCode()
	}
	if number != "" && (strings.Contains(text, "?") || says(text, cancelWords2) || s.follow().status || s.follow().urge) {
		return number
	}
	for _, w := range [...]string{"上一单", "上单", "刚才那单", "刚才的单", "刚刚那单", "刚下的单", "最近一单", "上次那单", "上回那单", "上一个单", "上个单", "刚那单", "前一单", "最后一单"} {
		if strings.Contains(text, w) {
			return RefLast
		}
	}
	for i := range s.marks { // 把138…那单取消
		if m := &s.marks[i]; m.kind == markPhone && wordOf(s.r, skipSpace(s.r, m.to), thatOrder) != "" {
			return m.text
		}
	}
	if s.sales {
		for _, m := range s.marks {
			if m.kind == markPhone && says(text, []string{"手机号", "号码", "电话下", "这个号"}) {
				return m.text
			}
		}
	}
	return ""
}
