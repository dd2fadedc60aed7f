package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// period is a time that figures are asked for, of whole days where we are, with the one of the same length before it.
type period struct {
	days                int
	before, from, until time.Time
}

// periodOf is the period that words name (see [accuracyDays]), of the last days, today among them; fallback where there are none. It is
// false where they are about something else.
func (s *session) periodOf(words, fallback string) (period, bool) {
	if words == "" {
		words = fallback
	}
	days, ok := accuracyDays[words]
	now := s.now.In(s.clerk.Location)
	until := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	return period{days, until.AddDate(0, 0, -2*days), until.AddDate(0, 0, -days), until}, ok
}

// last names the period, previous the one before it.
func (p period) last() string {
	if p.days == 1 {
		return "今天"
	}
	return fmt.Sprintf("近 %d 天", p.days)
}

func (p period) previous() string {
	if p.days == 1 {
		return "昨天"
	}
	return fmt.Sprintf("前 %d 天", p.days)
}

// whose tells of whose orders the person sees figures: all of them for an empty owner, else their own.
func (s *session) whose() (owner orders.StaffCode, words string) {
	if s.person.staff.May(orders.RightView) == orders.ScopeAll {
		return "", "全部订单"
	}
	return s.person.staff.Code, "您的订单"
}

// handling tells how long orders took: 处理时长, 处理时长 周, 处理时长 月. It returns false where the words are about something else.
func (s *session) handling(ctx context.Context, cmd command) (bool, error) {
	p, ok := s.periodOf(cmd.arg, "日")
	if !ok || len(cmd.orders) > 0 {
		return false, nil
	}
	owner, whose := s.whose()
	h, err := s.clerk.Query.Handling(ctx, owner, p.from, p.until)
	if err != nil {
		return true, err
	}
	was, err := s.clerk.Query.Handling(ctx, owner, p.before, p.from)
	if err != nil {
		return true, err
	}
	if len(h.Confirmed) == 0 {
		s.say(fmt.Sprintf("%s%s没有下单的，没有处理时长", p.last(), whose))
		return true, nil
	}
	rows := append([]string{fmt.Sprintf("处理时长：%s%s", p.last(), whose)}, handlingRows(&h)...)
	trend := p.previous() + "没有下单的，不能比"
	if len(was.Confirmed) > 0 {
		is, before := h.Confirmed.Median(), was.Confirmed.Median()
		trend = fmt.Sprintf("%s到下单：中位 %s，%s", p.previous(), took(before), trendOf(is.Seconds(), before.Seconds(), false))
	}
	s.say(strings.Join(append(rows, trend), "\n"))
	return true, nil
}

// handlingRows are the times of the orders of a period; nothing where there are none.
func handlingRows(h *orders.Handling) []string {
	if len(h.Confirmed) == 0 {
		return nil
	}
	row := func(what string, s orders.Spans) string {
		return fmt.Sprintf("%s：中位 %s，95%% 在 %s内", what, took(s.Median()), took(s.P95()))
	}
	rows := []string{
		row("从收到到下单", h.Confirmed) + fmt.Sprintf("，平均 %s（%d 单）", took(h.Confirmed.Mean()), len(h.Confirmed)),
		row("· 其中等人", h.People), row("· 其中系统", h.Bot),
	}
	if len(h.Approved) == 0 {
		return rows
	}
	return append(rows, row("从收到到批准", h.Approved)+fmt.Sprintf("（%d 单）", len(h.Approved)), row("· 其中等审批", h.Approving))
}

func took(d time.Duration) string { return spent(d.Seconds()) }

// trendOf tells how a figure has changed; a change of less than one in a hundred is none.
func trendOf(now, was float64, moreIsBetter bool) string {
	switch by := now - was; {
	case by <= was/100 && by >= -was/100:
		return "持平 →"
	case by > 0 == moreIsBetter:
		return "现在好些 " + map[bool]string{true: "↑", false: "↓"}[by > 0]
	default:
		return "现在差些 " + map[bool]string{true: "↑", false: "↓"}[by > 0]
	}
}

// health tells how healthy the orders' way is: 健康度, 健康度 日, 健康度 周, 健康度 月. It returns false where the words are about something
// else.
func (s *session) health(ctx context.Context, cmd command) (bool, error) {
	p, ok := s.periodOf(cmd.arg, "周")
	if !ok || len(cmd.orders) > 0 {
		return false, nil
	}
	owner, whose := s.whose()
	is, err := s.healthOf(ctx, owner, p.from, p.until)
	if err != nil {
		return true, err
	}
	was, err := s.healthOf(ctx, owner, p.before, p.from)
	if err != nil {
		return true, err
	}
	days := s.dayRange(p)
	rows := []string{fmt.Sprintf("订单健康度：%s（%s）%s", p.last(), days, whose)}
	for _, m := range measures {
		now, n := m.of(is)
		before, had := m.of(was)
		if n == 0 {
			rows = append(rows, fmt.Sprintf("➖ %s：没有数据（要求 %s）", m.name, m.limit))
			continue
		}
		mark := "✅"
		if !m.healthy(now) {
			mark = "⚠️"
		}
		trend := p.previous() + "没有数据"
		if had > 0 {
			trend = fmt.Sprintf("%s %s，%s", p.previous(), m.say(before), trendOf(now, before, m.moreIsBetter))
		}
		verdict := map[bool]string{true: "达到", false: "没达到"}[m.healthy(now)]
		rows = append(rows, fmt.Sprintf("%s %s：%s，%s（要求 %s，%d %s）", mark, m.name, m.say(now), verdict, m.limit, n, m.unit), "　 "+trend)
	}
	s.say(strings.Join(rows, "\n"))
	return true, nil
}

