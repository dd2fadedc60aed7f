package orders

import (
	_ "embed"
	"fmt"
	"strings"
)

// Who may do and see what stands in data/rights.csv, for people in docs/rights.md, and is asked by
// [Staff.May] only.
//
//go:embed data/rights.csv
var rightsData string

// Right is an action that a role may take, or a field that it may see.
type Right string

// The rights.
const (
	RightView        Right = "view"        // 看订单
	RightPlace       Right = "place"       // 下单、修改、取消
	RightApprove     Right = "approve"     // 审批: own are the steps that the chain gives to the role or the person
	RightSkip        Right = "skip"        // 跳过
	RightGreen       Right = "green"       // 绿色通道
	RightShip        Right = "ship"        // 发货
	RightAcknowledge Right = "acknowledge" // 收到加急
	RightBind        Right = "bind"        // 绑定码: own are the customers of whom one is the salesperson
	RightLink        Right = "link"        // 确认客户账号的关联
	RightLeave       Right = "leave"       // 请假: own are one's own and those of who reports to one
	RightPapers      Right = "papers"      // 登记报关资料
	RightRules       Right = "rules"       // 改审批规则
	RightImport      Right = "import"      // 导入资料
	RightStocktake   Right = "stocktake"   // 到货、盘点
	RightTransfer    Right = "transfer"    // 调拨
	RightExpect      Right = "expect"      // 登记预计到货
	RightProduce     Right = "produce"     // 登记排产和生产
	RightWeather     Right = "weather"     // 登记天气
	RightHandle      Right = "handle"      // 处理异常: own are those of one's role and of one's orders
	RightReport      Right = "report"      // 健康报告: own are the customers of whom one is the salesperson or the account manager

	RightPrices       Right = "prices"        // 价格和金额
	RightInternalNote Right = "internal_note" // 内部执行说明
	RightFiles        Right = "files"         // 附件: own are those that one sent
	RightStock        Right = "stock"         // 各仓库存: without it, what is free and when more comes
)

// Scope tells how far a right reaches.
type Scope int

// The scopes, each with all of the one before.
const (
	ScopeNone Scope = iota
	ScopeOwn
	ScopeAll
)

// RightRow is a row of the matrix: a right, how it is called, and what each role has of it.
type RightRow struct {
	Right   Right
	IsField bool
	Words   string
	Scopes  map[Role]Scope
}

var rightRows, rightRoles = readRights(rightsData)

// Rights returns the matrix, and its roles in order.
func Rights() ([]RightRow, []Role) { return rightRows, rightRoles }

func readRights(data string) ([]RightRow, []Role) {
	var rows []RightRow
	var roles []Role
	scopes := map[string]Scope{"": ScopeNone, "own": ScopeOwn, "all": ScopeAll}
	for line := range strings.Lines(data) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		if roles == nil {
			for _, c := range cells[3:] {
				roles = append(roles, Role(c))
			}
			continue
		}
		r := RightRow{Right: Right(cells[1]), IsField: cells[0] == "field", Words: cells[2], Scopes: make(map[Role]Scope)}
		for i, c := range cells[3:] {
			scope, ok := scopes[c]
			if !ok {
				panic(fmt.Sprintf("orders: rights: %q", line)) // embedded
			}
			r.Scopes[roles[i]] = scope
		}
		rows = append(rows, r)
	}
	return rows, roles
}

// May tells how far a right of s reaches: the furthest of their roles. Nobody, a nil s, has none.
func (s *Staff) May(r Right) Scope {
	best := ScopeNone
	if s == nil {
		return best
	}
	for i := range rightRows {
		if rightRows[i].Right != r {
			continue
		}
		for _, role := range s.Roles {
			best = max(best, rightRows[i].Scopes[role])
		}
	}
	return best
}
