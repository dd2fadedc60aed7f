// Package web serves the pages: the customer's page of one order, and the demo on which one
// person plays everybody.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/logistics"
)

//go:embed templates/*.html
var templates embed.FS

// OrderSource finds the order behind a page's token: CodeNotFound where unknown or withdrawn.
type OrderSource interface {
	OrderByLink(ctx context.Context, token string) (*orders.Order, error)
}

// OrderPage serves /o/TOKEN, the page of one order: where it is, with times and parcels. Whoever
// has the link sees it, so it holds what the customer may see and nothing more.
type OrderPage struct {
	Orders   OrderSource
	Calendar func() *orders.Calendar
	Location *time.Location
	Logger   *slog.Logger
}

var orderTemplate = template.Must(template.ParseFS(templates, "templates/order.html"))

// Register adds the page to r.
func (p *OrderPage) Register(r fiber.Router) { r.Get("/o/:token", p.get) }

type orderView struct {
	Order   *orders.Order
	Status  string
	Ended   bool
	Steps   []stepView
	Parcels []parcelView
	When    string
	Lines   []lineView
	Returns []returnView
}

type returnView struct {
	Name, Status, When string
	Goods              []string
}

type lineView struct {
	Title, Quantity string
	Gift            bool
}

type parcelView struct {
	Name string
	Bar  string
	Last []eventView
}

type stepView struct {
	Name, When string
	Done, None bool
}

// steps are the seven nodes as the page shows them.
func steps(o *orders.Order, cal *orders.Calendar, loc *time.Location) []stepView {
	var out []stepView
	for _, n := range cards.SevenNodes(o, cal) {
		v := stepView{Name: n.Name, Done: n.State == cards.NodeDone, None: n.State == cards.NodeNone, When: n.Due}
		switch {
		case v.None:
			v.When = "不经过"
		case !n.At.IsZero():
			v.When = n.At.In(loc).Format("01-02 15:04")
		}
		out = append(out, v)
	}
	return out
}

type eventView struct{ At, Text string }

func (p *OrderPage) get(c *fiber.Ctx) error {
	guard(c)
	ctx, cancel := context.WithTimeout(c.UserContext(), 5*time.Second)
	defer cancel()
	o, err := p.Orders.OrderByLink(ctx, strings.Clone(c.Params("token")))
	switch {
	case orders.ErrorCode(err) == orders.CodeNotFound:
		return p.render(c, http.StatusNotFound, nil)
	case err != nil:
		p.Logger.Error("order page", "error", err)
		return c.SendStatus(http.StatusServiceUnavailable)
	}
	v := &orderView{Order: o, Status: o.Status.String(), Ended: o.Status.Ended(), Steps: steps(o, p.Calendar(), p.Location)}
	if o.Wanted() != "" {
		v.When = cards.Wanted(o.Wanted(), o.CreatedAt)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		title := strings.TrimSpace(l.Name + " " + l.Spec)
		if title == "" {
			title = "待确认的商品"
		}
		v.Lines = append(v.Lines, lineView{Title: title, Quantity: l.Quantity.String() + " " + l.Unit, Gift: l.Gift})
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		view := parcelView{Name: strings.TrimSpace(logistics.Name(s.Carrier) + " " + s.Tracking), Bar: cards.Bar(s.State)}
		for _, e := range s.Events[:min(len(s.Events), 8)] {
			view.Last = append(view.Last, eventView{At: e.At.In(p.Location).Format("01-02 15:04"), Text: e.Text})
		}
		v.Parcels = append(v.Parcels, view)
	}
	v.Returns = p.returns(o)
	return p.render(c, http.StatusOK, v)
}

// returns are what was asked for back, newest first, in the customer's words and without amounts. Correction tickets and what nobody has
// signed are the staff's.
func (p *OrderPage) returns(o *orders.Order) []returnView {
	var out []returnView
	for i := len(o.Returns) - 1; i >= 0; i-- {
		r := &o.Returns[i]
		status, ok := returnWords[r.Status]
		if r.Kind == orders.ReturnTicket || !ok {
			continue
		}
		if r.Status == orders.ReturnReceived && r.Kind == orders.ReturnRepair {
			status = "已收到，修好后发还"
		}
		v := returnView{Name: r.Kind.String() + " " + string(o.ID.Return(r.No)), Status: status, When: r.AskedAt.In(p.Location).Format("01-02 15:04")}
		if !r.DoneAt.IsZero() {
			v.When = r.DoneAt.In(p.Location).Format("01-02 15:04")
		}
		for j := range r.Lines {
			v.Goods = append(v.Goods, r.Lines[j].Name+" "+r.Lines[j].Words)
		}
		if r.Waybill != "" {
			v.Goods = append(v.Goods, "已发出 "+r.Waybill)
		}
		out = append(out, v)
	}
	return out
}

// returnWords say to customers how far a return is; what is not there is not shown.
var returnWords = map[orders.ReturnStatus]string{
	orders.ReturnWaiting: "正在审核", orders.ReturnExpected: "请把货退回", orders.ReturnReceived: "已收到，准备发出", orders.ReturnDone: "已办完", orders.ReturnRefused: "没有同意",
}

func (p *OrderPage) render(c *fiber.Ctx, status int, v *orderView) error {
	var b bytes.Buffer
	if err := orderTemplate.Execute(&b, v); err != nil {
		p.Logger.Error("order page", "error", err)
		return c.SendStatus(http.StatusInternalServerError)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}

// guard sets the headers of pages behind an unguessable link: they are not indexed, not cached,
// not framed, and the link is not passed on.
func guard(c *fiber.Ctx) {
	c.Set("X-Robots-Tag", "noindex, nofollow")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'")
}
