package storage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// The kinds of master data: their columns, and what a row must agree with.

var productColumns = []column[productRow]{
	{"code", "产品编码", true, text(codeLen, func(r *productRow) *string { return &r.Code })},
	{"name", "名称", true, text(longLen, func(r *productRow) *string { return &r.Name })},
	{"spec", "规格", false, text(longLen, func(r *productRow) *string { return &r.Spec })},
	{"unit", "单位", true, text(32, func(r *productRow) *string { return &r.Unit })},
	{"packs", "包装换算", false, cell[productRow]{setPacks, showPacks}},
	{"aliases", "别名", false, list("|｜", func(r *productRow) *string { return &r.Aliases })},
	{"category", "分类", false, text(nameLen, func(r *productRow) *string { return &r.Category })},
	{"price", "单价", false, price(func(r *productRow) **int64 { return &r.Price })},
	{"moq", "起订量", false, amount(func(r *productRow) *int64 { return &r.MOQ })},
	{"stock", "库存", false, amount(func(r *productRow) *int64 { return &r.Stock })},
	{"kind", "类型", false, word(func(r *productRow) *string { return &r.Kind }, "standard=标准品", "custom=定制品", "bundle=组合品")},
	{"parts", "组成", false, cell[productRow]{setParts, showParts}},
	{"safety_stock", "安全库存", false, amount(func(r *productRow) *int64 { return &r.SafetyStock })},
	{"imported", "进口", false, flag(func(r *productRow) *bool { return &r.Imported })},
	{"licence", "所需资质", false, text(longLen, func(r *productRow) *string { return &r.Licence })},
	{"bom", "BOM", false, text(longLen, func(r *productRow) *string { return &r.BOM })},
	{"bom_until", "BOM有效期", false, moment(parseUntil, func(r *productRow) *int64 { return &r.BOMUntil })},
	{"successor", "替代产品", false, text(codeLen, func(r *productRow) *string { return &r.Successor })},
	{"tracking", "批次管理", false, word(func(r *productRow) *string { return &r.Tracking }, "=无", "batch=批次", "serial=序列号")},
	{"service", "技术服务", false, flag(func(r *productRow) *bool { return &r.Service })},
}

func setPacks(r *productRow, text string) error {
	pairs, err := splitPairs(text)
	if err != nil {
		return err
	}
	var packs []orders.Pack
	for _, p := range pairs {
		size, err := parseAmount(p[1])
		if err != nil {
			return err
		}
		if !size.IsPositive() {
			return fmt.Errorf("「%s」的换算要大于 0", p[0])
		}
		packs = append(packs, orders.Pack{Unit: p[0], Size: size})
	}
	r.Packs = toJSON(packs)
	return nil
}

func showPacks(r *productRow) string {
	var packs []orders.Pack
	shown(r.Packs, &packs)
	var out []string
	for _, p := range packs {
		out = append(out, p.Unit+"="+p.Size.String())
	}
	return strings.Join(out, ";")
}

func setParts(r *productRow, text string) error {
	pairs, err := splitPairs(text)
	if err != nil {
		return err
	}
	parts := make(map[orders.ProductCode]orders.Quantity)
	for _, p := range pairs {
		n, err := parseAmount(p[1])
		if err != nil {
			return err
		}
		if !n.IsPositive() {
			return fmt.Errorf("「%s」的数量要大于 0", p[0])
		}
		parts[orders.ProductCode(p[0])] = n
	}
	r.Parts = toJSON(parts)
	return nil
}

func showParts(r *productRow) string {
	var parts map[string]orders.Quantity
	shown(r.Parts, &parts)
	var out []string
	for _, code := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, code+"="+parts[code].String())
	}
	return strings.Join(out, ";")
}

