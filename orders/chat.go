package orders

import (
	"encoding/json"
	"regexp"
	"time"
)

// Platform names a chat platform.
type Platform string

// The platforms on which people write to orderbot.
const (
	WeCom          Platform = "wecom"           // 企业微信应用: staff
	DingTalk       Platform = "dingtalk"        // 钉钉机器人: staff
	KF             Platform = "kf"              // 微信客服: customers
	ServiceAccount Platform = "service_account" // 服务号: customers
)

// Chat is where somebody is answered: a conversation on a platform. ID is the platform's own
// (a user id for one-to-one chats; "open_kfid external_userid" for 微信客服).
type Chat struct {
	Platform Platform `json:"platform"`
	ID       string   `json:"id"`
}

// InboundKind tells what came in.
type InboundKind string

// The kinds of inbound messages.
const (
	InboundText    InboundKind = "text"
	InboundPicture InboundKind = "picture"
	InboundFile    InboundKind = "file"
	InboundVoice   InboundKind = "voice"
	InboundClick   InboundKind = "click"   // a card's button
	InboundEnter   InboundKind = "enter"   // opened the chat, followed, came with a scene
	InboundForm    InboundKind = "form"    // an approval form came to its end; Media is its instance, Text what became of it
	InboundUnknown InboundKind = "unknown" // a kind that we can't use; Text names it
)

// FormField is one field of an approval form: what it is called and what was filled in; of a table Rows, each with its cells.
type FormField struct {
	Name  string
	Value string
	Rows  [][]FormField
}

// What becomes of an approval form, as the platform calls it.
const (
	FormAgreed    = "agree"
	FormRefused   = "refuse"
	FormWithdrawn = "terminate"
)

// Inbound is one message or event from a chat platform, verified, decrypted and kept before it
// is acknowledged. Platform and Key are unique together: a redelivery has the same.
type Inbound struct {
	Platform   Platform    `json:"platform"`
	Key        string      `json:"key"`
	Chat       Chat        `json:"chat"`
	Sender     string      `json:"sender"` // the platform's id of the person
	Kind       InboundKind `json:"kind"`
	Text       string      `json:"text,omitempty"`
	Media      string      `json:"media,omitempty"`      // the platform's id of the picture or file
	FileName   string      `json:"file_name,omitempty"`  // where the platform tells it
	Action     string      `json:"action,omitempty"`     // of a click: the signed action of the button
	Card       string      `json:"card,omitempty"`       // of a click: task_id or outTrackId
	Code       string      `json:"code,omitempty"`       // of a click: the code that allows one update
	Scene      string      `json:"scene,omitempty"`      // of an enter: what the link or QR code carried
	ReplyURL   string      `json:"reply_url,omitempty"`  // DingTalk's session webhook
	ReplyUntil time.Time   `json:"reply_until,omitzero"` // when ReplyURL ends
	Quoted     string      `json:"quoted,omitempty"`     // what our own message was called that is replied to
	SentAt     time.Time   `json:"sent_at"`              // by the platform's clock; relative dates count from it
	ReceivedAt time.Time   `json:"received_at"`
	Trace      string      `json:"trace"`
}

// announces fits words that speak of a file or picture.
var announces = regexp.MustCompile(`(?i)附件|如图|见图|按图|附图|下图|图上|图片|照片|截图|表格|见表|文件|清单|单子|帮录|录一?下|pdf|excel|xlsx`)

// Announces tells whether the message speaks of a file that may be on its way: it takes longer to send than words.
func (in *Inbound) Announces() bool {
	return in.Kind == InboundText && announces.MatchString(in.Text)
}

// asksStock fits a question about stock, which is complete: 库存 导管 6F.
var asksStock = regexp.MustCompile(`^[\s,，。]*库存[ \t　:：]+\S[^\n]{0,80}$`)

// AtOnce tells whether the message is answered without a pause in which more could follow: a click, an entering, a form, and the question 「库存 …」,
// to which people want the answer within a second.
func (in *Inbound) AtOnce() bool {
	return in.Kind == InboundClick || in.Kind == InboundEnter || in.Kind == InboundForm || in.Kind == InboundText && asksStock.MatchString(in.Text)
}

// Turn is what one chat has said and not been answered: one message, or several that came within
// the configured pause. Only one worker holds a chat's turn at a time.
type Turn struct {
	Chat     Chat
	Messages []Inbound
	Token    string // proves the claim; an expired claim can't be finished
	IDs      []int64
	Attempts int // how often it was claimed before
}

// Delivery is a message on its way to one chat. Deliveries to one chat go out in the order of
// their IDs. Key is unique: inserting one that exists changes nothing, which makes producers
// repeatable.
type Delivery struct {
	ID      int64
	Key     string
	Chat    Chat
	Kind    string          // names the message: draft.lines, approval.card …
	Order   OrderID         // may be empty
	Body    json.RawMessage // a neutral message of package cards; to the planning system what it is sent, cards.Plan
	Update  int64           // when not 0: the delivery whose card this one replaces
	Code    string          // WeCom: the response code of the click that caused an update
	NotAt   time.Time       // not before
	Created time.Time

	// What became of it.
	Status   DeliveryStatus
	Attempts int
	SentAt   time.Time
	Receipt  json.RawMessage // what the platform called it; needed to change it later
	Changed  bool            // a later delivery has changed the card with the code in the receipt; read by its id only
	Error    string
	Token    string // the claim
}