// dayRange names the first and the last day of a period.
func (s *session) dayRange(p period) string {
	first, last := p.from, p.until.AddDate(0, 0, -1)
	if first.Equal(last) {
		return first.Format("1月2日")
	}
	return first.Format("1月2日") + "～" + last.Format("1月2日")
}

func (s *session) healthOf(ctx context.Context, owner orders.StaffCode, from, until time.Time) (*orders.Health, error) {
	changes, err := s.clerk.Query.ChangeFigures(ctx, owner, from, until)
	if err != nil {
		return nil, err
	}
	snags, err := s.clerk.Query.Snags(ctx, owner, from, until)
	if err != nil {
		return nil, err
	}
	exceptions, err := s.clerk.Query.ExceptionFigures(ctx, owner, from, until)
	return &orders.Health{Changes: changes.Response, Snags: snags, Exceptions: exceptions}, err
}

// measure is one figure of the orders' health.
type measure struct {
	name, limit, unit string
	of                func(h *orders.Health) (figure float64, of int) // of nothing: there is none
	healthy           func(figure float64) bool
	say               func(figure float64) string
	moreIsBetter      bool
}

var measures = []measure{
	{
		name: "变更响应", limit: "≤ 8 分钟", unit: "次",
		of:      func(h *orders.Health) (float64, int) { return h.Changes.Average().Seconds(), h.Changes.Count },
		healthy: func(f float64) bool { return f <= orders.HealthyChange.Seconds() }, say: spent,
	},
	{
		name: "断点", limit: "≤ 2 次/单", unit: "单",
		of:      func(h *orders.Health) (float64, int) { return h.Snags.PerOrder(h.Snags.Breaks), h.Snags.Orders },
		healthy: func(f float64) bool { return f <= orders.HealthyBreaks }, say: perOrder,
	},
	{
		name: "部门重复确认", limit: "≤ 1 次/单", unit: "单",
		of:      func(h *orders.Health) (float64, int) { return h.Snags.PerOrder(h.Snags.Again), h.Snags.Orders },
		healthy: func(f float64) bool { return f <= orders.HealthyAgain }, say: perOrder,
	},
	{
		name: "异常自愈率", limit: "≥ 85%", unit: "件",
		of:      func(h *orders.Health) (float64, int) { return h.Exceptions.SelfHealed() },
		healthy: func(f float64) bool { return f >= orders.HealthyHealed }, say: percent, moreIsBetter: true,
	},
}

func perOrder(f float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".") + " 次/单"
}

// boardMost is how many urgent orders, and kinds of exceptions, the board names.
const boardMost = 5

// board shows where the orders under way are, how long orders take, and what goes wrong most: all orders for who may see them, else the
// asker's own.
func (s *session) board(ctx context.Context) error {
	owner, whose := s.whose()
	rows := []string{fmt.Sprintf("%s（%s）", whose, s.now.In(s.clerk.Location).Format("1月2日 15:04"))}
	statuses := append([]orders.Status{orders.StatusDraft}, orders.Underway...)
	count, err := s.clerk.Query.CountOrders(ctx, owner, statuses...)
	if err != nil {
		return err
	}
	for _, status := range statuses {
		if n := count[status]; n > 0 {
			rows = append(rows, fmt.Sprintf("%s %d 单", status, n))
		}
	}
	if len(count) == 0 {
		rows = append(rows, "没有进行中的订单")
	}
	urgent, err := s.urgent(ctx, owner)
	if err != nil {
		return err
	}
	waiting := 0
	for _, o := range urgent {
		if o.Alert != nil && o.Alert.AckBy == "" {
			waiting++
		}
	}
	if waiting > 0 {
		rows = append(rows, fmt.Sprintf("⚠️ 加急还没人收到：%d 单", waiting))
	}
	rows = append(rows, s.urgentRows(urgent[:min(len(urgent), boardMost)], "")...)
	if more := len(urgent) - boardMost; more > 0 {
		rows = append(rows, fmt.Sprintf("🔴 还有 %d 单加急", more))
	}
	if owner == "" {
		load, err := s.clerk.Query.ProductionLoad(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, cards.LineLoad(load, &s.books.Catalog.Delivery)...)
	}
	p, _ := s.periodOf("月", "")
	h, err := s.clerk.Query.Handling(ctx, owner, p.from, p.until)
	if err != nil {
		return err
	}
	f, err := s.clerk.Query.ExceptionFigures(ctx, owner, p.from, p.until)
	if err != nil {
		return err
	}
	s.say(strings.Join(slices.Concat(rows, boardHandling(&h, p), boardExceptions(&f, p)), "\n"))
	return nil
}

func boardHandling(h *orders.Handling, p period) []string {
	if len(h.Confirmed) == 0 {
		return []string{"处理时长（" + p.last() + "）：没有下单的"}
	}
	return []string{fmt.Sprintf("处理时长（%s，%d 单）：平均 %s，中位 %s", p.last(), len(h.Confirmed), took(h.Confirmed.Mean()), took(h.Confirmed.Median()))}
}

func boardExceptions(f *orders.ExceptionFigures, p period) []string {
	if len(f.Kinds) == 0 {
		return []string{"异常 TOP5（" + p.last() + "）：没有异常"}
	}
	rows := []string{"异常 TOP5（" + p.last() + "，发「异常」看没解决的）"}
	for i, k := range f.Kinds[:min(len(f.Kinds), boardMost)] {
		row := fmt.Sprintf("%d. %s %d 件", i+1, k.Kind, k.All)
		if open := k.All - k.Self - k.Person; open > 0 {
			row += fmt.Sprintf("，没解决 %d 件", open)
		}
		rows = append(rows, row)
	}
	return rows
}
