package cards

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// InvoiceCheck tells finance of an approved order whose invoice is to be made by the data of customer c, nil: nothing is on record.
// What finance has seen of them makes it one line; what is new and doubtful, or was changed since, has rows of its own.
func InvoiceCheck(o *orders.Order, c *orders.Customer, seen orders.SeenInvoice) Message {
	var data orders.InvoiceData
	info := ""
	if c != nil {
		data, info = c.InvoiceData(), c.InvoiceInfo
	}
	id, who := string(o.ID), join(" · ", customerName(o, c), o.Payable().String(), o.Payment)
	flaws := invoiceFlaws(data)
	isChanged := !seen.At.IsZero() && seen.InvoiceData != data
	switch {
	case isChanged:
		rows := []string{"⚠️ 开票资料改过，请核对 " + id, who}
		for _, f := range [][3]string{{"开票抬头", seen.Title, data.Title}, {"税号", seen.TaxNumber, data.TaxNumber}} {
			if f[1] != f[2] {
				rows = append(rows, f[0]+"："+orNone(f[1])+" → "+orNone(f[2]))
			}
		}
		return invoiceRows(append(rows, flaws...))
	case len(flaws) > 0 && seen.At.IsZero():
		rows := append([]string{"⚠️ 开票资料请核对 " + id, who}, flaws...)
		if info != "" {
			rows = append(rows, "登记的开票信息："+info)
		}
		return invoiceRows(append(rows, "不影响发货。补齐：请管理员导入客户资料，填「开票抬头」「税号」两列"))
	case len(flaws) > 0:
		return Message{Text: id + " 已批准，开票资料" + strings.Join(flaws, "、") + "（" + when(seen.At) + " 说过）　" + who}
	default:
		return Message{Text: id + " 已批准，开票资料齐　" + who}
	}
}

