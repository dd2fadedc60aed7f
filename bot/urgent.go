package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

// countdown is how much of an urgent order's time is left, nothing where it has none or its goods are there.
func (s *session) countdown(o *orders.Order) []string {
	until := s.clerk.Desk.UrgentBy(o)
	if until.IsZero() || o.Status == orders.StatusDraft || o.Status.Ended() {
		return nil
	}
	return []string{"⏱ 加急" + cards.Remaining(until, s.now)}
}

// withCountdown adds it to what is said of an order.
func (s *session) withCountdown(m cards.Message, o *orders.Order) cards.Message {
	m.Text = strings.Join(append([]string{m.Text}, s.countdown(o)...), "\n")
	return m
}

// urgent returns the urgent orders that have not left the warehouse, the first to go in front; owner limits them where not empty.
func (s *session) urgent(ctx context.Context, owner orders.StaffCode) ([]*orders.Order, error) {
	open, err := s.clerk.Query.UrgentOrders(ctx, owner, orders.BeforeShipping...)
	slices.SortFunc(open, orders.Sooner)
	return open, err
}

// urgentRows are urgent orders in red, for the stock board: those with a product, or all for "".
func (s *session) urgentRows(urgent []*orders.Order, product orders.ProductCode) []string {
	var rows []string
	for _, o := range urgent {
		var need strings.Builder
		for i := range o.Lines {
			if l := &o.Lines[i]; product != "" && l.Product == product {
				fmt.Fprintf(&need, " 要 %s%s", l.Base, l.BaseUnit)
				if short := l.Short(); short.IsPositive() {
					fmt.Fprintf(&need, "，缺 %s", short)
				}
			}
		}
		if product == "" || need.Len() > 0 {
			rows = append(rows, fmt.Sprintf("🔴 加急 %s %s%s，%s", o.ID, o.CustomerName, need.String(), cards.Remaining(s.clerk.Desk.UrgentBy(o), s.now)))
		}
	}
	return rows
}

// movesShown is how many orders an insertion lists.
const movesShown = 10

// moves are the orders that an urgent draft would be shipped before, if it is confirmed, in the order in which they would go.
func (s *session) moves(ctx context.Context, o *orders.Order) ([]string, error) {
	if !o.Urgent || o.Status != orders.StatusDraft || s.person.staff == nil {
		return nil, nil
	}
	open, err := s.clerk.Query.OpenOrders(ctx, "", 1000, orders.StatusApproved, orders.StatusAllocated, orders.StatusPicking, orders.StatusChecked)
	if err != nil {
		return nil, err
	}
	moved, err := s.clerk.Desk.Moved(o, open)
	if err != nil || len(moved) == 0 {
		return nil, err
	}
	rows := []string{fmt.Sprintf("紧急插单：确认后排到下面 %d 单前面发货", len(moved))}
	for i, x := range moved {
		if i == movesShown {
			rows = append(rows, fmt.Sprintf("……还有 %d 单", len(moved)-i))
			break
		}
		who := ""
		if s.person.maySee(x) {
			who = " " + x.CustomerName
		}
		wanted := ""
		if x.Wanted() != "" {
			wanted = "，交期 " + cards.Wanted(x.Wanted(), x.CreatedAt)
		}
		rows = append(rows, fmt.Sprintf("%s%s%s", x.ID, who, wanted))
	}
	return rows, nil
}
