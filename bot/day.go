package bot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"orderbot/orders"
)

// reportDay fits the day of a report: 昨天, 3月11日, 2026-03-11.
var reportDay = regexp.MustCompile(`^(?:今天|今日|昨天|昨日|(?:(\d{4})[年/.-])?(\d{1,2})[月/.-](\d{1,2})[日号]?)?$`)

// dayOf is the day that a report is asked for, the last of that date.
func dayOf(arg string, now time.Time) (time.Time, bool) {
	m := reportDay.FindStringSubmatch(arg)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch {
	case m == nil:
		return today, false
	case strings.HasPrefix(arg, "昨"):
		return today.AddDate(0, 0, -1), true
	case m[2] == "":
		return today, true
	}
	year := today.Year()
	if m[1] != "" {
		year, _ = strconv.Atoi(m[1])
	}
	month, _ := strconv.Atoi(m[2])
	number, _ := strconv.Atoi(m[3])
	day := time.Date(year, time.Month(month), number, 0, 0, 0, 0, now.Location())
	if m[1] == "" && day.After(today) {
		day = day.AddDate(-1, 0, 0)
	}
	return day, int(day.Month()) == month && day.Day() == number && !day.After(today)
}

// day reports how the orders were entered that came in on a day: 日报, 日报 昨天, 日报 3月11日. Who sees their own orders only gets
// the figures of those.
func (s *session) day(ctx context.Context, arg string) error {
	day, ok := dayOf(arg, s.now.In(s.clerk.Location))
	if !ok {
		return orders.Errorf(orders.CodeInvalid, "「%s」还没到，或不是一个日期。例如「日报」「日报 昨天」「日报 3月11日」。", arg)
	}
	owner, whose := s.person.staff.Code, "您的订单"
	if s.person.staff.May(orders.RightView) == orders.ScopeAll {
		owner, whose = "", "全部订单"
	}
	f, err := s.clerk.Query.DayFigures(ctx, owner, day, day.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	rows := []string{fmt.Sprintf("%s %s：收到 %d 单，下单 %d 单", day.Format("1月2日"), whose, f.Drafts, f.Confirmed)}
	if f.Confirmed > 0 {
		part := func(n int) string { return fmt.Sprintf("%d 单（%s）", n, percent(float64(n)/float64(f.Confirmed))) }
		rows = append(rows,
			"没问没改就下单："+part(f.AtOnce),
			"问过一句才下单："+part(f.Asked),
			"改过才下单："+part(f.Corrected),
			fmt.Sprintf("下单后又改：%d 单，录入准确率 %s", f.Changed, percent(f.Accuracy())),
		)
	}
	h, err := s.clerk.Query.Handling(ctx, owner, day, day.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	rows = append(rows, handlingRows(&h)...)
	c, err := s.clerk.Query.ChangeFigures(ctx, owner, day, day.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	x, err := s.clerk.Query.ExceptionFigures(ctx, owner, day, day.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	s.say(strings.Join(append(append(rows, changeRows(&c)...), exceptionRows(&x)...), "\n"))
	return nil
}

// Healthy limits: of a change to its new state, and to the warehouse.
const (
	changeLimit = orders.HealthyChange
	toldLimit   = 5 * time.Minute
)

// changeRows are how long the changes of a day took.
func changeRows(c *orders.ChangeFigures) []string {
	took := func(what string, d *orders.Delays, limit time.Duration) string {
		row := fmt.Sprintf("%s：平均 %s，最长 %s（%s）", what, spent(d.Average().Seconds()), spent(d.Worst.Seconds()), d.WorstOf)
		if limit > 0 && d.Average() > limit {
			row += fmt.Sprintf("，⚠️ 超过 %d 分钟", int(limit.Minutes()))
		}
		return row
	}
	if c.Response.Count == 0 {
		return nil
	}
	rows := []string{took(fmt.Sprintf("变更 %d 次，从说到改好", c.Response.Count), &c.Response, changeLimit)}
	if c.Told.Count > 0 {
		rows = append(rows, took("改好到告诉仓库", &c.Told, toldLimit))
	}
	if c.Taken.Count > 0 {
		rows = append(rows, took("改好到仓库确认", &c.Taken, 0))
	}
	if c.Open > 0 {
		rows = append(rows, fmt.Sprintf("仓库还没确认：%d 次", c.Open))
	}
	return rows
}

func percent(share float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(100*share, 'f', 1, 64), ".0") + "%"
}

// spent says a time of so many seconds.
func spent(seconds float64) string {
	d := time.Duration(seconds) * time.Second
	if d < 2*time.Minute {
		return fmt.Sprintf("%d 秒", int(d.Seconds()))
	}
	if d < 2*time.Hour {
		return fmt.Sprintf("%d 分钟", int(d.Minutes()))
	}
	return fmt.Sprintf("%.1f 小时", d.Hours())
}
