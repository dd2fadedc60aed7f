package intake

import (
	"slices"
	"strings"
	"unicode/utf8"

	"orderbot/orders/intake/page"
)

// meaning is what a column of a table holds.
type meaning int

const (
	colOther    meaning = iota
	colIndex            // 序号
	colCode             // 物料编码
	colName             // 品名
	colSpec             // 规格型号
	colQuantity         // 数量
	colUnit             // 单位
	colPrice            // 单价
	colAmount           // 金额
	colNote             // 备注
	colDate             // 交期
	colCustomer         // 客户, 门店
	colAddress
	colContact
	colPhone
	colCarrier // 送货方式
	colNumber  // a 编号 that may be a code or a running number: the values tell
	colGift    // 赠送数量
	colMore    // 追加: adds to the quantity or takes from it
	colRival   // another quantity that counts as much
	colPO      // 订单号, by row
	colPer     // 计价单位: what the price is for
	colDecoy   // 库存, 在途, 上月用量: figures that are not ordered
)

// headings are words of table heads, normalised. A head is looked up as a whole, then without what stands in brackets,
// then by the longest word that it contains; rank orders quantity columns against each other (reading contract, case 12).
var headings = func() map[string]heading {
	m := map[string]heading{}
	add := func(as meaning, rank int, list string) {
		for w := range strings.FieldsSeq(list) {
			m[w] = heading{as, rank}
		}
	}
	add(colIndex, 0, "序号 行号 行 序 no no. # 项次 项目号 line")
	add(colNumber, 0, "编号 item 号")
	add(colCode, 0, `产品编码 产品编号 产品代码 商品编码 商品编号 商品代码 货号 物料号 物料编码 物料编号 物料代码 料号 物资编码 物资编号 物资代码 院内码 院内编码 代号 图号 编码
		存货编码 品号 sku partno partno. part code itemno itemno. 材料编码 材料编号 耗材编码 条码 商品条码 型号编码 零件号 件号 our code 货品编码 货品编号 我司编码 客户料号`)
	add(colName, 0, `名称 品名 产品名称 商品名称 货品 货品名称 货物名称 货名 物资 物资名称 物料 物料名称 材料 材料名称 产品 商品 description desc 描述 物料描述 品名规格 名称规格 名称及规格 品名及规格
		商品描述 产品描述 耗材名称 耗材 器械名称 药品名称 设备名称 配件名称 工具名称 标的 标的物 品种 goods product 采购内容 内容 物品 物品名称 零件名称 品名/规格 名称/规格 名称型号 品名型号 宝贝 宝贝信息 商品信息 品项 物料名称及规格`)
	add(colSpec, 0, "规格 型号 规格型号 规格/型号 型号规格 型号/规格 spec size 尺寸 参数 规格参数 技术参数 尺码 号数 号码数 码数 型号号数 材质 颜色 specification model 规格尺寸 材质规格")
	add(colUnit, 0, "单位 计量单位 uom unit 包装单位 units 主计量 主计量单位 主单位 销售单位 采购单位名称")
	add(colPer, 0, "计价单位 价格单位 单价单位 定价单位 priceunit")
	add(colQuantity, 9, "核准数 核准数量 核准 核定 审定 核批 批准数 批准数量 审批数 审批数量 核定数 核定数量 审定数量 实批数 实批数量 同意数量 最终数量 确认数量 实际数量")
	add(colQuantity, 8, "本次采购 本次采购数 本次采购量 本次采购数量 本次订购 本次订货 本次订货量 本次要货 本次需求 本次下单 本次数量 本单数量 本次采购数量")
	add(colQuantity, 7, `采购数 采购量 采购数量 订购数 订购量 订购数量 订货数 订货量 订货数量 要货数 要货量 要货数量 订单数 订单数量 下单数 下单数量 请购量 请购数 请购数量 申购量 申购数 申购数量 补货数 补货量 补货数量
		进货数 进货数量 订购 订货 要货 购买数量 发货数 发货数量 送货数量 请领数量 领用数量 申领数量 申领数 需购数量 拟购数量 应订`)
	add(colQuantity, 6, "数量 qty quantity 数目 个数 qty. 总数 总数量 量 quantities")
	add(colQuantity, 5, "件数 箱数 盒数 支数 包数 袋数 桶数 瓶数 个 件 箱")
	add(colQuantity, 4, "申请数 申请数量 申请量 计划数 计划数量 计划量 计划采购 需求 需求数 需求量 需求数量 需用数量 需用量 预计数量 预算数量 报计划数 建议数量 建议订货")
	add(colPrice, 0, "单价 含税价 含税单价 价格 unitprice price 供货价 协议价 采购价 采购单价 不含税单价 进价 结算价 供价 执行价 中标价 净价 含税净价 协议单价 成交价 订购价 购买价 到货价 单位价格 批发价 出厂价")
	add(colAmount, 0, "金额 总价 小计 合计 amount 总金额 价税合计 合价 total 合计金额 含税金额 货款")
	add(colNote, 0, "备注 要求 说明 remark remarks note notes 用途 备注说明 特殊要求 其他 其它 使用部门 科室 使用科室 部门 用料部位 使用部位")
	add(colDate, 0, `交期 到货 交货 到货日 交货日 交货期 到货期 交货日期 到货日期 到货时间 要求到货 要求到货日期 要求交期 需求日期 需用日期 需求日 送货日期 送货时间 送达日期 要货日期 要求日期 用料日期
		delivery deliverydate duedate due 送货日 发货日 期望日期 期望到货 交货时间 交付日期 期望交期 发货日期 要求送货日期 供货日期 供货时间 供船日期 配送日期 配送时间 送达时间 进场日期 提货日期 要求送达 交付时间 到仓 到仓日期 到仓时间 入仓日期 到店 到店日期 到店时间 到厂 到厂日期`)
	add(colCustomer, 0, "客户 客户名称 门店 门店名称 分店 店名 订货单位 收货单位 要货单位 购货单位 医院 医院名称 单位名称 网点 店铺 customer 站点 采购单位 使用单位 终端 往来单位 客商 购货方")
	add(colAddress, 0, "地址 收货地址 送货地址 交货地点 送货地点 交货地址 到货地点 收货地点 配送地址 配送地点 送达地点 供货地点 供船地点 卸货地点 address")
	add(colContact, 0, "联系人 收货人 收货联系人 contact")
	add(colPhone, 0, "电话 联系电话 手机 手机号 联系方式 phone tel")
	add(colCarrier, 0, "送货方式 运输方式 物流 物流方式 快递 承运 承运商 发货方式 配送方式 提货方式")
	add(colGift, 0, "赠送 赠品 搭赠 赠 附赠 免费赠送 赠送数 赠品数 搭赠数")
	add(colMore, 0, "追加 增加 增补 加订 加单 加量 补单")
	add(colPO, 0, "订单号 订单编号 订单号码 采购订单号 采购单号 采购订单 po po号 pono pono. po# 客户单号 客户订单号 订货单号 请购单号 申购单号 要货单号 合同号 合同编号 采购凭证 采购凭证号 采购凭证编号 凭证号 凭证编号 采购单 采购单编号 采购订单编号 订单编码 订货单编号 单号 单据号 单据编号 单据号码 申请单号 计划单号 计划号 order orderno orderno.")
	add(colDecoy, 0, `在途 在途数 在途数量 现存 现存量 现有 现有库存 库存 库存数 库存量 库存数量 结存 结余 在库 安全库存 已到 已到货 已到数量 已发 已发数量 未发 欠货 欠交 起订量 最小起订量 最小包装 装箱数 装箱量 每箱数量 每箱 包装数 入数
		上次 上次数量 上次采购 上月 上月用量 上月销量 上期 月用量 月均用量 月销量 历史用量 历史采购 参考数量 销量 近期销量 可用库存 可用量 仓库库存 科室库存 库位 品牌 厂家 生产厂家 厂商 产地 生产企业 注册证号 批号 有效期 效期 税率
		税额 折扣 消耗 消耗量 上周用量 本月用量 年用量 库存上限 库存下限 剩余 余量 已订 已订数量 去年同期 重量 体积 毛重 净重`)
	return m
}()

