package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"orderbot/bot/simulator"
	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/logistics"
)

// demoOrders is how many orders the panel shows.
const demoOrders = 12

// demoOrder is an order as the panel shows it.
type demoOrder struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	Word     string       `json:"word"`
	Ended    bool         `json:"ended"`
	Urgent   bool         `json:"urgent"`
	Customer string       `json:"customer"`
	Sales    string       `json:"sales"`
	Source   string       `json:"source"`
	Total    string       `json:"total"`
	Route    string       `json:"route"`
	Waits    string       `json:"waits"` // role or person of the open approval
	Deciders []string     `json:"deciders"`
	Created  int64        `json:"created"`
	Lines    []demoLine   `json:"lines"`
	Steps    []demoStep   `json:"steps"`
	Nodes    []demoNode   `json:"nodes"`
	Parcels  []demoParcel `json:"parcels"`
	Open     int          `json:"open"` // questions that block
}

type demoLine struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Quantity string `json:"quantity"`
	Amount   string `json:"amount"`
	Gift     bool   `json:"gift"`
	Stock    string `json:"stock"`
	Short    bool   `json:"short"`
}

type demoStep struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

type demoNode struct {
	Role    string `json:"role"`
	Name    string `json:"name"` // of who decided
	Status  string `json:"status"`
	Outcome string `json:"outcome"`
}

type demoParcel struct {
	No     int    `json:"no"`
	Name   string `json:"name"`
	Number string `json:"number"`
	Bar    string `json:"bar"`
	Done   int    `json:"done"` // steps of trackSteps that are behind it
	Ended  bool   `json:"ended"`
}

// ordersView is what the panel shows now, newest first.
func (d *Demo) ordersView(ctx context.Context) ([]demoOrder, error) {
	all, err := d.Orders(ctx)
	if err != nil {
		return nil, err
	}
	all = all[max(0, len(all)-demoOrders):]
	slices.Reverse(all)
	var codes []orders.ProductCode
	for _, o := range all {
		for i := range o.Lines {
			if p := o.Lines[i].Product; p != "" {
				codes = append(codes, p)
			}
		}
	}
	slices.Sort(codes)
	stock, err := d.Stock(ctx, slices.Compact(codes))
	if err != nil {
		return nil, err
	}
	views := make([]demoOrder, len(all))
	for i, o := range all {
		views[i] = d.orderView(o, stock)
	}
	return views, nil
}

