package intake

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// pieces are measure words: used loosely of one piece of anything.
const pieces = "个只支片粒颗枚根条张块把枝台套副付架辆部幅顶床面盏本册株棵头尾节段朵份"

// commonUnits are the words that follow a number in orders, besides those of the master data.
var commonUnits = strings.Fields(`个 只 支 片 粒 颗 枚 根 条 张 块 把 枝 台 套 副 付 架 辆 部 幅 顶 床 面 盏 本 册 株 棵 节 段 朵
	箱 件 盒 包 袋 瓶 桶 捆 卷 打 筒 罐 听 扎 托 板 排 串 提 筐 盘 壶 坛 匹 轴 匣 双 对 组 刀 令 码 壳 版 盆 箩 垛 栈板 托盘 大箱 小箱 中盒 小盒 大包 小包 整箱 整件 整盒 整包
	公斤 千克 kg 斤 两 克 g 吨 t 毫克 mg 升 公升 l 毫升 ml 米 m 厘米 公分 cm 毫米 mm 公里 尺 平方 平方米 平米 平 立方 立方米 方 人份 件套`)

// sizeUnits are units of measure rather than of packing: on their own they may as well be a size.
var sizeUnits = map[string]bool{}

func init() {
	for u := range strings.FieldsSeq("kg g mg l ml m cm mm 克 毫克 毫升 厘米 公分 毫米 码 升 公升 公斤 千克 斤 两 米 尺 人份 节 寸 号 度 级 t m2 m3 平方 方 部 面 公里 km") {
		sizeUnits[u] = true
	}
}

// unitForms gives each spelling of a unit one name.
var unitForms = map[string]string{
	"千克": "kg", "公斤": "kg", "kg": "kg", "kgs": "kg", "克": "g", "g": "g", "公升": "l", "升": "l", "l": "l", "毫升": "ml", "ml": "ml", "cc": "ml", "米": "m", "m": "m", "公尺": "m", "公里": "km", "千米": "km", "km": "km",
	"厘米": "cm", "公分": "cm", "cm": "cm", "毫米": "mm", "mm": "mm", "厘": "mm", "吨": "t", "t": "t", "毫克": "mg", "mg": "mg", "斤": "jin", "市斤": "jin", "两": "liang", "寸": "inch", "英寸": "inch", "吋": "inch",
	"平方米": "m2", "平方": "m2", "平": "m2", "平米": "m2", "㎡": "m2", "m2": "m2", "立方": "m3", "立方米": "m3", "方": "m3", "m3": "m3", "号": "号", "#": "号", "码": "码", "μm": "μm", "um": "μm", "微米": "μm",
	"枝": "支", "付": "副", "整箱": "箱", "整件": "件", "整盒": "盒", "整包": "包", "对": "双", "托盘": "托", "栈板": "托", "度": "°", "°": "°",
	"伏": "v", "v": "v", "瓦": "w", "w": "w", "安": "a", "千瓦": "kw", "kw": "kw", "毫安": "ma", "目": "目", "丝": "丝",
}

// foreignUnits are English words for units with what they may stand for, the likeliest first.
var foreignUnits = map[string][]string{}

func init() {
	for line := range strings.SplitSeq(`pcs pc piece pieces ea each unit units:个
		ctn ctns carton cartons case cases cs:箱 件
		box boxes bx:盒 箱
		bag bags:袋 包
		pack packs pk pkt pkts packet packets:包 袋
		roll rolls:卷
		bottle bottles btl btls:瓶
		can cans tin tins:罐 听
		set sets:套
		pair pairs pr prs:双 副
		dozen dozens doz dz:打
		drum drums barrel barrels pail pails:桶
		tube tubes:支 管
		sheet sheets:张
		bundle bundles:捆 扎
		tray trays:托 盘
		pallet pallets plt:托
		ton tons:t`, "\n") {
		words, meanings, _ := strings.Cut(line, ":")
		for w := range strings.FieldsSeq(words) {
			foreignUnits[w] = strings.Fields(meanings)
			commonUnits = append(commonUnits, w)
		}
	}
}

