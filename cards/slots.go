package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// Slot tells an engineer that half a day of theirs was booked for an order, or is free again; false: that is no news any more.
func Slot(o *orders.Order, s *orders.Slot, isBooked bool) (Message, bool) {
	holds := o.Slot != nil && o.Slot.Key() == s.Key() && o.Status != orders.StatusDraft
	if isBooked != holds {
		return Message{}, false
	}
	if !isBooked {
		return Message{Text: fmt.Sprintf("排期取消：%s 的技术指导不用去了（%s %s）", s, o.ID, customerName(o, nil))}, true
	}
	rows := []string{
		fmt.Sprintf("排期 %s：技术指导", s), string(o.ID) + "　" + customerName(o, nil), join(" ", o.Address, o.Contact, o.Phone),
	}
	for i := range o.Lines {
		w := wordsOf(o, i)
		rows = append(rows, fmt.Sprintf("%s %s　%s", w.code, w.title, w.both()))
	}
	return Message{Text: clipBytes(join("\n", rows...), TextLimit)}, true
}

// FreeSlots offers slots to choose from for an order.
func FreeSlots(o *orders.Order, free []orders.Slot) Message {
	id := string(o.ID)
	if len(free) == 0 {
		return Message{Text: id + " 要约工程师，可现在没有空档，请联系工程师或主管"}
	}
	rows := []string{id + " 要约工程师，这些时间有空："}
	for i := range free {
		rows = append(rows, fmt.Sprintf("%d. %s", i+1, &free[i]))
	}
	rows = append(rows, "回复「预约 "+id+" 1」（换成序号），或「预约 "+id+" 3月12日下午」「预约 "+id+" 姓名 明天上午」")
	return Message{Text: strings.Join(rows, "\n")}
}
