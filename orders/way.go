package orders

import (
	"slices"
	"strings"
	"time"
)

// Act is something that is done to an order at a node of its way.
type Act string

// The acts. What they are called in a chat stands in their values.
const (
	ActConfirm  Act = "确认下单"
	ActChange   Act = "修改"
	ActCancel   Act = "取消"
	ActDecide   Act = "审批"
	ActSchedule Act = "排产"
	ActStart    Act = "开工"
	ActInspect  Act = "质检"
	ActStock    Act = "入库"
	ActPick     Act = "拣货"
	ActCheck    Act = "复核"
	ActShip     Act = "发货"
	ActHandOver Act = "自提完成"
)

// actRights says which right each act needs.
var actRights = map[Act]Right{
	ActConfirm: RightPlace, ActChange: RightPlace, ActCancel: RightPlace, ActDecide: RightApprove,
	ActSchedule: RightProduce, ActStart: RightProduce, ActInspect: RightProduce, ActStock: RightStocktake,
	ActPick: RightShip, ActCheck: RightShip, ActShip: RightShip, ActHandOver: RightShip,
}

// Right is what somebody must have for the act.
func (a Act) Right() Right { return actRights[a] }

// CustomerNode is one of the seven nodes that a customer sees of an order.
type CustomerNode struct {
	Name string
	Role string // who is in charge, in words
}

// CustomerNodes are the seven, in order.
var CustomerNodes = []CustomerNode{
	{"下单", "业务员"}, {"审核", "审批人"}, {"排产", "计划员"}, {"入库", "仓管"}, {"出库", "仓管"}, {"在途", "物流"}, {"签收", "收货人"},
}

// Touch is one of the 17 points from the inquiry to the after-sales service at which somebody has to do with an order.
type Touch struct {
	Name string
	// by are the beginnings of the actions in the audit trail that show that it was passed; the system did it where own is not set.
	by    []string
	isOwn bool
}

// Step is one of the 15 staff nodes of an order: the one table by which the staff's nodes, the customer's seven, a parcel's four states
// and the 17 touch points belong together.
type Step struct {
	Status   Status
	Owner    Role          // who has the order while it stands there
	Stay     time.Duration // how long it is expected to stand there, of working days with 24 hours each; 0: at once, or it is the last
	Customer int           // index into [CustomerNodes]
	Parcel   ParcelState   // of the slowest parcel
	Next     []Status      // where it may go from here, the ends beside the way and a change's way back left out
	Acts     []Act
	Touches  []Touch
}

const workday = 24 * time.Hour

