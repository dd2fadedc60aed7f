package notify

import "orderbot/orders"

// The kinds of deliveries that this package makes. The bot's replies have kinds of their own. What
// customers get through a service account is named after its template in the configuration.
const (
	KindApproval        = "approval.card"     // to each possible approver of a node, with buttons
	KindApprovalSettled = "approval.settled"  // replaces each of them after the decision
	KindReminder        = "approval.reminder" // to the approvers at half time
	KindStuck           = "approval.stuck"    // nobody can decide, or nobody did in time
	KindDecided         = "order.decided"     // to the salesperson: approved, or rejected with the reason
	KindShort           = "stock.short"
	KindPick            = "warehouse.pick"
	KindStop            = "warehouse.stop" // the order was cancelled after the warehouse was told
	KindUrgent          = "urgent.alert"   // with a button, until somebody takes it
	KindUrgentSettled   = "urgent.settled" // replaces each of them
	KindUrgentCopy      = "urgent.copy"    // to finance, for information
	KindExpired         = "order.expired"
	KindReservation     = "reservation.ended"
	KindMoved           = "order.moved" // to the salesperson: shipped, delivered
	KindException       = "parcel.exception"
	KindService         = "service.asked" // a customer wants a person
	KindTold            = "told"          // for information; nothing is done where it can't be delivered

	// To customers, also the names of the service account's templates.
	KindConfirmed = "confirmed"
	KindShipped   = "shipped"
	KindDelivered = "delivered"
	KindDelayed   = "delayed"
)

// Kind says what is done about a message that a platform refuses.
type Kind struct {
	Name   string // for people
	report bool   // tell those who answer for the order when it reached its receiver in no way
}

// Kinds are the messages that matter: one that a platform refuses is sent to the person's other
// chat, once.
var Kinds = map[string]Kind{
	KindApproval:    {Name: "审批卡片", report: true},
	KindReminder:    {Name: "审批提醒"},
	KindStuck:       {Name: "审批告警", report: true},
	KindDecided:     {Name: "审批结果"},
	KindShort:       {Name: "缺货提醒"},
	KindPick:        {Name: "拣货通知", report: true},
	KindStop:        {Name: "停止备货通知", report: true},
	KindUrgent:      {Name: "加急提醒", report: true},
	KindExpired:     {Name: "草稿过期通知"},
	KindReservation: {Name: "预占到期通知"},
	KindMoved:       {Name: "物流通知"},
	KindException:   {Name: "物流异常"},
	KindService:     {Name: "客户请求", report: true},
}

// staffPlatforms are the platforms on which staff are reached, the preferred one first.
var staffPlatforms = []orders.Platform{orders.WeCom, orders.DingTalk}
