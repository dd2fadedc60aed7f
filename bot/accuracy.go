package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// cmdAccuracy asks for the order accuracy rate: 准确率, 准确率 周, 准确率 月.
const cmdAccuracy = verb("accuracy")

// accuracyDays is how many days, today among them, each word stands for.
var accuracyDays = map[string]int{"": 30, "月": 30, "本月": 30, "周": 7, "本周": 7, "日": 1, "今天": 1}

// accuracy reports the order accuracy rate with its three parts. Who sees their own orders only gets that of those. It returns false
// where the words are about something else.
func (s *session) accuracy(ctx context.Context, arg string) (bool, error) {
	days, ok := accuracyDays[arg]
	if !ok {
		return false, nil
	}
	owner, whose := s.person.staff.Code, "您的订单"
	if s.person.staff.May(orders.RightView) == orders.ScopeAll {
		owner, whose = "", "全部订单"
	}
	now := s.now.In(s.clerk.Location)
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	a, err := s.clerk.Query.Accuracy(ctx, owner, tomorrow.AddDate(0, 0, -days), tomorrow)
	if err != nil {
		return true, err
	}
	if a.Orders == 0 {
		s.say(fmt.Sprintf("近 %d 天%s还没有签收的，没有准确率", days, whose))
		return true, nil
	}
	part := func(name, what string, wrong int) string {
		return fmt.Sprintf("%s（%s）：%s，错 %d 单", name, what, percent(a.Rate(a.Orders-wrong)), wrong)
	}
	s.say(strings.Join([]string{
		fmt.Sprintf("订单准确率 %s：近 %d 天%s签收 %d 单，全对 %d 单", percent(a.Rate(a.Right)), days, whose, a.Orders, a.Right),
		part("信息", "客户、物料、数量、价格", a.Information), part("执行", "型号、批次、序列号", a.Execution), part("交付", "时间、地点、承运商", a.Delivery),
	}, "\n"))
	return true, nil
}