func unitForm(u string) string {
	if f, ok := unitForms[u]; ok {
		return f
	}
	return u
}

// sameUnit tells whether two words may stand for one unit.
func sameUnit(a, b string) bool {
	return unitForm(a) == unitForm(b) || slices.Contains(foreignUnits[a], b) || slices.Contains(foreignUnits[b], a)
}

// scales relate units of one kind: how many of the first of the kind one is.
var scales = map[string]struct {
	kind string
	size decimal.Decimal
}{
	"g": {"mass", decimal.New(1, 0)}, "mg": {"mass", decimal.New(1, -3)}, "kg": {"mass", decimal.New(1, 3)}, "t": {"mass", decimal.New(1, 6)}, "jin": {"mass", decimal.New(5, 2)}, "liang": {"mass", decimal.New(5, 1)},
	"ml": {"volume", decimal.New(1, 0)}, "l": {"volume", decimal.New(1, 3)}, "mm": {"length", decimal.New(1, 0)}, "cm": {"length", decimal.New(1, 1)}, "m": {"length", decimal.New(1, 3)}, "km": {"length", decimal.New(1, 6)},
}

// An amount is a quantity in a unit that the product has.
type amount struct {
	quantity, base decimal.Decimal
	unit           string
}

// productUnit finds the unit of p that said means. factor converts the number said into that unit.
// loose tells that said was only a measure word.
func productUnit(p *orders.Product, said string) (unit string, factor decimal.Decimal, loose, ok bool) {
	one := decimal.New(1, 0)
	if said == "" {
		return p.Unit, one, false, true
	}
	if _, has := p.UnitSize(said); has {
		return said, one, false, true
	}
	for _, u := range foreignUnits[said] {
		if unit, factor, loose, ok = productUnit(p, u); ok && !loose {
			return unit, factor, loose, ok
		}
	}
	if words := foreignUnits[said]; len(words) > 0 {
		return productUnit(p, words[0])
	}
	form := unitForm(said)
	units := make([]string, 0, 4)
	units = append(units, p.Unit)
	for _, k := range p.Packs {
		units = append(units, k.Unit)
	}
	for _, u := range units {
		if unitForm(string(normal(u))) == form {
			return u, one, false, true
		}
	}
	if said == "打" {
		return p.Unit, decimal.New(12, 0), false, true
	}
	if s, has := scales[form]; has {
		for _, u := range units {
			if k, has := scales[unitForm(string(normal(u)))]; has && k.kind == s.kind {
				return u, s.size.Div(k.size), false, true
			}
		}
		return "", one, false, false
	}
	if isPiece(said) || isPiece(form) {
		for _, k := range p.Packs {
			if k.Size.LessThan(one) && isPiece(k.Unit) {
				return k.Unit, one, true, true
			}
		}
		return p.Unit, one, true, true
	}
	return "", one, false, false
}

func isPiece(u string) bool {
	if words := foreignUnits[u]; len(words) > 0 {
		u = words[0]
	}
	return len([]rune(u)) == 1 && strings.Contains(pieces, u)
}

// in converts a number of said units into p's own.
func in(p *orders.Product, n decimal.Decimal, said string) (amount, bool) {
	u, factor, _, ok := productUnit(p, said)
	if !ok {
		return amount{}, false
	}
	q := n.Mul(factor)
	size, _ := p.UnitSize(u)
	return amount{quantity: q, unit: u, base: settleBase(q.Mul(size))}, true
}

// settleBase takes away what a pack written as 0.0333 of a base unit leaves over.
func settleBase(base decimal.Decimal) decimal.Decimal {
	if whole := base.Round(0); base.Sub(whole).Abs().LessThan(whole.Abs().Mul(decimal.New(15, -4))) && base.Exponent() < -3 && whole.IsPositive() {
		return whole
	}
	return base.Round(6)
}
