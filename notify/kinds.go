package notify

import "orderbot/orders"

// The kinds of deliveries that this package makes. The bot's replies have kinds of their own. What
// customers get through a service account is named after its template in the configuration.
const (
	KindApproval        = "approval.card"         // to each possible approver of a node, with buttons
	KindApprovalSettled = "approval.card.settled" // replaces each of them after the decision
	KindUrgent          = "urgent.alert"          // with a button, until somebody takes it
	KindUrgentSettled   = "urgent.alert.settled"  // replaces each of them

	KindChange        = "warehouse.change"         // old → new, with a button, until somebody has taken it
	KindChangeSettled = "warehouse.change.settled" // replaces each of them

	KindReturnApproval        = "return.approval"         // to finance, with buttons
	KindReturnApprovalSettled = "return.approval.settled" // replaces each of them
	KindReturnGoods           = "return.goods"            // to the warehouse, with buttons: what comes back
	KindReturnGoodsSettled    = "return.goods.settled"    // replaces each of them
	KindReturn                = "return"                  // to customers: what becomes of a return, or is to be signed

	KindTogether = "order.together" // to the salesperson, with buttons: orders to one address

	KindReminder    = "approval.reminder"    // to the approvers at half time; to the salesperson on escalation
	KindStuck       = "order.stuck"          // nobody can act on an order: to the overseers and the salesperson
	KindDecided     = "order.decided"        // to the salesperson: approved, or rejected with the reason
	KindShort       = "stock.short"          // to the salesperson and purchasing
	KindLow         = "stock.low"            // to purchasing: what came below its safety stock
	KindMove        = "stock.move"           // to the warehouse's leads, with buttons: a transfer is proposed
	KindGift        = "gift.promised"        // to purchasing
	KindContract    = "order.contract"       // to the salesperson, a file
	KindSlot        = "engineer.slot"        // to the engineer: booked or free again
	KindPapers      = "papers"               // to purchasing: which customs papers are missing; to the warehouse: none is any more
	KindGreen       = "green.task"           // to planner and purchasing: what a green channel lets them do at once
	KindPick        = orders.DispatchPick    // to the warehouse
	KindPickList    = "warehouse.pick_list"  // to the warehouse, with a button, where goods come from several
	KindStop        = "warehouse.stop"       // to whom the warehouse's message or a green channel's task went, once there is nothing to do any more
	KindInvoice     = orders.DispatchInvoice // to finance, once an order is approved: its invoice data
	KindPlan        = orders.DispatchPlan    // to the planning system, or else to the planner: what is to be made
	KindLate        = "dispatch.late"        // to operations: one of these three is not delivered for minutes
	KindUrgentCopy  = "urgent.copy"          // to finance, for information
	KindExpired     = "order.expired"        // to the chat in which the draft was made
	KindReservation = "reservation.ended"    // to the salesperson and the approvers
	KindStage       = "order.stage"          // the day of a stage comes, a payment is due or was recorded
	KindMoved       = "order.moved"          // to the salesperson: placed, shipped, delivered, cancelled
	KindException   = "parcel.exception"     // to whose business an exception is
	KindService     = "service.asked"        // to the salesperson and service: a customer wants a person
	KindTold        = "told"                 // for information

	KindConfirmed = "confirmed" // to customers, like all that follow; also the name of a template
	KindShipped   = "shipped"
	KindDelivered = "delivered"
	KindDelayed   = "delayed"
	KindArrived   = "arrived"       // what an order waited for; by the template of confirmed
	KindCustomer  = "customer.told" // in the chat in which the customer wrote the order: rejected, cancelled
)

// Kind says what is done about a message that a platform refuses.
type Kind struct {
	Name    string // for people
	report  bool   // tell the overseers when it reached its receiver in no way
	settled string // the kind of message that replaces it; one that is replaced is not sent elsewhere
}

// Kinds are the messages that matter: one that a platform refuses is sent to the person's other
// chat, once.
var Kinds = map[string]Kind{
	KindApproval:       {Name: "审批卡片", report: true, settled: KindApprovalSettled},
	KindReminder:       {Name: "审批提醒"},
	KindStuck:          {Name: "告警", report: true},
	KindDecided:        {Name: "审批结果"},
	KindShort:          {Name: "缺货提醒"},
	KindLow:            {Name: "库存预警", report: true},
	KindMove:           {Name: "调拨建议"},
	KindGift:           {Name: "赠品补货提醒"},
	KindContract:       {Name: "合同"},
	KindSlot:           {Name: "排期通知", report: true},
	KindPapers:         {Name: "报关资料"},
	KindGreen:          {Name: "绿色通道", report: true},
	KindPick:           {Name: "拣货通知", report: true},
	KindStop:           {Name: "停止备货通知", report: true},
	KindInvoice:        {Name: "开票资料核对", report: true},
	KindPlan:           {Name: "排产通知", report: true},
	KindUrgent:         {Name: "加急提醒", report: true, settled: KindUrgentSettled},
	KindChange:         {Name: "变更通知", report: true, settled: KindChangeSettled},
	KindReturnApproval: {Name: "退换货审批", report: true, settled: KindReturnApprovalSettled},
	KindReturnGoods:    {Name: "退货入库通知", report: true, settled: KindReturnGoodsSettled},
	KindExpired:        {Name: "草稿过期通知"},
	KindReservation:    {Name: "预占到期通知"},
	KindMoved:          {Name: "物流通知"},
	KindStage:          {Name: "分期提醒"},
	KindException:      {Name: "异常提醒", settled: KindExceptionSettled},

	KindExceptionTask: {Name: "延误说明任务", report: true, settled: KindExceptionSettled},
	KindEarly:         {Name: "备货建议", settled: KindEarlySettled},
	KindMeeting:       {Name: "应急会商", report: true},
	KindCountdown:     {Name: "加急倒计时"},

	KindSurgery: {Name: "手术计划", report: true},
	KindLink:    {Name: "客户关联", settled: KindLinkSettled},
	KindService: {Name: "客户请求", report: true},
}

// staffPlatforms are the platforms on which staff are reached, the preferred one first.
var staffPlatforms = []orders.Platform{orders.WeCom, orders.DingTalk}