// way is the one state model. features.md, conflict 9.
var way = []Step{
	{
		Status: StatusDraft, Owner: RoleSales, Stay: workday, Customer: 0, Next: []Status{StatusPendingApproval}, Acts: []Act{ActConfirm, ActChange, ActCancel},
		Touches: []Touch{{"询价", []string{"询价"}, true}, {"报价", []string{"报价"}, true}, {"合同签订", []string{"合同签订"}, true}, {"下单", []string{"确认下单"}, true}},
	},
	{
		Status: StatusPendingApproval, Owner: RoleSalesManager, Stay: workday / 6, Customer: 0, Next: []Status{StatusApproved}, Acts: []Act{ActDecide, ActChange, ActCancel},
		Touches: []Touch{{"信用校验", []string{"确认下单"}, false}, {"审批", []string{"同意", "驳回", "跳过", "确认下单"}, true}},
	},
	{
		Status: StatusApproved, Owner: RolePurchasing, Stay: workday, Customer: 1, Next: []Status{StatusAllocated, StatusScheduled, StatusPicking, StatusChecked, StatusShipped},
		Acts: []Act{ActSchedule, ActPick, ActCheck, ActShip, ActChange, ActCancel},
	},
	{
		Status: StatusAllocated, Owner: RoleWarehouse, Stay: workday / 6, Customer: 1, Next: []Status{StatusScheduled, StatusPicking, StatusChecked, StatusShipped},
		Acts:    []Act{ActSchedule, ActPick, ActCheck, ActShip, ActChange, ActCancel},
		Touches: []Touch{{"库存预占", []string{"确认下单", "到货补占"}, false}},
	},
	{
		Status: StatusScheduled, Owner: RolePlanner, Stay: 2 * workday, Customer: 2, Next: []Status{StatusInProduction, StatusInspected, StatusStocked},
		Acts:    []Act{ActStart, ActInspect, ActStock, ActChange, ActCancel},
		Touches: []Touch{{"排产或采购", []string{"排产", "预计到货"}, true}},
	},
	{
		Status: StatusInProduction, Owner: RolePlanner, Stay: 4 * workday, Customer: 2, Next: []Status{StatusInspected, StatusStocked},
		Acts: []Act{ActInspect, ActStock, ActChange, ActCancel},
	},
	{
		Status: StatusInspected, Owner: RolePlanner, Stay: workday, Customer: 2, Next: []Status{StatusStocked}, Acts: []Act{ActStock, ActChange, ActCancel},
	},
	{
		Status: StatusStocked, Owner: RoleWarehouse, Stay: workday / 2, Customer: 3, Next: []Status{StatusPicking, StatusChecked, StatusShipped},
		Acts: []Act{ActPick, ActCheck, ActShip, ActChange, ActCancel}, Touches: []Touch{{"入库", []string{"入库", "到货补占"}, true}},
	},
	{
		Status: StatusPicking, Owner: RoleWarehouse, Stay: workday / 6, Customer: 4, Next: []Status{StatusChecked, StatusShipped},
		Acts: []Act{ActCheck, ActShip, ActChange, ActCancel}, Touches: []Touch{{"多仓分拣", []string{"拣货"}, true}},
	},
	{
		Status: StatusChecked, Owner: RoleWarehouse, Stay: workday / 6, Customer: 4, Next: []Status{StatusShipped},
		Acts: []Act{ActCheck, ActShip, ActChange, ActCancel}, Touches: []Touch{{"复核出库", []string{"复核", "发货"}, true}},
	},
	{
		Status: StatusShipped, Owner: RoleWarehouse, Stay: workday / 6, Customer: 4, Next: []Status{StatusPickedUp, StatusInTransit, StatusOutForDelivery, StatusDelivered},
		Acts: []Act{ActShip, ActHandOver}, Touches: []Touch{{"物流绑定", []string{"发货"}, true}},
	},
	{
		Status: StatusPickedUp, Owner: RoleService, Stay: workday / 2, Customer: 5, Parcel: ParcelPickedUp, Next: []Status{StatusInTransit, StatusOutForDelivery, StatusDelivered},
		Acts: []Act{ActShip}, Touches: []Touch{{"在途", []string{"物流"}, true}},
	},
	{
		Status: StatusInTransit, Owner: RoleService, Stay: 2 * workday, Customer: 5, Parcel: ParcelInTransit, Next: []Status{StatusOutForDelivery, StatusDelivered}, Acts: []Act{ActShip},
	},
	{
		Status: StatusOutForDelivery, Owner: RoleService, Stay: workday / 4, Customer: 5, Parcel: ParcelOut, Next: []Status{StatusDelivered}, Acts: []Act{ActShip},
	},
	{
		Status: StatusDelivered, Owner: RoleSales, Customer: 6, Parcel: ParcelDelivered,
		Touches: []Touch{
			{"签收", []string{"签收"}, true}, {"开票", []string{"开票"}, true}, {"结算", []string{"结算"}, true}, {"售后", []string{"售后", "退货", "换货", "维修", "退款", "评价"}, true},
		},
	},
}

// Way returns the 15 staff nodes of an order in order, with all that belongs to them. It is not to be changed.
func Way() []Step { return way }

// Step returns the staff node of a status; nil for the ends beside the way.
func (s Status) Step() *Step {
	for i := range way {
		if way[i].Status == s {
			return &way[i]
		}
	}
	return nil
}

// Allows tells whether an act is one of the node's.
func (s *Step) Allows(a Act) bool { return s != nil && slices.Contains(s.Acts, a) }

// Roles are those who may do the act, by their rights.
func (a Act) Roles() []Role {
	var out []Role
	for _, r := range rightRoles {
		if (&Staff{Roles: []Role{r}}).May(a.Right()) != ScopeNone {
			out = append(out, r)
		}
	}
	return out
}

// Stand tells how far a node of an order is.
type Stand string

