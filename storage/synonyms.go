package storage

import (
	"fmt"
	"slices"
	"strings"
)

// synonyms are further headings of columns, by kind of master data and the column's English name, as [headerName] makes
// them. They count where no column has the heading as its own name.
var synonyms = map[string]map[string][]string{
	"products": {
		"code":      {"编码", "货号", "料号", "物料号", "物料编码", "物料编号", "商品编码", "商品编号", "产品编号", "产品代码", "存货编码", "品号", "sku", "sku编码", "item_no", "item_code", "product_code", "part_no", "material_no"},
		"name":      {"品名", "产品名称", "商品名称", "物料名称", "存货名称", "货品名称", "货名", "product_name", "item_name", "description"},
		"spec":      {"规格型号", "型号", "型号规格", "产品规格", "specification", "model"},
		"unit":      {"基本单位", "计量单位", "主单位", "最小单位", "uom"},
		"packs":     {"包装", "包装规格", "换算", "单位换算"},
		"aliases":   {"俗称", "简称", "又名", "其他名称", "alias"},
		"category":  {"类别", "产品分类", "商品分类", "产品类别", "品类", "大类"},
		"price":     {"目录价", "标准价", "售价", "销售价", "零售价", "含税单价", "unit_price", "list_price"},
		"moq":       {"最小起订量", "最小订货量", "最低起订量"},
		"stock":     {"库存量", "库存数量", "现存量", "期初库存"},
		"kind":      {"产品类型", "商品类型"},
		"parts":     {"组合", "组件", "组成明细"},
		"imported":  {"是否进口"},
		"licence":   {"资质", "资质要求", "license"},
		"bom":       {"bom版本", "bom号"},
		"bom_until": {"bom失效日期", "bom有效期至"},
		"successor": {"替代品", "替代料", "替代料号", "替代编码"},
		"service":   {"技术指导", "是否需要技术服务"},
	},
	"customers": {
		"code":           {"编码", "客户编号", "客户代码", "客户号", "customer_code", "customer_no", "customer_id"},
		"name":           {"客户名称", "客户名", "单位名称", "公司名称", "医院名称", "customer_name", "customer"},
		"aliases":        {"客户简称", "别名", "又名", "alias", "short_name"},
		"type":           {"类型", "客户类别", "customer_type"},
		"level":          {"客户等级", "客户级别", "级别"},
		"credit_grade":   {"信用等级", "信用级别"},
		"credit_limit":   {"授信额度", "额度", "信用限额"},
		"terms":          {"付款方式", "付款条件", "账期", "结算", "payment_terms"},
		"region":         {"地区", "大区", "片区", "区"},
		"hospital_level": {"医院级别"},
		"licence":        {"证照", "资质证书", "license"},
		"contact":        {"联系人姓名", "收货人", "contact_person"},
		"phone":          {"联系电话", "手机", "手机号", "电话号码", "tel", "mobile"},
		"address":        {"收货地址", "送货地址", "联系地址", "详细地址"},
		"sales":          {"销售", "销售员", "业务代表", "所属业务员", "负责人", "salesperson"},
		"manager":        {"客户负责人"},
		"catalogue":      {"可购范围", "可购产品", "catalog"},
		"group":          {"价格分组", "客户组", "price_group"},
		"invoice_title":  {"发票抬头", "开票名称", "开票单位", "invoice_to"},
		"tax_number":     {"纳税人识别号", "统一社会信用代码", "信用代码", "开票税号", "tax_no", "tax_id"},
		"risk":           {"高危客户", "是否高危", "风险客户", "high_risk"},
	},
	"customer-items": {
		"customer": {"客户编号", "客户代码", "客户", "customer_code", "customer_no"},
		"item":     {"客户货号", "客户物料号", "客户产品编码", "客户商品编码", "客户品号", "对方编码", "对方料号", "customer_item", "customer_part_no"},
		"product":  {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "我方编码", "我方料号", "sku", "product_code", "item_code"},
		"price":    {"协议价", "客户价", "unit_price"},
	},
	"prices": {
		"product":       {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "sku", "product_code"},
		"category":      {"产品分类", "类别"},
		"scope":         {"适用范围", "适用对象", "适用客户"},
		"from_quantity": {"起订数量", "数量起", "起量"},
		"from_amount":   {"金额起"},
		"price":         {"价格", "协议价", "售价", "unit_price"},
		"discount":      {"折扣率"},
		"mode":          {"计价方式"},
		"valid_from":    {"开始时间", "开始日期", "生效日期", "起始日期"},
		"valid_until":   {"结束时间", "结束日期", "失效日期", "截止日期", "有效期至"},
	},
	"stock": {
		"product":      {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "存货编码", "sku", "product_code", "item_code"},
		"warehouse":    {"仓库名称", "库房", "仓"},
		"on_hand":      {"库存", "库存量", "库存数量", "现存量", "在库数量", "结存", "结存数量", "stock"},
		"safety_stock": {"最低库存"},
		"batch":        {"批号", "批次号", "lot", "lot_no", "batch_no"},
		"serial":       {"sn", "serial_no"},
		"expires":      {"效期", "失效日期", "有效期至", "有效期限", "expiry", "expiry_date"},
	},
	"staff": {
		"code":      {"编号", "员工编号", "员工号", "人员编码", "employee_no", "staff_no"},
		"name":      {"员工姓名", "员工"},
		"role":      {"岗位", "职务", "职位", "roles", "title"},
		"wecom":     {"企业微信", "企微账号", "企微", "wecom_id"},
		"dingtalk":  {"钉钉", "钉钉号", "dingtalk_id"},
		"phone":     {"手机", "手机号", "联系电话", "mobile", "tel"},
		"email":     {"邮件", "电子邮箱", "e_mail", "mail"},
		"deputy":    {"代理", "职务代理人"},
		"superior":  {"直属上级", "上级主管", "主管", "manager"},
		"warehouse": {"所属仓库"},
		"region":    {"地区", "大区", "片区"},
	},
	"history": {
		"customer": {"客户编号", "客户代码", "客户", "customer_code"},
		"order":    {"订单编号", "单号", "销售单号", "order_no", "order_id"},
		"date":     {"下单日期", "订单日期", "order_date"},
		"product":  {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "sku", "product_code", "item_code"},
		"quantity": {"订货数量", "订购数量", "qty"},
		"unit":     {"计量单位", "uom"},
	},
	"invoices": {
		"invoice":  {"发票号码", "发票编号", "invoice_no"},
		"customer": {"客户编号", "客户代码", "客户", "customer_code"},
		"amount":   {"发票金额", "价税合计", "开票金额"},
		"due":      {"到期日期", "付款到期日", "应付日期", "due_date"},
		"order":    {"订单编号", "order_no"},
		"date":     {"开票日", "发票日期", "invoice_date"},
	},
	"receipts": {
		"number":    {"采购订单号", "采购单", "采购订单", "到货单号", "purchase_order", "po_number"},
		"product":   {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "存货编码", "sku", "product_code", "item_code"},
		"warehouse": {"到货仓库", "收货仓库", "入库仓库", "仓库名称", "库房"},
		"quantity":  {"采购数量", "预计数量", "在途数量", "到货数量", "qty"},
		"due":       {"预计到货日期", "预计到货日", "预计到货时间", "预计入库日期", "eta"},
	},
	"transits": {
		"carrier": {"快递", "快递公司", "物流公司", "物流"},
		"region":  {"地区", "目的地", "到达地区", "大区", "省份"},
		"days":    {"时效", "运输时效", "运输天数", "在途天数", "时效天数", "transit_days"},
		"daily":   {"天天派送", "休息日派送"},
	},
	"options": {
		"product":  {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "sku", "product_code", "item_code"},
		"category": {"产品分类", "类别"},
		"option":   {"选配项", "配置项", "选项名称", "option_name"},
		"values":   {"选项值", "可选", "取值", "choices"},
		"needed":   {"是否必选", "required", "mandatory"},
	},
	"constraints": {
		"product":  {"货号", "料号", "编码", "商品编码", "物料编码", "产品编号", "sku", "product_code", "item_code"},
		"category": {"产品分类", "类别"},
		"first":    {"甲", "选项一", "组合一"},
		"relation": {"约束", "规则", "约束关系", "constraint"},
		"second":   {"乙", "选项二", "组合二"},
		"reason":   {"原因", "备注", "remark"},
	},
	"payments": {
		"payment":  {"流水号", "收款编号", "收款流水号", "payment_no"},
		"customer": {"客户编号", "客户代码", "客户", "customer_code"},
		"amount":   {"收款金额", "到账金额"},
		"date":     {"收款日期", "到账日期", "payment_date"},
	},
}

