// Package config holds the settings of orderbot: typed, with defaults, checked as a whole.
//
// [Load] takes them from a YAML file and from the environment, which goes before the file:
// ORDERBOT_ and the key's path in capitals, levels joined by two underscores
// (ORDERBOT_DATABASE__URL). A list is given whole, either with commas
// (ORDERBOT_TIMES__POLLING=2h,4h) or, for robots, by number (ORDERBOT_ROBOTS__0__NAME). An empty
// variable counts as absent.
package config

import "time"

// Config is everything that can be set. A section behind a nil pointer is switched off.
type Config struct {
	Server         Server          `key:"server"`
	Database       Database        `key:"database"`
	Events         Events          `key:"events"`
	WeCom          *WeCom          `key:"wecom"`
	ServiceAccount *ServiceAccount `key:"service_account"`
	DingTalk       *DingTalk       `key:"dingtalk"`
	Logistics      Logistics       `key:"logistics"`
	APS            *APS            `key:"aps"`
	SMS            SMS             `key:"sms"`
	Robots         []Robot         `key:"robots"`
	SMTP           *SMTP           `key:"smtp"`
	LLM            *LLM            `key:"llm"`
	OCR            OCR             `key:"ocr"`
	Stock          Stock           `key:"stock"`
	Returns        Returns         `key:"returns"`
	Surgery        Surgery         `key:"surgery"`
	Delivery       Delivery        `key:"delivery"`
	Staged         Staged          `key:"staged"`
	Reports        Reports         `key:"reports"`
	// Rules is the path of the rules file; empty: the built-in default rules.
	Rules string `key:"rules" is:"file"`
	Times Times  `key:"times"`
}

// Server is the HTTP server.
type Server struct {
	Listen string `key:"listen" default:"127.0.0.1:8080" is:"host:port"`
	// PublicURL is what links in messages begin with, without a slash at the end. Empty: no links,
	// and tracking is polled because nothing can be pushed.
	PublicURL string `key:"public_url" is:"url"`
}

// Database is where everything is kept: sqlite:PATH or mysql://user:password@host:port/name.
type Database struct {
	URL Secret `key:"url" default:"sqlite:data/orderbot.db" is:"database"`
}

// Events is the event engine: "database" or nats://host:port.
type Events struct {
	URL Secret `key:"url" default:"database" is:"events"`
}

// WeCom is the application in 企业微信.
type WeCom struct {
	APIURL  string `key:"api_url" default:"https://qyapi.weixin.qq.com" is:"api_url"`
	CorpID  string `key:"corp_id" need:"true"`
	AgentID int    `key:"agent_id" need:"true"`
	Secret  Secret `key:"secret" need:"true"`
	Token   Secret `key:"token" need:"true"` // of the callback
	AESKey  Secret `key:"aes_key" need:"true" is:"aes_key"`
	KF      *KF    `key:"kf"`
	AIBot   *AIBot `key:"ai_bot"`
}

// KF is 微信客服.
type KF struct {
	Secret Secret `key:"secret" need:"true"`
	Token  Secret `key:"token" need:"true"`
	AESKey Secret `key:"aes_key" need:"true" is:"aes_key"`
}

// AIBot is a 智能机器人 of WeCom. Mode "callback" needs Token and AESKey, mode "socket" BotID and
// Secret.
type AIBot struct {
	Mode   string `key:"mode" default:"callback" is:"mode"`
	BotID  string `key:"bot_id"`
	Secret Secret `key:"secret"`
	Token  Secret `key:"token"`
	AESKey Secret `key:"aes_key" is:"aes_key"`
}

// ServiceAccount is the 服务号 that customers talk to.
type ServiceAccount struct {
	APIURL    string           `key:"api_url" default:"https://api.weixin.qq.com" is:"api_url"`
	AppID     string           `key:"app_id" need:"true"`
	Secret    Secret           `key:"secret" need:"true"`
	Token     Secret           `key:"token" need:"true"` // of the callback
	AESKey    Secret           `key:"aes_key" need:"true" is:"aes_key"`
	Templates AccountTemplates `key:"templates"`
}

// AccountTemplates are ids of template messages or subscription notices; empty: not sent.
type AccountTemplates struct {
	Confirmed string `key:"confirmed"`
	Shipped   string `key:"shipped"`
	Delivered string `key:"delivered"`
	Delayed   string `key:"delayed"`
	Report    string `key:"report"` // a monthly report was released
}

