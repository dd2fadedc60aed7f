package intake

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// fillers are words that say nothing about which product is meant.
var fillers = words(`哈喽 哈啰 哈罗 嗨 hello 呃 额 诶 欸 记 记一下 记下 记个 帮记 然后 然后呢 对了 那么 就是 就是说 反正 的 要 来 再 给 我 我们 我这边 咱 咱们 你 你们 您 帮 帮忙 帮我 帮下 麻烦 请 谢谢 谢 多谢 谢啦 感谢 辛苦 啦 了 吧 呀 啊 哈 呢 嘛 哦 噢 喔 嗯 哎 唉 喂 那 那个 那种 这个 这种 这 都 也 就 还 还要 另外 另 外加 以及 和 跟 与 及 加
	再来 再要 再加 再拿 需要 需 想要 想 要货 要的 订 定 订购 订货 采购 购买 购 买 下单 下个单 下一单 录 录单 录一下 帮录 发 发货 发来 寄 送 配 拿 上 走 到 货 来点 各 每 每样 各样 分别 是 有 没有 先 现在 今天 单 单子 的单 订单 清单 报 报单
	老板 师傅 老师 亲 您好 你好 各位 早 早上好 上午好 下午好 晚上好 好 好的 大家好 在 在吗 顺便 一起 一共 总共 共 合计 一下 下 急 急要 急需 加急 规格 型号 品名 产品 数量 名称 单位 用 用的 款 型 版 式 装 码 号 色 牌 种 类 只要 还是 继续 其中 其他 其余 剩下 剩余 里面 里 以下 如下 下面 物资 货品 商品 东西 补 补货 备 备货 安排 处理 搞 弄 整 拉 取 提 做 照 按 把 将 让 帮忙发 刚 刚才 刚打电话 电话 微信 说 讲 问 问下 转 转发 客户 那边 这边 家 他 她 它 他们 院 店 咱自己 自己 对 嘞 哟 哇 啥 另外要 老 样 点 些 一些 少许 若干 边 本次 此次 这次 上次 上回 次 回 多 少 够 差不多 大概 左右 约 不 没 改 成 为 换 变 算 去 起 可以 行 能 会 应该 得 必须 务必 一定 千万 记得 注意 最好 随货 附 带走 数 比 更 全 全部 总 全都 均 可 吗 么 已 已经 马上 立即 立刻 尽快 赶紧 快 批 批次 第一批 第二批 期 部门 科室 使用 单价 价 价格 元 块 钱 子 们 话 有的话 的话 如果 又 贵司 贵公司 报价 供 供应 提供 长度 宽度 厚度 高度 直径 外径 内径 口径 尺寸 大小 规格是 型号是 材质 颜色 品牌 活动 您看 宝子 宝 亲们 家人 家人们 兄弟 哥们 挺好 挺不错 好用 缺 一样 老样子 照旧 看 直接 尝尝 试试 呗 剪 裁 截 记得 卸 下货 卸货 她家 他家 人家 手滑`)

// englishFillers are English words of letters and talk that say nothing about which product is meant.
var englishFillers = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`need needs want order orders place pls plz please send ship deliver give get me us we i our my the a an of for to and also plus with some more add hi hello hey dear thx thanks thank you u by via asap urgent new po pcs would like will take buy purchase`) {
		m[w] = true
	}
	return m
}()

// englishFillerAt is where the filling English word ends that stands at r[i], i if none does.
func englishFillerAt(r []rune, i int) int {
	if !isLetter(r[i]) || i > 0 && isAlnum(r[i-1]) {
		return i
	}
	e := i
	for e < len(r) && isLetter(r[e]) {
		e++
	}
	if e < len(r) && r[e] != ' ' && r[e] != '~' && !isBreak(r[e]) || !englishFillers[string(r[i:e])] {
		return i
	}
	return e
}

// words splits s and sorts the words by their first character, longest first.
func words(s string) map[rune][][]rune {
	m := map[rune][][]rune{}
	for w := range strings.FieldsSeq(s) {
		r := []rune(w)
		m[r[0]] = append(m[r[0]], r)
	}
	for _, l := range m {
		slices.SortFunc(l, func(a, b []rune) int { return len(b) - len(a) })
	}
	return m
}