func (d *Demo) orderView(o *orders.Order, stock map[orders.ProductCode]DemoStock) demoOrder {
	v := demoOrder{
		ID: string(o.ID), Status: string(o.Status), Word: o.Status.String(), Ended: o.Status.Ended(), Urgent: o.Urgent, Customer: o.CustomerName,
		Sales: d.StaffName(o.Sales), Source: o.Source.Name, Total: o.Payable().String(), Route: o.Route, Created: o.CreatedAt.UnixMilli(),
	}
	if v.Customer == "" {
		v.Customer = "客户待确认"
	}
	for i := range o.Questions {
		if o.Questions[i].Blocking() {
			v.Open++
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		line := demoLine{
			Code: string(l.Product), Title: strings.TrimSpace(l.Name + " " + l.Spec), Quantity: l.Quantity.String() + l.Unit,
			Gift: l.Gift, Short: l.Short().IsPositive() && o.Status != orders.StatusDraft && !o.Status.Ended(),
		}
		if l.PriceRule != "" {
			line.Amount = l.Amount.String()
		}
		if s, is := stock[l.Product]; is {
			line.Stock = fmt.Sprintf("可用 %s / 在库 %s%s", s.Free, s.OnHand, l.BaseUnit)
		}
		if line.Title == "" {
			line.Title = "商品待确认"
		}
		v.Lines = append(v.Lines, line)
	}
	for _, n := range cards.SevenNodes(o, nil) {
		v.Steps = append(v.Steps, demoStep{n.Name, string(n.State)})
	}
	for i := range o.Nodes {
		n := &o.Nodes[i]
		node := demoNode{n.Who(), n.Name, string(n.Status), n.Outcome(d.Location)}
		if n.Status == orders.NodePassed {
			node.Name = ""
		}
		v.Nodes = append(v.Nodes, node)
	}
	if o.Status == orders.StatusPendingApproval {
		v.Waits, v.Deciders = o.Awaits(), d.Approvers(o)
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		if s.Carrier == logistics.Self {
			continue
		}
		v.Parcels = append(v.Parcels, demoParcel{
			No: s.No, Name: logistics.Name(s.Carrier), Number: s.Tracking, Bar: cards.Bar(s.State), Done: stepsDone(s.State),
			Ended: s.State == orders.ParcelDelivered || s.State == orders.ParcelReturned,
		})
	}
	return v
}

// trackStep is something that a courier does with a parcel. State and code are Kuaidi100's.
type trackStep struct {
	state, code, word, text string
	means                   orders.ParcelState
}

// trackSteps are a parcel's way, in order, and what may go wrong.
var trackSteps = []trackStep{
	{"1", "1", "揽收", "【澜州市】快件已由澜州城东营业点揽收", orders.ParcelPickedUp},
	{"0", "0", "在途", "【澜州市】快件已离开澜州转运中心，发往目的地", orders.ParcelInTransit},
	{"5", "5", "派件", "【目的地】快递员马师傅正在派件，电话 13900006666", orders.ParcelOut},
	{"3", "3", "签收", "【目的地】快件已签收，签收人：前台", orders.ParcelDelivered},
	{"2", "2", "疑难", "【目的地】收件人电话无人接听，改约派件", orders.ParcelException},
}

// stepsDone counts the steps behind a parcel in this state.
func stepsDone(s orders.ParcelState) int {
	return slices.IndexFunc(trackSteps[:4], func(t trackStep) bool { return t.means == s }) + 1
}

// track lets the courier do the next step with a parcel: Kuaidi100 learns of it and pushes it to
// whoever subscribed.
func (d *Demo) track(r *http.Request) (string, error) {
	var in struct {
		Order    orders.OrderID
		Shipment int
		Step     int
	}
	if err := decode(r, &in); err != nil {
		return "", err
	}
	o, err := d.Order(r.Context(), in.Order)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(o.Shipments, func(s orders.Shipment) bool { return s.No == in.Shipment })
	if at < 0 || in.Step < 0 || in.Step >= len(trackSteps) {
		return "", orders.Errorf(orders.CodeNotFound, "没有这个包裹")
	}
	s := &o.Shipments[at]
	step := trackSteps[in.Step]
	now := d.Clock.Now()
	if len(s.Events) > 0 && now.Sub(s.Events[0].At) < time.Second {
		now = s.Events[0].At.Add(time.Second)
	}
	t := simulator.Track{Number: s.Tracking, Company: logistics.Com(s.Carrier, s.Tracking), Phone: o.Phone, State: step.state}
	for _, e := range s.Events {
		t.Events = append(t.Events, simulator.TrackEvent{Time: e.At, Text: e.Text, Code: e.Code, Status: wordOf(e.State)})
	}
	t.Events = append(t.Events, simulator.TrackEvent{Time: now, Text: step.text, Status: step.word, Code: step.code, Location: "澜州市"})
	d.Simulator.Kuaidi100.SetTrack(t)
	if !d.Simulator.Kuaidi100.Subscribed(s.Tracking) {
		return "快递100 已记下；服务器没有订阅这个单号，下次查询时会看到", nil
	}
	return "", delivered(d.Simulator.Kuaidi100.Push(r.Context(), s.Tracking))
}

func wordOf(s orders.ParcelState) string {
	for _, t := range trackSteps {
		if t.means == s {
			return t.word
		}
	}
	return ""
}