// The stands of a node.
const (
	StandTodo Stand = "todo"
	StandNow  Stand = "now"
	StandDone Stand = "done"
	StandNone Stand = "n/a" // 不经过
)

// Passage is what an order has to do with one of its nodes.
type Passage struct {
	Step  *Step
	Stand Stand
	At    time.Time // when it was reached; zero where nobody reported it, or it is not reached
	Due   time.Time // when it is expected to be reached, of one to come; it may be over. Zero: nothing is to come any more
	// Where says exactly where the goods were there, "" where nobody reported it.
	Where string
}

// Passages returns what the order has to do with each of the 15 nodes. Goods from stock pass 已排产 to 已入库 as not applicable, those that
// are fetched the nodes of parcels.
func (o *Order) Passages(cal *Calendar) []Passage {
	made := slices.ContainsFunc([]Status{StatusScheduled, StatusInProduction, StatusInspected, StatusStocked}, func(s Status) bool { return !o.Reached[s].IsZero() })
	fetched := o.Fetched()
	at := -1 // the node where the order stands or ended
	for i := range way {
		if !o.Reached[way[i].Status].IsZero() {
			at = i
		}
	}
	out := make([]Passage, len(way))
	var due time.Time
	for i := range way {
		s := &way[i]
		p := Passage{Step: s, Stand: StandTodo, At: o.Reached[s.Status], Where: o.where(s.Status)}
		isMaking := s.Customer == 2 || s.Customer == 3
		isTransit := s.Customer == 5
		switch {
		case !p.At.IsZero() && i == at && s.Status == o.Status && !o.Status.Ended():
			p.Stand, due = StandNow, p.At
		case !p.At.IsZero():
			p.Stand = StandDone
		case isMaking && !made || isTransit && fetched:
			p.Stand = StandNone
		case i < at: // passed, but nobody reported when
			p.Stand = StandDone
		case o.Status.Ended() || o.Status == StatusReturning || due.IsZero():
			p.Stand = StandNone
		default:
			p.Due = due
		}
		if p.Stand == StandNow || !p.Due.IsZero() {
			due = o.leaves(s, due, cal)
		}
		out[i] = p
	}
	return out
}

// leaves is when the order is expected to leave a node that it reaches at a moment.
func (o *Order) leaves(s *Step, reached time.Time, cal *Calendar) time.Time {
	if n := o.OpenNode(); n != nil && s.Status == StatusPendingApproval {
		last := n.DueAt
		for i := range o.Nodes {
			if x := &o.Nodes[i]; x.Status == NodeWaiting && x.Reason == "" {
				last = last.Add(x.Limit)
			}
		}
		return last
	}
	if s.Status == StatusDraft && !o.ExpiresAt.IsZero() {
		return o.ExpiresAt
	}
	if s.Status == StatusApproved && !o.Waits() {
		return reached // stock is held for all of it
	}
	return cal.After(reached.In(beijing), s.Stay)
}

// beijing is the zone in which working days are counted.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// Fetched tells whether the customer fetches the goods, all of them.
func (o *Order) Fetched() bool {
	if len(o.Shipments) == 0 {
		return o.Carrier == pickUp
	}
	return !slices.ContainsFunc(o.Shipments, func(s Shipment) bool { return s.Carrier != pickUp })
}

// TouchPassed is a touch point of an order: when it was passed and by whom.
type TouchPassed struct {
	Name   string
	Status Status    // the staff node it belongs to
	At     time.Time // zero: not passed, or nobody reported it
	Actor  string    // a staff or customer code, or "system"
}

// Touches returns the 17 touch points of an order as its audit trail shows them, oldest first.
func Touches(trail []AuditEntry) []TouchPassed {
	var out []TouchPassed
	for i := range way {
		for _, t := range way[i].Touches {
			p := TouchPassed{Name: t.Name, Status: way[i].Status}
			for _, by := range t.by { // in this order: what comes last is a makeshift
				j := slices.IndexFunc(trail, func(e AuditEntry) bool { return strings.HasPrefix(e.Action, by) })
				if j < 0 {
					continue
				}
				p.At, p.Actor = trail[j].At, trail[j].Actor
				if !t.isOwn || by == "确认下单" && t.Name == "审批" {
					p.Actor = SystemActor.Code
				}
				break
			}
			out = append(out, p)
		}
	}
	return out
}
