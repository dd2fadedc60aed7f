package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// claim is what a paper says that its lines come to, in yuan, as figures or in words.
type claim struct{ value decimal.Decimal }

var (
	// claimInFigures fits a sum of money behind the word for it: 合计：￥6,470.00, 净值总计 CNY 7,190.00, 总金额 1200元.
	claimInFigures = regexp.MustCompile(`(?:合计|总计|共计|总额|总金额|总价|合同金额|订单金额|价税合计)(?:\([^)]{0,12}\)|[^\d¥,。;()]){0,10}?(¥|cny|rmb|人民币)?[::]?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(元|圆)?`)
	// claimInWords fits the same in the numerals of cheques.
	claimInWords = regexp.MustCompile(`([零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,})[元圆]([零壹贰叁肆伍陆柒捌玖]角)?([零壹贰叁肆伍陆柒捌玖]分)?`)
	// otherMoney are words for sums that are not what the lines come to.
	otherMoney = regexp.MustCompile(`运费|邮费|税额|不含税|未税|折|优惠|减免|立减|券|积分|返|预付|定金|订金|已付|已收|未付|余款|尾款|首付|欠|上期|累计|额度|应收|押金|服务费|安装费|违约`)
)

// claims reads them out of a line or a row.
func claims(text string) []claim {
	t := strings.NewReplacer(" ", "", "￥", "¥", "，", ",", "：", ":", "（", "(", "）", ")").Replace(strings.ToLower(string(normal(text))))
	if otherMoney.MatchString(t) {
		return nil
	}
	var out []claim
	for _, m := range claimInFigures.FindAllStringSubmatch(t, -1) {
		pence := strings.Contains(m[2], ".") && len(m[2])-strings.LastIndex(m[2], ".") == 3
		if m[1] == "" && m[3] == "" && !pence {
			continue // a count
		}
		if v, err := decimal.NewFromString(strings.ReplaceAll(m[2], ",", "")); err == nil && v.IsPositive() {
			out = append(out, claim{v})
		}
	}
	for _, m := range claimInWords.FindAllStringSubmatch(t, -1) {
		r := []rune(m[1])
		n, ok := readNumeral(r, 0)
		if !ok || n.to != len(r) || n.more {
			continue
		}
		v := n.value
		for i, part := range m[2:] {
			if part != "" {
				d, _ := readNumeral([]rune(part), 0)
				v = v.Add(d.value.Shift(int32(-1 - i)))
			}
		}
		if v.IsPositive() {
			out = append(out, claim{v})
		}
	}
	return out
}

// moneyBeside fits a sum that changes what is to be paid.
var moneyBeside = regexp.MustCompile(`(?:运费|邮费|配送费|税额|优惠|折扣|立减|满减|券|抵扣|减免|折后|返利|服务费|安装费|加工费)[^，。；,;\d]{0,8}[-¥￥]{0,2}\s*\d`)

// saysOtherMoney tells that pages have one: then the whole is not what the lines come to.
func saysOtherMoney(pages []page.Page) bool {
	for _, p := range pages {
		if slices.ContainsFunc(p.Lines, func(l page.Line) bool { return moneyBeside.MatchString(l.Text) }) {
			return true
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				if moneyBeside.MatchString(rowText(row)) {
					return true
				}
			}
		}
	}
	return false
}

// claimsOf collects what pages say that all lines come to, outside the rows of goods.
func claimsOf(pages []page.Page, read bool) []claim {
	var out []claim
	if saysOtherMoney(pages) {
		return nil
	}
	for _, p := range pages {
		for _, l := range p.Lines {
			if !read || l.Score >= surely {
				out = append(out, claims(l.Text)...)
			}
		}
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					if !c.Merged && (!read || c.Score >= surely) {
						out = append(out, claims(c.Text)...)
					}
				}
			}
		}
	}
	return out
}

// checkClaims asks where the paper says a sum of money that its lines do not come to. One that says it twice (in figures and in
// words) is believed where either fits.
func (f *form) checkClaims(orders []Draft) {
	if len(f.claimed) == 0 || f.wrongSum != "" || len(f.lost) > 0 {
		return
	}
	amounts, worked, lines := decimal.Zero, decimal.Zero, 0
	all, priced := true, true
	for _, it := range f.items {
		if it.gift {
			continue
		}
		if all = all && it.amount != nil; all {
			amounts = amounts.Add(*it.amount)
		}
	}
	for _, l := range slices.Concat(linesOf(orders)...) {
		if l.Gift {
			continue
		}
		lines++
		price, errPrice := decimal.NewFromString(l.Price)
		quantity, errQuantity := decimal.NewFromString(l.Quantity)
		if priced = priced && errPrice == nil && errQuantity == nil; priced {
			worked = worked.Add(price.Mul(quantity))
		}
	}
	sum := amounts
	switch {
	case lines == 0 || !all && !priced:
		return
	case !all:
		sum = worked
	}
	fits := func(v decimal.Decimal) bool { return all && near(amounts, v) || priced && near(worked, v) }
	together := decimal.Zero
	for _, c := range f.claimed {
		if fits(c.value) {
			return
		}
		together = together.Add(c.value)
	}
	if fits(together) || fits(together.Div(decimal.NewFromInt(2))) { // the sums of several tables, each said once or twice
		return
	}
	f.wrongSum = fmt.Sprintf("各行金额加起来是 %s 元，单上合计是 %s 元，请核对。", trim(sum), trim(f.claimed[0].value))
}

// linesOf are the lines of orders.
func linesOf(orders []Draft) [][]Line {
	out := make([][]Line, len(orders))
	for i := range orders {
		out[i] = orders[i].Lines
	}
	return out
}