type heading struct {
	as   meaning
	rank int
}

// headingOf tells what a table head means.
func headingOf(text string) (heading, bool) {
	if len(text) > 400 { // longer than any head, however it is spaced
		return heading{}, false
	}
	t := headSigns.Replace(strings.ToLower(strings.TrimSpace(string(normal(text)))))
	if t == "" || utf8.RuneCountInString(t) > 24 {
		return heading{}, false
	}
	if h, ok := headings[t]; ok {
		return h, true
	}
	plain := t
	if i := strings.IndexAny(plain, "(["); i > 0 { // 单价(元), 数量(盒)
		plain = plain[:i]
		if h, ok := headings[plain]; ok {
			return h, true
		}
	}
	h, ok := partlyHeading(plain)
	if h.as == colQuantity {
		h = countOf(plain, h)
	}
	return h, ok
}

// partlyHeading looks a head up by what it begins or ends with.
func partlyHeading(plain string) (heading, bool) {
	// The longest known word at its end, else at its beginning: 含税到货单价, qty订购数, partno.料号
	var starts []int // of its characters
	for i := range plain {
		starts = append(starts, i)
	}
	all := len(starts)
	starts = append(starts, len(plain))
	for n := all; n >= 2 && n*3 >= all; n-- {
		last, atEnd := headings[plain[starts[all-n]:]]
		first, atStart := headings[plain[:starts[n]]]
		switch {
		case atStart && (!atEnd || last.as == colNote): // 规格说明
			return first, true
		case atEnd:
			return last, true
		}
	}
	return heading{}, false
}

