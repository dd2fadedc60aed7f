package orders

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// ProductCode names a product (产品编码).
type ProductCode string

// CustomerCode names a customer (客户编码).
type CustomerCode string

// StaffCode names a member of the staff (工号).
type StaffCode string

// Pack is a further unit of a product: one Unit holds Size base units. Size may be below one
// (片=0.02).
type Pack struct {
	Unit string
	Size decimal.Decimal
}

// ProductKind tells how a product is made up (标准品, 定制品, 组合品).
type ProductKind string

// The kinds of products.
const (
	ProductStandard ProductKind = "standard" // 标准品
	ProductCustom   ProductKind = "custom"   // 定制品
	ProductBundle   ProductKind = "bundle"   // 组合品
)

// String returns the Chinese word of the kind; a product without one is 标准品.
func (k ProductKind) String() string {
	switch k {
	case ProductCustom:
		return "定制品"
	case ProductBundle:
		return "组合品"
	default:
		return "标准品"
	}
}

// Product is an article of the catalogue. Price is for one base unit; nil means no list price.
type Product struct {
	Code     ProductCode
	Name     string
	Spec     string
	Unit     string // base unit
	Packs    []Pack
	Aliases  []string
	Category string
	Price    *decimal.Decimal // yuan for one base unit
	MOQ      Quantity         // in base units; 0 or 1: none
	Stock    Quantity         // opening stock of the default warehouse, as imported

	Kind        ProductKind
	Parts       map[ProductCode]Quantity // of a bundle, per base unit
	SafetyStock Quantity
	Imported    bool
	Licence     string // needed of the customer
	BOM         string
	BOMUntil    time.Time
	Successor   ProductCode
	Tracking    string // "", "batch", "serial"
	Service     bool   // needs technical service
}

// UnitSize returns how many base units one unit is, and whether the product has that unit.
func (p *Product) UnitSize(unit string) (decimal.Decimal, bool) {
	if unit == p.Unit {
		return decimal.NewFromInt(1), true
	}
	for _, k := range p.Packs {
		if k.Unit == unit {
			return k.Size, true
		}
	}
	return decimal.Zero, false
}

// Title is the product's name with its spec.
func (p *Product) Title() string { return strings.TrimSpace(p.Name + " " + p.Spec) }

// Customer is who buys. CreditLimit nil means that credit is not checked; 0 means no credit.
type Customer struct {
	Code    CustomerCode
	Name    string
	Aliases []string
	Type    string // VIP, 普通, 经销商
	Level   string // A, B, C
	Region  string
	Contact string
	Phone   string
	Address string
	Sales   string // staff code or name, as imported

	CreditGrade   string // A, B, C
	CreditLimit   *Money
	Terms         string // 结算方式
	HospitalLevel string
	Licences      map[string]time.Time // name → valid until
	Manager       string               // 客户经理
	Catalogue     []string             // categories or codes; empty: all
	Group         string               // 价格组
	InvoiceInfo   string               // 开票信息: what else is printed on an invoice, as bank and address
	InvoiceTitle  string               // 开票抬头
	TaxNumber     string               // 税号
	Risk          bool                 // 高危: orders are marked for who decides
}

// MayBuy tells whether a product is in the customer's own catalogue (可购目录), which names categories
// or codes; without one everything is.
func (c *Customer) MayBuy(p *Product) bool {
	return len(c.Catalogue) == 0 || slices.Contains(c.Catalogue, string(p.Code)) || p.Category != "" && slices.Contains(c.Catalogue, p.Category)
}

// The customer types that routes tell apart.
const (
	CustomerVIP      = "VIP"
	CustomerOrdinary = "普通"
	CustomerDealer   = "经销商"
)

// CustomerItem is a customer's own code or name for a product, with its own price if any.
type CustomerItem struct {
	Customer CustomerCode
	Item     string
	Product  ProductCode
	Price    *decimal.Decimal // yuan for one base unit
}

// HistoryLine is a line of an earlier order.
type HistoryLine struct {
	Customer CustomerCode
	Order    string
	Date     string // yyyy-mm-dd
	Product  ProductCode
	Quantity Quantity
	Unit     string
}

// Master is the master data that reading needs.
type Master struct {
	Products  []Product
	Customers []Customer
	Items     []CustomerItem
	History   []HistoryLine
	Days      []Day // of the calendar, besides the built-in ones
	// Options are what can be chosen of products, and Pairings what of it goes together.
	Options  []Option
	Pairings []Pairing
}

// Role is what a member of the staff may do.
type Role string

// The roles of spec/master-data.md.
const (
	RoleSales          Role = "sales"           // 销售
	RoleSalesManager   Role = "sales_manager"   // 销售经理
	RoleDirector       Role = "director"        // 总监
	RoleFinance        Role = "finance"         // 财务
	RoleCFO            Role = "cfo"             // 财务总监
	RoleSeniorApprover Role = "senior_approver" // 高级审核员
	RoleWarehouseLead  Role = "warehouse_lead"  // 仓储组长
	RoleWarehouse      Role = "warehouse"       // 仓管
	RolePlanner        Role = "planner"         // 计划员
	RolePurchasing     Role = "purchasing"      // 采购
	RoleEngineer       Role = "engineer"        // 工程师
	RoleService        Role = "service"         // 客服
	RoleAccountManager Role = "account_manager" // 客户经理
	RoleOperations     Role = "operations"      // 运营主管
	RoleManagement     Role = "management"      // 管理层
	RoleAdmin          Role = "admin"           // 管理员
)

// RoleNames gives the Chinese word of each role.
var RoleNames = map[Role]string{
	RoleSales: "销售", RoleSalesManager: "销售经理", RoleDirector: "总监", RoleFinance: "财务", RoleCFO: "财务总监",
	RoleSeniorApprover: "高级审核员", RoleWarehouseLead: "仓储组长", RoleWarehouse: "仓管", RolePlanner: "计划员",
	RolePurchasing: "采购", RoleEngineer: "工程师", RoleService: "客服", RoleAccountManager: "客户经理",
	RoleOperations: "运营主管", RoleManagement: "管理层", RoleAdmin: "管理员",
}

// String returns the Chinese word of the role.
func (r Role) String() string {
	if n, ok := RoleNames[r]; ok {
		return n
	}
	return string(r)
}

// Staff is a member of the firm with the accounts by which the chat platforms know them.
type Staff struct {
	Code      StaffCode
	Name      string
	Roles     []Role
	WeCom     string // 企业微信账号
	DingTalk  string // 钉钉账号
	Phone     string
	Email     string
	Deputy    StaffCode
	Superior  StaffCode
	Warehouse string
	Region    string
}

// Has tells whether s holds any of the roles.
func (s *Staff) Has(roles ...Role) bool {
	return slices.ContainsFunc(s.Roles, func(r Role) bool { return slices.Contains(roles, r) })
}