// DingTalk is the organisation's own application with a robot, in Stream mode.
type DingTalk struct {
	APIURL       string `key:"api_url" default:"https://api.dingtalk.com" is:"api_url"`
	LegacyAPIURL string `key:"legacy_api_url" default:"https://oapi.dingtalk.com" is:"api_url"`
	ClientID     string `key:"client_id" need:"true"`
	ClientSecret Secret `key:"client_secret" need:"true"`
	// RobotCode is the client id where it isn't set.
	RobotCode string `key:"robot_code"`
	// CardTemplateID empty: cards that need no template of the tenant's own.
	CardTemplateID string `key:"card_template_id"`
	// SurgeryForm is the process code of the approval form whose agreed instances are surgery plans; empty: none is.
	SurgeryForm string `key:"surgery_form"`
}

// Logistics are the providers of tracking.
type Logistics struct {
	Kuaidi100 *Kuaidi100 `key:"kuaidi100"`
	SF        *SF        `key:"sf"`
}

// Kuaidi100 is 快递100.
type Kuaidi100 struct {
	APIURL    string `key:"api_url" default:"https://poll.kuaidi100.com" is:"api_url"`
	DetectURL string `key:"detect_url" default:"http://www.kuaidi100.com" is:"url"`
	Customer  string `key:"customer" need:"true"`
	Key       Secret `key:"key" need:"true"`
	Salt      Secret `key:"salt"` // of pushed tracking
}

// SF is 顺丰's own interface.
type SF struct {
	APIURL    string `key:"api_url" default:"https://bspgw.sf-express.com" is:"api_url"`
	PartnerID string `key:"partner_id" need:"true"`
	CheckWord Secret `key:"check_word" need:"true"`
}

// APS is a planning system (排产引擎) that approved orders are posted to, signed with the secret.
type APS struct {
	APIURL string `key:"api_url" need:"true" is:"api_url"`
	Secret Secret `key:"secret" need:"true"`
}

// SMS are the providers of short messages.
type SMS struct {
	Aliyun  *Aliyun  `key:"aliyun"`
	Tencent *Tencent `key:"tencent"`
}

// Aliyun is 阿里云短信.
type Aliyun struct {
	APIURL          string       `key:"api_url" default:"https://dysmsapi.aliyuncs.com" is:"api_url"`
	AccessKeyID     string       `key:"access_key_id" need:"true"`
	AccessKeySecret Secret       `key:"access_key_secret" need:"true"`
	SignName        string       `key:"sign_name" need:"true"`
	Templates       SMSTemplates `key:"templates"`
}

// Tencent is 腾讯云短信.
type Tencent struct {
	APIURL    string       `key:"api_url" default:"https://sms.tencentcloudapi.com" is:"api_url"`
	SecretID  string       `key:"secret_id" need:"true"`
	SecretKey Secret       `key:"secret_key" need:"true"`
	AppID     string       `key:"app_id" need:"true"`
	SignName  string       `key:"sign_name" need:"true"`
	Templates SMSTemplates `key:"templates"`
}

// SMSTemplates are ids of registered texts; empty: not sent.
type SMSTemplates struct {
	Shipped string `key:"shipped"`
	Delayed string `key:"delayed"`
	Code    string `key:"code"`
}

// Robot is a group robot of WeCom or DingTalk. Its webhook holds the key to the group.
type Robot struct {
	Name    string `key:"name" need:"true"`
	Webhook Secret `key:"webhook" need:"true" is:"webhook"`
	Secret  Secret `key:"secret"` // of DingTalk's signature
}

// SMTP sends mail.
type SMTP struct {
	Host     string `key:"host" need:"true"`
	Port     int    `key:"port" default:"465" is:"port"`
	Username string `key:"username"`
	Password Secret `key:"password"`
	From     string `key:"from" need:"true"`
}

// LLM is an optional second reader, any OpenAI-compatible endpoint.
type LLM struct {
	APIURL string `key:"api_url" need:"true" is:"url"`
	APIKey Secret `key:"api_key"`
	Model  string `key:"model" need:"true"`
}

// Stock is how orders may use what is in stock. SafetyStock "keep" leaves the safety stock to the orders that may use it (green
// channel), "use" gives it to all.
type Stock struct {
	SafetyStock string `key:"safety_stock" default:"keep" is:"safety"`
}

// Staged is how orders are handled that are delivered and paid for in parts. RequirePayment: a stage does not leave before what is to be
// paid until then was paid, where the order does not say otherwise.
type Staged struct {
	RequirePayment bool `key:"require_payment"`
}

// Reports are the monthly order health reports. KeyCustomers are the levels and types of the customers for which one is made by itself on the first
// working day of a month; a word that is neither, such as none: for nobody.
type Reports struct {
	KeyCustomers []string `key:"key_customers" default:"A,VIP"`
}