func (im *importer) products() error {
	byCode := func(r *productRow) string { return r.Code }
	stored, err := load(im.db, "products", byCode)
	if err != nil {
		return err
	}
	records, err := parse(im, productColumns, stored, byCode, "code")
	if err != nil {
		return err
	}
	all := maps.Clone(stored)
	for i := range records {
		r := &records[i].row
		r.complete()
		all[r.Code] = *r
	}
	for i := range records {
		im.checkProduct(records[i].no, &records[i].row, all)
	}
	if err := im.unstockBundles(records); err != nil {
		return err
	}
	if err := im.openingStock(records); err != nil {
		return err
	}
	return store(im, "products", productColumns, records, func(r *productRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

// complete gives a product its kind where the list leaves it open.
func (r *productRow) complete() {
	if r.Kind == "" || r.Kind == string(orders.ProductStandard) {
		if r.Kind = string(orders.ProductStandard); r.Parts != "" {
			r.Kind = string(orders.ProductBundle)
		}
	}
}

func (im *importer) checkProduct(no int, r *productRow, all map[string]productRow) {
	p, err := r.toDomain()
	if err != nil {
		im.refuse(no, "", "%s", err)
		return
	}
	for _, k := range p.Packs {
		if k.Unit == p.Unit && !k.Size.Equal(decimal.NewFromInt(1)) {
			im.refuse(no, "packs", "「%s」是基本单位，不能再换算", k.Unit)
		}
	}
	if p.Kind == orders.ProductBundle && len(p.Parts) == 0 {
		im.refuse(no, "parts", "组合品要写明由什么组成")
	}
	if p.Kind != orders.ProductBundle && len(p.Parts) > 0 {
		im.refuse(no, "parts", "只有组合品有组成")
	}
	for _, code := range slices.Sorted(maps.Keys(p.Parts)) {
		part, ok := all[string(code)]
		if !ok {
			im.refuse(no, "parts", "没有产品 %s", code)
		} else if part.Kind == string(orders.ProductBundle) {
			im.refuse(no, "parts", "%s 自己是组合品", code)
		}
	}
	if _, ok := all[r.Successor]; r.Successor != "" && !ok {
		im.warn("第 %d 行: 替代产品 %s 不在产品表里", no, r.Successor)
	}
}

// unstockBundles sees to it that bundles have no stock of their own.
func (im *importer) unstockBundles(records []record[productRow]) error {
	for i := range records {
		r := &records[i]
		if r.row.Kind != string(orders.ProductBundle) {
			continue
		}
		if r.row.Stock != 0 {
			im.refuse(r.no, "stock", "组合品没有自己的库存，库存在它的组成里")
		}
		if r.isNew || r.old.Kind == r.row.Kind {
			continue
		}
		if err := im.db.Exec("DELETE FROM stock WHERE product = ? AND on_hand = 0", r.row.Code).Error; err != nil {
			return fmt.Errorf("drop stock: %w", err)
		}
		var left int
		if err := im.db.Raw("SELECT COUNT(*) FROM stock WHERE product = ?", r.row.Code).Scan(&left).Error; err != nil {
			return fmt.Errorf("read stock: %w", err)
		}
		if left > 0 {
			im.refuse(r.no, "kind", "%s 还有库存，不能改成组合品", r.row.Code)
		}
	}
	return nil
}

// openingStock gives the default warehouse what the product list says, once. A later list with
// another opening stock moves the stock by the difference; after a count (kind stock) it says
// nothing any more. The safety stock of the list is the default warehouse's.
func (im *importer) openingStock(records []record[productRow]) error {
	_, hasStock := im.titles["stock"]
	_, hasSafety := im.titles["safety_stock"]
	if !hasStock && !hasSafety {
		return nil
	}
	var known []string
	if err := im.db.Raw("SELECT product FROM stock WHERE warehouse = ?", DefaultWarehouse).Scan(&known).Error; err != nil {
		return fmt.Errorf("read stock: %w", err)
	}
	there := make(map[string]bool, len(known))
	for _, code := range known {
		there[code] = true
	}
	isNews := func(r *record[productRow]) bool {
		return r.row.Kind != string(orders.ProductBundle) &&
			(hasStock && r.row.Stock != r.old.Stock || hasSafety && r.row.SafetyStock != r.old.SafetyStock)
	}
	var codes []string
	for i := range records {
		if r := &records[i]; there[r.row.Code] && isNews(r) {
			codes = append(codes, r.row.Code)
		}
	}
	if err := im.tx.loadStocks(codes); err != nil {
		return err
	}
	var first []stockRow
	for i := range records {
		r := &records[i]
		if !there[r.row.Code] {
			row := stockRow{Product: r.row.Code, Warehouse: DefaultWarehouse, OnHand: r.row.Stock, SafetyStock: r.row.SafetyStock}
			if r.row.Kind != string(orders.ProductBundle) && (hasStock || row.SafetyStock > 0) {
				first = append(first, row)
			}
			continue
		}
		if !isNews(r) {
			continue
		}
		row, more := im.tx.stock.row(r.row.Code, DefaultWarehouse), r.row.Stock-r.old.Stock
		if hasSafety {
			row.SafetyStock = r.row.SafetyStock
		}
		switch {
		case !hasStock || more == 0:
		case row.Counted:
			im.warn("第 %d 行: %s 盘点过，库存没有改；请用 stock 导入", r.no, r.row.Code)
		case row.free()+more < 0:
			im.refuse(r.no, "stock", "%s 已被订单占用，库存不能改成这么少", r.row.Code)
		default:
			row.OnHand += more
		}
	}
	if len(im.report.Refused) > 0 {
		return nil
	}
	for i := range first {
		im.tx.stock.added = append(im.tx.stock.added, first[i].Product)
		if hasStock { // else what there is is not known yet
			im.tx.stock.isNew(first[i])
		}
	}
	return upsert(im.db, first)
}

var customerColumns = []column[customerRow]{
	{"code", "客户编码", true, text(codeLen, func(r *customerRow) *string { return &r.Code })},
	{"name", "名称", true, text(longLen, func(r *customerRow) *string { return &r.Name })},
	{"aliases", "简称", false, list("|｜", func(r *customerRow) *string { return &r.Aliases })},
	{"type", "客户类型", false, word(func(r *customerRow) *string { return &r.Type }, "", orders.CustomerVIP, orders.CustomerOrdinary, orders.CustomerDealer)},
	{"level", "等级", false, word(func(r *customerRow) *string { return &r.Level }, "", "A", "B", "C")},
	{"credit_grade", "信用评级", false, word(func(r *customerRow) *string { return &r.CreditGrade }, "", "A", "B", "C")},
	{"credit_limit", "信用额度", false, cell[customerRow]{setLimit, showLimit}},
	{"terms", "结算方式", false, text(longLen, func(r *customerRow) *string { return &r.Terms })},
	{"region", "区域", false, text(nameLen, func(r *customerRow) *string { return &r.Region })},
	{"hospital_level", "医院等级", false, text(32, func(r *customerRow) *string { return &r.HospitalLevel })},
	{"licence", "资质", false, cell[customerRow]{setLicences, showLicences}},
	{"contact", "联系人", false, text(longLen, func(r *customerRow) *string { return &r.Contact })},
	{"phone", "电话", false, text(longLen, func(r *customerRow) *string { return &r.Phone })},
	{"address", "地址", false, text(longLen, func(r *customerRow) *string { return &r.Address })},
	{"sales", "业务员", false, text(codeLen, func(r *customerRow) *string { return &r.Sales })},
	{"manager", "客户经理", false, text(codeLen, func(r *customerRow) *string { return &r.Manager })},
	{"catalogue", "可购目录", false, list(";；,，|｜、", func(r *customerRow) *string { return &r.Catalogue })},
	{"group", "价格组", false, text(nameLen, func(r *customerRow) *string { return &r.PriceGroup })},
	{"invoice_info", "开票信息", false, text(longLen, func(r *customerRow) *string { return &r.InvoiceInfo })},
	{"invoice_title", "开票抬头", false, text(longLen, func(r *customerRow) *string { return &r.InvoiceTitle })},
	{"tax_number", "税号", false, cell[customerRow]{setTaxNumber, func(r *customerRow) string { return r.TaxNumber }}},
	{"risk", "高危", false, flag(func(r *customerRow) *bool { return &r.Risk })},
}

func setLimit(r *customerRow, text string) error {
	if text == "" {
		r.CreditLimit = nil
		return nil
	}
	n, err := fen(text)
	r.CreditLimit = &n
	return err
}

func showLimit(r *customerRow) string {
	if r.CreditLimit == nil {
		return ""
	}
	return showFen(*r.CreditLimit)
}

func setTaxNumber(r *customerRow, text string) (err error) {
	r.TaxNumber, err = orders.ReadTaxNumber(text)
	return err
}

func setLicences(r *customerRow, text string) error {
	pairs, err := splitPairs(text)
	if err != nil {
		return err
	}
	licences := make(map[string]int64)
	for _, p := range pairs {
		if licences[p[0]], err = parseUntil(p[1]); err != nil {
			return err
		}
	}
	r.Licence = toJSON(licences)
	return nil
}

func showLicences(r *customerRow) string {
	var licences map[string]int64
	shown(r.Licence, &licences)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(licences)) {
		out = append(out, name+"="+showMoment(licences[name]))
	}
	return strings.Join(out, ";")
}

func (im *importer) customers() error {
	byCode := func(r *customerRow) string { return r.Code }
	stored, err := load(im.db, "customers", byCode)
	if err != nil {
		return err
	}
	records, err := parse(im, customerColumns, stored, byCode, "code")
	if err != nil {
		return err
	}
	var staff []staffRow
	if err := im.db.Raw("SELECT code, name FROM staff").Scan(&staff).Error; err != nil {
		return fmt.Errorf("read staff: %w", err)
	}
	known := make(map[string]bool)
	for _, s := range staff {
		known[s.Code], known[s.Name] = true, true
	}
	strangers := make(map[string]int)
	for i := range records {
		if name := records[i].row.Sales; name != "" && !known[name] {
			strangers[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(strangers)) {
		im.warn("业务员「%s」不是员工表里的工号，按文字保存 (%d 行)", name, strangers[name])
	}
	return store(im, "customers", customerColumns, records, func(r *customerRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

var itemColumns = []column[itemRow]{
	{"customer", "客户编码", true, text(codeLen, func(r *itemRow) *string { return &r.Customer })},
	{"item", "客户料号", true, text(nameLen, func(r *itemRow) *string { return &r.Item })},
	{"product", "产品编码", true, text(codeLen, func(r *itemRow) *string { return &r.Product })},
	{"price", "单价", false, price(func(r *itemRow) **int64 { return &r.Price })},
}

// known returns what refuses rows that name a product or customer that is not stored.
func (im *importer) known() (product, customer func(no int, column, code string), err error) {
	products, err := im.codes("products")
	if err != nil {
		return nil, nil, err
	}
	customers, err := im.codes("customers")
	if err != nil {
		return nil, nil, err
	}
	product = func(no int, column, code string) {
		if !products[code] {
			im.refuse(no, column, "没有产品 %s", code)
		}
	}
	customer = func(no int, column, code string) {
		if !customers[code] {
			im.refuse(no, column, "没有客户 %s", code)
		}
	}
	return product, customer, nil
}

func (im *importer) items() error {
	byKey := func(r *itemRow) string { return key(r.Customer, r.Item) }
	stored, err := load(im.db, "customer_items", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, itemColumns, stored, byKey, "item")
	if err != nil {
		return err
	}
	product, customer, err := im.known()
	if err != nil {
		return err
	}
	for i := range records {
		customer(records[i].no, "customer", records[i].row.Customer)
		product(records[i].no, "product", records[i].row.Product)
	}
	return store(im, "customer_items", itemColumns, records, func(r *itemRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

var priceColumns = []column[priceRow]{
	{"product", "产品编码", false, text(codeLen, func(r *priceRow) *string { return &r.Product })},
	{"category", "分类", false, text(nameLen, func(r *priceRow) *string { return &r.Category })},
	{"scope", "适用", false, cell[priceRow]{setScope, func(r *priceRow) string { return r.Scope }}},
	{"from_quantity", "起始数量", false, amount(func(r *priceRow) *int64 { return &r.FromQuantity })},
	{"from_amount", "起始金额", false, cell[priceRow]{setFromAmount, func(r *priceRow) string { return showFen(r.FromAmount) }}},
	{"price", "单价", false, price(func(r *priceRow) **int64 { return &r.Price })},
	{"discount", "折扣", false, cell[priceRow]{setDiscount, func(r *priceRow) string { return showMicro(r.Discount) }}},
	{"mode", "计价模式", false, word(func(r *priceRow) *string { return &r.Mode }, "标准", "寄售", "按需结算", "年度框架")},
	{"valid_from", "生效时间", false, moment(parseFrom, func(r *priceRow) *int64 { return &r.ValidFrom })},
	{"valid_until", "失效时间", false, moment(parseUntil, func(r *priceRow) *int64 { return &r.ValidUntil })},
}

const everybody = "全部"

func setScope(r *priceRow, text string) error {
	kind, value, _ := strings.Cut(strings.ReplaceAll(text, "：", ":"), ":")
	kind, value = strings.TrimSpace(kind), strings.TrimSpace(value)
	switch {
	case kind == "" || kind == everybody:
		r.Scope = everybody
	case !slices.Contains([]string{"客户", "价格组", "等级", "区域"}, kind) || value == "":
		return fmt.Errorf("「%s」要写成 客户:C001、价格组:…、等级:A、区域:… 或 全部", text)
	case len([]rune(value)) > nameLen:
		return fmt.Errorf("超过 %d 个字", nameLen)
	default:
		r.Scope = kind + ":" + value
	}
	return nil
}

func setFromAmount(r *priceRow, text string) (err error) {
	r.FromAmount = 0
	if text != "" {
		r.FromAmount, err = fen(text)
	}
	return err
}

// setDiscount reads 0.95, 95% and 9.5折.
func setDiscount(r *priceRow, text string) error {
	r.Discount = nil
	if text == "" {
		return nil
	}
	shift := int32(0)
	number := text
	if n, ok := strings.CutSuffix(text, "%"); ok {
		number, shift = n, -2
	} else if n, ok := strings.CutSuffix(text, "折"); ok {
		number, shift = n, -1
	}
	d, err := parseAmount(number)
	if err != nil {
		return err
	}
	if d = d.Shift(shift); !d.IsPositive() || d.GreaterThan(decimal.NewFromInt(1)) {
		return fmt.Errorf("「%s」要写成 0.95 这样的小数", text)
	}
	n, err := toMicro(d)
	r.Discount = &n
	return err
}

func (im *importer) prices() error {
	byKey := func(r *priceRow) string {
		if r.Product != "" {
			r.Category = ""
		}
		if r.Scope == "" {
			r.Scope = everybody
		}
		if r.Mode == "" {
			r.Mode = "标准"
		}
		return key(r.Product, r.Category, r.Scope, r.FromQuantity, r.FromAmount, r.Mode, r.ValidFrom)
	}
	stored, err := load(im.db, "prices", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, priceColumns, stored, byKey, "product")
	if err != nil {
		return err
	}
	product, customer, err := im.known()
	if err != nil {
		return err
	}
	for i := range records {
		no, r := records[i].no, &records[i].row
		byKey(r)
		switch {
		case r.Product == "" && r.Category == "":
			im.refuse(no, "product", "产品编码和分类要填一个")
		case r.Product != "":
			product(no, "product", r.Product)
		}
		if code, ok := strings.CutPrefix(r.Scope, "客户:"); ok {
			customer(no, "scope", code)
		}
		if (r.Price == nil) == (r.Discount == nil) {
			im.refuse(no, "price", "单价和折扣要填一个，只填一个")
		}
		if r.ValidUntil != 0 && r.ValidUntil < r.ValidFrom {
			im.refuse(no, "valid_until", "失效时间早于生效时间")
		}
	}
	return store(im, "prices", priceColumns, records, func(r *priceRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

// countRow is a row of a stock count.
type countRow struct {
	Product, Warehouse, Batch, Serial string
	OnHand, SafetyStock, Expires      int64
	first                             bool // nobody counted before: what was on hand is opening stock
}

var stockColumns = []column[countRow]{
	{"product", "产品编码", true, text(codeLen, func(r *countRow) *string { return &r.Product })},
	{"warehouse", "仓库", true, text(codeLen, func(r *countRow) *string { return &r.Warehouse })},
	{"on_hand", "在库", true, amount(func(r *countRow) *int64 { return &r.OnHand })},
	{"safety_stock", "安全库存", false, amount(func(r *countRow) *int64 { return &r.SafetyStock })},
	{"batch", "批次", false, text(codeLen, func(r *countRow) *string { return &r.Batch })},
	{"serial", "序列号", false, text(codeLen, func(r *countRow) *string { return &r.Serial })},
	{"expires", "有效期", false, moment(parseUntil, func(r *countRow) *int64 { return &r.Expires })},
}

// stock takes a count: what is on hand is what the file says, of lots the sum of all that are
// known. What orders hold stays held.
func (im *importer) stock() error {
	byKey := func(r *countRow) string { return key(r.Product, r.Warehouse, r.Batch, r.Serial) }
	records, err := parse(im, stockColumns, nil, byKey, "product")
	if err != nil {
		return err
	}
	product, _, err := im.known()
	if err != nil {
		return err
	}
	bundles, err := im.codes("products WHERE kind = 'bundle'")
	if err != nil {
		return err
	}
	var codes []string
	for i := range records {
		no, r := records[i].no, &records[i].row
		product(no, "product", r.Product)
		if bundles[r.Product] {
			im.refuse(no, "product", "%s 是组合品，没有自己的库存", r.Product)
		}
		if r.Serial != "" && r.OnHand != 0 && r.OnHand != oneMicro {
			im.refuse(no, "on_hand", "有序列号的在库只能是 0 或 1")
		}
		codes = append(codes, r.Product)
	}
	if len(im.report.Refused) > 0 {
		return nil
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	if err := im.tx.loadStocks(codes); err != nil {
		return err
	}
	var oldLots []lotRow
	var counts []moveRow // that are proposed: the file counts later
	for part := range slices.Chunk(codes, 500) {
		var lots []lotRow
		if err := im.db.Raw("SELECT * FROM stock_lots WHERE product IN ?", part).Scan(&lots).Error; err != nil {
			return fmt.Errorf("read lots: %w", err)
		}
		oldLots = append(oldLots, lots...)
		in, args := inList(part)
		open, err := selectRows[moveRow](im.tx.ctx, im.db, "SELECT * FROM stock_moves WHERE product IN "+in+" AND kind = ? AND state = ?"+im.tx.s.forUpdate(),
			append(args, string(orders.MoveCount), slices.Index(moveStates, orders.MoveProposed))...)
		if err != nil {
			return fmt.Errorf("read counts: %w", err)
		}
		counts = append(counts, open...)
	}
	stock := make(map[string]stockRow)
	for _, code := range codes {
		for _, r := range im.tx.stock.products[code] {
			stock[key(r.Product, r.Warehouse)] = *r
		}
	}
	lots := make(map[string]lotRow)
	for _, r := range oldLots {
		lots[key(r.Product, r.Warehouse, r.Batch, r.Serial)] = r
	}

	// New totals: the sums of lots, where there are lots, else the count itself.
	totals := make(map[string]int64)
	last := make(map[string]*record[countRow])
	var newLots []lotRow
	for i := range records {
		r := &records[i].row
		k := key(r.Product, r.Warehouse)
		last[k] = &records[i]
		lot := lotRow{Product: r.Product, Warehouse: r.Warehouse, Batch: r.Batch, Serial: r.Serial, OnHand: r.OnHand, Expires: r.Expires}
		before := *r
		if old, ok := lots[byKey(r)]; ok || r.Batch != "" || r.Serial != "" {
			before.OnHand, before.Expires = old.OnHand, old.Expires
			im.counted(ok, &records[i], before)
			lots[byKey(r)] = lot
			newLots = append(newLots, lot)
			continue
		}
		old, ok := stock[k]
		before.OnHand = old.OnHand
		if _, hasSafety := im.titles["safety_stock"]; hasSafety {
			before.SafetyStock = old.SafetyStock
		}
		before.first = !old.Counted
		im.counted(ok, &records[i], before)
		totals[k] += r.OnHand
	}
	for _, lot := range lots {
		totals[key(lot.Product, lot.Warehouse)] += lot.OnHand
	}
	var rows []stockRow
	for _, k := range slices.Sorted(maps.Keys(last)) {
		r := last[k]
		row := stock[k]
		row.Product, row.Warehouse, row.OnHand, row.Counted = r.row.Product, r.row.Warehouse, totals[k], true
		if _, ok := im.titles["safety_stock"]; ok {
			row.SafetyStock = r.row.SafetyStock
		}
		if row.free() < 0 {
			im.refuse(r.no, "on_hand", "少于订单已占用的 %s", fromMicro(row.Reserved+row.Allocated))
		}
		if old := im.tx.stock.row(row.Product, row.Warehouse); old != nil {
			*old = row
			continue
		}
		rows = append(rows, row)
		im.tx.stock.isNew(row)
		im.tx.stock.added = append(im.tx.stock.added, row.Product)
	}
	if len(im.report.Refused) > 0 {
		return nil
	}
	for i := range counts {
		if last[key(counts[i].Product, counts[i].Warehouse)] == nil {
			continue
		}
		m := counts[i].toDomain()
		m.State, m.Done = orders.MoveDropped, "后来的库存导入"
		if err := im.tx.SaveMove(m); err != nil {
			return err
		}
	}
	return errors.Join(upsert(im.db, rows), upsert(im.db, newLots))
}

// counted notes what a row of a count changes of what there was, if there was any.
func (im *importer) counted(there bool, r *record[countRow], before countRow) {
	if !there {
		note(im, stockColumns, r.no, nil, &r.row)
		return
	}
	note(im, stockColumns, r.no, &before, &r.row)
}

var staffColumns = []column[staffRow]{
	{"code", "工号", true, text(codeLen, func(r *staffRow) *string { return &r.Code })},
	{"name", "姓名", true, text(longLen, func(r *staffRow) *string { return &r.Name })},
	{"role", "角色", true, cell[staffRow]{setRoles, showRoles}},
	{"wecom", "企业微信账号", false, text(nameLen, func(r *staffRow) *string { return &r.WeCom })},
	{"dingtalk", "钉钉账号", false, text(nameLen, func(r *staffRow) *string { return &r.DingTalk })},
	{"phone", "电话", false, text(longLen, func(r *staffRow) *string { return &r.Phone })},
	{"email", "邮箱", false, text(longLen, func(r *staffRow) *string { return &r.Email })},
	{"deputy", "代理人", false, text(codeLen, func(r *staffRow) *string { return &r.Deputy })},
	{"superior", "上级", false, text(codeLen, func(r *staffRow) *string { return &r.Superior })},
	{"warehouse", "仓库", false, text(codeLen, func(r *staffRow) *string { return &r.Warehouse })},
	{"region", "区域", false, text(nameLen, func(r *staffRow) *string { return &r.Region })},
}

func setRoles(r *staffRow, text string) error {
	var roles []orders.Role
	for _, word := range splitList(text, ";；、,，|｜/") {
		role := orders.Role(strings.ToLower(word))
		if _, ok := orders.RoleNames[role]; !ok {
			role = ""
			for known, name := range orders.RoleNames {
				if name == word {
					role = known
				}
			}
		}
		if role == "" {
			return fmt.Errorf("没有「%s」这个角色", word)
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 {
		return errors.New("不能为空")
	}
	r.Roles = toJSON(roles)
	return nil
}

func showRoles(r *staffRow) string {
	var roles []orders.Role
	shown(r.Roles, &roles)
	var out []string
	for _, role := range roles {
		out = append(out, role.String())
	}
	return strings.Join(out, "、")
}

func (im *importer) staff() error {
	byCode := func(r *staffRow) string { return r.Code }
	stored, err := load(im.db, "staff", byCode)
	if err != nil {
		return err
	}
	records, err := parse(im, staffColumns, stored, byCode, "code")
	if err != nil {
		return err
	}
	all := maps.Clone(stored)
	for i := range records {
		all[records[i].row.Code] = records[i].row
	}
	owners := make(map[string][]string) // of an account: it says who somebody is, so it is one person's
	for code, r := range all {
		owners["wecom:"+strings.ToLower(r.WeCom)] = append(owners["wecom:"+strings.ToLower(r.WeCom)], code)
		owners["dingtalk:"+r.DingTalk] = append(owners["dingtalk:"+r.DingTalk], code)
	}
	for i := range records {
		no, r := records[i].no, &records[i].row
		for _, a := range []struct{ column, account, key string }{
			{"wecom", r.WeCom, "wecom:" + strings.ToLower(r.WeCom)}, {"dingtalk", r.DingTalk, "dingtalk:" + r.DingTalk},
		} {
			if o := owners[a.key]; a.account != "" && len(o) > 1 {
				slices.Sort(o)
				im.refuse(no, a.column, "账号「%s」是几个人的: %s", a.account, strings.Join(o, "、"))
			}
		}
		for _, code := range []string{r.Deputy, r.Superior} {
			if _, ok := all[code]; code != "" && !ok {
				im.warn("第 %d 行: 员工表里没有 %s", no, code)
			}
		}
	}
	return store(im, "staff", staffColumns, records, func(r *staffRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

var historyColumns = []column[historyRow]{
	{"customer", "客户编码", true, text(codeLen, func(r *historyRow) *string { return &r.Customer })},
	{"order", "订单号", true, text(codeLen, func(r *historyRow) *string { return &r.OrderNo })},
	{"date", "日期", true, cell[historyRow]{setDay, func(r *historyRow) string { return r.Date }}},
	{"product", "产品编码", true, text(codeLen, func(r *historyRow) *string { return &r.Product })},
	{"quantity", "数量", true, amount(func(r *historyRow) *int64 { return &r.Quantity })},
	{"unit", "单位", false, text(32, func(r *historyRow) *string { return &r.Unit })},
}

func setDay(r *historyRow, text string) (err error) {
	r.Date, err = day(text)
	return err
}

// day reads a date and writes it as yyyy-mm-dd.
func day(text string) (string, error) {
	at, _, err := parseDate(text)
	return at.Format(time.DateOnly), err
}

func (im *importer) history() error {
	byKey := func(r *historyRow) string { return key(r.Customer, r.OrderNo, r.Product, r.Unit, r.Date) }
	stored, err := load(im.db, "history", byKey)
	if err != nil {
		return err
	}
	records, err := parse(im, historyColumns, stored, byKey, "product")
	if err != nil {
		return err
	}
	product, customer, err := im.known()
	if err != nil {
		return err
	}
	for i := range records {
		customer(records[i].no, "customer", records[i].row.Customer)
		product(records[i].no, "product", records[i].row.Product)
	}
	return store(im, "history", historyColumns, records, func(r *historyRow) (seq, version *int64) { return &r.Seq, &r.Version })
}

// The kinds of days in the calendar.
const (
	dayOff  = "holiday"
	dayWork = "workday"
)

var dayColumns = []column[dayRow]{
	{"date", "日期", true, cell[dayRow]{func(r *dayRow, text string) (err error) {
		r.Date, err = day(text)
		return err
	}, func(r *dayRow) string { return r.Date }}},
	{"kind", "类型", true, cell[dayRow]{setDayKind, func(r *dayRow) string {
		return map[string]string{dayOff: "节假日", dayWork: "调休上班"}[r.Kind]
	}}},
	{"name", "名称", false, text(nameLen, func(r *dayRow) *string { return &r.Name })},
	{"year", "年份", false, cell[dayRow]{setYear, func(r *dayRow) string { return strconv.Itoa(r.Year) }}},
	{"source", "来源", false, text(longLen, func(r *dayRow) *string { return &r.Source })},
}

func setDayKind(r *dayRow, text string) error {
	switch strings.ToLower(text) {
	case dayOff, "节假日", "放假", "休", "休息":
		r.Kind = dayOff
	case dayWork, "调休", "调休上班", "上班", "班", "补班", "工作日":
		r.Kind = dayWork
	default:
		return fmt.Errorf("「%s」要写 节假日、调休上班 之一", text)
	}
	return nil
}

func setYear(r *dayRow, text string) error {
	if text == "" {
		return nil
	}
	year, err := strconv.Atoi(strings.TrimSuffix(text, "年"))
	if err != nil || year < 1990 || year > 2200 {
		return fmt.Errorf("「%s」不是年份", text)
	}
	r.Year = year
	return nil
}

func (im *importer) calendar() error {
	byDate := func(r *dayRow) string { return r.Date }
	stored, err := load(im.db, "calendar", byDate)
	if err != nil {
		return err
	}
	records, err := parse(im, dayColumns, stored, byDate, "date")
	if err != nil {
		return err
	}
	for i := range records {
		if r := &records[i].row; r.Year == 0 {
			r.Year, _ = strconv.Atoi(r.Date[:4])
		}
	}
	return store(im, "calendar", dayColumns, records, func(r *dayRow) (seq, version *int64) { return &r.Seq, &r.Version })
}