// headSigns are left out of heads.
var headSigns = strings.NewReplacer(" ", "", "\n", "", "*", "", ":", "", "：", "")

// column is a column of a table whose head was understood.
type column struct {
	as   meaning
	rank int
	head string
	// of is the column, from 1, whose head reaches over this one too; 0 where there is none.
	of int
	// unit is what the head counts a quantity in: 数量(箱), 箱数.
	unit string
	// date or branch: a quantity column of a matrix, one order for each.
	date   string
	branch int32 // customer, -1 for none
	model  bool  // a code that may be part of the name: TNMG160408
	shop   *shop // a place of the customer that another table lists, nil for none
}

// table is a grid with its head found. rows are those below the head.
type table struct {
	columns []column
	rows    [][]page.Cell
	hidden  []bool
	first   int // index of rows[0] in the grid
	left    int // index of columns[0] in the grid
}

// findTables takes a grid apart: what stands above its first head and the tables below their heads. A head
// may stand in any row, and again further down. clock and who read the heads of matrix columns.
func (x *Lexicon) findTables(g page.Table, c headsOf, known []column) (above [][]page.Cell, found []table) {
	open := 0 // from where on tables take rows: those that stand side by side
	var from []int
	for i := 0; i < len(g.Rows); i++ {
		row, below := g.Rows[i], g.Rows[i+1:]
		if i < len(g.Hidden) && g.Hidden[i] {
			continue
		}
		head, rows := row, 1
		if len(below) > 0 {
			if both, ok := x.twoRows(row, below[0], c); ok {
				_, upper := x.readHead(head, below, c)
				_, lower := x.readHead(below[0], below[1:], c)
				if !upper && !lower || upper && underMerged(row, below[0]) {
					head, rows = both, 2
				}
			}
		}
		if cols, ok := x.readHead(head, below[rows-1:], c); ok {
			open, from = len(found), repeats(head)
			for k, start := range from {
				if len(from) > 1 {
					end := len(head)
					if k+1 < len(from) {
						end = from[k+1]
					}
					cols, ok = x.readHead(head[start:end], cut(below[rows-1:], start, end), c)
				}
				if ok {
					found = append(found, table{columns: cols, first: i + rows, left: start})
				}
			}
			i += rows - 1
			continue
		}
		if len(found) == 0 {
			if i == 0 && len(known) == len(row) && (counts(row, known) || !x.headBelow(g.Rows[1:], c)) { // goes on from the page before
				found = append(found, table{columns: known})
			} else {
				above = append(above, row)
				continue
			}
		}
		for k := open; k < len(found); k++ {
			t := &found[k]
			t.rows = append(t.rows, cut([][]page.Cell{row}, t.left, t.left+len(t.columns))[0])
			t.hidden = append(t.hidden, i < len(g.Hidden) && g.Hidden[i])
		}
	}
	return above, found
}