// DeliveryStatus tells how far a delivery is.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryPending DeliveryStatus = "pending"
	DeliverySent    DeliveryStatus = "sent"
	DeliveryFailed  DeliveryStatus = "failed" // given up; a person has to look
)

// Event is a fact about an order that others act upon. It is stored in the transaction that made
// it true and handled at least once.
type Event struct {
	ID    int64             `json:"id"`
	Kind  string            `json:"kind"`
	Order OrderID           `json:"order"`
	At    time.Time         `json:"at"`
	Actor string            `json:"actor"` // a staff or customer code, or "system"
	Data  map[string]string `json:"data,omitempty"`
	Trace string            `json:"trace,omitempty"`

	Attempts int    `json:"-"`
	Token    string `json:"-"`
}

// The kinds of events.
const (
	EventConfirmed         = "order.confirmed"    // Data: tell, roles parted by commas
	EventApprovalRequested = "approval.requested" // Data: node; again where the role has decided on the order before
	EventApprovalReminded  = "approval.reminded"  // Data: node
	EventApprovalEscalated = "approval.escalated" // Data: node
	EventApprovalCovered   = "approval.covered"   // Data: node; others may decide it now: somebody left, came back, or has decided another part of the step
	EventApprovalDecided   = "approval.decided"   // Data: node, decision
	EventApproverAdded     = "approval.added"     // somebody is to decide besides (加签)
	EventSentBack          = "order.sent_back"    // Data: node
	EventApproved          = "order.approved"
	EventInvoicing         = "order.invoicing" // finance is to see to the invoice data, once the order is approved
	EventPlanning          = "order.planning"  // planning is to have the order, once it is approved
	EventRejected          = "order.rejected"
	EventCancelled         = "order.cancelled"
	EventExpired           = "order.expired"     // an unconfirmed draft
	EventReservationEnded  = "reservation.ended" // a soft reservation ran out
	EventUrgent            = "urgent.raised"     // Data: step
	EventUrgentRepeated    = "urgent.repeated"   // Data: step
	EventAcknowledged      = "urgent.acknowledged"
	EventTriggered         = "rule.triggered" // Data: rule, text, tell and copy, roles parted by commas
	EventGreen             = "green.opened"   // a green channel has begun
	EventGreenEnded        = "green.ended"
	EventChanged           = "order.changed"    // Data: change; again where the warehouse has to take it and had another one to take before. It took effect, or was refused
	EventMerged            = "order.merged"     // Data: change; the order went into another one
	EventBatchLeft         = "order.batch_left" // Data: of, text; another batch of the same whole is not sent
	EventTogether          = "order.together"   // orders are to be shipped together, or this one is not any more
	EventChangeRepeated    = "change.repeated"  // Data: change, step, repeat; the warehouse has not taken it
	EventChangeTaken       = "change.taken"     // Data: change
	EventShortage          = "stock.short"
	EventServed            = "stock.served"    // an order got some of what it lacked
	EventFreed             = "stock.freed"     // no order's. Data: stock: products, one a line, that are free and waited for
	EventLow               = "stock.low"       // no order's. Data: product, warehouse; it came below its safety stock
	EventPapers            = "papers.complete" // no customs paper is missing any more
	EventSlotBooked        = "slot.booked"     // Data: slot; the order is confirmed
	EventSlotFreed         = "slot.freed"      // Data: slot
	EventShipped           = "order.shipped"   // Data: shipment
	EventParcelMoved       = "parcel.moved"    // Data: shipment, state
	EventDelivered         = "order.delivered"
	EventReturn            = "order.return"       // Data: return; what became of it: asked, signed, agreed, refused, received, done, dropped, reminded, late
	EventStage             = "order.stage"        // Data: what: due (stage), pay (node), paid (amount, released: the stage that may leave now), cut (reason)
	EventParcelSubscribe   = "parcel.subscribe"   // Data: shipment; the parcel is to be followed
	EventParcelQuery       = "parcel.query"       // Data: shipment; time to ask where the parcel is
	EventException         = "exception.opened"   // Data: exception, as of all that follow
	EventExceptionAgain    = "exception.repeated" // Data: step: 1 repeated, 2 escalated
	EventExceptionLevel    = "exception.level"    // Data: level; of a delay
	EventExceptionClosed   = "exception.closed"
	EventEarly             = "early.proposed"   // Data: exception, orders
	EventEarlySettled      = "early.settled"    // Data: exception
	EventWeather           = "weather.noted"    // Data: weather; it is another where the order goes. Of no order: of those in orders, or of all
	EventPromised          = "order.promised"   // Data: was, staff (not empty: the staff alone hears of it); the expected day has become known, or a later one
	EventCountdown         = "urgent.countdown" // Data: percent of an urgent order's time that is over
	EventLink              = "link.proposed"    // no order's, as the next. Data: link
	EventLinkSettled       = "link.settled"     // confirmed, refused or undone
	EventSurgery           = "surgery"          // Data: surgery, what; of the draft's order, or no order's
	EventServiceAsked      = "service.asked"    // a request for a person: return, urge; Data: intent (or late), text
)

// AuditEntry records one change for good: who did what to which order, when, through what.
type AuditEntry struct {
	Order   OrderID
	At      time.Time
	Actor   string
	Channel Platform
	Action  string
	Before  string
	After   string
	Reason  string
	Trace   string
}

// Binding ties a person on a customer platform to a customer.
type Binding struct {
	ID       int64
	Platform Platform
	Person   string
	Customer CustomerCode
	By       StaffCode // who gave the code
	At       time.Time
}
