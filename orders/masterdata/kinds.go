package masterdata

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Products reads a table of products (产品).
func Products(rows [][]string) (Table[orders.Product], error) {
	return parse(rows, []column[orders.Product]{
		{"code", "产品编码", true, func(p *orders.Product, s string) error { p.Code = orders.ProductCode(s); return nil }},
		{"name", "名称", true, func(p *orders.Product, s string) error { p.Name = s; return nil }},
		{"spec", "规格", false, func(p *orders.Product, s string) error { p.Spec = s; return nil }},
		{"unit", "单位", true, func(p *orders.Product, s string) error { p.Unit = s; return nil }},
		{"packs", "包装换算", false, func(p *orders.Product, s string) (err error) { p.Packs, err = packs(s); return err }},
		{"aliases", "别名", false, func(p *orders.Product, s string) error { p.Aliases = split(s, "|｜"); return nil }},
		{"category", "分类", false, func(p *orders.Product, s string) error { p.Category = s; return nil }},
		{"price", "单价", false, func(p *orders.Product, s string) (err error) { p.Price, err = price(s); return err }},
		{"moq", "起订量", false, func(p *orders.Product, s string) (err error) { p.MOQ, err = amount(s); return err }},
		{"stock", "库存", false, func(p *orders.Product, s string) (err error) { p.Stock, err = amount(s); return err }},
		{"kind", "类型", false, func(p *orders.Product, s string) (err error) { p.Kind, err = oneOf(s, productKinds); return err }},
		{"parts", "组成", false, func(p *orders.Product, s string) (err error) { p.Parts, err = parts(s); return err }},
		{"safety_stock", "安全库存", false, func(p *orders.Product, s string) (err error) { p.SafetyStock, err = amount(s); return err }},
		{"imported", "进口", false, func(p *orders.Product, s string) (err error) { p.Imported, err = oneOf(s, yesNo); return err }},
		{"licence", "所需资质", false, func(p *orders.Product, s string) error { p.Licence = s; return nil }},
		{"bom", "BOM", false, func(p *orders.Product, s string) error { p.BOM = s; return nil }},
		{"bom_until", "BOM有效期", false, func(p *orders.Product, s string) (err error) { p.BOMUntil, err = date(s); return err }},
		{"successor", "替代产品", false, func(p *orders.Product, s string) error { p.Successor = orders.ProductCode(s); return nil }},
		{"tracking", "批次管理", false, func(p *orders.Product, s string) (err error) { p.Tracking, err = oneOf(s, trackings); return err }},
		{"service", "技术服务", false, func(p *orders.Product, s string) (err error) { p.Service, err = oneOf(s, yesNo); return err }},
	})
}

// Customers reads a table of customers (客户).
func Customers(rows [][]string) (Table[orders.Customer], error) {
	return parse(rows, []column[orders.Customer]{
		{"code", "客户编码", true, func(c *orders.Customer, s string) error { c.Code = orders.CustomerCode(s); return nil }},
		{"name", "名称", true, func(c *orders.Customer, s string) error { c.Name = s; return nil }},
		{"aliases", "简称", false, func(c *orders.Customer, s string) error { c.Aliases = split(s, "|｜"); return nil }},
		{"type", "客户类型", false, func(c *orders.Customer, s string) (err error) { c.Type, err = oneOf(s, customerTypes); return err }},
		{"level", "等级", false, func(c *orders.Customer, s string) (err error) { c.Level, err = oneOf(s, grades); return err }},
		{"credit_grade", "信用评级", false, func(c *orders.Customer, s string) (err error) { c.CreditGrade, err = oneOf(s, grades); return err }},
		{"credit_limit", "信用额度", false, func(c *orders.Customer, s string) error {
			d, err := amount(s)
			limit := orders.MoneyOf(d)
			c.CreditLimit = &limit
			return err
		}},
		{"terms", "结算方式", false, func(c *orders.Customer, s string) error { c.Terms = s; return nil }},
		{"region", "区域", false, func(c *orders.Customer, s string) error { c.Region = s; return nil }},
		{"hospital_level", "医院等级", false, func(c *orders.Customer, s string) error { c.HospitalLevel = s; return nil }},
		{"licence", "资质", false, func(c *orders.Customer, s string) (err error) { c.Licences, err = licences(s); return err }},
		{"contact", "联系人", false, func(c *orders.Customer, s string) error { c.Contact = s; return nil }},
		{"phone", "电话", false, func(c *orders.Customer, s string) error { c.Phone = s; return nil }},
		{"address", "地址", false, func(c *orders.Customer, s string) error { c.Address = s; return nil }},
		{"sales", "业务员", false, func(c *orders.Customer, s string) error { c.Sales = s; return nil }},
		{"manager", "客户经理", false, func(c *orders.Customer, s string) error { c.Manager = s; return nil }},
		{"catalogue", "可购目录", false, func(c *orders.Customer, s string) error { c.Catalogue = split(s, "|｜;；,，、"); return nil }},
		{"group", "价格组", false, func(c *orders.Customer, s string) error { c.Group = s; return nil }},
	})
}