// counts tells that a row holds a quantity where these columns have it.
func counts(row []page.Cell, cols []column) bool {
	for i, c := range cols {
		if _, _, ok := figure(cellText(row, i)); ok && c.as == colQuantity {
			return true
		}
	}
	return false
}

// headBelow tells that rows have a head of their own.
func (x *Lexicon) headBelow(rows [][]page.Cell, c headsOf) bool {
	for i := range rows {
		if _, ok := x.readHead(rows[i], rows[i+1:], c); ok {
			return true
		}
	}
	return false
}

// cut is a stretch of columns of some rows.
func cut(rows [][]page.Cell, from, to int) [][]page.Cell {
	out := make([][]page.Cell, len(rows))
	for i, row := range rows {
		out[i] = row[min(from, len(row)):min(to, len(row))]
	}
	return out
}

// repeats tells at which columns the same heads begin again: two tables side by side.
func repeats(head []page.Cell) []int {
	text := func(i int) string { return strings.ReplaceAll(string(normal(head[i].Text)), " ", "") }
	starts := []int{0}
	first := slices.IndexFunc(head, func(c page.Cell) bool { return strings.TrimSpace(c.Text) != "" && !c.Merged })
	if first < 0 {
		return starts
	}
	for i := first + 2; i+1 < len(head); i++ {
		if !head[i].Merged && text(i) == text(first) && text(i+1) == text(first+1) && text(i+1) != "" {
			starts = append(starts, i)
		}
	}
	return starts
}

// twoRows puts two rows of heads together: 订购 over 数量 and 单位. ok is false where the lower one holds no heads.
func (x *Lexicon) twoRows(upper, lower []page.Cell, c headsOf) (head []page.Cell, ok bool) {
	if len(upper) != len(lower) {
		return nil, false
	}
	head = slices.Clone(upper)
	under := 0
	for i, cell := range lower {
		up, low := strings.TrimSpace(upper[i].Text), strings.TrimSpace(cell.Text)
		if low == "" || cell.Merged && low == up {
			continue
		}
		_, known := headingOf(low)
		if _, date := wholeDate(normal(low), c.clock); date || c.shop(low) != nil {
			known = true
		} else if _, _, number := figure(low); number {
			return nil, false
		}
		head[i] = cell
		if _, whole := headings[strings.ToLower(string(normal(up+low)))]; whole || !known {
			head[i].Text = up + low // 核准 over 数量
		}
		if known {
			under++
		}
	}
	// a head of one cell in both rows
	for i, cell := range head {
		if cell.Merged && i < len(lower) && lower[i].Merged && upper[i].Merged {
			continue
		}
		head[i].Merged = cell.Merged && lower[i].Merged && upper[i].Merged
	}
	return head, under > 0
}

// underMerged tells that all the lower row says stands below one cell of the upper row that reaches over several columns, or
// below nothing: 计划数 and 核准数 under 数量.
func underMerged(upper, lower []page.Cell) bool {
	some := false
	for i, c := range lower {
		low := strings.TrimSpace(c.Text)
		if low == "" || c.Merged && low == strings.TrimSpace(upper[i].Text) {
			continue
		}
		wide := upper[i].Merged || i+1 < len(upper) && upper[i+1].Merged
		if !wide && strings.TrimSpace(upper[i].Text) != "" {
			return false
		}
		some = true
	}
	return some
}

