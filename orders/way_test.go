package orders_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// Fifteen staff nodes, each with who has the order, how long, what may be done and by whom; each belongs to one of the customer's
// seven; the four states of parcels and the seventeen touch points hang on them. The page with the picture is made of the table.
//
// feature: LG-06
func TestTheWayIsDocumented(t *testing.T) {
	t.Parallel()
	way := orders.Way()
	require.Len(t, way, 15)
	require.Len(t, orders.CustomerNodes, 7)
	var nodes []int
	var parcels []orders.ParcelState
	touches := 0
	known := make(map[orders.Status]bool)
	var b, arrows strings.Builder
	b.WriteString("# The way of an order\n\nMade of the table in `orders/way.go` by `go test ./orders -run WayIsDocumented -update`. What each row says goes for the desk, the " +
		"messages and the pages.\nHow long an order is expected to stand at a node counts working days of 24 hours; a node of the approval chain has its own limit. Who may do " +
		"what is asked of\n[the rights](rights.md); besides these acts an order may go to an end beside the way: " +
		"已取消, 已驳回, 退货中, 已退货, 已关闭. Parcels move an order to where the slowest of them is.\n\n" +
		"| staff node | owner | stays | acts (who) | customer's node | parcel | touch points |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	arrows.WriteString("```mermaid\nstateDiagram-v2\n    direction LR\n    [*] --> draft\n")
	for i, s := range way {
		require.False(t, known[s.Status], s.Status)
		known[s.Status] = true
		require.NotEmpty(t, s.Status.String())
		require.Contains(t, orders.RoleNames, s.Owner)
		require.Same(t, &way[i], s.Status.Step())
		if i > 0 {
			require.GreaterOrEqual(t, s.Customer, way[i-1].Customer, "the customer's nodes keep their order")
		}
		nodes = append(nodes, s.Customer)
		if s.Parcel != orders.ParcelNone {
			parcels = append(parcels, s.Parcel)
		}
		var acts, points []string
		for _, a := range s.Acts {
			var roles []string
			require.NotEmpty(t, a.Roles(), "%s at %s is nobody's", a, s.Status)
			for _, r := range a.Roles() {
				roles = append(roles, r.String())
			}
			who := strings.Join(roles, "、")
			if len(roles) == len(orders.RoleNames) {
				who = "所定的人"
			}
			acts = append(acts, fmt.Sprintf("%s（%s）", a, who))
		}
		for _, p := range s.Touches {
			points = append(points, p.Name)
			touches++
		}
		stays := "—"
		if s.Stay > 0 {
			stays = fmt.Sprintf("%gh", s.Stay.Hours())
		}
		fmt.Fprintf(&b, "| %s `%s` | %s | %s | %s | %s | %s | %s |\n", s.Status, string(s.Status), s.Owner, stays, strings.Join(acts, " · "),
			orders.CustomerNodes[s.Customer].Name, string(s.Parcel), strings.Join(points, " · "))
		fmt.Fprintf(&arrows, "    %s: %s\n", string(s.Status), s.Status)
		for _, n := range s.Next {
			require.NotNil(t, n.Step())
			require.Greater(t, slices.IndexFunc(way, func(x orders.Step) bool { return x.Status == n }), i, "an order never goes back by itself")
			fmt.Fprintf(&arrows, "    %s --> %s\n", string(s.Status), string(n))
		}
	}
	arrows.WriteString("    delivered --> [*]\n```\n")
	b.WriteString("\n" + arrows.String())
	slices.Sort(nodes)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, slices.Compact(nodes))
	require.Equal(t, []orders.ParcelState{orders.ParcelPickedUp, orders.ParcelInTransit, orders.ParcelOut, orders.ParcelDelivered}, parcels)
	require.Equal(t, 17, touches)
	for _, end := range []orders.Status{orders.StatusCancelled, orders.StatusRejected, orders.StatusReturning, orders.StatusReturned, orders.StatusClosed} {
		require.Nil(t, end.Step())
		require.False(t, end.Step().Allows(orders.ActShip))
	}

	const page = "../docs/way.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(b.String()), 0o600))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, string(have), b.String())
}

