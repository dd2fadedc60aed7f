package intake

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// What the screens of shops show below one another: 白砂糖 50kg, 单位：袋, ￥335.00 and at its right ×2.
var (
	cartPrice  = regexp.MustCompile(`^(?:券后|到手|到手价|优惠价|单价|现价|会员价)?\s*[¥￥Y]\s*(\d[\d,]*(?:\.\d+)?)(?:\s*[/／]\s*(\p{Han}{1,2}))?$`)
	cartCount  = regexp.MustCompile(`^(?:[xX×✕✖*]|数量\s*[:：]?\s*[xX×]?)\s*(\d{1,5})\s*(?:件)?$|^[-–—−一]?\s*(\d{1,5})\s*[+＋]$`)
	cartBoth   = regexp.MustCompile(`^[¥￥]\s*(\d[\d,]*(?:\.\d+)?)\s*[xX×✕✖*]\s*(\d{1,5})$`)
	cartChoice = regexp.MustCompile(`^(?:规格|单位|已选|选择|款式|型号|颜色|口味|包装|尺码|颜色分类|商品规格)\s*[:：]\s*(.+)$`)
	cartUnit   = regexp.MustCompile(`^(?:销售|售卖|计量)?单位\s*[:：]`)
	cartPack   = regexp.MustCompile(`^包装\s*[:：]\s*(\p{Han}{1,2})\s*[(（]\s*\d.*[)）]$`) // 包装：打（10双）
	cartWho    = regexp.MustCompile(`^(\p{Han}{2,8})\s+(1[3-9]\d{9})$`)               // 前台小何 13800007009
	cartTotal  = regexp.MustCompile(`^(?:\S*?(?:合计|总计|应付|实付|实付款|总额|商品金额|待付款))\s*[:：]?\s*[¥￥]\s*(\d[\d,]*(?:\.\d+)?)$`)
	cartGone   = regexp.MustCompile(`失效|下架|缺货|无货|售罄|库存不足|不可购买|无法购买`)
	cartAct    = regexp.MustCompile(`^(?:去支付|去结算|提交订单|立即支付|确认付款|结算|去付款|立即下单|确认订单|购物车|提交|立即购买)(?:\s*[(（]\s*\d+\s*[)）])?$`)
	cartPlace  = regexp.MustCompile(`[省市区县镇乡路街道巷村].*(?:\d号|栋|幢|楼|室|库|码头|园|仓|店)|1[3-9]\d{9}|1[3-9]\d\*{4}\d{4}`) // where it goes
	cartLess   = regexp.MustCompile(`优惠|立减|满减|红包|折扣|运费|配送费|服务费|抵扣|减免|活动`)
)

// cartItem is one kind of goods on a shop's screen.
type cartItem struct {
	name, choice, unit string
	price              decimal.Decimal
	count              string
	cells              [4]page.Cell // name, choice, price, count
}