// readHead reads a row as the head of a table: it names goods and, besides, a quantity, or has columns that are
// dates or branches over figures.
func (x *Lexicon) readHead(row []page.Cell, below [][]page.Cell, c headsOf) ([]column, bool) {
	cols := make([]column, len(row))
	goods, amounts, known, filled := 0, 0, 0, 0
	seen := map[meaning]int{}
	for i, cell := range row {
		cols[i] = column{branch: -1, head: cell.Text}
		if i > 0 && cell.Merged && cell.Text != "" && cell.Text == row[i-1].Text {
			if cols[i].of = cols[i-1].of; cols[i].of == 0 {
				cols[i].of = i
			}
		}
		if strings.TrimSpace(cell.Text) == "" || cell.Merged {
			continue
		}
		filled++
		h, ok := headingOf(cell.Text)
		if !ok || c.shop(cell.Text) != nil { // 北门店 is no column of shops
			continue
		}
		known++
		cols[i].as, cols[i].rank = h.as, h.rank
		seen[h.as]++
		switch h.as {
		case colName, colCode, colSpec, colNumber:
			goods++
		case colQuantity:
			amounts++
		default:
		}
	}
	if seen[colUnit] == 0 && seen[colPer] == 1 { // it counts the goods as well
		at := slices.IndexFunc(cols, func(c column) bool { return c.as == colPer })
		cols[at].as, seen[colUnit] = colUnit, 1
	}
	if goods == 0 && seen[colUnit] == 1 && seen[colQuantity] == 1 {
		goods = x.ownWordForGoods(cols, below)
		known += goods
	}
	if goods == 0 || known < 2 || known*2 < filled && known < 4 {
		return nil, false
	}
	settleNumbers(cols, below)
	codesBesideNames(cols, below)
	x.matrixColumns(cols, row, below, c)
	x.unitColumns(cols, row, below)
	for i, col := range cols {
		switch col.as {
		case colQuantity:
			amounts++
		case colGift: // 赠品 over names is a remark
			if !figures(below, i) {
				cols[i].as = colNote
			}
		default:
		}
	}
	if amounts == 0 {
		return nil, false
	}
	keepBestQuantity(cols, below)
	keepBestPrice(cols, below)
	for i := range cols {
		if cols[i].as == colQuantity && cols[i].unit == "" || cols[i].as == colGift {
			cols[i].unit = x.unitOfHead(cols[i].head)
		}
	}
	return cols, true
}

// ownWordForGoods takes the first head, where it is not known, for that of the goods below it: 配件, 单位, 数量. It returns how many
// such heads there are, 0 or 1.
func (x *Lexicon) ownWordForGoods(cols []column, below [][]page.Cell) int {
	i := slices.IndexFunc(cols, func(c column) bool { return strings.TrimSpace(c.head) != "" && c.as != colIndex })
	if i < 0 || cols[i].as != colOther || cols[i].of > 0 || utf8.RuneCountInString(strings.TrimSpace(cols[i].head)) > 6 || len(below) == 0 {
		return 0
	}
	t := newText(cellText(below[0], i))
	m := x.readMention(t, 0, len(t.r), nil, nil)
	if r := x.resolve(m, nil, scope{}, ""); m.content() == 0 || r.product < 0 && len(r.options) == 0 {
		return 0
	}
	cols[i].as = colName
	return 1
}

// unitOfHead is the unit that a head names: 数量(箱), 箱数. 件数 and 个数 say no more than 数量.
func (x *Lexicon) unitOfHead(head string) string {
	text := strings.ReplaceAll(string(normal(head)), " ", "")
	if _, in, ok := strings.Cut(text, "("); ok {
		if unit := strings.TrimSuffix(strings.TrimPrefix(in, "单位:"), ")"); x.units[unit] > 0 {
			return unit
		}
		return ""
	}
	if _, unit, ok := strings.Cut(text, "/"); ok && x.units[unit] > 0 {
		return unit
	}
	if unit, ok := strings.CutSuffix(text, "数"); ok && x.units[unit] > 0 && unit != "件" && unit != "个" {
		return unit
	}
	return ""
}

// settleNumbers decides whether 编号 is a running number or a code.
func settleNumbers(cols []column, below [][]page.Cell) {
	for i := range cols {
		if cols[i].as != colNumber {
			continue
		}
		cols[i].as = colIndex
		last, step := -1, 0
		for _, row := range below {
			if i >= len(row) || row[i].Text == "" || row[i].Merged {
				continue
			}
			n, ok := smallNumber(row[i].Text)
			if !ok || last >= 0 && step > 0 && n != last+step {
				if !ok {
					cols[i].as = colCode
				}
				break
			}
			if last >= 0 {
				step = n - last
			}
			last = n
		}
	}
}