// place tells which column each heading names: its number, or -1. A column that no heading names exactly takes a synonym. twice names
// headings that stand for one column.
func place(columns []heading, titles []string) (at []int, loose bool, twice []string) {
	at = make([]int, len(titles))
	taken := make(map[int]int)
	names := make([]string, len(titles))
	for j, title := range titles {
		names[j], at[j] = headerName(title), -1
		i := slices.IndexFunc(columns, func(h heading) bool { return names[j] != "" && slices.Contains(h.names, names[j]) })
		if i < 0 {
			continue
		}
		if first, ok := taken[i]; ok {
			return at, loose, []string{titles[first], title}
		}
		at[j], taken[i] = i, j
	}
	exact := len(taken)
	for j := range titles {
		if at[j] >= 0 || names[j] == "" {
			continue
		}
		i := slices.IndexFunc(columns, func(h heading) bool { return slices.Contains(h.synonyms, names[j]) })
		if i < 0 {
			continue
		}
		if first, ok := taken[i]; ok {
			if slices.Contains(columns[i].names, names[first]) {
				continue // the column's own name stands beside it
			}
			return at, loose, []string{titles[first], titles[j]}
		}
		at[j], taken[i] = i, j
	}
	return at, len(taken) > exact, nil
}

// headerRows is how far down the heading of a table is looked for.
const headerRows = 10

// headerOf finds the row of a table that has its headings: the first of those that name the most columns. next is the first row
// of what stands under it: a second row of headings, in the other language, is passed over.
func headerOf(kind string, rows []tableRow) (header, next int) {
	known := func(i int) int {
		at, _, twice := place(kindHeadings[kind], rows[i].cells)
		n := len(slices.DeleteFunc(at, func(i int) bool { return i < 0 }))
		if twice != nil {
			n += 2 // it is one all the same, to be complained of
		}
		return n
	}
	most := known(0)
	for i := 1; i < min(len(rows), headerRows); i++ {
		if n := known(i); n > most+1 { // one word may be a heading by chance
			header, most = i, n
		}
	}
	next = header + 1
	if next < len(rows) && most > 1 {
		filled := slices.DeleteFunc(slices.Clone(rows[next].cells), func(c string) bool { return strings.TrimSpace(c) == "" })
		if len(filled) > 1 && known(next) == len(filled) {
			next++
		}
	}
	return header, next
}

// skipped says what stood above the headings.
func skipped(rows []tableRow) string {
	var words []string
	for _, r := range rows {
		words = append(words, fmt.Sprintf("第 %d 行「%s」", r.no, strings.TrimSpace(strings.Join(slices.DeleteFunc(slices.Clone(r.cells), func(c string) bool { return strings.TrimSpace(c) == "" }), " "))))
	}
	return "表头上面的没有导入：" + strings.Join(words, "、")
}
