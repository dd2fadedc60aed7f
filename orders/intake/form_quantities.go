package intake

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders/intake/page"
)

// What a head says of a quantity besides: it was of another time or of other goods, it is the one that counts, or it adds to
// another.
var (
	otherCounts = strings.Fields("原 变更前 修改前 调整前 更改前 改前 上次 上月 上周 上期 上季 上年 去年 历史 累计 近 未 已 剩余 库存 在途 现有 可用 可供 起订 最小 最低 包装 装箱 每 单箱 退货 退 入库 出库 实收 签收 验收 开票 参考 平均 月均 预留 安全 结存 消耗 使用数")
	lastCounts  = strings.Fields("变更后 修改后 调整后 更改后 改后 现订 现改 改为 改成 更正 最终 实际")
	approved    = strings.Fields("核准 核定 审定 审批 批准 核批 实批 同意 确认")
	freeCounts  = strings.Fields("赠 搭 免费")
	moreCounts  = strings.Fields("追加 增加 增补 加订 加单 加量 补订 补单 减少 扣减 调减")
)

// countOf is what the head of a column with quantities means: one of the meanings of such columns and its rank.
func countOf(head string, h heading) heading {
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(head, w) })
	}
	switch {
	case has(freeCounts):
		return heading{colGift, 0}
	case has(moreCounts):
		return heading{colMore, 0}
	case has(lastCounts), has(approved):
		return heading{colQuantity, 9}
	case slices.ContainsFunc(otherCounts, func(w string) bool { return strings.HasPrefix(head, w) }):
		return heading{colDecoy, 0}
	}
	return h
}

// unitColumns finds columns whose head is nothing but a unit: 箱 | 盒. Where there are several, each row may use any of them.
func (x *Lexicon) unitColumns(cols []column, row []page.Cell, below [][]page.Cell) {
	var at []int
	for i := range cols {
		if row[i].Merged || cols[i].as != colOther && (cols[i].as != colQuantity || cols[i].rank != unitRank) {
			continue
		}
		unit := strings.TrimSuffix(headSigns.Replace(string(normal(row[i].Text))), "数")
		if unit != "" && x.units[unit] > 0 && !sizeUnits[unit] && figures(below, i) {
			cols[i].unit = unit
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		for _, i := range at {
			if cols[i].as == colOther {
				cols[i].as, cols[i].rank = colQuantity, unitRank
			} else {
				cols[i].unit = ""
			}
		}
		return
	}
	for _, i := range at {
		cols[i].as, cols[i].rank = colQuantity, unitRank
	}
}

// unitRank is the rank of columns headed by a unit.
const unitRank = 5

// inUnits puts together what a row orders in columns of several units: 3 in 箱 and 2 in 盒 are 32 盒. Where both may say the
// same, they are one; where they contradict each other it is asked.
func (f *form) inUnits(own []item, cols []column) []item {
	units := 0
	for _, c := range cols {
		if c.as == colQuantity && c.rank == unitRank && c.unit != "" {
			units++
		}
	}
	if units < 2 || len(own) == 0 {
		return own
	}
	own = slices.DeleteFunc(own, func(it item) bool { return it.doubt == ReasonMissing && len(own) > 1 })
	counted := slices.IndexFunc(own, func(it item) bool { return it.doubt != ReasonMissing })
	if counted >= 0 {
		own = slices.DeleteFunc(own, func(it item) bool { return it.doubt == ReasonMissing })
	} else {
		own = own[:1]
	}
	if len(own) < 2 {
		return own
	}
	one := own[0]
	one.product = f.resolveRow(one)
	if one.product.product < 0 || slices.ContainsFunc(own, func(it item) bool { return it.doubt != "" }) {
		one.doubt = ReasonConflict
		return []item{one}
	}
	p := f.x.product(one.product.product)
	sum, alike, largest := decimal.Zero, true, decimal.Zero
	var bases []decimal.Decimal
	for _, it := range own {
		unit, factor, _, ok := productUnit(p, it.unit)
		size, known := p.UnitSize(unit)
		if !ok || !known {
			one.doubt = ReasonConflict
			return []item{one}
		}
		base := it.quantity.Mul(factor).Mul(size)
		bases = append(bases, base)
		alike = alike && base.Equal(bases[0])
		sum, largest = sum.Add(base), decimal.Max(largest, size)
	}
	if alike {
		return own[:1]
	}
	if sum.Sub(slices.MaxFunc(bases, decimal.Decimal.Cmp)).GreaterThanOrEqual(largest) { // no rest, but another count
		one.doubt = ReasonConflict
	}
	one.quantity, one.unit = sum, p.Unit
	return []item{one}
}