// codesBesideNames takes a column of goods for that of their codes, where another names them and its values have no Chinese: 物料 beside 名称.
func codesBesideNames(cols []column, below [][]page.Cell) {
	var names, codes []int
	for i, c := range cols {
		if c.as != colName {
			continue
		}
		filled, plain := 0, 0
		for _, row := range below {
			if text := cellText(row, i); text != "" {
				filled++
				if r := normal(text); !slices.ContainsFunc(r, isHan) && hasDigit(r) {
					plain++
				}
			}
		}
		if filled > 0 && plain*4 >= filled*3 {
			codes = append(codes, i)
		} else {
			names = append(names, i)
		}
	}
	if len(names) > 0 && len(codes) == 1 && !slices.ContainsFunc(cols, func(c column) bool { return c.as == colCode }) {
		cols[codes[0]].as, cols[codes[0]].model = colCode, true
	}
}

func smallNumber(text string) (int, bool) {
	n := 0
	for _, r := range strings.TrimSpace(text) {
		if !isDigit(r) || n > 9999 {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, text != ""
}

// matrixRank is the rank of the columns of a matrix.
const matrixRank = 100

// matrixColumns finds columns headed by a date or a branch over figures.
func (x *Lexicon) matrixColumns(cols []column, row []page.Cell, below [][]page.Cell, c headsOf) {
	var at, houses []int
	for i := range cols {
		if cols[i].as != colOther || strings.TrimSpace(row[i].Text) == "" || row[i].Merged || !figures(below, i) {
			continue
		}
		head := normal(row[i].Text)
		if w, ok := wholeDate(head, c.clock); ok {
			cols[i].date = w
			at = append(at, i)
			continue
		}
		cols[i].shop = c.shop(row[i].Text)
		if ids := x.customersNamed(head); len(ids) == 1 {
			cols[i].branch = ids[0]
			at = append(at, i)
		} else if cols[i].shop != nil {
			at = append(at, i)
		} else if branch, ok := x.branchOf(head, cols); ok {
			cols[i].branch = branch
			at = append(at, i)
		} else if mainHouse[string(squeeze(head))] {
			houses = append(houses, i)
		}
	}
	for _, i := range houses { // known by the branches beside it, which may stand behind it
		if id, ok := x.houseOf(cols); ok {
			cols[i].branch = id
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return
	}
	for _, i := range at {
		cols[i].as, cols[i].rank = colQuantity, matrixRank
	}
}

// mainHouse are heads over what the house itself gets, beside its branches.
var mainHouse = map[string]bool{"总店": true, "总部": true, "总院": true, "本店": true, "本部": true, "本院": true, "总公司": true, "主店": true}

// houseOf finds the one customer of the house that the branches of these columns belong to, by how their names begin, and that is
// no branch itself: 同福楼餐饮 beside 同福楼南桥店.
func (x *Lexicon) houseOf(cols []column) (int32, bool) {
	ids := map[int32]bool{}
	for _, c := range cols {
		if c.branch < 0 {
			continue
		}
		own := []rune(x.customer(c.branch).Name)
		for id, e := range x.customers {
			if e.customer == nil || slices.ContainsFunc(cols, func(c column) bool { return int(c.branch) == id }) {
				continue
			}
			if name := []rune(e.customer.Name); len(own) > 3 && strings.HasPrefix(e.customer.Name, string(own[:3])) && !slices.Contains([]rune("店院校"), name[len(name)-1]) && !strings.HasSuffix(e.customer.Name, "分公司") {
				ids[int32(id)] = true
			}
		}
	}
	if len(ids) != 1 {
		return -1, false
	}
	for id := range ids {
		return id, true
	}
	return -1, false
}

// branchOf finds the customer whose name ends in a head: 城北分院. Of several the one that is of the same house as the columns
// before.
func (x *Lexicon) branchOf(head []rune, cols []column) (int32, bool) {
	part := string(squeeze(head))
	if len(head) < 2 || len(head) > 8 || !isHan(head[0]) {
		return -1, false
	}
	var ids []int32
	for id, c := range x.customers {
		if c.customer == nil {
			continue
		}
		if name := string(squeeze(normal(c.customer.Name))); strings.HasSuffix(name, part) && name != part {
			ids = append(ids, int32(id))
		}
	}
	if len(ids) > 1 {
		ids = slices.DeleteFunc(ids, func(id int32) bool {
			own := []rune(x.customer(id).Name)
			return !slices.ContainsFunc(cols, func(c column) bool {
				return c.branch >= 0 && strings.HasPrefix(x.customer(c.branch).Name, string(own[:min(2, len(own))]))
			})
		})
	}
	if len(ids) != 1 {
		return -1, false
	}
	return ids[0], true
}

// figures tells whether a column holds numbers only, and some.
func figures(below [][]page.Cell, i int) bool {
	n := 0
	for _, row := range below {
		if i >= len(row) || strings.Trim(row[i].Text, " -—/") == "" || row[i].Merged {
			continue
		}
		r := normal(strings.TrimSpace(row[i].Text))
		if v, ok := readNumeral(r, 0); !ok || v.to < len(r)-3 {
			return n > 1
		}
		n++
	}
	return n > 0
}

// keepBestQuantity leaves one quantity column, those of a matrix, or those of several units: the one decided last (核准数) goes
// before what was asked for (计划数). A column without any figure does not count; of two that count as much, the second is the
// first one's rival.
func keepBestQuantity(cols []column, below [][]page.Cell) {
	best := -1
	for i, col := range cols {
		if col.as == colQuantity && (best < 0 || col.rank > cols[best].rank) && (best < 0 || figures(below, i)) {
			best = i
		}
	}
	for i := range cols {
		switch {
		case cols[i].as != colQuantity || i == best || cols[i].rank == cols[best].rank && (cols[best].rank == matrixRank || cols[i].unit != ""):
		case cols[i].rank == cols[best].rank && figures(below, i):
			cols[i].as = colRival
		default:
			cols[i].as = colDecoy
		}
	}
}

// keepBestPrice leaves one column of prices: the one with which the rows' amounts come out, else the one that is paid.
func keepBestPrice(cols []column, below [][]page.Cell) {
	quantity, amount := -1, -1
	var prices []int
	for i, c := range cols {
		switch c.as {
		case colQuantity:
			quantity = i
		case colAmount:
			amount = i
		case colPrice:
			prices = append(prices, i)
		default:
		}
	}
	if len(prices) < 2 {
		return
	}
	weight := func(i int) int {
		w, head := 3, string(normal(cols[i].head))
		for n, words := range [...]string{"零售 市场 参考 建议 标价 吊牌 原价 原单价 上次 指导", "不含税 未税 去税 净价", "", "含税 折后 成交 实际 执行 结算 协议"} {
			if slices.ContainsFunc(strings.Fields(words), func(word string) bool { return strings.Contains(head, word) }) {
				w = n + 1
				break
			}
		}
		if amount < 0 || quantity < 0 {
			return w
		}
		for _, row := range below {
			if len(row) < len(cols) {
				continue
			}
			q, _, okQuantity := figure(row[quantity].Text)
			p, _, okPrice := figure(row[i].Text)
			a, _, okAmount := figure(row[amount].Text)
			if okQuantity && okPrice && okAmount && near(q.Mul(p), a) {
				w += 10
			}
		}
		return w
	}
	best := slices.MaxFunc(prices, func(a, b int) int { return weight(a) - weight(b) })
	for _, i := range prices {
		if i != best {
			cols[i].as = colDecoy
		}
	}
}

// wholeDate reads a head that is nothing but a date, such as 3月27日 or 4/3到货.
func wholeDate(r []rune, c clock) (string, bool) {
	r = trimSpace(r)
	if len(r) == 0 {
		return "", false
	}
	w, ok := readWhen(r, 0, c)
	if !ok {
		return "", false
	}
	rest := strings.Trim(string(r[w.to:]), " ()日号")
	if rest != "" && !slices.Contains([]string{"到货", "送货", "交货", "数量", "送", "到", "要", "要货"}, rest) {
		return "", false
	}
	return w.value(), true
}

func trimSpace(r []rune) []rune {
	for len(r) > 0 && isSpace(r[0]) {
		r = r[1:]
	}
	for len(r) > 0 && isSpace(r[len(r)-1]) {
		r = r[:len(r)-1]
	}
	return r
}

// customersNamed are the customers that a short text names, by name or alias: all of those that share the longest
// name found in it.
func (x *Lexicon) customersNamed(r []rune) []int32 {
	var ids []int32
	size := 0
	for i := range r {
		x.buyers.at(r, i, func(n *tableName, to int) {
			if to-i > size && to-i >= 2 && boundary(r, i, to) {
				ids, size = n.ids, to-i
			}
		})
	}
	return ids
}
