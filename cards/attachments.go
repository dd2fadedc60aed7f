package cards

import (
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// Attached says that files were kept with an order.
func Attached(id orders.OrderID, kept []orders.Attachment) string {
	rows := []string{fmt.Sprintf("已收到 %s 的附件里：", id)}
	for i := range kept {
		rows = append(rows, kept[i].Title())
	}
	rows = append(rows, fmt.Sprintf("要取回发「附件 %s %d」；放错了发「移除附件 %s %d」", id, kept[0].No, id, kept[0].No))
	return strings.Join(rows, "\n")
}

// Attachments answers 「附件 SO…」: the files that the reader may have; hidden counts the others.
func Attachments(id orders.OrderID, list []orders.Attachment, hidden int, loc *time.Location) Message {
	rows := []string{fmt.Sprintf("附件 %s：%d 个", id, len(list))}
	if len(list) == 0 {
		rows = []string{fmt.Sprintf("附件 %s：还没有", id)}
		if hidden > 0 {
			rows[0] = fmt.Sprintf("附件 %s：没有您能看的", id)
		}
	}
	for i := range list {
		a := &list[i]
		row := join(" ", a.Title(), a.ByName, a.At.In(loc).Format("1月2日 15:04"))
		if a.Note != "" {
			row += "「" + oneLine(a.Note) + "」"
		}
		rows = append(rows, row)
	}
	if len(list) > 0 {
		rows = append(rows, fmt.Sprintf("取文件发「附件 %s %d」", id, list[0].No))
		if hidden > 0 {
			rows = append(rows, fmt.Sprintf("另有 %d 个您没有权限看", hidden))
		}
	}
	rows = append(rows, fmt.Sprintf("要加附件，先发「加附件 %s」，再把图片或文件发来", id))
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

// attachmentRow names an order's files in one row; empty where there are none.
func attachmentRow(id orders.OrderID, list []orders.Attachment) string {
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("%d 个，发「附件 %s」看", len(list), id)
}

// WithAttachments adds to a message about an order that there are files.
func WithAttachments(m Message, id orders.OrderID, list []orders.Attachment) Message {
	if row := attachmentRow(id, list); row != "" {
		m.Text += "\n附件：" + row
	}
	return m
}
