package intake

import (
	"slices"
	"strings"
)

// fillers are words that say nothing about which product is meant.
var fillers = words(`的 要 来 再 给 我 我们 我这边 咱 咱们 你 你们 您 帮 帮忙 帮我 帮下 麻烦 请 谢谢 谢 多谢 谢啦 感谢 辛苦 啦 了 吧 呀 啊 哈 呢 嘛 哦 噢 喔 嗯 哎 唉 喂 那 那个 那种 这个 这种 这 都 也 就 还 还要 另外 另 外加 以及 和 跟 与 及 加
	再来 再要 再加 再拿 需要 需 想要 想 要货 要的 订 定 订购 订货 采购 购买 购 买 下单 下个单 下一单 录 录单 录一下 帮录 发 发货 发来 寄 送 配 拿 上 走 到 货 来点 各 每 每样 各样 分别 是 有 没有 先 现在 今天 单 单子 的单 订单 清单 报 报单
	老板 师傅 老师 亲 您好 你好 各位 早 早上好 上午好 下午好 晚上好 好 好的 大家好 在 在吗 顺便 一起 一共 总共 共 合计 一下 下 急 急要 急需 加急 规格 型号 品名 产品 数量 名称 单位 用 用的 款 型 版 式 装 码 号 色 牌 种 类 只要 还是 继续 其中 其他 其余 剩下 剩余 里面 里 以下 如下 下面 物资 货品 商品 东西 补 补货 备 备货 安排 处理 搞 弄 整 拉 取 提 做 照 按 把 将 让 帮忙发 刚 刚才 刚打电话 电话 微信 说 讲 问 问下 转 转发 客户 那边 这边 家 他 她 它 他们 院 店 咱自己 自己 对 嘞 哟 哇 啥 另外要 老 样 点 些 一些 少许 若干 本次 此次 这次 上次 上回 次 回 多 少 够 差不多 大概 左右 约 不 没 改 成 为 换 变 算 去 起 可以 行 能 会 应该 得 必须 务必 一定 千万 记得 注意 最好 随货 附 带走 数 比 更 全 全部 总 全都 均 可 吗 么 已 已经 马上 立即 立刻 尽快 赶紧 快 批 批次 第一批 第二批 期 部门 科室 使用 单价 价 价格 元 块 钱`)

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

func fillerAt(r []rune, i int) int { return wordAt(fillers, r, i) }