// Returns are the firm's terms for what comes back. FinanceFrom is from how many yuan on finance decides before the goods come back; 0:
// never. Limit is the time for a whole return, working days of 24 hours.
type Returns struct {
	FinanceFrom int           `key:"finance_from" default:"5000" is:"amount"`
	Limit       time.Duration `key:"limit" default:"48h" is:"positive"`
	// ErrorCost is the formula of what a wrong order costs, in yuan: numbers, 金额 and 退回 with + - *.
	ErrorCost string `key:"error_cost" default:"50 * 4"`
}

// Surgery is how early the goods of a surgery plan are ordered: Lead is the time of a delivery to a hospital without history, Margin how
// long before the day of the surgery the goods are to be there, Ahead how long before the last moment the salesperson gets the draft.
type Surgery struct {
	Lead   time.Duration `key:"lead" default:"72h"`
	Margin time.Duration `key:"margin" default:"24h"`
	Ahead  time.Duration `key:"ahead" default:"48h"`
}

// Delivery are the figures of which the expected day of delivery is made, besides the imported transit times. What is ready by CutOff leaves on
// the same day; LineOrders is how many orders a production line begins on a working day.
type Delivery struct {
	CutOff     string    `key:"cut_off" default:"16:00" is:"hour"`
	CutOffs    []CutOff  `key:"cut_offs"`
	LineOrders int       `key:"line_orders" default:"5" is:"count"`
	Lines      []Line    `key:"lines"`
	Weather    []Weather `key:"weather"`
}

// CutOff is the hour of a warehouse that has another one.
type CutOff struct {
	Warehouse string `key:"warehouse" need:"true"`
	At        string `key:"at" need:"true" is:"hour"`
}

// Line is a production line that begins another number of orders a working day.
type Line struct {
	Name   string `key:"name" need:"true"`
	Orders int    `key:"orders" need:"true" is:"count"`
}

// Weather makes goods come so many days later to a region from one day (yyyy-mm-dd) to another.
type Weather struct {
	Region string `key:"region" need:"true"`
	Days   int    `key:"days" need:"true" is:"days"`
	From   string `key:"from" need:"true" is:"day"`
	Until  string `key:"until" need:"true" is:"day"`
	Why    string `key:"why"`
}

// OCR tells where the recogniser's files are. Models is their folder, empty: the usual place; the
// others replace single files. Workers read pictures at once, each with up to 1.2 GB.
type OCR struct {
	Workers    int    `key:"workers" default:"1" is:"workers"`
	Models     string `key:"models"`
	Runtime    string `key:"runtime" is:"file"`
	Detection  string `key:"detection" is:"file"`
	Direction  string `key:"direction" is:"file"`
	Recogniser string `key:"recogniser" is:"file"`
	Characters string `key:"characters" is:"file"`
}

// Times are the limits that the clock keeps.
type Times struct {
	DraftExpires       time.Duration `key:"draft_expires" default:"24h" is:"positive"`       // an unconfirmed draft
	ReservationExpires time.Duration `key:"reservation_expires" default:"24h" is:"positive"` // a soft reservation without approval
	// ApprovalLimit is a node's time limit where the rule sets none; reminder at half, then
	// escalation.
	ApprovalLimit time.Duration `key:"approval_limit" default:"4h" is:"positive"`
	// UrgentRepeat is the pace of an unacknowledged urgent alert: three times, then the next person.
	UrgentRepeat time.Duration `key:"urgent_repeat" default:"3m" is:"positive"`
	// UrgentWithin is an urgent order's time from its confirmation, ShipWithin that from the approval until the goods leave.
	UrgentWithin    time.Duration   `key:"urgent_within" default:"48h" is:"positive"`
	ShipWithin      time.Duration   `key:"ship_within" default:"24h" is:"positive"`    // of working days
	ExceptionLimit  time.Duration   `key:"exception_limit" default:"4h" is:"positive"` // of working days; repeated at half, then escalation
	ParcelSilence   time.Duration   `key:"parcel_silence" default:"24h" is:"positive"` // without news of a parcel
	BindingCode     time.Duration   `key:"binding_code" default:"10m" is:"positive"`
	DuplicateWindow time.Duration   `key:"duplicate_window" default:"24h" is:"positive"` // like orders of one customer are asked about
	TurnPause       time.Duration   `key:"turn_pause" default:"1500ms" is:"positive"`    // messages of one sender within it are one turn
	Polling         []time.Duration `key:"polling" default:"2h,4h,8h" is:"positive"`     // of tracking, where no push is possible
	// KeepMessages is for how long messages that came in or went out and events are kept after they are done with; 0: for good. A message
	// that a platform delivers again after that would be taken for a new one.
	KeepMessages time.Duration `key:"keep_messages" default:"4320h" is:"retention"`
}
