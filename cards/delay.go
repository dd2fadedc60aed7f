package cards

import (
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// silence is how long a parcel may say nothing new before that is told.
const silence = 24 * time.Hour

// Late tells whether an order that is on its way should have arrived by now.
func Late(o *orders.Order, now time.Time) bool {
	due, ok := orders.WantedBy(o.Wanted())
	return ok && !o.Status.Ended() && now.After(due)
}

// Delay answers 「为什么还没到」: whether the order is late at all, and what it waits for. To a customer nobody of the staff is
// named but by role.
func Delay(o *orders.Order, catalog *orders.Catalog, now time.Time, forCustomer bool) Message {
	rows := []string{string(o.ID) + "　" + inTime(o, now)}
	if held := holdUp(o, catalog, now, forCustomer); len(held) > 0 {
		word := "现在："
		if Late(o, now) {
			word = "原因："
		}
		held[0] = word + held[0]
		rows = append(rows, held...)
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// inTime says whether an order is late.
func inTime(o *orders.Order, now time.Time) string {
	due, ok := orders.WantedBy(o.Wanted())
	wanted := wantedBy(o)
	switch {
	case o.Status == orders.StatusDelivered:
		return "已在 " + when(o.Reached[orders.StatusDelivered]) + " 签收"
	case o.Status.Ended():
		return o.Status.String()
	case !ok:
		return "没有约定到货日期"
	case !now.After(due):
		return "要求 " + wanted + "到，还没到时间"
	default:
		return fmt.Sprintf("要求 %s到，已晚 %s", wanted, span(now.Sub(due)))
	}
}

// holdUp says what an order waits for.
func holdUp(o *orders.Order, catalog *orders.Catalog, now time.Time, forCustomer bool) []string {
	switch {
	case o.Status.Ended():
		return nil
	case o.Status == orders.StatusDraft:
		return []string{"还是草稿，没有确认下单。"}
	case o.Status == orders.StatusPendingApproval && forCustomer:
		return []string{"还在审核（" + when(o.ConfirmedAt) + " 提交）。"}
	case o.Status == orders.StatusPendingApproval:
		return []string{"审批没有走完。", awaits(o, catalog, now)}
	case o.IsUnderway(): // of what has left only what has not arrived is worth a word
		var rows []string
		for i := range o.Shipments {
			if s := &o.Shipments[i]; s.State != orders.ParcelDelivered {
				rows = append(rows, onTheWay(s, now)...)
			}
		}
		return append(rows, inHouse(o)...)
	case len(o.Shipments) > 0:
		rows := []string{"货已发出，还在路上。"}
		if o.Carrier == selfPickup || o.Shipments[0].Carrier == selfPickup {
			rows[0] = "货已备好，等人来取。"
		}
		for i := range o.Shipments {
			rows = append(rows, onTheWay(&o.Shipments[i], now)...)
		}
		return rows
	default:
		return inHouse(o)
	}
}

// inHouse says what goods wait for that have not left.
func inHouse(o *orders.Order) []string {
	which := ofStages(o, o.Stage())
	if !o.Covered() {
		rows := []string{which + "库存不够，到货后就发。"}
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Short().IsPositive() {
				rows = append(rows, fmt.Sprintf("%s：缺 %s%s", wordsOf(o, i).title, l.Short(), l.BaseUnit))
			}
		}
		return rows
	}
	return []string{which + "还没有发货，" + customerStatus(o.Status) + "（" + when(o.Reached[o.Status]) + " 起）。"}
}

// onTheWay says how a parcel stands: its newest entry, and whether it has been silent since.
func onTheWay(s *orders.Shipment, now time.Time) []string {
	rows := parcel(s)
	switch {
	case s.Carrier == selfPickup:
		return nil
	case s.State == orders.ParcelDelivered:
	case len(s.Events) == 0:
		rows = append(rows, "承运商还没有传回记录（"+when(s.ShippedAt)+" 发出）")
	case now.Sub(s.Events[0].At) >= silence:
		rows = append(rows, "⚠️ 已有 "+span(now.Sub(s.Events[0].At))+" 没有新记录")
	}
	return rows
}