// CustomerItems reads a table of customers' own item codes (客户料号).
func CustomerItems(rows [][]string) (Table[orders.CustomerItem], error) {
	return parse(rows, []column[orders.CustomerItem]{
		{"customer", "客户编码", true, func(i *orders.CustomerItem, s string) error { i.Customer = orders.CustomerCode(s); return nil }},
		{"item", "客户料号", true, func(i *orders.CustomerItem, s string) error { i.Item = s; return nil }},
		{"product", "产品编码", true, func(i *orders.CustomerItem, s string) error { i.Product = orders.ProductCode(s); return nil }},
		{"price", "单价", false, func(i *orders.CustomerItem, s string) (err error) { i.Price, err = price(s); return err }},
	})
}

// History reads a table of earlier orders (历史订单).
func History(rows [][]string) (Table[orders.HistoryLine], error) {
	return parse(rows, []column[orders.HistoryLine]{
		{"customer", "客户编码", true, func(h *orders.HistoryLine, s string) error { h.Customer = orders.CustomerCode(s); return nil }},
		{"order", "订单号", true, func(h *orders.HistoryLine, s string) error { h.Order = s; return nil }},
		{"date", "日期", true, func(h *orders.HistoryLine, s string) error {
			d, err := date(s)
			h.Date = d.Format(time.DateOnly)
			return err
		}},
		{"product", "产品编码", true, func(h *orders.HistoryLine, s string) error { h.Product = orders.ProductCode(s); return nil }},
		{"quantity", "数量", true, func(h *orders.HistoryLine, s string) (err error) { h.Quantity, err = amount(s); return err }},
		{"unit", "单位", false, func(h *orders.HistoryLine, s string) error { h.Unit = s; return nil }},
	})
}

// Prices reads a table of price rules (价格). Each row names a product or a category, and a price
// or a discount.
func Prices(rows [][]string) (Table[orders.PriceRule], error) {
	t, err := parse(rows, []column[orders.PriceRule]{
		{"product", "产品编码", false, func(r *orders.PriceRule, s string) error { r.Product = orders.ProductCode(s); return nil }},
		{"category", "分类", false, func(r *orders.PriceRule, s string) error { r.Category = s; return nil }},
		{"scope", "适用", false, func(r *orders.PriceRule, s string) error {
			r.Scope = strings.ReplaceAll(s, "：", ":")
			kind, of, _ := strings.Cut(r.Scope, ":")
			if r.Scope != "全部" && (of == "" || !slices.Contains([]string{"客户", "价格组", "等级", "区域"}, kind)) {
				return errors.New("要写成 客户:C001、价格组:…、等级:A、区域:… 或 全部")
			}
			return nil
		}},
		{"from_quantity", "起始数量", false, func(r *orders.PriceRule, s string) (err error) { r.FromQuantity, err = amount(s); return err }},
		{"from_amount", "起始金额", false, func(r *orders.PriceRule, s string) error {
			d, err := amount(s)
			r.FromAmount = orders.MoneyOf(d)
			return err
		}},
		{"price", "单价", false, func(r *orders.PriceRule, s string) (err error) { r.Price, err = price(s); return err }},
		{"discount", "折扣", false, func(r *orders.PriceRule, s string) (err error) {
			if r.Discount, err = price(s); err == nil && r.Discount.GreaterThan(decimal.NewFromInt(1)) {
				return errors.New("折扣要写成 0.95 这样的小数")
			}
			return err
		}},
		{"mode", "计价模式", false, func(r *orders.PriceRule, s string) (err error) { r.Mode, err = oneOf(s, priceModes); return err }},
		{"valid_from", "生效时间", false, func(r *orders.PriceRule, s string) (err error) { r.ValidFrom, err = date(s); return err }},
		{"valid_until", "失效时间", false, func(r *orders.PriceRule, s string) (err error) { r.ValidUntil, err = date(s); return err }},
	})
	mistakes := []error{err}
	for i, r := range t.Records {
		if (r.Product == "") == (r.Category == "") {
			mistakes = append(mistakes, &CellError{Row: t.Rows[i], Reason: "产品编码和分类要填一个，也只填一个"})
		}
		if (r.Price == nil) == (r.Discount == nil) {
			mistakes = append(mistakes, &CellError{Row: t.Rows[i], Reason: "单价和折扣要填一个，也只填一个"})
		}
	}
	return t, errors.Join(mistakes...)
}

