package cards

import (
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// ImportPreview shows what an import would do, row by row as far as there is room: what changes, then what is new.
func ImportPreview(p *orders.ImportProposal, r *orders.ImportReport) Message {
	var changed, added []string
	for _, row := range r.Rows {
		if row.IsNew {
			added = append(added, row.String())
		} else {
			changed = append(changed, row.String())
		}
	}
	// Both lists get a share of the room.
	text := fill(TextLimit, r.Warnings, 1, func(int) string { return p.Title() + "和现在比：" + r.Counts() + "，还没有导入" }, leftOut)[0]
	text = clipBytes(text, TextLimit/3)
	for i, rows := range [][]string{changed, added} {
		room := TextLimit - len(text) - 2
		if i == 0 && len(added) > 0 {
			room -= min(len(strings.Join(added, "\n"))+40, room/3)
		}
		if len(rows) > 0 {
			name := []string{"修改：", "新增："}[i]
			text += "\n\n" + fill(room, rows, 1, func(int) string { return name }, rowsLeftOut)[0]
		}
	}
	return Message{Text: text}
}

func rowsLeftOut(left int) string {
	if left > 0 {
		return fmt.Sprintf("还有 %d 行没有列出", left)
	}
	return ""
}

// ImportCard asks whether what was shown is to be imported.
func ImportCard(s *Signer, p *orders.ImportProposal, r *orders.ImportReport) Message {
	c := importCard(p)
	c.Title = fmt.Sprintf("导入%s？", orders.ImportName(p.Kind))
	c.Desc = "点「导入」才导入，一次全部生效"
	c.Fields = append(c.Fields, Field{"注意", clip(strings.Join(r.Warnings, "；"), 200)}, Field{"有效到", when(p.Until())})
	c.Buttons = []Button{
		{Text: "导入", Style: Primary, Say: fmt.Sprintf("导入 %d", p.ID), Action: s.Sign(Action{Verb: RunImport, Version: p.ID})},
		{Text: "放弃", Style: Normal, Say: fmt.Sprintf("放弃 %d", p.ID), Action: s.Sign(Action{Verb: DropImport, Version: p.ID})},
	}
	return Message{Text: Text(c), Card: c}
}

func importCard(p *orders.ImportProposal) *Card {
	return &Card{Fields: []Field{{"文件", p.Name}, {"编号", fmt.Sprintf("第 %d 号", p.ID)}, {"内容", p.Counts}}}
}

// ImportQuestion asks whether a table is master data or an order; why says what makes it unsure.
func ImportQuestion(s *Signer, p *orders.ImportProposal, why string) Message {
	c := &Card{
		Title: "是资料还是订单？", Desc: "还没有导入，也没有下单",
		Fields:   []Field{{"文件", p.Name}, {"编号", fmt.Sprintf("第 %d 号", p.ID)}, {"有效到", when(p.Until())}},
		Question: fmt.Sprintf("这张表像是%s，%s。要当资料导入（先看预览），还是当订单读？", orders.ImportName(p.Kind), why),
		Buttons: []Button{
			{Text: "是资料", Style: Primary, Say: fmt.Sprintf("导入 %d", p.ID), Action: s.Sign(Action{Verb: PreviewImport, Version: p.ID})},
			{Text: "是订单", Style: Normal, Say: fmt.Sprintf("订单 %d", p.ID), Action: s.Sign(Action{Verb: ReadTable, Version: p.ID})},
		},
	}
	return Message{Text: Text(c), Card: c}
}

// ImportSettled is what both cards become once there is nothing to press on them.
func ImportSettled(p *orders.ImportProposal, now time.Time) Message {
	c := importCard(p)
	c.Title = "导入" + orders.ImportName(p.Kind)
	c.Settled = p.Outcome(now.In(beijing))
	return Message{Text: Text(c), Card: c}
}

// ImportRefused names what is wrong with a table; nothing of it was imported.
func ImportRefused(p *orders.ImportProposal, r *orders.ImportReport) Message {
	rows := make([]string, len(r.Refused))
	for i, e := range r.Refused {
		rows[i] = e.Error()
	}
	head := func(int) string {
		return fmt.Sprintf("%s有 %d 行不对，一行都没有导入：", p.Title(), r.BadRows())
	}
	tail := func(left int) string {
		text := "改好后把文件再发一次。"
		if left > 0 {
			text = leftOut(left) + "\n" + text
		}
		return text
	}
	return Message{Text: fill(TextLimit, rows, 1, head, tail)[0]}
}

// ImportNothing says that a table changes nothing.
func ImportNothing(p *orders.ImportProposal, r *orders.ImportReport) Message {
	text := fmt.Sprintf("%s和现在一样（%d 行），没有要导入的。", p.Title(), r.Unchanged)
	return Message{Text: clipBytes(strings.Join(append([]string{text}, r.Warnings...), "\n"), TextLimit)}
}
