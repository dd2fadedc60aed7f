package variant

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"orderbot/orders"
)

const (
	hanDigits   = "零一二三四五六七八九"
	hanNumerals = hanDigits + "〇两俩仨十百千万亿廿卅半几壹贰叁肆伍陆柒捌玖拾佰仟幺"
)

func isHanNumeral(c rune) bool { return strings.ContainsRune(hanNumerals, c) }

// counted are the words after which a number is read as one, besides the units of the master data.
var counted = strings.Fields("个 只 支 片 粒 颗 枚 根 条 张 块 把 枝 台 套 副 付 架 辆 部 幅 顶 床 盏 本 册 株 棵 节 段 箱 件 盒 包 袋 瓶 桶 捆 卷 打 筒 罐 扎 托 板 排 串 提 筐 盘 壶 匹 双 对 组 公斤 斤 米 升 吨 寸 号 分 级 天 小时 月 点")

// withHan writes the numbers that stand before a unit in Chinese: 20箱 becomes 二十箱. Left alone are
// parts of codes, sizes and times written with Latin letters and signs, numbers without a unit, and what
// the gold quotes: addresses, phones, order numbers.
func withHan(c Case) string {
	return replaceNumbers(c, c.protected(), regexp.MustCompile(`[0-9]+(\.[0-9]+)?`), func(number, unit string) (string, bool) {
		whole, fraction, _ := strings.Cut(number, ".")
		n, err := strconv.Atoi(whole)
		if err != nil || n > 99999 || len(whole) > 1 && whole[0] == '0' {
			return "", false
		}
		han := toHan(n)
		if n == 2 && fraction == "" && !strings.Contains("号月分级", unit) {
			han = "两"
		}
		if fraction != "" {
			han += "点"
			for _, d := range fraction {
				han += string([]rune(hanDigits)[d-'0'])
			}
		}
		return han, true
	})
}

// withDigits writes the Chinese numbers that stand before a unit in digits: 二十箱 becomes 20箱.
func withDigits(c Case) string {
	return replaceNumbers(c, c.protected(goodsNames(c.Master)...), regexp.MustCompile(`[`+hanDigits+`两俩廿十百千万]+`), func(number, unit string) (string, bool) {
		n, ok := fromHan(number)
		if !ok || strings.Contains("分级", unit) || number == "一" && strings.Contains("点块", unit) { // 十分, 早一点, 一块送
			return "", false
		}
		return strconv.Itoa(n), true
	})
}

// replaceNumbers writes each number that stands alone before a unit as said tells.
func replaceNumbers(c Case, protected func(from, to int) bool, numbers *regexp.Regexp, said func(number, unit string) (string, bool)) string {
	var b strings.Builder
	done := 0
	for _, at := range numbers.FindAllStringIndex(c.Text, -1) {
		before, after := []rune(c.Text[:at[0]]), []rune(c.Text[at[1]:])
		unit := unitAt(after, c.Master)
		if unit == "" || protected(at[0], at[1]) || len(before) > 0 && clings(before) {
			continue
		}
		if next := after[len([]rune(unit)):]; strings.HasPrefix(c.Text[at[1]:], "分之") || len(next) > 0 && (isDigit(narrow(next[0])) || isHanNumeral(next[0])) && strings.Contains("块寸点", unit) {
			continue
		}
		if text, ok := said(c.Text[at[0]:at[1]], unit); ok {
			b.WriteString(c.Text[done:at[0]] + text)
			done = at[1]
		}
	}
	return b.String() + c.Text[done:]
}

// clings tells whether a number behind the text belongs to what stands before it.
func clings(before []rune) bool {
	last := narrow(before[len(before)-1])
	return isDigit(last) || isLatin(last) || isHanNumeral(last) || strings.ContainsRune("第周期拜.-/*×xX#号φΦ", last)
}

// unitAt is the longest unit that r begins with.
func unitAt(r []rune, m *orders.Master) string {
	longest := ""
	try := func(u string) {
		if len(u) > len(longest) && strings.HasPrefix(string(r), u) && !isLatin([]rune(u)[0]) {
			longest = u
		}
	}
	for _, u := range counted {
		try(u)
	}
	for i := range m.Products {
		try(m.Products[i].Unit)
		for _, p := range m.Products[i].Packs {
			try(p.Unit)
		}
	}
	return longest
}

// toHan writes n, below 100000, as it is spoken.
func toHan(n int) string {
	digits := []rune(hanDigits)
	if n == 0 {
		return "零"
	}
	s, zero := "", false
	for _, p := range []struct {
		size int
		name string
	}{{10000, "万"}, {1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / p.size
		n %= p.size
		if d == 0 {
			zero = s != ""
			continue
		}
		if zero {
			s, zero = s+"零", false
		}
		if d == 1 && p.size == 10 && s == "" {
			s = p.name
			continue
		}
		s += string(digits[d]) + p.name
	}
	return s
}

// fromHan reads what [toHan] writes, also with 两, 俩 and 廿.
func fromHan(s string) (int, bool) {
	n, ok := spoken()[strings.NewReplacer("两", "二", "俩", "二", "廿", "二十").Replace(s)]
	return n, ok
}

var spoken = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for n := range 100000 {
		m[toHan(n)] = n
	}
	return m
})
