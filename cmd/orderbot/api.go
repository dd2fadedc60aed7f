package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"orderbot/orders"
)

// apiOrder is an order as the open API shows it. Amounts are yuan as decimal text.
type apiOrder struct {
	ID        string    `json:"id" example:"SO202603110012"`
	Status    string    `json:"status" example:"pending_approval"`
	Customer  string    `json:"customer" example:"C001"`
	Total     string    `json:"total" example:"11940.00"`
	Urgent    bool      `json:"urgent"`
	DeliverBy string    `json:"deliver_by,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Lines     []apiLine `json:"lines"`
	Shipments []apiShip `json:"shipments"`
}

type apiLine struct {
	Product      string `json:"product"`
	Quantity     string `json:"quantity"`
	Unit         string `json:"unit"`
	BaseQuantity string `json:"base_quantity"`
	Amount       string `json:"amount"`
	Gift         bool   `json:"gift"`
}

type apiShip struct {
	Carrier  string `json:"carrier"`
	Tracking string `json:"tracking"`
	State    string `json:"state,omitempty"`
}

func newAPIOrder(o *orders.Order) apiOrder {
	out := apiOrder{
		ID: string(o.ID), Status: string(o.Status), Customer: string(o.Customer), Total: o.Payable().Yuan().StringFixed(2), Urgent: o.Urgent,
		DeliverBy: o.DeliverBy, CreatedAt: o.CreatedAt, Lines: []apiLine{}, Shipments: []apiShip{},
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		out.Lines = append(out.Lines, apiLine{
			Product: string(l.Product), Quantity: l.Quantity.String(), Unit: l.Unit, BaseQuantity: l.Base.String(),
			Amount: l.Amount.Yuan().StringFixed(2), Gift: l.Gift,
		})
	}
	for i := range o.Shipments {
		s := &o.Shipments[i]
		out.Shipments = append(out.Shipments, apiShip{Carrier: s.Carrier, Tracking: s.Tracking, State: string(s.State)})
	}
	return out
}

// openAPI serves /api/v1, described by /api/v1/openapi.json. Callers show a bearer token.
func (s *server) openAPI() {
	c := huma.DefaultConfig("orderbot", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/openapi", "", "/schemas"
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	group := s.app.Group("/api/v1")
	c.Servers = []*huma.Server{{URL: "/api/v1"}}
	api := humafiber.NewWithGroup(s.app, group, c)
	api.UseMiddleware(s.authorise(api))
	huma.Register(api, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: "/orders/{id}", Summary: "One order",
		Security: []map[string][]string{{"token": {"orders:read"}}}, Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound},
	}, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"32"`
	},
	) (*struct{ Body apiOrder }, error) {
		ids, _ := orders.FindOrderIDs(in.ID)
		if len(ids) != 1 {
			return nil, huma.Error404NotFound("no such order")
		}
		o, err := s.store.FindOrder(ctx, ids[0])
		switch {
		case orders.ErrorCode(err) == orders.CodeNotFound:
			return nil, huma.Error404NotFound("no such order")
		case err != nil:
			s.logger.Error("api", "error", err)
			return nil, huma.Error503ServiceUnavailable("try again later")
		}
		return &struct{ Body apiOrder }{newAPIOrder(o)}, nil
	})
}

// authorise lets a call through that shows a token with the operation's scopes.
func (s *server) authorise(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		var needed []string
		for _, scheme := range c.Operation().Security {
			needed = append(needed, scheme["token"]...)
		}
		if len(needed) == 0 {
			next(c)
			return
		}
		status, message := 0, ""
		token, ok := strings.CutPrefix(c.Header("Authorization"), "Bearer ")
		t, err := s.store.CheckToken(c.Context(), strings.Clone(token))
		switch {
		case !ok || orders.ErrorCode(err) == orders.CodeDenied:
			status, message = http.StatusUnauthorized, "a bearer token is needed"
		case err != nil:
			s.logger.Error("api token", "error", err)
			status, message = http.StatusServiceUnavailable, "try again later"
		case slices.ContainsFunc(needed, func(n string) bool { return !slices.Contains(t.Scopes, n) }):
			status, message = http.StatusForbidden, "the token lacks the scope"
		}
		if status != 0 {
			if err := huma.WriteErr(api, c, status, message); err != nil {
				s.logger.Error("api", "error", err)
			}
			return
		}
		next(c)
	}
}
