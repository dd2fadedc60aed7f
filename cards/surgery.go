package cards

import (
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// leadWords say what a plan's time for the delivery was learned from.
func leadWords(l orders.Lead) string {
	if l.Orders == 0 {
		return "没有历史送达记录，按 " + spanOf(l.P90) + "算"
	}
	return fmt.Sprintf("近 %d 单一半 %s内送达，九成 %s内", l.Orders, spanOf(l.Median), spanOf(l.P90))
}

// spanOf says how long something takes: 5 小时, 3.5 天.
func spanOf(d time.Duration) string {
	if d < 24*time.Hour {
		return fmt.Sprintf("%d 小时", int(d.Round(time.Hour).Hours()))
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Hours()/24), ".0") + " 天"
}

func dayOf(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, beijing)
	if err != nil {
		return day
	}
	return t.Format("1月2日")
}

// SurgeryText says what a surgery plan is, and what comes of it.
func SurgeryText(p *orders.Surgery, now time.Time) string {
	rows := []string{
		fmt.Sprintf("手术计划 %d：%s %s 手术", p.ID, p.Name, dayOf(p.Day)), p.Goods(),
		fmt.Sprintf("最晚 %s 到货；%s", dayOf(p.Due), leadWords(p.Lead)),
	}
	switch p.State {
	case orders.SurgeryCancelled:
		rows = rows[:2]
		if p.Order != "" {
			rows = append(rows, "订单 "+string(p.Order)+" 要不要撤，由业务员定")
		}
		return strings.Join(rows, "\n")
	case orders.SurgeryDrafted:
		rows = append(rows, "订单 "+string(p.Order))
	default:
		rows = append(rows, p.StartAt.In(beijing).Format("1月2日")+" 给业务员出草稿")
	}
	return strings.Join(append(rows, lateWords(p, now)...), "\n")
}

// lateWords warn where goods that are ordered now come too late; none where they come in time.
func lateWords(p *orders.Surgery, now time.Time) []string {
	if p.Fits(now) || p.State == orders.SurgeryCancelled {
		return nil
	}
	return []string{fmt.Sprintf("⚠️ 时间不够：现在下单大约 %s 到，晚于 %s。请马上确认并加急，或从就近的仓送", now.Add(p.Lead.P90).In(beijing).Format("1月2日 15:04"), dayOf(p.Due))}
}

// SurgeryNews tells a salesperson what has happened to a plan of their hospital; o is its order, nil where there is none. It goes before
// the draft where that is shown. source is where a plan came from besides.
func SurgeryNews(p *orders.Surgery, o *orders.Order, what, source string, now time.Time) string {
	id := string(p.Order)
	switch {
	case what == orders.SurgeryLate:
		return fmt.Sprintf("⚠️ 手术计划 %d 的草稿 %s 还没确认：%s %s 手术，%s，再晚就赶不上 %s 到货。要订请回复「确认 %s」", p.ID, id, p.Name, dayOf(p.Day), leadWords(p.Lead), dayOf(p.Due), id)
	case what == orders.SurgeryWithdrawn && o == nil:
		return "手术取消了：" + SurgeryText(p, now)
	case what == orders.SurgeryWithdrawn && o.Status.Ended():
		return fmt.Sprintf("手术取消了：手术计划 %d，%s %s。订单 %s 已是「%s」", p.ID, p.Name, dayOf(p.Day), id, o.Status)
	case what == orders.SurgeryWithdrawn && len(o.Taken()) > 0:
		return fmt.Sprintf("手术取消了：手术计划 %d，%s %s，%s。这些货在合并的订单 %s（%s）里，里面还有别的货：要撤请在那一单里去掉这些", p.ID, p.Name, dayOf(p.Day), p.Goods(), id, o.Status)
	case what == orders.SurgeryWithdrawn:
		return fmt.Sprintf("手术取消了：手术计划 %d，%s %s，%s。订单 %s 现在是「%s」，要撤请回复「取消 %s 手术取消」", p.ID, p.Name, dayOf(p.Day), p.Goods(), id, o.Status, id)
	case what == orders.SurgeryJoined:
		return SurgeryJoined(p, source, now)
	case what == orders.SurgeryMoved && o != nil && (o.Status != orders.StatusDraft || len(o.Taken()) > 0):
		return strings.Join(append([]string{fmt.Sprintf("手术改了：手术计划 %d，%s 改到 %s，%s。订单 %s 已是「%s」，没有动；要改请回复「%s 交期改成 %s」", p.ID, p.Name, dayOf(p.Day), p.Goods(), id, o.Status, id, dayOf(p.Due))},
			lateWords(p, now)...), "\n")
	case what == orders.SurgeryMoved:
		return "手术改了：" + SurgeryText(p, now)
	default:
		return SurgeryText(p, now)
	}
}

// SurgeryJoined tells that a plan came from another source too and was taken for one, and how to enter another surgery.
func SurgeryJoined(p *orders.Surgery, source string, now time.Time) string {
	return fmt.Sprintf("%s和已登记的手术计划是同一家医院、同一天、同样的耗材，按同一台手术算，没有再出草稿。\n%s\n⚠️ 如果是另一台手术，请发「手术计划 %s %s 另一台 %s」",
		source, SurgeryText(p, now), p.Name, dayOf(p.Day), p.Goods())
}

// Surgeries lists plans, by day.
func Surgeries(list []*orders.Surgery, now time.Time) Message {
	if len(list) == 0 {
		return Message{Text: "没有手术计划（" + when(now) + "）\n登记请发「手术计划 市一院 4月10日 导管6F 2根 支架 1套」"}
	}
	blocks := make([]string, len(list))
	for i, p := range list {
		blocks[i] = SurgeryText(p, now)
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 个没有列出", left)
		}
		return "「手术改期 编号 日期」「取消手术 编号」"
	}
	return Message{Text: fill(TextLimit, blocks, 1, func(int) string { return fmt.Sprintf("手术计划 %d 个", len(list)) }, tail)[0]}
}