func invoiceRows(rows []string) Message {
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// orNone shows what is empty.
func orNone(s string) string {
	if s == "" {
		return "（空）"
	}
	return s
}

// invoiceFlaws says what somebody should look at before an invoice is made.
func invoiceFlaws(data orders.InvoiceData) []string {
	var out []string
	switch {
	case data.TaxNumber == "":
		out = append(out, "缺税号")
	case !orders.TaxNumberFits(data.TaxNumber):
		out = append(out, "税号 "+data.TaxNumber+" 校验位不对")
	}
	if data.Title == "" {
		out = append(out, "没填开票抬头，先按客户名称开")
	}
	return out
}

// Planning asks the planner, where no planning system is connected, to plan what of an order is to be made or lacks stock.
func Planning(o *orders.Order, catalog *orders.Catalog) Message {
	title := "待排产 " + string(o.ID)
	if o.Urgent {
		title = "【加急】" + title
	}
	rows := []string{title + "　" + customerName(o, nil)}
	for i := range o.Lines {
		l, w := &o.Lines[i], wordsOf(o, i)
		short := l.Short()
		isMade := catalog.IsCustom(l.Product)
		if !isMade && !short.IsPositive() {
			continue
		}
		row := w.code + " " + w.title + "：" + w.both()
		if isMade {
			row += "，定制"
		}
		if short.IsPositive() {
			row += "，缺 " + short.String() + l.BaseUnit
		}
		rows = append(rows, row)
	}
	if o.DeliverBy != "" {
		rows = append(rows, "客户要在 "+Wanted(o.DeliverBy, o.CreatedAt)+" 收到")
	}
	return Message{Text: clipBytes(strings.Join(append(rows, "排好请回复「排产 "+string(o.ID)+" 产线」"), "\n"), TextLimit)}
}

// StopPlanning tells the planner that an order is not to be made.
func StopPlanning(o *orders.Order) Message {
	why := "改过，货都有了"
	if o.Status.Ended() {
		why = o.Status.String()
	} else if slices.Contains(orders.AfterShipping, o.Status) {
		why = "没发的不发了"
	}
	return Message{Text: join("\n", "不用排产 "+string(o.ID)+"："+customerName(o, nil)+"的订单"+why+"，已经排的请撤下。", reason(o.CloseReason))}
}

// plan is what a planning system (APS) is sent of an order. It holds no prices and nothing internal.
type plan struct {
	Type      string      `json:"type"` // order.plan, order.withdrawn
	Order     string      `json:"order"`
	Revision  int         `json:"revision"` // counted up by each change of what is ordered
	Customer  *planParty  `json:"customer,omitempty"`
	DeliverBy string      `json:"deliver_by,omitempty"` // a date, or an RFC 3339 time
	Urgent    bool        `json:"urgent,omitempty"`
	Priority  int         `json:"priority,omitempty"`
	Line      string      `json:"line,omitempty"` // production line, by the firm's rules
	Lines     []planLine  `json:"lines,omitempty"`
	Stages    []planStage `json:"stages,omitempty"`
}

type planParty struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type planLine struct {
	No       int               `json:"no"`
	Product  string            `json:"product"`
	Name     string            `json:"name"`
	Spec     string            `json:"spec,omitempty"`
	Quantity orders.Quantity   `json:"quantity"` // in Unit, the product's base unit
	Unit     string            `json:"unit"`
	Short    orders.Quantity   `json:"short"` // of it no stock is held for
	Custom   bool              `json:"custom,omitempty"`
	BOM      string            `json:"bom,omitempty"`
	Options  map[string]string `json:"options,omitempty"`
}

type planStage struct {
	Due        string                  `json:"due"`
	Quantities map[int]orders.Quantity `json:"quantities"` // by the number of the line
}

// Plan is an order as a planning system is sent it (docs/dispatch.md).
func Plan(o *orders.Order, catalog *orders.Catalog) json.RawMessage {
	p := plan{
		Type: "order.plan", Order: string(o.ID), Revision: o.Revision, Customer: &planParty{string(o.Customer), customerName(o, nil)},
		DeliverBy: o.DeliverBy, Urgent: o.Urgent, Priority: o.Priority,
	}
	if to := o.Work.To; to != nil {
		p.Line = to.Line
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		row := planLine{
			No: l.No, Product: string(l.Product), Name: l.Name, Spec: l.Spec, Quantity: l.Base, Unit: l.BaseUnit, Short: l.Short(),
			Custom: catalog.IsCustom(l.Product), Options: l.Options,
		}
		if product := catalog.Product(l.Product); product != nil {
			row.BOM = product.BOM
		}
		p.Lines = append(p.Lines, row)
	}
	if o.Staged != nil {
		for _, s := range o.Staged.Stages {
			p.Stages = append(p.Stages, planStage{s.Due, s.Base})
		}
	}
	return p.json()
}

// Withdrawn tells a planning system that an order, or what of it has not left, is not to be made any more.
func Withdrawn(o *orders.Order) json.RawMessage {
	return (&plan{Type: "order.withdrawn", Order: string(o.ID), Revision: o.Revision}).json()
}

func (p *plan) json() json.RawMessage {
	raw, err := json.Marshal(p)
	if err != nil { // texts and numbers
		panic(err)
	}
	return raw
}

// dispatchNames say to people who is handed an order, and by what.
var dispatchNames = map[string]string{
	orders.DispatchInvoice: "开票核对", orders.DispatchPick: "预拣货", orders.DispatchPlan: "排产",
}

// Dispatched are the rows of how far an order is with finance, warehouse and planning; none before it is approved, and of one whose goods
// have left or that has ended only what has not arrived.
func Dispatched(o *orders.Order, all []orders.Dispatch, catalog *orders.Catalog) []string {
	if !slices.Contains(orders.BeforeShipping, o.Status) || o.Status == orders.StatusPendingApproval {
		all = slices.DeleteFunc(slices.Clone(all), func(d orders.Dispatch) bool {
			return d.State != orders.DispatchRetrying && d.State != orders.DispatchFailed
		})
	}
	var rows []string
	for _, d := range all {
		row := dispatchNames[d.Kind] + "："
		switch d.State {
		case orders.DispatchSent:
			row += "✅ 已发出 " + when(d.Since)
			if d.Missed {
				row += "，有人没收到"
			}
		case orders.DispatchWaiting:
			row += "⏳ 正在发"
		case orders.DispatchRetrying:
			row += "⚠️ 重试中，" + when(d.Since) + " 起" + deliveryTrouble(d.Error)
		case orders.DispatchFailed:
			row += "❌ 失败，" + deliveryTrouble(d.Error)
		case orders.DispatchNone:
			row += "➖ " + notDispatched(d.Kind, o, catalog)
		}
		rows = append(rows, row)
	}
	return rows
}

// notDispatched says why a department was sent nothing.
func notDispatched(kind string, o *orders.Order, catalog *orders.Catalog) string {
	if kind == orders.DispatchPlan && !o.NeedsPlanning(catalog) {
		return "有现货，不用排"
	}
	roles := dispatchRoles[kind]
	if slices.ContainsFunc(roles, func(r orders.Role) bool { return len(catalog.StaffWith(r)) > 0 }) {
		return "还没有发"
	}
	return "名单里没有" + roles[0].String()
}

// dispatchRoles are who is sent a message of each kind.
var dispatchRoles = map[string][]orders.Role{
	orders.DispatchInvoice: {orders.RoleFinance}, orders.DispatchPick: {orders.RoleWarehouse, orders.RoleWarehouseLead},
	orders.DispatchPlan: {orders.RolePlanner},
}

// deliveryTrouble says in words why something can't be delivered; the sender's own begin with its reason.
func deliveryTrouble(err string) string {
	why, _, _ := strings.Cut(err, ":")
	switch why {
	case "unavailable":
		return "对方没有应答或出错"
	case "auth":
		return "对方不认我们的密钥"
	case "rate_limited":
		return "对方嫌发得太快"
	case "rejected":
		return "对方不收"
	default:
		return "在排队"
	}
}

// LateDispatch tells who looks after the systems that an order does not get through to a department, since when and why. It is tried on.
func LateDispatch(kind string, id orders.OrderID, on orders.Platform, since time.Time, err string) Message {
	where, others := platformWords[on], ""
	if on == orders.APS {
		others = "开票核对和预拣货不受影响。"
	}
	return Message{Text: strings.Join([]string{
		"⚠️ " + string(id) + " 的" + dispatchNames[kind] + "还没发出去（" + where + "）",
		when(since) + " 起" + deliveryTrouble(err) + "，会一直重发，不用再操作；请看一下" + where + "。",
		others + "别的订单可能也在等，「进度 单号」里能看到。",
	}, "\n")}
}

// RefusedPlan tells that a planning system does not take an order, and what it said.
func RefusedPlan(id orders.OrderID, err string) Message {
	return Message{Text: strings.Join([]string{
		"⚠️ 排产系统 APS 不收 " + string(id),
		"它说：" + clip(oneLine(err), 200),
		"请在 APS 里看一下，补好后 10 分钟内会自动再发；一天还不收就不再发了。开票核对和预拣货不受影响。",
	}, "\n")}
}