// What is expected follows the working days; what an order does not pass is n/a, what nobody reported has no time.
func TestPassages(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("", 8*60*60)
	at := func(day, hour int) time.Time { return time.Date(2026, 9, day, hour, 0, 0, 0, beijing) }
	stands := func(o *orders.Order) string {
		var out []string
		for _, p := range o.Passages(nil) {
			word := string(p.Step.Status) + " " + string(p.Stand)
			if p.Stand == orders.StandDone && p.At.IsZero() {
				word += " unseen"
			}
			if !p.Due.IsZero() {
				word += " " + p.Due.In(beijing).Format("01-02 15")
			}
			if p.Where != "" {
				word += " " + p.Where
			}
			out = append(out, word)
		}
		return strings.Join(out, "\n")
	}
	// 24 hours of work from Wednesday before 国庆 2026 (October 1 to 7; 10 is a make-up day).
	o := &orders.Order{Status: orders.StatusApproved, Reached: map[orders.Status]time.Time{
		orders.StatusDraft: at(30, 9), orders.StatusPendingApproval: at(30, 9), orders.StatusApproved: at(30, 10),
	}}
	o.Lines = []orders.Line{{Base: decimal.NewFromInt(3), Reserved: decimal.NewFromInt(2)}} // it waits for one
	require.Equal(t, `draft done
pending_approval done
approved now
allocated todo 10-08 10
scheduled n/a
in_production n/a
inspected n/a
stocked n/a
picking todo 10-08 14
checked todo 10-08 18
shipped todo 10-08 22
picked_up todo 10-09 02
in_transit todo 10-09 14
out_for_delivery todo 10-12 14
delivered todo 10-12 20`, stands(o))

	o.Status = orders.StatusOutForDelivery
	o.Reached[orders.StatusShipped], o.Reached[orders.StatusOutForDelivery] = at(30, 12), at(30, 15)
	o.Shipments = []orders.Shipment{{Carrier: "SF", Events: []orders.ParcelEvent{{Text: "派件员 李四", State: orders.ParcelOut}, {Text: "南京集散中心", State: orders.ParcelInTransit}}}}
	require.Equal(t, `draft done
pending_approval done
approved done
allocated done unseen
scheduled n/a
in_production n/a
inspected n/a
stocked n/a
picking done unseen
checked done unseen
shipped done
picked_up done unseen
in_transit done unseen 南京集散中心
out_for_delivery now 派件员 李四
delivered todo 09-30 21`, stands(o))

	o.Status, o.Shipments[0].Carrier = orders.StatusCancelled, "SELF"
	require.Contains(t, stands(o), "\ndelivered n/a", "nothing is to come any more")
	o.Status, o.Carrier, o.Shipments = orders.StatusStocked, "SELF", nil
	o.Reached = map[orders.Status]time.Time{orders.StatusDraft: at(1, 9), orders.StatusScheduled: at(1, 10), orders.StatusStocked: at(2, 9)}
	require.Equal(t, `draft done
pending_approval done unseen
approved done unseen
allocated done unseen
scheduled done
in_production done unseen
inspected done unseen
stocked now
picking todo 09-02 21
checked todo 09-03 01
shipped todo 09-03 05
picked_up n/a
in_transit n/a
out_for_delivery n/a
delivered todo 09-03 09`, stands(o))
}

// The audit trail shows the touch points that were passed; the others are not made up.
func TestTouches(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	e := func(minute int, actor, action string) orders.AuditEntry {
		return orders.AuditEntry{At: at.Add(time.Duration(minute) * time.Minute), Actor: actor, Action: action}
	}
	say := func(trail ...orders.AuditEntry) string {
		var out []string
		for _, p := range orders.Touches(trail) {
			if !p.At.IsZero() {
				out = append(out, fmt.Sprintf("%s %d %s", p.Name, int(p.At.Sub(at).Minutes()), p.Actor))
			}
		}
		return strings.Join(out, ", ")
	}
	require.Len(t, orders.Touches(nil), 17)
	require.Empty(t, say())
	require.Empty(t, say(e(0, "S1", "草稿")))
	require.Equal(t, "下单 1 S1, 信用校验 1 system, 审批 1 system, 库存预占 1 system", say(e(0, "S1", "草稿"), e(1, "S1", "确认下单")))
	require.Equal(t, "下单 1 S1, 信用校验 1 system, 审批 2 M1, 库存预占 1 system, 排产或采购 3 P1, 入库 4 W1, 多仓分拣 5 W1, 复核出库 6 W2, 物流绑定 7 W1, 在途 8 system, 签收 9 system", say(
		e(1, "S1", "确认下单"), e(2, "M1", "同意（销售经理）"), e(3, "P1", "排产"), e(4, "W1", "入库"), e(5, "W1", "拣货"), e(6, "W2", "复核"), e(7, "W1", "发货"), e(8, "system", "物流"), e(9, "system", "签收")))
}