// cartOf reads a page as a shop's cart or checkout: a grid of its goods, the other lines, and what the shop's total contradicts. ok is
// false where it is none. Goods that can't be bought any more are left out.
func cartOf(p page.Page) (grid page.Table, rest []page.Line, wrong string, ok bool) {
	if len(p.Tables) > 0 || !slices.ContainsFunc(p.Lines, func(l page.Line) bool { return cartAct.MatchString(strings.TrimSpace(l.Text)) }) {
		return page.Table{}, nil, "", false
	}
	rows := alignRows(p.Lines)
	taken := map[[4]page.Point]bool{}
	var items []cartItem
	var above []page.Line // lines of a card so far
	gone, less := false, false
	var total *decimal.Decimal
	for _, row := range rows {
		var price, count *page.Line
		it := cartItem{}
		for _, w := range row.words {
			text := strings.TrimSpace(strings.ReplaceAll(w.line.Text, " ", ""))
			less = less || cartLess.MatchString(text)
			switch {
			case cartBoth.MatchString(text):
				m := cartBoth.FindStringSubmatch(text)
				it.price, it.count, price, count = yuanOf(m[1]), m[2], &w.line, &w.line
			case cartPrice.MatchString(text):
				m := cartPrice.FindStringSubmatch(text)
				it.price, it.unit, price = yuanOf(m[1]), m[2], &w.line
			case cartCount.MatchString(text):
				m := cartCount.FindStringSubmatch(text)
				it.count, count = m[1]+m[2], &w.line
			case cartTotal.MatchString(text):
				t := yuanOf(cartTotal.FindStringSubmatch(text)[1])
				total = &t
			}
		}
		if price == nil || count == nil {
			for _, w := range row.words {
				if cartGone.MatchString(w.line.Text) && len([]rune(w.line.Text)) <= 8 {
					gone = true
				}
				above = append(above, w.line)
			}
			continue
		}
		mine := cardAbove(above, *price)
		above = nil
		if gone || len(mine) == 0 {
			for _, l := range append(mine, *price, *count) {
				taken[l.Box] = true
			}
			continue
		}
		it.cells[2], it.cells[3] = cellOf(*price), cellOf(*count)
		for _, l := range mine {
			taken[l.Box] = true
			text := strings.TrimSpace(l.Text)
			m := cartChoice.FindStringSubmatch(text)
			switch {
			case m != nil && cartUnit.MatchString(text):
				it.unit, it.cells[1] = m[1], cellOf(l)
			case m != nil && cartPack.MatchString(text):
				it.unit, it.cells[1] = cartPack.FindStringSubmatch(text)[1], cellOf(l)
			case m != nil:
				choice, unit := choiceAndUnit(m[1])
				it.choice, it.cells[1] = choice, cellOf(l)
				if unit != "" {
					it.unit = unit
				}
			default:
				if it.name == "" {
					it.cells[0] = cellOf(l)
				}
				it.name = strings.TrimSpace(it.name + " " + text)
			}
		}
		taken[price.Box], taken[count.Box] = true, true
		if it.name != "" {
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		return page.Table{}, nil, "", false
	}
	sum := decimal.Zero
	for _, it := range items {
		n, _ := decimal.NewFromString(it.count)
		sum = sum.Add(it.price.Mul(n))
	}
	agrees := total != nil && near(sum, *total)
	if total != nil && !agrees && !less {
		wrong = fmt.Sprintf("各行加起来是 %s 元，页面上合计是 %s 元，是不是有没勾选的？请核对。", trim(sum), trim(*total))
	}
	grid.Rows = append(grid.Rows, []page.Cell{{Text: "品名"}, {Text: "规格"}, {Text: "单位"}, {Text: "单价"}, {Text: "数量"}})
	for _, it := range items {
		with := func(c page.Cell, text string) page.Cell {
			c.Text = text
			if agrees { // price and count are confirmed by the total
				c.Score = 1
			}
			return c
		}
		grid.Rows = append(grid.Rows, []page.Cell{it.cells[0], with(it.cells[1], it.choice), with(it.cells[1], it.unit), with(it.cells[2], it.price.String()), with(it.cells[3], it.count)})
		grid.Rows[len(grid.Rows)-1][0].Text = it.name
	}
	for _, l := range p.Lines {
		if text := strings.TrimSpace(l.Text); !taken[l.Box] && !cartAct.MatchString(text) && !cartTotal.MatchString(strings.ReplaceAll(text, " ", "")) && !clockLine.MatchString(text) && !signalLine.MatchString(text) {
			if m := cartWho.FindStringSubmatch(text); m != nil {
				l.Text = "收货人：" + m[1] + "  电话：" + m[2]
			}
			rest = append(rest, l)
		}
	}
	return grid, rest, wrong, true
}

func cellOf(l page.Line) page.Cell { return page.Cell{Text: l.Text, Score: l.Score, Box: l.Box} }

func yuanOf(text string) decimal.Decimal {
	d, _ := decimal.NewFromString(strings.ReplaceAll(text, ",", ""))
	return d
}

// cardAbove are the lines right above a price that begin where it begins: name and choice of the goods.
func cardAbove(lines []page.Line, price page.Line) []page.Line {
	var out []page.Line
	high := price.Box[3].Y - price.Box[0].Y
	at, top := price.Box[0].X, price.Box[0].Y
	for _, l := range slices.Backward(lines) {
		if cartPlace.MatchString(l.Text) || pairsOf(l.Text)[0].keyed && !cartChoice.MatchString(strings.TrimSpace(l.Text)) {
			break
		}
		if math.Abs(l.Box[0].X-at) > 1.5*high || top-l.Box[3].Y > 2.2*high {
			continue
		}
		out = append([]page.Line{l}, out...)
		top = l.Box[0].Y
	}
	return out
}

// choiceAndUnit parts 10mm／只: a size and the unit it is sold in.
func choiceAndUnit(text string) (choice, unit string) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/／;；|", r) })
	if n := len(parts); n > 1 {
		if last := []rune(strings.TrimSpace(parts[n-1])); (len(last) == 1 || len(last) == 2) && isHan(last[0]) {
			return strings.TrimSpace(strings.Join(parts[:n-1], " ")), string(last)
		}
	}
	return strings.TrimSpace(text), ""
}
