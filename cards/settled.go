package cards

import (
	"fmt"

	"orderbot/orders"
)

// DraftSettled is what a draft's card of the given revision becomes once it can't be pressed any
// more: the order was placed or cancelled, or the draft was changed since.
func DraftSettled(o *orders.Order, revision int) Message {
	c := &Card{
		Title: "订单 " + string(o.ID), Amount: o.Payable().String(), Urgent: o.Urgent,
		Fields: []Field{
			{"客户", customerName(o, nil)},
			{"交期", wantedBeside(o, o.Work.Promise, "")},
			{"预计", promiseDay(o.Work.Promise)},
			{"地址", o.Address},
		},
		Lines: rows(o, true),
	}
	switch {
	case o.Status == orders.StatusDraft && revision != o.Revision:
		c.Title = fmt.Sprintf("订单草稿 %s（第 %d 版）", o.ID, revision)
		c.Settled = fmt.Sprintf("已改，请看第 %d 版", o.Revision)
	case o.Status == orders.StatusClosed || o.Status == orders.StatusCancelled || o.Status == orders.StatusRejected:
		c.Settled = join("，", o.Status.String(), o.CloseReason)
	case o.OpenNode() != nil:
		c.Settled = "已下单 等" + o.Awaits() + "审批"
	default:
		c.Settled = "已下单 " + o.Status.String()
	}
	return Message{Text: Text(c), Card: c}
}