// wordAt returns the length of the longest of the words at r[i], 0 if there is none.
func wordAt(m map[rune][][]rune, r []rune, i int) int {
	for _, w := range m[r[i]] {
		if i+len(w) <= len(r) && slices.Equal(r[i:i+len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// A runeSet is a set of characters that is asked very often; those beyond the first plane are never in it.
type runeSet [1 << 10]uint64

func (s *runeSet) add(chars string) {
	for _, c := range chars {
		s.set(c)
	}
}

// leadsOf are the characters with which the words begin.
func leadsOf(lists ...[]string) *runeSet {
	s := &runeSet{}
	for _, words := range lists {
		for _, w := range words {
			c, _ := utf8.DecodeRuneInString(w)
			s.set(c)
		}
	}
	return s
}

func (s *runeSet) set(c rune) {
	if c < 1<<16 {
		s[c>>6] |= 1 << (c & 63)
	}
}

func (s *runeSet) has(c rune) bool { return uint32(c) < 1<<16 && s[c>>6]>>(c&63)&1 != 0 } //nolint:gosec // never negative

func fillerAt(r []rune, i int) int { return wordAt(fillers, r, i) }

// kinTable holds words of trade that mean one thing; # marks a grade or a short name that is a spec token.
const kinTable = `螺丝 螺钉 螺栓
不锈钢 #=304 #=316 #=201 #=410 #=430 #sus304 #sus316 #316l #304l
螺帽 螺母
电瓶 蓄电池
番茄 西红柿
土豆 马铃薯 洋芋
打印纸 复印纸 复印打印纸
水笔 中性笔 签字笔
体温计 体温表 温度计
血压计 血压仪
创可贴 创口贴
烧碱 火碱 片碱 氢氧化钠
酒精 乙醇
双氧水 过氧化氢
次氯酸钠 漂白水 漂水
雨刮 雨刷
刹车片 刹车皮
滤芯 滤清器
机滤 机油滤
空滤 空气滤
插排 排插 接线板 插线板
优盘 #u盘
白糖 白砂糖
食盐 食用盐
抽纸 面巾纸
卷纸 卫生纸
洗洁精 洗涤灵
笔记本 本子
扳手 板手
手电 手电筒
轴承 轴乘
润滑脂 黄油 牛油
密封圈 密封环
聚氯乙烯 #pvc
聚丙烯 #pp
聚乙烯 #pe
电缆 电线 线缆
开水壶 烧水壶
垫片 垫圈
水龙头 龙头
马桶 坐便器
灭火器 灭火筒
编织袋 蛇皮袋
胶带 胶布
透明胶 封箱胶
鸡翅中 翅中
凤爪 鸡爪
花菜 菜花
红薯 地瓜 番薯
圆珠笔 原子笔
橡皮筋 皮筋`

// kinWord is a word of the table: its pairs of characters, or the token it is.
type kinWord struct {
	text  []rune
	grams []uint64
	token string
}

// kinAt is a word of the table in a mention.
type kinAt struct{ at, n, group int }

func (k kinAt) mask() uint64 { return (uint64(1)<<uint(k.n) - 1) << uint(k.at) }

var kinWords, kinIndex = func() ([][]kinWord, map[rune][]kinAt) {
	var groups [][]kinWord
	index := map[rune][]kinAt{}
	for line := range strings.Lines(kinTable) {
		var g []kinWord
		for w := range strings.FieldsSeq(line) {
			if t, ok := strings.CutPrefix(w, "#"); ok {
				g = append(g, kinWord{token: t})
				continue
			}
			r := []rune(w)
			k := kinWord{text: r}
			for i := 0; i+1 < len(r); i++ {
				k.grams = append(k.grams, gram(r[i], r[i+1]))
			}
			index[r[0]] = append(index[r[0]], kinAt{at: len(g), n: len(r), group: len(groups)})
			g = append(g, k)
		}
		groups = append(groups, g)
	}
	return groups, index
}()

// findKin finds the words of the table in m.
func (m *mention) findKin() {
	for i := 0; i < len(m.han); i++ {
		for _, k := range kinIndex[m.han[i]] {
			w := kinWords[k.group][k.at].text
			if i+len(w) <= len(m.han) && slices.Equal(m.han[i:i+len(w)], w) && m.at[i+len(w)-1] == m.at[i]+len(w)-1 && len(m.kin) < 8 {
				m.kin = append(m.kin, kinAt{at: i, n: len(w), group: k.group})
				break
			}
		}
	}
}

// hasKin tells whether the product's texts hold a word of the group.
func (x *Lexicon) hasKin(e *entry, group int) bool {
	for _, w := range kinWords[group] {
		if w.token != "" {
			if id, ok := x.tokenID(w.token); ok {
				if _, ok := e.bears(id); ok {
					return true
				}
			}
			continue
		}
		all := len(w.grams) > 0
		for _, g := range w.grams {
			all = all && x.hasPair(e, g)
		}
		if all {
			return true
		}
	}
	return false
}