// StockLine is what lies of a product in a warehouse, of one batch or serial number where those
// are kept.
type StockLine struct {
	Product     orders.ProductCode
	Warehouse   string
	OnHand      orders.Quantity // base units
	SafetyStock *orders.Quantity
	Batch       string
	Serial      string
	Expires     time.Time
}

// Stock reads a table of stock (库存).
func Stock(rows [][]string) (Table[StockLine], error) {
	return parse(rows, []column[StockLine]{
		{"product", "产品编码", true, func(l *StockLine, s string) error { l.Product = orders.ProductCode(s); return nil }},
		{"warehouse", "仓库", true, func(l *StockLine, s string) error { l.Warehouse = s; return nil }},
		{"on_hand", "在库", true, func(l *StockLine, s string) (err error) { l.OnHand, err = amount(s); return err }},
		{"safety_stock", "安全库存", false, func(l *StockLine, s string) (err error) { l.SafetyStock, err = price(s); return err }},
		{"batch", "批次", false, func(l *StockLine, s string) error { l.Batch = s; return nil }},
		{"serial", "序列号", false, func(l *StockLine, s string) error { l.Serial = s; return nil }},
		{"expires", "有效期", false, func(l *StockLine, s string) (err error) { l.Expires, err = date(s); return err }},
	})
}

// Staff reads a table of the firm's people (员工).
func Staff(rows [][]string) (Table[orders.Staff], error) {
	return parse(rows, []column[orders.Staff]{
		{"code", "工号", true, func(p *orders.Staff, s string) error { p.Code = orders.StaffCode(s); return nil }},
		{"name", "姓名", true, func(p *orders.Staff, s string) error { p.Name = s; return nil }},
		{"role", "角色", true, func(p *orders.Staff, s string) (err error) { p.Roles, err = roles(s); return err }},
		{"wecom", "企业微信账号", false, func(p *orders.Staff, s string) error { p.WeCom = s; return nil }},
		{"dingtalk", "钉钉账号", false, func(p *orders.Staff, s string) error { p.DingTalk = s; return nil }},
		{"phone", "电话", false, func(p *orders.Staff, s string) error { p.Phone = s; return nil }},
		{"email", "邮箱", false, func(p *orders.Staff, s string) error { p.Email = s; return nil }},
		{"deputy", "代理人", false, func(p *orders.Staff, s string) error { p.Deputy = orders.StaffCode(s); return nil }},
		{"superior", "上级", false, func(p *orders.Staff, s string) error { p.Superior = orders.StaffCode(s); return nil }},
		{"warehouse", "仓库", false, func(p *orders.Staff, s string) error { p.Warehouse = s; return nil }},
		{"region", "区域", false, func(p *orders.Staff, s string) error { p.Region = s; return nil }},
	})
}

// The words of columns with a fixed choice, in Chinese or as they are kept.
var (
	yesNo        = map[string]bool{"是": true, "否": false, "yes": true, "no": false}
	productKinds = map[string]orders.ProductKind{
		"标准品": orders.ProductStandard, "定制品": orders.ProductCustom, "组合品": orders.ProductBundle,
		"standard": orders.ProductStandard, "custom": orders.ProductCustom, "bundle": orders.ProductBundle,
	}
	trackings     = map[string]string{"无": "", "批次": "batch", "序列号": "serial", "none": "", "batch": "batch", "serial": "serial"}
	customerTypes = map[string]string{
		"VIP": orders.CustomerVIP,
		"普通":  orders.CustomerOrdinary, "ordinary": orders.CustomerOrdinary,
		"经销商": orders.CustomerDealer, "dealer": orders.CustomerDealer,
	}
	grades     = map[string]string{"A": "A", "B": "B", "C": "C"}
	priceModes = map[string]string{"标准": "标准", "寄售": "寄售", "按需结算": "按需结算", "年度框架": "年度框架"}
)
